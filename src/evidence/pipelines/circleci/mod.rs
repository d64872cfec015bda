//! CircleCI: `.circleci/config.yml`, and the files that a setup workflow continues with.
//!
//! A job runs only through a workflow, so a job here is one mention in a workflow, with the filters and needs written
//! there, and the commands, executors and parameters of the file filled in. An approval is a job without steps that a
//! person must click; everything that requires it waits with it.
//!
//! CircleCI builds branches, not pull requests: a job that runs on any branch runs on those of pull requests too, and is
//! said to. Orbs stand as what a step uses, by their registered name: `circleci/aws-ecs/deploy-service-update`.

mod conditions;

use super::condition::Value;
use super::draft::{Draft, DraftJob, DraftStep};
use super::event::{Event, Mask};
use super::refs::{Defaults, Filter, Pattern};
use super::sources::{Sources, resolve};
use super::steps::{inputs, texts};
use super::{Job, Step, Trigger, commands, documents};
use crate::evidence::node::{Member, Node};
use std::collections::HashMap;

/// How deep commands call commands.
const MAX_DEPTH: usize = 8;
/// Most commands followed in one file.
const MAX_CALLS: usize = 10_000;

/// The vendor whose pipeline this path is.
pub(super) fn vendor(path: &str) -> Option<&'static str> {
    let name = path.strip_prefix(".circleci/")?.strip_suffix(".yml").or_else(|| path.strip_prefix(".circleci/")?.strip_suffix(".yaml"))?;
    let continued = name.contains("config") || name.contains("continue") || name.contains("workflow");
    (!name.contains('/') && continued).then_some("circleci")
}

/// Reads a configuration.
pub(super) fn read(path: &str, text: &str, sources: &Sources) -> Result<Draft, String> {
    let documents = documents(text)?;
    let config = documents.first().ok_or("is empty")?;
    if config.get("workflows").is_none() && config.get("jobs").is_none() {
        return Err("has neither workflows nor jobs: not a pipeline".to_owned());
    }
    let defaults = sources.defaults();
    let schedules = conditions::schedules(config, &defaults);
    let mut draft = Draft::new(None, events(&defaults, schedules));
    let is_main = path == ".circleci/config.yml";
    let mut reading = Reading { draft: &mut draft, sources, config, defaults, is_main, called: std::cell::Cell::new(0) };
    reading.workflows();
    reading.unseen();
    Ok(draft)
}

/// The ways a pipeline starts: pushes, then what only some workflows answer to.
fn events(defaults: &Defaults, schedules: Vec<Event>) -> Vec<Event> {
    let mut other = Event::push("webhook", false, defaults.other());
    other.triggers.push(Trigger::PullRequest);
    let mut events = vec![
        Event::push("webhook", true, defaults.value()),
        other,
        Event::tag("webhook", Value::like("")),
        Event::new("api", &[Trigger::Manual]),
        Event::new("scheduled_pipeline", &[Trigger::Schedule]).on(defaults.value(), Value::Null),
    ];
    events.extend(schedules);
    events
}

/// Texts in the places of `<< parameters.name >>`.
type Parameters = HashMap<String, String>;

struct Reading<'a, 'd> {
    draft: &'d mut Draft,
    sources: &'a Sources<'a>,
    config: &'a Node,
    defaults: Defaults,
    /// Whether this is the file that pushes start, not one that a setup workflow continues with.
    is_main: bool,
    /// Commands followed.
    called: std::cell::Cell<usize>,
}

/// A workflow: what its jobs have in common.
struct Workflow {
    /// Before the ids of its jobs, when there are several workflows.
    prefix: String,
    mask: Mask,
}

impl Reading<'_, '_> {
    fn workflows(&mut self) {
        let config = self.config;
        let workflows = config.get("workflows").map(Node::members).unwrap_or_default();
        let workflows: Vec<&Member> = workflows.iter().filter(|workflow| workflow.node.get("jobs").is_some()).collect();
        let build = config.get("jobs").and_then(|jobs| jobs.member("build")).filter(|_| workflows.is_empty());
        if let Some(build) = build {
            let workflow = Workflow { prefix: String::new(), mask: self.unfiltered() };
            self.job("build", &nothing(build.line), build.line, &workflow);
        }
        for workflow in &workflows {
            let prefix = if workflows.len() > 1 { format!("{}/", workflow.key) } else { String::new() };
            let mask = self.started(&workflow.key, &workflow.node);
            let of = Workflow { prefix, mask };
            for mention in workflow.node.get("jobs").map(Node::items).unwrap_or_default() {
                if self.draft.room() == 0 {
                    return self.draft.cut("jobs beyond the first ones".to_owned(), mention.line);
                }
                self.mention(mention, &of);
            }
        }
    }

