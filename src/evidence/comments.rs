//! Comments are not evidence: this module blanks them, keeping every line and column where it was.
//!
//! A small lexer per family of languages knows comments and strings and nothing else. Where it could be wrong (a
//! regular expression literal with a quote in it) a string ends at the end of its line, so an error never spreads.

/// How one family of languages writes comments and strings.
struct Family {
    /// Starts of comments that run to the end of the line; a `#` counts only at the start or after a space.
    line: &'static [&'static str],
    /// Comments with a start and an end.
    block: &'static [(&'static str, &'static str)],
    /// String delimiters that end on the same line.
    quotes: &'static [char],
    /// String delimiters that may span lines.
    long: &'static [&'static str],
    /// Python: a triple-quoted text that stands alone is a comment.
    docstrings: bool,
}

impl Family {
    /// The bytes at which a comment or a string may start; all marks are ASCII.
    fn starts(&self) -> [bool; 256] {
        let mut starts = [false; 256];
        let marks = self.line.iter().chain(self.block.iter().map(|(start, _)| start)).chain(self.long);
        marks.filter_map(|mark| mark.bytes().next()).for_each(|byte| starts[usize::from(byte)] = true);
        self.quotes.iter().for_each(|quote| starts[*quote as usize] = true);
        starts
    }

    /// What opens a comment to the end of the line; template languages, which share a family here, each have their own.
    fn line_mark(&self, path: &str) -> Option<&'static str> {
        let template = |end: &str, mark: &str| path.ends_with(end) && self.line.contains(&mark);
        match self.line {
            _ if template(".haml", "-#") => Some("-#"),
            _ if template(".slim", "/") => Some("/"),
            marks => marks.first().copied(),
        }
    }
}

const SHELL: Family = Family { line: &["#"], block: &[], quotes: &['"', '\''], long: &[], docstrings: false };
const RUBY: Family = Family { line: &["#"], block: &[("\n=begin", "\n=end")], quotes: &['"', '\''], long: &[], docstrings: false };
const PYTHON: Family = Family { line: &["#"], block: &[], quotes: &['"', '\''], long: &["\"\"\"", "'''"], docstrings: true };
const ELIXIR: Family = Family { line: &["#"], block: &[], quotes: &['"', '\''], long: &["\"\"\""], docstrings: false };
const C_LIKE: Family = Family { line: &["//"], block: &[("/*", "*/")], quotes: &['"', '\''], long: &["`"], docstrings: false };
const RUST: Family = Family { line: &["//"], block: &[("/*", "*/")], quotes: &['"'], long: &[], docstrings: false };
const PHP: Family =
    Family { line: &["//", "#"], block: &[("/*", "*/"), ("{{--", "--}}")], quotes: &['"', '\''], long: &[], docstrings: false };
const HCL: Family = Family { line: &["#", "//"], block: &[("/*", "*/")], quotes: &['"'], long: &[], docstrings: false };
const SQL: Family = Family { line: &["--"], block: &[("/*", "*/")], quotes: &['\''], long: &[], docstrings: false };
const MARKUP: Family = Family {
    line: &[],
    block: &[
        ("<!--", "-->"),
        ("<%#", "%>"),
        ("<%--", "--%>"),
        ("<%!--", "--%>"),
        ("{{--", "--}}"),
        ("{#", "#}"),
        ("{{/*", "*/}}"),
        ("@*", "*@"),
        ("{%comment%}", "{%endcomment%}"),
    ],
    quotes: &[],
    long: &[],
    docstrings: false,
};
const COMPONENT: Family =
    Family { line: &["//"], block: &[("<!--", "-->"), ("/*", "*/")], quotes: &['"', '\''], long: &["`"], docstrings: false };
const INI: Family = Family { line: &["#", ";"], block: &[], quotes: &[], long: &[], docstrings: false };
const JS_TEMPLATE: Family = Family { line: &["//-", "-#", "/"], block: &[], quotes: &[], long: &[], docstrings: false };

