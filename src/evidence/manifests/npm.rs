//! npm: `package.json`, whichever of npm, yarn, pnpm, bun or deno reads it.
//!
//! `dependencies` and `optionalDependencies` are installed in production, `devDependencies` are not. `peerDependencies` are what a library
//! asks of the application: they count as development unless listed elsewhere too. An alias (`"x": "npm:real@1"`) is the real package.

use super::text::{Lines, json_entries, json_object};
use super::{Manifest, Registry};

pub(super) fn read(text: &str) -> Result<Manifest, String> {
    let root = json_object(text)?;
    let lines = Lines::new(text);
    let mut manifest = Manifest::default();
    for (section, runtime) in [("dependencies", true), ("optionalDependencies", true), ("devDependencies", false)] {
        for (name, version, line) in json_entries(&root, section, &lines) {
            manifest.add(Registry::Npm, real_name(name, text_of(version)), runtime, line);
        }
    }
    let listed: std::collections::HashSet<String> = manifest.packages.iter().map(|package| package.name.clone()).collect();
    for (name, _, line) in json_entries(&root, "peerDependencies", &lines) {
        if !listed.contains(name) {
            manifest.add(Registry::Npm, name, false, line);
        }
    }
    Ok(manifest)
}

fn text_of<'v>(value: &'v jsonc_parser::ast::Value<'_>) -> &'v str {
    value.as_string_lit().map_or("", |text| &text.value)
}

/// `"x": "npm:@scope/real@^1"` installs `@scope/real` under the name `x`.
fn real_name<'s>(name: &'s str, version: &'s str) -> &'s str {
    let Some(target) = version.strip_prefix("npm:") else { return name };
    let scope = usize::from(target.starts_with('@'));
    let end = target.get(scope..).and_then(|tail| tail.find('@')).map_or(target.len(), |at| at + scope);
    match target.get(..end) {
        Some(real) if !real.is_empty() && real.starts_with(|c: char| c == '@' || c.is_ascii_alphabetic()) => real,
        _ => name,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::read;
    use super::super::tests::{line_of, listed};

    #[test]
    fn the_four_sections() {
        let text = r#"{
  "name": "app", "scripts": { "dependencies": "no" },
  "dependencies": {
    "@sentry/node": "^9.0.0",
    "ui": "workspace:*",
    "lodash": "npm:lodash-es@^4.17.21",
    "wrap": "npm:@scope/real@1",
    "loose": "npm:^1.2",
    "local": "file:../local",
    "cat": "catalog:react18"
  },
  "devDependencies": { "vitest": "1", "react": "18" },
  "peerDependencies": { "react": ">=17", "vue": "3" },
  "optionalDependencies": { "fsevents": "*" }
}"#;
        assert_eq!(
            listed("package.json", text),
            "+@sentry/node +ui +lodash-es +@scope/real +loose +local +cat -vitest -react -vue +fsevents"
        );
        assert_eq!(line_of("package.json", text, "@scope/real"), 7);
    }

    #[test]
    fn what_is_no_object_is_said() {
        assert!(read("package.json", "").is_err());
        assert!(read("package.json", "[1]").is_err());
        assert!(read("package.json", "<<<<<<< HEAD\n{}").is_err());
        assert!(read("package.json", &"[".repeat(100_000)).is_err());
        assert!(read("package.json", &"{\"a\":".repeat(100_000)).is_err());
        assert_eq!(listed("package.json", r#"{"dependencies": ["a"], "devDependencies": null}"#), "");
    }
}
