//! The parts of a change add up to it, whatever two reports say; and the shape stays what it is.

use std::path::Path;

use prod_audit::compare::compare;
use prod_audit::definition::words::{Kind, Level};
use prod_audit::evidence::Place;
use prod_audit::ledger::Ledger;
use prod_audit::report::{Category, Check, CheckKind, Counts, Evidence, Report, Score, Standing, Subject, json};
use proptest::prelude::*;

/// How a check of a random report stands.
#[derive(Debug, Clone)]
struct Drawn {
    index: usize,
    weight: f64,
    standing: Standing,
    proven: f64,
    possible: f64,
    attested: Option<u8>,
    seen: Option<u8>,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let standings = [Standing::Met, Standing::Short, Standing::Unmet, Standing::Unknown, Standing::NotApplicable, Standing::Waived];
    let people = (proptest::option::of(0_u8..3), proptest::option::of(0_u8..3));
    (0_usize..12, 0_u8..5, prop::sample::select(standings.to_vec()), 0.0..=1.0, 0.0..=1.0, people).prop_map(
        |(index, weight, standing, one, other, (attested, seen))| {
            let round = |share: f64| (share * 10_000.0_f64).round() / 10_000.0;
            let (proven, possible) = (round(f64::min(one, other)), round(f64::max(one, other)));
            Drawn { index, weight: f64::from(weight), standing, proven, possible, attested, seen }
        },
    )
}

const CATEGORIES: [&str; 3] = ["errors", "data", "speed"];

fn check(drawn: &Drawn) -> Check {
    let category = CATEGORIES[drawn.index % 3];
    let counts = !matches!(drawn.standing, Standing::NotApplicable | Standing::Waived);
    let evidence = |level: Level, place: Place| Evidence { level, place, excerpt: None, tool: None, note: None, inert: false };
    let attested = drawn.attested.map(|by| {
        let place = Place { attestation: Some(format!("Mia {by}")), ..Place::default() };
        evidence(if by == 0 { Level::Nothing } else { Level::Configured }, place)
    });
    let seen = drawn.seen.map(|file| evidence(Level::Declared, Place { path: Some(format!("{file}.rb")), ..Place::default() }));
    Check {
        id: format!("{category}/c{}", drawn.index),
        category: category.into(),
        kind: CheckKind::Practice,
        title: "A practice".into(),
        asks: "Is it?".into(),
        why: String::new(),
        fix: String::new(),
        links: Vec::new(),
        weight: drawn.weight,
        standing: drawn.standing,
        level: Some(Level::Declared),
        want: Some(Level::Exercised),
        score: counts.then_some(Score { proven: drawn.proven, possible: drawn.possible }),
        because: None,
        evidence: attested.into_iter().chain(seen).collect(),
        findings: Vec::new(),
        muted: Vec::new(),
        rules: Vec::new(),
        value: None,
        gaps: Vec::new(),
        looked_for: Vec::new(),
        next: None,
    }
}

/// A report as the scorer would write it: sums rounded to tenths.
fn report(checks: &[Drawn], weights: [u8; 3], catalogue: bool, revision: bool) -> Report {
    let mut checks: Vec<Check> = checks.iter().map(check).collect();
    checks.sort_by(|a, b| a.id.cmp(&b.id));
    checks.dedup_by(|a, b| a.id == b.id);
    let categories = CATEGORIES.iter().zip(weights);
    let mut report = Report {
        schema_version: 1,
        audit_version: "0.1.0".into(),
        catalogue_version: if catalogue { "0.2.0" } else { "0.1.0" }.into(),
        complete: true,
        at: "2026-06-01".into(),
        subject: Subject {
            kind: Kind::Operated,
            because: "nothing shows another kind".into(),
            path: ".".into(),
            revision: Some(if revision { "a" } else { "b" }.repeat(40)),
            source: None,
            folder: None,
            stacks: Vec::new(),
            files: 9,
        },
        score: Score { proven: 0.0, possible: 0.0 },
        counts: Counts::default(),
        categories: categories
            .map(|(id, weight)| Category { id: (*id).into(), score: None, weight: f64::from(weight), counts: Counts::default() })
            .collect(),
        checks,
        next: Vec::new(),
        questions: Vec::new(),
        notices: Vec::new(),
        forecast: Vec::new(),
        requirements: Vec::new(),
        comparison: None,
    };
    let total = Ledger::of(&report).total();
    let tenths = |share: f64| (share * 1000.0).round() / 10.0;
    report.score = Score { proven: tenths(total.proven()), possible: tenths(total.possible()) };
    report
}

