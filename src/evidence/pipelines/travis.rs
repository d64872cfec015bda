//! Travis CI: `.travis.yml`.
//!
//! Every build runs the phases in order - `install`, `before_script`, `script`, `after_success` - and then, except for pull
//! requests, deploys with ready-made providers, by themselves for the branch `master` only. Entries of `jobs.include` are
//! jobs of their own, in stages that follow each other. A file without a script runs the custom command of its language.

use super::condition::{self, Value};
use super::draft::{Draft, DraftJob, DraftStep};
use super::event::{Event, Mask};
use super::refs::{Defaults, Filter, Pattern};
use super::sources::Sources;
use super::steps::{inputs, lines, texts};
use super::{Job, Step, Trigger, commands, documents};
use crate::evidence::node::Node;

/// Phases of a job, in the order they run.
const PHASES: [&str; 7] = ["before_install", "install", "before_script", "script", "after_success", "after_script", "before_deploy"];
/// What a language runs when the file has no script.
const SCRIPTS: [(&str, &str); 8] = [
    ("node_js", "npm test"),
    ("ruby", "bundle exec rake"),
    ("php", "phpunit"),
    ("go", "go test ./..."),
    ("rust", "cargo build --verbose && cargo test --verbose"),
    ("elixir", "mix test"),
    ("java", "mvn test -B"),
    ("scala", "sbt test"),
];

/// The vendor whose pipeline this path is.
pub(super) fn vendor(path: &str) -> Option<&'static str> {
    matches!(path, ".travis.yml" | ".travis.yaml").then_some("travis-ci")
}

/// Reads a file.
pub(super) fn read(_path: &str, text: &str, sources: &Sources) -> Result<Draft, String> {
    let documents = documents(text)?;
    let file = documents.first().filter(|file| !file.members().is_empty()).ok_or("is not a map: not a pipeline")?;
    let defaults = sources.defaults();
    let mut draft = Draft::new(None, events(file, &defaults));
    for import in texts(file.get("import")) {
        draft.unseen(format!("imported configuration {import}"), None, file.line);
    }
    let mask = draft.all();
    let mut reading = Reading { draft: &mut draft, sources, defaults, file };
    let mask = reading.kept(mask, file.get("if"));
    reading.jobs(mask);
    Ok(draft)
}

/// Pushes that `branches` lets pass, where tags count as branches, and pull requests.
fn events(file: &Node, defaults: &Defaults) -> Vec<Event> {
    let filter = file.get("branches").map(filter).unwrap_or_default();
    let mut events: Vec<Event> =
        filter.branches(defaults).into_iter().map(|(is_default, branch)| Event::push("push", is_default, branch)).collect();
    if filter.passes("v1.0.0") || filter.passes("1.0.0") {
        events.push(Event::tag("push", Value::like("")));
    }
    events.push(Event::new("pull_request", &[Trigger::PullRequest]));
    events
}

fn filter(node: &Node) -> Filter {
    match node.get("except") {
        Some(except) => Filter(texts(Some(except)).iter().map(|name| Pattern::slashed(name).into_exception()).collect()),
        None => Filter(texts(Some(node.get("only").unwrap_or(node))).iter().map(|name| Pattern::slashed(name)).collect()),
    }
}

struct Reading<'a, 'd> {
    draft: &'d mut Draft,
    sources: &'a Sources<'a>,
    defaults: Defaults,
    file: &'a Node,
}

impl Reading<'_, '_> {
    fn jobs(&mut self, mask: Mask) {
        let file = self.file;
        let included =
            file.get("jobs").or_else(|| file.get("matrix")).and_then(|jobs| jobs.get("include")).map(Node::items).unwrap_or_default();
        // Entries without a stage and a script of their own only vary the environment of the one job.
        let own: Vec<&Node> =
            included.iter().filter(|job| PHASES.iter().chain(&["stage", "deploy"]).any(|key| job.get(key).is_some())).collect();
        let mut stage = Stages::default();
        if own.is_empty() || own.iter().all(|job| job.get("stage").is_some()) && file.get("script").is_some() {
            self.job(file, "test", mask, &mut stage);
        }
        let mut name = "test".to_owned();
        for node in own {
            if self.draft.room() == 0 {
                return self.draft.cut("jobs beyond the first ones".to_owned(), node.line);
            }
            // An entry without a stage belongs to that of the entry before.
            name = node.get("stage").and_then(|stage| stage.get("name").unwrap_or(stage).scalar()).unwrap_or(name);
            let mask = self.kept(mask, node.get("if"));
            self.job(node, &name, mask, &mut stage);
        }
    }

