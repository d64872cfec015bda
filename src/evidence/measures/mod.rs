//! Numbers with everything that is needed to judge them: from which event to which, over what time, of how many, and how sure.
//!
//! A definition asks for a value by name, as it asks for an analysis; what is not asked for is not measured. A value that cannot be told
//! is a gap that says why. Times are kept in seconds, shares as 0 to 1, counts as they are: the definition's unit is for people.
//!
//! Two sources answer: `history`, the default branch as git has it, and `deliveries`, what a forge recorded. Where a number can only be
//! too small (reverts are not all failures, a squash hides when its work began), it is a **floor**: its upper end stays open.

mod deliveries;
mod history;
pub mod interval;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Gap;
use super::world::World;

/// A number that was measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The number, in the unit of its [`Dimension`].
    pub amount: f64,
    /// The lower end of its interval; open where the sample does not bound it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The upper end of its interval; open where the sample does not bound it, or the number is a floor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// How many observations it rests on.
    pub sample: u32,
    /// What was observed: `change`, `deployment`.
    pub of: String,
    /// `median`, `share`, `count per week`.
    pub statistic: String,
    /// How the interval was made.
    pub interval: String,
    /// The first and the last day of the window.
    pub window: (String, String),
    /// The event at which it starts; empty where it has no length.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub starts: String,
    /// The event at which it ends, or that is counted.
    pub ends: String,
    /// Where it was read.
    pub source: String,
    /// Why it can only be too small, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<String>,
    /// What to know about it: what was left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Further statistics of the same observations: `p90`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub further: BTreeMap<String, f64>,
    /// The same number week by week, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weeks: Vec<Week>,
}

/// One week of a number.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Week {
    /// Its first day, `YYYY-MM-DD`.
    pub from: String,
    /// The number; absent for a week without observations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<f64>,
    /// How many observations.
    pub sample: u32,
}

/// A value that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// It was measured.
    Measured(Box<Measured>),
    /// It could not be.
    Unseen(Gap),
}

/// What kind of quantity a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// A time, in seconds.
    Time,
    /// A share, 0 to 1.
    Share,
    /// A number of events in a week.
    PerWeek,
    /// A number of lines.
    Lines,
}

impl Dimension {
    /// By what to multiply a unit to get this dimension's own; `None` where the unit is not one of it.
    pub fn factor(self, unit: &str) -> Option<f64> {
        let known: &[(&str, f64)] = match self {
            Dimension::Time => &[("s", 1.0), ("min", 60.0), ("h", 3600.0), ("days", 86_400.0)],
            Dimension::Share => &[("%", 0.01)],
            Dimension::PerWeek => &[("per week", 1.0)],
            Dimension::Lines => &[("lines", 1.0)],
        };
        known.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor)
    }
}

type Read = fn(&Facts<'_>) -> Result<Measured, Gap>;

/// Every value: its name, what kind of quantity it is, and how it is read.
const ALL: [(&str, Dimension, Read); 14] = [
    ("batch-size", Dimension::Lines, |facts| facts.history(history::batch_size)),
    ("landing-days", Dimension::PerWeek, |facts| facts.history(history::landing_days)),
    ("unreleased-age", Dimension::Time, |facts| facts.history(history::unreleased_age)),
    ("revert-rate", Dimension::Share, |facts| facts.history(history::revert_rate)),
    ("revert-time", Dimension::Time, |facts| facts.history(history::revert_time)),
    ("release-frequency", Dimension::PerWeek, |facts| facts.history(history::release_frequency)),
    ("release-lead-time", Dimension::Time, |facts| facts.history(history::release_lead_time)),
    ("push-to-production", Dimension::Time, |facts| facts.deliveries(deliveries::push_to_production)),
    ("deployment-lead-time", Dimension::Time, |facts| facts.deliveries(deliveries::lead_time)),
    ("deployment-frequency", Dimension::PerWeek, |facts| facts.deliveries(deliveries::frequency_of)),
    ("deployment-fail-rate", Dimension::Share, |facts| facts.deliveries(deliveries::fail_rate)),
    ("deployment-recovery-time", Dimension::Time, |facts| facts.deliveries(deliveries::recovery_time)),
    ("deployment-rework-rate", Dimension::Share, |facts| facts.deliveries(deliveries::rework_rate)),
    ("published-lead-time", Dimension::Time, |facts| facts.deliveries(deliveries::published_lead_time)),
];

/// The names of all values.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|(name, ..)| *name).collect()
}

/// What kind of quantity a value is.
pub fn dimension(name: &str) -> Option<Dimension> {
    ALL.iter().find(|(known, ..)| *known == name).map(|(_, dimension, _)| *dimension)
}

/// Reads the values that are asked for.
pub fn read(asked: &BTreeSet<String>, world: &World) -> BTreeMap<String, Reading> {
    if asked.is_empty() {
        return BTreeMap::new();
    }
    let facts = Facts { world, history: super::history::History::of(&world.git) };
    let known = ALL.iter().filter(|(name, ..)| asked.contains(*name));
    known
        .map(|(name, _, read)| {
            let reading = read(&facts).map_or_else(Reading::Unseen, |measured| Reading::Measured(Box::new(measured)));
            ((*name).to_owned(), reading)
        })
        .collect()
}

