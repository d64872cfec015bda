//! Unquoted text as a value: the YAML 1.2 core schema, with care for numbers whose text matters.

use serde_json::Number;

use crate::evidence::node::Value;

/// What an unquoted YAML scalar means.
///
/// `1.10` is a version far more often than a quantity, and keeps its text; so does `0755`. `0.10` is a rate, and a number.
pub fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_version(text) => Value::Text(text.to_owned()),
        _ => number(text).map_or_else(|| Value::Text(text.to_owned()), Value::Number),
    }
}

/// `1.10` and `22.10`, not `0.10`, `1.5` or `1.0`.
fn is_version(text: &str) -> bool {
    let Some((whole, fraction)) = text.split_once('.') else { return false };
    let all_zeros = |part: &str| part.bytes().all(|b| b == b'0');
    fraction.ends_with('0') && !all_zeros(fraction) && !all_zeros(whole) && is_digits(whole) && is_digits(fraction)
}

/// The number a text is, in decimal, or with `0x` or `0o` before its digits. None when a number would lose what was written:
/// leading zeros, more digits than 64 bits hold, an exponent out of range.
pub fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if let Some((radix, digits)) = prefixed(digits) {
        return integer(text, digits, radix);
    }
    if digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit() {
        return None;
    }
    if is_digits(digits) {
        return integer(text, digits, 10);
    }
    if is_decimal(digits) { Number::from_f64(text.parse().ok()?) } else { None }
}

fn prefixed(digits: &str) -> Option<(u32, &str)> {
    let hexadecimal = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")).map(|rest| (16, rest));
    hexadecimal.or_else(|| digits.strip_prefix("0o").map(|rest| (8, rest)))
}

fn integer(text: &str, digits: &str, radix: u32) -> Option<Number> {
    let magnitude = u64::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'))?;
    if text.starts_with('-') { 0_i64.checked_sub_unsigned(magnitude).map(Number::from) } else { Some(Number::from(magnitude)) }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Digits with a point, an exponent, or both.
fn is_decimal(digits: &str) -> bool {
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    whole.len() + fraction.len() > 0 && !exponent.is_empty() && [whole, fraction, exponent].into_iter().all(is_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        number(text).map(|number| number.to_string())
    }

    #[test]
    fn numbers_are_read_and_versions_are_not() {
        for (text, expected) in [
            ("0", "0"),
            ("-3", "-3"),
            ("+3", "3"),
            ("8080", "8080"),
            ("1.5", "1.5"),
            ("0.10", "0.1"),
            ("1.0", "1.0"),
            ("1.00", "1.0"),
            ("1.10", "1.1"),
            ("0XfF", "255"),
            ("-0x10", "-16"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("1.5E-3", "0.0015"),
            (".5", "0.5"),
            ("1e3", "1000.0"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("123456789012", "123456789012"),
            ("18446744073709551615", "18446744073709551615"),
            ("-0.5", "-0.5"),
            ("5.", "5.0"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "-",
            ".",
            "+",
            "0755",
            "1.2.3",
            "1_000",
            "0x",
            "0x+1",
            "0xg",
            "1e",
            "e3",
            "1e999",
            "12:30",
            "2024-01-02",
            "-9223372036854775809",
            "e",
            ".e1",
            ".inf",
            ".nan",
            "123456789012345678901234567890",
            "infinity",
            "nan",
            "1,5",
            "00.5",
            "--1",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn versions_keep_their_text() {
        for text in ["1.10", "3.10", "22.10", "10.20"] {
            assert_eq!(plain(text), Value::Text(text.into()));
        }
        for text in ["1.0", "2.00", "0.10", "1.5", "-1.10", ".10", "1.", "1.10e2"] {
            assert!(matches!(plain(text), Value::Number(_)), "{text}");
        }
    }
}
