use super::super::tests_support::Files;
use super::super::{Job, Pipeline, Trigger, is_pipeline, read};
use Trigger::{DefaultBranch, Manual, PullRequest, Push, Schedule, Tag};

const PATH: &str = ".circleci/config.yml";

fn pipeline(text: &str) -> Pipeline {
    let files = [("package.json", r#"{"scripts":{"test":"jest"}}"#)];
    read(PATH, text, &Files::new(&files)).unwrap()
}

fn job<'p>(pipeline: &'p Pipeline, id: &str) -> &'p Job {
    let ids: Vec<&str> = pipeline.jobs.iter().map(|job| job.id.as_str()).collect();
    pipeline.jobs.iter().find(|job| job.id == id).unwrap_or_else(|| panic!("no job {id} among {ids:?}"))
}

fn runs(job: &Job) -> Vec<&str> {
    job.steps.iter().filter_map(|step| step.run.as_deref()).collect()
}

const REAL: &str = "version: 2.1
orbs:
  slack: circleci/slack@4.13
  aws-ecs: circleci/aws-ecs@4.0
executors:
  ruby:
    docker:
      - image: cimg/ruby:3.4
      - image: cimg/postgres:16.1
commands:
  setup:
    parameters:
      task: {type: string, default: none}
    steps:
      - checkout
      - run: bundle install
      - when:
          condition: << parameters.verbose >>
          steps: [{run: env}]
      - run: rake << parameters.task >>
jobs:
  test:
    executor: ruby
    steps:
      - setup:
          task: db:setup
      - run:
          name: Tests
          command: |
            # all
            npm test
      - slack/notify: {event: fail}
  deploy:
    parameters:
      env: {type: string}
    machine: true
    steps:
      - run: bin/deploy << parameters.env >>
workflows:
  version: 2
  main:
    jobs:
      - test
      - deploy:
          name: deploy_staging
          env: staging
          requires: [test]
          filters: &main
            branches: {only: main}
      - hold:
          type: approval
          requires: [deploy_staging]
          filters: *main
      - deploy:
          name: deploy_live
          env: live
          requires: [hold]
      - aws-ecs/deploy-service-update:
          requires: [deploy_live]
          cluster: app
  nightly:
    triggers:
      - schedule:
          cron: '0 2 * * *'
          filters: {branches: {only: [main]}}
    jobs: [test]
";

#[test]
fn a_configuration_as_people_write_it() {
    assert!(is_pipeline(PATH) && is_pipeline(".circleci/continue_config.yml") && !is_pipeline(".circleci/docker_build"));
    let pipeline = pipeline(REAL);
    let test = job(&pipeline, "main/test");
    assert_eq!(test.triggers, [Push, DefaultBranch, PullRequest]);
    assert_eq!(runs(test), ["bundle install", "env", "rake db:setup", "npm test\njest"]);
    assert_eq!((test.image.as_deref(), test.services.as_slice()), (Some("cimg/ruby:3.4"), &["cimg/postgres:16.1".to_owned()][..]));
    assert_eq!(test.steps[4].uses.as_deref(), Some("circleci/slack/notify"));
    assert_eq!(test.steps[4].version.as_deref(), Some("4.13"));

    let staging = job(&pipeline, "main/deploy_staging");
    assert_eq!((staging.triggers.as_slice(), staging.manual), (&[Push, DefaultBranch][..], false));
    assert_eq!(runs(staging), ["bin/deploy staging"]);
    let live = job(&pipeline, "main/deploy_live");
    assert_eq!((live.triggers.as_slice(), live.manual, runs(live)), (&[Push, DefaultBranch][..], true, vec!["bin/deploy live"]));
    let orb = job(&pipeline, "main/aws-ecs/deploy-service-update");
    assert_eq!((orb.steps[0].uses.as_deref(), orb.manual), (Some("circleci/aws-ecs/deploy-service-update"), true));
    assert!(orb.steps[0].with.contains(&("cluster".into(), "app".into())));
    let before: Vec<&str> = pipeline.ancestors("main/deploy_live").iter().map(|job| job.id.as_str()).collect();
    assert_eq!(before, ["main/test", "main/deploy_staging", "main/hold"]);

    let nightly = job(&pipeline, "nightly/test");
    assert_eq!(nightly.triggers, [Schedule]);
    assert_eq!(nightly.every_hours, crate::evidence::schedule::greatest_gap_hours("0 2 * * *"));
    assert_eq!(pipeline.unseen.len(), 2);
}

