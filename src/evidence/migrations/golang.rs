//! SQL inside Go: the functions or texts of one list, applied in order, of which the last [`NEWEST`] stand for those that
//! have not shipped, or the statements of one migration's file.

use super::calls::{Value, line_of, value_of, walk};
use super::draft::Draft;
use super::model::{Act, Database, Migration, Operation};
use super::project::Project;
use super::sql;
use super::window::NEWEST;
use crate::evidence::syntax::{Node, Tree};

/// Reads a migration; nothing where the file holds no SQL that changes a schema.
pub fn read(tree: &Tree, project: &Project) -> Option<Migration> {
    let root = tree.root();
    let mut draft = Draft::new(project);
    match list_of(&root) {
        Some(items) => {
            let skip = items.len().saturating_sub(NEWEST);
            for item in items.iter().skip(skip) {
                texts(&mut draft, item);
                draft.found.push(Operation {
                    act: Act::Commit,
                    table: String::new(),
                    line: line_of(item),
                    written: String::new(),
                    muted: None,
                });
            }
        }
        None => texts(&mut draft, &root),
    }
    (!draft.found.is_empty() || !draft.unread.is_empty()).then(|| draft.done())
}

/// The longest list of functions or texts: the migrations of a file that holds them all.
pub fn list_of<'t>(root: &Node<'t>) -> Option<Vec<Node<'t>>> {
    let mut longest: Vec<Node<'t>> = Vec::new();
    walk(root, &mut |node| {
        if node.kind() == "literal_value" {
            let items: Vec<Node<'t>> = node.named_children().filter(|item| item.kind() != "comment").collect();
            let code = |item: &&Node<'t>| {
                let text = item.text();
                text.starts_with("func") || text.starts_with('`') || text.starts_with('"')
            };
            if items.len() >= 5 && items.iter().filter(code).count() * 2 > items.len() && items.len() > longest.len() {
                longest = items;
            }
        }
        node.kind() != "func_literal"
    });
    (!longest.is_empty()).then_some(longest)
}

/// The SQL in the strings below a node, outside what goes down.
fn texts(draft: &mut Draft<'_>, node: &Node<'_>) {
    let mut found = Vec::new();
    walk(node, &mut |inner| {
        match &*inner.kind() {
            "function_declaration" | "method_declaration" => {
                let name = inner.field("name").map(|name| name.text().to_ascii_lowercase()).unwrap_or_default();
                return !(name.contains("down") || name.contains("rollback") || name.starts_with("test"));
            }
            "interpreted_string_literal" | "raw_string_literal" => {
                if let Value::Text(text, line) = value_of(inner) {
                    found.push((text, line));
                }
                return false;
            }
            _ => {}
        }
        true
    });
    for (text, line) in found {
        const STARTS: [&str; 7] = ["create ", "alter ", "drop ", "update ", "delete from", "truncate ", "do $"];
        let start = text.trim_start().to_ascii_lowercase();
        if !STARTS.iter().any(|word| start.starts_with(word)) {
            continue;
        }
        // `%s` and `$1` stand for names and values.
        let whole = text.replace("%s", "dynamic__").replace("%d", "1");
        match draft.project.database {
            Some(Database::Postgres) | None => match sql::read(&whole, line) {
                Ok(operations) => draft.found.extend(operations),
                Err(why) => draft.unread.push(why),
            },
            Some(_) => draft.unread.push(format!("line {line}: SQL of another database than PostgreSQL")),
        }
    }
}
