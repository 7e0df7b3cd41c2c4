//! Writes the applied state to its copy a little later, many entries at once, off everybody's way.

use super::disk::{Batch, Disk};
use super::error::OpenError;
use super::machine::Applied;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How long changes gather before they are written.
const GATHER: Duration = Duration::from_millis(500);

/// What the thread is asked.
#[derive(Debug)]
enum Ask {
    /// Something changed.
    Changed,
    /// Write everything and make it durable.
    Sync { done: oneshot::Sender<()> },
    /// Write everything and let go of the files.
    Close { done: oneshot::Sender<()> },
}

/// The hand that writes behind.
#[derive(Debug, Clone)]
pub(super) struct Behind {
    asks: mpsc::Sender<Ask>,
}

impl Behind {
    /// Starts the thread. `applied` says what changed since it was last asked.
    pub(super) fn start(disk: Disk, applied: Applied) -> Result<Self, OpenError> {
        let (asks, queue) = mpsc::channel();
        let path = disk.path().to_owned();
        let thread = Thread { disk, applied };
        std::thread::Builder::new()
            .name("store-sled".into())
            .spawn(move || thread.run(&queue))
            .map_err(OpenError::io("start the thread that writes", &path))?;
        Ok(Self { asks })
    }

    /// Something changed; it is written soon.
    pub(super) fn changed(&self) {
        let _ = self.asks.send(Ask::Changed);
    }

    /// Waits until everything applied before this call is durable in the copy.
    pub(super) async fn sync(&self) {
        let (done, synced) = oneshot::channel();
        if self.asks.send(Ask::Sync { done }).is_ok() {
            let _ = synced.await;
        }
    }

    /// Waits until everything is written, then lets go of the files.
    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.asks.send(Ask::Close { done }).is_ok() {
            let _ = closed.await;
        }
    }
}

struct Thread {
    disk: Disk,
    applied: Applied,
}

impl Thread {
    fn run(self, queue: &mpsc::Receiver<Ask>) {
        let mut due: Option<Instant> = None;
        loop {
            let ask = match due {
                None => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => queue.recv_timeout(due.saturating_duration_since(Instant::now())),
            };
            match ask {
                Ok(Ask::Changed) => due = due.or_else(|| Some(Instant::now() + GATHER)),
                Err(RecvTimeoutError::Timeout) => {
                    self.write();
                    due = None;
                }
                Ok(Ask::Sync { done }) => {
                    self.write();
                    if let Err(error) = self.disk.sync() {
                        tracing::warn!("{error}; starting again will rebuild it from snapshot and log");
                    }
                    due = None;
                    let _ = done.send(());
                }
                Ok(Ask::Close { done }) => {
                    self.write();
                    drop(self);
                    let _ = done.send(());
                    return;
                }
                Err(RecvTimeoutError::Disconnected) => return self.write(),
            }
        }
    }

    fn write(&self) {
        let batch: Option<Batch> = self.applied.take_changed();
        // What is lost here is in the log; the checksum of the copy will not match, and it is rebuilt.
        if let Some(Err(error)) = batch.map(|batch| self.disk.write(batch)) {
            tracing::warn!("{error}; starting again will rebuild it from snapshot and log");
        }
    }
}
