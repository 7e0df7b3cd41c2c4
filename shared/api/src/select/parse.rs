//! The language of label selectors, read as Kubernetes reads it and refused in its words.

use super::Requirement;
use crate::name;

/// Operators that take a value, as messages list them.
const OPERATORS: &str = "in, notin, =, ==, !=, gt, lt";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    End,
    Word(&'a str),
    /// `,`, `(`, `)`, `!`, `=`, `==`, `!=`, `<` or `>`.
    Sign(&'a str),
}

impl<'a> Token<'a> {
    fn text(self) -> &'a str {
        match self {
            Self::End => "",
            Self::Word(text) | Self::Sign(text) => text,
        }
    }
}

fn is_sign(c: char) -> bool {
    matches!(c, '=' | '!' | '(' | ')' | ',' | '<' | '>')
}

/// The first token, and what follows it.
fn token(text: &str) -> (Token<'_>, &str) {
    let text = text.trim_start_matches([' ', '\t', '\r', '\n']);
    let Some(first) = text.chars().next() else { return (Token::End, text) };
    if is_sign(first) {
        let long = ["==", "!="].into_iter().find(|sign| text.starts_with(sign));
        let (sign, rest) = text.split_at(long.map_or(1, str::len));
        return (Token::Sign(sign), rest);
    }
    let end = text.find(|c: char| is_sign(c) || matches!(c, ' ' | '\t' | '\r' | '\n')).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (Token::Word(word), rest)
}

struct Parser<'a>(&'a str);

impl<'a> Parser<'a> {
    fn peek(&self) -> Token<'a> {
        token(self.0).0
    }

    fn take(&mut self) -> Token<'a> {
        let (found, rest) = token(self.0);
        self.0 = rest;
        found
    }
}

/// Every requirement of a selector.
pub(super) fn requirements(text: &str) -> Result<Vec<Requirement>, String> {
    let mut parser = Parser(text);
    let mut found = Vec::new();
    loop {
        match parser.peek() {
            Token::End => return Ok(found),
            Token::Word(_) | Token::Sign("!") => {}
            other @ Token::Sign(_) => {
                return Err(format!("found '{}', expected: !, identifier, or 'end of string'", other.text()));
            }
        }
        let one = requirement(&mut parser).map_err(|why| format!("unable to parse requirement: {why}"))?;
        found.push(one);
        match parser.take() {
            Token::End => return Ok(found),
            Token::Sign(",") => {
                let next = parser.peek();
                if !matches!(next, Token::Word(_) | Token::Sign("!")) {
                    return Err(format!("found '{}', expected: identifier after ','", next.text()));
                }
            }
            other => return Err(format!("found '{}', expected: ',' or 'end of string'", other.text())),
        }
    }
}

fn requirement(parser: &mut Parser<'_>) -> Result<Requirement, String> {
    let mut first = parser.take();
    let absent = first == Token::Sign("!");
    if absent {
        first = parser.take();
    }
    let Token::Word(key) = first else {
        return Err(format!("found '{}', expected: identifier", first.text()));
    };
    if let Some(why) = name::qualified(key) {
        return Err(format!("key: Invalid value: {key:?}: {why}"));
    }
    let key = key.to_owned();
    if absent {
        return Ok(Requirement::Absent(key));
    }
    if matches!(parser.peek(), Token::End | Token::Sign(",")) {
        return Ok(Requirement::Exists(key));
    }
    match parser.take() {
        Token::Word("in") => checked(&key, values(parser)?).map(|values| Requirement::In(key, values)),
        Token::Word("notin") => checked(&key, values(parser)?).map(|values| Requirement::NotIn(key, values)),
        Token::Sign("=" | "==") => {
            checked(&key, vec![value(parser)?]).map(|values| Requirement::In(key, values))
        }
        Token::Sign("!=") => {
            checked(&key, vec![value(parser)?]).map(|values| Requirement::NotIn(key, values))
        }
        Token::Sign(">") => Ok(Requirement::Greater(key, number(&value(parser)?)?)),
        Token::Sign("<") => Ok(Requirement::Less(key, number(&value(parser)?)?)),
        other => Err(format!("found '{}', expected: {OPERATORS}", other.text())),
    }
}

/// `(a,b)`.
fn values(parser: &mut Parser<'_>) -> Result<Vec<String>, String> {
    let open = parser.take();
    if open != Token::Sign("(") {
        return Err(format!("found '{}' expected: '('", open.text()));
    }
    let mut found = vec![String::new()];
    let mut filled = false;
    loop {
        match parser.take() {
            Token::Word(word) if !filled => {
                *found.last_mut().expect("it begins with one") = word.into();
                filled = true;
            }
            Token::Word(word) => return Err(format!("found '{word}', expected: ',' or ')'")),
            Token::Sign(",") => {
                found.push(String::new());
                filled = false;
            }
            Token::Sign(")") => break,
            other => return Err(format!("found '{}', expected: ',', or identifier", other.text())),
        }
    }
    if found.len() == 1 && !filled {
        return Err(
            "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty".into()
        );
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// What follows a sign; nothing is the empty value.
fn value(parser: &mut Parser<'_>) -> Result<String, String> {
    if matches!(parser.peek(), Token::End | Token::Sign(",")) {
        return Ok(String::new());
    }
    match parser.take() {
        Token::Word(word) => Ok(word.into()),
        other => Err(format!("found '{}', expected: identifier", other.text())),
    }
}

fn checked(key: &str, values: Vec<String>) -> Result<Vec<String>, String> {
    let wrong =
        values.iter().enumerate().find_map(|(at, value)| Some((at, value, name::label_value(value)?)));
    match wrong {
        None => Ok(values),
        Some((at, value, why)) => Err(format!("values[{at}][{key}]: Invalid value: {value:?}: {why}")),
    }
}

fn number(value: &str) -> Result<i64, String> {
    value.parse().map_err(|_| {
        format!("values[0]: Invalid value: {value:?}: for 'Gt', 'Lt' operators, the value must be an integer")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_in_kubernetes_words() {
        for (text, why) in [
            ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
            ("a=b,", "found '', expected: identifier after ','"),
            ("=x", "found '=', expected: !, identifier, or 'end of string'"),
            ("a=b c", "found 'c', expected: ',' or 'end of string'"),
            ("a in b)", "unable to parse requirement: found 'b' expected: '('"),
            ("a in (b", "unable to parse requirement: found '', expected: ',', or identifier"),
            ("a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'"),
            (
                "n>x",
                "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
            ),
        ] {
            assert_eq!(requirements(text).unwrap_err(), why, "{text}");
        }
        for (text, start) in [
            ("a=-b", "unable to parse requirement: values[0][a]: Invalid value: \"-b\": "),
            ("-a", "unable to parse requirement: key: Invalid value: \"-a\": "),
        ] {
            let why = requirements(text).unwrap_err();
            assert!(why.starts_with(start), "{text}: {why}");
        }
    }

    #[test]
    fn words_are_operators_only_where_one_is_due() {
        let equal = |key: &str, values: &[&str]| {
            Requirement::In(key.into(), values.iter().map(|v| (*v).into()).collect())
        };
        for (text, expected) in [
            ("in=notin", equal("in", &["notin"])),
            ("in in (in)", equal("in", &["in"])),
            ("a=", equal("a", &[""])),
            (" a in ( c ,b, b) ", equal("a", &["b", "c"])),
            ("a in (,b)", equal("a", &["", "b"])),
            ("! a", Requirement::Absent("a".into())),
        ] {
            assert_eq!(requirements(text).as_deref(), Ok(&[expected][..]), "{text}");
        }
    }
}
