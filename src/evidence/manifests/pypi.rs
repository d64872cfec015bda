//! PyPI, where five file forms say the same: `requirements*.txt`/`.in`, `pyproject.toml`, `Pipfile`, `setup.cfg` and `setup.py`.
//!
//! This file tells the forms apart and reads the two that are TOML; [`requirements`](super::requirements) and
//! [`setuptools`](super::setuptools) read the others. Dependency sets have free names here, so [`is_development`] decides by the name:
//! an extra called `docs` is for developers, one called `postgres` may well be in production. PEP 735 groups are for developers unless the
//! name says production. `[build-system]` and hatch environments never reach production.

use std::borrow::Cow;

use toml::de::{DeTable, DeValue};

use super::requirements::{self, requirement};
use super::text::{Lines, toml_at, toml_strings, toml_table};
use super::{Manifest, Registry, file_name, is_development, is_production, setuptools};

/// Whether a path is one of the five forms.
pub(super) fn is_manifest(path: &str) -> bool {
    matches!(file_name(path), "pyproject.toml" | "Pipfile" | "setup.cfg" | "setup.py") || requirements::is_manifest(path)
}

/// PEP 503: lower case, and each run of `-`, `_` and `.` is one `-`.
pub(super) fn folded(name: &str) -> Cow<'_, str> {
    if !name.contains(|c: char| c.is_uppercase() || c == '_' || c == '.') && !name.contains("--") {
        return Cow::Borrowed(name);
    }
    let mut folded = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if folded.ends_with('-') => {}
            '-' | '_' | '.' => folded.push('-'),
            c => folded.extend(c.to_lowercase()),
        }
    }
    Cow::Owned(folded)
}

pub(super) fn read(path: &str, text: &str) -> Result<Manifest, String> {
    match file_name(path) {
        "pyproject.toml" => pyproject(text),
        "Pipfile" => pipfile(text),
        "setup.cfg" => Ok(setuptools::cfg(text)),
        "setup.py" => setuptools::py(text),
        _ => Ok(requirements::read(path, text)),
    }
}

/// Adds a requirement as PEP 508 writes it.
pub(super) fn add(manifest: &mut Manifest, text: &str, runtime: bool, line: u32) {
    if let Some(name) = requirement(text) {
        manifest.add(Registry::Pypi, name, runtime, line);
    }
}

struct Reader<'t> {
    lines: Lines,
    manifest: Manifest,
    root: &'t DeTable<'t>,
}

fn pyproject(text: &str) -> Result<Manifest, String> {
    let (root, trouble) = toml_table(text)?;
    let manifest = Manifest { unread: trouble.into_iter().collect(), ..Manifest::default() };
    let mut reader = Reader { lines: Lines::new(text), manifest, root: &root };
    reader.list(&["project", "dependencies"], true);
    reader.lists(&["project", "optional-dependencies"], |extra| !is_development(extra));
    reader.lists(&["dependency-groups"], is_production);
    reader.list(&["tool", "uv", "dev-dependencies"], false);
    reader.lists(&["tool", "pdm", "dev-dependencies"], |_| false);
    reader.hatch();
    reader.poetry();
    reader.dynamic();
    Ok(reader.manifest)
}

fn pipfile(text: &str) -> Result<Manifest, String> {
    const OTHER: &[&str] = &["dev-packages", "pipenv", "requires", "scripts", "source"];
    let (root, trouble) = toml_table(text)?;
    let manifest = Manifest { unread: trouble.into_iter().collect(), ..Manifest::default() };
    let mut reader = Reader { lines: Lines::new(text), manifest, root: &root };
    reader.names(&["dev-packages"], false);
    for key in root.keys().filter(|key| !OTHER.contains(&key.get_ref().as_ref())) {
        reader.names(&[key.get_ref()], !is_development(key.get_ref()));
    }
    Ok(reader.manifest)
}

