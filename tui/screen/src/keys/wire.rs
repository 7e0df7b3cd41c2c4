//! Keys and the mouse as a terminal sends them.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEventKind};
use tui_term::vt100::{MouseProtocolEncoding, MouseProtocolMode};

/// The bytes a terminal sends for a key.
pub(crate) fn encode(key: KeyEvent, application: bool) -> Vec<u8> {
    let mut bytes = if key.modifiers.contains(KeyModifiers::ALT) { vec![0x1b] } else { Vec::new() };
    let arrow = |c: char| format!("\x1b{}{c}", if application { 'O' } else { '[' });
    let text = match key.code {
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::CONTROL) => match c.to_ascii_lowercase() {
            c @ 'a'..='z' => char::from(c as u8 & 0x1f).to_string(),
            ' ' | '2' | '@' => "\0".into(),
            '[' | '3' => "\x1b".into(),
            '^' | '6' => "\x1e".into(),
            '_' | '7' | '/' => "\x1f".into(),
            c => c.to_string(),
        },
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Enter => "\r".into(),
        KeyCode::Backspace => "\x7f".into(),
        KeyCode::Tab => "\t".into(),
        KeyCode::BackTab => "\x1b[Z".into(),
        KeyCode::Esc => "\x1b".into(),
        KeyCode::Up => arrow('A'),
        KeyCode::Down => arrow('B'),
        KeyCode::Right => arrow('C'),
        KeyCode::Left => arrow('D'),
        KeyCode::Home => arrow('H'),
        KeyCode::End => arrow('F'),
        KeyCode::Insert => "\x1b[2~".into(),
        KeyCode::Delete => "\x1b[3~".into(),
        KeyCode::PageUp => "\x1b[5~".into(),
        KeyCode::PageDown => "\x1b[6~".into(),
        KeyCode::F(n @ 1..=4) => format!("\x1bO{}", char::from(b'O' + n)),
        KeyCode::F(n @ 5..=12) => format!("\x1b[{}~", [15, 17, 18, 19, 20, 21, 23, 24][usize::from(n - 5)]),
        _ => String::new(),
    };
    bytes.extend(text.as_bytes());
    if text.is_empty() { Vec::new() } else { bytes }
}

