//! RubyGems: `Gemfile`, `gems.rb`, `*.gemspec`, and the `DEPENDENCIES` of `Gemfile.lock`.
//!
//! A Gemfile is Ruby. What counts is each `gem "name"` call, inside which `group … do` blocks it stands, and its own `group:`. Blocks of
//! other kinds (`source`, `platforms`, `install_if`, `if`) change nothing: their gems may well be in production. A gem whose name is an
//! expression, and files pulled in with `eval_gemfile` or `gemspec`, are named as unread.

use super::script::{Kind, Language, Token, lex, statement_end};
use super::{Manifest, Registry, file_name, is_development};

/// `Gemfile`, `Gemfile.saas`, `gems.rb`, `*.gemspec` and their locks. `Gemfile.local` too: its own name makes it development.
pub(super) fn is_manifest(name: &str) -> bool {
    matches!(name, "Gemfile" | "gems.rb" | "gems.locked") || name.starts_with("Gemfile.") || name.ends_with(".gemspec")
}

/// Whether the name is a lockfile's.
fn is_lock(name: &str) -> bool {
    name == "gems.locked" || (name.starts_with("Gemfile.") && name.ends_with(".lock"))
}

pub(super) fn read(path: &str, text: &str) -> Result<Manifest, String> {
    let name = file_name(path);
    if is_lock(name) {
        return Ok(lock(text));
    }
    let tokens = lex(text, Language::Ruby)?;
    if name.ends_with(".gemspec") {
        return Ok(gemspec(&tokens));
    }
    let manifest = Gemfile { tokens: &tokens, at: 0, blocks: Vec::new(), manifest: Manifest::default() }.read();
    let development = name.strip_prefix("Gemfile.").is_some_and(is_development);
    Ok(if development { manifest.development_only() } else { manifest })
}

/// The `DEPENDENCIES` section: two spaces, a name, perhaps a version in parentheses, perhaps `!`.
fn lock(text: &str) -> Manifest {
    let mut manifest = Manifest::default();
    let lines = (1u32..).zip(text.lines()).skip_while(|(_, line)| line.trim_end() != "DEPENDENCIES").skip(1);
    for (number, line) in lines.take_while(|(_, line)| line.starts_with(' ')) {
        let name = line.split_ascii_whitespace().next().unwrap_or_default();
        manifest.add(Registry::Gem, name.trim_end_matches('!'), true, number);
    }
    manifest
}

