//! Schedules as people write them.

use proptest::prelude::*;

use super::greatest_gap_hours;

fn check(cases: &[(&str, f64)]) {
    for (text, hours) in cases {
        let gap = greatest_gap_hours(text);
        assert!(gap.is_some_and(|gap| (gap - hours).abs() < 1e-9), "{text}: {gap:?}, not {hours}");
    }
}

#[test]
fn five_field_cron() {
    check(&[
        ("0 3 * * 1-5", 72.0),
        ("0 */6 * * *", 6.0),
        ("0 0 1 * *", 744.0),
        ("0 1,13 * * *", 12.0),
        ("0 1,3 * * *", 22.0),
        ("* * * * *", 1.0 / 60.0),
        ("*/15 * * * *", 0.25),
        ("5/20 * * * *", 20.0 / 60.0),
        ("0 0-6/2 * * *", 18.0),
        ("0 9-17 * * MON-FRI", 64.0),
        ("30 2 * * sun", 168.0),
        ("0 0 * * 0,7", 168.0),
        ("0 0 * * 7", 168.0),
        ("0 22-2 * * *", 20.0),
        ("0 0 * * FRI-MON", 96.0),
        ("0 0 31 * *", 61.0 * 24.0),
        ("0 0 29 2 *", (4 * 365 + 1) as f64 * 24.0),
        ("0 0 1 1 *", 366.0 * 24.0),
        ("0 0 1 */3 *", 92.0 * 24.0),
        ("0 0 1 jan,jul *", 184.0 * 24.0),
        ("0 0 L * *", 744.0),
        ("0 0 15W * *", 32.0 * 24.0),
        ("0 0 * * 1#1", 35.0 * 24.0),
        ("0 0 * * 5L", 35.0 * 24.0),
        ("0 0 ? * *", 24.0),
        // Both given: either suffices.
        ("0 0 1 * 1", 168.0),
        ("H 4 * * *", 24.0),
        ("H/15 * * * *", 0.25),
        ("H H(0-7) * * *", 24.0),
        ("CRON_TZ=Europe/Berlin 0 3 * * *", 24.0),
        ("TZ=UTC 0 3 * * *", 24.0),
        ("  '0 3 * * *'  ", 24.0),
        ("0 3 * * * # nightly", 24.0),
        ("0\t3\t*\t*\t*", 24.0),
    ]);
}

#[test]
fn six_and_seven_fields() {
    check(&[
        ("0 0 0 * * *", 24.0),
        ("0 0 */4 * * *", 4.0),
        ("*/10 * * * * *", 10.0 / 3600.0),
        ("0 30 2 * * 0", 168.0),
        ("0 0 12 ? * MON-FRI *", 72.0),
        ("0 0 12 * * ? 2020-2040", 24.0),
        ("0 12 * * ? 2020-2040", 24.0),
    ]);
}

#[test]
fn aws() {
    check(&[
        ("cron(0 12 ? * * *)", 24.0),
        ("cron(0 10 * * ? *)", 24.0),
        ("cron(15 2 ? * SAT,SUN *)", 144.0),
        ("cron(0 5 ? * 1,7 *)", 144.0),
        ("cron(0 8 1 * ? *)", 744.0),
        ("cron(0/15 * * * ? *)", 0.25),
        ("cron(0 0 ? * 6L *)", 35.0 * 24.0),
        ("rate(1 day)", 24.0),
        ("rate(12 hours)", 12.0),
        ("rate(5 minutes)", 5.0 / 60.0),
        ("03:00-04:00", 24.0),
        ("sun:05:00-sun:06:00", 168.0),
        ("Mon:00:00-Mon:03:00", 168.0),
    ]);
}

#[test]
fn nicknames_and_durations() {
    check(&[
        ("@hourly", 1.0),
        ("@daily", 24.0),
        ("@midnight", 24.0),
        ("@weekly", 168.0),
        ("@monthly", 744.0),
        ("@yearly", 8784.0),
        ("@annually", 8784.0),
        ("@every 6h", 6.0),
        ("@every 1h30m", 1.5),
        ("1d", 24.0),
        ("12h", 12.0),
        ("90m", 1.5),
        ("3600s", 1.0),
        ("24h0m0s", 24.0),
        ("1w", 168.0),
        ("2 days", 48.0),
        ("PT12H", 12.0),
        ("P1D", 24.0),
        ("P1DT12H", 36.0),
        ("P1M", 744.0),
        ("0.5h", 0.5),
    ]);
}

#[test]
fn systemd() {
    check(&[
        ("daily", 24.0),
        ("hourly", 1.0),
        ("weekly", 168.0),
        ("monthly", 744.0),
        ("quarterly", 92.0 * 24.0),
        ("semiannually", 184.0 * 24.0),
        ("yearly", 8784.0),
        ("*-*-* 03:00:00", 24.0),
        ("*-*-* 03:00:00 UTC", 24.0),
        ("Mon *-*-* 00:00", 168.0),
        ("Mon..Fri 03:00", 72.0),
        ("Mon,Thu *-*-* 4:00", 96.0),
        ("Sat *-*-1..7 18:00:00 Europe/Paris", 35.0 * 24.0),
        ("*-*-01 00:00", 744.0),
        ("*-*-*", 24.0),
        ("*-*~01 00:00", 744.0),
        ("*-01,07-01", 184.0 * 24.0),
        ("*:0/15", 0.25),
        ("*-*-* *:00:00", 1.0),
        ("*-*-* 0/6:00", 6.0),
    ]);
}

