//! Which files tell the schema, in which order they are read, and which database runs it.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::model::{Database, Spot};
use super::{Schemas, django, ecto, efcore, laravel, node, prisma, ruby, sql, sqlalchemy};
use crate::definition::words::{Engine, Role, Stack};
use crate::evidence::Gap;
use crate::evidence::world::{FileEntry, Files, LARGEST_FILE};

/// The files of an application, and the means to read them.
pub struct Sources<'a> {
    files: &'a dyn Files,
    entries: Vec<&'a FileEntry>,
}

/// A reader of one kind of source: all databases that it finds.
type Reader = fn(&Sources<'_>) -> Vec<Database>;

const ALL: [Reader; 10] = [
    rails,
    prisma_schema,
    snapshots,
    django_models,
    sqlalchemy_models,
    laravel_migrations,
    ecto_migrations,
    node_migrations,
    sql_files,
    not_read,
];

/// Reads all sources.
pub fn read(files: &dyn Files) -> Schemas {
    let production = |entry: &&FileEntry| !entry.inherited && matches!(entry.role, Role::Production | Role::Generated);
    let sources = Sources { files, entries: files.entries().iter().filter(production).collect() };
    let mut schemas = Schemas { databases: ALL.par_iter().flat_map(|reader| reader(&sources)).collect(), ..Schemas::default() };
    if schemas.databases.iter().all(|database| database.tables.is_empty() && database.unread.is_empty()) {
        schemas.databases.extend(dumps(&sources));
    }
    schemas.databases.retain(|database| !database.tables.is_empty() || !database.unread.is_empty());
    for database in &mut schemas.databases {
        schemas.gaps.extend(std::mem::take(&mut database.unread).into_iter().map(|(spot, why)| unread(&spot, why)));
        schemas.column_gaps.extend(std::mem::take(&mut database.unread_columns).into_iter().map(|(spot, why)| unread(&spot, why)));
    }
    if schemas.databases.is_empty() && schemas.gaps.is_empty() {
        schemas.gaps.push(Gap {
            what: "the database schema".into(),
            why: "no schema file and no migrations were found that can be read here".into(),
            next: "commit a dump of the schema (`db/structure.sql`, `schema.sql`)".into(),
        });
    }
    schemas.gaps.sort();
    schemas.gaps.dedup();
    schemas
}

fn unread(spot: &Spot, why: String) -> Gap {
    let what = if spot.line > 0 { format!("{}:{}", spot.path, spot.line) } else { spot.path.clone() };
    Gap { what: crate::report::plain(&what).into_owned(), why, next: "look at this file by hand: its tables are not in the schema".into() }
}

impl<'a> Sources<'a> {
    /// The files whose path for patterns satisfies a test, by name.
    pub fn that(&self, test: impl Fn(&str) -> bool) -> Vec<&'a FileEntry> {
        self.entries.iter().copied().filter(|entry| test(&entry.name)).collect()
    }

    /// The text of a file; what cannot be read is noted.
    pub fn text(&self, entry: &FileEntry, database: &mut Database) -> Option<String> {
        let noted = |database: &mut Database, why: &str| database.unread(Spot { path: entry.path.clone(), line: 0 }, why);
        if entry.size > LARGEST_FILE {
            noted(database, "larger than 5 MB, not read");
            return None;
        }
        match self.files.read(entry) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(why) => {
                noted(database, &why);
                None
            }
        }
    }

    /// The texts of all files of these names, nearest to the root first.
    pub fn any(&self, ends: &[&str]) -> Vec<String> {
        let mut found: Vec<&FileEntry> =
            self.files.entries().iter().filter(|entry| ends.iter().any(|end| is_file(&entry.name, end))).collect();
        found.sort_by_key(|entry| (entry.name.matches('/').count(), entry.name.clone()));
        found
            .into_iter()
            .take(10)
            .filter_map(|entry| self.files.read(entry).ok())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .collect()
    }

    /// Reads a file into a database with a reader that may fail.
    pub fn apply(
        &self,
        entry: &FileEntry,
        database: &mut Database,
        mut reader: impl FnMut(&mut Database, &str, &str) -> Result<(), String>,
    ) {
        if let Some(text) = self.text(entry, database)
            && let Err(why) = reader(database, &entry.path, &text)
        {
            database.unread(Spot { path: entry.path.clone(), line: 0 }, &why);
        }
    }
}

