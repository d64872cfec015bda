//! Which lockfile covers which manifest: does every application pin what it installs, transitive packages included?
//!
//! A [`Tree`] knows all paths of a repository and, where the caller can give it, the text of a few (workspace roots). For each manifest
//! [`lockfile_for`] answers with a [`Cover`]. A lockfile covers the manifests in its own directory. A workspace root's lockfile also covers
//! the members below it: npm, pnpm, yarn and bun workspaces, Cargo and uv workspaces, Elixir umbrellas, Gradle builds. Where the root says
//! who its members are, it is believed; where it says nothing, a neighbour below it is not covered, for a package manager run there would
//! resolve anew. The exception is Cargo, which refuses to build a package below a workspace that neither contains nor excludes it.
//!
//! This is not a verdict. Whether a library needs a lockfile, and whether Maven's habit of writing exact versions is enough, is for the
//! check to say; [`Cover::ByConvention`] keeps the two apart. A manifest without any dependency needs no lockfile: see [`super::read`].

use std::collections::{BTreeMap, BTreeSet};

use globset::{GlobBuilder, GlobMatcher};
use jsonc_parser::ast::Value;

pub use super::requirements::is_pinned;
use super::text::{Lines, json_object, toml_at, toml_strings, toml_table};
use super::{MAX_BYTES, Registry, file_name, registry_of};

/// What fixes the versions of a manifest's packages, transitive ones included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cover {
    /// This lockfile, committed.
    Lockfile(String),
    /// This requirements file, provided that [`is_pinned`] holds for its text. It may be the manifest itself.
    IfPinned(String),
    /// No lockfile, but exact versions are the registry's convention, or versions are for somebody else to choose. Says why, in words.
    ByConvention(&'static str),
    /// Nothing.
    Nothing,
}

/// All paths of a repository (relative, with `/`), and the texts of workspace roots.
#[derive(Debug, Default)]
pub struct Tree<'p> {
    paths: BTreeSet<&'p str>,
    texts: BTreeMap<&'p str, &'p str>,
}

impl<'p> Tree<'p> {
    /// A tree of these paths.
    pub fn new(paths: impl IntoIterator<Item = &'p str>) -> Self {
        Self { paths: paths.into_iter().collect(), texts: BTreeMap::new() }
    }

    /// Adds the text of a file. Those that matter are told by [`is_workspace_root`].
    #[must_use]
    pub fn with_text(mut self, path: &'p str, text: &'p str) -> Self {
        self.paths.insert(path);
        if text.len() <= MAX_BYTES {
            self.texts.insert(path, text.strip_prefix('\u{feff}').unwrap_or(text));
        }
        self
    }

    /// The first of these names that stands in a directory.
    fn first_in(&self, directory: &str, names: &[&str]) -> Option<String> {
        names.iter().map(|name| joined(directory, name)).find(|path| self.paths.contains(path.as_str()))
    }

    fn text_in(&self, directory: &str, name: &str) -> Option<&'p str> {
        self.texts.get(joined(directory, name).as_str()).copied()
    }

    fn holds(&self, directory: &str, name: &str) -> bool {
        self.paths.contains(joined(directory, name).as_str())
    }
}

/// Whether the text of this path helps to tell who belongs to a workspace.
pub fn is_workspace_root(path: &str) -> bool {
    matches!(file_name(path), "package.json" | "pnpm-workspace.yaml" | "lerna.json" | "Cargo.toml" | "pyproject.toml")
}

/// The cover of every manifest in a tree, in the order of paths. Lockfiles and version catalogs are no manifests here.
pub fn all<'p>(tree: &Tree<'p>) -> Vec<(&'p str, Cover)> {
    let manifests = tree.paths.iter().filter(|path| is_subject(path));
    manifests.map(|path| (*path, lockfile_for(path, tree))).collect()
}

/// A manifest by itself: what installs packages somewhere.
fn is_subject(path: &str) -> bool {
    let name = file_name(path);
    let shared = name.ends_with(".versions.toml") || name.to_ascii_lowercase().starts_with("directory.");
    let script = name.ends_with(".gradle") || name.ends_with(".gradle.kts");
    let lock = name.ends_with(".lock") || name == "gems.locked";
    registry_of(path).is_some() && !lock && !shared && (!script || name.starts_with("build.gradle"))
}

