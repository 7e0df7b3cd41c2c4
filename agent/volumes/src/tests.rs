use super::*;
use futures::executor::block_on;
use serde_json::json;
use std::{fs, os::unix::fs::PermissionsExt, sync::Mutex};

#[derive(Default)]
struct Shelf {
    token: Mutex<String>,
    maps: Mutex<Vec<ConfigMap>>,
    secrets: Mutex<Vec<Secret>>,
}

#[async_trait]
impl Lookup for Shelf {
    async fn config_map(&self, _: &str, name: &str) -> Result<Option<Arc<ConfigMap>>, String> {
        let maps = self.maps.lock().unwrap();
        Ok(maps.iter().find(|m| m.metadata.name.as_deref() == Some(name)).cloned().map(Arc::new))
    }
    async fn secret(&self, _: &str, name: &str) -> Result<Option<Arc<Secret>>, String> {
        let secrets = self.secrets.lock().unwrap();
        Ok(secrets.iter().find(|m| m.metadata.name.as_deref() == Some(name)).cloned().map(Arc::new))
    }
    async fn token(&self, pod: &Pod, wanted: &ServiceAccountTokenProjection) -> Result<String, String> {
        let audience = wanted.audience.as_deref().unwrap_or_default();
        let uid = pod.metadata.uid.as_deref().unwrap_or_default();
        Ok(format!("{} of {uid} for {audience}", self.token.lock().unwrap()))
    }
}

/// A directory of its own that goes with the test.
struct Room(PathBuf);

impl Room {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("dhow-volumes-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn pod(volumes: &serde_json::Value, mounts: &serde_json::Value) -> Pod {
    serde_json::from_value(json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop", "uid": "u1", "labels": {"app": "web"}},
        "spec": {"volumes": volumes, "containers": [{"name": "main", "volumeMounts": mounts}]}
    }))
    .unwrap()
}

fn map(value: &serde_json::Value) -> ConfigMap {
    serde_json::from_value(
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cfg"}, "data": value}),
    )
    .unwrap()
}

fn volumes(room: &Room) -> Volumes {
    Volumes::new(&room.0, Allocatable::default()).on_disk()
}

fn binds(volumes: &Volumes, pod: &Pod) -> Result<Vec<Bind>> {
    volumes.binds(pod, &pod.spec.as_ref().unwrap().containers[0], &|text| text.replace("$(POD)", "web"))
}

#[test]
fn a_config_map_is_published_and_exchanged_at_once() {
    let room = Room::new("publish");
    let (volumes, shelf) = (volumes(&room), Shelf::default());
    let pod = pod(
        &json!([{"name": "c", "configMap": {"name": "cfg"}}]),
        &json!([{"name": "c", "mountPath": "/etc/c"}]),
    );
    shelf.maps.lock().unwrap().push(map(&json!({"a": "1", "b": "2"})));
    block_on(volumes.mount(&pod, &shelf)).unwrap();
    let bind = binds(&volumes, &pod).unwrap().remove(0);
    assert!(bind.read_only, "what is published is replaced from outside");
    let dir = bind.source;
    assert_eq!(fs::read_to_string(dir.join("a")).unwrap(), "1");
    let before = fs::read_link(dir.join("..data")).unwrap();

    block_on(volumes.mount(&pod, &shelf)).unwrap();
    assert_eq!(fs::read_link(dir.join("..data")).unwrap(), before, "nothing changed, nothing is touched");

    shelf.maps.lock().unwrap()[0] = map(&json!({"a": "3", "d": "4"}));
    block_on(volumes.mount(&pod, &shelf)).unwrap();
    assert_eq!(fs::read_to_string(dir.join("a")).unwrap(), "3");
    assert_eq!(fs::read_to_string(dir.join("d")).unwrap(), "4");
    assert!(fs::symlink_metadata(dir.join("b")).is_err(), "b is gone");
    assert!(!dir.join(before).exists(), "the old set is removed");

    volumes.unmount("u1").unwrap();
    assert!(!volumes.held("u1"));
    volumes.unmount("u1").unwrap();
}

#[test]
fn items_and_modes_are_honoured() {
    let room = Room::new("items");
    let (volumes, shelf) = (volumes(&room), Shelf::default());
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": "cGFzcw==", "x": "eA=="}});
    shelf.secrets.lock().unwrap().push(serde_json::from_value(secret).unwrap());
    let pod = pod(
        &json!([{"name": "s", "secret": {"secretName": "s", "defaultMode": 0o600, "items": [
            {"key": "k", "path": "deep/pass"}, {"key": "x", "path": "x", "mode": 0o400}]}}]),
        &json!([{"name": "s", "mountPath": "/s"}]),
    );
    block_on(volumes.mount(&pod, &shelf)).unwrap();
    let dir = binds(&volumes, &pod).unwrap().remove(0).source;
    let mode = |name: &str| fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("deep/pass"), mode("x")), (0o600, 0o400));
    assert_eq!(fs::read(dir.join("deep/pass")).unwrap(), b"pass");
}

