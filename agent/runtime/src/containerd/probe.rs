//! Commands that are run to their end for their answer: exec probes and lifecycle hooks.

use super::{Inner, exec};
use crate::{Exec, Result};
use std::{
    fmt::Write,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Bytes of output that are kept.
const KEPT: usize = 1024;
/// How long output may come after the command has ended: what it left in the background may hold it.
const AFTERMATH: Duration = Duration::from_millis(200);

/// Exit status and first output; a command that does not end in time is killed and counts as 137.
pub(super) async fn probe(
    inner: &Arc<Inner>,
    id: &str,
    command: &[String],
    deadline: Duration,
) -> Result<(i32, String)> {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let run = async {
        let asked = Exec { command: command.to_vec(), stdin: false, tty: false };
        let process = exec::exec(inner, id, &asked).await?;
        let output = drain(process.stdout, kept.clone());
        let errors = drain(process.stderr, kept.clone());
        let both = async { tokio::join!(output, errors) };
        tokio::pin!(both);
        // Reading goes on while waiting, or a chatty command would never end.
        let code = tokio::select! {
            code = process.control.wait() => {
                let _ = tokio::time::timeout(AFTERMATH, &mut both).await;
                code?
            }
            _ = &mut both => process.control.wait().await?,
        };
        Ok(code)
    };
    // Dropping a command that runs kills it.
    let outcome = tokio::time::timeout(deadline, Box::pin(run)).await;
    let mut text = String::from_utf8_lossy(&kept.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
    if let Ok(code) = outcome {
        return Ok((code?, text));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    let _ = write!(text, "command timed out after {} s", deadline.as_secs_f32());
    Ok((137, text))
}

async fn drain(from: Option<Box<dyn AsyncRead + Send + Unpin>>, kept: Arc<Mutex<Vec<u8>>>) {
    let Some(mut from) = from else { return };
    let mut buffer = [0; 4096];
    while let Ok(read) = from.read(&mut buffer).await {
        if read == 0 {
            return;
        }
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let room = KEPT - kept.len();
        kept.extend_from_slice(&buffer[..read.min(room)]);
    }
}
