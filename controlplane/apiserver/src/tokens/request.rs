//! `serviceaccounts/NAME/token`: somebody who may gets a token for an account.

use super::{Claims, Ref};
use crate::{authz, local::Local, local::ask};
use serde_json::{Value, json};
use shared_api::{
    Invalid, Key, KindInfo, Object, Refusal, Timestamp,
    core::{Node, Pod, Secret},
    meta::Time,
};
use shared_client::Result;

const DEFAULT: i64 = 3600;
const SHORTEST: i64 = 600;
const LONGEST: i64 = 1 << 32;

/// What pods ask for by themselves. Programs that read their token only once should be warned before
/// they are shut out, so it lives longer than it says.
const SHORT_LIVED: i64 = 3607;
const EXTENDED: i64 = 365 * 24 * 3600;

/// What is asked for.
struct Wanted {
    audiences: Vec<String>,
    seconds: i64,
    /// API version, kind, name, and uid or nothing.
    bound: Option<(String, String, Ref)>,
}

/// Signs a token for the service account at `key`.
pub(crate) fn request(caller: &Local, kind: &'static KindInfo, key: &Key, body: &Value) -> Result<Value> {
    let asked = ask("create", kind, "token", key);
    let node = caller.may(&asked)?;
    let server = &caller.server;
    let tokens = &server.options.tokens;
    let account = server.read(kind, &key.namespace, &key.name)?.ok_or_else(|| Refusal::not_found(key))?;
    let wanted = read(key, body, &tokens.url)?;
    let now = server.now();
    let mut claims = Claims {
        namespace: key.namespace.clone(),
        account: Ref { name: key.name.clone(), uid: account.uid().into() },
        audiences: wanted.audiences.clone(),
        issued: now.as_second(),
        expires: Some(now.as_second() + wanted.seconds),
        id: uuid::Uuid::new_v4().to_string(),
        ..Claims::default()
    };
    let mut pod = None;
    if let Some((version, kind, object)) = &wanted.bound {
        pod = bind(caller, &mut claims, version, kind, object)?;
    }
    if let Some(node) = node {
        let wrong = |why: &str| authz::refuse(&caller.user, &asked, why);
        let pod = pod.as_ref().ok_or_else(|| wrong("node requested token not bound to a pod"))?;
        if node_of(pod).as_deref() != Some(&*node) {
            return Err(wrong("node requested token bound to a pod scheduled on a different node"));
        }
    }
    if pod.is_some() && wanted.seconds == SHORT_LIVED && wanted.audiences == [tokens.url.as_str()] {
        claims.warn_after = claims.expires;
        claims.expires = Some(now.as_second() + EXTENDED);
    }
    let token = tokens.sign(&claims).map_err(Refusal::internal)?;
    Ok(answer(key, body, &wanted, now, &token))
}

fn answer(key: &Key, body: &Value, wanted: &Wanted, now: Timestamp, token: &str) -> Value {
    let ends = Timestamp::from_second(now.as_second() + wanted.seconds).unwrap_or(Timestamp::MAX);
    let mut spec = json!({"audiences": wanted.audiences, "expirationSeconds": wanted.seconds});
    spec["boundObjectRef"] = body["spec"]["boundObjectRef"].clone();
    json!({
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": key.name, "namespace": key.namespace, "creationTimestamp": Time::from(now)},
        "spec": spec,
        "status": {"token": token, "expirationTimestamp": Time::from(ends)},
    })
}

