//! The story of one write: may they, what was there, what it becomes, is it right, store it.
//!
//! Who asks was settled before (`authn`). Every step but the last is a plain function; when somebody
//! else wrote first, the story is told again from what is there now.

use crate::{
    admission::{self, Action},
    admitted::{Attempt, admit, chance, pass},
    authz::Ask,
    conversion::{self, Turns},
    definitions, extension,
    fields::{Became, Managers, Operation},
    grants, keys,
    local::{Local, ask, strictly},
    patch::unfit,
    registry::{self, Ending},
    reviews, rules,
    server::{filled, trouble},
    signing, subresource,
};
use bytes::Bytes;
use controlplane_store::{Check, Error, Op, Txn, Value as Stored};
use serde_json::Value;
use shared_api::{
    DeleteHow, Draft, Encoded, Invalid, Key, KindInfo, Object, Patch, Reason, Refusal, Validation, WriteHow,
};
use shared_client::Result;

/// How often a write is tried again before giving up.
const TRIES: usize = 32;

/// The largest object the store takes, as etcd's default has it.
const LARGEST: usize = 1536 * 1024;

/// What is to be changed, and as what it is asked for.
pub(crate) struct Target<'a> {
    pub(crate) kind: &'static KindInfo,
    pub(crate) key: &'a Key,
    pub(crate) verb: &'a str,
    pub(crate) part: &'a str,
    /// Whether the kind's own rules about updates apply; a binding changes what an author cannot.
    pub(crate) checked: bool,
    /// What made the change, when it is relative to what is there.
    pub(crate) patch: Option<&'a Patch>,
    /// What whoever makes the change wants to know of other versions.
    pub(crate) turns: Option<&'a Turns>,
}

/// Adds an object. Who owns its fields is settled already when it is applied.
pub(crate) async fn create(
    caller: &Local,
    object: &Object,
    how: &WriteHow,
    owners: Option<&Managers>,
) -> Result<Object> {
    let mut kind = keys::known(&object.group_kind())?.spoken(object.api_version());
    same_version(kind, object)?;
    if how.subresource.is_some() {
        return Err(Refusal::bad_request("a subresource is not created; update it, or use its own call"));
    }
    let mut meta = object.metadata().clone();
    if !matches!(meta.resource_version.as_deref(), None | Some("" | "0")) {
        return Err(Refusal::bad_request("resourceVersion should not be set on objects to be created"));
    }
    registry::place(kind, &mut meta)?;
    let namespace = meta.namespace.unwrap_or_default();
    caller.may(&Ask { verb: "create", kind, part: "", namespace: &namespace, name: object.name() })?;
    if kind.question() {
        return reviews::answer(caller, kind, object, how).await;
    }

    for _ in 0..TRIES {
        // A node tells its status as it registers; everybody else's status is for others to tell.
        let value =
            if kind.kind == "Node" { object.value() } else { registry::isolate(kind, object.value(), None) };
        let mut draft = caller.decode(kind, value, how)?;
        let sent = draft.meta_mut().managed_fields.take();
        registry::place(kind, draft.meta_mut())?;
        registry::name(kind, draft.meta_mut(), chance)?;
        registry::born(
            kind,
            draft.meta_mut(),
            (caller.server.options.clock)(),
            uuid::Uuid::new_v4().to_string(),
        );
        draft.begin();
        draft.complete();
        signing::asked(caller, &mut *draft)?;
        let managed = if let Some(owners) = owners {
            owners.json()
        } else {
            let write = caller.writes(kind, "", how, Operation::Update);
            write.decided(caller, || write.created(&*draft, sent.clone())).await?
        };
        let mut begun = Txn::default();
        definitions::settle(caller, "", &mut *draft, &mut begun)?;
        definitions::hold(&caller.server, kind, &mut begun)?;
        let attempt = Attempt { kind, part: "", operation: extension::Operation::Create, how, old: None };
        let settle = |value: Value, before: &dyn Draft| {
            let status = before.object().value().get("status").cloned();
            let mut draft = caller.decode(kind, registry::isolate(kind, value, status), &silent(how))?;
            registry::same(before.meta(), draft.meta_mut());
            draft.complete();
            Ok(draft)
        };
        let right = |draft: &dyn Draft| check(kind, None, draft, how);
        let txn = admit(caller, &attempt, begun, None, &mut draft, settle, right).await?;
        grants::check(caller, kind, None, &*draft)?;

        let key = key_of(kind, &*draft);
        let at = keys::of(kind, &key.namespace, &key.name);
        let clash = caller.server.store.get(&at).is_some();
        if !clash && how.dry_run {
            return dry(&*draft, managed.as_deref());
        }
        if !clash {
            let encoded = encoded(&key, &*draft, managed.as_deref())?;
            let encoded = conversion::kept(&caller.server, kind, encoded).await?;
            match put(caller, kind, &at, None, encoded, txn).await {
                Err(Error::Conflict(about)) if about.0 != at => {
                    // It may have been defined anew.
                    kind = keys::known(&object.group_kind())?.spoken(object.api_version());
                    continue;
                }
                Err(Error::Conflict(_)) => {}
                other => return other_or(other),
            }
        }
        if !object.name().is_empty() {
            return Err(Refusal::already_exists(&key));
        }
    }
    Err(busy(kind))
}

