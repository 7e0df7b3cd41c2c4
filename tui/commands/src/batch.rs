//! `--batch`: lines of commands, one after the other, until one fails.

use crate::{Doors, Error, Exit, Sink, grammar, perform};
use std::time::Duration;

/// How long to wait to hear which kinds the cluster defines.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where the lines of a batch come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Script {
    /// The rest of the command line: one command.
    Words(Vec<String>),
    /// Text, a command a line; its name is for messages.
    Lines {
        /// Where it was read.
        name: String,
        /// The text.
        text: String,
    },
}

/// Runs a script. It stops at the first line that fails, and ends as that line did.
pub async fn run(script: &Script, doors: &Doors, out: &mut dyn Sink) -> Exit {
    match script {
        Script::Words(words) => {
            let action = match grammar::parse(words) {
                Ok(action) => action,
                Err(error) => return tell(&error, "", out),
            };
            learn(doors).await;
            match perform(&action, doors, out).await {
                Ok(exit) => exit,
                Err(error) => tell(&error, "", out),
            }
        }
        Script::Lines { name, text } => {
            // Every line is understood before the first is run: a typo in line 9 leaves nothing half done.
            let mut actions = Vec::new();
            for (number, line) in text.lines().enumerate() {
                let place = format!("{name}:{}: ", number + 1);
                match grammar::split(line) {
                    Ok(words) if words.is_empty() => {}
                    Ok(words) => match grammar::parse(&words) {
                        Ok(action) => actions.push((place, action)),
                        Err(error) => return tell(&error, &place, out),
                    },
                    Err(error) => return tell(&error, &place, out),
                }
            }
            for (place, action) in actions {
                // The line before may have defined what this one is about.
                learn(doors).await;
                match perform(&action, doors, out).await {
                    Ok(Exit::Done) => {}
                    Ok(exit) => return exit,
                    Err(error) => return tell(&error, &place, out),
                }
            }
            Exit::Done
        }
    }
}

/// What is asked may be about a kind that the cluster defines. Who is not told of those goes without them.
async fn learn(doors: &Doors) {
    let _ = tokio::time::timeout(PATIENCE, shared_client::learn(&*doors.cluster)).await;
}

fn tell(error: &Error, place: &str, out: &mut dyn Sink) -> Exit {
    if let Error::Help(text) = error {
        // Help is an answer, not a complaint; a closed pipe needs none.
        let _ = out.out(text.as_bytes());
        return Exit::Done;
    }
    out.note(&format!("Error: {place}{error}"));
    error.exit()
}
