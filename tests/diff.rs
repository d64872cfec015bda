//! Comparing: `audit diff` over reports, dossiers and revisions, `--baseline`, and the ratchet.
#![allow(clippy::unwrap_used)]

mod support;

#[path = "diff/sums.rs"]
mod sums;

use serde_json::Value;
use support::{DAY, MARKED, Repo, git, pack};

/// A repository with the two questions of the pack, and the arguments that ask them alone.
struct Shop {
    repo: Repo,
    pack: Repo,
}

impl Shop {
    fn new(files: &[(&str, &str)]) -> Shop {
        let shop = Shop { repo: Repo::with(files), pack: pack() };
        shop.repo.commit("first");
        shop
    }

    fn arguments(&self) -> Vec<String> {
        let checks = self.pack.join("checks").to_str().unwrap().to_owned();
        ["--checks", &checks, "--only", "errors/marked", "--only", "data/harm"].map(str::to_owned).to_vec()
    }

    fn run(&self, more: &[&str]) -> support::Answer {
        let own = self.arguments();
        let day = if more.contains(&"--at") { vec![] } else { vec!["--at", DAY] };
        self.repo.audit(&[more, &own.iter().map(String::as_str).collect::<Vec<_>>(), &day].concat())
    }

    /// Writes the report to a file.
    fn save(&self, name: &str, more: &[&str]) {
        let output = format!("json={name}");
        let answer = self.run(&[&["-q", "--output", &output], more].concat());
        assert!(answer.code < 2, "{}", answer.err);
    }

    fn diff(&self, more: &[&str]) -> Value {
        let answer = self.run(&[&["diff", "--format", "json"], more].concat());
        assert!(answer.code < 2, "{}", answer.err);
        answer.json()
    }
}

/// `CHECK CAUSE PROVEN because`, one per part.
fn parts(comparison: &Value) -> Vec<String> {
    let text = |part: &Value| {
        let check = part["check"].as_str().unwrap_or("-");
        format!("{check} {} {} {}", part["cause"].as_str().unwrap(), part["change"]["proven"], part["because"].as_str().unwrap())
    };
    comparison["parts"].as_array().unwrap().iter().map(text).collect()
}

fn movements(comparison: &Value) -> Vec<String> {
    let text = |check: &Value| format!("{} {}", check["movement"].as_str().unwrap(), check["id"].as_str().unwrap());
    comparison["checks"].as_array().unwrap().iter().map(text).collect()
}

#[test]
fn what_was_seen_is_evidence() {
    let shop = Shop::new(&[("mark.txt", "on\n"), ("app/a.rb", "x = 1\n")]);
    shop.save("old.json", &[]);
    shop.repo.write("mark.txt", "off\n");
    shop.repo.write("app/a.rb", "harm! 1\n");
    shop.save("new.json", &[]);
    let diff = shop.diff(&["old.json", "new.json"]);
    assert_eq!(diff["schema_version"], 1);
    assert_eq!(movements(&diff), ["fell data/harm", "fell errors/marked"]);
    assert_eq!(
        parts(&diff),
        ["errors/marked evidence -30.0 gone: mark.txt:1 `on`", "data/harm evidence -25.0 findings: 1 new (app/a.rb:1)",]
    );
    assert_eq!(diff["change"]["proven"], -55.0);
    let answer = shop.run(&["diff", "old.json", "new.json", "--fail-on-regression"]);
    answer.says(1, &["--fail-on-regression: proven fell from 100 to 45", "errors/marked fell from met to short (declared)", "app/a.rb:1"]);
    assert!(answer.out.contains("100 .. 100 → 45 ..  45") || answer.out.contains("100 .. 100 → 45 .. 45"), "{}", answer.out);
    shop.run(&["diff", "new.json", "old.json", "--fail-on-regression"]).says(0, &[]);
}

#[test]
fn a_line_that_moved_is_no_change() {
    let shop = Shop::new(&[("mark.txt", "on\n"), ("app/a.rb", "harm! 1\n")]);
    shop.save("old.json", &[]);
    shop.repo.write("mark.txt", "# a comment\non\n");
    shop.repo.write("app/a.rb", "\n\nharm! 1\n");
    shop.save("new.json", &[]);
    let diff = shop.diff(&["old.json", "new.json"]);
    assert_eq!((movements(&diff).len(), parts(&diff).len()), (0, 0), "{diff}");
    let answer = shop.run(&["diff", "old.json", "new.json", "--fail-on-regression"]);
    answer.says(0, &[]);
    assert!(answer.out.contains("Nothing that counts has changed."), "{}", answer.out);
}

