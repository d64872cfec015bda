//! CI pipelines of every vendor in one shape: triggers, jobs, steps, what needs what, who waits for a person.
//!
//! A pipeline file says *when* something runs and *what* runs. Vendors agree on that and on little else, so each has a file
//! of its own here that reads its dialect into the same nouns: a [`Pipeline`] has [`Job`]s, a job has [`Step`]s, a job says
//! which [`Trigger`]s reach it, which jobs must succeed before it and whether a person must act in between.
//!
//! What is read is what the file *means*, as far as that can be known without running it. Filters, conditions and needs are
//! already applied to the triggers: a job that needs a job that only runs for tags only runs for tags. Reusable workflows,
//! local actions, includes, templates and anchors are already followed, and so are the package scripts, make targets and
//! shell scripts that a step calls. What leads out of the repository is listed as [`Unseen`]: unknown, never silently absent.
//!
//! This module does not decide what a deploy or a test is; definitions do, by asking for commands and actions.
//!
//! Everything here is bounded: jobs, steps, needs, files followed, bytes appended. What a cap cuts off is `Unseen` too.

mod azure;
mod bitbucket;
mod buildkite;
mod circleci;
mod cloudbuild;
mod commands;
mod condition;
mod draft;
mod event;
mod github;
mod gitlab;
mod jenkins;
mod patterns;
mod refs;
pub mod see;
mod settle;
mod shell;
mod sources;
mod steps;
mod travis;
mod woodpecker;

use super::data::Format;
use super::node::Node;
use super::roles::role_of;
use crate::definition::words::Role;
pub use crate::definition::words::Trigger;
use draft::Draft;
use sources::Sources;
use std::collections::{HashMap, HashSet};

/// A pipeline file of any vendor.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pipeline {
    /// `github-actions`, `gitlab-ci`, `circleci`, ...
    pub vendor: &'static str,
    /// Path of the file, relative to the repository.
    pub path: String,
    /// The name people see, else the path's stem.
    pub name: String,
    /// The jobs, in the order written. A job whose environment depends on the event or a matrix stands once for each
    /// environment, with the same id and its own triggers.
    pub jobs: Vec<Job>,
    /// What the file refers to that cannot be seen from here.
    pub unseen: Vec<Unseen>,
}

/// Something a pipeline refers to that is not in the repository, or could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// What it is: "reusable workflow octo/ci/.github/workflows/deploy.yml@v2".
    pub what: String,
    /// The file that refers to it, when that is not the pipeline's own.
    pub file: Option<String>,
    /// 1-based line where it is referred to.
    pub line: u32,
}

/// One job.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Job {
    /// Id in the file. Jobs of a reusable workflow have the caller's id before theirs: `deploy/build`.
    pub id: String,
    /// The name people see, else the id.
    pub name: String,
    /// The file it is written in, when that is not the pipeline's own.
    pub file: Option<String>,
    /// 1-based line of the job's key.
    pub line: u32,
    /// What starts it, with the filters that decide whether the default branch is reached already applied. A push that
    /// reaches the default branch is both `Push` and `DefaultBranch`.
    pub triggers: Vec<Trigger>,
    /// Greatest gap between scheduled starts, in hours, when scheduled.
    pub every_hours: Option<f64>,
    /// Ids of jobs of the same pipeline that must succeed before it.
    pub needs: Vec<String>,
    /// Names of pipelines whose success starts it (`workflow_run`); empty when their failure would start it too.
    pub after_pipelines: Vec<String>,
    /// The environment it deploys to.
    pub environment: Option<String>,
    /// True when a person has to act between the trigger and the job. A job that only a person can start is told by its
    /// triggers instead.
    pub manual: bool,
    /// True when it can never run: `if: false`, a hidden template.
    pub disabled: bool,
    /// The image it runs in, as written.
    pub image: Option<String>,
    /// Images of the services beside it, as written. A dump or a migration in a job with a database of its own is a test.
    pub services: Vec<String>,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

/// One step: a command or a ready-made action.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    /// 1-based line.
    pub line: u32,
    /// The file it is written in, when that is not the pipeline's own: a local action, a reusable workflow, an include.
    pub file: Option<String>,
    /// The name people see.
    pub name: Option<String>,
    /// The shell text, comments removed; scripts of the repository that it calls are appended, two levels deep.
    pub run: Option<String>,
    /// The action, orb, plugin or image, without its version.
    pub uses: Option<String>,
    /// The version after `@`, or after `:` of an image.
    pub version: Option<String>,
    /// Inputs of the action, scalars only; a list of scalars stands as lines.
    pub with: Vec<(String, String)>,
    /// The triggers that reach it, when its own condition leaves out some of the job's.
    pub triggers: Option<Vec<Trigger>>,
}

/// Files of the repository, for what a pipeline refers to: local actions, reusable workflows, package scripts.
pub trait Repository {
    /// The text of a file, if it is there and readable.
    fn text(&self, path: &str) -> Option<String>;

    /// The paths of all files, relative to the repository, with `/`. Without them, what must be looked for among the
    /// files (the workflow that `workflow_run` names, the callers of a reusable one) is not found.
    fn paths(&self) -> Vec<String> {
        Vec::new()
    }

    /// The name of the default branch, if it is known; otherwise the usual names count.
    fn default_branch(&self) -> Option<String> {
        None
    }
}

