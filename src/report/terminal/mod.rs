//! The report for people at a terminal, in a pipe and in a CI log.
//!
//! Read from the top it answers, in this order: can I trust this run, where do we stand, why, and what do I do next. An
//! incomplete run says so first. The score line and one line per category follow; they are the whole report with
//! `--quiet`. Then every check, the troubled ones first, each with the strongest evidence for its standing; then the
//! fixes and the questions worth most, so that the end of the output, which is what a terminal still shows, says what to
//! do.
//!
//! Colour only repeats what words and marks already say. Every string passes through [`plain`](super::plain) on its way
//! into a `page::Line`, and every line is cut to the width by `page::Page`, so neither can be forgotten here.

mod ahead;
mod categories;
mod checks;
pub mod comparison;
mod head;
mod ink;
mod page;
mod place;
mod proof;
mod steps;
pub mod trend;
mod value;
mod wrap;

use super::Report;
use page::Page;

/// How to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Columns to fill; 80 in a pipe. Fewer than 40 are drawn as 40, more than 120 as 120, where lines stop being readable.
    pub width: usize,
    /// All evidence, and what was looked for where nothing was found.
    pub verbose: bool,
    /// The score line and the categories alone (and that the run is incomplete, if it is); stronger than `verbose`.
    pub quiet: bool,
    /// Nothing but ASCII, for a terminal or log that shows nothing else; other characters become `?`.
    pub ascii: bool,
}

impl Default for Look {
    fn default() -> Self {
        Look { width: 80, verbose: false, quiet: false, ascii: false }
    }
}

/// The report as text with ANSI styles; the caller strips them where colour is not wanted.
///
/// No line is wider than `look.width` (if that is at least 40), and the same report gives the same bytes.
pub fn render(report: &Report, look: Look) -> String {
    let mut page = Page::new(look);
    head::banner(&mut page, report);
    head::score(&mut page, report);
    if !look.quiet {
        head::subject(&mut page, report);
    }
    categories::draw(&mut page, report);
    if !look.quiet {
        checks::draw(&mut page, report);
        steps::fixes(&mut page, report);
        steps::questions(&mut page, report);
        ahead::draw(&mut page, report);
        steps::notices(&mut page, report);
        if let Some(comparison) = &report.comparison {
            comparison::draw(&mut page, comparison);
        }
    }
    page.finish()
}
