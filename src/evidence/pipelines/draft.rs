//! A pipeline while it is being read: events instead of triggers, and needs not yet followed.
//!
//! A job keeps the set of [`Event`]s that reach it as a [`Mask`]; filters, conditions and needs take events out of it, and
//! what is left becomes triggers at the end.

use super::event::{Event, MAX_EVENTS, Mask};
use super::settle::Settling;
use super::{Job, Pipeline, Step, Trigger, Unseen};

/// Most jobs read from a pipeline, those of reusable workflows and includes counted.
pub(super) const MAX_JOBS: usize = 1_000;
/// Most steps read from a pipeline.
const MAX_STEPS: usize = 10_000;
/// Most needs of all jobs of a pipeline together.
const MAX_NEEDS: usize = 300_000;
/// Most things listed as unseen.
const MAX_UNSEEN: usize = 100;

/// A step and the events that reach it.
#[derive(Debug, Clone)]
pub(super) struct DraftStep {
    pub step: Step,
    pub mask: Mask,
}

/// A job and the events that reach it.
#[derive(Debug, Clone, Default)]
pub(super) struct DraftJob {
    /// The job as far as it is known; its triggers and steps are filled in at the end.
    pub job: Job,
    pub mask: Mask,
    pub steps: Vec<DraftStep>,
    /// Ids of jobs that come before it and whose absence does not stop it: `if: always()`, an earlier stage. Those in
    /// [`Job::needs`] do.
    pub loose: Vec<String>,
    /// True when it only runs if the pipeline before succeeded.
    pub after_success: bool,
    /// Its environments, each with the events that reach it; empty when [`Job::environment`] says it already.
    pub environments: Vec<(Option<String>, Mask)>,
}

/// A pipeline being read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub name: Option<String>,
    pub jobs: Vec<DraftJob>,
    pub unseen: Vec<Unseen>,
    events: Vec<Event>,
    /// True when there were more events, so that a job without any may yet run.
    is_cut: bool,
    steps: usize,
    needs: usize,
}

impl Draft {
    /// A draft that these events start; of too many, the first.
    pub fn new(name: Option<String>, mut events: Vec<Event>) -> Self {
        let mut draft = Draft { name, ..Draft::default() };
        if events.len() > MAX_EVENTS {
            draft.cut(format!("triggers beyond the first {MAX_EVENTS}"), 1);
            events.truncate(MAX_EVENTS);
            draft.is_cut = true;
        }
        draft.events = events;
        draft
    }

    /// All events.
    pub fn all(&self) -> Mask {
        Mask::first(self.events.len())
    }

    /// The events of a set.
    pub fn events(&self, mask: Mask) -> impl Iterator<Item = &Event> {
        self.events.iter().enumerate().filter(move |(at, _)| mask.has(*at)).map(|(_, event)| event)
    }

    /// The events of a set, each as a set of its own.
    pub fn singles(&self, mask: Mask) -> impl Iterator<Item = Mask> + use<> {
        (0..self.events.len()).filter(move |at| mask.has(*at)).map(Mask::only)
    }

    /// The events of a set for which a test does not surely fail.
    pub fn keep(&self, mask: Mask, test: impl Fn(&Event) -> Option<bool>) -> Mask {
        let kept = self.events.iter().enumerate().filter(|(at, event)| mask.has(*at) && test(event) != Some(false));
        kept.fold(Mask::default(), |all, (at, _)| all.or(Mask::only(at)))
    }

    /// Takes a job in, unless there are too many.
    pub fn add(&mut self, mut job: DraftJob) {
        let line = job.job.line;
        if self.jobs.len() >= MAX_JOBS {
            return self.cut(format!("jobs beyond the first {MAX_JOBS}"), line);
        }
        let room = MAX_STEPS.saturating_sub(self.steps);
        if job.steps.len() > room {
            job.steps.truncate(room);
            self.cut(format!("steps beyond the first {MAX_STEPS}"), line);
        }
        let room = MAX_NEEDS.saturating_sub(self.needs);
        if job.job.needs.len() + job.loose.len() > room {
            job.job.needs.truncate(room);
            job.loose.truncate(room - job.job.needs.len());
            self.cut(format!("needs beyond the first {MAX_NEEDS}"), line);
        }
        self.steps += job.steps.len();
        self.needs += job.job.needs.len() + job.loose.len();
        self.jobs.push(job);
    }

    /// Takes a job in that waits for a person for some of its events: once for those that start it, once for those.
    pub fn add_waiting(&mut self, draft: DraftJob, manual: Mask) {
        let (by_hand, automatic) = (draft.mask.and(manual), draft.mask.without(manual));
        if by_hand.is_empty() {
            return self.add(draft);
        }
        if !automatic.is_empty() {
            self.add(DraftJob { mask: automatic, ..draft.clone() });
        }
        let mut waiting = DraftJob { mask: by_hand, ..draft };
        waiting.job.manual = true;
        self.add(waiting);
    }

    /// How many more steps are taken in.
    pub fn room(&self) -> usize {
        if self.jobs.len() >= MAX_JOBS { 0 } else { MAX_STEPS.saturating_sub(self.steps) }
    }

    /// Notes something that cannot be seen.
    pub fn unseen(&mut self, what: impl Into<String>, file: Option<&str>, line: u32) {
        let unseen = Unseen { what: what.into(), file: file.map(str::to_owned), line };
        if self.unseen.len() < MAX_UNSEEN && !self.unseen.contains(&unseen) {
            self.unseen.push(unseen);
        }
    }

    /// Notes that a cap cut something off; once for each cap.
    pub fn cut(&mut self, what: String, line: u32) {
        if !self.unseen.iter().any(|unseen| unseen.what == what) {
            self.unseen.push(Unseen { what, file: None, line });
        }
    }

