//! The meant shape: a catalogue whose every pattern, name and reference has been found good.
//!
//! [`Catalog::load`] turns written files into checks, tools and subject kinds, or tells every problem of every
//! file at once. The definitions that are built into the binary were proven by the test suite, so their patterns
//! are not compiled again at every start.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::meaning::Meaning;
use super::problem::{Problem, Problems};
use super::strict;
use super::words::{Absent, Kind, Level, Per, Severity};
use super::written::{
    CheckFile, CodeLook, DataLook, DependencyLook, FileLook, ForgeLook, GitLook, Measure, MigrationLook, PathsFile, PipelineLook,
    Protection, SchemaLook, SubjectFile, ToolFile,
};

/// The categories, in the order of reports.
pub const CATEGORIES: [&str; 5] = ["errors", "data", "speed", "security", "lead-time"];

/// The definitions built into the binary.
static EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/definitions.rs"));

/// Everything known about practices and products.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Checks by id, which is `category/name`.
    pub checks: BTreeMap<String, Check>,
    /// Tools by id.
    pub tools: BTreeMap<String, Tool>,
    /// Subject kinds, in the order they are tried.
    pub subjects: Vec<SubjectKind>,
    sets: BTreeMap<String, Vec<String>>,
}

/// One question.
#[derive(Debug, Clone)]
pub struct Check {
    /// `category/name`.
    pub id: String,
    /// The written file: title, question, weight, why, fix, links, examples.
    pub file: CheckFile,
    /// How it is answered.
    pub kind: CheckKind,
    /// Where the definition stands, for messages.
    pub origin: String,
}

/// How a check is answered.
#[derive(Debug, Clone)]
pub enum CheckKind {
    /// By the highest rung that evidence reaches.
    Practice {
        /// The rung at which it is met.
        want: Level,
        /// What nothing found means.
        absent: Absent,
        /// The looks.
        rungs: Rungs,
    },
    /// By the list of findings.
    Hazard(Vec<Clause>),
    /// By a number.
    Measure(Measure),
}

/// The looks of a practice or tool, by rung.
#[derive(Debug, Clone, Default)]
pub struct Rungs {
    /// Entries of each rung.
    pub at: BTreeMap<Level, Vec<Clause>>,
    /// What undoes the practice.
    pub inert: Vec<Clause>,
}

/// A product or library.
#[derive(Debug, Clone)]
pub struct Tool {
    /// File name without extension.
    pub id: String,
    /// The written file.
    pub file: ToolFile,
    /// The looks.
    pub rungs: Rungs,
    /// Where the definition stands, for messages.
    pub origin: String,
}

/// A kind of subject with what shows it.
#[derive(Debug, Clone)]
pub struct SubjectKind {
    /// The kind.
    pub kind: Kind,
    /// The written file.
    pub file: SubjectFile,
    /// Any of these shows it.
    pub shown_by: Vec<Clause>,
    /// Where the definition stands, for messages.
    pub origin: String,
}

/// One entry: a look, and conditions beside it.
#[derive(Debug, Clone, Default)]
pub struct Clause {
    /// The look; without one the conditions alone decide.
    pub look: Option<Look>,
    /// All of these must hold too.
    pub all: Vec<Clause>,
    /// None of these may hold.
    pub none: Vec<Clause>,
    /// Only these capabilities are shown.
    pub gives: Vec<String>,
    /// It counts only where `configured` was reached, and of files those that show that.
    pub confirms: bool,
    /// What to say beside the evidence.
    pub note: Option<String>,
    /// How bad one finding is (hazards).
    pub severity: Option<Severity>,
    /// What is wrong (hazards).
    pub message: Option<String>,
    /// What makes one finding (hazards).
    pub per: Per,
}

/// A look as a clause refers to it.
#[derive(Debug, Clone)]
pub enum Look {
    /// A look at the world, by the key under which the dossier holds what it saw.
    World(String, Box<WorldLook>),
    /// Any tool that gives this capability.
    Capability(String),
    /// One tool.
    Tool(String),
}

