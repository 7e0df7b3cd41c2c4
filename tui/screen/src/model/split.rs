//! How panes share a rectangle. Pure geometry: every column and row belongs to one pane or to one seam.

use ratatui::layout::Rect;

/// Names a pane; none is used twice.
pub(crate) type PaneId = u64;

/// How two neighbours lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Side by side, a seam of one column between them.
    Beside,
    /// One above the other; titles divide them.
    Stacked,
}

/// Where to look for a neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
    Above,
    Below,
}

/// The least and the most of a hundred that the first of two has.
const SHARES: (u16, u16) = (10, 90);

/// Panes that share a rectangle.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    Pane(PaneId),
    Split {
        way: Way,
        /// Of a hundred, what the first has.
        share: u16,
        first: Box<Tree>,
        second: Box<Tree>,
    },
}

/// The line between two neighbours.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seam {
    pub(crate) way: Way,
    pub(crate) line: Rect,
    /// What the two share.
    pub(crate) whole: Rect,
    /// The way down to the split: second or not.
    pub(crate) path: Vec<bool>,
}

impl Tree {
    /// Every pane with its place, from the left and the top.
    pub(crate) fn areas(&self, whole: Rect) -> Vec<(PaneId, Rect)> {
        let mut found = Vec::new();
        self.lay(whole, &mut Vec::new(), &mut found, &mut Vec::new());
        found
    }

    /// The lines between them.
    pub(crate) fn seams(&self, whole: Rect) -> Vec<Seam> {
        let mut found = Vec::new();
        self.lay(whole, &mut Vec::new(), &mut Vec::new(), &mut found);
        found
    }

    fn lay(&self, whole: Rect, path: &mut Vec<bool>, panes: &mut Vec<(PaneId, Rect)>, seams: &mut Vec<Seam>) {
        match self {
            Self::Pane(id) => panes.push((*id, whole)),
            Self::Split { way, share, first, second } => {
                let (a, line, b) = cut(whole, *way, *share);
                seams.push(Seam { way: *way, line, whole, path: path.clone() });
                for (part, area, last) in [(first, a, false), (second, b, true)] {
                    path.push(last);
                    part.lay(area, path, panes, seams);
                    path.pop();
                }
            }
        }
    }

    /// Every pane, from the left and the top.
    pub(crate) fn panes(&self) -> Vec<PaneId> {
        self.areas(Rect::ZERO).into_iter().map(|(id, _)| id).collect()
    }

    /// Puts a new pane beside or below another.
    pub(crate) fn split(&mut self, at: PaneId, way: Way, share: u16, new: PaneId) {
        match self {
            Self::Pane(id) if *id == at => {
                let (first, second) = (Box::new(Self::Pane(at)), Box::new(Self::Pane(new)));
                *self = Self::Split { way, share: share.clamp(SHARES.0, SHARES.1), first, second };
            }
            Self::Pane(_) => {}
            Self::Split { first, second, .. } => {
                first.split(at, way, share, new);
                second.split(at, way, share, new);
            }
        }
    }

    /// Takes a pane out; its neighbour gets the room. The last one stays.
    pub(crate) fn remove(&mut self, gone: PaneId) {
        if let Self::Split { first, second, .. } = self {
            let rest = match (&**first, &**second) {
                (Self::Pane(id), _) if *id == gone => second,
                (_, Self::Pane(id)) if *id == gone => first,
                _ => {
                    first.remove(gone);
                    second.remove(gone);
                    return;
                }
            };
            *self = std::mem::replace(rest, Self::Pane(gone));
        }
    }

    /// Moves the nearest line of that way around a pane by so many of a hundred; right and down are more.
    pub(crate) fn shift(&mut self, pane: PaneId, across: Way, by: i16) -> bool {
        let Self::Split { way, share, first, second } = self else { return false };
        if first.shift(pane, across, by) || second.shift(pane, across, by) {
            return true;
        }
        let here = *way == across && (first.panes().contains(&pane) || second.panes().contains(&pane));
        if here {
            *share = share.saturating_add_signed(by).clamp(SHARES.0, SHARES.1);
        }
        here
    }

    /// Puts the line of a split where it was dragged to.
    pub(crate) fn drag(&mut self, path: &[bool], to: u16) {
        let Self::Split { share, first, second, .. } = self else { return };
        match path {
            [] => *share = to.clamp(SHARES.0, SHARES.1),
            [false, rest @ ..] => first.drag(rest, to),
            [true, rest @ ..] => second.drag(rest, to),
        }
    }
}

