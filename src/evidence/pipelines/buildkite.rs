//! Buildkite: `.buildkite/pipeline.yml`.
//!
//! Steps start together; a `wait` holds what follows until all before it has passed, a `block` or `input` until a person
//! has acted too. A step with `depends_on` waits for those steps and for nothing else. Pipelines that a step uploads from a
//! script, and those that it triggers, are unseen; schedules and builds by hand are settings, and count when a condition
//! names them.

use super::condition::{self, Value};
use super::draft::{Draft, DraftJob, DraftStep};
use super::event::{Event, Mask};
use super::refs::{Defaults, Filter};
use super::sources::Sources;
use super::steps::{inputs, lines, texts};
use super::{Job, Step, Trigger, commands, documents};
use crate::evidence::node::Node;
use std::collections::HashMap;

/// The vendor whose pipeline this path is.
pub(super) fn vendor(path: &str) -> Option<&'static str> {
    let name = path.strip_suffix(".yml").or_else(|| path.strip_suffix(".yaml"))?;
    let inside = name.strip_prefix(".buildkite/").is_some_and(|name| !name.contains('/') && name.contains("pipeline"));
    (inside || name == ".buildkite" || name == "buildkite").then_some("buildkite")
}

/// Reads a pipeline.
pub(super) fn read(_path: &str, text: &str, sources: &Sources) -> Result<Draft, String> {
    let documents = documents(text)?;
    let pipeline = documents.first().ok_or("is empty")?;
    let steps = pipeline.get("steps").unwrap_or(pipeline).items();
    if steps.is_empty() {
        return Err("has no steps: not a pipeline".to_owned());
    }
    let defaults = sources.defaults();
    let mut draft = Draft::new(None, events(&defaults));
    let state = State { mask: draft.all(), ..State::default() };
    let mut reading = Reading { draft: &mut draft, sources, defaults, state };
    reading.steps(steps, None);
    Ok(draft)
}

fn events(defaults: &Defaults) -> Vec<Event> {
    let mut other = Event::push("webhook", false, defaults.other());
    other.triggers.push(Trigger::PullRequest);
    vec![
        Event::push("webhook", true, defaults.value()),
        other,
        Event::tag("webhook", Value::like("")),
        Event::new("schedule", &[Trigger::Schedule]).on(defaults.value(), Value::Null),
        Event::new("ui", &[Trigger::Manual]),
    ]
}

/// What came before, while steps are read in order.
#[derive(Default)]
struct State {
    mask: Mask,
    /// The steps before the last wait that have none of their own after them.
    before: Vec<String>,
    /// The steps since the last wait.
    since: Vec<String>,
    /// Events for which a person has been waited for.
    blocked: Mask,
    /// The same for each block that has a key.
    blocks: HashMap<String, Mask>,
    count: usize,
}

struct Reading<'a, 'd> {
    draft: &'d mut Draft,
    sources: &'a Sources<'a>,
    defaults: Defaults,
    state: State,
}

impl Reading<'_, '_> {
    fn steps(&mut self, steps: &[Node], group: Option<&Node>) {
        for step in steps {
            if self.draft.room() == 0 {
                return self.draft.cut("steps beyond the first ones".to_owned(), step.line);
            }
            match (step.scalar().as_deref(), step) {
                (Some("wait" | "waiter"), _) => self.wait(),
                (Some("block" | "manual" | "input"), _) => self.block(step),
                (Some(command), _) => self.command(step, Some(command.to_owned()), group),
                (None, step) if step.get("wait").is_some() || step.get("type").and_then(Node::as_str) == Some("wait") => self.wait(),
                (None, step) if ["block", "input", "manual"].iter().any(|key| step.get(key).is_some()) => self.block(step),
                (None, step) if step.member("group").is_some() && group.is_none() => {
                    self.steps(step.get("steps").map(Node::items).unwrap_or_default(), Some(step));
                }
                (None, step) => self.command(step, step.get("command").or_else(|| step.get("commands")).and_then(lines), group),
            }
        }
    }

    fn wait(&mut self) {
        if !self.state.since.is_empty() {
            self.state.before = std::mem::take(&mut self.state.since);
        }
    }

    /// A block holds everything after it; it stands as a job of its own.
    fn block(&mut self, node: &Node) {
        let mut job = self.head(node, None);
        self.wait();
        job.loose.clone_from(&self.state.before);
        job.job.manual = true;
        self.state.blocked = self.state.blocked.or(job.mask);
        self.state.blocks.insert(job.job.id.clone(), job.mask);
        self.state.before = vec![job.job.id.clone()];
        self.draft.add(job);
    }

