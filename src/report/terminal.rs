//! The report for people at a terminal, in a pipe and in a CI log.

use super::Report;

/// How to draw.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Columns to fill; 80 in a pipe.
    pub width: usize,
    /// All evidence, and what was looked for where nothing was found.
    pub verbose: bool,
    /// The score line and the categories alone.
    pub quiet: bool,
}

/// The report as text with ANSI styles; the caller strips them where colour is not wanted.
pub fn render(_report: &Report, _look: Look) -> String {
    String::new()
}
