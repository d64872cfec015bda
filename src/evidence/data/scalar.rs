//! Unquoted text as a value: the YAML 1.2 core schema, with care for numbers whose text matters.

use serde_json::Number;

use crate::evidence::node::Value;

/// What an unquoted YAML scalar means.
pub fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::Text(text.to_owned()), Value::Number),
    }
}

/// The number a text is, unless reading it as one would lose what was written: `0755`, `1.10`, an account of 30 digits.
///
/// `1.10` is a version far more often than a quantity; `0.10` is a rate, and stays a number.
pub fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if let Some((radix, digits)) = prefixed(digits) {
        return u64::from_str_radix(digits, radix).ok().filter(|_| digits.as_bytes()[0] != b'+').map(Number::from);
    }
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        return integer(text, digits);
    }
    if is_version(digits) || !is_decimal(digits) {
        return None;
    }
    Number::from_f64(text.parse().ok()?)
}

fn prefixed(digits: &str) -> Option<(u32, &str)> {
    let rest = |prefix| digits.strip_prefix(prefix).filter(|rest: &&str| !rest.is_empty());
    rest("0x").map(|rest| (16, rest)).or_else(|| rest("0o").map(|rest| (8, rest)))
}

fn integer(text: &str, digits: &str) -> Option<Number> {
    if digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok()
}

/// `1.10` and `22.10`, not `0.10`, `1.5` or `1.0`.
fn is_version(digits: &str) -> bool {
    let Some((whole, fraction)) = digits.split_once('.') else { return false };
    let all_zeros = |part: &str| part.bytes().all(|b| b == b'0');
    fraction.ends_with('0') && !all_zeros(fraction) && !all_zeros(whole) && fraction.bytes().all(|b| b.is_ascii_digit())
}

/// Digits with a point, an exponent, or both.
fn is_decimal(digits: &str) -> bool {
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    !leading_zero && whole.len() + fraction.len() > 0 && all_digits(whole) && all_digits(fraction) && !exponent.is_empty() && all_digits(exponent)
}

/// Whether a text is one Go or Jinja template and nothing else: `{{ .Values.x }}`.
pub fn is_template(text: &str) -> bool {
    let inner = text.trim().strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
    inner.is_some_and(|inner| !inner.contains("}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        number(text).map(|number| number.to_string())
    }

    #[test]
    fn numbers_are_read_and_versions_are_not() {
        for (text, expected) in [("0", "0"), ("-3", "-3"), ("+3", "3"), ("8080", "8080"), ("1.5", "1.5"), ("0.10", "0.1"), ("1.0", "1.0"),
            ("1.00", "1.0"), (".5", "0.5"), ("1e3", "1000.0"), ("0x1F", "31"), ("0o17", "15"), ("123456789012", "123456789012"),
            ("18446744073709551615", "18446744073709551615"), ("-0.5", "-0.5"), ("5.", "5.0")]
        {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "-", ".", "+", "1.10", "22.10", "0755", "1.2.3", "1_000", "0x", "0x+1", "0xg", "1e", "e3", "1e999", "12:30", "2024-01-02",
            ".inf", ".nan", "123456789012345678901234567890", "infinity", "nan", "1,5", "00.5", "--1"]
        {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn a_template_is_one_pair_of_braces() {
        assert!(is_template("{{ .Values.x }}"));
        assert!(is_template("{{- include \"a\" . -}}"));
        for text in ["", "{{", "{{}", "x {{ a }}", "{{ a }}{{ b }}", "${{ a }}", "{ a }"] {
            assert!(!is_template(text), "{text}");
        }
    }
}
