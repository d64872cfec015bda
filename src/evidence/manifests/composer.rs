//! Packagist: `composer.json`.
//!
//! `require` is installed in production, `require-dev` is not. `php`, `ext-*`, `lib-*` and Composer's own interfaces are platform
//! requirements, which carry no vendor and are no packages. `suggest`, `conflict`, `replace` and `provide` install nothing.

use super::text::{Lines, json_entries, json_object};
use super::{Manifest, Registry};

pub(super) fn read(text: &str) -> Result<Manifest, String> {
    let root = json_object(text)?;
    let lines = Lines::new(text);
    let mut manifest = Manifest::default();
    for (section, runtime) in [("require", true), ("require-dev", false)] {
        for (name, _, line) in json_entries(&root, section, &lines) {
            if name.contains('/') {
                manifest.add(Registry::Composer, name, runtime, line);
            }
        }
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{line_of, listed};

    #[test]
    fn platform_requirements_are_no_packages() {
        let text = "\u{feff}{\r\n  \"require-dev\": { \"phpunit/phpunit\": \"^11\" },\r\n  \"require\": {\r\n    \"php\": \"^8.3\", \"ext-json\": \"*\", \"lib-icu\": \"*\",\r\n    \"composer-runtime-api\": \"^2\",\r\n    \"Sentry/sentry-laravel\": \"^4\"\r\n  },\r\n  \"suggest\": { \"a/b\": \"x\" }, \"replace\": { \"c/d\": \"1\" }\r\n}\r\n";
        assert_eq!(listed("composer.json", text), "-phpunit/phpunit +sentry/sentry-laravel");
        assert_eq!(line_of("composer.json", text, "sentry/sentry-laravel"), 6);
    }
}