/// Whether a path is this file: `config/database.yml`.
fn is_file(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// The folder a file stands in, with its slash.
pub fn folder_of(name: &str) -> &str {
    name.rfind('/').map_or("", |slash| &name[..=slash])
}

/// The last part of a path.
pub fn file_of(name: &str) -> &str {
    &name[folder_of(name).len()..]
}

/// The database that words in a configuration name.
pub fn engine_in(text: &str) -> Option<Engine> {
    let lower = text.to_ascii_lowercase();
    let names = [
        (Engine::Postgresql, ["postgres", "pgsql", "npgsql", "cockroach", "psycopg"].as_slice()),
        (Engine::Mysql, ["mysql", "mariadb", "trilogy", "myxql"].as_slice()),
        (Engine::Sqlite, ["sqlite"].as_slice()),
        (Engine::SqlServer, ["sqlserver", "sqlsrv", "mssql"].as_slice()),
    ];
    let found: Vec<(usize, Engine)> =
        names.iter().filter_map(|(engine, words)| words.iter().filter_map(|word| lower.find(word)).min().map(|at| (at, *engine))).collect();
    found.into_iter().min_by_key(|(at, _)| *at).map(|(_, engine)| engine)
}

fn rails(sources: &Sources<'_>) -> Vec<Database> {
    let is_dump = |name: &str| {
        let (folder, file) = (folder_of(name), file_of(name));
        let stem = file.strip_suffix("schema.rb").or_else(|| file.strip_suffix("structure.sql"));
        folder.ends_with("db/") && stem.is_some_and(|stem| stem.is_empty() || stem.ends_with('_'))
    };
    let mut all = Vec::new();
    let mut dumped = Vec::new();
    for entry in sources.that(is_dump) {
        let mut database = Database::new(Stack::Rails, None);
        if entry.name.ends_with(".rb") {
            sources.apply(entry, &mut database, ruby::apply);
        } else if let Some(text) = sources.text(entry, &mut database) {
            sql::apply(&mut database, &text, &entry.path, 1);
        }
        dumped.push(folder_of(&entry.name).to_owned());
        all.push(database);
    }
    // Without a dump, the migrations of all engines tell one database.
    let mut migrations = sources.that(|name| name.contains("db/migrate/") && name.ends_with(".rb"));
    migrations.retain(|entry| {
        let root = entry.name.find("db/migrate/").map_or("", |at| &entry.name[..at + 3]);
        !dumped.iter().any(|dump| dump == root)
    });
    let mut database = Database::new(Stack::Rails, None);
    for entry in in_order(migrations) {
        sources.apply(entry, &mut database, ruby::apply);
    }
    all.push(database);
    // Models keep values in columns of text, each with a name of its own.
    for entry in sources.that(|name| name.contains("app/models/") && name.ends_with(".rb")) {
        let said = |text: &str| ["typed_store ", "store_accessor ", "store :"].iter().any(|word| text.contains(word));
        let Some(text) = sources.text(entry, &mut Database::default()).filter(|text| said(text)) else { continue };
        for database in &mut all {
            if let Err(why) = ruby::stores(database, &entry.path, &text) {
                database.unread(Spot { path: entry.path.clone(), line: 0 }, &why);
            }
        }
    }
    all
}

/// Whether Rails, Ecto or Prisma has SQL files of its own there.
fn is_frameworks(name: &str) -> bool {
    name.contains("db/migrate/")
        || name.contains("prisma/")
        || name.starts_with("priv/")
        || name.contains("/priv/")
        || name.ends_with("structure.sql")
}

fn prisma_schema(sources: &Sources<'_>) -> Vec<Database> {
    let files = sources.that(|name| name.ends_with(".prisma"));
    // A schema may be split over the files of a folder and the folders below it.
    let root = |name: &str| {
        let folder = folder_of(name);
        folder.find("prisma/").map_or_else(|| folder.to_owned(), |at| folder[..at + "prisma/".len()].to_owned())
    };
    let read = |(_, entries): (String, Vec<&FileEntry>)| {
        let mut database = Database::new(Stack::Prisma, None);
        entries.into_iter().for_each(|entry| sources.apply(entry, &mut database, prisma::apply));
        database
    };
    grouped(files, root).into_iter().map(read).collect()
}

fn snapshots(sources: &Sources<'_>) -> Vec<Database> {
    let mut all: Vec<Database> = Vec::new();
    for entry in sources.that(|name| name.ends_with("ModelSnapshot.cs")) {
        let mut database = Database::new(Stack::EfCore, None);
        sources.apply(entry, &mut database, efcore::apply);
        all.push(database);
    }
    // The same model for several databases: PostgreSQL first, MySQL last, so that what is found is found where it is true.
    all.sort_by_key(|database| database.engine);
    all
}

fn is_model_file(name: &str) -> bool {
    name.ends_with(".py")
        && !name.contains("migrations/")
        && (name.contains("/models/") || name.starts_with("models/") || file_of(name).contains("model"))
}

fn django_models(sources: &Sources<'_>) -> Vec<Database> {
    let mut database = Database::new(Stack::Django, Some(Engine::Postgresql));
    for entry in sources.that(is_model_file) {
        sources.apply(entry, &mut database, |database, path, text| {
            let django = (text.contains("models.") || text.contains("Field(")) && text.contains("django");
            if django { django::apply(database, path, text) } else { Ok(()) }
        });
    }
    database.settle();
    vec![database]
}

fn sqlalchemy_models(sources: &Sources<'_>) -> Vec<Database> {
    let mut database = Database::new(Stack::Sqlalchemy, None);
    let wanted = |name: &str| {
        is_model_file(name)
            || (name.ends_with(".py")
                && ["schema", "tables", "db"]
                    .iter()
                    .any(|word| file_of(name).starts_with(word) || folder_of(name).ends_with(&format!("{word}/"))))
    };
    for entry in sources.that(|name| wanted(name) && !name.contains("/versions/")) {
        sources.apply(entry, &mut database, |database, path, text| {
            let tables = text.contains("sqlalchemy")
                && (text.contains("Column(") || text.contains("mapped_column(") || text.contains("Mapped["))
                || text.contains("db.Column(");
            if tables { sqlalchemy::apply(database, path, text) } else { Ok(()) }
        });
    }
    if database.tables.is_empty() {
        return Vec::new();
    }
    let manifests =
        ["pyproject.toml", "Pipfile", "setup.cfg", "main.in", "base.in", "requirements.in", "requirements.txt", "main.txt", "base.txt"];
    database.engine = sources.any(&manifests).into_iter().find_map(|text| engine_in(&text));
    let versions = sources.that(|name| name.contains("/versions/") && name.ends_with(".py"));
    let about = |text: &str| text.contains("down_revision");
    if versions.is_empty() {
        // The indexes may be made where the migrations are, in another repository.
        let first = database.tables.values().map(|table| table.spot.clone()).min().unwrap_or_default();
        database.tables.values_mut().for_each(|table| table.foreign_keys.clear());
        database.unread(Spot { line: 0, ..first }, "models without migrations: which indexes there are is told elsewhere");
    }
    let texts = versions.into_iter().filter_map(|entry| Some((entry, sources.text(entry, &mut database)?))).filter(|(_, text)| about(text));
    let indexed = |text: &str| {
        ["create_index", "create_unique", "drop_index", "drop_constraint"].iter().any(|word| text.contains(word))
            || text.to_uppercase().contains(" INDEX")
    };
    for (entry, text) in sqlalchemy::in_order(texts.collect()) {
        if indexed(&text)
            && let Err(why) = sqlalchemy::migrate(&mut database, &entry.path, &text)
        {
            database.unread(Spot { path: entry.path.clone(), line: 0 }, &why);
        }
    }
    vec![database]
}

fn laravel_migrations(sources: &Sources<'_>) -> Vec<Database> {
    let migrations = sources.that(|name| name.contains("database/migrations/") && name.ends_with(".php"));
    if migrations.is_empty() {
        return Vec::new();
    }
    // The example of the environment is what people start from; the configuration's default comes after it.
    let environment = sources.any(&[".env.example", ".env.production", ".env.dist"]).into_iter().find_map(|text| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix("DB_CONNECTION=").map(str::to_owned));
        line.and_then(|value| engine_in(&value))
    });
    let default = || {
        let text = sources.any(&["config/database.php", "Config/database.php"]).into_iter().next()?;
        let line = text.lines().find(|line| line.contains("DB_CONNECTION"))?.to_owned();
        engine_in(&line)
    };
    let mut database = Database::new(Stack::Laravel, environment.or_else(default));
    for entry in sources.that(|name| name.contains("database/schema/") && name.ends_with(".sql")) {
        if let Some(text) = sources.text(entry, &mut database) {
            sql::apply(&mut database, &text, &entry.path, 1);
        }
    }
    for entry in in_order(migrations) {
        sources.apply(entry, &mut database, laravel::apply);
    }
    vec![database]
}

