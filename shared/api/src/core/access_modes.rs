//! How many may use a volume at a time, and how: of volumes and of claims.

use crate::Invalid;

const MODES: &[(&str, &str)] = &[
    ("ReadWriteOnce", "RWO"),
    ("ReadOnlyMany", "ROX"),
    ("ReadWriteMany", "RWX"),
    ("ReadWriteOncePod", "RWOP"),
];

/// Records what is wrong with the modes of the specification at `path`.
pub(super) fn valid(modes: &[String], path: &str, invalid: &mut Invalid) {
    let field = format!("{path}.accessModes");
    let mut known: Vec<_> = MODES.iter().map(|(mode, _)| *mode).collect();
    known.sort_unstable();
    for mode in modes {
        if !known.contains(&mode.as_str()) {
            invalid.unsupported(&field, mode, &known);
        }
    }
    let alone = |mode: &String| mode == "ReadWriteOncePod";
    if modes.iter().any(alone) && modes.iter().any(|m| !alone(m) && known.contains(&m.as_str())) {
        invalid.forbidden(field, "may not use ReadWriteOncePod with other access modes");
    }
}

/// `RWO,ROX`.
pub(super) fn text(modes: Option<&Vec<String>>) -> String {
    let has = |mode: &str| modes.is_some_and(|m| m.iter().any(|m| m == mode));
    MODES.iter().filter(|(mode, _)| has(mode)).map(|(_, short)| *short).collect::<Vec<_>>().join(",")
}
