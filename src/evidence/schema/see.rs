//! What a `schema` look sees: foreign keys by their indexes, columns by their names and by what protects them.

use std::collections::BTreeSet;

use regex::bytes::Regex;

use super::model::{Column, Database, ForeignKey, Table};
use super::names::normal;
use super::protected::Protector;
use crate::definition::words::{Engine, OneOrMany, Stack};
use crate::definition::written::{ColumnLook, KeyLook, Protection, SchemaLook};
use crate::evidence::analyses::Facts;
use crate::evidence::{Gap, Seen, Sighting, pattern};

/// What the look sees.
pub fn see(look: &SchemaLook, protections: &[Protection], facts: &Facts<'_>) -> Seen {
    let schemas = facts.schemas.get_or_init(|| super::read(facts.world.files.as_ref()));
    let mut seen = Seen::default();
    // What keeps columns unreadable is seen in the code; a schema only tells which columns there are, so its gaps hide nothing of that.
    if look.column.as_ref().is_none_or(|column| column.protected.or(column.encrypted) != Some(true)) {
        seen.gaps.clone_from(&schemas.gaps);
        seen.gaps.extend(look.column.iter().flat_map(|_| schemas.column_gaps.clone()));
    }
    let databases = schemas.databases.iter().filter(|database| look.stack.is_empty() || look.stack.contains(&database.stack));
    if let Some(keys) = &look.foreign_key {
        let mut known = BTreeSet::new();
        databases.clone().for_each(|database| see_keys(look, keys, database, &mut known, &mut seen));
    }
    if let Some(columns) = &look.column {
        let protector = Protector::new(protections, facts);
        let mut known = BTreeSet::new();
        databases.for_each(|database| see_columns(look, columns, database, &protector, &mut known, &mut seen));
    }
    seen
}

/// A sighting that names its table and columns, and the advice for its stack.
fn sighting(look: &SchemaLook, stack: Stack, table: &Table, column: &str, at: Sighting) -> Sighting {
    let advice = look.advice.get(stack.word()).or_else(|| look.advice.get("other"));
    let advice = advice.map(|advice| advice.replace("{table}", &table.name).replace("{column}", column));
    let at = at.naming("table", &table.name).naming("column", column);
    advice.into_iter().fold(at, |at, advice| at.naming("advice", &advice))
}

fn see_keys(look: &SchemaLook, asked: &KeyLook, database: &Database, known: &mut BTreeSet<(String, String)>, seen: &mut Seen) {
    for table in database.tables.values() {
        let mut keys: Vec<(ForeignKey, bool)> = Vec::new();
        if asked.declared != Some(false) {
            keys.extend(table.foreign_keys.iter().map(|key| (key.clone(), true)));
        }
        if asked.declared != Some(true) {
            keys.extend(database.implied_keys(table).into_iter().map(|key| (key, false)));
        }
        for (key, declared) in keys {
            let covered = key.indexed || table.covers(&key.columns);
            let by_itself = declared && database.engine == Some(Engine::Mysql) && !database.without_constraints;
            if asked.indexed.is_some_and(|asked| asked != (covered || by_itself)) {
                continue;
            }
            let column = key.columns.join(", ");
            // One of many tables that only a number tells apart stands for all.
            let shard = normal(&table.name).trim_end_matches(|c: char| c.is_ascii_digit() || c == '_').to_owned();
            let name = (shard, normal(&column));
            if key.columns.is_empty() || known.contains(&name) {
                continue;
            }
            if declared && !covered && database.engine.is_none() && database.stack != Stack::Rails {
                seen.gaps.push(which_database(table));
                continue;
            }
            known.insert(name);
            let excerpt = table.column(&key.columns[0]).map(|column| column.declaration.clone());
            let at = Sighting::at(&key.spot.path, Some(key.spot.line), excerpt);
            seen.sightings.push(sighting(look, database.stack, table, &column, at).naming("to", &key.to));
        }
    }
}

fn which_database(table: &Table) -> Gap {
    Gap {
        what: format!("the foreign keys of {}", table.spot.path),
        why: "nothing tells which database runs them: MySQL makes an index for each, others do not".into(),
        next: "commit the database's configuration, or a dump of its schema".into(),
    }
}

fn see_columns(
    look: &SchemaLook,
    asked: &ColumnLook,
    database: &Database,
    protector: &Protector<'_>,
    known: &mut BTreeSet<(String, String)>,
    seen: &mut Seen,
) {
    let (names, except, beside) = (ends(&asked.name), anywhere(&asked.except), ends(&asked.beside));
    let wanted = |column: &Column| {
        let name = normal(&column.name);
        (asked.holds.is_empty() || asked.holds.contains(&column.kind))
            && (names.is_empty() || matches_any(&names, &name))
            && !matches_any(&except, &name)
    };
    let not_there = anywhere(&asked.except_table);
    for table in database.tables.values().filter(|table| !matches_any(&not_there, &normal(&table.name))) {
        for column in table.columns.iter().filter(|column| wanted(column)) {
            let other = |other: &Column| other.name != column.name && matches_any(&beside, &normal(&other.name));
            if !beside.is_empty() && !table.columns.iter().any(other) {
                continue;
            }
            let (wanted, hashes) = (asked.protected.or(asked.encrypted), asked.encrypted.is_none());
            let proof = wanted.is_some().then(|| protector.protects(table, column, hashes)).flatten();
            if wanted.is_some_and(|wanted| wanted != proof.is_some()) {
                continue;
            }
            if !known.insert((normal(&table.name), normal(&column.name))) {
                continue;
            }
            let here = || Sighting::at(&column.spot.path, Some(column.spot.line), Some(column.declaration.clone()));
            let mut at = sighting(look, database.stack, table, &column.name, proof.unwrap_or_else(here));
            if wanted == Some(true) {
                at.note = Some(crate::evidence::one_line(&format!("keeps {}.{} unreadable", table.name, column.name)));
            }
            seen.sightings.push(at);
        }
    }
}

/// Patterns for whole words at the end of a name.
fn ends(patterns: &OneOrMany) -> Vec<Regex> {
    patterns.iter().filter_map(|pattern| pattern::compile(&format!("(?:^|_)(?:{pattern})$")).ok()).collect()
}

/// Patterns for any part of a name.
fn anywhere(patterns: &OneOrMany) -> Vec<Regex> {
    patterns.iter().filter_map(|pattern| pattern::compile(pattern).ok()).collect()
}

fn matches_any(patterns: &[Regex], name: &str) -> bool {
    patterns.iter().any(|pattern| pattern.is_match(name.as_bytes()))
}
