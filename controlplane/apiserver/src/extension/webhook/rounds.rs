//! Webhooks that change objects, in the order of their names: once, and again those that want to see what others
//! changed after them.

use super::{
    super::{follow::Compiled, follow::namespace, others::unchangeable, request::Asked},
    Webhook,
};
use shared_api::{Refusal, Served};

/// Who was asked, and after which of them the object was another.
#[derive(Default)]
pub(in super::super) struct Rounds {
    /// Those that were asked, by their place in the list.
    called: Vec<usize>,
    /// The last that changed something.
    changed_by: Option<usize>,
    /// The object as the first round left it.
    left: Option<serde_json::Value>,
    /// Nothing can be changed.
    unchanging: bool,
}

impl Rounds {
    /// About what cannot be changed.
    pub(in super::super) fn unchanging() -> Self {
        Self { unchanging: true, ..Self::default() }
    }

    /// Asks each of them. Whether the object is another now.
    pub(in super::super) async fn first(
        &mut self,
        compiled: &Compiled,
        asked: &mut Asked<'_>,
    ) -> Result<bool, Refusal> {
        let all = compiled.mutating();
        if all.is_empty() {
            return Ok(false);
        }
        let within = namespace(asked)?;
        for (at, hook) in all.iter().enumerate() {
            let Some(version) = hook.wants(asked, within.as_ref()).await? else { continue };
            self.called.push(at);
            if self.one(hook, asked, version).await? {
                self.changed_by = Some(at);
            }
        }
        self.left.clone_from(&asked.object);
        Ok(self.changed_by.is_some())
    }

    /// Asks those again that wish it and after which something changed.
    pub(in super::super) async fn again(
        &mut self,
        compiled: &Compiled,
        asked: &mut Asked<'_>,
    ) -> Result<bool, Refusal> {
        let all = compiled.mutating();
        let since = self.left != asked.object;
        let within = namespace(asked)?;
        let mut changed = false;
        for (at, hook) in all.iter().enumerate().filter(|(at, hook)| hook.again && self.called.contains(at)) {
            let later = since || changed || self.changed_by.is_some_and(|last| last > at);
            if !later {
                continue;
            }
            let Some(version) = hook.wants(asked, within.as_ref()).await? else { continue };
            changed |= self.one(hook, asked, version).await?;
        }
        Ok(changed)
    }

    /// Asks one. Whether it changed the object.
    async fn one(&self, hook: &Webhook, asked: &mut Asked<'_>, version: Served) -> Result<bool, Refusal> {
        let Some(answer) = hook.ask(asked, version, true).await? else { return Ok(false) };
        let Some(patch) = answer.patch.filter(|patch| !patch.0.is_empty()) else { return Ok(false) };
        if self.unchanging || asked.of.part == "binding" {
            return Err(unchangeable(&hook.name));
        }
        let mut value = asked.shown(asked.object.as_ref(), version);
        json_patch::patch(&mut value, &patch).map_err(|error| {
            Refusal::internal(format!(
                "webhook {:?} returned a patch that cannot be applied: {error}",
                hook.name
            ))
        })?;
        let value = asked.taken(value, version).await?;
        let changed = asked.object.as_ref() != Some(&value);
        asked.object = Some(value);
        Ok(changed)
    }
}
