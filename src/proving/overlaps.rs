//! Overlaps: what checks see in the examples of other definitions.
//!
//! A check that reaches a rung in an example that was written for something else is either right (the example shows
//! more than it was written for) or too eager. A machine cannot tell which, so all overlaps stand in one snapshot that
//! a person has read, and only changes of it need reading.
//!
//! No overlap is told where the two are meant to meet: a check and its own examples, a check and a tool that it can
//! reach by the capabilities it asks for, and two checks that see the same tools by the same capability.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rayon::prelude::*;

use super::{DAY, Definition, config, definitions};
use crate::config::Config;
use crate::definition::catalogue::{Catalog, Check};
use crate::definition::words::{Expect, Level};
use crate::evidence::Dossier;
use crate::evidence::gather::gather;
use crate::evidence::world::World;
use crate::outcome::{Outcome, judge_one};
use crate::plan::Plan;

/// A check that sees something in the examples of another definition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overlap {
    /// The check.
    pub check: String,
    /// The definition that the examples belong to.
    pub definition: String,
    /// The strongest answer over all its positive examples.
    pub answer: Answer,
}

/// What a check answers above nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// The rung of a practice.
    Rung(Level),
    /// The findings of a hazard.
    Findings(usize),
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <- {}: ", self.check, self.definition)?;
        match self.answer {
            Answer::Rung(level) => level.fmt(f),
            Answer::Findings(count) => Expect::Findings(u32::try_from(count).unwrap_or(u32::MAX)).fmt(f),
        }
    }
}

/// A check, and what it can see.
struct Asking<'a> {
    check: &'a Check,
    /// The looks that it rests on, conditions and gates aside: without a sighting of one there is no answer.
    looks: BTreeSet<String>,
    /// The tools that it reaches by its looks.
    tools: BTreeSet<String>,
}

/// Every overlap of a catalogue, sorted.
pub fn overlaps(catalog: &Catalog) -> Vec<Overlap> {
    let plan = Plan::draw(catalog);
    let asking: Vec<Asking<'_>> = catalog.checks.values().map(|check| Asking::new(check, catalog)).collect();
    let by_id: BTreeMap<&str, &Asking<'_>> = asking.iter().map(|asking| (asking.check.id.as_str(), asking)).collect();
    let all: Vec<Definition<'_>> = definitions(catalog).collect();
    let found = all.par_iter().flat_map_iter(|definition| seen_in(definition, catalog, &plan, &asking, &by_id));
    let mut found: Vec<Overlap> = found.collect();
    found.sort();
    found
}

/// What checks see in one definition's positive examples.
fn seen_in(
    definition: &Definition<'_>,
    catalog: &Catalog,
    plan: &Plan,
    asking: &[Asking<'_>],
    by_id: &BTreeMap<&str, &Asking<'_>>,
) -> Vec<Overlap> {
    let id = definition.id();
    let own = by_id.get(id.as_str()).map(|own| &own.tools);
    let mut strongest: BTreeMap<&str, Answer> = BTreeMap::new();
    for example in definition.examples().iter().filter(|example| example.expect.is_positive()) {
        let Ok(config) = config(example, catalog) else { continue };
        let dossier = gather(plan, &World::of_example(example), ".");
        let seen = keys_seen(&dossier);
        for asking in asking.iter().filter(|asking| !asking.meets(definition) && asking.sees_any(&seen)) {
            let Some(answer) = asking.answer(catalog, &dossier, &config, own) else { continue };
            let entry = strongest.entry(&asking.check.id).or_insert(answer);
            *entry = answer.max(*entry);
        }
    }
    strongest.into_iter().map(|(check, answer)| Overlap { check: check.to_owned(), definition: id.clone(), answer }).collect()
}

/// The looks that saw something.
fn keys_seen(dossier: &Dossier) -> Vec<&String> {
    dossier.looks.iter().filter(|(_, seen)| !seen.sightings.is_empty()).map(|(key, _)| key).collect()
}

impl<'a> Asking<'a> {
    fn new(check: &'a Check, catalog: &Catalog) -> Asking<'a> {
        let reached = super::reach::of_looks(check, catalog);
        Asking { check, looks: reached.looks().into_keys().collect(), tools: reached.tools.into_keys().collect() }
    }

    /// Whether a check and a definition are meant to meet.
    fn meets(&self, definition: &Definition<'_>) -> bool {
        match definition {
            Definition::Check(check) => check.id == self.check.id,
            Definition::Tool(tool) => self.tools.contains(&tool.id),
            Definition::Subject(_) => false,
        }
    }

    fn sees_any(&self, seen: &[&String]) -> bool {
        seen.iter().any(|key| self.looks.contains(*key))
    }

    /// What the check answers above nothing, beside what it sees by tools that the examples' own check reaches too.
    fn answer(&self, catalog: &Catalog, dossier: &Dossier, config: &Config, own: Option<&BTreeSet<String>>) -> Option<Answer> {
        let outcome = judge_one(catalog, self.check, dossier, config, DAY);
        let Some(level) = outcome.level else {
            return Some(outcome.findings.len()).filter(|count| *count > 0).map(Answer::Findings);
        };
        (level > Level::Nothing && !own.is_some_and(|own| is_shared(&outcome, own))).then_some(Answer::Rung(level))
    }
}

/// True when everything an answer rests on was seen by these tools.
fn is_shared(outcome: &Outcome, tools: &BTreeSet<String>) -> bool {
    outcome.proofs.iter().all(|proof| proof.tool.as_ref().is_some_and(|tool| tools.contains(tool)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::catalogue::DefinitionText;

    fn catalogue() -> Catalog {
        let examples = |text: &str| {
            format!(
                "[[example]]\nname = 'a'\nexpect = 'configured'\nfiles = {{ 'x.rb' = '{text}' }}\n[[example]]\nname = 'b'\nexpect = 'nothing'\n"
            )
        };
        let tool = format!(
            "title = 'T'\nhome = 'https://t.test'\nprovides = ['t']\n[[configured]]\nfile = {{ path = 'x.rb', contains = 'tool' }}\n{}",
            examples("tool check")
        );
        let check = |look: &str, text: &str| {
            format!(
                "title = 'C'\nasks = 'C?'\nweight = 1\nwant = 'configured'\nif_absent = 'unmet'\nwhy = 'w'\nfix = 'f'\n{look}\n{}",
                examples(text)
            )
        };
        let sees = |word: &str| format!("[[configured]]\nfile = {{ path = 'x.rb', contains = '{word}' }}");
        let file = |path: &str, text: String| DefinitionText { path: path.into(), text };
        Catalog::load(&[
            file("tools/t.toml", tool),
            file("errors/asks.toml", check("capability = 't'", "tool")),
            file("errors/asks-too.toml", check("capability = 't'", "tool")),
            file("errors/eager.toml", check(&sees("check"), "check")),
        ])
        .expect("definitions that load")
    }

    #[test]
    fn only_what_was_not_meant_to_meet_overlaps() {
        let lines: Vec<String> = overlaps(&catalogue()).iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["errors/eager <- tools/t: configured"]);
    }
}
