//! A range of IPv4 addresses: of pods, of services, of what a node reaches without a router.

use std::{fmt, net::Ipv4Addr, str::FromStr};

/// A range of addresses, `10.1.2.0/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    base: u32,
    prefix: u8,
}

/// A text that is no range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an IPv4 range such as 10.1.2.0/24")]
pub struct InvalidCidr(String);

impl Cidr {
    /// Where services get their addresses when nobody chose: `10.96.0.0/16`.
    pub const SERVICES: Self = Self::new(Ipv4Addr::new(10, 96, 0, 0), 16);
    /// Where pods get theirs: `10.244.0.0/16`.
    pub const PODS: Self = Self::new(Ipv4Addr::new(10, 244, 0, 0), 16);

    /// The range of `prefix` bits that holds `address`; more than 32 bits are 32.
    pub const fn new(address: Ipv4Addr, prefix: u8) -> Self {
        let prefix = if prefix > 32 { 32 } else { prefix };
        Self { base: address.to_bits() & !hosts(prefix), prefix }
    }

    /// Length of the fixed part in bits.
    pub const fn prefix(self) -> u8 {
        self.prefix
    }

    /// The lowest address.
    pub const fn base(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.base)
    }

    /// The highest address.
    pub const fn last(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.base | hosts(self.prefix))
    }

    /// The first address a host can have.
    pub const fn first(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(if self.prefix >= 31 { self.base } else { self.base + 1 })
    }

    /// True when `address` lies in the range.
    pub fn contains(self, address: Ipv4Addr) -> bool {
        Self::new(address, self.prefix) == self
    }

    /// True when some address lies in both ranges.
    pub fn overlaps(self, other: Self) -> bool {
        self.contains(other.base()) || other.contains(self.base())
    }

    /// How many addresses lie between the lowest and the highest.
    pub const fn between(self) -> u32 {
        hosts(self.prefix).saturating_sub(1)
    }

    /// One of the addresses [`between`](Self::between), counted from zero; none past the last.
    pub fn nth(self, place: u32) -> Option<Ipv4Addr> {
        (place < self.between()).then(|| Ipv4Addr::from_bits(self.base + 1 + place))
    }

    /// The ranges of `prefix` bits within this one, from the lowest on; none when they are larger.
    pub fn parts(self, prefix: u8) -> impl Iterator<Item = Self> {
        let all = (self.prefix..=32).contains(&prefix).then(|| 1_u64 << (prefix - self.prefix));
        let size = u64::from(hosts(prefix)) + 1;
        (0..all.unwrap_or(0))
            .filter_map(move |n| u32::try_from(u64::from(self.base) + n * size).ok())
            .map(move |base| Self { base, prefix })
    }
}

/// The bits that differ within a range.
const fn hosts(prefix: u8) -> u32 {
    match u32::MAX.checked_shr(prefix as u32) {
        Some(bits) => bits,
        None => 0,
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base(), self.prefix)
    }
}

impl FromStr for Cidr {
    type Err = InvalidCidr;

    fn from_str(text: &str) -> Result<Self, InvalidCidr> {
        let parsed = text.split_once('/').and_then(|(address, prefix)| {
            let prefix: u8 = prefix.parse().ok().filter(|p| *p <= 32)?;
            Some(Self::new(address.parse().ok()?, prefix))
        });
        parsed.ok_or_else(|| InvalidCidr(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::Cidr;

    fn range(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    #[test]
    fn a_range_knows_its_ends() {
        for (text, base, first, last, between) in [
            ("10.1.2.0/24", "10.1.2.0", "10.1.2.1", "10.1.2.255", 254),
            ("10.1.2.7/24", "10.1.2.0", "10.1.2.1", "10.1.2.255", 254),
            ("10.0.0.0/8", "10.0.0.0", "10.0.0.1", "10.255.255.255", (1 << 24) - 2),
            ("10.1.2.2/31", "10.1.2.2", "10.1.2.2", "10.1.2.3", 0),
            ("10.1.2.3/32", "10.1.2.3", "10.1.2.3", "10.1.2.3", 0),
            ("255.255.255.255/32", "255.255.255.255", "255.255.255.255", "255.255.255.255", 0),
            ("0.0.0.0/0", "0.0.0.0", "0.0.0.1", "255.255.255.255", u32::MAX - 1),
        ] {
            let range = range(text);
            let ends = [range.base(), range.first(), range.last()].map(|a| a.to_string());
            assert_eq!(
                (ends.each_ref().map(String::as_str), range.between()),
                ([base, first, last], between)
            );
            assert!(range.contains(range.last()) && range.contains(range.base()));
        }
        assert!(!range("10.1.2.0/24").contains([10, 1, 3, 0].into()));
        assert_eq!([Cidr::SERVICES, Cidr::PODS], ["10.96.0.0/16", "10.244.0.0/16"].map(range));
    }

    #[test]
    fn what_lies_between_the_ends_is_counted_from_zero() {
        for (text, place, expected) in [
            ("10.96.0.0/29", 0, Some("10.96.0.1")),
            ("10.96.0.0/29", 5, Some("10.96.0.6")),
            ("10.96.0.0/29", 6, None),
            ("10.96.0.0/31", 0, None),
            ("0.0.0.0/0", u32::MAX - 2, Some("255.255.255.254")),
            ("0.0.0.0/0", u32::MAX - 1, None),
        ] {
            let found = range(text).nth(place).map(|a| a.to_string());
            assert_eq!(found.as_deref(), expected, "{text} {place}");
        }
    }

    #[test]
    fn ranges_overlap_when_one_holds_the_other() {
        for (a, b, expected) in [
            ("10.0.0.0/24", "10.0.0.0/24", true),
            ("10.0.0.0/23", "10.0.1.0/24", true),
            ("10.0.0.0/24", "10.0.1.0/24", false),
            ("0.0.0.0/0", "10.0.1.0/24", true),
            ("10.0.0.5/32", "10.0.0.6/32", false),
        ] {
            assert_eq!((range(a).overlaps(range(b)), range(b).overlaps(range(a))), (expected, expected));
        }
    }

    #[test]
    fn a_range_is_cut_into_parts() {
        for (text, prefix, count, first, last) in [
            ("10.244.0.0/16", 24, 256, "10.244.0.0/24", "10.244.255.0/24"),
            ("10.0.0.0/24", 24, 1, "10.0.0.0/24", "10.0.0.0/24"),
            ("255.255.254.0/23", 24, 2, "255.255.254.0/24", "255.255.255.0/24"),
            ("0.0.0.0/0", 1, 2, "0.0.0.0/1", "128.0.0.0/1"),
        ] {
            let parts: Vec<String> = range(text).parts(prefix).map(|p| p.to_string()).collect();
            let ends = (parts.first().map(String::as_str), parts.last().map(String::as_str));
            assert_eq!((parts.len(), ends), (count, (Some(first), Some(last))), "{text}");
        }
        assert_eq!(range("10.0.0.0/25").parts(24).count(), 0, "larger than the range");
        assert_eq!(range("10.0.0.0/25").parts(40).count(), 0, "no prefix");
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "10.1.2.0", "10.1.2.0/33", "10.1.2/24", "fd00::/64", "10.1.2.0/-1", "x/16"] {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
    }
}
