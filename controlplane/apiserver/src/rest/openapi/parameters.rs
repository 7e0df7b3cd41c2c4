//! The parameters of operations.

use super::Dialect;
use serde_json::{Value, json};

/// Of a list, which may be a watch.
pub(super) const LIST: &[&str] = &[
    "allowWatchBookmarks",
    "continue",
    "fieldSelector",
    "labelSelector",
    "limit",
    "resourceVersion",
    "resourceVersionMatch",
    "sendInitialEvents",
    "timeoutSeconds",
    "watch",
];
/// Of what writes an object.
pub(super) const WRITE: &[&str] = &["dryRun", "fieldManager", "fieldValidation"];
/// Of a patch.
pub(super) const PATCH: &[&str] = &["dryRun", "fieldManager", "fieldValidation", "force"];
/// Of a deletion.
pub(super) const DELETE: &[&str] = &["dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy"];

/// Of a subresource that is a stream.
pub(super) fn of_stream(name: &str) -> &'static [&'static str] {
    match name {
        "log" => &[
            "container",
            "follow",
            "limitBytes",
            "previous",
            "sinceSeconds",
            "sinceTime",
            "tailLines",
            "timestamps",
        ],
        "exec" => &["command", "container", "stderr", "stdin", "stdout", "tty"],
        "attach" => &["container", "stderr", "stdin", "stdout", "tty"],
        "portforward" => &["ports"],
        "proxy" => &["path"],
        _ => &[],
    }
}

const KNOWN: &[(&str, &str, &str)] = &[
    ("allowWatchBookmarks", "boolean", "Asks a watch for events that only tell how far it has come."),
    ("command", "string", "The program to run and its arguments, one by one."),
    ("container", "string", "The container that is meant, when the pod has several."),
    ("continue", "string", "Where the list before this one ended, as its metadata said."),
    ("dryRun", "string", "With the value All everything is decided and nothing is stored."),
    ("fieldManager", "string", "The name of who or what makes the change."),
    ("fieldSelector", "string", "Only objects whose fields have these values."),
    (
        "fieldValidation",
        "string",
        "What becomes of fields that are unknown or come twice: Ignore, Warn or Strict.",
    ),
    ("follow", "boolean", "Goes on as more is logged."),
    ("force", "boolean", "Takes fields over from other managers when applying."),
    ("gracePeriodSeconds", "integer", "How long the object may take to end; 0 deletes it at once."),
    ("labelSelector", "string", "Only objects with these labels."),
    ("limit", "integer", "At most so many objects; the answer tells where to continue."),
    ("limitBytes", "integer", "At most so many bytes."),
    ("name", "string", "The name of the object."),
    ("namespace", "string", "The namespace of the object."),
    ("orphanDependents", "boolean", "Whether what the object owns is kept. Use propagationPolicy instead."),
    ("path", "string", "The path that is asked for behind the proxy."),
    ("ports", "integer", "The ports to forward."),
    ("pretty", "string", "With the value true the answer is written for people to read."),
    ("previous", "boolean", "What the container logged before its last restart."),
    (
        "propagationPolicy",
        "string",
        "What becomes of what the object owns: Foreground, Background or Orphan.",
    ),
    ("resourceVersion", "string", "How recent the answer has to be."),
    ("resourceVersionMatch", "string", "What resourceVersion means: Exact or NotOlderThan."),
    ("sendInitialEvents", "boolean", "Begins a watch with what there is, and a bookmark after it."),
    ("sinceSeconds", "integer", "Only what was logged in so many last seconds."),
    ("sinceTime", "string", "Only what was logged since then."),
    ("stderr", "boolean", "Whether standard error is wanted."),
    ("stdin", "boolean", "Whether standard input is sent."),
    ("stdout", "boolean", "Whether standard output is wanted."),
    ("tailLines", "integer", "Only so many of the last lines."),
    ("timeoutSeconds", "integer", "How long the request may take."),
    ("timestamps", "boolean", "Whether each line begins with its time."),
    ("tty", "boolean", "Whether the program has a terminal."),
    ("watch", "boolean", "Answers with the changes, as they come."),
];

/// A parameter of the query, or of the path, where it has to be.
pub(super) fn parameter(dialect: Dialect, name: &str, place: &str) -> Value {
    let known = KNOWN.iter().find(|(known, ..)| *known == name);
    let (sort, said) = known.map_or(("string", ""), |(_, sort, said)| (*sort, *said));
    let mut found = json!({"name": name, "in": place, "description": said});
    if place == "path" {
        found["required"] = true.into();
    }
    match dialect {
        Dialect::Two => (found["type"], found["uniqueItems"]) = (sort.into(), true.into()),
        Dialect::Three => found["schema"] = json!({"type": sort, "uniqueItems": true}),
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_described() {
        let streams = ["log", "exec", "attach", "portforward", "proxy"].map(of_stream).concat();
        for name in [LIST, WRITE, PATCH, DELETE, &streams, &["pretty", "name", "namespace"]].concat() {
            assert!(KNOWN.iter().any(|(known, ..)| *known == name), "{name}");
        }
    }
}
