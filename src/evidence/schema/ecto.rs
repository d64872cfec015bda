//! Ecto: migrations replayed. A reference brings no index.

use super::expr::{self, At, Call, Expr};
use super::model::{Column, Database, ForeignKey, Index, Table};
use super::sql;
use crate::definition::words::ColumnType;
use crate::evidence::syntax::Grammar;

/// Applies a migration.
pub fn apply(database: &mut Database, path: &str, text: &str) -> Result<(), String> {
    let code = expr::read(Grammar::Elixir, text)?;
    statements(database, path, &code);
    Ok(())
}

fn statements(database: &mut Database, path: &str, code: &[At]) {
    for at in code {
        match &at.expr {
            Expr::Call(call) if is_down(call) => {}
            Expr::Call(call) => statement(database, path, at, call),
            Expr::Code(inside) => statements(database, path, inside),
            _ => {}
        }
    }
}

/// `def down do ... end`.
fn is_down(call: &Call) -> bool {
    let named = |at: &At| match &at.expr {
        Expr::Name(name) => name == "down",
        Expr::Call(call) => call.name == "down",
        _ => false,
    };
    matches!(call.name.as_str(), "def" | "defp") && call.args.first().is_some_and(named)
}

fn statement(database: &mut Database, path: &str, at: &At, call: &Call) {
    let inner = call.args.first().and_then(At::call);
    let (kind, name) = inner.map_or(("", None), |inner| (inner.name.as_str(), inner.args.first().and_then(At::text)));
    let spot = at.spot(path);
    match (call.name.as_str(), kind, name) {
        ("create" | "create_if_not_exists", "table", Some(name)) => {
            if call.name == "create_if_not_exists" && database.table(name).is_some() {
                return;
            }
            let table = database.create(name, &spot);
            let key = inner.and_then(|inner| inner.named("primary_key"));
            if !key.is_some_and(At::is_false) {
                let name = key.and_then(|key| key.get("name")).and_then(At::text).unwrap_or("id");
                let kind = key.and_then(|key| key.get("type")).and_then(At::text).unwrap_or("bigserial");
                table.put(Column::new(name, kind_of(kind), "primary key", spot.clone()));
                table.identify_by(&[name]);
            }
            columns(table, path, &call.body);
        }
        ("alter", "table", Some(name)) => columns(database.table_or_new(name, &spot), path, &call.body),
        ("create" | "create_if_not_exists", "index" | "unique_index", Some(name)) => {
            if let Some(index) = inner.and_then(|inner| index(name, inner)) {
                database.table_or_new(name, &spot).indexes.push(index);
            }
        }
        ("drop" | "drop_if_exists", "table", Some(name)) => database.drop_table(name),
        ("drop" | "drop_if_exists", "index" | "unique_index", Some(name)) => {
            if let Some(index) = inner.and_then(|inner| index(name, inner)) {
                database.drop_index(&index.name, Some(name));
            }
        }
        ("drop" | "drop_if_exists", "constraint", Some(name)) => {
            let own = inner.and_then(|inner| inner.text(1)).unwrap_or_default();
            if let Some(table) = database.table(name) {
                table.foreign_keys.retain(|key| key.name != own);
            }
        }
        ("rename", "table", Some(name)) => {
            let to = call.named("to");
            match (call.text(1), to.and_then(At::text), to.and_then(At::call).and_then(|to| to.args.first()).and_then(At::text)) {
                (Some(from), Some(to), _) => {
                    if let Some(table) = database.table(name) {
                        table.rename_column(from, to);
                    }
                }
                (None, _, Some(to)) => database.rename_table(name, to),
                _ => {}
            }
        }
        ("execute", ..) => {
            if let Some(text) = call.text(0) {
                sql::apply(database, text, path, at.line);
            }
        }
        _ => {
            statements(database, path, &call.args);
            statements(database, path, &call.body);
        }
    }
}

fn columns(table: &mut Table, path: &str, body: &[At]) {
    for at in body {
        let Some(call) = at.call() else {
            if let Expr::Code(inside) = &at.expr {
                columns(table, path, inside);
            }
            continue;
        };
        let name = call.text(0);
        match (call.name.as_str(), name) {
            ("add" | "add_if_not_exists" | "modify", Some(name)) => column(table, path, at, call, name),
            ("remove" | "remove_if_exists", Some(name)) => table.drop_column(name),
            ("timestamps", _) => {
                for name in ["inserted_at", "updated_at"] {
                    table.put(Column::new(name, ColumnType::Time, "timestamps", at.spot(path)));
                }
            }
            _ => columns(table, path, &call.body),
        }
    }
}

