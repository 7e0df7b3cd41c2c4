//! Keys and data in, pictures out.
//!
//! The pictures are in `tests/`; `DHOW_REWRITE=1 cargo test -p tui-screen` writes them anew.

mod deeds;
mod edit;
mod fuzz;
mod keys;
mod logs;
mod mouse;
mod outside;
mod past;
mod pictures;
mod seeing;
mod settings;
mod windows;

use crate::{
    draw::draw,
    model::{Desk, Model, Namespaces},
    msg::{Effect, Msg, info},
    rows::Digester,
    update::update,
    views::{Table, View, Within},
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{Terminal, backend::TestBackend};
use shared_api::{GroupKind, Object};
use shared_client::{Event, Standing};
use shared_testkit::*;
use std::time::Duration;

/// A model, the effects it asked for, and hands to drive it.
struct Seat {
    model: Model,
    asked: Vec<Effect>,
}

impl Seat {
    /// In front of a cluster that holds these, live.
    fn over(objects: impl IntoIterator<Item = Object>) -> Self {
        let now = moment() + Duration::from_mins(5);
        let (model, asked) = Model::new("demo", "https://10.0.0.1:6443", "default", now, (80, 24));
        let mut seat = Self { model, asked };
        // Most of what is tried here begins at the pods.
        let pods = Table::of(GroupKind::of::<shared_api::core::Pod>(), Within::Namespace);
        seat.model.desk = Desk::new(View::Table(pods), Namespaces::one("default"));
        seat.see(objects);
        seat.live();
        seat
    }

    fn tell(&mut self, msg: Msg) {
        self.asked.extend(update(&mut self.model, msg));
    }

    fn see(&mut self, objects: impl IntoIterator<Item = Object>) {
        objects.into_iter().for_each(|object| self.hear(&Event::Added(object)));
    }

    fn lose(&mut self, object: Object) {
        self.hear(&Event::Deleted(object));
    }

    fn hear(&mut self, event: &Event) {
        let kind = event.object().unwrap().group_kind();
        let delta = Digester::of(info(&kind).unwrap()).delta(event, moment()).unwrap();
        self.tell(Msg::Rows(kind, vec![delta], event.revision()));
    }

    /// Every watch there is, is complete.
    fn live(&mut self) {
        let kinds: Vec<GroupKind> = self.model.known.watches.keys().cloned().collect();
        for kind in kinds {
            let standing = Standing { synced: true, connected: true, ..Standing::default() };
            self.tell(Msg::Standing(kind, standing));
        }
    }

    /// Types: characters as they are, `<enter>` and `<ctrl-d>` by name.
    fn press(&mut self, keys: &str) -> &mut Self {
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|r| r.split_once('>'));
            let (key, after) = match named {
                Some((name, after)) => (named_key(name), after),
                None => (KeyEvent::from(KeyCode::Char(c)), &rest[c.len_utf8()..]),
            };
            self.tell(Msg::Key(key));
            rest = after;
        }
        self
    }

    fn picture(&mut self) -> String {
        self.tell(Msg::Frame);
        let (width, height) = self.model.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(&self.model, frame)).unwrap();
        let buffer = terminal.backend().buffer();
        let mut text = String::new();
        for row in buffer.content.chunks(usize::from(width)) {
            let (mut line, mut hidden) = (String::new(), 0);
            for symbol in row.iter().map(ratatui::buffer::Cell::symbol) {
                if hidden > 0 {
                    hidden -= 1;
                    continue;
                }
                hidden = crate::pager::width(symbol).saturating_sub(1);
                line.push_str(symbol);
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// Compares with the picture of that name.
    fn looks_like(&mut self, name: &str) {
        let path = format!("{}/src/tests/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        let found = self.picture();
        if std::env::var_os("DHOW_REWRITE").is_some() {
            std::fs::write(&path, &found).unwrap();
        }
        let wanted = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == wanted, "{name} looks different (DHOW_REWRITE=1 keeps it):\n{found}\nnot\n{wanted}");
    }

    /// The name under the cursor.
    fn on(&mut self) -> String {
        self.tell(Msg::Frame);
        let chosen = self.model.table().and_then(|table| table.chosen());
        chosen.map(|row| row.name.to_string()).unwrap_or_default()
    }

    fn said(&self) -> &str {
        self.model.message.as_ref().map_or("", |m| &m.text)
    }
}

fn named_key(name: &str) -> KeyEvent {
    if let Some(c) = name.strip_prefix("ctrl-").and_then(|c| c.chars().next()) {
        return KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
    }
    KeyEvent::from(match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "<" => KeyCode::Char('<'),
        "back" => KeyCode::Backspace,
        "right" => KeyCode::Right,
        "f1" => KeyCode::F(1),
        "s-tab" => KeyCode::BackTab,
        "pgdn" => KeyCode::PageDown,
        "space" => KeyCode::Char(' '),
        other => panic!("no key {other}"),
    })
}

fn scene() -> Vec<Object> {
    vec![
        object(&namespace("default")),
        object(&namespace("k8s-test")),
        object(&node("n1").cpu("4").ready()),
        object(&node("n2").cpu("4")),
        object(&pod("web-1").labelled("app", "web").on("n1").at("10.1.0.2").ready()),
        object(&pod("web-2").labelled("app", "web").on("n1").unready()),
        object(&pod("web-3").labelled("app", "web")),
        object(&pod("宽宽-wide").on("n1").ready()),
        object(&pod("db-0").within("k8s-test").on("n1").ready()),
        object(&deployment("web", 3)),
    ]
}
