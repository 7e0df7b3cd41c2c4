//! Who turns the objects of a definition from one version into another, when only its author knows how.

use super::{Definition, rules::Defined};
use crate::{
    KindInfo, Version,
    admissionregistration::{ServiceReference, WebhookClientConfig},
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1 as apiextensions;

/// A webhook that turns objects from one version into another.
#[derive(Debug)]
pub struct Conversion {
    /// Where it is.
    pub client: WebhookClientConfig,
    /// The versions of the review that it understands, the preferred one first.
    pub versions: Vec<String>,
}

impl Conversion {
    /// What a definition says about it; `None` when versions have the same fields.
    pub(super) fn of(spec: &apiextensions::CustomResourceDefinitionSpec) -> Option<Self> {
        let conversion = spec.conversion.as_ref().filter(|c| c.strategy == "Webhook")?;
        let webhook = conversion.webhook.as_ref()?;
        let client = webhook.client_config.as_ref().map(client)?;
        Some(Self { client, versions: webhook.conversion_review_versions.clone() })
    }
}

/// Where a webhook is, as those that are asked about writes say it.
pub(crate) fn client(client: &apiextensions::WebhookClientConfig) -> WebhookClientConfig {
    let service = client.service.as_ref().map(|service| ServiceReference {
        name: service.name.clone(),
        namespace: service.namespace.clone(),
        path: service.path.clone(),
        port: service.port,
    });
    WebhookClientConfig { ca_bundle: client.ca_bundle.clone(), service, url: client.url.clone() }
}

impl Definition {
    /// Who turns its objects from version to version; nobody need be asked when there is none.
    pub fn conversion(&self) -> Option<&'static Conversion> {
        self.conversion
    }

    /// For each of its versions the kind as those see it who speak that version.
    pub(super) fn views(&self, kind: &KindInfo) -> Vec<&'static KindInfo> {
        let view = |at: usize| -> &'static KindInfo {
            let form = &self.forms[at];
            let others = self.forms.iter().filter(|other| other.served && other.version != form.version);
            let others: Vec<Version> = others.map(|other| other.as_version(kind.group)).collect();
            let definition: &'static Self = Box::leak(Box::new(Self { stored: at, ..*self }));
            Box::leak(Box::new(KindInfo {
                version: form.version,
                api_version: form.api_version,
                versions: others.leak(),
                warning: form.warning,
                shown: form.served,
                custom: Some(definition),
                rules: Box::leak(Box::new(Defined(definition))),
                ..*kind
            }))
        };
        (0..self.forms.len()).map(view).collect()
    }
}

impl KindInfo {
    /// Whether somebody else has to be asked what an object is in another version.
    pub fn converts(&self) -> bool {
        self.custom.is_some_and(|custom| custom.conversion.is_some())
    }

    /// The kind as those see it who speak `api_version`. For most kinds there is one for all: what they
    /// say is turned into the stored version where it comes in. Where somebody else has to be asked, what is
    /// written stays in the version it was written in until it is stored.
    #[must_use]
    pub fn spoken(&'static self, api_version: &str) -> &'static Self {
        if api_version == self.api_version {
            return self;
        }
        let views = self.custom.map(|custom| custom.views).unwrap_or_default();
        views.iter().find(|view| view.api_version == api_version).copied().unwrap_or(self)
    }
}
