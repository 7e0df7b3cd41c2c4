//! Any keys and any changes, at any size: nothing breaks, and the cursor leaves its object only when it must.

use super::*;
use crate::mouse::{Gesture, Touch};

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides
    }
}

const KEYS: &[&str] = &[
    "j",
    "k",
    "g",
    "G",
    "<pgdn>",
    "<enter>",
    "<esc>",
    "<tab>",
    "/",
    ":",
    "?",
    "l",
    "s",
    "d",
    "y",
    "f",
    "n",
    "0",
    "w",
    "o",
    "O",
    "z",
    "I",
    "C",
    "W",
    "<space>",
    "t",
    "p",
    "c",
    "u",
    "x",
    "r",
    "<ctrl-d>",
    "<ctrl-5>",
    "1",
    ":nodes<enter>",
    ":pf<enter>",
    "<esc><esc>",
    "e",
    "宽",
    "<back>",
    "<left>",
    "<up>",
    "[",
    "]",
    "{",
    "}",
    "<s-tab>",
    "<ctrl-w>",
    "<ctrl-w>v",
    "<ctrl-w>s",
    "<ctrl-w>c",
    "<ctrl-w>h",
    "<ctrl-w>l",
    "<ctrl-w>j",
    "<ctrl-w>k",
    "<ctrl-w>z",
    "<ctrl-w>>",
    "<ctrl-w>-",
    "<ctrl-w>t",
    "<ctrl-w>x",
    "U",
    "<f1>",
    "<ctrl-w>f<enter>",
    "Y",
    "Yt",
    "Yc<enter>",
    ":layout save x<enter>",
    ":layout x<enter>",
    ":skin light<enter>",
    ":follow events<enter>",
    ":follow why<enter>",
];

#[test]
fn nothing_breaks_whatever_is_pressed_and_whatever_happens() {
    for seed in 0..5 {
        let (mut dice, mut seat) = (Dice(seed), Seat::over(scene()));
        for _ in 0..400 {
            match dice.roll(10) {
                0 => {
                    let changed = pod(&format!("p-{}", dice.roll(30)));
                    if dice.roll(3) == 0 { seat.lose(object(&changed)) } else { seat.see([object(&changed)]) }
                }
                1 => seat.tell(Msg::Resize(size(&mut dice, 120), size(&mut dice, 40))),
                2 => {
                    let generation = dice.roll(20) as u64;
                    seat.tell(Msg::Lines(
                        generation,
                        vec!["a line\twith 宽 and \u{1b}".into(); dice.roll(50)],
                    ));
                    seat.tell(Msg::Screen(generation, "\x1b[5;5H宽x\r\n\x1b[6n".into()));
                }
                3 => {
                    let generation = dice.roll(20) as u64;
                    seat.tell(Msg::Ended(generation, (dice.roll(2) == 0).then(|| "why\u{1b}".into())));
                }
                4 => {
                    let waits = seat.asked.iter().rev().find_map(|effect| match effect {
                        Effect::Rest(generation) => Some(*generation),
                        _ => None,
                    });
                    if let Some(wait) = waits {
                        seat.tell(Msg::Rested(wait));
                    }
                }
                5 => {
                    let gestures = [
                        Gesture::Press,
                        Gesture::Again,
                        Gesture::Drag,
                        Gesture::Release,
                        Gesture::WheelDown,
                        Gesture::Other,
                    ];
                    let what = gestures[dice.roll(gestures.len())];
                    let touch = Touch::made(what, size(&mut dice, 120), size(&mut dice, 40));
                    seat.tell(Msg::Touch(touch));
                }
                _ => drop(seat.press(KEYS[dice.roll(KEYS.len())])),
            }
            seat.picture();
            seat.model.quit = false;
        }
    }
}

fn size(dice: &mut Dice, most: usize) -> u16 {
    u16::try_from(1 + dice.roll(most)).unwrap_or(1)
}

#[test]
fn the_cursor_keeps_its_object_while_others_come_and_go() {
    let (mut dice, mut seat) = (Dice(7), Seat::over(scene()));
    seat.press("j");
    assert_eq!(seat.on(), "web-2");
    for _ in 0..500 {
        let other = object(&pod(&format!("{}-x", ["a", "web-1", "z"][dice.roll(3)])));
        if dice.roll(2) == 0 {
            seat.lose(other);
        } else {
            seat.see([other]);
        }
        match dice.roll(12) {
            0 => drop(seat.press("o<esc>")),
            1 => drop(seat.press("<ctrl-w>v<ctrl-w>h<ctrl-w>l<ctrl-w>c")),
            2 => drop(seat.press("<ctrl-w>t:nodes<enter>{}<ctrl-w>x")),
            3 => drop(seat.press(":nodes<enter>[]<esc>")),
            4 => drop(seat.press("/web<enter><esc>")),
            _ => {}
        }
        assert_eq!(seat.on(), "web-2");
    }
}
