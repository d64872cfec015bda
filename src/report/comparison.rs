//! Two reports set side by side: what changed, and what each point of the change comes from. Plain data for renderers and
//! programs, with a version of its own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Score, Standing};
use crate::definition::words::{Kind, Level};

/// The version of this shape. Fields may be added within a version; none is renamed or removed.
pub const COMPARISON_VERSION: u32 = 1;

/// What changed between two audits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// Always 1 in this version.
    pub schema_version: u32,
    /// Version of the `audit` that compared.
    pub audit_version: String,
    /// The earlier audit.
    pub old: Side,
    /// The later audit.
    pub new: Side,
    /// New minus old, in points of the total. Each of its two numbers is the sum of the same number of all `parts`.
    pub change: Points,
    /// The change by cause, largest first.
    pub causes: Vec<CauseSum>,
    /// Every category that has a score on either side.
    pub categories: Vec<CategoryChange>,
    /// Checks that stand otherwise than before, what fell first.
    pub checks: Vec<CheckChange>,
    /// Where every point of the change comes from.
    pub parts: Vec<Part>,
    /// What `--fail-on-regression` fails for, in words; empty when nothing got worse.
    pub regressions: Vec<String>,
}

/// One of the two audits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// The audited path as given.
    pub path: String,
    /// The commit.
    pub revision: Option<String>,
    /// The day for which it was judged, `YYYY-MM-DD`.
    pub at: String,
    /// Version of the catalogue of checks.
    pub catalogue_version: String,
    /// What kind of thing was audited.
    pub kind: Kind,
    /// The total, in points.
    pub score: Score,
}

/// A difference of scores, in points of the total; below 0 when it fell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Points {
    /// Of what the evidence shows.
    pub proven: f64,
    /// Of what it would be if everything unseen were good.
    pub possible: f64,
}

/// Where a change comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Another version of the checks.
    Catalogue,
    /// Weights, the subject's kind, or the choice of checks.
    Configuration,
    /// A waiver came, went or lapsed.
    Waiver,
    /// An attestation came, went or lapsed.
    Attestation,
    /// What was seen in files, history and live.
    Evidence,
}

impl Cause {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Cause::Catalogue => "catalogue",
            Cause::Configuration => "configuration",
            Cause::Waiver => "waiver",
            Cause::Attestation => "attestation",
            Cause::Evidence => "evidence",
        }
    }
}

/// All that one cause did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CauseSum {
    /// The cause.
    pub cause: Cause,
    /// The sum of its parts.
    pub change: Points,
}

/// One part of the change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// Where it comes from.
    pub cause: Cause,
    /// The check, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// What it did to the total.
    pub change: Points,
    /// What happened, in words.
    pub because: String,
}

/// A category on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CategoryChange {
    /// The category.
    pub id: String,
    /// Before; absent when none of its checks applied.
    pub old: Option<Score>,
    /// After.
    pub new: Option<Score>,
}

/// How a check moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    /// Less is proven than before, or less is possible.
    Fell,
    /// A waiver or attestation ran out.
    Lapsed,
    /// More is proven than before, or more is possible.
    Rose,
    /// It counts now and did not before.
    Appeared,
    /// It counted before and does not now.
    Left,
}

/// Where a check stood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct State {
    /// How it came out.
    pub standing: Standing,
    /// The rung reached (practices).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// 0 to 1; absent when it does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// Number of findings (hazards).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub findings: usize,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A check that stands otherwise than before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckChange {
    /// `category/name`.
    pub id: String,
    /// The practice in a few words.
    pub title: String,
    /// How it moved.
    pub movement: Movement,
    /// Before; absent when it was not asked.
    pub old: Option<State>,
    /// After; absent when it is not asked any more.
    pub new: Option<State>,
}
