//! What the two wires, REST and gRPC, know of the server behind them.

use crate::authn;
use async_trait::async_trait;
use shared_api::{Freshness, Key, KindInfo, Object, Served};
use shared_client::{Cluster, Result, Sessions};
use std::{collections::BTreeMap, sync::Arc};

/// Who is asking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// Name, such as `system:node:n1`.
    pub name: String,
    /// Groups, such as `system:masters`.
    pub groups: Vec<String>,
    /// Unique id, when known.
    pub uid: String,
    /// What else is known, such as the pod whose token was shown.
    pub extra: BTreeMap<String, Vec<String>>,
}

/// How a request proved who sends it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// The client certificate of the connection. The port puts it into every request as an extension.
    pub certificate: PeerCertificate,
    /// `Authorization: Bearer …`.
    pub token: Option<String>,
    /// Whom the sender wants to be taken for.
    pub act_as: ActAs,
}

/// Whom a request is to be taken for: `Impersonate-User` and its like. Empty: for whoever sends it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActAs {
    /// Name.
    pub user: String,
    /// Groups.
    pub groups: Vec<String>,
    /// Unique id.
    pub uid: String,
    /// What else is known.
    pub extra: BTreeMap<String, Vec<String>>,
}

/// Request extension: whom the verified client certificate of the connection names, when it has one. Read
/// once, for a connection carries many requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerCertificate(pub(crate) Option<Arc<std::result::Result<User, String>>>);

impl PeerCertificate {
    /// What this certificate (DER) says.
    pub fn of(der: Option<&[u8]>) -> Self {
        Self(der.map(|der| Arc::new(authn::certified(der))))
    }
}

/// One user's view of the cluster for the time of one request.
#[async_trait]
pub trait Caller: Cluster {
    /// Refuses what the asker may not do, before anything of what they send is read. `part` is empty for
    /// the object itself, its name for all of them. Every call of [`Cluster`] checks for itself as well.
    async fn may(&self, verb: &str, kind: &'static KindInfo, part: &str, key: &Key) -> Result<()>;
    /// Waits, but briefly, until what is read here is as new as asked; refuses what is still to come.
    async fn reach(&self, freshness: Freshness) -> Result<()>;
    /// The same cluster without a check of each call: for what was allowed as a whole, such as deleting
    /// everything that matches.
    fn allowed(&self) -> Arc<dyn Cluster>;
    /// What the asker should be told besides the answer: `Warning` headers.
    fn warnings(&self) -> Vec<String>;

    /// Whether a patch made the object it is about: what is applied may be new.
    fn made(&self) -> bool {
        false
    }

    /// Who turns objects as they are stored into versions that are spoken; nobody has to be asked without one.
    fn converter(&self) -> Option<Arc<dyn Converter>> {
        None
    }
}

/// Turns objects from one version of their kind into another, where that takes somebody's help.
#[async_trait]
pub trait Converter: Send + Sync {
    /// These objects in this version.
    async fn turned(&self, served: Served, objects: Vec<Object>) -> Result<Vec<Object>>;
}

impl dyn Caller + '_ {
    /// Who has to be asked before objects of a kind can be shown in a version; mostly nobody.
    pub(crate) fn asked_for(&self, served: Served) -> Option<Arc<dyn Converter>> {
        if served.kind.converts() { self.converter() } else { None }
    }

    /// Objects as they are to be shown in a version.
    pub(crate) async fn spoken(&self, served: Served, objects: Vec<Object>) -> Result<Vec<Object>> {
        match self.asked_for(served) {
            Some(converter) => converter.turned(served, objects).await,
            None => Ok(objects),
        }
    }

    /// One object, the same way.
    pub(crate) async fn spoken_one(&self, served: Served, object: Object) -> Result<Object> {
        let Some(converter) = self.asked_for(served) else { return Ok(object) };
        let mut turned = converter.turned(served, vec![object.clone()]).await?;
        Ok(turned.pop().unwrap_or(object))
    }
}

/// The server as the wires see it.
pub trait Door: Send + Sync {
    /// Who sends a request. No credentials at all is `system:anonymous`; wrong ones are refused.
    fn authenticate(&self, credentials: &Credentials) -> Result<User>;
    /// Whether `user` may use `verb` on a path that is no object's, such as `/metrics`.
    fn may_visit(&self, user: &User, verb: &str, path: &str) -> Result<()>;
    /// The cluster as `user` may see and change it; every call checks.
    fn caller(&self, user: &User) -> Arc<dyn Caller>;
    /// Sessions with pods, as `user` may have them.
    fn sessions(&self, user: &User) -> Arc<dyn Sessions>;
    /// How many objects of each kind are stored, for `/metrics`.
    fn stored(&self) -> Vec<(&'static KindInfo, usize)> {
        Vec::new()
    }
    /// What lies at a well-known path, for those who check tokens by themselves: media type and text.
    fn document(&self, _path: &str) -> Option<(&'static str, String)> {
        None
    }
    /// Named checks for `/livez` and `/readyz`: `Err` says what is wrong.
    fn health(&self) -> Vec<(&'static str, Result<(), String>)>;
}
