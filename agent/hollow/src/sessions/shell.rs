//! A shell in a hollow container: it repeats what it is told, knows who it is, and says what it cannot.

use super::{Far, Target, well};
use shared_api::meta::{Status, StatusCause, StatusDetails};
use shared_client::{Channel, Frame, Result};

/// Runs a command, or a shell when it is one and something can be typed.
pub(super) async fn run(target: Target, command: Vec<String>, typed: bool, far: Far) -> Result<Status> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let shell = words.first().is_some_and(|w| matches!(w.rsplit('/').next(), Some("sh" | "bash" | "ash")));
    match &words[..] {
        [_, "-c", line, ..] if shell => once(&target, line, &far).await,
        // What looks for a shell before it starts one gets the simplest.
        [_] if shell && typed => converse(&target, far).await,
        _ => once(&target, &words.join(" "), &far).await,
    }
}

async fn once(target: &Target, line: &str, far: &Far) -> Result<Status> {
    // A line may try one program and then another; the last is the one that is meant for everybody.
    let (text, code) = answer(&target.key.name, line);
    let channel = if code == 0 { Channel::Stdout } else { Channel::Stderr };
    let _ = far.send.send(Frame::data(channel, text)).await;
    Ok(if code == 0 { well() } else { failed(code) })
}

/// What a command prints, and its exit status. Pure.
fn answer(host: &str, line: &str) -> (String, i32) {
    let line = line.trim();
    let (program, rest) = line.split_once(' ').unwrap_or((line, ""));
    match program {
        "" | "true" | ":" | "cd" | "ls" => (String::new(), 0),
        "echo" => (format!("{}\n", rest.trim_matches(['"', '\''])), 0),
        "hostname" => (format!("{host}\n"), 0),
        "whoami" => ("nobody\n".into(), 0),
        "pwd" => ("/\n".into(), 0),
        "ps" => ("PID   USER     COMMAND\n    1 nobody   (hollow)\n".into(), 0),
        "false" => (String::new(), 1),
        _ => {
            let why = "this container is hollow: it knows echo, hostname, ls, ps, pwd, whoami and exit";
            (format!("sh: {program}: not found; {why}\n"), 127)
        }
    }
}

/// Repeats what is typed and answers each line, until `exit` or ctrl-d.
async fn converse(target: &Target, mut far: Far) -> Result<Status> {
    const PROMPT: &str = "/ $ ";
    let host = &target.key.name;
    let welcome = format!("{host} is hollow: nothing runs in it, but it listens. ctrl-d leaves.\r\n{PROMPT}");
    let mut said = far.send.send(Frame::data(Channel::Stdout, welcome)).await;
    let mut line = String::new();
    while let (Ok(()), Some(frame)) = (said, far.receive.recv().await) {
        let mut back = String::new();
        if frame.channel == Channel::Stdin {
            for typed in String::from_utf8_lossy(&frame.data).chars() {
                match typed {
                    '\r' | '\n' => {
                        if line.trim() == "exit" {
                            return Ok(well());
                        }
                        back += "\r\n";
                        back += &answer(host, &line).0.replace('\n', "\r\n");
                        back += PROMPT;
                        line.clear();
                    }
                    '\u{4}' if line.is_empty() => return Ok(well()),
                    '\u{3}' => {
                        line.clear();
                        back += "^C\r\n";
                        back += PROMPT;
                    }
                    '\u{7f}' | '\u{8}' => back += line.pop().map_or("", |_| "\u{8} \u{8}"),
                    // A line that never ends is not kept.
                    typed if !typed.is_control() && line.len() < 4096 => {
                        line.push(typed);
                        back.push(typed);
                    }
                    _ => {}
                }
            }
            if frame.end {
                return Ok(well());
            }
        }
        said = if back.is_empty() { Ok(()) } else { far.send.send(Frame::data(Channel::Stdout, back)).await };
    }
    Ok(well())
}

/// A command that failed, as Kubernetes has it.
fn failed(code: i32) -> Status {
    let cause = StatusCause {
        reason: Some("ExitCode".into()),
        message: Some(code.to_string()),
        ..StatusCause::default()
    };
    Status {
        status: Some("Failure".into()),
        reason: Some("NonZeroExitCode".into()),
        message: Some(format!("command terminated with exit code {code}")),
        details: Some(StatusDetails { causes: Some(vec![cause]), ..StatusDetails::default() }),
        ..Status::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hollow_shell_says_what_it_knows() {
        for (line, text, code) in
            [("echo a b", "a b\n", 0), ("hostname", "web-1\n", 0), ("  ", "", 0), ("false", "", 1)]
        {
            assert_eq!(answer("web-1", line), (text.into(), code), "{line}");
        }
        let (text, code) = answer("web-1", "nginx -t");
        assert!(text.starts_with("sh: nginx: not found; this container is hollow"), "{text}");
        assert_eq!(code, 127);
    }
}
