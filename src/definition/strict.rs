//! The strict reader: a TOML text against the JSON Schema of the type it should become.
//!
//! serde stops at the first thing that does not fit and knows nothing of its neighbours. This walk goes over the
//! whole document with spans first and reports everything: unknown keys with the nearest known one, missing keys,
//! wrong types, unknown words. Only a document without such problems is handed to serde, so the types stay the
//! one description of the language. It understands the part of JSON Schema that `schemars` writes for plain
//! structs, enums of words, lists, maps and options.

use std::ops::Range;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, Problems};

/// A step into a document: a key or an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A key of a table.
    Key(String),
    /// An index of a list.
    Index(usize),
}

/// A parsed text with spans: for problems found after the shape was accepted.
pub struct Source<'a> {
    file: &'a str,
    text: &'a str,
    root: Option<Spanned<DeTable<'a>>>,
}

impl<'a> Source<'a> {
    /// The same text again, with spans.
    pub fn new(file: &'a str, text: &'a str) -> Self {
        Source { file, text, root: DeTable::parse(text).ok() }
    }

    /// A problem at a place in the document.
    pub fn problem(&self, path: &[Step], message: impl Into<String>, help: Option<String>) -> Problem {
        let span = self.root.as_ref().map_or(0..0, |root| locate(root, path));
        Problem::at(self.file, self.text, &span, message, help)
    }
}

/// The span of the deepest part of a path that exists.
fn locate(root: &Spanned<DeTable<'_>>, path: &[Step]) -> Range<usize> {
    let Some(Step::Key(first)) = path.first() else { return 0..0 };
    let Some((key, value)) = root.get_ref().iter().find(|(key, _)| key.get_ref().as_ref() == first) else { return 0..0 };
    if path.len() == 1 {
        return key.span();
    }
    let (mut value, mut span) = (value, value.span());
    for (position, step) in path.iter().enumerate().skip(1) {
        let next = match (step, value.get_ref()) {
            (Step::Key(name), DeValue::Table(table)) => {
                table.iter().find(|(key, _)| key.get_ref().as_ref() == name).map(|(key, inner)| (key.span(), inner))
            }
            (Step::Index(index), DeValue::Array(items)) => items.get(*index).map(|inner| (inner.span(), inner)),
            _ => None,
        };
        let Some((key_span, inner)) = next else { return span };
        span = if position + 1 == path.len() && matches!(step, Step::Key(_)) { key_span } else { inner.span() };
        value = inner;
    }
    span
}

/// Reads a text as `T`, or tells everything about its shape that is wrong.
pub fn read<T: DeserializeOwned + JsonSchema>(file: &str, text: &str) -> Result<T, Problems> {
    let root = match DeTable::parse(text) {
        Ok(root) => root,
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            return Err(Problems(vec![Problem::at(file, text, &span, format!("not TOML: {}", first_line(error.message())), None)]));
        }
    };
    let schema = schemars::schema_for!(T).to_value();
    let mut walk = Walk { file, text, defs: schema.get("$defs").cloned().unwrap_or(Json::Null), problems: Vec::new() };
    walk.table(root.get_ref(), &root.span(), &schema, "the file");
    Problems(walk.problems).into_result()?;
    toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        Problems(vec![Problem::at(file, text, &span, first_line(error.message()), None)])
    })
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

struct Walk<'a> {
    file: &'a str,
    text: &'a str,
    defs: Json,
    problems: Vec<Problem>,
}

