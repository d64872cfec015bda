//! Jenkins: `Jenkinsfile`, declarative or scripted.
//!
//! A Jenkinsfile is a Groovy program; what is read here is its blocks and the texts it gives to `sh`. In a declarative
//! pipeline every stage is a job after the stage before it, parallel ones together, and `when` says for which branches it
//! runs. A scripted pipeline may do anything, so its commands stand as one job. Once `input` has asked a person, everything
//! after it waits.
//!
//! Jenkins is taken to build branches and pull requests, as a multibranch project does; tags only when a `when` names them.
//! What a shared library does is unseen.

mod groovy;

use super::condition::{self, Value};
use super::draft::{Draft, DraftJob, DraftStep};
use super::event::{Event, Mask};
use super::refs::{Defaults, Filter};
use super::sources::Sources;
use super::{Job, Step, Trigger, commands};
use groovy::{Block, Item, Statement};

/// Steps that take a shell script.
const SHELLS: [&str; 4] = ["sh", "bat", "pwsh", "powershell"];

/// The vendor whose pipeline this path is.
pub(super) fn vendor(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let named =
        name == "Jenkinsfile" || name.starts_with("Jenkinsfile.") || name.starts_with("Jenkinsfile-") || name.ends_with(".jenkinsfile");
    named.then_some("jenkins")
}

/// Reads a Jenkinsfile.
pub(super) fn read(_path: &str, text: &str, sources: &Sources) -> Result<Draft, String> {
    let program = groovy::read(text)?;
    let defaults = sources.defaults();
    let pipeline = program.blocks().find(|block| block.name == "pipeline");
    let mut draft = Draft::new(None, events(pipeline, text, &defaults));
    for (library, line) in libraries(text) {
        draft.unseen(format!("shared library {library}"), None, line);
    }
    let mask = draft.all();
    let mut reading = Reading { draft: &mut draft, sources, defaults, manual: false };
    match pipeline {
        Some(pipeline) => reading.declarative(pipeline, mask),
        None => reading.scripted(&program, mask),
    }
    Ok(draft)
}

/// Pushes and pull requests, tags if they are named, and the schedules of `triggers`.
fn events(pipeline: Option<&Block>, text: &str, defaults: &Defaults) -> Vec<Event> {
    let mut events = vec![
        Event::push("push", true, defaults.value()),
        Event::push("push", false, defaults.other()),
        Event::new("change", &[Trigger::PullRequest]).on(Value::Unknown, Value::Null),
    ];
    if text.contains("buildingTag") || text.contains("TAG_NAME") || text.contains("tag pattern") || text.contains(" tag ") {
        events.push(Event::tag("tag", Value::like("")));
    }
    let triggers = pipeline.and_then(|pipeline| pipeline.block("triggers"));
    for statement in triggers.map(Block::statements).into_iter().flatten().filter(|statement| statement.name == "cron") {
        let crons =
            statement.texts.iter().flat_map(|text| text.lines()).map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("TZ="));
        events.extend(crons.map(|cron| Event::schedule("TimerTrigger", &plain_cron(cron), defaults.value())));
    }
    events
}

/// A Jenkins schedule without its `H`, which stands for some fixed value: `H H(0-3) * * 1-5`, `H/15 * * * *`.
fn plain_cron(cron: &str) -> String {
    let field = |field: &str| match field.strip_prefix('H') {
        Some(rest) => match rest.rsplit_once('/') {
            Some((_, step)) => format!("*/{step}"),
            None => "0".to_owned(),
        },
        None => field.to_owned(),
    };
    let fields: Vec<String> = cron.split_whitespace().map(field).collect();
    // The day of the month and later start at one; 1 is a value all of them have.
    let fields = fields
        .into_iter()
        .enumerate()
        .map(|(at, field)| if at > 1 && field == "0" && cron.split_whitespace().nth(at) == Some("H") { "1".to_owned() } else { field });
    fields.collect::<Vec<_>>().join(" ")
}

/// Shared libraries: `@Library('name@version') _`, `library 'name'`.
fn libraries(text: &str) -> Vec<(String, u32)> {
    let lines = text.lines().zip(1u32..);
    let named = lines.filter(|(line, _)| line.trim_start().starts_with("@Library") || line.trim_start().starts_with("library "));
    let name = |line: &str| line.split(['\'', '"']).nth(1).unwrap_or("of unknown name").to_owned();
    named.map(|(line, number)| (name(line), number)).collect()
}

