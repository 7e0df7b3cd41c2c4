use super::{Look, Motion, Scene, View};
use crate::{
    draw::lay,
    keys::Place,
    model::{Deed, Known, Namespaces},
};
use ratatui::{Frame, layout::Rect, text::Line, widgets::Paragraph};
use shared_api::ago;

/// The commands that were run here, the newest first: when, which, and what became of them.
#[derive(Debug, Default)]
pub(crate) struct Deeds {
    at: usize,
}

impl Look for Deeds {
    fn places(&self) -> &'static [Place] {
        &[Place::Deeds]
    }

    fn crumb(&self) -> String {
        "commands".into()
    }

    fn title(&self, scene: &Scene<'_>) -> (String, String) {
        (self.crumb(), format!("{} run here", scene.model.deeds.len()))
    }

    fn draw(&self, scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
        let deeds = &scene.model.deeds;
        if deeds.is_empty() {
            let text = " nothing was changed from here";
            frame.render_widget(Paragraph::new(Line::styled(text, scene.skin.dim)), area);
            return;
        }
        let heads = ["AGO", "OUTCOME", "UNDO", "COMMAND"].map(String::from);
        let row = |deed: &Deed| {
            let undo = match (deed.undo.is_empty(), deed.undone) {
                (true, _) => "",
                (false, false) => "can be undone",
                (false, true) => "undone",
            };
            vec![ago(deed.at, scene.model.known.now), deed.outcome.clone(), undo.into(), deed.line.clone()]
        };
        let rows: Vec<_> = deeds.iter().rev().map(row).collect();
        let at = self.at.min(rows.len() - 1);
        let first = at.saturating_sub(usize::from(area.height.saturating_sub(2)));
        let lines = lay(&heads, &rows[first..], &[], area.width, Some(at - first), &|_, _| false, scene);
        frame.render_widget(Paragraph::new(lines), area);
    }

    fn scroll(&mut self, to: Motion, _: &Known) {
        // The end is found when it is drawn.
        self.at = self.at.saturating_add_signed(to.by).min(crate::model::DEEDS);
    }

    fn line(&self, _: &Namespaces) -> Option<String> {
        Some("commands".into())
    }

    fn twin(&self) -> Option<View> {
        Some(View::Deeds(Self { at: self.at }))
    }
}