fn ecto_migrations(sources: &Sources<'_>) -> Vec<Database> {
    let is_migration = |name: &str| {
        let elixir = name.ends_with(".exs") || name.ends_with(".ex");
        elixir && name.contains("/migrations/") && file_of(name).starts_with(|c: char| c.is_ascii_digit())
            || elixir && name.contains("repo/migrations/")
    };
    let adapter = sources.that(|name| name.ends_with("repo.ex")).into_iter().find_map(|entry| {
        let text = sources.text(entry, &mut Database::default())?;
        engine_in(text.split_once("Ecto.Adapters.")?.1.lines().next()?)
    });
    let config = || sources.any(&["mix.exs"]).into_iter().find_map(|text| engine_in(&text.replace("postgrex", "postgres")));
    let engine = adapter.or_else(config).or(Some(Engine::Postgresql));
    let folder = |name: &str| name.find("/migrations/").map_or(String::new(), |at| name[..=at].to_owned());
    let mut all = Vec::new();
    for (root, migrations) in grouped(sources.that(is_migration), folder) {
        let mut database = Database::new(Stack::Ecto, engine);
        let mut done = String::new();
        for entry in sources.that(|name| name.starts_with(&root) && name.ends_with("structure.sql")) {
            if let Some(text) = sources.text(entry, &mut database) {
                sql::apply(&mut database, &text, &entry.path, 1);
                done.push_str(&text);
            }
        }
        // A dump names the migrations that it holds; the others come after it.
        let number = |entry: &FileEntry| file_of(&entry.name).chars().take_while(char::is_ascii_digit).collect::<String>();
        let newer = migrations.into_iter().filter(|entry| done.is_empty() || !done.contains(&format!("({})", number(entry))));
        for entry in in_order(newer.collect()) {
            sources.apply(entry, &mut database, ecto::apply);
        }
        all.push(database);
    }
    all
}

