//! Branches, tags and the filters that choose among them.
//!
//! A filter is a list of patterns, some of them exceptions; vendors write them as names, globs or regular expressions. What
//! matters here is only which *kinds* of push pass it: one to the default branch, one to some other branch, one of a tag.

use super::condition::Value;
use super::patterns;
use regex::Regex;

/// Names a default branch usually has, for a repository that does not tell.
const USUAL: [&str; 3] = ["main", "master", "trunk"];
/// More other branches than this that a filter names one by one are taken together.
const MOST_NAMED: usize = 12;

/// Names like those of most branches, to see whether a filter bars everything.
const PROBES: [&str; 3] = ["feature/some-change", "fix-typo", "renovate/lodash-4.x"];

/// The names that count as the default branch: its true name, else the usual ones.
#[derive(Debug, Clone)]
pub(super) struct Defaults(Vec<String>);

impl Defaults {
    /// From the repository's own default branch, if that is known.
    pub(super) fn new(known: Option<String>) -> Self {
        match known.filter(|name| !name.is_empty()) {
            Some(name) => Defaults(vec![name]),
            None => Defaults(USUAL.iter().map(|name| (*name).to_owned()).collect()),
        }
    }

    /// The names.
    pub(super) fn names(&self) -> &[String] {
        &self.0
    }

    /// True for a name of the default branch.
    pub(super) fn has(&self, branch: &str) -> bool {
        self.0.iter().any(|name| name == branch)
    }

    /// The default branch as a value.
    pub(super) fn value(&self) -> Value {
        self.narrowed(|_| true).unwrap_or(Value::Unknown)
    }

    /// The default branch as a value when a filter lets it pass.
    fn narrowed(&self, passes: impl Fn(&str) -> bool) -> Option<Value> {
        let names: Vec<String> = self.0.iter().filter(|name| passes(name)).cloned().collect();
        match <[String; 1]>::try_from(names) {
            Ok([name]) => Some(Value::Text(name)),
            Err(names) if names.is_empty() => None,
            Err(names) => Some(Value::AnyOf(names)),
        }
    }

    /// Some branch that is not the default one.
    pub(super) fn other(&self) -> Value {
        Value::Like { prefix: String::new(), except: self.0.clone() }
    }
}

/// One pattern of a filter.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    /// The name it stands for, when it has no wildcard.
    literal: Option<String>,
    regex: Option<Regex>,
    /// True when it takes names away.
    except: bool,
}

impl Pattern {
    /// A glob as GitHub, Azure, Bitbucket, Woodpecker and Buildkite write it; `!` before it makes it an exception.
    pub(super) fn glob(written: &str) -> Self {
        let except = written.starts_with('!');
        let glob = written.trim_start_matches('!');
        let literal = (!glob.contains(['*', '?', '+', '[', '{'])).then(|| glob.to_owned());
        let regex = if literal.is_some() { None } else { patterns::compiled(&glob_source(glob)) };
        Pattern { literal, regex, except }
    }

    /// A regular expression when it is written between slashes, else a name.
    pub(super) fn slashed(written: &str) -> Self {
        let body = written.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'));
        match body {
            Some((body, flags)) => {
                let source = if flags.contains('i') { format!("(?i){body}") } else { body.to_owned() };
                Pattern { literal: None, regex: patterns::compiled(&source), except: false }
            }
            None => Pattern { literal: Some(written.to_owned()), regex: None, except: false },
        }
    }

    /// The same pattern as an exception.
    pub(super) fn into_exception(mut self) -> Self {
        self.except = true;
        self
    }

    fn matches(&self, name: &str) -> bool {
        match &self.literal {
            Some(literal) => literal == name,
            None => self.regex.as_ref().is_some_and(|regex| regex.is_match(name)),
        }
    }
}

/// A glob as the source of a regular expression: `*` stays within a path segment, `**` does not, `?` and `+` repeat what is before.
fn glob_source(glob: &str) -> String {
    let mut source = String::from("^");
    let mut chars = glob.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '*' if chars.next_if_eq(&'*').is_some() => source.push_str(".*"),
            '*' => source.push_str("[^/]*"),
            '?' | '+' | '[' | ']' | '-' => source.push(char),
            '{' => source.push_str("(?:"),
            '}' => source.push(')'),
            ',' => source.push('|'),
            other => source.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    source.push('$');
    source
}

