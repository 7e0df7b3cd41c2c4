//! Addresses, networks and URLs.

use super::{no_overload, text_at};
use crate::{
    Fault, Value,
    cost::Cost,
    function::Row,
    value::{Map, MapKey},
};
use http::Uri;
use std::{collections::BTreeMap, net::IpAddr, rc::Rc};

pub(super) const TABLE: &[Row] = &[
    ("ip", "(string) ip", |args, cost| {
        let text = paid(args, cost)?;
        address(text).map(Value::Ip).ok_or_else(|| {
            Fault::error(format!("IP Address {text:?} parse error during conversion from string"))
        })
    }),
    ("isIP", "(string) bool", |args, cost| Ok(address(paid(args, cost)?).is_some().into())),
    ("ip.isCanonical", "(string) bool", |args, cost| {
        let text = paid(args, cost)?;
        let ip = address(text);
        let ip = ip.ok_or_else(|| {
            Fault::error(format!("IP Address {text:?} parse error during conversion from string"))
        })?;
        Ok((ip.to_string() == text).into())
    }),
    ("family", "ip.() int", |args, _| Ok(Value::Int(if of_ip(args)?.is_ipv4() { 4 } else { 6 }))),
    ("isUnspecified", "ip.() bool", |args, _| Ok(of_ip(args)?.is_unspecified().into())),
    ("isLoopback", "ip.() bool", |args, _| Ok(of_ip(args)?.is_loopback().into())),
    ("isLinkLocalMulticast", "ip.() bool", |args, _| {
        Ok(Value::Bool(match of_ip(args)? {
            IpAddr::V4(ip) => ip.octets()[..3] == [224, 0, 0],
            IpAddr::V6(ip) => ip.segments()[0] & 0xff0f == 0xff02,
        }))
    }),
    ("isLinkLocalUnicast", "ip.() bool", |args, _| Ok(link_local(of_ip(args)?).into())),
    ("isGlobalUnicast", "ip.() bool", |args, _| {
        let ip = of_ip(args)?;
        let broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
        let other = ip.is_unspecified() || ip.is_loopback() || ip.is_multicast() || link_local(ip);
        Ok((!broadcast && !other).into())
    }),
    ("cidr", "(string) cidr", |args, cost| {
        let text = paid(args, cost)?;
        let found = network(text).map(|(ip, length)| Value::Cidr(ip, length));
        found.ok_or_else(|| {
            Fault::error(format!(
                "network address parse error during conversion from string: invalid CIDR address: {text}"
            ))
        })
    }),
    ("isCIDR", "(string) bool", |args, cost| Ok(network(paid(args, cost)?).is_some().into())),
    ("containsIP", "cidr.(ip) bool", contains_ip),
    ("containsIP", "cidr.(string) bool", contains_ip),
    ("containsCIDR", "cidr.(cidr) bool", contains_cidr),
    ("containsCIDR", "cidr.(string) bool", contains_cidr),
    ("ip", "cidr.() ip", |args, _| of_cidr(args).map(|(ip, _)| Value::Ip(ip))),
    ("prefixLength", "cidr.() int", |args, _| of_cidr(args).map(|(_, length)| Value::Int(length.into()))),
    ("masked", "cidr.() cidr", |args, _| {
        let (ip, length) = of_cidr(args)?;
        let bits = bits(ip) & mask(ip, length);
        let ip = match ip {
            IpAddr::V4(_) => IpAddr::V4(u32::try_from(bits).unwrap_or_default().into()),
            IpAddr::V6(_) => IpAddr::V6(bits.into()),
        };
        Ok(Value::Cidr(ip, length))
    }),
    ("url", "(string) url", |args, cost| {
        let text = paid(args, cost)?;
        let wrong = || {
            Fault::error(format!(
                "URL parse error during conversion from string: parse {text:?}: invalid URI for request"
            ))
        };
        uri(text).map(|uri| Value::Url(Rc::new(uri))).ok_or_else(wrong)
    }),
    ("isURL", "(string) bool", |args, cost| Ok(uri(paid(args, cost)?).is_some().into())),
    ("getScheme", "url.() string", |args, _| {
        Ok(of_url(args)?.scheme_str().unwrap_or_default().to_owned().into())
    }),
    ("getHost", "url.() string", |args, _| {
        let uri = of_url(args)?;
        let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
        Ok(format!("{}{port}", uri.host().unwrap_or_default()).into())
    }),
    ("getHostname", "url.() string", |args, _| {
        let host = of_url(args)?.host().unwrap_or_default();
        Ok(host.trim_start_matches('[').trim_end_matches(']').to_owned().into())
    }),
    ("getPort", "url.() string", |args, _| {
        Ok(of_url(args)?.port().map(|port| port.to_string()).unwrap_or_default().into())
    }),
    ("getEscapedPath", "url.() string", |args, _| {
        let uri = of_url(args)?;
        // The parser gives an address without a path one.
        let bare = uri
            .authority()
            .is_some_and(|host| uri.to_string().trim_end_matches('/').ends_with(host.as_str()));
        Ok(if bare && uri.path() == "/" && uri.query().is_none() {
            String::new()
        } else {
            uri.path().to_owned()
        }
        .into())
    }),
    ("getQuery", "url.() map<string, list<string>>", query),
];

