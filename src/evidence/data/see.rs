//! What a `data` look sees in the documents of a file.

use super::super::files::line_text;
use super::super::node::{Node, Value};
use super::super::schedule::greatest_gap_hours;
use super::super::{Gap, Seen, Sighting, one_line};
use super::Document;
use crate::definition::words::AbsentValue;
use crate::definition::written::DataLook;
use crate::plan::{DataAsk, Path};

/// How a value answers.
enum Answer {
    Yes(u32),
    No,
    Unknown(u32, String),
}

/// What the look sees in one file.
pub fn see(look: &DataLook, ask: &DataAsk, documents: &[Document], path: &str, text: &str) -> Seen {
    let mut seen = Seen::default();
    for document in documents.iter().filter(|document| conditions(document, &document.root, &ask.document)) {
        let items = match &ask.each {
            Some(each) => query(document, &document.root, each),
            None => vec![&document.root],
        };
        for item in items.into_iter().filter(|item| conditions(document, item, &ask.having)) {
            match judge(look, ask, document, item) {
                Answer::Yes(line) => seen.sightings.push(Sighting::at(path, Some(line), Some(line_text(text, line).to_owned()))),
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

fn query<'a>(document: &'a Document, from: &'a Node, path: &Path) -> Vec<&'a Node> {
    path.get().map(|parsed| document.query_from(from, parsed)).unwrap_or_default()
}

fn conditions(document: &Document, from: &Node, conditions: &[(Path, crate::evidence::files::Lazy)]) -> bool {
    conditions
        .iter()
        .all(|(path, pattern)| query(document, from, path).iter().filter_map(|node| node.scalar()).any(|text| pattern.is_match(&text)))
}

fn judge(look: &DataLook, ask: &DataAsk, document: &Document, item: &Node) -> Answer {
    let nodes = match &ask.at {
        Some(at) => query(document, item, at),
        None => vec![item],
    };
    if nodes.is_empty() {
        let name = ask.at.as_ref().map_or("$", Path::text);
        return match look.absent {
            AbsentValue::Fails => Answer::No,
            AbsentValue::Holds => Answer::Yes(item.line),
            AbsentValue::Unknown => Answer::Unknown(item.line, format!("{name} is not written, and its default cannot be told from here")),
        };
    }
    let answers: Vec<Answer> = nodes.into_iter().map(|node| test(look, ask, node)).collect();
    let mut unknown = None;
    for answer in answers {
        match answer {
            Answer::Yes(line) => return Answer::Yes(line),
            Answer::Unknown(line, why) => unknown = unknown.or(Some((line, why))),
            Answer::No => {}
        }
    }
    unknown.map_or(Answer::No, |(line, why)| Answer::Unknown(line, why))
}

/// Whether one value passes everything that is written.
fn test(look: &DataLook, ask: &DataAsk, node: &Node) -> Answer {
    if let Some(key) = &ask.key {
        return node.members().iter().find(|member| key.is_match(&member.key)).map_or(Answer::No, |member| Answer::Yes(member.line));
    }
    let tested =
        ask.matches.is_some() || ask.lacks.is_some() || look.at_least.is_some() || look.at_most.is_some() || look.every_hours.is_some();
    if !tested {
        return Answer::Yes(node.line);
    }
    let Some(text) = node.scalar() else { return Answer::No };
    let literal = !matches!(node.value, Value::Expression(_));
    let matched = ask.matches.as_ref().is_none_or(|pattern| pattern.is_match(&text))
        && !ask.lacks.as_ref().is_some_and(|pattern| pattern.is_match(&text));
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
        (true, _) => Answer::Yes(node.line),
        (false, true) => Answer::No,
        (false, false) => Answer::Unknown(node.line, format!("the value is an expression: {text}")),
    }
}
