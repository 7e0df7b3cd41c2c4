//! How much may be under way on one stream, in either direction, so that a slow one holds up no other.
//!
//! Most clients know no windows: they send what they like and are sent what there is. Who speaks of windows
//! is held to them, and is told what was taken of what it sent.

use bytes::Bytes;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};

/// What may be sent on a stream before its first window, unless the client says otherwise.
const INITIAL: i64 = 64 << 10;
/// Bytes of one stream that wait for their reader before the whole connection waits.
const BACKLOG: usize = 1 << 20;
/// What the smallest piece costs of that.
const LEAST: usize = 512;
/// So much is taken before the client is told.
const STEP: u32 = 16 << 10;

/// What comes on a stream. Without an `End` before the last piece, the client gave it up.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Data(Bytes),
    End,
}

/// What may be sent, and what was taken, of all streams of a connection.
#[derive(Default)]
pub(super) struct Windows {
    /// The client spoke of windows.
    spoken: AtomicBool,
    /// Beyond [`INITIAL`].
    initial: AtomicI64,
    /// What may still be sent on each stream, beyond its initial window.
    open: Mutex<HashMap<u32, i64>>,
    opened: Notify,
    /// Taken, and not told yet.
    taken: Mutex<BTreeMap<u32, u32>>,
    told: Notify,
}

impl Windows {
    /// The client allows more on a stream.
    pub(super) fn more(&self, stream: u32, more: u32) {
        self.spoken.store(true, Ordering::Relaxed);
        if let Some(open) = lock(&self.open).get_mut(&stream) {
            *open = open.saturating_add(more.into());
        }
        self.opened.notify_waiters();
    }

    /// The client says what a stream may be sent at first.
    pub(super) fn initial(&self, window: u32) {
        self.spoken.store(true, Ordering::Relaxed);
        self.initial.store(i64::from(window) - INITIAL, Ordering::Relaxed);
        self.opened.notify_waiters();
    }

    pub(super) fn begin(&self, stream: u32) {
        lock(&self.open).insert(stream, INITIAL);
    }

    pub(super) fn end(&self, stream: u32) {
        lock(&self.open).remove(&stream);
        lock(&self.taken).remove(&stream);
        self.opened.notify_waiters();
    }

    /// Waits until something may be sent on a stream; how much of `wanted`.
    pub(super) async fn room(&self, stream: u32, wanted: usize) -> usize {
        loop {
            let opened = self.opened.notified();
            tokio::pin!(opened);
            // A window that opens after it was looked at is not missed.
            opened.as_mut().enable();
            if let Some(open) = lock(&self.open).get_mut(&stream) {
                let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
                let held = self.spoken.load(Ordering::Relaxed);
                let room = if held { *open + self.initial.load(Ordering::Relaxed) } else { wanted };
                if room > 0 {
                    let given = room.min(wanted);
                    *open -= given;
                    return usize::try_from(given).unwrap_or_default();
                }
            } else {
                return wanted;
            }
            opened.await;
        }
    }

    fn took(&self, stream: u32, bytes: usize) {
        let mut taken = lock(&self.taken);
        let sum = taken.entry(stream).or_default();
        *sum = sum.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX)).min(i32::MAX as u32);
        if *sum >= STEP {
            self.told.notify_one();
        }
    }

    /// Waits until there is something to tell the client, and tells it.
    pub(super) async fn to_tell(&self) -> Vec<(u32, u32)> {
        loop {
            let told = self.told.notified();
            let mut due = Vec::new();
            lock(&self.taken).retain(|stream, sum| {
                if *sum >= STEP {
                    due.push((*stream, *sum));
                }
                *sum < STEP
            });
            if !due.is_empty() {
                return due;
            }
            told.await;
        }
    }
}

/// What a client sends on one stream, on its way in.
pub(super) struct Inlet {
    pieces: mpsc::Sender<(Piece, Option<OwnedSemaphorePermit>)>,
    room: Arc<Semaphore>,
}

