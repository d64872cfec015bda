//! Derived cases: each positive example with its evidence taken away, in the ways in which evidence goes in real
//! repositories. Nobody writes these cases, so nobody can forget them.
//!
//! What an answer rests on are the places of its proofs at the rung reached (or its findings). An answer that rests
//! on something that is no file (a commit, a remote, an attestation) need not fall when files change, so only the
//! first case is derived for it. The others:
//!
//! - **An empty repository** gives nothing at all: no rung, no finding.
//! - **The files that the answer rests on are removed**, all of them: it must fall. Evidence of the same rung cannot
//!   be anywhere else, or the answer would have rested on that place too; one that stands found its evidence only
//!   because a file had gone.
//! - **One of these files is removed**: it must fall where that was the last of its places. Where it stands it must
//!   rest on files that are still there; that is other evidence, and no case.
//! - **The lines that it rests on are commented out**, all at once: no evidence may be left on a commented line.
//!   Evidence that shows on further lines is commented out in turn until the answer falls, or until what remains
//!   cannot be commented out: the existence of a file, a format without comments, a line that was a comment all along
//!   (a look with `comments = true` may ask for those). Then there is no case, because the answer is right to stand.
//!   Nor is there one for a hazard whose look has `comments = true`: a secret in a comment is a secret.
//! - **All files are moved** among tests, documentation, examples or other people's code: it must fall. Where it
//!   stands on what a look saw that asks for that very role, it is right to, and there is no case.

use std::collections::{BTreeMap, BTreeSet};

use super::{Bench, Definition, Proved, Run, Stand};
use crate::config::Config;
use crate::definition::catalogue::{CheckKind, WorldLook};
use crate::definition::words::Role;
use crate::definition::written::Example;
use crate::evidence::comments::commented_out;
use crate::evidence::roles::role_of;
use crate::evidence::{Dossier, Place};

/// Folders among which no file is evidence of what production does.
const ASIDE: [&str; 4] = ["test", "docs", "examples/shop", "node_modules/shop"];

type FilesOf = BTreeMap<String, String>;

/// What became of one derived case.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    /// The answer fell, as it must.
    Fell,
    /// It was right to stand: there is no case.
    NoCase,
    /// It stands, in words.
    Stood(String),
}

/// Tries everything that can be derived from a definition's positive examples.
pub(super) fn derive(definition: &Definition<'_>, bench: &Bench, runs: &[Run<'_>], proved: &mut Proved) {
    for run in runs.iter().filter(|run| run.example.expect.is_positive()) {
        let before = definition.stand(&bench.catalog, &run.dossier, &run.config);
        if before.strength == 0 {
            continue;
        }
        for fate in (Trial { definition, bench, run, before }).all() {
            match fate {
                Fate::Fell => proved.fell += 1,
                Fate::NoCase => {}
                Fate::Stood(how) => proved.stood.push(format!("example `{}` stands {how}", run.example.name)),
            }
        }
    }
}

/// One positive example, and how it stands untouched.
struct Trial<'a> {
    definition: &'a Definition<'a>,
    bench: &'a Bench,
    run: &'a Run<'a>,
    before: Stand,
}

