//! Azure Pipelines: `azure-pipelines.yml` and its templates.
//!
//! Stages follow each other unless they say what they depend on; jobs of a stage start together. Templates of the repository
//! are inlined with their parameters; `${{ if }}` blocks are kept unless they surely do not hold. Templates of other
//! repositories are unseen, and so are approvals, which belong to the environment. A file in a folder of pipelines that says
//! nothing about what starts it is a template, read only where it is used.

mod events;
mod scope;
mod tasks;

use super::condition::{self, Value};
use super::draft::{Draft, DraftJob, DraftStep};
use super::event::{Event, Mask};
use super::refs::Defaults;
use super::sources::{Sources, resolve};
use super::steps::{action, inputs};
use super::{Job, Step, commands, documents};
use crate::evidence::node::{Member, Node};
use scope::{Scope, defaults_of, list_parameter};
use std::rc::Rc;
use tasks::task_command;

/// How deep templates are followed.
const MAX_DEPTH: usize = 8;
/// Most templates read in place.
const MAX_TEMPLATES: usize = 200;

/// The vendor whose pipeline this path is.
pub(super) fn vendor(path: &str) -> Option<&'static str> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    (is_yaml && (name.starts_with("azure-pipeline") || is_folder(folder))).then_some("azure-pipelines")
}

/// True for a folder, or one below it, that holds nothing but pipelines and their templates.
fn is_folder(folder: &str) -> bool {
    [".azure-pipelines", ".azuredevops", ".azure/pipelines"]
        .iter()
        .any(|known| folder == *known || folder.starts_with(&format!("{known}/")))
}

/// Reads a pipeline.
pub(super) fn read(path: &str, text: &str, sources: &Sources) -> Result<Draft, String> {
    let documents = documents(text)?;
    let file = Rc::new(documents.into_iter().next().ok_or("is empty")?);
    if !["stages", "jobs", "steps", "extends", "trigger", "pr", "schedules", "parameters", "variables"]
        .iter()
        .any(|key| file.get(key).is_some())
    {
        return Err("has neither stages, jobs nor steps: not a pipeline".to_owned());
    }
    let defaults = sources.defaults();
    let started = ["trigger", "pr", "schedules", "resources"].iter().any(|key| file.get(key).is_some());
    let is_template = !started && (is_folder(path.rsplit_once('/').map_or("", |(folder, _)| folder)) || file.get("parameters").is_some());
    let mut draft =
        Draft::new(file.get("name").and_then(Node::scalar).filter(|name| !name.contains('$')), events::events(&file, &defaults));
    if is_template {
        return Ok(draft);
    }
    for pipeline in file.get("resources").and_then(|resources| resources.get("pipelines")).map(Node::items).unwrap_or_default() {
        draft.unseen(format!("pipeline {}", events::source(pipeline)), None, pipeline.line);
    }
    let mask = draft.all();
    let mut reading = Reading { draft: &mut draft, sources, defaults, templates: 0 };
    let scope = Scope { file: None, path: path.to_owned(), parameters: defaults_of(&file), depth: 0 };
    reading.body(&file, &scope, mask);
    Ok(draft)
}

/// What a stage hands to those that depend on it.
#[derive(Default, Clone)]
struct Stage {
    id: String,
    jobs: Vec<String>,
    mask: Mask,
    manual: bool,
}

struct Reading<'a, 'd> {
    draft: &'d mut Draft,
    sources: &'a Sources<'a>,
    defaults: Defaults,
    templates: usize,
}

impl Reading<'_, '_> {
    /// Stages, jobs or steps, whichever a pipeline or template holds.
    fn body(&mut self, file: &Node, scope: &Scope, mask: Mask) {
        if let Some(extends) = file.get("extends") {
            if let Some(given) = self.given(extends, &["stages", "jobs", "steps"], scope) {
                self.body(given, scope, mask);
            }
            if let Some((template, inner)) = self.template(extends, scope) {
                self.body(&template, &inner, mask);
            }
        } else if let Some(stages) = file.get("stages") {
            self.stages(stages.items(), scope, mask, &mut Vec::new());
        } else if let Some(jobs) = file.get("jobs") {
            let mut stage = Stage { mask, ..Stage::default() };
            self.jobs(jobs.items(), scope, &Stage { mask, ..Stage::default() }, &mut stage);
        } else if file.get("steps").is_some() {
            let mut stage = Stage { mask, ..Stage::default() };
            self.job(file, "job", scope, &Stage { mask, ..Stage::default() }, &mut stage);
        }
    }

