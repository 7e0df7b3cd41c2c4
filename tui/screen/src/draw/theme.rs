//! Few colours, of the sixteen every terminal has; meaning never hangs on colour alone.

use ratatui::style::{Color, Modifier, Style};

pub(super) const PLAIN: Style = Style::new();
pub(super) const DIM: Style = Style::new().add_modifier(Modifier::DIM);
pub(super) const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
pub(super) const GOOD: Style = Style::new().fg(Color::Green);
pub(super) const WARN: Style = Style::new().fg(Color::Yellow);
pub(super) const BAD: Style = Style::new().fg(Color::Red);
pub(super) const CURSOR: Style = Style::new().add_modifier(Modifier::REVERSED);

/// How a cell of a table looks, by what it says.
pub(super) fn word(cell: &str) -> Style {
    let bad = |w: &str| {
        matches!(w, "Error" | "Failed" | "NotReady" | "OOMKilled" | "Evicted" | "Unknown" | "Warning")
            || ["BackOff", "Error", "Err", "NeverPull"].iter().any(|e| w.ends_with(e) && w.len() > e.len())
            || w.starts_with("Err")
    };
    let waits = |w: &str| {
        matches!(
            w,
            "Pending" | "ContainerCreating" | "PodInitializing" | "Terminating" | "SchedulingDisabled"
        ) || w.starts_with("Init:")
    };
    let words = || cell.split([',', ' ']).filter(|w| !w.is_empty());
    if words().count() > 2 {
        // A sentence, not a status.
        PLAIN
    } else if words().any(bad) {
        BAD
    } else if words().any(waits) || partly(cell) {
        WARN
    } else if matches!(cell, "Completed" | "Succeeded" | "<none>") {
        DIM
    } else {
        PLAIN
    }
}

/// `1/2`: not all there yet.
fn partly(cell: &str) -> bool {
    cell.split_once('/')
        .and_then(|(a, b)| Some((a.parse::<u32>().ok()?, b.parse::<u32>().ok()?)))
        .is_some_and(|(a, b)| a < b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_trouble_have_colour() {
        for (cell, style) in [
            ("Running", PLAIN),
            ("CrashLoopBackOff", BAD),
            ("Ready,SchedulingDisabled", WARN),
            ("NotReady", BAD),
            ("1/2", WARN),
            ("2/2", PLAIN),
            ("80/TCP", PLAIN),
            ("Error while pulling it", PLAIN),
            ("Completed", DIM),
        ] {
            assert_eq!(word(cell), style, "{cell}");
        }
    }
}
