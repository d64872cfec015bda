//! Schema changes, whatever tool writes them, and which of them are unsafe while the application runs.
//!
//! The files of a tool are told by their paths (`sources`); those that have not shipped are chosen (`window`) and read
//! into one model (`model`): operations with their table, columns and types. Syntax trees say what a file does, so that
//! strings and comments are no operations; plain SQL is read as PostgreSQL reads it (`sql`), and any other dialect is a
//! gap. `judge` then says for each operation whether it is unsafe, and why: one of the named reasons that definitions
//! ask for. What the words, the severity and the advice are stands in the definition.
//!
//! Not here: what a column holds, whether a table is large. A table of ten rows is altered in no time; nobody can see
//! that in a repository.

mod alembic;
mod calls;
mod django;
mod draft;
mod ecto;
mod entity_framework;
mod golang;
mod history;
mod javascript;
pub mod judge;
mod known;
mod laravel;
mod liquibase;
mod model;
mod names;
mod project;
mod rails;
mod schema;
mod sources;
mod sql;
mod sql_files;
mod types;
mod window;

use std::collections::BTreeMap;

use self::history::{Drop, Use};
use self::judge::Unsafe;
use self::known::Background;
use self::model::{Database, Migration};
use self::project::Project;
use self::sources::{Source, Tool};
use self::window::Recent;
use super::analyses::Facts;
use super::files::line_text;
use super::syntax::{self, NoTree};
use super::world::FileEntry;
use super::{Gap, Seen, Sighting};
use crate::definition::words::Role;
use crate::definition::written::MigrationLook;

