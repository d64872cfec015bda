//! `audit.toml`: what a team says about its own application. It can set aside, attest, weigh and name tools of its
//! own; it can never make the audit use the network.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::definition::catalogue::{CATEGORIES, Catalog, CheckKind, DefinitionText};
use crate::definition::problem::{Problem, Problems};
use crate::definition::strict::{self, Source, Step, suggest};
use crate::definition::words::{Kind, Level, Severity};
use crate::definition::written::Entry;

/// The written shape of `audit.toml`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConfigFile {
    /// What is audited.
    pub subject: SubjectSection,
    /// Weights and thresholds.
    pub score: ScoreSection,
    /// Checks or findings set aside until a day.
    pub waive: Vec<Waiver>,
    /// Answers that a person vouches for.
    pub attest: Vec<Attestation>,
    /// Tools of the organisation's own.
    pub tool: Vec<OwnTool>,
}

/// What is audited.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SubjectSection {
    /// The kind, where the detected one is wrong.
    pub kind: Option<Kind>,
}

/// Weights and thresholds.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScoreSection {
    /// Weights of categories (1 unless written) and of checks (the catalogue's unless written); 0 leaves one out.
    pub weights: BTreeMap<String, f64>,
    /// The least `proven` that passes, 0 to 100; `--fail-under` overrides it.
    pub fail_under: Option<f64>,
    /// The least `possible` that passes, 0 to 100; `--fail-under-possible` overrides it.
    pub fail_under_possible: Option<f64>,
    /// The least `proven` of a category that passes, 0 to 100; `--fail-under CATEGORY=N` overrides it.
    pub fail_under_category: BTreeMap<String, f64>,
    /// Checks that must hold, `GLOB` or `GLOB:SEVERITY`; `--fail-on` adds to them.
    pub fail_on: Vec<String>,
    /// Whether what is unknown counts as if it were not there, as `--strict`.
    pub strict: bool,
}

/// A check or finding set aside until a day.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The check, `category/name`.
    pub check: Option<String>,
    /// Or the fingerprint of one finding.
    pub finding: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds, `YYYY-MM-DD`.
    pub until: String,
}

/// An answer that a person vouches for.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// The check, `category/name`.
    pub check: String,
    /// The rung that it holds at, or `failed`; for a practice.
    pub level: Option<Attested>,
    /// The answer in words of the published scale, or as a number with its unit; for a measure.
    pub answer: Option<String>,
    /// Who vouches.
    pub by: String,
    /// When it was last seen to be so, `YYYY-MM-DD`.
    pub on: String,
    /// How long it holds: `90d`, `6mo`, `1y`.
    pub every: String,
    /// Where the proof is.
    pub evidence: Option<String>,
    /// What to say beside it.
    pub note: Option<String>,
}

/// What is attested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Attested {
    /// It was tried and does not work.
    #[default]
    Failed,
    /// See [`Level::Declared`].
    Declared,
    /// See [`Level::Configured`].
    Configured,
    /// See [`Level::Exercised`].
    Exercised,
    /// See [`Level::Observed`].
    Observed,
}

impl Attested {
    /// The rung; `None` for `failed`.
    pub fn level(self) -> Option<Level> {
        match self {
            Attested::Failed => None,
            Attested::Declared => Some(Level::Declared),
            Attested::Configured => Some(Level::Configured),
            Attested::Exercised => Some(Level::Exercised),
            Attested::Observed => Some(Level::Observed),
        }
    }
}

/// A tool of the organisation's own.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnTool {
    /// Its name; the id is made of it.
    pub name: String,
    /// The capabilities it gives.
    pub provides: Vec<String>,
    /// Named only.
    #[serde(default)]
    pub declared: Vec<Entry>,
    /// Switched on where production would run it.
    #[serde(default)]
    pub configured: Vec<Entry>,
}

/// Checks that must hold: a glob over ids, and for hazards from which severity on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailOn {
    /// The glob.
    pub glob: globset::Glob,
    /// Findings below this are let pass.
    pub severity: Option<Severity>,
}

impl FailOn {
    /// Reads `GLOB` or `GLOB:SEVERITY`.
    ///
    /// # Errors
    /// In words: no glob, or no severity.
    pub fn read(text: &str) -> Result<FailOn, String> {
        let (pattern, severity) = match text.rsplit_once(':') {
            None => (text, None),
            Some((pattern, word)) => {
                let known = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
                let found = known.into_iter().find(|severity| severity.word() == word);
                (pattern, Some(found.ok_or(format!("`{word}` is no severity: write low, medium, high or critical"))?))
            }
        };
        let glob = globset::Glob::new(pattern).map_err(|_| format!("`{pattern}` is not a glob"))?;
        Ok(FailOn { glob, severity })
    }

