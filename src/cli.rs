//! The command line: clap shapes, and what they mean.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::civil::Date;

/// Audits how confident you can be in a production application: evidence for errors, data, speed, security and lead time.
#[derive(Debug, Parser)]
#[command(name = "audit", version, about, args_conflicts_with_subcommands = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 confident enough, 1 below a threshold, 2 usage, configuration or definition error, 3 the audit could not be completed."
)]
pub struct Cli {
    /// What to do; without a word, a directory is audited.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// An audit.
    #[command(flatten)]
    pub run: RunArgs,
}

/// Everything but the audit itself.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the checks, or the tools that they know
    List(ListArgs),
    /// Explain a check or tool: question, why, rungs, fix, links, and its examples with their result
    Explain(ExplainArgs),
    /// Run the examples inside definitions and tell which entries no example needs
    Test(TestArgs),
    /// Write a new definition to start from
    New(NewArgs),
    /// Print a JSON Schema
    Schema(SchemaArgs),
    /// Judge a saved dossier again
    Judge(JudgeArgs),
    /// Compare two reports, dossiers or revisions, and tell what each point of the change comes from
    Diff(DiffArgs),
    /// Write a first audit.toml and the CI step
    Init(InitArgs),
    /// Show or write the missing file where a file is the fix
    Fix(FixArgs),
    /// Draw the score over time
    Trend(TrendArgs),
    /// Ask the forge and save what it recorded, for `audit --forge-data`
    Forge(ForgeArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// An audit of a directory.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The directory to audit
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// Save everything that was seen, to be judged again with `audit judge`
    #[arg(long, value_name = "FILE")]
    pub save_dossier: Option<PathBuf>,
    /// Report only hazards that were brought in since REV left its branch: for pull requests
    #[arg(long, value_name = "REV")]
    pub since: Option<String>,
    /// Threads that read files (default: one per core)
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// Use the definitions that the repository itself brings under .audit/checks
    #[arg(long)]
    pub allow_repo_checks: bool,
    /// Ask GitHub or GitLab for deployments, runs, pull requests and branch rules, with GITHUB_TOKEN, GH_TOKEN or GITLAB_TOKEN if it is set
    #[arg(long, conflicts_with = "forge_data")]
    pub forge: bool,
    /// Use what `audit forge --save` collected; no network
    #[arg(long, value_name = "FILE")]
    pub forge_data: Option<PathBuf>,
    /// How to judge and show
    #[command(flatten)]
    pub judging: JudgingArgs,
}

/// What to ask the forge about.
#[derive(Debug, Args)]
pub struct ForgeArgs {
    /// A clone of the repository; its remote tells the forge, unless GITHUB_REPOSITORY or CI_PROJECT_ID does
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// Where to write what was recorded
    #[arg(long, value_name = "FILE")]
    pub save: PathBuf,
}

/// A saved dossier, judged again.
#[derive(Debug, Args)]
pub struct JudgeArgs {
    /// The dossier that `--save-dossier` wrote
    #[arg(value_name = "DOSSIER")]
    pub dossier: PathBuf,
    /// How to judge and show
    #[command(flatten)]
    pub judging: JudgingArgs,
}

/// How to judge and show.
#[derive(Debug, Args)]
pub struct JudgingArgs {
    /// Format of the report on stdout
    #[arg(long, value_name = "FORMAT", default_value = "terminal", help_heading = "Report")]
    pub format: Format,
    /// Write the report to a file as well; repeatable
    #[arg(long, value_name = "FORMAT=FILE", value_parser = output, help_heading = "Report")]
    pub output: Vec<(Format, PathBuf)>,
    /// The score line and the categories alone
    #[arg(long, short, conflicts_with = "verbose", help_heading = "Report")]
    pub quiet: bool,
    /// All evidence, and what was looked for where nothing was found
    #[arg(long, short, help_heading = "Report")]
    pub verbose: bool,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Report")]
    pub color: Colour,
    /// What must hold
    #[command(flatten)]
    pub gate: GateArgs,
    /// A JSON report of an earlier audit: tells what changed since, and why
    #[arg(long, value_name = "FILE", help_heading = "Over time")]
    pub baseline: Option<PathBuf>,
    /// Append this audit to the history in a folder, for `audit trend`
    #[arg(long, value_name = "DIR", help_heading = "Over time")]
    pub history: Option<PathBuf>,
    /// What to ask, and for which day
    #[command(flatten)]
    pub pick: PickArgs,
}

