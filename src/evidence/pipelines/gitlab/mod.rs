//! GitLab CI: `.gitlab-ci.yml` with the local files it includes.
//!
//! A job here is what is left after includes are merged, `extends` and `!reference` are followed and `default` is filled in.
//! `rules`, or the older `only` and `except`, say for which events it runs and whether it waits for a person; a job that
//! waits on some branches only stands twice, once for each answer. Without `needs` a job comes after the stage before it.
//!
//! Two things belong to the project and not to the file: schedules and pipelines started by hand. A job counts as reached by
//! them only when its rules name them. Includes from elsewhere stand as a job that uses them, and as unseen.

mod config;
mod rules;

use super::condition::Value;
use super::draft::{Draft, DraftJob, DraftStep, MAX_JOBS};
use super::event::{Event, Mask};
use super::refs::Defaults;
use super::sources::Sources;
use super::steps::texts;
use super::{Job, Step, Trigger, commands, shell};
use crate::evidence::node::Node;
use config::{Config, Entry};
use std::collections::HashMap;

/// Stages of a pipeline that names none.
const STAGES: [&str; 3] = ["build", "test", "deploy"];
/// How deep child pipelines are followed.
const MAX_DEPTH: usize = 2;
/// Most child pipelines followed.
const MAX_CHILDREN: usize = 50;

/// The vendor whose pipeline this path is.
pub(super) fn vendor(path: &str) -> Option<&'static str> {
    (path == ".gitlab-ci.yml").then_some("gitlab-ci")
}

/// Reads a pipeline.
pub(super) fn read(path: &str, text: &str, sources: &Sources) -> Result<Draft, String> {
    let config = Config::read(path, text, sources)?;
    let defaults = sources.defaults();
    let mut draft = Draft::new(None, events(&defaults));
    let mask = rules::of_workflow(&config, draft.all(), &draft, &defaults);
    let level = Level { config: &config, prefix: String::new(), mask, needs: Vec::new(), depth: 0 };
    Reading { draft: &mut draft, sources, defaults, children: 0 }.jobs(&level);
    Ok(draft)
}

/// The ways a GitLab pipeline starts, by `CI_PIPELINE_SOURCE`.
fn events(defaults: &Defaults) -> Vec<Event> {
    let request = Event::new("merge_request_event", &[Trigger::PullRequest]).on(defaults.other(), Value::Null);
    vec![
        Event::push("push", true, defaults.value()),
        Event::push("push", false, defaults.other()),
        Event::tag("push", Value::like("")),
        request,
        Event::new("schedule", &[Trigger::Schedule]).on(defaults.value(), Value::Null),
        Event::new("web", &[Trigger::Manual]),
    ]
}

/// One pipeline: the main one or a child that a job starts.
struct Level<'c> {
    config: &'c Config,
    /// Before the ids of its jobs.
    prefix: String,
    mask: Mask,
    /// The job that starts it.
    needs: Vec<String>,
    depth: usize,
}

struct Reading<'a, 'd> {
    draft: &'d mut Draft,
    sources: &'a Sources<'a>,
    defaults: Defaults,
    /// Child pipelines followed.
    children: usize,
}

/// What is known of earlier stages while jobs are read.
#[derive(Default)]
struct Stage {
    ids: Vec<String>,
    /// Events for which a job of the stage stops everything after it until a person acts.
    blocked: Mask,
}

