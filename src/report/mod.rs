//! The report, schema version 1: plain owned data that others build on, and the only thing a renderer sees.
//!
//! A [`Report`] is what an audit comes to. It is composed once and then only read: each renderer is one file below,
//! turns the same data into one format, and looks at nothing else. None reads what another has written. What the
//! renderers share stands here: [`plain`], which makes text from the audited repository safe to show, and [`points`],
//! which rounds a score the same way everywhere. [`schema`] publishes the shape for programs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::definition::words::{Kind, Level, Severity};
use crate::evidence::{Gap, Place};

pub mod badge;
pub mod comparison;
pub mod compose;
pub mod csv;
pub mod github;
pub mod gitlab;
pub mod history;
pub mod html;
pub mod json;
pub mod junit;
mod links;
pub mod markdown;
mod plain;
mod problems;
pub mod sarif;
mod schema;
pub mod shields;
pub mod terminal;
mod words;
mod xml;

pub use plain::plain;
pub use schema::schema;

/// The version of this shape. Fields may be added within a version; none is renamed or removed.
pub const SCHEMA_VERSION: u32 = 1;

/// A finished audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Always 1 in this version.
    pub schema_version: u32,
    /// Version of the `audit` binary.
    pub audit_version: String,
    /// Version of the catalogue of checks.
    pub catalogue_version: String,
    /// False when something that the audit was told to look at could not be looked at.
    pub complete: bool,
    /// The day for which waivers, attestations and ages were judged, `YYYY-MM-DD`.
    pub at: String,
    /// What was audited.
    pub subject: Subject,
    /// The total: mean of the categories.
    pub score: Score,
    /// How many checks stand where.
    pub counts: Counts,
    /// One entry per category, in catalogue order.
    pub categories: Vec<Category>,
    /// One entry per check, by category and id.
    pub checks: Vec<Check>,
    /// The fixes that raise `proven` most, best first.
    pub next: Vec<Next>,
    /// The questions whose answer narrows the interval most, best first.
    pub questions: Vec<Next>,
    /// What the user should know about the run itself: unused or lapsed waivers, skipped files, incomplete looks.
    pub notices: Vec<Notice>,
    /// The total on later days on which a waiver or attestation lapses or begins, within 90 days, if nothing else changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forecast: Vec<Forecast>,
    /// What was asked of this audit (`--fail-under`, `--fail-on`), and whether it holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<Requirement>,
    /// What changed since the report named with `--baseline`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<comparison::Comparison>,
}

/// The score on a later day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Forecast {
    /// The first day on which it holds, `YYYY-MM-DD`.
    pub date: String,
    /// The total on that day, in points.
    pub score: Score,
    /// What changes on that day, in words.
    pub because: String,
}

/// Something that was asked of the audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Requirement {
    /// As it is written on the command line: `--fail-under security=70`.
    pub rule: String,
    /// Whether it holds.
    pub holds: bool,
    /// What was found, in words: `proven security is 61.2`.
    pub found: String,
    /// The first day on which it will not hold any more, within 90 days and if nothing else changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The smallest change that makes it hold: the fewest checks, and what to do for each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub smallest: Vec<Next>,
}

/// What was audited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// Operated, self-host, library or demo.
    pub kind: Kind,
    /// Why it was taken for that kind: the evidence, or `audit.toml`.
    pub because: String,
    /// The audited path as given.
    pub path: String,
    /// The commit at HEAD, if there is one.
    pub revision: Option<String>,
    /// The repository's page on its forge, `https://host/owner/name`, from its git remote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The audited directory below the repository's root (`apps/web`); absent at the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Ids of the frameworks and languages recognised.
    pub stacks: Vec<String>,
    /// Number of files looked at.
    pub files: u64,
}

/// Two ends of the score, in points: 0 <= proven <= possible <= 100 (for a check: 0 to 1).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// What the evidence shows.
    pub proven: f64,
    /// What it would be if everything unseen were good.
    pub possible: f64,
}

/// How many checks stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// All checks of the catalogue that were asked for.
    pub checks: u32,
    /// At or above `want`, or clear.
    pub met: u32,
    /// Some evidence, below `want`, or with findings.
    pub short: u32,
    /// Looked for and not there.
    pub unmet: u32,
    /// Could not be seen.
    pub unknown: u32,
    /// Set aside in `audit.toml` until a date.
    pub waived: u32,
    /// The question does not apply.
    pub not_applicable: u32,
}

/// One category.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Category {
    /// `errors`, `data`, `speed`, `security` or `lead-time`.
    pub id: String,
    /// Weighted mean of its applicable checks; absent when none applies.
    pub score: Option<Score>,
    /// Weight in the total.
    #[serde(default = "one")]
    pub weight: f64,
    /// How many of its checks stand where.
    pub counts: Counts,
}

/// The weight of a category where nothing else is written.
fn one() -> f64 {
    1.0
}

