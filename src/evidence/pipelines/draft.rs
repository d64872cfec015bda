//! A pipeline while it is being read: events instead of triggers, and needs not yet followed.
//!
//! A [`Trigger`] is too coarse to judge conditions by. While reading, each way a pipeline can start is an [`Event`]: a push
//! to the default branch, a push to the branch `staging`, the second of three schedules. A job keeps the set of events that
//! reach it as a [`Mask`]; filters, conditions and needs take events out of it, and what is left becomes triggers at the end.

use super::condition::Value;
use super::{Job, Pipeline, Step, Trigger, Unseen};
use std::collections::HashMap;

/// Most events of a pipeline; as many as a [`Mask`] has room for.
const MAX_EVENTS: usize = 64;
/// Most jobs read from a pipeline, those of reusable workflows and includes counted.
pub(super) const MAX_JOBS: usize = 1_000;
/// Most steps read from a pipeline.
const MAX_STEPS: usize = 10_000;
/// Most needs of all jobs of a pipeline together.
const MAX_NEEDS: usize = 300_000;
/// Most things listed as unseen.
const MAX_UNSEEN: usize = 100;

/// One way a pipeline can start.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    /// The vendor's word for it: `push`, `merge_request_event`.
    pub name: String,
    /// What it is to us; empty for events that are nothing of ours, such as a comment on an issue.
    pub triggers: Vec<Trigger>,
    /// The branch it runs on, or asks to merge.
    pub branch: Value,
    /// The tag.
    pub tag: Value,
    /// The greatest gap between two of its occurrences, if it is a schedule.
    pub every_hours: Option<f64>,
    /// Variables of the vendor that this event fixes.
    pub facts: Vec<(&'static str, Value)>,
    /// The place of an event beside which this one counts for nothing: a job for closed pull requests is for merges only
    /// when it is not also for those that are dropped.
    pub only_without: Option<usize>,
    /// Names of the pipelines that ran before, when it is their end that starts this one.
    pub after: Vec<String>,
}

impl Event {
    /// An event of which nothing but name and trigger is known.
    pub fn new(name: &str, triggers: &[Trigger]) -> Self {
        Event {
            name: name.to_owned(),
            triggers: triggers.to_vec(),
            branch: Value::Unknown,
            tag: Value::Unknown,
            every_hours: None,
            facts: Vec::new(),
            only_without: None,
            after: Vec::new(),
        }
    }

    /// A push to a branch.
    pub fn push(name: &str, is_default: bool, branch: Value) -> Self {
        let triggers: &[Trigger] = if is_default { &[Trigger::Push, Trigger::DefaultBranch] } else { &[Trigger::Push] };
        Event::new(name, triggers).on(branch, Value::Null)
    }

    /// A push of a tag.
    pub fn tag(name: &str, tag: Value) -> Self {
        Event::new(name, &[Trigger::Tag]).on(Value::Null, tag)
    }

    /// The clock, on a branch.
    pub fn schedule(name: &str, schedule: &str, branch: Value) -> Self {
        let every_hours = crate::evidence::schedule::greatest_gap_hours(schedule);
        Event { every_hours, ..Event::new(name, &[Trigger::Schedule]).on(branch, Value::Null) }
    }

    /// The same event on a branch or tag.
    pub fn on(self, branch: Value, tag: Value) -> Self {
        Event { branch, tag, ..self }
    }

    /// The same event with one more variable known.
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.facts.push((name, value));
        self
    }

    /// The value this event fixes for a variable.
    pub fn fact(&self, name: &str) -> Option<Value> {
        self.facts.iter().find(|(fact, _)| *fact == name).map(|(_, value)| value.clone())
    }

    /// True when something other than a person causes it.
    fn is_automatic(&self) -> bool {
        self.triggers.iter().any(|trigger| *trigger != Trigger::Manual)
    }
}

/// A set of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Mask(u64);

impl Mask {
    /// The first so many events.
    pub fn first(count: usize) -> Self {
        Mask(u64::MAX.checked_shr(64u32.saturating_sub(u32::try_from(count).unwrap_or(64))).unwrap_or(0))
    }

    /// No event.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The events of both sets.
    pub fn and(self, other: Mask) -> Mask {
        Mask(self.0 & other.0)
    }

    /// The events of either set.
    pub fn or(self, other: Mask) -> Mask {
        Mask(self.0 | other.0)
    }

    /// The events of this set that are not in the other.
    pub fn without(self, other: Mask) -> Mask {
        Mask(self.0 & !other.0)
    }

