//! What the names in an expression stand for: `object`, `oldObject`, `request`, `params`, `namespaceObject`,
//! `authorizer` and `variables`.

use super::request::{Asked, Operation};
use crate::{
    authz::{self, Ask, Verdict, Wish},
    door::User,
    server::Server,
};
use serde_json::Value as Json;
use shared_cel::{Authorizer, Budget, Check, Decided, Fault, Program, Question, Value, Variables, admission};
use std::{cell::RefCell, collections::BTreeMap};

/// The parts of a request as expressions see them.
pub(super) struct Seen {
    pub(super) object: Json,
    pub(super) old: Json,
    pub(super) request: Json,
    /// The namespace the object lives in; null when it lives in none.
    pub(super) namespace: Json,
    question: Question,
    user: User,
}

impl Seen {
    /// The request in a version of its kind.
    pub(super) fn of(asked: &Asked<'_>, as_: shared_api::Served, namespace: Option<Json>) -> Self {
        let kind = asked.of.kind();
        let verb = match asked.operation {
            Operation::Delete => "delete",
            Operation::Update => "update",
            _ => "create",
        };
        Self {
            object: asked.shown(asked.object.as_ref(), as_),
            old: asked.shown(asked.old.as_ref(), as_),
            request: asked.described(as_).into(),
            namespace: namespace.unwrap_or_default(),
            question: Question {
                verb: verb.into(),
                group: kind.group.into(),
                resource: kind.plural.into(),
                subresource: asked.of.part.into(),
                namespace: asked.namespace.clone(),
                name: asked.name.clone(),
                ..Question::default()
            },
            user: asked.caller.user.clone(),
        }
    }
}

/// Variables over what is seen.
pub(super) struct Given<'a> {
    seen: &'a Seen,
    asker: &'a Asker<'a>,
    params: Option<&'a Json>,
    variables: &'a [(String, Program)],
    found: RefCell<BTreeMap<String, Result<Value<'a>, Fault>>>,
}

impl<'a> Given<'a> {
    pub(super) fn new(
        seen: &'a Seen,
        asker: &'a Asker<'a>,
        params: Option<&'a Json>,
        variables: &'a [(String, Program)],
    ) -> Self {
        Self { seen, asker, params, variables, found: RefCell::default() }
    }
}

impl<'a> Variables<'a> for Given<'a> {
    fn get(&self, name: &str) -> Option<Value<'a>> {
        Some(match name {
            "object" => Value::json(&self.seen.object),
            "oldObject" => Value::json(&self.seen.old),
            "request" => Value::typed(&self.seen.request, admission::request()),
            "namespaceObject" => Value::typed(&self.seen.namespace, &admission::namespace()),
            "params" => self.params.map_or(Value::Null, Value::json),
            "authorizer" => Check::authorizer(self.asker),
            _ => return None,
        })
    }

    fn field(&self, of: &str, name: &str, budget: &mut Budget) -> Option<Result<Value<'a>, Fault>> {
        if (of, name) == ("authorizer", "requestResource") {
            return Some(Ok(Check::resource(self.asker, self.seen.question.clone())));
        }
        if of != "variables" {
            return None;
        }
        if let Some(found) = self.found.borrow().get(name) {
            return Some(found.clone());
        }
        // A variable names only those before it, so this comes to an end.
        let (_, program) = self.variables.iter().find(|(known, _)| known == name)?;
        let found = program.run(self, budget);
        self.found.borrow_mut().insert(name.to_owned(), found.clone());
        Some(found)
    }
}

/// Answers what expressions ask about rights.
pub(super) struct Asker<'a> {
    server: &'a Server,
    user: User,
}

impl<'a> Asker<'a> {
    pub(super) fn of(server: &'a Server, seen: &Seen) -> Self {
        Self { server, user: seen.user.clone() }
    }
}

impl Authorizer for Asker<'_> {
    fn decide(&self, question: &Question) -> Decided {
        let user = question.account.as_ref().map_or_else(
            || self.user.clone(),
            |(namespace, name)| User {
                name: format!("system:serviceaccount:{namespace}:{name}"),
                groups: vec![
                    "system:serviceaccounts".into(),
                    format!("system:serviceaccounts:{namespace}"),
                    crate::authn::AUTHENTICATED.into(),
                ],
                ..User::default()
            },
        );
        let wish = match &question.path {
            Some(path) => Wish::Path { verb: &question.verb, path },
            None => Wish::Resource {
                verb: &question.verb,
                group: &question.group,
                resource: &question.resource,
                part: &question.subresource,
                namespace: &question.namespace,
                name: &question.name,
            },
        };
        let known =
            shared_api::KINDS.iter().find(|k| k.plural == question.resource && k.group == question.group);
        let as_node = known.filter(|_| question.path.is_none()).is_some_and(|kind| {
            let (namespace, name) = (&*question.namespace, &*question.name);
            let ask = Ask { verb: &question.verb, kind, part: &question.subresource, namespace, name };
            authz::decide(&user, &ask) == Verdict::Allow
        });
        match self.server.decide(&user, &wish) {
            Ok(decision) => {
                Decided { allowed: as_node || decision.allowed, reason: decision.reason, error: None }
            }
            Err(refusal) => Decided { error: Some(refusal.message), ..Decided::default() },
        }
    }
}
