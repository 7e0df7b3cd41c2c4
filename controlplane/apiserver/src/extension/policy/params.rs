//! The parameters of a policy: objects that its binding names.

use super::super::request::Asked;
use crate::{admission::There, door::Converter};
use serde_json::Value as Json;
use shared_api::{
    KindInfo, LabelSelector, Object, Refusal, Served,
    admissionregistration::{ParamKind, ValidatingAdmissionPolicyBindingSpec},
};

/// Each set of parameters, of which a policy without parameters has one that is nothing; or why there is none.
pub(super) async fn found(
    kind: Option<&ParamKind>,
    binding: &ValidatingAdmissionPolicyBindingSpec,
    asked: &Asked<'_>,
) -> Result<Result<Vec<Option<Json>>, String>, Refusal> {
    let (Some(kind), Some(params)) = (kind, &binding.param_ref) else { return Ok(Ok(vec![None])) };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (api_version, name) = (text(&kind.api_version), text(&kind.kind));
    let Some(served) = shared_api::serving(&api_version, &name) else {
        return Ok(Err(format!(
            "failed to find resource referenced by paramKind: '{api_version}, Kind={name}'"
        )));
    };
    let here = params.namespace.as_deref().filter(|namespace| !namespace.is_empty());
    let namespace = match (served.kind.namespaced, here, asked.namespace.as_str()) {
        (false, Some(_), _) => {
            return Ok(
                Err("paramRef.namespace must not be provided for a cluster-scoped `paramKind`".into()),
            );
        }
        (false, None, _) => "",
        (true, None, "") => {
            let why =
                "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources";
            return Ok(Err(why.into()));
        }
        (true, Some(namespace), _) | (true, None, namespace) => namespace,
    };
    let server = &*asked.caller.server;
    let all: Vec<Object> = match (params.name.as_deref().filter(|name| !name.is_empty()), &params.selector) {
        (Some(name), _) => server.object(served.kind, namespace, name)?.into_iter().collect(),
        (None, Some(selector)) => {
            let selector = LabelSelector::from_meta(selector);
            let mut all = objects(server, served.kind, namespace)?;
            all.retain(|object| selector.matches(object.metadata().labels.as_ref()));
            all
        }
        (None, None) => Vec::new(),
    };
    if all.is_empty() && params.parameter_not_found_action.as_deref() != Some("Allow") {
        return Ok(Err("no params found for policy binding with `Deny` parameterNotFoundAction".into()));
    }
    let all = if served.kind.converts() { server.turned(served, all).await? } else { all };
    Ok(Ok(all.iter().map(|object| Some(shown(served, object.value()))).collect()))
}

fn objects(there: &dyn There, kind: &KindInfo, namespace: &str) -> Result<Vec<Object>, Refusal> {
    there.objects(kind, namespace)
}

fn shown(served: Served, value: Json) -> Json {
    served.downgrade(value)
}
