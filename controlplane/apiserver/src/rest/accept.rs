//! In which form the asker wants the answer: the `Accept` header, read.

use super::parameters::Parameters;
use http::{HeaderMap, header};
use shared_api::{Reason, Refusal};
use shared_client::Result;

/// What an object is turned into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// As it is.
    Whole,
    /// A table row.
    Table(Include),
    /// Its metadata alone.
    Metadata,
}

/// What a table row carries of its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Include {
    Nothing,
    Metadata,
    Object,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) shape: Shape,
    pub(super) yaml: bool,
    pub(super) pretty: bool,
}

/// One entry of an `Accept` header, with its parameters.
#[derive(Debug)]
struct Range<'a> {
    media: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
}

impl<'a> Range<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        self.parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    fn weight(&self) -> f32 {
        self.get("q").and_then(|q| q.parse().ok()).unwrap_or(1.0)
    }
}

/// The entries, dearest first.
fn ranges(text: &str) -> Vec<Range<'_>> {
    let mut found: Vec<_> = text
        .split(',')
        .filter_map(|entry| {
            let mut words = entry.split(';').map(str::trim);
            let media = words.next().filter(|m| !m.is_empty())?;
            let parameters = words.filter_map(|word| word.split_once('=')).collect();
            Some(Range { media, parameters })
        })
        .filter(|range| range.weight() > 0.0)
        .collect();
    found.sort_by(|a, b| b.weight().total_cmp(&a.weight()));
    found
}

fn header_text(headers: &HeaderMap) -> String {
    let all: Vec<_> =
        headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    if all.is_empty() { "*/*".into() } else { all.join(",") }
}

/// The first form asked for that there is.
pub(super) fn form(headers: &HeaderMap, parameters: &Parameters) -> Result<Form> {
    let text = header_text(headers);
    let pretty = parameters.flag("pretty");
    for range in ranges(&text) {
        let yaml = match range.media {
            "application/json" | "application/*" | "*/*" => false,
            "application/yaml" => true,
            _ => continue,
        };
        let shape = match (range.get("as"), range.get("g"), range.get("v")) {
            (None, ..) => Shape::Whole,
            (Some("Table"), Some("meta.k8s.io"), Some("v1")) => Shape::Table(include(parameters)?),
            (
                Some("PartialObjectMetadata" | "PartialObjectMetadataList"),
                Some("meta.k8s.io"),
                Some("v1"),
            ) => Shape::Metadata,
            _ => continue,
        };
        return Ok(Form { shape, yaml, pretty });
    }
    Err(not_acceptable())
}

fn include(parameters: &Parameters) -> Result<Include> {
    match parameters.get("includeObject") {
        None | Some("Metadata") => Ok(Include::Metadata),
        Some("None") => Ok(Include::Nothing),
        Some("Object") => Ok(Include::Object),
        Some(other) => Err(Refusal::bad_request(format!(
            "includeObject: {other:?} is none of \"None\", \"Metadata\", \"Object\""
        ))),
    }
}

/// The first of `offers` (name, media type, `g;v;as` parameters) the asker accepts.
pub(super) fn choose<'a>(headers: &HeaderMap, offers: &[&'a str]) -> Option<&'a str> {
    let text = header_text(headers);
    ranges(&text).iter().find_map(|range| offers.iter().copied().find(|offer| matches(range, offer)))
}

fn matches(range: &Range<'_>, offer: &str) -> bool {
    let mut words = offer.split(';');
    let media = words.next().unwrap_or_default();
    let offered: Vec<_> = words.filter_map(|word| word.split_once('=')).collect();
    let wanted =
        |name: &str| range.get(name) == offered.iter().find(|(key, _)| *key == name).map(|(_, v)| *v);
    (range.media == media || matches!(range.media, "*/*" | "application/*"))
        && ["g", "v", "as"].into_iter().all(wanted)
}

/// Nothing the asker would take.
pub(super) fn not_acceptable() -> Refusal {
    Refusal::new(
        Reason::NotAcceptable,
        "only the following media types are accepted: application/json, application/yaml",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(accept: &str) -> Option<(Shape, bool)> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        form(&headers, &Parameters::default()).ok().map(|f| (f.shape, f.yaml))
    }

    #[test]
    fn the_first_form_there_is_is_taken() {
        let table = Shape::Table(Include::Metadata);
        for (accept, expected) in [
            ("application/json", Some((Shape::Whole, false))),
            ("*/*", Some((Shape::Whole, false))),
            ("application/yaml", Some((Shape::Whole, true))),
            ("application/vnd.kubernetes.protobuf,application/json", Some((Shape::Whole, false))),
            ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", Some((table, false))),
            ("application/json;as=Table;v=v9;g=meta.k8s.io,application/json", Some((Shape::Whole, false))),
            ("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", Some((Shape::Metadata, false))),
            ("application/json;q=0.2, application/yaml;q=0.9", Some((Shape::Whole, true))),
            ("application/vnd.kubernetes.protobuf", None),
            ("application/cbor", None),
            ("application/json;as=Other;v=v1;g=meta.k8s.io", None),
        ] {
            assert_eq!(asked(accept), expected, "{accept}");
        }
    }
}