impl Walk<'_> {
    fn tell(&mut self, span: &Range<usize>, message: String, help: Option<String>) {
        self.problems.push(Problem::at(self.file, self.text, span, message, help));
    }

    fn resolve(&self, schema: &Json) -> Json {
        let mut schema = schema.clone();
        for _ in 0..8 {
            let Some(name) = schema.get("$ref").and_then(Json::as_str).and_then(|r| r.strip_prefix("#/$defs/")) else { break };
            schema = self.defs.get(name).cloned().unwrap_or(Json::Null);
        }
        schema
    }

    fn table(&mut self, table: &DeTable<'_>, span: &Range<usize>, schema: &Json, what: &str) {
        let empty = serde_json::Map::new();
        let properties = schema.get("properties").and_then(Json::as_object).unwrap_or(&empty);
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if let Some(inner) = properties.get(name) {
                self.value(value, &inner.clone(), name);
            } else if let Some(inner) = schema.get("additionalProperties").filter(|inner| inner.is_object()) {
                self.value(value, &inner.clone(), name);
            } else {
                let known: Vec<&str> = properties.keys().map(String::as_str).collect();
                self.tell(&key.span(), format!("unknown key `{name}` in {what}"), Some(suggest(name, &known)));
            }
        }
        for missing in schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str) {
            if !table.iter().any(|(key, _)| key.get_ref().as_ref() == missing) {
                let says = properties.get(missing).and_then(|p| p.get("description")).and_then(Json::as_str).map(first_line);
                self.tell(span, format!("`{missing}` is missing in {what}"), says.map(|says| format!("{missing} = ...   # {says}")));
            }
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, schema: &Json, name: &str) {
        let schema = self.resolve(schema);
        if let Some(choices) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Json::as_array) {
            return self.choice(value, choices, name);
        }
        if let Some(words) = schema.get("enum").and_then(Json::as_array) {
            let words: Vec<String> = words.iter().filter_map(Json::as_str).map(str::to_owned).collect();
            return self.word(value, &words, name);
        }
        let expected = type_words(&schema);
        let fits = match value.get_ref() {
            DeValue::String(_) | DeValue::Datetime(_) => expected.contains(&"string"),
            DeValue::Integer(_) => expected.contains(&"integer") || expected.contains(&"number"),
            DeValue::Float(_) => expected.contains(&"number"),
            DeValue::Boolean(_) => expected.contains(&"boolean"),
            DeValue::Array(_) => expected.contains(&"array"),
            DeValue::Table(_) => expected.contains(&"object"),
        };
        if !fits && !expected.is_empty() {
            let message = format!("`{name}` must be {}, not {}", expected_words(&expected), kind_of(value.get_ref()));
            return self.tell(&value.span(), message, None);
        }
        match value.get_ref() {
            DeValue::Array(items) => {
                if let Some(inner) = schema.get("items") {
                    for item in items.iter() {
                        self.value(item, &inner.clone(), name);
                    }
                }
            }
            DeValue::Table(table) => self.table(table, &value.span(), &schema, &format!("`{name}`")),
            _ => {}
        }
    }

    /// Several shapes are allowed: words are pooled, else the one shape of the value's own type is taken.
    fn choice(&mut self, value: &Spanned<DeValue<'_>>, choices: &[Json], name: &str) {
        let choices: Vec<Json> = choices.iter().map(|choice| self.resolve(choice)).collect();
        let words: Vec<String> = choices.iter().flat_map(words_of).collect();
        let others: Vec<&Json> = choices.iter().filter(|choice| words_of(choice).is_empty() && type_words(choice) != ["null"]).collect();
        if matches!(value.get_ref(), DeValue::String(_)) && !words.is_empty() {
            return self.word(value, &words, name);
        }
        let kind = json_type(value.get_ref());
        let fitting = others.iter().find(|choice| type_words(choice).iter().any(|t| *t == kind || (*t == "number" && kind == "integer")));
        match fitting.or(if words.is_empty() { others.first() } else { None }) {
            Some(choice) => self.value(value, &(*choice).clone(), name),
            None => self.word(value, &words, name),
        }
    }

    fn word(&mut self, value: &Spanned<DeValue<'_>>, words: &[String], name: &str) {
        let list: Vec<&str> = words.iter().map(String::as_str).collect();
        match value.get_ref() {
            DeValue::String(word) if list.contains(&word.as_ref()) => {}
            DeValue::String(word) => {
                self.tell(&value.span(), format!("`{name}` cannot be `{word}`"), Some(suggest(word, &list)));
            }
            other => self.tell(&value.span(), format!("`{name}` must be a word, not {}", kind_of(other)), Some(suggest("", &list))),
        }
    }
}

