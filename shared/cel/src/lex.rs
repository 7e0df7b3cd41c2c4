//! The words of an expression.

use crate::mistake::Mistake;

/// A word, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) at: usize,
    pub(crate) end: usize,
    pub(crate) what: Word,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Word {
    /// An operator, a bracket, or one of the words `in`, `true`, `false`, `null`.
    Sign(&'static str),
    Ident(String),
    /// A name in back ticks, which only a field may have.
    Quoted(String),
    Int(u64),
    Uint(u64),
    Double(f64),
    String(String),
    Bytes(Vec<u8>),
    End,
}

/// The longest first.
const SIGNS: &[&str] = &[
    "==", "!=", "<=", ">=", "&&", "||", "[", "]", "{", "}", "(", ")", ".", ",", "-", "+", "*", "/", "%", "?",
    ":", "!", "<", ">",
];

const WORDS: &[&str] = &["in", "true", "false", "null"];

/// Every word of `source`, an end behind them.
pub(crate) fn tokens(source: &str) -> Result<Vec<Token>, Mistake> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(next) = source[at..].chars().next() {
        if next.is_whitespace() {
            at += next.len_utf8();
        } else if source[at..].starts_with("//") {
            at += source[at..].find('\n').unwrap_or(source.len() - at);
        } else {
            let (what, end) = word(source, at)?;
            all.push(Token { at, end, what });
            at = end;
        }
    }
    all.push(Token { at: source.len(), end: source.len(), what: Word::End });
    Ok(all)
}

fn word(source: &str, at: usize) -> Result<(Word, usize), Mistake> {
    let rest = &source[at..];
    let first = rest.chars().next().unwrap_or_default();
    if let Some((prefix, quote)) = opening(rest) {
        return text(source, at, prefix, quote);
    }
    if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
        return number(rest, at).map(|(word, length)| (word, at + length));
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = &rest[..length];
        let sign = WORDS.iter().find(|word| **word == name);
        return Ok((sign.map_or_else(|| Word::Ident(name.into()), |sign| Word::Sign(sign)), at + length));
    }
    if first == '`'
        && let Some(length) = rest[1..].find('`')
    {
        let name = &rest[1..=length];
        let fits = |c: char| c.is_ascii_alphanumeric() || "_.-/ ".contains(c);
        if !name.is_empty() && name.chars().all(fits) {
            return Ok((Word::Quoted(name.into()), at + length + 2));
        }
    }
    if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        return Ok((Word::Sign(sign), at + sign.len()));
    }
    // As much is shown as a reader that looks one letter ahead has seen.
    let seen: String = rest.chars().take(if first == '=' { 2 } else { 1 }).collect();
    Err(Mistake::new(at, format!("Syntax error: token recognition error at: '{seen}'")))
}

/// The letters before a text's quotes, and the quotes.
fn opening(rest: &str) -> Option<(&str, &'static str)> {
    let length = rest.bytes().take(3).position(|byte| matches!(byte, b'"' | b'\''))?;
    let prefix = &rest[..length];
    let mut letters: Vec<char> = prefix.to_ascii_lowercase().chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if letters.len() != length || !letters.iter().all(|c| matches!(c, 'r' | 'b')) {
        return None;
    }
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|q| rest[length..].starts_with(q))?;
    Some((prefix, quote))
}

fn text(source: &str, at: usize, prefix: &str, quote: &'static str) -> Result<(Word, usize), Mistake> {
    let raw = prefix.contains(['r', 'R']);
    let bytes = prefix.contains(['b', 'B']);
    let begin = at + prefix.len() + quote.len();
    let unended = || {
        let shown: String = source[at..].chars().take(40).collect();
        Mistake::new(at, format!("Syntax error: token recognition error at: '{shown}'"))
    };
    let mut end = begin;
    loop {
        let rest = &source[end..];
        if rest.starts_with(quote) {
            break;
        }
        let next = rest.chars().next().ok_or_else(unended)?;
        if quote.len() == 1 && matches!(next, '\n' | '\r') {
            return Err(unended());
        }
        end += next.len_utf8();
        if next == '\\' && !raw {
            end += source[end..].chars().next().ok_or_else(unended)?.len_utf8();
        }
    }
    let inner = &source[begin..end];
    let done = end + quote.len();
    let wrong = |why: &str| Mistake::new(at, format!("Syntax error: {why}"));
    let value = if raw { inner.as_bytes().to_vec() } else { unescaped(inner, bytes).map_err(wrong)? };
    if bytes {
        return Ok((Word::Bytes(value), done));
    }
    let value = String::from_utf8(value).map_err(|_| wrong("invalid unicode code point"))?;
    Ok((Word::String(value), done))
}

