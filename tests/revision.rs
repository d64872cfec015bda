//! A revision judged without a checkout sees what a clean checkout of it shows.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;

use prod_audit::definition::catalogue::Catalog;
use prod_audit::evidence::gather::gather;
use prod_audit::evidence::git::GitFacts;
use prod_audit::evidence::revision::Tree;
use prod_audit::evidence::world::World;
use prod_audit::plan::Plan;
use support::{Repo, git};

fn on_disk(root: &Path) -> World {
    World::of_directory(&root.canonicalize().unwrap())
}

/// Asserts that both worlds list the same files with the same bytes, and that all looks see the same.
fn same(plan: &Plan, directory: &Path, revision: &str) {
    let (disk, tree) = (on_disk(directory), Tree::at(directory, revision).unwrap());
    assert_eq!(disk.files.entries(), tree.files.entries());
    for entry in disk.files.entries() {
        assert_eq!(disk.files.read(entry), tree.files.read(entry), "{}", entry.path);
    }
    assert_eq!(gather(plan, &disk, "."), gather(plan, &tree, "."));
}

/// Everything in which a list of files can go wrong.
fn odd_repository() -> Repo {
    let repo = Repo::with(&[
        ("Gemfile", "gem 'rails'\ngem 'sentry-ruby'\n"),
        ("config/initializers/sentry.rb", "Sentry.init do |config|\n  config.dsn = ENV['DSN']\nend\n"),
        (".github/workflows/ci.yml", "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps: [{ run: bin/rails test }]\n"),
        ("apps/web/package.json", r#"{ "dependencies": { "express": "5.0.0" } }"#),
        ("apps/web/server.js", "require('express')()\n"),
        ("apps/web/.hidden/x.yml", "a: 1\n"),
        ("node_modules/left-pad/index.js", "x\n"),
        ("apps/web/node_modules/y.js", "x\n"),
        ("my_node_modules/z.js", "x\n"),
        (".gitignore", "ignored*.rb\n"),
        ("lib/ignored-and-tracked.rb", "harm\n"),
        ("ignored.rb", "harm\n"),
        ("größe 注文.md", "x\n"),
        ("a\nb.txt", "x\n"),
    ]);
    repo.write("windows.rb", "\u{feff}a = 1\r\nb = 2\r\n");
    repo.write("large.json", vec![b' '; (5 << 20) + 1]);
    repo.write("exactly.json", vec![b' '; 5 << 20]);
    repo.write("empty.rb", "");
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        std::os::unix::fs::symlink("/etc/passwd", repo.join("link")).unwrap();
        std::os::unix::fs::symlink("apps", repo.join("linked-folder")).unwrap();
        std::fs::write(repo.path().join(std::ffi::OsStr::from_bytes(b"latin\xe4.rb")), "x = 1\n").unwrap();
    }
    repo.git(&["init", "-q", "-b", "main", "."]);
    repo.git(&["config", "core.autocrlf", "false"]);
    repo.git(&["add", "-f", "lib/ignored-and-tracked.rb", "node_modules", "apps"]);
    repo.commit("first");
    repo.git(&["remote", "add", "origin", "https://user:secret@example.com/acme/shop.git"]);
    repo
}

#[test]
fn a_revision_shows_what_a_clean_checkout_shows() {
    let plan = Plan::draw(&Catalog::builtin().unwrap());
    let repo = odd_repository();
    for directory in [repo.path().to_owned(), repo.join("apps"), repo.join("apps/web")] {
        same(&plan, &directory, "HEAD");
    }
    let tree = Tree::at(repo.path(), "main").unwrap();
    let listed: Vec<&str> = tree.files.entries().iter().map(|entry| entry.path.as_str()).collect();
    assert!(listed.contains(&"lib/ignored-and-tracked.rb") && !listed.contains(&"ignored.rb"), "{listed:?}");
    assert!(!listed.iter().any(|path| path.starts_with("node_modules") || path.starts_with("link")), "{listed:?}");
}

