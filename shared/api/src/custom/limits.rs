//! What a value may be within its sort: one limit after the other, in Kubernetes' words.

use super::{check::Place, formats};
use crate::Invalid;
use regex_lite::Regex;
use serde_json::Value;

/// One limit of a value.
#[derive(Debug)]
pub(super) enum Limit {
    Enum(Vec<Value>),
    Maximum(f64, bool),
    Minimum(f64, bool),
    MultipleOf(f64),
    MaxLength(usize),
    MinLength(usize),
    Pattern(Regex, String),
    Format(&'static str, formats::Fits),
    MaxItems(usize),
    MinItems(usize),
    UniqueItems,
    MaxProperties(usize),
    MinProperties(usize),
}

impl Limit {
    /// Every limit that a schema says.
    pub(super) fn all(json: &Value) -> Vec<Self> {
        let count = |word: &str| json[word].as_u64().map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        let number = |word: &str| json[word].as_f64();
        let exclusive = |word: &str| json[word] == true;
        let pattern =
            json["pattern"].as_str().and_then(|text| Some(Self::Pattern(compiled(text)?, text.to_owned())));
        let format = json["format"].as_str().and_then(formats::find);
        [
            json["enum"].as_array().map(|all| Self::Enum(all.clone())),
            number("maximum").map(|n| Self::Maximum(n, exclusive("exclusiveMaximum"))),
            number("minimum").map(|n| Self::Minimum(n, exclusive("exclusiveMinimum"))),
            number("multipleOf").filter(|n| *n > 0.0).map(Self::MultipleOf),
            count("maxLength").map(Self::MaxLength),
            count("minLength").map(Self::MinLength),
            pattern,
            format.map(|(name, fits)| Self::Format(name, fits)),
            count("maxItems").map(Self::MaxItems),
            count("minItems").map(Self::MinItems),
            exclusive("uniqueItems").then_some(Self::UniqueItems),
            count("maxProperties").map(Self::MaxProperties),
            count("minProperties").map(Self::MinProperties),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Records a value that is beyond the limit.
    pub(super) fn check(&self, value: &Value, place: &Place<'_>, invalid: &mut Invalid) {
        let path = || place.path();
        match (self, value) {
            (Self::Enum(all), value) if !all.contains(value) => {
                let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
                let all: Vec<_> = all.iter().map(text).collect();
                let all: Vec<_> = all.iter().map(String::as_str).collect();
                invalid.unsupported(path(), value, &all);
            }
            (Self::MaxLength(max), Value::String(text)) if text.chars().count() > *max => {
                invalid.too_long(path(), *max);
            }
            (Self::MaxItems(max), Value::Array(items)) if items.len() > *max => {
                invalid.too_many(path(), items.len(), *max);
            }
            (Self::MaxProperties(max), Value::Object(fields)) if fields.len() > *max => {
                invalid.too_many(path(), fields.len(), *max);
            }
            (Self::Format(name, fits), Value::String(text)) if !fits(text) => {
                let path = path();
                let why = format!("{path} in body must be of type {name}: {text:?}");
                invalid.wrong_type(path, text, &why);
            }
            _ => {
                if let Some(why) = self.why(value) {
                    let path = path();
                    let why = format!("{path} in body {why}");
                    invalid.value(path, value, &why);
                }
            }
        }
    }

    /// What is to be said of a value beyond the limit, where that is said as usual.
    fn why(&self, value: &Value) -> Option<String> {
        let number = || value.as_f64().filter(|_| value.is_number());
        let text = || value.as_str().map(|text| text.chars().count());
        let (items, fields) = (value.as_array().map(Vec::len), value.as_object().map(serde_json::Map::len));
        let said = |beyond: bool, why: String| beyond.then_some(why);
        match self {
            Self::Maximum(max, true) => said(number()? >= *max, format!("should be less than {max}")),
            Self::Maximum(max, false) => {
                said(number()? > *max, format!("should be less than or equal to {max}"))
            }
            Self::Minimum(min, true) => said(number()? <= *min, format!("should be greater than {min}")),
            Self::Minimum(min, false) => {
                said(number()? < *min, format!("should be greater than or equal to {min}"))
            }
            Self::MultipleOf(of) => {
                let times = number()? / of;
                said((times - times.round()).abs() > 1e-9, format!("should be a multiple of {of}"))
            }
            Self::MinLength(min) => said(text()? < *min, format!("should be at least {min} chars long")),
            Self::Pattern(pattern, shown) => {
                said(!pattern.is_match(value.as_str()?), format!("should match '{shown}'"))
            }
            Self::MinItems(min) => said(items? < *min, format!("should have at least {min} items")),
            Self::MinProperties(min) => {
                said(fields? < *min, format!("should have at least {min} properties"))
            }
            Self::UniqueItems => {
                let items = value.as_array()?;
                let twice = items.iter().enumerate().any(|(at, item)| items[..at].contains(item));
                said(twice, "shouldn't contain duplicates".into())
            }
            Self::Enum(_)
            | Self::MaxLength(_)
            | Self::MaxItems(_)
            | Self::MaxProperties(_)
            | Self::Format(..) => None,
        }
    }
}

/// A pattern of a schema; `None` when it is none.
pub(crate) fn compiled(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}