/// Every unsafe operation of the migrations in the window, and what could not be read.
#[derive(Debug, Default)]
pub struct Found {
    unsafe_operations: Vec<(&'static str, Sighting)>,
    gaps: Vec<Gap>,
}

/// What a look sees of it.
pub fn see(look: &MigrationLook, found: &Found) -> Seen {
    let asked = found.unsafe_operations.iter().filter(|(reason, _)| look.reasons.iter().any(|asked| asked == reason));
    Seen { sightings: asked.map(|(_, sighting)| sighting.clone()).collect(), gaps: found.gaps.clone(), ..Seen::default() }
}

/// A migration with all that is needed to judge it.
struct Read {
    migration: Migration,
    recent: Recent,
    database: Option<Database>,
    text: String,
}

/// Reads and judges the migrations that have not shipped.
pub fn find(facts: &Facts<'_>) -> Found {
    let entries = facts.world.files.entries();
    let usable = |entry: &FileEntry| !entry.inherited && matches!(entry.role, Role::Production | Role::Generated);
    let all = entries.iter().enumerate().filter(|(_, entry)| usable(entry));
    let candidates: Vec<Source> = all.filter_map(|(index, entry)| sources::source_of(index, &entry.name)).collect();
    if candidates.is_empty() {
        return Found::default();
    }
    let project = Project::look(facts);
    let mut found = Found::default();
    let recent = window::recent(&candidates, entries, &facts.world.git, facts.world.since.as_ref().map(|since| &since.changed));
    let mut read = Vec::new();
    for recent in recent {
        let source = &candidates[recent.source];
        if project.start_after.is_some_and(|version| source.tool == Tool::Rails && source.order <= version) {
            continue;
        }
        match read_one(facts, source, &project) {
            Ok(Some((migration, text))) => {
                let database = migration.database.or(project.database);
                read.push(Read { migration, recent, database, text });
            }
            Ok(None) => {}
            Err(why) => found.gaps.push(unread(&entries[source.index].path, &why)),
        }
    }
    judge_all(facts, &project, &candidates, &read, &mut found);
    found
}

fn unread(path: &str, why: &str) -> Gap {
    Gap { what: crate::report::plain(path).into_owned(), why: super::one_line(why), next: "read this migration by hand".into() }
}

fn judge_all(facts: &Facts<'_>, project: &Project, sources: &[Source], read: &[Read], found: &mut Found) {
    let background = Background::new(facts, project, sources, read);
    let mut drops: Vec<(Drop, usize)> = Vec::new();
    for one in read {
        for why in &one.migration.unread {
            found.gaps.push(unread(&one.migration.path, why));
        }
        if one.migration.operations.is_empty() {
            continue;
        }
        let source = &sources[one.recent.source];
        let Some(database) = one.database else {
            found.gaps.push(Gap {
                what: "the database".into(),
                why: "nothing in the repository says which database the migrations run against".into(),
                next: "add its adapter to the configuration that is committed: DATABASE_URL in .env.example, config/database.yml".into(),
            });
            judge_one(one, Database::Other, &background, project, source, found, &mut drops);
            continue;
        };
        judge_one(one, database, &background, project, source, found, &mut drops);
    }
    found.gaps.dedup();
    forgive_drops(facts, &drops, found);
}

fn judge_one(
    one: &Read,
    database: Database,
    background: &Background<'_>,
    project: &Project,
    source: &Source,
    found: &mut Found,
    drops: &mut Vec<(Drop, usize)>,
) {
    for found_here in judge::judge(&one.migration, database, background) {
        if project.safe_by_default && source.tool == Tool::Rails && is_made_safe(found_here.reason) {
            continue;
        }
        let is_drop = matches!(found_here.reason, "remove-column" | "drop-table");
        if let (true, Some(commit)) = (is_drop, &one.recent.commit) {
            let columns =
                if found_here.reason == "drop-table" { Vec::new() } else { found_here.column.split(", ").map(str::to_owned).collect() };
            let drop = Drop { commit: commit.clone(), tool: source.tool, table: found_here.table.clone(), columns };
            drops.push((drop, found.unsafe_operations.len()));
        }
        found.unsafe_operations.push((found_here.reason, sighting(one, database, source, project, &found_here)));
    }
}

/// What strong_migrations does by itself under `safe_by_default`.
fn is_made_safe(reason: &str) -> bool {
    matches!(
        reason,
        "add-index-blocking" | "remove-index-blocking" | "add-foreign-key" | "add-check" | "set-not-null" | "concurrent-in-transaction"
    )
}

/// Takes out the drops of what an earlier commit had stopped using.
fn forgive_drops(facts: &Facts<'_>, drops: &[(Drop, usize)], found: &mut Found) {
    let asked: Vec<Drop> = drops.iter().map(|(drop, _)| drop.clone()).collect();
    let Some(uses) = history::uses(&asked, &facts.world.git) else { return };
    let mut gone: Vec<usize> = drops.iter().zip(uses).filter(|(_, used)| *used == Use::Stopped).map(|((_, at), _)| *at).collect();
    gone.sort_unstable();
    for at in gone.into_iter().rev() {
        found.unsafe_operations.remove(at);
    }
}

fn sighting(one: &Read, database: Database, source: &Source, project: &Project, found: &Unsafe) -> Sighting {
    let or =
        |text: &str, otherwise: &str| if text.is_empty() || text.contains(calls::DYNAMIC) { otherwise.to_owned() } else { text.to_owned() };
    let column = or(&found.column, "the column");
    let mut sighting = Sighting::at(&one.migration.path, Some(found.line), Some(line_text(&one.text, found.line).to_owned()));
    let names = [
        ("table", or(&found.table, "the table")),
        ("column", column.clone()),
        ("to", or(&found.to, "another")),
        ("before", or(&found.before, "a type that nothing here tells")),
        ("operation", or(&found.operation, "this operation")),
        ("database", database.title().to_owned()),
        ("ignore", ignoring(source.tool, &column)),
        ("concurrently", concurrently(source.tool).to_owned()),
        ("unvalidated", unvalidated(source.tool).to_owned()),
    ];
    sighting = names.iter().fold(sighting, |sighting, (name, text)| sighting.naming(name, text));
    let disabled = check_of(found.reason).iter().find(|check| project.disabled.contains(**check)).filter(|_| source.tool == Tool::Rails);
    sighting.muted = found.muted.clone().or_else(|| disabled.map(|check| format!("StrongMigrations.disable_check(:{check})")));
    sighting
}

/// How code of a framework stops using a column that is still there.
fn ignoring(tool: Tool, column: &str) -> String {
    let listed = column.split(", ").map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    match tool {
        Tool::Rails => format!("self.ignored_columns += [{listed}]"),
        Tool::Django => "SeparateDatabaseAndState with the removal under state_operations alone".into(),
        _ => format!("no query and no model that names {column}"),
    }
}

/// How a tool builds an index without blocking writes.
fn concurrently(tool: Tool) -> &'static str {
    match tool {
        Tool::Rails => "algorithm: :concurrently under disable_ddl_transaction!",
        Tool::Django => "AddIndexConcurrently with atomic = False",
        Tool::Ecto => "concurrently: true with @disable_ddl_transaction true and @disable_migration_lock true",
        Tool::Alembic => "postgresql_concurrently=True inside op.get_context().autocommit_block()",
        _ => "CREATE INDEX CONCURRENTLY alone in a migration outside a transaction",
    }
}

