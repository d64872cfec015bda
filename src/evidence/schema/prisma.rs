//! Prisma: `schema.prisma`, in one file or several. Names are those of the models and fields, as people see them there.

use super::model::{Column, Database, ForeignKey, Index, Spot, Table};
use crate::definition::words::ColumnType;

/// Reads one schema file. The language has one declaration per line, so lines are what is read.
pub fn apply(database: &mut Database, path: &str, text: &str) -> Result<(), String> {
    let mut reader = Reader { database, path, table: None, datasource: false, notes: String::new() };
    let mut held = String::new();
    let mut start = 1;
    for (number, line) in (1_u32..).zip(text.lines()) {
        let (code, note) = split_comment(line);
        if held.is_empty() {
            start = number;
        }
        held.push_str(code);
        held.push(' ');
        // An attribute may go on over several lines.
        if held.matches('(').count() > held.matches(')').count() && held.len() < 4096 {
            continue;
        }
        reader.line(held.trim(), note, start);
        held.clear();
    }
    Ok(())
}

struct Reader<'d> {
    database: &'d mut Database,
    path: &'d str,
    table: Option<Table>,
    datasource: bool,
    notes: String,
}

/// A line without its comment, and the text of a `///` comment.
fn split_comment(line: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '/' if !quoted && line[at..].starts_with("///") => return (&line[..at], line[at + 3..].trim()),
            '/' if !quoted && line[at..].starts_with("//") => return (&line[..at], ""),
            _ => {}
        }
    }
    (line, "")
}

impl Reader<'_> {
    fn line(&mut self, line: &str, note: &str, number: u32) {
        let spot = Spot { path: self.path.to_owned(), line: number };
        if let Some(name) = line.strip_prefix("model ").and_then(|rest| rest.split_whitespace().next()) {
            self.table = Some(Table { name: name.trim_end_matches('{').to_owned(), spot, ..Table::default() });
        } else if line.starts_with("datasource ") {
            self.datasource = true;
        } else if line.starts_with('}') {
            self.datasource = false;
            if let Some(table) = self.table.take() {
                self.database.tables.insert(table.name.to_lowercase(), table);
            }
        } else if self.datasource {
            self.source(line);
        } else if line.is_empty() {
            self.notes.push_str(note);
            self.notes.push(' ');
            return;
        } else if let Some(table) = &mut self.table {
            match line.strip_prefix("@@") {
                Some(rest) => block(table, rest),
                None => field(table, line, &format!("{} {note}", self.notes), spot),
            }
        }
        self.notes.clear();
    }

    fn source(&mut self, line: &str) {
        let Some((key, value)) = line.split_once('=') else { return };
        match key.trim() {
            "provider" => self.database.engine = super::sources::engine_in(value),
            "relationMode" if value.contains("prisma") => self.database.without_constraints = true,
            _ => {}
        }
    }
}

/// `@@index([a, b(sort: Desc)])`, `@@id([a, b])`, `@@unique(fields: [a])`.
fn block(table: &mut Table, line: &str) {
    let word = line.split('(').next().unwrap_or_default();
    let columns = listed(line);
    match word {
        "id" => table.identify_by(&columns),
        "unique" => table.indexes.push(Index { unique: true, ..Index::on(&columns) }),
        "index" if !line.contains("type:") || line.contains("type: BTree") || line.contains("type: Hash") => {
            table.indexes.push(Index::on(&columns));
        }
        _ => {}
    }
}

/// The names between the first square brackets after `key`.
fn listed(text: &str) -> Vec<String> {
    let Some(list) = text.split_once('[').map(|(_, rest)| rest) else { return Vec::new() };
    let (mut depth, mut name, mut all) = (0, String::new(), Vec::new());
    for c in list.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ']' if depth == 0 => break,
            ',' if depth == 0 => all.push(std::mem::take(&mut name)),
            _ if depth == 0 => name.push(c),
            _ => {}
        }
    }
    all.push(name);
    all.into_iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

fn field(table: &mut Table, line: &str, notes: &str, spot: Spot) {
    let mut parts = line.split_whitespace();
    let (Some(name), Some(kind)) = (parts.next(), parts.next()) else { return };
    if let Some(relation) = line.split_once("@relation").map(|(_, rest)| rest) {
        if let Some((_, fields)) = relation.split_once("fields:") {
            let columns = listed(fields);
            let to = kind.trim_end_matches(['?', '[', ']']).to_owned();
            table.foreign_keys.push(ForeignKey { columns, to, spot, ..ForeignKey::default() });
        }
        return;
    }
    let declaration = format!("{line} {}", notes.trim());
    let nullable = Some(kind.ends_with('?'));
    table.put(Column { nullable, ..Column::new(name, kind_of(kind, line), declaration.trim(), spot) });
    let has = |attribute: &str| line.split_whitespace().any(|part| part == attribute || part.starts_with(&format!("{attribute}(")));
    if has("@id") {
        table.identify_by(&[name]);
    } else if has("@unique") {
        table.indexes.push(Index { unique: true, ..Index::on(&[name]) });
    }
}

fn kind_of(kind: &str, line: &str) -> ColumnType {
    match kind.trim_end_matches('?') {
        "String" if line.contains("@db.Uuid") => ColumnType::Uuid,
        "String" if line.contains("Text") => ColumnType::Text,
        "String" => ColumnType::String,
        "Json" => ColumnType::Json,
        "Bytes" => ColumnType::Binary,
        "Int" | "BigInt" => ColumnType::Integer,
        "Float" | "Decimal" => ColumnType::Decimal,
        "Boolean" => ColumnType::Boolean,
        "DateTime" if line.contains("@db.Date") => ColumnType::Date,
        "DateTime" => ColumnType::Time,
        _ => ColumnType::Other,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::definition::words::{Engine, Stack};

    #[test]
    fn models_with_their_relations() {
        let text = r#"
datasource db {
  provider = "postgresql" // not mysql
  url      = env("DATABASE_URL")
}
model User {
  id       String  @id @default(cuid())
  email    String  @unique
  /// @encrypted
  taxId    String? @db.Text
  posts    Post[]
}
model Post {
  id       Int     @id
  authorId String
  author   User    @relation(fields: [authorId], references: [id], onDelete: Cascade)
  editorId String? // @unique
  editor   User?   @relation("edits",
    fields: [editorId],
    references: [id])
  a Int
  b Int
  other    Other @relation(fields: [a, b], references: [a, b])
  url String @default("http://x")
  @@index([authorId, id(sort: Desc)])
  @@unique([b, a], map: "x")
  @@map("posts")
}
"#;
        let mut database = Database::new(Stack::Prisma, None);
        apply(&mut database, "prisma/schema.prisma", text).unwrap();
        assert_eq!(database.engine, Some(Engine::Postgresql));
        let post = &database.tables["post"];
        let bare: Vec<String> = post
            .foreign_keys
            .iter()
            .filter(|key| !post.covers(&key.columns))
            .map(|key| format!("{}:{}", key.columns.join("+"), key.spot.line))
            .collect();
        assert_eq!(bare, ["editorId:18"]);
        assert!(database.tables["user"].column("taxId").unwrap().declaration.contains("@encrypted"));
        assert!(post.column("url").is_some());
    }

    #[test]
    fn hostile_text_ends() {
        for text in [
            "model",
            "model {",
            "model A {\n@@index(",
            "model A {\nb B @relation(fields: [",
            "}\n}\n",
            "datasource x {\n=\n",
            "model A {\n///é",
        ] {
            apply(&mut Database::default(), "a.prisma", text).unwrap();
        }
    }
}
