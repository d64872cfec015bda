//! `audit completions SHELL`.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{Ending, print};
use crate::cli::{Cli, Colour};

/// Prints a completion script.
///
/// # Errors
/// stdout cannot be written.
pub fn run(shell: Shell) -> anyhow::Result<Ending> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "audit", &mut script);
    print(&String::from_utf8_lossy(&script), Colour::Never)?;
    Ok(Ending::Good)
}
