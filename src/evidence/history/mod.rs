//! The history of the default branch as a row of landings: what came in, when, from whom, and what of it was taken back or released.
//!
//! A **landing** is a commit along the first parents: a merge with the commits that it brought, a squash (its subject names the
//! pull request), or a commit that was pushed directly. A merge of the default branch into itself brings nothing new. A landing belongs to a
//! **bot** if all that it brought was written by bots: who pressed the button does not matter.
//!
//! What git cannot tell is not guessed: a shallow clone, a history without landings, tags that are no releases are gaps.

mod reverts;
mod tags;

use std::collections::HashMap;
use std::sync::OnceLock;

use regex::Regex;

use super::Gap;
use super::git::{Commit, GitFacts, MOST_COMMITS};

pub use reverts::Revert;
pub use tags::Release;

/// The days before the newest landing that are measured.
pub const WINDOW_DAYS: i64 = 90;
/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// How a change came to the default branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A merge commit, with the commits that it brought.
    Merge,
    /// One commit for a whole pull request, whose own commits are gone.
    Squash,
    /// Pushed as it is, or rebased.
    Direct,
    /// The branch merged into itself: others had landed in the meantime.
    Sync,
}

/// One step of the default branch.
#[derive(Debug, Clone)]
pub struct Landing {
    /// The commit, by its place in [`History::commits`].
    pub commit: usize,
    /// How it came.
    pub kind: Kind,
    /// All that it brought was written by bots.
    pub bot: bool,
    /// When the oldest of what it brought was written, seconds since 1970.
    pub first: i64,
    /// When it landed, seconds since 1970.
    pub time: i64,
}

/// The history of the default branch.
pub struct History<'a> {
    /// The repository that it is read from.
    pub git: &'a GitFacts,
    /// The commits of the last year, newest first.
    pub commits: &'a [Commit],
    /// The newest commit of the default branch.
    pub tip: String,
    /// When that one landed, seconds since 1970: the end of the window.
    pub end: i64,
    /// The landings of the last year, newest first.
    pub landings: Vec<Landing>,
    /// The landing with which each commit came, if it came within the year.
    landed: Vec<Option<usize>>,
    index: HashMap<&'a str, usize>,
}

/// A gap in what git tells.
pub fn gap(why: impl Into<String>, next: impl Into<String>) -> Gap {
    Gap { what: "git history".into(), why: why.into(), next: next.into() }
}