/// Changes an object into what `become` makes of it.
pub(crate) async fn change<B: Into<Became>>(
    caller: &Local,
    target: &Target<'_>,
    how: &WriteHow,
    become_: impl Fn(&Object) -> Result<B>,
) -> Result<Object> {
    let Target { kind, key, verb, part, checked, patch, turns } = *target;
    let asked = ask(verb, kind, part, key);
    let node = caller.may(&asked)?;
    let at = keys::of(kind, &key.namespace, &key.name);

    for _ in 0..TRIES {
        let Some(there) = caller.server.read(kind, &key.namespace, &key.name)? else {
            return Err(Refusal::not_found(key));
        };
        caller.must_be_on(node.as_deref(), &asked, &there)?;
        let old = conversion::spoken(&caller.server, kind, there.clone()).await?;
        let Became { value, managers } = loop {
            let became = become_(&old);
            match turns {
                Some(turns) if turns.learn(&caller.server, kind).await? => {}
                _ => break became?.into(),
            }
        };
        let decoded = kind.decode(value, how.version.as_deref().unwrap_or(kind.api_version));
        let decoded = decoded.or_else(|why| match patch {
            Some(patch) => Err(unfit(patch, &become_(&old)?.into().value, &why)),
            None => Err(why),
        });
        let decoded = decoded?;
        if let Some(patch) =
            patch.filter(|_| how.validation == Validation::Strict && !decoded.unknown.is_empty())
        {
            let why = Refusal::bad_request(strictly(&decoded.unknown));
            return Err(unfit(patch, &become_(&old)?.into().value, &why));
        }
        let mut draft = caller.taken(kind, decoded, how)?;
        let sent = draft.meta_mut().managed_fields.take();
        registry::keep(key, old.metadata(), draft.meta_mut())?;
        let before = typed(kind, &old)?;
        draft.inherit(&*before);
        draft.complete();
        signing::settle(part, &*before, &mut *draft, (caller.server.options.clock)())?;
        let managed = if let Some(managers) = managers {
            managers.json()
        } else {
            let write = caller.writes(kind, part, how, Operation::Update);
            write.decided(caller, || write.changed(&old, &*draft, sent.clone())).await?
        };
        let mut begun = Txn::default();
        definitions::settle(caller, part, &mut *draft, &mut begun)?;
        let right = |draft: &dyn Draft| {
            if !checked {
                return Ok(());
            }
            check(kind, Some(&*before), draft, how).or_else(|why| {
                // It may lie there as an older version of the program wrote it, with zeros where nothing is written now.
                let before = caller.decode(kind, old.value(), &silent(how))?;
                check(kind, Some(&*before), draft, how).map_err(|_| why)
            })
        };
        let operation =
            if part == "binding" { extension::Operation::Create } else { extension::Operation::Update };
        let attempt = Attempt { kind, part, operation, how, old: Some(&old) };
        let settle = |value: Value, was: &dyn Draft| {
            let value = match part {
                "" => registry::whole(kind, value, &was.object()),
                "scale" => subresource::with_replicas(kind, &was.object(), &value)?,
                part => subresource::only(kind, part, &was.object(), value)?,
            };
            let mut draft = caller.decode(kind, value, &silent(how))?;
            registry::same(was.meta(), draft.meta_mut());
            draft.inherit(&*before);
            draft.complete();
            Ok(draft)
        };
        let txn = admit(caller, &attempt, begun, Some(&*before), &mut draft, settle, right).await?;
        grants::check(caller, kind, Some(&*before), &*draft)?;
        signing::check(caller, kind, part, &*before, &*draft)?;

        let stored = if registry::ended(&*draft) {
            if how.dry_run {
                return dry(&*draft, managed.as_deref());
            }
            remove(caller, kind, &at, &old, &*before, draft, txn).await
        } else {
            let mut new = encoded(key, &*draft, managed.as_deref())?;
            let current = !kind.converts() || there.api_version() == keys::known(&key.kind)?.api_version;
            if current && filled(&new, old.revision()) == old.bytes() {
                return Ok(old);
            }
            // A pod that gets its node is what its author wants, as before.
            let wanted = part != "binding" && registry::has_generation(kind);
            if wanted && registry::differ(kind, old.bytes(), &new.json) {
                let meta = draft.meta_mut();
                meta.generation = Some(meta.generation.unwrap_or(0) + 1);
                new = encoded(key, &*draft, managed.as_deref())?;
            }
            if how.dry_run {
                return Object::from_bytes(filled(&new, old.revision())).map_err(Refusal::internal);
            }
            let new = conversion::kept(&caller.server, kind, new).await?;
            put(caller, kind, &at, Some(old.revision()), new, txn).await
        };
        match stored {
            Err(Error::Conflict(_)) => {}
            other => return other_or(other),
        }
    }
    Err(busy(kind))
}

