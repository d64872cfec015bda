//! Which columns are kept unreadable, and what shows it: the `[[protects]]` of the tools.

use std::collections::BTreeMap;
use std::sync::Mutex;

use regex::bytes::Regex;

use super::model::{Column, Table};
use super::names::{normal, singular_words, words};
use crate::definition::catalogue::WorldLook;
use crate::definition::words::OneOrMany;
use crate::definition::written::Protection;
use crate::evidence::analyses::Facts;
use crate::evidence::world::FileEntry;
use crate::evidence::{Seen, Sighting, manifests, pattern};

/// All protections, ready to be asked about columns.
pub struct Protector<'a> {
    all: Vec<Ready>,
    facts: &'a Facts<'a>,
    texts: Mutex<BTreeMap<String, Option<String>>>,
}

/// A protection whose conditions on the whole application hold.
struct Ready {
    column: Vec<Regex>,
    table: Vec<Regex>,
    declaration: Option<Regex>,
    mentions: bool,
    hashes: bool,
    /// Where it is said, and which columns are named there; one without names speaks of all.
    said: Vec<(Sighting, Vec<String>)>,
    /// What shows it where no file names the column.
    shown: Option<Sighting>,
}

impl<'a> Protector<'a> {
    /// Leaves out what the application does not have.
    pub fn new(protections: &[Protection], facts: &'a Facts<'a>) -> Protector<'a> {
        let all = protections.iter().filter_map(|protection| Ready::new(protection, facts)).collect();
        Protector { all, facts, texts: Mutex::new(BTreeMap::new()) }
    }

    /// What shows that a column is kept unreadable: encrypted, or hashed where hashes count.
    pub fn protects(&self, table: &Table, column: &Column, hashes: bool) -> Option<Sighting> {
        let (of, name) = (normal(table.name.rsplit('.').next().unwrap_or(&table.name)), normal(&column.name));
        self.all.iter().filter(|ready| hashes || !ready.hashes).find_map(|ready| {
            let named =
                |patterns: &[Regex], text: &str| patterns.is_empty() || patterns.iter().any(|pattern| pattern.is_match(text.as_bytes()));
            if !named(&ready.column, &name) || !named(&ready.table, &of) {
                return None;
            }
            if let Some(declaration) = &ready.declaration {
                let holds = declaration.is_match(column.declaration.as_bytes());
                return holds.then(|| Sighting::at(&column.spot.path, Some(column.spot.line), Some(column.declaration.clone())));
            }
            if ready.said.is_empty() {
                return ready.shown.clone();
            }
            let said = ready.said.iter().find(|(sighting, names)| {
                names.is_empty()
                    || (names.contains(&name) && (self.speaks_of(sighting, table) || (ready.mentions && self.works_on(sighting, table))))
            });
            said.map(|(sighting, _)| Sighting { named: BTreeMap::new(), ..sighting.clone() })
        })
    }

    /// Whether a place is about a table: it names it, or its file is named after it, or its file defines the table's model,
    /// or is a part that such a file includes.
    fn speaks_of(&self, sighting: &Sighting, table: &Table) -> bool {
        let bare = table.name.rsplit('.').next().unwrap_or(&table.name);
        let one = singular_words(bare);
        if let Some(named) = sighting.named.get("table") {
            return singular_words(named) == one;
        }
        let Some(path) = sighting.place.path.as_deref() else { return false };
        if is_named_after(path, &one) || self.text(path).is_some_and(|text| defines(&text, bare, &one)) {
            return true;
        }
        let Some(part) = path.rsplit('/').next().and_then(|file| file.split('.').next()).map(camel).filter(|part| part.len() > 3) else {
            return false;
        };
        let extension = path.rsplit('.').next().unwrap_or_default();
        let models =
            self.facts.world.files.entries().iter().filter(|entry| entry.path.ends_with(extension) && is_named_after(&entry.path, &one));
        models.take(5).any(|entry| self.text(&entry.path).is_some_and(|text| has_word(&text, &part)))
    }

    /// Whether the file of a place works on a table without being its own.
    fn works_on(&self, sighting: &Sighting, table: &Table) -> bool {
        let one = singular_words(table.name.rsplit('.').next().unwrap_or(&table.name));
        let text = sighting.place.path.as_deref().filter(|_| !sighting.named.contains_key("table")).and_then(|path| self.text(path));
        text.is_some_and(|text| mentions(&text, &one))
    }

    fn text(&self, path: &str) -> Option<String> {
        let mut texts = self.texts.lock().ok()?;
        let read = || {
            let entry: &FileEntry = self.facts.world.files.entries().iter().find(|entry| entry.path == path)?;
            self.facts.world.files.read(entry).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        texts.entry(path.to_owned()).or_insert_with(read).clone()
    }
}

impl Ready {
    fn new(protection: &Protection, facts: &Facts<'_>) -> Option<Ready> {
        let whole = |patterns: &OneOrMany| -> Vec<Regex> {
            patterns.iter().filter_map(|pattern| pattern::compile(&format!("^(?:{pattern})$")).ok()).collect()
        };
        let mut shown = None;
        if let Some(dependency) = &protection.dependency {
            let seen = manifests::see::see(dependency, facts.manifests);
            shown = Some(seen.sightings.into_iter().next()?);
        }
        let mut said = Vec::new();
        if let Some(file) = &protection.file {
            let key = WorldLook::File(file.clone()).key();
            let seen: &Seen = facts.seen.get(key.as_str())?;
            said.extend(seen.sightings.iter().map(|sighting| (sighting.clone(), columns_named(sighting))));
            shown = Some(seen.sightings.first()?.clone());
            said.sort();
        }
        Some(Ready {
            column: whole(&protection.column),
            table: whole(&protection.table),
            declaration: protection.declaration.as_deref().and_then(|pattern| pattern::compile(pattern).ok()),
            mentions: protection.mentions,
            hashes: protection.hashes,
            said,
            shown,
        })
    }
}

