//! How things look. Few colours; meaning never hangs on colour alone.

use crate::rows::{Fault, fault_of};
use ratatui::style::{Color, Modifier, Style};

/// The parts of a skin, and their names.
macro_rules! skin {
    ($($(#[$doc:meta])* $part:ident),* $(,)?) => {
        /// A look for everything there is to see.
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) struct Skin {
            $($(#[$doc])* pub(crate) $part: Style,)*
        }

        impl Skin {
            const PARTS: &[&str] = &[$(stringify!($part)),*];

            fn part(&mut self, name: &str) -> Option<&mut Style> {
                match name {
                    $(stringify!($part) => Some(&mut self.$part),)*
                    _ => None,
                }
            }

            /// The same in one colour.
            pub(crate) fn colourless(mut self) -> Self {
                $(self.$part = Style { fg: None, bg: None, underline_color: None, ..self.$part };)*
                // What a colour said is said by weight, beside the words.
                self.warn = self.warn.add_modifier(Modifier::UNDERLINED);
                self.bad = self.bad.add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
                self.cursor = self.cursor.add_modifier(Modifier::REVERSED);
                self.title = self.title.add_modifier(Modifier::REVERSED);
                self.aside = self.aside.add_modifier(Modifier::UNDERLINED);
                self
            }
        }
    };
}

skin! {
    plain,
    dim,
    strong,
    good,
    warn,
    bad,
    /// The line of the cursor where keys go, and where they do not.
    cursor,
    idle,
    /// The title of the pane with the focus, and of the others.
    title,
    aside,
    /// Lines between panes, and boxes.
    seam,
    /// A cell that has just changed.
    fresh,
}

impl Default for Skin {
    /// The sixteen colours that every terminal has.
    fn default() -> Self {
        let (plain, mark) = (Style::new(), |modifier| Style::new().add_modifier(modifier));
        Self {
            plain,
            dim: mark(Modifier::DIM),
            strong: mark(Modifier::BOLD),
            good: plain.fg(Color::Green),
            warn: plain.fg(Color::Yellow),
            bad: plain.fg(Color::Red),
            cursor: mark(Modifier::REVERSED),
            idle: mark(Modifier::UNDERLINED),
            title: mark(Modifier::REVERSED | Modifier::BOLD),
            aside: mark(Modifier::BOLD | Modifier::UNDERLINED),
            seam: mark(Modifier::DIM),
            fresh: mark(Modifier::BOLD),
        }
    }
}

impl Skin {
    pub(crate) const NAMES: &[&str] = &["default", "light", "high-contrast", "plain"];

    /// One of those that are always there.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let plain = Style::new();
        let (strong, on) = (plain.add_modifier(Modifier::BOLD), |fg, bg| plain.fg(fg).bg(bg));
        Some(match name {
            "default" => Self::default(),
            "plain" => Self::default().colourless(),
            // Yellow on white cannot be read, and dim is hardly there.
            "light" => Self {
                dim: plain.fg(Color::Indexed(242)),
                good: plain.fg(Color::Indexed(22)),
                warn: plain.fg(Color::Indexed(130)),
                bad: plain.fg(Color::Indexed(124)),
                seam: plain.fg(Color::Indexed(245)),
                ..Self::default()
            },
            "high-contrast" => Self {
                dim: plain,
                good: strong.fg(Color::LightGreen),
                warn: on(Color::Black, Color::LightYellow),
                bad: on(Color::White, Color::Red).add_modifier(Modifier::BOLD),
                cursor: on(Color::Black, Color::White).add_modifier(Modifier::BOLD),
                title: on(Color::Black, Color::LightCyan).add_modifier(Modifier::BOLD),
                seam: plain.fg(Color::White),
                ..Self::default()
            },
            _ => return None,
        })
    }

    /// Gives a part another look: `bold red on black`.
    pub(crate) fn set(&mut self, part: &str, look: &str) -> Result<(), String> {
        let style = style(look)?;
        let known = || format!("there is no part {part:?}; there are {}", Self::PARTS.join(", "));
        *self.part(part).ok_or_else(known)? = style;
        Ok(())
    }

    /// How a cell of a table looks, by what it says.
    pub(crate) fn word(&self, cell: &str) -> Style {
        match fault_of(cell) {
            Fault::Bad => self.bad,
            Fault::Waits => self.warn,
            Fault::Over => self.dim,
            Fault::Fine if cell == "<none>" => self.dim,
            Fault::Fine => self.plain,
        }
    }
}

/// `bold underlined red on #202020`.
fn style(look: &str) -> Result<Style, String> {
    let (mut style, mut ground) = (Style::new(), false);
    for word in look.split_whitespace() {
        let modifier = match word {
            "bold" => Modifier::BOLD,
            "dim" => Modifier::DIM,
            "italic" => Modifier::ITALIC,
            "underlined" => Modifier::UNDERLINED,
            "reversed" => Modifier::REVERSED,
            "on" => {
                ground = true;
                continue;
            }
            colour => {
                let colour: Color = colour.parse().map_err(|_| {
                    format!("{colour:?} is no colour; there are names (red, light-blue …), 0-255, #rrggbb, and bold, dim, italic, underlined, reversed")
                })?;
                style = if ground { style.bg(colour) } else { style.fg(colour) };
                continue;
            }
        };
        style = style.add_modifier(modifier);
    }
    Ok(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_what_is_bad_still_differs_from_what_is_well() {
        for name in Skin::NAMES {
            let skin = Skin::named(name).unwrap().colourless();
            let all = [skin.plain, skin.warn, skin.bad, skin.cursor, skin.title, skin.aside];
            assert!(all.iter().all(|style| style.fg.is_none() && style.bg.is_none()), "{name}");
            for (a, b) in [
                (skin.plain, skin.warn),
                (skin.warn, skin.bad),
                (skin.plain, skin.cursor),
                (skin.title, skin.aside),
            ] {
                assert_ne!(a, b, "{name}");
            }
        }
    }
}
