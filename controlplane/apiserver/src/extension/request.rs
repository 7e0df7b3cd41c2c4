//! A request, as those who are asked about it see it.

use crate::{
    conversion::{self, Turns},
    local::Local,
};
use serde_json::{Map, Value, json};
use shared_api::{KindInfo, Served};
use shared_client::Result;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Update,
    Delete,
    Connect,
}

impl Operation {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }

    /// The options that such a request has.
    fn options(self) -> &'static str {
        match self {
            Self::Create => "CreateOptions",
            Self::Update => "UpdateOptions",
            Self::Delete => "DeleteOptions",
            Self::Connect => "",
        }
    }
}

/// To what it is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Of<'a> {
    /// The kind, in the version it was asked for.
    pub(crate) served: Served,
    /// The subresource; empty for the object itself.
    pub(crate) part: &'a str,
    /// Version and kind of what is sent, where that is not the object: a scale, a binding, options.
    pub(crate) body: Option<(&'static str, &'static str)>,
}

impl Of<'_> {
    pub(crate) fn kind(&self) -> &'static KindInfo {
        self.served.kind
    }

    pub(crate) fn is_namespace(&self) -> bool {
        self.body.is_none() && self.kind().group.is_empty() && self.kind().kind == "Namespace"
    }
}

/// The request.
pub(crate) struct Asked<'a> {
    pub(crate) caller: &'a Local,
    pub(crate) of: Of<'a>,
    pub(crate) operation: Operation,
    /// Where; empty in no namespace.
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) dry_run: bool,
    /// What the writer said besides, such as the name of a field manager.
    pub(crate) options: Map<String, Value>,
    /// The object as it will be, in the version it is stored in; in the one it is written in where somebody else
    /// has to be asked what it is in others.
    pub(crate) object: Option<Value>,
    /// The object as it was.
    pub(crate) old: Option<Value>,
    /// What is known of other versions, where somebody else has to be asked.
    pub(crate) turns: Turns,
}

impl Asked<'_> {
    /// A part of the request in another version of its kind.
    pub(crate) fn shown(&self, value: Option<&Value>, as_: Served) -> Value {
        match value {
            None => Value::Null,
            Some(value) if self.of.body.is_some() => value.clone(),
            Some(value) if self.of.kind().converts() => {
                let own = value["apiVersion"].as_str().unwrap_or_default();
                self.turns.look(value, own, as_.api_version())
            }
            Some(value) => as_.downgrade(value.clone()),
        }
    }

    /// Learns what has to be known before the request can be shown in a version.
    pub(crate) async fn learn(&self, as_: Served) -> Result<()> {
        if self.of.body.is_none() && self.of.kind().converts() {
            self.shown(self.object.as_ref(), as_);
            self.shown(self.old.as_ref(), as_);
            self.turns.learn(&self.caller.server, self.of.kind()).await?;
        }
        Ok(())
    }

    /// An object in another version as the request has it.
    pub(crate) async fn taken(&self, value: Value, from: Served) -> Result<Value> {
        let kind = self.of.kind();
        match &self.object {
            _ if self.of.body.is_some() => Ok(value),
            Some(object) if kind.converts() => {
                let own = object["apiVersion"].as_str().unwrap_or_default();
                let turned = conversion::values(&self.caller.server, kind, vec![value], own).await?.pop();
                Ok(turned.unwrap_or_default())
            }
            _ => Ok(from.upgrade(value)),
        }
    }

    /// The request but for its objects, in a version of the kind, as a review and an expression have it.
    pub(crate) fn described(&self, as_: Served) -> Map<String, Value> {
        let user = &self.caller.user;
        let mut all = Map::new();
        let mut put = |name: &str, value: Value| drop(all.insert(name.into(), value));
        put("kind", self.kind(as_));
        put("resource", resource(as_));
        put("requestKind", self.kind(self.of.served));
        put("requestResource", resource(self.of.served));
        for (name, value) in [
            ("subResource", self.of.part),
            ("requestSubResource", self.of.part),
            ("name", &self.name),
            // As clients know it from Kubernetes, a namespace is in itself.
            ("namespace", if self.of.is_namespace() { &self.name } else { &self.namespace }),
        ] {
            if !value.is_empty() {
                put(name, value.into());
            }
        }
        put("operation", self.operation.as_str().into());
        let mut who = json!({"username": user.name, "groups": user.groups});
        if !user.uid.is_empty() {
            who["uid"] = user.uid.as_str().into();
        }
        if !user.extra.is_empty() {
            who["extra"] = json!(user.extra);
        }
        put("userInfo", who);
        put("dryRun", self.dry_run.into());
        put("options", self.given());
        all
    }

    fn kind(&self, as_: Served) -> Value {
        match self.of.body {
            Some((api_version, kind)) => {
                let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
                json!({"group": group, "version": version, "kind": kind})
            }
            None => json!({"group": as_.group(), "version": as_.version(), "kind": as_.kind.kind}),
        }
    }

    fn given(&self) -> Value {
        let name = self.operation.options();
        if name.is_empty() {
            return Value::Null;
        }
        let mut options = self.options.clone();
        options.insert("apiVersion".into(), "meta.k8s.io/v1".into());
        options.insert("kind".into(), name.into());
        if self.dry_run {
            options.insert("dryRun".into(), json!(["All"]));
        }
        options.into()
    }
}

fn resource(as_: Served) -> Value {
    json!({"group": as_.group(), "version": as_.version(), "resource": as_.kind.plural})
}
