//! JSON as people write it: comments, trailing commas, single quotes, and the rest of JSON5.

use jsonc_parser::ast::{ObjectProp, ObjectPropName, Value as Ast};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::lines::Lines;
use super::{Format, Unreadable, limits, scalar};
use crate::evidence::node::{Member, Node, Value};

/// The document of a JSON file; none when it is empty.
///
/// # Errors
/// When the text is not JSON, holds more than one value, or exceeds a cap.
pub fn read(text: &str) -> Result<Vec<Node>, Unreadable> {
    limits::separators(text)?;
    let parsed = parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default()).map_err(|error| {
        let line = u32::try_from(error.line_display()).unwrap_or(u32::MAX);
        Unreadable::malformed(Format::Json, text, &error.kind().to_string(), line)
    })?;
    let reader = Reader { lines: Lines::of(text) };
    parsed.value.map(|value| reader.node(value, 0)).transpose().map(|node| node.into_iter().collect())
}

struct Reader {
    lines: Lines,
}

impl Reader {
    fn node(&self, ast: Ast<'_>, depth: usize) -> Result<Node, Unreadable> {
        let line = self.lines.at(ast.start());
        if depth > limits::MAX_DEPTH {
            return Err(limits::too_deep(line));
        }
        Ok(Node::new(self.value(ast, depth)?, line))
    }

    fn value(&self, ast: Ast<'_>, depth: usize) -> Result<Value, Unreadable> {
        Ok(match ast {
            Ast::NullKeyword(_) => Value::Null,
            Ast::BooleanLit(literal) => Value::Bool(literal.value),
            Ast::NumberLit(literal) => scalar::number(literal.value).map_or_else(|| Value::Text(literal.value.to_owned()), Value::Number),
            Ast::StringLit(literal) => Value::Text(literal.value.into_owned()),
            Ast::Array(array) => Value::List(array.elements.into_iter().map(|item| self.node(item, depth + 1)).collect::<Result<_, _>>()?),
            Ast::Object(object) => {
                let members = object.properties.into_iter().map(|property| self.member(property, depth)).collect::<Result<_, _>>()?;
                Value::map(members)
            }
        })
    }

    fn member(&self, property: ObjectProp<'_>, depth: usize) -> Result<Member, Unreadable> {
        let line = self.lines.at(property.range.start);
        let key = match property.name {
            ObjectPropName::String(literal) => literal.value.into_owned(),
            ObjectPropName::Word(literal) => literal.value.to_owned(),
        };
        Ok(Member { key, line, node: self.node(property.value, depth + 1)? })
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
    fn json_with_comments_keeps_lines() {
        let node = one(r#"// renovate
{
  extends: ['config:recommended'], // base
  "schedule": [
    "before 4am on monday",
  ],
  /* off */ "enabled": false,
  "n": -1.5e2, hex: 0xFF, plus: +1, dot: .5,
}
"#);
        assert_eq!(node.line, 2);
        let schedule = node.member("schedule").unwrap();
        assert_eq!((schedule.line, schedule.node.line, schedule.node.items()[0].line), (4, 4, 5));
        let expected = json!({"extends": ["config:recommended"], "schedule": ["before 4am on monday"], "enabled": false, "n": -150.0,
            "hex": 255, "plus": 1, "dot": 0.5});
        assert_eq!(node.to_json(), expected);
    }

    #[test]
    fn numbers_keep_their_kind() {
        let node = one("{\"a\": 1, \"b\": 1.0, \"c\": 12.50, \"d\": 18446744073709551615, \"e\": NaN, \"f\": 1e400, \"g\": -0}");
        assert_eq!(node.to_json(), json!({"a": 1, "b": 1.0, "c": 12.5, "d": 18446744073709551615_u64, "e": "NaN", "f": "1e400", "g": 0}));
    }

    #[test]
    fn the_last_of_two_equal_keys_wins() {
        let node = one("{\"a\": 1,\n\"a\": 2}");
        assert_eq!((node.to_json(), node.member("a").unwrap().line), (json!({"a": 2}), 2));
    }

    #[test]
    fn an_empty_file_has_no_document() {
        assert_eq!(read("").unwrap(), []);
        assert_eq!(read(" // nothing\n").unwrap(), []);
    }

    #[test]
    fn a_broken_file_says_where() {
        let error = read("{\n  \"a\": [1, 2\n}\n").unwrap_err();
        assert!(error.why.starts_with("not JSON: "), "{error:?}");
        assert!(error.line.is_some());
        assert!(read("{}\n{}\n").unwrap_err().why.contains("more than one"));
        assert!(read("{{ cookiecutter.x }}\n").unwrap_err().why.contains("template markup"));
    }

    #[test]
    fn hostile_texts_are_bounded() {
        for opening in ["[", "{\"a\":", "[{\"a\":", "{a:[", "[[{b:"] {
            assert!(read(&opening.repeat(100_000)).is_err());
        }
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read(&nested(128)).is_ok());
        assert_eq!(read(&nested(129)).unwrap_err().why, "nested deeper than 128 levels");
        assert!(read(&nested(512)).is_err());
        assert!(read(&format!("[{}1]", "1,".repeat(limits::MAX_VALUES))).unwrap_err().why.contains("more than"));
        for text in ["\0", "{\"a\":\0}", "\"", "'", "/*", "\"\\u12\"", "[,]", "{,}", "-", "0x", "\"\\ud800\""] {
            let _ = read(text);
        }
    }
}
