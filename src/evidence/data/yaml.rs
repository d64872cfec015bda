//! YAML as people write it: several documents, anchors, merge keys, tags, templates.
//!
//! The tree is built from parser events rather than through serde, because serde has no place for what an audit needs to
//! keep: the line of every key, the tag of `!Ref`, the text of `1.10`. The nouns are few: a *frame* is a collection whose
//! end has not been seen, an *anchor* is a finished node that an alias may repeat.
//!
//! Reading follows the YAML 1.2 core schema: `true` and `false` are booleans, `yes` and `on` are text. Three habits of real
//! files are honoured beyond it: `<<` merges, the last of two equal keys wins, and a version such as `1.10` keeps its text.
//!
//! Nothing here recurses, so depth costs no stack; depth, nodes and repeated bytes are capped all the same, because the
//! tree is walked by others.

use std::collections::{HashMap, HashSet};

use serde_saphyr::granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span, Tag, options};

use super::limits::{MAX_DEPTH, MAX_VALUES, too_deep, too_many};
use super::{Format, Unreadable, scalar, template};
use crate::evidence::node::{Member, Node, Value};

/// Most bytes that anchors and their aliases may add to one file: a list of lists of aliases grows without bound.
const MAX_REPEATED_BYTES: usize = 32 << 20;
/// What a node weighs beside its text, in bytes.
const NODE_BYTES: usize = 64;

/// The documents of a YAML file; empty ones are left out.
///
/// # Errors
/// When any document of the file is not YAML, or exceeds a cap: what, and on which line.
pub fn read(text: &str) -> Result<Vec<Node>, Unreadable> {
    let mut builder = Builder::new(text);
    for event in Parser::new_from_str_with_options(text, parser_options()) {
        let (event, span) = event.map_err(|error| malformed(&error, text))?;
        builder.take(event, span)?;
    }
    Ok(builder.documents)
}

fn parser_options() -> Options {
    options! {
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    }
}

fn malformed(error: &ScanError, text: &str) -> Unreadable {
    Unreadable::malformed(Format::Yaml, text, &error.info(), line_of(error.marker().line()))
}

fn line_of(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX).max(1)
}

/// A finished node that aliases may repeat.
struct Anchor {
    node: Node,
    depth: usize,
    bytes: usize,
}

/// A finished node with what it takes to hold it.
struct Built {
    node: Node,
    /// Levels of collections: 0 for a scalar.
    depth: usize,
    bytes: usize,
    /// Whether it can be the key `<<`: plain, not quoted.
    plain: bool,
}

impl Built {
    fn scalar(value: Value, line: u32, plain: bool) -> Self {
        let text = match &value {
            Value::Text(text) | Value::Expression(text) => text.len(),
            _ => 0,
        };
        Built { node: Node::new(value, line), depth: 0, bytes: NODE_BYTES + text, plain }
    }
}

/// A collection whose end has not been seen.
struct Frame {
    content: Content,
    line: u32,
    /// Byte where it starts.
    start: usize,
    anchor: usize,
    depth: usize,
    bytes: usize,
}

enum Content {
    List(Vec<Node>),
    Map(Pairs),
}

#[derive(Default)]
struct Pairs {
    members: Vec<Member>,
    /// Maps under `<<`, in the order written.
    merged: Vec<Node>,
    key: Option<Key>,
}

struct Key {
    text: String,
    line: u32,
    merge: bool,
}

