//! What the user should know about waivers and attestations: lapsed ones, unneeded ones, those that lapse soon.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{LAPSES_SOON_DAYS, Notice};
use crate::config::Config;

/// Lapsed, unused and soon lapsing waivers and attestations. Whether the waiver of a finding is used can be told only
/// where the `whole` catalogue was asked: the fingerprint does not say which check it belongs to.
pub fn notices(config: &Config, today: Date, used: &BTreeSet<String>, only: &dyn Fn(&str) -> bool, whole: bool) -> Vec<Notice> {
    let mut notices = Vec::new();
    let days = |until: Date| today.until(until).map_or(0, |span| span.get_days());
    for (waiver, until) in &config.waivers {
        let name = waiver.check.as_deref().or(waiver.finding.as_deref()).unwrap_or_default();
        if waiver.check.as_deref().is_some_and(|check| !only(check)) {
            continue;
        }
        let message = if *until < today {
            format!("the waiver of {name} lapsed on {until} and counts no more: mend it, or set a new day with a new reason")
        } else if !used.contains(name) && (whole || waiver.check.is_some()) {
            format!("the waiver of {name} is not needed: remove it")
        } else if days(*until) <= LAPSES_SOON_DAYS {
            format!("the waiver of {name} lapses on {until}")
        } else {
            continue;
        };
        notices.push(Notice { about: "waiver", message });
    }
    for (attestation, on, lapses) in &config.attestations {
        let check = &attestation.check;
        if !only(check) {
            continue;
        }
        let message = if *on > today {
            format!("the attestation of {check} is dated {on}, after the day of this audit: it does not count yet")
        } else if *lapses < today {
            format!("the attestation of {check} by {} lapsed on {lapses} and counts no more: look again and renew `on`", attestation.by)
        } else if !used.contains(&format!("attest {check}")) {
            format!("the attestation of {check} is not used: the check does not apply, or is no practice")
        } else if days(*lapses) <= LAPSES_SOON_DAYS {
            format!("the attestation of {check} by {} lapses on {lapses}", attestation.by)
        } else {
            continue;
        };
        notices.push(Notice { about: "attestation", message });
    }
    notices.sort();
    notices
}
