//! What is set: keys, skins, what may be done, layouts; and other clusters.

use super::*;
use crate::{
    config::Config,
    msg::{Arrived, Outcome},
    rows::Delta,
    update::begin,
};
use ratatui::style::Color;
use std::path::PathBuf;

impl Seat {
    /// As if that configuration had been there at the start.
    fn set(&mut self, text: &str) {
        let mut config = Config::read(text);
        config.path = Some(PathBuf::from("/home/you/config.yaml"));
        let effects = begin(&mut self.model, config);
        self.asked.extend(effects);
    }

    /// The last line of `--batch` that was asked for.
    fn performed(&self) -> Option<&tui_commands::Action> {
        self.asked.iter().rev().find_map(|effect| match effect {
            Effect::Perform { action, .. } => Some(&**action),
            _ => None,
        })
    }
}

#[test]
fn what_is_set_for_the_context_is_what_is_opened() {
    let mut seat = Seat::over(scene());
    seat.set("start: pods k8s-test /db\nskin: light\ncontexts: {demo: {namespace: 'default,k8s-test', start: 'pods /db'}}");
    assert_eq!(seat.on(), "db-0");
    assert!(seat.picture().contains("ns default,k8s-test"));
    assert_eq!(Some(&seat.model.skin), seat.model.config.skin("light").as_ref());
    seat.set("start: delete pod web-1");
    assert!(seat.said().contains("it does more than look"), "{}", seat.said());
}

#[test]
fn what_is_not_understood_is_said_and_told_whole() {
    let mut seat = Seat::over(scene());
    seat.set("keyz: 1\nkeys: {fly: f}");
    assert!(
        seat.said().contains("/home/you/config.yaml: ") && seat.said().contains("(and 1 more)"),
        "{}",
        seat.said()
    );
    seat.press(":settings<enter>");
    let picture = seat.picture();
    assert!(picture.contains("keyz is not known") && picture.contains("no action \"fly\""), "{picture}");
}

#[test]
fn other_keys_do_the_same_and_every_hint_says_so() {
    let mut seat = Seat::over(scene());
    seat.set("keys: {yaml: Y, top: g g, describe: [], all-namespaces: A}");
    seat.press("jjgg");
    assert_eq!(seat.on(), "web-1");
    seat.press("y");
    assert!(seat.performed().is_none());
    let picture = seat.picture();
    assert!(picture.contains("Y yaml") && !picture.contains("d describe"), "{picture}");
    seat.press("Y");
    assert!(seat.performed().is_some());
    seat.press(":ns nowhere<enter>:pods<enter>");
    assert!(seat.picture().contains("A shows all namespaces"), "{}", seat.picture());
}

#[test]
fn nothing_is_changed_when_that_is_not_wanted_and_it_is_said_why() {
    let mut seat = Seat::over(scene());
    seat.set("contexts: {demo: {read-only: true}}");
    assert!(seat.picture().contains("ns default  read-only"));
    for keys in [
        "<ctrl-d>",
        "s",
        ":nodes<enter>c",
        ":scale deployment/web --replicas 2<enter>",
        ":exec web-1 -- sh<enter>",
    ] {
        seat.asked.clear();
        seat.press(keys);
        let done = seat.asked.iter().any(|e| matches!(e, Effect::Perform { .. } | Effect::Speak { .. }));
        assert!(!done && seat.model.overlay.is_none(), "{keys}: {:?}", seat.asked);
        assert!(seat.said().contains("read-only in /home/you/config.yaml"), "{keys}: {}", seat.said());
    }
    seat.press(":pods<enter>y");
    assert!(seat.performed().is_some(), "looking is allowed");
}

#[test]
fn without_colours_there_is_none_and_the_rest_can_be_told_apart() {
    let mut seat = Seat::over(scene());
    seat.set("");
    seat.model.config.coloured = false;
    seat.press(":skin high-contrast<enter>");
    seat.tell(Msg::Frame);
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| draw(&seat.model, frame)).unwrap();
    let cells = &terminal.backend().buffer().content;
    assert!(cells.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    let kinds: std::collections::BTreeSet<_> = cells.iter().map(|cell| cell.modifier.bits()).collect();
    assert!(kinds.len() > 3, "title, cursor, headings and what waits look different: {kinds:?}");
}

