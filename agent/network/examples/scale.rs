//! How long the rules of many services take: `cargo run --release -p agent-network --example scale
//! [services] [nft|legacy]`, as root. It works in a network namespace of its own and leaves nothing.

use agent_network::{
    iptables::{Backend, Iptables},
    rules::diff,
    services::{Site, rules},
};
use nix::sched::{CloneFlags, unshare};
use shared_api::{
    Cidr, Object,
    core::{Node, Service, ServicePort, ServiceSpec},
    discovery::{Endpoint, EndpointPort, EndpointSlice},
};
use shared_client::{Event, World};
use std::{
    error::Error,
    io::{Write as _, stdout},
    net::Ipv4Addr,
    time::{Duration, Instant},
};

fn service(number: u32) -> Object {
    let mut service = Service::default();
    service.metadata.name = Some(format!("service-{number}"));
    service.metadata.namespace = Some(format!("team-{}", number % 50));
    let ip = Ipv4Addr::from(u32::from(Ipv4Addr::new(10, 96, 0, 1)) + number);
    let port = ServicePort { name: Some("http".into()), port: 80, ..ServicePort::default() };
    service.spec = Some(ServiceSpec {
        cluster_ip: Some(ip.to_string()),
        ports: Some(vec![port]),
        ..ServiceSpec::default()
    });
    Object::from_kind(&service)
}

fn endpoints(number: u32, generation: u32) -> Object {
    let mut slice = EndpointSlice { address_type: "IPv4".into(), ..EndpointSlice::default() };
    slice.metadata.name = Some(format!("service-{number}-x"));
    slice.metadata.namespace = Some(format!("team-{}", number % 50));
    let labels = slice.metadata.labels.get_or_insert_default();
    labels.insert("kubernetes.io/service-name".into(), format!("service-{number}"));
    slice.endpoints = (0..2)
        .map(|end| {
            let ip = u32::from(Ipv4Addr::new(10, 1, 0, 2)) + number * 2 + end + generation * 100_000;
            Endpoint { addresses: vec![Ipv4Addr::from(ip).to_string()], ..Endpoint::default() }
        })
        .collect();
    let port = EndpointPort { name: Some("http".into()), port: Some(8080), ..EndpointPort::default() };
    slice.ports = Some(vec![port]);
    Object::from_kind(&slice)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let count: u32 = arguments.next().map_or(Ok(10_000), |text| text.parse())?;
    let backend = match arguments.next().as_deref() {
        Some("legacy") => Backend::Legacy,
        _ => Backend::Nft,
    };
    unshare(CloneFlags::CLONE_NEWNET)?;
    let mut node = Node::default();
    node.metadata.name = Some("here".into());
    node.spec.get_or_insert_default().pod_cidr = Some("10.1.0.0/24".into());
    let objects = (0..count).flat_map(|number| [service(number), endpoints(number, 0)]);
    let mut world = World::of(objects.chain([Object::from_kind(&node)]));
    let site = Site { node: "here".into(), cluster: Some("10.1.0.0/16".parse::<Cidr>()?) };

    let mut lines = Vec::new();
    let first = timed(&mut lines, "rules, objects decoded for the first time", || rules(&world, &site));
    let second = timed(&mut lines, "rules again", || rules(&world, &site));
    timed(&mut lines, "diff of the same", || assert!(diff(&first, &second).is_empty()));
    let full = timed(&mut lines, "whole text", || first.text());
    world.observe(&Event::Modified(endpoints(count / 2, 1)));
    let changed = timed(&mut lines, "rules after one change", || rules(&world, &site));
    let change = timed(&mut lines, "diff of one change", || diff(&first, &changed));

    let iptables = Iptables::detect(Some(backend))?;
    timed(&mut lines, "restore everything", || iptables.restore_all(&first))?;
    timed(&mut lines, "add the jumps", || iptables.join())?;
    timed(&mut lines, "restore one change", || iptables.restore(&change))?;
    timed(&mut lines, "look whether all is there", || iptables.is_intact())?;
    timed(&mut lines, "restore everything over it", || iptables.restore_all(&first))?;
    timed(&mut lines, "list our chains", || iptables.found())?;

    let mut out = stdout().lock();
    writeln!(
        out,
        "{count} services, {} chains, {} bytes; one change {} bytes; {backend:?}",
        first.len(),
        full.len(),
        change.len()
    )?;
    for (what, took) in lines {
        writeln!(out, "{:>10.1} ms  {what}", took.as_secs_f64() * 1000.0)?;
    }
    Ok(())
}

fn timed<T>(lines: &mut Vec<(&'static str, Duration)>, what: &'static str, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let result = work();
    lines.push((what, began.elapsed()));
    result
}
