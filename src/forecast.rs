//! The days ahead: what the score will be when waivers and attestations lapse and nothing else changes.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::config::Config;
use crate::report::{Forecast, Report};

/// Days that are looked ahead.
pub const DAYS: i32 = 90;

/// The days within [`DAYS`] after `today` on which the score is another than before, each with its report, earliest first.
/// `report_on` judges the same evidence for a day; `wants` says which checks were asked for.
pub fn ahead(
    config: &Config,
    today: Date,
    wants: &dyn Fn(&str) -> bool,
    now: &Report,
    report_on: &dyn Fn(Date) -> Report,
) -> Vec<(Forecast, Report)> {
    let mut score = now.score;
    let mut all = Vec::new();
    for (date, because) in events(config, today, wants) {
        let report = report_on(date);
        if report.score != score {
            score = report.score;
            all.push((Forecast { date: date.to_string(), score, because: because.join("; ") }, report));
        }
    }
    all
}

/// What happens on which day: a waiver or attestation holds on its last day, and no more on the next.
fn events(config: &Config, today: Date, wants: &dyn Fn(&str) -> bool) -> BTreeMap<Date, Vec<String>> {
    let mut events: BTreeMap<Date, Vec<String>> = BTreeMap::new();
    let last = today.checked_add(DAYS.days()).unwrap_or(Date::MAX);
    let mut add = |date: Date, words: String| {
        let list = events.entry(date).or_default();
        if !list.contains(&words) {
            list.push(words);
        }
    };
    for (waiver, until) in &config.waivers {
        let name = waiver.check.as_deref().or(waiver.finding.as_deref()).unwrap_or_default();
        if waiver.check.as_deref().is_none_or(wants) && *until >= today {
            until.tomorrow().into_iter().for_each(|day| add(day, format!("the waiver of {name} lapses")));
        }
    }
    for (attestation, on, lapses) in config.attestations.iter().filter(|(attestation, ..)| wants(&attestation.check)) {
        let (check, by) = (&attestation.check, &attestation.by);
        if *on > today {
            add(*on, format!("the attestation of {check} by {by} begins"));
        }
        if *lapses >= today {
            lapses.tomorrow().into_iter().for_each(|day| add(day, format!("the attestation of {check} by {by} lapses")));
        }
    }
    events.retain(|date, _| *date > today && *date <= last);
    events
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::{Attestation, Waiver};

    #[test]
    fn a_last_day_still_counts_and_far_days_are_left_out() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let waiver = |check: &str, until: &str| (Waiver { check: Some(check.into()), ..Waiver::default() }, day(until));
        let attestation = Attestation { check: "a/d".into(), by: "Mia".into(), ..Attestation::default() };
        let config = Config {
            waivers: vec![
                waiver("a/b", "2026-06-01"),
                waiver("a/c", "2026-08-30"),
                waiver("a/x", "2026-08-29"),
                waiver("a/y", "2026-05-31"),
            ],
            attestations: vec![(attestation, day("2026-06-10"), day("2026-07-10"))],
            ..Config::default()
        };
        let found = events(&config, day("2026-06-01"), &|check| check != "a/no");
        let days: Vec<String> = found.iter().map(|(date, words)| format!("{date} {}", words.join("; "))).collect();
        assert_eq!(
            days,
            [
                "2026-06-02 the waiver of a/b lapses",
                "2026-06-10 the attestation of a/d by Mia begins",
                "2026-07-11 the attestation of a/d by Mia lapses",
                "2026-08-30 the waiver of a/x lapses",
            ]
        );
        assert_eq!(events(&config, day("2026-06-01"), &|check| check == "a/b").len(), 1);
    }
}