#[test]
fn a_layout_is_kept_by_name_and_made_again() {
    let mut seat = Seat::over(scene());
    seat.set("skin: light");
    seat.press(
        "/web<enter><ctrl-w>s:nodes<enter><ctrl-w>k:follow describe<enter>:layout save trouble<enter>",
    );
    let Some(Effect::Layouts { generation, path, layouts }) = seat.asked.last() else {
        panic!("{:?}", seat.asked.last())
    };
    assert_eq!(path.to_str(), Some("/home/you/config.yaml"));
    let text = crate::config::with_layouts("", layouts).unwrap();
    let wanted = "layouts:\n  trouble:\n    share: 50\n    stacked:\n    - beside:\n      - pods default '/web'\n      - follow describe\n      share: 45\n    - nodes default\n";
    assert_eq!(text, wanted);
    let done = Outcome { text: "it is in /home/you/config.yaml".into(), ..Outcome::default() };
    let generation = *generation;
    seat.tell(Msg::Performed(generation, done));
    assert_eq!(seat.said(), "layout save trouble: it is in /home/you/config.yaml");

    let mut other = Seat::over(scene());
    other.set(&text);
    other.press(":layout trouble<enter>");
    other.tell(Msg::Resize(120, 40));
    other.picture();
    let wait =
        other.asked.iter().rev().find_map(|e| if let Effect::Rest(wait) = e { Some(*wait) } else { None });
    other.tell(Msg::Rested(wait.expect("it follows")));
    let Some(Effect::Perform { generation, .. }) = other.asked.last() else {
        panic!("{:?}", other.asked.last())
    };
    let generation = *generation;
    let text = "Name:         web-1\nNamespace:    default\nNode:         n1\nStatus:       Running\nPod IP:       10.1.0.2\n".into();
    other.tell(Msg::Performed(generation, Outcome { text, ..Outcome::default() }));
    other.looks_like("layout");
    other.press(":layout nothing<enter>");
    assert_eq!(other.said(), "there is no layout \"nothing\"; there are trouble");
    other.press(":layout drop trouble<enter>");
    assert!(matches!(other.asked.last(), Some(Effect::Layouts { layouts, .. }) if layouts.is_empty()));
}

#[test]
fn another_cluster_is_gone_to_when_the_way_is_open() {
    let mut seat = Seat::over(scene());
    seat.model.given.contexts = vec!["demo".into(), "prod".into()];
    seat.press(":ctx nowhere<enter>");
    assert_eq!(seat.said(), "there is no context \"nowhere\"; there are demo, prod");
    seat.press("l:pods @prod shop /web<enter>");
    let Some(Effect::Connect(generation, _)) = seat.asked.last() else { panic!("{:?}", seat.asked) };
    let generation = *generation;
    assert!(
        seat.model.known.row(&shared_api::Key::of::<shared_api::core::Pod>("default", "web-1")).is_some()
    );
    let arrived = |context: &str| Arrived {
        context: context.into(),
        server: "https://prod".into(),
        home: "home".into(),
    };
    seat.tell(Msg::Arrived(generation + 7, Ok(arrived("late"))));
    assert_eq!(seat.model.known.context, "demo", "nobody asked for that");
    seat.asked.clear();
    seat.tell(Msg::Arrived(generation, Ok(arrived("prod"))));
    assert_eq!(seat.asked.first(), Some(&Effect::Enter(generation)));
    assert!(seat.asked.iter().any(|e| matches!(e, Effect::Watch(kind) if kind.kind == "Pod")));
    let picture = seat.picture();
    assert!(picture.contains("prod  https://prod  ns shop") && !picture.contains("web-1"), "{picture}");
    assert_eq!(seat.model.filter(), Some("web"));
    seat.press(":ctx demo<enter>:ctx prod<enter>");
    let stopped = seat.asked.iter().filter(|e| matches!(e, Effect::Stop(_))).count();
    assert_eq!(stopped, 1, "one way at a time");
    seat.tell(Msg::Arrived(generation + 1, Ok(arrived("demo"))));
    assert_eq!(seat.model.known.context, "prod");
    let Some(Effect::Connect(generation, _)) = seat.asked.last() else { panic!("{:?}", seat.asked) };
    let generation = *generation;
    seat.tell(Msg::Arrived(generation, Err("no such file".into())));
    assert_eq!(seat.said(), "ctx prod: no such file");
    seat.tell(Msg::Rows(GroupKind::of::<shared_api::core::Pod>(), vec![Delta::Begin, Delta::Complete], 5));
}

#[test]
fn lines_are_kept_but_no_secrets() {
    let mut seat = Seat::over(scene());
    seat.model.given.history = Some(PathBuf::from("/home/you/history"));
    seat.press(":create secret generic s --from-literal=a=b<enter>");
    assert!(!seat.asked.iter().any(|e| matches!(e, Effect::Keep { .. })), "{:?}", seat.asked);
    seat.press(":nodes<enter>:pods<enter>:nodes<enter>");
    let kept = seat
        .asked
        .iter()
        .filter_map(|e| if let Effect::Keep { line, .. } = e { Some(line.as_str()) } else { None });
    assert_eq!(kept.collect::<Vec<_>>(), ["nodes", "pods", "nodes"]);
    assert_eq!(seat.model.history, ["pods", "nodes"]);
}

#[test]
fn tab_finds_what_was_meant() {
    let mut seat = Seat::over(scene());
    seat.model.given.contexts = vec!["prod-east".into()];
    for (typed, wanted) in [
        (":dplymts<tab>", "deployments "),
        (":pods k8s<tab>", "pods k8s-test "),
        (":pods @prod<tab>", "pods @prod-east "),
        (":ns default,k8<tab>", "ns default,k8s-test "),
        (":skin high<tab>", "skin high-contrast "),
        (":split-r<tab>", "split-right "),
        (":follow ev<tab>", "follow events "),
    ] {
        seat.press(typed);
        let Some(crate::model::Overlay::Palette(palette)) = &seat.model.overlay else { panic!() };
        assert_eq!(palette.input.text, wanted);
        seat.press("<esc>");
    }
    seat.press(":split-right<enter>");
    assert_eq!(seat.model.desk.tab().tree.panes().len(), 2);
}
