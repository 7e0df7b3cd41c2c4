//! How full the nodes are: what is asked of each, what it has, and what it uses, as it changes.

use super::{Look, Motion, Scene, View};
use crate::{
    draw::lay,
    keys::{Act, Place},
    model::{Known, Namespaces, Used, clean},
    rows::{Asks, Row, Sheet},
};
use ratatui::{Frame, layout::Rect, text::Line, widgets::Paragraph};
use shared_api::{
    Amount, GroupKind,
    core::{Node, Pod},
};
use std::{collections::BTreeMap, sync::Arc};

/// How wide a bar is.
const BAR: i64 = 10;

/// The nodes, with a cursor that stays on its own.
#[derive(Debug, Default)]
pub(crate) struct Capacity {
    /// The node of the cursor.
    on: Option<Box<str>>,
    nodes: Vec<Fill>,
}

/// How full a node is.
#[derive(Debug)]
struct Fill {
    row: Arc<Row>,
    asked: Asks,
    used: Option<Asks>,
}

impl Capacity {
    fn at(&self) -> usize {
        let place = |on: &str| self.nodes.iter().position(|fill| *fill.row.uid == *on);
        self.on.as_deref().and_then(place).unwrap_or(0)
    }

    fn gather(known: &Known) -> Vec<Fill> {
        let mut asked = BTreeMap::<&str, Asks>::new();
        for pod in known.sheet(&GroupKind::of::<Pod>()).into_iter().flat_map(Sheet::iter) {
            if !pod.leads.node.is_empty() {
                *asked.entry(&pod.leads.node).or_default() += pod.leads.asks;
            }
        }
        let metrics = known.sheet(&Used::kind());
        let used = |name: &str| {
            let said = metrics?.get("", name)?;
            let amount = |at: usize| Amount::parse(said.cell(at)).ok();
            Some(Asks { pods: 0, cpu: amount(0)?.as_milli(), memory: amount(1)?.as_whole() })
        };
        let fill = |row: &Arc<Row>| Fill {
            asked: asked.get(&*row.name).copied().unwrap_or_default(),
            used: used(&row.name),
            row: Arc::clone(row),
        };
        known.sheet(&GroupKind::of::<Node>()).into_iter().flat_map(Sheet::iter).map(fill).collect()
    }
}

impl Fill {
    fn cells(&self) -> Vec<String> {
        let (has, asked) = (self.row.leads.asks, self.asked);
        let used = |of: fn(&Asks) -> i64| self.used.as_ref().map(of);
        let told = |used: Option<String>| used.unwrap_or_else(|| "?".into());
        vec![
            clean(&self.row.name),
            format!("{}/{}", asked.pods, has.pods),
            bar(asked.cpu, used(|u| u.cpu), has.cpu),
            format!("{}/{}", cores(asked.cpu), cores(has.cpu)),
            told(used(|u| u.cpu).map(cores)),
            bar(asked.memory, used(|u| u.memory), has.memory),
            format!("{}/{}", gibibytes(asked.memory), gibibytes(has.memory)),
            told(used(|u| u.memory).map(gibibytes)),
        ]
    }
}

/// What is used is full, what is asked for beyond that half, the rest light; what is used beyond what was asked for
/// is full as well.
fn bar(asked: i64, used: Option<i64>, has: i64) -> String {
    let columns = |part: i64| if has <= 0 { 0 } else { (part.saturating_mul(BAR) / has).clamp(0, BAR) };
    let (asked, used) = (columns(asked), columns(used.unwrap_or(0)));
    let one = |at: i64| {
        if at < used {
            '█'
        } else if at < asked {
            '▒'
        } else {
            '·'
        }
    };
    (0..BAR).map(one).collect()
}

fn cores(milli: i64) -> String {
    tenths(milli / 100)
}

fn gibibytes(bytes: i64) -> String {
    format!("{}Gi", tenths(bytes.saturating_mul(10) >> 30))
}

