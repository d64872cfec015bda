//! Repositories that are broken, odd or written to harm. Many oddities share one run, because a run costs a second in
//! a debug build; each is asserted by itself.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::process::Command as Plain;

use serde_json::Value;

use super::support::{DAY, MARKED, Repo, check, notices, pack, paths};

fn fifo(repo: &Repo, path: &str) {
    assert!(Plain::new("mkfifo").arg(repo.join(path)).status().unwrap().success());
}

/// What the pack's hazard found, by path.
fn harm(report: &Value) -> Vec<String> {
    let findings = check(report, "data/harm")["findings"].as_array().cloned().unwrap_or_default();
    findings.iter().map(|finding| finding["path"].as_str().unwrap().to_owned()).collect()
}

fn report(repo: &Repo, more: &[&str]) -> Value {
    let pack = pack();
    repo.report(&[&["--checks", pack.join("checks").to_str().unwrap()], more].concat())
}

#[test]
fn broken_files_are_gaps_and_the_run_goes_on() {
    let repo = Repo::with(&[
        ("a.rb", "harm!\n"),
        (".github/workflows/ci.yml", "on: [push\njobs: {"),
        ("docker-compose.yml", "services: [1, {b"),
        ("package.json", "{\"dependencies\": {\"express\": "),
        ("Cargo.toml", "[package\nname="),
        ("pom.xml", "<project><a></b>"),
        ("main.tf", "resource \"a\" {"),
    ]);
    let report = report(&repo, &[]);
    assert_eq!(harm(&report), ["a.rb"]);
    assert_eq!(report["complete"], true);
    let gaps: Vec<&Value> = report["checks"].as_array().unwrap().iter().filter_map(|check| check["gaps"].as_array()).flatten().collect();
    for (file, why) in [("ci.yml", "not YAML"), ("package.json", "JSON"), ("Cargo.toml", "TOML")] {
        let gap = gaps.iter().find(|gap| gap["what"].as_str().unwrap().contains(file)).unwrap_or_else(|| panic!("{file}: {gaps:?}"));
        assert!(gap["why"].as_str().unwrap().contains(why) && !gap["next"].as_str().unwrap().is_empty(), "{gap}");
    }
    assert_eq!(check(&report, "lead-time/continuous-integration")["standing"], "unknown");
}

#[test]
fn large_files_are_skipped_visibly_and_long_lines_are_cut() {
    let repo = Repo::with(&[("a.rb", "harm!\n")]);
    repo.write("package.json", vec![b' '; 50 << 20]);
    repo.write("long.rb", "harm! ".repeat((20 << 20) / 6));
    repo.write("lib/just.rb", "harm! ".repeat((4 << 20) / 6));
    let report = report(&repo, &[]);
    let skipped = notices(&report, "skipped");
    for file in ["package.json", "long.rb"] {
        assert!(skipped.iter().any(|told| told.starts_with(&format!("{file}: larger than 5 MB"))), "{skipped:?}");
    }
    assert_eq!(report["complete"], true);
    assert!(harm(&report).contains(&"lib/just.rb".to_owned()));
    assert!(report.to_string().len() < 2 << 20, "no line of the report is as long as that of the file");
}

#[test]
fn deep_nesting_and_aliases_do_not_overflow() {
    let repo = Repo::with(&[("a.rb", "harm!\n")]);
    let deep = |start: &str, part: &str| format!("{start}{}", part.repeat(100_000));
    for file in ["package.json", "composer.json", "renovate.json", "package-lock.json"] {
        repo.write(file, deep("", "{\"a\":"));
    }
    for file in ["docker-compose.yml", ".gitlab-ci.yml", "pnpm-lock.yaml", ".github/workflows/deep.yml"] {
        repo.write(file, deep("on: ", "["));
    }
    for (file, start, part) in [
        ("Cargo.toml", "a = ", "["),
        ("pyproject.toml", "a = ", "{a = "),
        ("pom.xml", "", "<a>"),
        ("main.tf", "a = ", "["),
        ("block.tf", "", "a {\n"),
        ("call.tf", "a = ", "f("),
        ("build.gradle", "", "dependencies {"),
        ("Jenkinsfile", "", "pipeline { stages {"),
        ("Gemfile", "", "group :a do\n"),
    ] {
        repo.write(file, deep(start, part));
    }
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..30 {
        bomb += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 9].join(","));
    }
    repo.write("compose.yaml", &bomb);
    repo.write(".github/workflows/bomb.yml", &bomb);
    assert_eq!(harm(&report(&repo, &[])), ["a.rb"]);
}

