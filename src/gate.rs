//! The gate: what was asked of an audit, and whether it holds. Pure; whoever runs the audit turns the answers into an exit code.

use globset::GlobMatcher;

use crate::config::FailOn;
use crate::definition::words::Severity;
use crate::ledger::{Ledger, category_of};
use crate::report::comparison::Comparison;
use crate::report::{Check, CheckKind, Forecast, Next, Report, Requirement, Standing};

/// One thing that is asked.
#[derive(Debug, Clone)]
pub enum Rule {
    /// The least `proven` of the total, or of a category, in points.
    Proven {
        /// The category; the total where there is none.
        of: Option<String>,
        /// Points, 0 to 100.
        least: f64,
    },
    /// The least `possible` of the total, in points.
    Possible {
        /// Points, 0 to 100.
        least: f64,
    },
    /// No matching practice is short or unmet, no matching hazard has findings.
    On {
        /// As it was written.
        written: FailOn,
        /// The checks it is about.
        checks: GlobMatcher,
    },
    /// Nothing got worse since the report that is compared with.
    NoRegression,
}

/// Everything that is asked.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    /// The rules, in the order in which they are told.
    pub rules: Vec<Rule>,
    /// Whether what is unknown counts as if it were not there.
    pub strict: bool,
}

impl Gate {
    /// The answer to each rule. `later` are the days ahead with their reports: they tell until when a rule holds.
    pub fn judge(&self, report: &Report, later: &[(Forecast, Report)]) -> Vec<Requirement> {
        self.rules.iter().map(|rule| self.requirement(rule, report, later)).collect()
    }

    fn requirement(&self, rule: &Rule, report: &Report, later: &[(Forecast, Report)]) -> Requirement {
        let answer = self.answer(rule, report);
        let falls = || later.iter().find(|(_, then)| !self.answer(rule, then).holds).map(|(forecast, _)| forecast.date.clone());
        let ahead = !matches!(rule, Rule::NoRegression) && answer.holds;
        Requirement {
            rule: rule.written(),
            until: if ahead { falls() } else { None },
            smallest: if answer.holds { Vec::new() } else { self.smallest(rule, report) },
            holds: answer.holds,
            found: answer.found,
        }
    }

    fn answer(&self, rule: &Rule, report: &Report) -> Answer {
        match rule {
            Rule::Proven { of: None, least } => Answer::at_least("proven", report.score.proven, *least),
            Rule::Proven { of: Some(id), least } => {
                let score = report.categories.iter().find(|category| category.id == *id).and_then(|category| category.score);
                let nothing = || Answer { holds: true, found: format!("nothing of {id} applies or was asked for") };
                score.map_or_else(nothing, |score| Answer::at_least(&format!("proven {id}"), score.proven, *least))
            }
            Rule::Possible { least } if self.strict => {
                Answer::at_least("proven (--strict: nothing unseen counts)", report.score.proven, *least)
            }
            Rule::Possible { least } => Answer::at_least("possible", report.score.possible, *least),
            Rule::On { written, checks } => {
                let failing: Vec<String> = self.failing(report, written, checks).map(|check| why(check, written.severity)).collect();
                let found = if failing.is_empty() { "all matching checks hold".to_owned() } else { failing.join("; ") };
                Answer { holds: failing.is_empty(), found }
            }
            Rule::NoRegression => regression(report.comparison.as_ref()),
        }
    }

    fn failing<'a>(&'a self, report: &'a Report, written: &'a FailOn, checks: &'a GlobMatcher) -> impl Iterator<Item = &'a Check> {
        report.checks.iter().filter(|check| checks.is_match(&check.id)).filter(|check| match (check.standing, check.kind) {
            (Standing::Unknown, _) => self.strict,
            (Standing::Short, CheckKind::Hazard) => {
                check.findings.iter().any(|finding| written.severity.is_none_or(|least| finding.severity >= least))
            }
            (Standing::Short | Standing::Unmet, _) => true,
            (Standing::Met | Standing::NotApplicable | Standing::Waived, _) => false,
        })
    }

    /// The fewest checks that make a rule hold, each with what it is worth there.
    fn smallest(&self, rule: &Rule, report: &Report) -> Vec<Next> {
        let ledger = Ledger::of(report);
        let (of, least, possible) = match rule {
            Rule::Proven { of, least } => (of.as_deref(), *least, false),
            Rule::Possible { least } => (None, *least, !self.strict),
            Rule::On { written, checks } => {
                let failing = self.failing(report, written, checks);
                return failing.map(|check| step(check, ledger.points(&check.id, true) * (1.0 - end(check, false)))).collect();
            }
            Rule::NoRegression => return Vec::new(),
        };
        let end_now = |score: crate::score::Score| 100.0 * if possible { score.possible() } else { score.proven() };
        let now = of.map_or_else(|| Some(ledger.total()), |id| ledger.category(id)).map_or(0.0, end_now);
        // A score is rounded to tenths before it is held against the rule.
        let missing = least - 0.05 - now;
        let inside = report.checks.iter().filter(|check| of.is_none_or(|id| category_of(&check.id) == id));
        let steps = inside.map(|check| step(check, ledger.points(&check.id, of.is_none()) * (1.0 - end(check, possible))));
        fewest(steps.filter(|step| step.gain > 1e-9).collect(), missing)
    }
}

