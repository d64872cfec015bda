//! Rails migrations: what `change` and `up` do. `down` is read only for the types that columns had before.

use std::collections::BTreeMap;

use super::calls::{Call, DYNAMIC, Value, call_of, value_of, walk};
use super::model::{Act, Computed, Database, Default, Migration, Operation};
use super::names::{singular, table_of};
use super::project::Project;
use super::sql;
use super::types::SqlType;
use crate::evidence::syntax::{Node, Tree};

/// Methods that follow each other in one migration: more are not followed.
const DEEPEST: u32 = 12;

/// Reads a migration; nothing where the file defines none.
pub fn read(tree: &Tree, project: &Project) -> Option<Migration> {
    let root = tree.root();
    let mut class = None;
    walk(&root, &mut |node| {
        let parent = || node.field("superclass").is_some_and(|parent| parent.text().contains("Migration"));
        if class.is_none() && node.kind() == "class" && parent() {
            class = Some(node.clone());
        }
        class.is_none()
    });
    let class = class?;
    let mut reader = Reader::new(project);
    let mut starts = Vec::new();
    walk(&class, &mut |node| {
        match &*node.kind() {
            "method" | "singleton_method" => {
                let name = node.field("name").map(|name| name.text().into_owned()).unwrap_or_default();
                if matches!(&*name, "change" | "up") {
                    starts.push(node.clone());
                }
                reader.methods.insert(name, node.clone());
                return false;
            }
            "assignment" => {
                if let (Some(name), Some(value)) = (node.field("left"), node.field("right")) {
                    reader.constants.insert(name.text().into_owned(), value_of(&value));
                }
            }
            "call" | "identifier" if node.text() == "disable_ddl_transaction!" => reader.transaction = false,
            _ => {}
        }
        true
    });
    if let Some(down) = reader.methods.get("down").cloned() {
        reader.read_down(&down);
    }
    for start in starts {
        reader.body(&start, &Place::default());
    }
    let transaction = reader.transaction;
    Some(Migration { operations: reader.found, transaction, unread: reader.unread, ..Migration::default() })
}

/// Where in a migration the reader is.
#[derive(Clone, std::default::Default)]
struct Place {
    muted: Option<String>,
    reverted: bool,
    batched: bool,
    /// The block variable of a `change_table`, and its table.
    table: Option<(String, String)>,
    depth: u32,
}

struct Reader<'t, 'p> {
    project: &'p Project,
    methods: BTreeMap<String, Node<'t>>,
    constants: BTreeMap<String, Value<'t>>,
    types_before: BTreeMap<(String, String), SqlType>,
    transaction: bool,
    found: Vec<Operation>,
    unread: Vec<String>,
}

fn number(call: &Call<'_>, key: &str) -> Option<u32> {
    match call.option(key)? {
        Value::Number(number) => u32::try_from(*number).ok(),
        _ => None,
    }
}

/// The type that a call names: `:string, limit: 20`.
pub fn type_of(name: &str, call: &Call<'_>) -> SqlType {
    let timely = matches!(name, "datetime" | "timestamp" | "timestamptz" | "time" | "interval");
    let size = if name == "decimal" || name == "numeric" { number(call, "precision") } else { number(call, "limit") };
    let size = size.or_else(|| number(call, "precision").filter(|_| timely));
    match (name, size) {
        ("integer", Some(8)) => SqlType::new("bigint", None, None),
        ("integer", _) => SqlType::new("integer", None, None),
        _ if name.contains('(') => SqlType::parse(name),
        _ => SqlType::new(name, size, number(call, "scale")),
    }
}

impl<'t, 'p> Reader<'t, 'p> {
    fn new(project: &'p Project) -> Self {
        Reader {
            project,
            methods: BTreeMap::new(),
            constants: BTreeMap::new(),
            types_before: BTreeMap::new(),
            transaction: true,
            found: Vec::new(),
            unread: Vec::new(),
        }
    }

    fn read_down(&mut self, down: &Node<'t>) {
        let mut found = Vec::new();
        walk(down, &mut |node| {
            found.extend(call_of(node).filter(|call| call.name == "change_column"));
            true
        });
        for call in found {
            if let (Some(table), Some(column), Some(kind)) = (call.text(0), call.text(1), call.text(2)) {
                self.types_before.insert((table.to_owned(), column.to_owned()), type_of(kind, &call));
            }
        }
    }

