//! Judging: one standing per check, from the catalogue, the dossier, the configuration and the day. Pure: no files,
//! no network, no clock.

mod confirm;
mod findings;
mod measure;
mod notices;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::config::Config;
use crate::definition::catalogue::{Catalog, Check, CheckKind, Clause, Look, Rungs, Tool};
use crate::definition::words::{Absent, Expect, Kind, Level, Severity};
use crate::evidence::{Dossier, Gap, Place, Sighting};
use crate::score::{self, Score};

pub use measure::Value;

/// Days before an attestation or waiver lapses at which the report says so.
pub const LAPSES_SOON_DAYS: i32 = 14;
/// Findings kept per check.
const MOST_FINDINGS: usize = 200;

/// How a check came out.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// At or above `want`, at this rung.
    Met(Level),
    /// Some evidence, below `want`.
    Short {
        /// The rung reached.
        have: Level,
        /// The rung wanted.
        want: Level,
    },
    /// Looked for, and not there.
    Unmet,
    /// Could not be seen, or may live elsewhere.
    Unknown,
    /// A hazard that was looked for and not found.
    Clear,
    /// A hazard with findings.
    Found,
    /// The question does not apply, with the proof in words.
    NotApplicable(String),
    /// A number that is surely at `full`.
    Full,
    /// A number that is surely not at `full`.
    Partly,
    /// Set aside, with reason and last day.
    Waived {
        /// Why.
        reason: String,
        /// The last day.
        until: Date,
    },
}

/// One piece of evidence with its rung.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// The rung it shows.
    pub level: Level,
    /// What was seen, and where.
    pub sighting: Sighting,
    /// The tool it belongs to.
    pub tool: Option<String>,
    /// True when it undoes the practice.
    pub inert: bool,
}

/// Something that should not be there.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What was seen, and where.
    pub sighting: Sighting,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Stable name: check, path and text, not the line.
    pub fingerprint: String,
    /// Why it does not count: the code or `audit.toml` sets it aside.
    pub muted: Option<String>,
}

/// A check's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The check's id.
    pub check: String,
    /// How it came out.
    pub standing: Standing,
    /// The rung reached (practices).
    pub level: Option<Level>,
    /// Its score; `None` when it leaves the sum.
    pub score: Option<Score>,
    /// What was seen, strongest first.
    pub proofs: Vec<Proof>,
    /// What should not be there, worst first.
    pub findings: Vec<Finding>,
    /// The same, set aside with a reason.
    pub muted: Vec<Finding>,
    /// The number (measures).
    pub value: Option<Box<Value>>,
    /// What could not be seen.
    pub gaps: Vec<Gap>,
}

impl Outcome {
    /// Whether an example's expectation holds.
    pub fn is(&self, expect: Expect) -> bool {
        match expect {
            Expect::NotApplicable => matches!(self.standing, Standing::NotApplicable(_)),
            Expect::Rung(Level::Nothing) => self.level == Some(Level::Nothing) && !matches!(self.standing, Standing::NotApplicable(_)),
            Expect::Rung(level) => self.level == Some(level),
            Expect::Unknown => self.standing == Standing::Unknown,
            Expect::Clear => self.standing == Standing::Clear,
            Expect::Met => self.standing == Standing::Full,
            Expect::Short => self.standing == Standing::Partly,
            Expect::Unmet => self.standing == Standing::Unmet,
            Expect::Findings(count) => self.standing == Standing::Found && self.findings.len() == count as usize,
        }
    }

    /// The answer in the words of an example's expectation.
    pub fn in_words(&self) -> String {
        match (&self.standing, self.level) {
            (Standing::NotApplicable(_), _) => "not-applicable".into(),
            (Standing::Clear, _) => "clear".into(),
            (Standing::Found, _) => Expect::Findings(u32::try_from(self.findings.len()).unwrap_or(u32::MAX)).to_string(),
            (Standing::Unknown, _) => "unknown".into(),
            (Standing::Full, _) => "met".into(),
            (Standing::Partly, _) => "short".into(),
            (Standing::Unmet, None) => "unmet".into(),
            (_, Some(level)) => level.to_string(),
            (_, None) => "unknown".into(),
        }
    }
}