fn node_migrations(sources: &Sources<'_>) -> Vec<Database> {
    let is_script = |name: &str| [".js", ".ts", ".cjs", ".mjs"].iter().any(|end| name.ends_with(end)) && !name.ends_with(".d.ts");
    let files = sources.that(|name| is_script(name) && (name.contains("migrations/") || name.contains("migration/")));
    if files.is_empty() {
        return Vec::new();
    }
    let engine = sources.any(&["package.json"]).into_iter().find_map(|text| {
        let names = [
            ("\"pg\"", Engine::Postgresql),
            ("\"mysql2\"", Engine::Mysql),
            ("\"mysql\"", Engine::Mysql),
            ("\"better-sqlite3\"", Engine::Sqlite),
            ("\"sqlite3\"", Engine::Sqlite),
        ];
        names.iter().find(|(name, _)| text.contains(name)).map(|(_, engine)| *engine)
    });
    let mut database = Database::new(Stack::Node, engine);
    for entry in in_order(files) {
        sources.apply(entry, &mut database, |database, path, text| {
            let ours = ["queryInterface", "knex", "Knex", "createTable", "queryRunner"].iter().any(|word| text.contains(word));
            if ours { node::apply(database, path, text) } else { Ok(()) }
        });
    }
    vec![database]
}