/// Removes an object, or marks it for removal. `allowed` has the last word on the object found.
pub(crate) async fn delete(
    caller: &Local,
    kind: &'static KindInfo,
    key: &Key,
    how: &DeleteHow,
    allowed: impl Fn(&Object) -> Result<()>,
) -> Result<Object> {
    end(caller, kind, key, how, true, allowed).await
}

/// The same for a pod whose eviction others were asked about.
pub(crate) async fn evict(
    caller: &Local,
    kind: &'static KindInfo,
    key: &Key,
    how: &DeleteHow,
) -> Result<Object> {
    end(caller, kind, key, how, false, |_| Ok(())).await
}

async fn end(
    caller: &Local,
    kind: &'static KindInfo,
    key: &Key,
    how: &DeleteHow,
    asking: bool,
    allowed: impl Fn(&Object) -> Result<()>,
) -> Result<Object> {
    admission::may_end(key)?;
    let at = keys::of(kind, &key.namespace, &key.name);
    for _ in 0..TRIES {
        let Some(old) = caller.server.read(kind, &key.namespace, &key.name)? else {
            return Err(Refusal::not_found(key));
        };
        // In the version it lies there: whoever turns it into others need not be asked, nor be there.
        let kind = kind.spoken(old.api_version());
        allowed(&old)?;
        registry::meant(key, &old, &how.preconditions)?;
        if asking {
            extension::deletes(caller, kind, key, how, &old).await?;
        }
        let before = typed(kind, &old)?;
        let mut draft = typed(kind, &old)?;
        let ending = registry::end(&mut *draft, how, (caller.server.options.clock)());
        if how.dry_run {
            return Ok(draft.object());
        }
        let done = match ending {
            Ending::Gone => remove(caller, kind, &at, &old, &*before, draft, Txn::default()).await,
            Ending::Stays => {
                let new = encoded(key, &*draft, old.managed())?;
                if filled(&new, old.revision()) == old.bytes() {
                    return Ok(old);
                }
                put(caller, kind, &at, Some(old.revision()), new, Txn::default()).await
            }
        };
        match done {
            Err(Error::Conflict(_)) => {}
            other => return other_or(other),
        }
    }
    Err(busy(kind))
}

/// Refuses an object of another version than the one the cluster has.
pub(crate) fn same_version(kind: &KindInfo, object: &Object) -> Result<()> {
    if object.api_version() == kind.api_version {
        return Ok(());
    }
    let (asked, served) = (object.api_version(), kind.api_version);
    Err(Refusal::bad_request(format!("no kind {:?} in {asked:?}; it is served as {served:?}", kind.kind)))
}

fn check(kind: &KindInfo, old: Option<&dyn Draft>, draft: &dyn Draft, how: &WriteHow) -> Result<()> {
    let mut invalid = Invalid::default();
    shared_api::valid_metadata(draft.meta(), kind.namespaced, &mut invalid);
    if let Some(old) = old {
        registry::check_finalizers(old.meta(), draft.meta(), &mut invalid);
    }
    draft.check(old, &mut invalid);
    rules::check(kind, how.version.as_deref().unwrap_or(kind.api_version), old, draft, &mut invalid);
    extension::valid(old, draft, &mut invalid);
    draft.check_in(how.version.as_deref().unwrap_or(kind.api_version), old, &mut invalid);
    let name = draft.meta().name.as_deref().unwrap_or_default();
    Refusal::invalid(&kind.group_kind(), name, &invalid).map_or(Ok(()), Err)
}

