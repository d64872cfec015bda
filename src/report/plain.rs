//! Text from the audited repository and site, made safe to show.
//!
//! A path or an excerpt is written by whoever wrote the repository. Raw, it could recolour the terminal, rewrite lines
//! above it, turn its own reading direction around (CVE-2021-42574) or hide words in characters without width. Every
//! renderer passes such text through [`plain`]: what could act is replaced by a sign that a reader notices, and nothing
//! is dropped silently. Escaping for a format (HTML, Markdown, workflow commands) comes after it and is the renderer's.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

/// Stands where a character was taken out.
const REPLACEMENT: char = '\u{FFFD}';

/// As many marks may sit on one letter; living scripts need three, a pile of them paints over other lines.
const MARKS: usize = 4;

/// The text on one line, with nothing in it that acts on a terminal or hides from a reader.
///
/// A tab becomes a space. Control characters (ANSI escapes and line breaks among them), bidirectional controls, invisible
/// characters and piled-up combining marks each become U+FFFD. Text without them is returned as it is; doing it twice
/// changes nothing.
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut marks = 0;
    Cow::Owned(text.chars().map(|c| shown(c, &mut marks)).collect())
}

/// What to show for a character; `marks` counts those without width since the last one with it.
fn shown(c: char, marks: &mut usize) -> char {
    if c == '\t' {
        return ' ';
    }
    if acts(c) {
        return REPLACEMENT;
    }
    *marks = if c.width() == Some(0) { *marks + 1 } else { 0 };
    if *marks > MARKS { REPLACEMENT } else { c }
}

/// True for a character that controls something or cannot be seen.
pub(super) fn acts(c: char) -> bool {
    c.is_control() || is_bidi(c) || is_invisible(c)
}

/// Controls of the reading direction (Unicode Annex 9).
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Characters that take no ink: separators, joiners, fillers, tags, annotation marks and the byte order mark.
/// Variation selector 15 and 16 stay: they say how an emoji looks.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200D}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0D}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_borrowed() {
        assert!(matches!(plain("app/models/user.rb: has_many :orders"), Cow::Borrowed(_)));
    }

    #[test]
    fn words_of_every_script_stay() {
        for text in ["größer", "注文を確認する", "заказ", "ปุ่ม", "हिन्दी", "مرحبا", "👍 ⚠\u{FE0F}", "e\u{301}"]
        {
            assert_eq!(plain(text), text);
        }
    }

    #[test]
    fn escapes_lose_their_escape() {
        assert_eq!(plain("\u{1b}[31mred\u{1b}[0m"), "\u{FFFD}[31mred\u{FFFD}[0m");
        assert_eq!(plain("a\u{9b}2Jb\u{7}\u{7f}"), "a\u{FFFD}2Jb\u{FFFD}\u{FFFD}");
    }

    #[test]
    fn a_tab_is_a_space_and_a_line_break_is_seen() {
        assert_eq!(plain("a\tb\r\nc"), "a b\u{FFFD}\u{FFFD}c");
    }

    #[test]
    fn direction_and_invisible_characters_are_seen() {
        assert_eq!(plain("user\u{202E}nimda\u{2069}"), "user\u{FFFD}nimda\u{FFFD}");
        assert_eq!(plain("pass\u{200B}word\u{E0041}"), "pass\u{FFFD}word\u{FFFD}");
    }

    #[test]
    fn a_pile_of_marks_ends() {
        let piled = format!("a{}", "\u{301}".repeat(40));
        let shown = plain(&piled);
        assert_eq!(shown.chars().filter(|c| *c == '\u{301}').count(), MARKS);
        assert_eq!(plain(&shown), shown);
    }
}
