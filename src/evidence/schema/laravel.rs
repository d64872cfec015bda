//! Laravel: migrations replayed. The database decides whether a constraint brings an index.

use super::expr::{self, At, Call, Expr};
use super::model::{Column, Database, ForeignKey, Index, Spot, Table};
use super::names::{normal, plural};
use super::sql;
use crate::definition::words::ColumnType;
use crate::evidence::syntax::Grammar;

/// Applies a migration.
pub fn apply(database: &mut Database, path: &str, text: &str) -> Result<(), String> {
    let code = expr::read(Grammar::Php, text)?;
    expr::calls(&code, &|name| name == "down", &mut |at, call| {
        let on = call.on.as_ref().map(|on| on.source.as_str()).unwrap_or_default();
        let chained = on.starts_with("Schema::") || on.starts_with("DB::");
        if on.trim_start_matches('\\').ends_with("Schema") || (chained && !on.starts_with("DB::")) {
            schema(database, path, at, call);
        } else if (on.ends_with("DB") || chained)
            && matches!(call.name.as_str(), "statement" | "unprepared")
            && let Some(text) = call.text(0)
        {
            sql::apply(database, text, path, at.line);
        }
    });
    Ok(())
}

fn schema(database: &mut Database, path: &str, at: &At, call: &Call) {
    let (Some(name), spot) = (call.text(0), at.spot(path)) else { return };
    match call.name.as_str() {
        "create" => {
            database.create(name, &spot);
            lines(database, path, name, &call.body);
        }
        "table" => {
            database.table_or_new(name, &spot);
            lines(database, path, name, &call.body);
        }
        "drop" | "dropIfExists" => database.drop_table(name),
        "rename" => {
            if let Some(to) = call.text(1) {
                database.rename_table(name, to);
            }
        }
        "dropColumns" => {
            let columns = call.args.get(1).map(At::texts).unwrap_or_default();
            if let Some(table) = database.table(name) {
                columns.iter().for_each(|column| table.drop_column(column));
            }
        }
        _ => {}
    }
}

/// The lines of a table's function: chains that begin at its first argument.
fn lines(database: &mut Database, path: &str, name: &str, body: &[At]) {
    for at in body {
        match &at.expr {
            Expr::Call(call) => {
                let chain = call.chain();
                if chain[0].on.as_ref().is_some_and(|on| matches!(&on.expr, Expr::Name(name) if name.starts_with('$')))
                    && let Some(table) = database.table(name)
                {
                    line(table, path, at, &chain);
                }
            }
            Expr::Code(inside) => lines(database, path, name, inside),
            _ => {}
        }
    }
}

fn line(table: &mut Table, path: &str, at: &At, chain: &[&Call]) {
    let (first, spot) = (chain[0], at.spot(path));
    let columns = first.args.first().map(At::texts).unwrap_or_default();
    let own = |place: usize| first.text(place).map(str::to_owned);
    let index = |table: &Table, kind: &str| Index { name: own(1).unwrap_or_else(|| named(table, &columns, kind)), ..Index::on(&columns) };
    match first.name.as_str() {
        "index" if !columns.is_empty() => table.indexes.push(index(table, "index")),
        "unique" if !columns.is_empty() => table.indexes.push(Index { unique: true, ..index(table, "unique") }),
        "primary" => table.identify_by(&columns),
        "foreign" => foreign(table, chain, columns, own(1), spot),
        "dropColumn" => {
            let all = if first.args.len() > 1 { first.args.iter().flat_map(At::texts).collect() } else { columns };
            all.iter().for_each(|column| table.drop_column(column));
        }
        "dropConstrainedForeignId" => columns.iter().for_each(|column| table.drop_column(column)),
        "dropForeign" => {
            let given = first.args.first().is_some_and(|arg| matches!(arg.expr, Expr::List(_)));
            let name = if given { named(table, &columns, "foreign") } else { own(0).unwrap_or_default() };
            table.foreign_keys.retain(|key| key.name != name && !(given && key.columns == columns));
        }
        "dropIndex" | "dropUnique" | "dropPrimary" => {
            let given = first.args.first().is_some_and(|arg| matches!(arg.expr, Expr::List(_)));
            let kind = if first.name == "dropIndex" { "index" } else { "unique" };
            let name = if given { named(table, &columns, kind) } else { own(0).unwrap_or_default() };
            table.indexes.retain(|index| index.name != name);
        }
        "renameColumn" => {
            if let (Some(from), Some(to)) = (own(0), own(1)) {
                table.rename_column(&from, &to);
            }
        }
        "renameIndex" => {
            if let (Some(from), Some(to)) = (own(0), own(1)) {
                table.indexes.iter_mut().filter(|index| index.name == from).for_each(|index| index.name.clone_from(&to));
            }
        }
        "timestamps" | "timestampsTz" | "nullableTimestamps" => {
            for name in ["created_at", "updated_at"] {
                table.put(Column::new(name, ColumnType::Time, "timestamps", spot.clone()));
            }
        }
        "rememberToken" => table.put(Column::new("remember_token", ColumnType::String, "rememberToken", spot)),
        "morphs" | "nullableMorphs" | "uuidMorphs" | "nullableUuidMorphs" | "ulidMorphs" | "nullableUlidMorphs" => {
            if let Some(name) = columns.first() {
                let (kind, id) = (format!("{name}_type"), format!("{name}_id"));
                table.put(Column::new(&kind, ColumnType::String, &at.source, spot.clone()));
                table.put(Column::new(&id, ColumnType::Integer, &at.source, spot));
                table.indexes.push(Index { name: named(table, &[kind.clone(), id.clone()], "index"), ..Index::on(&[kind, id]) });
            }
        }
        method => column(table, path, at, chain, method),
    }
}

