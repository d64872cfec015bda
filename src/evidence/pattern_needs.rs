//! What the patterns of the built-in definitions need of a text, found when the program was built: to find it takes as long as
//! to compile a pattern, and most patterns are never compiled.

use super::pattern::{Needs, needs};

/// Patterns in ascending order, each with its needs: literals end with `\x1f`, clauses with `\x1e`, branches with `\x1d`.
static KNOWN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/needs.rs"));

/// What a text must contain for a pattern to match, as [`needs`] tells it.
pub fn needs_of(pattern: &str) -> Needs {
    match KNOWN.binary_search_by_key(&pattern, |(known, _)| known) {
        Ok(at) => parts(KNOWN[at].1, '\x1d').map(|branch| parts(branch, '\x1e').map(literals).collect()).collect(),
        Err(_) => needs(pattern),
    }
}

/// A pattern in words: the literals of its branches, as people would type them.
pub fn in_words(pattern: &str) -> Vec<String> {
    let choice = |clause: &Vec<String>| match clause.as_slice() {
        [first, second, _, ..] => format!("{first}/{second}/..."),
        few => few.join("/"),
    };
    let mut all: Vec<String> = Vec::new();
    for branch in needs_of(pattern) {
        let words = branch.iter().map(choice).collect::<Vec<_>>().join(" ... ");
        if !words.is_empty() && !all.contains(&words) {
            all.push(words);
        }
    }
    all
}

fn literals(clause: &str) -> Vec<String> {
    parts(clause, '\x1f').map(str::to_owned).collect()
}

/// What stands before each mark.
fn parts(text: &str, mark: char) -> impl Iterator<Item = &str> {
    text.split_terminator(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_what_would_be_found() {
        assert!(KNOWN.len() > 1000, "{} patterns", KNOWN.len());
        for (pattern, _) in KNOWN {
            assert_eq!(needs_of(pattern), needs(pattern), "{pattern}");
        }
    }
}
