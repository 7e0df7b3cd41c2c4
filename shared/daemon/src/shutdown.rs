//! A way to stop, told once and seen everywhere.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Seen by everything that has to stop.
pub type Shutdown = CancellationToken;

/// Cancels `shutdown` at the first SIGTERM or SIGINT.
pub fn on_signal(shutdown: &Shutdown) -> std::io::Result<()> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        tracing::info!("was told to stop");
        shutdown.cancel();
    });
    Ok(())
}