#[test]
fn what_people_say_is_told_from_what_is_seen() {
    let shop = Shop::new(&[("app/a.rb", "harm! 1\n")]);
    let (waiver, until) = ("[[waive]]\ncheck = 'errors/marked'\nreason = 'later'\nuntil = '2026-06-30'\n", "2026-07-01");
    shop.save("bare.json", &[]);
    shop.repo.write("audit.toml", waiver);
    shop.save("waived.json", &[]);
    let diff = shop.diff(&["bare.json", "waived.json"]);
    assert_eq!(movements(&diff), ["left errors/marked"]);
    assert_eq!(parts(&diff), ["errors/marked waiver 25.0 set aside: later (until 2026-06-30)"]);

    shop.save("lapsed.json", &["--at", until]);
    let diff = shop.diff(&["waived.json", "lapsed.json"]);
    assert_eq!(movements(&diff), ["lapsed errors/marked"]);
    assert_eq!(parts(&diff), ["errors/marked waiver -25.0 its waiver lapsed on 2026-06-30"]);
    shop.run(&["diff", "waived.json", "lapsed.json", "--fail-on-regression"]).says(1, &["proven fell from 50 to 25"]);

    let attested = "[[attest]]\ncheck = 'errors/marked'\nlevel = 'configured'\nby = 'Mia'\non = '2026-05-01'\nevery = '60d'\n";
    shop.repo.write("audit.toml", attested);
    shop.repo.write("app/a.rb", "x = 1\n");
    shop.save("attested.json", &[]);
    let diff = shop.diff(&["bare.json", "attested.json"]);
    assert_eq!(
        parts(&diff),
        [
            "errors/marked attestation 50.0 attested: Mia on 2026-05-01, holds for 60d",
            "data/harm evidence 25.0 findings: 1 gone (app/a.rb:1)",
        ]
    );
    shop.save("stale.json", &["--at", "2026-07-02"]);
    let diff = shop.diff(&["attested.json", "stale.json"]);
    assert_eq!(movements(&diff), ["lapsed errors/marked"]);
    assert_eq!(parts(&diff), ["errors/marked attestation -50.0 its attestation lapsed on 2026-06-30"]);
    shop.run(&["diff", "attested.json", "stale.json", "--fail-on-regression"]).says(1, &["errors/marked fell from met to unmet"]);
}

#[test]
fn an_attestation_that_replaces_evidence_is_no_change_and_both_are_told_apart() {
    let shop = Shop::new(&[("mark.txt", "off\n")]);
    shop.save("declared.json", &[]);
    let attested = "[[attest]]\ncheck = 'errors/marked'\nlevel = 'configured'\nby = 'Mia'\non = '2026-05-01'\nevery = '60d'\n";
    shop.repo.write("audit.toml", attested);
    std::fs::remove_file(shop.repo.join("mark.txt")).unwrap();
    shop.save("attested.json", &[]);
    let diff = shop.diff(&["declared.json", "attested.json"]);
    assert_eq!(parts(&diff), ["errors/marked attestation 30.0 attested: Mia on 2026-05-01, holds for 60d"]);
    // Without the attestation, the old file would still be worth 0.4: its loss is evidence, the rest was attested.
    std::fs::remove_file(shop.repo.join("audit.toml")).unwrap();
    shop.save("nothing.json", &[]);
    let diff = shop.diff(&["declared.json", "nothing.json"]);
    assert_eq!(parts(&diff), ["errors/marked evidence -20.0 gone: mark.txt"]);
}

#[test]
fn a_finding_set_aside_is_a_waiver() {
    let shop = Shop::new(&[("mark.txt", "on\n"), ("app/a.rb", "harm! 1\n"), ("app/b.rb", "harm! 2\n")]);
    shop.save("old.json", &[]);
    let report: Value = serde_json::from_str(&std::fs::read_to_string(shop.repo.join("old.json")).unwrap()).unwrap();
    let harm = report["checks"].as_array().unwrap().iter().find(|check| check["id"] == "data/harm").unwrap();
    let fingerprint = harm["findings"][0]["fingerprint"].as_str().unwrap();
    shop.repo.write("audit.toml", format!("[[waive]]\nfinding = '{fingerprint}'\nreason = 'known'\nuntil = '2027-01-01'\n"));
    shop.save("new.json", &[]);
    let diff = shop.diff(&["old.json", "new.json"]);
    assert_eq!(parts(&diff), ["data/harm waiver 25.0 1 of its findings set aside"]);
}

