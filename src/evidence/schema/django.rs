//! Django: the models. They say what the migrations add up to, and Django indexes every foreign key unless told not to.
//!
//! Tables are called after their models, as people see them there.

use super::expr::{self, At, Call, Class, Expr};
use super::model::{Column, Database, ForeignKey, Index, Table};
use crate::definition::words::ColumnType;
use crate::evidence::syntax::Grammar;

/// Reads a file of models.
pub fn apply(database: &mut Database, path: &str, text: &str) -> Result<(), String> {
    let code = expr::read(Grammar::Python, text)?;
    for at in &code {
        if let Expr::Class(class) = &at.expr {
            model(database, path, at, class);
        }
    }
    Ok(())
}

fn model(database: &mut Database, path: &str, at: &At, class: &Class) {
    let other =
        ["Form", "Serializer", "Filter", "Admin", "View", "Mixin.Media", "TestCase", "Manager", "QuerySet", "Type", "Input", "Mutation"];
    if class.bases.iter().any(|base| other.iter().any(|end| base.ends_with(end))) {
        return;
    }
    let spot = at.spot(path);
    let parts = class.bases.iter().map(|base| base.rsplit('.').next().unwrap_or(base).to_owned()).collect();
    let mut table = Table { name: class.name.clone(), spot: spot.clone(), parts, ..Table::default() };
    table.put(Column::new("id", ColumnType::Integer, "primary key", spot));
    table.identify_by(&["id"]);
    for at in &class.body {
        match &at.expr {
            Expr::Assign(assign) => {
                if let Some(call) = field_of(&assign.value) {
                    field(&mut table, path, at, &assign.to, call);
                }
            }
            Expr::Class(meta) if meta.name == "Meta" => options(&mut table, meta),
            // An assignment that is a statement of its own.
            Expr::Code(inside) => {
                for at in inside {
                    if let Expr::Assign(assign) = &at.expr
                        && let Some(call) = field_of(&assign.value)
                    {
                        field(&mut table, path, at, &assign.to, call);
                    }
                }
            }
            _ => {}
        }
    }
    if table.columns.len() > 1 {
        // Two applications may have models of one name.
        let name = if database.table(&table.name).is_some() { format!("{} in {path}", table.name) } else { table.name.clone() };
        database.tables.insert(name.to_lowercase(), table);
    }
}

/// The call that makes a field: `models.CharField(...)`, `encrypt(models.CharField(...))`.
fn field_of(value: &At) -> Option<&Call> {
    let call = value.call()?;
    let foreign =
        call.on.as_ref().and_then(At::word).is_some_and(|on| ["forms", "serializers", "filters", "graphene", "fields"].contains(&on));
    let is_field =
        |call: &Call| call.name.ends_with("Field") || ["ForeignKey", "TreeForeignKey", "ParentalKey"].contains(&call.name.as_str());
    if is_field(call) && !foreign {
        return Some(call);
    }
    call.args.first().and_then(At::call).filter(|inner| is_field(inner) && !foreign)
}

fn field(table: &mut Table, path: &str, at: &At, name: &str, call: &Call) {
    let spot = at.spot(path);
    let is = |option: &str| call.named(option).is_some_and(At::is_true);
    let points = matches!(call.name.as_str(), "ForeignKey" | "OneToOneField" | "TreeForeignKey" | "ParentalKey");
    if call.name.starts_with("ManyToMany") || call.name.starts_with("Generic") {
        return;
    }
    let own = call
        .named("db_column")
        .and_then(At::text)
        .map_or_else(|| if points { format!("{name}_id") } else { name.to_owned() }, str::to_owned);
    let column = Column { nullable: Some(is("null")), ..Column::new(&own, kind_of(&call.name), &at.source, spot.clone()) };
    table.put(column);
    if is("primary_key") {
        table.drop_column("id");
        table.identify_by(&[&own]);
    }
    if is("unique") || is("db_index") || call.name == "SlugField" || call.name == "OneToOneField" {
        table.indexes.push(Index::on(&[&own]));
    }
    let without = call.named("db_index").is_some_and(At::is_false) && call.name != "OneToOneField";
    let constrained = call.named("db_constraint").is_none_or(|value| !value.is_false());
    if points && (constrained || without) {
        let to = call.args.first().or_else(|| call.named("to")).and_then(At::word).unwrap_or_default().to_owned();
        table.foreign_keys.push(ForeignKey { columns: vec![own], to, indexed: !without, spot, ..ForeignKey::default() });
    }
}

