//! `--demo`: a control plane and hollow nodes in this very process; and hollow nodes for another one.

use crate::{
    args::{Hollow, Options},
    connect, daemons,
};
use agent_hollow::{Fleet, HollowSessions, Pace};
use anyhow::{Context, Result, anyhow};
use shared_client::{Cluster, Sessions};
use shared_daemon::{Shutdown, Tasks, logs, now, on_signal};
use std::{process::ExitCode, sync::Arc, time::Duration};
use tui_commands::{Doors, Here};
use tui_screen::Seat;

/// Nodes of the demo.
const NODES: usize = 5;
/// How long a command waits for the world to come to rest.
const PATIENCE: Duration = Duration::from_secs(5);

/// A seat in front of a fresh world. At its usual pace it comes to life before one's eyes; at once, it has come
/// to rest before anything is asked of it.
pub(crate) async fn seat(options: &Options, pace: Pace) -> Result<Seat> {
    let tasks = Tasks::new(&Shutdown::new());
    let cluster = controlplane_server::within("you", &tasks).await?;
    let load = &options.demo.load;
    let fleet = if load.pods == 0 {
        Fleet { pace, ..Fleet::new(NODES, now) }
    } else {
        Fleet { changes: load.changes, ..Fleet::for_pods(load.pods, now) }
    };
    tasks.start("hollow nodes", fleet.clone().run(Arc::clone(&cluster)));
    if load.pods > 0 {
        agent_hollow::fill(&cluster, &fleet, load.pods).await.context("making the pods")?;
    } else {
        agent_hollow::begin(&cluster).await.context("making the demo's world")?;
        if pace == Pace::AtOnce {
            // What has not come to rest until then is shown as it is.
            let _ = tokio::time::timeout(PATIENCE, agent_hollow::settled(&cluster)).await;
        }
    }
    let doors = Doors {
        sessions: Arc::new(HollowSessions::new(Arc::clone(&cluster), now)) as Arc<dyn Sessions>,
        cluster,
        namespace: options.namespace.clone().unwrap_or_else(|| "default".into()),
        clock: now,
        here: Here { server: "in this process".into(), ..Here::default() },
    };
    Ok(Seat { doors, context: "demo".into(), server: "in this process".into() })
}

/// Runs hollow nodes against the control plane of a kubeconfig until told to stop; says `filled` on standard
/// error when its pods are there.
pub(crate) fn hollow(ask: &Hollow) -> Result<ExitCode> {
    logs::start(&ask.log).map_err(|why| anyhow!("--log: {why}"))?;
    daemons::runtime()?.block_on(async {
        let shutdown = Shutdown::new();
        on_signal(&shutdown).context("listening for signals")?;
        let cluster: Arc<dyn Cluster> = Arc::new(connect::open(&ask.kubeconfig, None)?.0);
        let load = &ask.load;
        let usual = Fleet::for_pods(load.pods, now);
        let nodes = ask.nodes.unwrap_or(usual.nodes);
        let room = load.pods.div_ceil(nodes.max(1)).max(usual.room);
        let fleet = Fleet { nodes, room, changes: load.changes, ..usual };
        let work = async {
            let running = fleet.clone().run(Arc::clone(&cluster));
            let filling = async {
                agent_hollow::fill(&cluster, &fleet, load.pods).await.context("making the pods")?;
                eprintln!("filled");
                std::future::pending::<Result<()>>().await
            };
            tokio::select! {
                () = running => Ok(()),
                failed = filling => failed,
            }
        };
        shutdown.run_until_cancelled(work).await.unwrap_or(Ok(()))
    })?;
    Ok(ExitCode::SUCCESS)
}
