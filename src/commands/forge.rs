//! `audit forge`: what the forge recorded, collected where the token is and saved for where the audit runs.

use std::path::Path;

use anyhow::Context as _;

use super::{Ending, say};
use crate::cli::{ForgeArgs, RunArgs};
use crate::evidence::Gap;
use crate::evidence::forge::http::Limits;
use crate::evidence::forge::target::Target;
use crate::evidence::forge::{Recorded, collect, not_asked};
use crate::evidence::git::GitFacts;

/// Collects and saves.
///
/// # Errors
/// No forge to ask, a repository that it does not show, a file that cannot be written.
pub fn run(args: &ForgeArgs) -> anyhow::Result<Ending> {
    let path = args.path.canonicalize().with_context(|| format!("{} does not exist", args.path.display()))?;
    let recorded = ask(&GitFacts::look(&path).remotes).map_err(|why| anyhow::anyhow!("--forge: {why}"))?;
    for gap in recorded.gaps.values() {
        say(&format!("note: {}: {}; {}", gap.what, gap.why, gap.next));
    }
    let text = serde_json::to_string_pretty(&recorded)? + "\n";
    std::fs::write(&args.save, text).with_context(|| format!("{} cannot be written", args.save.display()))?;
    say(&format!("{} answers of {} are in {}", recorded.answers.len(), recorded.repository, args.save.display()));
    Ok(Ending::Good)
}

/// What the forge recorded, by the arguments of an audit: read from a file, asked for, or not wanted.
///
/// # Errors
/// A file that cannot be read. A forge that does not answer is a gap.
pub fn recorded(args: &RunArgs, git: &GitFacts) -> anyhow::Result<Result<Recorded, Gap>> {
    if let Some(file) = &args.forge_data {
        return saved(file).map(Ok);
    }
    if !args.forge {
        return Ok(Err(not_asked()));
    }
    let gap = |why| Gap { what: "the forge".into(), why, next: "mend that, or collect elsewhere: audit forge --save FILE".into() };
    Ok(ask(&git.remotes).map_err(gap))
}

fn saved(file: &Path) -> anyhow::Result<Recorded> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Recorded::read(&text).map_err(|why| anyhow::anyhow!("{}: {why}", file.display()))
}

fn ask(remotes: &[String]) -> Result<Recorded, String> {
    let target = Target::find(&|name| std::env::var(name).ok(), remotes)?;
    collect(&target, Limits::default(), jiff::Timestamp::now())
}
