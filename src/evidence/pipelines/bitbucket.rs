//! Bitbucket Pipelines: `bitbucket-pipelines.yml`.
//!
//! The file holds several pipelines by what starts them; the steps of each run one after another, those under `parallel`
//! together. `default` runs for branches that no entry of `branches` names. Once a step waits for a person, so does
//! everything after it. Custom pipelines are started by a person; schedules for them are settings of the repository.

use super::condition::Value;
use super::draft::{Draft, DraftJob, DraftStep, MAX_JOBS};
use super::event::{Event, Mask};
use super::refs::{Defaults, Filter};
use super::sources::Sources;
use super::steps::{image, inputs, texts};
use super::{Job, Step, Trigger, commands, documents};
use crate::evidence::node::Node;

/// The vendor whose pipeline this path is.
pub(super) fn vendor(path: &str) -> Option<&'static str> {
    matches!(path, "bitbucket-pipelines.yml" | "bitbucket-pipelines.yaml").then_some("bitbucket-pipelines")
}

/// Reads a file.
pub(super) fn read(_path: &str, text: &str, sources: &Sources) -> Result<Draft, String> {
    let documents = documents(text)?;
    let file = documents.first().ok_or("is empty")?;
    let pipelines = file.get("pipelines").ok_or("has no pipelines")?;
    let defaults = sources.defaults();
    let named: Vec<&str> =
        pipelines.get("branches").map(Node::members).unwrap_or_default().iter().map(|member| member.key.as_str()).collect();
    let (events, parts) = parts(pipelines, &named, &defaults);
    let mut draft = Draft::new(None, events);
    for part in parts {
        let mask = draft.keep(draft.all(), |event| Some(event.name == part.name));
        Reading { draft: &mut draft, sources, file, part: &part, mask, before: Vec::new(), manual: false }.steps(part.steps, None);
    }
    Ok(draft)
}

/// One pipeline of the file: `branches/main`.
struct Part<'n> {
    name: String,
    steps: &'n [Node],
}

/// The pipelines of a file, with the events that start each, told by the pipeline's name.
fn parts<'n>(pipelines: &'n Node, named: &[&str], defaults: &Defaults) -> (Vec<Event>, Vec<Part<'n>>) {
    let (mut events, mut parts) = (Vec::new(), Vec::new());
    for member in pipelines.members() {
        if member.key == "default" {
            events.extend(pushes("default", &Filter::all_but(named.iter().copied()), defaults));
            parts.push(Part { name: "default".to_owned(), steps: member.node.items() });
            continue;
        }
        for (glob, node) in member.node.members().iter().map(|inner| (inner.key.as_str(), &inner.node)) {
            let name = format!("{}/{glob}", member.key);
            match member.key.as_str() {
                "branches" => events.extend(pushes(&name, &Filter::only([glob]), defaults)),
                "tags" => events.push(Event::tag(&name, Value::like(""))),
                "pull-requests" => events.push(Event::new(&name, &[Trigger::PullRequest])),
                "custom" => events.push(Event::new(&name, &[Trigger::Manual])),
                _ => continue,
            }
            parts.push(Part { name, steps: node.items() });
        }
    }
    (events, parts)
}

/// Pushes that a filter lets pass; any other branch may be that of a pull request.
fn pushes(name: &str, filter: &Filter, defaults: &Defaults) -> Vec<Event> {
    let push = |(is_default, branch): (bool, Value)| {
        let mut event = Event::push(name, is_default, branch);
        if matches!(event.branch, Value::Like { .. }) {
            event.triggers.push(Trigger::PullRequest);
        }
        event
    };
    filter.branches(defaults).into_iter().map(push).collect()
}

struct Reading<'a, 'd> {
    draft: &'d mut Draft,
    sources: &'a Sources<'a>,
    file: &'a Node,
    part: &'a Part<'a>,
    mask: Mask,
    /// The steps that must have passed.
    before: Vec<String>,
    /// True once a step has waited for a person.
    manual: bool,
}

impl Reading<'_, '_> {
    fn steps(&mut self, steps: &[Node], stage: Option<&Node>) {
        for node in steps {
            if self.draft.room() == 0 {
                return self.draft.cut("steps beyond the first ones".to_owned(), node.line);
            }
            if let Some(step) = node.get("step") {
                let id = self.step(step, stage);
                self.before = vec![id];
            } else if let Some(parallel) = node.get("parallel") {
                let together = parallel.get("steps").unwrap_or(parallel).items();
                let ids: Vec<String> =
                    together.iter().take(MAX_JOBS).filter_map(|node| node.get("step")).map(|step| self.step(step, stage)).collect();
                self.before = ids;
            } else if let Some(stage) = node.get("stage") {
                self.steps(stage.get("steps").map(Node::items).unwrap_or_default(), Some(stage));
            } else if let Some(import) = node.get("import") {
                let what = import.scalar().unwrap_or_default();
                self.draft.unseen(format!("imported pipeline {what}"), None, node.line);
            }
        }
    }

