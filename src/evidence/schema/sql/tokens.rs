//! SQL of any dialect as statements of words, texts and signs, with lines. Comments are left out; the body of a `DO $$ ... $$`
//! block is read like the rest, all other dollar-quoted bodies are one text.

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A bare word or number.
    Word(String),
    /// A quoted name.
    Name(String),
    /// A text.
    Text(String),
    /// A sign.
    Sign(char),
}

/// A statement: tokens with their 1-based lines.
pub type Statement = Vec<(Token, u32)>;

/// Statements longer than this are cut, in tokens: they are data, not a schema.
const LONGEST: usize = 60_000;

/// The statements of a text whose first line has this number.
pub fn statements(text: &str, first_line: u32) -> Vec<Statement> {
    let mut lexer = Lexer { chars: text.as_bytes(), text, at: 0, line: first_line, all: Vec::new(), now: Vec::new() };
    lexer.read();
    lexer.all
}

struct Lexer<'t> {
    chars: &'t [u8],
    text: &'t str,
    at: usize,
    line: u32,
    all: Vec<Statement>,
    now: Statement,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.chars.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn read(&mut self) {
        while self.at < self.chars.len() {
            let c = self.peek(0);
            match c {
                b'-' if self.peek(1) == b'-' => self.skip_line(),
                b'#' if self.now.is_empty() => self.skip_line(),
                b'/' if self.peek(1) == b'*' => self.skip_block(),
                b'\'' => self.quoted(b'\'', Token::Text),
                b'"' => self.quoted(b'"', Token::Name),
                b'`' => self.quoted(b'`', Token::Name),
                b'[' if self.peek(1).is_ascii_alphabetic() && self.bracketed() => {}
                b'$' if self.dollar() => {}
                b';' => {
                    self.end();
                    self.at += 1;
                }
                b'\n' => {
                    self.line += 1;
                    self.at += 1;
                    // `GO` on a line of its own ends a batch of SQL Server.
                    if self.rest().get(..2).is_some_and(|go| go.eq_ignore_ascii_case("go"))
                        && self.rest()[2..].trim_start_matches([' ', '\r']).starts_with('\n')
                    {
                        self.end();
                        self.at += 2;
                    }
                }
                _ if c.is_ascii_whitespace() => self.at += 1,
                _ if is_word(c) => self.word(),
                // A backslash command of psql, such as `\restrict`.
                b'\\' if self.now.is_empty() => self.skip_line(),
                _ => {
                    self.push(Token::Sign(char::from(c)));
                    self.at += 1;
                }
            }
        }
        self.end();
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn end(&mut self) {
        if !self.now.is_empty() {
            self.all.push(std::mem::take(&mut self.now));
        }
    }

    fn push(&mut self, token: Token) {
        if self.now.len() < LONGEST {
            self.now.push((token, self.line));
        }
    }

    fn skip_line(&mut self) {
        while self.at < self.chars.len() && self.peek(0) != b'\n' {
            self.at += 1;
        }
    }

    fn skip_block(&mut self) {
        let end = self.rest().find("*/").map_or(self.chars.len(), |end| self.at + end + 2);
        self.jump(end);
    }

    /// Goes on at a byte, counting lines.
    fn jump(&mut self, to: usize) {
        let lines = self.chars[self.at..to].iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.at = to;
    }

    fn quoted(&mut self, quote: u8, make: fn(String) -> Token) {
        let (start, mut end) = (self.at + 1, self.at + 1);
        while end < self.chars.len() {
            match self.chars[end] {
                b'\\' if quote == b'\'' && self.chars.get(end + 1).is_some_and(|next| *next == b'\'' || *next == b'\\') => end += 2,
                c if c == quote && self.chars.get(end + 1) == Some(&quote) => end += 2,
                c if c == quote => break,
                _ => end += 1,
            }
        }
        let end = end.min(self.chars.len());
        let text = self.text.get(start..end).unwrap_or_default().to_owned();
        self.push(make(text));
        self.jump((end + 1).min(self.chars.len()));
    }

    /// `[name]` of SQL Server; `x[]` and `x[1]` are arrays and stay signs.
    fn bracketed(&mut self) -> bool {
        let Some(end) = self.rest().find(']').filter(|end| !self.rest()[..*end].contains('\n')) else { return false };
        let name = self.rest()[1..end].to_owned();
        self.push(Token::Name(name));
        self.at += end + 1;
        true
    }

    fn dollar(&mut self) -> bool {
        let Some(close) = self.rest()[1..].find('$') else { return false };
        let tag = self.rest()[..close + 2].to_owned();
        if !tag[1..tag.len() - 1].bytes().all(is_word) {
            return false;
        }
        let body = self.at + tag.len();
        let end = self.text.get(body..).and_then(|rest| rest.find(&tag)).map_or(self.chars.len(), |end| body + end);
        let inner = self.text.get(body..end).unwrap_or_default();
        let block = matches!(self.now.as_slice(), [(Token::Word(first), _), ..] if first.eq_ignore_ascii_case("do"));
        if block {
            let start = inner.to_ascii_lowercase().find("begin").map_or(0, |at| at + "begin".len());
            let skipped = inner[..start].matches('\n').count();
            self.now.clear();
            self.all.extend(statements(&inner[start..], self.line.saturating_add(u32::try_from(skipped).unwrap_or(0))));
        } else {
            self.push(Token::Text(inner.to_owned()));
        }
        self.jump((end + tag.len()).min(self.chars.len()));
        true
    }

    fn word(&mut self) {
        let start = self.at;
        while self.at < self.chars.len() && is_word(self.peek(0)) {
            self.at += 1;
        }
        let text = self.text.get(start..self.at).unwrap_or_default().to_owned();
        self.push(Token::Word(text));
    }
}

