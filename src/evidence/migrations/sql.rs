//! Plain SQL as PostgreSQL reads it. The grammar is squawk's; nothing else here names it. Text that is not PostgreSQL is
//! unknown, never harmless.

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SourceFile, SyntaxNode};

use super::model::{Act, Computed, Default, Operation};
use super::types::SqlType;

/// Longer scripts are not parsed, in bytes.
const LARGEST: usize = 1 << 20;
/// Scripts nested deeper than this are not parsed: the parser recurses.
const DEEPEST: usize = 100;

/// What a script does, in order.
///
/// # Errors
/// Says in words what is not PostgreSQL, or why it is not read.
pub fn read(text: &str, first_line: u32) -> Result<Vec<Operation>, String> {
    if text.len() > LARGEST {
        return Err("larger than 1 MB of SQL, not parsed".into());
    }
    if depth_of(text) > DEEPEST {
        return Err(format!("nested deeper than {DEEPEST} levels, not parsed"));
    }
    let parse = SourceFile::parse(text);
    if let Some(error) = parse.errors().first() {
        let at = usize::from(error.range().start());
        let line = first_line + newlines(&text[..text.floor_char_boundary(at)]);
        return Err(format!("line {line} is not PostgreSQL: {}", error.message()));
    }
    let mut reader = Reader { text, first_line, found: Vec::new() };
    for statement in parse.tree().stmts() {
        reader.statement(&statement)?;
    }
    Ok(reader.found)
}

/// How many statements a script has; none where it is not PostgreSQL.
pub fn statements(text: &str) -> usize {
    if text.len() > LARGEST || depth_of(text) > DEEPEST { 0 } else { SourceFile::parse(text).tree().stmts().count() }
}

fn newlines(text: &str) -> u32 {
    u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX)
}

fn depth_of(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    // `CASE CASE CASE` and `NOT NOT NOT` nest without brackets.
    let words = |word: &str| text.to_ascii_lowercase().matches(word).count();
    if text.len() < LARGEST { deepest.max(words("case ") / 4).max(longest_run(text)) } else { deepest }
}

/// The longest run of one prefix operator.
fn longest_run(text: &str) -> usize {
    let (mut longest, mut run, mut last) = (0, 0, "");
    for word in text.split_whitespace() {
        run = if word.eq_ignore_ascii_case(last) { run + 1 } else { 0 };
        longest = longest.max(run);
        last = word;
    }
    let signs = text.split(|c: char| !matches!(c, '-' | '+' | '~' | '!' | '@')).map(str::len).max().unwrap_or(0);
    let comment = text.lines().any(|line| line.trim_start().starts_with("--"));
    longest.max(if comment { 0 } else { signs })
}

struct Reader<'a> {
    text: &'a str,
    first_line: u32,
    found: Vec<Operation>,
}

/// A name without quotes.
fn plain(name: &str) -> String {
    name.trim().trim_matches(['"', '`']).to_owned()
}

fn last_of(path: &str) -> String {
    plain(path.rsplit('.').next().unwrap_or(path))
}

fn text_of(node: &SyntaxNode) -> String {
    node.text().to_string().trim().to_owned()
}

fn name_of<N: AstNode>(node: Option<N>) -> String {
    node.map(|node| last_of(&text_of(node.syntax()))).unwrap_or_default()
}

fn relation<N: AstNode>(node: Option<N>) -> String {
    let text = node.map(|node| text_of(node.syntax())).unwrap_or_default();
    let text = text.trim_end_matches('*').trim();
    last_of(text.strip_prefix("ONLY ").or_else(|| text.strip_prefix("only ")).unwrap_or(text))
}

