use super::{Config, Layout, Settings};
use crate::{draw::Skin, model::Namespaces};
use serde_json::{Map, Value};
use shared_api::yaml;

/// The keys of the file, and those of a context.
const COMMON: &[&str] = &["namespace", "read-only", "skin", "start"];
const FILE: &[&str] =
    &["namespace", "read-only", "skin", "start", "mouse", "keys", "skins", "colors", "contexts", "layouts"];

impl Config {
    /// Makes sense of a configuration's text.
    pub(crate) fn read(text: &str) -> Self {
        let mut config = Self::default();
        let value = match yaml::documents(text).as_deref() {
            Ok([]) => return config,
            Ok([Value::Object(map)]) => map.clone(),
            Ok(_) => return config.with("it is not one mapping of settings, such as `skin: light`"),
            Err(why) => return config.with(&why.message),
        };
        config.all(&value);
        config
    }

    fn with(mut self, trouble: &str) -> Self {
        self.troubles.push(trouble.into());
        self
    }

    fn all(&mut self, file: &Map<String, Value>) {
        for (key, value) in file {
            match key.as_str() {
                "mouse" => match value.as_bool() {
                    Some(mouse) => self.mouse = mouse,
                    None => self.wrong("mouse", value, "true or false"),
                },
                "keys" => self.keys(value),
                "skins" => self.named_skins(value),
                "colors" => self.over(value),
                "contexts" => {
                    for (context, value) in &self.mapping("contexts", value) {
                        let Value::Object(own) = value else {
                            self.wrong(&format!("contexts.{context}"), value, "a mapping of settings");
                            continue;
                        };
                        let mut settings = Settings::default();
                        for (key, value) in own {
                            let place = format!("contexts.{context}.{key}");
                            if !self.setting(&mut settings, key, &place, value) {
                                self.unknown(&place, COMMON);
                            }
                        }
                        self.contexts.insert(context.clone(), settings);
                    }
                }
                "layouts" => {
                    for (name, value) in &self.mapping("layouts", value) {
                        match Layout::read(value) {
                            Ok(layout) => drop(self.layouts.insert(name.clone(), layout)),
                            Err(why) => self.troubles.push(format!("layouts.{name}: {why}")),
                        }
                    }
                }
                key => {
                    let mut settings = std::mem::take(&mut self.common);
                    if !self.setting(&mut settings, key, key, value) {
                        self.unknown(key, FILE);
                    }
                    self.common = settings;
                }
            }
        }
        self.check_skins();
        self.troubles.extend(self.keymap.clashes().into_iter().map(|clash| format!("keys: {clash}")));
    }

    /// One of the settings that a context can have, too; false when it is none of them.
    fn setting(&mut self, into: &mut Settings, key: &str, place: &str, value: &Value) -> bool {
        match (key, value) {
            ("namespace", Value::String(names)) => match Namespaces::parse(names) {
                Some(names) => into.namespaces = Some(names),
                None => self.wrong(place, value, "names, as in a,b, or all"),
            },
            ("read-only", Value::Bool(only)) => into.read_only = Some(*only),
            ("skin", Value::String(name)) => into.skin = Some(name.clone()),
            ("start", Value::String(line)) => into.start = Some(line.clone()),
            ("read-only", _) => self.wrong(place, value, "true or false"),
            ("namespace" | "skin" | "start", _) => self.wrong(place, value, "text"),
            _ => return false,
        }
        true
    }

    fn keys(&mut self, value: &Value) {
        for (id, value) in &self.mapping("keys", value) {
            let keys: Option<Vec<&str>> = match value {
                Value::String(key) => Some(vec![key]),
                Value::Null => Some(Vec::new()),
                Value::Array(keys) => keys.iter().map(Value::as_str).collect(),
                _ => None,
            };
            let Some(keys) = keys else {
                self.wrong(&format!("keys.{id}"), value, "a key, as in ctrl-w v, or a list of them");
                continue;
            };
            if let Err(why) = self.keymap.rebind(id, &keys) {
                self.troubles.push(format!("keys.{id}: {why}"));
            }
        }
    }

    fn named_skins(&mut self, value: &Value) {
        for (name, value) in &self.mapping("skins", value) {
            let parts = self.mapping(&format!("skins.{name}"), value);
            let like = parts.get("like").and_then(Value::as_str).unwrap_or("default");
            let Some(mut skin) = Skin::named(like) else {
                let known = Skin::NAMES.join(", ");
                self.troubles
                    .push(format!("skins.{name}.like: there is no skin {like:?}; there are {known}"));
                continue;
            };
            for (part, style) in parts.iter().filter(|(part, _)| *part != "like") {
                let set = style.as_str().ok_or("expected text, as in bold red".to_owned());
                if let Err(why) = set.and_then(|style| skin.set(part, style)) {
                    self.troubles.push(format!("skins.{name}.{part}: {why}"));
                }
            }
            self.skins.insert(name.clone(), skin);
        }
    }

