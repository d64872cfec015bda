//! The binary as a user runs it: exit codes, streams, formats, commands.
#![allow(clippy::unwrap_used)]

mod support;

#[cfg(unix)]
#[path = "cli/hostile.rs"]
mod hostile;

use std::io::Read as _;
use std::process::Stdio;

use serde_json::Value;
use support::{DAY, MARKED, Repo, answer, audit, check, git, notices, pack};

/// A selection that asks little, for tests that are not about checks.
const FEW: [&str; 2] = ["--only", "lead-time/*"];

#[test]
fn thresholds_decide_the_exit_code() {
    let repo = Repo::with(&[("README.md", "# Shop")]);
    let with = |more: &[&str]| repo.audit(&[&["--only", "errors/automated-tests", "-q"], more].concat());
    with(&[]).says(0, &[]);
    with(&["--fail-under", "0"]).says(0, &[]);
    with(&["--fail-under", "1"]).says(
        1,
        &["--fail-under 1: proven is 0, below the 1", "The smallest change that passes: one check", "+100.0  errors/automated-tests"],
    );
    with(&["--fail-under-possible", "50"]).says(1, &["possible is 0, below the 50"]);
    repo.write("audit.toml", "[score]\nfail_under = 3\nfail_under_possible = 4.5\n");
    with(&[]).says(1, &["proven is 0, below the 3 ", "possible is 0, below the 4.5"]);
    with(&["--fail-under", "0", "--fail-under-possible", "0"]).says(0, &[]);
}

#[test]
fn usage_errors_end_with_2_and_say_nothing_on_stdout() {
    let repo = Repo::with(&[("a.txt", "x")]);
    git(repo.path(), &["init", "-q", "--bare", "bare.git"]);
    let cases: [(&[&str], &str); 16] = [
        (&["nothere"], "nothere does not exist"),
        (&["a.txt"], "a.txt is a file; give the directory"),
        (&["bare.git"], "bare git repository without files; make a checkout first"),
        (&["--frobnicate"], "--frobnicate"),
        (&["--fail-under", "101"], "between 0 and 100"),
        (&["--fail-under", "nan"], "between 0 and 100"),
        (&["--at", "2026-02-30"], "2026-02-30"),
        (&["--output", "pdf=x"], "write one of terminal, json"),
        (&["--output", "json="], "the file is missing"),
        (&["--color", "sometimes"], "never"),
        (&["--quiet", "--verbose"], "cannot be used with"),
        (&["--only", "["], "is not a glob"),
        (&["--only", "nothing/such"], "leave no check; `audit list` names all"),
        (&["--skip", "*"], "leave no check"),
        (&["--checks", "nothere"], "nothere"),
        (&["--config", "nothere.toml"], "nothere.toml: cannot be read"),
    ];
    for (arguments, told) in cases {
        let answer = repo.audit(arguments);
        answer.says(2, &[told]);
        assert_eq!(answer.out, "", "{arguments:?}");
    }
    repo.audit(&["--output", "json=nowhere/r.json", "-q"]).says(2, &["nowhere/r.json cannot be written"]);
}

#[test]
fn an_empty_directory_is_incomplete_ahead_of_any_threshold() {
    let repo = Repo::new();
    let answer = repo.audit(&["--fail-under", "100"]);
    answer.says(3, &["incomplete"]);
    assert!(answer.out.starts_with("INCOMPLETE") && answer.out.contains("there are no files to look at"), "{}", answer.out);
    let report = repo.report(&[]);
    assert_eq!(report["complete"], false);
    assert_eq!(notices(&report, "incomplete").len(), 1);
}

