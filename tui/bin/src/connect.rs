//! From a kubeconfig to the doors of a cluster.

use crate::args::Options;
use anyhow::{Context, Result};
use shared_client::{
    Cluster, Sessions,
    grpc::{Grpc, Options as Connection},
    kubeconfig::{Access, Kubeconfig},
};
use std::{path::PathBuf, sync::Arc};
use tui_commands::Doors;

/// The doors of the cluster that the options name; nothing is sent yet. Called within the runtime.
pub(crate) fn doors(options: &Options) -> Result<(Doors, Access)> {
    let path = if let Some(path) = &options.kubeconfig {
        path.clone()
    } else {
        let home = std::env::home_dir().context("no home directory: name a kubeconfig with --kubeconfig")?;
        home.join(PathBuf::from(".kube/config"))
    };
    let access = Kubeconfig::read(&path)?.access(options.context.as_deref(), &path)?;
    let grpc = Arc::new(Grpc::new(&Connection::from_access(&access)?)?);
    let doors = Doors {
        cluster: Arc::clone(&grpc) as Arc<dyn Cluster>,
        sessions: grpc as Arc<dyn Sessions>,
        namespace: options.namespace.clone().unwrap_or_else(|| access.namespace.clone()),
        clock: shared_daemon::now,
    };
    Ok((doors, access))
}
