//! A structured document with the line of every value: what YAML, JSON, TOML and HCL are all read into.

use std::collections::HashSet;

use serde_json::{Map, Value as Json};

/// A value and the line where it starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// 1-based line of the value's first byte.
    pub line: u32,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Null or an empty YAML value.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number; integers keep their text in [`Node::scalar`].
    Number(serde_json::Number),
    /// A text.
    Text(String),
    /// Not a literal: a Terraform reference, a template. Its source text.
    Expression(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order written.
    Map(Vec<Member>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The key as text.
    pub key: String,
    /// 1-based line of the key.
    pub line: u32,
    /// The value.
    pub node: Node,
}

impl Value {
    /// A mapping of these members; of several with the same key, the last.
    pub fn map(members: Vec<Member>) -> Self {
        let mut seen = HashSet::with_capacity(members.len());
        let kept: Vec<bool> = members.iter().rev().map(|member| seen.insert(member.key.as_str())).collect();
        if seen.len() == members.len() {
            return Value::Map(members);
        }
        let last = members.into_iter().zip(kept.into_iter().rev()).filter_map(|(member, kept)| kept.then_some(member));
        Value::Map(last.collect())
    }
}

impl Node {
    /// A node at a line.
    pub fn new(value: Value, line: u32) -> Self {
        Node { value, line }
    }

    /// The value of a key of a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.member(key).map(|member| &member.node)
    }

    /// The member of a map with this key.
    pub fn member(&self, key: &str) -> Option<&Member> {
        self.members().iter().find(|member| member.key == key)
    }

    /// The members of a map; empty for anything else.
    pub fn members(&self) -> &[Member] {
        match &self.value {
            Value::Map(members) => members,
            _ => &[],
        }
    }

    /// The items of a list; empty for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The items of a list, or the value itself as the only item; nothing for null.
    pub fn one_or_many(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            Value::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The text of a string value (not of an expression).
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A scalar as text: strings as they are, numbers and booleans as written, expressions by their source.
    pub fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) | Value::Expression(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The same document without lines, for JSONPath. Expressions become their source text.
    pub fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(flag) => Json::Bool(*flag),
            Value::Number(number) => Json::Number(number.clone()),
            Value::Text(text) | Value::Expression(text) => Json::String(text.clone()),
            Value::List(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Value::Map(members) => Json::Object(members.iter().map(|m| (m.key.clone(), m.node.to_json())).collect::<Map<_, _>>()),
        }
    }
}
