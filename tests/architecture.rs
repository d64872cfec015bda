//! The shape of the source: which module may know which, and how large things may grow.
//!
//! Imports point downward: definition, plan, evidence, outcome and score, report, commands. Judging is pure, and a
//! renderer sees the report alone. The rule of the longest module name that fits a file holds for it.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A module and what it may name outside itself. A name stands for itself and all below it.
const RULES: &[(&str, &[&str])] = &[
    // Patterns are compiled to see that they are good; analyses are named to see that they exist; messages quote files.
    (
        "definition",
        &[
            "evidence::pattern",
            "evidence::syntax::check",
            "evidence::analyses::names",
            "evidence::migrations::judge::REASONS",
            "evidence::forge::see::names",
            "evidence::measures::dimension",
            "evidence::measures::names",
            "report::plain",
        ],
    ),
    ("score", &["definition::words"]),
    ("config", &["definition"]),
    ("plan", &["definition", "evidence::files", "evidence::literals", "evidence::matches", "evidence::pattern_needs", "evidence::syntax"]),
    // What was seen is made safe to show at once: `report::plain` is the one such function.
    ("evidence", &["definition", "report::plain"]),
    ("evidence::gather", &["definition", "evidence", "plan"]),
    // The plan says which of a document's paths are asked for.
    ("evidence::data::see", &["definition", "evidence", "plan"]),
    // What reads a text knows of no disk and no git.
    ("evidence::comments", &[]),
    ("evidence::data::format", &[]),
    ("evidence::literals", &[]),
    ("evidence::node", &[]),
    ("evidence::pattern", &[]),
    ("evidence::pattern_needs", &["evidence::pattern"]),
    ("evidence::roles", &["definition::words"]),
    ("evidence::schedule", &[]),
    ("evidence::source", &[]),
    (
        "evidence::git",
        &[
            "definition::catalogue::digest",
            "definition::written",
            "evidence::Gap",
            "evidence::Place",
            "evidence::Seen",
            "evidence::Sighting",
            "evidence::files",
            "evidence::pattern",
            "evidence::source",
        ],
    ),
    (
        "evidence::world",
        &[
            "definition::words",
            "definition::written",
            "evidence::Gap",
            "evidence::forge",
            "evidence::git",
            "evidence::one_line",
            "evidence::roles",
            "evidence::since",
        ],
    ),
    (
        "outcome",
        &[
            "config",
            "definition",
            "evidence::Dossier",
            "evidence::Gap",
            "evidence::measures",
            "evidence::Place",
            "evidence::Sighting",
            "score",
        ],
    ),
    ("report", &["definition::words", "evidence::Gap", "evidence::Place"]),
    (
        "report::compose",
        &[
            "config",
            "definition",
            "evidence::Dossier",
            "evidence::Gap",
            "evidence::measures",
            "evidence::pattern_needs",
            "outcome",
            "report",
            "score",
        ],
    ),
    ("report::json", &["report"]),
    ("report::plain", &[]),
    ("report::schema", &["report"]),
    ("report::terminal", &["definition::words", "evidence::Gap", "evidence::Place", "report"]),
    ("proving", &["config", "definition", "evidence", "outcome", "plan"]),
    // What is done with finished reports: weighed again, compared, held against what was asked, kept.
    ("ledger", &["report", "score"]),
    ("compare", &["definition::words", "ledger", "report", "score"]),
    ("forecast", &["config", "report"]),
    ("gate", &["config", "definition::words", "ledger", "report", "score"]),
    ("history", &["report"]),
    ("fix", &["evidence::updates"]),
    ("cli", &[]),
    (
        "commands",
        &[
            "cli",
            "compare",
            "config",
            "definition",
            "evidence",
            "fix",
            "forecast",
            "gate",
            "history",
            "outcome",
            "plan",
            "proving",
            "report",
        ],
    ),
];

/// Files that may be longer than 600 lines for now, and why.
const LONG: &[(&str, usize, &str)] = &[("src/outcome.rs", 620, "the looks and the notices are to be taken apart")];

/// A source file without its tests and comments.
struct Source {
    path: String,
    module: String,
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files);
    files.sort();
    let all: Vec<Source> = files
        .iter()
        .filter(|file| file.file_name().is_some_and(|name| name != "tests.rs"))
        .map(|file| {
            let path = file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            let module = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
            let text = fs::read_to_string(file).unwrap();
            let end = text.find("#[cfg(test)]\n").unwrap_or(text.len());
            let code = text[..end].lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line }.to_owned() + "\n");
            Source { path, module, code: code.collect() }
        })
        .collect();
    assert!(all.len() > 40, "the sources were found");
    all
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

