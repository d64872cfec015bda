//! Just enough Groovy to see the blocks of a Jenkinsfile: comments, the four kinds of quotes, braces, statements.
//!
//! A *statement* ends with its line, with `;`, or with the brace that opens or closes a block, unless a parenthesis is open.
//! A *block* is what stands between braces, named by the first word of the statement before it.

/// How deep blocks nest.
const MAX_DEPTH: usize = 100;

/// What stands between braces.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub name: String,
    /// The texts in what names it: `Test` of `stage('Test')`.
    pub texts: Vec<String>,
    pub line: u32,
    pub items: Vec<Item>,
}

/// A part of a block.
#[derive(Debug)]
pub(super) enum Item {
    Block(Block),
    Statement(Statement),
}

/// A line of the program.
#[derive(Debug, Default)]
pub(super) struct Statement {
    /// Its first word.
    pub name: String,
    /// Its words outside quotes.
    pub words: Vec<String>,
    /// The texts in quotes.
    pub texts: Vec<String>,
    /// As written, without comments.
    pub raw: String,
    /// The words directly before each text.
    before: Vec<String>,
    pub line: u32,
}

impl Statement {
    /// The script given to one of these steps: `sh 'x'`, `sh(script: 'x')`, `def y = sh(returnStdout: true, script: 'x')`.
    pub fn shell(&self, shells: &[&str]) -> Option<&str> {
        if !self.words.iter().any(|word| shells.contains(&word.as_str())) {
            return None;
        }
        let named = self.before.iter().position(|word| word == "script");
        let direct = || self.before.iter().position(|word| shells.contains(&word.as_str()));
        self.texts.get(named.or_else(direct)?).map(String::as_str)
    }

    /// True for a call: a name with arguments and no assignment.
    pub fn is_call(&self) -> bool {
        let known = ["def", "if", "else", "for", "while", "try", "catch", "return", "import", "throw", "label", "checkout"];
        !self.name.is_empty()
            && !known.contains(&self.name.as_str())
            && !self.raw.contains(" = ")
            && (!self.texts.is_empty() || self.raw.contains('('))
    }
}

impl Block {
    /// The blocks directly in this one.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.items.iter().filter_map(|item| match item {
            Item::Block(block) => Some(block),
            Item::Statement(_) => None,
        })
    }

    /// The statements directly in this one.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.items.iter().filter_map(|item| match item {
            Item::Statement(statement) => Some(statement),
            Item::Block(_) => None,
        })
    }

    /// The first block of this name directly in this one.
    pub fn block(&self, name: &str) -> Option<&Block> {
        self.blocks().find(|block| block.name == name)
    }
}

/// Reads a program as a block without a name.
///
/// # Errors
/// When its braces do not match or nest too deep.
pub(super) fn read(text: &str) -> Result<Block, String> {
    let mut reader = Reader { open: vec![Block::default()], ..Reader::default() };
    let mut rest = text;
    reader.line = 1;
    while let Some(char) = rest.chars().next() {
        let length = reader.take(char, rest)?;
        let (taken, after) = rest.split_at(length);
        reader.line += u32::try_from(taken.matches('\n').count()).unwrap_or(0);
        rest = after;
    }
    reader.end_statement();
    match (reader.open.len(), reader.open.pop()) {
        (1, Some(program)) => Ok(program),
        _ => Err("its braces do not match: not Groovy".to_owned()),
    }
}

#[derive(Default)]
struct Reader {
    open: Vec<Block>,
    now: Statement,
    word: String,
    last: String,
    parentheses: usize,
    line: u32,
}

impl Reader {
    /// Takes what starts here; how many bytes that is.
    fn take(&mut self, char: char, rest: &str) -> Result<usize, String> {
        if rest.starts_with("//") || rest.starts_with("#!") {
            return Ok(rest.find('\n').unwrap_or(rest.len()));
        }
        if rest.starts_with("/*") {
            return Ok(rest.find("*/").map_or(rest.len(), |end| end + 2));
        }
        match char {
            '\'' | '"' => return Ok(self.quoted(char, rest)),
            '{' => self.open()?,
            '}' => self.close()?,
            '(' | '[' => {
                self.end_word();
                self.parentheses += 1;
                self.now.raw.push(char);
            }
            ')' | ']' => {
                self.end_word();
                self.parentheses = self.parentheses.saturating_sub(1);
                self.now.raw.push(char);
            }
            '\n' | ';' if self.parentheses == 0 => self.end_statement(),
            _ if char.is_alphanumeric() || char == '_' || char == '@' => {
                if self.now.raw.trim().is_empty() {
                    self.now.line = self.line;
                }
                self.word.push(char);
                self.now.raw.push(char);
            }
            _ => {
                self.end_word();
                self.now.raw.push(char);
            }
        }
        Ok(char.len_utf8())
    }

    fn quoted(&mut self, quote: char, rest: &str) -> usize {
        self.end_word();
        let three: String = std::iter::repeat_n(quote, 3).collect();
        let mark = if rest.starts_with(&three) { three } else { quote.to_string() };
        let (text, length) = text_until(rest, &mark);
        if self.now.raw.trim().is_empty() {
            self.now.line = self.line;
        }
        self.now.raw.push_str(rest.get(..length).unwrap_or_default());
        self.now.before.push(self.last.clone());
        self.now.texts.push(text);
        length
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() {
            self.last = std::mem::take(&mut self.word);
            self.now.words.push(self.last.clone());
        }
    }

    fn end_statement(&mut self) {
        self.end_word();
        let mut statement = std::mem::take(&mut self.now);
        self.last.clear();
        if statement.raw.trim().is_empty() {
            return;
        }
        statement.name = statement.words.first().cloned().unwrap_or_default();
        if let Some(block) = self.open.last_mut() {
            block.items.push(Item::Statement(statement));
        }
    }

    fn open(&mut self) -> Result<(), String> {
        self.end_word();
        if self.open.len() > MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        let head = std::mem::take(&mut self.now);
        let line = if head.raw.trim().is_empty() { self.line } else { head.line };
        // What the head itself runs, `def x = sh('y').with {`, is not lost.
        let name = head.words.first().cloned().unwrap_or_default();
        self.open.push(Block { name, texts: head.texts, line, items: Vec::new() });
        self.parentheses = 0;
        self.last.clear();
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        self.end_statement();
        self.parentheses = 0;
        match (self.open.pop(), self.open.last_mut()) {
            (Some(block), Some(outer)) => {
                outer.items.push(Item::Block(block));
                Ok(())
            }
            _ => Err("its braces do not match: not Groovy".to_owned()),
        }
    }
}

/// The text between two marks, and the bytes it takes with them; an open one ends with the file.
fn text_until(rest: &str, mark: &str) -> (String, usize) {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(mark.len());
    while let Some((at, char)) = chars.next() {
        if rest.get(at..).is_some_and(|rest| rest.starts_with(mark)) {
            return (text, at + mark.len());
        }
        match char {
            '\\' => match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, '\n')) | None => {}
                Some((_, escaped @ ('\\' | '\'' | '"' | '$'))) => text.push(escaped),
                Some((_, other)) => text.extend(['\\', other]),
            },
            char => text.push(char),
        }
    }
    (text, rest.len())
}