struct Reading<'a, 'd> {
    draft: &'d mut Draft,
    sources: &'a Sources<'a>,
    defaults: Defaults,
    /// True once a person has been asked.
    manual: bool,
}

impl Reading<'_, '_> {
    fn declarative(&mut self, pipeline: &Block, mask: Mask) {
        let image = image(pipeline);
        let mut before = Vec::new();
        if let Some(stages) = pipeline.block("stages") {
            self.stages(stages, "", mask, image.as_deref(), &mut before);
        }
    }

    /// Stages one after another; `before` are the jobs that have passed, and is moved on.
    fn stages(&mut self, stages: &Block, prefix: &str, mask: Mask, image: Option<&str>, before: &mut Vec<String>) {
        for stage in stages.blocks().filter(|block| block.name == "stage") {
            *before = self.stage(stage, prefix, mask, image, before);
        }
    }

    /// A stage; the jobs that what follows comes after.
    fn stage(&mut self, stage: &Block, prefix: &str, mask: Mask, outer: Option<&str>, before: &[String]) -> Vec<String> {
        if self.draft.room() == 0 {
            return before.to_vec();
        }
        let name = stage.texts.first().cloned().unwrap_or_else(|| format!("stage {}", self.draft.jobs.len() + 1));
        let id = format!("{prefix}{name}");
        let mask = match stage.block("when") {
            Some(when) => self.draft.keep(mask, |event| condition::all(conditions(when).iter().map(|one| self.holds(one, event)))),
            None => mask,
        };
        let image = image(stage).or_else(|| outer.map(str::to_owned));
        if let Some(parallel) = stage.block("parallel") {
            let together = parallel.blocks().filter(|block| block.name == "stage");
            return together.flat_map(|inner| self.stage(inner, &format!("{id}/"), mask, image.as_deref(), before)).collect();
        }
        if let Some(stages) = stage.block("stages") {
            let mut before = before.to_vec();
            self.stages(stages, &format!("{id}/"), mask, image.as_deref(), &mut before);
            return before;
        }
        self.manual |= stage.block("input").is_some() || stage.statements().any(|statement| statement.name == "input");
        let job = Job { id: id.clone(), name, line: stage.line, image, disabled: mask.is_empty(), ..Job::default() };
        self.job(job, stage.block("steps").unwrap_or(stage), mask, before.to_vec());
        vec![id]
    }

    fn job(&mut self, mut job: Job, body: &Block, mask: Mask, loose: Vec<String>) {
        let mut steps = Vec::new();
        self.steps(body, &mut steps);
        job.manual = self.manual;
        let steps = steps.into_iter().map(|step| DraftStep { step, mask }).collect();
        self.draft.add(DraftJob { job, mask, loose, steps, ..DraftJob::default() });
    }

    /// The commands of a block and of the blocks in it, in order.
    fn steps(&mut self, body: &Block, into: &mut Vec<Step>) {
        for item in &body.items {
            match item {
                Item::Block(block) if block.name == "post" || block.name == "when" => {}
                Item::Block(block) => self.steps(block, into),
                Item::Statement(statement) => self.statement(statement, into),
            }
        }
    }

    fn statement(&mut self, statement: &Statement, into: &mut Vec<Step>) {
        if into.len() >= self.draft.room() {
            return;
        }
        let line = statement.line;
        if statement.name == "input" || statement.words.iter().any(|word| word == "input") && statement.words.len() < 4 {
            self.manual = true;
        } else if let Some(script) = statement.shell(&SHELLS) {
            let run = commands::follow(script, "", self.sources);
            into.push(Step { line, run: Some(run), ..Step::default() });
        } else if statement.name == "build" {
            let job = statement.texts.first().cloned().unwrap_or_default();
            self.draft.unseen(format!("job {job}"), None, line);
            into.push(Step { line, uses: Some(job), ..Step::default() });
        } else if statement.is_call() {
            // What a plugin or shared library gives: `kubernetesDeploy(configs: 'k8s')`.
            let run = (!statement.texts.is_empty() && statement.name == "echo").then(|| format!("echo {}", statement.texts.join(" ")));
            let uses = run.is_none().then(|| statement.name.clone());
            let with = statement.texts.iter().map(|text| (String::new(), text.clone())).collect();
            into.push(Step { line, run, uses, with, ..Step::default() });
        }
    }