/// How a tool adds a constraint without a check of the rows.
fn unvalidated(tool: Tool) -> &'static str {
    match tool {
        Tool::Rails | Tool::Ecto => "validate: false",
        Tool::Alembic => "postgresql_not_valid=True",
        _ => "NOT VALID",
    }
}

/// The names that strong_migrations gives a reason.
fn check_of(reason: &str) -> &'static [&'static str] {
    match reason {
        "remove-column" => &["remove_column"],
        "rename-column" => &["rename_column"],
        "rename-table" => &["rename_table"],
        "rename-object" => &["rename_schema", "rename_enum_value"],
        "change-type" => &["change_column"],
        "recheck-constraint" => &["change_column_constraint"],
        "add-volatile-default" => &["add_column_default", "add_column_default_callable"],
        "add-generated-column" => &["add_column_generated_stored", "add_column_auto_incrementing"],
        "json-column" => &["add_column_json"],
        "set-not-null" => {
            &["change_column_null", "change_column_null_postgresql", "change_column_null_mysql", "change_column_with_not_null"]
        }
        "change-default" => &["change_column_default"],
        "add-index-blocking" => &["add_index", "add_reference"],
        "remove-index-blocking" => &["remove_index"],
        "wide-index" => &["add_index_columns"],
        "add-foreign-key" => &["add_foreign_key"],
        "add-check" => &["add_check_constraint"],
        "validate-in-transaction" => &["validate_foreign_key", "validate_check_constraint"],
        "add-unique-constraint" => &["add_unique_constraint"],
        "add-exclusion-constraint" => &["add_exclusion_constraint"],
        "create-table-force" => &["create_table"],
        _ => &[],
    }
}

/// Reads one file; nothing where it is no migration after all.
fn read_one(facts: &Facts<'_>, source: &Source, project: &Project) -> Result<Option<(Migration, String)>, String> {
    let entry = &facts.world.files.entries()[source.index];
    let text = String::from_utf8_lossy(&facts.world.files.read(entry)?).into_owned();
    let mut migration = read_text(source.tool, &entry.name, &text, project)?;
    // Diesel says it beside the script.
    let beside = entry.name.strip_suffix("up.sql").map(|folder| format!("{folder}metadata.toml"));
    if let (Some(migration), Some(beside)) = (&mut migration, beside)
        && let Some((_, said)) = facts.text(&beside)
        && said.replace(' ', "").contains("run_in_transaction=false")
    {
        migration.transaction = false;
    }
    Ok(migration.map(|migration| (Migration { path: entry.path.clone(), ..migration }, text)))
}

/// Reads the text of one file.
fn read_text(tool: Tool, name: &str, text: &str, project: &Project) -> Result<Option<Migration>, String> {
    let database = project::database_in(name);
    let project = &Project { database: database.or(project.database), ..project.clone() };
    let read = match tool {
        Tool::Sql => return Ok(sql_files::read(name, text, project).map(|read| Migration { database, ..read })),
        Tool::Liquibase => return Ok(liquibase::read(text, project).map(|read| Migration { database, ..read })),
        Tool::Rails => rails::read,
        Tool::Django => django::read,
        Tool::Alembic => alembic::read,
        Tool::Laravel => laravel::read,
        Tool::Ecto => ecto::read,
        Tool::Javascript => javascript::read,
        Tool::EntityFramework => entity_framework::read,
        Tool::Go => golang::read,
    };
    let Some(grammar) = syntax::grammar_of(name) else { return Ok(None) };
    match syntax::parse(grammar, text) {
        Ok(tree) => Ok(read(&tree, project).map(|read| Migration { database, ..read })),
        Err(NoTree::Machine) => Ok(None),
        Err(NoTree::Unreadable(why)) => Err(why),
    }
}

