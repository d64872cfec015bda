//! Recipes of task runners: make, just, task.

use super::super::shell;
use super::super::sources::{Sources, resolve};
use super::Script;
use crate::evidence::node::Node;
use std::collections::{HashMap, HashSet};

/// Most targets collected for one call, prerequisites counted.
const MAX_TARGETS: usize = 64;
/// Most variables of a Makefile that are put in their places.
const MAX_VARIABLES: usize = 200;
/// Longest recipe into which variables are put, in bytes.
const MAX_FILLED: usize = 64 * 1024;

/// The recipes of a Makefile's targets and of what they require.
pub(super) fn make(arguments: &[String], directory: &str, sources: &Sources) -> Vec<Script> {
    let (mut targets, mut directory, mut name) = (Vec::new(), directory.to_owned(), None);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-C" | "--directory" => directory = words.next().and_then(|to| resolve(&directory, to)).unwrap_or_default(),
            "-f" | "--file" | "--makefile" => name = words.next().map(String::as_str),
            "-j" | "--jobs" | "-o" | "-W" => {}
            option if option.starts_with('-') || option.contains('=') => {}
            // The number of `-j 4`.
            number if number.bytes().all(|byte| byte.is_ascii_digit()) => {}
            target => targets.push(target),
        }
    }
    let names = name.map_or_else(|| vec!["GNUmakefile", "makefile", "Makefile"], |name| vec![name]);
    from_first(&names, &directory, sources, |path, text| recipes_of(path, &Rules::of_make(text), &targets, &directory))
}

/// The recipes of a justfile and of what they require.
pub(super) fn just(arguments: &[String], directory: &str, sources: &Sources) -> Vec<Script> {
    // Words after the first may be its arguments or further recipes; those that name no recipe find none.
    let targets: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| !word.starts_with('-') && !word.contains('=')).collect();
    let names = ["justfile", "Justfile", ".justfile"];
    from_first(&names, directory, sources, |path, text| recipes_of(path, &Rules::of_just(text), &targets, directory))
}

/// The first of some files that exists, read.
fn from_first(names: &[&str], directory: &str, sources: &Sources, read: impl Fn(&str, &str) -> Vec<Script>) -> Vec<Script> {
    let mut paths = names.iter().filter_map(|name| resolve(directory, name));
    let found = paths.find_map(|path| sources.script(&path).map(|text| (path, text)));
    found.map(|(path, text)| read(&path, &text)).unwrap_or_default()
}

fn recipes_of(path: &str, rules: &Rules, targets: &[&str], directory: &str) -> Vec<Script> {
    let first = rules.first.as_deref();
    let targets: Vec<&str> = if targets.is_empty() { first.into_iter().collect() } else { targets.to_vec() };
    let script = |target: &str| {
        let text = rules.recipe(target);
        (!text.is_empty()).then(|| Script::new(format!("{path} {target}"), text, directory))
    };
    targets.into_iter().filter_map(script).collect()
}

/// The rules of a Makefile or justfile.
#[derive(Default)]
struct Rules {
    first: Option<String>,
    rules: HashMap<String, Rule>,
    variables: Vec<(String, String)>,
}

#[derive(Default, Clone)]
struct Rule {
    needs: Vec<String>,
    lines: Vec<String>,
}

impl Rules {
    fn of_make(text: &str) -> Self {
        let mut rules = Rules::default();
        let mut open: Vec<String> = Vec::new();
        for line in text.replace("\\\n", " ").lines() {
            if let Some(recipe) = line.strip_prefix('\t') {
                rules.add_line(&open, recipe);
            } else if let Some((name, value)) = assignment(line) {
                rules.variables.push((name.to_owned(), value.to_owned()));
            } else if let Some((heads, rest)) = make_rule(line) {
                let (needs, inline) = rest.split_once(';').unwrap_or((rest, ""));
                open = heads.split_whitespace().map(str::to_owned).collect();
                rules.open(&open, needs.split_whitespace().filter(|need| *need != "|"));
                if !inline.trim().is_empty() {
                    rules.add_line(&open, inline.trim());
                }
            }
        }
        rules
    }

