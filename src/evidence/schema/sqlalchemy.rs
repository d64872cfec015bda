//! SQLAlchemy: the models, with the indexes that only Alembic's migrations make. A foreign key brings no index.

use std::collections::BTreeMap;

use super::expr::{self, At, Call, Class, Expr};
use super::model::{Column, Database, ForeignKey, Index, Table};
use super::names::normal;
use super::sql;
use crate::definition::words::ColumnType;
use crate::evidence::syntax::Grammar;

/// Reads a file of models.
pub fn apply(database: &mut Database, path: &str, text: &str) -> Result<(), String> {
    let code = expr::read(Grammar::Python, text)?;
    statements(database, path, &code);
    Ok(())
}

fn statements(database: &mut Database, path: &str, code: &[At]) {
    for at in code {
        match &at.expr {
            Expr::Class(class) => model(database, path, at, class),
            Expr::Assign(assign) => {
                if let Some(call) = assign.value.call() {
                    free(database, path, at, call);
                }
            }
            Expr::Call(call) => free(database, path, at, call),
            Expr::Code(inside) => statements(database, path, inside),
            _ => {}
        }
    }
}

/// `Table("a_b", metadata, Column(...))` and `Index("x", Class.column)` outside classes.
fn free(database: &mut Database, path: &str, at: &At, call: &Call) {
    match (call.name.as_str(), call.text(0)) {
        ("Table", Some(name)) => {
            let mut table = Table { name: name.to_owned(), spot: at.spot(path), ..Table::default() };
            for at in call.args.iter().skip(1) {
                match at.call() {
                    Some(call) if call.name == "Column" => column(&mut table, path, at, "", "", call),
                    Some(call) => argument(&mut table, path, at, call),
                    None => {}
                }
            }
            finish(database, table);
        }
        ("Index", Some(_)) => {
            let named: Vec<(&str, &str)> = call.args.iter().skip(1).filter_map(At::word).filter_map(|name| name.rsplit_once('.')).collect();
            let Some((class, _)) = named.first() else { return };
            let key = class.rsplit('.').find(|part| *part != "c").map(str::to_lowercase).unwrap_or_default();
            let columns: Vec<&str> = named.iter().map(|(_, column)| *column).collect();
            let only = call.named("postgresql_where").map(|only| only.source.clone());
            let tables = database.tables.values_mut();
            for table in tables.filter(|table| table.name.to_lowercase() == key || normal(&table.name) == normal(class)) {
                table.indexes.push(Index { only: only.clone(), ..Index::on(&columns) });
            }
        }
        _ => {}
    }
}

fn model(database: &mut Database, path: &str, at: &At, class: &Class) {
    let mut table = Table { name: class.name.clone(), spot: at.spot(path), ..Table::default() };
    let mut keys = Vec::new();
    let body: Vec<&At> =
        class.body.iter().flat_map(|at| if let Expr::Code(inside) = &at.expr { inside.iter().collect() } else { vec![at] }).collect();
    for at in body {
        let Expr::Assign(assign) = &at.expr else { continue };
        match (assign.to.as_str(), &assign.value.expr) {
            ("__tablename__", Expr::Text(name)) => name.clone_into(&mut table.name),
            ("__table_args__", Expr::List(items)) => keys.extend(items),
            ("__table_args__", _) => keys.push(&assign.value),
            (name, Expr::Call(call)) if matches!(call.name.as_str(), "Column" | "mapped_column") => {
                column(&mut table, path, at, name, &assign.kind, call)
            }
            // `x: Mapped[str]` alone.
            (name, Expr::Nil) if assign.kind.contains("Mapped[") && !assign.kind.contains("relationship") => {
                table.put(Column::new(name, annotated(&assign.kind), &at.source, at.spot(path)));
            }
            _ => {}
        }
    }
    for at in keys {
        if let Some(call) = at.call() {
            argument(&mut table, path, at, call);
        }
    }
    finish(database, table);
}

fn finish(database: &mut Database, mut table: Table) {
    if table.columns.is_empty() {
        return;
    }
    let keys: Vec<String> =
        table.columns.iter().filter(|column| column.declaration.contains("primary_key=True")).map(|column| column.name.clone()).collect();
    if !keys.is_empty() && table.primary.is_empty() {
        table.identify_by(&keys);
    }
    database.tables.insert(table.name.to_lowercase(), table);
}

