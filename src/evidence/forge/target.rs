//! Which forge to ask, about which repository, with which token.
//!
//! The variables that the forges' own pipelines set come first, then the clone's remote. A token is meant for one place: it is used for the address that
//! the same environment names, or for the public forge, and for no other.

use super::Host;

/// Where to ask.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// Whose API it is.
    pub host: Host,
    /// The address of the API, without a slash at its end.
    pub api: String,
    /// The address of the GraphQL API, where there is one.
    pub graphql: Option<String>,
    /// `owner/name`, a GitLab path or number.
    pub repository: String,
    /// The token, if one is set for this address.
    pub token: Option<String>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let token = if self.token.is_some() { "with a token" } else { "without a token" };
        write!(f, "{:?} {} {} {token}", self.host, self.api, self.repository)
    }
}

const GITHUB: &str = "https://api.github.com";
const GITLAB: &str = "https://gitlab.com/api/v4";

impl Target {
    /// The target, by the environment and the clone's remotes.
    ///
    /// # Errors
    /// Neither tells, in words.
    pub fn find(variable: &dyn Fn(&str) -> Option<String>, remotes: &[String]) -> Result<Target, String> {
        let set = |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let remote = remotes.iter().find_map(|url| Remote::of(url));
        if let (Some(api), Some(project)) = (set("CI_API_V4_URL"), set("CI_PROJECT_ID")) {
            return Ok(gitlab(&set, &api, &project));
        }
        if let Some(repository) = set("GITHUB_REPOSITORY") {
            return github(&set, &set("GITHUB_API_URL").unwrap_or_else(|| GITHUB.into()), &repository);
        }
        let Some(remote) = remote else {
            return Err("no remote tells which forge to ask; set GITHUB_REPOSITORY, or CI_API_V4_URL and CI_PROJECT_ID".into());
        };
        let same_host =
            |api: &String| host_of(api).is_some_and(|host| host == remote.host || host.strip_prefix("api.") == Some(remote.host.as_str()));
        if remote.host == "github.com" || remote.host == "ssh.github.com" {
            return github(&set, GITHUB, &remote.path);
        }
        if let Some(api) = set("GITHUB_API_URL").filter(same_host) {
            return github(&set, &api, &remote.path);
        }
        if let Some(api) = set("CI_API_V4_URL").filter(same_host) {
            return Ok(gitlab(&set, &api, &remote.path));
        }
        if remote.host == "gitlab.com" {
            return Ok(gitlab(&set, GITLAB, &remote.path));
        }
        if remote.host.split('.').any(|label| label == "gitlab") {
            return Ok(gitlab(&set, &format!("https://{}/api/v4", remote.host), &remote.path));
        }
        Err(format!(
            "the remote's host {} is neither GitHub nor GitLab by its name; set GITHUB_API_URL or CI_API_V4_URL to its API",
            remote.host
        ))
    }
}

type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

