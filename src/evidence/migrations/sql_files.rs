//! SQL files of Prisma, Drizzle, Flyway, sqlx, Diesel, goose, golang-migrate, dbmate and others: the part that goes up, and
//! whether the tool runs it in one transaction.

use super::model::{Database, Migration};
use super::project::Project;
use super::sql;

/// Reads a script. What is not PostgreSQL is unread.
pub fn read(name: &str, text: &str, project: &Project) -> Option<Migration> {
    let up = upward(text);
    if !has_statements(&up) {
        return None;
    }
    let mut migration = Migration { transaction: in_transaction(name, text, &up), ..Migration::default() };
    match project.database {
        Some(Database::Postgres) | None => match sql::read(&up, 1) {
            Ok(found) => migration.operations = found,
            Err(why) => migration.unread.push(why),
        },
        Some(_) => migration.unread.push("SQL of another database than PostgreSQL".into()),
    }
    Some(migration)
}

/// The script with everything else blanked, so that lines stay: the down part, and marks of the tool.
fn upward(text: &str) -> String {
    let (mut out, mut up) = (String::with_capacity(text.len()), true);
    for line in text.split_inclusive('\n') {
        let mark = line.trim().to_ascii_lowercase();
        if mark.starts_with("-- +goose down")
            || mark.starts_with("-- migrate:down")
            || mark.starts_with("-- +migrate down")
            || mark == "--//@undo"
        {
            up = false;
        } else if mark.starts_with("-- +goose up") || mark.starts_with("-- migrate:up") || mark.starts_with("-- +migrate up") {
            up = true;
        }
        if up {
            out.push_str(line);
        } else if line.ends_with('\n') {
            out.push('\n');
        }
    }
    out
}

fn has_statements(text: &str) -> bool {
    text.lines().map(str::trim).any(|line| !line.is_empty() && !line.starts_with("--"))
}

/// Most tools run a file in a transaction unless it says otherwise. Prisma and golang-migrate send the text as it is, which
/// is a transaction as soon as it holds several statements; Flyway sees by itself what cannot run in one.
fn in_transaction(name: &str, text: &str, up: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let opted_out = [
        "-- +goose no transaction",
        "transaction:false",
        "transaction: false",
        "-- no-transaction",
        "-- no transaction",
        "executeintransaction=false",
        "runintransaction:false",
    ];
    if opted_out.iter().any(|words| lower.contains(words)) {
        return false;
    }
    let file = name.rsplit('/').next().unwrap_or(name);
    let bare = file == "migration.sql" || file.ends_with(".up.sql") || file.contains("__");
    !bare || sql::statements(up) > 1
}
