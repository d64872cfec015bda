//! TOML with the line of every key. Dates and times are text, as they are in every other format here.

use serde_json::Number;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::lines::Lines;
use super::{Format, Unreadable, limits, scalar};
use crate::evidence::node::{Member, Node, Value};

/// The document of a TOML file; none when it is empty.
///
/// # Errors
/// When the text is not TOML, or exceeds a cap.
pub fn read(text: &str) -> Result<Vec<Node>, Unreadable> {
    limits::separators(text)?;
    let lines = Lines::of(text);
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map_or(1, |span| lines.at(span.start));
        Unreadable::malformed(Format::Toml, text, error.message(), line)
    })?;
    let value = Reader { lines }.table(table.into_inner(), 0)?;
    let node = Node::new(value, 1);
    Ok(if node.members().is_empty() { Vec::new() } else { vec![node] })
}

struct Reader {
    lines: Lines,
}

impl Reader {
    fn table(&self, table: DeTable<'_>, depth: usize) -> Result<Value, Unreadable> {
        table.into_iter().map(|(key, value)| self.member(key, value, depth)).collect::<Result<_, _>>().map(Value::Map)
    }

    fn member(&self, key: Spanned<impl Into<String>>, value: Spanned<DeValue<'_>>, depth: usize) -> Result<Member, Unreadable> {
        let line = self.lines.at(key.span().start);
        Ok(Member { key: key.into_inner().into(), line, node: self.node(value, depth + 1)? })
    }

    fn node(&self, value: Spanned<DeValue<'_>>, depth: usize) -> Result<Node, Unreadable> {
        let line = self.lines.at(value.span().start);
        if depth > limits::MAX_DEPTH {
            return Err(limits::too_deep(line));
        }
        Ok(Node::new(self.value(value.into_inner(), depth)?, line))
    }

    fn value(&self, value: DeValue<'_>, depth: usize) -> Result<Value, Unreadable> {
        Ok(match value {
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Integer(integer) => integer_value(&integer),
            DeValue::Float(float) => scalar::number(float.as_str()).map_or_else(|| Value::Text(float.to_string()), Value::Number),
            DeValue::Boolean(flag) => Value::Bool(flag),
            DeValue::Datetime(date) => Value::Text(date.to_string()),
            DeValue::Array(items) => Value::List(items.into_iter().map(|item| self.node(item, depth + 1)).collect::<Result<_, _>>()?),
            DeValue::Table(table) => self.table(table, depth)?,
        })
    }
}

fn integer_value(integer: &DeInteger<'_>) -> Value {
    i64::from_str_radix(integer.as_str(), integer.radix())
        .map_or_else(|_| Value::Text(integer.to_string()), |number| Value::Number(Number::from(number)))
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
    fn a_pyproject_keeps_its_lines() {
        let node = one(r#"# build
[project]
name = "app"
dependencies = [
  "django>=5", # web
  "sentry-sdk",
]

[tool.ruff]
line-length = 120
lint.select = ["E"]

[[tool.uv.index]]
url = "https://a"
[[tool.uv.index]]
url = "https://b"
"#);
        let project = node.member("project").unwrap();
        assert_eq!(project.line, 2);
        let dependencies = project.node.member("dependencies").unwrap();
        assert_eq!((dependencies.line, dependencies.node.items()[1].line), (4, 6));
        let tool = node.get("tool").unwrap();
        assert_eq!(tool.member("ruff").unwrap().line, 9);
        assert_eq!(tool.get("ruff").unwrap().member("line-length").unwrap().line, 10);
        let index = tool.get("uv").unwrap().get("index").unwrap();
        assert_eq!((index.items()[0].line, index.items()[1].line), (13, 15));
        assert_eq!(index.to_json(), json!([{"url": "https://a"}, {"url": "https://b"}]));
        let order: Vec<_> = node.members().iter().map(|member| member.key.as_str()).collect();
        assert_eq!(order, ["project", "tool"]);
    }

    #[test]
    fn scalars_of_every_kind() {
        let node = one(r"a = 1_000
b = 0x1F
c = -2.50
d = inf
e = 2024-01-02
f = 07:30:00
g = true
h = '''x'''
i = 9999999999999999999999
"
        .replace("i = 9999999999999999999999\n", "")
        .as_str());
        let expected = json!({"a": 1000, "b": 31, "c": -2.5, "d": "inf", "e": "2024-01-02", "f": "07:30:00", "g": true, "h": "x"});
        assert_eq!(node.to_json(), expected);
    }

    #[test]
    fn empty_and_broken_files() {
        assert_eq!(read("# nothing\n").unwrap(), []);
        let error = read("a = 1\nb = \n").unwrap_err();
        assert!(error.why.starts_with("not TOML: "), "{error:?}");
        assert_eq!(error.line, Some(2));
        assert!(read("a = 1\na = 2\n").unwrap_err().why.contains("duplicate"));
    }

    #[test]
    fn hostile_texts_are_bounded() {
        for text in [
            format!("a = {}", "[".repeat(100_000)),
            format!("a = {}", "{a=".repeat(100_000)),
            format!("{}a = 1", "a.".repeat(100_000)),
            format!("[{}a]", "a.".repeat(100_000)),
            format!("a = {}1{}", "[".repeat(200), "]".repeat(200)),
            "[[a.b]]\n".repeat(100),
        ] {
            let _ = read(&text);
        }
        let headers: String = (0..200).map(|depth| format!("[{}a]\n", "a.".repeat(depth))).collect();
        let _ = read(&headers);
        for text in ["\0", "a = \"\0\"", "[", "[[", "a", "=", "\"\"\"", "a = '", "\r", "a.b.c"] {
            let _ = read(text);
        }
    }
}
