//! `exec`, `attach` and `port-forward`: sessions with running pods.

use super::{Doors, Out, Terminal, change, say, select};
use crate::{
    Attach, Error, ExecIn, Exit, PortForward, Run, Speech,
    forward::{self, Target},
};
use bytes::Bytes;
use futures::StreamExt;
use shared_api::{DeleteHow, Object, Refusal, meta::Status};
use shared_client::{Channel, Duplex, Event, Frame, LogOptions, Session};
use tokio::io::{AsyncRead, AsyncReadExt};

pub(super) async fn exec(exec: &ExecIn, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let pod = select::pod(&exec.pod, exec.place.namespace.as_deref(), doors).await?;
    let session = Session::Exec {
        container: exec.place.container.clone().unwrap_or_default(),
        command: exec.command.clone(),
        stdin: exec.speech.stdin,
        tty: exec.speech.tty,
    };
    let input = exec.speech.stdin.then(|| out.input()).flatten();
    let session = doors.sessions.open(&pod.key(), session).await?;
    relay(session, input, exec.speech.tty, out).await
}

pub(super) async fn attach(attach: &Attach, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let pod = select::pod(&attach.pod, attach.place.namespace.as_deref(), doors).await?;
    let container = attach.place.container.clone().unwrap_or_default();
    let mut speech = attach.speech.clone();
    if speech.tty && !has_terminal(&pod, &container) {
        let which = if container.is_empty() { "its container" } else { &container };
        out.note(&format!("error: Unable to use a TTY - container {which} did not allocate one"));
        speech.tty = false;
    }
    joined(&pod, container, &speech, doors, out).await
}

/// Whether a container, the first when none is named, runs under a terminal.
fn has_terminal(pod: &Object, name: &str) -> bool {
    let value = pod.bare_value();
    let lists = ["containers", "initContainers", "ephemeralContainers"];
    let mut all = lists.iter().filter_map(|list| value["spec"][*list].as_array()).flatten();
    all.find(|c| name.is_empty() || c["name"] == name).is_some_and(|c| c["tty"] == true)
}

pub(super) async fn joined(
    pod: &Object,
    container: String,
    speech: &Speech,
    doors: &Doors,
    out: Out<'_>,
) -> Result<Exit, Error> {
    let Speech { stdin, tty } = *speech;
    let session = Session::Attach { container, stdin, tty };
    let input = stdin.then(|| out.input()).flatten();
    let session = doors.sessions.open(&pod.key(), session).await?;
    out.note("If you don't see a command prompt, try pressing enter.");
    relay(session, input, tty, out).await
}

/// Joins the pod that `run` made as soon as it runs; shows what it said when it has ended before.
pub(super) async fn join(pod: &Object, asked: &Run, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let done = match begun(pod, doors).await {
        Ok(true) => joined(pod, String::new(), &asked.speech, doors, out).await,
        Ok(false) => {
            let session = doors.sessions.open(&pod.key(), Session::Logs(LogOptions::default())).await?;
            relay(session, None, false, out).await
        }
        Err(error) => Err(error),
    };
    if asked.rm {
        let preconditions = shared_api::Preconditions { uid: Some(pod.uid().into()), revision: None };
        let how = DeleteHow { preconditions, ..DeleteHow::default() };
        doors.cluster.delete(&pod.key(), &how).await?;
        out.note(&format!("pod {:?} deleted", pod.name()));
    }
    done
}

/// Waits until a pod has begun: true when it runs, false when it has ended already.
async fn begun(pod: &Object, doors: &Doors) -> Result<bool, Error> {
    let key = pod.key();
    let mut events = doors.cluster.watch(&[change::only(&key)], None).await?;
    while let Some(event) = events.next().await {
        match event? {
            Event::Added(now) | Event::Modified(now) if now.uid() == pod.uid() => {
                match now.value()["status"]["phase"].as_str() {
                    Some("Running") => return Ok(true),
                    Some("Succeeded" | "Failed") => return Ok(false),
                    _ => {}
                }
            }
            Event::Deleted(_) => return Err(Refusal::not_found(&key).into()),
            _ => {}
        }
    }
    Err(Refusal::unavailable(format!("the watch ended before {key} ran")).into())
}

