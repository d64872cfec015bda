//! Sequelize and Knex migrations replayed, and the SQL that migrations of TypeORM and others carry in their strings.

use super::expr::{self, At, Call, Expr};
use super::model::{Column, Database, ForeignKey, Index, Spot, Table};
use super::sql;
use crate::definition::words::ColumnType;
use crate::evidence::syntax::Grammar;

/// Applies a migration of Sequelize or Knex.
pub fn apply(database: &mut Database, path: &str, text: &str) -> Result<(), String> {
    let grammar = if path.ends_with(".ts") { Grammar::TypeScript } else { Grammar::Tsx };
    let code = expr::read(grammar, text)?;
    statements(database, path, &code);
    Ok(())
}

fn statements(database: &mut Database, path: &str, code: &[At]) {
    for at in code {
        match &at.expr {
            Expr::Call(call) => statement(database, path, at, call),
            Expr::Def(name, _) if name == "down" => {}
            Expr::Def(_, body) | Expr::Code(body) | Expr::List(body) => statements(database, path, body),
            Expr::Assign(assign) if assign.to == "down" || assign.to.ends_with(".down") => {}
            Expr::Assign(assign) => statements(database, path, std::slice::from_ref(&assign.value)),
            Expr::Class(class) => statements(database, path, &class.body),
            // `module.exports = { up: async () => {...}, down: ... }`
            Expr::Map(pairs) => {
                pairs.iter().filter(|(key, _)| key != "down").for_each(|(_, value)| statements(database, path, std::slice::from_ref(value)))
            }
            _ => {}
        }
    }
}

fn statement(database: &mut Database, path: &str, at: &At, call: &Call) {
    // A name that is put together when it runs cannot be followed.
    let (first, second, spot) = (call.text(0).filter(|name| !name.contains("{}") || name.contains(' ')), call.text(1), at.spot(path));
    match (call.name.as_str(), first) {
        ("createTable", Some(name)) => {
            let table = database.create(name, &spot);
            if let Some(columns) = call.args.get(1) {
                columns.entries().iter().for_each(|(column, options)| define(table, path, column, options));
            }
            call.body.iter().for_each(|at| builder(table, path, at));
        }
        ("table" | "alterTable", Some(name)) if !call.body.is_empty() => {
            let table = database.table_or_new(name, &spot);
            call.body.iter().for_each(|at| builder(table, path, at));
        }
        ("addColumn", Some(table)) => {
            if let (Some(column), Some(options)) = (second, call.args.get(2)) {
                define(database.table_or_new(table, &spot), path, column, options);
            }
        }
        ("changeColumn", Some(name)) => {
            if let (Some(column), Some(options), Some(table)) = (second, call.args.get(2), database.table(name))
                && let Some(key) = key_of(options, column, &spot)
            {
                table.foreign_keys.retain(|old| old.columns != [column]);
                let key = key_name(&table.name, key);
                table.foreign_keys.push(key);
            }
        }
        ("removeColumn", Some(name)) => {
            if let (Some(table), Some(column)) = (database.table(name), second) {
                table.drop_column(column);
            }
        }
        ("renameColumn", Some(name)) => {
            if let (Some(table), Some(from), Some(to)) = (database.table(name), second, call.text(2)) {
                table.rename_column(from, to);
            }
        }
        ("renameTable", Some(name)) => {
            if let Some(to) = second {
                database.rename_table(name, to);
            }
        }
        ("dropTable" | "dropTableIfExists", Some(name)) => database.drop_table(name),
        ("addIndex", Some(name)) => {
            let given = call.args.get(1).map(|arg| arg.get("fields").unwrap_or(arg).texts()).unwrap_or_default();
            let options = call.args.get(2).or(call.args.get(1));
            let only = options.and_then(|options| options.get("where")).map(|only| only.source.clone());
            let usable = options
                .and_then(|options| options.get("using").or(options.get("method")))
                .and_then(At::text)
                .is_none_or(|using| using.eq_ignore_ascii_case("btree"));
            let own = options.and_then(|options| options.get("name").or(options.get("indexName"))).and_then(At::text);
            if usable {
                let named = own.map_or_else(|| index_name(name, &given), str::to_owned);
                database.table_or_new(name, &spot).indexes.push(Index { name: named, only, ..Index::on(&given) });
            }
        }
        ("removeIndex", Some(name)) => {
            let own = second.map_or_else(|| index_name(name, &call.args.get(1).map(At::texts).unwrap_or_default()), str::to_owned);
            database.drop_index(&own, Some(name));
        }
        ("addConstraint", Some(name)) => constraint(database.table_or_new(name, &spot), call, &spot),
        ("removeConstraint", Some(name)) => {
            if let (Some(table), Some(own)) = (database.table(name), second) {
                table.foreign_keys.retain(|key| key.name != own);
                table.indexes.retain(|index| index.name != own);
            }
        }
        ("query" | "raw", Some(text)) => sql::apply(database, text, path, at.line),
        _ => {
            call.on.iter().for_each(|on| statements(database, path, std::slice::from_ref(on)));
            statements(database, path, &call.args);
            statements(database, path, &call.body);
        }
    }
}

