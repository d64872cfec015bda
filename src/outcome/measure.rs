//! Judging a number: which of the values that a measure asks for answers it, and what its interval is worth.
//!
//! The interval of the value becomes an interval of the score. The check is met when all of it is at `full` or beyond, unmet when all of
//! it is at `none` or beyond, short when none of it is at `full`; else the number does not tell whether it is met, and the standing is unknown.

use jiff::civil::Date;

use super::{Outcome, Standing, blank};
use crate::config::Config;
use crate::definition::answer::Answer;
use crate::definition::catalogue::Check;
use crate::definition::written::Measure;
use crate::evidence::measures::{Measured, Reading, dimension};
use crate::evidence::{Dossier, Gap};
use crate::score::{self, Score};

/// A measured number in the unit of its check.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// The value's name.
    pub name: String,
    /// What it is measured in.
    pub unit: String,
    /// The number, in that unit.
    pub measured: Measured,
    /// Who vouches for it, and when, where nothing measured it.
    pub attested: Option<String>,
    /// The level of the published scale that it has.
    pub level: Option<String>,
    /// Further values, which are not scored.
    pub beside: Vec<Value>,
}

/// Judges a measure; `used` is told of the attestation that counts.
pub(super) fn measure(
    check: &Check,
    measure: &Measure,
    dossier: &Dossier,
    config: &Config,
    today: Date,
    used: &mut dyn FnMut(String),
) -> Outcome {
    let mut gaps = Vec::new();
    let measured = measure.value.iter().find_map(|name| large_enough(measure, name, dossier, &mut gaps));
    let is_closed = |value: &Value| value.measured.low.is_some() && value.measured.high.is_some();
    let answer = attested(check, measure, config, today, used).filter(|_| !measured.as_ref().is_some_and(is_closed));
    let value = match (measured, answer) {
        (Some(measured), Some(attested)) => Some(both(measured, attested, &mut gaps)),
        (measured, attested) => measured.or(attested),
    };
    let Some(mut value) = value else {
        return Outcome { standing: Standing::Unknown, score: Some(Score::unknown()), gaps, ..blank(&check.id) };
    };
    let scale = measure.published.as_ref().map(|scale| format!("{scale}: ")).unwrap_or_default();
    value.level = measure.level_of(value.measured.amount).map(|level| format!("{scale}{}", level.says));
    value.beside = measure.beside.iter().filter_map(|name| beside(name, dossier)).collect();
    let score = worth(measure, &value.measured);
    let standing = match (score.proven() >= 1.0, score.possible() <= 0.0, score.possible() >= 1.0) {
        (true, ..) => Standing::Full,
        (_, true, _) => Standing::Unmet,
        (_, _, false) => Standing::Partly,
        _ => Standing::Unknown,
    };
    if standing == Standing::Unknown {
        gaps.insert(0, undecided(measure, &value));
    } else {
        gaps.clear();
    }
    Outcome { standing, score: Some(score), value: Some(Box::new(value)), gaps, ..blank(&check.id) }
}

/// The score of everything between the two ends. An open end may be anything: nothing below, without limit above.
fn worth(measure: &Measure, measured: &Measured) -> Score {
    let share = |amount: f64| score::measure(amount, measure.full, measure.none, measure.scale);
    let (a, b) = (share(measured.low.unwrap_or(0.0)), share(measured.high.unwrap_or(f64::INFINITY)));
    Score::new(a.min(b), a.max(b))
}

fn large_enough(measure: &Measure, name: &str, dossier: &Dossier, gaps: &mut Vec<Gap>) -> Option<Value> {
    match dossier.values.get(name) {
        Some(Reading::Measured(found)) if found.sample >= measure.sample => converted(name, &measure.unit, found),
        Some(Reading::Measured(found)) => {
            gaps.push(Gap {
                what: name.replace('-', " "),
                why: format!(
                    "only {} {}{} in the window, {} are needed",
                    found.sample,
                    found.of,
                    if found.sample == 1 { "" } else { "s" },
                    measure.sample
                ),
                next: "measure again when there are more, or attest the answer".into(),
            });
            None
        }
        Some(Reading::Unseen(gap)) => {
            gaps.push(gap.clone());
            None
        }
        None => {
            gaps.push(Gap {
                what: "this dossier".into(),
                why: "it was made by a catalogue that did not measure this".into(),
                next: "run the audit again with this version".into(),
            });
            None
        }
    }
}

fn converted(name: &str, unit: &str, found: &Measured) -> Option<Value> {
    let factor = dimension(name)?.factor(unit)?;
    let mut measured = found.clone();
    measured.amount /= factor;
    measured.low = measured.low.map(|low| low / factor);
    measured.high = measured.high.map(|high| high / factor);
    measured.further.values_mut().for_each(|amount| *amount /= factor);
    measured.weeks.iter_mut().filter_map(|week| week.amount.as_mut()).for_each(|amount| *amount /= factor);
    Some(Value { name: name.to_owned(), unit: unit.to_owned(), measured, attested: None, level: None, beside: Vec::new() })
}

