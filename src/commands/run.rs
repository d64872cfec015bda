//! The audit itself: look, judge, weigh, show.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use jiff::civil::Date;

use super::{Ending, definitions, diff, gate, print, say, width};
use crate::cli::{Format, GateArgs, JudgingArgs, PickArgs, RunArgs, Selection};
use crate::config::Config;
use crate::definition::catalogue::{Catalog, CheckKind, digest};
use crate::evidence::gather::gather;
use crate::evidence::revision::Tree;
use crate::evidence::since::Since;
use crate::evidence::world::World;
use crate::evidence::{Before, Dossier, Gap};
use crate::forecast;
use crate::history;
use crate::outcome;
use crate::plan::Plan;
use crate::report::{self, Report, compose, terminal};

/// Where the definitions of an audited repository stand.
const REPO_CHECKS: &str = ".audit/checks";

/// Audits a directory.
///
/// # Errors
/// A path that is no directory, definitions or a configuration that cannot be read, a report that cannot be written.
pub fn run(args: &RunArgs) -> anyhow::Result<Ending> {
    if let Some(jobs) = args.jobs {
        rayon::ThreadPoolBuilder::new().num_threads(usize::from(jobs)).build_global().context("threads cannot be started")?;
    }
    let root = directory(&args.path)?;
    let (folders, config) = sources(args, &root)?;
    let (judging, plan, mut world) = std::thread::scope(|scope| {
        let world = scope.spawn(|| World::of_directory(&root));
        let judging = Judging::new(&args.judging.pick, knowledge(&folders, Written::read(config.as_deref())?)?)?;
        let plan = Plan::draw(&judging.catalog);
        let world = world.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        anyhow::Ok((judging, plan, world))
    })?;
    let since = args.since.as_deref().map(|revision| Since::of(&root, revision)).transpose();
    world.since = since.map_err(|why| anyhow::anyhow!("--since: {why}"))?;
    world.forge = super::forge::recorded(args, &world.git)?;
    let mut dossier = gather(&plan, &world, &args.path.to_string_lossy());
    if let Some(since) = &world.since {
        dossier.before = Some(before(&judging, &plan, &root, since.clone())?);
    }
    let unanswered = world.forge.clone().err().filter(|_| args.forge);
    // The program ends soon: what holds so many small parts need not be taken apart.
    std::mem::forget((plan, world));
    note_what_is_missing(&mut dossier, unanswered);
    if let Some(file) = &args.save_dossier {
        write(file, &(serde_json::to_string_pretty(&dossier)? + "\n"))?;
    }
    finish(&args.judging, &judging, &dossier)
}

/// The hazards that stood in the code where a change began.
fn before(judging: &Judging, plan: &Plan, root: &Path, since: Since) -> anyhow::Result<Before> {
    let commit = since.base.clone();
    let world = Tree::at(root, &commit).map_err(|why| anyhow::anyhow!("--since: {why}"))?;
    let dossier = gather(plan, &World { since: Some(since), ..world }, "");
    let verdicts = judging.verdicts(&dossier, judging.today);
    let findings = verdicts.outcomes.into_iter().flat_map(|outcome| outcome.findings).map(|finding| finding.fingerprint);
    Ok(Before { commit, findings: findings.collect() })
}

/// The directory to audit.
///
/// # Errors
/// What is wrong with it in words.
pub fn directory(path: &Path) -> anyhow::Result<PathBuf> {
    let shown = path.display();
    let root =
        path.canonicalize().with_context(|| format!("{shown} does not exist or cannot be entered; give the directory of a checkout"))?;
    if !root.is_dir() {
        bail!("{shown} is a file; give the directory of a checkout");
    }
    let bare = root.join("HEAD").is_file() && root.join("objects").is_dir() && root.join("refs").is_dir() && !root.join(".git").exists();
    if bare {
        bail!("{shown} is a bare git repository without files; make a checkout first: git clone {shown} checkout");
    }
    std::fs::read_dir(&root).with_context(|| format!("{shown} cannot be read"))?;
    Ok(root)
}

