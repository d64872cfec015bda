//! `audit judge`: a saved dossier, judged again with this catalogue, other weights or another day.

use anyhow::Context;

use super::Ending;
use super::run::{Judging, Written, finish, knowledge};
use crate::cli::JudgeArgs;
use crate::evidence::{DOSSIER_VERSION, Dossier};

/// Judges a dossier.
///
/// # Errors
/// A dossier that cannot be read or is newer than this program, and all that a run can end with.
pub fn run(args: &JudgeArgs) -> anyhow::Result<Ending> {
    let text = std::fs::read_to_string(&args.dossier).with_context(|| format!("{} cannot be read", args.dossier.display()))?;
    let dossier = read(&args.dossier.to_string_lossy(), &text)?;
    let pick = &args.judging.pick;
    let judging = Judging::new(pick, knowledge(&pick.checks, Written::read(pick.config.as_deref())?)?)?;
    finish(&args.judging, &judging, &dossier)
}

/// Reads a dossier.
///
/// # Errors
/// What is no dossier, or one of another version.
pub fn read(name: &str, text: &str) -> anyhow::Result<Dossier> {
    let version = serde_json::from_str::<serde_json::Value>(text).ok().and_then(|value| value.get("dossier_version")?.as_u64());
    match version {
        None => anyhow::bail!("{name} is not a dossier; `audit --save-dossier FILE` writes one"),
        Some(version) if version != u64::from(DOSSIER_VERSION) => {
            anyhow::bail!(
                "{name} is a dossier of version {version}; this audit reads version {DOSSIER_VERSION}: take the audit that wrote it, or save it anew with this one"
            );
        }
        Some(_) => {}
    }
    serde_json::from_str(text).with_context(|| format!("{name} is damaged"))
}
