//! The connection to containerd: made when it is needed, and made again when it broke.

use crate::{Error, Result};
use containerd_client::services::v1::{
    containers_client::ContainersClient, content_client::ContentClient, diff_client::DiffClient,
    events_client::EventsClient, images_client::ImagesClient, leases_client::LeasesClient,
    snapshots::snapshots_client::SnapshotsClient, tasks_client::TasksClient, version_client::VersionClient,
};
use hyper_util::rt::TokioIo;
use std::{
    error::Error as _,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use tokio::net::UnixStream;
use tonic::{
    Code, Request, Status,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};

/// Lists of thousands of containers, with their specifications, come in one message.
const LARGEST_MESSAGE: usize = 256 << 20;

/// The snapshotter whose snapshots our containers stand on.
pub(super) const SNAPSHOTTER: &str = "overlayfs";

/// containerd, as seen from one namespace.
#[derive(Clone)]
pub(super) struct Client {
    channel: Channel,
    socket: String,
    namespace: MetadataValue<Ascii>,
}

macro_rules! services {
    ($($name:ident: $service:ident),*) => {
        $(pub(super) fn $name(&self) -> $service<Channel> {
            $service::new(self.channel.clone()).max_decoding_message_size(LARGEST_MESSAGE)
        })*
    };
}

impl Client {
    pub(super) fn new(socket: &Path, namespace: &str) -> Result<Self> {
        let wrong = |why: String| Error::Failed { what: "preparing the connection to containerd", why };
        let path = socket.to_owned();
        let connector = tower::service_fn(move |_| {
            let path = path.clone();
            async move { UnixStream::connect(path).await.map(TokioIo::new) }
        });
        // The address is never used: the connector knows the socket.
        let channel = Endpoint::from_static("http://containerd")
            .connect_timeout(Duration::from_secs(5))
            .connect_with_connector_lazy(connector);
        let namespace = namespace.parse().map_err(|_| wrong(format!("namespace {namespace:?}")))?;
        Ok(Self { channel, socket: socket.display().to_string(), namespace })
    }

    services! {
        containers: ContainersClient, content: ContentClient, diff: DiffClient, events: EventsClient,
        images: ImagesClient, leases: LeasesClient, snapshots: SnapshotsClient, tasks: TasksClient,
        version: VersionClient
    }

    /// A request within our namespace.
    pub(super) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("containerd-namespace", self.namespace.clone());
        request
    }

    pub(super) fn namespace(&self) -> &str {
        self.namespace.to_str().unwrap_or_default()
    }

    /// What a refusal means for who asked.
    pub(super) fn error(&self, what: &'static str) -> impl Fn(Status) -> Error + Send + Sync + use<> {
        let socket = self.socket.clone();
        move |status| {
            let source = status.source().map(ToString::to_string);
            let broken =
                source.is_some() && matches!(status.code(), Code::Unknown | Code::Internal | Code::Cancelled);
            if status.code() == Code::Unavailable && !status.message().contains("locked") || broken {
                let why = source.unwrap_or_else(|| status.message().to_owned());
                return Error::Unreachable { socket: socket.clone(), why };
            }
            Error::Failed { what, why: status.message().to_owned() }
        }
    }
}

/// Not being there is an answer.
pub(super) fn found<T>(answer: Result<T, Status>) -> Result<Option<T>, Status> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(status) if status.code() == Code::NotFound => Ok(None),
        Err(status) => Err(status),
    }
}

/// Being there already is an answer; whether it was made.
pub(super) fn made<T>(answer: Result<T, Status>) -> Result<Option<T>, Status> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(status) if status.code() == Code::AlreadyExists => Ok(None),
        Err(status) => Err(status),
    }
}

/// A name nobody used before on this node.
pub(super) fn unique(what: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = crate::logs::time::now();
    format!("{what}-{now:x}-{:x}-{:x}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
