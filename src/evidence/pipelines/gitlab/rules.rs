//! For which events a job runs, and which of them wait for a person: `rules`, `only`, `except`, `when`.
//!
//! Source: the CI/CD YAML syntax reference of GitLab.

use super::super::Trigger;
use super::super::condition::{self, Value};
use super::super::draft::Draft;
use super::super::event::{Event, Mask};
use super::super::refs::{Defaults, Filter, Pattern};
use super::super::steps::texts;
use super::config::Config;
use crate::evidence::node::Node;

/// The events that make a pipeline at all: `workflow.rules`.
pub(super) fn of_workflow(config: &Config, mask: Mask, draft: &Draft, defaults: &Defaults) -> Mask {
    let Some(rules) = config.get("workflow").and_then(|workflow| workflow.get("rules")) else { return mask };
    draft.keep(mask, |event| Some(outcome(rules, "always", event, defaults, false).runs))
}

/// The events a job runs for, and those of them that wait for a person.
pub(super) fn of_job(node: &Node, mask: Mask, draft: &Draft, defaults: &Defaults, is_child: bool) -> (Mask, Mask) {
    let when = node.get("when").and_then(Node::scalar).unwrap_or_else(|| "on_success".to_owned());
    if when == "never" {
        return (Mask::default(), Mask::default());
    }
    let (runs, by_hand, written) = match node.get("rules") {
        Some(rules) => {
            let of = |event: &Event| outcome(rules, &when, event, defaults, is_child);
            let runs = draft.keep(mask, |event| Some(of(event).runs));
            let by_hand = draft.keep(runs, |event| Some(of(event).manual));
            (runs, by_hand, rules.to_json().to_string())
        }
        None => {
            let runs = draft.keep(mask, |event| Some(by_refs(node, event, defaults, is_child)));
            let by_hand = if when == "manual" { runs } else { Mask::default() };
            (runs, by_hand, node.get("only").map(|only| only.to_json().to_string()).unwrap_or_default())
        }
    };
    let named = without_unnamed(runs, draft, &written);
    (named, by_hand.and(named))
}

/// Whether everything after a job that waits for a person waits too: so it is when a rule asks for the person.
pub(super) fn blocks(node: &Node) -> bool {
    match node.get("allow_failure").and_then(Node::scalar) {
        Some(allowed) => allowed == "false",
        None => node.get("rules").is_some(),
    }
}

/// Takes away schedules and pipelines by hand unless the rules name them: they are settings of the project.
pub(super) fn without_unnamed(mask: Mask, draft: &Draft, rules: &str) -> Mask {
    let names = |words: &[&str]| words.iter().any(|word| rules.contains(word));
    draft.keep(mask, |event| {
        Some(match event.triggers.as_slice() {
            [Trigger::Schedule] => names(&["schedule"]),
            [Trigger::Manual] => names(&["\"web\"", "\\\"web\\\"", "'web'", "api", "trigger", "\"pipeline\\\""]),
            _ => true,
        })
    })
}

/// What rules say for an event.
#[derive(Default)]
struct Outcome {
    runs: bool,
    /// Every rule that may let it run asks for a person.
    manual: bool,
}

/// The first rule that holds decides; rules that only may hold are followed both ways.
fn outcome(rules: &Node, when: &str, event: &Event, defaults: &Defaults, is_child: bool) -> Outcome {
    let mut outcome = Outcome { runs: false, manual: true };
    for rule in rules.items() {
        let condition = rule.get("if").and_then(Node::scalar);
        let lookup = |name: &str| lookup(event, defaults, is_child, name);
        let holds = condition.map_or(Some(true), |condition| condition::holds(&condition, &lookup));
        let by_files = rule.get("changes").is_some() || rule.get("exists").is_some();
        let own = rule.get("when").and_then(Node::scalar);
        if holds == Some(false) {
            continue;
        }
        match own.as_deref().unwrap_or(when) {
            "never" => {}
            "manual" => outcome.runs = true,
            _ => (outcome.runs, outcome.manual) = (true, false),
        }
        if holds == Some(true) && !by_files {
            break;
        }
    }
    outcome.manual &= outcome.runs;
    outcome
}

