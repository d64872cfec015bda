//! Asking a forge for everything that some value or look may need, in about a dozen calls, and noting what it did not say.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::http::{Door, Limits, Refusal};
use super::target::Target;
use super::{FORGE_VERSION, Host, Recorded, github, gitlab};
use crate::evidence::Gap;

/// Asks the forge.
///
/// # Errors
/// The door cannot be opened, or the repository itself cannot be seen, in words.
pub fn collect(target: &Target, limits: Limits, now: Timestamp) -> Result<Recorded, String> {
    let headers = match target.host {
        Host::Github => github::headers(target),
        Host::Gitlab => gitlab::headers(target),
    };
    let door = Door::open(&target.api, &headers, limits)?;
    let mut asking = Asking { target, door, now, answers: BTreeMap::new(), gaps: BTreeMap::new() };
    let default_branch = match target.host {
        Host::Github => github::ask(&mut asking)?,
        Host::Gitlab => gitlab::ask(&mut asking)?,
    };
    Ok(Recorded {
        forge_version: FORGE_VERSION,
        host: target.host,
        api: target.api.clone(),
        repository: target.repository.clone(),
        default_branch,
        collected: now,
        answers: asking.answers,
        gaps: asking.gaps,
    })
}

/// A collection under way.
pub(super) struct Asking<'a> {
    pub(super) target: &'a Target,
    pub(super) door: Door,
    pub(super) now: Timestamp,
    answers: BTreeMap<String, Value>,
    gaps: BTreeMap<String, Gap>,
}

impl Asking<'_> {
    /// Keeps an answer, or the reason why there is none; `permission` is what a token needs for it.
    pub(super) fn keep(&mut self, name: &str, permission: &str, answer: Result<Value, Refusal>) -> Option<&Value> {
        match answer {
            Ok(answer) => {
                self.answers.insert(name.to_owned(), pruned(answer, 0));
                self.answers.get(name)
            }
            Err(refusal) => {
                let gap = self.gap(name, permission, &refusal);
                self.gaps.insert(name.to_owned(), gap);
                None
            }
        }
    }

    /// The answers that came until now.
    pub(super) fn answers_so_far(&self) -> &BTreeMap<String, Value> {
        &self.answers
    }

    /// The first day that is asked for, `YYYY-MM-DD`.
    pub(super) fn since(&self) -> String {
        let days = jiff::SignedDuration::from_hours(24 * super::WINDOW_DAYS);
        let first = self.now.checked_sub(days).unwrap_or(self.now);
        first.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
    }

    fn gap(&self, name: &str, permission: &str, refusal: &Refusal) -> Gap {
        let token = match self.target.host {
            Host::Github => "GITHUB_TOKEN",
            Host::Gitlab => "GITLAB_TOKEN",
        };
        let lacks = if self.target.token.is_some() {
            format!("give the token in {token} the permission: {permission}")
        } else {
            format!("set {token} to a token with the permission: {permission}")
        };
        let (why, next) = match refusal {
            Refusal::Token => ("the token is not accepted".to_owned(), format!("set {token} to a good one")),
            Refusal::Forbidden(said) if said.is_empty() => ("the forge forbids it".to_owned(), lacks),
            Refusal::Forbidden(said) => (format!("the forge forbids it: {said}"), lacks),
            Refusal::Hidden => ("not there, or not visible without permission".to_owned(), lacks),
            Refusal::Limited(why) => (why.clone(), format!("run again later, or set {token}: it has a larger limit")),
            Refusal::Failed(why) => (why.clone(), "run again; if it stays so, collect elsewhere: audit forge --save FILE".to_owned()),
        };
        Gap { what: format!("the forge's {}", name.replace('-', " ")), why: crate::evidence::one_line(&why), next }
    }
}

/// The words for a repository that cannot be seen at all.
pub(super) fn unseen(asking: &Asking<'_>, name: &str) -> String {
    let gap = asking.gaps.get(name).cloned().unwrap_or_default();
    format!("{} on {}: {}; {}", asking.target.repository, asking.target.api, gap.why, gap.next)
}

/// An answer without what nobody reads: links, prose, people, and the repository again in each item.
fn pruned(value: Value, depth: usize) -> Value {
    const PROSE: [&str; 32] = [
        "url",
        "node_id",
        "body",
        "body_html",
        "body_text",
        "description",
        "description_html",
        "_links",
        "template",
        "steps",
        "output",
        "assets",
        "labels",
        "milestone",
        "repo",
        "repository",
        "head_repository",
        "head_commit",
        "owner",
        "organization",
        "actor",
        "triggering_actor",
        "user",
        "creator",
        "author",
        "assignee",
        "assignees",
        "reviewers",
        "requested_reviewers",
        "merged_by",
        "merge_user",
        "app",
    ];
    match value {
        _ if depth > 12 => Value::Null,
        Value::Object(map) => Value::Object(
            map.into_iter()
                .filter(|(key, _)| !PROSE.contains(&key.as_str()) && (key == "html_url" || key == "web_url" || !key.ends_with("_url")))
                .map(|(key, value)| (key, pruned(value, depth + 1)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| pruned(item, depth + 1)).collect()),
        other => other,
    }
}
