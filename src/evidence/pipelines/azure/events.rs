//! What starts an Azure pipeline: `trigger`, `pr`, `schedules` and other pipelines.

use super::super::Trigger;
use super::super::condition::Value;
use super::super::event::Event;
use super::super::refs::{Defaults, Filter};
use super::super::steps::texts;
use crate::evidence::node::Node;

/// The name of a pipeline resource.
pub(super) fn source(pipeline: &Node) -> String {
    pipeline.get("source").or_else(|| pipeline.get("pipeline")).and_then(Node::scalar).unwrap_or_default()
}

/// What starts a pipeline; without `trigger` every push does, without `pr` every pull request.
pub(super) fn events(file: &Node, defaults: &Defaults) -> Vec<Event> {
    let mut events = Vec::new();
    let is_none = |node: &Node| node.as_str() == Some("none");
    let trigger =
        file.get("trigger").filter(|trigger| !trigger.members().is_empty() || trigger.scalar().is_some() || !trigger.items().is_empty());
    let pushed =
        trigger.map_or_else(|| Some(Filter::default()), |trigger| (!is_none(trigger)).then(|| filter(trigger.get("branches"), trigger)));
    if let Some(pushed) = pushed.filter(|_| !trigger.is_some_and(only_tags)) {
        events.extend(pushed.branches(defaults).into_iter().map(|(is_default, branch)| Event::push("IndividualCI", is_default, branch)));
    }
    if trigger.is_some_and(|trigger| trigger.get("tags").is_some()) {
        events.push(Event::tag("IndividualCI", Value::like("")));
    }
    if !file.get("pr").is_some_and(is_none) {
        events.push(Event::new("PullRequest", &[Trigger::PullRequest]));
    }
    for schedule in file.get("schedules").map(Node::one_or_many).unwrap_or_default() {
        let cron = schedule.get("cron").and_then(Node::scalar).unwrap_or_default();
        events.push(Event::schedule("Schedule", &cron, defaults.value()));
    }
    for pipeline in file.get("resources").and_then(|resources| resources.get("pipelines")).map(Node::items).unwrap_or_default() {
        if pipeline.get("trigger").is_some_and(|trigger| !is_none(trigger)) {
            events.push(Event { after: vec![source(pipeline)], ..Event::new("ResourceTrigger", &[]) });
        }
    }
    if trigger.is_some_and(is_none) {
        events.push(Event::new("Manual", &[Trigger::Manual]));
    }
    events
}

fn only_tags(trigger: &Node) -> bool {
    trigger.get("tags").is_some() && trigger.get("branches").is_none()
}

/// `[main, releases/*]` or `{include, exclude}`; `*` alone stands for every branch.
fn filter(branches: Option<&Node>, otherwise: &Node) -> Filter {
    let node = branches.unwrap_or(otherwise);
    let every = |glob: String| glob.trim_start_matches("refs/heads/").replace('*', "**");
    let included: Vec<String> = texts(Some(node.get("include").unwrap_or(node))).into_iter().map(every).collect();
    let excluded: Vec<String> = texts(node.get("exclude")).into_iter().map(every).collect();
    let mut filter = Filter::only(included.iter().map(String::as_str));
    filter.0.extend(Filter::all_but(excluded.iter().map(String::as_str)).0);
    filter
}
