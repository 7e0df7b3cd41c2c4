use super::Row;
use shared_api::ages;
use std::{cmp::Ordering, sync::Arc};

/// What a listing is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum By {
    /// Namespace and name.
    #[default]
    Name,
    /// The last change.
    Changed,
    /// One of the kind's own columns.
    Column(usize),
}

/// The order of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Order {
    pub(crate) by: By,
    /// Greatest first.
    pub(crate) down: bool,
}

/// What is compared.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub(super) enum Rank {
    Nothing,
    Number(f64),
    Text(String),
}

/// A row in its place.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) rank: Rank,
    pub(super) row: Arc<Row>,
}

impl Order {
    pub(super) fn place(self, row: &Arc<Row>) -> Placed {
        let rank = match self.by {
            By::Name => Rank::Nothing,
            By::Changed => {
                #[allow(clippy::cast_precision_loss)] // revisions far below what a float holds exactly
                Rank::Number(row.revision as f64)
            }
            By::Column(at) => rank(row.cell(at)),
        };
        Placed { rank, row: Arc::clone(row) }
    }

    pub(super) fn compare(self, a: &Placed, b: &Placed) -> Ordering {
        let ranks = a.rank.partial_cmp(&b.rank).unwrap_or(Ordering::Equal);
        let ranks = if self.down { ranks.reverse() } else { ranks };
        ranks.then_with(|| (&a.row.namespace, &a.row.name).cmp(&(&b.row.namespace, &b.row.name)))
    }
}

/// What a cell is compared by: its age, its number, else its text.
fn rank(cell: &str) -> Rank {
    if let Some(since) = ages::since(cell).filter(|_| cell.starts_with('\u{1}')) {
        // The younger has the smaller age.
        #[allow(clippy::cast_precision_loss)] // seconds, far below what a float holds exactly
        return Rank::Number(-(since as f64));
    }
    number(cell).map_or_else(|| Rank::Text(cell.to_lowercase()), Rank::Number)
}

/// The number that a cell begins with: `3 (5m ago)`, `120m`, `1/2`, `64Mi`, `80%`.
fn number(cell: &str) -> Option<f64> {
    let end = cell.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(cell.len());
    let (digits, rest) = cell.split_at(end);
    // An address or a version is no number.
    let number: f64 = digits.parse().ok().filter(|_| digits.matches('.').count() < 2)?;
    let unit = match rest.split(' ').next().unwrap_or_default() {
        "" | "%" => 1.0,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "Ki" => 1024.0,
        "Mi" => 1024.0 * 1024.0,
        "Gi" => 1024.0 * 1024.0 * 1024.0,
        other if other.starts_with('/') => 1.0,
        _ => return None,
    };
    Some(number * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_compared_by_what_they_mean() {
        let less =
            [("9", "10"), ("120m", "1"), ("900Ki", "1Mi"), ("0/2", "1/2"), ("3 (5m ago)", "12 (1s ago)")];
        for (a, b) in less.into_iter().chain([("apple", "Banana"), ("10.0.0.1", "10.0.0.2"), ("", "x")]) {
            assert!(rank(a) < rank(b), "{a} {b}");
        }
        assert!(rank("\u{1}200\u{1}") < rank("\u{1}100\u{1}"), "the younger first");
    }
}
