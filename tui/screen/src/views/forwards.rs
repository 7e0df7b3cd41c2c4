use super::{Look, Motion, Scene, View};
use crate::{
    draw::lay,
    keys::{Act, Place},
    model::{Forwarded, Known, Namespaces, clean, meant_by},
    msg::Generation,
};
use ratatui::{Frame, layout::Rect, text::Line, widgets::Paragraph};

/// The list of port-forwards.
#[derive(Debug, Default)]
pub(crate) struct Forwards {
    /// The forward of the cursor.
    on: Option<Generation>,
}

impl Forwards {
    /// The forward of the cursor.
    pub(crate) fn chosen(&self, forwards: &[Forwarded]) -> Option<Generation> {
        forwards.get(self.at(forwards)).map(|forward| forward.generation)
    }

    /// The row of the forward the cursor is on.
    fn at(&self, forwards: &[Forwarded]) -> usize {
        let place = forwards.iter().position(|f| Some(f.generation) == self.on);
        // The one it was on was stopped: the next newer one stands in its place.
        place.unwrap_or_else(|| {
            let newer = forwards.iter().position(|f| Some(f.generation) > self.on);
            newer.unwrap_or(forwards.len().saturating_sub(1))
        })
    }
}

impl Look for Forwards {
    fn places(&self) -> &'static [Place] {
        &[Place::Forwards]
    }

    fn crumb(&self) -> String {
        "port-forwards".into()
    }

    fn title(&self, scene: &Scene<'_>) -> (String, String) {
        (self.crumb(), format!("{} open", scene.model.known.forwards.len()))
    }

    fn draw(&self, scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
        let (forwards, skin) = (&scene.model.known.forwards, scene.skin);
        if forwards.is_empty() {
            let key = scene.model.config.keymap.key(Act::Forward);
            let text = format!(" no port-forwards; {key} on a pod, service or workload opens one");
            frame.render_widget(Paragraph::new(Line::styled(text, skin.dim)), area);
            return;
        }
        let heads = ["LOCAL", "TO", "PORT", "CONNECTIONS", "LAST POD", "LAST TROUBLE"].map(String::from);
        let rows: Vec<_> = forwards
            .iter()
            .map(|f| {
                let local = f.local.map_or("opening".into(), |l| l.to_string());
                let to = clean(&format!("{}/{}", f.to.namespace, meant_by(&f.to)));
                let pod = f.carried.pod.as_ref().map(|pod| clean(&pod.name)).unwrap_or_default();
                let trouble = f.trouble.clone().unwrap_or_default();
                vec![local, to, f.remote.clone(), f.carried.connections.to_string(), pod, trouble]
            })
            .collect();
        let at = self.at(forwards);
        let first = at.saturating_sub(usize::from(area.height.saturating_sub(2)));
        let mut lines = lay(&heads, &rows[first..], &[], area.width, Some(at - first), &|_, _| false, scene);
        if let Some(why) = forwards.get(at).and_then(|f| f.trouble.as_ref()) {
            lines.push(Line::raw(""));
            lines.push(Line::styled(format!(" {why}"), skin.bad));
        }
        frame.render_widget(Paragraph::new(lines), area);
    }

    fn scroll(&mut self, to: Motion, known: &Known) {
        let last = known.forwards.len().saturating_sub(1);
        let at = self.at(&known.forwards).saturating_add_signed(to.by).min(last);
        self.on = known.forwards.get(at).map(|f| f.generation);
    }

    fn line(&self, _: &Namespaces) -> Option<String> {
        Some("pf".into())
    }

    fn twin(&self) -> Option<View> {
        Some(View::Forwards(Self { on: self.on }))
    }
}