#[test]
fn links_pipes_and_sockets_are_not_followed_nor_read() {
    let outside = Repo::with(&[("secret.rb", "harm! outside\n"), ("folder/b.rb", "harm! outside\n")]);
    let repo = Repo::with(&[("app/a.rb", "harm!\n"), ("tracked/c.rb", "x\n")]);
    repo.commit("one");
    symlink(".", repo.join("app/loop")).unwrap();
    symlink(outside.path(), repo.join("out")).unwrap();
    symlink(outside.join("secret.rb"), repo.join("secret.rb")).unwrap();
    symlink("nowhere", repo.join("dangling.rb")).unwrap();
    for path in ["pipe.rb", "package.json", "app/docker-compose.yml", ".mailmap", "audit.toml"] {
        fifo(&repo, path);
    }
    let _socket = UnixListener::bind(repo.join("socket.rb")).unwrap();
    // Git still tracks `tracked/c.rb`, below what is a link by now.
    fs::remove_dir_all(repo.join("tracked")).unwrap();
    outside.write("c.rb", "harm! outside\n");
    symlink(outside.path(), repo.join("tracked")).unwrap();
    let report = report(&repo, &[]);
    assert_eq!(harm(&report), ["app/a.rb"]);
    assert_eq!(report["complete"], true, "{}", report["notices"]);
    assert!(report["subject"]["revision"].is_string());
}

#[test]
fn a_configuration_that_links_out_of_the_directory_is_refused_unread() {
    let outside = Repo::with(&[("passwords", "root:secret\n")]);
    let repo = Repo::with(&[("a.rb", "x\n")]);
    symlink(outside.join("passwords"), repo.join("audit.toml")).unwrap();
    let answer = repo.audit(&[]);
    answer.says(2, &["audit.toml is a link out of the audited directory"]);
    assert!(!answer.err.contains("secret"), "{}", answer.err);
}

#[test]
fn an_ignore_file_that_is_a_pipe_does_not_hang_the_walk() {
    let repo = Repo::with(&[("a.rb", "harm!\n"), ("sub/b.rb", "harm!\n")]);
    fifo(&repo, "sub/.gitignore");
    let first = report(&repo, &[]);
    assert_eq!(harm(&first), ["a.rb"]);
    assert_eq!(first["complete"], false);
    assert!(notices(&first, "incomplete")[0].starts_with("sub/.gitignore: this is no file with ignore patterns"), "{first}");
    fifo(&repo, ".gitignore");
    let second = report(&repo, &[]);
    assert_eq!(harm(&second), ["a.rb"]);
    assert_eq!(notices(&second, "incomplete").len(), 2, "{}", second["notices"]);
}

