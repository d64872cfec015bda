//! Column types, and which changes of them rewrite no row.

use super::model::Database;

/// A type with its length or precision, by the database's own name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlType {
    /// `varchar`, `text`, `numeric`, `timestamp`, ...
    pub base: String,
    /// Length or precision.
    pub size: Option<u32>,
    /// Digits after the point.
    pub scale: Option<u32>,
}

impl std::fmt::Display for SqlType {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.size, self.scale) {
            (Some(size), Some(scale)) => write!(out, "{}({size},{scale})", self.base),
            (Some(size), None) => write!(out, "{}({size})", self.base),
            _ => write!(out, "{}", self.base),
        }
    }
}

impl SqlType {
    /// A type by any of its names: SQL's, or those of Rails, Ecto and Laravel.
    pub fn new(name: &str, size: Option<u32>, scale: Option<u32>) -> SqlType {
        let lower = name.trim().to_ascii_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
        let base = match &*lower {
            "string" | "character varying" | "varchar" => "varchar",
            "decimal" | "numeric" => "numeric",
            "datetime"
            | "timestamp"
            | "naive_datetime"
            | "naive_datetime_usec"
            | "utc_datetime"
            | "utc_datetime_usec"
            | "timestamp without time zone" => "timestamp",
            "timestamptz" | "timestamp with time zone" => "timestamptz",
            "time" | "time without time zone" => "time",
            "bit_varying" | "bit varying" | "varbit" => "varbit",
            "int" | "int4" | "integer" => "integer",
            "int8" | "bigint" => "bigint",
            "int2" | "smallint" => "smallint",
            "bool" | "boolean" => "boolean",
            "character" | "char" | "bpchar" => "char",
            "double" | "double precision" | "float8" => "double precision",
            "longtext" | "mediumtext" => return SqlType { base: lower, size: None, scale: None },
            "binary" | "bytea" | "blob" => "binary",
            "json" | "jsonb" | "uuid" | "citext" | "text" | "cidr" | "inet" | "interval" | "date" | "xml" => &lower,
            other => return SqlType { base: other.to_owned(), size, scale },
        };
        SqlType { base: base.to_owned(), size, scale }
    }

    /// A type as SQL writes it: `character varying(20)`, `numeric(10, 2)`, `timestamp(3) with time zone`, `int[]`.
    pub fn parse(text: &str) -> SqlType {
        let text = text.replace('"', "");
        let Some((before, rest)) = text.split_once('(') else { return SqlType::new(&text, None, None) };
        let (inside, after) = rest.split_once(')').unwrap_or((rest, ""));
        let mut numbers = inside.split(',').map(|part| part.trim().parse::<u32>().ok());
        let (size, scale) = (numbers.next().flatten(), numbers.next().flatten());
        SqlType::new(&format!("{before} {after}"), size, scale)
    }

    fn is_time(&self) -> bool {
        matches!(&*self.base, "timestamp" | "timestamptz" | "time" | "interval")
    }

    /// What the database takes when no length is written.
    fn precision(&self) -> u32 {
        self.size.unwrap_or(6)
    }
}

/// Whether no row has to be written or checked again for a change of type.
pub fn is_harmless(database: Database, before: &SqlType, to: &SqlType, indexed: bool) -> bool {
    match database {
        Database::Postgres => is_harmless_on_postgres(before, to, indexed),
        Database::Mysql | Database::Mariadb => is_harmless_on_mysql(before, to),
        // SQLite copies the table for any change of it.
        Database::Sqlite => false,
        Database::Other => before == to,
    }
}

fn is_harmless_on_postgres(before: &SqlType, to: &SqlType, indexed: bool) -> bool {
    let wider = || match (before.size, to.size) {
        (_, None) => true,
        (Some(before), Some(to)) => to >= before,
        (None, Some(_)) => false,
    };
    match (&*before.base, &*to.base) {
        ("varchar", "varchar") | ("varbit", "varbit") => wider(),
        ("bit", "varbit") => to.size.is_none(),
        ("varchar" | "text", "text") | ("xml", "text") | ("cidr", "inet") => true,
        ("text" | "xml", "varchar") => to.size.is_none(),
        ("citext", "varchar") => to.size.is_none() && !indexed,
        ("citext", "text") | ("varchar" | "text", "citext") => !indexed,
        ("citext", "citext") => true,
        ("numeric", "numeric") => match (before.size, to.size) {
            (_, None) => to.scale.is_none(),
            (Some(old), Some(new)) => new >= old && before.scale.unwrap_or(0) == to.scale.unwrap_or(0),
            (None, Some(_)) => false,
        },
        // Between the two kinds of timestamp the rows stay only while the session's time zone is UTC, as Rails and Ecto set it.
        ("timestamp" | "timestamptz", "timestamp" | "timestamptz") => to.precision() >= before.precision(),
        (a, b) if a == b && before.is_time() => to.precision() >= before.precision(),
        _ => before == to,
    }
}

/// A longer VARCHAR is a change of the definition alone while the length takes as many bytes as before. With `utf8mb4` a
/// character takes up to four.
fn is_harmless_on_mysql(before: &SqlType, to: &SqlType) -> bool {
    const ONE_BYTE: u32 = 255 / 4;
    if before.base != "varchar" || to.base != "varchar" {
        return before == to && before.base != "varchar";
    }
    let (old, new) = (before.size.unwrap_or(255), to.size.unwrap_or(255));
    new >= old && (new <= ONE_BYTE || old > ONE_BYTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_one_name() {
        assert_eq!(SqlType::parse("character varying(20)"), SqlType::new("string", Some(20), None));
        assert_eq!(SqlType::parse("numeric(10, 2)"), SqlType::new("decimal", Some(10), Some(2)));
        assert_eq!(SqlType::parse("timestamp(3) with time zone"), SqlType::new("timestamptz", Some(3), None));
        assert_eq!(SqlType::parse("NUMERIC(").base, "numeric");
    }

    #[test]
    fn widening_rewrites_nothing() {
        let harmless = |database, before: &str, to: &str| is_harmless(database, &SqlType::parse(before), &SqlType::parse(to), false);
        assert!(harmless(Database::Postgres, "varchar(20)", "varchar(255)"));
        assert!(harmless(Database::Postgres, "varchar(20)", "text"));
        assert!(!harmless(Database::Postgres, "text", "varchar(20)"));
        assert!(!harmless(Database::Postgres, "integer", "bigint"));
        assert!(!harmless(Database::Postgres, "numeric(10,5)", "numeric(10,6)"));
        assert!(harmless(Database::Mysql, "varchar(20)", "varchar(63)"));
        assert!(!harmless(Database::Mysql, "varchar(20)", "varchar(64)"));
        assert!(!harmless(Database::Sqlite, "varchar(20)", "varchar(64)"));
    }
}