    fn stages(&mut self, nodes: &[Node], scope: &Scope, mask: Mask, known: &mut Vec<Stage>) {
        for node in self.flat(nodes, scope, mask) {
            if self.draft.room() == 0 {
                return;
            }
            if node.get("template").is_some() {
                if let Some(given) = self.given(&node, &["stages"], scope) {
                    self.stages(given.get("stages").map(Node::items).unwrap_or_default(), scope, mask, known);
                }
                if let Some((template, inner)) = self.template(&node, scope) {
                    self.stages(template.get("stages").map(Node::items).unwrap_or_default(), &inner, mask, known);
                }
                continue;
            }
            let id = scope.of(&node, "stage").unwrap_or_else(|| format!("stage {}", known.len() + 1));
            let before = before(&node, scope, known);
            let outer = self.depending(&node, scope, mask, &before);
            let mut stage = Stage { id, jobs: Vec::new(), ..outer.clone() };
            self.jobs(node.get("jobs").map(Node::items).unwrap_or_default(), scope, &outer, &mut stage);
            known.push(stage);
        }
    }

    /// What comes before a stage: jobs, and the events and waits they leave.
    fn depending(&self, node: &Node, scope: &Scope, mask: Mask, before: &[Stage]) -> Stage {
        let condition = scope.of(node, "condition");
        // A condition of one's own replaces the usual one, that all before has succeeded.
        let bound = condition.as_deref().is_none_or(|condition| condition.contains("succeeded"));
        let narrowed = if bound { before.iter().fold(mask, |mask, stage| mask.and(stage.mask)) } else { mask };
        Stage {
            id: String::new(),
            jobs: before.iter().flat_map(|stage| stage.jobs.iter().cloned()).collect(),
            mask: self.kept(narrowed, condition.as_deref()),
            manual: before.iter().any(|stage| stage.manual),
        }
    }

    fn jobs(&mut self, nodes: &[Node], scope: &Scope, outer: &Stage, stage: &mut Stage) {
        for node in self.flat(nodes, scope, outer.mask) {
            if self.draft.room() == 0 {
                return;
            }
            if node.get("template").is_some() {
                if let Some(given) = self.given(&node, &["jobs"], scope) {
                    self.jobs(given.get("jobs").map(Node::items).unwrap_or_default(), scope, outer, stage);
                } else if let Some(given) = self.given(&node, &["steps"], scope) {
                    let name = scope.of(given, "name").unwrap_or_else(|| format!("job {}", stage.jobs.len() + 1));
                    self.job(given, &name, scope, outer, stage);
                }
                if let Some((template, inner)) = self.template(&node, scope) {
                    self.jobs(template.get("jobs").map(Node::items).unwrap_or_default(), &inner, outer, stage);
                }
                continue;
            }
            let name =
                scope.of(&node, "job").or_else(|| scope.of(&node, "deployment")).unwrap_or_else(|| format!("job {}", stage.jobs.len() + 1));
            self.job(&node, &name, scope, outer, stage);
        }
    }

    fn job(&mut self, node: &Node, name: &str, scope: &Scope, outer: &Stage, stage: &mut Stage) {
        let prefix = if stage.id.is_empty() { String::new() } else { format!("{}/", stage.id) };
        let id = format!("{prefix}{name}");
        let condition = scope.of(node, "condition");
        let mask = self.kept(outer.mask, condition.as_deref());
        let own: Vec<String> = scope.list(node.get("dependsOn")).iter().map(|need| format!("{prefix}{need}")).collect();
        let bound = condition.as_deref().is_none_or(|condition| condition.contains("succeeded"));
        let (needs, mut loose) = if bound { (own, Vec::new()) } else { (Vec::new(), own) };
        loose.extend(outer.jobs.iter().cloned());
        let environment = environment(node, scope);
        let steps = self.steps(node, scope, mask);
        let asks = |step: &DraftStep| step.step.uses.as_deref() == Some("ManualValidation");
        let manual = outer.manual || steps.iter().any(asks);
        stage.manual |= manual;
        stage.jobs.push(id.clone());
        let name = scope.of(node, "displayName").unwrap_or_else(|| name.to_owned());
        let image = node.get("container").and_then(|container| container.get("image").unwrap_or(container).scalar());
        let services =
            node.get("services").map(Node::members).unwrap_or_default().iter().filter_map(|service| service.node.scalar()).collect();
        let job = Job {
            id,
            name,
            file: scope.file.clone(),
            line: node.line,
            needs,
            environment,
            manual,
            image,
            services,
            disabled: mask.is_empty(),
            ..Job::default()
        };
        self.draft.add(DraftJob { job, mask, loose, steps, ..DraftJob::default() });
    }