fn github(set: Variable<'_>, api: &str, repository: &str) -> Result<Target, String> {
    let api = api.trim_end_matches('/').to_owned();
    let plain = |part: &str| {
        !part.is_empty() && part != "." && part != ".." && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    if repository.split('/').count() != 2 || !repository.split('/').all(plain) {
        return Err(format!("`{}` is not the name of a repository on GitHub: owner/name", crate::report::plain(repository)));
    }
    let own = set("GITHUB_API_URL").map(|url| url.trim_end_matches('/').to_owned());
    let known = api == GITHUB || own.as_ref() == Some(&api);
    let token = ["GH_TOKEN", "GITHUB_TOKEN"].iter().find_map(|name| set(name)).filter(|_| known);
    let beside = api.strip_suffix("/v3").map_or_else(|| format!("{api}/graphql"), |base| format!("{base}/graphql"));
    let named = set("GITHUB_GRAPHQL_URL").filter(|url| host_of(url) == host_of(&api));
    Ok(Target { host: Host::Github, graphql: Some(named.unwrap_or(beside)), api, repository: repository.to_owned(), token })
}

fn gitlab(set: Variable<'_>, api: &str, repository: &str) -> Target {
    let api = api.trim_end_matches('/').to_owned();
    let own = set("CI_API_V4_URL").map(|url| url.trim_end_matches('/').to_owned());
    let known = api == GITLAB || own.as_ref() == Some(&api);
    let token = set("GITLAB_TOKEN").filter(|_| known);
    Target { host: Host::Gitlab, graphql: None, api, repository: repository.to_owned(), token }
}

/// The host of an address, without user and port.
fn host_of(url: &str) -> Option<String> {
    reqwest::Url::parse(url).ok()?.host_str().map(str::to_ascii_lowercase)
}

/// A remote's host and path.
struct Remote {
    host: String,
    path: String,
}

impl Remote {
    /// Of `https://host/owner/name.git`, `ssh://git@host:22/owner/name`, `git@host:owner/name.git`.
    fn of(url: &str) -> Option<Remote> {
        let (host, path) = match url.split_once("://") {
            Some(_) => {
                let url = reqwest::Url::parse(url).ok().filter(|url| ["https", "http", "ssh", "git"].contains(&url.scheme()))?;
                (url.host_str()?.to_owned(), url.path().to_owned())
            }
            None => {
                let (host, path) = url.split_once(':')?;
                (host.rsplit('@').next()?.to_owned(), path.to_owned())
            }
        };
        let path = path.trim_matches('/').trim_end_matches(".git").to_owned();
        let host = host.to_ascii_lowercase();
        (host.contains('.') && path.contains('/')).then_some(Remote { host, path })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn find(variables: &[(&str, &str)], remote: &str) -> Result<Target, String> {
        let all: Vec<(String, String)> = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Target::find(&|name| all.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()), &[remote.to_owned()])
    }

    #[test]
    fn remotes_tell_the_forge() {
        for url in ["https://github.com/acme/shop.git", "git@github.com:acme/shop.git", "ssh://git@ssh.github.com:443/acme/shop"] {
            let target = find(&[], url).unwrap();
            assert_eq!((target.host, target.api.as_str(), target.repository.as_str()), (Host::Github, GITHUB, "acme/shop"), "{url}");
        }
        let target = find(&[], "https://gitlab.acme.test/group/sub/shop.git").unwrap();
        assert_eq!(
            (target.host, target.api.as_str(), target.repository.as_str()),
            (Host::Gitlab, "https://gitlab.acme.test/api/v4", "group/sub/shop")
        );
        assert!(find(&[], "https://git.acme.test/acme/shop.git").is_err());
        assert!(
            find(&[], "https://github.com/acme/shop/../../user").is_err_and(|why| why.contains("owner/name"))
                || find(&[], "https://github.com/user/x").is_ok()
        );
        assert!(find(&[("GITHUB_REPOSITORY", "acme/shop?x=1")], "").is_err());
    }

    #[test]
    fn variables_come_first() {
        let actions = [("GITHUB_API_URL", "https://ghe.acme.test/api/v3"), ("GITHUB_REPOSITORY", "acme/shop"), ("GITHUB_TOKEN", "t")];
        let target = find(&actions, "https://elsewhere.test/a/b").unwrap();
        assert_eq!(
            (target.api.as_str(), target.graphql.as_deref()),
            ("https://ghe.acme.test/api/v3", Some("https://ghe.acme.test/api/graphql"))
        );
        assert_eq!(target.token.as_deref(), Some("t"));
        let ci = [("CI_API_V4_URL", "https://git.acme.test/api/v4"), ("CI_PROJECT_ID", "42"), ("GITLAB_TOKEN", "t")];
        let target = find(&ci, "https://elsewhere.test/a/b").unwrap();
        assert_eq!((target.host, target.repository.as_str(), target.token.as_deref()), (Host::Gitlab, "42", Some("t")));
    }

    #[test]
    fn a_token_goes_to_its_own_place_alone() {
        assert_eq!(find(&[("GITLAB_TOKEN", "t")], "https://gitlab.evil.test/a/b").unwrap().token, None);
        assert_eq!(find(&[("GITLAB_TOKEN", "t")], "https://gitlab.com/a/b").unwrap().token.as_deref(), Some("t"));
        assert_eq!(find(&[("GITHUB_TOKEN", "t")], "https://gitlab.com/a/b").unwrap().token, None);
        let elsewhere = [("GITHUB_GRAPHQL_URL", "https://evil.test/graphql"), ("GITHUB_TOKEN", "t")];
        assert_eq!(find(&elsewhere, "https://github.com/a/b").unwrap().graphql.as_deref(), Some("https://api.github.com/graphql"));
        assert!(!format!("{:?}", find(&elsewhere, "https://github.com/a/b").unwrap()).contains("\"t\""));
    }
}
