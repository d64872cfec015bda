//! Calls and literal values as they stand in code, whatever the language: `add_column :users, :age, :integer, null: true`
//! and `migrationBuilder.AddColumn<int>(name: "Age", table: "Users")` are both a name with arguments.

use super::model::{Act, Operation};
use crate::evidence::syntax::Node;

/// What stands for a part of a text that only running the code could tell.
pub const DYNAMIC: &str = "dynamic__";
/// Chains of calls and nested values longer than this are cut off.
const DEEPEST: u32 = 60;

/// A literal, a call, or something that only running the code could tell.
#[derive(Clone)]
pub enum Value<'t> {
    /// A string, symbol or atom, and the line its text starts in.
    Text(String, u32),
    /// A number.
    Number(i64),
    /// True or false.
    Bool(bool),
    /// `nil`, `None`, `null`.
    Null,
    /// A list or tuple.
    List(Vec<Value<'t>>),
    /// Keys and values.
    Map(Vec<(String, Value<'t>)>),
    /// A call.
    Call(Box<Call<'t>>),
    /// A constant or variable, dotted.
    Name(String),
    /// Anything else.
    Other,
}

/// A call with its receiver and arguments.
#[derive(Clone)]
pub struct Call<'t> {
    /// The name of what is called, without its receiver.
    pub name: String,
    /// What it is called on.
    pub on: Option<Value<'t>>,
    /// Arguments by position.
    pub args: Vec<Value<'t>>,
    /// Arguments by name.
    pub named: Vec<(String, Value<'t>)>,
    /// Where it stands.
    pub node: Node<'t>,
    /// 1-based line of its name.
    pub line: u32,
}

/// The 1-based line that a node starts in.
pub fn line_of(node: &Node<'_>) -> u32 {
    u32::try_from(node.start_pos().line() + 1).unwrap_or(u32::MAX)
}

impl<'t> Value<'t> {
    /// The text of a string, symbol or name.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text, _) => Some(text),
            _ => None,
        }
    }

    /// The text of a string or the last part of a name: `models.CharField` is `CharField`.
    pub fn word(&self) -> Option<&str> {
        match self {
            Value::Text(text, _) => Some(text),
            Value::Name(name) => name.rsplit(['.', ':', '\\']).next(),
            Value::Call(call) => Some(&call.name),
            _ => None,
        }
    }

    /// All texts in a text or list.
    pub fn texts(&self) -> Vec<String> {
        match self {
            Value::Text(text, _) => vec![text.clone()],
            Value::List(list) => list.iter().flat_map(Value::texts).collect(),
            _ => Vec::new(),
        }
    }

    /// A value of a map by its key.
    pub fn get(&self, key: &str) -> Option<&Value<'t>> {
        match self {
            Value::Map(pairs) => pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// True for `false`.
    pub fn is_false(&self) -> bool {
        matches!(self, Value::Bool(false))
    }

    /// True for `true`.
    pub fn is_true(&self) -> bool {
        matches!(self, Value::Bool(true))
    }

    /// The call, if it is one.
    pub fn call(&self) -> Option<&Call<'t>> {
        match self {
            Value::Call(call) => Some(call),
            _ => None,
        }
    }
}

impl<'t> Call<'t> {
    /// An argument by position, as text.
    pub fn text(&self, at: usize) -> Option<&str> {
        self.args.get(at).and_then(Value::text)
    }

    /// An argument by name, or of a map among the arguments.
    pub fn option(&self, key: &str) -> Option<&Value<'t>> {
        let named = self.named.iter().find(|(name, _)| name == key).map(|(_, value)| value);
        named.or_else(|| self.args.iter().find_map(|value| value.get(key)))
    }

    /// An argument by name, else by position.
    pub fn either(&self, key: &str, at: usize) -> Option<&Value<'t>> {
        self.option(key).or_else(|| self.args.get(at))
    }

    /// What the call does to a table.
    pub fn does(&self, table: &str, act: Act) -> Operation {
        Operation { act, table: table.to_owned(), line: self.line, written: self.name.clone(), muted: None }
    }

    /// An option that is a word: `algorithm: :concurrently`.
    pub fn option_is(&self, key: &str, word: &str) -> bool {
        self.option(key).and_then(Value::word) == Some(word)
    }

    /// The calls of a chain from the last to the first: `t.string("x").nullable()` gives `nullable`, `string`.
    pub fn chain(&self) -> Vec<&Call<'t>> {
        let mut links = vec![self];
        while let Some(Value::Call(call)) = links.last().and_then(|call| call.on.as_ref()) {
            links.push(call);
        }
        links
    }

    /// The name at the start of the chain: `knex` of `knex.schema.alterTable(..)`.
    pub fn root(&self) -> Option<&str> {
        match self.chain().last()?.on.as_ref()? {
            Value::Name(name) => name.split(['.', ':', '\\']).next(),
            _ => None,
        }
    }
}

