//! Dockerfiles: stages, and the instructions of each.
//!
//! ```text
//! { "stages": [ { "name": "build", "from": "ruby:3.4 as written", "image": "ruby", "tag": "3.4", "digest": "sha256:...",
//!                 "base": "ruby:3.4", "user": "app", "starts": "bin/rails server", "last": true,
//!                 "env": ["A=b"], "args": ["A", "B=c"], "instructions": [{ "do": "RUN", "text": "..." }] } ] }
//! ```
//!
//! A stage on top of another has its `base`, `user` and `starts`, unless it has its own. `image`, `tag`, `digest` and
//! `base` have variables put in from the defaults of `ARG`; where one has no value, they are missing. A stage that is
//! `FROM` another one has no `image`. Line continuations, comments between them, here-documents and the `escape`
//! directive are understood; nothing is evaluated.

use std::collections::BTreeMap;

use super::{Unreadable, limits};
use crate::evidence::node::{Member, Node, Value};

/// One instruction with all its lines.
struct Instruction {
    word: String,
    text: String,
    line: u32,
}

/// The document of a Dockerfile; none where there is no `FROM`.
///
/// # Errors
/// When it holds too many values.
pub fn read(text: &str) -> Result<Vec<Node>, Unreadable> {
    limits::separators(text)?;
    let (mut arguments, mut stages): (Variables, Vec<Stage>) = (Variables::new(), Vec::new());
    for instruction in instructions(text) {
        match (instruction.word.as_str(), stages.last_mut()) {
            ("FROM", _) => stages.push(Stage::new(&instruction, &arguments, &stages)),
            ("ARG", None) => assignments(&instruction.text).into_iter().for_each(|(name, value)| {
                let value = value.and_then(|value| expand(&value, &arguments));
                arguments.insert(name, value);
            }),
            (_, Some(stage)) => stage.add(instruction, &arguments),
            (_, None) => {}
        }
    }
    let last = stages.len().saturating_sub(1);
    let line = stages.first().map_or(1, |stage| stage.line);
    let nodes: Vec<Node> = stages.into_iter().enumerate().map(|(index, stage)| stage.node(index == last)).collect();
    if nodes.is_empty() {
        return Ok(Vec::new());
    }
    let root = Value::map(vec![Member { key: "stages".into(), line, node: Node::new(Value::List(nodes), line) }]);
    Ok(vec![Node::new(root, line)])
}

/// The instructions of a text, in order.
fn instructions(text: &str) -> Vec<Instruction> {
    let escape = if escapes_by_backtick(text) { '`' } else { '\\' };
    let mut lines = (1_u32..).zip(text.lines());
    let mut all = Vec::new();
    while let Some((line, first)) = lines.next() {
        if first.trim().is_empty() || first.trim_start().starts_with('#') {
            continue;
        }
        let mut whole = String::new();
        let mut part = first;
        while let Some(open) = part.trim_end().strip_suffix(escape) {
            whole.push_str(open);
            whole.push(' ');
            let next = lines.by_ref().find(|(_, next)| !next.trim().is_empty() && !next.trim_start().starts_with('#'));
            part = next.map_or("", |(_, next)| next);
        }
        whole.push_str(part);
        let whole = whole.trim();
        let (word, rest) = whole.split_once(char::is_whitespace).unwrap_or((whole, ""));
        let (word, mut text) = (word.to_ascii_uppercase(), rest.trim().to_owned());
        if ["RUN", "COPY", "ADD"].contains(&word.as_str()) {
            for end in here_documents(rest) {
                for (_, inner) in lines.by_ref().take_while(|(_, inner)| inner.trim_start_matches('\t') != end) {
                    text.push('\n');
                    text.push_str(inner);
                }
            }
        }
        all.push(Instruction { word, text, line });
    }
    all
}

/// Whether a directive at the top makes the backtick the escape character.
fn escapes_by_backtick(text: &str) -> bool {
    let directives = text.lines().map_while(|line| line.trim().strip_prefix('#')).filter_map(|line| line.split_once('='));
    directives.into_iter().any(|(name, value)| name.trim().eq_ignore_ascii_case("escape") && value.trim() == "`")
}

/// The ends of the here-documents that a line begins: `RUN <<EOF`, `COPY <<-"A" <<B /x/`.
fn here_documents(line: &str) -> Vec<String> {
    let after = line.split("<<").skip(1).filter(|after| !after.starts_with('<'));
    let words = after.map(|after| {
        let after = after.strip_prefix('-').unwrap_or(after);
        let word = after.trim_start_matches(['"', '\'']);
        word.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    });
    words.filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_')).collect()
}

/// Names with their value, where it is known.
type Variables = BTreeMap<String, Option<String>>;

