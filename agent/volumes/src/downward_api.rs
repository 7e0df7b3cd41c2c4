//! Files that tell a pod about itself.

use crate::{
    Allocatable, Content, Error, Result,
    content::{File, data_checked, default_mode, mode},
    downward,
};
use shared_api::core::{DownwardAPIVolumeFile, DownwardAPIVolumeSource, Pod};

pub(crate) fn read(
    volume: &str,
    pod: &Pod,
    from: &DownwardAPIVolumeSource,
    node: Allocatable,
) -> Result<Content> {
    files(volume, pod, from.items.iter().flatten(), default_mode(from.default_mode), node)
}

pub(crate) fn files<'a>(
    volume: &str,
    pod: &Pod,
    items: impl Iterator<Item = &'a DownwardAPIVolumeFile>,
    default: u32,
    node: Allocatable,
) -> Result<Content> {
    let mut files = Content::new();
    for item in items {
        data_checked(volume, &item.path)?;
        let text = if let Some(field) = &item.field_ref {
            downward::field(pod, &field.field_path, None)
        } else if let Some(resource) = &item.resource_field_ref {
            downward::resource(pod, resource.container_name.as_deref().unwrap_or_default(), resource, node)
        } else {
            Err(format!("{} has neither fieldRef nor resourceFieldRef", item.path))
        };
        let data = text.map_err(|why| Error::set_up(volume, why))?.into_bytes();
        files.insert(item.path.clone(), File { data, mode: mode(item.mode, default) });
    }
    Ok(files)
}
