//! From options to a control plane that serves.

use crate::{
    Options,
    authority::{Keeper, NodeSigner, write},
    files, known, leadership, port,
    signers::Signers,
};
use anyhow::{Context, Result, bail};
use controlplane_apiserver::{Options as ServerOptions, Server, Tokens, door::Door, grpc, rest};
use controlplane_store::Store;
use serde_json::{Value, json};
use shared_api::Cidr;
use shared_client::kubeconfig::Kubeconfig;
use shared_daemon::{Shutdown, Tasks, file, now};
use shared_pki::Token;
use std::{fs, path::Path, sync::Arc};
use tokio::net::TcpListener;

/// Runs a control plane until `shutdown`.
pub async fn run(options: Options, shutdown: Shutdown) -> Result<()> {
    let (advertise, ip, reach) = options.advertised()?;
    let services = options.services()?;
    let cluster_cidr = options.pods()?;
    let known_tokens = options.token_auth_file.as_deref().map(known::read).transpose()?.unwrap_or_default();
    fs::create_dir_all(&options.data_dir)
        .with_context(|| format!("making the data directory {}", options.data_dir.display()))?;
    let listener = TcpListener::bind(options.listen).await.with_context(|| {
        format!(
            "listening on {}; is another control plane running? choose another address with --listen",
            options.listen
        )
    })?;
    let keeper = Arc::new(Keeper::open(&options.data_dir, seconds())?);
    // It holds every Secret of the cluster.
    let kept = options.data_dir.join("store");
    file::private_dir(&kept).with_context(|| format!("making {}", kept.display()))?;
    let store = controlplane_store::open(controlplane_store::Options::new(kept)).await?;
    let identity = keeper.server(&names(&advertise, &options, services))?;
    let mut certificates = Vec::new();
    for (name, pem) in [("authority", keeper.certificate()), ("server", identity.certificate.as_str())] {
        certificates.push((name.to_owned(), shared_pki::expires_at(&shared_pki::der(pem)?)?));
    }
    let server = Server::new(
        Arc::clone(&store) as Arc<dyn Store>,
        ServerOptions {
            services,
            signer: Some(Arc::new(NodeSigner { keeper: Arc::clone(&keeper), clock: seconds })),
            advertise: Some((ip, reach)),
            certificates,
            known_tokens: Arc::new(known_tokens),
            tokens: Tokens::new(Arc::new(keeper.tokens()?)),
            ..ServerOptions::new(now)
        },
    );
    let tls = shared_pki::server_config(&identity, keeper.certificate())?;
    let app = rest::router(Arc::clone(&server) as Arc<dyn Door>)
        .merge(files::routes(keeper.certificate()))
        .merge(grpc::routes(Arc::clone(&server)).prepare().into_axum_router().reset_fallback());
    // Whoever sees /readyz finds the kubeconfig and the token: they are written before anything is served.
    let invitation = invitation(&keeper.token()?);
    let admin =
        Kubeconfig::of("dhow", &format!("https://{advertise}"), keeper.certificate(), &keeper.admin()?);
    let places = [Some(options.data_dir.join("kubeconfig")), options.kubeconfig.clone()];
    for path in places.iter().flatten() {
        write(path, &admin.to_yaml(), 0o600)?;
    }
    let tasks = Tasks::new(&shutdown);
    tasks.start("definitions", Arc::clone(&server).follow_definitions());
    tasks.start("port", port::serve(listener, tls, app, tasks.clone(), shutdown.clone()));

    // Whoever leads first makes what every cluster has; until then /readyz says so.
    store.leads().wait_for(|leads| *leads).await.context("waiting to lead")?;
    server.prepare_with(&[invitation]).await.context("making the system's own objects")?;
    tracing::info!(address = %options.listen, advertise, revision = store.revision(), "serves");
    let controllers = controlplane_controllers::Options {
        cluster_cidr,
        authority: keeper.certificate().into(),
        signers: Some(Arc::new(Signers { keeper: Arc::clone(&keeper), clock: seconds })),
        ..controlplane_controllers::Options::default()
    };
    tasks.start("leadership", leadership::follow(server, Arc::clone(&store) as Arc<dyn Store>, controllers));

    shutdown.cancelled().await;
    tasks.ended().await;
    store.shutdown().await;
    Ok(())
}

fn seconds() -> i64 {
    now().as_second()
}

/// Every name and address this server may be reached by.
fn names(advertise: &str, options: &Options, services: Cidr) -> Vec<String> {
    let host = advertise.rsplit_once(':').map_or(advertise, |(host, _)| host).trim_matches(['[', ']']);
    let mut names: Vec<String> =
        ["localhost", "127.0.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc"]
            .map(String::from)
            .to_vec();
    names.push("kubernetes.default.svc.cluster.local".into());
    names.push(host.into());
    if !options.listen.ip().is_unspecified() {
        names.push(options.listen.ip().to_string());
    }
    // The service `kubernetes` has the first address of the range.
    names.push(services.first().to_string());
    names.extend(own_addresses());
    names.sort();
    names.dedup();
    names
}

fn own_addresses() -> Vec<String> {
    let interfaces = nix::ifaddrs::getifaddrs().into_iter().flatten();
    let addresses =
        interfaces.filter_map(|i| i.address?.as_sockaddr_in().map(nix::sys::socket::SockaddrIn::ip));
    addresses.map(|ip| ip.to_string()).collect()
}

/// The token's Secret: its bearers may join.
fn invitation(token: &Token) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "bootstrap.kubernetes.io/token",
        "metadata": {"namespace": "kube-system", "name": format!("bootstrap-token-{}", token.id)},
        "stringData": {
            "token-id": token.id, "token-secret": token.secret,
            "usage-bootstrap-authentication": "true", "description": "lets nodes join",
        },
    })
}

/// The join token of the control plane whose state is in `data_dir`.
pub fn token(data_dir: &Path) -> Result<String> {
    read(data_dir, "join-token")
}

/// The administrator's kubeconfig of the control plane whose state is in `data_dir`.
pub fn kubeconfig(data_dir: &Path) -> Result<String> {
    read(data_dir, "kubeconfig")
}

fn read(data_dir: &Path, file: &str) -> Result<String> {
    let path = data_dir.join(file);
    if !path.exists() {
        bail!(
            "{} does not exist: has a control plane been started with --data-dir {}?",
            path.display(),
            data_dir.display()
        );
    }
    fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
}
