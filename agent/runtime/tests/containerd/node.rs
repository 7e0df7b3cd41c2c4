//! A containerd of the test's own: its root, state and socket lie in a temporary directory, and
//! nothing of it is left at the end.

use crate::registry::Registry;
use agent_runtime::{
    Changed, ContainerSpec, ContainerState, Mirrors, Phase, Runtime,
    containerd::{Containerd, Options},
};
use futures::{StreamExt, stream::BoxStream};
use nix::{
    mount::{MntFlags, umount2},
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

pub(crate) struct Node {
    pub(crate) runtime: Containerd,
    pub(crate) registry: Arc<Registry>,
    base: String,
    daemon: Option<Child>,
    directory: tempfile::TempDir,
    cgroup: String,
    pub(crate) namespace: String,
}

/// The node, or `None` with a line that says why not.
pub(crate) async fn node() -> Option<Node> {
    let on_path = |name: &str| {
        ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"]
            .iter()
            .any(|at| Path::new(at).join(name).exists())
    };
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: these tests need root");
        return None;
    }
    if let Some(missing) = ["containerd", "runc"].iter().find(|name| !on_path(name)) {
        println!("skipped: {missing} is not installed");
        return None;
    }
    if !Path::new("/bin/busybox").exists() {
        println!("skipped: busybox-static is not installed");
        return None;
    }
    let directory = tempfile::Builder::new().prefix("dhow-runtime-").tempdir().unwrap();
    let at = directory.path().display().to_string();
    let config = format!(
        "version = 2\nroot = \"{at}/root\"\nstate = \"{at}/state\"\n\
         disabled_plugins = [\"io.containerd.grpc.v1.cri\", \"io.containerd.snapshotter.v1.btrfs\", \
         \"io.containerd.snapshotter.v1.zfs\", \"io.containerd.snapshotter.v1.devmapper\", \
         \"io.containerd.snapshotter.v1.aufs\"]\n[grpc]\naddress = \"{at}/c.sock\"\n[ttrpc]\naddress = \"{at}/t.sock\"\n"
    );
    fs::write(directory.path().join("config.toml"), config).unwrap();
    let (registry, base) = Registry::serve().await;
    let cgroup = format!("/dhow-test/{}", directory.path().file_name().unwrap().to_string_lossy());
    let namespace = namespace(directory.path());
    let runtime = connect(directory.path(), &base);
    let mut node = Node { runtime, registry, base, daemon: None, directory, cgroup, namespace };
    node.start_containerd().await;
    Some(node)
}

/// One for each test: runc keeps its state by namespace, outside of our directory.
fn namespace(directory: &Path) -> String {
    directory.file_name().unwrap().to_string_lossy().into_owned()
}

fn connect(directory: &Path, base: &str) -> Containerd {
    let mut mirrors = Mirrors::default();
    mirrors.add("*", base).unwrap();
    let mut logger = std::env::current_exe().unwrap();
    logger.pop();
    logger.pop();
    Containerd::connect(Options {
        socket: directory.join("c.sock"),
        namespace: namespace(directory),
        state_dir: directory.join("agent"),
        mirrors,
        logger: logger.join("examples/logger"),
    })
    .unwrap()
}

impl Node {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Another client, as after a restart of the agent.
    pub(crate) fn reconnected(&self) -> Containerd {
        connect(self.directory.path(), &self.base)
    }

    pub(crate) async fn start_containerd(&mut self) {
        let log = fs::File::options().create(true).append(true).open(self.path("containerd.log")).unwrap();
        let mut command = Command::new("containerd");
        command.arg("--config").arg(self.path("config.toml"));
        self.daemon = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap());
        let deadline = Instant::now() + Duration::from_mins(1);
        while self.runtime.version().await.is_err() {
            assert!(Instant::now() < deadline, "containerd does not come up: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn kill_containerd(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("containerd.log")).unwrap_or_default()
    }

    /// `127.0.0.1:PORT`: the registry under its own name.
    pub(crate) fn registry_host(&self) -> String {
        self.base.trim_start_matches("http://").to_owned()
    }

    /// A container that runs a line of shell.
    pub(crate) fn spec(&self, name: &str, script: &str) -> ContainerSpec {
        let id = format!("{name:x<12}{:08x}", std::process::id()).replace(' ', "");
        ContainerSpec {
            labels: [("name".to_owned(), name.to_owned())].into(),
            image: "busybox".into(),
            command: vec!["/bin/sh".into(), "-c".into(), script.into()],
            hostname: name.into(),
            group: id.clone(),
            cgroup: format!("{}/{id}", self.cgroup),
            log: self.path("logs").join(name).join("0.log"),
            id,
            ..ContainerSpec::default()
        }
    }

    pub(crate) async fn run(&self, spec: &ContainerSpec) {
        self.runtime.create(spec).await.unwrap();
        self.runtime.start(&spec.id).await.unwrap();
    }

    pub(crate) async fn state(&self, id: &str) -> Option<ContainerState> {
        self.runtime.list().await.unwrap().into_iter().find(|container| container.id == id)
    }
}

/// Waits, driven by events, until the container has ended: its status, and whether memory ran out.
pub(crate) async fn ended(
    runtime: &Containerd,
    events: &mut BoxStream<'static, Changed>,
    id: &str,
) -> (i32, bool) {
    loop {
        let all = runtime.list().await.unwrap();
        let found = all.iter().find(|container| container.id == id).unwrap();
        if let Phase::Exited { code, oom, .. } = found.phase {
            return (code, oom);
        }
        let next = tokio::time::timeout(Duration::from_mins(1), events.next()).await;
        assert!(next.expect("an event").is_some(), "the events ended");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let own = self.directory.path().display().to_string();
        self.kill_containerd();
        // Shims and loggers carry our directory in their arguments; their containers are their children.
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        for process in processes {
            let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
                continue;
            };
            let arguments = fs::read(process.path().join("cmdline")).unwrap_or_default();
            if !String::from_utf8_lossy(&arguments).contains(&own) {
                continue;
            }
            let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
            for child in children.split_whitespace().filter_map(|child| child.parse().ok()) {
                let _ = kill(Pid::from_raw(child), Signal::SIGKILL);
            }
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        let bundles = self.path("state/io.containerd.runtime.v2.task").join(&self.namespace);
        for bundle in fs::read_dir(bundles).into_iter().flatten().flatten() {
            let socket = fs::read_to_string(bundle.path().join("address")).unwrap_or_default();
            let _ = fs::remove_file(socket.trim().trim_start_matches("unix://"));
        }
        let _ = fs::remove_dir_all(Path::new("/run/containerd/runc").join(&self.namespace));
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        for mount in
            mounts.lines().rev().filter_map(|line| line.split(' ').nth(1)).filter(|at| at.starts_with(&own))
        {
            let _ = umount2(mount, MntFlags::MNT_DETACH);
        }
        for hierarchy in fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten() {
            let ours = hierarchy.path().join(self.cgroup.trim_start_matches('/'));
            for container in fs::read_dir(&ours).into_iter().flatten().flatten() {
                let _ = fs::remove_dir(container.path());
            }
            let _ = fs::remove_dir(&ours);
            let _ = fs::remove_dir(hierarchy.path().join("dhow-test"));
        }
    }
}