    /// The steps of a job, or of every phase of a deployment's strategy.
    fn steps(&mut self, node: &Node, scope: &Scope, mask: Mask) -> Vec<DraftStep> {
        let mut steps = Vec::new();
        self.step_list(node.get("steps").map(Node::items).unwrap_or_default(), scope, mask, &mut steps);
        let strategies = node.get("strategy").map(Node::members).unwrap_or_default();
        for phase in strategies.iter().flat_map(|strategy| strategy.node.members()) {
            self.step_list(phase.node.get("steps").map(Node::items).unwrap_or_default(), scope, mask, &mut steps);
        }
        steps
    }

    fn step_list(&mut self, nodes: &[Node], scope: &Scope, mask: Mask, into: &mut Vec<DraftStep>) {
        for node in self.flat(nodes, scope, mask) {
            if into.len() >= self.draft.room() {
                return;
            }
            if node.get("template").is_some() {
                if let Some((template, inner)) = self.template(&node, scope) {
                    self.step_list(template.get("steps").map(Node::items).unwrap_or_default(), &inner, mask, into);
                }
                continue;
            }
            let reached = self.kept(mask, scope.of(&node, "condition").as_deref());
            let enabled = scope.of(&node, "enabled").as_deref() != Some("false");
            if enabled && (!reached.is_empty() || mask.is_empty()) {
                into.extend(self.step(&node, scope).map(|step| DraftStep { step, mask: reached }));
            }
        }
    }

    fn step(&self, node: &Node, scope: &Scope) -> Option<Step> {
        const SHELLS: [&str; 4] = ["script", "bash", "pwsh", "powershell"];
        const OTHERS: [&str; 7] = ["task", "checkout", "download", "downloadBuild", "publish", "getPackage", "reviewApp"];
        let shell = SHELLS.iter().find_map(|key| node.member(key));
        let first = shell.or_else(|| node.members().first())?;
        let with: Vec<(String, String)> = inputs(node.get("inputs")).into_iter().map(|(key, value)| (key, scope.fill(&value))).collect();
        let (uses, version) = match (shell, first.key.as_str()) {
            (Some(_), _) => (None, None),
            (None, "task") => {
                let (name, version) = action(&scope.of(node, "task")?);
                (Some(name), version)
            }
            (None, other) if OTHERS.contains(&other) => (Some(other.to_owned()), None),
            (None, _) => return None,
        };
        let written = shell.and_then(|shell| shell.node.scalar()).or_else(|| task_command(uses.as_deref()?, &with));
        let directory = directory(node, &with, scope);
        let run = written.map(|run| commands::follow(&scope.fill(&run), &directory, self.sources));
        Some(Step {
            line: first.line,
            file: scope.file.clone(),
            name: scope.of(node, "displayName"),
            run,
            uses,
            version,
            with,
            triggers: None,
        })
    }

    /// The items of a list with `${{ if }}` and `${{ each }}` blocks opened, unless they surely do not hold.
    fn flat(&self, nodes: &[Node], scope: &Scope, mask: Mask) -> Vec<Node> {
        let mut flat = Vec::new();
        self.open(nodes, scope, mask, MAX_DEPTH, &mut flat);
        flat
    }

    fn open(&self, nodes: &[Node], scope: &Scope, mask: Mask, depth: usize, flat: &mut Vec<Node>) {
        for node in nodes {
            let parameter = node.scalar().and_then(|text| scope.parameters.get(list_parameter(&text)?));
            let blocks: Vec<&Member> = node.members().iter().filter(|member| member.key.starts_with("${{")).collect();
            if depth == 0 || flat.len() > 10_000 {
                return;
            } else if let Some(list) = parameter {
                self.open(list.items(), scope, mask, depth - 1, flat);
            } else if blocks.is_empty() || blocks.len() < node.members().len() {
                flat.push(node.clone());
            }
            for block in blocks.into_iter().filter(|block| self.may_hold(&block.key, scope, mask)) {
                self.open(block.node.items(), scope, mask, depth - 1, flat);
            }
        }
    }

    /// Whether the condition of `${{ if condition }}` may hold for some event.
    fn may_hold(&self, key: &str, scope: &Scope, mask: Mask) -> bool {
        let inner = key.trim_start_matches("${{").trim_end_matches("}}").trim();
        let condition = inner.strip_prefix("if ").or_else(|| inner.strip_prefix("elseif ")).or_else(|| inner.strip_prefix("elsif "));
        let Some(condition) = condition else { return true };
        let lookup = |event: &Event, name: &str| match name.strip_prefix("parameters.") {
            Some(name) => {
                scope.parameters.get(name).and_then(Node::scalar).map_or(Value::Unknown, |text| match text.to_ascii_lowercase().as_str() {
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    _ => Value::Text(text),
                })
            }
            None => self.lookup(event, name),
        };
        let kept = self.draft.keep(mask, |event| condition::holds(condition, &|name| lookup(event, name)));
        !kept.is_empty() || mask.is_empty()
    }

