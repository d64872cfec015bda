//! A revision of a repository as a world: the files of a commit and the history up to it, read from git's objects
//! without a checkout. Nothing is written, and no work tree is touched.
//!
//! It lists what [`Disk`](super::world::Disk) would list in a clean checkout of that commit: no links, no `node_modules`, and in
//! a subdirectory what that directory inherits (here also the tracked files that an ignore pattern names). The files of
//! submodules are in other repositories and are left out. Files are read as they are stored: filters (Git LFS) are not run.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Gap;
use super::git::{self, GitFacts};
use super::roles::role_of;
use super::world::{FileEntry, Files, LARGEST_FILE, World, as_written_on_unix};

/// How long git may take to give one file.
const LONGEST: Duration = Duration::from_secs(20);

/// The files of one commit.
pub struct Tree {
    directory: PathBuf,
    entries: Vec<FileEntry>,
    /// The object of each path.
    objects: HashMap<String, String>,
    /// Processes that wait for work: at most one per thread that reads.
    idle: Mutex<Vec<Batch>>,
}

impl Tree {
    /// The world at a revision of the repository that a directory belongs to, seen from that directory. Anything that names a
    /// commit will do: `main`, `v1.2`, `HEAD~3`, an id. The repository may be bare. The directory need not have
    /// existed then: the world has no files of its own in this case.
    ///
    /// # Errors
    /// In words: no repository, no such commit, or git cannot list its files.
    pub fn at(directory: &Path, revision: &str) -> Result<World, String> {
        let facts = GitFacts::at(directory, revision);
        let Some(head) = facts.head.clone() else {
            let gap = facts.gap.unwrap_or_default();
            let why = match gap.why.as_str() {
                "the repository has no commit yet" if facts.shallow => {
                    format!("there is no commit `{revision}` in this clone, which is shallow; git fetch --unshallow brings the others")
                }
                "the repository has no commit yet" => {
                    format!("there is no commit `{revision}` in this repository; `git log --oneline` names some")
                }
                why => why.to_owned(),
            };
            return Err(why);
        };
        let listed = git::output(directory, &["ls-tree", "-r", "-l", "-z", "--full-tree", &head])?;
        let mut tree = Tree { directory: directory.to_owned(), entries: Vec::new(), objects: HashMap::new(), idle: Mutex::default() };
        for file in listed.split(|byte| *byte == 0).filter_map(File::read) {
            tree.add(file, &facts.prefix);
        }
        tree.entries.sort();
        Ok(World { files: Box::new(tree), git: facts, forge: Err(super::forge::not_asked()), since: None })
    }

    /// The newest commit that two revisions have in common: where a branch began.
    ///
    /// # Errors
    /// In words: one of them is no commit, or they have nothing in common.
    pub fn fork(directory: &Path, one: &str, other: &str) -> Result<String, String> {
        let commit = |revision: &str| {
            let found = GitFacts::at(directory, revision).head;
            found.ok_or_else(|| format!("there is no commit `{revision}` in this repository; `git log --oneline` names some"))
        };
        let base = git::output(directory, &["merge-base", &commit(one)?, &commit(other)?]).unwrap_or_default();
        let base = String::from_utf8_lossy(&base).trim().to_owned();
        if base.is_empty() { Err(format!("`{one}` and `{other}` have no commit in common in this clone")) } else { Ok(base) }
    }

    /// Adds a file if it stands below the audited directory, or if that directory inherits it: plain files at the top
    /// and everything in hidden folders.
    fn add(&mut self, file: File, prefix: &str) {
        let below = file.path.strip_prefix(prefix);
        let top = file.path.split_once('/').map(|(folder, _)| folder);
        if below.is_none() && top.is_some_and(|folder| !folder.starts_with('.')) {
            return;
        }
        let name = below.unwrap_or(&file.path).to_owned();
        if name.split('/').rev().skip(1).any(|folder| folder == "node_modules") {
            return;
        }
        let inherited = below.is_none();
        let up = if inherited { "../".repeat(prefix.matches('/').count()) } else { String::new() };
        let path = format!("{up}{name}");
        self.objects.insert(path.clone(), file.object);
        self.entries.push(FileEntry { path, role: role_of(&name), name, size: file.size, inherited });
    }

