//! The plan: every look the catalogue needs, once each, made ready to be held against files.
//!
//! Path patterns go into one index and the literals that patterns cannot match without into one automaton, so that
//! a file is read once and only the looks that could see something in it are run.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use serde_json_path::JsonPath;

use crate::definition::catalogue::{Catalog, WorldLook};
use crate::definition::written::{DataLook, FileLook};
use crate::evidence::files::{Lazy, PathIndex, Wanted};
use crate::evidence::pattern;

/// All looks of a catalogue, ready to be taken.
pub struct Plan {
    /// Keys and looks, by position.
    pub looks: Vec<(String, WorldLook)>,
    /// What each look asks of a file's text, by position.
    pub asks: Vec<Ask>,
    /// Which looks are about a file.
    pub paths: PathIndex,
    /// All literals; bit `n` of [`Literals`] is its pattern `n`.
    literals: Option<AhoCorasick>,
    literal_count: usize,
}

/// What a look asks of a file's text.
pub enum Ask {
    /// Nothing: the file's existence suffices.
    Existence,
    /// Patterns on the text.
    Text(TextAsk),
    /// Values in the structure.
    Data(Box<DataAsk>),
    /// Not a look at single files.
    Elsewhere,
}

/// Patterns on a file's text.
pub struct TextAsk {
    /// All of these must match.
    pub contains: Vec<Lazy>,
    /// None of these may match.
    pub lacks: Vec<Lazy>,
    /// Comments count too.
    pub comments: bool,
    /// For each pattern, literals one of which must occur.
    needs: Vec<Vec<usize>>,
}

/// Values in a file's structure.
pub struct DataAsk {
    /// Conditions on the document.
    pub document: Vec<(Path, Lazy)>,
    /// The items.
    pub each: Option<Path>,
    /// Conditions on an item.
    pub having: Vec<(Path, Lazy)>,
    /// The value.
    pub at: Option<Path>,
    /// Patterns on the value.
    pub matches: Option<Lazy>,
    /// Pattern that the value must not match.
    pub lacks: Option<Lazy>,
    /// Pattern on its keys.
    pub key: Option<Lazy>,
    needs: Vec<Vec<usize>>,
}

/// A JSONPath that is parsed when it is first needed.
pub struct Path {
    text: String,
    path: OnceLock<Option<JsonPath>>,
}

impl Path {
    fn new(text: &str) -> Path {
        Path { text: text.to_owned(), path: OnceLock::new() }
    }

    /// The path; `None` for a bad one, which the loader refuses.
    pub fn get(&self) -> Option<&JsonPath> {
        self.path.get_or_init(|| JsonPath::parse(&self.text).ok()).as_ref()
    }

    /// The path as written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Which literals occur in a text.
pub struct Literals(Vec<u64>);

impl Literals {
    fn has(&self, literal: usize) -> bool {
        self.0[literal / 64] & (1 << (literal % 64)) != 0
    }

    fn meet(&self, needs: &[Vec<usize>]) -> bool {
        needs.iter().all(|any| any.iter().any(|literal| self.has(*literal)))
    }

    /// Whether a look could see something in the text.
    pub fn could(&self, ask: &Ask) -> bool {
        match ask {
            Ask::Text(text) => self.meet(&text.needs),
            Ask::Data(data) => self.meet(&data.needs),
            Ask::Existence | Ask::Elsewhere => false,
        }
    }
}

/// Gives every literal a number.
#[derive(Default)]
struct Numbers(BTreeMap<String, usize>);

impl Numbers {
    fn of(&mut self, literal: String) -> usize {
        let next = self.0.len();
        *self.0.entry(literal).or_insert(next)
    }

    fn pattern(&mut self, pattern: &str) -> Option<Vec<usize>> {
        let literals = pattern::required_literals(pattern)?;
        Some(literals.into_iter().map(|literal| self.of(literal)).collect())
    }
}

impl Plan {
    /// The plan of a catalogue.
    pub fn draw(catalog: &Catalog) -> Plan {
        let looks: Vec<(String, WorldLook)> = catalog.looks().into_iter().collect();
        let mut numbers = Numbers::default();
        let asks = looks.iter().map(|(_, look)| ask_of(look, &mut numbers)).collect();
        let paths = PathIndex::new(looks.iter().map(|(_, look)| match look {
            WorldLook::File(file) => {
                Some(Wanted { path: &file.path, except: &file.except, roles: &file.roles, ignore_case: file.ignore_case })
            }
            WorldLook::Data(data) => Some(Wanted { path: &data.path, except: &data.except, roles: &data.roles, ignore_case: false }),
            _ => None,
        }));
        let mut literals: Vec<(String, usize)> = numbers.0.into_iter().collect();
        literals.sort_by_key(|(_, number)| *number);
        let automaton = AhoCorasickBuilder::new().ascii_case_insensitive(true).build(literals.iter().map(|(literal, _)| literal)).ok();
        Plan { looks, asks, paths, literals: automaton, literal_count: literals.len() }
    }

