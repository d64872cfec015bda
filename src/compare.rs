//! Comparing two reports: every point of the change gets a cause. Pure: no files, no clock.
//!
//! The change is walked in steps, from the old report to the new one: first what the catalogue did, then the configuration, waivers,
//! attestations, and last the evidence. Each step changes one thing, and what it does to the total is its part; so the
//! parts add up to the change whatever happened. They are rounded to tenths together, and add up still.

use std::collections::{BTreeMap, BTreeSet};

use crate::definition::words::Level;
use crate::ledger::{Entry, Ledger};
use crate::report::comparison::{
    COMPARISON_VERSION, CategoryChange, Cause, CauseSum, CheckChange, Comparison, Movement, Part, Points, Side, State,
};
use crate::report::{Check, CheckKind, Evidence, Report, Standing};
use crate::score::{self, Score};

/// Points below which a difference is rounding.
const ROUNDING: f64 = 0.05;
/// Points that the rounding of two reports may leave unexplained.
const UNEXPLAINED: f64 = 0.25;
/// Characters of an excerpt that are quoted.
const EXCERPT: usize = 50;

/// What changed from one report to another.
pub fn compare(old: &Report, new: &Report) -> Comparison {
    let pair = Pair::new(old, new);
    let steps = pair.steps();
    let target = Points {
        proven: tenths(new.score.proven) - tenths(old.score.proven),
        possible: tenths(new.score.possible) - tenths(old.score.possible),
    };
    let parts = in_tenths(walk(Ledger::of(old), steps), target);
    let checks = pair.checks();
    let regressions = pair.regressions(&parts, &checks);
    Comparison {
        schema_version: COMPARISON_VERSION,
        audit_version: env!("CARGO_PKG_VERSION").to_owned(),
        old: side(old),
        new: side(new),
        change: Points { proven: target.proven / 10.0, possible: target.possible / 10.0 },
        causes: causes(&parts),
        categories: categories(old, new),
        checks,
        parts,
        regressions,
    }
}

fn side(report: &Report) -> Side {
    Side {
        path: report.subject.path.clone(),
        revision: report.subject.revision.clone(),
        at: report.at.clone(),
        catalogue_version: report.catalogue_version.clone(),
        kind: report.subject.kind,
        score: report.score,
    }
}

fn categories(old: &Report, new: &Report) -> Vec<CategoryChange> {
    let score = |report: &Report, id: &str| report.categories.iter().find(|category| category.id == id).and_then(|found| found.score);
    let mut ids: Vec<&str> = new.categories.iter().chain(&old.categories).map(|category| category.id.as_str()).collect();
    let mut seen = BTreeSet::new();
    ids.retain(|id| seen.insert(*id));
    let all = ids.into_iter().map(|id| CategoryChange { id: id.to_owned(), old: score(old, id), new: score(new, id) });
    all.filter(|category| category.old.is_some() || category.new.is_some()).collect()
}

/// One thing that changed.
struct Step {
    cause: Cause,
    check: Option<String>,
    because: String,
    change: Change,
}

enum Change {
    CategoryWeight(String, f64),
    Weight(f64),
    Score(Option<Score>),
    /// Into the account, or out of it.
    Entry(Option<Entry>),
}

/// Takes the steps one after another and tells what each did to the total, in points.
fn walk(mut ledger: Ledger, mut steps: Vec<Step>) -> Vec<Part> {
    steps.sort_by(|a, b| (a.cause, &a.check).cmp(&(b.cause, &b.check)));
    let mut before = ledger.total();
    let mut parts = Vec::new();
    for step in steps {
        let check = step.check.clone().unwrap_or_default();
        match (step.change, ledger.entries.get_mut(&check)) {
            (Change::CategoryWeight(id, weight), _) => drop(ledger.categories.insert(id, weight)),
            (Change::Weight(weight), Some(entry)) => entry.weight = weight,
            (Change::Score(score), Some(entry)) => entry.score = score,
            (Change::Entry(Some(entry)), _) => drop(ledger.entries.insert(check, entry)),
            (Change::Entry(None), _) => drop(ledger.entries.remove(&check)),
            (_, None) => {}
        }
        let after = ledger.total();
        let change =
            Points { proven: 100.0 * (after.proven() - before.proven()), possible: 100.0 * (after.possible() - before.possible()) };
        if change.proven.abs() > 1e-9 || change.possible.abs() > 1e-9 {
            parts.push(Part { cause: step.cause, check: step.check, change, because: step.because });
        }
        before = after;
    }
    parts
}