    /// The whole of a scripted pipeline as one job.
    fn scripted(&mut self, program: &Block, mask: Mask) {
        let job = Job { id: "pipeline".to_owned(), name: "pipeline".to_owned(), line: 1, ..Job::default() };
        let mut steps = Vec::new();
        self.steps(program, &mut steps);
        self.job(job, program, mask, Vec::new());
    }

    /// Whether one condition of `when` holds for an event.
    fn holds(&self, condition: &Item, event: &Event) -> Option<bool> {
        match condition {
            Item::Block(block) => {
                let inner = conditions(block);
                let mut parts = inner.iter().map(|one| self.holds(one, event));
                match block.name.as_str() {
                    "not" => parts.next().flatten().map(|part| !part),
                    "anyOf" => condition::any(parts),
                    "allOf" => condition::all(parts),
                    "expression" => self.expression(block, event),
                    _ => None,
                }
            }
            Item::Statement(statement) => self.simple(statement, event),
        }
    }

    fn simple(&self, statement: &Statement, event: &Event) -> Option<bool> {
        let first = statement.texts.first();
        match statement.name.as_str() {
            "branch" => self.on_branch(first?, event),
            "buildingTag" => Some(event.name == "tag"),
            "tag" => Some(event.name == "tag"),
            "changeRequest" => Some(event.name == "change"),
            "triggeredBy" if statement.raw.contains("Timer") => Some(event.name == "TimerTrigger"),
            "triggeredBy" => None,
            _ => None,
        }
    }

    fn on_branch(&self, pattern: &str, event: &Event) -> Option<bool> {
        let filter = Filter::only([pattern]);
        match &event.branch {
            Value::Null | Value::Unknown => Some(false),
            Value::Text(name) => Some(filter.passes(name)),
            Value::AnyOf(names) => Some(names.iter().any(|name| filter.passes(name))),
            _ => filter.branches(&self.defaults).iter().any(|(is_default, _)| !is_default).then_some(()).map_or(Some(false), |()| None),
        }
    }

    /// `expression { env.BRANCH_NAME == 'main' }`
    fn expression(&self, block: &Block, event: &Event) -> Option<bool> {
        let written = block.items.iter().find_map(|item| match item {
            Item::Statement(statement) => Some(statement.raw.trim()),
            Item::Block(_) => None,
        })?;
        let written = written.strip_prefix("return ").unwrap_or(written);
        condition::holds(written, &|name| match name.strip_prefix("env.").unwrap_or(name) {
            "BRANCH_NAME" | "GIT_BRANCH" => match event.name.as_str() {
                "change" => Value::like("PR-"),
                "tag" => self.defaults.other(),
                _ => event.branch.clone(),
            },
            "TAG_NAME" => event.tag.clone(),
            "CHANGE_ID" | "CHANGE_TARGET" if event.name != "change" => Value::Null,
            _ => Value::Unknown,
        })
    }
}

/// The conditions in a `when` or one of its blocks.
fn conditions(block: &Block) -> Vec<&Item> {
    let is_option = |item: &&Item| matches!(item, Item::Statement(statement) if statement.name.starts_with("before"));
    block.items.iter().filter(|item| !is_option(item)).collect()
}

