//! A control plane of its own, and the hollow nodes and pods in it.

use crate::Setting;
use demo_e2e::measure::{
    daemon::{Daemon, Plane},
    proc,
};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// A control plane filled with so many pods.
pub(crate) struct World {
    plane: Plane,
    fleet: Option<Daemon>,
    dhow: PathBuf,
    pub(crate) kubeconfig: PathBuf,
    nodes: usize,
    log: PathBuf,
}

/// The share of one processor below which a control plane has come to rest.
const CALM: f64 = 0.12;
const PATIENCE: Duration = Duration::from_mins(10);

impl World {
    /// Makes it, and waits until it has come to rest.
    pub(crate) fn of(setting: &Setting, name: &str, pods: usize) -> Result<Self, String> {
        let directory = setting.work.join(name);
        let plane = Plane::start(&setting.dhow, &directory)?;
        let kubeconfig = directory.join("kubeconfig");
        until(Duration::from_secs(30), "the control plane to answer", || {
            Ok(kubeconfig.exists() && answers(&setting.dhow, &kubeconfig))
        })?;
        let log = setting.work.join(format!("{name}-hollow.log"));
        let dhow = setting.dhow.clone();
        let nodes = pods.div_ceil(100).max(4);
        let mut world = Self { plane, fleet: None, dhow, kubeconfig, nodes, log };
        world.fleet(pods, 0)?;
        world.calm()?;
        Ok(world)
    }

    /// From now on so many pods change every second.
    pub(crate) fn churn(&mut self, changes: usize) -> Result<(), String> {
        self.fleet = None;
        self.fleet(0, changes)?;
        // Every pod was read anew; what follows is change alone.
        std::thread::sleep(Duration::from_secs(5));
        Ok(())
    }

    fn fleet(&mut self, pods: usize, changes: usize) -> Result<(), String> {
        let log = File::create(&self.log).map_err(|e| format!("making {}: {e}", self.log.display()))?;
        let fleet = Daemon::start(
            Command::new(&self.dhow)
                .args(["hollow", "--log", "warn", "--kubeconfig"])
                .arg(&self.kubeconfig)
                .args(["--nodes", &self.nodes.to_string(), "--pods", &pods.to_string()])
                .args(["--changes", &changes.to_string()])
                .stdout(Stdio::null())
                .stderr(log),
        )?;
        self.fleet = Some(fleet);
        let log = self.log.clone();
        until(PATIENCE, "the pods to be made", || {
            let said =
                std::fs::read_to_string(&log).map_err(|e| format!("reading {}: {e}", log.display()))?;
            match said.lines().find(|line| line.starts_with("Error")) {
                Some(error) => Err(format!("the hollow nodes: {error}")),
                None => Ok(said.contains("filled")),
            }
        })
    }

    /// Waits until the control plane has next to nothing to do.
    fn calm(&self) -> Result<(), String> {
        let pid = self.plane.daemon.pid();
        let (mut before, mut at) = (proc::cpu(pid)?, Instant::now());
        until(PATIENCE, "the control plane to come to rest", || {
            std::thread::sleep(Duration::from_secs(2));
            let (now, then) = (proc::cpu(pid)?, Instant::now());
            let share = now.saturating_sub(before).as_secs_f64() / (then - at).as_secs_f64();
            (before, at) = (now, then);
            Ok(share < CALM)
        })
    }
}

fn answers(dhow: &Path, kubeconfig: &Path) -> bool {
    let mut ask = Command::new(dhow);
    ask.arg("--kubeconfig").arg(kubeconfig).args(["--batch", "get", "namespaces"]);
    ask.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Waits until it is so.
fn until(
    patience: Duration,
    what: &str,
    mut fact: impl FnMut() -> Result<bool, String>,
) -> Result<(), String> {
    let end = Instant::now() + patience;
    while !fact()? {
        if Instant::now() > end {
            return Err(format!("waited {} s for {what}", patience.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
