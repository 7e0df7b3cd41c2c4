//! `logs`: what a container has written, or many, each line under where it comes from.

use super::{Doors, Out, select, streams};
use crate::{Error, Exit, Logs, Scope};
use bytes::Bytes;
use futures::{StreamExt, stream};
use shared_api::{Key, Object, core::Pod};
use shared_client::{Channel, Duplex, Frame, LogOptions, Session};

/// So many lines of each when many are selected and nothing is said.
const TAIL_OF_MANY: i64 = 10;
/// A line that does not end is cut here.
const LINE: usize = 256 << 10;

/// A container's log.
#[derive(Debug, PartialEq)]
struct Source {
    pod: Key,
    container: String,
}

impl Source {
    /// What stands before its lines.
    fn prefix(&self) -> String {
        format!("[pod/{}/{}] ", self.pod.name, self.container)
    }
}

pub(super) async fn logs(logs: &Logs, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let many = logs.selector.is_some() || logs.all_pods;
    let sources = sources(logs, doors).await?;
    let options = |source: &Source| LogOptions {
        container: source.container.clone(),
        follow: logs.follow,
        previous: logs.previous,
        timestamps: logs.timestamps,
        tail_lines: logs.tail.or(many.then_some(TAIL_OF_MANY)).filter(|lines| *lines >= 0),
        since_seconds: logs.since.map(|d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX)),
        ..LogOptions::default()
    };
    let prefixed = logs.prefix || logs.all_pods;
    if sources.is_empty() {
        out.note("No resources found.");
        return Ok(Exit::Done);
    }
    if let ([one], false) = (&sources[..], prefixed) {
        let session = doors.sessions.open(&one.pod, Session::Logs(options(one))).await?;
        return streams::relay(session, None, false, out).await;
    }
    if !logs.follow {
        for source in &sources {
            let session = doors.sessions.open(&source.pod, Session::Logs(options(source))).await?;
            merged(vec![(source, session)], prefixed, out).await?;
        }
        return Ok(Exit::Done);
    }
    if sources.len() > logs.max_log_requests {
        return Err(Error::Usage(format!(
            "you are attempting to follow {} log streams, but maximum allowed concurrency is {}, use \
             --max-log-requests to increase the limit",
            sources.len(),
            logs.max_log_requests
        )));
    }
    let mut open = Vec::new();
    for source in &sources {
        open.push((source, doors.sessions.open(&source.pod, Session::Logs(options(source))).await?));
    }
    merged(open, prefixed, out).await
}

/// Which containers are meant.
async fn sources(logs: &Logs, doors: &Doors) -> Result<Vec<Source>, Error> {
    let namespace = logs.place.namespace.as_deref();
    let pods = match (&logs.selector, &logs.pod) {
        (Some(selector), None) => {
            let scope = Scope { selector: Some(selector.clone()), ..Scope::within(namespace) };
            doors
                .cluster
                .list(&scope.query(shared_api::find("pods").ok_or_else(unknown)?, doors)?)
                .await?
                .items
        }
        (None, Some(word)) if logs.all_pods => select::pods(word, namespace, doors).await?,
        (None, Some(word)) => {
            let pod = select::pod(word, namespace, doors).await?;
            if !logs.all_containers {
                // Whose containers these are, the node knows.
                let container = logs.place.container.clone().unwrap_or_else(|| first(&pod));
                return Ok(vec![Source { pod: pod.key(), container }]);
            }
            vec![pod]
        }
        _ => return Err(Error::Usage("logs: name a pod, or select pods with -l, not both".into())),
    };
    let of = |pod: &Object| {
        let key = pod.key();
        let names = match &logs.place.container {
            Some(one) => vec![one.clone()],
            None if logs.all_containers => containers(pod),
            None => vec![first(pod)],
        };
        names.into_iter().map(move |container| Source { pod: key.clone(), container }).collect::<Vec<_>>()
    };
    Ok(pods.iter().flat_map(of).collect())
}

fn unknown() -> Error {
    Error::Usage("pods are not known here".into())
}

fn containers(pod: &Object) -> Vec<String> {
    let Ok(pod) = pod.to_kind::<Pod>() else { return Vec::new() };
    let spec = pod.spec.clone().unwrap_or_default();
    let init = spec.init_containers.into_iter().flatten();
    init.chain(spec.containers).map(|container| container.name).collect()
}

/// The one that is meant when none is named.
fn first(pod: &Object) -> String {
    let meta = pod.metadata();
    let said = meta.annotations.as_ref().and_then(|all| all.get("kubectl.kubernetes.io/default-container"));
    let value = || pod.bare_value()["spec"]["containers"][0]["name"].as_str().unwrap_or_default().to_owned();
    said.cloned().unwrap_or_else(value)
}

