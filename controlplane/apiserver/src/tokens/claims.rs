//! What a token says, in Kubernetes' words. Pure: values in, values out.

use crate::{authn::AUTHENTICATED, door::User};
use serde_json::{Map, Value, json};

/// Who signs the tokens that are kept in Secrets.
const KEPT: &str = "kubernetes/serviceaccount";

/// An object, and which one of all that ever had its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ref {
    pub(crate) name: String,
    /// Empty when it does not matter.
    pub(crate) uid: String,
}

/// What a token says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) namespace: String,
    pub(crate) account: Ref,
    pub(crate) pod: Option<Ref>,
    pub(crate) secret: Option<Ref>,
    pub(crate) node: Option<Ref>,
    /// Whom it is meant for.
    pub(crate) audiences: Vec<String>,
    /// When, in seconds since 1970.
    pub(crate) issued: i64,
    /// `None`: kept in a Secret, and as good as long as that is there.
    pub(crate) expires: Option<i64>,
    /// From when on its bearer should have had a newer one.
    pub(crate) warn_after: Option<i64>,
    /// Which token it is.
    pub(crate) id: String,
}

impl Claims {
    /// As JSON, signed by `issuer`.
    pub(crate) fn to_json(&self, issuer: &str) -> Value {
        let subject = self.subject();
        let Some(expires) = self.expires else {
            return json!({
                "iss": KEPT,
                "sub": subject,
                "kubernetes.io/serviceaccount/namespace": self.namespace,
                "kubernetes.io/serviceaccount/secret.name": self.secret.as_ref().map(|s| &s.name),
                "kubernetes.io/serviceaccount/service-account.name": self.account.name,
                "kubernetes.io/serviceaccount/service-account.uid": self.account.uid,
            });
        };
        let mut about = Map::new();
        about.insert("namespace".into(), json!(self.namespace));
        let bound = [("pod", &self.pod), ("secret", &self.secret), ("node", &self.node)];
        let account = ("serviceaccount", Some(&self.account));
        for (field, object) in bound.iter().map(|(f, o)| (*f, o.as_ref())).chain([account]) {
            if let Some(Ref { name, uid }) = object {
                let uid = (!uid.is_empty()).then_some(uid);
                let mut found = json!({"name": name});
                if let Some(uid) = uid {
                    found["uid"] = json!(uid);
                }
                about.insert(field.into(), found);
            }
        }
        if let Some(after) = self.warn_after {
            about.insert("warnafter".into(), json!(after));
        }
        json!({
            "aud": self.audiences, "exp": expires, "iat": self.issued, "nbf": self.issued, "iss": issuer,
            "jti": self.id, "sub": subject, "kubernetes.io": about,
        })
    }

    /// From JSON that `issuer` signed.
    pub(crate) fn from_json(claims: &Value, issuer: &str) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let found = if claims["iss"] == KEPT {
            let word = |name: &str| text(&claims[&format!("kubernetes.io/serviceaccount/{name}")]);
            Self {
                namespace: word("namespace")?,
                account: Ref { name: word("service-account.name")?, uid: word("service-account.uid")? },
                secret: Some(Ref { name: word("secret.name")?, uid: String::new() }),
                audiences: vec![issuer.into()],
                ..Self::default()
            }
        } else if claims["iss"] == issuer {
            let about = &claims["kubernetes.io"];
            let object = |field: &str| {
                let object = &about[field];
                Some(Ref { name: text(&object["name"])?, uid: text(&object["uid"]).unwrap_or_default() })
            };
            Self {
                namespace: text(&about["namespace"])?,
                account: object("serviceaccount")?,
                pod: object("pod"),
                secret: object("secret"),
                node: object("node"),
                audiences: match &claims["aud"] {
                    Value::Array(all) => all.iter().filter_map(text).collect(),
                    one => text(one).into_iter().collect(),
                },
                issued: claims["nbf"].as_i64()?,
                expires: Some(claims["exp"].as_i64()?),
                warn_after: about["warnafter"].as_i64(),
                id: text(&claims["jti"]).unwrap_or_default(),
            }
        } else {
            return None;
        };
        (claims["sub"] == found.subject().as_str()).then_some(found)
    }

    /// Whether it is good at a moment; why not, when it is not.
    pub(crate) fn timely(&self, now: i64) -> Result<(), String> {
        if self.expires.is_some_and(|end| now >= end) {
            return Err("service account token has expired".into());
        }
        // Another member's clock may be a little ahead.
        if self.issued > now + 10 {
            return Err("service account token is not valid yet".into());
        }
        Ok(())
    }

    fn subject(&self) -> String {
        subject(&self.namespace, &self.account.name)
    }

    /// Who shows it.
    pub(crate) fn user(&self) -> User {
        let mut user = account(&self.namespace, &self.account.name);
        user.uid.clone_from(&self.account.uid);
        user.groups.push(AUTHENTICATED.into());
        let mut say = |what: &str, value: &str| {
            if !value.is_empty() {
                user.extra.insert(format!("authentication.kubernetes.io/{what}"), vec![value.into()]);
            }
        };
        if !self.id.is_empty() {
            say("credential-id", &format!("JTI={}", self.id));
        }
        for (what, object) in [("pod", &self.pod), ("node", &self.node)] {
            if let Some(Ref { name, uid }) = object {
                say(&format!("{what}-name"), name);
                say(&format!("{what}-uid"), uid);
            }
        }
        user
    }
}

