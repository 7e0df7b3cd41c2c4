//! A template's text, made nodes.

use super::functions;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Text(String),
    Print(Pipe),
    If(Pipe, Vec<Node>, Vec<Node>),
    With(Pipe, Vec<Node>, Vec<Node>),
    Range(Pipe, Vec<Node>, Vec<Node>),
    Break,
    Continue,
}

/// `$a, $b := command | command`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Pipe {
    pub(super) variables: Vec<String>,
    /// `=` rather than `:=`.
    pub(super) assigns: bool,
    pub(super) commands: Vec<Vec<Term>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Term {
    Literal(Value),
    Field(Vec<String>),
    Variable(String, Vec<String>),
    Inner(Pipe, Vec<String>),
    Function(String),
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Action(Vec<Token>),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    /// `.a.b`, as its names; `.` alone has none. True when it stands close to what is before it.
    Path(Vec<String>, bool),
    Variable(String),
    Literal(Value),
    Sign(&'static str),
}

/// The nodes of a template.
pub(super) fn template(text: &str) -> Result<Vec<Node>, String> {
    let pieces = pieces(text)?;
    let mut reader = Reader { pieces: pieces.into_iter() };
    let (nodes, end) = reader.nodes(0)?;
    match end {
        None => Ok(nodes),
        Some(End::End) => Err("unexpected {{end}}".into()),
        Some(End::Else(_)) => Err("unexpected {{else}}".into()),
    }
}

fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let (mut found, mut rest, mut trim) = (Vec::new(), text, false);
    loop {
        let (plain, inside) = match rest.split_once("{{") {
            None => (rest, None),
            Some((plain, inside)) => (plain, Some(inside)),
        };
        let mut plain = if trim { plain.trim_start() } else { plain };
        let trims = inside.and_then(|i| i.strip_prefix("- "));
        if trims.is_some() {
            plain = plain.trim_end();
        }
        if !plain.is_empty() {
            found.push(Piece::Text(plain.into()));
        }
        let Some(inside) = trims.or(inside) else { return Ok(found) };
        let (body, after) = body(inside).ok_or("unclosed action: {{ without }}")?;
        rest = after;
        let kept = body.strip_suffix(" -");
        trim = kept.is_some();
        let body = kept.unwrap_or(body).trim();
        if let Some(note) = body.strip_prefix("/*") {
            if !note.ends_with("*/") {
                return Err("unclosed comment".into());
            }
            continue;
        }
        found.push(Piece::Action(tokens(body)?));
    }
}

/// The text of an action, and what follows its `}}`; those within quotes do not count.
fn body(text: &str) -> Option<(&str, &str)> {
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in text.char_indices() {
        match quote {
            Some('"') if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            None if c == '"' || c == '`' => quote = Some(c),
            None if text[at..].starts_with("}}") => return Some((&text[..at], &text[at + 2..])),
            _ => {}
        }
    }
    None
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let name = |c: char| c.is_alphanumeric() || c == '_';
    let (mut found, mut rest, mut close) = (Vec::new(), text, false);
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            c if c.is_whitespace() => {
                close = false;
                rest = &rest[c.len_utf8()..];
                continue;
            }
            '"' => {
                let end = body_of_string(rest).ok_or("unterminated quoted string")?;
                let value =
                    serde_json::from_str(&rest[..end]).map_err(|e| format!("{}: {e}", &rest[..end]))?;
                found.push(Token::Literal(value));
                end
            }
            '`' => {
                let end = rest[1..].find('`').ok_or("unterminated raw string")?;
                found.push(Token::Literal(rest[1..=end].into()));
                end + 2
            }
            '.' => {
                let end = rest.find(|c| !name(c) && c != '.').unwrap_or(rest.len());
                let names = rest[1..end].split('.').filter(|n| !n.is_empty()).map(Into::into).collect();
                found.push(Token::Path(names, close));
                end
            }
            '$' => {
                let end = rest[1..].find(|c| !name(c)).map_or(rest.len(), |end| end + 1);
                found.push(Token::Variable(rest[1..end].into()));
                end
            }
            '0'..='9' | '-' | '+' => {
                let end = rest[1..].find(|c| !name(c) && c != '.').map_or(rest.len(), |end| end + 1);
                let number = rest[..end].trim_start_matches('+');
                let value = serde_json::from_str(number).map_err(|_| format!("bad number {number:?}"))?;
                found.push(Token::Literal(value));
                end
            }
            c if name(c) => {
                let end = rest.find(|c| !name(c)).unwrap_or(rest.len());
                found.push(match &rest[..end] {
                    "true" => Token::Literal(true.into()),
                    "false" => Token::Literal(false.into()),
                    "nil" => Token::Literal(Value::Null),
                    word => Token::Word(word.into()),
                });
                end
            }
            _ => {
                let sign = [":=", "=", "|", "(", ")", ","].into_iter().find(|s| rest.starts_with(s));
                let sign = sign.ok_or_else(|| format!("unexpected {c:?} in {text:?}"))?;
                found.push(Token::Sign(sign));
                sign.len()
            }
        };
        rest = &rest[taken..];
        close = !matches!(found.last(), Some(Token::Sign(sign)) if *sign != ")");
    }
    Ok(found)
}

