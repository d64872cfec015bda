//! The schema as Rails writes it down: `db/schema.rb`, `db/structure.sql`.

use std::collections::{BTreeMap, BTreeSet};

use super::calls::{Value, call_of, walk};
use super::rails::type_of;
use super::types::SqlType;
use crate::evidence::syntax::{Grammar, parse};

/// Tables, columns and constraints at one version.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// The newest migration that it holds.
    pub version: u64,
    /// Types by table and column.
    pub types: BTreeMap<(String, String), SqlType>,
    /// Columns under an index, by table.
    pub indexed: BTreeSet<(String, String)>,
    /// Table and expression of CHECKs that were validated.
    pub checks: Vec<(String, String)>,
}

impl Schema {
    /// Reads `db/schema.rb`. What cannot be read is left out: it only says less.
    pub fn from_ruby(text: &str) -> Schema {
        let mut schema = Schema::default();
        let Ok(tree) = parse(Grammar::Ruby, text) else { return schema };
        let mut table = String::new();
        walk(&tree.root(), &mut |node| {
            let Some(call) = (node.kind() == "call").then(|| call_of(node)).flatten() else { return true };
            let column = call.args.first().map(Value::texts).unwrap_or_default();
            match &*call.name {
                "define" => {
                    if let Some(Value::Number(version)) = call.option("version") {
                        schema.version = u64::try_from(*version).unwrap_or(0);
                    }
                }
                "create_table" => table = column.into_iter().next().unwrap_or_default(),
                "index" => schema.indexed.extend(column.into_iter().map(|column| (table.clone(), column))),
                "add_index" => {
                    let on = column.into_iter().next().unwrap_or_default();
                    let columns = call.args.get(1).map(Value::texts).unwrap_or_default();
                    schema.indexed.extend(columns.into_iter().map(|column| (on.clone(), column)));
                }
                "check_constraint" if !call.option("validate").is_some_and(Value::is_false) => {
                    schema.checks.extend(column.into_iter().map(|expression| (table.clone(), expression)));
                }
                kind if matches!(&call.on, Some(Value::Name(name)) if name == "t") => {
                    let kind = type_of(kind, &call);
                    schema.types.extend(column.into_iter().map(|column| ((table.clone(), column), kind.clone())));
                }
                _ => {}
            }
            true
        });
        schema
    }

    /// Reads `db/structure.sql` line by line: dumps have one column per line.
    pub fn from_sql(text: &str) -> Schema {
        let mut schema = Schema::default();
        let mut table = None;
        for line in text.lines() {
            let words = line.trim().trim_end_matches(',');
            if let Some(rest) = words.strip_prefix("CREATE TABLE ") {
                let name = rest.split_whitespace().next().unwrap_or_default().trim_end_matches('(');
                table = Some(name.rsplit('.').next().unwrap_or(name).trim_matches(['"', '`']).to_owned());
            } else if line.starts_with(')') {
                table = None;
            } else if let Some(table) = &table {
                schema.column(table, words);
            } else if let Some(version) =
                words.trim_matches(['(', ')', ';', '\'']).parse::<u64>().ok().filter(|version| *version > 1_000_000_000)
            {
                schema.version = schema.version.max(version);
            } else if words.contains("INDEX ") && words.contains(" ON ") {
                schema.index(words);
            }
        }
        schema
    }

    fn column(&mut self, table: &str, words: &str) {
        if let Some((_, check)) = words.split_once("CHECK ").filter(|(before, _)| before.starts_with("CONSTRAINT")) {
            self.checks.push((table.to_owned(), check.trim_matches(['(', ')']).to_owned()));
            return;
        }
        let Some((name, rest)) = words.split_once(char::is_whitespace) else { return };
        let kind = [" DEFAULT ", " NOT NULL", " COLLATE ", " GENERATED ", " CONSTRAINT ", " NULL"];
        let end = kind.iter().filter_map(|word| rest.find(word)).min().unwrap_or(rest.len());
        self.types.insert((table.to_owned(), name.trim_matches(['"', '`']).to_owned()), SqlType::parse(&rest[..end]));
    }

    fn index(&mut self, words: &str) {
        let Some((_, rest)) = words.split_once(" ON ") else { return };
        let table = rest.split([' ', '(']).next().unwrap_or_default();
        let table = table.rsplit('.').next().unwrap_or(table).trim_matches(['"', '`']);
        for word in rest.split(|c: char| !c.is_alphanumeric() && c != '_').skip(1) {
            self.indexed.insert((table.to_owned(), word.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_dumps_say_the_same() {
        let ruby = Schema::from_ruby(
            "ActiveRecord::Schema[8.0].define(version: 2026_01_02_030405) do\n  create_table \"users\", force: :cascade do |t|\n    \
             t.string \"country\", limit: 20\n    t.index [\"country\"], name: \"i\"\n    t.check_constraint \"country IS NOT NULL\"\n  end\nend\n",
        );
        let sql = Schema::from_sql(
            "CREATE TABLE public.users (\n    country character varying(20) DEFAULT 'de' NOT NULL,\n    CONSTRAINT c CHECK ((country IS NOT NULL))\n);\n\
             CREATE INDEX i ON public.users USING btree (country);\nINSERT INTO \"schema_migrations\" (version) VALUES\n('20260102030405');\n",
        );
        for schema in [ruby, sql] {
            let key = ("users".to_owned(), "country".to_owned());
            assert_eq!(schema.version, 20_260_102_030_405);
            assert_eq!(schema.types[&key], SqlType::parse("varchar(20)"));
            assert!(schema.indexed.contains(&key));
            assert_eq!(schema.checks, [("users".to_owned(), "country IS NOT NULL".to_owned())]);
        }
    }
}
