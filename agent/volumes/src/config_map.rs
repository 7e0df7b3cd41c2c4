//! Files from a `ConfigMap`.

use crate::{
    Content, Error, Lookup, Result,
    content::{Pick, default_mode},
};
use shared_api::core::{ConfigMap, ConfigMapVolumeSource};
use std::collections::BTreeMap;

pub(crate) async fn read(
    volume: &str,
    namespace: &str,
    from: &ConfigMapVolumeSource,
    lookup: &dyn Lookup,
) -> Result<Content> {
    let pick = Pick {
        volume,
        what: "configmap",
        name: &from.name,
        optional: from.optional.unwrap_or(false),
        items: from.items.as_deref(),
        mode: default_mode(from.default_mode),
    };
    picked(&pick, namespace, lookup).await
}

pub(crate) async fn picked(pick: &Pick<'_>, namespace: &str, lookup: &dyn Lookup) -> Result<Content> {
    let found = lookup.config_map(namespace, pick.name).await;
    let found = found.map_err(|why| Error::set_up(pick.volume, why))?;
    pick.files(found.as_deref().map(data))
}

fn data(map: &ConfigMap) -> BTreeMap<String, Vec<u8>> {
    let text = map.data.iter().flatten().map(|(k, v)| (k.clone(), v.clone().into_bytes()));
    let binary = map.binary_data.iter().flatten().map(|(k, v)| (k.clone(), v.0.clone()));
    text.chain(binary).collect()
}
