//! The history: appended by runs, also by many at once, and drawn.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;

use support::{Answer, DAY, Repo, answer, audit};

const FEW: [&str; 2] = ["--only", "lead-time/*"];

fn run(repo: &Repo, more: &[&str]) -> Answer {
    repo.audit(&[&FEW[..], &["-q", "--history", "kept"], more].concat())
}

fn lines(repo: &Repo) -> Vec<String> {
    fs::read_to_string(repo.join("kept/history.ndjson")).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn each_run_is_a_line() {
    let repo = Repo::with(&[("README.md", "# Shop")]);
    repo.commit("one");
    run(&repo, &["--at", DAY]).says(0, &[]);
    run(&repo, &["--at", "2026-06-02"]).says(0, &[]);
    let lines = lines(&repo);
    assert_eq!(lines.len(), 2);
    let record: serde_json::Value = serde_json::from_str(&lines[1]).unwrap();
    let keys: Vec<&str> = record.as_object().unwrap().keys().map(String::as_str).collect();
    let expected =
        ["schema_version", "at", "path", "revision", "audit_version", "catalogue_version", "complete", "score", "categories", "counts"];
    assert_eq!(keys, expected);
    assert_eq!((&record["schema_version"], &record["at"]), (&1.into(), &"2026-06-02".into()));
    assert_eq!(record["revision"].as_str().unwrap().len(), 40);
}

#[test]
fn many_at_once_lose_nothing() {
    let repo = Repo::with(&[("README.md", "# Shop")]);
    let runs: Vec<_> = (0..12)
        .map(|_| {
            let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("audit"));
            command.current_dir(repo.path()).args(FEW).args(["-q", "--at", DAY, "--history", "kept"]);
            command.stdout(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut run in runs {
        assert!(run.wait().unwrap().success());
    }
    let lines = lines(&repo);
    assert_eq!(lines.len(), 12);
    assert!(lines.iter().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
}

#[test]
fn a_broken_line_is_told_and_left_out_and_does_not_swallow_the_next() {
    let repo = Repo::with(&[("README.md", "# Shop")]);
    run(&repo, &["--at", DAY]);
    let path = repo.join("kept/history.ndjson");
    let whole = fs::read(&path).unwrap();
    let mut bytes = whole.clone();
    bytes.extend(b"{\"schema_version\": 1, \"at\": \"2026-0");
    fs::write(&path, &bytes).unwrap();
    run(&repo, &["--at", "2026-06-03"]).says(0, &[]);
    assert_eq!(lines(&repo).len(), 3);
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend(b"\n\xff\xfe\x1b[31m\n[]\n{\"schema_version\":1,\"at\":\"tomorrow\"}\n");
    fs::write(&path, bytes).unwrap();
    let trend = repo.audit(&["trend", "kept"]);
    trend.says(
        0,
        &["history.ndjson:2 is no line of a history and was left out", "history.ndjson:5", "history.ndjson:6", "history.ndjson:7"],
    );
    assert!(trend.out.contains("2 audits from 2026-06-01 to 2026-06-03"), "{}", trend.out);
    fs::write(&path, [&whole[..], b"{\"schema_version\": 2}\n"].concat()).unwrap();
    repo.audit(&["trend", "kept"]).says(2, &["history.ndjson:2 is of schema version 2; this audit reads version 1"]);
    repo.audit(&["trend", "nothere"]).says(2, &["cannot be read; `audit --history nothere` writes it"]);
}

/// A history of some days, with everything hostile in it that a line can hold.
fn drawn(days: usize) -> Repo {
    let repo = Repo::with(&[("mark.txt", "off\n")]);
    repo.commit("one");
    run(&repo, &["--at", DAY]);
    let first = lines(&repo)[0].clone();
    let mut text = String::new();
    for day in 0..days {
        let mut record: serde_json::Value = serde_json::from_str(&first).unwrap();
        record["at"] = format!("2026-{:02}-{:02}", 1 + day / 28, 1 + day % 28).into();
        record["score"] = serde_json::json!({ "proven": (day % 90) as f64 + 0.5, "possible": 95.0 });
        record["catalogue_version"] = "<script>alert(1)</script>\u{1b}[31m".into();
        record["revision"] = "\u{202e}</td>\"&abcdef".into();
        text += &format!("{record}\n");
    }
    fs::write(repo.join("kept/history.ndjson"), text).unwrap();
    repo
}

#[test]
fn the_chart_fits_and_needs_neither_colour_nor_unicode() {
    for days in [1, 2, 40, 300] {
        let repo = drawn(days);
        let trend = repo.audit(&["trend", "kept"]);
        trend.says(0, &[]);
        assert!(trend.out.lines().all(|line| line.chars().count() <= 80), "{}", trend.out);
        assert!(!trend.out.contains('\u{1b}') && trend.out.contains("proven"), "{}", trend.out);
        let ascii = answer(audit(repo.path()).env("LC_ALL", "C").args(["trend", "kept"]));
        assert!(ascii.out.is_ascii() && ascii.out.contains('#') == trend.out.contains('█'), "{}", ascii.out);
    }
    let repo = drawn(0);
    assert!(repo.audit(&["trend", "kept"]).out.contains("holds no audit yet"));
}

#[test]
fn the_page_stands_alone_and_escapes() {
    let repo = drawn(30);
    repo.audit(&["trend", "kept", "--html", "trend.html"]).says(0, &[]);
    let page = fs::read_to_string(repo.join("trend.html")).unwrap();
    assert!(!page.contains("<script") && !page.contains('\u{1b}') && !page.contains('\u{202e}') && !page.contains("</td>\""), "{page}");
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    for part in ["role=\"img\" aria-label=\"Score over time: from ", "aria-labelledby", "prefers-color-scheme: dark", "&lt;script&gt;"] {
        assert!(page.contains(part), "{part}");
    }
    assert_eq!(page.matches("<tr><td>").count(), 30);
    // As XML it is well-formed inside, so that any reader can draw it.
    let svg = &page[page.find("<svg").unwrap()..page.find("</svg>").unwrap() + 6];
    let document = roxmltree::Document::parse(svg).unwrap();
    let line = document.descendants().find(|node| node.attribute("class") == Some("good")).unwrap();
    assert_eq!(line.attribute("points").unwrap().split(' ').count(), 30);
    assert!(repo.audit(&["trend", "kept", "--html", "nowhere/t.html"]).code == 2);
    fs::write(repo.join("kept/history.ndjson"), "").unwrap();
    repo.audit(&["trend", "kept", "--html", "empty.html"]).says(0, &[]);
    assert!(fs::read_to_string(repo.join("empty.html")).unwrap().contains("no audit yet"));
}

/// What a run writes into the audited directory changes nothing for the next: a report quotes all it looked for.
#[test]
fn our_own_files_are_no_evidence() {
    let repo = Repo::with(&[("Gemfile", "gem 'rails'\n"), ("README.md", "# Shop"), ("config/x.txt", "")]);
    repo.commit("one");
    let before = repo.report(&[]);
    let written = ["--output", "json=base.json", "--save-dossier", "config/seen.json", "--history", "config", "-q", "--at", DAY];
    repo.audit(&written).says(0, &[]);
    repo.audit(&["diff", "base.json", "config/seen.json", "--output", "config/changes.json", "--at", DAY]).says(0, &[]);
    let after = repo.report(&[]);
    assert_eq!((&before["score"], &before["counts"]), (&after["score"], &after["counts"]));
    for name in ["base.json", "config/seen.json", "config/history.ndjson", "config/changes.json"] {
        assert!(fs::metadata(repo.join(name)).unwrap().len() > 100, "{name} was written");
    }
}
