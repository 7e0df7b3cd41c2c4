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
    /// The same of every object of a list.
    MetadataList,
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
    /// The version of `meta.k8s.io` that tables and bare metadata are of.
    pub(super) meta: &'static str,
    pub(super) yaml: bool,
    pub(super) pretty: bool,
}

/// What can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    /// Objects that can be read: whole, as tables, as metadata.
    Objects,
    /// Answers to questions, which are whole only.
    Values,
    /// A stream of objects, which has no YAML.
    Stream,
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
    if all.iter().all(|value| value.trim().is_empty()) { "*/*".into() } else { all.join(",") }
}

/// The first form asked for that there is.
pub(super) fn form(headers: &HeaderMap, parameters: &Parameters, offer: Offer) -> Result<Form> {
    let text = header_text(headers);
    for range in ranges(&text) {
        let yaml = match range.media {
            "application/json" | "application/*" | "*/*" => false,
            "application/yaml" if offer != Offer::Stream => true,
            _ => continue,
        };
        let meta = match (range.get("g"), range.get("v")) {
            (Some("meta.k8s.io"), Some("v1beta1")) => "meta.k8s.io/v1beta1",
            (Some("meta.k8s.io"), Some("v1")) => "meta.k8s.io/v1",
            _ if range.get("as").is_some() => continue,
            _ => "meta.k8s.io/v1",
        };
        let shape = match range.get("as") {
            None => Shape::Whole,
            Some(_) if offer == Offer::Values => continue,
            Some("Table") => Shape::Table(include(parameters)?),
            Some("PartialObjectMetadata") => Shape::Metadata,
            Some("PartialObjectMetadataList") => Shape::MetadataList,
            Some(_) => continue,
        };
        let pretty = parameters.chosen("pretty");
        let pretty = pretty.unwrap_or_else(|| range.get("pretty") == Some("1") || is_person(headers));
        return Ok(Form { shape, meta, yaml, pretty: pretty && offer != Offer::Stream });
    }
    Err(not_acceptable())
}

/// Whether somebody looks at the answer with their own eyes: with a browser, curl or wget.
pub(super) fn is_person(headers: &HeaderMap) -> bool {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    ["curl", "Wget", "Mozilla/5.0"].iter().any(|start| agent.starts_with(start))
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
        form(&headers, &Parameters::default(), Offer::Objects).ok().map(|f| (f.shape, f.yaml))
    }

    #[test]
    fn what_is_no_object_is_whole_and_what_flows_is_json() {
        let asked = |accept: &'static str, offer| {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]);
            form(&headers, &Parameters::default(), offer).ok().map(|f| (f.shape, f.meta, f.yaml))
        };
        let table = "application/json;as=Table;v=v1beta1;g=meta.k8s.io";
        let rows = Shape::Table(Include::Metadata);
        assert_eq!(asked(table, Offer::Objects), Some((rows, "meta.k8s.io/v1beta1", false)));
        assert_eq!(asked(table, Offer::Values), None);
        assert_eq!(asked("application/yaml", Offer::Stream), None);
        let whole = Some((Shape::Whole, "meta.k8s.io/v1", false));
        assert_eq!(asked("application/json;stream=watch", Offer::Stream), whole);
    }

    #[test]
    fn people_get_lines_they_can_read() {
        for (agent, query, pretty) in [
            ("curl/8.5.0", "", true),
            ("curl/8.5.0", "?pretty=false", false),
            ("Wget/1.21", "", true),
            ("Mozilla/5.0 (X11)", "", true),
            ("kubectl/v1.35.2", "", false),
            ("kubectl/v1.35.2", "?pretty=1", true),
        ] {
            let headers = HeaderMap::from_iter([(header::USER_AGENT, agent.parse().unwrap())]);
            let parameters = Parameters::of(&format!("/x{query}").parse().unwrap()).unwrap();
            let found = form(&headers, &parameters, Offer::Objects).unwrap();
            assert_eq!(found.pretty, pretty, "{agent} {query}");
        }
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
            (
                "application/json;v=v1;g=meta.k8s.io;as=PartialObjectMetadataList",
                Some((Shape::MetadataList, false)),
            ),
            ("application/json;q=0,application/yaml", Some((Shape::Whole, true))),
            ("application/json;stream=watch", Some((Shape::Whole, false))),
            ("", Some((Shape::Whole, false))),
            ("application/json;q=0.2, application/yaml;q=0.9", Some((Shape::Whole, true))),
            ("application/vnd.kubernetes.protobuf", None),
            ("application/cbor", None),
            ("application/json;as=Other;v=v1;g=meta.k8s.io", None),
        ] {
            assert_eq!(asked(accept), expected, "{accept}");
        }
    }
}
