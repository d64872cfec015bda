//! The plan: every look the catalogue needs, once each, made ready to be held against files.
//!
//! Path patterns go into one index, and the literals that patterns cannot match without are looked for together, so that
//! a file is read once and only the looks that could see something in it are run.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use serde_json_path::JsonPath;

use crate::definition::catalogue::{Catalog, WorldLook};
use crate::definition::words::{AbsentValue, OneOrMany};
use crate::definition::written::{CodeLook, CodeRule, DataLook, FileLook};
use crate::evidence::files::{Lazy, PathIndex, Wanted};
use crate::evidence::literals::{self, Literals};
use crate::evidence::matches::MatchAsk;
use crate::evidence::pattern_needs::needs_of as needs_of_pattern;
use crate::evidence::syntax;

/// All looks of a catalogue, ready to be taken.
pub struct Plan {
    /// Keys and looks, by position.
    pub looks: Vec<(String, WorldLook)>,
    /// What each look asks of a file's text, by position.
    pub asks: Vec<Ask>,
    /// Which looks are about a file.
    pub paths: PathIndex,
    /// Whether a look stands in a hazard, by position: what it sees is kept whole.
    pub hazards: Vec<bool>,
    /// The values that measures ask for.
    pub values: BTreeSet<String>,
    /// What each look needs of a text, by position; told when first asked for.
    needs: Vec<OnceLock<Needs<String>>>,
}

/// What a look asks of a file's text.
pub enum Ask {
    /// Nothing: the file's existence suffices.
    Existence,
    /// Patterns on the text.
    Text(TextAsk),
    /// Values in the structure.
    Data(Box<DataAsk>),
    /// A shape in the syntax tree.
    Code(Box<CodeAsk>),
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
    /// What is asked of each match of the first pattern.
    pub matches: MatchAsk,
    /// Only files that git tracks.
    pub tracked: bool,
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
    /// Pattern whose first group is a name that must not be ours.
    pub foreign: Option<Lazy>,
    /// Pattern on its keys.
    pub key: Option<Lazy>,
}

/// A shape in a file's syntax tree.
pub struct CodeAsk {
    /// All of these must match the text outside comments.
    pub contains: Vec<Lazy>,
    /// None of these may match there.
    pub lacks: Vec<Lazy>,
    look: CodeLook,
    rules: [OnceLock<Option<syntax::Rule>>; 2],
}

impl CodeAsk {
    fn new(look: &CodeLook) -> CodeAsk {
        let lazy = |patterns: &OneOrMany| patterns.iter().map(|pattern| Lazy::new(pattern)).collect();
        CodeAsk { contains: lazy(&look.contains), lacks: lazy(&look.lacks), look: look.clone(), rules: Default::default() }
    }