/// The triggers of a job with these filters.
fn filtered(filters: &str) -> Vec<Trigger> {
    let text = format!("jobs: {{a: {{steps: []}}}}\nworkflows:\n  w:\n    jobs:\n      - a:\n          filters: {filters}\n");
    pipeline(&text).jobs[0].triggers.clone()
}

#[test]
fn filters() {
    assert_eq!(filtered("{branches: {only: main}}"), [Push, DefaultBranch]);
    assert_eq!(filtered("{branches: {only: [staging, /release.*/]}}"), [Push, PullRequest]);
    assert_eq!(filtered("{branches: {ignore: main}}"), [Push, PullRequest]);
    assert_eq!(filtered("{branches: {ignore: [gh-pages, /dependabot.*/]}}"), [Push, DefaultBranch, PullRequest]);
    assert_eq!(filtered("{branches: {ignore: /.*/}, tags: {only: /v.*/}}"), [Tag]);
    assert_eq!(filtered("{tags: {only: /.*/}}"), [Push, DefaultBranch, PullRequest, Tag]);
    assert_eq!(filtered("pipeline.git.branch == \"main\""), [Push, DefaultBranch]);
}

/// The triggers of a job in a workflow with this condition.
fn when(condition: &str) -> Vec<Trigger> {
    let parameters = "parameters: {deploy: {type: boolean, default: false}, api: {type: boolean, default: true}}";
    pipeline(&format!("{parameters}\njobs: {{a: {{steps: []}}}}\nworkflows:\n  w:\n    {condition}\n    jobs: [a]\n")).jobs[0]
        .triggers
        .clone()
}

#[test]
fn conditions_of_workflows() {
    assert_eq!(when("when: << pipeline.parameters.deploy >>"), [Manual]);
    assert_eq!(when("unless: << pipeline.parameters.deploy >>"), [Push, DefaultBranch, PullRequest, Manual]);
    assert_eq!(
        when("when: {and: [<< pipeline.parameters.api >>, {equal: [main, << pipeline.git.branch >>]}]}"),
        [Push, DefaultBranch, Manual]
    );
    assert_eq!(when("when: {equal: [scheduled_pipeline, << pipeline.trigger_source >>]}"), [Schedule]);
    assert_eq!(when("when: {not: {equal: [scheduled_pipeline, << pipeline.trigger_source >>]}}"), [Push, DefaultBranch, PullRequest]);
    assert_eq!(when("when: {matches: {pattern: '^main$', value: << pipeline.git.branch >>}}"), [Push, DefaultBranch, PullRequest]);
    assert_eq!(when("when: false"), []);
}

#[test]
fn without_workflows_the_job_build_runs() {
    let pipeline = pipeline("jobs:\n  build:\n    docker: [{image: node}]\n    steps: [checkout, {run: npm test}]\n");
    assert_eq!((pipeline.jobs.len(), runs(&pipeline.jobs[0])), (1, vec!["npm test\njest"]));
}

#[test]
fn hostile_configurations_end() {
    let cycle = "commands: {a: {steps: [a, a, {a: {}}]}}\njobs: {x: {steps: [a]}}\nworkflows: {w: {jobs: [x, {x: {requires: [x]}}]}}";
    assert!(pipeline(cycle).jobs[0].steps.len() <= 10_000);
    for broken in ["a: [", "- x", "text", ""] {
        assert!(read(PATH, broken, &Files::default()).is_err(), "{broken}");
    }
    pipeline("jobs: [1]\nworkflows: {w: {jobs: [[1], {a: 1}, {b: [x]}]}, v: 3}");
}
