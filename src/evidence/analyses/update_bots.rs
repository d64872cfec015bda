//! Which ecosystems a configured update bot keeps up to date, beside those that the application has.
//!
//! A bot counts for an ecosystem when an entry of its configuration can open pull requests for it: not with a limit
//! of 0, not with everything ignored, not for a folder that is not there, not for a list of chosen packages.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use crate::evidence::data::{self, Document};
use crate::evidence::files::glob;
use crate::evidence::git::bot_commit;
use crate::evidence::manifests::Registry;
use crate::evidence::manifests::see::word;
use crate::evidence::node::{Node, Value};
use crate::evidence::world::FileEntry;
use crate::evidence::{Gap, Seen, Sighting};

/// Commits of a bot that has no configuration count for this many days.
const RECENT_DAYS: u32 = 90;

const RENOVATE: [&str; 14] = [
    "renovate.json",
    "renovate.json5",
    "renovate.jsonc",
    ".github/renovate.json",
    ".github/renovate.json5",
    ".github/renovate.jsonc",
    ".gitlab/renovate.json",
    ".gitlab/renovate.json5",
    ".renovaterc",
    ".renovaterc.json",
    ".renovaterc.json5",
    ".renovaterc.jsonc",
    "renovate-config.js",
    "renovate.config.js",
];
const DEPENDABOT: [&str; 2] = [".github/dependabot.yml", ".github/dependabot.yaml"];

/// Something that goes out of date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ecosystem {
    Packages(Registry),
    Images,
    Actions,
}

impl Ecosystem {
    fn word(self) -> String {
        match self {
            Ecosystem::Packages(registry) => format!("{}s", word(registry)),
            Ecosystem::Images => "container images".into(),
            Ecosystem::Actions => "GitHub Actions".into(),
        }
    }
}

/// What a bot's configuration covers.
#[derive(Default)]
struct Bot {
    found: Vec<Sighting>,
    covers: BTreeSet<Ecosystem>,
    gaps: Vec<Gap>,
}

/// A bot is configured, or its commits are there.
pub fn present(facts: &Facts<'_>) -> Seen {
    let present = ecosystems(facts);
    let bot = bots(facts, &present);
    let missing = bot.missing(&present);
    let mut seen = Seen { sightings: bot.found, gaps: bot.gaps, more: 0 };
    if seen.sightings.is_empty() {
        seen.sightings.extend(bot_commit(&facts.world.git, RECENT_DAYS));
        seen.sightings.iter_mut().for_each(|sighting| sighting.note = Some("commits of a bot without a configuration".into()));
    } else if !missing.is_empty() {
        let note = format!("does not cover {}", missing.join(", "));
        seen.sightings.iter_mut().for_each(|sighting| sighting.note = Some(note.clone()));
    }
    seen
}

/// A bot covers every ecosystem that the application has.
pub fn covers_all(facts: &Facts<'_>) -> Seen {
    let present = ecosystems(facts);
    let bot = bots(facts, &present);
    if bot.found.is_empty() || !bot.missing(&present).is_empty() {
        Seen::default()
    } else {
        Seen { sightings: bot.found, ..Seen::default() }
    }
}

/// The ecosystems of the application, with the folders of their manifests as a bot names them: from the top of the repository.
fn ecosystems(facts: &Facts<'_>) -> BTreeMap<Ecosystem, BTreeSet<String>> {
    let mut all: BTreeMap<Ecosystem, BTreeSet<String>> = BTreeMap::new();
    let folder = |entry: &FileEntry| {
        let below = if entry.inherited { "" } else { facts.world.git.prefix.as_str() };
        format!("{below}{}", entry.name).rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned())
    };
    for file in facts.manifests.iter().filter(|file| file.manifest.as_ref().is_ok_and(|manifest| !manifest.packages.is_empty())) {
        all.entry(Ecosystem::Packages(file.registry)).or_default().insert(folder(&file.entry));
    }
    for entry in facts.production() {
        let name = entry.name.rsplit('/').next().unwrap_or_default();
        if name == "Dockerfile" || name == "Containerfile" || name.starts_with("Dockerfile.") || name.ends_with(".Dockerfile") {
            all.entry(Ecosystem::Images).or_default().insert(folder(entry));
        }
    }
    let third_party =
        facts.pipelines.iter().filter_map(|(_, read)| read.as_ref().ok()).filter(|pipeline| pipeline.vendor == "github-actions");
    if third_party.flat_map(|pipeline| &pipeline.jobs).flat_map(|job| &job.steps).any(|step| step.uses.is_some()) {
        all.insert(Ecosystem::Actions, BTreeSet::from([String::new(), ".github/workflows".into()]));
    }
    all
}

