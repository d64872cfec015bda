//! Proving definitions: their own examples, run through the same engine as a real audit.
//!
//! Beside the written expectations, every entry must be needed by some example, and cases are derived from the
//! positive ones: evidence must fall when its line is commented out or its file moved among tests, docs or samples.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::config::Config;
use crate::definition::catalogue::{Catalog, Check, CheckKind, Clause, Rungs, SubjectKind, Tool};
use crate::definition::words::{Expect, Level};
use crate::definition::written::Example;
use crate::evidence::Dossier;
use crate::evidence::gather::gather;
use crate::evidence::world::World;
use crate::outcome::{judge_one, judge_subject, judge_tool};
use crate::plan::Plan;

/// The day on which examples are judged.
const DAY: Date = Date::constant(2026, 6, 1);

/// What proving one definition gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proved {
    /// The definition's id.
    pub id: String,
    /// Where it stands.
    pub origin: String,
    /// Examples that were run.
    pub examples: u32,
    /// What is wrong, one line each.
    pub failures: Vec<String>,
    /// How many derived cases fell, as they must.
    pub fell: u32,
    /// Derived cases that did not fall, one line each.
    pub stood: Vec<String>,
}

/// A definition that has examples.
enum Definition<'a> {
    Check(&'a Check),
    Tool(&'a Tool),
    Subject(&'a SubjectKind),
}

/// Proves every definition of a catalogue for which `wanted` holds (by origin).
pub fn prove(catalog: &Catalog, wanted: &(dyn Fn(&str) -> bool + Sync)) -> Vec<Proved> {
    use rayon::prelude::*;
    let plan = Plan::draw(catalog);
    let checks = catalog.checks.values().map(Definition::Check);
    let tools = catalog.tools.values().map(Definition::Tool);
    let subjects = catalog.subjects.iter().map(Definition::Subject);
    let all: Vec<Definition<'_>> = checks.chain(tools).chain(subjects).filter(|definition| wanted(definition.origin())).collect();
    all.par_iter().map(|definition| definition.prove(catalog, &plan)).collect()
}

impl Definition<'_> {
    fn id(&self) -> String {
        match self {
            Definition::Check(check) => check.id.clone(),
            Definition::Tool(tool) => format!("tools/{}", tool.id),
            Definition::Subject(subject) => format!("subjects/{}", subject.kind.word()),
        }
    }

    fn origin(&self) -> &str {
        match self {
            Definition::Check(check) => &check.origin,
            Definition::Tool(tool) => &tool.origin,
            Definition::Subject(subject) => &subject.origin,
        }
    }

    fn examples(&self) -> &[Example] {
        match self {
            Definition::Check(check) => &check.file.example,
            Definition::Tool(tool) => &tool.file.example,
            Definition::Subject(subject) => &subject.file.example,
        }
    }

    fn prove(&self, catalog: &Catalog, plan: &Plan) -> Proved {
        let mut proved = Proved { id: self.id(), origin: self.origin().to_owned(), ..Proved::default() };
        let mut dossiers = Vec::new();
        for example in self.examples() {
            proved.examples += 1;
            let dossier = look(plan, example);
            match config(example, catalog) {
                Ok(config) => {
                    proved.failures.extend(
                        self.answer(catalog, example, &dossier, &config).err().map(|wrong| format!("example `{}`: {wrong}", example.name)),
                    );
                    dossiers.push((example, dossier, config));
                }
                Err(wrong) => proved.failures.push(format!("example `{}`: its config: {wrong}", example.name)),
            }
        }
        if proved.failures.is_empty() {
            self.needed(catalog, &dossiers, &mut proved);
            self.derive(catalog, plan, &dossiers, &mut proved);
        }
        proved
    }

    /// Whether an example gets its answer; `Err` says what it got.
    fn answer(&self, catalog: &Catalog, example: &Example, dossier: &Dossier, config: &Config) -> Result<(), String> {
        match self {
            Definition::Check(check) => {
                let outcome = judge_one(catalog, check, dossier, config, DAY);
                if outcome.is(example.expect) {
                    return Ok(());
                }
                let proof = outcome.proofs.first().map(|proof| format!(" ({})", crate::outcome::in_words(&proof.sighting)));
                Err(format!("expected {}, got {}{}", example.expect, outcome.in_words(), proof.unwrap_or_default()))
            }
            Definition::Tool(tool) => tool_answer(example, &judge_tool(catalog, tool, dossier)),
            Definition::Subject(subject) => {
                let (holds, wanted) = (judge_subject(catalog, &subject.shown_by, dossier), example.expect.is_positive());
                let word = |holds: bool| if holds { "this kind" } else { "not this kind" };
                if holds == wanted { Ok(()) } else { Err(format!("expected {}, got {}", word(wanted), word(holds))) }
            }
        }
    }

    /// Every entry must change some example's answer when it is taken out.
    fn needed(&self, catalog: &Catalog, dossiers: &[(&Example, Dossier, Config)], proved: &mut Proved) {
        let mut unneeded = |name: String, without: Definition<'_>, catalog: &Catalog| {
            let same = dossiers.iter().all(|(example, dossier, config)| without.answer(catalog, example, dossier, config).is_ok());
            if same {
                proved.failures.push(format!("{name} is needed by no example: add one that fails without it, or remove it"));
            }
        };
        match self {
            Definition::Check(check) => {
                for (name, without) in check_without(check) {
                    unneeded(name, Definition::Check(&without), catalog);
                }
            }
            Definition::Tool(tool) => {
                for (name, rungs) in rungs_without(&tool.rungs) {
                    let without = Tool { rungs, ..(*tool).clone() };
                    unneeded(name, Definition::Tool(&without), catalog);
                }
            }
            Definition::Subject(subject) => {
                for (name, shown_by) in clauses_without("shown_by", &subject.shown_by) {
                    let without = SubjectKind { shown_by, ..(*subject).clone() };
                    unneeded(name, Definition::Subject(&without), catalog);
                }
            }
        }
    }

    /// The strongest answer, as a number that must not grow: rung, or findings.
    fn strength(&self, catalog: &Catalog, dossier: &Dossier, config: &Config) -> u32 {
        let rung = |level: Level| level as u32;
        match self {
            Definition::Check(check) => {
                let outcome = judge_one(catalog, check, dossier, config, DAY);
                outcome.level.map_or(u32::try_from(outcome.findings.len()).unwrap_or(0), rung)
            }
            Definition::Tool(tool) => judge_tool(catalog, tool, dossier).into_values().max().map_or(0, rung),
            Definition::Subject(subject) => u32::from(judge_subject(catalog, &subject.shown_by, dossier)),
        }
    }

    /// Positive examples with their evidence taken away must fall.
    fn derive(&self, catalog: &Catalog, plan: &Plan, dossiers: &[(&Example, Dossier, Config)], proved: &mut Proved) {
        for (example, dossier, config) in dossiers.iter().filter(|(example, ..)| example.expect.is_positive() && !example.files.is_empty())
        {
            let before = self.strength(catalog, dossier, config);
            let mut case = |what: &str, files: BTreeMap<String, String>| {
                let changed = Example { files, ..(*example).clone() };
                let after = self.strength(catalog, &look(plan, &changed), config);
                if after < before {
                    proved.fell += 1;
                } else {
                    proved.stood.push(format!("example `{}` stands with {what}", example.name));
                }
            };
            let git_alone = example.git.as_ref().is_some_and(|git| !git.commits.is_empty() || !git.remotes.is_empty());
            if !git_alone {
                case("no files at all", BTreeMap::new());
            }
            let moved = |folder: &str| example.files.iter().map(|(path, text)| (format!("{folder}/{path}"), text.clone())).collect();
            for folder in ["examples/shop", "node_modules/shop"] {
                if !git_alone {
                    case(&format!("all files moved under {folder}/"), moved(folder));
                }
            }
        }
    }
}

