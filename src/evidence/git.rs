//! The git repository around the audited directory: remotes, state and the history of the last year.
//!
//! The `git` program reads it, with everything switched off by which a repository's own configuration could run
//! code. What git cannot tell - no repository, no program, a shallow clone - is a gap, never an answer.

mod example;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use globset::GlobSet;

pub use example::{NEWEST, names};

use super::pattern;
use super::source::web_address;
use super::{Gap, Place, Seen, Sighting};
use crate::definition::written::GitLook;

/// How long one git command may take.
const LONGEST: Duration = Duration::from_secs(20);
/// Only this many days of history before the newest commit are read.
const HISTORY_DAYS: i64 = 365;
/// And only this many commits.
pub const MOST_COMMITS: usize = 50_000;
/// Days before the newest commit that count unless a look says otherwise.
const RECENT_DAYS: u32 = 90;
const DAY: i64 = 86_400;

/// What is known of the repository.
#[derive(Debug, Clone, Default)]
pub struct GitFacts {
    /// Why nothing is known; the rest is empty then.
    pub gap: Option<Gap>,
    /// The repository's top directory.
    pub top: Option<PathBuf>,
    /// The audited directory below that one: empty, or `apps/web/`.
    pub prefix: String,
    /// URLs of the remotes, without credentials.
    pub remotes: Vec<String>,
    /// The repository's page on its forge: that of the remote `origin`, else of the first that has one.
    pub source: Option<String>,
    /// The commit at HEAD.
    pub head: Option<String>,
    /// A remote-tracking branch that contains HEAD.
    pub on_remote: Option<String>,
    /// The branch that the first remote calls its default.
    pub default_branch: Option<String>,
    /// True when history is cut off.
    pub shallow: bool,
    /// Commits of the last year, newest first.
    pub commits: Vec<Commit>,
    /// Paths that git tracks, relative to the audited directory.
    pub tracked: Vec<String>,
    history: History,
}

/// Where the touched paths of commits come from.
#[derive(Debug, Clone, Default)]
enum History {
    #[default]
    None,
    Given(Vec<Tag>),
    /// A repository, and the revision whose history counts.
    Repository(PathBuf, String),
}

/// One commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: String,
    /// Ids of its parents; a merge has more than one.
    pub parents: Vec<String>,
    /// Seconds since 1970, of the committer.
    pub time: i64,
    /// Seconds since 1970, of the author.
    pub authored: i64,
    /// `Name <mail>`.
    pub author: String,
    /// Subject and body.
    pub message: String,
    /// Touched paths, where they are known beforehand (examples).
    pub paths: Vec<String>,
    /// Lines added and removed by path, where they are known beforehand (examples).
    pub lines: Vec<(String, u64)>,
}

/// A commit's id, and the lines that it added and removed by path.
pub type Size = (String, Vec<(String, u64)>);

/// A tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tag {
    /// Its name, without `refs/tags/`.
    pub name: String,
    /// The commit that it stands at.
    pub commit: String,
    /// Seconds since 1970 at which it was made; a lightweight tag does not know.
    pub made: Option<i64>,
}

fn gap(why: &str, next: &str) -> Gap {
    Gap { what: "git history".into(), why: why.into(), next: next.into() }
}

/// A git command that cannot be made to run code by the repository it reads. Nothing is read from stdin unless the caller says so.
pub(super) fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(directory).arg("--no-optional-locks").arg("--no-pager");
    for setting in
        ["core.fsmonitor=false", "core.hooksPath=/dev/null", "log.showSignature=false", "core.quotePath=false", "safe.directory=*"]
    {
        command.arg("-c").arg(setting);
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE");
    command
}

