//! What the patterns and conditions of one pipeline file may cost.
//!
//! A file of a few megabytes can hold a hundred thousand regular expressions, and compiling is what costs: each is compiled
//! once for the file being read. It can hold as many conditions, each judged for every event: their length is counted. A
//! pattern or condition beyond the cap is treated like one that cannot be read.

use regex::{Regex, RegexBuilder};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// Most patterns compiled for one file.
const MOST: usize = 1_000;
/// Longest pattern, in bytes.
const LONGEST: usize = 1_000;
/// Largest compiled pattern, in bytes.
const LARGEST: usize = 1 << 17;

/// Most bytes of conditions judged, each as often as it is.
const MOST_JUDGED: usize = 20_000_000;

thread_local! {
    static COMPILED: RefCell<HashMap<String, Option<Regex>>> = RefCell::default();
    static JUDGED: Cell<usize> = const { Cell::new(0) };
}

/// Forgets the file before.
pub(super) fn start() {
    COMPILED.with_borrow_mut(HashMap::clear);
    JUDGED.set(0);
}

/// Counts one more judgement of a condition of this length; false when there have been enough.
pub(super) fn may_judge(bytes: usize) -> bool {
    JUDGED.set(JUDGED.get().saturating_add(bytes));
    JUDGED.get() <= MOST_JUDGED
}

/// A pattern ready to match; `None` when it is not one, or one too many.
pub(super) fn compiled(source: &str) -> Option<Regex> {
    COMPILED.with_borrow_mut(|compiled| match compiled.get(source) {
        Some(known) => known.clone(),
        None if compiled.len() >= MOST || source.len() > LONGEST => None,
        None => {
            let regex = RegexBuilder::new(source).size_limit(LARGEST).build().ok();
            compiled.insert(source.to_owned(), regex.clone());
            regex
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_kept_up_to_the_cap() {
        start();
        assert!(compiled("^a+$").is_some_and(|regex| regex.is_match("aa")));
        assert!(compiled("(").is_none() && compiled(&"a".repeat(5_000)).is_none() && compiled("((a{500}){500}){500}").is_none());
        assert_eq!((0..2_000).filter(|at| compiled(&format!("x{at}")).is_some()).count(), MOST - 3);
        start();
        assert!(compiled("x1999").is_some());
    }
}
