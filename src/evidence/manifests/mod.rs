//! Package manifests: which packages an application depends on directly, and whether production installs them.
//!
//! A manifest is the file in which people write what they want (`Gemfile`, `package.json`, `pyproject.toml`, ...). A lockfile is what a
//! tool made of it. Only manifests say *direct*: a lockfile also lists what came along, and a package that came along proves nothing (the
//! OpenTelemetry API is in half of all lockfiles). The one lockfile read for packages is `Gemfile.lock`, whose `DEPENDENCIES` section
//! repeats the manifest; callers use it only where no manifest stands beside it. Which lockfile covers which manifest is another question,
//! answered by [`lockfiles`].
//!
//! Manifests that are programs (`Gemfile`, `build.gradle`, `mix.exs`, `setup.py`) are never run. They are cut into tokens and searched for
//! the calls people write; what depends on running them is named in [`Manifest::unread`].
//!
//! **Nouns.** A [`Registry`] decides how names compare. A [`Package`] is one direct dependency at one line; it is `runtime` unless the
//! manifest, or the manifest's own name, says that only developers and tests install it. When in doubt an unknown group is runtime.

mod cargo;
mod composer;
mod go;
mod gradle;
mod hex;
pub mod lockfiles;
mod maven;
mod npm;
mod nuget;
mod pypi;
mod requirements;
mod rubygems;
mod script;
pub mod see;
mod setuptools;
mod text;

use std::borrow::Cow;

/// Manifests above this many bytes are not read: nobody writes one by hand.
pub const MAX_BYTES: usize = 5 * 1024 * 1024;

/// A manifest repeats the same trouble many times; the user needs to read it only so often.
const MAX_NOTES: usize = 20;

/// Longest name that is still a name (npm allows 214 characters, Go module paths are a little longer).
const MAX_NAME: usize = 300;

/// More dependencies than any manifest has.
const MAX_PACKAGES: usize = 20_000;

/// A package registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Registry {
    /// RubyGems.
    Gem,
    /// npm.
    Npm,
    /// PyPI.
    Pypi,
    /// Go modules.
    Go,
    /// crates.io.
    Cargo,
    /// Maven repositories.
    Maven,
    /// NuGet.
    Nuget,
    /// Packagist.
    Composer,
    /// Hex.
    Hex,
}

/// A direct dependency that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Where the name belongs.
    pub registry: Registry,
    /// The normalised name.
    pub name: String,
    /// True when production installs it.
    pub runtime: bool,
    /// 1-based line.
    pub line: u32,
}

/// What a manifest or lockfile says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Direct dependencies, in the order written.
    pub packages: Vec<Package>,
    /// Parts that could not be read, in words for the user: "requirements are included from another file: base.txt".
    pub unread: Vec<String>,
}

impl Manifest {
    fn add(&mut self, registry: Registry, name: &str, runtime: bool, line: u32) {
        let name = name.trim();
        if name.is_empty() || name.len() > MAX_NAME || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return;
        }
        if self.packages.len() >= MAX_PACKAGES {
            return self.note(format!("more than {MAX_PACKAGES} dependencies, the rest is not read"));
        }
        self.packages.push(Package { registry, name: normalise(registry, name), runtime, line });
    }

    fn note(&mut self, words: String) {
        if self.unread.len() < MAX_NOTES && !self.unread.contains(&words) {
            self.unread.push(words);
        }
    }

    /// Makes all packages development ones: a test project installs nothing in production.
    fn development_only(mut self) -> Self {
        self.packages.iter_mut().for_each(|package| package.runtime = false);
        self
    }
}

/// The registry of a manifest (or of a lockfile that stands in for one), told by its path.
///
/// The name alone decides, with the case rules of the tool that reads it: `Gemfile` is exact, `.CSPROJ` is not. Directories such as
/// `node_modules` or `vendor` are for the caller to leave out.
pub fn registry_of(path: &str) -> Option<Registry> {
    let name = file_name(path);
    match name {
        "package.json" => Some(Registry::Npm),
        "composer.json" => Some(Registry::Composer),
        "mix.exs" => Some(Registry::Hex),
        "go.mod" => Some(Registry::Go),
        "Cargo.toml" => Some(Registry::Cargo),
        "pom.xml" => Some(Registry::Maven),
        _ if rubygems::is_manifest(name) => Some(Registry::Gem),
        _ if gradle::is_manifest(name) => Some(Registry::Maven),
        _ if nuget::is_manifest(name) => Some(Registry::Nuget),
        _ if pypi::is_manifest(path) => Some(Registry::Pypi),
        _ => None,
    }
}