impl<'a> History<'a> {
    /// The history of a repository.
    ///
    /// # Errors
    /// No repository, no commits, a shallow clone, more commits than are read.
    pub fn of(git: &'a GitFacts) -> Result<History<'a>, Gap> {
        if let Some(gap) = &git.gap {
            return Err(gap.clone());
        }
        if git.shallow {
            let next = "git fetch --unshallow --tags (in GitHub Actions: fetch-depth: 0 and fetch-tags: true), then run the audit again";
            return Err(gap("the clone is shallow: its history is cut off", next));
        }
        let index: HashMap<&str, usize> = git.commits.iter().enumerate().map(|(at, commit)| (commit.id.as_str(), at)).collect();
        let tip = git.default_tip().filter(|id| index.contains_key(id.as_str()));
        let Some(tip) = tip else {
            return Err(gap("the default branch has no commit in the last year", "run the audit where people work"));
        };
        let end = git.commits[index[tip.as_str()]].time;
        if git.commits.len() >= MOST_COMMITS && git.commits.iter().map(|commit| commit.time).min() > Some(end - WINDOW_DAYS * DAY) {
            return Err(gap("there are more commits than this audit reads", "measure one application at a time"));
        }
        let mut history =
            History { git, commits: &git.commits, tip, end, landings: Vec::new(), landed: vec![None; git.commits.len()], index };
        history.land();
        Ok(history)
    }

    fn land(&mut self) {
        let mut chain = Vec::new();
        let mut next = self.index.get(self.tip.as_str()).copied();
        while let Some(at) = next {
            chain.push(at);
            next = self.commits[at].parents.first().and_then(|id| self.index.get(id.as_str()).copied());
        }
        // From the oldest on, so that each commit belongs to the landing that brought it first.
        let mut landings: Vec<Landing> = Vec::with_capacity(chain.len());
        chain.iter().enumerate().for_each(|(place, at)| self.landed[*at] = Some(place));
        for (place, at) in chain.iter().enumerate().rev() {
            let brought = self.bring(*at, place);
            landings.push(self.landing(*at, &brought));
        }
        landings.reverse();
        self.landings = landings;
    }

    /// The commits that a landing brought beside itself.
    fn bring(&mut self, at: usize, place: usize) -> Vec<usize> {
        let mut brought = Vec::new();
        let place_of = |id: &String| self.index.get(id.as_str()).copied();
        let mut left: Vec<usize> = self.commits[at].parents.iter().skip(1).filter_map(place_of).collect();
        while let Some(commit) = left.pop() {
            if self.landed[commit].is_none() {
                self.landed[commit] = Some(place);
                brought.push(commit);
                left.extend(self.commits[commit].parents.iter().filter_map(place_of));
            }
        }
        brought
    }

    fn landing(&self, at: usize, brought: &[usize]) -> Landing {
        let commit = &self.commits[at];
        let kind = kind_of(commit, self.git.default_branch.as_deref());
        let mut written: Vec<&Commit> = brought.iter().map(|at| &self.commits[*at]).filter(|commit| commit.parents.len() < 2).collect();
        if written.is_empty() {
            written.push(commit);
        }
        // A squash is stamped when it lands, so its author's date tells nothing either.
        let first = written.iter().map(|commit| commit.authored).min().unwrap_or(commit.time);
        Landing { commit: at, kind, bot: written.iter().all(|commit| is_bot(&commit.author)), first, time: commit.time }
    }

    /// When the window begins, seconds since 1970.
    pub fn start(&self) -> i64 {
        self.end - WINDOW_DAYS * DAY
    }

    /// The landings of the window without merges of the branch into itself, newest first.
    pub fn recent(&self) -> impl Iterator<Item = &Landing> {
        let start = self.start();
        self.landings.iter().filter(move |landing| landing.time > start && landing.time <= self.end && landing.kind != Kind::Sync)
    }

    /// What is a change here: merges and squashes where people use them, else every commit. Bots are left out.
    pub fn is_change(&self) -> impl Fn(&Landing) -> bool + use<> {
        let reviewed = self.recent().any(|landing| !landing.bot && matches!(landing.kind, Kind::Merge | Kind::Squash));
        move |landing| {
            !landing.bot && if reviewed { matches!(landing.kind, Kind::Merge | Kind::Squash) } else { landing.kind == Kind::Direct }
        }
    }

    /// The landing with which a commit came.
    pub fn landing_of(&self, commit: usize) -> Option<&Landing> {
        self.landed[commit].and_then(|place| self.landings.get(place))
    }

    /// A commit by its id, or by the first digits of it where they name one alone.
    pub fn find(&self, id: &str) -> Option<usize> {
        if let Some(at) = self.index.get(id) {
            return Some(*at);
        }
        let mut found = self.commits.iter().enumerate().filter(|(_, commit)| id.len() >= 7 && commit.id.starts_with(id)).map(|(at, _)| at);
        found.next().filter(|_| found.next().is_none())
    }

    /// The commits that one commit leads to and that no commit asked for before has: what came between the two.
    pub fn unseen_from(&self, commit: usize, seen: &mut [bool]) -> Vec<usize> {
        let (mut left, mut found) = (vec![commit], Vec::new());
        while let Some(at) = left.pop() {
            if !std::mem::replace(&mut seen[at], true) {
                found.push(at);
                left.extend(self.commits[at].parents.iter().filter_map(|id| self.index.get(id.as_str()).copied()));
            }
        }
        found
    }
}

fn pattern(text: &'static str, slot: &'static OnceLock<Option<Regex>>) -> Option<&'static Regex> {
    slot.get_or_init(|| Regex::new(text).ok()).as_ref()
}

/// Whether a name and mail belong to a program.
pub fn is_bot(author: &str) -> bool {
    static BOT: OnceLock<Option<Regex>> = OnceLock::new();
    let known = r"(?i)\[bot\]|^[^<]*[-_ ](?:ro)?bot\b[^<]*<|^(?:dependabot|renovate|greenkeeper|depfu|bors|mergify|weblate|hosted weblate|github[- ]actions?|\w+bot) <|<(?:bot|noreply\+bot|actions?)@";
    pattern(known, &BOT).is_some_and(|bot| bot.is_match(author))
}

fn kind_of(commit: &Commit, default_branch: Option<&str>) -> Kind {
    static SYNC: OnceLock<Option<Regex>> = OnceLock::new();
    static SQUASH: OnceLock<Option<Regex>> = OnceLock::new();
    let subject = commit.message.lines().next().unwrap_or_default();
    if commit.parents.len() > 1 {
        let branch = pattern(r"^Merge (?:remote-tracking )?branch '(?:origin/|upstream/)?([^']+)'(?: of \S+)?(?: into (\S+))?$", &SYNC)
            .and_then(|sync| sync.captures(subject))
            .and_then(|found| found.get(1));
        let itself = |name: &str| Some(name) == default_branch || ["main", "master", "trunk"].contains(&name);
        return if branch.is_some_and(|name| itself(name.as_str())) { Kind::Sync } else { Kind::Merge };
    }
    let squash = pattern(r"[ (](?:#|!|pull request #)\d+\)\s*$|^Merged PR \d+:", &SQUASH).is_some_and(|squash| squash.is_match(subject));
    if squash { Kind::Squash } else { Kind::Direct }
}