fn column(table: &mut Table, path: &str, at: &At, name: &str, annotation: &str, call: &Call) {
    let spot = at.spot(path);
    // The column's own name may come first.
    let name = call.text(0).unwrap_or(name);
    let mut kind =
        call.args.iter().filter(|arg| arg.text().is_none()).map(type_of).find(|kind| *kind != ColumnType::Other).unwrap_or_default();
    if kind == ColumnType::Other && !annotation.is_empty() {
        kind = annotated(annotation);
    }
    let is = |option: &str| call.named(option).is_some_and(At::is_true);
    // The options of a long declaration are beyond what is kept of the source.
    let key = if is("primary_key") { "primary_key=True " } else { "" };
    table.put(Column::new(name, kind, &format!("{key}{}", at.source), spot.clone()));
    if is("index") || is("unique") {
        table.indexes.push(Index::on(&[name]));
    }
    for key in call.args.iter().filter_map(At::call).filter(|key| key.name == "ForeignKey") {
        let to = key.args.first().and_then(At::word).unwrap_or_default();
        let to = to.rsplit_once('.').map_or(to, |(table, _)| table).to_owned();
        table.foreign_keys.push(ForeignKey { columns: vec![name.to_owned()], to, spot: spot.clone(), ..ForeignKey::default() });
    }
}

/// What stands in `__table_args__` or among the columns of a `Table`.
fn argument(table: &mut Table, path: &str, at: &At, call: &Call) {
    let texts = |skip: usize| -> Vec<String> {
        let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
        call.args.iter().skip(skip).map(|arg| arg.word().map_or(String::new(), last)).collect()
    };
    let only = call.named("postgresql_where").map(|only| only.source.clone());
    let btree = call.named("postgresql_using").and_then(At::text).is_none_or(|method| ["btree", "hash"].contains(&method));
    match call.name.as_str() {
        "Index" if btree => table.indexes.push(Index { only, ..Index::on(&texts(1)) }),
        "UniqueConstraint" => table.indexes.push(Index { unique: true, ..Index::on(&texts(0)) }),
        "PrimaryKeyConstraint" => table.identify_by(&texts(0)),
        "ForeignKeyConstraint" => {
            let columns = call.args.first().map(At::texts).unwrap_or_default();
            let to = call.args.get(1).map(At::texts).unwrap_or_default();
            let to = to.first().and_then(|to| to.rsplit_once('.')).map_or(String::new(), |(table, _)| table.to_owned());
            table.foreign_keys.push(ForeignKey { columns, to, spot: at.spot(path), ..ForeignKey::default() });
        }
        _ => {}
    }
}

fn type_of(at: &At) -> ColumnType {
    let name = match &at.expr {
        Expr::Call(call) if call.name == "ForeignKey" => return ColumnType::Other,
        Expr::Call(call) => call.name.as_str(),
        Expr::Name(name) => name.as_str(),
        _ => return ColumnType::Other,
    };
    match name.rsplit('.').next().unwrap_or(name) {
        "String" | "Unicode" | "VARCHAR" | "CIText" | "CITEXT" | "EmailType" => ColumnType::String,
        "Text" | "UnicodeText" | "TEXT" | "EncryptedType" | "StringEncryptedType" => ColumnType::Text,
        "JSON" | "JSONB" | "HSTORE" => ColumnType::Json,
        "LargeBinary" | "BYTEA" => ColumnType::Binary,
        "Integer" | "BigInteger" | "SmallInteger" => ColumnType::Integer,
        "Boolean" => ColumnType::Boolean,
        "Date" => ColumnType::Date,
        "DateTime" | "TIMESTAMP" | "Time" => ColumnType::Time,
        "UUID" | "Uuid" => ColumnType::Uuid,
        "Numeric" | "Float" => ColumnType::Decimal,
        _ => ColumnType::Other,
    }
}

fn annotated(annotation: &str) -> ColumnType {
    let inner = annotation.split_once('[').map_or(annotation, |(_, rest)| rest);
    let word = inner.trim_start_matches("Optional[").split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
    match word {
        "str" => ColumnType::String,
        "int" => ColumnType::Integer,
        "bool" | "bool_false" | "bool_true" => ColumnType::Boolean,
        "bytes" => ColumnType::Binary,
        "dict" => ColumnType::Json,
        "UUID" => ColumnType::Uuid,
        _ => ColumnType::Other,
    }
}

