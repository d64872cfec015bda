//! GitHub Actions, and Gitea and Forgejo Actions, which read the same files.
//!
//! A workflow is inlined into what it really runs: the jobs of reusable workflows of the repository stand as `caller/job`
//! behind their caller's needs and condition, the steps of local composite actions stand where they are used, inputs are
//! filled in. The caller stays as a job that needs all it called, so that what needs it finds them.
//!
//! A workflow that others call and nothing else starts has no jobs of its own here: they are reported where they run. Who
//! calls it from another repository cannot be seen; without a caller its jobs have no triggers.
//!
//! Not read: `concurrency`, `permissions`, path filters (a change to some files starts it still), required reviewers of an
//! environment (a setting of the forge), which values of a matrix a condition leaves out.

mod environments;
mod events;
mod scope;
mod values;

use super::condition::{self, Value};
use super::draft::{Draft, DraftJob, DraftStep};
use super::event::{Event, Mask};
use super::refs::Defaults;
use super::sources::{Sources, resolve};
use super::steps::{action, command_input, inputs, texts};
use super::{Job, Step, commands, documents};
use crate::evidence::node::{Member, Node};
use scope::{Input, Scope};
use std::collections::HashMap;

/// How deep reusable workflows and local actions are followed, as GitHub itself allows.
const MAX_DEPTH: usize = 4;
/// Most local actions followed in one pipeline.
const MAX_ACTIONS: usize = 1_000;
/// Most inputs of one call.
const MAX_INPUTS: usize = 50;

/// Actions that stop until a person agrees.
const APPROVALS: [&str; 2] = ["trstringer/manual-approval", "TerrenceMiao/manual-approval"];

/// The vendor whose workflow this path is.
pub(super) fn vendor(path: &str) -> Option<&'static str> {
    let (folder, name) = path.rsplit_once('/')?;
    let vendor = match folder {
        ".github/workflows" => "github-actions",
        ".gitea/workflows" => "gitea-actions",
        ".forgejo/workflows" => "forgejo-actions",
        _ => return None,
    };
    is_workflow_name(name).then_some(vendor)
}

/// True for the file name of a workflow, not that of one in a folder below.
fn is_workflow_name(name: &str) -> bool {
    !name.contains('/') && (name.ends_with(".yml") || name.ends_with(".yaml"))
}

/// Reads a workflow.
pub(super) fn read(path: &str, text: &str, sources: &Sources) -> Result<Draft, String> {
    let documents = documents(text)?;
    let workflow = documents.first().ok_or("is empty")?;
    if workflow.get("jobs").is_none() {
        return Err("has no jobs: not a workflow".to_owned());
    }
    let mut reading = events::Reading::new(path, sources);
    let mut draft = Draft::new(workflow.get("name").and_then(Node::scalar), reading.events(workflow));
    draft.unseen.append(&mut reading.unseen);
    let only_called = events::triggers(workflow).iter().all(|(name, _)| name == "workflow_call");
    if !(only_called && is_called(path, sources)) {
        let scope = Scope::of_workflow(draft.all());
        Reading { draft: &mut draft, sources, defaults: sources.defaults(), workflow, actions: 0 }.jobs(&scope);
    }
    Ok(draft)
}

/// True when another workflow of the repository calls this one.
fn is_called(path: &str, sources: &Sources) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let call = format!("./{path}");
    let calls = |line: &str| line.trim_start().strip_prefix("uses:").is_some_and(|uses| uses.contains(&call));
    let mut others = events::workflows(folder, sources).filter(|other| *other != path);
    others.any(|other| sources.text(other).is_some_and(|text| text.contains(&call) && text.lines().any(calls)))
}

/// The job a step belongs to, where it runs, and for which events.
struct Place<'n> {
    job: &'n Node,
    directory: String,
    mask: Mask,
}

struct Reading<'a, 'd> {
    draft: &'d mut Draft,
    sources: &'a Sources<'a>,
    defaults: Defaults,
    /// The document being read.
    workflow: &'a Node,
    /// Local actions followed.
    actions: usize,
}

