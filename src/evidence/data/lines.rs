//! From byte offsets, which parsers tell, to lines, which people read.

/// Where each line of a text starts.
pub struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// The lines of a text.
    pub fn of(text: &str) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Lines { starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// The 1-based line of a byte offset; offsets past the end are on the last line.
    pub fn at(&self, offset: usize) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_fall_on_lines() {
        let lines = Lines::of("a\nbc\n\nd");
        let at: Vec<u32> = (0..9).map(|offset| lines.at(offset)).collect();
        assert_eq!(at, [1, 1, 2, 2, 2, 3, 4, 4, 4]);
        assert_eq!(Lines::of("").at(0), 1);
    }
}
