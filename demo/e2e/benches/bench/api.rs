//! Creates and GETs a second through the API, next to what the disk and HTTP themselves can do.

use crate::{
    Outcome, Setting,
    bare::Bare,
    caller::{self, Ask, Caller, Wire},
    daemon::Plane,
    disk,
    http::{self, Http},
    load::{Load, drive},
    start,
    table::Row,
};
use shared_client::{
    grpc::{Grpc, Options},
    kubeconfig::{Access, Kubeconfig},
};
use shared_pki::rustls::ClientConfig;
use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

const CREATES: f64 = 3000.0;
const SOME: usize = 16;
const MANY: usize = 64;

/// The processor time that a request may take the server, and how close to the bare server a GET comes.
const CREATE_CPU: Duration = Duration::from_micros(200);
const GET_CPU: Duration = Duration::from_micros(80);
const SHARE: f64 = 0.5;

/// A server that is asked.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) pid: u32,
}

/// A control plane of our own in a directory of that name, and how its administrator asks it.
pub(crate) async fn ours(setting: &Setting, name: &str) -> Result<(Plane, Server, Access), String> {
    let directory = setting.work.join(name);
    let plane = Plane::start(&setting.dhow, &directory)?;
    start::ready(&start::client()?, &plane).await?;
    let access = written(&directory.join("kubeconfig")).await?;
    let authority = access.authority.as_deref().ok_or("the kubeconfig names no authority")?;
    let identity = access.identity.as_ref().ok_or("the kubeconfig has no certificate")?;
    let server =
        Server { address: plane.address, tls: http::tls(authority, identity)?, pid: plane.daemon.pid() };
    Ok((plane, server, access))
}

/// Measures it all against a control plane of its own.
pub(crate) async fn measure(setting: &Setting) -> Outcome {
    // It lives as long as its name.
    let (_plane, ours, access) = ours(setting, "api").await?;
    let answer = caller::known(&mut Http::connect(ours.address, Arc::clone(&ours.tls)).await?).await?;
    let bare = Bare::start(&setting.work.join("bare"), &answer).await?;
    let bare = (Server { address: bare.address, tls: bare.tls.clone(), pid: bare.daemon.pid() }, bare);

    let mut rows = Vec::new();
    let mut disk = vec![disk::rate(&setting.work)?];
    for count in [1, SOME, MANY] {
        let created = rest(&ours, Ask::Create, count).await?;
        disk.push(disk::rate(&setting.work)?);
        let name = format!("creates over REST, {}", clients(count));
        rows.push(if count == MANY {
            let met = created.rate >= CREATES && created.cpu <= CREATE_CPU;
            Row::judged(&name, "≥ 3000/s, ≤ 200 µs CPU", created.text(), met)
        } else {
            Row::told(&name, created.text())
        });
        let load = grpc(&ours, &access, Ask::Create, count).await?;
        disk.push(disk::rate(&setting.work)?);
        rows.push(Row::told(&format!("creates over gRPC, {}", clients(count)), load.text()));
    }
    // In the order of the rows they stand around.
    let at = |n: usize| disk.get(n).map_or("", String::as_str);
    rows.insert(0, Row::told("1 KiB writes + fdatasync, before the creates", at(0)));
    rows.push(Row::told("… between 1 and 16 clients", at(2)));
    rows.push(Row::told("… after the creates", at(6)));
    for count in [1, SOME, MANY] {
        let read = rest(&ours, Ask::Get, count).await?;
        let load = rest(&bare.0, Ask::Get, count).await?;
        let name = format!("GETs over REST, {}", clients(count));
        rows.push(if count == MANY {
            let met = read.rate >= SHARE * load.rate && read.cpu <= GET_CPU;
            Row::judged(&name, "≥ 50 % of bare, ≤ 80 µs CPU", read.text(), met)
        } else {
            Row::told(&name, read.text())
        });
        rows.push(Row::told(&format!("the same bytes from a bare server, {}", clients(count)), load.text()));
        let load = grpc(&ours, &access, Ask::Get, count).await?;
        rows.push(Row::told(&format!("GETs over gRPC, {}", clients(count)), load.text()));
    }
    Ok(rows)
}

fn clients(count: usize) -> String {
    if count == 1 { "1 client".into() } else { format!("{count} clients") }
}

async fn rest(server: &Server, ask: Ask, count: usize) -> Result<Load, String> {
    let mut callers = Vec::new();
    for n in 0..count {
        let http = Http::connect(server.address, Arc::clone(&server.tls)).await?;
        callers.push(Caller { wire: Wire::Rest(http), prefix: format!("rest-{count}-{n}") });
    }
    drive(&mut callers, ask, server.pid).await
}

async fn grpc(server: &Server, access: &Access, ask: Ask, count: usize) -> Result<Load, String> {
    let options = Options::from_access(access).map_err(|e| e.to_string())?;
    let mut callers = Vec::new();
    for n in 0..count {
        let grpc = Grpc::new(&options).map_err(|e| e.to_string())?;
        let mut caller = Caller { wire: Wire::Grpc(grpc), prefix: format!("grpc-{count}-{n}") };
        // The first call connects.
        caller.call(Ask::Get, 0).await?;
        callers.push(caller);
    }
    drive(&mut callers, ask, server.pid).await
}

/// What a kubeconfig says that is being written: a program may be ready a moment earlier.
async fn written(path: &Path) -> Result<Access, String> {
    for _ in 0..200 {
        if let Ok(access) = access(path) {
            return Ok(access);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    access(path)
}

/// What a kubeconfig says.
pub(crate) fn access(path: &Path) -> Result<Access, String> {
    let config = Kubeconfig::read(path).map_err(|e| e.to_string())?;
    config.access(None, path).map_err(|e| e.to_string())
}