/// The call that a node is, if it is one.
pub fn call_of<'t>(node: &Node<'t>) -> Option<Call<'t>> {
    call_at(node, 0)
}

fn call_at<'t>(node: &Node<'t>, depth: u32) -> Option<Call<'t>> {
    if depth > DEEPEST {
        return None;
    }
    let kind = node.kind();
    let (on, name) = match &*kind {
        // Ruby has fields of its own; Python calls a function, Elixir a target.
        "call" | "method_call" | "call_expression" | "function_call_expression" | "invocation_expression" => {
            if let Some(method) = node.field("method") {
                (node.field("receiver"), method)
            } else {
                let callee = node.field("function").or_else(|| node.field("target"))?;
                member(&callee)
            }
        }
        "member_call_expression" | "nullsafe_member_call_expression" => (node.field("object"), node.field("name")?),
        "scoped_call_expression" => (node.field("scope"), node.field("name")?),
        "object_creation_expression" | "new_expression" => {
            let class = node.field("constructor").or_else(|| node.field("type")).or_else(|| node.named_children().next())?;
            (None, class)
        }
        _ => return None,
    };
    let name = if name.kind() == "generic_name" { name.named_children().next()? } else { name };
    let (mut args, mut named) = (Vec::new(), Vec::new());
    let list = node.field("arguments").or_else(|| node.children().find(|child| matches!(&*child.kind(), "arguments" | "argument_list")));
    for argument in list.iter().flat_map(|list| list.named_children().collect::<Vec<_>>()) {
        add_argument(&argument, &mut args, &mut named, depth + 1);
    }
    let on = on.map(|on| value_at(&on, depth + 1));
    Some(Call { line: line_of(&name), name: name.text().into_owned(), on, args, named, node: node.clone() })
}

/// What is called on what: `a.b` as a callee is `b` on `a`.
fn member<'t>(callee: &Node<'t>) -> (Option<Node<'t>>, Node<'t>) {
    const FIELDS: [(&str, &str); 6] = [
        ("object", "attribute"),
        ("object", "property"),
        ("operand", "field"),
        ("expression", "name"),
        ("left", "right"),
        ("object", "name"),
    ];
    for (on, name) in FIELDS {
        if let (Some(on), Some(name)) = (callee.field(on), callee.field(name)) {
            return (Some(on), name);
        }
    }
    (None, callee.clone())
}

fn add_argument<'t>(node: &Node<'t>, args: &mut Vec<Value<'t>>, named: &mut Vec<(String, Value<'t>)>, depth: u32) {
    match &*node.kind() {
        "comment" | "block_argument" => {}
        "pair" | "keyword_argument" => named.extend(pair(node, depth)),
        "keywords" => named.extend(node.named_children().filter_map(|child| pair(&child, depth))),
        "argument" => {
            let children: Vec<Node<'t>> = node.named_children().collect();
            let Some(last) = children.last() else { return };
            match node.field("name").or_else(|| (children.len() > 1).then(|| children[0].clone())) {
                Some(name) => named.push((name.text().into_owned(), value_at(last, depth))),
                None => args.push(value_at(last, depth)),
            }
        }
        "splat_argument" => match node.named_children().next().map(|inner| value_at(&inner, depth)) {
            Some(Value::List(list)) => args.extend(list),
            _ => args.push(Value::Other),
        },
        _ => args.push(value_at(node, depth)),
    }
}

