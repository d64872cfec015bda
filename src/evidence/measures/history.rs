//! What the history of the default branch tells by itself.

use std::collections::BTreeSet;

use super::{Measured, Window, count, floor, frequency, median, share, without_negative};
use crate::definition::words::Role;
use crate::evidence::Gap;
use crate::evidence::history::{DAY, History, Kind, Landing, Release, WINDOW_DAYS, gap};
use crate::evidence::roles::role_of;

/// The newest landings whose size is read: each costs a comparison of two trees.
const MOST_SIZES: usize = 1000;
const SOURCE: &str = "git history of the default branch";

fn window(history: &History<'_>) -> Window {
    Window { from: history.start(), to: history.end }
}

fn none_landed() -> Gap {
    gap(format!("nothing landed on the default branch in its last {WINDOW_DAYS} days"), "run the audit where people work")
}

/// The changes of the window, and what was left out.
fn changes<'h>(history: &'h History<'_>) -> (Vec<&'h Landing>, Vec<String>) {
    let is_change = history.is_change();
    let (changes, rest): (Vec<&Landing>, Vec<&Landing>) = history.recent().partition(|landing| is_change(landing));
    let bots = rest.iter().filter(|landing| landing.bot).count();
    let direct = rest.len() - bots;
    let mut notes = Vec::new();
    if bots > 0 {
        notes.push(format!("{bots} by bots left out"));
    }
    if direct > 0 {
        notes.push(format!("{direct} pushed past review left out"));
    }
    (changes, notes)
}

/// Lines per change: the median.
pub(super) fn batch_size(history: &History<'_>) -> Result<Measured, Gap> {
    let (changes, mut notes) = changes(history);
    if changes.is_empty() {
        return Err(none_landed());
    }
    let wanted: BTreeSet<&str> = changes.iter().map(|change| history.commits[change.commit].id.as_str()).collect();
    let sizes = history
        .git
        .sizes(&history.tip, history.start(), MOST_SIZES)
        .map_err(|why| gap(why, "make `git log --numstat` work in this directory, then run the audit again"))?;
    let mut observed = Vec::new();
    let mut machine = 0;
    for (id, files) in sizes.iter().filter(|(id, _)| wanted.contains(id.as_str())) {
        let by_hand: Vec<u64> = files.iter().filter(|(path, _)| is_by_hand(path)).map(|(_, lines)| *lines).collect();
        let time = history.find(id).map_or(history.end, |at| history.commits[at].time);
        if by_hand.is_empty() {
            machine += 1;
        } else {
            observed.push((time, by_hand.iter().sum::<u64>() as f64));
        }
    }
    if machine > 0 {
        notes.push(format!("{machine} without a line written by hand left out"));
    }
    if changes.len() > observed.len() + machine {
        notes.push(format!("only the newest {} were read", observed.len() + machine));
    }
    let measured = median(window(history), &observed).ok_or_else(none_landed)?;
    Ok(Measured {
        of: "change".into(),
        ends: "lines added and removed by a change, without generated and lock files".into(),
        source: SOURCE.into(),
        notes,
        ..measured
    })
}

/// A file whose lines people write.
fn is_by_hand(path: &str) -> bool {
    const LOCKS: [&str; 16] = [
        "package-lock.json",
        "npm-shrinkwrap.json",
        "pnpm-lock.yaml",
        "bun.lockb",
        "go.sum",
        "go.work.sum",
        "gems.locked",
        "packages.lock.json",
        "project.assets.json",
        "gradle.lockfile",
        "verification-metadata.xml",
        "pylock.toml",
        ".pnp.cjs",
        ".pnp.loader.mjs",
        "Package.resolved",
        "conda-lock.yml",
    ];
    let name = path.rsplit('/').next().unwrap_or_default();
    let lock = name.ends_with(".lock") || name.ends_with(".lockfile") || LOCKS.contains(&name);
    !lock && !matches!(role_of(path), Role::Generated | Role::Vendored)
}