impl Reading<'_, '_> {
    fn jobs(&mut self, scope: &Scope) {
        let jobs = self.workflow.get("jobs").map(Node::members).unwrap_or_default();
        for job in jobs {
            if self.draft.room() == 0 {
                return self.draft.cut("jobs beyond the first ones".to_owned(), job.line);
            }
            self.job(job, scope);
        }
    }

    fn job(&mut self, member: &Member, scope: &Scope) {
        let node = &member.node;
        let mut draft = self.head(member, scope);
        match node.get("uses").and_then(Node::scalar) {
            Some(uses) => self.call(draft, node, &uses, scope),
            None => {
                draft.environments = self.environments(node, node, draft.mask, scope);
                let directory = self.directory(node).unwrap_or_default();
                let steps = node.get("steps").map(Node::items).unwrap_or_default();
                self.steps(steps, scope, &Place { job: node, directory, mask: draft.mask }, &mut draft.steps);
                draft.job.manual = draft.steps.iter().any(|step| APPROVALS.iter().any(|action| step.step.uses.as_deref() == Some(*action)));
                self.draft.add(draft);
            }
        }
    }

    /// Everything of a job but its steps.
    fn head(&self, member: &Member, scope: &Scope) -> DraftJob {
        let node = &member.node;
        let condition = node.get("if").and_then(Node::scalar).unwrap_or_default();
        let mask = self.kept(scope.mask, &condition, scope);
        let own: Vec<String> = texts(node.get("needs")).iter().map(|need| format!("{}{need}", scope.prefix)).collect();
        let (needs, loose) = match own.is_empty() {
            true => (scope.needs.clone(), scope.loose.clone()),
            false if runs_anyway(&condition) => (Vec::new(), own),
            false => (own, Vec::new()),
        };
        let name = node.get("name").and_then(Node::scalar).map_or_else(|| member.key.clone(), |name| scope.fill(&name));
        let job = Job {
            id: format!("{}{}", scope.prefix, member.key),
            name: format!("{}{name}", scope.name_prefix),
            file: scope.file.clone(),
            line: member.line,
            needs,
            disabled: mask.is_empty() && !scope.mask.is_empty(),
            image: node.get("container").and_then(|container| container.get("image").unwrap_or(container).scalar()),
            services: images(node.get("services")),
            ..Job::default()
        };
        let after_success = scope.after_success || self.asks_for_success(mask, &condition, scope);
        DraftJob { job, mask, loose, after_success, ..DraftJob::default() }
    }

    /// The events for which a condition does not surely fail.
    fn kept(&self, mask: Mask, condition: &str, scope: &Scope) -> Mask {
        if condition.is_empty() {
            return mask;
        }
        self.draft.keep(mask, |event| condition::holds(condition, &|name| scope.lookup(event, &self.defaults, name)))
    }

    /// True when the condition fails if the workflow before failed.
    fn asks_for_success(&self, mask: Mask, condition: &str, scope: &Scope) -> bool {
        let after_failure = |event: &Event, name: &str| match name {
            "github.event.workflow_run.conclusion" => Value::text("failure"),
            _ => scope.lookup(event, &self.defaults, name),
        };
        let mut ends = self.draft.events(mask).filter(|event| !event.after.is_empty()).peekable();
        ends.peek().is_some() && ends.all(|event| condition::holds(condition, &|name| after_failure(event, name)) == Some(false))
    }

    /// The directory commands run in, relative to the repository.
    fn directory(&self, job: &Node) -> Option<String> {
        let of = |node: &Node| node.get("defaults")?.get("run")?.get("working-directory")?.scalar();
        of(job).or_else(|| of(self.workflow))
    }