fn pair<'t>(node: &Node<'t>, depth: u32) -> Option<(String, Value<'t>)> {
    let children: Vec<Node<'t>> = node.named_children().filter(|child| child.kind() != "comment").collect();
    let key = node.field("key").or_else(|| node.field("name")).or_else(|| children.first().cloned())?;
    let value = node.field("value").or_else(|| children.get(1).cloned());
    let value = value.map_or(Value::Other, |value| value_at(&value, depth + 1));
    Some((key.text().trim().trim_matches([':', '"', '\'']).trim().to_owned(), value))
}

/// The value that a node is.
pub fn value_of<'t>(node: &Node<'t>) -> Value<'t> {
    value_at(node, 0)
}

fn value_at<'t>(node: &Node<'t>, depth: u32) -> Value<'t> {
    if depth > DEEPEST {
        return Value::Other;
    }
    let inner = |node: &Node<'t>| node.named_children().next().map_or(Value::Other, |child| value_at(&child, depth + 1));
    let items = |node: &Node<'t>| node.named_children().filter(|child| child.kind() != "comment").collect::<Vec<_>>();
    match &*node.kind() {
        "simple_symbol" | "atom" => Value::Text(node.text().trim_start_matches(':').trim_matches('"').to_owned(), line_of(node)),
        "string"
        | "encapsed_string"
        | "template_string"
        | "string_literal"
        | "verbatim_string_literal"
        | "raw_string_literal"
        | "interpreted_string_literal"
        | "bare_string"
        | "bare_symbol"
        | "delimited_symbol"
        | "quoted_atom"
        | "heredoc"
        | "nowdoc"
        | "sigil"
        | "interpolated_string_expression" => Value::Text(string(node), line_of(node)),
        "concatenated_string" | "chained_string" => {
            let parts: String = node.named_children().map(|child| string(&child)).collect();
            Value::Text(parts, line_of(node))
        }
        "binary_operator" | "binary" | "binary_expression" => joined(node, depth),
        "heredoc_beginning" => heredoc(node),
        "integer" | "number" | "integer_literal" | "int_literal" => {
            node.text().replace('_', "").parse().map_or(Value::Other, Value::Number)
        }
        "true" | "True" => Value::Bool(true),
        "false" | "False" => Value::Bool(false),
        "boolean" | "boolean_literal" => Value::Bool(node.text().eq_ignore_ascii_case("true")),
        "nil" | "none" | "None" | "null" | "null_literal" => Value::Null,
        "array"
        | "list"
        | "tuple"
        | "string_array"
        | "symbol_array"
        | "set"
        | "array_creation_expression"
        | "collection_expression"
        | "implicit_array_creation_expression"
        | "initializer_expression" => list(node, &items(node), depth),
        "hash" | "dictionary" | "object" | "map" => Value::Map(items(node).iter().filter_map(|child| pair(child, depth)).collect()),
        "parenthesized_expression"
        | "parenthesized_statements"
        | "await_expression"
        | "as_expression"
        | "array_element_initializer"
        | "element_binding"
        | "splat_argument" => inner(node),
        "identifier"
        | "constant"
        | "alias"
        | "attribute"
        | "member_expression"
        | "scope_resolution"
        | "name"
        | "qualified_name"
        | "variable_name"
        | "member_access_expression"
        | "selector_expression"
        | "dot"
        | "class_constant_access_expression"
        | "global" => Value::Name(node.text().into_owned()),
        _ => call_at(node, depth).map_or(Value::Other, plain),
    }
}

/// `<<~SQL.squish`, `%w[a b].freeze`, `"a".to_s`: what the call is made on is what it says.
fn plain<'t>(call: Call<'t>) -> Value<'t> {
    const KEEPS: [&str; 11] =
        ["squish", "freeze", "strip_heredoc", "strip", "to_s", "to_sym", "chomp", "trim", "stripIndent", "html_safe", "dup"];
    if call.args.is_empty()
        && KEEPS.contains(&&*call.name)
        && let Some(value @ (Value::Text(..) | Value::List(_))) = &call.on
    {
        return value.clone();
    }
    // sa.text("now()"), Arel.sql("..."), text("...") say their text where SQL is wanted; the caller unwraps them.
    Value::Call(Box::new(call))
}

