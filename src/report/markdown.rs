//! The report as Markdown, for a comment on a pull request and for `$GITHUB_STEP_SUMMARY`.
//!
//! What decides stands first and open: the score, the categories, the next steps. Detail is folded in `<details>`. A comment
//! on GitHub holds 65,536 characters; what would go beyond is left out, in whole rows, and the end says so. The first line is
//! a comment that readers do not see, so that a program finds its own comment and replaces it.

use super::links::Links;
use super::{Category, Check, Counts, Finding, Report, Standing, points, words};
use crate::evidence::Place;

mod escape;

use escape::{code, prose, text};

/// Bytes of a report, which are never fewer than characters.
const MOST: usize = 65_536;
/// Kept for the end of a table, of a fold and of the report.
const RESERVE: usize = 600;
/// Steps shown open, and findings in the folded table.
const MOST_STEPS: usize = 5;
const MOST_FINDINGS: usize = 100;
/// Cells of a bar.
const BAR: f64 = 10.0;

/// The report; it fits a comment on GitHub.
pub fn render(report: &Report) -> String {
    let links = Links::of(&report.subject);
    let mut page = Page::default();
    page.head(report, &links);
    page.requirements(report);
    page.categories(report);
    page.comparison(report);
    page.steps("What to do next", "Gain", &report.next, MOST_STEPS);
    page.findings(report, &links);
    page.open_checks(report, &links);
    page.questions(report);
    page.good_checks(report, &links);
    page.notices(report);
    page.finish(report)
}

#[derive(Default)]
struct Page {
    out: String,
    left_out: usize,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    /// True when this much more still fits.
    fn fits(&self, bytes: usize) -> bool {
        self.out.len() + bytes + RESERVE <= MOST
    }

    /// A table of as many whole rows as fit.
    fn table(&mut self, head: &str, rows: impl Iterator<Item = String>) {
        let line = |name: &str| if matches!(name.trim(), "Gain" | "Points" | "Proven" | "Possible") { "---:" } else { "---" };
        let rule: Vec<&str> = head.split('|').map(line).collect();
        self.line(&format!("|{head}|\n|{}|", rule.join("|")));
        let mut full = false;
        for row in rows {
            full = full || !self.fits(row.len() + 3);
            if full { self.left_out += 1 } else { self.line(&format!("|{row}|")) }
        }
        self.line("");
    }

    /// Something folded under a line that says what it is.
    fn fold(&mut self, summary: &str, inner: impl FnOnce(&mut Page)) {
        if !self.fits(summary.len() + 200) {
            self.left_out += 1;
            return;
        }
        self.line(&format!("<details><summary>{summary}</summary>\n"));
        inner(self);
        self.line("</details>\n");
    }

    /// What was asked of the audit, and the smallest change that makes it hold.
    fn requirements(&mut self, report: &Report) {
        for rule in &report.requirements {
            let mark = if rule.holds { "✓" } else { "✗" };
            let until = rule.until.as_ref().map(|day| format!(" (until {})", text(day))).unwrap_or_default();
            // A list is no table: a pipe needs no escape here, and inside code would show it.
            let found = prose(&rule.found).replace("\\|", "|");
            self.line(&format!("- {mark} {}: {found}{until}", code(&rule.rule)));
            let smallest: Vec<String> = rule.smallest.iter().map(|step| format!("{} ({:+.1})", code(&step.check), step.gain)).collect();
            if !smallest.is_empty() {
                self.line(&format!("  The smallest change that passes: {}.", smallest.join(", ")));
            }
        }
        if !report.requirements.is_empty() {
            self.line("");
        }
    }

    /// What changed since the report that was named with `--baseline`.
    fn comparison(&mut self, report: &Report) {
        let Some(comparison) = &report.comparison else { return };
        let change = comparison.change;
        self.line(&format!("### Since {}\n", text(&comparison.old.at)));
        self.line(&format!("Proven {:+.1}, possible {:+.1}.\n", change.proven, change.possible));
        if comparison.parts.is_empty() {
            return;
        }
        let row = |part: &super::comparison::Part| {
            let check = part.check.as_deref().map(|check| format!("{}<br>", code(check))).unwrap_or_default();
            let numbers = format!("{:+.1} | {:+.1}", part.change.proven, part.change.possible);
            format!(" {numbers} | {} | {check}{} ", part.cause.word(), prose(&part.because))
        };
        self.table(" Proven | Possible | Cause | What ", comparison.parts.iter().map(row));
    }

