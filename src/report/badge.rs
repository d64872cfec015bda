//! The score as a badge: a small SVG that needs nothing from elsewhere.
//!
//! The colour follows *proven*, the part that evidence shows. Letters are white on a ground that leaves them at least 4.5 to 1
//! of contrast, and the title says in words what the badge shows.

use super::{Report, points, xml};

/// What the badge is about.
pub(super) const LABEL: &str = "confidence";
/// Half-width letters of the badge's font at 11 pixels, in pixels.
const LETTER: f64 = 6.6;
const PADDING: f64 = 6.0;

/// How good a score is, in five steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// 80 and more proven.
    Good,
    /// 60 and more.
    Fair,
    /// 40 and more.
    Weak,
    /// Less.
    Poor,
    /// Not everything could be looked at.
    Incomplete,
}

impl Tone {
    /// The tone of a report.
    pub fn of(report: &Report) -> Tone {
        match points(report.score.proven) {
            _ if !report.complete => Tone::Incomplete,
            80.. => Tone::Good,
            60..80 => Tone::Fair,
            40..60 => Tone::Weak,
            _ => Tone::Poor,
        }
    }

    fn ground(self) -> &'static str {
        match self {
            Tone::Good => "#1a7f37",
            Tone::Fair => "#5c6b00",
            Tone::Weak => "#9a5b00",
            Tone::Poor => "#b3261e",
            Tone::Incomplete => "#59636e",
        }
    }
}

/// `86 to 96`, or one number where both ends meet.
pub(super) fn message(report: &Report) -> String {
    let (proven, possible) = (points(report.score.proven), points(report.score.possible));
    match () {
        () if !report.complete => "incomplete".to_owned(),
        () if proven == possible => proven.to_string(),
        () => format!("{proven} to {possible}"),
    }
}

/// The badge, with a newline at the end.
pub fn render(report: &Report) -> String {
    let message = message(report);
    let wide = |text: &str| (text.chars().count() as f64 * LETTER + 2.0 * PADDING).round();
    let (left, right) = (wide(LABEL), wide(&message));
    let (whole, ground) = (left + right, Tone::of(report).ground());
    let title = xml::escape(&title(report));
    let text = |text: &str, from: f64, width: f64| {
        let (middle, length) = (from + width / 2.0, width - 2.0 * PADDING);
        format!("    <text x=\"{middle}\" y=\"14\" textLength=\"{length}\">{}</text>\n", xml::escape(text))
    };
    [
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"20\" role=\"img\" aria-label=\"{title}\">\n"),
        format!("  <title>{title}</title>\n"),
        format!("  <clipPath id=\"r\"><rect width=\"{whole}\" height=\"20\" rx=\"3\"/></clipPath>\n"),
        "  <g clip-path=\"url(#r)\">\n".to_owned(),
        format!("    <rect width=\"{left}\" height=\"20\" fill=\"#444c56\"/>\n"),
        format!("    <rect x=\"{left}\" width=\"{right}\" height=\"20\" fill=\"{ground}\"/>\n"),
        "  </g>\n".to_owned(),
        "  <g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,Geneva,DejaVu Sans,sans-serif\" font-size=\"11\">\n".to_owned(),
        text(LABEL, 0.0, left),
        text(&message, left, right),
        "  </g>\n</svg>\n".to_owned(),
    ]
    .concat()
}

fn title(report: &Report) -> String {
    let (proven, possible) = (points(report.score.proven), points(report.score.possible));
    let end = if report.complete { "" } else { "; the audit is incomplete" };
    format!("Confidence {proven} proven, up to {possible} possible, {}{end}", report.at)
}