/// What others added is not the author's: nobody is told about it. It is in the version that is stored.
fn silent(how: &WriteHow) -> WriteHow {
    WriteHow { validation: Validation::Ignore, version: None, ..how.clone() }
}

fn typed(kind: &KindInfo, object: &Object) -> Result<Box<dyn Draft>> {
    kind.draft(object)
        .map_err(|e| Refusal::internal(format!("{} as stored cannot be decoded: {e}", object.key())))
}

fn encoded(key: &Key, draft: &dyn Draft, managed: Option<&[u8]>) -> Result<Encoded> {
    let bare = draft.encode();
    let owners = managed.map_or(0, <[u8]>::len);
    // Who owns what is let go before the object is refused.
    let managed = managed.filter(|_| bare.json.len() + owners <= LARGEST);
    let encoded = bare.with_managed(managed);
    if encoded.json.len() <= LARGEST {
        return Ok(encoded);
    }
    let why = format!("{key} has {} bytes, {LARGEST} are allowed", encoded.json.len());
    Err(Refusal::new(Reason::RequestEntityTooLarge, why))
}

/// What would have been stored, with no revision.
fn dry(draft: &dyn Draft, managed: Option<&[u8]>) -> Result<Object> {
    let mut value = draft.object().value();
    if let Some(managed) = managed.and_then(|json| serde_json::from_slice::<serde_json::Value>(json).ok()) {
        value["metadata"]["managedFields"] = managed;
    }
    Object::from_value(&value).map_err(Refusal::internal)
}

fn key_of(kind: &KindInfo, draft: &dyn Draft) -> Key {
    let meta = draft.meta();
    Key {
        kind: kind.group_kind(),
        namespace: meta.namespace.clone().unwrap_or_default(),
        name: meta.name.clone().unwrap_or_default(),
    }
}

async fn put(
    caller: &Local,
    kind: &KindInfo,
    at: &Bytes,
    revision: Option<u64>,
    encoded: Encoded,
    mut txn: Txn,
) -> Result<Object, Error> {
    let bytes = Bytes::from(encoded.json);
    let value = Stored { bytes: bytes.clone(), hole: Some(encoded.hole) };
    txn.checks.push(Check { key: at.clone(), revision });
    txn.ops.push(Op::Put { key: at.clone(), value });
    let revision = caller.server.store.commit(txn).await?;
    let object = stamped(&bytes, encoded.hole, revision);
    caller.server.cache.remember(at.clone(), object.clone());
    defined(caller, kind);
    Ok(object)
}

async fn remove(
    caller: &Local,
    kind: &'static KindInfo,
    at: &Bytes,
    old: &Object,
    before: &dyn Draft,
    mut draft: Box<dyn Draft>,
    mut txn: Txn,
) -> Result<Object, Error> {
    // What an object holds besides itself, such as an address, is given back with it.
    let list = admission::CHAIN;
    if let Err(refusal) = pass(caller, list, kind, Action::Remove, Some(before), &mut *draft, &mut txn) {
        tracing::warn!(error = %refusal, "nothing can keep an object from being removed");
    }
    let Encoded { json, hole } = draft.encode().with_managed(old.managed());
    let bytes = Bytes::from(json);
    txn.checks.push(Check { key: at.clone(), revision: Some(old.revision()) });
    let last = Some(Stored { bytes: bytes.clone(), hole: Some(hole) });
    txn.ops.push(Op::Delete { key: at.clone(), last });
    let revision = caller.server.store.commit(txn).await?;
    defined(caller, kind);
    Ok(stamped(&bytes, hole, revision))
}

/// Whoever is told that a definition was written finds its kind as it now is.
fn defined(caller: &Local, kind: &KindInfo) {
    if definitions::is(kind)
        && let Err(error) = caller.server.publish()
    {
        tracing::warn!(%error, "the kinds that are defined cannot be read");
    }
}

fn stamped(json: &Bytes, hole: u32, revision: u64) -> Object {
    let bytes = filled(&Encoded { json: json.to_vec(), hole }, revision);
    Object::from_bytes(bytes).expect("what was encoded can be decoded")
}

fn other_or(stored: Result<Object, Error>) -> Result<Object> {
    stored.map_err(|e| trouble(&e))
}

fn busy(kind: &KindInfo) -> Refusal {
    let why = format!("{} tries to write to {} met another writer each; try again", TRIES, kind.plural);
    Refusal::new(Reason::Conflict, why)
}
