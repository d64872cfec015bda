//! Code as a schema reader needs it: calls with their arguments, literals, classes and assignments, the same for every
//! language. Made from a syntax tree; what has no meaning here keeps only what stands inside it.

use super::model::Spot;
use crate::evidence::syntax::{self, Grammar, NoTree, Node};

/// A piece of code.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A string, symbol or atom.
    Text(String),
    /// A number, as written.
    Number(String),
    /// True or false.
    Bool(bool),
    /// Nothing.
    Nil,
    /// A list, array or tuple.
    List(Vec<At>),
    /// A map, object or keyword list.
    Map(Vec<(String, At)>),
    /// A call.
    Call(Box<Call>),
    /// A name or a dotted path: `models.CharField`, `User::class`.
    Name(String),
    /// `name = value`, `name: Type = value`.
    Assign(Box<Assign>),
    /// A function or method with a body.
    Def(String, Vec<At>),
    /// A class.
    Class(Box<Class>),
    /// Anything else, with what stands in it.
    Code(Vec<At>),
}

/// A piece of code with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct At {
    /// The code.
    pub expr: Expr,
    /// 1-based line.
    pub line: u32,
    /// The source, where it is short.
    pub source: String,
}

/// A call of a function or method.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What it is called on.
    pub on: Option<At>,
    /// Its last name.
    pub name: String,
    /// Arguments by place.
    pub args: Vec<At>,
    /// Arguments by name.
    pub named: Vec<(String, At)>,
    /// The block or function handed to it.
    pub body: Vec<At>,
}

/// An assignment or a field.
#[derive(Debug, Clone, PartialEq)]
pub struct Assign {
    /// What is set, as written.
    pub to: String,
    /// Its type, as written.
    pub kind: String,
    /// The value.
    pub value: At,
    /// Annotations and decorators.
    pub notes: Vec<At>,
}

/// A class.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// What it is made from, as written.
    pub bases: Vec<String>,
    /// Annotations and decorators.
    pub notes: Vec<At>,
    /// Its body.
    pub body: Vec<At>,
}

/// Sources longer than this are cut, in bytes: they are only shown and searched for words.
const LONGEST_SOURCE: usize = 400;

/// Reads a file.
///
/// # Errors
/// Why not, in words.
pub fn read(grammar: Grammar, text: &str) -> Result<Vec<At>, String> {
    let tree = syntax::parse(grammar, text).map_err(|why| match why {
        NoTree::Machine => "its lines are too long to be read as code".to_owned(),
        NoTree::Unreadable(why) => why,
    })?;
    let root = tree.root();
    let mut reader = Reader { grammar, heredocs: Vec::new(), next: 0 };
    if grammar == Grammar::Ruby {
        heredocs(&root, &mut reader.heredocs);
    }
    Ok(reader.inside(&root))
}

fn heredocs(node: &Node<'_>, all: &mut Vec<String>) {
    for child in node.children() {
        if child.kind() == "heredoc_body" {
            let text = child.children().filter(|part| part.kind() != "heredoc_end").map(|part| part.text().into_owned());
            all.push(text.collect::<String>());
        } else {
            heredocs(&child, all);
        }
    }
}

struct Reader {
    grammar: Grammar,
    heredocs: Vec<String>,
    next: usize,
}

impl Reader {
    /// Everything that stands in a node, in order.
    fn inside(&mut self, node: &Node<'_>) -> Vec<At> {
        node.children().filter(|child| child.is_named() && !is_comment(&child.kind())).map(|child| self.at(&child)).collect()
    }

    fn at(&mut self, node: &Node<'_>) -> At {
        let line = u32::try_from(node.start_pos().line() + 1).unwrap_or(u32::MAX);
        let text = node.text();
        let source = text[..text.floor_char_boundary(LONGEST_SOURCE.min(text.len()))].to_owned();
        At { expr: self.expr(node), line, source }
    }

    fn field(&mut self, node: &Node<'_>, name: &str) -> Option<At> {
        node.field(name).map(|child| self.at(&child))
    }