    /// Adds a step as a job; its id.
    fn step(&mut self, node: &Node, stage: Option<&Node>) -> String {
        let of = |key: &str| node.get(key).or_else(|| stage?.get(key));
        let name = node.get("name").and_then(Node::scalar).unwrap_or_else(|| format!("step {}", self.draft.jobs.len() + 1));
        let id = format!("{}/{name}", self.part.name);
        let waits = of("trigger").and_then(Node::scalar).as_deref() == Some("manual");
        self.manual |= waits;
        let job = Job {
            id: id.clone(),
            name,
            line: node.line,
            needs: self.before.clone(),
            environment: of("deployment").and_then(Node::scalar),
            manual: self.manual,
            image: node.get("image").or_else(|| self.file.get("image")).and_then(|image| image.get("name").unwrap_or(image).scalar()),
            services: texts(node.get("services")).iter().map(|name| self.service(name)).collect(),
            ..Job::default()
        };
        let mut session = commands::Session::new("", self.sources);
        let scripts = ["script", "after-script"].iter().filter_map(|key| node.get(key)).flat_map(Node::one_or_many);
        let steps = scripts.take(self.draft.room()).filter_map(|line| script(line, &mut session));
        let steps = steps.map(|step| DraftStep { step, mask: self.mask }).collect();
        self.draft.add(DraftJob { job, mask: self.mask, steps, ..DraftJob::default() });
        id
    }

    /// The image of a service by its name.
    fn service(&self, name: &str) -> String {
        let image = self.file.get("definitions").and_then(|definitions| definitions.get("services")?.get(name)?.get("image"));
        image.and_then(|image| image.get("name").unwrap_or(image).scalar()).unwrap_or_else(|| name.to_owned())
    }
}

/// A line of a script, or a pipe.
fn script(node: &Node, session: &mut commands::Session) -> Option<Step> {
    if let Some(pipe) = node.get("pipe") {
        let (uses, version) = image(&pipe.scalar()?);
        return Some(Step { line: node.line, uses: Some(uses), version, with: inputs(node.get("variables")), ..Step::default() });
    }
    Some(Step { line: node.line, run: Some(session.run(&node.scalar()?)), ..Step::default() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests_support::Files;
    use super::super::{Job, Pipeline, Trigger, is_pipeline, read};
    use Trigger::{DefaultBranch, Manual, PullRequest, Push, Tag};

    const PATH: &str = "bitbucket-pipelines.yml";

    fn job<'p>(pipeline: &'p Pipeline, id: &str) -> &'p Job {
        let ids: Vec<&str> = pipeline.jobs.iter().map(|job| job.id.as_str()).collect();
        pipeline.jobs.iter().find(|job| job.id == id).unwrap_or_else(|| panic!("no {id} among {ids:?}"))
    }

    #[test]
    fn a_file_as_people_write_it() {
        assert!(is_pipeline(PATH));
        let text = "image: node:20
definitions:
  services:
    db: {image: 'postgres:16'}
  steps:
    - step: &test
        name: Test
        services: [db]
        script:
          - npm ci
          - npm test # all
pipelines:
  default:
    - step: *test
  branches:
    main:
      - parallel:
          - step: *test
          - step: {name: Lint, script: [eslint .]}
      - step:
          name: Staging
          deployment: staging
          script:
            - pipe: atlassian/aws-ecs-deploy:1.6.2
              variables: {CLUSTER_NAME: app}
      - step:
          name: Production
          deployment: production
          trigger: manual
          script: [./deploy]
      - step: {name: After, script: [curl x]}
  pull-requests:
    '**': [{step: *test}]
  tags:
    'v*': [{step: *test}]
  custom:
    nightly: [{step: *test}]
";
        let pipeline = read(PATH, text, &Files::default()).unwrap();
        assert_eq!(job(&pipeline, "default/Test").triggers, [Push, PullRequest]);
        let staging = job(&pipeline, "branches/main/Staging");
        assert_eq!(
            (staging.triggers.as_slice(), staging.environment.as_deref(), staging.manual),
            (&[Push, DefaultBranch][..], Some("staging"), false)
        );
        assert_eq!(staging.steps[0].uses.as_deref(), Some("atlassian/aws-ecs-deploy"));
        assert_eq!(staging.needs, ["branches/main/Test", "branches/main/Lint"]);
        assert!(job(&pipeline, "branches/main/Production").manual && job(&pipeline, "branches/main/After").manual);
        assert_eq!(job(&pipeline, "pull-requests/**/Test").triggers, [PullRequest]);
        assert_eq!(job(&pipeline, "tags/v*/Test").triggers, [Tag]);
        let nightly = job(&pipeline, "custom/nightly/Test");
        assert_eq!((nightly.triggers.as_slice(), nightly.services.as_slice()), (&[Manual][..], &["postgres:16".to_owned()][..]));
        assert_eq!(nightly.steps[1].run.as_deref(), Some("npm test"));
    }

    #[test]
    fn oddities() {
        for broken in ["a: [", "text", "", "image: x"] {
            assert!(read(PATH, broken, &Files::default()).is_err(), "{broken}");
        }
        read(PATH, "pipelines: {default: [1, {step: 2}, {parallel: 3}, {stage: {}}], custom: [x], other: {a: []}}", &Files::default())
            .unwrap();
    }
}
