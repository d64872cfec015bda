//! Patterns: how a definition's regular expressions are compiled, and which literals a text must contain for one to match.
//!
//! One automaton over all literals of the catalogue reads each file once; only patterns whose literals were seen are
//! run at all. So the cost of a file grows with its bytes and hardly with the number of definitions.

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};

/// A pattern as definitions mean it: `^` and `$` match at lines, `\b`, `\w` and letter case are ASCII, memory is bounded.
///
/// ASCII, because a Unicode word boundary cannot run in a DFA on text that is not ASCII, which is tens of times slower.
///
/// # Errors
/// The pattern's own error.
pub fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).multi_line(true).unicode(false).size_limit(4 << 20).dfa_size_limit(512 << 10).build()
}

/// Lower-case literals one of which every match must contain; `None` when there is no such small set.
pub fn required_literals(pattern: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::ParserBuilder::new().multi_line(true).unicode(false).utf8(false).build().parse(pattern).ok()?;
    let mut found = needed(&hir)?;
    found.sort();
    found.dedup();
    Some(found)
}

const SHORTEST: usize = 3;
const MOST: usize = 64;

/// The best set of literals of a node: any match contains one of them.
fn needed(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(_) | HirKind::Class(_) => runs(std::slice::from_ref(hir)),
        HirKind::Capture(capture) => needed(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => needed(&repetition.sub),
        HirKind::Concat(parts) => {
            let whole = runs(parts);
            let best_part = parts.iter().filter(|part| !matches!(part.kind(), HirKind::Literal(_) | HirKind::Class(_))).filter_map(needed);
            best_part.chain(whole).max_by_key(|set| quality(set))
        }
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(needed(branch)?);
            }
            (all.len() <= MOST).then_some(all)
        }
        _ => None,
    }
}

/// Longer shortest literal first, then fewer of them.
fn quality(set: &[String]) -> (usize, usize) {
    (set.iter().map(String::len).min().unwrap_or(0), MOST.saturating_sub(set.len()))
}

/// The longest run of neighbouring characters that are fixed up to letter case.
fn runs(parts: &[Hir]) -> Option<Vec<String>> {
    let (mut best, mut run) = (String::new(), String::new());
    for part in parts {
        match fixed(part) {
            Some(text) => run.push_str(&text),
            None => run.clear(),
        }
        if run.len() > best.len() {
            best.clone_from(&run);
        }
    }
    (best.len() >= SHORTEST).then(|| vec![best])
}

/// The lower-case text of a literal, or of a class that holds one ASCII letter in both cases.
fn fixed(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).ok().filter(|text| text.is_ascii()).map(str::to_ascii_lowercase),
        HirKind::Class(Class::Bytes(class)) => {
            let mut letters = class.iter().flat_map(|range| range.start()..=range.end()).take(3);
            let (first, second) = (letters.next()?, letters.next());
            let same = second.is_none_or(|second| second.eq_ignore_ascii_case(&first)) && letters.next().is_none();
            (first.is_ascii() && same).then(|| char::from(first.to_ascii_lowercase()).to_string())
        }
        HirKind::Look(_) | HirKind::Empty => Some(String::new()),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn literals(pattern: &str) -> Option<Vec<String>> {
        required_literals(pattern)
    }

    #[test]
    fn literals_are_found_where_every_match_has_them() {
        assert_eq!(literals(r"\bSentry\.init\b"), Some(vec!["sentry.init".into()]));
        assert_eq!(literals(r"^\s*config\.force_ssl\s*=\s*true"), Some(vec!["config.force_ssl".into()]));
        assert_eq!(literals("(?i)runbook"), Some(vec!["runbook".into()]));
        assert_eq!(literals(r"pg_dump(all)?|mysqldump"), Some(vec!["mysqldump".into(), "pg_dump".into()]));
        assert_eq!(literals(r"a(foo|barbaz)b"), Some(vec!["barbaz".into(), "foo".into()]));
    }

    #[test]
    fn nothing_is_claimed_where_a_match_may_lack_it() {
        assert_eq!(literals(r"\d+"), None);
        assert_eq!(literals(r"(foobar)?x"), None);
        assert_eq!(literals(r"foobar|\d"), None);
    }
}
