//! Kinds that the cluster defines: a `CustomResourceDefinition` made a [`KindInfo`] like any other.
//!
//! A definition is read once, and what is made of it is kept for good, once for each content it ever had: what
//! points to a kind points to it for ever. What a kind knows of its objects is in its definition's schema, one
//! file for each question: what is kept of an object ([`prune`]), what is filled in ([`complete`]), what is
//! wrong ([`check`]), what tables show ([`columns`]), how values merge ([`types`]).

mod check;
mod columns;
mod complete;
mod conversion;
mod draft;
mod form;
mod formats;
mod limits;
mod lists;
mod prune;
mod rules;
mod schema;
mod types;

#[cfg(test)]
mod tests;

pub use columns::Column;
pub use conversion::Conversion;
pub(crate) use conversion::client;
pub use form::{Form, Scale};

use crate::{
    Invalid, KindInfo, Object, Version,
    apiextensions::{CustomResourceDefinition, ESTABLISHED},
    kind::ALL_VERBS,
    schema::Type,
};
use rules::Defined;
use schema::Schema;
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

/// What can be done with the objects of a definition that is being deleted.
const LEAVING: &[&str] = &["delete", "deletecollection", "get", "list", "watch"];

/// What a definition says, besides what every kind says.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// Its own name, `crontabs.stable.example.com`.
    pub name: &'static str,
    /// What one object is called, in lower case.
    pub singular: &'static str,
    /// The kind of a list of objects.
    pub list_kind: &'static str,
    /// It is being deleted, and its objects with it.
    pub terminating: bool,
    kind: &'static str,
    /// Its `spec` as JSON.
    text: &'static str,
    forms: &'static [Form],
    /// Which of the forms objects are stored in.
    stored: usize,
    conversion: Option<&'static Conversion>,
    /// The kind in each of its versions, where somebody else has to be asked what objects are in another.
    views: &'static [&'static KindInfo],
}

impl Definition {
    /// The version called so, when it is served or stored.
    pub fn form(&self, version: &str) -> Option<&Form> {
        self.forms.iter().find(|form| form.version == version)
    }

    /// The version called so as objects write it, `example.com/v1`; the stored one when there is none such.
    fn written(&self, api_version: &str) -> &Form {
        self.forms.iter().find(|form| form.api_version == api_version).unwrap_or(self.stored())
    }

    /// The version objects are stored in.
    pub fn stored(&self) -> &Form {
        &self.forms[self.stored]
    }

    /// Every version that is served.
    pub fn served(&self) -> impl Iterator<Item = &Form> {
        self.forms.iter().filter(|form| form.served)
    }

    /// The `OpenAPI` schema of one of its versions, as its author wrote it.
    pub fn open_api(&self, version: &str) -> Value {
        let spec: Value = serde_json::from_str(self.text).unwrap_or_default();
        let versions = spec["versions"].as_array().into_iter().flatten();
        let mut meant = versions.filter(|v| v["name"] == version);
        meant.next().map(|v| v["schema"]["openAPIV3Schema"].clone()).unwrap_or_default()
    }
}

/// The version of a defined kind that a type was made of.
pub(crate) fn form_of(of: &Type) -> Option<&'static Form> {
    if !of.is_defined() {
        return None;
    }
    let (group, version) = of.api_version?.split_once('/')?;
    crate::of(group, of.kind())?.custom?.form(version)
}

/// Whether a text is a pattern that schemas may have.
pub(crate) fn is_pattern(text: &str) -> bool {
    limits::compiled(text).is_some()
}

/// Paths of what a value has that its schema, as JSON, does not have.
pub(crate) fn unknown_in(schema: &Value, value: &Value) -> Vec<String> {
    match value.clone() {
        Value::Object(mut fields) => Schema::read(schema).prune_part(&mut fields),
        _ => Vec::new(),
    }
}

/// Records what is wrong with a value by its schema, as JSON; it stands at `path`.
pub(crate) fn check_against(schema: &Value, value: &Value, path: &str, invalid: &mut Invalid) {
    Schema::read(schema).check_part(value, path, invalid);
}