    fn body(&mut self, node: &Node<'t>, place: &Place) {
        if place.depth > DEEPEST {
            return;
        }
        for child in node.named_children() {
            self.node(&child, place);
        }
    }

    fn node(&mut self, node: &Node<'t>, place: &Place) {
        match &*node.kind() {
            "method" | "singleton_method" | "class" | "module" | "comment" => {}
            "assignment" => {
                if let (Some(name), Some(value)) = (node.field("left"), node.field("right")) {
                    self.constants.insert(name.text().into_owned(), value_of(&value));
                }
                self.body(node, place);
            }
            "call" => match call_of(node) {
                Some(call) => self.call(&call, place),
                None => self.body(node, place),
            },
            // A helper of the migration, called without arguments.
            "identifier" => self.helper(&node.text(), place),
            _ => self.body(node, place),
        }
    }

    fn helper(&mut self, name: &str, place: &Place) {
        if let Some(method) = self.methods.get(name).filter(|_| !matches!(name, "up" | "down" | "change")).cloned() {
            self.body(&method, &Place { depth: place.depth + 1, ..place.clone() });
        }
    }

    /// The text of an argument, with constants and local variables put in.
    fn say(&self, value: Option<&Value<'t>>) -> String {
        match value {
            Some(Value::Text(text, _)) => text.clone(),
            Some(Value::Name(name)) => match self.constants.get(name) {
                Some(Value::Text(text, _)) => text.clone(),
                Some(value) => value.texts().join(", "),
                None if name.starts_with(char::is_uppercase) => String::new(),
                None => name.clone(),
            },
            Some(Value::Call(call)) if call.name == "table_name" => String::new(),
            _ => String::new(),
        }
    }

    fn say_all(&self, value: Option<&Value<'t>>) -> Vec<String> {
        match value {
            Some(Value::List(list)) => list.iter().map(|item| self.say(Some(item))).collect(),
            Some(Value::Name(name)) if self.constants.contains_key(name) => self.constants[name].texts(),
            other => vec![self.say(other)].into_iter().filter(|name| !name.is_empty()).collect(),
        }
    }

    fn push(&mut self, place: &Place, call: &Call<'t>, table: &str, act: Act) {
        let act = if place.reverted { reverted(act) } else { act };
        let operation = Operation {
            act,
            table: table.rsplit('.').next().unwrap_or(table).to_owned(),
            line: call.line,
            written: call.name.clone(),
            muted: place.muted.clone(),
        };
        self.found.push(operation);
    }

    fn call(&mut self, call: &Call<'t>, place: &Place) {
        let deeper = Place { depth: place.depth + 1, ..place.clone() };
        match &*call.name {
            "safety_assured" | "dangerously" => {
                let muted = Some(format!("the migration says `{}`", call.name));
                return self.body(&call.node, &Place { muted, ..deeper });
            }
            "revert" if call.args.is_empty() => return self.body(&call.node, &Place { reverted: !place.reverted, ..deeper }),
            "revert" => return self.unread.push(format!("line {}: it reverts another migration", call.line)),
            "down" | "up" if matches!(&call.on, Some(Value::Name(_))) => {
                if call.name == "up" {
                    self.body(&call.node, &deeper);
                }
                return;
            }
            "say_with_time" | "suppress_messages" | "reversible" | "up_only" | "transaction" | "with_lock_retries" => {
                return self.body(&call.node, &deeper);
            }
            "in_batches" | "find_in_batches" | "find_each" | "each_batch" => {
                return self.body(&call.node, &Place { batched: true, ..deeper });
            }
            _ => {}
        }
        if let (Some((variable, table)), Some(Value::Name(on))) = (&place.table, &call.on)
            && on == variable
        {
            let table = table.clone();
            return self.in_table(call, &table, place);
        }
        if is_ours(call) && self.schema(call, place) {
            return;
        }
        if self.rows(call, place) {
            return;
        }
        if call.on.is_none() {
            self.helper(&call.name, place);
        }
        self.body(&call.node, &deeper);
    }

