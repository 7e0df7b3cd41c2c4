//! Tables of (asker, what is asked, verdict).

use super::*;

fn user(name: &str, groups: &[&str]) -> User {
    User { name: name.into(), groups: groups.iter().map(|g| (*g).into()).collect(), ..User::default() }
}

fn ask<'a>(verb: &'a str, resource: &'a str, namespace: &'a str, name: &'a str) -> Ask<'a> {
    let (plural, part) = resource.split_once('/').unwrap_or((resource, ""));
    Ask { verb, kind: shared_api::find(plural).unwrap(), part, namespace, name }
}

#[test]
fn administrators_may_do_everything() {
    for who in [
        user("admin", &["system:masters"]),
        user("system:controller:replicaset", &["system:masters", "system:authenticated"]),
    ] {
        assert_eq!(
            decide(&who, &ask("delete", "secrets", "kube-system", "x")),
            Verdict::Allow,
            "{}",
            who.name
        );
    }
}

#[test]
fn others_may_do_nothing() {
    for who in [
        user("system:anonymous", &["system:unauthenticated"]),
        user("bob", &["system:authenticated"]),
        user("system:node:n1", &[]),
        user("system:controller:replicaset", &[]),
        user("system:scheduler", &["system:authenticated"]),
    ] {
        assert_eq!(decide(&who, &ask("get", "pods", "a", "x")), Verdict::Deny, "{}", who.name);
    }
}

#[test]
fn nodes_read_what_pods_need_and_write_their_own() {
    let n1 = user("system:node:n1", &["system:nodes"]);
    let on = || Verdict::OnNode("n1".into());
    for (verb, resource, namespace, name, verdict) in [
        ("list", "pods", "", "", Verdict::Allow),
        ("watch", "endpointslices", "", "", Verdict::Allow),
        ("get", "secrets", "a", "s", Verdict::UsedOn("n1".into())),
        ("list", "secrets", "a", "", Verdict::Deny),
        ("create", "nodes", "", "n1", Verdict::Allow),
        ("create", "nodes", "", "n2", Verdict::Deny),
        ("patch", "nodes/status", "", "n1", Verdict::Allow),
        ("update", "nodes/status", "", "n2", Verdict::Deny),
        ("delete", "nodes", "", "n1", Verdict::Deny),
        ("patch", "pods/status", "a", "p", on()),
        ("delete", "pods", "a", "p", on()),
        ("update", "pods", "a", "p", Verdict::Deny),
        ("create", "pods", "a", "p", Verdict::Deny),
        ("create", "pods/exec", "a", "p", Verdict::Deny),
        ("create", "pods/binding", "a", "p", Verdict::Deny),
        ("create", "events", "a", "e", Verdict::Allow),
        ("delete", "events", "a", "e", Verdict::Deny),
        ("update", "leases", "kube-node-lease", "n1", Verdict::Allow),
        ("update", "leases", "kube-node-lease", "n2", Verdict::Deny),
        ("update", "leases", "kube-system", "n1", Verdict::Deny),
        ("get", "deployments", "a", "d", Verdict::Deny),
        ("update", "secrets", "a", "s", Verdict::Deny),
    ] {
        assert_eq!(
            decide(&n1, &ask(verb, resource, namespace, name)),
            verdict,
            "{verb} {resource} {namespace}/{name}"
        );
    }
}

#[test]
fn a_refusal_reads_like_kubernetes() {
    let text = |a: &Ask<'_>| refuse(&user("u", &[]), a, "").message;
    assert_eq!(
        text(&ask("delete", "pods", "n", "x")),
        r#"pods "x" is forbidden: User "u" cannot delete resource "pods" in API group "" in the namespace "n""#
    );
    assert_eq!(
        text(&ask("patch", "deployments/scale", "n", "x")),
        r#"deployments.apps "x" is forbidden: User "u" cannot patch resource "deployments/scale" in API group "apps" in the namespace "n""#
    );
    assert_eq!(
        text(&ask("list", "nodes", "", "")),
        r#"nodes is forbidden: User "u" cannot list resource "nodes" in API group "" at the cluster scope"#
    );
}
