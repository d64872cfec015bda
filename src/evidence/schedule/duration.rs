//! Lengths of time: `1d`, `12 hours`, `1h30m`, `PT12H`.

/// A unit of time, in seconds. A month is 31 days and a year 366, because the greatest gap is asked for.
pub fn unit(name: &str) -> Option<f64> {
    Some(match name {
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" | "night" | "nights" => 86_400.0,
        "w" | "week" | "weeks" => 7.0 * 86_400.0,
        "month" | "months" => 31.0 * 86_400.0,
        "quarter" | "quarters" => 92.0 * 86_400.0,
        "y" | "year" | "years" => 366.0 * 86_400.0,
        _ => return None,
    })
}

/// The length in seconds, if the text is one or more numbers with units and nothing else.
pub fn seconds(text: &str) -> Option<f64> {
    if let Some(iso) = text.strip_prefix('p') {
        return iso_seconds(iso);
    }
    let mut rest = text.trim();
    let mut sum = None;
    while !rest.is_empty() {
        let (number, after) = split_where(rest, |c| c.is_ascii_digit() || c == '.');
        let (name, after) = split_where(after.trim_start(), |c| c.is_ascii_alphabetic());
        sum = Some(sum.unwrap_or(0.0) + number.parse::<f64>().ok()? * unit(name)?);
        rest = after.trim_start();
    }
    sum
}

/// ISO 8601 behind its `P`: `1d`, `1dt12h`.
fn iso_seconds(text: &str) -> Option<f64> {
    let (date, time) = text.split_once('t').unwrap_or((text, ""));
    let date = date.replace('m', "month");
    seconds(&format!("{date} {time}"))
}

fn split_where(text: &str, wanted: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !wanted(c)).unwrap_or(text.len()))
}