struct Builder<'t> {
    text: &'t str,
    documents: Vec<Node>,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchor>,
    nodes: usize,
    repeated_bytes: usize,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        Builder { text, documents: Vec::new(), frames: Vec::new(), anchors: HashMap::new(), nodes: 0, repeated_bytes: 0 }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Unreadable> {
        let line = line_of(span.start.line());
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let built = self.scalar(text.into_owned(), style, tag.as_deref(), line);
                self.finish(built, anchor)
            }
            Event::Alias(anchor) => self.alias(anchor, line),
            Event::SequenceStart(_, anchor, _) => self.open(Content::List(Vec::new()), anchor, span),
            Event::MappingStart(_, anchor, _) => self.open(Content::Map(Pairs::default()), anchor, span),
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::DocumentEnd => {
                self.anchors.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn scalar(&self, text: String, style: ScalarStyle, tag: Option<&Tag>, line: u32) -> Built {
        let plain = style == ScalarStyle::Plain;
        // An absent value is reported where the next token is; its key says better where it stands.
        let line = if plain && text.is_empty() { self.pending_key_line().unwrap_or(line) } else { line };
        let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        let value = match tag {
            Some(tag) => tagged(text, tag),
            None if plain => scalar::plain(&text),
            None if quoted && template::is_go(&text) => Value::Expression(text),
            None => Value::Text(text),
        };
        Built::scalar(value, line, plain)
    }

    fn pending_key_line(&self) -> Option<u32> {
        match &self.frames.last()?.content {
            Content::Map(pairs) => pairs.key.as_ref().map(|key| key.line),
            Content::List(_) => None,
        }
    }

    fn open(&mut self, content: Content, anchor: usize, span: Span) -> Result<(), Unreadable> {
        let line = line_of(span.start.line());
        if self.frames.len() >= MAX_DEPTH {
            return Err(too_deep(line));
        }
        let start = span.start.byte_offset().unwrap_or(usize::MAX);
        self.frames.push(Frame { content, line, start, anchor, depth: 0, bytes: NODE_BYTES });
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<(), Unreadable> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let value = match frame.content {
            Content::List(items) => Value::List(items),
            Content::Map(pairs) => {
                let source = span.end.byte_offset().and_then(|end| self.text.get(frame.start..end));
                match source.filter(|source| template::is_go(source)) {
                    // `{{ .Values.x }}` without quotes is, to YAML, a map whose key is a map.
                    Some(source) => Value::Expression(source.to_owned()),
                    None => pairs.into_value(),
                }
            }
        };
        let built = Built { node: Node::new(value, frame.line), depth: frame.depth + 1, bytes: frame.bytes, plain: false };
        self.finish(built, frame.anchor)
    }

    fn alias(&mut self, anchor: usize, line: u32) -> Result<(), Unreadable> {
        let Some(Anchor { node, depth, bytes }) = self.anchors.get(&anchor) else {
            return Err(Unreadable { why: "not YAML: an alias stands inside its own anchor".into(), line: Some(line) });
        };
        self.repeated_bytes = within_budget(self.repeated_bytes + bytes, line)?;
        if self.frames.len() + depth > MAX_DEPTH {
            return Err(too_deep(line));
        }
        let built = Built { node: Node::new(node.value.clone(), line), depth: *depth, bytes: *bytes, plain: false };
        self.finish(built, 0)
    }

    fn finish(&mut self, built: Built, anchor: usize) -> Result<(), Unreadable> {
        self.nodes += 1;
        if self.nodes > MAX_VALUES {
            return Err(too_many(Some(built.node.line)));
        }
        if anchor != 0 {
            self.repeated_bytes = within_budget(self.repeated_bytes + built.bytes, built.node.line)?;
            self.anchors.insert(anchor, Anchor { node: built.node.clone(), depth: built.depth, bytes: built.bytes });
        }
        match self.frames.last_mut() {
            Some(frame) => frame.add(built),
            None if built.node.value == Value::Null => {}
            None => self.documents.push(built.node),
        }
        Ok(())
    }
}

fn within_budget(bytes: usize, line: u32) -> Result<usize, Unreadable> {
    if bytes > MAX_REPEATED_BYTES {
        return Err(Unreadable {
            why: format!("its anchors and aliases repeat more than {} MB", MAX_REPEATED_BYTES >> 20),
            line: Some(line),
        });
    }
    Ok(bytes)
}

impl Frame {
    fn add(&mut self, built: Built) {
        self.depth = self.depth.max(built.depth);
        self.bytes += built.bytes;
        match &mut self.content {
            Content::List(items) => items.push(built.node),
            Content::Map(pairs) => pairs.add(built),
        }
    }
}

impl Pairs {
    fn add(&mut self, built: Built) {
        match self.key.take() {
            None => self.key = Some(Key::of(built)),
            Some(key) if key.merge && is_mergeable(&built.node) => self.merged.push(built.node),
            Some(key) => self.members.push(Member { key: key.text, line: key.line, node: built.node }),
        }
    }

    /// The written members, then those that `<<` brings and nobody wrote.
    fn into_value(self) -> Value {
        let mut value = Value::map(self.members);
        if let (Value::Map(members), false) = (&mut value, self.merged.is_empty()) {
            let mut seen: HashSet<String> = members.iter().map(|member| member.key.clone()).collect();
            let merged = self.merged.into_iter().flat_map(maps_of).flatten();
            members.extend(merged.filter(|member| seen.insert(member.key.clone())));
        }
        value
    }
}

impl Key {
    fn of(built: Built) -> Self {
        let line = built.node.line;
        let text = match built.node.value {
            Value::Null => String::new(),
            Value::Text(text) | Value::Expression(text) => text,
            value => Node::new(value, line).to_json().to_string(),
        };
        Key { merge: built.plain && text == "<<", text, line }
    }
}

fn is_mergeable(node: &Node) -> bool {
    let map = |node: &Node| matches!(node.value, Value::Map(_));
    map(node) || (matches!(node.value, Value::List(_)) && node.items().iter().all(map))
}

