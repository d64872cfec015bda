//! Which migrations have not shipped. With a base revision: those that the change adds. Without one nobody can tell, and
//! the newest [`NEWEST`] stand for them, as a reviewer would take them: by the date they came into the main line, else by
//! the date or number in their names. What came with the first commit, or in one heap, was not written for running tables.

use std::collections::{BTreeMap, BTreeSet};

use super::sources::{Source, seconds_of};
use crate::evidence::git::GitFacts;
use crate::evidence::world::FileEntry;

/// As many migrations as are taken for not yet shipped.
pub const NEWEST: usize = 20;
/// More migrations in one commit were moved or copied there.
const HEAP: usize = NEWEST;

/// A migration in the window.
#[derive(Debug, Clone)]
pub struct Recent {
    /// Where it stands among the sources.
    pub source: usize,
    /// The commit that brought it into the main line.
    pub commit: Option<String>,
    /// Seconds since 1970, where anything says it.
    pub time: Option<i64>,
}

/// The migrations of the window, oldest first.
pub fn recent(sources: &[Source], entries: &[FileEntry], git: &GitFacts, since: Option<&BTreeSet<String>>) -> Vec<Recent> {
    let plain = |at: usize| Recent { source: at, commit: None, time: seconds_of(sources[at].order) };
    let path = |at: usize| entries[sources[at].index].path.as_str();
    let mut found: Vec<Recent> = if let Some(changed) = since {
        (0..sources.len()).filter(|at| changed.contains(path(*at))).map(plain).collect()
    } else if let Some(added) = added(sources, entries, git) {
        added
    } else {
        by_name(sources).into_iter().map(plain).collect()
    };
    found.sort_by_key(|recent| (recent.time, sources[recent.source].order, recent.source));
    if since.is_none() {
        let more = found.len().saturating_sub(NEWEST);
        found.drain(..more);
    }
    found
}

/// The newest by their names. Numbers of different folders say nothing about each other, so each folder gives its share.
fn by_name(sources: &[Source]) -> Vec<usize> {
    let dated = sources.iter().all(|source| seconds_of(source.order).is_some());
    let mut folders: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, source) in sources.iter().enumerate() {
        folders.entry(if dated { "" } else { &source.folder }).or_default().push(at);
    }
    let share = (NEWEST / folders.len().max(1)).max(1);
    let newest = folders.into_values().flat_map(|mut all| {
        all.sort_by_key(|at| (sources[*at].order, *at));
        all.split_off(all.len().saturating_sub(share))
    });
    newest.collect()
}

/// When each came into the main line; nothing where git cannot tell.
fn added(sources: &[Source], entries: &[FileEntry], git: &GitFacts) -> Option<Vec<Recent>> {
    let folders: BTreeSet<&str> = sources.iter().map(|source| source.folder.as_str()).collect();
    let commits = git.additions(&folders)?;
    let by_path: BTreeMap<&str, usize> = sources.iter().enumerate().map(|(at, source)| (entries[source.index].path.as_str(), at)).collect();
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for commit in &commits {
        let here: Vec<usize> = commit.paths.iter().filter_map(|path| by_path.get(path.as_str()).copied()).collect();
        let counted = !commit.first && here.len() <= HEAP;
        for at in here.into_iter().filter(|at| seen.insert(*at)) {
            if counted {
                found.push(Recent { source: at, commit: Some(commit.id.clone()), time: Some(commit.time) });
            }
        }
    }
    // What git does not track yet is the newest of all.
    let newest = commits.iter().map(|commit| commit.time).max();
    let tracked: BTreeSet<&str> = git.tracked.iter().map(String::as_str).collect();
    if !tracked.is_empty() {
        let fresh = by_path.iter().filter(|(path, at)| !tracked.contains(**path) && !seen.contains(*at));
        found.extend(fresh.map(|(_, at)| Recent { source: *at, commit: None, time: newest }));
    }
    Some(found)
}
