//! Measures from git histories whose true values are known, because the test made them.
#![allow(clippy::unwrap_used, clippy::too_many_arguments)]

mod support;

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;
use support::{Repo, check};

const NOW: i64 = 1_780_000_000;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// A stream for `git fast-import`.
#[derive(Default)]
struct Stream {
    text: String,
    marks: u32,
    lines: u32,
}

impl Stream {
    /// A commit; the mark it has.
    fn commit(
        &mut self,
        branch: &str,
        author: &str,
        written: i64,
        time: i64,
        message: &str,
        parents: &[u32],
        files: &[(&str, u32)],
    ) -> u32 {
        self.marks += 1;
        let mark = self.marks;
        let _ = write!(
            self.text,
            "commit refs/heads/{branch}\nmark :{mark}\nauthor {author} {written} +0000\ncommitter {author} {time} +0000\n"
        );
        let _ = writeln!(self.text, "data {}\n{message}", message.len());
        for (at, parent) in parents.iter().enumerate() {
            let _ = writeln!(self.text, "{} :{parent}", if at == 0 { "from" } else { "merge" });
        }
        for (path, lines) in files {
            // Always new lines, so that a file of n lines that takes the place of one of m shows n + m.
            let text: String = (0..*lines)
                .map(|line| {
                    format!("{} {line}\n", {
                        self.lines += 1;
                        self.lines
                    })
                })
                .collect();
            let _ = writeln!(self.text, "M 100644 inline {path}\ndata {}\n{text}", text.len());
        }
        mark
    }

    fn tag(&mut self, name: &str, mark: u32, time: i64) {
        let _ = write!(self.text, "tag {name}\nfrom :{mark}\ntagger Ann <ann@acme.test> {time} +0000\ndata 1\nx\n");
    }

    fn into_repo(self) -> Repo {
        let repo = Repo::new();
        repo.git(&["init", "-q", "-b", "main", "."]);
        let mut import =
            Command::new("git").current_dir(repo.path()).args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
        import.stdin.take().unwrap().write_all(self.text.as_bytes()).unwrap();
        assert!(import.wait().unwrap().success());
        repo.git(&["checkout", "-q", "-f", "main"]);
        repo
    }
}

const ANN: &str = "Ann <ann@acme.test>";
const BOT: &str = "renovate[bot] <29139614+renovate[bot]@users.noreply.github.com>";

fn value<'r>(report: &'r Value, id: &str) -> &'r Value {
    &check(report, id)["value"]
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let n = numbers.len();
    if n.is_multiple_of(2) { f64::midpoint(numbers[n / 2 - 1], numbers[n / 2]) } else { numbers[n / 2] }
}

#[test]
fn merges_with_their_branches_and_bots_apart() {
    let mut stream = Stream::default();
    let mut main = stream.commit("main", ANN, NOW - 100 * DAY, NOW - 100 * DAY, "Start", &[], &[("a.rb", 1)]);
    stream.tag("v0.9.0", main, NOW - 100 * DAY);
    let (mut sizes, mut leads) = (Vec::new(), Vec::new());
    for number in 0..30_i64 {
        let landed = NOW - (30 - number) * 2 * DAY;
        let began = landed - (5 + number) * HOUR;
        let author = if number % 5 == 4 { BOT } else { ANN };
        let path = format!("app/f{number}.rb");
        let one =
            stream.commit("topic", author, began, began, "A first step", &[main], &[(&path, 10 + number as u32), ("Gemfile.lock", 500)]);
        let two = stream.commit("topic", author, began + HOUR, began + HOUR, "A second", &[one], &[("public/app.min.js", 900)]);
        main = stream.commit("main", ANN, landed, landed, &format!("Merge pull request #{number} from acme/topic"), &[main, two], &[]);
        // Annotated long after the merge: the tag's own time counts.
        stream.tag(&format!("v1.{number}.0"), main, landed + 7 * HOUR);
        if author == ANN {
            sizes.push((10 + number) as f64);
            leads.push((5 + number + 7) as f64);
        }
        // Pushed past review: not a change where people merge, but a day with a landing.
        main = stream.commit("main", ANN, landed + 8 * HOUR, landed + 8 * HOUR, "typo", &[main], &[("b.rb", 3)]);
    }
    let repo = stream.into_repo();
    let report = repo.report(&[]);
    let lead = value(&report, "lead-time/change-lead-time");
    assert_eq!(lead["sample"].as_u64(), Some(sizes.len() as u64));
    assert!((lead["amount"].as_f64().unwrap() - median(leads)).abs() < 0.01, "{lead}");
    assert_eq!(lead["name"], "release-lead-time");
    let often = value(&report, "lead-time/deployment-frequency");
    assert_eq!(often["sample"].as_u64(), Some(30));
    assert!(often["floor"].as_str().is_some() && often["high"].is_null(), "{often}");
    assert_eq!(check(&report, "lead-time/deployment-frequency")["standing"], "unknown");
}

