//! Gathering: the plan against the world, once. Each file is read at most once and dropped at once; what remains is
//! the dossier.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use rayon::prelude::*;

use super::analyses::{self, Facts};
use super::data::{self, Document, Unreadable};
use super::files::line_of;
use super::files::line_text;
use super::forge;
use super::git::GitFacts;
use super::manifests::{self, Registry};
use super::pipelines::{self, Pipeline};
use super::schema;
use super::syntax::{self, NoTree, Tree};
use super::world::{FileEntry, LARGEST_FILE, World};
use super::{DOSSIER_VERSION, Dossier, Gap, Parsed, Seen, Sighting, allowances, comments};
use super::{measures, migrations};
use crate::definition::catalogue::WorldLook;
use crate::definition::words::Role;
use crate::plan::{Ask, CodeAsk, Filter, Plan, TextAsk};

/// Sightings and gaps kept for one look; more are counted.
const KEPT: usize = 20;
/// The same for a look that stands in a hazard: each is a finding.
const KEPT_FOR_HAZARD: usize = 500;
/// Sightings kept for one look in one file.
const KEPT_IN_FILE: usize = 50;

/// A manifest that was read, with its place.
#[derive(Debug, Clone)]
pub struct ManifestFile {
    /// The file.
    pub entry: FileEntry,
    /// The registry its packages come from.
    pub registry: Registry,
    /// What it says, or why it cannot be read.
    pub manifest: Result<manifests::Manifest, String>,
}

/// The same looks are about files of one extension. Where there is much to read, an extension has a filter over the
/// literals of its looks alone; the others share one.
struct Filters<'a> {
    by_extension: HashMap<&'a str, Filter>,
    shared: Filter,
}

/// From this many bytes of an extension on, a filter of its own is worth its making.
const WORTH_MAKING: u64 = 1 << 18;