/// The types that a file gives, by table and column, and whether the column must be filled.
type Types = BTreeMap<(String, String), (types::SqlType, bool)>;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tool: Tool, name: &str, text: &str) -> Result<Option<Migration>, String> {
        let project = Project { database: Some(Database::Postgres), ..Project::default() };
        read_text(tool, name, text, &project)
    }

    #[test]
    fn broken_and_hostile_files_are_gaps_or_nothing() {
        let deep = format!("SELECT {}1{};", "(".repeat(50_000), ")".repeat(50_000));
        let signs = format!("SELECT {}1;", "-".repeat(50_000));
        let nots = format!("SELECT {} true;", "NOT ".repeat(50_000));
        let cases = format!("SELECT {} 1;", "CASE WHEN ".repeat(50_000));
        let long = format!("-- {}\nDROP TABLE a;", "x".repeat(2 << 20));
        for text in [&deep, &signs, &nots, &cases, &long] {
            if let Ok(Some(found)) = read(Tool::Sql, "migrations/1_a.sql", text) {
                assert!(!found.unread.is_empty(), "{}", &text[..40]);
            }
        }
        let ruby = format!("class A < ActiveRecord::Migration[8.0]\n def change\n  {}\n end\nend", "a(".repeat(5_000));
        assert!(!matches!(read(Tool::Rails, "db/migrate/1_a.rb", &ruby), Ok(Some(found)) if !found.operations.is_empty()));
        for (tool, name) in [(Tool::Django, "a/migrations/1_a.py"), (Tool::Ecto, "migrations/1_a.exs"), (Tool::Laravel, "migrations/a.php")]
        {
            for text in ["", "\u{0}\u{fffd}", "class", "<?php", "operations = [", "((((("] {
                let _ = read(tool, name, text);
            }
        }
        assert!(
            matches!(read(Tool::Liquibase, "changelog/a.xml", "<databaseChangeLog><changeSet>"), Ok(Some(found)) if found.unread.len() == 1)
        );
    }

    #[test]
    fn every_tool_says_its_operations_in_one_model() {
        let counted = |tool, name: &str, text: &str| read(tool, name, text).ok().flatten().map_or(0, |found| found.operations.len());
        assert_eq!(counted(Tool::Rails, "a.rb", "class A < ActiveRecord::Migration[8.0]\n  def change = remove_column(:a, :b)\nend"), 1);
        assert_eq!(counted(Tool::Rails, "a.rb", "class A < ActiveRecord::Migration[8.0]\n  def down = remove_column(:a, :b)\nend"), 0);
        assert_eq!(counted(Tool::Rails, "a.rb", "ActiveRecord::Schema[8.0].define { remove_column :a, :b }"), 0);
        assert_eq!(counted(Tool::Django, "a.py", "class Migration(M):\n    operations = [migrations.RemoveField('a', 'b')]\n"), 1);
        assert_eq!(
            counted(Tool::Django, "a.py", "class Migration(M):\n    replaces = [1]\n    operations = [migrations.RemoveField('a', 'b')]\n"),
            0
        );
        assert_eq!(counted(Tool::Sql, "a.sql", "DO $$ BEGIN ALTER TABLE a RENAME TO b; EXCEPTION WHEN others THEN null; END $$;"), 1);
        assert_eq!(counted(Tool::Sql, "a.sql", "-- +goose Up\nDROP TABLE a;\n-- +goose Down\nDROP TABLE b;"), 1);
    }

    #[test]
    fn parameters_of_sql_are_no_syntax_errors() {
        let text = "def upgrade():\n    op.execute(\"UPDATE a SET b = :c::text WHERE d = %(e)s\")\nrevision = 1\n";
        let found = read(Tool::Alembic, "versions/a.py", text).ok().flatten().unwrap_or_default();
        assert_eq!((found.operations.len(), found.unread), (1, Vec::new()));
    }
}
