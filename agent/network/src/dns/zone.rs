//! What a name means: its place in the cluster's zone.

use super::DOMAIN;
use std::net::Ipv4Addr;

/// The place of a name in the cluster's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// The zone itself.
    Top,
    /// `dns-version`: which names there are.
    Version,
    /// `ns.dns`: the server.
    Server,
    /// A name that only has others below it.
    Branch,
    /// `NAMESPACE.svc`.
    Namespace(&'a str),
    /// `1-2-3-4.NAMESPACE.pod`.
    Pod(Ipv4Addr),
    /// `SERVICE.NAMESPACE.svc`.
    Service(&'a str, &'a str),
    /// `HOST.SERVICE.NAMESPACE.svc`.
    Host(&'a str, &'a str, &'a str),
    /// `_PROTOCOL.SERVICE.NAMESPACE.svc`: only ports are below it.
    Protocol(&'a str, &'a str),
    /// `_PORT._PROTOCOL.SERVICE.NAMESPACE.svc`.
    Port(&'a str, &'a str, &'a str, &'a str),
    /// No name of this form exists.
    Nowhere,
}

/// Where `name` is in the zone; nothing when it is outside.
pub(super) fn place(name: &str) -> Option<Place<'_>> {
    let below = name.strip_suffix(DOMAIN)?;
    if below.is_empty() {
        return Some(Place::Top);
    }
    let labels: Vec<&str> = below.strip_suffix('.')?.rsplit('.').collect();
    Some(match labels[..] {
        ["dns-version"] => Place::Version,
        ["svc" | "pod" | "dns"] => Place::Branch,
        ["dns", "ns"] => Place::Server,
        ["svc" | "pod", namespace] => Place::Namespace(namespace),
        ["pod", _, dashed] => dashed.replace('-', ".").parse().map_or(Place::Nowhere, Place::Pod),
        ["svc", namespace, service] => Place::Service(namespace, service),
        ["svc", namespace, service, last] => match last.strip_prefix('_') {
            Some("tcp" | "udp" | "sctp") => Place::Protocol(namespace, service),
            Some(_) => Place::Nowhere,
            None => Place::Host(namespace, service, last),
        },
        ["svc", namespace, service, protocol, port] => {
            match (protocol.strip_prefix('_'), port.strip_prefix('_')) {
                (Some(protocol), Some(port)) => Place::Port(namespace, service, protocol, port),
                _ => Place::Nowhere,
            }
        }
        _ => Place::Nowhere,
    })
}

/// The address that a name below `in-addr.arpa` stands for.
pub(super) fn reversed(name: &str) -> Option<Ipv4Addr> {
    let labels: Vec<&str> = name.strip_suffix(".in-addr.arpa")?.rsplit('.').collect();
    labels.join(".").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_place() {
        let pod = |a, b, c, d| Some(Place::Pod(Ipv4Addr::new(a, b, c, d)));
        for (name, expected) in [
            ("", Some(Place::Top)),
            ("dns-version.", Some(Place::Version)),
            ("ns.dns.", Some(Place::Server)),
            ("svc.", Some(Place::Branch)),
            ("pod.", Some(Place::Branch)),
            ("shop.svc.", Some(Place::Namespace("shop"))),
            ("10-1-0-5.shop.pod.", pod(10, 1, 0, 5)),
            ("web.shop.pod.", Some(Place::Nowhere)),
            ("10-1-0.shop.pod.", Some(Place::Nowhere)),
            ("web.shop.svc.", Some(Place::Service("shop", "web"))),
            ("db-0.db.shop.svc.", Some(Place::Host("shop", "db", "db-0"))),
            ("_tcp.web.shop.svc.", Some(Place::Protocol("shop", "web"))),
            ("_x.web.shop.svc.", Some(Place::Nowhere)),
            ("_http._tcp.web.shop.svc.", Some(Place::Port("shop", "web", "tcp", "http"))),
            ("http._tcp.web.shop.svc.", Some(Place::Nowhere)),
            ("a.b.c.web.shop.svc.", Some(Place::Nowhere)),
            ("web.shop.", Some(Place::Nowhere)),
            ("not", None),
        ] {
            assert_eq!(place(&format!("{name}{DOMAIN}")), expected, "{name}");
        }
        assert_eq!(place("example.com"), None);
        assert_eq!(reversed("4.3.2.1.in-addr.arpa"), Some(Ipv4Addr::new(1, 2, 3, 4)));
        assert_eq!(reversed("3.2.1.in-addr.arpa"), None);
        assert_eq!(reversed("in-addr.arpa"), None);
    }
}