/// What covers a manifest. A path that is no manifest is covered by nothing.
pub fn lockfile_for(manifest: &str, tree: &Tree<'_>) -> Cover {
    let (directory, name) = manifest.rsplit_once('/').unwrap_or(("", manifest));
    match registry_of(manifest) {
        None => Cover::Nothing,
        Some(Registry::Gem) => gem(directory, name, tree),
        Some(Registry::Npm) => npm(directory, tree),
        Some(Registry::Pypi) => pypi(directory, name, tree),
        Some(Registry::Go) => go(directory, tree),
        Some(Registry::Cargo) => cargo(directory, tree),
        Some(Registry::Maven) => maven(directory, name, tree),
        Some(Registry::Nuget) => beside(directory, &["packages.lock.json"], tree).unwrap_or(Cover::Nothing),
        Some(Registry::Composer) => beside(directory, &["composer.lock"], tree).unwrap_or(Cover::Nothing),
        Some(Registry::Hex) => hex(directory, tree),
    }
}

fn beside(directory: &str, names: &[&str], tree: &Tree<'_>) -> Option<Cover> {
    tree.first_in(directory, names).map(Cover::Lockfile)
}

fn gem(directory: &str, name: &str, tree: &Tree<'_>) -> Cover {
    let lock = match name {
        "gems.rb" => "gems.locked".to_owned(),
        _ if name.starts_with("Gemfile") => format!("{name}.lock"),
        _ => "Gemfile.lock".to_owned(),
    };
    let otherwise = if name.ends_with(".gemspec") { Cover::ByConvention("a gem leaves versions to its users") } else { Cover::Nothing };
    beside(directory, &[&lock], tree).unwrap_or(otherwise)
}

/// The lockfiles of npm's package managers.
const NPM_LOCKS: &[&str] =
    &["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb", "deno.lock"];

fn npm(directory: &str, tree: &Tree<'_>) -> Cover {
    let own = beside(directory, NPM_LOCKS, tree);
    let root = || ancestors(directory).find(|root| tree.first_in(root, NPM_LOCKS).is_some() && has_npm_member(root, directory, tree));
    let rush = || tree.first_in("common/config/rush", NPM_LOCKS).filter(|_| tree.holds("", "rush.json")).map(Cover::Lockfile);
    own.or_else(|| beside(root()?, NPM_LOCKS, tree)).or_else(rush).unwrap_or(Cover::Nothing)
}

/// Whether the workspace at `root` lists the package in `directory`.
fn has_npm_member(root: &str, directory: &str, tree: &Tree<'_>) -> bool {
    let mut patterns = tree.text_in(root, "package.json").map(npm_workspaces).unwrap_or_default();
    patterns.extend(tree.text_in(root, "pnpm-workspace.yaml").map(pnpm_packages).unwrap_or_default());
    patterns.extend(tree.text_in(root, "lerna.json").map(lerna_packages).unwrap_or_default());
    let unread = tree.holds(root, "pnpm-workspace.yaml") && tree.text_in(root, "pnpm-workspace.yaml").is_none();
    unread || is_listed(&patterns, below(root, directory))
}

/// `"workspaces": ["packages/*"]` or `{ "packages": [...] }`.
fn npm_workspaces(text: &str) -> Vec<String> {
    let Ok(root) = json_object(text) else { return Vec::new() };
    match root.get("workspaces").map(|property| &property.value) {
        Some(Value::Object(object)) => object.get("packages").map(|property| json_texts(&property.value)).unwrap_or_default(),
        Some(value) => json_texts(value),
        None => Vec::new(),
    }
}

fn lerna_packages(text: &str) -> Vec<String> {
    let Ok(root) = json_object(text) else { return Vec::new() };
    root.get("packages").map(|property| json_texts(&property.value)).unwrap_or_default()
}

fn json_texts(value: &Value<'_>) -> Vec<String> {
    let items = value.as_array().map(|array| array.elements.iter()).into_iter().flatten();
    items.filter_map(|item| Some(item.as_string_lit()?.value.to_string())).collect()
}

