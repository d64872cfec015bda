//! `audit trend`: the score over time, from the history that `--history` keeps.

use super::run::{is_ascii, write};
use super::{Ending, print, say, width};
use crate::cli::TrendArgs;
use crate::history;
use crate::report::history::Record;
use crate::report::html::{self, Day};
use crate::report::terminal::{Look, trend as chart};

/// Draws the history.
///
/// # Errors
/// There is none, a later version wrote it, or the page cannot be written.
pub fn run(args: &TrendArgs) -> anyhow::Result<Ending> {
    let (records, broken) = history::read(&args.history)?;
    broken.iter().for_each(|line| say(&format!("note: {line}")));
    if let Some(file) = &args.html {
        write(file, &html::trend(&args.history.to_string_lossy(), &days(&records)))?;
    }
    print(&chart::render(&records, Look { width: width(), ascii: is_ascii(), ..Look::default() }), args.color)?;
    Ok(Ending::Good)
}

/// What each audit says of its day.
fn days(records: &[Record]) -> Vec<Day> {
    let before = std::iter::once(None).chain(records.iter().map(Some));
    let day = |(record, before): (&Record, Option<&Record>)| {
        let change = before.map(|before| record.score.proven - before.score.proven).filter(|change| change.abs() >= 0.05);
        let revision = record.revision.as_deref().map(|id| id.chars().take(10).collect::<String>());
        let because = [
            change.map(|change| format!("{change:+.1}")),
            Some(revision.unwrap_or_else(|| "no commit".into())),
            Some(format!("{} unknown", record.counts.unknown)),
            Some(format!("catalogue {}", record.catalogue_version)),
            (!record.complete).then(|| "incomplete".into()),
        ];
        Day {
            date: record.at.chars().take(10).collect(),
            score: record.score,
            because: because.into_iter().flatten().collect::<Vec<String>>().join(", "),
        }
    };
    records.iter().zip(before).map(day).collect()
}
