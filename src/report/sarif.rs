//! Problems as SARIF 2.1.0 (OASIS), for GitHub code scanning and other viewers of static analysis.
//!
//! A result needs a line to stand at, so a practice that is missing everywhere is not in here: findings are, and checks that
//! fall short at a place one can open. Paths are relative to the repository's root, as GitHub wants them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::links::encoded;
use super::problems::{Problem, problems};
use super::{Check, Report, json, links, plain};
use crate::definition::words::Severity;

/// Results that GitHub takes in one run; the worst stay.
const MOST_RESULTS: usize = 25_000;
/// Characters of a message that GitHub shows.
const LONGEST_MESSAGE: usize = 1000;

/// The log of one run, with a newline at the end.
pub fn render(report: &Report) -> String {
    let mut located: Vec<Problem<'_>> = problems(report).into_iter().filter(|problem| problem.path.is_some()).collect();
    located.truncate(MOST_RESULTS);
    // The worst of each check: problems come worst first.
    let mut rules: Vec<(&Check, Severity)> = Vec::new();
    let mut index: BTreeMap<&str, usize> = BTreeMap::new();
    for problem in &located {
        index.entry(&problem.check.id).or_insert_with(|| {
            rules.push((problem.check, problem.severity));
            rules.len() - 1
        });
    }
    let mut run = json!({
        "tool": { "driver": {
            "name": "audit",
            "version": report.audit_version,
            "properties": { "catalogue": report.catalogue_version },
            "rules": rules.iter().map(|(check, severity)| rule(check, *severity)).collect::<Vec<_>>(),
        } },
        "automationDetails": { "id": format!("audit/{}", encoded(&slashed(report.subject.folder.as_deref()))) },
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation(report)],
        "properties": { "proven": report.score.proven, "possible": report.score.possible },
        "results": located.iter().map(|problem| result(problem, index[problem.check.id.as_str()])).collect::<Vec<_>>(),
    });
    if let Some(provenance) = provenance(report) {
        run["versionControlProvenance"] = json!([provenance]);
    }
    json::text(&json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }))
}

/// GitHub tells uploads apart by what stands before the last slash: one per application of a monorepo.
fn slashed(folder: Option<&str>) -> String {
    folder.map(|folder| format!("{folder}/")).unwrap_or_default()
}

fn invocation(report: &Report) -> Value {
    let told = report.notices.iter().map(|notice| {
        let level = if notice.about == "incomplete" { "error" } else { "note" };
        json!({ "level": level, "message": { "text": plain(&notice.message) } })
    });
    json!({ "executionSuccessful": report.complete, "toolExecutionNotifications": told.collect::<Vec<_>>() })
}

fn provenance(report: &Report) -> Option<Value> {
    let source = report.subject.source.as_deref().filter(|source| links::is_web(source))?;
    let mut provenance = json!({ "repositoryUri": source });
    if let Some(revision) = &report.subject.revision {
        provenance["revisionId"] = json!(plain(revision));
    }
    Some(provenance)
}

fn rule(check: &Check, severity: Severity) -> Value {
    let mut properties = json!({ "tags": [plain(&check.category)], "problem.severity": importance(severity), "precision": "high" });
    // GitHub shows a number like this as a security alert, which a missing dashboard is not.
    if check.category == "security" {
        properties["security-severity"] = json!(security_severity(severity));
    }
    let mut rule = json!({
        "id": plain(&check.id),
        "shortDescription": { "text": plain(&check.title) },
        "fullDescription": { "text": plain(&check.asks) },
        "help": { "text": help(check, str::to_owned), "markdown": help(check, |address| format!("<{address}>")) },
        "defaultConfiguration": { "level": level(severity) },
        "properties": properties,
    });
    if let Some(link) = check.links.iter().find(|link| links::is_web(link)) {
        rule["helpUri"] = json!(link);
    }
    rule
}

/// Why it matters, what to do, where to read more. Definitions are written in plain Markdown.
fn help(check: &Check, link: impl Fn(&str) -> String) -> String {
    let paragraphs = |text: &str| text.lines().map(plain).collect::<Vec<_>>().join("\n");
    let links: Vec<String> = check.links.iter().filter(|link| links::is_web(link)).map(|address| link(address)).collect();
    let parts = [paragraphs(&check.asks), paragraphs(&check.why), paragraphs(&check.fix), links.join("\n")];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

fn result(problem: &Problem<'_>, rule: usize) -> Value {
    let mut region = json!({ "startLine": problem.line.unwrap_or(1).max(1) });
    if let Some(column) = problem.column.filter(|_| problem.line.is_some()) {
        region["startColumn"] = json!(column.max(1));
    }
    if let Some(excerpt) = problem.excerpt {
        region["snippet"] = json!({ "text": plain(excerpt) });
    }
    let text: String = plain(&problem.message).chars().take(LONGEST_MESSAGE).collect();
    // In a message `[text](target)` is a link and `{0}` a placeholder; a backslash or a doubled brace makes them text.
    let text = text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]").replace('{', "{{").replace('}', "}}");
    let suppressions: Vec<Value> = problem.aside.iter().map(|why| suppression(why)).collect();
    json!({
        "ruleId": plain(&problem.check.id),
        "ruleIndex": rule,
        "level": level(problem.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": encoded(problem.path.as_deref().unwrap_or_default()), "uriBaseId": "%SRCROOT%" },
            "region": region,
        } }],
        // GitHub follows an alert by the first of these, other tools by ours.
        "partialFingerprints": { "primaryLocationLineHash": problem.fingerprint, "audit/v1": problem.fingerprint },
        "suppressions": suppressions,
    })
}

/// `audit.toml` sets aside until a day, a comment in the code for good.
fn suppression(why: &str) -> Value {
    let kind = if why.contains(" (until ") { "external" } else { "inSource" };
    json!({ "kind": kind, "status": "accepted", "justification": plain(why) })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

fn importance(severity: Severity) -> &'static str {
    match level(severity) {
        "note" => "recommendation",
        level => level,
    }
}

/// In the bands by which GitHub calls an alert critical, high, medium or low.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}
