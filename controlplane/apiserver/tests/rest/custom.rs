//! Kinds that the cluster defines: asked directly, and by an unmodified kubectl.

use crate::{
    asking::{Answer, Asking},
    open::Open,
    program::{Kubectl, text},
};
use serde_json::{Value, json};

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// The definition that Kubernetes' own pages begin with, and some more.
pub(crate) fn crontabs(group: &str) -> Value {
    let schema = json!({"type": "object", "description": "A job, and when it runs.", "properties": {
        "spec": {"type": "object", "description": "What is wanted.", "required": ["cronSpec"], "properties": {
            "cronSpec": {"type": "string", "pattern": "^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$",
                "description": "When it runs."},
            "image": {"type": "string", "default": "busybox"},
            "replicas": {"type": "integer", "minimum": 0, "maximum": 10},
            "ports": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                "items": {"type": "object", "required": ["name"], "properties": {
                    "name": {"type": "string"}, "port": {"x-kubernetes-int-or-string": true}}}},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}},
        "status": {"type": "object", "properties": {"replicas": {"type": "integer"},
            "labelSelector": {"type": "string"}}}}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("crontabs.{group}")},
        "spec": {
            "group": group, "scope": "Namespaced",
            "names": {"plural": "crontabs", "singular": "crontab", "kind": "CronTab", "shortNames": ["ct"],
                "categories": ["jobs"]},
            "versions": [{
                "name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema},
                "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.replicas",
                    "statusReplicasPath": ".status.replicas", "labelSelectorPath": ".status.labelSelector"}},
                "selectableFields": [{"jsonPath": ".spec.image"}],
                "additionalPrinterColumns": [
                    {"name": "Spec", "type": "string", "jsonPath": ".spec.cronSpec"},
                    {"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas"},
                    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}],
            }],
        },
    })
}

fn crontab(group: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": format!("{group}/v1"), "kind": "CronTab", "metadata": {"name": name}, "spec": spec})
}

/// A server with the definition, and where its objects are.
async fn with_crontabs(group: &str) -> (Asking, String) {
    let it = Asking::new().await;
    let made = it.with(&format!("POST {DEFINITIONS}"), &[], &crontabs(group).to_string()).await;
    assert_eq!(made.code, 201, "{}", made.text);
    (it, format!("/apis/{group}/v1/namespaces/default/crontabs"))
}

impl Asking {
    async fn send(&self, line: &str, body: &Value) -> Answer {
        let media = match line.split(' ').next() {
            Some("PATCH") => "application/merge-patch+json",
            _ => "application/json",
        };
        self.with(line, &[("content-type", media)], &body.to_string()).await
    }
}

#[tokio::test]
async fn a_definition_is_established_by_the_write_that_brings_it() {
    let group = "established.example.com";
    let it = Asking::new().await;
    let made = it.send(&format!("POST {DEFINITIONS}"), &crontabs(group)).await.json();
    let condition = |which: &str| {
        let all = made["status"]["conditions"].as_array().unwrap();
        all.iter().find(|c| c["type"] == which).unwrap()["status"].clone()
    };
    assert_eq!((condition("NamesAccepted"), condition("Established")), (json!("True"), json!("True")));
    assert_eq!(made["status"]["storedVersions"], json!(["v1"]));
    assert_eq!(made["status"]["acceptedNames"]["listKind"], "CronTabList");
    assert_eq!(made["metadata"]["finalizers"], json!(["customresourcecleanup.apiextensions.k8s.io"]));
    let resources = it.ask(&format!("GET /apis/{group}/v1")).await.json()["resources"].clone();
    let names: Vec<_> = resources.as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["crontabs", "crontabs/scale", "crontabs/status"]);
    assert_eq!(resources[0]["shortNames"], json!(["ct"]));
    assert!(it.ask("GET /apis").await.text.contains(group));
    let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    assert!(it.accepting("GET /apis", aggregated).await.text.contains("\"singularResource\":\"crontab\""));
    // Names that are taken are not given twice.
    let mut other = crontabs(group);
    other["metadata"]["name"] = json!(format!("others.{group}"));
    other["spec"]["names"] = json!({"plural": "others", "singular": "other", "kind": "CronTab"});
    let clash = it.send(&format!("POST {DEFINITIONS}"), &other).await.json();
    let reasons = clash["status"]["conditions"].to_string();
    assert!(reasons.contains("KindConflict") && reasons.contains("NotAccepted"), "{reasons}");
    assert_eq!(it.ask(&format!("GET /apis/{group}/v1/others")).await.code, 404);
}

