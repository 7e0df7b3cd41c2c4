use crate::pager::tidy;

/// A line longer than this is cut into several, so that no writer can fill the memory.
const LONGEST: usize = 16 << 10;

/// Bytes as lines; what is no whole line yet waits.
#[derive(Default)]
pub(crate) struct Cutter(Vec<u8>);

impl Cutter {
    pub(crate) fn take(&mut self, bytes: &[u8], lines: &mut Vec<String>) {
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            self.0.extend(piece);
            while self.0.len() > LONGEST {
                let rest = self.0.split_off(LONGEST);
                let part = std::mem::replace(&mut self.0, rest);
                lines.push(tidy(&String::from_utf8_lossy(&part)));
            }
            if self.0.last() == Some(&b'\n') {
                self.0.pop();
                lines.push(self.rest());
            }
        }
    }

    /// What is left when no more comes.
    pub(crate) fn end(&mut self, lines: &mut Vec<String>) {
        if !self.0.is_empty() {
            lines.push(self.rest());
        }
    }

    fn rest(&mut self) -> String {
        tidy(&String::from_utf8_lossy(&std::mem::take(&mut self.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_lines_whole_harmless_and_not_endless() {
        let (mut state, mut lines) = (Cutter::default(), Vec::new());
        state.take(b"one\r\ntw", &mut lines);
        state.take(b"o\n\x1b[31mred\n\n", &mut lines);
        assert_eq!(lines, ["one", "two", "\u{241b}[31mred", ""]);
        lines.clear();
        state.take(&vec![b'x'; LONGEST * 2 + 3], &mut lines);
        assert_eq!((lines.len(), state.0.len()), (2, 3));
    }
}
