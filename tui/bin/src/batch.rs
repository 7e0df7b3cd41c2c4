//! `--batch`: commands from words, a file or standard input, to standard output. Never draws or asks.

use crate::{args::Options, connect, daemons, terminal};
use agent_hollow::Pace;
use anyhow::{Context, Result};
use std::{
    fs,
    io::{self, Read, Write},
    path::Path,
    process::ExitCode,
};
use tokio::io::AsyncRead;
use tui_commands::{Error, Exit, Here, Script, Sink, Terminal, grammar};

pub(crate) fn run(options: &Options, words: Vec<String>) -> Result<ExitCode> {
    let script = match &words[..] {
        [] => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).context("reading standard input")?;
            Script::Lines { name: "standard input".into(), text }
        }
        [flag, file] if flag == "-f" => {
            let text = fs::read_to_string(file).with_context(|| format!("reading {file}"))?;
            Script::Lines { name: file.clone(), text }
        }
        _ => {
            // Help and mistakes need no cluster.
            match grammar::parse(&words) {
                Err(Error::Help(text)) => {
                    print(&text);
                    return Ok(ExitCode::SUCCESS);
                }
                Err(error) => {
                    eprintln!("Error: {error}");
                    return Ok(ExitCode::from(error.exit().code()));
                }
                Ok(action) => {
                    let here = Here { kubeconfig: connect::kubeconfig(options).ok(), ..Here::default() };
                    match tui_commands::alone(&action, &here, &mut Pipes { piped: true }) {
                        Some(Ok(exit)) => return Ok(ExitCode::from(exit.code())),
                        Some(Err(error)) => {
                            eprintln!("Error: {error}");
                            return Ok(ExitCode::from(error.exit().code()));
                        }
                        None => Script::Words(words),
                    }
                }
            }
        }
    };
    let piped = matches!(script, Script::Words(_));
    // Kept to the end of the process: dropping it would wait for the next line of standard input.
    let runtime = daemons::runtime()?;
    let exit: Result<Exit> = runtime.block_on(async {
        let doors = connect::seat(options, Pace::AtOnce).await?.doors;
        Ok(tui_commands::run(&script, &doors, &mut Pipes { piped }).await)
    });
    let exit = exit?;
    // Tasks that still read standard input are not waited for.
    std::process::exit(i32::from(exit.code()));
}

fn print(text: &str) {
    // Nobody listens any more, which is the reader's choice.
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Standard input and output.
struct Pipes {
    piped: bool,
}

impl Sink for Pipes {
    fn out(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
        if written.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::BrokenPipe) {
            // As other programs that write into `head`.
            std::process::exit(141);
        }
        written
    }

    fn note(&mut self, line: &str) {
        eprintln!("{line}");
    }

    fn input(&mut self) -> Option<Box<dyn AsyncRead + Send + Unpin>> {
        std::mem::take(&mut self.piped)
            .then(|| Box::new(tokio::io::stdin()) as Box<dyn AsyncRead + Send + Unpin>)
    }

    fn edit(&mut self, file: &Path) -> Result<(), String> {
        terminal::edit(file)
    }

    fn terminal(&mut self) -> Option<Terminal> {
        terminal::hand_over()
    }
}
