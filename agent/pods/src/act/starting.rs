//! Making a container and starting it.

use super::{Failure, Outcome};
use crate::{
    aim::{Aim, Miss},
    env::{self, Sources},
    events::Weight,
    labels,
    run::Shared,
    security,
    spec::{Making, spec},
};
use agent_network::Sandbox;
use agent_runtime::{ContainerSpec, ContainerState, Error, Image, Processes};
use agent_volumes::{Lookup, Place};
use shared_api::core::{Container, Pod, Service};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::watch;

/// A container to be made and started.
pub(crate) struct Job {
    pub(crate) pod: Arc<Pod>,
    pub(crate) container: Container,
    pub(crate) attempt: u32,
    pub(crate) streak: u32,
    pub(crate) sandbox: Option<Sandbox>,
    /// Turns true when the pod is to end: what takes long is given up.
    pub(crate) ending: watch::Receiver<bool>,
    /// Told how far it is, when it takes long.
    pub(crate) progress: Arc<dyn Fn(String) + Send + Sync>,
}

/// A hook that hangs is given up after so long.
const HOOK: Duration = Duration::from_mins(10);

impl Shared {
    /// Fetches the image, makes the container, starts it and runs its first hook.
    pub(crate) async fn start(&self, job: Job) -> Outcome {
        let mut ending = job.ending.clone();
        let image = tokio::select! {
            image = self.image(&job) => image,
            _ = ending.wait_for(|e| *e) => return Outcome::Dropped,
        };
        let started = match image {
            Ok(image) => self.create(&job, &image).await,
            Err(failure) => return Outcome::Failed(failure),
        };
        let id = match started {
            Ok(Some(id)) => id,
            Ok(None) => return Outcome::Dropped,
            Err(failure) => {
                let (pod, name) = (&job.pod, Some(job.container.name.as_str()));
                self.recorder.note(
                    pod,
                    name,
                    Weight::Warning,
                    "Failed",
                    &format!("Error: {}", failure.message),
                );
                return Outcome::Failed(failure);
            }
        };
        self.sight.look().await;
        tokio::select! {
            done = self.post_start(&job, &id) => done.into(),
            _ = ending.wait_for(|e| *e) => Outcome::Done(None),
        }
    }

    async fn create(&self, job: &Job, image: &Image) -> Result<Option<String>, Failure> {
        let made = self
            .describe(job, image)
            .await
            .map_err(|why| Failure::new("CreateContainerConfigError", &why))?;
        // Kernel and runtime do a few at a time best.
        let _turn = self.starts.acquire().await;
        if *job.ending.borrow() {
            return Ok(None);
        }
        let created = self.runtime.create(&made).await;
        let (pod, name) = (&*job.pod, job.container.name.as_str());
        let note = |reason: &str, message: &str| {
            self.recorder.note(pod, Some(name), Weight::Normal, reason, message);
        };
        let unstartable = matches!(created, Err(Error::Unstartable(_)));
        if created.is_ok() || unstartable {
            note("Created", &format!("Created container: {name}"));
        }
        let started = match created {
            Ok(()) => self.runtime.start(&made.id).await,
            Err(error) if unstartable => Err(error),
            Err(error) => return Err(Failure::new("CreateContainerError", &error)),
        };
        if let Err(error) = started {
            if matches!(error, Error::Unstartable(_)) {
                // It has ended, and is seen to have.
                self.sight.look().await;
            } else {
                // What could not be started once is made anew rather than started again.
                let _ = self.runtime.remove(&made.id).await;
            }
            return Err(Failure::new("RunContainerError", &error));
        }
        note("Started", &format!("Started container {name}"));
        Ok(Some(made.id))
    }