/// What a git command prints.
fn git(directory: &Path, arguments: &[&str]) -> Result<String, String> {
    output(directory, arguments).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// What a git command prints, byte for byte: paths need not be UTF-8.
pub(super) fn output(directory: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let mut child = command(directory, arguments).spawn().map_err(|error| format!("git cannot be run: {}", error.kind()))?;
    let start = Instant::now();
    let read = |pipe: Option<Box<dyn std::io::Read + Send>>| {
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(pipe) = pipe {
                let _ = pipe.take(256 << 20).read_to_end(&mut bytes);
            }
            let _ = sender.send(bytes);
        });
        receiver
    };
    let out = read(child.stdout.take().map(|pipe| Box::new(pipe) as _));
    let err = read(child.stderr.take().map(|pipe| Box::new(pipe) as _));
    let text = |from: mpsc::Receiver<Vec<u8>>| from.recv_timeout(LONGEST.saturating_sub(start.elapsed())).ok();
    let (out, err) = (text(out), text(err));
    let mut pause = Duration::from_micros(50);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) if out.is_some() && err.is_some() => break status,
            Ok(None) if start.elapsed() < LONGEST => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(20));
            }
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("git {} took longer than {} s", arguments.first().unwrap_or(&""), LONGEST.as_secs()));
            }
        }
    };
    let (out, err) = (out.unwrap_or_default(), err.unwrap_or_default());
    let first = |err: &[u8]| String::from_utf8_lossy(err).lines().next().unwrap_or("git failed").to_owned();
    if status.success() { Ok(out) } else { Err(first(&err)) }
}

/// A remote's URL without user name, password or token.
fn without_credentials(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let host_end = rest.find('/').unwrap_or(rest.len());
            let host = rest[..host_end].rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{}", &rest[host_end..])
        }
        None => url.to_owned(),
    }
}

/// The page of the remote that matters, from lines of `remote.NAME.url URL`.
fn source_of(urls: &str) -> Option<String> {
    let mut pages: Vec<(bool, String)> = urls
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(name, url)| Some((name != "remote.origin.url", web_address(url)?)))
        .collect();
    pages.sort_by_key(|(other, _)| *other);
    pages.into_iter().next().map(|(_, page)| page)
}

impl GitFacts {
    /// Looks at the repository that a directory belongs to, as it stands at HEAD.
    pub fn look(directory: &Path) -> GitFacts {
        std::thread::scope(|scope| {
            let tracked = scope.spawn(|| git(directory, &["ls-files", "-z", "--cached"]).unwrap_or_default());
            let mut facts = GitFacts::at(directory, "HEAD");
            let tracked = joined(tracked);
            if facts.head.is_some() {
                facts.tracked = tracked.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
            }
            facts
        })
    }

    /// Looks at the repository that a directory belongs to, as it stood at a revision: `head` is that commit, and no later one counts.
    /// Remotes and branches are those of today. Where the revision is not known, `head` is empty and the gap says so.
    pub fn at(directory: &Path, revision: &str) -> GitFacts {
        let unseen = |why: &str, next: &str| GitFacts { gap: Some(gap(why, next)), ..GitFacts::default() };
        let state =
            match git(directory, &["rev-parse", "--is-bare-repository", "--is-shallow-repository", "--show-toplevel", "--show-prefix"]) {
                Ok(state) => state,
                Err(why) if why.contains("must be run in a work tree") => return GitFacts::default().read(directory, revision),
                Err(why) if why.contains("not a git repository") => {
                    return unseen("this directory is not in a git repository", "run the audit in a clone of the repository");
                }
                Err(why) => return unseen(&why, "make `git status` work in this directory, then run the audit again"),
            };
        let mut lines = state.lines();
        let (_, shallow, top) = (lines.next(), lines.next() == Some("true"), lines.next().map(PathBuf::from));
        let prefix = lines.next().unwrap_or_default().to_owned();
        GitFacts { shallow, top, prefix, ..GitFacts::default() }.read(directory, revision)
    }

