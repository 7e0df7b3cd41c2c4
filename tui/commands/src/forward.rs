//! A local port that leads into a pod, or into whichever pod stands for a service or workload when a connection
//! comes. Dropping a [`Forward`] closes it.

mod target;

use crate::{Doors, Error};
use bytes::Bytes;
use shared_api::{Key, Refusal, meta::Status};
use shared_client::{Channel, Frame, Session, Sessions};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};

pub use target::Target;

/// What a forward has done so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Carried {
    /// How many connections came.
    pub connections: u64,
    /// The pod of the last one that found one.
    pub pod: Option<Key>,
}

/// A forward that is open.
#[derive(Debug)]
pub struct Forward {
    /// Where it listens.
    pub local: SocketAddr,
    carried: Arc<Mutex<Carried>>,
    failures: mpsc::Receiver<String>,
    task: JoinHandle<()>,
}

impl Forward {
    /// What it has done so far.
    pub fn carried(&self) -> Carried {
        self.carried.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why the next connection failed; `None` when the forward itself has ended.
    pub async fn failure(&mut self) -> Option<String> {
        self.failures.recv().await
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Opens a forward; port 0 takes any free one.
pub async fn listen(doors: &Doors, target: Target, address: &str, port: u16) -> Result<Forward, Error> {
    let at = format!("{address}:{port}");
    let failed = |source| Error::Listen { address: at.clone(), source };
    let listener = TcpListener::bind((address, port)).await.map_err(failed)?;
    let local = listener.local_addr().map_err(failed)?;
    let (tell, failures) = mpsc::channel(16);
    let carried = Arc::new(Mutex::new(Carried::default()));
    let (doors, target, state) = (doors.clone(), Arc::new(target), Arc::clone(&carried));
    let task = tokio::spawn(async move {
        // Connections end with the forward: they live in its task's set.
        let mut open = tokio::task::JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let Ok((connection, _)) = accepted else { continue };
                    let way = (doors.clone(), Arc::clone(&target), Arc::clone(&state));
                    let tell = tell.clone();
                    open.spawn(async move {
                        let (doors, target, state) = way;
                        if let Err(why) = connected(connection, &doors, &target, &state).await {
                            // A full queue of failures already says what there is to say.
                            let _ = tell.try_send(why);
                        }
                    });
                }
                Some(_) = open.join_next(), if !open.is_empty() => {}
            }
        }
    });
    Ok(Forward { local, carried, failures, task })
}

/// One connection, to the pod that stands for the target now.
async fn connected(
    connection: TcpStream,
    doors: &Doors,
    target: &Target,
    state: &Mutex<Carried>,
) -> Result<(), String> {
    let last = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.connections += 1;
        state.pod.clone()
    };
    let reached = target.reach(&*doors.cluster, last.as_ref()).await;
    let (pod, port) = reached.map_err(|why| format!("port {} of {}: {why}", target.port, target.key))?;
    state.lock().unwrap_or_else(PoisonError::into_inner).pod = Some(pod.clone());
    let done = carry(connection, &*doors.sessions, &pod, port).await;
    done.map_err(|refusal| format!("port {port} of {pod}: {refusal}"))
}

/// One connection, both ways, to its end.
async fn carry(connection: TcpStream, sessions: &dyn Sessions, pod: &Key, port: u16) -> Result<(), Refusal> {
    let mut session = sessions.open(pod, Session::PortForward { port }).await?;
    let (mut from, mut to) = connection.into_split();
    let send = session.send;
    let up = async {
        let mut buffer = vec![0; 32 * 1024];
        loop {
            let frame = match from.read(&mut buffer).await {
                Ok(0) | Err(_) => Frame::end(Channel::Stdin),
                Ok(n) => Frame::data(Channel::Stdin, Bytes::copy_from_slice(&buffer[..n])),
            };
            let end = frame.end;
            if send.send(frame).await.is_err() || end {
                return send.closed().await;
            }
        }
    };
    let down = async {
        while let Some(frame) = session.receive.recv().await {
            match frame.channel {
                Channel::Stdout if frame.end => {
                    // The caller went away: nothing is left to tell it.
                    let _ = to.shutdown().await;
                }
                Channel::Stdout => {
                    if to.write_all(&frame.data).await.is_err() {
                        return Ok(());
                    }
                }
                Channel::Outcome => {
                    let status: Status = serde_json::from_slice(&frame.data).unwrap_or_default();
                    let fine = status.status.as_deref() == Some("Success");
                    return if fine { Ok(()) } else { Err(Refusal::from_status(status)) };
                }
                Channel::Stdin | Channel::Stderr | Channel::Resize => {}
            }
        }
        Err(Refusal::unavailable("the connection to the pod broke"))
    };
    tokio::select! {
        () = up => Ok(()),
        done = down => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Here;
    use shared_client::{Duplex, Result};
    use shared_testkit::*;

    /// Pods that say their name and port, and end.
    struct Names;

    #[async_trait::async_trait]
    impl Sessions for Names {
        async fn open(&self, pod: &Key, session: Session) -> Result<Duplex> {
            let Session::PortForward { port } = session else { return Err(Refusal::internal("a forward")) };
            let (near, far) = Duplex::pair(8);
            let said = format!("{}:{port}", pod.name);
            let fine = Frame::outcome(&Status { status: Some("Success".into()), ..Status::default() });
            for frame in [Frame::data(Channel::Stdout, said), Frame::end(Channel::Stdout), fine] {
                far.send.send(frame).await.map_err(Refusal::internal)?;
            }
            Ok(near)
        }
    }

    #[tokio::test]
    async fn a_connection_goes_to_the_pod_that_stands_for_the_service_when_it_comes() {
        let one = |name: &str| object(&pod(name).labelled("app", "web").ready());
        let fake = FakeCluster::holding([object(&service("web").port("http", 80, 8080)), one("web-1")]);
        let doors = Doors {
            cluster: fake.door(),
            sessions: Arc::new(Names),
            namespace: "default".into(),
            clock: || shared_api::Timestamp::UNIX_EPOCH,
            here: Here::default(),
        };
        let target = Target::of("svc/web", "80", None, &doors).unwrap();
        let mut forward = listen(&doors, target, "127.0.0.1", 0).await.unwrap();
        let local = forward.local;
        let read = async || {
            let mut said = String::new();
            TcpStream::connect(local).await.unwrap().read_to_string(&mut said).await.map(|_| said)
        };
        assert_eq!(read().await.unwrap(), "web-1:8080");
        let first = one("web-1").key();
        fake.door().delete(&first, &shared_api::DeleteHow::default()).await.unwrap();
        // Nobody stands for it now: the connection is closed without a word, and why is told.
        assert_eq!(read().await.unwrap_or_default(), "");
        let why = forward.failure().await.unwrap();
        assert!(why.contains("no pods") && why.contains("web"), "{why}");
        fake.put(&one("web-2"));
        assert_eq!(read().await.unwrap(), "web-2:8080");
        let carried = forward.carried();
        assert_eq!((carried.connections, carried.pod.unwrap().name.as_str()), (3, "web-2"));
    }
}
