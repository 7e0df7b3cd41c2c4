//! A number of pods, or a percentage of them.

use crate::{IntOrString, Invalid};

/// Records what is wrong with it; its number, a percentage without its sign, when nothing is.
pub(crate) fn valid(portion: Option<&IntOrString>, field: &str, invalid: &mut Invalid) -> Option<i32> {
    match portion? {
        IntOrString::Int(number) if *number < 0 => {
            invalid.value(field, number, "must be greater than or equal to 0");
            None
        }
        IntOrString::Int(number) => Some(*number),
        IntOrString::String(text) => {
            let found = percent(text);
            if found.is_none() {
                let why = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or \
                           '93%', regex used for validation is '[0-9]+%')";
                invalid.value(field, text, why);
            }
            found
        }
    }
}

/// Records that more than all of the pods are meant.
pub(crate) fn at_most_all(portion: Option<&IntOrString>, field: &str, invalid: &mut Invalid) {
    if let Some(IntOrString::String(text)) = portion
        && percent(text).is_some_and(|p| p > 100)
    {
        invalid.value(field, text, "must not be greater than 100%");
    }
}

/// As Kubernetes shows it.
pub(crate) fn shown(portion: Option<&IntOrString>) -> String {
    match portion {
        None => "N/A".into(),
        Some(IntOrString::Int(number)) => number.to_string(),
        Some(IntOrString::String(text)) => text.clone(),
    }
}

fn percent(text: &str) -> Option<i32> {
    let digits = text.strip_suffix('%').filter(|d| d.chars().all(|c| c.is_ascii_digit()))?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_percentages_are_told_from_nonsense() {
        let text = |t: &str| IntOrString::String(t.into());
        for (portion, number, findings) in [
            (IntOrString::Int(3), Some(3), 0),
            (IntOrString::Int(-1), None, 1),
            (text("25%"), Some(25), 0),
            (text("101%"), Some(101), 1),
            (text("%"), None, 1),
            (text("-1%"), None, 1),
            (text("half"), None, 1),
        ] {
            let mut invalid = Invalid::default();
            assert_eq!(valid(Some(&portion), "f", &mut invalid), number, "{portion:?}");
            at_most_all(Some(&portion), "f", &mut invalid);
            assert_eq!(invalid.causes().len(), findings, "{portion:?}");
        }
    }
}
