//! What a hand does with the mouse, as the screen understands it.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use std::time::{Duration, Instant};

/// Two clicks that come so soon after each other are one double click.
const TWICE: Duration = Duration::from_millis(400);

/// One thing done, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Touch {
    pub(crate) what: Gesture,
    pub(crate) column: u16,
    pub(crate) row: u16,
    /// What happened, as programs in shells want to know it.
    pub(crate) kind: MouseEventKind,
    pub(crate) modifiers: KeyModifiers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gesture {
    Press,
    /// The second press of a double click.
    Again,
    Drag,
    Release,
    WheelUp,
    WheelDown,
    /// What only programs in shells make something of.
    Other,
}

/// Remembers the last press, for double clicks.
#[derive(Debug, Default)]
pub(crate) struct Hand {
    last: Option<(Instant, u16, u16)>,
}

impl Hand {
    /// What an event means; to us only the left button and the wheel mean something.
    pub(crate) fn read(&mut self, event: MouseEvent, now: Instant) -> Touch {
        let MouseEvent { kind, column, row, modifiers } = event;
        let what = match kind {
            MouseEventKind::Down(MouseButton::Left) => {
                let soon = |at: Instant| now.saturating_duration_since(at) < TWICE;
                let again = self.last.is_some_and(|(at, x, y)| soon(at) && (x, y) == (column, row));
                // A third press begins anew.
                self.last = (!again).then_some((now, column, row));
                if again { Gesture::Again } else { Gesture::Press }
            }
            MouseEventKind::Drag(MouseButton::Left) => Gesture::Drag,
            MouseEventKind::Up(MouseButton::Left) => Gesture::Release,
            MouseEventKind::ScrollUp => Gesture::WheelUp,
            MouseEventKind::ScrollDown => Gesture::WheelDown,
            _ => Gesture::Other,
        };
        Touch { what, column, row, kind, modifiers }
    }
}

#[cfg(test)]
impl Touch {
    /// As a hand without keys makes it.
    pub(crate) fn made(what: Gesture, column: u16, row: u16) -> Self {
        let kind = match what {
            Gesture::Press | Gesture::Again => MouseEventKind::Down(MouseButton::Left),
            Gesture::WheelUp => MouseEventKind::ScrollUp,
            Gesture::WheelDown => MouseEventKind::ScrollDown,
            Gesture::Drag => MouseEventKind::Drag(MouseButton::Left),
            Gesture::Release => MouseEventKind::Up(MouseButton::Left),
            Gesture::Other => MouseEventKind::Moved,
        };
        Self { what, column, row, kind, modifiers: KeyModifiers::NONE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_presses_soon_after_each_other_in_one_place_are_one_double_click() {
        let (mut hand, start) = (Hand::default(), Instant::now());
        let mut press = |after, column| {
            let kind = MouseEventKind::Down(MouseButton::Left);
            let event = MouseEvent { kind, column, row: 3, modifiers: KeyModifiers::NONE };
            hand.read(event, start + Duration::from_millis(after)).what
        };
        let told: Vec<_> = [(0, 5), (200, 5), (300, 5), (900, 5), (1000, 6)]
            .into_iter()
            .map(|(after, column)| press(after, column))
            .collect();
        assert_eq!(told, [Gesture::Press, Gesture::Again, Gesture::Press, Gesture::Press, Gesture::Press]);
    }
}
