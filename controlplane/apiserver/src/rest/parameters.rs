//! Query parameters, and what they mean for each verb.

use axum::extract::Query as Pairs;
use http::Uri;
use shared_api::{
    FieldSelector, Freshness, GroupKind, Invalid, KindInfo, LabelSelector, Propagation, Query, Refusal,
    Revision, Selectors, Validation, WriteHow,
};
use shared_client::Result;

/// The query of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Those of `uri`.
    pub(super) fn of(uri: &Uri) -> Result<Self> {
        let pairs = Pairs::<Vec<(String, String)>>::try_from_uri(uri);
        let pairs = pairs.map_err(|e| Refusal::bad_request(format!("the query cannot be read: {e}")))?;
        Ok(Self(pairs.0))
    }

    /// The first of that name, when it says something.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// Every one of that name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is set; anything but `false` and `0` is yes.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.chosen(name).unwrap_or(false)
    }

    /// The same when leaving it out means a third thing.
    pub(super) fn chosen(&self, name: &str) -> Option<bool> {
        self.all(name).next().map(|value| !(value == "0" || value.eq_ignore_ascii_case("false")))
    }

    /// As a whole number.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>> {
        let parse = |text: &str| {
            let bad = || {
                Refusal::bad_request(format!(
                    "strconv.ParseInt: parsing {text:?}: invalid syntax: {name} is a whole number"
                ))
            };
            text.parse().map_err(|_| bad())
        };
        self.get(name).map(parse).transpose()
    }

    /// `resourceVersion`; `None` when unset.
    fn revision(&self) -> Result<Option<Revision>> {
        let Some(text) = self.get("resourceVersion") else { return Ok(None) };
        let bad = |_| {
            Refusal::bad_request(format!(
                "invalid resource version: resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax"
            ))
        };
        text.parse().map(Some).map_err(bad)
    }

    /// How new the object must be that is read.
    pub(super) fn freshness(&self) -> Result<Freshness> {
        Ok(match self.revision()? {
            None => Freshness::Newest,
            Some(0) => Freshness::Any,
            Some(asked) => Freshness::AtLeast(asked),
        })
    }

    /// Where a watch begins; `None` from what is there.
    pub(super) fn from(&self) -> Result<Option<Revision>> {
        Ok(self.revision()?.filter(|revision| *revision > 0))
    }

    /// Labels and fields.
    pub(super) fn selectors(&self, kind: &KindInfo) -> Result<Selectors> {
        let labels = LabelSelector::parse(self.get("labelSelector").unwrap_or_default())?;
        let fields = FieldSelector::parse(self.get("fieldSelector").unwrap_or_default())?;
        fields.supported_by(kind)?;
        Ok(Selectors { labels, fields })
    }

    /// Which objects of `kind` are meant.
    pub(super) fn query(&self, kind: &KindInfo, namespace: Option<&str>) -> Result<Query> {
        let mut query = Query::all(kind.group_kind()).matching(self.selectors(kind)?);
        query.namespace = namespace.map(str::to_owned);
        Ok(query)
    }

    /// Which objects of `kind` are to be listed: how many, from where, as they were when.
    pub(super) fn list(&self, kind: &KindInfo, namespace: Option<&str>) -> Result<Query> {
        self.check_list()?;
        let mut query = self.query(kind, namespace)?;
        // A limit below one is none.
        query.limit = usize::try_from(self.number("limit")?.unwrap_or(0)).unwrap_or(0);
        query.continue_from = self.get("continue").map(str::to_owned);
        let revision = self.revision()?;
        if query.continue_from.is_some() && revision.is_some_and(|revision| revision > 0) {
            let why = "specifying resource version is not allowed when using continue";
            return Err(Refusal::bad_request(why));
        }
        query.freshness = match (revision, self.get("resourceVersionMatch")) {
            (Some(asked), Some("Exact")) => Freshness::Exactly(asked),
            // Without a word about it, a limited list is taken exactly, so that its pages fit together.
            (Some(asked), None) if asked > 0 && query.limit > 0 => Freshness::Exactly(asked),
            _ => self.freshness()?,
        };
        if query.freshness == Freshness::Any && query.continue_from.is_none() {
            // As Kubernetes answers from its cache: whole.
            query.limit = 0;
        }
        Ok(query)
    }

    /// Refuses versions and matches that no list can satisfy.
    fn check_list(&self) -> Result<()> {
        self.number("timeoutSeconds")?;
        let mut invalid = Invalid::default();
        let field = "resourceVersionMatch";
        if let Some(wanted) = self.get(field) {
            let version = self.get("resourceVersion");
            if version.is_none() {
                invalid
                    .forbidden(field, "resourceVersionMatch is forbidden unless resourceVersion is provided");
            }
            if self.get("continue").is_some() {
                invalid.forbidden(field, "resourceVersionMatch is forbidden when continue is provided");
            }
            if !matches!(wanted, "Exact" | "NotOlderThan") {
                invalid.unsupported(field, wanted, &["Exact", "NotOlderThan", ""]);
            }
            if wanted == "Exact" && version == Some("0") {
                invalid
                    .forbidden(field, r#"resourceVersionMatch "exact" is forbidden for resourceVersion "0""#);
            }
        }
        if self.chosen("sendInitialEvents").is_some() {
            invalid.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list");
        }
        refuse("ListOptions", &invalid)
    }

    /// Refuses what no watch can do.
    pub(super) fn check_watch(&self) -> Result<()> {
        let mut invalid = Invalid::default();
        let field = "resourceVersionMatch";
        let (initial, wanted) = (self.chosen("sendInitialEvents"), self.get(field));
        if initial.is_some() && wanted != Some("NotOlderThan") {
            let why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
            invalid.forbidden(field, why);
        }
        if let Some(wanted) = wanted {
            if initial.is_none() {
                let why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
                invalid.forbidden(field, why);
            }
            if wanted != "NotOlderThan" {
                invalid.unsupported(field, wanted, &["NotOlderThan"]);
            }
            if self.get("continue").is_some() {
                invalid.forbidden(field, "resourceVersionMatch is forbidden when continue is provided");
            }
        }
        refuse("ListOptions", &invalid)
    }

    /// How an object is to be written.
    pub(super) fn how(&self, options: &'static str, subresource: &str) -> Result<WriteHow> {
        Ok(WriteHow {
            subresource: Some(subresource.to_owned()).filter(|s| !s.is_empty()),
            dry_run: dry_run(options, self.all("dryRun"))?,
            manager: self.get("fieldManager").map(str::to_owned),
            validation: self.validation(options)?,
            version: None,
        })
    }

    /// What to do about fields the kind does not have, or that come twice.
    fn validation(&self, options: &'static str) -> Result<Validation> {
        match self.get("fieldValidation") {
            None | Some("Warn") => Ok(Validation::Warn),
            Some("Ignore") => Ok(Validation::Ignore),
            Some("Strict") => Ok(Validation::Strict),
            Some(other) => {
                let mut invalid = Invalid::default();
                invalid.unsupported("fieldValidation", other, &["Ignore", "Warn", "Strict"]);
                Err(refuse(options, &invalid).expect_err("something is invalid"))
            }
        }
    }
}

