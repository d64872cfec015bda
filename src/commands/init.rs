//! `audit init`: a first `audit.toml` and the CI step, from what the repository shows.

use std::path::Path;

use anyhow::Context as _;
use jiff::ToSpan as _;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::Serialize;

use super::run::{Judging, directory, knowledge};
use super::{Ending, print, say, write_new};
use crate::cli::{Colour, InitArgs, PickArgs};
use crate::definition::catalogue::CheckKind;
use crate::evidence::gather::gather;
use crate::evidence::world::World;
use crate::plan::Plan;
use crate::report::{Report, plain, points};

/// Attestations that are offered.
const STUBS: usize = 5;
const CONFIG: &str = include_str!("../../templates/audit.toml.j2");
const WORKFLOW: &str = include_str!("../../templates/github-workflow.yml.j2");
/// Pipelines that are one file, or a folder of which one file is the entry: a step is put into it by hand.
const PIPELINES: [(&str, &str); 9] = [
    (".gitlab-ci.yml", "GitLab"),
    (".circleci/config.yml", "CircleCI"),
    ("Jenkinsfile", "Jenkins"),
    ("azure-pipelines.yml", "Azure Pipelines"),
    ("bitbucket-pipelines.yml", "Bitbucket"),
    (".buildkite/pipeline.yml", "Buildkite"),
    (".travis.yml", "Travis CI"),
    (".drone.yml", "Drone"),
    (".woodpecker.yml", "Woodpecker"),
];

/// Writes what is not there yet, and says what to do next.
///
/// # Errors
/// A directory that cannot be audited, a file that cannot be written.
pub fn run(args: &InitArgs) -> anyhow::Result<Ending> {
    let root = directory(&args.path)?;
    let pick = PickArgs { only: Vec::new(), skip: Vec::new(), checks: Vec::new(), config: None, at: args.at };
    let judging = Judging::new(&pick, knowledge(&[], None)?)?;
    let world = World::of_directory(&root);
    let report = judging.report(&gather(&Plan::draw(&judging.catalog), &world, "."));
    let top = world.git.top.as_deref().and_then(|top| top.canonicalize().ok()).unwrap_or_else(|| root.clone());
    let ends = format!("{} proven, up to {} possible", points(report.score.proven), points(report.score.possible));
    say(&format!("{}: {ends}, {} checks", args.path.display(), report.counts.checks));
    place(args, &root, "audit.toml", &configuration(&report, &judging)?)?;
    pipeline(args, &top, &world)?;
    say("next: read audit.toml, answer what you can, then: audit");
    Ok(Ending::Good)
}

/// Writes a file if there is none, or shows what it would say.
fn place(args: &InitArgs, base: &Path, path: &str, text: &str) -> anyhow::Result<()> {
    if base.join(path).symlink_metadata().is_ok() {
        say(&format!("{path} is already there and is not changed"));
        return Ok(());
    }
    if args.dry_run {
        say(&format!("{path} would be written:"));
        return print(text, Colour::Never);
    }
    write_new(base, path, text)?;
    say(&format!("wrote {path}"));
    Ok(())
}

fn filled(template: &str, known: Value) -> anyhow::Result<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_filter("quoted", |text: String| serde_json::to_string(&text).unwrap_or_default());
    let text = environment.render_str(template, known).context("a template is broken")?;
    Ok(text.trim_end().to_owned() + "\n")
}

/// An attestation to fill in.
#[derive(Serialize)]
struct Stub {
    check: String,
    asks: String,
    /// What is vouched for, as a line of TOML with a comment.
    holds: String,
    gain: String,
}

fn configuration(report: &Report, judging: &Judging) -> anyhow::Result<String> {
    let stub = |question: &crate::report::Next| {
        let check = report.checks.iter().find(|check| check.id == question.check)?;
        let holds = match judging.catalog.checks.get(&check.id).map(|definition| &definition.kind) {
            Some(CheckKind::Measure(measure)) => {
                let first = measure.level.first().map_or_else(|| format!("3 {}", measure.unit), |level| level.says.clone());
                format!("answer = \"{first}\"   # or {}", measure.answers())
            }
            _ => {
                let level = check.want.map_or("configured", |want| want.word());
                format!("level = \"{level}\"   # or \"failed\", if it was tried and does not work")
            }
        };
        Some(Stub { check: check.id.clone(), asks: check.asks.clone(), holds, gain: format!("{:.1}", question.gain) })
    };
    let stubs: Vec<Stub> = report.questions.iter().filter_map(stub).take(STUBS).collect();
    let proven = report.categories.iter().filter_map(|category| Some((category.id.as_str(), category.score?.proven)));
    let (weakest, lowest) = proven.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(("security", 0.0));
    filled(
        CONFIG,
        context! {
            detected => report.subject.kind != crate::definition::words::Kind::Operated,
            kind => report.subject.kind.word(),
            because => plain(&report.subject.because).into_owned(),
            at => report.at.as_str(),
            until => judging.today.checked_add(180.days()).unwrap_or(judging.today).to_string(),
            proven => points(report.score.proven),
            weakest => weakest,
            weakest_proven => points(lowest),
            stubs => Serde(&stubs),
        },
    )
}

/// A workflow of its own where a new file is possible; elsewhere the lines to put into the pipeline.
fn pipeline(args: &InitArgs, top: &Path, world: &World) -> anyhow::Result<()> {
    let prefix = world.git.prefix.trim_end_matches('/');
    let on_github = top.join(".github/workflows").is_dir() || world.git.remotes.iter().any(|url| url.contains("github"));
    let source = option_env!("CARGO_PKG_REPOSITORY").filter(|url| !url.is_empty()).unwrap_or("FILL-IN");
    let other = PIPELINES.iter().find(|(file, _)| top.join(file).is_file());
    let path = if prefix.is_empty() { "." } else { prefix };
    if !on_github {
        let place = other
            .map_or_else(|| "No pipeline was found. In CI".to_owned(), |(file, name)| format!("{name}: put into a job of {file}, which"));
        say(&format!("{place} needs Rust and the full history of git:"));
        return print(
            &format!("    cargo install --locked --git {source} --rev FILL-IN prod-audit\n    audit {path} --output json=audit.json\n"),
            Colour::Never,
        );
    }
    let word: String = prefix.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let title = if word.is_empty() { "audit".to_owned() } else { format!("audit-{word}") };
    let text = filled(
        WORKFLOW,
        context! {
            folder => world.git.prefix.replace(['\n', '\r'], " "),
            title => title.as_str(),
            branch => world.git.default_branch.as_deref().unwrap_or("main"),
            source => source,
            revision => "FILL-IN",
            path => path,
        },
    )?;
    place(args, top, &format!(".github/workflows/{title}.yml"), &text)?;
    say("  it builds audit from source: replace FILL-IN by the URL and the commit that you have looked at");
    Ok(())
}
