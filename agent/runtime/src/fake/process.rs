//! Processes of the fake: they say their piece and end.

use crate::{Control, Process, Result};
use async_trait::async_trait;
use std::io::Cursor;

/// A process that writes `output` and ends with `code`.
pub(super) fn answering(code: i32, output: &str, tty: bool) -> Process {
    Process {
        stdin: Some(Box::new(tokio::io::sink())),
        stdout: Some(Box::new(Cursor::new(output.as_bytes().to_vec()))),
        stderr: if tty { None } else { Some(Box::new(tokio::io::empty())) },
        control: Box::new(Ended(code)),
    }
}

struct Ended(i32);

#[async_trait]
impl Control for Ended {
    async fn resize(&self, _: u32, _: u32) -> Result<()> {
        Ok(())
    }

    async fn kill(&self) -> Result<()> {
        Ok(())
    }

    async fn wait(&self) -> Result<i32> {
        Ok(self.0)
    }
}
