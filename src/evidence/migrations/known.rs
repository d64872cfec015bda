//! What is known beside a migration itself: the dump of the schema, the other migrations of the window, and older
//! migrations that name a column whose type is asked for.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::judge::{Known, says_not_null};
use super::model::{Act, Migration};
use super::project::Project;
use super::schema::Schema;
use super::sources::{Source, Tool};
use super::types::SqlType;
use super::{Read, Types, read_text};
use crate::evidence::analyses::Facts;

/// A table is as good as new this long after it was made, in seconds: it holds few rows.
const FRESH: i64 = 14 * 86_400;
/// At most this many older migrations are read for one column.
const MOST_EARLIER: usize = 30;

/// All that is known beside a migration.
pub struct Background<'a> {
    facts: &'a Facts<'a>,
    project: &'a Project,
    sources: &'a [Source],
    read: &'a [Read],
    schema: OnceCell<Schema>,
    by_path: BTreeMap<&'a str, usize>,
}

impl<'a> Background<'a> {
    /// Nothing is read before it is asked for.
    pub(super) fn new(facts: &'a Facts<'a>, project: &'a Project, sources: &'a [Source], read: &'a [Read]) -> Background<'a> {
        let by_path = read.iter().enumerate().map(|(at, one)| (one.migration.path.as_str(), at)).collect();
        Background { facts, project, sources, read, schema: OnceCell::new(), by_path }
    }

    fn text(&self, end: &str) -> Option<String> {
        let entry = self.facts.world.files.entries().iter().find(|entry| entry.name.ends_with(end) && !entry.inherited)?;
        self.facts.world.files.read(entry).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| {
            let ruby = self.text("db/schema.rb").map(|text| Schema::from_ruby(&text));
            ruby.or_else(|| self.text("db/structure.sql").map(|text| Schema::from_sql(&text))).unwrap_or_default()
        })
    }

    fn of(&self, migration: &Migration) -> Option<(&Read, &Source)> {
        let read = &self.read[*self.by_path.get(migration.path.as_str())?];
        Some((read, &self.sources[read.recent.source]))
    }

    /// The schema, where the migration has not yet run on it.
    fn schema_before(&self, migration: &Migration) -> Option<&Schema> {
        let (_, source) = self.of(migration)?;
        (source.tool == Tool::Rails && self.schema().version < source.order).then(|| self.schema())
    }

    /// The newest type that an older migration gives the column, and whether it must be filled.
    fn earlier(&self, migration: &Migration, table: &str, column: &str) -> Option<(SqlType, bool)> {
        let (_, source) = self.of(migration)?;
        let before = |other: &&Source| other.tool == source.tool && other.folder == source.folder && other.order < source.order;
        let mut older: Vec<&Source> = self.sources.iter().filter(before).collect();
        older.sort_by_key(|other| std::cmp::Reverse(other.order));
        let mut read = 0;
        for other in older {
            let entry = &self.facts.world.files.entries()[other.index];
            let Ok(bytes) = self.facts.world.files.read(entry) else { continue };
            let text = String::from_utf8_lossy(&bytes);
            if !text.contains(column) {
                continue;
            }
            read += 1;
            if read > MOST_EARLIER {
                return None;
            }
            if let Ok(Some(found)) = read_text(other.tool, &entry.name, &text, self.project)
                && let Some(kind) = types_of(&found).remove(&(table.to_owned(), column.to_owned()))
            {
                return Some(kind);
            }
        }
        None
    }

    /// Migrations of the window before this one, and how many seconds before.
    fn window_before(&self, migration: &Migration) -> Vec<(&Read, Option<i64>)> {
        let Some(at) = self.by_path.get(migration.path.as_str()).copied() else { return Vec::new() };
        let time = self.read[at].recent.time;
        let ages = self.read[..at].iter().map(|one| (one, time.zip(one.recent.time).map(|(now, then)| now - then)));
        ages.collect()
    }
}

/// Whether a migration makes a table.
fn makes(one: &Read, table: &str) -> bool {
    let all = &one.migration.operations;
    all.iter().any(|operation| operation.table == table && matches!(operation.act, Act::CreateTable { .. }))
}

/// The types that a migration leaves behind.
fn types_of(migration: &Migration) -> Types {
    let mut types = Types::new();
    for operation in &migration.operations {
        let (column, kind, required) = match &operation.act {
            Act::AddColumn { column, kind: Some(kind), required, .. } | Act::ChangeColumn { column, to: Some(kind), required, .. } => {
                (column, kind, *required)
            }
            _ => continue,
        };
        types.insert((operation.table.clone(), column.clone()), (kind.clone(), required));
    }
    types
}

impl Known for Background<'_> {
    fn type_before(&self, migration: &Migration, table: &str, column: &str) -> Option<SqlType> {
        let key = (table.to_owned(), column.to_owned());
        let dumped = self.schema_before(migration).and_then(|schema| schema.types.get(&key).cloned());
        dumped.or_else(|| self.earlier(migration, table, column).map(|(kind, _)| kind))
    }

    fn is_required(&self, migration: &Migration, table: &str, column: &str) -> Option<bool> {
        self.earlier(migration, table, column).map(|(_, required)| required)
    }

    fn is_indexed(&self, table: &str, column: &str) -> bool {
        self.schema().indexed.contains(&(table.to_owned(), column.to_owned()))
    }

    fn checks(&self, migration: &Migration, table: &str) -> Vec<String> {
        let Some(schema) = self.schema_before(migration) else { return Vec::new() };
        schema.checks.iter().filter(|check| check.0 == table).map(|check| check.1.clone()).collect()
    }

    fn is_checked_not_null(&self, migration: &Migration, table: &str, column: &str) -> bool {
        if self.checks(migration, table).iter().any(|expression| says_not_null(expression, column)) {
            return true;
        }
        let before = self.window_before(migration);
        let operations = || before.iter().flat_map(|(one, _)| &one.migration.operations).filter(|operation| operation.table == table);
        let checked =
            operations().any(|operation| matches!(&operation.act, Act::AddCheck { expression, .. } if says_not_null(expression, column)));
        // Validated there, or in this very file before.
        let here = migration.operations.iter().filter(|operation| operation.table == table);
        checked && operations().chain(here).any(|operation| matches!(operation.act, Act::Validate { .. }))
    }

    fn is_fresh(&self, migration: &Migration, table: &str) -> bool {
        let near = |age: &Option<i64>| age.is_some_and(|age| (0..=FRESH).contains(&age));
        self.window_before(migration).iter().any(|(one, age)| near(age) && makes(one, table))
    }

    fn is_unshipped(&self, migration: &Migration, table: &str) -> bool {
        self.facts.world.since.is_some() && self.window_before(migration).iter().any(|(one, _)| makes(one, table))
    }
}
