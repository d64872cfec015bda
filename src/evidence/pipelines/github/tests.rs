use super::super::tests_support::Files;
use super::super::{Job, Pipeline, Repository, Trigger, is_pipeline, read};
use Trigger::{DefaultBranch, Manual, PullRequest, Push, Schedule, Tag};

const PATH: &str = ".github/workflows/ci.yml";

fn workflow(text: &str) -> Pipeline {
    workflow_among(text, &[])
}

fn workflow_among(text: &str, files: &[(&str, &str)]) -> Pipeline {
    let mut all = vec![(PATH, text)];
    all.extend_from_slice(files);
    read(PATH, text, &Files::new(&all)).unwrap()
}

fn job<'p>(pipeline: &'p Pipeline, id: &str) -> &'p Job {
    let ids: Vec<&str> = pipeline.jobs.iter().map(|job| job.id.as_str()).collect();
    pipeline.jobs.iter().find(|job| job.id == id).unwrap_or_else(|| panic!("no job {id} among {ids:?}"))
}

fn runs(job: &Job) -> Vec<&str> {
    job.steps.iter().filter_map(|step| step.run.as_deref()).collect()
}

/// The triggers of a job under these `on` lines.
fn triggers(on: &str) -> Vec<Trigger> {
    workflow(&format!("on: {on}\njobs:\n  a:\n    steps:\n      - run: make\n")).jobs[0].triggers.clone()
}

/// The triggers of a job with this condition, in a workflow that anything starts.
fn under(condition: &str) -> Vec<Trigger> {
    let text = format!(
        "on:\n  push:\n  pull_request:\n  workflow_dispatch:\n  schedule: [{{cron: '0 3 * * *'}}]\njobs:\n  a:\n    if: {condition}\n    steps:\n      - run: make\n"
    );
    workflow(&text).jobs[0].triggers.clone()
}

#[test]
fn which_files_are_workflows() {
    assert!(
        is_pipeline(".github/workflows/ci.yml") && is_pipeline(".github/workflows/ci.yaml") && is_pipeline(".forgejo/workflows/ci.yml")
    );
    assert!(
        !is_pipeline(".github/workflows/old/ci.yml")
            && !is_pipeline("app/.github/workflows/ci.yml")
            && !is_pipeline(".github/dependabot.yml")
    );
}

#[test]
fn what_starts_a_workflow() {
    assert_eq!(triggers("push"), [Push, DefaultBranch, Tag]);
    assert_eq!(triggers("[push, pull_request]"), [Push, DefaultBranch, PullRequest, Tag]);
    assert_eq!(triggers("{push: {branches: [main]}}"), [Push, DefaultBranch]);
    assert_eq!(triggers("{push: {branches: ['**']}}"), [Push, DefaultBranch]);
    assert_eq!(triggers("{push: {branches: [staging]}}"), [Push]);
    assert_eq!(triggers("{push: {branches-ignore: [main]}}"), [Push]);
    assert_eq!(triggers("{push: {branches-ignore: [gh-pages]}}"), [Push, DefaultBranch]);
    assert_eq!(triggers("{push: {tags: ['v*']}}"), [Tag]);
    assert_eq!(triggers("{push: {branches: [main], tags: ['v*']}}"), [Push, DefaultBranch, Tag]);
    assert_eq!(triggers("{push: {branches: ['*'], tags-ignore: ['**']}}"), [Push, DefaultBranch]);
    assert_eq!(triggers("{push: {paths: ['src/**']}}"), [Push, DefaultBranch, Tag]);
    assert_eq!(triggers("{release: {types: [published]}}"), [Tag]);
    assert_eq!(triggers("{workflow_dispatch: }"), [Manual]);
    assert_eq!(triggers("[merge_group, pull_request_target]"), [PullRequest]);
    assert_eq!(triggers("{schedule: [{cron: '0 3 * * *'}]}"), [Schedule]);
    assert_eq!(triggers("[issues, issue_comment]"), []);
}

