//! Gnostic's form of the second version, as far as clients look into it.

use super::super::writer;
use super::two;
use prost::Message;
use serde_json::{Value, json};

#[derive(Clone, PartialEq, Message)]
struct Document {
    #[prost(string, tag = "1")]
    swagger: String,
    #[prost(message, optional, tag = "8")]
    paths: Option<Paths>,
    #[prost(message, optional, tag = "9")]
    definitions: Option<Definitions>,
}

#[derive(Clone, PartialEq, Message)]
struct Paths {
    #[prost(message, repeated, tag = "2")]
    path: Vec<Named<Item>>,
}

#[derive(Clone, PartialEq, Message)]
struct Definitions {
    #[prost(message, repeated, tag = "1")]
    all: Vec<Named<Schema>>,
}

#[derive(Clone, PartialEq, Message)]
struct Named<T: Message + Default + std::fmt::Debug> {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    value: Option<T>,
}

#[derive(Clone, PartialEq, Message)]
struct Item {
    #[prost(message, optional, tag = "8")]
    patch: Option<Operation>,
}

#[derive(Clone, PartialEq, Message)]
struct Operation {
    #[prost(message, repeated, tag = "8")]
    parameters: Vec<One<Parameter>>,
    #[prost(message, repeated, tag = "13")]
    extensions: Vec<Named<Any>>,
}

#[derive(Clone, PartialEq, Message)]
struct One<T: Message + Default + std::fmt::Debug> {
    #[prost(message, optional, tag = "1")]
    one: Option<T>,
}

#[derive(Clone, PartialEq, Message)]
struct Parameter {
    #[prost(message, optional, tag = "2")]
    plain: Option<Plain>,
}

#[derive(Clone, PartialEq, Message)]
struct Plain {
    #[prost(message, optional, tag = "3")]
    query: Option<Query>,
}

#[derive(Clone, PartialEq, Message)]
struct Query {
    #[prost(string, tag = "4")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "2")]
    yaml: String,
}

#[derive(Clone, PartialEq, Message)]
struct Schema {
    #[prost(string, tag = "1")]
    reference: String,
    #[prost(string, tag = "4")]
    description: String,
    #[prost(message, optional, tag = "23")]
    items: Option<Box<One<Schema>>>,
    #[prost(message, optional, tag = "25")]
    properties: Option<Definitions>,
    #[prost(message, repeated, tag = "31")]
    extensions: Vec<Named<Any>>,
}

#[test]
fn gnostic_says_the_same() {
    let document = Document::decode(&writer::gnostic_two()[..]).unwrap();
    assert_eq!(document.swagger, "2.0");
    let paths = document.paths.unwrap().path;
    let path = paths.iter().find(|p| p.name == "/apis/apps/v1/namespaces/{namespace}/deployments/{name}");
    let patch = path.unwrap().value.clone().unwrap().patch.unwrap();
    let names = patch
        .parameters
        .iter()
        .filter_map(|p| Some(p.one.as_ref()?.plain.as_ref()?.query.as_ref()?.name.as_str()));
    assert_eq!(names.collect::<Vec<_>>(), ["dryRun", "fieldManager", "fieldValidation", "force"]);
    let meaning = patch.extensions.iter().find(|e| e.name == "x-kubernetes-group-version-kind").unwrap();
    let meaning: Value = shared_api::yaml::from_str(&meaning.value.as_ref().unwrap().yaml).unwrap();
    assert_eq!(meaning, json!({"group": "apps", "version": "v1", "kind": "Deployment"}));
    let definitions = document.definitions.unwrap().all;
    let two = two();
    assert_eq!(definitions.len(), two["definitions"].as_object().unwrap().len());
    assert_eq!(paths.len(), two["paths"].as_object().unwrap().len());
    let pods =
        definitions.iter().find(|d| d.name == "io.k8s.api.core.v1.PodSpec").unwrap().value.clone().unwrap();
    assert!(pods.description.starts_with("PodSpec"));
    let properties = pods.properties.unwrap().all;
    let containers = properties.iter().find(|p| p.name == "containers").unwrap().value.clone().unwrap();
    assert_eq!(
        containers.items.unwrap().one.unwrap().reference,
        "#/definitions/io.k8s.api.core.v1.Container"
    );
    let key = containers.extensions.iter().find(|e| e.name == "x-kubernetes-patch-merge-key").unwrap();
    assert_eq!(key.value.as_ref().unwrap().yaml, "\"name\"\n");
}
