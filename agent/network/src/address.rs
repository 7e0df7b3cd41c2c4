//! Which address a pod gets.

use shared_api::Cidr;
use std::{collections::BTreeMap, net::Ipv4Addr};

/// The next free address of `range` after `last`, wrapping around.
///
/// The lowest address, the bridge's and the highest are nobody's. An address that was just freed is
/// taken last, so that late packets for its former owner meet nobody.
pub fn next<T>(range: Cidr, taken: &BTreeMap<Ipv4Addr, T>, last: Option<Ipv4Addr>) -> Option<Ipv4Addr> {
    let (low, high) = (u32::from(range.first()).checked_add(1)?, u32::from(range.last()).checked_sub(1)?);
    if low > high {
        return None;
    }
    let from = last.map_or(low, |last| u32::from(last).saturating_add(1));
    let from = if (low..=high).contains(&from) { from } else { low };
    (from..=high).chain(low..from).map(Ipv4Addr::from).find(|address| !taken.contains_key(address))
}

#[cfg(test)]
mod tests {
    use super::next;
    use std::{collections::BTreeMap, net::Ipv4Addr};

    fn check(range: &str, taken: &[u8], last: Option<u8>, expected: Option<u8>) {
        let at = |n: u8| Ipv4Addr::new(10, 1, 2, n);
        let taken: BTreeMap<_, _> = taken.iter().map(|n| (at(*n), "a pod")).collect();
        assert_eq!(next(range.parse().unwrap(), &taken, last.map(at)), expected.map(at), "{range} {last:?}");
    }

    #[test]
    fn addresses_are_given_in_turn() {
        check("10.1.2.0/24", &[], None, Some(2));
        check("10.1.2.0/24", &[2], Some(2), Some(3));
        check("10.1.2.0/24", &[], Some(2), Some(3));
        check("10.1.2.0/24", &[4, 5], Some(3), Some(6));
        check("10.1.2.0/24", &[2], Some(254), Some(3));
        check("10.1.2.0/29", &[2, 3, 4, 5], Some(5), Some(6));
        check("255.255.255.255/32", &[], None, None);
    }

    #[test]
    fn a_full_range_has_none() {
        check("10.1.2.0/29", &[2, 3, 4, 5, 6], Some(6), None);
        check("10.1.2.0/30", &[], None, Some(2));
        check("10.1.2.0/31", &[], None, None);
        check("10.1.2.0/32", &[], None, None);
    }

    #[test]
    fn an_address_of_another_range_is_forgotten() {
        let last = Some(Ipv4Addr::new(192, 168, 0, 9));
        assert_eq!(
            next::<&str>("10.1.2.0/24".parse().unwrap(), &BTreeMap::new(), last),
            Some([10, 1, 2, 2].into())
        );
    }
}
