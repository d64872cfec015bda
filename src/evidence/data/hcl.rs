//! HCL: Terraform, OpenTofu, Packer, Nomad and friends.
//!
//! A block is a path of names with a body: `resource "aws_db_instance" "main" { x = 1 }` becomes
//! `{"resource": {"aws_db_instance": {"main": [{"x": 1}]}}}`. The body always stands in a list, because nearly every block may
//! be repeated, and a check should not have to ask whether it was. Literals are values; whatever Terraform would have to
//! evaluate is a [`Value::Expression`] with its source.

use std::collections::HashMap;

use hcl_edit::Span;
use hcl_edit::expr::{Expression, ObjectKey, UnaryOperator};
use hcl_edit::parser::parse_body;
use hcl_edit::structure::{Attribute, Block, Body, Structure};
use hcl_edit::template::{Element, HeredocTemplate, Template};

use super::lines::Lines;
use super::{Format, Unreadable, limits, scalar};
use crate::evidence::node::{Member, Node, Value};

/// The document of an HCL file; none when it is empty.
///
/// # Errors
/// When the text is not HCL, or exceeds a cap; expressions may nest 64 deep, as the parser has it.
pub fn read(text: &str) -> Result<Vec<Node>, Unreadable> {
    limits::separators(text)?;
    comparisons(text)?;
    if bracket_depth(text) <= SHALLOW { parse(text) } else { parse_on_its_own_stack(text) }
}

/// Most `=` and `:` times bytes of one file. The parser compares each key of an object with all the others, which costs up to
/// that product: seconds, at this bound. A file of 28 kB, the largest among 46 real repositories, comes to a hundredth of it.
const MAX_COMPARISONS: usize = 1_000_000_000;

fn comparisons(text: &str) -> Result<(), Unreadable> {
    let assignments = text.bytes().filter(|byte| matches!(byte, b'=' | b':')).count();
    if assignments.saturating_mul(text.len()) > MAX_COMPARISONS {
        return Err(Unreadable { why: format!("holds {assignments} assignments, too many for its size"), line: None });
    }
    Ok(())
}

/// Brackets within brackets that the stack of any thread can take.
const SHALLOW: usize = 16;
/// Enough for the 64 levels that the parser allows itself, at up to 50 kB each in an unoptimised build.
const STACK_BYTES: usize = 16 << 20;

/// How deep brackets nest, roughly: those in texts and comments count too.
fn bracket_depth(text: &str) -> usize {
    let mut deepest = 0;
    text.bytes().fold(0_usize, |depth, byte| {
        let depth = match byte {
            b'(' | b'[' | b'{' => depth + 1,
            b')' | b']' | b'}' => depth.saturating_sub(1),
            _ => depth,
        };
        deepest = deepest.max(depth);
        depth
    });
    deepest
}

fn parse_on_its_own_stack(text: &str) -> Result<Vec<Node>, Unreadable> {
    let failed = || Unreadable { why: "nested too deeply for this machine".into(), line: None };
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || parse(text));
        worker.ok().and_then(|worker| worker.join().ok()).unwrap_or_else(|| Err(failed()))
    })
}

fn parse(text: &str) -> Result<Vec<Node>, Unreadable> {
    let body = parse_body(text).map_err(|error| {
        let line = u32::try_from(error.location().line()).unwrap_or(u32::MAX);
        Unreadable::malformed(Format::Hcl, text, error.message(), line)
    })?;
    let node = Reader { text, lines: Lines::of(text) }.body(&body, 1, 0)?;
    Ok(if node.members().is_empty() { Vec::new() } else { vec![node] })
}

struct Reader<'t> {
    text: &'t str,
    lines: Lines,
}

/// The name of an attribute, a block or a label, and where it stands.
type Name = (String, u32);

