//! The days ahead: on which the score changes by itself, and when a requirement stops to hold.

use super::ink::Ink;
use super::page::{Line, Page};
use crate::report::{Report, points};

/// The days within which something lapses, if there are any.
pub(super) fn draw(page: &mut Page, report: &Report) {
    if report.forecast.is_empty() {
        return;
    }
    page.blank();
    page.line(Line::of(Ink::Heading, "The next 90 days").gap(2).put(Ink::Aside, "if nothing else changes"));
    page.blank();
    let mut before = report.score.proven;
    for day in &report.forecast {
        let ink = if day.score.proven < before { Ink::Bad } else { Ink::Proven };
        before = day.score.proven;
        let ends = format!("{:>3} .. {:>3}", points(day.score.proven), points(day.score.possible));
        page.prose(Line::indent(2).put(Ink::Text, &day.date).gap(2).put(ink, ends).gap(2), Ink::Text, &day.because);
    }
    for requirement in &report.requirements {
        if let Some(day) = &requirement.until {
            page.prose(
                Line::indent(2).put(Ink::Short, day).gap(2),
                Ink::Text,
                &format!("{} holds no more from this day on", requirement.rule),
            );
        }
    }
}