fn index_name(table: &str, columns: &[String]) -> String {
    format!("{table}_{}", columns.join("_")).to_lowercase()
}

fn constraint(table: &mut Table, call: &Call, spot: &Spot) {
    let Some(options) = call.args.iter().find(|arg| matches!(arg.expr, Expr::Map(_))) else { return };
    let columns = options.get("fields").or(call.args.get(1)).map(At::texts).unwrap_or_default();
    let name = options.get("name").and_then(At::text).unwrap_or_default().to_owned();
    match options.get("type").and_then(At::text).unwrap_or_default().to_lowercase().as_str() {
        "foreign key" => {
            let to = options.get("references").and_then(|to| to.get("table")).and_then(At::text).unwrap_or_default().to_owned();
            table.foreign_keys.push(ForeignKey { name, columns, to, indexed: false, spot: spot.clone() });
        }
        "unique" => table.indexes.push(Index { name, unique: true, ..Index::on(&columns) }),
        "primary key" => table.identify_by(&columns),
        _ => {}
    }
}

/// A column of Sequelize: `{ type: Sequelize.UUID, references: { model: "users" }, unique: true }`, or a type alone.
fn define(table: &mut Table, path: &str, name: &str, options: &At) {
    let spot = options.spot(path);
    let kind = options.get("type").unwrap_or(options);
    let kind = kind.call().map_or_else(|| kind.source.clone(), |call| call.name.clone());
    let declared = format!("{name}: {}", options.source);
    table.put(Column::new(name, kind_of(kind.rsplit('.').next().unwrap_or_default()), &declared, spot.clone()));
    let is = |key: &str| options.get(key).is_some_and(|value| !value.is_false());
    if is("primaryKey") {
        table.identify_by(&[name]);
    }
    if is("unique") {
        table.indexes.push(Index { unique: true, name: format!("{}_{name}_key", table.name), ..Index::on(&[name]) });
    }
    let key = key_of(options, name, &spot).map(|key| key_name(&table.name, key));
    table.foreign_keys.extend(key);
}

fn key_of(options: &At, name: &str, spot: &Spot) -> Option<ForeignKey> {
    let to = options.get("references")?;
    let model = to.get("model").unwrap_or(to);
    let to = model.text().or_else(|| model.get("tableName").and_then(At::text)).unwrap_or_default().to_owned();
    Some(ForeignKey { name: String::new(), columns: vec![name.to_owned()], to, indexed: false, spot: spot.clone() })
}

/// The name that PostgreSQL gives a key.
fn key_name(table: &str, key: ForeignKey) -> ForeignKey {
    ForeignKey { name: format!("{table}_{}_fkey", key.columns.join("_")), ..key }
}

/// A line of Knex: `table.integer("user_id").references("id").inTable("users").index()`.
fn builder(table: &mut Table, path: &str, at: &At) {
    let Some(call) = at.call() else {
        if let Expr::Code(inside) = &at.expr {
            inside.iter().for_each(|at| builder(table, path, at));
        }
        return;
    };
    let (chain, spot) = (call.chain(), at.spot(path));
    let first = chain[0];
    let columns = first.args.first().map(At::texts).unwrap_or_default();
    let after = |name: &str| chain.iter().skip(1).find(|call| call.name == name);
    match first.name.as_str() {
        "index" => table.indexes.push(Index::on(&columns)),
        "unique" => table.indexes.push(Index { unique: true, ..Index::on(&columns) }),
        "primary" => table.identify_by(&columns),
        "dropColumn" | "dropColumns" => columns.iter().for_each(|column| table.drop_column(column)),
        "dropIndex" | "dropUnique" => table.indexes.retain(|index| index.columns != columns),
        "dropForeign" => table.foreign_keys.retain(|key| key.columns != columns),
        "timestamps" => {}
        "foreign" => {
            let to = after("inTable")
                .and_then(|call| call.text(0))
                .or_else(|| after("references").and_then(|call| call.text(0)).and_then(|to| to.split_once('.')).map(|(to, _)| to));
            table.foreign_keys.push(ForeignKey { columns, to: to.unwrap_or_default().to_owned(), spot, ..ForeignKey::default() });
        }
        method => {
            let Some(name) = columns.first().cloned().or_else(|| (method.ends_with("ncrements")).then(|| "id".to_owned())) else { return };
            let kind = if method == "specificType" { sql::kind_of(first.text(1).unwrap_or_default()) } else { kind_of(method) };
            table.put(Column::new(&name, kind, &at.source, spot.clone()));
            let own = [name.clone()];
            if method.ends_with("ncrements") || after("primary").is_some() {
                table.identify_by(&own);
            }
            if after("index").is_some() || after("unique").is_some() {
                table.indexes.push(Index::on(&own));
            }
            if let Some(key) = after("references") {
                let to = after("inTable")
                    .and_then(|call| call.text(0))
                    .or_else(|| key.text(0).and_then(|to| to.split_once('.')).map(|(to, _)| to));
                table.foreign_keys.push(ForeignKey {
                    columns: own.to_vec(),
                    to: to.unwrap_or_default().to_owned(),
                    spot,
                    ..ForeignKey::default()
                });
            }
        }
    }
}