impl<'a> Filters<'a> {
    fn new(plan: &Plan, entries: &'a [FileEntry], about: &[Vec<usize>]) -> Filters<'a> {
        let mut groups: HashMap<&str, (u64, BTreeSet<usize>)> = HashMap::new();
        for (entry, looks) in entries.iter().zip(about).filter(|(_, looks)| !looks.is_empty()) {
            let group = groups.entry(extension(&entry.name)).or_default();
            group.0 += entry.size.min(LARGEST_FILE);
            group.1.extend(looks);
        }
        let (large, small): (HashMap<_, _>, HashMap<_, _>) = groups.into_iter().partition(|(_, (bytes, _))| *bytes >= WORTH_MAKING);
        let looks: BTreeSet<usize> = small.into_values().flat_map(|(_, looks)| looks).collect();
        let own = |(extension, (_, looks)): (&'a str, (u64, BTreeSet<usize>))| (extension, plan.filter(looks.iter()));
        let (by_extension, shared) = rayon::join(|| large.into_par_iter().map(own).collect(), || plan.filter(looks.iter()));
        Filters { by_extension, shared }
    }

    fn of(&self, entry: &FileEntry) -> &Filter {
        self.by_extension.get(extension(&entry.name)).unwrap_or(&self.shared)
    }
}

/// What follows the last dot of a file's name; the whole name where there is none.
fn extension(name: &str) -> &str {
    let file = name.rsplit('/').next().unwrap_or_default();
    file.rsplit_once('.').map_or(file, |(_, extension)| extension)
}

/// What one file gave.
#[derive(Default)]
struct Inspected {
    seen: Vec<(usize, Seen)>,
    manifest: Option<ManifestFile>,
    skipped: Option<Gap>,
    parsed: Parsed,
}

/// Looks at everything the plan asks for.
pub fn gather(plan: &Plan, world: &World, path: &str) -> Dossier {
    let about: Vec<Vec<usize>> = world.files.entries().par_iter().map(|entry| plan.paths.about(entry)).collect();
    let filters = Filters::new(plan, world.files.entries(), &about);
    let files = world.files.entries().par_iter().zip(&about);
    let inspect =
        || files.map_init(Buffers::default, |buffers, (entry, about)| inspect(plan, world, entry, about, &filters, buffers)).collect();
    let (inspected, values): (Vec<Inspected>, _) = rayon::join(inspect, || measures::read(&plan.values, world));
    let mut seen: Vec<Seen> = plan.looks.iter().map(|_| Seen::default()).collect();
    let (mut found, mut skipped, mut parsed) = (Vec::new(), world.files.gaps().to_vec(), Parsed::default());
    for file in inspected {
        for (index, part) in file.seen {
            seen[index].sightings.extend(part.sightings);
            seen[index].gaps.extend(part.gaps);
        }
        found.extend(file.manifest);
        skipped.extend(file.skipped);
        parsed.add(file.parsed);
    }
    let manifests = without_doubles(found);
    let pipelines = read_pipelines(world);
    let files_seen = plan.looks.iter().zip(&seen).map(|((key, _), seen)| (key.as_str(), seen)).collect();
    let facts = Facts {
        world,
        manifests: &manifests,
        pipelines: &pipelines,
        seen: files_seen,
        schemas: OnceLock::new(),
        migrations: OnceLock::new(),
    };
    let elsewhere: Vec<(usize, Seen)> =
        plan.looks.par_iter().enumerate().filter_map(|(index, (_, look))| look_elsewhere(look, &facts).map(|seen| (index, seen))).collect();
    for (index, part) in elsewhere {
        seen[index] = part;
    }
    allowances::mark(seen.iter_mut().zip(&plan.hazards).filter(|(_, hazard)| **hazard).map(|(seen, _)| seen), world);
    skipped.sort();
    skipped.dedup();
    Dossier {
        dossier_version: DOSSIER_VERSION,
        audit_version: env!("CARGO_PKG_VERSION").to_owned(),
        path: path.to_owned(),
        revision: world.git.head.clone(),
        source: world.git.source.clone(),
        folder: Some(world.git.prefix.trim_end_matches('/').to_owned()).filter(|folder| !folder.is_empty()),
        newest_commit: world.git.commits.first().and_then(|commit| day_of(commit.time)),
        files: world.files.entries().len() as u64,
        values,
        looks: plan
            .looks
            .iter()
            .zip(seen)
            .zip(&plan.hazards)
            .map(|(((key, _), seen), hazard)| (key.clone(), tidy(seen, *hazard)))
            .collect(),
        before: None,
        parsed,
        incomplete: Vec::new(),
        skipped,
    }
}

fn day_of(seconds: i64) -> Option<String> {
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_zoned(jiff::tz::TimeZone::UTC).date().to_string())
}

/// Nearest to the root first, no doubles, a bounded number.
fn tidy(mut seen: Seen, hazard: bool) -> Seen {
    let kept = if hazard { KEPT_FOR_HAZARD } else { KEPT };
    let depth = |sighting: &Sighting| sighting.place.path.as_deref().map_or(0, |path| path.matches('/').count());
    seen.sightings.sort_by(|a, b| (depth(a), a).cmp(&(depth(b), b)));
    seen.sightings.dedup();
    seen.more += seen.sightings.len().saturating_sub(kept) as u64;
    seen.sightings.truncate(kept);
    seen.gaps.sort();
    seen.gaps.dedup();
    seen.gaps.truncate(KEPT);
    seen
}

/// What a thread uses again for each file.
#[derive(Default)]
struct Buffers {
    bytes: Vec<u8>,
    lower: Vec<u8>,
}

/// Everything one file shows.
fn inspect(plan: &Plan, world: &World, entry: &FileEntry, about: &[usize], filters: &Filters<'_>, buffers: &mut Buffers) -> Inspected {
    let mut out = Inspected::default();
    let mut asked = Vec::new();
    for index in about.iter().copied() {
        match plan.asks[index] {
            Ask::Existence => out.seen.push((index, Seen { sightings: vec![Sighting::at(&entry.path, None, None)], ..Seen::default() })),
            _ => asked.push(index),
        }
    }
    let registry = manifests::registry_of(&entry.name).filter(|_| entry.role == Role::Production);
    if asked.is_empty() && registry.is_none() {
        return out;
    }
    let Buffers { bytes, lower } = buffers;
    match world.files.read_into(entry, bytes) {
        Ok(()) if bytes.len() as u64 > LARGEST_FILE => return skip(out, entry, registry, "larger than 5 MB, not read"),
        Ok(()) => {}
        Err(why) => return skip(out, entry, registry, &why),
    }
    if bytes.iter().take(1024).any(|byte| *byte == 0) || is_our_own(bytes) {
        return out;
    }
    if !asked.is_empty() {
        lower.clear();
        lower.extend(bytes.iter().map(u8::to_ascii_lowercase));
        filters.of(entry).retain(lower, &mut asked);
    }
    if asked.is_empty() && registry.is_none() {
        return out;
    }
    let text = std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let file = Text { entry, git: &world.git, text, code: OnceCell::new(), documents: OnceCell::new(), tree: OnceCell::new() };
    for index in asked {
        let seen = match &plan.asks[index] {
            Ask::Text(ask) => file.see_text(ask),
            Ask::Data(ask) => file.see_data(&plan.looks[index].1, ask),
            Ask::Code(ask) => file.see_code(ask),
            Ask::Existence | Ask::Elsewhere => Seen::default(),
        };
        if seen != Seen::default() {
            out.seen.push((index, seen));
        }
    }
    match file.tree.get() {
        Some(Ok(_)) => out.parsed = Parsed { files: 1, bytes: text.len() as u64, machine_made: 0 },
        Some(Err(NoTree::Machine)) => out.parsed.machine_made = 1,
        _ => {}
    }
    out.manifest = registry.map(|registry| ManifestFile { entry: entry.clone(), registry, manifest: manifests::read(&entry.name, text) });
    out
}

/// Whether a file is a report, dossier or history of ours. They quote what was found and what was looked for: kept beside the code, they
/// would prove whatever they speak of.
fn is_our_own(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]);
    let versioned = head.contains("\"schema_version\"") || head.contains("\"dossier_version\"");
    head.trim_start().starts_with('{') && versioned && head.contains("\"audit_version\"")
}

