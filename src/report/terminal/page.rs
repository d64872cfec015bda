//! Paper and pen: lines made of inked pieces, wrapped and cut to the width of the page.
//!
//! Two rules live here and nowhere else. Text gets onto a [`Line`] only through [`Line::put`], which makes it
//! [`plain`]; a line gets onto a [`Page`] only through [`Page::line`], which cuts it to the width.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::Look;
use super::ink::{Glyphs, Ink};
use super::wrap::{columns, columns_of, head, wrap};
use crate::report::plain;

/// The narrowest page that is drawn.
const NARROWEST: usize = 40;
/// The widest page that is drawn: beyond it the eye loses the line.
const WIDEST: usize = 120;

/// One line of inked pieces.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pieces: Vec<(Ink, String)>,
}

impl Line {
    /// An empty line that starts this far in.
    pub(super) fn indent(columns: usize) -> Line {
        Line::default().gap(columns)
    }

    /// A line with one piece.
    pub(super) fn of(ink: Ink, text: impl AsRef<str>) -> Line {
        Line::default().put(ink, text)
    }

    /// Adds a piece of text, made plain.
    pub(super) fn put(mut self, ink: Ink, text: impl AsRef<str>) -> Line {
        self.pieces.push((ink, plain(text.as_ref()).into_owned()));
        self
    }

    /// Adds blank columns.
    pub(super) fn gap(self, columns: usize) -> Line {
        self.put(Ink::Text, " ".repeat(columns))
    }

    /// Blanks up to a column, at least one if anything stands there already.
    pub(super) fn to(self, column: usize) -> Line {
        let used = self.columns();
        let least = usize::from(used > 0);
        self.gap(column.saturating_sub(used).max(least))
    }

    /// Adds another line's pieces.
    pub(super) fn join(mut self, other: Line) -> Line {
        self.pieces.extend(other.pieces);
        self
    }

    pub(super) fn columns(&self) -> usize {
        self.pieces.iter().map(|(_, text)| columns(text)).sum()
    }

    /// The line in at most this many columns, its loss marked.
    fn cut(mut self, room: usize, ellipsis: &str) -> Line {
        if self.columns() <= room {
            return self;
        }
        let mut left = room.saturating_sub(columns(ellipsis));
        for at in 0..self.pieces.len() {
            let kept = head(&self.pieces[at].1, left).len();
            if kept < self.pieces[at].1.len() {
                self.pieces[at].1.truncate(kept);
                self.pieces[at].1.push_str(ellipsis);
                self.pieces.truncate(at + 1);
                break;
            }
            left -= columns(&self.pieces[at].1);
        }
        self
    }

    /// The line without blanks at its end.
    fn trimmed(mut self) -> Line {
        while let Some((_, last)) = self.pieces.last_mut() {
            last.truncate(last.trim_end_matches(' ').len());
            if !last.is_empty() {
                break;
            }
            self.pieces.pop();
        }
        self
    }
}

/// The text under the pen.
#[derive(Debug)]
pub(super) struct Page {
    /// Columns from edge to edge.
    pub(super) width: usize,
    /// All there is to tell.
    pub(super) verbose: bool,
    /// The signs to draw with.
    pub(super) glyphs: &'static Glyphs,
    ascii: bool,
    text: String,
}

impl Page {
    pub(super) fn new(look: Look) -> Page {
        Page {
            width: look.width.clamp(NARROWEST, WIDEST),
            verbose: look.verbose,
            glyphs: if look.ascii { &Glyphs::ASCII } else { &Glyphs::UNICODE },
            ascii: look.ascii,
            text: String::new(),
        }
    }

    /// True where nothing but ASCII is drawn.
    pub(super) fn is_ascii(&self) -> bool {
        self.ascii
    }

    /// True where labels and text do not fit side by side.
    pub(super) fn is_narrow(&self) -> bool {
        self.width < 60
    }

