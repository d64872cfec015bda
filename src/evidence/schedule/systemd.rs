//! systemd's `OnCalendar`: `Mon..Fri *-*-* 03:00:00 UTC`. The shorthands (`daily`) are words.

use super::calendar::{Days, MonthDays, Runs, WeekDays};
use super::cron::{DAY, HOUR, MONTH, SIXTIETH, WEEKDAY, YEAR};

/// The widest gap, in seconds. A weekday alone is left to the words, which know more of them.
pub fn seconds(text: &str) -> Option<f64> {
    let mut parts = text.split_ascii_whitespace().peekable();
    let mut days = Days::all();
    if let Some(of_week) = parts.next_if(|part| weekdays(part).is_some()).and_then(weekdays) {
        days.of_week = of_week;
    }
    let date = parts.next_if(|part| date(part, &days).is_some()).and_then(|part| date(part, &days));
    let time = parts.next_if(|part| time(part).is_some()).and_then(time);
    let zone = parts.next().is_none_or(is_zone);
    if !zone || parts.next().is_some() || (date.is_none() && time.is_none()) {
        return None;
    }
    let midnight = || Runs::at_minutes(&[0].into());
    time.or_else(midnight)?.widest_gap_on(&date.unwrap_or(days))
}

/// Whether a word names a time zone: `utc`, `europe/berlin`.
pub fn is_zone(text: &str) -> bool {
    let region = text.split_once('/').is_some_and(|(area, place)| {
        !place.is_empty() && area.bytes().chain(place.bytes()).all(|b| b.is_ascii_alphabetic() || b"_-/".contains(&b))
    });
    region || matches!(text, "utc" | "gmt" | "z" | "cet" | "cest" | "est" | "edt" | "pst" | "pdt" | "bst" | "jst")
}

fn weekdays(text: &str) -> Option<WeekDays> {
    let named = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let days = named.then(|| WEEKDAY.values(&text.replace("..", "-"))).flatten()?;
    Some(WeekDays { days, ..WeekDays::default() })
}

/// `*-*-01..04`, `*-01,07-01`, `02-29`, `*-*~01` for the last day of the month.
fn date(text: &str, all: &Days) -> Option<Days> {
    let (months, from_end) = match text.split_once('~') {
        Some((months, days)) => (months, Some(days)),
        None => (text, None),
    };
    let mut fields: Vec<&str> = months.split('-').collect();
    let of_month = match from_end {
        // Counted from 1 for the last.
        Some(days) => {
            MonthDays { from_end: DAY.values(&days.replace("..", "-"))?.into_iter().map(|day| day - 1).collect(), ..MonthDays::default() }
        }
        None => MonthDays { days: DAY.values(&fields.pop()?.replace("..", "-"))?, ..MonthDays::default() },
    };
    let (year, month) = match *fields.as_slice() {
        [year, month] => (year, month),
        [month] => ("*", month),
        _ => return None,
    };
    let years = if year == "*" { None } else { Some(YEAR.values(&year.replace("..", "-"))?) };
    Some(Days { of_month, months: MONTH.values(&month.replace("..", "-"))?, years, ..all.clone() })
}

/// `03:00`, `*:0/15`, `03:00:00`.
fn time(text: &str) -> Option<Runs> {
    let text = text.replace("..", "-");
    let mut fields = text.split(':');
    let (hour, minute, second) = (fields.next()?, fields.next()?, fields.next().unwrap_or("0"));
    if fields.next().is_some() {
        return None;
    }
    Runs::at_clock(&HOUR.values(hour)?, &SIXTIETH.values(minute)?, &SIXTIETH.values(second)?)
}