#[tokio::test]
async fn a_kind_that_is_open_at_its_root_names_no_fields_to_older_clients() {
    let group = "open.example.com";
    let it = Asking::new().await;
    let mut open = crontabs(group);
    open["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["x-kubernetes-preserve-unknown-fields"] =
        json!(true);
    assert_eq!(it.send(&format!("POST {DEFINITIONS}"), &open).await.code, 201);
    let two = it.ask("GET /openapi/v2").await.json();
    let meaning = json!([{"group": group, "version": "v1", "kind": "CronTab"}]);
    assert_eq!(
        two["definitions"]["com.example.open.v1.CronTab"],
        json!({"type": "object", "x-kubernetes-group-version-kind": meaning})
    );
    let three = it.ask(&format!("GET /openapi/v3/apis/{group}/v1")).await.json();
    let said = &three["components"]["schemas"]["com.example.open.v1.CronTab"];
    assert_eq!(said["properties"]["spec"]["description"], "What is wanted.");
}

#[tokio::test]
async fn objects_are_pruned_completed_and_checked() {
    let group = "objects.example.com";
    let (it, path) = with_crontabs(group).await;
    let made = it
        .send(
            &format!("POST {path}"),
            &crontab(group, "a", &json!({"cronSpec": "* * * * *", "odd": 1, "free": {"x": [1]}})),
        )
        .await;
    assert_eq!(made.code, 201, "{}", made.text);
    assert_eq!(made.headers["warning"], r#"299 - "unknown field \"spec.odd\"""#);
    let made = made.json();
    assert_eq!(made["spec"], json!({"cronSpec": "* * * * *", "image": "busybox", "free": {"x": [1]}}));
    assert_eq!((&made["metadata"]["generation"], made.get("status")), (&json!(1), None));
    let strict = crontab(group, "b", &json!({"cronSpec": "* * * * *", "odd": 1}));
    let refused = it.send(&format!("POST {path}?fieldValidation=Strict"), &strict).await;
    assert_eq!(
        (refused.code, refused.json()["message"].as_str().unwrap()),
        (
            400,
            r#"CronTab in version "v1" cannot be handled as a CronTab: strict decoding error: unknown field "spec.odd""#
        )
    );
    for (spec, said) in [
        (
            json!({"cronSpec": "* * * * *", "replicas": "string"}),
            r#"spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string""#,
        ),
        (json!({}), "spec.cronSpec: Required value"),
        (
            json!({"cronSpec": "* * * * *", "replicas": 11}),
            "spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10",
        ),
    ] {
        let refused = it.send(&format!("POST {path}"), &crontab(group, "b", &spec)).await;
        let expected = format!("CronTab.{group} \"b\" is invalid: {said}");
        assert_eq!((refused.code, refused.json()["message"].as_str().unwrap()), (422, expected.as_str()));
    }
    // Only what its author wants counts as another generation.
    let patched = it.send(&format!("PATCH {path}/a"), &json!({"spec": {"replicas": 2}})).await.json();
    assert_eq!((&patched["metadata"]["generation"], &patched["spec"]["replicas"]), (&json!(2), &json!(2)));
    let told = json!({"status": {"replicas": 1, "labelSelector": "a=b", "odd": 1}, "spec": {"replicas": 9}});
    let told = it.send(&format!("PATCH {path}/a/status"), &told).await.json();
    assert_eq!(told["status"], json!({"replicas": 1, "labelSelector": "a=b"}));
    assert_eq!((&told["metadata"]["generation"], &told["spec"]["replicas"]), (&json!(2), &json!(2)));
    let ignored = it.send(&format!("PATCH {path}/a"), &json!({"status": {"replicas": 7}})).await.json();
    assert_eq!(ignored["status"]["replicas"], 1);
    let strategic = "application/strategic-merge-patch+json";
    let refused = it.with(&format!("PATCH {path}/a"), &[("content-type", strategic)], "{}").await;
    assert_eq!(refused.code, 415);
}

#[tokio::test]
async fn a_scale_is_where_the_definition_says() {
    let group = "scale.example.com";
    let (it, path) = with_crontabs(group).await;
    let spec = json!({"cronSpec": "* * * * *", "replicas": 2});
    it.send(&format!("POST {path}"), &crontab(group, "a", &spec)).await;
    it.send(&format!("PATCH {path}/a/status"), &json!({"status": {"replicas": 1, "labelSelector": "a=b"}}))
        .await;
    let mut scale = it.ask(&format!("GET {path}/a/scale")).await.json();
    assert_eq!(
        (&scale["spec"], &scale["status"]),
        (&json!({"replicas": 2}), &json!({"replicas": 1, "selector": "a=b"}))
    );
    scale["spec"]["replicas"] = json!(5);
    assert_eq!(it.send(&format!("PUT {path}/a/scale"), &scale).await.json()["spec"]["replicas"], 5);
    assert_eq!(it.ask(&format!("GET {path}/a")).await.json()["spec"]["replicas"], 5);
    scale["spec"]["replicas"] = json!(11);
    let refused = it.send(&format!("PUT {path}/a/scale"), &scale).await;
    assert!(
        refused.code == 409 || refused.text.contains("should be less than or equal to 10"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn tables_and_field_selectors_follow_the_definition() {
    let group = "tables.example.com";
    let (it, path) = with_crontabs(group).await;
    for (name, image) in [("a", "x"), ("b", "y")] {
        let spec = json!({"cronSpec": "* * * * *", "replicas": 2, "image": image});
        it.send(&format!("POST {path}"), &crontab(group, name, &spec)).await;
    }
    let table =
        it.accepting(&format!("GET {path}"), "application/json;as=Table;v=v1;g=meta.k8s.io").await.json();
    let columns: Vec<_> =
        table["columnDefinitions"].as_array().unwrap().iter().map(|c| c["type"].clone()).collect();
    assert_eq!(columns, ["string", "string", "integer", "date"]);
    assert_eq!(
        table["rows"][0]["cells"].as_array().unwrap()[..3],
        [json!("a"), json!("* * * * *"), json!(2)]
    );
    assert_eq!(it.ask(&format!("GET {path}?fieldSelector=spec.image%3Dy")).await.names(), ["b"]);
    let refused = it.ask(&format!("GET {path}?fieldSelector=spec.replicas%3D2")).await;
    assert_eq!(
        (refused.code, refused.json()["message"].as_str().unwrap()),
        (400, "field label not supported: spec.replicas")
    );
    let one = it
        .accepting(&format!("GET {path}/a"), "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io")
        .await;
    assert_eq!(one.json()["kind"], "PartialObjectMetadata");
}

#[tokio::test]
async fn what_is_stored_is_shown_as_the_definition_has_it_now() {
    let group = "later.example.com";
    let (it, path) = with_crontabs(group).await;
    it.send(&format!("POST {path}"), &crontab(group, "a", &json!({"cronSpec": "* * * * *"}))).await;
    let mut next = crontabs(group);
    let versions = &mut next["spec"]["versions"];
    versions[0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["new"] =
        json!({"type": "string", "default": "filled in"});
    let mut second = versions[0].clone();
    (second["name"], second["storage"], versions[0]["storage"]) = (json!("v2"), json!(true), json!(false));
    versions[0]["deprecated"] = json!(true);
    versions.as_array_mut().unwrap().push(second);
    let own = format!("{DEFINITIONS}/crontabs.{group}");
    let updated = it.send(&format!("PUT {own}"), &next).await;
    assert_eq!(updated.json()["status"]["storedVersions"], json!(["v1", "v2"]), "{}", updated.text);
    let first = it.ask(&format!("GET {path}/a")).await;
    assert_eq!(first.json()["spec"]["new"], "filled in");
    assert_eq!(first.headers["warning"], format!("299 - \"{group}/v1 CronTab is deprecated\""));
    let newer = path.replace("/v1/", "/v2/");
    let second = it.ask(&format!("GET {newer}/a")).await.json();
    assert_eq!(
        (&second["apiVersion"], &second["spec"]["new"]),
        (&json!(format!("{group}/v2")), &json!("filled in"))
    );
    // A write of nothing new brings it into the version things are stored in now.
    let before = second["metadata"]["resourceVersion"].clone();
    let written = it.send(&format!("PUT {newer}/a"), &second).await.json();
    assert_ne!(written["metadata"]["resourceVersion"], before);
    assert_eq!(written["metadata"]["generation"], 2);
    let preferred = it.ask(&format!("GET /apis/{group}")).await.json()["preferredVersion"]["version"].clone();
    assert_eq!(preferred, "v2");
}

#[tokio::test]
async fn appliers_share_a_list_by_its_keys() {
    let group = "apply.example.com";
    let (it, path) = with_crontabs(group).await;
    let apply = |manager: &'static str, ports: Value, cron: Option<&'static str>| {
        let mut spec = json!({"ports": ports});
        if let Some(cron) = cron {
            spec["cronSpec"] = json!(cron);
        }
        let body = crontab(group, "a", &spec).to_string();
        let line = format!("PATCH {path}/a?fieldManager={manager}");
        let it = &it;
        async move { it.with(&line, &[("content-type", "application/apply-patch+yaml")], &body).await }
    };
    let made = apply("one", json!([{"name": "a", "port": 1}]), Some("* * * * *")).await;
    assert_eq!(made.code, 201, "{}", made.text);
    let second = apply("two", json!([{"name": "b", "port": "http"}]), None).await;
    assert_eq!(
        second.json()["spec"]["ports"],
        json!([{"name": "a", "port": 1}, {"name": "b", "port": "http"}]),
        "{}",
        second.text
    );
    let clash = apply("two", json!([{"name": "a", "port": 2}]), None).await;
    assert_eq!(clash.code, 409);
    assert!(clash.text.contains(r#".spec.ports[name=\"a\"].port"#), "{}", clash.text);
    let gone = apply("one", json!([]), Some("* * * * *")).await.json();
    assert_eq!(gone["spec"]["ports"], json!([{"name": "b", "port": "http"}]));
    let odd = it
        .with(
            &format!("PATCH {path}/a?fieldManager=one"),
            &[("content-type", "application/apply-patch+yaml")],
            &crontab(group, "a", &json!({"odd": 1})).to_string(),
        )
        .await;
    assert_eq!(
        odd.json()["message"],
        "failed to create typed patch object (/a; apply.example.com/v1, Kind=CronTab): .spec.odd: field not declared in schema"
    );
}

#[tokio::test]
async fn who_applies_a_status_owns_nothing_but_the_status() {
    let group = "status.example.com";
    let (it, path) = with_crontabs(group).await;
    it.send(&format!("POST {path}"), &crontab(group, "a", &json!({"cronSpec": "* * * * *"}))).await;
    let mut told = crontab(group, "a", &json!({"replicas": 3}));
    told["metadata"]["labels"] = json!({"a": "b"});
    told["status"] = json!({"replicas": 1});
    let media = [("content-type", "application/apply-patch+yaml")];
    let line = format!("PATCH {path}/a/status?fieldManager=me");
    let told = it.with(&line, &media, &told.to_string()).await.json();
    let entries = told["metadata"]["managedFields"].as_array().unwrap();
    let mine = entries.iter().find(|entry| entry["manager"] == "me").unwrap();
    assert_eq!(mine["fieldsV1"], json!({"f:status": {"f:replicas": {}}}));
    assert_eq!((&told["metadata"].get("labels"), &told["spec"].get("replicas")), (&None, &None));
}

#[tokio::test]
async fn a_definition_that_is_being_deleted_takes_nothing_new() {
    let group = "leaving.example.com";
    let (it, path) = with_crontabs(group).await;
    it.send(&format!("POST {path}"), &crontab(group, "a", &json!({"cronSpec": "* * * * *"}))).await;
    let own = format!("{DEFINITIONS}/crontabs.{group}");
    let going = it.ask(&format!("DELETE {own}")).await.json();
    assert!(going["metadata"]["deletionTimestamp"].is_string(), "{going}");
    let late =
        it.send(&format!("POST {path}"), &crontab(group, "b", &json!({"cronSpec": "* * * * *"}))).await;
    assert_eq!(late.code, 405, "{}", late.text);
    assert_eq!(it.ask(&format!("GET {path}")).await.names(), ["a"]);
    assert_eq!(it.ask(&format!("DELETE {path}/a")).await.code, 200);
    let released = it.send(&format!("PATCH {own}"), &json!({"metadata": {"finalizers": null}})).await;
    assert_eq!(released.code, 200, "{}", released.text);
    assert_eq!(it.ask(&format!("GET {path}")).await.code, 404);
    assert_eq!(it.ask(&format!("GET /apis/{group}")).await.code, 404);
}

#[tokio::test]
async fn a_watch_ends_when_its_kind_is_defined_anew() {
    let group = "watched.example.com";
    let (it, path) = with_crontabs(group).await;
    let own = format!("{DEFINITIONS}/crontabs.{group}");
    let watching = it.open(&format!("GET {path}?watch=true"), &[], "").await;
    it.send(&format!("POST {path}"), &crontab(group, "a", &json!({"cronSpec": "* * * * *"}))).await;
    // What a definition says of itself is another matter.
    let told = it.send(&format!("PATCH {own}"), &json!({"metadata": {"labels": {"a": "b"}}})).await;
    assert_eq!(told.code, 200, "{}", told.text);
    it.send(&format!("POST {path}"), &crontab(group, "b", &json!({"cronSpec": "* * * * *"}))).await;
    let wider =
        json!({"spec": {"names": {"plural": "crontabs", "kind": "CronTab", "shortNames": ["ct", "ctab"]}}});
    let wider = it.send(&format!("PATCH {own}"), &wider).await;
    assert_eq!(wider.code, 200, "{}", wider.text);
    // It ends by itself, and says nothing out of turn: whoever goes on from there misses nothing.
    let said = http_body_util::BodyExt::collect(watching.into_body()).await.unwrap().to_bytes();
    let said = String::from_utf8_lossy(&said).into_owned();
    let names: Vec<_> = said
        .lines()
        .map(|l| serde_json::from_str::<Value>(l).unwrap()["object"]["metadata"]["name"].clone())
        .collect();
    assert!(names == ["a"] || names == ["a", "b"], "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_knows_a_kind_as_soon_as_it_is_defined() {
    let group = "kubectl.example.com";
    let router = controlplane_apiserver::rest::router(Open::server().await);
    let Some(kubectl) = Kubectl::at(router).await else { return };
    let definition = crontabs(group).to_string();
    assert!(kubectl.says("apply -f -", &definition).await.contains("created"));
    assert!(kubectl.says("apply -f -", &definition).await.contains("unchanged"));
    let waited = kubectl
        .says(&format!("wait --for=condition=Established crd/crontabs.{group} --timeout=20s"), "")
        .await;
    assert!(waited.contains("condition met"), "{waited}");
    let spec = json!({"cronSpec": "*/5 * * * *", "replicas": 1});
    let mine = crontab(group, "mine", &spec).to_string();
    assert_eq!(kubectl.says("apply -f -", &mine).await, format!("crontab.{group}/mine created\n"));
    assert_eq!(kubectl.says("apply -f -", &mine).await, format!("crontab.{group}/mine unchanged\n"));
    let changed = mine.replace("\"replicas\":1", "\"replicas\":3");
    assert_eq!(kubectl.says("apply -f -", &changed).await, format!("crontab.{group}/mine configured\n"));
    let table = kubectl.says("get ct", "").await;
    let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(lines.next().unwrap(), ["NAME", "SPEC", "REPLICAS", "AGE"]);
    assert_eq!(lines.next().unwrap()[..7], ["mine", "*/5", "*", "*", "*", "*", "3"]);
    assert!(kubectl.says("get jobs,crontabs -o name", "").await.contains("mine"));
    assert_eq!(
        kubectl.says("scale --replicas=5 crontab/mine", "").await,
        format!("crontab.{group}/mine scaled\n")
    );
    assert_eq!(kubectl.says("get crontab mine -o jsonpath={.spec.replicas}", "").await, "5");
    let explained = kubectl.says("explain crontabs.spec", "").await;
    for expected in [
        "GROUP:      kubectl.example.com",
        "cronSpec\t<string> -required-",
        "When it runs.",
        "ports\t<[]Object>",
    ] {
        assert!(explained.contains(expected), "{expected}: {explained}");
    }
    let old = kubectl.says("explain crontabs --output=plaintext-openapiv2", "").await;
    assert!(old.contains("A job, and when it runs."), "{old}");
    let typo = mine.replace("cronSpec", "cronSpek");
    let refused = kubectl.run("apply --validate=strict -f -", &typo).await;
    assert!(text(&refused.stderr).contains(r#"unknown field "spec.cronSpek""#), "{}", text(&refused.stderr));
    let server = kubectl.says("apply --server-side --force-conflicts -f -", &mine).await;
    assert_eq!(server, format!("crontab.{group}/mine serverside-applied\n"));
    let merged = kubectl.start(&["patch", "ct", "mine", "--type=merge", "-p", r#"{"spec":{"image":"z"}}"#]);
    assert!(merged.wait_with_output().await.unwrap().status.success());
    let strategic = kubectl.start(&["patch", "ct", "mine", "-p", r#"{"spec":{"image":"z"}}"#]);
    assert!(text(&strategic.wait_with_output().await.unwrap().stderr).contains("unknown format"));
    assert!(kubectl.says("label ct mine a=b", "").await.contains("labeled"));
    assert!(kubectl.says("describe ct mine", "").await.contains("Cron Spec:"));
    assert!(kubectl.says("api-resources", "").await.contains("crontabs"));
    assert!(kubectl.says("delete ct mine", "").await.contains("deleted"));
    let listed = kubectl.says("get crd", "").await;
    assert!(listed.contains("CREATED AT") && listed.contains(&format!("crontabs.{group}")), "{listed}");
    assert!(
        kubectl
            .says("explain crd.spec.versions.schema.openAPIV3Schema", "")
            .await
            .contains("x-kubernetes-int-or-string")
    );
}
