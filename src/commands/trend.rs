//! `audit trend`: the score over time, from the history that `--history` keeps.

use super::run::{is_ascii, write};
use super::{Ending, print, say, width};
use crate::cli::TrendArgs;
use crate::history;
use crate::report::terminal::{Look, trend as chart};
use crate::report::trend;

/// Draws the history.
///
/// # Errors
/// There is none, a later version wrote it, or the page cannot be written.
pub fn run(args: &TrendArgs) -> anyhow::Result<Ending> {
    let (records, broken) = history::read(&args.history)?;
    broken.iter().for_each(|line| say(&format!("note: {line}")));
    if let Some(file) = &args.html {
        write(file, &trend::html(&records)?)?;
    }
    print(&chart::render(&records, Look { width: width(), ascii: is_ascii(), ..Look::default() }), args.color)?;
    Ok(Ending::Good)
}
