//! Every entry must be needed: the definition without one of its entries, in all the ways there are.
//!
//! An entry whose absence changes no example's answer is either dead or unproven, and nobody can tell which.

use super::Definition;
use crate::definition::catalogue::{Check, CheckKind, Clause, Look, Rungs, SubjectKind, Tool};

/// A definition that was made for a trial.
pub(super) enum Lesser {
    Check(Box<Check>),
    Tool(Box<Tool>),
    Subject(Box<SubjectKind>),
}

impl Lesser {
    /// The same as a definition that can be judged.
    pub(super) fn definition(&self) -> Definition<'_> {
        match self {
            Lesser::Check(check) => Definition::Check(check),
            Lesser::Tool(tool) => Definition::Tool(tool),
            Lesser::Subject(subject) => Definition::Subject(subject),
        }
    }
}

/// The definition without each of its entries in turn, with the name of what is missing.
pub(super) fn without_each(definition: &Definition<'_>) -> Vec<(String, Lesser)> {
    match definition {
        Definition::Check(check) => check_without(check).into_iter().map(|(name, check)| (name, Lesser::Check(Box::new(check)))).collect(),
        Definition::Tool(tool) => rungs_without(&tool.rungs)
            .into_iter()
            .map(|(name, rungs)| (name, Lesser::Tool(Box::new(Tool { rungs, ..(*tool).clone() }))))
            .collect(),
        Definition::Subject(subject) => clauses_without("shown_by", &subject.shown_by)
            .into_iter()
            .map(|(name, shown_by)| (name, Lesser::Subject(Box::new(SubjectKind { shown_by, ..(*subject).clone() }))))
            .collect(),
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
                    clauses.retain(|clause| !matches!(&clause.look, Some(Look::Capability(name)) if name == capability && clause.all.is_empty() && clause.none.is_empty()));
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
        CheckKind::Measure(measure) if measure.value.0.len() > 1 => (0..measure.value.0.len())
            .map(|index| {
                let mut fewer = measure.clone();
                let name = fewer.value.0.remove(index);
                (format!("value `{name}`"), Check { kind: CheckKind::Measure(fewer), ..check.clone() })
            })
            .collect(),
        CheckKind::Measure(_) => Vec::new(),
    }
}

/// True when what was taken out is one of the entries that `capability` at the top stands for.
fn is_the_capability(check: &Check, before: &Rungs, after: &Rungs, name: &str) -> bool {
    let Some(capability) = &check.file.capability else { return false };
    let standing = |rungs: &Rungs| {
        let is = |clause: &&Clause| matches!(&clause.look, Some(Look::Capability(have)) if have == capability);
        rungs.at.values().flatten().filter(is).count()
    };
    name.ends_with("number 1") && !name.contains(',') && standing(after) < standing(before)
}