fn look(plan: &Plan, example: &Example) -> Dossier {
    gather(plan, &World::of_example(example), ".")
}

fn config(example: &Example, catalog: &Catalog) -> Result<Config, String> {
    example
        .config
        .as_ref()
        .map_or(Ok(Config::default()), |text| Config::parse("audit.toml", text, catalog).map_err(|problems| problems.to_string()))
}

fn tool_answer(example: &Example, levels: &BTreeMap<String, Level>) -> Result<(), String> {
    let Expect::Rung(expected) = example.expect else { return Err("a tool's example expects a rung or `nothing`".into()) };
    let usual: Vec<(&String, Level)> =
        levels.iter().filter(|(capability, _)| !example.gives.contains_key(*capability)).map(|(c, l)| (c, *l)).collect();
    for (capability, level) in &example.gives {
        let have = levels.get(capability).copied();
        if have != Some(*level) {
            return Err(format!(
                "expected {capability} {level}, got {}",
                have.map_or("no such capability".into(), |level| level.to_string())
            ));
        }
    }
    match usual.iter().find(|(_, level)| *level != expected) {
        Some((capability, level)) => Err(format!("expected {capability} {expected}, got {level}")),
        None => Ok(()),
    }
}

/// The clauses without each of them in turn, and without each condition of each.
fn clauses_without(name: &str, clauses: &[Clause]) -> Vec<(String, Vec<Clause>)> {
    let mut all = Vec::new();
    for (index, clause) in clauses.iter().enumerate() {
        let mut rest = clauses.to_vec();
        rest.remove(index);
        let label = format!("[[{name}]] number {}", index + 1);
        all.push((label.clone(), rest));
        for (key, conditions) in [("all", &clause.all), ("none", &clause.none)] {
            if clause.look.is_none() && conditions.len() == 1 && key == "all" {
                continue;
            }
            for (inner, fewer) in clauses_without(key, conditions).into_iter().filter(|(inner, _)| !inner.contains(", ")) {
                let mut changed = clauses.to_vec();
                *(if key == "all" { &mut changed[index].all } else { &mut changed[index].none }) = fewer;
                all.push((format!("{label}, {}", inner.trim_start_matches("[[").replace("]]", "")), changed));
            }
        }
    }
    all
}

