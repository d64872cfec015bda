//! The files that run in other people's pipelines, as far as a machine without those services can run them: each `run:` of `action.yml`
//! in bash, with the files and variables that the runner gives; the image's and the template's promises as text.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::{DAY, Repo};

fn file(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// A runner: its temporary folder with the files that steps write to.
struct Runner {
    temp: Repo,
    repo: Repo,
    inputs: BTreeMap<String, String>,
    outputs: BTreeMap<String, String>,
}

impl Runner {
    fn new(repo: Repo, inputs: &[(&str, &str)]) -> Runner {
        let temp = Repo::with(&[("bin/gh", GH)]);
        fs::set_permissions(temp.join("bin/gh"), fs::Permissions::from_mode(0o755)).unwrap();
        let action: Value = serde_saphyr::from_str(&file("action.yml")).unwrap();
        let default = |input: &Value| input["default"].as_str().unwrap_or_default().to_owned();
        let mut all: BTreeMap<String, String> =
            action["inputs"].as_object().unwrap().iter().map(|(name, input)| (name.clone(), default(input))).collect();
        all.insert("binary".into(), assert_cmd::cargo::cargo_bin("audit").to_str().unwrap().to_owned());
        all.extend(inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Runner { temp, repo, inputs: all, outputs: BTreeMap::new() }
    }

    /// What an expression stands for.
    fn value(&self, text: &str) -> String {
        let Some(expression) = text.strip_prefix("${{ ").and_then(|rest| rest.strip_suffix(" }}")) else { return text.to_owned() };
        let known = [
            ("github.action_path", env!("CARGO_MANIFEST_DIR")),
            ("github.repository", "acme/shop"),
            ("github.event.pull_request.number", "7"),
        ];
        if let Some(name) = expression.strip_prefix("inputs.") {
            return self.inputs[name].clone();
        }
        if let Some(output) = expression.strip_prefix("steps.") {
            return self.outputs.get(&output.replace(".outputs", "")).cloned().unwrap_or_default();
        }
        known.iter().find(|(name, _)| *name == expression).unwrap_or_else(|| panic!("{expression}")).1.to_owned()
    }

    /// Runs a step; its exit code and what it printed.
    fn step(&mut self, name: &str) -> (i32, String) {
        let action: Value = serde_saphyr::from_str(&file("action.yml")).unwrap();
        let steps = action["runs"]["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["name"] == name).unwrap();
        assert_eq!(step["shell"], "bash");
        let output = self.temp.join("output");
        fs::write(&output, "").unwrap();
        let mut command = Command::new("bash");
        // As the runner calls it.
        command.args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"].as_str().unwrap()]).current_dir(self.repo.path());
        let path = format!("{}:{}", self.temp.join("bin").display(), std::env::var("PATH").unwrap());
        command.env("PATH", path).env("RUNNER_TEMP", self.temp.path()).env("GITHUB_OUTPUT", &output).env("LANG", "C.UTF-8");
        command.env("GITHUB_STEP_SUMMARY", self.temp.join("summary")).env("GH_LOG", self.temp.join("gh.log"));
        for (key, value) in step["env"].as_object().unwrap() {
            command.env(key, self.value(value.as_str().unwrap()));
        }
        let done = command.output().unwrap();
        for line in fs::read_to_string(&output).unwrap().lines() {
            let (key, value) = line.split_once('=').unwrap();
            self.outputs.insert(format!("{}.{key}", step["id"].as_str().unwrap()), value.to_owned());
        }
        let said = [done.stdout, done.stderr].concat();
        (done.status.code().unwrap(), String::from_utf8(said).unwrap())
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.temp.join(path)).unwrap_or_default()
    }
}

/// A `gh` that keeps what it was told and answers a search with what stands beside it.
const GH: &str = r#"#!/usr/bin/env bash
printf '%s\n' "$*" >> "$GH_LOG"
here=$(dirname "$GH_LOG")
if [[ -f "$here/forbidden" ]]; then echo "HTTP 403" >&2; exit 1; fi
if [[ "$*" == *--paginate* ]]; then cat "$here/comment" 2>/dev/null || true; fi
"#;

fn shop() -> Repo {
    let repo = Repo::with(&[("Gemfile", "gem 'rails'\n"), ("README.md", "# Shop\n")]);
    repo.commit("first");
    repo
}

#[test]
fn the_steps_run_and_tell_the_score() {
    let mut runner = Runner::new(shop(), &[("arguments", &format!("--at\n{DAY}\n\n--fail-under\nsecurity=0\n"))]);
    assert_eq!(runner.step("Build").0, 0);
    let (code, said) = runner.step("Audit");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Confidence "), "{said}");
    let report: Value = serde_json::from_str(&runner.read("audit.json")).unwrap();
    for end in ["proven", "possible"] {
        let told: f64 = runner.outputs[&format!("audit.{end}")].parse().unwrap();
        assert_eq!(told, report["score"][end].as_f64().unwrap());
    }
    assert_eq!((report["at"].as_str(), runner.outputs["audit.code"].as_str()), (Some(DAY), "0"));
    for report in ["sarif", "html"] {
        assert!(std::path::Path::new(&runner.outputs[&format!("audit.{report}")]).is_file(), "{report}");
    }
    assert_eq!(runner.step("Summary").0, 0);
    assert!(runner.read("summary").contains("## Confidence") && runner.read("summary").contains("proven"), "{}", runner.read("summary"));
    assert_eq!(runner.step("Result").0, 0);
}

#[test]
fn text_of_the_repository_stays_text_in_the_summary() {
    let repo = shop();
    repo.write("config/</pre><img src=x>::set-output name=a::b/sentry.rb", "Sentry.init\n");
    let mut runner = Runner::new(repo, &[("arguments", "--verbose")]);
    runner.step("Build");
    runner.step("Audit");
    runner.step("Summary");
    let summary = runner.read("summary");
    // What stands between backticks is code, which GitHub shows as it is.
    let outside: String = summary.split('`').step_by(2).collect();
    assert!(summary.contains("<img src=x>") && !outside.contains("<img") && !outside.contains("</pre>"), "{summary}");
}

#[test]
fn a_threshold_fails_the_last_step_after_everything_was_told() {
    let mut runner = Runner::new(shop(), &[("arguments", "--fail-under\n100")]);
    runner.step("Build");
    assert_eq!(runner.step("Audit").0, 0);
    assert_eq!(runner.outputs["audit.code"], "1");
    assert_eq!(runner.step("Summary").0, 0);
    assert_eq!(runner.step("Result").0, 1);
}

#[test]
fn a_usage_error_ends_with_2_and_leaves_no_report() {
    let mut runner = Runner::new(shop(), &[("path", "-nothere")]);
    runner.step("Build");
    let (code, said) = runner.step("Audit");
    assert!(code == 0 && said.contains("-nothere does not exist"), "{said}");
    assert_eq!((runner.outputs["audit.code"].as_str(), runner.outputs.get("audit.markdown")), ("2", None));
    assert_eq!(runner.step("Result").0, 2);
}

#[test]
fn inputs_are_words_and_never_code() {
    let evil = "$(touch pwned); `touch pwned` \"; touch pwned; #";
    let mut runner = Runner::new(shop(), &[("path", evil), ("arguments", evil), ("baseline", evil)]);
    runner.step("Build");
    runner.step("Audit");
    runner.outputs.insert("audit.markdown".into(), runner.temp.join("bin/gh").to_str().unwrap().to_owned());
    runner.step("Comment");
    assert!(!runner.repo.join("pwned").exists());
    let text = file("action.yml");
    let runs: Vec<&str> = text.split("run:").skip(1).map(|rest| rest.split("- name:").next().unwrap()).collect();
    assert!(runs.iter().all(|run| !run.contains("${{")), "an expression inside a script is code");
}

#[test]
fn a_baseline_is_used_if_it_is_there() {
    let mut runner = Runner::new(shop(), &[("baseline", "base.json"), ("arguments", "--quiet")]);
    runner.step("Build");
    runner.step("Audit");
    fs::copy(runner.temp.join("audit.json"), runner.repo.join("base.json")).unwrap();
    runner.step("Audit");
    let report: Value = serde_json::from_str(&runner.read("audit.json")).unwrap();
    assert_eq!(report["comparison"]["change"]["proven"], 0.0);
}

#[test]
fn the_comment_is_written_once_and_then_changed() {
    let mut runner = Runner::new(shop(), &[("comment", "true"), ("token", "t")]);
    runner.step("Build");
    runner.step("Audit");
    assert_eq!(runner.step("Comment").0, 0);
    let log = runner.read("gh.log");
    assert!(log.contains("--method POST repos/acme/shop/issues/7/comments") && log.contains("startswith(\"<!-- audit . -->\")"), "{log}");
    assert!(runner.read("audit-comment.md").starts_with("<!-- audit . -->\n"));
    runner.temp.write("comment", "42\n43\n");
    assert_eq!(runner.step("Comment").0, 0);
    assert!(runner.read("gh.log").contains("--method PATCH repos/acme/shop/issues/comments/42 "), "{}", runner.read("gh.log"));
    runner.temp.write("forbidden", "");
    let (code, said) = runner.step("Comment");
    assert!(code == 0 && said.contains("::warning::") && said.contains("pull-requests: write"), "{said}");
}

#[test]
fn what_runs_elsewhere_is_pinned_and_asks_for_little() {
    let action: Value = serde_saphyr::from_str(&file("action.yml")).unwrap();
    let steps = action["runs"]["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step.get("uses").is_none()), "the action calls no other");
    for workflow in ["templates/github-workflow.yml.j2", ".github/workflows/ci.yml"] {
        let text = file(workflow);
        let uses: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("- uses: ")).collect();
        assert!(!uses.is_empty() && uses.iter().all(|uses| is_pinned(uses)), "{workflow}: {uses:?}");
        assert!(text.contains("permissions:\n  contents: read\n"), "{workflow}");
    }
    let image = file("Dockerfile");
    let user = image.rfind("\nUSER ").unwrap();
    assert!(user > image.rfind("\nFROM ").unwrap() && !image[user..].starts_with("\nUSER 0"), "not as root");
    let ignored = file(".dockerignore");
    for needed in ["Cargo.toml", "Cargo.lock", "build.rs", "src", "checks", "fixes", "templates"] {
        assert!(ignored.contains(&format!("!{needed}\n")), "the image is built without {needed}");
    }
}

/// `owner/name@<40 hex digits>`.
fn is_pinned(uses: &str) -> bool {
    let revision = uses.split_once('@').map_or("", |(_, rest)| rest.split(' ').next().unwrap_or_default());
    revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}
