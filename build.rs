//! Embeds every definition under `checks/` and every file template under `fixes/`, sorted by path: there is no registry list to keep.
//! What the definitions' patterns need of a text is found here too, so that it is not found again at every start.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[allow(dead_code)]
#[path = "src/evidence/pattern.rs"]
mod pattern;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src/evidence/pattern.rs");
    let mut patterns = BTreeSet::new();
    for file in embed("checks", "definitions.rs")? {
        // A bad file is told about by the loader, with its line.
        if let Ok(definition) = fs::read_to_string(&file)?.parse::<toml::Table>() {
            find_patterns(&toml::Value::Table(definition), false, &mut patterns);
        }
    }
    fs::write(out("needs.rs"), known_needs(&patterns))?;
    embed("fixes", "fixes.rs").map(drop)
}

fn out(name: &str) -> PathBuf {
    PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join(name)
}

/// Writes a list of the files below a folder, each with its text; the files.
fn embed(folder: &str, into: &str) -> io::Result<Vec<PathBuf>> {
    println!("cargo::rerun-if-changed={folder}");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut files = Vec::new();
    collect(&root.join(folder), &mut files)?;
    files.sort();
    let mut code = String::from("&[\n");
    for file in &files {
        let name = file.strip_prefix(&root).unwrap_or(file).to_string_lossy().replace('\\', "/");
        let _ = writeln!(code, "    ({name:?}, include_str!({:?})),", file.to_string_lossy());
    }
    code.push(']');
    fs::write(out(into), code)?;
    Ok(files)
}

/// The keys under which definitions write patterns.
const PATTERNS: [&str; 11] = ["contains", "lacks", "where", "having", "matches", "key", "runs", "job", "environment", "without", "after"];

/// Every text below such a key. Some are none of the patterns that are compiled later, which does no harm.
fn find_patterns(value: &toml::Value, below: bool, patterns: &mut BTreeSet<String>) {
    match value {
        toml::Value::String(text) if below => {
            patterns.insert(text.clone());
        }
        toml::Value::Array(values) => values.iter().for_each(|value| find_patterns(value, below, patterns)),
        toml::Value::Table(table) => {
            for (key, value) in table.iter().filter(|(key, _)| *key != "example") {
                find_patterns(value, below || PATTERNS.contains(&key.as_str()), patterns);
            }
        }
        _ => {}
    }
}

/// Patterns with their needs: literals end with `\x1f`, clauses with `\x1e`, branches with `\x1d`.
fn known_needs(patterns: &BTreeSet<String>) -> String {
    let mut code = String::from("&[\n");
    for pattern in patterns {
        let mut written = String::new();
        for branch in pattern::needs(pattern) {
            for clause in branch {
                clause.iter().for_each(|literal| written.extend([literal, "\x1f"]));
                written.push('\x1e');
            }
            written.push('\x1d');
        }
        let _ = writeln!(code, "    ({pattern:?}, {written:?}),");
    }
    code.push(']');
    code
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    Ok(())
}
