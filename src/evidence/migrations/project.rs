//! What a project says about its database and its migration libraries.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use regex::Regex;

use super::model::Database;
use crate::evidence::analyses::Facts;
use crate::evidence::comments;
use crate::evidence::manifests::Registry;

/// What holds for all migrations of a project.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// The database; nothing where the project does not say it.
    pub database: Option<Database>,
    /// Rails writes only changed columns, and so the default of the running code's time: `load_defaults` below 7.0.
    pub partial_inserts: bool,
    /// `StrongMigrations.start_after`: migrations up to this version ran long ago.
    pub start_after: Option<u64>,
    /// `StrongMigrations.disable_check`.
    pub disabled: BTreeSet<String>,
    /// `StrongMigrations.safe_by_default`: indexes and constraints are added the safe way by the library.
    pub safe_by_default: bool,
}

/// Files that say which database is used, by the end of their path.
const SAYS: [&str; 16] = [
    "config/database.yml",
    "config/database.yml.example",
    "config/database.yml.sample",
    "config/database.example.yml",
    "config/database.php",
    ".env.example",
    ".env.sample",
    "schema.prisma",
    "knexfile.js",
    "knexfile.ts",
    "drizzle.config.ts",
    "drizzle.config.js",
    "alembic.ini",
    "diesel.toml",
    "config/initializers/strong_migrations.rb",
    "config/application.rb",
];

impl Project {
    /// Reads the few files that say it.
    pub fn look(facts: &Facts<'_>) -> Project {
        let mut project = Project { partial_inserts: true, ..Project::default() };
        let mut named: Vec<Database> = Vec::new();
        let mut images: Vec<Database> = Vec::new();
        for entry in facts.world.files.entries().iter().filter(|entry| !entry.inherited || entry.name.contains("compose")) {
            let file = entry.name.rsplit('/').next().unwrap_or_default();
            let compose = file.contains("compose") && (file.ends_with(".yml") || file.ends_with(".yaml"));
            let settings = file.starts_with("settings") && file.ends_with(".py") || entry.name.ends_with("/settings/base.py");
            let spring = file.starts_with("application") && (file.ends_with(".properties") || file.ends_with(".yml"));
            if !(compose || settings || spring || SAYS.iter().any(|end| entry.name.ends_with(end))) || entry.size > 1 << 20 {
                continue;
            }
            let Ok(bytes) = facts.world.files.read(entry) else { continue };
            let text = String::from_utf8_lossy(&bytes);
            let text = comments::blank(&entry.name, &text);
            if compose {
                images.extend(databases(&text, r"image:\s*\S*?(postg\w+|mysql|mariadb|mssql|timescaledb|percona)\b"));
            } else if file == "strong_migrations.rb" {
                project.read_strong_migrations(&text);
            } else if file == "application.rb" {
                let version = capture(&text, r"load_defaults\s+\(?:?[\x22']?(\d+)\.\d");
                project.partial_inserts = version.is_none_or(|version| version < 7);
            } else {
                named.extend(databases(&text, pattern_for(file, settings)));
            }
        }
        let installed = drivers(facts);
        project.database = strictest(&named).or_else(|| strictest(&installed)).or_else(|| strictest(&images));
        project
    }

    fn read_strong_migrations(&mut self, text: &str) {
        self.start_after = capture(text, r"StrongMigrations\.start_after\s*=\s*([\d_]+)");
        self.safe_by_default = regex(r"StrongMigrations\.safe_by_default\s*=\s*true").is_some_and(|pattern| pattern.is_match(text));
        if let Some(pattern) = regex(r"StrongMigrations\.disable_check\s*\(?\s*:(\w+)") {
            self.disabled.extend(pattern.captures_iter(text).map(|found| found[1].to_owned()));
        }
    }
}

fn regex(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

fn capture(text: &str, pattern: &str) -> Option<u64> {
    regex(pattern)?.captures(text)?.get(1)?.as_str().replace('_', "").parse().ok()
}

/// Where a file names its database: the adapter, the provider, the default connection.
fn pattern_for(file: &str, settings: bool) -> &'static str {
    const WORD: &str = r"(?i)\b(postg\w+|mysql2?|trilogy|mariadb|sqlite3?|sqlserver|mssql|sqlsrv|oracle)\b";
    match file {
        _ if settings => r"(?i)(?:ENGINE|DATABASE_URL|db_url)[^\n]*?(postg\w+|mysql|sqlite3?|oracle|mssql)",
        "database.php" => r"(?i)'default'\s*=>[^\n]*?'(mysql|pgsql|sqlite|mariadb|sqlsrv)'",
        "schema.prisma" => r#"provider\s*=\s*"(postgresql|cockroachdb|mysql|sqlite|sqlserver)""#,
        _ if file.starts_with(".env") => {
            r"(?im)^\s*(?:DB_CONNECTION|DATABASE_URL|DB_TYPE|DB_CLIENT|DB_ADAPTER)\s*=\s*['\x22]?(pgsql|postg\w+|mysql|mariadb|sqlite|sqlsrv)"
        }
        _ if file.ends_with(".properties") || file.starts_with("application") => r"jdbc:(postgresql|mysql|mariadb|sqlserver|oracle|h2)",
        _ if file.starts_with("database") => r"(?im)^\s*adapter:[^\n]*?(postg\w+|mysql2?|trilogy|mariadb|sqlite3?|sqlserver|oracle)",
        _ => WORD,
    }
}