    /// That some check is meant.
    ///
    /// # Errors
    /// In words: no check matches.
    pub fn known(&self, catalog: &Catalog) -> Result<(), String> {
        let checks = self.glob.compile_matcher();
        let found = catalog.checks.keys().any(|check| checks.is_match(check));
        if found { Ok(()) } else { Err(format!("`{}` matches no check; `audit list` names all of them", self.glob)) }
    }
}

impl std::fmt::Display for FailOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.glob.glob())?;
        self.severity.map_or(Ok(()), |severity| write!(f, ":{}", severity.word()))
    }
}

/// The meant shape: dates are dates.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The kind, where the detected one is wrong.
    pub kind: Option<Kind>,
    /// Weights by category or check id.
    pub weights: BTreeMap<String, f64>,
    /// The least `proven` that passes, 0 to 100.
    pub fail_under: Option<f64>,
    /// The least `possible` that passes, 0 to 100.
    pub fail_under_possible: Option<f64>,
    /// The least `proven` of categories that passes, 0 to 100.
    pub fail_under_category: BTreeMap<String, f64>,
    /// Checks that must hold.
    pub fail_on: Vec<FailOn>,
    /// Whether what is unknown counts as if it were not there.
    pub strict: bool,
    /// Waivers with their last day.
    pub waivers: Vec<(Waiver, Date)>,
    /// Attestations with the day they were made and the day they lapse.
    pub attestations: Vec<(Attestation, Date, Date)>,
    /// Tools of the organisation's own.
    pub tools: Vec<OwnTool>,
    /// Where it was read from.
    pub path: Option<String>,
}

impl Config {
    /// Reads a text.
    ///
    /// # Errors
    /// Every problem of the text at once.
    pub fn parse(name: &str, text: &str, catalog: &Catalog) -> Result<Config, Problems> {
        let file: ConfigFile = strict::read(name, text)?;
        let mut meaning = Meaning { source: Source::new(name, text), catalog, problems: Vec::new() };
        let waivers = file.waive.iter().enumerate().filter_map(|(index, waiver)| meaning.waiver(index, waiver)).collect();
        let attestations =
            file.attest.iter().enumerate().filter_map(|(index, attestation)| meaning.attestation(index, attestation)).collect();
        meaning.score(&file.score);
        file.tool.iter().enumerate().for_each(|(index, tool)| meaning.tool(index, tool));
        Problems(meaning.problems).into_result()?;
        Ok(Config {
            kind: file.subject.kind,
            weights: file.score.weights,
            fail_under: file.score.fail_under,
            fail_under_possible: file.score.fail_under_possible,
            fail_on: file.score.fail_on.iter().filter_map(|written| FailOn::read(written).ok()).collect(),
            fail_under_category: file.score.fail_under_category,
            strict: file.score.strict,
            waivers,
            attestations,
            tools: file.tool,
            path: Some(name.to_owned()),
        })
    }

    /// Problems of own tools, told at the place in `audit.toml` where the tool begins.
    pub fn placed(&self, text: &str, mut problems: Problems) -> Problems {
        let own: Vec<String> = self.own_definitions(text).into_iter().map(|file| file.path).collect();
        let heads: Vec<(usize, &str)> = text.lines().enumerate().filter(|(_, line)| line.trim().starts_with("[[tool]]")).collect();
        for problem in &mut problems.0 {
            let Some(index) = own.iter().position(|path| *path == problem.file) else { continue };
            let (line, source) = heads.get(index).copied().unwrap_or((0, ""));
            problem.file = self.path.clone().unwrap_or_else(|| "audit.toml".into());
            problem.message = format!("tool `{}`: {}", self.tools[index].name, problem.message);
            (problem.line, problem.column, problem.source) = (line + 1, 1, source.to_owned());
        }
        problems
    }

    /// The own tools as definitions, to be read as strictly as any other.
    pub fn own_definitions(&self, text: &str) -> Vec<DefinitionText> {
        let Ok(document) = text.parse::<toml::Table>() else { return Vec::new() };
        let tools = document.get("tool").and_then(toml::Value::as_array).cloned().unwrap_or_default();
        tools.into_iter().filter_map(|tool| own_definition(tool, self.path.as_deref().unwrap_or("audit.toml"))).collect()
    }
}