/// What a value may be read from.
struct Facts<'a> {
    world: &'a World,
    history: Result<super::history::History<'a>, Gap>,
}

impl Facts<'_> {
    fn history(&self, read: fn(&super::history::History<'_>) -> Result<Measured, Gap>) -> Result<Measured, Gap> {
        read(self.history.as_ref().map_err(Clone::clone)?)
    }

    fn deliveries(&self, read: fn(&deliveries::Deliveries<'_>) -> Result<Measured, Gap>) -> Result<Measured, Gap> {
        let forge = self.world.forge.as_ref().map_err(Clone::clone)?;
        read(&deliveries::Deliveries::of(forge, self.history.as_ref().ok()))
    }
}

/// A window of time, in seconds since 1970: after `from`, up to `to`.
#[derive(Debug, Clone, Copy)]
struct Window {
    from: i64,
    to: i64,
}

const WEEK: i64 = 7 * 86_400;

impl Window {
    fn holds(self, time: i64) -> bool {
        time > self.from && time <= self.to
    }

    fn weeks(self) -> f64 {
        (self.to - self.from) as f64 / WEEK as f64
    }

    fn days(self) -> (String, String) {
        (day(self.from), day(self.to))
    }

    /// The whole weeks of the window, oldest first, each with what `tell` makes of its observations.
    fn by_week(self, observed: &[(i64, f64)], tell: impl Fn(Vec<f64>) -> Option<f64>) -> Vec<Week> {
        let weeks = (self.to - self.from) / WEEK;
        (0..weeks)
            .map(|week| {
                let from = self.to - (weeks - week) * WEEK;
                let mut of_week: Vec<f64> =
                    observed.iter().filter(|(time, _)| *time > from && *time <= from + WEEK).map(|(_, amount)| *amount).collect();
                of_week.sort_by(f64::total_cmp);
                Week { from: day(from), sample: u32::try_from(of_week.len()).unwrap_or(u32::MAX), amount: tell(of_week) }
            })
            .collect()
    }
}

fn day(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds).ok();
    time.map(|time| time.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()).unwrap_or_default()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The median of some observations with its interval and the 90th percentile; `None` without any.
fn median(window: Window, observed: &[(i64, f64)]) -> Option<Measured> {
    let mut sorted: Vec<f64> = observed.iter().map(|(_, amount)| *amount).collect();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = interval::of_quantile(&sorted, 0.5);
    Some(Measured {
        amount: interval::quantile(&sorted, 0.5)?,
        low,
        high,
        sample: count(sorted.len()),
        statistic: "median".into(),
        interval: "95 %, order statistics".into(),
        window: window.days(),
        further: interval::quantile(&sorted, 0.9).map(|amount| ("p90".to_owned(), amount)).into_iter().collect(),
        weeks: window.by_week(observed, |week| interval::quantile(&week, 0.5)),
        ..Measured::default()
    })
}

/// Events in a window, per week.
fn frequency(window: Window, events: &[i64]) -> Measured {
    let events: Vec<(i64, f64)> = events.iter().filter(|time| window.holds(**time)).map(|time| (*time, 1.0)).collect();
    let number = count(events.len());
    let (low, high) = interval::of_count(number);
    Measured {
        amount: f64::from(number) / window.weeks(),
        low: Some(low / window.weeks()),
        high: Some(high / window.weeks()),
        sample: number,
        statistic: "count per week".into(),
        interval: "95 %, Poisson (Byar)".into(),
        window: window.days(),
        weeks: window.by_week(&events, |week| Some(week.len() as f64)),
        ..Measured::default()
    }
}

/// The share of some events that were hit.
fn share(window: Window, hits: usize, all: usize) -> Measured {
    let (hits, all) = (count(hits.min(all)), count(all));
    let (low, high) = interval::of_share(hits, all);
    Measured {
        amount: if all == 0 { 0.0 } else { f64::from(hits) / f64::from(all) },
        low: Some(low),
        high: Some(high),
        sample: all,
        statistic: format!("share, {hits} of {all}"),
        interval: "95 %, Wilson".into(),
        window: window.days(),
        ..Measured::default()
    }
}

/// Makes a number one that can only be too small.
fn floor(mut measured: Measured, why: &str) -> Measured {
    measured.high = None;
    measured.floor = Some(why.to_owned());
    measured
}

/// Splits off the times below nothing, which clocks and rewritten histories bring, and counts them.
fn without_negative(observed: Vec<(i64, f64)>) -> (Vec<(i64, f64)>, Vec<String>) {
    let all = observed.len();
    let kept: Vec<(i64, f64)> = observed.into_iter().filter(|(_, amount)| *amount >= 0.0).collect();
    let dropped = all - kept.len();
    (kept, (dropped > 0).then(|| format!("{dropped} that would end before they start were left out")).into_iter().collect())
}
