//! The names that expressions of policies and webhooks may use, and what is checked of them before anybody asks.

use crate::{Names, Program, Type};
use shared_api::{admissionregistration::Variable, schema};
use std::sync::LazyLock;

/// The type of `request`.
static REQUEST: LazyLock<Type> = LazyLock::new(|| {
    let object = |name: &str, fields: &[(&str, Type)]| {
        Type::object(name, fields.iter().map(|(name, of)| ((*name).to_owned(), of.clone())))
    };
    let text = Type::String;
    let kind = object(
        "kubernetes.GroupVersionKind",
        &[("group", text.clone()), ("version", text.clone()), ("kind", text.clone())],
    );
    let resource = object(
        "kubernetes.GroupVersionResource",
        &[("group", text.clone()), ("version", text.clone()), ("resource", text.clone())],
    );
    let user = object(
        "kubernetes.UserInfo",
        &[
            ("username", text.clone()),
            ("uid", text.clone()),
            ("groups", text.clone().list()),
            ("extra", text.clone().list().map()),
        ],
    );
    object(
        "kubernetes.AdmissionRequest",
        &[
            ("kind", kind.clone()),
            ("resource", resource.clone()),
            ("subResource", text.clone()),
            ("requestKind", kind),
            ("requestResource", resource),
            ("requestSubResource", text.clone()),
            ("name", text.clone()),
            ("namespace", text.clone()),
            ("operation", text),
            ("userInfo", user),
            ("dryRun", Type::Bool),
            ("options", Type::Dyn),
        ],
    )
});

/// The type of `request`.
pub fn request() -> &'static Type {
    &REQUEST
}

/// The type of `namespaceObject`.
pub fn namespace() -> Type {
    schema::named("core.v1.Namespace").map_or(Type::Dyn, Type::of)
}

/// The names that conditions of webhooks may use, about objects of a type.
pub fn names(object: &Type) -> Names {
    Names::default()
        .with("object", object.clone())
        .with("oldObject", object.clone())
        .with("request", REQUEST.clone())
        .with("authorizer", Names::authorizer())
        .with("authorizer.requestResource", Names::resource_check())
}

/// The names that the expressions of a policy may use, its own variables among them, and these compiled. `wrong` is
/// told of each variable that cannot be compiled.
pub fn policy(
    object: &Type,
    params: bool,
    variables: &[Variable],
    mut wrong: impl FnMut(usize, String),
) -> (Names, Vec<(String, Program)>) {
    let names = names(object).with("namespaceObject", namespace());
    let names = if params { names.with("params", Type::Dyn) } else { names };
    let (mut types, mut programs) = (Vec::new(), Vec::new());
    let with = |types: &[(String, Type)]| {
        names.clone().with("variables", Type::object("kubernetes.variables", types.iter().cloned()))
    };
    for (at, variable) in variables.iter().enumerate() {
        let of = match Program::compile(&variable.expression, &with(&types)) {
            Ok(program) => {
                let of = program.gives().clone();
                programs.push((variable.name.clone(), program));
                of
            }
            Err(error) => {
                wrong(at, error.to_string());
                Type::Dyn
            }
        };
        types.push((variable.name.clone(), of));
    }
    (with(&types), programs)
}
