//! From verdicts to the report: names, words, sums and what to do next.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{
    Category, Check, CheckKind, Counts, Evidence, Finding, Next, Notice, Report, SCHEMA_VERSION, Score, Standing, Subject, Value, Week,
    Window,
};
use crate::config::Config;
use crate::definition::catalogue::{CATEGORIES, Catalog, Check as Definition, CheckKind as Kind, Clause, Look, Rungs, WorldLook};
use crate::definition::words::{Level, OneOrMany};
use crate::definition::written::{PipelineLook, SchemaLook};
use crate::evidence::Dossier;
use crate::evidence::measures::Week as Weekly;
use crate::evidence::pattern_needs::in_words;
use crate::outcome::{Finding as Found, Outcome, Proof, Standing as Stands, Value as Number, Verdicts};
use crate::score;

/// Steps listed as worth taking next, and as questions.
const MOST_STEPS: usize = 20;
/// Product names given before "and N more".
const MOST_NAMES: usize = 8;

/// The report of an audit.
pub fn compose(catalog: &Catalog, verdicts: &Verdicts, dossier: &Dossier, config: &Config, today: Date, version: &str) -> Report {
    let weights = Weights { catalog, config };
    let sums = Sums::of(&verdicts.outcomes, &weights);
    let checks: Vec<Check> = verdicts
        .outcomes
        .iter()
        .filter_map(|outcome| {
            catalog.checks.get(&outcome.check).map(|definition| check(catalog, definition, outcome, weights.check(&outcome.check)))
        })
        .collect();
    let (next, questions) = steps(catalog, &verdicts.outcomes, &weights, &sums);
    Report {
        schema_version: SCHEMA_VERSION,
        audit_version: env!("CARGO_PKG_VERSION").to_owned(),
        catalogue_version: version.to_owned(),
        complete: dossier.incomplete.is_empty(),
        at: today.to_string(),
        subject: Subject {
            kind: verdicts.kind,
            because: verdicts.because.clone(),
            path: dossier.path.clone(),
            revision: dossier.revision.clone(),
            source: dossier.source.clone(),
            folder: dossier.folder.clone(),
            stacks: verdicts.stacks.clone(),
            files: dossier.files,
        },
        score: points(sums.total.unwrap_or_else(score::Score::unknown), 100.0),
        counts: counts(checks.iter()),
        categories: CATEGORIES
            .iter()
            .map(|id| Category {
                id: (*id).to_owned(),
                score: sums.categories.get(*id).map(|sum| points(sum.score, 100.0)),
                weight: weights.category(id),
                counts: counts(checks.iter().filter(|check| check.category == *id)),
            })
            .collect(),
        checks,
        next,
        questions,
        notices: notices(verdicts, dossier),
        forecast: Vec::new(),
        requirements: Vec::new(),
        comparison: None,
    }
}

/// A share as points, to one decimal (to four for checks, whose points run to 1).
fn points(score: score::Score, full: f64) -> Score {
    let round = |share: f64| if full > 1.0 { (share * full * 10.0).round() / 10.0 } else { (share * 10_000.0).round() / 10_000.0 };
    Score { proven: round(score.proven()), possible: round(score.possible()) }
}

struct Weights<'a> {
    catalog: &'a Catalog,
    config: &'a Config,
}

impl Weights<'_> {
    fn check(&self, id: &str) -> f64 {
        self.config.weights.get(id).copied().or_else(|| self.catalog.checks.get(id).map(|check| check.file.weight)).unwrap_or(0.0)
    }

    fn category(&self, id: &str) -> f64 {
        self.config.weights.get(id).copied().unwrap_or(1.0)
    }
}

fn category_of(check: &str) -> &str {
    check.split('/').next().unwrap_or_default()
}

struct Sum {
    score: score::Score,
    weight: f64,
}

struct Sums {
    categories: BTreeMap<String, Sum>,
    total: Option<score::Score>,
    total_weight: f64,
}

impl Sums {
    fn of(outcomes: &[Outcome], weights: &Weights<'_>) -> Sums {
        let mut categories = BTreeMap::new();
        for id in CATEGORIES {
            let parts = || {
                outcomes
                    .iter()
                    .filter(|outcome| category_of(&outcome.check) == id)
                    .filter_map(|outcome| outcome.score.map(|score| (weights.check(&outcome.check), score)))
            };
            if let Some(score) = score::weigh(parts()) {
                categories.insert(id.to_owned(), Sum { score, weight: parts().map(|(weight, _)| weight).sum() });
            }
        }
        let parts = || categories.iter().map(|(id, sum)| (weights.category(id), sum.score));
        Sums { total: score::weigh(parts()), total_weight: parts().map(|(weight, _)| weight).sum(), categories }
    }

