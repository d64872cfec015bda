//! What a `data` look sees in the documents of a file.

use super::super::files::{Lazy, line_text};
use super::super::git::GitFacts;
use super::super::matches;
use super::super::node::{Node, Value};
use super::super::schedule::greatest_gap_hours;
use super::super::{Gap, Seen, Sighting, one_line};
use super::Document;
use crate::definition::words::AbsentValue;
use crate::definition::written::DataLook;
use crate::plan::{DataAsk, Path};

/// How a value answers.
enum Answer<'a> {
    Yes(u32, Option<&'a Node>),
    No,
    Unknown(u32, String),
}

/// What the look sees in one file.
pub fn see(look: &DataLook, ask: &DataAsk, documents: &[Document], path: &str, text: &str, git: &GitFacts) -> Seen {
    let mut seen = Seen::default();
    let owners = if ask.foreign.is_some() { git.owners() } else { Vec::new() };
    for document in documents.iter().filter(|document| conditions(document, &document.root, &ask.document)) {
        let items = match &ask.each {
            Some(each) => query(document, &document.root, each),
            None => vec![&document.root],
        };
        for item in items.into_iter().filter(|item| conditions(document, item, &ask.having)) {
            match judge(look, ask, &owners, document, item) {
                Answer::Yes(line, value) => seen.sightings.push(sighting(look, ask, path, text, line, value)),
                Answer::Unknown(line, why) => seen.gaps.push(Gap {
                    what: format!("{path}:{line}"),
                    why: one_line(&why),
                    next: "look at the value that production uses, and attest what it sets up".into(),
                }),
                Answer::No => {}
            }
        }
    }
    seen
}

/// Where a value was seen: of a text of many lines, at the line that matches; groups with a name are named.
fn sighting(look: &DataLook, ask: &DataAsk, path: &str, text: &str, line: u32, value: Option<&Node>) -> Sighting {
    let pattern = ask.matches.as_ref().and_then(|pattern| pattern.get());
    let (Some(pattern), Some(value)) = (pattern, value.and_then(Node::scalar)) else {
        return Sighting::at(path, Some(line), Some(line_text(text, line).to_owned()));
    };
    let many = value.lines().count();
    let from = usize::try_from(line).unwrap_or(1).saturating_sub(1);
    let own = text.lines().skip(from).take(if many > 1 { many + 2 } else { 1 });
    let inner = own.zip(line..).find(|(text, _)| pattern.is_match(text.as_bytes())).map_or(line, |(_, line)| line);
    let mut sighting = Sighting::at(path, Some(inner), Some(line_text(text, inner).to_owned()));
    if let Some((named, value)) = matches::groups(pattern, &value) {
        if look.redact {
            sighting.excerpt = Some(one_line(&matches::shown(&value)));
        }
        sighting = named.iter().fold(sighting, |sighting, (name, text)| sighting.naming(name, text));
    }
    sighting
}

fn query<'a>(document: &'a Document, from: &'a Node, path: &Path) -> Vec<&'a Node> {
    path.get().map(|parsed| document.query_from(from, parsed)).unwrap_or_default()
}

fn conditions(document: &Document, from: &Node, conditions: &[(Path, Lazy)]) -> bool {
    conditions
        .iter()
        .all(|(path, pattern)| query(document, from, path).iter().filter_map(|node| node.scalar()).any(|text| pattern.is_match(&text)))
}

fn judge<'a>(look: &DataLook, ask: &DataAsk, owners: &[String], document: &'a Document, item: &'a Node) -> Answer<'a> {
    let nodes = match &ask.at {
        Some(at) => query(document, item, at),
        None => vec![item],
    };
    if nodes.is_empty() {
        let name = ask.at.as_ref().map_or("$", Path::text);
        return match look.absent {
            AbsentValue::Fails => Answer::No,
            AbsentValue::Holds => Answer::Yes(item.line, None),
            AbsentValue::Unknown => Answer::Unknown(item.line, format!("{name} is not written, and its default cannot be told from here")),
        };
    }
    let answers: Vec<Answer> = nodes.into_iter().map(|node| test(look, ask, owners, node)).collect();
    let mut unknown = None;
    for answer in answers {
        match answer {
            Answer::Yes(line, value) => return Answer::Yes(line, value),
            Answer::Unknown(line, why) => unknown = unknown.or(Some((line, why))),
            Answer::No => {}
        }
    }
    unknown.map_or(Answer::No, |(line, why)| Answer::Unknown(line, why))
}

