//! Forges that answer well, late, too much, in parts or not at all, played on the loopback; and histories whose true values are known.
#![allow(clippy::unwrap_used)]

#[path = "forge/server.rs"]
mod server;
mod support;

use std::process::Command as Plain;
use std::time::{Duration, Instant};

use prod_audit::evidence::forge::http::Limits;
use prod_audit::evidence::forge::target::Target;
use prod_audit::evidence::forge::{Host, Recorded, collect};
use serde_json::{Value, json};
use server::{Asked, Reply, Server};
use support::Repo;

const TOKEN: &str = "ghs_16C7e42F292c6912E7710c838347Ae178B4a";

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn at(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap().to_string()
}

fn target(server: &Server, token: Option<&str>) -> Target {
    Target {
        host: Host::Github,
        api: server.address.clone(),
        graphql: Some(format!("{}/graphql", server.address)),
        repository: "acme/shop".into(),
        token: token.map(str::to_owned),
    }
}

fn ask(server: &Server, token: Option<&str>, limits: Limits) -> Result<Recorded, String> {
    collect(&target(server, token), limits, jiff::Timestamp::now())
}

/// A repository with some things in it, as GitHub's REST API describes them.
fn github(asked: &Asked) -> Reply {
    let path = asked.path.split('?').next().unwrap();
    match path.strip_prefix("/repos/acme/shop").unwrap_or(path) {
        "" => Reply::ok(json!({ "id": 1, "full_name": "acme/shop", "default_branch": "main", "private": false, "html_url": "https://github.com/acme/shop", "url": "https://api.github.com/repos/acme/shop" }).to_string()),
        "/environments" => Reply::ok(json!({ "total_count": 2, "environments": [{ "id": 1, "name": "staging" }, { "id": 2, "name": "production", "protection_rules": [] }] }).to_string()),
        "/actions/runs" => Reply::ok(json!({ "total_count": 0, "workflow_runs": [] }).to_string()),
        "/branches/main" => Reply::ok(json!({ "name": "main", "protected": true, "protection": { "enabled": true, "required_status_checks": { "enforcement_level": "everyone", "contexts": ["test"], "checks": [] } } }).to_string()),
        "/branches/main/protection" => Reply::status(403, &json!({ "message": "Resource not accessible by integration", "documentation_url": "https://docs.github.com" }).to_string()),
        "/graphql" => Reply::ok(json!({ "data": { "repository": null }, "errors": [{ "type": "FORBIDDEN", "message": "Resource not accessible by integration" }] }).to_string()),
        _ => Reply::ok("[]"),
    }
}

#[test]
fn pages_are_followed_and_the_token_stays_at_home() {
    let server = Server::start(|asked, _, own| {
        if asked.path.starts_with("/repos/acme/shop/actions/runs") {
            let page2 = asked.path.contains("page=2&") || asked.path.ends_with("page=2");
            let run = json!({ "name": "CI", "path": ".github/workflows/ci.yml", "event": "push", "conclusion": "success", "updated_at": "2026-05-01T00:00:00Z", "id": if page2 { 2 } else { 1 } });
            let reply = Reply::ok(json!({ "total_count": 2, "workflow_runs": [run] }).to_string());
            let next = format!("<{own}/repos/acme/shop/actions/runs?page=2>; rel=\"next\", <{own}/x?page=9>; rel=\"last\"");
            return if page2 { reply } else { reply.with("Link", next) };
        }
        github(asked)
    });
    let recorded = ask(&server, Some(TOKEN), Limits::default()).unwrap();
    assert_eq!(recorded.answers["runs"].as_array().unwrap().len(), 2);
    assert_eq!(recorded.default_branch.as_deref(), Some("main"));
    assert!(
        recorded.answers["repository"].get("url").is_none() && recorded.answers["repository"].get("html_url").is_some(),
        "links are left out"
    );
    let gap = &recorded.gaps["protection"];
    assert!(gap.next.contains("Administration: read") && gap.why.contains("not accessible"), "{gap:?}");
    let asked = server.asked();
    assert!(asked.iter().all(|asked| asked.header("authorization") == Some(&format!("Bearer {TOKEN}"))));
    assert!(asked.iter().all(|asked| asked.header("x-github-api-version") == Some("2022-11-28")));
    assert!(asked.len() <= 16, "{} calls", asked.len());
    assert!(!serde_json::to_string(&recorded).unwrap().contains(TOKEN));
    assert_eq!(server.count("/repos/acme/shop/deployments"), 1, "GraphQL refused, so REST is asked");
}

