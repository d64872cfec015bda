//! Which files a look is about, and what their text says.
//!
//! All path patterns of the catalogue stand in one index; braces are written out beforehand, so that most of
//! them end in a plain extension or name, which costs next to nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use globset::{Glob, GlobBuilder};
use regex::bytes::Regex;

use super::path_pattern::PathPattern;
use super::pattern::{self, Needs};
use super::pattern_needs::needs_of;
use super::world::FileEntry;
use crate::definition::words::{OneOrMany, Role};

/// A path pattern as definitions mean it: `*` stays inside one folder.
///
/// # Errors
/// The pattern's own error.
pub fn glob(pattern: &str, ignore_case: bool) -> Result<Glob, globset::Error> {
    GlobBuilder::new(pattern).literal_separator(true).case_insensitive(ignore_case).build()
}

/// The patterns that a pattern with braces stands for: `a.{b,c}` is `a.b` and `a.c`. Nested braces are kept as they are.
pub fn braces(pattern: &str) -> Vec<String> {
    let Some(open) = pattern.find('{') else { return vec![pattern.to_owned()] };
    let Some(close) = pattern[open..].find('}').map(|at| open + at) else { return vec![pattern.to_owned()] };
    let inside = &pattern[open + 1..close];
    if inside.contains('{') {
        return vec![pattern.to_owned()];
    }
    let rest = braces(&pattern[close + 1..]);
    inside.split(',').flat_map(|word| rest.iter().map(move |tail| format!("{}{word}{tail}", &pattern[..open]))).collect()
}

/// The part of a look that says which files it is about.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Globs, any of which must match.
    pub path: &'a OneOrMany,
    /// Globs, none of which may match.
    pub except: &'a OneOrMany,
    /// Roles; production alone when empty.
    pub roles: &'a [Role],
    /// Whether letter case matters in `path`.
    pub ignore_case: bool,
}

/// Which looks are about a file, by its path and role.
///
/// Nearly every path pattern ends in a fixed name or extension, by which the few patterns worth trying on a path are
/// looked up; the others have a literal that their paths must contain (`nginx`, `config/`), found by one automaton.
pub struct PathIndex {
    by_name: HashMap<String, Vec<usize>>,
    by_extension: HashMap<String, Vec<usize>>,
    literals: Option<AhoCorasick>,
    /// The patterns of each literal.
    with_literal: Vec<Vec<usize>>,
    /// Patterns without any of these.
    without: Vec<usize>,
    globs: Vec<Indexed>,
    looks: Vec<Conditions>,
    /// How many lists of exceptions there are.
    exceptions: usize,
}

/// A path pattern and those who ask for it, by position.
struct Indexed {
    pattern: PathPattern,
    looks: Vec<usize>,
    exceptions: Vec<usize>,
}

/// Those who ask for a path pattern: looks and lists of exceptions.
type Askers = (Vec<usize>, Vec<usize>);

/// What a look asks of a file beside its path.
#[derive(Default)]
struct Conditions {
    roles: Vec<Role>,
    /// Its list of exceptions; looks share them.
    except: Option<usize>,
}

