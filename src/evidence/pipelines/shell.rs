//! Just enough of a shell to read a script without running it: what is a comment, where a command begins, what its words are.
//!
//! It is not a parser of any shell. Here-documents, substitutions and functions are read as if they were plain lines, which
//! may show a command that is only quoted but hides none.

/// The text without comments: whole lines, and what follows ` #` outside quotes. Lines that keep nothing are left out.
pub(super) fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for line in text.lines() {
        let line = line.get(..comment_start(line)).unwrap_or(line).trim_end();
        if !line.trim_start().is_empty() {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept.truncate(kept.trim_end().len());
    kept
}

/// Where a line's comment begins, else its length.
fn comment_start(line: &str) -> usize {
    let mut quote = None;
    let mut before = b' ';
    let mut bytes = line.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match (quote, byte) {
            (None, b'#') if before.is_ascii_whitespace() || before == b';' => return at,
            (None | Some(b'"'), b'\\') => {
                bytes.next();
            }
            (None, b'\'' | b'"') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
        before = byte;
    }
    line.len()
}

/// The commands of a script as their words; at most `most` of them.
pub(super) fn commands(text: &str, most: usize) -> Vec<Vec<String>> {
    let mut reader = Words::default();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if reader.commands.len() >= most {
            break;
        }
        match (reader.quote, char) {
            (Some(open), _) if open == char => reader.quote = None,
            (Some(_), '\n') if chars.peek().is_none() => reader.end_command(),
            (Some(_), _) => reader.push(char),
            (None, '\\') => match chars.next() {
                Some('\n') | None => reader.end_word(),
                Some(escaped) => reader.push(escaped),
            },
            (None, '\'' | '"') => reader.quote = Some(char),
            (None, '\n' | ';' | '|' | '&' | '(' | ')' | '`') => reader.end_command(),
            (None, _) if char.is_whitespace() => reader.end_word(),
            (None, _) => reader.push(char),
        }
    }
    reader.end_command();
    reader.commands
}

/// A script with `$NAME` and `${NAME}` replaced by the values that are known.
pub(super) fn with_variables(script: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(script.len());
    let mut rest = script;
    while let Some((before, after)) = rest.split_once('$') {
        filled.push_str(before);
        let braced = after.strip_prefix('{');
        let from = braced.unwrap_or(after);
        let length = from.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let (name, after_name) = from.split_at(length);
        let end = if braced.is_some() { after_name.strip_prefix('}') } else { Some(after_name) };
        match end.and_then(|end| Some((value(name).filter(|_| is_variable(name))?, end))) {
            Some((value, end)) if filled.len() < LONGEST => {
                filled.push_str(&value);
                rest = end;
            }
            _ => {
                filled.push('$');
                rest = after;
            }
        }
    }
    filled + rest
}

/// Beyond this, variables are no longer replaced.
const LONGEST: usize = 64 * 1024;

#[derive(Default)]
struct Words {
    commands: Vec<Vec<String>>,
    words: Vec<String>,
    word: String,
    quote: Option<char>,
}

impl Words {
    fn push(&mut self, char: char) {
        self.word.push(char);
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() {
            self.words.push(std::mem::take(&mut self.word));
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        let words = std::mem::take(&mut self.words);
        let start = words.iter().position(|word| !is_prefix(word)).unwrap_or(words.len());
        if start < words.len() {
            self.commands.push(words.into_iter().skip(start).collect());
        }
    }
}

/// True for what may stand before a command without changing what it is: `sudo`, `CI=1`, `then`.
fn is_prefix(word: &str) -> bool {
    const WORDS: [&str; 16] =
        ["sudo", "time", "exec", "env", "command", "nohup", "xvfb-run", "then", "else", "do", "if", "while", "!", "{", "set", "eval"];
    WORDS.contains(&word) || word.split_once('=').is_some_and(|(name, _)| is_variable(name))
}

fn is_variable(name: &str) -> bool {
    let first = |char: char| char.is_ascii_alphabetic() || char == '_';
    name.starts_with(first) && name.chars().all(|char| first(char) || char.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_what_looks_like_one_stays() {
        let script =
            "# pg_dump prod\n  # indented\nmake test # all of it\necho \"# not a comment\" '#nor this'\ncurl http://x/#a\necho $#\n\n";
        assert_eq!(without_comments(script), "make test\necho \"# not a comment\" '#nor this'\ncurl http://x/#a\necho $#");
    }

    #[test]
    fn commands_and_their_words() {
        let script = "cd web && CI=1 npm run 'test:unit' -- --ci\nif ! make lint; then\n  sudo ./bin/fix \\\n    --all\nfi";
        let words: Vec<String> = commands(script, 100).into_iter().map(|command| command.join(" ")).collect();
        assert_eq!(words, ["cd web", "npm run test:unit -- --ci", "make lint", "./bin/fix --all", "fi"]);
    }

    #[test]
    fn variables_are_replaced_by_what_is_known() {
        let known = |name: &str| (name == "TASK").then(|| "test".to_owned());
        assert_eq!(
            with_variables("rake $TASK ${TASK}s $TASKS ${TASK:-x} $(TASK) $1 $", &known),
            "rake test tests $TASKS ${TASK:-x} $(TASK) $1 $"
        );
    }

    #[test]
    fn an_open_quote_ends_with_the_text() {
        assert_eq!(commands("echo don't\nmake", 10).len(), 1);
        assert_eq!(commands(&"a;".repeat(50), 10).len(), 10);
    }
}