impl Inlet {
    /// Waits for room. `false` when nobody reads any more.
    pub(super) async fn send(&self, piece: Piece) -> bool {
        let Piece::Data(data) = &piece else { return self.pieces.send((piece, None)).await.is_ok() };
        let cost = u32::try_from(data.len().clamp(LEAST, BACKLOG)).unwrap_or(u32::MAX);
        let permit = tokio::select! {
            permit = Arc::clone(&self.room).acquire_many_owned(cost) => permit.ok(),
            () = self.pieces.closed() => return false,
        };
        self.pieces.send((piece, permit)).await.is_ok()
    }

    /// Whether nobody reads any more.
    pub(super) fn is_closed(&self) -> bool {
        self.pieces.is_closed()
    }
}

/// The same, where it is read.
pub(super) struct Incoming {
    stream: u32,
    pieces: mpsc::Receiver<(Piece, Option<OwnedSemaphorePermit>)>,
    windows: Arc<Windows>,
}

impl Incoming {
    /// Both ends of what comes on a stream.
    pub(super) fn open(stream: u32, windows: &Arc<Windows>) -> (Inlet, Self) {
        let (send, pieces) = mpsc::channel(BACKLOG / LEAST + 1);
        let inlet = Inlet { pieces: send, room: Arc::new(Semaphore::new(BACKLOG)) };
        (inlet, Self { stream, pieces, windows: Arc::clone(windows) })
    }

    /// The next piece.
    pub(super) async fn recv(&mut self) -> Option<Piece> {
        let (piece, _room) = self.pieces.recv().await?;
        if let Piece::Data(data) = &piece {
            self.windows.took(self.stream, data.len());
        }
        Some(piece)
    }

    /// What is left of it, for another reader; this one reads nothing more.
    pub(super) fn take(&mut self) -> Self {
        let (_, closed) = mpsc::channel(1);
        let pieces = std::mem::replace(&mut self.pieces, closed);
        Self { stream: self.stream, pieces, windows: Arc::clone(&self.windows) }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn only_who_speaks_of_windows_is_held_to_them() {
        let windows = Windows::default();
        windows.begin(1);
        assert_eq!(windows.room(1, 60_000).now_or_never(), Some(60_000));
        assert_eq!(windows.room(1, 60_000).now_or_never(), Some(60_000), "nothing is known of windows");
        windows.more(1, 60_000);
        assert_eq!(windows.room(1, 60_000).now_or_never(), Some(5536));
        assert_eq!(windows.room(1, 1).now_or_never(), None);
        windows.begin(3);
        assert_eq!(windows.room(3, 10).now_or_never(), Some(10), "another stream goes on");
        windows.initial(64 << 10);
        windows.more(1, 7);
        assert_eq!(windows.room(1, 10).now_or_never(), Some(7));
        windows.end(1);
        assert_eq!(windows.room(1, 10).now_or_never(), Some(10), "an ended stream waits for nothing");
    }

    #[test]
    fn what_was_taken_is_told_and_what_waits_is_bounded() {
        let windows = Arc::new(Windows::default());
        let (inlet, mut incoming) = Incoming::open(5, &windows);
        let piece = || Piece::Data(Bytes::from(vec![0; BACKLOG / 2]));
        assert_eq!(inlet.send(piece()).now_or_never(), Some(true));
        assert_eq!(inlet.send(piece()).now_or_never(), Some(true));
        assert_eq!(inlet.send(piece()).now_or_never(), None, "there is no more room");
        assert_eq!(windows.to_tell().now_or_never(), None);
        assert!(incoming.recv().now_or_never().is_some());
        assert_eq!(windows.to_tell().now_or_never(), Some(vec![(5, 512 << 10)]));
        assert_eq!(inlet.send(piece()).now_or_never(), Some(true));
        drop(incoming.take());
        assert_eq!(inlet.send(piece()).now_or_never(), Some(false));
    }
}
