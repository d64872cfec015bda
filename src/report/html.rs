//! The report as one HTML file that needs nothing from elsewhere: for a manager's mailbox, an artifact of CI, a printer.
//!
//! The template escapes every value; what is already markup is made in `markup.rs` and nowhere else. A content security
//! policy names the hashes of the one style and the one script, so that even markup which slipped through could neither run
//! nor load. Everything can be read and unfolded before the script runs; the script only hides.

use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::links::{self, Links};
use super::{Category, Check, Counts, Next, Report, Score, Standing, plain, points, words};

pub mod chart;
mod markup;

pub use chart::Day;

const TEMPLATE: &str = include_str!("html/template.html");
const TREND: &str = include_str!("html/trend.html");
const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// Shown of each list before the reader unfolds the rest.
const MOST_STEPS: usize = 5;
const MOST_FINDINGS: usize = 5;
/// Parts of a change shown; the JSON report has all.
const MOST_PARTS: usize = 30;
/// Shown at all: beyond these a page is no longer read, and JSON has everything. Findings share their number among the checks.
const ALL_EVIDENCE: usize = 8;
const ALL_FINDINGS: usize = 150;

/// The page.
pub fn render(report: &Report) -> String {
    page(report).unwrap_or_else(|error| format!("<!doctype html><title>audit</title><p>{}</p>", markup::escape(&error.to_string())))
}

/// The score over several audits, oldest first, as a page of its own.
pub fn trend(name: &str, days: &[Day]) -> String {
    let count = words::count(days.len(), "audit");
    let title = days.last().map_or(count.clone(), |last| {
        format!("{} proven, up to {} possible after {count}", points(last.score.proven), points(last.score.possible))
    });
    let title = if days.is_empty() { "no audit yet".to_owned() } else { title };
    let drawing = chart::draw("Score over time", days, false).unwrap_or_else(|| safe(""));
    let values = context! { name => plain(name), title, chart => drawing, style => safe(STYLE), style_hash => hash(STYLE) };
    fill(TREND, values).unwrap_or_default()
}

fn fill(template: &str, values: Value) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_formatter(|out, _, value| match value.is_safe() {
        true => out.write_str(&value.to_string()).map_err(Into::into),
        false => out.write_str(&markup::escape(&value.to_string())).map_err(Into::into),
    });
    environment.add_template("page.html", template)?;
    environment.get_template("page.html")?.render(values).map(|page| page + "\n")
}

fn safe(markup: impl Into<String>) -> Value {
    Value::from_safe_string(markup.into())
}

/// The hash by which the content security policy knows a style or script.
fn hash(text: &str) -> Value {
    safe(base64(&Sha256::digest(text.as_bytes())))
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let quartet = |three: &[u8]| {
        let word = three.iter().chain(&[0; 2]).take(3).fold(0_usize, |word, byte| word << 8 | usize::from(*byte));
        let sign = |at: usize| if at <= three.len() { char::from(SIGNS[word >> (18 - 6 * at) & 63]) } else { '=' };
        (0..4).map(sign).collect::<String>()
    };
    bytes.chunks(3).map(quartet).collect()
}

