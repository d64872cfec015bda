//! What cannot be said declaratively: named analyses over everything that was gathered.
//!
//! A definition refers to one by name; the words, weights and examples stay in the definition.

use super::Seen;
use super::gather::ManifestFile;
use super::pipelines::Pipeline;
use super::world::{FileEntry, World};

/// What an analysis may look at.
pub struct Facts<'a> {
    /// Files and git.
    pub world: &'a World,
    /// All manifests in production paths.
    pub manifests: &'a [ManifestFile],
    /// All pipelines.
    pub pipelines: &'a [(FileEntry, Result<Pipeline, String>)],
}

type Analysis = fn(&Facts<'_>) -> Seen;

const ALL: [(&str, Analysis); 0] = [];

/// The names of all analyses.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|(name, _)| *name).collect()
}

/// What an analysis sees.
pub fn see(name: &str, facts: &Facts<'_>) -> Seen {
    ALL.iter().find(|(known, _)| *known == name).map_or_else(Seen::default, |(_, analysis)| analysis(facts))
}
