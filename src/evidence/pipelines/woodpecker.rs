//! Woodpecker and Drone, which share an ancestor: steps are containers, run one after another.
//!
//! A Woodpecker file is one workflow, here one job; the workflows it depends on are other files, whose success starts it. A
//! Drone file holds a pipeline per document, here a job each. An image without commands is a plugin. Cron jobs are settings
//! of the server: they count when a filter names them.

use super::condition::{self, Value};
use super::draft::{Draft, DraftJob, DraftStep};
use super::event::{Event, Mask};
use super::refs::{Defaults, Filter};
use super::sources::{Sources, resolve};
use super::steps::{image, inputs, texts};
use super::{Job, Step, Trigger, commands, documents};
use crate::evidence::node::{Member, Node};

/// The vendor whose pipeline this path is.
pub(super) fn vendor(path: &str) -> Option<&'static str> {
    let stem = path.strip_suffix(".yml").or_else(|| path.strip_suffix(".yaml"))?;
    match stem {
        ".woodpecker" => Some("woodpecker"),
        ".drone" => Some("drone"),
        _ => stem.starts_with(".woodpecker/").then_some("woodpecker"),
    }
}

/// Reads a file.
pub(super) fn read(path: &str, text: &str, sources: &Sources) -> Result<Draft, String> {
    let documents = documents(text)?;
    let defaults = sources.defaults();
    let steps_of = |document: &Node| ["steps", "pipeline"].iter().any(|key| document.get(key).is_some());
    if !documents.iter().any(steps_of) {
        return Err("has no steps: not a pipeline".to_owned());
    }
    let mut draft = Draft::new(None, events(&defaults));
    let stem = path.rsplit('/').next().unwrap_or(path).rsplit_once('.').map_or(path, |(stem, _)| stem);
    let mut reading = Reading { draft: &mut draft, sources, defaults, is_drone: vendor(path) == Some("drone") };
    for document in documents.iter().filter(|document| steps_of(document)) {
        reading.workflow(document, stem.trim_start_matches('.'));
    }
    Ok(draft)
}

fn events(defaults: &Defaults) -> Vec<Event> {
    vec![
        Event::push("push", true, defaults.value()),
        Event::push("push", false, defaults.other()),
        Event::new("pull_request", &[Trigger::PullRequest]).on(Value::Unknown, Value::Null),
        Event::tag("tag", Value::like("")),
        Event::tag("release", Value::like("")),
        Event::new("cron", &[Trigger::Schedule]).on(defaults.value(), Value::Null),
        Event::new("manual", &[Trigger::Manual]),
        Event::new("deployment", &[Trigger::Manual]),
    ]
}

struct Reading<'a, 'd> {
    draft: &'d mut Draft,
    sources: &'a Sources<'a>,
    defaults: Defaults,
    is_drone: bool,
}

impl Reading<'_, '_> {
    fn workflow(&mut self, document: &Node, stem: &str) {
        let id = document.get("name").and_then(Node::scalar).filter(|_| self.is_drone).unwrap_or_else(|| stem.to_owned());
        let when = document.get(if self.is_drone { "trigger" } else { "when" });
        let mask = self.reached(self.draft.all(), when, None);
        let before = texts(document.get("depends_on"));
        let line = document.member("steps").or_else(|| document.member("pipeline")).map_or(document.line, |member| member.line);
        let mut job =
            Job { id: id.clone(), name: id, line, disabled: mask.is_empty(), services: self.services(document), ..Job::default() };
        job.environment = when.and_then(|when| when.get("target")).and_then(Node::scalar);
        let mut draft = DraftJob { job, mask, ..DraftJob::default() };
        if self.is_drone {
            draft.job.needs = before;
        } else {
            // Other files, whose success starts this one.
            draft.job.after_pipelines = before;
        }
        for (name, node, line) in steps(document) {
            if draft.steps.len() >= self.draft.room() {
                self.draft.cut("steps beyond the first ones".to_owned(), line);
                break;
            }
            let mask = self.reached(draft.mask, node.get("when"), Some(draft.mask));
            if !mask.is_empty() || draft.mask.is_empty() {
                draft.steps.push(DraftStep { step: self.step(name, node, line), mask });
            }
        }
        // A workflow none of whose steps runs does not run.
        let reached = draft.steps.iter().fold(Mask::default(), |all, step| all.or(step.mask));
        draft.mask = if draft.steps.is_empty() { draft.mask } else { reached };
        self.draft.add(draft);
    }