    fn expr(&mut self, node: &Node<'_>) -> Expr {
        let kind = node.kind();
        match &*kind {
            "string"
            | "encapsed_string"
            | "heredoc"
            | "nowdoc"
            | "template_string"
            | "string_literal"
            | "verbatim_string_literal"
            | "raw_string_literal"
            | "bare_string"
            | "delimited_symbol"
            | "sigil"
            | "concatenated_string"
            | "chained_string"
            | "quoted_atom"
            | "interpreted_string_literal" => Expr::Text(self.string(node)),
            "simple_symbol" | "atom" => Expr::Text(node.text().trim_start_matches(':').to_owned()),
            "string_array" | "symbol_array" => {
                Expr::List(node.children().filter(Node::is_named).map(|part| literal(&part, part.text().into_owned())).collect())
            }
            "bare_symbol" => Expr::Text(node.text().into_owned()),
            "heredoc_beginning" => {
                self.next += 1;
                Expr::Text(self.heredocs.get(self.next - 1).cloned().unwrap_or_default())
            }
            "integer" | "float" | "number" | "integer_literal" | "decimal_integer_literal" | "real_literal" => {
                Expr::Number(node.text().into_owned())
            }
            "true" | "false" | "boolean" | "boolean_literal" => Expr::Bool(node.text().eq_ignore_ascii_case("true")),
            "nil" | "none" | "null" | "null_literal" => Expr::Nil,
            "array" | "list" | "tuple" | "set" | "initializer_expression" | "element_value_array_initializer" | "array_initializer" => {
                Expr::List(self.inside(node))
            }
            "array_creation_expression" if self.grammar == Grammar::Php => self.php_array(node),
            "array_creation_expression" | "implicit_array_creation_expression" | "collection_expression" => self.csharp_array(node),
            "hash" | "dictionary" | "object" | "keywords" | "map" => Expr::Map(self.pairs(node)),
            "identifier"
            | "constant"
            | "property_identifier"
            | "alias"
            | "name"
            | "qualified_name"
            | "variable_name"
            | "scope_resolution"
            | "class_constant_access_expression"
            | "generic_name"
            | "this"
            | "self"
            | "type_identifier"
            | "scoped_identifier"
            | "instance_variable" => Expr::Name(node.text().into_owned()),
            "attribute" | "member_expression" | "member_access_expression" | "field_access" | "dot"
                if !node.children().any(|child| child.kind().contains("call") || child.kind() == "invocation_expression") =>
            {
                Expr::Name(node.text().into_owned())
            }
            "call"
            | "call_expression"
            | "function_call_expression"
            | "member_call_expression"
            | "nullsafe_member_call_expression"
            | "scoped_call_expression"
            | "invocation_expression"
            | "new_expression"
            | "object_creation_expression"
            | "annotation"
            | "marker_annotation"
            | "method_invocation" => self.call(node),
            "await_expression"
            | "parenthesized_expression"
            | "expression_statement"
            | "as_expression"
            | "satisfies_expression"
            | "non_null_expression"
            | "argument"
            | "export_statement"
            | "decorator"
                if node.children().filter(|child| child.is_named() && !is_comment(&child.kind())).count() == 1 =>
            {
                node.children().find(|child| child.is_named() && !is_comment(&child.kind())).map_or(Expr::Nil, |only| self.expr(&only))
            }
            "assignment" | "assignment_expression" | "variable_declarator" | "public_field_definition" | "field_definition" => {
                self.assign(node)
            }
            "field_declaration" if self.grammar == Grammar::Java => self.java_field(node),
            "method" | "function_definition" | "method_declaration" | "method_definition" | "function_declaration" => {
                let name = node.field("name").map_or(String::new(), |name| name.text().into_owned());
                let body = node.field("body").map_or(Vec::new(), |body| self.inside(&body));
                Expr::Def(name, body)
            }
            "class" | "class_definition" | "class_declaration" => self.class(node),
            "decorated_definition" => {
                let mut parts = self.inside(node);
                match parts.pop() {
                    Some(At { expr: Expr::Class(mut class), .. }) => {
                        class.notes = parts;
                        Expr::Class(class)
                    }
                    Some(last) => last.expr,
                    None => Expr::Nil,
                }
            }
            _ => Expr::Code(self.inside(node)),
        }
    }