fn is_word(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'_' || c >= 0x80
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let token = |token: &Token| match token {
            Token::Word(text) => text.clone(),
            Token::Name(text) => format!("<{text}>"),
            Token::Text(text) => format!("'{text}'"),
            Token::Sign(sign) => sign.to_string(),
        };
        statements(text, 1).iter().map(|statement| statement.iter().map(|(t, _)| token(t)).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn texts_comments_and_bodies_hide_their_semicolons() {
        let text = "-- a; b\nCREATE /* ; */ TABLE \"x;y\" (n text DEFAULT 'it''s;'); SELECT $$ a; $$; CREATE FUNCTION f() AS $f$ x; $f$;";
        assert_eq!(shown(text), ["CREATE TABLE <x;y> ( n text DEFAULT 'it''s;' )", "SELECT ' a; '", "CREATE FUNCTION f ( ) AS ' x; '"]);
        assert_eq!(
            shown("CREATE TABLE [dbo].[Order] (a int)\nGO\nDROP TABLE `b`"),
            ["CREATE TABLE <dbo> . <Order> ( a int )", "DROP TABLE <b>"]
        );
    }

    #[test]
    fn the_body_of_a_do_block_is_read() {
        let text = "DO $$ BEGIN\n ALTER TABLE a ADD COLUMN b int;\nEXCEPTION WHEN duplicate_object THEN null;\nEND $$;\nDROP TABLE c;";
        assert_eq!(shown(text)[0], "ALTER TABLE a ADD COLUMN b int");
        assert_eq!(shown(text).last().unwrap(), "DROP TABLE c");
        assert_eq!(statements(text, 1)[0][0].1, 2);
    }

    #[test]
    fn odd_text_ends() {
        for text in ["'", "\"a", "$$", "$a$ $b$", "/*", "[a", "$1 $2", "\u{e9}\u{1f600}'\u{e9}", "DO $$é", "\\", "GO", "\ngo"] {
            statements(text, 1);
        }
    }
}