/// `3`, `3.5`.
fn tenths(tenths: i64) -> String {
    if tenths % 10 == 0 { format!("{}", tenths / 10) } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

impl Look for Capacity {
    fn places(&self) -> &'static [Place] {
        &[Place::Nodes, Place::Table]
    }

    fn crumb(&self) -> String {
        "capacity".into()
    }

    fn title(&self, _: &Scene<'_>) -> (String, String) {
        (self.crumb(), format!("{} nodes", self.nodes.len()))
    }

    fn draw(&self, scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
        let heads = ["NODE", "PODS", "CPU", "ASKED", "USED", "MEMORY", "ASKED", "USED"].map(String::from);
        let rows: Vec<_> = self.nodes.iter().map(Fill::cells).collect();
        let height = usize::from(area.height.saturating_sub(3)).max(1);
        let at = self.at();
        let first = (at + 1).saturating_sub(height);
        let shown = &rows[first.min(rows.len())..(first + height).min(rows.len())];
        let cursor = (!shown.is_empty()).then(|| at - first);
        let mut lines = lay(&heads, shown, &[], area.width, cursor, &|_, _| false, scene);
        let actions = scene.model.config.keymap.key(Act::Actions);
        lines.push(Line::raw(""));
        let text = format!(" █ used  ▒ asked for  · free   {actions} says what a drain would do");
        lines.push(Line::styled(text, scene.skin.dim));
        frame.render_widget(Paragraph::new(lines), area);
    }

    fn scroll(&mut self, to: Motion, _: &Known) {
        let at = self.at().saturating_add_signed(to.by).min(self.nodes.len().saturating_sub(1));
        self.on = self.nodes.get(at).map(|fill| fill.row.uid.clone());
    }

    fn point(&mut self, row: u16, size: (u16, u16)) {
        let Some(row) = row.checked_sub(1) else { return };
        let first = (self.at() + 1).saturating_sub(usize::from(size.1.saturating_sub(3)).max(1));
        if let Some(fill) = self.nodes.get(first + usize::from(row)) {
            self.on = Some(fill.row.uid.clone());
        }
    }

    fn kinds(&self) -> Vec<GroupKind> {
        vec![GroupKind::of::<Node>(), GroupKind::of::<Pod>(), Used::kind()]
    }

    fn settle(&mut self, known: &Known, _: &Namespaces) -> Option<String> {
        let at = self.at();
        self.nodes = Self::gather(known);
        let there = self.nodes.iter().any(|fill| Some(&fill.row.uid) == self.on.as_ref());
        if !there {
            self.on = self.nodes.get(at.min(self.nodes.len().saturating_sub(1))).map(|f| f.row.uid.clone());
        }
        None
    }

    fn object(&self) -> Option<(GroupKind, Arc<Row>)> {
        Some((GroupKind::of::<Node>(), Arc::clone(&self.nodes.get(self.at())?.row)))
    }

    fn cells(&self, _: &Known) -> Vec<(String, String)> {
        let heads = ["node", "pods", "cpu", "cpu asked", "cpu used", "memory", "memory asked", "memory used"];
        let cells = self.nodes.get(self.at()).map(Fill::cells).unwrap_or_default();
        heads.into_iter().map(String::from).zip(cells).collect()
    }

    fn text(&self, _: &Known) -> Option<String> {
        Some(self.nodes.iter().flat_map(|fill| [fill.cells().join("\t"), "\n".into()]).collect())
    }

    fn line(&self, _: &Namespaces) -> Option<String> {
        Some("capacity".into())
    }

    fn twin(&self) -> Option<View> {
        Some(View::Capacity(Self { on: self.on.clone(), nodes: Vec::new() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_tells_what_is_used_and_asked_for() {
        assert_eq!(bar(5, Some(3), 10), "███▒▒·····");
        assert_eq!(bar(3, Some(6), 10), "██████····");
        assert_eq!(bar(99, None, 10), "▒▒▒▒▒▒▒▒▒▒");
        assert_eq!(bar(1, Some(1), 0), "··········");
        assert_eq!(
            (cores(3900), cores(250), gibibytes(3 << 29)),
            ("3.9".into(), "0.2".into(), "1.5Gi".into())
        );
    }
}
