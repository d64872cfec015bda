//! A document that answers JSONPath, many times.
//!
//! The JSONPath library wants `serde_json` values, which know no lines. So each document keeps its JSON form beside the
//! nodes, built when first asked, and locations found in the one are followed in the other.

use std::sync::OnceLock;

use serde_json::Value as Json;
use serde_json_path::{JsonPath, NormalizedPath, PathElement};

use super::super::node::{Node, Value};

/// One document of a file.
#[derive(Debug, Clone)]
pub struct Document {
    /// The outermost value. Not to be changed once asked: its JSON form is kept.
    pub root: Node,
    json: OnceLock<Json>,
}

impl Document {
    /// A document around its outermost value.
    pub fn new(root: Node) -> Self {
        Document { root, json: OnceLock::new() }
    }

    /// The document without lines; see [`Node::to_json`].
    pub fn json(&self) -> &Json {
        self.json.get_or_init(|| self.root.to_json())
    }

    /// The nodes an RFC 9535 JSONPath finds, in the order of that standard.
    pub fn query(&self, path: &JsonPath) -> Vec<&Node> {
        find(&self.root, self.json(), path)
    }

    /// The same from an inner node: there, `$` is that node.
    pub fn query_from<'a>(&'a self, node: &'a Node, path: &JsonPath) -> Vec<&'a Node> {
        if std::ptr::eq(node, &self.root) { self.query(path) } else { query(node, path) }
    }
}

/// The nodes an RFC 9535 JSONPath finds below a node, in the order of that standard. To ask the same tree more than once,
/// use a [`Document`].
pub fn query<'a>(node: &'a Node, path: &JsonPath) -> Vec<&'a Node> {
    find(node, &node.to_json(), path)
}

/// Most definitions find nothing in most documents, and a query without locations is several times cheaper: ask it first.
fn find<'a>(root: &'a Node, json: &Json, path: &JsonPath) -> Vec<&'a Node> {
    if path.query(json).is_empty() {
        return Vec::new();
    }
    let mut steps = Steps::default();
    path.query_located(json).locations().filter_map(|location| steps.follow(root, location)).collect()
}

/// Follows locations through nodes. Neighbours are asked for in turn, so each search begins where the last one of that depth
/// ended; without that, all keys of a map cost the square of their number.
#[derive(Default)]
struct Steps {
    last: Vec<usize>,
}

impl Steps {
    fn follow<'a>(&mut self, root: &'a Node, location: &NormalizedPath<'_>) -> Option<&'a Node> {
        self.last.resize(self.last.len().max(location.len()), 0);
        location.iter().zip(&mut self.last).try_fold(root, |node, (element, last)| match (element, &node.value) {
            (PathElement::Index(index), Value::List(items)) => items.get(*index),
            (PathElement::Name(name), Value::Map(members)) => {
                let from = (*last).min(members.len());
                let after = members[from..].iter().position(|member| member.key == *name).map(|at| from + at);
                *last = after.or_else(|| members[..from].iter().position(|member| member.key == *name))?;
                members.get(*last).map(|member| &member.node)
            }
            _ => None,
        })
    }
}
