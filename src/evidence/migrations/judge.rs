//! What is unsafe about an operation, and why. The rules are those of the databases, whatever tool wrote the migration:
//! what waits for or holds a lock while rows are read or written, and what breaks the code that still runs.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Act, Computed, Database, Default, Migration, Operation};
use super::types::{SqlType, is_harmless};

/// The reasons an operation can be unsafe for, as definitions name them.
pub const REASONS: [&str; 27] = [
    "remove-column",
    "rename-column",
    "rename-table",
    "rename-object",
    "drop-table",
    "change-type",
    "recheck-constraint",
    "add-volatile-default",
    "add-required-column",
    "add-generated-column",
    "json-column",
    "set-not-null",
    "change-default",
    "add-index-blocking",
    "concurrent-in-transaction",
    "remove-index-blocking",
    "wide-index",
    "add-foreign-key",
    "add-check",
    "validate-in-transaction",
    "add-unique-constraint",
    "add-exclusion-constraint",
    "add-primary-key",
    "create-table-force",
    "backfill-in-ddl",
    "unbatched-write",
    "blocking-algorithm",
];

/// An operation that is unsafe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsafe {
    /// Why, one of [`REASONS`].
    pub reason: &'static str,
    /// 1-based line.
    pub line: u32,
    /// The table; empty where only running the code could tell.
    pub table: String,
    /// The column or columns; empty where there are none.
    pub column: String,
    /// The new name, type or table.
    pub to: String,
    /// The type before.
    pub before: String,
    /// The operation as written.
    pub operation: String,
    /// Why it does not count.
    pub muted: Option<String>,
}

/// What is known beside the migration itself.
pub trait Known {
    /// The type a column has before this migration.
    fn type_before(&self, migration: &Migration, table: &str, column: &str) -> Option<SqlType>;
    /// Whether a column must be filled before this migration, where anything tells it.
    fn is_required(&self, migration: &Migration, table: &str, column: &str) -> Option<bool>;
    /// Whether an index covers the column before this migration.
    fn is_indexed(&self, table: &str, column: &str) -> bool;
    /// Expressions of the CHECKs on a table before this migration.
    fn checks(&self, migration: &Migration, table: &str) -> Vec<String>;
    /// Whether a validated CHECK says that the column is never NULL.
    fn is_checked_not_null(&self, migration: &Migration, table: &str, column: &str) -> bool;
    /// Whether the table ships together with this migration: no code that runs uses it yet.
    fn is_unshipped(&self, migration: &Migration, table: &str) -> bool;
    /// Whether the table was made so short a time ago that it holds few rows.
    fn is_fresh(&self, migration: &Migration, table: &str) -> bool;
}

/// What a file has done so far.
#[derive(std::default::Default)]
struct So {
    tables: BTreeSet<String>,
    columns: BTreeSet<(String, String)>,
    types: BTreeMap<(String, String), SqlType>,
    indexed: BTreeSet<(String, String)>,
    /// New columns that must be filled and have a default.
    filled: BTreeSet<(String, String)>,
    /// Name, table, expression and whether it was validated.
    checks: Vec<(String, String, String, bool)>,
    /// A lock that blocks writes is held until the transaction ends.
    locked: bool,
}

/// The unsafe operations of a migration, in order.
pub fn judge(migration: &Migration, database: Database, known: &dyn Known) -> Vec<Unsafe> {
    let created = migration.operations.iter().filter(|operation| matches!(operation.act, Act::CreateTable { .. }));
    let created: BTreeSet<String> = created.map(|operation| operation.table.clone()).collect();
    let alters = migration.operations.iter().any(|operation| is_alter(&operation.act) && !created.contains(&operation.table));
    let mut judge = Judge { migration, database, known, so: So::default(), found: Vec::new(), alters: alters && migration.transaction };
    for operation in &migration.operations {
        judge.operation(operation);
        judge.remember(operation);
    }
    judge.found
}

