//! What changed since a base revision: for audits of a pull request, which ask only for what the change brings in.

use std::collections::BTreeSet;
use std::path::Path;

use super::git;

/// A base revision, and the files that differ from it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Since {
    /// The commit at which the change begins: where its branch left the revision that was named.
    pub base: String,
    /// Paths below the audited directory that were added or changed since, committed or not.
    pub changed: BTreeSet<String>,
}

impl Since {
    /// What changed in a directory since a revision.
    ///
    /// # Errors
    /// In words: no such commit, or git cannot compare.
    pub fn of(directory: &Path, revision: &str) -> Result<Since, String> {
        let commit = format!("{revision}^{{commit}}");
        let named = git::output(directory, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])
            .map_err(|_| format!("there is no commit `{revision}` in this repository; in a shallow clone, fetch it first"))?;
        let named = text(&named);
        // Unrelated histories have no common ancestor: the revision itself is the base then.
        let base = git::output(directory, &["merge-base", &named, "HEAD"]).map_or_else(|_| named.clone(), |id| text(&id));
        let changed = git::output(
            directory,
            &["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--relative", "--diff-filter=d", &base],
        )?;
        let new = git::output(directory, &["ls-files", "--others", "--exclude-standard", "-z"])?;
        let paths = changed.split(|byte| *byte == 0).chain(new.split(|byte| *byte == 0));
        let changed = paths.filter(|path| !path.is_empty()).map(|path| String::from_utf8_lossy(path).into_owned()).collect();
        Ok(Since { base, changed })
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}
