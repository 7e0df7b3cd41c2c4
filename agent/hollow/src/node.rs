//! A hollow node's objects: what it is, what it has, and that it lives. Pure.

use crate::seed::seed;
use serde_json::{Value, json};
use shared_api::Timestamp;
use std::net::Ipv4Addr;

/// The most nodes a fleet has: their pods' ranges end before the next one that is taken begins.
pub(crate) const MOST: usize = 2500;

/// Where a fleet's pods live: each node has 256 addresses of it, in order.
const PODS: Ipv4Addr = Ipv4Addr::new(10, 244, 0, 0);
const NODES: Ipv4Addr = Ipv4Addr::new(10, 20, 0, 10);

/// Seconds that a Lease is good for, as kubelet has it.
const LEASE_SECONDS: i32 = 40;

/// One node of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) name: String,
    pub(crate) ip: Ipv4Addr,
    /// The lowest address of its pods' range.
    base: Ipv4Addr,
    shape: &'static Shape,
    zone: usize,
    pods: usize,
}

/// A make of machine.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    kind: &'static str,
    cpus: u32,
    gibibytes: u32,
    disk: u32,
}

const SHAPES: [Shape; 3] = [
    Shape { kind: "standard-8", cpus: 8, gibibytes: 32, disk: 200 },
    Shape { kind: "standard-4", cpus: 4, gibibytes: 16, disk: 100 },
    Shape { kind: "highmem-16", cpus: 16, gibibytes: 128, disk: 400 },
];

impl Facts {
    /// The `n`th node of a fleet whose nodes take so many pods each.
    pub(crate) fn of(n: usize, pods: usize) -> Self {
        let n32 = u32::try_from(n.min(MOST)).unwrap_or(0);
        Self {
            name: format!("hollow-{n}"),
            ip: Ipv4Addr::from_bits(NODES.to_bits() + n32),
            base: Ipv4Addr::from_bits(PODS.to_bits() + n32 * 256),
            shape: &SHAPES[n % SHAPES.len()],
            zone: n % 3,
            pods,
        }
    }

    /// The `k`th address that a pod of this node can have.
    pub(crate) fn address(&self, k: u8) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.base.to_bits() + u32::from(k))
    }

    /// The Node object to be created.
    pub(crate) fn object(&self) -> Value {
        let range = format!("{}/24", self.base);
        json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": {"name": self.name, "labels": {
                "kubernetes.io/hostname": self.name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
                "node.kubernetes.io/instance-type": self.shape.kind,
                "topology.kubernetes.io/zone": format!("zone-{}", ["a", "b", "c"][self.zone]),
                "topology.kubernetes.io/region": "nowhere",
            }},
            "spec": {"podCIDR": range, "podCIDRs": [range]},
        })
    }

    /// The status of a node that is well.
    pub(crate) fn status(&self, now: Timestamp) -> Value {
        let (has, mib) = (self.shape, u64::from(self.shape.gibibytes) << 10);
        let at = whole(now).to_string();
        let condition = |name: &str, word: &str, reason: &str, message: &str| {
            json!({"type": name, "status": word, "reason": reason, "message": message,
                "lastHeartbeatTime": at, "lastTransitionTime": at})
        };
        let pods = self.pods.to_string();
        json!({
            "capacity": {"cpu": has.cpus.to_string(), "memory": format!("{mib}Mi"), "pods": pods,
                "ephemeral-storage": format!("{}Gi", has.disk)},
            "allocatable": {"cpu": format!("{}m", has.cpus * 1000 - 100), "memory": format!("{}Mi", mib - 512),
                "pods": pods, "ephemeral-storage": format!("{}Gi", has.disk - 10)},
            "addresses": [{"type": "InternalIP", "address": self.ip.to_string()},
                {"type": "Hostname", "address": self.name}],
            "conditions": [
                condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "enough is left"),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "enough is left"),
                condition("Ready", "True", "KubeletReady", "the hollow node is ready"),
            ],
            "nodeInfo": {
                "machineID": self.name, "systemUUID": self.name, "bootID": self.name,
                "kernelVersion": "6.12.0-hollow", "osImage": "Nothing at all", "operatingSystem": "linux",
                "architecture": "amd64", "containerRuntimeVersion": "hollow://1.0.0",
                "kubeletVersion": concat!("v1.35.0+dhow", env!("CARGO_PKG_VERSION")), "kubeProxyVersion": "",
            },
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 0}},
        })
    }

    /// What it would use if it ran anything: more and less, each node in its own time.
    pub(crate) fn report(&self, now: Timestamp) -> Value {
        let seconds = now.as_second().unsigned_abs().wrapping_add(seed(&self.name) % 600);
        // Up for five minutes, down for five.
        let wave = (seconds % 600).abs_diff(300);
        let share = 20 + wave / 6;
        let (cpu, mib) = (u64::from(self.shape.cpus) * share * 10, u64::from(self.shape.gibibytes) * 1024);
        json!({"timestamp": whole(now).to_string(), "window": "10s", "pods": [],
            "usage": {"cpu": format!("{cpu}m"), "memory": format!("{}Mi", mib * (share / 2 + 20) / 100)}})
    }

    /// The Lease that says that it lives.
    pub(crate) fn lease(&self, now: Timestamp) -> Value {
        json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"namespace": "kube-node-lease", "name": self.name},
            "spec": {"holderIdentity": self.name, "leaseDurationSeconds": LEASE_SECONDS,
                "renewTime": format!("{now:.6}")},
        })
    }
}

/// Kubernetes' times have whole seconds.
pub(crate) fn whole(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_api::{Object, core::Node};

    #[test]
    fn nodes_differ_and_have_room_of_their_own() {
        let node = |n: usize| {
            let facts = Facts::of(n, 110);
            let mut value = facts.object();
            value["status"] = facts.status(Timestamp::UNIX_EPOCH);
            (facts, Object::from_value(&value).unwrap().to_kind::<Node>().unwrap())
        };
        let (first, object) = node(0);
        assert_eq!(object.spec.as_ref().unwrap().pod_cidr.as_deref(), Some("10.244.0.0/24"));
        assert_eq!(object.status.as_ref().unwrap().capacity.as_ref().unwrap()["memory"].0, "32768Mi");
        assert_eq!(first.address(7).to_string(), "10.244.0.7");
        let (last, _) = node(MOST);
        assert_eq!(last.address(255).to_string(), "10.253.196.255");
        assert_ne!(first.ip, last.ip);
    }
}