/// Whether everything is to be decided and nothing stored.
pub(super) fn dry_run<'a>(options: &'static str, values: impl Iterator<Item = &'a str>) -> Result<bool> {
    let mut dry = false;
    let mut invalid = Invalid::default();
    for value in values {
        dry = true;
        if value != "All" {
            invalid.unsupported("dryRun", value, &["All"]);
        }
    }
    refuse(options, &invalid).map(|()| dry)
}

/// What becomes of owned objects.
pub(super) fn propagation(word: &str) -> Result<Propagation> {
    match word {
        "Background" => Ok(Propagation::Background),
        "Foreground" => Ok(Propagation::Foreground),
        "Orphan" => Ok(Propagation::Orphan),
        other => {
            let mut invalid = Invalid::default();
            invalid.unsupported("propagationPolicy", other, &["Foreground", "Background", "Orphan"]);
            Err(refuse("DeleteOptions", &invalid).expect_err("something is invalid"))
        }
    }
}

/// Options that break their rules, as Kubernetes says it.
pub(super) fn refuse(options: &'static str, invalid: &Invalid) -> Result<()> {
    let kind = GroupKind { group: "meta.k8s.io".into(), kind: options.into() };
    Refusal::invalid(&kind, "", invalid).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(query: &str) -> Parameters {
        Parameters::of(&format!("/x?{query}").parse().unwrap()).unwrap()
    }

    #[test]
    fn values_are_read_as_go_reads_them() {
        let p = parameters("a=1&b=false&c&d=TRUE&e=0&labelSelector=app%3Dweb%2Ctier+in+%28x%29&n=-3");
        let flags: Vec<_> = ["a", "b", "c", "d", "e", "f"].into_iter().filter(|f| p.flag(f)).collect();
        assert_eq!(flags, ["a", "c", "d"]);
        assert_eq!(p.get("labelSelector"), Some("app=web,tier in (x)"));
        assert_eq!(p.number("n"), Ok(Some(-3)));
        assert!(p.number("d").is_err());
    }

    #[test]
    fn options_that_contradict_themselves_are_refused() {
        for (query, fine) in [
            ("", true),
            ("resourceVersion=5&resourceVersionMatch=Exact", true),
            ("resourceVersion=0&resourceVersionMatch=Exact", false),
            ("resourceVersionMatch=NotOlderThan", false),
            ("resourceVersion=5&resourceVersionMatch=Newer", false),
            ("sendInitialEvents=true", false),
        ] {
            assert_eq!(parameters(query).check_list().is_ok(), fine, "{query}");
        }
        for (query, fine) in [
            ("", true),
            ("sendInitialEvents=true&resourceVersionMatch=NotOlderThan", true),
            ("sendInitialEvents=true", false),
            ("resourceVersionMatch=NotOlderThan", false),
        ] {
            assert_eq!(parameters(query).check_watch().is_ok(), fine, "{query}");
        }
        let kind = shared_api::find("pods").unwrap();
        for (query, limit, freshness) in [
            ("", 0, Freshness::Newest),
            ("limit=5", 5, Freshness::Newest),
            ("limit=-5", 0, Freshness::Newest),
            ("limit=5&resourceVersion=0", 0, Freshness::Any),
            ("limit=5&resourceVersion=0&continue=x", 5, Freshness::Any),
            ("resourceVersion=7", 0, Freshness::AtLeast(7)),
            ("limit=5&resourceVersion=7", 5, Freshness::Exactly(7)),
            ("limit=5&resourceVersion=7&resourceVersionMatch=NotOlderThan", 5, Freshness::AtLeast(7)),
            ("resourceVersion=7&resourceVersionMatch=Exact", 0, Freshness::Exactly(7)),
        ] {
            let found = parameters(query).list(kind, None).unwrap();
            assert_eq!((found.limit, found.freshness), (limit, freshness), "{query}");
        }
        for query in ["resourceVersion=x", "resourceVersion=7&continue=x", "limit=x"] {
            assert_eq!(parameters(query).list(kind, None).unwrap_err().reason.code(), 400, "{query}");
        }
        assert_eq!(parameters("dryRun=All").how("CreateOptions", "").map(|how| how.dry_run), Ok(true));
        for query in ["dryRun=Some", "fieldValidation=strict"] {
            let refused = parameters(query).how("UpdateOptions", "").unwrap_err();
            assert!(refused.reason.code() == 422 && refused.message.starts_with("UpdateOptions.meta.k8s.io"));
        }
    }
}
