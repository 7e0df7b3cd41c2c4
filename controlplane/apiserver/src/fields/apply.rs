//! Server-side apply: what somebody wants, laid over what is there. What they no longer want goes, unless
//! somebody else owns it; what somebody else owns and they want otherwise is a conflict.

use super::{
    compare::{compare, set_of},
    managers::{Entry, Managers},
    merge::{merge, remove, troubles},
    place::Place,
    set::FieldSet,
    step::{Step, path},
    update::{Write, own},
};
use serde_json::Value;
use shared_api::{
    Reason, Refusal,
    meta::{StatusCause, StatusDetails},
};
use std::collections::BTreeMap;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What became of an object, and who owns what of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// In the version it is applied in.
    pub(crate) value: Value,
    pub(crate) managers: Managers,
}

impl Write {
    /// Applies. `live` and `applied` are in the writer's version.
    pub(crate) fn apply(
        &self,
        live: &Value,
        managers: &Managers,
        applied: &Value,
        force: bool,
    ) -> Result<Outcome, Refusal> {
        let found = troubles(self.place(), applied, self.versions.knows(&self.who.version));
        if !found.is_empty() {
            let said = |name: &str| applied["metadata"][name].as_str().unwrap_or_default();
            let (namespace, name, version) = (said("namespace"), said("name"), &self.who.version);
            let kind = applied["kind"].as_str().unwrap_or_default();
            let why = found.join(", ");
            return Err(Refusal::bad_request(format!(
                "failed to create typed patch object ({namespace}/{name}; {version}, Kind={kind}): {why}"
            )));
        }
        let kubectl = self.who.name == "kubectl" && self.who.part.is_empty();
        let mut done = self.laid(live, managers, applied, force);
        if let Err(conflicts) = &mut done
            && kubectl
        {
            // What was applied by the client before is applied by the server now.
            let allowed = self.applied_before(live);
            conflicts.retain(|conflict| !contains(&allowed, &conflict.path));
            if conflicts.is_empty() {
                done = self.laid(live, managers, applied, true);
            }
        }
        let mut outcome = done.map_err(|conflicts| refusal(&conflicts))?;
        if kubectl
            && let Some(last) =
                outcome.value.pointer_mut("/metadata/annotations").and_then(|a| a.get_mut(LAST_APPLIED))
        {
            *last = last_applied(applied).into();
        }
        Ok(outcome)
    }

    fn laid(
        &self,
        live: &Value,
        managers: &Managers,
        applied: &Value,
        force: bool,
    ) -> Result<Outcome, Vec<Conflict>> {
        let place = self.place();
        let wanted = set_of(place, applied).without(&self.ignored);
        let mut after = managers.clone();
        let last = after.of(&self.who).cloned();
        after.0.retain(|entry| !entry.who.is(&self.who));
        after.0.push(Entry { who: self.who.clone(), time: Some(self.now), fields: wanted.clone() });
        let merged = merge(place, live, applied);
        let value = match &last {
            Some(last) => self.prune(&merged, &after, last),
            None => merged,
        };
        let conflicts = self.settle(&mut after, live, &value);
        if !force && !conflicts.is_empty() {
            return Err(conflicts);
        }
        let wanted = own(wanted);
        let same =
            last.as_ref().is_some_and(|last| last.fields == wanted && last.who == self.who) && value == *live;
        after.0.retain_mut(|entry| {
            if entry.who.is(&self.who) {
                entry.fields.clone_from(&wanted);
                entry.time = if same { last.as_ref().and_then(|last| last.time) } else { Some(self.now) };
            }
            !entry.fields.is_empty()
        });
        Ok(Outcome { value, managers: after })
    }

    /// Takes from others what they no longer have as they set it; tells what was so taken.
    fn settle(&self, managers: &mut Managers, live: &Value, value: &Value) -> Vec<Conflict> {
        let mut conflicts = Vec::new();
        let mut seen = BTreeMap::new();
        let mut others: Vec<_> = managers.0.iter().filter(|entry| !entry.who.is(&self.who)).collect();
        others.sort_by_key(|entry| (entry.who.name.clone(), entry.who.operation));
        for entry in others {
            let version = &entry.who.version;
            let difference = seen.entry(version.clone()).or_insert_with(|| {
                let turned = |value| self.versions.turned(value, &self.who.version, version);
                compare(self.versions.place(version), &turned(live), &turned(value)).without(&self.ignored)
            });
            let taken = entry.fields.intersection(&difference.written());
            conflicts
                .extend(taken.paths().into_iter().map(|path| Conflict { with: entry.to_string(), path }));
        }
        managers.lose(|entry| {
            let difference = seen.get(&entry.who.version).filter(|_| !entry.who.is(&self.who))?;
            Some(difference.written().union(&difference.removed))
        });
        conflicts
    }

