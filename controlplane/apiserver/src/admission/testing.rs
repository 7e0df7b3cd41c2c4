//! Ways to try one admission on JSON.

use super::{Action, Admit, Request, There};
use crate::options::Options;
use controlplane_store::Txn;
use serde_json::Value;
use shared_api::{Draft, KindInfo, Object, Refusal, Timestamp};

/// A cluster of a few objects.
struct Few(Vec<Object>);

impl There for Few {
    fn object(&self, kind: &KindInfo, namespace: &str, name: &str) -> Result<Option<Object>, Refusal> {
        let found = self.objects(kind, namespace)?.into_iter().find(|o| o.name() == name);
        Ok(found)
    }

    fn objects(&self, kind: &KindInfo, namespace: &str) -> Result<Vec<Object>, Refusal> {
        let here = |o: &&Object| o.group_kind() == kind.group_kind() && o.namespace() == namespace;
        Ok(self.0.iter().filter(here).cloned().collect())
    }

    fn reserved(&self, _: &[u8]) -> bool {
        false
    }
}

fn draft(value: &Value) -> (&'static KindInfo, Box<dyn Draft>) {
    let served = shared_api::serving(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap());
    let kind = served.unwrap().kind;
    let Ok(decoded) = kind.decode(value.clone(), kind.api_version) else { panic!("{value} is not decoded") };
    let mut draft = decoded.draft;
    draft.complete();
    (kind, draft)
}

/// What becomes of an object that is created beside `there`.
pub(super) fn created(admit: Admit, new: &Value, there: &[Value]) -> Result<(Value, Txn), Refusal> {
    run(admit, Action::Create, None, new, there)
}

/// What becomes of one that is changed.
pub(super) fn updated(
    admit: Admit,
    old: &Value,
    new: &Value,
    there: &[Value],
) -> Result<(Value, Txn), Refusal> {
    run(admit, Action::Update, Some(old), new, there)
}

fn run(
    admit: Admit,
    action: Action,
    old: Option<&Value>,
    new: &Value,
    there: &[Value],
) -> Result<(Value, Txn), Refusal> {
    let there = Few(there.iter().map(|v| draft(v).1.object()).collect());
    let options = Options::new(|| Timestamp::UNIX_EPOCH);
    let mut txn = Txn::default();
    let (kind, mut draft_) = draft(new);
    let old = old.map(|old| draft(old).1);
    admit(&mut Request {
        action,
        kind,
        old: old.as_deref(),
        draft: &mut *draft_,
        there: &there,
        options: &options,
        txn: &mut txn,
        chance: |_| 0,
    })?;
    Ok((draft_.object().value(), txn))
}
