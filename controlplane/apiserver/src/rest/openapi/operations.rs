//! What can be asked of each kind: its paths, and the operations of each.

use super::{
    Dialect,
    names::Definition,
    parameters::{self, parameter},
    schemas::reference,
};
use crate::rest::{
    discovery,
    subresources::{self, Subresource},
};
use serde_json::{Map, Value, json};
use shared_api::{Served, schema};

const PATCHES: &[&str] = &[
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
];
const DEFINED_PATCHES: &[&str] =
    &["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"];
const ANSWERS: &[&str] = &["application/json", "application/yaml"];
const ANY: &[&str] = &["*/*"];

/// The paths of a group and version, in order.
pub(super) fn paths(dialect: Dialect, group: &str, version: &str) -> Vec<(String, Value)> {
    let kinds = discovery::kinds_of(group, version);
    kinds.into_iter().flat_map(|served| Paths { dialect, served }.all()).collect()
}

/// What these operations take and give.
pub(super) fn definitions(group: &str, version: &str) -> Vec<Definition> {
    let of = |served: Served| {
        let spoken = subresources::of(served.kind).filter_map(move |sub| spoken(sub, served));
        own(served).into_iter().chain(list_of(served)).chain(spoken).collect::<Vec<_>>()
    };
    let shared =
        ["meta.v1.DeleteOptions", "meta.v1.Status"].map(|name| schema::named(name).map(Definition::Type));
    let kinds = discovery::kinds_of(group, version).into_iter().flat_map(of);
    kinds.chain(shared.into_iter().flatten()).chain([Definition::Patch]).collect()
}

/// What an object of the kind is.
fn own(served: Served) -> Option<Definition> {
    if served.form().is_some() {
        return Some(Definition::Defined(served));
    }
    schema::of(served.group(), served.version(), served.kind.kind).map(Definition::Type)
}

/// What a list of such objects is.
fn list_of(served: Served) -> Option<Definition> {
    if served.form().is_some() {
        return Some(Definition::DefinedList(served));
    }
    schema::of(served.group(), served.version(), &served.kind.list_kind()).map(Definition::Type)
}

fn spoken(sub: &Subresource, served: Served) -> Option<Definition> {
    let (group, version, kind) = sub.speaks(served);
    if sub.stream {
        return None;
    }
    if (group, version, kind) == (served.group(), served.version(), served.kind.kind) {
        return own(served);
    }
    schema::of(group, version, kind).map(Definition::Type)
}

/// The paths of one kind.
struct Paths {
    dialect: Dialect,
    served: Served,
}

/// One operation.
struct Operation<'a> {
    /// As HTTP has it.
    method: &'a str,
    /// As discovery has it; `connect` for streams.
    action: &'a str,
    /// The first words of its name, and the last.
    names: (&'a str, &'a str),
    parameters: Vec<&'a str>,
    takes: Option<(&'a [&'a str], Definition)>,
    /// Text when nothing.
    gives: Option<Definition>,
    codes: &'a [(&'a str, &'a str)],
}

const OK: (&str, &str) = ("200", "OK");
const CREATED: (&str, &str) = ("201", "Created");
const ACCEPTED: (&str, &str) = ("202", "Accepted");

impl Paths {
    fn all(&self) -> Vec<(String, Value)> {
        let kind = self.served.kind;
        let root = discovery::root(self.served.group(), self.served.version());
        let within = if kind.namespaced { "/namespaces/{namespace}" } else { "" };
        let all = format!("{root}{within}/{}", kind.plural);
        let one = format!("{all}/{{name}}");
        let mut found = Vec::new();
        if kind.namespaced && kind.verbs.contains(&"list") {
            let list = self.list(("list", "ForAllNamespaces"));
            found.push((format!("{root}/{}", kind.plural), self.item(&[], vec![list])));
        }
        found.push((all, self.item(&["namespace"], self.of_all())));
        found.push((one.clone(), self.item(&["namespace", "name"], self.of_one())));
        for sub in subresources::of(kind) {
            let item = self.item(&["namespace", "name"], self.of_sub(sub));
            found.push((format!("{one}/{}", sub.name), item));
        }
        found.retain(|(_, item)| item.as_object().is_some_and(|item| item.len() > 1));
        found
    }

