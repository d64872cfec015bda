//! One path pattern. The wildcards that definitions use are matched directly, which is many times faster than the
//! regular expression that `globset` would make of them; anything else is left to `globset`.

use std::sync::OnceLock;

use globset::GlobMatcher;

use super::files::glob;

/// A path pattern with braces written out, read when it is first tried.
pub struct PathPattern {
    pattern: String,
    ignore_case: bool,
    form: OnceLock<Form>,
}

enum Form {
    /// Text and wildcards.
    Simple(Vec<Part>),
    /// Anything else; `None` for a bad pattern.
    Other(Option<Box<GlobMatcher>>),
}

enum Part {
    Text(String),
    /// `?`: one byte of a name.
    One,
    /// `*`: any bytes of a name.
    Star,
    /// `**/` at the start: any folders or none.
    Folders,
    /// `/**/`: a slash, or folders between two.
    Between,
    /// `/**` at the end: anything below.
    Below,
}

/// Patterns with more wildcards than this are left to `globset`, whose time is bounded whatever the path.
const MOST_WILDCARDS: usize = 6;

impl PathPattern {
    /// A pattern as [`glob`] means it. A bad one matches nothing.
    pub fn new(pattern: String, ignore_case: bool) -> PathPattern {
        PathPattern { pattern, ignore_case, form: OnceLock::new() }
    }

    /// Whether a path matches; `lower` is the same path in lower case.
    pub fn is_match(&self, path: &str, lower: &str) -> bool {
        match self.form.get_or_init(|| self.read()) {
            Form::Simple(parts) => matches(parts, if self.ignore_case { lower } else { path }.as_bytes()),
            Form::Other(matcher) => matcher.as_ref().is_some_and(|matcher| matcher.is_match(path)),
        }
    }

    fn read(&self) -> Form {
        let simple = if self.ignore_case { parts(&self.pattern.to_ascii_lowercase()) } else { parts(&self.pattern) };
        let other = || Form::Other(glob(&self.pattern, self.ignore_case).ok().map(|glob| Box::new(glob.compile_matcher())));
        simple.map_or_else(other, Form::Simple)
    }
}

/// The parts of a pattern; `None` where `globset` is to read it.
fn parts(pattern: &str) -> Option<Vec<Part>> {
    if pattern.contains(['[', ']', '{', '}', '\\', '!'])
        || pattern.contains("***")
        || pattern.contains("**/**")
        || ["**", "**/"].contains(&pattern)
    {
        return None;
    }
    let (mut parts, mut rest) = (Vec::new(), pattern);
    while let Some(next) = rest.chars().next() {
        let (part, length) = if parts.is_empty() && rest.starts_with("**/") {
            (Part::Folders, 3)
        } else if rest.starts_with("/**/") {
            (Part::Between, 4)
        } else if rest == "/**" {
            (Part::Below, 3)
        } else if next == '*' {
            (Part::Star, 1)
        } else if next == '?' {
            (Part::One, 1)
        } else {
            let slash_or_wild = |(at, c): (usize, char)| (at > 0 && matches!(c, '*' | '?' | '/')).then_some(at);
            let length = rest.char_indices().find_map(slash_or_wild).unwrap_or(rest.len());
            (Part::Text(rest[..length].to_owned()), length)
        };
        parts.push(part);
        rest = &rest[length..];
    }
    let wild = parts.iter().filter(|part| !matches!(part, Part::Text(_))).count();
    (wild <= MOST_WILDCARDS).then_some(parts)
}

fn matches(parts: &[Part], path: &[u8]) -> bool {
    let Some((part, after)) = parts.split_first() else { return path.is_empty() };
    // What a pattern ends with is quickest to refuse.
    if let Some(Part::Text(end)) = after.last()
        && !path.ends_with(end.as_bytes())
    {
        return false;
    }
    let slashes = || path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at + 1);
    let folders_before = |from: usize| match is_about_names(after) {
        true => matches(after, &path[slashes().next_back().unwrap_or(from)..]),
        false => (from == 0 && matches(after, path)) || slashes().any(|start| matches(after, &path[start..])),
    };
    match part {
        Part::Text(text) => path.strip_prefix(text.as_bytes()).is_some_and(|rest| matches(after, rest)),
        Part::One => path.first().is_some_and(|byte| *byte != b'/') && matches(after, &path[1..]),
        Part::Star => {
            let name = path.iter().position(|byte| *byte == b'/').unwrap_or(path.len());
            match after {
                // That the path ends with it is known already.
                [Part::Text(end)] => path.len() - end.len() <= name,
                _ => (0..=name).rev().any(|length| matches(after, &path[length..])),
            }
        }
        Part::Folders => folders_before(0),
        Part::Between => path.first() == Some(&b'/') && folders_before(1),
        Part::Below => path.first() == Some(&b'/'),
    }
}

/// Whether parts match within one name alone, so that no folder can be among what they match.
fn is_about_names(parts: &[Part]) -> bool {
    parts.iter().all(|part| match part {
        Part::Text(text) => !text.contains('/'),
        Part::One | Part::Star => true,
        Part::Folders | Part::Between | Part::Below => false,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn a_path_matches_as_globset_says(pattern in "(\\*\\*/)?([ab.]|/|\\*|\\?|/\\*\\*/|B){0,7}(/\\*\\*)?", path in "([abB.]|/){0,9}", ignore_case in any::<bool>()) {
            let wanted = glob(&pattern, ignore_case).map(|glob| glob.compile_matcher().is_match(&path)).unwrap_or(false);
            prop_assert_eq!(PathPattern::new(pattern, ignore_case).is_match(&path, &path.to_ascii_lowercase()), wanted);
        }
    }
}
