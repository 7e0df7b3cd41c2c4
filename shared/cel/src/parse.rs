//! Reads an expression into a tree. What is nested too deeply is refused before it costs stack.

mod macros;

use crate::{
    lex::{Token, Word, tokens},
    mistake::Mistake,
    node::{Call, Literal, Node, What},
};

/// How deep an expression may be nested.
const DEEPEST: usize = 100;
/// How long an expression may be, in bytes.
const LONGEST: usize = 100_000;

const OPERAND: &str = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, \
                       IDENTIFIER}";

/// Words that nobody may call a variable: they may come to mean something.
pub const RESERVED: &[&str] = &[
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// The tree an expression stands for.
pub(crate) fn parse(source: &str) -> Result<Node> {
    if source.len() > LONGEST {
        let why = format!("expression size exceeds limit: size: {}, limit {LONGEST}", source.len());
        return Err(Mistake::new(0, why));
    }
    let mut reader = Reader { source, tokens: tokens(source)?, place: 0, level: 0 };
    let node = reader.expression()?;
    match reader.peek() {
        Word::End => Ok(node),
        _ => Err(reader.unexpected("<EOF>")),
    }
}

struct Reader<'s> {
    source: &'s str,
    tokens: Vec<Token>,
    place: usize,
    level: usize,
}

type Result<T> = std::result::Result<T, Mistake>;

