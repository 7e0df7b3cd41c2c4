//! What one rule of a role allows, in Kubernetes' reading. Pure.

use shared_api::rbac::PolicyRule;

/// What somebody wants, as rules name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish<'a> {
    /// To do something with objects.
    Resource {
        verb: &'a str,
        group: &'a str,
        /// Plural.
        resource: &'a str,
        /// Subresource; empty for the object itself.
        part: &'a str,
        /// Empty: everywhere, or in no namespace.
        namespace: &'a str,
        /// Empty: all of them.
        name: &'a str,
    },
    /// To use a path that is no object's.
    Path { verb: &'a str, path: &'a str },
}

impl<'a> Wish<'a> {
    /// Where; empty: everywhere.
    pub(crate) fn namespace(&self) -> &'a str {
        match self {
            Self::Resource { namespace, .. } => namespace,
            Self::Path { .. } => "",
        }
    }
}

/// Whether a rule allows what is wanted.
pub(crate) fn allows(rule: &PolicyRule, wish: &Wish<'_>) -> bool {
    match *wish {
        Wish::Resource { verb, group, resource, part, name, .. } => {
            has(&rule.verbs, verb)
                && has(list(rule.api_groups.as_ref()), group)
                && resource_matches(list(rule.resources.as_ref()), resource, part)
                && name_matches(list(rule.resource_names.as_ref()), name)
        }
        Wish::Path { verb, path } => {
            has(&rule.verbs, verb)
                && list(rule.non_resource_urls.as_ref()).iter().any(|url| covers_path(url, path))
        }
    }
}

pub(super) fn list(list: Option<&Vec<String>>) -> &[String] {
    list.map_or(&[], Vec::as_slice)
}

/// Whether a list names a word, or every word.
fn has(list: &[String], word: &str) -> bool {
    list.iter().any(|one| one == "*" || one == word)
}

fn resource_matches(resources: &[String], resource: &str, part: &str) -> bool {
    resources.iter().any(|one| {
        one == "*"
            || match one.split_once('/') {
                None => part.is_empty() && one == resource,
                Some((whose, which)) => {
                    !part.is_empty() && which == part && (whose == "*" || whose == resource)
                }
            }
    })
}

/// A rule about certain objects says nothing about all of them.
fn name_matches(names: &[String], name: &str) -> bool {
    names.is_empty() || names.iter().any(|one| one == name)
}

/// Whether the path of a rule, which may end in an asterisk, means `path`.
pub(super) fn covers_path(rule: &str, path: &str) -> bool {
    rule == "*" || rule == path || rule.strip_suffix('*').is_some_and(|start| path.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Option<Vec<String>> {
        let words: Vec<_> = line.split(',').map(str::to_owned).collect();
        (line != "-").then_some(words)
    }

    /// Verbs, groups, resources, names.
    fn rule(verbs: &str, groups: &str, resources: &str, names: &str) -> PolicyRule {
        PolicyRule {
            verbs: words(verbs).unwrap(),
            api_groups: words(groups),
            resources: words(resources),
            resource_names: words(names),
            non_resource_urls: None,
        }
    }

    #[test]
    fn rules_are_read_as_kubernetes_reads_them() {
        for (rule, (verb, group, resource, part, name), expected) in [
            (rule("get", "", "pods", "-"), ("get", "", "pods", "", "a"), true),
            (rule("get", "", "pods", "-"), ("list", "", "pods", "", ""), false),
            (rule("get", "", "pods", "-"), ("get", "apps", "pods", "", "a"), false),
            (rule("get", "", "pods", "-"), ("get", "", "pods", "log", "a"), false),
            (rule("get", "", "pods/log", "-"), ("get", "", "pods", "log", "a"), true),
            (rule("get", "", "pods/log", "-"), ("get", "", "pods", "", "a"), false),
            (rule("*", "*", "*", "-"), ("patch", "apps", "deployments", "scale", "a"), true),
            (rule("*", "*", "*/scale", "-"), ("patch", "apps", "deployments", "scale", "a"), true),
            (rule("*", "*", "*/scale", "-"), ("patch", "apps", "deployments", "", "a"), false),
            (rule("get", "", "pods", "a,b"), ("get", "", "pods", "", "b"), true),
            (rule("get", "", "pods", "a,b"), ("get", "", "pods", "", "c"), false),
            (rule("list", "", "pods", "a"), ("list", "", "pods", "", ""), false),
        ] {
            let wish = Wish::Resource { verb, group, resource, part, namespace: "n", name };
            assert_eq!(allows(&rule, &wish), expected, "{rule:?} {wish:?}");
        }
    }

    #[test]
    fn paths_may_end_in_an_asterisk() {
        let rule = PolicyRule {
            verbs: vec!["get".into()],
            non_resource_urls: words("/healthz/*,/version"),
            ..PolicyRule::default()
        };
        for (verb, path, expected) in [
            ("get", "/version", true),
            ("get", "/versions", false),
            ("get", "/healthz/ping", true),
            ("get", "/healthz", false),
            ("post", "/version", false),
        ] {
            assert_eq!(allows(&rule, &Wish::Path { verb, path }), expected, "{verb} {path}");
        }
    }
}