    fn step(&self, name: Option<String>, node: &Node, line: u32) -> Step {
        let written = node.get("image").and_then(Node::scalar).unwrap_or_default();
        let (uses, version) = image(&written);
        let commands = texts(node.get("commands").or_else(|| node.get("command")));
        let directory = node.get("directory").and_then(Node::scalar).and_then(|path| resolve("", &path)).unwrap_or_default();
        let run = (!commands.is_empty()).then(|| commands::follow(&commands.join("\n"), &directory, self.sources));
        let with = inputs(node.get("settings"));
        Step { line, name, run, uses: Some(uses).filter(|uses| !uses.is_empty()), version, with, ..Step::default() }
    }

    fn services(&self, document: &Node) -> Vec<String> {
        let services = document.get("services");
        let mapped = services.map(Node::members).unwrap_or_default().iter().map(|member| &member.node);
        let listed = services.map(Node::items).unwrap_or_default();
        mapped.chain(listed).filter_map(|service| service.get("image")?.scalar()).collect()
    }

    /// The events that a filter lets pass. Several filters in a list: any of them.
    fn reached(&self, mask: Mask, when: Option<&Node>, inherited: Option<Mask>) -> Mask {
        let filters = when.map(Node::one_or_many).unwrap_or_default();
        self.draft.keep(mask, |event| {
            if filters.is_empty() {
                // A workflow without filters runs for what happens to the code; a step, for whatever its workflow does.
                return Some(inherited.is_some() || !matches!(event.name.as_str(), "cron" | "manual" | "deployment" | "release"));
            }
            condition::any(filters.iter().map(|filter| self.passes(filter, event, inherited.is_some())))
        })
    }

    fn passes(&self, filter: &Node, event: &Event, is_step: bool) -> Option<bool> {
        let named = filter.get("event").map(|events| self.names_event(events, event));
        // A filter that names no event is no reason to think of settings of the server.
        let named = named.unwrap_or(is_step || !matches!(event.name.as_str(), "cron" | "manual" | "deployment"));
        let branch = filter.get("branch").map(|branch| self.on_branch(branch, event));
        let by_ref = filter.get("ref").map(|filter| by_ref(filter, event, &self.defaults));
        let evaluated =
            filter.get("evaluate").and_then(Node::scalar).map(|condition| condition::holds(&condition, &|name| self.lookup(event, name)));
        let status = texts(filter.get("status"));
        let only_failure = !status.is_empty() && !status.iter().any(|status| status == "success");
        let others = [branch, by_ref, evaluated, only_failure.then_some(None)].into_iter().flatten();
        condition::all(std::iter::once(Some(named)).chain(others))
    }

    fn names_event(&self, filter: &Node, event: &Event) -> bool {
        let same = |name: &String| match name.as_str() {
            "pull_request_closed" | "pull_request_metadata" => false,
            "promote" | "rollback" | "custom" => event.name == "deployment",
            "release" => event.name == "release",
            name => name == event.name,
        };
        let excluded = texts(filter.get("exclude"));
        let included = texts(Some(filter.get("include").unwrap_or(filter)));
        (included.is_empty() || included.iter().any(same)) && !excluded.iter().any(same)
    }

