//! The tokens that pods show: asked for once, kept in memory, and renewed before they end.

use serde_json::{Value, json};
use shared_api::{
    Key, Timestamp, WriteHow,
    core::{Pod, ServiceAccount, ServiceAccountTokenProjection},
};
use shared_client::Cluster;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// How long a token lives when nobody says.
const USUAL: i64 = 3600;
/// The longest that one is shown, in seconds, however long it is good.
const DAY: i64 = 24 * 3600;

/// Uid of the pod, audience, seconds asked for.
type Which = (String, String, i64);

/// A token that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    token: String,
    /// From then on a newer one is asked for.
    renew: Timestamp,
    /// From then on it is of no use.
    ends: Timestamp,
}

/// Every token that is in use.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<HashMap<Which, Held>>);

impl Tokens {
    /// A token for the account that `pod` runs as.
    pub(crate) async fn token(
        &self,
        cluster: &dyn Cluster,
        pod: &Pod,
        wanted: &ServiceAccountTokenProjection,
        now: Timestamp,
    ) -> Result<String, String> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let seconds = wanted.expiration_seconds.unwrap_or(USUAL);
        let which = (text(&pod.metadata.uid), text(&wanted.audience), seconds);
        let held = self.held(&which);
        if let Some(held) = held.as_ref().filter(|held| now < held.renew) {
            return Ok(held.token.clone());
        }
        let account = pod.spec.as_ref().and_then(|spec| spec.service_account_name.clone());
        let account = account.filter(|name| !name.is_empty()).unwrap_or_else(|| "default".into());
        let namespace = text(&pod.metadata.namespace);
        let key = Key::of::<ServiceAccount>(&namespace, &account);
        let body = request(&which, &text(&pod.metadata.name));
        match cluster.subresource(&key, "token", Some(body), &WriteHow::default()).await {
            Ok(answer) => {
                let held = read(&answer, now)
                    .ok_or_else(|| format!("the answer for a token of {key} holds none"))?;
                let token = held.token.clone();
                self.keep(which, held, now);
                Ok(token)
            }
            // The one there is does for now; the next look asks again.
            Err(refusal) => match held.filter(|held| now < held.ends) {
                Some(held) => {
                    tracing::warn!(account = %key, error = %refusal, "a token could not be renewed");
                    Ok(held.token)
                }
                None => Err(format!("failed to fetch token: {refusal}")),
            },
        }
    }

    fn held(&self, which: &Which) -> Option<Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(which).cloned()
    }

    /// Keeps one, and forgets those that have ended: their pods are gone, or hold newer ones.
    fn keep(&self, which: Which, held: Held, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, held| now < held.ends);
        all.insert(which, held);
    }
}

fn request((uid, audience, seconds): &Which, pod: &str) -> Value {
    let audiences: Vec<_> = Some(audience).filter(|a| !a.is_empty()).into_iter().collect();
    json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": {},
        "spec": {
            "audiences": audiences,
            "expirationSeconds": seconds,
            "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": pod, "uid": uid},
        },
    })
}

/// What was given at `now`: renewed when four fifths of its time are over, or after a day.
fn read(answer: &Value, now: Timestamp) -> Option<Held> {
    let token = answer["status"]["token"].as_str().filter(|token| !token.is_empty())?;
    let ends: Timestamp = answer["status"]["expirationTimestamp"].as_str()?.parse().ok()?;
    let good = (ends.as_second() - now.as_second()).max(0);
    let renew = Timestamp::from_second(now.as_second() + (good * 4 / 5).min(DAY)).ok()?;
    Some(Held { token: token.into(), renew, ends })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn given(ends: i64) -> Option<Held> {
        read(&json!({"status": {"token": "t", "expirationTimestamp": at(ends).to_string()}}), at(0))
    }

    #[test]
    fn a_token_is_renewed_in_time() {
        for (ends, renew) in [(3607, 2885), (600, 480), (365 * DAY, DAY)] {
            assert_eq!(given(ends).unwrap().renew, at(renew), "{ends}");
        }
        assert_eq!(read(&json!({"status": {}}), at(0)), None);
    }

    #[test]
    fn it_is_bound_to_its_pod() {
        let body = request(&("u1".into(), "vault".into(), 600), "web");
        assert_eq!(
            body["spec"],
            json!({"audiences": ["vault"], "expirationSeconds": 600,
                "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": "web", "uid": "u1"}})
        );
        assert_eq!(request(&("u1".into(), String::new(), 600), "web")["spec"]["audiences"], json!([]));
    }

    #[test]
    fn what_has_ended_is_forgotten() {
        let tokens = Tokens::default();
        let which = |uid: &str| (uid.to_owned(), String::new(), 600);
        tokens.keep(which("a"), given(600).unwrap(), at(0));
        tokens.keep(which("b"), given(1200).unwrap(), at(700));
        assert!(tokens.held(&which("a")).is_none() && tokens.held(&which("b")).is_some());
    }
}