/// What must hold; exit code 1 where it does not.
#[derive(Debug, Args)]
pub struct GateArgs {
    /// Exit with 1 when `proven` is below this (0 to 100), or that of a category: security=70; repeatable
    #[arg(long, value_name = "[CATEGORY=]N", value_parser = threshold, help_heading = "Thresholds")]
    pub fail_under: Vec<(Option<String>, f64)>,
    /// Exit with 1 when `possible` is below this (0 to 100)
    #[arg(long, value_name = "N", value_parser = points, help_heading = "Thresholds")]
    pub fail_under_possible: Option<f64>,
    /// Exit with 1 when a check that matches is short or unmet, or a hazard has findings (of a severity, or above); repeatable
    #[arg(long, value_name = "GLOB[:SEVERITY]", help_heading = "Thresholds")]
    pub fail_on: Vec<String>,
    /// What is unknown counts as if it were not there, for --fail-on and --fail-under-possible
    #[arg(long, help_heading = "Thresholds")]
    pub strict: bool,
    /// Exit with 1 when less is proven than in the baseline, or a check fell
    #[arg(long, help_heading = "Thresholds")]
    pub fail_on_regression: bool,
}

/// What to ask, and for which day.
#[derive(Debug, Args)]
pub struct PickArgs {
    /// Only checks whose id matches; repeatable
    #[arg(long, value_name = "GLOB", help_heading = "Checks")]
    pub only: Vec<String>,
    /// No checks whose id matches; repeatable
    #[arg(long, value_name = "GLOB", help_heading = "Checks")]
    pub skip: Vec<String>,
    /// Further definitions: a folder with category, tools and subjects folders; repeatable
    #[arg(long, value_name = "DIR", help_heading = "Checks")]
    pub checks: Vec<PathBuf>,
    /// The configuration (default: audit.toml in the audited directory, if there is one)
    #[arg(long, value_name = "FILE", help_heading = "Checks")]
    pub config: Option<PathBuf>,
    /// The day for which waivers, attestations and ages are judged, YYYY-MM-DD (default: today)
    #[arg(long, value_name = "DATE", help_heading = "Checks")]
    pub at: Option<Date>,
}

/// Two audits, compared.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The earlier JSON report or dossier; or two revisions: main..feature, v1.2..
    #[arg(value_name = "OLD|REV1..REV2")]
    pub old: String,
    /// The later JSON report or dossier; with revisions the directory (default: this one)
    #[arg(value_name = "NEW|PATH")]
    pub new: Option<PathBuf>,
    /// Format on stdout
    #[arg(long, value_name = "FORMAT", default_value = "terminal", help_heading = "Report")]
    pub format: DiffFormat,
    /// Write the comparison as JSON to a file as well
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub output: Option<PathBuf>,
    /// All checks that moved and all parts of the change
    #[arg(long, short, help_heading = "Report")]
    pub verbose: bool,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Report")]
    pub color: Colour,
    /// What must hold, of the later audit
    #[command(flatten)]
    pub gate: GateArgs,
    /// What to ask, and for which day
    #[command(flatten)]
    pub pick: PickArgs,
}

/// A format of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people
    Terminal,
    /// For programs: comparison schema version 1
    Json,
}

/// Which history to draw.
#[derive(Debug, Args)]
pub struct TrendArgs {
    /// The folder that `--history` appends to
    #[arg(value_name = "DIR")]
    pub history: PathBuf,
    /// Draw it as a self-contained HTML page as well
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,
}

/// Where to start.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The directory of the application
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// Show what would be written, write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The day for which it is judged, YYYY-MM-DD (default: today)
    #[arg(long, value_name = "DATE")]
    pub at: Option<Date>,
}

/// What to mend.
#[derive(Debug, Args)]
pub struct FixArgs {
    /// The check, `category/name`
    #[arg(value_name = "CHECK")]
    pub check: String,
    /// The directory of the application
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// Write the file instead of showing it; a file that is there is never changed
    #[arg(long)]
    pub write: bool,
    /// Which of several fixes, by its name
    #[arg(long, value_name = "NAME")]
    pub with: Option<String>,
    /// The day from which days are counted, YYYY-MM-DD (default: today)
    #[arg(long, value_name = "DATE")]
    pub at: Option<Date>,
}