/// The list under `packages:` in `pnpm-workspace.yaml`, a file flat enough to be read by lines.
fn pnpm_packages(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.split(" #").next().unwrap_or_default().trim_end());
    let list = lines.skip_while(|line| !line.starts_with("packages:")).collect::<Vec<_>>();
    let Some((head, rest)) = list.split_first() else { return Vec::new() };
    let inline = head.trim_start_matches("packages:").trim().trim_matches(['[', ']']).split(',');
    let items = rest.iter().map(|line| line.trim()).take_while(|line| line.is_empty() || line.starts_with(['-', '#']));
    let items = inline.chain(items.filter_map(|line| line.strip_prefix('-')));
    items.map(|item| item.trim().trim_matches(['"', '\'']).to_owned()).filter(|item| !item.is_empty()).collect()
}

fn pypi(directory: &str, name: &str, tree: &Tree<'_>) -> Cover {
    if let Some(stem) = name.strip_suffix(".in") {
        let compiled = tree.first_in(directory, &[&format!("{stem}.txt"), &format!("{stem}.lock")]);
        return compiled.map_or(Cover::Nothing, Cover::IfPinned);
    }
    if name.ends_with(".txt") {
        return Cover::IfPinned(joined(directory, name));
    }
    if name == "Pipfile" {
        return beside(directory, &["Pipfile.lock"], tree).unwrap_or(Cover::Nothing);
    }
    let own = beside(directory, &["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"], tree);
    let root = || ancestors(directory).find(|root| tree.holds(root, "uv.lock") && has_uv_member(root, directory, tree));
    let compiled = || tree.first_in(directory, &["requirements.txt", "requirements.lock", "requirements/base.txt"]).map(Cover::IfPinned);
    own.or_else(|| beside(root()?, &["uv.lock"], tree)).or_else(compiled).unwrap_or(Cover::Nothing)
}

fn has_uv_member(root: &str, directory: &str, tree: &Tree<'_>) -> bool {
    let Some(text) = tree.text_in(root, "pyproject.toml") else { return false };
    let (members, excluded) = toml_members(text, &["tool", "uv", "workspace"]);
    is_listed(&members, below(root, directory)) && !is_listed(&excluded, below(root, directory))
}

/// `members` and `exclude` of a workspace table.
fn toml_members(text: &str, table: &[&str]) -> (Vec<String>, Vec<String>) {
    let Ok((root, _)) = toml_table(text) else { return Default::default() };
    let lines = Lines::new(text);
    let list = |key: &str| {
        let value = toml_at(&root, table).and_then(|table| table.get(key)).map(|value| toml_strings(value.get_ref(), &lines));
        value.unwrap_or_default().into_iter().map(|(text, _)| text.to_owned()).collect()
    };
    (list("members"), list("exclude"))
}

fn go(directory: &str, tree: &Tree<'_>) -> Cover {
    let workspace = || tree.first_in(directory, &["vendor/modules.txt"]).map(Cover::Lockfile);
    beside(directory, &["go.sum"], tree).or_else(workspace).unwrap_or(Cover::Nothing)
}

fn cargo(directory: &str, tree: &Tree<'_>) -> Cover {
    let own = beside(directory, &["Cargo.lock"], tree);
    let contains = |root: &&str| match tree.text_in(root, "Cargo.toml") {
        Some(text) => is_cargo_workspace(text) && !is_below_any(&toml_members(text, &["workspace"]).1, below(root, directory)),
        None => true,
    };
    let root = || ancestors(directory).filter(|root| tree.holds(root, "Cargo.toml")).find(contains);
    own.or_else(|| beside(root()?, &["Cargo.lock"], tree)).unwrap_or(Cover::Nothing)
}

fn is_cargo_workspace(text: &str) -> bool {
    toml_table(text).is_ok_and(|(root, _)| toml_at(&root, &["workspace"]).is_some())
}

