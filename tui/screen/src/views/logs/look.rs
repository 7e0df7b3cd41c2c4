use super::{Logs, draw};
use crate::{
    draw::counted,
    keys::{Act, Place},
    model::{Known, Namespaces, clean},
    msg::{Effect, Generation, Msg},
    views::{Look, Motion, Scene, Step, View},
};
use ratatui::{Frame, layout::Rect};
use shared_api::Key;

impl Look for Logs {
    fn places(&self) -> &'static [Place] {
        &[Place::Logs, Place::Pager]
    }

    fn crumb(&self) -> String {
        format!("logs {}", self.crumb_of())
    }

    fn title(&self, scene: &Scene<'_>) -> (String, String) {
        let options = &self.options;
        let container =
            if options.container.is_empty() { String::new() } else { format!(" [{}]", options.container) };
        let previous = if options.previous { " (previous)" } else { "" };
        let over = !self.ended.is_empty() && self.ended.iter().all(Option::is_some);
        let state = match (over, self.place.follows()) {
            (true, _) => "ended",
            (false, true) => "following",
            (false, false) => &format!("held, {} follows", scene.model.config.keymap.key(Act::Bottom)),
        };
        let mut count = counted(self.merge.shown(), self.merge.len(), self.merge.filter());
        count.push_str(if self.merge.len() == 1 { " line" } else { " lines" });
        let mut notes = String::new();
        for (number, what) in [
            (self.merge.dropped, "older dropped"),
            (self.held_back, "held back at the source"),
            (self.left_out as u64, "pods not read"),
        ] {
            if number > 0 {
                notes.push_str(&format!(", {number} {what}"));
            }
        }
        let tail = options.tail_lines.map_or(String::new(), |n| format!(" from last {n}"));
        let why = self.ended.iter().flatten().next().filter(|_| over);
        let why = why.map_or(String::new(), |why| format!(": {why}"));
        let what = if self.is_many() {
            format!("{} ({} pods)", self.crumb_of(), 1 + self.more.len())
        } else {
            self.pod.to_string()
        };
        (format!("logs {what}{container}{previous}{why}"), format!("{state}, {count}{tail}{notes}"))
    }

    fn draw(&self, scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
        draw::draw(self, scene, frame, area);
    }

    fn scroll(&mut self, to: Motion, _: &Known) {
        self.roll(to);
    }

    fn filter(&self) -> Option<&str> {
        Some(self.merge.filter())
    }

    fn filter_by(&mut self, text: &str) {
        self.merge.filter_by(text);
    }

    fn generation(&self) -> Option<Generation> {
        Some(self.generation).filter(|generation| *generation > 0)
    }

    fn hear(&mut self, msg: Msg) -> Vec<Step> {
        let (source, why) = match msg {
            Msg::Lines(_, lines) => {
                self.merge.push(0, lines, shared_api::Timestamp::UNIX_EPOCH);
                return Vec::new();
            }
            Msg::Told { source, lines, held_back, .. } => {
                self.held_back += held_back;
                self.merge.push(source, lines, shared_api::Timestamp::UNIX_EPOCH);
                return Vec::new();
            }
            Msg::Ended(_, why) => (0, why),
            Msg::SourceEnded(_, source, why) => (source, why),
            _ => return Vec::new(),
        };
        let place = usize::from(source);
        if self.ended.len() <= place {
            self.ended.resize(place + 1, None);
        }
        self.ended[place] = Some(clean(why.as_deref().unwrap_or("it ended")));
        // The title may have no room for it.
        let whose = if self.is_many() {
            format!(" of {}", self.pods().nth(place).map_or("", |pod| pod.name.as_str()))
        } else {
            String::new()
        };
        why.into_iter().map(|why| Step::Say(format!("the log{whose} ended: {why}"))).collect()
    }

    fn act(&mut self, act: Act, _: &Known) -> Option<Vec<Step>> {
        match act {
            Act::Timestamps => {
                self.times = !self.times;
                self.options.timestamps = self.times;
                // Of many the times are known.
                if self.is_many() {
                    return Some(Vec::new());
                }
            }
            Act::Previous => {
                self.options.previous = !self.options.previous;
                self.options.follow = !self.options.previous;
            }
            Act::Grep => {
                let filter = self.merge.filter().to_owned();
                self.grep = if self.grep == filter { String::new() } else { filter };
            }
            Act::Reload => {}
            Act::Wrap => {
                self.wrap = !self.wrap;
                return Some(Vec::new());
            }
            Act::Fold => {
                self.fold = !self.fold;
                return Some(Vec::new());
            }
            Act::NextMatch | Act::PreviousMatch => {
                if self.search.is_empty() {
                    return Some(vec![Step::Say("nothing is searched yet: f says what".into())]);
                }
                let found = self.seek(act == Act::NextMatch);
                let said =
                    (!found).then(|| Step::Say(format!("{} stands nowhere here", clean(&self.search))));
                return Some(said.into_iter().collect());
            }
            Act::Save => {
                let name: String = self
                    .crumb_of()
                    .chars()
                    .map(|c| if c.is_alphanumeric() || c == '-' { c } else { '-' })
                    .collect();
                let path = format!("dhow-logs-{name}.log").into();
                return Some(vec![Step::Effect(Effect::Save { path, text: self.whole() })]);
            }
            _ => return None,
        }
        Some(vec![Step::Revive])
    }

    fn broken_off(&self) -> bool {
        self.ended.is_empty() || self.ended.iter().any(Option::is_none)
    }

    fn revive(&mut self, generation: Generation) -> Vec<Step> {
        self.again(generation)
    }

    fn line(&self, _: &Namespaces) -> Option<String> {
        if self.is_many() {
            return None;
        }
        let Key { namespace, name, .. } = &self.pod;
        let container = Some(&self.options.container).filter(|container| !container.is_empty());
        let container = container.map_or(String::new(), |container| format!(" -c {container}"));
        Some(format!("logs {name} -n {namespace}{container}"))
    }

    fn twin(&self) -> Option<View> {
        let mut twin = Self { more: self.more.clone(), ..Self::of(self.pod.clone(), self.options.clone()) };
        twin.as_before(self);
        Some(View::Logs(twin))
    }

    fn text(&self, _: &Known) -> Option<String> {
        Some(self.whole())
    }

    fn reshape(&mut self, size: (u16, u16)) -> Option<Effect> {
        self.size = size;
        None
    }
}
