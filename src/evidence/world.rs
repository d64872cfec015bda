//! The only doors to the outside: files and git. Real ones for an audit, made-up ones for the examples of definitions.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ignore::{WalkBuilder, WalkState};

use super::Gap;
use super::git::GitFacts;
use super::roles::role_of;
use crate::definition::words::Role;
use crate::definition::written::Example;

/// Files larger than this are not read, in bytes. Manifests, code and configuration that people write are far below.
pub const LARGEST_FILE: u64 = 5 << 20;
/// Folders deeper than this are not entered.
const DEEPEST: usize = 64;
/// More files than this are not listed.
const MOST_FILES: usize = 2_000_000;

/// What an audit looks at.
pub struct World {
    /// The files.
    pub files: Box<dyn Files>,
    /// The git repository around them.
    pub git: GitFacts,
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
pub trait Files: Sync {
    /// All files, sorted by path.
    fn entries(&self) -> &[FileEntry];
    /// What could not be listed.
    fn gaps(&self) -> &[Gap];
    /// The bytes of an entry. `Err` says in words why it cannot be read.
    fn read(&self, entry: &FileEntry) -> Result<Vec<u8>, String>;
}

/// Files on disk.
pub struct Disk {
    root: PathBuf,
    entries: Vec<FileEntry>,
    real: BTreeMap<String, PathBuf>,
    gaps: Vec<Gap>,
}

impl Disk {
    /// Lists the files below a directory, as git would see them: ignored files and `.git` are left out unless they are
    /// `tracked` all the same, links are not followed. In a subdirectory of a repository, the files at the repository's root and in its hidden
    /// folders (CI, policy, update bot) are inherited.
    pub fn list(root: &Path, repository: Option<&Path>, tracked: &[String]) -> Disk {
        let mut disk = Disk { root: root.to_owned(), entries: Vec::new(), real: BTreeMap::new(), gaps: Vec::new() };
        disk.walk(root, "", false);
        disk.add_tracked(tracked);
        if let Some(top) = repository.filter(|top| *top != root)
            && let Ok(below) = root.strip_prefix(top)
        {
            let up = "../".repeat(below.components().count());
            disk.inherit(top, &up);
        }
        disk.entries.sort();
        disk
    }

    fn walk(&mut self, root: &Path, up: &str, inherited: bool) {
        let (sender, receiver) = std::sync::mpsc::channel();
        let walker = WalkBuilder::new(root)
            .hidden(false)
            .ignore(false)
            .git_global(false)
            .git_exclude(false)
            .require_git(false)
            .follow_links(false)
            .max_depth(Some(DEEPEST))
            .threads(std::thread::available_parallelism().map_or(1, usize::from).min(4))
            .filter_entry(|entry| entry.file_name() != ".git" && entry.file_name() != "node_modules")
            .build_parallel();
        walker.run(|| {
            let sender = sender.clone();
            Box::new(move |found| {
                let sent = match found {
                    Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                        let size = entry.metadata().map_or(0, |data| data.len());
                        sender.send(Ok((entry.into_path(), size)))
                    }
                    Ok(_) => Ok(()),
                    Err(error) => sender.send(Err(error.to_string())),
                };
                if sent.is_ok() { WalkState::Continue } else { WalkState::Quit }
            })
        });
        drop(sender);
        for found in receiver.iter().take(MOST_FILES) {
            match found {
                Ok((real, size)) => self.add(root, real, size, up, inherited),
                Err(why) => self.gaps.push(Gap {
                    what: "a part of the directory tree".into(),
                    why: why.replace(&*root.to_string_lossy(), "."),
                    next: "make it readable for the user who runs the audit".into(),
                }),
            }
        }
        self.gaps.sort();
    }

    fn add(&mut self, base: &Path, real: PathBuf, size: u64, up: &str, inherited: bool) {
        let relative = real.strip_prefix(base).unwrap_or(&real);
        let name = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        let path = format!("{up}{name}");
        if std::str::from_utf8(relative.as_os_str().as_encoded_bytes()).is_err() {
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
            if let Ok(data) =
                real.symlink_metadata().and_then(|data| if data.is_file() { Ok(data) } else { Err(std::io::ErrorKind::Other.into()) })
            {
                self.add(&root, real, data.len(), "", false);
            }
        }
    }

    /// Plain files at the repository's root and everything in its hidden folders and `docs`.
    fn inherit(&mut self, top: &Path, up: &str) {
        let Ok(children) = fs::read_dir(top) else { return };
        for child in children.flatten() {
            let name = child.file_name().to_string_lossy().into_owned();
            let Ok(kind) = child.file_type() else { continue };
            if kind.is_file() {
                let size = child.metadata().map_or(0, |data| data.len());
                self.add(top, child.path(), size, up, true);
            } else if kind.is_dir() && name.starts_with('.') && name != ".git" {
                let before = self.entries.len();
                self.walk(&child.path(), &format!("{up}{name}/"), true);
                for entry in &mut self.entries[before..] {
                    entry.name = format!("{name}/{}", entry.name);
                    entry.role = role_of(&entry.name);
                }
            }
        }
    }
}

impl Files for Disk {
    fn entries(&self) -> &[FileEntry] {
        &self.entries
    }

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn read(&self, entry: &FileEntry) -> Result<Vec<u8>, String> {
        if entry.size > LARGEST_FILE {
            return Err(format!("larger than {} MB, not read", LARGEST_FILE >> 20));
        }
        let path = self.real.get(&entry.path).cloned().unwrap_or_else(|| self.root.join(&entry.path));
        let words = |error: std::io::Error| format!("cannot be read: {}", error.kind());
        let mut bytes = Vec::with_capacity(usize::try_from(entry.size).unwrap_or(0) + 1);
        File::open(path).map_err(words)?.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(words)?;
        Ok(bytes)
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

    fn read(&self, entry: &FileEntry) -> Result<Vec<u8>, String> {
        self.texts.get(&entry.path).map(|text| text.clone().into_bytes()).ok_or_else(|| "not there".to_owned())
    }
}

impl World {
    /// The world of a definition's example.
    pub fn of_example(example: &Example) -> World {
        World { files: Box::new(Memory::new(&example.files)), git: GitFacts::of_example(example.git.as_ref()) }
    }
}
