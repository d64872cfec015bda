//! The gate: thresholds, `--fail-on`, `--strict`, what they say, and the days ahead.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use support::{Answer, DAY, Repo, pack};

struct Shop {
    repo: Repo,
    pack: Repo,
}

impl Shop {
    fn new(files: &[(&str, &str)]) -> Shop {
        Shop { repo: Repo::with(files), pack: pack() }
    }

    fn run(&self, more: &[&str]) -> Answer {
        let checks = self.pack.join("checks").to_str().unwrap().to_owned();
        let own = ["--checks", &checks, "--only", "errors/marked", "--only", "data/harm"];
        let day = if more.contains(&"--at") { vec![] } else { vec!["--at", DAY] };
        self.repo.audit(&[&own, more, &day].concat())
    }

    fn report(&self, more: &[&str]) -> Value {
        self.run(&[&["--format", "json"], more].concat()).json()
    }
}

#[test]
fn the_total_and_each_category_have_a_threshold() {
    let shop = Shop::new(&[("mark.txt", "off\n")]);
    shop.run(&["--fail-under", "70"]).says(0, &[]);
    shop.run(&["--fail-under", "70.1"]).says(1, &["--fail-under 70.1: proven is 70, below the 70.1", "one check", "+30.0  errors/marked"]);
    shop.run(&["--fail-under", "errors=40", "--fail-under", "60"]).says(0, &[]);
    let both = shop.run(&["--fail-under", "errors=50", "--fail-under", "75", "--fail-under", "data=99"]);
    both.says(1, &["--fail-under errors=50: proven errors is 40, below the 50", "+60.0  errors/marked", "--fail-under 75: proven is 70"]);
    assert!(!both.err.contains("data=99"), "{}", both.err);
    shop.run(&["--fail-under", "speed=90"]).says(0, &[]);
    shop.run(&["--fail-under", "sped=90"]).says(2, &["there is no category `sped`; write one of errors, data"]);
    for bad in ["x", "101", "errors=x", "errors=", "=5"] {
        shop.run(&["--fail-under", bad]).says(2, &[]);
    }
}

#[test]
fn checks_that_must_hold() {
    let shop = Shop::new(&[("mark.txt", "off\n"), ("app/a.rb", "harm! 1\nharm! 2\n")]);
    shop.run(&["--fail-on", "errors/*"])
        .says(1, &["--fail-on errors/*: errors/marked is declared, want configured", "+30.0  errors/marked"]);
    shop.run(&["--fail-on", "data/*:high"]).says(1, &["data/harm has 2 findings at high or above"]);
    shop.run(&["--fail-on", "data/*"]).says(1, &["data/harm has 2 findings"]);
    shop.run(&["--fail-on", "data/*:critical"]).says(0, &[]);
    shop.run(&["--fail-on", "speed/*"]).says(0, &[]);
    let many = shop.run(&["--fail-on", "data/harm", "--fail-on", "errors/marked"]);
    many.says(1, &["--fail-on data/harm:", "--fail-on errors/marked:"]);
    shop.run(&["--fail-on", "nothing/such"]).says(2, &["`nothing/such` matches no check; `audit list`"]);
    shop.run(&["--fail-on", "data/*:hihg"]).says(2, &["`hihg` is no severity: write low, medium, high or critical"]);
    shop.run(&["--fail-on", "["]).says(2, &["is not a glob"]);
    shop.repo.write("mark.txt", "on\n");
    shop.run(&["--fail-on", "errors/*"]).says(0, &[]);
}

#[test]
fn strict_counts_the_unknown_as_not_there() {
    let shop = Shop::new(&[("a.rb", "x = 1\n")]);
    shop.pack.write("checks/errors/marked.toml", support::MARKED.replace("if_absent = \"unmet\"", "if_absent = \"unknown\""));
    shop.run(&["--fail-on", "errors/marked"]).says(0, &[]);
    shop.run(&["--fail-on", "errors/marked", "--strict"]).says(1, &["errors/marked is unknown, and --strict counts that as not there"]);
    shop.run(&["--fail-under-possible", "90"]).says(0, &[]);
    shop.run(&["--fail-under-possible", "90", "--strict"]).says(1, &["proven (--strict: nothing unseen counts) is 50, below the 90"]);
    shop.run(&["--strict"]).says(0, &["--strict alone changes nothing"]);
}