/// Days of a week on which something landed: more often than that it cannot have been deployed, if each landing is.
pub(super) fn landing_days(history: &History<'_>) -> Result<Measured, Gap> {
    let window = window(history);
    let landed: Vec<i64> = history.recent().filter(|landing| !landing.bot).map(|landing| landing.time).collect();
    if landed.is_empty() {
        return Err(none_landed());
    }
    // Days are counted back from the newest landing, so that the window has whole ones.
    let days: BTreeSet<i64> = landed.iter().map(|time| (window.to - time) / DAY).filter(|day| *day < WINDOW_DAYS).collect();
    let share = share(window, days.len(), usize::try_from(WINDOW_DAYS).unwrap_or(usize::MAX));
    let firsts: Vec<(i64, f64)> = days.iter().map(|day| (window.to - day * DAY, 1.0)).collect();
    Ok(Measured {
        amount: share.amount * 7.0,
        low: share.low.map(|low| low * 7.0),
        high: share.high.map(|high| high * 7.0),
        sample: count(days.len()),
        statistic: "days per week".into(),
        of: "day".into(),
        ends: "a day on which a change lands on the default branch".into(),
        source: SOURCE.into(),
        weeks: window.by_week(&firsts, |week| Some(week.len() as f64)),
        ..share
    })
}

/// How long the oldest change that no release contains has been waiting.
pub(super) fn unreleased_age(history: &History<'_>) -> Result<Measured, Gap> {
    let releases = history.releases()?;
    let mut seen = vec![false; history.commits.len()];
    for release in &releases {
        history.unseen_from(release.commit, &mut seen);
    }
    let waiting: Vec<&Landing> = history.landings.iter().filter(|landing| landing.kind != Kind::Sync && !seen[landing.commit]).collect();
    let oldest = waiting.iter().map(|landing| landing.time).min().unwrap_or(history.end);
    let age = (history.end - oldest) as f64;
    Ok(Measured {
        amount: age,
        low: Some(age),
        high: Some(age),
        sample: count(waiting.len()),
        of: "landing".into(),
        statistic: "age of the oldest".into(),
        interval: "none: it is counted, not sampled".into(),
        window: window(history).days(),
        starts: "the oldest landing that no release contains".into(),
        ends: "the newest landing".into(),
        source: format!("{SOURCE}, after tag {}", releases.last().map(|release| release.name.as_str()).unwrap_or_default()),
        ..Measured::default()
    })
}

/// The share of landings that took another back.
pub(super) fn revert_rate(history: &History<'_>) -> Result<Measured, Gap> {
    let window = window(history);
    let landed: Vec<usize> = history.recent().map(|landing| landing.commit).collect();
    if landed.is_empty() {
        return Err(none_landed());
    }
    let by = |by: usize| history.landing_of(by).filter(|landing| window.holds(landing.time)).map(|landing| landing.commit);
    let took_back: BTreeSet<usize> = history.reverts().iter().filter_map(|revert| by(revert.by)).filter(|by| landed.contains(by)).collect();
    let measured = Measured {
        of: "landing".into(),
        ends: "a landing that takes an earlier one back and is not taken back itself".into(),
        source: format!("{SOURCE}, reverts"),
        ..share(window, took_back.len(), landed.len())
    };
    Ok(floor(measured, "only failures that were reverted in git show: repairs going forward and rollbacks do not"))
}

/// From a landing to the landing that takes it back: the median.
pub(super) fn revert_time(history: &History<'_>) -> Result<Measured, Gap> {
    let window = window(history);
    let times = |revert: &crate::evidence::history::Revert| {
        let (by, of) = (history.landing_of(revert.by)?, history.landing_of(revert.of?)?);
        window.holds(by.time).then_some((by.time, (by.time - of.time) as f64))
    };
    let (observed, notes) = without_negative(history.reverts().iter().filter_map(times).collect());
    let none =
        || gap("no change of the window was reverted and said what it reverted", "--forge reads failed deployments; or attest the answer");
    let measured = median(window, &observed).ok_or_else(none)?;
    let measured = Measured {
        of: "revert".into(),
        starts: "the change lands on the default branch".into(),
        ends: "its revert lands there".into(),
        source: format!("{SOURCE}, reverts"),
        notes,
        ..measured
    };
    Ok(floor(measured, "the revert had still to be deployed"))
}