/// The kind that a definition makes; `None` for one that was not accepted yet, or that nobody could make sense
/// of.
pub(crate) fn kind_of(definition: &Object) -> Option<&'static KindInfo> {
    static MADE: LazyLock<Mutex<HashMap<&'static str, Vec<&'static KindInfo>>>> =
        LazyLock::new(Mutex::default);
    let whole = definition.bare_value();
    let status = &whole["status"];
    let is = |condition: &str| {
        let mut all = status["conditions"].as_array().into_iter().flatten();
        all.any(|c| c["type"] == condition && c["status"] == "True")
    };
    if !is(ESTABLISHED) {
        return None;
    }
    let mut spec = whole["spec"].clone();
    if status["acceptedNames"]["kind"].is_string() {
        spec["names"] = status["acceptedNames"].clone();
    }
    let (text, terminating) = (spec.to_string(), definition.metadata().deletion_timestamp.is_some());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let known = made.get(text.as_str()).into_iter().flatten();
    let same =
        |kind: &&&'static KindInfo| kind.custom.is_some_and(|custom| custom.terminating == terminating);
    if let Some(known) = known.copied().find(|kind| same(&kind)) {
        return Some(known);
    }
    let text: &'static str = made.get_key_value(text.as_str()).map_or_else(|| leak(&text), |(text, _)| *text);
    let typed = definition.to_kind::<CustomResourceDefinition>().ok()?;
    let conversion = Conversion::of(&typed.spec);
    let kind = make(definition.name(), &spec, text, terminating, conversion)?;
    made.entry(text).or_default().push(kind);
    Some(kind)
}

fn make(
    name: &str,
    spec: &Value,
    text: &'static str,
    terminating: bool,
    conversion: Option<Conversion>,
) -> Option<&'static KindInfo> {
    let (group, names) = (leak(spec["group"].as_str()?), &spec["names"]);
    let kind = leak(names["kind"].as_str()?);
    let mut forms = Vec::new();
    let mut stored = None;
    for version in spec["versions"].as_array()? {
        if version["storage"] == true {
            stored = Some(forms.len());
        }
        forms.push(Form::of(group, kind, version)?);
    }
    let word = |field: &str| names[field].as_str().filter(|word| !word.is_empty());
    let conversion = conversion.map(|conversion| &*Box::leak(Box::new(conversion)));
    let mut definition = Definition {
        name: leak(name),
        singular: leak(&word("singular").map_or_else(|| kind.to_lowercase(), str::to_owned)),
        list_kind: leak(&word("listKind").map_or_else(|| format!("{kind}List"), str::to_owned)),
        terminating,
        kind,
        text,
        forms: forms.leak(),
        stored: stored?,
        conversion,
        views: &[],
    };
    let own = definition.stored();
    let other = |form: &&Form| form.served && form.version != own.version;
    let versions: Vec<Version> =
        definition.forms.iter().filter(other).map(|form| form.as_version(group)).collect();
    let has = |part: fn(&Form) -> bool| definition.forms.iter().any(part);
    let parts = [("scale", has(|form| form.scale.is_some())), ("status", has(|form| form.status))];
    let parts: Vec<&'static str> = parts.into_iter().filter_map(|(part, has)| has.then_some(part)).collect();
    let plain: &'static Definition = Box::leak(Box::new(definition));
    let mut kind = KindInfo {
        group,
        version: own.version,
        api_version: own.api_version,
        kind,
        plural: leak(word("plural")?),
        namespaced: spec["scope"] == "Namespaced",
        short_names: words(&names["shortNames"]),
        categories: words(&names["categories"]),
        subresources: parts.leak(),
        name_first: true,
        durable: true,
        orphans: false,
        shown_last: false,
        verbs: if terminating { LEAVING } else { ALL_VERBS },
        versions: versions.leak(),
        warning: own.warning,
        shown: own.served,
        custom: Some(plain),
        rules: Box::leak(Box::new(Defined(plain))),
    };
    if conversion.is_some() {
        definition.views = plain.views(&kind).leak();
        kind.custom = Some(Box::leak(Box::new(definition)));
    }
    Some(Box::leak(Box::new(kind)))
}

fn words(list: &Value) -> &'static [&'static str] {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(leak).collect::<Vec<_>>().leak()
}

/// For good: kinds, and what they say, are never taken back.
fn leak(text: &str) -> &'static str {
    Box::leak(Box::from(text))
}