/// `only` and `except`; without them a job runs for branches and tags.
fn by_refs(node: &Node, event: &Event, defaults: &Defaults, is_child: bool) -> bool {
    let passes = |key: &str| -> Option<bool> {
        let written = node.get(key)?;
        let refs = written.get("refs").unwrap_or(written);
        let words = texts(Some(refs));
        let of_refs = (!words.is_empty()).then(|| condition::any(words.iter().map(|word| matches(word, event))));
        let variables = texts(written.get("variables"));
        let lookup = |name: &str| lookup(event, defaults, is_child, name);
        let of_variables =
            (!variables.is_empty()).then(|| condition::any(variables.iter().map(|written| condition::holds(written, &lookup))));
        let asked: Vec<Option<bool>> = of_refs.into_iter().chain(of_variables).collect();
        if asked.is_empty() { None } else { condition::all(asked) }
    };
    let only = match node.get("only") {
        Some(_) => passes("only") != Some(false),
        None => is_child || event.name != "merge_request_event",
    };
    only && passes("except") != Some(true)
}

/// Whether a word of `only` stands for an event: a kind of pipeline, a name, a pattern.
fn matches(written: &str, event: &Event) -> Option<bool> {
    let is_request = event.name == "merge_request_event";
    let word = written.split('@').next().unwrap_or(written);
    match word {
        "branches" => Some(!is_request && event.branch != Value::Null),
        "tags" => Some(matches!(event.tag, Value::Like { .. })),
        "merge_requests" => Some(is_request),
        "schedules" => Some(event.name == "schedule"),
        "web" | "api" | "triggers" | "pipelines" | "external" | "chat" => Some(event.triggers == [Trigger::Manual]),
        "pushes" => Some(event.name == "push"),
        _ if is_request => Some(false),
        // Nobody calls a tag `main`.
        name if event.branch == Value::Null && !name.starts_with(['/', 'v']) && !name.starts_with(|char: char| char.is_ascii_digit()) => {
            Some(false)
        }
        name => {
            let filter = Filter(vec![Pattern::slashed(name)]);
            let value = if event.branch == Value::Null { &event.tag } else { &event.branch };
            match value {
                Value::Text(branch) => Some(filter.passes(branch)),
                Value::AnyOf(branches) => Some(branches.iter().any(|branch| filter.passes(branch))),
                // Some branch or tag of that name there may be; none that is called like the default branch.
                Value::Like { except, .. } => except.iter().any(|branch| filter.passes(branch) && branch == name).then_some(false),
                Value::Null => Some(false),
                _ => None,
            }
        }
    }
}

/// What is known of a variable when an event happens.
fn lookup(event: &Event, defaults: &Defaults, is_child: bool, name: &str) -> Value {
    let is_request = event.name == "merge_request_event";
    match name {
        "CI_PIPELINE_SOURCE" if is_child => Value::text("parent_pipeline"),
        // Any of web, api and trigger: started by hand.
        "CI_PIPELINE_SOURCE" if event.name == "web" => {
            Value::AnyOf(["web", "api", "trigger", "pipeline", "chat"].map(str::to_owned).to_vec())
        }
        "CI_PIPELINE_SOURCE" => Value::text(event.name.as_str()),
        "CI_DEFAULT_BRANCH" => defaults.value(),
        "CI_COMMIT_BRANCH" if is_request => Value::Null,
        "CI_COMMIT_BRANCH" => event.branch.clone(),
        "CI_COMMIT_TAG" => event.tag.clone(),
        "CI_COMMIT_REF_NAME" | "CI_COMMIT_REF_SLUG" if event.branch == Value::Null => event.tag.clone(),
        "CI_COMMIT_REF_NAME" | "CI_COMMIT_REF_SLUG" => event.branch.clone(),
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME" if is_request => Value::Unknown,
        "CI_MERGE_REQUEST_IID" | "CI_MERGE_REQUEST_ID" | "CI_OPEN_MERGE_REQUESTS" if is_request => Value::like(""),
        name if name.starts_with("CI_MERGE_REQUEST_") && !is_request => Value::Null,
        _ => Value::Unknown,
    }
}
