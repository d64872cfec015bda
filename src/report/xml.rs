//! Text inside XML and HTML: attributes and content of JUnit reports, badges and pages.

use super::plain;

/// The text on one line, safe in an attribute and between tags. What XML 1.0 cannot hold at all becomes U+FFFD.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

/// Several lines, each safe between tags.
pub(super) fn lines<T: AsRef<str>>(lines: &[T]) -> String {
    lines.iter().map(|line| escape(line.as_ref())).collect::<Vec<_>>().join("\n")
}
