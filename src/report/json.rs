//! The report as JSON: for others to build on.
//!
//! Values are exact: a path is the path, so that a program can open it. JSON may still end on a terminal, so characters
//! that act on one or hide from a reader are written as `\u` escapes, which every parser turns back into themselves.

use serde::Serialize;

use super::Report;
use super::plain::acts;

/// Pretty-printed, with a newline at the end; the same report gives the same bytes.
pub fn render(report: &Report) -> String {
    text(report)
}

/// Any of our shapes as JSON.
pub fn text(shape: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(shape).unwrap_or_default();
    let mut safe = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if c != '\n' && acts(c) { escape(c, &mut safe) } else { safe.push(c) }
    }
    safe.push('\n');
    safe
}

/// Such characters can only stand inside a string, where an escape means the same.
fn escape(c: char, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_is_the_character_itself() {
        for c in ['\u{9b}', '\u{202E}', '\u{E0041}'] {
            let mut text = "\"".to_owned();
            escape(c, &mut text);
            text.push('"');
            assert!(text.is_ascii());
            assert_eq!(serde_json::from_str::<String>(&text).ok(), Some(c.to_string()));
        }
    }
}