/// Names between the first brackets of a text.
fn listed(text: &str) -> Vec<String> {
    let Some(start) = text.find('(') else { return Vec::new() };
    let (mut depth, mut item, mut items) = (0, String::new(), Vec::new());
    for c in text[start..].chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (c == ',' && depth == 1) {
            items.push(std::mem::take(&mut item));
            if depth == 0 {
                break;
            }
        } else if !(c == '(' && depth == 1) {
            item.push(c);
        }
    }
    items.iter().map(|item| plain(item.split_whitespace().next().unwrap_or_default())).filter(|item| !item.is_empty()).collect()
}

impl Reader<'_> {
    fn line(&self, node: &SyntaxNode) -> u32 {
        let start = usize::from(node.text_range().start());
        self.first_line + newlines(&self.text[..self.text.floor_char_boundary(start)])
    }

    fn push(&mut self, node: &SyntaxNode, table: &str, written: &str, act: Act) {
        let line = self.line(node);
        self.found.push(Operation { act, table: table.to_owned(), line, written: written.to_owned(), muted: None });
    }

    fn statement(&mut self, statement: &ast::Stmt) -> Result<(), String> {
        use ast::Stmt;
        let node = statement.syntax().clone();
        match statement {
            Stmt::AlterTable(alter) => {
                let table = relation(alter.table_relation_name());
                alter.actions().for_each(|action| self.alter(&table, &action));
            }
            Stmt::CreateTable(create) => self.create_table(create),
            Stmt::CreateTableAs(create) => {
                self.push(&node, &name_of(create.table_name()), "CREATE TABLE", Act::CreateTable { force: false })
            }
            Stmt::DropTable(drop) => {
                for table in drop.table_name_refs() {
                    self.push(table.syntax(), &last_of(&text_of(table.syntax())), "DROP TABLE", Act::DropTable);
                }
            }
            Stmt::CreateIndex(index) => {
                let table = relation(index.table_relation_name());
                let columns = index.partition_item_list().map(|list| listed(&text_of(list.syntax()))).unwrap_or_default();
                let (unique, concurrently) = (index.unique_token().is_some(), index.concurrently_token().is_some());
                self.push(&node, &table, "CREATE INDEX", Act::AddIndex { columns, unique, concurrently, invalid: false });
            }
            Stmt::DropIndex(drop) => {
                self.push(&node, "", "DROP INDEX", Act::DropIndex { concurrently: drop.concurrently_token().is_some() });
            }
            Stmt::AlterType(alter) => match alter.action() {
                Some(ast::AlterTypeAction::RenameValue(_)) => self.rename_object(&node, "RENAME VALUE"),
                Some(ast::AlterTypeAction::TypeRenameTo(_)) => self.rename_object(&node, "RENAME TYPE"),
                _ => {}
            },
            Stmt::AlterSchema(_) if has_word(&node, "rename") => self.rename_object(&node, "RENAME SCHEMA"),
            // One row by its key is no backfill.
            Stmt::Update(_) | Stmt::Delete(_) if is_one_row(&node) => {}
            Stmt::Update(update) => self.push(&node, &relation(update.relation_name()), "UPDATE", Act::WriteRows { batched: false }),
            Stmt::Delete(delete) => self.push(&node, &relation(delete.relation_name()), "DELETE", Act::WriteRows { batched: false }),
            Stmt::Commit(_) => self.push(&node, "", "COMMIT", Act::Commit),
            Stmt::Do(block) => self.block(block)?,
            _ => {}
        }
        Ok(())
    }

    fn rename_object(&mut self, node: &SyntaxNode, written: &str) {
        let text = text_of(node);
        let to = text.split_whitespace().last().unwrap_or_default().trim_matches([';', '\'', '"']).to_owned();
        self.push(node, "", written, Act::RenameObject { to });
    }

    /// The statements of a `DO` block, as far as they stand there by themselves. What it builds as text is not read.
    fn block(&mut self, block: &ast::Do) -> Result<(), String> {
        let Some(body) = block.body() else { return Ok(()) };
        let text = body.syntax().text().to_string();
        let line = self.line(body.syntax());
        let mut at = 0;
        for piece in text.split_inclusive(';') {
            const STARTS: [&str; 6] = ["alter table", "create index", "create unique index", "drop table", "update ", "delete from"];
            let lower = piece.to_ascii_lowercase();
            if lower.split(|c: char| !c.is_alphanumeric()).any(|word| word == "execute") {
                return Err(format!("line {}: SQL that a DO block builds as text", line + newlines(&text[..at])));
            }
            if let Some(start) = STARTS.iter().filter_map(|start| lower.find(start)).min() {
                let first = line + newlines(&text[..at + start]);
                self.found.extend(read(&piece[start..], first)?);
            }
            at += piece.len();
        }
        Ok(())
    }

    fn create_table(&mut self, create: &ast::CreateTable) {
        let table = name_of(create.table_name());
        self.push(create.syntax(), &table, "CREATE TABLE", Act::CreateTable { force: false });
        let Some(list) = create.table_arg_list() else { return };
        for column in list.syntax().children().filter_map(ast::Column::cast) {
            let kind = column.ty().map(|kind| SqlType::parse(&text_of(kind.syntax())));
            let act =
                Act::AddColumn { column: name_of(column.name()), kind, default: Default::None, required: false, computed: Computed::No };
            self.push(column.syntax(), &table, "CREATE TABLE", act);
        }
    }

    fn alter(&mut self, table: &str, action: &ast::AlterTableAction) {
        use ast::AlterTableAction as Action;
        let node = action.syntax().clone();
        match action {
            Action::AddColumn(add) => self.add_column(table, add),
            Action::DropColumn(drop) => {
                self.push(&node, table, "DROP COLUMN", Act::DropColumns { columns: vec![name_of(drop.column_name_ref())] });
            }
            Action::RenameColumn(rename) => {
                let act = Act::RenameColumn { column: name_of(rename.column_name_ref()), to: name_of(rename.column_name()) };
                self.push(&node, table, "RENAME COLUMN", act);
            }
            Action::TableRenameTo(rename) => self.push(&node, table, "RENAME TO", Act::RenameTable { to: name_of(rename.table_name()) }),
            Action::AlterColumn(alter) => self.alter_column(table, alter),
            Action::AddConstraint(add) => {
                if let Some(constraint) = add.constraint() {
                    self.constraint(table, &constraint, None);
                }
            }
            Action::ValidateConstraint(validate) => {
                self.push(&node, table, "VALIDATE CONSTRAINT", Act::Validate { name: name_of(validate.constraint_name_ref()) });
            }
            Action::DropConstraint(drop) => {
                self.push(&node, table, "DROP CONSTRAINT", Act::DropConstraint { name: name_of(drop.constraint_name_ref()) });
            }
            _ => {}
        }
    }

    fn add_column(&mut self, table: &str, add: &ast::AddColumn) {
        use ast::Constraint;
        let column = name_of(add.column_name());
        let kind = add.ty().map(|kind| SqlType::parse(&text_of(kind.syntax())));
        let (mut default, mut required, mut computed) = (Default::None, false, Computed::No);
        if kind.as_ref().is_some_and(|kind| kind.base.ends_with("serial")) {
            computed = Computed::Counted;
        }
        let mut others = Vec::new();
        for constraint in add.constraints() {
            match &constraint {
                Constraint::NotNullConstraint(_) => required = true,
                Constraint::DefaultConstraint(given) => default = default_of(given.expr()),
                Constraint::GeneratedConstraint(_) if has_word(constraint.syntax(), "identity") => computed = Computed::Counted,
                Constraint::GeneratedConstraint(_) if has_word(constraint.syntax(), "stored") => computed = Computed::Stored,
                _ => others.push(constraint),
            }
        }
        self.push(add.syntax(), table, "ADD COLUMN", Act::AddColumn { column: column.clone(), kind, default, required, computed });
        others.iter().for_each(|constraint| self.constraint(table, constraint, Some(&column)));
    }

    fn alter_column(&mut self, table: &str, alter: &ast::AlterColumn) {
        use ast::AlterColumnOption as Change;
        let column = name_of(alter.column_name_ref());
        match alter.option() {
            Some(Change::SetType(set)) => {
                let to = set.ty().map(|kind| SqlType::parse(&text_of(kind.syntax())));
                self.push(
                    alter.syntax(),
                    table,
                    "ALTER COLUMN TYPE",
                    Act::ChangeColumn { column, to, before: None, required: false, restated: false },
                );
            }
            Some(Change::DropDefault(_)) => self.push(alter.syntax(), table, "DROP DEFAULT", Act::DropDefault { column }),
            Some(Change::SetNotNull(_)) => self.push(alter.syntax(), table, "SET NOT NULL", Act::SetNotNull { column, fills: false }),
            _ => {}
        }
    }

    fn constraint(&mut self, table: &str, constraint: &ast::Constraint, column: Option<&str>) {
        use ast::Constraint;
        let node = constraint.syntax().clone();
        let text = text_of(&node);
        let validated = !constraint.is_not_valid();
        let named = node.children().find_map(ast::ConstraintNameClause::cast).map(|clause| text_of(clause.syntax()));
        let name = named.and_then(|clause| clause.split_whitespace().last().map(plain)).unwrap_or_default();
        let after_key = |text: &str| listed(text.split_once("KEY").or_else(|| text.split_once("key")).map_or(text, |(_, rest)| rest));
        match constraint {
            Constraint::ForeignKeyConstraint(key) => {
                let column = after_key(&text).join(", ");
                self.push(&node, table, "ADD FOREIGN KEY", Act::AddForeignKey { column, to: name_of(key.table_name_ref()), validated });
            }
            Constraint::ReferencesConstraint(key) => {
                let column = column.unwrap_or_default().to_owned();
                self.push(&node, table, "REFERENCES", Act::AddForeignKey { column, to: name_of(key.table()), validated });
            }
            Constraint::CheckConstraint(check) => {
                let expression = check.expr().map(|expr| text_of(expr.syntax())).unwrap_or_default();
                self.push(&node, table, "ADD CHECK", Act::AddCheck { name, expression, validated });
            }
            Constraint::UniqueConstraint(unique) => {
                let columns = column.map_or_else(|| listed(&text), |column| vec![column.to_owned()]);
                self.push(&node, table, "ADD UNIQUE", Act::AddUnique { columns, using_index: unique.using_index().is_some() });
            }
            Constraint::PrimaryKeyConstraint(key) => {
                self.push(&node, table, "ADD PRIMARY KEY", Act::AddPrimaryKey { using_index: key.using_index().is_some() });
            }
            Constraint::ExcludeConstraint(_) => self.push(&node, table, "ADD EXCLUDE", Act::AddExclusion),
            _ => {}
        }
    }
}

/// `WHERE id = ...` and nothing else.
fn is_one_row(node: &SyntaxNode) -> bool {
    let text = text_of(node).to_ascii_lowercase();
    let Some((_, condition)) = text.rsplit_once("where") else { return false };
    let condition = condition.trim().replace('"', "");
    condition.strip_prefix("id").is_some_and(|rest| rest.trim_start().starts_with('=')) && !condition.contains("select")
}

fn has_word(node: &SyntaxNode, word: &str) -> bool {
    node.text().to_string().split(|c: char| !c.is_alphanumeric()).any(|part| part.eq_ignore_ascii_case(word))
}

fn default_of(expr: Option<ast::Expr>) -> Default {
    match expr.map(|expr| text_of(expr.syntax())) {
        None => Default::None,
        Some(text) if text.eq_ignore_ascii_case("null") => Default::None,
        Some(text) if text.contains('(') && !text.starts_with('\'') => Default::Expression(text),
        Some(_) => Default::Constant,
    }
}