impl Trial<'_> {
    fn all(&self) -> Vec<Fate> {
        let mut fates = vec![self.empty()];
        if self.before.places.iter().all(|place| place.path.is_some()) {
            fates.extend(self.removed());
            fates.push(self.commented());
            fates.extend(ASIDE.map(|folder| self.moved(folder)));
        }
        fates
    }

    /// The example with other files.
    fn with(&self, files: FilesOf) -> (Dossier, Stand) {
        let dossier = self.bench.look(&Example {
            files,
            git: self.run.example.git.clone(),
            forge: self.run.example.forge.clone(),
            ..Example::default()
        });
        let stand = self.definition.stand(&self.bench.catalog, &dossier, &self.run.config);
        (dossier, stand)
    }

    fn without(&self, gone: &BTreeSet<&str>) -> Stand {
        let kept = self.run.example.files.iter().filter(|(path, _)| !gone.contains(path.as_str()));
        self.with(kept.map(|(path, text)| (path.clone(), text.clone())).collect()).1
    }

    fn fell(&self, after: &Stand) -> bool {
        after.strength < self.before.strength
    }

    fn empty(&self) -> Fate {
        let dossier = self.bench.look(&Example::default());
        let after = self.definition.stand(&self.bench.catalog, &dossier, &Config::default());
        if after.strength == 0 { Fate::Fell } else { Fate::Stood("in an empty repository".into()) }
    }

    fn removed(&self) -> Vec<Fate> {
        let rests_on: BTreeSet<&str> = self.before.places.iter().filter_map(|place| place.path.as_deref()).collect();
        let mut fates = vec![self.all_removed(&rests_on)];
        if rests_on.len() > 1 {
            fates.extend(rests_on.iter().map(|path| self.one_removed(path)));
        }
        fates
    }

    fn all_removed(&self, rests_on: &BTreeSet<&str>) -> Fate {
        let after = self.without(rests_on);
        if self.fell(&after) {
            return Fate::Fell;
        }
        let names = rests_on.iter().copied().collect::<Vec<_>>().join(", ");
        Fate::Stood(format!("without {names}, which it rested on, {}", on(&after.places)))
    }

    fn one_removed(&self, path: &str) -> Fate {
        let after = self.without(&BTreeSet::from([path]));
        let still_there = |place: &Place| place.path.as_deref().is_some_and(|other| other != path);
        match self.fell(&after) {
            true => Fate::Fell,
            false if after.places.iter().all(still_there) => Fate::NoCase,
            false => Fate::Stood(format!("without {path}, {}", on(&after.places))),
        }
    }

    fn commented(&self) -> Fate {
        let (mut files, mut gone) = (self.run.example.files.clone(), BTreeSet::new());
        let mut places = self.before.places.clone();
        while comment_out(&mut files, &places, &mut gone) {
            let (dossier, after) = self.with(files.clone());
            if self.fell(&after) {
                return Fate::Fell;
            }
            places = after.places;
            if let Some(place) = places.iter().find(|place| gone.contains(&spot(place))) {
                if self.is_hazard() && self.asked_for_comments(place, &dossier) {
                    return Fate::NoCase;
                }
                return Fate::Stood(format!("with its lines commented out, {}", on(std::slice::from_ref(place))));
            }
        }
        Fate::NoCase
    }

    fn moved(&self, folder: &str) -> Fate {
        let aside = self.run.example.files.iter().map(|(path, text)| (format!("{folder}/{path}"), text.clone()));
        let (dossier, after) = self.with(aside.collect());
        if self.fell(&after) {
            return Fate::Fell;
        }
        match after.places.iter().find(|place| !self.asked_for(place, &dossier)) {
            Some(place) => Fate::Stood(format!("with all files moved under {folder}/, {}", on(std::slice::from_ref(place)))),
            None => Fate::NoCase,
        }
    }

    fn is_hazard(&self) -> bool {
        matches!(self.definition, Definition::Check(check) if matches!(check.kind, CheckKind::Hazard(_)))
    }

    /// Whether a place was seen by a look that asks for comments too: a secret in a comment is told all the same.
    fn asked_for_comments(&self, place: &Place, dossier: &Dossier) -> bool {
        let saw = |key: &String| dossier.looks.get(key).is_some_and(|seen| seen.sightings.iter().any(|sighting| sighting.place == *place));
        self.bench.plan.looks.iter().any(|(key, look)| matches!(look, WorldLook::File(file) if file.comments) && saw(key))
    }

    /// Whether a place was seen by a look that asks for files of its role.
    fn asked_for(&self, place: &Place, dossier: &Dossier) -> bool {
        let Some(path) = place.path.as_deref() else { return false };
        let role = role_of(path);
        let saw = |key: &String| dossier.looks.get(key).is_some_and(|seen| seen.sightings.iter().any(|sighting| sighting.place == *place));
        self.bench.plan.looks.iter().any(|(key, look)| roles_of(look).contains(&role) && saw(key))
    }
}

/// The roles that a look asks for by name.
fn roles_of(look: &WorldLook) -> &[Role] {
    match look {
        WorldLook::File(file) => &file.roles,
        WorldLook::Data(data) => &data.roles,
        WorldLook::Code(code) => &code.roles,
        WorldLook::Dependency(_)
        | WorldLook::Migration(_)
        | WorldLook::Pipeline(_)
        | WorldLook::Git(_)
        | WorldLook::Forge(_)
        | WorldLook::Schema(..)
        | WorldLook::Analysis(_) => &[],
    }
}

/// A path and line; the line is 0 for the file as a whole.
fn spot(place: &Place) -> (String, u32) {
    (place.path.clone().unwrap_or_default(), place.line.unwrap_or(0))
}

/// Comments out the lines of these places; false when there was none to comment out.
fn comment_out(files: &mut FilesOf, places: &[Place], gone: &mut BTreeSet<(String, u32)>) -> bool {
    let mut any = false;
    for (path, line) in places.iter().map(spot) {
        let changed = files.get(&path).and_then(|text| commented_out(&path, text, line));
        if let Some(changed) = changed {
            files.insert(path.clone(), changed);
            gone.insert((path, line));
            any = true;
        }
    }
    any
}

