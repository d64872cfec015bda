//! Who calls a job or step, and what it is given.

use super::super::condition::Value;
use super::super::event::{Event, Mask};
use super::super::refs::Defaults;
use super::super::steps::filled;
use super::events;
use std::collections::HashMap;

/// What is known of an input: the same for every event, or one value for each.
#[derive(Debug, Clone)]
pub(super) enum Input {
    Same(Value),
    PerEvent(Vec<(Event, Value)>),
    /// One value for each combination of a matrix; to a condition, unknown.
    OfMatrix(Vec<String>),
}

/// Where a job or step is written and who calls it.
pub(super) struct Scope {
    /// The file, when not the pipeline's own.
    pub file: Option<String>,
    /// Before the ids of its jobs.
    pub prefix: String,
    /// Before the names of its jobs.
    pub name_prefix: String,
    /// The needs of the caller, for jobs that have none of their own.
    pub needs: Vec<String>,
    pub loose: Vec<String>,
    pub mask: Mask,
    pub after_success: bool,
    pub depth: usize,
    pub inputs: HashMap<String, Input>,
}

impl Scope {
    /// The scope of the workflow itself.
    pub fn of_workflow(mask: Mask) -> Self {
        Scope {
            file: None,
            prefix: String::new(),
            name_prefix: String::new(),
            needs: Vec::new(),
            loose: Vec::new(),
            mask,
            after_success: false,
            depth: 0,
            inputs: HashMap::new(),
        }
    }

    /// The scope of what a job or step calls, before its inputs are known.
    pub fn calling(&self, file: String, mask: Mask) -> Self {
        Scope { file: Some(file), depth: self.depth + 1, ..Scope::of_workflow(mask) }
    }

    /// What is known of a variable when an event happens.
    pub fn lookup(&self, event: &Event, defaults: &Defaults, name: &str) -> Value {
        let input = name.strip_prefix("inputs.").or_else(|| name.strip_prefix("github.event.inputs."));
        match input {
            Some(input) => self.input(event, input),
            None => events::lookup(event, defaults, name),
        }
    }

    fn input(&self, event: &Event, name: &str) -> Value {
        match self.inputs.get(name) {
            Some(Input::Same(value)) => value.clone(),
            Some(Input::OfMatrix(_)) => Value::Unknown,
            Some(Input::PerEvent(values)) => {
                values.iter().find(|(known, _)| known == event).map_or(Value::Unknown, |(_, value)| value.clone())
            }
            // Only a person fills in the form of a workflow; other events leave it empty.
            None if self.depth == 0 && event.name != "workflow_call" && !event.name.ends_with("_dispatch") => Value::Null,
            None => Value::Unknown,
        }
    }

    /// A text with the inputs that are known in their places.
    pub fn fill(&self, text: &str) -> String {
        filled(text, ("${{", "}}"), |expression| match self.inputs.get(expression.strip_prefix("inputs.")?.trim())? {
            Input::Same(Value::Text(text)) => Some(text.clone()),
            Input::Same(Value::Bool(flag)) => Some(flag.to_string()),
            Input::OfMatrix(values) => Some(values.join("\n")),
            _ => None,
        })
    }
}
