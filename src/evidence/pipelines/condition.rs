//! Conditions of jobs and steps, judged for one event at a time.
//!
//! Every vendor has a small expression language: `github.ref == 'refs/heads/main' && !cancelled()`,
//! `$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH`, `and(succeeded(), eq(variables['Build.Reason'], 'Manual'))`. They differ in
//! spelling and hardly in meaning, so one reader serves them all; a vendor brings only its variables.
//!
//! Little of what a condition asks is known without running it. The answer is therefore of three kinds: surely true,
//! surely false, or unknown (`None`). Only *surely false* takes an event away from a job; whatever cannot be read is unknown.
//!
//! Nouns: a [`Value`] is what is known of a variable; a `Lookup` gives the value of a variable's name.

use super::patterns;

/// What is known of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Nothing there: an absent property, an unset variable.
    Null,
    /// A boolean.
    Bool(bool),
    /// Exactly this text.
    Text(String),
    /// One of these texts, and whichever the author wrote is the one: the default branch when its name is not known.
    AnyOf(Vec<String>),
    /// Some text that starts so and is none of the exceptions.
    Like {
        /// How it starts.
        prefix: String,
        /// What it is not, in full.
        except: Vec<String>,
    },
    /// Anything.
    Unknown,
}

/// Gives the value of a variable.
pub(super) type Lookup<'a> = dyn Fn(&str) -> Value + 'a;

/// The value of an expression; `Unknown` when it cannot be read.
pub(super) fn value(expression: &str, lookup: &Lookup) -> Value {
    let Some(tokens) = tokens(expression) else { return Value::Unknown };
    let mut reader = Reader { tokens: &tokens, at: 0, depth: 0, lookup };
    match reader.either() {
        Some(value) if reader.at == tokens.len() => value,
        _ => Value::Unknown,
    }
}

/// Whether a condition holds; `None` when that cannot be known.
pub(super) fn holds(expression: &str, lookup: &Lookup) -> Option<bool> {
    value(expression, lookup).truth()
}

impl Value {
    /// A text value.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Value::Text(text.into())
    }

    /// Some text that starts with a prefix.
    pub(super) fn like(prefix: &str) -> Self {
        Value::Like { prefix: prefix.to_owned(), except: Vec::new() }
    }

    /// The same value with a prefix before it.
    pub(super) fn prefixed(&self, before: &str) -> Self {
        let add = |text: &String| format!("{before}{text}");
        match self {
            Value::Text(text) => Value::Text(add(text)),
            Value::AnyOf(texts) => Value::AnyOf(texts.iter().map(add).collect()),
            Value::Like { prefix, except } => Value::Like { prefix: add(prefix), except: except.iter().map(add).collect() },
            other => other.clone(),
        }
    }

    /// Whether it counts as true.
    fn truth(&self) -> Option<bool> {
        match self {
            Value::Null => Some(false),
            Value::Bool(flag) => Some(*flag),
            Value::Text(text) => Some(!matches!(text.as_str(), "" | "0" | "false")),
            Value::AnyOf(_) | Value::Like { .. } => Some(true),
            Value::Unknown => None,
        }
    }

    /// Whether two values are equal.
    fn equals(&self, other: &Value) -> Option<bool> {
        use Value::{AnyOf, Bool, Like, Null, Text, Unknown};
        match (self, other) {
            (Unknown, _) | (_, Unknown) => None,
            (Null, Null) => Some(true),
            (Null, Text(text)) | (Text(text), Null) => Some(text.is_empty()),
            (Null, Bool(flag)) | (Bool(flag), Null) => Some(!flag),
            (Bool(a), Bool(b)) => Some(a == b),
            (Text(a), Text(b)) => Some(a.eq_ignore_ascii_case(b)),
            (Bool(flag), Text(text)) | (Text(text), Bool(flag)) => Some(text.eq_ignore_ascii_case(if *flag { "true" } else { "false" })),
            (AnyOf(texts), Text(text)) | (Text(text), AnyOf(texts)) => Some(texts.contains(text)),
            (AnyOf(a), AnyOf(b)) => Some(a.iter().any(|text| b.contains(text))),
            (Like { prefix, except }, Text(text)) | (Text(text), Like { prefix, except }) => may_be(prefix, except, text),
            (Like { prefix, except }, AnyOf(texts)) | (AnyOf(texts), Like { prefix, except }) => {
                texts.iter().all(|text| may_be(prefix, except, text) == Some(false)).then_some(false)
            }
            (Like { prefix: a, .. }, Like { prefix: b, .. }) => (!a.starts_with(b.as_str()) && !b.starts_with(a.as_str())).then_some(false),
            _ => Some(false),
        }
    }

    /// Whether it starts with a text.
    fn starts_with(&self, start: &str) -> Option<bool> {
        match self {
            Value::Like { prefix, .. } if prefix.starts_with(start) => Some(true),
            Value::Like { prefix, .. } => (!start.starts_with(prefix.as_str())).then_some(false),
            _ => self.test(|text| text.starts_with(start)),
        }
    }

    /// Whether a test holds for the text; of several texts, whether it holds for one.
    fn test(&self, test: impl Fn(&str) -> bool) -> Option<bool> {
        match self {
            Value::Null => Some(test("")),
            Value::Bool(flag) => Some(test(if *flag { "true" } else { "false" })),
            Value::Text(text) => Some(test(text)),
            Value::AnyOf(texts) => Some(texts.iter().any(|text| test(text))),
            Value::Like { .. } | Value::Unknown => None,
        }
    }
}

