//! The file with everything that GitLab merges into it: includes, `default`, `extends`, `!reference`.

use super::super::sources::Sources;
use crate::evidence::node::{Member, Node, Value};
use std::cell::Cell;
use std::collections::{HashMap, HashSet};

/// Most files included.
const MAX_FILES: usize = 100;
/// How deep `extends` and `!reference` are followed, as GitLab itself allows.
const MAX_DEPTH: usize = 10;
/// Most values copied while following `extends` and `!reference`.
const MAX_COPIED: usize = 300_000;
/// Most comparisons of keys while one map is laid over another.
const MAX_COMPARED: usize = 1_000_000;
/// Keys that are no jobs.
const RESERVED: [&str; 12] = [
    "default",
    "include",
    "stages",
    "types",
    "variables",
    "workflow",
    "image",
    "services",
    "before_script",
    "after_script",
    "cache",
    "spec",
];
/// Keys that `default`, or the top of the file, gives to jobs that lack them.
const DEFAULTS: [&str; 4] = ["image", "services", "before_script", "after_script"];

/// One key at the top of a file.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub key: String,
    pub line: u32,
    /// The file, when not the pipeline's own.
    pub file: Option<String>,
    node: Node,
}

/// A file with its includes.
#[derive(Debug, Default)]
pub(super) struct Config {
    entries: Vec<Entry>,
    /// The place of each key among the entries.
    places: HashMap<String, usize>,
    /// Includes from elsewhere, as something a job uses.
    elsewhere: Vec<(String, u32)>,
    /// What cannot be seen, in which file, on which line.
    pub unseen: Vec<(String, Option<String>, u32)>,
    path: String,
    copied: Cell<usize>,
}

impl Config {
    /// Reads a file and what it includes.
    pub fn read(path: &str, text: &str, sources: &Sources) -> Result<Self, String> {
        let documents = super::super::documents(text)?;
        let mut config = Config { path: path.to_owned(), ..Config::default() };
        let mut seen = HashSet::from([path.to_owned()]);
        for document in &documents {
            if document.members().is_empty() {
                return Err("is not a map: not a pipeline".to_owned());
            }
            config.merge(document, None, &mut seen, sources);
        }
        Ok(config)
    }

    /// Marks everything as written in this file, which is not the pipeline's own.
    pub fn in_file(&mut self) {
        let path = &self.path;
        self.entries.iter_mut().filter(|entry| entry.file.is_none()).for_each(|entry| entry.file = Some(path.clone()));
        self.unseen.iter_mut().filter(|(_, file, _)| file.is_none()).for_each(|(_, file, _)| *file = Some(path.clone()));
    }

