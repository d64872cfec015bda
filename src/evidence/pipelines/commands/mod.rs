//! What a step really runs: the scripts of the repository that its commands call.
//!
//! `run: npm test` says little; `package.json` says the rest. The text of what is called - package scripts, make targets,
//! just and task recipes, composer scripts, mix aliases, shell scripts - is appended to the step's own, so that a pattern
//! finds `jest` or `pg_dump` where it stands. A script that calls a script is followed once more, no deeper.
//!
//! Runners whose name says what they do (`rspec`, `tox`, `bin/rails test`) are not followed, and neither are runners that
//! fan out over packages by their own rules (`turbo run test`): the command itself is what can be recognised.

mod packages;
mod recipes;

use super::shell;
use super::sources::{Sources, resolve};
use std::collections::HashSet;

/// Most bytes of a step with what is appended to it.
const MAX_STEP: usize = 64 * 1024;
/// How deep scripts are followed.
const MAX_DEPTH: usize = 2;
/// How far after a wrapper the command it runs may begin, in words.
const MAX_WRAPPED: usize = 24;
/// Most commands looked at in one script.
const MAX_COMMANDS: usize = 2_000;

/// A script that a command calls.
struct Script {
    /// What tells it from others, for cycles: `package.json test`.
    id: String,
    text: String,
    /// The directory it runs in.
    directory: String,
}

impl Script {
    fn new(id: String, text: String, directory: &str) -> Self {
        Script { id, text, directory: directory.to_owned() }
    }
}

/// The text of a step without comments, with the scripts of the repository that it calls appended.
pub(super) fn follow(run: &str, directory: &str, sources: &Sources) -> String {
    Session::new(directory, sources).run(run)
}

/// Commands that run one after another in the same shell: a `cd` holds for those that follow.
pub(super) struct Session<'a> {
    sources: &'a Sources<'a>,
    /// Where the shell is; nothing when that is no place of the repository.
    directory: Option<String>,
}

impl<'a> Session<'a> {
    /// A shell in a directory of the repository.
    pub fn new(directory: &str, sources: &'a Sources<'a>) -> Self {
        Session { sources, directory: Some(directory.to_owned()) }
    }

    /// The text of the next commands without comments, with the scripts that they call appended.
    pub fn run(&mut self, run: &str) -> String {
        let own = shell::without_comments(run);
        let room = MAX_STEP.saturating_sub(own.len());
        let mut expansion = Expansion { sources: self.sources, text: String::new(), room, seen: HashSet::new() };
        self.directory = expansion.expand(&own, self.directory.take(), 0);
        own + &expansion.text
    }
}

struct Expansion<'a> {
    sources: &'a Sources<'a>,
    text: String,
    room: usize,
    seen: HashSet<String>,
}

impl Expansion<'_> {
    /// Appends what a script calls; the directory it ends in.
    fn expand(&mut self, script: &str, start: Option<String>, depth: usize) -> Option<String> {
        let script = script.replace("${{ github.workspace }}", "$PWD");
        let mut here = start;
        for words in shell::commands(&script, MAX_COMMANDS) {
            let directory = here.as_deref()?;
            match words.as_slice() {
                [cd, to, ..] if cd == "cd" || cd == "pushd" => here = resolve(directory, to),
                words => called(words, directory, self.sources).into_iter().for_each(|script| self.take(script, depth)),
            }
        }
        here
    }

    fn take(&mut self, script: Script, depth: usize) {
        if !self.seen.insert(script.id) {
            return;
        }
        let text = shell::without_comments(&script.text);
        if text.len() >= self.room || !self.sources.may_follow(text.len()) {
            return;
        }
        self.room -= text.len() + 1;
        self.text.push('\n');
        self.text.push_str(&text);
        if depth + 1 < MAX_DEPTH {
            self.expand(&text, Some(script.directory), depth + 1);
        }
    }
}

/// Commands that run the command after them, wherever that begins.
const WRAPPERS: [&str; 26] = [
    "docker",
    "docker-compose",
    "podman",
    "podman-compose",
    "poetry",
    "uv",
    "pipenv",
    "hatch",
    "bundle",
    "nix",
    "nix-shell",
    "doppler",
    "op",
    "dotenv",
    "dotenvx",
    "mise",
    "asdf",
    "timeout",
    "xargs",
    "retry",
    "npx",
    "cross-env",
    "direnv",
    "devbox",
    "ddev",
    "lando",
];

/// The scripts of the repository that a command calls, itself or through a wrapper.
fn called(words: &[String], directory: &str, sources: &Sources) -> Vec<Script> {
    let mut scripts = direct(words, directory, sources);
    let is_wrapper = words.first().is_some_and(|command| command.contains('/') || WRAPPERS.contains(&command.as_str()));
    // `bin/with-env npm test` and `npm run with:env -- npm run migrate` wrap too.
    let after = if is_wrapper { Some(1) } else { words.iter().position(|word| word == "--").map(|at| at + 1) };
    if let Some(rest) = after.and_then(|after| words.get(after..)) {
        scripts.extend(wrapped(rest, directory, sources));
    }
    scripts
}

/// What the first command among the words of a wrapper calls. Wrappers within are passed over like any other word.
fn wrapped(words: &[String], directory: &str, sources: &Sources) -> Vec<Script> {
    let most = words.len().min(MAX_WRAPPED);
    let rests = (0..most).filter_map(|start| words.get(start..));
    let mut found = rests.map(|rest| direct(rest, directory, sources));
    found.find(|scripts| !scripts.is_empty()).unwrap_or_default()
}

