//! crates.io: `Cargo.toml`.
//!
//! `[dependencies]` and `[target.….dependencies]` end in the binary; dev- and build-dependencies do not. `package = "real"` renames.
//! `[workspace.dependencies]` is a price list, not an order: a member that wants a crate says so itself.

use toml::de::DeTable;

use super::text::{Lines, toml_at, toml_table};
use super::{Manifest, Registry};

/// The sections of a package or of one of its targets, old spellings included.
const SECTIONS: &[(&str, bool)] = &[
    ("dependencies", true),
    ("dev-dependencies", false),
    ("dev_dependencies", false),
    ("build-dependencies", false),
    ("build_dependencies", false),
];

pub(super) fn read(text: &str) -> Result<Manifest, String> {
    let (root, trouble) = toml_table(text)?;
    let lines = Lines::new(text);
    let mut manifest = Manifest { unread: trouble.into_iter().collect(), ..Manifest::default() };
    add_sections(&mut manifest, &root, &lines);
    let targets = toml_at(&root, &["target"]).map(|targets| targets.values()).into_iter().flatten();
    for target in targets.filter_map(|target| target.get_ref().as_table()) {
        add_sections(&mut manifest, target, &lines);
    }
    Ok(manifest)
}

fn add_sections(manifest: &mut Manifest, table: &DeTable<'_>, lines: &Lines) {
    for (section, runtime) in SECTIONS {
        let entries = toml_at(table, &[section]).map(|entries| entries.iter()).into_iter().flatten();
        for (name, value) in entries {
            let renamed = value.get_ref().get("package").and_then(|real| real.get_ref().as_str());
            manifest.add(Registry::Cargo, renamed.unwrap_or(name.get_ref()), *runtime, lines.of(name.span().start));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::read;
    use super::super::tests::{line_of, listed};

    #[test]
    fn sections_targets_and_renames() {
        let text = r#"[package]
name = "app"

[workspace.dependencies]
sentry = "0.38"

[dependencies]
serde_json = "1"
tracing-subscriber.workspace = true
err = { package = "sentry", version = "0.38", optional = true }

[dependencies.tokio]
version = "1"

[target.'cfg(unix)'.dependencies]
nix = "0.29"

[target."cfg(windows)".dev-dependencies]
winapi = "0.3"

[dev-dependencies]
insta = "1"

[build-dependencies]
cc = "1"
"#;
        assert_eq!(listed("Cargo.toml", text), "+serde-json +tracing-subscriber +sentry +tokio +nix -winapi -insta -cc");
        assert_eq!(line_of("Cargo.toml", text, "tokio"), 12);
    }

    #[test]
    fn a_broken_line_does_not_hide_the_rest() {
        let manifest = read("Cargo.toml", "[dependencies]\na = \"1\"\nb = = 2\n[dev-dependencies]\nc = \"1\"\n").unwrap();
        assert!(manifest.packages.iter().any(|package| package.name == "a"));
        assert_eq!(manifest.unread.len(), 1);
    }

    #[test]
    fn deep_keys_and_brackets_end_in_words() {
        assert!(read("Cargo.toml", &format!("{}z = 1", "a.".repeat(100_000))).is_err());
        assert!(read("Cargo.toml", &format!("[{}z]", "\"a\" . ".repeat(100_000))).is_err());
        assert_eq!(read("Cargo.toml", &format!("a = {}", "[".repeat(100_000))).unwrap().unread.len(), 1);
        let nested = format!("{}{}", "a.".repeat(30), "z = { ").repeat(2_000);
        let _ = read("Cargo.toml", &nested);
        let _ = read("Cargo.toml", &nested.replace("{ ", "{\n"));
    }
}
