//! What holds for every registry, and the helpers of the other tests.
#![allow(clippy::unwrap_used)]

use super::*;

/// `+name` for each runtime package, `-name` for each other.
pub(super) fn listed(path: &str, text: &str) -> String {
    let packages = read(path, text).unwrap().packages;
    let names = packages.iter().map(|package| format!("{}{}", if package.runtime { '+' } else { '-' }, package.name));
    names.collect::<Vec<_>>().join(" ")
}

/// The line of a package.
pub(super) fn line_of(path: &str, text: &str, name: &str) -> u32 {
    read(path, text).unwrap().packages.iter().find(|package| package.name == name).unwrap().line
}

const PATHS: &[&str] = &[
    "Gemfile",
    "Gemfile.lock",
    "x.gemspec",
    "package.json",
    "requirements.txt",
    "pyproject.toml",
    "Pipfile",
    "setup.cfg",
    "setup.py",
    "go.mod",
    "Cargo.toml",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "gradle/libs.versions.toml",
    "x.csproj",
    "packages.config",
    "composer.json",
    "mix.exs",
];

#[test]
fn every_path_has_a_registry() {
    assert!(PATHS.iter().all(|path| registry_of(path).is_some()));
    for path in ["gemfile", "README.md", "", "/", "Package.json", "go.sum", "yarn.lock"] {
        assert_eq!(registry_of(path), None, "{path}");
        assert_eq!(read(path, "x"), Ok(Manifest::default()));
    }
}

#[test]
fn too_large_is_said_without_parsing() {
    let text = "[".repeat(MAX_BYTES + 1);
    for path in PATHS {
        assert_eq!(read(path, &text), Err("larger than 5 MB, not read".to_owned()));
    }
}

#[test]
fn hostile_texts_end() {
    let pieces = [
        "[",
        "{",
        "(",
        "<a>",
        "a.",
        "gem(",
        "gem 'a',\n",
        "group do\n",
        "dependencies {",
        "implementation(",
        "{:a, ",
        "deps: [",
        "-r a\n",
        "a==1 \\\n",
        "# via\n",
        "install_requires=[",
        "install_requires=x\n",
        "\u{fffd}\u{0}",
        "\r",
        "[[a.b]]\n",
        "a={",
        "require (\n",
        "<a b='c'/>",
        "\"a\":{",
        "extras_require={",
        "def deps do ",
        "é\n",
        "implementation group: 'a', name: ",
    ];
    for piece in pieces {
        let text = piece.repeat(60_000 / piece.len());
        for path in PATHS {
            let began = std::time::Instant::now();
            let _ = read(path, &text);
            assert!(began.elapsed().as_secs() < 20, "{path} of {piece:?} takes {:?}", began.elapsed());
        }
    }
}

#[test]
fn names_that_are_none_are_left_out() {
    assert_eq!(listed("package.json", r#"{"dependencies": {"": "1", "a b": "1", "\u001b[31m": "1", "ok": "1"}}"#), "+ok");
    assert_eq!(listed("package.json", &format!(r#"{{"dependencies": {{"{}": "1"}}}}"#, "x".repeat(400))), "");
}

#[test]
fn notes_are_few() {
    let text: String = (0..1000).map(|number| format!("-r file{number}.txt\n")).collect();
    assert_eq!(read("requirements.txt", &text).unwrap().unread.len(), MAX_NOTES);
}

#[test]
fn go_matches_by_path() {
    let asked = "github.com/getsentry/sentry-go";
    assert!(same(Registry::Go, asked, asked));
    assert!(same(Registry::Go, asked, "github.com/getsentry/sentry-go/otel"));
    assert!(same(Registry::Go, "github.com/jackc/pgx", "github.com/jackc/pgx/v5"));
    assert!(!same(Registry::Go, asked, "github.com/getsentry/sentry-gopher"));
    assert!(!same(Registry::Go, "github.com/jackc/pgx/v5", "github.com/jackc/pgx"));
}

#[test]
fn registries_compare_in_their_own_way() {
    assert!(same(Registry::Pypi, "sentry_sdk", "sentry-sdk"));
    assert!(same(Registry::Cargo, "tracing_subscriber", "tracing-subscriber"));
    assert!(same(Registry::Nuget, "Sentry", "sentry"));
    assert!(same(Registry::Composer, "Sentry/Sentry", "sentry/sentry"));
    assert!(!same(Registry::Gem, "Sentry", "sentry"));
    assert!(!same(Registry::Npm, "@sentry/node", "@sentry/node-core"));
}

#[test]
fn groups_by_name() {
    for group in ["dev", "test", "tests", "lint", "docs", "ci", "unit-tests", "test_postgres", "typing", "Development"] {
        assert!(is_development(group), "{group}");
    }
    for group in ["production", "default", "postgres", "local-storage", "worker", "latest", "doctor"] {
        assert!(!is_development(group), "{group}");
    }
}
