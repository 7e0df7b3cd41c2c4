//! The tutorial of `dhow --demo`: what to do, and how the model shows that it was done. `{name}` in a text is the key
//! of the action of that name, whatever key that is now.

use crate::{
    keys::{Act, Keymap},
    model::{Model, Namespaces, Overlay},
    views::View,
};
use shared_api::{GroupKind, Key, apps::Deployment, core::Pod};

/// One thing to try.
pub(crate) struct Step {
    pub(crate) title: &'static str,
    text: &'static str,
    /// Whether it was done.
    pub(crate) done: fn(&Model) -> bool,
}

/// All of them, in their order.
pub(crate) const STEPS: &[Step] = &[
    Step {
        title: "Going somewhere",
        text: "This is the pulse: how everything is. Some pods are not well. \
               Press {palette}, type  pods -A  and press enter to see all of them.",
        done: |model| is_pods(model) && *model.namespaces() == Namespaces::All,
    },
    Step {
        title: "Finding",
        text: "Press {filter}, type  payments  and press enter: only rows with that stay. status:crash would look in one \
               column; {back} clears a filter, and {faults} shows only what is not well.",
        done: |model| {
            is_pods(model)
                && model.overlay.is_none()
                && model.filter().is_some_and(|filter| filter.contains("pay"))
        },
    },
    Step {
        title: "Asking why",
        text: "With the cursor on a pod of payments, press {why}. What ended it, its last words, and what would help, \
               are on one screen.",
        done: |model| matches!(model.view(), View::Text(text) if text.line.starts_with("why ")),
    },
    Step {
        title: "Coming back",
        text: "{back} goes back to where you were, the filter and the cursor as you left them. {later} would go forward \
               again.",
        done: is_pods,
    },
    Step {
        title: "Seeing two things at once",
        text: "Press {follow} and choose logs: a pane beside the list follows its cursor. {down} and {up} move it. \
               {split-right} and {split-below} make panes of any kind.",
        done: |model| model.desk.tab().panes().any(|(_, pane)| pane.link.is_some()),
    },
    Step {
        title: "Going from pane to pane",
        text: "{next-pane} goes to the next pane, {zoom} shows only this one, {close-pane} closes it. \
               Close panes until there is one.",
        done: |model| model.desk.tab().panes().count() == 1,
    },
    Step {
        title: "Changing something",
        text: "Whatever --batch can do is a command here. Press {palette} and type  \
               scale deployment/storefront --replicas 5 -n shop  and enter. Tab completes.",
        done: |model| {
            let key = Key {
                kind: GroupKind::of::<Deployment>(),
                namespace: "shop".into(),
                name: "storefront".into(),
            };
            model.known.row(&key).is_some_and(|row| row.cell(0).ends_with("/5"))
        },
    },
    Step {
        title: "Being asked first",
        text: "Look at all pods again ({palette}  pods -A), mark two with {mark}, and press {delete}. What cannot be taken \
               back is asked first, with the very line that would run. Answer n.",
        done: |model| matches!(model.overlay, Some(Overlay::Confirm(_))),
    },
    Step {
        title: "That is all",
        text: "{help} shows every key, and docs/tui.md the rest. The world here is your own: break it. {tutorial} closes \
               this.",
        done: |_| false,
    },
];

fn is_pods(model: &Model) -> bool {
    model.table().is_some_and(|table| table.kind == GroupKind::of::<Pod>())
}

impl Step {
    /// What to do, with the keys as they are.
    pub(crate) fn said(&self, keymap: &Keymap) -> String {
        let mut said = String::new();
        let mut rest = self.text;
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            said.push_str(before);
            said.push_str(Act::named(name).map_or(name, |act| keymap.key(act)));
            rest = after;
        }
        said + rest
    }
}

/// Goes on as far as what there is to do was done.
pub(crate) fn look(model: &mut Model) {
    while let Some(at) = model.tutorial
        && STEPS.get(at).is_some_and(|step| (step.done)(model))
    {
        model.tutorial = Some(at + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_that_a_text_names_is_there() {
        for step in STEPS {
            let said = step.said(&Keymap::default());
            assert!(!said.contains(['{', '}']), "{said}");
            for name in step.text.split('{').skip(1).filter_map(|part| part.split('}').next()) {
                assert!(Act::named(name).is_some(), "{name} in {:?}", step.title);
            }
        }
    }
}
