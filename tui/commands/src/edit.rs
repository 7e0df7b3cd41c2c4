//! Editing an object as text: what is given to the editor, and what comes of what was made of it.

use crate::{
    Error,
    decide::{diff::lines, steps},
    mask,
};
use serde_json::{Value, json};
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
    /// The lines that differ. What a Secret says is covered.
    pub diff: String,
    /// The steps of the patch.
    pub(crate) steps: Value,
}

impl Draft {
    /// The text of an object, to be edited.
    pub fn of(object: &Object) -> Result<Self, Error> {
        let before = object.bare_value();
        Ok(Self { key: object.key(), uid: object.uid().to_owned(), text: text(&before, &[])?, before })
    }

    /// What this text would change; `None` when nothing. Only what was changed is written, and only if the object
    /// is still as it was read.
    pub fn change(&self, text: &str) -> Result<Option<Change>, Error> {
        let Some(after) = wanted(&self.before, text)? else { return Ok(None) };
        let mut all = steps::between(&self.before, &after);
        if all.is_empty() {
            return Ok(None);
        }
        if let Some(version) = self.before["metadata"].get("resourceVersion") {
            all.insert(0, json!({"op": "replace", "path": "/metadata/resourceVersion", "value": version}));
        }
        let kind = shared_api::of(&self.key.kind.group, &self.key.kind.kind);
        let kind = kind.map_or_else(|| self.key.kind.kind.to_lowercase(), |kind| kind.plural.to_owned());
        let within = match &*self.key.namespace {
            "" => String::new(),
            namespace => format!(" -n {namespace}"),
        };
        let steps = Value::Array(all);
        let patch = steps.to_string().replace('\'', r"'\''");
        let line = format!("patch {kind}/{}{within} --type=json -p '{patch}'", self.key.name);
        let shown = |value: &Value| yaml::to_string(&mask::shown(value.clone()));
        let diff = lines(&shown(&self.before)?, &shown(&after)?, "before", "after");
        Ok(Some(Change { line, diff, steps }))
    }

    /// The same on what the object has become meanwhile: what others changed stays, and what was written here counts
    /// where both changed the same.
    pub fn on(&self, newer: &Self) -> Result<Self, Error> {
        if newer.uid != self.uid {
            return Err(Error::Usage(format!("{} is another one of that name now", self.key)));
        }
        let mine = wanted(&self.before, &self.text)?.unwrap_or_else(|| self.before.clone());
        let (merged, both) = steps::rebased(&self.before, &mine, &newer.before);
        // What the cluster counts is nobody's change.
        let both: Vec<_> = both.into_iter().filter(|path| !path.starts_with("metadata.resourceV")).collect();
        let mut remarks =
            vec!["It was changed meanwhile. What others changed is below, with what you wrote.".into()];
        remarks.extend(both.iter().map(|path| format!("You both changed {path}; yours is below.")));
        let mut merged = merged;
        merged["metadata"]["resourceVersion"] = newer.before["metadata"]["resourceVersion"].clone();
        Ok(Self { text: text(&merged, &remarks)?, ..newer.clone() })
    }
}

/// The text that is given to the editor.
fn text(object: &Value, remarks: &[String]) -> Result<String, Error> {
    let remarks: String = remarks.iter().flat_map(|remark| ["# ", remark, "\n"]).collect();
    Ok(format!(
        "# Edit the object below. Lines that begin with a '#' are ignored; an empty file ends the edit.\n\
         # What you write is kept when the cluster refuses it.\n{remarks}#\n{}",
        yaml::to_string(object)?
    ))
}

/// What an edited text says, bound to the object that was read: its identity and its revision go with
/// the write. `None` when nothing changed.
fn wanted(before: &Value, text: &str) -> Result<Option<Value>, Error> {
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
    Ok((*before != after).then_some(after))
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
        let wanted = json!([
            {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"},
            {"op": "remove", "path": "/data/l"},
            {"op": "replace", "path": "/data/k", "value": "don't"},
        ]);
        assert_eq!(serde_json::from_str::<Value>(&patch.patch.unwrap()).unwrap(), wanted);
        assert_eq!(patch.namespace.as_deref(), Some("n"));
        assert!(change.diff.contains("-  k: v") && change.diff.contains("+  k: don't"), "{}", change.diff);
        assert!(draft.change("a: [").is_err());
    }

    #[test]
    fn what_others_changed_meanwhile_stays_with_what_was_written() {
        let object = |value: &str, other: &str, version: &str| {
            let meta = json!({"name": "m", "namespace": "n", "uid": "u", "resourceVersion": version});
            let data = json!({"k": value, "o": other});
            let value = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": data, "metadata": meta});
            Draft::of(&Object::from_value(&value).unwrap()).unwrap()
        };
        let mut draft = object("v", "old", "7");
        draft.text = draft.text.replace("k: v", "k: mine");
        let again = draft.on(&object("theirs", "new", "9")).unwrap();
        assert!(again.text.contains("# You both changed data.k;"), "{}", again.text);
        let change = again.change(&again.text).unwrap().unwrap();
        assert!(
            change.diff.contains("-  k: theirs") && change.diff.contains("+  k: mine"),
            "{}",
            change.diff
        );
        assert!(change.line.contains(r#""value":"9""#) && !change.line.contains("old"), "{}", change.line);
        let quiet = draft.on(&object("v", "new", "9")).unwrap();
        assert!(!quiet.text.contains("both") && quiet.text.contains("k: mine"), "{}", quiet.text);
    }

    #[test]
    fn what_a_secret_says_is_in_no_picture() {
        let value = json!({"apiVersion": "v1", "kind": "Secret", "data": {"word": "aHVudGVyMg=="},
            "metadata": {"name": "m", "namespace": "n", "uid": "u", "resourceVersion": "7"}});
        let draft = Draft::of(&Object::from_value(&value).unwrap()).unwrap();
        let change = draft.change(&draft.text.replace("aHVudGVyMg==", "c2VzYW1l")).unwrap().unwrap();
        let action = crate::grammar::parse_line(&change.line).unwrap();
        let shown = crate::shown(&action, &change.line);
        for text in [&change.diff, &shown] {
            assert!(text.contains("***") && !text.contains("aHVu") && !text.contains("c2Vz"), "{text}");
        }
        assert!(change.line.contains("c2VzYW1l") && crate::secret(&action));
    }
}
