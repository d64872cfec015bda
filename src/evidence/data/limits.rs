//! How much of a file is read. Real configuration is far below every cap here; what is above is generated data or an attack.

use super::Unreadable;

/// Largest file read, in bytes.
pub const MAX_BYTES: usize = 5 * 1024 * 1024;
/// Deepest nesting read, in levels.
pub const MAX_DEPTH: usize = 128;
/// Most values read from one file.
pub const MAX_VALUES: usize = 1_000_000;

/// Whether a text is small enough to be read.
///
/// # Errors
/// When it is larger than [`MAX_BYTES`].
pub fn size(text: &str) -> Result<(), Unreadable> {
    if text.len() > MAX_BYTES {
        return Err(Unreadable { why: format!("larger than {} MB", MAX_BYTES >> 20), line: None });
    }
    Ok(())
}

/// Whether a text can hold at most [`MAX_VALUES`] values, told before a parser builds them: each but the first stands
/// behind a comma or on a line of its own.
///
/// # Errors
/// When it may hold more.
pub fn separators(text: &str) -> Result<(), Unreadable> {
    let separators = text.bytes().filter(|byte| matches!(byte, b',' | b'\n' | b'[' | b'{')).count();
    if separators > MAX_VALUES { Err(too_many(None)) } else { Ok(()) }
}

/// A file with more than [`MAX_VALUES`] values.
pub fn too_many(line: Option<u32>) -> Unreadable {
    Unreadable { why: format!("holds more than {MAX_VALUES} values"), line }
}

/// A file nested deeper than [`MAX_DEPTH`].
pub fn too_deep(line: u32) -> Unreadable {
    Unreadable { why: format!("nested deeper than {MAX_DEPTH} levels"), line: Some(line) }
}