fn tenths(points: f64) -> f64 {
    if points.is_finite() { (points.clamp(0.0, 100.0) * 10.0).round() } else { 0.0 }
}

/// Rounds the parts to tenths so that their sum is the target, which is given in tenths. What the reports do not explain is a part too.
fn in_tenths(mut parts: Vec<Part>, target: Points) -> Vec<Part> {
    let missing = |target: f64, of: fn(&Part) -> f64| target / 10.0 - parts.iter().map(of).sum::<f64>();
    let rest = Points {
        proven: missing(target.proven, |part| part.change.proven),
        possible: missing(target.possible, |part| part.change.possible),
    };
    if rest.proven.abs() > UNEXPLAINED || rest.possible.abs() > UNEXPLAINED || (parts.is_empty() && rest != Points::default()) {
        let because = "weights that one of the reports does not tell".to_owned();
        parts.push(Part { cause: Cause::Configuration, check: None, change: rest, because });
    }
    let proven = shares(&parts.iter().map(|part| part.change.proven).collect::<Vec<_>>(), target.proven);
    let possible = shares(&parts.iter().map(|part| part.change.possible).collect::<Vec<_>>(), target.possible);
    for (part, (proven, possible)) in parts.iter_mut().zip(proven.into_iter().zip(possible)) {
        part.change = Points { proven, possible };
    }
    parts.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then_with(|| (a.cause, &a.check).cmp(&(b.cause, &b.check))));
    parts
}

fn weight(part: &Part) -> f64 {
    part.change.proven.abs() + part.change.possible.abs() / 100.0
}

/// Numbers as tenths that add up to a sum of tenths: the largest remainders are rounded up.
fn shares(numbers: &[f64], sum: f64) -> Vec<f64> {
    let mut down: Vec<f64> = numbers.iter().map(|number| (number * 10.0 + 1e-9).floor()).collect();
    let mut by_rest: Vec<usize> = (0..numbers.len()).collect();
    let rest = |index: usize| numbers[index] * 10.0 - down[index];
    by_rest.sort_by(|a, b| rest(*b).total_cmp(&rest(*a)).then(a.cmp(b)));
    let mut missing = (sum - down.iter().sum::<f64>()).round();
    let count = by_rest.len().max(1);
    for turn in 0.. {
        if missing == 0.0 || by_rest.is_empty() {
            break;
        }
        let sign = missing.signum();
        // What is too much is taken from the smallest remainders first.
        let at = if sign > 0.0 { by_rest[turn % count] } else { by_rest[count - 1 - turn % count] };
        down[at] += sign;
        missing -= sign;
    }
    down.into_iter().map(|tenths| tenths / 10.0).collect()
}

fn causes(parts: &[Part]) -> Vec<CauseSum> {
    let mut sums: BTreeMap<Cause, Points> = BTreeMap::new();
    for part in parts {
        let sum = sums.entry(part.cause).or_default();
        sum.proven += part.change.proven;
        sum.possible += part.change.possible;
    }
    let clean = |points: f64| (points * 10.0).round() / 10.0;
    let rounded = |sum: Points| Points { proven: clean(sum.proven), possible: clean(sum.possible) };
    let mut all: Vec<CauseSum> = sums.into_iter().map(|(cause, sum)| CauseSum { cause, change: rounded(sum) }).collect();
    all.sort_by(|a, b| b.change.proven.abs().total_cmp(&a.change.proven.abs()));
    all
}

/// Both reports, with their checks by id.
struct Pair<'a> {
    old: &'a Report,
    new: &'a Report,
    before: BTreeMap<&'a str, &'a Check>,
    after: BTreeMap<&'a str, &'a Check>,
}

