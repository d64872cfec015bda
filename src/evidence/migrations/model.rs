//! One model for the migrations of every tool: what a file does to the schema, operation by operation.

use super::types::SqlType;

/// The database that migrations run against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Database {
    /// PostgreSQL and what speaks like it.
    Postgres,
    /// MySQL.
    Mysql,
    /// MariaDB.
    Mariadb,
    /// SQLite.
    Sqlite,
    /// SQL Server, Oracle and others.
    Other,
}

impl Database {
    /// The product's name.
    pub fn title(self) -> &'static str {
        match self {
            Database::Postgres => "PostgreSQL",
            Database::Mysql => "MySQL",
            Database::Mariadb => "MariaDB",
            Database::Sqlite => "SQLite",
            Database::Other => "this database",
        }
    }

    /// MySQL or MariaDB.
    pub fn is_mysql(self) -> bool {
        matches!(self, Database::Mysql | Database::Mariadb)
    }
}

/// A migration file that was read.
#[derive(Debug, Clone, Default)]
pub struct Migration {
    /// Path for people.
    pub path: String,
    /// What it does going up, in order.
    pub operations: Vec<Operation>,
    /// Whether all of it runs in one transaction.
    pub transaction: bool,
    /// Parts that could not be read, in words.
    pub unread: Vec<String>,
    /// The database, where the file or its folder says it.
    pub database: Option<Database>,
}

/// One change.
#[derive(Debug, Clone)]
pub struct Operation {
    /// What it does.
    pub act: Act,
    /// The table it is done to; empty where only running the code could tell.
    pub table: String,
    /// 1-based line.
    pub line: u32,
    /// The name of the operation as written: `remove_column`, `RemoveField`.
    pub written: String,
    /// Why it does not count: `safety_assured`.
    pub muted: Option<String>,
}

/// The default of a new column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Default {
    /// None, or NULL.
    None,
    /// A literal.
    Constant,
    /// An expression that the database evaluates for each row.
    Expression(String),
}

/// How a column gets its values by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Computed {
    /// It does not.
    No,
    /// `GENERATED ALWAYS AS (...) STORED`.
    Stored,
    /// `serial`, `AUTO_INCREMENT`, identity.
    Counted,
}

/// A kind of change.
#[derive(Debug, Clone)]
pub enum Act {
    /// A new table. `force` drops one of that name first.
    CreateTable { force: bool },
    /// A table is dropped.
    DropTable,
    /// A table gets another name.
    RenameTable { to: String },
    /// A schema, type or enum value gets another name.
    RenameObject { to: String },
    /// A new column.
    AddColumn { column: String, kind: Option<SqlType>, default: Default, required: bool, computed: Computed },
    /// Columns are dropped.
    DropColumns { columns: Vec<String> },
    /// A column gets another name.
    RenameColumn { column: String, to: String },
    /// A column gets another type. `before` where the migration itself says it. `restated`: the tool writes the whole column
    /// down for any change of it, so that the type need not be another.
    ChangeColumn { column: String, to: Option<SqlType>, before: Option<SqlType>, required: bool, restated: bool },
    /// A column must be filled from now on. `fills`: empty rows are filled in the same statement.
    SetNotNull { column: String, fills: bool },
    /// A column's default changes under an ORM that writes defaults itself.
    ChangeDefault { column: String },
    /// A column loses its default in the database.
    DropDefault { column: String },
    /// A new index.
    AddIndex { columns: Vec<String>, unique: bool, concurrently: bool, invalid: bool },
    /// An index is dropped.
    DropIndex { concurrently: bool },
    /// A new foreign key.
    AddForeignKey { column: String, to: String, validated: bool },
    /// A new CHECK.
    AddCheck { name: String, expression: String, validated: bool },
    /// Constraints that were added without a check of the rows are checked.
    Validate { name: String },
    /// A constraint goes.
    DropConstraint { name: String },
    /// A new UNIQUE constraint.
    AddUnique { columns: Vec<String>, using_index: bool },
    /// A new EXCLUDE constraint.
    AddExclusion,
    /// A new primary key.
    AddPrimaryKey { using_index: bool },
    /// A statement asks MySQL for a copy of the table or for a lock.
    Blocking { option: String },
    /// Rows are written. `batched`: a few at a time.
    WriteRows { batched: bool },
    /// The transaction ends here and a new one begins.
    Commit,
    /// A command of a migration library that makes an operation harmless by itself.
    Nothing,
}
