//! Ecto migrations: what `change` and `up` do.

use super::calls::{Call, Value, call_of, walk};
use super::draft::{Column, Draft, size};
use super::model::{Act, Computed, Default, Migration};
use super::project::Project;
use super::types::SqlType;
use crate::evidence::syntax::{Node, Tree};

/// Reads a migration; nothing where the file defines none.
pub fn read(tree: &Tree, project: &Project) -> Option<Migration> {
    let root = tree.root();
    let mut reader = Reader { draft: Draft::new(project), table: None };
    let (mut starts, mut uses) = (Vec::new(), false);
    walk(&root, &mut |node| {
        if node.kind() != "call" {
            return true;
        }
        let Some(call) = call_of(node) else { return true };
        match &*call.name {
            "use" => uses |= node.text().contains("Migration"),
            "disable_ddl_transaction" if node.text().contains("true") => reader.draft.transaction = false,
            "def" | "defp" => {
                let name = call.args.first().and_then(Value::word).unwrap_or_default();
                let name = if let Some(Value::Name(name)) = call.args.first() { name.as_str() } else { name };
                if call.name == "def" && matches!(name, "change" | "up") {
                    starts.push(node.clone());
                }
                return false;
            }
            _ => {}
        }
        true
    });
    if !uses {
        return None;
    }
    for start in starts {
        reader.inside(&start);
    }
    Some(reader.draft.done())
}

struct Reader<'p> {
    draft: Draft<'p>,
    /// The table of the `alter` or `create` around, and whether it is new.
    table: Option<(String, bool)>,
}