#[test]
fn audit_toml_asks_and_the_command_line_overrides() {
    let shop = Shop::new(&[("mark.txt", "off\n"), ("app/a.rb", "harm! 1\n")]);
    let asks = "[score]\nfail_under = 50\nfail_under_category = { errors = 60 }\nfail_on = ['data/*:high']\nstrict = true\n";
    shop.repo.write("audit.toml", asks);
    shop.run(&[]).says(1, &["--fail-under 50: proven is 45", "--fail-under errors=60: proven errors is 40", "--fail-on data/*:high"]);
    let less = shop.run(&["--fail-under", "10", "--fail-under", "errors=10"]);
    less.says(1, &["--fail-on data/*:high: data/harm has a finding"]);
    assert!(!less.err.contains("--fail-under"), "{}", less.err);
    shop.repo.write("audit.toml", "[score]\nfail_under_category = { eror = 60, data = 900 }\nfail_on = ['nothing/*', 'data/*:hgh', '[']\n");
    shop.run(&[]).says(
        2,
        &[
            "there is no category `eror`",
            "the least of `data` must be between 0 and 100",
            "`nothing/*` matches no check",
            "`hgh` is no severity",
            "is not a glob",
            "audit.toml:3",
        ],
    );
}

#[test]
fn the_report_holds_what_was_asked_and_the_smallest_change() {
    let shop = Shop::new(&[("mark.txt", "off\n"), ("app/a.rb", "harm! 1\n")]);
    let report = shop.report(&["--fail-under", "60", "--fail-under", "errors=20"]);
    let asked = report["requirements"].as_array().unwrap();
    assert_eq!(asked.len(), 2);
    assert_eq!((&asked[0]["rule"], &asked[0]["holds"]), (&"--fail-under 60".into(), &false.into()));
    // 45 + 25 would do as well as 45 + 30: the smaller one is named.
    assert_eq!(asked[0]["smallest"], serde_json::json!([{ "check": "data/harm", "gain": 25.0, "step": "Take it out." }]));
    assert_eq!((&asked[1]["holds"], &asked[1]["found"]), (&true.into(), &"proven errors is 40".into()));
    let schema: Value = serde_json::from_str(&shop.repo.audit(&["schema", "report"]).out).unwrap();
    assert!(jsonschema::is_valid(&schema, &report));
    assert_eq!(shop.report(&[]).get("requirements"), None);
}

#[test]
fn an_incomplete_run_comes_before_any_threshold() {
    let shop = Shop::new(&[]);
    shop.run(&["--fail-under", "100", "--fail-on", "errors/*"]).says(3, &["incomplete"]);
}

const LAPSING: &str = "[[waive]]\ncheck = 'data/harm'\nreason = 'later'\nuntil = '2026-06-20'\n
[[attest]]\ncheck = 'errors/marked'\nlevel = 'configured'\nby = 'Mia'\non = '2026-05-01'\nevery = '60d'\n";

#[test]
fn the_days_ahead_say_what_lapses_and_when_a_threshold_is_missed() {
    let shop = Shop::new(&[("app/a.rb", "harm! 1\n")]);
    shop.repo.write("audit.toml", LAPSING);
    let report = shop.report(&["--fail-under", "60"]);
    let days: Vec<(&str, f64, &str)> = report["forecast"]
        .as_array()
        .unwrap()
        .iter()
        .map(|day| (day["date"].as_str().unwrap(), day["score"]["proven"].as_f64().unwrap(), day["because"].as_str().unwrap()))
        .collect();
    let (waiver, attestation) = ("the waiver of data/harm lapses", "the attestation of errors/marked by Mia lapses");
    assert_eq!(days, [("2026-06-21", 75.0, waiver), ("2026-07-01", 25.0, attestation)]);
    assert_eq!(report["requirements"][0]["until"], "2026-07-01");
    // Each forecast is what an audit on that day says.
    for (day, proven, _) in days {
        assert_eq!(shop.report(&["--at", day])["score"]["proven"], proven);
    }
    let shown = shop.run(&["--fail-under", "60"]).out;
    for line in ["The next 90 days", "2026-06-21   75 ..  75  the waiver of data/harm lapses", "2026-07-01  --fail-under 60 holds no more"]
    {
        assert!(shown.contains(line), "{line} is not in {shown}");
    }
    assert_eq!(shop.report(&["--at", "2026-01-01"]).get("forecast"), None, "too far away, and not attested yet");
    assert_eq!(shop.report(&["--at", "2026-08-01"]).get("forecast"), None, "all has lapsed");
    assert_eq!(shop.report(&["--skip", "data/*"])["forecast"].as_array().unwrap().len(), 1);
}
