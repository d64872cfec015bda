//! One line per category: its name, a bar with both ends of the interval, the numbers, and the counts in words.

use super::head::COLUMN;
use super::ink::{Glyphs, Ink};
use super::page::{Line, Page};
use super::wrap::{self, columns};
use crate::report::words::heading;
use crate::report::{Category, Counts, Report, Score, points};

/// Columns of ` 70 ..  91` and of the gap around it.
const NUMBERS: usize = 10;
const GAP: usize = 2;
/// A bar of fewer columns tells nothing, one of more tells nothing more.
const BAR: std::ops::RangeInclusive<usize> = 10..=40;
/// Counts that do not touch the score are shown only beside a bar of this many columns.
const GOOD_BAR: usize = 20;

/// The lines of all categories.
pub(super) fn draw(page: &mut Page, report: &Report) {
    if report.categories.is_empty() {
        return;
    }
    page.blank();
    let room = page.width - COLUMN - NUMBERS - GAP;
    let beside = Tally::that_fits(&report.categories, room.saturating_sub(GAP));
    let bar = beside.as_ref().map_or(room, |tally| room.saturating_sub(GAP + tally.width()));
    let bar = bar.clamp(*BAR.start(), *BAR.end());
    for category in &report.categories {
        let line = interval(category, bar, page.glyphs);
        match &beside {
            Some(tally) => page.line(line.gap(GAP).join(tally.row(category.counts))),
            None => {
                page.line(line);
                page.flow(Line::indent(COLUMN), phrases(category.counts));
            }
        }
    }
}

/// Name, bar and numbers.
fn interval(category: &Category, bar: usize, glyphs: &Glyphs) -> Line {
    let name = wrap::head(&heading(&category.id), COLUMN - 1).to_owned();
    let line = Line::of(Ink::Heading, name).to(COLUMN);
    let Some(score) = category.score else {
        return line.put(Ink::Aside, "no check applies").to(COLUMN + bar + GAP + NUMBERS);
    };
    let (proven, possible) = (points(score.proven), points(score.possible));
    line.join(drawn(score, bar, glyphs))
        .gap(GAP)
        .put(Ink::Proven, format!("{proven:>3}"))
        .put(Ink::Aside, " .. ")
        .put(Ink::Unseen, format!("{possible:>3}"))
}

/// Proven solid, possible lighter, the rest empty.
fn drawn(score: Score, bar: usize, glyphs: &Glyphs) -> Line {
    let cells = |points: f64| ((points / 100.0 * bar as f64 + 1e-6).max(0.0) as usize).min(bar);
    let proven = cells(score.proven);
    let possible = cells(score.possible).max(proven);
    Line::of(Ink::Proven, glyphs.proven.repeat(proven))
        .put(Ink::Unseen, glyphs.possible.repeat(possible - proven))
        .put(Ink::Aside, glyphs.rest.repeat(bar - possible))
}

/// The counts that are worth a word, in the order of the list of checks.
fn words(counts: Counts) -> [(u32, &'static str, Ink); 6] {
    [
        (counts.unmet, "unmet", Ink::Bad),
        (counts.short, "short", Ink::Short),
        (counts.unknown, "unknown", Ink::Unseen),
        (counts.met, "met", Ink::Proven),
        (counts.waived, "waived", Ink::Aside),
        (counts.not_applicable, "n/a", Ink::Aside),
    ]
}

/// `2 unmet, 1 short, 9 met`, as pieces that may stand on several lines.
fn phrases(counts: Counts) -> Vec<Line> {
    let some: Vec<_> = words(counts).into_iter().filter(|(number, ..)| *number > 0).collect();
    let last = some.len().saturating_sub(1);
    let phrase = |(at, (number, word, ink)): (usize, (u32, &str, Ink))| {
        Line::of(ink, format!("{number} {word}")).put(Ink::Text, if at < last { "," } else { "" })
    };
    some.into_iter().enumerate().map(phrase).collect()
}

/// Counts in columns: the width of each, 0 where no category has any or there is no room.
struct Tally {
    widths: [usize; 6],
}

impl Tally {
    /// The counts in columns; those that do not touch the score give way first where there is no room.
    fn that_fits(categories: &[Category], room: usize) -> Option<Tally> {
        let mut widths = [0; 6];
        for category in categories {
            for (width, (number, word, _)) in widths.iter_mut().zip(words(category.counts)) {
                let needed = if number == 0 { 0 } else { columns(&format!("{number} {word}")) };
                *width = needed.max(*width);
            }
        }
        let mut tally = Tally { widths };
        for aside in [5, 4] {
            if tally.width() + GOOD_BAR > room {
                tally.widths[aside] = 0;
            }
        }
        (tally.width() + BAR.start() <= room).then_some(tally)
    }

    fn width(&self) -> usize {
        let used = self.widths.iter().filter(|width| **width > 0);
        used.map(|width| width + GAP).sum::<usize>().saturating_sub(GAP)
    }

    fn row(&self, counts: Counts) -> Line {
        let shown = self.widths.iter().zip(words(counts)).filter(|(width, _)| **width > 0);
        shown.fold(Line::default(), |line, (width, (number, word, ink))| {
            let line = if line.columns() > 0 { line.gap(GAP) } else { line };
            let text = if number == 0 { String::new() } else { format!("{number} {word}") };
            line.put(ink, format!("{text:>width$}"))
        })
    }
}
