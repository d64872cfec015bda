//! What cannot be said declaratively: named analyses over everything that was gathered.
//!
//! A definition refers to one by name; the words, weights and examples stay in the definition.

use std::collections::HashMap;
use std::sync::OnceLock;

mod lockfiles;
mod update_bots;

use super::Seen;

use super::gather::ManifestFile;
use super::migrations::Found;
use super::pipelines::Pipeline;
use super::schema::Schemas;
use super::world::{FileEntry, World};
use crate::definition::words::Role;

/// What an analysis may look at.
pub struct Facts<'a> {
    /// Files and git.
    pub world: &'a World,
    /// All manifests in production paths.
    pub manifests: &'a [ManifestFile],
    /// All pipelines.
    pub pipelines: &'a [(FileEntry, Result<Pipeline, String>)],
    /// What the looks at single files saw, by key.
    pub seen: HashMap<&'a str, &'a Seen>,
    /// The database schemas, read when a look first asks.
    pub schemas: OnceLock<Schemas>,
    /// Unsafe schema changes, found when first asked for.
    pub migrations: OnceLock<Found>,
}

impl Facts<'_> {
    /// The text of a file by its path for patterns.
    pub(super) fn text(&self, name: &str) -> Option<(&FileEntry, String)> {
        let entry = self.world.files.entries().iter().find(|entry| entry.name == name)?;
        self.world.files.read(entry).ok().map(|bytes| (entry, String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Files that production runs or is made from.
    fn production(&self) -> impl Iterator<Item = &FileEntry> {
        self.world.files.entries().iter().filter(|entry| entry.role == Role::Production)
    }
}

type Analysis = fn(&Facts<'_>) -> Seen;

const ALL: [(&str, Analysis); 4] = [
    ("update-bot-present", update_bots::present),
    ("update-bot-covers-all", update_bots::covers_all),
    ("lockfiles-some", lockfiles::some),
    ("lockfiles-all", lockfiles::all),
];

/// The names of all analyses.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|(name, _)| *name).collect()
}

/// What an analysis sees.
pub fn see(name: &str, facts: &Facts<'_>) -> Seen {
    ALL.iter().find(|(known, _)| *known == name).map_or_else(Seen::default, |(_, analysis)| analysis(facts))
}
