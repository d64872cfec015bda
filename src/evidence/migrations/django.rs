//! Django migrations: the list of operations of the class `Migration`, of which only what reaches the database counts.
//! A `default=` is no default of the database: Django takes it out again in the same migration.

use super::calls::{Call, Value, value_of, walk};
use super::draft::{Column, Draft, size};
use super::model::{Act, Computed, Default, Migration};
use super::project::Project;
use super::types::SqlType;
use crate::evidence::syntax::{Node, Tree};

/// Reads a migration; nothing where the file defines none, or one that stands for others.
pub fn read(tree: &Tree, project: &Project) -> Option<Migration> {
    let root = tree.root();
    let mut reader = Reader { draft: Draft::new(project), root: root.clone() };
    let (mut operations, mut squashed) = (None, false);
    walk(&root, &mut |node| {
        if node.kind() == "function_definition" {
            return false;
        }
        if node.kind() == "assignment"
            && let (Some(name), Some(value)) = (node.field("left"), node.field("right"))
        {
            match &*name.text() {
                "operations" => operations = Some(value_of(&value)),
                "atomic" if value.text() == "False" => reader.draft.transaction = false,
                "replaces" => squashed = true,
                _ => {}
            }
            return false;
        }
        true
    });
    if squashed {
        return None;
    }
    match operations? {
        Value::List(list) => reader.all(&list, 0),
        _ => reader.draft.unread.push("operations that the code puts together".into()),
    }
    Some(reader.draft.done())
}

struct Reader<'t, 'p> {
    draft: Draft<'p>,
    root: Node<'t>,
}

