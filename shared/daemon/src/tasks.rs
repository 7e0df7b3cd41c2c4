//! Tasks with names. A task that panics stops the process's role, so that its supervisor starts it anew.

use crate::Shutdown;
use std::future::Future;
use tokio_util::task::TaskTracker;

/// The tasks of one role. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Tasks {
    tracker: TaskTracker,
    shutdown: Shutdown,
}

impl Tasks {
    /// Tasks that end with `shutdown`.
    pub fn new(shutdown: &Shutdown) -> Self {
        Self { tracker: TaskTracker::new(), shutdown: shutdown.clone() }
    }

    /// Starts a task; it is dropped at shutdown.
    pub fn start(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let shutdown = self.shutdown.clone();
        let task = tokio::spawn(async move { shutdown.run_until_cancelled(task).await.is_some() });
        let shutdown = self.shutdown.clone();
        self.tracker.spawn(async move {
            match task.await {
                Ok(finished) => tracing::debug!(task = name, finished, "task ended"),
                Err(error) => {
                    tracing::error!(task = name, %error, "task failed; stopping");
                    shutdown.cancel();
                }
            }
        });
    }

    /// Waits until every task has ended.
    pub async fn ended(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_stops_everything() {
        let shutdown = Shutdown::new();
        let tasks = Tasks::new(&shutdown);
        tasks.start("steady", std::future::pending());
        tasks.start("shaky", async { panic!("on purpose") });
        tasks.ended().await;
        assert!(shutdown.is_cancelled());
    }
}