/// The first of some places, for messages.
fn on(places: &[Place]) -> String {
    let words = |place: &Place| {
        let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
        place.path.as_ref().map_or_else(|| "on something that is no file".to_owned(), |path| format!("on {path}{line}"))
    };
    places.first().map_or_else(|| "on nothing that it names".to_owned(), words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::catalogue::{Catalog, DefinitionText};

    /// A tool with these entries, one positive example of these files, and a negative one.
    fn tool(entries: &str, files: &str) -> Catalog {
        let text = format!(
            r#"
title = "X"
home = "https://x.test"
provides = ["x"]
{entries}
[[example]]
name = "shown"
expect = "configured"
files = {{ {files} }}
[[example]]
name = "decoy"
expect = "nothing"
files = {{ "y.rb" = "y" }}
"#
        );
        Catalog::load(&[DefinitionText { path: "tools/x.toml".into(), text }]).expect("a definition that loads")
    }

    fn proved(entries: &str, files: &str) -> Proved {
        super::super::prove(&tool(entries, files), &|_| true).remove(0)
    }

    #[test]
    fn evidence_that_can_be_taken_away_falls_in_every_case() {
        let good = proved("[[configured]]\nfile = { path = '**/*.rb', contains = 'X\\.init' }", "'config/x.rb' = 'X.init'");
        assert_eq!((good.fell, good.stood, good.failures), (7, vec![], vec![]));
    }

    #[test]
    fn evidence_in_comments_is_caught() {
        let bad = proved("[[configured]]\nfile = { path = '**/*.rb', contains = 'X\\.init', comments = true }", "'x.rb' = \"a\\nX.init\"");
        assert_eq!(bad.stood, ["example `shown` stands with its lines commented out, on x.rb:2"]);
    }

    #[test]
    fn a_look_may_ask_for_a_comment() {
        let good = proved("[[configured]]\nfile = { path = '**/*.rb', contains = '^# X', comments = true }", "'x.rb' = '# X'");
        assert_eq!((good.fell, good.stood), (6, vec![]));
    }

    #[test]
    fn lines_that_show_only_later_are_commented_out_in_turn() {
        let init = "[[configured]]\nfile = { path = '**/*.rb', contains = 'X\\.init[^z]*z' }";
        let good = proved(init, "'x.rb' = \"X.init\\nX.init z\"");
        assert_eq!((good.fell, good.stood), (7, vec![]));
    }

    #[test]
    fn evidence_that_stands_without_its_file_is_caught() {
        let entries = "[[configured]]\nfile = { path = 'x.rb', contains = 'init' }
[[configured]]\nfile = { path = 'Gemfile', contains = 'rails' }\nnone = [{ file = { path = 'x.rb' } }]";
        let bad = proved(entries, "'x.rb' = 'init', 'Gemfile' = 'gem \"rails\"'");
        assert!(bad.stood.contains(&"example `shown` stands without x.rb, which it rested on, on Gemfile:1".to_owned()), "{bad:?}");
    }

    #[test]
    fn each_of_several_files_is_removed_and_the_other_is_other_evidence() {
        let good = proved("[[configured]]\nfile = { path = '*.rb', contains = 'init' }", "'x.rb' = 'init', 'z.rb' = 'init'");
        assert_eq!((good.fell, good.stood), (7, vec![]));
    }

    #[test]
    fn existence_cannot_be_commented_out_and_json_neither() {
        assert_eq!(proved("[[configured]]\nfile = { path = 'x.rb' }", "'x.rb' = 'init'").fell, 6);
        assert_eq!(proved("[[configured]]\nfile = { path = 'x.json', contains = 'a' }", "'x.json' = '{\"a\": 1}'").fell, 6);
    }

    #[test]
    fn files_aside_count_only_for_a_look_that_asks_for_them() {
        let entries = "[[configured]]\nfile = { path = '**/x.rb', contains = 'init', roles = ['production', 'test'] }";
        let catalog = tool(entries, "'x.rb' = 'init'");
        let definition = Definition::Tool(&catalog.tools["x"]);
        assert_eq!(definition.prove(&catalog).fell, 6, "no case under test/");

        // The same engine, with looks that no longer say that they asked.
        let mut bench = Bench::of(&definition, &catalog);
        for (_, look) in &mut bench.plan.looks {
            if let WorldLook::File(file) = look {
                file.roles.clear();
            }
        }
        let mut proved = Proved::default();
        let runs = definition.run_examples(&catalog, &bench, &mut proved);
        derive(&definition, &bench, &runs, &mut proved);
        assert_eq!(proved.stood, ["example `shown` stands with all files moved under test/, on test/x.rb:1"]);
    }
}
