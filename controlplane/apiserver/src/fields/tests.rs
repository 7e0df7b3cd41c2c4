//! Stories of owners: who writes what, who then owns what, and who is told no.
#![allow(clippy::needless_pass_by_value, reason = "a story reads better without ampersands")]

use super::*;
use serde_json::json;
use shared_api::{Timestamp, WriteHow};

/// An object and its owners.
struct Story {
    kind: &'static str,
    value: Value,
    managers: Managers,
    now: i64,
}

impl Story {
    fn of(group: &str, kind: &'static str) -> Self {
        let known = shared_api::of(group, kind).unwrap();
        let value = json!({"apiVersion": known.api_version, "kind": kind, "metadata": {"name": "a"}});
        Self { kind, value, managers: Managers::default(), now: 0 }
    }

    fn write(&mut self, name: &str, part: &str, operation: Operation) -> Write {
        self.now += 1;
        let group = self.value["apiVersion"].as_str().unwrap().split_once('/').map_or("", |(group, _)| group);
        let kind = shared_api::of(group, self.kind).unwrap();
        let how = WriteHow { manager: Some(name.into()), ..WriteHow::default() };
        Write::of(kind, part, &how, operation, "", Timestamp::from_second(self.now).unwrap())
    }

    /// Lays `patch` over the object, as an update by `name`.
    fn update(&mut self, name: &str, patch: Value) -> &mut Self {
        let mut new = self.value.clone();
        json_patch::merge(&mut new, &patch);
        let write = self.write(name, "", Operation::Update);
        self.managers = write.update(std::mem::take(&mut self.managers), &self.value, &new);
        self.value = new;
        self
    }

    fn try_apply(&mut self, name: &str, wanted: Value, force: bool) -> Result<(), String> {
        let mut applied =
            json!({"apiVersion": self.value["apiVersion"], "kind": self.kind, "metadata": {"name": "a"}});
        json_patch::merge(&mut applied, &wanted);
        let write = self.write(name, "", Operation::Apply);
        let done = write.apply(&self.value, &self.managers, &applied, force).map_err(|e| e.message)?;
        (self.value, self.managers) = (done.value, done.managers);
        Ok(())
    }

    fn apply(&mut self, name: &str, wanted: Value) -> &mut Self {
        self.try_apply(name, wanted, false).unwrap();
        self
    }

    fn owns(&self, name: &str) -> Value {
        let mut all = self.managers.0.iter().filter(|e| e.who.name == name);
        all.next().map_or(Value::Null, |entry| entry.fields.fields())
    }
}

fn container(name: &str, image: &str) -> Value {
    json!({"name": name, "image": image})
}

fn pods(containers: &[Value]) -> Value {
    json!({"spec": {"template": {"spec": {"containers": containers}}}})
}

#[test]
fn who_creates_owns_what_they_wrote() {
    let mut story = Story::of("", "Service");
    story.update(
        "kubectl-create",
        json!({"metadata": {"labels": {"a": "b"}, "uid": "u", "resourceVersion": "7", "generateName": "x"},
            "spec": {"selector": {"app": "x"}, "ports": [{"port": 80, "targetPort": 8080}]}}),
    );
    assert_eq!(
        story.owns("kubectl-create"),
        json!({"f:metadata": {"f:generateName": {}, "f:labels": {".": {}, "f:a": {}}},
            "f:spec": {
                "f:ports": {".": {}, "k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}, "f:targetPort": {}}},
                "f:selector": {}}})
    );
    let entry = serde_json::from_slice::<Value>(&story.managers.json().unwrap()).unwrap()[0].clone();
    assert_eq!(
        (&entry["operation"], &entry["apiVersion"], &entry["fieldsType"], &entry["time"]),
        (&json!("Update"), &json!("v1"), &json!("FieldsV1"), &json!("1970-01-01T00:00:01Z"))
    );
}

#[test]
fn what_is_written_at_once_is_what_an_update_from_nothing_says() {
    let meta = json!({"name": "a", "labels": {"b": "1", "a\"\\": "2"}, "finalizers": ["z/z", "a/a"], "uid": "u",
        "ownerReferences": [{"uid": "o", "name": "x"}], "annotations": {}});
    let containers = json!([container("b", "x"), {"name": "a", "env": [{"name": "E", "value": "1"}], "resources": {},
        "ports": [{"containerPort": 443}, {"containerPort": 80, "protocol": "UDP"}], "command": ["x"]}]);
    for (group, kind, rest) in [
        ("", "ConfigMap", json!({"data": {"a": "b"}})),
        ("", "ConfigMap", json!({"data": {}})),
        (
            "",
            "Pod",
            json!({"spec": {"containers": containers, "nodeSelector": {"a": "b"}}, "status": {"phase": "x"}}),
        ),
        (
            "",
            "Service",
            json!({"spec": {"ports": [{"port": 443}, {"port": 80, "protocol": "UDP"}], "clusterIP": null}}),
        ),
        (
            "apps",
            "Deployment",
            json!({"spec": {"template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": containers}},
            "selector": {"matchLabels": {}}, "strategy": {"rollingUpdate": {"maxSurge": 1}}, "replicas": 0}}),
        ),
        ("", "Secret", json!({"type": "Opaque"})),
        ("", "ServiceAccount", json!({})),
    ] {
        let mut story = Story::of(group, kind);
        let mut new = story.value.clone();
        json_patch::merge(&mut new, &rest);
        new["metadata"] = meta.clone();
        let write = story.write("me", "", Operation::Update);
        let slow = write.update(Managers::default(), &json!({}), &new).json();
        assert_eq!(write.fresh(&new).map(String::from_utf8), slow.map(String::from_utf8), "{kind}");
    }
}

