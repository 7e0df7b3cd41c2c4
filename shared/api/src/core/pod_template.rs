//! Pod templates kept by name, for whoever stamps pods from them.

use crate::{
    Column, Invalid, Kind,
    apps::workload::{self, Templated},
    cells,
    metadata::valid_name,
    name,
};
pub use k8s_openapi::api::core::v1::PodTemplate;
use k8s_openapi::api::core::v1::PodTemplateSpec;

impl Kind for PodTemplate {
    const SHOWN_LAST: bool = true;
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Containers", |t, _| cells::names(workload::containers(t.template()))),
        Column::text("Images", |t, _| cells::images(workload::containers(t.template()))),
        Column::text("Pod Labels", |t, _| t.selector()),
    ];

    fn set_defaults(&mut self) {
        workload::complete(self.template.as_mut());
    }

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let nothing = PodTemplateSpec::default();
        workload::valid_template(self.template.as_ref().unwrap_or(&nothing), "template", invalid);
    }
}

impl Templated for PodTemplate {
    fn template(&self) -> Option<&PodTemplateSpec> {
        self.template.as_ref()
    }

    fn selector(&self) -> String {
        cells::labels(workload::labels(self.template()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{completed, findings, row};
    use serde_json::json;

    #[test]
    fn a_template_is_shown_by_its_containers() {
        let containers = json!([{"name": "a", "image": "x:1"}, {"name": "b", "image": "y"}]);
        let template =
            json!({"template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": containers}}});
        assert_eq!(row::<PodTemplate>(template.clone()), ["a,b", "x:1,y", "app=a"]);
        assert_eq!(findings::<PodTemplate>(template.clone()), [""; 0]);
        assert_eq!(completed::<PodTemplate>(template)["template"]["spec"]["dnsPolicy"], "ClusterFirst");
    }

    #[test]
    fn each_finding_names_its_field() {
        assert_eq!(findings::<PodTemplate>(json!({})), ["template.spec.containers: Required value"]);
    }
}