    fn on_branch(&self, filter: &Node, event: &Event) -> Option<bool> {
        // For tags there is no branch to ask about; for pull requests it is the target's.
        if event.branch == Value::Null {
            return Some(false);
        }
        if event.branch == Value::Unknown {
            return None;
        }
        let filter = filter_of(filter, &self.defaults);
        let is_default = event.triggers.contains(&Trigger::DefaultBranch) || event.triggers == [Trigger::Schedule];
        Some(filter.branches(&self.defaults).iter().any(|(default, _)| *default == is_default))
    }

    fn lookup(&self, event: &Event, name: &str) -> Value {
        match name {
            "CI_PIPELINE_EVENT" | "CI_BUILD_EVENT" => Value::text(event.name.as_str()),
            "CI_COMMIT_BRANCH" => event.branch.clone(),
            "CI_COMMIT_TAG" => event.tag.clone(),
            "CI_REPO_DEFAULT_BRANCH" => self.defaults.value(),
            _ => Value::Unknown,
        }
    }
}

/// `main`, `${CI_REPO_DEFAULT_BRANCH}`, a list, or `{include, exclude}`.
fn filter_of(node: &Node, defaults: &Defaults) -> Filter {
    let named = |name: String| match name.trim_matches(['$', '{', '}']) {
        "CI_REPO_DEFAULT_BRANCH" => defaults.names().to_vec(),
        _ => vec![name],
    };
    let excluded: Vec<String> = texts(node.get("exclude")).into_iter().flat_map(named).collect();
    let included: Vec<String> = texts(Some(node.get("include").unwrap_or(node))).into_iter().flat_map(named).collect();
    let mut filter = Filter::only(included.iter().map(String::as_str));
    filter.0.extend(Filter::all_but(excluded.iter().map(String::as_str)).0);
    filter
}

/// Whether a filter on the full name of the reference lets an event pass.
fn by_ref(node: &Node, event: &Event, defaults: &Defaults) -> Option<bool> {
    let filter = filter_of(node, defaults);
    let (prefix, value) = match (&event.branch, &event.tag) {
        (Value::Null, tag) => ("refs/tags/", tag),
        (branch, _) => ("refs/heads/", branch),
    };
    match value.prefixed(prefix) {
        Value::Text(name) => Some(filter.passes(&name)),
        Value::AnyOf(names) => Some(names.iter().any(|name| filter.passes(name))),
        // Patterns for the other kind of reference let nothing of this kind pass.
        Value::Like { .. } => {
            let globs = texts(Some(node.get("include").unwrap_or(node)));
            let may = |glob: &String| glob.starts_with(prefix) || glob.starts_with("refs/*") || glob.starts_with('*');
            (!globs.is_empty() && !globs.iter().any(may)).then_some(false)
        }
        _ => None,
    }
}

