//! The program in a pty: keys go in, pictures come out, each with the moment at which it was there.

use demo_e2e::measure::daemon::Daemon;
use nix::pty::{Winsize, openpty};
use std::{
    fs::File,
    io::{Read, Write},
    process::Command,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

const ROWS: u16 = 40;
const COLUMNS: u16 = 160;

/// A terminal with the program in it.
pub(crate) struct Seat {
    daemon: Daemon,
    /// When the program was started.
    pub(crate) born: Instant,
    keys: File,
    picture: Arc<Picture>,
}

/// What is on the screen.
struct Picture {
    now: Mutex<Now>,
    changed: Condvar,
}

struct Now {
    parser: vt100::Parser,
    /// When the last of it was read.
    at: Instant,
    over: bool,
}

impl Seat {
    /// Starts the program in a terminal of 160×40.
    pub(crate) fn take(command: &mut Command) -> Result<Self, String> {
        let size = Winsize { ws_row: ROWS, ws_col: COLUMNS, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).map_err(|e| format!("opening a pty: {e}"))?;
        let handle = |e: std::io::Error| format!("sharing a pty: {e}");
        let slave = File::from(pty.slave);
        command.env("TERM", "xterm-256color");
        command.stdin(slave.try_clone().map_err(handle)?);
        command.stdout(slave.try_clone().map_err(handle)?).stderr(slave);
        let keys = File::from(pty.master);
        let mut screen = keys.try_clone().map_err(handle)?;
        let born = Instant::now();
        let daemon = Daemon::start_with(command)?;
        // The program alone holds the terminal now, so that its end is seen.
        command.stdin(std::process::Stdio::null());
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let parser = vt100::Parser::new(ROWS, COLUMNS, 0);
        let now = Mutex::new(Now { parser, at: born, over: false });
        let picture = Arc::new(Picture { now, changed: Condvar::new() });
        let drawn = Arc::clone(&picture);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 << 10];
            loop {
                let read = screen.read(&mut buffer);
                let at = Instant::now();
                let mut now = drawn.now();
                match read {
                    Ok(count @ 1..) => {
                        now.parser.process(&buffer[..count]);
                        now.at = at;
                    }
                    _ => now.over = true,
                }
                let over = now.over;
                drop(now);
                drawn.changed.notify_all();
                if over {
                    return;
                }
            }
        });
        Ok(Self { daemon, born, keys, picture })
    }

    /// The program's process.
    pub(crate) fn pid(&self) -> u32 {
        self.daemon.pid()
    }

    /// Presses keys; says when.
    pub(crate) fn press(&mut self, keys: &str) -> Result<Instant, String> {
        let at = Instant::now();
        self.keys.write_all(keys.as_bytes()).map_err(|e| format!("typing into the terminal: {e}"))?;
        Ok(at)
    }

    /// What somebody sees in the picture as it is.
    pub(crate) fn see<T>(&self, look: impl Fn(&vt100::Screen) -> T) -> T {
        look(self.picture.now().parser.screen())
    }

    /// Waits until the screen shows something; says when it did.
    pub(crate) fn until(
        &self,
        patience: Duration,
        what: &str,
        shows: impl Fn(&vt100::Screen) -> bool,
    ) -> Result<Instant, String> {
        let end = Instant::now() + patience;
        let mut now = self.picture.now();
        loop {
            if shows(now.parser.screen()) {
                return Ok(now.at);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || now.over {
                let why = if now.over { "the program ended" } else { "too long" };
                let screen = now.parser.screen().contents();
                return Err(format!("waiting for {what}: {why}; the screen:\n{screen}"));
            }
            let waited = self.picture.changed.wait_timeout(now, left);
            now = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Picture {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