/// The columns that a place names.
fn columns_named(sighting: &Sighting) -> Vec<String> {
    let list = sighting.named.get("columns").into_iter().flat_map(|list| list.split(|c: char| !(c.is_alphanumeric() || c == '_')));
    let all = sighting.named.get("column").map(String::as_str).into_iter().chain(list);
    all.filter(|name| !name.is_empty()).map(normal).collect()
}

/// `app/models/citizen/access_token.rb` is named after `access_tokens` and `citizen_access_tokens`.
fn is_named_after(path: &str, one: &[String]) -> bool {
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let mut folders: Vec<&str> = stem.split('/').collect();
    let mut tail: Vec<String> = Vec::new();
    while let Some(folder) = folders.pop() {
        let mut with = if tail.is_empty() { singular_words(folder) } else { words(folder) };
        with.append(&mut tail);
        tail = with;
        if tail == one {
            return true;
        }
        if tail.len() > one.len() {
            return false;
        }
    }
    false
}

/// Whether a text names the table in quotes, or defines a class of its name.
fn defines(text: &str, table: &str, one: &[String]) -> bool {
    if ['"', '\'', '`'].iter().any(|quote| text.contains(&format!("{quote}{table}{quote}"))) {
        return true;
    }
    let after = ["class ", "struct "].iter().flat_map(|word| text.split(word).skip(1));
    let mut names = after.map(|rest| rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default());
    names.any(|name| !name.is_empty() && singular_words(name) == one)
}

/// Whether a text works on a table: `User.update`, `db.user.update`, `insert(users)`, `$user->`, `User(token=...)`, `update users set`.
fn mentions(text: &str, one: &[String]) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut at = 0;
    for token in text.split(|c: char| !is_part(c)) {
        let (start, end) = (at, at + token.len());
        at = end + text[end..].chars().next().map_or(0, char::len_utf8);
        if token.is_empty() || token.len() > 80 || singular_words(token) != one {
            continue;
        }
        let (before, after) = (text[..start].chars().next_back(), text[end..].chars().next());
        let capital = token.starts_with(char::is_uppercase);
        let word = text[..start].trim_end().rsplit(|c: char| !is_part(c)).next().unwrap_or_default().to_ascii_lowercase();
        let named = match (before, after) {
            (Some('$'), _) | (Some('.'), Some('.')) => true,
            (_, Some('.' | '(' | ':' | '>')) => capital,
            (Some('('), Some(')' | ',')) => true,
            _ => ["into", "update", "from", "new"].contains(&word.as_str()),
        };
        if named {
            return true;
        }
    }
    false
}

/// `token_storage` is `TokenStorage`.
fn camel(name: &str) -> String {
    let capital = |word: String| word[..1].to_uppercase() + &word[1..];
    words(name).into_iter().filter(|word| word.is_char_boundary(1)).map(capital).collect()
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        ![before, after].into_iter().flatten().any(|c| c.is_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_a_table() {
        let one = |table: &str| singular_words(table);
        assert!(is_named_after("app/models/user.rb", &one("users")));
        assert!(is_named_after("app/models/citizen/access_token.rb", &one("citizen_access_tokens")));
        assert!(is_named_after("app/Models/UserToken.php", &one("user_tokens")));
        assert!(!is_named_after("app/models/access_token.rb", &one("tokens")));
        assert!(!is_named_after("app/models/user.rb", &one("user_tokens")));
    }

    #[test]
    fn a_file_defines_a_model() {
        assert!(defines("class Citizen::X < Y\n  self.table_name = \"tokens\"", "tokens", &singular_words("tokens")));
        assert!(defines("final class UserToken extends Model", "user_tokens", &singular_words("user_tokens")));
        assert!(!defines("class UserTokenJob", "user_tokens", &singular_words("user_tokens")));
    }

    #[test]
    fn a_file_works_on_a_table() {
        let one = |table: &str| singular_words(table);
        for text in [
            "await prisma.user.update({",
            "User.update(a)",
            "db.insert(users).values",
            "$user->update([",
            "User(token=x)",
            "UPDATE users SET a",
            "Entity<User>()",
        ] {
            assert!(mentions(text, &one("users")), "{text}");
        }
        for text in ["const user = x", "let users = 1;", "account: encrypt(user)", "superuser.x", ""] {
            assert!(!mentions(text, &one("accounts")), "{text}");
        }
        assert!(!mentions("const user = find()", &one("users")));
    }

    #[test]
    fn names_in_a_list() {
        let sighting = Sighting::default().naming("columns", ":a, :bC,\n :d, deterministic: true");
        assert_eq!(columns_named(&sighting), ["a", "b_c", "d", "deterministic", "true"]);
        assert_eq!(camel("token_storage"), "TokenStorage");
        assert!(has_word("include TokenStorage\n", "TokenStorage") && !has_word("TokenStorages", "TokenStorage"));
    }
}