    fn head(&mut self, report: &Report, links: &Links<'_>) {
        let subject = &report.subject;
        self.line(&marker(subject.folder.as_deref()));
        let (proven, possible) = (points(report.score.proven), points(report.score.possible));
        self.line(&format!("## Confidence {proven} proven, up to {possible} possible\n"));
        if !report.complete {
            self.line("> [!WARNING]\n> The audit is incomplete: something it was told to look at could not be looked at.");
            let why = report.notices.iter().filter(|notice| notice.about == "incomplete").take(MOST_STEPS);
            why.for_each(|notice| self.line(&format!(">\n> - {}", text(&notice.message))));
            self.line("");
        }
        let counts = report.counts;
        let mut facts = vec![words::count(counts.checks as usize, "check"), format!("{} unknown", counts.unknown)];
        facts.extend((counts.waived > 0).then(|| format!("{} waived", counts.waived)));
        facts.extend(subject.folder.as_deref().map(code));
        facts.extend(subject.revision.as_deref().map(|revision| {
            let short = code(&revision.chars().take(10).collect::<String>());
            links.commit(revision).map_or_else(|| format!("at {short}"), |link| format!("at [{short}]({link})"))
        }));
        facts.push(text(&report.at));
        self.line(&format!("{}\n", facts.join(" · ")));
    }

    fn categories(&mut self, report: &Report) {
        self.table(
            " Category | | Proven | Possible | Checks ",
            report.categories.iter().map(|category| {
                let name = words::heading(&category.id);
                let Some(score) = category.score else { return format!(" {} | | | | no check applies ", text(&name)) };
                let (proven, possible) = (points(score.proven), points(score.possible));
                format!(" {} | {} | **{proven}** | {possible} | {} ", text(&name), bar(category), counted(category.counts))
            }),
        );
    }

    fn steps(&mut self, title: &str, unit: &str, next: &[super::Next], most: usize) {
        let steps = words::merged(next);
        if steps.is_empty() {
            return;
        }
        self.line(&format!("### {title}\n"));
        let row = |step: &words::Step<'_>| {
            let checks: Vec<String> = step.checks.iter().map(|check| code(check)).collect();
            format!(" {} | {}<br>{} ", words::gain("+", step.gain).replace('<', "&lt;"), prose(step.text), checks.join(" "))
        };
        self.table(&format!(" {unit} | Step "), steps.iter().take(most).map(row));
        if steps.len() > most {
            let rest = &steps[most..];
            self.fold(&words::count(rest.len(), "more step"), |page| page.table(" Gain | Step ", rest.iter().map(row)));
        }
    }

    fn questions(&mut self, report: &Report) {
        let steps = words::merged(&report.questions);
        if steps.is_empty() {
            return;
        }
        let title = format!("<b>{}</b> that would narrow the interval", words::count(steps.len(), "question"));
        self.fold(&title, |page| {
            let row = |step: &words::Step<'_>| format!(" {} | {} ", words::gain("", step.gain).replace('<', "&lt;"), prose(step.text));
            page.table(" Points | Question ", steps.iter().map(row));
        });
    }

    fn findings(&mut self, report: &Report, links: &Links<'_>) {
        let counted = report.checks.iter().filter(|check| check.standing != Standing::Waived);
        let mut all: Vec<(&Check, &Finding)> =
            counted.flat_map(|check| check.findings.iter().map(move |finding| (check, finding))).collect();
        all.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
        if all.is_empty() {
            return;
        }
        self.left_out += all.len().saturating_sub(MOST_FINDINGS);
        self.fold(&format!("<b>{}</b>", words::count(all.len(), "finding")), |page| {
            page.table(
                " Severity | Where | What ",
                all.iter().take(MOST_FINDINGS).map(|(check, finding)| {
                    let place = place(&finding.place, links).unwrap_or_else(|| code(&check.id));
                    format!(" {} | {place} | {} ", finding.severity.word(), prose(&finding.message))
                }),
            );
        });
    }

    fn open_checks(&mut self, report: &Report, links: &Links<'_>) {
        self.checks(report, links, "below what is wanted or unknown", |standing| {
            matches!(standing, Standing::Unmet | Standing::Short | Standing::Unknown)
        });
    }

    fn good_checks(&mut self, report: &Report, links: &Links<'_>) {
        self.checks(report, links, "met, waived or not applicable", |standing| {
            matches!(standing, Standing::Met | Standing::Waived | Standing::NotApplicable)
        });
    }

    fn checks(&mut self, report: &Report, links: &Links<'_>, what: &str, wanted: fn(Standing) -> bool) {
        let checks: Vec<&Check> = words::groups(report).into_iter().flat_map(|(_, checks)| checks).filter(|c| wanted(c.standing)).collect();
        if checks.is_empty() {
            return;
        }
        self.fold(&format!("<b>{}</b> {what}", words::count(checks.len(), "check")), |page| {
            page.table(
                " | Check | Answer | Evidence ",
                checks.iter().map(|check| {
                    let (sign, word) = (words::sign(check.standing), words::standing(check.standing));
                    let title = format!("{}<br>{}", text(&check.title), code(&check.id));
                    format!(" {sign} {word} | {title} | {} | {} ", text(&words::answer(check)), proof(check, links))
                }),
            );
        });
    }

    fn notices(&mut self, report: &Report) {
        let shown: Vec<_> = report.notices.iter().filter(|notice| notice.about != "incomplete").collect();
        if shown.is_empty() {
            return;
        }
        self.fold(&words::count(shown.len(), "notice"), |page| {
            page.table(" About | Notice ", shown.iter().map(|notice| format!(" {} | {} ", text(&notice.about), text(&notice.message))));
        });
    }

    fn finish(mut self, report: &Report) -> String {
        if self.left_out > 0 {
            let rows = words::count(self.left_out, "row");
            self.line(&format!("> **Cut:** {rows} did not fit into a comment. The whole report is in `--output html=FILE`.\n"));
        }
        let (audit, catalogue) = (text(&report.audit_version), text(&report.catalogue_version));
        self.line(&format!("<sub>audit {audit}, catalogue {catalogue}. Proven is what evidence shows; possible is what it would be if all unseen were good.</sub>"));
        self.out
    }
}