#[test]
fn the_key_on_may_have_been_read_as_true() {
    assert_eq!(workflow("true: push\njobs: {a: {steps: []}}").jobs[0].triggers, [Push, DefaultBranch, Tag]);
}

#[test]
fn conditions_take_events_away() {
    let all = [Push, DefaultBranch, PullRequest, Tag, Schedule, Manual];
    assert_eq!(under("github.repository == 'octo/app'"), all);
    assert_eq!(under("${{ !cancelled() }}"), all);
    assert_eq!(under("github.event_name == 'push'"), [Push, DefaultBranch, Tag]);
    assert_eq!(under("github.event_name == 'workflow_dispatch'"), [Manual]);
    assert_eq!(under("github.event_name != 'pull_request'"), [Push, DefaultBranch, Tag, Schedule, Manual]);
    assert_eq!(under("github.ref == 'refs/heads/main'"), [Push, DefaultBranch, Schedule, Manual]);
    assert_eq!(under("github.ref == 'refs/heads/main' && github.event_name == 'push'"), [Push, DefaultBranch]);
    assert_eq!(under("github.ref_name == 'staging' && github.event_name == 'push'"), [Push, Tag]);
    assert_eq!(under("startsWith(github.ref, 'refs/tags/') && github.event_name == 'push'"), [Tag]);
    assert_eq!(under("github.ref == format('refs/heads/{0}', github.event.repository.default_branch)"), all);
    assert_eq!(
        under("github.event.repository.default_branch == github.ref_name || github.event_name == 'pull_request'"),
        [Push, DefaultBranch, PullRequest, Schedule, Manual]
    );
    assert_eq!(under("github.event.schedule == '0 3 * * *'"), [Schedule]);
    assert_eq!(under("\"!startsWith(github.head_ref, 'dependabot/')\""), all);
}

#[test]
fn a_job_that_never_runs_is_disabled() {
    for never in ["false", "${{ false }}", "${{ false && github.ref == 'refs/heads/main' }}", "github.event_name == 'release'"] {
        let text = format!("on: push\njobs:\n  a:\n    if: {never}\n  b:\n    needs: a\n");
        let pipeline = workflow(&text);
        assert!(pipeline.jobs.iter().all(|job| job.disabled && job.triggers.is_empty()), "{never}");
    }
}

#[test]
fn a_condition_on_success_takes_nothing_away() {
    assert!(!under("success()").is_empty() && !under("failure()").is_empty());
}

#[test]
fn needs_bring_their_conditions_unless_the_job_runs_anyway() {
    let pipeline = workflow(
        "on: [push, pull_request]\njobs:
  build:
    if: github.ref == 'refs/heads/main'
  deploy:
    needs: [build]
  report:
    needs: deploy
    if: always()
",
    );
    assert_eq!(job(&pipeline, "deploy").triggers, [Push, DefaultBranch]);
    assert_eq!(job(&pipeline, "report").triggers, [Push, DefaultBranch, PullRequest, Tag]);
    assert_eq!(pipeline.ancestors("report").len(), 2);
}

#[test]
fn the_true_default_branch_counts() {
    let text = "on: {push: {branches: [main]}}\njobs: {a: {steps: []}}";
    let files = Files { branch: Some("develop".into()), ..Files::default() };
    assert_eq!(read(PATH, text, &files).unwrap().jobs[0].triggers, [Push]);
}

