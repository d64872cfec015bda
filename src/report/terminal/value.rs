//! What stands beneath a number: from which event to which, of how many, over what days, how sure, and how it went week by week.

use super::ink::Ink;
use super::page::{Line, Page};
use crate::report::words::{count, measured, number};
use crate::report::{Value, Week};

/// Columns of a week in the chart.
const WEEK: usize = 2;

/// Everything that is needed to understand a number.
pub(super) fn draw(page: &mut Page, value: &Value, indent: usize) {
    for text in lines(value) {
        page.prose(Line::indent(indent), Ink::Aside, &text);
    }
    chart(page, &value.weeks, &value.unit, indent);
    for beside in &value.beside {
        let text = format!("beside it: {} {}", beside.name.replace('-', " "), measured(beside));
        page.prose(Line::indent(indent), Ink::Aside, &text);
        if page.verbose {
            lines(beside).iter().for_each(|text| page.prose(Line::indent(indent + 2), Ink::Aside, text));
        }
    }
}

fn lines(value: &Value) -> Vec<String> {
    let mut all = Vec::new();
    let name = value.name.replace('-', " ");
    match (value.starts.is_empty(), value.ends.is_empty()) {
        (false, _) => all.push(format!("{name}: from {} to {}", value.starts, value.ends)),
        (true, false) => all.push(format!("{name}: {}", value.ends)),
        (true, true) => {}
    }
    if let Some(by) = &value.attested {
        all.push(format!("attested by {by}"));
    } else {
        all.push(sample(value));
    }
    if let Some(why) = &value.floor {
        all.push(format!("a floor: {why}"));
    }
    all.extend((!value.notes.is_empty()).then(|| value.notes.join("; ")));
    all.extend(value.published_level.clone());
    all
}

/// `median of 41 changes, 2026-05-23 .. 2026-08-21; p90 120; 95 %, order statistics; release tags`.
fn sample(value: &Value) -> String {
    let statistic = if value.statistic.is_empty() { String::new() } else { format!("{} ", value.statistic) };
    let noun = if value.of.is_empty() { "observation" } else { &value.of };
    let from =
        if value.statistic.starts_with("share") { format!("{noun}s") } else { format!("from {}", count(value.sample as usize, noun)) };
    let mut parts = vec![format!("{statistic}{from}")];
    if !value.window.from.is_empty() {
        parts[0] = format!("{}, {} .. {}", parts[0], value.window.from, value.window.to);
    }
    parts.extend(value.further.iter().map(|(name, amount)| format!("{name} {} {}", number(*amount), value.unit)));
    parts.extend((!value.interval.is_empty()).then(|| format!("interval {}", value.interval)));
    parts.extend((!value.source.is_empty()).then(|| value.source.clone()));
    parts.join("; ")
}

/// One bar for each week, oldest first; a week without observations has none.
fn chart(page: &mut Page, weeks: &[Week], unit: &str, indent: usize) {
    let highest = weeks.iter().filter_map(|week| week.amount).fold(0.0, f64::max);
    let observed = weeks.iter().filter(|week| week.sample > 0).count();
    if observed < 2 || highest <= 0.0 || !highest.is_finite() {
        return;
    }
    let bars = page.glyphs.bars;
    let bar = |week: &Week| match week.amount {
        Some(amount) if amount > 0.0 => {
            bars[((amount / highest * bars.len() as f64).ceil() as usize).clamp(1, bars.len()) - 1].repeat(WEEK)
        }
        _ => " ".repeat(WEEK),
    };
    let room = (page.width.saturating_sub(indent + 40) / WEEK).max(4);
    let shown = &weeks[weeks.len().saturating_sub(room)..];
    let line = Line::indent(indent).put(Ink::Aside, "weekly ").put(Ink::Proven, shown.iter().map(bar).collect::<String>());
    page.line(line.put(Ink::Aside, format!(" highest {} {unit}", number(highest))));
}
