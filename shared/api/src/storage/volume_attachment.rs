//! Volume attachments: which volume is to be at which node.

use crate::{Column, Invalid, Kind, Version, core::persistent_volume, metadata::valid_name, name};
pub use k8s_openapi::api::storage::v1::VolumeAttachment;
use k8s_openapi::api::storage::v1::VolumeAttachmentSource;

const METADATA_MAX: usize = 256 * 1024;
const MESSAGE_MAX: usize = 1024;
const ONE: &str = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";

impl Kind for VolumeAttachment {
    const SHOWN_LAST: bool = true;
    const VERSIONS: &'static [Version] = &[Version::alike(
        "storage.k8s.io",
        "v1beta1",
        "storage.k8s.io/v1beta1",
        Some(
            "storage.k8s.io/v1beta1 VolumeAttachment is deprecated in v1.19+, unavailable in v1.22+; use storage.k8s.io/v1 VolumeAttachment",
        ),
    )];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Attacher", |a, _| a.spec.attacher.clone()),
        Column::text("PV", |a, _| a.spec.source.persistent_volume_name.clone().unwrap_or_default()),
        Column::text("Node", |a, _| a.spec.node_name.clone()),
        Column::text("Attached", |a, _| a.status.as_ref().is_some_and(|s| s.attached).to_string()),
        Column::age(),
    ];

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        invalid.named("spec.attacher", &self.spec.attacher, name::driver);
        valid_source(&self.spec.source, invalid);
        invalid.ruled("spec.nodeName", &self.spec.node_name, name::subdomain);
        if let Some(status) = &self.status {
            let size =
                status.attachment_metadata.iter().flatten().map(|(k, v)| k.len() + v.len()).sum::<usize>();
            if size > METADATA_MAX {
                invalid.too_long("status.attachmentMetadata", METADATA_MAX);
            }
            for (field, error) in
                [("attachError", &status.attach_error), ("detachError", &status.detach_error)]
            {
                let Some(error) = error else { continue };
                if error.message.as_ref().is_some_and(|m| m.len() > MESSAGE_MAX) {
                    invalid.too_long(format!("status.{field}.message"), MESSAGE_MAX);
                }
                if let Some(code) = error.error_code.filter(|c| *c < 0) {
                    let why = "must be between 0 and 2147483647, inclusive";
                    invalid.value(format!("status.{field}.errorCode"), code, why);
                }
            }
        }
        if let Some(old) = old {
            invalid.kept("spec", &self.spec, &old.spec);
        }
    }
}

fn valid_source(source: &VolumeAttachmentSource, invalid: &mut Invalid) {
    let path = "spec.source";
    match (&source.persistent_volume_name, &source.inline_volume_spec) {
        (None, None) => invalid.required(path, ONE),
        (Some(_), Some(_)) => invalid.forbidden(path, ONE),
        (Some(volume), None) if volume.is_empty() => {
            invalid.required(
                format!("{path}.persistentVolumeName"),
                "must specify non empty persistentVolumeName",
            );
        }
        (Some(volume), None) => {
            invalid.ruled(format!("{path}.persistentVolumeName"), volume, name::subdomain);
        }
        (None, Some(spec)) => {
            persistent_volume::valid_inline(spec, &format!("{path}.inlineVolumeSpec"), invalid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{changed, findings, row};
    use serde_json::{Value, json};

    fn attachment(node: &str, source: &Value) -> Value {
        json!({"spec": {"attacher": "x.io", "nodeName": node, "source": source}})
    }

    #[test]
    fn each_finding_names_its_field() {
        let by_name = json!({"persistentVolumeName": "v"});
        assert_eq!(findings::<VolumeAttachment>(attachment("n", &by_name)), [""; 0]);
        assert_eq!(
            findings::<VolumeAttachment>(attachment("n", &json!({}))),
            [format!("spec.source: Required value: {ONE}")]
        );
        let inline = json!({"inlineVolumeSpec": {"capacity": {"storage": "1"}, "accessModes": ["ReadWriteOnce"],
            "nfs": {"server": "s", "path": "/"}}});
        assert_eq!(
            findings::<VolumeAttachment>(attachment("n", &inline)),
            [
                "spec.source.inlineVolumeSpec.capacity: Forbidden: may not be specified in the context of inline volumes",
                "spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes",
            ]
        );
        let found = changed::<VolumeAttachment>(attachment("n", &by_name), attachment("m", &by_name));
        assert!(found[0].starts_with("spec: Invalid value: {") && found[0].ends_with("field is immutable"));
        assert_eq!(
            row::<VolumeAttachment>(attachment("n", &by_name)),
            ["x.io", "v", "n", "false", "<unknown>"]
        );
    }
}
