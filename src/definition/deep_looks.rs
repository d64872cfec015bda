//! The written shape of the looks that read more than a text: syntax trees, the database schema and its migrations.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::words::{ColumnType, Language, OneOrMany, Role, Stack};
use super::written::{DependencyLook, FileLook};

/// A shape of code, found in the syntax trees of files. Comments and strings are not code.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[serde(deny_unknown_fields, default)]
pub struct CodeLook {
    /// The languages the rule is written for; files are told by their extension.
    pub language: Vec<Language>,
    /// Globs relative to the audited directory, or `@set`; all files of the languages unless written.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub path: OneOrMany,
    /// Globs of files that do not count.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub except: OneOrMany,
    /// Roles a file may have; production alone unless written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// Patterns that must all match in the file's text outside comments: an import, for one.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub contains: OneOrMany,
    /// Patterns none of which may match in the file's text outside comments.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub lacks: OneOrMany,
    /// What a node of the tree must be.
    pub rule: CodeRule,
    /// What the metavariables of the rule must be, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub constraints: BTreeMap<String, CodeRule>,
    /// Rules with a name, for `matches`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub utils: BTreeMap<String, CodeRule>,
}

/// A rule on a node of a syntax tree, as ast-grep has them. All that is written must hold.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[serde(deny_unknown_fields, default)]
pub struct CodeRule {
    /// Code with metavariables: `$NAME` stands for one node, `$$$NAME` for any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// With `selector`: the code around a pattern that is no statement by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// With `context`: the kind of the node inside it that is the pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// The node's kind in the language's grammar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// A pattern on the node's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// Some node around it is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside: Option<Box<CodeRule>>,
    /// Some node in it is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has: Option<Box<CodeRule>>,
    /// Some node after it, in the same parent, is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precedes: Option<Box<CodeRule>>,
    /// Some node before it, in the same parent, is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follows: Option<Box<CodeRule>>,
    /// All of these hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<CodeRule>,
    /// Any of these holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub any: Vec<CodeRule>,
    /// This does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not: Option<Box<CodeRule>>,
    /// The rule of this name in `utils` holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<String>,
    /// Under `inside`, `has`, `precedes` and `follows`: how far to look. `end` unless written, `neighbor` for the next node alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<super::words::Stop>,
    /// Under the same four: look no further than a node that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Box<CodeRule>>,
    /// Under `inside` and `has`: the field of the grammar in which the node stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// The application's database as its schema files or migrations tell it. What it sees names `{table}`, `{column}` and, for keys,
/// `{to}` in the message of a hazard.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[serde(deny_unknown_fields, default)]
pub struct SchemaLook {
    /// Only schemas that were read from these; all unless written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<Stack>,
    /// Columns that point at another table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign_key: Option<KeyLook>,
    /// Columns by their name and type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<ColumnLook>,
    /// What `{advice}` stands for in the message, by stack; `other` for the stacks that are not named.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub advice: BTreeMap<String, String>,
}

/// Columns that point at another table. All that is written must hold.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[serde(deny_unknown_fields, default)]
pub struct KeyLook {
    /// True: a constraint says so. False: only the name does (`author_id` beside a table `authors`, of the same type).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<bool>,
    /// Whether an index that every row is in leads with the column. MySQL makes one for each constraint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indexed: Option<bool>,
}

/// Columns by their name and type. All that is written must hold.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[serde(deny_unknown_fields, default)]
pub struct ColumnLook {
    /// Patterns any of which must match whole words at the end of the name, in lower case with underscores: `accessToken` is
    /// `access_token`, `github_access_token` ends in it, `access_token_count` does not.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub name: OneOrMany,
    /// Patterns none of which may match anywhere in the name, in lower case with underscores.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub except: OneOrMany,
    /// Patterns none of which may match anywhere in the table's name, in lower case with underscores.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub except_table: OneOrMany,
    /// What the column holds; anything unless written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<ColumnType>,
    /// Patterns as in `name`; another column of the table must match one.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub beside: OneOrMany,
    /// Whether some tool keeps it unreadable, by encrypting or hashing it (`[[protects]]` of the tools).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protected: Option<bool>,
    /// The same for encrypting alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<bool>,
}

/// Schema changes that have not shipped, of any tool, and are unsafe while the application runs.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[serde(deny_unknown_fields, default)]
pub struct MigrationLook {
    /// The reasons that count, by name: `remove-column`, `add-index-blocking`.
    #[serde(rename = "unsafe")]
    pub reasons: Vec<String>,
}

/// Columns that are kept unreadable in the database. All that is written must hold.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Protection {
    /// Patterns any of which must match the column's whole name, in lower case with underscores.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub column: OneOrMany,
    /// Patterns any of which must match the table's whole name, in lower case with underscores.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub table: OneOrMany,
    /// A pattern on the column's declaration: its type, its options, the annotations above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declaration: Option<String>,
    /// A file says so. Where its first pattern has `{column}` or `{columns}` in it, it speaks of the columns it names there, and of
    /// the table that stands at `{table}`, or that the file is named after or defines the model of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<FileLook>,
    /// True: `file` need not be the table's own; it suffices that it works on it, as `User.`, `.user.`, `users)` or `$user`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub mentions: bool,
    /// True: it hashes, so the value is only compared and never read back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hashes: bool,
    /// A package that does so by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dependency: Option<DependencyLook>,
}