    fn command(&mut self, node: &Node, command: Option<String>, group: Option<&Node>) {
        let mut job = self.head(node, group);
        let mask = job.mask;
        let depends = node.get("depends_on").or_else(|| group?.get("depends_on"));
        let manual = match depends {
            Some(depends) => {
                let named = depends.one_or_many().iter().filter_map(|need| need.get("step").unwrap_or(need).scalar());
                job.loose = named.collect();
                let blocks = job.loose.iter().filter_map(|need| self.state.blocks.get(need));
                blocks.fold(Mask::default(), |all, block| all.or(*block))
            }
            None => {
                job.loose.clone_from(&self.state.before);
                self.state.blocked
            }
        };
        job.steps = plugins(node).into_iter().map(|step| DraftStep { step, mask }).collect();
        if let Some(command) = command {
            self.uploads(&command, node.line);
            let line = ["command", "commands"].iter().find_map(|key| node.member(key)).map_or(node.line, |member| member.line);
            let run = commands::follow(&command, "", self.sources);
            job.steps.push(DraftStep { step: Step { line, run: Some(run), ..Step::default() }, mask });
        }
        if let Some(other) = node.get("trigger").and_then(Node::scalar) {
            self.draft.unseen(format!("pipeline {other}"), None, node.line);
            job.steps.push(DraftStep { step: Step { line: node.line, uses: Some(other), ..Step::default() }, mask });
        }
        self.state.since.push(job.job.id.clone());
        self.draft.add_waiting(job, manual);
    }

    fn head(&mut self, node: &Node, group: Option<&Node>) -> DraftJob {
        self.state.count += 1;
        let of = |keys: &[&str]| keys.iter().find_map(|key| node.get(key)).and_then(Node::scalar);
        let name = of(&["label", "name", "block", "input", "trigger"]);
        let id = of(&["key", "id", "identifier"]).or_else(|| name.clone()).unwrap_or_else(|| format!("step {}", self.state.count));
        let own = self.reached(self.state.mask, node);
        let mask = group.map_or(own, |group| self.reached(own, group));
        let skipped = of(&["skip"]).is_some_and(|skip| skip != "false" && !skip.is_empty());
        let job =
            Job { name: name.unwrap_or_else(|| id.clone()), id, line: node.line, disabled: skipped || mask.is_empty(), ..Job::default() };
        DraftJob { job, mask, ..DraftJob::default() }
    }

    /// The events that `branches` and `if` let pass.
    fn reached(&self, mask: Mask, node: &Node) -> Mask {
        let branches: Vec<String> =
            texts(node.get("branches")).iter().flat_map(|line| line.split_whitespace()).map(str::to_owned).collect();
        let filter = (!branches.is_empty()).then(|| Filter::only(branches.iter().map(String::as_str)).branches(&self.defaults));
        let condition = node.get("if").and_then(Node::scalar).unwrap_or_default();
        self.draft.keep(mask, |event| {
            let is_default = event.triggers.contains(&Trigger::DefaultBranch);
            let passes = filter
                .as_ref()
                .is_none_or(|reached| event.branch != Value::Null && reached.iter().any(|(default, _)| *default == is_default));
            let named = match event.name.as_str() {
                source @ ("schedule" | "ui") => ['"', '\''].iter().any(|quote| condition.contains(&format!("{quote}{source}{quote}"))),
                _ => true,
            };
            let holds = if condition.is_empty() { None } else { condition::holds(&condition, &|name| self.lookup(event, name)) };
            if passes && named { holds } else { Some(false) }
        })
    }

    fn lookup(&self, event: &Event, name: &str) -> Value {
        match name {
            "build.branch" => event.branch.clone(),
            "build.tag" => event.tag.clone(),
            "build.source" => Value::text(event.name.as_str()),
            "pipeline.default_branch" => self.defaults.value(),
            "build.pull_request.id" | "build.pull_request.base_branch" if !event.triggers.contains(&Trigger::PullRequest) => Value::Null,
            _ => Value::Unknown,
        }
    }

    /// Notes steps that a command adds to the pipeline.
    fn uploads(&mut self, command: &str, line: u32) {
        if let Some((_, rest)) = command.split_once("pipeline upload") {
            let file = rest.lines().next().unwrap_or_default().trim();
            let known = !file.is_empty() && self.sources.text(file).is_some();
            if !known {
                self.draft.unseen("steps that a command uploads", None, line);
            }
        }
    }
}

