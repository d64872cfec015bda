//! Entity Framework Core: the model snapshot beside the migrations, which tells keys and indexes in full.

use super::expr::{self, At, Call};
use super::model::{Column, Database, ForeignKey, Index, Spot, Table};
use super::sources::engine_in;
use super::sql;
use crate::definition::words::{ColumnType, Engine};
use crate::evidence::syntax::Grammar;

/// Reads a snapshot.
pub fn apply(database: &mut Database, path: &str, text: &str) -> Result<(), String> {
    let code = expr::read(Grammar::CSharp, text)?;
    database.engine = Some(engine_of(path, text));
    let mut tables: Vec<(String, Table)> = Vec::new();
    expr::calls(&code, &|_| false, &mut |at, call| {
        if call.name == "Entity"
            && let Some(name) = call.text(0)
        {
            entity(&mut tables, name, path, at, &call.body);
        }
    });
    let names: Vec<(String, String)> = tables.iter().map(|(entity, table)| (entity.clone(), table.name.clone())).collect();
    for (_, mut table) in tables.into_iter().filter(|(_, table)| !table.name.is_empty()) {
        for key in &mut table.foreign_keys {
            if let Some((_, name)) = names.iter().find(|(entity, _)| *entity == key.to) {
                key.to.clone_from(name);
            }
        }
        // Types that share a table, and those that are owned by the row of another.
        match database.table(&table.name) {
            Some(there) => {
                table.columns.into_iter().for_each(|column| there.put(column));
                there.indexes.append(&mut table.indexes);
                there.foreign_keys.append(&mut table.foreign_keys);
            }
            None => drop(database.tables.insert(table.name.to_lowercase(), table)),
        }
    }
    Ok(())
}

/// The provider calls extensions of its own; where it has none to call, the path or an annotation names it. Annotations come last, for
/// a model that is kept for several databases has those of all of them.
fn engine_of(path: &str, text: &str) -> Engine {
    let names = ["Npgsql", "MySql", "Sqlite", "SqlServer"];
    let calls = names
        .iter()
        .find(|name| text.contains(&format!("{name}ModelBuilderExtensions")) || text.contains(&format!("{name}PropertyBuilderExtensions")));
    let noted = || names.iter().find(|name| text.contains(&format!("{name}:"))).and_then(|name| engine_in(name));
    calls.and_then(|name| engine_in(name)).or_else(|| engine_in(path)).or_else(noted).unwrap_or(Engine::SqlServer)
}

fn entity(tables: &mut Vec<(String, Table)>, name: &str, path: &str, at: &At, body: &[At]) {
    let place = tables.iter().position(|(entity, _)| entity == name).unwrap_or_else(|| {
        let short = name.rsplit(['.', '+']).next().unwrap_or(name).to_owned();
        tables.push((name.to_owned(), Table { name: short, spot: at.spot(path), ..Table::default() }));
        tables.len() - 1
    });
    for at in statements(body) {
        let Some(call) = at.call() else { continue };
        let chain = call.chain();
        if matches!(chain[0].name.as_str(), "OwnsOne" | "OwnsMany") {
            let owned = chain[0].text(1).or(chain[0].text(0)).unwrap_or_default();
            let mut inner = vec![(name.to_owned(), Table { name: tables[place].1.name.clone(), ..Table::default() })];
            entity(&mut inner, name, path, at, &chain[0].body);
            let (_, own) = inner.remove(0);
            if own.name == tables[place].1.name {
                // In the owner's table its columns are called after the property that holds it.
                for mut column in own.columns.into_iter().filter(|column| !column.declaration.contains("HasColumnName")) {
                    column.name = format!("{owned}_{}", column.name);
                    tables[place].1.put(column);
                }
            } else {
                tables.push((format!("{name}.{owned}"), own));
            }
            continue;
        }
        line(&mut tables[place].1, path, at, &chain);
    }
}

/// The statements of a lambda, whatever stands around them.
fn statements(body: &[At]) -> Vec<&At> {
    body.iter()
        .flat_map(|at| match &at.expr {
            expr::Expr::Code(inside) => statements(inside),
            _ => vec![at],
        })
        .collect()
}

fn line(table: &mut Table, path: &str, at: &At, chain: &[&Call]) {
    let first = chain[0];
    let texts: Vec<String> = first.args.iter().filter_map(At::text).map(str::to_owned).collect();
    match first.name.split('<').next().unwrap_or_default() {
        // A view, or what a query gives.
        "ToView" | "ToSqlQuery" | "HasNoKey" => table.name.clear(),
        "ToTable" => table.name = texts.first().cloned().unwrap_or_default(),
        "Property" => {
            if let Some(name) = texts.first() {
                table.put(property(name, at, chain, path));
            }
        }
        "HasKey" => table.identify_by(&texts),
        "HasAlternateKey" => table.indexes.push(Index { unique: true, ..Index::on(&texts) }),
        "HasIndex" => {
            // `HasIndex(new[] { "A", "B" }, "name")`.
            let columns = first.args.first().map(At::texts).filter(|columns| columns.len() > 1).unwrap_or(texts);
            let only = chain.iter().find(|call| call.name == "HasFilter").and_then(|call| call.text(0)).map(str::to_owned);
            let unique = chain.iter().any(|call| call.name == "IsUnique");
            table.indexes.push(Index { only, unique, ..Index::on(&columns) });
        }
        "HasOne" => {
            if let Some(key) = chain.iter().find(|call| call.name == "HasForeignKey") {
                let mut columns: Vec<String> = key.args.iter().filter_map(At::text).map(str::to_owned).collect();
                let one_to_one = chain.iter().any(|call| call.name == "WithOne");
                if one_to_one && columns.len() > 1 {
                    columns.remove(0);
                }
                let spot = columns.first().and_then(|name| table.column(name)).map_or_else(|| at.spot(path), |column| column.spot.clone());
                table.foreign_keys.push(ForeignKey {
                    columns,
                    to: texts.first().cloned().unwrap_or_default(),
                    spot,
                    ..ForeignKey::default()
                });
            }
        }
        _ => {}
    }
}

