//! The formats for other programs and people: each is valid, and whatever a repository says stays text in it.
#![allow(clippy::unwrap_used)]

#[path = "renderers/samples.rs"]
mod samples;

use std::collections::BTreeSet;

use prod_audit::report::{Report, Standing, badge, csv, github, gitlab, html, junit, markdown, plain, sarif, shields};
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;

type Render = fn(&Report) -> String;

const ALL: [(&str, Render); 9] = [
    ("markdown", markdown::render),
    ("html", html::render),
    ("sarif", sarif::render),
    ("junit", junit::render),
    ("github", github::render),
    ("gitlab", gitlab::render),
    ("badge", badge::render),
    ("shields", shields::render),
    ("csv", csv::render),
];

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A report with many checks and findings, as large as they come.
fn large(checks: usize) -> Report {
    let mut report = samples::rails();
    let template = report.checks.clone();
    report.checks = (0..checks)
        .map(|at| {
            let mut check = template[at % template.len()].clone();
            check.id = format!("{}-{at}", check.id);
            // As much as the longest of the catalogue have.
            (check.why, check.fix) = ("w".repeat(700), format!("1. {}", "f".repeat(1100)));
            check.looked_for = vec!["a dependency on this, that and the other, or a file *.{rb,py,ts}".repeat(2); 4];
            check.links = vec!["https://docs.example.com/a/long/path/to/some/page-about-it.html".into(); 3];
            if at % 4 == 0 {
                let message = "Adding this constraint scans the whole table while writes wait. ".repeat(3);
                let finding = |line| samples::finding(prod_audit::definition::words::Severity::High, "db/migrate/2026.rb", line, &message);
                check.findings = (1..=200).map(finding).collect();
            }
            check
        })
        .collect();
    report
}

#[test]
fn two_runs_give_the_same_bytes_and_end_with_a_line() {
    for (format, render) in ALL {
        for (name, report) in samples::all() {
            let text = render(&report);
            assert_eq!(text, render(&report.clone()), "{format}, {name}");
            assert!(text.ends_with('\n'), "{format}, {name}");
        }
    }
}

#[test]
fn no_character_acts_in_any_format() {
    for (format, render) in ALL {
        for (name, report) in samples::all() {
            // Our own style and script are plain text with line breaks.
            for line in render(&report).lines() {
                let acts = |c: char| c.is_control() || ("\u{202A}"..="\u{2069}").contains(&c.to_string().as_str());
                assert!(!line.contains(acts), "{format}, {name}: {line}");
                assert!(format == "gitlab" || plain(line) == line, "{format}, {name}: {line}");
            }
        }
    }
}

#[test]
fn the_page_is_the_one_we_looked_at() {
    for (file, text) in [("report.html", html::render(&samples::rails())), ("report.md", markdown::render(&samples::rails()))] {
        let path = format!("{}/tests/golden/{file}", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        assert!(golden == text, "{file} changed; look at it, then run the test with UPDATE_GOLDEN=1");
    }
}

/// What of a Markdown text acts: HTML, links and pictures; and the text that a reader sees.
struct Read {
    markup: BTreeSet<String>,
    links: BTreeSet<String>,
    text: String,
}

fn read(markdown: &str) -> Read {
    let mut read = Read { markup: BTreeSet::new(), links: BTreeSet::new(), text: String::new() };
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_GFM) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => {
                read.markup.extend(html.split_inclusive('>').map(|tag| tag.trim().to_owned()).filter(|tag| tag.starts_with('<')));
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                read.links.insert(dest_url.into_string());
            }
            Event::Text(text) | Event::Code(text) => read.text.push_str(&text),
            _ => {}
        }
    }
    read
}

#[test]
fn markdown_holds_no_markup_but_ours() {
    let ours = [
        "<details>",
        "<summary>",
        "</summary>",
        "</details>",
        "<b>",
        "</b>",
        "<br>",
        "<sub>",
        "</sub>",
        "<!-- -->",
        "<!-- audit-report -->",
    ];
    for (name, report) in samples::all() {
        let read = read(&markdown::render(&report));
        let foreign: Vec<_> = read.markup.iter().filter(|tag| !ours.contains(&tag.as_str())).collect();
        assert!(foreign.is_empty(), "{name}: {foreign:?}");
        let evil: Vec<_> = read
            .links
            .iter()
            .filter(|link| !link.starts_with("https://github.com/acme/shop/") && !link.starts_with("https://shop.example/"))
            .collect();
        assert!(evil.is_empty(), "{name}: {evil:?}");
        for row in markdown::render(&report).lines().filter(|line| line.starts_with('|')) {
            let outside = row.replace("\\|", "");
            assert!(
                (4..=6).contains(&outside.matches('|').count()) || outside.matches('|').count() == 3,
                "{name}: a bar ends a cell: {row}"
            );
        }
    }
    let read = read(&markdown::render(&samples::hostile()));
    assert!(read.text.contains("</script><img src=x onerror=alert(1)>") && read.text.contains("@everyone"), "it can be read");
}

