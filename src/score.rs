//! Scoring: pure arithmetic, published here and nowhere else.
//!
//! - practice: at or above `want` 1; below it declared 0.4, configured 0.75, exercised 0.9; nothing 0. A rung that could
//!   not be looked at leaves `possible` at the credit it would give.
//! - hazard: 1 minus the sum of severities (critical 1, high 0.5, medium 0.2, low 0.05), not below 0.
//! - measure: from 1 at `full` to 0 at `none`, in a straight line or by the logarithm.
//! - category: weighted mean over applicable checks; total: weighted mean of the categories that have one.
//!
//! The denominator depends on the subject and the catalogue alone, never on what happened to be reachable.

use crate::definition::words::{Level, Scale, Severity};

/// Two ends of a score, as a share: `0 <= proven <= possible <= 1`. There is no default: not knowing is `0..1`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    proven: f64,
    possible: f64,
}

impl Score {
    /// A score between two ends; they are brought into `0..=1` and into order, so that no score can be out of bounds.
    pub fn new(proven: f64, possible: f64) -> Score {
        let clean = |share: f64| if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        let proven = clean(proven);
        Score { proven, possible: clean(possible).max(proven) }
    }

    /// A score that is known.
    pub fn exactly(share: f64) -> Score {
        Score::new(share, share)
    }

    /// Nothing is known.
    pub fn unknown() -> Score {
        Score::new(0.0, 1.0)
    }

    /// What the evidence shows, 0 to 1.
    pub fn proven(self) -> f64 {
        self.proven
    }

    /// What it would be if everything unseen were good, 0 to 1.
    pub fn possible(self) -> f64 {
        self.possible
    }
}

/// The credit of a rung when `want` is asked for, 0 to 1.
pub fn credit(level: Level, want: Level) -> f64 {
    if level >= want {
        return 1.0;
    }
    match level {
        Level::Nothing => 0.0,
        Level::Declared => 0.4,
        Level::Configured => 0.75,
        Level::Exercised | Level::Observed => 0.9,
    }
}

/// The credit of a practice: what was reached, and the highest rung that could not be looked at.
pub fn practice(reached: Level, unseen: Option<Level>, want: Level) -> Score {
    let proven = credit(reached, want);
    Score::new(proven, unseen.map_or(proven, |level| credit(level, want).max(proven)))
}

/// What one finding takes away, 0 to 1.
pub fn harm(severity: Severity) -> f64 {
    match severity {
        Severity::Critical => 1.0,
        Severity::High => 0.5,
        Severity::Medium => 0.2,
        Severity::Low => 0.05,
    }
}

/// The score of a hazard. With `unread`, something relevant could not be read: nothing is proven, and what was found
/// bounds what is possible.
pub fn hazard(findings: impl Iterator<Item = Severity>, unread: bool) -> Score {
    let left = (1.0 - findings.map(harm).sum::<f64>()).max(0.0);
    if unread { Score::new(0.0, left) } else { Score::exactly(left) }
}

/// The share a measured value earns: 1 at `full`, 0 at `none`; `full` may be the larger or the smaller one.
pub fn measure(value: f64, full: f64, none: f64, scale: Scale) -> f64 {
    let place = |x: f64| match scale {
        Scale::Linear => x,
        Scale::Logarithmic => x.max(f64::MIN_POSITIVE).ln(),
    };
    let (value, full, none) = (place(value), place(full), place(none));
    if full == none { f64::from(value == full) } else { ((value - none) / (full - none)).clamp(0.0, 1.0) }
}

/// The weighted mean of scores; `None` when there is nothing to weigh.
pub fn weigh(parts: impl Iterator<Item = (f64, Score)>) -> Option<Score> {
    let (mut proven, mut possible, mut total) = (0.0, 0.0, 0.0);
    for (weight, score) in parts.filter(|(weight, _)| *weight > 0.0) {
        proven += weight * score.proven;
        possible += weight * score.possible;
        total += weight;
    }
    (total > 0.0).then(|| Score::new(proven / total, possible / total))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn level() -> impl Strategy<Value = Level> {
        prop::sample::select(vec![Level::Nothing, Level::Declared, Level::Configured, Level::Exercised, Level::Observed])
    }

    fn score() -> impl Strategy<Value = Score> {
        (0.0..=1.0, 0.0..=1.0).prop_map(|(a, b)| Score::new(a, b))
    }

    proptest! {
        #[test]
        fn scores_are_bounded_and_ordered(a in any::<f64>(), b in any::<f64>()) {
            let score = Score::new(a, b);
            prop_assert!(0.0 <= score.proven() && score.proven() <= score.possible() && score.possible() <= 1.0);
        }

        #[test]
        fn better_evidence_never_lowers_proven(a in level(), b in level(), want in level(), unseen in proptest::option::of(level())) {
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(practice(low, unseen, want).proven() <= practice(high, unseen, want).proven());
            prop_assert!(practice(low, unseen, want).possible() <= practice(high, unseen, want).possible());
        }

        #[test]
        fn looking_only_narrows(reached in level(), unseen in level(), want in level()) {
            prop_assert!(practice(reached, None, want).possible() <= practice(reached, Some(unseen), want).possible());
        }

        #[test]
        fn the_mean_does_not_depend_on_order(parts in prop::collection::vec((1.0..=10.0, score()), 1..20), seed in any::<u64>()) {
            let mut shuffled = parts.clone();
            let len = shuffled.len();
            for i in 0..len {
                shuffled.swap(i, (seed as usize).wrapping_mul(31).wrapping_add(i * 7) % len);
            }
            let (a, b) = (weigh(parts.into_iter()), weigh(shuffled.into_iter()));
            let (a, b) = (a.map(|s| (s.proven(), s.possible())), b.map(|s| (s.proven(), s.possible())));
            prop_assert!(a.zip(b).is_some_and(|(a, b)| (a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9));
        }

        #[test]
        fn a_better_part_never_lowers_the_mean(parts in prop::collection::vec((1.0..=10.0, score()), 1..20), at in any::<prop::sample::Index>()) {
            let before = weigh(parts.iter().copied());
            let mut better = parts.clone();
            let index = at.index(better.len());
            better[index].1 = Score::exactly(1.0);
            let after = weigh(better.into_iter());
            prop_assert!(before.zip(after).is_some_and(|(a, b)| a.proven() <= b.proven() + 1e-12));
        }

        #[test]
        fn a_measure_is_full_at_full_and_nothing_at_none(full in 0.1..100.0, more in 0.1..1000.0, at in 0.0..=1.0) {
            for scale in [Scale::Linear, Scale::Logarithmic] {
                let none = full + more;
                prop_assert!((measure(full, full, none, scale) - 1.0).abs() < 1e-9);
                prop_assert!(measure(none, full, none, scale).abs() < 1e-9);
                let between = measure(full + at * more, full, none, scale);
                prop_assert!((0.0..=1.0).contains(&between));
                prop_assert!((measure(none, none, full, scale) - 1.0).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn the_published_credits() {
        assert_eq!(credit(Level::Declared, Level::Configured), 0.4);
        assert_eq!(credit(Level::Configured, Level::Exercised), 0.75);
        assert_eq!(credit(Level::Exercised, Level::Observed), 0.9);
        assert_eq!(credit(Level::Configured, Level::Configured), 1.0);
        assert!((hazard([Severity::High, Severity::Medium].into_iter(), false).proven() - 0.3).abs() < 1e-9);
        assert_eq!(hazard([Severity::Critical, Severity::Low].into_iter(), false), Score::exactly(0.0));
        assert_eq!(hazard(std::iter::empty(), true), Score::unknown());
    }
}