/// The direct dependencies that a manifest names. `Err` says in words why the file cannot be read at all.
///
/// Packages are in the order of their lines. A path that [`registry_of`] does not know gives an empty manifest.
pub fn read(path: &str, text: &str) -> Result<Manifest, String> {
    if text.len() > MAX_BYTES {
        return Err("larger than 5 MB, not read".to_owned());
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut manifest = match registry_of(path) {
        None => Ok(Manifest::default()),
        Some(Registry::Gem) => rubygems::read(path, text),
        Some(Registry::Npm) => npm::read(text),
        Some(Registry::Pypi) => pypi::read(path, text),
        Some(Registry::Go) => Ok(go::read(text)),
        Some(Registry::Cargo) => cargo::read(text),
        Some(Registry::Maven) if file_name(path) == "pom.xml" => maven::read(text),
        Some(Registry::Maven) => gradle::read(path, text),
        Some(Registry::Nuget) => nuget::read(path, text),
        Some(Registry::Composer) => composer::read(text),
        Some(Registry::Hex) => hex::read(text),
    }?;
    manifest.packages.sort_by_key(|package| package.line);
    manifest.packages.dedup();
    Ok(manifest)
}

/// A package name as its registry compares it.
///
/// PyPI by PEP 503 (lower case, each run of `-`, `_` and `.` is one `-`); crates.io without case and with `_` as `-`; NuGet and Packagist
/// without case; the others exactly as written.
pub fn normalise(registry: Registry, name: &str) -> String {
    folded(registry, name).into_owned()
}

/// Whether a dependency's normalised name is the one a definition asks for.
///
/// Go asks by path: `github.com/getsentry/sentry-go` is met by the module itself and by every module below it, `/vN` included.
pub fn same(registry: Registry, asked: &str, have: &str) -> bool {
    let asked = folded(registry, asked);
    match registry {
        Registry::Go => have.strip_prefix(asked.as_ref()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        _ => asked == have,
    }
}

/// [`normalise`] without an allocation where the name is normal already.
fn folded(registry: Registry, name: &str) -> Cow<'_, str> {
    match registry {
        Registry::Pypi => pypi::folded(name),
        Registry::Cargo if name.contains(|c: char| c == '_' || c.is_ascii_uppercase()) => {
            Cow::Owned(name.to_ascii_lowercase().replace('_', "-"))
        }
        Registry::Nuget | Registry::Composer if name.contains(char::is_uppercase) => Cow::Owned(name.to_lowercase()),
        _ => Cow::Borrowed(name),
    }
}

/// The last component of a path.
fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a group, extra or dependency set is named for developers, tests or checks rather than for production.
fn is_development(group: &str) -> bool {
    const WHOLE: &[&str] = &[
        "benchmark",
        "benchmarks",
        "ci",
        "console",
        "coverage",
        "cucumber",
        "debug",
        "dev",
        "develop",
        "developer",
        "development",
        "doc",
        "docs",
        "documentation",
        "e2e",
        "format",
        "lint",
        "linter",
        "linters",
        "linting",
        "local",
        "mypy",
        "pre-commit",
        "profiling",
        "pytest",
        "quality",
        "rspec",
        "rubocop",
        "ruff",
        "spec",
        "specs",
        "style",
        "test",
        "testing",
        "tests",
        "types",
        "typing",
    ];
    const PART: &[&str] = &[
        "benchmark",
        "benchmarks",
        "dev",
        "development",
        "docs",
        "lint",
        "linting",
        "mypy",
        "rubocop",
        "test",
        "testing",
        "tests",
        "typing",
    ];
    let group = group.to_ascii_lowercase();
    let mut parts = group.split(['-', '_', '.']);
    let first = parts.next().unwrap_or_default();
    let last = parts.next_back().unwrap_or(first);
    !is_production(&group) && (WHOLE.contains(&group.as_str()) || PART.contains(&first) || PART.contains(&last))
}

/// Whether a group names production outright.
fn is_production(group: &str) -> bool {
    const WORDS: &[&str] = &["default", "deploy", "deployment", "main", "prod", "production", "release", "server", "staging"];
    group.split(['-', '_', '.']).any(|part| WORDS.contains(&part))
}

#[cfg(test)]
mod tests;