#[test]
fn markdown_fits_a_comment_and_says_what_it_left_out() {
    let mut huge = large(400);
    huge.notices = vec![samples::notice("skipped", &"x".repeat(500)); 400];
    for report in [samples::rails(), samples::hostile(), large(75), huge] {
        let text = markdown::render(&report);
        assert!(text.len() <= 65_536, "{}", text.len());
        assert!(text.starts_with("<!-- audit-report -->\n## Confidence "), "{}", &text[..80]);
        let lines = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
        assert_eq!(lines("<details>"), lines("</details>"));
        assert_eq!(text.contains("> **Cut:**"), report.checks.len() > 100 || report.checks.iter().any(|check| check.findings.len() > 100));
    }
}

#[test]
fn a_part_of_a_monorepo_has_a_comment_of_its_own() {
    let mut report = samples::rails();
    report.subject.folder = Some("apps/a--> b".into());
    assert!(markdown::render(&report).starts_with("<!-- audit-report apps/a%2D%2D%3E%20b -->\n"));
    let log = json(&sarif::render(&report));
    assert_eq!(log["runs"][0]["automationDetails"]["id"], "audit/apps/a--%3E%20b/");
}

#[test]
fn html_holds_no_markup_but_ours() {
    for (name, report) in samples::all() {
        let page = html::render(&report);
        for (tag, times) in [("<script", 1), ("<style", 1), ("<img", 0), ("<iframe", 0), ("onerror=", 0), ("javascript:", 0)] {
            let in_tags: usize =
                page.split('<').skip(1).filter(|part| format!("<{}", part.split('>').next().unwrap()).contains(tag)).count();
            assert_eq!(in_tags, times, "{name}: {tag}");
        }
        assert!(!page.contains("http-equiv=\"refresh\"") && page.contains("default-src 'none'"), "{name}");
        let addresses: Vec<&str> = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(addresses.iter().all(|at| at.starts_with('#') || at.starts_with("https://") || *at == "data:,"), "{name}");
    }
    assert!(html::render(&samples::hostile()).contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"));
}

#[test]
fn html_can_be_read_before_any_script_and_stays_small() {
    let report = samples::rails();
    let page = html::render(&report);
    let (before, script) = page.split_once("<script>").unwrap();
    for check in &report.checks {
        assert!(before.contains(&format!("id=\"{}\"", check.id)), "{}", check.id);
        for evidence in check.evidence.iter().filter_map(|evidence| evidence.place.path.as_deref()) {
            assert!(before.contains(evidence), "{evidence}");
        }
    }
    assert!(script.len() < 6000);
    let size = html::render(&large(75)).len();
    assert!(size < 400 << 10, "{size} bytes");
}

#[test]
fn html_draws_the_forecast_where_there_is_one() {
    let mut report = samples::rails();
    let page = html::render(&report);
    assert!(page.contains("<h2 id=\"forecast\">") && page.contains("the waiver for errors/user-feedback lapses"));
    report.forecast.clear();
    assert!(!html::render(&report).contains("id=\"forecast\""));
}

#[test]
fn html_links_evidence_to_the_forge_at_the_commit() {
    let page = html::render(&samples::rails());
    let link = "href=\"https://github.com/acme/shop/blob/4f1c2a9be07d55c1a0c5b1a2d3e4f5a6b7c8d9e0/.github/workflows/ci.yml#L41\"";
    assert!(page.contains(link));
}

#[test]
fn sarif_is_valid_by_the_official_schema() {
    // One pattern of it is good for ECMAScript's older expressions alone: it has a bracket that closes nothing.
    let schema = include_str!("schemas/sarif-2.1.0.json").replace("{2}]?$", "{2}\\\\]?$");
    let schema = json(&schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut reports = samples::all();
    reports.push(("large", large(75)));
    for (name, report) in reports {
        let log = json(&sarif::render(&report));
        let errors: Vec<_> = validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}");
        let run = &log["runs"][0];
        let (rules, results) = (run["tool"]["driver"]["rules"].as_array().unwrap(), run["results"].as_array().unwrap());
        assert!(results.len() <= 25_000, "{name}");
        let mut prints = BTreeSet::new();
        for result in results {
            assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"], "{name}");
            assert!(
                prints.insert(result["partialFingerprints"]["primaryLocationLineHash"].to_string()),
                "{name}: two alerts with one name"
            );
            let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
            assert!(uri.is_ascii() && !uri.starts_with('/') && !uri.contains(['<', '"', ' ', ':']), "{uri}");
        }
        assert!(rules.iter().all(|rule| !rule["help"]["markdown"].as_str().unwrap().is_empty()), "{name}");
        assert_eq!(run["invocations"][0]["executionSuccessful"], report.complete);
    }
    let mut broken = json(&sarif::render(&samples::rails()));
    broken["runs"][0]["results"][0]["level"] = "bad".into();
    assert!(!validator.is_valid(&broken));
}

#[test]
fn sarif_fingerprints_survive_edits_and_severities_are_told() {
    let before = samples::rails();
    let mut after = before.clone();
    for check in &mut after.checks {
        check.findings.iter_mut().for_each(|finding| finding.place.line = finding.place.line.map(|line| line + 10));
        check.evidence.iter_mut().for_each(|evidence| evidence.place.line = evidence.place.line.map(|line| line + 10));
    }
    let prints = |report: &Report| -> Vec<String> {
        let log = json(&sarif::render(report));
        log["runs"][0]["results"].as_array().unwrap().iter().map(|result| result["partialFingerprints"].to_string()).collect()
    };
    assert_eq!(prints(&before), prints(&after));
    let log = json(&sarif::render(&before));
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results[0]["level"], "error", "the worst comes first");
    for rule in log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap() {
        let is_security = rule["id"].as_str().unwrap().starts_with("security/");
        assert_eq!(rule["properties"].get("security-severity").is_some(), is_security, "{rule}");
    }
}

