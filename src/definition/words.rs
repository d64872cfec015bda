//! The closed vocabularies of the definition language: rungs, kinds, roles, severities, triggers.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// How strong evidence is; the rungs of a practice, weakest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// No evidence.
    #[default]
    Nothing,
    /// Named only; nothing shows that it is switched on.
    Declared,
    /// Switched on where production would run it.
    Configured,
    /// History or CI shows that it really runs.
    Exercised,
    /// Seen on the live system.
    Observed,
}

impl Level {
    /// The rungs above [`Level::Nothing`], weakest first.
    pub const RUNGS: [Level; 4] = [Level::Declared, Level::Configured, Level::Exercised, Level::Observed];

    /// The word used in definitions and reports.
    pub fn word(self) -> &'static str {
        match self {
            Level::Nothing => "nothing",
            Level::Declared => "declared",
            Level::Configured => "configured",
            Level::Exercised => "exercised",
            Level::Observed => "observed",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What "nothing found" means for a practice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Absent {
    /// The repository is the place where it must show.
    Unmet,
    /// It may be set up where the audit did not look.
    Unknown,
}

/// What it means when a `data` look finds no value in an item.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AbsentValue {
    /// The default is off.
    #[default]
    Fails,
    /// The default is on.
    Holds,
    /// The default cannot be told from the file.
    Unknown,
}

/// What makes one finding of a hazard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    /// Each place.
    #[default]
    Place,
    /// All places at which the same was named `value`.
    Value,
    /// All places of a file.
    File,
    /// All places.
    Check,
}

impl Per {
    /// Whether nothing is put together.
    pub fn is_place(&self) -> bool {
        *self == Per::Place
    }
}

/// Which dependencies count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Those that production installs.
    #[default]
    Runtime,
    /// Those for development, tests and builds.
    Development,
    /// Both.
    Any,
}

/// What a file is for; decided once for all checks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// What production runs or is made from.
    #[default]
    Production,
    /// Tests, fixtures, cassettes.
    Test,
    /// Prose for people.
    Docs,
    /// Examples, samples and demos beside the product.
    Example,
    /// Other people's code, copied in.
    Vendored,
    /// Made by a machine.
    Generated,
    /// For developers' machines only.
    Development,
}

/// What kind of thing is audited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// We run it.
    #[default]
    Operated,
    /// Others install and run it.
    SelfHost,
    /// Others build on it, or run it on their own machines: a library, a framework, a command-line tool.
    Library,
    /// It shows how something is done.
    Demo,
}

impl Kind {
    /// The word used in definitions, configuration and reports.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Operated => "operated",
            Kind::SelfHost => "self-host",
            Kind::Library => "library",
            Kind::Demo => "demo",
        }
    }
}

/// How bad one finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Will hurt some day.
    Medium,
    /// Will hurt soon.
    High,
    /// Hurts now.
    Critical,
}

impl Severity {
    /// The word used in definitions and reports.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// How the score of a measure runs between `full` and `none`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// In a straight line.
    #[default]
    Linear,
    /// By the logarithm, for times.
    Logarithmic,
}

/// What starts a CI job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// A push to any branch.
    Push,
    /// A push to the default branch (a push without a branch filter counts).
    DefaultBranch,
    /// A pull or merge request.
    PullRequest,
    /// A tag is pushed or a release published.
    Tag,
    /// The clock.
    Schedule,
    /// A person.
    Manual,
}

/// A programming language whose syntax trees can be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// C#.
    Csharp,
    /// Elixir.
    Elixir,
    /// Go.
    Go,
    /// Java.
    Java,
    /// JavaScript and TypeScript, with and without JSX.
    Javascript,
    /// Kotlin.
    Kotlin,
    /// PHP.
    Php,
    /// Python.
    Python,
    /// Ruby.
    Ruby,
    /// Rust.
    Rust,
}

impl Language {
    /// The extensions of its files, without the dot.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Language::Csharp => &["cs"],
            Language::Elixir => &["ex", "exs"],
            Language::Go => &["go"],
            Language::Java => &["java"],
            Language::Javascript => &["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts"],
            Language::Kotlin => &["kt", "kts"],
            Language::Php => &["php"],
            Language::Python => &["py"],
            Language::Ruby => &["rb", "rake", "ru", "jbuilder"],
            Language::Rust => &["rs"],
        }
    }
}

/// Whose API a forge speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ForgeHost {
    /// GitHub, GitHub Enterprise.
    #[default]
    Github,
    /// GitLab.
    Gitlab,
}

/// How far a relation of a `code` rule looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// At the next node.
    Neighbor,
    /// To the end.
    End,
}

/// What a database column holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnType {
    /// Text of bounded length.
    String,
    /// Text of any length.
    Text,
    /// JSON, or a map of texts.
    Json,
    /// Bytes.
    Binary,
    /// A whole number.
    Integer,
    /// Any other number.
    Decimal,
    /// Yes or no.
    Boolean,
    /// A day.
    Date,
    /// A moment, or a time of day.
    Time,
    /// A UUID.
    Uuid,
    /// Anything else, and what could not be told.
    #[default]
    Other,
}