fn page(report: &Report) -> Result<String, minijinja::Error> {
    let links = Links::of(&report.subject);
    let incomplete: Vec<String> =
        report.notices.iter().filter(|one| one.about == "incomplete").map(|one| plain(&one.message).into()).collect();
    let notices: Vec<_> = report.notices.iter().filter(|one| one.about != "incomplete").collect();
    let forecast = forecast(report);
    let with_findings = report.checks.iter().filter(|check| !check.findings.is_empty() || !check.muted.is_empty()).count();
    let shown = Shown { links: &links, findings: (ALL_FINDINGS / with_findings.max(1)).max(MOST_FINDINGS) };
    let steps = [
        StepList::of("next", "What to do next", "The fixes that raise what is proven most, in points of the total.", "+", &report.next),
        StepList::of(
            "questions",
            "Questions",
            "The answers that bring proven and possible together most, in points.",
            "",
            &report.questions,
        ),
    ];
    let steps: Vec<StepList> = steps.into_iter().flatten().collect();
    let mut nav = vec![Part::new("categories", "Categories")];
    nav.extend((!report.requirements.is_empty()).then(|| Part::new("requirements", "What was asked")));
    nav.extend(report.comparison.is_some().then(|| Part::new("since", "What changed")));
    nav.extend(forecast.is_some().then(|| Part::new("forecast", "Forecast")));
    nav.extend(steps.iter().map(|list| Part::new(list.id, list.title)));
    nav.push(Part::new("checks", "Checks"));
    nav.extend((!notices.is_empty()).then(|| Part::new("notices", "Notices")));
    nav.push(Part::new("legend", "How to read this"));
    fill(
        TEMPLATE,
        context! {
            style => safe(STYLE), style_hash => hash(STYLE), script => safe(SCRIPT), script_hash => hash(SCRIPT),
            name => name(report),
            source => report.subject.source.as_deref().filter(|source| links::is_web(source)),
            proven => points(report.score.proven),
            possible => points(report.score.possible),
            bar => safe(markup::bar(report.score)),
            facts => facts(report, &links),
            incomplete => (!report.complete).then_some(incomplete),
            nav => Value::from(Serde(nav)),
            categories => Value::from(Serde(report.categories.iter().map(Card::of).collect::<Vec<_>>())),
            requirements => requirements(report),
            comparison => comparison(report),
            forecast,
            steps => Value::from(Serde(steps)),
            standings => pills(report.counts),
            groups => Value::from(Serde(words::groups(report).into_iter().map(|(id, checks)| Group::of(id, &checks, report, &shown)).collect::<Vec<_>>())),
            notices => notices.iter().map(|one| context! { about => plain(&one.about), message => plain(&one.message) }).collect::<Vec<_>>(),
            audit_version => plain(&report.audit_version),
            catalogue_version => plain(&report.catalogue_version),
            at => plain(&report.at),
        },
    )
}

/// What people call it: `acme/shop apps/web`, else the audited folder.
fn name(report: &Report) -> String {
    let subject = &report.subject;
    let of_source = |source: &str| Some(source.split_once("://")?.1.split_once('/')?.1.to_owned());
    let base = subject.source.as_deref().and_then(of_source);
    let base = base.unwrap_or_else(|| subject.path.trim_end_matches('/').rsplit('/').next().unwrap_or(&subject.path).to_owned());
    let folder = subject.folder.as_deref().filter(|_| subject.source.is_some()).map(|folder| format!(" {folder}")).unwrap_or_default();
    plain(&format!("{base}{folder}")).into_owned()
}

fn facts(report: &Report, links: &Links<'_>) -> Vec<Value> {
    let (subject, counts) = (&report.subject, report.counts);
    let text = |text: String| Value::from(plain(&text).into_owned());
    let mut facts =
        vec![text(format!("{}, {} unknown, {} waived", words::count(counts.checks as usize, "check"), counts.unknown, counts.waived))];
    facts.extend(subject.revision.as_deref().map(|revision| safe(format!("at {}", markup::commit(revision, links)))));
    facts.push(text(format!("{}: {}", subject.kind.word(), subject.because)));
    facts.extend((!subject.stacks.is_empty()).then(|| text(subject.stacks.join(", "))));
    facts.push(text(words::count(usize::try_from(subject.files).unwrap_or(usize::MAX), "file")));
    facts.push(text(report.at.clone()));
    facts
}

/// What was asked of the audit.
fn requirements(report: &Report) -> Vec<Value> {
    let rule = |rule: &super::Requirement| {
        let until = rule.until.as_ref().map(|day| format!(" (until {day})")).unwrap_or_default();
        context! {
            mark => if rule.holds { "✓" } else { "✗" },
            rule => plain(&rule.rule),
            found => safe(markup::prose(&format!("{}{until}.", rule.found))),
            smallest => rule.smallest.iter().map(|step| anchor(&step.check)).collect::<Vec<_>>(),
        }
    };
    report.requirements.iter().map(rule).collect()
}

/// What changed since the report that was named with `--baseline`.
fn comparison(report: &Report) -> Option<Value> {
    let comparison = report.comparison.as_ref()?;
    let signed = |points: f64| format!("{points:+.1}");
    let part = |part: &super::comparison::Part| {
        context! {
            proven => signed(part.change.proven),
            cause => part.cause.word(),
            check => part.check.as_deref().map(|check| plain(check).into_owned()),
            because => safe(markup::prose(&part.because)),
        }
    };
    Some(context! {
        at => plain(&comparison.old.at),
        proven => signed(comparison.change.proven),
        possible => signed(comparison.change.possible),
        parts => comparison.parts.iter().take(MOST_PARTS).map(part).collect::<Vec<_>>(),
    })
}

