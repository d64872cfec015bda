//! One row per check for a spreadsheet: RFC 4180, UTF-8, CRLF, the first row names the columns.
//!
//! A spreadsheet runs a cell that begins like a formula. Such a cell gets an apostrophe in front, which spreadsheets show as
//! text: a file of the audited repository named `=cmd()` is a name and nothing else.

use super::{Check, Report, plain, words};

/// The columns; more may be added at the end, none is renamed or removed within schema version 1.
const COLUMNS: [&str; 18] = [
    "category", "check", "title", "kind", "standing", "level", "want", "answer", "weight", "proven", "possible", "gain", "findings",
    "path", "line", "place", "because", "next",
];

/// The table.
pub fn render(report: &Report) -> String {
    let mut out = COLUMNS.join(",") + "\r\n";
    for check in &report.checks {
        out.push_str(&row(report, check).join(","));
        out.push_str("\r\n");
    }
    out
}

fn row(report: &Report, check: &Check) -> Vec<String> {
    let gain = report.next.iter().chain(&report.questions).find(|next| next.check == check.id).map(|next| next.gain);
    let first = check.findings.first().map(|finding| &finding.place);
    let place = first.or_else(|| check.evidence.first().map(|evidence| &evidence.place)).cloned().unwrap_or_default();
    let elsewhere = place.url.or(place.commit).or(place.attestation);
    let number = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
    vec![
        text(&check.category),
        text(&check.id),
        text(&check.title),
        text(words::kind(check.kind)),
        text(words::standing(check.standing)),
        text(check.level.map_or("", |level| level.word())),
        text(check.want.map_or("", |level| level.word())),
        text(&words::answer(check)),
        number(Some(check.weight)),
        number(check.score.map(|score| score.proven)),
        number(check.score.map(|score| score.possible)),
        number(gain),
        check.findings.len().to_string(),
        text(place.path.as_deref().unwrap_or_default()),
        place.line.map(|line| line.to_string()).unwrap_or_default(),
        text(elsewhere.as_deref().unwrap_or_default()),
        text(check.because.as_deref().unwrap_or_default()),
        text(check.next.as_deref().unwrap_or_default()),
    ]
}

/// A quoted cell that no spreadsheet takes for a formula.
fn text(text: &str) -> String {
    let text = plain(text);
    // U+FFFD stands where a control character was taken out, and some programs drop it.
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FFFD}' || c == '\'' || c == '"').chars().next();
    let is_formula = start.is_some_and(|c| matches!(c, '=' | '+' | '-' | '@' | '|' | '%' | '＝' | '＋' | '－' | '＠'));
    let guard = if is_formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn what_looks_like_a_formula_is_text() {
        for formula in ["=cmd()", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", " =1", "\t=1", "\r=1", "＝1", "\"=1"] {
            assert!(text(formula).starts_with("\"'"), "{formula}: {}", text(formula));
        }
        assert_eq!(text("app/a=b.rb"), "\"app/a=b.rb\"");
    }

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(text("say \"hi\", you"), "\"say \"\"hi\"\", you\"");
    }
}
