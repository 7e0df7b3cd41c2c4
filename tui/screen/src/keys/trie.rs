use super::{Act, Binding, KEYS, PLACES, Place};
use std::collections::BTreeSet;

/// Places that are on screen together, the special before the general.
const TOGETHER: &[&[Place]] = &[
    &[Place::Nodes, Place::Table, Place::Panes, Place::Anywhere],
    &[Place::Logs, Place::Pager, Place::Panes, Place::Anywhere],
    &[Place::Forwards, Place::Panes, Place::Anywhere],
    &[Place::Used, Place::Panes, Place::Anywhere],
    &[Place::Deeds, Place::Panes, Place::Anywhere],
    &[Place::Pulse, Place::Panes, Place::Anywhere],
    &[Place::Shell],
];

/// The key map as it is in use.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Keymap {
    bound: Vec<Bound>,
}

/// One line of it.
#[derive(Debug, Clone, PartialEq)]
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

    /// Gives an action other keys. Its name may begin with a place: `pager.page-down`.
    pub(crate) fn rebind(&mut self, id: &str, keys: &[&str]) -> Result<(), String> {
        if let Some(wrong) = keys.iter().flat_map(|key| key.split_whitespace()).find(|key| !is_key(key)) {
            return Err(format!(
                "{wrong:?} is no key; keys are a character, or names such as enter, esc, pgup, f5, ctrl-x, alt-left"
            ));
        }
        let (place, id) = id.split_once('.').map_or((None, id), |(place, id)| (Some(place), id));
        let meant =
            |bound: &&mut Bound| bound.act.id() == id && place.is_none_or(|place| bound.place.id() == place);
        let mut found = false;
        for bound in self.bound.iter_mut().filter(meant) {
            bound.keys =
                keys.iter().map(|key| key.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
            found = true;
        }
        if found {
            return Ok(());
        }
        let near = self
            .bound
            .iter()
            .map(|bound| bound.act.id())
            .find(|known| known.starts_with(id.get(..3).unwrap_or(id)));
        let near = near.map_or_else(String::new, |near| format!(" (perhaps {near}?)"));
        Err(format!("there is no action {id:?}{near}; docs/keys.md and ? name them all"))
    }

    /// Keys that mean two things where both are listened to.
    pub(crate) fn clashes(&self) -> Vec<String> {
        let mut found = BTreeSet::new();
        for together in TOGETHER {
            let here = self.bound.iter().filter(|bound| together.contains(&bound.place));
            let keys: Vec<_> =
                here.flat_map(|bound| bound.keys.iter().map(move |key| (key, bound.act))).collect();
            for (n, (key, act)) in keys.iter().enumerate() {
                for (other, meant) in keys.iter().skip(n + 1).filter(|(other, _)| other == key) {
                    found.insert(format!("{other} means {} and {}", act.id(), meant.id()));
                }
                let begins = format!("{key} ");
                if let Some((longer, _)) = keys.iter().find(|(longer, _)| longer.starts_with(&begins)) {
                    found.insert(format!("{key} ({}) hides {longer}", act.id()));
                }
            }
        }
        found.into_iter().collect()
    }

    /// What an action of that name does, and its keys.
    pub(crate) fn help(&self, id: &str) -> Option<String> {
        let bound = self.bound.iter().find(|bound| bound.act.id() == id)?;
        Some(format!("{} ({})", bound.help, bound.keys.join(", ")))
    }

    /// The first key of an action, for texts that name it.
    pub(crate) fn key(&self, act: Act) -> &str {
        let keys = self.bound.iter().filter(|bound| bound.act == act).find_map(|bound| bound.keys.first());
        keys.map_or("(no key)", String::as_str)
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

/// Whether a terminal can send a key of that name.
fn is_key(name: &str) -> bool {
    let plain = ["ctrl-", "alt-", "shift-"]
        .iter()
        .fold(name, |rest, prefix| rest.strip_prefix(prefix).unwrap_or(rest));
    let function =
        plain.strip_prefix('f').and_then(|n| n.parse().ok()).is_some_and(|n: u8| (1..=24).contains(&n));
    let named = [
        "space",
        "enter",
        "esc",
        "tab",
        "backspace",
        "delete",
        "insert",
        "up",
        "down",
        "left",
        "right",
        "home",
        "end",
        "pgup",
        "pgdn",
    ];
    plain.chars().count() == 1 || function || named.contains(&plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::name;
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    #[test]
    fn a_key_means_one_thing_in_one_place() {
        assert_eq!(Keymap::default().clashes(), [""; 0]);
        let listed: BTreeSet<_> =
            TOGETHER.iter().flat_map(|together| together.iter().map(|p| p.id())).collect();
        assert_eq!(
            listed,
            PLACES.iter().map(|place| place.id()).collect(),
            "every place is on screen with some"
        );
        for binding in KEYS {
            assert!(binding.keys.iter().flat_map(|key| key.split(' ')).all(is_key), "{:?}", binding.keys);
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
