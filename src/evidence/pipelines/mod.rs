//! CI pipelines of every vendor in one shape: triggers, jobs, steps, what needs what, who waits for a person.

pub mod see;

pub use crate::definition::words::Trigger;

/// A pipeline file of any vendor.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pipeline {
    /// `github-actions`, `gitlab-ci`, `circleci`, ...
    pub vendor: &'static str,
    /// Path of the file, relative to the repository.
    pub path: String,
    /// The name people see, else the path's stem.
    pub name: String,
    /// The jobs, in the order written.
    pub jobs: Vec<Job>,
    /// What the file refers to that cannot be seen from here.
    pub unseen: Vec<Unseen>,
}

/// Something a pipeline refers to that is not in the repository, or could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// What it is: "reusable workflow octo/ci/.github/workflows/deploy.yml@v2".
    pub what: String,
    /// 1-based line where it is referred to.
    pub line: u32,
}

/// One job.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Job {
    /// Id in the file.
    pub id: String,
    /// The name people see, else the id.
    pub name: String,
    /// 1-based line of the job's key.
    pub line: u32,
    /// What starts it, with the filters that decide whether the default branch is reached already applied.
    pub triggers: Vec<Trigger>,
    /// Greatest gap between scheduled starts, in hours, when scheduled.
    pub every_hours: Option<f64>,
    /// Ids of jobs of the same pipeline that must succeed before it.
    pub needs: Vec<String>,
    /// Names of pipelines whose success starts it (`workflow_run`).
    pub after_pipelines: Vec<String>,
    /// The environment it deploys to.
    pub environment: Option<String>,
    /// True when a person has to act between the trigger and the job.
    pub manual: bool,
    /// True when it can never run: `if: false`, a hidden template.
    pub disabled: bool,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

/// One step: a command or a ready-made action.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    /// 1-based line.
    pub line: u32,
    /// The name people see.
    pub name: Option<String>,
    /// The shell text, comments removed; scripts of the repository that it calls are appended, one level deep.
    pub run: Option<String>,
    /// The action, orb, plugin or image, without its version.
    pub uses: Option<String>,
    /// The version after `@`.
    pub version: Option<String>,
    /// Inputs of the action, scalars only.
    pub with: Vec<(String, String)>,
}

/// Files of the repository, for what a pipeline refers to: local actions, reusable workflows, package scripts.
pub trait Repository {
    /// The text of a file, if it is there and readable.
    fn text(&self, path: &str) -> Option<String>;

    /// The paths of all files.
    fn paths(&self) -> Vec<String>;

    /// The branch that the remote calls its default.
    fn default_branch(&self) -> Option<String>;
}

/// True for a path that some vendor reads a pipeline from.
pub fn is_pipeline(_path: &str) -> bool {
    false
}

/// Reads a pipeline. `Err` says in words why the file cannot be read at all.
pub fn read(_path: &str, _text: &str, _repository: &dyn Repository) -> Result<Pipeline, String> {
    Ok(Pipeline::default())
}

impl Pipeline {
    /// The jobs that must succeed before a job.
    pub fn ancestors(&self, _id: &str) -> Vec<&Job> {
        Vec::new()
    }
}
