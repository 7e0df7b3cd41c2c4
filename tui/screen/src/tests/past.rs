//! The past: shown read only, step by step, and left again as if nothing had been.

use super::*;
use crate::{msg::Picture, rows::Delta};
use shared_api::core::Pod;

fn picture(revision: u64, pods: &[&str]) -> Picture {
    let kind = GroupKind::of::<Pod>();
    let mut digester = Digester::of(info(&kind).unwrap());
    let mut deltas = vec![Delta::Begin];
    deltas.extend(pods.iter().filter_map(|name| {
        digester.delta(&Event::Modified(object(&pod(name).labelled("app", "web"))), moment())
    }));
    deltas.push(Delta::Complete);
    Picture { revision, sheets: vec![(kind, deltas)] }
}

fn asked(seat: &Seat) -> u64 {
    let found = seat.asked.iter().rev().find_map(|effect| match effect {
        Effect::Past { generation, .. } => Some(*generation),
        _ => None,
    });
    found.expect("the past was asked for")
}

#[test]
fn what_was_is_shown_read_only_and_what_is_comes_back() {
    let mut seat = Seat::over(scene());
    seat.press(":at -2m<enter>");
    let generation = asked(&seat);
    seat.tell(Msg::Past(generation, Ok(picture(41, &["web-1", "web-gone"]))));
    seat.looks_like("past");
    seat.press("<ctrl-d>");
    assert!(seat.said().contains("this is the past"), "{}", seat.said());
    seat.press("j");
    assert_eq!(seat.on(), "web-gone");
    seat.press("w");
    let Some(Effect::Perform { action, .. }) = seat.asked.last() else { panic!("{:?}", seat.asked.last()) };
    let wanted = "why pods/web-gone -n default --at 41";
    assert_eq!(**action, tui_commands::grammar::parse_line(wanted).unwrap());
    // What happens meanwhile is seen only when one is back.
    seat.press("<esc>");
    seat.see([object(&pod("web-new").labelled("app", "web"))]);
    assert!(!seat.picture().contains("web-new"));
    seat.press(":now<enter>");
    let now = seat.picture();
    let row = |name: &str| now.lines().any(|line| line.starts_with(&format!(" {name}  ")));
    assert!(row("web-new") && row("web-2") && !row("web-gone"), "{now}");
}

#[test]
fn steps_go_back_and_forth_up_to_now() {
    let mut seat = Seat::over(scene());
    seat.press("<<>");
    seat.tell(Msg::Past(asked(&seat), Ok(picture(9, &["web-1"]))));
    assert!(seat.picture().contains("15s ago, rev 9"), "{}", seat.picture());
    seat.press("<<>");
    seat.tell(Msg::Past(asked(&seat), Ok(picture(8, &[]))));
    assert!(seat.picture().contains("30s ago, rev 8"), "{}", seat.picture());
    seat.press(">>");
    assert!(seat.picture().contains("live") && seat.picture().contains("web-2"), "{}", seat.picture());
}

#[test]
fn beyond_the_history_is_said_and_nothing_changes() {
    let mut seat = Seat::over(scene());
    seat.press(":at -3h<enter>");
    seat.tell(Msg::Past(
        asked(&seat),
        Err("history reaches 9m back, to revision 7; 3h0m ago is further".into()),
    ));
    assert!(seat.said().contains("history reaches 9m back"), "{}", seat.said());
    assert!(seat.picture().contains("web-2"));
}