/// Whether one value passes everything that is written.
fn test<'a>(look: &DataLook, ask: &DataAsk, owners: &[String], node: &'a Node) -> Answer<'a> {
    if let Some(key) = &ask.key {
        return node.members().iter().find(|member| key.is_match(&member.key)).map_or(Answer::No, |member| Answer::Yes(member.line, None));
    }
    let tested = ask.matches.is_some()
        || ask.lacks.is_some()
        || ask.foreign.is_some()
        || look.at_least.is_some()
        || look.at_most.is_some()
        || look.every_hours.is_some();
    if !tested {
        return Answer::Yes(node.line, None);
    }
    let Some(text) = node.scalar() else { return Answer::No };
    let literal = !matches!(node.value, Value::Expression(_));
    let matched = ask.matches.as_ref().is_none_or(|pattern| pattern.is_match(&text))
        && !ask.lacks.as_ref().is_some_and(|pattern| pattern.is_match(&text))
        && ask.foreign.as_ref().is_none_or(|pattern| is_foreign(pattern, &text, owners));
    let number = literal.then(|| text.trim().parse::<f64>().ok()).flatten();
    let bound =
        |limit: Option<f64>, holds: fn(f64, f64) -> bool| limit.is_none_or(|limit| number.is_some_and(|number| holds(number, limit)));
    let bounded = bound(look.at_least, |number, limit| number >= limit) && bound(look.at_most, |number, limit| number <= limit);
    let scheduled = match look.every_hours {
        None => true,
        Some(hours) => match greatest_gap_hours(&text) {
            Some(gap) => gap <= hours,
            None => return Answer::Unknown(node.line, format!("`{text}` is not a schedule that this audit can read")),
        },
    };
    match (matched && bounded && scheduled, literal) {
        (true, _) => Answer::Yes(node.line, Some(node)),
        (false, true) => Answer::No,
        (false, false) => Answer::Unknown(node.line, format!("the value is an expression: {text}")),
    }
}

/// Whether a text names an owner, and another than ours.
fn is_foreign(pattern: &Lazy, text: &str, owners: &[String]) -> bool {
    let groups = pattern.get().and_then(|pattern| pattern.captures(text.as_bytes()));
    let owner =
        groups.as_ref().and_then(|groups| groups.get(1)).map(|group| String::from_utf8_lossy(group.as_bytes()).to_ascii_lowercase());
    owner.is_some_and(|owner| !owners.contains(&owner))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::definition::written::ExampleGit;
    use crate::evidence::data::{Format, read};

    fn ask(matches: &str) -> DataAsk {
        let matches = Some(Lazy::new(matches));
        DataAsk { document: vec![], each: None, having: vec![], at: None, matches, lacks: None, foreign: None, key: None }
    }

    fn seen(look: &DataLook, ask: &DataAsk, text: &str, remotes: &[&str]) -> Vec<Sighting> {
        let example = ExampleGit { remotes: remotes.iter().map(|url| (*url).to_owned()).collect(), ..ExampleGit::default() };
        let git = GitFacts::of_example(Some(&example));
        let document = Document::new(read(Format::Yaml, text).unwrap()[0].root.get("run").unwrap().clone());
        see(look, ask, &[document], "ci.yml", text, &git).sightings
    }

    #[test]
    fn of_many_lines_the_one_that_matches_is_shown() {
        let text = "name: x\nrun: |\n  one\n  echo ${{ a.title }}\n  three\n";
        let found = seen(&DataLook::default(), &ask(r"\$\{\{ (?P<value>[a-z.]+) \}\}"), text, &[]);
        assert_eq!((found[0].place.line, found[0].excerpt.as_deref()), (Some(4), Some("echo ${{ a.title }}")));
        assert_eq!(found[0].named["value"], "a.title");
        let folded = seen(&DataLook::default(), &ask("one two"), "run: >\n  one\n  two\n", &[]);
        assert_eq!(folded[0].place.line, Some(2), "no line matches by itself: the value's own");
    }

    #[test]
    fn a_secret_value_is_not_shown() {
        let look = DataLook { redact: true, ..DataLook::default() };
        let found = seen(&look, &ask("^(?P<name>[A-Z_]+)=(.+)$"), "run: MAIL_PASSWORD=kwFq9sLmQz2pTr\n", &[]);
        let excerpt = found[0].excerpt.as_deref().unwrap();
        assert!(excerpt.starts_with("kwFq… (14 characters") && found[0].named["name"] == "MAIL_PASSWORD", "{excerpt}");
    }

    #[test]
    fn the_owner_of_a_remote_is_not_foreign() {
        let ask = DataAsk { foreign: Some(Lazy::new("^([^/]+)/")), ..ask("@v1$") };
        let count = |text: &str, remote: &str| seen(&DataLook::default(), &ask, text, &[remote]).len();
        assert_eq!(count("run: other/action@v1", "https://github.com/acme/shop.git"), 1);
        assert_eq!(count("run: Acme/action@v1", "https://github.com/acme/shop.git"), 0);
        assert_eq!(count("run: acme/action@v1", "git@github.com:acme/shop.git"), 0);
        assert_eq!(count("run: action@v1", "git@github.com:acme/shop.git"), 0, "names no owner");
    }
}
