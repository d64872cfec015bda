//! Colours and signs. There are few of each, and the same one means the same thing everywhere: green is proven, cyan
//! is not seen, yellow is not enough, red is missing or harmful.

use anstyle::{AnsiColor, Style};

use crate::report::{Standing, words};

/// What a piece of text is, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// Text to read.
    Text,
    /// A heading.
    Heading,
    /// Beside the point; there for those who look for it.
    Aside,
    /// Proven, met.
    Proven,
    /// Some, but not enough.
    Short,
    /// Missing or harmful.
    Bad,
    /// Not seen: neither good nor bad.
    Unseen,
    /// Must not be overlooked.
    Alarm,
}

impl Ink {
    pub(super) fn style(self) -> Style {
        let colour = |colour: AnsiColor| colour.on_default();
        match self {
            Ink::Text => Style::new(),
            Ink::Heading => Style::new().bold(),
            Ink::Aside => Style::new().dimmed(),
            Ink::Proven => colour(AnsiColor::Green),
            Ink::Short => colour(AnsiColor::Yellow),
            Ink::Bad => colour(AnsiColor::Red),
            Ink::Unseen => colour(AnsiColor::Cyan),
            Ink::Alarm => colour(AnsiColor::Red).bold(),
        }
    }
}

/// The signs, which the words beside them make redundant.
#[derive(Debug)]
pub(super) struct Glyphs {
    pub(super) met: &'static str,
    pub(super) short: &'static str,
    pub(super) unmet: &'static str,
    pub(super) unknown: &'static str,
    pub(super) aside: &'static str,
    pub(super) proven: &'static str,
    pub(super) possible: &'static str,
    pub(super) rest: &'static str,
    pub(super) ellipsis: &'static str,
    /// Bars of a chart, lowest first.
    pub(super) bars: [&'static str; 8],
}

impl Glyphs {
    /// Found in every monospaced font and one column wide.
    pub(super) const UNICODE: Glyphs = Glyphs {
        met: "✓",
        short: "~",
        unmet: "✗",
        unknown: "?",
        aside: "·",
        proven: "━",
        possible: "╌",
        rest: "·",
        ellipsis: "…",
        bars: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    };

    pub(super) const ASCII: Glyphs = Glyphs {
        met: "+",
        short: "~",
        unmet: "x",
        unknown: "?",
        aside: "-",
        proven: "#",
        possible: "=",
        rest: ".",
        ellipsis: "...",
        bars: [".", ",", ":", ";", "+", "*", "%", "#"],
    };

    /// Mark, word and colour of a standing.
    pub(super) fn standing(&self, standing: Standing) -> (&'static str, &'static str, Ink) {
        let (mark, ink) = match standing {
            Standing::Met => (self.met, Ink::Proven),
            Standing::Short => (self.short, Ink::Short),
            Standing::Unmet => (self.unmet, Ink::Bad),
            Standing::Unknown => (self.unknown, Ink::Unseen),
            Standing::Waived => (self.aside, Ink::Aside),
            Standing::NotApplicable => (self.aside, Ink::Aside),
        };
        (mark, words::standing(standing), ink)
    }
}
