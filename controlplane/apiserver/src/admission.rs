//! What the cluster adds to a request or refuses it for: one file each, in one ordered list.

mod namespace;
mod service_account;
mod service_ip;
mod tolerations;

pub(crate) use namespace::{IMMORTAL, may_end};

use crate::options::Options;
use controlplane_store::Txn;
use shared_api::{Draft, KindInfo, Object, Refusal};

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

/// What admission may look at.
pub(crate) trait There {
    /// An object.
    fn object(&self, kind: &KindInfo, namespace: &str, name: &str) -> Result<Option<Object>, Refusal>;
    /// Whether a reservation exists.
    fn reserved(&self, key: &[u8]) -> bool;
}

/// One admission.
type Admit = fn(&mut Request<'_>) -> Result<(), Refusal>;

/// Every admission, in order.
pub(crate) const CHAIN: &[Admit] =
    &[namespace::admit, service_account::admit, tolerations::admit, service_ip::admit];

/// Passes a request through all of them.
pub(crate) fn admit(request: &mut Request<'_>) -> Result<(), Refusal> {
    CHAIN.iter().try_for_each(|admit| admit(request))
}
