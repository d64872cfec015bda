//! `when` of a workflow, and its schedules.

use super::super::Trigger;
use super::super::condition::{self, Value};
use super::super::event::Event;
use super::super::refs::Defaults;
use super::super::steps::texts;
use crate::evidence::node::{Node, Value as Written};

/// How deep conditions nest.
const MAX_DEPTH: usize = 20;

/// The name of the event that is a workflow's own schedule.
pub(super) fn schedule_name(workflow: &str) -> String {
    format!("schedule of {workflow}")
}

/// The schedules that workflows carry.
pub(super) fn schedules(config: &Node, defaults: &Defaults) -> Vec<Event> {
    let workflows = config.get("workflows").map(Node::members).unwrap_or_default();
    let triggers = workflows.iter().flat_map(|workflow| {
        let triggers = workflow.node.get("triggers").map(Node::items).unwrap_or_default();
        triggers.iter().filter_map(|trigger| Some((workflow.key.as_str(), trigger.get("schedule")?)))
    });
    let event = |(workflow, schedule): (&str, &Node)| {
        let cron = schedule.get("cron").and_then(Node::scalar).unwrap_or_default();
        let branches = texts(schedule.get("filters").and_then(|filters| filters.get("branches")?.get("only")));
        let on_default = branches.is_empty() || branches.iter().any(|branch| defaults.has(branch));
        let branch = if on_default { defaults.value() } else { defaults.other() };
        Event::schedule(&schedule_name(workflow), &cron, branch)
    };
    triggers.map(event).collect()
}

/// Whether a condition holds for an event.
pub(super) fn holds(node: &Node, config: &Node, event: &Event, defaults: &Defaults, is_main: bool) -> Option<bool> {
    Conditions { config, event, defaults, is_main }.holds(node, MAX_DEPTH)
}

struct Conditions<'a> {
    config: &'a Node,
    event: &'a Event,
    defaults: &'a Defaults,
    is_main: bool,
}

impl Conditions<'_> {
    fn holds(&self, node: &Node, depth: usize) -> Option<bool> {
        let (first, depth) = (node.members().first(), depth.checked_sub(1)?);
        let Some(member) = first else {
            return match &node.value {
                Written::Bool(flag) => Some(*flag),
                _ => condition::holds("value", &|_| self.value(node)),
            };
        };
        let mut parts = member.node.one_or_many().iter().map(|part| self.holds(part, depth));
        match member.key.as_str() {
            "and" => condition::all(parts),
            "or" => condition::any(parts),
            "not" => parts.next().flatten().map(|part| !part),
            "equal" => self.equal(member.node.items()),
            "matches" => {
                let pattern = member.node.get("pattern").and_then(Node::scalar)?.replace('/', "\\/");
                let value = self.value(member.node.get("value")?);
                condition::holds(&format!("value =~ /{pattern}/"), &|_| value.clone())
            }
            _ => None,
        }
    }

    fn equal(&self, items: &[Node]) -> Option<bool> {
        let (first, rest) = items.split_first()?;
        let same = |other: &Node| condition::holds("a == b", &|name| self.value(if name == "a" { first } else { other }));
        condition::all(rest.iter().map(same))
    }

    fn value(&self, node: &Node) -> Value {
        match (&node.value, node.scalar()) {
            (Written::Bool(flag), _) => Value::Bool(*flag),
            (_, Some(text)) => match text.trim().strip_prefix("<<").and_then(|rest| rest.strip_suffix(">>")) {
                Some(name) => self.variable(name.trim()),
                None => Value::Text(text),
            },
            _ => Value::Unknown,
        }
    }

    /// A variable; the parameters of a pipeline that a push starts have their defaults.
    fn variable(&self, name: &str) -> Value {
        let Some(parameter) = name.strip_prefix("pipeline.parameters.") else { return lookup(name, self.event, self.defaults) };
        let by_push = self.is_main && self.event.name == "webhook";
        let declared = self.config.get("parameters").and_then(|parameters| parameters.get(parameter)?.get("default"));
        declared.filter(|_| by_push).map_or(Value::Unknown, |default| match (&default.value, default.scalar()) {
            (Written::Bool(flag), _) => Value::Bool(*flag),
            (_, Some(text)) => Value::Text(text),
            _ => Value::Unknown,
        })
    }
}

/// What is known of a variable when an event happens.
pub(super) fn lookup(name: &str, event: &Event, defaults: &Defaults) -> Value {
    match name {
        "pipeline.git.branch" => event.branch.clone(),
        "pipeline.git.tag" => event.tag.clone(),
        "pipeline.git.branch.is_default" => match event.triggers.as_slice() {
            [Trigger::Manual] => Value::Unknown,
            triggers => Value::Bool(triggers.contains(&Trigger::DefaultBranch) || triggers == [Trigger::Schedule]),
        },
        "pipeline.git.repo_default_branch" => defaults.value(),
        "pipeline.trigger_source" if event.triggers == [Trigger::Schedule] => Value::text("scheduled_pipeline"),
        "pipeline.trigger_source" => Value::text(event.name.as_str()),
        "pipeline.schedule.name" if event.triggers == [Trigger::Schedule] => Value::Unknown,
        "pipeline.schedule.name" => Value::Null,
        _ => Value::Unknown,
    }
}