impl<'t> Reader<'t, '_> {
    fn all(&mut self, list: &[Value<'t>], depth: u32) {
        for value in list {
            if let (Value::Call(call), true) = (value, depth < 5) {
                self.operation(call, depth);
            }
        }
    }

    fn operation(&mut self, call: &Call<'t>, depth: u32) {
        let text = |key: &str, at: usize| call.either(key, at).and_then(Value::text).unwrap_or_default().to_owned();
        let model = text("model_name", 0).to_lowercase();
        let name = text("name", 1);
        match &*call.name {
            "SeparateDatabaseAndState" => {
                if let Some(Value::List(list)) = call.either("database_operations", 0) {
                    self.all(list, depth + 1);
                }
            }
            "CreateModel" => self.create(call),
            "DeleteModel" => self.draft.push(call, &text("name", 0).to_lowercase(), Act::DropTable),
            "RenameModel" => {
                self.draft.push(call, &text("old_name", 0).to_lowercase(), Act::RenameTable { to: text("new_name", 1) });
            }
            "AlterModelTable" if call.either("table", 1).is_some() => {
                self.draft.push(call, &text("name", 0).to_lowercase(), Act::RenameTable { to: text("table", 1) });
            }
            "AddField" => self.add_field(call, &model, &name),
            "RemoveField" => self.draft.push(call, &model, Act::DropColumns { columns: vec![name] }),
            "RenameField" => self.draft.push(call, &model, Act::RenameColumn { column: text("old_name", 1), to: text("new_name", 2) }),
            "AlterField" => self.alter_field(call, &model, &name),
            "AddIndex" | "AddIndexConcurrently" => {
                let index = call.either("index", 1).and_then(Value::call);
                let columns = index.and_then(|index| index.option("fields")).map(Value::texts).unwrap_or_default();
                let concurrently = call.name == "AddIndexConcurrently";
                self.draft.push(call, &model, Act::AddIndex { columns, unique: false, concurrently, invalid: false });
            }
            "RemoveIndex" => self.draft.push(call, &model, Act::DropIndex { concurrently: false }),
            "RemoveIndexConcurrently" => self.draft.push(call, &model, Act::DropIndex { concurrently: true }),
            "AlterUniqueTogether" | "AlterIndexTogether" => self.together(call, &text("name", 0).to_lowercase()),
            "AddConstraint" | "AddConstraintNotValid" => self.constraint(call, &model),
            "ValidateConstraint" => self.draft.push(call, &model, Act::Validate { name }),
            "RemoveConstraint" => self.draft.push(call, &model, Act::DropConstraint { name }),
            "RunSQL" => self.draft.sql(call, call.either("sql", 0)),
            "RunPython" => self.run_python(call),
            _ => {}
        }
    }

    fn create(&mut self, call: &Call<'t>) {
        let table = call.either("name", 0).and_then(Value::text).unwrap_or_default().to_lowercase();
        self.draft.push(call, &table, Act::CreateTable { force: false });
        let Some(Value::List(fields)) = call.either("fields", 1) else { return };
        for field in fields {
            if let Value::List(pair) = field
                && let [Value::Text(name, _), Value::Call(field)] = pair.as_slice()
            {
                let required = !field.option("null").is_some_and(Value::is_true);
                self.draft.push(call, &table, Column { required, ..Column::new(name, Some(type_of(field))) });
            }
        }
    }

    fn add_field(&mut self, call: &Call<'t>, model: &str, name: &str) {
        let Some(field) = call.either("field", 2).and_then(Value::call) else { return };
        if field.name == "ManyToManyField" {
            return;
        }
        let mut column = Column::new(name, Some(type_of(field)));
        let default = field.option("db_default").filter(|value| !matches!(value, Value::Null));
        column.default = match default {
            None => Default::None,
            Some(Value::Call(call)) => Default::Expression(format!("{}()", snake(&call.name))),
            Some(_) => Default::Constant,
        };
        column.required = !field.option("null").is_some_and(Value::is_true);
        match &*field.name {
            "GeneratedField" if field.option("db_persist").is_some_and(Value::is_true) => column.computed = Computed::Stored,
            "AutoField" | "BigAutoField" | "SmallAutoField" => column.computed = Computed::Counted,
            "GeneratedField" => column.required = false,
            _ => {}
        }
        self.draft.push(call, model, column);
        let key = matches!(&*field.name, "ForeignKey" | "OneToOneField" | "TreeForeignKey");
        let unique = field.option("unique").is_some_and(Value::is_true) || field.name == "OneToOneField";
        let indexed = field.option("db_index").map_or(key || field.name == "SlugField", Value::is_true);
        if indexed || unique {
            self.draft.push(call, model, Act::AddIndex { columns: vec![name.to_owned()], unique, concurrently: false, invalid: false });
        }
    }

    fn alter_field(&mut self, call: &Call<'t>, model: &str, name: &str) {
        let Some(field) = call.either("field", 2).and_then(Value::call) else { return };
        if field.name == "ManyToManyField" {
            return;
        }
        let required = !field.option("null").is_some_and(Value::is_true);
        let act = Act::ChangeColumn { column: name.to_owned(), to: Some(type_of(field)), before: None, required, restated: true };
        self.draft.push(call, model, act);
    }

    fn together(&mut self, call: &Call<'t>, model: &str) {
        let key = if call.name == "AlterUniqueTogether" { "unique_together" } else { "index_together" };
        let columns = call.either(key, 1).map(Value::texts).unwrap_or_default();
        if columns.is_empty() {
            return;
        }
        let act = if key == "unique_together" {
            Act::AddUnique { columns, using_index: false }
        } else {
            Act::AddIndex { columns, unique: false, concurrently: false, invalid: false }
        };
        self.draft.push(call, model, act);
    }

    fn constraint(&mut self, call: &Call<'t>, model: &str) {
        let validated = call.name == "AddConstraint";
        let Some(constraint) = call.either("constraint", 1).and_then(Value::call) else { return };
        let name = constraint.option("name").and_then(Value::text).unwrap_or_default().to_owned();
        let act = match &*constraint.name {
            "CheckConstraint" => Act::AddCheck { name, expression: String::new(), validated },
            "UniqueConstraint" => {
                let columns = constraint.option("fields").map(Value::texts).unwrap_or_default();
                Act::AddUnique { columns, using_index: false }
            }
            "ExclusionConstraint" => Act::AddExclusion,
            _ => return,
        };
        self.draft.push(call, model, act);
    }

    /// A function of the file that changes rows.
    fn run_python(&mut self, call: &Call<'t>) {
        let Some(function) = call.either("code", 0).and_then(Value::word) else { return };
        let mut body = None;
        walk(&self.root, &mut |node| {
            if node.kind() == "function_definition" && node.field("name").is_some_and(|name| name.text() == function) {
                body = Some(node.text().into_owned());
            }
            body.is_none()
        });
        let Some(body) = body else { return };
        let writes = [".update(", ".save(", ".delete(", ".bulk_update("].iter().any(|write| body.contains(write));
        let batched = ["iterator(", "batch", "chunk", "Paginator("].iter().any(|word| body.contains(word));
        if writes {
            self.draft.push(call, "", Act::WriteRows { batched });
        }
    }
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for (at, c) in name.chars().enumerate() {
        if c.is_uppercase() && at > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    match &*out {
        "random_uuid" | "random_u_u_i_d" => "gen_random_uuid".into(),
        _ => out,
    }
}

/// The column type of a field. What is unknown keeps its own name: another type only if the field is another.
fn type_of(field: &Call<'_>) -> SqlType {
    let length = size(field.option("max_length"));
    match &*field.name {
        "CharField" | "SlugField" | "EmailField" | "URLField" | "FilePathField" | "FileField" | "ImageField" => {
            let usual = match &*field.name {
                "SlugField" => Some(50),
                "EmailField" => Some(254),
                "URLField" => Some(200),
                "CharField" => None,
                _ => Some(100),
            };
            SqlType::new("varchar", length.or(usual), None)
        }
        "TextField" => SqlType::new("text", None, None),
        "DecimalField" => SqlType::new("numeric", size(field.option("max_digits")), size(field.option("decimal_places"))),
        "IntegerField" | "PositiveIntegerField" | "AutoField" => SqlType::new("integer", None, None),
        "SmallIntegerField" | "PositiveSmallIntegerField" | "SmallAutoField" => SqlType::new("smallint", None, None),
        "BigIntegerField" | "PositiveBigIntegerField" | "BigAutoField" => SqlType::new("bigint", None, None),
        "BooleanField" | "NullBooleanField" => SqlType::new("boolean", None, None),
        "DateTimeField" => SqlType::new("timestamptz", None, None),
        "JSONField" => SqlType::new("jsonb", None, None),
        "ForeignKey" | "OneToOneField" | "TreeForeignKey" => SqlType::new("key", None, None),
        "GenericIPAddressField" => SqlType::new("inet", None, None),
        other if other.ends_with("Field") => SqlType::new(&snake(other), None, None),
        // A field of the project's own.
        other => SqlType::new(other, None, None),
    }
}