impl Reader<'_> {
    fn line(&self, spanned: &impl Span) -> u32 {
        spanned.span().map_or(1, |span| self.lines.at(span.start))
    }

    fn body(&self, body: &Body, line: u32, depth: usize) -> Result<Node, Unreadable> {
        let mut group = Group::default();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => self.attribute(attribute, &mut group),
                Structure::Block(block) => self.block(block, &mut group, depth)?,
            }
        }
        Ok(group.into_node(line))
    }

    fn attribute(&self, attribute: &Attribute, group: &mut Group) {
        let name = (attribute.key.as_str().to_owned(), self.line(&attribute.key));
        group.slot(name).value = Some(self.expression(&attribute.value));
    }

    fn block(&self, block: &Block, group: &mut Group, depth: usize) -> Result<(), Unreadable> {
        let line = self.line(&block.ident);
        let depth = depth + 1 + block.labels.len();
        if depth > limits::MAX_DEPTH {
            return Err(limits::too_deep(line));
        }
        let body = self.body(&block.body, line, depth)?;
        let slot = group.slot((block.ident.as_str().to_owned(), line));
        let labels = block.labels.iter().map(|label| (label.as_str().to_owned(), self.line(label)));
        labels.fold(slot, |slot, label| slot.labelled.slot(label)).bodies.push(body);
        Ok(())
    }

    fn expression(&self, expression: &Expression) -> Node {
        let value = match expression {
            Expression::Null(_) => Value::Null,
            Expression::Bool(flag) => Value::Bool(*flag.value()),
            Expression::String(text) => Value::Text(text.value().clone()),
            Expression::Number(number) => number_value(&number.value().to_string()),
            Expression::UnaryOp(operation) if *operation.operator.value() == UnaryOperator::Neg => match operation.expr.as_number() {
                Some(number) => number_value(&format!("-{number}")),
                None => self.source(expression),
            },
            Expression::Array(items) => Value::List(items.iter().map(|item| self.expression(item)).collect()),
            Expression::Object(object) => {
                let members = object.iter().map(|(key, value)| self.member(key, value.expr()));
                Value::map(members.collect())
            }
            Expression::Parenthesis(inner) => return self.expression(inner.inner()),
            Expression::StringTemplate(template) => literal(template).map_or_else(|| self.source(expression), Value::Text),
            Expression::HeredocTemplate(heredoc) => heredoc_value(heredoc).map_or_else(|| self.source(expression), Value::Text),
            _ => self.source(expression),
        };
        Node::new(value, self.line(expression))
    }

    fn member(&self, key: &ObjectKey, value: &Expression) -> Member {
        let line = self.line(key);
        let key = match key {
            ObjectKey::Ident(ident) => ident.as_str().to_owned(),
            ObjectKey::Expression(expression) => self.expression(expression).scalar().unwrap_or_default(),
        };
        Member { key, line, node: self.expression(value) }
    }

    /// The text of an expression that is no literal.
    fn source(&self, expression: &Expression) -> Value {
        let source = expression.span().and_then(|span| self.text.get(span)).unwrap_or_default();
        Value::Expression(source.trim().to_owned())
    }
}

fn number_value(text: &str) -> Value {
    scalar::number(text).map_or_else(|| Value::Text(text.to_owned()), Value::Number)
}

/// The text of a template in which nothing is to be evaluated.
fn literal(template: &Template) -> Option<String> {
    template.iter().map(|element| element.as_literal().map(|text| text.value().as_str())).collect()
}

fn heredoc_value(heredoc: &HeredocTemplate) -> Option<String> {
    heredoc.template.iter().all(Element::is_literal).then(|| literal(&heredoc.template)).flatten()
}

/// The members of a body while it is read, with an index: a file may hold thousands of blocks of one type.
#[derive(Default)]
struct Group {
    members: Vec<(Name, Slot)>,
    index: HashMap<String, usize>,
}

/// What stands under one name: nearly always only one of the three.
#[derive(Default)]
struct Slot {
    value: Option<Node>,
    bodies: Vec<Node>,
    labelled: Group,
}

impl Group {
    fn slot(&mut self, name: Name) -> &mut Slot {
        let at = *self.index.entry(name.0.clone()).or_insert(self.members.len());
        if at == self.members.len() {
            self.members.push((name, Slot::default()));
        }
        &mut self.members[at].1
    }

    fn into_node(self, line: u32) -> Node {
        let members = self.members.into_iter().map(|((key, line), slot)| Member { key, line, node: slot.into_node(line) });
        Node::new(Value::Map(members.collect()), line)
    }
}