/// A format of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Terminal,
    /// For programs: report schema version 1
    Json,
    /// For a comment on a pull request and a step summary
    Markdown,
    /// One self-contained page for a browser or a printer
    Html,
    /// SARIF 2.1.0 for code scanning
    Sarif,
    /// Checks as tests, for GitLab, Jenkins and others
    Junit,
    /// Workflow commands of GitHub Actions: annotations
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// The score as a picture (SVG)
    Badge,
    /// The score for shields.io (endpoint JSON)
    Shields,
    /// One row per check for a spreadsheet
    Csv,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to list.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only ids that match: `errors/*`, `*backup*`
    #[arg(value_name = "GLOB")]
    pub pattern: Option<String>,
    /// List the tools and what they give instead
    #[arg(long)]
    pub tools: bool,
    /// Further definitions
    #[arg(long, value_name = "DIR")]
    pub checks: Vec<PathBuf>,
}

/// What to explain.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A check (`category/name`) or a tool (`tools/name`)
    #[arg(value_name = "CHECK")]
    pub id: String,
    /// As a Markdown page
    #[arg(long)]
    pub markdown: bool,
    /// Further definitions
    #[arg(long, value_name = "DIR")]
    pub checks: Vec<PathBuf>,
}

/// What to test.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Definition files or folders of them (default: the built-in ones)
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Further definitions that are loaded, not tested
    #[arg(long, value_name = "DIR")]
    pub checks: Vec<PathBuf>,
    /// List every definition, not only those with failures
    #[arg(long, short)]
    pub verbose: bool,
}

/// What to write.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The new check (`category/name`) or tool (`tools/name`)
    #[arg(value_name = "CATEGORY/NAME")]
    pub id: String,
    /// The folder of definitions
    #[arg(long, value_name = "DIR", default_value = "checks")]
    pub into: PathBuf,
}

/// Which schema to print.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Of what
    pub of: SchemaOf,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// A check file
    Check,
    /// A tool file
    Tool,
    /// A subject file
    Subject,
    /// audit.toml
    Config,
    /// The JSON report
    Report,
    /// What `audit diff --format json` prints
    Comparison,
}

fn points(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=100.0).contains(&number) { Ok(number) } else { Err("must be between 0 and 100".into()) }
}

fn threshold(text: &str) -> Result<(Option<String>, f64), String> {
    match text.split_once('=') {
        None => points(text).map(|least| (None, least)),
        Some((category, number)) => points(number).map(|least| (Some(category.to_owned()), least)),
    }
}

fn output(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or("write FORMAT=FILE, as in json=report.json")?;
    let format = Format::from_str(format, true).map_err(|_| {
        let known: Vec<String> =
            Format::value_variants().iter().filter_map(|f| f.to_possible_value()).map(|v| v.get_name().to_owned()).collect();
        format!("`{format}` is no format; write one of {}", known.join(", "))
    })?;
    if file.is_empty() { Err("the file is missing after `=`".into()) } else { Ok((format, PathBuf::from(file))) }
}

/// Which checks were asked for.
pub struct Selection {
    only: globset::GlobSet,
    skip: globset::GlobSet,
    all: bool,
}

impl Selection {
    /// The selection of `--only` and `--skip`.
    ///
    /// # Errors
    /// A pattern that is not a glob.
    pub fn new(only: &[String], skip: &[String]) -> anyhow::Result<Selection> {
        let set = |patterns: &[String], flag: &str| {
            let mut set = globset::GlobSetBuilder::new();
            for pattern in patterns {
                set.add(globset::Glob::new(pattern).with_context(|| format!("{flag} `{pattern}` is not a glob"))?);
            }
            set.build().with_context(|| format!("{flag} is too large"))
        };
        Ok(Selection { only: set(only, "--only")?, skip: set(skip, "--skip")?, all: only.is_empty() })
    }

    /// Whether a check was asked for.
    pub fn wants(&self, check: &str) -> bool {
        (self.all || self.only.is_match(check)) && !self.skip.is_match(check)
    }

    /// Refuses a selection that leaves nothing.
    ///
    /// # Errors
    /// No check is left.
    pub fn refuse_empty<'c>(&self, mut checks: impl Iterator<Item = &'c String>) -> anyhow::Result<()> {
        if !checks.any(|check| self.wants(check)) {
            bail!("--only and --skip leave no check; `audit list` names all of them");
        }
        Ok(())
    }
}
