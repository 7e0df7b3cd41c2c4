//! What an unmodified kubectl reads from the schemas.

use crate::{
    door::cluster,
    program::{Kubectl, text},
};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_explains_every_version() {
    let Some(kubectl) = Kubectl::over(cluster()).await else { return };
    let containers = kubectl.says("explain pods.spec.containers", "").await;
    for expected in [
        "VERSION:    v1",
        "FIELD: containers <[]Container>",
        "imagePullPolicy\t<string>",
        "name\t<string> -required-",
    ] {
        assert!(containers.contains(expected), "{expected}: {containers}");
    }
    let spec = kubectl.says("explain deploy.spec --recursive", "").await;
    for expected in [
        "GROUP:      apps",
        "strategy\t<DeploymentStrategy>",
        "topologySpreadConstraints\t<[]TopologySpreadConstraint>",
    ] {
        assert!(spec.contains(expected), "{expected}: {spec}");
    }
    let mut seen = BTreeSet::new();
    for served in shared_api::served().filter(|s| seen.insert(s.api_version())) {
        let version = format!("--api-version={}", served.api_version());
        let output =
            kubectl.start(&["explain", served.kind.plural, &version]).wait_with_output().await.unwrap();
        let said = text(&output.stdout);
        assert!(
            said.contains(&format!("KIND:       {}", served.kind.kind)),
            "{version}: {said}{}",
            text(&output.stderr)
        );
    }
    // The older language, in its protobuf form.
    let old = kubectl.says("explain ingresses.spec.rules --output=plaintext-openapiv2", "").await;
    assert!(old.contains("RESOURCE: rules <[]Object>") && old.contains("http\t<Object>"), "{old}");
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_has_fields_checked() {
    let Some(kubectl) = Kubectl::over(cluster()).await else { return };
    let wrong = r#"{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"replica": 2,
        "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "image": "i"}]}}}}"#;
    let refused = kubectl.run("apply --validate=strict -f -", wrong).await;
    assert!(text(&refused.stderr).contains(r#"unknown field "spec.replica""#), "{}", text(&refused.stderr));
    let typed = wrong.replace(r#""replica": 2"#, r#""replicas": "2""#);
    let refused = kubectl.run("create --validate=ignore -f -", &typed).await;
    let expected =
        "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32";
    assert!(text(&refused.stderr).contains(expected), "{}", text(&refused.stderr));
    let right = wrong.replace(r#""replica": 2"#, r#""replicas": 2"#);
    let dry = kubectl.says("create --dry-run=server -f -", &right).await;
    assert_eq!(dry, "deployment.apps/d created (server dry run)\n");
}
