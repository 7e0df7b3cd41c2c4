//! Processes that this run starts, and ends.

use std::{
    fs::File,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
};

/// A process that ends with its owner.
#[derive(Debug)]
pub struct Daemon(Child);

impl Daemon {
    /// Starts it.
    pub fn start(command: &mut Command) -> Result<Self, String> {
        Self::start_with(command.stdin(Stdio::null()))
    }

    /// Starts it with the standard input that it was given.
    pub fn start_with(command: &mut Command) -> Result<Self, String> {
        command.spawn().map(Self).map_err(|e| format!("starting {}: {e}", command.get_program().display()))
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A control plane of our own.
#[derive(Debug)]
pub struct Plane {
    /// The process.
    pub daemon: Daemon,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Plane {
    /// Starts one whose state is in `directory`, on a free port of this machine.
    pub fn start(dhow: &Path, directory: &Path) -> Result<Self, String> {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr());
        let address = free.map_err(|e| format!("finding a free port: {e}"))?;
        let log = directory.with_extension("log");
        let log = File::create(&log).map_err(|e| format!("making {}: {e}", log.display()))?;
        let daemon = Daemon::start(
            Command::new(dhow)
                .args(["controlplane", "--log", "warn", "--listen", &address.to_string(), "--data-dir"])
                .arg(directory)
                .stdout(Stdio::null())
                .stderr(log),
        )?;
        Ok(Self { daemon, address })
    }
}
