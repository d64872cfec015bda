//! What changed between two audits: the change by cause, then the checks that moved, what fell first.

use super::Look;
use super::ink::Ink;
use super::page::{Line, Page};
use crate::report::comparison::{CheckChange, Comparison, Movement, Part, Points, State};
use crate::report::words::count;
use crate::report::{Score, points};

/// As many checks of a kind are shown unless all are asked for.
const MOST: usize = 12;

/// A comparison as text with ANSI styles, as [`render`](super::render) draws a report.
pub fn render(comparison: &Comparison, look: Look) -> String {
    let mut page = Page::new(look);
    draw(&mut page, comparison);
    page.finish()
}

pub(super) fn draw(page: &mut Page, comparison: &Comparison) {
    page.blank();
    let (old, new) = (&comparison.old, &comparison.new);
    let arrow = if page.is_ascii() { "->" } else { "→" };
    let ends = |score: Score| format!("{} .. {}", points(score.proven), points(score.possible));
    page.line(Line::of(Ink::Heading, "Changed").to(11).put(Ink::Text, format!("{} {arrow} {}", ends(old.score), ends(new.score))));
    let side = |side: &crate::report::comparison::Side| {
        let revision = side.revision.as_deref().map_or("no commit", |id| id.get(..10).unwrap_or(id));
        format!("{revision} on {}, catalogue {}", side.at, side.catalogue_version)
    };
    page.line(Line::of(Ink::Text, "From").to(11).put(Ink::Aside, side(old)));
    page.line(Line::of(Ink::Text, "To").to(11).put(Ink::Aside, side(new)));
    causes(page, comparison);
    let kinds = [
        (Movement::Fell, "Fell", Ink::Bad),
        (Movement::Lapsed, "Lapsed", Ink::Short),
        (Movement::Rose, "Rose", Ink::Proven),
        (Movement::Appeared, "Counts now", Ink::Text),
        (Movement::Left, "Counts no more", Ink::Text),
    ];
    for (movement, heading, ink) in kinds {
        let moved: Vec<&CheckChange> = comparison.checks.iter().filter(|check| check.movement == movement).collect();
        section(page, comparison, &moved, heading, ink);
    }
    others(page, comparison);
}

/// The sum of each cause, and of all.
fn causes(page: &mut Page, comparison: &Comparison) {
    page.blank();
    if comparison.causes.is_empty() {
        page.line(Line::of(Ink::Text, "Nothing that counts has changed."));
        return;
    }
    let row = |name: &str, change: Points, ink: Ink| {
        let numbers = format!("{:>7}  {:>8}", signed(change.proven), signed(change.possible));
        Line::indent(2).put(Ink::Text, name).to(18).put(ink, numbers)
    };
    page.line(Line::of(Ink::Heading, "Points by cause").to(19).put(Ink::Aside, "proven  possible"));
    for sum in &comparison.causes {
        page.line(row(sum.cause.word(), sum.change, ink_of(sum.change)));
    }
    if comparison.causes.len() > 1 {
        page.line(row("together", comparison.change, ink_of(comparison.change)));
    }
}

fn section(page: &mut Page, comparison: &Comparison, moved: &[&CheckChange], heading: &str, ink: Ink) {
    if moved.is_empty() {
        return;
    }
    page.blank();
    page.line(Line::of(Ink::Heading, heading).gap(2).put(Ink::Aside, count(moved.len(), "check")));
    page.blank();
    let most = if page.verbose { moved.len() } else { MOST };
    for change in moved.iter().take(most) {
        one(page, comparison, change, ink);
    }
    if moved.len() > most {
        page.line(Line::indent(10).put(Ink::Aside, format!("and {} more with --verbose", moved.len() - most)));
    }
}

/// A check: what it did to the total, how it stood and stands, and why.
fn one(page: &mut Page, comparison: &Comparison, change: &CheckChange, ink: Ink) {
    let parts: Vec<&Part> = comparison.parts.iter().filter(|part| part.check.as_deref() == Some(&change.id)).collect();
    let sum = parts.iter().fold(Points::default(), |sum, part| Points {
        proven: sum.proven + part.change.proven,
        possible: sum.possible + part.change.possible,
    });
    let arrow = if page.is_ascii() { "->" } else { "→" };
    let words = |state: &Option<State>| state.as_ref().map_or("not asked", |state| page.glyphs.standing(state.standing).1).to_owned();
    let number = if sum.proven.abs() >= 0.05 { signed(sum.proven) } else { format!("({})", signed(sum.possible)) };
    let (was, is) = (words(&change.old), words(&change.new));
    let moved = if was == is { level_words(change, arrow) } else { format!("{was} {arrow} {is}") };
    page.flow(
        Line::indent(2).put(ink, format!("{number:>6}")).gap(2),
        [Line::of(Ink::Text, &change.id), Line::of(ink, format!(" {moved}"))],
    );
    for part in parts.iter().filter(|part| !part.because.is_empty()) {
        let text = format!("{}: {}", part.cause.word(), part.because);
        page.prose(Line::indent(10), Ink::Aside, &text);
    }
}

/// What moved inside one standing: the rung, or the number of findings.
fn level_words(change: &CheckChange, arrow: &str) -> String {
    let (Some(was), Some(is)) = (&change.old, &change.new) else { return String::new() };
    match (was.level, is.level) {
        (Some(from), Some(to)) if from != to => format!("{from} {arrow} {to}"),
        _ if was.findings != is.findings => format!("{} {arrow} {}", was.findings, count(is.findings, "finding")),
        _ => "unlike before".to_owned(),
    }
}

/// Parts that are about no single check, or about one that stands where it stood.
fn others(page: &mut Page, comparison: &Comparison) {
    let moved = |id: &str| comparison.checks.iter().any(|check| check.id == id);
    let rest: Vec<&Part> = comparison.parts.iter().filter(|part| !part.check.as_deref().is_some_and(moved)).collect();
    if rest.is_empty() {
        return;
    }
    page.blank();
    page.line(Line::of(Ink::Heading, "Beside single checks"));
    page.blank();
    for part in rest.iter().take(if page.verbose { rest.len() } else { MOST }) {
        let name = part.check.as_ref().map(|check| format!("{check}: ")).unwrap_or_default();
        let lead = Line::indent(2).put(ink_of(part.change), format!("{:>6}", signed(part.change.proven))).gap(2);
        page.prose(lead, Ink::Text, &format!("{name}{}: {}", part.cause.word(), part.because));
    }
}

fn signed(points: f64) -> String {
    if points.abs() < 0.05 { "0.0".to_owned() } else { format!("{points:+.1}") }
}

fn ink_of(change: Points) -> Ink {
    match change.proven {
        proven if proven > 0.05 => Ink::Proven,
        proven if proven < -0.05 => Ink::Bad,
        _ => Ink::Unseen,
    }
}