fn column(table: &mut Table, path: &str, at: &At, chain: &[&Call], method: &str) {
    let (first, spot) = (chain[0], at.spot(path));
    let Some(kind) = kind_of(method) else { return };
    let given = first.text(0).map(str::to_owned);
    let model =
        first.args.first().and_then(At::word).map(|name| name.trim_end_matches("::class").rsplit('\\').next().unwrap_or(name).to_owned());
    let name = match method {
        "id" => given.unwrap_or_else(|| "id".into()),
        "foreignIdFor" => first.text(1).map_or_else(|| format!("{}_id", normal(&model.clone().unwrap_or_default())), str::to_owned),
        "softDeletes" | "softDeletesTz" => given.unwrap_or_else(|| "deleted_at".into()),
        _ => given.unwrap_or_default(),
    };
    if name.is_empty() {
        return;
    }
    let after: Vec<&str> = chain.iter().skip(1).map(|call| call.name.as_str()).collect();
    // `->change()` keeps what it does not say, and `->on()` belongs to a key.
    table.put(Column { nullable: Some(after.contains(&"nullable")), ..Column::new(&name, kind, &at.source, spot.clone()) });
    let columns = [name.clone()];
    if matches!(method, "id" | "increments" | "bigIncrements" | "mediumIncrements" | "smallIncrements" | "tinyIncrements")
        || after.contains(&"primary")
    {
        table.identify_by(&columns);
    }
    for call in chain.iter().skip(1).filter(|call| call.args.first().is_none_or(|arg| !arg.is_false())) {
        if matches!(call.name.as_str(), "index" | "unique") {
            let own = call.text(0).map_or_else(|| named(table, &columns, &call.name), str::to_owned);
            table.indexes.push(Index { name: own, unique: call.name == "unique", ..Index::on(&columns) });
        }
    }
    if let Some(key) = chain.iter().skip(1).find(|call| call.name == "constrained") {
        let to =
            key.text(0).or_else(|| key.named("table").and_then(At::text)).map_or_else(|| guessed(&name, model.as_deref()), str::to_owned);
        table.foreign_keys.push(ForeignKey {
            name: named(table, &columns, "foreign"),
            columns: columns.to_vec(),
            to,
            indexed: false,
            spot,
        });
    } else if after.contains(&"references") {
        foreign(table, chain, columns.to_vec(), None, spot);
    }
}

fn guessed(column: &str, model: Option<&str>) -> String {
    let stem = column.strip_suffix("_id").unwrap_or(column);
    let one = model
        .filter(|model| !model.is_empty() && !model.contains('_') && model.starts_with(char::is_uppercase))
        .map_or_else(|| stem.to_owned(), normal);
    plural(&one)
}