    /// A path with its operations; `places` are those of its parts that vary.
    fn item(&self, places: &[&str], operations: Vec<(String, Value)>) -> Value {
        let varying = places.iter().filter(|place| self.served.kind.namespaced || **place != "namespace");
        let in_path = varying.map(|place| parameter(self.dialect, place, "path"));
        let all: Vec<_> = in_path.chain([parameter(self.dialect, "pretty", "query")]).collect();
        let mut item: Map<String, Value> = operations.into_iter().collect();
        item.insert("parameters".into(), all.into());
        item.into()
    }

    fn meaning(&self) -> (&'static str, &'static str, &'static str) {
        (self.served.group(), self.served.version(), self.served.kind.kind)
    }

    fn list(&self, names: (&str, &str)) -> (String, Value) {
        let gives = list_of(self.served);
        let parameters = parameters::LIST.to_vec();
        let operation =
            Operation { method: "get", action: "list", names, parameters, takes: None, gives, codes: &[OK] };
        self.write(&operation, self.meaning())
    }

    fn of_all(&self) -> Vec<(String, Value)> {
        let has = |verb: &str| self.served.kind.verbs.contains(&verb);
        let mut found = Vec::new();
        if has("list") {
            found.push(self.list(("list", "")));
        }
        if has("create") {
            found.push(self.put_in("post", "post", ("create", ""), own(self.served), self.meaning()));
        }
        if has("deletecollection") {
            let parameters = [parameters::DELETE, parameters::LIST].concat();
            found.push(self.delete("deletecollection", ("deleteCollection", ""), parameters));
        }
        found
    }

    fn of_one(&self) -> Vec<(String, Value)> {
        let mut found = self.of_object(self.served.kind.verbs, "", own(self.served), self.meaning());
        if self.served.kind.verbs.contains(&"delete") {
            found.push(self.delete("delete", ("delete", ""), parameters::DELETE.to_vec()));
        }
        found
    }

    fn of_sub(&self, sub: &Subresource) -> Vec<(String, Value)> {
        let suffix = capital(sub.name);
        let meaning = sub.speaks(self.served);
        if sub.stream {
            let connect = |verb: &&str| {
                let (method, first) =
                    if *verb == "create" { ("post", "connectPost") } else { ("get", "connectGet") };
                let operation = Operation {
                    method,
                    action: "connect",
                    names: (first, &suffix),
                    parameters: parameters::of_stream(sub.name).to_vec(),
                    takes: None,
                    gives: None,
                    codes: &[OK],
                };
                self.write(&operation, meaning)
            };
            return sub.verbs.iter().map(connect).collect();
        }
        let gives = spoken(sub, self.served);
        let mut found = self.of_object(sub.verbs, &suffix, gives, meaning);
        if sub.verbs.contains(&"create") {
            found.push(self.put_in("post", "post", ("create", &suffix), gives, meaning));
        }
        found
    }

    /// Reading, replacing and patching an object or a part of one.
    fn of_object(
        &self,
        verbs: &[&str],
        suffix: &str,
        gives: Option<Definition>,
        meaning: (&str, &str, &str),
    ) -> Vec<(String, Value)> {
        let mut found = Vec::new();
        if verbs.contains(&"get") {
            let read = Operation {
                method: "get",
                action: "get",
                names: ("read", suffix),
                parameters: Vec::new(),
                takes: None,
                gives,
                codes: &[OK],
            };
            found.push(self.write(&read, meaning));
        }
        if verbs.contains(&"update") {
            found.push(self.put_in("put", "put", ("replace", suffix), gives, meaning));
        }
        if verbs.contains(&"patch") {
            let patch = Operation {
                method: "patch",
                action: "patch",
                names: ("patch", suffix),
                parameters: parameters::PATCH.to_vec(),
                takes: Some((self.patches(), Definition::Patch)),
                gives,
                codes: &[OK, CREATED],
            };
            found.push(self.write(&patch, meaning));
        }
        found
    }