/// Plain SQL: migrations replayed, folder by folder, and dumps; SQL inside code whose name speaks of migrations.
fn sql_files(sources: &Sources<'_>) -> Vec<Database> {
    let backwards = |name: &str| {
        name.ends_with(".down.sql")
            || file_of(name) == "down.sql"
            || name.contains("/undo/")
            || file_of(name).starts_with('U') && name.contains("db/migration/")
    };
    let is_migration =
        |name: &str| is_sql(name) && !backwards(name) && MIGRATION_FOLDERS.iter().any(|folder| format!("/{name}").contains(folder));
    let root = |name: &str| {
        let whole = format!("/{name}");
        let at = MIGRATION_FOLDERS.iter().filter_map(|folder| whole.find(folder).map(|at| at + folder.len() - 1)).min();
        let tail = at.and_then(|at| name.get(at..)).unwrap_or_default();
        // Folders for each database, as in migrations/postgresql.
        let engine = tail.split('/').find(|part| engine_in(part).is_some()).unwrap_or_default();
        format!("{}{engine}", at.and_then(|at| name.get(..at)).unwrap_or_default())
    };
    let mut all: Vec<Database> = Vec::new();
    for (folder, entries) in grouped(sources.that(is_migration), root) {
        all.push(replay(sources, &folder, in_order_of_path(entries)));
    }
    let in_code = sources.that(|name| {
        [".go", ".ts", ".php"].iter().any(|end| name.ends_with(end)) && file_of(name).to_lowercase().contains("migrat")
            || (name.contains("igrations/") && file_of(name).starts_with("Version") && name.ends_with(".php"))
    });
    let mut database = Database::new(Stack::Sql, None);
    let mut words = String::new();
    for entry in in_order(in_code) {
        sources.apply(entry, &mut database, |database, path, text| {
            if !["CREATE TABLE", "create table", "ALTER TABLE", "alter table"].iter().any(|word| text.contains(word))
                || text.contains("queryInterface")
            {
                return Ok(());
            }
            for (text, line) in node::sql_strings(path, text)? {
                sql::apply(database, &text, path, line);
                words.push_str(&text);
            }
            Ok(())
        });
    }
    database.engine = sql::engine_of(&words);
    all.push(database);
    all.sort_by_key(|database| database.engine.map_or(9, |engine| engine as u8));
    all
}

fn is_sql(name: &str) -> bool {
    name.ends_with(".sql")
        && !is_frameworks(name)
        && !name.contains("database/schema/")
        && !name.contains("sample")
        && !name.contains("test")
}

/// Dumps in SQL, which count where nothing else tells the schema: `schema.sql`, one for each database.
fn dumps(sources: &Sources<'_>) -> Vec<Database> {
    let words = ["schema", "structure", "ddl", "tables"];
    let is_dump = |name: &str| is_sql(name) && words.iter().any(|word| file_of(name).to_lowercase().contains(word));
    let groups = grouped(sources.that(is_dump), |name| folder_of(name).to_owned());
    let mut all: Vec<Database> = groups.into_iter().map(|(folder, entries)| replay(sources, &folder, entries)).collect();
    all.sort_by_key(|database| database.engine.map_or(9, |engine| engine as u8));
    all
}

/// What tells a schema and is not read: it is a gap, or the schema would look complete.
fn not_read(sources: &Sources<'_>) -> Vec<Database> {
    let is_change_log = |name: &str| {
        let liquibase = name.contains("changelog") && (name.contains("/db/") || name.contains("liquibase"));
        liquibase && [".xml", ".yml", ".yaml", ".json"].iter().any(|end| name.ends_with(end))
    };
    let mut database = Database::default();
    if let Some(first) = sources.that(is_change_log).first() {
        database.unread(Spot { path: first.path.clone(), line: 0 }, "change logs of Liquibase are not read");
    }
    vec![database]
}

/// Folders whose SQL is run in order.
const MIGRATION_FOLDERS: [&str; 8] =
    ["/migrations/", "/migration/", "/db/migrate/", "/drizzle/", "/db/changelog/", "/sql/migrations/", "/migrate/", "/schema/changes/"];