    /// Writes one line, cut to the width.
    pub(super) fn line(&mut self, line: Line) {
        for (ink, text) in line.cut(self.width, self.glyphs.ellipsis).trimmed().pieces {
            let text = if self.ascii { ascii(&text) } else { Cow::Borrowed(text.as_str()) };
            let style = ink.style();
            // Writing to a String cannot fail.
            let _ = write!(self.text, "{style}{text}{style:#}");
        }
        self.text.push('\n');
    }

    /// An empty line, unless nothing or an empty line stands above.
    pub(super) fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Prose behind a lead, wrapped so that all of it starts in the same column.
    pub(super) fn prose(&mut self, lead: Line, ink: Ink, text: &str) {
        let column = lead.columns();
        let rows = wrap(text, self.width.saturating_sub(column).max(1));
        let mut lead = Some(lead);
        for row in rows {
            let start = lead.take().unwrap_or_else(|| Line::indent(column));
            self.line(start.put(ink, row));
        }
        if let Some(lead) = lead {
            self.line(lead);
        }
    }

    /// Pieces that must not be broken, with a blank between, on as many lines as they need.
    pub(super) fn flow(&mut self, lead: Line, pieces: impl IntoIterator<Item = Line>) {
        let column = lead.columns();
        let mut line = lead;
        let mut is_first = true;
        for piece in pieces {
            if !is_first && line.columns() + 1 + piece.columns() > self.width {
                self.line(std::mem::replace(&mut line, Line::indent(column)));
                is_first = true;
            }
            line = line.gap(usize::from(!is_first)).join(piece);
            is_first = false;
        }
        self.line(line);
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// The text with `?` for every column that is not ASCII.
fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let column = |c: char| if c.is_ascii() { c.to_string() } else { "?".repeat(columns_of(c)) };
    Cow::Owned(text.chars().map(column).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(width: usize) -> Page {
        Page::new(Look { width, ..Look::default() })
    }

    #[test]
    fn a_line_is_cut_to_the_width_and_says_so() {
        let mut page = page(40);
        page.line(Line::of(Ink::Text, "x".repeat(30)).put(Ink::Text, "y".repeat(30)));
        assert_eq!(page.finish(), format!("{}{}…\n", "x".repeat(30), "y".repeat(9)));
    }

    #[test]
    fn wide_characters_are_never_cut_in_half() {
        let mut page = page(40);
        page.line(Line::of(Ink::Text, "注".repeat(30)));
        assert_eq!(page.finish(), format!("{}…\n", "注".repeat(19)));
    }

    #[test]
    fn blanks_at_the_end_are_not_written() {
        let mut page = page(40);
        page.line(Line::of(Ink::Text, "a").to(20).put(Ink::Aside, "  "));
        assert_eq!(page.finish(), "a\n");
    }

    #[test]
    fn prose_hangs_under_its_lead() {
        let mut page = page(40);
        page.prose(Line::of(Ink::Text, "  1.0  "), Ink::Text, "one two three four five six seven eight nine");
        assert_eq!(page.finish(), "  1.0  one two three four five six seven\n       eight nine\n");
    }

    #[test]
    fn pieces_flow_without_breaking() {
        let mut page = page(40);
        let pieces = ["alpha beta,", "gamma delta,", "epsilon zeta eta"].map(|text| Line::of(Ink::Text, text));
        page.flow(Line::of(Ink::Text, "lead "), pieces);
        assert_eq!(page.finish(), "lead alpha beta, gamma delta,\n     epsilon zeta eta\n");
    }

    #[test]
    fn ascii_is_ascii_and_no_wider() {
        let mut page = Page::new(Look { width: 40, ascii: true, ..Look::default() });
        page.line(Line::of(Ink::Text, "größe 注文 ".repeat(9)));
        let text = page.finish();
        assert!(text.is_ascii());
        assert!(text.trim_end().len() <= 40);
        assert!(text.starts_with("gr??e ???? "));
    }
}