fn rungs_without(rungs: &Rungs) -> Vec<(String, Rungs)> {
    let mut all = Vec::new();
    for (level, clauses) in &rungs.at {
        let written: Vec<Clause> = clauses.clone();
        for (name, fewer) in clauses_without(level.word(), &written) {
            let mut changed = rungs.clone();
            changed.at.insert(*level, fewer);
            all.push((name, changed));
        }
    }
    for (name, fewer) in clauses_without("inert", &rungs.inert) {
        all.push((name, Rungs { inert: fewer, ..rungs.clone() }));
    }
    all
}

/// The check without each entry; the capability counts as one.
fn check_without(check: &Check) -> Vec<(String, Check)> {
    match &check.kind {
        CheckKind::Practice { want, absent, rungs } => {
            let mut bare = rungs.clone();
            let mut all = Vec::new();
            if let Some(capability) = &check.file.capability {
                for clauses in bare.at.values_mut() {
                    clauses.retain(|clause| !matches!(&clause.look, Some(crate::definition::catalogue::Look::Capability(name)) if name == capability && clause.all.is_empty() && clause.none.is_empty()));
                }
                all.push((format!("capability = \"{capability}\""), bare));
            }
            all.extend(rungs_without(rungs).into_iter().filter(|(name, changed)| !is_the_capability(check, rungs, changed, name)));
            all.into_iter()
                .map(|(name, rungs)| (name, Check { kind: CheckKind::Practice { want: *want, absent: *absent, rungs }, ..check.clone() }))
                .collect()
        }
        CheckKind::Hazard(clauses) => clauses_without("hazard", clauses)
            .into_iter()
            .map(|(name, clauses)| (name, Check { kind: CheckKind::Hazard(clauses), ..check.clone() }))
            .collect(),
        CheckKind::Measure(_) => Vec::new(),
    }
}

/// True when what was taken out is one of the entries that `capability` at the top stands for.
fn is_the_capability(check: &Check, before: &Rungs, after: &Rungs, name: &str) -> bool {
    let Some(capability) = &check.file.capability else { return false };
    let standing = |rungs: &Rungs| {
        let is =
            |clause: &&Clause| matches!(&clause.look, Some(crate::definition::catalogue::Look::Capability(have)) if have == capability);
        rungs.at.values().flatten().filter(is).count()
    };
    name.ends_with("number 1") && !name.contains(',') && standing(after) < standing(before)
}
