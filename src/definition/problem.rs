//! What is wrong with a TOML file that a person wrote: where, what was expected, what to write.

use std::fmt;
use std::ops::Range;

/// One problem in a definition or in `audit.toml`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// 1-based line; 0 for the file as a whole.
    pub line: usize,
    /// 1-based column, in characters.
    pub column: usize,
    /// What is wrong and what was expected.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The line of the file, for show.
    pub source: String,
}

impl Problem {
    /// A problem at a byte range of a text.
    pub fn at(file: &str, text: &str, span: &Range<usize>, message: impl Into<String>, help: Option<String>) -> Self {
        let start = floor(text, span.start);
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Problem {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            message: message.into(),
            help,
            source: text[line_start..].lines().next().unwrap_or_default().chars().take(160).collect(),
        }
    }

    /// A problem with the file as a whole.
    pub fn whole(file: &str, message: impl Into<String>, help: Option<String>) -> Self {
        Problem { file: file.to_owned(), line: 0, column: 0, message: message.into(), help, source: String::new() }
    }
}

/// The nearest character boundary at or before an offset.
fn floor(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}", self.file, self.message)?;
        } else {
            write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
            let source = crate::report::plain(&self.source);
            if !source.trim().is_empty() {
                let caret = unicode_width::UnicodeWidthStr::width(source.chars().take(self.column - 1).collect::<String>().as_str());
                write!(f, "\n    | {source}\n    | {:caret$}^", "")?;
            }
        }
        match &self.help {
            Some(help) => write!(f, "\n    help: {help}"),
            None => Ok(()),
        }
    }
}

/// All the problems found in one go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// `Ok` when there are none, else all of them in file order.
    pub fn into_result(mut self) -> Result<(), Problems> {
        if self.0.is_empty() {
            return Ok(());
        }
        self.0.sort();
        self.0.dedup();
        Err(self)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}\n")?;
        }
        match self.0.len() {
            1 => f.write_str("1 problem"),
            count => write!(f, "{count} problems"),
        }
    }
}

impl std::error::Error for Problems {}
