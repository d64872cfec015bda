//! setuptools: `setup.cfg` and `setup.py`.
//!
//! `setup.cfg` is an INI file whose values go on over indented lines. `setup.py` is Python: literal lists are read, and a list bound to a
//! name in the same file; anything computed is named as unread.

use std::collections::{HashMap, HashSet};

use super::script::{Kind, Language, Token, closing, lex};
use super::{Manifest, is_development, pypi};

/// `setup.cfg`.
pub(super) fn cfg(text: &str) -> Manifest {
    let mut manifest = Manifest::default();
    let (mut section, mut key) = ("", "");
    for (number, line) in (1u32..).zip(text.lines()) {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            (section, key) = (name.trim(), "");
            continue;
        }
        let mut value = trimmed;
        if !line.starts_with(char::is_whitespace) {
            let Some((name, rest)) = trimmed.split_once(['=', ':']) else { continue };
            (key, value) = (name.trim(), rest.trim());
        }
        cfg_value(&mut manifest, section, key, value, number);
    }
    manifest
}

fn cfg_value(manifest: &mut Manifest, section: &str, key: &str, value: &str, line: u32) {
    let runtime = match (section, key) {
        ("options", "install_requires") => true,
        ("options", "tests_require") => false,
        ("options.extras_require", extra) if !extra.is_empty() => !is_development(extra),
        _ => return,
    };
    match value.strip_prefix("file:") {
        Some(file) => manifest.note(format!("requirements are included from another file: {}", file.trim())),
        None => pypi::add(manifest, value, runtime, line),
    }
}

/// `setup.py`.
pub(super) fn py(text: &str) -> Result<Manifest, String> {
    let tokens = lex(text, Language::Python)?;
    let mut setup = Setup { tokens: &tokens, bound: bound(&tokens), seen: HashSet::new(), manifest: Manifest::default() };
    for (at, token) in tokens.iter().enumerate() {
        let (Kind::Word(name) | Kind::Text(name)) = token.kind else { continue };
        let Some(Kind::Sign('=' | ':')) = setup.kind(at + 1) else { continue };
        match name {
            "install_requires" => setup.list(at + 2, true, name),
            "tests_require" => setup.list(at + 2, false, name),
            "extras_require" => setup.extras(at + 2),
            _ => {}
        }
    }
    Ok(setup.manifest)
}

/// Where each `NAME = [` has its bracket; the first one counts.
fn bound<'a>(tokens: &[Token<'a>]) -> HashMap<&'a str, usize> {
    let mut bound = HashMap::new();
    for (at, three) in tokens.windows(3).enumerate() {
        if let [Kind::Word(name), Kind::Sign('='), Kind::Sign('[' | '(' | '{')] = [three[0].kind, three[1].kind, three[2].kind] {
            bound.entry(name).or_insert(at + 2);
        }
    }
    bound
}

struct Setup<'t, 'a> {
    tokens: &'t [Token<'a>],
    bound: HashMap<&'a str, usize>,
    /// Brackets that were read already: a list may be handed on under several names.
    seen: HashSet<usize>,
    manifest: Manifest,
}

impl<'a> Setup<'_, 'a> {
    fn kind(&self, at: usize) -> Option<Kind<'a>> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// The opening bracket at `at`, or the one that the name at `at` is bound to in this file.
    fn bracket(&self, at: usize) -> Option<usize> {
        match self.kind(at)? {
            Kind::Sign('[' | '(' | '{') => Some(at),
            Kind::Word(name) => self.bound.get(name).copied(),
            _ => None,
        }
    }

    /// A literal list at `at`, or the name of one.
    fn list(&mut self, at: usize, runtime: bool, what: &str) {
        let Some(open) = self.bracket(at) else {
            return self.manifest.note(format!("{what} is computed"));
        };
        // `install_requires=install_requires`: the list was read where it is bound.
        if !self.seen.insert(open) {
            return;
        }
        let close = closing(self.tokens, open);
        for token in self.tokens.get(open..close).unwrap_or_default() {
            if let Kind::Text(requirement) = token.kind {
                pypi::add(&mut self.manifest, requirement, runtime, token.line);
            }
        }
        if self.kind(close + 1) == Some(Kind::Sign('+')) {
            self.manifest.note(format!("{what} is partly computed"));
        }
    }

    /// `{"dev": ["pytest"], …}`.
    fn extras(&mut self, at: usize) {
        let Some(open) = self.bracket(at) else {
            return self.manifest.note("extras_require is computed".to_owned());
        };
        if !self.seen.insert(open) {
            return;
        }
        let close = closing(self.tokens, open);
        let mut extra = "";
        for at in open..close {
            let Some(Token { kind: Kind::Text(text), line }) = self.tokens.get(at).copied() else { continue };
            if self.kind(at + 1) == Some(Kind::Sign(':')) {
                extra = text;
            } else {
                pypi::add(&mut self.manifest, text, !is_development(extra), line);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::read;
    use super::super::tests::{line_of, listed};

    #[test]
    fn setup_cfg() {
        let text = "[metadata]\nname = app\n[options]\npython_requires = >=3.9\ninstall_requires =\n    Django>=5\n    # no==1\n    sentry-sdk; python_version>'3'\ntests_require = nose\n[options.extras_require]\ndev =\n    pytest\n    black\nredis = redis>=5\n[flake8]\nignore = E501\n";
        assert_eq!(listed("setup.cfg", text), "+django +sentry-sdk -nose -pytest -black +redis");
        assert_eq!(line_of("setup.cfg", text, "sentry-sdk"), 8);
        let file = "[options]\ninstall_requires = file: requirements.txt\n";
        assert_eq!(read("setup.cfg", file).unwrap().unread, ["requirements are included from another file: requirements.txt"]);
    }

    #[test]
    fn setup_py_with_literal_lists() {
        let text = r#"from setuptools import setup
EXTRAS = {"dev": ["pytest", 'black>=24'], "s3": ["boto3"]}
install_requires = [
    "Flask>=3",  # "no"
    # "commented",
]
setup(
    name="app",
    install_requires=install_requires,
    extras_require=EXTRAS,
    tests_require=["nose"],
)
"#;
        assert_eq!(listed("setup.py", text), "-pytest -black +boto3 +flask -nose");
        assert_eq!(line_of("setup.py", text, "flask"), 4);
        assert_eq!(read("setup.py", text).unwrap().unread, Vec::<String>::new());
    }

    #[test]
    fn setup_py_that_computes() {
        let text = "setup(install_requires=open('requirements.txt').read().split(), extras_require=extras())";
        assert_eq!(read("setup.py", text).unwrap().unread, ["install_requires is computed", "extras_require is computed"]);
        let text = "setup(install_requires=['a'] + more)";
        assert_eq!(read("setup.py", text).unwrap().unread, ["install_requires is partly computed"]);
        assert_eq!(listed("setup.py", text), "+a");
    }
}
