//! Which requests a policy or a webhook is asked about. Pure.

use super::request::{Asked, Of, Operation};
use serde_json::Value;
use shared_api::{
    KindInfo, LabelSelector, Served,
    admissionregistration::{Hook, MatchResources, NamedRuleWithOperations, RuleWithOperations},
};
use std::collections::BTreeMap;

/// What somebody wants to be asked about.
#[derive(Debug)]
pub(super) struct Matching {
    rules: Vec<Rule>,
    except: Vec<Rule>,
    /// Only in the versions that the rules name.
    exact: bool,
    namespaces: LabelSelector,
    objects: LabelSelector,
}

#[derive(Debug)]
struct Rule {
    groups: Vec<String>,
    versions: Vec<String>,
    resources: Vec<String>,
    operations: Vec<String>,
    scope: Option<String>,
    names: Vec<String>,
}

impl Matching {
    /// What a webhook wants.
    pub(super) fn of_hook(hook: &Hook<'_>) -> Self {
        let all = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
        let rule = |rule: &RuleWithOperations| Rule {
            groups: all(&rule.api_groups),
            versions: all(&rule.api_versions),
            resources: all(&rule.resources),
            operations: all(&rule.operations),
            scope: rule.scope.clone(),
            names: Vec::new(),
        };
        let chosen = |selector: Option<&_>| selector.map(LabelSelector::from_meta).unwrap_or_default();
        Self {
            rules: hook.rules.iter().map(rule).collect(),
            except: Vec::new(),
            exact: hook.match_policy == Some("Exact"),
            namespaces: chosen(hook.namespaces),
            objects: chosen(hook.objects),
        }
    }

    /// What a policy or a binding wants; a binding that names no resources wants all of its policy's.
    pub(super) fn of(matching: &MatchResources) -> Self {
        let all = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
        let rule = |rule: &NamedRuleWithOperations| Rule {
            groups: all(&rule.api_groups),
            versions: all(&rule.api_versions),
            resources: all(&rule.resources),
            operations: all(&rule.operations),
            scope: rule.scope.clone(),
            names: all(&rule.resource_names),
        };
        let rules = |list: &Option<Vec<_>>| list.iter().flatten().map(rule).collect();
        let chosen =
            |selector: &Option<_>| selector.as_ref().map(LabelSelector::from_meta).unwrap_or_default();
        Self {
            rules: rules(&matching.resource_rules),
            except: rules(&matching.exclude_resource_rules),
            exact: matching.match_policy.as_deref() == Some("Exact"),
            namespaces: chosen(&matching.namespace_selector),
            objects: chosen(&matching.object_selector),
        }
    }

    /// The version in which it wants to be asked about such a thing; `any` when no rule at all means every one.
    pub(super) fn version(&self, of: &Of<'_>, operation: Operation, name: &str, any: bool) -> Option<Served> {
        let all = versions(of.served);
        let candidates = if self.exact { &all[..1] } else { &all[..] };
        let hit = |rules: &[Rule]| {
            candidates
                .iter()
                .copied()
                .find(|served| rules.iter().any(|r| r.hits(*served, of.part, operation, name)))
        };
        if hit(&self.except).is_some() {
            return None;
        }
        if any && self.rules.is_empty() { Some(of.served) } else { hit(&self.rules) }
    }

    /// Whether the selectors choose the request.
    pub(super) fn chooses(&self, asked: &Asked<'_>, namespace: Option<&Labels>) -> bool {
        let objects = || {
            let labels = |value: &Option<Value>| value.as_ref().map(labels);
            let fits = |labels: &Labels| self.objects.matches(Some(labels));
            [&asked.object, &asked.old].into_iter().filter_map(labels).any(|labels| fits(&labels))
        };
        let namespaces = || namespace.is_none_or(|labels| self.namespaces.matches(Some(labels)));
        (self.namespaces.is_empty() || namespaces()) && (self.objects.is_empty() || objects())
    }
}

type Labels = BTreeMap<String, String>;

/// The labels of an object as JSON.
pub(super) fn labels(object: &Value) -> Labels {
    let labels = object.pointer("/metadata/labels").and_then(Value::as_object);
    let text = |(k, v): (&String, &Value)| (k.clone(), v.as_str().unwrap_or_default().to_owned());
    labels.into_iter().flatten().map(text).collect()
}

/// Whether a kind says who is asked: nobody is asked about those, or nobody could put right what is wrong with them.
pub(super) fn exempt(kind: &KindInfo) -> bool {
    kind.group == "admissionregistration.k8s.io"
}