    /// The pipeline: needs followed, masks turned into triggers.
    pub fn finish(mut self, vendor: &'static str, path: &str) -> Pipeline {
        Settling::of(&self.jobs).apply(&mut self.jobs);
        let stem = path.rsplit('/').next().unwrap_or(path);
        let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| if stem.is_empty() { path } else { stem });
        let name = self.name.take().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| stem.trim_start_matches('.').to_owned());
        let drafts = std::mem::take(&mut self.jobs);
        let jobs = drafts.into_iter().flat_map(|job| self.finish_job(job)).collect();
        Pipeline { vendor, path: path.to_owned(), name, jobs, unseen: self.unseen }
    }

    /// One job for each of its environments.
    fn finish_job(&self, mut draft: DraftJob) -> Vec<Job> {
        let mut environments = std::mem::take(&mut draft.environments);
        environments.retain(|(_, mask)| !mask.and(draft.mask).is_empty());
        if environments.is_empty() {
            environments.push((draft.job.environment.clone(), draft.mask));
        }
        let in_environment = |(environment, mask): (Option<String>, Mask)| {
            let mut job = self.finish_for(&draft, mask.and(draft.mask));
            job.environment = environment;
            job
        };
        environments.into_iter().map(in_environment).collect()
    }

    fn finish_for(&self, draft: &DraftJob, mask: Mask) -> Job {
        let triggers = self.triggers(mask);
        let mut after_pipelines = draft.job.after_pipelines.clone();
        after_pipelines.extend(if draft.after_success { self.after(mask) } else { Vec::new() });
        let every_hours = self.events(mask).filter_map(|event| event.every_hours).min_by(f64::total_cmp);
        let disabled = !self.is_cut && (draft.job.disabled || (mask.is_empty() && !self.events.is_empty()));
        let steps = draft.steps.iter().filter_map(|step| self.finish_step(step, mask, &triggers)).collect();
        let needs = draft.job.needs.iter().chain(&draft.loose).cloned().collect();
        Job { triggers, after_pipelines, every_hours, disabled, steps, needs, ..draft.job.clone() }
    }

    /// A step, unless no event that reaches the job reaches it.
    fn finish_step(&self, draft: &DraftStep, job: Mask, job_triggers: &[Trigger]) -> Option<Step> {
        let mask = draft.mask.and(job);
        if mask.is_empty() && !job.is_empty() {
            return None;
        }
        let triggers = self.triggers(mask);
        let triggers = (triggers != job_triggers).then_some(triggers);
        Some(Step { triggers, ..draft.step.clone() })
    }

    fn triggers(&self, mask: Mask) -> Vec<Trigger> {
        let counts = |event: &&Event| event.only_without.is_none_or(|other| !mask.has(other));
        let mut triggers: Vec<Trigger> = self.events(mask).filter(counts).flat_map(|event| event.triggers.iter().copied()).collect();
        triggers.sort_unstable();
        triggers.dedup();
        triggers
    }

    /// The pipelines before, if nothing but their end and a person starts these events.
    fn after(&self, mask: Mask) -> Vec<String> {
        let automatic: Vec<&Event> = self.events(mask).filter(|event| event.is_automatic()).collect();
        if automatic.iter().any(|event| event.after.is_empty()) {
            return Vec::new();
        }
        let mut names: Vec<String> = automatic.into_iter().flat_map(|event| event.after.iter().cloned()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::condition::Value;
    use super::*;

    fn job(id: &str, needs: &[&str], mask: Mask) -> DraftJob {
        let needs = needs.iter().map(|need| (*need).to_owned()).collect();
        DraftJob { job: Job { id: id.into(), needs, ..Job::default() }, mask, ..DraftJob::default() }
    }

    fn draft() -> Draft {
        let main = Event::push("push", true, Value::text("main"));
        let request = Event::new("pull_request", &[Trigger::PullRequest]);
        Draft::new(None, vec![main, request])
    }

    #[test]
    fn a_job_runs_for_no_event_that_its_needs_do_not_run_for() {
        let mut draft = draft();
        let all = draft.all();
        let mut gate = job("gate", &["build"], all);
        gate.job.manual = true;
        let mut report = job("report", &[], all);
        report.loose.push("deploy".into());
        for job in [job("deploy", &["gate"], all), gate, job("build", &[], Mask::only(0)), report] {
            draft.add(job);
        }
        let pipeline = draft.finish("test", "ci/.main.yml");
        let of = |id: &str| pipeline.jobs.iter().find(|job| job.id == id).unwrap();
        assert_eq!(pipeline.name, "main");
        assert_eq!(of("deploy").triggers, [Trigger::Push, Trigger::DefaultBranch]);
        assert!(of("deploy").manual && of("gate").manual && !of("build").manual);
        assert_eq!(of("report").triggers, [Trigger::Push, Trigger::DefaultBranch, Trigger::PullRequest]);
        assert_eq!(of("report").needs, ["deploy"]);
        let before: Vec<&str> = pipeline.ancestors("deploy").iter().map(|job| job.id.as_str()).collect();
        assert_eq!(before, ["gate", "build"]);
    }

    #[test]
    fn a_cycle_ends_and_caps_hold() {
        let mut draft = draft();
        let all = draft.all();
        draft.add(job("a", &["b"], all));
        draft.add(job("b", &["a"], all));
        for at in 0..10_000 {
            draft.add(job(&format!("{at}"), &[], all));
        }
        let pipeline = draft.finish("test", "x.yml");
        assert_eq!(pipeline.jobs.len(), MAX_JOBS);
        assert_eq!(pipeline.unseen.len(), 1);
        assert_eq!(pipeline.ancestors("a").len(), 1);
    }
}
