//! What stands beneath a check: the reason for its standing, with places one can open.
//!
//! In a normal report that is the strongest evidence, what undoes it, the worst findings, the first gap. With
//! `--verbose` it is everything, each line behind a label.

use super::ink::Ink;
use super::page::{Line, Page};
use super::place;
use super::wrap::columns;
use crate::definition::words::Severity;
use crate::evidence::Gap;
use crate::report::words::count;
use crate::report::{Check, Evidence, Finding, Standing, Verdict};

/// Findings and bad rules shown unless all are asked for.
const MOST: usize = 3;
/// The label column with `--verbose`, and that of the severities.
const LABEL: usize = 12;
const SEVERITY: usize = 10;

/// Everything beneath the row of a check.
pub(super) fn draw(page: &mut Page, check: &Check) {
    let indent = if page.is_narrow() { 4 } else { 15 };
    let mut proof = Proof { page, indent };
    if proof.page.verbose { proof.everything(check) } else { proof.strongest(check) }
}

struct Proof<'a> {
    page: &'a mut Page,
    indent: usize,
}

impl Proof<'_> {
    fn strongest(&mut self, check: &Check) {
        if let Some(because) = &check.because {
            self.page.prose(Line::indent(self.indent), Ink::Aside, because);
        }
        if let Some(value) = &check.value {
            super::value::draw(self.page, value, self.indent);
        }
        if let Some(evidence) = check.evidence.iter().find(|evidence| !evidence.inert) {
            self.seen(Line::indent(self.indent), evidence);
        }
        if let Some(undoes) = check.evidence.iter().find(|evidence| evidence.inert) {
            self.seen(Line::indent(self.indent).put(Ink::Short, "undone by "), undoes);
        }
        self.rules(check, MOST);
        self.findings(check, MOST);
        if !check.muted.is_empty() {
            let set_aside = format!("{} set aside with a reason", count(check.muted.len(), "finding"));
            self.page.line(Line::indent(self.indent).put(Ink::Aside, set_aside));
        }
        if check.standing == Standing::Unknown
            && let Some(gap) = check.gaps.first()
        {
            self.page.prose(Line::indent(self.indent), Ink::Aside, &unseen(gap));
        }
    }

    fn everything(&mut self, check: &Check) {
        self.page.prose(Line::indent(self.indent), Ink::Aside, &check.asks);
        self.page.line(Line::indent(self.indent).put(Ink::Aside, format!("{}, weight {}", check.id, check.weight)));
        if let Some(because) = &check.because {
            self.labelled("because", Ink::Aside, because);
        }
        if let Some(value) = &check.value {
            super::value::draw(self.page, value, self.indent);
        }
        for evidence in &check.evidence {
            self.in_full(evidence);
        }
        self.rules(check, usize::MAX);
        self.findings(check, usize::MAX);
        for finding in &check.muted {
            let room = self.page.width - self.indent - LABEL;
            let place = place::first(&finding.place, room, self.page.glyphs.ellipsis).unwrap_or_default();
            self.labelled("set aside", Ink::Aside, &place);
            self.page.prose(Line::indent(self.indent + LABEL), Ink::Text, &finding.message);
            self.page.prose(Line::indent(self.indent + LABEL), Ink::Aside, finding.muted.as_deref().unwrap_or_default());
        }
        if !check.looked_for.is_empty() && check.evidence.is_empty() && check.findings.is_empty() {
            self.labelled("looked for", Ink::Aside, &check.looked_for.join("; "));
        }
        for gap in &check.gaps {
            self.labelled("unseen", Ink::Unseen, &unseen(gap));
            self.page.prose(Line::indent(self.indent + LABEL), Ink::Text, &gap.next);
        }
        if let Some(next) = &check.next {
            self.labelled("next", Ink::Text, next);
        }
        self.page.blank();
    }

    /// A label and what it says.
    fn labelled(&mut self, label: &str, ink: Ink, text: &str) {
        let lead = Line::indent(self.indent).put(ink, label).to(self.indent + LABEL);
        self.page.prose(lead, Ink::Text, text);
    }

    /// Place and excerpt on one line, or on two where that would squeeze the excerpt.
    fn seen(&mut self, lead: Line, evidence: &Evidence) {
        let indent = lead.columns();
        let room = self.page.width - indent;
        let excerpt = evidence.excerpt.as_deref().or(evidence.note.as_deref()).map(str::trim).unwrap_or_default();
        let Some(place) = place::first(&evidence.place, room, self.page.glyphs.ellipsis) else {
            return self.page.line(lead.put(Ink::Aside, excerpt));
        };
        let left = room.saturating_sub(columns(&place) + 2);
        let line = lead.put(Ink::Text, place);
        if columns(excerpt) <= left {
            return self.page.line(line.gap(2).put(Ink::Aside, excerpt));
        }
        self.page.line(line);
        self.page.line(Line::indent(indent + 2).put(Ink::Aside, excerpt));
    }

    /// All that is known about one piece of evidence.
    fn in_full(&mut self, evidence: &Evidence) {
        let (label, ink) = if evidence.inert { ("undone by", Ink::Short) } else { (evidence.level.word(), Ink::Proven) };
        let indent = self.indent + LABEL;
        let mut places = place::all(&evidence.place, self.page.width - indent, self.page.glyphs.ellipsis);
        places.extend(evidence.tool.as_ref().map(|tool| format!("({tool})")));
        let lead = Line::indent(self.indent).put(ink, label).to(indent);
        self.page.flow(lead, places.iter().map(|place| Line::of(Ink::Text, place)));
        if let Some(excerpt) = &evidence.excerpt {
            self.page.line(Line::indent(indent).put(Ink::Aside, excerpt.trim()));
        }
        if let Some(note) = &evidence.note {
            self.page.prose(Line::indent(indent), Ink::Text, note);
        }
    }

    /// The worst findings: severity and place, and beneath them what is wrong.
    fn findings(&mut self, check: &Check, most: usize) {
        let mut worst: Vec<&Finding> = check.findings.iter().collect();
        worst.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let label = if self.page.verbose { LABEL } else { SEVERITY };
        for finding in worst.iter().take(most) {
            let lead = Line::indent(self.indent).put(harm(finding.severity), finding.severity.word());
            let lead = lead.to(self.indent + label);
            let room = self.page.width - lead.columns();
            let place = place::first(&finding.place, room, self.page.glyphs.ellipsis).unwrap_or_default();
            if place.is_empty() {
                self.page.prose(lead, Ink::Text, &finding.message);
            } else {
                self.page.line(lead.put(Ink::Text, place));
                self.page.prose(Line::indent(self.indent + label), Ink::Text, &finding.message);
            }
            if self.page.verbose {
                let fingerprint = format!("fingerprint {}", finding.fingerprint);
                self.page.line(Line::indent(self.indent + label).put(Ink::Aside, fingerprint));
            }
        }
        self.more(self.indent + label, worst.len(), most);
    }

    /// The rules that came out bad; all of them, with their verdict, when everything is asked for.
    fn rules(&mut self, check: &Check, most: usize) {
        let is_shown = |verdict: Verdict| self.page.verbose || verdict == Verdict::Bad;
        let label = if self.page.verbose { LABEL } else { SEVERITY };
        let shown: Vec<_> = check.rules.iter().filter(|rule| is_shown(rule.verdict)).collect();
        for rule in shown.iter().take(most) {
            let (word, ink) = verdict(rule.verdict);
            let lead = Line::indent(self.indent).put(ink, word).to(self.indent + label);
            let indent = lead.columns();
            self.page.line(lead.put(Ink::Text, &rule.id));
            if self.page.verbose {
                self.page.prose(Line::indent(indent), Ink::Aside, &rule.why);
            }
        }
        self.more(self.indent + label, shown.len(), most);
    }

    fn more(&mut self, indent: usize, all: usize, most: usize) {
        if all > most {
            self.page.line(Line::indent(indent).put(Ink::Aside, format!("and {} more", all - most)));
        }
    }
}

fn unseen(gap: &Gap) -> String {
    format!("{}: {}", gap.what, gap.why)
}

fn harm(severity: Severity) -> Ink {
    match severity {
        Severity::Critical => Ink::Alarm,
        Severity::High => Ink::Bad,
        Severity::Medium => Ink::Short,
        Severity::Low => Ink::Aside,
    }
}

fn verdict(verdict: Verdict) -> (&'static str, Ink) {
    match verdict {
        Verdict::Good => ("good", Ink::Proven),
        Verdict::Neutral => ("neutral", Ink::Aside),
        Verdict::Bad => ("bad", Ink::Bad),
    }
}
