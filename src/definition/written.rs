//! The written shape of a definition: what a TOML file under `checks/` may say, word for word.
//!
//! These types are the only description of the language. serde reads them, `schemars` turns them into the JSON
//! Schema that `audit schema` prints and that the strict loader walks, and the doc comments below become the
//! help text of both. Nothing here is validated beyond its shape: [`super::catalogue`] makes the meant shape.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::deep_looks::{CodeLook, CodeRule, ColumnLook, KeyLook, MigrationLook, Protection, SchemaLook};
pub use super::example::{Example, ExampleCommit, ExampleForge, ExampleGit, ExampleRow};

use super::words::{Absent, Kind, Level, OneOrMany, Role, Scope, Severity};

/// A check: one question, the looks that answer it, the advice, and the examples that prove the looks right.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckFile {
    /// The practice in a few words, as a statement: "Exceptions reach a person".
    pub title: String,
    /// The question, answerable by the evidence.
    pub asks: String,
    /// Relative weight inside the category, 1 to 10.
    pub weight: f64,
    /// The rung at which a practice is fully met.
    pub want: Option<Level>,
    /// What "nothing found" means: `unmet` where the repository must show it, `unknown` where it may be set up elsewhere.
    pub if_absent: Option<Absent>,
    /// Why it matters, in one paragraph.
    pub why: String,
    /// What to do next, in order of effort.
    pub fix: String,
    /// Primary sources.
    #[serde(default)]
    pub links: Vec<String>,
    /// When the question makes sense; otherwise the check is not applicable.
    pub applies: Option<Applies>,
    /// Stands for that capability at every rung.
    pub capability: Option<String>,
    /// Named only: a dependency, a stub, a file.
    #[serde(default)]
    pub declared: Vec<Entry>,
    /// Switched on where production would run it.
    #[serde(default)]
    pub configured: Vec<Entry>,
    /// History or CI shows that it really runs.
    #[serde(default)]
    pub exercised: Vec<Entry>,
    /// Seen on the live system.
    #[serde(default)]
    pub observed: Vec<Entry>,
    /// What undoes the practice: caps the answer at `declared`.
    #[serde(default)]
    pub inert: Vec<Entry>,
    /// What should not be there; each entry needs `severity` and `message`.
    #[serde(default)]
    pub hazard: Vec<Entry>,
    /// A number with a unit and thresholds.
    pub measure: Option<Measure>,
    /// Small repositories and the answer each must get. At least one that shows the practice and one that does not.
    #[serde(default)]
    pub example: Vec<Example>,
}

/// A tool: how a product or library is recognised and which capabilities it gives.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolFile {
    /// The product's own name.
    pub title: String,
    /// The product's home page.
    pub home: String,
    /// The capabilities it gives; checks ask for them by name.
    pub provides: Vec<String>,
    /// True for a framework or language that names the stack of the audited application.
    #[serde(default)]
    pub stack: bool,
    /// What a reader should know: a deprecated client, a facade without an exporter.
    pub note: Option<String>,
    /// Named only: a dependency, a stub, a file.
    #[serde(default)]
    pub declared: Vec<Entry>,
    /// Switched on where production would run it.
    #[serde(default)]
    pub configured: Vec<Entry>,
    /// History or CI shows that it really runs.
    #[serde(default)]
    pub exercised: Vec<Entry>,
    /// Seen on the live system.
    #[serde(default)]
    pub observed: Vec<Entry>,
    /// What undoes it: caps the answer at `declared`.
    #[serde(default)]
    pub inert: Vec<Entry>,
    /// Columns that it keeps unreadable in the database, by encrypting or hashing them.
    #[serde(default)]
    pub protects: Vec<Protection>,
    /// Small repositories and the answer each must get.
    #[serde(default)]
    pub example: Vec<Example>,
}

/// A kind of subject: how a self-hosted product, a library or a demo is told from a service that we operate.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectFile {
    /// The kind in a few words.
    pub title: String,
    /// Kinds are tried in ascending order; the first whose evidence holds is the subject's kind.
    pub order: u32,
    /// What shows this kind; any entry suffices.
    pub shown_by: Vec<Entry>,
    /// Small repositories and whether each is of this kind (`configured`) or not (`nothing`).
    #[serde(default)]
    pub example: Vec<Example>,
}

/// Named sets of path patterns, written `@name` wherever a look takes a path.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PathsFile {
    /// The sets: a name and its globs.
    pub sets: BTreeMap<String, Vec<String>>,
}

