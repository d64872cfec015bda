//! What a definition can reach: the tools whose answers its own can depend on, and nothing else.
//!
//! Looks are independent of each other, so a catalogue of these tools gives the same answer as the whole one. It
//! gives it much sooner: most tools reach themselves alone.

use super::{Bench, Definition};
use crate::definition::catalogue::{Catalog, Check, CheckKind, Clause, Look};
use crate::plan::Plan;

impl Bench {
    /// The part of a catalogue that a definition can reach, with its plan.
    pub(super) fn of(definition: &Definition<'_>, catalog: &Catalog) -> Bench {
        let catalog = of(definition, catalog);
        Bench { plan: Plan::draw(&catalog), catalog }
    }
}

/// Everything that a definition can reach, itself included.
fn of(definition: &Definition<'_>, catalog: &Catalog) -> Catalog {
    match definition {
        Definition::Check(check) => {
            let mut reach = Reach { whole: catalog, part: of_looks(check, catalog) };
            reach.gates(check);
            reach.part
        }
        Definition::Tool(tool) => {
            let mut reach = Reach { whole: catalog, part: Catalog::default() };
            reach.tool(&tool.id);
            reach.part
        }
        Definition::Subject(subject) => {
            let mut reach = Reach { whole: catalog, part: Catalog::default() };
            reach.clauses(&subject.shown_by);
            reach.part.subjects.push((*subject).clone());
            reach.part
        }
    }
}

/// A check with the tools that it can reach by its looks, without those that only decide whether it applies.
pub(super) fn of_looks(check: &Check, catalog: &Catalog) -> Catalog {
    let mut reach = Reach { whole: catalog, part: Catalog::default() };
    match &check.kind {
        CheckKind::Practice { rungs, .. } => rungs.clauses().for_each(|(_, clause)| reach.clause(clause)),
        CheckKind::Hazard(clauses) => reach.clauses(clauses),
        CheckKind::Measure(_) => {}
    }
    reach.part.checks.insert(check.id.clone(), check.clone());
    reach.part
}

struct Reach<'a> {
    whole: &'a Catalog,
    part: Catalog,
}

impl Reach<'_> {
    /// What decides whether a check applies.
    fn gates(&mut self, check: &Check) {
        let Some(applies) = &check.file.applies else { return };
        applies.any.iter().chain(&applies.all).chain(&applies.none).for_each(|name| self.capability(name));
        if !applies.kinds.is_empty() {
            self.part.subjects.clone_from(&self.whole.subjects);
            self.whole.subjects.iter().for_each(|subject| self.clauses(&subject.shown_by));
        }
    }

    fn clauses(&mut self, clauses: &[Clause]) {
        clauses.iter().for_each(|clause| self.clause(clause));
    }

    fn clause(&mut self, clause: &Clause) {
        match &clause.look {
            Some(Look::Capability(name)) => self.capability(name),
            Some(Look::Tool(id)) => self.tool(id),
            Some(Look::World(..)) | None => {}
        }
        self.clauses(&clause.all);
        self.clauses(&clause.none);
    }

    fn capability(&mut self, name: &str) {
        self.whole.tools_giving(name).for_each(|tool| self.tool(&tool.id));
    }

    fn tool(&mut self, id: &str) {
        let Some(tool) = self.whole.tools.get(id).filter(|_| !self.part.tools.contains_key(id)) else { return };
        self.part.tools.insert(id.to_owned(), tool.clone());
        tool.rungs.clauses().for_each(|(_, clause)| self.clause(clause));
    }
}
