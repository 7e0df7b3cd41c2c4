//! What is wrong with an expression, and where, as cel-go tells it.

use std::fmt;

/// Something wrong at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) at: usize,
    pub(crate) why: String,
}

impl Mistake {
    pub(crate) fn new(at: usize, why: impl Into<String>) -> Self {
        Self { at, why: why.into() }
    }
}

/// Why an expression cannot be compiled: each mistake, with the line it is in and a mark under the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileError(String);

impl CompileError {
    pub(crate) fn new(source: &str, mut mistakes: Vec<Mistake>) -> Self {
        mistakes.sort_by_key(|mistake| mistake.at);
        let all: Vec<_> = mistakes.iter().map(|mistake| told(source, mistake)).collect();
        Self(all.join("\n"))
    }
}

fn told(source: &str, Mistake { at, why }: &Mistake) -> String {
    let at = (0..=(*at).min(source.len())).rev().find(|at| source.is_char_boundary(*at)).unwrap_or(0);
    let before = &source[..at];
    let line = before.matches('\n').count() + 1;
    let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = source[begin..at].chars().count();
    let text: String = source[begin..].lines().next().unwrap_or_default().replace('\t', " ");
    format!("ERROR: <input>:{line}:{}: {why}\n | {text}\n | {}^", column + 1, ".".repeat(column))
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CompileError {}
