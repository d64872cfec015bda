//! The model of a database: tables, columns, indexes and keys, with the place where each is written.
//!
//! Names keep their spelling; they are compared without letter case, as most databases do.

use std::collections::BTreeMap;

use super::names::{is_plural_of, words};
use crate::definition::words::{ColumnType, Engine, Stack};

/// Where something is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// Path for people.
    pub path: String,
    /// 1-based line.
    pub line: u32,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnType,
    /// Its declaration as written, with the words that describe it: type, options, annotations.
    pub declaration: String,
    /// Whether it may be empty, where that is said.
    pub nullable: Option<bool>,
    /// Where.
    pub spot: Spot,
}

/// An index, a unique constraint or a primary key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// Its name, where it has one.
    pub name: String,
    /// The columns in order; an expression is an empty text.
    pub columns: Vec<String>,
    /// Whether it is unique.
    pub unique: bool,
    /// The condition of a partial index.
    pub only: Option<String>,
}

/// A column, or several, that point at another table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForeignKey {
    /// Its name, where it has one.
    pub name: String,
    /// The columns that point.
    pub columns: Vec<String>,
    /// The table they point at.
    pub to: String,
    /// True where the framework makes an index of its own for it.
    pub indexed: bool,
    /// Where.
    pub spot: Spot,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns in order.
    pub columns: Vec<Column>,
    /// Its indexes, with unique constraints and the primary key.
    pub indexes: Vec<Index>,
    /// The columns of its primary key.
    pub primary: Vec<String>,
    /// Its foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Classes of models that it takes its parts from.
    pub parts: Vec<String>,
    /// True for what only lends its parts to others, and is no table of its own.
    pub is_part: bool,
    /// Where it is written.
    pub spot: Spot,
}

/// One database, as one source of the repository tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Database {
    /// What it was read from.
    pub stack: Stack,
    /// Which database runs it, where that is known.
    pub engine: Option<Engine>,
    /// True where the framework keeps the keys itself and the database knows of none.
    pub without_constraints: bool,
    /// The tables by lower-case name.
    pub tables: BTreeMap<String, Table>,
    /// Where what could not be understood stands, and what it is.
    pub unread: Vec<(Spot, String)>,
    /// The same where only columns are missing: their keys and indexes are told.
    pub unread_columns: Vec<(Spot, String)>,
}

impl Column {
    /// A column without more than a name, a type and a place.
    pub fn new(name: &str, kind: ColumnType, declaration: &str, spot: Spot) -> Column {
        Column { name: name.to_owned(), kind, declaration: super::super::one_line(declaration), nullable: None, spot }
    }
}

impl Index {
    /// An index over columns.
    pub fn on<S: AsRef<str>>(columns: &[S]) -> Index {
        Index { columns: columns.iter().map(|column| column.as_ref().to_owned()).collect(), ..Index::default() }
    }

    /// Whether a search for this column can use the index: it comes first, and all rows that have it are in.
    fn leads_with(&self, column: &str) -> bool {
        let first = self.columns.first().is_some_and(|first| first.eq_ignore_ascii_case(column));
        first && self.only.as_deref().is_none_or(|only| is_present(only, column))
    }
}

/// `x IS NOT NULL`, the one condition that leaves out no row a join could ask for.
fn is_present(condition: &str, column: &str) -> bool {
    let bare: String = condition.chars().filter(|c| !matches!(c, '(' | ')' | '"' | '`' | '[' | ']')).collect();
    let words: Vec<&str> = bare.split_whitespace().collect();
    let [name, rest @ ..] = words.as_slice() else { return false };
    let name = name.rsplit('.').next().unwrap_or(name);
    name.eq_ignore_ascii_case(column) && rest.join(" ").eq_ignore_ascii_case("is not null")
}

impl Table {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// Adds a column, in place of one of the same name.
    pub fn put(&mut self, column: Column) {
        self.columns.retain(|old| !old.name.eq_ignore_ascii_case(&column.name));
        self.columns.push(column);
    }

    /// Makes columns the primary key.
    pub fn identify_by<S: AsRef<str>>(&mut self, columns: &[S]) {
        self.primary = columns.iter().map(|column| column.as_ref().to_owned()).collect();
        self.indexes.push(Index { unique: true, name: format!("{}_pkey", self.name), ..Index::on(columns) });
    }

    /// Takes a column out, with the indexes and keys that rest on it.
    pub fn drop_column(&mut self, name: &str) {
        let is = |column: &String| column.eq_ignore_ascii_case(name);
        self.columns.retain(|column| !is(&column.name));
        self.indexes.retain(|index| !index.columns.iter().any(is));
        self.foreign_keys.retain(|key| !key.columns.iter().any(is));
        self.primary.retain(|column| !is(column));
    }

