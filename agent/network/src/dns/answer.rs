//! What the cluster knows of a name: a plain function of a world.

mod endpoints;

use super::{
    About, Answer, DOMAIN, Data, Found, Question, Record, SERVICE,
    zone::{self, Place},
};
use crate::services::pod_range;
use endpoints::{Host, hosts};
use shared_api::core::{Node, Service};
use shared_client::World;
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

/// The version of the names' specification.
const VERSION: &str = "1.1.0";
/// A name that stands for a name that stands for a name: at most so many.
const CHAIN: usize = 8;
/// The weight that the hosts of one name share.
const WEIGHT: usize = 100;

/// Answers from what the world knows.
pub fn answer(world: &World, question: &Question) -> Answer {
    let mut found = Found::default();
    let mut name = question.name.clone();
    // A service may stand for another name of the cluster.
    for _ in 0..CHAIN {
        let Some(here) = known(world, &name, question.about) else {
            if name == question.name {
                return Answer::Elsewhere;
            }
            found.follow = Some(name);
            return Answer::Ours(found);
        };
        let next = here.records.first().and_then(|record| match &record.data {
            Data::Cname(target) if question.about != About::Cname => Some(target.clone()),
            _ => None,
        });
        found.exists = here.exists;
        found.records.extend(here.records);
        found.beside.extend(here.beside);
        match next {
            Some(next) => name = next,
            None => break,
        }
    }
    if found.records.is_empty() {
        // Numbers wrap around: only that they differ counts.
        let number = u32::try_from(world.revision() & u64::from(u32::MAX)).unwrap_or_default();
        found.authority = Some(Record { name: DOMAIN.into(), data: Data::Soa(number) });
    }
    Answer::Ours(found)
}

/// What is known of one name; nothing when it is not the cluster's.
fn known(world: &World, name: &str, about: About) -> Option<Found> {
    if let Some(ip) = zone::reversed(name) {
        return backwards(world, name, about, ip);
    }
    let place = zone::place(name)?;
    let asked = Asked { world, name, about };
    Some(match place {
        Place::Top => match about {
            About::Soa | About::Any => {
                let number = u32::try_from(world.revision() & u64::from(u32::MAX)).unwrap_or_default();
                asked.one(Data::Soa(number))
            }
            About::Ns => asked.one(Data::Ns(format!("ns.dns.{DOMAIN}"))),
            _ => nothing(),
        },
        Place::Version if matches!(about, About::Txt | About::Any) => asked.one(Data::Txt(VERSION.into())),
        Place::Version | Place::Branch => nothing(),
        Place::Server => {
            let service = world.named::<Service>(SERVICE.0, SERVICE.1);
            asked.addresses(service.iter().flat_map(|service| own(service)))
        }
        Place::Namespace(namespace) => Found {
            // A namespace is known by its services.
            exists: world.within::<Service>(namespace).next().is_some(),
            ..Found::default()
        },
        Place::Pod(ip) => asked.addresses([ip.into()]),
        Place::Service(namespace, service) => asked.service(world.named(namespace, service)),
        Place::Host(namespace, service, host) => {
            let service = world.named::<Service>(namespace, service);
            let named = service.iter().flat_map(|s| hosts(world, s)).filter(|h| h.name == host);
            let found: Vec<_> = named.flat_map(|h| h.addresses).collect();
            if found.is_empty() { Found::default() } else { asked.addresses(found) }
        }
        Place::Protocol(namespace, service) => {
            Found { exists: world.named::<Service>(namespace, service).is_some(), ..Found::default() }
        }
        Place::Port(namespace, service, protocol, port) => {
            let service = world.named::<Service>(namespace, service);
            let found = service.map(|s| ports(world, name, &s, Some((protocol, port)))).unwrap_or_default();
            match about {
                About::Srv | About::Any => found,
                _ => Found { exists: found.exists, ..Found::default() },
            }
        }
        Place::Nowhere => Found::default(),
    })
}

/// Whose address it is: a service's, a host's of a headless service, or this server's own.
fn backwards(world: &World, name: &str, about: About, ip: Ipv4Addr) -> Option<Found> {
    let wanted = IpAddr::V4(ip);
    let service = world.list::<Service>().find(|service| own(service).contains(&wanted));
    let title = service.map(|service| title(&service)).or_else(|| {
        let headless = world.list::<Service>().filter(|s| is_headless(s));
        headless.into_iter().find_map(|service| {
            let host = hosts(world, &service).into_iter().find(|host| host.addresses.contains(&wanted))?;
            Some(format!("{}.{}", host.name, title(&service)))
        })
    });
    let asked = Asked { world, name, about };
    if let Some(title) = title {
        return Some(match about {
            About::Ptr | About::Any => asked.one(Data::Ptr(title)),
            _ => nothing(),
        });
    }
    // Nobody outside knows a pod.
    let mut ranges = world.list::<Node>().filter_map(|node| pod_range(&node));
    ranges.find(|range| range.contains(ip)).map(|range| {
        if range.first() == ip && about == About::Ptr {
            asked.one(Data::Ptr(format!("{}.{}.svc.{DOMAIN}", SERVICE.1, SERVICE.0)))
        } else {
            Found::default()
        }
    })
}