    /// Statements of a migration. False where it is none.
    fn schema(&mut self, call: &Call<'t>, place: &Place) -> bool {
        let table = self.say(call.args.first());
        let column = self.say(call.args.get(1));
        let one = |reader: &mut Self, act: Act| reader.push(place, call, &table, act);
        match &*call.name {
            "create_table" | "create_join_table" => {
                let force = call.option("force").is_some_and(|force| !force.is_false() && !matches!(force, Value::Null));
                if call.name == "create_join_table" {
                    // Named by both tables in the order of letters.
                    let mut names = [table.clone(), column.clone()];
                    names.sort();
                    let joined = call.option("table_name").and_then(Value::text).map_or_else(|| names.join("_"), str::to_owned);
                    self.push(place, call, &joined, Act::CreateTable { force });
                    return true;
                }
                one(self, Act::CreateTable { force });
                if call.name == "create_table" {
                    self.columns_of(call, &table, place);
                }
            }
            "drop_table" | "drop_join_table" => one(self, Act::DropTable),
            "rename_table" => one(self, Act::RenameTable { to: column }),
            "rename_schema" | "rename_enum" | "rename_enum_value" => one(self, Act::RenameObject { to: column }),
            "change_table" => {
                let variable = block_variable(&call.node);
                let inner = Place { table: variable.map(|variable| (variable, table.clone())), depth: place.depth + 1, ..place.clone() };
                self.body(&call.node, &inner);
            }
            "execute" | "exec_query" | "exec_update" | "exec_delete" | "exec_insert" | "execute_query" | "select_all" => {
                self.raw_sql(call, place);
            }
            "validate_check_constraint"
            | "validate_constraint"
            | "validate_foreign_key"
            | "validate_not_null_constraint"
            | "validate_text_limit_constraint" => {
                let name = call.option("name").and_then(Value::text).map_or(column, str::to_owned);
                one(self, Act::Validate { name: if call.name.contains("check") { name } else { String::new() } });
            }
            "commit_db_transaction" => one(self, Act::Commit),
            _ => return self.column(call, place, &table, 1),
        }
        true
    }

    /// Statements inside `change_table :t do |t|`.
    fn in_table(&mut self, call: &Call<'t>, table: &str, place: &Place) {
        let renamed = match &*call.name {
            "index" => "add_index",
            "remove" => "remove_columns",
            "rename" => "rename_column",
            "change" => "change_column",
            "change_default" => "change_column_default",
            "change_null" => "change_column_null",
            "references" | "belongs_to" => "add_reference",
            "remove_references" | "remove_belongs_to" => "remove_reference",
            "foreign_key" => "add_foreign_key",
            "check_constraint" => "add_check_constraint",
            "unique_constraint" => "add_unique_constraint",
            "exclusion_constraint" => "add_exclusion_constraint",
            "timestamps" => "add_timestamps",
            "remove_index" | "remove_timestamps" | "remove_foreign_key" | "remove_check_constraint" => &call.name,
            "column" => "add_column",
            kind => {
                for name in call.args.iter().filter_map(|value| value.text().map(str::to_owned)).collect::<Vec<_>>() {
                    self.new_column(call, place, table, &name, kind);
                }
                return;
            }
        };
        let as_method = Call { name: renamed.to_owned(), ..call.clone() };
        self.column(&as_method, place, table, 0);
    }