/// Adds what one of Alembic's migrations does to the indexes of known tables.
pub fn migrate(database: &mut Database, path: &str, text: &str) -> Result<(), String> {
    let code = expr::read(Grammar::Python, text)?;
    expr::calls(&code, &|name| name == "downgrade", &mut |at, call| {
        let second = call.text(1);
        let columns = || call.args.get(2).or_else(|| call.named("columns")).map(At::texts).unwrap_or_default();
        match (call.name.as_str(), call.text(0), second) {
            ("create_index" | "create_unique_constraint", name, Some(table)) => {
                let only = call.named("postgresql_where").map(|only| only.source.clone());
                if let Some(table) = database.table(table) {
                    table.indexes.push(Index { name: name.unwrap_or_default().to_owned(), only, ..Index::on(&columns()) });
                }
            }
            ("drop_index" | "drop_constraint", Some(name), _) => database.drop_index(name, None),
            ("execute", Some(text), _) if text.to_uppercase().contains(" INDEX") => sql::apply(database, text, path, at.line),
            _ => {}
        }
    });
    Ok(())
}

/// Migrations in the order in which they name each other.
pub fn in_order<T>(all: Vec<(T, String)>) -> Vec<(T, String)> {
    let said = |text: &str, key: &str| -> Option<String> {
        let line = text.lines().find(|line| line.strip_prefix(key).is_some_and(|rest| rest.starts_with([' ', '=', ':'])))?;
        let value = line.split_once('=')?.1.trim();
        Some(value.trim_matches(['"', '\'']).to_owned())
    };
    let before: BTreeMap<String, String> =
        all.iter().filter_map(|(_, text)| Some((said(text, "revision")?, said(text, "down_revision").unwrap_or_default()))).collect();
    let depth = |text: &str| {
        let (mut count, mut at) = (0_usize, said(text, "revision"));
        while let Some(next) = at.as_ref().and_then(|at| before.get(at)).filter(|_| count <= before.len()) {
            count += 1;
            at = Some(next.clone());
        }
        count
    };
    let mut with: Vec<(usize, (T, String))> = all.into_iter().map(|(entry, text)| (depth(&text), (entry, text))).collect();
    with.sort_by_key(|(depth, _)| *depth);
    with.into_iter().map(|(_, one)| one).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::definition::words::Stack;

    fn bare(database: &Database) -> Vec<String> {
        let keys = database.tables.values().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
        keys.filter(|(table, key)| !table.covers(&key.columns))
            .map(|(table, key)| format!("{}.{}>{}:{}", table.name, key.columns.join("+"), key.to, key.spot.line))
            .collect()
    }

    #[test]
    fn models_old_and_new() {
        let text = r#"
from sqlalchemy import Column

class Book(db.Model):
    __tablename__ = "books"
    __table_args__ = (UniqueConstraint("shelf_id", "name"), {"schema": "x"})
    id = db.Column(UUID(as_uuid=True), primary_key=True)
    author_id = db.Column(UUID(as_uuid=True), db.ForeignKey("authors.id"), index=True, nullable=False)
    shelf_id = Column(ForeignKey("shelves.id", ondelete="CASCADE"))
    vault_id: Mapped[UUID] = mapped_column(ForeignKey("vaults.id"))
    note_id = db.Column("memo_id", db.Integer, db.ForeignKey("notes.id"))
    token: Mapped[str | None]

link = Table("links", Base.metadata, Column("a_id", ForeignKey("a.id"), primary_key=True), Column("b_id", ForeignKey("b.id"), primary_key=True))
Index("ix", Book.memo_id)
"#;
        let mut database = Database::new(Stack::Sqlalchemy, None);
        apply(&mut database, "models.py", text).unwrap();
        Index::on(&["x"]);
        assert_eq!(bare(&database), ["books.vault_id>vaults:10", "books.memo_id>notes:11", "links.b_id>b:14"]);
        assert_eq!(database.tables["books"].column("token").unwrap().kind, ColumnType::String);
        let migration = "def upgrade():\n    op.create_index('i', 'links', ['b_id'])\n    op.execute('CREATE INDEX CONCURRENTLY j ON books (vault_id)')\ndef downgrade():\n    op.drop_index('i')\n";
        migrate(&mut database, "m.py", migration).unwrap();
        assert_eq!(bare(&database), ["books.memo_id>notes:11"]);
    }

    #[test]
    fn migrations_follow_each_other() {
        let one = |name: &'static str, revision: &str, before: &str| (name, format!("revision = '{revision}'\ndown_revision = {before}\n"));
        let all = vec![one("c", "c3", "'a2'"), one("a", "a1", "None"), one("b", "a2", "\"a1\"")];
        assert_eq!(in_order(all).into_iter().map(|(name, _)| name).collect::<Vec<_>>(), ["a", "b", "c"]);
        let circle = vec![one("a", "a1", "'a2'"), one("b", "a2", "'a1'")];
        assert_eq!(in_order(circle).len(), 2);
    }
}
