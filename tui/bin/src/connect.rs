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
use tui_screen::{Clusters, Opening, Seat};

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
    seat_of(path, options.context.as_deref(), options.namespace.clone())
}

fn seat_of(path: PathBuf, context: Option<&str>, namespace: Option<String>) -> Result<Seat> {
    let (grpc, access) = open(&path, context)?;
    let grpc = Arc::new(grpc);
    let doors = Doors {
        cluster: Arc::clone(&grpc) as Arc<dyn Cluster>,
        sessions: grpc as Arc<dyn Sessions>,
        namespace: namespace.unwrap_or_else(|| access.namespace.clone()),
        clock: shared_daemon::now,
        here: Here {
            kubeconfig: Some(path),
            server: access.server.clone(),
            plain: Some(Plain::from_access(&access)?),
        },
    };
    Ok(Seat { doors, context: access.context, server: access.server })
}

/// The contexts of a kubeconfig, as they were when the program started.
pub(crate) struct Contexts {
    path: Option<PathBuf>,
    names: Vec<String>,
}

impl Contexts {
    /// None are there in front of the demo's world.
    pub(crate) fn of(options: &Options) -> Self {
        let path = if options.demo.demo { None } else { kubeconfig(options).ok() };
        let file = path.as_deref().and_then(|path| Kubeconfig::read(path).ok());
        let names = file.map_or_else(Vec::new, |file| file.contexts.into_iter().map(|c| c.name).collect());
        Self { path, names }
    }
}

impl Clusters for Contexts {
    fn contexts(&self) -> Vec<String> {
        self.names.clone()
    }

    fn open(&self, context: &str) -> Opening {
        let (path, context) = (self.path.clone(), context.to_owned());
        Box::pin(async move {
            let path = path.ok_or("there is no kubeconfig here")?;
            // Reading a file may wait; connecting has to begin within the runtime.
            let runtime = tokio::runtime::Handle::current();
            let opening = tokio::task::spawn_blocking(move || {
                let _within = runtime.enter();
                seat_of(path, Some(&context), None)
            });
            opening.await.map_err(|error| error.to_string())?.map_err(|error| format!("{error:#}"))
        })
    }
}

/// A connection as a kubeconfig says.
pub(crate) fn open(path: &Path, context: Option<&str>) -> Result<(Grpc, Access)> {
    let access = Kubeconfig::read(path)?.access(context, path)?;
    Ok((Grpc::new(&Connection::from_access(&access)?)?, access))
}
