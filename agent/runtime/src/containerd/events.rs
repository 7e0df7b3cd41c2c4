//! What happens to containers, as containerd tells it. On the way each end is written down with its
//! container and the shim is let go; nothing is asked again and again.

use super::{
    Inner,
    client::unique,
    record::{self, EXIT, Exit, OOM},
};
use crate::{Changed, Error, Result};
use containerd_client::{
    events::{ContainerCreate, ContainerDelete, TaskCreate, TaskExit, TaskOom, TaskStart},
    services::v1::{ListTasksRequest, PublishRequest, SubscribeRequest},
    types::{Envelope, v1::Status as State},
};
use futures::{StreamExt, future, stream, stream::BoxStream};
use prost::Message;
use prost_types::Any;
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

/// A topic of our own: hearing ourselves proves that we listen.
const HELLO: &str = "/dhow/hello";
/// How long containerd may take to let us listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many changes wait to be looked at.
const WAITING: usize = 1024;

/// What an event means for us.
#[derive(Debug, PartialEq, Eq)]
enum Event {
    /// Look at the container again.
    Changed(String),
    /// Its process ended.
    Exit(String, Exit),
    /// Its memory ran out.
    Oom(String),
}

/// Changes from now on.
pub(super) async fn events(inner: Arc<Inner>) -> Result<BoxStream<'static, Changed>> {
    let silent = |_| Error::Unreachable {
        socket: inner.options.socket.display().to_string(),
        why: "it sends no events".into(),
    };
    let live = tokio::time::timeout(PATIENCE, subscribe(&inner)).await.map_err(silent)??;
    // Ends that nobody saw: they came while we were away.
    let missed = inner.sweep().await?;
    let (tell, told) = mpsc::channel(WAITING);
    // A task of its own: ends are written down when they happen, not when somebody reads of them.
    tokio::spawn(async move {
        let mut live = std::pin::pin!(live);
        loop {
            tokio::select! {
                () = tell.closed() => return,
                event = live.next() => match event {
                    None => return,
                    Some(None) => {}
                    Some(Some(event)) => {
                        let id = inner.note(event).await;
                        // Who is told looks at everything: what does not fit into the queue is seen with
                        // what is in it. To wait here would keep ends from being written down.
                        let _ = tell.try_send(Changed { id });
                    }
                },
            }
        }
    });
    Ok(stream::iter(missed).chain(ReceiverStream::new(told)).boxed())
}

/// Every event of ours; ends with the connection.
async fn subscribe(inner: &Arc<Inner>) -> Result<BoxStream<'static, Option<Event>>> {
    let wrong = inner.client.error("listening to containerd's events");
    let namespace = inner.client.namespace();
    let hello = unique("hello");
    let ours = format!("namespace==\"{namespace}\"");
    let topics = ["^/tasks/", "^/containers/", &format!("^{HELLO}/{hello}")];
    let filters = topics.iter().map(|topic| format!("{ours},topic~=\"{topic}\"")).collect();
    let request = inner.client.request(SubscribeRequest { filters });
    let mut client = inner.client.events();
    // containerd answers the call with its first event, so there has to be one: until we hear
    // ourselves, we knock.
    let mut answer = Box::pin(async move { client.subscribe(request).await });
    let mut knock = tokio::time::interval(Duration::from_millis(20));
    let events: Streaming<Envelope> = loop {
        tokio::select! {
            answer = &mut answer => break answer.map_err(&wrong)?.into_inner(),
            _ = knock.tick() => publish(inner, &hello).await.map_err(&wrong)?,
        }
    };
    let ended = |event: &Result<Envelope, Status>| future::ready(event.is_ok());
    Ok(events.take_while(ended).map(|event| event.ok().and_then(|event| read(&event))).boxed())
}

async fn publish(inner: &Inner, hello: &str) -> Result<(), Status> {
    let event = Any { type_url: "containerd.events.ContainerDelete".into(), value: Vec::new() };
    let request = PublishRequest { topic: format!("{HELLO}/{hello}"), event: Some(event) };
    inner.client.events().publish(inner.client.request(request)).await.map(drop)
}