    /// The value of a key at the top.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.get(*self.places.get(key)?).map(|entry| &entry.node)
    }

    /// The jobs, without templates.
    pub fn jobs(&self) -> impl Iterator<Item = &Entry> {
        let is_job = |entry: &&Entry| {
            let works = ["script", "trigger", "extends", "run", "release"].iter().any(|key| entry.node.get(key).is_some());
            works && !entry.key.starts_with('.') && !RESERVED.contains(&entry.key.as_str())
        };
        self.entries.iter().filter(is_job)
    }

    /// Includes from elsewhere: `Security/SAST.gitlab-ci.yml`.
    pub fn included_elsewhere(&self) -> impl Iterator<Item = (&str, u32)> {
        self.elsewhere.iter().map(|(uses, line)| (uses.as_str(), *line))
    }

    /// Includes come first and are overridden by the file that includes them, key by key.
    fn merge(&mut self, document: &Node, file: Option<&str>, seen: &mut HashSet<String>, sources: &Sources) {
        for include in document.get("include").map(Node::one_or_many).unwrap_or_default() {
            self.include(include, file, seen, sources);
        }
        for member in document.members().iter().filter(|member| member.key != "include") {
            let file = file.map(str::to_owned);
            let place = *self.places.entry(member.key.clone()).or_insert(self.entries.len());
            match self.entries.get_mut(place) {
                Some(entry) => {
                    entry.node = over(&entry.node, &member.node, MAX_DEPTH);
                    (entry.line, entry.file) = (member.line, file);
                }
                None => self.entries.push(Entry { key: member.key.clone(), line: member.line, file, node: member.node.clone() }),
            }
        }
    }

    fn include(&mut self, include: &Node, file: Option<&str>, seen: &mut HashSet<String>, sources: &Sources) {
        let Some(local) = include.get("local").unwrap_or(include).scalar().filter(|path| !path.contains("://")) else {
            return self.outside(include, file);
        };
        let pattern = local.trim_start_matches('/');
        let paths = if pattern.contains('*') { matching(pattern, sources) } else { vec![pattern.to_owned()] };
        for path in paths {
            if seen.len() > MAX_FILES || !seen.insert(path.clone()) {
                continue;
            }
            match sources.yaml(&path) {
                Some(document) => self.merge(&document, Some(&path), seen, sources),
                None => self.unseen.push((format!("include {path} (not in the repository)"), file.map(str::to_owned), include.line)),
            }
        }
    }

    fn outside(&mut self, include: &Node, file: Option<&str>) {
        let of = |key: &str| include.get(key).and_then(Node::scalar);
        let remote = include.scalar().or_else(|| of("remote")).or_else(|| of("template")).or_else(|| of("component"));
        let files = super::texts(include.get("file"));
        let names: Vec<String> = match (remote, of("project")) {
            (Some(name), _) => vec![name],
            (None, Some(project)) if files.is_empty() => vec![project],
            (None, Some(project)) => files.iter().map(|file| format!("{project}/{}", file.trim_start_matches('/'))).collect(),
            (None, None) => Vec::new(),
        };
        for name in names {
            self.unseen.push((format!("include {name} (of another project)"), file.map(str::to_owned), include.line));
            self.elsewhere.push((name, include.line));
        }
    }

    /// A job with what it extends, refers to and takes from `default`.
    pub fn resolved(&self, entry: &Entry) -> Node {
        let node = self.extended(&entry.node, MAX_DEPTH);
        let node = self.dereferenced(&node, MAX_DEPTH);
        let Value::Map(mut members) = node.value else { return node };
        if inherits(members.iter().find(|member| member.key == "inherit")) {
            for key in DEFAULTS {
                let given = self.get("default").and_then(|default| default.get(key)).or_else(|| self.get(key));
                if let Some(given) = given.filter(|_| members.iter().all(|member| member.key != key)) {
                    members.push(Member { key: key.to_owned(), line: given.line, node: self.dereferenced(given, MAX_DEPTH) });
                }
            }
        }
        Node::new(Value::Map(members), node.line)
    }

    fn extended(&self, node: &Node, depth: usize) -> Node {
        let parents = super::texts(node.get("extends"));
        if parents.is_empty() || depth == 0 || !self.may_copy(node) {
            return node.clone();
        }
        let known = parents.iter().filter_map(|parent| self.get(parent)).map(|parent| self.extended(parent, depth - 1));
        let base = known.reduce(|base, next| over(&base, &next, MAX_DEPTH));
        base.map_or_else(|| node.clone(), |base| over(&base, node, MAX_DEPTH))
    }

    /// `!reference [.setup, script]`, which reads as a list, replaced by what it names.
    fn dereferenced(&self, node: &Node, depth: usize) -> Node {
        if let Some(named) = self.reference(node).filter(|named| depth > 0 && self.may_copy(named)) {
            return self.dereferenced(named, depth - 1);
        }
        let value = match &node.value {
            Value::List(items) => Value::List(items.iter().flat_map(|item| self.spliced(item, depth)).collect()),
            Value::Map(members) => {
                let member = |member: &Member| Member { node: self.dereferenced(&member.node, depth), ..member.clone() };
                Value::Map(members.iter().map(member).collect())
            }
            other => other.clone(),
        };
        Node::new(value, node.line)
    }

    /// An item of a list, or the items that it refers to.
    fn spliced(&self, item: &Node, depth: usize) -> Vec<Node> {
        let node = self.dereferenced(item, depth);
        match (self.reference(item), node.value) {
            (Some(_), Value::List(items)) => items,
            (_, value) => vec![Node::new(value, node.line)],
        }
    }

    fn reference(&self, node: &Node) -> Option<&Node> {
        let (first, keys) = node.items().split_first()?;
        let start = self.get(first.as_str()?)?;
        (!keys.is_empty()).then_some(())?;
        keys.iter().try_fold(start, |node, key| node.get(key.as_str()?))
    }

    fn may_copy(&self, node: &Node) -> bool {
        let copied = self.copied.get() + size(node);
        self.copied.set(copied);
        copied <= MAX_COPIED
    }
}

/// Files of the repository that an include with wildcards names.
fn matching(pattern: &str, sources: &Sources) -> Vec<String> {
    let filter = super::super::refs::Filter::only([pattern]);
    sources.paths().iter().filter(|path| filter.passes(path)).take(MAX_FILES).cloned().collect()
}

/// Whether a job takes anything from `default`.
fn inherits(inherit: Option<&Member>) -> bool {
    let default = inherit.and_then(|inherit| inherit.node.get("default"));
    !default.is_some_and(|default| default.value == Value::Bool(false))
}

/// A map with another over it, key by key; anything else is replaced.
fn over(base: &Node, top: &Node, depth: usize) -> Node {
    let (Value::Map(below), Value::Map(above)) = (&base.value, &top.value) else { return top.clone() };
    if depth == 0 || below.len().saturating_mul(above.len()) > MAX_COMPARED {
        return top.clone();
    }
    let merged = below.iter().map(|member| match top.member(&member.key) {
        Some(own) => Member { node: over(&member.node, &own.node, depth - 1), ..own.clone() },
        None => member.clone(),
    });
    let added = above.iter().filter(|member| base.get(&member.key).is_none()).cloned();
    Node::new(Value::Map(merged.chain(added).collect()), top.line)
}

/// How many values a node holds.
fn size(node: &Node) -> usize {
    let items: usize = node.items().iter().map(size).sum();
    let members: usize = node.members().iter().map(|member| size(&member.node)).sum();
    1 + items + members
}
