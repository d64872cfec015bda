//! The written shape of an example: a small repository, its history, what the forge recorded, and the answer it must get.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::words::Level;

/// A small repository and the answer it must get.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Example {
    /// What the example shows, unique in its file.
    pub name: String,
    /// A rung, `nothing`, `unknown`, `not-applicable`, `clear`, the number of findings, or for a measure `met`, `short`, `unmet`.
    pub expect: super::words::Expect,
    /// In a measure: the number that comes out, to within one hundredth of it.
    pub value: Option<f64>,
    /// In a tool file: the rung of single capabilities where it differs from `expect`.
    pub gives: BTreeMap<String, Level>,
    /// Path and text of each file.
    pub files: BTreeMap<String, String>,
    /// Facts of the git history; without them the example is not a git repository.
    pub git: Option<ExampleGit>,
    /// What the forge recorded; without it the forge was not asked.
    pub forge: Option<ExampleForge>,
    /// The text of an `audit.toml`.
    pub config: Option<String>,
}

/// What a forge recorded of an example.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExampleForge {
    /// Whose API it is.
    pub host: super::words::ForgeHost,
    /// The answers by name, as JSON texts in the shape of that API. `{at 3}` is the time three hours before the newest commit, `{id NAME}` the id of the
    /// commit of that name.
    pub answers: BTreeMap<String, String>,
    /// Items of answers that are lists.
    pub rows: Vec<ExampleRow>,
    /// What was asked and refused, by name.
    pub refused: Vec<String>,
}

/// Like items of an answer that is a list, or of the lists in an answer that is a map.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExampleRow {
    /// The answer.
    pub answer: String,
    /// The key of the list, where the answer is a map of lists.
    pub key: Option<String>,
    /// The item as JSON text; beside `{at 3}` and `{id NAME}`, `{n}` is the number in the row.
    pub item: String,
    /// How many such items there are; each is older than the one before by `every_hours`.
    pub repeat: Option<u32>,
    /// Hours between the items of a row; 24 unless written.
    pub every_hours: Option<f64>,
}

/// Facts of an example's git history.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExampleGit {
    /// URLs of the remotes.
    pub remotes: Vec<String>,
    /// Whether the current commit is on a remote-tracking branch.
    pub pushed: bool,
    /// Whether the clone is shallow.
    pub shallow: bool,
    /// Commits of the default branch; they are put in order by their time.
    pub commits: Vec<ExampleCommit>,
    /// Paths of files that git does not track; it tracks the others.
    pub untracked: Vec<String>,
}

/// A commit of an example, or a row of them.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExampleCommit {
    /// `Name <mail>`.
    pub author: String,
    /// Subject, and the body after an empty line. `{n}` is the number in a row, `{id NAME}` the id of the commit of that name.
    pub message: String,
    /// Days before the newest commit.
    pub days_ago: f64,
    /// Paths that the commit touched.
    pub paths: Vec<String>,
    /// A name for `{id NAME}`; `{n}` is the number in a row.
    pub id: String,
    /// Lines added or removed, by path.
    pub lines: BTreeMap<String, u32>,
    /// Makes it the merge of a branch whose commits were written this many hours before.
    pub branch: Vec<f64>,
    /// How many such commits there are; each is older than the one before by `every_hours`.
    pub repeat: Option<u32>,
    /// Hours between the commits of a row; 24 unless written.
    pub every_hours: Option<f64>,
    /// A tag at this commit; `{n}` is the number in a row.
    pub tag: Option<String>,
    /// Makes the tag an annotated one, made this many hours after the commit.
    pub tagged_hours_after: Option<f64>,
}
