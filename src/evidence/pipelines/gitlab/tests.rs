use super::super::tests_support::Files;
use super::super::{Job, Pipeline, Trigger, is_pipeline, read};
use Trigger::{DefaultBranch, Manual, PullRequest, Push, Schedule, Tag};

const PATH: &str = ".gitlab-ci.yml";

fn pipeline(text: &str) -> Pipeline {
    pipeline_among(text, &[])
}

fn pipeline_among(text: &str, files: &[(&str, &str)]) -> Pipeline {
    read(PATH, text, &Files::new(files)).unwrap()
}

fn jobs<'p>(pipeline: &'p Pipeline, id: &str) -> Vec<&'p Job> {
    pipeline.jobs.iter().filter(|job| job.id == id).collect()
}

fn job<'p>(pipeline: &'p Pipeline, id: &str) -> &'p Job {
    let ids: Vec<&str> = pipeline.jobs.iter().map(|job| job.id.as_str()).collect();
    match jobs(pipeline, id).as_slice() {
        [only] => only,
        _ => panic!("not one job {id} among {ids:?}"),
    }
}

fn runs(job: &Job) -> Vec<&str> {
    job.steps.iter().filter_map(|step| step.run.as_deref()).collect()
}

/// A job with these lines beside its script.
fn under(lines: &str) -> Job {
    let pipeline = pipeline(&format!("a:\n  script: make\n{lines}"));
    job(&pipeline, "a").clone()
}

#[test]
fn a_pipeline_as_people_write_it() {
    assert!(is_pipeline(PATH) && !is_pipeline("ci/.gitlab-ci.yml"));
    let pipeline = pipeline(
        "image: ruby:3.4
stages: [test, build, deploy]
before_script:
  - bundle install
.deploy: &deploy
  stage: deploy
  image: alpine/k8s:1.30
  before_script: []
rspec:
  stage: test
  services: ['postgres:16', {name: 'redis:7', alias: cache}]
  script:
    - bundle exec rspec # all
lint:
  stage: test
  script: [rubocop]
image:
  stage: build
build:
  stage: build
  script: docker build .
staging:
  <<: *deploy
  script: helm upgrade app
  environment: {name: staging}
  only: [main]
production:
  extends: .deploy
  script:
    - helm upgrade app
  environment:
    name: production
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
      when: manual
stop:
  stage: deploy
  script: helm uninstall
  environment: {name: review, action: stop}
  when: manual
",
    );
    let rspec = job(&pipeline, "rspec");
    assert_eq!(runs(rspec), ["bundle install", "bundle exec rspec"]);
    assert_eq!(rspec.services, ["postgres:16", "redis:7"]);
    assert_eq!((rspec.triggers.as_slice(), rspec.line), (&[Push, DefaultBranch, Tag][..], 9));
    let staging = job(&pipeline, "staging");
    assert_eq!((staging.environment.as_deref(), staging.manual), (Some("staging"), false));
    assert!(staging.triggers.contains(&DefaultBranch) && !staging.triggers.contains(&Schedule) && runs(staging) == ["helm upgrade app"]);
    let production = job(&pipeline, "production");
    assert_eq!((production.manual, production.triggers.as_slice()), (true, &[Push, DefaultBranch][..]));
    assert_eq!((production.image.as_deref(), production.environment.as_deref()), (Some("alpine/k8s:1.30"), Some("production")));
    assert_eq!(job(&pipeline, "stop").environment, None);
    let before: Vec<&str> = pipeline.ancestors("production").iter().map(|job| job.id.as_str()).collect();
    assert_eq!(before, ["rspec", "lint", "build"]);
    assert!(jobs(&pipeline, ".deploy").is_empty());
}

#[test]
fn rules_choose_events() {
    let of = |rules: &str| under(&format!("  rules:\n{rules}")).triggers;
    assert_eq!(of("    - if: $CI_COMMIT_BRANCH == \"main\"\n"), [Push, DefaultBranch]);
    assert_eq!(of("    - if: $CI_PIPELINE_SOURCE == 'merge_request_event'\n"), [PullRequest]);
    assert_eq!(of("    - if: $CI_COMMIT_TAG\n"), [Tag]);
    assert_eq!(of("    - if: $CI_COMMIT_TAG =~ /^v/\n"), [Tag]);
    assert_eq!(of("    - if: $CI_PIPELINE_SOURCE == \"schedule\"\n"), [Schedule]);
    assert_eq!(of("    - if: $CI_PIPELINE_SOURCE == \"web\"\n"), [Manual]);
    assert_eq!(
        of("    - if: $CI_MERGE_REQUEST_IID\n    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH\n"),
        [Push, DefaultBranch, PullRequest]
    );
    assert_eq!(of("    - if: $CI_COMMIT_TAG\n      when: never\n    - when: on_success\n"), [Push, DefaultBranch, PullRequest]);
    assert_eq!(of("    - changes: [src/**]\n"), [Push, DefaultBranch, PullRequest, Tag]);
    assert_eq!(of("    - if: $SKIP\n      when: never\n    - if: $CI_COMMIT_BRANCH == 'staging'\n"), [Push]);
    assert!(under("  rules: [{when: never}]\n").disabled && under("  when: never\n").disabled);
}

#[test]
fn only_and_except_choose_events() {
    let of = |lines: &str| under(lines).triggers;
    assert_eq!(of("  only: [main]\n"), [Push, DefaultBranch]);
    assert_eq!(of("  only: [tags]\n"), [Tag]);
    assert_eq!(of("  only: [merge_requests]\n"), [PullRequest]);
    assert_eq!(of("  only: [schedules]\n"), [Schedule]);
    assert_eq!(of("  only: {refs: [main, merge_requests]}\n"), [Push, DefaultBranch, PullRequest]);
    assert_eq!(of("  only: ['/^(main|release)$/']\n"), [Push, DefaultBranch, Tag]);
    assert_eq!(of("  only: [branches]\n  except: [main]\n"), [Push]);
    assert_eq!(of("  except: [tags]\n"), [Push, DefaultBranch]);
    assert_eq!(of(""), [Push, DefaultBranch, Tag]);
}

