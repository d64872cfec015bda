//! `audit diff`, and the comparison with `--baseline`: two reports, dossiers or revisions set side by side.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, anyhow, bail};

use super::run::{Judging, Written, knowledge, note_what_is_missing, write};
use super::{Ending, gate, judge, print, run, width};
use crate::cli::{DiffArgs, DiffFormat, PickArgs};
use crate::compare::{compare, narrowed};
use crate::evidence::Dossier;
use crate::evidence::gather::gather;
use crate::evidence::revision::Tree;
use crate::plan::Plan;
use crate::report::comparison::Comparison;
use crate::report::terminal::{Look, comparison};
use crate::report::{Report, SCHEMA_VERSION, json};

/// Compares.
///
/// # Errors
/// Something that is neither a report nor a dossier nor a pair of revisions, or that a later version wrote.
pub fn run(args: &DiffArgs) -> anyhow::Result<Ending> {
    let (old, mut new) = match revisions(&args.old) {
        Some((from, to)) => {
            let root = args.new.as_deref().unwrap_or(Path::new("."));
            between(args, root, from, to)?
        }
        None => {
            let new = args.new.as_ref().context("name the later report or dossier too; or two revisions: audit diff main..HEAD")?;
            (saved(args, Path::new(&args.old))?, saved(args, new)?)
        }
    };
    let comparison = compare(&old, &new);
    let shown = match args.format {
        DiffFormat::Terminal => {
            let look = Look { width: width(), verbose: args.verbose, quiet: false, ascii: run::is_ascii() };
            comparison::render(&comparison, look)
        }
        DiffFormat::Json => json::text(&comparison),
    };
    if let Some(file) = &args.output {
        write(file, &json::text(&comparison))?;
    }
    print(&shown, args.color)?;
    new.comparison = Some(comparison);
    hold_to(args, &mut new)?;
    Ok(gate::ending(&new))
}

/// Rules that a report did not bring with it are held against it here; it has no days ahead.
fn hold_to(args: &DiffArgs, new: &mut Report) -> anyhow::Result<()> {
    let known = knowledge(&args.pick.checks, None)?;
    let gate = gate::asked(&args.gate, &crate::config::Config::default(), &known.catalog)?;
    new.requirements = gate.judge(new, &[]);
    Ok(())
}

/// `A..B`, `A..` and `..B`, or with three dots from where B left A; not a file of that name, nor a path that goes up.
fn revisions(text: &str) -> Option<(From<'_>, &str)> {
    let (old, new) = text.split_once("..").filter(|(_, new)| !new.starts_with('/') && !Path::new(text).exists())?;
    let (fork, new) = new.strip_prefix('.').map_or((false, new), |new| (true, new));
    Some((From { revision: if old.is_empty() { "HEAD" } else { old }, fork }, if new.is_empty() { "HEAD" } else { new }))
}

/// Where a comparison of revisions begins.
struct From<'a> {
    revision: &'a str,
    /// At the commit where the other one left it.
    fork: bool,
}

/// The reports of two revisions, judged for the same day, each with the `audit.toml` that it had.
fn between(args: &DiffArgs, path: &Path, from: From<'_>, to: &str) -> anyhow::Result<(Report, Report)> {
    let shown = path.display();
    let root = path.canonicalize().with_context(|| format!("{shown} does not exist; give the directory of a repository"))?;
    let words = |why: String| anyhow!("{shown}: {why}");
    let old = if from.fork { Tree::fork(&root, from.revision, to).map_err(words)? } else { from.revision.to_owned() };
    let report = |revision: &str| -> anyhow::Result<Report> {
        let world = Tree::at(&root, revision).map_err(words)?;
        let written = match &args.pick.config {
            Some(file) => Written::read(Some(file))?,
            None => world.files.entries().iter().find(|entry| entry.path == "audit.toml").and_then(|entry| {
                let text = String::from_utf8_lossy(&world.files.read(entry).ok()?).into_owned();
                Some(Written { name: format!("{revision}:audit.toml"), text })
            }),
        };
        let judging = Judging::new(&args.pick, knowledge(&args.pick.checks, written)?)?;
        let mut dossier = gather(&Plan::draw(&judging.catalog), &world, &path.to_string_lossy());
        note_what_is_missing(&mut dossier, None);
        Ok(judging.report(&dossier))
    };
    Ok((report(&old)?, report(to)?))
}

/// A saved report, or the report of a saved dossier.
fn saved(args: &DiffArgs, file: &Path) -> anyhow::Result<Report> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(|| format!("{name} cannot be read"))?;
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|_| not_ours(&name))?;
    if value.get("dossier_version").is_some() {
        return judged(&args.pick, &judge::read(&name, &text)?);
    }
    let judging = Judging::new(&args.pick, knowledge(&args.pick.checks, None)?)?;
    Ok(narrowed(&read(&name, value)?, &|check| judging.wants(check) || !judging.catalog.checks.contains_key(check)))
}

fn judged(pick: &PickArgs, dossier: &Dossier) -> anyhow::Result<Report> {
    let judging = Judging::new(pick, knowledge(&pick.checks, Written::read(pick.config.as_deref())?)?)?;
    Ok(judging.report(dossier))
}

fn not_ours(name: &str) -> anyhow::Error {
    anyhow!("{name} is neither a JSON report nor a dossier; `audit --output json=FILE` and `audit --save-dossier FILE` write them")
}

/// Reads a report. A version that this program does not know is refused, whatever it holds.
fn read(name: &str, value: serde_json::Value) -> anyhow::Result<Report> {
    match value.get("schema_version").and_then(serde_json::Value::as_u64) {
        None => return Err(not_ours(name)),
        Some(version) if version != u64::from(SCHEMA_VERSION) => {
            bail!(
                "{name} is a report of schema version {version}; this audit reads version {SCHEMA_VERSION}: take the audit that wrote it, or a newer one"
            )
        }
        Some(_) if value.get("checks").is_none() => return Err(not_ours(name)),
        Some(_) => {}
    }
    serde_json::from_value(value).with_context(|| format!("{name} is damaged"))
}

/// What changed since a saved report; of it only what is asked for now counts.
///
/// # Errors
/// The baseline cannot be read, is no report, or is of a later version.
pub fn since(baseline: &Path, report: &Report, judging: &Judging) -> anyhow::Result<Comparison> {
    let name = baseline.display().to_string();
    let text = std::fs::read_to_string(baseline)
        .with_context(|| format!("{name} cannot be read; `audit --output json={name}` on the main branch writes a baseline"))?;
    let value = serde_json::from_str(&text).map_err(|_| not_ours(&name))?;
    let asked: BTreeSet<&str> = report.checks.iter().map(|check| check.id.as_str()).collect();
    let known = |check: &str| asked.contains(check) || !judging.catalog.checks.contains_key(check);
    Ok(compare(&narrowed(&read(&name, value)?, &known), report))
}
