//! What a `dependency` look sees in the manifests.

use super::super::gather::ManifestFile;
use super::super::{Gap, Seen, Sighting};
use super::{Registry, same};
use crate::definition::words::Scope;
use crate::definition::written::DependencyLook;

/// What the look sees in all manifests.
pub fn see(look: &DependencyLook, manifests: &[ManifestFile]) -> Seen {
    let mut seen = Seen::default();
    for file in manifests {
        let asked = names(look, file.registry);
        if asked.is_empty() {
            continue;
        }
        match &file.manifest {
            Ok(manifest) => {
                for package in manifest.packages.iter().filter(|package| counts(look.scope, package.runtime)) {
                    if asked.iter().any(|name| same(file.registry, name, &package.name)) {
                        let excerpt = format!("{} {}", word(file.registry), package.name);
                        seen.sightings.push(Sighting::at(&file.entry.path, Some(package.line), Some(excerpt)));
                    }
                }
                // A file that is included is a manifest of its own, and is read as one.
                let hidden = manifest.unread.iter().filter(|why| !why.contains("included") && !why.starts_with("compiled without"));
                seen.gaps.extend(hidden.map(|why| unread(file, why)));
            }
            Err(why) => seen.gaps.push(unread(file, why)),
        }
    }
    seen
}

fn unread(file: &ManifestFile, why: &str) -> Gap {
    Gap {
        what: file.entry.path.clone(),
        why: super::super::one_line(why),
        next: "make the manifest readable: its dependencies could not be told".into(),
    }
}

fn counts(scope: Scope, runtime: bool) -> bool {
    match scope {
        Scope::Any => true,
        Scope::Runtime => runtime,
        Scope::Development => !runtime,
    }
}

fn names(look: &DependencyLook, registry: Registry) -> &[String] {
    match registry {
        Registry::Gem => &look.gem,
        Registry::Npm => &look.npm,
        Registry::Pypi => &look.pypi,
        Registry::Go => &look.go,
        Registry::Cargo => &look.cargo,
        Registry::Maven => &look.maven,
        Registry::Nuget => &look.nuget,
        Registry::Composer => &look.composer,
        Registry::Hex => &look.hex,
    }
}

/// The registry as people call its packages.
pub fn word(registry: Registry) -> &'static str {
    match registry {
        Registry::Gem => "gem",
        Registry::Npm => "npm package",
        Registry::Pypi => "PyPI package",
        Registry::Go => "Go module",
        Registry::Cargo => "crate",
        Registry::Maven => "Maven artifact",
        Registry::Nuget => "NuGet package",
        Registry::Composer => "Composer package",
        Registry::Hex => "Hex package",
    }
}
