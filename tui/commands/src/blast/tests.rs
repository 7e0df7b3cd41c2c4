use super::*;
use crate::grammar::parse_line;
use serde_json::{Value, json};
use shared_api::OwnedBy;
use shared_testkit::*;

fn of(value: &Value) -> Object {
    Object::from_value(value).unwrap()
}

fn shop() -> Vec<Object> {
    let (web, set) = (deployment("web", 3), replica_set("web-1", 3).owned_by(&deployment("web", 3)));
    let pod = |name: &str| pod(name).labelled("app", "web").on("n1").ready().owned_by(&set);
    let of_policy = |kind: &str, spec: Value| {
        json!({"apiVersion": "policy/v1", "kind": kind,
        "metadata": {"name": "web", "namespace": "default", "uid": "b"}, "spec": spec,
        "status": {"disruptionsAllowed": 1}})
    };
    vec![
        object(&node("n1").cpu("4").ready()),
        object(&web),
        object(&set),
        object(&pod("web-1-a")),
        object(&pod("web-1-b")),
        object(&pod("web-1-c").unready()),
        {
            let mut web = service("web").port("http", 80, 8080);
            web.metadata.uid = Some("s".into());
            object(&web)
        },
        object(&config_map("settings")),
        of(&of_policy(
            "PodDisruptionBudget",
            json!({"selector": {"matchLabels": {"app": "web"}}, "minAvailable": 2}),
        )),
        of(&json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": "front", "namespace": "default", "uid": "i"},
            "spec": {"defaultBackend": {"service": {"name": "web"}}}})),
        of(&json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "alone", "namespace": "default", "uid": "alone"},
            "spec": {"nodeName": "n1", "containers": [{"name": "a", "envFrom": [{"configMapRef": {"name": "settings"}}]}]}})),
    ]
}

fn check(line: &str, name: &str) -> String {
    let world = World::of(shop());
    let kind = |o: &Object| {
        line.contains("node") || line.starts_with("drain") || line.starts_with("cordon") || o.kind() != "Node"
    };
    let objects: Vec<_> = shop().into_iter().filter(|o| o.name() == name && kind(o)).collect();
    let wanted = line.split(['/', ' ']).nth(1).unwrap().to_owned();
    let object =
        objects.iter().find(|o| shared_api::find(&wanted).is_none_or(|k| k.kind == o.kind())).unwrap();
    blast(&parse_line(line).unwrap(), std::slice::from_ref(object), &world).text()
}

#[test]
fn what_an_action_takes_with_it_is_told() {
    for (line, name, wanted) in [
        (
            "delete deployment/web",
            "web",
            "! service web: nobody is left to answer (2 ready pods now)\n\
             ! budget web lets 1 go at a time, 2 are to go; it stands in the way of evictions only, and is not asked\n\
             \x20 3 pods are lost: web-1-a, web-1-b, web-1-c\n\
             \x20 goes with web: replicaset/web-1\n",
        ),
        (
            "delete deployment/web --cascade=orphan",
            "web",
            "  3 pods of web run on with no owner\n  goes with web: replicaset/web-1\n",
        ),
        (
            "delete pod/web-1-a",
            "web-1-a",
            "  1 pod is lost: web-1-a\n  ReplicaSet web-1 makes another pod for web-1-a\n  service web: 1 of 2 ready pods are left\n",
        ),
        ("delete pod/alone", "alone", "! nobody makes pod alone anew\n  1 pod is lost: alone\n"),
        ("delete service/web", "web", "! service/web is needed by ingress/front\n"),
        ("delete configmap/settings", "settings", "! configmap/settings is needed by pod/alone\n"),
        (
            "scale deployment/web --replicas=1",
            "web",
            "  2 pods are lost: web-1-a, web-1-c\n  service web: 1 of 2 ready pods are left\n",
        ),
        ("scale deployment/web --replicas=5", "web", "  2 pods more for web\n"),
        (
            "rollout restart deployment/web",
            "web",
            "  3 pods of web are replaced, none away before another is ready\n",
        ),
        ("cordon n1", "n1", "! no node is left that takes new pods\n  4 pods on n1 stay where they are\n"),
        ("label pod/web-1-a app-", "web-1-a", "! service web leads to web-1-a no longer\n"),
        ("annotate pod/web-1-a a=b", "web-1-a", "nothing that runs is touched\n"),
    ] {
        assert_eq!(check(line, name), wanted, "{line}");
    }
}

#[test]
fn a_drain_tells_what_forbids_it_and_whom_the_budgets_make_wait() {
    let text = check("drain n1", "n1");
    assert!(
        text.contains("! it will not be drained: cannot delete Pods that declare no controller"),
        "{text}"
    );
    let text = check("drain n1 --force", "n1");
    assert!(text.contains("! deleting Pods that declare no controller: alone\n"), "{text}");
    assert!(text.contains("  budget web lets 1 go at a time: 2 evictions will wait in turn\n"), "{text}");
    assert!(text.contains("! service web: nobody is left to answer (2 ready pods now)\n"), "{text}");
}

#[test]
fn a_recreating_deployment_serves_nobody_for_a_while() {
    let web = deployment("web", 1).recreating();
    let pod = pod("web-1").labelled("app", "web").ready().owned_by(&web);
    let world = World::of([object(&web), object(&pod), object(&service("web"))]);
    let action = parse_line("rollout restart deploy/web").unwrap();
    let text = blast(&action, &[object(&web)], &world).text();
    assert!(
        text.starts_with("! all 1 pod of web end before new ones start\n! service web: nobody"),
        "{text}"
    );
}

#[test]
fn no_escape_leaves_it() {
    let pod = pod("a\u{1b}[2J");
    let world = World::of([object(&pod)]);
    let text = blast(&parse_line("delete pod x").unwrap(), &[object(&pod)], &world).text();
    assert!(!text.contains('\u{1b}'), "{text:?}");
}
