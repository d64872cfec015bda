//! The binary: parse, call, say what went wrong, exit.

use std::process::ExitCode;

use clap::Parser as _;
use prod_audit::cli::{Cli, Command};
use prod_audit::commands::{self, Ending};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match &cli.command {
        None => commands::run::run(&cli.run),
        Some(Command::List(args)) => commands::list::run(args),
        Some(Command::Explain(args)) => commands::explain::run(args),
        Some(Command::Test(args)) => commands::test::run(args),
        Some(Command::New(args)) => commands::new::run(args),
        Some(Command::Schema(args)) => commands::schema::run(args),
        Some(Command::Judge(args)) => commands::judge::run(args),
        Some(Command::Diff(args)) => commands::diff::run(args),
        Some(Command::Init(args)) => commands::init::run(args),
        Some(Command::Fix(args)) => commands::fix::run(args),
        Some(Command::Trend(args)) => commands::trend::run(args),
        Some(Command::Forge(args)) => commands::forge::run(args),
        Some(Command::Completions { shell }) => commands::completions::run(*shell),
    };
    let ending = ended.unwrap_or_else(|error| {
        commands::say(&format!("audit: {error:#}"));
        Ending::Usage
    });
    ExitCode::from(ending as u8)
}
