//! Which files a look is about, and what their text says.
//!
//! All path patterns of the catalogue stand in one automaton; braces are written out beforehand, so that most of
//! them are plain extensions, names or prefixes, which cost next to nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use globset::{Glob, GlobBuilder, GlobMatcher};
use regex::bytes::Regex;

use super::pattern;
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
/// Every path pattern has a literal that its paths must contain (`.rb`, `nginx`, `config/`); one automaton over these
/// finds the few patterns that are worth trying on a path.
pub struct PathIndex {
    literals: Option<AhoCorasick>,
    /// The patterns of each literal.
    with_literal: Vec<Vec<usize>>,
    /// Patterns without one.
    without: Vec<usize>,
    globs: Vec<(Pattern, Vec<usize>)>,
    except: BTreeMap<usize, Vec<Pattern>>,
    roles: Vec<Vec<Role>>,
}

impl PathIndex {
    /// An index over looks by their position. Bad globs, which the loader refuses, match nothing.
    pub fn new<'a>(wanted: impl Iterator<Item = Option<Wanted<'a>>>) -> PathIndex {
        let mut patterns: BTreeMap<(String, bool), BTreeSet<usize>> = BTreeMap::new();
        let (mut except, mut roles) = (BTreeMap::new(), Vec::new());
        for (index, wanted) in wanted.enumerate() {
            roles.push(wanted.map_or(Vec::new(), |wanted| wanted.roles.to_vec()));
            let Some(wanted) = wanted else { continue };
            for pattern in wanted.path.iter().flat_map(|pattern| braces(pattern)) {
                patterns.entry((pattern, wanted.ignore_case)).or_default().insert(index);
            }
            if !wanted.except.is_empty() {
                except.insert(
                    index,
                    wanted.except.iter().flat_map(|pattern| braces(pattern)).map(|pattern| Pattern::new(&pattern, true)).collect(),
                );
            }
        }
        let (mut globs, mut without, mut literals) = (Vec::new(), Vec::new(), BTreeMap::<String, Vec<usize>>::new());
        for ((pattern, ignore_case), looks) in patterns {
            match literal_of(&pattern) {
                Some(literal) => literals.entry(literal).or_default().push(globs.len()),
                None => without.push(globs.len()),
            }
            globs.push((Pattern::new(&pattern, ignore_case), looks.into_iter().collect()));
        }
        let automaton = AhoCorasick::new(literals.keys()).ok();
        if automaton.is_none() {
            without = (0..globs.len()).collect();
        }
        PathIndex { literals: automaton, with_literal: literals.into_values().collect(), without, globs, except, roles }
    }

    /// Positions of the looks that are about a file, ascending.
    pub fn about(&self, entry: &FileEntry) -> Vec<usize> {
        let lower = entry.name.to_ascii_lowercase();
        let mut tried: Vec<usize> = self.without.clone();
        if let Some(literals) = &self.literals {
            tried.extend(literals.find_overlapping_iter(&lower).flat_map(|found| &self.with_literal[found.pattern().as_usize()]));
            tried.sort_unstable();
            tried.dedup();
        }
        let globs = tried.into_iter().map(|glob| &self.globs[glob]).filter(|(pattern, _)| pattern.is_match(&entry.name, &lower));
        let mut found: Vec<usize> = globs.flat_map(|(_, looks)| looks.iter().copied()).collect();
        found.sort_unstable();
        found.dedup();
        found.retain(|index| {
            let roles = &self.roles[*index];
            let role = if roles.is_empty() { entry.role == Role::Production } else { roles.contains(&entry.role) };
            role && !self.except.get(index).is_some_and(|patterns| patterns.iter().any(|pattern| pattern.is_match(&entry.name, &lower)))
        });
        found
    }
}

/// A path pattern. The common forms need no regular expression; the others are compiled when they are first tried.
enum Pattern {
    /// `**/*.ext`, with the dot.
    Extension(String),
    /// `**/name`.
    Name(String),
    /// A path without wildcards.
    Path(String),
    /// Anything else, with the literals between its wildcards, which are quicker to look for.
    Glob { pattern: String, ignore_case: bool, pieces: Vec<String>, matcher: OnceLock<Option<GlobMatcher>> },
}

impl Pattern {
    fn new(pattern: &str, ignore_case: bool) -> Pattern {
        let wild = |text: &str| text.contains(['*', '?', '[', ']', '{', '}', '\\', '!']);
        match pattern.strip_prefix("**/") {
            _ if ignore_case => {}
            Some(rest) if rest.strip_prefix('*').is_some_and(|end| end.starts_with('.') && !wild(end) && !end.contains('/')) => {
                return Pattern::Extension(rest[1..].to_owned());
            }
            Some(rest) if !wild(rest) && !rest.contains('/') => return Pattern::Name(rest.to_owned()),
            None if !wild(pattern) => return Pattern::Path(pattern.to_owned()),
            _ => {}
        }
        let pieces = pieces(&pattern.to_ascii_lowercase());
        Pattern::Glob { pattern: pattern.to_owned(), ignore_case, pieces, matcher: OnceLock::new() }
    }

    /// Whether a path matches; `lower` is the same path in lower case.
    fn is_match(&self, path: &str, lower: &str) -> bool {
        match self {
            Pattern::Extension(end) => path.ends_with(end.as_str()),
            Pattern::Name(name) => path.rsplit('/').next() == Some(name),
            Pattern::Path(whole) => path == whole,
            Pattern::Glob { pieces, .. } if !pieces.iter().all(|piece| lower.contains(piece.as_str())) => false,
            Pattern::Glob { pattern, ignore_case, matcher, .. } => {
                let matcher = matcher.get_or_init(|| glob(pattern, *ignore_case).ok().map(|glob| glob.compile_matcher()));
                matcher.as_ref().is_some_and(|matcher| matcher.is_match(path))
            }
        }
    }
}

/// The longest literal that every path of a pattern contains, in lower case.
fn literal_of(pattern: &str) -> Option<String> {
    pieces(pattern).into_iter().max_by_key(String::len).filter(|piece| piece.len() >= 2).map(|piece| piece.to_ascii_lowercase())
}

/// The literals between the wildcards of a pattern. `**/` may stand for nothing, so a slash beside it is left out;
/// braces and classes hold alternatives, so a pattern with any has none.
fn pieces(pattern: &str) -> Vec<String> {
    if pattern.contains(['[', '{', '\\']) {
        return Vec::new();
    }
    let plain = pattern.replace("**/", "*").replace("/**", "*");
    plain.split(['*', '?']).filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
}

/// A pattern that is compiled when it is first needed.
#[derive(Debug)]
pub struct Lazy {
    pattern: String,
    regex: OnceLock<Option<Regex>>,
}

impl Lazy {
    /// Not compiled yet.
    pub fn new(pattern: &str) -> Lazy {
        Lazy { pattern: pattern.to_owned(), regex: OnceLock::new() }
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
        let matches = self.get().into_iter().flat_map(|regex| regex.find_iter(text.as_bytes()));
        matches.map(|found| {
            let blank = found.as_bytes().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            text.floor_char_boundary(found.start() + blank)
        })
    }

    /// Whether the pattern matches.
    pub fn is_match(&self, text: &str) -> bool {
        self.get().is_some_and(|regex| regex.is_match(text.as_bytes()))
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