    /// The text of a string without its quotes; what is put in is `{}`.
    fn string(&mut self, node: &Node<'_>) -> String {
        let mut text = String::new();
        for part in node.children() {
            match &*part.kind() {
                "string_content"
                | "string_fragment"
                | "escape_sequence"
                | "quoted_content"
                | "string_value"
                | "nowdoc_string"
                | "string_literal_content"
                | "raw_string_content"
                | "string_literal_fragment"
                | "raw_string_literal_content"
                | "interpreted_string_literal_content" => text.push_str(&unescaped(&part.text())),
                "heredoc_body" | "nowdoc_body" | "string" | "chained_string" => text.push_str(&self.string(&part)),
                "interpolation" | "template_substitution" | "variable_name" | "member_access_expression" => text.push_str("{}"),
                _ => {}
            }
        }
        if text.is_empty() && node.children().count() == 0 {
            return node.text().trim_matches(['"', '\'', '`']).trim_start_matches("@\"").to_owned();
        }
        text
    }

    fn pairs(&mut self, node: &Node<'_>) -> Vec<(String, At)> {
        let mut all = Vec::new();
        for pair in node.children().filter(Node::is_named) {
            if pair.kind() == "method_definition" {
                let name = pair.field("name").map_or(String::new(), |name| name.text().into_owned());
                all.push((name, self.at(&pair)));
            }
            let (Some(key), Some(value)) = (pair.field("key"), pair.field("value")) else { continue };
            all.push((self.key(&key), self.at(&value)));
        }
        all
    }

    fn key(&mut self, key: &Node<'_>) -> String {
        match self.expr(key) {
            Expr::Text(text) => text,
            _ => key.text().trim().trim_matches(['"', '\'']).trim_start_matches(':').trim_end_matches(':').to_owned(),
        }
    }

    fn php_array(&mut self, node: &Node<'_>) -> Expr {
        let (mut list, mut map) = (Vec::new(), Vec::new());
        for element in node.children().filter(|child| child.kind() == "array_element_initializer") {
            let parts: Vec<Node<'_>> = element.children().filter(Node::is_named).collect();
            match parts.as_slice() {
                [value] => list.push(self.at(value)),
                [key, value, ..] => map.push((self.key(key), self.at(value))),
                [] => {}
            }
        }
        if map.is_empty() { Expr::List(list) } else { Expr::Map(map) }
    }

    fn csharp_array(&mut self, node: &Node<'_>) -> Expr {
        let list = node.children().find(|child| child.kind() == "initializer_expression");
        Expr::List(list.map_or_else(Vec::new, |list| self.inside(&list)))
    }

    fn call(&mut self, node: &Node<'_>) -> Expr {
        let target = ["function", "method", "target", "constructor", "name", "type"].iter().find_map(|field| node.field(field));
        let mut on = ["receiver", "object", "scope"].iter().find_map(|field| node.field(field)).map(|on| self.at(&on));
        let mut name = target.as_ref().map_or(String::new(), |target| target.text().into_owned());
        if let Some(target) = target.filter(|target| {
            matches!(&*target.kind(), "attribute" | "member_expression" | "member_access_expression" | "dot" | "scoped_identifier")
        }) {
            let parts: Vec<Node<'_>> = target.children().filter(Node::is_named).collect();
            if let [first, .., last] = parts.as_slice() {
                on = Some(self.at(first));
                name = last.text().into_owned();
            }
        }
        let mut call = Call { on, name, args: Vec::new(), named: Vec::new(), body: Vec::new() };
        let given =
            node.field("arguments").or_else(|| node.children().find(|child| matches!(&*child.kind(), "arguments" | "argument_list")));
        for argument in given.iter().flat_map(|given| given.children()).filter(|child| child.is_named() && !is_comment(&child.kind())) {
            self.argument(&argument, &mut call);
        }
        for block in node.children().filter(|child| matches!(&*child.kind(), "do_block" | "block" | "anonymous_class" | "declaration_list"))
        {
            let body = block.field("body").unwrap_or(block);
            call.body.extend(self.inside(&body));
        }
        Expr::Call(Box::new(call))
    }