/// The plugins of a step: `docker-compose#v5.1.0` with its settings.
fn plugins(node: &Node) -> Vec<Step> {
    let plugin = |name: &str, settings: Option<&Node>, line: u32| {
        let (name, version) = name.split_once('#').map_or((name, None), |(name, version)| (name, Some(version.to_owned())));
        Step { line, uses: Some(name.to_owned()), version, with: inputs(settings), ..Step::default() }
    };
    let plugins = node.get("plugins");
    let written = plugins.map(Node::one_or_many).unwrap_or_default();
    let of = |item: &Node| match item.scalar() {
        Some(name) => vec![plugin(&name, None, item.line)],
        None => item.members().iter().map(|member| plugin(&member.key, Some(&member.node), member.line)).collect(),
    };
    written.iter().flat_map(of).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests_support::Files;
    use super::super::{Job, Pipeline, Trigger, is_pipeline, read};
    use Trigger::{DefaultBranch, Manual, PullRequest, Push, Schedule, Tag};

    const PATH: &str = ".buildkite/pipeline.yml";

    fn pipeline(text: &str) -> Pipeline {
        read(PATH, text, &Files::new(&[("bin/test", "rspec")])).unwrap()
    }

    fn job<'p>(pipeline: &'p Pipeline, id: &str) -> &'p Job {
        pipeline.jobs.iter().find(|job| job.id == id).unwrap()
    }

    #[test]
    fn a_pipeline_as_people_write_it() {
        assert!(is_pipeline(PATH) && is_pipeline(".buildkite/pipeline.deploy.yaml") && !is_pipeline(".buildkite/hooks/x.yml"));
        let pipeline = pipeline(
            "steps:
  - label: ':rspec: Tests'
    key: tests
    command: bin/test
    plugins:
      - docker-compose#v5.1.0: {run: app}
  - command: [rubocop, 'brakeman # all']
  - wait
  - label: Staging
    command: kamal deploy -d staging
    branches: main
  - block: Ship it?
    key: gate
    branches: main
  - label: Production
    command: kamal deploy
    branches: 'main !wip/*'
  - group: Later
    depends_on: tests
    steps:
      - {label: Free, command: echo}
  - {label: Other, trigger: other-pipeline, depends_on: [{step: gate}]}
",
        );
        let tests = job(&pipeline, "tests");
        assert_eq!(tests.triggers, [Push, DefaultBranch, PullRequest, Tag]);
        assert_eq!((tests.steps[0].uses.as_deref(), tests.steps[0].version.as_deref()), (Some("docker-compose"), Some("v5.1.0")));
        assert_eq!(tests.steps[1].run.as_deref(), Some("bin/test\nrspec"));
        let staging = job(&pipeline, "Staging");
        assert_eq!((staging.triggers.as_slice(), staging.manual), (&[Push, DefaultBranch][..], false));
        let production = job(&pipeline, "Production");
        assert!(production.manual && production.triggers == [Push, DefaultBranch]);
        let before: Vec<&str> = pipeline.ancestors("Production").iter().map(|job| job.id.as_str()).collect();
        assert_eq!(before, ["tests", "step 2", "Staging", "gate"]);
        assert!(!job(&pipeline, "Free").manual);
        let other = pipeline.jobs.iter().filter(|job| job.id == "Other").map(|job| (job.manual, job.triggers.contains(&DefaultBranch)));
        assert_eq!(other.collect::<Vec<_>>(), [(false, false), (true, true)], "the gate stands for main alone");
        assert_eq!(pipeline.unseen.len(), 1);
    }

    #[test]
    fn conditions() {
        let of = |condition: &str| pipeline(&format!("steps: [{{command: x, if: {condition}}}]")).jobs[0].triggers.clone();
        assert_eq!(of("'build.branch == \"main\"'"), [Push, DefaultBranch]);
        assert_eq!(of("build.branch == pipeline.default_branch"), [Push, DefaultBranch]);
        assert_eq!(of("'build.tag =~ /^v/'"), [Tag]);
        assert_eq!(of("'build.source == \"schedule\"'"), [Schedule]);
        assert_eq!(of("'build.source == \"ui\"'"), [Manual]);
        assert_eq!(of("'build.pull_request.id != null'"), [Push, PullRequest]);
        assert!(pipeline("steps: [{command: x, skip: true}]").jobs[0].disabled);
    }

    #[test]
    fn uploads_and_oddities() {
        assert_eq!(pipeline("steps: [{command: ./gen | buildkite-agent pipeline upload}]").unseen.len(), 1);
        pipeline("- wait\n- 3\n- {group: {}, steps: [{group: a, steps: []}]}\n- [x]");
        for broken in ["a: [", "text", "", "steps: {}"] {
            assert!(read(PATH, broken, &Files::default()).is_err(), "{broken}");
        }
    }
}
