//! The subcommands that run as daemons, from their flags to their crates' options.

use crate::args::{Agent, Ask, Controlplane};
use anyhow::{Context, Result, anyhow};
use shared_daemon::{Shutdown, logs, on_signal};
use std::{io::Write, process::ExitCode};
use tokio::runtime::{Builder, Runtime};

/// What runs everything asynchronous.
pub(crate) fn runtime() -> Result<Runtime> {
    Builder::new_multi_thread().enable_all().build().context("starting the runtime")
}

pub(crate) fn controlplane(ask: Controlplane) -> Result<ExitCode> {
    let answer = match ask.ask {
        Some(Ask::Token) => Some(controlplane_server::token(&ask.data_dir)? + "\n"),
        Some(Ask::Kubeconfig) => Some(controlplane_server::kubeconfig(&ask.data_dir)?),
        None => None,
    };
    if let Some(answer) = answer {
        std::io::stdout().write_all(answer.as_bytes()).context("writing the answer")?;
        return Ok(ExitCode::SUCCESS);
    }
    logs::start(&ask.log).map_err(|why| anyhow!("--log: {why}"))?;
    let options = controlplane_server::Options {
        data_dir: ask.data_dir,
        listen: ask.listen,
        advertise: ask.advertise,
        service_cidr: ask.service_cidr,
        cluster_cidr: ask.cluster_cidr,
        kubeconfig: ask.kubeconfig,
        token_auth_file: ask.token_auth_file,
    };
    until_told(|shutdown| controlplane_server::run(options, shutdown))
}

pub(crate) fn agent(ask: Agent) -> Result<ExitCode> {
    logs::start(&ask.log).map_err(|why| anyhow!("--log: {why}"))?;
    let options = agent_node::Options {
        server: ask.server.unwrap_or_default(),
        token: ask.token,
        node: ask.node,
        node_ip: ask.node_ip,
        data_dir: ask.data_dir,
        run_dir: ask.run_dir,
        log_dir: ask.log_dir,
        containerd: ask.containerd,
        mirrors: ask.mirrors,
        labels: ask.labels.into_iter().collect(),
        cluster_cidr: ask.cluster_cidr,
    };
    if ask.cleanup {
        runtime()?.block_on(agent_node::cleanup(&options))?;
        return Ok(ExitCode::SUCCESS);
    }
    until_told(|shutdown| agent_node::run(options, shutdown))
}

fn until_told<F: Future<Output = Result<()>>>(role: impl FnOnce(Shutdown) -> F) -> Result<ExitCode> {
    runtime()?.block_on(async {
        let shutdown = Shutdown::new();
        on_signal(&shutdown).context("listening for signals")?;
        role(shutdown).await
    })?;
    Ok(ExitCode::SUCCESS)
}