/// The comment by which a program finds the report it has written before; one per application of a monorepo.
fn marker(folder: Option<&str>) -> String {
    let folder = folder.map(|folder| format!(" {}", super::links::encoded(folder).replace('-', "%2D"))).unwrap_or_default();
    format!("<!-- audit-report{folder} -->")
}

fn bar(category: &Category) -> String {
    let cells = |points: f64| (points / 100.0 * BAR + 1e-6).clamp(0.0, BAR) as usize;
    let (proven, possible) = category.score.map_or((0, 0), |score| (cells(score.proven), cells(score.possible)));
    let possible = possible.max(proven);
    format!("{}{}{}", "█".repeat(proven), "▒".repeat(possible - proven), "░".repeat(BAR as usize - possible))
}

fn counted(counts: Counts) -> String {
    let all = [(counts.unmet, "unmet"), (counts.short, "short"), (counts.unknown, "unknown"), (counts.met, "met")];
    let some: Vec<String> = all.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    some.join(", ")
}

/// The strongest evidence, what undoes it, or why there is none.
fn proof(check: &Check, links: &Links<'_>) -> String {
    let seen = |evidence: &super::Evidence| {
        let said = evidence.excerpt.as_deref().or(evidence.note.as_deref()).filter(|said| !said.trim().is_empty()).map(code);
        [place(&evidence.place, links), said].into_iter().flatten().collect::<Vec<_>>().join("<br>")
    };
    let strongest = check.evidence.iter().find(|evidence| !evidence.inert).map(seen);
    let undone = check.evidence.iter().find(|evidence| evidence.inert).map(|evidence| format!("undone by {}", seen(evidence)));
    let gap = || check.gaps.first().filter(|_| check.standing == Standing::Unknown).map(|gap| text(&format!("{}: {}", gap.what, gap.why)));
    let parts: Vec<String> = [check.because.as_deref().map(text), strongest, undone].into_iter().flatten().collect();
    if parts.is_empty() { gap().unwrap_or_default() } else { parts.join("<br>") }
}

fn place(place: &Place, links: &Links<'_>) -> Option<String> {
    let shown = code(&words::place(place)?);
    let link = match (&place.path, &place.url, &place.commit) {
        (Some(path), ..) => links.file(path, place.line),
        (None, Some(url), _) => Some(url.clone()).filter(|url| super::links::is_web(url) && !url.contains(['(', ')'])),
        (None, None, Some(commit)) => links.commit(commit),
        _ => None,
    };
    Some(link.map_or_else(|| shown.clone(), |link| format!("[{shown}]({link})")))
}