#[test]
fn steps_in_full() {
    let pipeline = workflow(
        "name: CI
on: push
defaults: {run: {shell: bash}}
jobs:
  test:
    name: Tests
    runs-on: ubuntu-latest
    container: {image: 'ruby:3.4'}
    services:
      db: {image: 'postgres:16'}
    steps:
      - uses: actions/checkout@v4
      - name: Never
        if: false
        run: rm -rf /
      - name: Test
        run: |
          # comment
          bin/rails test # all
      - uses: nick-fields/retry@v3
        with:
          timeout_minutes: 5
          files: [a, b]
          command: make e2e
      - name: Publish
        if: github.ref == 'refs/heads/main'
        run: bin/publish
",
    );
    let test = job(&pipeline, "test");
    assert_eq!((pipeline.name.as_str(), test.name.as_str(), test.line), ("CI", "Tests", 5));
    assert_eq!((test.image.as_deref(), test.services.as_slice()), (Some("ruby:3.4"), &["postgres:16".to_owned()][..]));
    assert_eq!(runs(test), ["bin/rails test", "make e2e", "bin/publish"]);
    assert_eq!((test.steps[0].uses.as_deref(), test.steps[0].version.as_deref()), (Some("actions/checkout"), Some("v4")));
    assert_eq!((test.steps[1].line, test.steps[1].name.as_deref()), (17, Some("Test")));
    assert!(test.steps[2].with.contains(&("files".into(), "a\nb".into())));
    assert_eq!(test.triggers_of(&test.steps[1]), [Push, DefaultBranch, Tag]);
    assert_eq!(test.triggers_of(&test.steps[3]), [Push, DefaultBranch]);
}

#[test]
fn schedules_keep_their_conditions_apart() {
    let pipeline = workflow(
        "on: {schedule: [{cron: '0 3 * * *'}, {cron: '0 4 * * 0'}]}
jobs:
  daily: {if: github.event.schedule == '0 3 * * *'}
  weekly: {if: github.event.schedule == '0 4 * * 0'}
  both: {}
",
    );
    let gap = crate::evidence::schedule::greatest_gap_hours;
    assert_eq!(job(&pipeline, "daily").every_hours, gap("0 3 * * *"));
    assert_eq!(job(&pipeline, "weekly").every_hours, gap("0 4 * * 0"));
    assert_eq!(job(&pipeline, "both").every_hours, gap("0 3 * * *"));
}

#[test]
fn after_the_success_of_another_workflow() {
    let deploy = |branches: &str, condition: &str| {
        format!(
            "name: Deploy\non:\n  workflow_run:\n    workflows: [CI]\n    types: [completed]\n    branches: {branches}\n  workflow_dispatch:\njobs:\n  deploy:\n    if: {condition}\n    environment: production\n"
        )
    };
    let tests = (".github/workflows/test.yml", "name: CI\non: [push, pull_request]\njobs: {}\n");
    let success = "github.event.workflow_run.conclusion == 'success'";
    let of = |branches: &str, condition: &str| workflow_among(&deploy(branches, condition), &[tests]).jobs[0].clone();

    let main = of("[main]", success);
    assert_eq!((main.triggers.as_slice(), main.after_pipelines.as_slice()), (&[Push, DefaultBranch][..], &["CI".to_owned()][..]));
    let dispatched = of("[main]", "github.event_name == 'workflow_dispatch' || github.event.workflow_run.conclusion == 'success'");
    assert_eq!((dispatched.triggers.as_slice(), dispatched.after_pipelines.len()), (&[Push, DefaultBranch, Manual][..], 1));
    let any = of("['**']", success);
    assert_eq!(any.triggers, [Push, DefaultBranch, PullRequest, Tag]);
    let of_push = of("[main]", "${{ github.event.workflow_run.conclusion == 'success' && github.event.workflow_run.event == 'push' }}");
    assert_eq!(of_push.triggers, [Push, DefaultBranch]);
    let careless = of("[main]", "github.repository == 'octo/app'");
    assert!(careless.after_pipelines.is_empty() && careless.triggers.contains(&DefaultBranch));
}

#[test]
fn a_workflow_that_cannot_be_found_is_unseen() {
    let pipeline = workflow("on: {workflow_run: {workflows: [Elsewhere]}}\njobs: {a: {steps: []}}");
    assert!(pipeline.unseen[0].what.contains("Elsewhere") && pipeline.jobs[0].triggers.is_empty());
}