/// An own tool as the text of a tool file. Its place is named after `audit.toml`, where its problems are to be mended.
fn own_definition(tool: toml::Value, origin: &str) -> Option<DefinitionText> {
    let toml::Value::Table(mut table) = tool else { return None };
    let name = table.remove("name")?.as_str()?.to_owned();
    let id: String = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    table.insert("title".into(), toml::Value::String(name));
    table.insert("home".into(), toml::Value::String("https://localhost/".into()));
    Some(DefinitionText { path: format!("{origin}/tools/{id}.toml"), text: toml::to_string(&table).ok()? })
}

struct Meaning<'a> {
    source: Source<'a>,
    catalog: &'a Catalog,
    problems: Vec<Problem>,
}

impl Meaning<'_> {
    fn tell(&mut self, list: &str, index: usize, key: &str, message: String, help: Option<String>) {
        let path = [Step::Key(list.into()), Step::Index(index), Step::Key(key.into())];
        self.problems.push(self.source.problem(&path, message, help));
    }

    fn date(&mut self, list: &str, index: usize, key: &str, text: &str) -> Option<Date> {
        let date = text.parse::<Date>().ok();
        if date.is_none() {
            self.tell(list, index, key, format!("`{text}` is not a day"), Some("write YYYY-MM-DD, as in 2027-01-31".into()));
        }
        date
    }

    fn known(&mut self, list: &str, index: usize, check: &str) {
        if !self.catalog.checks.contains_key(check) {
            let ids: Vec<&str> = self.catalog.checks.keys().map(String::as_str).collect();
            self.tell(list, index, "check", format!("there is no check `{check}`"), Some(nearest(check, &ids)));
        }
    }

    fn waiver(&mut self, index: usize, waiver: &Waiver) -> Option<(Waiver, Date)> {
        match (&waiver.check, &waiver.finding) {
            (Some(check), None) => self.known("waive", index, check),
            (None, Some(_)) => {}
            _ => self.tell("waive", index, "reason", "a waiver names a `check` or a `finding`, one of the two".into(), None),
        }
        if waiver.reason.trim().is_empty() {
            self.tell("waive", index, "reason", "the reason is empty".into(), Some("say why this is right for now".into()));
        }
        Some((waiver.clone(), self.date("waive", index, "until", &waiver.until)?))
    }

    fn attestation(&mut self, index: usize, attestation: &Attestation) -> Option<(Attestation, Date, Date)> {
        self.known("attest", index, &attestation.check);
        if attestation.by.trim().is_empty() {
            self.tell("attest", index, "by", "nobody vouches for it".into(), Some("by = \"name or team\"".into()));
        }
        self.attested(index, attestation);
        let on = self.date("attest", index, "on", &attestation.on)?;
        let Some(every) = span_of(&attestation.every) else {
            self.tell("attest", index, "every", format!("`{}` is not a time", attestation.every), Some("write 90d, 12w, 6mo or 1y".into()));
            return None;
        };
        let lapses = on.checked_add(every).ok();
        if lapses.is_none() {
            self.tell("attest", index, "on", format!("`{on}` is too far in the future"), None);
        }
        Some((attestation.clone(), on, lapses?))
    }

    /// A practice is attested by a rung, a measure by an answer.
    fn attested(&mut self, index: usize, attestation: &Attestation) {
        let kind = self.catalog.checks.get(&attestation.check).map(|check| &check.kind);
        let (message, help) = match (kind, attestation.level, &attestation.answer) {
            (Some(CheckKind::Measure(measure)), None, Some(answer)) if measure.answer(answer).is_some() => return,
            (Some(CheckKind::Measure(measure)), ..) => {
                ("a measure is attested by an `answer`".to_owned(), format!("answer = one of {}", measure.answers()))
            }
            (None, ..) | (Some(_), Some(_), None) => return,
            (Some(_), ..) => {
                ("a practice is attested by a `level`, not by an `answer`".to_owned(), "level = \"configured\", or \"failed\"".to_owned())
            }
        };
        let key = if attestation.answer.is_some() { "answer" } else { "check" };
        self.tell("attest", index, key, message, Some(help));
    }

    fn tool(&mut self, index: usize, tool: &OwnTool) {
        let known: Vec<&str> = self.catalog.tools.values().flat_map(|tool| &tool.file.provides).map(String::as_str).collect();
        for capability in tool.provides.iter().filter(|capability| !known.contains(&capability.as_str())) {
            let help = suggest(capability, &known);
            let help = if help.starts_with("did you mean") { help } else { "`audit list --tools` shows what tools give".into() };
            self.tell("tool", index, "provides", format!("no check asks for the capability `{capability}`"), Some(help));
        }
        if tool.name.trim().is_empty() {
            self.tell("tool", index, "name", "the name is empty".into(), None);
        }
    }

    fn score(&mut self, score: &ScoreSection) {
        for (id, weight) in &score.weights {
            let path = [Step::Key("score".into()), Step::Key("weights".into()), Step::Key(id.clone())];
            if !CATEGORIES.contains(&id.as_str()) && !self.catalog.checks.contains_key(id) {
                let known: Vec<&str> = CATEGORIES.iter().copied().chain(self.catalog.checks.keys().map(String::as_str)).collect();
                self.problems.push(self.source.problem(&path, format!("there is no category or check `{id}`"), Some(nearest(id, &known))));
            }
            if !(0.0..=100.0).contains(weight) {
                self.problems.push(self.source.problem(
                    &path,
                    format!("the weight of `{id}` is {weight}, it must be between 0 and 100"),
                    None,
                ));
            }
        }
        for (key, value) in [("fail_under", score.fail_under), ("fail_under_possible", score.fail_under_possible)] {
            if value.is_some_and(|value| !(0.0..=100.0).contains(&value)) {
                let path = [Step::Key("score".into()), Step::Key(key.into())];
                self.problems.push(self.source.problem(&path, format!("`{key}` must be between 0 and 100"), None));
            }
        }
        for (id, least) in &score.fail_under_category {
            let path = [Step::Key("score".into()), Step::Key("fail_under_category".into()), Step::Key(id.clone())];
            if !CATEGORIES.contains(&id.as_str()) {
                let help = format!("the categories are {}", CATEGORIES.join(", "));
                self.problems.push(self.source.problem(&path, format!("there is no category `{id}`"), Some(help)));
            }
            if !(0.0..=100.0).contains(least) {
                self.problems.push(self.source.problem(&path, format!("the least of `{id}` must be between 0 and 100"), None));
            }
        }
        for (index, written) in score.fail_on.iter().enumerate() {
            let path = [Step::Key("score".into()), Step::Key("fail_on".into()), Step::Index(index)];
            let read = FailOn::read(written).and_then(|found| found.known(self.catalog));
            if let Err(message) = read {
                self.problems.push(self.source.problem(&path, message, None));
            }
        }
    }
}

