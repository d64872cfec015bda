//! The plan: every look the catalogue needs, once each, made ready to be held against files.
//!
//! Path patterns go into one index and the literals that patterns cannot match without into one automaton, so that
//! a file is read once and only the looks that could see something in it are run.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};
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
    /// All literals, by number.
    literals: Vec<String>,
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
    /// What each pattern needs.
    needs: Vec<Needs>,
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
    /// What the names and patterns need.
    needs: Vec<Needs>,
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

/// What a text must contain for one pattern to match: branches of clauses of literals, by number.
type Needs = Vec<Vec<Vec<usize>>>;

/// An automaton over the literals of some looks.
pub struct Literals {
    automaton: Option<AhoCorasick>,
    /// The number of each pattern of the automaton.
    numbers: Vec<usize>,
    count: usize,
}

/// Which literals occur in a text.
pub struct Found(Vec<u64>);

impl Literals {
    /// Which of the literals occur in a text. Where there are too many for one automaton, nothing is ruled out.
    pub fn find(&self, bytes: &[u8]) -> Found {
        let Some(automaton) = &self.automaton else { return Found(vec![u64::MAX; self.count / 64 + 1]) };
        let mut seen = vec![0_u64; self.count / 64 + 1];
        for found in automaton.find_overlapping_iter(bytes) {
            let literal = self.numbers[found.pattern().as_usize()];
            seen[literal / 64] |= 1 << (literal % 64);
        }
        Found(seen)
    }
}

impl Found {
    fn has(&self, literal: usize) -> bool {
        self.0[literal / 64] & (1 << (literal % 64)) != 0
    }

    fn meet(&self, needs: &[Needs]) -> bool {
        let clause = |any: &Vec<usize>| any.iter().any(|literal| self.has(*literal));
        needs.iter().all(|branches| branches.iter().any(|clauses| clauses.iter().all(clause)))
    }

    /// Whether a look could see something in the text.
    pub fn could(&self, ask: &Ask) -> bool {
        self.meet(needs_of(ask))
    }
}

fn needs_of(ask: &Ask) -> &[Needs] {
    match ask {
        Ask::Text(text) => &text.needs,
        Ask::Data(data) => &data.needs,
        Ask::Existence | Ask::Elsewhere => &[],
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

    fn pattern(&mut self, pattern: &str) -> Needs {
        let clause = |numbers: &mut Numbers, clause: Vec<String>| clause.into_iter().map(|literal| numbers.of(literal)).collect();
        let branches = pattern::needs(pattern).into_iter();
        branches.map(|clauses| clauses.into_iter().map(|any| clause(self, any)).collect()).collect()
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
        Plan { looks, asks, paths, literals: literals.into_iter().map(|(literal, _)| literal).collect() }
    }

    /// An automaton over the literals of some looks. `fast` spends memory and time on building one that reads faster.
    pub fn literals<'l>(&self, looks: impl Iterator<Item = &'l usize>, fast: bool) -> Literals {
        let mut numbers: Vec<usize> = looks.flat_map(|look| needs_of(&self.asks[*look])).flatten().flatten().flatten().copied().collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut builder = AhoCorasickBuilder::new();
        builder.ascii_case_insensitive(true).kind(fast.then_some(AhoCorasickKind::DFA));
        let automaton = builder.build(numbers.iter().map(|number| &self.literals[*number])).ok();
        Literals { automaton, numbers, count: self.literals.len() }
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
        needs: look.contains.iter().map(|pattern| numbers.pattern(pattern)).collect(),
    }
}

fn data_ask(look: &DataLook, numbers: &mut Numbers) -> DataAsk {
    let mut needs: Vec<Needs> = Vec::new();
    let mut need = |path: &str, pattern: Option<&String>| {
        needs.extend(names_in(path).into_iter().map(|name| vec![vec![vec![numbers.of(name)]]]));
        needs.extend(pattern.map(|pattern| numbers.pattern(pattern)));
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