    fn over(&mut self, value: &Value) {
        for (part, style) in &self.mapping("colors", value) {
            let set = style.as_str().ok_or("expected text, as in bold red".to_owned());
            match set.and_then(|style| Skin::default().set(part, style).map(|()| style)) {
                Ok(style) => self.colors.push((part.clone(), style.to_owned())),
                Err(why) => self.troubles.push(format!("colors.{part}: {why}")),
            }
        }
    }

    /// Skins that are asked for have to be there.
    fn check_skins(&mut self) {
        let known = self.skins();
        let asked = self.contexts.values().chain([&self.common]).filter_map(|s| s.skin.as_ref());
        let missing: Vec<_> = asked.filter(|name| !known.contains(name)).collect();
        let troubles: Vec<_> = missing
            .into_iter()
            .map(|name| format!("skin: there is no skin {name:?}; there are {}", known.join(", ")))
            .collect();
        self.troubles.extend(troubles);
    }

    /// The entries of a mapping; what is none is told.
    fn mapping(&mut self, place: &str, value: &Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map.clone(),
            Value::Null => Map::new(),
            other => {
                self.wrong(place, other, "a mapping");
                Map::new()
            }
        }
    }

    fn wrong(&mut self, place: &str, value: &Value, wanted: &str) {
        self.troubles.push(format!("{place}: expected {wanted}, not {value}"));
    }

    fn unknown(&mut self, place: &str, known: &[&str]) {
        self.troubles.push(format!("{place} is not known; there are {}", known.join(", ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Act, Meaning, Place};
    use ratatui::style::Color;

    #[test]
    fn what_is_set_counts_and_a_context_comes_first() {
        let config = Config::read(
            "namespace: a,b\nskin: light\nread-only: false\nmouse: false\nstart: nodes\n\
             keys: {split-right: 'ctrl-w |', timeline: [], pager.page-down: [space, 'x d']}\n\
             skins: {mine: {like: light, bad: bold blue on white}}\ncolors: {good: '#00ff00'}\n\
             contexts: {prod: {read-only: true, skin: mine}}\n",
        );
        assert_eq!(config.troubles, [""; 0]);
        let (dev, prod) = (config.settings("dev"), config.settings("prod"));
        assert_eq!((dev.read_only, dev.skin.as_deref()), (Some(false), Some("light")));
        assert_eq!((prod.read_only, prod.skin.as_deref()), (Some(true), Some("mine")));
        assert_eq!((prod.namespaces, prod.start.as_deref()), (Namespaces::parse("a,b"), Some("nodes")));
        let mine = config.skin("mine").unwrap();
        assert_eq!((mine.bad.fg, mine.bad.bg), (Some(Color::Blue), Some(Color::White)));
        assert_eq!(mine.good.fg, Some(Color::Rgb(0, 255, 0)));
        assert_eq!(mine.dim, Skin::named("light").unwrap().dim);
        let keys = ["ctrl-w", "|"].map(str::to_owned);
        assert_eq!(config.keymap.meaning(&keys, &[Place::Panes]), Meaning::Act(Act::SplitRight));
        assert_eq!(config.keymap.meaning(&["t".into()], &[Place::Table]), Meaning::Nothing);
        assert!(!config.mouse);
    }

    #[test]
    fn what_is_not_understood_is_told_with_the_way_out_and_the_rest_counts() {
        for (text, wanted) in [
            ("keyz: {}\nskin: light", "keyz is not known; there are namespace, read-only"),
            ("skin: light\nread-only: maybe", "read-only: expected true or false, not \"maybe\""),
            ("skin: light\nkeys: {fly: f}", "keys.fly: there is no action \"fly\""),
            ("skin: light\nkeys: {split-right: ctlr-w}", "keys.split-right: \"ctlr-w\" is no key"),
            ("skin: light\nkeys: {describe: y}", "keys: y means describe and yaml"),
            ("skin: light\nkeys: {describe: ctrl-w}", "keys: ctrl-w (describe) hides ctrl-w"),
            (
                "skin: light\nskins: {x: {like: dark}}",
                "skins.x.like: there is no skin \"dark\"; there are default",
            ),
            ("skin: light\ncolors: {bed: red}", "colors.bed: there is no part \"bed\"; there are plain"),
            ("skin: light\ncolors: {bad: blood}", "colors.bad: \"blood\" is no colour"),
            ("skin: light\ncontexts: {a: {mouse: true}}", "contexts.a.mouse is not known"),
            ("skin: light\nlayouts: {a: {beside: [x]}}", "layouts.a: beside wants two parts"),
        ] {
            let config = Config::read(text);
            assert!(config.troubles.iter().any(|t| t.starts_with(wanted)), "{text}: {:?}", config.troubles);
            assert_eq!(config.common.skin.as_deref(), Some("light"), "{text}");
        }
        assert!(Config::read("skin: dark").troubles[0].contains("no skin \"dark\""));
        assert!(Config::read("- a").troubles[0].contains("not one mapping"));
        assert!(Config::read("a: [").troubles[0].contains("not YAML"));
        assert_eq!(Config::read(""), Config::default());
    }
}