impl<'a> Pair<'a> {
    fn new(old: &'a Report, new: &'a Report) -> Pair<'a> {
        let by_id = |report: &'a Report| report.checks.iter().map(|check| (check.id.as_str(), check)).collect();
        Pair { old, new, before: by_id(old), after: by_id(new) }
    }

    fn ids(&self) -> BTreeSet<&'a str> {
        self.before.keys().chain(self.after.keys()).copied().collect()
    }

    fn other_catalogue(&self) -> bool {
        self.old.catalogue_version != self.new.catalogue_version
    }

    fn steps(&self) -> Vec<Step> {
        let (before, after) = (Ledger::of(self.old), Ledger::of(self.new));
        let ids: BTreeSet<&String> = before.categories.keys().chain(after.categories.keys()).collect();
        let weight = |ledger: &Ledger, id: &str| ledger.categories.get(id).copied().unwrap_or(1.0);
        let mut steps = Vec::new();
        for id in ids {
            let (was, is) = (weight(&before, id), weight(&after, id));
            if was != is {
                let because = format!("the weight of {id} went from {was} to {is}");
                steps.push(Step { cause: Cause::Configuration, check: None, because, change: Change::CategoryWeight(id.clone(), is) });
            }
        }
        for id in self.ids() {
            let entry = |ledger: &Ledger| ledger.entries.get(id).copied();
            match (self.before.get(id), self.after.get(id)) {
                (Some(was), Some(is)) => steps.extend(self.of_check(was, is)),
                (was, is) => {
                    let cause = if self.other_catalogue() { Cause::Catalogue } else { Cause::Configuration };
                    let because = match (self.other_catalogue(), was.is_some() && is.is_none()) {
                        (true, true) => "the catalogue asks it no more",
                        (true, false) => "the catalogue asks it now",
                        (false, true) => "it was asked before and was not chosen now",
                        (false, false) => "it was not chosen before",
                    };
                    let change = Change::Entry(entry(&after));
                    steps.push(Step { cause, check: Some(id.to_owned()), because: because.to_owned(), change });
                }
            }
        }
        steps
    }

    /// The steps of a check that both reports have.
    fn of_check(&self, was: &Check, is: &Check) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut step = |cause: Cause, because: String, change: Change| {
            steps.push(Step { cause, check: Some(is.id.clone()), because, change });
        };
        if was.weight != is.weight {
            let cause = if self.other_catalogue() { Cause::Catalogue } else { Cause::Configuration };
            step(cause, format!("its weight went from {} to {}", was.weight, is.weight), Change::Weight(is.weight));
        }
        let (from, to) = (score_of(was), score_of(is));
        if was.standing == Standing::Waived || is.standing == Standing::Waived {
            if from != to {
                step(Cause::Waiver, self.waiver_words(was, is), Change::Score(to));
            }
            return steps;
        }
        let same_seen = beyond(was, is).is_empty() && beyond(is, was).is_empty() && was.gaps == is.gaps;
        let between =
            self.without_people(was, is, from).map(|between| if same_seen { to } else { between }).filter(|between| *between != from);
        if let Some((cause, because, score)) =
            between.and_then(|score| self.people(was, is).map(|(cause, because)| (cause, because, score)))
        {
            step(cause, because, Change::Score(score));
        }
        if between.unwrap_or(from) != to {
            let (cause, because) = self.seen(was, is);
            step(cause, because, Change::Score(to));
        }
        steps
    }

    fn waiver_words(&self, was: &Check, is: &Check) -> String {
        if is.standing == Standing::Waived {
            return format!("set aside: {}", is.because.as_deref().unwrap_or("no reason given"));
        }
        match last_day(was) {
            Some(day) if day < self.new.at.as_str() => format!("its waiver lapsed on {day}"),
            _ => "it is not set aside any more".to_owned(),
        }
    }

    /// The score that the old evidence would have with what people say in the new report; `None` where they say the same.
    fn without_people(&self, was: &Check, is: &Check, from: Option<Score>) -> Option<Option<Score>> {
        let old = from?;
        if muted(was, is).next().is_some() {
            let ids: BTreeSet<&str> = is.muted.iter().map(|finding| finding.fingerprint.as_str()).collect();
            let left = was.findings.iter().filter(|finding| !ids.contains(finding.fingerprint.as_str())).map(|finding| finding.severity);
            return Some(Some(score::hazard(left, !was.gaps.is_empty())));
        }
        if attestations(was) == attestations(is) || is.score.is_none() {
            return None;
        }
        let want = is.want?;
        let said: Vec<Level> = is.evidence.iter().filter(|one| one.place.attestation.is_some()).map(|one| one.level).collect();
        if said.contains(&Level::Nothing) {
            return Some(Some(Score::exactly(0.0)));
        }
        let undone = was.evidence.iter().any(|one| one.inert && one.place.attestation.is_none());
        let seen = was.evidence.iter().filter(|one| one.place.attestation.is_none() && !one.inert).map(|one| one.level).max();
        let seen = seen.map_or(Level::Nothing, |level| if undone { level.min(Level::Declared) } else { level });
        let proven = score::credit(said.into_iter().max().unwrap_or(Level::Nothing).max(seen), want);
        let possible = is.score.map_or(old.possible(), |new| new.possible.max(old.possible()));
        Some(Some(Score::new(proven, possible)))
    }

    /// What people say otherwise than before: attestations, and findings set aside.
    fn people(&self, was: &Check, is: &Check) -> Option<(Cause, String)> {
        let set_aside = muted(was, is).count();
        if set_aside > 0 {
            return Some((Cause::Waiver, format!("{set_aside} of its findings set aside")));
        }
        let (before, now) = (attestations(was), attestations(is));
        if let Some(words) = now.difference(&before).next() {
            return Some((Cause::Attestation, format!("attested: {words}")));
        }
        let lapse = self.lapse(&is.id);
        before.difference(&now).next().map(|words| (Cause::Attestation, lapse.unwrap_or_else(|| format!("no longer attested: {words}"))))
    }

    /// What the new report says about a lapsed attestation of a check.
    fn lapse(&self, check: &str) -> Option<String> {
        let about = format!("the attestation of {check} by ");
        let told = self.new.notices.iter().find(|notice| notice.message.starts_with(&about) && notice.message.contains(" lapsed on "))?;
        let (_, day) = told.message.split_once(" lapsed on ")?;
        Some(format!("its attestation lapsed on {}", day.get(..10).unwrap_or(day)))
    }

    /// Why a check that people say the same about stands otherwise: what is seen, the kind of subject, or the catalogue.
    fn seen(&self, was: &Check, is: &Check) -> (Cause, String) {
        let by_kind = |check: &Check| {
            let told = check
                .because
                .as_deref()
                .filter(|because| check.standing == Standing::NotApplicable && because.starts_with("the subject is "));
            told.map(str::to_owned)
        };
        if let Some(because) = by_kind(is) {
            return (Cause::Configuration, because);
        }
        if by_kind(was).is_some() {
            return (Cause::Configuration, format!("the subject is {} now", self.new.subject.kind.word()));
        }
        let same_files = self.old.subject.revision.is_some() && self.old.subject.revision == self.new.subject.revision;
        let same_seen = was.evidence == is.evidence && was.findings == is.findings && was.gaps == is.gaps;
        if self.other_catalogue() && (same_files || same_seen) {
            let (from, to) = (&self.old.catalogue_version, &self.new.catalogue_version);
            return (Cause::Catalogue, format!("catalogue {to} judges it otherwise than {from}"));
        }
        (Cause::Evidence, evidence_words(was, is))
    }

    fn checks(&self) -> Vec<CheckChange> {
        let mut all: Vec<CheckChange> = self
            .ids()
            .into_iter()
            .filter_map(|id| {
                let (was, is) = (self.before.get(id).copied(), self.after.get(id).copied());
                let movement = self.movement(was, is)?;
                let title = is.or(was).map(|check| check.title.clone()).unwrap_or_default();
                Some(CheckChange { id: id.to_owned(), title, movement, old: was.map(state), new: is.map(state) })
            })
            .collect();
        all.sort_by(|a, b| (a.movement, &a.id).cmp(&(b.movement, &b.id)));
        all
    }

    fn movement(&self, was: Option<&Check>, is: Option<&Check>) -> Option<Movement> {
        let (before, now) = (was.and_then(score_of), is.and_then(score_of));
        if let (Some(was), Some(is)) = (was, is) {
            let waiver = was.standing == Standing::Waived && is.standing != Standing::Waived;
            let gone = attestations(was).difference(&attestations(is)).next().is_some() && attestations(is).is_empty();
            let lapsed = (waiver && self.waiver_words(was, is).contains("lapsed")) || (gone && self.lapse(&is.id).is_some());
            if lapsed && before != now {
                return Some(Movement::Lapsed);
            }
        }
        let (before, now) = match (before, now) {
            (None, None) => return None,
            (None, Some(_)) => return Some(Movement::Appeared),
            (Some(_), None) => return Some(Movement::Left),
            (Some(before), Some(now)) => (before, now),
        };
        let worse = was.map_or(0.0, harm) < is.map_or(0.0, harm) - 1e-9;
        let better = was.map_or(0.0, harm) > is.map_or(0.0, harm) + 1e-9;
        let order = (now.proven().total_cmp(&before.proven())).then(now.possible().total_cmp(&before.possible()));
        match order {
            std::cmp::Ordering::Less => Some(Movement::Fell),
            std::cmp::Ordering::Greater => Some(Movement::Rose),
            std::cmp::Ordering::Equal if worse => Some(Movement::Fell),
            std::cmp::Ordering::Equal if better => Some(Movement::Rose),
            std::cmp::Ordering::Equal => None,
        }
    }

    /// What got worse. What another version of the catalogue did is nobody's regression.
    fn regressions(&self, parts: &[Part], checks: &[CheckChange]) -> Vec<String> {
        let by_catalogue: f64 = parts.iter().filter(|part| part.cause == Cause::Catalogue).map(|part| part.change.proven).sum();
        let (was, is) = (self.old.score.proven, self.new.score.proven);
        let change = 100.0 * (Ledger::of(self.new).total().proven() - Ledger::of(self.old).total().proven()) - by_catalogue;
        let mut told = Vec::new();
        if is - was - by_catalogue < -ROUNDING && change < -ROUNDING {
            let beside =
                if by_catalogue.abs() < ROUNDING { String::new() } else { format!(" ({by_catalogue:+.1} of it by the catalogue)") };
            told.push(format!("proven fell from {was} to {is}{beside}"));
        }
        for moved in checks.iter().filter(|moved| matches!(moved.movement, Movement::Fell | Movement::Lapsed)) {
            let (Some(was), Some(is)) = (&moved.old, &moved.new) else { continue };
            let causes: Vec<&Part> = parts.iter().filter(|part| part.check.as_deref() == Some(&moved.id)).collect();
            let only_catalogue = !causes.is_empty() && causes.iter().all(|part| part.cause == Cause::Catalogue);
            let proven = |state: &State| state.score.map_or(0.0, |score| score.proven);
            let harmed = self.before.get(moved.id.as_str()).map_or(0.0, |check| harm(check))
                < self.after.get(moved.id.as_str()).map_or(0.0, |check| harm(check)) - 1e-9;
            let lapsed = was.standing == Standing::Waived;
            if only_catalogue || (proven(is) >= proven(was) && !harmed) || lapsed {
                continue;
            }
            let why = causes.first().map(|part| format!(": {}", part.because)).unwrap_or_default();
            told.push(format!("{} fell from {} to {}{why}", moved.id, in_words(was), in_words(is)));
        }
        told
    }
}