/// The score on the days to come, if the report knows of any change.
fn forecast(report: &Report) -> Option<Value> {
    let first = report.forecast.first()?;
    let today = Day { date: report.at.clone(), score: report.score, because: String::new() };
    let later = report.forecast.iter().map(|day| Day { date: day.date.clone(), score: day.score, because: day.because.clone() });
    let days: Vec<Day> = std::iter::once(today).filter(|day| day.date < first.date).chain(later).collect();
    chart::draw("Score on the days to come", &days, true)
}

#[derive(Serialize)]
struct Part {
    id: &'static str,
    title: &'static str,
}

impl Part {
    fn new(id: &'static str, title: &'static str) -> Part {
        Part { id, title }
    }
}

/// One category in the overview.
#[derive(Serialize)]
struct Card {
    id: String,
    name: String,
    bar: Option<Value>,
    proven: u32,
    possible: u32,
    tally: String,
}

impl Card {
    fn of(category: &Category) -> Card {
        let score = category.score.unwrap_or(Score { proven: 0.0, possible: 0.0 });
        Card {
            id: anchor(&category.id),
            name: plain(&words::heading(&category.id)).into_owned(),
            bar: category.score.map(|score| safe(markup::bar(score))),
            proven: points(score.proven),
            possible: points(score.possible),
            tally: tally(category.counts),
        }
    }
}

fn standings(counts: Counts) -> [(Standing, u32); 6] {
    [
        (Standing::Unmet, counts.unmet),
        (Standing::Short, counts.short),
        (Standing::Unknown, counts.unknown),
        (Standing::Met, counts.met),
        (Standing::Waived, counts.waived),
        (Standing::NotApplicable, counts.not_applicable),
    ]
}

fn tally(counts: Counts) -> String {
    let some = standings(counts).into_iter().filter(|(_, number)| *number > 0);
    some.map(|(standing, number)| format!("{number}\u{a0}{}", words::standing(standing))).collect::<Vec<_>>().join(", ")
}

fn class(standing: Standing) -> &'static str {
    if standing == Standing::NotApplicable { "na" } else { words::standing(standing) }
}

fn pills(counts: Counts) -> Vec<Value> {
    let some = standings(counts).into_iter().filter(|(_, number)| *number > 0);
    some.map(
        |(standing, count)| context! { class => class(standing), sign => words::sign(standing), word => words::standing(standing), count },
    )
    .collect()
}

/// Steps worth taking, or questions worth answering.
#[derive(Serialize)]
struct StepList {
    id: &'static str,
    title: &'static str,
    hint: &'static str,
    unit: &'static str,
    first: Vec<Value>,
    rest: Vec<Value>,
    more: String,
}

impl StepList {
    fn of(id: &'static str, title: &'static str, hint: &'static str, sign: &str, next: &[Next]) -> Option<StepList> {
        let row = |step: &words::Step<'_>| {
            let checks: Vec<String> = step.checks.iter().map(|check| anchor(check)).collect();
            context! { gain => words::gain(sign, step.gain), text => safe(markup::prose(step.text)), checks }
        };
        let mut first: Vec<Value> = words::merged(next).iter().map(row).collect();
        let rest = first.split_off(first.len().min(MOST_STEPS));
        let more = format!("{} more", rest.len());
        (!first.is_empty()).then_some(StepList { id, title, hint, unit: "points", first, rest, more })
    }
}

/// An id as a fragment of an address; ids of the catalogue are that already.
fn anchor(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_') { c } else { '-' }).collect()
}

/// What all checks need to be shown.
struct Shown<'a> {
    links: &'a Links<'a>,
    /// Findings of each check.
    findings: usize,
}

/// The checks of a category.
#[derive(Serialize)]
struct Group {
    id: String,
    name: String,
    numbers: Option<String>,
    checks: Vec<Answer>,
}

impl Group {
    fn of(id: &str, checks: &[&Check], report: &Report, shown: &Shown<'_>) -> Group {
        let score = report.categories.iter().find(|category| category.id == id).and_then(|category| category.score);
        Group {
            id: anchor(id),
            name: plain(&words::heading(id)).into_owned(),
            numbers: score.map(|score| format!("{} to {}", points(score.proven), points(score.possible))),
            checks: checks.iter().map(|check| Answer::of(check, shown)).collect(),
        }
    }
}