/// The scripts of the repository that a command itself calls.
fn direct(words: &[String], directory: &str, sources: &Sources) -> Vec<Script> {
    let Some((command, arguments)) = words.split_first() else { return Vec::new() };
    match command.as_str() {
        "npm" | "pnpm" | "yarn" | "bun" => packages::npm(command, arguments, directory, sources),
        "composer" => packages::composer(arguments, directory, sources),
        "mix" => packages::mix(arguments, directory, sources),
        "deno" => packages::deno(arguments, directory, sources),
        "make" | "gmake" | "$MAKE" => recipes::make(arguments, directory, sources),
        "just" => recipes::just(arguments, directory, sources),
        "task" | "go-task" => recipes::task(arguments, directory, sources),
        "bash" | "sh" | "zsh" | "dash" | "source" | "." | "ruby" | "python" | "python3" | "pwsh" => {
            let script = arguments.iter().find(|argument| !argument.starts_with(['-', '+']));
            script.and_then(|path| file(path, directory, sources)).into_iter().collect()
        }
        path if path.contains('/') => file(path, directory, sources).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Scripts that only start a tool whose arguments say what it does.
const STARTERS: [&str; 10] = ["gradlew", "mvnw", "rails", "rake", "bundle", "spring", "yarn", "rspec", "artisan", "manage.py"];
/// Files whose comments are those of a shell.
const SCRIPTS: [&str; 7] = ["sh", "bash", "zsh", "ps1", "rb", "py", "pl"];

/// A script by its path.
fn file(written: &str, directory: &str, sources: &Sources) -> Option<Script> {
    // `$GITHUB_WORKSPACE/bin/test`, `~/project/bin/test`: from the root.
    let (directory, written) = match written.split_once('/') {
        Some((root, rest)) if root.starts_with('$') => ("", rest),
        _ => (directory, written.strip_prefix("~/project/").unwrap_or(written)),
    };
    let path = resolve(directory, written)?;
    let name = path.rsplit('/').next().unwrap_or(&path);
    let is_script = name.rsplit_once('.').is_none_or(|(_, extension)| SCRIPTS.contains(&extension));
    if written.starts_with('/') || !is_script || STARTERS.contains(&name) {
        return None;
    }
    let text = sources.script(&path)?;
    Some(Script::new(path, text.to_string(), directory))
}

#[cfg(test)]
mod tests {
    use super::super::tests_support::Files;
    use super::*;

    /// What is appended to a step.
    fn appended(run: &str, files: &[(&str, &str)]) -> String {
        let files = Files::new(files);
        follow(run, "", &Sources::new(&files)).strip_prefix(run).unwrap_or("?").trim_start().to_owned()
    }

    #[test]
    fn package_scripts_with_their_hooks() {
        let files =
            [("package.json", r#"{"name": "x", "scripts": {"pretest": "tsc", "test": "jest --ci", "ci": "npm run test && eslint ."}}"#)];
        assert_eq!(appended("npm test", &files), "tsc\njest --ci");
        assert_eq!(appended("CI=1 npm run ci -- --quiet", &files), "npm run test && eslint .\ntsc\njest --ci");
        assert_eq!(appended("yarn ci", &files), "npm run test && eslint .\ntsc\njest --ci");
        assert_eq!(appended("pnpm -s test; bun run test", &files), "tsc\njest --ci");
        for built_in in ["npm ci", "yarn install", "npm run missing", "bun test", "pnpm exec jest"] {
            assert_eq!(appended(built_in, &files), "", "{built_in}");
        }
    }

    #[test]
    fn packages_of_a_workspace() {
        let files = [
            ("package.json", r#"{"scripts": {"test": "turbo run test"}}"#),
            ("apps/web/package.json", r#"{"name": "@acme/web", "scripts": {"test": "vitest"}}"#),
        ];
        for run in [
            "cd apps/web && npm test",
            "npm --prefix apps/web test",
            "pnpm --filter @acme/web test",
            "pnpm --filter=web run test",
            "yarn workspace @acme/web test",
            "npm test -w web",
            "yarn --cwd apps/web test",
        ] {
            assert_eq!(appended(run, &files), "vitest", "{run}");
        }
        assert_eq!(appended("npm test", &files), "turbo run test");
    }

    #[test]
    fn scripts_by_their_path() {
        let files = [
            ("bin/ci", "#!/bin/sh\n# all\nbin/lint\nbin/rails test"),
            ("bin/lint", "rubocop"),
            ("bin/rails", "load"),
            ("ci/x.sh", "pg_dump a"),
        ];
        assert_eq!(appended("./bin/ci", &files), "bin/lint\nbin/rails test\nrubocop");
        assert_eq!(appended("bash -euo pipefail ci/x.sh", &files), "", "an option's value is taken for the script");
        assert_eq!(appended("bash ci/x.sh", &files), "pg_dump a");
        assert_eq!(appended("$GITHUB_WORKSPACE/ci/x.sh && sh ../ci/x.sh", &files), "pg_dump a");
        assert_eq!(appended("docker compose run --rm app bin/lint", &files), "rubocop");
    }

    #[test]
    fn scripts_end_at_the_second_level_and_in_cycles() {
        let files = [("a.sh", "sh b.sh"), ("b.sh", "sh c.sh; sh a.sh"), ("c.sh", "deep")];
        assert_eq!(appended("sh a.sh", &files), "sh b.sh\nsh c.sh; sh a.sh");
    }

    #[test]
    fn a_step_stays_small() {
        let long = "x".repeat(200_000);
        assert_eq!(appended("sh a.sh", &[("a.sh", &long)]), "");
    }
}