    /// Statements about columns, indexes and constraints; their arguments start at `at`.
    fn column(&mut self, call: &Call<'t>, place: &Place, table: &str, at: usize) -> bool {
        let first = self.say(call.args.get(at));
        let second = self.say(call.args.get(at + 1));
        match &*call.name {
            "add_column" => self.new_column(call, place, table, &first, &second),
            "add_columns" => {
                let kind = call.option("type").and_then(Value::text).unwrap_or_default().to_owned();
                for name in call.args.iter().skip(at).map(|value| self.say(Some(value))).collect::<Vec<_>>() {
                    self.new_column(call, place, table, &name, &kind);
                }
            }
            "add_timestamps" => {
                for name in ["created_at", "updated_at"] {
                    self.timestamp(call, place, table, name);
                }
            }
            "remove_column" => self.push(place, call, table, Act::DropColumns { columns: vec![first] }),
            "remove_columns" => {
                let columns = call.args.iter().skip(at).flat_map(|value| self.say_all(Some(value))).collect();
                self.push(place, call, table, Act::DropColumns { columns });
            }
            "remove_timestamps" => {
                self.push(place, call, table, Act::DropColumns { columns: vec!["created_at".into(), "updated_at".into()] })
            }
            "remove_reference" | "remove_belongs_to" => {
                let kind = call.option("polymorphic").filter(|value| !value.is_false()).map(|_| format!("{first}_type"));
                let columns = kind.into_iter().chain([format!("{first}_id")]).collect();
                self.push(place, call, table, Act::DropColumns { columns });
            }
            "rename_column" => self.push(place, call, table, Act::RenameColumn { column: first, to: second }),
            "change_column" => {
                let before = self.types_before.get(&(table.to_owned(), first.clone())).cloned();
                let required = call.option("null").is_some_and(Value::is_false);
                let to = (!second.is_empty()).then(|| type_of(&second, call));
                self.push(place, call, table, Act::ChangeColumn { column: first, to, before, required, restated: false });
                self.mysql_options(call, place, table);
            }
            "change_column_null" if call.args.get(at + 1).is_some_and(Value::is_false) => {
                let fills = call.args.get(at + 2).is_some_and(|value| !matches!(value, Value::Null | Value::Map(_)));
                self.push(place, call, table, Act::SetNotNull { column: first, fills });
            }
            "change_column_default" if self.project.partial_inserts => {
                self.push(place, call, table, Act::ChangeDefault { column: first });
            }
            "add_index" | "add_concurrent_index" => self.index(call, place, table, at),
            "remove_index" => {
                self.push(place, call, table, Act::DropIndex { concurrently: call.option_is("algorithm", "concurrently") });
                self.mysql_options(call, place, table);
            }
            "add_reference" | "add_belongs_to" => self.reference(call, place, table, &first),
            "add_foreign_key" => {
                let validated = !call.option("validate").is_some_and(Value::is_false);
                let column = call.option("column").and_then(Value::text).map_or_else(|| format!("{}_id", singular(&first)), str::to_owned);
                self.push(place, call, table, Act::AddForeignKey { column, to: first, validated });
            }
            "add_check_constraint" => {
                let name = call.option("name").and_then(Value::text).unwrap_or_default().to_owned();
                let validated = !call.option("validate").is_some_and(Value::is_false);
                self.push(place, call, table, Act::AddCheck { name, expression: first, validated });
            }
            "remove_check_constraint" => {
                let name = call.option("name").and_then(Value::text).unwrap_or_default().to_owned();
                self.push(place, call, table, Act::DropConstraint { name });
            }
            "add_not_null_constraint" | "add_text_limit_constraint" => {
                let validated = !call.option("validate").is_some_and(Value::is_false);
                let name = call.option("name").and_then(Value::text).unwrap_or_default().to_owned();
                let expression = if call.name.contains("null") { format!("{first} IS NOT NULL") } else { format!("length({first})") };
                self.push(place, call, table, Act::AddCheck { name, expression, validated });
            }
            "add_unique_constraint" => {
                let using_index = call.option("using_index").is_some();
                let columns = self.say_all(call.args.get(at));
                self.push(place, call, table, Act::AddUnique { columns, using_index });
            }
            "add_exclusion_constraint" => self.push(place, call, table, Act::AddExclusion),
            _ => return false,
        }
        true
    }

