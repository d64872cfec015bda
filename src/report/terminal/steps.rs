//! What to do: the fixes worth most, the questions that narrow the interval most, and what to know about the run.

use super::ink::Ink;
use super::page::{Line, Page};
use super::wrap::{self, columns};
use crate::report::words::{gain, merged};
use crate::report::{Next, Report};

/// As many steps are shown unless all are asked for; nobody starts with the sixth.
const MOST: usize = 5;

/// The fixes that raise what is proven.
pub(super) fn fixes(page: &mut Page, report: &Report) {
    steps(page, &report.next, Kind { heading: "What to do next", unit: "points gained", sign: "+", ink: Ink::Proven });
}

/// The questions that bring both ends of the interval together.
pub(super) fn questions(page: &mut Page, report: &Report) {
    let heading = "Questions that narrow the interval";
    steps(page, &report.questions, Kind { heading, unit: "points settled", sign: "", ink: Ink::Unseen });
}

/// What the user should know about the run itself; why it is incomplete stands at the top.
pub(super) fn notices(page: &mut Page, report: &Report) {
    let shown: Vec<_> = report.notices.iter().filter(|notice| report.complete || notice.about != "incomplete").collect();
    let Some(label) = shown.iter().map(|notice| columns(&notice.about).min(12)).max() else { return };
    title(page, "Notices", "");
    for notice in shown {
        let about = wrap::head(&notice.about, label);
        page.prose(Line::indent(2).put(Ink::Short, about).to(label + 4), Ink::Text, &notice.message);
    }
}

fn title(page: &mut Page, text: &str, unit: &str) {
    page.blank();
    page.line(Line::of(Ink::Heading, text).gap(2).put(Ink::Aside, unit));
    page.blank();
}

/// What the steps of a list are worth, and how that is said.
struct Kind {
    heading: &'static str,
    unit: &'static str,
    sign: &'static str,
    ink: Ink,
}

fn steps(page: &mut Page, next: &[Next], kind: Kind) {
    let steps = merged(next);
    if steps.is_empty() {
        return;
    }
    title(page, kind.heading, kind.unit);
    let most = if page.verbose { steps.len() } else { MOST };
    let gains: Vec<_> = steps.iter().take(most).map(|step| gain(kind.sign, step.gain)).collect();
    let column = gains.iter().map(|gain| columns(gain)).max().unwrap_or(0);
    for (step, gain) in steps.iter().take(most).zip(gains) {
        let lead = Line::indent(2).put(kind.ink, format!("{gain:>column$}")).gap(2);
        let indent = lead.columns();
        page.prose(lead, Ink::Text, step.text);
        names(page, indent, &step.checks);
    }
    if steps.len() > most {
        page.line(Line::indent(column + 4).put(Ink::Aside, format!("and {} more with --verbose", steps.len() - most)));
    }
}

/// The checks a step belongs to: all of them, or as many as fit on one line.
fn names(page: &mut Page, indent: usize, checks: &[&str]) {
    if page.verbose {
        page.flow(Line::indent(indent), checks.iter().map(|check| Line::of(Ink::Aside, check)));
    } else {
        page.line(Line::indent(indent).put(Ink::Aside, some_of(checks, page.width - indent)));
    }
}

/// As many names as fit, and how many more there are.
pub(super) fn some_of(names: &[&str], room: usize) -> String {
    let all = names.join(", ");
    if columns(&all) <= room {
        return all;
    }
    let fitting = (1..names.len()).rev().map(|shown| format!("{} and {} more", names[..shown].join(", "), names.len() - shown));
    let first_only = || names.first().map(|name| (*name).to_owned()).unwrap_or_default();
    fitting.into_iter().find(|text| columns(text) <= room).unwrap_or_else(first_only)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_do_not_fit_are_counted() {
        let names = ["speed/cdn", "speed/compression", "security/https"];
        assert_eq!(some_of(&names, 80), "speed/cdn, speed/compression, security/https");
        assert_eq!(some_of(&names, 40), "speed/cdn, speed/compression and 1 more");
        assert_eq!(some_of(&names, 20), "speed/cdn and 2 more");
    }
}
