//! JSON laid out for people, two spaces a level, as it flows by: no document is held for it.

/// Lays out one document, given in any pieces.
#[derive(Debug, Default)]
pub(super) struct Indent {
    depth: usize,
    text: bool,
    escaped: bool,
    /// A bracket was opened and nothing has followed it yet.
    fresh: bool,
}

impl Indent {
    /// The next piece, laid out.
    pub(super) fn feed(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(piece.len() + piece.len() / 2);
        for &byte in piece {
            self.put(byte, &mut out);
        }
        out
    }

    fn put(&mut self, byte: u8, out: &mut Vec<u8>) {
        if self.text {
            out.push(byte);
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.text = false,
                _ => {}
            }
            return;
        }
        match byte {
            b' ' | b'\n' | b'\r' | b'\t' => {}
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if !std::mem::take(&mut self.fresh) {
                    self.line(out);
                }
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                self.line(out);
            }
            b':' => out.extend_from_slice(b": "),
            _ => {
                if std::mem::take(&mut self.fresh) {
                    self.line(out);
                }
                out.push(byte);
                match byte {
                    b'{' | b'[' => {
                        self.depth += 1;
                        self.fresh = true;
                    }
                    b'"' => self.text = true,
                    _ => {}
                }
            }
        }
    }

    fn line(&self, out: &mut Vec<u8>) {
        out.push(b'\n');
        out.resize(out.len() + 2 * self.depth, b' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn it_looks_as_a_pretty_printer_makes_it_whatever_the_pieces() {
        for value in [
            json!({}),
            json!([]),
            json!({"a": [1, -2.5, true, null], "b": {}, "c": [], "d": [{"e": "x{y}, \"z\\"}, [[]]]}),
            json!({"text": "a: b,\n\t{c}\\", "": {"n": {"m": [{}, {}]}}}),
        ] {
            let (flat, pretty) = (value.to_string(), serde_json::to_string_pretty(&value).unwrap());
            for size in [1, 3, 1000] {
                let mut indent = Indent::default();
                let found: Vec<u8> = flat.as_bytes().chunks(size).flat_map(|p| indent.feed(p)).collect();
                assert_eq!(String::from_utf8(found).unwrap(), pretty);
            }
            let again: Value = serde_json::from_slice(&Indent::default().feed(pretty.as_bytes())).unwrap();
            assert_eq!(again, value);
        }
    }
}