fn gemspec(tokens: &[Token<'_>]) -> Manifest {
    let mut manifest = Manifest::default();
    for (at, token) in tokens.iter().enumerate() {
        let Kind::Word(word) = token.kind else { continue };
        let runtime = match word {
            "add_dependency" | "add_runtime_dependency" => true,
            "add_development_dependency" => false,
            _ => continue,
        };
        add_named(&mut manifest, tokens, at, runtime, "dependency");
    }
    manifest
}

/// Adds the package whose name is the first argument of the call at `at`.
fn add_named(manifest: &mut Manifest, tokens: &[Token<'_>], at: usize, runtime: bool, what: &str) {
    let line = tokens.get(at).map_or(0, |token| token.line);
    let first = tokens.get(at + 1..).unwrap_or_default().iter().find(|token| token.kind != Kind::Sign('('));
    match first.map(|token| token.kind) {
        Some(Kind::Text(name)) => manifest.add(Registry::Gem, name, runtime, line),
        Some(Kind::Word(_) | Kind::Dynamic(_)) => manifest.note(format!("a {what} is named by an expression on line {line}")),
        _ => {}
    }
}

/// Something that an `end` or a `}` will close.
struct Block {
    braces: bool,
    /// Whether gems inside may be in production.
    runtime: bool,
}

struct Gemfile<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
    blocks: Vec<Block>,
    manifest: Manifest,
}

impl<'a> Gemfile<'_, 'a> {
    fn read(mut self) -> Manifest {
        let mut fresh = true;
        let mut loop_line = None;
        while let Some(token) = self.tokens.get(self.at).copied() {
            self.at += 1;
            let began = std::mem::replace(&mut fresh, matches!(token.kind, Kind::Break | Kind::Sign(';' | '{' | '=')));
            match token.kind {
                Kind::Sign('{') => self.blocks.push(Block { braces: true, runtime: true }),
                Kind::Sign('}') => self.close(true),
                Kind::Word("do") if loop_line != Some(token.line) => {
                    self.open();
                    fresh = true;
                }
                Kind::Word("then" | "else" | "begin" | "ensure" | "do") => fresh = true,
                _ => {}
            }
            let Kind::Word(word) = token.kind else { continue };
            match word {
                "end" if began || !self.after_dot() => self.close(false),
                "begin" => self.open(),
                "while" | "until" | "for" if began => {
                    loop_line = Some(token.line);
                    self.open();
                }
                "if" | "unless" | "case" | "def" | "class" | "module" if began => self.open(),
                "gem" if began => self.gem(),
                "group" if began => fresh = self.group(),
                "eval_gemfile" | "instance_eval" if began => self.included(token.line),
                "gemspec" if began => self.manifest.note("the dependencies of a gemspec are included".to_owned()),
                _ => {}
            }
        }
        self.manifest
    }

    fn open(&mut self) {
        self.blocks.push(Block { braces: false, runtime: true });
    }

    fn close(&mut self, braces: bool) {
        if self.blocks.last().is_some_and(|block| block.braces == braces) {
            self.blocks.pop();
        }
    }

    /// Whether the word just read is a method name: `range.end`.
    fn after_dot(&self) -> bool {
        self.at >= 2 && self.tokens.get(self.at - 2).is_some_and(|token| token.kind == Kind::Sign('.'))
    }

    fn gem(&mut self) {
        let end = statement_end(self.tokens, self.at);
        let call = self.tokens.get(self.at..end).unwrap_or_default();
        let inline = inline_groups(call);
        let runtime = self.blocks.iter().all(|block| block.runtime) && may_be_production(&inline);
        add_named(&mut self.manifest, self.tokens, self.at - 1, runtime, "gem");
        self.at = end;
    }

    /// `group :a, :b, optional: true do`; leaves off after the `do` or `{`. Says whether a block began.
    fn group(&mut self) -> bool {
        let mut names = Vec::new();
        let mut key = false;
        while let Some(token) = self.tokens.get(self.at).copied() {
            self.at += 1;
            match token.kind {
                Kind::Atom(name) | Kind::Text(name) if !key => names.push(name),
                Kind::Word("do") | Kind::Sign('{') => {
                    let runtime = may_be_production(&names);
                    self.blocks.push(Block { braces: token.kind == Kind::Sign('{'), runtime });
                    return true;
                }
                Kind::Break if !self.continues() => return true,
                _ => {}
            }
            key = matches!(token.kind, Kind::Key(_));
        }
        false
    }

    /// Whether the line break just read stands after a comma.
    fn continues(&self) -> bool {
        let before = self.tokens.get(..self.at.saturating_sub(1)).unwrap_or_default();
        before.iter().rev().find(|token| token.kind != Kind::Break).is_some_and(|token| token.kind == Kind::Sign(','))
    }

    fn included(&mut self, line: u32) {
        let end = statement_end(self.tokens, self.at);
        let call = self.tokens.get(self.at..end).unwrap_or_default();
        let file = call.iter().find_map(|token| match token.kind {
            Kind::Text(file) => Some(file.to_owned()),
            _ => None,
        });
        let file = file.unwrap_or_else(|| format!("named by an expression on line {line}"));
        self.manifest.note(format!("gems are included from another file: {file}"));
        self.at = end;
    }
}

/// A gem in no group is in production, and so is one in any group that is not for development alone.
fn may_be_production(groups: &[&str]) -> bool {
    groups.is_empty() || !groups.iter().all(|group| is_development(group))
}