#[test]
fn squashes_by_size_without_what_machines_write() {
    let mut stream = Stream::default();
    let mut main = stream.commit("main", ANN, NOW - 200 * DAY, NOW - 200 * DAY, "Start", &[], &[("a.rb", 1)]);
    let mut sizes = Vec::new();
    for number in 0..41_u32 {
        let time = NOW - i64::from(41 - number) * DAY;
        let lines = 1 + (number * 37) % 97;
        let files =
            [(format!("app/f{number}.rb"), lines), ("yarn.lock".into(), 800), ("vendor/x.js".into(), 700), ("web/dist.min.js".into(), 90)];
        let files: Vec<(&str, u32)> = files.iter().map(|(path, lines): &(String, u32)| (path.as_str(), *lines)).collect();
        main = stream.commit("main", ANN, time, time, &format!("Sell (#{number})"), &[main], &files);
        sizes.push(f64::from(lines));
        // A bot's, one with a lock file alone, and a rename that changes nothing.
        main = stream.commit("main", BOT, time, time, &format!("Bump (#9{number})"), &[main], &[("Gemfile", 4000)]);
        main = stream.commit("main", ANN, time, time, &format!("Lock (#8{number})"), &[main], &[("yarn.lock", 5000)]);
    }
    let report = stream.into_repo().report(&[]);
    let batch = value(&report, "lead-time/small-batches");
    assert_eq!(batch["sample"].as_u64(), Some(41), "{batch}");
    assert_eq!(batch["amount"].as_f64(), Some(median(sizes.clone())));
    // The published ranks for 41 observations at 95 %: the 14th and the 28th.
    sizes.sort_by(f64::total_cmp);
    assert_eq!((batch["low"].as_f64(), batch["high"].as_f64()), (Some(sizes[13]), Some(sizes[27])));
    let notes = batch["notes"].to_string();
    assert!(notes.contains("41 by bots") && notes.contains("41 without a line written by hand"), "{notes}");
}

