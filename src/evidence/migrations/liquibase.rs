//! Liquibase changelogs in XML. A change set is a transaction unless it says otherwise.

use roxmltree::{Document, Node};

use super::model::{Act, Computed, Database, Default, Migration, Operation};
use super::project::Project;
use super::sql;
use super::types::SqlType;

/// Larger changelogs are not read, in bytes.
const LARGEST: usize = 2 << 20;

/// Reads a changelog; nothing where the file is none.
pub fn read(text: &str, project: &Project) -> Option<Migration> {
    if !text.contains("databaseChangeLog") {
        return None;
    }
    let mut migration = Migration { transaction: true, ..Migration::default() };
    if text.len() > LARGEST {
        migration.unread.push("larger than 2 MB, not read".into());
        return Some(migration);
    }
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            migration.unread.push(format!("no XML: {error}"));
            return Some(migration);
        }
    };
    for set in document.root_element().children().filter(|node| node.has_tag_name_local("changeSet")) {
        if set.attribute("runInTransaction") == Some("false") {
            migration.transaction = false;
        }
        for change in set.children().filter(Node::is_element) {
            read_change(&document, &change, project, &mut migration);
        }
        let line = document.text_pos_at(set.range().start).row;
        migration.operations.push(Operation { act: Act::Commit, table: String::new(), line, written: String::new(), muted: None });
    }
    Some(migration)
}

trait Local {
    fn has_tag_name_local(&self, name: &str) -> bool;
}

impl Local for Node<'_, '_> {
    fn has_tag_name_local(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}

fn read_change(document: &Document<'_>, change: &Node<'_, '_>, project: &Project, migration: &mut Migration) {
    let line = document.text_pos_at(change.range().start).row;
    let get = |key: &str| change.attribute(key).unwrap_or_default().to_owned();
    let written = change.tag_name().name().to_owned();
    let table = [get("tableName"), get("baseTableName"), get("oldTableName")].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    let columns = || change.children().filter(|node| node.has_tag_name_local("column"));
    let names = || columns().filter_map(|column| column.attribute("name").map(str::to_owned)).collect::<Vec<_>>();
    let mut push =
        |act: Act| migration.operations.push(Operation { act, table: table.clone(), line, written: written.clone(), muted: None });
    match &*written {
        "createTable" => {
            push(Act::CreateTable { force: false });
            columns().for_each(|column| push(new_column(&column, false)));
        }
        "dropTable" => push(Act::DropTable),
        "renameTable" => push(Act::RenameTable { to: get("newTableName") }),
        "addColumn" => columns().for_each(|column| push(new_column(&column, true))),
        "dropColumn" => {
            let listed = names();
            push(Act::DropColumns { columns: if listed.is_empty() { vec![get("columnName")] } else { listed } });
        }
        "renameColumn" => push(Act::RenameColumn { column: get("oldColumnName"), to: get("newColumnName") }),
        "modifyDataType" => {
            let to = Some(SqlType::parse(&get("newDataType")));
            push(Act::ChangeColumn { column: get("columnName"), to, before: None, required: false, restated: false });
        }
        "addNotNullConstraint" => push(Act::SetNotNull { column: get("columnName"), fills: !get("defaultNullValue").is_empty() }),
        "createIndex" => {
            push(Act::AddIndex { columns: names(), unique: get("unique") == "true", concurrently: false, invalid: false });
        }
        "dropIndex" => push(Act::DropIndex { concurrently: false }),
        "addForeignKeyConstraint" => {
            let validated = get("validate") != "false";
            push(Act::AddForeignKey { column: get("baseColumnNames"), to: get("referencedTableName"), validated });
        }
        "addUniqueConstraint" => {
            let columns = get("columnNames").split(',').map(|name| name.trim().to_owned()).collect();
            push(Act::AddUnique { columns, using_index: !get("forIndexName").is_empty() });
        }
        "addPrimaryKey" => push(Act::AddPrimaryKey { using_index: !get("forIndexName").is_empty() }),
        "update" | "delete" => push(Act::WriteRows { batched: false }),
        "sql" => {
            let text = change.text().unwrap_or_default();
            let other = change.attribute("dbms").is_some_and(|dbms| !dbms.contains("postgres"));
            match project.database {
                Some(Database::Postgres) if !other => match sql::read(text, line) {
                    Ok(found) => migration.operations.extend(found),
                    Err(why) => migration.unread.push(why),
                },
                _ if other && project.database == Some(Database::Postgres) => {}
                _ => migration.unread.push(format!("line {line}: SQL of another database than PostgreSQL")),
            }
        }
        "sqlFile" | "customChange" => migration.unread.push(format!("line {line}: {written} is not followed")),
        _ => {}
    }
}

fn new_column(column: &Node<'_, '_>, old_table: bool) -> Act {
    let constraints = column.children().find(|node| node.has_tag_name_local("constraints"));
    let required = old_table && constraints.is_some_and(|node| node.attribute("nullable") == Some("false"));
    let default = if let Some(text) = column.attribute("defaultValueComputed") {
        super::draft::default_of(text)
    } else if column.attributes().any(|attribute| attribute.name().starts_with("defaultValue")) || column.attribute("value").is_some() {
        Default::Constant
    } else {
        Default::None
    };
    let counted = old_table && column.attribute("autoIncrement") == Some("true");
    Act::AddColumn {
        column: column.attribute("name").unwrap_or_default().to_owned(),
        kind: column.attribute("type").map(SqlType::parse),
        default,
        required,
        computed: if counted { Computed::Counted } else { Computed::No },
    }
}
