//! Schedules of all dialects as the greatest gap between two runs.
//!
//! Whether a backup is taken often enough does not depend on how its schedule is spelled. So every dialect is read into the
//! same thing, times of day on some days or a plain duration, and asked one question: how long, at
//! worst, is nothing done? The answer comes from walking the calendar, not from the look of the text: `0 3 * * 1-5` rests
//! from Friday to Monday, and `0 0 31 * *` skips most months.
//!
//! | dialect | example |
//! |---|---|
//! | cron, five fields | `0 3 * * 1-5`, `H 4 * * *`, `CRON_TZ=UTC 0 3 * * *` |
//! | cron, six fields with seconds first, seven with years last | `0 0 0 * * *` |
//! | AWS | `cron(0 12 ? * * *)`, `rate(1 day)`, `03:00-04:00`, `sun:05:00-sun:06:00` |
//! | nicknames | `@daily`, `@every 6h`, `weekly` |
//! | durations | `1d`, `12h`, `1h30m`, `3600s`, `PT12H` |
//! | systemd `OnCalendar` | `Mon..Fri *-*-* 03:00:00` |
//! | words | `every day at 3am`, `before 4am on monday`, `02:00 UTC` |
//!
//! Time zones are ignored, and with them the hour that summer time moves.

mod calendar;
mod cron;
mod duration;
mod systemd;
mod words;

/// Longest gap that still counts as a schedule: eight years, between two leap days around 2100.
const LONGEST_HOURS: f64 = 24.0 * 366.0 * 8.0;
/// Longest text worth reading, in bytes.
const LONGEST_TEXT: usize = 300;

/// The greatest gap, in hours, that a schedule leaves between two runs; `None` when the text is not a schedule this module
/// knows, or runs fewer than twice. Greater than zero, and at most eight years.
///
/// Dialects: five-field cron, six fields with seconds first, AWS `cron(...)` and `rate(...)`, `@daily` and friends,
/// `@every 6h`, `1d`, systemd `OnCalendar`, "every day at 3am", plain "HH:MM".
pub fn greatest_gap_hours(schedule: &str) -> Option<f64> {
    if schedule.len() > LONGEST_TEXT {
        return None;
    }
    let text = schedule.trim().trim_matches(['"', '\'', '`']).trim().to_ascii_lowercase();
    let hours = gap_seconds(&text)? / 3600.0;
    (hours > 0.0 && hours <= LONGEST_HOURS).then_some(hours)
}

fn gap_seconds(text: &str) -> Option<f64> {
    if let Some(inner) = call(text, "cron") {
        return cron::aws(inner);
    }
    if let Some(inner) = call(text, "rate") {
        return duration::seconds(inner);
    }
    if let Some(nickname) = text.strip_prefix('@') {
        return match nickname.strip_prefix("every ") {
            Some(duration) => duration::seconds(duration),
            None => words::nickname(nickname),
        };
    }
    let dialects = [cron::seconds, duration::seconds, words::window, systemd::seconds, words::seconds];
    dialects.into_iter().find_map(|dialect| dialect(text))
}

/// What stands in the parentheses of `name(...)`.
fn call<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.strip_prefix(name)?.trim_start().strip_prefix('(')?.strip_suffix(')')
}

#[cfg(test)]
mod tests;
