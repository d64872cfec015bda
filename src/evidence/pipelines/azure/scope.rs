//! The file that something is written in, and the parameters it is given.

use super::super::steps::{filled, texts};
use crate::evidence::node::Node;
use std::collections::HashMap;

/// Where something is written and with which parameters.
#[derive(Clone)]
pub(super) struct Scope {
    /// The file, when not the pipeline's own.
    pub file: Option<String>,
    pub path: String,
    pub parameters: HashMap<String, Node>,
    pub depth: usize,
}

impl Scope {
    /// A text with the parameters that are scalars in their places.
    pub fn fill(&self, text: &str) -> String {
        filled(text, ("${{", "}}"), |expression| self.parameters.get(expression.strip_prefix("parameters.")?.trim())?.scalar())
    }

    /// A scalar that is not empty once it is filled.
    pub fn of(&self, node: &Node, key: &str) -> Option<String> {
        node.get(key).and_then(Node::scalar).map(|text| self.fill(&text)).filter(|text| !text.is_empty())
    }

    /// Scalars, those of a parameter that is a list in its place; what stays an expression is left out.
    pub fn list(&self, node: Option<&Node>) -> Vec<String> {
        let of = |text: String| match list_parameter(&text).and_then(|name| self.parameters.get(name)) {
            Some(list) => texts(Some(list)),
            None => vec![self.fill(&text)],
        };
        texts(node).into_iter().flat_map(of).filter(|text| !text.contains("${{") && !text.is_empty()).collect()
    }
}

/// Parameters with their defaults: a list of `{name, default}`, or a map.
pub(super) fn defaults_of(file: &Node) -> HashMap<String, Node> {
    let Some(parameters) = file.get("parameters") else { return HashMap::new() };
    let listed = parameters.items().iter().filter_map(|item| Some((item.get("name")?.scalar()?, item.get("default")?.clone())));
    let mapped = parameters.members().iter().map(|member| (member.key.clone(), member.node.clone()));
    listed.chain(mapped).collect()
}

/// The parameter of an item that is `${{ parameters.steps }}` and nothing else.
pub(super) fn list_parameter(text: &str) -> Option<&str> {
    text.trim().strip_prefix("${{")?.strip_suffix("}}")?.trim().strip_prefix("parameters.")
}
