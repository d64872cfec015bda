//! The only doors to the outside: files and git. Real ones for an audit, made-up ones for the examples of definitions.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ignore::{WalkBuilder, WalkState};

use super::Gap;
use super::forge::Recorded;
use super::git::GitFacts;
use super::roles::role_of;
use super::since::Since;
use crate::definition::words::Role;
use crate::definition::written::Example;

/// Files larger than this are not read, in bytes. Manifests, code and configuration that people write are far below.
pub const LARGEST_FILE: u64 = 5 << 20;
/// Folders deeper than this are not entered.
const DEEPEST: usize = 64;
/// Ignore files larger than this are not read, in bytes.
const LARGEST_IGNORE_FILE: u64 = 1 << 20;
/// More files than this are not listed.
const MOST_FILES: usize = 2_000_000;

/// What an audit looks at.
pub struct World {
    /// The files.
    pub files: Box<dyn Files>,
    /// The git repository around them.
    pub git: GitFacts,
    /// What the forge recorded, or why that is not known.
    pub forge: Result<Recorded, Gap>,
    /// What changed since a base revision, if only a change is audited.
    pub since: Option<Since>,
}

/// A file that may be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileEntry {
    /// Path for people, relative to the audited directory; inherited files start with `../`.
    pub path: String,
    /// Path for patterns: relative to the audited directory, or to the repository for inherited files.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// What it is for.
    pub role: Role,
    /// True for a file of the repository around the audited directory.
    pub inherited: bool,
}

/// A list of files and the means to read them.
pub trait Files: Send + Sync {
    /// All files, sorted by path.
    fn entries(&self) -> &[FileEntry];
    /// What could not be listed.
    fn gaps(&self) -> &[Gap];
    /// Puts the bytes of an entry into a buffer, without a byte order mark and with `\n` at the end of lines. `Err` says in words
    /// why it cannot be read.
    fn read_into(&self, entry: &FileEntry, bytes: &mut Vec<u8>) -> Result<(), String>;
    /// The same bytes in a buffer of their own.
    fn read(&self, entry: &FileEntry) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        self.read_into(entry, &mut bytes)?;
        Ok(bytes)
    }
}

/// Files on disk.
pub struct Disk {
    root: PathBuf,
    entries: Vec<FileEntry>,
    real: BTreeMap<String, PathBuf>,
    gaps: Vec<Gap>,
}

impl Disk {
    /// Lists the files below a directory, as git would see them: ignored files and `.git` are left out, links are not followed.
    pub fn list(root: &Path) -> Disk {
        let mut disk = Disk { root: root.to_owned(), entries: Vec::new(), real: BTreeMap::new(), gaps: Vec::new() };
        disk.walk(root, "", None);
        disk.entries.sort();
        disk.gaps.sort();
        disk
    }

    /// Adds what only git can tell: ignored files that it tracks all the same, and in a subdirectory of a repository the files at
    /// the repository's root and in its hidden folders (CI, policy, update bot), which are inherited.
    pub fn add_known_to_git(&mut self, git: &GitFacts) {
        self.add_tracked(&git.tracked);
        let repository = git.top.as_deref().and_then(|top| top.canonicalize().ok());
        let root = self.root.clone();
        if let Some(top) = repository.filter(|top| *top != root)
            && let Ok(below) = root.strip_prefix(&top)
        {
            self.walk(&top, &"../".repeat(below.components().count()), Some(&root));
        }
        self.entries.sort();
        self.gaps.sort();
    }