#[test]
fn who_waits_for_a_person() {
    let waiting = under("  when: manual\n");
    assert!(waiting.manual && !waiting.automatic());
    let both = pipeline(
        "a:\n  script: x\n  rules:\n    - if: $CI_COMMIT_BRANCH == 'main'\n      when: manual\n    - if: $CI_COMMIT_BRANCH == 'staging'\n",
    );
    let both: Vec<(bool, bool)> = jobs(&both, "a").iter().map(|job| (job.manual, job.triggers.contains(&DefaultBranch))).collect();
    assert_eq!(both, [(false, false), (true, true)]);

    let gated = |gate: &str| {
        pipeline(&format!(
            "stages: [approve, deploy]\napprove: {{stage: approve, script: x, {gate}}}\ndeploy: {{stage: deploy, script: y}}\n"
        ))
    };
    assert!(!job(&gated("when: manual"), "deploy").manual, "a manual job is optional unless it says otherwise");
    assert!(job(&gated("when: manual, allow_failure: false"), "deploy").manual);
    let needed =
        pipeline("a: {script: x, when: manual}\nb: {script: y, needs: [a]}\nc: {script: z, needs: [{job: gone, optional: true}]}\n");
    assert!(job(&needed, "b").manual && !job(&needed, "c").manual);
}

#[test]
fn rules_of_the_whole_pipeline() {
    let pipeline = pipeline("workflow:\n  rules:\n    - if: $CI_COMMIT_BRANCH == 'main'\na: {script: x}\n");
    assert_eq!(job(&pipeline, "a").triggers, [Push, DefaultBranch]);
}

#[test]
fn includes_are_merged_or_unseen() {
    let text = "include:
  - local: /ci/deploy.yml
  - local: ci/gone.yml
  - template: Security/SAST.gitlab-ci.yml
  - project: infra/ci
    file: [/deploy.yml]
  - component: gitlab.com/components/sast/sast@2.1
  - https://example.com/ci.yml
deploy:
  environment: production
";
    let files = [("ci/deploy.yml", "include: .gitlab-ci.yml\ndeploy:\n  script: [kamal deploy]\n  environment: x\nother:\n  script: y\n")];
    let pipeline = pipeline_among(text, &files);
    let deploy = job(&pipeline, "deploy");
    assert_eq!((deploy.environment.as_deref(), deploy.line, deploy.file.as_deref()), (Some("production"), 9, None));
    assert_eq!(job(&pipeline, "other").file.as_deref(), Some("ci/deploy.yml"));
    let uses: Vec<&str> = pipeline.jobs.iter().flat_map(|job| &job.steps).filter_map(|step| step.uses.as_deref()).collect();
    assert_eq!(
        uses,
        ["Security/SAST.gitlab-ci.yml", "infra/ci/deploy.yml", "gitlab.com/components/sast/sast", "https://example.com/ci.yml"]
    );
    assert_eq!(pipeline.unseen.len(), 5);
}

#[test]
fn references_and_scripts_are_followed() {
    let text = ".setup:\n  script: [apk add git, npm ci]\n  rules: [{if: $CI_COMMIT_TAG}]\na:\n  script:\n    - !reference [.setup, script]\n    - cd web\n    - npm test\n  rules:\n    - !reference [.setup, rules]\n";
    let pipeline = pipeline_among(text, &[("web/package.json", r#"{"scripts":{"test":"vitest"}}"#)]);
    let job = job(&pipeline, "a");
    assert_eq!(runs(job), ["apk add git", "npm ci", "cd web", "npm test\nvitest"]);
    assert_eq!(job.triggers, [Tag]);
}

#[test]
fn child_pipelines_and_other_projects() {
    let text =
        "web:\n  trigger: {include: web/ci.yml}\n  rules: [{if: $CI_COMMIT_BRANCH == 'main'}]\ndown:\n  trigger: {project: infra/deploy}\n";
    let child = ("web/ci.yml", "test:\n  script: npm test\n  rules: [{if: $CI_PIPELINE_SOURCE == 'parent_pipeline'}]\n");
    let pipeline = pipeline_among(text, &[child]);
    let test = job(&pipeline, "web/test");
    assert_eq!((test.triggers.as_slice(), test.needs.as_slice()), (&[Push, DefaultBranch][..], &["web".to_owned()][..]));
    assert_eq!(test.file.as_deref(), Some("web/ci.yml"));
    assert_eq!(pipeline.unseen[0].what, "pipeline of project infra/deploy");
}

#[test]
fn hostile_pipelines_end() {
    let cycle = "a: {extends: b, script: x}\nb: {extends: a}\n.c: {script: [!reference [.c, script]]}\nd: {extends: .c}\n";
    pipeline(cycle);
    let wide: String = (0..3_000).map(|at| format!("j{at}: {{extends: .t, script: [a, b, c]}}\n")).collect();
    let template: String = (0..2_000).map(|at| format!("  - line {at}\n")).collect();
    let pipeline = pipeline(&format!(".t:\n  after_script:\n{template}{wide}"));
    assert!(pipeline.jobs.len() <= 1_000 && !pipeline.unseen.is_empty());
    for broken in ["a: [", "- x", "text", ""] {
        assert!(read(PATH, broken, &Files::default()).is_err(), "{broken}");
    }
}