/// Carries a session's output out and `input` in, to its outcome; with `tty`, the terminal is its.
pub(super) async fn relay(
    session: Duplex,
    input: Option<Box<dyn AsyncRead + Send + Unpin>>,
    tty: bool,
    out: Out<'_>,
) -> Result<Exit, Error> {
    let Duplex { send, mut receive } = session;
    out.begins(tty);
    let terminal = if tty && input.is_some() { out.terminal() } else { None };
    let mut guard = None;
    let sizes = terminal.map(|Terminal { mut sizes, guard: kept }| {
        guard = Some(kept);
        let send = send.clone();
        tokio::spawn(async move {
            while let Some((width, height)) = sizes.recv().await {
                let size = format!(r#"{{"Width":{width},"Height":{height}}}"#);
                if send.send(Frame::data(Channel::Resize, size.into_bytes())).await.is_err() {
                    return;
                }
            }
        })
    });
    let feed = tokio::spawn(async move {
        let Some(mut input) = input else {
            // The far end may wait for the end of an input that was never opened.
            return send.closed().await;
        };
        let mut buffer = vec![0; 32 * 1024];
        loop {
            let frame = match input.read(&mut buffer).await {
                Ok(0) | Err(_) => Frame::end(Channel::Stdin),
                Ok(n) => Frame::data(Channel::Stdin, Bytes::copy_from_slice(&buffer[..n])),
            };
            let end = frame.end;
            if send.send(frame).await.is_err() {
                return;
            }
            if end {
                return send.closed().await;
            }
        }
    });
    let outcome = loop {
        let Some(frame) = receive.recv().await else {
            break Err(
                Refusal::unavailable("the connection to the pod broke before its session ended").into()
            );
        };
        match frame.channel {
            Channel::Stdout => out.out(&frame.data).map_err(Error::Write)?,
            Channel::Stderr => {
                for line in String::from_utf8_lossy(&frame.data).lines() {
                    out.note(line);
                }
            }
            Channel::Outcome => break outcome(&frame.data),
            Channel::Stdin | Channel::Resize => {}
        }
        out.carried().await;
    };
    feed.abort();
    sizes.inspect(tokio::task::JoinHandle::abort);
    drop(guard);
    outcome
}

pub(super) fn outcome(data: &[u8]) -> Result<Exit, Error> {
    let status: Status = serde_json::from_slice(data)
        .map_err(|e| Refusal::internal(format!("the session's outcome cannot be decoded: {e}")))?;
    if status.status.as_deref() == Some("Success") {
        return Ok(Exit::Done);
    }
    let causes = status.details.as_ref().and_then(|d| d.causes.as_ref());
    let code = causes.into_iter().flatten().find(|c| c.reason.as_deref() == Some("ExitCode"));
    match code.and_then(|c| c.message.as_deref()?.parse::<i32>().ok()) {
        Some(code) => Err(Error::Command(u8::try_from(code & 0xff).unwrap_or(1))),
        None => Err(Refusal::from_status(status).into()),
    }
}

/// `8080`, `8080:80`, `:80`: local port (0: any) and remote port or port name.
pub(super) fn local_and_remote(text: &str) -> Result<(u16, String), Error> {
    let bad = || Error::Usage(format!("port {text:?}: expected REMOTE, LOCAL:REMOTE or :REMOTE"));
    let (local, remote) = text.split_once(':').unwrap_or((text, text));
    let local = if local.is_empty() { 0 } else { local.parse().map_err(|_| bad())? };
    if remote.is_empty() { Err(bad()) } else { Ok((local, remote.into())) }
}

pub(super) async fn port_forward(ask: &PortForward, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let pod = select::pod(&ask.pod, ask.namespace.as_deref(), doors).await?;
    let mut forwards = Vec::new();
    for port in &ask.ports {
        let (local, remote) = local_and_remote(port)?;
        let target = Target::of(&ask.pod, &remote, ask.namespace.as_deref(), doors)?;
        let remote = target.port_of(&pod, &*doors.cluster).await?;
        let forward = forward::listen(doors, target, &ask.address, local).await?;
        say(out, &format!("Forwarding from {} -> {remote}\n", forward.local))?;
        forwards.push(forward);
    }
    loop {
        // A connection that failed is told of; the others go on.
        let mut failures: Vec<_> = forwards.iter_mut().map(|f| Box::pin(f.failure())).collect();
        let (why, ..) = futures::future::select_all(failures.drain(..)).await;
        drop(failures);
        out.note(&why.unwrap_or_else(|| "a forward stopped".into()));
    }
}