    /// Lists the files below `root`. With `inherited_by`, only those that this directory inherits: plain files at the top
    /// and everything in its hidden folders.
    fn walk(&mut self, root: &Path, up: &str, inherited_by: Option<&Path>) {
        let rules = root.ancestors().all(is_readable_ignore_file);
        if !rules {
            self.gaps.push(odd_ignore_file(up));
        }
        let (sender, receiver) = std::sync::mpsc::channel();
        let (heir, odd) = (inherited_by.map(Path::to_owned), sender.clone());
        let (base, above) = (root.to_owned(), up.to_owned());
        let walker = WalkBuilder::new(root)
            .hidden(false)
            .ignore(false)
            .git_ignore(rules)
            .git_global(false)
            .git_exclude(false)
            .require_git(false)
            .follow_links(false)
            .max_depth(Some(DEEPEST))
            .threads(std::thread::available_parallelism().map_or(1, usize::from).min(4))
            .filter_entry(move |entry| {
                if !entry.file_type().is_some_and(|kind| kind.is_dir()) {
                    return true;
                }
                let name = entry.file_name();
                let outside = heir
                    .as_ref()
                    .is_some_and(|heir| entry.path() == heir || (entry.depth() == 1 && !name.as_encoded_bytes().starts_with(b".")));
                if name == ".git" || name == "node_modules" || outside {
                    return false;
                }
                let readable = entry.depth() == 0 || is_readable_ignore_file(entry.path());
                if !readable {
                    let _ = odd.send(Err(odd_ignore_file(&format!("{above}{}/", relative(&base, entry.path())))));
                }
                readable
            })
            .build_parallel();
        walker.run(|| {
            let (sender, up) = (sender.clone(), up.to_owned());
            Box::new(move |found| {
                let sent = match found {
                    Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                        let size = entry.metadata().map_or(0, |data| data.len());
                        sender.send(Ok((entry.into_path(), size)))
                    }
                    Ok(entry) if entry.depth() == DEEPEST && entry.file_type().is_some_and(|kind| kind.is_dir()) => {
                        sender.send(Err(too_deep(&format!("{up}{}", relative(root, entry.path())))))
                    }
                    Ok(_) => Ok(()),
                    Err(error) => sender.send(Err(unlisted(root, &error))),
                };
                if sent.is_ok() { WalkState::Continue } else { WalkState::Quit }
            })
        });
        drop(sender);
        for found in receiver.iter().take(MOST_FILES) {
            match found {
                Ok((real, size)) => self.add(root, real, size, up, inherited_by.is_some()),
                Err(gap) => self.gaps.push(gap),
            }
        }
    }

    fn add(&mut self, base: &Path, real: PathBuf, size: u64, up: &str, inherited: bool) {
        let name = relative(base, &real);
        let path = format!("{up}{name}");
        if real.to_str().is_none() {
            self.real.insert(path.clone(), real);
        }
        let role = role_of(&name);
        self.entries.push(FileEntry { path, name, size, role, inherited });
    }

    /// Files that an ignore pattern names although git tracks them.
    fn add_tracked(&mut self, tracked: &[String]) {
        let listed: HashSet<String> = self.entries.iter().map(|entry| entry.path.clone()).collect();
        let root = self.root.clone();
        for path in tracked.iter().filter(|path| !listed.contains(*path) && !path.contains("node_modules/")) {
            let real = root.join(path);
            let Ok(data) = real.symlink_metadata() else { continue };
            // Git may track a path through a folder that is a link by now.
            if data.is_file() && real.canonicalize().is_ok_and(|found| found.starts_with(&root)) {
                self.add(&root, real, data.len(), "", false);
            }
        }
    }
}

/// The path of a file below a directory, with `/`. Bytes that are not UTF-8 are written as `\xff`, so that two names
/// never become one.
fn relative(base: &Path, path: &Path) -> String {
    let mut text = String::new();
    for (index, part) in path.strip_prefix(base).unwrap_or(path).components().enumerate() {
        if index > 0 {
            text.push('/');
        }
        for chunk in part.as_os_str().as_encoded_bytes().utf8_chunks() {
            text.push_str(chunk.valid());
            text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
        }
    }
    text
}

/// A checkout on Windows says the same as one elsewhere: `$` in a pattern must match before `\r\n` too.
pub(super) fn as_written_on_unix(bytes: &mut Vec<u8>) {
    if bytes.starts_with("\u{feff}".as_bytes()) {
        bytes.drain(..3);
    }
    let Some(first) = memchr::memchr(b'\r', bytes) else { return };
    let (mut from, mut to) = (first, first);
    while from < bytes.len() {
        let next = memchr::memchr(b'\r', &bytes[from + 1..]).map_or(bytes.len(), |more| from + 1 + more);
        let start = if bytes[from..].starts_with(b"\r\n") { from + 1 } else { from };
        bytes.copy_within(start..next, to);
        to += next - start;
        from = next;
    }
    bytes.truncate(to);
}

/// False where reading a folder's `.gitignore` could take forever: a pipe, a device, a file of many megabytes.
fn is_readable_ignore_file(folder: &Path) -> bool {
    let fine = |data: fs::Metadata| data.is_dir() || (data.is_file() && data.len() <= LARGEST_IGNORE_FILE);
    fs::metadata(folder.join(".gitignore")).map_or(true, fine)
}

