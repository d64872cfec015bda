//! What the forge recorded of deliveries: how long, how often, how many of them went wrong, and for how long.
//!
//! A **deployment** is one to production that ended as a success. What it brought are the changes that its commit contains and no earlier deployment
//! did. It **failed** if it ended as a failure, if the next one went back to a commit that had been live before, or if a later one brought the revert or
//! hotfix of what it brought.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{Arrival, arrivals};
use super::{Measured, Window, count, floor, frequency, median, share, without_negative};
use crate::evidence::Gap;
use crate::evidence::forge::facts::{Change, Deployment, State};
use crate::evidence::forge::{Recorded, WINDOW_DAYS};
use crate::evidence::history::{DAY, History, Landing};

/// The deployments of which the latency is told.
const NEWEST: usize = 20;
/// As many records as a forge gives at once: there may be older ones.
const FULL: usize = 100;

/// The deliveries of an application.
pub(super) struct Deliveries<'a> {
    forge: &'a Recorded,
    history: Option<&'a History<'a>>,
}

/// A deployment with what came of it.
struct Delivered {
    at: Deployment,
    /// What it brought, by the places of the commits that landed.
    brought: Vec<usize>,
}

fn gap(why: impl Into<String>, next: impl Into<String>) -> Gap {
    Gap { what: "deployments".into(), why: why.into(), next: next.into() }
}