/// The user name of a service account.
pub(crate) fn subject(namespace: &str, name: &str) -> String {
    format!("system:serviceaccount:{namespace}:{name}")
}

/// The user that a service account is, as far as its name tells.
pub(crate) fn account(namespace: &str, name: &str) -> User {
    User {
        name: subject(namespace, name),
        groups: vec!["system:serviceaccounts".into(), format!("system:serviceaccounts:{namespace}")],
        ..User::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Ref {
        Ref { name: name.into(), uid: format!("uid-of-{name}") }
    }

    fn claims() -> Claims {
        Claims {
            namespace: "shop".into(),
            account: named("till"),
            pod: Some(named("till-0")),
            node: Some(named("n1")),
            audiences: vec!["here".into(), "there".into()],
            issued: 100,
            expires: Some(3700),
            id: "one".into(),
            ..Claims::default()
        }
    }

    #[test]
    fn a_token_says_what_kubernetes_tokens_say() {
        assert_eq!(
            claims().to_json("me"),
            json!({
                "aud": ["here", "there"], "exp": 3700, "iat": 100, "nbf": 100, "iss": "me", "jti": "one",
                "sub": "system:serviceaccount:shop:till",
                "kubernetes.io": {
                    "namespace": "shop",
                    "node": {"name": "n1", "uid": "uid-of-n1"},
                    "pod": {"name": "till-0", "uid": "uid-of-till-0"},
                    "serviceaccount": {"name": "till", "uid": "uid-of-till"},
                },
            })
        );
    }

    #[test]
    fn it_is_read_back_from_whom_it_names() {
        let kept = Claims {
            namespace: "shop".into(),
            account: named("till"),
            secret: Some(Ref { name: "key".into(), uid: String::new() }),
            audiences: vec!["me".into()],
            ..Claims::default()
        };
        for claims in [claims(), kept] {
            let mut json = claims.to_json("me");
            assert_eq!(Claims::from_json(&json, "me"), Some(claims));
            json["sub"] = json!("system:serviceaccount:shop:other");
            assert_eq!(Claims::from_json(&json, "me"), None);
        }
        assert_eq!(Claims::from_json(&claims().to_json("you"), "me"), None);
        assert_eq!(Claims::from_json(&json!({"iss": "me"}), "me"), None);
    }

    #[test]
    fn its_time_comes_and_goes() {
        assert!(claims().timely(99).is_ok() && claims().timely(3699).is_ok());
        assert!(claims().timely(3700).is_err() && claims().timely(80).is_err());
    }

    #[test]
    fn its_bearer_is_the_account() {
        let user = claims().user();
        assert_eq!(user.name, "system:serviceaccount:shop:till");
        assert_eq!(
            user.groups,
            ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"]
        );
        let extra: Vec<_> = user.extra.iter().map(|(k, v)| format!("{k}={}", v.join(","))).collect();
        assert_eq!(
            extra,
            [
                "authentication.kubernetes.io/credential-id=JTI=one",
                "authentication.kubernetes.io/node-name=n1",
                "authentication.kubernetes.io/node-uid=uid-of-n1",
                "authentication.kubernetes.io/pod-name=till-0",
                "authentication.kubernetes.io/pod-uid=uid-of-till-0",
            ]
        );
    }
}
