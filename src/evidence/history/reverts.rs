//! Changes that were taken back. A revert says so in its subject (`Revert "..."`) or names a commit in its body (`This reverts commit ...`);
//! both are read, because each alone misses many.
//!
//! A revert that was itself reverted stands for nothing: neither it nor what took it back is told. Nor is one that takes back what
//! came with the same landing: that never reached the branch.

use std::sync::OnceLock;

use regex::Regex;

use super::{History, pattern};
use crate::evidence::git::Commit;

/// A change that was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revert {
    /// The commit that took it back.
    pub by: usize,
    /// The commit that was taken back, where it is known.
    pub of: Option<usize>,
}

/// What a message says it takes back.
struct Says<'m> {
    /// The subject of what is taken back.
    quoted: Option<&'m str>,
    /// Ids of commits.
    ids: Vec<&'m str>,
    /// Numbers of pull requests.
    requests: Vec<&'m str>,
}

fn says(message: &str) -> Option<Says<'_>> {
    static SUBJECT: OnceLock<Option<Regex>> = OnceLock::new();
    static BODY: OnceLock<Option<Regex>> = OnceLock::new();
    static REQUEST: OnceLock<Option<Regex>> = OnceLock::new();
    let (subject, body) = message.split_once('\n').unwrap_or((message, ""));
    let quoted = pattern(r#"^(?:[Rr]evert|Reapply)(?:ed|s)?(?:\([^)]*\))?[ :]+"?(.+?)"?(?: \([#!]\d+\))?\s*$"#, &SUBJECT)?
        .captures(subject)
        .and_then(|found| found.get(1))
        .map(|found| found.as_str());
    let ids = pattern(r"(?m)^This reverts commits? ([0-9a-f]{7,64})\b", &BODY)?;
    let ids: Vec<&str> = ids.captures_iter(body).filter_map(|found| Some(found.get(1)?.as_str())).collect();
    let requests = pattern(r"(?m)^Reverts (?:\S+)?[#!](\d+)", &REQUEST)?;
    let requests =
        if quoted.is_some() { requests.captures_iter(body).filter_map(|found| Some(found.get(1)?.as_str())).collect() } else { Vec::new() };
    (quoted.is_some() || !ids.is_empty()).then_some(Says { quoted, ids, requests })
}

/// A subject without the number of its pull request.
fn bare(subject: &str) -> &str {
    static NUMBER: OnceLock<Option<Regex>> = OnceLock::new();
    let subject = subject.lines().next().unwrap_or_default().trim();
    let end = pattern(r"\s*\([#!]\d+\)$", &NUMBER).and_then(|number| number.find(subject)).map_or(subject.len(), |found| found.start());
    &subject[..end]
}

impl History<'_> {
    /// The changes of the last year that were taken back and stayed so, in the order in which that landed.
    pub fn reverts(&self) -> Vec<Revert> {
        let mut order: Vec<usize> = (0..self.commits.len()).filter(|at| self.landing_of(*at).is_some()).collect();
        order.sort_by_key(|at| (self.landing_of(*at).map(|landing| landing.time), self.commits[*at].time));
        let mut found: Vec<Revert> = Vec::new();
        for at in order.iter().copied().filter(|at| self.commits[*at].parents.len() < 2) {
            let Some(says) = says(&self.commits[at].message) else { continue };
            let of = self.target(&says, at);
            let landed = |commit: usize| self.landing_of(commit).map(|landing| landing.commit);
            // A body alone may be the history of a branch, squashed into one message: what it names never landed here.
            if (of.is_none() && says.quoted.is_none()) || of.is_some_and(|of| landed(of) == landed(at)) {
                continue;
            }
            if let Some(undone) = self.undone(&says, of, &found) {
                found.remove(undone);
            } else {
                found.push(Revert { by: at, of });
            }
        }
        found
    }

    /// The commit that is taken back.
    fn target(&self, says: &Says<'_>, by: usize) -> Option<usize> {
        let before = |at: &usize| *at != by && self.landing_of(*at).is_some() && self.commits[*at].time <= self.commits[by].time;
        let newest = |wanted: &dyn Fn(&Commit) -> bool| (0..self.commits.len()).find(|at| before(at) && wanted(&self.commits[*at]));
        let by_id = says.ids.iter().filter_map(|id| self.find(id)).find(|at| before(at));
        by_id
            .or_else(|| {
                let number = says.requests.first()?;
                newest(&|commit| {
                    let subject = commit.message.lines().next().unwrap_or_default();
                    subject.ends_with(&format!("(#{number})")) || subject.starts_with(&format!("Merge pull request #{number} "))
                })
            })
            .or_else(|| {
                let quoted = bare(says.quoted?);
                (says.ids.is_empty() && quoted.len() >= 8).then(|| newest(&|commit| bare(&commit.message) == quoted))?
            })
    }

    /// The earlier revert that this one takes back.
    fn undone(&self, says: &Says<'_>, of: Option<usize>, found: &[Revert]) -> Option<usize> {
        if let Some(of) = of {
            return found.iter().rposition(|revert| revert.by == of);
        }
        let inner = self::says(says.quoted?)?.quoted.map(bare)?;
        found.iter().rposition(|revert| self::says(&self.commits[revert.by].message).and_then(|says| says.quoted).map(bare) == Some(inner))
    }
}