impl Reading<'_, '_> {
    fn jobs(&mut self, level: &Level) {
        for (what, file, line) in &level.config.unseen {
            self.draft.unseen(what.as_str(), file.as_deref(), *line);
        }
        let stages = stages(level.config);
        let mut known: HashMap<usize, Stage> = HashMap::new();
        let place = |name: &str| stages.iter().position(|stage| stage == name).unwrap_or(stages.len());
        let mut jobs: Vec<(usize, &Entry, Node)> = Vec::new();
        for entry in level.config.jobs() {
            if jobs.len() >= MAX_JOBS {
                self.draft.cut("jobs beyond the first ones".to_owned(), entry.line);
                break;
            }
            let node = level.config.resolved(entry);
            let stage = node.get("stage").and_then(Node::scalar).unwrap_or_else(|| "test".to_owned());
            jobs.push((place(&stage), entry, node));
        }
        // Stages run in order, whatever the order of the jobs in the file.
        jobs.sort_by_key(|(stage, _, _)| *stage);
        for (stage, entry, node) in jobs {
            self.job(entry, &node, stage, &mut known, level);
        }
        level.config.included_elsewhere().for_each(|(uses, line)| self.elsewhere(uses, line, level));
    }

    fn job(&mut self, entry: &Entry, node: &Node, stage: usize, known: &mut HashMap<usize, Stage>, level: &Level) {
        let id = format!("{}{}", level.prefix, entry.key);
        let (mask, by_hand) = rules::of_job(node, level.mask, self.draft, &self.defaults, level.depth > 0);
        let (needs, loose, blocked) = self.before(node, stage, known, level);
        let here = known.entry(stage).or_default();
        here.ids.push(id.clone());
        if rules::blocks(node) {
            here.blocked = here.blocked.or(by_hand);
        }
        let manual = by_hand.or(mask.and(blocked));
        let job = Job {
            id: id.clone(),
            name: id,
            file: entry.file.clone(),
            line: entry.line,
            needs,
            disabled: mask.is_empty() && !level.mask.is_empty(),
            environment: environment(node, level.config),
            image: node.get("image").and_then(image),
            services: node.get("services").map(Node::items).unwrap_or_default().iter().filter_map(image).collect(),
            ..Job::default()
        };
        let mut draft = DraftJob { job, mask, loose, ..DraftJob::default() };
        draft.steps = self.steps(entry, node, mask);
        if let Some(trigger) = node.get("trigger") {
            self.trigger(trigger, entry, &mut draft, level);
        }
        self.draft.add_waiting(draft, manual);
    }

    /// The jobs that must succeed before one: those it needs, else those of the stage before. With the events for which
    /// an earlier stage waits for a person.
    fn before(&self, node: &Node, stage: usize, known: &HashMap<usize, Stage>, level: &Level) -> (Vec<String>, Vec<String>, Mask) {
        if let Some(needs) = node.get("needs") {
            let (mut bound, mut loose) = (level.needs.clone(), Vec::new());
            for need in needs.one_or_many() {
                let Some(id) = need.get("job").unwrap_or(need).scalar() else { continue };
                let optional = need.get("optional").and_then(Node::scalar).as_deref() == Some("true");
                if optional { &mut loose } else { &mut bound }.push(format!("{}{id}", level.prefix));
            }
            return (bound, loose, Mask::default());
        }
        let earlier = known.iter().filter(|(at, stage_before)| **at < stage && !stage_before.ids.is_empty());
        let blocked = earlier.clone().fold(Mask::default(), |blocked, (_, stage)| blocked.or(stage.blocked));
        let nearest = earlier.max_by_key(|(at, _)| **at).map(|(_, stage)| stage.ids.clone()).unwrap_or_default();
        (level.needs.clone(), nearest, blocked)
    }

    /// One step for each line of the scripts, so that what comes first is known.
    fn steps(&self, entry: &Entry, node: &Node, mask: Mask) -> Vec<DraftStep> {
        let mut session = commands::Session::new("", self.sources);
        let sections = ["before_script", "script", "after_script"];
        let lines = sections.iter().filter_map(|section| node.get(section)).flat_map(script);
        let step = |(run, line): (String, u32)| {
            let step = Step { line, file: entry.file.clone(), run: Some(session.run(&run)), ..Step::default() };
            DraftStep { step, mask }
        };
        lines.take(self.draft.room()).map(step).collect()
    }

