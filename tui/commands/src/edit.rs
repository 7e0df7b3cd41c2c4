//! Editing an object as text: what is given to the editor, and what comes of what was made of it.

use crate::{
    Error,
    decide::{diff::lines, merge},
};
use serde_json::Value;
use shared_api::{Key, Object, yaml};

/// An object that is being edited.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Which.
    pub key: Key,
    /// Its uid.
    pub uid: String,
    /// The text as it is now; at first, what there is.
    pub text: String,
    before: Value,
}

/// What an edit comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The command line that writes it.
    pub line: String,
    /// The lines that differ.
    pub diff: String,
}

impl Draft {
    /// The text of an object, to be edited.
    pub fn of(object: &Object) -> Result<Self, Error> {
        let before = object.bare_value();
        Ok(Self { key: object.key(), uid: object.uid().to_owned(), text: text(&before)?, before })
    }

    /// What this text would change; `None` when nothing.
    pub fn change(&self, text: &str) -> Result<Option<Change>, Error> {
        let Some(after) = wanted(&self.before, text)? else { return Ok(None) };
        let Some(patch) = merge::between(&self.before, &after) else { return Ok(None) };
        let kind = shared_api::of(&self.key.kind.group, &self.key.kind.kind);
        let kind = kind.map_or_else(|| self.key.kind.kind.to_lowercase(), |kind| kind.plural.to_owned());
        let within = match &*self.key.namespace {
            "" => String::new(),
            namespace => format!(" -n {namespace}"),
        };
        let patch = patch.to_string().replace('\'', r"'\''");
        let line = format!("patch {kind}/{}{within} --type=merge -p '{patch}'", self.key.name);
        let diff = lines(&yaml::to_string(&self.before)?, &yaml::to_string(&after)?, "before", "after");
        Ok(Some(Change { line, diff }))
    }
}

/// The text that is given to the editor.
pub(crate) fn text(before: &Value) -> Result<String, Error> {
    Ok(format!(
        "# Edit the object below. Lines that begin with a '#' are ignored; an empty file ends the edit.\n\
         # What you write is kept when the cluster refuses it.\n#\n{}",
        yaml::to_string(before)?
    ))
}

/// What an edited text says, bound to the object that was read: its identity and its revision go with
/// the write. `None` when nothing changed.
pub(crate) fn wanted(before: &Value, text: &str) -> Result<Option<Value>, Error> {
    if text.lines().all(|line| line.trim().is_empty() || line.starts_with('#')) {
        return Ok(None);
    }
    let mut after: Value = yaml::from_str(text)?;
    for field in ["apiVersion", "kind"] {
        if after[field] != before[field] {
            return Err(Error::Usage(format!("edit: {field} cannot be changed")));
        }
    }
    for field in ["name", "namespace", "uid"] {
        let (old, new) = (&before["metadata"][field], &after["metadata"][field]);
        if !new.is_null() && new != old {
            return Err(Error::Usage(format!("edit: metadata.{field} cannot be changed")));
        }
    }
    for field in ["name", "namespace", "uid", "resourceVersion"] {
        if let Some(there) = before["metadata"].get(field) {
            after["metadata"][field] = there.clone();
        }
    }
    Ok(merge::between(before, &after).map(|_| after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_edit_is_bound_to_the_object_that_was_read() {
        let before = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "data": {"k": "v"},
            "metadata": {"name": "m", "namespace": "n", "uid": "u", "resourceVersion": "7"},
        });
        let check = |text: &str| wanted(&before, text).map_err(|e| e.to_string());
        let same = yaml::to_string(&before).unwrap();
        assert_eq!(check(&same).unwrap(), None);
        assert_eq!(check("# only\n\n").unwrap(), None);
        let bare = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {k: w}\n";
        let after = check(bare).unwrap().unwrap();
        assert_eq!(
            (&after["metadata"]["uid"], &after["metadata"]["resourceVersion"]),
            (&json!("u"), &json!("7"))
        );
        assert!(check(&bare.replace("name: m", "name: x")).unwrap_err().contains("metadata.name"));
        assert!(check(&bare.replace("ConfigMap", "Secret")).unwrap_err().contains("kind"));
    }

    #[test]
    fn a_change_is_a_patch_that_can_be_read() {
        let before = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "data": {"k": "v", "l": "it's"},
            "metadata": {"name": "m", "namespace": "n", "uid": "u", "resourceVersion": "7"},
        });
        let object = Object::from_value(&before).unwrap();
        let draft = Draft::of(&object).unwrap();
        assert!(draft.change(&draft.text).unwrap().is_none());
        let change =
            draft.change(&draft.text.replace("k: v", "k: don't").replace("l: it's", "")).unwrap().unwrap();
        let words = crate::grammar::parse_line(&change.line).unwrap();
        let crate::Action::Patch(patch) = words else { panic!("{}", change.line) };
        let wanted = json!({"data": {"k": "don't", "l": null}});
        assert_eq!(serde_json::from_str::<Value>(&patch.patch.unwrap()).unwrap(), wanted);
        assert_eq!(patch.namespace.as_deref(), Some("n"));
        assert!(change.diff.contains("-  k: v") && change.diff.contains("+  k: don't"), "{}", change.diff);
        assert!(draft.change("a: [").is_err());
    }
}