/// Where definitions and configuration stand: what was named, and what the repository brings.
fn sources(args: &RunArgs, root: &Path) -> anyhow::Result<(Vec<PathBuf>, Option<PathBuf>)> {
    let mut folders = args.judging.pick.checks.clone();
    if root.join(REPO_CHECKS).is_dir() {
        if args.allow_repo_checks {
            folders.push(root.join(REPO_CHECKS));
        } else {
            say(&format!("note: {REPO_CHECKS} is not used; --allow-repo-checks uses the definitions that the repository brings"));
        }
    }
    if args.judging.pick.config.is_some() {
        return Ok((folders, args.judging.pick.config.clone()));
    }
    let file = args.path.join("audit.toml");
    let Ok(real) = file.canonicalize() else { return Ok((folders, None)) };
    if !real.starts_with(root) {
        bail!("{} is a link out of the audited directory and is not read; name the file with --config", file.display());
    }
    let shown = file.strip_prefix(".").unwrap_or(&file).to_owned();
    Ok((folders, Some(shown).filter(|_| real.is_file())))
}

/// A configuration as it is written, with the name under which its problems are told.
pub struct Written {
    /// The file.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

impl Written {
    /// Reads a file, if there is one to read.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(file: Option<&Path>) -> anyhow::Result<Option<Written>> {
        let read = |file: &Path| match std::fs::read_to_string(file) {
            Ok(text) => Ok(Written { name: file.to_string_lossy().into_owned(), text }),
            Err(error) => bail!("{}: cannot be read: {}", file.display(), error.kind()),
        };
        file.map(read).transpose()
    }
}

/// What is known beforehand.
pub struct Knowledge {
    /// The catalogue.
    pub catalog: Catalog,
    config: Config,
    version: String,
}

/// Reads definitions and configuration.
///
/// # Errors
/// Every problem of the definitions, or of the configuration.
pub fn knowledge(folders: &[PathBuf], written: Option<Written>) -> anyhow::Result<Knowledge> {
    let further = if folders.is_empty() { Vec::new() } else { definitions(folders)? };
    let mut texts: String = further.iter().map(|file| file.text.as_str()).collect();
    let mut catalog = if further.is_empty() { Catalog::builtin()? } else { Catalog::with(&further)? };
    let config = written.as_ref().map(|file| Config::parse(&file.name, &file.text, &catalog)).transpose()?.unwrap_or_default();
    if let Some(Written { text, .. }) = written.as_ref().filter(|_| !config.tools.is_empty()) {
        let own = config.own_definitions(text);
        texts.extend(own.iter().map(|file| file.text.as_str()));
        catalog = Catalog::with_own(&further, &own).map_err(|problems| config.placed(text, problems))?;
    }
    let version = env!("CARGO_PKG_VERSION");
    let version = if texts.is_empty() { version.to_owned() } else { format!("{version}+{}", digest(&texts, 8)) };
    Ok(Knowledge { catalog, config, version })
}

/// A run that could not look at what it was told to look at says so.
pub fn note_what_is_missing(dossier: &mut Dossier, forge: Option<Gap>) {
    dossier.incomplete.extend(forge);
    if dossier.files == 0 {
        dossier.incomplete.push(Gap {
            what: dossier.path.clone(),
            why: "there are no files to look at".into(),
            next: "give the directory of a checkout".into(),
        });
    }
    let (beyond_a_limit, unreadable): (Vec<Gap>, Vec<Gap>) = std::mem::take(&mut dossier.skipped)
        .into_iter()
        .partition(|gap| gap.why.starts_with("larger than") || gap.why.starts_with("deeper than"));
    dossier.skipped = beyond_a_limit;
    dossier.incomplete.extend(unreadable);
}

/// Everything that judging needs beside the dossier.
pub struct Judging {
    /// The catalogue.
    pub catalog: Catalog,
    /// What the team says.
    pub config: Config,
    selection: Selection,
    /// The day.
    pub today: Date,
    version: String,
}

