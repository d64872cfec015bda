//! What was seen, and what could not be.

mod allowances;
pub mod analyses;
pub mod comments;
pub mod data;
pub mod files;
pub mod forge;
pub mod gather;
pub mod git;
pub mod history;
pub mod literals;
pub mod manifests;
pub mod matches;
pub mod measures;
pub mod migrations;
pub mod node;
mod path_pattern;
pub mod pattern;
pub mod pattern_needs;
pub mod pipelines;
pub mod revision;
pub mod roles;
pub mod schedule;
pub mod schema;
pub mod since;
pub mod source;
pub mod syntax;
pub mod updates;
pub mod world;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where evidence stands: a place in a file, a commit, a URL or an attestation.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Path relative to the audited directory, with `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// 1-based line in that file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// 1-based column in that line, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// A live URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// A commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Who attested it, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestation: Option<String>,
}

/// One thing that was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sighting {
    /// Where.
    pub place: Place,
    /// The text that was seen, one line, control characters removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// What to say beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What the look named, for the message of a finding: `table`, `column`, the metavariables of a `code` rule.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub named: BTreeMap<String, String>,
    /// Why it does not count although it is there: the code says that it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted: Option<String>,
    /// Checks that a comment `audit: allow CHECK - reason` at this place sets aside, and the reasons.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub allowed: BTreeMap<String, String>,
}

/// Something that could not be looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// What could not be seen: a path, "the live site", "git history".
    pub what: String,
    /// Why not.
    pub why: String,
    /// What the user can do about it.
    pub next: String,
}

/// What one look saw: sightings, or gaps where it could not see, or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// What was seen, nearest to the root first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sightings: Vec<Sighting>,
    /// What could not be looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// How many further sightings were left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Seen {
    /// Nothing seen, because of a gap.
    pub fn unseen(gap: Gap) -> Seen {
        Seen { gaps: vec![gap], ..Seen::default() }
    }

    /// One thing seen at a place in a file.
    pub fn at(path: &str, line: u32, excerpt: impl Into<String>) -> Seen {
        Seen { sightings: vec![Sighting::at(path, Some(line), Some(excerpt.into()))], ..Seen::default() }
    }
}

impl Sighting {
    /// Something seen in a file.
    pub fn at(path: &str, line: Option<u32>, excerpt: Option<String>) -> Sighting {
        let excerpt = excerpt.map(|text| one_line(&text));
        Sighting { place: Place { path: Some(path.to_owned()), line, ..Place::default() }, excerpt, ..Sighting::default() }
    }

    /// The same with a name for the message of a finding.
    #[must_use]
    pub fn naming(mut self, name: &str, text: &str) -> Sighting {
        self.named.insert(name.to_owned(), one_line(text));
        self
    }
}

/// A text as one line of at most 160 characters, without control characters.
pub fn one_line(text: &str) -> String {
    // Lines that belong together are one line here: a break would show as an unknown character.
    let joined = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    let words = redacted(&joined);
    let words = crate::report::plain(&words);
    let mut line: String = words.chars().take(160).collect();
    if line.len() < words.len() {
        line.push('…');
    }
    line
}

/// A text with what looks like a secret shortened to its first characters: long runs of letters and digits mixed, and
/// passwords inside URLs.
fn redacted(text: &str) -> std::borrow::Cow<'_, str> {
    static SECRET: std::sync::OnceLock<Option<regex::Regex>> = std::sync::OnceLock::new();
    let pattern = SECRET.get_or_init(|| regex::Regex::new(r"(://[^/\s:@]*:)[^/\s@]+@|[A-Za-z0-9_+=-]{24,}").ok());
    let Some(pattern) = pattern else { return std::borrow::Cow::Borrowed(text) };
    pattern.replace_all(text, |found: &regex::Captures<'_>| {
        let whole = &found[0];
        if let Some(user) = found.get(1) {
            return format!("{}…@", user.as_str());
        }
        let digits = whole.bytes().filter(u8::is_ascii_digit).count();
        let letters = whole.bytes().filter(u8::is_ascii_alphabetic).count();
        if digits >= 6 && letters >= 6 { format!("{}…", &whole[..4]) } else { whole.to_owned() }
    })
}

/// Everything seen and not seeable, ready to be judged here or elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Dossier {
    /// Version of this shape.
    pub dossier_version: u32,
    /// Version of the `audit` that looked.
    pub audit_version: String,
    /// The audited path as given.
    pub path: String,
    /// The commit at HEAD.
    pub revision: Option<String>,
    /// The repository's page on its forge, `https://host/owner/name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The audited directory below the repository's root (`apps/web`); absent at the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// When the newest commit was made, `YYYY-MM-DD`.
    pub newest_commit: Option<String>,
    /// Number of files looked at.
    pub files: u64,
    /// What each look saw, by the look's key.
    pub looks: BTreeMap<String, Seen>,
    /// The hazards that were there before: an audit of a change asks only for new ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
    /// The values that measures ask for, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, measures::Reading>,
    /// Code that was parsed for its syntax tree.
    #[serde(default)]
    pub parsed: Parsed,
    /// What could not be looked at although the audit was told to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incomplete: Vec<Gap>,
    /// Files that were left out, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Gap>,
}

/// What stood in the code where a change began.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// The commit.
    pub commit: String,
    /// Fingerprints of its findings.
    pub findings: std::collections::BTreeSet<String>,
}

/// How much code was parsed for its syntax tree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parsed {
    /// Files parsed.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files left out because a machine wrote them: minified or bundled.
    pub machine_made: u64,
}

impl Parsed {
    fn add(&mut self, other: Parsed) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.machine_made += other.machine_made;
    }
}

/// The version of the dossier's shape.
pub const DOSSIER_VERSION: u32 = 1;
