use super::{Act, Binding, KEYS, PLACES, Place};

/// The key map as it is in use.
#[derive(Debug, Clone)]
pub(crate) struct Keymap {
    bound: Vec<Bound>,
}

/// One line of it.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    pub(crate) act: Act,
    pub(crate) place: Place,
    /// Each a key, or several one after the other.
    pub(crate) keys: Vec<String>,
    pub(crate) help: &'static str,
    pub(crate) hint: &'static str,
}

/// What keys pressed one after the other mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    Act(Act),
    /// More keys are to come.
    More,
    Nothing,
}

impl Default for Keymap {
    fn default() -> Self {
        let bound = |binding: &Binding| Bound {
            act: binding.act,
            place: binding.place,
            keys: binding.keys.iter().map(|key| (*key).to_owned()).collect(),
            help: binding.help,
            hint: binding.hint,
        };
        Self { bound: KEYS.iter().map(bound).collect() }
    }
}

impl Keymap {
    /// What keys mean where they were pressed; `places` go from the special to the general.
    pub(crate) fn meaning(&self, pressed: &[String], places: &[Place]) -> Meaning {
        let pressed = pressed.join(" ");
        let at = |place: &Place| self.at(*place).find(|b| b.keys.contains(&pressed));
        if let Some(bound) = places.iter().find_map(at) {
            return Meaning::Act(bound.act);
        }
        if self.longer(&pressed, places).is_empty() { Meaning::Nothing } else { Meaning::More }
    }

    fn at(&self, place: Place) -> impl Iterator<Item = &Bound> {
        self.bound.iter().filter(move |bound| bound.place == place)
    }

    /// Sequences that begin with what was pressed, without that.
    fn longer(&self, pressed: &str, places: &[Place]) -> Vec<(&str, &Bound)> {
        let mut found = Vec::new();
        for bound in places.iter().flat_map(|place| self.at(*place)) {
            let rest = |key: &String| Some(key.strip_prefix(pressed)?.strip_prefix(' ')?.len());
            let keys = bound.keys.iter().filter_map(|key| Some(&key[key.len() - rest(key)?..]));
            found.extend(keys.map(|key| (key, bound)));
        }
        found
    }

    /// How a sequence can go on, and where that leads; one key for each is enough.
    pub(crate) fn after(&self, pressed: &[String], places: &[Place]) -> Vec<(&str, String)> {
        let mut found = self.longer(&pressed.join(" "), places);
        let mut seen = Vec::new();
        found.retain(|(_, bound)| {
            let new = !seen.contains(&bound.act);
            seen.push(bound.act);
            new
        });
        found.into_iter().map(|(key, bound)| (key, bound.act.id())).collect()
    }

    /// What is worth a hint where these places are, the special first.
    pub(crate) fn hints(&self, places: &[Place]) -> Vec<&Bound> {
        let here = PLACES.iter().rev().filter(|place| places.contains(place));
        here.flat_map(|place| self.at(*place)).filter(|bound| !bound.hint.is_empty()).collect()
    }

    /// The help, a section a place: title, then keys and what they do.
    pub(crate) fn sections(&self) -> impl Iterator<Item = (&'static str, Vec<(String, &'static str)>)> {
        PLACES.iter().map(|place| {
            let here = self.at(*place).filter(|bound| !bound.keys.is_empty());
            (place.title(), here.map(|bound| (bound.keys.join(", "), bound.help)).collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::name;
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use std::collections::BTreeSet;

    /// What is on screen together, the special before the general.
    const TOGETHER: &[&[Place]] = &[
        &[Place::Nodes, Place::Table, Place::Panes, Place::Anywhere],
        &[Place::Logs, Place::Pager, Place::Panes, Place::Anywhere],
        &[Place::Forwards, Place::Panes, Place::Anywhere],
        &[Place::Pulse, Place::Panes, Place::Anywhere],
        &[Place::Shell],
    ];

    #[test]
    fn a_key_means_one_thing_in_one_place() {
        for together in TOGETHER {
            let here = KEYS.iter().filter(|b| together.contains(&b.place));
            let keys: Vec<_> = here.flat_map(|b| b.keys.iter().copied()).collect();
            let seen: BTreeSet<_> = keys.iter().collect();
            assert_eq!(seen.len(), keys.len(), "two clash in {together:?}");
            // A key that is the beginning of a sequence would hide it.
            for (a, b) in keys.iter().flat_map(|a| keys.iter().map(move |b| (a, b))) {
                assert!(!b.starts_with(&format!("{a} ")), "{a} hides {b}");
            }
        }
    }

    #[test]
    fn keys_have_the_names_of_the_map() {
        let ctrl = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        let map = Keymap::default();
        for (key, place, wanted) in [
            (ctrl('5'), Place::Shell, Meaning::Act(Act::LeaveShell)),
            (ctrl('d'), Place::Table, Meaning::Act(Act::Delete)),
            (KeyCode::PageDown.into(), Place::Anywhere, Meaning::Act(Act::PageDown)),
            (
                KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT),
                Place::Panes,
                Meaning::Act(Act::PreviousPane),
            ),
            (shifted, Place::Anywhere, Meaning::Act(Act::Bottom)),
            (KeyCode::Char('d').into(), Place::Anywhere, Meaning::Nothing),
            (ctrl('w'), Place::Panes, Meaning::More),
        ] {
            assert_eq!(map.meaning(&[name(key)], &[place]), wanted, "{key:?}");
        }
        let keys = ["ctrl-w".to_owned(), "v".into()];
        assert_eq!(map.meaning(&keys, &[Place::Panes]), Meaning::Act(Act::SplitRight));
        assert!(map.after(&keys[..1], &[Place::Panes]).contains(&("v", "split-right".into())));
    }
}
