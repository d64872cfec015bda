//! Template markup inside structured files: embedded Ruby, Go templates, Jinja.
//!
//! A file full of markup is a program that prints the file; what it will print is not known here. Two cases can be read all
//! the same. Rails passes its own YAML through ERB, and there the markup mostly stands where a value would: it becomes an
//! expression ([`strip_erb`]). And a Go template that is all of a scalar is an expression too ([`is_go`]). Everything else is
//! a reason to be unreadable ([`breaks`]).

use crate::evidence::node::{Node, Value};

/// What stands around the number of a tag while the rest is parsed: private-use characters, which are plain text to YAML
/// wherever they stand, in quotes or out.
const OPEN: char = '\u{E0E0}';
const CLOSE: char = '\u{E0E1}';

/// Whether a text is one Go or Jinja template and nothing else: `{{ .Values.x }}`.
pub fn is_go(text: &str) -> bool {
    let inner = text.trim().strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
    inner.is_some_and(|inner| !inner.contains("}}"))
}

/// Whether markup is the likely reason why a text cannot be parsed: it stands on the line of the error, or alone on any
/// line, as control structures do. `${{ }}` is GitHub's, and plain text.
pub fn breaks(text: &str, line: u32) -> bool {
    let index = usize::try_from(line).map_or(0, |line| line.saturating_sub(1));
    let around = text.lines().skip(index.saturating_sub(1)).take(3);
    around.into_iter().any(holds_markup) || text.lines().any(starts_with_markup)
}

fn holds_markup(line: &str) -> bool {
    let braces = line.match_indices("{{").any(|(at, _)| !line[..at].ends_with('$'));
    braces || line.contains("{%") || line.contains("<%")
}

fn starts_with_markup(line: &str) -> bool {
    let line = line.trim_start().trim_start_matches("# ").trim_start_matches("- ");
    ["{{", "{%", "<%"].iter().any(|opening| line.starts_with(opening))
}

/// A text whose embedded Ruby was put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erb {
    /// The text with as many lines, fit to be parsed.
    pub text: String,
    tags: Vec<String>,
    /// Whether the last line so far holds more than spaces.
    line_begun: bool,
}

/// Puts aside the embedded Ruby of a text. Comments and control structures, which stand on lines of their own, become
/// blank, so that both branches of a condition are read; what prints a value becomes a mark, to be restored in the parsed
/// tree with [`Erb::restore`].
pub fn strip_erb(text: &str) -> Erb {
    let mut erb = Erb { text: String::with_capacity(text.len()), tags: Vec::new(), line_begun: false };
    let mut rest = text;
    while let Some((before, tag, after)) = next_tag(rest) {
        erb.copy(before);
        erb.put_aside(tag, after);
        rest = after;
    }
    erb.text.push_str(rest);
    erb
}

/// The text before the next complete tag, the tag with its delimiters, and the text behind it.
fn next_tag(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find("<%")?;
    let end = start + text[start..].find("%>")? + 2;
    Some((&text[..start], &text[start..end], &text[end..]))
}

impl Erb {
    fn copy(&mut self, text: &str) {
        self.text.push_str(text);
        let (in_line, last) = text.rsplit_once('\n').map_or((self.line_begun, text), |(_, last)| (false, last));
        self.line_begun = in_line || !last.trim().is_empty();
    }

    fn put_aside(&mut self, tag: &str, after: &str) {
        let alone = !self.line_begun && ends_line_or_continues_with_tag(after);
        if tag.starts_with("<%=") || !(alone || tag.starts_with("<%#")) {
            let mark = format!("{OPEN}{}{CLOSE}", self.tags.len());
            self.copy(&mark);
            self.tags.push(tag.to_owned());
        }
        let breaks: String = tag.chars().filter(|c| *c == '\n').collect();
        self.copy(&breaks);
    }

    /// Turns marks in a tree that was parsed from [`Erb::text`] into expressions: the Ruby source if the mark is all of a
    /// scalar, otherwise the scalar as it was written.
    pub fn restore(&self, node: &mut Node) {
        match &mut node.value {
            Value::Text(text) | Value::Expression(text) if text.contains(OPEN) => node.value = Value::Expression(self.source(text)),
            Value::List(items) => items.iter_mut().for_each(|item| self.restore(item)),
            Value::Map(members) => {
                for member in members {
                    if member.key.contains(OPEN) {
                        member.key = self.written(&member.key);
                    }
                    self.restore(&mut member.node);
                }
            }
            _ => {}
        }
    }

    fn source(&self, text: &str) -> String {
        let only = text.trim().strip_prefix(OPEN).and_then(|text| text.strip_suffix(CLOSE)).and_then(|number| self.tag(number));
        only.map_or_else(|| self.written(text), |tag| ruby(tag).to_owned())
    }

    /// A text with its tags back in place.
    fn written(&self, text: &str) -> String {
        let mut parts = text.split(OPEN);
        let mut written = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            match part.split_once(CLOSE).and_then(|(number, rest)| Some((self.tag(number)?, rest))) {
                Some((tag, rest)) => written.extend([tag, rest]),
                None => written.push_str(part),
            }
        }
        written
    }

    fn tag(&self, number: &str) -> Option<&str> {
        self.tags.get(number.parse::<usize>().ok()?).map(String::as_str)
    }
}

/// The Ruby between the delimiters.
fn ruby(tag: &str) -> &str {
    tag.trim_start_matches("<%").trim_start_matches(['%', '=']).trim_end_matches("%>").trim_end_matches('-').trim()
}

/// Whether nothing but another tag follows on the line.
fn ends_line_or_continues_with_tag(after: &str) -> bool {
    let after = after.trim_start_matches([' ', '\t', '\r']);
    after.is_empty() || after.starts_with('\n') || after.starts_with("<%")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_go_template_is_one_pair_of_braces() {
        assert!(is_go("{{ .Values.x }}"));
        assert!(is_go("{{- include \"a\" . -}}"));
        for text in ["", "{{", "{{}", "x {{ a }}", "{{ a }}{{ b }}", "${{ a }}", "{ a }"] {
            assert!(!is_go(text), "{text}");
        }
    }

    #[test]
    fn markup_is_blamed_only_where_it_stands() {
        assert!(breaks("a: 1\n{{- if x }}\nb: 2\n", 1));
        assert!(breaks("a: {{ x }}: y\n", 1));
        assert!(breaks("  - {% for x in y %}\n", 1));
        assert!(!breaks("a: ${{ x }}\nb: [\n", 2));
        assert!(!breaks("a: '{{ x }}'\n\n\n\nb: [\n", 5));
        assert!(!breaks("", 9));
    }

    #[test]
    fn erb_keeps_the_lines() {
        let text = "a: <%= x(\n 1) %>\n<% if y -%>\nb: 2\n<% end %>\n<%# no %>\nc: 3 <%# why %>\n";
        let erb = strip_erb(text);
        assert_eq!(erb.text.lines().count(), text.lines().count());
        assert!(!erb.text.contains("<%"));
        assert_eq!(erb.text.lines().nth(6).unwrap().trim(), "c: 3");
        assert_eq!(strip_erb("a <% b").text, "a <% b");
    }

    #[test]
    fn a_forged_mark_is_harmless() {
        let erb = strip_erb("a: <%= b %>");
        for text in ["\u{E0E0}", "\u{E0E0}7\u{E0E1}", "\u{E0E0}x\u{E0E1}y", "\u{E0E1}\u{E0E0}"] {
            let mut node = Node::new(Value::Text(text.into()), 1);
            erb.restore(&mut node);
        }
    }
}
