//! What the catalogue is made of and how it is read.

pub mod answer;
pub mod catalogue;
mod deep_looks;
pub mod example;
mod meaning;
pub mod problem;
pub mod strict;
pub mod words;
pub mod written;