    /// Pushes to branches: what a job without filters runs for.
    fn unfiltered(&self) -> Mask {
        self.draft.keep(self.draft.all(), |event| Some(event.name == "webhook"))
    }

    /// The events that start a workflow: its schedules, else those for which its condition does not surely fail.
    fn started(&self, name: &str, workflow: &Node) -> Mask {
        let own = conditions::schedule_name(name);
        if workflow.get("triggers").is_some() {
            return self.draft.keep(self.draft.all(), |event| Some(event.name == own));
        }
        let condition = workflow.get("when").map(|when| (when, true)).or_else(|| Some((workflow.get("unless")?, false)));
        let Some((condition, wanted)) = condition else { return self.unfiltered() };
        // A pipeline by API or schedule is a setting of the project: it counts when the condition asks for it.
        let written = condition.to_json().to_string();
        let asked = |event: &Event| match event.name.as_str() {
            "webhook" => true,
            "api" => written.contains("pipeline.parameters") || written.contains("\"api\""),
            "scheduled_pipeline" => written.contains("schedule"),
            _ => false,
        };
        let holds = |event: &Event| conditions::holds(condition, self.config, event, &self.defaults, self.is_main);
        self.draft.keep(self.draft.all(), |event| if asked(event) { holds(event).map(|holds| holds == wanted) } else { Some(false) })
    }

    /// A job as a workflow mentions it: by name alone, or with settings.
    fn mention(&mut self, mention: &Node, workflow: &Workflow) {
        match mention.members() {
            [] => {
                if let Some(name) = mention.scalar() {
                    self.job(&name, &nothing(mention.line), mention.line, workflow);
                }
            }
            members => members.iter().for_each(|member| self.job(&member.key, &member.node, member.line, workflow)),
        }
    }

    fn job(&mut self, name: &str, settings: &Node, line: u32, workflow: &Workflow) {
        let shown = settings.get("name").and_then(Node::scalar).unwrap_or_else(|| name.to_owned());
        let filters = settings.get("filters");
        let mask = self.draft.keep(workflow.mask, |event| passes(filters, event, &self.defaults));
        let required = settings.get("requires").map(Node::one_or_many).unwrap_or_default();
        let required = required.iter().filter_map(|need| need.members().first().map(|need| need.key.clone()).or_else(|| need.scalar()));
        let job = Job {
            id: format!("{}{shown}", workflow.prefix),
            name: shown,
            line,
            needs: required.map(|need| format!("{}{need}", workflow.prefix)).collect(),
            manual: settings.get("type").and_then(Node::scalar).as_deref() == Some("approval"),
            disabled: mask.is_empty(),
            ..Job::default()
        };
        let mut draft = DraftJob { job, mask, ..DraftJob::default() };
        if !draft.job.manual {
            self.body(name, settings, line, &mut draft);
        }
        self.draft.add(draft);
    }

    /// What a job does: its definition in the file, else the job of an orb.
    fn body(&self, name: &str, settings: &Node, line: u32, draft: &mut DraftJob) {
        let Some(definition) = self.config.get("jobs").and_then(|jobs| jobs.member(name)) else {
            let step = self.orb(name, line, inputs(Some(settings)));
            return draft.steps.push(DraftStep { step, mask: draft.mask });
        };
        let parameters = parameters(definition.node.get("parameters"), settings);
        let executor = definition.node.get("executor").and_then(|executor| executor.get("name").unwrap_or(executor).scalar());
        let executor = executor.and_then(|name| self.config.get("executors")?.get(&fill(&name, &parameters)));
        let docker = definition.node.get("docker").or_else(|| executor?.get("docker"));
        let mut images =
            docker.map(Node::items).unwrap_or_default().iter().filter_map(|image| Some(fill(&image.get("image")?.scalar()?, &parameters)));
        draft.job.image = images.next();
        draft.job.services = images.collect();
        let directory = definition.node.get("working_directory").and_then(Node::scalar).unwrap_or_default();
        let mut shell = Shell { directory: root(&directory), parameters, depth: 0 };
        let around = |key: &str| settings.get(key).map(Node::items).unwrap_or_default();
        let own = definition.node.get("steps").map(Node::items).unwrap_or_default();
        for steps in [around("pre-steps"), own, around("post-steps")] {
            self.steps(steps, &mut shell, &mut draft.steps, draft.mask);
        }
    }