    /// Gives a column another name.
    pub fn rename_column(&mut self, from: &str, to: &str) {
        let all = self.columns.iter_mut().map(|column| &mut column.name);
        let all = all.chain(self.indexes.iter_mut().flat_map(|index| &mut index.columns));
        let all = all.chain(self.foreign_keys.iter_mut().flat_map(|key| &mut key.columns)).chain(&mut self.primary);
        all.filter(|name| name.eq_ignore_ascii_case(from)).for_each(|name| *name = to.to_owned());
    }

    /// Whether a search for the first of these columns can use an index. A condition on any one of the columns finds
    /// few rows too, so an index that any of them leads suffices for a key of several.
    pub fn covers(&self, columns: &[String]) -> bool {
        columns.iter().any(|column| self.indexes.iter().any(|index| index.leads_with(column)))
    }
}

impl Database {
    /// An empty database.
    pub fn new(stack: Stack, engine: Option<Engine>) -> Database {
        Database { stack, engine, ..Database::default() }
    }

    /// The table of this name.
    pub fn table(&mut self, name: &str) -> Option<&mut Table> {
        self.tables.get_mut(&name.to_lowercase())
    }

    /// The table of this name, made where there is none: what a migration changes may have been made before the first one.
    pub fn table_or_new(&mut self, name: &str, spot: &Spot) -> &mut Table {
        let new = || Table { name: name.to_owned(), spot: spot.clone(), ..Table::default() };
        self.tables.entry(name.to_lowercase()).or_insert_with(new)
    }

    /// Makes a table; one of the same name gives way.
    pub fn create(&mut self, name: &str, spot: &Spot) -> &mut Table {
        self.tables.remove(&name.to_lowercase());
        self.table_or_new(name, spot)
    }

    /// Takes a table out, with the keys that point at it.
    pub fn drop_table(&mut self, name: &str) {
        self.tables.remove(&name.to_lowercase());
        let made = made_by_query(name);
        self.unread_columns.retain(|(_, why)| *why != made);
        for table in self.tables.values_mut() {
            table.foreign_keys.retain(|key| !key.to.eq_ignore_ascii_case(name));
        }
    }

    /// Gives a table another name.
    pub fn rename_table(&mut self, from: &str, to: &str) {
        if let Some(mut table) = self.tables.remove(&from.to_lowercase()) {
            to.clone_into(&mut table.name);
            self.tables.insert(to.to_lowercase(), table);
        }
        let keys = self.tables.values_mut().flat_map(|table| &mut table.foreign_keys);
        keys.filter(|key| key.to.eq_ignore_ascii_case(from)).for_each(|key| to.clone_into(&mut key.to));
    }

    /// Takes out an index by its name, of one table or of any.
    pub fn drop_index(&mut self, name: &str, of: Option<&str>) {
        let tables = self.tables.values_mut().filter(|table| of.is_none_or(|of| table.name.eq_ignore_ascii_case(of)));
        tables.for_each(|table| table.indexes.retain(|index| index.name.is_empty() || !index.name.eq_ignore_ascii_case(name)));
    }

    /// Notes something that could not be understood.
    pub fn unread(&mut self, spot: Spot, what: &str) {
        self.unread.push((spot, super::super::one_line(what)));
    }

    /// Notes a table whose columns a query gives.
    pub fn made_by_query(&mut self, name: &str, spot: Spot) {
        self.unread_columns.push((spot, made_by_query(name)));
    }

    /// Gives tables the keys and indexes of the parts that they are made from, and takes these from the parts, so that a key is judged
    /// with the indexes of the table that has it. The columns stay where they are written.
    pub fn settle(&mut self) {
        for _ in 0..4 {
            let lent: BTreeMap<String, Table> =
                self.tables.values().filter(|table| table.is_part).map(|table| (table.name.to_lowercase(), table.clone())).collect();
            for table in self.tables.values_mut() {
                let parts: Vec<&Table> = table.parts.iter().filter_map(|part| lent.get(&part.to_lowercase())).collect();
                for part in parts {
                    let new = |key: &&ForeignKey| !table.foreign_keys.contains(key);
                    let keys: Vec<ForeignKey> = part.foreign_keys.iter().filter(new).cloned().collect();
                    table.foreign_keys.extend(keys);
                    let new = |index: &&Index| !table.indexes.contains(index);
                    let indexes: Vec<Index> = part.indexes.iter().filter(new).cloned().collect();
                    table.indexes.extend(indexes);
                }
            }
        }
        self.tables.values_mut().filter(|table| table.is_part).for_each(|table| table.foreign_keys.clear());
    }