/// Cargo's `exclude` names directories, not patterns.
fn is_below_any(directories: &[String], path: &str) -> bool {
    directories
        .iter()
        .map(|directory| directory.trim_end_matches('/'))
        .any(|directory| path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

fn maven(directory: &str, name: &str, tree: &Tree<'_>) -> Cover {
    if name == "pom.xml" {
        return Cover::ByConvention("a pom names exact versions");
    }
    let locks =
        ["gradle.lockfile", "gradle/dependency-locks/compileClasspath.lockfile", "gradle/dependency-locks/runtimeClasspath.lockfile"];
    let convention =
        Cover::ByConvention("Gradle builds name exact versions, except where one ends in '+' or is a range; dependency locking is off");
    beside(directory, &locks, tree).unwrap_or(convention)
}

fn hex(directory: &str, tree: &Tree<'_>) -> Cover {
    let umbrella = |root: &&str| tree.holds(root, "mix.exs") && below(root, directory).starts_with("apps/");
    let root = || ancestors(directory).find(umbrella);
    beside(directory, &["mix.lock"], tree).or_else(|| beside(root()?, &["mix.lock"], tree)).unwrap_or(Cover::Nothing)
}

/// `a/b/c` has the ancestors `a/b`, `a` and the root, nearest first.
fn ancestors(directory: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(parent(directory), |directory| parent(directory))
}

fn parent(directory: &str) -> Option<&str> {
    (!directory.is_empty()).then(|| directory.rsplit_once('/').map_or("", |(parent, _)| parent))
}

fn joined(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

/// The path of `directory` seen from `root`.
fn below<'d>(root: &str, directory: &'d str) -> &'d str {
    directory.strip_prefix(root).unwrap_or(directory).trim_start_matches('/')
}

/// More patterns than any workspace has.
const MAX_PATTERNS: usize = 500;

/// Whether workspace patterns list a directory; a pattern that begins with `!` takes away.
fn is_listed(patterns: &[String], path: &str) -> bool {
    let listed = |negative: bool| {
        let patterns = patterns.iter().take(MAX_PATTERNS).filter(move |pattern| pattern.starts_with('!') == negative);
        patterns.filter_map(|pattern| glob(pattern)).any(|pattern| pattern.is_match(path))
    };
    listed(false) && !listed(true)
}

fn glob(pattern: &str) -> Option<GlobMatcher> {
    let pattern = pattern.trim_start_matches('!').trim_start_matches("./").trim_end_matches('/');
    let glob = GlobBuilder::new(pattern).literal_separator(true).build().ok()?;
    Some(glob.compile_matcher())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn cover(manifest: &str, paths: &[&str], texts: &[(&str, &str)]) -> Cover {
        let mut tree = Tree::new(paths.iter().copied());
        for (path, text) in texts {
            tree = tree.with_text(path, text);
        }
        lockfile_for(manifest, &tree)
    }

    fn locked(path: &str) -> Cover {
        Cover::Lockfile(path.to_owned())
    }

    #[test]
    fn a_lockfile_beside_its_manifest() {
        for (manifest, lock) in [
            ("Gemfile", "Gemfile.lock"),
            ("Gemfile.saas", "Gemfile.saas.lock"),
            ("gems.rb", "gems.locked"),
            ("web/package.json", "web/yarn.lock"),
            ("a/b/composer.json", "a/b/composer.lock"),
            ("go.mod", "go.sum"),
            ("mix.exs", "mix.lock"),
            ("Cargo.toml", "Cargo.lock"),
            ("Pipfile", "Pipfile.lock"),
            ("pyproject.toml", "uv.lock"),
            ("x/pyproject.toml", "x/poetry.lock"),
            ("src/Api/Api.csproj", "src/Api/packages.lock.json"),
            ("build.gradle", "gradle.lockfile"),
        ] {
            assert_eq!(cover(manifest, &[manifest, lock], &[]), locked(lock));
            let without = cover(manifest, &[manifest, "other/Gemfile.lock"], &[]);
            assert!(matches!(without, Cover::Nothing | Cover::ByConvention(_)), "{manifest}");
        }
    }

    #[test]
    fn npm_workspaces_cover_their_members() {
        let paths = ["package.json", "yarn.lock", "packages/a/package.json", "docs/package.json"];
        let root = [("package.json", r#"{"workspaces": ["packages/*", "!packages/x"]}"#)];
        assert_eq!(cover("packages/a/package.json", &paths, &root), locked("yarn.lock"));
        assert_eq!(cover("packages/x/package.json", &paths, &root), Cover::Nothing);
        assert_eq!(cover("docs/package.json", &paths, &root), Cover::Nothing);
        let object = [("package.json", r#"{"workspaces": {"packages": ["./docs/"]}}"#)];
        assert_eq!(cover("docs/package.json", &paths, &object), locked("yarn.lock"));
        assert_eq!(cover("docs/package.json", &paths, &[]), Cover::Nothing);
    }

    #[test]
    fn pnpm_workspaces() {
        let paths = ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"];
        let yaml = "shell: true\npackages:\n  - 'packages/*' # ours\n\n  # more\n  - \"svelte/\"\n  - '!**/test/**'\nother:\n  - docs\n";
        let texts = [("pnpm-workspace.yaml", yaml)];
        assert_eq!(cover("packages/a/package.json", &paths, &texts), locked("pnpm-lock.yaml"));
        assert_eq!(cover("svelte/package.json", &paths, &texts), locked("pnpm-lock.yaml"));
        assert_eq!(cover("docs/package.json", &paths, &texts), Cover::Nothing);
        assert_eq!(cover("a/test/b/package.json", &paths, &[("pnpm-workspace.yaml", "packages: ['**']")]), locked("pnpm-lock.yaml"));
        assert_eq!(cover("docs/package.json", &paths, &[]), locked("pnpm-lock.yaml"));
    }

    #[test]
    fn cargo_uv_and_umbrella_roots() {
        let cargo = ["Cargo.toml", "Cargo.lock", "crates/a/Cargo.toml"];
        let root = [("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"fuzz\"]\n")];
        assert_eq!(cover("crates/a/Cargo.toml", &cargo, &root), locked("Cargo.lock"));
        assert_eq!(cover("fuzz/Cargo.toml", &cargo, &root), Cover::Nothing);
        assert_eq!(cover("other/Cargo.toml", &cargo, &[("Cargo.toml", "[package]\nname = \"x\"\n")]), Cover::Nothing);
        let uv = ["pyproject.toml", "uv.lock", "libs/a/pyproject.toml"];
        let root = [("pyproject.toml", "[tool.uv.workspace]\nmembers = [\"libs/*\"]\n")];
        assert_eq!(cover("libs/a/pyproject.toml", &uv, &root), locked("uv.lock"));
        assert_eq!(cover("tools/pyproject.toml", &uv, &root), Cover::Nothing);
        let mix = ["mix.exs", "mix.lock", "apps/web/mix.exs"];
        assert_eq!(cover("apps/web/mix.exs", &mix, &[]), locked("mix.lock"));
        assert_eq!(cover("forum/mix.exs", &mix, &[]), Cover::Nothing);
    }

    #[test]
    fn requirement_files_are_their_own_lock_when_pinned() {
        let paths = ["requirements.in", "requirements.txt", "setup.py"];
        for manifest in paths {
            assert_eq!(cover(manifest, &paths, &[]), Cover::IfPinned("requirements.txt".to_owned()));
        }
        assert_eq!(cover("requirements/dev.in", &paths, &[]), Cover::Nothing);
    }

    #[test]
    fn conventions() {
        assert!(matches!(cover("pom.xml", &[], &[]), Cover::ByConvention(_)));
        assert!(matches!(cover("a/build.gradle.kts", &[], &[]), Cover::ByConvention(_)));
        assert!(matches!(cover("x.gemspec", &[], &[]), Cover::ByConvention(_)));
        assert_eq!(cover("README.md", &["README.md"], &[]), Cover::Nothing);
    }

    #[test]
    fn all_manifests_of_a_tree() {
        let tree = Tree::new([
            "Gemfile",
            "Gemfile.lock",
            "web/package.json",
            "gradle/libs.versions.toml",
            "Directory.Build.props",
            "x.gradle",
            "README",
        ]);
        assert_eq!(all(&tree), [("Gemfile", locked("Gemfile.lock")), ("web/package.json", Cover::Nothing)]);
    }
}