#[test]
fn workflows_that_start_each_other_end() {
    let other = (".github/workflows/b.yml", "name: B\non: {workflow_run: {workflows: [A]}, push: {branches: [main]}}\njobs: {}");
    let pipeline = workflow_among("name: A\non: {workflow_run: {workflows: [B, A]}}\njobs: {a: {steps: []}}", &[other]);
    assert_eq!(pipeline.jobs[0].triggers, [Push, DefaultBranch]);
}

const REUSABLE: &str = "on:
  workflow_call:
    inputs:
      environment: {type: string}
      migrate: {type: boolean, default: false}
jobs:
  migrate:
    if: inputs.migrate
    steps:
      - run: bin/migrate
  release:
    needs: migrate
    if: ${{ !cancelled() }}
    environment: ${{ inputs.environment }}
    steps:
      - run: kamal deploy -d ${{ inputs.environment }}
";

#[test]
fn reusable_workflows_stand_where_they_are_called() {
    let caller = "on: {push: {branches: [main]}}
jobs:
  test:
    steps: [{run: make}]
  deploy:
    needs: test
    if: github.event_name == 'push'
    uses: ./.github/workflows/deploy.yml
    with: {environment: production}
  notify:
    needs: deploy
    steps: [{run: curl}]
";
    let deploy = (".github/workflows/deploy.yml", REUSABLE);
    let pipeline = workflow_among(caller, &[deploy]);
    let release = job(&pipeline, "deploy/release");
    assert_eq!((release.environment.as_deref(), release.name.as_str()), (Some("production"), "deploy / release"));
    assert_eq!((release.file.as_deref(), release.line), (Some(deploy.0), 11));
    assert_eq!(runs(release), ["kamal deploy -d production"]);
    assert_eq!(release.triggers, [Push, DefaultBranch]);
    assert!(job(&pipeline, "deploy/migrate").disabled, "the input is false unless given");
    assert_eq!(job(&pipeline, "deploy").steps[0].uses.as_deref(), Some("./.github/workflows/deploy.yml"));
    let before: Vec<&str> = pipeline.ancestors("notify").iter().map(|job| job.id.as_str()).collect();
    assert_eq!(before, ["test", "deploy/migrate", "deploy/release", "deploy"]);
    assert!(!job(&pipeline, "notify").disabled);

    let files = Files::new(&[(PATH, caller), deploy]);
    assert!(read(deploy.0, REUSABLE, &files).unwrap().jobs.is_empty(), "reported through the caller");
    let alone = read(deploy.0, REUSABLE, &Files::new(&[deploy])).unwrap();
    assert!(alone.jobs.iter().all(|job| job.triggers.is_empty() && !job.disabled));
}

#[test]
fn workflows_of_other_repositories_are_unseen() {
    let pipeline = workflow(
        "on: push\njobs:\n  deploy:\n    uses: octo/ci/.github/workflows/deploy.yml@v2\n  lost:\n    uses: ./.github/workflows/lost.yml\n",
    );
    let deploy = job(&pipeline, "deploy");
    assert_eq!(deploy.steps[0].uses.as_deref(), Some("octo/ci/.github/workflows/deploy.yml"));
    let unseen: Vec<(&str, u32)> = pipeline.unseen.iter().map(|unseen| (unseen.what.as_str(), unseen.line)).collect();
    assert_eq!(
        unseen,
        [
            ("reusable workflow octo/ci/.github/workflows/deploy.yml@v2 (of another repository)", 4),
            ("reusable workflow ./.github/workflows/lost.yml (not in the repository)", 6),
        ]
    );
}

#[test]
fn a_workflow_that_calls_itself_ends() {
    let text = format!("on: [push, workflow_call]\njobs:\n  a: {{uses: ./{PATH}}}\n  b: {{uses: ./{PATH}}}\n");
    let pipeline = workflow(&text);
    assert!(pipeline.jobs.len() < 100 && !pipeline.unseen.is_empty());
}

