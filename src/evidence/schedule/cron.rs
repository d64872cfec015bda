//! Cron in its dialects, and the grammar of a field, which systemd shares.

use super::calendar::{Days, MonthDays, Runs, Values, WeekDays};

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// What a field may hold.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    lowest: u32,
    highest: u32,
    names: &'static [&'static str],
}

/// Seconds and minutes.
pub const SIXTIETH: Field = Field { lowest: 0, highest: 59, names: &[] };
/// Hours.
pub const HOUR: Field = Field { lowest: 0, highest: 23, names: &[] };
/// Days of the month.
pub const DAY: Field = Field { lowest: 1, highest: 31, names: &[] };
/// Months.
pub const MONTH: Field = Field { lowest: 1, highest: 12, names: MONTHS };
/// Days of the week; 7 is Sunday once more.
pub const WEEKDAY: Field = Field { lowest: 0, highest: 7, names: WEEKDAYS };
/// Days of the week as AWS and Quartz count them, from 1 for Sunday.
const WEEKDAY_FROM_ONE: Field = Field { lowest: 1, highest: 7, names: WEEKDAYS };
/// Years.
pub const YEAR: Field = Field { lowest: 1970, highest: 2199, names: &[] };

impl Field {
    /// The values of a list: `1,5-7,*/10`.
    pub fn values(self, text: &str) -> Option<Values> {
        text.split(',').try_fold(Values::new(), |mut values, item| {
            values.extend(self.item(item)?);
            Some(values)
        })
    }

    /// The values of one item: `*`, `5`, `1-5`, `22-2`, `*/10`, `5/10`, `H`, `H(0-7)/2`.
    fn item(self, text: &str) -> Option<Vec<u32>> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(number(step).filter(|step| *step > 0)?)),
            None => (text, None),
        };
        let values = match hashed(range) {
            // Jenkins picks one value by the name of the job, or with a step, an offset: any will do.
            Some(range) => self.range(range, true)?.into_iter().take(if step.is_some() { usize::MAX } else { 1 }).collect(),
            None => self.range(range, step.is_some())?,
        };
        Some(values.into_iter().step_by(usize::try_from(step.unwrap_or(1)).ok()?).collect())
    }

    /// The values from one to another, which may lie before it: `fri-mon`. With a step, `5` means from 5 on.
    fn range(self, text: &str, open: bool) -> Option<Vec<u32>> {
        if matches!(text, "*" | "?") {
            return Some((self.lowest..=self.highest).collect());
        }
        let (first, last) = match text.split_once('-') {
            Some((first, last)) => (self.value(first)?, self.value(last)?),
            None if open => (self.value(text)?, self.highest),
            None => (self.value(text)?, self.value(text)?),
        };
        if first <= last {
            return Some((first..=last).collect());
        }
        Some((first..=self.highest).chain(self.lowest..=last).collect())
    }

    fn value(self, text: &str) -> Option<u32> {
        let value = number(text).or_else(|| self.named(text))?;
        (self.lowest..=self.highest).contains(&value).then_some(value)
    }

    /// The number of a name, by its first three letters.
    fn named(self, text: &str) -> Option<u32> {
        let first = if self.lowest == 0 { 0 } else { 1 };
        let at = self.names.iter().position(|name| text.starts_with(name) && is_name(text))?;
        Some(u32::try_from(at).ok()? + first)
    }
}

/// Whether a text is a name of a month or weekday, short or long.
fn is_name(text: &str) -> bool {
    const LONG: &[&str] = &[
        "january",
        "february",
        "march",
        "april",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sept",
        "tues",
        "thur",
        "thurs",
        "weds",
    ];
    text.len() == 3 || LONG.contains(&text)
}

/// A number of digits only: no sign.
pub fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The range of Jenkins' `H` or `H(0-7)`.
fn hashed(text: &str) -> Option<&str> {
    match text.strip_prefix('h')? {
        "" => Some("*"),
        range => range.strip_prefix('(')?.strip_suffix(')'),
    }
}

