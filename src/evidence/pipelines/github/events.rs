//! When a GitHub workflow runs, and what its conditions know of each event.
//!
//! Source: "Events that trigger workflows" and "Contexts" of the GitHub Actions documentation.

use super::super::condition::Value;
use super::super::event::Event;
use super::super::refs::{Defaults, Filter};
use super::super::sources::Sources;
use super::super::steps::texts;
use super::super::{Trigger, Unseen};
use crate::evidence::node::Node;
use std::collections::HashSet;

/// Most workflow files looked through for one that another names.
const MAX_WORKFLOWS: usize = 300;
/// Where in a workflow its name must stand, in bytes; names come first.
const NAME_WITHIN: usize = 16 * 1024;
/// Most workflows that one `workflow_run` names.
const MAX_NAMED: usize = 20;

/// The events of `on`, with what could not be found on the way.
pub(super) struct Reading<'a> {
    sources: &'a Sources<'a>,
    defaults: Defaults,
    folder: String,
    /// Workflows already followed through `workflow_run`, by path.
    followed: HashSet<String>,
    pub unseen: Vec<Unseen>,
}

/// The names of the events in `on`, with their settings. YAML 1.1 reads the key `on` as true.
pub(super) fn triggers(workflow: &Node) -> Vec<(String, &Node)> {
    let Some(on) = workflow.get("on").or_else(|| workflow.get("true")) else { return Vec::new() };
    let members = on.members().iter().map(|member| (member.key.clone(), &member.node));
    let names = on.one_or_many().iter().filter_map(|name| Some((name.scalar()?, name)));
    members.chain(names).collect()
}

/// The name of a workflow, else its path, as GitHub shows it; here its stem is enough.
fn name_of(path: &str, text: &str) -> String {
    let written = text.lines().scan(0, |read, line| {
        *read += line.len();
        (*read < NAME_WITHIN).then_some(line)
    });
    let mut names = written.filter_map(|line| line.strip_prefix("name:"));
    let name = names.next().map(|name| name.split(" #").next().unwrap_or(name).trim().trim_matches(['"', '\'']));
    let stem = || path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or(path, |(stem, _)| stem);
    name.filter(|name| !name.is_empty()).unwrap_or_else(stem).to_owned()
}

impl<'a> Reading<'a> {
    /// Nothing read yet.
    pub fn new(path: &str, sources: &'a Sources<'a>) -> Self {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let followed = HashSet::from([path.to_owned()]);
        Reading { sources, defaults: sources.defaults(), folder, followed, unseen: Vec::new() }
    }

    /// The events that start a workflow.
    pub fn events(&mut self, workflow: &Node) -> Vec<Event> {
        let triggers = triggers(workflow);
        let only_called = triggers.iter().all(|(name, _)| name == "workflow_call");
        let mut events = Vec::new();
        for (name, settings) in triggers {
            match name.as_str() {
                "push" => self.push(settings, &mut events),
                "pull_request" | "pull_request_target" => self.pull_request(&name, settings, &mut events),
                "merge_group" => events.push(Event::new(&name, &[Trigger::PullRequest])),
                "workflow_dispatch" | "repository_dispatch" => events.push(Event::new(&name, &[Trigger::Manual])),
                "release" => events.push(Event { name, ..Event::tag("", Value::like("")) }),
                "schedule" => self.schedule(settings, &mut events),
                "workflow_run" => self.workflow_run(settings, &mut events),
                "workflow_call" if !only_called => {}
                _ => events.push(Event::new(&name, &[])),
            }
        }
        events
    }

    fn push(&self, settings: &Node, events: &mut Vec<Event>) {
        let (branches, tags) = (filter(settings, "branches"), filter(settings, "tags"));
        if branches.is_some() || tags.is_none() {
            let reached = branches.clone().unwrap_or_default().branches(&self.defaults);
            events.extend(reached.into_iter().map(|(is_default, branch)| Event::push("push", is_default, branch)));
        }
        // `tags-ignore: ['**']` is how one says: no tags.
        let any_tag = tags.as_ref().is_none_or(|tags| settings.get("tags").is_some() || tags.passes("v1.0.0"));
        if any_tag && (tags.is_some() || branches.is_none()) {
            events.push(Event::tag("push", tag_value(settings.get("tags"))));
        }
    }

