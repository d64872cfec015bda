//! Proving definitions: their own examples, run through the same engine as a real audit.
//!
//! A definition is trusted for three reasons, and each is tried here.
//!
//! 1. **It answers its examples as written.**
//! 2. **Every entry is needed**: taken out, some example's answer changes (`needed`).
//! 3. **Its evidence can be taken away**: from each positive example cases are derived that nobody had to write, and
//!    the answer must fall in each (`derived`).
//!
//! A definition is looked at and judged with the tools that it can reach and no others (`reach`): the answer is the
//! same as with the whole catalogue, and proving all definitions takes seconds. What definitions see in each other's
//! examples is told by [`overlaps`].

mod derived;
mod needed;
pub mod overlaps;
mod reach;

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::config::Config;
use crate::definition::catalogue::{Catalog, Check, SubjectKind, Tool};
use crate::definition::words::{Expect, Level};
use crate::definition::written::Example;
use crate::evidence::gather::gather;
use crate::evidence::world::World;
use crate::evidence::{Dossier, Place};
use crate::outcome::{judge_one, judge_subject, judge_tool, subject_proofs, tool_proofs};
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
    /// Examples that were answered wrongly and entries that no example needs, one line each.
    pub failures: Vec<String>,
    /// How many derived cases fell, as they must.
    pub fell: u32,
    /// Derived cases that did not fall, one line each: the example and the case.
    pub stood: Vec<String>,
}

impl Proved {
    /// True when nothing is wrong with the definition.
    pub fn holds(&self) -> bool {
        self.failures.is_empty() && self.stood.is_empty()
    }

    /// How many cases were derived.
    pub fn cases(&self) -> u32 {
        self.fell + u32::try_from(self.stood.len()).unwrap_or(u32::MAX)
    }
}

/// Proves every definition of a catalogue for which `wanted` holds (by origin).
pub fn prove(catalog: &Catalog, wanted: &(dyn Fn(&str) -> bool + Sync)) -> Vec<Proved> {
    use rayon::prelude::*;
    let all: Vec<Definition<'_>> = definitions(catalog).filter(|definition| wanted(definition.origin())).collect();
    all.par_iter().map(|definition| definition.prove(catalog)).collect()
}

/// Everything in a catalogue that has examples: checks, tools, subject kinds.
fn definitions(catalog: &Catalog) -> impl Iterator<Item = Definition<'_>> {
    let checks = catalog.checks.values().map(Definition::Check);
    let tools = catalog.tools.values().map(Definition::Tool);
    checks.chain(tools).chain(catalog.subjects.iter().map(Definition::Subject))
}

