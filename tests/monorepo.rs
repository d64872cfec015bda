//! One application of a repository of many: what stands at the root counts for it, what stands beside it does not.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use support::{DAY, Repo, answer, audit, check, git, paths};

const CI: &str = "on: [push, pull_request]\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: bundle exec rspec\n";
const BOT: &str = "version: 2\nupdates:\n  - package-ecosystem: bundler\n    directory: /apps/web\n    schedule:\n      interval: weekly\n  - package-ecosystem: github-actions\n    directory: /\n    schedule:\n      interval: weekly\n";
const POLICY: &str = "# Security\n\nReport a hole to security@shop.test, we answer within two days.\n";
const SENTRY: &str = "Sentry.init do |config|\n  config.dsn = ENV['SENTRY_DSN']\nend\n";
const GEMS: &str = "source 'https://rubygems.org'\ngem 'rails'\ngem 'sentry-rails'\n";

fn monorepo() -> Repo {
    let repo = Repo::with(&[
        (".github/workflows/ci.yml", CI),
        (".github/dependabot.yml", BOT),
        ("SECURITY.md", POLICY),
        (".gitignore", ".cache/\n.env\n"),
        ("apps/web/Gemfile", GEMS),
        ("apps/web/config/initializers/sentry.rb", SENTRY),
        ("apps/web/spec/order_spec.rb", "RSpec.describe 'order' do\nend\n"),
        ("apps/other/app/a.rb", "harm!\n"),
        ("apps/plain/app/a.rb", "x = 1\n"),
    ]);
    repo.git(&["init", "-q", "-b", "main", "."]);
    repo.commit("one");
    repo
}

fn report(repo: &Repo, path: &str, more: &[&str]) -> Value {
    let answer = answer(audit(repo.path()).args(["--format", "json", "--at", DAY, path]).args(more));
    assert_eq!(answer.code, 0, "{}", answer.err);
    answer.json()
}

#[test]
fn an_application_inherits_ci_policy_and_bot_from_the_root() {
    let repo = monorepo();
    let report = report(&repo, "apps/web", &[]);
    for (id, path) in [
        ("lead-time/continuous-integration", "../../.github/workflows/ci.yml"),
        ("errors/automated-tests", "../../.github/workflows/ci.yml"),
        ("security/security-policy", "../../SECURITY.md"),
        ("security/dependency-updates", "../../.github/dependabot.yml"),
    ] {
        assert!(paths(&report, id).contains(&path.to_owned()), "{id}: {:?}", check(&report, id));
        assert_eq!(check(&report, id)["standing"], "met", "{id}: {:?}", check(&report, id));
    }
    let own = paths(&report, "errors/exception-reporting");
    assert!(own.contains(&"config/initializers/sentry.rb".to_owned()), "own files stand by their own path: {own:?}");
    assert_eq!(report["subject"]["path"], "apps/web");

    let inside = answer(audit(&repo.join("apps/web")).args(["--format", "json", "--at", DAY])).json();
    assert_eq!(inside["checks"], report["checks"], "from inside it looks the same");
}

#[test]
fn an_application_does_not_inherit_its_neighbours_nor_what_git_ignores() {
    let repo = monorepo();
    repo.write(".cache/gems/sentry.rb", SENTRY);
    repo.write(".cache/gems/b.rb", "harm!\n");
    repo.write(".tools/c.rb", "harm!\n");
    repo.write(".env", "SENTRY_DSN=https://1@sentry.io/2\n");
    repo.write("apps/plain/Gemfile", "source 'https://rubygems.org'\ngem 'rails'\n");
    let pack = support::pack();
    let report = report(&repo, "apps/plain", &["--checks", pack.join("checks").to_str().unwrap()]);
    assert_eq!(check(&report, "errors/exception-reporting")["standing"], "unmet", "{}", check(&report, "errors/exception-reporting"));
    let found = check(&report, "data/harm")["findings"].as_array().unwrap();
    let found: Vec<&str> = found.iter().map(|finding| finding["path"].as_str().unwrap()).collect();
    assert_eq!(found, ["../../.tools/c.rb"], "a hidden folder of the root is inherited, an ignored one is not");
}

#[test]
fn the_root_does_not_take_samples_for_the_product() {
    for folder in ["examples/shop", "samples/shop", "demo", "docs/shop", "node_modules/shop", "vendor/shop", "spec/shop"] {
        let repo = Repo::with(&[("app/a.rb", "x = 1\n"), ("Gemfile", "gem 'rails'\n")]);
        repo.write(&format!("{folder}/Gemfile"), GEMS);
        repo.write(&format!("{folder}/config/initializers/sentry.rb"), SENTRY);
        repo.git(&["init", "-q", "."]);
        repo.git(&["add", "-f", "-A", "."]);
        let report = report(&repo, ".", &["--only", "errors/exception-reporting"]);
        assert_eq!(check(&report, "errors/exception-reporting")["standing"], "unmet", "{folder}");
    }
}

#[test]
fn the_root_sees_its_applications() {
    let repo = monorepo();
    let report = report(&repo, ".", &["--only", "errors/*"]);
    assert!(paths(&report, "errors/exception-reporting").contains(&"apps/web/config/initializers/sentry.rb".to_owned()));
    assert!(paths(&report, "errors/automated-tests").contains(&".github/workflows/ci.yml".to_owned()));
}

#[test]
fn tracked_files_count_although_a_pattern_ignores_them() {
    let repo = Repo::with(&[("config/initializers/sentry.rb", SENTRY), ("Gemfile", GEMS), (".gitignore", "config/\n")]);
    repo.git(&["init", "-q", "."]);
    let standing = |repo: &Repo| {
        let report = report(repo, ".", &["--only", "errors/exception-reporting"]);
        check(&report, "errors/exception-reporting")["standing"].clone()
    };
    assert_eq!(standing(&repo), "short", "ignored and not tracked: as if it were not there");
    repo.git(&["add", "-f", "."]);
    git(repo.path(), &["commit", "-q", "-m", "one"]);
    assert_eq!(standing(&repo), "met");
}
