//! Scripts that package managers run: npm and its like, composer, mix, deno.

use super::super::sources::{Sources, resolve};
use super::Script;
use serde_json::Value as Json;

/// Commands of yarn, pnpm and bun that are no scripts, whatever `package.json` says.
const BUILT_IN: [&str; 26] = [
    "add", "audit", "bin", "cache", "config", "create", "dedupe", "deploy", "dlx", "exec", "fetch", "i", "import", "info", "init",
    "install", "link", "outdated", "pack", "pm", "publish", "remove", "up", "upgrade", "why", "x",
];
/// Scripts that npm runs without `run`.
const SHORT: [&str; 6] = ["test", "t", "tst", "start", "stop", "restart"];

/// Most packages of a workspace whose names are looked at.
const MAX_PACKAGES: usize = 100;

/// What the words after `npm`, `pnpm`, `yarn` or `bun` ask for.
#[derive(Default)]
struct Asked<'a> {
    words: Vec<&'a str>,
    directory: Option<&'a str>,
    package: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn of(arguments: &'a [String]) -> Self {
        let mut asked = Asked::default();
        let mut arguments = arguments.iter().map(String::as_str).take_while(|word| *word != "--");
        while let Some(word) = arguments.next() {
            let (option, value) = word.split_once('=').map_or((word, None), |(option, value)| (option, Some(value)));
            match option {
                "--prefix" | "-C" | "--cwd" | "--dir" => asked.directory = value.or_else(|| arguments.next()),
                "--filter" | "-F" | "-w" | "--workspace" => asked.package = value.or_else(|| arguments.next()),
                "workspace" if asked.words.is_empty() => asked.package = arguments.next(),
                option if option.starts_with('-') => {}
                _ => asked.words.push(word),
            }
        }
        asked
    }

    fn script(&self, manager: &str) -> Option<&'a str> {
        match self.words.as_slice() {
            ["run" | "run-script", script, ..] => Some(script),
            ["t" | "tst", ..] if manager == "npm" => Some("test"),
            [script, ..] if manager == "npm" => SHORT.contains(script).then_some(*script),
            ["test", ..] if manager == "bun" => None,
            [script, ..] => (!BUILT_IN.contains(script)).then_some(*script),
            [] => None,
        }
    }
}

/// The script of `package.json` that an npm-like command runs, with the ones before and after it.
pub(super) fn npm(manager: &str, arguments: &[String], directory: &str, sources: &Sources) -> Vec<Script> {
    let asked = Asked::of(arguments);
    let script = asked.script(manager);
    let found = script.and_then(|script| {
        let directory = match (asked.directory, asked.package) {
            (Some(path), _) => resolve(directory, path)?,
            (None, Some(package)) => workspace(package, sources)?,
            (None, None) => directory.to_owned(),
        };
        package_script(script, &directory, sources)
    });
    found.into_iter().collect()
}

fn package_script(script: &str, directory: &str, sources: &Sources) -> Option<Script> {
    let path = resolve(directory, "package.json")?;
    let package = json(&path, sources)?;
    let scripts = package.get("scripts")?;
    scripts.get(script)?;
    let around = [format!("pre{script}"), script.to_owned(), format!("post{script}")];
    let lines: Vec<&str> = around.iter().filter_map(|name| scripts.get(name)?.as_str()).collect();
    Some(Script::new(format!("{path} {script}"), lines.join("\n"), directory))
}

/// The directory of a package of the workspace, by its path or name.
fn workspace(package: &str, sources: &Sources) -> Option<String> {
    let wanted = package.trim_start_matches("./").trim_end_matches("...");
    let short = wanted.rsplit('/').next().unwrap_or(wanted);
    let directories =
        || sources.paths().iter().filter_map(|path| path.strip_suffix("/package.json")).filter(|path| !path.contains("node_modules"));
    let near = |directory: &&str| *directory == wanted || directory.rsplit('/').next() == Some(short);
    let named = |directory: &&str| {
        let package = json(&format!("{directory}/package.json"), sources);
        package.is_some_and(|package| package.get("name").and_then(Json::as_str) == Some(wanted))
    };
    let found = directories().find(near).or_else(|| directories().take(MAX_PACKAGES).find(named));
    found.map(str::to_owned)
}

fn json(path: &str, sources: &Sources) -> Option<Json> {
    serde_json::from_str(&sources.script(path)?).ok()
}