    /// What a share of one check is worth in points of the total.
    fn worth(&self, check: &str, share: f64, weights: &Weights<'_>) -> f64 {
        let category = category_of(check);
        let Some(sum) = self.categories.get(category) else { return 0.0 };
        let points = 100.0 * share * weights.check(check) / sum.weight * weights.category(category) / self.total_weight;
        if points.is_finite() { (points * 10.0).round() / 10.0 } else { 0.0 }
    }
}

/// The fixes that raise `proven` most, and the questions that narrow the interval most.
fn steps(catalog: &Catalog, outcomes: &[Outcome], weights: &Weights<'_>, sums: &Sums) -> (Vec<Next>, Vec<Next>) {
    let (mut fixes, mut questions) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        let (Some(score), Some(definition)) = (outcome.score, catalog.checks.get(&outcome.check)) else { continue };
        let step = next_step(definition, outcome);
        let entry =
            |share: f64| Next { check: outcome.check.clone(), gain: sums.worth(&outcome.check, share, weights), step: step.clone() };
        match outcome.standing {
            Stands::Unknown => questions.push(entry(score.possible() - score.proven())),
            Stands::Short { .. } | Stands::Partly | Stands::Unmet | Stands::Found => fixes.push(entry(1.0 - score.proven())),
            _ => {}
        }
    }
    let best = |mut steps: Vec<Next>| {
        steps.retain(|step| step.gain > 0.0);
        steps.sort_by(|a, b| b.gain.total_cmp(&a.gain).then_with(|| a.check.cmp(&b.check)));
        steps.truncate(MOST_STEPS);
        steps
    };
    (best(fixes), best(questions))
}

/// The one step to take for a check.
fn next_step(definition: &Definition, outcome: &Outcome) -> String {
    if outcome.standing == Stands::Unknown {
        if let (Kind::Measure(measure), Some(gap)) = (&definition.kind, outcome.gaps.first()) {
            return format!(
                "{} {}: {}. Or attest it in audit.toml: [[attest]] check = \"{}\", answer = {}, by, on, every.",
                definition.file.asks,
                gap.what,
                gap.next,
                definition.id,
                measure.answers()
            );
        }
        if let Some(gap) = outcome.gaps.iter().find(|gap| gap.what != "the live site") {
            return format!("{} {}: {}.", definition.file.asks, gap.what, gap.next);
        }
        let level = definition.file.want.unwrap_or(Level::Configured);
        return format!(
            "{} If so, attest it in audit.toml: [[attest]] check = \"{}\", level = \"{level}\", by, on, every. If not: {}",
            definition.file.asks,
            definition.id,
            first_step(&definition.file.fix)
        );
    }
    if let Stands::Short { have, want } = outcome.standing
        && have >= Level::Configured
    {
        return format!(
            "It is {have}; nothing here shows that it is {want}. See that it is so, and attest it in audit.toml: [[attest]] check = \"{}\", level = \"{want}\", by, on, every.",
            definition.id
        );
    }
    first_step(&definition.file.fix)
}

/// The first step of an advice: its first line or list item.
fn first_step(fix: &str) -> String {
    let line = fix.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '*' | ' ' | ')')).to_owned()
}

fn counts<'c>(checks: impl Iterator<Item = &'c Check>) -> Counts {
    let mut counts = Counts::default();
    for check in checks {
        counts.checks += 1;
        *match check.standing {
            Standing::Met => &mut counts.met,
            Standing::Short => &mut counts.short,
            Standing::Unmet => &mut counts.unmet,
            Standing::Unknown => &mut counts.unknown,
            Standing::NotApplicable => &mut counts.not_applicable,
            Standing::Waived => &mut counts.waived,
        } += 1;
    }
    counts
}

fn check(catalog: &Catalog, definition: &Definition, outcome: &Outcome, weight: f64) -> Check {
    let (standing, because) = match &outcome.standing {
        Stands::Met(_) | Stands::Full | Stands::Clear => (Standing::Met, None),
        Stands::Short { .. } | Stands::Partly | Stands::Found => (Standing::Short, None),
        Stands::Unmet => (Standing::Unmet, None),
        Stands::Unknown => (Standing::Unknown, None),
        Stands::NotApplicable(proof) => (Standing::NotApplicable, Some(proof.clone())),
        Stands::Waived { reason, until } => (Standing::Waived, Some(format!("{reason} (until {until})"))),
    };
    let open = matches!(standing, Standing::Short | Standing::Unmet | Standing::Unknown);
    Check {
        id: definition.id.clone(),
        category: category_of(&definition.id).to_owned(),
        kind: match definition.kind {
            Kind::Practice { .. } => CheckKind::Practice,
            Kind::Hazard(_) => CheckKind::Hazard,
            Kind::Measure(_) => CheckKind::Measure,
        },
        title: definition.file.title.clone(),
        asks: definition.file.asks.clone(),
        why: definition.file.why.trim().to_owned(),
        fix: definition.file.fix.trim().to_owned(),
        links: definition.file.links.to_vec(),
        weight,
        standing,
        level: outcome.level,
        want: definition.file.want,
        score: outcome.score.map(|score| points(score, 1.0)),
        because,
        evidence: outcome.proofs.iter().map(evidence).collect(),
        findings: outcome.findings.iter().map(finding).collect(),
        muted: outcome.muted.iter().map(finding).collect(),
        rules: Vec::new(),
        value: outcome.value.as_deref().map(value),
        gaps: outcome.gaps.clone(),
        looked_for: if open { looked_for(catalog, definition) } else { Vec::new() },
        next: open.then(|| next_step(definition, outcome)),
    }
}