#[test]
fn words() {
    check(&[
        ("every day at 3am", 24.0),
        ("every day at 3:30 am and 3:30 pm", 12.0),
        ("every 6 hours", 6.0),
        ("every night", 24.0),
        ("every hour", 1.0),
        ("every hour at minute 12", 1.0),
        ("every minute", 1.0 / 60.0),
        ("every 30 minutes", 0.5),
        ("every other day", 48.0),
        ("every 2 weeks", 336.0),
        ("every month", 744.0),
        ("every monday", 168.0),
        ("every monday 09:00", 168.0),
        ("every weekday at 6pm", 72.0),
        ("every weekend", 144.0),
        ("every monday and thursday at 5am", 96.0),
        ("at 5am every day", 24.0),
        ("every day at noon", 24.0),
        ("daily at midnight", 24.0),
        ("02:00 UTC", 24.0),
        ("02:00", 24.0),
        ("23:30", 24.0),
        ("every 24 hours", 24.0),
        ("every 1.day, at: '4:30 am'", 24.0),
        ("every :sunday, at: '12pm'", 168.0),
        ("1.day", 24.0),
        ("every 12h", 12.0),
        ("every 5 minutes from 10:00 to 14:00", 20.0),
        ("every 30 minutes between 10pm and 6am", 16.0),
        ("every 6 hours on weekdays", 54.0),
        ("every 2 weeks on monday", 336.0),
        ("every 2 days at 3am", 48.0),
        ("every monday,wednesday 03:00 America/New_York", 120.0),
    ]);
}

#[test]
fn renovate_words() {
    check(&[
        ("before 4am on monday", 168.0),
        ("before 5am", 24.0),
        ("after 10pm every weekday", 72.0),
        ("after 10pm and before 5am every weekday", 55.0),
        ("on the first day of the month", 744.0),
        ("before 3am on the first day of the month", 744.0),
        ("before 4am on the 15th", 744.0),
        ("on the last day of the month", 744.0),
        ("1st monday of the month 09:00", 35.0 * 24.0),
        ("on friday", 168.0),
        ("on sundays", 168.0),
        ("monday", 168.0),
        ("schedule:weekly", 168.0),
        ("schedule:monthly", 744.0),
        ("at any time", 1.0),
        ("* 0-3 * * 1", (7 * 24 - 4) as f64 + 1.0 / 60.0),
    ]);
}

#[test]
fn what_is_no_schedule() {
    for text in [
        "",
        " ",
        "hello",
        "{{ .Values.schedule }}",
        "${{ x }}",
        "var.schedule",
        "0",
        "86400",
        "3",
        "* * * *",
        "* * * * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "*/0 * * * *",
        "a b c d e",
        "1- * * * *",
        "-1 * * * *",
        "+1 * * * *",
        ", * * * *",
        "0 0 30 2 *",
        "@reboot",
        "@",
        "@every",
        "@every x",
        "rate()",
        "rate(1)",
        "rate(0 days)",
        "cron()",
        "cron(0 12)",
        "at(2024-01-01T00:00:00)",
        "2024-01-01 03:00",
        "25:00",
        "3:60am",
        "13pm",
        "every",
        "on the",
        "at",
        "p",
        "pt",
        "0d",
        "d",
        "1x",
        "9999y",
        "true",
        "disabled",
        "never",
        "1.2.3.4",
        "::",
        ":",
        "-",
        "a-b",
        "12:00-",
        "every purple day",
        "0 0 * * mondayish",
        "0 0 0 0 0",
        "* * * * * 1969",
        "utc",
        "Mon *-02-29",
        "99999999999999999999d",
        "1e400d",
    ] {
        assert_eq!(greatest_gap_hours(text), None, "{text}");
    }
    assert_eq!(greatest_gap_hours(&"0 ".repeat(100_000)), None);
    assert_eq!(greatest_gap_hours(&"1d".repeat(100)), Some(2400.0));
}

fn list(range: std::ops::RangeInclusive<u32>) -> impl Strategy<Value = Vec<u32>> {
    proptest::collection::vec(range, 1..5)
}

fn joined(values: &[u32]) -> String {
    values.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

proptest! {
    #[test]
    fn one_more_value_never_widens_the_gap(
        mut fields in (list(0..=59), list(0..=23), list(1..=28), list(1..=12), list(0..=7)).prop_map(|(a, b, c, d, e)| [a, b, c, d, e]),
        stars in proptest::array::uniform5(any::<bool>()),
        at in 0_usize..5,
        more in 0_u32..60,
    ) {
        let text = |fields: &[Vec<u32>; 5]| {
            let fields = fields.iter().zip(stars).map(|(values, star)| if star { "*".into() } else { joined(values) });
            fields.collect::<Vec<_>>().join(" ")
        };
        let before = greatest_gap_hours(&text(&fields));
        let bounds = [(0, 60), (0, 24), (1, 28), (1, 12), (0, 7)];
        fields[at].push(bounds[at].0 + more % bounds[at].1);
        let after = greatest_gap_hours(&text(&fields));
        prop_assert!(before.is_some() && after.is_some());
        prop_assert!(after <= before, "{before:?} became {after:?}");
    }

    #[test]
    fn gaps_are_bounded(text in "[0-9*/,?LWH#a-zA-Z:@ .~()-]{0,40}") {
        let gap = greatest_gap_hours(&text);
        prop_assert!(gap.is_none_or(|gap| gap > 0.0 && gap <= 24.0 * 366.0 * 8.0));
    }

    #[test]
    fn anything_is_survived(text in any::<String>(), words in proptest::collection::vec(r"\PC{1,5}|\d{1,4}|[*/?-]|every|at|[a-z]{1,3}", 1..9)) {
        let _ = greatest_gap_hours(&text);
        for separator in [" ", ",", ":", "-", ""] {
            let _ = greatest_gap_hours(&words.join(separator));
        }
    }
}
