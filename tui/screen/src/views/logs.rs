mod draw;
mod look;

use super::{Motion, Step};
use crate::{
    logs::{Kept, Merge, Place},
    model::Known,
    msg::{Effect, Generation},
    pager::wrap,
    rows::Row,
};
use shared_api::{GroupKind, Key, LabelSelector, core::Pod};
use shared_client::LogOptions;

/// The most pods that are read at once.
pub(crate) const MOST: usize = 50;

/// The logs of a container, or of many merged by time.
pub(crate) struct Logs {
    pub(crate) generation: Generation,
    /// The first pod; more follow.
    pub(crate) pod: Key,
    more: Vec<Key>,
    /// Whose pods these are: those that come later are read too.
    of: Option<Of>,
    /// Pods that are not read, for there are so many.
    left_out: usize,
    pub(crate) options: LogOptions,
    /// Only lines with this in them are let through where they come from.
    grep: String,
    /// How many lines that held back.
    held_back: u64,
    merge: Merge,
    place: Place,
    wrap: bool,
    /// Times are shown.
    times: bool,
    /// JSON is folded into columns.
    fold: bool,
    pub(crate) search: String,
    /// Which ended, and why.
    ended: Vec<Option<String>>,
    /// The size it was drawn in last, as far as it was told.
    pub(crate) size: (u16, u16),
}

/// What selects pods.
pub(crate) struct Of {
    /// `deployments/web`.
    pub(crate) by: String,
    pub(crate) namespace: String,
    pub(crate) labels: LabelSelector,
}

impl Logs {
    /// Before it was asked for; `revive` asks.
    pub(crate) fn of(pod: Key, options: LogOptions) -> Self {
        Self {
            generation: 0,
            pod,
            more: Vec::new(),
            of: None,
            left_out: 0,
            times: options.timestamps,
            options,
            grep: String::new(),
            held_back: 0,
            merge: Merge::default(),
            place: Place::default(),
            wrap: false,
            fold: false,
            search: String::new(),
            ended: Vec::new(),
            size: (80, 20),
        }
    }

    /// Of several pods; `of` says where more come from.
    pub(crate) fn many(pods: Vec<Key>, of: Option<Of>, options: LogOptions) -> Option<Self> {
        let left_out = pods.len().saturating_sub(MOST);
        let mut pods = pods.into_iter().take(MOST);
        let first = pods.next()?;
        Some(Self { more: pods.collect(), of, left_out, ..Self::of(first, options) })
    }

    /// Shown as another was.
    pub(crate) fn as_before(&mut self, other: &Self) {
        self.merge.filter_by(other.merge.filter());
        (self.wrap, self.fold, self.search) = (other.wrap, other.fold, other.search.clone());
    }

    fn pods(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.pod).chain(&self.more)
    }

    fn is_many(&self) -> bool {
        !self.more.is_empty() || self.of.is_some()
    }

    /// Asks for all of it again.
    fn again(&mut self, generation: Generation) -> Vec<Step> {
        let before = std::mem::replace(&mut self.generation, generation);
        self.ended = vec![None; 1 + self.more.len()];
        self.held_back = 0;
        self.place = Place::default();
        self.merge.clear();
        let stop = (before > 0).then_some(Effect::Stop(before));
        let ask = if self.is_many() || !self.grep.is_empty() {
            let pods = self.pods().cloned().collect();
            self.ask(pods, 0)
        } else {
            Effect::Logs { generation, pod: self.pod.clone(), options: self.options.clone() }
        };
        stop.into_iter().chain([ask]).map(Step::Effect).collect()
    }

    /// Asks for the logs of these pods; the first is the source of that number.
    fn ask(&self, pods: Vec<Key>, first: u16) -> Effect {
        // Without times nothing could be merged.
        let options = LogOptions { timestamps: true, ..self.options.clone() };
        Effect::ManyLogs { generation: self.generation, pods, first, options, grep: self.grep.clone() }
    }

    /// Reads pods that have come since.
    pub(crate) fn join(&mut self, known: &Known) -> Option<Effect> {
        let of = self.of.as_ref().filter(|_| self.generation > 0)?;
        let kind = GroupKind::of::<Pod>();
        let there = known.sheet(&kind)?.within(&of.namespace);
        let chosen = there.filter(|row| of.labels.matches(Some(&row.labels)));
        let new: Vec<Key> = chosen.map(|row: &std::sync::Arc<Row>| row.key(&kind)).collect();
        let mut new: Vec<Key> =
            new.into_iter().filter(|key| !self.pods().any(|there| there == key)).collect();
        let room = MOST.saturating_sub(1 + self.more.len());
        self.left_out = new.len().saturating_sub(room);
        new.truncate(room);
        if new.is_empty() {
            return None;
        }
        let first = u16::try_from(1 + self.more.len()).ok()?;
        self.ended.extend(new.iter().map(|_| None));
        self.more.extend(new.clone());
        Some(self.ask(new, first))
    }

    /// A line as it is shown.
    fn line(&self, line: &Kept) -> String {
        let mut text = String::new();
        if self.times {
            let at = shared_api::Timestamp::from_nanosecond(i128::from(line.at));
            let time =
                at.map_or_else(|_| String::new(), |at| at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ ").to_string());
            text.push_str(&time);
        }
        match self.fold.then(|| crate::logs::fold(&line.text)).flatten() {
            Some(folded) => text.push_str(&folded),
            None => text.push_str(&line.text),
        }
        text
    }

    /// How many rows a line takes.
    fn rows(&self, line: &Kept) -> usize {
        if !self.wrap {
            return 1;
        }
        let width = usize::from(self.size.0).saturating_sub(self.margin()).max(1);
        wrap(&self.line(line), width).len()
    }

    /// How wide the names of the pods are.
    fn margin(&self) -> usize {
        if !self.is_many() {
            return 0;
        }
        self.pods().map(|pod| crate::pager::width(short(&pod.name))).max().unwrap_or(0) + 1
    }

    /// To the next line with what is searched, or the one before.
    pub(crate) fn seek(&mut self, forward: bool) -> bool {
        let search = self.search.clone();
        let wanted = |line: &Kept| crate::logs::has(&line.text, &search);
        let (mut place, height) = (self.place, usize::from(self.size.1));
        let found = place.seek(forward, &self.merge, height, &|line| self.rows(line), &wanted);
        self.place = place;
        found
    }

    fn roll(&mut self, to: Motion) {
        self.size = to.size;
        let mut place = self.place;
        place.scroll(to.by, &self.merge, usize::from(to.size.1), &|line| self.rows(line));
        self.place = place;
    }

    /// Everything that is shown, to be saved.
    pub(crate) fn whole(&self) -> String {
        let mut text = String::new();
        let names: Vec<&str> = self.pods().map(|pod| pod.name.as_str()).collect();
        for line in self.merge.iter().filter(|line| line.shown) {
            if self.is_many() {
                text.push_str(names.get(usize::from(line.source)).copied().unwrap_or_default());
                text.push(' ');
            }
            text.push_str(&self.line(line));
            text.push('\n');
        }
        text
    }

    pub(crate) fn crumb_of(&self) -> String {
        match &self.of {
            Some(of) => of.by.clone(),
            None if self.is_many() => format!("{} pods", 1 + self.more.len()),
            None => self.pod.name.clone(),
        }
    }
}

/// What tells pods of one workload apart: the last two parts of the name, when there are more.
fn short(name: &str) -> &str {
    match name.rmatch_indices('-').nth(1) {
        Some((at, _)) if name.len() > 24 => &name[at + 1..],
        _ => name,
    }
}