    /// Without what its applier wanted the last time, and nobody wants now.
    fn prune(&self, merged: &Value, managers: &Managers, last: &Entry) -> Value {
        let (mine, then) = (&self.who.version, &last.who.version);
        let place = |version: &str| self.versions.place(version);
        let turned = |value: &Value, from: &str, to: &str| self.versions.turned(value, from, to);
        let whole = |value: &Value, version: &str| whole(place(version), &set_of(place(version), value));
        let without = |value: &Value, fields: &FieldSet, version: &str| {
            let left = remove(place(version), value, fields);
            left.unwrap_or_else(|| Value::Object(serde_json::Map::new()))
        };
        let before = turned(merged, mine, then);
        let lasted = self::whole(place(then), &last.fields);
        let (mut pruned, mut version) = (without(&before, &lasted, then), then.clone());
        let mut owned: BTreeMap<&str, FieldSet> = BTreeMap::new();
        for entry in &managers.0 {
            let theirs = entry.who.version.as_str();
            let fields = owned.entry(theirs).or_default();
            *fields = std::mem::take(fields).union(&self::whole(place(theirs), &entry.fields));
        }
        // What others own comes back, and with it what it stands in.
        for (theirs, fields) in owned {
            let all = turned(merged, mine, theirs);
            let kept = whole(&turned(&pruned, &version, theirs), theirs);
            let gone = whole(&all, theirs).minus(&kept).minus(&fields);
            pruned = without(&all, &gone, theirs);
            theirs.clone_into(&mut version);
        }
        // And so does what was never this applier's.
        let kept = whole(&turned(&pruned, &version, then), then);
        let gone = whole(&before, then).minus(&kept).intersection(&lasted);
        turned(&without(&before, &gone, then), then, mine)
    }

    /// What was applied from the client's side, and still is so.
    fn applied_before(&self, live: &Value) -> FieldSet {
        let place = self.place();
        let annotation = live.pointer("/metadata/annotations").and_then(|all| all.get(LAST_APPLIED));
        let last: Option<Value> =
            annotation.and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok());
        let Some(last) = last.filter(|last| last["apiVersion"] == self.who.version.as_str()) else {
            return FieldSet::default();
        };
        let since = compare(place, &last, live);
        set_of(place, &last).minus(&since.modified).minus(&since.removed)
    }

    /// What is known of an object as it is applied.
    fn place(&self) -> Place {
        self.versions.place(&self.who.version)
    }
}

/// A field that somebody else set otherwise.
struct Conflict {
    with: String,
    path: Vec<Step>,
}

/// With the structs in which its members stand.
fn whole(place: Place, fields: &FieldSet) -> FieldSet {
    let mut set = if fields.member { FieldSet::leaf() } else { FieldSet::default() };
    for (step, below) in fields.steps() {
        let (inner, named) = match step {
            Step::Field(name) => (place.field(name), place.has(name)),
            Step::Key(_) | Step::Value(_) | Step::Index(_) => (place.item(), false),
        };
        let mut below = whole(inner, below);
        below.member |= named;
        set.put(step.clone(), below);
    }
    set
}

fn contains(set: &FieldSet, path: &[Step]) -> bool {
    path.iter().try_fold(set, |set, step| set.at(step)).is_some_and(|set| set.member)
}

fn last_applied(applied: &Value) -> String {
    let mut applied = applied.clone();
    if let Some(annotations) = applied.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(LAST_APPLIED);
    }
    format!("{applied}\n")
}

fn refusal(conflicts: &[Conflict]) -> Refusal {
    let message = match conflicts {
        [one] => format!("Apply failed with 1 conflict: conflict with {}: {}", one.with, path(&one.path)),
        many => {
            let mut lines = Vec::new();
            let mut with = None;
            for conflict in many {
                if with != Some(&conflict.with) {
                    lines.push(format!("conflicts with {}:", conflict.with));
                    with = Some(&conflict.with);
                }
                lines.push(format!("- {}", path(&conflict.path)));
            }
            format!("Apply failed with {} conflicts: {}", many.len(), lines.join("\n"))
        }
    };
    let cause = |conflict: &Conflict| StatusCause {
        field: Some(path(&conflict.path)),
        message: Some(format!("conflict with {}", conflict.with)),
        reason: Some("FieldManagerConflict".into()),
    };
    let causes = Some(conflicts.iter().map(cause).collect());
    let details = StatusDetails { causes, ..StatusDetails::default() };
    Refusal { details: Some(Box::new(details)), ..Refusal::new(Reason::Conflict, message) }
}
