//! A lexer just good enough for manifests that are programs: Gemfile, gemspec, setup.py, build.gradle, mix.exs.
//!
//! It is not a parser and knows no grammar. It takes comments out, keeps strings whole with their line, and leaves words and signs, so that
//! a reader can look for the calls people write. Its promises: one pass, time linear in the text, no recursion, no panic on any input.
//! Where a string or here-document never ends, the opening quote is taken for a stray sign and reading goes on.

/// Whose strings and comments are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// `#`, `=begin`, `%w[]`, here-documents, `/regexes/`.
    Ruby,
    /// `#` and triple quotes.
    Python,
    /// Groovy and Kotlin: `//`, `/* */`, triple quotes, `$interpolation`.
    Gradle,
    /// `#`, triple quotes, `~w()` sigils.
    Elixir,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    /// A name, keyword or number.
    Word(&'a str),
    /// A name directly followed by `:`, as in `only: :test`.
    Key(&'a str),
    /// `:name` in Ruby and Elixir.
    Atom(&'a str),
    /// A string, without its quotes and with its escapes as written.
    Text(&'a str),
    /// A string with interpolation, whose value is not known here.
    Dynamic(&'a str),
    /// Any other character.
    Sign(char),
    /// End of a line.
    Break,
}

/// A token and its 1-based line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) line: u32,
}

/// More tokens than any manifest has.
const MAX_TOKENS: usize = 1_000_000;

/// No call or list in a manifest is longer than this many tokens; keeps the search for its end from becoming quadratic.
const MAX_SPAN: usize = 4_000;

/// Cuts a text into tokens.
pub(super) fn lex(text: &str, language: Language) -> Result<Vec<Token<'_>>, String> {
    let mut lexer = Lexer { text, at: 0, line: 1, language, tokens: Vec::new(), heredocs: Vec::new(), endless: false, odd_line: 0 };
    while lexer.at < text.len() {
        if lexer.tokens.len() > MAX_TOKENS {
            return Err("more than 1,000,000 tokens, not read".to_owned());
        }
        lexer.step();
    }
    Ok(lexer.tokens)
}

/// The index of the bracket that closes the one at `open`, or where the search for it ends.
pub(super) fn closing(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(open).take(MAX_SPAN) {
        match token.kind {
            Kind::Sign('(' | '[' | '{') => depth += 1,
            Kind::Sign(')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len().min(open.saturating_add(MAX_SPAN))
}

/// Where the statement that begins at `start` ends: at a line end outside brackets and not after a comma, at a `;`, or where an outer
/// bracket closes.
pub(super) fn statement_end(tokens: &[Token<'_>], start: usize) -> usize {
    let mut depth = 0usize;
    let mut open_ended = false;
    for (at, token) in tokens.iter().enumerate().skip(start).take(MAX_SPAN) {
        match token.kind {
            Kind::Sign('(' | '[' | '{') => depth += 1,
            Kind::Sign(')' | ']' | '}') if depth == 0 => return at,
            Kind::Sign(')' | ']' | '}') => depth -= 1,
            Kind::Break | Kind::Sign(';') if depth == 0 && !open_ended => return at,
            _ => {}
        }
        if token.kind != Kind::Break {
            open_ended = matches!(token.kind, Kind::Sign(',' | '>' | '=' | '\\') | Kind::Key(_));
        }
    }
    tokens.len().min(start.saturating_add(MAX_SPAN))
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    language: Language,
    tokens: Vec<Token<'a>>,
    /// Terminators of here-documents whose bodies begin on the next line.
    heredocs: Vec<&'a str>,
    /// Something was opened that the file never closes: from here on strings end on their line.
    endless: bool,
    /// The line on which a quote was left open, so that it is not searched again.
    odd_line: u32,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: Kind<'a>) {
        self.tokens.push(Token { kind, line: self.line });
    }

    /// Moves on, counting lines.
    fn skip(&mut self, bytes: usize) {
        let passed = self.text.as_bytes().get(self.at..self.at + bytes).unwrap_or_default();
        let lines = passed.iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.at += bytes;
    }

    fn step(&mut self) {
        let rest = self.rest();
        let Some(c) = rest.chars().next() else { return };
        match c {
            '\n' => self.line_end(),
            _ if c.is_whitespace() => self.at += c.len_utf8(),
            '\\' if rest.starts_with("\\\n") || rest.starts_with("\\\r\n") => self.skip(if rest.starts_with("\\\n") { 2 } else { 3 }),
            _ if self.comment(rest) || self.literal(rest, c) => {}
            _ if c.is_alphanumeric() || c == '_' => self.word(rest),
            _ => {
                self.push(Kind::Sign(c));
                self.at += c.len_utf8();
            }
        }
    }

    fn line_end(&mut self) {
        self.push(Kind::Break);
        self.skip(1);
        for terminator in std::mem::take(&mut self.heredocs) {
            self.heredoc_body(terminator);
            if self.endless {
                break;
            }
        }
        if self.language == Language::Ruby && self.rest().starts_with("=begin") {
            let end = self.rest().find("\n=end").map_or(self.rest().len(), |at| at + 5);
            self.skip(end);
        }
        if self.language == Language::Ruby && self.rest().starts_with("__END__") {
            self.at = self.text.len();
        }
    }

    fn heredoc_body(&mut self, terminator: &str) {
        let mut length = 0;
        for line in self.rest().split_inclusive('\n') {
            length += line.len();
            if line.trim() == terminator {
                return self.skip(length);
            }
        }
        self.endless = true;
    }

    fn comment(&mut self, rest: &str) -> bool {
        let block = self.language == Language::Gradle && rest.starts_with("/*");
        let line = if self.language == Language::Gradle { rest.starts_with("//") } else { rest.starts_with('#') };
        if block {
            self.skip(rest.find("*/").map_or(rest.len(), |at| at + 2));
        } else if line {
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
        block || line
    }

    /// A string in any of its forms. False when the text at hand is none.
    fn literal(&mut self, rest: &'a str, c: char) -> bool {
        match (self.language, c) {
            (_, '"' | '\'') => self.quoted(rest, c),
            (Language::Ruby, '%') => self.list(rest, &["%w", "%W", "%i", "%I"]) || self.percent(rest),
            (Language::Ruby, '<') => self.heredoc(rest),
            (Language::Ruby, '/') => self.regex(rest),
            (Language::Elixir, '~') => self.list(rest, &["~w", "~W"]) || self.percent(rest),
            (Language::Ruby | Language::Elixir, ':') => self.atom(rest),
            _ => false,
        }
    }

    fn quoted(&mut self, rest: &'a str, quote: char) -> bool {
        let triple = if quote == '"' { "\"\"\"" } else { "'''" };
        if self.language != Language::Ruby && rest.starts_with(triple) {
            return self.between(rest, 3, rest.get(3..).and_then(|body| body.find(triple)), 3);
        }
        if self.odd_line == self.line {
            return false;
        }
        let many_lines = matches!(self.language, Language::Ruby | Language::Elixir) && !self.endless;
        let end = closing_quote(rest, quote, many_lines, self.interpolation(quote));
        if end.is_none() {
            self.odd_line = self.line;
            self.endless |= many_lines;
        }
        self.between(rest, 1, end, 1)
    }

    /// What begins an interpolation within this quote, if anything does.
    fn interpolation(&self, quote: char) -> Option<char> {
        match self.language {
            Language::Ruby | Language::Elixir if quote == '"' => Some('#'),
            Language::Gradle if quote == '"' => Some('$'),
            _ => None,
        }
    }

    /// Pushes the string whose content starts after `open` bytes and is `length` bytes long.
    fn between(&mut self, rest: &'a str, open: usize, length: Option<usize>, close: usize) -> bool {
        let Some(length) = length else { return false };
        let Some(content) = rest.get(open..open + length) else { return false };
        let dynamic = rest.chars().next().and_then(|quote| self.interpolation(quote)).is_some_and(|sign| interpolates(content, sign));
        self.push(if dynamic { Kind::Dynamic(content) } else { Kind::Text(content) });
        self.skip(open + length + close);
        true
    }

    /// `%w[a b]` and `~w(a b)a` become a bracket, one text per word, and a bracket.
    fn list(&mut self, rest: &'a str, openers: &[&str]) -> bool {
        if !openers.iter().any(|opener| rest.starts_with(opener)) {
            return false;
        }
        let Some((content, length)) = self.delimited(rest, 2) else { return false };
        self.push(Kind::Sign('['));
        let mut from = 0;
        for word in content.split_ascii_whitespace() {
            let at = content.get(from..).and_then(|tail| tail.find(word)).unwrap_or(0) + from;
            self.line += u32::try_from(content.get(from..at).unwrap_or_default().matches('\n').count()).unwrap_or(0);
            self.push(Kind::Text(word));
            from = at + word.len();
        }
        self.line += u32::try_from(content.get(from..).unwrap_or_default().matches('\n').count()).unwrap_or(0);
        self.push(Kind::Sign(']'));
        self.at += length;
        if self.language == Language::Elixir && self.rest().starts_with(['a', 's', 'c']) {
            self.at += 1;
        }
        true
    }

    /// `%q(…)`, `%r{…}` and Elixir's other sigils.
    fn percent(&mut self, rest: &'a str) -> bool {
        let letters = rest.bytes().skip(1).take_while(u8::is_ascii_alphabetic).count();
        if letters == 0 || letters > 4 {
            return false;
        }
        let Some((content, length)) = self.delimited(rest, 1 + letters) else { return false };
        self.push(Kind::Text(content));
        self.skip(length);
        true
    }

    /// The content between the delimiter at `from` and its partner, and the length of it all.
    fn delimited(&mut self, rest: &'a str, from: usize) -> Option<(&'a str, usize)> {
        let body = rest.get(from..)?;
        let open = body.chars().next().filter(|c| "([{<|!/\"'".contains(*c) && !self.endless)?;
        let close = match open {
            '(' => ')',
            '[' => ']',
            '{' => '}',
            '<' => '>',
            same => same,
        };
        let mut depth = 0usize;
        for (at, c) in body.char_indices().skip(1) {
            if c == close && depth == 0 {
                return Some((body.get(1..at)?, from + at + 1));
            }
            if c == open {
                depth += 1;
            } else if c == close {
                depth -= 1;
            }
        }
        self.endless = true;
        None
    }

    fn heredoc(&mut self, rest: &'a str) -> bool {
        let Some(tail) = rest.strip_prefix("<<").filter(|_| !self.endless) else { return false };
        let marked = tail.trim_start_matches(['~', '-']);
        let bare = marked.trim_start_matches(['"', '\'', '`']);
        let word = bare.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        if !word.starts_with(|c: char| c.is_ascii_uppercase() || c == '_') {
            return false;
        }
        self.push(Kind::Dynamic(word));
        self.heredocs.push(word);
        self.at += rest.len() - bare.len() + word.len() + (marked.len() - bare.len());
        true
    }

    /// A regular expression, where a value may stand; elsewhere `/` divides.
    fn regex(&mut self, rest: &'a str) -> bool {
        let may_stand = match self.tokens.last().map(|token| token.kind) {
            None | Some(Kind::Break | Kind::Key(_) | Kind::Sign('(' | ',' | '=' | '~' | '!' | '|' | '&' | '[' | '{' | '>')) => true,
            Some(Kind::Word(word)) => matches!(word, "match" | "when" | "if" | "unless" | "and" | "or" | "not" | "grep"),
            _ => false,
        };
        if !may_stand || self.odd_line == self.line {
            return false;
        }
        let end = closing_quote(rest, '/', false, None);
        if end.is_none() {
            self.odd_line = self.line;
        }
        self.between(rest, 1, end, 1)
    }

    fn atom(&mut self, rest: &'a str) -> bool {
        let before = self.text.as_bytes().get(self.at.wrapping_sub(1)).copied().unwrap_or(b' ');
        let name = word_of(rest.get(1..).unwrap_or_default(), self.language);
        if name.is_empty() || before == b':' || before.is_ascii_alphanumeric() || matches!(before, b')' | b']' | b'"' | b'\'') {
            return false;
        }
        self.push(Kind::Atom(name));
        self.at += 1 + name.len();
        true
    }

    fn word(&mut self, rest: &'a str) {
        let word = word_of(rest, self.language);
        let after = rest.get(word.len()..).unwrap_or_default();
        if after.starts_with(':') && !after.starts_with("::") {
            self.push(Kind::Key(word));
            self.at += word.len() + 1;
        } else {
            self.push(Kind::Word(word));
            self.at += word.len();
        }
    }
}

/// The word a text begins with; Ruby and Elixir let it end in `?` or `!`.
fn word_of(text: &str, language: Language) -> &str {
    let length = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let tail = text.get(length..).unwrap_or_default();
    let marked =
        length > 0 && matches!(language, Language::Ruby | Language::Elixir) && tail.starts_with(['?', '!']) && !tail.starts_with("!=");
    text.get(..length + usize::from(marked)).unwrap_or_default()
}

/// The length of the content of a string that begins with `quote`: escapes and `#{…}` passed over.
fn closing_quote(rest: &str, quote: char, many_lines: bool, interpolation: Option<char>) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1).peekable();
    let mut depth = 0usize;
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '\n' if !many_lines => return None,
            _ if c == quote && depth == 0 => return Some(at - 1),
            _ if Some(c) == interpolation && chars.peek().is_some_and(|(_, next)| *next == '{') => {
                chars.next();
                depth += 1;
            }
            '{' if depth > 0 => depth += 1,
            '}' if depth > 0 => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Whether a string holds `#{` or, in Gradle, `$name` or `${`.
fn interpolates(content: &str, sign: char) -> bool {
    let mut chars = content.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' {
            chars.next();
        } else if c == sign {
            match chars.peek() {
                Some('{') => return true,
                Some(next) if sign == '$' && next.is_alphabetic() => return true,
                _ => {}
            }
        }
    }
    false
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn kinds(text: &str, language: Language) -> Vec<Kind<'_>> {
        lex(text, language).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn ruby_comments_strings_and_symbols() {
        use Kind::*;
        let found = kinds("gem 'a', :group => :test # gem \"b\"\n", Language::Ruby);
        assert_eq!(found, [Word("gem"), Text("a"), Sign(','), Atom("group"), Sign('='), Sign('>'), Atom("test"), Break]);
    }

    #[test]
    fn lines_count_through_every_kind_of_string() {
        let text = "a = <<~EOS\n it's\n EOS\nb = %w[\n x\n y\n]\n=begin\ngem 'no'\n=end\nc = \"1\n2\"\nd";
        let tokens = lex(text, Language::Ruby).unwrap();
        let line =
            |word| tokens.iter().find(|token| token.kind == Kind::Word(word) || token.kind == Kind::Text(word)).map(|token| token.line);
        assert_eq!((line("b"), line("x"), line("y"), line("c"), line("d")), (Some(4), Some(5), Some(6), Some(11), Some(13)));
        assert_eq!(line("no"), None);
    }

    #[test]
    fn interpolation_and_regexes_do_not_end_strings_early() {
        use Kind::*;
        assert_eq!(kinds("\"a#{x[\"b\"]}c\" d", Language::Ruby), [Dynamic("a#{x[\"b\"]}c"), Word("d")]);
        assert_eq!(kinds("f.match(/^'spec/) z", Language::Ruby).last(), Some(&Word("z")));
        assert_eq!(kinds("\"a:b:$version\"", Language::Gradle), [Dynamic("a:b:$version")]);
        assert_eq!(kinds("~w(dev test)a", Language::Elixir), [Sign('['), Text("dev"), Text("test"), Sign(']')]);
    }

    #[test]
    fn a_stray_quote_costs_no_more_than_its_line() {
        let found = kinds("it's odd\ngem 'x'", Language::Gradle);
        assert_eq!(found.last(), Some(&Kind::Text("x")));
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        for piece in ["'\\'", "<<A", "%w(", "/\\/", "\"#{", "((((", "~w(", "/*", "\"\"\"", ":a:", "\u{0}é"] {
            let text = piece.repeat(200_000);
            for language in [Language::Ruby, Language::Python, Language::Gradle, Language::Elixir] {
                let _ = lex(&text, language);
            }
        }
    }
}
