//! Schedules in words: "every weekday at 6pm", "before 4am on monday", "every 1.day, at: '4:30 am'".
//!
//! The words of Renovate, whenever, fugit (Sidekiq, Solid Queue) and App Engine are one small vocabulary in any order. Each
//! word adds to the [`Plan`]; one unknown word, and the text is not a schedule.

use super::calendar::{Days, MonthDays, Runs, Values, WeekDays};
use super::cron::{MONTH, WEEKDAY, number};
use super::duration::unit;
use super::systemd::is_zone;

/// What the words have said so far.
#[derive(Debug, Default)]
struct Plan {
    /// A fixed length between two runs, in seconds.
    period: Option<f64>,
    /// Minutes of the day, in the order named.
    times: Vec<u32>,
    /// Whether two times are the ends of a window: "from 10:00 to 14:00".
    window: bool,
    weekdays: Values,
    /// Days of the month; 0 stands for the last.
    days: Values,
    months: Values,
    /// "first", "2nd": of what, the next word tells.
    ordinal: Option<u32>,
    /// The nth weekdays of the month; 0 stands for the last.
    nth: Vec<(u32, u32)>,
    daily: bool,
    at_any_time: bool,
}

/// The widest gap of `daily` and its kind, in seconds.
pub fn nickname(name: &str) -> Option<f64> {
    let plan = Plan { daily: true, ..Plan::default() };
    match name {
        "minutely" => Some(60.0),
        "hourly" => Some(3600.0),
        "daily" | "nightly" | "midnight" => Some(86_400.0),
        "weekly" => Some(7.0 * 86_400.0),
        "biweekly" | "fortnightly" => Some(14.0 * 86_400.0),
        "monthly" => Plan { days: Values::from([1]), ..plan }.seconds(),
        "quarterly" => every_months(3),
        "semiannually" | "semi-annually" => every_months(6),
        "yearly" | "annually" => every_months(12),
        _ => None,
    }
}

/// The first day of every third month, say.
fn every_months(step: usize) -> Option<f64> {
    Plan { daily: true, days: Values::from([1]), months: (1..=12).step_by(step).collect(), ..Plan::default() }.seconds()
}

/// The widest gap of a daily or weekly window as AWS writes it, in seconds: `03:00-04:00`, `sun:05:00-sun:06:00`.
pub fn window(text: &str) -> Option<f64> {
    let (start, end) = text.split_once('-')?;
    let moment = |text: &str| match text.split_once(':') {
        Some((day, time)) if WEEKDAY.values(day).is_some() && number(day).is_none() => minute_of_day(time).map(|_| 7.0),
        _ => minute_of_day(text).filter(|_| text.contains(':')).map(|_| 1.0),
    };
    let days = moment(start.trim())?;
    (moment(end.trim()) == Some(days)).then_some(days * 86_400.0)
}

/// The widest gap of a schedule in words, in seconds.
pub fn seconds(text: &str) -> Option<f64> {
    let text = text.strip_prefix("schedule:").unwrap_or(text);
    let words = words(text);
    let mut plan = Plan::default();
    let mut rest = words.as_slice();
    while !rest.is_empty() {
        rest = &rest[plan.take(rest)?..];
    }
    plan.seconds()
}

/// The words, without punctuation: `1.day` and `3am` are two each.
fn words(text: &str) -> Vec<&str> {
    let pieces = text.split(|c: char| c.is_ascii_whitespace() || matches!(c, ',' | '\'' | '"' | '(' | ')'));
    let pieces = pieces.map(|piece| piece.trim_matches([':', '.', ';'])).filter(|piece| !piece.is_empty());
    pieces.flat_map(|piece| split_number(piece).into_iter().flatten()).collect()
}

/// `6h` and `1.day` as number and unit; `1st`, `04:30` and `3` as they are.
fn split_number(piece: &str) -> [Option<&str>; 2] {
    let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
    let unit_at = digits + usize::from(piece[digits..].starts_with('.'));
    let name = &piece[unit_at..];
    if digits > 0 && (unit(name).is_some() || matches!(name, "am" | "pm")) {
        [Some(&piece[..digits]), Some(name)]
    } else {
        [Some(piece), None]
    }
}

/// Minutes since midnight of `4:30`, `16:30`, `4:30am`.
fn minute_of_day(text: &str) -> Option<u32> {
    let (time, afternoon) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(time), _) => (time, Some(false)),
        (_, Some(time)) => (time, Some(true)),
        _ => (text, None),
    };
    let (hour, minute) = time.split_once(':').unwrap_or((time, "0"));
    let minute = minute.strip_suffix(":00").unwrap_or(minute);
    let (hour, minute) = (number(hour)?, number(minute).filter(|minute| *minute < 60)?);
    let hour = match afternoon {
        None if hour < 24 => hour,
        Some(afternoon) if (1..=12).contains(&hour) => hour % 12 + if afternoon { 12 } else { 0 },
        _ => return None,
    };
    Some(hour * 60 + minute)
}

impl Plan {
    /// Reads the next words and tells how many they were; none if they are not of a schedule.
    fn take(&mut self, words: &[&str]) -> Option<usize> {
        match *words {
            ["at", "any", "time", ..] => {
                self.at_any_time = true;
                Some(3)
            }
            ["minute", minute, ..] if number(minute).is_some() => Some(2),
            [time, half @ ("am" | "pm"), ..] => self.take_time(&format!("{time}{half}")).map(|()| 2),
            ["other", name, ..] => self.take_period(2.0, name).map(|()| 2),
            [count, name, ..] if number(count).is_some() && unit(name).is_some() => {
                self.take_period(f64::from(number(count)?), name).map(|()| 2)
            }
            [word, ..] => self.take_word(word).map(|()| 1),
            [] => None,
        }
    }

