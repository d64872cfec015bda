//! The score over time: one column per audit (the newest where there is no room for all), the interval as a bar between proven
//! and possible.

use super::Look;
use super::ink::Ink;
use super::page::{Line, Page};
use crate::report::history::Record;
use crate::report::points;
use crate::report::words::{count, heading};

/// Rows of the chart: ten points each.
const ROWS: u32 = 10;
/// Columns of the axis.
const AXIS: usize = 5;
/// Audits listed beneath.
const LISTED: usize = 10;

/// The chart, the last audits and the categories, as text with ANSI styles.
pub fn render(records: &[Record], look: Look) -> String {
    let mut page = Page::new(look);
    let (Some(first), Some(last)) = (records.first(), records.last()) else {
        page.line(Line::of(Ink::Text, "The history holds no audit yet."));
        return page.finish();
    };
    let head = format!("{} from {} to {}", count(records.len(), "audit"), first.at, last.at);
    page.line(Line::of(Ink::Heading, "Confidence over time").gap(2).put(Ink::Aside, head));
    page.blank();
    let room = (page.width - AXIS - 2).max(1);
    let shown = &records[records.len().saturating_sub(room)..];
    let step = (room / shown.len()).clamp(1, 4);
    for row in (0..ROWS).rev() {
        chart_row(&mut page, shown, row, step);
    }
    axis(&mut page, shown, step);
    list(&mut page, records);
    categories(&mut page, first, last);
    page.finish()
}

/// One row of ten points: what is proven, and above it what is possible.
fn chart_row(page: &mut Page, shown: &[Record], row: u32, step: usize) {
    let label = if row == ROWS - 1 || row == 4 || row == 0 { format!("{:>3}", (row + 1) * 10) } else { String::new() };
    let bar = if page.is_ascii() { " | " } else { " │ " };
    let mut line = Line::of(Ink::Aside, format!("{label:>3}")).put(Ink::Aside, bar);
    for record in shown {
        // A row is reached when the score is at least in its middle.
        let reaches = |score: f64| score >= f64::from(row) * 10.0 + 5.0;
        let (ink, mark) = match (reaches(record.score.proven), reaches(record.score.possible)) {
            (true, _) => (Ink::Proven, if page.is_ascii() { "#" } else { "█" }),
            (false, true) => (Ink::Unseen, if page.is_ascii() { ":" } else { "░" }),
            (false, false) => (Ink::Text, " "),
        };
        line = line.put(ink, mark.repeat(step.saturating_sub(1).max(1))).gap(usize::from(step > 1));
    }
    page.line(line);
}

fn axis(page: &mut Page, shown: &[Record], step: usize) {
    let (corner, dash) = if page.is_ascii() { (" +-", "-") } else { (" └─", "─") };
    let width = shown.len() * step;
    page.line(Line::of(Ink::Aside, format!("  0{corner}{}", dash.repeat(width.saturating_sub(1)))));
    let (first, last) = (shown.first().map_or("", |record| &record.at), shown.last().map_or("", |record| &record.at));
    let mut line = Line::indent(AXIS + 1).put(Ink::Aside, first);
    if first != last {
        line = line.to((AXIS + 1 + width).saturating_sub(last.len())).put(Ink::Aside, last);
    }
    page.line(line);
    let (proven, possible) = if page.is_ascii() { ("#", ":") } else { ("█", "░") };
    page.line(
        Line::indent(AXIS + 1).put(Ink::Proven, proven).put(Ink::Text, " proven  ").put(Ink::Unseen, possible).put(Ink::Text, " possible"),
    );
}

fn list(page: &mut Page, records: &[Record]) {
    page.blank();
    let from = records.len().saturating_sub(LISTED);
    for index in from..records.len() {
        let record = &records[index];
        let before = index.checked_sub(1).map(|before| &records[before]);
        let change = before.map_or(0.0, |before| record.score.proven - before.score.proven);
        let revision = record.revision.as_deref().map_or("no commit", |id| id.get(..10).unwrap_or(id));
        let ends = format!("{:>3} .. {:>3}", points(record.score.proven), points(record.score.possible));
        let ink = if change < -0.05 { Ink::Bad } else { Ink::Proven };
        let moved = if change.abs() < 0.05 { String::new() } else { format!("{change:+.1}") };
        let catalogue = before.filter(|before| before.catalogue_version != record.catalogue_version);
        let mut notes = catalogue.map(|_| format!("catalogue {}", record.catalogue_version)).unwrap_or_default();
        if !record.complete {
            notes = format!("{notes} incomplete").trim().to_owned();
        }
        let line = Line::indent(2).put(Ink::Text, &record.at).gap(2).put(Ink::Aside, format!("{revision:10}")).gap(2);
        page.line(line.put(Ink::Text, ends).gap(1).put(ink, format!("{moved:>6}")).gap(2).put(Ink::Aside, notes));
    }
    if from > 0 {
        page.line(Line::indent(2).put(Ink::Aside, format!("and {from} earlier")));
    }
}

/// Each category at the first and at the last audit.
fn categories(page: &mut Page, first: &Record, last: &Record) {
    page.blank();
    for (id, now) in &last.categories {
        let ends = format!("{:>3} .. {:>3}", points(now.proven), points(now.possible));
        let line = Line::indent(2).put(Ink::Heading, heading(id)).to(14).put(Ink::Text, ends);
        let change = first.categories.get(id).map_or(0.0, |then| now.proven - then.proven);
        let ink = if change < -0.05 { Ink::Bad } else { Ink::Proven };
        let moved = if change.abs() < 0.05 { String::new() } else { format!("{change:+.1} since {}", first.at) };
        page.line(line.gap(2).put(ink, moved));
    }
}