impl Reader<'_> {
    fn value(&self, path: &[&str]) -> Option<&DeValue<'_>> {
        let (last, parents) = path.split_last()?;
        Some(toml_at(self.root, parents)?.get(*last)?.get_ref())
    }

    /// An array of requirements.
    fn list(&mut self, path: &[&str], runtime: bool) {
        let found: Vec<(String, u32)> = match self.value(path) {
            Some(value) => toml_strings(value, &self.lines).into_iter().map(|(text, line)| (text.to_owned(), line)).collect(),
            None => Vec::new(),
        };
        for (text, line) in found {
            add(&mut self.manifest, &text, runtime, line);
        }
    }

    /// A table of arrays, judged by its keys.
    fn lists(&mut self, path: &[&str], runtime: impl Fn(&str) -> bool) {
        for key in self.keys(path) {
            self.list(&[path, &[key.as_str()]].concat(), runtime(&key));
        }
    }

    /// A table whose keys are package names. `python` is the interpreter.
    fn names(&mut self, path: &[&str], runtime: bool) {
        let entries = toml_at(self.root, path).map(|table| table.keys()).into_iter().flatten();
        for name in entries.filter(|name| *name.get_ref() != "python") {
            let line = self.lines.of(name.span().start);
            self.manifest.add(Registry::Pypi, name.get_ref(), runtime, line);
        }
    }

    fn keys(&self, path: &[&str]) -> Vec<String> {
        let keys = toml_at(self.root, path).map(|table| table.keys()).into_iter().flatten();
        keys.map(|key| key.get_ref().to_string()).collect()
    }

    fn hatch(&mut self) {
        for name in self.keys(&["tool", "hatch", "envs"]) {
            for section in ["dependencies", "extra-dependencies"] {
                self.list(&["tool", "hatch", "envs", &name, section], false);
            }
        }
    }

    fn poetry(&mut self) {
        self.names(&["tool", "poetry", "dependencies"], true);
        self.names(&["tool", "poetry", "dev-dependencies"], false);
        for group in self.keys(&["tool", "poetry", "group"]) {
            self.names(&["tool", "poetry", "group", &group, "dependencies"], !is_development(&group));
        }
    }

    /// `dynamic = ["dependencies"]`: the build backend finds them, perhaps in a file that can be named.
    fn dynamic(&mut self) {
        let dynamic = self.value(&["project", "dynamic"]).map(|value| toml_strings(value, &self.lines)).unwrap_or_default();
        if !dynamic.iter().any(|(name, _)| *name == "dependencies") {
            return;
        }
        let file = self.value(&["tool", "setuptools", "dynamic", "dependencies", "file"]);
        let file = file.and_then(|file| Some(file.as_str().or_else(|| file.as_array()?.first()?.get_ref().as_str())?.to_owned()));
        self.manifest.note(match file {
            Some(file) => format!("requirements are included from another file: {file}"),
            None => "the build backend computes the dependencies".to_owned(),
        });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{line_of, listed};
    use super::super::{Registry, normalise, read};

    #[test]
    fn names_by_pep_503() {
        assert_eq!(normalise(Registry::Pypi, "Sentry__SDK"), "sentry-sdk");
        assert_eq!(normalise(Registry::Pypi, "zope.interface"), "zope-interface");
        assert_eq!(normalise(Registry::Pypi, "a-_.b"), "a-b");
    }

    #[test]
    fn standard_metadata_and_groups() {
        let text = r#"[build-system]
requires = ["hatchling"]
[project]
name = "app"
dependencies = [
  "Django>=5,<6",
  "sentry_sdk[django]==2.20 ; python_version > '3.8'",
  "internal @ git+https://example.com/x.git",
]
[project.optional-dependencies]
dev = ["pytest"]
postgres = ["psycopg[binary]"]
[dependency-groups]
dev = ["ruff", { include-group = "docs" }]
docs = ["sphinx"]
prod = ["gunicorn"]
[tool.uv]
dev-dependencies = ["mypy"]
[tool.pdm.dev-dependencies]
x = ["black"]
[tool.hatch.envs.default]
dependencies = ["coverage"]
"#;
        let expected = "+django +sentry-sdk +internal -pytest +psycopg -ruff -sphinx +gunicorn -mypy -black -coverage";
        assert_eq!(listed("pyproject.toml", text), expected);
        assert_eq!(line_of("pyproject.toml", text, "sentry-sdk"), 7);
    }

    #[test]
    fn poetry() {
        let text = r#"[tool.poetry.dependencies]
python = "^3.12"
Flask = "^3"
structlog = { version = "*", optional = true }
[tool.poetry.group.main.dependencies]
celery = "*"
[tool.poetry.group.test.dependencies]
pytest = "*"
[tool.poetry.group.worker.dependencies]
redis = "*"
[tool.poetry.dev-dependencies]
black = "*"
"#;
        assert_eq!(listed("app/pyproject.toml", text), "+flask +structlog +celery -pytest +redis -black");
        assert_eq!(line_of("pyproject.toml", text, "celery"), 6);
    }

    #[test]
    fn pipfiles() {
        let text = "[[source]]\nurl = \"https://pypi.org/simple\"\n[packages]\ndjango = \"*\"\nx = {git = \"https://example.com/x\"}\n[dev-packages]\npytest = \"*\"\n[docs]\nsphinx = \"*\"\n[requires]\npython_version = \"3.12\"\n";
        assert_eq!(listed("Pipfile", text), "+django +x -pytest -sphinx");
    }

    #[test]
    fn computed_dependencies_are_named() {
        let file = "[project]\ndynamic = [\"version\", \"dependencies\"]\n[tool.setuptools.dynamic]\ndependencies = {file = [\"requirements.txt\"]}\n";
        assert_eq!(read("pyproject.toml", file).unwrap().unread, ["requirements are included from another file: requirements.txt"]);
        let code = "[project]\ndynamic = [\"dependencies\"]\n";
        assert_eq!(read("pyproject.toml", code).unwrap().unread, ["the build backend computes the dependencies"]);
    }
}
