//! `audit fix`: shows or writes the missing file, where a file is the fix.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::run::{Judging, Written, directory, knowledge};
use super::{Ending, print, say, write_new};
use crate::cli::{Colour, FixArgs, PickArgs};
use crate::definition::strict::suggest;
use crate::evidence::gather::gather;
use crate::evidence::updates;
use crate::evidence::world::World;
use crate::fix::{self, Fix, Situation};
use crate::plan::Plan;
use crate::report::Report;

/// Folders that are served as they are.
const PUBLIC: [&str; 5] = ["public", "wwwroot", "static", "src/main/resources/static", "web"];
/// Where pipelines stand.
const PIPELINES: [&str; 5] = [".github/workflows/", ".gitlab-ci.yml", ".circleci/", "Jenkinsfile", "azure-pipelines.yml"];

/// Shows or writes the file.
///
/// # Errors
/// A check that is unknown, a file that is already there.
pub fn run(args: &FixArgs) -> anyhow::Result<Ending> {
    let root = directory(&args.path)?;
    let known = Known::of(&root, args)?;
    let fixes = chosen(args, &known)?;
    let Some(first) = fixes.first() else { return advise(&args.check, &known) };
    match &first.path {
        Some(_) => offer(args, &root, &known, first)?,
        None => stanza(args, &known, first)?,
    }
    for other in &fixes[1..] {
        say(&format!("or: audit fix {} --with {}  ({})", args.check, other.name, other.title));
    }
    Ok(Ending::Good)
}

/// The repository and what is known of it.
struct Known {
    judging: Judging,
    top: PathBuf,
    situation: Situation,
}

impl Known {
    fn of(root: &Path, args: &FixArgs) -> anyhow::Result<Known> {
        let file = args.path.join("audit.toml");
        let written = Written::read(Some(file.as_path()).filter(|file| file.is_file()))?;
        let pick = PickArgs { only: Vec::new(), skip: Vec::new(), checks: Vec::new(), config: None, at: args.at };
        let judging = Judging::new(&pick, knowledge(&[], written)?)?;
        let world = World::of_directory(root);
        let report = judging.report(&gather(&Plan::draw(&judging.catalog), &world, "."));
        let top = world.git.top.as_deref().and_then(|top| top.canonicalize().ok()).unwrap_or_else(|| root.to_owned());
        let whole = if top == root { world } else { World::of_directory(&top) };
        let situation = situation(root, &top, &whole, &report, judging.today);
        Ok(Known { judging, top, situation })
    }
}

/// What is known of a repository: `root` is the audited directory, `top` that of the repository, `world` the whole of it.
pub fn situation(root: &Path, top: &Path, world: &World, report: &Report, today: Date) -> Situation {
    let url = world.git.remotes.first().cloned().unwrap_or_default();
    let forge = match () {
        () if url.contains("gitlab") || top.join(".gitlab-ci.yml").is_file() => "gitlab",
        () if url.contains("github") || top.join(".github").is_dir() => "github",
        () => "",
    };
    let folder = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let repository = url.trim_end_matches('/').trim_end_matches(".git").rsplit(['/', ':']).next().unwrap_or_default();
    let name = if repository.is_empty() || root != top { folder.as_str() } else { repository };
    let there = |path: &&str| top.join(path.trim_end_matches('/')).exists();
    Situation {
        name: name.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')).collect(),
        forge: forge.to_owned(),
        stacks: report.subject.stacks.clone(),
        updates: updates::of(world),
        public: PUBLIC.into_iter().find(|folder| root.join(folder).is_dir()).unwrap_or_default().to_owned(),
        ci: PIPELINES.into_iter().filter(there).map(str::to_owned).collect(),
        expires: today.checked_add(360.days()).unwrap_or(today).to_string(),
    }
}

/// The fixes for what was asked, those that suit the repository.
fn chosen(args: &FixArgs, known: &Known) -> anyhow::Result<Vec<Fix>> {
    let all = fix::all().map_err(|why| anyhow!(why))?;
    let name = args.with.as_ref().unwrap_or(&args.check);
    if let Some(one) = all.iter().find(|fix| fix.name == *name) {
        return Ok(vec![one.clone()]);
    }
    let checks = &known.judging.catalog.checks;
    if args.with.is_some() || !checks.contains_key(&args.check) {
        let names: Vec<&str> = all.iter().map(|fix| fix.name.as_str()).chain(checks.keys().map(String::as_str)).collect();
        let files: Vec<&str> = all.iter().map(|fix| fix.name.as_str()).collect();
        let help = suggest(name, &names);
        let help = if help.starts_with("did you mean") { help } else { format!("files: {}; checks: `audit list`", files.join(", ")) };
        bail!("there is no check or file `{name}`; {help}");
    }
    Ok(all.into_iter().filter(|fix| fix.check.as_ref() == Some(&args.check) && fix.suits(&known.situation)).collect())
}

/// Where no file is the fix, the advice of the check is.
fn advise(check: &str, known: &Known) -> anyhow::Result<Ending> {
    let advice = known.judging.catalog.checks.get(check).map(|check| check.file.fix.trim().to_owned()).unwrap_or_default();
    say(&format!("No single file is the fix for {check}. What to do:"));
    let wrapped: Vec<String> =
        advice.lines().map(|line| textwrap::fill(line.trim(), textwrap::Options::new(80).subsequent_indent("   "))).collect();
    print(&(wrapped.join("\n") + "\n"), Colour::Never)?;
    Ok(Ending::Good)
}

fn filled(fix: &Fix, template: &str, known: &Known) -> anyhow::Result<String> {
    Ok(fix.fill(template.trim_start_matches('\n'), &known.situation).map_err(|why| anyhow!(why))?.trim_end().to_owned())
}

fn offer(args: &FixArgs, root: &Path, known: &Known, fix: &Fix) -> anyhow::Result<()> {
    let base = if fix.top { &known.top } else { root };
    let path = filled(fix, fix.path.as_deref().unwrap_or_default(), known)?;
    let text = filled(fix, &fix.text, known)? + "\n";
    let mut there = None;
    for other in fix.unless.iter().map(|other| filled(fix, other, known)).chain([Ok(path.clone())]) {
        let other = other?;
        there = there.or_else(|| base.join(&other).symlink_metadata().is_ok().then_some(other));
    }
    if let Some(there) = there {
        if args.write {
            bail!("{there} is already there and is not changed; `audit fix {}` shows what a complete file says", args.check);
        }
        say(&format!("{there} is already there. Compare it with this, and with `audit explain {}`:", args.check));
        return print(&text, Colour::Never);
    }
    if args.write {
        write_new(base, &path, &text)?;
        say(&format!("wrote {path}: {}\nnext: {}", fix.title, fix.next));
        return Ok(());
    }
    say(&format!("{path}: {}. --write writes it.", fix.title));
    print(&text, Colour::Never)
}

/// What belongs into a file that people own is shown, never written.
fn stanza(args: &FixArgs, known: &Known, fix: &Fix) -> anyhow::Result<()> {
    let into = fix.into.as_deref().unwrap_or_default();
    let unwritten = if args.write { " Nothing is written: a file of yours is never changed." } else { "" };
    say(&format!("{}: put this into {into}.{unwritten}\nnext: {}", fix.title, fix.next));
    print(&(filled(fix, &fix.text, known)? + "\n"), Colour::Never)
}
