//! The repository as a pipeline sees it: files read at most once, and scripts followed within a budget.

use super::{Repository, refs::Defaults};
use crate::evidence::node::Node;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// Largest file that is followed, in bytes; beyond it a script is hardly a script.
const MAX_FILE: usize = 256 * 1024;
/// Most bytes that following scripts may add to one pipeline.
const MAX_APPENDED: usize = 4 * 1024 * 1024;
/// Most scripts followed for one pipeline.
const MAX_FOLLOWED: usize = 2_000;
/// Most bytes of scripts and their manifests looked through for one pipeline, each as often as it is.
const MAX_LOOKED: usize = 64 * 1024 * 1024;

/// Files of the repository, remembered while one pipeline is read.
pub(super) struct Sources<'a> {
    repository: &'a dyn Repository,
    texts: RefCell<HashMap<String, Option<Rc<str>>>>,
    documents: RefCell<HashMap<String, Option<Rc<Node>>>>,
    paths: OnceCell<Vec<String>>,
    followed: Cell<usize>,
    appended: Cell<usize>,
    looked: Cell<usize>,
}

impl<'a> Sources<'a> {
    /// Nothing read yet.
    pub fn new(repository: &'a dyn Repository) -> Self {
        Sources {
            repository,
            texts: RefCell::default(),
            documents: RefCell::default(),
            paths: OnceCell::new(),
            followed: Cell::new(0),
            appended: Cell::new(0),
            looked: Cell::new(0),
        }
    }

    /// The text of a file, unless it is missing, too large or not text.
    pub fn text(&self, path: &str) -> Option<Rc<str>> {
        if let Some(known) = self.texts.borrow().get(path) {
            return known.clone();
        }
        let usable = |text: &String| text.len() <= MAX_FILE && !text.contains('\0');
        let text: Option<Rc<str>> = self.repository.text(path).filter(usable).map(Rc::from);
        self.texts.borrow_mut().insert(path.to_owned(), text.clone());
        text
    }

    /// The text of a file that holds scripts, as long as there is budget to look through more.
    pub fn script(&self, path: &str) -> Option<Rc<str>> {
        let text = self.text(path)?;
        self.looked.set(self.looked.get().saturating_add(text.len()));
        (!self.is_spent()).then_some(text)
    }

    /// The first document of a YAML file.
    pub fn yaml(&self, path: &str) -> Option<Rc<Node>> {
        if let Some(known) = self.documents.borrow().get(path) {
            return known.clone();
        }
        let read = |text: Rc<str>| super::documents(&text).ok()?.into_iter().next().map(Rc::new);
        let document = self.text(path).and_then(read);
        self.documents.borrow_mut().insert(path.to_owned(), document.clone());
        document
    }

    /// The paths of all files.
    pub fn paths(&self) -> &[String] {
        self.paths.get_or_init(|| self.repository.paths())
    }

    /// The names that count as the default branch.
    pub fn defaults(&self) -> Defaults {
        Defaults::new(self.repository.default_branch())
    }

    /// Takes one script of so many bytes from the budget; false when that is spent.
    pub fn may_follow(&self, bytes: usize) -> bool {
        let fits = !self.is_spent() && self.appended.get() + bytes <= MAX_APPENDED;
        self.followed.set(if fits { self.followed.get() + 1 } else { MAX_FOLLOWED });
        self.appended.set(self.appended.get() + if fits { bytes } else { 0 });
        fits
    }

    /// True when scripts are left unfollowed because the budget is spent.
    pub fn is_spent(&self) -> bool {
        self.followed.get() >= MAX_FOLLOWED || self.looked.get() > MAX_LOOKED
    }
}

/// A path seen from a directory, as a path of the repository; `None` when it leads out of it.
pub(super) fn resolve(directory: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn paths_stay_in_the_repository() {
        assert_eq!(resolve("web", "./bin/test").as_deref(), Some("web/bin/test"));
        assert_eq!(resolve("web/app", "../package.json").as_deref(), Some("web/package.json"));
        assert_eq!(resolve("", ".").as_deref(), Some(""));
        assert_eq!(resolve("web", "../../etc/passwd"), None);
    }
}