    fn argument(&mut self, argument: &Node<'_>, call: &mut Call) {
        match &*argument.kind() {
            "pair" | "keyword_argument" | "element_value_pair" => {
                let (key, value) = (argument.field("key").or_else(|| argument.field("name")), argument.field("value"));
                if let (Some(key), Some(value)) = (key, value) {
                    let pair = (self.key(&key), self.at(&value));
                    call.named.push(pair);
                }
            }
            "keywords" => call.named.extend(self.pairs(argument)),
            // PHP and C# write `name: value` as an argument with a name.
            "argument" if argument.field("name").is_some() => {
                let value = argument.children().filter(Node::is_named).last();
                if let (Some(name), Some(value)) = (argument.field("name"), value) {
                    let pair = (name.text().trim_end_matches(':').to_owned(), self.at(&value));
                    call.named.push(pair);
                }
            }
            "argument" => {
                if let Some(only) = argument.children().filter(Node::is_named).last() {
                    self.argument(&only, call);
                }
            }
            "anonymous_function"
            | "anonymous_function_creation_expression"
            | "arrow_function"
            | "function_expression"
            | "lambda_expression"
            | "lambda" => {
                let body = argument.field("body");
                let body = body.map_or(Vec::new(), |body| {
                    if matches!(&*body.kind(), "block" | "compound_statement" | "statement_block") {
                        self.inside(&body)
                    } else {
                        vec![self.at(&body)]
                    }
                });
                call.body.extend(body);
            }
            _ => {
                let value = self.at(argument);
                call.args.push(value);
            }
        }
    }

    fn assign(&mut self, node: &Node<'_>) -> Expr {
        let to = ["left", "name", "property"].iter().find_map(|field| node.field(field));
        let value = ["right", "value"].iter().find_map(|field| self.field(node, field));
        let notes = node.children().filter(|child| child.kind() == "decorator").map(|note| self.at(&note)).collect();
        let nothing =
            || At { expr: Expr::Nil, line: u32::try_from(node.start_pos().line() + 1).unwrap_or(u32::MAX), source: String::new() };
        Expr::Assign(Box::new(Assign {
            to: to.map_or(String::new(), |to| to.text().into_owned()),
            kind: node.field("type").map_or(String::new(), |kind| kind.text().into_owned()),
            value: value.unwrap_or_else(nothing),
            notes,
        }))
    }

    fn java_field(&mut self, node: &Node<'_>) -> Expr {
        let name = node.field("declarator").and_then(|declarator| declarator.field("name"));
        let notes = node.children().filter(|child| child.kind() == "modifiers").flat_map(|all| self.inside(&all)).collect();
        Expr::Assign(Box::new(Assign {
            to: name.as_ref().map_or(String::new(), |name| name.text().into_owned()),
            kind: node.field("type").map_or(String::new(), |kind| kind.text().into_owned()),
            value: At {
                expr: Expr::Nil,
                line: u32::try_from(name.map_or(0, |name| name.start_pos().line()) + 1).unwrap_or(u32::MAX),
                source: String::new(),
            },
            notes,
        }))
    }

    fn class(&mut self, node: &Node<'_>) -> Expr {
        let bases = ["superclasses", "superclass", "bases"].iter().find_map(|field| node.field(field));
        let bases =
            bases.or_else(|| node.children().find(|child| matches!(&*child.kind(), "class_heritage" | "base_clause" | "base_list")));
        let notes = node.children().filter(|child| matches!(&*child.kind(), "decorator" | "modifiers"));
        let notes = notes
            .collect::<Vec<_>>()
            .iter()
            .flat_map(|note| if note.kind() == "decorator" { vec![self.at(note)] } else { self.inside(note) })
            .collect();
        Expr::Class(Box::new(Class {
            name: node.field("name").map_or(String::new(), |name| name.text().into_owned()),
            bases: bases.map_or(Vec::new(), |bases| {
                let bare = |text: &str| text.trim_start_matches(['<', ' ']).trim().to_owned();
                let parts: Vec<String> = bases.children().filter(Node::is_named).map(|base| bare(&base.text())).collect();
                if parts.is_empty() { vec![bare(&bases.text())] } else { parts }
            }),
            notes,
            body: node.field("body").map_or(Vec::new(), |body| self.inside(&body)),
        }))
    }
}

fn is_comment(kind: &str) -> bool {
    kind.contains("comment")
}

