//! Migrations of Knex, Sequelize, TypeORM and MikroORM: what the function `up` does.

use super::calls::{Call, Value, call_of, walk};
use super::draft::{Column, Draft, size};
use super::model::{Act, Computed, Default, Migration};
use super::project::Project;
use super::types::SqlType;
use crate::evidence::syntax::{Node, Tree};

/// Reads a migration; nothing where the file defines none.
pub fn read(tree: &Tree, project: &Project) -> Option<Migration> {
    let root = tree.root();
    let mut up = None;
    walk(&root, &mut |node| {
        let name = match &*node.kind() {
            "function_declaration" | "method_definition" | "public_field_definition" => node.field("name"),
            "assignment_expression" => node.field("left"),
            "pair" => node.field("key"),
            "variable_declarator" => node.field("name"),
            _ => return up.is_none(),
        };
        let name = name.map(|name| name.text().into_owned()).unwrap_or_default();
        match &*name {
            "up" | "exports.up" | "module.exports.up" if up.is_none() => up = Some(node.clone()),
            "down" | "exports.down" | "module.exports.down" => return false,
            _ => {}
        }
        up.is_none()
    });
    let up = up?;
    let mut draft = Draft::new(project);
    let text: String = tree.text().chars().filter(|c| !c.is_whitespace()).collect();
    if text.contains("transaction:false") || text.contains("transaction=false") {
        draft.transaction = false;
    }
    // Sequelize opens no transaction by itself.
    if text.contains("queryInterface") && !text.contains("transaction") {
        draft.transaction = false;
    }
    let mut reader = Reader { draft };
    reader.calls(&up, None);
    Some(reader.draft.done())
}

struct Reader<'p> {
    draft: Draft<'p>,
}

