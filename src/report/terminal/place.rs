//! Where evidence stands, in the space there is: long paths lose their middle, never the file's name or the line.

use super::wrap::{columns, head, tail};
use crate::evidence::Place;
use crate::report::plain;

/// Columns left for the beginning of a path that has to lose its middle: one part in this many.
const HEAD_SHARE: usize = 3;

/// Everything that says where, in at most `room` columns each, the most precise first.
pub(super) fn all(place: &Place, room: usize, ellipsis: &str) -> Vec<String> {
    let path = place.path.as_deref().map(|path| path_and_line(path, place.line, room, ellipsis));
    let url = place.url.as_deref().map(|url| middle(&plain(url), room, ellipsis));
    let commit = place.commit.as_deref().map(|commit| format!("commit {}", short(commit)));
    let attestation = place.attestation.as_deref().map(|who| format!("attested: {}", plain(who)));
    [path, url, commit, attestation].into_iter().flatten().collect()
}

/// The first of [`all`].
pub(super) fn first(place: &Place, room: usize, ellipsis: &str) -> Option<String> {
    all(place, room, ellipsis).into_iter().next()
}

/// A commit as people write it.
pub(super) fn short(commit: &str) -> String {
    plain(commit).chars().take(10).collect()
}

fn path_and_line(path: &str, line: Option<u32>, room: usize, ellipsis: &str) -> String {
    let line = line.map(|line| format!(":{line}")).unwrap_or_default();
    let path = middle(&plain(path), room.saturating_sub(line.len()), ellipsis);
    format!("{path}{line}")
}

/// The text in at most `room` columns; what is lost is lost in the middle, between slashes where they are near.
pub(super) fn middle(text: &str, room: usize, ellipsis: &str) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let left = room.saturating_sub(columns(ellipsis));
    let start = head(text, left / HEAD_SHARE);
    let start = start.rfind('/').map_or(start, |slash| &start[..=slash]);
    let end = tail(text, left.saturating_sub(columns(start)));
    let near = end.len() / HEAD_SHARE;
    let end = end.find('/').filter(|slash| *slash <= near).map_or(end, |slash| &end[slash..]);
    format!("{start}{ellipsis}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEEP: &str = "packages/storefront/src/components/checkout/payment/providers/stripe/webhooks_controller.rb";

    #[test]
    fn a_path_that_fits_stays() {
        assert_eq!(path_and_line("config/puma.rb", Some(7), 20, "…"), "config/puma.rb:7");
    }

    #[test]
    fn a_long_path_loses_its_middle_but_not_its_line() {
        assert_eq!(path_and_line(DEEP, Some(1234), 60, "…"), "packages/…/providers/stripe/webhooks_controller.rb:1234");
    }

    #[test]
    fn every_room_is_kept() {
        for room in 12..120 {
            let shown = path_and_line(DEEP, Some(88), room, "…");
            assert!(columns(&shown) <= room, "{room}: {shown}");
            assert!(shown.ends_with(":88"), "{room}: {shown}");
        }
    }

    #[test]
    fn the_most_precise_place_comes_first() {
        let place = Place { commit: Some("0123456789abcdef".into()), url: Some("https://a.example/".into()), ..Place::default() };
        assert_eq!(all(&place, 40, "…"), ["https://a.example/", "commit 0123456789"]);
        assert_eq!(first(&Place::default(), 40, "…"), None);
    }
}