    /// A job that starts another pipeline.
    fn trigger(&mut self, trigger: &Node, entry: &Entry, starter: &mut DraftJob, level: &Level) {
        let child = trigger.get("include").map(Node::one_or_many).unwrap_or_default();
        for include in child {
            self.children += 1;
            let followed = level.depth < MAX_DEPTH && self.children <= MAX_CHILDREN;
            let local = include.get("local").unwrap_or(include).scalar().filter(|_| followed);
            let config = local.as_deref().and_then(|path| {
                let path = path.trim_start_matches('/');
                Config::read(path, &self.sources.text(path)?, self.sources).ok()
            });
            match config {
                Some(config) => self.child(config, starter, level),
                None => self.draft.unseen(format!("child pipeline of job {}", entry.key), entry.file.as_deref(), entry.line),
            }
        }
        if let Some(project) = trigger.get("project").unwrap_or(trigger).scalar() {
            let step = Step { line: trigger.line, file: entry.file.clone(), uses: Some(project.clone()), ..Step::default() };
            starter.steps.push(DraftStep { step, mask: starter.mask });
            self.draft.unseen(format!("pipeline of project {project}"), entry.file.as_deref(), entry.line);
        }
    }

    fn child(&mut self, mut config: Config, starter: &DraftJob, level: &Level) {
        config.in_file();
        let mask = starter.mask;
        let prefix = format!("{}/", starter.job.id);
        self.jobs(&Level { config: &config, prefix, mask, needs: vec![starter.job.id.clone()], depth: level.depth + 1 });
    }

    /// An include from elsewhere as a job that uses it, under the rules of the pipeline.
    fn elsewhere(&mut self, uses: &str, line: u32, level: &Level) {
        let (name, version) = super::steps::action(uses);
        let step = Step { line, uses: Some(name), version, ..Step::default() };
        let mask = rules::without_unnamed(level.mask, self.draft, "");
        let id = format!("{}include {uses}", level.prefix);
        let job = Job { id: id.clone(), name: id, line, ..Job::default() };
        self.draft.add(DraftJob { job, mask, steps: vec![DraftStep { step, mask }], ..DraftJob::default() });
    }
}

fn stages(config: &Config) -> Vec<String> {
    let named = texts(config.get("stages"));
    let named = if named.is_empty() { STAGES.iter().map(|stage| (*stage).to_owned()).collect() } else { named };
    let first = std::iter::once(".pre".to_owned());
    first.chain(named.into_iter().filter(|stage| stage != ".pre" && stage != ".post")).collect()
}

/// The lines of a script; lists within lists, as anchors leave them, stand flat.
fn script(node: &Node) -> Vec<(String, u32)> {
    let flat = node.one_or_many().iter().flat_map(|item| if item.items().is_empty() { std::slice::from_ref(item) } else { item.items() });
    flat.flat_map(Node::one_or_many).filter_map(|item| Some((item.scalar()?, item.line))).collect()
}

fn image(node: &Node) -> Option<String> {
    node.get("name").unwrap_or(node).scalar()
}

/// The environment a job starts; stopping or preparing one is no deployment.
fn environment(node: &Node, config: &Config) -> Option<String> {
    let environment = node.get("environment")?;
    let action = environment.get("action").and_then(Node::scalar);
    let name = environment.get("name").unwrap_or(environment).scalar().filter(|_| action.is_none_or(|action| action == "start"))?;
    let variable = |name: &str| {
        let of = |variables: Option<&Node>| variables?.get(name).map(|value| value.get("value").unwrap_or(value))?.scalar();
        of(node.get("variables")).or_else(|| of(config.get("variables")))
    };
    let name = shell::with_variables(&name, &variable);
    Some(match environment.get("deployment_tier").and_then(Node::scalar) {
        Some(tier) if !name.contains(&tier) => format!("{name} {tier}"),
        _ => name,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