/// `class Meta`: indexes and constraints name fields, which may be keys.
fn options(table: &mut Table, meta: &Class) {
    for at in &meta.body {
        let assigns: Vec<&At> = match &at.expr {
            Expr::Code(inside) => inside.iter().collect(),
            _ => vec![at],
        };
        let is_abstract = |at: &&At| matches!(&at.expr, Expr::Assign(assign) if assign.to == "abstract" && assign.value.is_true());
        table.is_part |= assigns.iter().any(is_abstract);
        for assign in assigns.into_iter().filter_map(|at| if let Expr::Assign(assign) = &at.expr { Some(assign) } else { None }) {
            let Expr::List(items) = &assign.value.expr else { continue };
            match assign.to.as_str() {
                "indexes" | "constraints" => {
                    for call in items
                        .iter()
                        .filter_map(At::call)
                        .filter(|call| !["GinIndex", "GistIndex", "BrinIndex", "CheckConstraint"].contains(&call.name.as_str()))
                    {
                        let fields = call.named("fields").map(At::texts).unwrap_or_default();
                        let only = call.named("condition").map(|only| only.source.split_whitespace().collect::<String>());
                        // `Q(x__isnull=False)` leaves out no row that has the key.
                        let present = |field: &String| only.as_deref() == Some(&format!("Q({field}__isnull=False)"));
                        let only = if fields.first().is_some_and(present) { None } else { only };
                        index(table, &fields, only);
                    }
                }
                "unique_together" | "index_together" => {
                    if items.iter().all(|item| item.text().is_some()) {
                        index(table, &assign.value.texts(), None);
                    } else {
                        items.iter().for_each(|item| index(table, &item.texts(), None));
                    }
                }
                _ => {}
            }
        }
    }
}

fn index(table: &mut Table, fields: &[String], only: Option<String>) {
    if fields.is_empty() {
        return;
    }
    let named: Vec<String> = fields.iter().map(|name| name.trim_start_matches('-').to_owned()).collect();
    // A field that is a key is a column of another name, in this class or in one that it is made from.
    let keys: Vec<String> = named.iter().map(|name| format!("{name}_id")).collect();
    table.indexes.push(Index { only: only.clone(), ..Index::on(&keys) });
    table.indexes.push(Index { only, ..Index::on(&named) });
}

fn kind_of(field: &str) -> ColumnType {
    match field {
        "CharField" | "EmailField" | "SlugField" | "URLField" | "FilePathField" | "CICharField" => ColumnType::String,
        "TextField" | "CITextField" => ColumnType::Text,
        "JSONField" | "HStoreField" => ColumnType::Json,
        "BinaryField" => ColumnType::Binary,
        "ForeignKey" | "OneToOneField" | "TreeForeignKey" | "ParentalKey" => ColumnType::Integer,
        "BooleanField" | "NullBooleanField" => ColumnType::Boolean,
        "DateField" => ColumnType::Date,
        "DateTimeField" | "TimeField" => ColumnType::Time,
        "UUIDField" => ColumnType::Uuid,
        "DecimalField" | "FloatField" => ColumnType::Decimal,
        _ if field.ends_with("IntegerField") || field.ends_with("AutoField") => ColumnType::Integer,
        _ if field.contains("Encrypted") || field.contains("PGP") => ColumnType::Text,
        _ => ColumnType::Other,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::definition::words::Stack;

    #[test]
    fn models() {
        let text = r#"
from django.db import models

class Base(models.Model):
    part = models.ForeignKey("Part", on_delete=models.CASCADE, db_index=False)
    other = models.ForeignKey("Other", on_delete=models.CASCADE, db_index=False)

    class Meta:
        abstract = True

class Book(Base, models.Model):
    author = models.ForeignKey("Author", on_delete=models.CASCADE)
    shelf = models.ForeignKey(Shelf, models.SET_NULL, null=True, db_index=False)
    vault = models.ForeignKey(to="Vault", on_delete=models.CASCADE, db_index=False)
    tax_id: str = encrypt(models.CharField(max_length=20))
    tags = models.ManyToManyField(Tag)
    owner = models.OneToOneField("User", on_delete=models.CASCADE)

    class Meta:
        ordering = ["author"]
        unique_together = (("vault", "tax_id"),)
        constraints = [models.UniqueConstraint(fields=["shelf"], condition=Q(a=1), name="x")]
        indexes = [BTreeIndex(fields=["part"], condition=Q(part__isnull=False))]

class BookForm(forms.ModelForm):
    title = forms.CharField()
"#;
        let mut database = Database::new(Stack::Django, None);
        apply(&mut database, "a/models.py", text).unwrap();
        database.settle();
        let base = &database.tables["base"];
        assert!(base.is_part && base.foreign_keys.is_empty());
        let book = &database.tables["book"];
        let bare: Vec<String> = book
            .foreign_keys
            .iter()
            .filter(|key| !key.indexed && !book.covers(&key.columns))
            .map(|key| format!("{}>{}:{}", key.columns.join("+"), key.to, key.spot.line))
            .collect();
        assert_eq!(bare, ["shelf_id>Shelf:13", "other_id>Other:6"]);
        assert!(book.column("tax_id").unwrap().declaration.contains("encrypt("));
        assert_eq!(database.tables.len(), 2);
    }
}