/// A stage while it is read.
#[derive(Default)]
struct Stage {
    line: u32,
    from: String,
    name: Option<String>,
    image: Option<Image>,
    base: Option<String>,
    user: Option<(String, u32)>,
    starts: Option<(String, u32)>,
    variables: Variables,
    env: Vec<(String, u32)>,
    args: Vec<(String, u32)>,
    instructions: Vec<Instruction>,
}

/// An image reference in its parts.
struct Image {
    name: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl Stage {
    fn new(instruction: &Instruction, arguments: &Variables, earlier: &[Stage]) -> Stage {
        let mut words = instruction.text.split_whitespace().filter(|word| !word.starts_with("--"));
        let from = words.next().unwrap_or_default().to_owned();
        let name = words.next().filter(|word| word.eq_ignore_ascii_case("as")).and_then(|_| words.next()).map(str::to_owned);
        let resolved = expand(&from, arguments);
        let mut stage = Stage { line: instruction.line, from, name, ..Stage::default() };
        let parent = resolved.as_ref().and_then(|image| {
            let named = |stage: &&Stage| stage.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(image));
            earlier.iter().rev().find(named)
        });
        match parent {
            Some(parent) => {
                stage.base.clone_from(&parent.base);
                stage.user.clone_from(&parent.user);
                stage.starts.clone_from(&parent.starts);
                stage.variables.clone_from(&parent.variables);
            }
            None => {
                stage.image = resolved.as_deref().map(image_of);
                stage.base = resolved;
            }
        }
        stage
    }

    fn add(&mut self, instruction: Instruction, arguments: &Variables) {
        let line = instruction.line;
        match instruction.word.as_str() {
            "USER" => self.user = Some((expand(&instruction.text, &self.variables).unwrap_or_else(|| instruction.text.clone()), line)),
            "CMD" | "ENTRYPOINT" => self.starts = Some((instruction.text.clone(), line)),
            "ENV" => {
                for (name, value) in environment(&instruction.text) {
                    self.env.push((format!("{name}={value}"), line));
                    let value = expand(&value, &self.variables);
                    self.variables.insert(name, value);
                }
            }
            "ARG" => {
                for (name, value) in assignments(&instruction.text) {
                    self.args.push((value.as_ref().map_or_else(|| name.clone(), |value| format!("{name}={value}")), line));
                    let value = match value {
                        Some(value) => expand(&value, &self.variables),
                        None => arguments.get(&name).cloned().flatten(),
                    };
                    self.variables.insert(name, value);
                }
            }
            _ => {}
        }
        self.instructions.push(instruction);
    }

    fn node(self, last: bool) -> Node {
        let text = |text: String, line: u32| Node::new(Value::Text(text), line);
        let line = self.line;
        let mut members = Vec::new();
        let mut put = |key: &str, node: Node| members.push(Member { key: key.to_owned(), line: node.line, node });
        put("from", text(self.from, line));
        let (image, tag, digest) = self.image.map_or((None, None, None), |image| (Some(image.name), image.tag, image.digest));
        for (key, value) in [("name", self.name), ("image", image), ("tag", tag), ("digest", digest), ("base", self.base)] {
            value.into_iter().for_each(|value| put(key, text(value, line)));
        }
        for (key, value) in [("user", self.user), ("starts", self.starts)] {
            value.into_iter().for_each(|(value, line)| put(key, text(value, line)));
        }
        put("last", Node::new(Value::Bool(last), line));
        for (key, values) in [("env", self.env), ("args", self.args)] {
            put(key, Node::new(Value::List(values.into_iter().map(|(value, line)| text(value, line)).collect()), line));
        }
        let instruction = |instruction: Instruction| {
            let line = instruction.line;
            let member = |key: &str, value: String| Member { key: key.to_owned(), line, node: text(value, line) };
            Node::new(Value::map(vec![member("do", instruction.word), member("text", instruction.text)]), line)
        };
        put("instructions", Node::new(Value::List(self.instructions.into_iter().map(instruction).collect()), line));
        Node::new(Value::map(members), line)
    }
}

/// `registry:5000/name:tag@digest` in its parts.
fn image_of(reference: &str) -> Image {
    let (name, digest) = reference.split_once('@').map_or((reference, None), |(name, digest)| (name, Some(digest.to_owned())));
    let path = name.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match name[path..].find(':') {
        Some(at) => (&name[..path + at], Some(name[path + at + 1..].to_owned())),
        None => (name, None),
    };
    Image { name: name.to_owned(), tag, digest }
}

/// The assignments of `ENV`, which may also be written `ENV NAME the value`.
fn environment(text: &str) -> Vec<(String, String)> {
    let first = text.split_whitespace().next().unwrap_or_default();
    if !first.contains('=') {
        let rest = text[first.len()..].trim();
        return vec![(first.to_owned(), rest.to_owned())];
    }
    assignments(text).into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// `A=b C="d e" F`, without the quotes.
fn assignments(text: &str) -> Vec<(String, Option<String>)> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => word.extend(rest.next()),
            '"' | '\'' if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => quote = Some(c),
            c if c.is_whitespace() && quote.is_none() => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    let named = words.into_iter().filter(|word| !word.is_empty() && !word.starts_with('#'));
    named.map(|word| word.split_once('=').map_or((word.clone(), None), |(name, value)| (name.to_owned(), Some(value.to_owned())))).collect()
}

