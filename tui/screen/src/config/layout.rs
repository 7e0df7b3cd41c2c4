use crate::model::Way;
use serde_json::{Value, json};

/// How deep splits may lie in each other.
const DEEPEST: usize = 8;

/// A tab as it can be written down: lines of the palette, side by side or one above the other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Layout {
    /// A line of the palette; `follow WHAT` is tied to the list before it.
    Pane(String),
    Split {
        way: Way,
        share: u16,
        first: Box<Layout>,
        second: Box<Layout>,
    },
}

impl Layout {
    pub(crate) fn read(value: &Value) -> Result<Self, String> {
        Self::at(value, DEEPEST)
    }

    fn at(value: &Value, deeper: usize) -> Result<Self, String> {
        if let Value::String(line) = value {
            return Ok(Self::Pane(line.clone()));
        }
        let Value::Object(map) = value else {
            return Err(format!("expected a line, or beside or stacked with two parts, not {value}"));
        };
        if deeper == 0 {
            return Err(format!("there are more than {DEEPEST} splits in each other"));
        }
        if let Some(other) = map.keys().find(|key| !["beside", "stacked", "share"].contains(&key.as_str())) {
            return Err(format!("{other} is not known; there are beside, stacked, share"));
        }
        let share = match map.get("share").map(Value::as_u64) {
            None => 50,
            Some(Some(share @ 1..=99)) => u16::try_from(share).unwrap_or(50),
            Some(_) => return Err("share is what the first has of a hundred, from 1 to 99".into()),
        };
        let (way, word, parts) = match (map.get("beside"), map.get("stacked")) {
            (Some(parts), None) => (Way::Beside, "beside", parts),
            (None, Some(parts)) => (Way::Stacked, "stacked", parts),
            _ => return Err("expected either beside or stacked, with two parts".into()),
        };
        let Some([first, second]) = parts.as_array().map(Vec::as_slice) else {
            return Err(format!("{word} wants two parts"));
        };
        let (first, second) = (Self::at(first, deeper - 1)?, Self::at(second, deeper - 1)?);
        Ok(Self::Split { way, share, first: Box::new(first), second: Box::new(second) })
    }

    pub(crate) fn write(&self) -> Value {
        match self {
            Self::Pane(line) => line.clone().into(),
            Self::Split { way, share, first, second } => {
                let word = if *way == Way::Beside { "beside" } else { "stacked" };
                json!({word: [first.write(), second.write()], "share": share})
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_is_read_as_it_was_written() {
        let pane = |line: &str| Box::new(Layout::Pane(line.into()));
        let second =
            Layout::Split { way: Way::Stacked, share: 50, first: pane("follow logs"), second: pane("pulse") };
        let layout =
            Layout::Split { way: Way::Beside, share: 40, first: pane("pods -A"), second: Box::new(second) };
        assert_eq!(Layout::read(&layout.write()), Ok(layout));
        for (wrong, why) in [
            (json!({"beside": ["a", "b"], "stacked": ["a", "b"]}), "either"),
            (json!({"beside": ["a", "b"], "share": 0}), "share"),
            (json!({"besides": ["a", "b"]}), "besides is not known"),
            (json!(7), "expected a line"),
        ] {
            assert!(Layout::read(&wrong).unwrap_err().contains(why), "{wrong}");
        }
        let deep = (0..40).fold(json!("x"), |inner, _| json!({"beside": [inner, "y"]}));
        assert!(Layout::read(&deep).unwrap_err().contains("more than 8"));
    }
}
