//! Which days, which times of day, and the widest gap between them.
//!
//! Seconds, minutes, hours and days are four levels of the same thing: units of one size, each holding the same runs. So one
//! function ([`Runs::within`]) lifts the runs of a level to the next, up to the days of half a century.

use std::collections::BTreeSet;

/// Numbers that a field of a schedule matches.
pub type Values = BTreeSet<u32>;

/// Years walked: twice the 28 years after which weekdays and leap years repeat, and one more.
const YEARS: std::ops::Range<u32> = 2000..2057;
/// The weekday of 1 January 2000, with Sunday as 0.
const FIRST_WEEKDAY: u32 = 6;

/// Some days.
#[derive(Debug, Clone, PartialEq)]
pub struct Days {
    /// Days of the month.
    pub of_month: MonthDays,
    /// Days of the week.
    pub of_week: WeekDays,
    /// Months, 1 to 12.
    pub months: Values,
    /// Years; none for all.
    pub years: Option<Values>,
    /// Whether a day needs to match only one of day of month and day of week, as cron has it when both are given.
    pub either: bool,
}

/// Days of the month.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MonthDays {
    /// Counted from the first, 1 to 31.
    pub days: Values,
    /// Counted from the end: 0 is the last.
    pub from_end: Values,
    /// The working day nearest to a day.
    pub nearest: Values,
    /// The last working day.
    pub last_working_day: bool,
}

/// Days of the week, Sunday as 0.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WeekDays {
    /// Of every week.
    pub days: Values,
    /// The nth of the month: weekday and n.
    pub nth: BTreeSet<(u32, u32)>,
    /// The last of the month.
    pub last: Values,
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy)]
struct Day {
    day: u32,
    weekday: u32,
    days_in_month: u32,
}

/// Runs within one unit of time: when the first and the last is, and the widest gap between two that follow each other.
/// In seconds from the start of the unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Runs {
    first: u64,
    last: u64,
    widest: u64,
}

impl Runs {
    const ONE: Runs = Runs { first: 0, last: 0, widest: 0 };

    /// The runs of a day at each of these seconds of each of these minutes of each of these hours; none without any.
    pub fn at_clock(hours: &Values, minutes: &Values, seconds: &Values) -> Option<Self> {
        let minute = Runs::ONE.within(seconds.iter().copied(), 1)?;
        let hour = minute.within(minutes.iter().copied(), 60)?;
        hour.within(hours.iter().copied(), 3600)
    }

    /// The runs of a day at these minutes since midnight; none without any.
    pub fn at_minutes(minutes: &Values) -> Option<Self> {
        Runs::ONE.within(minutes.iter().copied(), 60)
    }

    /// The widest gap between two runs, in seconds, when these are the runs of each of some days; none when there are fewer
    /// than two.
    pub fn widest_gap_on(self, days: &Days) -> Option<f64> {
        let all = self.within(days.numbers(), 86_400)?;
        (all.widest > 0).then_some(all.widest as f64)
    }

    /// The runs of a longer unit, in which these happen in each of `units`, which last `size` seconds.
    fn within(self, units: impl IntoIterator<Item = u32>, size: u64) -> Option<Runs> {
        units.into_iter().map(|unit| u64::from(unit) * size).fold(None, |runs: Option<Runs>, start| {
            let (first, last) = (start + self.first, start + self.last);
            let runs = runs.unwrap_or(Runs { first, last: first, widest: self.widest });
            Some(Runs { first: runs.first, last, widest: runs.widest.max(first - runs.last) })
        })
    }
}

impl Days {
    /// All days.
    pub fn all() -> Self {
        let of_month = MonthDays { days: (1..=31).collect(), ..MonthDays::default() };
        let of_week = WeekDays { days: (0..=6).collect(), ..WeekDays::default() };
        Days { of_month, of_week, months: (1..=12).collect(), years: None, either: false }
    }

    /// The matching days of half a century, counted from its first.
    fn numbers(&self) -> Vec<u32> {
        let mut numbers = Vec::new();
        let mut number = 0;
        for year in YEARS {
            for month in 1..=12 {
                let days_in_month = days_in(year, month);
                let wanted = self.months.contains(&month) && self.years.as_ref().is_none_or(|years| years.contains(&year));
                if wanted {
                    let days = (1..=days_in_month).map(|day| Day { day, weekday: (FIRST_WEEKDAY + number + day - 1) % 7, days_in_month });
                    numbers.extend(days.filter(|day| self.matches(*day)).map(|day| number + day.day - 1));
                }
                number += days_in_month;
            }
        }
        numbers
    }

    fn matches(&self, day: Day) -> bool {
        let (of_month, of_week) = (self.of_month.matches(day), self.of_week.matches(day));
        if self.either { of_month || of_week } else { of_month && of_week }
    }
}

impl MonthDays {
    fn matches(&self, day: Day) -> bool {
        self.days.contains(&day.day)
            || self.from_end.contains(&(day.days_in_month - day.day))
            || (self.last_working_day && day.is_nearest_working_day_to(day.days_in_month))
            || self.nearest.iter().any(|wanted| *wanted <= day.days_in_month && day.is_nearest_working_day_to(*wanted))
    }
}

impl WeekDays {
    fn matches(&self, day: Day) -> bool {
        self.days.contains(&day.weekday)
            || self.nth.contains(&(day.weekday, day.day.div_ceil(7)))
            || (self.last.contains(&day.weekday) && day.day + 7 > day.days_in_month)
    }
}

impl Day {
    /// Whether this is the working day of its month nearest to one of its days.
    fn is_nearest_working_day_to(self, wanted: u32) -> bool {
        // The weekday of the wanted day: 35 keeps the difference positive.
        let nearest = match (self.weekday + 35 + wanted - self.day) % 7 {
            6 if wanted == 1 => 3,
            6 => wanted - 1,
            0 if wanted == self.days_in_month => wanted - 2,
            0 => wanted + 1,
            _ => wanted,
        };
        self.day == nearest
    }
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn levels_compose() {
        let hour = Runs::ONE.within([0, 10, 30], 60).unwrap();
        assert_eq!(hour, Runs { first: 0, last: 1800, widest: 1200 });
        let day = hour.within([1, 2], 3600).unwrap();
        assert_eq!(day, Runs { first: 3600, last: 9000, widest: 1800 });
        assert_eq!(Runs::ONE.within([], 60), None);
    }

    #[test]
    fn nearest_working_days() {
        // A month of 31 days that begins on a Saturday.
        let day = |day: u32| Day { day, weekday: (6 + day - 1) % 7, days_in_month: 31 };
        let nearest = |wanted: u32| (1..=31).filter(|d| day(*d).is_nearest_working_day_to(wanted)).collect::<Vec<_>>();
        assert_eq!(
            (nearest(1), nearest(2), nearest(3), nearest(8), nearest(30), nearest(31)),
            (vec![3], vec![3], vec![3], vec![7], vec![31], vec![31])
        );
        // One of 30 days that ends on a Sunday.
        let day = |day: u32| Day { day, weekday: (6 + day - 1) % 7, days_in_month: 30 };
        assert!(day(28).is_nearest_working_day_to(30));
    }
}
