//! SQL that defines tables, of PostgreSQL, MySQL, SQLite and SQL Server, applied statement by statement to a database.
//!
//! One tolerant reader for all dialects: dumps and migrations mix what no single grammar takes, and a statement that is
//! not about tables is nothing to us. What is about tables and cannot be followed is noted as unread.

mod tokens;

use super::model::{Column, Database, ForeignKey, Index, Spot, Table};
use crate::definition::words::{ColumnType, Engine};
pub use tokens::{Statement, Token, statements};

/// Applies all statements of a text, which begins at this line of the file.
pub fn apply(database: &mut Database, text: &str, path: &str, first_line: u32) {
    for statement in statements(text, first_line) {
        let mut cursor = Cursor { tokens: &statement, at: 0, path };
        cursor.statement(database);
    }
}

/// Which database a text of SQL is written for, where its words tell.
pub fn engine_of(text: &str) -> Option<Engine> {
    let lower = text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["engine=innodb", "engine = innodb", "auto_increment", "`int(", "character set utf8"]) || lower.contains("create table `") {
        Some(Engine::Mysql)
    } else if has(&["autoincrement", "pragma ", "sqlite_"]) {
        Some(Engine::Sqlite)
    } else if has(&["[dbo]", "nvarchar", "\ngo\n"]) {
        Some(Engine::SqlServer)
    } else if has(&[
        "jsonb",
        "bigserial",
        " serial",
        "timestamptz",
        "set_config",
        "bytea",
        "concurrently",
        "timestamp with",
        "::",
        "uuid",
        "text",
    ]) {
        Some(Engine::Postgresql)
    } else {
        None
    }
}

/// What a type's name holds.
pub fn kind_of(name: &str) -> ColumnType {
    let name = name.to_ascii_lowercase();
    let base = name.split(['(', ' ']).next().unwrap_or_default();
    match base {
        _ if name.ends_with("[]") => ColumnType::Other,
        "varchar" | "character" | "char" | "nvarchar" | "nchar" | "citext" | "varchar2" | "bpchar" | "string" => ColumnType::String,
        "text" | "longtext" | "mediumtext" | "tinytext" | "clob" | "ntext" => ColumnType::Text,
        "json" | "jsonb" | "hstore" => ColumnType::Json,
        "bytea" | "blob" | "longblob" | "mediumblob" | "varbinary" | "binary" | "image" => ColumnType::Binary,
        "int" | "integer" | "bigint" | "smallint" | "mediumint" | "serial" | "bigserial" | "smallserial" | "int2" | "int4" | "int8" => {
            ColumnType::Integer
        }
        "tinyint" if name.contains("(1)") => ColumnType::Boolean,
        "tinyint" => ColumnType::Integer,
        "bool" | "boolean" | "bit" => ColumnType::Boolean,
        "numeric" | "decimal" | "real" | "double" | "float" | "money" => ColumnType::Decimal,
        "date" => ColumnType::Date,
        "timestamp" | "timestamptz" | "datetime" | "datetime2" | "datetimeoffset" | "time" => ColumnType::Time,
        "uuid" | "uniqueidentifier" => ColumnType::Uuid,
        _ => ColumnType::Other,
    }
}

/// Words that end the type of a column.
const AFTER_TYPE: [&str; 24] = [
    "not",
    "null",
    "default",
    "primary",
    "unique",
    "references",
    "constraint",
    "check",
    "collate",
    "generated",
    "auto_increment",
    "autoincrement",
    "comment",
    "on",
    "identity",
    "key",
    "as",
    "first",
    "after",
    "encode",
    "using",
    "invisible",
    "sparse",
    "storage",
];

struct Cursor<'s> {
    tokens: &'s [(Token, u32)],
    at: usize,
    path: &'s str,
}

impl<'s> Cursor<'s> {
    fn spot(&self) -> Spot {
        let token = self.tokens.get(self.at).or(self.tokens.last());
        Spot { path: self.path.to_owned(), line: token.map_or(1, |(_, line)| *line) }
    }

    fn is(&self, word: &str) -> bool {
        matches!(self.tokens.get(self.at), Some((Token::Word(own), _)) if own.eq_ignore_ascii_case(word))
    }

    fn take(&mut self, word: &str) -> bool {
        let is = self.is(word);
        self.at += usize::from(is);
        is
    }