fn property(name: &str, at: &At, chain: &[&Call], path: &str) -> Column {
    let typed = chain.iter().find(|call| call.name == "HasColumnType").and_then(|call| call.text(0)).map(sql::kind_of);
    let generic = chain[0].name.split_once('<').map_or("", |(_, rest)| rest.trim_end_matches(['>', '?']));
    let by_code = match generic {
        "string" => ColumnType::String,
        "byte[]" => ColumnType::Binary,
        "int" | "long" | "short" => ColumnType::Integer,
        "bool" => ColumnType::Boolean,
        "DateOnly" => ColumnType::Date,
        "DateTime" | "DateTimeOffset" => ColumnType::Time,
        "Guid" => ColumnType::Uuid,
        "decimal" | "double" | "float" => ColumnType::Decimal,
        _ => ColumnType::Other,
    };
    // A value converter may keep a text as another type; the code's own type tells what it is about.
    let kind = if by_code == ColumnType::Other { typed.unwrap_or_default() } else { by_code };
    let spot = Spot { path: path.to_owned(), line: at.line };
    Column { nullable: Some(!chain.iter().any(|call| call.name == "IsRequired")), ..Column::new(name, kind, &at.source, spot) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::definition::words::Stack;

    #[test]
    fn the_provider_is_told_by_what_it_calls() {
        let noted = ".HasAnnotation(\"Npgsql:IndexInclude\", 1)";
        assert_eq!(engine_of("a.cs", &format!("MySqlModelBuilderExtensions.AutoIncrementColumns(m);{noted}")), Engine::Mysql);
        assert_eq!(engine_of("util/SqliteMigrations/a.cs", noted), Engine::Sqlite);
        assert_eq!(engine_of("a.cs", noted), Engine::Postgresql);
        assert_eq!(engine_of("a.cs", ""), Engine::SqlServer);
    }

    #[test]
    fn a_snapshot() {
        let text = r#"
namespace Shop.Migrations
{
    partial class ShopContextModelSnapshot : ModelSnapshot
    {
        protected override void BuildModel(ModelBuilder modelBuilder)
        {
            NpgsqlModelBuilderExtensions.UseIdentityByDefaultColumns(modelBuilder);
            modelBuilder.Entity("Shop.Book", b =>
                {
                    b.Property<int>("Id").ValueGeneratedOnAdd().HasColumnType("integer");
                    b.Property<string>("TaxId").IsRequired().HasColumnType("text");
                    b.Property<int>("AuthorId").HasColumnType("integer");
                    b.Property<int?>("ShelfId").HasColumnType("integer");
                    b.HasKey("Id");
                    b.HasIndex("AuthorId");
                    b.ToTable("books", (string)null);
                });
            modelBuilder.Entity("Shop.Author", b =>
                {
                    b.Property<int>("Id");
                    b.HasKey("Id");
                    b.OwnsOne("Shop.Card", "Card", b1 =>
                        {
                            b1.Property<string>("Number").HasColumnType("text");
                        });
                    b.ToTable("authors");
                });
            modelBuilder.Entity("Shop.Book", b =>
                {
                    b.HasOne("Shop.Author", "Author").WithMany("Books").HasForeignKey("AuthorId").OnDelete(DeleteBehavior.Cascade).IsRequired();
                    b.HasOne("Shop.Shelf", null).WithMany().HasForeignKey("ShelfId");
                });
        }
    }
}
"#;
        let mut database = Database::new(Stack::EfCore, None);
        apply(&mut database, "a.cs", text).unwrap();
        assert_eq!(database.engine, Some(Engine::Postgresql));
        let books = &database.tables["books"];
        let bare: Vec<String> = books
            .foreign_keys
            .iter()
            .filter(|key| !books.covers(&key.columns))
            .map(|key| format!("{}>{}:{}", key.columns.join("+"), key.to, key.spot.line))
            .collect();
        assert_eq!(bare, ["ShelfId>Shop.Shelf:14"]);
        assert_eq!(books.foreign_keys[0].to, "authors");
        assert_eq!(books.column("TaxId").unwrap().nullable, Some(false));
        let names: Vec<&str> = database.tables["authors"].columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["Id", "Card_Number"]);
    }
}