impl<'a> Deliveries<'a> {
    pub(super) fn of(forge: &'a Recorded, history: Option<&'a History<'a>>) -> Deliveries<'a> {
        Deliveries { forge, history }
    }

    /// The deployments to production that ended, oldest first, and the window that they fill.
    fn deployments(&self) -> Result<(Vec<Deployment>, Window, usize), Gap> {
        let all = self.forge.deployments()?;
        let to = self.forge.now();
        let mut from = to - WINDOW_DAYS * DAY;
        if all.len() >= FULL
            && let Some(oldest) = all.last()
        {
            from = from.max(oldest.created);
        }
        let environments: BTreeSet<&str> = all.iter().map(|one| one.environment.as_str()).collect();
        if all.is_empty() {
            return Err(gap("the forge recorded none", "give the deploy job `environment: production`, so that deploys are recorded"));
        }
        let named = environments.iter().copied().take(5).collect::<Vec<_>>().join(", ");
        let mut production: Vec<Deployment> = all.iter().filter(|one| one.production).cloned().collect();
        production.reverse();
        if production.is_empty() {
            return Err(gap(
                format!("none is to production, only to {}", crate::evidence::one_line(&named)),
                "name the environment of the deploy job `production`",
            ));
        }
        // Two environments in turn would look like going back and forth: the busiest one is measured.
        let busy = |name: &str| production.iter().filter(|one| one.environment == name).count();
        let busiest = production.iter().map(|one| one.environment.clone()).max_by_key(|name| (busy(name), std::cmp::Reverse(name.clone())));
        production.retain(|one| Some(&one.environment) == busiest.as_ref());
        let unasked = production.iter().filter(|one| one.state == State::Unasked && one.created > from).count();
        Ok((production, Window { from, to }, unasked))
    }

    fn source(&self) -> String {
        format!("deployments that the forge recorded of {}", self.forge.repository)
    }

    /// The history, which deployments need to know what they brought.
    fn history(&self) -> Result<&'a History<'a>, Gap> {
        self.history.ok_or_else(|| {
            gap("the clone has no history to tell what was deployed", "run in a clone with its history (in GitHub Actions: fetch-depth: 0)")
        })
    }

    /// The successes, oldest first, with what each brought first.
    fn delivered(&self) -> Result<(Vec<Delivered>, Window), Gap> {
        let (all, window, _) = self.deployments()?;
        let mut seen = self.history.map(|history| vec![false; history.commits.len()]).unwrap_or_default();
        let mut first = true;
        let mut delivered = Vec::new();
        for at in all {
            let commit = self.history.and_then(|history| history.find(&at.sha));
            let mut brought = Vec::new();
            if at.state == State::Success
                && let (Some(history), Some(commit)) = (self.history, commit)
            {
                let came = history.unseen_from(commit, &mut seen);
                if !std::mem::take(&mut first) {
                    brought = came;
                }
            }
            delivered.push(Delivered { at, brought });
        }
        Ok((delivered, window))
    }

    /// The pull requests of this repository, by what they became and by their number.
    fn changes(&self) -> Changes {
        let all = self.forge.changes().unwrap_or_default();
        Changes {
            by_sha: all.iter().map(|change| (change.sha.clone(), change.clone())).collect(),
            by_number: all.into_iter().map(|change| (change.number, change)).collect(),
        }
    }
}

struct Changes {
    by_sha: BTreeMap<String, Change>,
    by_number: BTreeMap<u64, Change>,
}

impl Changes {
    fn of(&self, history: &History<'_>, landing: &Landing) -> Option<&Change> {
        let commit = &history.commits[landing.commit];
        self.by_sha.get(&commit.id).or_else(|| {
            let subject = commit.message.lines().next()?;
            let number = subject
                .rsplit_once("(#")
                .and_then(|(_, rest)| rest.strip_suffix(')'))
                .or_else(|| subject.strip_prefix("Merge pull request #")?.split(' ').next())?;
            self.by_number.get(&number.parse().ok()?)
        })
    }
}

/// From the last test that is green to production, for the newest deployments: the median.
pub(super) fn push_to_production(deliveries: &Deliveries<'_>) -> Result<Measured, Gap> {
    let (all, window, _) = deliveries.deployments()?;
    let checks = deliveries.forge.checks()?;
    let (mut observed, mut untested) = (Vec::new(), 0);
    for one in all.iter().rev().filter(|one| one.state == State::Success && one.created > window.from).take(NEWEST) {
        let Some(live) = one.ended else { continue };
        let of_commit = checks.get(&one.sha).into_iter().flatten();
        let green = of_commit
            .filter(|check| check.state == State::Success && is_test(&check.name) && check.ended <= live)
            .map(|check| check.ended)
            .max();
        match green {
            Some(green) => observed.push((live, (live - green) as f64)),
            None => untested += 1,
        }
    }
    let measured = median(window, &observed).ok_or_else(|| {
        gap("no deployment has a green test of the same commit before it", "deploy from the pipeline that tests, or name its test jobs so")
    })?;
    let notes = (untested > 0).then(|| format!("{untested} without a green test of the same commit before them left out"));
    Ok(Measured {
        of: "deployment".into(),
        starts: "the last test of the commit is green".into(),
        ends: "its deployment to production is a success".into(),
        source: format!("{}, the newest {NEWEST}", deliveries.source()),
        notes: notes.into_iter().collect(),
        ..measured
    })
}

/// Whether the name of a job says that it tests, and not that it delivers.
fn is_test(name: &str) -> bool {
    static TEST: std::sync::OnceLock<Option<regex::Regex>> = std::sync::OnceLock::new();
    static DELIVERS: std::sync::OnceLock<Option<regex::Regex>> = std::sync::OnceLock::new();
    let of = |slot: &'static std::sync::OnceLock<Option<regex::Regex>>, text: &str| {
        slot.get_or_init(|| regex::Regex::new(text).ok()).as_ref().is_some_and(|pattern| pattern.is_match(name))
    };
    of(&TEST, r"(?i)\b(?:\w*tests?|testing|specs?|rspec|pytest|jest|vitest|phpunit|unit|integration|e2e|ci|checks?|verify)\b")
        && !of(&DELIVERS, r"(?i)deploy|release|publish|promote|rollout|smoke|preview")
}

/// From commit to production: the median over the changes that a deployment was the first to contain.
pub(super) fn lead_time(deliveries: &Deliveries<'_>) -> Result<Measured, Gap> {
    let (all, window, unasked) = deliveries.deployments()?;
    let history = deliveries.history()?;
    let changes = deliveries.changes();
    let is_live = |one: &&Deployment| one.state == State::Success;
    let arrived: Vec<Arrival> = all
        .iter()
        .filter(is_live)
        .filter_map(|one| Some(Arrival { commit: history.find(&one.sha)?, time: one.ended?, counts: window.holds(one.ended?) }))
        .collect();
    let unknown = all.iter().filter(is_live).count() - arrived.len();
    let first = |landing: &Landing| changes.of(history, landing).map(|change| change.first);
    let mut measured = arrivals(history, &arrived, window, &first).ok_or_else(|| {
        gap("no two deployments in the window brought a change that this clone knows", "run in an up-to-date clone with its history")
    })?;
    if unknown > 0 {
        measured.notes.push(format!("{unknown} of commits that this clone does not have left out"));
    }
    if unasked > 0 {
        measured.notes.push(format!("{unasked} whose end was not asked for left out"));
    }
    Ok(Measured {
        starts: "the change's first commit is written, or its pull request opened".into(),
        ends: "the first deployment that contains it is a success".into(),
        source: deliveries.source(),
        ..measured
    })
}

