//! Findings that the code itself sets aside: `audit: allow CHECK - reason` in a comment on the line, or on the line above.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use regex::Regex;

use super::world::World;
use super::{Seen, Sighting};

/// The allowances of a text by line: check and reason.
fn allowances(text: &str) -> HashMap<u32, BTreeMap<String, String>> {
    static ALLOW: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = ALLOW.get_or_init(|| {
        Regex::new(r"(?:#|//|--|/\*|\*|<!--|\{#|;|%)\s*audit:\s*allow\s+([a-z-]+/[a-z0-9-]+)\s+-+\s+(\S.*?)\s*(?:\*/|-->|#\})?\s*$").ok()
    });
    let Some(pattern) = pattern else { return HashMap::new() };
    let mut found: HashMap<u32, BTreeMap<String, String>> = HashMap::new();
    for (number, line) in (1_u32..).zip(text.lines()).filter(|(_, line)| line.contains("audit:")) {
        let Some(parts) = pattern.captures(line) else { continue };
        let alone = line[..parts.get(0).map_or(0, |whole| whole.start())].trim().is_empty();
        let reason = super::one_line(&parts[2]);
        for line in [Some(number), alone.then_some(number + 1)].into_iter().flatten() {
            found.entry(line).or_default().insert(parts[1].to_owned(), reason.clone());
        }
    }
    found
}

/// Marks what the code sets aside. Only files with something seen in them are read again.
pub fn mark<'s>(seen: impl Iterator<Item = &'s mut Seen>, world: &World) {
    let mut by_path: BTreeMap<String, Vec<&mut Sighting>> = BTreeMap::new();
    for sighting in seen.flat_map(|seen| &mut seen.sightings).filter(|sighting| sighting.place.line.is_some()) {
        if let Some(path) = sighting.place.path.clone() {
            by_path.entry(path).or_default().push(sighting);
        }
    }
    for entry in world.files.entries() {
        let Some(sightings) = by_path.remove(&entry.path) else { continue };
        let Ok(bytes) = world.files.read(entry) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        if !text.contains("audit:") {
            continue;
        }
        let allowed = allowances(&text);
        for sighting in sightings {
            if let Some(allowed) = sighting.place.line.and_then(|line| allowed.get(&line)) {
                sighting.allowed.clone_from(allowed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::allowances;

    #[test]
    fn a_comment_sets_aside_its_own_line_and_alone_the_next() {
        let text = "a = 1 # audit: allow speed/http-timeouts - the wrapper has one\n\
                    // audit: allow data/unsafe-migrations - table is empty */\n\
                    drop();\n\
                    # audit: allow security/secrets-in-code\n\
                    say(\"audit: allow speed/http-timeouts - no comment\")\n";
        let found = allowances(text);
        assert_eq!(found[&1]["speed/http-timeouts"], "the wrapper has one");
        assert_eq!(found[&3]["data/unsafe-migrations"], "table is empty");
        assert!(!found.contains_key(&4) && !found.contains_key(&5), "a reason is needed, and a comment");
        assert_eq!(found.len(), 3);
    }
}
