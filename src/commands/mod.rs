//! One file per command. Each takes its arguments, calls the library and says how it ended.

pub mod completions;
pub mod diff;
pub mod explain;
pub mod fix;
pub mod forge;
mod gate;
pub mod init;
pub mod judge;
pub mod list;
pub mod new;
pub mod run;
pub mod schema;
pub mod test;
pub mod trend;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use ignore::WalkBuilder;

use crate::cli::Colour;
use crate::definition::catalogue::{Catalog, DefinitionText};

/// How a command ended; the number is the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Confident enough, or done.
    Good = 0,
    /// Below a threshold, or an example failed.
    Below = 1,
    /// Usage, configuration or definition error.
    Usage = 2,
    /// The audit could not be completed.
    Incomplete = 3,
}

/// The catalogue with further folders on top.
///
/// # Errors
/// A folder that cannot be read, or every problem of its definitions.
pub fn catalog(folders: &[PathBuf]) -> anyhow::Result<Catalog> {
    let further = definitions(folders)?;
    Ok(if further.is_empty() { Catalog::builtin()? } else { Catalog::with(&further)? })
}

/// The definition files below folders, sorted by path; a path may be one file.
///
/// # Errors
/// A path that cannot be read.
pub fn definitions(folders: &[PathBuf]) -> anyhow::Result<Vec<DefinitionText>> {
    let mut all = Vec::new();
    for folder in folders {
        let mut found = Vec::new();
        for entry in WalkBuilder::new(folder).standard_filters(false).build() {
            let entry = entry.with_context(|| format!("definitions in {} cannot be read", folder.display()))?;
            if entry.file_type().is_some_and(|kind| kind.is_file()) && entry.path().extension().is_some_and(|extension| extension == "toml")
            {
                found.push(entry.into_path());
            }
        }
        if found.is_empty() {
            anyhow::bail!("{} holds no definitions (*.toml)", folder.display());
        }
        found.sort();
        for path in found {
            let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            let path = std::path::absolute(&path).unwrap_or(path);
            all.push(DefinitionText { path: relative(&path), text });
        }
    }
    Ok(all)
}

/// A path relative to the working directory where it is below it.
fn relative(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// Writes to stdout, with styles where colour is wanted. A reader that has gone away (`| head`) is not an error.
///
/// # Errors
/// stdout cannot be written.
pub fn print(text: &str, colour: Colour) -> anyhow::Result<()> {
    let choice = match colour {
        Colour::Auto => anstream::AutoStream::choice(&std::io::stdout()),
        Colour::Always => anstream::ColorChoice::Always,
        Colour::Never => anstream::ColorChoice::Never,
    };
    let mut stream = anstream::AutoStream::new(std::io::stdout().lock(), choice);
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to stdout"),
    }
}

/// Writes a message to stderr. It may quote a file or name of the audited repository, so nothing in it acts on a terminal.
pub fn say(text: &str) {
    let mut stream = anstream::stderr().lock();
    for line in text.lines() {
        let _ = writeln!(stream, "{}", crate::report::plain(line));
    }
}

/// Writes a new file below a directory. What is there is never changed, and a link does not lead out.
///
/// # Errors
/// The file is there, its folder is a link to elsewhere, or it cannot be written.
pub fn write_new(base: &Path, path: &str, text: &str) -> anyhow::Result<()> {
    let file = base.join(path);
    let folder = file.parent().unwrap_or(base);
    let real = folder.ancestors().find_map(|folder| folder.canonicalize().ok());
    if !real.is_some_and(|real| base.canonicalize().is_ok_and(|base| real.starts_with(base))) {
        anyhow::bail!("{path} would be written outside {}: a folder on its way is a link", base.display());
    }
    std::fs::create_dir_all(folder).with_context(|| format!("the folder of {path} cannot be made"))?;
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).open(&file);
    let mut opened = opened.with_context(|| format!("{path} cannot be written"))?;
    opened.write_all(text.as_bytes()).with_context(|| format!("{path} cannot be written"))
}

/// Columns of the terminal; 80 in a pipe. `COLUMNS` is respected.
pub fn width() -> usize {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
    asked.or_else(terminal).unwrap_or(80)
}