#[test]
fn weights_kind_and_choice_are_configuration() {
    let shop = Shop::new(&[("mark.txt", "off\n")]);
    shop.save("old.json", &[]);
    shop.repo.write("audit.toml", "[score]\nweights = { errors = 3 }\n");
    shop.save("new.json", &[]);
    let diff = shop.diff(&["old.json", "new.json"]);
    assert_eq!(parts(&diff), ["- configuration -15.0 the weight of errors went from 1 to 3"]);
    let answer = shop.run(&["diff", "old.json", "new.json"]);
    assert!(answer.out.contains("Beside single checks") && answer.out.contains("the weight of errors"), "{}", answer.out);
    shop.save("few.json", &["--skip", "data/harm"]);
    let diff = shop.diff(&["new.json", "few.json"]);
    assert_eq!(movements(&diff), ["left data/harm"]);
    assert!(parts(&diff)[0].contains("data/harm configuration -15.0 it was asked before and was not chosen now"), "{diff}");
}

#[test]
fn another_catalogue_is_told_and_is_no_regression() {
    let shop = Shop::new(&[("mark.txt", "off\n")]);
    shop.save("old.json", &[]);
    shop.pack.write(
        "checks/errors/marked.toml",
        MARKED
            .replace("want = \"configured\"", "want = \"exercised\"")
            .replace("[[declared]]", "[[exercised]]\nfile = { path = \"ran.txt\" }\n[[declared]]"),
    );
    shop.pack.write(
        "checks/errors/marked.toml",
        MARKED
            .replace("weight = 5", "weight = 6")
            .replace("path = \"mark.txt\" }", "path = \"other.txt\" }")
            .replace("\"mark.txt\" = \"off\\n\"", "\"other.txt\" = \"off\\n\""),
    );
    shop.save("new.json", &[]);
    let diff = shop.diff(&["old.json", "new.json"]);
    assert_ne!(diff["old"]["catalogue_version"], diff["new"]["catalogue_version"]);
    assert_eq!(diff["causes"].as_array().unwrap().len(), 1, "{diff}");
    assert_eq!(diff["causes"][0]["cause"], "catalogue");
    assert_eq!(diff["change"]["proven"], -20.0);
    shop.run(&["diff", "old.json", "new.json", "--fail-on-regression"]).says(0, &[]);
}

#[test]
fn revisions_are_judged_without_a_checkout() {
    let shop = Shop::new(&[("mark.txt", "on\n"), ("keep.txt", "x\n")]);
    shop.repo.git(&["checkout", "-q", "-b", "feature"]);
    shop.repo.write("app/a.rb", "harm! 1\n");
    shop.repo.write("audit.toml", "[[waive]]\ncheck = 'errors/marked'\nreason = 'later'\nuntil = '2027-06-30'\n");
    shop.repo.commit("harm");
    shop.repo.git(&["checkout", "-q", "main"]);
    shop.repo.write("mark.txt", "off\n");
    shop.repo.commit("main goes on");
    shop.repo.write("uncommitted.rb", "harm! 9\n");
    let before = std::process::Command::new("git").current_dir(shop.repo.path()).args(["status", "--porcelain"]).output().unwrap().stdout;
    let diff = shop.diff(&["main..feature"]);
    assert_eq!(movements(&diff), ["fell data/harm", "left errors/marked"]);
    let diff = shop.diff(&["main...feature", "."]);
    assert_eq!(diff["old"]["score"]["proven"], 100.0, "three dots begin where the branch left: the mark was on");
    assert_eq!(diff["new"]["revision"].as_str().unwrap().len(), 40);
    assert_eq!(movements(&shop.diff(&["HEAD~1..", "."])), ["fell errors/marked"]);
    shop.run(&["diff", "main..feature", "--fail-on-regression"]).says(1, &["data/harm fell from met to short (1 finding)"]);
    let after = std::process::Command::new("git").current_dir(shop.repo.path()).args(["status", "--porcelain"]).output().unwrap().stdout;
    assert_eq!(before, after, "no work tree is touched");

    let clones = Repo::new();
    git(clones.path(), &["clone", "-q", "--bare", shop.repo.path().to_str().unwrap(), "bare.git"]);
    let bare = shop.diff(&["main..feature", clones.join("bare.git").to_str().unwrap()]);
    assert_eq!(parts(&bare), parts(&shop.diff(&["main..feature"])));
}

#[test]
fn dossiers_are_judged_alike() {
    let shop = Shop::new(&[("mark.txt", "on\n")]);
    shop.run(&["-q", "--save-dossier", "old.dossier"]);
    shop.repo.write("mark.txt", "off\n");
    shop.run(&["-q", "--save-dossier", "new.dossier"]);
    let diff = shop.diff(&["old.dossier", "new.dossier"]);
    assert_eq!(movements(&diff), ["fell errors/marked"]);
    shop.save("new.json", &[]);
    assert_eq!(movements(&shop.diff(&["old.dossier", "new.json"])), ["fell errors/marked"]);
}

