//! Laravel migrations: what `up` does through `Schema`, `DB` and models.

use super::calls::{Call, Value, call_of, walk};
use super::draft::{Column, Draft, size};
use super::model::{Act, Computed, Default, Migration};
use super::names::table_of as table_of_model;
use super::project::Project;
use super::types::SqlType;
use crate::evidence::syntax::{Node, Tree};

/// Reads a migration; nothing where the file defines none.
pub fn read(tree: &Tree, project: &Project) -> Option<Migration> {
    let root = tree.root();
    let mut draft = Draft::new(project);
    let mut up = None;
    walk(&root, &mut |node| {
        match &*node.kind() {
            "method_declaration" => {
                if node.field("name").is_some_and(|name| name.text() == "up") {
                    up = Some(node.clone());
                }
                return false;
            }
            "property_declaration" if node.text().contains("withinTransaction") && node.text().contains("false") => {
                draft.transaction = false;
            }
            _ => {}
        }
        true
    });
    let up = up?;
    let mut reader = Reader { draft, blueprint: String::new() };
    reader.calls(&up, None, false);
    Some(reader.draft.done())
}

struct Reader<'p> {
    draft: Draft<'p>,
    /// What the closure around calls its blueprint.
    blueprint: String,
}

impl Reader<'_> {
    /// The outermost calls below a node. `table`: the table that the closure around is about, and whether it is new.
    fn calls(&mut self, node: &Node<'_>, table: Option<(&str, bool)>, batched: bool) {
        let mut found = Vec::new();
        walk(node, &mut |inner| {
            if let Some(call) = call_of(inner).filter(|_| inner.kind() != "object_creation_expression") {
                found.push(call);
                return false;
            }
            true
        });
        for call in found {
            self.call(&call, table, batched);
        }
    }

    fn call(&mut self, call: &Call<'_>, table: Option<(&str, bool)>, batched: bool) {
        let chain = call.chain();
        let Some(first) = chain.last().copied() else { return };
        let root = match &first.on {
            Some(Value::Name(name)) => name.rsplit('\\').next().unwrap_or(name),
            _ => "",
        };
        match (root, table) {
            ("Schema", _) => self.schema(&chain),
            ("DB", _) => self.database(call, &chain, batched),
            (name, Some((table, new))) if name == self.blueprint => self.blueprint(&chain, table, new),
            (name, _) if name.starts_with(char::is_uppercase) => self.model(call, &chain, name, batched),
            _ => {
                let batched = batched || chain.iter().any(|link| is_batch(&link.name));
                for child in call.node.named_children() {
                    self.calls(&child, table, batched);
                }
            }
        }
    }

    fn schema(&mut self, chain: &[&Call<'_>]) {
        let call = chain[0];
        // A name that the configuration gives stands for itself.
        let written = call.node.field("arguments").and_then(|list| list.named_children().next()).map(|first| first.text().into_owned());
        let table = call.text(0).map(str::to_owned).or(written).unwrap_or_default();
        match &*call.name {
            "create" => {
                self.draft.push(call, &table, Act::CreateTable { force: false });
                self.calls_of_closure(call, &table, true);
            }
            "table" => self.calls_of_closure(call, &table, false),
            "rename" => {
                let to = call.text(1).unwrap_or_default().to_owned();
                self.draft.push(call, &table, Act::RenameTable { to });
            }
            "drop" | "dropIfExists" => self.draft.push(call, &table, Act::DropTable),
            "dropColumns" => {
                let columns = call.args.get(1).map(Value::texts).unwrap_or_default();
                self.draft.push(call, &table, Act::DropColumns { columns });
            }
            _ => {
                for child in call.node.named_children() {
                    self.calls(&child, None, false);
                }
            }
        }
    }

    fn calls_of_closure(&mut self, call: &Call<'_>, table: &str, new: bool) {
        let Some(list) = call.node.field("arguments") else { return };
        for argument in list.named_children().skip(1) {
            let mut variable = None;
            walk(&argument, &mut |node| {
                if variable.is_none() && node.kind() == "simple_parameter" {
                    variable = node.field("name").map(|name| name.text().into_owned());
                }
                variable.is_none()
            });
            self.blueprint = variable.unwrap_or_default();
            self.calls(&argument, Some((table, new)), false);
        }
    }

    fn database(&mut self, call: &Call<'_>, chain: &[&Call<'_>], batched: bool) {
        for link in chain {
            match &*link.name {
                "statement" | "unprepared" | "update" | "delete"
                    if link.text(0).is_some() || matches!(link.args.first(), Some(Value::Other)) =>
                {
                    return self.draft.sql(link, link.args.first());
                }
                "transaction" => {
                    for child in link.node.named_children() {
                        self.calls(&child, None, batched);
                    }
                    return;
                }
                _ => {}
            }
        }
        let table = chain.iter().find(|link| link.name == "table").and_then(|link| link.text(0)).unwrap_or_default().to_owned();
        self.rows(call, chain, &table, batched);
    }

    fn model(&mut self, call: &Call<'_>, chain: &[&Call<'_>], name: &str, batched: bool) {
        self.rows(call, chain, &table_of_model(name), batched);
    }

    fn rows(&mut self, call: &Call<'_>, chain: &[&Call<'_>], table: &str, batched: bool) {
        let batched = batched || chain.iter().any(|link| is_batch(&link.name));
        if matches!(&*call.name, "update" | "delete" | "forceDelete" | "increment" | "decrement" | "truncate") && chain.len() > 1 {
            return self.draft.push(call, table, Act::WriteRows { batched });
        }
        for link in chain {
            if let Some(list) = link.node.field("arguments") {
                self.calls(&list, None, batched);
            }
        }
    }

    /// A chain on the blueprint: a column with its modifiers, or a command.
    fn blueprint(&mut self, chain: &[&Call<'_>], table: &str, new: bool) {
        let Some(first) = chain.last() else { return };
        let has = |name: &str| chain.iter().any(|link| link.name == name);
        let names = || first.args.first().map(Value::texts).unwrap_or_default();
        match &*first.name {
            "dropColumn" | "removeColumn" => {
                let columns = first.args.iter().flat_map(Value::texts).collect();
                self.draft.push(first, table, Act::DropColumns { columns });
            }
            "dropConstrainedForeignId" => self.draft.push(first, table, Act::DropColumns { columns: names() }),
            "dropSoftDeletes" => self.draft.push(first, table, Act::DropColumns { columns: vec!["deleted_at".into()] }),
            "dropTimestamps" => self.draft.push(first, table, Act::DropColumns { columns: vec!["created_at".into(), "updated_at".into()] }),
            "renameColumn" => {
                let (column, to) = (first.text(0).unwrap_or_default().to_owned(), first.text(1).unwrap_or_default().to_owned());
                self.draft.push(first, table, Act::RenameColumn { column, to });
            }
            "rename" => self.draft.push(first, table, Act::RenameTable { to: first.text(0).unwrap_or_default().to_owned() }),
            "drop" | "dropIfExists" => self.draft.push(first, table, Act::DropTable),
            "index" | "fullText" | "fulltext" | "spatialIndex" | "rawIndex" => {
                self.draft.push(first, table, Act::AddIndex { columns: names(), unique: false, concurrently: false, invalid: false });
            }
            "unique" => self.draft.push(first, table, Act::AddUnique { columns: names(), using_index: false }),
            "primary" => self.draft.push(first, table, Act::AddPrimaryKey { using_index: false }),
            "dropIndex" => self.draft.push(first, table, Act::DropIndex { concurrently: false }),
            "foreign" => {
                let to = chain.iter().find(|link| link.name == "on").and_then(|link| link.text(0)).unwrap_or_default().to_owned();
                let column = names().join(", ");
                self.draft.push(first, table, Act::AddForeignKey { column, to, validated: true });
            }
            name if name.starts_with("drop") || matches!(name, "comment" | "engine" | "charset" | "collation" | "temporary") => {}
            _ => self.column(chain, first, table, new),
        }
        if !new && !has("index") && first.name == "foreignId" && has("constrained") {
            let to = chain.iter().find(|link| link.name == "constrained").and_then(|link| link.text(0)).unwrap_or_default().to_owned();
            self.draft.push(first, table, Act::AddForeignKey { column: names().join(", "), to, validated: true });
        }
    }

    fn column(&mut self, chain: &[&Call<'_>], first: &Call<'_>, table: &str, new: bool) {
        let has = |name: &str| chain.iter().any(|link| link.name == name);
        let modifier = |name: &str| chain.iter().find(|link| link.name == name).map(|link| link.args.first());
        let usual = match &*first.name {
            "id" => "id",
            "softDeletes" | "softDeletesTz" => "deleted_at",
            "rememberToken" => "remember_token",
            "timestamps" | "timestampsTz" | "nullableTimestamps" => "updated_at",
            _ => "",
        };
        let name = first.text(0).map_or_else(|| usual.to_owned(), str::to_owned);
        let kind = type_of(first);
        let nullable = !matches!(modifier("nullable"), None | Some(Some(Value::Bool(false))));
        if has("change") {
            let act = Act::ChangeColumn { column: name, to: kind, before: None, required: !nullable, restated: true };
            return self.draft.push(first, table, act);
        }
        let filled =
            ["timestamps", "timestampsTz", "nullableTimestamps", "softDeletes", "softDeletesTz", "rememberToken", "nullableMorphs"];
        let counted = matches!(&*first.name, "id" | "increments" | "bigIncrements") || has("autoIncrement");
        let default = match modifier("default") {
            Some(Some(Value::Call(inner))) if inner.name == "raw" || inner.name == "Expression" => {
                Default::Expression(inner.text(0).unwrap_or_default().to_owned())
            }
            Some(Some(Value::Null)) | None => {
                if has("useCurrent") {
                    Default::Constant
                } else {
                    Default::None
                }
            }
            Some(_) => Default::Constant,
        };
        let computed = if has("storedAs") {
            Computed::Stored
        } else if counted {
            Computed::Counted
        } else {
            Computed::No
        };
        let required = !nullable && !filled.contains(&&*first.name) && !has("virtualAs") && !counted;
        self.draft.push(first, table, Column { default, required, computed, ..Column::new(&name, kind) });
        if new {
            return;
        }
        if has("unique") {
            self.draft.push(first, table, Act::AddUnique { columns: vec![name.clone()], using_index: false });
        }
        if has("index") {
            self.draft.push(first, table, Act::AddIndex { columns: vec![name], unique: false, concurrently: false, invalid: false });
        }
    }
}

fn is_batch(name: &str) -> bool {
    name.starts_with("chunk") || name.starts_with("lazy") || matches!(name, "cursor" | "each" | "eachById")
}

fn type_of(call: &Call<'_>) -> Option<SqlType> {
    let number = |at: usize| size(call.args.get(at));
    Some(match &*call.name {
        "string" => SqlType::new("varchar", Some(number(1).unwrap_or(255)), None),
        "char" => SqlType::new("char", Some(number(1).unwrap_or(255)), None),
        "decimal" => SqlType::new("numeric", Some(number(1).unwrap_or(8)), Some(number(2).unwrap_or(2))),
        "bigInteger" | "unsignedBigInteger" | "foreignId" | "id" | "bigIncrements" => SqlType::new("bigint", None, None),
        "integer" | "unsignedInteger" | "increments" | "mediumInteger" | "unsignedMediumInteger" => SqlType::new("integer", None, None),
        "smallInteger" | "tinyInteger" | "unsignedSmallInteger" | "unsignedTinyInteger" => SqlType::new("smallint", None, None),
        "text" | "mediumText" | "longText" | "tinyText" => SqlType::new("text", None, None),
        "timestamp" | "dateTime" => SqlType::new("timestamp", number(1), None),
        "timestampTz" | "dateTimeTz" => SqlType::new("timestamptz", number(1), None),
        other => SqlType::new(other, None, None),
    })
}