/// A look at the world, with path sets written out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorldLook {
    /// A direct dependency.
    Dependency(DependencyLook),
    /// A file and its text.
    File(FileLook),
    /// A value in a structured file.
    Data(DataLook),
    /// A shape of code.
    Code(CodeLook),
    /// An unsafe schema change.
    Migration(MigrationLook),
    /// A CI job.
    Pipeline(PipelineLook),
    /// The git repository.
    Git(GitLook),
    /// The database schema, and what keeps columns unreadable.
    Schema(SchemaLook, Vec<Protection>),
    /// What the forge recorded.
    Forge(ForgeLook),
    /// A named analysis.
    Analysis(String),
}

impl WorldLook {
    /// The key under which a dossier holds what this look saw: its kind and a digest of all it asks.
    pub fn key(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        let kind = match self {
            WorldLook::Dependency(_) => "dependency",
            WorldLook::File(_) => "file",
            WorldLook::Data(_) => "data",
            WorldLook::Code(_) => "code",
            WorldLook::Migration(_) => "migration",
            WorldLook::Pipeline(_) => "pipeline",
            WorldLook::Git(_) => "git",
            WorldLook::Schema(..) => "schema",
            WorldLook::Forge(_) => "forge",
            WorldLook::Analysis(_) => "analysis",
        };
        format!("{kind}-{}", digest(&text, 16))
    }
}

/// The first hexadecimal digits of a text's SHA-256.
pub fn digest(text: &str, digits: usize) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let halves = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]).take(digits);
    halves.filter_map(|half| char::from_digit(u32::from(half), 16)).collect()
}

/// A definition file before it is read.
#[derive(Debug, Clone)]
pub struct DefinitionText {
    /// Path for messages; its tail `category/name.toml`, `tools/name.toml`, ... gives kind and id.
    pub path: String,
    /// The text.
    pub text: String,
}

/// The definitions built into the binary, whole.
pub fn embedded() -> Vec<DefinitionText> {
    EMBEDDED.iter().map(|(path, text)| DefinitionText { path: (*path).to_owned(), text: (*text).to_owned() }).collect()
}

/// A digest of the built-in definitions: two binaries with the same one judge alike.
pub fn embedded_digest() -> String {
    let all: String = EMBEDDED.iter().flat_map(|(path, text)| [*path, "\n", *text, "\n"]).collect();
    digest(&all, 8)
}

/// What a definition's path says it is.
enum Place<'a> {
    Check(&'a str, &'a str),
    Tool(&'a str),
    Subject(&'a str),
    Paths,
}

fn place_of(path: &str) -> Option<Place<'_>> {
    let mut parts = path.trim_end_matches(".toml").rsplit(['/', '\\']);
    let name = parts.next()?;
    if name == "paths" {
        return Some(Place::Paths);
    }
    match parts.next()? {
        "tools" => Some(Place::Tool(name)),
        "subjects" => Some(Place::Subject(name)),
        category => CATEGORIES.iter().find(|known| **known == category).map(|known| Place::Check(known, name)),
    }
}

impl Catalog {
    /// The built-in catalogue without its examples, read without checking it again.
    ///
    /// # Errors
    /// Only if the binary was built from definitions that the test suite would have refused.
    pub fn builtin() -> Result<Catalog, Problems> {
        let texts = EMBEDDED.iter().map(|(path, text)| {
            let end = text.find("\n[[example]]").map_or(text.len(), |at| at + 1);
            (*path, &text[..end])
        });
        let mut loader = Loader { strict: false, ..Loader::default() };
        loader.read_all(texts);
        loader.finish()
    }

    /// The built-in catalogue with further files on top; a file of the same id replaces the built-in one.
    ///
    /// # Errors
    /// Every problem of every further file.
    pub fn with(further: &[DefinitionText]) -> Result<Catalog, Problems> {
        Catalog::with_own(further, &[])
    }

    /// The same with the tools of `audit.toml` on top, which bring no examples: they speak of one repository alone.
    ///
    /// # Errors
    /// Every problem of every further file.
    pub fn with_own(further: &[DefinitionText], own: &[DefinitionText]) -> Result<Catalog, Problems> {
        let mut loader = Loader { strict: false, ..Loader::default() };
        loader.read_all(EMBEDDED.iter().map(|(path, text)| (*path, text.find("\n[[example]]").map_or(*text, |at| &text[..=at]))));
        loader.strict = true;
        loader.own.extend(own.iter().map(|file| file.path.clone()));
        loader.read_all(further.iter().chain(own).map(|file| (file.path.as_str(), file.text.as_str())));
        loader.finish()
    }