/// A text with its variables put in; `None` where one has no value. `${X:-d}` and `${X-d}` have a default.
fn expand(text: &str, variables: &Variables) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (name, default, after) = if let Some(inner) = rest.strip_prefix('{') {
            let (inside, after) = inner.split_once('}')?;
            let end = inside.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(inside.len());
            let default = inside[end..].strip_prefix(":-").or_else(|| inside[end..].strip_prefix('-'));
            (&inside[..end], default, after)
        } else {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            (&rest[..end], None, &rest[end..])
        };
        let value = variables.get(name).cloned().flatten().filter(|value| !value.is_empty() || default.is_none());
        out.push_str(&value.or_else(|| default.map(str::to_owned))?);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn stages(text: &str) -> Vec<serde_json::Value> {
        read(text).unwrap()[0].to_json()["stages"].as_array().unwrap().clone()
    }

    #[test]
    fn stages_know_what_they_stand_on() {
        let all = stages(
            "# syntax=docker/dockerfile:1\nARG RUBY=3.4\nARG BASE=ruby:${RUBY}-slim\nFROM --platform=$BUILDPLATFORM $BASE AS base\n\
             USER 1000:1000\nENTRYPOINT [\"/entry\"]\nFROM base as build\nUSER root\nRUN make\nFROM base\nCOPY --from=build /x /x\n",
        );
        assert_eq!(all.len(), 3);
        assert_eq!((&all[0]["image"], &all[0]["tag"], &all[0]["user"]), (&"ruby".into(), &"3.4-slim".into(), &"1000:1000".into()));
        assert_eq!((&all[1]["base"], &all[1]["user"], &all[1]["last"]), (&"ruby:3.4-slim".into(), &"root".into(), &false.into()));
        assert_eq!((&all[2]["user"], &all[2]["starts"], &all[2]["last"]), (&"1000:1000".into(), &"[\"/entry\"]".into(), &true.into()));
        assert!(all[2].get("image").is_none() && all[0].get("digest").is_none());
    }

    #[test]
    fn what_has_no_value_is_missing() {
        let all = stages("ARG TAG\nFROM app:${TAG}\nFROM a/${X:-b}:${TAG:-c}@sha256:12\nFROM reg:5000/x/y\nUSER $NOBODY\n");
        assert!(all[0].get("image").is_none() && all[0].get("base").is_none());
        assert_eq!((&all[1]["image"], &all[1]["tag"], &all[1]["digest"]), (&"a/b".into(), &"c".into(), &"sha256:12".into()));
        assert_eq!((&all[2]["image"], &all[2]["user"]), (&"reg:5000/x/y".into(), &"$NOBODY".into()));
        assert!(all[2].get("tag").is_none());
    }

    #[test]
    fn instructions_span_lines() {
        let text = "FROM a\nRUN one && \\\n  # a comment\n\n  two\nRUN <<EOF\nFROM nothing\nUSER root\nEOF\nCOPY <<-'A' <<B /x/\na\n\tA\nb\nB\nENV A=1 \\\n  B=\"two words\" C=it\\ is\nENV OLD the whole value\nARG UID=7\nARG NONE\nuser $UID";
        let nodes = read(text).unwrap();
        let stage = nodes[0].get("stages").unwrap().items()[0].clone();
        let all: Vec<(String, u32)> =
            stage.get("instructions").unwrap().items().iter().map(|i| (i.get("do").unwrap().scalar().unwrap(), i.line)).collect();
        let words: Vec<(&str, u32)> = all.iter().map(|(word, line)| (word.as_str(), *line)).collect();
        assert_eq!(words, [("RUN", 2), ("RUN", 6), ("COPY", 10), ("ENV", 15), ("ENV", 17), ("ARG", 18), ("ARG", 19), ("USER", 20)]);
        let json = stage.to_json();
        assert_eq!(json["env"], serde_json::json!(["A=1", "B=two words", "C=it is", "OLD=the whole value"]));
        assert_eq!(json["args"], serde_json::json!(["UID=7", "NONE"]));
        assert_eq!(json["user"], "7");
        assert_eq!(json["instructions"][0]["text"], "one &&    two");
    }

    #[test]
    fn odd_texts_end() {
        assert!(read("").unwrap().is_empty() && read("RUN x\n\\\n").unwrap().is_empty());
        assert_eq!(stages("# escape=`\nFROM a\nRUN c:\\ `\n x\nRUN <<\nRUN <<EOF").len(), 1);
        assert_eq!(stages("FROM ${\nENV\nARG =\nUSER\nFROM").len(), 2);
    }
}