    /// The languages of patches; nobody knows how to merge defined kinds strategically.
    fn patches(&self) -> &'static [&'static str] {
        if self.served.kind.custom.is_some() { DEFINED_PATCHES } else { PATCHES }
    }

    fn put_in(
        &self,
        method: &str,
        action: &str,
        names: (&str, &str),
        of: Option<Definition>,
        meaning: (&str, &str, &str),
    ) -> (String, Value) {
        let codes: &[_] = if method == "put" { &[OK, CREATED] } else { &[OK, CREATED, ACCEPTED] };
        let takes = of.map(|of| (ANY, of));
        let parameters = parameters::WRITE.to_vec();
        let operation = Operation { method, action, names, parameters, takes, gives: of, codes };
        self.write(&operation, meaning)
    }

    fn delete(&self, action: &str, names: (&str, &str), parameters: Vec<&str>) -> (String, Value) {
        let meta = |name: &str| schema::named(name).map(Definition::Type);
        let takes = meta("meta.v1.DeleteOptions").map(|options| (ANY, options));
        let gives = meta("meta.v1.Status");
        let codes = &[OK, ACCEPTED];
        let operation = Operation { method: "delete", action, names, parameters, takes, gives, codes };
        self.write(&operation, self.meaning())
    }

    /// The operation in its language, and the method it stands under.
    fn write(&self, of: &Operation<'_>, meaning: (&str, &str, &str)) -> (String, Value) {
        let query = of.parameters.iter().map(|name| parameter(self.dialect, name, "query"));
        let mut parameters: Vec<Value> = query.collect();
        let gives = of.gives.map(|gives| reference(self.dialect, gives));
        let (group, version, kind) = meaning;
        let mut operation = json!({
            "operationId": self.id(of.names),
            "tags": [self.tag()],
            "x-kubernetes-action": of.action,
            "x-kubernetes-group-version-kind": {"group": group, "version": version, "kind": kind},
        });
        let answers = if gives.is_some() { ANSWERS } else { ANY };
        let plain = gives.unwrap_or_else(|| json!({"type": "string"}));
        let responses: Map<String, Value> = of
            .codes
            .iter()
            .map(|(code, said)| {
                let mut response = json!({"description": said});
                match self.dialect {
                    Dialect::Two => response["schema"] = plain.clone(),
                    Dialect::Three => response["content"] = contents(answers, &plain),
                }
                ((*code).to_owned(), response)
            })
            .chain([("401".to_owned(), json!({"description": "Unauthorized"}))])
            .collect();
        operation["responses"] = responses.into();
        let takes = of.takes.map(|(media, takes)| (media, reference(self.dialect, takes)));
        match (self.dialect, takes) {
            (Dialect::Two, takes) => {
                let media = takes.as_ref().map_or(ANY, |(media, _)| *media);
                (operation["consumes"], operation["produces"]) = (json!(media), json!(answers));
                operation["schemes"] = json!(["https"]);
                let required = of.method != "delete";
                parameters.extend(takes.map(|(_, schema)| {
                    json!({"name": "body", "in": "body", "required": required, "schema": schema})
                }));
            }
            (Dialect::Three, Some((media, schema))) => {
                let required = of.method != "delete";
                operation["requestBody"] = json!({"content": contents(media, &schema), "required": required});
            }
            (Dialect::Three, None) => {}
        }
        operation["parameters"] = parameters.into();
        (of.method.to_owned(), operation)
    }

    /// `readCoreV1NamespacedPodStatus`.
    fn id(&self, (first, last): (&str, &str)) -> String {
        let (first, collection) = match first {
            "deleteCollection" => ("delete", "Collection"),
            first => (first, ""),
        };
        let version = format!("{}{}", group_words(self.served.group()), capital(self.served.version()));
        // The method of a stream stands after the version.
        let (first, method) = match first {
            "connectGet" => ("connect", "Get"),
            "connectPost" => ("connect", "Post"),
            first => (first, ""),
        };
        let scope = if self.served.kind.namespaced && last != "ForAllNamespaces" { "Namespaced" } else { "" };
        format!("{first}{version}{method}{collection}{scope}{}{last}", self.served.kind.kind)
    }

    fn tag(&self) -> String {
        let group = group_words(self.served.group());
        let mut letters = group.chars();
        let first = letters.next().map(|c| c.to_ascii_lowercase());
        first.into_iter().chain(letters).collect::<String>() + "_" + self.served.version()
    }
}

fn contents(media: &[&str], schema: &Value) -> Value {
    media.iter().map(|media| ((*media).to_owned(), json!({"schema": schema}))).collect::<Map<_, _>>().into()
}

/// `RbacAuthorization` of `rbac.authorization.k8s.io`.
fn group_words(group: &str) -> String {
    let group = if group.is_empty() { "core" } else { group.strip_suffix(".k8s.io").unwrap_or(group) };
    group.split('.').map(capital).collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