    fn job(&mut self, node: &Node, stage_name: &str, mask: Mask, stages: &mut Stages) {
        let needs = stages.enter(stage_name);
        let name = node.get("name").and_then(Node::scalar).unwrap_or_else(|| stage_name.to_owned());
        let id = stages.unique(&name);
        let line = node.member("script").map_or(node.line, |member| member.line);
        let services = texts(node.get("services").or_else(|| self.file.get("services")));
        let job = Job { id: id.clone(), name, line, disabled: mask.is_empty(), services, ..Job::default() };
        let steps = self.steps(node, mask);
        self.draft.add(DraftJob { job, mask, loose: needs, steps, ..DraftJob::default() });
        stages.now.push(id.clone());
        for deploy in node.get("deploy").map(Node::one_or_many).unwrap_or_default() {
            self.deploy(deploy, &id, mask, stages);
        }
    }

    fn steps(&self, node: &Node, mask: Mask) -> Vec<DraftStep> {
        let mut session = commands::Session::new("", self.sources);
        let phase = |phase: &&str| node.get(phase).or_else(|| self.file.get(phase)).map(Node::one_or_many).unwrap_or_default();
        let lines = PHASES.iter().flat_map(phase).filter_map(|line| Some((line.scalar()?, line.line)));
        let mut steps: Vec<(String, u32)> = lines.take(self.draft.room()).collect();
        let language = self.file.get("language").and_then(Node::scalar).unwrap_or_else(|| "ruby".to_owned());
        if node.get("script").or_else(|| self.file.get("script")).is_none() {
            let usual = SCRIPTS.iter().find(|(name, _)| *name == language);
            steps.extend(usual.map(|(_, script)| ((*script).to_owned(), node.line)));
        }
        let step = |(run, line): (String, u32)| DraftStep { step: Step { line, run: Some(session.run(&run)), ..Step::default() }, mask };
        steps.into_iter().map(step).collect()
    }

    /// A deployment as a job after the one it belongs to.
    fn deploy(&mut self, node: &Node, after: &str, mask: Mask, stages: &mut Stages) {
        let Some(provider) = node.get("provider").and_then(Node::scalar) else { return };
        let on = node.get("on").or_else(|| node.get("true"));
        let mask = self.draft.keep(mask, |event| Some(self.deploys(on, event)));
        let id = stages.unique(&format!("{after} deploy {provider}"));
        let run = node.get("script").and_then(lines).filter(|_| provider == "script").map(|run| commands::follow(&run, "", self.sources));
        let step =
            Step { line: node.line, run, uses: Some(format!("travis-deploy/{provider}")), with: inputs(Some(node)), ..Step::default() };
        let job =
            Job { id: id.clone(), name: id, line: node.line, needs: vec![after.to_owned()], disabled: mask.is_empty(), ..Job::default() };
        self.draft.add(DraftJob { job, mask, steps: vec![DraftStep { step, mask }], ..DraftJob::default() });
    }

    /// Whether a deployment happens: for the branch `master`, unless `on` says otherwise; never for pull requests.
    fn deploys(&self, on: Option<&Node>, event: &Event) -> bool {
        let of = |key: &str| on.and_then(|on| on.get(key)).and_then(Node::scalar);
        if event.name == "pull_request" {
            return false;
        }
        let tags = of("tags").as_deref() == Some("true");
        if event.branch == Value::Null || tags {
            return event.branch == Value::Null && tags;
        }
        if of("all_branches").as_deref() == Some("true") {
            return true;
        }
        let named = texts(on.and_then(|on| on.get("branch")));
        let is_default = event.triggers.contains(&Trigger::DefaultBranch);
        let filter = Filter::only(named.iter().map(String::as_str));
        match named.is_empty() {
            true => is_default,
            false => filter.branches(&self.defaults).iter().any(|(default, _)| *default == is_default),
        }
    }

    /// The events that a condition, `branch = main AND type = push`, lets pass.
    fn kept(&self, mask: Mask, condition: Option<&Node>) -> Mask {
        let Some(written) = condition.and_then(Node::scalar) else { return mask };
        let spelled = [
            (" AND ", " && "),
            (" and ", " && "),
            (" OR ", " || "),
            (" or ", " || "),
            ("NOT ", "! "),
            (" IS present", ""),
            (" is present", ""),
        ];
        let condition = spelled.iter().fold(format!(" {written} "), |text, (from, to)| text.replace(from, to));
        self.draft.keep(mask, |event| condition::holds(&condition, &|name| self.lookup(event, name)))
    }

