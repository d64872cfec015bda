//! The first lines: can this run be trusted, the score, and what was audited.

use super::ink::Ink;
use super::page::{Line, Page};
use super::place;
use crate::report::words::count;
use crate::report::{Report, Subject, plain, points};

/// Where the text beside the labels `INCOMPLETE`, `Confidence`, `Audited` and the names of the categories starts.
pub(super) const COLUMN: usize = 11;

/// What a run that could not look at everything says before anything else.
pub(super) fn banner(page: &mut Page, report: &Report) {
    if report.complete {
        return;
    }
    let lead = Line::of(Ink::Alarm, "INCOMPLETE").to(COLUMN);
    page.prose(lead, Ink::Text, "The audit could not look at all it was told to look at:");
    let mut reasons = report.notices.iter().filter(|notice| notice.about == "incomplete").peekable();
    if reasons.peek().is_none() {
        page.prose(Line::indent(COLUMN), Ink::Text, "what is unknown below may have been there to see.");
    }
    for reason in reasons {
        page.prose(Line::indent(COLUMN).put(Ink::Alarm, "- "), Ink::Text, &reason.message);
    }
    page.blank();
}

/// The score line.
pub(super) fn score(page: &mut Page, report: &Report) {
    let counts = report.counts;
    let mut pieces = confidence(report);
    let words = [
        format!("{},", count(counts.checks as usize, "check")),
        format!("{} unknown,", counts.unknown),
        format!("{} waived,", counts.waived),
        format!("catalogue {}", report.catalogue_version),
    ];
    pieces.extend(words.map(|word| Line::of(Ink::Text, word)));
    page.flow(Line::of(Ink::Heading, "Confidence").gap(1), pieces);
}

/// The two ends of the interval, or why there is none.
fn confidence(report: &Report) -> Vec<Line> {
    let counts = report.counts;
    let is_scored = report.categories.iter().any(|category| category.score.is_some());
    if !is_scored && counts.checks <= counts.not_applicable + counts.waived {
        return vec![Line::of(Ink::Text, "without a score,"), Line::of(Ink::Text, "no check applies -")];
    }
    let (proven, possible) = (points(report.score.proven), points(report.score.possible));
    vec![
        Line::of(Ink::Proven, format!("{proven} proven")).put(Ink::Text, ","),
        Line::of(Ink::Unseen, format!("up to {possible} possible")).put(Ink::Text, " -"),
    ]
}

/// What was audited.
pub(super) fn subject(page: &mut Page, report: &Report) {
    let subject = &report.subject;
    let lead = Line::of(Ink::Heading, "Audited").to(COLUMN);
    let room = page.width - COLUMN;
    let path = Line::of(Ink::Text, place::middle(&plain(&subject.path), room, page.glyphs.ellipsis));
    page.flow(lead, std::iter::once(path).chain(facts(subject, &report.at)));
    let kind = Line::of(Ink::Heading, "As").to(COLUMN).put(Ink::Text, subject.kind.word());
    if subject.because.trim().is_empty() {
        page.line(kind);
    } else if page.verbose {
        page.prose(kind.put(Ink::Text, ": "), Ink::Text, &subject.because);
    } else {
        page.line(kind.put(Ink::Text, format!(": {}", subject.because.trim())));
    }
}

/// Revision, stacks, size and day.
fn facts(subject: &Subject, at: &str) -> Vec<Line> {
    let revision = subject.revision.as_deref().map_or("(no revision)".to_owned(), |sha| format!("at {}", place::short(sha)));
    let files = count(usize::try_from(subject.files).unwrap_or(usize::MAX), "file");
    let mut words = vec![revision];
    words.extend(subject.stacks.iter().cloned());
    words.extend([files, at.to_owned()]);
    let last = words.len() - 1;
    let comma = |(at, word): (usize, String)| if at < last { format!("{word},") } else { word };
    words.into_iter().enumerate().map(comma).map(|word| Line::of(Ink::Text, word)).collect()
}