/// The widest gap of a cron line, in seconds: five fields, six with seconds first, or seven with seconds first and years last.
pub fn seconds(text: &str) -> Option<f64> {
    let text = text.split_once(" #").map_or(text, |(schedule, _)| schedule);
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    let fields = match fields.as_slice() {
        [zone, fields @ ..] if zone.starts_with("cron_tz=") || zone.starts_with("tz=") => fields,
        fields => fields,
    };
    match *fields {
        [minute, hour, day, month, weekday] => gap([hour, minute, "0"], [day, month, weekday], WEEKDAY, None),
        [minute, hour, day, month, weekday, year] if is_year(year) => {
            gap([hour, minute, "0"], [day, month, weekday], WEEKDAY_FROM_ONE, Some(year))
        }
        [second, minute, hour, day, month, weekday] => gap([hour, minute, second], [day, month, weekday], WEEKDAY, None),
        [second, minute, hour, day, month, weekday, year] => {
            gap([hour, minute, second], [day, month, weekday], WEEKDAY_FROM_ONE, Some(year))
        }
        _ => None,
    }
}

/// The widest gap, in seconds, of what stands in `cron(...)`: minute, hour, day, month, weekday, year.
pub fn aws(text: &str) -> Option<f64> {
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    let [minute, hour, day, month, weekday, year] = *fields.as_slice() else { return seconds(text) };
    gap([hour, minute, "0"], [day, month, weekday], WEEKDAY_FROM_ONE, Some(year))
}

fn is_year(text: &str) -> bool {
    text.get(..4).and_then(number).is_some() && YEAR.values(text).is_some()
}

fn gap([hour, minute, second]: [&str; 3], [day, month, weekday]: [&str; 3], weekdays: Field, year: Option<&str>) -> Option<f64> {
    let restricted = |field: &str| !field.starts_with(['*', '?']);
    let years = year.filter(|year| restricted(year)).map(|year| YEAR.values(year).ok_or(())).transpose().ok()?;
    let days = Days {
        of_month: month_days(day)?,
        of_week: week_days(weekday, weekdays)?,
        months: MONTH.values(month)?,
        years,
        either: restricted(day) && restricted(weekday),
    };
    Runs::at_clock(&HOUR.values(hour)?, &SIXTIETH.values(minute)?, &SIXTIETH.values(second)?)?.widest_gap_on(&days)
}

/// Days of the month, with `L` for the last, `L-3`, `15W` for the nearest working day and `LW`.
fn month_days(text: &str) -> Option<MonthDays> {
    let mut days = MonthDays::default();
    for item in text.split(',') {
        match (item, item.strip_prefix("l-"), item.strip_suffix('w')) {
            ("l", _, _) => days.from_end.extend([0]),
            ("lw" | "wl", _, _) => days.last_working_day = true,
            (_, Some(before), _) => days.from_end.extend([number(before).filter(|before| *before < 31)?]),
            (_, _, Some(day)) => days.nearest.extend([DAY.value(day)?]),
            _ => days.days.extend(DAY.item(item)?),
        }
    }
    Some(days)
}

/// Days of the week, with `5L` for the last Friday and `5#2` for the second.
fn week_days(text: &str, field: Field) -> Option<WeekDays> {
    // Sunday becomes 0, whether it was written as 0, 7 or 1.
    let from_sunday = |value: u32| (value + 7 - field.lowest) % 7;
    let mut days = WeekDays::default();
    for item in text.split(',') {
        match (item.split_once('#'), item.strip_suffix('l')) {
            (Some((day, nth)), _) => days.nth.extend([(from_sunday(field.value(day)?), number(nth).filter(|nth| (1..=5).contains(nth))?)]),
            (_, Some("")) => days.days.extend([6]),
            (_, Some(day)) => days.last.extend([from_sunday(field.value(day)?)]),
            _ => days.days.extend(field.item(item)?.into_iter().map(from_sunday)),
        }
    }
    Some(days)
}