/// The values of `group:`, `groups:`, `:group =>` in a call.
fn inline_groups<'a>(call: &[Token<'a>]) -> Vec<&'a str> {
    let mut groups = Vec::new();
    let mut tokens = call.iter().map(|token| token.kind).peekable();
    while let Some(kind) = tokens.next() {
        if !matches!(kind, Kind::Key("group" | "groups") | Kind::Atom("group" | "groups")) {
            continue;
        }
        while tokens.next_if(|kind| matches!(kind, Kind::Sign('=' | '>') | Kind::Break)).is_some() {}
        let list = tokens.next_if_eq(&Kind::Sign('[')).is_some();
        while let Some(Kind::Atom(name) | Kind::Text(name)) = tokens.next_if(|kind| matches!(kind, Kind::Atom(_) | Kind::Text(_))) {
            groups.push(name);
            while list && tokens.next_if(|kind| matches!(kind, Kind::Sign(',') | Kind::Break)).is_some() {}
        }
    }
    groups
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{line_of, listed};

    #[test]
    fn groups_decide_what_production_installs() {
        let text = r#"source "https://rubygems.org"
git_source(:github) { |repo| "https://github.com/#{repo}.git" }
ruby file: ".ruby-version"

gem "rails", "~> 8.0"
gem 'sentry-ruby', require: false # errors
# gem "bugsnag"
gem("puma", ">= 5")
gem "aws-sdk-s3",
    # only what we use
    require: false,
    group: :production
gem "faker", group: [:development, :test]
gem "pry", :groups => %i[development test]
gem "lograge", groups: [:production, :staging]

group :development, :test do
  gem "rspec-rails"
  if ENV["X"]
    gem "byebug"
  end
  platforms :mri do
    gem "debug"
  end
end

group :default, :production do gem "redis" end
group(:test) { gem "capybara" }
group :assets, optional: true do
  gem "sassc"
end
install_if -> { RUBY_PLATFORM =~ /darwin/ } do
  gem "terminal-notifier"
end
source "https://gems.example.com" do
  gem "sidekiq-pro"
end
gem "last" if ENV["LAST"]
"#;
        let expected = "+rails +sentry-ruby +puma +aws-sdk-s3 -faker -pry +lograge -rspec-rails -byebug -debug +redis -capybara +sassc \
                        +terminal-notifier +sidekiq-pro +last";
        assert_eq!(listed("Gemfile", text), expected);
        assert_eq!(line_of("Gemfile", text, "aws-sdk-s3"), 9);
        assert_eq!(line_of("Gemfile", text, "last"), 38);
    }

    #[test]
    fn loops_and_modifiers_keep_blocks_balanced() {
        let text = "group :test do\n  while x do\n y\n end\n  gem 'a' unless y\n  x = if z then 1 else 2 end\nend\ngem 'b'\n";
        assert_eq!(listed("Gemfile", text), "-a +b");
    }

    #[test]
    fn what_ruby_decides_is_named() {
        let text = "gemspec\neval_gemfile \"Gemfile.common\"\neval_gemfile File.join(__dir__, x)\n%w[a b].each do |lib|\n  gem lib\nend\n";
        let manifest = super::super::read("Gemfile", text).unwrap();
        assert_eq!(manifest.packages, []);
        assert_eq!(
            manifest.unread,
            [
                "the dependencies of a gemspec are included",
                "gems are included from another file: Gemfile.common",
                "gems are included from another file: named by an expression on line 3",
                "a gem is named by an expression on line 5",
            ]
        );
    }

    #[test]
    fn gemspecs() {
        let text = r#"Gem::Specification.new do |s|
  s.description = <<~TEXT
    It's s.add_dependency "no"
  TEXT
  s.files = Dir["{app,lib}/**/*"].reject { |f| f.match(/^spec\/'/) }
  s.add_dependency "rails", ">= 8.1", "< 8.2"
  s.add_runtime_dependency(%q<jwt>.freeze, ["~> 3.1"])
  spec.add_development_dependency 'rspec'
end
"#;
        assert_eq!(listed("spree.gemspec", text), "+rails +jwt -rspec");
        assert_eq!(line_of("spree.gemspec", text, "rails"), 6);
    }

    #[test]
    fn the_lockfile_lists_its_direct_gems() {
        let text = "GEM\r\n  remote: https://rubygems.org/\r\n  specs:\r\n    rack (3.0)\r\n\r\nPLATFORMS\r\n  ruby\r\n\r\nDEPENDENCIES\r\n  rails (~> 8.0)\r\n  sentry-ruby!\r\n  puma\r\n\r\nRUBY VERSION\r\n   ruby 3.4\r\n";
        assert_eq!(listed("Gemfile.lock", text), "+rails +sentry-ruby +puma");
        assert_eq!(line_of("Gemfile.lock", text, "rails"), 10);
    }

    #[test]
    fn a_gemfile_beside_the_gemfile() {
        assert_eq!(listed("Gemfile.saas", "gem 'yabeda'"), "+yabeda");
        assert_eq!(listed("Gemfile.local", "gem 'pry'"), "-pry");
    }
}
