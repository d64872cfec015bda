//! Measuring and wrapping text.
//!
//! Widths are columns of a terminal, not characters. Where terminal and Unicode may disagree about a sequence (joined
//! emoji, say), the larger number is taken: a line may end early, but never too late.

use std::borrow::Cow;

use textwrap::core::Word;
use textwrap::{Options, WordSeparator, WordSplitter};
use unicode_width::UnicodeWidthChar;

use crate::report::plain;
use crate::report::plain::acts;

/// Columns a character takes once it is plain; a variation selector counts because it may widen the one before it.
pub(super) fn columns_of(c: char) -> usize {
    if acts(c) || ('\u{FE00}'..='\u{FE0F}').contains(&c) { 1 } else { c.width().unwrap_or(1) }
}

/// Columns that a text takes, at most.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// The longest beginning that fits.
pub(super) fn head(text: &str, room: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += columns_of(*c);
        used > room
    });
    end.map_or(text, |(at, _)| &text[..at])
}

/// The longest end that fits.
pub(super) fn tail(text: &str, room: usize) -> &str {
    let mut used = 0;
    let start = text.char_indices().rev().find(|(_, c)| {
        used += columns_of(*c);
        used > room
    });
    start.map_or(text, |(at, c)| &text[at + c.len_utf8()..])
}

/// A run of text that is wrapped as one: where its first row starts, where the others do, and what it says.
struct Paragraph {
    first: usize,
    rest: usize,
    is_item: bool,
    text: String,
}

/// Wraps prose as definitions are written: lines flow into paragraphs, list items and indented lines keep their own.
pub(super) fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut rows = Vec::new();
    for paragraph in paragraphs(text) {
        let first = " ".repeat(paragraph.first.min(room / 3));
        let rest = " ".repeat(paragraph.rest.min(room / 3));
        let options = Options::new(room)
            .initial_indent(&first)
            .subsequent_indent(&rest)
            .break_words(false)
            .word_splitter(WordSplitter::NoHyphenation)
            .word_separator(WordSeparator::Custom(words));
        rows.extend(textwrap::wrap(&paragraph.text, options).into_iter().map(Cow::into_owned));
    }
    rows
}

fn paragraphs(text: &str) -> Vec<Paragraph> {
    let mut all: Vec<Paragraph> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let body = plain(line.trim());
        let first = line.len() - line.trim_start().len();
        let marker = marker(&body);
        match all.last_mut() {
            _ if body.is_empty() => {}
            Some(last) if open && marker == 0 && last.rest == first && (first < 4 || last.is_item) => {
                last.text.push(' ');
                last.text.push_str(&body);
            }
            _ => {
                let text = body.into_owned();
                all.push(Paragraph { first, rest: first + marker, is_item: marker > 0, text });
            }
        }
        open = !line.trim().is_empty();
    }
    all
}

/// Columns of the sign in front of a list item: `- `, `* `, `1. `.
fn marker(body: &str) -> usize {
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    match &body.as_bytes()[digits..] {
        [b'-' | b'*', b' ', ..] if digits == 0 => 2,
        [b'.', b' ', ..] if (1..=2).contains(&digits) => digits + 2,
        _ => 0,
    }
}

/// Words end at blanks and after a character of two columns: Chinese and Japanese put no blanks between words.
fn words<'a>(line: &'a str) -> Box<dyn Iterator<Item = Word<'a>> + 'a> {
    let mut rest = line;
    Box::new(std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (word, after) = rest.split_at(word_end(rest));
        rest = after;
        Some(Word::from(word))
    }))
}

/// Where the first word of the line ends, its blanks included.
fn word_end(line: &str) -> usize {
    let mut letters = line.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        let follows = letters.peek().map(|(_, next)| *next);
        let is_blank_end = c == ' ' && follows != Some(' ');
        let is_wide_end = columns_of(c) == 2 && follows.is_some_and(|next| next != ' ' && columns_of(next) == 2);
        if is_blank_end || is_wide_end {
            return at + c.len_utf8();
        }
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_flow_together_but_items_and_code_stay_apart() {
        let text = "Add the gem\nand start it.\n\n- first\n  of all\n- second\n\n    code one\n    code two";
        assert_eq!(wrap(text, 30), ["Add the gem and start it.", "- first of all", "- second", "    code one", "    code two"]);
    }

    #[test]
    fn chinese_breaks_between_characters() {
        assert_eq!(wrap("注文を確認する", 8), ["注文を確", "認する"]);
    }

    #[test]
    fn columns_are_never_fewer_than_unicode_says() {
        use unicode_width::UnicodeWidthStr;
        for text in ["größe", "注文", "👨‍👩‍👧", "⚠\u{FE0F}", "🇩🇪", "e\u{301}", "لا", "\u{2018}\u{FE01}"] {
            assert!(columns(text) >= text.width(), "{text}");
        }
    }

    #[test]
    fn both_ends_keep_whole_characters() {
        assert_eq!((head("注文を", 5), tail("注文を", 3)), ("注文", "を"));
        assert_eq!((head("abc", 9), tail("abc", 9)), ("abc", "abc"));
    }
}
