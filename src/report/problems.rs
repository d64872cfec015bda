//! What tools that mark lines want to know: each finding, and each check that falls short, as one problem with a place.
//!
//! A finding has its own severity. A practice that is missing is as bad as a medium finding, one that is too weak as a low
//! one: there is no defect in the line shown, it is only where the work begins.

use sha2::{Digest as _, Sha256};

use super::links::Links;
use super::words;
use super::{Check, Finding, Report, Standing};
use crate::definition::words::Severity;
use crate::evidence::Place;

/// Something to act on.
pub(super) struct Problem<'a> {
    /// The check it belongs to.
    pub check: &'a Check,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong and what to do about it; not yet made safe to show.
    pub message: String,
    /// The path from the repository's root, if it stands in a file.
    pub path: Option<String>,
    /// The line there.
    pub line: Option<u32>,
    /// The column there, in characters.
    pub column: Option<u32>,
    /// The text that stands there.
    pub excerpt: Option<&'a str>,
    /// Stable and unique in the report: `name:1`, and `name:2` for the same text a second time.
    pub fingerprint: String,
    /// Why it is set aside, if it is: by `audit.toml` or in the code.
    pub aside: Option<&'a str>,
}

/// All problems, the worst first; among equals in the order of the report.
pub(super) fn problems(report: &Report) -> Vec<Problem<'_>> {
    let links = Links::of(&report.subject);
    let mut all: Vec<Problem<'_>> = report.checks.iter().flat_map(|check| of_check(check, &links)).collect();
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for problem in &mut all {
        let times = seen.entry(problem.fingerprint.clone()).or_default();
        *times += 1;
        problem.fingerprint.push_str(&format!(":{times}"));
    }
    all.sort_by_key(|problem| std::cmp::Reverse(problem.severity));
    all
}

fn of_check<'a>(check: &'a Check, links: &Links<'_>) -> Vec<Problem<'a>> {
    let waived = check.because.as_deref().filter(|_| check.standing == Standing::Waived);
    let placed = |place: &Place| place.path.as_deref().map(|path| links.rooted(path));
    let found = |finding: &'a Finding| Problem {
        check,
        severity: finding.severity,
        message: finding.message.clone(),
        path: placed(&finding.place),
        line: finding.place.line,
        column: finding.place.column,
        excerpt: finding.excerpt.as_deref(),
        fingerprint: finding.fingerprint.clone(),
        aside: finding.muted.as_deref().or(waived),
    };
    let mut all: Vec<Problem<'_>> = check.findings.iter().chain(&check.muted).map(found).collect();
    let severity = match check.standing {
        Standing::Unmet => Severity::Medium,
        Standing::Short => Severity::Low,
        _ => return all,
    };
    if !check.findings.is_empty() {
        return all;
    }
    // What undoes a practice is the line to change; else the evidence that is too weak.
    let in_file = || check.evidence.iter().filter(|evidence| evidence.place.path.is_some());
    let evidence = in_file().find(|evidence| evidence.inert).or_else(|| in_file().next());
    let place = evidence.map(|evidence| &evidence.place);
    let path = place.and_then(placed);
    all.push(Problem {
        check,
        severity,
        message: shortfall(check),
        line: place.and_then(|place| place.line),
        column: place.and_then(|place| place.column),
        excerpt: evidence.and_then(|evidence| evidence.excerpt.as_deref()),
        fingerprint: digest(&[&check.id, path.as_deref().unwrap_or_default()]),
        path,
        aside: None,
    });
    all
}

/// `Logs can be searched by field: declared, want configured. Set ...`
fn shortfall(check: &Check) -> String {
    let next = check.next.as_deref().map(|next| format!(" {next}")).unwrap_or_default();
    format!("{}: {}.{next}", check.title, words::answer(check))
}

/// The first 16 digits of a hash over some texts.
pub(super) fn digest(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