impl Source {
    /// Everything of the crate that the file names, from the crate's root.
    fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for start in ["crate::", "super::"] {
            for (at, _) in self.code.match_indices(start) {
                let before = self.code[..at].chars().next_back();
                if !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
                    tree(&mut self.code[at..].chars().collect::<Vec<_>>().iter().copied().peekable(), &[], &self.module, &mut names);
                }
            }
        }
        names
    }
}

/// Reads one tree of a `use`, or a path: `a::{b, c::d}` names `a::b` and `a::c::d`.
fn tree(text: &mut std::iter::Peekable<impl Iterator<Item = char>>, above: &[String], module: &str, names: &mut BTreeSet<String>) {
    let mut path = above.to_vec();
    loop {
        while text.next_if(|c| c.is_whitespace()).is_some() {}
        if text.next_if_eq(&'{').is_some() {
            loop {
                tree(text, &path, module, names);
                while text.next_if(|c| c.is_whitespace()).is_some() {}
                match text.next() {
                    Some(',') => while text.next_if(|c| c.is_whitespace()).is_some() {},
                    _ => return,
                }
                if text.next_if_eq(&'}').is_some() {
                    return;
                }
            }
        }
        let mut word = String::new();
        while let Some(c) = text.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '*')) {
            word.push(c);
        }
        path.push(word);
        if text.next_if_eq(&':').is_none() || text.next_if_eq(&':').is_none() {
            break;
        }
    }
    // ` as other`
    while text.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | ' ')).is_some() {}
    names.insert(absolute(&path, module));
}

fn absolute(path: &[String], module: &str) -> String {
    let mut at: Vec<&str> = if path[0] == "super" { module.split("::").collect() } else { Vec::new() };
    for word in path.iter().map(String::as_str).filter(|word| !word.is_empty()) {
        match word {
            "crate" => at.clear(),
            "super" => drop(at.pop()),
            "self" | "*" => {}
            word => at.push(word),
        }
    }
    at.join("::")
}

fn is_in(name: &str, module: &str) -> bool {
    name == module || name.strip_prefix(module).is_some_and(|rest| rest.starts_with("::"))
}

#[test]
fn a_use_tree_is_read() {
    let source = Source {
        path: String::new(),
        module: "report::json".into(),
        code: "use crate::a::{self, b, c::{D, E as F}, };\nuse super::plain::acts;\nlet x = crate::f::g(1);\nuse super::super::h;".into(),
    };
    let names: Vec<String> = source.names().into_iter().collect();
    assert_eq!(names, ["a", "a::b", "a::c::D", "a::c::E", "f::g", "h", "report::plain::acts"]);
}

#[test]
fn modules_know_only_what_is_below_them() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !["main", "lib"].contains(&source.module.as_str())) {
        let rule = RULES.iter().filter(|(module, _)| is_in(&source.module, module)).max_by_key(|(module, _)| module.len());
        let Some((module, may)) = rule else {
            wrong.push(format!("{}: no rule says what it may know", source.path));
            continue;
        };
        let beyond = source.names().into_iter().filter(|name| !is_in(name, module) && !may.iter().any(|may| is_in(name, may)));
        wrong.extend(beyond.map(|name| format!("{}: names {name}; {module} may know {}", source.path, may.join(", "))));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_is_about_a_module() {
    let modules: Vec<String> = sources().into_iter().map(|source| source.module).collect();
    for (rule, _) in RULES {
        assert!(modules.iter().any(|module| is_in(module, rule)), "{rule} is gone");
    }
}

#[test]
fn judging_and_weighing_are_pure_and_rendering_touches_nothing() {
    let doors = ["std::fs", "std::net", "std::process", "std::time", "std::env", "std::io", "Timestamp::now", "Zoned::now", "SystemTime"];
    let pure = ["compare", "forecast", "gate", "ledger", "outcome", "score", "plan", "report", "definition::words", "definition::written"];
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| pure.iter().any(|module| is_in(&source.module, module))) {
        wrong.extend(doors.iter().filter(|door| source.code.contains(**door)).map(|door| format!("{}: {door}", source.path)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_small_enough_to_read() {
    let mut wrong = Vec::new();
    for source in sources() {
        let most = LONG.iter().find(|(path, ..)| *path == source.path).map_or(600, |(_, most, _)| *most);
        let lines = source.code.lines().count();
        if lines > most {
            wrong.push(format!("{} has {lines} lines without its tests, more than {most}", source.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_program_reads_like_a_table_of_contents() {
    let sources = sources();
    let code = |module: &str| &sources.iter().find(|source| source.module == module).unwrap().code;
    assert!(code("main").lines().count() < 40);
    let run = code("commands::run").split_once("pub fn run(").unwrap().1;
    let lines = run.split_once("\n}\n").unwrap().0.lines().count() + 1;
    assert!(lines < 30, "commands::run::run has {lines} lines");
}
