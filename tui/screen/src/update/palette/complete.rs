//! What Tab makes of a line: the words that begin so, else those that have its letters in this order.

use super::WORDS;
use crate::{
    keys::{Act, KEYS},
    model::{Follow, Model, Palette, clean},
};
use tui_commands::grammar;

pub(super) fn complete(model: &Model, palette: &mut Palette) {
    let before = palette.input.before().to_owned();
    let typing = before.rsplit(char::is_whitespace).next().unwrap_or_default().to_owned();
    let said = &before[..before.len() - typing.len()];
    let all = words(model, said, &typing);
    let mut found: Vec<_> = all.iter().filter(|word| word.starts_with(&typing)).cloned().collect();
    found.dedup();
    if found.is_empty() {
        found = fuzzy(&all, &typing);
        let Some(best) = found.first() else {
            palette.candidates.clear();
            return;
        };
        palette.input.replace_before(typing.chars().count(), best);
    } else {
        let common = found.iter().skip(1).fold(found.first().cloned().unwrap_or_default(), |common, word| {
            common.chars().zip(word.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
        });
        palette.input.insert(common.get(typing.len()..).unwrap_or_default());
    }
    if found.len() == 1 && palette.input.before().len() == palette.input.text.len() {
        palette.input.insert(" ");
        found.clear();
    }
    // Names come from the cluster.
    palette.candidates = found.iter().map(|word| clean(word)).collect();
}

/// Words that may stand after what is said already.
fn words(model: &Model, said: &str, typing: &str) -> Vec<String> {
    let names = |word: &str| model.names(word);
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut words = said.split_whitespace();
    let (first, more) = (words.next(), words.next().is_some());
    if let Some(context) = typing.strip_prefix('@') {
        let _ = context;
        return model.given.contexts.iter().map(|name| format!("@{name}")).collect();
    }
    match (first, more) {
        (Some("ns" | "namespace"), false) => {
            // The last of several.
            let (done, _) = typing.rsplit_once(',').map_or(("", typing), |(done, last)| (done, last));
            let done = if done.is_empty() { String::new() } else { format!("{done},") };
            names("namespaces").into_iter().map(|name| format!("{done}{name}")).collect()
        }
        (Some("follow"), false) => Follow::ALL.iter().map(|follow| follow.word().to_owned()).collect(),
        (Some("skin"), false) => model.config.skins(),
        (Some("ctx"), false) => model.given.contexts.clone(),
        (Some("layout"), _) => {
            let verbs = if more { Vec::new() } else { owned(&["save", "drop"]) };
            model.config.layouts.keys().cloned().chain(verbs).collect()
        }
        (Some(kind), false) if shared_api::find(kind).is_some() => {
            let mut all = names("namespaces");
            all.sort();
            all
        }
        (None, _) => {
            let mut all = grammar::complete("", &names);
            all.extend(WORDS.iter().map(|(word, ..)| (*word).to_owned()));
            // What a key does can be said, too.
            let acts: std::collections::BTreeSet<_> = KEYS.iter().map(|binding| binding.act.id()).collect();
            all.extend(acts.into_iter().filter(|id| Act::named(id).is_some()));
            all
        }
        _ => grammar::complete(&format!("{said}{typing}"), &names),
    }
}

/// The words that have these letters in this order, the closest first.
fn fuzzy(all: &[String], letters: &str) -> Vec<String> {
    let mut found: Vec<_> = all.iter().filter_map(|word| Some((distance(word, letters)?, word))).collect();
    found.sort();
    found.dedup();
    found.into_iter().map(|(_, word)| word.clone()).collect()
}

/// How far a word is from letters that it has in their order: gaps between them, then what else there is.
fn distance(word: &str, letters: &str) -> Option<(usize, usize)> {
    let (mut rest, mut gaps, mut last) = (word.char_indices(), 0, None);
    for letter in letters.chars() {
        let (at, _) = rest.find(|(_, c)| c.eq_ignore_ascii_case(&letter))?;
        gaps += last.map_or(at * 3, |last| at - last - 1);
        last = Some(at);
    }
    Some((gaps, word.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_their_order_are_enough_and_the_closest_comes_first() {
        let all = ["deployments", "describe", "daemonsets", "pods"].map(str::to_owned);
        for (letters, wanted) in [
            ("dpl", &["deployments"][..]),
            ("dse", &["describe", "daemonsets"]),
            ("ds", &["describe", "daemonsets", "pods", "deployments"]),
            ("xx", &[]),
        ] {
            assert_eq!(fuzzy(&all, letters), wanted, "{letters}");
        }
    }
}
