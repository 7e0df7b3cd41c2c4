//! One container of a pod as the runtime wants it.

use crate::{env::expand, files, labels, paths::Paths, resources::resources, security::security};
use agent_runtime::{ContainerSpec, Image, Mount, Processes};
use agent_volumes::Bind;
use shared_api::{
    Amount,
    core::{Container, Pod, PodSpec},
};
use std::{collections::BTreeMap, path::PathBuf};

/// What a container is made from.
pub struct Making<'a> {
    /// Its pod.
    pub pod: &'a Pod,
    /// As the pod has it.
    pub container: &'a Container,
    /// How often it was made before.
    pub attempt: u32,
    /// How many before it ended quickly in a row.
    pub streak: u32,
    /// Its image, which is present.
    pub image: &'a Image,
    /// Its environment.
    pub env: Vec<(String, String)>,
    /// What it sees of volumes.
    pub binds: Vec<Bind>,
    /// The pod's network; `None` is the node's.
    pub netns: Option<PathBuf>,
    /// Whose processes it sees.
    pub processes: Processes,
    /// The node's name.
    pub node: &'a str,
    /// The node's memory.
    pub memory: Amount,
    /// Where things are.
    pub paths: &'a Paths,
}

/// The container as the runtime wants it; what is wrong with it, in kubelet's words.
pub fn spec(making: Making<'_>) -> Result<ContainerSpec, String> {
    let Making { pod, container, attempt, streak, image, env, binds, netns, processes, node, memory, paths } =
        making;
    let own = PodSpec::default();
    let spec = pod.spec.as_ref().unwrap_or(&own);
    let uid = pod.metadata.uid.clone().unwrap_or_default();
    let id = labels::id(&uid, &container.name, attempt);
    let hostname = files::kernel_name(pod, spec, node)?;
    let known: BTreeMap<String, String> = env.iter().cloned().collect();
    let expanded = |words: &Option<Vec<String>>| words.iter().flatten().map(|w| expand(w, &known)).collect();
    let mut all_env = vec![("HOSTNAME".to_owned(), hostname.clone())];
    all_env.extend(env);
    let mut mounts: Vec<Mount> = binds
        .into_iter()
        .map(|b| Mount { source: b.source, target: b.target, read_only: b.read_only })
        .collect();
    let message = container.termination_message_path.as_deref().filter(|p| !p.is_empty());
    let given = [
        ("/etc/hosts", paths.pod(&uid).join("etc-hosts")),
        ("/etc/resolv.conf", paths.pod(&uid).join("resolv.conf")),
        ("/etc/hostname", paths.pod(&uid).join("hostname")),
        (message.unwrap_or("/dev/termination-log"), paths.message(&uid, &container.name, attempt)),
    ];
    for (target, source) in given {
        // What the container mounts there itself wins.
        if !mounts.iter().any(|m| m.target == std::path::Path::new(target)) {
            mounts.push(Mount { source, target: target.into(), read_only: false });
        }
    }
    let sysctls = spec.security_context.iter().flat_map(|s| s.sysctls.iter().flatten());
    Ok(ContainerSpec {
        labels: labels::labels(pod, container, attempt, streak, image),
        image: container.image.clone().unwrap_or_default(),
        command: expanded(&container.command),
        args: expanded(&container.args),
        env: all_env,
        working_dir: container.working_dir.clone().filter(|d| !d.is_empty()),
        hostname,
        netns,
        processes,
        host_ipc: spec.host_ipc.unwrap_or(false),
        group: uid.clone(),
        mounts,
        cgroup: format!("/dhow/{node}/{uid}/{id}"),
        resources: resources(spec, container, memory),
        security: security(spec, container, image)?,
        sysctls: sysctls.map(|s| (s.name.clone(), s.value.clone())).collect(),
        stdin: container.stdin.unwrap_or(false),
        tty: container.tty.unwrap_or(false),
        log: paths.log(pod, &container.name, attempt),
        id,
    })
}