impl PathIndex {
    /// An index over looks by their position. Bad globs, which the loader refuses, match nothing.
    pub fn new<'a>(wanted: impl Iterator<Item = Option<Wanted<'a>>>) -> PathIndex {
        let mut patterns: BTreeMap<(&str, bool), Askers> = BTreeMap::new();
        let mut exceptions: HashMap<&OneOrMany, usize> = HashMap::new();
        let mut looks = Vec::new();
        for (index, wanted) in wanted.enumerate() {
            let mut conditions = Conditions::default();
            if let Some(wanted) = wanted {
                for pattern in wanted.path.iter() {
                    patterns.entry((pattern, wanted.ignore_case)).or_default().0.push(index);
                }
                conditions.roles = if wanted.roles.is_empty() { vec![Role::Production] } else { wanted.roles.to_vec() };
                let next = exceptions.len();
                conditions.except = (!wanted.except.is_empty()).then(|| *exceptions.entry(wanted.except).or_insert(next));
            }
            looks.push(conditions);
        }
        for (list, number) in &exceptions {
            list.iter().for_each(|pattern| patterns.entry((pattern, true)).or_default().1.push(*number));
        }
        let mut written_out: HashMap<(String, bool), Askers> = HashMap::new();
        for ((pattern, ignore_case), (looks, exceptions)) in patterns {
            // A class of one byte is that byte.
            for pattern in braces(&pattern.replace("[.]", ".")) {
                let wanted = written_out.entry((pattern, ignore_case)).or_default();
                wanted.0.extend(&looks);
                wanted.1.extend(&exceptions);
            }
        }
        let (mut by_name, mut by_extension) = (HashMap::<String, Vec<usize>>::new(), HashMap::<String, Vec<usize>>::new());
        let (mut globs, mut without, mut literals) = (Vec::new(), Vec::new(), BTreeMap::<String, Vec<usize>>::new());
        for ((pattern, ignore_case), (looks, exceptions)) in written_out {
            match key_of(&pattern.to_ascii_lowercase()) {
                Some(Key::Name(name)) => by_name.entry(name).or_default().push(globs.len()),
                Some(Key::Extension(extension)) => by_extension.entry(extension).or_default().push(globs.len()),
                Some(Key::Literal(literal)) => literals.entry(literal).or_default().push(globs.len()),
                None => without.push(globs.len()),
            }
            globs.push(Indexed { pattern: PathPattern::new(pattern, ignore_case), looks, exceptions });
        }
        let automaton = AhoCorasick::new(literals.keys()).ok();
        if automaton.is_none() {
            without.extend(literals.values().flatten());
        }
        PathIndex {
            by_name,
            by_extension,
            literals: automaton,
            with_literal: literals.into_values().collect(),
            without,
            globs,
            looks,
            exceptions: exceptions.len(),
        }
    }

    /// Positions of the looks that are about a file, ascending.
    pub fn about(&self, entry: &FileEntry) -> Vec<usize> {
        let lower = entry.name.to_ascii_lowercase();
        let name = lower.rsplit('/').next().unwrap_or_default();
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        let mut tried: Vec<usize> = self.without.clone();
        tried.extend(self.by_name.get(name).into_iter().flatten());
        tried.extend(extension.and_then(|extension| self.by_extension.get(extension)).into_iter().flatten());
        if let Some(literals) = &self.literals {
            tried.extend(literals.find_overlapping_iter(&lower).flat_map(|found| &self.with_literal[found.pattern().as_usize()]));
        }
        tried.sort_unstable();
        tried.dedup();
        let (mut found, mut excepted) = (Vec::new(), vec![false; self.exceptions]);
        for glob in tried.into_iter().map(|glob| &self.globs[glob]).filter(|glob| glob.pattern.is_match(&entry.name, &lower)) {
            found.extend_from_slice(&glob.looks);
            glob.exceptions.iter().for_each(|list| excepted[*list] = true);
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|look: &usize| {
            let conditions = &self.looks[*look];
            conditions.roles.contains(&entry.role) && !conditions.except.is_some_and(|list| excepted[list])
        });
        found
    }
}

/// By what the patterns worth trying on a path are looked up, in lower case.
enum Key {
    /// The file's whole name.
    Name(String),
    /// What follows the last dot of its name.
    Extension(String),
    /// A text that the path must contain.
    Literal(String),
}

fn key_of(pattern: &str) -> Option<Key> {
    if pattern.contains(['[', '{', '\\']) {
        return None;
    }
    let last = pattern.rsplit('/').next().unwrap_or_default();
    if !last.is_empty() && !last.contains(['*', '?']) {
        return Some(Key::Name(last.to_owned()));
    }
    // `**/` may stand for nothing, so a slash beside it is not certain.
    let plain = pattern.replace("**/", "*").replace("/**", "*");
    let longest = plain.split(['*', '?']).max_by_key(|piece| piece.len()).unwrap_or_default();
    let tail = plain.rsplit(['*', '?']).next().unwrap_or_default();
    match tail.rsplit_once('.') {
        Some((before, extension)) if !extension.contains('/') && before.len() < 3 && (longest == tail || longest.len() < 3) => {
            Some(Key::Extension(extension.to_owned()))
        }
        _ => Some(Key::Literal(longest.to_owned())).filter(|_| longest.len() >= 2),
    }
}

