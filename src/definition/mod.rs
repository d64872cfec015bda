//! What the catalogue is made of and how it is read.

pub mod words;
pub mod written;
