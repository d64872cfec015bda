//! Migrations of Entity Framework: what the method `Up` does through `migrationBuilder`.

use super::calls::{Call, Value, call_of, walk};
use super::draft::{Column, Draft, default_of, size};
use super::model::{Act, Computed, Default, Migration};
use super::project::Project;
use super::types::SqlType;
use crate::evidence::syntax::Tree;

/// Reads a migration; nothing where the file defines none.
pub fn read(tree: &Tree, project: &Project) -> Option<Migration> {
    let root = tree.root();
    let mut up = None;
    walk(&root, &mut |node| {
        if node.kind() == "method_declaration" {
            if node.field("name").is_some_and(|name| name.text() == "Up") {
                up = Some(node.clone());
            }
            return false;
        }
        true
    });
    let up = up.filter(|up| up.text().contains("MigrationBuilder"))?;
    let mut draft = Draft::new(project);
    let mut calls = Vec::new();
    walk(&up, &mut |node| {
        if let Some(call) = (node.kind() == "invocation_expression").then(|| call_of(node)).flatten() {
            calls.push(call);
            return false;
        }
        true
    });
    for call in calls {
        // Annotations follow in a chain.
        let chain = call.chain();
        if let Some(first) = chain.last() {
            let identity = chain.iter().any(|link| link.name == "Annotation" && link.node.text().contains("Identity"));
            operation(&mut draft, first, identity);
        }
    }
    Some(draft.done())
}

fn operation(draft: &mut Draft<'_>, call: &Call<'_>, identity: bool) {
    let text = |key: &str, at: usize| call.either(key, at).and_then(Value::text).unwrap_or_default().to_owned();
    let listed = |one: &str, many: &str| call.option(one).or_else(|| call.option(many)).map(Value::texts).unwrap_or_default();
    let table = text("table", 1);
    let act: Act = match &*call.name {
        "CreateTable" => return draft.push(call, &text("name", 0), Act::CreateTable { force: false }),
        "DropTable" => return draft.push(call, &text("name", 0), Act::DropTable),
        "RenameTable" => return draft.push(call, &text("name", 0), Act::RenameTable { to: text("newName", 2) }),
        "RenameSequence" | "DropSequence" => {
            return draft.push(call, "", Act::RenameObject { to: text("newSchema", 3) });
        }
        "AddColumn" => {
            let computed = if identity {
                Computed::Counted
            } else if call.option("stored").is_some_and(Value::is_true) {
                Computed::Stored
            } else {
                Computed::No
            };
            let default = match (call.option("defaultValueSql"), call.option("defaultValue")) {
                (Some(sql), _) => default_of(sql.text().unwrap_or("unknown()")),
                (None, None | Some(Value::Null)) => Default::None,
                _ => Default::Constant,
            };
            let required = !call.option("nullable").is_some_and(Value::is_true) && call.option("computedColumnSql").is_none();
            Column { default, required, computed, ..Column::new(&text("name", 0), type_of(call, "type", "maxLength")) }.into()
        }
        "DropColumn" => Act::DropColumns { columns: vec![text("name", 0)] },
        "RenameColumn" => Act::RenameColumn { column: text("name", 0), to: text("newName", 2) },
        "AlterColumn" => {
            let before = type_of(call, "oldType", "oldMaxLength");
            let to = type_of(call, "type", "maxLength");
            let was_empty = call.option("oldNullable").is_some_and(Value::is_true);
            let required = was_empty && !call.option("nullable").is_some_and(Value::is_true);
            Act::ChangeColumn { column: text("name", 0), to, before, required, restated: true }
        }
        "CreateIndex" => {
            let unique = call.option("unique").is_some_and(Value::is_true);
            let concurrently = call.node.text().contains("CreatedConcurrently");
            Act::AddIndex { columns: listed("column", "columns"), unique, concurrently, invalid: false }
        }
        "DropIndex" => Act::DropIndex { concurrently: false },
        "AddForeignKey" => {
            Act::AddForeignKey { column: listed("column", "columns").join(", "), to: text("principalTable", 3), validated: true }
        }
        "AddUniqueConstraint" => Act::AddUnique { columns: listed("column", "columns"), using_index: false },
        "AddCheckConstraint" => Act::AddCheck { name: text("name", 0), expression: text("sql", 2), validated: true },
        "AddPrimaryKey" => Act::AddPrimaryKey { using_index: false },
        "Sql" => return draft.sql(call, call.either("sql", 0)),
        _ => return,
    };
    draft.push(call, &table, act);
}

fn type_of(call: &Call<'_>, key: &str, length: &str) -> Option<SqlType> {
    let mut kind = SqlType::parse(call.option(key)?.text()?);
    kind.size = kind.size.or_else(|| size(call.option(length)));
    Some(kind)
}