    /// Everything at once: most of the time of a git command is its start.
    fn read(mut self, directory: &Path, revision: &str) -> GitFacts {
        let unknown = gap("the repository has no commit yet", "commit, then run the audit again");
        if revision.starts_with('-') {
            return GitFacts { gap: Some(unknown), ..self };
        }
        let remotes = || git(directory, &["config", "--get-regexp", r"^remote\..*\.url$"]).unwrap_or_default();
        let commit = format!("{revision}^{{commit}}");
        let head = || git(directory, &["rev-parse", "--verify", "-q", &commit]).ok().map(|id| id.trim().to_owned());
        let contains = |flag: &str| {
            let found = git(directory, &["for-each-ref", flag, revision, "--format=%(refname:short)", "refs/remotes"]).unwrap_or_default();
            found.lines().find(|name| !name.ends_with("/HEAD")).map(str::to_owned)
        };
        let on_remote = || contains("--points-at").or_else(|| contains("--contains"));
        let default_branch = || {
            let name = git(directory, &["symbolic-ref", "-q", "--short", "refs/remotes/origin/HEAD"]).ok()?;
            name.trim().split_once('/').map(|(_, branch)| branch.to_owned())
        };
        std::thread::scope(|scope| {
            let (remotes, head, on_remote) = (scope.spawn(remotes), scope.spawn(head), scope.spawn(on_remote));
            let default_branch = scope.spawn(default_branch);
            let log = read_log(directory, revision);
            let urls = joined(remotes);
            self.source = source_of(&urls);
            self.remotes = urls.lines().filter_map(|line| line.split_once(' ')).map(|(_, url)| without_credentials(url)).collect();
            let Some(head) = joined(head).filter(|id| !id.is_empty()) else {
                self.gap = Some(unknown);
                return;
            };
            self.history = History::Repository(directory.to_owned(), head.clone());
            self.head = Some(head);
            self.on_remote = joined(on_remote);
            self.default_branch = joined(default_branch);
            match log {
                Ok(commits) => self.commits = commits,
                Err(why) => self.gap = Some(gap(&why, "make `git log` work in this directory, then run the audit again")),
            }
        });
        self
    }

