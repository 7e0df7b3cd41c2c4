//! From options to a node that serves.

use crate::{
    Options,
    heartbeat::{Heart, Troubles},
    identity::Kept,
    machine::Machine,
    measure,
    node::Facts,
    streams,
};
use agent_network::{Network, dns};
use agent_pods::Pods;
use agent_runtime::{Runtime, containerd::Containerd};
use anyhow::{Context, Result, anyhow};
use futures::StreamExt;
use shared_api::{Cidr, FieldSelector, Query, Selectors, core, discovery};
use shared_client::{Cluster, Live, grpc::Grpc, grpc::Options as Connection};
use shared_daemon::{Shutdown, Tasks, now};
use shared_pki::Trust;
use std::{
    fs,
    net::{IpAddr, Ipv4Addr, ToSocketAddrs, UdpSocket},
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;

/// The interface's version that this agent speaks, as `kubectl get nodes` shows it.
const VERSION: &str = concat!("v1.35.0+dhow", env!("CARGO_PKG_VERSION"));
const DAY: Duration = Duration::from_hours(24);
const PAUSE: Duration = Duration::from_secs(1);

/// Runs the agent until `shutdown`. No pod is stopped then.
pub async fn run(options: Options, shutdown: Shutdown) -> Result<()> {
    anyhow::ensure!(nix::unistd::geteuid().is_root(), "an agent makes namespaces and rules: run it as root");
    let node = options.name()?;
    let runtime = runtime(&options)?;
    let network = Arc::new(network(&options)?);
    for dir in [&options.data_dir, &options.run_dir, &options.log_dir] {
        fs::create_dir_all(dir).with_context(|| format!("making {}", dir.display()))?;
    }
    let version =
        runtime.version().await.context("the agent runs containers through containerd: is it started?")?;
    let kept = Arc::new(Kept::obtain(&options, &node).await?);
    let ip = options.node_ip.map_or_else(|| own_address(&options.server), Ok)?;
    let grpc = Grpc::new(&Connection {
        server: options.server.clone(),
        trust: Trust::Authority(kept.authority.clone()),
        identity: Some(kept.identity.clone()),
        token: None,
    })?;
    let cluster: Arc<dyn Cluster> = Arc::new(grpc.clone());
    let machine = Machine::look(&options.data_dir);
    let live = Live::guarded(now);
    let allocatable = allocatable(&machine);
    let facts = Facts {
        name: node.clone(),
        ip,
        labels: options.labels.clone(),
        machine,
        runtime: version,
        version: VERSION,
    };
    let pods = Pods::new(
        Arc::clone(&runtime),
        network.bridge(),
        Arc::clone(&cluster),
        Arc::clone(&live),
        pod_options(&options, &node, ip, allocatable),
    );

    let tasks = Tasks::new(&shutdown);
    let (world, door, queries) = (Arc::clone(&live), Arc::clone(&cluster), queries(&node));
    tasks.start("world", async move { world.run(&*door, &queries).await });
    let (rules, world, name, stop) =
        (Arc::clone(&network), Arc::clone(&live), node.clone(), shutdown.clone());
    tasks.start("network", async move { rules.run(world, &name, stop.cancelled_owned()).await });
    let (names, bridge, stop) =
        (dns::Server::new(Arc::clone(&live), "/etc/resolv.conf".into()), network.bridge(), shutdown.clone());
    tasks.start("names", async move { names.run(&bridge, stop.cancelled_owned()).await });
    let measuring = measure::run(Arc::clone(&cluster), Arc::clone(&runtime), node.clone());
    tasks.start("measure", measuring);
    let troubles: Vec<Troubles> = vec![network.trouble(), runtime_trouble(&tasks, runtime)];
    let heart = Heart { cluster, facts, data_dir: options.data_dir.clone(), troubles };
    tasks.start("heartbeat", heart.beat());
    let sessions = streams::attend(grpc.clone(), Arc::new(pods.clone()), Arc::clone(&network), node.clone());
    tasks.start("sessions", sessions);
    tasks.start("certificate", renew(kept, grpc, node.clone(), shutdown.clone()));
    tasks.start("pods", pods.run(shutdown.clone().cancelled_owned()));
    tracing::info!(node, server = options.server, %ip, "the agent runs");

    shutdown.cancelled().await;
    tasks.ended().await;
    Ok(())
}

/// What a node follows: its own pods, and what leads to other nodes.
fn queries(node: &str) -> Vec<Query> {
    let fields = FieldSelector::equal("spec.nodeName", node);
    vec![
        Query::every::<core::Pod>().matching(Selectors { fields, ..Selectors::default() }),
        Query::every::<core::Node>(),
        Query::every::<core::Service>(),
        Query::every::<discovery::EndpointSlice>(),
    ]
}

fn runtime(options: &Options) -> Result<Arc<dyn Runtime>> {
    let mut mirrors = agent_runtime::Mirrors::default();
    for (host, base) in &options.mirrors {
        mirrors.add(host, base).map_err(|why| anyhow!("--mirror: {why}"))?;
    }
    Ok(Arc::new(Containerd::connect(agent_runtime::containerd::Options {
        socket: options.containerd.clone(),
        namespace: "dhow".into(),
        state_dir: options.run_dir.join("containers"),
        mirrors,
        logger: std::env::current_exe().context("finding this program")?,
    })?))
}

fn network(options: &Options) -> Result<Network> {
    let cluster = match &options.cluster_cidr {
        None => None,
        Some(text) => Some(text.parse::<Cidr>().map_err(|e| anyhow!("--cluster-cidr: {e}"))?),
    };
    let netns_dir = options.run_dir.join("netns");
    Ok(Network::new(agent_network::Options { netns_dir, cluster, ..agent_network::Options::default() }))
}

fn allocatable(machine: &Machine) -> agent_volumes::Allocatable {
    let whole = |n: u64| shared_api::Amount::whole(i64::try_from(n).unwrap_or(i64::MAX));
    agent_volumes::Allocatable {
        cpu: whole(machine.cpus),
        memory: whole(machine.memory),
        storage: whole(machine.disk),
    }
}

fn pod_options(
    options: &Options,
    node: &str,
    ip: Ipv4Addr,
    allocatable: agent_volumes::Allocatable,
) -> agent_pods::Options {
    let usual = agent_pods::Options::new(node, &ip.to_string(), allocatable);
    agent_pods::Options {
        paths: agent_pods::Paths {
            pods: options.data_dir.join("pods"),
            logs: options.log_dir.clone(),
            ..agent_pods::Paths::default()
        },
        clock: now,
        ..usual
    }
}

/// The address of this machine that leads towards the control plane; no packet is sent.
fn own_address(server: &str) -> Result<Ipv4Addr> {
    let host = server.trim_start_matches("https://").trim_end_matches('/');
    let found = host.to_socket_addrs().with_context(|| format!("--server {server:?}: expected HOST:PORT"))?;
    for there in found {
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        if socket.connect(there).is_ok()
            && let Ok(IpAddr::V4(ip)) = socket.local_addr().map(|a| a.ip())
        {
            return Ok(ip);
        }
    }
    Err(anyhow!("no IPv4 address of this machine leads to {server}; give one with --node-ip"))
}

/// Whether containerd is there, told by its event stream.
fn runtime_trouble(tasks: &Tasks, runtime: Arc<dyn Runtime>) -> Troubles {
    let (tell, trouble) = watch::channel(None);
    tasks.start("containerd", async move {
        loop {
            let why = match runtime.events().await {
                Ok(mut events) => {
                    tell.send_if_modified(|now| now.take().is_some());
                    while events.next().await.is_some() {}
                    "containerd closed its event stream".to_owned()
                }
                Err(error) => error.to_string(),
            };
            tell.send_if_modified(|now| now.replace(why.clone()) != Some(why));
            tokio::time::sleep(PAUSE).await;
        }
    });
    trouble
}

/// Renews the certificate in time; the agent then starts anew with it. Containers do not notice.
async fn renew(kept: Arc<Kept>, grpc: Grpc, node: String, shutdown: Shutdown) {
    loop {
        match kept.renewed(&grpc, &node, now().as_second()).await {
            Ok(true) => return shutdown.cancel(),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "the node's certificate could not be renewed; will try again");
            }
        }
        tokio::time::sleep(DAY).await;
    }
}

/// Removes every container, sandbox, rule and file of an agent from this machine.
pub async fn cleanup(options: &Options) -> Result<()> {
    let runtime = runtime(options)?;
    match runtime.list().await {
        Ok(containers) => {
            for container in containers {
                runtime
                    .remove(&container.id)
                    .await
                    .with_context(|| format!("removing container {}", container.id))?;
            }
        }
        Err(error) => tracing::warn!(%error, "containers could not be removed"),
    }
    network(options)?.uninstall().await.context("removing networks and rules")?;
    let pods = options.data_dir.join("pods");
    let volumes = agent_volumes::Volumes::new(&pods, agent_volumes::Allocatable::default());
    for pod in fs::read_dir(&pods).into_iter().flatten().flatten() {
        volumes.unmount(&pod.file_name().to_string_lossy()).context("unmounting volumes")?;
    }
    for dir in [&pods, &options.data_dir.join("agent"), &options.run_dir] {
        match fs::remove_dir_all(dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("removing {}", dir.display()));
            }
            _ => {}
        }
    }
    Ok(())
}