fn list<'t>(node: &Node<'t>, items: &[Node<'t>], depth: u32) -> Value<'t> {
    // PHP writes maps as arrays: ['a' => 1].
    let is_map = node.kind() == "array_creation_expression" && items.iter().any(|item| item.named_children().count() == 2);
    if is_map {
        let pairs = items.iter().filter_map(|item| {
            let parts: Vec<Node<'t>> = item.named_children().collect();
            let key = value_at(parts.first()?, depth + 1).text()?.to_owned();
            Some((key, value_at(parts.get(1)?, depth + 1)))
        });
        return Value::Map(pairs.collect());
    }
    if node.kind() == "list" && items.len() == 1 && items[0].kind() == "keywords" {
        return Value::Map(items[0].named_children().filter_map(|child| pair(&child, depth)).collect());
    }
    let items = items.iter().filter(|item| !item.kind().ends_with("_type") && item.kind() != "type_argument_list");
    let values: Vec<Value<'t>> = items.map(|item| value_at(item, depth + 1)).collect();
    match values.as_slice() {
        [Value::List(inner)] if node.kind().contains("array_creation") => Value::List(inner.clone()),
        _ => Value::List(values),
    }
}

/// `"a" + "b"` and `"a" <> "b"`; what is no text among them is dynamic.
fn joined<'t>(node: &Node<'t>, depth: u32) -> Value<'t> {
    let parts: Vec<Value<'t>> = node.named_children().map(|child| value_at(&child, depth + 1)).collect();
    if !parts.iter().any(|part| part.text().is_some()) {
        return Value::Other;
    }
    let text: String = parts.iter().map(|part| part.text().unwrap_or(DYNAMIC)).collect();
    Value::Text(text, line_of(node))
}

/// The text of a string, with what is put in at run time marked.
fn string(node: &Node<'_>) -> String {
    let kind = node.kind();
    let whole = node.text();
    if kind == "verbatim_string_literal" {
        return whole.trim_start_matches(['@', '$']).trim_matches('"').replace("\"\"", "\"");
    }
    let mut out = String::new();
    let mut any = false;
    for child in node.named_children() {
        any = true;
        match &*child.kind() {
            "string_start"
            | "string_end"
            | "raw_string_start"
            | "raw_string_end"
            | "interpolation_quote"
            | "interpolation_start"
            | "heredoc_start"
            | "heredoc_end"
            | "sigil_name"
            | "sigil_modifiers" => {}
            "interpolation"
            | "template_substitution"
            | "variable_name"
            | "dynamic_variable_name"
            | "member_access_expression"
            | "subscript_expression" => out.push_str(DYNAMIC),
            "escape_sequence" => out.push_str(match &*child.text() {
                "\\n" => "\n",
                "\\t" => "\t",
                other => other.trim_start_matches('\\'),
            }),
            "heredoc_body" | "nowdoc_body" | "string_content" if child.named_children().next().is_some() => out.push_str(&string(&child)),
            _ => out.push_str(&child.text()),
        }
    }
    if !any {
        let text = whole.trim_matches(['"', '\'', '`']);
        out.push_str(if whole.len() >= 2 { text } else { "" });
    }
    out
}

/// The body of a Ruby heredoc stands after the statement that opens it.
fn heredoc<'t>(node: &Node<'t>) -> Value<'t> {
    let end = node.range().end;
    let body = node.ancestors().find_map(|above| {
        above
            .next_all()
            .find(|next| next.kind() == "heredoc_body" && next.range().start >= end)
            .or_else(|| above.children().find(|child| child.kind() == "heredoc_body" && child.range().start >= end))
    });
    let Some(body) = body else { return Value::Other };
    let mut text = String::new();
    for child in body.named_children() {
        match &*child.kind() {
            "heredoc_content" => text.push_str(&child.text()),
            "interpolation" => text.push_str(DYNAMIC),
            "heredoc_end" => {}
            _ => text.push_str(&child.text()),
        }
    }
    Value::Text(text, line_of(&body))
}

/// All nodes of a tree, parents first; a node for which `enter` is false is not entered.
pub fn walk<'t>(root: &Node<'t>, enter: &mut dyn FnMut(&Node<'t>) -> bool) {
    let mut waiting = vec![root.clone()];
    while let Some(node) = waiting.pop() {
        if enter(&node) {
            let children: Vec<Node<'t>> = node.named_children().collect();
            waiting.extend(children.into_iter().rev());
        }
    }
}