    fn steps(&self, steps: &[Node], shell: &mut Shell, into: &mut Vec<DraftStep>, mask: Mask) {
        for step in steps {
            if into.len() >= self.draft.room() {
                return;
            }
            match step.members() {
                [] => {
                    if let Some(name) = step.scalar().filter(|name| name != "checkout") {
                        self.step(&name, &nothing(step.line), step.line, shell, into, mask);
                    }
                }
                members => members.iter().for_each(|member| self.step(&member.key, &member.node, member.line, shell, into, mask)),
            }
        }
    }

    fn step(&self, key: &str, node: &Node, line: u32, shell: &mut Shell, into: &mut Vec<DraftStep>, mask: Mask) {
        match key {
            "run" => into.push(DraftStep { step: self.run(node, line, shell), mask }),
            "when" | "unless" => {
                let condition = node.get("condition").and_then(Node::scalar).map(|condition| fill(&condition, &shell.parameters));
                let surely_not = if key == "when" { "false" } else { "true" };
                if condition.as_deref() != Some(surely_not) {
                    self.steps(node.get("steps").map(Node::items).unwrap_or_default(), shell, into, mask);
                }
            }
            "save_cache"
            | "restore_cache"
            | "store_artifacts"
            | "store_test_results"
            | "persist_to_workspace"
            | "attach_workspace"
            | "add_ssh_keys"
            | "checkout"
            | "setup_remote_docker" => {
                let step = Step { line, uses: Some(key.to_owned()), with: inputs(Some(node)), ..Step::default() };
                into.push(DraftStep { step, mask });
            }
            command => self.command(command, node, line, shell, into, mask),
        }
    }

    /// A command of the file, its steps in place; else one of an orb.
    fn command(&self, name: &str, node: &Node, line: u32, shell: &mut Shell, into: &mut Vec<DraftStep>, mask: Mask) {
        let command =
            self.config.get("commands").and_then(|commands| commands.get(name)).filter(|_| shell.depth < MAX_DEPTH && self.may_call());
        match command {
            Some(command) => {
                let given = filled(node, &shell.parameters);
                let parameters = parameters(command.get("parameters"), &given);
                let mut inner = Shell { directory: shell.directory.clone(), parameters, depth: shell.depth + 1 };
                self.steps(command.get("steps").map(Node::items).unwrap_or_default(), &mut inner, into, mask);
            }
            None => {
                let with = inputs(Some(&filled(node, &shell.parameters)));
                into.push(DraftStep { step: self.orb(name, line, with), mask });
            }
        }
    }

    /// Takes one command from those that may be followed.
    fn may_call(&self) -> bool {
        self.called.set(self.called.get() + 1);
        self.called.get() <= MAX_CALLS
    }

    fn run(&self, node: &Node, line: u32, shell: &Shell) -> Step {
        let command = node.get("command").unwrap_or(node).scalar().map(|command| fill(&command, &shell.parameters));
        let directory = node.get("working_directory").and_then(Node::scalar).map(|directory| root(&fill(&directory, &shell.parameters)));
        let directory = directory.unwrap_or_else(|| shell.directory.clone());
        let run = command.map(|command| commands::follow(&command, &directory, self.sources));
        let name = node.get("name").and_then(Node::scalar).map(|name| fill(&name, &shell.parameters));
        Step { line, name, run, ..Step::default() }
    }

    /// What an orb gives, by its registered name: `aws-ecs/deploy` of `aws-ecs: circleci/aws-ecs@4.0`.
    fn orb(&self, written: &str, line: u32, with: Vec<(String, String)>) -> Step {
        let (alias, rest) = written.split_once('/').map_or((written, None), |(alias, rest)| (alias, Some(rest)));
        let registered = self.config.get("orbs").and_then(|orbs| orbs.get(alias)?.scalar());
        let (name, version) = registered.as_deref().map_or((alias.to_owned(), None), super::steps::action);
        let uses = rest.map_or_else(|| name.clone(), |rest| format!("{name}/{rest}"));
        Step { line, uses: Some(uses), version, with, ..Step::default() }
    }