/// A filter over branch or tag names; without patterns everything passes.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter(pub(super) Vec<Pattern>);

impl Filter {
    /// Only what these globs name.
    pub(super) fn only<'a>(globs: impl IntoIterator<Item = &'a str>) -> Self {
        Filter(globs.into_iter().map(Pattern::glob).collect())
    }

    /// Everything but what these globs name.
    pub(super) fn all_but<'a>(globs: impl IntoIterator<Item = &'a str>) -> Self {
        Filter(globs.into_iter().map(|glob| Pattern::glob(glob).into_exception()).collect())
    }

    /// True when a name passes: the last pattern that matches decides.
    pub(super) fn passes(&self, name: &str) -> bool {
        let start = self.0.iter().all(|pattern| pattern.except);
        self.0.iter().fold(start, |passes, pattern| if pattern.matches(name) { !pattern.except } else { passes })
    }

    /// The branches that pass, as values: whether each is the default one, and what is known of its name.
    pub(super) fn branches(&self, defaults: &Defaults) -> Vec<(bool, Value)> {
        let barred = defaults.0.iter().any(|name| self.bars(name));
        let default = defaults.narrowed(|name| !barred && self.passes(name));
        let mut branches: Vec<(bool, Value)> = default.map(|name| (true, name)).into_iter().collect();
        match self.named() {
            Some(names) => {
                let others = names.into_iter().filter(|name| !defaults.has(name) && self.passes(name));
                branches.extend(others.map(|name| (false, Value::text(name))));
            }
            // `ignore: /.*/` leaves no branch at all.
            None if PROBES.iter().all(|name| self.bars(name)) => {}
            None => branches.push((false, defaults.other())),
        }
        branches
    }

    /// True when an exception takes this name away: whoever bars `main` means the default branch, though `trunk` would pass.
    fn bars(&self, name: &str) -> bool {
        !self.passes(name) && self.0.iter().any(|pattern| pattern.except && pattern.matches(name))
    }

    /// The names of a filter that is a short list of plain names.
    fn named(&self) -> Option<Vec<&str>> {
        let positive: Vec<&Pattern> = self.0.iter().filter(|pattern| !pattern.except).collect();
        let few = !positive.is_empty() && positive.len() <= MOST_NAMED;
        few.then(|| positive.into_iter().map(|pattern| pattern.literal.as_deref()).collect())?
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn reaches(filter: &Filter, defaults: &Defaults) -> (bool, bool) {
        let branches = filter.branches(defaults);
        (branches.iter().any(|(default, _)| *default), branches.iter().any(|(default, _)| !*default))
    }

    #[test]
    fn which_branches_pass() {
        let usual = Defaults::new(None);
        assert_eq!(reaches(&Filter::default(), &usual), (true, true));
        assert_eq!(reaches(&Filter::only(["main"]), &usual), (true, false));
        assert_eq!(reaches(&Filter::only(["**"]), &usual), (true, true));
        assert_eq!(reaches(&Filter::only(["*", "!main"]), &usual), (false, true));
        assert_eq!(reaches(&Filter::only(["m*"]), &usual), (true, true));
        assert_eq!(reaches(&Filter::only(["releases/**"]), &usual), (false, true));
        assert_eq!(reaches(&Filter::only(["develop", "production"]), &usual), (false, true));
        assert_eq!(reaches(&Filter::all_but(["gh-pages"]), &usual), (true, true));
        assert_eq!(reaches(&Filter::all_but(["main"]), &usual), (false, true));
    }

    #[test]
    fn the_true_default_branch_counts_alone() {
        let develop = Defaults::new(Some("develop".into()));
        assert_eq!(reaches(&Filter::only(["main"]), &develop), (false, true));
        assert_eq!(reaches(&Filter::only(["develop"]), &develop), (true, false));
    }

    #[test]
    fn names_and_regular_expressions() {
        let usual = Defaults::new(None);
        let only = |written: &str| Filter(vec![Pattern::slashed(written)]);
        assert_eq!(reaches(&only("main"), &usual), (true, false));
        assert_eq!(reaches(&only("/^(main|release-.*)$/"), &usual), (true, true));
        assert_eq!(reaches(&only("/^v\\d/"), &usual), (false, true));
        assert_eq!(reaches(&only("/(/"), &usual), (false, true));
    }
}
