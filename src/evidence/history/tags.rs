//! Tags that are releases: version numbers and dates, of one family, on the default branch.
//!
//! A repository may tag charts, packages, nightly builds, candidates and moving names beside its releases. Tags are therefore grouped by what
//! stands before the number; names that speak of something else than production are left out, and of the families the one with most releases in the
//! window counts. A tag that the default branch does not contain belongs to another line of work.
//!
//! An annotated tag knows when it was made, a dated name says so. A lightweight version tag knows nothing but its commit: its releases can be
//! counted, but the time from commit to release cannot be told.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::Regex;

use super::{DAY, History, gap, pattern};
use crate::evidence::Gap;
use crate::evidence::git::Tag;

/// A release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The tag's name.
    pub name: String,
    /// The commit it stands at.
    pub commit: usize,
    /// When it was made, seconds since 1970; the commit's time where the tag does not know.
    pub time: i64,
    /// Whether that time is its own.
    pub is_dated: bool,
}

/// What a name says.
struct Name {
    family: String,
    /// The end of the day, or the minute, that the name tells.
    at: Option<i64>,
}

const NOT_PRODUCTION: &str = r"(?i)(?:^|[^a-z])(?:charts?|helm|nightly|snapshot|canary|previews?|staging|stage|tests?|testing|dev|develop|development|edge|latest|alpha|beta|rc|pre|sdk|docs?|qa|uat|demos?|examples?|failed|failure)(?:$|[^a-z])";
const DATED: &str = r"^((?:.*[^0-9.])?)(20\d\d)[-._]?([01]\d)[-._]?([0-3]\d)(?:[-T_.]?([0-2]\d)[-:.h]?([0-5]\d)(?:[-:.]?[0-5]\d)?)?(?:[-._](?:\d{1,3}|[0-9a-f]{5,40}))?$";
const VERSION: &str = r"^((?:.*[^0-9.])?)(\d+(?:\.\d+){1,3}|\d+)(?:\.(?:Final|RELEASE|GA))?(?:\+[\w.-]+)?$";

/// The name of a release; `None` for anything else.
fn name_of(tag: &str) -> Option<Name> {
    static OTHER: OnceLock<Option<Regex>> = OnceLock::new();
    static DATE: OnceLock<Option<Regex>> = OnceLock::new();
    static NUMBER: OnceLock<Option<Regex>> = OnceLock::new();
    if pattern(NOT_PRODUCTION, &OTHER)?.is_match(tag) {
        return None;
    }
    if let Some(found) = pattern(DATED, &DATE)?.captures(tag)
        && let Some(at) = moment(&found)
    {
        return Some(Name { family: format!("{}DATE", &found[1]), at: Some(at) });
    }
    let found = pattern(VERSION, &NUMBER)?.captures(tag)?;
    // `v1.9.2-0`: what stands before the last number is a version itself, so this comes before its release.
    if found[1].as_bytes().windows(3).any(|part| part[0].is_ascii_digit() && part[1] == b'.' && part[2].is_ascii_digit()) {
        return None;
    }
    let shape = if found[2].contains('.') { "VERSION" } else { "NUMBER" };
    Some(Name { family: format!("{}{shape}", &found[1]), at: None })
}