#[test]
fn without_a_token_nothing_secret_is_asked() {
    let server = Server::start(|asked, _, _| github(asked));
    let recorded = ask(&server, None, Limits::default()).unwrap();
    assert!(server.asked().iter().all(|asked| asked.header("authorization").is_none()));
    assert_eq!((server.count("/graphql"), server.count("/repos/acme/shop/branches/main/protection")), (0, 0));
    assert!(recorded.gaps.keys().eq(["security"]), "{:?}", recorded.gaps);
}

#[test]
fn a_limit_is_waited_for_if_it_is_short() {
    let server = Server::start(|asked, before, _| match (asked.path.split('?').next().unwrap(), before) {
        ("/repos/acme/shop/releases", 0) => Reply::status(429, "{}").with("Retry-After", "1"),
        ("/repos/acme/shop/pulls", 0) => {
            Reply::status(403, &json!({ "message": "You have exceeded a secondary rate limit." }).to_string()).with("Retry-After", "1")
        }
        ("/repos/acme/shop/branches/main", _) => Reply::status(403, &json!({ "message": "API rate limit exceeded" }).to_string())
            .with("X-RateLimit-Remaining", "0")
            .with("X-RateLimit-Reset", (now() + 3000).to_string()),
        ("/repos/acme/shop/rules/branches/main", 0) => Reply::status(502, "<html>"),
        _ => github(asked),
    });
    let start = Instant::now();
    let recorded = ask(&server, None, Limits::default()).unwrap();
    assert!(start.elapsed() >= Duration::from_secs(2), "it waited");
    assert!(start.elapsed() < Duration::from_secs(30), "but not until the far reset");
    for name in ["releases", "pulls", "rules"] {
        assert!(recorded.answers.contains_key(name), "{name}: {:?}", recorded.gaps.get(name));
    }
    let gap = &recorded.gaps["branch"];
    assert!(gap.why.contains("rate limit") && gap.next.contains("GITHUB_TOKEN"), "{gap:?}");
    assert_eq!(server.count("/repos/acme/shop/branches/main"), 1);
}

#[test]
fn another_host_is_never_asked() {
    let elsewhere = Server::start(|_, _, _| Reply::ok("[]"));
    let away = elsewhere.address.clone();
    let server = Server::start(move |asked, _, own| match asked.path.split('?').next().unwrap() {
        "/repos/acme/shop/releases" => Reply::status(302, "").with("Location", format!("{away}/steal")),
        "/repos/acme/shop/pulls" => Reply::ok("[]").with("Link", format!("<{away}/steal?page=2>; rel=\"next\"")),
        "/repos/acme/shop/rules/branches/main" => Reply::status(301, "").with("Location", format!("{own}/moved")),
        "/moved" => Reply::ok("[]"),
        _ => github(asked),
    });
    let recorded = ask(&server, Some(TOKEN), Limits::default()).unwrap();
    assert_eq!(elsewhere.asked().len(), 0);
    assert!(recorded.gaps["releases"].why.contains("another host"));
    assert!(recorded.gaps["pulls"].why.contains("another host"), "half a list is no list");
    assert!(recorded.answers.contains_key("rules"), "a redirect at home is followed");
}

