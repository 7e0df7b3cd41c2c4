//! What each type and each field is for, in Kubernetes' words: packed, and unpacked for who asks.

use flate2::read::ZlibDecoder;
use std::{io::Read, ops::Range};

static PACKED: &[u8] = include_bytes!("descriptions.zlib");

/// The descriptions of all types. A megabyte and more: to be dropped when its reader is done.
#[derive(Debug)]
pub struct Descriptions {
    text: String,
    /// Each type's lines, by name.
    types: Vec<Range<usize>>,
}

impl Descriptions {
    /// Unpacks them.
    pub fn unpack() -> Self {
        let mut text = String::new();
        ZlibDecoder::new(PACKED).read_to_string(&mut text).expect("what was packed can be unpacked");
        let mut types: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let end = at + line.len();
            match types.last_mut() {
                Some(last) if line.starts_with(' ') => last.end = end,
                _ => types.push(at..end),
            }
            at = end;
        }
        Self { text, types }
    }

    /// Of the type called `name`, such as `core.v1.PodSpec`; empty when it has none.
    pub fn of(&self, name: &str) -> Description<'_> {
        let head = |block: &Range<usize>| self.text[block.clone()].split('\t').next().unwrap_or_default();
        let found = self.types.binary_search_by(|block| head(block).cmp(name));
        Description { lines: found.map_or("", |index| &self.text[self.types[index].clone()]) }
    }

    /// All of them, packed.
    pub fn packed() -> &'static [u8] {
        PACKED
    }
}

/// What is said of a type and its fields.
#[derive(Debug, Clone, Copy)]
pub struct Description<'a> {
    lines: &'a str,
}

impl Description<'_> {
    /// Of the type.
    pub fn text(&self) -> String {
        self.lines
            .lines()
            .next()
            .and_then(|line| line.split_once('\t'))
            .map_or_else(String::new, |(_, t)| plain(t))
    }

    /// Of one of its fields.
    pub fn field(&self, name: &str) -> Option<String> {
        let said = |line: &str| Some(plain(line.strip_prefix(' ')?.strip_prefix(name)?.strip_prefix('\t')?));
        self.lines.lines().skip(1).find_map(said)
    }
}

fn plain(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\\\", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    #[test]
    fn types_and_fields_are_described() {
        let all = Descriptions::unpack();
        let pods = all.of("core.v1.PodSpec");
        assert!(pods.text().starts_with("PodSpec is a description of a pod"));
        assert!(pods.field("nodeName").unwrap().contains("node"));
        assert_eq!(pods.field("node"), None);
        assert_eq!(all.of("core.v1.Nothing").text(), "");
        let silent = |name: &&str| all.of(name).text().is_empty();
        let silent: Vec<_> = schema::types().iter().map(|t| t.name).filter(silent).collect();
        assert!(silent.len() < 12, "{silent:?}");
    }
}
