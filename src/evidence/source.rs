//! From a git remote to the page that a browser shows for it.
//!
//! A remote is an address for git: `git@github.com:acme/shop.git`, `ssh://git@gitlab.example.com:2222/team/app.git`. People
//! open another one, and a report links to it. What names no host that a browser could find (a path, a bundle, a name from
//! somebody's ssh configuration) gives nothing, because a dead link is worse than none.

/// `https://host/owner/name` for a remote's URL, without credentials, port of ssh or `.git`.
pub fn web_address(remote: &str) -> Option<String> {
    let remote = remote.trim();
    let (scheme, host, path) = match remote.split_once("://") {
        Some((scheme @ ("https" | "http"), rest)) => {
            let (host, path) = rest.split_once('/')?;
            (scheme, host, path)
        }
        Some(("ssh" | "git+ssh" | "ssh+git" | "git", rest)) => {
            let (host, path) = rest.split_once('/')?;
            ("https", host.rsplit_once(':').map_or(host, |(name, _)| name), path)
        }
        Some(_) => return None,
        // `user@host:path`; a slash before the colon makes it a path, a single letter a drive of Windows.
        None => {
            let (host, path) = remote.split_once(':').filter(|(host, _)| !host.contains('/') && host.len() > 1)?;
            ("https", host, path)
        }
    };
    let host = host.rsplit('@').next()?.to_ascii_lowercase();
    let host = match host.as_str() {
        "ssh.github.com" => "github.com",
        "altssh.gitlab.com" => "gitlab.com",
        "altssh.bitbucket.org" => "bitbucket.org",
        "ssh.dev.azure.com" => "dev.azure.com",
        host => host,
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let azure = (host == "dev.azure.com").then(|| path.strip_prefix("v3/")).flatten().and_then(azure_path);
    let path = azure.as_deref().unwrap_or(path);
    (is_host(host) && is_path(path)).then(|| format!("{scheme}://{host}/{path}"))
}

/// `organisation/project/name` over ssh is `organisation/project/_git/name` in a browser.
fn azure_path(path: &str) -> Option<String> {
    let (project, name) = path.rsplit_once('/')?;
    Some(format!("{project}/_git/{name}"))
}

fn is_host(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "443"));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    name.contains('.') && !name.starts_with('.') && !name.ends_with('.') && name.chars().all(plain) && port.parse::<u16>().is_ok()
}

/// At least an owner and a name, of characters that need no escape anywhere.
fn is_path(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '~' | '%' | '+');
    let is_part = |part: &str| !part.is_empty() && part != "." && part != ".." && part.chars().all(plain);
    path.contains('/') && path.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::web_address;

    #[test]
    fn every_form_of_a_remote_gives_the_page() {
        for (remote, page) in [
            ("https://github.com/acme/shop.git", "https://github.com/acme/shop"),
            ("https://github.com/acme/shop/", "https://github.com/acme/shop"),
            ("https://mia:s3cret@github.com/acme/shop", "https://github.com/acme/shop"),
            ("git@github.com:acme/shop.git", "https://github.com/acme/shop"),
            ("GitHub.com:acme/shop.git", "https://github.com/acme/shop"),
            ("ssh://git@github.com/acme/shop.git", "https://github.com/acme/shop"),
            ("ssh://git@ssh.github.com:443/acme/shop.git", "https://github.com/acme/shop"),
            ("git://git.example.org/acme/shop.git", "https://git.example.org/acme/shop"),
            ("ssh://git@gitlab.example.com:2222/team/sub/app.git", "https://gitlab.example.com/team/sub/app"),
            ("git@bitbucket.org:acme/shop.git", "https://bitbucket.org/acme/shop"),
            ("https://codeberg.org/acme/shop.git", "https://codeberg.org/acme/shop"),
            ("http://gitea.intern.example:3000/acme/shop", "http://gitea.intern.example:3000/acme/shop"),
            ("git@git.sr.ht:~mia/shop", "https://git.sr.ht/~mia/shop"),
            ("git@ssh.dev.azure.com:v3/acme/Web%20Shop/api", "https://dev.azure.com/acme/Web%20Shop/_git/api"),
            ("https://acme@dev.azure.com/acme/shop/_git/api", "https://dev.azure.com/acme/shop/_git/api"),
        ] {
            assert_eq!(web_address(remote).as_deref(), Some(page), "{remote}");
        }
    }

    #[test]
    fn what_no_browser_could_open_gives_nothing() {
        for remote in [
            "",
            "/srv/git/shop.git",
            "../shop",
            "./a:b",
            "file:///srv/git/shop.git",
            "C:\\git\\shop",
            "work:acme/shop.git",
            "shop.bundle",
            "https://github.com",
            "https://github.com/acme",
            "https://github.com/acme/../../x",
            "https://github.com/acme/\"><script>alert(1)</script>",
            "https://evil.example/acme/shop?x=1",
            "javascript:alert(1)//acme/shop",
            "https://git hub.com/acme/shop",
            "git@github.com:acme/sh\u{202E}op",
            "https://github.com:port/acme/shop",
        ] {
            assert_eq!(web_address(remote), None, "{remote}");
        }
    }
}