fn reports() -> impl Strategy<Value = Report> {
    let checks = prop::collection::vec(drawn(), 0..14);
    (checks, prop::array::uniform3(0_u8..4), any::<bool>(), any::<bool>())
        .prop_map(|(checks, weights, catalogue, revision)| report(&checks, weights, catalogue, revision))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_parts_add_up_to_the_change(old in reports(), new in reports()) {
        let comparison = compare(&old, &new);
        let tenths = |points: f64| (points * 10.0).round() as i64;
        for (of, was, is) in [
            (0, old.score.proven, new.score.proven),
            (1, old.score.possible, new.score.possible),
        ] {
            let pick = |points: prod_audit::report::comparison::Points| tenths(if of == 0 { points.proven } else { points.possible });
            let change = tenths(is) - tenths(was);
            prop_assert_eq!(pick(comparison.change), change);
            prop_assert_eq!(comparison.parts.iter().map(|part| pick(part.change)).sum::<i64>(), change);
            prop_assert_eq!(comparison.causes.iter().map(|cause| pick(cause.change)).sum::<i64>(), change);
        }
        prop_assert!(comparison.parts.iter().all(|part| !part.because.is_empty()));
    }

    #[test]
    fn a_report_compared_with_itself_has_not_changed(report in reports()) {
        let comparison = compare(&report, &report);
        prop_assert!(comparison.parts.is_empty() && comparison.checks.is_empty() && comparison.regressions.is_empty());
    }

    #[test]
    fn more_proof_in_one_check_is_never_a_regression(old in reports(), at in any::<prop::sample::Index>()) {
        let mut new = old.clone();
        prop_assume!(!new.checks.is_empty());
        let index = at.index(new.checks.len());
        if let Some(score) = &mut new.checks[index].score {
            *score = Score { proven: 1.0, possible: 1.0 };
        }
        let total = Ledger::of(&new).total();
        new.score.proven = (total.proven() * 1000.0).round() / 10.0;
        prop_assert_eq!(compare(&old, &new).regressions, Vec::<String>::new());
    }
}

#[test]
fn the_shape_of_a_comparison_stays() {
    let drawn = |index: usize, standing: Standing, proven: f64, seen: Option<u8>, attested: Option<u8>| Drawn {
        index,
        weight: 5.0,
        standing,
        proven,
        possible: proven,
        attested,
        seen,
    };
    let old = [
        drawn(0, Standing::Short, 0.4, Some(1), None),
        drawn(1, Standing::Met, 1.0, Some(2), Some(1)),
        drawn(2, Standing::Unmet, 0.0, None, None),
        drawn(4, Standing::Waived, 0.0, None, None),
    ];
    let new = [
        drawn(0, Standing::Met, 1.0, Some(2), None),
        drawn(1, Standing::Short, 0.4, Some(2), None),
        drawn(2, Standing::Waived, 0.0, None, None),
        drawn(5, Standing::Met, 1.0, Some(0), None),
    ];
    let comparison = compare(&report(&old, [1, 1, 1], false, true), &report(&new, [1, 2, 1], true, false));
    let text = json::text(&comparison);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/comparison.json");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&golden, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(golden).unwrap(), text, "UPDATE_EXPECTED=1 writes it; no field may be renamed or go");
    let schema = schemars::schema_for!(prod_audit::report::comparison::Comparison).to_value();
    assert!(jsonschema::is_valid(&schema, &serde_json::from_str(&text).unwrap()));
}