/// `None` for what is of no interest: execs, our own labels, our hello.
fn read(envelope: &Envelope) -> Option<Event> {
    let event = envelope.event.as_ref()?;
    match envelope.topic.as_str() {
        "/tasks/exit" => {
            let TaskExit { container_id, id, exit_status, exited_at, .. } = decode(event)?;
            let code = i32::try_from(exit_status).unwrap_or(255);
            let exit = Exit { code, finished_at: record::nanos(exited_at.as_ref()) };
            // Execs end too, under names of their own.
            (id == container_id).then_some(Event::Exit(container_id, exit))
        }
        "/tasks/oom" => decode(event).map(|TaskOom { container_id }| Event::Oom(container_id)),
        "/tasks/create" => decode(event).map(|it: TaskCreate| Event::Changed(it.container_id)),
        "/tasks/start" => decode(event).map(|it: TaskStart| Event::Changed(it.container_id)),
        "/containers/create" => decode(event).map(|it: ContainerCreate| Event::Changed(it.id)),
        "/containers/delete" => decode(event).map(|it: ContainerDelete| Event::Changed(it.id)),
        _ => None,
    }
}

fn decode<T: Message + Default>(event: &Any) -> Option<T> {
    T::decode(event.value.as_slice()).ok()
}

impl Inner {
    /// Does what an event asks for; the container it was about.
    async fn note(self: &Arc<Self>, event: Event) -> String {
        let (id, done) = match event {
            Event::Changed(id) => (id, Ok(())),
            Event::Oom(id) => {
                let done = self.label(&id, &[(OOM, "1".into())]).await;
                (id, done)
            }
            Event::Exit(id, exit) => {
                let done = self.bury(&id, exit).await;
                self.let_go(&id);
                (id, done)
            }
        };
        if let Err(error) = done {
            // The task stays, and with it what is known; the next sweep tries again.
            tracing::warn!(container = id, %error, "a container's end was not written down");
        }
        id
    }

    /// Takes an ended task away in the background: its shim may take a moment.
    fn let_go(self: &Arc<Self>, id: &str) {
        let (inner, id) = (self.clone(), id.to_owned());
        tokio::spawn(async move {
            let written = inner.container(&id).await.is_ok_and(|(it, _)| it.labels.contains_key(EXIT));
            if written && let Err(error) = inner.delete_task(&id).await {
                tracing::warn!(container = id, %error, "an ended task was not taken away");
            }
        });
    }

    /// Writes down the ends of every container that ended unseen.
    async fn sweep(self: &Arc<Self>) -> Result<Vec<Changed>> {
        let request = self.client.request(ListTasksRequest::default());
        let answer = self.client.tasks().list(request).await;
        let tasks = answer.map_err(self.client.error("listing tasks"))?.into_inner().tasks;
        let mut changed = Vec::new();
        for task in tasks.iter().filter(|task| task.status() == State::Stopped) {
            let id = self.note(Event::Exit(task.id.clone(), record::exit_of(task))).await;
            changed.push(Changed { id });
        }
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(topic: &str, value: &[u8], expected: Option<&Event>) {
        let event = Some(Any { type_url: String::new(), value: value.to_vec() });
        let envelope = Envelope { topic: topic.into(), event, ..Envelope::default() };
        assert_eq!(read(&envelope).as_ref(), expected, "{topic}");
    }

    #[test]
    fn events_are_told_apart() {
        let exit = |id: &str| TaskExit {
            container_id: "c".into(),
            id: id.into(),
            pid: 1,
            exit_status: 3,
            exited_at: Some(prost_types::Timestamp { seconds: 1, nanos: 2 }),
        };
        let ended = Exit { code: 3, finished_at: 1_000_000_002 };
        check("/tasks/exit", &exit("c").encode_to_vec(), Some(&Event::Exit("c".into(), ended)));
        check("/tasks/exit", &exit("exec-1").encode_to_vec(), None);
        check(
            "/tasks/oom",
            &TaskOom { container_id: "c".into() }.encode_to_vec(),
            Some(&Event::Oom("c".into())),
        );
        check("/tasks/start", &[0xff], None);
        check("/containers/update", &[], None);
    }
}
