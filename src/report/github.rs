//! Problems as workflow commands of GitHub Actions: annotations on the changed lines.
//!
//! The runner acts on every line of output that begins with `::`, so nothing from outside may begin a line, and values are
//! escaped as the runner unescapes them. GitHub shows ten annotations of a kind per step; what is more is counted in the
//! last line, which carries the score.

use super::problems::{Problem, problems};
use super::{Report, plain, points, words};
use crate::definition::words::Severity;

/// Annotations of a kind that GitHub shows per step.
const MOST: usize = 10;

/// One command per line.
pub fn render(report: &Report) -> String {
    let all: Vec<Problem<'_>> = problems(report).into_iter().filter(|problem| problem.aside.is_none()).collect();
    let mut out = String::new();
    let mut hidden = 0;
    for kind in [Kind::Error, Kind::Warning, Kind::Notice] {
        // One notice is the summary.
        let most = if kind == Kind::Notice { MOST - 1 } else { MOST };
        let (of_kind, incomplete) = (all.iter().filter(|problem| kind_of(problem.severity) == kind), kind == Kind::Error);
        let told = report.notices.iter().filter(|notice| incomplete && notice.about == "incomplete");
        let lines = told.map(|notice| command(kind, &[("title", "audit incomplete")], &notice.message)).chain(of_kind.map(annotation));
        for (at, line) in lines.enumerate() {
            if at < most { out.push_str(&line) } else { hidden += 1 }
        }
    }
    out + &command(Kind::Notice, &[("title", "audit")], &summary(report, hidden))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Error,
    Warning,
    Notice,
}

fn kind_of(severity: Severity) -> Kind {
    match severity {
        Severity::Critical | Severity::High => Kind::Error,
        Severity::Medium => Kind::Warning,
        Severity::Low => Kind::Notice,
    }
}

fn annotation(problem: &Problem<'_>) -> String {
    let line = problem.line.map(|line| line.to_string());
    let column = problem.column.map(|column| column.to_string());
    let place = [("file", &problem.path), ("line", &line), ("col", &column.filter(|_| line.is_some()))];
    let mut properties: Vec<(&str, &str)> =
        place.into_iter().filter(|_| problem.path.is_some()).filter_map(|(name, value)| Some((name, value.as_deref()?))).collect();
    properties.push(("title", &problem.check.id));
    command(kind_of(problem.severity), &properties, &problem.message)
}

fn summary(report: &Report, hidden: usize) -> String {
    let (proven, possible) = (points(report.score.proven), points(report.score.possible));
    let more = if hidden > 0 { format!("; {} more not shown here", words::count(hidden, "problem")) } else { String::new() };
    let counts = report.counts;
    let (unmet, short, unknown) = (counts.unmet, counts.short, counts.unknown);
    let start = if report.complete { "" } else { "INCOMPLETE. " };
    format!("{start}Confidence {proven} proven, up to {possible} possible: {unmet} unmet, {short} short, {unknown} unknown{more}")
}

fn command(kind: Kind, properties: &[(&str, &str)], message: &str) -> String {
    let name = match kind {
        Kind::Error => "error",
        Kind::Warning => "warning",
        Kind::Notice => "notice",
    };
    let properties: Vec<String> = properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    format!("::{name} {}::{}\n", properties.join(","), data(message))
}

/// The message, which ends with the line.
fn data(text: &str) -> String {
    plain(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which ends with a comma or two colons.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_property_or_a_line() {
        let line = command(Kind::Error, &[("file", "a,line=1::x%0A.rb")], "100%\n::set-output name=x::y");
        assert_eq!(line, "::error file=a%2Cline=1%3A%3Ax%250A.rb::100%25\u{FFFD}::set-output name=x::y\n");
    }
}
