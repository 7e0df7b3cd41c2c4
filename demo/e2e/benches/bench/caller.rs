//! One client of the API, over either wire.

use crate::http::Http;
use bytes::Bytes;
use shared_api::{Key, Object, WriteHow, core::ConfigMap};
use shared_client::{Cluster, grpc::Grpc};

/// How it speaks.
pub(crate) enum Wire {
    /// Kubernetes' REST, HTTP/1.1.
    Rest(Http),
    /// gRPC.
    Grpc(Grpc),
}

/// What it asks for, over and over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// A new object.
    Create,
    /// An object that is there.
    Get,
}

/// One client with a connection of its own.
pub(crate) struct Caller {
    /// Its connection.
    pub(crate) wire: Wire,
    /// What its objects' names begin with.
    pub(crate) prefix: String,
}

const PATH: &str = "/api/v1/namespaces/default/configmaps";

/// The object that GETs ask for.
pub(crate) const KNOWN: &str = "known";

impl Caller {
    /// Asks for the `n`th time.
    pub(crate) async fn call(&mut self, ask: Ask, n: usize) -> Result<(), String> {
        let name = format!("{}-{n}", self.prefix);
        match (&mut self.wire, ask) {
            (Wire::Rest(http), Ask::Create) => http.ask("POST", PATH, body(&name)).await.map(drop),
            (Wire::Rest(http), Ask::Get) => read(http).await.map(drop),
            (Wire::Grpc(grpc), Ask::Create) => {
                let object = Object::from_bytes(body(&name)).map_err(|e| e.to_string())?;
                let made = grpc.create(object, &WriteHow::default()).await;
                made.map(drop).map_err(|e| format!("creating {name}: {e}"))
            }
            (Wire::Grpc(grpc), Ask::Get) => {
                let known = grpc.get(&Key::of::<ConfigMap>("default", KNOWN)).await;
                known.map(drop).map_err(|e| format!("reading {KNOWN}: {e}"))
            }
        }
    }
}

/// Makes the object that GETs ask for, and says how it is answered.
pub(crate) async fn known(http: &mut Http) -> Result<Bytes, String> {
    http.ask("POST", PATH, body(KNOWN)).await?;
    read(http).await
}

async fn read(http: &mut Http) -> Result<Bytes, String> {
    http.ask("GET", &format!("{PATH}/{KNOWN}"), Bytes::new()).await
}

/// A `ConfigMap` whose JSON is 1 KiB.
fn body(name: &str) -> Bytes {
    let [head, tail] = [
        format!(
            r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"namespace":"default","name":"{name}"}},"data":{{"text":""#
        ),
        r#""}}"#.to_owned(),
    ];
    let text = "x".repeat(1024_usize.saturating_sub(head.len() + tail.len()));
    format!("{head}{text}{tail}").into()
}
