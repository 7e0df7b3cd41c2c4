//! What the cluster adds to a request or refuses it for: one file each, in one ordered list.

mod ingress_class;
mod limits;
mod namespace;
mod pod_preset;
mod priority;
mod protection;
mod quota;
mod service_account;
mod service_ip;
mod storage_class;
#[cfg(test)]
mod testing;
mod token_secret;
mod tolerations;

pub(crate) use namespace::{IMMORTAL, may_end};
pub(crate) use service_account::AUTHORITY;

use crate::options::Options;
use controlplane_store::Txn;
use shared_api::{Draft, Key, KindInfo, Object, Refusal};

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The draft is new.
    Create,
    /// The draft replaces the old object.
    Update,
    /// The draft is about to be removed.
    Remove,
}

/// A request on its way in.
pub(crate) struct Request<'a> {
    /// What is being done.
    pub(crate) action: Action,
    /// To which kind.
    pub(crate) kind: &'static KindInfo,
    /// The object as it was.
    pub(crate) old: Option<&'a dyn Draft>,
    /// The object as it will be; admission may change it.
    pub(crate) draft: &'a mut dyn Draft,
    /// What else is there.
    pub(crate) there: &'a dyn There,
    /// How the server was set up.
    pub(crate) options: &'a Options,
    /// Checks and writes that are to happen together with the request.
    pub(crate) txn: &'a mut Txn,
    /// Draws a number below a bound.
    pub(crate) chance: fn(u128) -> u128,
}

impl Request<'_> {
    /// The request may not be.
    fn forbidden(&self, why: &str) -> Refusal {
        let meta = self.draft.meta();
        let key = Key {
            kind: self.kind.group_kind(),
            namespace: meta.namespace.clone().unwrap_or_default(),
            name: meta.name.clone().unwrap_or_default(),
        };
        Refusal::forbidden(&key, why)
    }
}

/// What admission may look at.
pub(crate) trait There {
    /// An object.
    fn object(&self, kind: &KindInfo, namespace: &str, name: &str) -> Result<Option<Object>, Refusal>;
    /// Every object of a kind in a namespace; of a kind that lives in none, with an empty one.
    fn objects(&self, kind: &KindInfo, namespace: &str) -> Result<Vec<Object>, Refusal>;
    /// Whether a reservation exists.
    fn reserved(&self, key: &[u8]) -> bool;
}

/// One admission.
pub(crate) type Admit = fn(&mut Request<'_>) -> Result<(), Refusal>;

/// Every admission, in order.
pub(crate) const CHAIN: &[Admit] = &[
    namespace::admit,
    pod_preset::admit,
    limits::admit,
    service_account::admit,
    token_secret::admit,
    priority::admit,
    tolerations::admit,
    storage_class::admit,
    protection::admit,
    ingress_class::admit,
    service_ip::admit,
];

/// What has its say when the object is right: what is charged is what will be stored.
pub(crate) const LAST: &[Admit] = &[quota::admit];

/// Passes a request through all of a list.
pub(crate) fn admit(list: &[Admit], request: &mut Request<'_>) -> Result<(), Refusal> {
    list.iter().try_for_each(|admit| admit(request))
}
