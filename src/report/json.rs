//! The report as JSON: for others to build on.

use super::Report;

/// Pretty-printed, with a newline at the end; the same report gives the same bytes.
pub fn render(report: &Report) -> String {
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    text
}