#[test]
fn reverts_are_a_floor_and_their_own_reverts_cancel() {
    let mut stream = Stream::default();
    let mut main = stream.commit("main", ANN, NOW - 200 * DAY, NOW - 200 * DAY, "Start", &[], &[("a.rb", 1)]);
    for number in 0..20_i64 {
        let time = NOW - (20 - number) * 3 * DAY;
        main = stream.commit("main", ANN, time, time, &format!("Sell thing {number} (#{number})"), &[main], &[("a.rb", 2)]);
        let revert = format!("Revert \"Sell thing {number} (#{number})\" (#1{number})\n\nReverts acme/shop#{number}");
        if number < 10 {
            main = stream.commit("main", ANN, time + (1 + number) * HOUR, time + (1 + number) * HOUR, &revert, &[main], &[("a.rb", 1)]);
        }
        if number < 3 {
            let again =
                format!("Revert \"Revert \"Sell thing {number} (#{number})\" (#1{number})\" (#2{number})\n\nReverts acme/shop#1{number}");
            main = stream.commit("main", ANN, time + 20 * HOUR, time + 20 * HOUR, &again, &[main], &[("a.rb", 2)]);
        }
    }
    let report = stream.into_repo().report(&[]);
    let rate = value(&report, "lead-time/change-fail-rate");
    // 33 landings, of which 7 take back what nobody brought back.
    assert_eq!((rate["sample"].as_u64(), rate["statistic"].as_str()), (Some(33), Some("share, 7 of 33")));
    assert!(rate["high"].is_null(), "{rate}");
    assert_eq!(check(&report, "lead-time/change-fail-rate")["score"]["proven"].as_f64(), Some(0.0));
    let time = value(&report, "lead-time/recovery-time");
    assert_eq!((time["amount"].as_f64(), time["sample"].as_u64()), (Some(7.0), Some(7)), "{time}");
}

#[test]
fn a_shallow_clone_says_what_to_do() {
    let mut stream = Stream::default();
    let mut main = stream.commit("main", ANN, NOW - 90 * DAY, NOW - 90 * DAY, "Start", &[], &[("a.rb", 1)]);
    for number in 0..20 {
        let time = NOW - (20 - number) * DAY;
        main = stream.commit("main", ANN, time, time, "More (#1)", &[main], &[("a.rb", 2)]);
    }
    let whole = stream.into_repo();
    let shallow = Repo::new();
    let from = format!("file://{}", whole.path().display());
    shallow.git(&["clone", "-q", "--depth", "5", &from, "."]);
    let report = shallow.report(&[]);
    for id in ["lead-time/small-batches", "lead-time/change-lead-time", "lead-time/deployment-frequency", "lead-time/change-fail-rate"] {
        let check = check(&report, id);
        assert_eq!(check["standing"], "unknown", "{id}");
        assert!(check["gaps"].to_string().contains("fetch-depth: 0"), "{check}");
    }
}

#[test]
fn a_dossier_keeps_the_numbers_and_an_attestation_fills_what_is_open() {
    let mut stream = Stream::default();
    let mut main = stream.commit("main", ANN, NOW - 90 * DAY, NOW - 90 * DAY, "Start", &[], &[("a.rb", 1)]);
    for number in 0..40 {
        let time = NOW - (40 - number) * DAY;
        main = stream.commit("main", ANN, time, time, &format!("More {number} (#{number})"), &[main], &[("a.rb", 20)]);
    }
    let repo = stream.into_repo();
    let before = repo.report(&["--save-dossier", ".git/dossier.json"]);
    repo.write(
        "other/audit.toml",
        "[[attest]]\ncheck = 'lead-time/change-fail-rate'\nanswer = '2 %'\nby = 'Ann'\non = '2026-05-01'\nevery = '1y'\n",
    );
    let again =
        repo.audit(&["judge", ".git/dossier.json", "--format", "json", "--at", support::DAY, "--config", "other/audit.toml"]).json();
    assert_eq!(check(&before, "lead-time/small-batches")["value"], check(&again, "lead-time/small-batches")["value"]);
    assert_eq!(check(&before, "lead-time/change-fail-rate")["standing"], "unknown");
    let attested = check(&again, "lead-time/change-fail-rate");
    assert_eq!(
        (attested["standing"].as_str(), attested["value"]["attested"].as_str()),
        (Some("met"), Some("Ann on 2026-05-01, holds for 1y"))
    );
    repo.write(
        "other/audit.toml",
        "[[attest]]\ncheck = 'lead-time/change-fail-rate'\nlevel = 'configured'\nby = 'Ann'\non = '2026-05-01'\nevery = '1y'\n",
    );
    let refused = repo.audit(&["--config", "other/audit.toml"]);
    refused.says(2, &["a measure is attested by an `answer`", "3 %"]);
}
