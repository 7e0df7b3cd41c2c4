//! The text form that Prometheus reads.

use std::fmt::{Display, Write};

/// A page being written.
#[derive(Debug, Default)]
pub(super) struct Text(String);

impl Text {
    /// Says what the lines that follow are.
    pub(super) fn head(&mut self, name: &str, of: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {of}");
    }

    pub(super) fn line(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = match labels {
            "" => writeln!(self.0, "{name} {value}"),
            labels => writeln!(self.0, "{name}{{{labels}}} {value}"),
        };
    }

    pub(super) fn done(self) -> String {
        self.0
    }
}
