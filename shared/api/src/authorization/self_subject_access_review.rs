//! Self subject access reviews: may I do this?

use crate::{Invalid, Kind};
pub use k8s_openapi::api::authorization::v1::SelfSubjectAccessReview;

impl Kind for SelfSubjectAccessReview {
    const VERBS: &'static [&'static str] = crate::kind::QUESTION;
    const DURABLE: bool = false;

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        let spec = &self.spec;
        super::asks_one_thing(
            spec.resource_attributes.as_ref(),
            spec.non_resource_attributes.as_ref(),
            invalid,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::findings;
    use serde_json::json;

    #[test]
    fn one_thing_is_asked_at_a_time() {
        let (resource, path) =
            (json!({"verb": "get", "resource": "pods"}), json!({"verb": "get", "path": "/x"}));
        assert_eq!(
            findings::<SelfSubjectAccessReview>(json!({"spec": {}})),
            [
                "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"
            ]
        );
        let both = json!({"spec": {"resourceAttributes": resource, "nonResourceAttributes": path}});
        assert!(
            findings::<SelfSubjectAccessReview>(both)[0].contains("in combination with resourceAttributes")
        );
        let one = json!({"spec": {"resourceAttributes": resource}});
        assert_eq!(findings::<SelfSubjectAccessReview>(one), [""; 0]);
    }

    #[test]
    fn somebody_is_asked_about_in_the_namespace_of_the_question() {
        use crate::authorization::LocalSubjectAccessReview;
        let asked = json!({"metadata": {"namespace": "a"}, "spec": {"resourceAttributes": {"namespace": "b", "verb": "get"}}});
        let found = findings::<LocalSubjectAccessReview>(asked);
        assert_eq!(
            found,
            [
                r#"spec.user: Invalid value: "": at least one of user or group must be specified"#,
                r#"spec.resourceAttributes.namespace: Invalid value: "b": must match metadata.namespace"#,
            ]
        );
    }
}