#[test]
fn without_git_and_in_a_shallow_clone_history_is_unknown_with_a_hint() {
    let repo = Repo::with(&[("a.rb", "x = 1\n")]);
    let report = repo.report(&["--only", "data/hosted-remote"]);
    let hosted = check(&report, "data/hosted-remote");
    assert_eq!(hosted["standing"], "unknown");
    assert_eq!(hosted["gaps"][0]["why"], "this directory is not in a git repository");
    assert_eq!(report["subject"]["revision"], Value::Null);

    let history = MARKED.replace("[[declared]]\nfile = { path = \"mark.txt\" }", "[[exercised]]\ngit = { message = 'restore drill' }");
    let history = history.replace("[[configured]]\nfile = { path = \"mark.txt\", contains = '^on$' }\n", "");
    let examples = history.find("[[example]]").unwrap();
    let example = |name: &str, expect: &str, message: &str| {
        format!(
            "[[example]]\nname = \"{name}\"\nexpect = \"{expect}\"\n[example.git]\ncommits = [{{ author = \"a <a@b>\", message = \"{message}\" }}]\n"
        )
    };
    let history = history[..examples].to_owned() + &example("drill", "exercised", "restore drill") + &example("other", "nothing", "x");
    let definitions = Repo::with(&[("checks/errors/drill.toml", &history)]);
    let checks = definitions.join("checks");
    let asked = ["--only", "errors/drill", "--checks", checks.to_str().unwrap()];
    repo.commit("restore drill");
    repo.commit("other work");
    let report = repo.report(&asked);
    assert_eq!(check(&report, "errors/drill")["level"], "exercised");
    assert_eq!(report["subject"]["revision"].as_str().unwrap().len(), 40);
    let url = format!("file://{}", repo.path().display());
    let clones = Repo::new();
    git(clones.path(), &["clone", "-q", "--depth", "1", &url, "shallow"]);
    let report = answer(audit(&clones.join("shallow")).args(["--format", "json", "--at", DAY]).args(asked)).json();
    let drill = check(&report, "errors/drill");
    assert_eq!(drill["standing"], "unknown");
    assert!(drill["gaps"][0]["next"].as_str().unwrap().contains("git fetch --unshallow"), "{drill}");
}

#[test]
fn a_repository_without_a_commit_is_audited() {
    let repo = Repo::with(&[("a.rb", "x = 1\n")]);
    repo.git(&["init", "-q", "."]);
    let report = repo.report(&["--only", "data/hosted-remote"]);
    assert_eq!(check(&report, "data/hosted-remote")["gaps"][0]["why"], "the repository has no commit yet");
}

#[test]
fn the_report_stands_on_stdout_alone_and_judging_again_gives_the_same_bytes() {
    let repo = Repo::with(&[("a.rb", "harm! 1\n"), ("mark.txt", "on\n"), (".audit/checks/errors/x.toml", "broken")]);
    repo.commit("one");
    let pack = pack();
    let checks = pack.join("checks");
    let dossier = pack.join("dossier.json");
    let common = ["--at", DAY, "--checks", checks.to_str().unwrap(), "--format", "json"];
    let (json, page) = (pack.join("r.json"), pack.join("r.txt"));
    let outputs = [format!("json={}", json.display()), format!("terminal={}", page.display())];
    let first = repo.audit(
        &[
            &common[..],
            &["-j1", "--save-dossier", dossier.to_str().unwrap(), "--output", &outputs[0], "--output", &outputs[1], "--color", "always"],
        ]
        .concat(),
    );
    first.says(0, &["note: .audit/checks is not used; --allow-repo-checks"]);
    assert!(!first.out.contains("note:"));
    assert_eq!(std::fs::read_to_string(json).unwrap(), first.out);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.starts_with("Confidence ") && !page.contains('\u{1b}'), "{page}");

    let second = repo.audit(&[&common[..], &["-j2"]].concat());
    assert_eq!(second.out, first.out);
    let again = answer(audit(pack.path()).arg("judge").arg("dossier.json").args(common));
    assert_eq!(again.out, first.out);
    assert_eq!(check(&again.json(), "errors/marked")["standing"], "met");
    assert_eq!(check(&again.json(), "data/harm")["findings"][0]["path"], "a.rb");

    let schema = answer(audit(pack.path()).args(["schema", "report"])).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&first.json()).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let mut changed = first.json();
    changed["checks"][0]["standing"] = "perfect".into();
    assert!(!validator.is_valid(&changed));
}

