//! The repositories under `examples/` and the reports that belong to them.
//!
//! Each is copied into a folder of its own, so that the repository around it does not matter, and audited as a user
//! would. `UPDATE_EXPECTED=1 cargo test --test examples` writes the reports anew: read the difference before it is
//! committed, because every line must be true of the files.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::cargo::CommandCargoExt as _;

/// The day for which the examples are audited.
const DAY: &str = "2026-06-01";

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Git that knows nothing of the machine it runs on: the same files give the same commit everywhere.
fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "core.autocrlf=false", "-c", "init.defaultBranch=main"]).args(arguments);
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_DEFAULT_HASH"] {
        command.env_remove(name);
    }
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Mia Berg").env(format!("GIT_{role}_EMAIL"), "mia@example.com");
        command.env(format!("GIT_{role}_DATE"), "2026-05-28T09:00:00Z");
    }
    let nowhere = folder.join("no-such-file");
    let done = command.env("GIT_CONFIG_GLOBAL", nowhere).env("GIT_CONFIG_NOSYSTEM", "1").output().unwrap();
    assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// A repository that was pushed to a forge.
fn pushed(folder: &Path, remote: &str) {
    git(folder, &["init", "--quiet"]);
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", "Sell things"]);
    git(folder, &["remote", "add", "origin", remote]);
    git(folder, &["update-ref", "refs/remotes/origin/main", "HEAD"]);
    git(folder, &["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
}

fn same(name: &str, found: &str) {
    let file = home().join("expected").join(name);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, found).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    for (number, (expected, found)) in expected.lines().zip(found.lines()).enumerate() {
        assert_eq!(expected, found, "{name}, line {}; UPDATE_EXPECTED=1 writes it anew", number + 1);
    }
    assert_eq!(expected.lines().count(), found.lines().count(), "{name} has another length; UPDATE_EXPECTED=1 writes it anew");
}

/// Formats beside text and JSON, with the end of the file's name. HTML has its own in `tests/golden`.
const FORMATS: [(&str, &str); 8] = [
    ("markdown", "md"),
    ("sarif", "sarif"),
    ("junit", "junit.xml"),
    ("github", "github.txt"),
    ("gitlab", "gitlab.json"),
    ("badge", "svg"),
    ("shields", "shields.json"),
    ("csv", "csv"),
];

/// Audits a copy of an example, or of a folder in it, and compares its reports.
fn check(name: &str, example: &str, below: &str, remote: Option<&str>, formats: &[(&str, &str)]) {
    let place = tempfile::tempdir().unwrap();
    copy(&home().join(example), &place.path().join(example));
    if let Some(remote) = remote {
        pushed(&place.path().join(example), remote);
    }
    let json = place.path().join("report.json");
    let mut audit = Command::cargo_bin("audit").unwrap();
    audit.current_dir(place.path()).arg(format!("{example}{below}")).args(["--at", DAY, "--color", "never", "--output"]);
    audit.arg(format!("json={}", json.display()));
    for (format, end) in formats {
        audit.arg("--output").arg(format!("{format}={}", place.path().join(end).display()));
    }
    audit.env("COLUMNS", "80").env("LC_ALL", "C.UTF-8").env("GIT_CEILING_DIRECTORIES", place.path());
    let done = audit.output().unwrap();
    assert!(done.status.code().is_some_and(|code| code < 2), "{name}: {}", String::from_utf8_lossy(&done.stderr));
    same(&format!("{name}.txt"), &String::from_utf8(done.stdout).unwrap());
    same(&format!("{name}.json"), &fs::read_to_string(json).unwrap());
    for (_, end) in formats {
        same(&format!("{name}.{end}"), &fs::read_to_string(place.path().join(end)).unwrap());
    }
}

#[test]
fn rails_shop() {
    check("rails-shop", "rails-shop", "", Some("https://github.com/acme/shop.git"), &FORMATS);
}

#[test]
fn django_bare() {
    check("django-bare", "django-bare", "", None, &[]);
}

#[test]
fn node_monorepo() {
    check("node-monorepo", "node-monorepo", "", Some("https://github.com/acme/tickets.git"), &[]);
}

/// One application of the monorepo, with CI and policy inherited from the repository's root.
#[test]
fn node_monorepo_api() {
    check("node-monorepo-api", "node-monorepo", "/apps/api", Some("https://github.com/acme/tickets.git"), &FORMATS);
}

/// The report in the README is the one that the example gives.
#[test]
fn the_readme_shows_a_real_report() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(home.join("README.md")).unwrap();
    let shown = readme.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let real = fs::read_to_string(home.join("examples/expected/rails-shop.txt")).unwrap();
    for part in shown.split("[...]\n") {
        assert!(real.contains(part.trim_matches('\n')), "not in examples/expected/rails-shop.txt:\n{part}");
    }
}
