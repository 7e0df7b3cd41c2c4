//! Somebody who asks, without a port in between.

use axum::{Router, body::Body};
use controlplane_apiserver::{
    Options, Server,
    door::{Door, PeerCertificate},
    rest,
};
use controlplane_store::Memory;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use shared_api::{Object, Timestamp, WriteHow};
use shared_pki::{Authority, Validity};
use std::sync::Arc;
use tower::ServiceExt;

/// A cluster and everybody who may ask it something.
pub(crate) struct Town {
    pub(crate) server: Arc<Server>,
    router: Router,
    authority: Authority,
}

/// How somebody proves who they are, and what else their requests say.
#[derive(Clone, Default)]
pub(crate) struct Asker {
    router: Router,
    certificate: Option<Vec<u8>>,
    headers: Vec<(String, String)>,
}

impl Town {
    pub(crate) async fn open() -> Self {
        let mut options = Options::new(Timestamp::now);
        options.known_tokens = Arc::new([("chosen".to_owned(), known())].into());
        let server = Server::new(Memory::new(), options);
        server.prepare().await.unwrap();
        let router = rest::router(Arc::clone(&server) as Arc<dyn Door>);
        let authority = Authority::create("test", validity()).unwrap();
        Self { server, router, authority }
    }

    /// Somebody with a client certificate.
    pub(crate) fn user(&self, name: &str, group: &str) -> Asker {
        let identity = self.authority.client(name, &[group], validity()).unwrap();
        let certificate = Some(shared_pki::der(&identity.certificate).unwrap());
        Asker { certificate, ..self.stranger() }
    }

    pub(crate) fn admin(&self) -> Asker {
        self.user("admin", "system:masters")
    }

    pub(crate) fn bearer(&self, token: &str) -> Asker {
        self.stranger().with("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn stranger(&self) -> Asker {
        Asker { router: self.router.clone(), ..Asker::default() }
    }

    /// Everything, as it is for whoever has a client certificate.
    pub(crate) fn as_seen_by(&self, name: &str, group: &str) -> Router {
        let certificate = self.user(name, group).certificate;
        self.router.clone().layer(axum::Extension(PeerCertificate::of(certificate.as_deref())))
    }

    /// Puts an object there, whoever may.
    pub(crate) async fn has(&self, object: Value) -> Object {
        let cluster = self.server.internal("test");
        cluster.create(Object::from_value(&object).unwrap(), &WriteHow::default()).await.unwrap()
    }
}

impl Asker {
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut asker = self.clone();
        asker.headers.push((name.into(), value.into()));
        asker
    }

    /// The status and the answer.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let media = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let request = request.header("content-type", media);
        let mut request = request.body(body.map_or_else(Body::empty, |b| b.to_string().into())).unwrap();
        request.extensions_mut().insert(PeerCertificate::of(self.certificate.as_deref()));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes))))
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.ask("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask("POST", path, Some(body)).await
    }

    /// The answer to what must be refused, or the status of what was not.
    pub(crate) async fn refused(&self, method: &str, path: &str, body: Option<Value>) -> String {
        let (status, answer) = self.ask(method, path, body).await;
        format!("{status} {}", answer["message"].as_str().unwrap_or_default())
    }
}

fn known() -> controlplane_apiserver::door::User {
    controlplane_apiserver::door::User {
        name: "carol".into(),
        groups: vec!["ops".into(), "system:authenticated".into()],
        ..Default::default()
    }
}

fn validity() -> Validity {
    Validity { from: Timestamp::now().as_second(), days: 1 }
}

/// A role or a binding, by the fields it has besides its head.
#[allow(clippy::needless_pass_by_value, reason = "objects are written in place")]
pub(crate) fn rbac(kind: &str, namespace: &str, name: &str, more: Value) -> Value {
    let mut object = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
        "metadata": {"name": name, "namespace": namespace}});
    object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    object
}

/// Binds a role (`Role/x`, `ClusterRole/x`) to a user.
pub(crate) fn bound(kind: &str, namespace: &str, name: &str, role: &str, user: &str) -> Value {
    let (role_kind, role) = role.split_once('/').unwrap();
    let group = "rbac.authorization.k8s.io";
    let more = json!({"roleRef": {"apiGroup": group, "kind": role_kind, "name": role},
        "subjects": [{"apiGroup": group, "kind": "User", "name": user}]});
    rbac(kind, namespace, name, more)
}
