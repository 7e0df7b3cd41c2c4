//! The mouse and the clipboard.

use super::*;
use crate::{
    model::Overlay,
    mouse::{Gesture, Touch},
};

impl Seat {
    fn touch(&mut self, what: Gesture, column: u16, row: u16) {
        self.tell(Msg::Touch(Touch::made(what, column, row)));
    }

    fn copied(&self) -> &str {
        match self.asked.last() {
            Some(Effect::Copy(text)) => text,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_press_puts_the_focus_and_the_cursor_there_and_twice_is_enter() {
    let mut seat = Seat::over(scene());
    seat.press("<ctrl-w>v");
    seat.picture();
    seat.touch(Gesture::Press, 5, 5);
    assert_eq!((seat.model.desk.tab().focus, seat.on().as_str()), (1, "web-2"));
    seat.touch(Gesture::Press, 50, 6);
    assert_eq!((seat.model.desk.tab().focus, seat.on().as_str()), (2, "web-3"));
    seat.touch(Gesture::Press, 50, 20);
    assert_eq!(seat.on(), "web-3", "nothing is there");
    seat.touch(Gesture::Press, 50, 2);
    seat.touch(Gesture::Again, 50, 2);
    assert!(!seat.asked.iter().any(|e| matches!(e, Effect::Logs { .. })), "a title is not opened");
    seat.touch(Gesture::Press, 50, 4);
    seat.touch(Gesture::Again, 50, 4);
    assert!(matches!(seat.asked.last(), Some(Effect::Logs { pod, .. }) if pod.name == "web-1"));
}

#[test]
fn the_wheel_scrolls_what_is_under_it_and_the_focus_stays() {
    let mut seat = Seat::over(scene());
    seat.press("<ctrl-w>v");
    seat.touch(Gesture::WheelDown, 5, 8);
    assert_eq!((seat.model.desk.tab().focus, seat.on().as_str()), (2, "web-1"));
    seat.press("<ctrl-w>h");
    assert_ne!(seat.on(), "web-1");
    seat.press("?");
    seat.touch(Gesture::WheelDown, 5, 8);
    assert!(matches!(seat.model.overlay, Some(Overlay::Help(1))));
}

#[test]
fn a_line_between_panes_is_dragged() {
    let mut seat = Seat::over(scene());
    seat.press("<ctrl-w>v<ctrl-w>s");
    let room = |seat: &Seat| seat.model.desk.tab().seen(seat.model.whole());
    let seam = room(&seat)[0].1.right();
    seat.touch(Gesture::Press, seam, 10);
    seat.touch(Gesture::Drag, 20, 10);
    assert!(room(&seat)[0].1.right().abs_diff(20) <= 1, "{:?}", room(&seat));
    seat.touch(Gesture::Release, 20, 10);
    seat.touch(Gesture::Drag, 60, 10);
    assert!(room(&seat)[0].1.right().abs_diff(20) <= 1, "it was let go");
    let title = room(&seat)[2].1.y;
    seat.touch(Gesture::Press, 70, title);
    seat.touch(Gesture::Drag, 70, 7);
    assert!(room(&seat)[2].1.y.abs_diff(7) <= 1, "{:?}", room(&seat));
}

#[test]
fn a_press_on_a_tab_shows_it() {
    let mut seat = Seat::over(scene());
    seat.press("<ctrl-w>t:nodes<enter>");
    seat.touch(Gesture::Press, 3, 2);
    assert_eq!(seat.on(), "web-1");
    seat.touch(Gesture::Press, 12, 2);
    assert_eq!(seat.on(), "n1");
}

#[test]
fn what_asks_is_not_answered_with_the_mouse() {
    let mut seat = Seat::over(scene());
    seat.press("<ctrl-d>");
    seat.asked.clear();
    for row in 0..24 {
        seat.touch(Gesture::Press, 40, row);
        seat.touch(Gesture::Again, 40, row);
    }
    assert!(seat.asked.is_empty() && seat.model.overlay.is_some());
}

#[test]
fn a_name_a_row_a_cell_and_everything_can_be_copied() {
    let mut seat = Seat::over(scene());
    seat.press("jYn");
    assert_eq!((seat.copied(), seat.said()), ("web-2", "copied the name: web-2"));
    seat.press("Yr");
    assert_eq!(seat.copied(), "default\tweb-2\t0/1\tRunning\t0\t5m");
    seat.press("Ycjjj<enter>");
    assert_eq!(seat.copied(), "Running");
    seat.press("/web<enter>Yt");
    assert_eq!(seat.copied().lines().count(), 4);
    assert!(seat.copied().starts_with("NAMESPACE\tNAME\tREADY"), "{}", seat.copied());
    seat.press("<esc>l");
    seat.tell(Msg::Lines(1, vec!["one".into(), "two".into()]));
    seat.press("Yt");
    assert_eq!(seat.copied(), "one\ntwo\n");
    seat.press("Yn");
    assert_eq!(seat.said(), "there is nothing here to copy");
}

#[test]
fn a_program_in_a_shell_that_asked_for_the_mouse_hears_of_it() {
    let mut seat = Seat::over(scene());
    seat.press("s");
    let shell = seat.model.view().look().generation().unwrap();
    seat.touch(Gesture::WheelUp, 5, 6);
    assert!(!matches!(seat.asked.last(), Some(Effect::Type(..))), "it did not ask");
    seat.tell(Msg::Screen(shell, "\x1b[?1049h".into()));
    seat.touch(Gesture::WheelUp, 5, 6);
    assert_eq!(seat.asked.last(), Some(&Effect::Type(shell, b"\x1b[A\x1b[A\x1b[A".to_vec())));
    seat.tell(Msg::Screen(shell, "\x1b[?1002h\x1b[?1006h".into()));
    seat.touch(Gesture::Press, 5, 6);
    assert_eq!(seat.asked.last(), Some(&Effect::Type(shell, b"\x1b[<0;6;4M".to_vec())));
    seat.touch(Gesture::Other, 6, 6);
    assert_eq!(
        seat.asked.last(),
        Some(&Effect::Type(shell, b"\x1b[<0;6;4M".to_vec())),
        "it did not ask for moves"
    );
    seat.tell(Msg::Screen(shell, "\x1b[?2004h".into()));
    seat.tell(Msg::Paste("a\nb\x1b[201~c".into()));
    assert_eq!(seat.asked.last(), Some(&Effect::Type(shell, b"\x1b[200~a\rbc\x1b[201~".to_vec())));
}

#[test]
fn a_pod_with_several_containers_is_asked_which() {
    let side = serde_json::from_value(serde_json::json!({"name": "side", "image": "x"})).unwrap();
    let mut seat = Seat::over([object(&pod("two").container(side).ready())]);
    seat.press(":attach -it two<enter>");
    let picture = seat.picture();
    assert!(picture.contains("attach: which container?") && picture.contains("side"), "{picture}");
    seat.press("j<enter>");
    let Some(Effect::Speak { action, .. }) = seat.asked.last() else { panic!("{:?}", seat.asked.last()) };
    assert_eq!(**action, tui_commands::grammar::parse_line("attach -c side -it two").unwrap());
    let generation = seat.model.view().look().generation().unwrap();
    seat.tell(Msg::Over(generation, crate::msg::Over::Code(3)));
    assert!(seat.picture().contains("it ended with exit code 3: attach -c side"));
    seat.press("x:commands<enter>");
    assert!(seat.picture().contains("exit code 3"), "{}", seat.picture());
}