#[test]
fn what_cannot_be_mounted_says_why() {
    let room = Room::new("errors");
    let (volumes, shelf) = (volumes(&room), Shelf::default());
    shelf.maps.lock().unwrap().push(map(&json!({"a": "1"})));
    for (volume, expected) in [
        (json!({"name": "v", "configMap": {"name": "none"}}), "volume \"v\" : configmap \"none\" not found"),
        (json!({"name": "v", "secret": {"secretName": "none"}}), "volume \"v\" : secret \"none\" not found"),
        (
            json!({"name": "v", "configMap": {"name": "cfg", "items": [{"key": "z", "path": "z"}]}}),
            "non-existent configmap key: z",
        ),
        (
            json!({"name": "v", "configMap": {"name": "cfg", "items": [{"key": "a", "path": "../z"}]}}),
            "stay inside",
        ),
        (
            json!({"name": "v", "persistentVolumeClaim": {"claimName": "x"}}),
            "is of type persistentVolumeClaim",
        ),
        (
            json!({"name": "v", "projected": {"sources": [{"clusterTrustBundle": {"path": "t"}}]}}),
            "clusterTrustBundle is not available",
        ),
        (
            json!({"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "../t"}}]}}),
            "stay inside",
        ),
        (
            json!({"name": "v", "hostPath": {"path": "/nowhere/at/all", "type": "Directory"}}),
            "/nowhere/at/all does not exist",
        ),
        (json!({"name": "v", "hostPath": {"path": "/proc", "type": "File"}}), "/proc is not a file"),
    ] {
        let pod = pod(&json!([volume]), &json!([]));
        let said = block_on(volumes.mount(&pod, &shelf)).unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn what_is_optional_may_be_missing() {
    let room = Room::new("optional");
    let (volumes, shelf) = (volumes(&room), Shelf::default());
    let pod = pod(
        &json!([{"name": "p", "projected": {"sources": [
            {"configMap": {"name": "none", "optional": true}},
            {"downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}}]}}]),
        &json!([{"name": "p", "mountPath": "/p"}]),
    );
    block_on(volumes.mount(&pod, &shelf)).unwrap();
    let dir = binds(&volumes, &pod).unwrap().remove(0).source;
    assert_eq!(fs::read_to_string(dir.join("labels")).unwrap(), "app=\"web\"");
}

#[test]
fn a_newer_token_takes_the_place_of_the_old() {
    let room = Room::new("token");
    let (volumes, shelf) = (volumes(&room), Shelf::default());
    let token = json!({"serviceAccountToken": {"audience": "vault", "path": "in/token"}});
    let pod = pod(
        &json!([{"name": "p", "projected": {"sources": [token]}}]),
        &json!([{"name": "p", "mountPath": "/p"}]),
    );
    for token in ["first", "second"] {
        *shelf.token.lock().unwrap() = token.into();
        block_on(volumes.mount(&pod, &shelf)).unwrap();
        let dir = binds(&volumes, &pod).unwrap().remove(0).source;
        let read = fs::read_to_string(dir.join("in/token")).unwrap();
        assert_eq!(read, format!("{token} of u1 for vault"));
    }
}

#[test]
fn a_part_of_a_volume_stays_inside_it() {
    let room = Room::new("sub");
    let (volumes, shelf) = (volumes(&room), Shelf::default());
    let with = |mount: serde_json::Value| pod(&json!([{"name": "e", "emptyDir": {}}]), &json!([mount]));
    let fine = with(json!({"name": "e", "mountPath": "/e", "subPathExpr": "logs/$(POD)", "readOnly": true}));
    block_on(volumes.mount(&fine, &shelf)).unwrap();
    let bind = binds(&volumes, &fine).unwrap().remove(0);
    assert!(bind.source.ends_with("e/logs/web") && bind.source.is_dir() && bind.read_only);

    let base = room.0.join("u1/volumes/kubernetes.io~empty-dir/e");
    assert_eq!(fs::metadata(&base).unwrap().permissions().mode() & 0o777, 0o777);
    std::os::unix::fs::symlink("/etc", base.join("out")).unwrap();
    for bad in ["out", "out/passwd", "../x", "/etc"] {
        let said = binds(&volumes, &with(json!({"name": "e", "mountPath": "/e", "subPath": bad})));
        assert!(said.is_err(), "{bad}");
    }
}

#[test]
#[ignore = "needs root, to mount"]
fn memory_is_mounted_and_unmounted() {
    let room = Room::new("tmpfs");
    let volumes = Volumes::new(&room.0, Allocatable::default());
    let pod = pod(
        &json!([{"name": "m", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}]),
        &json!([{"name": "m", "mountPath": "/m"}]),
    );
    block_on(volumes.mount(&pod, &Shelf::default())).unwrap();
    block_on(volumes.mount(&pod, &Shelf::default())).unwrap();
    let dir = binds(&volumes, &pod).unwrap().remove(0).source;
    let table = || fs::read_to_string("/proc/self/mountinfo").unwrap();
    let at = |text: &str| text.lines().filter(|l| l.contains(dir.to_str().unwrap())).count();
    assert_eq!(at(&table()), 1);
    volumes.unmount("u1").unwrap();
    assert_eq!(at(&table()), 0);
}
