//! From a kubeconfig to the doors of a cluster.

use crate::{args::Options, demo};
use agent_hollow::Pace;
use anyhow::{Context, Result};
use shared_client::{
    Cluster, Plain, Sessions,
    grpc::{Grpc, Options as Connection},
    kubeconfig::{Access, Kubeconfig},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tui_commands::{Doors, Here};

/// A place in front of a cluster.
pub(crate) struct Seat {
    pub(crate) doors: Doors,
    /// What the cluster is called.
    pub(crate) context: String,
    /// Where it is.
    pub(crate) server: String,
}

/// The kubeconfig file that the options mean.
pub(crate) fn kubeconfig(options: &Options) -> Result<PathBuf> {
    if let Some(path) = &options.kubeconfig {
        return Ok(path.clone());
    }
    let home = std::env::home_dir().context("no home directory: name a kubeconfig with --kubeconfig")?;
    Ok(home.join(PathBuf::from(".kube/config")))
}

/// A seat in front of the cluster that the options name: nothing is sent yet; the demo's is made, and lives
/// at this pace. Called within the runtime.
pub(crate) async fn seat(options: &Options, pace: Pace) -> Result<Seat> {
    if options.demo.demo {
        return demo::seat(options, pace).await;
    }
    let path = kubeconfig(options)?;
    let (grpc, access) = open(&path, options.context.as_deref())?;
    let grpc = Arc::new(grpc);
    let doors = Doors {
        cluster: Arc::clone(&grpc) as Arc<dyn Cluster>,
        sessions: grpc as Arc<dyn Sessions>,
        namespace: options.namespace.clone().unwrap_or_else(|| access.namespace.clone()),
        clock: shared_daemon::now,
        here: Here {
            kubeconfig: Some(path),
            server: access.server.clone(),
            plain: Some(Plain::from_access(&access)?),
        },
    };
    Ok(Seat { doors, context: access.context, server: access.server })
}

/// A connection as a kubeconfig says.
pub(crate) fn open(path: &Path, context: Option<&str>) -> Result<(Grpc, Access)> {
    let access = Kubeconfig::read(path)?.access(context, path)?;
    Ok((Grpc::new(&Connection::from_access(&access)?)?, access))
}
