//! What the forge recorded: deployments, pipeline runs, pull requests, releases, and how the default branch is protected.
//!
//! Collecting and reading are apart. [`collect`](collect()) asks GitHub or GitLab and gives a [`Recorded`]: the answers as they came, without links
//! and prose, and a gap for each that did not come. It can be saved, and all else is read from it: so an audit without a token judges what one with a
//! token collected, and a definition's example needs no network.
//!
//! [`facts`] makes the same lists of either forge's answers; a `forge` look asks those lists, or an answer as it came ([`see`]).

pub mod collect;
mod example;
pub mod facts;
mod github;
mod gitlab;
pub mod http;
pub mod see;
pub mod target;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Gap;

pub use crate::definition::words::ForgeHost as Host;
pub use collect::collect;

/// The version of the shape of [`Recorded`].
pub const FORGE_VERSION: u32 = 1;
/// Days of records that are asked for and measured.
pub const WINDOW_DAYS: i64 = 90;

/// What a forge answered, and what it did not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// Version of this shape.
    pub forge_version: u32,
    /// Whose API it is.
    pub host: Host,
    /// The address of the API.
    pub api: String,
    /// The repository's name there: `owner/name`, a GitLab path or number.
    pub repository: String,
    /// The branch that production is made from.
    #[serde(default)]
    pub default_branch: Option<String>,
    /// When it was asked.
    pub collected: Timestamp,
    /// The answers as they came, by name.
    pub answers: BTreeMap<String, Value>,
    /// What was asked and not answered, by the same names.
    #[serde(default)]
    pub gaps: BTreeMap<String, Gap>,
}

impl Recorded {
    /// An answer, or the gap in its place.
    ///
    /// # Errors
    /// Why it is not there.
    pub fn answer(&self, name: &str) -> Result<&Value, Gap> {
        self.answers.get(name).ok_or_else(|| self.gaps.get(name).cloned().unwrap_or_else(|| unasked(name)))
    }

    /// Reads a saved one.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn read(text: &str) -> Result<Recorded, String> {
        let version = serde_json::from_str::<Value>(text).ok().and_then(|value| value.get("forge_version")?.as_u64());
        match version {
            None => Err("this is not what `audit forge --save FILE` writes".into()),
            Some(version) if version != u64::from(FORGE_VERSION) => {
                Err(format!("version {version}; this audit reads version {FORGE_VERSION}"))
            }
            Some(_) => serde_json::from_str(text).map_err(|error| format!("damaged: {error}")),
        }
    }
}

fn unasked(name: &str) -> Gap {
    Gap {
        what: format!("the forge's {name}"),
        why: "it was not collected".into(),
        next: "collect again with this version: audit forge --save FILE".into(),
    }
}

/// The gap of an audit that was not told to ask the forge.
pub fn not_asked() -> Gap {
    Gap {
        what: "the forge".into(),
        why: "it was not asked".into(),
        next: "run with --forge, with GITHUB_TOKEN or GITLAB_TOKEN set if the repository is private".into(),
    }
}