fn literal(node: &Node<'_>, text: String) -> At {
    At { expr: Expr::Text(text.clone()), line: u32::try_from(node.start_pos().line() + 1).unwrap_or(u32::MAX), source: text }
}

/// The escapes that matter for names and SQL.
fn unescaped(text: &str) -> String {
    match text {
        "\\n" => "\n".into(),
        "\\\"" => "\"".into(),
        "\\'" => "'".into(),
        "\\`" => "`".into(),
        other => other.to_owned(),
    }
}

impl At {
    /// The text of a string, symbol or atom.
    pub fn text(&self) -> Option<&str> {
        match &self.expr {
            Expr::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a string, or a name as written.
    pub fn word(&self) -> Option<&str> {
        match &self.expr {
            Expr::Text(text) | Expr::Name(text) => Some(text),
            _ => None,
        }
    }

    /// The call, if it is one.
    pub fn call(&self) -> Option<&Call> {
        match &self.expr {
            Expr::Call(call) => Some(call),
            _ => None,
        }
    }

    /// One text, or all texts of a list.
    pub fn texts(&self) -> Vec<String> {
        match &self.expr {
            Expr::List(all) => all.iter().map(|part| part.text().unwrap_or_default().to_owned()).collect(),
            Expr::Code(all) => all.iter().flat_map(At::texts).collect(),
            _ => self.text().map(str::to_owned).into_iter().collect(),
        }
    }

    /// What a map, object or keyword list says for a key.
    pub fn get(&self, key: &str) -> Option<&At> {
        match &self.expr {
            Expr::Map(pairs) => pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The pairs of a map.
    pub fn entries(&self) -> &[(String, At)] {
        match &self.expr {
            Expr::Map(pairs) => pairs,
            _ => &[],
        }
    }

    /// True for the word or value true.
    pub fn is_true(&self) -> bool {
        matches!(self.expr, Expr::Bool(true))
    }

    /// True for the word or value false.
    pub fn is_false(&self) -> bool {
        matches!(self.expr, Expr::Bool(false))
    }

    /// Where it stands in a file.
    pub fn spot(&self, path: &str) -> Spot {
        Spot { path: path.to_owned(), line: self.line }
    }
}

impl Call {
    /// An argument by its name.
    pub fn named(&self, name: &str) -> Option<&At> {
        self.named.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The text of an argument by its place.
    pub fn text(&self, place: usize) -> Option<&str> {
        self.args.get(place).and_then(At::text)
    }

    /// The calls of a chain, first to last: `$table->foreignId('x')->constrained()` is `foreignId`, `constrained`.
    pub fn chain(&self) -> Vec<&Call> {
        let mut all = vec![self];
        while let Some(call) = all.last().and_then(|call| call.on.as_ref()).and_then(At::call) {
            all.push(call);
        }
        all.reverse();
        all
    }
}

/// All calls in some code, outermost first, with everything inside them; functions for which `skip` holds are left out.
pub fn calls<'c>(code: &'c [At], skip: &dyn Fn(&str) -> bool, visit: &mut dyn FnMut(&'c At, &'c Call)) {
    for at in code {
        match &at.expr {
            Expr::Call(call) => {
                visit(at, call);
                call.on.iter().for_each(|on| calls(std::slice::from_ref(on), skip, visit));
                calls(&call.args, skip, visit);
                calls(&call.body, skip, visit);
            }
            Expr::Def(name, _) if skip(name) => {}
            Expr::Def(_, body) | Expr::Code(body) | Expr::List(body) => calls(body, skip, visit),
            Expr::Class(class) => calls(&class.body, skip, visit),
            Expr::Assign(assign) => calls(std::slice::from_ref(&assign.value), skip, visit),
            _ => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn all(grammar: Grammar, text: &str) -> Vec<String> {
        let code = read(grammar, text).unwrap();
        let mut found = Vec::new();
        calls(&code, &|_| false, &mut |at, call| {
            let named = call.named.iter().map(|(name, value)| format!("{name}={}", value.word().unwrap_or(&value.source)));
            let args = call.args.iter().map(|arg| arg.word().map_or_else(|| arg.source.clone(), str::to_owned)).chain(named);
            found.push(format!(
                "{}:{}({}){}",
                at.line,
                call.name,
                args.collect::<Vec<_>>().join(" "),
                if call.body.is_empty() { "" } else { "{}" }
            ));
        });
        found
    }

    #[test]
    fn calls_of_every_language_look_alike() {
        let ruby = "create_table :a, id: :uuid, force: :cascade do |t|\n  t.string \"b\", null: false\nend\nexecute <<~SQL\n  DROP TABLE c;\nSQL\n";
        assert_eq!(
            all(Grammar::Ruby, ruby),
            ["1:create_table(a id=uuid force=cascade){}", "2:string(b null=false)", "4:execute(\n  DROP TABLE c;\n)"]
        );
        let php = "<?php Schema::create('a', function (Blueprint $table) { $table->foreignId('b_id')->constrained(table: 'c'); });";
        assert_eq!(all(Grammar::Php, php), ["1:create(a){}", "1:constrained(table=c)", "1:foreignId(b_id)"]);
        let elixir = "create table(:a, primary_key: false) do\n  add :b_id, references(:b, on_delete: :nothing), null: false\nend";
        assert_eq!(
            all(Grammar::Elixir, elixir),
            [
                "1:create(table(:a, primary_key: false)){}",
                "1:table(a primary_key=false)",
                "2:add(b_id references(:b, on_delete: :nothing) null=false)",
                "2:references(b on_delete=nothing)"
            ]
        );
        let js = "await queryInterface.addIndex('a', ['b'], { unique: true });";
        assert_eq!(all(Grammar::TypeScript, js), ["1:addIndex(a ['b'] { unique: true })"]);
        let csharp = "b.Property<string>(\"Name\").HasColumnType(\"text\");";
        assert_eq!(all(Grammar::CSharp, csharp), ["1:HasColumnType(text)", "1:Property<string>(Name)"]);
        let python = "x = models.ForeignKey('User', db_index=False)\n";
        assert_eq!(all(Grammar::Python, python), ["1:ForeignKey(User db_index=False)"]);
    }

    #[test]
    fn a_python_class_has_bases_and_fields() {
        let code = read(
            Grammar::Python,
            "class A(models.Model):\n    b: Mapped[int] = mapped_column(index=True)\n    class Meta:\n        abstract = True\n",
        )
        .unwrap();
        let Expr::Class(class) = &code[0].expr else { panic!("{code:?}") };
        assert_eq!((class.name.as_str(), class.bases.as_slice()), ("A", ["models.Model".to_owned()].as_slice()));
        let Expr::Assign(field) = &class.body[0].expr else { panic!("{:?}", class.body) };
        assert_eq!((field.to.as_str(), field.kind.as_str()), ("b", "Mapped[int]"));
        assert!(field.value.call().unwrap().named("index").unwrap().is_true());
    }

    #[test]
    fn deep_and_broken_code_ends() {
        for depth in [150, 5_000] {
            let lists = format!("x = {}1{}", "[".repeat(depth), "]".repeat(depth));
            for grammar in [Grammar::Ruby, Grammar::Python, Grammar::Tsx, Grammar::Elixir] {
                let read = read(grammar, &lists);
                assert_eq!(read.is_ok(), depth < 400, "{grammar} {depth}");
            }
        }
        let pieces =
            ["create_table(", "Schema::create('a', function", "modelBuilder.Entity(\"a\", b =>", "@@index([", "\u{0}\u{fffd}", "'\\"];
        for piece in pieces {
            for grammar in
                [Grammar::Ruby, Grammar::Python, Grammar::TypeScript, Grammar::Elixir, Grammar::Php, Grammar::CSharp, Grammar::Go]
            {
                let _ = read(grammar, piece);
                let _ = read(grammar, &piece.repeat(200));
            }
        }
    }

    #[test]
    fn texts_in_lists_and_words() {
        let code = read(Grammar::Ruby, "add_index :a, %w[b c]\nadd_index :a, [:d, \"e\"], where: \"x\"").unwrap();
        let lists: Vec<Vec<String>> = code.iter().map(|at| at.call().unwrap().args[1].texts()).collect();
        assert_eq!(lists, [["b", "c"], ["d", "e"]]);
    }
}