fn evidence(proof: &Proof) -> Evidence {
    Evidence {
        level: proof.level,
        place: proof.sighting.place.clone(),
        excerpt: proof.sighting.excerpt.clone(),
        tool: proof.tool.clone(),
        note: proof.sighting.note.clone(),
        inert: proof.inert,
    }
}

fn value(measured: &Number) -> Value {
    // Four digits that matter: more would say that it is known so well.
    let round = |amount: f64| if amount == 0.0 || !amount.is_finite() { amount } else { format!("{amount:.3e}").parse().unwrap_or(amount) };
    let found = &measured.measured;
    let week = |week: &Weekly| Week { from: week.from.clone(), amount: week.amount.map(round), sample: week.sample };
    Value {
        amount: round(found.amount),
        unit: measured.unit.clone(),
        low: found.low.map(round),
        high: found.high.map(round),
        sample: found.sample,
        name: measured.name.clone(),
        of: found.of.clone(),
        statistic: found.statistic.clone(),
        interval: found.interval.clone(),
        window: Window { from: found.window.0.clone(), to: found.window.1.clone() },
        starts: found.starts.clone(),
        ends: found.ends.clone(),
        source: found.source.clone(),
        floor: found.floor.clone(),
        attested: measured.attested.clone(),
        published_level: measured.level.clone(),
        further: found.further.iter().map(|(name, amount)| (name.clone(), round(*amount))).collect(),
        notes: found.notes.clone(),
        weeks: found.weeks.iter().map(week).collect(),
        beside: measured.beside.iter().map(value).collect(),
    }
}

fn finding(found: &Found) -> Finding {
    Finding {
        place: found.sighting.place.clone(),
        severity: found.severity,
        message: found.message.clone(),
        fingerprint: found.fingerprint.clone(),
        excerpt: found.sighting.excerpt.clone(),
        muted: found.muted.clone(),
    }
}

/// What a check looks for, in words, one line per look.
pub fn looked_for(catalog: &Catalog, definition: &Definition) -> Vec<String> {
    let mut lines: Vec<String> = match &definition.kind {
        Kind::Practice { rungs, .. } => rung_lines(catalog, rungs),
        Kind::Hazard(clauses) => clauses.iter().map(|clause| describe(catalog, clause)).collect(),
        Kind::Measure(measure) => measure.value.iter().map(|value| value.replace('-', " ")).collect(),
    };
    lines.dedup();
    lines
}

