//! Whether rules grant no more than other rules do: nobody gives away what is not theirs. Pure.

use super::rules::{covers_path, list};
use shared_api::rbac::PolicyRule;
use std::collections::{BTreeMap, BTreeSet};

/// What `wanted` grants beyond `held`, as messages list it: one line a resource, sorted.
pub(crate) fn missing(held: &[PolicyRule], wanted: &[PolicyRule]) -> Vec<String> {
    let mut lacking: BTreeMap<Parts, BTreeSet<String>> = BTreeMap::new();
    for rule in wanted {
        for part in parts(rule) {
            for verb in &rule.verbs {
                if !held.iter().any(|own| covers(own, &part, verb)) {
                    lacking.entry(part.clone()).or_default().insert(verb.clone());
                }
            }
        }
    }
    let lines: BTreeSet<_> = lacking.iter().map(|(part, verbs)| part.line(verbs)).collect();
    lines.into_iter().collect()
}

/// The smallest thing a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Parts {
    Resource { group: String, resource: String, name: Option<String> },
    Path(String),
}

fn parts(rule: &PolicyRule) -> Vec<Parts> {
    let mut found: Vec<_> =
        list(rule.non_resource_urls.as_ref()).iter().map(|url| Parts::Path(url.clone())).collect();
    let names = list(rule.resource_names.as_ref());
    for group in list(rule.api_groups.as_ref()) {
        for resource in list(rule.resources.as_ref()) {
            let part = |name| Parts::Resource { group: group.clone(), resource: resource.clone(), name };
            if names.is_empty() {
                found.push(part(None));
            }
            found.extend(names.iter().map(|name| part(Some(name.clone()))));
        }
    }
    found
}

fn covers(own: &PolicyRule, part: &Parts, verb: &str) -> bool {
    let has = |all: &[String], one: &str| all.iter().any(|o| o == "*" || o == one);
    has(&own.verbs, verb)
        && match part {
            Parts::Path(path) => {
                list(own.non_resource_urls.as_ref()).iter().any(|own| covers_path(own, path))
            }
            Parts::Resource { group, resource, name } => {
                let names = list(own.resource_names.as_ref());
                has(list(own.api_groups.as_ref()), group)
                    && list(own.resources.as_ref()).iter().any(|own| covers_resource(own, resource))
                    && (names.is_empty() || name.as_ref().is_some_and(|name| names.contains(name)))
            }
        }
}

fn covers_resource(own: &str, resource: &str) -> bool {
    let part = resource.split_once('/').map(|(_, part)| part);
    own == "*" || own == resource || (part.is_some() && own.strip_prefix("*/") == part)
}

impl Parts {
    fn line(&self, verbs: &BTreeSet<String>) -> String {
        let verbs: Vec<_> = verbs.iter().map(|verb| format!("{verb:?}")).collect();
        let about = match self {
            Self::Path(path) => format!("NonResourceURLs:[{path:?}]"),
            Self::Resource { group, resource, name } => {
                let name = name.as_ref().map(|n| format!(", ResourceNames:[{n:?}]")).unwrap_or_default();
                format!("APIGroups:[{group:?}], Resources:[{resource:?}]{name}")
            }
        };
        format!("{{{about}, Verbs:[{}]}}", verbs.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `get,list pods`, `get pods:a` for one name, `get /path`.
    fn rule(text: &str) -> PolicyRule {
        let (verbs, what) = text.split_once(' ').unwrap();
        let verbs = verbs.split(',').map(str::to_owned).collect();
        if what.starts_with('/') {
            return PolicyRule { verbs, non_resource_urls: Some(vec![what.into()]), ..PolicyRule::default() };
        }
        let (resource, name) = what.split_once(':').map_or((what, None), |(r, n)| (r, Some(n)));
        PolicyRule {
            verbs,
            api_groups: Some(vec![String::new()]),
            resources: Some(vec![resource.into()]),
            resource_names: name.map(|n| vec![n.to_owned()]),
            non_resource_urls: None,
        }
    }

    #[test]
    fn only_what_is_held_can_be_given() {
        for (held, wanted, expected) in [
            ("get,list pods", "get pods", &[][..]),
            ("* *", "get,list pods:a", &[]),
            ("get */scale", "get x/scale", &[]),
            ("get pods", "get pods:a", &[]),
            ("get /healthz/*", "get /healthz/ping", &[]),
            ("get pods:a", "get pods", &[r#"{APIGroups:[""], Resources:["pods"], Verbs:["get"]}"#]),
            (
                "get pods",
                "list,get,delete pods",
                &[r#"{APIGroups:[""], Resources:["pods"], Verbs:["delete" "list"]}"#],
            ),
            ("get */scale", "get x", &[r#"{APIGroups:[""], Resources:["x"], Verbs:["get"]}"#]),
            (
                "get pods",
                "get pods/log:a",
                &[r#"{APIGroups:[""], Resources:["pods/log"], ResourceNames:["a"], Verbs:["get"]}"#],
            ),
            ("get /a", "get /b", &[r#"{NonResourceURLs:["/b"], Verbs:["get"]}"#]),
        ] {
            assert_eq!(missing(&[rule(held)], &[rule(wanted)]), expected, "{held} / {wanted}");
        }
    }
}
