//! Questions: objects that are asked, answered and forgotten. One file for each group of them.

mod access;
mod binding;
mod identity;

use crate::{local::Local, registry};
use shared_api::{Draft, Invalid, KindInfo, Object, Refusal, WriteHow, core::Binding};
use shared_client::Result;

/// Answers its kind of question, in the draft; `None` for other kinds.
type Answer = fn(&Local, &mut dyn Draft) -> Option<Result<()>>;

/// Every kind of answer.
const ANSWERS: &[Answer] = &[
    identity::whoami,
    identity::token,
    access::anybody,
    access::anybody_here,
    access::myself,
    access::my_rules,
];

/// Answers a question.
pub(crate) async fn answer(
    caller: &Local,
    kind: &KindInfo,
    object: &Object,
    how: &WriteHow,
) -> Result<Object> {
    let mut draft = caller.decode(kind, object.value(), how)?;
    registry::place(kind, draft.meta_mut())?;
    let mut invalid = Invalid::default();
    draft.check(None, &mut invalid);
    let name = draft.meta().name.clone().unwrap_or_default();
    if let Some(refusal) = Refusal::invalid(&kind.group_kind(), &name, &invalid) {
        return Err(refusal);
    }
    if draft.as_any().is::<Binding>() {
        return binding::bind(caller, &*draft, how).await;
    }
    let answered = ANSWERS.iter().find_map(|answer| answer(caller, &mut *draft));
    answered.ok_or_else(|| Refusal::internal(format!("nobody answers a {}", kind.kind)))??;
    Ok(draft.object())
}
