//! A connection to a port inside a pod's network: the only place of this crate that enters a namespace,
//! on a thread of its own that ends right after.

use super::{name, success};
use crate::run::Pods;
use nix::sched::{CloneFlags, setns};
use shared_api::{Key, Refusal, core::Pod, meta::Status};
use shared_client::{Channel, Duplex, Frame};
use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream as Blocking},
    path::PathBuf,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, oneshot},
};

const PATIENCE: Duration = Duration::from_secs(10);

impl Pods {
    pub(super) async fn forward(&self, key: &Key, port: u16, duplex: &mut Duplex) -> Result<Status, Refusal> {
        let target = self.target(key, "")?;
        let netns = self.netns(&target.pod).await?;
        let stream = connect(netns, port).await.map_err(|why| {
            let uid = target.pod.metadata.uid.as_deref().unwrap_or_default();
            Refusal::internal(format!(
                "error forwarding port {port} to pod {}, uid {uid}: {why}",
                name(&target.pod)
            ))
        })?;
        let (from, to) = stream.into_split();
        let out = duplex.send.clone();
        let back = back(from, &out);
        let there = async {
            there(to, &mut duplex.receive).await;
            // No more is sent; the pod may still be answering.
            std::future::pending::<()>().await;
        };
        tokio::select! {
            // The pod closed: what it sent is sent, nothing more can come.
            () = back => {}
            () = there => {}
            () = out.closed() => {}
        }
        Ok(success())
    }

    /// The pod's network namespace; `None` when it uses the node's.
    async fn netns(&self, pod: &Pod) -> Result<Option<PathBuf>, Refusal> {
        if pod.spec.as_ref().is_some_and(|s| s.host_network == Some(true)) {
            return Ok(None);
        }
        let uid = pod.metadata.uid.as_deref().unwrap_or_default();
        let all = self.shared.sandboxes.list().await.map_err(Refusal::internal)?;
        let found = all.into_iter().find(|s| s.id == uid).map(|s| s.netns);
        found.map(Some).ok_or_else(|| Refusal::bad_request(format!("pod {} has no network (yet)", name(pod))))
    }
}

/// What the pod sends, to the client.
async fn back(mut from: OwnedReadHalf, client: &mpsc::Sender<Frame>) {
    let mut buffer = vec![0; 32 << 10];
    loop {
        let read = from.read(&mut buffer).await.unwrap_or(0);
        let frame = match read {
            0 => Frame::end(Channel::Stdout),
            n => Frame::data(Channel::Stdout, bytes::Bytes::copy_from_slice(&buffer[..n])),
        };
        if client.send(frame).await.is_err() || read == 0 {
            return;
        }
    }
}

/// What the client sends, to the pod; then its end.
async fn there(mut to: OwnedWriteHalf, client: &mut mpsc::Receiver<Frame>) {
    while let Some(frame) = client.recv().await {
        if frame.channel != Channel::Stdin {
            continue;
        }
        if to.write_all(&frame.data).await.is_err() || frame.end {
            break;
        }
    }
    let _ = to.shutdown().await;
    while client.recv().await.is_some() {}
}

async fn connect(netns: Option<PathBuf>, port: u16) -> Result<TcpStream, String> {
    let (tell, told) = oneshot::channel();
    let connect = move || -> Result<Blocking, String> {
        if let Some(netns) = netns {
            let file =
                std::fs::File::open(&netns).map_err(|e| format!("opening {}: {e}", netns.display()))?;
            setns(&file, CloneFlags::CLONE_NEWNET)
                .map_err(|e| format!("entering {}: {e}", netns.display()))?;
        }
        let to = |ip| Blocking::connect_timeout(&SocketAddr::new(ip, port), PATIENCE);
        let connected =
            to(Ipv4Addr::LOCALHOST.into()).or_else(|first| to(Ipv6Addr::LOCALHOST.into()).map_err(|_| first));
        connected.map_err(|e| format!("failed to connect to localhost:{port} inside the pod: {e}"))
    };
    // A socket belongs to the namespace it was made in; the thread goes away with its own.
    let thread = std::thread::Builder::new().name("port-forward".into());
    let spawned = thread.spawn(move || drop(tell.send(connect())));
    spawned.map_err(|e| format!("starting a thread: {e}"))?;
    let stream = told.await.map_err(|_| "the connecting thread ended".to_owned())??;
    stream.set_nonblocking(true).map_err(|e| e.to_string())?;
    TcpStream::from_std(stream).map_err(|e| e.to_string())
}