#[test]
fn what_is_set_aside_is_suppressed_in_sarif_and_silent_elsewhere() {
    let mut report = samples::rails();
    let check = report.checks.iter_mut().find(|check| !check.findings.is_empty()).unwrap();
    let mut muted = check.findings.remove(0);
    muted.muted = Some("the table is empty".into());
    (muted.place.column, muted.message) = (Some(7), "only here".into());
    check.muted.push(muted);
    let log = json(&sarif::render(&report));
    let results = log["runs"][0]["results"].as_array().unwrap();
    let set_aside = results.iter().find(|result| result["message"]["text"] == "only here").unwrap();
    assert_eq!(set_aside["suppressions"][0]["kind"], "inSource");
    assert_eq!(set_aside["suppressions"][0]["justification"], "the table is empty");
    assert_eq!(set_aside["locations"][0]["physicalLocation"]["region"]["startColumn"], 7);
    assert!(results.iter().filter(|result| result["suppressions"] != serde_json::json!([])).count() == 1);
    assert!(!gitlab::render(&report).contains("only here") && !github::render(&report).contains("only here"));
}

#[test]
fn junit_is_xml_and_counts_right() {
    for (name, report) in samples::all() {
        let text = junit::render(&report);
        let document = roxmltree::Document::parse(&text).unwrap();
        let root = document.root_element();
        assert_eq!(root.tag_name().name(), "testsuites");
        let of = |tag: &'static str| document.descendants().filter(move |node| node.has_tag_name(tag)).count().to_string();
        assert_eq!(root.attribute("tests"), Some(of("testcase").as_str()), "{name}");
        assert_eq!(root.attribute("failures"), Some(of("failure").as_str()), "{name}");
        assert_eq!(root.attribute("skipped"), Some(of("skipped").as_str()), "{name}");
        assert_eq!(of("testcase"), report.checks.len().to_string(), "{name}");
        let failing = report.checks.iter().filter(|check| matches!(check.standing, Standing::Short | Standing::Unmet)).count();
        assert_eq!(of("failure"), failing.to_string(), "{name}");
        for suite in root.children().filter(roxmltree::Node::is_element) {
            let cases: Vec<_> = suite.children().filter(|node| node.has_tag_name("testcase")).collect();
            assert_eq!(suite.attribute("tests"), Some(cases.len().to_string().as_str()), "{name}");
            let names: BTreeSet<_> = cases.iter().map(|case| (case.attribute("classname"), case.attribute("name"))).collect();
            assert_eq!(names.len(), cases.len(), "{name}: two tests with one name");
        }
        for skipped in document.descendants().filter(|node| node.has_tag_name("skipped")) {
            assert!(skipped.attribute("message").is_some_and(|why| why.len() > "unknown: ".len()), "{name}: skipped without a reason");
        }
    }
    let text = junit::render(&samples::hostile());
    let document = roxmltree::Document::parse(&text).unwrap();
    assert!(document.descendants().filter_map(|node| node.text()).any(|text| text.contains("</script><img src=x onerror=alert(1)>")));
}

