//! Structured files: YAML, JSON with comments, TOML and HCL, all read into [`Node`] with lines.

mod scalar;
pub mod yaml;

use super::node::Node;

/// A format this module reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML, several documents allowed.
    Yaml,
    /// JSON, with comments and trailing commas allowed.
    Json,
    /// TOML.
    Toml,
    /// HCL: Terraform and OpenTofu.
    Hcl,
}

/// A document that cannot be read: why, in words for the user, and where if known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong, without the path: "not YAML: did not find expected key".
    pub why: String,
    /// 1-based line, if known.
    pub line: Option<u32>,
}

/// The format a path's name tells, if it is one of ours.
pub fn format_of(_path: &str) -> Option<Format> {
    None
}

/// The documents of a file.
///
/// # Errors
/// When the text is not of that format, or exceeds a cap.
pub fn read(format: Format, text: &str) -> Result<Vec<Node>, Unreadable> {
    match format {
        Format::Yaml => yaml::read(text),
        Format::Json | Format::Toml | Format::Hcl => Ok(Vec::new()),
    }
}

/// The nodes an RFC 9535 JSONPath finds in a document, in document order.
pub fn query<'a>(_document: &'a Node, _path: &serde_json_path::JsonPath) -> Vec<&'a Node> {
    Vec::new()
}
