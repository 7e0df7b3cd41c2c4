use super::Layout;
use serde_json::{Map, Value};
use shared_api::yaml;
use std::collections::BTreeMap;

/// The text of a configuration with these layouts in it; everything else in it stays, comments too.
pub(crate) fn with_layouts(text: &str, layouts: &BTreeMap<String, Layout>) -> Result<String, String> {
    let value: Map<String, Value> =
        layouts.iter().map(|(name, layout)| (name.clone(), layout.write())).collect();
    let block = if layouts.is_empty() {
        String::new()
    } else {
        yaml::to_string(&Value::from_iter([("layouts".to_owned(), Value::Object(value))]))
            .map_err(|e| e.message)?
    };
    let mut rest = String::new();
    let mut within = false;
    for line in text.lines() {
        let begins = line.starts_with("layouts:");
        // It goes on as long as lines are indented, empty or of a list.
        within = begins || within && (line.is_empty() || line.starts_with([' ', '\t', '-']));
        if !within {
            rest.push_str(line);
            rest.push('\n');
        }
    }
    let whole = rest + &block;
    // What was there must mean the same as before.
    yaml::documents(&whole).map_err(|why| format!("with the layout in it, the file is {}", why.message))?;
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn layouts_are_put_where_they_were_and_the_rest_stays() {
        let before = "# mine\nskin: light # bright\n\nlayouts:\n  old: pods\n\n  # a comment of theirs\nmouse: false\n";
        let layouts = BTreeMap::from([("new".to_owned(), Layout::Pane("pods -A /a: b".into()))]);
        let after = with_layouts(before, &layouts).unwrap();
        assert!(after.starts_with("# mine\nskin: light # bright\n\nmouse: false\n"), "{after}");
        let read = Config::read(&after);
        assert_eq!((read.layouts, read.mouse, read.troubles.len()), (layouts.clone(), false, 0));
        assert_eq!(with_layouts(&after, &layouts).unwrap(), after);
        assert_eq!(with_layouts("layouts: {a: pods}\n", &BTreeMap::new()).unwrap(), "");
        assert!(with_layouts("a: [", &layouts).is_err());
    }
}
