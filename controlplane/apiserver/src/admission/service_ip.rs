//! Addresses and node ports of services. A reservation is a key of its own, written in the same
//! transaction as the service, so two services never hold one address.

use super::{Action, Request};
use crate::options::Options;
use bytes::Bytes;
use controlplane_store::{Check, Op, Value};
use shared_api::{
    Invalid, Refusal,
    core::{Service, ServicePort, ServiceSpec},
};
use std::{collections::BTreeSet, net::IpAddr};

/// Places at the low end that are only given to those who ask for one, as Kubernetes does it.
const ASKED_FOR_ONLY: u128 = 128;
const HEADLESS: &str = "None";

pub(super) fn admit(request: &mut Request<'_>) -> Result<(), Refusal> {
    let old = request.old.and_then(|o| o.as_any().downcast_ref::<Service>());
    let Some(service) = request.draft.as_any_mut().downcast_mut::<Service>() else { return Ok(()) };
    let name = service.metadata.name.clone().unwrap_or_default();
    let had = old.map(|o| held(o.spec.as_ref())).unwrap_or_default();
    let has = match (&mut service.spec, request.action) {
        (_, Action::Remove) | (None, _) => BTreeSet::new(),
        (Some(spec), Action::Create | Action::Update) => {
            let mut invalid = Invalid::default();
            if let Some(old) = old.and_then(|o| o.spec.as_ref()) {
                inherit(spec, old);
                if has_address(spec) && has_address(old) && spec.cluster_ip != old.cluster_ip {
                    invalid.value("spec.clusterIPs[0]", &spec.cluster_ip, "may not change once set");
                }
            }
            families(spec, &mut invalid);
            let taken = |key: &str| !had.contains(key) && request.there.reserved(key.as_bytes());
            let allocate = Allocate { options: request.options, chance: request.chance, taken: &taken };
            allocate.address(spec, &mut invalid)?;
            allocate.ports(spec, &mut invalid)?;
            if let Some(refusal) = Refusal::invalid(&request.kind.group_kind(), &name, &invalid) {
                return Err(refusal);
            }
            held(Some(spec))
        }
    };
    let owner = format!("{}/{name}", service.metadata.namespace.as_deref().unwrap_or_default());
    for key in has.difference(&had) {
        let key = Bytes::from(key.clone());
        request.txn.checks.push(Check { key: key.clone(), revision: None });
        request.txn.ops.push(Op::Put { key, value: Value { bytes: owner.clone().into(), hole: None } });
    }
    for key in had.difference(&has) {
        request.txn.ops.push(Op::Delete { key: key.clone().into(), last: None });
    }
    Ok(())
}

/// Records what only a cluster with addresses of both families could give.
fn families(spec: &ServiceSpec, invalid: &mut Invalid) {
    let headless = spec.cluster_ip.as_deref() == Some(HEADLESS);
    // Whose endpoints are somebody else's affair may have any.
    if !has_address(spec) || (headless && spec.selector.iter().flatten().next().is_none()) {
        return;
    }
    if let Some(policy) = spec.ip_family_policy.as_deref().filter(|policy| *policy == "RequireDualStack") {
        invalid.value(
            "spec.ipFamilyPolicy",
            policy,
            "this cluster is not configured for dual-stack services",
        );
    }
    for (at, family) in spec.ip_families.iter().flatten().enumerate().filter(|(_, family)| *family == "IPv6")
    {
        invalid.value(format!("spec.ipFamilies[{at}]"), family, "not configured on this cluster");
    }
}

/// The reservations a service holds.
fn held(spec: Option<&ServiceSpec>) -> BTreeSet<String> {
    let Some(spec) = spec else { return BTreeSet::new() };
    let ips = spec.cluster_ips.iter().flatten().chain(&spec.cluster_ip);
    let ips = ips.filter(|ip| !matches!(ip.as_str(), "" | HEADLESS)).map(|ip| address_key(ip));
    let ports = spec.ports.iter().flatten().filter_map(|p| p.node_port).filter(|p| *p != 0).map(port_key);
    ips.chain(ports).collect()
}

fn address_key(ip: &str) -> String {
    format!("!ip/{ip}")
}

fn port_key(port: i32) -> String {
    format!("!port/{port}")
}

fn kind_of(spec: &ServiceSpec) -> &str {
    spec.type_.as_deref().unwrap_or("ClusterIP")
}

fn has_address(spec: &ServiceSpec) -> bool {
    kind_of(spec) != "ExternalName"
}

fn has_ports(spec: &ServiceSpec) -> bool {
    matches!(kind_of(spec), "NodePort" | "LoadBalancer")
}

/// What an author who leaves something out of an update means to keep.
fn inherit(new: &mut ServiceSpec, old: &ServiceSpec) {
    if has_address(new) && has_address(old) && new.cluster_ip.as_deref().is_none_or(str::is_empty) {
        new.cluster_ip.clone_from(&old.cluster_ip);
        new.cluster_ips.clone_from(&old.cluster_ips);
    }
    if has_ports(new) && has_ports(old) {
        let same = |a: &ServicePort, b: &ServicePort| a.port == b.port && a.protocol == b.protocol;
        for port in new.ports.iter_mut().flatten().filter(|p| p.node_port.unwrap_or(0) == 0) {
            port.node_port = old.ports.iter().flatten().find(|o| same(o, port)).and_then(|o| o.node_port);
        }
    }
}

