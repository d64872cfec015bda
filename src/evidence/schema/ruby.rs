//! Rails: `db/schema.rb`, and migrations replayed where there is no dump.

use super::expr::{self, At, Call, Expr};
use super::model::{Column, Database, ForeignKey, Index, Table};
use super::names::{is_plural_of, singular, words};
use super::sql;
use crate::definition::words::ColumnType;
use crate::evidence::syntax::Grammar;

/// Methods of a migration that are not run on the way up.
const DOWN: [&str; 1] = ["down"];

/// Applies a schema file or a migration.
pub fn apply(database: &mut Database, path: &str, text: &str) -> Result<(), String> {
    let code = expr::read(Grammar::Ruby, text)?;
    let mut calls = Vec::new();
    top_calls(&code, &mut calls);
    for (at, call) in calls {
        statement(database, path, at, call);
    }
    Ok(())
}

/// The statements of a migration: calls at the top, in blocks around them (`reversible`, `safety_assured`, `if`), but not
/// in the block of a table.
fn top_calls<'c>(code: &'c [At], all: &mut Vec<(&'c At, &'c Call)>) {
    for at in code {
        match &at.expr {
            Expr::Call(call) if call.name == "down" => {}
            Expr::Call(call) => {
                all.push((at, call));
                if !matches!(call.name.as_str(), "create_table" | "change_table" | "create_join_table") {
                    top_calls(&call.body, all);
                }
            }
            Expr::Def(name, _) if DOWN.contains(&name.as_str()) => {}
            Expr::Def(_, body) | Expr::Code(body) => top_calls(body, all),
            Expr::Class(class) => top_calls(&class.body, all),
            _ => {}
        }
    }
}

fn statement(database: &mut Database, path: &str, at: &At, call: &Call) {
    let (Some(first), spot) = (call.args.first().and_then(At::text), at.spot(path)) else { return };
    let second = call.text(1);
    match (call.name.as_str(), second) {
        ("create_table", _) => create_table(database, path, at, call, first),
        ("create_join_table", Some(second)) => {
            let mut both = [first, second];
            both.sort_unstable();
            let table = database.create(&both.join("_"), &spot);
            for name in both {
                table.put(Column::new(&format!("{}_id", singular(name)), ColumnType::Integer, "join table", spot.clone()));
            }
            call.body.iter().for_each(|at| column_call(table, path, at));
        }
        ("change_table", _) => {
            let table = database.table_or_new(first, &spot);
            call.body.iter().for_each(|at| column_call(table, path, at));
        }
        ("drop_table" | "drop_join_table", _) => database.drop_table(first),
        ("rename_table", Some(to)) => database.rename_table(first, to),
        ("add_column", Some(name)) => {
            let kind = call.text(2).unwrap_or_default();
            let table = database.table_or_new(first, &spot);
            table.put(Column { nullable: nullable(call), ..Column::new(name, kind_of(kind), &at.source, spot.clone()) });
            if call.named("index").is_some_and(|index| !index.is_false()) {
                table.indexes.push(Index::on(&[name]));
            }
        }
        ("add_reference" | "add_belongs_to", Some(name)) => reference(database.table_or_new(first, &spot), path, at, call, name),
        ("remove_reference" | "remove_belongs_to", Some(name)) => {
            let table = database.table_or_new(first, &spot);
            table.drop_column(&format!("{name}_id"));
            table.drop_column(&format!("{name}_type"));
        }
        ("remove_column" | "remove_columns", _) => {
            let table = database.table_or_new(first, &spot);
            let last = if call.name == "remove_column" { 2 } else { call.args.len() };
            call.args.iter().take(last).skip(1).filter_map(At::text).for_each(|name| table.drop_column(name));
        }
        ("change_column", Some(name)) => {
            let kind = call.text(2).unwrap_or_default();
            if let Some(column) = database.table_or_new(first, &spot).columns.iter_mut().find(|column| column.name == name) {
                column.kind = kind_of(kind);
            }
        }
        ("rename_column", Some(from)) => {
            if let (Some(table), Some(to)) = (database.table(first), call.text(2)) {
                table.rename_column(from, to);
            }
        }
        ("add_timestamps", _) => timestamps(database.table_or_new(first, &spot), path, at),
        ("add_index", _) if call.args.len() > 1 => {
            let index = index(first, &call.args[1], call);
            database.table_or_new(first, &spot).indexes.extend(index);
        }
        ("remove_index", _) => remove_index(database, first, call),
        ("add_foreign_key", Some(to)) => add_foreign_key(database, path, at, call, first, to),
        ("remove_foreign_key", _) => {
            let column = call.named("column").and_then(At::text).map(str::to_owned);
            let column = column.or_else(|| second.map(|to| format!("{}_id", singular(to))));
            if let (Some(table), Some(column)) = (database.table(first), column) {
                table.foreign_keys.retain(|key| key.columns != [column.clone()]);
            }
        }
        ("execute", _) => sql::apply(database, first, path, at.line),
        _ => {}
    }
}