/// A standing with its rung or its number of findings, in words.
pub fn in_words(state: &State) -> String {
    let word = match state.standing {
        Standing::Met => "met",
        Standing::Short => "short",
        Standing::Unmet => "unmet",
        Standing::Unknown => "unknown",
        Standing::NotApplicable => "not applicable",
        Standing::Waived => "waived",
    };
    match (state.findings, state.level) {
        (0, Some(level)) if state.standing == Standing::Short => format!("{word} ({level})"),
        (0, _) => word.to_owned(),
        (1, _) => format!("{word} (1 finding)"),
        (findings, _) => format!("{word} ({findings} findings)"),
    }
}

fn score_of(check: &Check) -> Option<Score> {
    check.score.map(|score| Score::new(score.proven, score.possible))
}

fn state(check: &Check) -> State {
    State { standing: check.standing, level: check.level, score: check.score, findings: check.findings.len() }
}

/// The sum of all harm that a check found; the score stops at 0, this does not.
fn harm(check: &Check) -> f64 {
    if check.kind != CheckKind::Hazard {
        return 0.0;
    }
    check.findings.iter().map(|finding| score::harm(finding.severity)).sum()
}

/// Findings of the old report that the new one sets aside.
fn muted<'a>(was: &'a Check, is: &'a Check) -> impl Iterator<Item = &'a str> {
    let ids: BTreeSet<&str> = is.muted.iter().map(|finding| finding.fingerprint.as_str()).collect();
    was.findings.iter().map(|finding| finding.fingerprint.as_str()).filter(move |id| ids.contains(id))
}

