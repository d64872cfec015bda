//! Structured files: YAML, JSON with comments, TOML and HCL, all read into [`Node`] with lines.
//!
//! A file's text becomes [`Document`]s, and definitions ask those with RFC 9535 JSONPath. One shape for four formats lets a
//! check say "every job with a timeout" without caring who wrote the file; the lines let the report point at it.
//!
//! What cannot be read is a value too: [`Unreadable`] says why, and becomes a gap. Text is hostile until proven otherwise, so
//! size, depth and the number of values are capped for every format, with the same caps.
//!
//! | module | reads |
//! |---|---|
//! | [`yaml`] | YAML, several documents, anchors, merges, tags |
//! | [`json`] | JSON, JSON with comments, JSON5 |
//! | [`toml`] | TOML |
//! | [`hcl`] | Terraform, OpenTofu and other HCL |
//! | [`dockerfile`] | Dockerfiles |
//! | [`template`] | ERB, Go and Jinja markup inside any of them |

pub mod dockerfile;
pub mod document;
mod format;
mod functions;
pub mod hcl;
pub mod json;
mod limits;
mod lines;
mod scalar;
pub mod see;
pub mod template;
pub mod toml;
pub mod yaml;

pub use document::{Document, query};
pub use format::{Format, format_of};

use super::node::Node;

/// A document that cannot be read: why, in words for the user, and where if known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong, without the path: "not YAML: did not find expected key".
    pub why: String,
    /// 1-based line, if known.
    pub line: Option<u32>,
}

impl Unreadable {
    /// A text that breaks the grammar of its format, or is a template of such a text.
    fn malformed(format: Format, text: &str, problem: &str, line: u32) -> Self {
        let why = if template::breaks(text, line) {
            format!("contains template markup ({{{{ }}}} / <% %>), which cannot be read as {format}")
        } else {
            format!("not {format}: {problem}")
        };
        Unreadable { why, line: Some(line) }
    }
}

/// The documents of a file: several for YAML, otherwise one, and none for an empty file.
///
/// # Errors
/// When the text is not of that format, or larger, deeper or richer than the caps of this module: 5 MB, 128 levels and a
/// million values.
pub fn read(format: Format, text: &str) -> Result<Vec<Document>, Unreadable> {
    limits::size(text)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let roots = match format {
        Format::Yaml => match read_json_as_yaml(text) {
            Some(roots) => roots,
            None => read_yaml(text)?,
        },
        Format::Json => json::read(text)?,
        Format::Toml => toml::read(text)?,
        Format::Hcl => hcl::read(text)?,
        Format::Dockerfile => dockerfile::read(text)?,
    };
    Ok(roots.into_iter().map(Document::new).collect())
}

/// YAML as Rails reads it: embedded Ruby first.
fn read_yaml(text: &str) -> Result<Vec<Node>, Unreadable> {
    if !text.contains("<%") {
        return yaml::read(text);
    }
    let erb = template::strip_erb(text);
    let mut roots = yaml::read(&erb.text).map_err(|error| match error.line {
        Some(line) if error.why.starts_with("not YAML") => Unreadable::malformed(Format::Yaml, text, &error.why, line),
        _ => error,
    })?;
    roots.iter_mut().for_each(|root| erb.restore(root));
    Ok(roots)
}

/// JSON where YAML was expected: `.eslintrc` and its kind may be either. YAML contains JSON, but takes a `//` comment for a key.
fn read_json_as_yaml(text: &str) -> Option<Vec<Node>> {
    let start = text.trim_start();
    let json = start.starts_with("//") || start.starts_with("/*") || (start.starts_with('{') && !start.starts_with("{{"));
    json.then(|| json::read(text).ok()).flatten()
}

#[cfg(test)]
mod tests;