/// Whether some text that starts so, and is none of the exceptions, may be this text: never surely, but surely not.
fn may_be(prefix: &str, except: &[String], text: &str) -> Option<bool> {
    (!text.starts_with(prefix) || except.iter().any(|exception| exception == text)).then_some(false)
}

/// Whether all of several conditions hold.
pub(super) fn all(conditions: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    conditions.into_iter().fold(Some(true), both_hold)
}

/// Whether any of several conditions holds.
pub(super) fn any(conditions: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    not(all(conditions.into_iter().map(not)))
}

fn both_hold(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn truth_value(truth: Option<bool>) -> Value {
    truth.map_or(Value::Unknown, Value::Bool)
}

fn not(truth: Option<bool>) -> Option<bool> {
    truth.map(|flag| !flag)
}

/// The left side when it is false, else the right side.
fn both(left: Value, right: Value) -> Value {
    match (left.truth(), right.truth()) {
        (Some(false), _) => left,
        (Some(true), _) => right,
        (None, Some(false)) => Value::Bool(false),
        (None, _) => Value::Unknown,
    }
}

/// The left side when it is true, else the right side.
fn either(left: Value, right: Value) -> Value {
    match (left.truth(), right.truth()) {
        (Some(true), _) => left,
        (Some(false), _) => right,
        // `unknown && 'production' || 'staging'` is one of two texts, not simply true.
        (None, _) => Value::Unknown,
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Text(String),
    Pattern(String),
    Sign(&'static str),
}

const LONGEST: usize = 4_000;
const DEEPEST: usize = 40;
const SIGNS: [&str; 15] = ["${{", "}}", "&&", "||", "==", "!=", "=~", "!~", "!", "(", ")", "[", "]", ",", "="];

/// The words of an expression; `None` when it is too long or has a sign that no vendor uses.
fn tokens(expression: &str) -> Option<Vec<Token>> {
    if expression.len() > LONGEST || !patterns::may_judge(expression.len()) {
        return None;
    }
    let mut rest = expression.trim_start();
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '\'' | '"' => quoted(rest, first)?,
            '/' => pattern(rest)?,
            _ => sign(rest).or_else(|| name(rest))?,
        };
        tokens.push(token);
        rest = rest.get(length..)?.trim_start();
    }
    Some(tokens)
}

fn sign(rest: &str) -> Option<(Token, usize)> {
    let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign))?;
    let token = match *sign {
        "${{" => Token::Sign("("),
        "}}" => Token::Sign(")"),
        "=" => Token::Sign("=="),
        other => Token::Sign(other),
    };
    Some((token, sign.len()))
}