/// Which database runs a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// PostgreSQL and what speaks like it.
    Postgresql,
    /// MySQL and MariaDB, whose InnoDB makes an index for every foreign key.
    Mysql,
    /// SQLite.
    Sqlite,
    /// SQL Server.
    SqlServer,
}

/// What a database schema was read from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stack {
    /// `db/schema.rb`, `db/structure.sql`, or migrations of Rails.
    Rails,
    /// Models of Django.
    Django,
    /// Models of SQLAlchemy, with the indexes of Alembic's migrations.
    Sqlalchemy,
    /// Migrations of Laravel.
    Laravel,
    /// Migrations of Ecto.
    Ecto,
    /// `schema.prisma`.
    Prisma,
    /// The model snapshot of Entity Framework Core.
    EfCore,
    /// Migrations of Sequelize or Knex.
    Node,
    /// SQL: dumps and migrations.
    #[default]
    Sql,
}

impl Stack {
    /// All of them.
    pub const ALL: [Stack; 9] = [
        Stack::Rails,
        Stack::Django,
        Stack::Sqlalchemy,
        Stack::Laravel,
        Stack::Ecto,
        Stack::Prisma,
        Stack::EfCore,
        Stack::Node,
        Stack::Sql,
    ];

    /// The word used in definitions.
    pub fn word(self) -> &'static str {
        match self {
            Stack::Rails => "rails",
            Stack::Django => "django",
            Stack::Sqlalchemy => "sqlalchemy",
            Stack::Laravel => "laravel",
            Stack::Ecto => "ecto",
            Stack::Prisma => "prisma",
            Stack::EfCore => "ef-core",
            Stack::Node => "node",
            Stack::Sql => "sql",
        }
    }
}

/// One text or a list of texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct OneOrMany(pub Vec<String>);

impl OneOrMany {
    /// True when nothing is written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The texts in the order written.
    pub fn iter(&self) -> std::slice::Iter<'_, String> {
        self.0.iter()
    }
}

impl Serialize for OneOrMany {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => serializer.serialize_str(one),
            many => many.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = OneOrMany;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![text.to_owned()]))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<OneOrMany, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = seq.next_element()? {
                    texts.push(text);
                }
                Ok(OneOrMany(texts))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for OneOrMany {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OneOrMany".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
    }
}

/// The answer an example must get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// The rung reached; [`Level::Nothing`] is written `nothing`.
    Rung(Level),
    /// The standing is unknown and no rung was reached.
    Unknown,
    /// The check does not apply.
    NotApplicable,
    /// A hazard without findings.
    Clear,
    /// A hazard with this many findings.
    Findings(u32),
    /// A number that is surely at `full`.
    Met,
    /// A number that is surely not at `full`.
    Short,
    /// A number that is surely at `none`.
    Unmet,
}

impl Default for Expect {
    fn default() -> Self {
        Expect::Rung(Level::Nothing)
    }
}

impl Expect {
    const WORDS: [&'static str; 11] =
        ["nothing", "declared", "configured", "exercised", "observed", "unknown", "not-applicable", "clear", "met", "short", "unmet"];

    /// True when the example shows the practice, the hazard or a good number.
    pub fn is_positive(self) -> bool {
        matches!(self, Expect::Met | Expect::Short)
            || matches!(self, Expect::Rung(level) if level > Level::Nothing)
            || matches!(self, Expect::Findings(n) if n > 0)
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expect::Rung(level) => level.fmt(f),
            Expect::Unknown => f.write_str("unknown"),
            Expect::NotApplicable => f.write_str("not-applicable"),
            Expect::Clear => f.write_str("clear"),
            Expect::Met => f.write_str("met"),
            Expect::Short => f.write_str("short"),
            Expect::Unmet => f.write_str("unmet"),
            Expect::Findings(1) => f.write_str("1 finding"),
            Expect::Findings(count) => write!(f, "{count} findings"),
        }
    }
}

impl<'de> Deserialize<'de> for Expect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Expect;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "one of {} or a number of findings", Expect::WORDS.join(", "))
            }
            fn visit_i64<E: de::Error>(self, count: i64) -> Result<Expect, E> {
                u32::try_from(count).map(Expect::Findings).map_err(|_| E::custom("a number of findings cannot be negative"))
            }
            fn visit_u64<E: de::Error>(self, count: u64) -> Result<Expect, E> {
                u32::try_from(count).map(Expect::Findings).map_err(E::custom)
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<Expect, E> {
                Ok(match word {
                    "nothing" => Expect::Rung(Level::Nothing),
                    "declared" => Expect::Rung(Level::Declared),
                    "configured" => Expect::Rung(Level::Configured),
                    "exercised" => Expect::Rung(Level::Exercised),
                    "observed" => Expect::Rung(Level::Observed),
                    "unknown" => Expect::Unknown,
                    "not-applicable" => Expect::NotApplicable,
                    "clear" => Expect::Clear,
                    "met" => Expect::Met,
                    "short" => Expect::Short,
                    "unmet" => Expect::Unmet,
                    _ => return Err(E::unknown_variant(word, &Expect::WORDS)),
                })
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Expect {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Expect".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "enum": Expect::WORDS }, { "type": "integer", "minimum": 0 }] })
    }
}
