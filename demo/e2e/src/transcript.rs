//! Transcripts: what was typed and what was said, played again.
//!
//! ```text
//! # what this part shows
//! $ kubectl create deployment web --image=web
//! deployment.apps/web created
//! $~ kubectl get pods
//! Running
//! $! kubectl get pod none
//! NotFound
//! ```
//!
//! Each `$` line is one shell command; lines that start with `>` are more of it. What follows has to stand
//! in its output, line after line in this order, each as part of a line. A `$!` command has to fail. A `$~`
//! command is tried again until what follows holds, at most a minute. Commands share a directory and the
//! file `env` in it, which is read before each: `echo pod=x >>env`.

use crate::{Said, again, demo, kubeconfig, run_with, variable};
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// How long a `$~` command is tried.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Debug, Default, PartialEq, Eq)]
struct Step {
    line: usize,
    command: String,
    fails: bool,
    again: bool,
    says: Vec<String>,
}

/// Plays the transcript of that name, `demo/e2e/transcripts/NAME.txt`, and complains about everything that
/// went another way.
pub fn play(name: &str) {
    let file = demo().join("e2e/transcripts").join(format!("{name}.txt"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let stage = Stage::new(name);
    let mut complaints = String::new();
    for step in read(&text) {
        if let Err(why) = stage.play(&step) {
            let _ = writeln!(complaints, "{}:{}: $ {}\n{why}\n", file.display(), step.line, step.command);
        }
    }
    let _ = std::fs::remove_dir_all(&stage.directory);
    assert!(complaints.is_empty(), "\n{complaints}");
}

/// The commands of a transcript, for those who look for one.
pub fn commands(text: &str) -> Vec<String> {
    read(text).into_iter().map(|step| step.command).collect()
}

fn read(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let (fails, again) = (line.starts_with("$! "), line.starts_with("$~ "));
        if let Some(more) = line.strip_prefix('>') {
            let step = steps.last_mut().expect("a `>` line goes on with a command");
            step.command.push('\n');
            step.command.push_str(more.strip_prefix(' ').unwrap_or(more));
        } else if line.starts_with("$ ") || fails || again {
            let command = line.split_once(' ').map(|(_, command)| command.to_owned()).unwrap_or_default();
            steps.push(Step { line: number + 1, command, fails, again, says: Vec::new() });
        } else if let Some(step) = steps.last_mut()
            && !line.trim().is_empty()
            && !line.starts_with("# ")
        {
            step.says.push(line.trim().to_owned());
        }
    }
    steps
}

struct Stage {
    directory: PathBuf,
}

impl Stage {
    fn new(name: &str) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        let directory = std::env::temp_dir().join(format!("dhow-{name}-{now}"));
        std::fs::create_dir_all(&directory).expect("a directory for the transcript");
        std::fs::write(directory.join("env"), "").expect("its environment");
        Self { directory }
    }

    fn play(&self, step: &Step) -> Result<(), String> {
        let patience = if step.again { PATIENCE } else { Duration::ZERO };
        again(patience, || judge(step, &self.run(&step.command)))
    }

    fn run(&self, command: &str) -> Said {
        let clients = PathBuf::from(variable("DHOW_KUBECTL"));
        let path = [
            clients.parent().unwrap_or(Path::new("/")).display().to_string(),
            PathBuf::from(crate::dhow()).parent().unwrap_or(Path::new("/")).display().to_string(),
            std::env::var("PATH").unwrap_or_default(),
        ];
        let line = format!("cd {}; set -o pipefail; . ./env\n{command}", self.directory.display());
        let variables = [
            ("PATH", path.join(":")),
            ("DEMO", demo().display().to_string()),
            ("HOME", self.directory.display().to_string()),
            ("KUBECONFIG", kubeconfig().display().to_string()),
        ];
        run_with("timeout", &["120", "bash", "-c", &line], "", &variables)
    }
}

/// Whether a command said what it has to.
fn judge(step: &Step, said: &Said) -> Result<(), String> {
    let all = format!("{}{}", said.out, said.err);
    if (said.code != 0) != step.fails {
        return Err(format!("exit status {}; it said:\n{all}", said.code));
    }
    let mut lines = all.lines();
    for wanted in &step.says {
        if !lines.any(|line| line.contains(wanted.as_str())) {
            return Err(format!("{wanted:?} is missing, or comes too early, in:\n{all}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_is_read_and_judged() {
        let steps = read("# a\n$ one <<E\n> x\n> E\n  said \n\n$! two\nno\n$~ three\n");
        let named: Vec<_> = steps.iter().map(|s| (s.command.as_str(), s.fails, s.again)).collect();
        assert_eq!(named, [("one <<E\nx\nE", false, false), ("two", true, false), ("three", false, true)]);
        let said = |out: &str, code| Said { out: out.into(), err: String::new(), code };
        assert!(judge(&steps[0], &said("it said so\n", 0)).is_ok());
        assert!(judge(&steps[0], &said("nothing\n", 0)).is_err());
        assert!(judge(&steps[1], &said("oh no\n", 1)).is_ok());
        assert!(judge(&steps[1], &said("oh no\n", 0)).is_err());
    }

    #[test]
    fn lines_are_expected_in_order() {
        let step = Step { says: vec!["a".into(), "b".into()], ..Step::default() };
        let said = |out: &str| Said { out: out.into(), err: String::new(), code: 0 };
        assert!(judge(&step, &said("xa\nxb\n")).is_ok());
        assert!(judge(&step, &said("xb\nxa\n")).is_err());
    }
}
