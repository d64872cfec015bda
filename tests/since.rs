//! `--since`: an audit of a change tells the hazards that it brings in, and no others.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use support::Repo;

const CALL: &str = "import requests\n\n\ndef fetch(url):\n    return requests.get(url)\n";

fn repository() -> Repo {
    let repo = Repo::with(&[("app/old.py", CALL), ("requirements.txt", "requests==2.32.0\n")]);
    repo.commit("before");
    repo
}

/// Places of the findings of a check.
fn places(report: &Value, check: &str, list: &str) -> Vec<String> {
    let check = report["checks"].as_array().unwrap().iter().find(|one| one["id"] == check).unwrap();
    let findings = check[list].as_array().map(Vec::as_slice).unwrap_or_default();
    findings.iter().map(|finding| format!("{}:{}", finding["path"].as_str().unwrap(), finding["line"])).collect()
}

#[test]
fn only_what_the_change_brings_in_is_told() {
    let repo = repository();
    // The old finding moves to another line, a new one joins it in the same file, and one comes in a file that is not committed.
    repo.write("app/old.py", format!("import os\n{CALL}\n\ndef send(url):\n    return requests.post(url)\n"));
    repo.commit("after");
    repo.write("app/new.py", CALL);
    let all = repo.report(&[]);
    assert_eq!(places(&all, "speed/http-timeouts", "findings"), ["app/new.py:5", "app/old.py:6", "app/old.py:10"]);
    let change = repo.report(&["--since", "HEAD~1"]);
    assert_eq!(places(&change, "speed/http-timeouts", "findings"), ["app/new.py:5", "app/old.py:10"]);
    assert!(change["checks"].as_array().unwrap().iter().all(|check| check["kind"] == "hazard"), "a change is asked for hazards alone");
    assert!(change["notices"].as_array().unwrap().iter().any(|notice| notice["about"] == "since"));
    let none = repo.report(&["--since", "HEAD", "--only", "errors/*"]);
    assert_eq!(places(&none, "errors/swallowed-exceptions", "findings"), Vec::<String>::new());
}

#[test]
fn a_change_that_goes_wrong_fails_by_its_own_findings_alone() {
    let repo = repository();
    repo.write("README.md", "# A page\n");
    repo.commit("prose");
    assert_eq!(repo.audit(&["--since", "HEAD~1", "--fail-on", "speed/*"]).code, 0, "the old finding is not this change's");
    repo.write("app/new.py", CALL);
    assert_eq!(repo.audit(&["--since", "HEAD~1", "--fail-on", "speed/*"]).code, 1);
}

#[test]
fn a_comment_with_a_reason_sets_a_finding_aside() {
    let repo = repository();
    repo.write("app/old.py", CALL.replace("(url)\n", "(url)  # audit: allow speed/http-timeouts - the proxy in front has a limit\n"));
    repo.write("app/new.py", CALL.replace("    return", "    # audit: allow speed/http-timeouts\n    return"));
    let report = repo.report(&[]);
    assert_eq!(places(&report, "speed/http-timeouts", "muted"), ["app/old.py:5"]);
    assert_eq!(places(&report, "speed/http-timeouts", "findings"), ["app/new.py:6"], "without a reason it counts");
}

#[test]
fn a_revision_that_is_not_there_is_told() {
    let answer = repository().audit(&["--since", "nowhere"]);
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains("there is no commit `nowhere` in this repository"), "{}", answer.err);
}
