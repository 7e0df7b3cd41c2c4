//! The small world of the demo: what `story.yaml` says, made through the door like anybody's.

use crate::make::{account, make, object};
use shared_api::{Object, yaml};
use shared_client::{Cluster, Result};
use std::sync::Arc;

const STORY: &str = include_str!("story.yaml");

/// Makes the world; what is there already stays as it is.
pub async fn begin(cluster: &Arc<dyn Cluster>) -> Result<()> {
    let (namespaces, rest): (Vec<_>, Vec<_>) = objects()?.into_iter().partition(|o| o.kind() == "Namespace");
    for namespace in &namespaces {
        make(cluster, namespace.clone()).await?;
    }
    for namespace in &namespaces {
        account(cluster, namespace.name()).await?;
    }
    for object in rest {
        make(cluster, object).await?;
    }
    Ok(())
}

fn objects() -> Result<Vec<Object>> {
    yaml::documents(STORY)?.iter().map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_story_has_no_field_that_its_kinds_do_not_have() {
        for object in objects().unwrap() {
            let kind = object.group_kind();
            let kind = shared_api::of(&kind.group, &kind.kind).unwrap_or_else(|| panic!("{kind:?}"));
            let decoded = kind.decode(object.value(), kind.api_version).unwrap();
            assert_eq!(decoded.unknown, Vec::<String>::new(), "{}", object.key());
        }
    }
}