#[test]
fn what_cannot_be_read_makes_the_run_incomplete() {
    let repo =
        Repo::with(&[("a.rb", "harm!\n"), ("b.rb", "harm!\n"), ("shut/c.rb", "harm!\n"), ("audit.toml", "[score]\nfail_under = 100\n")]);
    let binary = assert_cmd::cargo::cargo_bin("audit");
    let mut command = Plain::new(&binary);
    // Root can read everything, so the audit runs as nobody then.
    if fs::metadata(repo.path()).unwrap().uid() == 0 {
        let copy = repo.dir.path().with_extension("audit");
        fs::copy(&binary, &copy).unwrap();
        command = Plain::new(&copy);
        command.uid(65534).gid(65534);
    }
    let mode = |path: &str, bits: u32| fs::set_permissions(repo.join(path), fs::Permissions::from_mode(bits)).unwrap();
    fs::set_permissions(repo.path(), fs::Permissions::from_mode(0o755)).unwrap();
    mode("b.rb", 0o000);
    mode("shut", 0o000);
    let checks = pack();
    for folder in ["", "checks", "checks/errors", "checks/data"] {
        fs::set_permissions(checks.join(folder), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let output =
        command.current_dir(repo.path()).args(["--format", "json", "--at", DAY, "--checks"]).arg(checks.join("checks")).output().unwrap();
    mode("b.rb", 0o644);
    mode("shut", 0o755);
    let _ = fs::remove_file(repo.dir.path().with_extension("audit"));
    assert_eq!(output.status.code(), Some(3), "ahead of the threshold: {}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(harm(&report), ["a.rb"]);
    let told = notices(&report, "incomplete").join("\n");
    assert!(told.contains("b.rb: cannot be read: permission denied") && told.contains("shut"), "{told}");
    assert!(!told.contains(repo.path().to_str().unwrap()), "no path of the machine: {told}");
}

#[test]
fn names_and_bytes_of_any_kind_are_shown_safely() {
    let repo = Repo::with(&[("audit.toml", "[subject]\nkind = \"library\"\n")]);
    repo.write("mark.txt", "\u{feff}on\r\n");
    repo.write("crlf.rb", "\u{feff}x\r\nharm! crlf\r\ny\r\n");
    repo.write("nul.rb", b"harm!\0\n");
    repo.write("latin.rb", b"harm! caf\xe9\n");
    let evil = "evil\u{1b}[31m\n::error::x\u{202e}\u{7}.rb";
    repo.write(evil, "harm! \u{1b}]0;title\u{7}\u{1b}[2J\u{9b}1m\u{202e} <script>\n");
    let odd = |bytes: &[u8]| repo.path().join(OsStr::from_bytes(bytes));
    fs::write(odd(b"odd\xff.rb"), "harm! one\n").unwrap();
    fs::write(odd(b"odd\xfe.rb"), "harm! two\n").unwrap();
    repo.commit("message \u{1b}[31m");
    let pack = pack();
    let checks = pack.join("checks");
    let page = repo.audit(&["--verbose", "--checks", checks.to_str().unwrap()]);
    page.says(0, &[]);
    assert!(page.out.chars().all(|c| c == '\n' || !c.is_control()), "{}", page.out);
    assert!(!page.out.contains('\u{202e}') && page.out.contains("evil\u{fffd}[31m"), "{}", page.out);
    assert!(!page.out.lines().any(|line| line.trim_start().starts_with("::error")), "a name cannot start a line");

    let report = report(&repo, &[]);
    let found = harm(&report);
    assert_eq!(found, ["crlf.rb", evil, "latin.rb", "odd\\xfe.rb", "odd\\xff.rb"]);
    assert_eq!(check(&report, "data/harm")["findings"][0]["line"], 2);
    assert_eq!(paths(&report, "errors/marked"), ["mark.txt", "mark.txt"], "at both rungs");
    assert_eq!(check(&report, "errors/marked")["standing"], "met", "CRLF and a byte order mark change nothing");
    assert_eq!(report["subject"]["because"], "audit.toml", "no path of the machine");
    let raw = repo.audit(&["--format", "json", "--checks", checks.to_str().unwrap()]).out;
    assert!(raw.chars().all(|c| c == '\n' || !c.is_control()));
}

#[test]
fn messages_do_not_act_on_the_terminal() {
    let repo = Repo::with(&[("audit.toml", "\"a\\u0007\\u001b[31m\\u202eb\" = 1\n"), ("a.rb", "x\n")]);
    let answer = repo.audit(&["--color", "always"]);
    answer.says(2, &["unknown key"]);
    assert!(answer.err.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", answer.err);
    assert!(!answer.err.contains('\u{202e}'));
}

#[test]
fn deep_folders_are_left_out_visibly() {
    let repo = Repo::with(&[("a.rb", "harm!\n")]);
    repo.write(&format!("{}b.rb", "d/".repeat(60)), "harm!\n");
    repo.write(&format!("{}c.rb", "d/".repeat(100)), "harm!\n");
    let report = report(&repo, &[]);
    assert_eq!(harm(&report), ["a.rb".to_owned(), format!("{}b.rb", "d/".repeat(60))]);
    let skipped = notices(&report, "skipped");
    assert!(skipped.len() == 1 && skipped[0].contains("deeper than 64 folders"), "{skipped:?}");
    assert_eq!(report["complete"], true);
}

#[test]
fn definitions_with_odd_bytes_are_told_not_crashed_upon() {
    let repo = Repo::with(&[("a.rb", "x\n")]);
    repo.write("pack/errors/x.toml", b"title = \"\xff\"\n");
    repo.audit(&["--checks", "pack"]).says(2, &["pack/errors/x.toml cannot be read"]);
    repo.write("pack/errors/x.toml", format!("\u{feff}{}", MARKED.replace('\n', "\r\n")));
    repo.audit(&["--checks", "pack", "-q", "--only", "errors/x"]).says(0, &[]);
}
