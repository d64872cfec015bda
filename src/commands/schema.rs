//! `audit schema`: the JSON Schema of everything people and programs write and read.

use super::{Ending, print};
use crate::cli::{Colour, SchemaArgs, SchemaOf};
use crate::config::ConfigFile;
use crate::definition::written::{CheckFile, SubjectFile, ToolFile};
use crate::report::comparison::Comparison;

/// Prints a schema.
///
/// # Errors
/// stdout cannot be written.
pub fn run(args: &SchemaArgs) -> anyhow::Result<Ending> {
    let schema = match args.of {
        SchemaOf::Check => schemars::schema_for!(CheckFile).to_value(),
        SchemaOf::Tool => schemars::schema_for!(ToolFile).to_value(),
        SchemaOf::Subject => schemars::schema_for!(SubjectFile).to_value(),
        SchemaOf::Config => schemars::schema_for!(ConfigFile).to_value(),
        SchemaOf::Report => crate::report::schema(),
        SchemaOf::Comparison => schemars::schema_for!(Comparison).to_value(),
    };
    print(&format!("{}\n", serde_json::to_string_pretty(&schema)?), Colour::Never)?;
    Ok(Ending::Good)
}