    /// The rule for the grammar of a file, compiled when it is first needed; `None` for a bad one, which the loader refuses.
    pub fn rule(&self, grammar: syntax::Grammar) -> Option<&syntax::Rule> {
        let place = usize::from(grammar == syntax::Grammar::TypeScript);
        self.rules[place].get_or_init(|| syntax::compile(&self.look, grammar).ok()).as_ref()
    }
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

/// What a text must contain for a look to see something in it: for each of its patterns, branches of clauses of literals.
type Needs<L> = Vec<Vec<Vec<Vec<L>>>>;

/// The literals of some looks, and what each of these looks needs of them.
pub struct Filter {
    /// Literals that rule out most texts, looked for in all of them.
    telling: Literals,
    /// The looks that each of these makes possible.
    possible: Vec<Vec<usize>>,
    /// Looks that are possible without any.
    always: Vec<usize>,
    needs: HashMap<usize, Needs<usize>>,
    literals: Vec<String>,
}

impl Filter {
    /// The looks that could see something in a text in lower case, of those asked for, which are in ascending order.
    pub fn retain(&self, lower: &[u8], asked: &mut Vec<usize>) {
        let met = self.telling.find(lower);
        let mut possible = self.always.clone();
        possible.extend(met.iter().flat_map(|literal| &self.possible[literal]));
        possible.sort_unstable();
        possible.dedup();
        possible.retain(|look| asked.binary_search(look).is_ok());
        // The other literals are looked for one by one, when a possible look needs them.
        let mut known: Vec<Option<bool>> = vec![None; self.literals.len()];
        let mut has = |literal: usize| {
            *known[literal].get_or_insert_with(|| memchr::memmem::find(lower, self.literals[literal].as_bytes()).is_some())
        };
        let mut clause = |any: &Vec<usize>| any.iter().any(|literal| has(*literal));
        let mut pattern = |branches: &Vec<Vec<Vec<usize>>>| branches.iter().any(|clauses| clauses.iter().all(&mut clause));
        possible.retain(|look| self.needs.get(look).is_none_or(|needs| needs.iter().all(&mut pattern)));
        *asked = possible;
    }
}

/// The literals of which a text has at least one if a look sees something in it, the most telling ones; `None` if there are no such.
fn telling<'n>(needs: &'n Needs<String>) -> Option<Vec<&'n String>> {
    let rarity_of_clause = |any: &&Vec<String>| any.iter().map(|literal| literals::rarity(literal)).min().unwrap_or(0);
    let of_pattern = |branches: &'n Vec<Vec<Vec<String>>>| {
        let best: Option<Vec<&Vec<String>>> = branches.iter().map(|clauses| clauses.iter().max_by_key(rarity_of_clause)).collect();
        best.map(|clauses| (clauses.iter().map(rarity_of_clause).min(), clauses))
    };
    let (_, clauses) = needs.iter().filter_map(of_pattern).max_by_key(|(rarity, _)| *rarity)?;
    Some(clauses.into_iter().flatten().collect())
}

impl Plan {
    /// The plan of a catalogue.
    pub fn draw(catalog: &Catalog) -> Plan {
        let looks: Vec<(String, WorldLook)> = catalog.looks().into_iter().collect();
        let asks = looks.iter().map(|(_, look)| ask_of(look)).collect();
        let hazards = catalog.hazard_looks();
        let hazards = looks.iter().map(|(key, _)| hazards.contains(key)).collect();
        let code_paths: Vec<OneOrMany> = looks.iter().map(|(_, look)| code_paths(look)).collect();
        let paths = PathIndex::new(looks.iter().zip(&code_paths).map(|((_, look), code)| match look {
            WorldLook::File(file) => {
                Some(Wanted { path: &file.path, except: &file.except, roles: &file.roles, ignore_case: file.ignore_case })
            }
            WorldLook::Code(look) => Some(Wanted { path: code, except: &look.except, roles: &look.roles, ignore_case: false }),
            WorldLook::Data(data) => Some(Wanted { path: &data.path, except: &data.except, roles: &data.roles, ignore_case: false }),
            _ => None,
        }));
        let needs = looks.iter().map(|_| OnceLock::new()).collect();
        Plan { looks, asks, paths, hazards, values: catalog.values(), needs }
    }

    /// What rules some looks out, which are in ascending order.
    pub fn filter<'l>(&self, looks: impl Iterator<Item = &'l usize>) -> Filter {
        let (mut numbers, mut rare) = (HashMap::new(), HashMap::new());
        let (mut needs, mut always, mut possible) = (HashMap::new(), Vec::new(), Vec::<Vec<usize>>::new());
        for look in looks.copied().filter(|look| matches!(self.asks[*look], Ask::Text(_) | Ask::Data(_) | Ask::Code(_))) {
            let written = self.needs[look].get_or_init(|| needs_of(&self.looks[look].1));
            needs.insert(look, numbered(written, &mut numbers));
            let Some(literals) = telling(written) else {
                always.push(look);
                continue;
            };
            for literal in literals {
                let number = *rare.entry(literal.as_str()).or_insert(possible.len());
                possible.resize_with(possible.len().max(number + 1), Vec::new);
                possible[number].push(look);
            }
        }
        Filter {
            telling: Literals::new(in_order(rare).into_iter()),
            possible,
            always,
            needs,
            literals: in_order(numbers).into_iter().map(str::to_owned).collect(),
        }
    }
}

