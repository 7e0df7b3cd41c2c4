//! What is written is completed, changed and refused: by the server's own rules, then by those that operators added.

use crate::{
    admission::{self, Action},
    extension::{self, Operation},
    local::Local,
};
use controlplane_store::Txn;
use serde_json::Value;
use shared_api::{Draft, KindInfo, Object, WriteHow};
use shared_client::Result;

/// A write, as those who are asked about it hear of it.
pub(crate) struct Attempt<'a> {
    pub(crate) kind: &'static KindInfo,
    /// The part that is written; empty for the object itself.
    pub(crate) part: &'a str,
    pub(crate) operation: Operation,
    pub(crate) how: &'a WriteHow,
    pub(crate) old: Option<&'a Object>,
}

/// Passes a write through everybody. What has to happen together with it, besides what is
/// `begun`, is given back. `settle` makes a draft of what
/// others changed; `check` says whether the object is right.
pub(crate) async fn admit(
    caller: &Local,
    attempt: &Attempt<'_>,
    begun: Txn,
    old: Option<&dyn Draft>,
    draft: &mut Box<dyn Draft>,
    settle: impl Fn(Value, &dyn Draft) -> Result<Box<dyn Draft>>,
    check: impl Fn(&dyn Draft) -> Result<()>,
) -> Result<Txn> {
    let action = if old.is_some() { Action::Update } else { Action::Create };
    let own = |list, draft: &mut dyn Draft, txn: &mut Txn| {
        pass(caller, list, attempt.kind, action, old, draft, txn)
    };
    let mut txn = begun.clone();
    own(admission::CHAIN, &mut **draft, &mut txn)?;
    if let Some(mut others) = extension::others(caller, attempt, &**draft)? {
        if let Some(changed) = others.change(&**draft).await? {
            *draft = settle(changed, &**draft)?;
            // What they added is completed and limited like what the author said.
            txn = begun;
            own(admission::CHAIN, &mut **draft, &mut txn)?;
            if let Some(changed) = others.change_again(&**draft).await? {
                *draft = settle(changed, &**draft)?;
            }
        }
        check(&**draft)?;
        others.validate(&**draft).await?;
    } else {
        check(&**draft)?;
    }
    own(admission::LAST, &mut **draft, &mut txn)?;
    Ok(txn)
}

/// Passes what is written, or removed, through a list of the server's own rules.
pub(crate) fn pass(
    caller: &Local,
    list: &[admission::Admit],
    kind: &'static KindInfo,
    action: Action,
    old: Option<&dyn Draft>,
    draft: &mut dyn Draft,
    txn: &mut Txn,
) -> Result<()> {
    let (there, options) = (&*caller.server, &caller.server.options);
    let mut request = admission::Request { action, kind, old, draft, there, options, txn, chance };
    admission::admit(list, &mut request)
}

/// Draws a number below a bound.
pub(crate) fn chance(below: u128) -> u128 {
    rand::Rng::random_range(&mut rand::rng(), 0..below.max(1))
}
