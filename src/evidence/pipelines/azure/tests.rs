use super::super::tests_support::Files;
use super::super::{Job, Pipeline, Trigger, is_pipeline, read};
use Trigger::{DefaultBranch, Manual, PullRequest, Push, Schedule, Tag};

const PATH: &str = "azure-pipelines.yml";

fn pipeline(text: &str, files: &[(&str, &str)]) -> Pipeline {
    read(PATH, text, &Files::new(files)).unwrap()
}

fn job<'p>(pipeline: &'p Pipeline, id: &str) -> &'p Job {
    let ids: Vec<&str> = pipeline.jobs.iter().map(|job| job.id.as_str()).collect();
    pipeline.jobs.iter().find(|job| job.id == id).unwrap_or_else(|| panic!("no {id} among {ids:?}"))
}

#[test]
fn a_pipeline_as_people_write_it() {
    assert!(is_pipeline(PATH) && is_pipeline(".azure-pipelines/ci/build.yml") && is_pipeline("build/azure-pipelines-pr.yml"));
    let text = "trigger: {branches: {include: [main, 'release/*']}}
pr: none
schedules: [{cron: '0 3 * * *', branches: {include: [main]}}]
stages:
  - stage: Build
    jobs:
      - job: Test
        container: node:20
        steps:
          - checkout: self
          - script: |
              npm ci # all
              npm test
            displayName: Tests
          - task: DotNetCoreCLI@2
            inputs: {command: test, projects: '**/*Tests.csproj'}
          - bash: never
            enabled: false
  - stage: Staging
    jobs:
      - deployment: App
        environment: staging.web
        strategy: {runOnce: {deploy: {steps: [{task: AzureWebApp@1, inputs: {appName: x}}]}}}
  - stage: Ask
    jobs: [{job: Wait, pool: server, steps: [{task: ManualValidation@0}]}]
  - stage: Live
    condition: and(succeeded(), eq(variables['Build.SourceBranch'], 'refs/heads/main'))
    jobs:
      - deployment: App
        environment: {name: production}
        strategy: {runOnce: {deploy: {steps: [{template: ci/deploy.yml, parameters: {to: live}}]}}}
";
    let template = "parameters: [{name: to, type: string, default: x}]\nsteps:\n  - script: ./deploy ${{ parameters.to }}\n  - ${{ if eq(parameters.to, 'x') }}:\n    - script: never\n";
    let pipeline = pipeline(text, &[("ci/deploy.yml", template)]);
    let test = job(&pipeline, "Build/Test");
    let runs: Vec<&str> = test.steps.iter().filter_map(|step| step.run.as_deref()).collect();
    assert_eq!(runs, ["npm ci\nnpm test", "dotnet test **/*Tests.csproj"]);
    assert_eq!((test.triggers.as_slice(), test.image.as_deref()), (&[Push, DefaultBranch, Schedule][..], Some("node:20")));
    let staging = job(&pipeline, "Staging/App");
    assert_eq!((staging.environment.as_deref(), staging.manual), (Some("staging"), false));
    assert_eq!((staging.steps[0].uses.as_deref(), staging.steps[0].version.as_deref()), (Some("AzureWebApp"), Some("1")));
    let live = job(&pipeline, "Live/App");
    assert!(live.manual && live.triggers == [Push, DefaultBranch, Schedule]);
    let runs: Vec<&str> = live.steps.iter().filter_map(|step| step.run.as_deref()).collect();
    assert_eq!((runs, live.steps[0].file.as_deref()), (vec!["./deploy live"], Some("ci/deploy.yml")));
    let before: Vec<&str> = pipeline.ancestors("Live/App").iter().map(|job| job.id.as_str()).collect();
    assert_eq!(before, ["Build/Test", "Staging/App", "Ask/Wait"]);
}

#[test]
fn what_starts_a_pipeline() {
    let of = |head: &str| pipeline(&format!("{head}\nsteps: [{{script: make}}]"), &[]).jobs[0].triggers.clone();
    assert_eq!(of(""), [Push, DefaultBranch, PullRequest]);
    assert_eq!(of("trigger: none"), [PullRequest, Manual]);
    assert_eq!(of("trigger: none\npr: none"), [Manual]);
    assert_eq!(of("trigger: [main]\npr: none"), [Push, DefaultBranch]);
    assert_eq!(of("trigger: {branches: {include: ['*'], exclude: [main]}}\npr: none"), [Push]);
    assert_eq!(of("trigger: {tags: {include: ['v*']}}\npr: none"), [Tag]);
}

#[test]
fn templates_of_others_and_of_the_folder() {
    let pipeline = pipeline("trigger: [main]\nextends: {template: x.yml@templates}", &[]);
    assert_eq!(pipeline.unseen[0].what, "template x.yml@templates");
    let given = "trigger: [main]\nextends:\n  template: x.yml@templates\n  parameters:\n    stages: [{stage: A, jobs: [{template: j.yml, parameters: {jobs: [{job: B, steps: [{script: make}]}]}}]}]";
    let template =
        "jobs:\n- ${{ each job in parameters.jobs }}:\n  - template: x.yml@templates\n    parameters: {name: '${{ job.job }}'}\n";
    let given = self::pipeline(given, &[("j.yml", template)]);
    assert_eq!(job(&given, "A/B").steps[0].run.as_deref(), Some("make"));
    let alone = read(".azure-pipelines/steps.yml", "steps: [{script: x}]", &Files::default()).unwrap();
    assert!(alone.jobs.is_empty());
}

#[test]
fn hostile_pipelines_end() {
    let cycle = "trigger: [main]\nstages: [{template: azure-pipelines.yml}, {template: azure-pipelines.yml}]";
    let pipeline = pipeline(cycle, &[(PATH, cycle)]);
    assert!(!pipeline.unseen.is_empty());
    for broken in ["a: [", "text", "", "x: 1"] {
        assert!(read(PATH, broken, &Files::default()).is_err(), "{broken}");
    }
    read(PATH, "stages: [1, {stage: {}, jobs: [2, {job: [x], steps: [3, {a: b}]}]}]", &Files::default()).unwrap();
}