/// What kind of check it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// Something the team should do.
    Practice,
    /// Something that should not be there.
    Hazard,
    /// A number.
    Measure,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// At or above `want`; a hazard without findings.
    Met,
    /// Some evidence, below `want`; a hazard with findings.
    Short,
    /// Looked for, and not there.
    Unmet,
    /// Could not be seen, or may live outside what was looked at.
    Unknown,
    /// The question does not apply.
    NotApplicable,
    /// Set aside in `audit.toml` until a date.
    Waived,
}

/// One check with its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// `category/name`.
    pub id: String,
    /// The category.
    pub category: String,
    /// Practice, hazard or measure.
    pub kind: CheckKind,
    /// The practice in a few words.
    pub title: String,
    /// The question.
    pub asks: String,
    /// Why it matters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// The whole advice, cheapest step first; `next` is the one step to take now.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fix: String,
    /// Where to read more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    /// Weight inside the category: the catalogue's, or the one in `audit.toml`.
    pub weight: f64,
    /// How it came out.
    pub standing: Standing,
    /// The rung reached (practices).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The rung at which it is met (practices).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub want: Option<Level>,
    /// 0 to 1; absent when it does not apply or is waived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// Why it stands so when evidence alone does not tell: the proof of not applicable, the waiver's reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// What was seen, strongest first.
    pub evidence: Vec<Evidence>,
    /// What should not be there (hazards), worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Findings that the code or `audit.toml` sets aside; they do not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub muted: Vec<Finding>,
    /// The verdicts of a check that judges several named things at once (security headers), in its own order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// The number (measures).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// What could not be seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// What was looked for, in words: shown where nothing was found.
    pub looked_for: Vec<String>,
    /// The next step, if there is one to take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The rung it shows.
    pub level: Level,
    /// Where it stands.
    #[serde(flatten)]
    pub place: Place,
    /// The text that was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// The tool it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// What to say beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// True for evidence that undoes the practice (a suspended job, a bot with its limit at 0).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inert: bool,
}

/// Something that should not be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Where it stands.
    #[serde(flatten)]
    pub place: Place,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong and what to do about it.
    pub message: String,
    /// Stable across edits elsewhere in the file: made of check, path and text, not of the line.
    pub fingerprint: String,
    /// The text that was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// Why it is set aside, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted: Option<String>,
}

/// One of several named things that a check judges at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rule {
    /// Its name in the field: `content-security-policy`, `x-frame-options`.
    pub id: String,
    /// How it came out.
    pub verdict: Verdict,
    /// What was seen, and why that is good or bad.
    pub why: String,
}

/// How one named thing came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Neither helps nor harms.
    Neutral,
    /// Missing where it is needed, or wrong.
    Bad,
}

/// A measured number.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Value {
    /// The number.
    pub amount: f64,
    /// Its unit.
    pub unit: String,
    /// Lower end of its interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Upper end of its interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// How many observations it rests on.
    pub sample: u32,
    /// Its name among the values that the catalogue knows: `deployment-lead-time`.
    #[serde(default)]
    pub name: String,
    /// What was observed: `change`, `deployment`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub of: String,
    /// `median`, `share, 2 of 41`, `count per week`, `attested`.
    #[serde(default)]
    pub statistic: String,
    /// How the interval was made.
    #[serde(default)]
    pub interval: String,
    /// The first and the last day of the window, `YYYY-MM-DD`.
    #[serde(default)]
    pub window: Window,
    /// The event at which it starts; empty for what has no length.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub starts: String,
    /// The event at which it ends, or that is counted.
    #[serde(default)]
    pub ends: String,
    /// Where it was read.
    #[serde(default)]
    pub source: String,
    /// Why it can only be too small, if so; then `high` is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<String>,
    /// Who vouches for it, where it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attested: Option<String>,
    /// The level that it has on the published scale which the definition quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_level: Option<String>,
    /// Further statistics of the same observations: `p90`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub further: BTreeMap<String, f64>,
    /// What was left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The same number week by week, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weeks: Vec<Week>,
    /// Further numbers, which are not scored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<Value>,
}

/// The days that a number is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// The first one, `YYYY-MM-DD`; empty where it is not known.
    pub from: String,
    /// The last one.
    pub to: String,
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

/// One step and what it is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Next {
    /// The check.
    pub check: String,
    /// Points of the total score.
    pub gain: f64,
    /// What to do.
    pub step: String,
}

/// Something about the run itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// `incomplete`, `since`, `waiver`, `attestation`, `skipped`, `git`.
    pub about: String,
    /// What is, why it matters, what to do.
    pub message: String,
}

/// A score in whole points, rounded down: `100` is said of nothing less, and a score shown as 61 passes `--fail-under 61`.
pub fn points(score: f64) -> u32 {
    // The addition keeps a sum that should be 70 and came out as 69.999999999 from being called 69.
    (score + 1e-6).clamp(0.0, 100.0) as u32
}

#[cfg(test)]
mod tests {
    use super::points;

    #[test]
    fn points_are_rounded_down_and_stay_on_the_scale() {
        assert_eq!([61.2, 61.99, 69.999_999_999, 100.0].map(points), [61, 61, 70, 100]);
        assert_eq!([-3.0, 1e300, f64::NAN].map(points), [0, 100, 0]);
    }
}
