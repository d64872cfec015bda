//! What the catalogue is made of and how it is read.

pub mod catalogue;
mod meaning;
pub mod problem;
pub mod strict;
pub mod words;
pub mod written;
