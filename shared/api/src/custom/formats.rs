//! The formats of strings that are checked. Others say something to readers only.

use crate::Timestamp;
use base64::{Engine, prelude::BASE64_STANDARD};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether a text is of a format.
pub(super) type Fits = fn(&str) -> bool;

const ALL: &[(&str, Fits)] = &[
    ("byte", |text| BASE64_STANDARD.decode(text).is_ok()),
    ("cidr", is_cidr),
    ("date", is_date),
    ("date-time", |text| text.parse::<Timestamp>().is_ok()),
    ("datetime", |text| text.parse::<Timestamp>().is_ok()),
    ("duration", is_duration),
    ("email", is_email),
    ("hexcolor", is_color),
    ("hostname", is_hostname),
    ("ipv4", |text| text.parse::<Ipv4Addr>().is_ok()),
    ("ipv6", |text| text.parse::<Ipv6Addr>().is_ok()),
    ("k8s-long-name", |text| crate::name::subdomain(text).is_none()),
    ("k8s-short-name", |text| crate::name::label(text).is_none()),
    ("mac", is_mac),
    ("uri", is_uri),
    ("uuid", is_uuid),
    ("uuid3", |text| is_uuid(text) && versioned(text, '3')),
    ("uuid4", |text| is_uuid(text) && versioned(text, '4')),
    ("uuid5", |text| is_uuid(text) && versioned(text, '5')),
];

/// The format called so, when it is checked.
pub(super) fn find(name: &str) -> Option<(&'static str, Fits)> {
    ALL.iter().find(|(known, _)| *known == name).copied()
}

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let most = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    bits.parse::<u8>().is_ok_and(|bits| bits <= most)
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && format!("{text}T00:00:00Z").parse::<Timestamp>().is_ok()
}

/// `1h30m`, as Go reads and writes it; or a number and a word, `3 weeks`.
fn is_duration(text: &str) -> bool {
    let rest = text.trim_start_matches(['+', '-']);
    if rest == "0" {
        return true;
    }
    let units = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"];
    let mut rest = rest.trim();
    if rest.is_empty() {
        return false;
    }
    let words = ["nanosecond", "microsecond", "millisecond", "second", "minute", "hour", "day", "week"];
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        if number.parse::<f64>().is_err() {
            return false;
        }
        let after = after.trim_start();
        let letters = after.find(|c: char| c.is_ascii_digit() || c == ' ').unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        if !units.contains(&unit)
            && !["d", "w"].contains(&unit)
            && !words.contains(&unit.trim_end_matches('s'))
        {
            return false;
        }
        rest = after.trim_start();
    }
    true
}

fn is_email(text: &str) -> bool {
    let plain = text.rsplit_once('<').and_then(|(_, rest)| rest.strip_suffix('>')).unwrap_or(text);
    plain.rsplit_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && !host.is_empty() && !plain.contains(char::is_whitespace)
    })
}

fn is_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or(text);
    matches!(digits.len(), 3 | 6) && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_hostname(text: &str) -> bool {
    let part = |part: &str| {
        let fine = part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        !part.is_empty() && part.len() <= 63 && fine && !part.starts_with('-') && !part.ends_with('-')
    };
    text.len() <= 255 && text.trim_end_matches('.').split('.').all(part)
}

fn is_mac(text: &str) -> bool {
    let parts: Vec<_> = text.split([':', '-']).collect();
    let pair = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
    matches!(parts.len(), 6 | 8 | 20) && parts.iter().all(pair)
}

/// Something with a scheme, or a path from the root.
fn is_uri(text: &str) -> bool {
    let fine = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    let scheme = text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    });
    fine && (text.starts_with('/') || scheme)
}

fn is_uuid(text: &str) -> bool {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

fn versioned(uuid: &str, version: char) -> bool {
    uuid.chars().filter(|c| *c != '-').nth(12) == Some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_apart() {
        for (format, right, wrong) in [
            ("byte", "YQ==", "a"),
            ("cidr", "10.0.0.0/8", "10.0.0.0"),
            ("date", "2026-01-31", "2026-02-31"),
            ("date-time", "2026-01-31T01:02:03Z", "yesterday"),
            ("duration", "1h30m", "1x"),
            ("duration", "3 weeks", "weeks"),
            ("email", "a@b.c", "a"),
            ("hexcolor", "#fff", "#ffg"),
            ("hostname", "a.b-c", "-a"),
            ("ipv4", "1.2.3.4", "::1"),
            ("ipv6", "::1", "1.2.3.4"),
            ("mac", "01:23:45:67:89:ab", "01:23"),
            ("uri", "https://a/b", "a b"),
            ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
            ("uuid4", "123e4567-e89b-42d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000"),
        ] {
            let (_, fits) = find(format).unwrap();
            assert!(fits(right) && !fits(wrong), "{format}");
        }
        assert!(find("int-or-string").is_none() && find("password").is_none());
    }
}
