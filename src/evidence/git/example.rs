//! The history that a definition's example describes, as the facts of a repository.

use std::collections::BTreeMap;

use super::{Commit, DAY, GitFacts, History, Tag, gap, without_credentials};
use crate::definition::catalogue::digest;
use crate::definition::written::{ExampleCommit, ExampleGit};

/// When the newest commit of every example was made.
pub const NEWEST: i64 = 1_780_000_000;
const HOUR: f64 = 3600.0;
/// The longest row of commits.
const MOST: u32 = 2000;

impl GitFacts {
    /// The facts of an example; without any, it is no repository.
    pub fn of_example(example: Option<&ExampleGit>) -> GitFacts {
        let Some(example) = example else {
            let gap = gap("this directory is not in a git repository", "run the audit in a clone of the repository");
            return GitFacts { gap: Some(gap), ..GitFacts::default() };
        };
        let (commits, tags) = Row::all(&example.commits);
        GitFacts {
            remotes: example.remotes.iter().map(|url| without_credentials(url)).collect(),
            head: Some(commits.first().map_or_else(|| "0".repeat(40), |commit| commit.id.clone())),
            on_remote: example.pushed.then(|| "origin/main".to_owned()),
            default_branch: Some("main".into()),
            shallow: example.shallow,
            commits,
            history: History::Given(tags),
            ..GitFacts::default()
        }
    }
}

/// The ids of an example's commits that have a name.
pub fn names(example: &ExampleGit) -> BTreeMap<String, String> {
    let rows = example.commits.iter().enumerate().flat_map(|(at, written)| Row::of(at, written));
    rows.filter(|row| !row.written.id.is_empty()).map(|row| (row.fill(&row.written.id), row.id.clone())).collect()
}

/// One commit of the default branch.
struct Row<'a> {
    written: &'a ExampleCommit,
    number: u32,
    id: String,
    time: i64,
}

impl Row<'_> {
    fn all(written: &[ExampleCommit]) -> (Vec<Commit>, Vec<Tag>) {
        let mut rows: Vec<Row<'_>> = written.iter().enumerate().flat_map(|(at, written)| Row::of(at, written)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.time));
        let names: BTreeMap<String, String> = rows.iter().map(|row| (row.fill(&row.written.id), row.id.clone())).collect();
        let (mut commits, mut tags) = (Vec::new(), Vec::new());
        for (at, row) in rows.iter().enumerate() {
            row.add(rows.get(at + 1).map(|older| older.id.clone()), &names, &mut commits);
            tags.extend(row.tag());
        }
        commits.sort_by_key(|commit| std::cmp::Reverse(commit.time));
        (commits, tags)
    }

    fn of(at: usize, written: &ExampleCommit) -> impl Iterator<Item = Row<'_>> {
        (0..written.repeat.unwrap_or(1).min(MOST)).map(move |number| {
            let before = written.days_ago * DAY as f64 + f64::from(number) * written.every_hours.unwrap_or(24.0) * HOUR;
            Row { written, number, id: digest(&format!("{at} {number}"), 40), time: NEWEST - before as i64 }
        })
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{n}", &self.number.to_string())
    }

    fn add(&self, parent: Option<String>, names: &BTreeMap<String, String>, commits: &mut Vec<Commit>) {
        let message =
            names.iter().fold(self.fill(&self.written.message), |message, (name, id)| message.replace(&format!("{{id {name}}}"), id));
        let commit = Commit {
            id: self.id.clone(),
            parents: parent.clone().into_iter().collect(),
            time: self.time,
            authored: self.time,
            author: self.written.author.clone(),
            message,
            paths: self.written.paths.clone(),
            lines: self.written.lines.iter().map(|(path, lines)| (path.clone(), u64::from(*lines))).collect(),
        };
        let mut below = parent;
        for (at, hours) in self.written.branch.iter().enumerate() {
            let (id, time) = (digest(&format!("{} {at}", self.id), 40), self.time - (hours * HOUR) as i64);
            let message = "On a branch".to_owned();
            let parents = below.replace(id.clone()).into_iter().collect();
            commits.push(Commit { id, parents, time, authored: time, message, lines: Vec::new(), paths: Vec::new(), ..commit.clone() });
        }
        let branch = below.filter(|_| !self.written.branch.is_empty());
        commits.push(Commit { parents: commit.parents.iter().cloned().chain(branch).collect(), ..commit });
    }

    fn tag(&self) -> Option<Tag> {
        let name = self.fill(self.written.tag.as_ref()?);
        let made = self.written.tagged_hours_after.map(|hours| self.time + (hours * HOUR) as i64);
        Some(Tag { name, commit: self.id.clone(), made })
    }
}
