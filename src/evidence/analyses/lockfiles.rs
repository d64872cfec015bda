//! Does every manifest of the application have its exact versions committed?

use super::Facts;
use crate::definition::words::Role;
use crate::evidence::manifests::lockfiles::{self, Cover, Tree, is_pinned, is_workspace_root};
use crate::evidence::{Seen, Sighting};

/// Manifests named when some are not covered.
const NAMED: usize = 4;

/// Some manifest is covered by a committed lockfile.
pub fn some(facts: &Facts<'_>) -> Seen {
    let (mut covered, bare) = covers(facts);
    if !bare.is_empty() {
        let more = bare.len().saturating_sub(NAMED);
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        let note = format!("no lockfile for {}{rest}", bare[..bare.len() - more].join(", "));
        covered.iter_mut().for_each(|sighting| sighting.note = Some(note.clone()));
    }
    Seen { sightings: covered, ..Seen::default() }
}

/// Every manifest is.
pub fn all(facts: &Facts<'_>) -> Seen {
    let (covered, bare) = covers(facts);
    if bare.is_empty() { Seen { sightings: covered, ..Seen::default() } } else { Seen::default() }
}

/// What covers the manifests that name packages, and the manifests that nothing covers.
fn covers(facts: &Facts<'_>) -> (Vec<Sighting>, Vec<String>) {
    let entries = facts.world.files.entries();
    let roots: Vec<(&str, String)> = entries
        .iter()
        .filter(|entry| entry.role == Role::Production && is_workspace_root(&entry.name))
        .filter_map(|entry| facts.text(&entry.name).map(|(_, text)| (entry.name.as_str(), text)))
        .collect();
    let kept = entries.iter().filter(|entry| matches!(entry.role, Role::Production | Role::Generated)).map(|entry| entry.name.as_str());
    let tree = roots.iter().fold(Tree::new(kept), |tree, (path, text)| tree.with_text(path, text));
    let (mut covered, mut bare) = (Vec::new(), Vec::new());
    for (path, cover) in lockfiles::all(&tree) {
        let names_packages = facts
            .manifests
            .iter()
            .any(|file| file.entry.name == path && file.manifest.as_ref().is_ok_and(|manifest| !manifest.packages.is_empty()));
        if !names_packages {
            continue;
        }
        let shown =
            |name: &str| entries.iter().find(|entry| entry.name == name).map_or_else(|| name.to_owned(), |entry| entry.path.clone());
        match cover {
            Cover::Lockfile(lock) => covered.push(Sighting::at(&shown(&lock), None, None)),
            Cover::IfPinned(file) if facts.text(&file).is_some_and(|(_, text)| is_pinned(&text)) => {
                covered.push(Sighting { note: Some("exact versions".into()), ..Sighting::at(&shown(&file), None, None) });
            }
            Cover::ByConvention(why) => covered.push(Sighting { note: Some(why.into()), ..Sighting::at(&shown(path), None, None) }),
            Cover::IfPinned(_) | Cover::Nothing => bare.push(shown(path)),
        }
    }
    covered.sort();
    covered.dedup();
    (covered, bare)
}