    /// The stages, jobs or steps that a template is given, unless it plainly puts them in their place itself: many take them
    /// apart with `${{ each }}` first, and those of other repositories cannot be seen to use them.
    fn given<'n>(&self, node: &'n Node, keys: &[&str], scope: &Scope) -> Option<&'n Node> {
        let given = node.get("parameters")?;
        let key = keys.iter().find(|key| given.get(key).is_some_and(|given| !given.items().is_empty()))?;
        let text = self.template_path(&scope.of(node, "template")?, scope).and_then(|path| self.sources.text(&path));
        let placed = text.is_some_and(|text| text.lines().any(|line| line.trim().strip_prefix('-').and_then(list_parameter) == Some(key)));
        (!placed).then_some(given)
    }

    /// The path of a template of the repository.
    fn template_path(&self, written: &str, scope: &Scope) -> Option<String> {
        let folder = scope.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let local = written.strip_suffix("@self").unwrap_or(written);
        let path = if let Some(rooted) = local.strip_prefix('/') { resolve("", rooted) } else { resolve(folder, local) };
        path.filter(|_| !local.contains('@'))
    }

    /// A template of the repository with its scope; unseen when it is of another or missing.
    fn template(&mut self, node: &Node, scope: &Scope) -> Option<(Rc<Node>, Scope)> {
        let written = scope.of(node, "template")?;
        self.templates += 1;
        let path = self.template_path(&written, scope).filter(|_| scope.depth < MAX_DEPTH && self.templates <= MAX_TEMPLATES);
        let Some((path, template)) = path.and_then(|path| Some((path.clone(), self.sources.yaml(&path)?))) else {
            self.draft.unseen(format!("template {written}"), scope.file.as_deref(), node.line);
            return None;
        };
        let mut parameters = defaults_of(&template);
        for given in node.get("parameters").map(Node::members).unwrap_or_default() {
            let text = given.node.scalar().map(|text| Node::new(crate::evidence::node::Value::Text(scope.fill(&text)), given.line));
            parameters.insert(given.key.clone(), text.unwrap_or_else(|| given.node.clone()));
        }
        Some((template, Scope { file: Some(path.clone()), path, parameters, depth: scope.depth + 1 }))
    }

    fn kept(&self, mask: Mask, condition: Option<&str>) -> Mask {
        let Some(condition) = condition else { return mask };
        self.draft.keep(mask, |event| condition::holds(condition, &|name| self.lookup(event, name)))
    }

    fn lookup(&self, event: &Event, name: &str) -> Value {
        let is_request = event.name == "PullRequest";
        match name.strip_prefix("variables.").unwrap_or(name) {
            "Build.Reason" => Value::text(event.name.as_str()),
            "Build.SourceBranch" if is_request => Value::like("refs/pull/"),
            "Build.SourceBranch" if event.branch == Value::Null => event.tag.prefixed("refs/tags/"),
            "Build.SourceBranch" => event.branch.prefixed("refs/heads/"),
            "Build.SourceBranchName" if is_request => self.defaults.other(),
            "Build.SourceBranchName" if event.branch == Value::Null => event.tag.clone(),
            "Build.SourceBranchName" => event.branch.clone(),
            "System.PullRequest.PullRequestId" | "System.PullRequest.TargetBranch" if !is_request => Value::Null,
            _ => Value::Unknown,
        }
    }
}

/// The environment a job deploys to, without the resource in it: `production.web`.
fn environment(job: &Node, scope: &Scope) -> Option<String> {
    let environment = job.get("environment")?;
    let name = scope.fill(&environment.get("name").unwrap_or(environment).scalar()?);
    Some(name.split('.').next().unwrap_or(&name).to_owned())
}

/// The directory a step runs in, relative to the repository.
fn directory(node: &Node, with: &[(String, String)], scope: &Scope) -> String {
    let given = || with.iter().find(|(key, _)| key == "workingDirectory").map(|(_, value)| value.clone());
    let written = scope.of(node, "workingDirectory").or_else(given).unwrap_or_default();
    let rooted = written.replace("$(Build.SourcesDirectory)", ".").replace("$(System.DefaultWorkingDirectory)", ".");
    resolve("", &rooted).unwrap_or_default()
}

/// The stages a stage depends on: those it names, else the one before it.
fn before(node: &Node, scope: &Scope, known: &[Stage]) -> Vec<Stage> {
    match node.get("dependsOn") {
        Some(depends) => {
            let named = scope.list(Some(depends));
            known.iter().filter(|stage| named.contains(&stage.id)).cloned().collect()
        }
        None => known.last().cloned().into_iter().collect(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