/// When a check applies. All parts that are written must hold.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Applies {
    /// At least one of these capabilities is present, at any rung.
    pub any: Vec<String>,
    /// All of these capabilities are present, at any rung.
    pub all: Vec<String>,
    /// None of these capabilities is present.
    pub none: Vec<String>,
    /// The subject is of one of these kinds; a kind counts here only when `audit.toml` declares it, for a detected one may be wrong.
    pub kinds: Vec<Kind>,
    /// What to tell the user when it does not apply: "the application takes no uploads".
    pub otherwise: Option<String>,
}

/// One piece of evidence: exactly one key that names a kind of look, or `all`; conditions may stand beside it.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Entry {
    /// A direct dependency of the application, by registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dependency: Option<DependencyLook>,
    /// A file, and what its text says outside comments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<FileLook>,
    /// A value in YAML, JSON, TOML or HCL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<DataLook>,
    /// A shape of code, found in its syntax tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeLook>,
    /// A schema change that is unsafe while the application runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migration: Option<MigrationLook>,
    /// A job or step of a CI pipeline, whatever the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<PipelineLook>,
    /// The repository's remotes, state and history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git: Option<GitLook>,
    /// Tables, columns, keys and indexes of the application's database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<SchemaLook>,
    /// What the forge (GitHub, GitLab) recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forge: Option<ForgeLook>,
    /// Any tool that gives this capability, at this rung or above (inside `all` and `none`: at any rung).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
    /// One tool by its id, at this rung or above (inside `all` and `none`: at any rung).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// A named analysis, for what cannot be said declaratively.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analysis: Option<String>,
    /// All of these must hold too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<Entry>,
    /// None of these may hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub none: Vec<Entry>,
    /// True: it only confirms what is `configured`: it counts where that rung was reached, and of files those that show it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub confirms: bool,
    /// In a tool file: only these of its capabilities are shown by this entry.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gives: Vec<String>,
    /// What to say beside the evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// In a hazard: how bad one finding is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// In a hazard: what is wrong and what to do about it, for one finding. `{NAME}` stands for what the look named so:
    /// a metavariable of a `code` look, the table of a schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// In a hazard: what makes one finding. Unless written, each place is one; `{count}` and `{values}` in the message
    /// tell how many places were put together and what was named `value` at them.
    #[serde(skip_serializing_if = "super::words::Per::is_place")]
    pub per: super::words::Per,
}

/// Direct dependencies by exact name; names are normalised as each registry does.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[serde(deny_unknown_fields, default)]
pub struct DependencyLook {
    /// RubyGems.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gem: Vec<String>,
    /// npm, for npm, yarn, pnpm and bun.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub npm: Vec<String>,
    /// PyPI.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pypi: Vec<String>,
    /// Go modules: the module path itself or any path below it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub go: Vec<String>,
    /// crates.io.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cargo: Vec<String>,
    /// Maven coordinates, `group:artifact`, for Maven and Gradle.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub maven: Vec<String>,
    /// NuGet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nuget: Vec<String>,
    /// Packagist.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub composer: Vec<String>,
    /// Hex.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hex: Vec<String>,
    /// Which dependencies count: those that production installs (`runtime`, the default), those it does not
    /// (`development`), or `any`.
    pub scope: Scope,
}

/// A file by its path and, if asked, what its text says. Comments do not count.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct FileLook {
    /// Globs relative to the audited directory (`**/` at the start matches the root too), or `@set`.
    pub path: OneOrMany,
    /// Globs of files that do not count.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub except: OneOrMany,
    /// Patterns that must all match in one and the same file. `^` and `$` match at lines.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub contains: OneOrMany,
    /// Patterns none of which may match in that file.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub lacks: OneOrMany,
    /// Roles a file may have; production alone unless written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// True: text inside comments counts as well.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub comments: bool,
    /// True: upper and lower case are the same in `path`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ignore_case: bool,
    /// Patterns on what the first of `contains` matched: a match in which one of them matches does not count.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub except_match: OneOrMany,
    /// The value that the first of `contains` matched (its first group without a name, else all of it) is this random at
    /// least, in bits per character (Shannon): 0 for `xxxx`, some 4 for a random token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entropy: Option<f64>,
    /// True: that value is a secret. Of it only its first characters and a fingerprint are shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub redact: bool,
    /// True: only files that git tracks count, where there is a repository.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tracked: bool,
}

