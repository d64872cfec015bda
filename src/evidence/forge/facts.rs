//! The same lists from either forge: deployments, runs, changes, releases, checks. What an answer does not tell is left open, not guessed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use jiff::Timestamp;
use regex::Regex;
use serde::Serialize;
use serde_json::Value;

use super::{Host, Recorded};
use crate::evidence::Gap;

/// How a deployment or run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It did what it should.
    Success,
    /// It did not.
    Failure,
    /// Cancelled, skipped, not finished.
    Other,
    /// It was not asked.
    Unasked,
}

/// A deployment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deployment {
    /// Its number.
    pub id: String,
    /// The environment's name.
    pub environment: String,
    /// Whether that is production.
    pub production: bool,
    /// The commit that was deployed.
    pub sha: String,
    /// How it ended; a success that another deployment followed is still one.
    pub state: State,
    /// When it was asked for, seconds since 1970.
    pub created: i64,
    /// When it first was a success, or a failure, seconds since 1970.
    pub ended: Option<i64>,
    /// Days between its creation and the collection.
    pub days_ago: f64,
}

/// A run of a pipeline for the default branch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// The file that describes it.
    pub path: String,
    /// Its name.
    pub name: String,
    /// The commit that it ran for.
    pub sha: String,
    /// What started it.
    pub event: String,
    /// How it ended.
    pub state: State,
    /// Days between its end and the collection.
    pub days_ago: f64,
    /// Its page.
    pub page: Option<String>,
}

/// A pull or merge request that was merged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Its number.
    pub number: u64,
    /// The name of its branch.
    pub branch: String,
    /// The commit that it became.
    pub sha: String,
    /// When its first commit was written, or else it was opened, seconds since 1970.
    pub first: i64,
}

/// A job of a pipeline, or a check of a commit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// Whether it succeeded.
    pub state: State,
    /// When it ended, seconds since 1970.
    pub ended: i64,
}

/// Whether the name of an environment says production.
pub fn is_production(name: &str) -> bool {
    static NAME: OnceLock<Option<Regex>> = OnceLock::new();
    let known = NAME.get_or_init(|| Regex::new(r"(?i)(?:^|[-_/ .(:])(?:prod|production|live|prd)(?:$|[-_/ .):0-9–])").ok());
    let other = ["non-prod", "nonprod", "non_prod", "pre-prod", "preprod", "pre_prod", "prod-like", "staging"];
    let lower = name.to_ascii_lowercase();
    known.as_ref().is_some_and(|known| known.is_match(name)) && !other.iter().any(|other| lower.contains(other))
}

fn text(value: &Value, path: &str) -> String {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn time(value: &Value, path: &str) -> Option<i64> {
    Some(value.pointer(path)?.as_str()?.parse::<Timestamp>().ok()?.as_second())
}

fn items(value: &Value) -> impl Iterator<Item = &Value> + Clone {
    value.as_array().into_iter().flatten()
}

fn state(word: &str) -> State {
    match word.to_ascii_lowercase().as_str() {
        "success" => State::Success,
        "failure" | "error" | "failed" | "timed_out" => State::Failure,
        _ => State::Other,
    }
}

/// How a list of statuses ends: by its first success, else by its first failure.
fn ended<'v>(statuses: impl Iterator<Item = &'v Value> + Clone, created: &str) -> (State, Option<i64>) {
    let first =
        |wanted: State| statuses.clone().filter(|one| state(&text(one, "/state")) == wanted).filter_map(|one| time(one, created)).min();
    match (first(State::Success), first(State::Failure)) {
        (Some(at), _) => (State::Success, Some(at)),
        (None, Some(at)) => (State::Failure, Some(at)),
        (None, None) => (State::Other, None),
    }
}

/// The commits that were deployed to production, newest first, of some answers of GitHub.
pub(super) fn deployed_commits(answers: &BTreeMap<String, Value>) -> Vec<String> {
    let nothing = Value::Null;
    let rest = items(answers.get("deployments").unwrap_or(&nothing)).map(|one| (one, "/sha", "/created_at"));
    let graph = items(answers.get("graphql").and_then(|data| data.pointer("/deployments/nodes")).unwrap_or(&nothing))
        .map(|one| (one, "/commitOid", "/createdAt"));
    let wanted = rest.chain(graph).filter(|(one, ..)| {
        is_production(&text(one, "/environment")) || one.get("production_environment").and_then(Value::as_bool) == Some(true)
    });
    let mut all: Vec<(i64, String)> = wanted.filter_map(|(one, sha, created)| Some((time(one, created)?, text(one, sha)))).collect();
    all.sort_by(|a, b| b.cmp(a));
    let mut seen = BTreeSet::new();
    all.into_iter().map(|(_, sha)| sha).filter(|sha| is_id(sha) && seen.insert(sha.clone())).collect()
}