/// A quoted text; the quote itself is written twice (GitHub, Azure) or after a backslash.
fn quoted(rest: &str, quote: char) -> Option<(Token, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, char)) = chars.next() {
        let doubled = char == quote && chars.peek().is_some_and(|(_, next)| *next == quote);
        if doubled {
            chars.next();
        } else if char == quote {
            return Some((Token::Text(text), at + quote.len_utf8()));
        }
        text.push(char);
    }
    None
}

fn pattern(rest: &str) -> Option<(Token, usize)> {
    let mut escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        match char {
            '/' if !escaped => {
                let flags: String = rest.get(at + 1..)?.chars().take_while(char::is_ascii_alphabetic).collect();
                let body = rest.get(1..at)?.replace("\\/", "/");
                let body = if flags.contains('i') { format!("(?i){body}") } else { body };
                return Some((Token::Pattern(body), at + 1 + flags.len()));
            }
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

fn name(rest: &str) -> Option<(Token, usize)> {
    let of_name = |char: &char| char.is_alphanumeric() || "._-$*:@{}".contains(*char);
    let mut length = 0;
    for char in rest.chars().take_while(of_name) {
        // The end of `${{ ... }}` is no part of a name, that of `${CI_COMMIT_BRANCH}` is.
        if rest.get(length..).is_some_and(|rest| rest.starts_with("}}")) {
            break;
        }
        length += char.len_utf8();
    }
    let written = rest.get(..length).filter(|name| !name.is_empty())?;
    let plain: String = written.chars().filter(|char| !"${}".contains(*char)).collect();
    Some((Token::Name(plain), length))
}

/// Reads tokens by recursive descent: `either` binds loosest, `primary` tightest.
struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    lookup: &'a Lookup<'a>,
}

impl Reader<'_> {
    fn either(&mut self) -> Option<Value> {
        let mut left = self.both()?;
        while self.take(&["||"]).is_some() || self.word("or") {
            let right = self.both()?;
            left = either(left, right);
        }
        Some(left)
    }

    fn both(&mut self) -> Option<Value> {
        let mut left = self.comparison()?;
        while self.take(&["&&"]).is_some() || self.word("and") {
            let right = self.comparison()?;
            left = both(left, right);
        }
        Some(left)
    }

    fn comparison(&mut self) -> Option<Value> {
        let mut left = self.unary()?;
        while let Some(sign) = self.take(&["==", "!=", "=~", "!~"]) {
            let matches = match sign {
                "==" | "!=" => left.equals(&self.unary()?),
                _ => self.matches(&left)?,
            };
            left = truth_value(if sign.starts_with('!') { not(matches) } else { matches });
        }
        if self.tokens.get(self.at).is_some_and(|token| matches!(token, Token::Name(name) if name == "in")) {
            self.at += 1;
            self.unary()?;
            left = Value::Unknown;
        }
        Some(left)
    }

    /// Whether a value matches the pattern that follows; `None` at a syntax error.
    fn matches(&mut self, left: &Value) -> Option<Option<bool>> {
        let pattern = match self.tokens.get(self.at)? {
            Token::Pattern(pattern) | Token::Text(pattern) => pattern.clone(),
            _ => return self.unary().map(|_| None),
        };
        self.at += 1;
        if matches!(left, Value::Null) {
            return Some(Some(false));
        }
        Some(patterns::compiled(&pattern).and_then(|regex| left.test(|text| regex.is_match(text))))
    }

    fn unary(&mut self) -> Option<Value> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let negated = self.take(&["!"]).is_some() || (!self.next_is("(", 1) && self.word("not"));
        let value = if negated { self.unary().map(|value| truth_value(not(value.truth()))) } else { self.primary() };
        self.depth -= 1;
        value
    }

    fn primary(&mut self) -> Option<Value> {
        let token = self.tokens.get(self.at)?.clone();
        self.at += 1;
        match token {
            Token::Sign("(") => {
                let value = self.either()?;
                self.take(&[")"])?;
                Some(value)
            }
            Token::Sign("[") => self.arguments("]").map(|_| Value::Unknown),
            Token::Text(text) => Some(Value::Text(text)),
            Token::Name(name) if self.take(&["("]).is_some() => {
                let arguments = self.arguments(")")?;
                Some(call(&name.to_ascii_lowercase(), &arguments))
            }
            Token::Name(name) => self.variable(name),
            Token::Pattern(_) | Token::Sign(_) => None,
        }
    }

    /// A variable, with `['Build.Reason']` read as one more part of its name.
    fn variable(&mut self, mut name: String) -> Option<Value> {
        while self.take(&["["]).is_some() {
            match self.tokens.get(self.at)? {
                Token::Text(part) | Token::Name(part) => name = format!("{name}.{part}"),
                _ => return None,
            }
            self.at += 1;
            self.take(&["]"])?;
        }
        Some(match name.as_str() {
            "true" | "True" => Value::Bool(true),
            "false" | "False" => Value::Bool(false),
            "null" | "nil" => Value::Null,
            number if number.starts_with(|char: char| char.is_ascii_digit()) => Value::Text(name),
            _ => (self.lookup)(&name),
        })
    }

    fn arguments(&mut self, close: &'static str) -> Option<Vec<Value>> {
        let mut arguments = Vec::new();
        while self.take(&[close]).is_none() {
            arguments.push(self.either()?);
            self.take(&[","]);
        }
        Some(arguments)
    }

    fn next_is(&self, sign: &str, ahead: usize) -> bool {
        matches!(self.tokens.get(self.at + ahead), Some(Token::Sign(next)) if *next == sign)
    }

    fn take(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        let found = signs.iter().find(|sign| self.next_is(sign, 0))?;
        self.at += 1;
        Some(found)
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Name(name)) if name == word);
        self.at += usize::from(found);
        found
    }
}

