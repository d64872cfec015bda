//! Starting out: `audit init` and `audit fix` on real repositories, and that what they write is accepted once people filled it in.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;

use support::{Answer, DAY, Repo, check};

fn shop() -> Repo {
    let repo = Repo::with(&[
        ("Gemfile", "gem 'rails', '~> 8.0'\ngem 'pg'\n"),
        ("Gemfile.lock", "GEM\n  specs:\n    pg (1.5)\n    rails (8.0)\n\nDEPENDENCIES\n  pg\n  rails\n"),
        ("package.json", r#"{ "workspaces": ["packages/*"], "dependencies": { "react": "19.0.0" } }"#),
        ("package-lock.json", "{}"),
        ("packages/ui/package.json", r#"{ "dependencies": { "react": "19.0.0" } }"#),
        ("tools/report/requirements.txt", "pandas==2.2\n"),
        ("services/mail \"x\"/go.mod", "module mail\n\nrequire github.com/gin-gonic/gin v1.9.0\n"),
        ("Dockerfile", "FROM ruby:3.4\n"),
        ("test/fixtures/app/Cargo.toml", "[dependencies]\nserde = '1'\n"),
        ("public/robots.txt", ""),
        (
            ".github/workflows/ci.yml",
            "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps: [{ uses: actions/checkout@v4 }, { run: bin/rails test }]\n",
        ),
    ]);
    repo.commit("first");
    repo.git(&["remote", "add", "origin", "https://github.com/acme/shop.git"]);
    repo
}

fn run(repo: &Repo, arguments: &[&str]) -> Answer {
    repo.audit(&[arguments, &["--at", DAY]].concat())
}

fn read(repo: &Repo, path: &str) -> String {
    fs::read_to_string(repo.join(path)).unwrap()
}

/// Everything below the directory but git's own, with its text.
fn files(repo: &Repo) -> Vec<String> {
    let listed = std::process::Command::new("git").current_dir(repo.path()).args(["status", "--porcelain", "-uall"]).output().unwrap();
    String::from_utf8(listed.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn standing(repo: &Repo, id: &str) -> String {
    check(&repo.report(&["--only", id]), id)["standing"].as_str().unwrap().to_owned()
}

#[test]
fn init_writes_a_configuration_that_passes_and_a_workflow_and_changes_no_answer() {
    let repo = shop();
    let before = repo.report(&[]);
    run(&repo, &["init"]).says(0, &["wrote audit.toml", "wrote .github/workflows/audit.yml", "next: read audit.toml"]);
    assert_eq!(files(&repo), ["?? .github/workflows/audit.yml", "?? audit.toml"]);
    let after = repo.report(&[]);
    assert_eq!((&before["score"], &before["counts"]), (&after["score"], &after["counts"]));
    let text = read(&repo, "audit.toml");
    assert!(text.contains(&format!("fail_under = {}\n", before["score"]["proven"].as_f64().unwrap().floor())), "{text}");
    run(&repo, &["-q"]).says(0, &[]);
    run(&repo, &["-q", "--fail-under", "99"]).says(1, &[]);
    let workflow: serde_json::Value = serde_saphyr::from_str(&read(&repo, ".github/workflows/audit.yml")).unwrap();
    assert_eq!(workflow["permissions"], serde_json::json!({ "contents": "read" }));
    assert_eq!(workflow["jobs"]["audit"]["steps"][0]["with"]["fetch-depth"], 0);
}

#[test]
fn every_commented_key_of_the_configuration_is_right_once_it_is_uncommented() {
    let repo = shop();
    run(&repo, &["init"]).says(0, &[]);
    let text = read(&repo, "audit.toml");
    let stubs = text.matches("# [[attest]]").count();
    assert_eq!(stubs, 5, "{text}");
    let keys = ["kind", "fail_under_category", "weights", "[[attest]]", "check", "level", "answer", "by ", "on ", "every"];
    let uncommented: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ").filter(|rest| keys.iter().any(|key| rest.starts_with(key))) {
            Some(rest) if !rest.contains("category/name") => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    repo.write("audit.toml", &uncommented);
    let report = repo.report(&["--fail-under", "0"]);
    let attested = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["evidence"][0]["attestation"].is_string() || check["value"]["attested"].is_string());
    assert_eq!(attested.count(), stubs, "{uncommented}");
}

#[test]
fn init_overwrites_nothing_and_a_dry_run_writes_nothing() {
    let repo = shop();
    let dry = run(&repo, &["init", "--dry-run"]);
    dry.says(0, &["audit.toml would be written", ".github/workflows/audit.yml would be written"]);
    assert!(dry.out.contains("[score]") && dry.out.contains("permissions:"), "{}", dry.out);
    assert_eq!(files(&repo), Vec::<String>::new());
    repo.write("audit.toml", "# mine\n");
    run(&repo, &["init"]).says(0, &["audit.toml is already there and is not changed"]);
    assert_eq!(read(&repo, "audit.toml"), "# mine\n");
}

#[test]
fn init_shows_the_step_for_a_pipeline_that_is_one_file() {
    for (file, name) in [(".gitlab-ci.yml", "GitLab"), (".circleci/config.yml", "CircleCI"), ("Jenkinsfile", "Jenkins")] {
        let repo = Repo::with(&[("Gemfile", "gem 'rails'\n"), (file, "x: 1\n")]);
        repo.commit("first");
        let answer = run(&repo, &["init"]);
        answer.says(0, &[name, file]);
        assert!(answer.out.contains("cargo install --locked --git") && answer.out.contains("audit . --output"), "{}", answer.out);
        assert_eq!((read(&repo, file).as_str(), files(&repo)), ("x: 1\n", vec!["?? audit.toml".to_owned()]));
    }
}

#[test]
fn init_in_a_monorepo_names_the_application() {
    let repo = shop();
    repo.write("apps/web/package.json", r#"{ "dependencies": { "express": "5.0.0" } }"#);
    run(&repo, &["init", "apps/web"]).says(0, &["wrote audit.toml", "wrote .github/workflows/audit-apps-web.yml"]);
    assert!(read(&repo, ".github/workflows/audit-apps-web.yml").contains("audit \"apps/web\" --output"));
    assert!(repo.join("apps/web/audit.toml").is_file());
}

#[test]
fn the_written_dependabot_configuration_covers_all_manifests() {
    let repo = shop();
    assert_eq!(standing(&repo, "security/dependency-updates"), "unmet");
    let shown = run(&repo, &["fix", "security/dependency-updates"]);
    shown.says(0, &[".github/dependabot.yml: ", "--write writes it", "--with renovate"]);
    assert_eq!(files(&repo), Vec::<String>::new());
    run(&repo, &["fix", "security/dependency-updates", "--write"]).says(0, &["wrote .github/dependabot.yml", "next: commit it"]);
    assert_eq!(read(&repo, ".github/dependabot.yml"), shown.out);
    assert_eq!(standing(&repo, "security/dependency-updates"), "met");
    let config: serde_json::Value = serde_saphyr::from_str(&shown.out).unwrap();
    let updates: Vec<String> = config["updates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|update| format!("{} {}", update["package-ecosystem"].as_str().unwrap(), update["directories"]))
        .collect();
    let expected = [
        r#"bundler ["/"]"#,
        r#"docker ["/"]"#,
        r#"github-actions ["/"]"#,
        r#"gomod ["/services/mail \"x\""]"#,
        r#"npm ["/"]"#,
        r#"pip ["/tools/report"]"#,
    ];
    assert_eq!(updates, expected);
    run(&repo, &["fix", "security/dependency-updates", "--write"]).says(2, &[".github/dependabot.yml is already there and is not changed"]);
    run(&repo, &["fix", "security/dependency-updates", "--with", "renovate", "--write"]).says(2, &["is already there"]);
    let renovate = shop();
    run(&renovate, &["fix", "security/dependency-updates", "--with", "renovate", "--write"]).says(0, &["wrote renovate.json"]);
    assert_eq!(standing(&renovate, "security/dependency-updates"), "met");
}

#[test]
fn a_placeholder_is_no_proof_and_a_filled_in_file_is() {
    let cases = [
        ("security/security-policy", "security-policy", "SECURITY.md"),
        ("security/security-policy", "security-txt", "public/.well-known/security.txt"),
        ("errors/runbooks", "runbook", "docs/runbook.md"),
    ];
    for (id, name, path) in cases {
        let repo = shop();
        let before = standing(&repo, id);
        assert!(["unmet", "unknown"].contains(&before.as_str()), "{before}");
        run(&repo, &["fix", id, "--with", name, "--write"]).says(0, &[&format!("wrote {path}"), "FILL-IN"]);
        let text = read(&repo, path);
        assert_eq!(standing(&repo, id), before, "{path} is not filled in");
        repo.write(
            path,
            text.replace("mailto:FILL-IN", "mailto:security@shop.example")
                .replace("to FILL-IN", "to security@shop.example")
                .replace("FILL-IN", "two"),
        );
        assert_eq!(standing(&repo, id), "met", "{path} is filled in");
    }
    let expires = run(&shop(), &["fix", "security-txt"]).out;
    assert!(expires.contains("Expires: 2027-05-27T00:00:00Z"), "{expires}");
}

#[test]
fn where_no_file_is_the_fix_the_advice_is_given() {
    let repo = shop();
    let answer = run(&repo, &["fix", "data/restore-tested", "--write"]);
    answer.says(0, &["No single file is the fix for data/restore-tested"]);
    assert!(answer.out.lines().count() > 1 && answer.out.lines().all(|line| line.chars().count() <= 80), "{}", answer.out);
    let stanza = run(&repo, &["fix", "errors/health-endpoint", "--write"]);
    stanza.says(0, &["put this into config/routes.rb. Nothing is written"]);
    assert!(stanza.out.contains("rails/health#show"), "{}", stanza.out);
    assert_eq!(files(&repo), Vec::<String>::new());
    repo.write("config/routes.rb", format!("Rails.application.routes.draw do\n  {}end\n", stanza.out));
    assert_eq!(standing(&repo, "errors/health-endpoint"), "met", "the stanza is what the check looks for");
    run(&repo, &["fix", "errors/runbok"]).says(2, &["there is no check or file `errors/runbok`; did you mean `errors/runbooks`?"]);
    run(&repo, &["fix", "zzz"]).says(2, &["files: codeowners, dependabot"]);
}

#[test]
fn files_that_no_check_asks_for_are_found_by_name() {
    let repo = shop();
    run(&repo, &["fix", "codeowners", "--write"]).says(0, &["wrote .github/CODEOWNERS"]);
    assert!(read(&repo, ".github/CODEOWNERS").contains("/.github/workflows/  FILL-IN"));
    run(&repo, &["fix", "issue-template", "--write"]).says(0, &["wrote .github/ISSUE_TEMPLATE/bug.yml"]);
    let form: serde_json::Value = serde_saphyr::from_str(&read(&repo, ".github/ISSUE_TEMPLATE/bug.yml")).unwrap();
    assert_eq!(form["body"].as_array().unwrap().len(), 3);
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link() {
    let outside = Repo::new();
    let repo = Repo::with(&[("Gemfile", "gem 'rails'\n")]);
    std::os::unix::fs::symlink(outside.path(), repo.join("docs")).unwrap();
    run(&repo, &["fix", "errors/runbooks", "--write"]).says(2, &["would be written outside"]);
    std::os::unix::fs::symlink("/nowhere", repo.join("audit.toml")).unwrap();
    run(&repo, &["init"]).says(0, &["audit.toml is already there"]);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}
