//! What clients expect to find in discovery: kinds, their versions, names and parts.

use crate::asking::Asking;
use serde_json::Value;
use std::collections::BTreeMap;

/// A kind a line: its plural, the versions it is served in, its short names, its categories, its subresources.
const SURFACE: &str = "
    bindings v1 - - -
    componentstatuses v1 cs - -
    configmaps v1 cm - -
    endpoints v1 ep - -
    events v1,events.k8s.io/v1 ev - -
    limitranges v1 limits - -
    namespaces v1 ns - finalize,status
    nodes v1 no - proxy,status
    persistentvolumeclaims v1 pvc - status
    persistentvolumes v1 pv - status
    pods v1 po all attach,binding,ephemeralcontainers,eviction,exec,log,portforward,proxy,resize,status
    podtemplates v1 - - -
    replicationcontrollers v1 rc all scale,status
    resourcequotas v1 quota - status
    secrets v1 - - -
    serviceaccounts v1 sa - token
    services v1 svc all proxy,status
    controllerrevisions apps/v1,apps/v1beta2,apps/v1beta1 - - -
    daemonsets apps/v1,apps/v1beta2,extensions/v1beta1 ds all status
    deployments apps/v1,apps/v1beta2,apps/v1beta1,extensions/v1beta1 deploy all scale,status
    replicasets apps/v1,apps/v1beta2,extensions/v1beta1 rs all scale,status
    statefulsets apps/v1,apps/v1beta2,apps/v1beta1 sts all scale,status
    jobs batch/v1 - all status
    cronjobs batch/v1,batch/v1beta1 cj all status
    horizontalpodautoscalers autoscaling/v2,autoscaling/v1 hpa all status
    poddisruptionbudgets policy/v1,policy/v1beta1 pdb - status
    ingresses networking.k8s.io/v1,extensions/v1beta1 ing - status
    ingressclasses networking.k8s.io/v1 - - -
    networkpolicies networking.k8s.io/v1 netpol - -
    endpointslices discovery.k8s.io/v1 - - -
    leases coordination.k8s.io/v1 - - -
    priorityclasses scheduling.k8s.io/v1,scheduling.k8s.io/v1beta1,v1 pc - -
    storageclasses storage.k8s.io/v1 sc - -
    volumeattachments storage.k8s.io/v1 - - status
    csidrivers storage.k8s.io/v1 - - -
    csinodes storage.k8s.io/v1 - - -
    csistoragecapacities storage.k8s.io/v1 - - -
    runtimeclasses node.k8s.io/v1 - - -
    roles rbac.authorization.k8s.io/v1,rbac.authorization.k8s.io/v1beta1,rbac.authorization.k8s.io/v1alpha1 - - -
    rolebindings rbac.authorization.k8s.io/v1,rbac.authorization.k8s.io/v1beta1,rbac.authorization.k8s.io/v1alpha1 - - -
    clusterroles rbac.authorization.k8s.io/v1,rbac.authorization.k8s.io/v1beta1,rbac.authorization.k8s.io/v1alpha1 - - -
    clusterrolebindings rbac.authorization.k8s.io/v1,rbac.authorization.k8s.io/v1beta1,rbac.authorization.k8s.io/v1alpha1 - - -
    certificatesigningrequests certificates.k8s.io/v1 csr - approval,status
    podpresets settings.k8s.io/v1alpha1 - - -
    nodes metrics.k8s.io/v1beta1 - - -
    pods metrics.k8s.io/v1beta1 - - -
    customresourcedefinitions apiextensions.k8s.io/v1 crd,crds api-extensions status
    mutatingwebhookconfigurations admissionregistration.k8s.io/v1 - api-extensions -
    validatingwebhookconfigurations admissionregistration.k8s.io/v1 - api-extensions -
    validatingadmissionpolicies admissionregistration.k8s.io/v1 - api-extensions status
    validatingadmissionpolicybindings admissionregistration.k8s.io/v1 - api-extensions -
    tokenreviews authentication.k8s.io/v1 - - -
    selfsubjectreviews authentication.k8s.io/v1 - - -
    subjectaccessreviews authorization.k8s.io/v1 - - -
    localsubjectaccessreviews authorization.k8s.io/v1 - - -
    selfsubjectaccessreviews authorization.k8s.io/v1 - - -
    selfsubjectrulesreviews authorization.k8s.io/v1 - - -
";

fn words(list: &Value) -> String {
    let all: Vec<_> = list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if all.is_empty() { "-".into() } else { all.join(",") }
}

#[tokio::test]
async fn every_kind_is_found_by_every_name_and_with_every_part() {
    let it = Asking::new().await;
    let mut seen: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in SURFACE.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let [plural, versions, short, categories, parts] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        for (at, version) in versions.split(',').enumerate() {
            let root = if version == "v1" { "/api/v1".to_owned() } else { format!("/apis/{version}") };
            if !seen.contains_key(&root) {
                let found =
                    it.ask(&format!("GET {root}")).await.json()["resources"].as_array().unwrap().clone();
                seen.insert(root.clone(), found);
            }
            let resources = &seen[&root];
            let one =
                resources.iter().find(|r| r["name"] == plural).unwrap_or_else(|| panic!("{root} {plural}"));
            let inner = format!("{plural}/");
            let mut found: Vec<_> =
                resources.iter().filter_map(|r| r["name"].as_str()?.strip_prefix(&inner)).collect();
            found.sort_unstable();
            let found = if found.is_empty() { "-".into() } else { found.join(",") };
            assert_eq!(found, parts, "{root} {plural}");
            let stored = one["verbs"].as_array().unwrap().iter().any(|verb| verb == "watch");
            assert_eq!(one["storageVersionHash"].is_string(), stored, "{root} {plural}");
            if at == 0 {
                let said = (words(&one["shortNames"]), words(&one["categories"]));
                assert_eq!(said, (short.to_owned(), categories.to_owned()), "{root} {plural}");
                assert!(one["singularName"].as_str().is_some_and(|name| !name.is_empty()), "{one}");
            }
        }
    }
}