    /// Keys that no constraint declares: `author_id` beside a table `authors` whose primary key has the same type.
    /// A column that is half of a polymorphic pair is none, and a view has none.
    pub fn implied_keys(&self, table: &Table) -> Vec<ForeignKey> {
        let mut found = Vec::new();
        if words(&table.name).last().is_some_and(|last| last == "view") {
            return found;
        }
        for column in table.columns.iter().filter(|column| matches!(column.kind, ColumnType::Integer | ColumnType::Uuid)) {
            let name = words(&column.name);
            let [stem @ .., last] = name.as_slice() else { continue };
            let declared = table.foreign_keys.iter().any(|key| key.columns.iter().any(|own| own.eq_ignore_ascii_case(&column.name)));
            let paired = table.column(&format!("{}_type", stem.join("_"))).is_some();
            if last != "id" || stem.is_empty() || declared || paired {
                continue;
            }
            let target = self.tables.values().find(|other| is_plural_of(&other.name, stem));
            if let Some(target) = target.filter(|target| target.key_kind().is_none_or(|kind| kind == column.kind)) {
                let columns = vec![column.name.clone()];
                found.push(ForeignKey { columns, to: target.name.clone(), spot: column.spot.clone(), ..ForeignKey::default() });
            }
        }
        found
    }
}

impl Table {
    /// The type of a primary key of one column, where it is told.
    fn key_kind(&self) -> Option<ColumnType> {
        let [key] = self.primary.as_slice() else { return None };
        self.column(key).map(|column| column.kind)
    }
}

/// What is said of a table that `CREATE TABLE ... AS SELECT` makes.
fn made_by_query(name: &str) -> String {
    super::super::one_line(&format!("table {name} is made by a query"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(indexes: Vec<Index>) -> Table {
        Table { indexes, ..Table::default() }
    }

    #[test]
    fn only_a_leading_column_with_all_rows_covers() {
        let key = ["author_id".to_owned()];
        assert!(table(vec![Index::on(&["author_id", "at"])]).covers(&key));
        assert!(!table(vec![Index::on(&["at", "author_id"])]).covers(&key));
        assert!(!table(vec![Index::on(&["", "author_id"])]).covers(&key), "an expression comes first");
        let partial = |only: &str| table(vec![Index { only: Some(only.into()), ..Index::on(&["author_id"]) }]);
        assert!(partial("(author_id IS NOT NULL)").covers(&key));
        assert!(partial("\"author_id\" is not null").covers(&key));
        assert!(!partial("deleted_at IS NULL").covers(&key));
        assert!(!partial("author_id IS NOT NULL AND open").covers(&key));
    }

    #[test]
    fn a_dropped_column_takes_its_index_and_a_renamed_one_keeps_it() {
        let spot = Spot::default();
        let mut database = Database::default();
        let table = database.create("Books", &spot);
        table.put(Column::new("author_id", ColumnType::Integer, "bigint", spot.clone()));
        table.indexes.push(Index::on(&["author_id"]));
        table.rename_column("author_id", "writer_id");
        assert!(table.covers(&["writer_id".into()]));
        table.drop_column("WRITER_ID");
        assert!(table.columns.is_empty() && table.indexes.is_empty());
        database.rename_table("books", "Works");
        assert!(database.table("works").is_some());
    }

    #[test]
    fn a_key_is_implied_by_a_table_of_its_name_and_type() {
        let spot = Spot::default();
        let mut database = Database::default();
        let authors = database.create("authors", &spot);
        authors.put(Column::new("id", ColumnType::Uuid, "uuid", spot.clone()));
        authors.identify_by(&["id"]);
        let books = database.create("books", &spot).clone();
        let with = |name: &str, kind: ColumnType, more: Option<&str>| {
            let mut books = books.clone();
            books.put(Column::new(name, kind, "", Spot::default()));
            more.into_iter().for_each(|name| books.put(Column::new(name, ColumnType::Text, "", Spot::default())));
            database.implied_keys(&books).len()
        };
        assert_eq!(with("author_id", ColumnType::Uuid, None), 1);
        assert_eq!(with("authorId", ColumnType::Uuid, None), 1);
        assert_eq!(with("author_id", ColumnType::Integer, None), 0, "another type");
        assert_eq!(with("author_id", ColumnType::Uuid, Some("author_type")), 0, "polymorphic");
        assert_eq!(with("publisher_id", ColumnType::Uuid, None), 0, "no such table");
    }
}
