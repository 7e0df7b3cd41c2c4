//! What an action takes with it, told before it runs: pods that are lost, services left without anybody to answer,
//! budgets in the way, what depends on the objects. Pure: from what a world knows to lines.

mod aim;
mod pods;
mod served;
mod users;

#[cfg(test)]
mod tests;

pub(crate) use aim::aim;

use crate::{Action, Rollout, neutral};
use pods::Loss;
pub(crate) use pods::is_ready;
use shared_api::Object;
use shared_client::World;

/// What comes of an action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blast {
    /// The findings, the gravest first.
    pub lines: Vec<Line>,
    /// The lines that differ in what is written, where that is known.
    pub diff: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Somebody notices: it is to be confirmed by more than one key.
    pub grave: bool,
    /// In words.
    pub text: String,
}

impl Blast {
    /// Whether somebody would notice.
    pub fn grave(&self) -> bool {
        self.lines.iter().any(|line| line.grave)
    }

    /// As it is printed.
    pub fn text(&self) -> String {
        if self.lines.is_empty() {
            return "nothing that runs is touched\n".into();
        }
        let line = |line: &Line| format!("{} {}\n", if line.grave { "!" } else { " " }, line.text);
        self.lines.iter().map(line).collect()
    }

    fn note(&mut self, text: impl AsRef<str>) {
        self.line(false, text);
    }

    fn warn(&mut self, text: impl AsRef<str>) {
        self.line(true, text);
    }

    fn line(&mut self, grave: bool, text: impl AsRef<str>) {
        let text = neutral(text.as_ref()).replace(['\n', '\t'], " ");
        self.lines.push(Line { grave, text });
    }
}

/// What `action` on `objects` does to the rest of `world`, which is what lives near them.
pub(crate) fn blast(action: &Action, objects: &[Object], world: &World) -> Blast {
    let mut blast = Blast::default();
    let loss = Loss::of(action, objects, world);
    for line in &loss.told {
        blast.line(line.grave, &line.text);
    }
    served::services(&loss, world, &mut blast);
    served::budgets(action, &loss, world, &mut blast);
    match action {
        Action::Delete(_) => users::left_behind(objects, world, &mut blast),
        Action::Cordon(_) | Action::Drain(_) => users::room(objects, world, &mut blast),
        Action::Label(asked) => users::relabelled(asked, objects, world, &mut blast),
        Action::Rollout(Rollout::Pause { .. }) => {
            blast.note("changes of the template wait until it is resumed");
        }
        _ => {}
    }
    blast.lines.sort_by_key(|line| !line.grave);
    blast
}

/// What becomes of an object that is applied.
pub(crate) enum Applied<'a> {
    Made(&'a str),
    Changed(&'a str),
    Same,
    Refused(&'a str, String),
}

/// What applying makes of these.
pub(crate) fn applied(all: &[Applied<'_>]) -> Blast {
    let (mut made, mut changed, mut same) = (Vec::new(), Vec::new(), 0);
    let mut blast = Blast::default();
    for one in all {
        match one {
            Applied::Made(name) => made.push((*name).to_owned()),
            Applied::Changed(name) => changed.push((*name).to_owned()),
            Applied::Same => same += 1,
            Applied::Refused(name, why) => blast.warn(format!("{name} is refused: {why}")),
        }
    }
    for (names, what) in [(made, "made"), (changed, "changed")] {
        if !names.is_empty() {
            blast.note(format!("{} {what}: {}", are(names.len(), "object"), listed(&names)));
        }
    }
    if same > 0 {
        blast.note(format!("{} as wanted already", are(same, "object")));
    }
    blast
}

/// `1 pod is`, `3 pods are`.
fn are(count: usize, what: &str) -> String {
    format!("{} {}", counted(count, what), if count == 1 { "is" } else { "are" })
}

/// `a, b, c and 4 more`.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let more = names.len().saturating_sub(SHOWN);
    let shown = names[..names.len().min(SHOWN)].join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// `1 pod`, `3 pods`.
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// `deployment/web`.
fn called(object: &Object) -> String {
    format!("{}/{}", object.kind().to_lowercase(), object.name())
}