/// The steps with their names: a list, or a map from names.
fn steps(document: &Node) -> Vec<(Option<String>, &Node, u32)> {
    let Some(steps) = document.get("steps").or_else(|| document.get("pipeline")) else { return Vec::new() };
    let mapped = steps.members().iter().map(|Member { key, line, node }| (Some(key.clone()), node, *line));
    let listed = steps.items().iter().map(|node| (node.get("name").and_then(Node::scalar), node, node.line));
    mapped.chain(listed).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests_support::Files;
    use super::super::{Pipeline, Trigger, is_pipeline, read};
    use Trigger::{DefaultBranch, Manual, PullRequest, Push, Schedule, Tag};

    fn pipeline(path: &str, text: &str) -> Pipeline {
        read(path, text, &Files::new(&[("Makefile", "test:\n\tgo test ./...")])).unwrap()
    }

    #[test]
    fn a_workflow_as_people_write_it() {
        assert!(is_pipeline(".woodpecker.yml") && is_pipeline(".woodpecker/test.yaml") && !is_pipeline(".woodpecker/check.sh"));
        let text = "when:
  - event: [pull_request, tag]
  - event: push
    branch: [main, 'release/*']
depends_on: [lint]
steps:
  - name: test
    image: golang:1.24
    commands:
      - make test # all
  publish:
    image: x
";
        let text = text.replace("  publish:\n    image: x\n", "  - name: publish\n    image: woodpeckerci/plugin-docker-buildx:6\n    settings: {repo: app, tag: [a, b]}\n    when:\n      - event: tag\nservices:\n  - name: db\n    image: postgres:16\n");
        let pipeline = pipeline(".woodpecker/build.yaml", &text);
        let job = &pipeline.jobs[0];
        assert_eq!((job.id.as_str(), job.triggers.as_slice()), ("build", &[Push, DefaultBranch, PullRequest, Tag][..]));
        assert_eq!((job.after_pipelines.as_slice(), job.services.as_slice()), (&["lint".to_owned()][..], &["postgres:16".to_owned()][..]));
        assert_eq!(job.steps[0].run.as_deref(), Some("make test\ngo test ./..."));
        assert_eq!((job.steps[0].uses.as_deref(), job.steps[0].version.as_deref()), (Some("golang"), Some("1.24")));
        assert_eq!(job.steps[1].uses.as_deref(), Some("woodpeckerci/plugin-docker-buildx"));
        assert_eq!(job.steps[1].triggers.as_deref(), Some(&[Tag][..]));
    }

    #[test]
    fn filters_of_workflows() {
        let of =
            |when: &str| pipeline(".woodpecker.yml", &format!("{when}\nsteps: [{{image: a, commands: [x]}}]")).jobs[0].triggers.clone();
        assert_eq!(of(""), [Push, DefaultBranch, PullRequest, Tag]);
        assert_eq!(of("when: {event: cron, cron: nightly}"), [Schedule]);
        assert_eq!(of("when: {event: [manual, push], branch: main}"), [Push, DefaultBranch, Manual]);
        assert_eq!(of("when: {branch: {exclude: [main]}}"), [Push, PullRequest]);
        assert_eq!(of("when: {event: push, branch: '${CI_REPO_DEFAULT_BRANCH}'}"), [Push, DefaultBranch]);
        assert_eq!(of("when: {ref: refs/tags/v*}"), [PullRequest, Tag]);
        assert_eq!(
            of("when: {evaluate: 'CI_COMMIT_BRANCH == CI_REPO_DEFAULT_BRANCH && CI_PIPELINE_EVENT == \"push\"'}"),
            [Push, DefaultBranch]
        );
    }

    #[test]
    fn drone_as_people_write_it() {
        let text = "kind: pipeline
name: test
steps:
  - {name: test, image: golang, commands: [make test]}
---
kind: pipeline
name: deploy
depends_on: [test]
trigger: {branch: [main], event: {exclude: [pull_request]}}
steps:
  - {name: deploy, image: plugins/kubernetes, settings: {deployment: app}}
---
kind: pipeline
name: live
trigger: {event: promote, target: production}
steps: [{image: alpine, commands: [./deploy]}]
---
kind: secret
name: key
";
        let pipeline = pipeline(".drone.yml", text);
        let jobs: Vec<(&str, &[Trigger])> = pipeline.jobs.iter().map(|job| (job.id.as_str(), job.triggers.as_slice())).collect();
        assert_eq!(jobs[0].0, "test");
        assert_eq!(jobs[1], ("deploy", &[Push, DefaultBranch][..]));
        assert_eq!(jobs[2], ("live", &[Manual][..]));
        assert_eq!(pipeline.jobs[1].needs, ["test"]);
        assert_eq!(pipeline.jobs[2].environment.as_deref(), Some("production"));
    }

    #[test]
    fn oddities() {
        for broken in ["a: [", "text", "", "kind: secret"] {
            assert!(read(".drone.yml", broken, &Files::default()).is_err(), "{broken}");
        }
        pipeline(".woodpecker.yml", "when: [1, {event: {a: b}}, {branch: 3}]\nsteps: {a: 1, b: [c]}");
    }
}
