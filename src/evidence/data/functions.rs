//! RFC 9535's `match` and `search`, with each pattern compiled once.
//!
//! The JSONPath library compiles the pattern again for every value it tests, some 200 microseconds each: more than reading
//! the file. Functions that are registered come before its own, so these take their place.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;
use serde_json_path::functions::{LogicalType, ValueType};

/// Patterns kept by each thread; patterns may come from the document, so there is no end to them.
const MOST_PATTERNS: usize = 256;

thread_local! {
    static PATTERNS: RefCell<HashMap<String, Option<Regex>>> = RefCell::new(HashMap::new());
}

#[serde_json_path::function(name = "match")]
fn match_whole(value: ValueType, pattern: ValueType) -> LogicalType {
    test(&value, &pattern, |pattern| format!("(?R)^({pattern})$"))
}

#[serde_json_path::function(name = "search")]
fn search_part(value: ValueType, pattern: ValueType) -> LogicalType {
    test(&value, &pattern, |pattern| format!("(?R)({pattern})"))
}

/// Whether a text fits a pattern; false for anything that is no text, or no pattern.
fn test(value: &ValueType, pattern: &ValueType, anchored: impl Fn(&str) -> String) -> LogicalType {
    let text = |value: &ValueType| value.as_value().and_then(|value| value.as_str().map(str::to_owned));
    let (Some(text), Some(pattern)) = (text(value), text(pattern)) else { return LogicalType::False };
    fits(anchored(&pattern), &text).into()
}

fn fits(pattern: String, text: &str) -> bool {
    PATTERNS.with_borrow_mut(|patterns| {
        if patterns.len() >= MOST_PATTERNS && !patterns.contains_key(&pattern) {
            patterns.clear();
        }
        let regex = patterns.entry(pattern).or_insert_with_key(|pattern| Regex::new(pattern).ok());
        regex.as_ref().is_some_and(|regex| regex.is_match(text))
    })
}