fn replay(sources: &Sources<'_>, folder: &str, entries: Vec<&FileEntry>) -> Database {
    let mut database = Database::new(Stack::Sql, engine_in(folder));
    let mut words = String::new();
    for entry in entries {
        let Some(text) = sources.text(entry, &mut database) else { continue };
        let upwards = upwards(&text);
        sql::apply(&mut database, upwards, &entry.path, 1);
        if words.len() < 1 << 20 {
            words.push_str(upwards);
        }
    }
    database.engine = database.engine.or_else(|| sql::engine_of(&words));
    database
}

/// A migration of goose or dbmate without its way back.
fn upwards(text: &str) -> &str {
    let end = ["-- +goose Down", "-- migrate:down", "-- +migrate Down", "-- +micrate Down"].iter().filter_map(|mark| text.find(mark)).min();
    &text[..end.unwrap_or(text.len())]
}

/// Migrations in folders of their own are in the order of the folders: `2024-01-01_x/up.sql`.
fn in_order_of_path(mut entries: Vec<&FileEntry>) -> Vec<&FileEntry> {
    let key = |name: &str| -> Vec<(Vec<u64>, String)> { name.split('/').map(|part| (version(part), part.to_owned())).collect() };
    entries.sort_by_cached_key(|entry| key(&entry.name));
    entries
}

/// Migrations by their number, which their name begins with.
pub fn in_order(mut entries: Vec<&FileEntry>) -> Vec<&FileEntry> {
    entries.sort_by_cached_key(|entry| (version(file_of(&entry.name)), entry.name.clone()));
    entries
}

/// The numbers that the name of a migration begins with: `20260101_x`, `2026-01-01-120000_x` (a day and a time are one number),
/// `V1.10__x`, `0001-x`.
fn version(name: &str) -> Vec<u64> {
    let start: String = name.chars().skip_while(|c| !c.is_ascii_digit()).take(40).collect();
    let is_day = |text: &str| {
        let bytes = text.as_bytes();
        bytes.len() >= 10 && bytes[4] == b'-' && bytes[7] == b'-' && text[..10].bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    };
    if start.is_ascii() && is_day(&start) {
        let digits: String = start.chars().take_while(|c| c.is_ascii_digit() || *c == '-').filter(char::is_ascii_digit).take(14).collect();
        return vec![format!("{digits:0<14}").parse().unwrap_or(0)];
    }
    let before = start.split("__").next().unwrap_or_default();
    let parts = before.split(['.', '_']).map_while(|part| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).take(18).collect();
        digits.parse().ok()
    });
    // Only Flyway counts with more than one number.
    parts.take(if name.starts_with('V') { 6 } else { 1 }).collect()
}

/// Files by a part of their path.
pub fn grouped(entries: Vec<&FileEntry>, by: impl Fn(&str) -> String) -> BTreeMap<String, Vec<&FileEntry>> {
    let mut groups: BTreeMap<String, Vec<&FileEntry>> = BTreeMap::new();
    for entry in entries {
        groups.entry(by(&entry.name)).or_default().push(entry);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_in_the_order_of_their_numbers() {
        let mut names = ["2017-08-31-230457_b", "20140924113530_a", "2019-01-26_c", "20260101000000_d"];
        names.sort_by_key(|name| version(name));
        assert_eq!(names, ["20140924113530_a", "2017-08-31-230457_b", "2019-01-26_c", "20260101000000_d"]);
        let mut flyway = ["V2__b.sql", "V1.10__a.sql", "V1_9__a.sql"];
        flyway.sort_by_key(|name| version(name));
        assert_eq!(flyway, ["V1_9__a.sql", "V1.10__a.sql", "V2__b.sql"]);
        assert_eq!(version("0002_2nd_try.sql"), [2]);
        assert_eq!(version("é"), Vec::<u64>::new());
    }

    #[test]
    fn the_way_back_is_left_out() {
        assert_eq!(upwards("a\n-- +goose Down\nb"), "a\n");
        assert_eq!(upwards("a\n-- migrate:down\nb"), "a\n");
        assert_eq!(upwards("a"), "a");
    }

    #[test]
    fn a_database_is_told_by_words() {
        assert_eq!(engine_in("DB_CONNECTION=pgsql"), Some(Engine::Postgresql));
        assert_eq!(engine_in("env('DB_CONNECTION', 'mysql')"), Some(Engine::Mysql));
        assert_eq!(engine_in("nothing"), None);
    }
}