impl Pipeline {
    /// All jobs that must succeed before a job: what it needs, what that needs, and so on. In the order written.
    pub fn ancestors(&self, id: &str) -> Vec<&Job> {
        let by_id = self.by_id();
        let mut seen: HashSet<&str> = HashSet::new();
        let mut waiting: Vec<&str> = vec![id];
        while let Some(id) = waiting.pop() {
            let jobs = by_id.get(id).map(Vec::as_slice).unwrap_or_default();
            let needs = jobs.iter().flat_map(|job| &job.needs).map(String::as_str);
            waiting.extend(needs.filter(|need| seen.insert(need)));
        }
        self.jobs.iter().filter(|job| job.id != id && seen.contains(job.id.as_str())).collect()
    }

    /// The steps that ran before a job starts: those of its ancestors.
    pub fn steps_before(&self, id: &str) -> impl Iterator<Item = &Step> {
        self.ancestors(id).into_iter().filter(|job| !job.disabled).flat_map(|job| &job.steps)
    }

    fn by_id(&self) -> HashMap<&str, Vec<&Job>> {
        let mut by_id: HashMap<&str, Vec<&Job>> = HashMap::new();
        for job in &self.jobs {
            by_id.entry(job.id.as_str()).or_default().push(job);
        }
        by_id
    }
}

impl Job {
    /// True when something other than a person starts it and nothing waits for one on the way.
    pub fn automatic(&self) -> bool {
        !self.disabled && !self.manual && self.triggers.iter().any(|trigger| *trigger != Trigger::Manual)
    }

    /// The triggers that reach one of its steps.
    pub fn triggers_of<'a>(&'a self, step: &'a Step) -> &'a [Trigger] {
        step.triggers.as_deref().unwrap_or(&self.triggers)
    }
}

/// One vendor's reader.
struct Vendor {
    /// The vendor's id when a path is a pipeline of its.
    id: fn(&str) -> Option<&'static str>,
    read: fn(&str, &str, &Sources) -> Result<Draft, String>,
}

const VENDORS: [Vendor; 10] = [
    Vendor { id: github::vendor, read: github::read },
    Vendor { id: gitlab::vendor, read: gitlab::read },
    Vendor { id: circleci::vendor, read: circleci::read },
    Vendor { id: buildkite::vendor, read: buildkite::read },
    Vendor { id: azure::vendor, read: azure::read },
    Vendor { id: jenkins::vendor, read: jenkins::read },
    Vendor { id: woodpecker::vendor, read: woodpecker::read },
    Vendor { id: bitbucket::vendor, read: bitbucket::read },
    Vendor { id: cloudbuild::vendor, read: cloudbuild::read },
    Vendor { id: travis::vendor, read: travis::read },
];

/// The vendor that reads a pipeline from this path, with its id. Some vendors read from any folder, but what lies among
/// tests, documentation, examples or other people's code is not run for this repository.
fn vendor(path: &str) -> Option<(&'static str, &'static Vendor)> {
    let aside = |folder: &str| matches!(role_of(&format!("{folder}/x")), Role::Test | Role::Docs | Role::Example | Role::Vendored);
    if path.rsplit_once('/').is_some_and(|(folder, _)| aside(folder)) {
        return None;
    }
    VENDORS.iter().find_map(|vendor| Some(((vendor.id)(path)?, vendor)))
}

/// True for a path that some vendor reads a pipeline from.
pub fn is_pipeline(path: &str) -> bool {
    vendor(path).is_some()
}

/// Reads a pipeline. `Err` says in words why the file cannot be read at all.
///
/// # Errors
/// When the text is not of the vendor's format, or the path belongs to no vendor.
pub fn read(path: &str, text: &str, repository: &dyn Repository) -> Result<Pipeline, String> {
    let (id, vendor) = vendor(path).ok_or_else(|| "not a pipeline of a known vendor".to_owned())?;
    patterns::start();
    let sources = Sources::new(repository);
    let mut draft = (vendor.read)(path, text, &sources)?;
    if sources.is_spent() {
        draft.cut("scripts called beyond the first ones".to_owned(), 1);
    }
    Ok(draft.finish(id, path))
}

/// The documents of a YAML pipeline.
fn documents(text: &str) -> Result<Vec<Node>, String> {
    documents_of(Format::Yaml, text)
}

/// The documents of a pipeline; an error in words when it cannot be read or holds nothing.
fn documents_of(format: Format, text: &str) -> Result<Vec<Node>, String> {
    let in_words = |unreadable: super::data::Unreadable| match unreadable.line {
        Some(line) => format!("{} (line {line})", unreadable.why),
        None => unreadable.why,
    };
    let documents = super::data::read(format, text).map_err(in_words)?;
    let roots: Vec<Node> = documents.into_iter().map(|document| document.root).collect();
    if roots.is_empty() { Err("is empty".to_owned()) } else { Ok(roots) }
}

#[cfg(test)]
pub(super) mod tests_support {
    use super::*;

    /// A repository of a few files, for tests.
    #[derive(Default)]
    pub struct Files {
        pub files: Vec<(String, String)>,
        pub branch: Option<String>,
    }

    impl Files {
        pub fn new(files: &[(&str, &str)]) -> Self {
            let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
            Files { files, branch: None }
        }
    }

    impl Repository for Files {
        fn text(&self, path: &str) -> Option<String> {
            self.files.iter().find(|(name, _)| name == path).map(|(_, text)| text.clone())
        }
        fn paths(&self) -> Vec<String> {
            self.files.iter().map(|(name, _)| name.clone()).collect()
        }
        fn default_branch(&self) -> Option<String> {
            self.branch.clone()
        }
    }
}