    fn new_column(&mut self, call: &Call<'t>, place: &Place, table: &str, column: &str, kind: &str) {
        let computed = match kind {
            "primary_key" | "serial" | "bigserial" => Computed::Counted,
            "virtual" if call.option("stored").is_some_and(Value::is_true) => Computed::Stored,
            "virtual" => Computed::No,
            _ => Computed::No,
        };
        let default = match call.option("default") {
            None | Some(Value::Null) => Default::None,
            Some(Value::Text(text, _)) if kind == "uuid" && text.contains("()") => Default::Expression(text.clone()),
            Some(Value::Text(..) | Value::Number(_) | Value::Bool(_) | Value::List(_) | Value::Map(_) | Value::Name(_)) => {
                Default::Constant
            }
            Some(Value::Call(_) | Value::Other) => self.default_of_lambda(call),
        };
        let required = call.option("null").is_some_and(Value::is_false) && kind != "virtual";
        let kind = (!kind.is_empty() && kind != "virtual").then(|| type_of(kind, call));
        let column = column.to_owned();
        self.push(place, call, table, Act::AddColumn { column, kind, default, required, computed });
        self.mysql_options(call, place, table);
    }

    /// `default: -> { "gen_random_uuid()" }` is SQL; other calls are evaluated by Ruby, once.
    fn default_of_lambda(&self, call: &Call<'t>) -> Default {
        let mut text = None;
        walk(&call.node, &mut |node| {
            if text.is_none() && node.kind() == "lambda" {
                walk(node, &mut |inner| {
                    if text.is_none() && inner.kind() == "string" {
                        text = value_of(inner).text().map(str::to_owned);
                    }
                    true
                });
                text.get_or_insert_with(|| DYNAMIC.to_owned());
            }
            text.is_none()
        });
        match text {
            Some(text) if self.project.database == Some(Database::Postgres) && !text.contains('(') => Default::Constant,
            Some(text) => Default::Expression(text),
            None => Default::Constant,
        }
    }

    fn timestamp(&mut self, call: &Call<'t>, place: &Place, table: &str, name: &str) {
        let mut call = call.clone();
        if call.option("null").is_none() {
            call.named.push(("null".into(), Value::Bool(false)));
        }
        self.new_column(&call, place, table, name, "datetime");
    }

    fn index(&mut self, call: &Call<'t>, place: &Place, table: &str, at: usize) {
        let columns = self.say_all(call.args.get(at));
        let concurrently = call.option_is("algorithm", "concurrently") || call.name == "add_concurrent_index";
        let unique = call.option("unique").is_some_and(Value::is_true);
        self.push(place, call, table, Act::AddIndex { columns, unique, concurrently, invalid: false });
        self.mysql_options(call, place, table);
    }

    fn reference(&mut self, call: &Call<'t>, place: &Place, table: &str, name: &str) {
        let column = format!("{name}_id");
        self.new_column(call, place, table, &column, "bigint");
        let index = call.option("index");
        let concurrently = index.and_then(|index| index.get("algorithm")).and_then(Value::word) == Some("concurrently");
        if !index.is_some_and(Value::is_false) {
            let unique = index.and_then(|index| index.get("unique")).is_some_and(Value::is_true);
            self.push(place, call, table, Act::AddIndex { columns: vec![column.clone()], unique, concurrently, invalid: false });
        }
        let key = call.option("foreign_key").filter(|key| !key.is_false() && !matches!(key, Value::Null));
        if let Some(key) = key {
            let validated = !key.get("validate").is_some_and(Value::is_false);
            let to = key.get("to_table").and_then(Value::text).map_or_else(|| format!("{name}s"), str::to_owned);
            self.push(place, call, table, Act::AddForeignKey { column, to, validated });
        }
        if let Some(index @ Value::Map(pairs)) = index {
            let _ = index;
            let options = Call { named: pairs.clone(), args: Vec::new(), ..call.clone() };
            self.mysql_options(&options, place, table);
        }
    }

    /// MySQL's `algorithm:` and `lock:`. Rails before 8.2 knows `algorithm:` for indexes alone.
    fn mysql_options(&mut self, call: &Call<'t>, place: &Place, table: &str) {
        if !self.project.database.is_some_and(Database::is_mysql) {
            return;
        }
        for (key, bad) in [("algorithm", &["copy"][..]), ("lock", &["shared", "exclusive"][..])] {
            if let Some(word) = call.option(key).and_then(Value::word).filter(|word| bad.contains(word)) {
                let option = format!("{key}: :{word}");
                self.push(place, call, table, Act::Blocking { option });
            }
        }
    }