    /// A job that calls a reusable workflow.
    fn call(&mut self, mut caller: DraftJob, node: &Node, uses: &str, scope: &Scope) {
        let line = node.member("uses").map_or(caller.job.line, |member| member.line);
        let (name, version) = action(uses);
        let with = inputs(node.get("with"));
        let step = Step { line, file: scope.file.clone(), uses: Some(name.clone()), version, with, ..Step::default() };
        caller.steps.push(DraftStep { step, mask: caller.mask });
        let before = self.draft.jobs.len();
        if !uses.starts_with("./") {
            // What is called is not seen, but what it is asked to deploy to is.
            caller.environments = node.get("with").map(|with| self.environments(with, node, caller.mask, scope)).unwrap_or_default();
        }
        if let Err(unseen) = self.inline(&caller, node, &name, scope) {
            let what = if uses.starts_with("./") { name.as_str() } else { uses };
            self.draft.unseen(format!("reusable workflow {what}{unseen}"), scope.file.as_deref(), line);
        }
        let called = self.draft.jobs.iter().skip(before).map(|job| job.job.id.clone());
        caller.loose.extend(called);
        self.draft.add(caller);
    }

    /// The jobs of a reusable workflow of the repository; the error says why they cannot be seen.
    fn inline(&mut self, caller: &DraftJob, node: &Node, name: &str, scope: &Scope) -> Result<(), &'static str> {
        let path = name.strip_prefix("./").ok_or(" (of another repository)")?;
        if scope.depth >= MAX_DEPTH {
            return Err(" (called too deep)");
        }
        let workflow = self.sources.yaml(path).ok_or(" (not in the repository)")?;
        let declared = ["on", "true"].iter().find_map(|on| workflow.get(on)?.get("workflow_call")?.get("inputs"));
        let called = Scope {
            prefix: format!("{}/", caller.job.id),
            name_prefix: format!("{} / ", caller.job.name),
            needs: caller.job.needs.clone(),
            loose: caller.loose.clone(),
            after_success: caller.after_success,
            inputs: self.inputs(declared, node, &Place { job: node, directory: String::new(), mask: caller.mask }, scope),
            ..scope.calling(path.to_owned(), caller.mask)
        };
        let defaults = self.defaults.clone();
        let actions = self.actions;
        let mut inner = Reading { draft: self.draft, sources: self.sources, defaults, workflow: &workflow, actions };
        inner.jobs(&called);
        self.actions = inner.actions;
        Ok(())
    }

    /// The inputs of a call: what the caller gives, else the defaults.
    fn inputs(&self, declared: Option<&Node>, call: &Node, place: &Place, scope: &Scope) -> HashMap<String, Input> {
        let given = call.get("with");
        let declared = declared.map(Node::members).unwrap_or_default().iter().take(MAX_INPUTS);
        let input = |member: &Member| {
            let given = given.and_then(|given| given.get(&member.key));
            let written = given.or_else(|| member.node.get("default")).and_then(Node::scalar);
            let value = written.map_or(Input::Same(Value::Null), |written| self.evaluate(&written, place, scope));
            (member.key.clone(), value)
        };
        declared.map(input).collect()
    }

    fn evaluate(&self, written: &str, place: &Place, scope: &Scope) -> Input {
        match written {
            "true" => Input::Same(Value::Bool(true)),
            "false" => Input::Same(Value::Bool(false)),
            text if !text.contains("${{") => Input::Same(Value::text(text)),
            expression => {
                let text = scope.fill(expression);
                if !text.contains("${{") {
                    return self.evaluate(&text, place, scope);
                }
                let variants = values::variants(&text, place.job);
                if variants.len() > 1 {
                    return Input::OfMatrix(variants);
                }
                let value = |event: &Event| condition::value(&text, &|name| scope.lookup(event, &self.defaults, name));
                Input::PerEvent(self.draft.events(place.mask).map(|event| (event.clone(), value(event))).collect())
            }
        }
    }

    fn steps(&mut self, steps: &[Node], scope: &Scope, place: &Place, into: &mut Vec<DraftStep>) {
        for node in steps {
            if into.len() >= self.draft.room() {
                return self.draft.cut("steps beyond the first ones".to_owned(), node.line);
            }
            let condition = node.get("if").and_then(Node::scalar).unwrap_or_default();
            let mask = self.kept(place.mask, &condition, scope);
            if !mask.is_empty() || place.mask.is_empty() {
                self.step(node, scope, &Place { mask, directory: place.directory.clone(), ..*place }, into);
            }
        }
    }

    fn step(&mut self, node: &Node, scope: &Scope, place: &Place, into: &mut Vec<DraftStep>) {
        let uses = node.get("uses").and_then(Node::scalar);
        if let Some(path) = uses.as_deref().and_then(|uses| uses.strip_prefix("./")) {
            match self.composite(path, node, scope, place) {
                Some(mut steps) => return into.append(&mut steps),
                None if action_file(path, self.sources).is_none() => {
                    self.draft.unseen(format!("local action ./{path} (not in the repository)"), scope.file.as_deref(), node.line);
                }
                None => {}
            }
        }
        let line = ["run", "uses"].iter().find_map(|key| node.member(key)).map_or(node.line, |member| member.line);
        let (uses, version) = uses.map_or((None, None), |uses| {
            let (name, version) = action(&scope.fill(&uses));
            (Some(name), version)
        });
        let with: Vec<(String, String)> = inputs(node.get("with")).into_iter().map(|(key, value)| (key, scope.fill(&value))).collect();
        let written = node.get("run").and_then(Node::scalar).or_else(|| command_input(uses.as_deref()?, &with));
        let here = node.get("working-directory").and_then(Node::scalar).unwrap_or_else(|| place.directory.clone());
        let envs = [node.get("env"), place.job.get("env"), self.workflow.get("env")];
        let written_out = |run: String| values::written_out(&scope.fill(&run), place.job, &envs);
        let run = written.map(|run| commands::follow(&written_out(run), &scope.fill(&here), self.sources));
        let name = node.get("name").and_then(Node::scalar).map(|name| scope.fill(&name));
        let step = Step { line, file: scope.file.clone(), name, run, uses, version, with, triggers: None };
        into.push(DraftStep { step, mask: place.mask });
    }

    /// The steps of a composite action of the repository.
    fn composite(&mut self, path: &str, node: &Node, scope: &Scope, place: &Place) -> Option<Vec<DraftStep>> {
        let (file, action) = action_file(path, self.sources)?;
        let runs = action.get("runs")?;
        if scope.depth >= MAX_DEPTH || runs.get("using")?.as_str()? != "composite" {
            return None;
        }
        self.actions += 1;
        if self.actions > MAX_ACTIONS {
            self.draft.cut(format!("local actions beyond the first {MAX_ACTIONS}"), node.line);
            return None;
        }
        let inputs = self.inputs(action.get("inputs"), node, place, scope);
        let called = Scope { inputs, ..scope.calling(file, place.mask) };
        let mut steps = Vec::new();
        self.steps(runs.get("steps")?.items(), &called, &Place { directory: String::new(), ..*place }, &mut steps);
        Some(steps)
    }
}

/// The definition of a local action, with its path.
fn action_file(path: &str, sources: &Sources) -> Option<(String, std::rc::Rc<Node>)> {
    let names = ["action.yml", "action.yaml"];
    names.iter().find_map(|name| {
        let path = resolve(path, name)?;
        sources.yaml(&path).map(|action| (path, action))
    })
}

/// True for a condition that lets a job run though a job it needs was skipped or failed.
fn runs_anyway(condition: &str) -> bool {
    let asks = ["always()", "cancelled()", "failure()"].iter().any(|status| condition.contains(status));
    asks && !condition.contains("result == 'success'")
}

/// The images of services.
fn images(services: Option<&Node>) -> Vec<String> {
    let services = services.map(Node::members).unwrap_or_default();
    services.iter().filter_map(|service| service.node.get("image").and_then(Node::scalar)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