/// A script of `composer.json`; `@other` calls another one, `@php` is the interpreter.
pub(super) fn composer(arguments: &[String], directory: &str, sources: &Sources) -> Vec<Script> {
    let mut words = arguments.iter().filter(|word| !word.starts_with('-'));
    let script = words.find(|word| !matches!(word.as_str(), "run" | "run-script"));
    let found = script.and_then(|script| {
        let path = resolve(directory, "composer.json")?;
        let text = composer_lines(json(&path, sources)?.get("scripts")?.get(script)?);
        Some(Script::new(format!("{path} {script}"), text, directory))
    });
    found.into_iter().collect()
}

fn composer_lines(script: &Json) -> String {
    let line = |line: &str| match line.strip_prefix('@') {
        Some(rest) if rest.starts_with("php ") || rest.starts_with("composer ") => rest.to_owned(),
        Some(other) => format!("composer {other}"),
        None => line.to_owned(),
    };
    match script {
        Json::String(only) => line(only),
        Json::Array(lines) => lines.iter().filter_map(Json::as_str).map(line).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}

/// A task of `deno.json`.
pub(super) fn deno(arguments: &[String], directory: &str, sources: &Sources) -> Vec<Script> {
    let mut words = arguments.iter().filter(|word| !word.starts_with('-'));
    let task = words.next().filter(|word| *word == "task").and_then(|_| words.next());
    let found = task.and_then(|task| {
        let path = resolve(directory, "deno.json")?;
        let text = json(&path, sources)?.get("tasks")?.get(task)?.as_str()?.to_owned();
        Some(Script::new(format!("{path} {task}"), text, directory))
    });
    found.into_iter().collect()
}

/// The tasks behind the aliases that `mix.exs` defines for the tasks called (`mix do a, b` calls several).
pub(super) fn mix(arguments: &[String], directory: &str, sources: &Sources) -> Vec<Script> {
    let called = || {
        let path = resolve(directory, "mix.exs")?;
        let text = sources.script(&path)?;
        let aliases = &text[text.find("defp aliases").or_else(|| text.find("def aliases"))?..];
        let scripts = arguments.iter().take(16).map(|task| task.trim_end_matches(',')).filter_map(|task| {
            let tasks = alias(aliases, task)?;
            Some(Script::new(format!("{path} {task}"), tasks, directory))
        });
        Some(scripts.collect())
    };
    called().unwrap_or_default()
}

/// The texts in the list after `task:` or `"task":`, each as a call of mix.
fn alias(aliases: &str, task: &str) -> Option<String> {
    let after = |key: &str| aliases.find(key).map(|at| aliases[at + key.len()..].trim_start());
    let key = format!("\"{task}\":");
    let list = after(&key).or_else(|| after(&format!(" {task}:")))?.strip_prefix('[')?;
    let list = list.split(']').next()?;
    let tasks: Vec<String> = list.split('"').skip(1).step_by(2).map(|task| format!("mix {task}")).collect();
    (!tasks.is_empty()).then(|| tasks.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::super::super::tests_support::Files;
    use super::super::follow;
    use super::*;

    fn appended(run: &str, files: &[(&str, &str)]) -> String {
        let files = Files::new(files);
        follow(run, "", &Sources::new(&files)).strip_prefix(run).unwrap_or("?").trim_start().to_owned()
    }

    #[test]
    fn composer_scripts() {
        let files = [("composer.json", r#"{"scripts": {"test": ["@lint", "@php artisan test"], "lint": "phpcs"}}"#)];
        assert_eq!(appended("composer test", &files), "composer lint\nphp artisan test\nphpcs");
        assert_eq!(appended("composer run-script --timeout=0 lint", &files), "phpcs");
        assert_eq!(appended("composer install", &files), "");
    }

    #[test]
    fn mix_aliases() {
        let mix = "defp aliases do\n [\n  \"ecto.setup\": [\"ecto.create\", \"ecto.migrate\"],\n  test: [\"ecto.create --quiet\", \"test\"]\n ]\nend";
        let files = [("mix.exs", mix)];
        assert_eq!(appended("mix test", &files), "mix ecto.create --quiet\nmix test");
        assert_eq!(appended("mix ecto.setup", &files), "mix ecto.create\nmix ecto.migrate");
        assert_eq!(appended("mix format --check", &files), "");
    }

    #[test]
    fn deno_tasks() {
        assert_eq!(appended("deno task ci", &[("deno.json", r#"{"tasks": {"ci": "deno test -A"}}"#)]), "deno test -A");
    }

    #[test]
    fn hostile_manifests_give_nothing() {
        for text in ["", "{", "[]", r#"{"scripts": []}"#, r#"{"scripts": {"test": {}}}"#, &"[".repeat(100_000)] {
            assert_eq!(appended("npm test", &[("package.json", text)]), "");
            assert_eq!(appended("composer test", &[("composer.json", text)]), "");
            assert_eq!(appended("mix test", &[("mix.exs", text)]), "");
        }
    }
}