fn skip(mut out: Inspected, entry: &FileEntry, registry: Option<Registry>, why: &str) -> Inspected {
    out.skipped = Some(Gap {
        what: super::one_line(&entry.path),
        why: why.to_owned(),
        next: "make it readable or smaller if it matters for the audit".into(),
    });
    out.manifest = registry.map(|registry| ManifestFile { entry: entry.clone(), registry, manifest: Err(why.to_owned()) });
    out
}

/// The text of a file, and what is made of it when first needed.
struct Text<'a> {
    entry: &'a FileEntry,
    git: &'a GitFacts,
    text: &'a str,
    code: OnceCell<Cow<'a, str>>,
    documents: OnceCell<Result<Vec<Document>, Unreadable>>,
    tree: OnceCell<Result<Tree, NoTree>>,
}

impl Text<'_> {
    /// The text with its comments blanked.
    fn code(&self) -> &str {
        self.code.get_or_init(|| comments::blank(&self.entry.name, self.text))
    }

    fn see_code(&self, ask: &CodeAsk) -> Seen {
        let Some(grammar) = syntax::grammar_of(&self.entry.name) else { return Seen::default() };
        let unmatched = ask.lacks.iter().any(|pattern| pattern.is_match(self.code()));
        if unmatched || ask.contains.iter().any(|pattern| !pattern.is_match(self.code())) {
            return Seen::default();
        }
        let Some(rule) = ask.rule(grammar) else { return Seen::default() };
        match self.tree.get_or_init(|| syntax::parse(grammar, self.text)) {
            Ok(tree) => {
                let sightings = tree.find(rule).into_iter().take(KEPT_IN_FILE).map(|found| {
                    let text = line_text(self.text, found.line).to_owned();
                    let mut sighting = Sighting::at(&self.entry.path, Some(found.line), Some(text));
                    sighting.place.column = Some(found.column);
                    found.named.iter().fold(sighting, |sighting, (name, text)| sighting.naming(name, text))
                });
                Seen { sightings: sightings.collect(), ..Seen::default() }
            }
            Err(NoTree::Machine) => Seen::default(),
            Err(NoTree::Unreadable(why)) => {
                Seen::unseen(Gap { what: super::one_line(&self.entry.path), why: why.clone(), next: "look at this file by hand".into() })
            }
        }
    }

    fn see_text(&self, ask: &TextAsk) -> Seen {
        let text = if ask.comments { self.text } else { self.code() };
        if ask.lacks.iter().any(|pattern| pattern.is_match(text)) || ask.contains[..].iter().any(|pattern| !pattern.is_match(text)) {
            return Seen::default();
        }
        let Some(first) = ask.contains.first() else {
            return Seen { sightings: vec![Sighting::at(&self.entry.path, None, None)], ..Seen::default() };
        };
        if ask.tracked && !self.git.tracks(&self.entry.path) {
            return Seen::default();
        }
        let mut sightings: Vec<Sighting> = Vec::new();
        for found in ask.matches.find_all(first, text).take(KEPT_IN_FILE) {
            let line = line_of(text, found.start);
            let excerpt = found.shown.unwrap_or_else(|| line_text(self.text, line).to_owned());
            let sighting = Sighting::at(&self.entry.path, Some(line), Some(excerpt));
            sightings.push(found.named.iter().fold(sighting, |sighting, (name, text)| sighting.naming(name, text)));
        }
        sightings.dedup();
        Seen { sightings, ..Seen::default() }
    }

    fn see_data(&self, look: &WorldLook, ask: &crate::plan::DataAsk) -> Seen {
        let WorldLook::Data(look) = look else { return Seen::default() };
        let Some(format) = data::format_of(&self.entry.name) else { return Seen::default() };
        match self.documents.get_or_init(|| data::read(format, self.text)) {
            Ok(documents) => data::see::see(look, ask, documents, &self.entry.path, self.text, self.git),
            Err(unreadable) => {
                let place = unreadable.line.map_or_else(|| self.entry.path.clone(), |line| format!("{}:{line}", self.entry.path));
                Seen::unseen(Gap {
                    what: super::one_line(&place),
                    why: super::one_line(&unreadable.why),
                    next: "look at this file by hand, and attest what it sets up".into(),
                })
            }
        }
    }
}

