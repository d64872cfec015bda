//! The checks, by category, those that need work first: one row each with its standing, title and answer, and beneath
//! it the proof.

use super::ink::Ink;
use super::page::{Line, Page};
use super::wrap::columns;
use super::{proof, steps};
use crate::report::words::{answer, count, groups, heading};
use crate::report::{Check, Report, Standing, points};

/// Where titles start: two blanks, the mark, the word.
const TITLE: usize = 13;
/// An answer wider than this does not hold up the column of all others.
const WIDEST_ANSWER: usize = 28;
const GAP: usize = 2;

/// All checks, one block per category.
pub(super) fn draw(page: &mut Page, report: &Report) {
    let widths = Widths::of(page, report);
    for (category, checks) in groups(report) {
        page.blank();
        page.line(title(category, report));
        page.blank();
        let verbose = page.verbose;
        for check in checks.iter().filter(|check| verbose || check.standing != Standing::NotApplicable) {
            row(page, check, widths);
            proof::draw(page, check);
        }
        if !page.verbose {
            not_applicable(page, &checks);
        }
    }
}

/// The category, and its numbers again for those who have scrolled past the bars.
fn title(category: &str, report: &Report) -> Line {
    let score = report.categories.iter().find(|one| one.id == category).and_then(|one| one.score);
    let numbers = score.map(|score| format!("{} .. {}", points(score.proven), points(score.possible)));
    Line::of(Ink::Heading, heading(category)).gap(2).put(Ink::Aside, numbers.unwrap_or_default())
}

/// Widths that all rows share.
#[derive(Clone, Copy)]
struct Widths {
    title: usize,
    answer: usize,
    /// True when there is room for ids at the end.
    ids: bool,
}

impl Widths {
    fn of(page: &Page, report: &Report) -> Widths {
        let widest = |text: fn(&Check) -> String, most: usize| {
            report.checks.iter().map(|check| columns(&text(check))).filter(|width| *width <= most).max().unwrap_or(0)
        };
        let answer = widest(answer, WIDEST_ANSWER);
        let room = page.width - TITLE;
        let title = widest(|check| check.title.clone(), room.saturating_sub(GAP + answer));
        let id = widest(|check| check.id.clone(), room);
        Widths { title, answer, ids: !page.verbose && title + answer + id + 2 * GAP <= room }
    }
}

/// Mark, word, title, answer and, where there is room, the id; the answer moves below a title that needs the line.
fn row(page: &mut Page, check: &Check, widths: Widths) {
    let (mark, word, ink) = page.glyphs.standing(check.standing);
    let start = Line::indent(2).put(ink, mark).gap(1).put(ink, word).to(TITLE);
    let answer = answer(check);
    let title = columns(&check.title).max(widths.title);
    if TITLE + title + GAP + columns(&answer) > page.width || page.is_narrow() {
        page.prose(start, Ink::Text, &check.title);
        if !answer.is_empty() {
            page.line(Line::indent(TITLE).put(ink, answer));
        }
        return;
    }
    let line = start.put(Ink::Text, &check.title).to(TITLE + title + GAP).put(ink, answer);
    let is_aligned = title == widths.title;
    let id = Line::of(Ink::Aside, &check.id);
    let end = TITLE + title + GAP + widths.answer + GAP;
    page.line(if widths.ids && is_aligned { line.to(end).join(id) } else { line });
}

/// All checks that do not apply, on one line.
fn not_applicable(page: &mut Page, checks: &[&Check]) {
    let names: Vec<_> = checks
        .iter()
        .filter(|check| check.standing == Standing::NotApplicable)
        .map(|check| check.id.rsplit('/').next().unwrap_or(&check.id))
        .collect();
    if names.is_empty() {
        return;
    }
    let (mark, word, ink) = page.glyphs.standing(Standing::NotApplicable);
    let line = Line::indent(2).put(ink, mark).gap(1).put(ink, word).to(TITLE);
    let total = count(names.len(), "check");
    let room = page.width - TITLE - columns(&total) - 2;
    page.line(line.put(ink, format!("{total}: {}", steps::some_of(&names, room))));
}