/// Whether an operation takes a lock on its table that blocks writes.
fn is_alter(act: &Act) -> bool {
    !matches!(
        act,
        Act::CreateTable { .. }
            | Act::WriteRows { .. }
            | Act::Commit
            | Act::Nothing
            | Act::Validate { .. }
            | Act::RenameObject { .. }
            | Act::AddIndex { concurrently: true, .. }
            | Act::DropIndex { concurrently: true }
    )
}

struct Judge<'a> {
    migration: &'a Migration,
    database: Database,
    known: &'a dyn Known,
    so: So,
    found: Vec<Unsafe>,
    alters: bool,
}

impl Judge<'_> {
    fn is_new(&self, table: &str) -> bool {
        !table.is_empty() && (self.so.tables.contains(table) || self.known.is_unshipped(self.migration, table))
    }

    /// A lock on a table with few rows is over at once; code that runs uses it all the same.
    fn is_small(&self, op: &Operation) -> bool {
        let breaks = matches!(
            op.act,
            Act::DropTable | Act::RenameTable { .. } | Act::DropColumns { .. } | Act::RenameColumn { .. } | Act::ChangeDefault { .. }
        ) || matches!(op.act, Act::AddColumn { required: true, default: Default::None, .. });
        !breaks && self.known.is_fresh(self.migration, &op.table)
    }

    fn is_new_column(&self, table: &str, column: &str) -> bool {
        self.so.columns.contains(&(table.to_owned(), column.to_owned()))
    }

    fn tell(&mut self, reason: &'static str, operation: &Operation, column: &str, to: &str, before: &str) {
        self.found.push(Unsafe {
            reason,
            line: operation.line,
            table: operation.table.clone(),
            column: column.to_owned(),
            to: to.to_owned(),
            before: before.to_owned(),
            operation: operation.written.clone(),
            muted: operation.muted.clone(),
        });
    }

    fn operation(&mut self, op: &Operation) {
        let postgres = self.database == Database::Postgres;
        match &op.act {
            Act::CreateTable { force: true } => self.tell("create-table-force", op, "", "", ""),
            Act::RenameObject { to } => self.tell("rename-object", op, "", to, ""),
            Act::Validate { .. } if postgres && self.migration.transaction && self.so.locked => {
                self.tell("validate-in-transaction", op, "", "", "");
            }
            Act::WriteRows { .. } | Act::CreateTable { .. } | Act::Validate { .. } | Act::Commit | Act::Nothing => {
                self.write(op);
            }
            Act::AddIndex { concurrently: true, columns, .. } if postgres && self.migration.transaction => {
                self.tell("concurrent-in-transaction", op, &columns.join(", "), "", "");
            }
            Act::DropIndex { concurrently: true } if postgres && self.migration.transaction => {
                self.tell("concurrent-in-transaction", op, "", "", "");
            }
            _ if self.is_new(&op.table) || self.is_small(op) => {}
            Act::DropTable => self.tell("drop-table", op, "", "", ""),
            Act::RenameTable { to } => self.tell("rename-table", op, "", to, ""),
            Act::AddColumn { .. } => self.add_column(op),
            Act::DropColumns { columns } => {
                let old: Vec<&str> = columns.iter().map(String::as_str).filter(|column| !self.is_new_column(&op.table, column)).collect();
                if !old.is_empty() {
                    self.tell("remove-column", op, &old.join(", "), "", "");
                }
            }
            Act::RenameColumn { column, to } if !self.is_new_column(&op.table, column) => self.tell("rename-column", op, column, to, ""),
            Act::ChangeColumn { .. } => self.change_column(op),
            Act::SetNotNull { column, fills } => self.set_not_null(op, column, *fills),
            // A default that only fills the old rows is none for the code that runs.
            Act::DropDefault { column } if self.so.filled.contains(&(op.table.clone(), column.clone())) => {
                self.tell("add-required-column", op, column, "", "");
            }
            Act::ChangeDefault { column } if !self.is_new_column(&op.table, column) => self.tell("change-default", op, column, "", ""),
            Act::Blocking { option } => self.tell("blocking-algorithm", op, "", option, ""),
            _ => self.index_or_constraint(op),
        }
    }

    fn write(&mut self, op: &Operation) {
        let Act::WriteRows { batched } = op.act else { return };
        // One finding for all statements that write the same table.
        if self.found.iter().any(|found| matches!(found.reason, "backfill-in-ddl" | "unbatched-write") && found.table == op.table) {
            return;
        }
        // Rows of a table that is as new as the migration are nobody's yet.
        if self.is_new(&op.table) || self.known.is_fresh(self.migration, &op.table) {
        } else if self.alters {
            self.tell("backfill-in-ddl", op, "", "", "");
        } else if !batched {
            self.tell("unbatched-write", op, "", "", "");
        }
    }

    fn add_column(&mut self, op: &Operation) {
        let Act::AddColumn { column, kind, default, required, computed } = &op.act else { return };
        let to = kind.as_ref().map(ToString::to_string).unwrap_or_default();
        match default {
            Default::Expression(text) if self.is_written_to_every_row(text) => self.tell("add-volatile-default", op, column, &to, text),
            Default::None if *required && *computed == Computed::No => self.tell("add-required-column", op, column, &to, ""),
            _ => {}
        }
        if *computed != Computed::No && self.database != Database::Sqlite {
            self.tell("add-generated-column", op, column, &to, "");
        }
        if self.database == Database::Postgres && kind.as_ref().is_some_and(|kind| kind.base == "json") {
            self.tell("json-column", op, column, &to, "");
        }
    }

    /// PostgreSQL evaluates a default that is the same for the whole statement once. Any call it does not know as such is
    /// taken for a volatile one. MySQL writes every row for an expression.
    fn is_written_to_every_row(&self, expression: &str) -> bool {
        const ONCE: [&str; 11] = [
            "now",
            "current_timestamp",
            "current_date",
            "current_time",
            "localtimestamp",
            "transaction_timestamp",
            "statement_timestamp",
            "timezone",
            "array",
            "jsonb_build_object",
            "concat",
        ];
        let lower = expression.to_ascii_lowercase();
        match self.database {
            Database::Mysql | Database::Mariadb => lower != "current_timestamp" && lower != "current_timestamp()",
            Database::Postgres => called(&lower).iter().any(|name| !ONCE.contains(&name.as_str())),
            Database::Sqlite | Database::Other => false,
        }
    }

    fn change_column(&mut self, op: &Operation) {
        let Act::ChangeColumn { column, to, before: told, required, restated } = &op.act else { return };
        let key = (op.table.clone(), column.clone());
        let before = self.so.types.get(&key).cloned();
        let before = before.or_else(|| told.clone()).or_else(|| self.known.type_before(self.migration, &op.table, column));
        let required = &(*required && !self.known.is_required(self.migration, &op.table, column).unwrap_or(*restated));
        if *restated && before.is_none() {
            return;
        }
        let Some(to) = to else {
            if *required {
                self.set_not_null(op, column, false);
            }
            return;
        };
        let words = |kind: &Option<SqlType>| kind.as_ref().map(ToString::to_string).unwrap_or_default();
        let indexed = self.so.indexed.contains(&key) || self.known.is_indexed(&op.table, column);
        let same = *restated && before.as_ref() == Some(to);
        if !same && !before.as_ref().is_some_and(|before| is_harmless(self.database, before, to, indexed)) {
            self.tell("change-type", op, column, &to.to_string(), &words(&before));
            return;
        }
        if *required {
            self.tell("set-not-null", op, column, "", "");
        }
        if self.database == Database::Postgres && before.as_ref() != Some(to) {
            let mine = self.so.checks.iter().filter(|check| check.1 == op.table).map(|check| check.2.clone());
            let mut all: Vec<String> = mine.collect();
            all.extend(self.known.checks(self.migration, &op.table));
            if all.iter().any(|expression| words_in(expression).any(|word| word == *column)) {
                self.tell("recheck-constraint", op, column, &to.to_string(), &words(&before));
            }
        }
    }

    fn set_not_null(&mut self, op: &Operation, column: &str, fills: bool) {
        let checked = self.database == Database::Postgres
            && (self
                .so
                .checks
                .iter()
                .any(|(_, table, expression, valid)| *valid && *table == op.table && says_not_null(expression, column))
                || self.known.is_checked_not_null(self.migration, &op.table, column));
        // In strict mode, the default, MySQL does it without blocking writes.
        if fills || !(checked || self.database.is_mysql()) {
            self.tell("set-not-null", op, column, "", "");
        }
    }

    fn index_or_constraint(&mut self, op: &Operation) {
        let (postgres, mysql) = (self.database == Database::Postgres, self.database.is_mysql());
        match &op.act {
            Act::AddIndex { columns, unique, concurrently, .. } => {
                let listed = columns.join(", ");
                if (postgres || self.database == Database::Other) && !concurrently {
                    self.tell("add-index-blocking", op, &listed, "", "");
                } else if columns.len() > 3 && !unique {
                    self.tell("wide-index", op, &listed, "", "");
                }
            }
            Act::DropIndex { concurrently: false } if postgres => self.tell("remove-index-blocking", op, "", "", ""),
            Act::AddForeignKey { column, to, validated } if *validated || !postgres => self.tell("add-foreign-key", op, column, to, ""),
            Act::AddCheck { expression, validated, .. } if *validated || !postgres => self.tell("add-check", op, "", expression, ""),
            Act::AddUnique { columns, using_index: false } if !mysql => {
                self.tell("add-unique-constraint", op, &columns.join(", "), "", "");
            }
            Act::AddExclusion => self.tell("add-exclusion-constraint", op, "", "", ""),
            Act::AddPrimaryKey { using_index: false } => self.tell("add-primary-key", op, "", "", ""),
            _ => {}
        }
    }

    fn remember(&mut self, op: &Operation) {
        let table = &op.table;
        let new = self.is_new(table) || self.known.is_fresh(self.migration, table);
        let so = &mut self.so;
        let key = |column: &String| (table.clone(), column.clone());
        match &op.act {
            Act::CreateTable { .. } if !table.is_empty() => {
                so.tables.insert(table.clone());
            }
            Act::RenameTable { to } if new => {
                so.tables.insert(to.clone());
            }
            Act::AddColumn { column, kind, required, default, .. } => {
                if *required && *default != Default::None {
                    so.filled.insert(key(column));
                }
                so.columns.insert(key(column));
                so.types.extend(kind.clone().map(|kind| (key(column), kind)));
            }
            Act::ChangeColumn { column, to: Some(to), .. } => {
                so.types.insert(key(column), to.clone());
            }
            Act::RenameColumn { column, to } if so.columns.contains(&key(column)) => {
                so.columns.insert(key(to));
            }
            Act::AddIndex { columns, .. } => {
                // `lower(email)` is an index over `email`.
                let words = columns.iter().flat_map(|column| words_in(column));
                so.indexed.extend(words.map(|word| (table.clone(), word.to_owned())));
            }
            Act::AddCheck { name, expression, validated } => so.checks.push((name.clone(), table.clone(), expression.clone(), *validated)),
            Act::Validate { name } => {
                for check in so.checks.iter_mut().filter(|check| check.1 == *table && (check.0 == *name || name.is_empty())) {
                    check.3 = true;
                }
            }
            Act::DropConstraint { name } => so.checks.retain(|check| check.0 != *name || check.1 != *table),
            _ => {}
        }
        match op.act {
            Act::Commit => so.locked = false,
            _ => so.locked |= is_alter(&op.act) && !new,
        }
    }
}

/// Names that are called in an expression.
fn called(expression: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in expression.match_indices('(') {
        let before = expression[..at].trim_end();
        let start = before.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
        if start < before.len() {
            names.push(before[start..].to_owned());
        }
    }
    names
}

fn words_in(expression: &str) -> impl Iterator<Item = &str> {
    expression.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Whether an expression is `column IS NOT NULL`, whatever the quotes and brackets.
pub fn says_not_null(expression: &str, column: &str) -> bool {
    let words: Vec<String> = words_in(expression).map(str::to_ascii_lowercase).collect();
    matches!(words.as_slice(), [name, is, not, null] if *name == column.to_ascii_lowercase() && is == "is" && not == "not" && null == "null")
}
