//! Idle memory of the demo's control plane and agents.

use crate::{
    Outcome, Setting,
    proc::{self, Resident},
    table::Row,
};
use std::time::Duration;

const PLANE: u64 = 60 << 10;
const AGENT: u64 = 30 << 10;

/// Measures it after a quiet second.
pub(crate) async fn measure(setting: &Setting) -> Outcome {
    let file = setting.demo.join("run/pid/controlplane.child");
    let text = std::fs::read_to_string(&file).map_err(|e| format!("reading {}: {e}", file.display()))?;
    let plane = text.trim().parse().map_err(|e| format!("{}: {e}", file.display()))?;
    let agents: Vec<u32> = proc::every().into_iter().filter(|pid| is_agent(*pid)).collect();
    if agents.is_empty() {
        return Err("no agent runs".into());
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let plane = proc::resident(plane)?;
    let mut resident = agents.into_iter().map(proc::resident).collect::<Result<Vec<_>, _>>()?;
    resident.sort_by_key(|r| r.all);
    let largest = resident.last().map_or(0, |r| r.all);
    let each = resident.iter().copied().map(text_of).collect::<Vec<_>>().join(", ");
    Ok(vec![
        Row::judged("control plane, idle, resident", "≤ 60 MB", text_of(plane), plane.all <= PLANE),
        Row::judged("agents, idle, resident, each", "≤ 30 MB", each, largest <= AGENT),
    ])
}

fn is_agent(pid: u32) -> bool {
    let words = proc::words(pid);
    words.first().is_some_and(|w| w.ends_with("/dhow")) && words.get(1).is_some_and(|w| w == "agent")
}

fn text_of(resident: Resident) -> String {
    format!("{} MB ({} anonymous)", resident.all >> 10, resident.anonymous >> 10)
}