#[test]
fn local_actions_stand_where_they_are_used() {
    let setup = "inputs:\n  task: {default: lint}\nruns:\n  using: composite\n  steps:\n    - run: bundle exec rake ${{ inputs.task }}\n      shell: bash\n    - uses: ruby/setup-ruby@v1\n    - if: inputs.task == 'lint'\n      run: bin/lint\n";
    let files = [(".github/actions/setup/action.yml", setup), ("act/action.yaml", "runs: {using: node20, main: index.js}")];
    let text = "on: push\njobs:\n  a:\n    steps:\n      - uses: ./.github/actions/setup\n        with: {task: test}\n      - uses: ./act\n      - uses: ./gone\n";
    let pipeline = workflow_among(text, &files);
    let steps = &pipeline.jobs[0].steps;
    let seen: Vec<&str> = steps.iter().filter_map(|step| step.run.as_deref().or(step.uses.as_deref())).collect();
    assert_eq!(seen, ["bundle exec rake test", "ruby/setup-ruby", "./act", "./gone"]);
    assert_eq!((steps[0].file.as_deref(), steps[0].line), (Some(".github/actions/setup/action.yml"), 6));
    assert_eq!(pipeline.unseen.len(), 1);
}

#[test]
fn environments_by_event_and_matrix() {
    let pipeline = workflow(
        "on: {push: {branches: [main, develop]}, workflow_dispatch: {inputs: {to: {options: [qa, live]}}}}
jobs:
  branch:
    environment: ${{ github.ref == 'refs/heads/main' && 'production' || 'staging' }}
    if: github.event_name == 'push'
  each:
    strategy: {matrix: {env: [a, b]}}
    environment: {name: '${{ matrix.env }}', url: 'https://x'}
  form:
    if: github.event_name == 'workflow_dispatch'
    environment: ${{ github.event.inputs.to || 'qa' }}
",
    );
    let of = |id: &str| -> Vec<(String, Vec<Trigger>)> {
        let jobs = pipeline.jobs.iter().filter(|job| job.id == id);
        jobs.map(|job| (job.environment.clone().unwrap_or_default(), job.triggers.clone())).collect()
    };
    assert_eq!(of("branch"), [("production".to_owned(), vec![Push, DefaultBranch]), ("staging".to_owned(), vec![Push])]);
    assert_eq!(of("each").len(), 2);
    assert_eq!(of("form"), [("qa".to_owned(), vec![Manual]), ("live".to_owned(), vec![Manual])]);
}

#[test]
fn a_merged_pull_request_is_a_push() {
    let text = |condition: &str| {
        format!("on: {{pull_request: {{types: [closed], branches: [main]}}}}\njobs:\n  deploy:\n    if: {condition}\n    steps: []\n")
    };
    assert_eq!(workflow(&text("github.event.pull_request.merged == true")).jobs[0].triggers, [Push, DefaultBranch]);
    assert_eq!(workflow(&text("github.event.pull_request.merged == false")).jobs[0].triggers, [PullRequest]);
}

#[test]
fn a_closed_pull_request_is_no_push() {
    let text = "on: {pull_request: {types: [closed]}}\njobs: {clean: {steps: []}}";
    assert_eq!(workflow(text).jobs[0].triggers, [PullRequest]);
}