/// One check with all that is shown of it.
#[derive(Serialize)]
struct Answer {
    anchor: String,
    class: &'static str,
    sign: &'static str,
    word: &'static str,
    title: String,
    answer: String,
    because: Option<String>,
    seen: Vec<Value>,
    more: Vec<Value>,
    left_out: Option<String>,
    findings: Vec<Value>,
    further: Vec<Value>,
    muted: Vec<Value>,
    gap: Option<String>,
    asks: Value,
    rules: Vec<Value>,
    gaps: Vec<String>,
    looked_for: Vec<Value>,
    next: Option<Value>,
    why: Option<Value>,
    fix: Option<Value>,
    links: Vec<Value>,
    id: String,
    facts: String,
}

impl Answer {
    fn of(check: &Check, shown: &Shown<'_>) -> Answer {
        let links = shown.links;
        let text = |text: &str| plain(text).into_owned();
        let is_open = matches!(check.standing, Standing::Short | Standing::Unmet | Standing::Unknown);
        let findings = |list: &[super::Finding]| -> Vec<Value> {
            list.iter().take(shown.findings).map(|finding| safe(markup::finding(finding, links))).collect()
        };
        let (seen, more) = evidence(check, links);
        let mut found = findings(&check.findings);
        let further = found.split_off(found.len().min(MOST_FINDINGS));
        let gap = check.gaps.first().filter(|_| check.standing == Standing::Unknown).map(|gap| text(&format!("{}: {}", gap.what, gap.why)));
        let blocks = |text: &str| (!text.trim().is_empty()).then(|| safe(markup::blocks(text)));
        Answer {
            anchor: anchor(&check.id),
            class: class(check.standing),
            sign: words::sign(check.standing),
            word: words::standing(check.standing),
            title: text(&check.title),
            answer: text(&words::answer(check)),
            because: check.because.as_deref().map(text),
            left_out: left_out(check, shown.findings),
            seen,
            more,
            findings: found,
            further,
            muted: findings(&check.muted),
            gap,
            asks: safe(markup::prose(&check.asks)),
            rules: check.rules.iter().map(rule).collect(),
            gaps: check.gaps.iter().map(|gap| text(&format!("{}: {}; {}", gap.what, gap.why, gap.next))).collect(),
            looked_for: check.looked_for.iter().filter(|_| is_open).map(|line| safe(markup::escape(line))).collect(),
            next: check.next.as_deref().filter(|next| !check.fix.contains(*next)).map(|next| safe(markup::prose(next))),
            why: blocks(&check.why),
            fix: blocks(&check.fix).filter(|_| is_open),
            links: check.links.iter().filter(|link| links::is_web(link)).map(|link| safe(markup::escape(link))).collect(),
            id: text(&check.id),
            facts: facts_of(check),
        }
    }
}

fn rule(rule: &super::Rule) -> Value {
    let verdict = match rule.verdict {
        super::Verdict::Good => "good",
        super::Verdict::Neutral => "neutral",
        super::Verdict::Bad => "bad",
    };
    context! { verdict, id => plain(&rule.id), why => plain(&rule.why) }
}

/// The strongest evidence and what undoes it, and the rest.
fn evidence(check: &Check, links: &Links<'_>) -> (Vec<Value>, Vec<Value>) {
    let strongest = check.evidence.iter().position(|evidence| !evidence.inert);
    let undoes = check.evidence.iter().position(|evidence| evidence.inert);
    let (mut seen, mut more) = (Vec::new(), Vec::new());
    for (at, evidence) in check.evidence.iter().enumerate().take(ALL_EVIDENCE) {
        let list = if Some(at) == strongest || Some(at) == undoes { &mut seen } else { &mut more };
        list.push(safe(markup::evidence(evidence, links)));
    }
    (seen, more)
}

fn left_out(check: &Check, findings: usize) -> Option<String> {
    let more = |all: usize, most: usize, noun: &str| all.checked_sub(most).filter(|left| *left > 0).map(|left| words::count(left, noun));
    let parts = [
        more(check.evidence.len(), ALL_EVIDENCE, "piece of evidence"),
        more(check.findings.len(), findings, "finding"),
        more(check.muted.len(), findings, "finding set aside"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("Not on this page: {} more; --format json has all.", parts.join(", ")))
}

fn facts_of(check: &Check) -> String {
    let score = check.score.map(|score| format!(", {} to {} of 1", score.proven, score.possible)).unwrap_or_default();
    format!("{}, weight {}{score}", words::kind(check.kind), check.weight)
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let pairs =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")];
        for (text, encoded) in pairs {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }
}