    /// A pull request; one that is closed by merging is a push to its base.
    fn pull_request(&self, name: &str, settings: &Node, events: &mut Vec<Event>) {
        let bases = filter(settings, "branches").unwrap_or_default().branches(&self.defaults);
        let types = texts(settings.get("types"));
        let request = Event::new(name, &[Trigger::PullRequest]);
        let request = match bases.as_slice() {
            [(_, base)] => request.with("github.base_ref", base.clone()),
            _ => request,
        };
        if types.iter().any(|kind| kind != "closed") || types.is_empty() {
            events.push(request);
            return;
        }
        let closed = events.len();
        let merged = |(is_default, base): (bool, Value)| {
            let triggers: &[Trigger] = if is_default { &[Trigger::Push, Trigger::DefaultBranch] } else { &[Trigger::Push] };
            let event = Event { only_without: Some(closed), ..Event::new(name, triggers) };
            event.with("github.event.pull_request.merged", Value::Bool(true)).with("github.base_ref", base)
        };
        events.push(request.with("github.event.pull_request.merged", Value::Bool(false)));
        events.extend(bases.into_iter().map(merged));
    }

    fn schedule(&self, settings: &Node, events: &mut Vec<Event>) {
        for item in settings.one_or_many() {
            let cron = item.get("cron").and_then(Node::scalar).unwrap_or_default();
            let event = Event::schedule("schedule", &cron, self.defaults.value());
            events.push(event.with("github.event.schedule", Value::text(cron.as_str())));
        }
    }

    /// The end of other workflows: what starts them starts this one.
    fn workflow_run(&mut self, settings: &Node, events: &mut Vec<Event>) {
        let branches = filter(settings, "branches");
        let types = texts(settings.get("types"));
        let at_the_end = types.is_empty() || types.iter().any(|kind| kind == "completed");
        let names = settings.get("workflows").map(Node::one_or_many).unwrap_or_default();
        for node in names.iter().take(MAX_NAMED) {
            let Some(named) = node.scalar() else { continue };
            let (name, before) = self.workflow(&named, node.line);
            let before = before.into_iter().filter(|event| self.passes(branches.as_ref(), event));
            let after = if at_the_end { vec![name] } else { Vec::new() };
            events.extend(before.map(|event| self.run_after(event, after.clone())));
        }
    }

    fn run_after(&self, before: Event, after: Vec<String>) -> Event {
        let head = if before.branch == Value::Null { before.tag } else { before.branch };
        Event { triggers: before.triggers, every_hours: before.every_hours, after, ..Event::new("workflow_run", &[]) }
            .on(self.defaults.value(), Value::Null)
            .with("github.event.workflow_run.event", Value::text(before.name))
            .with("github.event.workflow_run.head_branch", head)
    }

    /// The true name of a workflow and its events; when it is not in the repository, an event of which nothing is known.
    fn workflow(&mut self, named: &str, line: u32) -> (String, Vec<Event>) {
        let Some((path, name)) = self.find(named) else {
            let what = format!("workflow \"{named}\" that workflow_run names (not in the repository)");
            self.unseen.push(Unseen { what, file: None, line });
            return (named.to_owned(), vec![Event::new("unknown", &[])]);
        };
        let document = self.sources.yaml(&path).filter(|_| self.followed.insert(path));
        (name, document.map(|document| self.events(&document)).unwrap_or_default())
    }

    /// The path and name of a workflow by its name, path or file name.
    fn find(&self, named: &str) -> Option<(String, String)> {
        workflows(&self.folder, self.sources).find_map(|path| {
            let name = name_of(path, &self.sources.text(path)?);
            let is_it = name == named || path == named || path.rsplit('/').next() == Some(named);
            is_it.then(|| (path.to_owned(), name))
        })
    }

