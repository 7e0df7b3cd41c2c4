//! A binding that stands by itself: what is asked of the pod it names is done to the pod.

use crate::{local::Local, subresource};
use shared_api::{Draft, Key, Object, Refusal, WriteHow, core::Pod};
use shared_client::Result;

/// Binds the pod. Who may make bindings needs no right to that part of the pod besides.
pub(super) async fn bind(caller: &Local, draft: &dyn Draft, how: &WriteHow) -> Result<Object> {
    let meta = draft.meta();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let key = Key::of::<Pod>(&text(&meta.namespace), &text(&meta.name));
    let allowed = caller.once_allowed();
    let done = subresource::ask(&allowed, &key, "binding", Some(draft.object().value()), how).await?;
    Object::from_value(&done).map_err(Refusal::internal)
}