#[test]
fn slow_large_and_broken_answers_are_gaps() {
    let server = Server::start(|asked, _, _| match asked.path.split('?').next().unwrap() {
        "/repos/acme/shop/releases" => Reply { after: Duration::from_secs(3), ..Reply::ok("[]") },
        "/repos/acme/shop/pulls" => Reply::ok(format!("[{}1]", "1,".repeat(200_000))),
        "/repos/acme/shop/rules/branches/main" => Reply::ok("[{\"type\": \"pull_req"),
        "/repos/acme/shop/branches/main" => Reply { cut: true, ..Reply::ok("{\"name\": ") },
        "/repos/acme/shop/deployments" => Reply::ok("{\"not\": \"a list\"}"),
        _ => github(asked),
    });
    let start = Instant::now();
    let limits = Limits { call: Duration::from_millis(500), bytes: 100_000, ..Limits::default() };
    let recorded = ask(&server, None, limits).unwrap();
    assert!(start.elapsed() < Duration::from_secs(20));
    let why = |name: &str| recorded.gaps[name].why.clone();
    assert!(why("releases").contains("in time"), "{}", why("releases"));
    assert!(why("pulls").contains("larger"), "{}", why("pulls"));
    assert!(why("rules").contains("not whole JSON"), "{}", why("rules"));
    assert!(recorded.gaps.contains_key("branch"));
    assert!(why("deployments").contains("not a list"));
    assert!(recorded.answers.contains_key("environments"), "the rest came");
}

#[test]
fn all_calls_together_have_a_deadline() {
    let server = Server::start(|asked, _, _| Reply { after: Duration::from_millis(400), ..github(asked) });
    let start = Instant::now();
    let recorded = ask(&server, None, Limits { total: Duration::from_secs(1), ..Limits::default() }).unwrap();
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    assert!(!recorded.gaps.is_empty());
}

#[test]
fn nothing_is_asked_over_an_open_line() {
    let mut open = target(&Server::start(|asked, _, _| github(asked)), None);
    open.api = "http://example.com/api/v3".into();
    assert!(collect(&open, Limits::default(), jiff::Timestamp::now()).unwrap_err().contains("https"));
}

/// A history with a commit every other day, the newest a day old.
fn history(repo: &Repo, commits: i64) -> Vec<(String, i64)> {
    repo.git(&["init", "-q", "-b", "main", "."]);
    let mut all = Vec::new();
    for number in (0..commits).rev() {
        let time = now() - 86_400 - number * 2 * 86_400;
        repo.write("app/order.rb", format!("order {number}\n"));
        repo.git(&["add", "-A"]);
        let mut commit = Plain::new("git");
        commit.current_dir(repo.path()).args(["-c", "user.name=Ann", "-c", "user.email=ann@acme.test", "commit", "-q", "-m"]);
        commit.arg(format!("Sell thing {number}"));
        for role in ["AUTHOR", "COMMITTER"] {
            commit.env(format!("GIT_{role}_DATE"), format!("@{time} +0000"));
        }
        assert!(commit.status().unwrap().success());
        let id = Plain::new("git").current_dir(repo.path()).args(["rev-parse", "HEAD"]).output().unwrap();
        all.push((String::from_utf8(id.stdout).unwrap().trim().to_owned(), time));
    }
    all
}

fn check<'r>(report: &'r Value, id: &str) -> &'r Value {
    report["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).unwrap()
}

#[test]
fn collected_in_one_place_and_judged_in_another() {
    // By two calls of GraphQL, and where it does not tell checks, commit by commit.
    collected(true, 14);
    collected(false, 34);
}