    /// The bytes of an object, from a process that waits or a new one.
    fn object(&self, id: &str) -> Result<Vec<u8>, String> {
        let waiting = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut batch = waiting.map_or_else(|| Batch::start(&self.directory), Ok)?;
        let answer = batch.ask(id)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(batch);
        answer
    }
}

impl Files for Tree {
    fn entries(&self) -> &[FileEntry] {
        &self.entries
    }

    fn gaps(&self) -> &[Gap] {
        &[]
    }

    fn read_into(&self, entry: &FileEntry, bytes: &mut Vec<u8>) -> Result<(), String> {
        if entry.size > LARGEST_FILE {
            return Err(format!("larger than {} MB, not read", LARGEST_FILE >> 20));
        }
        let id = self.objects.get(&entry.path).ok_or("not there")?;
        *bytes = self.object(id)?;
        as_written_on_unix(bytes);
        Ok(())
    }
}

/// A line of `git ls-tree -l -z`: mode, type, object, size, tab, path.
struct File {
    path: String,
    object: String,
    size: u64,
}

impl File {
    /// `None` for what is no plain file: links, submodules.
    fn read(record: &[u8]) -> Option<File> {
        let tab = record.iter().position(|byte| *byte == b'\t')?;
        let facts = std::str::from_utf8(&record[..tab]).ok()?;
        let mut facts = facts.split_ascii_whitespace();
        let (mode, _, object, size) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
        // A size that git cannot tell belongs to an object that is missing: reading it says so.
        let size = size.parse().unwrap_or(0);
        mode.starts_with("100").then(|| File { path: written(&record[tab + 1..]), object: object.to_owned(), size })
    }
}

/// A path; bytes that are not UTF-8 are written as `\xff`, as for files on disk.
fn written(path: &[u8]) -> String {
    let mut text = String::new();
    for chunk in path.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

type Answer = Result<Vec<u8>, String>;

/// A `git cat-file --batch` that is asked for one object after another.
struct Batch {
    child: Child,
    ask: Option<ChildStdin>,
    answers: Receiver<Answer>,
}

impl Batch {
    fn start(directory: &Path) -> Result<Batch, String> {
        let mut command = git::command(directory, &["cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| format!("git cannot be run: {}", error.kind()))?;
        let (sender, answers) = channel();
        if let Some(out) = child.stdout.take() {
            std::thread::spawn(move || {
                let mut out = BufReader::new(out);
                while let Some(answer) = next_answer(&mut out) {
                    if sender.send(answer).is_err() {
                        break;
                    }
                }
            });
        }
        Ok(Batch { ask: child.stdin.take(), child, answers })
    }

    /// The answer for an object; `Err` when the process is of no use any more.
    fn ask(&mut self, id: &str) -> Result<Answer, String> {
        let asked = self.ask.as_mut().is_some_and(|pipe| pipe.write_all(format!("{id}\n").as_bytes()).and_then(|()| pipe.flush()).is_ok());
        let answer = asked.then(|| self.answers.recv_timeout(LONGEST).ok()).flatten();
        answer.ok_or_else(|| "git gave no answer".to_owned())
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        drop(self.ask.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `<id> blob <size>`, the bytes and a line break; or one line that says why not.
fn next_answer(out: &mut BufReader<ChildStdout>) -> Option<Answer> {
    let mut head = String::new();
    out.read_line(&mut head).ok().filter(|read| *read > 0)?;
    let Some(size) = head.trim_end().rsplit_once(' ').and_then(|(_, size)| size.parse::<u64>().ok()) else {
        return Some(Err("git does not have this file: the clone is partial or damaged".into()));
    };
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(LARGEST_FILE)).unwrap_or(0));
    out.take(size.min(LARGEST_FILE + 1)).read_to_end(&mut bytes).ok()?;
    std::io::copy(&mut out.take(size.saturating_sub(LARGEST_FILE + 1) + 1), &mut std::io::sink()).ok()?;
    Some(if size > LARGEST_FILE { Err(format!("larger than {} MB, not read", LARGEST_FILE >> 20)) } else { Ok(bytes) })
}
