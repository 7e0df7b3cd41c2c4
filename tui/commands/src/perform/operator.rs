//! `controlplane` and `path`: what no object answers.

use super::{Doors, Out, say, select};
use crate::{Error, Exit, Path, control_plane, path};
use shared_api::{GroupKind, core::Service};
use shared_client::{
    Question,
    question::{ControlPlane, Paths, answer},
};

pub(super) async fn controlplane(doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let told: ControlPlane = answer(doors.cluster.ask(&Question::ControlPlane).await?)?;
    say(out, &crate::neutral(&control_plane::text(&told)))?;
    Ok(Exit::Done)
}

pub(super) async fn path(asked: &Path, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let word = if asked.service.contains('/') {
        asked.service.clone()
    } else {
        format!("services/{}", asked.service)
    };
    let named = select::named(std::slice::from_ref(&word))?;
    let [select::Named { kind, name: Some(name) }] = &named[..] else {
        return Err(Error::Usage(format!("{word:?}: expected a service, such as svc/web")));
    };
    if kind.group_kind() != GroupKind::of::<Service>() {
        return Err(Error::Usage(format!(
            "path: {} are no services; name one, such as svc/web",
            kind.plural
        )));
    }
    let namespace = asked.namespace.clone().unwrap_or_else(|| doors.namespace.clone());
    let question = Question::Path { namespace: namespace.clone(), name: name.clone() };
    let told: Paths = answer(doors.cluster.ask(&question).await?)?;
    say(out, &crate::neutral(&path::text(&format!("{namespace}/{name}"), &told)))?;
    Ok(Exit::Done)
}