/// The end of what a dated name tells, in UTC: a day without a time ends at midnight, so that no release looks sooner than it was.
fn moment(found: &regex::Captures<'_>) -> Option<i64> {
    let number = |group: usize| found.get(group).and_then(|text| text.as_str().parse::<i8>().ok());
    let day = jiff::civil::Date::new(found[2].parse().ok()?, number(3)?, number(4)?).ok()?;
    let at = match (number(5), number(6)) {
        (Some(hour), Some(minute)) => day.to_datetime(jiff::civil::Time::new(hour, minute, 0, 0).ok()?),
        _ => day.to_datetime(jiff::civil::Time::new(23, 59, 59, 0).ok()?),
    };
    Some(at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

impl History<'_> {
    /// The releases of the last year, oldest first, of the family with most of them in the window.
    ///
    /// # Errors
    /// No tags, none of a release on this branch, none in the window: nobody knows whether nothing was released or releases are not tagged.
    pub fn releases(&self) -> Result<Vec<Release>, Gap> {
        let tags = self.git.tags().map_err(|why| gap(why, "make `git for-each-ref refs/tags` work in this directory"))?;
        if tags.is_empty() {
            let next = "git fetch --tags if releases are tagged (in GitHub Actions: fetch-tags: true); else --forge reads deployments";
            return Err(gap("there are no tags in this clone", next));
        }
        let mut reachable = vec![false; self.commits.len()];
        self.find(&self.tip).map(|tip| self.unseen_from(tip, &mut reachable));
        let mut families: BTreeMap<String, Vec<Release>> = BTreeMap::new();
        for tag in &tags {
            if let Some((family, release)) = self.release(tag, &reachable) {
                families.entry(family).or_default().push(release);
            }
        }
        let recent = |releases: &[Release]| releases.iter().filter(|release| self.is_recent(release)).count();
        let best = families.into_values().max_by_key(|releases| recent(releases)).filter(|releases| recent(releases) > 0);
        let Some(mut releases) = best else {
            let why = format!("no tag of the last {} days names a release of this branch", super::WINDOW_DAYS);
            return Err(gap(why, "--forge reads deployments; or tag what goes live: git tag -a"));
        };
        releases.sort_by(|a, b| (a.time, &a.name).cmp(&(b.time, &b.name)));
        releases.dedup_by_key(|release| release.commit);
        Ok(releases)
    }

    /// Whether a release was made in the window.
    pub fn is_recent(&self, release: &Release) -> bool {
        // A tag may be made a while after its commit, and the newest commit be tagged.
        release.time > self.start() && self.commits[release.commit].time <= self.end
    }

    fn release(&self, tag: &Tag, reachable: &[bool]) -> Option<(String, Release)> {
        let name = name_of(&tag.name)?;
        let commit = self.find(&tag.commit).filter(|at| reachable[*at])?;
        let landed = self.commits[commit].time;
        // A number that only looks like a date lies far from its commit.
        let told = name.at.filter(|at| (landed - DAY..=landed + 60 * DAY).contains(at)).map(|at| at.max(landed));
        let own = tag.made.or(told);
        Some((name.family, Release { name: tag.name.clone(), commit, time: own.unwrap_or(landed), is_dated: own.is_some() }))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_of_releases_and_others() {
        let family = |tag: &str| name_of(tag).map(|name| name.family);
        for (tag, wanted) in [
            ("v1.2.3", "vVERSION"),
            ("1.7.23", "VERSION"),
            ("v2026.8.0", "vVERSION"),
            ("v3231", "vNUMBER"),
            ("release-2026-07-01", "release-DATE"),
            ("20260701.1", "DATE"),
            ("prod-20260701-1430", "prod-DATE"),
            ("@spree/api@1.2.1", "@spree/api@VERSION"),
            ("v5.7.6.1", "vVERSION"),
            ("3.1.0.Final", "VERSION"),
        ] {
            assert_eq!(family(tag).as_deref(), Some(wanted), "{tag}");
        }
        for tag in [
            "v1.2.3-rc.1",
            "5.6.0.rc6",
            "0.19.19-jemalloc",
            "v1.9.2-0",
            "chart-1.2.3",
            "shop-chart-1.2.3",
            "nightly-20260701",
            "develop-20260701.1",
            "latest",
            "fizzy@488192c",
            "ECS-STAGING-SUCCESS-2025-02-03T11-14-44-0caec",
            "1.0.0-beta.1",
            "v1.0.0alpha1",
            "weekly",
        ] {
            assert_eq!(family(tag), None, "{tag}");
        }
    }

    #[test]
    fn a_dated_name_tells_when() {
        let at = |tag: &str| jiff::Timestamp::from_second(name_of(tag).unwrap().at.unwrap()).unwrap().to_string();
        assert_eq!(at("release-2026-07-01"), "2026-07-01T23:59:59Z");
        assert_eq!(at("prod-20260701-1430"), "2026-07-01T14:30:00Z");
        assert_eq!(at("2026.07.01_deadbeef"), "2026-07-01T23:59:59Z");
        assert!(name_of("2026-13-41").is_none_or(|name| name.at.is_none()));
    }
}