impl Slot {
    fn into_node(self, line: u32) -> Node {
        let labelled = (!self.labelled.members.is_empty()).then(|| self.labelled.into_node(line));
        match (self.value, self.bodies.is_empty(), labelled) {
            (Some(value), true, None) => value,
            (None, true, Some(labelled)) => labelled,
            (value, _, labelled) => Node::new(Value::List(value.into_iter().chain(self.bodies).chain(labelled).collect()), line),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn one(text: &str) -> Node {
        read(text).unwrap().remove(0)
    }

    #[test]
    fn terraform_blocks_nest_by_type_and_labels() {
        let node = one(r#"terraform {
  backend "s3" {
    bucket = "state"
  }
}

resource "aws_db_instance" "main" {
  backup_retention_period = 7
  multi_az                = true
  kms_key_id              = aws_kms_key.db.arn
  tags = {
    Name = "db-${var.env}"
    "cost/centre" = "x"
  }
  settings {
    a = -1
  }
  settings {
    a = 2.5
  }
}

resource "aws_db_instance" "replica" {}
"#);
        let expected = json!({
            "terraform": [{"backend": {"s3": [{"bucket": "state"}]}}],
            "resource": {"aws_db_instance": {
                "main": [{"backup_retention_period": 7, "multi_az": true, "kms_key_id": "aws_kms_key.db.arn",
                    "tags": {"Name": "\"db-${var.env}\"", "cost/centre": "x"}, "settings": [{"a": -1}, {"a": 2.5}]}],
                "replica": [{}]}}});
        assert_eq!(node.to_json(), expected);
        let main = node.get("resource").unwrap().get("aws_db_instance").unwrap().member("main").unwrap();
        assert_eq!((main.line, main.node.line, main.node.items()[0].line), (7, 7, 7));
        let body = &main.node.items()[0];
        assert_eq!(body.member("multi_az").unwrap().line, 9);
        assert_eq!(body.get("kms_key_id").unwrap().value, Value::Expression("aws_kms_key.db.arn".into()));
        assert_eq!(body.get("settings").unwrap().items()[1].line, 18);
        assert_eq!(body.get("tags").unwrap().member("cost/centre").unwrap().line, 13);
    }

    #[test]
    fn modules_variables_and_expressions() {
        let node = one(r#"module "db" {
  source  = "terraform-aws-modules/rds/aws"
  version = "~> 6.0"
  alarms  = [for a in var.alarms : a.arn]
  ids     = [aws_a.b.id, "lit", null]
  days    = var.prod ? 30 : 1
  paren   = (5)
  neg     = -var.x
  policy  = jsonencode({ a = 1 })
}
variable "env" { default = "prod" }
locals { a = 1 }
locals { b = 2 }
"#);
        let db = node.get("module").unwrap().get("db").unwrap().items()[0].clone();
        let expressions = ["alarms", "days", "neg", "policy"].map(|key| db.get(key).unwrap().value.clone());
        let expected = ["[for a in var.alarms : a.arn]", "var.prod ? 30 : 1", "-var.x", "jsonencode({ a = 1 })"];
        assert_eq!(expressions, expected.map(|text| Value::Expression(text.into())));
        assert_eq!(db.get("ids").unwrap().to_json(), json!(["aws_a.b.id", "lit", null]));
        assert_eq!(db.get("ids").unwrap().items()[0].value, Value::Expression("aws_a.b.id".into()));
        assert_eq!(db.get("paren").unwrap().to_json(), json!(5));
        assert_eq!(node.get("locals").unwrap().to_json(), json!([{"a": 1}, {"b": 2}]));
        assert_eq!(node.get("variable").unwrap().to_json(), json!({"env": [{"default": "prod"}]}));
    }

    #[test]
    fn heredocs_and_escapes() {
        let node = one(r#"a = <<-EOT
    one
      two
  EOT
b = <<EOT
x ${var.y}
EOT
c = "$${not} \"q\""
d = "%{ if x }y%{ endif }"
"#);
        assert_eq!(node.get("a").unwrap().as_str(), Some("one\n  two\n"));
        assert_eq!(node.get("b").unwrap().value, Value::Expression("<<EOT\nx ${var.y}\nEOT".into()));
        assert_eq!(node.get("c").unwrap().as_str(), Some("${not} \"q\""));
        assert_eq!(node.get("d").unwrap().value, Value::Expression("\"%{ if x }y%{ endif }\"".into()));
    }

    #[test]
    fn blocks_with_and_without_labels_do_not_hide_each_other() {
        let node = one("service \"a\" {}\nservice { x = 1 }\nservice \"b\" {}\n");
        assert_eq!(node.to_json(), json!({"service": [{"x": 1}, {"a": [{}], "b": [{}]}]}));
    }

    #[test]
    fn tfvars_and_empty_files() {
        assert_eq!(one("region = \"eu\" # where\ncount = 3\n").to_json(), json!({"region": "eu", "count": 3}));
        assert_eq!(read("").unwrap(), []);
        assert_eq!(read("# nothing\n// at all\n/* here */\n").unwrap(), []);
    }

    #[test]
    fn a_broken_file_says_where() {
        let error = read("resource \"a\" \"b\" {\n  x = \n}\n").unwrap_err();
        assert!(error.why.starts_with("not HCL: "), "{error:?}");
        assert_eq!(error.line, Some(2));
    }

    #[test]
    fn hostile_texts_are_bounded() {
        let openings =
            ["[", "(", "{a=", "f(", "a[", "\"${", "-", "!", "x ? ", "x + ", "a.", "[for a in ", "{for a, b in ", "\"%{if ", "a ? b : "];
        for opening in openings {
            for text in [format!("x = {}", opening.repeat(60)), format!("x = {}", opening.repeat(50_000))] {
                let _ = read(&text);
            }
        }
        for text in ["a {\n".repeat(50_000), format!("a {} {{}}", "\"b\" ".repeat(50_000)), format!("a {}", "b ".repeat(50_000))] {
            assert!(read(&text).is_err());
        }
        for text in ["\0", "a = \0", "a = <<", "a = <<E", "a = \"", "{", "}", "a = ${", "\"a\" = 1", "a b c"] {
            let _ = read(text);
        }
    }
}