    /// The commit at which the history of the default branch begins: HEAD, or where HEAD left that branch.
    pub fn default_tip(&self) -> Option<String> {
        let head = self.head.clone()?;
        let (History::Repository(directory, _), Some(branch)) = (&self.history, &self.default_branch) else { return Some(head) };
        let base = git(directory, &["merge-base", &head, &format!("refs/remotes/origin/{branch}")]);
        base.ok().map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).or(Some(head))
    }

    /// All tags.
    ///
    /// # Errors
    /// git's own words.
    pub fn tags(&self) -> Result<Vec<Tag>, String> {
        match &self.history {
            History::None => Ok(Vec::new()),
            History::Given(tags) => Ok(tags.clone()),
            History::Repository(directory, _) => {
                let format = "--format=%(refname:strip=2)%1f%(objectname)%1f%(*objectname)%1f%(taggerdate:unix)";
                git(directory, &["for-each-ref", "refs/tags", format]).map(|text| text.lines().filter_map(tag_of).collect())
            }
        }
    }

    /// Lines added and removed by each of the first `most` commits along the first parents from a commit, back to a time, by path.
    ///
    /// # Errors
    /// git's own words.
    pub fn sizes(&self, from: &str, since: i64, most: usize) -> Result<Vec<Size>, String> {
        match &self.history {
            History::Repository(directory, _) => {
                let (since, most) = (format!("--since={since}"), most.to_string());
                let arguments =
                    ["log", "--first-parent", "--diff-merges=first-parent", "--numstat", "-z", "-M", "-l200", &since, "-n", &most];
                let text = git(directory, &[&arguments[..], &["--format=%x1e%H", from]].concat())?;
                Ok(text.split('\x1e').skip(1).filter_map(size_of).collect())
            }
            _ => Ok(self.commits.iter().map(|commit| (commit.id.clone(), commit.lines.clone())).collect()),
        }
    }

    /// Whether git tracks a file, by its path; true where there is no repository to ask.
    pub fn tracks(&self, path: &str) -> bool {
        self.gap.is_some() || path.starts_with("../") || self.tracked.iter().any(|tracked| tracked == path)
    }

    /// Who owns the repository on its hosts: the first part of each remote's path.
    pub fn owners(&self) -> Vec<String> {
        let owner = |url: &String| {
            let path = match url.split_once("://") {
                Some((_, rest)) => rest.split_once('/')?.1,
                None => url.split_once(':')?.1,
            };
            path.trim_start_matches('/').split_once('/').map(|(owner, _)| owner.to_ascii_lowercase())
        };
        self.remotes.iter().filter_map(owner).collect()
    }

    /// What a look sees.
    pub fn see(&self, look: &GitLook) -> Seen {
        if let Some(gap) = &self.gap {
            return Seen::unseen(gap.clone());
        }
        let mut sightings = Vec::new();
        if let Some(wanted) = &look.remote {
            let Ok(regex) = pattern::compile(wanted) else { return Seen::default() };
            match self.remotes.iter().find(|url| regex.is_match(url.as_bytes())) {
                Some(url) => sightings.push(Sighting { excerpt: Some(format!("remote {url}")), ..Sighting::default() }),
                None => return Seen::default(),
            }
        }
        if look.pushed {
            let (Some(branch), Some(head)) = (&self.on_remote, &self.head) else { return Seen::default() };
            let place = Place { commit: Some(head.clone()), ..Place::default() };
            sightings.push(Sighting { place, excerpt: Some(format!("HEAD is on {branch}")), ..Sighting::default() });
        }
        if look.author.is_some() || look.message.is_some() || !look.path.is_empty() {
            match self.see_commit(look) {
                Ok(Some(sighting)) => sightings.push(sighting),
                Ok(None) if self.shallow => {
                    return Seen::unseen(gap(
                        "the clone is shallow: its history is cut off",
                        "git fetch --unshallow (in GitHub Actions: fetch-depth: 0), then run the audit again",
                    ));
                }
                Ok(None) => return Seen::default(),
                Err(gap) => return Seen::unseen(gap),
            }
        }
        Seen { sightings, ..Seen::default() }
    }

    fn see_commit(&self, look: &GitLook) -> Result<Option<Sighting>, Gap> {
        let Some(newest) = self.commits.first() else { return Ok(None) };
        let oldest = newest.time - i64::from(look.within_days.unwrap_or(RECENT_DAYS)) * DAY;
        let author = look.author.as_deref().map(pattern::compile).transpose().ok().flatten();
        let message = look.message.as_deref().map(pattern::compile).transpose().ok().flatten();
        let touched = if look.path.is_empty() { None } else { Some(self.touching(look.path.iter(), oldest)?) };
        let found = self.commits.iter().take_while(|commit| commit.time >= oldest).find(|commit| {
            author.as_ref().is_none_or(|regex| regex.is_match(commit.author.as_bytes()))
                && message.as_ref().is_none_or(|regex| regex.is_match(commit.message.as_bytes()))
                && touched.as_ref().is_none_or(|ids| ids.contains(&commit.id))
        });
        Ok(found.map(|commit| {
            let days = (newest.time - commit.time) / DAY;
            let subject = commit.message.lines().next().unwrap_or_default();
            let excerpt = format!("{subject} - {}, {days} days before the newest commit", commit.author);
            Sighting { place: Place { commit: Some(commit.id.clone()), ..Place::default() }, excerpt: Some(excerpt), ..Sighting::default() }
        }))
    }

    /// Ids of the commits that touched a path, newest first.
    fn touching<'p>(&self, globs: impl Iterator<Item = &'p String> + Clone, since: i64) -> Result<Vec<String>, Gap> {
        match &self.history {
            History::None | History::Given(_) => {
                let mut set = GlobSet::builder();
                globs.filter_map(|glob| super::files::glob(glob, false).ok()).for_each(|glob| {
                    set.add(glob);
                });
                let set = set.build().unwrap_or_else(|_| GlobSet::empty());
                Ok(self
                    .commits
                    .iter()
                    .filter(|commit| commit.paths.iter().any(|path| set.is_match(path)))
                    .map(|commit| commit.id.clone())
                    .collect())
            }
            History::Repository(directory, head) => {
                let since = format!("--since={since}");
                let specs: Vec<String> =
                    globs.flat_map(|glob| super::files::braces(glob)).map(|glob| format!(":(top,glob){glob}")).collect();
                let mut arguments = vec!["log", since.as_str(), "-n", "50", "--format=%H", head.as_str(), "--"];
                arguments.extend(specs.iter().map(String::as_str));
                let found = git(directory, &arguments).map_err(|why| gap(&why, "make `git log` work in this directory"))?;
                Ok(found.lines().map(str::to_owned).collect())
            }
        }
    }
}