#[test]
fn an_update_takes_what_it_changes_and_nothing_else() {
    let mut story = Story::of("", "ConfigMap");
    story
        .update("one", json!({"data": {"a": "1", "b": "1"}}))
        .update("two", json!({"data": {"b": "2", "c": "2"}}));
    assert_eq!(story.owns("one"), json!({"f:data": {".": {}, "f:a": {}}}));
    assert_eq!(story.owns("two"), json!({"f:data": {"f:b": {}, "f:c": {}}}));
    let before = story.managers.clone();
    assert_eq!(story.update("three", json!({"data": {"b": "2"}})).managers, before, "nothing changed");
    story.update("three", json!({"data": {"a": null}}));
    assert_eq!((story.owns("one"), story.owns("three")), (json!({"f:data": {}}), Value::Null));
    let written = before.json();
    assert_eq!(Managers::stored(written.as_deref()).json(), written);
}

#[test]
fn what_is_applied_by_two_is_shared_and_stays_until_both_let_go() {
    let mut story = Story::of("", "ConfigMap");
    story.apply("one", json!({"data": {"a": "1", "b": "1"}})).apply("two", json!({"data": {"b": "1"}}));
    assert_eq!(story.owns("one"), json!({"f:data": {"f:a": {}, "f:b": {}}}));
    assert_eq!(story.owns("two"), json!({"f:data": {"f:b": {}}}));
    story.apply("one", json!({"data": {"a": "1"}}));
    assert_eq!(story.value["data"], json!({"a": "1", "b": "1"}));
    story.apply("two", json!({}));
    assert_eq!(story.value["data"], json!({"a": "1"}));
    assert_eq!(story.owns("two"), Value::Null);
    let times: Vec<_> = story.managers.0.iter().map(|e| e.time).collect();
    story.apply("one", json!({"data": {"a": "1"}}));
    assert_eq!(story.managers.0.iter().map(|e| e.time).collect::<Vec<_>>(), times, "nothing changed");
}

#[test]
fn a_conflict_names_the_other_and_force_takes() {
    let mut story = Story::of("apps", "Deployment");
    story.update("kubectl-client-side-apply", json!({"spec": {"replicas": 2, "paused": true}}));
    let wanted = json!({"spec": {"replicas": 3}});
    assert_eq!(
        story.try_apply("me", wanted.clone(), false).unwrap_err(),
        r#"Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas"#
    );
    story.apply("you", json!({"spec": {"minReadySeconds": 1}}));
    assert_eq!(
        story.try_apply("me", json!({"spec": {"replicas": 3, "minReadySeconds": 2}}), false).unwrap_err(),
        "Apply failed with 2 conflicts: conflicts with \"kubectl-client-side-apply\" using apps/v1:\n- .spec.replicas\nconflicts with \"you\":\n- .spec.minReadySeconds"
    );
    story.try_apply("me", wanted, true).unwrap();
    assert_eq!(story.value["spec"]["replicas"], 3);
    assert_eq!(story.owns("kubectl-client-side-apply"), json!({"f:spec": {"f:paused": {}}}));
    assert_eq!(story.owns("me"), json!({"f:spec": {"f:replicas": {}}}));
}

