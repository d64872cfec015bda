//! The environment of a job: a name, or an expression that names several.
//!
//! `environment: ${{ github.ref == 'refs/heads/main' && 'production' || 'staging' }}` is two environments, each for events of
//! its own; `${{ matrix.environment }}` and a form with a choice are as many as their lists. Each becomes a job, because what
//! is asked is always of one: does a push to the default branch reach production?

use super::super::condition::{self, Value};
use super::super::event::{Event, Mask};
use super::super::steps::texts;
use super::{Reading, Scope, values};
use crate::evidence::node::Node;

/// Most environments of one job.
const MOST: usize = 16;

impl Reading<'_, '_> {
    /// The environments that a job, or what it calls, is given, each with its events; empty when there are none.
    pub(super) fn environments(&self, holder: &Node, job: &Node, mask: Mask, scope: &Scope) -> Vec<(Option<String>, Mask)> {
        let Some(written) = holder.get("environment").and_then(|node| node.get("name").unwrap_or(node).scalar()) else { return Vec::new() };
        let written = scope.fill(&written);
        if !written.contains("${{") {
            return vec![(Some(written), mask)];
        }
        let mut found: Vec<(Option<String>, Mask)> = Vec::new();
        for variant in values::variants(&written, job) {
            // Each event is a set of one, so that equal names can be joined.
            for (event, alone) in self.draft.events(mask).zip(self.draft.singles(mask)) {
                self.names(&variant, event, scope).into_iter().for_each(|name| join(&mut found, name, alone));
            }
        }
        if found.is_empty() {
            return vec![(Some(written), mask)];
        }
        // An expression that comes out empty is no environment, and the job runs all the same.
        found.into_iter().map(|(name, events)| (name.filter(|name| !name.is_empty()), events)).collect()
    }

    /// What an expression names for one event.
    fn names(&self, written: &str, event: &Event, scope: &Scope) -> Vec<String> {
        let lookup = |name: &str| scope.lookup(event, &self.defaults, name);
        let Some((before, rest)) = written.split_once("${{") else { return vec![written.to_owned()] };
        let Some((expression, after)) = rest.split_once("}}") else { return vec![written.to_owned()] };
        let values = match condition::value(expression, &lookup) {
            Value::Text(text) => vec![text],
            Value::Null => vec![String::new()],
            _ => self.choices(expression),
        };
        match values.is_empty() {
            true => vec![written.to_owned()],
            false => values.into_iter().map(|value| format!("{before}{value}{after}").trim().to_owned()).collect(),
        }
    }

    /// What an expression of unknown value may give: the options of a form, or the texts it chooses among.
    fn choices(&self, expression: &str) -> Vec<String> {
        let chosen = expression.split("&&").flat_map(|part| part.split("||")).map(str::trim);
        let mut choices: Vec<String> = chosen.flat_map(|part| self.choice(part)).take(MOST).collect();
        choices.dedup();
        choices
    }

    /// One text in quotes, or the options of one input.
    fn choice(&self, part: &str) -> Vec<String> {
        if let Some(input) = part.strip_prefix("inputs.").or_else(|| part.strip_prefix("github.event.inputs.")) {
            let form = ["on", "true"].iter().find_map(|on| self.workflow.get(on)?.get("workflow_dispatch")?.get("inputs")?.get(input));
            return texts(form.and_then(|form| form.get("options")));
        }
        let literal = part.strip_prefix('\'').and_then(|part| part.strip_suffix('\''));
        literal.filter(|literal| !literal.contains('\'')).map(str::to_owned).into_iter().collect()
    }
}

/// Adds an environment, or an event to the one of the same name.
fn join(found: &mut Vec<(Option<String>, Mask)>, name: String, event: Mask) {
    if let Some((_, events)) = found.iter_mut().find(|(known, _)| known.as_ref() == Some(&name)) {
        *events = events.or(event);
    } else if found.len() < MOST {
        found.push((Some(name), event));
    }
}