/// What a thread found out.
fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The commits of the last year. Authors are taken as they stand in the commit (`%an`): with `%aN` git would read `.mailmap`
/// from the checkout, which may be a pipe that never ends.
fn read_log(directory: &Path, revision: &str) -> Result<Vec<Commit>, String> {
    let newest =
        git(directory, &["log", "-1", "--format=%ct", revision]).ok().and_then(|time| time.trim().parse::<i64>().ok()).unwrap_or(0);
    let since = format!("--since={}", newest - HISTORY_DAYS * DAY);
    let most = MOST_COMMITS.to_string();
    let log = git(directory, &["log", &since, "-n", &most, "-z", "--format=%H%x1f%P%x1f%ct%x1f%at%x1f%an <%ae>%x1f%s%n%b", revision])?;
    Ok(log.split('\0').filter_map(commit_of).collect())
}

/// A commit of the main line that added files.
#[derive(Debug, Clone)]
pub struct Addition {
    /// Its id.
    pub id: String,
    /// Seconds since 1970, of the committer.
    pub time: i64,
    /// True for the repository's first commit.
    pub first: bool,
    /// Added paths, relative to the audited directory.
    pub paths: Vec<String>,
}

impl GitFacts {
    /// The newest commits of the main line that added files below some folders, newest first. Nothing where history is
    /// missing or cut off: its oldest commit would seem to add everything.
    pub fn additions(&self, folders: &std::collections::BTreeSet<&str>) -> Option<Vec<Addition>> {
        const NEWEST: &str = "80";
        if self.gap.is_some() || self.shallow || folders.is_empty() {
            return None;
        }
        let History::Repository(directory, head) = &self.history else { return self.given_additions() };
        let mut arguments =
            vec!["log", "--first-parent", "--diff-merges=first-parent", "--diff-filter=A", "-M", "--relative", "--name-only"];
        arguments.extend(["-n", NEWEST, "--format=%x01%H %ct %P", head, "--"]);
        let specs: Vec<String> =
            if folders.len() > 300 { Vec::new() } else { folders.iter().map(|folder| format!(":(literal){folder}")).collect() };
        arguments.extend(specs.iter().map(String::as_str));
        let text = git(directory, &arguments).ok()?;
        let commits = text.split('\u{1}').filter_map(|record| {
            let mut lines = record.lines();
            let mut head = lines.next()?.split(' ');
            let (id, time) = (head.next()?.to_owned(), head.next()?.parse().ok()?);
            let first = head.next().is_none_or(str::is_empty);
            Some(Addition { id, time, first, paths: lines.filter(|line| !line.is_empty()).map(str::to_owned).collect() })
        });
        Some(commits.collect())
    }