/// A value in a structured file, found by RFC 9535 JSONPath. YAML files may hold several documents.
/// A Dockerfile is read as its stages: `$.stages[*].instructions[*].text`.
/// HCL blocks become `$.TYPE.LABEL...[*]`: `$.resource.aws_db_instance.*[*].backup_retention_period`.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct DataLook {
    /// Globs relative to the audited directory, or `@set`.
    pub path: OneOrMany,
    /// Globs of files that do not count.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub except: OneOrMany,
    /// Roles a file may have; production alone unless written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// Conditions on the document: a JSONPath and a pattern that some value it finds must match.
    #[serde(rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub document: BTreeMap<String, String>,
    /// The items to judge one by one; the whole document unless written. `at` and `having` are relative to an item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<String>,
    /// Conditions on an item, as `where` on the document.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub having: BTreeMap<String, String>,
    /// The value to test; the item itself unless written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The value, as text, must match this pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<String>,
    /// The value, as text, must not match this pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lacks: Option<String>,
    /// The first group of this pattern, found in the value, is not the owner of one of the repository's remotes:
    /// `^([^/]+)/` for the actions of other people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign: Option<String>,
    /// The value is an object with a key that matches this pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The value is a number, at least this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The value is a number, at most this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// The value is a schedule (cron in any dialect, `@daily`, `rate(1 day)`, `1d`) whose greatest gap is at most this many hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_hours: Option<f64>,
    /// True: the value, or what the first group of `matches` without a name matched in it, is a secret, of which only the
    /// first characters and a fingerprint are shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub redact: bool,
    /// What it means when `at` finds nothing in an item: it `fails` (default), `holds` or is `unknown`.
    pub absent: super::words::AbsentValue,
}

/// A job or step of a CI pipeline. Everything that is written must hold for one and the same job.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct PipelineLook {
    /// At least one of these triggers reaches the job.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<super::words::Trigger>,
    /// A step runs a command that matches (package scripts, make targets and scripts of the repository are followed).
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub runs: OneOrMany,
    /// Or a step uses one of these actions, orbs, plugins or images (without version; a name ending in `/` stands for all below it).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<String>,
    /// The name or id of the job matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// The job deploys to an environment whose name matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// No command of the job matches.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub without: OneOrMany,
    /// A step that matches this pattern ran before: in an earlier step, in a job that this one needs, or in the
    /// workflow whose success starts this one.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub after: OneOrMany,
    /// True: nothing waits for a person between the trigger and the job. False: something does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automatic: Option<bool>,
    /// The job is scheduled, with a greatest gap of at most this many hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_hours: Option<f64>,
}

/// The repository's remotes, state and history.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[serde(deny_unknown_fields, default)]
pub struct GitLook {
    /// Some remote's URL matches this pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// The current commit is on a remote-tracking branch.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pushed: bool,
    /// Some commit's author, as `Name <mail>`, matches this pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// That commit's subject or body matches this pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// That commit touched a path that matches one of these globs.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub path: OneOrMany,
    /// Only commits at most this many days before the newest one; 90 unless written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_days: Option<u32>,
}

/// What the forge answered: one of the lists that are the same for every forge (`deployments`, `runs`, `changes`), or an answer as it came
/// (`github/rules`, `gitlab/protected-branches`).
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct ForgeLook {
    /// The list or answer.
    pub answer: String,
    /// The items to judge one by one; the whole answer unless written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<String>,
    /// Conditions on an item: a JSONPath and a pattern that some value it finds must match.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub having: BTreeMap<String, String>,
    /// The value to test; the item itself unless written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The value, as text, must match this pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<String>,
    /// The value, as text, must not match this pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lacks: Option<String>,
    /// The value is a number, at least this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The value is a number, at most this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

/// How a measured number becomes a score.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The named values that answer it, best first: the first that could be measured on a large enough sample counts.
    pub value: OneOrMany,
    /// Its unit: `s`, `min`, `h`, `days`, `%`, `per week`, `lines`.
    pub unit: String,
    /// At this value, and beyond it, the score is full.
    pub full: f64,
    /// At this value, and beyond it, the score is nothing.
    pub none: f64,
    /// How the score runs between the two.
    #[serde(default)]
    pub scale: super::words::Scale,
    /// The smallest sample that may be judged.
    pub sample: u32,
    /// Named values shown beside it; they are not scored.
    #[serde(default)]
    pub beside: Vec<String>,
    /// The name of a published scale: "DORA Quick Check".
    #[serde(default)]
    pub published: Option<String>,
    /// The levels of that scale: their words may be attested, and the one that fits is shown beside the number.
    #[serde(default)]
    pub level: Vec<MeasureLevel>,
}

/// One level of a published scale, in the measure's unit.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasureLevel {
    /// Its words, as published.
    pub says: String,
    /// Values from here on; from the smallest unless written.
    pub from: Option<f64>,
    /// Values below this; without an end unless written.
    pub below: Option<f64>,
}