    /// Takes all of these words, or none.
    fn take_all(&mut self, words: &[&str]) -> bool {
        let start = self.at;
        let all = words.iter().all(|word| self.take(word));
        if !all {
            self.at = start;
        }
        all
    }

    fn sign(&mut self, sign: char) -> bool {
        let is = matches!(self.tokens.get(self.at), Some((Token::Sign(own), _)) if *own == sign);
        self.at += usize::from(is);
        is
    }

    /// A name, without the schema it stands in when that is the usual one.
    fn name(&mut self) -> Option<String> {
        let mut parts = Vec::new();
        while let Some((Token::Name(name) | Token::Word(name), _)) = self.tokens.get(self.at) {
            parts.push(name.clone());
            self.at += 1;
            if !self.sign('.') {
                break;
            }
        }
        if parts.len() > 1 && parts.first().is_some_and(|first| ["public", "dbo", "main"].contains(&first.to_ascii_lowercase().as_str())) {
            parts.remove(0);
        }
        (!parts.is_empty()).then(|| parts.join("."))
    }

    fn statement(&mut self, database: &mut Database) {
        if self.take("create") {
            self.create(database);
        } else if self.take_all(&["alter", "table"]) {
            self.alter_table(database);
        } else if self.take_all(&["alter", "index"]) {
            self.take_all(&["if", "exists"]);
            if let (Some(from), true, Some(to)) = (self.name(), self.take_all(&["rename", "to"]), self.name()) {
                let indexes = database.tables.values_mut().flat_map(|table| &mut table.indexes);
                indexes.filter(|index| index.name.eq_ignore_ascii_case(&from)).for_each(|index| index.name.clone_from(&to));
            }
        } else if self.take_all(&["drop", "table"]) {
            self.take_all(&["if", "exists"]);
            while let Some(name) = self.name() {
                database.drop_table(&name);
                self.sign(',');
            }
        } else if self.take_all(&["drop", "index"]) {
            self.drop_index(database);
        } else if self.take_all(&["rename", "table"]) {
            while let (Some(from), true, Some(to)) = (self.name(), self.take("to"), self.name()) {
                database.rename_table(&from, &to);
                self.sign(',');
            }
        }
    }

    fn drop_index(&mut self, database: &mut Database) {
        self.take("concurrently");
        self.take_all(&["if", "exists"]);
        let mut names = Vec::new();
        while let Some(name) = self.name() {
            names.push(name);
            if !self.sign(',') {
                break;
            }
        }
        let of = if self.take("on") { self.name() } else { None };
        for name in names {
            database.drop_index(name.rsplit('.').next().unwrap_or(&name), of.as_deref());
        }
    }

    fn create(&mut self, database: &mut Database) {
        self.take_all(&["or", "replace"]);
        let mut unique = false;
        for word in
            ["global", "local", "temp", "temporary", "unlogged", "foreign", "unique", "clustered", "nonclustered", "fulltext", "spatial"]
        {
            let taken = self.take(word);
            if taken && ["temp", "temporary"].contains(&word) {
                return;
            }
            if taken && ["fulltext", "spatial"].contains(&word) {
                return;
            }
            unique |= taken && word == "unique";
        }
        self.take("clustered");
        self.take("nonclustered");
        if self.take("table") {
            self.create_table(database);
        } else if self.take("index") {
            self.create_index(database, unique);
        }
    }

    fn create_index(&mut self, database: &mut Database, unique: bool) {
        self.take("concurrently");
        self.take_all(&["if", "not", "exists"]);
        let name = if self.is("on") { None } else { self.name() };
        if !self.take("on") {
            return;
        }
        self.take("only");
        let spot = self.spot();
        let Some(table) = self.name() else { return };
        let method = if self.take("using") { self.name() } else { None };
        let columns = self.columns();
        let mut only = None;
        while self.at < self.tokens.len() {
            if self.take("where") {
                only = Some(self.rest());
            }
            self.at += 1;
        }
        if method.is_some_and(|method| !["btree", "hash", "rbtree"].contains(&method.to_ascii_lowercase().as_str())) {
            return;
        }
        let index = Index { name: name.map_or(String::new(), |name| last(&name)), columns, unique, only };
        database.table_or_new(&table, &spot).indexes.push(index);
    }

    /// The rest of the statement, or what is left of a part in brackets, as text.
    fn rest(&self) -> String {
        shown(&self.tokens[self.at.min(self.tokens.len())..])
    }