/// A definition that has examples.
#[derive(Clone, Copy)]
enum Definition<'a> {
    Check(&'a Check),
    Tool(&'a Tool),
    Subject(&'a SubjectKind),
}

/// What a definition is tried with: what it can reach of the catalogue, and the looks that this needs.
struct Bench {
    catalog: Catalog,
    plan: Plan,
}

impl Bench {
    fn look(&self, example: &Example) -> Dossier {
        gather(&self.plan, &World::of_example(example), ".")
    }
}

/// An example that was looked at.
struct Run<'a> {
    example: &'a Example,
    dossier: Dossier,
    config: Config,
}

/// How strong an answer is, and the places that it rests on.
#[derive(Debug)]
struct Stand {
    /// The rung, or the number of findings.
    strength: u32,
    /// Where the evidence of that rung or above was seen, or the findings.
    places: Vec<Place>,
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

    fn prove(&self, catalog: &Catalog) -> Proved {
        let bench = Bench::of(self, catalog);
        let mut proved = Proved { id: self.id(), origin: self.origin().to_owned(), ..Proved::default() };
        let runs = self.run_examples(catalog, &bench, &mut proved);
        if proved.failures.is_empty() {
            self.needed(&bench.catalog, &runs, &mut proved);
            derived::derive(self, &bench, &runs, &mut proved);
        }
        proved
    }

    fn run_examples<'e>(&'e self, catalog: &Catalog, bench: &Bench, proved: &mut Proved) -> Vec<Run<'e>> {
        let mut runs = Vec::new();
        for example in self.examples() {
            proved.examples += 1;
            let wrong = match config(example, catalog) {
                Ok(config) => {
                    let run = Run { example, dossier: bench.look(example), config };
                    let wrong = self.answer(&bench.catalog, &run).err();
                    runs.push(run);
                    wrong
                }
                Err(wrong) => Some(format!("its config: {wrong}")),
            };
            proved.failures.extend(wrong.map(|wrong| format!("example `{}`: {wrong}", example.name)));
        }
        runs
    }

    /// Whether an example gets its answer; `Err` says what it got.
    fn answer(&self, catalog: &Catalog, run: &Run<'_>) -> Result<(), String> {
        let expect = run.example.expect;
        match self {
            Definition::Check(check) => {
                let outcome = judge_one(catalog, check, &run.dossier, &run.config, DAY);
                let amount = outcome.value.as_ref().map(|value| value.measured.amount);
                let is_near = |wanted: f64| amount.is_some_and(|amount| (amount - wanted).abs() <= wanted.abs() / 100.0);
                if outcome.is(expect) && run.example.value.is_none_or(is_near) {
                    return Ok(());
                }
                if let (Some(amount), None) = (amount, outcome.level) {
                    let wanted = run.example.value.map(|wanted| format!(" with {wanted}")).unwrap_or_default();
                    return Err(format!("expected {expect}{wanted}, got {} with {amount:.3}", outcome.in_words()));
                }
                let proof = outcome.proofs.first().map(|proof| format!(" ({})", crate::outcome::in_words(&proof.sighting)));
                Err(format!("expected {expect}, got {}{}", outcome.in_words(), proof.unwrap_or_default()))
            }
            Definition::Tool(tool) => tool_answer(run.example, &judge_tool(catalog, tool, &run.dossier)),
            Definition::Subject(subject) => {
                let (holds, wanted) = (judge_subject(catalog, &subject.shown_by, &run.dossier), expect.is_positive());
                let word = |holds: bool| if holds { "this kind" } else { "not this kind" };
                if holds == wanted { Ok(()) } else { Err(format!("expected {}, got {}", word(wanted), word(holds))) }
            }
        }
    }

    /// Every entry must change some example's answer when it is taken out.
    fn needed(&self, catalog: &Catalog, runs: &[Run<'_>], proved: &mut Proved) {
        for (name, without) in needed::without_each(self) {
            if runs.iter().all(|run| without.definition().answer(catalog, run).is_ok()) {
                proved.failures.push(format!("{name} is needed by no example: add one that fails without it, or remove it"));
            }
        }
    }

    /// The answer as a number that must not grow when evidence goes, with the places it rests on.
    fn stand(&self, catalog: &Catalog, dossier: &Dossier, config: &Config) -> Stand {
        match self {
            Definition::Check(check) => {
                let outcome = judge_one(catalog, check, dossier, config, DAY);
                if let (Some(_), Some(score)) = (&outcome.value, outcome.score) {
                    // A number rests on history or on records, not on a file.
                    return Stand { strength: (score.proven() * 1000.0) as u32, places: vec![Place::default()] };
                }
                let Some(level) = outcome.level else {
                    let places: Vec<Place> = outcome.findings.into_iter().map(|finding| finding.sighting.place).collect();
                    return Stand { strength: u32::try_from(places.len()).unwrap_or(u32::MAX), places };
                };
                let top = outcome.proofs.into_iter().filter(|proof| !proof.inert && proof.level >= level);
                Stand { strength: level as u32, places: top.map(|proof| proof.sighting.place).collect() }
            }
            Definition::Tool(tool) => {
                let level = judge_tool(catalog, tool, dossier).into_values().max().unwrap_or(Level::Nothing);
                let top = tool_proofs(catalog, tool, dossier).into_iter().filter(|proof| proof.level >= level);
                Stand { strength: level as u32, places: top.map(|proof| proof.sighting.place).collect() }
            }
            Definition::Subject(subject) => {
                let proofs = subject_proofs(catalog, &subject.shown_by, dossier);
                let places: Vec<Place> = proofs.into_iter().map(|proof| proof.sighting.place).collect();
                Stand { strength: u32::from(!places.is_empty()), places }
            }
        }
    }
}

fn config(example: &Example, catalog: &Catalog) -> Result<Config, String> {
    example
        .config
        .as_ref()
        .map_or(Ok(Config::default()), |text| Config::parse("audit.toml", text, catalog).map_err(|problems| problems.to_string()))
}

fn tool_answer(example: &Example, levels: &BTreeMap<String, Level>) -> Result<(), String> {
    let Expect::Rung(expected) = example.expect else { return Err("a tool's example expects a rung or `nothing`".into()) };
    for (capability, level) in &example.gives {
        let have = levels.get(capability).copied();
        if have != Some(*level) {
            return Err(format!(
                "expected {capability} {level}, got {}",
                have.map_or("no such capability".into(), |level| level.to_string())
            ));
        }
    }
    let usual = levels.iter().filter(|(capability, _)| !example.gives.contains_key(*capability));
    match usual.into_iter().find(|(_, level)| **level != expected) {
        Some((capability, level)) => Err(format!("expected {capability} {expected}, got {level}")),
        None => Ok(()),
    }
}