fn bots(facts: &Facts<'_>, present: &BTreeMap<Ecosystem, BTreeSet<String>>) -> Bot {
    let mut bot = Bot::default();
    for name in DEPENDABOT {
        bot.read(facts, name, |bot, document, path| dependabot(bot, document, path, present));
    }
    for name in RENOVATE {
        bot.read(facts, name, |bot, document, path| renovate(bot, &document.root, path, present));
    }
    bot.read(facts, "package.json", |bot, document, path| {
        if let Some(node) = document.root.get("renovate") {
            renovate(bot, node, path, present);
        }
    });
    bot
}

impl Bot {
    /// The ecosystems of the application that the bot does not cover.
    fn missing(&self, present: &BTreeMap<Ecosystem, BTreeSet<String>>) -> Vec<String> {
        present.keys().filter(|ecosystem| !self.covers.contains(ecosystem)).map(|ecosystem| ecosystem.word()).collect()
    }

    fn read(&mut self, facts: &Facts<'_>, name: &str, take: impl FnOnce(&mut Bot, &Document, &str)) {
        let Some((entry, text)) = facts.text(name) else { return };
        let Some(format) = data::format_of(name) else {
            self.found.push(Sighting::at(&entry.path, None, None));
            return;
        };
        match data::read(format, &text) {
            Ok(documents) => {
                if let Some(document) = documents.first() {
                    take(self, document, &entry.path);
                }
            }
            Err(unreadable) => {
                self.gaps.push(Gap {
                    what: entry.path.clone(),
                    why: unreadable.why,
                    next: "mend this file: the bot cannot read it either".into(),
                });
            }
        }
    }
}

fn dependabot(bot: &mut Bot, document: &Document, path: &str, present: &BTreeMap<Ecosystem, BTreeSet<String>>) {
    for update in document.root.get("updates").map(Node::items).unwrap_or_default() {
        let Some(word) = update.get("package-ecosystem").and_then(Node::as_str) else { continue };
        let excerpt = format!("package-ecosystem: {word}");
        let Some(ecosystem) = ecosystem_of(word) else { continue };
        let why_not = ineffective(update)
            .or_else(|| (!reaches(update, present.get(&ecosystem))).then(|| "for a folder without such a manifest".to_owned()));
        let mut sighting = Sighting::at(path, Some(update.line), Some(excerpt));
        match why_not {
            None => {
                bot.covers.insert(ecosystem);
            }
            Some(why) => sighting.note = Some(format!("without effect: {why}")),
        }
        bot.found.push(sighting);
    }
}

fn ecosystem_of(word: &str) -> Option<Ecosystem> {
    Some(match word {
        "bundler" => Ecosystem::Packages(Registry::Gem),
        "npm" | "bun" | "deno" => Ecosystem::Packages(Registry::Npm),
        "pip" | "uv" | "conda" => Ecosystem::Packages(Registry::Pypi),
        "gomod" => Ecosystem::Packages(Registry::Go),
        "cargo" => Ecosystem::Packages(Registry::Cargo),
        "maven" | "gradle" | "sbt" => Ecosystem::Packages(Registry::Maven),
        "nuget" => Ecosystem::Packages(Registry::Nuget),
        "composer" => Ecosystem::Packages(Registry::Composer),
        "mix" => Ecosystem::Packages(Registry::Hex),
        "docker" => Ecosystem::Images,
        "github-actions" => Ecosystem::Actions,
        _ => return None,
    })
}