/// `agent { docker { image 'node:20' } }` or `agent { docker 'node:20' }`
fn image(block: &Block) -> Option<String> {
    let agent = block.block("agent")?;
    let of = |block: &Block, name: &str| {
        block.statements().find(|statement| statement.name == name).and_then(|statement| statement.texts.first().cloned())
    };
    agent.block("docker").and_then(|docker| of(docker, "image")).or_else(|| of(agent, "docker"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests_support::Files;
    use super::super::{Job, Pipeline, Trigger, is_pipeline, read};
    use super::plain_cron;
    use Trigger::{DefaultBranch, PullRequest, Push, Schedule, Tag};

    fn pipeline(text: &str) -> Pipeline {
        read("Jenkinsfile", text, &Files::new(&[("ci/test.sh", "rspec")])).unwrap()
    }

    fn job<'p>(pipeline: &'p Pipeline, id: &str) -> &'p Job {
        let ids: Vec<&str> = pipeline.jobs.iter().map(|job| job.id.as_str()).collect();
        pipeline.jobs.iter().find(|job| job.id == id).unwrap_or_else(|| panic!("no {id} among {ids:?}"))
    }

    fn runs(job: &Job) -> Vec<&str> {
        job.steps.iter().filter_map(|step| step.run.as_deref()).collect()
    }

    #[test]
    fn a_declarative_pipeline_as_people_write_it() {
        assert!(is_pipeline("Jenkinsfile") && is_pipeline("ci/Jenkinsfile.deploy") && !is_pipeline("docs/jenkinsfile.md"));
        let text = r#"@Library('shared@v2') _
// sh 'commented out'
pipeline {
  agent { docker { image 'ruby:3.4' } }
  triggers { cron('H 2 * * *') }
  environment { URL = 'http://x/{y}' }
  stages {
    stage('Test') {
      parallel {
        stage('Unit') { steps { sh 'bash ci/test.sh' } }
        stage("Lint") {
          agent { docker 'node:20' }
          steps {
            withCredentials([string(credentialsId: 'x', variable: 'Y')]) {
              sh """
                # all
                npm ci
                npm run lint
              """
            }
            script { if (env.X) { sh(script: 'echo "}"', returnStdout: true) } }
          }
        }
      }
    }
    stage('Staging') {
      when { branch 'main' }
      steps { sh './deploy staging' }
      post { always { sh 'cleanup' } }
    }
    stage('Release') {
      when { anyOf { buildingTag(); branch 'release/*' } }
      steps { sh 'make release' }
    }
    stage('Live') {
      when { beforeInput true; expression { env.BRANCH_NAME == 'main' } }
      input { message 'Sure?' }
      steps { sh './deploy live' }
    }
  }
}
"#;
        let pipeline = pipeline(text);
        let unit = job(&pipeline, "Test/Unit");
        assert_eq!((runs(unit), unit.image.as_deref()), (vec!["bash ci/test.sh\nrspec"], Some("ruby:3.4")));
        assert_eq!(unit.triggers, [Push, DefaultBranch, PullRequest, Tag, Schedule]);
        let lint = job(&pipeline, "Test/Lint");
        assert_eq!((lint.image.as_deref(), lint.line), (Some("node:20"), 11));
        assert_eq!(runs(lint).len(), 2);
        assert!(runs(lint)[0].contains("npm run lint") && !runs(lint)[0].contains("# all"));
        let staging = job(&pipeline, "Staging");
        assert_eq!((staging.triggers.as_slice(), staging.manual), (&[Push, DefaultBranch, Schedule][..], false));
        assert_eq!(
            (runs(staging), staging.needs.as_slice()),
            (vec!["./deploy staging"], &["Test/Unit".to_owned(), "Test/Lint".to_owned()][..])
        );
        assert_eq!(job(&pipeline, "Release").triggers, [Push, Tag]);
        let live = job(&pipeline, "Live");
        assert!(live.manual && live.triggers == [Push, DefaultBranch, Schedule]);
        assert_eq!(pipeline.unseen[0].what, "shared library shared@v2");
    }

    #[test]
    fn a_scripted_pipeline_is_one_job() {
        let pipeline = pipeline(
            "node {\n  stage('Test') {\n    checkout scm\n    sh 'make test'\n  }\n  stage('Live') {\n    input 'Sure?'\n    sh \"./deploy\"\n  }\n}\n",
        );
        let job = &pipeline.jobs[0];
        assert_eq!((runs(job), job.manual, job.steps[0].line), (vec!["make test", "./deploy"], true, 4));
    }

    #[test]
    fn schedules() {
        assert_eq!(plain_cron("H 2 * * *"), "0 2 * * *");
        assert_eq!(plain_cron("H H(0-3) * * 1-5"), "0 0 * * 1-5");
        assert_eq!(plain_cron("H/15 * * * *"), "*/15 * * * *");
        assert_eq!(plain_cron("H H H * *"), "0 0 1 * *");
    }

    #[test]
    fn hostile_files_end() {
        for text in ["", "pipeline {", "}}}}", "sh '", "sh \"\"\"", "pipeline { stages { stage { steps { sh } } } }"] {
            let _ = read("Jenkinsfile", text, &Files::default());
        }
        assert!(read("Jenkinsfile", &"a {".repeat(50_000), &Files::default()).is_err());
    }
}
