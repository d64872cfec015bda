//! A migration while it is read.

use super::calls::{Call, Value};
use super::model::{Act, Computed, Database, Default, Migration, Operation};
use super::project::Project;
use super::sql;
use super::types::SqlType;

/// What was read so far.
pub struct Draft<'p> {
    /// What holds for the project.
    pub project: &'p Project,
    /// Operations in order.
    pub found: Vec<Operation>,
    /// Parts that could not be read.
    pub unread: Vec<String>,
    /// Whether all of it runs in one transaction.
    pub transaction: bool,
}

/// A new column as readers see it.
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Option<SqlType>,
    /// Its default in the database.
    pub default: Default,
    /// Whether it must be filled.
    pub required: bool,
    /// Whether it fills itself.
    pub computed: Computed,
}

impl Column {
    /// A column that may be empty.
    pub fn new(name: &str, kind: Option<SqlType>) -> Column {
        Column { name: name.to_owned(), kind, default: Default::None, required: false, computed: Computed::No }
    }
}

impl From<Column> for Act {
    fn from(column: Column) -> Act {
        let Column { name, kind, default, required, computed } = column;
        Act::AddColumn { column: name, kind, default, required, computed }
    }
}

impl<'p> Draft<'p> {
    /// An empty one. MySQL ends the transaction with every change of the schema.
    pub fn new(project: &'p Project) -> Draft<'p> {
        let transaction = !project.database.is_some_and(Database::is_mysql);
        Draft { project, found: Vec::new(), unread: Vec::new(), transaction }
    }

    /// Notes what a call does.
    pub fn push(&mut self, call: &Call<'_>, table: &str, act: impl Into<Act>) {
        self.found.push(call.does(table, act.into()));
    }

    /// Reads SQL that a call hands to the database.
    pub fn sql(&mut self, call: &Call<'_>, value: Option<&Value<'_>>) {
        match value {
            Some(Value::Text(text, line)) => match self.project.database {
                Some(Database::Postgres) | None => match sql::read(&with_positions(text), *line) {
                    Ok(found) => self.found.extend(found),
                    Err(why) => self.unread.push(why),
                },
                Some(_) => self.unread.push(format!("line {line}: SQL of another database than PostgreSQL")),
            },
            Some(Value::List(list)) => list.iter().for_each(|item| self.sql(call, Some(item))),
            // text("..."), sa.text("..."), DB::raw("...") say their text.
            Some(Value::Call(inner)) if matches!(&*inner.name, "text" | "raw" | "literal" | "dedent" | "sql") && !inner.args.is_empty() => {
                self.sql(call, inner.args.first());
            }
            _ => self.unread.push(format!("line {}: SQL that the code puts together", call.line)),
        }
    }

    /// What was read.
    pub fn done(self) -> Migration {
        Migration { operations: self.found, unread: self.unread, transaction: self.transaction, ..Migration::default() }
    }
}

/// SQL with the names of its parameters (`:state`, `%(state)s`) as PostgreSQL numbers them, so that lines stay.
fn with_positions(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find([':', '%']) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let cast = before.ends_with(':') || after.starts_with("::") || out.ends_with(|c: char| c.is_alphanumeric());
        let name: String = after[1..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if after.starts_with("%(") && after.contains(")s") {
            out.push_str("$1");
            rest = after.split_once(")s").map_or("", |(_, rest)| rest);
        } else if let Some(more) = after.strip_prefix("%s") {
            out.push_str("$1");
            rest = more;
        } else if after.starts_with(':') && !cast && name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            out.push_str("$1");
            rest = &after[1 + name.len()..];
        } else {
            let width = if after.starts_with("::") { 2 } else { 1 };
            out.push_str(&after[..width]);
            rest = &after[width..];
        }
    }
    out + rest
}

/// The default of a new column from an expression that the database evaluates.
pub fn default_of(text: &str) -> Default {
    let text = text.trim();
    let constant = !text.contains('(') || text.starts_with('\'');
    if text.eq_ignore_ascii_case("null") {
        Default::None
    } else if constant {
        Default::Constant
    } else {
        Default::Expression(text.to_owned())
    }
}

/// A small number as a length.
pub fn size(value: Option<&Value<'_>>) -> Option<u32> {
    match value {
        Some(Value::Number(number)) => u32::try_from(*number).ok(),
        _ => None,
    }
}