#[test]
fn github_commands_stand_one_per_line_and_are_capped() {
    let mut reports = samples::all();
    reports.push(("large", large(75)));
    for (name, report) in reports {
        let text = github::render(&report);
        for kind in ["error", "warning", "notice"] {
            let start = format!("::{kind} ");
            assert!(text.lines().filter(|line| line.starts_with(&start)).count() <= 10, "{name}: {kind}");
        }
        for line in text.lines() {
            let (command, rest) = line.strip_prefix("::").unwrap().split_once(' ').unwrap();
            assert!(["error", "warning", "notice"].contains(&command), "{name}: {line}");
            let (properties, message) = rest.split_once("::").unwrap();
            assert!(!message.is_empty());
            for property in properties.split(',') {
                let (key, value) = property.split_once('=').unwrap();
                assert!(["file", "line", "col", "title"].contains(&key) && !value.contains(':'), "{name}: {line}");
            }
            let percent =
                |text: &str| text.split('%').skip(1).all(|after| ["25", "0D", "0A", "3A", "2C"].iter().any(|code| after.starts_with(code)));
            assert!(percent(rest), "{name}: {line}");
        }
        assert!(text.lines().last().unwrap().contains("Confidence "), "{name}");
    }
    assert!(github::render(&large(75)).contains("more not shown here"));
    assert!(github::render(&samples::incomplete()).starts_with("::error title=audit incomplete::"));
}

#[test]
fn gitlab_entries_have_all_that_gitlab_reads() {
    for (name, report) in samples::all() {
        let entries = json(&gitlab::render(&report));
        let mut prints = BTreeSet::new();
        for entry in entries.as_array().unwrap() {
            assert!(prints.insert(entry["fingerprint"].as_str().unwrap().to_owned()), "{name}: {entry}");
            assert!(["minor", "major", "critical", "blocker"].contains(&entry["severity"].as_str().unwrap()), "{name}");
            assert!(
                entry["location"]["lines"]["begin"].as_u64().unwrap() > 0 && !entry["location"]["path"].as_str().unwrap().starts_with("./")
            );
            assert!(!entry["description"].as_str().unwrap().is_empty() && !entry["check_name"].as_str().unwrap().is_empty());
        }
    }
}

#[test]
fn badges_say_the_score_in_words_and_colour() {
    let report = |proven: f64, complete: bool| {
        let mut report = samples::rails();
        (report.score.proven, report.score.possible, report.complete) = (proven, 96.0, complete);
        report
    };
    for (proven, complete, message, color) in [
        (86.9, true, "86 to 96", "brightgreen"),
        (60.0, true, "60 to 96", "yellowgreen"),
        (59.9, true, "59 to 96", "orange"),
        (96.0, true, "96", "brightgreen"),
        (0.0, true, "0 to 96", "red"),
        (90.0, false, "incomplete", "lightgrey"),
    ] {
        let report = report(proven, complete);
        let endpoint = json(&shields::render(&report));
        assert_eq!((&endpoint["schemaVersion"], &endpoint["label"]), (&1.into(), &"confidence".into()));
        assert_eq!((endpoint["message"].as_str(), endpoint["color"].as_str()), (Some(message), Some(color)));
        assert_eq!(endpoint.get("isError").is_some(), !complete);
        let text = badge::render(&report);
        let picture = roxmltree::Document::parse(&text).unwrap();
        let root = picture.root_element();
        assert_eq!(root.attribute("role"), Some("img"));
        assert_eq!(
            picture.descendants().find(|node| node.has_tag_name("title")).and_then(|node| node.text()),
            root.attribute("aria-label")
        );
        assert!(picture.descendants().any(|node| node.text() == Some(message)));
    }
}

/// Rows of a table by RFC 4180.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '"' if quoted && letters.peek() == Some(&'"') => cell.push(letters.next().unwrap()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {
                assert_eq!(letters.next(), Some('\n'));
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(!quoted && row.is_empty() && cell.is_empty());
    rows
}

#[test]
fn csv_has_one_row_per_check_and_no_formula() {
    for (name, report) in samples::all() {
        let rows = rows(&csv::render(&report));
        assert_eq!(rows.len(), report.checks.len() + 1, "{name}");
        assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{name}");
        let formula = |cell: &String| cell.starts_with(['=', '+', '-', '@', '\t', '\r', '|', '%']);
        assert!(!rows.iter().flatten().any(formula), "{name}");
    }
    assert!(rows(&csv::render(&samples::hostile())).iter().flatten().any(|cell| cell.starts_with("'=cmd()")), "it can be read");
}