/// Deployments per week.
pub(super) fn frequency_of(deliveries: &Deliveries<'_>) -> Result<Measured, Gap> {
    let (all, window, unasked) = deliveries.deployments()?;
    let live: Vec<i64> = all.iter().filter(|one| one.state == State::Success).filter_map(|one| one.ended).collect();
    let measured = Measured {
        of: "deployment".into(),
        ends: "a deployment to production is a success".into(),
        source: deliveries.source(),
        ..frequency(window, &live)
    };
    Ok(if unasked > 0 { floor(measured, "how some deployments ended was not asked: a token gives more calls") } else { measured })
}

/// What was wrong with a deployment, and which one mended it.
struct Failure {
    /// When it began, seconds since 1970.
    from: i64,
    /// When it was over.
    until: Option<i64>,
    /// The place of the deployment that mended a success that had gone wrong.
    mended_by: Option<usize>,
}

/// The failures by the place of the deployment that failed.
fn failures(deliveries: &Deliveries<'_>, delivered: &[Delivered]) -> BTreeMap<usize, Failure> {
    let mut failed: BTreeMap<usize, Failure> = BTreeMap::new();
    let live_after = |place: usize| delivered.iter().enumerate().skip(place + 1).find(|(_, one)| one.at.state == State::Success);
    for (place, one) in delivered.iter().enumerate().filter(|(_, one)| one.at.state == State::Failure) {
        let from = one.at.ended.unwrap_or(one.at.created);
        failed.insert(place, Failure { from, until: live_after(place).and_then(|(_, next)| next.at.ended), mended_by: None });
    }
    let mut mend = |bad: usize, by: usize| {
        let (Some(from), until) = (delivered[bad].at.ended, delivered[by].at.ended) else { return };
        failed.entry(bad).or_insert(Failure { from, until, mended_by: Some(by) });
    };
    for (place, one) in delivered.iter().enumerate().filter(|(_, one)| one.at.state == State::Success) {
        let Some((by, next)) = live_after(place) else { continue };
        let was_live = delivered[..place].iter().any(|before| before.at.state == State::Success && before.at.sha == next.at.sha);
        if was_live && next.at.sha != one.at.sha {
            mend(place, by);
        }
    }
    let Some(history) = deliveries.history else { return failed };
    let brought_by = |commit: usize| delivered.iter().position(|one| one.brought.contains(&commit));
    for revert in history.reverts() {
        if let (Some(bad), Some(by)) = (revert.of.and_then(brought_by), brought_by(revert.by))
            && bad < by
        {
            mend(bad, by);
        }
    }
    let changes = deliveries.changes();
    for (by, one) in delivered.iter().enumerate().filter(|(_, one)| brings_hotfix(&changes, history, one)) {
        let before = delivered[..by].iter().rposition(|earlier| earlier.at.state == State::Success && earlier.at.sha != one.at.sha);
        before.into_iter().for_each(|bad| mend(bad, by));
    }
    failed
}

/// Whether a deployment brought a branch that calls itself a hotfix.
fn brings_hotfix(changes: &Changes, history: &History<'_>, one: &Delivered) -> bool {
    let is_hotfix = |branch: &str| ["hotfix/", "hotfix-", "hotfix_"].iter().any(|start| branch.to_ascii_lowercase().starts_with(start));
    one.brought.iter().any(|commit| {
        let subject = history.commits[*commit].message.lines().next().unwrap_or_default();
        let merged = subject
            .strip_prefix("Merge branch '")
            .or_else(|| subject.split_once(" from ").and_then(|(_, from)| from.split_once('/')).map(|(_, branch)| branch));
        let request =
            history.landing_of(*commit).filter(|landing| landing.commit == *commit).and_then(|landing| changes.of(history, landing));
        merged.is_some_and(is_hotfix) || request.is_some_and(|change| is_hotfix(&change.branch))
    })
}

