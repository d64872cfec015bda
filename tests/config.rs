//! `audit.toml` end to end: waivers, attestations, weights, own tools, and what is told when it is wrong.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use support::{DAY, Repo, check, notices, pack};

/// A repository where `errors/marked` is declared and `data/harm` has two findings.
fn shop(config: &str) -> Repo {
    Repo::with(&[("mark.txt", "off\n"), ("a.rb", "harm! 1\nharm! 2\n"), ("audit.toml", config)])
}

/// The report of the two own checks alone.
fn judged(config: &str, day: &str) -> Value {
    let (repo, pack) = (shop(config), pack());
    let checks = pack.join("checks");
    let answer = repo.audit(&[
        "--format",
        "json",
        "--at",
        day,
        "--checks",
        checks.to_str().unwrap(),
        "--only",
        "errors/marked",
        "--only",
        "data/harm",
    ]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    answer.json()
}

fn waiver(what: &str, until: &str) -> String {
    format!("[[waive]]\n{what}\nreason = \"a new one comes\"\nuntil = \"{until}\"\n")
}

fn attest(level: &str, on: &str) -> String {
    format!(
        "[[attest]]\ncheck = \"errors/marked\"\nlevel = \"{level}\"\nby = \"Ada\"\non = \"{on}\"\nevery = \"90d\"\nnote = \"seen by hand\"\n"
    )
}

#[test]
fn a_waived_check_leaves_the_sum_until_its_day() {
    let config = waiver("check = \"errors/marked\"", "2026-08-01");
    let report = judged(&config, DAY);
    let marked = check(&report, "errors/marked");
    assert_eq!(marked["standing"], "waived");
    assert_eq!(marked["because"], "a new one comes (until 2026-08-01)");
    assert_eq!(marked.get("score"), None);
    assert_eq!(report["counts"]["waived"], 1);
    assert!(notices(&report, "waiver").is_empty());
    assert_eq!(check(&judged(&config, "2026-08-01"), "errors/marked")["standing"], "waived", "the last day counts");

    let soon = notices(&judged(&config, "2026-07-20"), "waiver");
    assert_eq!(soon, ["the waiver of errors/marked lapses on 2026-08-01"]);
    let lapsed = judged(&config, "2026-08-02");
    assert_eq!(check(&lapsed, "errors/marked")["standing"], "short");
    assert!(notices(&lapsed, "waiver")[0].contains("lapsed on 2026-08-01 and counts no more"));
    assert_eq!(lapsed["at"], "2026-08-02");
}

#[test]
fn one_finding_is_waived_by_its_fingerprint_and_an_unused_waiver_is_told() {
    let before = judged("", DAY);
    let findings = check(&before, "data/harm")["findings"].as_array().unwrap().clone();
    assert_eq!(findings.len(), 2);
    let first = format!("finding = {}", findings[0]["fingerprint"]);
    let config = waiver(&first, "2026-08-01") + &waiver("finding = \"0123456789abcdef\"", "2026-08-01");
    let after = judged(&config, DAY);
    assert_eq!(check(&after, "data/harm")["findings"].as_array().unwrap(), &findings[1..]);
    assert!(after["score"]["proven"].as_f64() > before["score"]["proven"].as_f64());
    assert!(notices(&after, "waiver").is_empty(), "with a selection nobody knows whether it is used: {}", after["notices"]);

    let (repo, pack) = (shop(&config), pack());
    let whole = repo.report(&["--checks", pack.join("checks").to_str().unwrap()]);
    assert_eq!(notices(&whole, "waiver"), ["the waiver of 0123456789abcdef is not needed: remove it"]);
}

#[test]
fn attestations_answer_at_each_rung_and_say_who() {
    for (level, standing) in [("declared", "short"), ("configured", "met"), ("exercised", "met"), ("observed", "met")] {
        let report = judged(&attest(level, "2026-05-01"), DAY);
        let marked = check(&report, "errors/marked");
        assert_eq!((marked["level"].as_str(), marked["standing"].as_str()), (Some(level), Some(standing)));
        let said = marked["evidence"].as_array().unwrap().iter().find(|proof| proof.get("attestation").is_some()).unwrap();
        assert_eq!(said["attestation"], "Ada on 2026-05-01, holds for 90d");
        assert_eq!(said["note"], "seen by hand");
    }
    let failed = judged(&attest("failed", "2026-05-01"), DAY);
    let marked = check(&failed, "errors/marked");
    assert_eq!((marked["level"].as_str(), marked["standing"].as_str()), (Some("nothing"), Some("unmet")));
    assert_eq!(marked["score"]["possible"], 0.0);
}

#[test]
fn attestations_lapse_and_say_so() {
    let config = attest("configured", "2026-05-01");
    let level = |day: &str| check(&judged(&config, day), "errors/marked")["level"].clone();
    let told = |day: &str| notices(&judged(&config, day), "attestation");
    assert_eq!(level("2026-07-30"), "configured");
    assert_eq!(told("2026-07-20"), ["the attestation of errors/marked by Ada lapses on 2026-07-30"]);
    assert_eq!(level("2026-07-31"), "declared");
    assert!(told("2026-07-31")[0].contains("lapsed on 2026-07-30 and counts no more"));
    assert_eq!(level("2026-04-30"), "declared", "a day to come does not count");
    assert!(told("2026-04-30")[0].contains("is dated 2026-05-01, after the day of this audit"));
    assert!(told(DAY).is_empty());
}

#[test]
fn an_attestation_of_a_hazard_is_told_as_unused() {
    let told = notices(&judged(&attest("configured", "2026-05-01").replace("errors/marked", "data/harm"), DAY), "attestation");
    assert!(told[0].contains("attestation of data/harm is not used"), "{told:?}");
}

#[test]
fn weights_of_categories_and_checks_are_adjusted() {
    let proven = |config: &str| judged(config, DAY)["score"]["proven"].as_f64().unwrap();
    // errors/marked is declared (0.4); data/harm has two findings of 0.5 (0).
    assert!((proven("") - 20.0).abs() < 0.1);
    assert!((proven("[score.weights]\nerrors = 3\n") - 30.0).abs() < 0.1);
    assert!((proven("[score]\nweights = { data = 0 }\n") - 40.0).abs() < 0.1);
    assert!((proven("[score.weights]\n\"data/harm\" = 0\n") - 40.0).abs() < 0.1);
}

#[test]
fn the_subject_kind_is_overridden() {
    let report = judged("[subject]\nkind = \"self-host\"\n", DAY);
    assert_eq!(report["subject"]["kind"], "self-host");
    assert_eq!(report["subject"]["because"], "audit.toml");
    assert_eq!(judged("", DAY)["subject"]["kind"], "operated");
}

#[test]
fn an_own_tool_gives_a_capability() {
    let tool = "[[tool]]\nname = \"Acme Errors\"\nprovides = [\"exception-reporting\"]\n[[tool.declared]]\ndependency = { gem = [\"acme\"] }\n[[tool.configured]]\nfile = { path = \"**/*.rb\", contains = '\\bAcme\\.watch\\b' }\n";
    let repo = Repo::with(&[("config/acme.rb", "Acme.watch\n"), ("Gemfile", "gem 'rails'\n")]);
    let standing = |repo: &Repo| check(&repo.report(&["--only", "errors/exception-reporting"]), "errors/exception-reporting").clone();
    assert_eq!(standing(&repo)["standing"], "unmet");
    repo.write("audit.toml", tool);
    let met = standing(&repo);
    assert_eq!(met["standing"], "met");
    assert_eq!((met["evidence"][0]["path"].as_str(), met["evidence"][0]["tool"].as_str()), (Some("config/acme.rb"), Some("acme-errors")));
    repo.write("config/acme.rb", "# Acme.watch\n");
    assert_eq!(standing(&repo)["standing"], "unmet");
}

#[test]
fn what_is_wrong_with_an_own_tool_is_told_in_the_configuration() {
    let bad = "# ours\n[[tool]]\nname = \"Acme\"\nprovides = [\"exception-reporting\"]\n[[tool.configured]]\nfile = { path = \"@nosuchset\", contains = '(' }\n";
    shop(bad).audit(&[]).says(2, &["audit.toml:2:1: tool `Acme`: ", "nosuchset", "2 problems"]);
    let typo = bad.replace("exception-reporting", "exception-reportin");
    shop(&typo).audit(&[]).says(2, &["audit.toml:4:1: ", "`exception-reportin`", "did you mean `exception-reporting`?"]);
}

#[test]
fn every_wrong_word_is_told_at_once_with_its_place() {
    let typos = "[subject]\nkind = \"operatd\"\n[scoer]\n[[waive]]\nchek = \"errors/metrics\"\nreason = \"r\"\nuntil = \"2026-08-01\"\n[[attest]]\ncheck = \"errors/metrics\"\nlevel = \"confgured\"\nby = \"a\"\non = \"2026-05-01\"\n";
    shop(typos).audit(&[]).says(
        2,
        &[
            "audit.toml:2:8: ",
            "did you mean `operated`?",
            "audit.toml:3:2: unknown key `scoer`",
            "audit.toml:5:1: unknown key `chek`",
            "audit.toml:10:9: ",
            "did you mean `configured`?",
            "`every` is missing",
            "5 problems",
        ],
    );
}

#[test]
fn every_wrong_meaning_is_told_at_once_with_its_place() {
    let wrong = "[score]\nfail_under = 101\nweights = { erors = 1 }\n[[waive]]\ncheck = \"errors/metricss\"\nreason = \" \"\nuntil = \"2026-8-1\"\n[[waive]]\nreason = \"r\"\nuntil = \"2026-08-01\"\n[[attest]]\ncheck = \"errors/metrics\"\nlevel = \"failed\"\nby = \"\"\non = \"yesterday\"\nevery = \"90d\"\n[[attest]]\ncheck = \"errors/metrics\"\nlevel = \"failed\"\nby = \"a\"\non = \"2026-05-01\"\nevery = \"often\"\n[[attest]]\ncheck = \"errors/metrics\"\nlevel = \"failed\"\nby = \"a\"\non = \"9999-12-01\"\nevery = \"1y\"\n";
    let answer = shop(wrong).audit(&[]);
    answer.says(
        2,
        &[
            "audit.toml:2:1: `fail_under` must be between 0 and 100",
            "audit.toml:3:13: there is no category or check `erors`",
            "did you mean `errors`?",
            "audit.toml:5:1: there is no check `errors/metricss`",
            "did you mean `errors/metrics`?",
            "audit.toml:6:1: the reason is empty",
            "audit.toml:7:1: `2026-8-1` is not a day",
            "write YYYY-MM-DD",
            "audit.toml:9:1: a waiver names a `check` or a `finding`",
            "audit.toml:14:1: nobody vouches for it",
            "audit.toml:15:1: `yesterday` is not a day",
            "audit.toml:22:1: `often` is not a time",
            "audit.toml:27:1: `9999-12-01` is too far in the future",
            "10 problems",
        ],
    );
    assert_eq!(answer.out, "");
}

#[test]
fn broken_toml_and_another_file() {
    let repo = shop("[score\n");
    repo.audit(&[]).says(2, &["audit.toml:1:", "not TOML"]);
    repo.write("other.toml", "[score]\nfail_under = 100\n");
    repo.audit(&["--config", "other.toml", "-q"]).says(1, &["below the 100"]);
}