/// A pattern that is compiled when it is first needed.
#[derive(Debug)]
pub struct Lazy {
    pattern: String,
    needs: OnceLock<Needs>,
    regex: OnceLock<Option<Regex>>,
}

impl Lazy {
    /// Not compiled yet.
    pub fn new(pattern: &str) -> Lazy {
        Lazy { pattern: pattern.to_owned(), needs: OnceLock::new(), regex: OnceLock::new() }
    }

    /// The pattern; `None` for a bad one, which the loader refuses.
    pub fn get(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| pattern::compile(&self.pattern).ok()).as_ref()
    }

    /// Where the pattern first matches.
    pub fn find(&self, text: &str) -> Option<usize> {
        self.find_all(text).next()
    }

    /// Where the pattern matches. A pattern may begin with white space that belongs to the lines above: that is left out.
    pub fn find_all<'t>(&'t self, text: &'t str) -> impl Iterator<Item = usize> + 't {
        let matches = self.worth_trying(text).into_iter().flat_map(|regex| regex.find_iter(text.as_bytes()));
        matches.map(|found| {
            let blank = found.as_bytes().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            text.floor_char_boundary(found.start() + blank)
        })
    }

    /// Whether the pattern matches.
    pub fn is_match(&self, text: &str) -> bool {
        self.worth_trying(text).is_some_and(|regex| regex.is_match(text.as_bytes()))
    }

    /// The pattern, which is not compiled for a text that cannot match.
    fn worth_trying(&self, text: &str) -> Option<&Regex> {
        if self.regex.get().is_none() {
            let (lower, needs) = (text.to_ascii_lowercase(), self.needs.get_or_init(|| needs_of(&self.pattern)));
            let has = |literal: &String| memchr::memmem::find(lower.as_bytes(), literal.as_bytes()).is_some();
            if !needs.iter().any(|clauses| clauses.iter().all(|any| any.iter().any(has))) {
                return None;
            }
        }
        self.get()
    }
}

/// The 1-based line of a byte offset.
pub fn line_of(text: &str, offset: usize) -> u32 {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    u32::try_from(before.iter().filter(|byte| **byte == b'\n').count() + 1).unwrap_or(u32::MAX)
}

/// The text of a 1-based line.
pub fn line_text(text: &str, line: u32) -> &str {
    text.lines().nth(usize::try_from(line).unwrap_or(1).saturating_sub(1)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_written_out() {
        assert_eq!(braces("**/*.{rb,ru}"), ["**/*.rb", "**/*.ru"]);
        assert_eq!(braces("{a,b}/{c,d}"), ["a/c", "a/d", "b/c", "b/d"]);
        assert_eq!(braces("{,x-}y"), ["y", "x-y"]);
        assert_eq!(braces("plain"), ["plain"]);
    }

    #[test]
    fn an_index_finds_the_looks_of_a_file() {
        let (ruby, deploy, none) = (OneOrMany(vec!["**/*.rb".into()]), OneOrMany(vec!["config/*.rb".into()]), OneOrMany::default());
        let except = OneOrMany(vec!["**/routes.rb".into()]);
        let wanted = |path, except, roles| Some(Wanted { path, except, roles, ignore_case: false });
        let index = PathIndex::new(
            [wanted(&ruby, &except, &[]), wanted(&deploy, &none, &[]), None, wanted(&ruby, &none, &[Role::Test])].into_iter(),
        );
        let entry = |path: &str| FileEntry {
            path: path.into(),
            name: path.into(),
            size: 0,
            role: super::super::roles::role_of(path),
            inherited: false,
        };
        assert_eq!(index.about(&entry("config/puma.rb")), [0, 1]);
        assert_eq!(index.about(&entry("config/routes.rb")), [1]);
        assert_eq!(index.about(&entry("config/a/b.rb")), [0]);
        assert_eq!(index.about(&entry("spec/a_spec.rb")), [3]);
    }
}