    /// True when an event is in the set.
    fn has(self, event: usize) -> bool {
        event < MAX_EVENTS && self.0 >> event & 1 == 1
    }
}

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
        (0..self.events.len()).filter(move |at| mask.has(*at)).map(|at| Mask(1 << at))
    }

    /// The events of a set for which a test does not surely fail.
    pub fn keep(&self, mask: Mask, test: impl Fn(&Event) -> Option<bool>) -> Mask {
        let kept = self.events.iter().enumerate().filter(|(at, event)| mask.has(*at) && test(event) != Some(false));
        Mask(kept.fold(0, |bits, (at, _)| bits | 1 << at))
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

/// What a job takes over from the jobs it needs.
#[derive(Debug, Clone, Copy)]
struct Settled {
    mask: Mask,
    manual: bool,
    after_success: bool,
    disabled: bool,
}

/// Follows needs: a job runs for no event that one of its needs does not run for, waits for whom they wait for.
struct Settling {
    settled: Vec<Settled>,
}

impl Settling {
    fn of(jobs: &[DraftJob]) -> Self {
        let needs = indices(jobs);
        let mut settling = Settling { settled: jobs.iter().map(Settled::alone).collect() };
        for at in order(&needs) {
            for group in needs.get(at).map(Vec::as_slice).unwrap_or_default() {
                settling.take_over(at, group);
            }
        }
        settling
    }

    /// Takes over from the jobs of one id: one job, or the same job for several events or environments.
    fn take_over(&mut self, at: usize, group: &[usize]) {
        let from: Vec<Settled> = group.iter().filter_map(|need| self.settled.get(*need).copied()).collect();
        let any = |events: fn(&Settled) -> bool| from.iter().filter(|one| events(one)).fold(Mask::default(), |all, one| all.or(one.mask));
        let (all, automatic) = (any(|_| true), any(|one| !one.manual));
        let some_manual = from.iter().any(|one| one.manual);
        if let Some(own) = self.settled.get_mut(at).filter(|_| !from.is_empty()) {
            own.mask = own.mask.and(all);
            own.manual |= some_manual && own.mask.and(automatic).is_empty();
            own.after_success |= from.iter().all(|one| one.after_success);
            own.disabled |= from.iter().all(|one| one.disabled);
        }
    }

    fn apply(self, jobs: &mut [DraftJob]) {
        for (job, settled) in jobs.iter_mut().zip(self.settled) {
            job.mask = settled.mask;
            job.after_success = settled.after_success;
            job.job.manual = settled.manual;
            job.job.disabled = settled.disabled;
        }
    }
}

impl Settled {
    fn alone(draft: &DraftJob) -> Self {
        let Job { manual, disabled, .. } = draft.job;
        Settled { mask: draft.mask, manual, after_success: draft.after_success, disabled }
    }
}

/// The needs of each job as places in the list, several for one id; unknown ids are left out.
fn indices(jobs: &[DraftJob]) -> Vec<Vec<Vec<usize>>> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, job) in jobs.iter().enumerate() {
        places.entry(job.job.id.as_str()).or_default().push(at);
    }
    let of = |draft: &DraftJob| draft.job.needs.iter().filter_map(|need| places.get(need.as_str()).cloned()).collect();
    jobs.iter().map(of).collect()
}

/// The jobs in an order where each comes after what it needs; a cycle is cut somewhere.
fn order(needs: &[Vec<Vec<usize>>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(needs.len());
    let mut seen = vec![false; needs.len()];
    for start in 0..needs.len() {
        let mut stack = vec![(start, false)];
        while let Some((at, done)) = stack.pop() {
            if done {
                order.push(at);
            } else if !std::mem::replace(&mut seen[at], true) {
                stack.push((at, true));
                stack.extend(needs[at].iter().flatten().filter(|need| !seen[**need]).map(|need| (*need, false)));
            }
        }
    }
    order
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
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
    fn masks() {
        assert!(Mask::first(0).is_empty());
        assert_eq!(Mask::first(2), Mask(3));
        assert_eq!(Mask::first(64), Mask(u64::MAX));
    }

    #[test]
    fn a_job_runs_for_no_event_that_its_needs_do_not_run_for() {
        let mut draft = draft();
        let all = draft.all();
        let mut gate = job("gate", &["build"], all);
        gate.job.manual = true;
        let mut report = job("report", &[], all);
        report.loose.push("deploy".into());
        for job in [job("deploy", &["gate"], all), gate, job("build", &[], Mask(1)), report] {
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
