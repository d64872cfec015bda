//! From the written entries of one file to the clauses they mean, with every pattern, name and reference checked.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::{CheckKind, Clause, Look, Rungs, WorldLook};
use super::problem::Problem;
use super::strict::{Source, Step, suggest};
use super::words::{Level, OneOrMany, Scale, Stack};
use super::written::{
    Applies, CheckFile, CodeLook, DataLook, Entry, Example, FileLook, ForgeLook, GitLook, Measure, Protection, SchemaLook, ToolFile,
};

/// Turns one file's written entries into clauses and notes what is wrong with them.
pub(super) struct Meaning<'a> {
    source: Option<Source<'a>>,
    sets: &'a BTreeMap<String, Vec<String>>,
    given: &'a BTreeSet<String>,
    tools: &'a BTreeSet<String>,
    /// What keeps columns unreadable, of all tools.
    pub(super) protected_by: &'a [Protection],
    /// What is wrong.
    pub(super) problems: Vec<Problem>,
    at: Vec<Step>,
}

impl<'a> Meaning<'a> {
    pub(super) fn new(
        path: &'a str,
        text: &'a str,
        sets: &'a BTreeMap<String, Vec<String>>,
        given: &'a BTreeSet<String>,
        tools: &'a BTreeSet<String>,
        strict: bool,
    ) -> Self {
        Meaning {
            source: strict.then(|| Source::new(path, text)),
            sets,
            given,
            tools,
            protected_by: &[],
            problems: Vec::new(),
            at: Vec::new(),
        }
    }

    fn tell(&mut self, more: &[&str], message: impl Into<String>, help: Option<String>) {
        if let Some(source) = &self.source {
            let mut path = self.at.clone();
            path.extend(more.iter().map(|key| Step::Key((*key).to_owned())));
            self.problems.push(source.problem(&path, message, help));
        }
    }

    pub(super) fn check(&mut self, file: &CheckFile) -> Option<CheckKind> {
        if !(1.0..=10.0).contains(&file.weight) {
            self.tell(&["weight"], format!("weight is {}, it must be between 1 and 10", file.weight), None);
        }
        for link in file.links.iter().filter(|link| !link.starts_with("https://")) {
            self.tell(&["links"], format!("`{link}` is not an https:// address"), None);
        }
        self.applies(file.applies.as_ref());
        self.examples(&file.example);
        let rungs = self.rungs(&file.declared, &file.configured, &file.exercised, &file.observed, &file.inert, None);
        let hazards = self.clauses("hazard", &file.hazard, None);
        let mut rungs = rungs;
        if let Some(capability) = &file.capability {
            self.known_capability(capability, &["capability"]);
            for level in Level::RUNGS {
                let look = Some(Look::Capability(capability.clone()));
                rungs.at.entry(level).or_default().insert(0, Clause { look, ..Clause::default() });
            }
        }
        let practice = !rungs.at.is_empty();
        match (practice, hazards.is_empty(), &file.measure) {
            (true, true, None) => match (file.want, file.if_absent) {
                (Some(want), Some(absent)) => Some(CheckKind::Practice { want, absent, rungs }),
                (want, _) => {
                    let missing = if want.is_none() { "want" } else { "if_absent" };
                    self.tell(&[], format!("`{missing}` is missing: a practice needs `want` and `if_absent`"), None);
                    None
                }
            },
            (false, false, None) => Some(CheckKind::Hazard(hazards)),
            (false, true, Some(measure)) => {
                self.measure(measure);
                Some(CheckKind::Measure(measure.clone()))
            }
            _ => {
                let message = "a check is a practice (entries under rungs or a capability), a hazard ([[hazard]]) or a measure ([measure]): write exactly one";
                self.tell(&[], message, None);
                None
            }
        }
    }