impl Reader<'_> {
    fn calls(&mut self, node: &Node<'_>, table: Option<(&str, &str)>) {
        let mut found = Vec::new();
        walk(node, &mut |inner| {
            if let Some(call) = (inner.kind() == "call_expression").then(|| call_of(inner)).flatten() {
                found.push(call);
                return false;
            }
            true
        });
        for call in found {
            self.call(&call, table);
        }
    }

    /// `table`: what the callback around calls its table builder, and the table.
    fn call(&mut self, call: &Call<'_>, table: Option<(&str, &str)>) {
        let chain = call.chain();
        let root = call.root().unwrap_or_default();
        if let Some((variable, table)) = table
            && root == variable
        {
            return self.builder(&chain, table);
        }
        let mut known = false;
        // Schema builders are chained: knex.schema.alterTable(..).alterTable(..).
        for link in chain.iter().rev() {
            known |= self.statement(link);
        }
        if !known {
            for child in call.node.named_children() {
                self.calls(&child, table);
            }
        }
    }

    fn inside(&mut self, call: &Call<'_>, table: &str) {
        let Some(list) = call.node.field("arguments") else { return };
        for function in list.named_children().filter(|child| child.kind().contains("function")) {
            let parameters = function.field("parameters").or_else(|| function.field("parameter"));
            let first = parameters.map(|list| list.text().into_owned()).unwrap_or_default();
            let variable = first.trim_start_matches('(').split([':', ',', ')', ' ']).next().unwrap_or_default().to_owned();
            if let Some(body) = function.field("body") {
                self.calls(&body, Some((&variable, table)));
            }
        }
    }

    fn statement(&mut self, call: &Call<'_>) -> bool {
        let table = table_of(call.args.first());
        let second = call.args.get(1).map(name_of).unwrap_or_default();
        match &*call.name {
            "alterTable" | "table" if call.args.len() == 2 => self.inside(call, &table),
            "createTable" | "createTableIfNotExists" => {
                self.draft.push(call, &table, Act::CreateTable { force: false });
                self.columns_of_new(call, &table);
            }
            "dropTable" | "dropTableIfExists" => self.draft.push(call, &table, Act::DropTable),
            "renameTable" => self.draft.push(call, &table, Act::RenameTable { to: second }),
            "raw" | "query" | "addSql" | "execute" if !call.args.is_empty() => self.draft.sql(call, call.args.first()),
            "addColumn" | "addColumns" => self.add_column(call, &table),
            "removeColumn" | "dropColumn" => self.draft.push(call, &table, Act::DropColumns { columns: vec![second] }),
            "dropColumns" => {
                let columns = call.args.get(1).map(Value::texts).unwrap_or_default();
                self.draft.push(call, &table, Act::DropColumns { columns });
            }
            "renameColumn" => {
                let to = call.args.get(2).map(name_of).unwrap_or_default();
                self.draft.push(call, &table, Act::RenameColumn { column: second, to });
            }
            "changeColumn" => {
                let options = call.args.get(2).map(|value| value.call().and_then(|inner| inner.args.first()).unwrap_or(value));
                let kind = options.and_then(|options| options.get("type")).and_then(type_of);
                let required = options.and_then(|options| options.get("allowNull")).is_some_and(Value::is_false);
                self.draft.push(call, &table, Act::ChangeColumn { column: second, to: kind, before: None, required, restated: true });
            }
            "addIndex" | "createIndex" => {
                let spec = call.args.get(1);
                let spec = spec.map(|value| value.call().and_then(|inner| inner.args.first()).unwrap_or(value));
                let listed = |key: &str| call.option(key).or_else(|| spec.and_then(|spec| spec.get(key))).map(Value::texts);
                let columns = spec.map(Value::texts).filter(|list| !list.is_empty());
                let columns = columns.or_else(|| listed("fields")).or_else(|| listed("columnNames")).unwrap_or_default();
                let flag = |key: &str| {
                    let value = call.option(key).or_else(|| spec.and_then(|spec| spec.get(key)));
                    value.is_some_and(|value| value.is_true() || value.text() == Some("UNIQUE"))
                };
                let (concurrently, unique) = (flag("concurrently") || flag("isConcurrent"), flag("unique") || flag("isUnique"));
                self.draft.push(call, &table, Act::AddIndex { columns, unique, concurrently, invalid: false });
            }
            "removeIndex" | "dropIndex" => {
                let concurrently = call.option("concurrently").is_some_and(Value::is_true);
                self.draft.push(call, &table, Act::DropIndex { concurrently });
            }
            "addConstraint" => self.add_constraint(call, &table),
            "createForeignKey" => {
                self.draft.push(call, &table, Act::AddForeignKey { column: String::new(), to: String::new(), validated: true })
            }
            "createUniqueConstraint" => self.draft.push(call, &table, Act::AddUnique { columns: Vec::new(), using_index: false }),
            "createCheckConstraint" => {
                self.draft.push(call, &table, Act::AddCheck { name: String::new(), expression: String::new(), validated: true });
            }
            "bulkUpdate" | "bulkDelete" => self.draft.push(call, &table, Act::WriteRows { batched: false }),
            "update" | "delete" | "del" if call.on.as_ref().and_then(Value::call).is_some() => {
                self.draft.push(call, "", Act::WriteRows { batched: false });
            }
            _ => return false,
        }
        true
    }

    fn add_constraint(&mut self, call: &Call<'_>, table: &str) {
        let columns = call.option("fields").or_else(|| call.args.get(1)).map(Value::texts).unwrap_or_default();
        let act = match call.option("type").and_then(Value::text).unwrap_or_default().to_ascii_lowercase().as_str() {
            "unique" => Act::AddUnique { columns, using_index: false },
            "check" => Act::AddCheck { name: String::new(), expression: String::new(), validated: true },
            "primary key" => Act::AddPrimaryKey { using_index: false },
            "foreign key" => {
                let to = call.option("references").and_then(|key| key.get("table")).map(name_of).unwrap_or_default();
                Act::AddForeignKey { column: columns.join(", "), to, validated: true }
            }
            _ => return,
        };
        self.draft.push(call, table, act);
    }

    fn add_column(&mut self, call: &Call<'_>, table: &str) {
        // TypeORM: addColumn("t", new TableColumn({ name, type, isNullable, default })).
        let given = call.args.get(1).and_then(Value::call).and_then(|inner| inner.args.first());
        let options = given.or_else(|| call.args.get(2));
        let name = given.and_then(|options| options.get("name")).or_else(|| call.args.get(1)).and_then(Value::text).unwrap_or_default();
        let get = |key: &str| options.and_then(|options| options.get(key));
        let mut column = Column::new(name, get("type").and_then(type_of));
        column.required =
            if given.is_some() { !get("isNullable").is_some_and(Value::is_true) } else { get("allowNull").is_some_and(Value::is_false) };
        column.default = default_of(get("defaultValue").or_else(|| get("default")));
        if get("autoIncrement").or_else(|| get("isGenerated")).is_some_and(Value::is_true) {
            column.computed = Computed::Counted;
        }
        self.draft.push(call, table, column);
        if let Some(key) = get("references") {
            let to = key.get("model").map(table_in).or_else(|| key.text().map(str::to_owned)).unwrap_or_default();
            self.draft.push(call, table, Act::AddForeignKey { column: name.to_owned(), to, validated: true });
        }
        if get("unique").is_some_and(Value::is_true) {
            self.draft.push(call, table, Act::AddUnique { columns: vec![name.to_owned()], using_index: false });
        }
    }

    /// Knex's table builder: a column with its modifiers, or a command.
    fn builder(&mut self, chain: &[&Call<'_>], table: &str) {
        let Some(first) = chain.last() else { return };
        let has = |name: &str| chain.iter().any(|link| link.name == name);
        let columns = || first.args.iter().flat_map(Value::texts).collect::<Vec<_>>();
        let named = || first.args.first().map(Value::texts).unwrap_or_default();
        let act = match &*first.name {
            "dropColumn" | "dropColumns" => Act::DropColumns { columns: columns() },
            "dropTimestamps" => Act::DropColumns { columns: vec!["created_at".into(), "updated_at".into()] },
            "renameColumn" => {
                Act::RenameColumn { column: first.text(0).unwrap_or_default().to_owned(), to: first.text(1).unwrap_or_default().to_owned() }
            }
            "index" => Act::AddIndex { columns: named(), unique: false, concurrently: false, invalid: false },
            "unique" => Act::AddUnique { columns: named(), using_index: false },
            "primary" => Act::AddPrimaryKey { using_index: false },
            "dropIndex" => Act::DropIndex { concurrently: false },
            "dropNullable" => Act::SetNotNull { column: named().join(", "), fills: false },
            "foreign" => {
                let to = chain.iter().find(|link| link.name == "inTable").and_then(|link| link.text(0)).unwrap_or_default().to_owned();
                Act::AddForeignKey { column: named().join(", "), to, validated: true }
            }
            name if name.starts_with("drop") || matches!(name, "setNullable" | "comment" | "check") => return,
            _ => return self.knex_column(chain, first, table, has("notNullable")),
        };
        self.draft.push(first, table, act);
    }

    fn knex_column(&mut self, chain: &[&Call<'_>], first: &Call<'_>, table: &str, required: bool) {
        let find = |name: &str| chain.iter().find(|link| link.name == name);
        let name = first.text(0).unwrap_or_default().to_owned();
        let size_of = |at: usize| size(first.args.get(at));
        let kind = match &*first.name {
            "string" => SqlType::new("varchar", Some(size_of(1).unwrap_or(255)), None),
            "decimal" => SqlType::new("numeric", Some(size_of(1).unwrap_or(8)), Some(size_of(2).unwrap_or(2))),
            "specificType" => SqlType::parse(first.text(1).unwrap_or_default()),
            "bigInteger" | "bigint" => SqlType::new("bigint", None, None),
            "timestamp" | "datetime" | "dateTime" => SqlType::new("timestamptz", None, None),
            other => SqlType::new(other, None, None),
        };
        if find("alter").is_some() {
            return self.draft.push(
                first,
                table,
                Act::ChangeColumn { column: name, to: Some(kind), before: None, required, restated: true },
            );
        }
        let counted = matches!(&*first.name, "increments" | "bigIncrements");
        let default = default_of(find("defaultTo").and_then(|link| link.args.first()));
        let computed = if counted { Computed::Counted } else { Computed::No };
        self.draft.push(first, table, Column { required, default, computed, ..Column::new(&name, Some(kind)) });
        if let Some(to) = find("inTable").or_else(|| find("references")).and_then(|link| link.text(0)) {
            self.draft.push(first, table, Act::AddForeignKey { column: name.clone(), to: to.to_owned(), validated: true });
        }
        if find("unique").is_some() {
            self.draft.push(first, table, Act::AddUnique { columns: vec![name.clone()], using_index: false });
        }
        if find("index").is_some() {
            self.draft.push(first, table, Act::AddIndex { columns: vec![name], unique: false, concurrently: false, invalid: false });
        }
    }

    /// Types of a new table, for later changes of it.
    fn columns_of_new(&mut self, call: &Call<'_>, table: &str) {
        if let Some(Value::Map(columns)) = call.args.get(1) {
            for (name, options) in columns {
                let kind = options.get("type").and_then(type_of);
                let required = options.get("allowNull").is_some_and(Value::is_false);
                self.draft.push(call, table, Column { required, ..Column::new(name, kind) });
            }
        } else {
            self.inside(call, table);
        }
    }
}

fn name_of(value: &Value<'_>) -> String {
    value.text().map(str::to_owned).unwrap_or_else(|| table_in(value))
}

/// `"users"` or `{ tableName: "users" }`.
fn table_in(value: &Value<'_>) -> String {
    let named = value.get("tableName").or_else(|| value.get("name")).or_else(|| value.call().and_then(|call| call.option("name")));
    value.text().or_else(|| named.and_then(Value::text)).unwrap_or_default().to_owned()
}

fn table_of(value: Option<&Value<'_>>) -> String {
    value.map(table_in).unwrap_or_default()
}

fn default_of(value: Option<&Value<'_>>) -> Default {
    match value {
        None | Some(Value::Null) => Default::None,
        Some(Value::Call(call)) if matches!(&*call.name, "literal" | "raw" | "fn") => {
            super::draft::default_of(call.text(0).unwrap_or("unknown()"))
        }
        Some(Value::Text(text, _)) if text.ends_with("()") => Default::Expression(text.clone()),
        Some(_) => Default::Constant,
    }
}

/// `Sequelize.STRING(100)`, `DataTypes.TEXT`, `"varchar(20)"`.
fn type_of(value: &Value<'_>) -> Option<SqlType> {
    if let Value::Text(text, _) = value {
        return Some(SqlType::parse(text));
    }
    let call = value.call();
    let number = |at: usize| call.and_then(|call| size(call.args.get(at)));
    Some(match value.word()? {
        "STRING" => SqlType::new("varchar", Some(number(0).unwrap_or(255)), None),
        "DECIMAL" => SqlType::new("numeric", number(0), number(1)),
        "DATE" => SqlType::new("timestamptz", None, None),
        other => SqlType::new(other, None, None),
    })
}