    /// A catalogue of these files alone, checked to the last pattern, with examples.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn load(files: &[DefinitionText]) -> Result<Catalog, Problems> {
        let mut loader = Loader { strict: true, ..Loader::default() };
        loader.read_all(files.iter().map(|file| (file.path.as_str(), file.text.as_str())));
        loader.finish()
    }

    /// Ids of the tools that give a capability, in order.
    pub fn tools_giving<'a>(&'a self, capability: &'a str) -> impl Iterator<Item = &'a Tool> {
        self.tools.values().filter(move |tool| tool.file.provides.iter().any(|given| given == capability))
    }

    /// The keys of the looks that stand in hazards: what they see is kept whole.
    pub fn hazard_looks(&self) -> BTreeSet<String> {
        let mut looks = BTreeMap::new();
        for check in self.checks.values() {
            if let CheckKind::Hazard(clauses) = &check.kind {
                clauses.iter().for_each(|clause| clause.looks(&mut looks));
            }
        }
        looks.into_keys().collect()
    }

    /// The named values that some measure asks for.
    pub fn values(&self) -> BTreeSet<String> {
        let measures = self.checks.values().filter_map(|check| match &check.kind {
            CheckKind::Measure(measure) => Some(measure),
            _ => None,
        });
        measures.flat_map(|measure| measure.value.iter().chain(&measure.beside).cloned()).collect()
    }

    /// Every look at the world that some check, tool or subject kind needs, once each, by key.
    pub fn looks(&self) -> BTreeMap<String, WorldLook> {
        let mut looks = BTreeMap::new();
        for check in self.checks.values() {
            match &check.kind {
                CheckKind::Practice { rungs, .. } => rungs.looks(&mut looks),
                CheckKind::Hazard(clauses) => clauses.iter().for_each(|clause| clause.looks(&mut looks)),
                CheckKind::Measure(_) => {}
            }
        }
        self.tools.values().for_each(|tool| tool.rungs.looks(&mut looks));
        self.subjects.iter().flat_map(|subject| &subject.shown_by).for_each(|clause| clause.looks(&mut looks));
        looks
    }
}

impl Rungs {
    fn looks(&self, looks: &mut BTreeMap<String, WorldLook>) {
        self.at.values().flatten().chain(&self.inert).for_each(|clause| clause.looks(looks));
    }

    /// All clauses with their rung; inert ones come last, without a rung.
    pub fn clauses(&self) -> impl Iterator<Item = (Option<Level>, &Clause)> {
        let rungs = self.at.iter().flat_map(|(level, clauses)| clauses.iter().map(|clause| (Some(*level), clause)));
        rungs.chain(self.inert.iter().map(|clause| (None, clause)))
    }
}

impl Clause {
    /// The looks at the world of this clause and of its conditions.
    pub fn looks(&self, looks: &mut BTreeMap<String, WorldLook>) {
        if let Some(Look::World(key, look)) = &self.look {
            looks.insert(key.clone(), (**look).clone());
            if let WorldLook::Schema(_, protections) = &**look {
                let files = protections.iter().filter_map(|protection| protection.file.clone()).map(WorldLook::File);
                looks.extend(files.map(|file| (file.key(), file)));
            }
        }
        self.all.iter().chain(&self.none).for_each(|clause| clause.looks(looks));
    }
}

#[derive(Default)]
struct Loader {
    strict: bool,
    sets: BTreeMap<String, Vec<String>>,
    checks: BTreeMap<String, (CheckFile, String, String)>,
    tools: BTreeMap<String, (ToolFile, String, String)>,
    subjects: BTreeMap<String, (SubjectFile, String, String)>,
    /// Files read strictly, whose patterns and references are checked too.
    strictly: BTreeSet<String>,
    /// Tools of `audit.toml`, which need no examples.
    own: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl Loader {
    fn read_all<'a>(&mut self, files: impl Iterator<Item = (&'a str, &'a str)>) {
        for (path, text) in files {
            self.read(path, text);
        }
    }