fn read(key: &Key, body: &Value, ourselves: &str) -> Result<Wanted> {
    let wrong = |field: &str, what: &str| {
        Refusal::bad_request(format!(
            "TokenRequest in version \"v1\" cannot be handled: {field} is not {what}"
        ))
    };
    let spec = &body["spec"];
    let mut audiences = Vec::new();
    match &spec["audiences"] {
        Value::Null => {}
        Value::Array(all) => {
            for one in all {
                audiences.push(one.as_str().ok_or_else(|| wrong("spec.audiences", "a list of text"))?.into());
            }
        }
        _ => return Err(wrong("spec.audiences", "a list of text")),
    }
    if audiences.is_empty() {
        audiences.push(ourselves.into());
    }
    let seconds = match &spec["expirationSeconds"] {
        Value::Null => DEFAULT,
        given => given.as_i64().ok_or_else(|| wrong("spec.expirationSeconds", "a whole number"))?,
    };
    let mut invalid = Invalid::default();
    if seconds < SHORTEST {
        invalid.value("spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes");
    }
    if seconds > LONGEST {
        invalid.value(
            "spec.expirationSeconds",
            seconds,
            "may not specify a duration larger than 2^32 seconds",
        );
    }
    let kind = shared_api::GroupKind { group: "authentication.k8s.io".into(), kind: "TokenRequest".into() };
    if let Some(refusal) = Refusal::invalid(&kind, &key.name, &invalid) {
        return Err(refusal);
    }
    for (field, expected) in [("name", &key.name), ("namespace", &key.namespace)] {
        let given = body["metadata"][field].as_str().unwrap_or_default();
        if !given.is_empty() && given != expected {
            let why = format!(
                "metadata.{field}: Invalid value: {given:?}: must match the service account {field} if specified"
            );
            return Err(Refusal::bad_request(why));
        }
    }
    let bound = match &spec["boundObjectRef"] {
        Value::Null => None,
        Value::Object(fields) => {
            let word = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            Some((word("apiVersion"), word("kind"), Ref { name: word("name"), uid: word("uid") }))
        }
        _ => return Err(wrong("spec.boundObjectRef", "an object")),
    };
    Ok(Wanted { audiences, seconds, bound })
}

/// Binds the token to an object that is there. The pod, when it is one.
fn bind(
    caller: &Local,
    claims: &mut Claims,
    version: &str,
    kind: &str,
    object: &Ref,
) -> Result<Option<Object>> {
    let server = &caller.server;
    let namespace = claims.namespace.as_str();
    let there = |found: Option<Object>, key: Key| {
        let found = found.ok_or_else(|| Refusal::not_found(&key))?;
        if object.uid.is_empty() || object.uid == found.uid() {
            return Ok(found);
        }
        let why = format!(
            "the UID in the bound object reference ({}) does not match the UID in record. The object might have been deleted and then recreated",
            object.uid
        );
        Err(Refusal::conflict(&key, &why))
    };
    let named = |object: &Object| Ref { name: object.name().into(), uid: object.uid().into() };
    match (if version.is_empty() { "v1" } else { version }, kind) {
        ("v1", "Pod") => {
            let key = Key::of::<Pod>(namespace, &object.name);
            let pod = there(server.find::<Pod>(namespace, &object.name)?, key)?;
            if account_of(&pod).as_deref() != Some(&*claims.account.name) {
                let why = "cannot bind token for serviceaccount";
                return Err(Refusal::bad_request(format!(
                    "{why} {:?} to pod running with different serviceaccount name.",
                    claims.account.name
                )));
            }
            claims.pod = Some(named(&pod));
            if let Some(node) = node_of(&pod) {
                let found = server.find::<Node>("", &node)?;
                let uid = found.map(|n| n.uid().to_owned()).unwrap_or_default();
                claims.node = Some(Ref { name: node, uid });
            }
            Ok(Some(pod))
        }
        ("v1", "Secret") => {
            let key = Key::of::<Secret>(namespace, &object.name);
            claims.secret = Some(named(&there(server.find::<Secret>(namespace, &object.name)?, key)?));
            Ok(None)
        }
        ("v1", "Node") => {
            let key = Key::of::<Node>("", &object.name);
            claims.node = Some(named(&there(server.find::<Node>("", &object.name)?, key)?));
            Ok(None)
        }
        _ => Err(Refusal::bad_request(format!(
            "cannot bind token to object of type {version}, Kind={kind}: expected v1 Pod, Secret or Node"
        ))),
    }
}

fn account_of(pod: &Object) -> Option<String> {
    pod.to_kind::<Pod>().ok()?.spec.as_ref()?.service_account_name.clone()
}

fn node_of(pod: &Object) -> Option<String> {
    pod.to_kind::<Pod>().ok()?.spec.as_ref()?.node_name.clone().filter(|n| !n.is_empty())
}
