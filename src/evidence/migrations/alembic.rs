//! Alembic migrations: what `upgrade` does through `op`.

use super::calls::{Call, Value, call_of, walk};
use super::draft::{Column, Draft, default_of, size};
use super::model::{Act, Computed, Default, Migration};
use super::project::Project;
use super::types::SqlType;
use crate::evidence::syntax::{Node, Tree};

/// Reads a migration; nothing where the file defines none.
pub fn read(tree: &Tree, project: &Project) -> Option<Migration> {
    let root = tree.root();
    let mut up = None;
    walk(&root, &mut |node| {
        if node.kind() == "function_definition" {
            if node.field("name").is_some_and(|name| name.text() == "upgrade") {
                up = Some(node.clone());
            }
            return false;
        }
        true
    });
    if !tree.text().contains("revision") {
        return None;
    }
    let up = up?;
    let mut draft = Draft::new(project);
    // What stands in such a block runs outside the transaction; the block ends the one before it.
    if up.text().contains("autocommit_block") {
        draft.transaction = false;
    }
    let mut reader = Reader { draft, batch: None };
    reader.calls(&up);
    Some(reader.draft.done())
}

struct Reader<'p> {
    draft: Draft<'p>,
    /// The name and table of the `batch_alter_table` around.
    batch: Option<(String, String)>,
}

impl Reader<'_> {
    fn calls(&mut self, node: &Node<'_>) {
        let mut found = Vec::new();
        walk(node, &mut |inner| {
            if let Some(call) = (inner.kind() == "call").then(|| call_of(inner)).flatten() {
                found.push(call);
                return false;
            }
            true
        });
        for call in found {
            self.call(&call);
        }
    }

    fn call(&mut self, call: &Call<'_>) {
        if call.name == "batch_alter_table" {
            let table = call.text(0).unwrap_or_default().to_owned();
            let with = call.node.parent().map(|parent| parent.text().into_owned()).unwrap_or_default();
            let name = with.rsplit(" as ").next().unwrap_or_default().trim().trim_end_matches(':').to_owned();
            self.batch = Some((name, table));
            return;
        }
        match &call.on {
            Some(Value::Name(on)) if on == "op" => self.operation(call, None),
            Some(Value::Name(on)) if self.batch.as_ref().is_some_and(|(name, _)| name == on) => {
                let table = self.batch.as_ref().map(|(_, table)| table.clone());
                self.operation(call, table);
            }
            Some(_) if matches!(&*call.name, "execute" | "exec_driver_sql") => {
                if call.args.first().is_some_and(|value| value.text().is_some() || value.word() == Some("text")) {
                    self.draft.sql(call, call.args.first());
                } else if call.node.text().contains("update(") || call.node.text().contains("delete(") {
                    self.draft.push(call, "", Act::WriteRows { batched: false });
                }
            }
            _ => self.calls_inside(call),
        }
    }

    fn calls_inside(&mut self, call: &Call<'_>) {
        for child in call.node.named_children() {
            self.calls(&child);
        }
    }

    /// One operation; in a batch the table is not among the arguments.
    fn operation(&mut self, call: &Call<'_>, batch: Option<String>) {
        let at = usize::from(batch.is_none());
        let named = !call.name.starts_with("create_") && !call.name.starts_with("drop_")
            || matches!(&*call.name, "create_table" | "drop_table" | "drop_column");
        let table_at = if named { 0 } else { 1 };
        let table = batch.unwrap_or_else(|| {
            let keys = ["table_name", "source_table", "source"];
            let told = keys.iter().find_map(|key| call.option(key)).or_else(|| call.args.get(table_at));
            told.and_then(Value::text).unwrap_or_default().to_owned()
        });
        let arg = |index: usize| call.args.get(index);
        let texts = |value: Option<&Value<'_>>| value.map(Value::texts).unwrap_or_default();
        match &*call.name {
            "create_table" => self.draft.push(call, &table, Act::CreateTable { force: false }),
            "drop_table" => self.draft.push(call, &table, Act::DropTable),
            "rename_table" => self.draft.push(call, &table, Act::RenameTable { to: call.text(1).unwrap_or_default().to_owned() }),
            "add_column" => {
                if let Some(column) = arg(at).and_then(Value::call) {
                    self.add_column(call, &table, column);
                }
            }
            "drop_column" => {
                let column = call.either("column_name", at).and_then(Value::text).unwrap_or_default().to_owned();
                self.draft.push(call, &table, Act::DropColumns { columns: vec![column] });
            }
            "alter_column" => self.alter_column(call, &table, at),
            "create_index" => {
                let columns = texts(call.option("columns").or_else(|| arg(at + 1)));
                let unique = call.option("unique").is_some_and(Value::is_true);
                let concurrently = call.option("postgresql_concurrently").is_some_and(Value::is_true);
                self.draft.push(call, &table, Act::AddIndex { columns, unique, concurrently, invalid: false });
            }
            "drop_index" => {
                let concurrently = call.option("postgresql_concurrently").is_some_and(Value::is_true);
                self.draft.push(call, &table, Act::DropIndex { concurrently });
            }
            "create_foreign_key" => {
                let to = arg(at + 1).and_then(Value::text).or_else(|| call.option("referent_table").and_then(Value::text));
                let to = to.unwrap_or_default().to_owned();
                let column = texts(call.option("local_cols").or_else(|| arg(at + 2))).join(", ");
                let validated = !call.option("postgresql_not_valid").is_some_and(Value::is_true);
                self.draft.push(call, &table, Act::AddForeignKey { column, to, validated });
            }
            "create_unique_constraint" => {
                let columns = texts(call.option("columns").or_else(|| arg(at + 1)));
                self.draft.push(call, &table, Act::AddUnique { columns, using_index: false });
            }
            "create_check_constraint" => {
                let name = call.text(0).unwrap_or_default().to_owned();
                let expression = arg(at + 1).and_then(Value::text).unwrap_or_default().to_owned();
                let validated = !call.option("postgresql_not_valid").is_some_and(Value::is_true);
                self.draft.push(call, &table, Act::AddCheck { name, expression, validated });
            }
            "create_primary_key" => self.draft.push(call, &table, Act::AddPrimaryKey { using_index: false }),
            "create_exclude_constraint" => self.draft.push(call, &table, Act::AddExclusion),
            "execute" => {
                let text = arg(0).is_some_and(|value| value.text().is_some() || value.word() == Some("text"));
                if text {
                    self.draft.sql(call, arg(0));
                } else if call.node.text().contains("update(") || call.node.text().contains("delete(") {
                    self.draft.push(call, "", Act::WriteRows { batched: false });
                } else if !matches!(arg(0).and_then(Value::word), Some("CreateSequence" | "DropSequence" | "CreateSchema")) {
                    self.draft.sql(call, arg(0));
                }
            }
            _ => {}
        }
    }

    fn add_column(&mut self, call: &Call<'_>, table: &str, column: &Call<'_>) {
        let name = column.text(0).unwrap_or_default();
        let mut new = Column::new(name, column.args.get(1).and_then(type_of));
        new.required = column.option("nullable").is_some_and(Value::is_false);
        new.default = match column.option("server_default") {
            None | Some(Value::Null) => Default::None,
            Some(Value::Text(_, _)) => Default::Constant,
            Some(Value::Call(inner)) => match inner.text(0) {
                Some(text) => default_of(text),
                None => Default::Expression(format!("{}()", inner.name)),
            },
            Some(_) => Default::Constant,
        };
        if column.args.iter().filter_map(Value::call).any(|inner| inner.name == "Identity") {
            new.computed = Computed::Counted;
        }
        let stored = column.args.iter().filter_map(Value::call).find(|inner| inner.name == "Computed");
        if stored.is_some_and(|inner| !inner.option("persisted").is_some_and(Value::is_false)) {
            new.computed = Computed::Stored;
        }
        self.draft.push(call, table, new);
        for inner in column.args.iter().filter_map(Value::call).filter(|inner| inner.name == "ForeignKey") {
            let to = inner.text(0).unwrap_or_default().split('.').next().unwrap_or_default().to_owned();
            self.draft.push(call, table, Act::AddForeignKey { column: name.to_owned(), to, validated: true });
        }
    }

    fn alter_column(&mut self, call: &Call<'_>, table: &str, at: usize) {
        let column = call.either("column_name", at).and_then(Value::text).unwrap_or_default().to_owned();
        if let Some(to) = call.option("new_column_name").and_then(Value::text) {
            self.draft.push(call, table, Act::RenameColumn { column: column.clone(), to: to.to_owned() });
        }
        let required =
            call.option("nullable").is_some_and(Value::is_false) && !call.option("existing_nullable").is_some_and(Value::is_false);
        match call.option("type_") {
            Some(kind) => {
                let before = call.option("existing_type").and_then(type_of);
                self.draft.push(call, table, Act::ChangeColumn { column, to: type_of(kind), before, required, restated: false });
            }
            None if required => self.draft.push(call, table, Act::SetNotNull { column, fills: false }),
            None => {}
        }
    }
}