fn kind_of(name: &str) -> ColumnType {
    match name.to_lowercase().as_str() {
        "string" | "char" | "citext" | "enum" => ColumnType::String,
        "text" => ColumnType::Text,
        "json" | "jsonb" | "hstore" => ColumnType::Json,
        "blob" | "binary" => ColumnType::Binary,
        "integer" | "bigint" | "biginteger" | "smallint" | "increments" | "bigincrements" => ColumnType::Integer,
        "boolean" => ColumnType::Boolean,
        "date" | "datetime" | "timestamp" | "time" | "dateonly" => ColumnType::Time,
        "uuid" | "uuidv4" => ColumnType::Uuid,
        "float" | "double" | "decimal" => ColumnType::Decimal,
        _ => ColumnType::Other,
    }
}

/// The strings of code that define tables, with the line each begins at: migrations kept in Go, TypeScript or PHP.
pub fn sql_strings(path: &str, text: &str) -> Result<Vec<(String, u32)>, String> {
    let grammar = crate::evidence::syntax::grammar_of(path).ok_or("not a language that is read")?;
    let code = expr::read(grammar, text)?;
    let mut found = Vec::new();
    strings(&code, &mut found);
    Ok(found)
}

fn strings(code: &[At], found: &mut Vec<(String, u32)>) {
    for at in code {
        match &at.expr {
            Expr::Text(text) => {
                let upper = text.trim_start().to_ascii_uppercase();
                if ["CREATE ", "ALTER ", "DROP ", "RENAME ", "--", "DO "].iter().any(|start| upper.starts_with(start))
                    || upper.contains("CREATE TABLE")
                    || upper.contains("ALTER TABLE")
                {
                    found.push((text.clone(), at.line));
                }
            }
            Expr::Call(call) => {
                call.on.iter().for_each(|on| strings(std::slice::from_ref(on), found));
                strings(&call.args, found);
                strings(&call.body, found);
            }
            Expr::Def(name, _) if name.eq_ignore_ascii_case("down") => {}
            Expr::Def(_, body) | Expr::Code(body) | Expr::List(body) => strings(body, found),
            Expr::Assign(assign) => strings(std::slice::from_ref(&assign.value), found),
            Expr::Class(class) => strings(&class.body, found),
            Expr::Map(pairs) => pairs.iter().for_each(|(_, value)| strings(std::slice::from_ref(value), found)),
            _ => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::definition::words::Stack;

    fn bare(texts: &[&str]) -> Vec<String> {
        let mut database = Database::new(Stack::Node, None);
        texts.iter().for_each(|text| apply(&mut database, "a.js", text).unwrap());
        let keys = database.tables.values().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
        keys.filter(|(table, key)| !table.covers(&key.columns))
            .map(|(table, key)| format!("{}.{}>{}:{}", table.name, key.columns.join("+"), key.to, key.spot.line))
            .collect()
    }

    #[test]
    fn sequelize() {
        let text = "module.exports = {
  up: async (queryInterface, Sequelize) => {
    await queryInterface.sequelize.transaction(async (transaction) => {
      await queryInterface.createTable(\"books\", {
        id: { type: Sequelize.UUID, primaryKey: true },
        authorId: { type: Sequelize.UUID, references: { model: \"authors\" } },
        shelfId: { type: Sequelize.UUID, references: { model: \"shelves\", key: \"id\" } },
      }, { transaction });
      await queryInterface.addIndex(\"books\", [\"authorId\"], { transaction });
    });
    await queryInterface.addColumn('books', 'token', { type: Sequelize.STRING });
  },
  down: async (queryInterface) => { await queryInterface.dropTable('books'); },
};";
        assert_eq!(bare(&[text]), ["books.shelfId>shelves:7"]);
        assert_eq!(bare(&[text, "module.exports = { async up(q) { await q.removeIndex('books', ['authorId']); } }"]).len(), 2);
    }

    #[test]
    fn knex() {
        let text = "exports.up = (knex) => knex.schema.createTable('books', (table) => {
  table.increments();
  table.integer('author_id').unsigned().references('id').inTable('authors').index();
  table.uuid('shelf_id').references('shelves.id');
});
exports.down = (knex) => knex.schema.dropTable('books');";
        assert_eq!(bare(&[text]), ["books.shelf_id>shelves:4"]);
    }

    #[test]
    fn sql_in_go() {
        let text = "package db\nvar all = []func(tx *sql.Tx) error{\n\tfunc(tx *sql.Tx) (err error) {\n\t\tsql := `\n\t\t\tCREATE TABLE a (b int);\n\t\t`\n\t\t_, err = tx.Exec(sql)\n\t\treturn err\n\t},\n}\n";
        let found = sql_strings("a.go", text).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].1, 4);
    }
}