/// First part, line and second part.
fn cut(whole: Rect, way: Way, share: u16) -> (Rect, Rect, Rect) {
    let part = |of: u16| u16::try_from(u32::from(of) * u32::from(share) / 100).unwrap_or(of);
    let Rect { x, y, width, height } = whole;
    match way {
        Way::Beside => {
            let seam = width.min(1);
            let left = part(width - seam);
            let rest = width - seam - left;
            (
                Rect { x, y, width: left, height },
                Rect { x: x + left, y, width: seam, height },
                Rect { x: x + left + seam, y, width: rest, height },
            )
        }
        Way::Stacked => {
            let top = part(height);
            let line = Rect { x, y: y + top, width, height: (height - top).min(1) };
            (Rect { x, y, width, height: top }, line, Rect { x, y: y + top, width, height: height - top })
        }
    }
}

/// The pane next to another on a side: the one that shares most of that edge.
pub(crate) fn beside(areas: &[(PaneId, Rect)], from: PaneId, side: Side) -> Option<PaneId> {
    let (_, here) = areas.iter().find(|(id, _)| *id == from)?;
    let touches = |other: &Rect| match side {
        Side::Left => other.right() + 1 == here.x || other.right() == here.x && other.x < here.x,
        Side::Right => here.right() + 1 == other.x || here.right() == other.x && other.x > here.x,
        Side::Above => other.bottom() == here.y && other.y < here.y,
        Side::Below => here.bottom() == other.y && other.y > here.y,
    };
    let common = |other: &Rect| {
        let (a, b) = match side {
            Side::Left | Side::Right => ((here.y, here.bottom()), (other.y, other.bottom())),
            Side::Above | Side::Below => ((here.x, here.right()), (other.x, other.right())),
        };
        a.1.min(b.1).saturating_sub(a.0.max(b.0))
    };
    let near = areas.iter().filter(|(id, area)| *id != from && touches(area) && common(area) > 0);
    // Of equals, the first.
    near.rev().max_by_key(|(_, area)| common(area)).map(|(id, _)| *id)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 | 2 over 3
    fn three() -> Tree {
        let mut tree = Tree::Pane(1);
        tree.split(1, Way::Beside, 50, 2);
        tree.split(2, Way::Stacked, 50, 3);
        tree
    }

    #[test]
    fn every_cell_belongs_to_one_pane_or_one_seam() {
        for (width, height) in [(1, 1), (2, 3), (80, 20), (81, 21), (200, 60), (0, 0)] {
            let whole = Rect { x: 3, y: 2, width, height };
            let tree = three();
            let panes: u32 = tree.areas(whole).iter().map(|(_, a)| a.area()).sum();
            let seams = tree.seams(whole);
            let lines: u32 = seams.iter().filter(|s| s.way == Way::Beside).map(|s| s.line.area()).sum();
            assert_eq!(panes + lines, whole.area(), "{width}x{height}");
        }
    }

    #[test]
    fn neighbours_are_found_by_their_side() {
        let areas = three().areas(Rect::new(0, 0, 80, 20));
        for (from, side, wanted) in [
            (1, Side::Right, Some(2)),
            (2, Side::Left, Some(1)),
            (3, Side::Left, Some(1)),
            (2, Side::Below, Some(3)),
            (3, Side::Above, Some(2)),
            (1, Side::Left, None),
            (1, Side::Below, None),
        ] {
            assert_eq!(beside(&areas, from, side), wanted, "{from} {side:?}");
        }
    }

    #[test]
    fn what_is_closed_leaves_its_room_to_its_neighbour() {
        let mut tree = three();
        tree.remove(1);
        assert_eq!(
            tree.areas(Rect::new(0, 0, 80, 20)),
            [(2, Rect::new(0, 0, 80, 10)), (3, Rect::new(0, 10, 80, 10))]
        );
        tree.remove(3);
        assert_eq!(tree, Tree::Pane(2));
        tree.remove(2);
        assert_eq!(tree, Tree::Pane(2), "the last one stays");
    }

    #[test]
    fn a_line_moves_and_leaves_room_on_both_sides() {
        let mut tree = three();
        assert!(tree.shift(3, Way::Beside, -70) && tree.shift(3, Way::Stacked, 5));
        let wide = tree.areas(Rect::new(0, 0, 101, 100));
        assert_eq!(wide[0].1.width, 10);
        assert_eq!(wide[1].1.height, 55);
        assert!(!tree.shift(1, Way::Stacked, 5), "no line lies across it");
        tree.drag(&[true], 20);
        assert_eq!(tree.areas(Rect::new(0, 0, 101, 100))[1].1.height, 20);
    }
}