/// Why an entry of Dependabot opens no pull requests for version updates.
fn ineffective(update: &Node) -> Option<String> {
    let zero = update.get("open-pull-requests-limit").and_then(Node::scalar).is_some_and(|limit| limit == "0");
    if zero {
        return Some("open-pull-requests-limit is 0".into());
    }
    let named = |node: &Node| node.get("dependency-name").and_then(Node::as_str).map(str::to_owned);
    let ignored = update.get("ignore").map(Node::items).unwrap_or_default();
    if ignored
        .iter()
        .any(|rule| named(rule).as_deref() == Some("*") && rule.get("update-types").is_none() && rule.get("versions").is_none())
    {
        return Some("every dependency is ignored".into());
    }
    let allowed = update.get("allow").map(Node::items).unwrap_or_default();
    let chosen = !allowed.is_empty() && allowed.iter().all(|rule| named(rule).is_some_and(|name| name != "*"));
    chosen.then(|| format!("for {} chosen dependencies alone", allowed.len()))
}

/// Whether an entry's folders hold a manifest of its ecosystem.
fn reaches(update: &Node, folders: Option<&BTreeSet<String>>) -> bool {
    let Some(folders) = folders else { return false };
    let written =
        ["directory", "directories"].iter().filter_map(|key| update.get(key)).flat_map(Node::one_or_many).filter_map(Node::as_str);
    written.into_iter().any(|directory| {
        let wanted = directory.trim_start_matches("./").trim_matches('/').trim_start_matches("./");
        let matcher = glob(if wanted.is_empty() { "" } else { wanted }, false).ok().map(|glob| glob.compile_matcher());
        let below = wanted.is_empty() && folders.contains(".github/workflows");
        below || folders.iter().any(|folder| folder == wanted || matcher.as_ref().is_some_and(|matcher| matcher.is_match(folder)))
    })
}

fn renovate(bot: &mut Bot, config: &Node, path: &str, present: &BTreeMap<Ecosystem, BTreeSet<String>>) {
    let mut sighting = Sighting::at(path, Some(config.line), None);
    let off = |node: &Node| matches!(node.get("enabled").map(|flag| &flag.value), Some(Value::Bool(false)));
    if off(config) {
        sighting.note = Some("without effect: enabled is false".into());
        bot.found.push(sighting);
        return;
    }
    let names =
        |node: Option<&Node>| -> Vec<String> { node.map(Node::one_or_many).unwrap_or_default().iter().filter_map(Node::scalar).collect() };
    let enabled = names(config.get("enabledManagers"));
    let rules = config.get("packageRules").map(Node::items).unwrap_or_default();
    // A rule that switches managers off and names nothing else switches them off altogether.
    let whole = |rule: &&Node| {
        off(rule) && rule.members().iter().all(|member| ["matchManagers", "enabled", "description"].contains(&member.key.as_str()))
    };
    let disabled: Vec<String> = rules.iter().filter(whole).flat_map(|rule| names(rule.get("matchManagers"))).collect();
    for ecosystem in present.keys() {
        let managers = managers_of(*ecosystem);
        let on = enabled.is_empty() || managers.iter().any(|manager| enabled.iter().any(|name| name == manager));
        let whole_off = managers.iter().any(|manager| off_by_name(config, manager) || disabled.iter().any(|name| name == manager));
        if on && !whole_off {
            bot.covers.insert(*ecosystem);
        }
    }
    bot.found.push(sighting);
}

fn off_by_name(config: &Node, manager: &str) -> bool {
    matches!(config.get(manager).and_then(|node| node.get("enabled")).map(|flag| &flag.value), Some(Value::Bool(false)))
}

/// Renovate's names for the managers of an ecosystem.
fn managers_of(ecosystem: Ecosystem) -> &'static [&'static str] {
    match ecosystem {
        Ecosystem::Packages(Registry::Gem) => &["bundler"],
        Ecosystem::Packages(Registry::Npm) => &["npm", "bun"],
        Ecosystem::Packages(Registry::Pypi) => &["pip_requirements", "pip_setup", "pipenv", "poetry", "pep621", "pip-compile"],
        Ecosystem::Packages(Registry::Go) => &["gomod"],
        Ecosystem::Packages(Registry::Cargo) => &["cargo"],
        Ecosystem::Packages(Registry::Maven) => &["maven", "gradle"],
        Ecosystem::Packages(Registry::Nuget) => &["nuget"],
        Ecosystem::Packages(Registry::Composer) => &["composer"],
        Ecosystem::Packages(Registry::Hex) => &["mix"],
        Ecosystem::Images => &["dockerfile", "docker-compose"],
        Ecosystem::Actions => &["github-actions"],
    }
}