#[test]
fn commands_from_matrices_and_variables_are_written_out() {
    let text = "on: push
env: {TOOL: bin/rails, TOKEN: '${{ secrets.T }}'}
jobs:
  a:
    strategy:
      matrix:
        tests: [{name: Unit, command: test}, {name: System, command: 'test:system'}]
        include: [{script: lint}, {script: types}]
    steps:
      - run: $TOOL ${COMMAND} $TOKEN
        env: {COMMAND: '${{ matrix.tests.command }}'}
      - run: npm run ${{ matrix.script }}
      - run: echo ${{ matrix.none }}
";
    let files = [("package.json", r#"{"scripts":{"lint":"eslint ."}}"#)];
    assert_eq!(
        runs(&workflow_among(text, &files).jobs[0]),
        ["bin/rails test $TOKEN\nbin/rails test:system $TOKEN", "npm run lint\nnpm run types\neslint .", "echo ${{ matrix.none }}"]
    );
}

#[test]
fn actions_that_a_matrix_gives_commands() {
    let action = (
        "lint/action.yml",
        "inputs: {command: {}, kind: {}}\nruns:\n  using: composite\n  steps:\n    - run: ${{ inputs.command }}\n    - if: inputs.kind == 'ruby'\n      run: ruby -v\n",
    );
    let text = "on: push\njobs:\n  a:\n    strategy: {matrix: {include: [{kind: ruby, command: rubocop}, {kind: js, command: eslint}]}}\n    steps:\n      - uses: ./lint\n        with: {command: '${{ matrix.command }}', kind: '${{ matrix.kind }}'}\n";
    assert_eq!(runs(&workflow_among(text, &[action]).jobs[0]), ["rubocop\neslint", "ruby -v"]);
}

#[test]
fn an_approval_is_a_person() {
    let pipeline =
        workflow("on: push\njobs:\n  ask: {steps: [{uses: trstringer/manual-approval@v1}]}\n  deploy: {needs: ask, steps: []}\n");
    assert!(job(&pipeline, "deploy").manual && !job(&pipeline, "deploy").automatic());
}

#[test]
fn scripts_are_followed_from_where_they_run() {
    let files = [("web/package.json", r#"{"scripts": {"test": "vitest"}}"#), ("Makefile", "check:\n\tgo test ./...\n")];
    let text = "on: push\njobs:\n  a:\n    defaults: {run: {working-directory: web}}\n    steps:\n      - run: npm test\n      - run: make check\n        working-directory: .\n";
    assert_eq!(runs(&workflow_among(text, &files).jobs[0]), ["npm test\nvitest", "make check\ngo test ./..."]);
}

#[test]
fn what_is_no_workflow_says_so() {
    let repository = Files::default();
    for (text, words) in [("", "empty"), ("a: [", "not YAML"), ("on: push", "no jobs"), ("- x", "no jobs")] {
        let error = read(PATH, text, &repository).unwrap_err();
        assert!(error.contains(words), "{text}: {error}");
    }
    assert!(read("README.md", "", &repository as &dyn Repository).is_err());
}

#[test]
fn oddities_do_not_break_reading() {
    for text in [
        "on: {push: [1, 2], schedule: x, workflow_run: 3}\njobs: {a: 1, b: [], c: {steps: {}}, d: {needs: {x: 1}, steps: [1, [2], {uses: 3}]}}",
        "on: [[push]]\njobs: []",
        "on: push\njobs: {a: {needs: a}, b: {needs: [c]}, c: {needs: [b]}}",
    ] {
        workflow(text);
    }
}

#[test]
fn a_great_many_jobs_are_bounded() {
    let jobs: String = (0..10_000).map(|at| format!("  j{at}: {{needs: [j0, j1], steps: [{{run: npm test}}]}}\n")).collect();
    let pipeline = workflow_among(&format!("on: push\njobs:\n{jobs}"), &[("package.json", r#"{"scripts":{"test":"jest"}}"#)]);
    assert_eq!(pipeline.jobs.len(), 1_000);
    assert!(!pipeline.unseen.is_empty());
}

#[test]
fn actions_that_use_each_other_many_times_are_bounded() {
    let uses: String = (0..2_000).map(|_| "    - uses: ./b\n").collect();
    let action = format!("runs:\n  using: composite\n  steps:\n{uses}");
    let leaf: String = (0..2_000).map(|_| "    - run: make\n").collect();
    let files = [("a/action.yml", action.as_str()), ("b/action.yml", &format!("runs:\n  using: composite\n  steps:\n{leaf}"))];
    let pipeline = workflow_among("on: push\njobs: {x: {steps: [{uses: ./a}]}}", &files);
    assert!(pipeline.jobs[0].steps.len() <= 10_000);
}