/// What the user should know about waivers and attestations.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    /// `waiver` or `attestation`.
    pub about: &'static str,
    /// What is, and what to do.
    pub message: String,
}

/// All answers.
#[derive(Debug, Clone)]
pub struct Verdicts {
    /// What was audited.
    pub kind: Kind,
    /// Why it was taken for that kind.
    pub because: String,
    /// Ids of the frameworks and languages recognised.
    pub stacks: Vec<String>,
    /// One outcome per check, by category and id.
    pub outcomes: Vec<Outcome>,
    /// About waivers and attestations.
    pub notices: Vec<Notice>,
}

/// What a clause or rung amounts to.
#[derive(Debug, Clone)]
enum Verdict {
    Holds(Vec<Proof>),
    Not,
    Unknown(Vec<Gap>),
}

impl Verdict {
    fn proofs(self) -> Vec<Proof> {
        match self {
            Verdict::Holds(proofs) => proofs,
            Verdict::Not | Verdict::Unknown(_) => Vec::new(),
        }
    }
}

/// Judges every check.
pub fn judge(catalog: &Catalog, dossier: &Dossier, config: &Config, today: Date, only: &dyn Fn(&str) -> bool) -> Verdicts {
    let judge = Judge::new(catalog, dossier);
    let (kind, because) = judge.kind(config);
    let stacks = catalog
        .tools
        .values()
        .filter(|tool| tool.file.stack && judge.tool_level(tool, None) > Level::Nothing)
        .map(|tool| tool.id.clone())
        .collect();
    let mut used = BTreeSet::new();
    let mut outcomes: Vec<Outcome> =
        catalog.checks.values().filter(|check| only(&check.id)).map(|check| judge.settle(check, kind, config, today, &mut used)).collect();
    outcomes.sort_by_key(|outcome| (category_order(&outcome.check), outcome.check.clone()));
    let whole = catalog.checks.keys().all(|check| only(check));
    Verdicts { kind, because, stacks, outcomes, notices: notices::notices(config, today, &used, only, whole) }
}

fn category_order(check: &str) -> usize {
    let category = check.split('/').next().unwrap_or_default();
    crate::definition::catalogue::CATEGORIES.iter().position(|known| *known == category).unwrap_or(usize::MAX)
}

/// Judges one check as its examples are judged: without waivers.
pub fn judge_one(catalog: &Catalog, check: &Check, dossier: &Dossier, config: &Config, today: Date) -> Outcome {
    let judge = Judge::new(catalog, dossier);
    let (kind, _) = judge.kind(config);
    judge.settle(check, kind, config, today, &mut BTreeSet::new())
}

/// The rungs that a tool alone reaches, by capability.
pub fn judge_tool(catalog: &Catalog, tool: &Tool, dossier: &Dossier) -> BTreeMap<String, Level> {
    let judge = Judge::new(catalog, dossier);
    tool.file.provides.iter().map(|capability| (capability.clone(), judge.tool_level(tool, Some(capability)))).collect()
}

/// Whether a subject kind's evidence holds.
pub fn judge_subject(catalog: &Catalog, shown_by: &[Clause], dossier: &Dossier) -> bool {
    let judge = Judge::new(catalog, dossier);
    matches!(judge.any(shown_by, Level::Declared, None), Verdict::Holds(_))
}

/// The proofs of a tool, for each of its capabilities from the rung that it reaches upwards; what is above was undone.
pub fn tool_proofs(catalog: &Catalog, tool: &Tool, dossier: &Dossier) -> Vec<Proof> {
    let judge = Judge::new(catalog, dossier);
    let proofs_of = |capability: &String| match judge.tool_level(tool, Some(capability)) {
        Level::Nothing => Verdict::Not,
        level => judge.tool(tool, Some(capability), level),
    };
    tool.file.provides.iter().map(proofs_of).flat_map(Verdict::proofs).collect()
}

/// The proofs of a subject kind.
pub fn subject_proofs(catalog: &Catalog, shown_by: &[Clause], dossier: &Dossier) -> Vec<Proof> {
    Judge::new(catalog, dossier).any(shown_by, Level::Declared, None).proofs()
}

