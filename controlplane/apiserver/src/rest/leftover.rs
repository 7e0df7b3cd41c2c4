//! What is left of a body that a refusal did not wait for. A connection of HTTP/1 whose body is not read to its end is
//! closed, which clients that have begun to send another request on it take for a fault of ours.

use super::Asked;
use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::{Version, header};
use http_body::{Frame, SizeHint};
use std::{
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

/// So much of it is read all the same, as Go does, and for so long.
const MOST: usize = 256 * 1024;
const LONGEST: Duration = Duration::from_secs(2);

/// A body that two may read.
#[derive(Clone)]
struct Lent(Arc<Mutex<Body>>);

impl Lent {
    fn with<T>(&self, look: impl FnOnce(&mut Body) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.with(|body| Pin::new(body).poll_frame(context))
    }

    fn is_end_stream(&self) -> bool {
        self.with(|body| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.with(|body| body.size_hint())
    }
}

/// The end of a body, when there may be one that matters.
pub(super) struct Leftover(Option<Lent>);

/// The request as it came, and what may be left of its body.
pub(super) fn of(asked: Asked) -> (Asked, Leftover) {
    // Who expects to be told to go on sends nothing unless told.
    let waits = asked.headers().contains_key(header::EXPECT);
    if asked.version() > Version::HTTP_11 || waits || asked.body().is_end_stream() {
        return (asked, Leftover(None));
    }
    let (parts, body) = asked.into_parts();
    let lent = Lent(Arc::new(Mutex::new(body)));
    (Asked::from_parts(parts, Body::new(lent.clone())), Leftover(Some(lent)))
}

impl Leftover {
    /// Reads the rest, as far as that is no burden.
    pub(super) async fn drain(self) {
        let Some(mut body) = self.0 else { return };
        let rest = async {
            let mut left = MOST;
            while let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
                match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
                    Some(rest) => left = rest,
                    None => return,
                }
            }
        };
        let _ = tokio::time::timeout(LONGEST, rest).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{StreamExt, stream};
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicUsize, Ordering},
    };

    async fn read_of(version: Version, pieces: usize, stuck: bool) -> usize {
        let read = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&read);
        let pieces = stream::iter(0..pieces).map(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(Bytes::from(vec![b'x'; 100 * 1024]))
        });
        let rest = stream::iter(stuck.then_some(())).then(|()| std::future::pending());
        let body = Body::from_stream(pieces.chain(rest));
        let asked = http::Request::builder().version(version).body(body).unwrap();
        let (asked, leftover) = of(asked);
        drop(asked);
        leftover.drain().await;
        read.load(Ordering::Relaxed)
    }

    #[tokio::test(start_paused = true)]
    async fn the_rest_is_read_unless_it_is_much_or_does_not_come() {
        assert_eq!(read_of(Version::HTTP_11, 2, false).await, 2);
        assert_eq!(read_of(Version::HTTP_11, 9, false).await, 3);
        assert_eq!(read_of(Version::HTTP_11, 1, true).await, 1);
        assert_eq!(read_of(Version::HTTP_2, 1, false).await, 0, "streams of HTTP/2 end by themselves");
    }
}