fn maps_of(node: Node) -> Vec<Vec<Member>> {
    match node.value {
        Value::Map(members) => vec![members],
        Value::List(items) => items.into_iter().flat_map(maps_of).collect(),
        _ => Vec::new(),
    }
}

/// A scalar under an explicit tag: `!!str 1`, `!Ref Bucket`.
fn tagged(text: String, tag: &Tag) -> Value {
    match tag.core_suffix() {
        Some("str") => return Value::Text(text),
        Some(_) => return scalar::plain(&text),
        None => {}
    }
    match tag.original().as_str() {
        "!" | "!binary" | "!!binary" | "!!timestamp" => Value::Text(text),
        original => Value::Expression(format!("{original} {text}").trim_end().to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn one(text: &str) -> Node {
        let mut documents = read(text).unwrap();
        assert_eq!(documents.len(), 1, "{documents:?}");
        documents.remove(0)
    }

    fn why(text: &str) -> Unreadable {
        read(text).unwrap_err()
    }

    #[test]
    fn a_github_workflow_keeps_on_and_its_lines() {
        let node = one(r"name: CI
on:
  push:
    branches: [main]
  schedule:
    - cron: '0 3 * * 1-5'
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: |
          make test
");
        let on = node.member("on").unwrap();
        assert_eq!((on.key.as_str(), on.line), ("on", 2));
        assert_eq!(on.node.get("push").unwrap().get("branches").unwrap().items()[0].line, 4);
        let cron = on.node.get("schedule").unwrap().items()[0].member("cron").unwrap();
        assert_eq!((cron.line, cron.node.line, cron.node.as_str()), (6, 6, Some("0 3 * * 1-5")));
        let steps = node.get("jobs").unwrap().get("test").unwrap().get("steps").unwrap();
        assert_eq!(steps.items()[1].get("run").unwrap().as_str(), Some("make test\n"));
        assert_eq!(steps.items()[1].line, 12);
    }

    #[test]
    fn an_absent_value_stands_on_the_line_of_its_key() {
        let node = one("on:\n  push:\n\n  # nothing\n  pull_request:\n");
        let push = node.get("on").unwrap().member("push").unwrap();
        assert_eq!((push.line, &push.node), (2, &Node::new(Value::Null, 2)));
    }

    #[test]
    fn booleans_are_strict_and_versions_keep_their_text() {
        let node = one(r"a: yes
b: on
c: true
d: False
e: 1.10
f: 1.5
g: 8080
h: 0755
i: ~
j: 0.10
k: 3.0
l: '1'
m: 2024-01-02
n: 12:30
");
        let expected = json!({"a": "yes", "b": "on", "c": true, "d": false, "e": "1.10", "f": 1.5, "g": 8080, "h": "0755", "i": null,
            "j": 0.1, "k": 3.0, "l": "1", "m": "2024-01-02", "n": "12:30"});
        assert_eq!(node.to_json(), expected);
    }

    #[test]
    fn compose_with_anchors_and_merges() {
        let node = one(r"x-base: &base
  restart: always
  environment: &env
    A: 1
services:
  web:
    <<: *base
    image: app
    restart: 'no'
  worker:
    <<: [*base, {image: other}]
    environment:
      <<: *env
      B: 2
");
        let services = node.get("services").unwrap();
        assert_eq!(services.get("web").unwrap().to_json(), json!({"image": "app", "restart": "no", "environment": {"A": 1}}));
        assert_eq!(
            services.get("worker").unwrap().to_json(),
            json!({"environment": {"B": 2, "A": 1}, "restart": "always", "image": "other"})
        );
        assert_eq!(services.get("web").unwrap().member("environment").unwrap().line, 3);
    }

    #[test]
    fn several_documents_and_empty_ones() {
        let documents = read("---\n# one\nkind: A\n---\n---\nkind: B\n...\n---\n").unwrap();
        let kinds: Vec<_> = documents.iter().map(|node| (node.get("kind").unwrap().as_str().unwrap(), node.line)).collect();
        assert_eq!(kinds, [("A", 3), ("B", 6)]);
        assert_eq!(read("").unwrap(), []);
        assert_eq!(read("# only a comment\n").unwrap(), []);
        assert_eq!(read("\u{feff}a: 1\n").unwrap().len(), 1);
    }

    #[test]
    fn cloudformation_and_gitlab_tags_do_not_lose_their_values() {
        let node = one(r"Bucket: !Ref Logs
Arn: !GetAtt Db.Arn
List: !If [IsProd, 30, 1]
Sub: !Sub
  Name: x
script:
  - !reference [.setup, script]
port: !!str 80
n: !!int '3'
b: !!binary aGk=
e: ! 1
f: !Foo
");
        assert_eq!(node.get("Bucket").unwrap().value, Value::Expression("!Ref Logs".into()));
        assert_eq!(node.get("Arn").unwrap().value, Value::Expression("!GetAtt Db.Arn".into()));
        assert_eq!(node.get("List").unwrap().to_json(), json!(["IsProd", 30, 1]));
        assert_eq!(node.get("Sub").unwrap().to_json(), json!({"Name": "x"}));
        assert_eq!(node.get("script").unwrap().to_json(), json!([[".setup", "script"]]));
        assert_eq!(node.get("port").unwrap().to_json(), json!("80"));
        assert_eq!(node.get("n").unwrap().to_json(), json!(3));
        assert_eq!((node.get("b").unwrap().as_str(), node.get("e").unwrap().as_str()), (Some("aGk="), Some("1")));
        assert_eq!(node.get("f").unwrap().value, Value::Expression("!Foo".into()));
    }

    #[test]
    fn the_last_of_two_equal_keys_wins() {
        let node = one("a: 1\nb: 2\na: 3\n");
        assert_eq!(node.to_json(), json!({"b": 2, "a": 3}));
        assert_eq!(node.member("a").unwrap().line, 3);
    }

    #[test]
    fn odd_keys_become_text() {
        let node = one("8080: a\ntrue: b\n~: c\n? [x, y]\n: d\n*: e\n".replace("*: e\n", "").as_str());
        let keys: Vec<_> = node.members().iter().map(|member| member.key.as_str()).collect();
        assert_eq!(keys, ["8080", "true", "", "[\"x\",\"y\"]"]);
    }

    #[test]
    fn a_template_alone_is_an_expression() {
        let node = one(r#"a: "{{ .Values.x }}"
b: {{ .Values.replicas }}
c: "{{ a }}-{{ b }}"
d: ${{ secrets.X }}
e: '${{ x }}'
"#);
        assert_eq!(node.get("a").unwrap().value, Value::Expression("{{ .Values.x }}".into()));
        assert_eq!(node.get("b").unwrap().value, Value::Expression("{{ .Values.replicas }}".into()));
        assert_eq!(node.get("c").unwrap().value, Value::Text("{{ a }}-{{ b }}".into()));
        assert_eq!(node.get("d").unwrap().value, Value::Text("${{ secrets.X }}".into()));
        assert_eq!(node.get("e").unwrap().value, Value::Text("${{ x }}".into()));
    }

    #[test]
    fn a_helm_template_is_unreadable_and_says_why() {
        let error = why(r#"{{- if .Values.ingress.enabled -}}
apiVersion: v1
metadata:
  labels:
    {{- include "x.labels" . | nindent 4 }}
{{- end }}
"#);
        assert!(error.why.contains("template markup"), "{error:?}");
        assert!(error.line.is_some());
    }

    #[test]
    fn one_broken_document_is_a_gap_with_its_line() {
        let error = why("a: 1\n---\nb: [1, 2\nc: 3\n");
        assert!(error.why.starts_with("not YAML: "), "{error:?}");
        assert!(error.line.unwrap() >= 3, "{error:?}");
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let alias = format!("*a{}, ", level - 1).repeat(9);
            text.push_str(&format!("a{level}: &a{level} [{}]\n", alias.trim_end_matches(", ")));
        }
        assert!(why(&text).why.contains("aliases repeat"), "{:?}", why(&text));
    }

    #[test]
    fn a_long_text_repeated_by_aliases_is_refused() {
        let text = format!("a: &a {}\nb: [{}*a]\n", "x".repeat(1 << 20), "*a, ".repeat(1000));
        assert!(why(&text).why.contains("aliases repeat"));
    }

    #[test]
    fn a_chain_of_aliases_does_not_get_around_the_depth() {
        let mut text = String::from("a0: &a0 [x]\n");
        for level in 1..1000 {
            text.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
        }
        assert!(why(&text).why.contains("nested deeper"));
    }

    #[test]
    fn depth_is_capped() {
        for text in ["[".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(50_000), "? ".repeat(50_000)] {
            assert!(read(&text).is_err());
        }
        let block: String = (0..5000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        assert!(read(&block).is_err());
    }

    #[test]
    fn an_alias_inside_its_own_anchor_is_refused() {
        assert!(read("a: &a [1, *a]\n").is_err());
        assert!(read("a: *nobody\n").is_err());
    }

    #[test]
    fn hostile_bytes_do_not_panic() {
        for text in [
            "\0",
            "a: \0b",
            "\t",
            "%YAML 9.9\n---\n",
            "&",
            "*",
            "!",
            "!<",
            "- - -\n -",
            "\u{feff}\u{feff}",
            "a: b: c",
            "{",
            "}",
            "'",
            "\"\\",
            "|",
            "? :",
            "<<: 1",
            "<<: [1, {a: 2}]",
        ] {
            let _ = read(text);
        }
    }
}
