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
    RegexBuilder::new(pattern).multi_line(true).unicode(false).size_limit(4 << 20).dfa_size_limit(256 << 10).build()
}

/// What a text must contain for a pattern to match: any of the branches, each with all of its clauses, each with any
/// of its lower-case literals. A pattern that may match without any literal has one branch without clauses.
pub type Needs = Vec<Vec<Vec<String>>>;

/// What a text must contain for a pattern to match. Bad patterns, which the loader refuses, need nothing.
pub fn needs(pattern: &str) -> Needs {
    let parsed = regex_syntax::ParserBuilder::new().multi_line(true).unicode(false).utf8(false).build().parse(pattern);
    let Ok(hir) = parsed else { return vec![Vec::new()] };
    let mut branches = Vec::new();
    spread(&hir, &mut branches);
    branches
}

/// More branches than this are not told apart.
const MOST_BRANCHES: usize = 128;

/// The branches of a pattern's outermost alternation, each with what it needs.
fn spread(hir: &Hir, branches: &mut Needs) {
    match hir.kind() {
        HirKind::Alternation(parts) => parts.iter().for_each(|part| spread(part, branches)),
        HirKind::Capture(capture) => spread(&capture.sub, branches),
        HirKind::Concat(parts) => match parts.iter().position(|part| matches!(bare(part).kind(), HirKind::Alternation(_))) {
            Some(at) if branches.len() < MOST_BRANCHES => spread_around(parts, at, branches),
            _ => branches.push(clauses(hir)),
        },
        _ => branches.push(clauses(hir)),
    }
}

/// `a(b|c)d` is `abd|acd`: the parts around an alternation are needed with each of its branches.
fn spread_around(parts: &[Hir], at: usize, branches: &mut Needs) {
    let side = |parts: &[Hir]| match parts {
        [part] => clauses(part),
        parts => tidy(clauses_of_parts(parts)),
    };
    let (before, after) = (side(&parts[..at]), side(&parts[at + 1..]));
    let mut inner = Vec::new();
    spread(&parts[at], &mut inner);
    branches.extend(inner.into_iter().map(|branch| tidy([before.clone(), branch, after.clone()].concat())));
}

/// A node without the groups around it.
fn bare(hir: &Hir) -> &Hir {
    match hir.kind() {
        HirKind::Capture(capture) => bare(&capture.sub),
        _ => hir,
    }
}

/// Each clause once, in the order of the pattern.
fn tidy(clauses: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let mut kept: Vec<Vec<String>> = Vec::new();
    for mut clause in clauses {
        clause.sort();
        clause.dedup();
        if !kept.contains(&clause) {
            kept.push(clause);
        }
    }
    kept
}

/// Everything a node needs at once, in its order.
fn clauses(hir: &Hir) -> Vec<Vec<String>> {
    match hir.kind() {
        HirKind::Concat(parts) => tidy(clauses_of_parts(parts)),
        HirKind::Capture(capture) => clauses(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => clauses(&repetition.sub),
        _ => needed(hir).into_iter().collect(),
    }
}

fn clauses_of_parts(parts: &[Hir]) -> Vec<Vec<String>> {
    let (mut all, mut run) = (Vec::new(), String::new());
    for part in parts {
        match fixed(part) {
            Some(text) => run.push_str(&text),
            None => {
                all.push(vec![std::mem::take(&mut run)]);
                all.extend(clauses(part));
            }
        }
    }
    all.push(vec![run]);
    all.retain(|clause| clause.iter().all(|literal| literal.len() >= SHORTEST));
    all
}

/// Shorter literals are everywhere and rule nothing out.
const SHORTEST: usize = 3;
/// An alternation of more literals than this is not followed.
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
    every_run(parts).into_iter().max_by_key(String::len).map(|longest| vec![longest])
}

/// All runs of neighbouring characters that are fixed up to letter case.
fn every_run(parts: &[Hir]) -> Vec<String> {
    let (mut all, mut run) = (Vec::new(), String::new());
    for part in parts {
        match fixed(part) {
            Some(text) => run.push_str(&text),
            None => all.push(std::mem::take(&mut run)),
        }
    }
    all.push(run);
    all.retain(|run| run.len() >= SHORTEST);
    all
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
    fn needs(pattern: &str) -> Vec<Vec<String>> {
        super::needs(pattern).into_iter().map(|branch| branch.into_iter().map(|clause| clause.join("|")).collect()).collect()
    }

    #[test]
    fn literals_are_found_where_every_match_has_them() {
        assert_eq!(needs(r"\bSentry\.init\b"), [["sentry.init"]]);
        assert_eq!(needs(r"^\s*config\.force_ssl\s*=\s*true"), [["config.force_ssl", "true"]]);
        assert_eq!(needs("(?i)runbook"), [["runbook"]]);
        assert_eq!(needs(r"pg_dump(all)?|mysqldump"), [["pg_dump"], ["mysqldump"]]);
        assert_eq!(needs(r"send_?[dD]efault_?pii"), [["send", "default", "pii"]]);
        assert_eq!(needs(r"aaa(foo|barbaz)+bbb"), [["aaa", "barbaz|foo", "bbb"]]);
        assert_eq!(needs(r"\b(?:abc\d+def|xyz)\s+end"), [vec!["abc", "def", "end"], vec!["xyz", "end"]]);
    }

    #[test]
    fn nothing_is_claimed_where_a_match_may_lack_it() {
        assert_eq!(needs(r"\d+"), [Vec::<String>::new()]);
        assert_eq!(needs(r"(foobar)?x"), [Vec::<String>::new()]);
        assert_eq!(needs(r"foobar|\d"), [vec!["foobar".to_owned()], Vec::new()]);
        assert_eq!(needs(r"a(foobar|\d)b"), [vec!["foobar".to_owned()], Vec::new()]);
    }
}