impl Reader<'_> {
    fn peek(&self) -> &Word {
        &self.tokens[self.place].what
    }

    fn at(&self) -> usize {
        self.tokens[self.place].at
    }

    fn next(&mut self) -> Token {
        let token = self.tokens[self.place].clone();
        self.place = (self.place + 1).min(self.tokens.len() - 1);
        token
    }

    /// Takes the sign when it comes next.
    fn takes(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Word::Sign(next) if *next == sign);
        if is {
            self.next();
        }
        is
    }

    fn must(&mut self, sign: &str) -> Result<()> {
        if self.takes(sign) { Ok(()) } else { Err(self.unexpected(&format!("'{sign}'"))) }
    }

    fn unexpected(&self, expected: &str) -> Mistake {
        let token = &self.tokens[self.place];
        let shown = token.what.shown(self.source, token);
        let kind = if token.what == Word::End || expected != "<EOF>" { "mismatched" } else { "extraneous" };
        Mistake::new(token.at, format!("Syntax error: {kind} input '{shown}' expecting {expected}"))
    }

    fn node(at: usize, what: What) -> Result<Node> {
        let node = Node::new(at, what);
        if node.depth > DEEPEST { Err(too_deep(at)) } else { Ok(node) }
    }

    fn expression(&mut self) -> Result<Node> {
        self.level += 1;
        if self.level > DEEPEST {
            return Err(too_deep(self.at()));
        }
        let condition = self.binary(1)?;
        let at = self.at();
        let node = if self.takes("?") {
            let then = self.binary(1)?;
            self.must(":")?;
            let otherwise = self.expression()?;
            Self::node(at, What::If(Box::new([condition, then, otherwise])))
        } else {
            Ok(condition)
        };
        self.level -= 1;
        node
    }

    fn binary(&mut self, least: u8) -> Result<Node> {
        let mut left = self.unary()?;
        while let Word::Sign(sign) = *self.peek() {
            let Some((binds, name)) = operator(sign).filter(|(binds, _)| *binds >= least) else { break };
            let at = self.next().at;
            let right = self.binary(binds + 1)?;
            left = match (name, left) {
                ("_&&_", Node { what: What::All(nodes), at, depth }) => {
                    one_more(at, depth, nodes, right, What::All)
                }
                ("_||_", Node { what: What::Any(nodes), at, depth }) => {
                    one_more(at, depth, nodes, right, What::Any)
                }
                ("_&&_", left) => Self::node(at, What::All(vec![left, right])),
                ("_||_", left) => Self::node(at, What::Any(vec![left, right])),
                (name, left) => Self::node(at, call(name, None, vec![left, right])),
            }?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Node> {
        for (sign, name) in [("!", "!_"), ("-", "-_")] {
            let at = self.at();
            let mut odd = false;
            while self.takes(sign) {
                odd = !odd;
                if sign == "-"
                    && odd
                    && let Word::Int(value) = *self.peek()
                    && value == 1 << 63
                {
                    self.next();
                    return self.members(Self::node(at, What::Literal(Literal::Int(i64::MIN)))?);
                }
            }
            if self.at() == at {
                continue;
            }
            let inner = self.member()?;
            return match inner.what {
                _ if !odd => Ok(inner),
                What::Literal(Literal::Int(value)) if sign == "-" => {
                    Self::node(at, What::Literal(Literal::Int(-value)))
                }
                What::Literal(Literal::Double(value)) if sign == "-" => {
                    Self::node(at, What::Literal(Literal::Double(-value)))
                }
                _ => Self::node(at, call(name, None, vec![inner])),
            };
        }
        self.member()
    }

    fn member(&mut self) -> Result<Node> {
        let node = self.primary()?;
        self.members(node)
    }

    fn members(&mut self, mut node: Node) -> Result<Node> {
        loop {
            let at = self.at();
            if self.takes(".") {
                let optional = self.takes("?");
                let token = self.next();
                let (field, quoted) = match token.what {
                    Word::Ident(name) => (name, false),
                    Word::Quoted(name) => (name, true),
                    _ => {
                        self.place -= usize::from(token.what != Word::End);
                        return Err(self.unexpected("IDENTIFIER"));
                    }
                };
                let open = self.at();
                node = if !optional && !quoted && self.takes("(") {
                    let args = self.list(")")?;
                    match macros::member(&field, node, args, open)? {
                        Ok(what) => Self::node(open, what)?,
                        Err((target, args)) => Self::node(open, call(&field, Some(target), args))?,
                    }
                } else {
                    Self::node(at, What::Select { of: Box::new(node), field, optional })?
                };
            } else if self.takes("[") {
                let optional = self.takes("?");
                let index = Box::new(self.expression()?);
                self.must("]")?;
                node = Self::node(at, What::Index { of: Box::new(node), index, optional })?;
            } else {
                return Ok(node);
            }
        }
    }

    fn primary(&mut self) -> Result<Node> {
        let token = self.next();
        let at = token.at;
        let literal = |literal| Self::node(at, What::Literal(literal));
        match token.what {
            Word::Int(value) => match i64::try_from(value) {
                Ok(value) => literal(Literal::Int(value)),
                Err(_) => Err(Mistake::new(at, "Syntax error: invalid int literal")),
            },
            Word::Uint(value) => literal(Literal::Uint(value)),
            Word::Double(value) => literal(Literal::Double(value)),
            Word::String(value) => literal(Literal::String(value)),
            Word::Bytes(value) => literal(Literal::Bytes(value)),
            Word::Sign("true") => literal(Literal::Bool(true)),
            Word::Sign("false") => literal(Literal::Bool(false)),
            Word::Sign("null") => literal(Literal::Null),
            Word::Sign("(") => {
                let node = self.expression()?;
                self.must(")")?;
                Ok(node)
            }
            Word::Sign("[") => self.items(at),
            Word::Sign("{") => self.entries(at),
            Word::Sign(".") => match self.next() {
                Token { what: Word::Ident(name), at, .. } => self.named(name, at),
                _ => Err(Mistake::new(at, "Syntax error: extraneous input '.' expecting IDENTIFIER")),
            },
            Word::Ident(name) => self.named(name, at),
            _ => {
                self.place -= usize::from(token.what != Word::End);
                Err(self.unexpected(OPERAND))
            }
        }
    }

    /// A variable, or a call.
    fn named(&mut self, name: String, at: usize) -> Result<Node> {
        if RESERVED.contains(&name.as_str()) {
            return Err(Mistake::new(at, format!("Syntax error: reserved identifier: {name}")));
        }
        let open = self.at();
        if self.takes("(") {
            let args = self.list(")")?;
            if name == "has" {
                return Self::node(open, macros::has(args, open)?);
            }
            return Self::node(open, call(&name, None, args));
        }
        if matches!(self.peek(), Word::Sign("{")) {
            // There are no types of which an expression could make an object.
            return Err(Mistake::new(open, format!("undeclared reference to '{name}' (in container '')")));
        }
        Self::node(at, What::Ident(name))
    }

    fn list(&mut self, end: &str) -> Result<Vec<Node>> {
        let mut all = Vec::new();
        if self.takes(end) {
            return Ok(all);
        }
        loop {
            all.push(self.expression()?);
            if self.takes(end) {
                return Ok(all);
            }
            self.must(",")?;
        }
    }

    fn items(&mut self, at: usize) -> Result<Node> {
        let mut items = Vec::new();
        while !self.takes("]") {
            if !items.is_empty() {
                self.must(",")?;
                if self.takes("]") {
                    break;
                }
            }
            let optional = self.takes("?");
            items.push((self.expression()?, optional));
        }
        Self::node(at, What::List(items))
    }

    fn entries(&mut self, at: usize) -> Result<Node> {
        let mut entries = Vec::new();
        while !self.takes("}") {
            if !entries.is_empty() {
                self.must(",")?;
                if self.takes("}") {
                    break;
                }
            }
            let optional = self.takes("?");
            let key = self.expression()?;
            self.must(":")?;
            entries.push((key, self.expression()?, optional));
        }
        Self::node(at, What::Map(entries))
    }
}

/// However many things are said with `&&`, they are no deeper nested than the deepest.
fn one_more(
    at: usize,
    depth: usize,
    mut nodes: Vec<Node>,
    right: Node,
    what: fn(Vec<Node>) -> What,
) -> Result<Node> {
    let depth = depth.max(right.depth + 1);
    nodes.push(right);
    if depth > DEEPEST { Err(too_deep(at)) } else { Ok(Node { at, depth, what: what(nodes) }) }
}

pub(crate) fn call(name: &str, target: Option<Node>, args: Vec<Node>) -> What {
    What::Call(Call { name: name.into(), target: target.map(Box::new), args, means: &[] })
}

fn too_deep(at: usize) -> Mistake {
    Mistake::new(at, format!("expression recursion limit exceeded: {DEEPEST}"))
}

/// How strongly an operator binds, and its name as a function.
fn operator(sign: &str) -> Option<(u8, &'static str)> {
    Some(match sign {
        "||" => (1, "_||_"),
        "&&" => (2, "_&&_"),
        "==" => (3, "_==_"),
        "!=" => (3, "_!=_"),
        "<" => (3, "_<_"),
        "<=" => (3, "_<=_"),
        ">" => (3, "_>_"),
        ">=" => (3, "_>=_"),
        "in" => (3, "@in"),
        "+" => (4, "_+_"),
        "-" => (4, "_-_"),
        "*" => (5, "_*_"),
        "/" => (5, "_/_"),
        "%" => (5, "_%_"),
        _ => return None,
    })
}