/// Where a quoted string ends, its quotes counted.
fn body_of_string(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

enum End {
    End,
    /// What follows `else`: nothing, or `if …` and `with …`.
    Else(Vec<Token>),
}

struct Reader {
    pieces: std::vec::IntoIter<Piece>,
}

impl Reader {
    fn nodes(&mut self, loops: usize) -> Result<(Vec<Node>, Option<End>), String> {
        let mut found = Vec::new();
        while let Some(piece) = self.pieces.next() {
            let tokens = match piece {
                Piece::Text(text) => {
                    found.push(Node::Text(text));
                    continue;
                }
                Piece::Action(tokens) => tokens,
            };
            let word = match tokens.first() {
                Some(Token::Word(word)) => word.as_str(),
                _ => "",
            };
            match word {
                "end" => return Ok((found, Some(End::End))),
                "else" => return Ok((found, Some(End::Else(tokens[1..].to_vec())))),
                "if" | "with" | "range" => found.push(self.block(word, &tokens[1..], loops)?),
                "break" | "continue" if loops == 0 => {
                    return Err(format!("{{{{{word}}}}} outside {{{{range}}}}"));
                }
                "break" => found.push(Node::Break),
                "continue" => found.push(Node::Continue),
                "define" | "template" | "block" => {
                    return Err(format!("{{{{{word}}}}} is not supported here"));
                }
                _ => found.push(Node::Print(pipe(&tokens)?)),
            }
        }
        Ok((found, None))
    }

    fn block(&mut self, word: &str, tokens: &[Token], loops: usize) -> Result<Node, String> {
        let head = pipe(tokens)?;
        let inner = loops + usize::from(word == "range");
        let (body, end) = self.nodes(inner)?;
        let otherwise = match end {
            None => return Err(format!("{{{{{word}}}}} without {{{{end}}}}")),
            Some(End::End) => Vec::new(),
            Some(End::Else(rest)) => match rest.first() {
                None => match self.nodes(loops)? {
                    (nodes, Some(End::End)) => nodes,
                    _ => return Err(format!("{{{{else}}}} of {{{{{word}}}}} without {{{{end}}}}")),
                },
                Some(Token::Word(again)) if again == "if" || again == "with" => {
                    vec![self.block(&again.clone(), &rest[1..], loops)?]
                }
                Some(other) => return Err(format!("unexpected {other:?} after else")),
            },
        };
        Ok(match word {
            "if" => Node::If(head, body, otherwise),
            "with" => Node::With(head, body, otherwise),
            _ => Node::Range(head, body, otherwise),
        })
    }
}

fn pipe(tokens: &[Token]) -> Result<Pipe, String> {
    let mut pipe = Pipe::default();
    let declares = tokens.iter().position(|t| matches!(t, Token::Sign(":=" | "=")));
    let rest = match declares {
        None => tokens,
        Some(at) => {
            pipe.assigns = tokens[at] == Token::Sign("=");
            for token in &tokens[..at] {
                match token {
                    Token::Variable(name) => pipe.variables.push(name.clone()),
                    Token::Sign(",") => {}
                    other => return Err(format!("expected a variable before :=, got {other:?}")),
                }
            }
            &tokens[at + 1..]
        }
    };
    let mut rest = rest;
    loop {
        let (command, after) = command(rest)?;
        if command.is_empty() {
            return Err("missing value for command".into());
        }
        pipe.commands.push(command);
        match after.split_first() {
            None => return Ok(pipe),
            Some((Token::Sign("|"), after)) => rest = after,
            Some((other, _)) => return Err(format!("unexpected {other:?}")),
        }
    }
}

/// The terms up to a `|` or the end.
fn command(tokens: &[Token]) -> Result<(Vec<Term>, &[Token]), String> {
    let (mut terms, mut rest) = (Vec::new(), tokens);
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            Token::Sign("|") => return Ok((terms, &tokens[tokens.len() - rest.len() - 1..])),
            Token::Literal(value) => terms.push(Term::Literal(value.clone())),
            Token::Path(names, true) => match terms.last_mut() {
                Some(Term::Variable(_, path) | Term::Inner(_, path)) => path.extend(names.iter().cloned()),
                _ => return Err(format!("unexpected .{}", names.join("."))),
            },
            Token::Path(names, false) => terms.push(Term::Field(names.clone())),
            Token::Variable(name) => terms.push(Term::Variable(name.clone(), Vec::new())),
            Token::Word(name) if functions::NAMES.contains(&name.as_str()) => {
                terms.push(Term::Function(name.clone()));
            }
            Token::Word(name) => return Err(format!("function {name:?} not defined")),
            Token::Sign("(") => {
                let end = closing(rest).ok_or("unclosed left paren")?;
                terms.push(Term::Inner(pipe(&rest[..end])?, Vec::new()));
                rest = &rest[end + 1..];
            }
            Token::Sign(sign) => return Err(format!("unexpected {sign:?}")),
        }
    }
    Ok((terms, rest))
}

fn closing(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign("(") => depth += 1,
            Token::Sign(")") if depth == 0 => return Some(at),
            Token::Sign(")") => depth -= 1,
            _ => {}
        }
    }
    None
}
