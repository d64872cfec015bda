//! What every rendering says the same way: names of categories and standings, the answer of a check in a few words, the
//! order of checks, and steps without repetition. Formats differ in their signs, never in these.

use super::{Check, CheckKind, Next, Report, Standing, Value};
use crate::definition::words::{Level, Severity};
use crate::evidence::Place;

/// `lead-time` as a heading: `Lead time`.
pub(super) fn heading(category: &str) -> String {
    let words = category.replace(['-', '_'], " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// `1 check`, `52 checks`.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A standing as one writes it in a row.
pub(super) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Met => "met",
        Standing::Short => "short",
        Standing::Unmet => "unmet",
        Standing::Unknown => "unknown",
        Standing::NotApplicable => "n/a",
        Standing::Waived => "waived",
    }
}

/// A sign for a standing; the word stands beside it.
pub(super) fn sign(standing: Standing) -> &'static str {
    match standing {
        Standing::Met => "✓",
        Standing::Short => "~",
        Standing::Unmet => "✗",
        Standing::Unknown => "?",
        Standing::NotApplicable | Standing::Waived => "·",
    }
}

/// A part of a text that a definition wrote in plain Markdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Running text.
    Text(&'a str),
    /// What stands between two backticks.
    Code(&'a str),
    /// `[words](address)`.
    Link(&'a str, &'a str),
}

/// The parts of one line of a definition.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, (inner, after))) = rest.split_once('`').and_then(|(before, after)| Some((before, after.split_once('`')?))) {
        links(before, &mut parts);
        parts.push(Part::Code(inner));
        rest = after;
    }
    links(rest, &mut parts);
    parts
}

/// Running text, and the links in it.
fn links<'a>(text: &'a str, parts: &mut Vec<Part<'a>>) {
    let mut rest = text;
    while let Some((start, words, address, after)) = first_link(rest) {
        parts.extend((!start.is_empty()).then_some(Part::Text(start)));
        parts.push(Part::Link(words, address));
        rest = after;
    }
    parts.extend((!rest.is_empty()).then_some(Part::Text(rest)));
}

fn first_link(text: &str) -> Option<(&str, &str, &str, &str)> {
    let middle = text.find("](http")?;
    let start = text[..middle].rfind('[')?;
    let (address, after) = text[middle + 2..].split_once(')')?;
    Some((&text[..start], &text[start + 1..middle], address, after))
}

/// A kind of check in a word.
pub(super) fn kind(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::Practice => "practice",
        CheckKind::Hazard => "hazard",
        CheckKind::Measure => "measure",
    }
}

/// The most precise that is known of a place: `path:line`, an address, a commit, a person.
pub(super) fn place(place: &Place) -> Option<String> {
    let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
    let path = place.path.as_ref().map(|path| format!("{path}{line}"));
    let commit = || place.commit.as_ref().map(|commit| format!("commit {}", commit.chars().take(10).collect::<String>()));
    path.or_else(|| place.url.clone()).or_else(commit).or_else(|| place.attestation.as_ref().map(|who| format!("attested: {who}")))
}

/// The checks of each category that has any: categories as the report lists them, then any it forgot; in each the
/// standings that need work first, and the weightiest first among equals.
pub(super) fn groups(report: &Report) -> Vec<(&str, Vec<&Check>)> {
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

/// What needs work most stands first.
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

/// The answer in a few words: the rung reached and the one wanted, the findings counted, the number.
pub(super) fn answer(check: &Check) -> String {
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

pub(super) fn harm(check: &Check) -> String {
    let of = |severity: Severity| check.findings.iter().filter(|finding| finding.severity == severity).count();
    let all = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
    let some = all.into_iter().map(|severity| (of(severity), severity)).filter(|(number, _)| *number > 0);
    let words: Vec<_> = some.map(|(number, severity)| format!("{number} {}", severity.word())).collect();
    if words.is_empty() { "clear".to_owned() } else { words.join(", ") }
}

/// `3.2 h (2.1 .. 5)`.
pub(super) fn measured(value: &Value) -> String {
    let amount = format!("{} {}", number(value.amount), value.unit);
    match (value.low, value.high) {
        (Some(low), Some(high)) if low == high => amount,
        (Some(low), None) if value.floor.is_some() || value.attested.is_some() => format!("{amount} ({} or more)", number(low)),
        (Some(low), Some(high)) => format!("{amount} ({} .. {})", number(low), number(high)),
        _ => amount,
    }
}

/// A number as short as it may be: three digits that matter, no zeros after the point.
pub(super) fn number(amount: f64) -> String {
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

/// One step with all the checks it answers.
pub(super) struct Step<'a> {
    /// Points of the total.
    pub gain: f64,
    /// What to do.
    pub text: &'a str,
    /// Ids.
    pub checks: Vec<&'a str>,
}

/// One entry per step, worth the sum of what it is worth to each of its checks, best first.
pub(super) fn merged(next: &[Next]) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for one in next {
        match steps.iter_mut().find(|step| step.text == one.step) {
            Some(step) => {
                step.gain += one.gain;
                step.checks.push(&one.check);
            }
            None => steps.push(Step { gain: one.gain, text: &one.step, checks: vec![&one.check] }),
        }
    }
    steps.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    steps
}

pub(super) fn gain(sign: &str, gain: f64) -> String {
    if gain < 0.05 { "<0.1".to_owned() } else { format!("{sign}{gain:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_read_in_parts() {
        use Part::{Code, Link, Text};
        let text = "Take [squawk](https://squawkhq.com) or `x [a](http://b)`.";
        let expected = [Text("Take "), Link("squawk", "https://squawkhq.com"), Text(" or "), Code("x [a](http://b)"), Text(".")];
        assert_eq!(parts(text), expected);
        assert_eq!(parts("one ` alone [x]( y"), [Text("one ` alone [x]( y")]);
        assert!(parts("").is_empty());
    }

    #[test]
    fn numbers_are_short() {
        let shown = [3.0, 3.25, 0.04, 41.26, 1834.2, 100.0, 1e300, 0.0].map(number);
        assert_eq!(shown, ["3", "3.25", "0.04", "41.3", "1834", "100", "1.0e300", "0"]);
    }

    fn next(check: &str, gain: f64, step: &str) -> Next {
        Next { check: check.to_owned(), gain, step: step.to_owned() }
    }

    #[test]
    fn the_same_step_is_said_once_and_worth_the_sum() {
        let next = [next("a/one", 2.0, "fix"), next("b/two", 1.5, "ask"), next("c/three", 1.0, "ask")];
        let steps = merged(&next);
        let said: Vec<_> = steps.iter().map(|step| (step.text, step.gain, step.checks.len())).collect();
        assert_eq!(said, [("ask", 2.5, 2), ("fix", 2.0, 1)]);
    }

    #[test]
    fn a_gain_is_never_shown_as_nothing() {
        assert_eq!(gain("+", 3.11), "+3.1");
        assert_eq!(gain("+", 0.01), "<0.1");
    }
}
