use super::{Look, Motion, Scene, Step, View};
use crate::{
    draw,
    keys::{Act, Place},
    model::{Known, Namespaces},
    msg::{Effect, Generation, Msg},
    pager::Pager,
};
use ratatui::{Frame, layout::Rect};
use shared_api::Key;
use shared_client::LogOptions;

/// A container's log.
pub(crate) struct Logs {
    pub(crate) generation: Generation,
    pub(crate) pod: Key,
    pub(crate) options: LogOptions,
    pub(crate) pager: Pager,
    /// It ended, and why.
    pub(crate) ended: Option<String>,
}

impl Logs {
    /// Before it was asked for; [`Look::revive`] asks.
    pub(crate) fn of(pod: Key, options: LogOptions) -> Self {
        Self { generation: 0, pod, options, pager: Pager::default(), ended: None }
    }

    /// Asks for all of it again.
    fn again(&mut self, generation: Generation) -> Vec<Step> {
        let before = std::mem::replace(&mut self.generation, generation);
        self.ended = None;
        self.pager.clear();
        let ask = Effect::Logs { generation, pod: self.pod.clone(), options: self.options.clone() };
        let stop = (before > 0).then_some(Effect::Stop(before));
        stop.into_iter().chain([ask]).map(Step::Effect).collect()
    }
}

impl Look for Logs {
    fn places(&self) -> &'static [Place] {
        &[Place::Logs, Place::Pager]
    }

    fn crumb(&self) -> String {
        format!("logs {}", self.pod.name)
    }

    fn title(&self, scene: &Scene<'_>) -> (String, String) {
        let options = &self.options;
        let container =
            if options.container.is_empty() { String::new() } else { format!(" [{}]", options.container) };
        let previous = if options.previous { " (previous)" } else { "" };
        let state = match (&self.ended, self.pager.top) {
            (Some(_), _) => "ended",
            (None, None) => "following",
            (None, Some(_)) => &format!("held, {} follows", scene.model.config.keymap.key(Act::Bottom)),
        };
        let dropped = self.pager.dropped;
        let lost = if dropped > 0 { format!(", {dropped} older dropped") } else { String::new() };
        let count = draw::lines(&self.pager);
        let tail = options.tail_lines.map_or(String::new(), |n| format!(" from last {n}"));
        let why = self.ended.as_ref().map_or(String::new(), |why| format!(": {why}"));
        (format!("logs {}{container}{previous}{why}", self.pod), format!("{state}, {count}{tail}{lost}"))
    }

    fn draw(&self, _: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
        draw::pager(&self.pager, frame, area);
    }

    fn scroll(&mut self, to: Motion, _: &Known) {
        self.pager.scroll(to.by, to.size.0, to.size.1, true);
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

    fn hear(&mut self, msg: Msg) -> Vec<Step> {
        match msg {
            Msg::Lines(_, lines) => self.pager.push(lines),
            Msg::Ended(_, why) => {
                self.ended = Some(crate::model::clean(why.as_deref().unwrap_or("it ended")));
                // The title may have no room for it.
                return why.into_iter().map(|why| Step::Say(format!("the log ended: {why}"))).collect();
            }
            _ => {}
        }
        Vec::new()
    }

    fn act(&mut self, act: Act, _: &Known) -> Option<Vec<Step>> {
        match act {
            Act::Timestamps => self.options.timestamps = !self.options.timestamps,
            Act::Previous => {
                self.options.previous = !self.options.previous;
                self.options.follow = !self.options.previous;
            }
            Act::Reload => {}
            _ => return None,
        }
        Some(vec![Step::Revive])
    }

    fn broken_off(&self) -> bool {
        self.ended.is_none()
    }

    fn revive(&mut self, generation: Generation) -> Vec<Step> {
        self.again(generation)
    }

    fn line(&self, _: &Namespaces) -> Option<String> {
        let Key { namespace, name, .. } = &self.pod;
        let container = Some(&self.options.container).filter(|container| !container.is_empty());
        let container = container.map_or(String::new(), |container| format!(" -c {container}"));
        Some(format!("logs {name} -n {namespace}{container}"))
    }

    fn twin(&self) -> Option<View> {
        let pager = Pager { wrap: self.pager.wrap, filter: self.pager.filter.clone(), ..Pager::default() };
        let twin = Self { pager, ..Self::of(self.pod.clone(), self.options.clone()) };
        Some(View::Logs(twin))
    }

    fn text(&self, _: &Known) -> Option<String> {
        Some(self.pager.text())
    }

    fn pager_mut(&mut self) -> Option<&mut Pager> {
        Some(&mut self.pager)
    }
}
