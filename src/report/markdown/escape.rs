//! Text inside GitHub-flavoured Markdown: in running text, in a code span, always in a cell of a table.
//!
//! In running text nothing may begin markup, and nobody may be called: GitHub turns `@name` into a message to that person and
//! `#12` into a mention on that issue, after Markdown is read and backslashes are gone. An empty comment between the sign and
//! the name prevents it. In a code span nothing acts but the backtick and, in a table, the bar.

use crate::report::plain;
use crate::report::words::{self, Part};

/// A cell of this many characters tells enough; the rest is in the other formats.
const LONGEST: usize = 600;

/// Text in which nothing acts.
pub(super) fn text(text: &str) -> String {
    escaped(&cut(text))
}

/// Text of a definition, in which what stands between backticks is code. It may quote a path of the repository, so a link
/// in it is shown and not made.
pub(super) fn prose(text: &str) -> String {
    let shown = |part| match part {
        Part::Text(text) => escaped(text),
        Part::Code(text) => code(text),
        Part::Link(words, address) => format!("{} ({})", escaped(words), escaped(address)),
    };
    words::parts(&cut(text)).into_iter().map(shown).collect()
}

/// A code span; empty for nothing.
pub(super) fn code(text: &str) -> String {
    let text = cut(text.trim());
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    // Before a bar the backslash belongs to the table and is taken away; one that stood there already has to stay.
    format!("{fence}{pad}{}{pad}{fence}", text.replace('|', "\\|"))
}

fn cut(text: &str) -> String {
    let text = plain(text);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            // It begins the path of an address, or the name of an emoji.
            ':' if letters.peek().is_some_and(|next| !next.is_whitespace()) => out.push_str("\\:"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("@<!-- -->"),
            '#' => out.push_str("#<!-- -->"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    if out.contains("www.") { out.replace("www.", "www\\.") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_span_holds_any_text() {
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("`x` ``y``"), "``` `x` ``y`` ```");
        assert_eq!(code(" </script> "), "`</script>`");
        assert_eq!(code(""), "");
    }

    #[test]
    fn nothing_acts_and_nobody_is_called() {
        assert_eq!(text("@team: see #12"), "@<!-- -->team: see #<!-- -->12");
        assert_eq!(text("<img src=x> [a](b) | c"), "&lt;img src=x&gt; \\[a\\](b) \\| c");
        assert_eq!(text("www.evil.example"), "www\\.evil.example");
    }

    #[test]
    fn code_in_a_definition_stays_code() {
        assert_eq!(prose("Add `a_b` or *c*"), "Add `a_b` or \\*c\\*");
        assert_eq!(prose("one ` alone"), "one \\` alone");
    }
}
