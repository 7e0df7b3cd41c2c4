//! Keys as a terminal sends them.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

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

#[cfg(test)]
mod tests {
    use super::*;

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