fn judged(deliveries: &Deliveries<'_>) -> Result<(Vec<Delivered>, Window), Gap> {
    let (all, window) = deliveries.delivered()?;
    let ended = all.into_iter().filter(|one| matches!(one.at.state, State::Success | State::Failure)).collect();
    Ok((ended, window))
}

/// The share of deployments that failed.
pub(super) fn fail_rate(deliveries: &Deliveries<'_>) -> Result<Measured, Gap> {
    let (delivered, window) = judged(deliveries)?;
    let failed = failures(deliveries, &delivered);
    let in_window = |place: &usize| window.holds(delivered[*place].at.created);
    let (hits, all) = (failed.keys().filter(|place| in_window(place)).count(), (0..delivered.len()).filter(in_window).count());
    if all == 0 {
        return Err(gap("none of the window has ended", "measure again when there are some"));
    }
    let measured = Measured {
        of: "deployment".into(),
        ends: "a deployment to production fails, is rolled back, reverted or hotfixed".into(),
        source: deliveries.source(),
        ..share(window, hits, all)
    };
    Ok(if hits == 0 { floor(measured, "no failure is recorded; that there was none does not follow") } else { measured })
}

/// From a failed deployment to the one that mended it: the median.
pub(super) fn recovery_time(deliveries: &Deliveries<'_>) -> Result<Measured, Gap> {
    let (delivered, window) = judged(deliveries)?;
    let failed = failures(deliveries, &delivered);
    let over: Vec<(i64, f64)> = failed
        .values()
        .filter_map(|failure| Some((failure.until?, (failure.until? - failure.from) as f64)))
        .filter(|(at, _)| window.holds(*at))
        .collect();
    let open = failed.values().filter(|failure| failure.until.is_none()).count();
    let (observed, mut notes) = without_negative(over);
    if open > 0 {
        notes.push(format!("{open} not mended yet left out"));
    }
    let measured = median(window, &observed).ok_or_else(|| gap("no failed deployment of the window was mended", "attest the answer"))?;
    Ok(Measured {
        of: "failure".into(),
        starts: "a deployment to production fails, or brings what has to be taken back".into(),
        ends: "the deployment that mends it is a success".into(),
        source: deliveries.source(),
        notes,
        ..measured
    })
}

/// The share of deployments that only mended an earlier one.
pub(super) fn rework_rate(deliveries: &Deliveries<'_>) -> Result<Measured, Gap> {
    let (delivered, window) = judged(deliveries)?;
    let mended: BTreeSet<usize> = failures(deliveries, &delivered).values().filter_map(|failure| failure.mended_by).collect();
    let live = |place: &usize| delivered[*place].at.state == State::Success && window.holds(delivered[*place].at.created);
    let (hits, all) = (mended.iter().filter(|place| live(place)).count(), (0..delivered.len()).filter(live).count());
    if all == 0 {
        return Err(gap("none of the window was a success", "measure again when there are some"));
    }
    let measured = Measured {
        of: "deployment".into(),
        ends: "a deployment goes back, or brings a revert or hotfix".into(),
        source: deliveries.source(),
        ..share(window, hits, all)
    };
    Ok(floor(measured, "repairs that do not call themselves so do not show"))
}

/// From commit to published release: the median. It stands in where tags do not tell when they were made.
pub(super) fn published_lead_time(deliveries: &Deliveries<'_>) -> Result<Measured, Gap> {
    let history = deliveries.history()?;
    let published = deliveries.forge.published()?;
    let changes = deliveries.changes();
    let window = Window { from: history.start(), to: history.end.max(deliveries.forge.now()) };
    let releases = history.releases()?;
    let arrived: Vec<Arrival> = releases
        .iter()
        .map(|release| {
            let at = published.get(&release.name).copied();
            Arrival { commit: release.commit, time: at.unwrap_or(release.time), counts: at.is_some_and(|at| window.holds(at)) }
        })
        .collect();
    let first = |landing: &Landing| changes.of(history, landing).map(|change| change.first);
    let measured = arrivals(history, &arrived, window, &first)
        .ok_or_else(|| gap("no published release of the window brought a change", "attest the answer"))?;
    Ok(Measured {
        starts: "the change's first commit is written, or its pull request opened".into(),
        ends: "the first release that contains it is published".into(),
        source: format!("releases of {}, {} of them", deliveries.forge.repository, count(published.len())),
        ..measured
    })
}
