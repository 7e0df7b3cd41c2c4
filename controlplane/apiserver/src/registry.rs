//! What every object goes through, whatever its kind: names, identity, generation, deletion.
//! Pure over drafts and JSON; time and chance come in as arguments.

mod end;
mod part;
mod sections;

pub(crate) use end::{Ending, end, ended};
pub(crate) use part::{held, isolate, no_part, only, whole};
pub(crate) use sections::{differ, status_of};

use shared_api::{Invalid, Key, KindInfo, Object, Preconditions, Refusal, Time, Timestamp, meta::ObjectMeta};

/// Kubernetes' alphabet for generated names: no vowels, so no words; no digits that look like letters.
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
const SUFFIX: usize = 5;
const LONGEST_NAME: usize = 63;

/// Puts an object that comes without a namespace into `default`, and refuses one that cannot have any.
pub(crate) fn place(kind: &KindInfo, meta: &mut ObjectMeta) -> Result<(), Refusal> {
    let given = meta.namespace.as_deref().unwrap_or_default();
    if kind.namespaced {
        if given.is_empty() {
            meta.namespace = Some("default".into());
        }
    } else if !given.is_empty() {
        let name = meta.name.as_deref().unwrap_or_default();
        let why = format!("{} {name:?} lives in no namespace, but names {given:?}", kind.plural);
        return Err(Refusal::bad_request(why));
    }
    Ok(())
}

/// Gives an object its name when it only brings the beginning of one; `chance` draws below a bound.
pub(crate) fn name(kind: &KindInfo, meta: &mut ObjectMeta, chance: fn(u128) -> u128) -> Result<(), Refusal> {
    if meta.name.as_deref().is_some_and(|n| !n.is_empty()) {
        return Ok(());
    }
    let Some(base) = meta.generate_name.as_deref().filter(|b| !b.is_empty()) else {
        let mut invalid = Invalid::default();
        invalid.required("metadata.name", "name or generateName is required");
        return Err(Refusal::invalid(&kind.group_kind(), "", &invalid).expect("one finding was recorded"));
    };
    let room = LONGEST_NAME - SUFFIX;
    let name: String = base.chars().take(room).collect();
    meta.name = Some(name + &suffix(chance));
    Ok(())
}

/// The end of a generated name.
pub(crate) fn suffix(chance: fn(u128) -> u128) -> String {
    let letter = || {
        let place = usize::try_from(chance(ALPHABET.len() as u128)).unwrap_or(0);
        char::from(ALPHABET[place % ALPHABET.len()])
    };
    std::iter::repeat_with(letter).take(SUFFIX).collect()
}

/// Gives a new object what only the server gives.
pub(crate) fn born(kind: &KindInfo, meta: &mut ObjectMeta, now: Timestamp, uid: String) {
    meta.uid = Some(uid);
    meta.creation_timestamp = Some(Time::from(now));
    meta.deletion_timestamp = None;
    meta.deletion_grace_period_seconds = None;
    meta.generation = has_generation(kind).then_some(1);
    meta.resource_version = None;
    meta.self_link = None;
    meta.managed_fields = None;
}

/// Whether a kind counts the changes of what its author wants.
pub(crate) fn has_generation(kind: &KindInfo) -> bool {
    kind.subresources.contains(&"status")
        || kind.custom.is_some()
        || kind.group == "admissionregistration.k8s.io"
}

/// What others changed in an object is still that object.
pub(crate) fn same(was: &ObjectMeta, new: &mut ObjectMeta) {
    new.name.clone_from(&was.name);
    new.namespace.clone_from(&was.namespace);
    new.generate_name.clone_from(&was.generate_name);
    new.uid.clone_from(&was.uid);
    new.creation_timestamp.clone_from(&was.creation_timestamp);
    new.deletion_timestamp.clone_from(&was.deletion_timestamp);
    new.deletion_grace_period_seconds = was.deletion_grace_period_seconds;
    new.generation = was.generation;
    new.resource_version.clone_from(&was.resource_version);
    new.self_link = None;
    new.managed_fields = None;
}

