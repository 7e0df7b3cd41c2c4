//! One line being typed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Text with a place in it; `at` counts characters.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Input {
    pub(crate) text: String,
    pub(crate) at: usize,
}

impl Input {
    pub(crate) fn with(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { at: text.chars().count(), text }
    }

    fn byte(&self, at: usize) -> usize {
        self.text.char_indices().nth(at).map_or(self.text.len(), |(i, _)| i)
    }

    /// What stands before the place.
    pub(crate) fn before(&self) -> &str {
        &self.text[..self.byte(self.at)]
    }

    /// Puts text in; control characters have no place in a line.
    pub(crate) fn insert(&mut self, text: &str) {
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        let at = self.byte(self.at);
        self.text.insert_str(at, &text);
        self.at += text.chars().count();
    }

    /// Puts other text in for the characters before the place.
    pub(crate) fn replace_before(&mut self, characters: usize, text: &str) {
        self.cut(self.at.saturating_sub(characters), self.at);
        self.insert(text);
    }

    fn cut(&mut self, from: usize, to: usize) {
        let (a, b) = (self.byte(from), self.byte(to));
        self.text.replace_range(a..b, "");
        self.at = from;
    }

    /// Takes a key; false when the key means nothing in a line.
    pub(crate) fn key(&mut self, key: KeyEvent) -> bool {
        let end = self.text.chars().count();
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('u') if ctrl => self.cut(0, self.at),
            KeyCode::Char('w') if ctrl => {
                let before = self.before().trim_end();
                let from = before.rfind(char::is_whitespace).map_or(0, |i| before[..i].chars().count() + 1);
                self.cut(from, self.at);
            }
            KeyCode::Char('a') if ctrl => self.at = 0,
            KeyCode::Char('e') if ctrl => self.at = end,
            KeyCode::Char(c) if !ctrl => self.insert(c.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace if self.at > 0 => self.cut(self.at - 1, self.at),
            KeyCode::Delete if self.at < end => self.cut(self.at, self.at + 1),
            KeyCode::Backspace | KeyCode::Delete => {}
            KeyCode::Left => self.at = self.at.saturating_sub(1),
            KeyCode::Right => self.at = (self.at + 1).min(end),
            KeyCode::Home => self.at = 0,
            KeyCode::End => self.at = end,
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_edited_by_characters_not_bytes() {
        let mut line = Input::with("größe web");
        let ctrl = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
        line.key(ctrl('w'));
        assert_eq!(line.text, "größe ");
        line.key(KeyCode::Left.into());
        line.key(KeyCode::Left.into());
        line.key(KeyCode::Backspace.into());
        assert_eq!(line.text, "gröe ");
        line.insert("ß\u{1b}\n");
        assert_eq!((line.text.as_str(), line.at), ("größe ", 4));
        line.key(ctrl('u'));
        assert_eq!((line.text.as_str(), line.at), ("e ", 0));
    }
}
