//! Which files are migrations, of which tool, and in which order: told by their paths.

use std::sync::OnceLock;

use regex::Regex;

/// What wrote a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// Rails.
    Rails,
    /// Django.
    Django,
    /// Alembic.
    Alembic,
    /// Laravel.
    Laravel,
    /// Ecto.
    Ecto,
    /// Knex, Sequelize, TypeORM, MikroORM.
    Javascript,
    /// Entity Framework.
    EntityFramework,
    /// Liquibase's XML.
    Liquibase,
    /// Plain SQL of any tool.
    Sql,
    /// SQL inside Go.
    Go,
}

/// A file that may be a migration.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its place among the files of the world.
    pub index: usize,
    /// What wrote it.
    pub tool: Tool,
    /// What orders it among its like: a date as `YYYYMMDDhhmmss`, or a number.
    pub order: u64,
    /// The folder that holds all migrations of its kind.
    pub folder: String,
}

/// A kind of migration: the pattern of its paths.
const KINDS: [(Tool, &str); 10] = [
    (Tool::Rails, r"(?:^|/)db/(?:\w+_)?migrate/(?:.*/)?\d+_\w+\.rb$"),
    (Tool::Django, r"(?:^|/)\w*migrations/\d+_\w+\.py$"),
    (Tool::Alembic, r"(?:^|/)versions/[^/]+\.py$"),
    (Tool::Laravel, r"(?:^|/)migrations/(?:.*/)?\d{4}_\d\d_\d\d_\d+_\w+\.php$"),
    (Tool::Ecto, r"(?:^|/)\w*migrations/(?:.*/)?\d{8,14}_\w+\.exs?$"),
    (Tool::Javascript, r"(?:^|/)migrations?/(?:.*/)?[\w.-]*\d{4,}[\w.-]*\.[cm]?[jt]s$"),
    (Tool::EntityFramework, r"(?:^|/)Migrations/(?:.*/)?\d{14}_\w+\.cs$"),
    (Tool::Liquibase, r"(?i)(?:^|/)(?:\w*changelogs?|liquibase|migrations?)/(?:.*/)?[^/]*\.xml$"),
    (Tool::Sql, r"(?i)(?:^|/)(?:\w*migrations?|migrate|drizzle|upgrade|changelogs?)/(?:.*/)?[^/]+\.sql$"),
    (Tool::Go, r"(?i)(?:^|/)(?:\w*migrations?/(?:.*/)?[^/]+|migrations?)\.go$"),
];

/// The migration that a path is, if it is one that goes up.
pub fn source_of(index: usize, path: &str) -> Option<Source> {
    static PATTERNS: OnceLock<Vec<(Tool, Regex)>> = OnceLock::new();
    let patterns = PATTERNS.get_or_init(|| KINDS.iter().filter_map(|(tool, pattern)| Some((*tool, Regex::new(pattern).ok()?))).collect());
    if !path.contains("igrat")
        && !path.contains("versions/")
        && !path.contains("drizzle/")
        && !path.contains("hange")
        && !path.contains("upgrade/")
    {
        return None;
    }
    let tool = patterns.iter().find(|(_, pattern)| pattern.is_match(path))?.0;
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let lower = file.to_ascii_lowercase();
    let down = lower.ends_with(".down.sql") || lower == "down.sql" || lower.starts_with("undo") || regex_undo(file);
    if down || lower.contains("squash") || lower.ends_with(".d.ts") || lower.ends_with(".designer.cs") || lower.contains("_test.") {
        return None;
    }
    // Prisma and Diesel keep a folder per migration.
    let alone = matches!(&*lower, "migration.sql" | "up.sql" | "index.ts");
    let (folder, name) = if alone { folder.rsplit_once('/').unwrap_or(("", folder)) } else { (folder, file) };
    Some(Source { index, tool, order: order_of(name), folder: folder.to_owned() })
}

/// Flyway's `U12__name.sql` undoes.
fn regex_undo(file: &str) -> bool {
    file.starts_with('U') && file[1..].starts_with(|c: char| c.is_ascii_digit()) && file.contains("__")
}

/// The date or number at the start of a name, or the first long run of digits in it.
fn order_of(name: &str) -> u64 {
    let start = name.find(|c: char| c.is_ascii_digit()).map_or("", |at| &name[at..]);
    let mut digits = String::new();
    for c in start.chars() {
        match c {
            '0'..='9' => digits.push(c),
            '_' | '-' | '.' if digits.len() >= 4 && digits.len() < 14 && digits.starts_with(['1', '2']) => {}
            _ => break,
        }
    }
    digits.truncate(14);
    let number: u64 = digits.parse().unwrap_or(0);
    match digits.len() {
        8..14 if digits.starts_with("20") => number * 10_u64.pow(14 - u32::try_from(digits.len()).unwrap_or(14)),
        // Milliseconds since 1970, as TypeORM writes them.
        13 if digits.starts_with('1') => as_date(number / 1000),
        10 if digits.starts_with('1') => as_date(number),
        _ => number,
    }
}

fn as_date(seconds: u64) -> u64 {
    let time = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    let text = time.map(|time| time.strftime("%Y%m%d%H%M%S").to_string());
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Seconds since 1970 of an order that is a date.
pub fn seconds_of(order: u64) -> Option<i64> {
    let text = order.to_string();
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let date = jiff::civil::Date::new(part(0, 4)?, part(4, 6)?.try_into().ok()?, part(6, 8)?.try_into().ok()?).ok()?;
    let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    (text.len() == 14).then(|| zoned.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_the_tool_and_the_order() {
        let told = |path: &str| source_of(0, path).map(|source| (source.tool, source.order, source.folder));
        assert_eq!(told("db/migrate/20260102030405_a.rb"), Some((Tool::Rails, 20_260_102_030_405, "db/migrate".into())));
        assert_eq!(told("prisma/migrations/20260102030405_a/migration.sql").map(|told| told.2), Some("prisma/migrations".into()));
        assert_eq!(told("migrations/2024-01-02-030405_a/up.sql").map(|told| told.1), Some(20_240_102_030_405));
        assert_eq!(told("database/migrations/2023_07_02_230200_fix.php").map(|told| told.1), Some(20_230_702_230_200));
        assert_eq!(told("src/main/resources/db/migration/V12__a.sql").map(|told| (told.0, told.1)), Some((Tool::Sql, 12)));
        assert_eq!(told("shop/migrations/0012_a.py").map(|told| (told.0, told.1)), Some((Tool::Django, 12)));
        assert_eq!(told("migrations/2024-01-02-030405_a/down.sql"), None);
        assert_eq!(told("src/migrations/1700000000000-a.ts").map(|told| told.1), Some(20_231_114_221_320));
        assert_eq!(told("app/models/user.rb"), None);
    }
}