    fn take_period(&mut self, count: f64, name: &str) -> Option<()> {
        self.period = Some(count * unit(name)?);
        Some(())
    }

    fn take_time(&mut self, text: &str) -> Option<()> {
        self.times.push(minute_of_day(text)?);
        Some(())
    }

    fn take_word(&mut self, word: &str) -> Option<()> {
        match word {
            "every" | "each" | "at" | "on" | "the" | "and" | "of" | "a" | "in" | "to" | "before" | "after" | "once" | "per" | "time"
            | "early" => {}
            "minute" | "minutes" => return self.take_period(1.0, "minute"),
            "hour" | "hours" => return self.take_period(1.0, "hour"),
            "day" | "days" | "night" | "nights" | "morning" | "mornings" | "evening" | "evenings" => self.take_day(),
            "week" | "weeks" | "month" | "months" | "quarter" | "year" | "years" => self.take_long_unit(word),
            "weekday" | "weekdays" | "workday" | "workdays" => self.weekdays.extend(1..=5),
            "weekend" | "weekends" => self.weekdays.extend([0, 6]),
            "midnight" => self.times.push(0),
            "noon" | "midday" => self.times.push(12 * 60),
            "from" | "between" => self.window = true,
            "last" => self.ordinal = Some(0),
            word if is_zone(word) => {}
            word => return self.take_name(word),
        }
        Some(())
    }

    /// "day" by itself, or the day of an ordinal: "first day of the month".
    fn take_day(&mut self) {
        match self.ordinal.take() {
            Some(ordinal) => self.days.extend([ordinal]),
            None => self.daily = true,
        }
    }

    /// "every month", but not "of the month", which only says what a day is counted in.
    fn take_long_unit(&mut self, word: &str) {
        if let Some(ordinal) = self.ordinal.take() {
            self.days.insert(ordinal);
        }
        if self.days.is_empty() && self.nth.is_empty() {
            self.period = self.period.or(unit(word));
        }
    }

    /// Nicknames, weekdays, months, ordinals and times.
    fn take_name(&mut self, word: &str) -> Option<()> {
        let named = |word: &str| word.starts_with(|c: char| c.is_ascii_alphabetic());
        let singular = word.strip_suffix('s').filter(|word| word.ends_with("day")).unwrap_or(word);
        if let Some(period) = nickname(word) {
            self.period = Some(period);
        } else if let Some(weekdays) = WEEKDAY.values(singular).filter(|_| named(word)) {
            match self.ordinal.take() {
                Some(ordinal) => self.nth.extend(weekdays.into_iter().map(|day| (day, ordinal))),
                None => self.weekdays.extend(weekdays),
            }
        } else if let Some(months) = MONTH.values(word).filter(|_| named(word)) {
            self.months.extend(months);
        } else if let Some(ordinal) = ordinal(word) {
            self.ordinal = Some(ordinal);
        } else {
            return if word.contains(':') { self.take_time(word) } else { None };
        }
        Some(())
    }

    fn seconds(mut self) -> Option<f64> {
        if let Some(ordinal) = self.ordinal.take() {
            self.days.insert(ordinal);
        }
        let dated = !(self.weekdays.is_empty() && self.days.is_empty() && self.months.is_empty() && self.nth.is_empty());
        match self.period {
            Some(period) if period < 86_400.0 && (dated || self.window) => {
                self.times = self.times_every(period);
                self.calendar_gap()
            }
            Some(period) if dated => self.calendar_gap().map(|gap| gap.max(period)),
            Some(period) => Some(period),
            None if dated || self.daily || !self.times.is_empty() => self.calendar_gap(),
            // Renovate's words for no schedule of its own: it then runs whenever it is started, every hour or so.
            None => self.at_any_time.then_some(3600.0),
        }
    }

    /// The times of day of a period in seconds: within the window, if there is one, else from midnight on.
    fn times_every(&self, period: f64) -> Vec<u32> {
        let (first, last) = match *self.times.as_slice() {
            [first, last] if self.window => (first, last),
            _ => (0, 24 * 60 - 1),
        };
        let last = if last < first { last + 24 * 60 } else { last };
        let step = (period / 60.0).ceil() as usize;
        (first..=last).step_by(step.max(1)).map(|minute| minute % (24 * 60)).collect()
    }

    /// The gap of the days at the times of day that were named, or at midnight.
    fn calendar_gap(&self) -> Option<f64> {
        let times = self.times.iter().copied().collect();
        let midnight = || Runs::at_minutes(&[0].into());
        Runs::at_minutes(&times).or_else(midnight)?.widest_gap_on(&self.days())
    }

    fn days(&self) -> Days {
        let mut days = Days::all();
        if !self.months.is_empty() {
            days.months.clone_from(&self.months);
        }
        if !self.days.is_empty() {
            let (last, days_of_month): (Values, Values) = self.days.iter().copied().partition(|day| *day == 0);
            days.of_month = MonthDays { days: days_of_month, from_end: last, ..MonthDays::default() };
        }
        if !(self.weekdays.is_empty() && self.nth.is_empty()) {
            let last = self.nth.iter().filter(|(_, nth)| *nth == 0).map(|(day, _)| *day).collect();
            days.of_week = WeekDays { days: self.weekdays.clone(), nth: self.nth.iter().copied().collect(), last };
        }
        days
    }
}

/// "first" and "1st" as 1.
fn ordinal(word: &str) -> Option<u32> {
    const WORDS: &[&str] = &["first", "second", "third", "fourth", "fifth"];
    if let Some(at) = WORDS.iter().position(|name| *name == word) {
        return u32::try_from(at + 1).ok();
    }
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|suffix| word.strip_suffix(suffix))?;
    number(digits).filter(|day| (1..=31).contains(day))
}
