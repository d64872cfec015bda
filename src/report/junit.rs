//! Checks as tests, for the test view of GitLab, Jenkins and others: one suite per category, one test per check.
//!
//! Short and unmet fail. What is unknown, waived or does not apply is skipped, with the reason: it neither passed nor failed.

use super::{Check, Finding, Report, Standing, links::Links, points, words, xml};
use crate::evidence::Place;

/// Findings listed in the text of a failure.
const MOST_FINDINGS: usize = 50;

/// The document.
pub fn render(report: &Report) -> String {
    let links = Links::of(&report.subject);
    let suites: Vec<(&str, Vec<&Check>)> = words::groups(report);
    let all: Vec<&Check> = suites.iter().flat_map(|(_, checks)| checks.iter().copied()).collect();
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    out.push_str(&format!("<testsuites name=\"audit\" {}>\n", numbers(&all)));
    for (category, checks) in suites {
        let name = xml::escape(&format!("audit {category}"));
        out.push_str(&format!("  <testsuite name=\"{name}\" {} errors=\"0\">\n", numbers(&checks)));
        if let Some(score) = report.categories.iter().find(|one| one.id == category).and_then(|one| one.score) {
            let property = |name: &str, value: f64| format!("      <property name=\"{name}\" value=\"{}\"/>\n", points(value));
            let both = property("proven", score.proven) + &property("possible", score.possible);
            out.push_str(&format!("    <properties>\n{both}    </properties>\n"));
        }
        checks.iter().for_each(|check| out.push_str(&test(check, &links)));
        out.push_str("  </testsuite>\n");
    }
    out + "</testsuites>\n"
}

fn numbers(checks: &[&Check]) -> String {
    let failures = checks.iter().filter(|check| fails(check.standing)).count();
    let skipped = checks.iter().filter(|check| !fails(check.standing) && check.standing != Standing::Met).count();
    format!("tests=\"{}\" failures=\"{failures}\" skipped=\"{skipped}\"", checks.len())
}

fn fails(standing: Standing) -> bool {
    matches!(standing, Standing::Short | Standing::Unmet)
}

fn test(check: &Check, links: &Links<'_>) -> String {
    let name = xml::escape(&format!("{}: {}", check.id.rsplit('/').next().unwrap_or(&check.id), check.title));
    let class = xml::escape(&format!("audit.{}", check.category));
    let places = || check.findings.iter().map(|finding| &finding.place).chain(check.evidence.iter().map(|evidence| &evidence.place));
    let file = places().find_map(|place| place.path.as_deref()).map(|path| links.rooted(path));
    let file = file.map(|file| format!(" file=\"{}\"", xml::escape(&file))).unwrap_or_default();
    let start = format!("    <testcase classname=\"{class}\" name=\"{name}\"{file} time=\"0\"");
    let inner = match check.standing {
        Standing::Met => return format!("{start}/>\n"),
        Standing::Short | Standing::Unmet => {
            let (kind, message) = (words::standing(check.standing), xml::escape(&words::answer(check)));
            format!("<failure type=\"{kind}\" message=\"{message}\">{}</failure>", xml::lines(&told(check)))
        }
        Standing::Unknown | Standing::Waived | Standing::NotApplicable => {
            format!("<skipped message=\"{}\"/>", xml::escape(&reason(check)))
        }
    };
    format!("{start}>\n      {inner}\n    </testcase>\n")
}

/// Why a check neither passed nor failed.
fn reason(check: &Check) -> String {
    let gap = || check.gaps.first().map(|gap| format!("{}: {}", gap.what, gap.why));
    let why = check.because.clone().or_else(gap).or_else(|| check.next.clone()).unwrap_or_default();
    format!("{}: {why}", words::standing(check.standing))
}

/// The text of a failure: the question, what was found, the next step.
fn told(check: &Check) -> Vec<String> {
    let mut lines = vec![check.asks.clone()];
    let found = |finding: &Finding| format!("{} {}: {}", finding.severity.word(), at(&finding.place), finding.message);
    lines.extend(check.findings.iter().take(MOST_FINDINGS).map(found));
    if check.findings.len() > MOST_FINDINGS {
        lines.push(format!("and {} more", check.findings.len() - MOST_FINDINGS));
    }
    lines.extend(check.evidence.iter().map(|evidence| {
        let start = if evidence.inert { "undone by" } else { evidence.level.word() };
        format!("{start} {}: {}", at(&evidence.place), evidence.excerpt.as_deref().or(evidence.note.as_deref()).unwrap_or_default())
    }));
    lines.extend(check.next.iter().map(|next| format!("next: {next}")));
    lines
}

fn at(place: &Place) -> String {
    words::place(place).unwrap_or_else(|| "somewhere".to_owned())
}
