//! Who gets which address and which port.

use super::*;
use crate::admission::There;
use controlplane_store::Txn;
use serde_json::json;
use shared_api::{KindInfo, Object, Timestamp};

struct Taken(&'static [&'static str]);

impl There for Taken {
    fn object(&self, _: &KindInfo, _: &str, _: &str) -> Result<Option<Object>, Refusal> {
        Ok(None)
    }
    fn objects(&self, _: &KindInfo, _: &str) -> Result<Vec<Object>, Refusal> {
        Ok(Vec::new())
    }
    fn reserved(&self, key: &[u8]) -> bool {
        self.0.iter().any(|k| k.as_bytes() == key)
    }
}

fn service(spec: &serde_json::Value) -> Service {
    let value = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "n"}, "spec": spec});
    serde_json::from_value(value).unwrap()
}

fn run(
    action: Action,
    old: Option<&Service>,
    new: &mut Service,
    taken: &'static [&'static str],
) -> Result<Txn, Refusal> {
    let mut options = Options::new(|| Timestamp::UNIX_EPOCH);
    options.services = "10.0.0.0/29".parse().unwrap();
    options.node_ports = 30_000..=30_003;
    let mut txn = Txn::default();
    admit(&mut Request {
        action,
        kind: shared_api::find("services").unwrap(),
        old: old.map(|o| o as &dyn shared_api::Draft),
        draft: new,
        there: &Taken(taken),
        options: &options,
        txn: &mut txn,
        chance: |_| 0,
    })?;
    Ok(txn)
}

fn keys(txn: &Txn) -> Vec<String> {
    let key = |op: &Op| match op {
        Op::Put { key, .. } => format!("+{}", String::from_utf8_lossy(key)),
        Op::Delete { key, .. } => format!("-{}", String::from_utf8_lossy(key)),
    };
    txn.ops.iter().map(key).collect()
}

#[test]
fn a_new_service_gets_a_free_address_and_free_ports() {
    let mut new = service(
        &json!({"type": "NodePort", "ports": [{"port": 1}, {"port": 2}, {"port": 3, "nodePort": 30003}]}),
    );
    let txn = run(Action::Create, None, &mut new, &["!ip/10.0.0.1", "!port/30000"]).unwrap();
    assert_eq!(keys(&txn), ["+!ip/10.0.0.2", "+!port/30001", "+!port/30002", "+!port/30003"]);
    assert_eq!(txn.checks.len(), 4);
    assert_eq!(new.spec.unwrap().cluster_ips.unwrap(), ["10.0.0.2"]);
}

#[test]
fn some_services_have_no_address() {
    let mut headless = service(&json!({"clusterIP": "None"}));
    assert_eq!(keys(&run(Action::Create, None, &mut headless, &[]).unwrap()), [""; 0]);
    let mut outside = service(&json!({"type": "ExternalName", "externalName": "a.b"}));
    assert_eq!(keys(&run(Action::Create, None, &mut outside, &[]).unwrap()), [""; 0]);
    assert_eq!(outside.spec.unwrap().cluster_ip, None);
}

#[test]
fn what_is_taken_or_out_of_range_is_refused() {
    for (spec, why) in [
        (json!({"clusterIP": "10.0.0.1"}), "provided IP is already allocated"),
        (json!({"clusterIP": "10.1.0.1"}), "not in the valid range. The range of valid IPs is 10.0.0.0/29"),
        (json!({"clusterIP": "x"}), "must be a valid IP address"),
        (
            json!({"type": "NodePort", "ports": [{"port": 1, "nodePort": 30000}]}),
            "provided port is already allocated",
        ),
        (json!({"type": "NodePort", "ports": [{"port": 1, "nodePort": 80}]}), "valid ports is 30000-30003"),
    ] {
        let refused =
            run(Action::Create, None, &mut service(&spec), &["!ip/10.0.0.1", "!port/30000"]).unwrap_err();
        assert!(refused.message.contains(why), "{}", refused.message);
    }
}

#[test]
fn an_update_keeps_what_it_leaves_out_and_frees_what_it_gives_up() {
    let old = service(
        &json!({"type": "NodePort", "clusterIP": "10.0.0.1", "ports": [{"port": 1, "nodePort": 30000}]}),
    );
    let taken = &["!ip/10.0.0.1", "!port/30000"];
    let mut same = service(&json!({"type": "NodePort", "ports": [{"port": 1}]}));
    assert_eq!(keys(&run(Action::Update, Some(&old), &mut same, taken).unwrap()), [""; 0]);
    assert_eq!(same.spec.unwrap().ports.unwrap()[0].node_port, Some(30000));
    let mut inside = service(&json!({"type": "ClusterIP", "ports": [{"port": 1, "nodePort": 30000}]}));
    assert_eq!(keys(&run(Action::Update, Some(&old), &mut inside, taken).unwrap()), ["-!port/30000"]);
    let mut moved = service(&json!({"type": "ClusterIP", "clusterIP": "10.0.0.2"}));
    let refused = run(Action::Update, Some(&old), &mut moved, taken).unwrap_err();
    assert!(refused.message.contains("may not change once set"), "{refused}");
    let mut gone = old.clone();
    let freed = run(Action::Remove, Some(&old), &mut gone, taken).unwrap();
    assert_eq!(keys(&freed), ["-!ip/10.0.0.1", "-!port/30000"]);
}

#[test]
fn a_full_range_says_so() {
    let mut new = service(&json!({"type": "NodePort", "ports": [{"port": 1}]}));
    let full = &["!port/30000", "!port/30001", "!port/30002", "!port/30003"];
    assert!(run(Action::Create, None, &mut new, full).unwrap_err().message.contains("range is full"));
}

#[test]
fn only_one_family_is_to_be_had() {
    let refused = |spec: serde_json::Value| {
        let mut new = service(&spec);
        run(Action::Create, None, &mut new, &[]).map_or_else(|refusal| refusal.message, |_| "fine".into())
    };
    let both = refused(json!({"ipFamilyPolicy": "RequireDualStack", "ipFamilies": ["IPv4", "IPv6"]}));
    assert!(both.contains("this cluster is not configured for dual-stack services"), "{both}");
    assert!(
        both.contains("spec.ipFamilies[1]: Invalid value: \"IPv6\": not configured on this cluster"),
        "{both}"
    );
    assert_eq!(refused(json!({"ipFamilyPolicy": "PreferDualStack"})), "fine");
    assert_eq!(refused(json!({"clusterIP": "None", "ipFamilyPolicy": "RequireDualStack"})), "fine");
}