/// The version asked for first, then the others that the kind is served in.
fn versions(asked: Served) -> Vec<Served> {
    let kind = asked.kind;
    let names = kind.versions.iter().map(|version| version.api_version);
    let others = std::iter::once(kind.api_version).chain(names).filter(|name| *name != asked.api_version());
    std::iter::once(asked).chain(others.filter_map(|name| shared_api::serving(name, kind.kind))).collect()
}

impl Rule {
    fn hits(&self, served: Served, part: &str, operation: Operation, name: &str) -> bool {
        let has = |list: &[String], wanted: &str| list.iter().any(|item| item == "*" || item == wanted);
        let scope = match self.scope.as_deref() {
            Some("Namespaced") => served.kind.namespaced,
            Some("Cluster") => !served.kind.namespaced,
            _ => true,
        };
        scope
            && has(&self.operations, operation.as_str())
            && has(&self.groups, served.group())
            && has(&self.versions, served.version())
            && self.resources.iter().any(|resource| means(resource, served.kind.plural, part))
            && (self.names.is_empty() || self.names.iter().any(|wanted| wanted == name))
    }
}

/// Whether `pods`, `pods/log`, `*/scale`, `*` or `*/*` means a resource.
fn means(text: &str, plural: &str, part: &str) -> bool {
    let (whole, of_part) = text.split_once('/').unwrap_or((text, ""));
    (whole == "*" || whole == plural) && (of_part == part || (of_part == "*" && text.contains('/')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn version(
        matching: Value,
        api_version: &str,
        kind: &str,
        part: &str,
        name: &str,
    ) -> Option<&'static str> {
        let matching: MatchResources = serde_json::from_value(matching).unwrap();
        let served = shared_api::serving(api_version, kind).unwrap();
        let of = Of { served, part, body: None };
        Matching::of(&matching)
            .version(&of, Operation::Create, name, false)
            .map(|served| served.api_version())
    }

    #[test]
    fn rules_name_resources() {
        for (text, plural, part, expected) in [
            ("pods", "pods", "", true),
            ("pods", "pods", "log", false),
            ("pods/log", "pods", "log", true),
            ("pods/*", "pods", "", true),
            ("pods/*", "pods", "exec", true),
            ("*", "pods", "", true),
            ("*", "pods", "exec", false),
            ("*/scale", "deployments", "scale", true),
            ("*/*", "pods", "exec", true),
            ("services", "pods", "", false),
        ] {
            assert_eq!(means(text, plural, part), expected, "{text} {plural}/{part}");
        }
    }

    #[test]
    fn an_equivalent_version_is_asked_about_in_the_words_of_the_rule() {
        let rule = |more: Value| {
            let mut rule = json!({"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"],
                "resources": ["deployments"], "scope": "*"});
            for (key, value) in more.as_object().unwrap() {
                rule[key] = value.clone();
            }
            rule
        };
        let rules = |more: Value| json!({"resourceRules": [rule(more)]});
        assert_eq!(version(rules(json!({})), "apps/v1", "Deployment", "", "a"), Some("apps/v1"));
        assert_eq!(version(rules(json!({})), "extensions/v1beta1", "Deployment", "", "a"), Some("apps/v1"));
        let old = rules(json!({"apiGroups": ["extensions"], "apiVersions": ["v1beta1"]}));
        assert_eq!(version(old.clone(), "apps/v1", "Deployment", "", "a"), Some("extensions/v1beta1"));
        let mut exact = old;
        exact["matchPolicy"] = json!("Exact");
        assert_eq!(version(exact, "apps/v1", "Deployment", "", "a"), None);
        assert_eq!(version(rules(json!({"operations": ["DELETE"]})), "apps/v1", "Deployment", "", "a"), None);
        assert_eq!(version(rules(json!({"scope": "Cluster"})), "apps/v1", "Deployment", "", "a"), None);
        assert_eq!(version(rules(json!({"resourceNames": ["b"]})), "apps/v1", "Deployment", "", "a"), None);
        let mut but = rules(json!({}));
        but["excludeResourceRules"] = json!([rule(json!({"resourceNames": ["b"]}))]);
        assert_eq!(version(but.clone(), "apps/v1", "Deployment", "", "a"), Some("apps/v1"));
        assert_eq!(version(but, "apps/v1", "Deployment", "", "b"), None);
    }
}