    fn columns_of(&mut self, call: &Call<'t>, table: &str, place: &Place) {
        let Some(variable) = block_variable(&call.node) else { return };
        let mut columns = Vec::new();
        walk(&call.node, &mut |node| {
            let Some(inner) = (node.kind() == "call").then(|| call_of(node)).flatten() else { return true };
            if matches!(&inner.on, Some(Value::Name(name)) if *name == variable) && inner.option("force").is_none() {
                columns.push(inner);
                return false;
            }
            true
        });
        for column in columns {
            let at = usize::from(column.name == "column");
            let kind = if at == 1 { self.say(column.args.get(1)) } else { column.name.clone() };
            for name in column.args.iter().take(if at == 1 { 1 } else { 20 }).filter_map(|value| value.text().map(str::to_owned)) {
                let kind = Some(type_of(&kind, &column));
                let required = column.option("null").is_some_and(Value::is_false);
                let act = Act::AddColumn { column: name, kind, default: Default::None, required, computed: Computed::No };
                self.push(place, &column, table, act);
            }
        }
    }

    fn raw_sql(&mut self, call: &Call<'t>, place: &Place) {
        let value = match call.args.first() {
            Some(Value::Name(name)) => self.constants.get(name).cloned(),
            other => other.cloned(),
        };
        let Some(Value::Text(text, line)) = value else {
            return self.unread.push(format!("line {}: SQL that the code puts together", call.line));
        };
        match self.project.database {
            Some(Database::Postgres) => match sql::read(&text, line) {
                Ok(found) => self.found.extend(found.into_iter().map(|found| Operation { muted: place.muted.clone(), ..found })),
                Err(why) => self.unread.push(why),
            },
            _ => self.unread.push(format!("line {line}: SQL of another database than PostgreSQL")),
        }
    }

    /// Rows that models write. False where the call is none of these.
    fn rows(&mut self, call: &Call<'t>, place: &Place) -> bool {
        const WRITES: [&str; 6] =
            ["update_all", "delete_all", "destroy_all", "update_column_in_batches", "backfill_column", "update_counters"];
        if !WRITES.contains(&&*call.name) || place.reverted {
            return false;
        }
        let chain = call.chain();
        let batched = place.batched || chain.iter().any(|link| matches!(&*link.name, "in_batches" | "find_each" | "find_in_batches"));
        let model = match chain.last().and_then(|first| first.on.as_ref()) {
            Some(Value::Name(name)) if name.starts_with(char::is_uppercase) => table_of(name),
            _ => String::new(),
        };
        let all = chain.len() > 1 || call.on.is_some();
        if all {
            let named = call.on.is_some() || !model.is_empty();
            let table = if named { model } else { String::new() };
            self.push(place, call, &table, Act::WriteRows { batched });
        }
        true
    }
}

/// What a block calls its argument.
fn block_variable(call: &Node<'_>) -> Option<String> {
    let block = call.field("block")?;
    let parameters = block.field("parameters").or_else(|| block.children().find(|child| child.kind() == "block_parameters"))?;
    parameters.named_children().next().map(|name| name.text().into_owned())
}

/// Whether a call is one of the migration itself, not of some model.
fn is_ours(call: &Call<'_>) -> bool {
    match &call.on {
        None => true,
        Some(Value::Name(name)) => matches!(&**name, "self" | "connection" | "m" | "migration" | "schema"),
        Some(Value::Call(on)) => on.name == "connection",
        _ => false,
    }
}

/// What undoes an operation, inside `revert do`.
fn reverted(act: Act) -> Act {
    match act {
        Act::CreateTable { .. } => Act::Nothing,
        Act::AddColumn { column, .. } => Act::DropColumns { columns: vec![column] },
        Act::RenameColumn { column, to } => Act::RenameColumn { column: to, to: column },
        Act::AddIndex { concurrently, .. } => Act::DropIndex { concurrently },
        Act::DropIndex { concurrently } => Act::AddIndex { columns: Vec::new(), unique: false, concurrently, invalid: false },
        Act::AddForeignKey { .. } | Act::AddCheck { .. } | Act::AddUnique { .. } | Act::AddExclusion | Act::SetNotNull { .. } => {
            Act::Nothing
        }
        other => other,
    }
}
