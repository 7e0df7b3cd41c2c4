//! Containers: made, listed, removed. What runs in them is in `tasks`.

use super::{
    Inner,
    client::{SNAPSHOTTER, found, made},
    lease::Lease,
    record::{self, Record, STARTED},
    snapshots, usage,
};
use crate::{
    ContainerSpec, ContainerState, Error, Result,
    spec::{self, user},
};
use containerd_client::{
    services::v1::{
        Container, CreateContainerRequest, DeleteContainerRequest, GetContainerRequest,
        ListContainersRequest, ListTasksRequest, UpdateContainerRequest, container::Runtime,
    },
    types::v1::{Process, Status as State},
};
use prost_types::{Any, FieldMask};
use std::collections::HashMap;

const RUNTIME: &str = "io.containerd.runc.v2";
/// containerd's name for an OCI specification; without the usual `type.googleapis.com/`.
const SPEC_TYPE: &str = "types.containerd.io/opencontainers/runtime-spec/1/Spec";

impl Inner {
    /// Makes a container: its root file system, its description, its shim with the logger. A call
    /// that was broken off is completed by the next one; one that fails leaves nothing behind, but for a
    /// container whose program cannot be started.
    pub(super) async fn create(&self, spec: &ContainerSpec) -> Result<()> {
        check(spec)?;
        match self.container(&spec.id).await {
            // Made before; when it was started, it is not for us to touch, even if it has ended.
            Ok((it, _)) if it.labels.contains_key(STARTED) || self.task(&spec.id).await?.is_some() => {
                return Ok(());
            }
            Ok(_) | Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        let made = self.make(spec).await;
        if let Err(Error::Invalid(_) | Error::Failed { .. }) = &made {
            let _ = self.remove(&spec.id).await;
        }
        made
    }

    async fn make(&self, spec: &ContainerSpec) -> Result<()> {
        let absent = || Error::NotFound(format!("image {}", spec.image));
        let (_, image) = self.known(&spec.image).await?.ok_or_else(absent)?;
        let snapshot = image.snapshot.clone().unwrap_or_default();
        let lease = Lease::take(&self.client).await?;
        let mounts = self.prepare(&spec.id, &snapshot, &lease).await.map_err(|error| match error {
            // The image's name is here, its file system is not.
            Error::Failed { why, .. } if why.contains("not found") => absent(),
            other => other,
        })?;
        let asked = image.config.user.as_deref().unwrap_or_default();
        let files = if asked.is_empty() && spec.security.user.is_none() {
            user::Files::default()
        } else {
            snapshots::user_files(&mounts).map_err(|error| Error::Failed {
                what: "reading the image's users",
                why: error.to_string(),
            })?
        };
        let user = user::resolve(&spec.security, asked, &files)?;
        let oci = spec::oci(spec, &image.config, &user, &self.host)?;
        let record = Record::of(spec);
        let container = Container {
            id: spec.id.clone(),
            image: spec.image.clone(),
            runtime: Some(Runtime { name: RUNTIME.into(), options: None }),
            spec: Some(Any { type_url: SPEC_TYPE.into(), value: oci.to_string().into_bytes() }),
            snapshotter: SNAPSHOTTER.into(),
            snapshot_key: spec.id.clone(),
            extensions: record.extensions(),
            ..Container::default()
        };
        let request = lease.request(CreateContainerRequest { container: Some(container) });
        made(self.client.containers().create(request).await)
            .map_err(self.client.error("making a container"))?;
        drop(lease);
        self.create_task(&spec.id, &record, mounts).await
    }

    /// A container and what we know of it.
    pub(super) async fn container(&self, id: &str) -> Result<(Container, Record)> {
        let request = self.client.request(GetContainerRequest { id: id.into() });
        let answer = found(self.client.containers().get(request).await);
        let container = answer.map_err(self.client.error("looking for a container"))?;
        let container = container.and_then(|answer| answer.into_inner().container);
        let container = container.ok_or_else(|| Error::NotFound(format!("container {id}")))?;
        let record = Record::read(&container);
        Ok((container, record))
    }

    /// Every container; two calls for all of them.
    pub(super) async fn list(&self) -> Result<Vec<ContainerState>> {
        let (mut containers, mut tasks) = (self.client.containers(), self.client.tasks());
        let all = containers.list(self.client.request(ListContainersRequest::default())).await;
        let all = all.map_err(self.client.error("listing containers"))?.into_inner().containers;
        let running = tasks.list(self.client.request(ListTasksRequest::default())).await;
        let running = running.map_err(self.client.error("listing tasks"))?.into_inner().tasks;
        let by_id: HashMap<&str, _> = running.iter().map(|task| (task.id.as_str(), task)).collect();
        let mut states = Vec::with_capacity(all.len());
        for container in &all {
            let task = by_id.get(container.id.as_str()).copied();
            if record::is_lost(container, task) {
                // It may have ended between the two lists: its end is written before its task goes.
                states.extend(self.one(&container.id).await?);
            } else {
                states.push(self.state(container, task));
            }
        }
        Ok(states)
    }

    async fn one(&self, id: &str) -> Result<Option<ContainerState>> {
        let task = self.task(id).await?;
        match self.container(id).await {
            Ok((container, _)) => Ok(Some(self.state(&container, task.as_ref()))),
            Err(Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn state(&self, container: &Container, task: Option<&Process>) -> ContainerState {
        let killed = task.is_some_and(|task| task.status() == State::Stopped && task.exit_status == 137);
        let oom = killed && usage::out_of_memory(&Record::read(container).cgroup, self.host.cgroup_v2);
        record::state(container, task, oom)
    }

    /// Writes something down with the container; fine when it is gone.
    pub(super) async fn label(&self, id: &str, labels: &[(&str, String)]) -> Result<()> {
        let paths = labels.iter().map(|(name, _)| format!("labels.{name}")).collect();
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let container = Container { id: id.into(), labels, ..Container::default() };
        let update =
            UpdateContainerRequest { container: Some(container), update_mask: Some(FieldMask { paths }) };
        let answer = found(self.client.containers().update(self.client.request(update)).await);
        answer.map(drop).map_err(self.client.error("labelling a container"))
    }

    /// Ends what runs, and takes all of it away but the log.
    pub(super) async fn remove(&self, id: &str) -> Result<()> {
        self.delete_task(id).await?;
        let request = self.client.request(DeleteContainerRequest { id: id.into() });
        let answer = found(self.client.containers().delete(request).await);
        answer.map_err(self.client.error("removing a container"))?;
        self.remove_snapshot(id).await?;
        let _ = std::fs::remove_dir_all(self.io_directory(id));
        Ok(())
    }
}

/// The id becomes part of paths, the log part of an address.
fn check(spec: &ContainerSpec) -> Result<()> {
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if spec.id.is_empty() || spec.id.len() > 76 || spec.id.starts_with('.') || !spec.id.chars().all(sound) {
        return Err(Error::Invalid(format!("container id {:?} is not a name", spec.id)));
    }
    if !spec.log.is_absolute() || spec.log.to_str().is_none() {
        return Err(Error::Invalid(format!("log {} is not an absolute path", spec.log.display())));
    }
    if let Some(mount) = spec.mounts.iter().find(|mount| !mount.source.exists()) {
        let (source, target) = (mount.source.display(), mount.target.display());
        return Err(Error::Invalid(format!("mount {target}: {source} does not exist on the node")));
    }
    Ok(())
}