fn odd_ignore_file(folder: &str) -> Gap {
    Gap {
        what: super::one_line(&format!("{folder}.gitignore")),
        why: "this is no file with ignore patterns: a pipe, a device, or too large".into(),
        next: "make it a plain file; its folder was looked at without it, or not at all".into(),
    }
}

fn too_deep(folder: &str) -> Gap {
    Gap {
        what: super::one_line(folder),
        why: format!("deeper than {DEEPEST} folders, not entered"),
        next: "audit this folder by itself if it matters".into(),
    }
}

fn unlisted(root: &Path, error: &ignore::Error) -> Gap {
    Gap {
        what: "a part of the directory tree".into(),
        why: error.to_string().replace(&*root.to_string_lossy(), "."),
        next: "make it readable for the user who runs the audit".into(),
    }
}

impl Files for Disk {
    fn entries(&self) -> &[FileEntry] {
        &self.entries
    }

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn read_into(&self, entry: &FileEntry, bytes: &mut Vec<u8>) -> Result<(), String> {
        if entry.size > LARGEST_FILE {
            return Err(format!("larger than {} MB, not read", LARGEST_FILE >> 20));
        }
        let path = self.real.get(&entry.path).cloned().unwrap_or_else(|| self.root.join(&entry.path));
        let words = |error: std::io::Error| format!("cannot be read: {}", error.kind());
        bytes.clear();
        bytes.reserve(usize::try_from(entry.size).unwrap_or(0) + 1);
        File::open(path).map_err(words)?.take(LARGEST_FILE + 1).read_to_end(bytes).map_err(words)?;
        as_written_on_unix(bytes);
        Ok(())
    }
}

/// Files of an example.
pub struct Memory {
    entries: Vec<FileEntry>,
    texts: BTreeMap<String, String>,
}

impl Memory {
    /// The files of an example.
    pub fn new(files: &BTreeMap<String, String>) -> Memory {
        let entries = files
            .iter()
            .map(|(path, text)| FileEntry {
                path: path.clone(),
                name: path.clone(),
                size: text.len() as u64,
                role: role_of(path),
                inherited: false,
            })
            .collect();
        Memory { entries, texts: files.clone() }
    }
}

impl Files for Memory {
    fn entries(&self) -> &[FileEntry] {
        &self.entries
    }

    fn gaps(&self) -> &[Gap] {
        &[]
    }

    fn read_into(&self, entry: &FileEntry, bytes: &mut Vec<u8>) -> Result<(), String> {
        let text = self.texts.get(&entry.path).ok_or_else(|| "not there".to_owned())?;
        bytes.clear();
        bytes.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl World {
    /// A directory on disk, and the git repository around it.
    pub fn of_directory(root: &Path) -> World {
        std::thread::scope(|scope| {
            let git = scope.spawn(|| GitFacts::look(root));
            let mut disk = Disk::list(root);
            let git = git.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            disk.add_known_to_git(&git);
            World { files: Box::new(disk), git, forge: Err(super::forge::not_asked()), since: None }
        })
    }

    /// The world of a definition's example.
    pub fn of_example(example: &Example) -> World {
        let mut git = GitFacts::of_example(example.git.as_ref());
        let untracked = example.git.as_ref().map(|git| git.untracked.as_slice()).unwrap_or_default();
        git.tracked = example.files.keys().filter(|path| !untracked.contains(path)).cloned().collect();
        World {
            files: Box::new(Memory::new(&example.files)),
            git,
            forge: Recorded::of_example(example).ok_or_else(super::forge::not_asked),
            since: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::as_written_on_unix;

    #[test]
    fn lines_end_as_on_unix() {
        for (written, wanted) in
            [("\u{feff}a\r\nb\r\n", "a\nb\n"), ("\r\n\r\n", "\n\n"), ("a\rb\r\r\nc\r", "a\rb\r\nc\r"), ("a\nb", "a\nb"), ("", "")]
        {
            let mut bytes = written.as_bytes().to_vec();
            as_written_on_unix(&mut bytes);
            assert_eq!(String::from_utf8_lossy(&bytes), wanted, "{written:?}");
        }
    }
}