    fn measure(&mut self, measure: &Measure) {
        if measure.value.is_empty() {
            self.tell(&["measure", "value"], "a measure asks for at least one value", None);
        }
        let known = crate::evidence::measures::names();
        for (key, name) in measure.value.iter().map(|name| ("value", name)).chain(measure.beside.iter().map(|name| ("beside", name))) {
            match crate::evidence::measures::dimension(name) {
                None => self.tell(&["measure", key], format!("there is no value `{name}`"), Some(suggest(name, &known))),
                Some(dimension) if key == "value" && dimension.factor(&measure.unit).is_none() => {
                    self.tell(&["measure", "unit"], format!("`{name}` is not measured in `{}`", measure.unit), None);
                }
                Some(_) => {}
            }
        }
        for (index, level) in measure.level.iter().enumerate().filter(|(_, level)| level.from.is_none() && level.below.is_none()) {
            self.tell(&["measure", "level"], format!("level {} (`{}`) has neither `from` nor `below`", index + 1, level.says), None);
        }
        let finite = measure.full.is_finite() && measure.none.is_finite() && measure.full != measure.none;
        if !finite || (measure.scale == Scale::Logarithmic && (measure.full <= 0.0 || measure.none <= 0.0)) {
            self.tell(&["measure", "none"], "`full` and `none` must differ, and be above 0 on a logarithmic scale", None);
        }
    }

    pub(super) fn tool(&mut self, file: &ToolFile) {
        if file.provides.is_empty() {
            self.tell(&["provides"], "a tool must provide at least one capability", None);
        }
    }

    fn applies(&mut self, applies: Option<&Applies>) {
        let Some(applies) = applies else { return };
        for (key, names) in [("any", &applies.any), ("all", &applies.all), ("none", &applies.none)] {
            for name in names {
                self.known_capability(name, &["applies", key]);
            }
        }
    }

    fn known_capability(&mut self, name: &str, at: &[&str]) {
        if !self.given.contains(name) {
            let known: Vec<&str> = self.given.iter().map(String::as_str).collect();
            self.tell(at, format!("no tool provides the capability `{name}`"), Some(suggest(name, &known)));
        }
    }

    pub(super) fn examples(&mut self, examples: &[Example]) {
        if self.source.is_none() {
            return;
        }
        let mut names = BTreeSet::new();
        for (index, example) in examples.iter().enumerate() {
            if !names.insert(&example.name) {
                self.at = vec![Step::Key("example".into()), Step::Index(index)];
                self.tell(&["name"], format!("two examples are named `{}`", example.name), None);
                self.at.clear();
            }
        }
        if !examples.iter().any(|example| example.expect.is_positive()) {
            self.tell(&["example"], "no example shows it: add one that expects a rung or findings", None);
        }
        if !examples.iter().any(|example| !example.expect.is_positive()) {
            self.tell(&["example"], "no example shows its absence: add a decoy that expects `nothing` or `clear`", None);
        }
    }

    pub(super) fn rungs(
        &mut self,
        declared: &[Entry],
        configured: &[Entry],
        exercised: &[Entry],
        observed: &[Entry],
        inert: &[Entry],
        provides: Option<&[String]>,
    ) -> Rungs {
        let mut rungs = Rungs::default();
        for (level, entries) in Level::RUNGS.into_iter().zip([declared, configured, exercised, observed]) {
            if !entries.is_empty() {
                rungs.at.insert(level, self.clauses(level.word(), entries, provides));
            }
        }
        rungs.inert = self.clauses("inert", inert, provides);
        rungs
    }

