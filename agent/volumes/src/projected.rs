//! Several sources in one directory.

use crate::{
    Allocatable, Content, Error, Lookup, Result, config_map,
    content::{File, Pick, data_checked, default_mode},
    downward_api, secret,
};
use shared_api::core::{Pod, ProjectedVolumeSource};

pub(crate) async fn read(
    volume: &str,
    pod: &Pod,
    from: &ProjectedVolumeSource,
    node: Allocatable,
    lookup: &dyn Lookup,
) -> Result<Content> {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let mode = default_mode(from.default_mode);
    let mut all = Content::new();
    for source in from.sources.iter().flatten() {
        let files = if let Some(from) = &source.config_map {
            let (optional, items) = (from.optional.unwrap_or(false), from.items.as_deref());
            let pick = Pick { volume, what: "configmap", name: &from.name, optional, items, mode };
            config_map::picked(&pick, namespace, lookup).await?
        } else if let Some(from) = &source.secret {
            let (optional, items) = (from.optional.unwrap_or(false), from.items.as_deref());
            let pick = Pick { volume, what: "secret", name: &from.name, optional, items, mode };
            secret::picked(&pick, namespace, lookup).await?
        } else if let Some(from) = &source.downward_api {
            downward_api::files(volume, pod, from.items.iter().flatten(), mode, node)?
        } else if let Some(from) = &source.service_account_token {
            data_checked(volume, &from.path)?;
            let token = lookup.token(pod, from).await.map_err(|why| Error::set_up(volume, why))?;
            Content::from([(from.path.clone(), File { data: token.into_bytes(), mode })])
        } else {
            let kind =
                if source.cluster_trust_bundle.is_some() { "clusterTrustBundle" } else { "podCertificate" };
            let why = format!("projected source {kind} is not available on this cluster yet; leave it out");
            return Err(Error::set_up(volume, why));
        };
        all.extend(files);
    }
    Ok(all)
}