struct Judge<'a> {
    catalog: &'a Catalog,
    dossier: &'a Dossier,
    /// Tools and capabilities that are being asked for right now: definitions that refer to each other in a circle see nothing.
    asking: RefCell<BTreeSet<String>>,
}

impl<'a> Judge<'a> {
    fn new(catalog: &'a Catalog, dossier: &'a Dossier) -> Judge<'a> {
        Judge { catalog, dossier, asking: RefCell::default() }
    }

    fn kind(&self, config: &Config) -> (Kind, String) {
        if let Some(kind) = config.kind {
            let file = config.path.as_deref().and_then(|path| path.rsplit(['/', '\\']).next()).unwrap_or("audit.toml");
            return (kind, file.to_owned());
        }
        for subject in &self.catalog.subjects {
            if let Verdict::Holds(proofs) = self.any(&subject.shown_by, Level::Declared, None) {
                let proof = proofs.first().map(|proof| in_words(&proof.sighting)).unwrap_or_default();
                return (subject.kind, proof);
            }
        }
        (Kind::Operated, "nothing shows another kind".into())
    }

    fn settle(&self, check: &Check, kind: Kind, config: &Config, today: Date, used: &mut BTreeSet<String>) -> Outcome {
        let declared = config.kind.is_some();
        let mut outcome = match self.not_applicable(check, kind, declared) {
            Some(proof) => Outcome { standing: Standing::NotApplicable(proof), score: None, ..blank(&check.id) },
            None => match &check.kind {
                CheckKind::Practice { want, absent, rungs } => self.practice(check, rungs, *want, *absent, config, today, used),
                CheckKind::Hazard(clauses) => self.hazard(check, clauses, config, today, used),
                CheckKind::Measure(asked) => {
                    let mut use_up = |check: String| {
                        used.insert(format!("attest {check}"));
                    };
                    measure::measure(check, asked, self.dossier, config, today, &mut use_up)
                }
            },
        };
        let waiver = config.waivers.iter().find(|(waiver, until)| waiver.check.as_deref() == Some(&check.id) && *until >= today);
        if let Some((waiver, until)) = waiver {
            used.insert(check.id.clone());
            if !matches!(outcome.standing, Standing::NotApplicable(_)) {
                outcome.standing = Standing::Waived { reason: waiver.reason.clone(), until: *until };
                outcome.score = None;
            }
        }
        outcome
    }

    /// Why a check does not apply. A kind takes questions away only when it is declared: a detected one may be wrong.
    fn not_applicable(&self, check: &Check, kind: Kind, declared: bool) -> Option<String> {
        let applies = check.file.applies.as_ref()?;
        let absent = |name: &String| matches!(self.capability(name, Level::Declared), Verdict::Not);
        let otherwise = |fallback: String| Some(applies.otherwise.clone().unwrap_or(fallback));
        if declared && !applies.kinds.is_empty() && !applies.kinds.contains(&kind) {
            return Some(format!(
                "the subject is {}: this asks of {}",
                kind.word(),
                applies.kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(" and ")
            ));
        }
        if !applies.any.is_empty() && applies.any.iter().all(absent) {
            return otherwise(format!("no sign of {} was found", applies.any.join(" or ")));
        }
        if let Some(missing) = applies.all.iter().find(|name| absent(name)) {
            return otherwise(format!("no sign of {missing} was found"));
        }
        let present = applies.none.iter().find_map(|name| match self.capability(name, Level::Declared) {
            Verdict::Holds(proofs) => proofs.first().map(|proof| in_words(&proof.sighting)),
            _ => None,
        });
        present.and_then(|proof| otherwise(format!("found {proof}")))
    }

    #[allow(clippy::too_many_arguments)]
    fn practice(
        &self,
        check: &Check,
        rungs: &Rungs,
        want: Level,
        absent: Absent,
        config: &Config,
        today: Date,
        used: &mut BTreeSet<String>,
    ) -> Outcome {
        let mut outcome = blank(&check.id);
        let (mut reached, mut unseen) = (Level::Nothing, None);
        for level in Level::RUNGS {
            match rungs.at.get(&level).map(|clauses| self.rung(clauses, level, reached, &outcome.proofs)) {
                Some(Verdict::Holds(proofs)) => {
                    reached = level;
                    outcome.proofs.extend(proofs);
                }
                Some(Verdict::Unknown(gaps)) => {
                    unseen = Some(level);
                    outcome.gaps.extend(gaps);
                }
                // Nobody looked for the live system, and no definition can: it may be so.
                None if level == want && level == Level::Observed => unseen = Some(level),
                Some(Verdict::Not) | None => {}
            }
        }
        if let Verdict::Holds(proofs) = self.any(&rungs.inert, Level::Nothing, None) {
            reached = reached.min(Level::Declared);
            outcome.proofs.extend(proofs.into_iter().map(|proof| Proof { inert: true, level: Level::Nothing, ..proof }));
        }
        let mut failed = false;
        for (attestation, on, lapses) in config.attestations.iter().filter(|(attestation, ..)| attestation.check == check.id) {
            if *lapses < today || *on > today {
                continue;
            }
            used.insert(format!("attest {}", check.id));
            let level = attestation.level.and_then(crate::config::Attested::level);
            failed |= level.is_none();
            reached = reached.max(level.unwrap_or(Level::Nothing));
            outcome.proofs.push(attested(attestation, *on, level));
        }
        if failed {
            (reached, unseen) = (Level::Nothing, None);
        }
        let elsewhere = absent == Absent::Unknown && reached < want && !failed;
        let open = if elsewhere { Some(want) } else { unseen.filter(|level| *level > reached) };
        outcome.proofs.sort_by(|a, b| {
            (a.inert, std::cmp::Reverse(a.level), place_depth(a)).cmp(&(b.inert, std::cmp::Reverse(b.level), place_depth(b)))
        });
        let mut shown = BTreeSet::new();
        outcome.proofs.retain(|proof| shown.insert((proof.sighting.place.clone(), proof.sighting.excerpt.clone(), proof.inert)));
        outcome.gaps.sort();
        outcome.gaps.dedup();
        outcome.level = Some(reached);
        outcome.score = Some(score::practice(reached, open, want));
        outcome.standing = match reached {
            level if level >= want => Standing::Met(level),
            Level::Nothing if failed => Standing::Unmet,
            Level::Nothing if open.is_some() => Standing::Unknown,
            Level::Nothing => Standing::Unmet,
            have => Standing::Short { have, want },
        };
        if reached >= want {
            outcome.gaps.clear();
        }
        outcome
    }

    fn hazard(&self, check: &Check, clauses: &[Clause], config: &Config, today: Date, used: &mut BTreeSet<String>) -> Outcome {
        let mut outcome = blank(&check.id);
        let mut seen = BTreeMap::new();
        for clause in clauses {
            // What could not be seen stays open beside what was found.
            if let Some(Look::World(key, _)) = &clause.look {
                outcome.gaps.extend(self.dossier.looks.get(key).into_iter().flat_map(|seen| seen.gaps.clone()));
            }
            match self.clause(clause, Level::Declared) {
                Verdict::Holds(proofs) => {
                    let sightings = proofs.into_iter().map(|proof| proof.sighting);
                    for sighting in findings::together(clause.per, sightings) {
                        let mut finding = findings::finding(&check.id, clause, sighting, &mut seen);
                        let waiver = config
                            .waivers
                            .iter()
                            .find(|(waiver, until)| waiver.finding.as_deref() == Some(&finding.fingerprint) && *until >= today);
                        if let Some((waiver, until)) = waiver {
                            used.insert(finding.fingerprint.clone());
                            finding.muted = Some(format!("{} (until {until})", waiver.reason));
                        }
                        if self.dossier.before.as_ref().is_some_and(|before| before.findings.contains(&finding.fingerprint)) {
                            continue;
                        }
                        let list = if finding.muted.is_some() { &mut outcome.muted } else { &mut outcome.findings };
                        list.push(finding);
                    }
                }
                Verdict::Unknown(gaps) => outcome.gaps.extend(gaps),
                Verdict::Not => {}
            }
        }
        outcome.gaps.sort();
        outcome.gaps.dedup();
        for list in [&mut outcome.findings, &mut outcome.muted] {
            list.sort_by(|a, b| (std::cmp::Reverse(a.severity), &a.sighting).cmp(&(std::cmp::Reverse(b.severity), &b.sighting)));
            list.dedup_by(|a, b| a.sighting == b.sighting && a.message == b.message);
            list.truncate(MOST_FINDINGS);
        }
        outcome.score = Some(score::hazard(outcome.findings.iter().map(|finding| finding.severity), !outcome.gaps.is_empty()));
        outcome.standing = match (outcome.findings.is_empty(), outcome.gaps.is_empty()) {
            (false, _) => Standing::Found,
            (true, true) => Standing::Clear,
            (true, false) => Standing::Unknown,
        };
        outcome
    }

    /// Any of the clauses; all that hold are kept.
    fn any(&self, clauses: &[Clause], level: Level, capability: Option<&str>) -> Verdict {
        let (mut proofs, mut gaps) = (Vec::new(), Vec::new());
        for clause in clauses
            .iter()
            .filter(|clause| capability.is_none_or(|name| clause.gives.is_empty() || clause.gives.iter().any(|given| given == name)))
        {
            match self.clause(clause, level) {
                Verdict::Holds(found) => proofs.extend(found),
                Verdict::Unknown(found) => gaps.extend(found),
                Verdict::Not => {}
            }
        }
        match (proofs.is_empty(), gaps.is_empty()) {
            (false, _) => Verdict::Holds(proofs),
            (true, false) => Verdict::Unknown(gaps),
            (true, true) => Verdict::Not,
        }
    }

    fn clause(&self, clause: &Clause, level: Level) -> Verdict {
        let mut proofs = Vec::new();
        let mut gaps = Vec::new();
        let rung = |level: Level| level.max(Level::Declared);
        if let Some(look) = &clause.look {
            match self.look(look, rung(level), level) {
                Verdict::Holds(found) => proofs.extend(found),
                Verdict::Unknown(found) => gaps.extend(found),
                Verdict::Not => return Verdict::Not,
            }
        }
        for condition in &clause.all {
            match self.clause(condition, Level::Declared) {
                Verdict::Holds(found) if clause.look.is_none() => proofs.extend(found),
                Verdict::Holds(_) => {}
                Verdict::Unknown(found) => gaps.extend(found),
                Verdict::Not => return Verdict::Not,
            }
        }
        for condition in &clause.none {
            match self.clause(condition, Level::Declared) {
                Verdict::Holds(_) => return Verdict::Not,
                Verdict::Unknown(found) => gaps.extend(found),
                Verdict::Not => {}
            }
        }
        if !gaps.is_empty() {
            return Verdict::Unknown(gaps);
        }
        for proof in &mut proofs {
            proof.level = level;
            if proof.sighting.note.is_none() {
                proof.sighting.note.clone_from(&clause.note);
            }
        }
        Verdict::Holds(proofs)
    }

    fn look(&self, look: &Look, at_least: Level, level: Level) -> Verdict {
        match look {
            Look::World(key, _) => self.world(key, level),
            Look::Capability(name) => self.capability(name, at_least),
            Look::Tool(id) => match self.catalog.tools.get(id) {
                Some(tool) => self.tool(tool, None, at_least),
                None => Verdict::Not,
            },
        }
    }

    fn world(&self, key: &str, level: Level) -> Verdict {
        let Some(seen) = self.dossier.looks.get(key) else {
            return Verdict::Unknown(vec![Gap {
                what: "this dossier".into(),
                why: "it was made by a catalogue that did not look for this".into(),
                next: "run the audit again with this version".into(),
            }]);
        };
        if seen.sightings.is_empty() {
            return if seen.gaps.is_empty() { Verdict::Not } else { Verdict::Unknown(seen.gaps.clone()) };
        }
        Verdict::Holds(
            seen.sightings.iter().map(|sighting| Proof { level, sighting: sighting.clone(), tool: None, inert: false }).collect(),
        )
    }

    /// Any tool that gives a capability, at a rung or above.
    fn capability(&self, name: &str, at_least: Level) -> Verdict {
        let (mut proofs, mut gaps) = (Vec::new(), Vec::new());
        for tool in self.catalog.tools_giving(name) {
            match self.tool(tool, Some(name), at_least) {
                Verdict::Holds(found) => proofs.extend(found),
                Verdict::Unknown(found) => gaps.extend(found),
                Verdict::Not => {}
            }
        }
        match (proofs.is_empty(), gaps.is_empty()) {
            (false, _) => Verdict::Holds(proofs),
            (true, false) => Verdict::Unknown(gaps),
            (true, true) => Verdict::Not,
        }
    }

    /// A tool at a rung or above; what undoes it keeps it at `declared`.
    fn tool(&self, tool: &Tool, capability: Option<&str>, at_least: Level) -> Verdict {
        let asked = format!("{} {}", tool.id, capability.unwrap_or_default());
        if !self.asking.borrow_mut().insert(asked.clone()) {
            return Verdict::Not;
        }
        let verdict = self.tool_rungs(tool, capability, at_least);
        self.asking.borrow_mut().remove(&asked);
        verdict
    }

    fn tool_rungs(&self, tool: &Tool, capability: Option<&str>, at_least: Level) -> Verdict {
        let (mut proofs, mut gaps) = (Vec::new(), Vec::new());
        let undone = at_least > Level::Declared && matches!(self.any(&tool.rungs.inert, Level::Nothing, capability), Verdict::Holds(_));
        if undone {
            return Verdict::Not;
        }
        for (level, clauses) in tool.rungs.at.range(at_least..) {
            match self.any(clauses, *level, capability) {
                Verdict::Holds(found) => proofs
                    .extend(found.into_iter().map(|proof| Proof { tool: Some(proof.tool.unwrap_or_else(|| tool.id.clone())), ..proof })),
                Verdict::Unknown(found) => gaps.extend(found),
                Verdict::Not => {}
            }
        }
        match (proofs.is_empty(), gaps.is_empty()) {
            (false, _) => Verdict::Holds(proofs),
            (true, false) => Verdict::Unknown(gaps),
            (true, true) => Verdict::Not,
        }
    }

    fn tool_level(&self, tool: &Tool, capability: Option<&str>) -> Level {
        let reaches = |level: &&Level| matches!(self.tool(tool, capability, **level), Verdict::Holds(_));
        Level::RUNGS.iter().rev().find(reaches).copied().unwrap_or(Level::Nothing)
    }
}