fn databases(text: &str, pattern: &str) -> Vec<Database> {
    let Some(pattern) = regex(pattern) else { return Vec::new() };
    pattern.captures_iter(text).filter_map(|found| database_of(&found[1])).collect()
}

/// A database by any of its names.
pub fn database_of(name: &str) -> Option<Database> {
    let name = name.to_ascii_lowercase();
    Some(match &*name {
        _ if name.starts_with("postg") => Database::Postgres,
        "pgsql" | "pg" | "cockroachdb" | "timescaledb" => Database::Postgres,
        "mariadb" => Database::Mariadb,
        _ if name.starts_with("mysql") => Database::Mysql,
        "trilogy" | "percona" => Database::Mysql,
        _ if name.starts_with("sqlite") => Database::Sqlite,
        "sqlserver" | "mssql" | "sqlsrv" | "oracle" => Database::Other,
        _ => return None,
    })
}

/// Several are named where a product runs on any of them, or where developers use a smaller one: the strictest counts.
fn strictest(found: &[Database]) -> Option<Database> {
    found.iter().min().copied()
}

/// Databases by the drivers that production installs.
fn drivers(facts: &Facts<'_>) -> Vec<Database> {
    const POSTGRES: [&str; 24] = [
        "pg",
        "psycopg",
        "psycopg2",
        "psycopg2-binary",
        "psycopg-binary",
        "asyncpg",
        "postgrex",
        "npgsql",
        "npgsql-entityframeworkcore-postgresql",
        "npgsql.entityframeworkcore.postgresql",
        "aspire.npgsql.entityframeworkcore.postgresql",
        "postgres",
        "@neondatabase/serverless",
        "@vercel/postgres",
        "pg-promise",
        "github.com/lib/pq",
        "github.com/jackc/pgx",
        "github.com/jackc/pgx/v5",
        "github.com/jackc/pgx/v4",
        "tokio-postgres",
        "diesel-async",
        "org.postgresql:postgresql",
        "activerecord-postgis-adapter",
        "pgvector",
    ];
    const MYSQL: [&str; 14] = [
        "mysql2",
        "trilogy",
        "mysqlclient",
        "pymysql",
        "aiomysql",
        "myxql",
        "mysql",
        "mysql_async",
        "github.com/go-sql-driver/mysql",
        "com.mysql:mysql-connector-j",
        "mysql:mysql-connector-java",
        "pomelo.entityframeworkcore.mysql",
        "mysql.entityframeworkcore",
        "asyncmy",
    ];
    const SQLITE: [&str; 6] =
        ["sqlite3", "better-sqlite3", "ecto_sqlite3", "rusqlite", "github.com/mattn/go-sqlite3", "modernc.org/sqlite"];
    let packages = facts.manifests.iter().filter_map(|file| file.manifest.as_ref().ok()).flat_map(|manifest| &manifest.packages);
    let runtime = packages.filter(|package| package.runtime);
    runtime
        .filter_map(|package| {
            let name = package.name.to_ascii_lowercase();
            let is = |list: &[&str]| list.contains(&&*name) && (package.registry != Registry::Composer);
            if is(&POSTGRES) || name.contains("npgsql") {
                Some(Database::Postgres)
            } else if is(&MYSQL) {
                Some(Database::Mysql)
            } else if is(&SQLITE) {
                Some(Database::Sqlite)
            } else {
                (name.contains("entityframeworkcore.sqlserver")).then_some(Database::Other)
            }
        })
        .collect()
}

/// The database that a path names: `migrations/mysql/`, `sqlite/`.
pub fn database_in(path: &str) -> Option<Database> {
    static WORDS: OnceLock<Option<Regex>> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        Regex::new(r"(?i)(?:^|[/._-])(postgres(?:ql)?|pgsql|mysql|mariadb|sqlite3?|sqlserver|mssql|oracle)(?:[/._-]|$|migrations)").ok()
    });
    words.as_ref()?.captures(path).and_then(|found| database_of(&found[1]))
}