/// The family of a file, by its name; `None` for prose and everything unknown, where nothing is a comment.
fn family_of(path: &str) -> Option<&'static Family> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("dockerfile") || lower.starts_with("containerfile") || lower.starts_with(".env") {
        return Some(&SHELL);
    }
    if ["procfile", "makefile", "justfile", "caddyfile", ".gitattributes", ".dockerignore", "codeowners", "crontab"]
        .iter()
        .any(|n| lower.starts_with(n))
    {
        return Some(&SHELL);
    }
    if !lower.contains('.') && is_script_folder(path) {
        return Some(&SHELL);
    }
    if lower.starts_with("jenkinsfile") {
        return Some(&C_LIKE);
    }
    if lower.ends_with(".blade.php") {
        return Some(&MARKUP);
    }
    let extension = lower.rsplit_once('.').map_or(lower.as_str(), |(_, extension)| extension);
    Some(match extension {
        "rb" | "rake" | "ru" | "gemspec" | "gemfile" | "rakefile" | "capfile" | "podfile" | "brewfile" | "guardfile" | "jbuilder"
        | "vagrantfile" | "fastfile" | "dangerfile" => &RUBY,
        "py" | "pyi" => &PYTHON,
        "ex" | "exs" => &ELIXIR,
        "yml" | "yaml" | "toml" | "sh" | "bash" | "zsh" | "nix" | "conf" | "pipfile" | "cfg" | "r" | "tpl" | "mk" | "just" | "vcl"
        | "txt" | "htaccess" | "graphql" | "gql" | "ps1" | "earthfile" | "tiltfile" => &SHELL,
        "js" | "jsx" | "ts" | "tsx" | "mjs" | "cjs" | "mts" | "cts" | "go" | "java" | "kt" | "kts" | "groovy" | "gradle" | "scala"
        | "cs" | "fs" | "swift" | "c" | "h" | "cpp" | "jsonc" | "json5" | "css" | "scss" | "less" | "prisma" | "dart" | "proto"
        | "jsonnet" | "libsonnet" | "alloy" | "river" | "bicep" | "sbt" | "mod" | "work" | "cue" => &C_LIKE,
        "rs" => &RUST,
        "php" => &PHP,
        "tf" | "tofu" | "hcl" | "tfvars" => &HCL,
        "sql" => &SQL,
        "html" | "htm" | "erb" | "heex" | "eex" | "leex" | "xml" | "csproj" | "fsproj" | "props" | "cshtml" | "razor" | "twig"
        | "jinja" | "jinja2" | "j2" | "liquid" | "hbs" | "ejs" | "tmpl" | "gohtml" | "ftl" | "jsp" | "svg" | "config" | "jmx"
        | "targets" | "vbproj" | "nuspec" => &MARKUP,
        "vue" | "svelte" | "astro" => &COMPONENT,
        "ini" | "properties" | "editorconfig" | "service" | "timer" | "npmrc" => &INI,
        "haml" | "slim" | "pug" => &JS_TEMPLATE,
        _ => return None,
    })
}

/// Folders whose files without an extension are scripts, cron tables or shell variables: all of them write `#`.
fn is_script_folder(path: &str) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let name = folder.rsplit('/').next().unwrap_or_default();
    ["bin", "script", "scripts", "hooks", ".husky", "cron.d", "cron.daily", ".kamal"].contains(&name)
}

/// The family of a file, by its name or else by its text: a script without an extension says on its first line who
/// reads it, and those that do all write `#`.
fn family_of_text(path: &str, text: &str) -> Option<&'static Family> {
    family_of(path).or_else(|| text.starts_with("#!").then_some(&SHELL))
}

/// The text with every comment replaced by spaces; lines and byte offsets stay as they are.
pub fn blank<'a>(path: &str, text: &'a str) -> std::borrow::Cow<'a, str> {
    let Some(family) = family_of_text(path, text) else { return std::borrow::Cow::Borrowed(text) };
    let spans = Lexer { family, text, bytes: text.as_bytes(), at: 0, spans: Vec::new() }.run();
    if spans.is_empty() {
        return std::borrow::Cow::Borrowed(text);
    }
    let mut bytes = text.as_bytes().to_vec();
    for (start, end) in spans {
        for byte in &mut bytes[start..end] {
            if *byte != b'\n' && *byte != b'\r' {
                *byte = b' ';
            }
        }
    }
    std::borrow::Cow::Owned(String::from_utf8(bytes).unwrap_or_default())
}

/// The text with one line (1-based) commented out as a person would do it. `None` where that cannot be: a format
/// without comments, no such line, an empty line or one that is a comment already, the inside of a long text.
pub fn commented_out(path: &str, text: &str, line: u32) -> Option<String> {
    let family = family_of_text(path, text)?;
    let (start, end) = bounds(text, line)?;
    let nothing = |text: &str| text.get(start..).and_then(|rest| rest.lines().next()).is_none_or(|line| line.trim().is_empty());
    if nothing(&blank(path, text)) {
        return None;
    }
    let written = &text[start..end];
    let (indent, code) = written.split_at(written.len() - written.trim_start().len());
    let comment = match (family.line_mark(path), family.block.first()) {
        (Some(mark), _) => format!("{indent}{mark} {code}"),
        (None, Some((open, close))) if !code.contains(close) => format!("{indent}{open} {code} {close}"),
        _ => return None,
    };
    let changed = [&text[..start], &comment, &text[end..]].concat();
    nothing(&blank(path, &changed)).then_some(changed)
}