fn create_table(database: &mut Database, path: &str, at: &At, call: &Call, name: &str) {
    let spot = at.spot(path);
    if call.named("if_not_exists").is_some_and(At::is_true) && database.table(name).is_some() {
        return;
    }
    let table = database.create(name, &spot);
    let given = call.named("primary_key");
    match given {
        Some(At { expr: Expr::List(_), .. }) => {
            let columns = given.map(At::texts).unwrap_or_default();
            table.identify_by(&columns);
        }
        _ if call.named("id").is_some_and(At::is_false) => {}
        _ => {
            let key = given.and_then(At::text).unwrap_or("id");
            let id = call.named("id");
            let kind = id.and_then(At::text).or_else(|| id.and_then(|id| id.get("type")).and_then(At::text)).unwrap_or("bigint");
            table.put(Column::new(key, kind_of(kind), "primary key", spot));
            table.identify_by(&[key]);
        }
    }
    call.body.iter().for_each(|at| column_call(table, path, at));
}

/// A line in the block of a table.
fn column_call(table: &mut Table, path: &str, at: &At) {
    let Some(call) = at.call() else {
        if let Expr::Code(inside) = &at.expr {
            inside.iter().for_each(|at| column_call(table, path, at));
        }
        return;
    };
    let names: Vec<&str> = call.args.iter().filter_map(At::text).collect();
    match call.name.as_str() {
        "index" => {
            let made = call.args.first().and_then(|columns| index(&table.name, columns, call));
            table.indexes.extend(made);
        }
        "timestamps" => timestamps(table, path, at),
        "references" | "belongs_to" => names.iter().for_each(|name| reference(table, path, at, call, name)),
        "foreign_key" => {
            if let Some(to) = names.first() {
                let column = call.named("column").and_then(At::text).map_or_else(|| format!("{}_id", singular(to)), str::to_owned);
                let key = ForeignKey { columns: vec![column], to: (*to).to_owned(), spot: at.spot(path), ..ForeignKey::default() };
                table.foreign_keys.push(key);
            }
        }
        "check_constraint" | "exclusion_constraint" | "unique_constraint" => {
            if call.name == "unique_constraint"
                && let Some(columns) = call.args.first()
            {
                table.indexes.push(Index { unique: true, ..Index::on(&columns.texts()) });
            }
        }
        "remove" | "remove_columns" => names.iter().for_each(|name| table.drop_column(name)),
        "remove_references" | "remove_belongs_to" => names.iter().for_each(|name| table.drop_column(&format!("{name}_id"))),
        "rename" => {
            if let [from, to] = names.as_slice() {
                table.rename_column(from, to);
            }
        }
        "column" => {
            if let [name, rest @ ..] = names.as_slice() {
                let kind = kind_of(rest.first().unwrap_or(&""));
                table.put(Column { nullable: nullable(call), ..Column::new(name, kind, &at.source, at.spot(path)) });
            }
        }
        kind => {
            for name in names {
                table.put(Column { nullable: nullable(call), ..Column::new(name, kind_of(kind), &at.source, at.spot(path)) });
                if call.named("index").is_some_and(|index| !index.is_false()) {
                    table.indexes.push(Index::on(&[name]));
                }
                if call.named("primary_key").is_some_and(At::is_true) || kind == "primary_key" {
                    table.identify_by(&[name]);
                }
            }
        }
    }
}

fn timestamps(table: &mut Table, path: &str, at: &At) {
    for name in ["created_at", "updated_at"] {
        table.put(Column::new(name, ColumnType::Time, "timestamps", at.spot(path)));
    }
}

/// `t.references :author, index: false, foreign_key: { to_table: :users }`: since Rails 5 with an index.
fn reference(table: &mut Table, path: &str, at: &At, call: &Call, name: &str) {
    let (column, spot) = (format!("{name}_id"), at.spot(path));
    let kind = call.named("type").and_then(At::text).unwrap_or("bigint");
    table.put(Column { nullable: nullable(call), ..Column::new(&column, kind_of(kind), &at.source, spot.clone()) });
    let polymorphic = call.named("polymorphic").is_some_and(|value| !value.is_false());
    if polymorphic {
        table.put(Column::new(&format!("{name}_type"), ColumnType::String, &at.source, spot.clone()));
    }
    if call.named("index").is_none_or(|index| !index.is_false()) {
        let only = call.named("index").and_then(|index| index.get("where")).and_then(At::text).map(str::to_owned);
        let columns = if polymorphic { vec![format!("{name}_type"), column.clone()] } else { vec![column.clone()] };
        table.indexes.push(Index { only, name: index_name(&table.name, &columns), ..Index::on(&columns) });
    }
    if let Some(target) = call.named("foreign_key").filter(|value| !value.is_false()) {
        let to = target.get("to_table").and_then(At::text).map_or_else(|| format!("{name}s"), str::to_owned);
        table.foreign_keys.push(ForeignKey { columns: vec![column], to, spot, ..ForeignKey::default() });
    }
}