fn attestations(check: &Check) -> BTreeSet<&str> {
    check.evidence.iter().filter_map(|one| one.place.attestation.as_deref()).collect()
}

/// The last day of a check's waiver, as its reason ends: `(until 2026-12-31)`.
fn last_day(check: &Check) -> Option<&str> {
    let (_, day) = check.because.as_deref()?.rsplit_once("(until ")?;
    day.strip_suffix(')')
}

/// What was seen and is gone, or was not there before. Lines may move: they do not make a difference.
fn evidence_words(was: &Check, is: &Check) -> String {
    if was.standing == Standing::NotApplicable {
        return "it applies now".to_owned();
    }
    if is.standing == Standing::NotApplicable {
        return format!("it applies no more: {}", is.because.as_deref().unwrap_or_default());
    }
    let (found, gone) = (findings(was, is), findings(is, was));
    if found.0 + gone.0 > 0 {
        let first =
            |(count, place): (usize, String), word: &str| if count == 0 { String::new() } else { format!("{count} {word} ({place})") };
        let both = [first(found, "new"), first(gone, "gone")];
        return format!("findings: {}", both.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(", "));
    }
    let (new, lost) = (beyond(was, is), beyond(is, was));
    match (new.first(), lost.first()) {
        (Some(new), Some(lost)) => format!("new: {}; gone: {}", place(new), place(lost)),
        (Some(new), None) => format!("new: {}", place(new)),
        (None, Some(lost)) => format!("gone: {}", place(lost)),
        (None, None) if was.gaps != is.gaps => match (is.gaps.first(), was.gaps.first()) {
            (Some(gap), _) => format!("could not be seen: {}: {}", gap.what, gap.why),
            (None, Some(gap)) => format!("can be seen now: {}", gap.what),
            (None, None) => String::new(),
        },
        (None, None) => "what it asks beside this evidence changed".to_owned(),
    }
}

