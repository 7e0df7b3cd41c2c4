//! Gnostic's form of the third version, as far as clients look into it.

use super::super::writer;
use super::three;
use prost::Message;
use serde_json::{Value, json};

#[derive(Clone, PartialEq, Message)]
struct Document {
    #[prost(string, tag = "1")]
    openapi: String,
    #[prost(message, optional, tag = "4")]
    paths: Option<All<Item>>,
    #[prost(message, optional, tag = "5")]
    components: Option<Within<All<Either<Schema>>>>,
}

#[derive(Clone, PartialEq, Message)]
struct Within<T: Message + Default + std::fmt::Debug> {
    #[prost(message, optional, tag = "1")]
    inner: Option<T>,
}

#[derive(Clone, PartialEq, Message)]
struct All<T: Message + Default + std::fmt::Debug> {
    #[prost(message, repeated, tag = "1")]
    all: Vec<Named<T>>,
}

#[derive(Clone, PartialEq, Message)]
struct Named<T: Message + Default + std::fmt::Debug> {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    value: Option<T>,
}

/// What is said, or what is referred to.
#[derive(Clone, PartialEq, Message)]
struct Either<T: Message + Default + std::fmt::Debug> {
    #[prost(message, optional, tag = "1")]
    said: Option<T>,
    #[prost(message, optional, tag = "2")]
    reference: Option<Reference>,
}

#[derive(Clone, PartialEq, Message)]
struct Reference {
    #[prost(string, tag = "1")]
    to: String,
}

#[derive(Clone, PartialEq, Message)]
struct Item {
    #[prost(message, optional, tag = "10")]
    patch: Option<Operation>,
}

#[derive(Clone, PartialEq, Message)]
struct Operation {
    #[prost(string, tag = "5")]
    id: String,
    #[prost(message, repeated, tag = "6")]
    parameters: Vec<Either<Parameter>>,
    #[prost(message, optional, tag = "7")]
    body: Option<Either<Body>>,
    #[prost(message, optional, tag = "8")]
    responses: Option<Responses>,
    #[prost(message, repeated, tag = "13")]
    extensions: Vec<Named<Any>>,
}

#[derive(Clone, PartialEq, Message)]
struct Parameter {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    place: String,
    #[prost(message, optional, tag = "10")]
    schema: Option<Either<Schema>>,
}

#[derive(Clone, PartialEq, Message)]
struct Body {
    #[prost(message, optional, tag = "2")]
    content: Option<All<Media>>,
}

#[derive(Clone, PartialEq, Message)]
struct Responses {
    #[prost(message, repeated, tag = "2")]
    all: Vec<Named<Either<Response>>>,
}

#[derive(Clone, PartialEq, Message)]
struct Response {
    #[prost(string, tag = "1")]
    description: String,
    #[prost(message, optional, tag = "3")]
    content: Option<All<Media>>,
}

#[derive(Clone, PartialEq, Message)]
struct Media {
    #[prost(message, optional, tag = "1")]
    schema: Option<Either<Schema>>,
}

#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "2")]
    yaml: String,
}

#[derive(Clone, PartialEq, Message)]
struct Schema {
    #[prost(string, repeated, tag = "23")]
    required: Vec<String>,
    #[prost(string, tag = "25")]
    sort: String,
    #[prost(message, repeated, tag = "26")]
    all_of: Vec<Either<Schema>>,
    #[prost(message, optional, tag = "30")]
    items: Option<Box<Within<Either<Schema>>>>,
    #[prost(message, optional, tag = "31")]
    properties: Option<All<Either<Schema>>>,
    #[prost(message, optional, tag = "33")]
    default: Option<Plain>,
    #[prost(string, tag = "34")]
    description: String,
    #[prost(message, repeated, tag = "36")]
    extensions: Vec<Named<Any>>,
}

#[derive(Clone, PartialEq, Message)]
struct Plain {
    #[prost(double, tag = "1")]
    number: f64,
    #[prost(string, tag = "3")]
    text: String,
}

fn of<T: Clone + Message + Default + std::fmt::Debug>(all: &[Named<T>], name: &str) -> T {
    all.iter().find(|one| one.name == name).unwrap().value.clone().unwrap()
}

#[test]
fn gnostic_says_the_same() {
    let document = Document::decode(&writer::gnostic_three("apps", "v1")[..]).unwrap();
    let json = three("apps", "v1");
    assert_eq!(document.openapi, "3.0.0");
    let paths = document.paths.unwrap().all;
    assert_eq!(paths.len(), json["paths"].as_object().unwrap().len());
    let patch = of(&paths, "/apis/apps/v1/namespaces/{namespace}/deployments/{name}").patch.unwrap();
    assert_eq!(patch.id, "patchAppsV1NamespacedDeployment");
    let parameters = patch.parameters.iter().map(|p| p.said.clone().unwrap());
    let names: Vec<_> = parameters.map(|p| (p.name, p.place, p.schema.unwrap().said.unwrap().sort)).collect();
    assert!(names.contains(&("fieldValidation".into(), "query".into(), "string".into())), "{names:?}");
    let meaning: Value =
        shared_api::yaml::from_str(&of(&patch.extensions, "x-kubernetes-group-version-kind").yaml).unwrap();
    assert_eq!(meaning, json!({"group": "apps", "version": "v1", "kind": "Deployment"}));
    let body = patch.body.unwrap().said.unwrap().content.unwrap().all;
    assert!(body.iter().any(|media| media.name == "application/apply-patch+yaml"), "{body:?}");
    let fine = of(&patch.responses.unwrap().all, "200").said.unwrap();
    let answered = of(&fine.content.unwrap().all, "application/json").schema.unwrap().reference.unwrap().to;
    assert_eq!(
        (&*fine.description, &*answered),
        ("OK", "#/components/schemas/io.k8s.api.apps.v1.Deployment")
    );

    let schemas = document.components.unwrap().inner.unwrap().all;
    assert_eq!(schemas.len(), json["components"]["schemas"].as_object().unwrap().len());
    let schema = |name: &str| of(&schemas, name).said.unwrap();
    let pods = schema("io.k8s.api.core.v1.PodSpec");
    assert!(pods.description.starts_with("PodSpec"));
    assert_eq!((&*pods.sort, pods.required), ("object", vec!["containers".to_owned()]));
    let containers = of(&pods.properties.unwrap().all, "containers").said.unwrap();
    let item = containers.items.unwrap().inner.unwrap().reference.unwrap().to;
    assert_eq!(item, "#/components/schemas/io.k8s.api.core.v1.Container");
    assert_eq!(of(&containers.extensions, "x-kubernetes-patch-merge-key").yaml, "\"name\"\n");
    let ports = schema("io.k8s.api.core.v1.ContainerPort").properties.unwrap().all;
    assert_eq!(of(&ports, "protocol").said.unwrap().default.unwrap().text, "TCP");
    let strategy = of(&schema("io.k8s.api.apps.v1.DeploymentSpec").properties.unwrap().all, "strategy");
    let inner = strategy.said.unwrap().all_of[0].reference.clone().unwrap().to;
    assert_eq!(inner, "#/components/schemas/io.k8s.api.apps.v1.DeploymentStrategy");
}