#[test]
fn a_dossier_is_judged_with_the_tools_of_the_configuration() {
    let own = "[[tool]]\nname = \"Acme\"\nprovides = [\"exception-reporting\"]\n[[tool.configured]]\nfile = { path = \"acme.rb\" }\n";
    let repo = Repo::with(&[("acme.rb", "x\n"), ("audit.toml", own)]);
    let common = ["--at", DAY, "--format", "json", "--only", "errors/exception-reporting"];
    let first = repo.audit(&[&common[..], &["--save-dossier", "d.json"]].concat());
    let again = repo.audit(&[&["judge", "d.json", "--config", "audit.toml"], &common[..]].concat());
    assert_eq!(again.out, first.out);
    assert_eq!(check(&first.json(), "errors/exception-reporting")["standing"], "met");
}

#[test]
fn judge_refuses_what_is_no_dossier() {
    let repo = Repo::with(&[
        ("garbage.json", "{]"),
        ("other.json", "{\"a\": 1}"),
        ("newer.json", "{\"dossier_version\": 999}"),
        ("damaged.json", "{\"dossier_version\": 1}"),
    ]);
    repo.audit(&["judge", "garbage.json"]).says(2, &["garbage.json is not a dossier; `audit --save-dossier FILE` writes one"]);
    repo.audit(&["judge", "other.json"]).says(2, &["is not a dossier"]);
    repo.audit(&["judge", "newer.json"]).says(2, &["version 999; this audit reads version 1: take the audit that wrote it"]);
    repo.audit(&["judge", "damaged.json"]).says(2, &["damaged.json is damaged"]);
    repo.audit(&["judge", "nothere"]).says(2, &["nothere cannot be read"]);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let repo = Repo::with(&[("a.rb", "x\n")]);
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("audit"));
    command.current_dir(repo.path()).args(["--verbose"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!((child.wait().unwrap().code(), told.as_str()), (Some(0), ""));
}

#[test]
fn colour_width_and_length_follow_the_wish() {
    let repo = Repo::with(&[("a.rb", "x\n")]);
    let run = |settings: &[(&str, &str)], arguments: &[&str]| {
        answer(audit(repo.path()).envs(settings.iter().copied()).args(["--at", DAY]).args(FEW).args(arguments)).out
    };
    let plain = run(&[], &[]);
    assert!(!plain.contains('\u{1b}'), "a pipe gets no colour");
    assert!(run(&[], &["--color", "always"]).contains('\u{1b}'));
    assert!(run(&[("CLICOLOR_FORCE", "1")], &[]).contains('\u{1b}'));
    assert!(!run(&[("CLICOLOR_FORCE", "1")], &["--color", "never"]).contains('\u{1b}'));
    assert!(!run(&[("NO_COLOR", "1")], &[]).contains('\u{1b}'));
    let narrow = run(&[("COLUMNS", "60")], &["--verbose"]);
    let widest = narrow.lines().map(unicode_width::UnicodeWidthStr::width).max().unwrap();
    assert!((40..=60).contains(&widest), "{widest}: {narrow}");
    assert!(run(&[("LC_ALL", "C")], &[]).is_ascii());
    let (quiet, verbose) = (run(&[], &["--quiet"]), run(&[], &["--verbose"]));
    assert!(quiet.lines().count() < plain.lines().count() && plain.lines().count() < verbose.lines().count());
    assert!(quiet.contains("Confidence") && quiet.contains("Lead time"), "{quiet}");
}

#[test]
fn only_and_skip_choose_checks() {
    let repo = Repo::with(&[("a.rb", "x\n")]);
    let report = repo.report(&["--only", "errors/*", "--only", "data/hosted-remote", "--skip", "errors/a*"]);
    let ids: Vec<&str> = report["checks"].as_array().unwrap().iter().map(|check| check["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"data/hosted-remote") && ids.contains(&"errors/metrics"), "{ids:?}");
    assert!(ids.iter().all(|id| (id.starts_with("errors/") && !id.starts_with("errors/a")) || *id == "data/hosted-remote"), "{ids:?}");
    assert_eq!(report["counts"]["checks"], ids.len());
}

#[test]
fn all_schemas_are_json_schemas() {
    let repo = Repo::new();
    for of in ["check", "tool", "subject", "config", "report"] {
        let schema = repo.audit(&["schema", of]).json();
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{of}: {error}"));
        assert!(schema["properties"].as_object().unwrap().len() > 3, "{of}");
    }
    let config = jsonschema::validator_for(&repo.audit(&["schema", "config"]).json()).unwrap();
    assert!(config.is_valid(&serde_json::json!({ "score": { "fail_under": 60 } })));
    assert!(!config.is_valid(&serde_json::json!({ "scoer": {} })));
    repo.audit(&["schema", "nothing"]).says(2, &["subject"]);
}

#[test]
fn new_definitions_pass_their_own_test_and_nothing_is_overwritten() {
    let repo = Repo::new();
    repo.audit(&["new", "errors/our-own", "--into", "pack"]).says(0, &["audit test pack/errors/our-own.toml"]);
    repo.audit(&["new", "tools/our-tool", "--into", "pack"]).says(0, &["wrote pack/tools/our-tool.toml"]);
    let tested = repo.audit(&["test", "pack"]);
    tested.says(0, &[]);
    assert!(tested.out.contains("2 definitions, 0 failed"), "{}", tested.out);
    let before = std::fs::read(repo.join("pack/errors/our-own.toml")).unwrap();
    repo.audit(&["new", "errors/our-own", "--into", "pack"]).says(2, &["is already there"]);
    assert_eq!(std::fs::read(repo.join("pack/errors/our-own.toml")).unwrap(), before);
    for (bad, told) in [
        ("noslash", "is not CATEGORY/NAME"),
        ("nocategory/x", "neither tools nor a category"),
        ("errors/Upper_Case", "is not a name"),
        ("errors/../x", "is not a name"),
        ("errors/", "is not a name"),
    ] {
        repo.audit(&["new", bad]).says(2, &[told]);
    }
    assert!(!repo.join("checks").exists());
}

#[test]
fn a_broken_definition_tells_everything_at_once_with_places() {
    let broken = MARKED.replace("weight = 5", "wieght = 5").replace("path = \"mark.txt\", contains", "path = \"mark.txt\", contians");
    let repo = Repo::with(&[("pack/errors/x.toml", &broken)]);
    repo.audit(&["test", "pack"]).says(
        2,
        &[
            "pack/errors/x.toml:3:1: unknown key `wieght`",
            "did you mean `weight`?",
            "pack/errors/x.toml:12:29: unknown key `contians`",
            "did you mean `contains`?",
            "problems",
        ],
    );
    let meaning = MARKED.replace("'^on$'", "'('").replace("weight = 5", "weight = 50").replace("https://", "http://");
    let repo = Repo::with(&[("pack/errors/x.toml", &meaning), ("pack/x.toml", MARKED)]);
    let told = repo.audit(&["--checks", "pack"]);
    told.says(2, &["x.toml:3:", "weight is 50", "x.toml:12:", "is not an https:// address", "pack/x.toml: not a place for a definition"]);
    assert_eq!(told.out, "");
}

#[test]
fn a_definition_without_a_decoy_does_not_load_and_what_no_example_needs_is_told() {
    let end = MARKED.find("[[example]]\nname = \"none\"").unwrap();
    let repo = Repo::with(&[("pack/errors/x.toml", &MARKED[..end])]);
    repo.audit(&["--checks", "pack"]).says(2, &["pack/errors/x.toml:", "no example shows its absence"]);

    let idle = MARKED.replacen("[[configured]]", "[[configured]]\nfile = { path = \"never.txt\" }\n[[configured]]", 1);
    let wrong = MARKED.replacen("expect = \"declared\"", "expect = \"exercised\"", 1);
    let repo = Repo::with(&[("pack/errors/idle.toml", &idle), ("pack/errors/wrong.toml", &wrong), ("pack/errors/good.toml", MARKED)]);
    let tested = repo.audit(&["test", "pack"]);
    tested.says(1, &[]);
    assert!(tested.out.contains("[[configured]] number 1 is needed by no example"), "{}", tested.out);
    assert!(tested.out.contains("example `there`: expected exercised, got declared"), "{}", tested.out);
    assert!(tested.out.contains("3 definitions, 2 failed"), "{}", tested.out);
}

#[test]
fn packs_add_and_override() {
    let repo = Repo::with(&[("mark.txt", "on\n"), ("a.rb", "x\n")]);
    let metrics = MARKED.replace("The mark is set", "Our own metrics question");
    let pack = Repo::with(&[("errors/marked.toml", MARKED), ("errors/metrics.toml", &metrics)]);
    let report = repo.report(&["--checks", pack.path().to_str().unwrap(), "--only", "errors/*"]);
    assert_eq!(check(&report, "errors/marked")["standing"], "met");
    assert_eq!(check(&report, "errors/metrics")["title"], "Our own metrics question");
    assert_eq!(report["checks"].as_array().unwrap().iter().filter(|check| check["id"] == "errors/metrics").count(), 1);
    let version = report["catalogue_version"].as_str().unwrap();
    assert!(version.contains('+'), "another catalogue has another version: {version}");
}

#[test]
fn definitions_of_the_audited_repository_are_used_only_when_allowed() {
    let repo = Repo::with(&[("mark.txt", "on\n"), (".audit/checks/errors/marked.toml", MARKED)]);
    let without = repo.audit(&["--format", "json", "--at", DAY]);
    assert!(!without.out.contains("errors/marked"));
    let with = repo.report(&["--allow-repo-checks"]);
    assert_eq!(check(&with, "errors/marked")["standing"], "met");
    assert_ne!(with["catalogue_version"], without.json()["catalogue_version"]);
}

#[test]
fn explain_list_and_completions() {
    let repo = Repo::new();
    let check = repo.audit(&["explain", "errors/exception-reporting"]);
    check.says(0, &[]);
    for part in ["Why", "What to do", "What is looked for", "Examples", "https://", "as it must be"] {
        assert!(check.out.contains(part), "{part}: {}", check.out);
    }
    let tool = repo.audit(&["explain", "tools/sentry", "--markdown"]);
    assert!(tool.out.starts_with("# Sentry\n") && tool.out.contains("exception-reporting"), "{}", tool.out);
    repo.audit(&["explain", "errors/exception-reportin"]).says(2, &["did you mean `errors/exception-reporting`?"]);
    repo.audit(&["explain", "sentry"]).says(2, &["did you mean `tools/sentry`?"]);

    let list = repo.audit(&["list"]).out;
    assert!(list.contains("errors/exception-reporting") && list.contains("lead-time/rollback"), "{list}");
    let some = repo.audit(&["list", "*backup*"]).out;
    assert!(some.contains("data/database-backups") && !some.contains("errors/"), "{some}");
    assert!(repo.audit(&["list", "--tools"]).out.contains("sentry"));
    repo.audit(&["list", "["]).says(2, &["glob"]);
    for shell in ["bash", "zsh", "fish"] {
        let script = repo.audit(&["completions", shell]);
        script.says(0, &[]);
        assert!(script.out.contains("fail-under-possible") && script.out.contains("explain"), "{shell}");
    }
    let help = repo.audit(&["--help"]).out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("Exit codes: 0 ") && help.contains("3 the audit could not be completed"), "{help}");
}
