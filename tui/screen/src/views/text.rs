use super::{Look, Motion, Scene, Step, View};
use crate::{
    draw,
    keys::{Act, Place},
    model::{Known, Namespaces, word},
    msg::{Effect, Generation},
    pager::Pager,
};
use ratatui::{Frame, layout::Rect};
use shared_api::{Key, Revision, Timestamp};

/// Text that a command answered.
pub(crate) struct Text {
    pub(crate) generation: Generation,
    /// The command line.
    pub(crate) line: String,
    pub(crate) pager: Pager,
    pub(crate) loading: bool,
    /// When it was asked last, and how far the cluster's history was known then.
    fresh: Option<(Timestamp, Revision)>,
}

impl Text {
    /// Before its line was asked; [`Look::revive`] asks.
    pub(crate) fn of(line: &str) -> Self {
        Self { generation: 0, line: line.into(), pager: Pager::of(""), loading: true, fresh: None }
    }

    /// What a verb of `--batch` says of an object.
    pub(crate) fn about(verb: &str, key: &Key) -> Self {
        let namespace =
            if key.namespace.is_empty() { String::new() } else { format!(" -n {}", key.namespace) };
        Self::of(&format!("{verb} {}{namespace}", word(key)))
    }

    /// The object itself.
    pub(crate) fn yaml(key: &Key) -> Self {
        let Self { line, .. } = Self::about("get", key);
        Self::of(&format!("{line} -o yaml"))
    }

    /// What is known already.
    pub(crate) fn saying(generation: Generation, line: String, text: &str) -> Self {
        Self { generation, line, pager: Pager::of(text), loading: false, fresh: None }
    }

    /// The whole answer; the place in it stays.
    pub(crate) fn fill(&mut self, text: &str) {
        let top = self.pager.top;
        let Pager { wrap, filter, .. } = std::mem::take(&mut self.pager);
        self.pager = Pager { top, wrap, filter, ..Pager::of(text) };
        self.loading = false;
    }
}

/// When a text is asked again while it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Every {
    /// Every two seconds: what counts without any object changing.
    Moment,
    /// When something changed, but not more often.
    Change,
}

/// Whether a line's answer is one that moves.
fn every(line: &str) -> Option<Every> {
    let mut words = line.split_whitespace();
    match (words.next(), words.next()) {
        (Some("path" | "controlplane"), _) => Some(Every::Moment),
        (Some("rollout"), Some("show")) => Some(Every::Change),
        _ => None,
    }
}

impl Look for Text {
    fn places(&self) -> &'static [Place] {
        &[Place::Pager]
    }

    fn crumb(&self) -> String {
        self.line.split_whitespace().next().unwrap_or("text").into()
    }

    fn title(&self, _: &Scene<'_>) -> (String, String) {
        let state = if self.loading { " …" } else { "" };
        (format!("{}{state}", self.line), draw::lines(&self.pager))
    }

    fn draw(&self, _: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
        draw::pager(&self.pager, frame, area);
    }

    fn scroll(&mut self, to: Motion, _: &Known) {
        self.pager.scroll(to.by, to.size.0, to.size.1, false);
    }

    fn filter(&self) -> Option<&str> {
        Some(&self.pager.filter)
    }

    fn filter_by(&mut self, text: &str) {
        text.clone_into(&mut self.pager.filter);
    }

    fn generation(&self) -> Option<Generation> {
        Some(self.generation).filter(|generation| *generation > 0)
    }

    fn act(&mut self, act: Act, _: &Known) -> Option<Vec<Step>> {
        (act == Act::Reload).then(|| vec![Step::Revive])
    }

    fn due(&mut self, known: &Known) -> bool {
        let Some(every) = every(&self.line).filter(|_| self.generation > 0 && !self.loading) else {
            return false;
        };
        let (at, revision) = *self.fresh.get_or_insert((known.now, known.revision));
        let seconds = known.now.as_second() - at.as_second();
        // What only objects tell is asked again only when there is something new.
        let changed = every == Every::Change && known.revision == revision;
        if seconds < 2 || changed {
            return false;
        }
        self.fresh = Some((known.now, known.revision));
        true
    }

    fn broken_off(&self) -> bool {
        self.loading
    }

    fn revive(&mut self, generation: Generation) -> Vec<Step> {
        // A question that was not answered yet is not asked twice.
        let before = Some(self.generation).filter(|before| self.loading && *before > 0);
        (self.generation, self.loading) = (generation, true);
        let stop = before.map(|before| Step::Effect(Effect::Stop(before)));
        stop.into_iter().chain([Step::Fill { generation, line: self.line.clone() }]).collect()
    }

    fn line(&self, _: &Namespaces) -> Option<String> {
        // What was only said has no line.
        (self.generation > 0).then(|| self.line.clone())
    }

    fn twin(&self) -> Option<View> {
        if self.loading {
            return Some(View::Text(Self::of(&self.line)));
        }
        let pager = self.pager.clone();
        Some(View::Text(Self { generation: 0, line: self.line.clone(), pager, loading: false, fresh: None }))
    }

    fn text(&self, _: &Known) -> Option<String> {
        Some(self.pager.text())
    }

    fn pager_mut(&mut self) -> Option<&mut Pager> {
        Some(&mut self.pager)
    }
}