    /// Those of an example: the oldest commit that names a path added it.
    fn given_additions(&self) -> Option<Vec<Addition>> {
        let mut seen = std::collections::BTreeSet::new();
        let mut found: Vec<Addition> = Vec::new();
        for commit in self.commits.iter().rev() {
            let paths = commit.paths.iter().filter(|path| seen.insert((*path).clone())).cloned().collect();
            found.push(Addition { id: commit.id.clone(), time: commit.time, first: false, paths });
        }
        found.reverse();
        Some(found)
    }

    /// Lines of the files of some commits' parents that hold one of the given words, as `commit^:path:line:text`, with a few
    /// lines after each. Nothing where git cannot tell.
    pub fn grep_before(&self, commits: &[String], words: &[String], paths: &[&str], after: u32) -> Option<String> {
        let History::Repository(directory, _) = &self.history else { return None };
        if self.shallow || commits.is_empty() || words.is_empty() {
            return None;
        }
        let after = format!("-A{after}");
        let mut arguments = vec!["grep", "-I", "-F", "-w", "--no-color", "--full-name", &after];
        words.iter().for_each(|word| arguments.extend(["-e", word.as_str()]));
        let trees: Vec<String> = commits.iter().map(|commit| format!("{commit}^")).collect();
        arguments.extend(trees.iter().map(String::as_str));
        arguments.push("--");
        arguments.extend(paths);
        match git(directory, &arguments) {
            Ok(text) => Some(text),
            // grep without a match ends with an error and says nothing.
            Err(why) if why == "git failed" => Some(String::new()),
            Err(_) => None,
        }
    }
}

fn commit_of(record: &str) -> Option<Commit> {
    let mut fields = record.trim_start_matches('\n').splitn(6, '\x1f');
    let (id, parents) = (fields.next()?, fields.next()?);
    let (time, authored, author, message) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let time = time.parse().ok()?;
    Some(Commit {
        id: id.to_owned(),
        parents: parents.split(' ').filter(|id| !id.is_empty()).map(str::to_owned).collect(),
        time,
        authored: authored.parse().unwrap_or(time),
        author: author.to_owned(),
        message: message.trim_end().to_owned(),
        ..Commit::default()
    })
}

fn tag_of(line: &str) -> Option<Tag> {
    let mut fields = line.split('\x1f');
    let (name, object, peeled, made) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let commit = if peeled.is_empty() { object } else { peeled };
    Some(Tag { name: name.to_owned(), commit: commit.to_owned(), made: made.parse().ok() })
}

/// One commit of `git log --numstat -z`: `ID NUL? LF added TAB removed TAB path NUL ...`; a rename has an empty path and two more fields.
fn size_of(record: &str) -> Option<Size> {
    let mut fields = record.split('\0');
    let id = fields.next()?.trim().to_owned();
    let mut files = Vec::new();
    while let Some(field) = fields.next() {
        let mut parts = field.trim_start_matches('\n').splitn(3, '\t');
        let (Some(added), Some(removed), Some(path)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let path = if path.is_empty() { fields.nth(1).unwrap_or_default() } else { path };
        // A binary file has `-` for both.
        let lines = added.parse().unwrap_or(0_u64).saturating_add(removed.parse().unwrap_or(0));
        files.push((path.to_owned(), lines));
    }
    Some((id, files))
}

/// Authors of update bots, as `Name <mail>`.
const BOTS: &str =
    r"(?i)^(dependabot(-preview)?(\[bot\])?|renovate(\[bot\]| bot)?|depfu(\[bot\])?|snyk-bot|pyup-bot|scala steward|.*renovate\[bot\]) <";

/// The newest commit of an update bot within some days of the newest commit.
pub fn bot_commit(facts: &GitFacts, within_days: u32) -> Option<Sighting> {
    let look = GitLook { author: Some(BOTS.into()), within_days: Some(within_days), ..GitLook::default() };
    facts.see(&look).sightings.into_iter().next()
}
