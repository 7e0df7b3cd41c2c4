use super::{Look, Motion, Scene, Step, Table, Text, View, Within};
use crate::{
    draw::lay,
    keys::{Act, Place},
    model::{Known, Namespaces, clean, word},
    msg::{Effect, Generation, Msg, info},
};
use ratatui::{Frame, layout::Rect, text::Line, widgets::Paragraph};
use shared_api::{Key, Timestamp, ago};

/// An object that refers to another, and where.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Use {
    pub(crate) key: Key,
    pub(crate) places: Vec<String>,
}

/// What was found.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Found {
    pub(crate) uses: Vec<Use>,
    /// How many more there are.
    pub(crate) more: usize,
    /// How many kinds were looked through, and which could not be.
    pub(crate) kinds: usize,
    pub(crate) refused: Vec<String>,
}

/// Everything that refers to an object, as it was when it was asked for.
pub(crate) struct Used {
    generation: Generation,
    of: Key,
    found: Option<Found>,
    asked: Timestamp,
    at: usize,
}

impl Used {
    pub(crate) fn by(of: Key, now: Timestamp) -> Self {
        Self { generation: 0, of, found: None, asked: now, at: 0 }
    }

    fn uses(&self) -> &[Use] {
        self.found.as_ref().map_or(&[], |found| &found.uses)
    }
}

impl Look for Used {
    fn places(&self) -> &'static [Place] {
        &[Place::Used]
    }

    fn crumb(&self) -> String {
        format!("used-by {}", word(&self.of))
    }

    fn title(&self, scene: &Scene<'_>) -> (String, String) {
        let Some(found) = &self.found else { return (format!("{} …", self.crumb()), String::new()) };
        let more = if found.more > 0 { format!(" and {} more", found.more) } else { String::new() };
        let age = ago(self.asked, scene.model.known.now);
        let refused = match found.refused.len() {
            0 => String::new(),
            n => format!(", {n} of them refused"),
        };
        (self.crumb(), format!("{}{more} in {} kinds{refused}, {age} ago", found.uses.len(), found.kinds))
    }

    fn draw(&self, scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
        let Some(found) = &self.found else { return };
        let mut lines = Vec::new();
        let room = usize::from(area.height).saturating_sub(found.refused.len().min(3));
        if found.uses.is_empty() {
            lines
                .push(Line::styled(format!(" nothing refers to {}", clean(&word(&self.of))), scene.skin.dim));
        } else {
            let heads = ["OBJECT", "NAMESPACE", "WHERE"].map(String::from);
            let rows: Vec<_> = found
                .uses
                .iter()
                .map(|found| {
                    let Use { key, places } = found;
                    vec![clean(&word(key)), clean(&key.namespace), clean(&places.join(", "))]
                })
                .collect();
            let first = (self.at + 2).saturating_sub(room);
            lines.extend(lay(
                &heads,
                &rows[first..],
                &[],
                area.width,
                Some(self.at - first),
                &|_, _| false,
                scene,
            ));
            lines.truncate(room);
        }
        lines.extend(
            found.refused.iter().take(3).map(|why| Line::styled(clean(&format!(" {why}")), scene.skin.bad)),
        );
        frame.render_widget(Paragraph::new(lines), area);
    }

    fn scroll(&mut self, to: Motion, _: &Known) {
        self.at = self.at.saturating_add_signed(to.by).min(self.uses().len().saturating_sub(1));
    }

    fn generation(&self) -> Option<Generation> {
        Some(self.generation).filter(|generation| *generation > 0)
    }

    fn hear(&mut self, msg: Msg) -> Vec<Step> {
        if let Msg::Uses(_, found) = msg {
            self.found = Some(found);
            self.scroll(Motion { by: 0, size: (0, 0) }, &Known::new("", "", "", self.asked));
        }
        Vec::new()
    }

    fn act(&mut self, act: Act, known: &Known) -> Option<Vec<Step>> {
        if act == Act::Reload {
            self.asked = known.now;
            return Some(vec![Step::Revive]);
        }
        let key = &self.uses().get(self.at)?.key;
        let text = |verb| Some((View::Text(Text::about(verb, key)), None));
        let (view, namespaces) = match act {
            Act::Enter => {
                let mut table = Table::of(key.kind.clone(), Within::Namespace);
                table.filter_by(&format!("name:^{}$", key.name));
                let namespaced = info(&key.kind).is_some_and(|kind| kind.namespaced);
                Some((View::Table(table), namespaced.then(|| Namespaces::one(key.namespace.clone()))))
            }
            Act::Describe => text("describe"),
            Act::Why => text("why"),
            Act::Yaml => Some((View::Text(Text::yaml(key)), None)),
            _ => None,
        }?;
        Some(vec![Step::Open(Box::new(view), namespaces)])
    }

    fn broken_off(&self) -> bool {
        self.found.is_none()
    }

    fn revive(&mut self, generation: Generation) -> Vec<Step> {
        let before = std::mem::replace(&mut self.generation, generation);
        let ask = Step::Effect(Effect::Uses(generation, self.of.clone()));
        let stop = (before > 0).then_some(Step::Effect(Effect::Stop(before)));
        stop.into_iter().chain([ask]).collect()
    }

    fn line(&self, _: &Namespaces) -> Option<String> {
        let within = match &*self.of.namespace {
            "" => String::new(),
            namespace => format!(" -n {namespace}"),
        };
        Some(format!("used-by {}{within}", word(&self.of)))
    }

    fn twin(&self) -> Option<View> {
        Some(View::Used(Self::by(self.of.clone(), self.asked)))
    }
}