    /// Whether the branch filter of `workflow_run` lets the end of a run pass.
    fn passes(&self, filter: Option<&Filter>, event: &Event) -> bool {
        let Some(filter) = filter else { return true };
        let reached = filter.branches(&self.defaults);
        let others = reached.iter().any(|(is_default, branch)| !is_default && !matches!(branch, Value::Text(_)));
        match &event.branch {
            Value::Null => others,
            Value::Text(name) => filter.passes(name),
            Value::AnyOf(_) => reached.iter().any(|(is_default, _)| *is_default),
            _ if event.triggers.contains(&Trigger::Manual) => true,
            _ => others,
        }
    }
}

/// The workflow files of a folder.
pub(super) fn workflows<'a>(folder: &'a str, sources: &'a Sources) -> impl Iterator<Item = &'a str> {
    let inside = move |path: &&str| path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')).is_some_and(super::is_workflow_name);
    sources.paths().iter().map(String::as_str).filter(inside).take(MAX_WORKFLOWS)
}

/// The filter under `branches` and `branches-ignore`, or `tags` and `tags-ignore`.
fn filter(settings: &Node, key: &str) -> Option<Filter> {
    let ignore = format!("{key}-ignore");
    if let Some(only) = settings.get(key) {
        return Some(Filter::only(texts(Some(only)).iter().map(String::as_str)));
    }
    settings.get(&ignore).map(|but| Filter::all_but(texts(Some(but)).iter().map(String::as_str)))
}

/// Tags that a filter names, as a value: those of `v*` start with `v`.
fn tag_value(tags: Option<&Node>) -> Value {
    let globs = texts(tags);
    let prefix = match globs.as_slice() {
        [only] => only.split(['*', '[', '?', '+']).next().unwrap_or_default(),
        _ => "",
    };
    Value::like(prefix)
}

/// What is known of a variable when an event happens; `inputs` are looked up by the caller.
pub(super) fn lookup(event: &Event, defaults: &Defaults, name: &str) -> Value {
    if let Some(value) = event.fact(name) {
        return value;
    }
    let is_request = event.name.starts_with("pull_request");
    match name {
        // A workflow that is only called knows nothing of who calls it.
        _ if event.name == "workflow_call" => Value::Unknown,
        "github.event_name" => Value::text(event.name.as_str()),
        "github.event.repository.default_branch" => defaults.value(),
        "github.ref" | "github.event.ref" if is_request => Value::like("refs/pull/"),
        "github.ref" | "github.event.ref" => by_kind(event, &event.branch.prefixed("refs/heads/"), &event.tag.prefixed("refs/tags/")),
        "github.ref_name" if is_request => defaults.other(),
        // Nobody calls a tag `main`.
        "github.ref_name" if event.tag == Value::like("") => defaults.other(),
        "github.ref_name" => by_kind(event, &event.branch, &event.tag),
        "github.ref_type" => by_kind(event, &Value::text("branch"), &Value::text("tag")),
        "github.event.pull_request.base.ref" => {
            event.fact("github.base_ref").unwrap_or(if is_request { Value::Unknown } else { Value::Null })
        }
        "github.event.pull_request" if is_request => Value::like(""),
        "github.head_ref" | "github.base_ref" if !is_request => Value::Null,
        _ => property(event, name),
    }
}

/// The value for a branch, for a tag, or unknown.
fn by_kind(event: &Event, branch: &Value, tag: &Value) -> Value {
    match (&event.branch, &event.tag) {
        (Value::Unknown, _) => Value::Unknown,
        (Value::Null, _) => tag.clone(),
        _ => branch.clone(),
    }
}

/// A property of the event's payload: absent from payloads of other events.
fn property(event: &Event, name: &str) -> Value {
    const OWNERS: [(&str, &str); 7] = [
        ("github.event.pull_request", "pull_request"),
        ("github.event.workflow_run", "workflow_run"),
        ("github.event.schedule", "schedule"),
        ("github.event.release", "release"),
        ("github.event.issue", "issue"),
        ("github.event.comment", "issue_comment"),
        ("github.event.deployment_status", "deployment_status"),
    ];
    let owner = OWNERS.iter().find(|(start, _)| name.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')));
    match owner {
        Some((_, event_name)) if !event.name.starts_with(event_name) => Value::Null,
        _ => Value::Unknown,
    }
}
