//! Needs followed to their end: for which events a job can run at all, and whom it waits for.

use super::Job;
use super::draft::DraftJob;
use super::event::Mask;
use std::collections::HashMap;

/// What a job takes over from the jobs it needs.
#[derive(Debug, Clone, Copy)]
struct Settled {
    mask: Mask,
    manual: bool,
    after_success: bool,
    disabled: bool,
}

/// Follows needs: a job runs for no event that one of its needs does not run for, waits for whom they wait for.
pub(super) struct Settling {
    settled: Vec<Settled>,
}

impl Settling {
    /// What each job takes over.
    pub fn of(jobs: &[DraftJob]) -> Self {
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

    /// Writes it into the jobs.
    pub fn apply(self, jobs: &mut [DraftJob]) {
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
