//! A watch of objects that somebody else has to turn into the version that is spoken.

use crate::door::Converter;
use futures::{StreamExt, stream::BoxStream};
use shared_api::Served;
use shared_client::{Event, Result};
use std::sync::Arc;

/// The events of a watch with their objects in the version that is spoken: what is ready is asked about together.
pub(super) fn events(
    events: BoxStream<'static, Result<Event>>,
    served: Served,
    converter: Arc<dyn Converter>,
) -> BoxStream<'static, Result<Event>> {
    let turned = events.ready_chunks(super::LINES).then(move |events| {
        let converter = Arc::clone(&converter);
        async move {
            let object = |event: &Result<Event>| event.as_ref().ok().and_then(Event::object).cloned();
            let objects = events.iter().filter_map(object).collect();
            let mut turned = match converter.turned(served, objects).await {
                Ok(turned) => turned.into_iter(),
                Err(refusal) => return vec![Err(refusal)],
            };
            let event = |event: Result<Event>| match event? {
                Event::Added(object) => Ok(Event::Added(turned.next().unwrap_or(object))),
                Event::Modified(object) => Ok(Event::Modified(turned.next().unwrap_or(object))),
                Event::Deleted(object) => Ok(Event::Deleted(turned.next().unwrap_or(object))),
                bookmark @ Event::Bookmark { .. } => Ok(bookmark),
            };
            events.into_iter().map(event).collect()
        }
    });
    turned.flat_map(futures::stream::iter).boxed()
}