    /// Which literals occur in a text.
    pub fn literals_in(&self, bytes: &[u8]) -> Literals {
        let mut seen = vec![0_u64; self.literal_count / 64 + 1];
        match &self.literals {
            Some(automaton) => {
                for found in automaton.find_overlapping_iter(bytes) {
                    let literal = found.pattern().as_usize();
                    seen[literal / 64] |= 1 << (literal % 64);
                }
            }
            // Too many literals for one automaton: nothing can be ruled out.
            None => seen.fill(u64::MAX),
        }
        Literals(seen)
    }
}

fn ask_of(look: &WorldLook, numbers: &mut Numbers) -> Ask {
    match look {
        WorldLook::File(file) if file.contains.is_empty() && file.lacks.is_empty() => Ask::Existence,
        WorldLook::File(file) => Ask::Text(text_ask(file, numbers)),
        WorldLook::Data(data) => Ask::Data(Box::new(data_ask(data, numbers))),
        WorldLook::Dependency(_) | WorldLook::Pipeline(_) | WorldLook::Git(_) | WorldLook::Analysis(_) => Ask::Elsewhere,
    }
}

fn text_ask(look: &FileLook, numbers: &mut Numbers) -> TextAsk {
    TextAsk {
        contains: look.contains.iter().map(|pattern| Lazy::new(pattern)).collect(),
        lacks: look.lacks.iter().map(|pattern| Lazy::new(pattern)).collect(),
        comments: look.comments,
        needs: look.contains.iter().filter_map(|pattern| numbers.pattern(pattern)).collect(),
    }
}

fn data_ask(look: &DataLook, numbers: &mut Numbers) -> DataAsk {
    let mut needs: Vec<Vec<usize>> = Vec::new();
    let mut need = |path: &str, pattern: Option<&String>| {
        needs.extend(names_in(path).into_iter().map(|name| vec![numbers.of(name)]));
        needs.extend(pattern.and_then(|pattern| numbers.pattern(pattern)));
    };
    look.document.iter().chain(&look.having).for_each(|(path, pattern)| need(path, Some(pattern)));
    look.each.iter().for_each(|path| need(path, None));
    if look.absent == crate::definition::words::AbsentValue::Fails {
        need(look.at.as_deref().unwrap_or("$"), None);
    }
    let conditions = |map: &BTreeMap<String, String>| map.iter().map(|(path, pattern)| (Path::new(path), Lazy::new(pattern))).collect();
    DataAsk {
        document: conditions(&look.document),
        each: look.each.as_deref().map(Path::new),
        having: conditions(&look.having),
        at: look.at.as_deref().map(Path::new),
        matches: look.matches.as_deref().map(Lazy::new),
        lacks: look.lacks.as_deref().map(Lazy::new),
        key: look.key.as_deref().map(Lazy::new),
        needs,
    }
}

/// The names a JSONPath steps through, outside filters: a document without them cannot have the value.
fn names_in(path: &str) -> Vec<String> {
    static NAME: OnceLock<Option<regex::Regex>> = OnceLock::new();
    let Some(name) = NAME.get_or_init(|| regex::Regex::new(r#"\.([A-Za-z_][\w-]*)|\[['"]([^'"\]]+)['"]\]"#).ok()) else {
        return Vec::new();
    };
    let (mut outside, mut depth) = (String::new(), 0_u32);
    let mut rest = path.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '[' if depth > 0 || rest.peek() == Some(&'?') => depth += 1,
            ']' if depth > 0 => depth -= 1,
            _ if depth == 0 => outside.push(c),
            _ => {}
        }
    }
    // A union such as ['a','b'] needs neither name.
    let names =
        name.captures_iter(&outside).filter_map(|found| found.get(1).or(found.get(2)).map(|name| name.as_str().to_ascii_lowercase()));
    names.filter(|name| name.len() >= 3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_path_are_those_it_cannot_do_without() {
        assert_eq!(names_in("$.spec.schedule"), ["spec", "schedule"]);
        assert_eq!(names_in("$..containers[*]['image']"), ["containers", "image"]);
        assert_eq!(names_in("$.resource.aws_db_instance.*[*].x"), ["resource", "aws_db_instance"]);
        assert_eq!(names_in("$.items[?@.kind == 'Job'].spec"), ["items", "spec"]);
        assert_eq!(names_in("$['on','push']"), Vec::<String>::new());
    }
}
