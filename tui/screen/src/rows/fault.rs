use shared_api::Heading;

/// How bad it is, by what an object's own columns say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) enum Fault {
    /// It has ended as it should.
    Over,
    #[default]
    Fine,
    /// On its way, or not all there.
    Waits,
    Bad,
}

/// What a cell says.
pub(crate) fn fault_of(cell: &str) -> Fault {
    let bad = |w: &str| {
        matches!(
            w,
            "Error" | "Failed" | "NotReady" | "OOMKilled" | "Evicted" | "Unknown" | "Warning" | "Lost"
        ) || ["BackOff", "Error", "Err", "NeverPull"].iter().any(|e| w.ends_with(e) && w.len() > e.len())
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
        Fault::Fine
    } else if words().any(bad) {
        Fault::Bad
    } else if words().any(waits) || partly(cell) {
        Fault::Waits
    } else if matches!(cell, "Completed" | "Succeeded" | "Complete") {
        Fault::Over
    } else {
        Fault::Fine
    }
}

/// `1/2`: not all there yet.
fn partly(cell: &str) -> bool {
    cell.split_once('/')
        .and_then(|(a, b)| Some((a.parse::<u32>().ok()?, b.parse::<u32>().ok()?)))
        .is_some_and(|(a, b)| a < b)
}

/// The worst that the narrow columns say; what is over is no longer partly there.
pub(super) fn of_row<'a>(headings: &[Heading], cells: impl Iterator<Item = &'a str>) -> Fault {
    let narrow = headings.iter().zip(cells).filter(|(heading, _)| !heading.wide);
    let told: Vec<_> = narrow.map(|(_, cell)| fault_of(cell)).collect();
    let worst = told.iter().copied().max().unwrap_or_default();
    if worst < Fault::Bad && told.contains(&Fault::Over) { Fault::Over } else { worst }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_trouble_are_trouble() {
        for (cell, fault) in [
            ("Running", Fault::Fine),
            ("CrashLoopBackOff", Fault::Bad),
            ("Ready,SchedulingDisabled", Fault::Waits),
            ("NotReady", Fault::Bad),
            ("1/2", Fault::Waits),
            ("2/2", Fault::Fine),
            ("80/TCP", Fault::Fine),
            ("Error while pulling it", Fault::Fine),
            ("Completed", Fault::Over),
        ] {
            assert_eq!(fault_of(cell), fault, "{cell}");
        }
    }

    #[test]
    fn a_row_is_as_bad_as_its_worst_cell() {
        let heading = |name, wide| Heading { name, wide, integer: false };
        let heads = [heading("Ready", false), heading("Status", false), heading("Node", true)];
        let of = |cells: [&str; 3]| of_row(&heads, cells.into_iter());
        assert_eq!(of(["1/1", "Running", "Error"]), Fault::Fine);
        assert_eq!(of(["0/1", "Running", "n1"]), Fault::Waits);
        assert_eq!(of(["0/1", "Completed", "n1"]), Fault::Over);
        assert_eq!(of(["0/1", "Error", "n1"]), Fault::Bad);
    }
}