/// `sa.String(length=20)`, `sa.Numeric(10, 2)`, `postgresql.JSONB`.
fn type_of(value: &Value<'_>) -> Option<SqlType> {
    let name = value.word()?;
    let call = value.call();
    let number = |key: &str, at: usize| call.and_then(|call| size(call.either(key, at)));
    Some(match name {
        "String" | "VARCHAR" | "Unicode" => SqlType::new("varchar", number("length", 0), None),
        "Text" | "TEXT" | "UnicodeText" => SqlType::new("text", None, None),
        "Numeric" | "NUMERIC" | "DECIMAL" => SqlType::new("numeric", number("precision", 0), number("scale", 1)),
        "DateTime" | "TIMESTAMP" => {
            let zone = call.and_then(|call| call.either("timezone", 0)).is_some_and(Value::is_true);
            SqlType::new(if zone { "timestamptz" } else { "timestamp" }, None, None)
        }
        "BigInteger" | "BIGINT" => SqlType::new("bigint", None, None),
        "SmallInteger" | "SMALLINT" => SqlType::new("smallint", None, None),
        "LargeBinary" | "BYTEA" => SqlType::new("binary", None, None),
        // Two enums of one name are told apart by nothing here.
        "Enum" | "ENUM" => SqlType::new("enum", None, None),
        other => SqlType::new(other, None, None),
    })
}
