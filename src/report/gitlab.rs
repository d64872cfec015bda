//! Problems as GitLab's code quality report (the Code Climate subset that GitLab reads), for the widget of a merge request.
//!
//! GitLab shows an entry beside a line, so what stands in no file is left out.

use serde_json::{Value, json};

use super::problems::{Problem, problems};
use super::{Report, json, plain};
use crate::definition::words::Severity;

/// The list of problems, with a newline at the end.
pub fn render(report: &Report) -> String {
    let all = problems(report);
    json::text(&Value::Array(all.iter().filter(|problem| problem.aside.is_none()).filter_map(entry).collect()))
}

fn entry(problem: &Problem<'_>) -> Option<Value> {
    Some(json!({
        "description": plain(&problem.message),
        "check_name": problem.check.id,
        "fingerprint": problem.fingerprint,
        "severity": severity(problem.severity),
        "location": { "path": problem.path.as_deref()?, "lines": { "begin": problem.line.unwrap_or(1) } },
    }))
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
    }
}
