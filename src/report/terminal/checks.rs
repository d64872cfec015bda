//! The checks, by category, those that need work first: one row each with its standing, title and answer, and beneath
//! it the proof.

use super::ink::Ink;
use super::page::{Line, Page};
use super::wrap::columns;
use super::{count, heading, proof, steps};
use crate::definition::words::{Level, Severity};
use crate::report::{Check, CheckKind, Report, Standing, Value, points};

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

/// The checks of each category that has any: categories as the report lists them, then any it forgot; in each the
/// standings that need work first, and the weightiest first among equals.
fn groups(report: &Report) -> Vec<(&str, Vec<&Check>)> {
    let mut groups: Vec<(&str, Vec<&Check>)> = Vec::new();
    groups.extend(report.categories.iter().map(|category| (category.id.as_str(), Vec::new())));
    for check in &report.checks {
        match groups.iter_mut().find(|(id, _)| *id == check.category) {
            Some((_, checks)) => checks.push(check),
            None => groups.push((&check.category, vec![check])),
        }
    }
    groups.retain(|(_, checks)| !checks.is_empty());
    for (_, checks) in &mut groups {
        checks.sort_by(|a, b| urgency(a.standing).cmp(&urgency(b.standing)).then(b.weight.total_cmp(&a.weight)));
    }
    groups
}

fn urgency(standing: Standing) -> u8 {
    match standing {
        Standing::Unmet => 0,
        Standing::Short => 1,
        Standing::Unknown => 2,
        Standing::Met => 3,
        Standing::Waived => 4,
        Standing::NotApplicable => 5,
    }
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

/// The answer in a few words: the rung reached and the one wanted, the findings counted, the number.
fn answer(check: &Check) -> String {
    match (check.standing, check.kind) {
        (Standing::NotApplicable | Standing::Waived, _) => String::new(),
        (_, CheckKind::Practice) => rungs(check),
        (Standing::Unknown, CheckKind::Hazard) if check.findings.is_empty() => "unseen".to_owned(),
        (_, CheckKind::Hazard) => harm(check),
        (_, CheckKind::Measure) => check.value.as_ref().map_or("unmeasured".to_owned(), measured),
    }
}

fn rungs(check: &Check) -> String {
    let reached = match check.level {
        Some(level) if level > Level::Nothing => level.word(),
        _ if check.standing == Standing::Unknown => "unseen",
        _ => Level::Nothing.word(),
    };
    match check.want {
        Some(want) if check.standing != Standing::Met => format!("{reached}, want {want}"),
        _ => reached.to_owned(),
    }
}

fn harm(check: &Check) -> String {
    let of = |severity: Severity| check.findings.iter().filter(|finding| finding.severity == severity).count();
    let all = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
    let some = all.into_iter().map(|severity| (of(severity), severity)).filter(|(number, _)| *number > 0);
    let words: Vec<_> = some.map(|(number, severity)| format!("{number} {}", severity.word())).collect();
    if words.is_empty() { "clear".to_owned() } else { words.join(", ") }
}

/// `3.2 h (2.1 .. 5)`.
fn measured(value: &Value) -> String {
    let amount = format!("{} {}", number(value.amount), value.unit);
    match (value.low, value.high) {
        (Some(low), Some(high)) => format!("{amount} ({} .. {})", number(low), number(high)),
        _ => amount,
    }
}

/// A number as short as it may be: three digits that matter, no zeros after the point.
fn number(amount: f64) -> String {
    if amount.abs() >= 1e9 {
        return format!("{amount:.1e}");
    }
    let digits = if amount.abs() >= 100.0 {
        0
    } else if amount.abs() >= 10.0 {
        1
    } else {
        2
    };
    let text = format!("{amount:.digits$}");
    if digits == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let shown = [3.0, 3.25, 0.04, 41.26, 1834.2, 100.0, 1e300, 0.0].map(number);
        assert_eq!(shown, ["3", "3.25", "0.04", "41.3", "1834", "100", "1.0e300", "0"]);
    }
}