/// The functions whose answer can be known; every vendor's in one table, by lower-case name.
fn call(name: &str, arguments: &[Value]) -> Value {
    match (name, arguments) {
        ("always" | "success" | "succeeded" | "succeededorfailed", _) => Value::Bool(true),
        ("fromjson" | "tojson" | "lower" | "upper", [only]) => only.clone(),
        ("not", [only]) => truth_value(not(only.truth())),
        ("eq", [a, b]) => truth_value(a.equals(b)),
        ("ne", [a, b]) => truth_value(not(a.equals(b))),
        ("and", [first, rest @ ..]) => rest.iter().cloned().fold(first.clone(), both),
        ("or", [first, rest @ ..]) => rest.iter().cloned().fold(first.clone(), either),
        ("in", [sought, rest @ ..]) => rest.iter().map(|one| truth_value(sought.equals(one))).fold(Value::Bool(false), either),
        ("notin", [sought, rest @ ..]) => {
            truth_value(not(rest.iter().map(|one| truth_value(sought.equals(one))).fold(Value::Bool(false), either).truth()))
        }
        ("startswith", [text, Value::Text(start)]) => truth_value(text.starts_with(start)),
        ("endswith", [text, Value::Text(end)]) => truth_value(text.test(|text| text.ends_with(end.as_str()))),
        ("contains", [text, part]) => truth_value(contains(text, part)),
        _ => Value::Unknown,
    }
}