/// What a text with its escapes stands for.
fn unescaped(text: &str, bytes: bool) -> Result<Vec<u8>, &'static str> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(next) = rest.next() {
        if next != '\\' {
            out.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let escape = rest.next().ok_or("unable to unescape string, found '\\' as last character")?;
        let plain = match escape {
            'a' => Some(7),
            'b' => Some(8),
            'f' => Some(12),
            'n' => Some(10),
            'r' => Some(13),
            't' => Some(9),
            'v' => Some(11),
            '\\' | '\'' | '"' | '`' | '?' => u8::try_from(escape).ok(),
            _ => None,
        };
        if let Some(byte) = plain {
            out.push(byte);
            continue;
        }
        let (digits, radix, first) = match escape {
            'x' | 'X' => (2, 16, None),
            'u' if !bytes => (4, 16, None),
            'U' if !bytes => (8, 16, None),
            '0'..='3' => (2, 8, Some(escape)),
            _ => return Err("unable to unescape string"),
        };
        let number: String = first.into_iter().chain(rest.by_ref().take(digits)).collect();
        let full = number.chars().count() == digits + usize::from(first.is_some());
        let code = u32::from_str_radix(&number, radix).ok().filter(|_| full && !number.contains('+'));
        let code = code.ok_or("unable to unescape string")?;
        if bytes {
            out.push(u8::try_from(code).map_err(|_| "unable to unescape string")?);
        } else {
            let letter = char::from_u32(code).ok_or("invalid unicode code point")?;
            out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    Ok(out)
}

fn number(rest: &str, at: usize) -> Result<(Word, usize), Mistake> {
    let digits = |from: usize| {
        rest[from..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |length| from + length)
    };
    let wrong = |what: &str| Mistake::new(at, format!("Syntax error: invalid {what} literal"));
    if rest.starts_with("0x") || rest.starts_with("0X") {
        let end = rest[2..].find(|c: char| !c.is_ascii_hexdigit()).map_or(rest.len(), |length| 2 + length);
        let value = u64::from_str_radix(&rest[2..end], 16).map_err(|_| wrong("int"))?;
        return Ok(if rest[end..].starts_with(['u', 'U']) {
            (Word::Uint(value), end + 1)
        } else {
            (Word::Int(value), end)
        });
    }
    let mut end = digits(0);
    let mut whole = true;
    if rest[end..].starts_with('.') && rest[end + 1..].starts_with(|c: char| c.is_ascii_digit()) {
        (end, whole) = (digits(end + 1), false);
    }
    if rest[end..].starts_with(['e', 'E']) {
        let sign = usize::from(rest[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            (end, whole) = (exponent, false);
        }
    }
    if !whole {
        return rest[..end].parse().map(|value| (Word::Double(value), end)).map_err(|_| wrong("double"));
    }
    if rest[end..].starts_with(['u', 'U']) {
        return rest[..end].parse().map(|value| (Word::Uint(value), end + 1)).map_err(|_| wrong("uint"));
    }
    rest[..end].parse().map(|value| (Word::Int(value), end)).map_err(|_| wrong("int"))
}

impl Word {
    /// As an error names it.
    pub(crate) fn shown(&self, source: &str, token: &Token) -> String {
        if *self == Self::End { "<EOF>".into() } else { source[token.at..token.end].into() }
    }
}
