//! Where things stand in a text: lines from byte offsets, and the two formats whose parsers need a guard.

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;
use toml::de::{DeTable, DeValue};

/// Line numbers of byte offsets.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn new(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    /// The 1-based line of an offset.
    pub(super) fn of(&self, offset: usize) -> u32 {
        u32::try_from(self.0.partition_point(|end| *end < offset) + 1).unwrap_or(u32::MAX)
    }
}

/// The root object of a JSON file. The parser caps nesting itself.
pub(super) fn json_object(text: &str) -> Result<Object<'_>, String> {
    let parsed = jsonc_parser::parse_to_ast(text, &Default::default(), &Default::default());
    match parsed.map_err(|error| format!("not valid JSON: {error}"))?.value {
        Some(Value::Object(object)) => Ok(object),
        _ => Err("not valid JSON: the file holds no object".to_owned()),
    }
}

/// The properties of an object inside an object: name, value, line of the name.
pub(super) fn json_entries<'o, 'a>(object: &'o Object<'a>, key: &str, lines: &Lines) -> Vec<(&'o str, &'o Value<'a>, u32)> {
    let entries = object.get_object(key).map(|inner| inner.properties.iter());
    let entries = entries.into_iter().flatten();
    entries.map(|property| (property.name.as_str(), &property.value, lines.of(property.name.start()))).collect()
}

/// Dotted keys longer than this are not written by people; the TOML parser caps brackets itself, but not dots.
const MAX_DOTS: usize = 40;

/// A TOML document and, where part of it is malformed, what the parser says.
pub(super) fn toml_table(text: &str) -> Result<(DeTable<'_>, Option<String>), String> {
    if text.lines().any(|line| longest_key(line) > MAX_DOTS) {
        return Err(format!("not valid TOML: a key nested more than {MAX_DOTS} levels deep"));
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let trouble = errors.first().map(|error| format!("not valid TOML: {}", error.message()));
    let table = table.into_inner();
    match trouble {
        Some(words) if table.is_empty() => Err(words),
        trouble => Ok((table, trouble)),
    }
}

/// Dots in the longest run of text that could be one dotted key.
fn longest_key(line: &str) -> usize {
    let (mut quote, mut run, mut longest) = (None, 0, 0);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '#') => break,
            (None, '"' | '\'') => quote = Some(c),
            (None, '.') => run += 1,
            (None, ' ' | '\t' | '-' | '_') => {}
            (None, c) if c.is_alphanumeric() => {}
            _ => run = 0,
        }
        longest = longest.max(run);
    }
    longest
}

/// The table at a path of keys.
pub(super) fn toml_at<'t, 'a>(table: &'t DeTable<'a>, keys: &[&str]) -> Option<&'t DeTable<'a>> {
    keys.iter().try_fold(table, |table, key| table.get(*key)?.get_ref().as_table())
}

/// The strings of an array, each with its line.
pub(super) fn toml_strings<'t>(value: &'t DeValue<'_>, lines: &Lines) -> Vec<(&'t str, u32)> {
    let items = value.as_array().map(|array| array.iter()).into_iter().flatten();
    items.filter_map(|item| Some((item.get_ref().as_str()?, lines.of(item.span().start)))).collect()
}