/// Texts in the order of their numbers.
fn in_order(numbers: HashMap<&str, usize>) -> Vec<&str> {
    let mut texts: Vec<(&str, usize)> = numbers.into_iter().collect();
    texts.sort_by_key(|(_, number)| *number);
    texts.into_iter().map(|(text, _)| text).collect()
}

/// The same needs with a number for every literal.
fn numbered<'p>(needs: &'p Needs<String>, numbers: &mut HashMap<&'p str, usize>) -> Needs<usize> {
    let mut number = |literal: &'p String| {
        let next = numbers.len();
        *numbers.entry(literal.as_str()).or_insert(next)
    };
    let mut clauses = |clauses: &'p Vec<Vec<String>>| clauses.iter().map(|any| any.iter().map(&mut number).collect()).collect();
    needs.iter().map(|branches| branches.iter().map(&mut clauses).collect()).collect()
}

fn needs_of(look: &WorldLook) -> Needs<String> {
    match look {
        WorldLook::File(file) => file.contains.iter().map(|pattern| needs_of_pattern(pattern)).collect(),
        WorldLook::Data(data) => data_needs(data),
        WorldLook::Code(look) => {
            let mut needs: Needs<String> = look.contains.iter().map(|pattern| needs_of_pattern(pattern)).collect();
            needs.extend(rule_needs(&look.rule, look));
            needs
        }
        WorldLook::Dependency(_)
        | WorldLook::Migration(_)
        | WorldLook::Pipeline(_)
        | WorldLook::Git(_)
        | WorldLook::Forge(_)
        | WorldLook::Schema(..)
        | WorldLook::Analysis(_) => Vec::new(),
    }
}

/// The paths of a `code` look: without any, all files of its languages.
fn code_paths(look: &WorldLook) -> OneOrMany {
    match look {
        WorldLook::Code(look) if look.path.is_empty() => {
            OneOrMany(look.language.iter().flat_map(|language| language.extensions()).map(|end| format!("**/*.{end}")).collect())
        }
        WorldLook::Code(look) => look.path.clone(),
        _ => OneOrMany::default(),
    }
}

/// What a text must contain for a rule on its syntax tree to hold.
fn rule_needs(rule: &CodeRule, look: &CodeLook) -> Needs<String> {
    let mut needs: Needs<String> = Vec::new();
    if let Some(pattern) = rule.pattern.as_ref().or(rule.context.as_ref().filter(|_| rule.selector.is_none())) {
        needs.push(vec![names_of_code(pattern).into_iter().map(|name| vec![name]).collect()]);
    }
    needs.extend(rule.regex.iter().map(|pattern| needs_of_pattern(pattern)));
    for part in [&rule.inside, &rule.has, &rule.precedes, &rule.follows].into_iter().flatten() {
        needs.extend(rule_needs(part, look));
    }
    rule.all.iter().for_each(|part| needs.extend(rule_needs(part, look)));
    if let Some(named) = rule.matches.as_ref().and_then(|name| look.utils.get(name)) {
        // A rule that refers to itself needs no more than it did the first time.
        let others = CodeLook { utils: BTreeMap::new(), ..look.clone() };
        needs.extend(rule_needs(named, &others));
    }
    if !rule.any.is_empty() {
        // Of each branch the strictest of its needs: all of them at once would multiply.
        let strictest = |part: &CodeRule| rule_needs(part, look).into_iter().min_by_key(Vec::len).unwrap_or_else(|| vec![Vec::new()]);
        needs.push(rule.any.iter().flat_map(strictest).collect());
    }
    needs
}

/// The words of a code pattern that are no metavariables.
fn names_of_code(pattern: &str) -> Vec<String> {
    let words = pattern.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$')));
    words.filter(|word| !word.contains('$') && word.len() >= 3).map(str::to_ascii_lowercase).collect()
}

