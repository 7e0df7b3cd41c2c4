//! The one table that is printed.

use super::Outcome;
use std::io::Write;

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    what: String,
    target: String,
    result: String,
    verdict: &'static str,
}

impl Row {
    /// A measurement with a target, met or not.
    pub fn judged(what: &str, target: &str, result: impl Into<String>, met: bool) -> Self {
        let verdict = if met { "pass" } else { "MISS" };
        Self { what: what.into(), target: target.into(), result: result.into(), verdict }
    }

    /// A measurement to compare with.
    pub fn told(what: &str, result: impl Into<String>) -> Self {
        Self { what: what.into(), target: String::new(), result: result.into(), verdict: "" }
    }

    fn cells(&self) -> [&str; 4] {
        [&self.what, &self.target, &self.result, self.verdict]
    }
}

/// Every row so far, and what could not be measured.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Row>,
    missing: Vec<String>,
}

impl Table {
    /// Takes what a part of the benchmark says.
    pub fn add(&mut self, part: &str, outcome: Outcome) {
        match outcome {
            Ok(rows) => self.rows.extend(rows),
            Err(why) => self.missing.push(format!("{part}: {why}")),
        }
    }

    /// Prints it.
    pub fn print(&self) {
        // Whoever closed standard output does not want the table.
        let _ = std::io::stdout().write_all(self.text().as_bytes());
    }

    /// Whether everything was measured. A missed target is a result, not an error.
    pub fn complete(&self) -> Result<(), String> {
        if self.missing.is_empty() { Ok(()) } else { Err(self.missing.join("\nerror: ")) }
    }

    fn text(&self) -> String {
        let heads = ["measured", "target", "result", ""];
        let lines = || std::iter::once(heads).chain(self.rows.iter().map(Row::cells));
        let width = |column: usize| lines().map(|l| l[column].chars().count()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2), width(3)];
        let line = |cells: [&str; 4]| {
            let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
            format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
        };
        let rule = line(widths.map(|w| "─".repeat(w)).each_ref().map(String::as_str));
        let mut rows = lines().map(line);
        let head = rows.next().unwrap_or_default();
        format!("{head}{rule}{}", rows.collect::<String>())
    }
}
