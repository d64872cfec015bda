//! The database schema of the application: one model of tables, columns, indexes and keys, from whatever tells it.
//!
//! A reader per source fills the model ([`model`]); [`see`] answers a `schema` look from it. What a definition asks (which names,
//! which types, what protects a column) is data; how a source is read is code. A source that cannot be read is a gap.

mod django;
mod ecto;
mod efcore;
pub mod expr;
mod laravel;
pub mod model;
pub mod names;
mod node;
mod prisma;
mod protected;
mod ruby;
mod see;
mod sources;
pub mod sql;
mod sqlalchemy;

use super::Gap;
use super::world::Files;
use model::Database;
pub use see::see;

/// All databases of an application.
#[derive(Debug, Clone, Default)]
pub struct Schemas {
    /// One for each source.
    pub databases: Vec<Database>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Where only columns could not be read.
    pub column_gaps: Vec<Gap>,
}

/// Reads the schemas that the files tell.
pub fn read(files: &dyn Files) -> Schemas {
    sources::read(files)
}
