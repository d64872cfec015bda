//! What the integration tests share: the binary as a user runs it, and real repositories in temporary directories.
#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Plain;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// The day for which the tests judge.
pub const DAY: &str = "2026-06-01";

/// A question that one file answers, so that tests need not know what the built-in ones look for.
pub const MARKED: &str = r#"title = "The mark is set"
asks = "Is the mark set?"
weight = 5
want = "configured"
if_absent = "unmet"
why = "w"
fix = "Set the mark."
links = ["https://example.com/"]
[[declared]]
file = { path = "mark.txt" }
[[configured]]
file = { path = "mark.txt", contains = '^on$' }
[[example]]
name = "on"
expect = "configured"
[example.files]
"mark.txt" = "on\n"
[[example]]
name = "there"
expect = "declared"
[example.files]
"mark.txt" = "off\n"
[[example]]
name = "none"
expect = "nothing"
[example.files]
"other.txt" = "on\n"
"#;

/// Something that should not be there.
pub const HAZARD: &str = r#"title = "No harm in the code"
asks = "Is there harm in the code?"
weight = 5
why = "w"
fix = "Take it out."
links = ["https://example.com/"]
[[hazard]]
file = { path = "**/*.rb", contains = '\bharm!' }
severity = "high"
message = "this is harm"
[[example]]
name = "harm"
expect = 1
[example.files]
"app/a.rb" = "harm! 1\n"
[[example]]
name = "none"
expect = "clear"
[example.files]
"app/a.rb" = "1\n"
"#;

/// A temporary directory, a git repository once `commit` was called.
pub struct Repo {
    pub dir: TempDir,
}

impl Repo {
    pub fn new() -> Repo {
        Repo { dir: TempDir::new().unwrap() }
    }

    /// With files, not under git.
    pub fn with(files: &[(&str, &str)]) -> Repo {
        let repo = Repo::new();
        for (path, text) in files {
            repo.write(path, text);
        }
        repo
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn join(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let file = self.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// Commits all files.
    pub fn commit(&self, message: &str) {
        if !self.join(".git").exists() {
            self.git(&["init", "-q", "-b", "main", "."]);
        }
        self.git(&["add", "-A", "."]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    pub fn git(&self, arguments: &[&str]) {
        git(self.path(), arguments);
    }

    /// `audit` in this directory.
    pub fn audit(&self, arguments: &[&str]) -> Answer {
        answer(audit(self.path()).args(arguments))
    }

    /// The report of this directory on the tests' day.
    pub fn report(&self, arguments: &[&str]) -> Value {
        let answer = self.audit(&[&["--format", "json", "--at", DAY], arguments].concat());
        assert!(answer.code != 2, "{}", answer.err);
        answer.json()
    }
}

/// Git with nothing of the machine's own configuration.
pub fn git(directory: &Path, arguments: &[&str]) {
    let mut command = Plain::new("git");
    command.current_dir(directory).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Ada").env(format!("GIT_{role}_EMAIL"), "ada@example.com");
        command.env(format!("GIT_{role}_DATE"), "2026-05-20T10:00:00Z");
    }
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// `audit` with a plain environment; killed when it hangs.
pub fn audit(directory: &Path) -> Command {
    let mut command = Command::cargo_bin("audit").unwrap();
    command.current_dir(directory).timeout(std::time::Duration::from_secs(50));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LC_ALL", "LC_CTYPE", "GIT_DIR"] {
        command.env_remove(name);
    }
    command.env("LANG", "C.UTF-8");
    command
}

/// What a run gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }

    /// Asserts the exit code and that stderr holds each of these, wrapped or not.
    pub fn says(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        let unwrapped = self.err.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(self.err.contains(word) || unwrapped.contains(word), "`{word}` is not in {}", self.err);
        }
    }
}

/// Runs a command to its end.
pub fn answer(command: &mut Command) -> Answer {
    let output = command.output().unwrap();
    Answer {
        code: output.status.code().unwrap_or_else(|| panic!("killed: {output:?}")),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A check of a report.
pub fn check<'r>(report: &'r Value, id: &str) -> &'r Value {
    report["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("no {id}"))
}

/// The paths of a check's evidence.
pub fn paths(report: &Value, id: &str) -> Vec<String> {
    check(report, id)["evidence"].as_array().unwrap().iter().filter_map(|e| e["path"].as_str().map(str::to_owned)).collect()
}

/// All messages about something.
pub fn notices(report: &Value, about: &str) -> Vec<String> {
    let all = report["notices"].as_array().unwrap().iter();
    all.filter(|notice| notice["about"] == about).map(|notice| notice["message"].as_str().unwrap().to_owned()).collect()
}

/// A folder of definitions: one practice `errors/marked`, one hazard `data/harm`.
pub fn pack() -> Repo {
    Repo::with(&[("checks/errors/marked.toml", MARKED), ("checks/data/harm.toml", HAZARD)])
}