#[test]
fn an_earlier_revision_shows_neither_later_files_nor_later_history() {
    let repo = odd_repository();
    let first = GitFacts::look(repo.path()).head.unwrap();
    repo.write("later.rb", "x = 1\n");
    repo.write("Gemfile", "gem 'rails'\n");
    repo.commit("second");
    repo.write("uncommitted.rb", "x = 1\n");
    let tree = Tree::at(repo.path(), &first[..10]).unwrap();
    assert_eq!(tree.git.head.as_deref(), Some(first.as_str()));
    assert_eq!(tree.git.commits.iter().map(|commit| commit.message.as_str()).collect::<Vec<_>>(), ["first"]);
    let gemfile = tree.files.entries().iter().find(|entry| entry.path == "Gemfile").unwrap();
    assert_eq!(tree.files.read(gemfile).unwrap(), b"gem 'rails'\ngem 'sentry-ruby'\n");
    assert!(!tree.files.entries().iter().any(|entry| ["later.rb", "uncommitted.rb"].contains(&entry.path.as_str())));
    let now = Tree::at(repo.path(), "HEAD").unwrap();
    assert!(now.files.entries().iter().any(|entry| entry.path == "later.rb"));
    assert_eq!(now.git.commits.len(), 2);
}

#[test]
fn a_bare_repository_and_a_folder_that_was_not_there_yet() {
    let plan = Plan::draw(&Catalog::builtin().unwrap());
    let (repo, clones) = (odd_repository(), Repo::new());
    git(clones.path(), &["clone", "-q", "--bare", repo.path().to_str().unwrap(), "bare.git"]);
    let (bare, tree) = (Tree::at(&clones.join("bare.git"), "main").unwrap(), Tree::at(repo.path(), "main").unwrap());
    assert_eq!(bare.files.entries(), tree.files.entries());
    assert_eq!(gather(&plan, &bare, ".").files, gather(&plan, &tree, ".").files);
    repo.write("apps/new/package.json", "{}\n");
    repo.commit("an app");
    let before = Tree::at(&repo.join("apps/new"), "HEAD~1").unwrap();
    assert!(before.files.entries().iter().all(|entry| entry.inherited), "{:?}", before.files.entries());
}

#[test]
fn what_is_no_commit_is_told_in_words() {
    let repo = odd_repository();
    let why = |directory: &Path, revision: &str| Tree::at(directory, revision).err().unwrap_or_else(|| panic!("{revision} was read"));
    for revision in ["nothere", "", "-h", "--all", "HEAD~9", "HEAD:Gemfile", "main..main", "$(id)", "a\0b"] {
        assert!(why(repo.path(), revision).starts_with("there is no commit `"), "{revision}");
    }
    assert_eq!(why(Repo::new().path(), "HEAD"), "this directory is not in a git repository");
    let clones = Repo::new();
    repo.write("x.rb", "");
    repo.commit("second");
    git(clones.path(), &["clone", "-q", "--depth", "1", &format!("file://{}", repo.path().display()), "shallow"]);
    assert!(why(&clones.join("shallow"), "HEAD~1").contains("git fetch --unshallow"));
}

#[test]
fn a_missing_object_is_a_gap_and_not_a_hang() {
    let repo = Repo::with(&[("a.rb", "x = 1\n"), ("b.rb", "y = 1\n")]);
    repo.commit("one");
    let id = std::process::Command::new("git").current_dir(repo.path()).args(["rev-parse", "HEAD:a.rb"]).output().unwrap().stdout;
    let id = String::from_utf8(id).unwrap();
    std::fs::remove_file(repo.join(".git/objects").join(&id[..2]).join(id[2..].trim())).unwrap();
    let tree = Tree::at(repo.path(), "HEAD").unwrap();
    let read: Vec<Result<Vec<u8>, String>> = tree.files.entries().iter().map(|entry| tree.files.read(entry)).collect();
    assert!(read[0].as_ref().is_err_and(|why| why.contains("partial or damaged")), "{read:?}");
    assert_eq!(read[1].as_deref(), Ok(&b"y = 1\n"[..]));
}
