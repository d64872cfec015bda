//! A report as an account: what each check is worth to the total, from the report alone. Comparing and gating ask here; the sums
//! are those of [`score`].

use std::collections::BTreeMap;

use crate::report::Report;
use crate::score::{self, Score};

/// What one check brings into the sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// Weight inside the category.
    pub weight: f64,
    /// 0 to 1; `None` when the check is outside the sum.
    pub score: Option<Score>,
}

/// All checks of a report with their weights.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// Entries by check.
    pub entries: BTreeMap<String, Entry>,
    /// Weights of categories; 1 where none is written.
    pub categories: BTreeMap<String, f64>,
}

/// The category of a check.
pub fn category_of(check: &str) -> &str {
    check.split('/').next().unwrap_or_default()
}

impl Ledger {
    /// The account of a report.
    pub fn of(report: &Report) -> Ledger {
        let entry = |check: &crate::report::Check| Entry {
            weight: check.weight,
            score: check.score.map(|score| Score::new(score.proven, score.possible)),
        };
        Ledger {
            entries: report.checks.iter().map(|check| (check.id.clone(), entry(check))).collect(),
            categories: report.categories.iter().map(|category| (category.id.clone(), category.weight)).collect(),
        }
    }

    fn weight(&self, category: &str) -> f64 {
        self.categories.get(category).copied().unwrap_or(1.0)
    }

    fn parts<'a>(&'a self, category: &'a str) -> impl Iterator<Item = (f64, Score)> + 'a {
        let inside = self.entries.iter().filter(move |(id, _)| category_of(id) == category);
        inside.filter_map(|(_, entry)| Some((entry.weight, entry.score?)))
    }

    fn scored(&self) -> BTreeMap<&str, Score> {
        let ids: std::collections::BTreeSet<&str> = self.entries.keys().map(|id| category_of(id)).collect();
        ids.into_iter().filter_map(|id| Some((id, self.category(id)?))).collect()
    }

    /// The score of a category, 0 to 1; `None` when nothing of it is in the sum.
    pub fn category(&self, id: &str) -> Option<Score> {
        score::weigh(self.parts(id))
    }

    /// The total, 0 to 1; unknown when nothing is in the sum.
    pub fn total(&self) -> Score {
        score::weigh(self.scored().into_iter().map(|(id, score)| (self.weight(id), score))).unwrap_or_else(Score::unknown)
    }

    /// What all of a check is worth in points of its category, or of the total.
    pub fn points(&self, check: &str, of_total: bool) -> f64 {
        let category = category_of(check);
        let Some(entry) = self.entries.get(check).filter(|entry| entry.score.is_some()) else { return 0.0 };
        let inside: f64 = self.parts(category).map(|(weight, _)| weight).sum();
        let all: f64 = self.scored().keys().map(|id| self.weight(id)).sum();
        let share = if of_total { self.weight(category) / all } else { 1.0 };
        let points = 100.0 * entry.weight / inside * share;
        if points.is_finite() { points } else { 0.0 }
    }
}