    fn unseen(&mut self) {
        for orb in self.config.get("orbs").map(Node::members).unwrap_or_default() {
            if let Some(name) = orb.node.scalar() {
                self.draft.unseen(format!("orb {name}"), None, orb.line);
            }
        }
        let is_setup = self.config.get("setup").and_then(Node::scalar).as_deref() == Some("true");
        if let Some(setup) = self.config.member("setup").filter(|_| is_setup) {
            self.draft.unseen("the configuration that this setup workflow continues with", None, setup.line);
        }
    }
}

/// No settings at all.
fn nothing(line: u32) -> Node {
    Node::new(crate::evidence::node::Value::Null, line)
}

/// Where steps run and with which parameters.
struct Shell {
    directory: String,
    parameters: Parameters,
    depth: usize,
}

/// A directory as one of the repository: `~/project` is its root.
fn root(directory: &str) -> String {
    let directory = directory.strip_prefix("~/project").unwrap_or(directory);
    if directory.starts_with(['~', '/']) && directory.matches('/').count() < 2 {
        String::new()
    } else {
        resolve("", directory).unwrap_or_default()
    }
}

/// The parameters of a job or command: what is given, else the defaults.
fn parameters(declared: Option<&Node>, given: &Node) -> Parameters {
    let declared = declared.map(Node::members).unwrap_or_default();
    let value = |member: &Member| {
        let value = given.get(&member.key).or_else(|| {
            // `matrix: {parameters: {env: [staging, production]}}`: one job here, for the first of them.
            given.get("matrix")?.get("parameters")?.get(&member.key)
        });
        let value = value.or_else(|| member.node.get("default"))?;
        Some((member.key.clone(), texts(Some(value)).join(" ")))
    };
    declared.iter().filter_map(value).collect()
}

/// A text with `<< parameters.name >>` filled in.
fn fill(text: &str, parameters: &Parameters) -> String {
    super::steps::filled(text, ("<<", ">>"), |name| parameters.get(name.strip_prefix("parameters.")?).cloned())
}

/// The scalars of a map with parameters filled in.
fn filled(node: &Node, parameters: &Parameters) -> Node {
    use crate::evidence::node::Value as V;
    let value = match (&node.value, node.scalar()) {
        (V::Map(members), _) => {
            let member = |member: &Member| {
                let text = member.node.scalar().map(|text| Node::new(V::Text(fill(&text, parameters)), member.node.line));
                Member { node: text.unwrap_or_else(|| member.node.clone()), ..member.clone() }
            };
            V::Map(members.iter().map(member).collect())
        }
        (_, Some(text)) => V::Text(fill(&text, parameters)),
        (value, None) => value.clone(),
    };
    Node::new(value, node.line)
}

/// Whether a job's filters let an event pass: any branch and no tag, unless they say otherwise.
fn passes(filters: Option<&Node>, event: &Event, defaults: &Defaults) -> Option<bool> {
    if let Some(expression) = filters.and_then(Node::scalar) {
        return super::condition::holds(&expression, &|name| conditions::lookup(name, event, defaults));
    }
    let of = |kind: &str| filters.and_then(|filters| filters.get(kind)).map(filter);
    if event.branch == Value::Null {
        return Some(of("tags").is_some_and(|(tags, only)| only || tags.passes("v1.0.0")));
    }
    let (branches, _) = of("branches").unwrap_or_default();
    let reached = branches.branches(defaults);
    let is_default = event.triggers.contains(&Trigger::DefaultBranch) || event.triggers == [Trigger::Schedule];
    Some(event.branch == Value::Unknown || reached.iter().any(|(default, _)| *default == is_default))
}

/// A filter, and whether it says which names pass rather than which do not.
fn filter(node: &Node) -> (Filter, bool) {
    let whole = |name: &String| match name.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
        Some(body) => Pattern::slashed(&format!("/^(?:{body})$/")),
        None => Pattern::slashed(name),
    };
    match node.get("only") {
        Some(only) => (Filter(texts(Some(only)).iter().map(whole).collect()), true),
        None => (Filter(texts(node.get("ignore")).iter().map(whole).map(Pattern::into_exception).collect()), false),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