fn rung_lines(catalog: &Catalog, rungs: &Rungs) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (level, clause) in rungs.clauses() {
        let what = describe(catalog, clause);
        let line = match (&clause.look, level) {
            (Some(Look::Capability(_)), _) => what,
            (_, Some(level)) => format!("{level}: {what}"),
            (_, None) => format!("undone by: {what}"),
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// A clause in words.
fn describe(catalog: &Catalog, clause: &Clause) -> String {
    let mut parts: Vec<String> = clause.look.iter().map(|look| describe_look(catalog, look)).collect();
    parts.extend(clause.all.iter().map(|condition| describe(catalog, condition)));
    let mut words = parts.join(" and ");
    for condition in &clause.none {
        words.push_str(", but not ");
        words.push_str(&describe(catalog, condition));
    }
    words
}

fn describe_look(catalog: &Catalog, look: &Look) -> String {
    match look {
        Look::Capability(name) => format!("{name} by {}", some_of(catalog.tools_giving(name).map(|tool| tool.file.title.as_str()))),
        Look::Tool(id) => catalog.tools.get(id).map_or_else(|| id.clone(), |tool| tool.file.title.clone()),
        Look::World(_, look) => describe_world(look),
    }
}

fn some_of<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    let more = names.len().saturating_sub(MOST_NAMES);
    let shown = names[..names.len() - more].join(", ");
    if more > 0 { format!("{shown} or {more} more") } else { shown }
}

fn describe_world(look: &WorldLook) -> String {
    let paths = |globs: &OneOrMany| some_of(globs.iter().map(|glob| glob.trim_start_matches("**/")));
    match look {
        WorldLook::Dependency(look) => {
            let all = [&look.gem, &look.npm, &look.pypi, &look.go, &look.cargo, &look.maven, &look.nuget, &look.composer, &look.hex];
            format!("a dependency on {}", some_of(all.into_iter().flatten().map(String::as_str)))
        }
        WorldLook::File(look) if look.contains.is_empty() => format!("a file {}", paths(&look.path)),
        WorldLook::File(look) => format!("{} in {}", words_of(&look.contains), paths(&look.path)),
        WorldLook::Data(look) => {
            format!("{} in {}", look.at.as_deref().or(look.each.as_deref()).unwrap_or("a document"), paths(&look.path))
        }
        WorldLook::Code(look) => {
            let languages: Vec<String> = look.language.iter().map(|language| format!("{language:?}")).collect();
            format!("code: {}", some_of(languages.iter().map(String::as_str)))
        }
        WorldLook::Migration(look) => format!("schema changes: {}", look.reasons.join(", ").replace('-', " ")),
        WorldLook::Pipeline(look) => describe_pipeline(look),
        WorldLook::Git(look) => {
            let asked = [&look.remote, &look.author, &look.message].into_iter().flatten().next();
            let words = asked.map(|pattern| words_of(&OneOrMany(vec![pattern.clone()])));
            format!("git: {}", words.unwrap_or_else(|| "the current commit on a remote, or changes of chosen files".into()))
        }
        WorldLook::Schema(look, _) => describe_schema(look),
        WorldLook::Forge(look) => {
            let at = look.at.as_ref().map(|at| format!(", {at}")).unwrap_or_default();
            format!("the forge's {}{at}", look.answer.split('/').next_back().unwrap_or_default().replace('-', " "))
        }
        WorldLook::Analysis(name) => name.replace('-', " "),
    }
}

fn describe_schema(look: &SchemaLook) -> String {
    let Some(column) = &look.column else { return "the foreign keys and indexes of the database schema".into() };
    let secured = match column.protected.or(column.encrypted) {
        Some(true) => ", kept unreadable",
        Some(false) => " in the clear",
        None => "",
    };
    format!("columns of the database schema{secured}: {}", some_of(column.name.iter().map(String::as_str)))
}

fn describe_pipeline(look: &PipelineLook) -> String {
    let runs = look.runs.iter().flat_map(|pattern| in_words(pattern));
    let names: Vec<String> = runs.chain(look.uses.iter().cloned()).collect();
    let named = look.environment.iter().chain(&look.job).map(|name| format!(" for {}", words_of(&OneOrMany(vec![name.clone()]))));
    let what = if names.is_empty() { String::new() } else { format!(" that runs {}", some_of(names.iter().map(String::as_str))) };
    let after = if look.after.is_empty() { String::new() } else { format!(", after {}", words_of(&look.after)) };
    let schedule = look.every_hours.map(|hours| format!(", at least every {hours} hours")).unwrap_or_default();
    format!("a CI job{}{what}{after}{schedule}", named.collect::<String>())
}

/// What patterns look for, as people would type it.
fn words_of(patterns: &OneOrMany) -> String {
    let each: Vec<String> = patterns
        .iter()
        .map(|pattern| {
            let words = in_words(pattern);
            if words.is_empty() { "a pattern".to_owned() } else { some_of(words.iter().map(String::as_str)) }
        })
        .collect();
    each.join(" with ")
}

fn notices(verdicts: &Verdicts, dossier: &Dossier) -> Vec<Notice> {
    let gap = |about: &str, gap: &crate::evidence::Gap| Notice {
        about: about.into(),
        message: format!("{}: {}; {}", gap.what, gap.why, gap.next),
    };
    let mut notices: Vec<Notice> = dossier.incomplete.iter().map(|found| gap("incomplete", found)).collect();
    notices.extend(dossier.before.iter().map(|before| Notice {
        about: "since".into(),
        message: format!("only hazards that the change since {} brings in are reported", before.commit.get(..12).unwrap_or(&before.commit)),
    }));
    notices.extend(verdicts.notices.iter().map(|notice| Notice { about: notice.about.into(), message: notice.message.clone() }));
    notices.extend(dossier.skipped.iter().take(20).map(|found| gap("skipped", found)));
    if dossier.skipped.len() > 20 {
        notices.push(Notice { about: "skipped".into(), message: format!("{} further files were not read", dossier.skipped.len() - 20) });
    }
    notices
}
