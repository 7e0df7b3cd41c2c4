//! A list of many pods: how long it takes next to sending as many bytes, and what it costs the server.

use crate::{
    Outcome, Setting,
    api::{Server, ours},
    bare::Bare,
    http::Http,
    proc,
    statistics::{Sample, milliseconds},
    table::Row,
};
use bytes::Bytes;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

const PODS: usize = 10_000;
const WRITERS: usize = 16;
const TIMES: usize = 20;
const PATH: &str = "/api/v1/pods";
const TARGET: f64 = 1.5;

/// Measures it against a control plane of its own.
pub(crate) async fn measure(setting: &Setting) -> Outcome {
    let (plane, server, _) = ours(setting, "lists").await?;
    fill(&server).await?;
    let mut http = Http::connect(server.address, Arc::clone(&server.tls)).await?;
    let before = proc::resident(server.pid)?;
    let body = http.ask("GET", PATH, Bytes::new()).await?;
    let bare = Bare::start(&setting.work.join("lists-bare"), &body).await?;
    let mut theirs = Http::connect(bare.address, bare.tls.clone()).await?;
    let begun = proc::cpu(server.pid)?;
    let (mut taken, mut bare_taken) = (Vec::new(), Vec::new());
    // In turn, so that both see the machine in the same moods.
    for _ in 0..TIMES {
        taken.push(timed(&mut http, PATH).await?);
        bare_taken.push(timed(&mut theirs, "/").await?);
    }
    let cpu = proc::cpu(server.pid)?.saturating_sub(begun) / u32::try_from(TIMES).unwrap_or(1);
    let (ours, theirs) = (Sample::of(taken), Sample::of(bare_taken));
    let after = proc::resident(server.pid)?;
    drop(plane);
    let ratio = ours.percentile(50).as_secs_f64() / theirs.percentile(50).as_secs_f64();
    let megabytes = megabytes(body.len());
    let rate = megabytes / ours.percentile(50).as_secs_f64();
    let grown = after.all.saturating_sub(before.all) / 1024;
    let text = format!(
        "{megabytes:.0} MB, {}, {rate:.0} MB/s, {} CPU, {ratio:.2}× the bare server",
        ours.text(),
        milliseconds(cpu)
    );
    Ok(vec![
        Row::judged("list of 10,000 pods (20)", "p50 ≤ 1.5× the bytes", text, ratio <= TARGET),
        Row::told("the same bytes from a bare server, in turn (20)", theirs.text()),
        Row::told("what the lists left in the server's memory", format!("{grown} MB")),
    ])
}

#[allow(clippy::cast_precision_loss)] // lengths far below what a float holds exactly
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

async fn timed(http: &mut Http, path: &str) -> Result<Duration, String> {
    let began = Instant::now();
    http.ask("GET", path, Bytes::new()).await?;
    Ok(began.elapsed())
}

/// Makes the pods. They are given to a node that does not exist yet, so that nothing runs them.
async fn fill(server: &Server) -> Result<(), String> {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let mut http = Http::connect(server.address, Arc::clone(&server.tls)).await?;
        writers.spawn(async move {
            for n in (writer..PODS).step_by(WRITERS) {
                let path = "/api/v1/namespaces/default/pods";
                http.ask("POST", path, pod(n)).await?;
            }
            Ok::<_, String>(())
        });
    }
    while let Some(done) = writers.join_next().await {
        done.map_err(|e| format!("a writer: {e}"))??;
    }
    Ok(())
}

fn pod(n: usize) -> Bytes {
    format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"pod-{n:05}","labels":{{"app":"web","pod-template-hash":"5d4f8c7b9"}}}},"spec":{{"schedulerName":"nobody","containers":[{{"name":"app","image":"registry.example/team/web:1.2.3","env":[{{"name":"MODE","value":"production"}}],"ports":[{{"containerPort":8080,"name":"http"}}],"resources":{{"requests":{{"cpu":"100m","memory":"64Mi"}}}}}}]}}}}"#
    )
    .into()
}
