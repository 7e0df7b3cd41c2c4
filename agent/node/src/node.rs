//! The Node object as this node tells it. Pure.

use crate::machine::{Left, Machine};
use serde_json::{Value, json};
use shared_api::Timestamp;
use std::{collections::BTreeMap, net::Ipv4Addr};

/// What does not change while the agent runs.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) name: String,
    pub(crate) ip: Ipv4Addr,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) machine: Machine,
    pub(crate) runtime: String,
    pub(crate) version: &'static str,
}

/// Pods a node takes, as Kubernetes' own default.
const PODS: u32 = 110;
/// Below this much free memory or disk a node says it is under pressure; of a small disk, a tenth.
const LITTLE_MEMORY: u64 = 100 << 20;
const LITTLE_DISK: u64 = 1 << 30;

impl Facts {
    /// The Node object to be created.
    pub(crate) fn object(&self) -> Value {
        json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": {"name": self.name, "labels": self.labels()},
        })
    }

    /// Labels that every node has, and the operator's own.
    pub(crate) fn labels(&self) -> BTreeMap<String, String> {
        let arch = &self.machine.architecture;
        let mut labels: BTreeMap<String, String> = [
            ("kubernetes.io/hostname", self.name.as_str()),
            ("kubernetes.io/os", "linux"),
            ("kubernetes.io/arch", arch),
            ("beta.kubernetes.io/os", "linux"),
            ("beta.kubernetes.io/arch", arch),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into();
        labels.extend(self.labels.clone());
        labels
    }

    /// The status, given what is left, what is wrong and what was said before.
    pub(crate) fn status(&self, left: Left, trouble: Option<&str>, before: &Value, now: Timestamp) -> Value {
        let resources = json!({
            "cpu": self.machine.cpus.to_string(),
            "memory": format!("{}Ki", self.machine.memory / 1024),
            "ephemeral-storage": format!("{}Ki", self.machine.disk / 1024),
            "pods": PODS.to_string(),
        });
        let ready = match trouble {
            None => ("Ready", true, "KubeletReady", "the agent is ready".to_owned()),
            Some(why) => ("Ready", false, "KubeletNotReady", why.to_owned()),
        };
        let memory = left.memory < LITTLE_MEMORY;
        let disk = left.disk < LITTLE_DISK.min(self.machine.disk / 10);
        let conditions = [
            pressure(
                "MemoryPressure",
                memory,
                "KubeletHasInsufficientMemory",
                "KubeletHasSufficientMemory",
                left.memory,
            ),
            pressure("DiskPressure", disk, "KubeletHasDiskPressure", "KubeletHasNoDiskPressure", left.disk),
            ready,
        ];
        json!({
            "capacity": resources, "allocatable": resources,
            "addresses": [
                {"type": "InternalIP", "address": self.ip.to_string()},
                {"type": "Hostname", "address": self.name},
            ],
            "conditions": conditions.map(|c| condition(&c, before, now)),
            "nodeInfo": {
                "machineID": self.machine.id, "systemUUID": self.machine.id,
                "bootID": self.machine.boot_id, "kernelVersion": self.machine.kernel,
                "osImage": self.machine.os_image, "operatingSystem": "linux",
                "architecture": self.machine.architecture, "containerRuntimeVersion": self.runtime,
                "kubeletVersion": self.version, "kubeProxyVersion": "",
            },
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 0}},
        })
    }
}

type Condition = (&'static str, bool, &'static str, String);

fn pressure(name: &'static str, on: bool, bad: &'static str, good: &'static str, left: u64) -> Condition {
    let amount = if on { "little is left" } else { "enough is left" };
    // Megabytes would change at every look; whether there is enough does not.
    let message = if on { format!("{amount}: {} MiB", left >> 20) } else { amount.to_owned() };
    (name, on, if on { bad } else { good }, message)
}

fn condition((name, on, reason, message): &Condition, before: &Value, now: Timestamp) -> Value {
    let status = if *on { "True" } else { "False" };
    let conditions = before["conditions"].as_array();
    let old = conditions.into_iter().flatten().find(|c| c["type"] == *name && c["status"] == status);
    let since =
        old.and_then(|c| c["lastTransitionTime"].as_str()).map_or_else(|| seconds(now), ToOwned::to_owned);
    json!({
        "type": name, "status": status, "reason": reason, "message": message,
        "lastHeartbeatTime": seconds(now), "lastTransitionTime": since,
    })
}

/// Kubernetes' times have whole seconds.
fn seconds(now: Timestamp) -> String {
    Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

/// Whether two statuses say the same, apart from when.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    let plain = |status: &Value| {
        let mut status = status.clone();
        for condition in status["conditions"].as_array_mut().into_iter().flatten() {
            condition["lastHeartbeatTime"] = Value::Null;
        }
        let own = ["capacity", "allocatable", "addresses", "conditions", "nodeInfo"];
        own.map(|part| status[part].take())
    };
    plain(a) == plain(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            name: "n1".into(),
            ip: Ipv4Addr::new(10, 0, 0, 1),
            labels: [("disk".into(), "ssd".into())].into(),
            machine: Machine {
                cpus: 2,
                memory: 4 << 30,
                disk: 100 << 30,
                architecture: "amd64".into(),
                ..Machine::default()
            },
            runtime: "containerd://1".into(),
            version: "v1.35.0",
        }
    }

    const PLENTY: Left = Left { memory: 1 << 30, disk: 50 << 30 };

    fn ready(status: &Value) -> &Value {
        let conditions = status["conditions"].as_array().unwrap();
        conditions.iter().find(|c| c["type"] == "Ready").unwrap()
    }

    #[test]
    fn a_status_says_what_the_machine_has_and_decodes() {
        let mut node = facts().object();
        node["status"] = facts().status(PLENTY, None, &Value::Null, Timestamp::UNIX_EPOCH);
        let node: shared_api::core::Node = serde_json::from_value(node).unwrap();
        let status = node.status.unwrap();
        assert_eq!(status.capacity.unwrap()["memory"].0, "4194304Ki");
        assert_eq!(node.metadata.labels.unwrap()["disk"], "ssd");
    }

    #[test]
    fn a_disk_is_under_pressure_when_little_is_left_of_it() {
        let check = |size: u64, left: u64| {
            let mut facts = facts();
            facts.machine.disk = size;
            let status =
                facts.status(Left { memory: 1 << 30, disk: left }, None, &Value::Null, Timestamp::UNIX_EPOCH);
            let conditions = status["conditions"].as_array().unwrap();
            conditions.iter().find(|c| c["type"] == "DiskPressure").unwrap()["status"] == "True"
        };
        assert!(!check(1 << 40, 2 << 30), "two gigabytes are left of a large disk");
        assert!(check(1 << 40, 512 << 20));
        assert!(!check(4 << 30, 512 << 20), "an eighth is left of a small one");
        assert!(check(4 << 30, 256 << 20));
    }

    #[test]
    fn transition_times_move_only_with_the_status() {
        let (early, late) = (Timestamp::UNIX_EPOCH, Timestamp::from_second(60).unwrap());
        let first = facts().status(PLENTY, None, &Value::Null, early);
        let second = facts().status(PLENTY, None, &first, late);
        assert_eq!(ready(&second)["lastTransitionTime"], ready(&first)["lastTransitionTime"]);
        assert!(same(&first, &second));
        let third = facts().status(PLENTY, Some("containerd does not answer"), &second, late);
        assert_eq!(ready(&third)["status"], "False");
        assert_eq!(ready(&third)["lastTransitionTime"], "1970-01-01T00:01:00Z");
        assert!(!same(&second, &third));
    }
}