    fn lookup(&self, event: &Event, name: &str) -> Value {
        let is_request = event.name == "pull_request";
        match name {
            "branch" if is_request => Value::Unknown,
            // The branch of a tag is the tag; nobody calls one `main`.
            "branch" if event.branch == Value::Null => self.defaults.other(),
            "branch" => event.branch.clone(),
            "tag" if is_request => Value::Null,
            "tag" => event.tag.clone(),
            "type" => Value::text(event.name.as_str()),
            "sender" | "fork" | "repo" | "commit_message" | "head_branch" | "head_repo" | "os" | "dist" => Value::Unknown,
            // A bare word is a text.
            word if word.chars().all(|char| char.is_ascii_alphanumeric() || "_-./".contains(char)) => Value::text(word),
            _ => Value::Unknown,
        }
    }
}

/// The stages of a build: each begins when the one before has passed.
#[derive(Default)]
struct Stages {
    name: String,
    before: Vec<String>,
    now: Vec<String>,
    count: std::collections::HashMap<String, usize>,
}

impl Stages {
    /// The jobs before a stage.
    fn enter(&mut self, name: &str) -> Vec<String> {
        if self.name != name && !self.now.is_empty() {
            self.before = std::mem::take(&mut self.now);
        }
        name.clone_into(&mut self.name);
        self.before.clone()
    }

    fn unique(&mut self, name: &str) -> String {
        let count = self.count.entry(name.to_owned()).or_default();
        *count += 1;
        if *count == 1 { name.to_owned() } else { format!("{name} {count}") }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests_support::Files;
    use super::super::{Job, Pipeline, Trigger, is_pipeline, read};
    use Trigger::{DefaultBranch, PullRequest, Push, Tag};

    const PATH: &str = ".travis.yml";

    fn pipeline(text: &str) -> Pipeline {
        read(PATH, text, &Files::default()).unwrap()
    }

    fn job<'p>(pipeline: &'p Pipeline, id: &str) -> &'p Job {
        let ids: Vec<&str> = pipeline.jobs.iter().map(|job| job.id.as_str()).collect();
        pipeline.jobs.iter().find(|job| job.id == id).unwrap_or_else(|| panic!("no {id} among {ids:?}"))
    }

    #[test]
    fn a_file_as_people_write_it() {
        assert!(is_pipeline(PATH));
        let text = "language: node_js
services: [postgresql]
before_script:
  - npm run build # assets
script: npm test
deploy:
  - provider: heroku
    app: x
    on: {branch: main}
  - provider: npm
    on: {tags: true}
  - provider: script
    script: bash deploy.sh
";
        let pipeline = pipeline(text);
        let test = job(&pipeline, "test");
        assert_eq!(
            (test.triggers.as_slice(), test.services.as_slice()),
            (&[Push, DefaultBranch, PullRequest, Tag][..], &["postgresql".to_owned()][..])
        );
        let runs: Vec<&str> = test.steps.iter().filter_map(|step| step.run.as_deref()).collect();
        assert_eq!(runs, ["npm run build", "npm test"]);
        let heroku = job(&pipeline, "test deploy heroku");
        assert_eq!(
            (heroku.triggers.as_slice(), heroku.steps[0].uses.as_deref()),
            (&[Push, DefaultBranch][..], Some("travis-deploy/heroku"))
        );
        assert_eq!(heroku.needs, ["test"]);
        assert_eq!(job(&pipeline, "test deploy npm").triggers, [Tag]);
        assert_eq!(job(&pipeline, "test deploy script").steps[0].run.as_deref(), Some("bash deploy.sh"));
    }

    #[test]
    fn stages_branches_and_conditions() {
        let text = "language: go
branches: {only: [main, /^v\\d/]}
jobs:
  include:
    - {stage: test, script: go vet}
    - {script: go test}
    - stage: deploy
      if: branch = main AND type = push
      script: ./deploy
";
        let pipeline = pipeline(text);
        assert_eq!(pipeline.jobs.len(), 3);
        let deploy = job(&pipeline, "deploy");
        assert_eq!((deploy.triggers.as_slice(), deploy.needs.len()), (&[Push, DefaultBranch][..], 2));
        assert_eq!(job(&pipeline, "test").triggers, [Push, DefaultBranch, PullRequest, Tag]);
    }

    #[test]
    fn a_language_has_a_script_of_its_own() {
        assert_eq!(pipeline("language: go").jobs[0].steps[0].run.as_deref(), Some("go test ./..."));
        for broken in ["a: [", "text", ""] {
            assert!(read(PATH, broken, &Files::default()).is_err(), "{broken}");
        }
        pipeline("jobs: {include: [1, {stage: {}}, {stage: {name: x}}]}\ndeploy: [1, {provider: {}}]\nif: 'a = ('");
    }
}