    async fn describe(&self, job: &Job, image: &Image) -> Result<ContainerSpec, String> {
        let (pod, container) = (&*job.pod, &job.container);
        let Some(pod_spec) = &pod.spec else { return Err("the pod has no spec".into()) };
        if let Some(why) = security::unsupported(pod_spec) {
            return Err(why.into());
        }
        let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
        let uid = pod.metadata.uid.as_deref().unwrap_or_default();
        let address = self.address(job.sandbox.as_ref());
        let (maps, secrets) = env::needs(container);
        let mut sources = Sources {
            config_maps: BTreeMap::new(),
            secrets: BTreeMap::new(),
            services: self.services(namespace),
            place: Place { host_ip: &self.options.host_ip, pod_ip: &address },
            node: self.options.allocatable,
        };
        for name in maps {
            let found = self.config_map(namespace, &name).await?;
            sources.config_maps.insert(name, found);
        }
        for name in secrets {
            let found = self.secret(namespace, &name).await?;
            sources.secrets.insert(name, found);
        }
        let env = env::env(pod, container, &sources)?;
        let known: BTreeMap<String, String> = env.iter().cloned().collect();
        let expand = |text: &str| env::expand(text, &known);
        let binds = self.volumes.binds(pod, container, &expand).map_err(|e| e.to_string())?;
        self.write_files(pod, &address)?;
        let message = self.options.paths.message(uid, &container.name, job.attempt);
        prepare_message(&message).map_err(|e| format!("making {}: {e}", message.display()))?;
        let made = spec(Making {
            pod,
            container,
            attempt: job.attempt,
            streak: job.streak,
            image,
            env,
            binds,
            netns: job.sandbox.as_ref().map(|s| s.netns.clone()),
            processes: self.processes(pod, &container.name)?,
            node: &self.options.node,
            memory: self.options.allocatable.memory,
            paths: &self.options.paths,
        })?;
        if let Some(folder) = made.log.parent() {
            std::fs::create_dir_all(folder).map_err(|e| format!("making {}: {e}", folder.display()))?;
        }
        Ok(made)
    }

    /// Whose processes a container sees: the node's, its target's when it is a guest with one, or its own.
    fn processes(&self, pod: &Pod, container: &str) -> Result<Processes, String> {
        let spec = pod.spec.as_ref();
        if spec.is_some_and(|s| s.host_pid == Some(true)) {
            return Ok(Processes::Node);
        }
        let mut guests = spec.into_iter().flat_map(|s| s.ephemeral_containers.iter().flatten());
        let target = guests.find(|g| g.name == container).and_then(|g| g.target_container_name.as_deref());
        let Some(target) = target.filter(|t| !t.is_empty()) else { return Ok(Processes::Own) };
        let states = self.sight.of(pod.metadata.uid.as_deref().unwrap_or_default());
        let named =
            |state: &&ContainerState| state.labels.get(labels::CONTAINER).is_some_and(|n| n == target);
        let pid = states.iter().filter(named).find_map(|state| state.pid);
        pid.map(Processes::Of).ok_or_else(|| format!("target container {target:?} is not running"))
    }

    /// The address under which the pod is reached.
    pub(crate) fn address(&self, sandbox: Option<&Sandbox>) -> String {
        sandbox.map_or_else(|| self.options.host_ip.clone(), |s| s.ip.to_string())
    }

    /// Services that the environment may tell of.
    fn services(&self, namespace: &str) -> Vec<Arc<Service>> {
        let world = self.live.read();
        let master = world.named::<Service>("default", "kubernetes").filter(|_| namespace != "default");
        world.within::<Service>(namespace).chain(master).collect()
    }

    async fn post_start(&self, job: &Job, id: &str) -> Result<(), Failure> {
        let Some(hook) = job.container.lifecycle.as_ref().and_then(|l| l.post_start.as_ref()) else {
            return Ok(());
        };
        let aim = Aim::of_hook(hook, &job.container, &self.address(job.sandbox.as_ref()));
        let result = match aim {
            Ok(aim) => aim.shoot(&*self.runtime, id, HOOK).await,
            Err(why) => Err(Miss::Bad(why)),
        };
        let Err(Miss::Bad(why) | Miss::Unknown(why)) = result else { return Ok(()) };
        let (pod, name) = (&*job.pod, job.container.name.as_str());
        self.recorder.note(
            pod,
            Some(name),
            Weight::Warning,
            "FailedPostStartHook",
            &format!("PostStartHook failed: {why}"),
        );
        self.recorder.note(pod, Some(name), Weight::Normal, "Killing", "FailedPostStartHook");
        let _ = self.runtime.kill(id, 9).await;
        self.sight.look().await;
        Err(Failure::new("PostStartHookError", &why))
    }
}

/// The file in which a container leaves its last words; a fresh one for each.
fn prepare_message(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, "")?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))
}
