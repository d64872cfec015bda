//! What was asked on the command line and in `audit.toml`, and how a run ends by it.

use std::fmt::Write as _;

use anyhow::bail;

use super::{Ending, say, width};
use crate::cli::GateArgs;
use crate::config::{Config, FailOn};
use crate::definition::catalogue::{CATEGORIES, Catalog};
use crate::gate::{Gate, Rule};
use crate::report::{Report, Requirement};

/// Checks named after a rule that failed.
const MOST: usize = 20;

/// The gate of a run: the command line overrides the numbers of `audit.toml` and adds to its `fail_on`.
///
/// # Errors
/// A category or check that does not exist.
pub fn asked(args: &GateArgs, config: &Config, catalog: &Catalog) -> anyhow::Result<Gate> {
    let mut rules = Vec::new();
    let mut least = config.fail_under_category.clone();
    let mut total = config.fail_under;
    for (category, number) in &args.fail_under {
        match category {
            None => total = Some(*number),
            Some(id) if CATEGORIES.contains(&id.as_str()) => drop(least.insert(id.clone(), *number)),
            Some(id) => bail!("--fail-under {id}={number}: there is no category `{id}`; write one of {}", CATEGORIES.join(", ")),
        }
    }
    rules.extend(total.map(|least| Rule::Proven { of: None, least }));
    rules.extend(least.into_iter().map(|(id, least)| Rule::Proven { of: Some(id), least }));
    rules.extend(args.fail_under_possible.or(config.fail_under_possible).map(|least| Rule::Possible { least }));
    let mut failing = config.fail_on.clone();
    for text in &args.fail_on {
        let read = FailOn::read(text).and_then(|written| written.known(catalog).map(|()| written));
        match read {
            Ok(written) if failing.contains(&written) => {}
            Ok(written) => failing.push(written),
            Err(why) => bail!("--fail-on {text}: {why}"),
        }
    }
    let strict = args.strict || config.strict;
    let about_unknown = !failing.is_empty() || rules.iter().any(|rule| matches!(rule, Rule::Possible { .. }));
    if args.strict && !about_unknown {
        say("note: --strict alone changes nothing; it is for --fail-on and --fail-under-possible");
    }
    rules.extend(failing.into_iter().map(|written| Rule::On { checks: written.glob.compile_matcher(), written }));
    if args.fail_on_regression {
        rules.push(Rule::NoRegression);
    }
    Ok(Gate { rules, strict })
}

/// How a run ends, said on stderr where it is not well.
pub fn ending(report: &Report) -> Ending {
    if !report.complete {
        say("audit: incomplete, see the first lines of the report");
        return Ending::Incomplete;
    }
    let failed: Vec<&Requirement> = report.requirements.iter().filter(|requirement| !requirement.holds).collect();
    failed.iter().for_each(|requirement| say(&told(requirement)));
    if failed.is_empty() { Ending::Good } else { Ending::Below }
}

/// Which rule failed, why, and the smallest change that makes it hold.
fn told(failed: &Requirement) -> String {
    let room = width().clamp(40, 100);
    let first = format!("audit: {}: {}", failed.rule, failed.found);
    let mut text = textwrap::fill(&first, textwrap::Options::new(room).subsequent_indent("  "));
    let count = failed.smallest.len();
    if count > 0 {
        let noun = if count == 1 { "one check" } else { "these checks" };
        let _ = write!(text, "\n  The smallest change that passes: {noun} (`audit explain CHECK` tells how)");
        for step in failed.smallest.iter().take(MOST) {
            let _ = write!(text, "\n    {:>5}  {}", format!("+{:.1}", step.gain), step.check);
        }
    }
    if count > MOST {
        let _ = write!(text, "\n    and {} more", count - MOST);
    }
    text
}