/// Where a check stands, 0 to 1.
fn end(check: &Check, possible: bool) -> f64 {
    check.score.map_or(1.0, |score| if possible { score.possible } else { score.proven })
}

fn step(check: &Check, gain: f64) -> Next {
    let words = check.next.clone().unwrap_or_else(|| format!("see `audit explain {}`", check.id));
    Next { check: check.id.clone(), gain: (gain * 100.0).round() / 100.0, step: words }
}

/// As few steps as possible; among as few, the last is the smallest that suffices.
fn fewest(mut steps: Vec<Next>, missing: f64) -> Vec<Next> {
    steps.sort_by(|a, b| b.gain.total_cmp(&a.gain).then_with(|| a.check.cmp(&b.check)));
    let mut gained = 0.0;
    let Some(last) = steps.iter().position(|step| {
        gained += step.gain;
        gained >= missing
    }) else {
        return steps;
    };
    let before = gained - steps[last].gain;
    let smallest = steps.iter().rposition(|step| before + step.gain >= missing).unwrap_or(last);
    steps.swap(last, smallest);
    steps.truncate(last + 1);
    steps
}

struct Answer {
    holds: bool,
    found: String,
}

impl Answer {
    fn at_least(what: &str, value: f64, least: f64) -> Answer {
        let holds = value >= least;
        let found = if holds { format!("{what} is {value}") } else { format!("{what} is {value}, below the {least} that is asked for") };
        Answer { holds, found }
    }
}

fn regression(comparison: Option<&Comparison>) -> Answer {
    match comparison {
        None => Answer { holds: true, found: "there is nothing to compare with".into() },
        Some(comparison) if comparison.regressions.is_empty() => Answer { holds: true, found: "nothing got worse".into() },
        Some(comparison) => Answer { holds: false, found: comparison.regressions.join("; ") },
    }
}

/// Why a check fails a `--fail-on`, in words.
fn why(check: &Check, severity: Option<Severity>) -> String {
    let counted = check.findings.iter().filter(|finding| severity.is_none_or(|least| finding.severity >= least)).count();
    let level = severity.map(|severity| format!(" at {} or above", severity.word())).unwrap_or_default();
    match (check.standing, counted) {
        (Standing::Short, 1) => format!("{} has a finding{level}", check.id),
        (Standing::Short, count) if count > 1 => format!("{} has {count} findings{level}", check.id),
        (Standing::Short, _) => format!(
            "{} is {}, want {}",
            check.id,
            check.level.map_or("short", |level| level.word()),
            check.want.map_or("more", |want| want.word())
        ),
        (Standing::Unknown, _) => format!("{} is unknown, and --strict counts that as not there", check.id),
        _ => format!("{} is unmet", check.id),
    }
}

impl Rule {
    /// As it is written on the command line.
    fn written(&self) -> String {
        match self {
            Rule::Proven { of: None, least } => format!("--fail-under {least}"),
            Rule::Proven { of: Some(id), least } => format!("--fail-under {id}={least}"),
            Rule::Possible { least } => format!("--fail-under-possible {least}"),
            Rule::On { written, .. } => format!("--fail-on {written}"),
            Rule::NoRegression => "--fail-on-regression".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn next(check: usize, gain: f64) -> Next {
        Next { check: format!("a/{check}"), gain, step: String::new() }
    }

    #[test]
    fn the_last_step_is_the_smallest_that_suffices() {
        let steps = [5.0, 4.0, 2.0, 1.0].iter().enumerate().map(|(index, gain)| next(index, *gain)).collect::<Vec<_>>();
        let gains = |missing: f64| fewest(steps.clone(), missing).iter().map(|step| step.gain).collect::<Vec<_>>();
        assert_eq!(gains(6.0), [5.0, 1.0]);
        assert_eq!(gains(6.5), [5.0, 2.0]);
        assert_eq!(gains(0.5), [1.0]);
        assert_eq!(gains(12.0), [5.0, 4.0, 2.0, 1.0]);
        assert_eq!(gains(99.0).len(), 4);
    }

    proptest! {
        #[test]
        fn no_smaller_set_suffices(gains in prop::collection::vec(0.1..10.0, 1..9), share in 0.01..1.0) {
            let all: f64 = gains.iter().sum();
            let missing = all * share;
            let steps: Vec<Next> = gains.iter().enumerate().map(|(index, gain)| next(index, *gain)).collect();
            let chosen = fewest(steps, missing);
            prop_assert!(chosen.iter().map(|step| step.gain).sum::<f64>() >= missing - 1e-9);
            for set in 0_u32..1 << gains.len() {
                let sum: f64 = gains.iter().enumerate().filter(|(index, _)| set & (1 << index) != 0).map(|(_, gain)| gain).sum();
                prop_assert!(sum < missing || set.count_ones() as usize >= chosen.len());
            }
        }
    }
}