    fn read(&mut self, path: &str, text: &str) {
        if self.strict {
            self.strictly.insert(path.to_owned());
        }
        let (at, whole) = (path.to_owned(), if self.strict { text.to_owned() } else { String::new() });
        match place_of(path) {
            Some(Place::Paths) => {
                if let Some(file) = self.parse::<PathsFile>(path, text) {
                    self.sets.extend(file.sets);
                }
            }
            Some(Place::Check(category, name)) => {
                if let Some(file) = self.parse(path, text) {
                    self.checks.insert(format!("{category}/{name}"), (file, at, whole));
                }
            }
            Some(Place::Tool(name)) => {
                if let Some(file) = self.parse(path, text) {
                    self.tools.insert(name.to_owned(), (file, at, whole));
                }
            }
            Some(Place::Subject(name)) => {
                if let Some(file) = self.parse(path, text) {
                    self.subjects.insert(name.to_owned(), (file, at, whole));
                }
            }
            None => self.problems.push(Problem::whole(
                path,
                "not a place for a definition",
                Some(format!("put it in a folder named {}, tools or subjects", CATEGORIES.join(", "))),
            )),
        }
    }

    fn parse<T: serde::de::DeserializeOwned + schemars::JsonSchema>(&mut self, path: &str, text: &str) -> Option<T> {
        let parsed = if self.strict {
            strict::read(path, text)
        } else {
            toml::from_str(text).map_err(|error| Problems(vec![Problem::whole(path, error.message().to_owned(), None)]))
        };
        match parsed {
            Ok(file) => Some(file),
            Err(problems) => {
                self.problems.extend(problems.0);
                None
            }
        }
    }

    fn finish(mut self) -> Result<Catalog, Problems> {
        let mut catalog = Catalog { sets: std::mem::take(&mut self.sets), ..Catalog::default() };
        let given: BTreeSet<String> = self.tools.values().flat_map(|(file, ..)| file.provides.iter().cloned()).collect();
        let tool_ids: BTreeSet<String> = self.tools.keys().cloned().collect();
        let mut problems = std::mem::take(&mut self.problems);
        let mut protections = Vec::new();
        for (id, (file, path, text)) in std::mem::take(&mut self.tools) {
            let mut meaning = Meaning::new(&path, &text, &catalog.sets, &given, &tool_ids, self.strictly.contains(&path));
            protections.extend(meaning.protections(&file.protects));
            let rungs = meaning.rungs(&file.declared, &file.configured, &file.exercised, &file.observed, &file.inert, Some(&file.provides));
            meaning.tool(&file);
            if !self.own.contains(&path) {
                meaning.examples(&file.example);
            }
            problems.append(&mut meaning.problems);
            catalog.tools.insert(id.clone(), Tool { id, file, rungs, origin: path });
        }
        for (id, (file, path, text)) in std::mem::take(&mut self.checks) {
            let mut meaning = Meaning::new(&path, &text, &catalog.sets, &given, &tool_ids, self.strictly.contains(&path));
            meaning.protected_by = &protections;
            let kind = meaning.check(&file);
            problems.append(&mut meaning.problems);
            if let Some(kind) = kind {
                catalog.checks.insert(id.clone(), Check { id, file, kind, origin: path });
            }
        }
        for (id, (file, path, text)) in std::mem::take(&mut self.subjects) {
            let mut meaning = Meaning::new(&path, &text, &catalog.sets, &given, &tool_ids, self.strictly.contains(&path));
            let shown_by = meaning.clauses("shown_by", &file.shown_by, None);
            meaning.examples(&file.example);
            problems.append(&mut meaning.problems);
            let kind = match id.as_str() {
                "self-host" => Kind::SelfHost,
                "library" => Kind::Library,
                "demo" => Kind::Demo,
                "operated" => Kind::Operated,
                _ => {
                    problems.push(Problem::whole(
                        &path,
                        "not a kind of subject",
                        Some("name the file self-host, library, demo or operated".into()),
                    ));
                    continue;
                }
            };
            catalog.subjects.push(SubjectKind { kind, file, shown_by, origin: path });
        }
        catalog.subjects.sort_by_key(|subject| subject.file.order);
        Problems(problems).into_result()?;
        Ok(catalog)
    }
}
