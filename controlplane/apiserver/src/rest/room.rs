//! Room for bodies: how much of what is being sent is held at a time, by all requests together.

use super::body;
use axum::body::{Body, HttpBody};
use bytes::Bytes;
use shared_api::{Reason, Refusal, meta::StatusDetails};
use shared_client::Result;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// All bodies together, in KiB. What is made of a body takes several times its length.
static ROOM: Semaphore = Semaphore::const_new(32 * 1024);

/// The most one body can need, in KiB; a little more than is taken in.
const WHOLE: u32 = 3 * 1024 + 1;

/// How long a request waits for its turn, and how long its body may take to arrive.
const TURN: Duration = Duration::from_secs(10);
const ARRIVAL: Duration = Duration::from_mins(1);

/// A body, and the room it takes until it is let go.
pub(super) struct Held {
    pub(super) bytes: Bytes,
    _room: Option<SemaphorePermit<'static>>,
}

/// The whole body, once there is room for it.
pub(super) async fn read(body: Body) -> Result<Held> {
    let length = body.size_hint().exact();
    if length == Some(0) {
        return Ok(Held { bytes: Bytes::new(), _room: None });
    }
    let need = length.map_or(WHOLE, |bytes| u32::try_from(bytes / 1024 + 1).unwrap_or(WHOLE).min(WHOLE));
    let turn = tokio::time::timeout(TURN, ROOM.acquire_many(need)).await;
    let room = turn.ok().and_then(std::result::Result::ok).ok_or_else(too_many)?;
    let arrived = tokio::time::timeout(ARRIVAL, body::read(body)).await;
    let late = |_| Refusal::new(Reason::Timeout, "the body did not arrive within the allotted timeout");
    Ok(Held { bytes: arrived.map_err(late)??, _room: Some(room) })
}

fn too_many() -> Refusal {
    let message = "the server has received too many requests and has asked us to try again later";
    let details = StatusDetails { retry_after_seconds: Some(1), ..StatusDetails::default() };
    Refusal { details: Some(Box::new(details)), ..Refusal::new(Reason::TooManyRequests, message) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;
    use std::convert::Infallible;

    #[tokio::test(start_paused = true)]
    async fn who_sends_nothing_takes_room_for_a_while_only() {
        let stuck = || Body::from_stream(stream::pending::<std::result::Result<Bytes, Infallible>>());
        let waiting: Vec<_> = (0..10).map(|_| tokio::spawn(read(stuck()))).collect();
        tokio::task::yield_now().await;
        let refused = read(stuck()).await.err().unwrap();
        assert_eq!(
            (refused.reason, refused.details.unwrap().retry_after_seconds),
            (Reason::TooManyRequests, Some(1))
        );
        assert_eq!(read(Body::from("{}")).await.ok().unwrap().bytes, "{}", "little is needed for little");
        for reading in waiting {
            assert_eq!(reading.await.unwrap().err().unwrap().reason, Reason::Timeout);
        }
        assert!(read(Body::from(vec![b' '; 2 << 20])).await.is_ok());
    }
}
