//! Files that are the fix: what `audit fix` shows and writes. They are data, one TOML file each under `fixes/`; this module reads them,
//! chooses those that suit a repository, and fills in what is known. What only people know stays as `FILL-IN`, which no check
//! takes for proof.

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, context};
use serde::{Deserialize, Serialize};

use crate::evidence::updates::Update;

const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/fixes.rs"));

/// The written shape of a file in `fixes/`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// Its name, from the file's.
    #[serde(skip)]
    pub name: String,
    /// The check that it is for; some files are good for none.
    pub check: Option<String>,
    /// What it is, in a few words.
    pub title: String,
    /// Where the file belongs, as a template; a fix has this or `into`.
    pub path: Option<String>,
    /// The file that the text is to be put into by hand.
    pub into: Option<String>,
    /// Whether the path is from the top of the repository and not from the audited directory.
    #[serde(default)]
    pub top: bool,
    /// Only on these forges, if any are named.
    #[serde(default)]
    pub forges: Vec<String>,
    /// Only with one of these stacks, if any are named.
    #[serde(default)]
    pub stacks: Vec<String>,
    /// Where one of these is, nothing is missing.
    #[serde(default)]
    pub unless: Vec<String>,
    /// Whether it makes sense only with something to update.
    #[serde(default)]
    pub needs_updates: bool,
    /// What to do afterwards.
    pub next: String,
    /// The file itself, as a template.
    pub text: String,
}

/// What is known of a repository.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Situation {
    /// What to call the application.
    pub name: String,
    /// `github`, `gitlab`, or empty.
    pub forge: String,
    /// Ids of the frameworks and languages.
    pub stacks: Vec<String>,
    /// What a bot can update, with folders from the top.
    pub updates: Vec<Update>,
    /// The folder that is served as it is, if there is one: `public`.
    pub public: String,
    /// Where the pipelines stand.
    pub ci: Vec<String>,
    /// A year from now, `YYYY-MM-DD`.
    pub expires: String,
}

/// All fixes, by name.
///
/// # Errors
/// A file of them is wrong, which a test excludes.
pub fn all() -> Result<Vec<Fix>, String> {
    let read = |(path, text): &(&str, &str)| -> Result<Fix, String> {
        let fix: Fix = toml::from_str(text).map_err(|error| format!("{path}: {error}"))?;
        let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".toml").to_owned();
        Ok(Fix { name, ..fix })
    };
    EMBEDDED.iter().map(read).collect()
}

impl Fix {
    /// Whether it is meant for a repository like this.
    pub fn suits(&self, situation: &Situation) -> bool {
        let one_of = |wanted: &[String], have: &dyn Fn(&String) -> bool| wanted.is_empty() || wanted.iter().any(have);
        one_of(&self.forges, &|forge| *forge == situation.forge)
            && one_of(&self.stacks, &|stack| situation.stacks.contains(stack))
            && (!self.needs_updates || !situation.updates.is_empty())
    }

    /// A template of it, filled in.
    ///
    /// # Errors
    /// The template is wrong, which a test excludes.
    pub fn fill(&self, template: &str, situation: &Situation) -> Result<String, String> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // A quoted string of JSON is one of YAML and TOML too: a folder's name cannot leave it.
        environment.add_filter("quoted", |text: String| serde_json::to_string(&text).unwrap_or_default());
        let known = context! {
            name => situation.name.as_str(),
            forge => situation.forge.as_str(),
            public => situation.public.as_str(),
            expires => situation.expires.as_str(),
            ci => Serde(&situation.ci),
            updates => Serde(&situation.updates),
        };
        environment.render_str(template, known).map_err(|error| format!("{}: {error:#}", self.name))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::definition::catalogue::Catalog;

    #[test]
    fn every_fix_can_be_read_and_filled_in() {
        let catalog = Catalog::builtin().unwrap();
        let update = Update { ecosystem: "npm".into(), directories: vec!["/".into()] };
        for forge in ["github", "gitlab", ""] {
            let ci = vec![".github/workflows/".to_owned()];
            let situation = Situation { forge: forge.into(), updates: vec![update.clone()], ci, ..Situation::default() };
            for fix in all().unwrap() {
                assert_ne!(fix.path.is_some(), fix.into.is_some(), "{}: a path or a place, one of the two", fix.name);
                assert!(fix.check.as_ref().is_none_or(|check| catalog.checks.contains_key(check)), "{}", fix.name);
                assert!(fix.stacks.iter().all(|stack| catalog.tools.contains_key(stack)), "{}", fix.name);
                for template in fix.unless.iter().chain(&fix.path).chain([&fix.text]) {
                    let filled = fix.fill(template, &situation).unwrap();
                    assert!(!filled.contains("{{") && !filled.contains("{%"), "{}: {filled}", fix.name);
                }
            }
        }
    }
}