fn add_foreign_key(database: &mut Database, path: &str, at: &At, call: &Call, from: &str, to: &str) {
    let spot = at.spot(path);
    let given = call.named("column").map(At::texts).filter(|columns| !columns.is_empty());
    let columns = given.unwrap_or_else(|| {
        let parts = words(to.rsplit('.').next().unwrap_or(to));
        let last = parts.len().saturating_sub(1);
        let all: Vec<String> = parts.iter().enumerate().map(|(at, word)| if at == last { singular(word) } else { word.clone() }).collect();
        vec![format!("{}_id", all.join("_"))]
    });
    let table = database.table_or_new(from, &spot);
    // A schema file tells keys at its end: the column is the place to look at.
    let spot = columns
        .first()
        .and_then(|column| table.column(column))
        .filter(|column| column.spot.path == spot.path)
        .map_or(spot, |column| column.spot.clone());
    table.foreign_keys.push(ForeignKey { columns, to: to.to_owned(), spot, ..ForeignKey::default() });
}

fn index(table: &str, columns: &At, call: &Call) -> Option<Index> {
    // `"lower(email)"` is an expression.
    let columns: Vec<String> =
        columns.texts().into_iter().map(|column| if column.contains(['(', ' ']) { String::new() } else { column }).collect();
    let method = call.named("using").and_then(At::text).unwrap_or("btree");
    if columns.is_empty() || !["btree", "hash"].contains(&method) || call.named("type").is_some() {
        return None;
    }
    let name = call.named("name").and_then(At::text).map_or_else(|| index_name(table, &columns), str::to_owned);
    let only = call.named("where").map(|only| only.text().unwrap_or("?").to_owned());
    let unique = call.named("unique").is_some_and(At::is_true);
    Some(Index { name, columns, unique, only })
}

/// The name that Rails gives an index.
fn index_name(table: &str, columns: &[String]) -> String {
    format!("index_{table}_on_{}", columns.join("_and_"))
}

fn remove_index(database: &mut Database, table: &str, call: &Call) {
    if let Some(name) = call.named("name").and_then(At::text) {
        database.drop_index(name, Some(table));
    } else if let Some(columns) = call.args.get(1).or_else(|| call.named("column")).map(At::texts)
        && let Some(table) = database.table(table)
    {
        table.indexes.retain(|index| index.columns != columns);
    }
}