/// A lockfile that stands in for a manifest counts only where there is no manifest beside it.
fn without_doubles(found: Vec<ManifestFile>) -> Vec<ManifestFile> {
    let folder = |file: &ManifestFile| file.entry.path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
    let is_lock = |file: &ManifestFile| file.entry.name.ends_with("Gemfile.lock") || file.entry.name.ends_with("gems.locked");
    let with_manifest: Vec<String> = found.iter().filter(|file| file.registry == Registry::Gem && !is_lock(file)).map(folder).collect();
    found.into_iter().filter(|file| !(is_lock(file) && with_manifest.contains(&folder(file)))).collect()
}

/// What pipelines refer to, read from the world.
struct Repository<'a> {
    world: &'a World,
    by_name: BTreeMap<&'a str, &'a FileEntry>,
}

impl pipelines::Repository for Repository<'_> {
    fn text(&self, path: &str) -> Option<String> {
        let bytes = self.world.files.read(self.by_name.get(path)?).ok()?;
        String::from_utf8(bytes).ok()
    }

    fn paths(&self) -> Vec<String> {
        self.by_name.keys().map(|name| (*name).to_owned()).collect()
    }

    fn default_branch(&self) -> Option<String> {
        self.world.git.default_branch.clone()
    }
}

/// All pipelines, with the path for people; those that cannot be read as gaps.
fn read_pipelines(world: &World) -> Vec<(FileEntry, Result<Pipeline, String>)> {
    let entries: Vec<&FileEntry> =
        world.files.entries().iter().filter(|entry| entry.role == Role::Production && pipelines::is_pipeline(&entry.name)).collect();
    if entries.is_empty() {
        return Vec::new();
    }
    let by_name = world.files.entries().iter().map(|entry| (entry.name.as_str(), entry)).collect();
    let repository = Repository { world, by_name };
    let read = |entry: &FileEntry| {
        let bytes = world.files.read(entry)?;
        pipelines::read(&entry.name, &String::from_utf8_lossy(&bytes), &repository)
    };
    entries.into_iter().map(|entry| (entry.clone(), read(entry))).collect()
}

/// Looks that are not about single files.
fn look_elsewhere(look: &WorldLook, facts: &Facts<'_>) -> Option<Seen> {
    match look {
        WorldLook::Dependency(look) => Some(manifests::see::see(look, facts.manifests)),
        WorldLook::Migration(look) => Some(migrations::see(look, facts.migrations.get_or_init(|| migrations::find(facts)))),
        WorldLook::Pipeline(look) => Some(pipelines::see::see(look, facts.pipelines)),
        WorldLook::Git(look) => Some(facts.world.git.see(look)),
        WorldLook::Schema(look, protections) => Some(schema::see(look, protections, facts)),
        WorldLook::Forge(look) => Some(forge::see::see(look, &facts.world.forge)),
        WorldLook::Analysis(name) => Some(analyses::see(name, facts)),
        WorldLook::File(_) | WorldLook::Data(_) | WorldLook::Code(_) => None,
    }
}