/// How many findings `is` has that `was` has not, and where the first stands.
fn findings(was: &Check, is: &Check) -> (usize, String) {
    let ids: BTreeSet<&str> = was.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
    let new: Vec<_> = is.findings.iter().filter(|finding| !ids.contains(finding.fingerprint.as_str())).collect();
    let line = |finding: &crate::report::Finding| finding.place.line.map(|line| format!(":{line}")).unwrap_or_default();
    let first = new.first().map(|finding| format!("{}{}", finding.place.path.as_deref().unwrap_or("elsewhere"), line(finding)));
    (new.len(), first.unwrap_or_default())
}

fn beyond<'a>(was: &Check, is: &'a Check) -> Vec<&'a Evidence> {
    let known: BTreeSet<_> = was.evidence.iter().map(essence).collect();
    is.evidence.iter().filter(|one| one.place.attestation.is_none() && !known.contains(&essence(one))).collect()
}

fn essence(evidence: &Evidence) -> (Level, Option<&str>, Option<&str>, Option<&str>, bool) {
    let place = &evidence.place;
    (evidence.level, place.path.as_deref().or(place.url.as_deref()), evidence.excerpt.as_deref(), evidence.tool.as_deref(), evidence.inert)
}

/// Where a piece of evidence stands, and the beginning of its text: a line may be the same and what it says another.
fn place(evidence: &Evidence) -> String {
    let place = &evidence.place;
    let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
    let at = place.path.as_ref().map(|path| format!("{path}{line}")).or_else(|| place.url.clone());
    let at = at.or_else(|| place.commit.as_ref().map(|id| format!("commit {}", id.get(..10).unwrap_or(id))));
    let text: String = evidence.excerpt.as_deref().unwrap_or_default().trim().chars().take(EXCERPT).collect();
    let undone = if evidence.inert { "undone by " } else { "" };
    match at {
        Some(at) if text.is_empty() => format!("{undone}{at}"),
        Some(at) => format!("{undone}{at} `{text}`"),
        None => format!("{undone}`{text}`"),
    }
}

/// The report without checks that were not asked for now, so that a narrower choice is compared with the same narrower choice.
pub fn narrowed(report: &Report, wants: &dyn Fn(&str) -> bool) -> Report {
    let mut narrow = report.clone();
    narrow.checks.retain(|check| wants(&check.id));
    if narrow.checks.len() < report.checks.len() {
        let ledger = Ledger::of(&narrow);
        narrow.score = in_points(ledger.total());
        for category in &mut narrow.categories {
            category.score = ledger.category(&category.id).map(in_points);
        }
    }
    narrow
}

fn in_points(score: Score) -> crate::report::Score {
    let tenths = |share: f64| (share * 1000.0).round() / 10.0;
    crate::report::Score { proven: tenths(score.proven()), possible: tenths(score.possible()) }
}