/// Refuses an update meant for another object or for another state of it, then puts back what an
/// update cannot change.
pub(crate) fn keep(key: &Key, old: &ObjectMeta, new: &mut ObjectMeta) -> Result<(), Refusal> {
    let name = new.name.get_or_insert_with(|| key.name.clone());
    if *name != key.name {
        let why = format!("the name of the object ({name}) does not match the name asked for ({})", key.name);
        return Err(Refusal::bad_request(why));
    }
    let namespace = new.namespace.as_deref().unwrap_or_default();
    if !namespace.is_empty() && namespace != key.namespace {
        let why = format!(
            "the namespace of the object ({namespace}) does not match the one asked for ({})",
            key.namespace
        );
        return Err(Refusal::bad_request(why));
    }
    same_object(key, old, new.uid.as_deref())?;
    let asked = new.resource_version.as_deref().unwrap_or_default();
    if !matches!(asked, "" | "0") && Some(asked) != old.resource_version.as_deref() {
        if asked.parse::<u64>().is_err() {
            return Err(Refusal::bad_request(format!(
                "metadata.resourceVersion: {asked:?} is no resource version"
            )));
        }
        return Err(Refusal::changed(key));
    }
    new.namespace.clone_from(&old.namespace);
    new.uid.clone_from(&old.uid);
    new.generate_name.clone_from(&old.generate_name);
    new.creation_timestamp.clone_from(&old.creation_timestamp);
    new.deletion_timestamp.clone_from(&old.deletion_timestamp);
    new.deletion_grace_period_seconds = old.deletion_grace_period_seconds;
    new.generation = old.generation;
    new.resource_version = None;
    new.self_link = None;
    new.managed_fields = None;
    Ok(())
}

/// Refuses when the asker means another object of the same name.
pub(crate) fn same_object(key: &Key, old: &ObjectMeta, uid: Option<&str>) -> Result<(), Refusal> {
    let there = old.uid.as_deref().unwrap_or_default();
    match uid.filter(|u| !u.is_empty() && *u != there) {
        None => Ok(()),
        Some(asked) => Err(Refusal::conflict(
            key,
            &format!("Precondition failed: UID in precondition: {asked}, UID in object meta: {there}"),
        )),
    }
}

/// Refuses to delete another object, or another state of it, than the one that is meant.
pub(crate) fn meant(key: &Key, old: &Object, preconditions: &Preconditions) -> Result<(), Refusal> {
    if let Some(asked) = preconditions.uid.as_deref().filter(|asked| *asked != old.uid()) {
        let why = format!(
            "the UID in the precondition ({asked}) does not match the UID in record ({}). The object might have been deleted and then recreated",
            old.uid()
        );
        return Err(Refusal::conflict(key, &why));
    }
    if let Some(asked) = preconditions.revision.filter(|asked| *asked != old.revision()) {
        let why = format!(
            "the ResourceVersion in the precondition ({asked}) does not match the ResourceVersion in record ({}). The object might have been modified",
            old.revision()
        );
        return Err(Refusal::conflict(key, &why));
    }
    Ok(())
}

/// Records finalizers that come too late: what is being deleted takes no new ones.
pub(crate) fn check_finalizers(old: &ObjectMeta, new: &ObjectMeta, invalid: &mut Invalid) {
    if old.deletion_timestamp.is_none() {
        return;
    }
    let had = old.finalizers.as_deref().unwrap_or_default();
    let late: Vec<_> = new.finalizers.iter().flatten().filter(|f| !had.contains(f)).collect();
    if !late.is_empty() {
        let why = "no new finalizers can be added if the object is being deleted, found new finalizers";
        invalid.forbidden("metadata.finalizers", &format!("{why} {late:?}"));
    }
}

#[cfg(test)]
mod tests;
