//! Whether an earlier commit had stopped using what a migration drops. The code that runs during the deploy is the code
//! before that migration's commit, so that tree is searched. Two searches with git in all, whatever the number of drops.

use std::collections::BTreeSet;

use super::names::singular;
use super::sources::Tool;
use crate::definition::words::Role;
use crate::evidence::git::GitFacts;
use crate::evidence::roles::role_of;

/// A column or table that a migration drops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drop {
    /// The commit that brought the migration.
    pub commit: String,
    /// What wrote the migration.
    pub tool: Tool,
    /// The table.
    pub table: String,
    /// The columns; none where the table goes.
    pub columns: Vec<String>,
}

/// How the code before stood to what is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Nothing used it any more.
    Stopped,
    /// Something did, or nobody can say that nothing did.
    Open,
}

/// For each drop, how the code before it stood to it; `None` where git cannot tell.
pub fn uses(drops: &[Drop], git: &GitFacts) -> Option<Vec<Use>> {
    let commits: Vec<String> = drops.iter().map(|drop| drop.commit.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    if commits.is_empty() {
        return Some(Vec::new());
    }
    let rails = drops.iter().any(|drop| drop.tool == Tool::Rails && !drop.columns.is_empty());
    let ignored = if rails { git.grep_before(&commits, &["ignored_columns".to_owned()], &["*.rb"], 30)? } else { String::new() };
    let words: BTreeSet<String> = drops.iter().flat_map(words_of).filter(|word| is_telling(word)).collect();
    let words: Vec<String> = words.into_iter().collect();
    let used =
        if words.is_empty() { String::new() } else { git.grep_before(&commits, &words, &[":(exclude)*.sql", ":(exclude)*.lock"], 0)? };
    Some(drops.iter().map(|drop| use_of(drop, &ignored, &used)).collect())
}

/// What the code would say to use it.
fn words_of(drop: &Drop) -> Vec<String> {
    if drop.columns.is_empty() {
        let table = drop.table.clone();
        let model = camel(&singular(&table));
        return vec![table.clone(), singular(&table), camel(&table), model];
    }
    drop.columns.iter().flat_map(|column| [column.clone(), camel(column), lower_camel(column)]).collect()
}

fn camel(name: &str) -> String {
    name.split('_').map(|part| part.get(..1).map(str::to_uppercase).unwrap_or_default() + part.get(1..).unwrap_or_default()).collect()
}

fn lower_camel(name: &str) -> String {
    let whole = camel(name);
    whole.get(..1).map(str::to_lowercase).unwrap_or_default() + whole.get(1..).unwrap_or_default()
}

/// A word that means little by itself, such as `name`, proves nothing where it is found.
fn is_telling(word: &str) -> bool {
    word.len() >= 6
}

fn use_of(drop: &Drop, ignored: &str, used: &str) -> Use {
    let tree = format!("{}^:", drop.commit);
    if drop.tool == Tool::Rails && !drop.columns.is_empty() {
        // Rails writes and reads every column it knows until it is told to ignore one.
        let all = drop.columns.iter().all(|column| is_ignored(&tree, &drop.table, column, ignored));
        return if all { Use::Stopped } else { Use::Open };
    }
    let words = words_of(drop);
    let (first, others) = (&words[..1.min(words.len())], &words);
    if !first.iter().all(|word| is_telling(word)) {
        return Use::Open;
    }
    let uses = used.lines().filter_map(|line| line.strip_prefix(&tree)).any(|line| {
        let Some((path, text)) = line.split_once(':') else { return false };
        role_of(path) == Role::Production && !is_schema(path) && others.iter().any(|word| has_word(text, word))
    });
    if uses { Use::Open } else { Use::Stopped }
}

/// Migrations, dumps of the schema and the like name what was there once.
fn is_schema(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    ["migration", "migrate/", "schema.rb", "structure.sql", "changelog", "snapshot", "locale", "i18n", "translations"]
        .iter()
        .any(|word| lower.contains(word))
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        !text[..at].ends_with(part) && !text[at + word.len()..].starts_with(part)
    })
}

/// `ignored_columns` of the table's model names the column, on its line or on those that follow up to the closing bracket.
fn is_ignored(tree: &str, table: &str, column: &str, ignored: &str) -> bool {
    let model = singular(table);
    let mut open: Option<String> = None;
    for line in ignored.lines() {
        let Some(rest) = line.strip_prefix(tree) else {
            open = None;
            continue;
        };
        let Some((path, text)) = rest.split_once(".rb:").or_else(|| rest.split_once(".rb-")) else { continue };
        let file = path.rsplit('/').next().unwrap_or(path);
        let of_table = file == model || table.ends_with(&format!("_{file}s")) || model.ends_with(&format!("_{file}"));
        if text.contains("ignored_columns") {
            open = of_table.then(|| file.to_owned());
        }
        if open.as_deref() == Some(file) {
            if has_word(text, column) {
                return true;
            }
            if text.contains(']') || text.contains(')') || text.trim() == "end" {
                open = None;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drop(table: &str, column: &str, tool: Tool) -> Drop {
        Drop { commit: "c1".into(), tool, table: table.into(), columns: vec![column.into()] }
    }

    #[test]
    fn rails_must_have_been_told_to_ignore_the_column() {
        let ignored = "c1^:app/models/provider.rb:  self.ignored_columns += %w[\nc1^:app/models/provider.rb-    auth_uid\nc1^:app/models/provider.rb-  ]\n\
                       c1^:app/models/provider.rb-  has_many :offices\n";
        assert_eq!(use_of(&drop("providers", "auth_uid", Tool::Rails), ignored, ""), Use::Stopped);
        assert_eq!(use_of(&drop("providers", "offices", Tool::Rails), ignored, ""), Use::Open);
        assert_eq!(use_of(&drop("firms", "auth_uid", Tool::Rails), ignored, ""), Use::Open);
        assert_eq!(use_of(&drop("providers", "auth_uid", Tool::Rails), "", ""), Use::Open);
    }

    #[test]
    fn elsewhere_nothing_may_name_it_any_more() {
        let used = "c1^:shop/models.py:    legacy_code = models.CharField()\nc1^:shop/migrations/0001.py:    old_total\nc1^:tests/test_a.py: old_total\n";
        assert_eq!(use_of(&drop("orders", "legacy_code", Tool::Django), "", used), Use::Open);
        assert_eq!(use_of(&drop("orders", "old_total", Tool::Django), "", used), Use::Stopped);
        assert_eq!(use_of(&drop("orders", "name", Tool::Django), "", used), Use::Open, "a common word proves nothing");
    }
}
