//! From starting the control plane's process to `/readyz` answering 200.

use crate::{
    Outcome, Setting,
    daemon::Plane,
    statistics::{Sample, milliseconds},
    table::Row,
};
use std::{
    path::Path,
    time::{Duration, Instant},
};

const TARGET: Duration = Duration::from_millis(300);
const STARTS: usize = 10;

/// Starts it over and over: with an empty data directory, and again after a kill.
pub(crate) async fn measure(setting: &Setting) -> Outcome {
    let client = client()?;
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for n in 0..STARTS {
        let directory = setting.work.join(format!("start-{n}"));
        cold.push(once(&client, setting, &directory).await?);
        warm.push(once(&client, setting, &directory).await?);
    }
    let (cold, warm) = (Sample::of(cold), Sample::of(warm));
    let target = format!("p50 ≤ {}", milliseconds(TARGET));
    Ok(vec![
        Row::judged(
            "start with an empty data directory → ready (10)",
            &target,
            cold.text(),
            cold.percentile(50) <= TARGET,
        ),
        Row::told("start again after kill -9 → ready (10)", warm.text()),
    ])
}

async fn once(client: &reqwest::Client, setting: &Setting, directory: &Path) -> Result<Duration, String> {
    let began = Instant::now();
    let plane = Plane::start(&setting.dhow, directory)?;
    ready(client, &plane).await?;
    Ok(began.elapsed())
}

/// A client that believes anyone: the authority is only being made.
pub(crate) fn client() -> Result<reqwest::Client, String> {
    let client = reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(true).build();
    client.map_err(|e| format!("making an HTTP client: {e}"))
}

/// Waits for `/readyz` to answer 200, asking every millisecond over one connection.
pub(crate) async fn ready(client: &reqwest::Client, plane: &Plane) -> Result<(), String> {
    let url = format!("https://{}/readyz", plane.address);
    let end = Instant::now() + Duration::from_secs(20);
    let mut last = "nothing was asked".to_owned();
    while Instant::now() < end {
        match client.get(&url).send().await {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) => last = format!("{}: {}", answer.status(), answer.text().await.unwrap_or_default()),
            Err(error) => last = format!("{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Err(format!("{url} did not answer 200 within 20 s; last: {last}"))
}