/// Where a 1-based line starts and ends, without its line break.
fn bounds(text: &str, line: u32) -> Option<(usize, usize)> {
    let before = usize::try_from(line.checked_sub(1)?).ok()?;
    let start = if before == 0 { 0 } else { text.match_indices('\n').nth(before - 1)?.0 + 1 };
    let length = text[start..].lines().next()?.len();
    Some((start, start + length))
}

struct Lexer<'a> {
    family: &'static Family,
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    spans: Vec<(usize, usize)>,
}

impl Lexer<'_> {
    fn run(mut self) -> Vec<(usize, usize)> {
        let starts = self.family.starts();
        // `=begin` at the very start has no line break before it.
        if self.family.block.iter().any(|(start, _)| start.starts_with('\n')) {
            self.block();
        }
        while let Some(more) = self.bytes.get(self.at..).and_then(|rest| rest.iter().position(|byte| starts[usize::from(*byte)])) {
            self.at += more;
            if !(self.block() || self.line() || self.long() || self.quote()) {
                self.at += 1;
            }
        }
        self.spans
    }

    fn starts(&self, mark: &str) -> bool {
        self.bytes[self.at..].starts_with(mark.as_bytes())
    }

    fn find(&self, from: usize, mark: &str) -> Option<usize> {
        self.text.get(from..).and_then(|rest| rest.find(mark)).map(|at| from + at)
    }

    fn block(&mut self) -> bool {
        for (start, end) in self.family.block {
            let at_top = self.at == 0 && start.starts_with('\n') && self.bytes.starts_with(&start.as_bytes()[1..]);
            if self.starts(start) || at_top {
                let stop = self.find(self.at + 1, end).map_or(self.bytes.len(), |at| at + end.len());
                self.spans.push((self.at, stop));
                self.at = stop;
                return true;
            }
        }
        false
    }

    fn line(&mut self) -> bool {
        for mark in self.family.line {
            if self.starts(mark) && self.opens_line_comment(mark) {
                let stop = self.find(self.at, "\n").unwrap_or(self.bytes.len());
                self.spans.push((self.at, stop));
                self.at = stop;
                return true;
            }
        }
        false
    }

    /// `#` and `;` need a space or the line's start before them, `//` must not follow a colon (a URL), marks of
    /// templates stand first on their line.
    fn opens_line_comment(&self, mark: &str) -> bool {
        let before = self.at.checked_sub(1).map(|at| self.bytes[at]);
        let line_start = self.text[..self.at].rfind('\n').map_or(0, |at| at + 1);
        let first = self.text[line_start..self.at].trim().is_empty();
        match mark {
            "#" => {
                before.is_none_or(|byte| byte.is_ascii_whitespace() || matches!(byte, b';' | b')' | b'}' | b'{' | b','))
                    && !self.starts("#{")
                    && !self.starts("#[")
            }
            "//" => before != Some(b':'),
            ";" | "//-" | "-#" | "/" => first,
            _ => true,
        }
    }

    fn long(&mut self) -> bool {
        for mark in self.family.long {
            if self.starts(mark) {
                let stop = self.find(self.at + mark.len(), mark).map_or(self.bytes.len(), |at| at + mark.len());
                if self.family.docstrings && self.stands_alone() {
                    self.spans.push((self.at, stop));
                }
                self.at = stop;
                return true;
            }
        }
        false
    }

    /// True when only white space stands before on this line: a text that nothing uses.
    fn stands_alone(&self) -> bool {
        let line_start = self.text[..self.at].rfind('\n').map_or(0, |at| at + 1);
        let before = self.text[..line_start].trim_end();
        self.text[line_start..self.at].trim().is_empty() && !before.ends_with(['(', ',', '=', '[', '+', '\\'])
    }

    fn quote(&mut self) -> bool {
        let byte = self.bytes[self.at];
        if !self.family.quotes.contains(&char::from(byte)) {
            return false;
        }
        let mut at = self.at + 1;
        while at < self.bytes.len() && self.bytes[at] != b'\n' {
            if self.bytes[at] == b'\\' {
                at += 1;
            } else if self.bytes[at] == byte {
                self.at = at + 1;
                return true;
            }
            at += 1;
        }
        // No end on this line: an apostrophe or a text over several lines. Go on behind the mark.
        self.at += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(path: &str, text: &str) -> String {
        let blanked = blank(path, text);
        assert_eq!(blanked.len(), text.len(), "{path}");
        assert_eq!(blanked.matches('\n').count(), text.matches('\n').count(), "{path}");
        blanked.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_go_and_code_stays() {
        assert_eq!(kept("a.rb", "x = 1 # no\n# gone\ny = \"a # b #{c}\"\n"), "x = 1 y = \"a # b #{c}\"");
        assert_eq!(kept("a.rb", "=begin\nold\n=end\nnew\n"), "new");
        assert_eq!(
            kept("a.js", "a(); // no\n/* no\nno */ b('// yes'); c = `http://x`; d = 'http://y'"),
            "a(); b('// yes'); c = `http://x`; d = 'http://y'"
        );
        assert_eq!(
            kept("a.py", "def f():\n    '''doc\n    doc'''\n    x = '''text # kept'''\n    return 1 # no\n"),
            "def f(): x = '''text # kept''' return 1"
        );
        assert_eq!(kept("a.yml", "a: 1 # no\n# no\nb: 'x # y'\nurl: http://a/#b\n"), "a: 1 b: 'x # y' url: http://a/#b");
        assert_eq!(kept("x.html.erb", "<a><!-- no --><%# no %><b>"), "<a> <b>");
        assert_eq!(kept("m.tf", "a = 1 // no\n# no\nb = \"http://x\" /* no */\n"), "a = 1 b = \"http://x\"");
        assert_eq!(kept("a.rs", "fn f<'a>(x: &'a str) {} // no\n#[test]\nfn g() {}"), "fn f<'a>(x: &'a str) {} #[test] fn g() {}");
        assert_eq!(kept("config/app.php", "'a' => env('B'), // no\n# no\n#[Attr]\n"), "'a' => env('B'), #[Attr]");
        assert_eq!(kept("bin/deploy", "#!/bin/sh\n# ssh deploy@shop\nls\n"), "ls");
        assert_eq!(kept("README.md", "# Title // x"), "# Title // x");
    }

    #[test]
    fn an_apostrophe_does_not_swallow_the_rest() {
        assert_eq!(kept("a.js", "x = /it's/; // no\ny = 2\n"), "x = /it's/; y = 2");
        assert_eq!(kept("a.sh", "echo it's\n# no\nls\n"), "echo it's ls");
    }

    #[test]
    fn more_formats_than_code_have_comments() {
        assert_eq!(kept(".kamal/secrets", "# A=$(op read x)\nB=1\n"), "B=1");
        assert_eq!(kept("bin/backup", "# pg_dump\nls\n"), "ls");
        assert_eq!(kept("go.mod", "require (\n\t// github.com/x/y v1\n)\n"), "require ( )");
        assert_eq!(kept("etc/shop.timer", "[Timer]\n#OnCalendar=daily\n; x\n"), "[Timer]");
        assert_eq!(kept("public/.htaccess", "# Header set X\nA\n"), "A");
    }

    #[test]
    fn one_line_is_commented_out_as_its_language_does() {
        let cases = [
            ("a.rb", "x\n  y\n", "x\n  # y\n"),
            ("a.ts", "x()\r\n\ty()\r\n", "x()\r\n\t// y()\r\n"),
            ("a.yml", "a: 1\n- b: 2", "a: 1\n# - b: 2"),
            ("a.sql", "x\ny", "x\n-- y"),
            ("a.html", "<p>\n<b>\n", "<p>\n<!-- <b> -->\n"),
            ("a.haml", "%p\n  %b\n", "%p\n  -# %b\n"),
            ("a.slim", "p\n  b\n", "p\n  / b\n"),
            ("pom.xml", "<a>\n<b/>\n</a>", "<a>\n<!-- <b/> -->\n</a>"),
            ("Gemfile", "a\ngem 'x' # y\n", "a\n# gem 'x' # y\n"),
            ("bin/x", "a\nb\n", "a\n# b\n"),
        ];
        for (path, text, wanted) in cases {
            assert_eq!(commented_out(path, text, 2).as_deref(), Some(wanted), "{path}");
        }
    }

    #[test]
    fn some_lines_cannot_be_commented_out() {
        let cases = [
            ("a.json", "{\n\"a\": 1}", 2),
            ("README.md", "a\nb", 2),
            ("a.rb", "a\n# b", 2),
            ("a.rb", "a\n\nb", 2),
            ("a.rb", "a", 2),
            ("a.rb", "a", 0),
            ("a.py", "x = \"\"\"a\nb\n\"\"\"", 2),
            ("a.html", "<a>\n<b> <!-- c -->", 2),
        ];
        for (path, text, line) in cases {
            assert_eq!(commented_out(path, text, line), None, "{path}: {text}");
        }
    }
}