impl Reader<'_> {
    /// Everything inside a call but its own name and arguments by position.
    fn inside(&mut self, node: &Node<'_>) {
        for child in node.named_children() {
            let mut calls = Vec::new();
            walk(&child, &mut |inner| {
                if inner.kind() == "call" {
                    calls.push(inner.clone());
                    return false;
                }
                true
            });
            for inner in calls {
                if let Some(call) = call_of(&inner) {
                    self.call(&call);
                }
            }
        }
    }

    fn call(&mut self, call: &Call<'_>) {
        let first = call.args.first().and_then(Value::call);
        match &*call.name {
            "create" | "create_if_not_exists" => self.create(call, first),
            "alter" => {
                let before = self.table.replace((table_of(call.args.first()), false));
                self.inside(&call.node);
                self.table = before;
            }
            "drop" | "drop_if_exists" => {
                if let Some(what) = first {
                    let table = table_of(what.args.first());
                    match &*what.name {
                        "table" => self.draft.push(call, &table, Act::DropTable),
                        "index" | "unique_index" => self.draft.push(call, &table, Act::DropIndex { concurrently: is_concurrent(what) }),
                        "constraint" => {
                            let name = what.args.get(1).and_then(Value::word).unwrap_or_default().to_owned();
                            self.draft.push(call, &table, Act::DropConstraint { name });
                        }
                        _ => {}
                    }
                }
            }
            "rename" => {
                let table = table_of(call.args.first());
                let to = call.option("to");
                match (call.text(1), to) {
                    (Some(column), Some(to)) => {
                        let to = to.word().unwrap_or_default().to_owned();
                        self.draft.push(call, &table, Act::RenameColumn { column: column.to_owned(), to });
                    }
                    _ if first.is_some_and(|what| what.name == "table") => {
                        self.draft.push(call, &table, Act::RenameTable { to: table_of(to) })
                    }
                    _ => {}
                }
            }
            "execute" => match call.args.first() {
                Some(Value::Other) | None => self.inside(&call.node),
                text => self.draft.sql(call, text),
            },
            "query" | "query!" => self.draft.sql(call, call.args.iter().find(|value| value.text().is_some())),
            "update_all" | "delete_all" => self.draft.push(call, "", Act::WriteRows { batched: false }),
            "down" | "def" | "defp" => {}
            _ => match self.table.clone() {
                Some((table, new)) if call.on.is_none() => self.in_table(call, &table, new),
                _ => self.inside(&call.node),
            },
        }
    }

    fn create(&mut self, call: &Call<'_>, what: Option<&Call<'_>>) {
        let Some(what) = what else { return };
        let table = table_of(what.args.first());
        match &*what.name {
            "table" => {
                self.draft.push(call, &table, Act::CreateTable { force: false });
                let before = self.table.replace((table, true));
                self.inside(&call.node);
                self.table = before;
            }
            "index" | "unique_index" => {
                let columns = what.args.get(1).map(Value::texts).unwrap_or_default();
                let unique = what.name == "unique_index" || what.option("unique").is_some_and(Value::is_true);
                self.draft.push(call, &table, Act::AddIndex { columns, unique, concurrently: is_concurrent(what), invalid: false });
            }
            "constraint" => {
                let name = what.args.get(1).and_then(Value::word).unwrap_or_default().to_owned();
                let validated = !what.option("validate").is_some_and(Value::is_false);
                let check = what.option("check").and_then(Value::text).map(str::to_owned);
                let act = check.map_or(Act::AddExclusion, |expression| Act::AddCheck { name, expression, validated });
                self.draft.push(call, &table, act);
            }
            _ => {}
        }
    }

    fn in_table(&mut self, call: &Call<'_>, table: &str, new: bool) {
        let column = call.args.first().and_then(Value::word).unwrap_or_default().to_owned();
        match &*call.name {
            "add" | "add_if_not_exists" => {
                self.add(call, table, &column);
                self.key(call, table, &column);
            }
            "modify" => {
                let reference = call.args.get(1).and_then(Value::call).is_some_and(|kind| kind.name == "references");
                let from = call.option("from");
                let before = match from {
                    Some(Value::List(parts)) => parts.first().and_then(|kind| type_of(kind, call)),
                    Some(kind) => type_of(kind, call),
                    None => None,
                };
                let was =
                    matches!(from, Some(Value::List(parts)) if parts.iter().any(|part| part.get("null").is_some_and(Value::is_false)));
                let to = call.args.get(1).and_then(|kind| type_of(kind, call)).filter(|_| !reference);
                let required = call.option("null").is_some_and(Value::is_false) && !was;
                self.draft.push(call, table, Act::ChangeColumn { column: column.clone(), to, before, required, restated: false });
                self.key(call, table, &column);
            }
            "remove" | "remove_if_exists" => self.draft.push(call, table, Act::DropColumns { columns: vec![column] }),
            "timestamps" if !new => {
                for name in ["inserted_at", "updated_at"] {
                    let null = call.option("null").is_some_and(Value::is_true);
                    let default = if call.option("default").is_some() { Default::Constant } else { Default::None };
                    let kind = Some(SqlType::new("timestamp", None, None));
                    self.draft.push(call, table, Column { required: !null, default, ..Column::new(name, kind) });
                }
            }
            _ => self.inside(&call.node),
        }
    }

    fn add(&mut self, call: &Call<'_>, table: &str, column: &str) {
        let kind = call.args.get(1).and_then(|kind| type_of(kind, call));
        let counted = kind.as_ref().is_some_and(|kind| matches!(&*kind.base, "serial" | "bigserial" | "identity"));
        let generated = call.option("generated").and_then(Value::text).is_some_and(|text| text.to_ascii_lowercase().contains("stored"));
        let default = match call.option("default") {
            None | Some(Value::Null) => Default::None,
            Some(Value::Call(call)) if call.name == "fragment" => Default::Expression(call.text(0).unwrap_or_default().to_owned()),
            Some(_) => Default::Constant,
        };
        let computed = if generated {
            Computed::Stored
        } else if counted {
            Computed::Counted
        } else {
            Computed::No
        };
        let required = call.option("null").is_some_and(Value::is_false);
        self.draft.push(call, table, Column { default, required, computed, ..Column::new(column, kind) });
    }

    fn key(&mut self, call: &Call<'_>, table: &str, column: &str) {
        let Some(key) = call.args.get(1).and_then(Value::call).filter(|kind| kind.name == "references") else { return };
        let validated = !key.option("validate").is_some_and(Value::is_false);
        self.draft.push(call, table, Act::AddForeignKey { column: column.to_owned(), to: table_of(key.args.first()), validated });
    }
}

fn is_concurrent(index: &Call<'_>) -> bool {
    index.option("concurrently").is_some_and(Value::is_true)
}

/// `:users`, `"users"` or `table(:users)`.
fn table_of(value: Option<&Value<'_>>) -> String {
    match value {
        Some(Value::Text(text, _)) => text.clone(),
        Some(Value::Call(call)) => call.text(0).unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}

fn type_of(value: &Value<'_>, call: &Call<'_>) -> Option<SqlType> {
    match value {
        Value::Text(name, _) => {
            let length = size(call.option("size")).or_else(|| size(call.option("precision")));
            let usual = (name == "string").then_some(255);
            Some(SqlType::new(name, length.or(usual), size(call.option("scale"))))
        }
        Value::Call(call) if call.name == "references" => Some(SqlType::new("bigint", None, None)),
        Value::List(_) => Some(SqlType::new("array", None, None)),
        _ => None,
    }
}