/// A further value in a unit that suits its size.
fn beside(name: &str, dossier: &Dossier) -> Option<Value> {
    let Some(Reading::Measured(found)) = dossier.values.get(name) else { return None };
    let long = found.amount >= 2.0 * 86_400.0;
    let units = ["%", "per week", "lines", if long { "days" } else { "h" }];
    units.into_iter().find_map(|unit| converted(name, unit, found))
}

fn undecided(measure: &Measure, value: &Value) -> Gap {
    let measured = &value.measured;
    let end = |end: Option<f64>, word: &str| {
        end.map_or_else(|| format!("no {word} end"), |end| format!("{end:.3}").trim_end_matches('0').trim_end_matches('.').to_owned())
    };
    let range = format!("{} to {}", end(measured.low, "lower"), end(measured.high, "upper"));
    let why = match &measured.floor {
        Some(why) => format!("it can only be too small: {why}"),
        None => format!("its interval, {range} {}, holds values on both sides of {}", measure.unit, measure.full),
    };
    let next = if measured.floor.is_some() {
        "--forge reads what the forge recorded; or attest the answer"
    } else {
        "more observations narrow it; or attest the answer"
    };
    Gap { what: value.name.replace('-', " "), why, next: next.into() }
}

/// The answer that a person vouches for, as a value without observations.
fn attested(check: &Check, measure: &Measure, config: &Config, today: Date, used: &mut dyn FnMut(String)) -> Option<Value> {
    let holds = |on: Date, lapses: Date| on <= today && today <= lapses;
    let mut all = config.attestations.iter().filter(|(attestation, on, lapses)| attestation.check == check.id && holds(*on, *lapses));
    let (attestation, on, _) = all.next()?;
    let words = attestation.answer.as_ref()?;
    let Answer { low, high } = measure.answer(words)?;
    used(check.id.clone());
    // Of the two ends the one that is worth less stands for the answer; an end that is not there cannot.
    let worse = if measure.full < measure.none { high.or(low) } else { low.or(high) };
    let measured = Measured {
        amount: worse.unwrap_or_default(),
        low: low.or(Some(0.0)),
        high,
        statistic: "attested".into(),
        interval: "the range of the answer".into(),
        ends: words.clone(),
        source: "audit.toml".into(),
        ..Measured::default()
    };
    let by = format!("{} on {on}, holds for {}", attestation.by, attestation.every);
    let (name, unit) = (measure.value.iter().next().cloned().unwrap_or_default(), measure.unit.clone());
    Some(Value { name, unit, measured, attested: Some(by), level: None, beside: Vec::new() })
}

/// An open measurement and an answer: the answer closes it, unless they contradict each other.
fn both(measured: Value, answer: Value, gaps: &mut Vec<Gap>) -> Value {
    let least = measured.measured.low.unwrap_or(0.0);
    if answer.measured.high.is_some_and(|high| high < least) {
        gaps.push(Gap {
            what: "the attested answer".into(),
            why: format!("\"{}\" was attested, but at least {least:.3} {} was measured", answer.measured.ends, measured.unit),
            next: "look into it and correct the attestation in audit.toml".into(),
        });
        return measured;
    }
    let low = answer.measured.low.unwrap_or(0.0).max(least);
    Value { measured: Measured { amount: answer.measured.amount.max(low), low: Some(low), ..answer.measured.clone() }, ..answer }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::words::Scale;
    use proptest::prelude::*;

    fn ask(full: f64, none: f64, scale: Scale) -> Measure {
        Measure {
            value: "batch-size".into(),
            unit: "lines".into(),
            full,
            none,
            scale,
            sample: 6,
            beside: Vec::new(),
            published: None,
            level: Vec::new(),
        }
    }

    proptest! {
        #[test]
        fn a_wider_interval_is_never_worth_more_for_sure(full in 0.1..50.0_f64, more in 0.1..50.0_f64, low in 0.0..100.0_f64, span in 0.0..100.0_f64, wider in 0.0..50.0_f64, swap: bool, log: bool) {
            let (full, none) = if swap { (full + more, full) } else { (full, full + more) };
            let measure = ask(full, none, if log { Scale::Logarithmic } else { Scale::Linear });
            let of = |low: f64, high: Option<f64>| worth(&measure, &Measured { low: Some(low), high, ..Measured::default() });
            let (narrow, wide, open) = (of(low, Some(low + span)), of((low - wider).max(0.0), Some(low + span + wider)), of(low, None));
            prop_assert!(wide.proven() <= narrow.proven() && narrow.possible() <= wide.possible());
            prop_assert!(open.proven() <= narrow.proven() && narrow.possible() <= open.possible());
        }

        #[test]
        fn a_floor_proves_nothing_where_less_is_better(low in 0.0..100.0_f64) {
            let measure = ask(5.0, 40.0, Scale::Linear);
            let score = worth(&measure, &Measured { low: Some(low), ..Measured::default() });
            prop_assert!(score.proven() == 0.0);
            prop_assert!((score.possible() - ((40.0 - low) / 35.0).clamp(0.0, 1.0)).abs() < 1e-9);
        }
    }
}
