//! From a kubeconfig to the doors of a cluster.

use crate::{args::Options, demo};
use agent_hollow::Pace;
use anyhow::{Context, Result};
use shared_client::{
    Cluster, Sessions,
    grpc::{Grpc, Options as Connection},
    kubeconfig::{Access, Kubeconfig},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tui_commands::Doors;

/// A place in front of a cluster.
pub(crate) struct Seat {
    pub(crate) doors: Doors,
    /// What the cluster is called.
    pub(crate) context: String,
    /// Where it is.
    pub(crate) server: String,
}

/// A seat in front of the cluster that the options name: nothing is sent yet; the demo's is made, and lives
/// at this pace. Called within the runtime.
pub(crate) async fn seat(options: &Options, pace: Pace) -> Result<Seat> {
    if options.demo.demo {
        return demo::seat(options, pace).await;
    }
    let path = if let Some(path) = &options.kubeconfig {
        path.clone()
    } else {
        let home = std::env::home_dir().context("no home directory: name a kubeconfig with --kubeconfig")?;
        home.join(PathBuf::from(".kube/config"))
    };
    let (grpc, access) = open(&path, options.context.as_deref())?;
    let grpc = Arc::new(grpc);
    let doors = Doors {
        cluster: Arc::clone(&grpc) as Arc<dyn Cluster>,
        sessions: grpc as Arc<dyn Sessions>,
        namespace: options.namespace.clone().unwrap_or(access.namespace),
        clock: shared_daemon::now,
    };
    Ok(Seat { doors, context: access.context, server: access.server })
}

/// A connection as a kubeconfig says.
pub(crate) fn open(path: &Path, context: Option<&str>) -> Result<(Grpc, Access)> {
    let access = Kubeconfig::read(path)?.access(context, path)?;
    Ok((Grpc::new(&Connection::from_access(&access)?)?, access))
}
