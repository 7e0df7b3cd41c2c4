//! A range of IPv4 addresses.

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
    /// The range of `prefix` bits that holds `address`; more than 32 bits are 32.
    pub fn new(address: Ipv4Addr, prefix: u8) -> Self {
        let prefix = prefix.min(32);
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
        Self { base: u32::from(address) & mask, prefix }
    }

    /// Length of the fixed part in bits.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// The lowest address.
    pub fn base(&self) -> Ipv4Addr {
        Ipv4Addr::from(self.base)
    }

    /// The highest address.
    pub fn last(&self) -> Ipv4Addr {
        Ipv4Addr::from(self.base | u32::MAX.checked_shr(u32::from(self.prefix)).unwrap_or(0))
    }

    /// The first address a host can have.
    pub fn first(&self) -> Ipv4Addr {
        Ipv4Addr::from(if self.prefix >= 31 { self.base } else { self.base + 1 })
    }

    /// True when `address` lies in the range.
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        Self::new(address, self.prefix) == *self
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

    #[test]
    fn a_range_knows_its_ends() {
        for (text, base, first, last) in [
            ("10.1.2.0/24", "10.1.2.0", "10.1.2.1", "10.1.2.255"),
            ("10.1.2.7/24", "10.1.2.0", "10.1.2.1", "10.1.2.255"),
            ("10.0.0.0/8", "10.0.0.0", "10.0.0.1", "10.255.255.255"),
            ("10.1.2.3/32", "10.1.2.3", "10.1.2.3", "10.1.2.3"),
            ("0.0.0.0/0", "0.0.0.0", "0.0.0.1", "255.255.255.255"),
        ] {
            let range: Cidr = text.parse().unwrap();
            assert_eq!(
                [range.base(), range.first(), range.last()].map(|a| a.to_string()),
                [base, first, last]
            );
            assert!(range.contains(range.last()) && range.contains(range.base()));
        }
        assert!(!"10.1.2.0/24".parse::<Cidr>().unwrap().contains([10, 1, 3, 0].into()));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "10.1.2.0", "10.1.2.0/33", "10.1.2/24", "fd00::/64", "10.1.2.0/-1"] {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
    }
}