fn column(table: &mut Table, path: &str, at: &At, call: &Call, name: &str) {
    let spot = at.spot(path);
    let second = call.args.get(1);
    let reference = second.and_then(At::call).filter(|call| call.name == "references");
    let kind = match reference {
        Some(reference) => reference.named("type").and_then(At::text).map_or(ColumnType::Integer, kind_of),
        None => second.and_then(At::word).map_or(ColumnType::Other, kind_of),
    };
    let nullable = call.named("null").map(|null| !null.is_false());
    table.put(Column { nullable, ..Column::new(name, kind, &at.source, spot.clone()) });
    if call.named("primary_key").is_some_and(At::is_true) {
        let mut key = std::mem::take(&mut table.primary);
        key.push(name.to_owned());
        let own = format!("{}_pkey", table.name);
        table.indexes.retain(|index| index.name != own);
        table.identify_by(&key);
    }
    if let Some(to) = reference.and_then(|reference| reference.args.first()).and_then(At::text) {
        let own = format!("{}_{name}_fkey", table.name);
        table.foreign_keys.retain(|key| key.name != own);
        table.foreign_keys.push(ForeignKey { name: own, columns: vec![name.to_owned()], to: to.to_owned(), indexed: false, spot });
    }
}

fn index(table: &str, call: &Call) -> Option<Index> {
    // A text is an expression: `"lower(email)"`.
    let texts = call.args.get(1)?.texts();
    let columns: Vec<String> = texts.into_iter().map(|column| if column.contains(['(', ' ']) { String::new() } else { column }).collect();
    let usable = call.named("using").and_then(At::text).is_none_or(|method| ["btree", "hash"].contains(&method));
    let own = call.named("name").and_then(At::text).map(str::to_owned);
    let name = own.unwrap_or_else(|| format!("{table}_{}_index", columns.join("_")));
    let only = call.named("where").map(|only| only.text().unwrap_or("?").to_owned());
    (usable && !columns.is_empty()).then_some(Index { name, columns, unique: call.name == "unique_index", only })
}

fn kind_of(name: &str) -> ColumnType {
    match name.trim_start_matches(':') {
        "string" | "citext" => ColumnType::String,
        "text" => ColumnType::Text,
        "map" | "jsonb" | "json" => ColumnType::Json,
        "binary" | "bytea" => ColumnType::Binary,
        "integer" | "bigint" | "id" | "serial" | "bigserial" | "smallint" => ColumnType::Integer,
        "decimal" | "float" => ColumnType::Decimal,
        "boolean" => ColumnType::Boolean,
        "date" => ColumnType::Date,
        "binary_id" | "uuid" => ColumnType::Uuid,
        name if name.contains("datetime") || name.starts_with("time") => ColumnType::Time,
        // A module of the application's own is often a type that encrypts.
        name if name.contains(".Encrypted") => ColumnType::Binary,
        name => sql::kind_of(name),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::definition::words::Stack;

    fn bare(text: &str) -> Vec<String> {
        let mut database = Database::new(Stack::Ecto, None);
        apply(&mut database, "a.exs", text).unwrap();
        let keys = database.tables.values().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
        keys.filter(|(table, key)| !table.covers(&key.columns))
            .map(|(table, key)| format!("{}.{}>{}:{}", table.name, key.columns.join("+"), key.to, key.spot.line))
            .collect()
    }

    #[test]
    fn a_migration() {
        let text = "defmodule Shop.Repo.Migrations.A do
  use Ecto.Migration

  def up do
    create table(:books, primary_key: false) do
      add :id, :binary_id, primary_key: true
      add :author_id, references(:authors, on_delete: :delete_all, type: :binary_id), null: false
      add(:shelf_id, references(\"shelves\"))
      add :vault_id, references(:vaults)
      timestamps(type: :utc_datetime)
    end

    create index(:books, [:author_id])
    create(unique_index(:books, [:id, :shelf_id]))
    create index(\"books\", [:vault_id], where: \"vault_id IS NOT NULL\")
    execute(\"ALTER TABLE books ADD COLUMN fee_id bigint REFERENCES fees (id)\", \"SELECT 1\")
  end

  def down do
    drop table(:books)
  end
end";
        assert_eq!(bare(text), ["books.shelf_id>shelves:8", "books.fee_id>fees:16"]);
    }

    #[test]
    fn renames_and_drops() {
        let text = "create table(:a) do
  add :b_id, references(:b)
end
rename table(:a), :b_id, to: :c_id
create index(:a, [:c_id])
rename table(:a), to: table(:d)
drop index(:d, [:c_id], name: :a_c_id_index)
";
        assert_eq!(bare(text), ["d.c_id>b:2"]);
    }
}
