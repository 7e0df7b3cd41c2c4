//! What is done from the screen: asked with its line and what it takes with it, remembered, taken back.

use super::*;
use crate::msg::Outcome;
use tui_commands::{Blast, Line, Undo, grammar::parse_line};

fn asked(seat: &Seat) -> Option<(u64, String)> {
    match seat.asked.last() {
        Some(Effect::Perform { generation, action, .. }) => Some((*generation, format!("{action:?}"))),
        _ => None,
    }
}

fn foresee(seat: &mut Seat, lines: &[(bool, &str)]) {
    let generation = seat.asked.iter().rev().find_map(|effect| match effect {
        Effect::Foresee { generation, .. } => Some(*generation),
        _ => None,
    });
    let lines = lines.iter().map(|(grave, text)| Line { grave: *grave, text: (*text).into() }).collect();
    seat.tell(Msg::Foreseen(generation.unwrap(), Ok(Blast { lines, diff: String::new() })));
}

fn is(seat: &Seat, line: &str) -> bool {
    asked(seat).is_some_and(|(_, action)| action == format!("{:?}", parse_line(line).unwrap()))
}

#[test]
fn what_somebody_would_notice_has_to_be_typed() {
    let mut seat = Seat::over(scene());
    seat.press(":deploy<enter><ctrl-d>");
    foresee(
        &mut seat,
        &[
            (true, "service web: nobody is left to answer (2 ready pods now)"),
            (false, "2 pods are lost: web-1, web-2"),
        ],
    );
    seat.press("y");
    assert!(asked(&seat).is_none(), "one key is not enough");
    seat.looks_like("confirm-typed");
    seat.press("<back>we");
    seat.press("<enter>");
    assert!(asked(&seat).is_none(), "half a name is not enough");
    seat.press("b<enter>");
    assert!(is(&seat, "delete deployments/web --no-wait -n default"), "{:?}", seat.asked.last());
}

#[test]
fn a_line_is_completed_then_shown_with_what_it_takes_with_it() {
    let mut seat = Seat::over(scene());
    seat.press(":deploy<enter>S1<enter>");
    foresee(&mut seat, &[(false, "2 pods are lost: web-1, web-2")]);
    seat.looks_like("confirm-scale");
    seat.press("e<back>2<enter>y");
    assert!(is(&seat, "scale -n default deployments/web --replicas=2"), "{:?}", seat.asked.last());
}

#[test]
fn everything_that_can_be_done_stands_in_a_list() {
    let mut seat = Seat::over(scene());
    seat.press(":deploy<enter>a").looks_like("actions");
    seat.press("j<enter>y");
    assert!(is(&seat, "rollout restart -n default deployments/web"), "{:?}", seat.asked.last());
}

#[test]
fn what_was_done_is_remembered_and_taken_back() {
    let mut seat = Seat::over(scene());
    seat.press(":nodes<enter>c");
    let (generation, _) = asked(&seat).unwrap();
    let undo = Undo {
        action: parse_line("uncordon n1").unwrap(),
        line: "uncordon n1".into(),
        about: (object(&node("n1")).key(), "uid-n1".into()),
    };
    let text = "node/n1 cordoned\n".into();
    seat.tell(Msg::Performed(generation, Outcome { text, undo: vec![undo], ..Outcome::default() }));
    seat.press(":commands<enter>").looks_like("commands");
    seat.press("u");
    assert!(seat.picture().contains("take it back?"), "{}", seat.picture());
    seat.press("y");
    assert!(is(&seat, "uncordon n1"), "{:?}", seat.asked.last());
    let (generation, _) = asked(&seat).unwrap();
    seat.tell(Msg::Performed(generation, Outcome::default()));
    seat.press("u");
    assert!(seat.said().contains("nothing was done here that can be taken back"), "{}", seat.said());
}

#[test]
fn a_risky_line_of_the_palette_is_asked_too() {
    let mut seat = Seat::over(scene());
    seat.press(":delete pod web-1<enter>");
    assert!(asked(&seat).is_none());
    seat.press("y");
    assert!(is(&seat, "delete pod web-1"), "{:?}", seat.asked.last());
}

#[test]
fn what_moves_by_itself_is_asked_again_while_it_is_looked_at() {
    let mut seat = Seat::over(scene());
    let asked = |seat: &Seat| seat.asked.iter().filter(|e| matches!(e, Effect::Perform { .. })).count();
    let now = seat.model.known.now;
    seat.press(":path svc/web<enter>");
    let Some(Effect::Perform { generation, .. }) = seat.asked.last() else {
        panic!("{:?}", seat.asked.last())
    };
    let generation = *generation;
    for second in 1..=3 {
        seat.tell(Msg::Tick(now + Duration::from_secs(second)));
    }
    assert_eq!(asked(&seat), 1, "what was not answered yet is not asked again");
    seat.tell(Msg::Performed(
        generation,
        Outcome { text: "a way\nof two lines\n".into(), ..Outcome::default() },
    ));
    for second in 4..=6 {
        seat.tell(Msg::Tick(now + Duration::from_secs(second)));
    }
    assert_eq!(asked(&seat), 2);
    assert!(seat.picture().contains("a way"), "the answer stays until the next is there");
    seat.press("<esc>");
    for second in 7..=20 {
        seat.tell(Msg::Tick(now + Duration::from_secs(second)));
    }
    assert_eq!(asked(&seat), 2, "nobody looks at it");
}

#[test]
fn a_drain_tells_how_far_it_has_come() {
    let mut seat = Seat::over(scene());
    seat.press(":nodes<enter>:drain n1<enter>");
    foresee(&mut seat, &[]);
    seat.press("y");
    let (generation, _) = asked(&seat).unwrap();
    seat.tell(Msg::Progress(generation + 1, "nobody asked".into()));
    seat.tell(Msg::Progress(generation, "pod/web-1 evicted\n".into()));
    let picture = seat.picture();
    assert!(
        picture.contains("(Esc stops waiting): pod/web-1 evicted") && !picture.contains("nobody"),
        "{picture}"
    );
}

#[test]
fn what_files_change_is_shown_before_and_scrolled() {
    let mut seat = Seat::over(scene());
    seat.press(":apply -f shop.yaml<enter>");
    let Some(Effect::Foresee { generation, .. }) = seat.asked.last() else { panic!("it is foreseen") };
    let generation = *generation;
    let lines = vec![Line { grave: false, text: "1 object is changed: deployment.apps/web".into() }];
    let mut diff =
        "--- deployment.apps/web live\n+++ deployment.apps/web as the file has it\n@@ -1,3 +1,3 @@\n"
            .to_owned();
    diff.push_str(" spec:\n-  replicas: 3\n+  replicas: 4\n");
    for at in 0..30 {
        diff.push_str(&format!("+    - name: FEATURE_{at}\n"));
    }
    seat.tell(Msg::Foreseen(generation, Ok(Blast { lines, diff })));
    seat.looks_like("confirm-apply");
    seat.press("GGk");
    let picture = seat.picture();
    assert!(picture.contains("FEATURE_28") && !picture.contains("FEATURE_29"), "{picture}");
    assert!(asked(&seat).is_none());
    seat.press("y");
    assert!(is(&seat, "apply -f shop.yaml"));
}