    pub(super) fn clauses(&mut self, key: &str, entries: &[Entry], provides: Option<&[String]>) -> Vec<Clause> {
        let here = self.at.len();
        let mut clauses = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            self.at.push(Step::Key(key.to_owned()));
            self.at.push(Step::Index(index));
            clauses.push(self.clause(entry, key == "hazard", provides));
            self.at.truncate(here);
        }
        clauses
    }

    fn clause(&mut self, entry: &Entry, hazard: bool, provides: Option<&[String]>) -> Clause {
        let looks = self.looks_of(entry);
        if looks.len() > 1 {
            self.tell(
                &[],
                "an entry has exactly one key that names the kind of look",
                Some("split it into several entries, or put the others under `all`".into()),
            );
        }
        if looks.is_empty() && entry.all.is_empty() {
            self.tell(
                &[],
                "an entry needs a look: dependency, file, data, code, migration, pipeline, git, forge, schema, capability, tool, analysis, or `all`",
                None,
            );
        }
        if hazard != (entry.severity.is_some() && entry.message.is_some()) {
            let message = if hazard { "a hazard needs `severity` and `message`" } else { "`severity` and `message` belong to hazards" };
            self.tell(&[], message, None);
        }
        if !hazard && !entry.per.is_place() {
            self.tell(&["per"], "`per` belongs to hazards", None);
        }
        for name in &entry.gives {
            if !provides.is_some_and(|provides| provides.contains(name)) {
                self.tell(&["gives"], format!("`{name}` is not among what this tool provides"), None);
            }
        }
        Clause {
            look: looks.into_iter().next(),
            all: self.clauses("all", &entry.all, provides),
            none: self.clauses("none", &entry.none, provides),
            gives: entry.gives.clone(),
            confirms: entry.confirms,
            note: entry.note.clone(),
            severity: entry.severity,
            message: entry.message.clone(),
            per: entry.per,
        }
    }

    fn looks_of(&mut self, entry: &Entry) -> Vec<Look> {
        let mut looks = Vec::new();
        if let Some(look) = &entry.dependency {
            looks.push(WorldLook::Dependency(look.clone()));
        }
        if let Some(look) = &entry.file {
            looks.push(WorldLook::File(self.file_look(look)));
        }
        if let Some(look) = &entry.data {
            looks.push(WorldLook::Data(self.data_look(look)));
        }
        if let Some(look) = &entry.code {
            looks.push(WorldLook::Code(self.code_look(look)));
        }
        if let Some(look) = &entry.migration {
            let known = crate::evidence::migrations::judge::REASONS;
            for name in look.reasons.iter().filter(|name| !known.contains(&name.as_str())) {
                self.tell(&["migration", "unsafe"], format!("there is no reason `{name}`"), Some(suggest(name, &known)));
            }
            looks.push(WorldLook::Migration(look.clone()));
        }
        if let Some(look) = &entry.pipeline {
            self.patterns(["runs", "without", "after"].iter().copied().zip([&look.runs, &look.without, &look.after]), "pipeline");
            self.optional_patterns([("job", &look.job), ("environment", &look.environment)], "pipeline");
            looks.push(WorldLook::Pipeline(look.clone()));
        }
        if let Some(look) = &entry.git {
            self.optional_patterns([("remote", &look.remote), ("author", &look.author), ("message", &look.message)], "git");
            looks.push(WorldLook::Git(GitLook { path: self.paths(&look.path, &["git", "path"]), ..look.clone() }));
        }
        if let Some(look) = &entry.schema {
            self.schema_look(look);
            let protected = look.column.as_ref().is_some_and(|column| column.protected.or(column.encrypted).is_some());
            looks.push(WorldLook::Schema(look.clone(), if protected { self.protected_by.to_vec() } else { Vec::new() }));
        }
        if let Some(look) = &entry.forge {
            looks.push(WorldLook::Forge(self.forge_look(look)));
        }
        if let Some(name) = &entry.analysis {
            let known = crate::evidence::analyses::names();
            if self.source.is_some() && !known.contains(&name.as_str()) {
                self.tell(&["analysis"], format!("there is no analysis `{name}`"), Some(suggest(name, &known)));
            }
            looks.push(WorldLook::Analysis(name.clone()));
        }
        let mut looks: Vec<Look> = looks.into_iter().map(|look| Look::World(look.key(), Box::new(look))).collect();
        if let Some(name) = &entry.capability {
            self.known_capability(name, &["capability"]);
            looks.push(Look::Capability(name.clone()));
        }
        if let Some(name) = &entry.tool {
            if !self.tools.contains(name) {
                let known: Vec<&str> = self.tools.iter().map(String::as_str).collect();
                self.tell(&["tool"], format!("there is no tool `{name}`"), Some(suggest(name, &known)));
            }
            looks.push(Look::Tool(name.clone()));
        }
        looks
    }

    fn file_look(&mut self, look: &FileLook) -> FileLook {
        if look.path.is_empty() {
            self.tell(&["file"], "`path` is missing in `file`", Some("path = \"config/*.yml\"".into()));
        }
        self.patterns([("contains", &look.contains), ("lacks", &look.lacks), ("except_match", &look.except_match)].into_iter(), "file");
        let about_matches = !look.except_match.is_empty() || look.entropy.is_some() || look.redact;
        if about_matches && look.contains.is_empty() {
            self.tell(&["file"], "`except_match`, `entropy` and `redact` are about what `contains` matched, which is missing", None);
        }
        FileLook { path: self.paths(&look.path, &["file", "path"]), except: self.paths(&look.except, &["file", "except"]), ..look.clone() }
    }

    fn data_look(&mut self, look: &DataLook) -> DataLook {
        if look.path.is_empty() {
            self.tell(&["data"], "`path` is missing in `data`", Some("path = \"@yaml\"".into()));
        }
        let paths = look.document.keys().map(|p| ("where", p)).chain(look.having.keys().map(|p| ("having", p)));
        let all: Vec<(&str, &String)> =
            paths.chain(look.each.iter().map(|p| ("each", p))).chain(look.at.iter().map(|p| ("at", p))).collect();
        for (key, path) in all {
            if self.source.is_some()
                && let Err(error) = serde_json_path::JsonPath::parse(path)
            {
                self.tell(&["data", key], format!("`{path}` is not a JSONPath: {error}"), Some("as in $.spec.schedule (RFC 9535)".into()));
            }
        }
        for pattern in look.document.values() {
            self.pattern(pattern, &["data", "where"]);
        }
        for pattern in look.having.values() {
            self.pattern(pattern, &["data", "having"]);
        }
        self.optional_patterns(
            [("matches", &look.matches), ("lacks", &look.lacks), ("foreign", &look.foreign), ("key", &look.key)],
            "data",
        );
        if look.redact && look.matches.is_none() {
            self.tell(&["data"], "`redact` is about what `matches` matched, which is missing", None);
        }
        DataLook { path: self.paths(&look.path, &["data", "path"]), except: self.paths(&look.except, &["data", "except"]), ..look.clone() }
    }

    fn forge_look(&mut self, look: &ForgeLook) -> ForgeLook {
        let known = crate::evidence::forge::see::names();
        if self.source.is_some() && !known.contains(&look.answer.as_str()) {
            self.tell(&["forge", "answer"], format!("there is no answer `{}`", look.answer), Some(suggest(&look.answer, &known)));
        }
        let paths = look.having.keys().map(|path| ("having", path)).chain(look.each.iter().map(|path| ("each", path)));
        for (key, path) in paths.chain(look.at.iter().map(|path| ("at", path))) {
            if self.source.is_some()
                && let Err(error) = serde_json_path::JsonPath::parse(path)
            {
                self.tell(&["forge", key], format!("`{path}` is not a JSONPath: {error}"), Some("as in $[*].state (RFC 9535)".into()));
            }
        }
        look.having.values().for_each(|pattern| self.pattern(pattern, &["forge", "having"]));
        self.optional_patterns([("matches", &look.matches), ("lacks", &look.lacks)], "forge");
        look.clone()
    }

    fn code_look(&mut self, look: &CodeLook) -> CodeLook {
        if look.language.is_empty() {
            self.tell(&["code"], "`language` is missing in `code`", Some("language = [\"python\"]".into()));
        }
        self.patterns([("contains", &look.contains), ("lacks", &look.lacks)].into_iter(), "code");
        if self.source.is_some()
            && let Err(why) = crate::evidence::syntax::check(look)
        {
            self.tell(&["code", "rule"], format!("not a rule: {why}"), Some("see docs/definitions.md, \"code\"".into()));
        }
        CodeLook { path: self.paths(&look.path, &["code", "path"]), except: self.paths(&look.except, &["code", "except"]), ..look.clone() }
    }

    fn schema_look(&mut self, look: &SchemaLook) {
        if look.foreign_key.is_some() == look.column.is_some() {
            self.tell(&["schema"], "`schema` asks for `foreign_key` or for `column`: write exactly one", None);
        }
        if let Some(column) = &look.column {
            self.patterns(
                [("name", &column.name), ("except", &column.except), ("except_table", &column.except_table), ("beside", &column.beside)]
                    .into_iter(),
                "schema",
            );
        }
        let known = Stack::ALL.map(Stack::word);
        for stack in look.advice.keys().filter(|stack| *stack != "other" && !known.contains(&stack.as_str())) {
            self.tell(&["schema", "advice"], format!("there is no stack `{stack}`"), Some(suggest(stack, &known)));
        }
    }

    /// What a tool keeps unreadable, with its path sets and placeholders written out.
    pub(super) fn protections(&mut self, written: &[Protection]) -> Vec<Protection> {
        let mut all = Vec::new();
        for (index, protection) in written.iter().enumerate() {
            self.at = vec![Step::Key("protects".into()), Step::Index(index)];
            self.patterns([("column", &protection.column), ("table", &protection.table)].into_iter(), "protects");
            self.optional_patterns([("declaration", &protection.declaration)], "protects");
            let mut meant = protection.clone();
            if let Some(file) = &protection.file {
                let mut file = file.clone();
                if let Some(first) = file.contains.0.first_mut() {
                    *first = first
                        .replace("{columns}", r"(?P<columns>(?:[^\n]*,[ \t]*\n)*[^\n]*)")
                        .replace("{column}", r"(?P<column>[A-Za-z_]\w*)")
                        .replace("{table}", r"(?P<table>[A-Za-z_]\w*)");
                }
                meant.file = Some(self.file_look(&file));
            }
            if protection.declaration.is_none() && protection.file.is_none() && protection.dependency.is_none() {
                self.tell(&[], "`protects` needs a `declaration`, a `file` or a `dependency` that shows it", None);
            }
            all.push(meant);
        }
        self.at.clear();
        all
    }

    fn patterns<'p>(&mut self, all: impl Iterator<Item = (&'p str, &'p OneOrMany)>, kind: &str) {
        for (key, patterns) in all {
            for pattern in patterns.iter() {
                self.pattern(pattern, &[kind, key]);
            }
        }
    }

    fn optional_patterns<'p, const N: usize>(&mut self, all: [(&'p str, &'p Option<String>); N], kind: &str) {
        for (key, pattern) in all {
            if let Some(pattern) = pattern {
                self.pattern(pattern, &[kind, key]);
            }
        }
    }

    fn pattern(&mut self, pattern: &str, at: &[&str]) {
        if self.source.is_none() {
            return;
        }
        if let Err(error) = crate::evidence::pattern::compile(pattern) {
            self.tell(
                at,
                format!("not a pattern: {}", last_line(&error.to_string())),
                Some("Rust regex syntax, without look-around".into()),
            );
        }
    }

    /// Path sets written out, and braces kept; each glob is checked.
    fn paths(&mut self, written: &OneOrMany, at: &[&str]) -> OneOrMany {
        let mut globs = Vec::new();
        for glob in written.iter() {
            match glob.strip_prefix('@') {
                Some(name) => match self.sets.get(name) {
                    Some(set) => globs.extend(set.iter().cloned()),
                    None => {
                        let known: Vec<&str> = self.sets.keys().map(String::as_str).collect();
                        self.tell(at, format!("there is no path set `@{name}`"), Some(suggest(name, &known)));
                    }
                },
                None => globs.push(glob.clone()),
            }
        }
        if self.source.is_some() {
            for glob in &globs {
                if let Err(error) = globset::Glob::new(glob) {
                    self.tell(at, format!("`{glob}` is not a path pattern: {}", error.kind()), None);
                }
            }
        }
        OneOrMany(globs)
    }
}

fn last_line(message: &str) -> String {
    message.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned()
}