/// Collects from a forge whose GraphQL tells checks or does not, with at most so many calls, and judges what was saved.
fn collected(graph_tells_checks: bool, most_calls: usize) {
    let repo = Repo::new();
    let commits = history(&repo, 40);
    let nodes: Vec<Value> = commits
        .iter()
        .enumerate()
        .map(|(number, (id, time))| {
            // Deployed after one to nine hours; every tenth deployment failed first.
            let hours = 1 + number as i64 % 9;
            json!({ "databaseId": number, "environment": "production", "task": "deploy", "commitOid": id, "createdAt": at(time + 60),
                "statuses": { "nodes": [{ "state": "SUCCESS", "createdAt": at(time + hours * 3600) }, { "state": "INACTIVE", "createdAt": at(time + 90_000) }] } })
        })
        .collect();
    let checks: Vec<(String, i64)> = commits.clone();
    let server = Server::start(move |asked, _, _| {
        let path = asked.path.split('?').next().unwrap();
        if path == "/graphql" {
            assert_eq!(asked.method, "POST");
            if asked.body.contains("checkSuites") {
                if !graph_tells_checks {
                    return Reply::ok(
                        json!({ "data": null, "errors": [{ "message": "Resource not accessible by integration" }] }).to_string(),
                    );
                }
                assert!(asked.body.contains("fragment checks on Commit"), "{}", asked.body);
                let run = |time: i64| json!({ "name": "test", "conclusion": "SUCCESS", "completedAt": at(time + 1800) });
                let commit = |time: i64| json!({ "checkSuites": { "nodes": [{ "checkRuns": { "nodes": [run(time)] } }, { "checkRuns": { "nodes": [] } }] } });
                // The newest twenty, newest first, each under its own name.
                let newest = checks.iter().rev().take(20).enumerate();
                let told: serde_json::Map<String, Value> = newest
                    .map(|(index, (id, time))| {
                        assert!(asked.body.contains(&format!("c{index}:object(oid:\\\"{id}\\\")")), "{}", asked.body);
                        (format!("c{index}"), commit(*time))
                    })
                    .collect();
                return Reply::ok(json!({ "data": { "repository": told } }).to_string());
            }
            assert!(asked.body.contains("\"environments\":[\"production\"]"), "{}", asked.body);
            return Reply::ok(
                json!({ "data": { "repository": { "deployments": { "nodes": nodes }, "pullRequests": { "nodes": [] } } } }).to_string(),
            );
        }
        if let Some((id, time)) = checks.iter().find(|(id, _)| path == format!("/repos/acme/shop/commits/{id}/check-runs")) {
            let run =
                json!({ "name": "test", "status": "completed", "conclusion": "success", "head_sha": id, "completed_at": at(time + 1800) });
            return Reply::ok(json!({ "total_count": 1, "check_runs": [run] }).to_string());
        }
        github(asked)
    });
    let saved = repo.join(".git/forge.json");
    let mut command = support::audit(repo.path());
    command.args(["forge", "--save"]).arg(&saved);
    command.env("GITHUB_API_URL", &server.address).env("GITHUB_REPOSITORY", "acme/shop").env("GITHUB_TOKEN", TOKEN).env_remove("GH_TOKEN");
    command.env_remove("CI_API_V4_URL").env_remove("GITHUB_GRAPHQL_URL");
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{said}");
    assert!(!said.contains(TOKEN) && !std::fs::read_to_string(&saved).unwrap().contains(TOKEN));

    let asked_before = server.asked().len();
    assert!(asked_before <= most_calls, "{asked_before} calls");
    let report = repo.report(&["--forge-data", saved.to_str().unwrap()]);
    assert_eq!(server.asked().len(), asked_before, "no network");
    // Independently: each change takes 1 to 9 hours; the first deployment's change cannot be told.
    let mut hours: Vec<i64> = (1..40).map(|number| 1 + number % 9).collect();
    hours.sort_unstable();
    let lead = &check(&report, "lead-time/change-lead-time")["value"];
    assert_eq!(lead["amount"].as_f64(), Some(hours[hours.len() / 2] as f64), "{lead}");
    assert_eq!((lead["sample"].as_u64(), lead["unit"].as_str()), (Some(39), Some("h")));
    assert_eq!(lead["published_level"], "DORA Quick Check: less than one day");
    let often = &check(&report, "lead-time/deployment-frequency")["value"];
    assert_eq!(often["sample"].as_u64(), Some(40));
    assert!((often["amount"].as_f64().unwrap() - 40.0 * 7.0 / 90.0).abs() < 0.01);
    let push = &check(&report, "lead-time/push-to-production")["value"];
    assert_eq!(push["sample"].as_u64(), Some(20));
    let mut newest: Vec<f64> = (20..40).map(|number| (1 + number % 9) as f64 * 60.0 - 30.0).collect();
    newest.sort_by(f64::total_cmp);
    assert_eq!(push["amount"].as_f64(), Some(f64::midpoint(newest[9], newest[10])), "{push}");
    assert_eq!(check(&report, "security/branch-protection")["level"], "observed");
}

