//! One line of a history: what an audit came to, small enough to keep for years.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Counts, Report, Score};

/// The version of this shape. Fields may be added within a version; none is renamed or removed.
pub const HISTORY_VERSION: u32 = 1;

/// An audit in the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Always 1 in this version.
    pub schema_version: u32,
    /// The day for which it was judged, `YYYY-MM-DD`.
    pub at: String,
    /// The audited path as given.
    pub path: String,
    /// The commit.
    pub revision: Option<String>,
    /// Version of the `audit` binary.
    pub audit_version: String,
    /// Version of the catalogue of checks.
    pub catalogue_version: String,
    /// False when something could not be looked at.
    pub complete: bool,
    /// The total, in points.
    pub score: Score,
    /// Scores of the categories that have one.
    pub categories: BTreeMap<String, Score>,
    /// How many checks stand where.
    pub counts: Counts,
}

impl Record {
    /// What is kept of a report.
    pub fn of(report: &Report) -> Record {
        Record {
            schema_version: HISTORY_VERSION,
            at: report.at.clone(),
            path: report.subject.path.clone(),
            revision: report.subject.revision.clone(),
            audit_version: report.audit_version.clone(),
            catalogue_version: report.catalogue_version.clone(),
            complete: report.complete,
            score: report.score,
            categories: report.categories.iter().filter_map(|category| Some((category.id.clone(), category.score?))).collect(),
            counts: report.counts,
        }
    }
}
