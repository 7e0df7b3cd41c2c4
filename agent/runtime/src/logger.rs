//! The logger: a small process that writes a container's output to its log.
//!
//! containerd's shim starts it (`binary://`), not the agent: the shim hands it the read ends of the
//! container's output, and both live until the container ends. So agent, containerd and control
//! plane may come and go without a line being lost or the container being blocked, and lines carry
//! the time they were written at, not the time somebody read them. FIFOs read by the agent would
//! block the container while the agent is down; `file://` has neither times nor streams nor rotation.
//! The price is one process of about 2 MB a container, sharing the pages of this program.
//!
//! It must not die before it has read everything: the shim sends `SIGTERM` when it has closed its
//! ends, and gives it ten seconds to finish, so signals are blocked and the end of input is the end.
//!
//! The shim cannot give standard input to a container logged like this unless it has a terminal;
//! such containers get FIFOs, and the agent starts the same logger on them.

mod file;
mod split;

use crate::logs::Source;
use file::LogFile;
use nix::sys::signal::{SigSet, Signal};
use split::Splitter;
use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::ExitCode,
    sync::{Mutex, PoisonError},
};

/// Marks the log of a container under a terminal: its output comes on one stream and is written as
/// it comes, because a prompt does not end in a line feed.
pub(crate) const TTY: &str = "tty:";

/// Marks the log of a container that listens without a terminal: who attaches sees a question that does
/// not end in a line feed.
pub(crate) const AT_ONCE: &str = "now:";

/// Runs the logger to its end. Arguments: the log file (`tty:` before it for a terminal, `now:` for one
/// that listens without), then, when the agent started it, the FIFOs for standard output and standard error. Without them they are file
/// descriptors 3 and 4, and closing 5 says that the logger is ready.
pub fn logger_main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The shim passes this on to containerd's log; there is nobody else to tell.
            eprintln!("dhow logger: {args:?}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[OsString]) -> io::Result<()> {
    let mut signals = SigSet::empty();
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGPIPE] {
        signals.add(signal);
    }
    signals.thread_block()?;
    let Some(log) = args.first().and_then(|log| log.to_str()) else {
        return Err(io::Error::other("the path of the log is missing"));
    };
    let (tty, log) = log.strip_prefix(TTY).map_or((false, log), |log| (true, log));
    let (at_once, log) = log.strip_prefix(AT_ONCE).map_or((tty, log), |log| (true, log));
    let log = Mutex::new(LogFile::open(Path::new(log))?);
    let from_shim = args.len() < 3;
    let (stdout, stderr) = if from_shim {
        (open("/proc/self/fd/3".as_ref())?, open("/proc/self/fd/4".as_ref())?)
    } else {
        (open(args[1].as_ref())?, open(args[2].as_ref())?)
    };
    if from_shim {
        nix::unistd::close(5)?;
    }
    if tty {
        // Standard error is never written under a terminal, and the shim forgets to close it.
        return copy(stdout, Source::Stdout, at_once, &log);
    }
    std::thread::scope(|scope| {
        let errors = scope.spawn(|| copy(stderr, Source::Stderr, at_once, &log));
        let output = copy(stdout, Source::Stdout, at_once, &log);
        output.and(errors.join().unwrap_or_else(|_| Err(io::Error::other("reading standard error"))))
    })
}

/// Opening a pipe that has lost its writer would block; once open, reading it must.
fn open(path: &Path) -> io::Result<File> {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    if path.starts_with("/proc") {
        let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
        fcntl(&file, FcntlArg::F_SETFL(OFlag::empty()))?;
        return Ok(file);
    }
    // A FIFO's writer comes later: wait for it.
    File::open(path)
}

fn copy(mut from: File, source: Source, at_once: bool, log: &Mutex<LogFile>) -> io::Result<()> {
    let mut buffer = vec![0; 32 << 10];
    let mut splitter = Splitter::new(source, at_once);
    let mut out = Vec::with_capacity(40 << 10);
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let lines = splitter.split(&buffer[..read], &mut out);
        log.lock().unwrap_or_else(PoisonError::into_inner).append(&mut out, lines);
    }
    let lines = splitter.finish(&mut out);
    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
    log.append(&mut out, lines);
    log.own_up()
}
