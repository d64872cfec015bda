//! What every rendering of a report must hold, whatever the report says.
#![allow(clippy::unwrap_used)]

#[path = "renderers/samples.rs"]
mod samples;

use anstream::adapter::strip_str;
use prod_audit::report::terminal::{Look, render};
use prod_audit::report::{Report, Standing, json, plain, points, schema};
use unicode_width::UnicodeWidthStr;

fn looks(width: usize) -> [Look; 4] {
    let normal = Look { width, ..Look::default() };
    [
        normal,
        Look { verbose: true, ..normal },
        Look { quiet: true, ..normal },
        Look { ascii: true, verbose: width.is_multiple_of(2), ..normal },
    ]
}

fn text(report: &Report, look: Look) -> String {
    strip_str(&render(report, look)).to_string()
}

/// One line, single blanks: a title that was wrapped can be found in it.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn no_line_is_wider_than_the_page() {
    for (name, report) in samples::all() {
        // The hostile report in full at every width; beyond 120 columns nothing changes any more.
        let every = if name == "hostile" { 1 } else { 20 };
        for width in (40..=121).step_by(every).chain([160, 200]) {
            let looks = looks(width);
            let looks = if width % 5 == 0 { &looks[..] } else { &looks[1..2] };
            for look in looks {
                for line in text(&report, *look).lines() {
                    assert!(line.width() <= width, "{name}, {look:?}: {} columns: {line}", line.width());
                }
            }
        }
    }
}

#[test]
fn a_very_wide_page_is_drawn_as_wide_as_one_can_read() {
    let report = samples::rails();
    assert_eq!(text(&report, Look { width: 200, ..Look::default() }), text(&report, Look { width: 120, ..Look::default() }));
}

#[test]
fn nothing_but_our_own_styles_acts_on_the_terminal() {
    for (name, report) in samples::all() {
        for look in looks(80) {
            let rendered = render(&report, look);
            for style in rendered.split('\u{1b}').skip(1) {
                let (code, _) = style.split_once('m').unwrap();
                assert!(["[0", "[1", "[2", "[31", "[32", "[33", "[36"].contains(&code), "{name}: {code}");
            }
            for line in strip_str(&rendered).to_string().lines() {
                assert_eq!(plain(line), line, "{name}, {look:?}");
            }
        }
    }
}

#[test]
fn no_blanks_stand_at_the_end_and_no_two_empty_lines_together() {
    for (name, report) in samples::all() {
        for look in looks(80) {
            let text = text(&report, look);
            assert!(text.lines().all(|line| !line.ends_with(' ')), "{name}, {look:?}");
            assert!(!text.contains("\n\n\n") && !text.starts_with('\n'), "{name}, {look:?}:\n{text}");
            assert!(text.ends_with('\n'), "{name}, {look:?}");
        }
    }
}

#[test]
fn two_runs_give_the_same_bytes() {
    for (_, report) in samples::all() {
        for look in looks(80) {
            assert_eq!(render(&report, look), render(&report.clone(), look));
        }
        assert_eq!(json::render(&report), json::render(&report.clone()));
    }
}

#[test]
fn quiet_is_a_part_of_the_whole_in_the_same_order() {
    for (name, report) in samples::all() {
        let normal = text(&report, Look::default());
        let quiet = text(&report, Look { quiet: true, ..Look::default() });
        let mut lines = normal.lines();
        for line in quiet.lines().filter(|line| !line.is_empty()) {
            assert!(lines.any(|other| other == line), "{name}: {line:?} is missing or out of order");
        }
        assert!(quiet.lines().count() <= 16, "{name}: {quiet}");
    }
}

#[test]
fn every_check_that_counts_is_named_once() {
    for report in [samples::rails(), samples::live(), samples::incomplete()] {
        for look in [40, 60, 80, 100, 120, 200].into_iter().flat_map(|width| looks(width).into_iter().filter(|look| !look.quiet)) {
            let text = unwrapped(&text(&report, look));
            for check in report.checks.iter().filter(|check| check.standing != Standing::NotApplicable) {
                assert_eq!(text.matches(&check.title).count(), 1, "{}, {look:?}", check.title);
            }
        }
    }
}