fn words_of(schema: &Json) -> Vec<String> {
    let listed = schema.get("enum").and_then(Json::as_array).into_iter().flatten();
    let nested = schema.get("oneOf").and_then(Json::as_array).into_iter().flatten().flat_map(words_of);
    listed.chain(schema.get("const")).filter_map(Json::as_str).map(str::to_owned).chain(nested).collect()
}

fn type_words(schema: &Json) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(many)) => many.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

fn expected_words(types: &[&str]) -> String {
    let words: Vec<&str> = types
        .iter()
        .filter_map(|name| match *name {
            "string" => Some("a text in quotes"),
            "integer" => Some("a whole number"),
            "number" => Some("a number"),
            "boolean" => Some("true or false"),
            "array" => Some("a list"),
            "object" => Some("a table"),
            _ => None,
        })
        .collect();
    words.join(" or ")
}

fn json_type(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) | DeValue::Datetime(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Datetime(_) => "a date",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// "did you mean `x`?" where something is near, else all that is known.
pub fn suggest(word: &str, known: &[&str]) -> String {
    let near = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(word.len()) / 3 + 1)
        .min();
    match near {
        Some((_, candidate)) if !word.is_empty() => format!("did you mean `{candidate}`?"),
        _ => format!("write one of {}", known.join(", ")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::definition::written::CheckFile;

    const GOOD: &str = "title = 'T'\nasks = 'A?'\nweight = 3\nwhy = 'w'\nfix = 'f'\nwant = 'configured'\nif_absent = 'unmet'\n";

    fn problems(text: &str) -> Vec<Problem> {
        read::<CheckFile>("checks/errors/x.toml", text).unwrap_err().0
    }

    #[test]
    fn a_good_file_is_read() {
        let file: CheckFile = read("x.toml", &format!("{GOOD}[[declared]]\nfile = {{ path = 'a' }}\n")).unwrap();
        assert_eq!(file.declared.len(), 1);
    }

    #[test]
    fn all_problems_are_told_at_once_with_places_and_suggestions() {
        let text = format!(
            "{GOOD}wieght = 2\n[[declared]]\nfile = {{ path = 'a', contians = 'b' }}\n[[configurd]]\n[[example]]\nname = 3\nexpect = 'configred'\n"
        );
        let told = problems(&text);
        let places: Vec<(usize, &str)> = told.iter().map(|p| (p.line, p.message.as_str())).collect();
        assert_eq!(
            places,
            [
                (8, "unknown key `wieght` in the file"),
                (10, "unknown key `contians` in `file`"),
                (11, "unknown key `configurd` in the file"),
                (13, "`name` must be a text in quotes, not a whole number"),
                (14, "`expect` cannot be `configred`"),
            ]
        );
        assert_eq!(told[0].help.as_deref(), Some("did you mean `weight`?"));
        assert_eq!(told[1].help.as_deref(), Some("did you mean `contains`?"));
        assert_eq!(told[4].help.as_deref(), Some("did you mean `configured`?"));
    }

    #[test]
    fn wrong_types_and_missing_keys_are_told() {
        let told = problems("title = 3\nasks = 'A?'\nweight = 'x'\nwhy = 'w'\nwant = 7\n[[declared]]\nfile = 'a'\n");
        let messages: Vec<&str> = told.iter().map(|p| p.message.as_str()).collect();
        assert!(messages.contains(&"`title` must be a text in quotes, not a whole number"), "{messages:?}");
        assert!(messages.contains(&"`weight` must be a number, not a text"), "{messages:?}");
        assert!(messages.contains(&"`fix` is missing in the file"), "{messages:?}");
        assert!(messages.contains(&"`file` must be a table, not a text"), "{messages:?}");
        assert!(messages.contains(&"`want` must be a word, not a whole number"), "{messages:?}");
    }

    #[test]
    fn broken_toml_names_its_line() {
        let told = problems("title = 'x\nasks = 'y'\n");
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].line, 1);
        assert!(told[0].message.starts_with("not TOML"), "{}", told[0].message);
    }
}
