//! A block of addresses.

use std::{fmt, net::IpAddr, str::FromStr};

/// A block of addresses, `10.96.0.0/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    first: IpAddr,
    length: u8,
}

impl Cidr {
    /// `10.96.0.0/16`.
    pub const DEFAULT: Self = Self { first: IpAddr::V4(std::net::Ipv4Addr::new(10, 96, 0, 0)), length: 16 };

    fn width(self) -> u8 {
        if self.first.is_ipv4() { 32 } else { 128 }
    }

    /// How many addresses can be handed out: the first and the last are not.
    pub fn usable(self) -> u128 {
        let free = u32::from(self.width() - self.length);
        1_u128.checked_shl(free).unwrap_or(u128::MAX).saturating_sub(2)
    }

    /// The usable address at a place, counted from zero.
    pub fn nth(self, place: u128) -> IpAddr {
        number_to_ip(self.first.is_ipv4(), ip_to_number(self.first) + 1 + place % self.usable().max(1))
    }

    /// Whether an address can be handed out.
    pub fn contains(self, ip: IpAddr) -> bool {
        let place = ip_to_number(ip).wrapping_sub(ip_to_number(self.first));
        ip.is_ipv4() == self.first.is_ipv4() && place >= 1 && place <= self.usable()
    }

    /// Whether its addresses are IPv4.
    pub fn is_ipv4(self) -> bool {
        self.first.is_ipv4()
    }
}

fn ip_to_number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(u32::from(ip)),
        IpAddr::V6(ip) => u128::from(ip),
    }
}

fn number_to_ip(v4: bool, number: u128) -> IpAddr {
    match u32::try_from(number) {
        Ok(number) if v4 => IpAddr::V4(number.into()),
        _ => IpAddr::V6(number.into()),
    }
}

impl FromStr for Cidr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no block of addresses such as 10.96.0.0/16");
        let (first, length) = text.split_once('/').ok_or_else(wrong)?;
        let first: IpAddr = first.parse().map_err(|_| wrong())?;
        let length: u8 = length.parse().map_err(|_| wrong())?;
        let block = Self { first, length };
        if length > block.width() {
            return Err(wrong());
        }
        let host_bits = u32::from(block.width() - length);
        let mask = 1_u128.checked_shl(host_bits).map_or(u128::MAX, |bit| bit - 1);
        if ip_to_number(first) & mask != 0 {
            return Err(format!("{text:?} does not begin with its first address"));
        }
        if block.usable() == 0 {
            return Err(format!("{text:?} has no address to hand out"));
        }
        Ok(block)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_out_what_lies_between_first_and_last() {
        let block: Cidr = "10.96.0.0/29".parse().unwrap();
        assert_eq!(block.usable(), 6);
        assert_eq!(block.nth(0).to_string(), "10.96.0.1");
        assert_eq!(block.nth(5).to_string(), "10.96.0.6");
        assert_eq!(block.nth(6), block.nth(0));
        let inside = |ip: &str| block.contains(ip.parse().unwrap());
        assert!(inside("10.96.0.6") && !inside("10.96.0.7") && !inside("10.96.0.0") && !inside("10.95.0.1"));
        assert_eq!("10.96.0.0/16".parse(), Ok(Cidr::DEFAULT));
        assert_eq!("fd00::/112".parse::<Cidr>().unwrap().nth(0).to_string(), "fd00::1");
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["10.96.0.0", "10.96.0.0/33", "10.96.0.1/16", "x/3", "10.96.0.0/31"] {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
    }
}