fn data_needs(look: &DataLook) -> Needs<String> {
    // What is asked of a Dockerfile is what becomes of its text, with other names and with variables put in.
    if look.path.iter().any(|path| path.to_ascii_lowercase().contains("dockerfile")) {
        return vec![vec![vec![vec!["from".to_owned()]]]];
    }
    let mut needs: Needs<String> = Vec::new();
    let mut need = |path: &str, pattern: Option<&String>| {
        needs.extend(names_in(path).into_iter().map(|name| vec![vec![vec![name]]]));
        needs.extend(pattern.map(|pattern| needs_of_pattern(pattern)));
    };
    look.document.iter().chain(&look.having).for_each(|(path, pattern)| need(path, Some(pattern)));
    look.each.iter().for_each(|path| need(path, None));
    if look.absent == AbsentValue::Fails {
        need(look.at.as_deref().unwrap_or("$"), None);
    }
    needs
}

fn ask_of(look: &WorldLook) -> Ask {
    match look {
        WorldLook::File(file) if file.contains.is_empty() && file.lacks.is_empty() => Ask::Existence,
        WorldLook::File(file) => Ask::Text(text_ask(file)),
        WorldLook::Data(data) => Ask::Data(Box::new(data_ask(data))),
        WorldLook::Code(look) => Ask::Code(Box::new(CodeAsk::new(look))),
        WorldLook::Dependency(_)
        | WorldLook::Migration(_)
        | WorldLook::Pipeline(_)
        | WorldLook::Git(_)
        | WorldLook::Forge(_)
        | WorldLook::Schema(..)
        | WorldLook::Analysis(_) => Ask::Elsewhere,
    }
}

fn text_ask(look: &FileLook) -> TextAsk {
    TextAsk {
        contains: look.contains.iter().map(|pattern| Lazy::new(pattern)).collect(),
        lacks: look.lacks.iter().map(|pattern| Lazy::new(pattern)).collect(),
        comments: look.comments,
        matches: MatchAsk::new(look),
        tracked: look.tracked,
    }
}

fn data_ask(look: &DataLook) -> DataAsk {
    let conditions = |map: &BTreeMap<String, String>| map.iter().map(|(path, pattern)| (Path::new(path), Lazy::new(pattern))).collect();
    DataAsk {
        document: conditions(&look.document),
        each: look.each.as_deref().map(Path::new),
        having: conditions(&look.having),
        at: look.at.as_deref().map(Path::new),
        matches: look.matches.as_deref().map(Lazy::new),
        lacks: look.lacks.as_deref().map(Lazy::new),
        foreign: look.foreign.as_deref().map(Lazy::new),
        key: look.key.as_deref().map(Lazy::new),
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
    fn a_rule_needs_the_words_of_its_patterns() {
        let pattern = |text: &str| CodeRule { pattern: Some(text.into()), ..CodeRule::default() };
        let needs = |rule: &CodeRule| rule_needs(rule, &CodeLook::default());
        assert_eq!(needs(&pattern("requests.get($URL, $$$REST)")), [[vec![vec!["requests".to_owned()], vec!["get".into()]]]]);
        let any = CodeRule { any: vec![pattern("alpha($X)"), pattern("$X")], ..CodeRule::default() };
        assert_eq!(needs(&any), [vec![vec![vec!["alpha".to_owned()]], vec![]]]);
        let inside = CodeRule { inside: Some(Box::new(pattern("each"))), not: Some(Box::new(pattern("other"))), ..CodeRule::default() };
        assert_eq!(needs(&inside), [[vec![vec!["each".to_owned()]]]]);
    }

    #[test]
    fn names_of_a_path_are_those_it_cannot_do_without() {
        assert_eq!(names_in("$.spec.schedule"), ["spec", "schedule"]);
        assert_eq!(names_in("$..containers[*]['image']"), ["containers", "image"]);
        assert_eq!(names_in("$.resource.aws_db_instance.*[*].x"), ["resource", "aws_db_instance"]);
        assert_eq!(names_in("$.items[?@.kind == 'Job'].spec"), ["items", "spec"]);
        assert_eq!(names_in("$['on','push']"), Vec::<String>::new());
    }
}