#[test]
fn a_baseline_is_compared_and_can_fail_the_run() {
    let shop = Shop::new(&[("mark.txt", "on\n")]);
    shop.run(&["-q", "--output", "json=base.json"]).says(0, &[]);
    let same = shop.run(&["--baseline", "base.json", "--fail-on-regression"]);
    same.says(0, &[]);
    assert!(same.out.contains("Nothing that counts has changed."), "{}", same.out);
    shop.repo.write("mark.txt", "off\n");
    let worse = shop.run(&["--baseline", "base.json", "--fail-on-regression"]);
    worse.says(1, &["--fail-on-regression: proven fell from 100 to 70", "errors/marked fell"]);
    assert!(worse.out.contains("Fell  1 check"), "{}", worse.out);
    let json = shop.run(&["--baseline", "base.json", "--format", "json"]);
    assert_eq!(json.json()["comparison"]["change"]["proven"], -30.0);
    // A narrower run is compared with the same narrower part of the baseline.
    shop.run(&["--baseline", "base.json", "--fail-on-regression", "--skip", "errors/marked"]).says(0, &[]);
    shop.run(&["--fail-on-regression"]).says(2, &["--fail-on-regression needs --baseline"]);
    shop.run(&["--baseline", "nothere.json"]).says(2, &["nothere.json cannot be read", "writes a baseline"]);
}

#[test]
fn what_is_newer_or_no_report_is_refused() {
    let shop = Shop::new(&[("mark.txt", "on\n")]);
    shop.save("good.json", &[]);
    shop.repo.write("newer.json", r#"{ "schema_version": 2, "whatever": [] }"#);
    shop.repo.write("newer.dossier", r#"{ "dossier_version": 9 }"#);
    shop.repo.write("comparison.json", r#"{ "schema_version": 1, "parts": [] }"#);
    shop.repo.write("text.json", "not json \u{1b}[31m");
    shop.repo.write("list.json", "[]");
    shop.repo.write("damaged.json", r#"{ "schema_version": 1, "checks": 5 }"#);
    shop.repo.write("deep.json", "[".repeat(200_000));
    let cases = [
        ("newer.json", "newer.json is a report of schema version 2; this audit reads version 1"),
        ("newer.dossier", "newer.dossier is a dossier of version 9; this audit reads version 1"),
        ("comparison.json", "neither a JSON report nor a dossier"),
        ("text.json", "neither a JSON report nor a dossier"),
        ("list.json", "neither a JSON report nor a dossier"),
        ("damaged.json", "damaged.json is damaged"),
        ("deep.json", "neither a JSON report nor a dossier"),
        ("nothere.json", "nothere.json cannot be read"),
    ];
    for (file, told) in cases {
        let answer = shop.run(&["diff", "good.json", file]);
        answer.says(2, &[told]);
        assert!(answer.out.is_empty() && !answer.err.contains('\u{1b}'), "{answer:?}");
    }
    shop.run(&["--baseline", "newer.json"]).says(2, &["schema version 2"]);
    shop.run(&["diff", "good.json"]).says(2, &["name the later report"]);
    shop.run(&["diff", "nothere..main"]).says(2, &["there is no commit `nothere`"]);
    shop.run(&["diff", "../old.json", "good.json"]).says(2, &["../old.json cannot be read"]);
    shop.run(&["diff", "good.json", "good.json", "--fail-under", "eror=4"]).says(2, &["there is no category `eror`"]);
}

#[test]
fn the_output_fits_and_repeats_no_escape() {
    let shop = Shop::new(&[("mark.txt", "on\n")]);
    shop.save("old.json", &[]);
    let odd = "app/\u{1b}[31m<script>|::set-output name=x::.rb";
    shop.repo.write(odd, "harm! \u{1b}[2J\u{202e} 1\n");
    shop.repo.write("mark.txt", "off\n");
    shop.save("new.json", &[]);
    for more in [&[][..], &["--verbose"], &["--format", "json"]] {
        let answer = shop.run(&[&["diff", "old.json", "new.json"], more].concat());
        assert!(!answer.out.contains('\u{1b}') && !answer.out.contains('\u{202e}'), "{}", answer.out);
        if more.first() != Some(&"--format") {
            assert!(answer.out.lines().all(|line| line.chars().count() <= 80), "{}", answer.out);
        }
    }
    let plain =
        support::answer(support::audit(shop.repo.path()).env("LC_ALL", "C").args(["diff", "old.json", "new.json"]).args(shop.arguments()));
    assert!(plain.out.is_ascii(), "{}", plain.out);
}