    /// `(a, lower(b), c DESC)`: the columns, an expression as an empty text.
    fn columns(&mut self) -> Vec<String> {
        if !self.sign('(') {
            return Vec::new();
        }
        let mut all = Vec::new();
        for part in self.parts() {
            let mut inner = Cursor { tokens: part, at: 0, path: self.path };
            // MySQL writes the indexed length of a column in brackets: `name`(191).
            let name = inner.name();
            let length =
                inner.sign('(') && matches!(inner.tokens.get(inner.at), Some((Token::Word(n), _)) if n.bytes().all(|b| b.is_ascii_digit()));
            let plain = length || !matches!(part.get(1), Some((Token::Sign('('), _)));
            all.push(name.filter(|_| plain).unwrap_or_default());
        }
        all
    }

    /// The parts between commas up to the closing bracket, which is taken.
    fn parts(&mut self) -> Vec<&'s [(Token, u32)]> {
        let (mut all, mut depth, mut start) = (Vec::new(), 0_usize, self.at);
        while let Some((token, _)) = self.tokens.get(self.at) {
            match token {
                Token::Sign('(') => depth += 1,
                Token::Sign(')') if depth == 0 => break,
                Token::Sign(')') => depth -= 1,
                Token::Sign(',') if depth == 0 => {
                    all.push(&self.tokens[start..self.at]);
                    start = self.at + 1;
                }
                _ => {}
            }
            self.at += 1;
        }
        all.push(&self.tokens[start.min(self.at)..self.at]);
        self.at += 1;
        all.retain(|part| !part.is_empty());
        all
    }

    fn create_table(&mut self, database: &mut Database) {
        let again = self.take_all(&["if", "not", "exists"]);
        let spot = self.spot();
        let Some(name) = self.name() else { return };
        if again && database.table(&name).is_some() {
            return;
        }
        // A partition has the columns and indexes of the whole.
        if self.take_all(&["partition", "of"]) {
            return;
        }
        if !self.sign('(') {
            if self.take("as") {
                database.made_by_query(&name, spot);
            }
            return;
        }
        let mut table = Table { name: name.clone(), spot, ..Table::default() };
        for part in self.parts() {
            let mut inner = Cursor { tokens: part, at: 0, path: self.path };
            if inner.take("like") {
                if let Some(of) = inner.name().and_then(|of| database.table(&of)) {
                    table.columns.extend(of.columns.clone());
                    table.indexes.extend(of.indexes.clone());
                }
            } else if !inner.table_constraint(&mut table) {
                inner.column(&mut table);
            }
        }
        database.tables.insert(name.to_lowercase(), table);
    }

    /// A constraint or index among the columns of a table; false when it is none.
    fn table_constraint(&mut self, table: &mut Table) -> bool {
        let start = self.at;
        let name = if self.take("constraint") {
            let named = !["primary", "unique", "foreign", "check"].iter().any(|word| self.is(word));
            if named { self.name() } else { None }
        } else {
            None
        };
        let named = name.as_deref().map(last).unwrap_or_default();
        if self.take_all(&["primary", "key"]) {
            self.take("clustered");
            self.take("nonclustered");
            let columns = self.columns_after_words();
            table.identify_by(&columns);
            if !named.is_empty()
                && let Some(index) = table.indexes.last_mut()
            {
                index.name = named;
            }
        } else if self.take_all(&["foreign", "key"]) {
            if !matches!(self.tokens.get(self.at), Some((Token::Sign('('), _))) {
                self.name();
            }
            let spot = self.spot();
            let columns = self.columns();
            if self.take("references") {
                let to = self.name().unwrap_or_default();
                table.foreign_keys.push(ForeignKey { name: named, columns, to, indexed: false, spot });
            }
        } else if self.is("unique") || ((self.is("key") || self.is("index")) && self.is_index()) {
            let unique = self.take("unique");
            if self.take_all(&["using", "index"]) {
                return true;
            }
            let _ = self.take("key") || self.take("index");
            let own = if matches!(self.tokens.get(self.at), Some((Token::Sign('('), _))) { None } else { self.name() };
            if self.take("using") {
                self.name();
            }
            let columns = self.columns_after_words();
            let name = own.map_or(named, |own| last(&own));
            table.indexes.push(Index { name, columns, unique, only: None });
        } else if ["check", "exclude", "fulltext", "spatial", "period"].iter().any(|word| self.is(word)) && self.is_constraint() {
        } else {
            self.at = start;
            return false;
        }
        true
    }

    /// `KEY name (a)` or `INDEX (a)` and not a column called `key`.
    fn is_index(&self) -> bool {
        let sign = |ahead: usize| matches!(self.tokens.get(self.at + ahead), Some((Token::Sign('('), _)));
        let type_in_brackets = matches!(self.tokens.get(self.at + 3), Some((Token::Word(n), _)) if n.bytes().all(|b| b.is_ascii_digit()));
        sign(1)
            || (sign(2) && !type_in_brackets)
            || matches!(self.tokens.get(self.at + 2), Some((Token::Word(w), _)) if w.eq_ignore_ascii_case("using"))
    }

    /// `CHECK (`, `EXCLUDE USING`, `FULLTEXT KEY`: not a column of that name.
    fn is_constraint(&self) -> bool {
        match self.tokens.get(self.at + 1) {
            Some((Token::Sign('('), _)) => true,
            Some((Token::Word(next), _)) => ["using", "key", "index", "for"].contains(&next.to_ascii_lowercase().as_str()),
            Some((Token::Name(_), _)) => true,
            _ => false,
        }
    }

    /// Columns in brackets, after words such as `NULLS NOT DISTINCT`.
    fn columns_after_words(&mut self) -> Vec<String> {
        while matches!(self.tokens.get(self.at), Some((Token::Word(_), _))) {
            self.at += 1;
        }
        self.columns()
    }

    fn column(&mut self, table: &mut Table) {
        let (start, spot) = (self.at, self.spot());
        let Some(name) = self.name() else { return };
        let kind = self.type_name();
        let mut column = Column::new(&name, kind_of(&kind), &shown(&self.tokens[start..]), spot.clone());
        let mut named = String::new();
        while self.at < self.tokens.len() {
            if self.take_all(&["not", "null"]) {
                column.nullable = Some(false);
            } else if self.take("constraint") {
                named = self.name().as_deref().map(last).unwrap_or_default();
            } else if self.take_all(&["primary", "key"]) {
                table.identify_by(&[&name]);
                if !named.is_empty()
                    && let Some(index) = table.indexes.last_mut()
                {
                    index.name = std::mem::take(&mut named);
                }
            } else if self.take("unique") {
                // The name that PostgreSQL gives it.
                let own = if named.is_empty() { format!("{}_{name}_key", last(&table.name)) } else { std::mem::take(&mut named) };
                table.indexes.push(Index { name: own, unique: true, ..Index::on(&[&name]) });
            } else if self.take("references") {
                let to = self.name().unwrap_or_default();
                // The name that PostgreSQL gives it.
                let own = if named.is_empty() { format!("{}_{name}_fkey", last(&table.name)) } else { std::mem::take(&mut named) };
                table.foreign_keys.push(ForeignKey { name: own, columns: vec![name.clone()], to, indexed: false, spot: spot.clone() });
            } else {
                self.at += 1;
            }
        }
        table.put(column);
    }

    /// A type as one text: `character varying(255)`, `timestamp with time zone`, `text[]`.
    fn type_name(&mut self) -> String {
        let start = self.at;
        let mut depth = 0_usize;
        while let Some((token, _)) = self.tokens.get(self.at) {
            match token {
                Token::Word(word) if depth == 0 && AFTER_TYPE.contains(&word.to_ascii_lowercase().as_str()) => break,
                Token::Sign('(') => depth += 1,
                Token::Sign(')') => depth = depth.saturating_sub(1),
                Token::Sign(',' | ':') if depth == 0 => break,
                _ => {}
            }
            self.at += 1;
        }
        // A type may stand in a schema: `public.citext`.
        let text = shown(&self.tokens[start..self.at]);
        text.rsplit_once('.').map_or(text.clone(), |(_, last)| last.to_owned())
    }

    fn alter_table(&mut self, database: &mut Database) {
        self.take_all(&["if", "exists"]);
        self.take("only");
        let spot = self.spot();
        let Some(mut name) = self.name() else { return };
        // SQL Server: WITH CHECK ADD CONSTRAINT.
        let _ = self.take_all(&["with", "check"]) || self.take_all(&["with", "nocheck"]);
        for part in self.parts() {
            let mut action = Cursor { tokens: part, at: 0, path: self.path };
            if let Some(new) = action.change(database, &name, &spot) {
                name = new;
            }
        }
    }

    /// One action of `ALTER TABLE`; gives the table's new name where it gets one.
    fn change(&mut self, database: &mut Database, name: &str, spot: &Spot) -> Option<String> {
        let table = database.table_or_new(name, spot);
        if self.take("add") {
            self.add(table);
        } else if self.take("drop") {
            self.drop(table);
        } else if self.take("rename") {
            return self.rename(database, name);
        } else if self.take("alter") {
            self.take("column");
            let column = self.name()?;
            let typed = self.take_all(&["set", "data", "type"]) || self.take("type");
            let kind = if typed
                || matches!(self.tokens.get(self.at), Some((Token::Word(w), _)) if !["set", "drop", "add", "restart"].contains(&w.to_ascii_lowercase().as_str()))
            {
                self.type_name()
            } else {
                String::new()
            };
            if !kind.is_empty()
                && let Some(column) = table.columns.iter_mut().find(|own| own.name.eq_ignore_ascii_case(&column))
            {
                column.kind = kind_of(&kind);
                column.declaration = super::super::one_line(&format!("{} {kind}", column.name));
            }
        } else if self.take("modify") || self.is("change") {
            let old = if self.take("change") {
                self.take("column");
                self.name()
            } else {
                self.take("column");
                None
            };
            if let (Some(old), Some((Token::Word(new) | Token::Name(new), _))) = (old, self.tokens.get(self.at)) {
                table.rename_column(&old, new);
            }
            self.column(table);
        }
        None
    }

    fn add(&mut self, table: &mut Table) {
        let column = self.take("column");
        self.take_all(&["if", "not", "exists"]);
        if self.sign('(') {
            for part in self.parts() {
                let mut inner = Cursor { tokens: part, at: 0, path: self.path };
                if !inner.table_constraint(table) {
                    inner.column(table);
                }
            }
        } else if column || !self.table_constraint(table) {
            self.column(table);
        }
    }

    fn drop(&mut self, table: &mut Table) {
        let foreign = self.take_all(&["foreign", "key"]);
        if self.take_all(&["primary", "key"]) {
            let name = format!("{}_pkey", table.name);
            table.indexes.retain(|index| index.name != name);
            table.primary.clear();
        } else if foreign || self.take("constraint") || self.take("index") || self.take("key") {
            self.take_all(&["if", "exists"]);
            if let Some(name) = self.name() {
                table.indexes.retain(|index| index.name.is_empty() || !index.name.eq_ignore_ascii_case(&name));
                table.foreign_keys.retain(|key| key.name.is_empty() || !key.name.eq_ignore_ascii_case(&name));
            }
        } else {
            self.take("column");
            self.take_all(&["if", "exists"]);
            if let Some(name) = self.name() {
                table.drop_column(&name);
            }
        }
    }

    fn rename(&mut self, database: &mut Database, name: &str) -> Option<String> {
        if self.take("to") || self.take("as") {
            let to = self.name()?;
            database.rename_table(name, &to);
            return Some(to);
        }
        let constraint = self.take("constraint") || self.take("index") || self.take("key");
        self.take("column");
        let (from, _, to) = (self.name()?, self.take("to"), self.name()?);
        let table = database.table(name)?;
        if constraint {
            table.indexes.iter_mut().filter(|index| index.name.eq_ignore_ascii_case(&from)).for_each(|index| index.name.clone_from(&to));
            table.foreign_keys.iter_mut().filter(|key| key.name.eq_ignore_ascii_case(&from)).for_each(|key| key.name.clone_from(&to));
        } else {
            table.rename_column(&from, &to);
        }
        None
    }
}

/// The last part of a dotted name.
fn last(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).to_owned()
}

/// Tokens as text again.
fn shown(tokens: &[(Token, u32)]) -> String {
    let mut text = String::new();
    for (token, _) in tokens.iter().take(60) {
        let word = match token {
            Token::Word(word) | Token::Name(word) => word.clone(),
            Token::Text(words) => format!("'{}'", words.chars().take(60).collect::<String>()),
            Token::Sign(sign) => sign.to_string(),
        };
        let tight = text.is_empty() || text.ends_with(['(', '.', '[']) || matches!(token, Token::Sign('(' | ')' | ',' | '.' | ']' | '['));
        if !tight {
            text.push(' ');
        }
        text.push_str(&word);
    }
    text
}

#[cfg(test)]
mod tests;