#[test]
fn items_of_lists_merge_by_their_keys_and_keep_their_order() {
    let mut story = Story::of("apps", "Deployment");
    story.apply("one", pods(&[container("a", "x"), container("b", "x")]));
    story.apply("two", pods(&[container("side", "y")]));
    let names = |story: &Story| {
        let list = story.value.pointer("/spec/template/spec/containers").and_then(Value::as_array);
        list.into_iter().flatten().map(|c| c["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&story), ["a", "b", "side"]);
    story.apply("one", pods(&[container("c", "x"), container("b", "z")]));
    assert_eq!(names(&story), ["c", "b", "side"]);
    assert_eq!(story.value.pointer("/spec/template/spec/containers/1/image"), Some(&json!("z")));
    let duplicate = story.try_apply("one", pods(&[container("b", "x"), container("b", "z")]), false);
    assert!(
        duplicate
            .unwrap_err()
            .contains(r#".spec.template.spec.containers: duplicate entries for key [name="b"]"#)
    );
    let keyless = story.try_apply("one", pods(&[json!({"image": "x"})]), false);
    assert!(
        keyless
            .unwrap_err()
            .contains(".spec.template.spec.containers: element 0: associative list with keys")
    );
}

#[test]
fn sets_and_things_that_are_one_merge_as_they_are() {
    let mut story = Story::of("apps", "Deployment");
    let finalizers = |all: Value| json!({"metadata": {"finalizers": all}});
    story.apply("one", finalizers(json!(["a/a"]))).apply("two", finalizers(json!(["b/b"])));
    assert_eq!(story.value["metadata"]["finalizers"], json!(["a/a", "b/b"]));
    assert_eq!(story.owns("two"), json!({"f:metadata": {"f:finalizers": {"v:\"b/b\"": {}}}}));
    story.apply("one", json!({}));
    assert_eq!(story.value["metadata"]["finalizers"], json!(["b/b"]));
    let selector = |labels: Value| json!({"spec": {"selector": {"matchLabels": labels}}});
    story.apply("one", selector(json!({"a": "b"})));
    let refused = story.try_apply("two", selector(json!({"c": "d"})), false).unwrap_err();
    assert!(refused.ends_with(r#"conflict with "one": .spec.selector"#), "{refused}");
    story.try_apply("two", selector(json!({"c": "d"})), true).unwrap();
    assert_eq!(story.value["spec"]["selector"], json!({"matchLabels": {"c": "d"}}));
}

#[test]
fn what_is_not_applied_any_longer_goes_with_what_stands_in_it() {
    let mut story = Story::of("apps", "Deployment");
    let strategy = json!({"type": "RollingUpdate"});
    story.apply("me", json!({"spec": {"strategy": strategy, "replicas": 1}}));
    // What defaults added is nobody's, and goes with the struct it stands in.
    story.value["spec"]["strategy"]["rollingUpdate"] = json!({"maxSurge": 1});
    story.value["spec"]["revisionHistoryLimit"] = json!(10);
    story.apply("me", json!({"spec": {"replicas": 1}}));
    assert_eq!(story.value["spec"], json!({"replicas": 1, "revisionHistoryLimit": 10}));
    story.apply("me", pods(&[container("a", "x")]));
    story.update("hpa", json!({"spec": {"replicas": 7}}));
    story.apply("me", json!({}));
    assert_eq!(story.value["spec"], json!({"replicas": 7, "revisionHistoryLimit": 10}));
}

#[test]
fn a_status_is_nobodys_who_writes_the_object_and_unknown_fields_are_refused() {
    let mut story = Story::of("apps", "Deployment");
    story.apply("me", json!({"spec": {"replicas": 1}, "status": {"replicas": 4}}));
    assert_eq!(story.owns("me"), json!({"f:spec": {"f:replicas": {}}}));
    assert_eq!(
        story.try_apply("me", json!({"spec": {"replica": 1}}), false).unwrap_err(),
        "failed to create typed patch object (/a; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema"
    );
}

#[test]
fn what_kubectl_applied_from_the_client_it_may_apply_from_the_server() {
    let mut story = Story::of("apps", "Deployment");
    let last = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 2}}).to_string();
    let annotated = |last: &str| json!({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": last}}});
    story
        .update("kubectl-client-side-apply", json!({"spec": {"replicas": 2}}))
        .update("kubectl-client-side-apply", annotated(&last));
    assert!(story.try_apply("me", json!({"spec": {"replicas": 3}}), false).is_err());
    story.apply("kubectl", json!({"spec": {"replicas": 3}}));
    let now =
        story.value["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"].as_str();
    assert!(now.unwrap().contains(r#""replicas":3"#));
}

#[test]
fn the_oldest_updaters_are_remembered_together() {
    let mut story = Story::of("", "ConfigMap");
    for n in 0..15 {
        story.update(&format!("m{n}"), json!({"data": {format!("k{n}"): "v"}}));
    }
    assert_eq!(story.managers.0.len(), 10);
    let ancient = story.owns("ancient-changes");
    assert_eq!(ancient["f:data"].as_object().map(Map::len), Some(7), "{ancient}");
}

#[test]
fn a_name_is_the_first_word_of_the_client() {
    assert_eq!(name_of("kubectl/v1.35.0 (linux/amd64) kubernetes/abc"), "kubectl");
    assert_eq!(name_of(&"ä".repeat(100)).len(), LONGEST_NAME);
    assert_eq!(name_of("a\u{7}b/1"), "ab");
}
