//! Where a place can be opened: paths from the repository's root, and addresses on the forge at the audited commit.
//!
//! Forges differ in how they address a line. A host whose form is not known gets no link, because a dead one is worse.

use super::Subject;

/// How a forge addresses files and commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Forge {
    GitHub,
    GitLab,
    Bitbucket,
    Gitea,
    SourceHut,
    Azure,
}

impl Forge {
    /// Told by the host: the public ones by their names, own ones where a part of the name says it (`gitlab.example.com`).
    fn of(source: &str) -> Option<Forge> {
        let host = source.split("://").nth(1)?.split(['/', ':']).next()?;
        let says = |word: &str| host.split(['.', '-']).any(|part| part == word);
        Some(match host {
            "bitbucket.org" => Forge::Bitbucket,
            "codeberg.org" => Forge::Gitea,
            "git.sr.ht" => Forge::SourceHut,
            "dev.azure.com" => Forge::Azure,
            _ if says("github") => Forge::GitHub,
            _ if says("gitlab") => Forge::GitLab,
            _ if says("gitea") || says("forgejo") => Forge::Gitea,
            _ => return None,
        })
    }
}

/// Links for the places of one report.
pub(super) struct Links<'a> {
    subject: &'a Subject,
    forge: Option<(Forge, &'a str)>,
}

impl<'a> Links<'a> {
    /// The links that a subject's source allows.
    pub fn of(subject: &'a Subject) -> Links<'a> {
        // A report may come from a file that somebody wrote: what is no web address is no link.
        let source = subject.source.as_deref().filter(|source| is_web(source));
        Links { subject, forge: source.and_then(|source| Some((Forge::of(source)?, source))) }
    }

    /// A path of the report as the repository's root sees it: `../.github/x.yml` in `apps/api` is `apps/.github/x.yml`.
    pub fn rooted(&self, path: &str) -> String {
        let mut parts: Vec<&str> = Vec::new();
        let folder = self.subject.folder.as_deref().unwrap_or_default();
        for part in folder.split('/').chain(path.split('/')) {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        parts.join("/")
    }

    /// A file at the audited commit, at a line if one is given.
    pub fn file(&self, path: &str, line: Option<u32>) -> Option<String> {
        let ((forge, source), revision) = (self.forge?, self.revision()?);
        let path = encoded(&self.rooted(path));
        let at = |prefix: &str| line.map(|line| format!("{prefix}{line}")).unwrap_or_default();
        Some(match forge {
            Forge::GitHub => format!("{source}/blob/{revision}/{path}{}", at("#L")),
            Forge::GitLab => format!("{source}/-/blob/{revision}/{path}{}", at("#L")),
            Forge::Bitbucket => format!("{source}/src/{revision}/{path}{}", at("#lines-")),
            Forge::Gitea => format!("{source}/src/commit/{revision}/{path}{}", at("#L")),
            Forge::SourceHut => format!("{source}/tree/{revision}/item/{path}{}", at("#L")),
            Forge::Azure => {
                let line = line.map(|line| format!("&line={line}&lineEnd={}&lineStartColumn=1&lineEndColumn=1", line.saturating_add(1)));
                format!("{source}?path=/{path}&version=GC{revision}{}", line.unwrap_or_default())
            }
        })
    }

    /// A commit.
    pub fn commit(&self, id: &str) -> Option<String> {
        let (forge, source) = self.forge.filter(|_| is_revision(id))?;
        Some(match forge {
            Forge::GitLab => format!("{source}/-/commit/{id}"),
            Forge::Bitbucket => format!("{source}/commits/{id}"),
            Forge::GitHub | Forge::Gitea | Forge::SourceHut | Forge::Azure => format!("{source}/commit/{id}"),
        })
    }

    fn revision(&self) -> Option<&'a str> {
        self.subject.revision.as_deref().filter(|revision| is_revision(revision))
    }
}

/// True for an address that a browser opens as a page, not as a program.
pub(super) fn is_web(address: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '`' | '{' | '}' | '|' | '^');
    (address.starts_with("https://") || address.starts_with("http://")) && address.chars().all(plain)
}

fn is_revision(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A path inside an address: every byte that is not a plain letter, digit, `-._~` or the slash is percent-encoded.
pub(super) fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::words::Kind;

    const REVISION: &str = "4f1c2a9be07d55c1a0c5b1a2d3e4f5a6b7c8d9e0";

    fn subject(source: &str, folder: Option<&str>) -> Subject {
        Subject {
            kind: Kind::Operated,
            because: String::new(),
            path: ".".into(),
            revision: Some(REVISION.into()),
            source: Some(source.into()),
            folder: folder.map(str::to_owned),
            stacks: vec![],
            files: 1,
        }
    }

    #[test]
    fn each_forge_has_its_form() {
        for (source, link) in [
            ("https://github.com/a/b", "https://github.com/a/b/blob/REV/x%20y.rb#L7"),
            ("https://github.example.com/a/b", "https://github.example.com/a/b/blob/REV/x%20y.rb#L7"),
            ("https://gitlab.com/a/s/b", "https://gitlab.com/a/s/b/-/blob/REV/x%20y.rb#L7"),
            ("https://gitlab.intern.example:8443/a/b", "https://gitlab.intern.example:8443/a/b/-/blob/REV/x%20y.rb#L7"),
            ("https://bitbucket.org/a/b", "https://bitbucket.org/a/b/src/REV/x%20y.rb#lines-7"),
            ("https://codeberg.org/a/b", "https://codeberg.org/a/b/src/commit/REV/x%20y.rb#L7"),
            ("https://git.sr.ht/~a/b", "https://git.sr.ht/~a/b/tree/REV/item/x%20y.rb#L7"),
        ] {
            assert_eq!(Links::of(&subject(source, None)).file("x y.rb", Some(7)), Some(link.replace("REV", REVISION)), "{source}");
        }
    }

    #[test]
    fn an_unknown_forge_or_a_strange_source_gives_no_link() {
        for source in ["https://git.example.com/a/b", "javascript:alert(1)//github.com/a", "https://github.com/a\"b", ""] {
            let subject = subject(source, None);
            assert_eq!(Links::of(&subject).file("x.rb", None), None, "{source}");
            assert_eq!(Links::of(&subject).commit(REVISION), None, "{source}");
        }
        let subject = Subject { revision: Some("--upload-pack=x".into()), ..subject("https://github.com/a/b", None) };
        assert_eq!(Links::of(&subject).file("x.rb", None), None);
    }

    #[test]
    fn a_path_is_seen_from_the_repositorys_root() {
        let subject = subject("https://github.com/a/b", Some("apps/api"));
        let links = Links::of(&subject);
        assert_eq!(links.rooted("src/a.ts"), "apps/api/src/a.ts");
        assert_eq!(links.rooted("../../.github/workflows/ci.yml"), ".github/workflows/ci.yml");
        assert_eq!(links.rooted("../../../../etc/passwd"), "etc/passwd");
    }
}