fn blank(check: &str) -> Outcome {
    Outcome {
        check: check.to_owned(),
        standing: Standing::Unknown,
        level: None,
        score: Some(Score::unknown()),
        proofs: Vec::new(),
        findings: Vec::new(),
        muted: Vec::new(),
        value: None,
        gaps: Vec::new(),
    }
}

fn place_depth(proof: &Proof) -> (usize, Sighting) {
    (proof.sighting.place.path.as_deref().map_or(0, |path| path.matches('/').count()), proof.sighting.clone())
}

/// A place and what stands there.
pub fn in_words(sighting: &Sighting) -> String {
    let place = &sighting.place;
    let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
    let at = place.path.as_ref().map(|path| format!("{path}{line}")).or_else(|| place.url.clone()).or_else(|| place.commit.clone());
    match (at, &sighting.excerpt) {
        (Some(at), Some(text)) => format!("{at}: {text}"),
        (Some(at), None) => at,
        (None, text) => text.clone().unwrap_or_default(),
    }
}

fn attested(attestation: &crate::config::Attestation, on: Date, level: Option<Level>) -> Proof {
    let proof = attestation.evidence.as_ref().map(|link| format!(", see {link}")).unwrap_or_default();
    let words = format!("{} on {on}, holds for {}{proof}", attestation.by, attestation.every);
    let place = Place { attestation: Some(words), ..Place::default() };
    let excerpt = level.is_none().then(|| "attested as failed".to_owned());
    let sighting = Sighting { place, excerpt, note: attestation.note.clone(), ..Sighting::default() };
    Proof { level: level.unwrap_or(Level::Nothing), sighting, tool: None, inert: level.is_none() }
}
