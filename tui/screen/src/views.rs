//! What a pane can show, one file a view.
//!
//! A view is a value that knows its own title, keys, cursor, filter and picture. To add one: a file with the
//! struct and its [`Look`], and a line in [`views!`] below. What it cannot do for itself it asks for as [`Step`]s: to
//! open another view, to have a line fill it, an effect whose answers carry the generation it was given. Whoever opens
//! it says `update::open::push(model, View::Name(view))`; that asks for what it needs. Keys of its own are lines of
//! `keys/map.rs` under a `Place` of its own; where that is on screen with others, `keys/trie.rs` says.
//!
//! ```text
//!   key ──keys──► Act ──► Look::act ──Step──► update            what is known ──► Look::settle
//!   answer (generation) ──► Look::hear                          Model ──► Look::draw (area of the pane)
//! ```

mod capacity;
mod deeds;
mod forwards;
mod logs;
mod pulse;
mod shell;
mod table;
mod text;
mod used;

pub(crate) use capacity::Capacity;
pub(crate) use deeds::Deeds;
pub(crate) use forwards::Forwards;
pub(crate) use logs::{Logs, Of};
pub(crate) use pulse::Pulse;
pub(crate) use shell::Shell;
pub(crate) use table::{Table, Within, pod_of, pods_within};
pub(crate) use text::Text;
pub(crate) use used::{Found, Use, Used};

use crate::{
    draw::Skin,
    keys::{Act, Place},
    model::{Known, Model, Namespaces, Pane},
    msg::{Effect, Generation, Msg},
    pager::Pager,
    rows::Row,
};
use ratatui::{Frame, layout::Rect, style::Style};
use shared_api::GroupKind;
use std::sync::Arc;

/// The variants, and the way to what all of them can do.
macro_rules! views {
    ($($name:ident($type:ty)),* $(,)?) => {
        /// What a pane shows.
        pub(crate) enum View {
            $($name($type),)*
        }

        impl View {
            pub(crate) fn look(&self) -> &dyn Look {
                match self {
                    $(Self::$name(view) => view,)*
                }
            }

            pub(crate) fn look_mut(&mut self) -> &mut dyn Look {
                match self {
                    $(Self::$name(view) => view,)*
                }
            }
        }
    };
}

views! {
    Pulse(Pulse),
    Table(Table),
    Logs(Logs),
    Shell(Shell),
    Text(Text),
    Forwards(Forwards),
    Used(Used),
    Deeds(Deeds),
    Capacity(Capacity),
}

/// Where a view is drawn from: what is known, its pane, and how things look.
pub(crate) struct Scene<'a> {
    pub(crate) model: &'a Model,
    pub(crate) pane: &'a Pane,
    pub(crate) skin: &'a Skin,
    /// Whether keys go to this pane.
    pub(crate) focused: bool,
}

impl Scene<'_> {
    /// How the line of the cursor looks.
    pub(crate) fn cursor(&self) -> Style {
        if self.focused { self.skin.cursor } else { self.skin.idle }
    }
}

/// What a view asks for beyond itself.
pub(crate) enum Step {
    /// Something to be done outside.
    Effect(Effect),
    /// Another view on top of this one, looking at the same namespaces or at others.
    Open(Box<View>, Option<Namespaces>),
    /// A line whose answer, whole, fills this view.
    Fill {
        generation: Generation,
        line: String,
    },
    /// Ask this view for what fills it, under a new generation.
    Revive,
    /// Take this view away.
    Close,
    Say(String),
}

/// What every view can do.
pub(crate) trait Look {
    /// Where its keys are in the key map, the special before the general. What is heard everywhere follows.
    fn places(&self) -> &'static [Place];

    /// One or two words for the way here.
    fn crumb(&self) -> String;

    /// What stands at the end of that way instead of the crumb, and how much there is of it.
    fn title(&self, scene: &Scene<'_>) -> (String, String);

    fn draw(&self, scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect);

    /// Up, down, by pages, to the ends.
    fn scroll(&mut self, _to: Motion, _known: &Known) {}

    /// The cursor goes to a row of the picture, if something can be chosen there.
    fn point(&mut self, _row: u16, _size: (u16, u16)) {}

    /// The filter, if it can have one.
    fn filter(&self) -> Option<&str> {
        None
    }

    fn filter_by(&mut self, _text: &str) {}

    /// The kinds that it shows objects of.
    fn kinds(&self) -> Vec<GroupKind> {
        Vec::new()
    }

    /// Whether it is to be drawn anew at once when objects of a kind change.
    fn shows(&self, kind: &GroupKind) -> bool {
        self.kinds().contains(kind)
    }

    /// What it waits for answers to; it ends with the view.
    fn generation(&self) -> Option<Generation> {
        None
    }

    /// Takes an answer. Only those of its own generation mean anything.
    fn hear(&mut self, _msg: Msg) -> Vec<Step> {
        Vec::new()
    }

    /// Brings what it shows up to what is known; tells which object the cursor lost.
    fn settle(&mut self, _known: &Known, _namespaces: &Namespaces) -> Option<String> {
        None
    }

    /// Does what a key means here; `None` leaves it to what every view can.
    fn act(&mut self, _act: Act, _known: &Known) -> Option<Vec<Step>> {
        None
    }

    /// The cells of the cursor's row with their headings, for copying.
    fn cells(&self, _known: &Known) -> Vec<(String, String)> {
        Vec::new()
    }

    /// Everything that is listed, as text, for copying.
    fn text(&self, _known: &Known) -> Option<String> {
        None
    }

    /// The object of the cursor.
    fn object(&self) -> Option<(GroupKind, Arc<Row>)> {
        None
    }

    /// Whether what fills it is to be asked again now; it is asked once a second while it is in sight.
    fn due(&mut self, _known: &Known) -> bool {
        false
    }

    /// Whether it can be come back to after it was left by going back.
    fn lasting(&self) -> bool {
        true
    }

    /// Whether leaving it ended what fills it.
    fn broken_off(&self) -> bool {
        false
    }

    /// Asks for what fills it, under this generation.
    fn revive(&mut self, _generation: Generation) -> Vec<Step> {
        Vec::new()
    }

    /// The line of the palette that opens it, looking at these namespaces; `None` when there is none.
    fn line(&self, _namespaces: &Namespaces) -> Option<String> {
        None
    }

    /// The same again, for another pane.
    fn twin(&self) -> Option<View> {
        None
    }

    /// Its place became this large.
    fn reshape(&mut self, _size: (u16, u16)) -> Option<Effect> {
        None
    }

    /// The lines it scrolls through, if it does.
    fn pager_mut(&mut self) -> Option<&mut Pager> {
        None
    }
}

/// A motion in something with lines, in an area of a size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Motion {
    /// By how many lines.
    pub(crate) by: isize,
    pub(crate) size: (u16, u16),
}