fn is_id(sha: &str) -> bool {
    sha.len() >= 40 && sha.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Recorded {
    /// When it was collected, seconds since 1970.
    pub fn now(&self) -> i64 {
        self.collected.as_second()
    }

    fn days_ago(&self, at: i64) -> f64 {
        (self.now() - at) as f64 / 86_400.0
    }

    /// The deployments, newest first.
    ///
    /// # Errors
    /// They were not told.
    pub fn deployments(&self) -> Result<Vec<Deployment>, Gap> {
        let mut all: Vec<Deployment> = match self.host {
            Host::Gitlab => self.gitlab_deployments()?,
            Host::Github => match self.answer("graphql") {
                Ok(data) => items(data.pointer("/deployments/nodes").unwrap_or(&Value::Null))
                    .filter_map(|one| self.graphql_deployment(one))
                    .collect(),
                Err(_) => items(self.answer("deployments")?).filter_map(|one| self.rest_deployment(one)).collect(),
            },
        };
        all.sort_by(|a, b| (b.created, &b.id).cmp(&(a.created, &a.id)));
        Ok(all)
    }

    fn graphql_deployment(&self, one: &Value) -> Option<Deployment> {
        let created = time(one, "/createdAt")?;
        let statuses = one.pointer("/statuses/nodes").unwrap_or(&Value::Null);
        let (state, ended) = ended(items(statuses), "/createdAt");
        let environment = text(one, "/environment");
        Some(Deployment {
            id: one.get("databaseId").map(ToString::to_string).unwrap_or_default(),
            production: is_production(&environment),
            environment,
            sha: text(one, "/commitOid"),
            state,
            created,
            ended,
            days_ago: self.days_ago(created),
        })
    }

    fn rest_deployment(&self, one: &Value) -> Option<Deployment> {
        let (created, id) = (time(one, "/created_at")?, one.get("id")?.to_string());
        let statuses = self.answers.get("deployment-statuses").and_then(|all| all.get(&id));
        let (state, ended) = statuses.map_or((State::Unasked, None), |statuses| ended(items(statuses), "/created_at"));
        let environment = text(one, "/environment");
        let production = one.get("production_environment").and_then(Value::as_bool) == Some(true) || is_production(&environment);
        Some(Deployment { id, production, environment, sha: text(one, "/sha"), state, created, ended, days_ago: self.days_ago(created) })
    }

    fn gitlab_deployments(&self) -> Result<Vec<Deployment>, Gap> {
        let tiers: BTreeMap<String, String> = self
            .answers
            .get("environments")
            .map(|all| items(all).map(|one| (text(one, "/name"), text(one, "/tier"))).collect())
            .unwrap_or_default();
        let of = |one: &Value| {
            let created = time(one, "/created_at")?;
            let environment = text(one, "/environment/name");
            let production = match tiers.get(&environment).map(String::as_str) {
                Some(tier) if !tier.is_empty() => tier == "production",
                _ => is_production(&environment),
            };
            let state = state(&text(one, "/status"));
            let finished = time(one, "/finished_at").or_else(|| time(one, "/deployable/finished_at")).or_else(|| time(one, "/updated_at"));
            let ended = finished.filter(|_| state != State::Other);
            let id = one.get("id").map(ToString::to_string).unwrap_or_default();
            Some(Deployment {
                id,
                production,
                environment,
                sha: text(one, "/sha"),
                state,
                created,
                ended,
                days_ago: self.days_ago(created),
            })
        };
        Ok(items(self.answer("deployments")?).filter_map(of).collect())
    }

    /// The runs of pipelines for the default branch, newest first.
    ///
    /// # Errors
    /// They were not told.
    pub fn runs(&self) -> Result<Vec<Run>, Gap> {
        let of = |one: &Value| {
            let at = time(one, "/updated_at").or_else(|| time(one, "/created_at"))?;
            let github = self.host == Host::Github;
            let path = if github { text(one, "/path") } else { ".gitlab-ci.yml".to_owned() };
            Some((
                at,
                Run {
                    path: path.split('@').next().unwrap_or_default().to_owned(),
                    name: text(one, if github { "/name" } else { "/source" }),
                    sha: text(one, if github { "/head_sha" } else { "/sha" }),
                    event: text(one, if github { "/event" } else { "/source" }),
                    state: state(&text(one, if github { "/conclusion" } else { "/status" })),
                    days_ago: self.days_ago(at),
                    page: one.get(if github { "html_url" } else { "web_url" }).and_then(Value::as_str).map(str::to_owned),
                },
            ))
        };
        let answer = self.answer(if self.host == Host::Github { "runs" } else { "pipelines" })?;
        let mut runs: Vec<(i64, Run)> = items(answer).filter_map(of).collect();
        runs.sort_by(|a, b| (b.0, &a.1.path).cmp(&(a.0, &b.1.path)));
        Ok(runs.into_iter().map(|(_, run)| run).collect())
    }

    /// The changes that were merged.
    ///
    /// # Errors
    /// They were not told.
    pub fn changes(&self) -> Result<Vec<Change>, Gap> {
        let rest = |one: &Value, number: &str, branch: &str, shas: &[&str]| {
            time(one, "/merged_at")?;
            let sha = shas.iter().map(|path| text(one, path)).find(|sha| !sha.is_empty())?;
            Some(Change { number: one.get(number)?.as_u64()?, branch: text(one, branch), sha, first: time(one, "/created_at")? })
        };
        if self.host == Host::Gitlab {
            let shas = ["/squash_commit_sha", "/merge_commit_sha", "/sha"];
            return Ok(items(self.answer("merge-requests")?).filter_map(|one| rest(one, "iid", "/source_branch", &shas)).collect());
        }
        let graph = |one: &Value| {
            let first = time(one, "/commits/nodes/0/commit/authoredDate").into_iter().chain(time(one, "/createdAt")).min()?;
            Some(Change {
                number: one.get("number")?.as_u64()?,
                branch: text(one, "/headRefName"),
                sha: text(one, "/mergeCommit/oid"),
                first,
            })
        };
        let mut all: BTreeMap<u64, Change> = BTreeMap::new();
        if let Some(nodes) = self.answers.get("graphql").and_then(|data| data.pointer("/pullRequests/nodes")) {
            all.extend(items(nodes).filter_map(graph).map(|change| (change.number, change)));
        }
        match self.answer("pulls") {
            Ok(pulls) => {
                let pulls = items(pulls).filter_map(|one| rest(one, "number", "/head/ref", &["/merge_commit_sha"]));
                for change in pulls {
                    all.entry(change.number).or_insert(change);
                }
            }
            Err(gap) if all.is_empty() => return Err(gap),
            Err(_) => {}
        }
        Ok(all.into_values().collect())
    }

    /// When each release was published, by its tag; drafts and pre-releases are not.
    ///
    /// # Errors
    /// They were not told.
    pub fn published(&self) -> Result<BTreeMap<String, i64>, Gap> {
        let is = |one: &Value, flag: &str| one.get(flag).and_then(Value::as_bool) == Some(true);
        let real =
            items(self.answer("releases")?).filter(|one| !is(one, "draft") && !is(one, "prerelease") && !is(one, "upcoming_release"));
        Ok(real
            .filter_map(|one| Some((text(one, "/tag_name"), time(one, "/published_at").or_else(|| time(one, "/released_at"))?)))
            .collect())
    }

    /// The checks of each commit that was asked about.
    ///
    /// # Errors
    /// They were not told.
    pub fn checks(&self) -> Result<BTreeMap<String, Vec<Check>>, Gap> {
        let github = self.host == Host::Github;
        let answer = self.answer(if github { "check-runs" } else { "pipeline-jobs" })?;
        let mut all: BTreeMap<String, Vec<Check>> = BTreeMap::new();
        for (key, checks) in answer.as_object().into_iter().flatten() {
            for one in items(checks) {
                let sha = if github { key.clone() } else { text(one, "/pipeline/sha") };
                let ended = time(one, if github { "/completed_at" } else { "/finished_at" });
                let state = state(&text(one, if github { "/conclusion" } else { "/status" }));
                let name = if github { text(one, "/name") } else { format!("{} {}", text(one, "/stage"), text(one, "/name")) };
                all.entry(sha).or_default().extend(ended.map(|ended| Check { name, state, ended }));
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::is_production;

    #[test]
    fn names_of_production() {
        for name in ["production", "Production", "prod", "prod-eu", "production/web", "live", "Production – shop", "eu-prod"] {
            assert!(is_production(name), "{name}");
        }
        for name in ["staging", "preview", "github-pages", "pypi", "release", "reproduction", "non-prod", "pre-prod", "product", "delivery"]
        {
            assert!(!is_production(name), "{name}");
        }
    }
}
