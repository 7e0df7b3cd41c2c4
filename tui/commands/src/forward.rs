//! A local port that leads into a pod. Dropping a [`Forward`] closes it.

use crate::{Doors, Error};
use bytes::Bytes;
use shared_api::{
    IntOrString, Key, Object, Refusal,
    core::{Pod, Service},
    meta::Status,
};
use shared_client::{Api, Channel, Frame, Session, Sessions};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};

/// A forward that is open.
#[derive(Debug)]
pub struct Forward {
    /// Where it listens.
    pub local: SocketAddr,
    /// The pod it leads to.
    pub pod: Key,
    /// The port there.
    pub remote: u16,
    connections: Arc<AtomicU64>,
    failures: mpsc::Receiver<String>,
    task: JoinHandle<()>,
}

impl Forward {
    /// How many connections it has carried.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
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

/// The port of `pod` that `port` means: a number, a container port's name, or a port of the Service that
/// was named.
pub async fn remote(
    word: &str,
    port: &str,
    pod: &Object,
    namespace: Option<&str>,
    doors: &Doors,
) -> Result<u16, Error> {
    let typed = pod.to_kind::<Pod>().map_err(Refusal::internal)?;
    let mut wanted = port.to_owned();
    if let Some((kind, name)) = word.split_once('/')
        && shared_api::find(kind).is_some_and(|k| k.kind == "Service")
    {
        let services = Api::<Service>::within(&doors.cluster, namespace.unwrap_or(&doors.namespace));
        let service = services.get(name).await?;
        let ports = service.spec.iter().flat_map(|s| s.ports.iter().flatten());
        let mut ports = ports.filter(|p| p.port.to_string() == port || p.name.as_deref() == Some(port));
        let found = ports.next().ok_or_else(|| Error::Usage(format!("service {name} has no port {port}")))?;
        wanted = match &found.target_port {
            Some(IntOrString::Int(n)) => n.to_string(),
            Some(IntOrString::String(name)) => name.clone(),
            None => found.port.to_string(),
        };
    }
    if let Ok(number) = wanted.parse::<u16>()
        && number > 0
    {
        return Ok(number);
    }
    let containers = typed.spec.iter().flat_map(|s| &s.containers);
    let named =
        containers.flat_map(|c| c.ports.iter().flatten()).find(|p| p.name.as_deref() == Some(&wanted));
    let number = named.and_then(|p| u16::try_from(p.container_port).ok());
    number.ok_or_else(|| Error::Usage(format!("pod {} has no port {wanted:?}", pod.name())))
}

/// Opens a forward; port 0 takes any free one.
pub async fn listen(
    sessions: &Arc<dyn Sessions>,
    pod: Key,
    remote: u16,
    address: &str,
    port: u16,
) -> Result<Forward, Error> {
    let at = format!("{address}:{port}");
    let failed = |source| Error::Listen { address: at.clone(), source };
    let listener = TcpListener::bind((address, port)).await.map_err(failed)?;
    let local = listener.local_addr().map_err(failed)?;
    let (tell, failures) = mpsc::channel(16);
    let connections = Arc::new(AtomicU64::new(0));
    let (sessions, target, carried) = (Arc::clone(sessions), pod.clone(), Arc::clone(&connections));
    let task = tokio::spawn(async move {
        // Connections end with the forward: they live in its task's set.
        let mut open = tokio::task::JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let Ok((connection, _)) = accepted else { continue };
                    carried.fetch_add(1, Ordering::Relaxed);
                    let (sessions, pod, tell) = (Arc::clone(&sessions), target.clone(), tell.clone());
                    open.spawn(async move {
                        if let Err(refusal) = carry(connection, &*sessions, &pod, remote).await {
                            // A full queue of failures already says what there is to say.
                            let _ = tell.try_send(format!("port {remote} of {pod}: {refusal}"));
                        }
                    });
                }
                Some(_) = open.join_next(), if !open.is_empty() => {}
            }
        }
    });
    Ok(Forward { local, pod, remote, connections, failures, task })
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