struct Allocate<'a> {
    options: &'a Options,
    chance: fn(u128) -> u128,
    taken: &'a dyn Fn(&str) -> bool,
}

impl Allocate<'_> {
    fn address(&self, spec: &mut ServiceSpec, invalid: &mut Invalid) -> Result<(), Refusal> {
        if !has_address(spec) {
            spec.cluster_ip = None;
            spec.cluster_ips = None;
            return Ok(());
        }
        let block = self.options.services;
        let inside = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => block.contains(ip) && ip != block.base() && ip != block.last(),
            IpAddr::V6(_) => false,
        };
        let asked = spec.cluster_ip.clone().filter(|ip| !ip.is_empty());
        let asked = asked.or_else(|| spec.cluster_ips.as_ref().and_then(|ips| ips.first().cloned()));
        let ip = match asked {
            None => {
                let nth = |place: u128| block.nth(u32::try_from(place).ok()?).map(|ip| ip.to_string());
                let free = |place| nth(place).is_some_and(|ip| !(self.taken)(&address_key(&ip)));
                let place = self.pick(block.between().into(), free);
                let full = || Refusal::internal(format!("failed to allocate a serviceIP: {block} is full"));
                place.and_then(nth).ok_or_else(full)?
            }
            Some(ip) if ip == HEADLESS => ip,
            Some(ip) => match ip.parse::<IpAddr>() {
                Ok(parsed) if !inside(parsed) => {
                    let why = format!(
                        "failed to allocate IP {ip}: the provided IP ({ip}) is not in the valid range. \
                         The range of valid IPs is {block}"
                    );
                    invalid.value("spec.clusterIPs", [&ip], &why);
                    return Ok(());
                }
                Ok(parsed) => {
                    let ip = parsed.to_string();
                    if (self.taken)(&address_key(&ip)) {
                        let why = format!("failed to allocate IP {ip}: provided IP is already allocated");
                        invalid.value("spec.clusterIPs", [&ip], &why);
                        return Ok(());
                    }
                    ip
                }
                Err(_) => {
                    invalid.value("spec.clusterIPs[0]", &ip, "must be a valid IP address, or None");
                    return Ok(());
                }
            },
        };
        spec.cluster_ip = Some(ip.clone());
        spec.cluster_ips = Some(vec![ip]);
        spec.ip_family_policy.get_or_insert_with(|| "SingleStack".into());
        spec.ip_families.get_or_insert_with(|| vec!["IPv4".into()]);
        Ok(())
    }

    fn ports(&self, spec: &mut ServiceSpec, invalid: &mut Invalid) -> Result<(), Refusal> {
        let wanted = has_ports(spec);
        let range = &self.options.node_ports;
        let mut given: Vec<(i32, Option<String>)> = Vec::new();
        let asked_for: Vec<_> = spec.ports.iter().flatten().filter_map(|p| p.node_port).collect();
        for (i, port) in spec.ports.iter_mut().flatten().enumerate() {
            let asked = port.node_port.filter(|p| *p != 0);
            if !wanted {
                port.node_port = None;
                continue;
            }
            let field = format!("spec.ports[{i}].nodePort");
            let number = if let Some(asked) = asked {
                if !u16::try_from(asked).is_ok_and(|p| range.contains(&p)) {
                    let why = format!(
                        "provided port is not in the valid range. The range of valid ports is {}-{}",
                        range.start(),
                        range.end()
                    );
                    invalid.value(field, asked, &why);
                    continue;
                }
                // One service may serve two protocols on one port.
                let again = given.iter().any(|(p, protocol)| *p == asked && *protocol == port.protocol);
                if again || (self.taken)(&port_key(asked)) {
                    invalid.value(field, asked, "provided port is already allocated");
                    continue;
                }
                asked
            } else {
                let nth = |place: u128| i32::from(*range.start()) + i32::try_from(place).unwrap_or(0);
                let free = |place| {
                    let number = nth(place);
                    !asked_for.contains(&number)
                        && !given.iter().any(|(p, _)| *p == number)
                        && !(self.taken)(&port_key(number))
                };
                let full = || Refusal::internal("failed to allocate a nodePort: range is full");
                nth(self.pick(range.len() as u128, free).ok_or_else(full)?)
            };
            port.node_port = Some(number);
            given.push((number, port.protocol.clone()));
        }
        Ok(())
    }

    /// A free place, from a random one on; the low end only when nothing else is left.
    fn pick(&self, places: u128, free: impl Fn(u128) -> bool) -> Option<u128> {
        let low = ASKED_FOR_ONLY.min(places / 16);
        let start = (self.chance)(places - low);
        let upper = (0..places - low).map(|i| low + (start + i) % (places - low));
        upper.chain(0..low).take(1 << 20).find(|place| free(*place))
    }
}

#[cfg(test)]
mod tests;