impl Judging {
    /// What the arguments ask for.
    ///
    /// # Errors
    /// A bad pattern, or a selection that leaves nothing.
    pub fn new(args: &PickArgs, known: Knowledge) -> anyhow::Result<Judging> {
        let Knowledge { catalog, config, version } = known;
        let selection = Selection::new(&args.only, &args.skip)?;
        selection.refuse_empty(catalog.checks.keys())?;
        let today = args.at.unwrap_or_else(|| jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date());
        Ok(Judging { catalog, config, selection, today, version })
    }

    /// Every answer that was asked for; of a change, those about hazards alone.
    fn verdicts(&self, dossier: &Dossier, day: Date) -> outcome::Verdicts {
        let is_hazard = |check: &str| self.catalog.checks.get(check).is_some_and(|check| matches!(check.kind, CheckKind::Hazard(_)));
        let wanted = |check: &str| self.wants(check) && (dossier.before.is_none() || is_hazard(check));
        outcome::judge(&self.catalog, dossier, &self.config, day, &wanted)
    }

    /// Whether a check was asked for.
    pub fn wants(&self, check: &str) -> bool {
        self.selection.wants(check)
    }

    /// The report for the day that was asked for.
    pub fn report(&self, dossier: &Dossier) -> Report {
        self.report_on(dossier, self.today)
    }

    fn report_on(&self, dossier: &Dossier, day: Date) -> Report {
        let verdicts = self.verdicts(dossier, day);
        compose::compose(&self.catalog, &verdicts, dossier, &self.config, day, &self.version)
    }

    /// Fills in what the report says about the days ahead and about what was asked of it.
    ///
    /// # Errors
    /// A rule about a category or check that does not exist.
    pub fn hold(&self, report: &mut Report, dossier: &Dossier, asked: &GateArgs) -> anyhow::Result<()> {
        let gate = gate::asked(asked, &self.config, &self.catalog)?;
        let wants = |check: &str| self.wants(check);
        let later = forecast::ahead(&self.config, self.today, &wants, report, &|day| self.report_on(dossier, day));
        report.requirements = gate.judge(report, &later);
        report.forecast = later.into_iter().map(|(forecast, _)| forecast).collect();
        Ok(())
    }
}

/// Judges a dossier, shows the report and tells how it ended.
///
/// # Errors
/// A report that cannot be written.
pub fn finish(args: &JudgingArgs, judging: &Judging, dossier: &Dossier) -> anyhow::Result<Ending> {
    if args.gate.fail_on_regression && args.baseline.is_none() {
        bail!("--fail-on-regression needs --baseline FILE: a JSON report of an earlier audit");
    }
    if args.history.is_some() && dossier.before.is_some() {
        bail!("--history keeps the score of the whole, which --since does not tell");
    }
    let mut report = judging.report(dossier);
    if let Some(baseline) = &args.baseline {
        report.comparison = Some(diff::since(baseline, &report, judging)?);
    }
    judging.hold(&mut report, dossier, &args.gate)?;
    for (format, file) in &args.output {
        let plain = anstream::adapter::strip_str(&render(&report, *format, args, 80)).to_string();
        write(file, &plain)?;
    }
    if let Some(folder) = &args.history {
        history::append(folder, &report)?;
    }
    print(&render(&report, args.format, args, width()), args.color)?;
    Ok(gate::ending(&report))
}

fn render(report: &Report, format: Format, args: &JudgingArgs, width: usize) -> String {
    match format {
        Format::Terminal => terminal::render(report, terminal::Look { width, verbose: args.verbose, quiet: args.quiet, ascii: is_ascii() }),
        Format::Json => report::json::render(report),
        Format::Markdown => report::markdown::render(report),
        Format::Html => report::html::render(report),
        Format::Sarif => report::sarif::render(report),
        Format::Junit => report::junit::render(report),
        Format::Github => report::github::render(report),
        Format::Gitlab => report::gitlab::render(report),
        Format::Badge => report::badge::render(report),
        Format::Shields => report::shields::render(report),
        Format::Csv => report::csv::render(report),
    }
}

/// True where the locale says that only ASCII can be shown.
pub fn is_ascii() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    locale.is_some_and(|locale| locale == "POSIX" || locale == "C")
}

/// Writes a file.
///
/// # Errors
/// It cannot be written.
pub fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))
}
