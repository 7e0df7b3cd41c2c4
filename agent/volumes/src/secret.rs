//! Files from a `Secret`.

use crate::{
    Content, Error, Lookup, Result,
    content::{Pick, default_mode},
};
use shared_api::core::{Secret, SecretVolumeSource};
use std::collections::BTreeMap;

pub(crate) async fn read(
    volume: &str,
    namespace: &str,
    from: &SecretVolumeSource,
    lookup: &dyn Lookup,
) -> Result<Content> {
    let pick = Pick {
        volume,
        what: "secret",
        name: from.secret_name.as_deref().unwrap_or_default(),
        optional: from.optional.unwrap_or(false),
        items: from.items.as_deref(),
        mode: default_mode(from.default_mode),
    };
    picked(&pick, namespace, lookup).await
}

pub(crate) async fn picked(pick: &Pick<'_>, namespace: &str, lookup: &dyn Lookup) -> Result<Content> {
    let found = lookup.secret(namespace, pick.name).await;
    let found = found.map_err(|why| Error::set_up(pick.volume, why))?;
    pick.files(found.as_deref().map(data))
}

fn data(secret: &Secret) -> BTreeMap<String, Vec<u8>> {
    secret.data.iter().flatten().map(|(k, v)| (k.clone(), v.0.clone())).collect()
}