#[test]
fn what_does_not_apply_is_one_line_and_in_full_on_request() {
    let report = samples::rails();
    let normal = text(&report, Look::default());
    assert!(normal.contains("n/a      2 checks: self-hosted-object-storage, deletion-protection\n"), "{normal}");
    let verbose = text(&report, Look { verbose: true, ..Look::default() });
    assert!(verbose.contains("no data store is defined as code"));
}

#[test]
fn the_numbers_are_there() {
    let report = samples::rails();
    for look in looks(80) {
        let text = text(&report, look);
        let counts = report.counts;
        let score = format!("Confidence {} proven, up to {} possible - ", points(report.score.proven), points(report.score.possible));
        let rest = format!("{} checks, {} unknown, {} waived,", counts.checks, counts.unknown, counts.waived);
        assert!(text.starts_with(&format!("{score}{rest}")), "{text}");
        for category in &report.categories {
            let score = category.score.unwrap();
            assert!(text.contains(&format!("{:>3} .. {:>3}", points(score.proven), points(score.possible))), "{}", category.id);
        }
    }
}

#[test]
fn an_incomplete_run_says_so_first() {
    let report = samples::incomplete();
    for look in looks(80) {
        let text = text(&report, look);
        assert!(text.starts_with("INCOMPLETE"), "{text}");
        assert!(text.contains("connection refused"), "{text}");
        assert_eq!(text.matches("connection refused").count(), 1);
    }
}

#[test]
fn findings_are_capped_and_all_there_on_request() {
    let report = samples::rails();
    let normal = text(&report, Look::default());
    assert!(normal.contains("and 2 more") && !normal.contains("20261009120000_add_fk.rb"));
    assert!(text(&report, Look { verbose: true, ..Look::default() }).contains("20261009120000_add_fk.rb:3"));
}

#[test]
fn ascii_is_ascii() {
    for (name, report) in samples::all() {
        for look in looks(80) {
            assert!(render(&report, Look { ascii: true, ..look }).is_ascii(), "{name}");
        }
    }
}

#[test]
fn a_line_number_survives_every_path() {
    let report = samples::hostile();
    for width in [40, 80, 120] {
        let text = text(&report, Look { width, ..Look::default() });
        assert!(text.contains(&format!(":{}", u32::MAX)), "{text}");
    }
}

#[test]
fn the_80_column_report_is_the_one_we_looked_at() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/terminal-80.txt");
    let now = text(&samples::rails(), Look::default());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap();
    assert_eq!(now, golden, "look at the change, then run the test with UPDATE_GOLDEN=1");
}

#[test]
fn json_validates_against_the_published_schema_and_reads_back() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for (name, report) in samples::all() {
        let text = json::render(&report);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}");
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report, "{name}");
        let acts = |c: char| c != '\n' && (c.is_control() || ('\u{202A}'..='\u{2069}').contains(&c));
        assert!(!text.contains(acts), "{name}: raw control characters in JSON");
    }
}

#[test]
fn the_schema_refuses_what_is_not_a_report() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let good: serde_json::Value = serde_json::from_str(&json::render(&samples::rails())).unwrap();
    let broken = |pointer: &str, wrong: serde_json::Value| {
        let mut report = good.clone();
        *report.pointer_mut(pointer).unwrap() = wrong;
        report
    };
    assert!(validator.is_valid(&good));
    assert!(!validator.is_valid(&broken("/schema_version", 2.into())));
    assert!(!validator.is_valid(&broken("/checks/0/standing", "fine".into())));
    assert!(!validator.is_valid(&broken("/checks/0/evidence/0/line", "three".into())));
    assert!(!validator.is_valid(&broken("/checks/0/evidence/0/level", serde_json::Value::Null)));
}

/// Prints a sample as it is: `SHOW=rails WIDTH=120 MODE=verbose cargo test --test renderers show -- --ignored --nocapture`.
#[test]
#[ignore = "for looking at"]
fn show() {
    use std::io::Write as _;
    let var = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let mode = var("MODE", "normal");
    let look =
        Look { width: var("WIDTH", "80").parse().unwrap(), verbose: mode == "verbose", quiet: mode == "quiet", ascii: mode == "ascii" };
    let sample = var("SHOW", "rails");
    let (_, report) = samples::all().into_iter().find(|(name, _)| *name == sample).unwrap();
    std::io::stdout().write_all(render(&report, look).as_bytes()).unwrap();
}
