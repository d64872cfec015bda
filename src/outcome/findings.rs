//! From what was seen to findings: what makes one, what it says, and the name by which it can be set aside.

use std::collections::BTreeMap;

use super::Finding;
use crate::definition::catalogue::{Clause, digest};
use crate::definition::words::{Per, Severity};
use crate::evidence::Sighting;

/// Values that a message lists; more are counted.
const LISTED: usize = 5;

/// One sighting for each finding: the first of those that belong together, which knows how many they are (`count`) and
/// what was named `value` at them (`values`). What is set aside stays apart from what is not.
pub(super) fn together(per: Per, sightings: impl Iterator<Item = Sighting>) -> Vec<Sighting> {
    if per.is_place() {
        return sightings.collect();
    }
    let mut groups: Vec<(String, Vec<Sighting>)> = Vec::new();
    for sighting in sightings {
        let key = match per {
            Per::Value => sighting.named.get("value").cloned(),
            Per::File => sighting.place.path.clone(),
            Per::Place | Per::Check => None,
        };
        let key = format!("{:?} {:?} {:?}", key, sighting.muted, sighting.allowed);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push(sighting),
            None => groups.push((key, vec![sighting])),
        }
    }
    groups.into_iter().filter_map(|(_, group)| one(group)).collect()
}

fn one(group: Vec<Sighting>) -> Option<Sighting> {
    let mut values: Vec<&str> = Vec::new();
    for value in group.iter().filter_map(|sighting| sighting.named.get("value")) {
        if !values.contains(&value.as_str()) {
            values.push(value);
        }
    }
    let more = values.len().saturating_sub(LISTED);
    let mut listed = values.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ");
    if more > 0 {
        listed.push_str(&format!(" and {more} more"));
    }
    let count = group.len().to_string();
    let mut first = group.into_iter().next()?.naming("count", &count);
    first.named.insert("values".to_owned(), listed);
    Some(first)
}

/// The finding of a sighting. `seen` counts the names given so far, so that equal ones differ.
pub(super) fn finding(check: &str, clause: &Clause, sighting: Sighting, seen: &mut BTreeMap<String, u32>) -> Finding {
    let template = clause.message.clone().unwrap_or_default();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let path = sighting.place.path.as_deref().unwrap_or_default();
    // A finding of many places keeps its name when one of them goes.
    let base = match clause.per {
        Per::Place => format!("{check}\n{path}\n{}", words(sighting.excerpt.as_deref().unwrap_or_default())),
        Per::Value => format!("{check}\n{template}\n{}", sighting.named.get("value").map_or("", String::as_str)),
        Per::File => format!("{check}\n{path}\n{template}"),
        Per::Check => format!("{check}\n{template}"),
    };
    let count = seen.entry(base.clone()).or_insert(0);
    *count += 1;
    let fingerprint = digest(&if *count > 1 { format!("{base}\n{count}") } else { base }, 16);
    let message = sighting.named.iter().fold(template, |message, (name, text)| message.replace(&format!("{{{name}}}"), text));
    let muted = sighting.muted.clone().or_else(|| sighting.allowed.get(check).cloned());
    Finding { sighting, severity: clause.severity.unwrap_or(Severity::Low), message, fingerprint, muted }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(path: &str, value: &str) -> Sighting {
        Sighting::at(path, Some(1), Some(format!("uses: {value}"))).naming("value", value)
    }

    fn findings(per: Per, all: &[Sighting]) -> Vec<Finding> {
        let clause = Clause { message: Some("{count}: {values}".into()), per, ..Clause::default() };
        let mut names = BTreeMap::new();
        together(per, all.iter().cloned()).into_iter().map(|sighting| finding("security/x", &clause, sighting, &mut names)).collect()
    }

    #[test]
    fn what_belongs_together_is_one_finding() {
        let all = [seen("a", "one"), seen("a", "two"), seen("b", "one")];
        let messages = |per: Per| findings(per, &all).into_iter().map(|finding| finding.message).collect::<Vec<_>>();
        assert_eq!(messages(Per::Place).len(), 3);
        assert_eq!(messages(Per::Value), ["2: one", "1: two"]);
        assert_eq!(messages(Per::File), ["2: one, two", "1: one"]);
        assert_eq!(messages(Per::Check), ["3: one, two"]);
    }

    #[test]
    fn what_is_set_aside_stays_apart_and_names_stay() {
        let mut all = vec![seen("a", "one"), seen("a", "two"), seen("b", "three")];
        let before = findings(Per::Check, &all);
        all[0].allowed.insert("security/x".into(), "known".into());
        let after = findings(Per::Check, &all);
        assert_eq!(after.iter().map(|finding| finding.muted.as_deref()).collect::<Vec<_>>(), [Some("known"), None]);
        assert_eq!(before[0].fingerprint, findings(Per::Check, &all[1..])[0].fingerprint);
    }
}