    fn of_just(text: &str) -> Self {
        let mut rules = Rules::default();
        let mut open: Vec<String> = Vec::new();
        for line in text.replace("\\\n", " ").lines() {
            if line.starts_with([' ', '\t']) {
                rules.add_line(&open, line.trim());
            } else if let Some((head, needs)) = just_rule(line) {
                open = vec![head.to_owned()];
                let needs = needs.split(['(', ')', '&', ' ']).filter(|need| !need.is_empty());
                rules.open(&open, needs);
            }
        }
        rules
    }

    fn open<'n>(&mut self, heads: &[String], needs: impl Iterator<Item = &'n str> + Clone) {
        for head in heads {
            if self.first.is_none() && !head.starts_with('.') {
                self.first = Some(head.clone());
            }
            let rule = self.rules.entry(head.clone()).or_default();
            rule.needs.extend(needs.clone().take(MAX_TARGETS).map(str::to_owned));
        }
    }

    fn add_line(&mut self, heads: &[String], line: &str) {
        // One line for a thousand targets at once is no recipe of ours.
        for head in heads.iter().take(MAX_TARGETS) {
            if let Some(rule) = self.rules.get_mut(head) {
                rule.lines.push(line.trim_start_matches(['@', '-', '+']).to_owned());
            }
        }
    }

    /// The lines of a target after those of what it requires.
    fn recipe(&self, target: &str) -> String {
        let mut seen = HashSet::new();
        let mut lines = Vec::new();
        self.collect(target, &mut seen, &mut lines);
        self.filled(&lines.join("\n"))
    }

    fn collect<'r>(&'r self, target: &str, seen: &mut HashSet<&'r str>, lines: &mut Vec<&'r str>) {
        let Some((name, rule)) = self.rules.get_key_value(target) else { return };
        if seen.len() >= MAX_TARGETS || !seen.insert(name) {
            return;
        }
        rule.needs.iter().for_each(|need| self.collect(need, seen, lines));
        lines.extend(rule.lines.iter().map(String::as_str));
    }

    /// A recipe with the Makefile's variables in their places.
    fn filled(&self, recipe: &str) -> String {
        let mut text = recipe.replace("$(MAKE)", "make").replace("${MAKE}", "make").replace("$$", "$");
        // From the last to the first: a variable is mostly made of those above it.
        for (name, value) in self.variables.iter().rev().take(MAX_VARIABLES) {
            if text.len() < MAX_FILLED && text.contains(name.as_str()) {
                text = text.replace(&format!("$({name})"), value).replace(&format!("${{{name}}}"), value);
            }
        }
        text
    }
}

/// `NAME = value`, `NAME := value`, `export NAME ?= value`.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end_matches([':', '?', '+', '!']).trim();
    let name = name.strip_prefix("export ").unwrap_or(name).trim();
    let plain = !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_' || char == '-');
    plain.then_some((name, value.trim()))
}

fn make_rule(line: &str) -> Option<(&str, &str)> {
    let line = line.get(..line.find('#').unwrap_or(line.len()))?;
    let (heads, rest) = line.split_once(':')?;
    let plain = !line.starts_with([' ', '.']) && !heads.trim().is_empty() && !heads.contains(['$', '%', '=', '"']);
    plain.then_some((heads, rest.trim_start_matches(':')))
}

/// The name of a recipe and what it requires: `test *args: build (lint "x")`.
fn just_rule(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start_matches('@');
    let (head, needs) = line.split_once(':')?;
    let name = head.split_whitespace().next()?;
    let named = name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_');
    (named && !needs.starts_with('=') && !matches!(name, "set" | "alias" | "export" | "import" | "mod")).then_some((name, needs))
}