/// The bytes a terminal sends for what the mouse did at a column and row, to a program that asked to hear of it so.
pub(crate) fn encode_mouse(
    kind: MouseEventKind,
    modifiers: KeyModifiers,
    (column, row): (u16, u16),
    mode: MouseProtocolMode,
    encoding: MouseProtocolEncoding,
) -> Vec<u8> {
    use MouseProtocolMode::{AnyMotion, ButtonMotion, Press, PressRelease};
    let button = |button| match button {
        MouseButton::Left => 0,
        MouseButton::Middle => 1,
        MouseButton::Right => 2,
    };
    let (mut code, heard): (u16, &[MouseProtocolMode]) = match kind {
        MouseEventKind::Down(pressed) => (button(pressed), &[Press, PressRelease, ButtonMotion, AnyMotion]),
        MouseEventKind::Up(released) => (button(released), &[PressRelease, ButtonMotion, AnyMotion]),
        MouseEventKind::Drag(held) => (32 + button(held), &[ButtonMotion, AnyMotion]),
        MouseEventKind::Moved => (35, &[AnyMotion]),
        MouseEventKind::ScrollUp => (64, &[PressRelease, ButtonMotion, AnyMotion]),
        MouseEventKind::ScrollDown => (65, &[PressRelease, ButtonMotion, AnyMotion]),
        MouseEventKind::ScrollLeft => (66, &[PressRelease, ButtonMotion, AnyMotion]),
        MouseEventKind::ScrollRight => (67, &[PressRelease, ButtonMotion, AnyMotion]),
    };
    if !heard.contains(&mode) {
        return Vec::new();
    }
    let released = matches!(kind, MouseEventKind::Up(_));
    if released && encoding != MouseProtocolEncoding::Sgr {
        // Which button it was is not told.
        code = 3;
    }
    if mode != Press {
        for (modifier, bit) in [(KeyModifiers::SHIFT, 4), (KeyModifiers::ALT, 8), (KeyModifiers::CONTROL, 16)]
        {
            code += if modifiers.contains(modifier) { bit } else { 0 };
        }
    }
    let (x, y) = (column + 1, row + 1);
    let mut bytes = b"\x1b[M".to_vec();
    match encoding {
        MouseProtocolEncoding::Sgr => {
            let end = if released { 'm' } else { 'M' };
            return format!("\x1b[<{code};{x};{y}{end}").into_bytes();
        }
        MouseProtocolEncoding::Utf8 => {
            for number in [code, x, y] {
                let c = char::from_u32(u32::from(number) + 32).unwrap_or(' ');
                bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        MouseProtocolEncoding::Default => {
            // What lies further out cannot be told.
            let Ok(numbers) = [code, x, y]
                .map(|number| u8::try_from(number + 32))
                .into_iter()
                .collect::<Result<Vec<_>, _>>()
            else {
                return Vec::new();
            };
            bytes.extend(numbers);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mouse_reaches_a_program_as_it_asked_for_it() {
        use MouseProtocolEncoding::{Default, Sgr, Utf8};
        let (down, up) = (MouseEventKind::Down(MouseButton::Left), MouseEventKind::Up(MouseButton::Right));
        let sent = |kind, at, mode, encoding| encode_mouse(kind, KeyModifiers::NONE, at, mode, encoding);
        assert_eq!(sent(down, (4, 9), MouseProtocolMode::PressRelease, Sgr), b"\x1b[<0;5;10M");
        assert_eq!(sent(up, (4, 9), MouseProtocolMode::PressRelease, Sgr), b"\x1b[<2;5;10m");
        assert_eq!(sent(up, (4, 9), MouseProtocolMode::PressRelease, Default), b"\x1b[M#%*");
        assert_eq!(sent(up, (4, 9), MouseProtocolMode::Press, Default), b"");
        assert_eq!(sent(down, (300, 9), MouseProtocolMode::Press, Default), b"");
        assert_eq!(sent(down, (300, 9), MouseProtocolMode::Press, Utf8), "\x1b[M \u{14d}*".as_bytes());
        assert_eq!(sent(MouseEventKind::Moved, (0, 0), MouseProtocolMode::ButtonMotion, Sgr), b"");
        assert_eq!(sent(MouseEventKind::Moved, (0, 0), MouseProtocolMode::AnyMotion, Sgr), b"\x1b[<35;1;1M");
        let control = encode_mouse(down, KeyModifiers::CONTROL, (0, 0), MouseProtocolMode::AnyMotion, Sgr);
        assert_eq!(control, b"\x1b[<16;1;1M");
    }

    #[test]
    fn keys_reach_a_shell_as_a_terminal_sends_them() {
        let check = |code: KeyCode, modifiers, wanted: &[u8]| {
            assert_eq!(encode(KeyEvent::new(code, modifiers), false), wanted, "{code:?}");
        };
        check(KeyCode::Char('ü'), KeyModifiers::NONE, "ü".as_bytes());
        check(KeyCode::Char('c'), KeyModifiers::CONTROL, b"\x03");
        check(KeyCode::Char('b'), KeyModifiers::ALT, b"\x1bb");
        check(KeyCode::Up, KeyModifiers::NONE, b"\x1b[A");
        check(KeyCode::F(1), KeyModifiers::NONE, b"\x1bOP");
        check(KeyCode::F(5), KeyModifiers::NONE, b"\x1b[15~");
        check(KeyCode::CapsLock, KeyModifiers::NONE, b"");
        assert_eq!(encode(KeyCode::Up.into(), true), b"\x1bOA");
    }
}