/// The name is there, but has nothing of the kind.
fn nothing() -> Found {
    Found { exists: true, ..Found::default() }
}

struct Asked<'a> {
    world: &'a World,
    name: &'a str,
    about: About,
}

impl Asked<'_> {
    fn one(&self, data: Data) -> Found {
        Found { records: vec![Record { name: self.name.into(), data }], ..nothing() }
    }

    /// A name with these addresses.
    fn addresses(&self, all: impl IntoIterator<Item = IpAddr>) -> Found {
        let wanted = |ip: &IpAddr| match self.about {
            About::A => ip.is_ipv4(),
            About::Aaaa => ip.is_ipv6(),
            About::Any => true,
            _ => false,
        };
        let record = |ip| Record { name: self.name.into(), data: Data::Address(ip) };
        Found { records: all.into_iter().filter(wanted).map(record).collect(), ..nothing() }
    }

    fn service(&self, service: Option<Arc<Service>>) -> Found {
        let Some(service) = service else { return Found::default() };
        if let Some(target) = external(&service) {
            return self.one(Data::Cname(target));
        }
        if self.about == About::Srv {
            return ports(self.world, self.name, &service, None);
        }
        if !is_headless(&service) {
            return self.addresses(own(&service));
        }
        let all: Vec<_> = hosts(self.world, &service).into_iter().flat_map(|host| host.addresses).collect();
        // The specification: without a ready endpoint there is no such name.
        if all.is_empty() { Found::default() } else { self.addresses(all) }
    }
}

/// Where the ports of a service are; `only` one of them: protocol and name.
fn ports(world: &World, name: &str, service: &Service, only: Option<(&str, &str)>) -> Found {
    let mut found = Found::default();
    let mut add = |weight, port, target: &str, addresses: &[IpAddr]| {
        let data = Data::Srv { weight, port, target: target.into() };
        found.records.push(Record { name: name.into(), data });
        if !found.beside.iter().any(|record| record.name == target) {
            let record = |ip: &IpAddr| Record { name: target.into(), data: Data::Address(*ip) };
            found.beside.extend(addresses.iter().map(record));
        }
    };
    let matches = |protocol: Option<&str>, label: Option<&str>| {
        only.is_none_or(|(wanted, port)| {
            protocol.unwrap_or("TCP").eq_ignore_ascii_case(wanted) && label == Some(port)
        })
    };
    let title = title(service);
    if is_headless(service) {
        let all: Vec<Host> = hosts(world, service);
        let here: Vec<_> = all
            .iter()
            .flat_map(|host| host.ports.iter().map(move |port| (host, port)))
            .filter(|(_, port)| matches(Some(&port.protocol), Some(&port.name)))
            .collect();
        let weight = u16::try_from(WEIGHT / here.len().max(1)).unwrap_or(1).max(1);
        for (host, port) in here {
            add(weight, port.number, &format!("{}.{title}", host.name), &host.addresses);
        }
    } else {
        let addresses = own(service);
        for port in service.spec.iter().flat_map(|s| s.ports.iter().flatten()) {
            if let Ok(number) = u16::try_from(port.port)
                && matches(port.protocol.as_deref(), port.name.as_deref())
            {
                add(100, number, &title, &addresses);
            }
        }
    }
    // Asked without a port, the name is there even when it has none.
    found.exists = !found.records.is_empty() || (only.is_none() && !is_headless(service));
    found
}

/// `SERVICE.NAMESPACE.svc.cluster.local`.
fn title(service: &Service) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    format!("{}.{}.svc.{DOMAIN}", text(&service.metadata.name), text(&service.metadata.namespace))
}

/// The name outside that a service stands for.
fn external(service: &Service) -> Option<String> {
    let spec = service.spec.as_ref().filter(|s| s.type_.as_deref() == Some("ExternalName"))?;
    let target = spec.external_name.as_deref()?.trim_end_matches('.');
    (!target.is_empty()).then(|| target.to_lowercase())
}

fn is_headless(service: &Service) -> bool {
    service.spec.as_ref().and_then(|s| s.cluster_ip.as_deref()) == Some("None")
}

/// The addresses that a service has itself.
fn own(service: &Service) -> Vec<IpAddr> {
    let Some(spec) = &service.spec else { return Vec::new() };
    let all = spec.cluster_ips.iter().flatten().chain(&spec.cluster_ip);
    let mut addresses: Vec<IpAddr> = all.filter_map(|ip| ip.parse().ok()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

#[cfg(test)]
mod tests;