fn paid<'v>(args: &'v [Value<'_>], cost: &mut Cost<'_>) -> Result<&'v str, Fault> {
    let text = text_at(args, 0)?;
    cost.walk(text.len())?;
    Ok(text)
}

fn address(text: &str) -> Option<IpAddr> {
    let ip = text.parse().ok()?;
    // An IPv4 address in IPv6 clothes is neither.
    matches!(ip, IpAddr::V4(_)).then_some(ip).or_else(|| match ip {
        IpAddr::V6(six) if six.to_ipv4_mapped().is_none() => Some(ip),
        _ => None,
    })
}

fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (ip, length) = text.split_once('/')?;
    let ip = address(ip)?;
    let digits = !length.is_empty()
        && length.bytes().all(|b| b.is_ascii_digit())
        && (length == "0" || !length.starts_with('0'));
    let length =
        length.parse().ok().filter(|length| digits && *length <= if ip.is_ipv4() { 32 } else { 128 })?;
    Some((ip, length))
}

fn uri(text: &str) -> Option<Uri> {
    let absolute = text.starts_with('/') || text.contains("://");
    text.parse().ok().filter(|_| absolute)
}

fn of_ip(args: &[Value<'_>]) -> Result<IpAddr, Fault> {
    match args.first() {
        Some(Value::Ip(ip)) => Ok(*ip),
        _ => Err(no_overload()),
    }
}

fn of_cidr(args: &[Value<'_>]) -> Result<(IpAddr, u8), Fault> {
    match args.first() {
        Some(Value::Cidr(ip, length)) => Ok((*ip, *length)),
        _ => Err(no_overload()),
    }
}

fn of_url<'v>(args: &'v [Value<'_>]) -> Result<&'v Uri, Fault> {
    match args.first() {
        Some(Value::Url(uri)) => Ok(uri),
        _ => Err(no_overload()),
    }
}

fn link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u32::from(ip).into(),
        IpAddr::V6(ip) => ip.into(),
    }
}

fn mask(ip: IpAddr, length: u8) -> u128 {
    let all = if ip.is_ipv4() { 32 } else { 128 };
    let ones = if ip.is_ipv4() { u128::from(u32::MAX) } else { u128::MAX };
    ones & u128::MAX.checked_shl(u32::from(all - length)).unwrap_or(0)
}

fn within((net, length): (IpAddr, u8), ip: IpAddr) -> bool {
    net.is_ipv4() == ip.is_ipv4() && bits(net) & mask(net, length) == bits(ip) & mask(net, length)
}

fn contains_ip<'a>(args: &[Value<'a>], _: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let ip = match &args[1] {
        Value::Ip(ip) => *ip,
        other => {
            let text = other.as_str().ok_or_else(no_overload)?;
            address(text).ok_or_else(|| {
                Fault::error(format!("IP Address {text:?} parse error during conversion from string"))
            })?
        }
    };
    Ok(within(of_cidr(args)?, ip).into())
}

fn contains_cidr<'a>(args: &[Value<'a>], _: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let (ip, length) = match &args[1] {
        Value::Cidr(ip, length) => (*ip, *length),
        other => {
            let text = other.as_str().ok_or_else(no_overload)?;
            network(text).ok_or_else(|| {
                Fault::error(format!(
                    "network address parse error during conversion from string: invalid CIDR address: {text}"
                ))
            })?
        }
    };
    let outer = of_cidr(args)?;
    Ok((outer.1 <= length && within(outer, ip)).into())
}

fn query<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let text = of_url(args)?.query().unwrap_or_default();
    cost.take(text.len() as u64)?;
    let mut all: BTreeMap<MapKey, Vec<Value<'a>>> = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = MapKey::String(decoded(name).into());
        all.entry(key).or_default().push(decoded(value).into());
    }
    let all = all.into_iter().map(|(key, values)| (key, values.into())).collect();
    Ok(Value::Map(Map::Own(Rc::new(all))))
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match (bytes[at], hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