fn foreign(table: &mut Table, chain: &[&Call], columns: Vec<String>, name: Option<String>, spot: Spot) {
    let to = chain.iter().find(|call| call.name == "on").and_then(|call| call.text(0));
    let name = name.unwrap_or_else(|| named(table, &columns, "foreign"));
    let to = to.map_or_else(|| guessed(columns.first().map_or("", String::as_str), None), str::to_owned);
    table.foreign_keys.retain(|key| key.name != name);
    table.foreign_keys.push(ForeignKey { name, columns, to, indexed: false, spot });
}

/// The name that Laravel gives an index or a key.
fn named(table: &Table, columns: &[String], kind: &str) -> String {
    format!("{}_{}_{kind}", table.name, columns.join("_")).to_lowercase().replace(['-', '.'], "_")
}

/// What a method of a blueprint makes a column of; `None` for methods that make none.
fn kind_of(method: &str) -> Option<ColumnType> {
    let lower = method.to_lowercase();
    Some(match method {
        "string" | "char" | "enum" | "set" | "ulid" | "ipAddress" | "macAddress" | "foreignUlid" => ColumnType::String,
        "text" | "longText" | "mediumText" | "tinyText" => ColumnType::Text,
        "json" | "jsonb" => ColumnType::Json,
        "binary" => ColumnType::Binary,
        "id" | "foreignId" | "foreignIdFor" | "year" => ColumnType::Integer,
        _ if lower.ends_with("integer") || lower.ends_with("increments") => ColumnType::Integer,
        "decimal" | "float" | "double" | "unsignedDecimal" => ColumnType::Decimal,
        "boolean" => ColumnType::Boolean,
        "date" => ColumnType::Date,
        "dateTime" | "dateTimeTz" | "timestamp" | "timestampTz" | "time" | "timeTz" | "softDeletes" | "softDeletesTz" => ColumnType::Time,
        "uuid" | "foreignUuid" => ColumnType::Uuid,
        "geometry" | "point" | "vector" | "computed" | "geography" | "polygon" => ColumnType::Other,
        _ => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::definition::words::Stack;

    fn bare(texts: &[&str]) -> Vec<String> {
        let mut database = Database::new(Stack::Laravel, None);
        texts.iter().for_each(|text| apply(&mut database, "a.php", text).unwrap());
        let keys = database.tables.values().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
        keys.filter(|(table, key)| !table.covers(&key.columns))
            .map(|(table, key)| format!("{}.{}>{}:{}", table.name, key.columns.join("+"), key.to, key.spot.line))
            .collect()
    }

    #[test]
    fn a_migration() {
        let text = "<?php
return new class extends Migration {
    public function up(): void
    {
        Schema::create('books', function (Blueprint $table) {
            $table->id();
            $table->foreignId('author_id')->constrained()->cascadeOnDelete();
            $table->foreignIdFor(User::class, 'owner_id')->nullable()->index()->constrained('users');
            $table->unsignedBigInteger('shelf_id')->index();
            $table->foreign('shelf_id')->references('id')->on('furniture')->onDelete('cascade');
            $table->uuid('vault_id');
            $table->foreign('vault_id')->references('id')->on('vaults');
            $table->string('isbn')->unique();
            $table->timestamps();
        });
        if (Schema::hasTable('x')) {
            Schema::table('books', fn (Blueprint $table) => $table->index(['vault_id', 'isbn']));
        }
    }
    public function down(): void
    {
        Schema::drop('books');
    }
};";
        assert_eq!(bare(&[text]), ["books.author_id>authors:7"]);
        let later =
            "<?php Schema::table('books', function ($table) { $table->dropIndex(['shelf_id']); $table->dropForeign(['author_id']); });";
        assert_eq!(bare(&[text, later]), ["books.shelf_id>furniture:10"]);
    }

    #[test]
    fn hostile_text_ends() {
        for text in [
            "",
            "<?php",
            "<?php Schema::create();",
            "<?php Schema::create('a', 1);",
            "<?php Schema::table('a', function ($t) { $t->foreign(); $t->index(); $t->id()->constrained(); });",
        ] {
            bare(&[text]);
        }
    }
}