/// Release tags per week.
pub(super) fn release_frequency(history: &History<'_>) -> Result<Measured, Gap> {
    let releases = history.releases()?;
    let times: Vec<i64> =
        releases.iter().filter(|release| history.is_recent(release)).map(|release| release.time.min(history.end)).collect();
    let measured = Measured {
        of: "release".into(),
        ends: "a release is tagged".into(),
        source: tagged(&releases),
        ..frequency(window(history), &times)
    };
    Ok(floor(measured, "what is deployed without a tag does not show"))
}

fn tagged(releases: &[Release]) -> String {
    format!("release tags, newest {}", releases.last().map(|release| release.name.as_str()).unwrap_or_default())
}

/// From commit to release tag: the median over the changes that a release was the first to contain.
pub(super) fn release_lead_time(history: &History<'_>) -> Result<Measured, Gap> {
    let releases = history.releases()?;
    if !releases.iter().any(|release| release.is_dated && history.is_recent(release)) {
        return Err(gap(
            "the release tags are lightweight: they do not tell when they were made",
            "tag with git tag -a, or let --forge read deployments and published releases",
        ));
    }
    let arrived: Vec<Arrival> = releases
        .iter()
        .map(|release| Arrival { commit: release.commit, time: release.time, counts: release.is_dated && history.is_recent(release) })
        .collect();
    let window = Window { from: history.start(), to: releases.last().map_or(history.end, |release| release.time.max(history.end)) };
    let none = || gap("the releases of the window have no release before them, or brought no change", "git fetch --tags; or --forge");
    let measured = arrivals(history, &arrived, window, &|_| None).ok_or_else(none)?;
    Ok(Measured {
        starts: "the oldest commit of the change is written".into(),
        ends: "the first release that contains it is tagged".into(),
        source: tagged(&releases),
        ..measured
    })
}

/// A commit that reached its users.
pub(super) struct Arrival {
    /// The commit, by its place in the history.
    pub(super) commit: usize,
    /// When it did, seconds since 1970.
    pub(super) time: i64,
    /// Whether what came with it is measured.
    pub(super) counts: bool,
}

/// How long changes took to the first arrival that contains them, for arrivals oldest first: the median. `first` tells from elsewhere when work on
/// a change began. What the first of all arrivals brought cannot be told from what came before it.
pub(super) fn arrivals(
    history: &History<'_>,
    arrived: &[Arrival],
    window: Window,
    first: &dyn Fn(&Landing) -> Option<i64>,
) -> Option<Measured> {
    let is_change = history.is_change();
    let mut seen = vec![false; history.commits.len()];
    let (mut observed, mut hidden, mut told) = (Vec::new(), 0_usize, BTreeSet::new());
    for (number, arrival) in arrived.iter().enumerate() {
        let came = history.unseen_from(arrival.commit, &mut seen);
        for at in came.into_iter().filter(|_| number > 0 && arrival.counts) {
            let Some(change) = history.landing_of(at).filter(|change| is_change(change) && told.insert(change.commit)) else { continue };
            let elsewhere = first(change);
            hidden += usize::from(change.kind == Kind::Squash && elsewhere.is_none());
            let began = elsewhere.map_or(change.first, |first| first.min(change.first));
            observed.push((arrival.time, (arrival.time - began) as f64));
        }
    }
    let all = observed.len();
    let (observed, notes) = without_negative(observed);
    let measured = Measured { of: "change".into(), notes, ..median(window, &observed)? };
    Some(if hidden * 10 > all {
        floor(measured, "squashed changes hide when their work began: they count from their landing")
    } else {
        measured
    })
}
