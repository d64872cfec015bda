//! What an update bot would have to look after in a repository, in Dependabot's words: ecosystems and folders.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::manifests::{self, Registry};
use super::world::World;
use crate::definition::words::Role;

/// One ecosystem with the folders that hold its manifests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Update {
    /// As `package-ecosystem` names it.
    pub ecosystem: String,
    /// From the top of the repository, each with a `/` in front.
    pub directories: Vec<String>,
}

/// Everything in production paths that goes out of date. A member of a workspace is left to the workspace.
pub fn of(world: &World) -> Vec<Update> {
    let own = || world.files.entries().iter().filter(|entry| entry.role == Role::Production);
    let names: BTreeSet<&str> = world.files.entries().iter().map(|entry| entry.name.as_str()).collect();
    let mut found: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for entry in own() {
        let (folder, file) = entry.name.rsplit_once('/').unwrap_or(("", &entry.name));
        let beside = |name: &str| names.contains(join(folder, name).as_str());
        let text = || world.files.read(entry).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let ecosystem = match manifests::registry_of(&entry.name) {
            Some(registry) => {
                let packages =
                    text().and_then(|text| manifests::read(&entry.name, &text).ok()).is_some_and(|read| !read.packages.is_empty());
                packages.then(|| packages_of(registry, file, &beside))
            }
            None if file == "Dockerfile" || file == "Containerfile" || file.starts_with("Dockerfile.") || file.ends_with(".Dockerfile") => {
                Some("docker")
            }
            None if folder == ".github/workflows" && (file.ends_with(".yml") || file.ends_with(".yaml")) => {
                if text().is_some_and(|text| text.contains("uses:")) {
                    found.entry("github-actions").or_default().insert(String::new());
                }
                None
            }
            None if is_compose(file) => text().is_some_and(|text| text.contains("image:")).then_some("docker-compose"),
            None if file.ends_with(".tf") => text().is_some_and(|text| text.contains("required_providers")).then_some("terraform"),
            None => None,
        };
        if let Some(ecosystem) = ecosystem {
            found.entry(ecosystem).or_default().insert(folder.to_owned());
        }
    }
    let update = |(ecosystem, folders): (&'static str, BTreeSet<String>)| {
        let directories =
            folders.iter().filter(|folder| !is_member(ecosystem, folder, &folders, &names)).map(|folder| format!("/{folder}"));
        Update { ecosystem: ecosystem.to_owned(), directories: directories.collect() }
    };
    found.into_iter().map(update).collect()
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn is_compose(file: &str) -> bool {
    (file.starts_with("docker-compose") || file.starts_with("compose.")) && (file.ends_with(".yml") || file.ends_with(".yaml"))
}

/// Dependabot's name for the ecosystem of a manifest.
fn packages_of(registry: Registry, file: &str, beside: &dyn Fn(&str) -> bool) -> &'static str {
    match registry {
        Registry::Npm if beside("bun.lock") || beside("bun.lockb") => "bun",
        Registry::Npm => "npm",
        Registry::Pypi if beside("uv.lock") => "uv",
        Registry::Pypi => "pip",
        Registry::Maven if file == "pom.xml" => "maven",
        Registry::Maven => "gradle",
        Registry::Gem => "bundler",
        Registry::Go => "gomod",
        Registry::Cargo => "cargo",
        Registry::Nuget => "nuget",
        Registry::Composer => "composer",
        Registry::Hex => "mix",
    }
}

/// Files by which a folder holds a workspace whose members need no entry of their own.
fn workspace_files(ecosystem: &str) -> &'static [&'static str] {
    match ecosystem {
        "npm" => &["package-lock.json", "yarn.lock", "pnpm-lock.yaml"],
        "bun" => &["bun.lock", "bun.lockb"],
        "uv" => &["uv.lock"],
        "cargo" => &["Cargo.lock"],
        "gradle" => &["settings.gradle", "settings.gradle.kts"],
        "maven" => &["pom.xml"],
        _ => &[],
    }
}

/// Whether a folder above, of the same ecosystem, holds the workspace that this one belongs to.
fn is_member(ecosystem: &str, folder: &str, folders: &BTreeSet<String>, names: &BTreeSet<&str>) -> bool {
    let marks = workspace_files(ecosystem);
    let marked = |folder: &str| marks.iter().any(|name| names.contains(join(folder, name).as_str()));
    // Every module of Maven has a pom.xml: there the folder above decides alone.
    if folder.is_empty() || (ecosystem != "maven" && marked(folder)) {
        return false;
    }
    let above = folder.match_indices('/').map(|(at, _)| &folder[..at]).chain([""]);
    above.into_iter().any(|above| folders.contains(above) && marked(above))
}