/// The commands of a Taskfile's tasks and of what they require.
pub(super) fn task(arguments: &[String], directory: &str, sources: &Sources) -> Vec<Script> {
    let names = ["Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "Taskfile.dist.yml"];
    let mut paths = names.iter().filter_map(|name| resolve(directory, name));
    let Some((path, file)) = paths.find_map(|path| sources.yaml(&path).map(|file| (path, file))) else { return Vec::new() };
    let mut asked: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| !word.starts_with('-') && !word.contains('=')).collect();
    if asked.is_empty() {
        asked.push("default");
    }
    let script = |name: &str| {
        let mut lines = Vec::new();
        task_lines(&file, name, &mut HashSet::new(), &mut lines);
        (!lines.is_empty()).then(|| Script::new(format!("{path} {name}"), lines.join("\n"), directory))
    };
    asked.into_iter().filter_map(script).collect()
}

fn task_lines(file: &Node, name: &str, seen: &mut HashSet<String>, lines: &mut Vec<String>) {
    let Some(task) = file.get("tasks").and_then(|tasks| tasks.get(name)) else { return };
    if seen.len() >= MAX_TARGETS || !seen.insert(name.to_owned()) {
        return;
    }
    for need in task.get("deps").map(Node::one_or_many).unwrap_or_default() {
        if let Some(need) = need.get("task").unwrap_or(need).scalar() {
            task_lines(file, &need, seen, lines);
        }
    }
    let commands = task.get("cmds").or_else(|| task.get("cmd")).unwrap_or(task).one_or_many();
    for command in commands {
        if let Some(other) = command.get("task").and_then(Node::scalar) {
            task_lines(file, &other, seen, lines);
        } else if let Some(line) = command.get("cmd").unwrap_or(command).scalar() {
            lines.push(shell::without_comments(&line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests_support::Files;
    use super::super::follow;
    use super::*;

    fn appended(run: &str, files: &[(&str, &str)]) -> String {
        let files = Files::new(files);
        follow(run, "", &Sources::new(&files)).strip_prefix(run).unwrap_or("?").trim_start().to_owned()
    }

    #[test]
    fn make_targets_with_what_they_require() {
        let makefile = "GO ?= go\nTEST = $(GO) test\n.PHONY: test lint\nall: test\n\ntest: generate | bin # runs all\n\t@$(TEST) ./...\n\t-rm -rf tmp\ngenerate:\n\t$(GO) generate\nbin: ; mkdir bin\nlint:\n\tgolangci-lint run\n";
        let files = [("Makefile", makefile)];
        assert_eq!(appended("make test", &files), "go generate\nmkdir bin\ngo test ./...\nrm -rf tmp");
        assert_eq!(appended("make -j 4 lint V=1", &files), "golangci-lint run");
        assert_eq!(appended("make", &files), appended("make test", &files));
        assert_eq!(appended("make missing", &files), "");
        assert_eq!(appended("make -C sub test", &[("sub/Makefile", "test:\n\tpytest")]), "pytest");
    }

    #[test]
    fn targets_may_require_each_other() {
        assert_eq!(appended("make a", &[("Makefile", "a: b\n\techo a\nb: a\n\techo b\n")]), "echo b\necho a");
    }

    #[test]
    fn just_recipes() {
        let justfile = "set dotenv-load\nversion := '1'\n\n# Runs tests\n[group('ci')]\ntest *args: (build \"x\") lint\n    @cargo test {{args}}\nbuild target:\n    cargo build\nlint:\n    cargo clippy\n";
        let files = [("justfile", justfile)];
        assert_eq!(appended("just test --all", &files), "cargo build\ncargo clippy\ncargo test {{args}}");
        assert_eq!(appended("just --quiet lint", &files), "cargo clippy");
    }

    #[test]
    fn tasks() {
        let taskfile = "version: '3'\ntasks:\n  default: echo hi\n  ci:\n    deps: [lint]\n    cmds:\n      - task: test\n      - cmd: echo done\n  lint: golangci-lint run\n  test:\n    cmds: [go test ./...]\n";
        let files = [("Taskfile.yml", taskfile)];
        assert_eq!(appended("task ci", &files), "golangci-lint run\ngo test ./...\necho done");
        assert_eq!(appended("task", &files), "echo hi");
    }
}
