//! What a `file` look makes of a match: whether it is random enough, whether a stop pattern takes it out, and how a
//! secret is shown.

use regex::bytes::{Captures, Regex};

use super::files::Lazy;
use crate::definition::catalogue::digest;
use crate::definition::written::FileLook;

/// What is asked of each match.
#[derive(Debug, Default)]
pub struct MatchAsk {
    /// None of these may match what was matched.
    pub except: Vec<Lazy>,
    /// The value is this random at least, in bits per character.
    pub entropy: f64,
    /// The value is a secret.
    pub redact: bool,
}

/// A match that counts.
#[derive(Debug, PartialEq, Eq)]
pub struct Match {
    /// Byte offset of the first character that is no white space.
    pub start: usize,
    /// What to show in place of the line.
    pub shown: Option<String>,
    /// The groups with a name.
    pub named: Vec<(String, String)>,
}

/// Characters of a secret that are shown.
const SHOWN: usize = 4;

impl MatchAsk {
    /// What a look asks.
    pub fn new(look: &FileLook) -> MatchAsk {
        MatchAsk {
            except: look.except_match.iter().map(|pattern| Lazy::new(pattern)).collect(),
            entropy: look.entropy.unwrap_or(0.0),
            redact: look.redact,
        }
    }

    /// The text with the secrets that this look sees in it shortened to their first characters.
    pub fn hide(&self, pattern: &Lazy, text: &str) -> String {
        let (mut out, mut at) = (String::new(), 0);
        for captures in pattern.get().into_iter().flat_map(|regex| regex.captures_iter(text.as_bytes())) {
            let secret =
                pattern.get().filter(|regex| self.judge(regex, &captures, text).is_some()).and_then(|regex| span(regex, &captures));
            let Some((start, end)) = secret.map(|(start, end)| (text.floor_char_boundary(start), text.floor_char_boundary(end))) else {
                continue;
            };
            out.push_str(&text[at..start]);
            out.extend(text[start..end].chars().take(SHOWN));
            out.push('…');
            at = end;
        }
        out.push_str(&text[at..]);
        out
    }

    /// The matches of a pattern that count.
    pub fn find_all<'t>(&'t self, pattern: &'t Lazy, text: &'t str) -> Box<dyn Iterator<Item = Match> + 't> {
        let plain = self.except.is_empty() && self.entropy <= 0.0 && !self.redact;
        match pattern.get() {
            None => Box::new(std::iter::empty()),
            Some(regex) if plain && regex.capture_names().flatten().next().is_none() => {
                Box::new(pattern.find_all(text).map(|start| Match { start, shown: None, named: Vec::new() }))
            }
            Some(regex) => Box::new(regex.captures_iter(text.as_bytes()).filter_map(|captures| self.judge(regex, &captures, text))),
        }
    }

    fn judge(&self, regex: &Regex, captures: &Captures<'_>, text: &str) -> Option<Match> {
        let whole = captures.get(0)?;
        let (matched, value) = (String::from_utf8_lossy(whole.as_bytes()), value_of(regex, captures, text.as_bytes()));
        if entropy(&value) < self.entropy || self.except.iter().any(|pattern| pattern.is_match(&matched)) {
            return None;
        }
        let blank = whole.as_bytes().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        Some(Match {
            start: text.floor_char_boundary(whole.start() + blank),
            shown: self.redact.then(|| shown(&value)),
            named: named(regex, captures),
        })
    }
}

/// Where the value of a match stands: its first group without a name, else all of it.
fn span(regex: &Regex, captures: &Captures<'_>) -> Option<(usize, usize)> {
    let mut unnamed = regex.capture_names().enumerate().skip(1).filter(|(_, name)| name.is_none());
    let value = unnamed.find_map(|(index, _)| captures.get(index)).or_else(|| captures.get(0))?;
    Some((value.start(), value.end()))
}

/// The value of a match.
fn value_of(regex: &Regex, captures: &Captures<'_>, text: &[u8]) -> String {
    span(regex, captures).map_or_else(String::new, |(start, end)| String::from_utf8_lossy(&text[start..end]).into_owned())
}

/// The groups with a name, and what they matched.
fn named(regex: &Regex, captures: &Captures<'_>) -> Vec<(String, String)> {
    let text = |name: &str| Some(String::from_utf8_lossy(captures.name(name)?.as_bytes()).into_owned());
    regex.capture_names().flatten().filter_map(|name| Some((name.to_owned(), text(name)?))).collect()
}

/// What a pattern names in a text, and what the text is about.
pub fn groups(regex: &Regex, text: &str) -> Option<(Vec<(String, String)>, String)> {
    let captures = regex.captures(text.as_bytes())?;
    Some((named(regex, &captures), value_of(regex, &captures, text.as_bytes())))
}

/// A secret as it may be shown: enough to find it, too little to use it.
pub fn shown(secret: &str) -> String {
    let first: String = secret.chars().take(SHOWN.min(secret.chars().count() / 3)).collect();
    format!("{first}… ({} characters, SHA-256 {}…)", secret.chars().count(), digest(secret, 8))
}

/// How random a text is, in bits per character.
fn entropy(text: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::<char, u32>::new();
    text.chars().for_each(|c| *counts.entry(c).or_default() += 1);
    let length = f64::from(counts.values().sum::<u32>());
    counts.values().map(|count| f64::from(*count) / length).map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(ask: &MatchAsk, pattern: &str, text: &str) -> Vec<Match> {
        ask.find_all(&Lazy::new(pattern), text).collect()
    }

    #[test]
    fn randomness_is_counted_per_character() {
        assert!((entropy("xxxx") - 0.0).abs() < 1e-9 && (entropy("abab") - 1.0).abs() < 1e-9 && entropy("") < 1e-9);
        assert!((entropy("0123456789abcdef") - 4.0).abs() < 1e-9);
    }

    #[test]
    fn the_first_group_without_a_name_is_the_value() {
        let ask = MatchAsk { entropy: 1.5, except: vec![Lazy::new("=changeme$")], ..MatchAsk::default() };
        let pattern = r"(?P<key>[A-Z]+)=(\S+)";
        let all = found(&ask, pattern, " A=xxxxxxxx\n B=changeme\n KEY=abcdefgh");
        assert_eq!(all, [Match { start: 25, shown: None, named: vec![("key".into(), "KEY".into())] }]);
    }

    #[test]
    fn a_secret_is_not_shown() {
        let ask = MatchAsk { redact: true, ..MatchAsk::default() };
        let all = found(&ask, "key_[a-z]{12}", "é = key_abcdefghijkl");
        assert_eq!(all.len(), 1);
        let shown = all[0].shown.clone().unwrap_or_default();
        assert!(shown.starts_with("key_… (16 characters, SHA-256 ") && !shown.contains("abc"), "{shown}");
        assert_eq!(all[0].start, 5);
        assert!(super::shown("ab").starts_with('…'));
        assert_eq!(ask.hide(&Lazy::new("key_([a-z]{12})"), "é key_abcdefghijkl, key_a"), "é key_abcd…, key_a");
    }
}