/// Adds what a model keeps as values inside one column: `typed_store :settings do |s| s.string :totp_secret end`,
/// `store_accessor :settings, :token`, `store :settings, accessors: [:token]`.
pub fn stores(database: &mut Database, path: &str, text: &str) -> Result<(), String> {
    let code = expr::read(Grammar::Ruby, text)?;
    for class in code.iter().filter_map(|at| if let Expr::Class(class) = &at.expr { Some(class) } else { None }) {
        let one = words(class.name.rsplit("::").next().unwrap_or(&class.name));
        let Some(table) = database.tables.values_mut().find(|table| is_plural_of(&table.name, &one)) else { continue };
        for at in &class.body {
            let Some(call) = at.call() else { continue };
            let mut add = |at: &At, name: &str, kind: ColumnType| {
                if table.column(name).is_none() {
                    table.put(Column::new(name, kind, &at.source, at.spot(path)));
                }
            };
            match call.name.as_str() {
                "typed_store" => {
                    for (at, call) in call.body.iter().filter_map(|at| Some((at, at.call()?))) {
                        call.args.iter().filter_map(At::text).for_each(|name| add(at, name, kind_of(&call.name)));
                    }
                }
                "store_accessor" => call.args.iter().skip(1).flat_map(At::texts).for_each(|name| add(at, &name, ColumnType::Text)),
                "store" => {
                    let names = call.named("accessors").map(At::texts).unwrap_or_default();
                    names.iter().for_each(|name| add(at, name, ColumnType::Text));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn nullable(call: &Call) -> Option<bool> {
    call.named("null").map(|null| !null.is_false())
}

fn kind_of(name: &str) -> ColumnType {
    match name {
        "string" | "citext" | "char" => ColumnType::String,
        "text" | "mediumtext" | "longtext" | "tinytext" => ColumnType::Text,
        "json" | "jsonb" | "hstore" => ColumnType::Json,
        "binary" | "blob" | "bytea" => ColumnType::Binary,
        "integer" | "bigint" | "smallint" | "primary_key" | "unsigned_integer" => ColumnType::Integer,
        "decimal" | "float" | "numeric" => ColumnType::Decimal,
        "boolean" => ColumnType::Boolean,
        "date" => ColumnType::Date,
        "datetime" | "timestamp" | "timestamptz" | "time" => ColumnType::Time,
        "uuid" => ColumnType::Uuid,
        other => sql::kind_of(other),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::definition::words::Stack;

    fn read(texts: &[&str]) -> Database {
        let mut database = Database::new(Stack::Rails, None);
        texts.iter().for_each(|text| apply(&mut database, "db/schema.rb", text).unwrap());
        database
    }

    fn bare(database: &Database) -> Vec<String> {
        let keys = database.tables.values().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
        keys.filter(|(table, key)| !table.covers(&key.columns))
            .map(|(table, key)| format!("{}.{}:{}", table.name, key.columns.join("+"), key.spot.line))
            .collect()
    }

    #[test]
    fn a_schema_file() {
        let database = read(&[r#"
ActiveRecord::Schema[8.0].define(version: 2026_01_01_000000) do
  enable_extension "pg_catalog.plpgsql"
  create_enum "state", ["a", "b"]
  create_table "books", id: :uuid, default: -> { "gen_random_uuid()" }, force: :cascade do |t|
    t.string "title", limit: 10, null: false
    t.bigint "author_id", null: false
    t.uuid "shelf_id"
    t.text "tags", default: [], array: true
    t.index ["shelf_id"], name: "i", where: "(shelf_id IS NOT NULL)"
    t.index "lower((title)::text), author_id", name: "j"
  end
  create_table "a_b", id: false, force: :cascade do |t|
    t.integer "a_id"
  end
  create_table "pages", primary_key: ["book_id", "number"], force: :cascade do |t|
    t.uuid "book_id", null: false
  end
  add_foreign_key "books", "authors", on_delete: :cascade
  add_foreign_key "books", "shelves", column: "shelf_id", name: "fk"
  add_foreign_key "pages", "books"
  add_foreign_key "books", "active_storage_blobs", column: "cover_id"
end
"#]);
        assert_eq!(bare(&database), ["books.author_id:7", "books.cover_id:22"]);
        assert_eq!(database.tables["books"].column("id").unwrap().kind, ColumnType::Uuid);
        assert!(database.tables["a_b"].primary.is_empty());
        assert_eq!(database.tables["books"].column("title").unwrap().nullable, Some(false));
    }

    #[test]
    fn values_inside_a_column() {
        let mut database = read(&["create_table \"users\" do |t|\n  t.text \"settings\"\nend"]);
        let model = "class User < ApplicationRecord\n  typed_store :settings do |s|\n    s.boolean :dark\n    s.string :totp_secret, null: true\n  end\n  \
                     store_accessor :more, :api_token\n  store :rest, accessors: [:pin], coder: JSON\nend\n";
        stores(&mut database, "app/models/user.rb", model).unwrap();
        let users = &database.tables["users"];
        let shown: Vec<String> = users.columns.iter().skip(2).map(|column| format!("{}:{}", column.name, column.spot.line)).collect();
        assert_eq!(shown, ["dark:3", "totp_secret:4", "api_token:6", "pin:7"]);
        assert_eq!(users.column("totp_secret").unwrap().kind, ColumnType::String);
    }

    #[test]
    fn migrations_are_replayed() {
        let database = read(&[
            "class A < ActiveRecord::Migration[7.1]\n  def up\n    create_table :books do |t|\n      t.references :author, foreign_key: true, index: false\n      \
             t.belongs_to :shelf, foreign_key: { to_table: :furniture }\n      t.string :name, :isbn\n      t.timestamps\n    end\n  end\n  \
             def down\n    drop_table :books\n  end\nend\n",
            "class B < ActiveRecord::Migration[7.1]\n  def change\n    safety_assured do\n      add_reference :books, :owner, polymorphic: true\n    end\n    \
             remove_index :books, :shelf_id\n    rename_column :books, :isbn, :code\n    execute <<~SQL\n      CREATE INDEX x ON books (author_id);\n    SQL\n  end\nend\n",
        ]);
        assert_eq!(bare(&database), ["books.shelf_id:5"]);
        let names: Vec<&str> = database.tables["books"].columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["id", "author_id", "shelf_id", "name", "code", "created_at", "updated_at", "owner_id", "owner_type"]);
    }

    #[test]
    fn what_is_no_ruby_is_said() {
        let mut database = Database::new(Stack::Rails, None);
        assert!(apply(&mut database, "db/schema.rb", &"(".repeat(20_000)).is_err());
        assert!(apply(&mut database, "db/schema.rb", "").is_ok());
    }
}
