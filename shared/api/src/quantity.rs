//! Amounts of processor, memory and other resources.

use crate::{Invalid, Quantity, Refusal};
use std::{fmt, ops};

/// What Kubernetes says of malformed amounts.
const SHAPE: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/// The amount in a field, when it is one that can be had: well-formed and not negative.
pub(crate) fn valid(quantity: &Quantity, field: &str, invalid: &mut Invalid) -> Option<Amount> {
    match parse(&quantity.0) {
        None => invalid.value(field, &quantity.0, SHAPE),
        Some(amount) if amount < Amount::default() => {
            invalid.value(field, &quantity.0, "must be greater than or equal to 0");
        }
        Some(amount) => return Some(amount),
    }
    None
}

/// An amount of something, in thousandths: `500m` of a processor is 500, `1Ki` of memory 1,024,000.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(i128);

const BINARY: &[(&str, u32)] = &[("Ki", 1), ("Mi", 2), ("Gi", 3), ("Ti", 4), ("Pi", 5), ("Ei", 6)];
const DECIMAL: &[(&str, i32)] = &[
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];

impl Amount {
    /// So many whole units.
    pub const fn whole(units: i64) -> Self {
        Self(units as i128 * 1000)
    }

    /// So many thousandths.
    pub const fn milli(thousandths: i64) -> Self {
        Self(thousandths as i128)
    }

    /// In thousandths.
    pub fn as_milli(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// In whole units, rounded up.
    pub fn as_whole(self) -> i64 {
        i64::try_from(self.0.saturating_add(999).div_euclid(1000)).unwrap_or(i64::MAX)
    }

    /// From Kubernetes' text form: `0.5`, `500m`, `1e3`, `64Mi`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        parse(text).ok_or_else(|| {
            Refusal::bad_request(format!(
                "quantity {text:?} is not a number with a suffix such as m, k, Mi or Gi"
            ))
        })
    }

    /// The amount a `Quantity` stands for; zero when it is malformed (validation refuses those on the way in).
    pub fn of(quantity: &Quantity) -> Self {
        parse(&quantity.0).unwrap_or_default()
    }
}

fn parse(text: &str) -> Option<Amount> {
    let end =
        text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (negative, digits) = match number.as_bytes().first()? {
        b'-' => (true, &number[1..]),
        b'+' => (false, &number[1..]),
        _ => (false, number),
    };
    let (int, frac) = digits.split_once('.').unwrap_or((digits, ""));
    if (int.is_empty() && frac.is_empty()) || !int.chars().chain(frac.chars()).all(|c| c.is_ascii_digit()) {
        return None;
    }
    if int.len() > 20 || frac.len() > 12 {
        return None;
    }
    let mantissa: i128 = format!("0{int}{frac}").parse().ok()?;
    let scale = i32::try_from(frac.len()).ok()?;
    // value = mantissa * 10^-scale * multiplier, wanted in thousandths, rounded up
    let (times, ten): (i128, i32) = if let Some((_, power)) = BINARY.iter().find(|(s, _)| *s == suffix) {
        (1024_i128.pow(*power), 3 - scale)
    } else if let Some((_, exponent)) = DECIMAL.iter().find(|(s, _)| *s == suffix) {
        (1, exponent + 3 - scale)
    } else {
        let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
        (1, exponent.clamp(-30, 18) + 3 - scale)
    };
    let raw = mantissa.checked_mul(times)?;
    let milli = if ten >= 0 {
        raw.checked_mul(10_i128.checked_pow(ten.unsigned_abs())?)?
    } else {
        let divisor = 10_i128.checked_pow(ten.unsigned_abs())?;
        raw.checked_add(divisor - 1)? / divisor
    };
    Some(Amount(if negative { -milli } else { milli }))
}

impl ops::Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl ops::AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl ops::Sub for Amount {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), ops::Add::add)
    }
}

impl Amount {
    /// Shortest form in powers of 1024: `64Mi`, `1536Ki`, `1000`.
    pub fn binary(self) -> String {
        let whole = |(_, power): &&(&str, u32)| self.0 != 0 && self.0 % (1000 * 1024_i128.pow(*power)) == 0;
        match BINARY.iter().rev().find(whole) {
            Some((suffix, power)) => format!("{}{suffix}", self.0 / (1000 * 1024_i128.pow(*power))),
            None => self.to_string(),
        }
    }
}

/// Shortest decimal form: `500m`, `2`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 % 1000 == 0 { write!(f, "{}", self.0 / 1000) } else { write!(f, "{}m", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        let milli = |text| Amount::parse(text).unwrap().as_milli();
        assert_eq!(milli("500m"), 500);
        assert_eq!(milli("0.5"), 500);
        assert_eq!(milli("2"), 2000);
        assert_eq!(milli("1Ki"), 1_024_000);
        assert_eq!(milli("1.5Gi"), 1_610_612_736_000);
        assert_eq!(milli("1e3"), 1_000_000);
        assert_eq!(milli("-1"), -1000);
        assert_eq!(milli("100u"), 1, "rounded up");
    }

    #[test]
    fn amounts_are_written_shortly() {
        let binary = |text| Amount::parse(text).unwrap().binary();
        assert_eq!(binary("67108864"), "64Mi");
        assert_eq!(binary("1.5Gi"), "1536Mi");
        assert_eq!((binary("1000"), binary("0"), binary("500m")), ("1000".into(), "0".into(), "500m".into()));
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in ["", "x", "1x", "1.2.3", "Mi", "--1", "1e", "99999999999999999999999"] {
            assert!(Amount::parse(bad).is_err(), "{bad}");
        }
    }
}