fn nearest(word: &str, known: &[&str]) -> String {
    let help = suggest(word, known);
    if help.starts_with("did you mean") { help } else { "`audit list` names all checks".into() }
}

/// `90d`, `12w`, `6mo`, `1y`.
fn span_of(text: &str) -> Option<Span> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number: i64 = text[..digits].parse().ok().filter(|number| (1..=3650).contains(number))?;
    match &text[digits..] {
        "d" => Some(number.days()),
        "w" => Some(number.weeks()),
        "mo" | "m" => Some(number.months()),
        "y" => Some(number.min(100).years()),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_told() {
        let text = "[[waive]]\ncheck = 'errors/nothing-such'\nreason = ' '\nuntil = 'soon'\n[[attest]]\ncheck = 'x'\nlevel = 'configured'\nby = 'me'\non = '2026-13-01'\nevery = 'often'\n[score]\nweights = { erors = 2, data = 300 }\n";
        let told = Config::parse("audit.toml", text, &Catalog::default()).unwrap_err();
        let lines: Vec<usize> = told.0.iter().map(|problem| problem.line).collect();
        assert_eq!(told.0.len(), 7, "{told}");
        assert!(lines.contains(&4) && lines.contains(&9) && lines.contains(&12), "{told}");
    }

    #[test]
    fn spans_are_read() {
        let day: Date = "2026-01-31".parse().unwrap();
        let after = |text: &str| day.checked_add(span_of(text).unwrap()).unwrap().to_string();
        assert_eq!(after("90d"), "2026-05-01");
        assert_eq!(after("6mo"), "2026-07-31");
        assert_eq!(after("1y"), "2027-01-31");
        assert!(span_of("often").is_none() && span_of("0d").is_none() && span_of("d").is_none());
    }
}