#[test]
fn a_forge_that_hides_the_repository_leaves_the_audit_incomplete() {
    let server = Server::start(|_, _, _| Reply::status(404, "{\"message\": \"Not Found\"}"));
    let repo = Repo::new();
    history(&repo, 2);
    let mut command = support::audit(repo.path());
    command.arg("--forge").env("GITHUB_API_URL", &server.address).env("GITHUB_REPOSITORY", "acme/shop").env("GITHUB_TOKEN", TOKEN);
    command.env_remove("GH_TOKEN").env_remove("CI_API_V4_URL");
    let done = command.output().unwrap();
    assert_eq!(done.status.code(), Some(3));
    let page = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(page.contains("Metadata: read") && !page.contains(TOKEN), "{page}");
}

#[test]
fn gitlab_answers_the_same_questions() {
    let (first, second) = (now() - 3 * 86_400, now() - 86_400);
    let server = Server::start(move |asked, _, _| {
        assert_eq!(asked.header("private-token"), Some("glpat-x"));
        let path = asked.path.split('?').next().unwrap();
        let deployment = |id: i64, time: i64, status: &str| {
            json!({ "id": id, "iid": id, "ref": "main", "sha": "a".repeat(40), "status": status, "created_at": at(time), "updated_at": at(time + 600),
                "environment": { "id": 9, "name": "eu", "external_url": "https://shop.example" },
                "deployable": { "id": 1, "status": "success", "finished_at": at(time + 500), "pipeline": { "id": 36, "sha": "a".repeat(40), "status": "success" } } })
        };
        match path.strip_prefix("/projects/group%2Fshop").unwrap_or(path) {
            "" => Reply::ok(json!({ "id": 5, "path_with_namespace": "group/shop", "default_branch": "trunk" }).to_string()),
            "/deployments" => Reply::ok(json!([deployment(1, first, "failed"), deployment(2, second, "success")]).to_string()),
            "/environments" => Reply::ok(json!([{ "id": 9, "name": "eu", "tier": "production", "state": "available" }]).to_string()),
            "/protected_branches" => Reply::status(403, "{\"message\": \"403 Forbidden\"}"),
            "/repository/branches/trunk" => {
                Reply::ok(json!({ "name": "trunk", "protected": true, "developers_can_push": false }).to_string())
            }
            _ => Reply::ok("[]"),
        }
    });
    let target = Target {
        host: Host::Gitlab,
        api: server.address.clone(),
        graphql: None,
        repository: "group/shop".into(),
        token: Some("glpat-x".into()),
    };
    let recorded = collect(&target, Limits::default(), jiff::Timestamp::now()).unwrap();
    assert_eq!(recorded.default_branch.as_deref(), Some("trunk"));
    assert!(recorded.gaps["protected-branches"].next.contains("Maintainer"));
    let deployments = recorded.deployments().unwrap();
    assert!(deployments.iter().all(|one| one.production), "the tier tells");
    assert_eq!(deployments[0].ended, Some(second + 500));
    assert_eq!(server.count("/projects/group%2Fshop/pipelines/36/jobs"), 1);
}
