//! What is known, while one request is answered, of objects in other versions.
//!
//! Who owns which field is decided by plain functions, which may need an object in the versions that its owners
//! wrote. They ask here. What is not known yet is noted; the request asks the webhook for it and decides again.

use crate::server::Server;
use serde_json::Value;
use shared_api::KindInfo;
use shared_client::Result;
use std::sync::{Mutex, PoisonError};

/// How often a request may find that it needs to know more: every owner may have written in a version of its own.
const ROUNDS: usize = 32;

/// Objects in other versions.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// An object, a version, and what the object is in it.
    turned: Vec<(Value, String, Value)>,
    lacking: Vec<(Value, String)>,
    rounds: usize,
}

impl Turns {
    /// An object in another version; as it is when that is not known yet.
    pub(crate) fn look(&self, value: &Value, from: &str, to: &str) -> Value {
        let mut value = value.clone();
        value["apiVersion"] = from.into();
        if from == to {
            return value;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.turned.iter().find(|(of, version, _)| version == to && *of == value);
        if let Some((_, _, found)) = found {
            return found.clone();
        }
        let wanted = (value.clone(), to.to_owned());
        if !known.lacking.contains(&wanted) {
            known.lacking.push(wanted);
        }
        value
    }

    /// Asks for what was not known. Whether there was such a thing, so that what was decided is to be decided again.
    pub(crate) async fn learn(&self, server: &Server, kind: &KindInfo) -> Result<bool> {
        let lacking = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.rounds += 1;
            let lacking = std::mem::take(&mut known.lacking);
            if lacking.is_empty() || known.rounds > ROUNDS {
                return Ok(false);
            }
            lacking
        };
        for (value, to) in lacking {
            let turned = super::values(server, kind, vec![value.clone()], &to).await?.pop();
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.turned.push((value, to, turned.unwrap_or_default()));
        }
        Ok(true)
    }
}