/// Tells what comes of all of them, line by line as it comes, until all have ended.
async fn merged(open: Vec<(&Source, Duplex)>, prefixed: bool, out: Out<'_>) -> Result<Exit, Error> {
    let sources: Vec<&Source> = open.iter().map(|(source, _)| *source).collect();
    let mut cut: Vec<Cut> = sources.iter().map(|_| Cut::default()).collect();
    let frames = open.into_iter().enumerate().map(|(at, (_, Duplex { send, receive }))| {
        // The far end reads as long as it is held.
        let frames = stream::unfold((receive, send), |(mut receive, send)| async {
            receive.recv().await.map(|frame| (frame, (receive, send)))
        });
        frames.map(move |frame| (at, Some(frame))).chain(stream::once(async move { (at, None) })).boxed()
    });
    let mut frames = stream::select_all(frames);
    let (mut exit, mut over) = (Exit::Done, vec![false; sources.len()]);
    while let Some((at, frame)) = frames.next().await {
        let (mut lines, mut why) = (Vec::new(), None);
        match frame {
            _ if over[at] => continue,
            Some(Frame { channel: Channel::Stdout | Channel::Stderr, data, .. }) => {
                cut[at].take(&data, &mut lines);
            }
            Some(Frame { channel: Channel::Outcome, data, .. }) => {
                over[at] = true;
                why = streams::outcome(&data).err().map(|error| error.to_string());
            }
            Some(_) => {}
            None => why = Some("the connection to the pod broke".into()),
        }
        if over[at] || why.is_some() {
            over[at] = true;
            lines.extend(cut[at].end());
        }
        let prefix = if prefixed { sources[at].prefix() } else { String::new() };
        for line in lines {
            let line = [prefix.as_bytes(), &line, b"\n"].concat();
            out.out(&line).map_err(Error::Write)?;
        }
        if let Some(why) = why {
            out.note(&format!("Error: {}{why}", sources[at].prefix()));
            exit = Exit::Failed;
        }
        out.carried().await;
    }
    Ok(exit)
}

/// Cuts what comes into lines.
#[derive(Default)]
struct Cut(Vec<u8>);

impl Cut {
    fn take(&mut self, data: &Bytes, lines: &mut Vec<Vec<u8>>) {
        for part in data.split_inclusive(|byte| *byte == b'\n') {
            self.0.extend(part);
            if self.0.ends_with(b"\n") {
                self.0.pop();
                lines.push(std::mem::take(&mut self.0));
            } else if self.0.len() >= LINE {
                lines.push(std::mem::take(&mut self.0));
            }
        }
    }

    /// What stands there without an end.
    fn end(&mut self) -> Option<Vec<u8>> {
        Some(std::mem::take(&mut self.0)).filter(|rest| !rest.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Action, Here, Sink, grammar::parse_line};
    use shared_api::{Timestamp, meta::Status};
    use shared_client::{Result, Sessions};
    use shared_testkit::*;
    use std::{io, sync::Arc};
    use tokio::io::AsyncRead;

    /// Containers that say who they are, in pieces.
    struct Speaking;

    #[async_trait::async_trait]
    impl Sessions for Speaking {
        async fn open(&self, pod: &Key, session: Session) -> Result<Duplex> {
            let Session::Logs(options) = session else { panic!("{session:?}") };
            let (near, far) = Duplex::pair(8);
            let text = format!("I am {}\nof {}", pod.name, options.container);
            tokio::spawn(async move {
                for piece in [&text[..3], &text[3..]] {
                    let _ = far.send.send(Frame::data(Channel::Stdout, piece.to_owned())).await;
                }
                let fine = Status { status: Some("Success".into()), ..Status::default() };
                let _ = far.send.send(Frame::outcome(&fine)).await;
            });
            Ok(near)
        }
    }

    #[derive(Default)]
    struct Heard(String);

    impl Sink for Heard {
        fn out(&mut self, bytes: &[u8]) -> io::Result<()> {
            self.0.push_str(&String::from_utf8_lossy(bytes));
            Ok(())
        }

        fn note(&mut self, line: &str) {
            self.0.push_str(line);
            self.0.push('\n');
        }

        fn input(&mut self) -> Option<Box<dyn AsyncRead + Send + Unpin>> {
            None
        }
    }

    async fn said(line: &str) -> String {
        let side = || serde_json::from_value(serde_json::json!({"name": "side", "image": "x"})).unwrap();
        let fake = FakeCluster::holding([
            object(&pod("a").labelled("app", "web")),
            object(&pod("b").labelled("app", "web").container(side())),
            object(&pod("c").labelled("app", "db")),
        ]);
        let doors = Doors {
            cluster: fake.door(),
            sessions: Arc::new(Speaking),
            namespace: "default".into(),
            clock: || Timestamp::UNIX_EPOCH,
            here: Here::default(),
        };
        let Action::Logs(asked) = parse_line(line).unwrap() else { panic!("{line}") };
        let mut heard = Heard::default();
        match logs(&asked, &doors, &mut heard).await {
            Ok(_) => heard.0,
            Err(error) => error.to_string(),
        }
    }

    #[tokio::test]
    async fn the_logs_of_many_are_told_under_their_names() {
        let container = first(&object(&pod("a")));
        assert_eq!(said("logs a").await, format!("I am a\nof {container}"));
        let all = said("logs -l app=web --prefix").await;
        assert!(all.contains(&format!("[pod/a/{container}] of {container}\n")), "{all}");
        assert!(all.contains("[pod/b/") && !all.contains("[pod/c/") && !all.contains("side"), "{all}");
        let mut follow: Vec<_> = said("logs -f -l app=web").await.lines().map(str::to_owned).collect();
        follow.sort();
        assert_eq!(follow[..2], ["I am a", "I am b"]);
        assert!(said("logs -l app=web --all-containers --prefix").await.contains("[pod/b/side] I am b"));
        let many = said("logs -f -l app=web --max-log-requests=1").await;
        assert!(many.contains("follow 2 log streams, but maximum allowed concurrency is 1"), "{many}");
        assert_eq!(said("logs -l app=none").await, "No resources found.\n");
    }
}