/// Whether a text, or a JSON list written as text, contains another.
fn contains(text: &Value, part: &Value) -> Option<bool> {
    if matches!(text, Value::Null) {
        return Some(false);
    }
    let listed = |list: &str, item: &str| match serde_json::from_str::<Vec<String>>(list) {
        Ok(items) => items.iter().any(|one| one == item),
        Err(_) => list.contains(item),
    };
    match part {
        Value::Like { prefix, .. } => text.test(|text| text.contains(prefix.as_str())).filter(|found| !found),
        _ => match text {
            Value::Like { .. } | Value::Unknown => None,
            _ => part.test(|part| text.test(|text| listed(text, part)) == Some(true)),
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn push_to_main(name: &str) -> Value {
        match name {
            "github.event_name" => Value::text("push"),
            "github.ref" => Value::AnyOf(vec!["refs/heads/main".into(), "refs/heads/master".into()]),
            "CI_COMMIT_BRANCH" | "CI_DEFAULT_BRANCH" => Value::AnyOf(vec!["main".into()]),
            "CI_COMMIT_TAG" | "github.event.pull_request" => Value::Null,
            "variables.Build.SourceBranch" => Value::text("refs/heads/main"),
            _ => Value::Unknown,
        }
    }

    fn on_main(condition: &str) -> Option<bool> {
        holds(condition, &push_to_main)
    }

    #[test]
    fn conditions_of_github() {
        assert_eq!(on_main("github.event_name == 'push' && github.ref == 'refs/heads/main'"), Some(true));
        assert_eq!(on_main("${{ github.ref == 'refs/heads/master' }}"), Some(true));
        assert_eq!(on_main("github.ref == 'refs/heads/develop'"), Some(false));
        assert_eq!(on_main("startsWith(github.ref, 'refs/tags/')"), Some(false));
        assert_eq!(on_main("!startsWith(github.ref, 'refs/tags/')"), Some(true));
        assert_eq!(on_main("github.event_name == 'workflow_dispatch' || needs.x.outputs.run == 'true'"), None);
        assert_eq!(on_main("github.event_name == 'workflow_dispatch' && needs.x.outputs.run == 'true'"), Some(false));
        assert_eq!(on_main("false"), Some(false));
        assert_eq!(on_main("${{ false }}"), Some(false));
        assert_eq!(on_main("(github.event.pull_request || false) && !contains(github.event.*.labels.*.name, 'x')"), Some(false));
        assert_eq!(on_main("contains(fromJSON('[\"refs/heads/main\", \"refs/heads/rc\"]'), github.ref)"), Some(true));
        assert_eq!(on_main("contains(fromJSON('[\"refs/heads/rc\"]'), github.ref)"), Some(false));
        assert_eq!(on_main("${{ always() && github.event_name == 'schedule' }}"), Some(false));
        assert_eq!(on_main("github.repository == 'octo/app'"), None);
        assert_eq!(on_main("github.event.comment.body == 'it''s' "), None);
    }

    #[test]
    fn conditions_of_gitlab_and_azure() {
        assert_eq!(on_main("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"), Some(true));
        assert_eq!(on_main("${CI_COMMIT_BRANCH} == \"main\" && $DEPLOY"), None);
        assert_eq!(on_main("$CI_COMMIT_BRANCH =~ /^(main|release-.*)$/"), Some(true));
        assert_eq!(on_main("$CI_COMMIT_BRANCH !~ /^MAIN$/i"), Some(false));
        assert_eq!(on_main("$CI_COMMIT_TAG =~ /^v\\d+/"), Some(false));
        assert_eq!(on_main("$CI_COMMIT_TAG"), Some(false));
        assert_eq!(on_main("and(succeeded(), eq(variables['Build.SourceBranch'], 'refs/heads/main'))"), Some(true));
        assert_eq!(on_main("and(succeeded(), not(eq(variables['Build.SourceBranch'], 'refs/heads/main')))"), Some(false));
    }

    #[test]
    fn a_value_may_be_chosen_by_a_condition() {
        assert_eq!(value("github.ref == 'refs/heads/main' && 'production' || 'staging'", &push_to_main), Value::text("production"));
        assert_eq!(value("github.ref == 'refs/heads/x' && 'production' || 'staging'", &push_to_main), Value::text("staging"));
        assert_eq!(value("vars.x && 'production' || 'staging'", &push_to_main), Value::Unknown);
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        for hostile in ["", "((((", "a ==", "'open", "a ? b : c", &"(".repeat(3_000), &"!".repeat(3_000), &"a && ".repeat(2_000)] {
            assert_eq!(on_main(hostile), None, "{hostile}");
        }
    }
}
