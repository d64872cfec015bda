//! SQL as dumps and migrations have it.

use super::*;
use crate::definition::words::{ColumnType, Stack};

fn read(text: &str) -> Database {
    let mut database = Database::new(Stack::Sql, None);
    apply(&mut database, text, "a.sql", 1);
    database
}

/// The keys without an index, as `table.column:line`.
fn bare(database: &Database) -> Vec<String> {
    let keys = database.tables.values().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
    keys.filter(|(table, key)| !table.covers(&key.columns))
        .map(|(table, key)| format!("{}.{}:{}", table.name, key.columns.join("+"), key.spot.line))
        .collect()
}

#[test]
fn a_dump_of_postgresql() {
    let database = read(
        "CREATE TABLE public.users (\n    id bigint NOT NULL,\n    email character varying(255) DEFAULT ''::character varying NOT NULL,\n    \
         team_id bigint,\n    boss_id bigint,\n    tags text[],\n    code public.citext,\n    CONSTRAINT ok CHECK ((char_length((email)::text) <= 9))\n);\n\
         ALTER TABLE ONLY public.users\n    ADD CONSTRAINT users_pkey PRIMARY KEY (id);\n\
         CREATE INDEX index_users_on_team_id ON public.users USING btree (team_id) WHERE (team_id IS NOT NULL);\n\
         CREATE INDEX index_users_on_boss ON public.users USING gin (boss_id);\n\
         ALTER TABLE ONLY public.users\n    ADD CONSTRAINT fk_team FOREIGN KEY (team_id) REFERENCES public.teams(id) ON DELETE CASCADE;\n\
         ALTER TABLE ONLY public.users ADD CONSTRAINT fk_boss FOREIGN KEY (boss_id) REFERENCES public.users(id);\n",
    );
    let users = &database.tables["users"];
    let kinds: Vec<ColumnType> = users.columns.iter().map(|column| column.kind).collect();
    assert_eq!(
        kinds,
        [ColumnType::Integer, ColumnType::String, ColumnType::Integer, ColumnType::Integer, ColumnType::Other, ColumnType::String]
    );
    assert_eq!(users.primary, ["id"]);
    assert_eq!(bare(&database), ["users.boss_id:16"]);
}

#[test]
fn a_dump_of_mysql() {
    let database = read(
        "/*!40101 SET NAMES utf8 */;\nCREATE TABLE `orders` (\n  `id` int(11) NOT NULL AUTO_INCREMENT,\n  `user_id` int(11) DEFAULT NULL COMMENT 'a, b (c)',\n  \
         `key` varchar(20) NOT NULL,\n  PRIMARY KEY (`id`),\n  UNIQUE KEY `u` (`key`(10)),\n  KEY `user` (`user_id`,`id`),\n  \
         CONSTRAINT `fk` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\n",
    );
    let orders = &database.tables["orders"];
    assert_eq!(orders.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["id", "user_id", "key"]);
    assert_eq!(orders.indexes.iter().map(|index| index.columns.join("+")).collect::<Vec<_>>(), ["id", "key", "user_id+id"]);
    assert!(bare(&database).is_empty());
}

#[test]
fn migrations_one_after_another() {
    let database = read(
        "CREATE TABLE IF NOT EXISTS a (id INTEGER PRIMARY KEY, b_id uuid NOT NULL REFERENCES b(id) ON DELETE CASCADE, c_id int CONSTRAINT k REFERENCES c, key text);\n\
         CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON a (b_id, lower(key));\n\
         ALTER TABLE a ADD COLUMN IF NOT EXISTS d_id bigint REFERENCES d (id), DROP COLUMN key, ALTER COLUMN c_id TYPE bigint USING c_id::bigint;\n\
         CREATE INDEX j ON a(c_id); CREATE INDEX l ON a (d_id) WHERE d_id > 0;\n\
         DROP INDEX IF EXISTS j; ALTER TABLE a RENAME TO e; ALTER TABLE e RENAME COLUMN d_id TO f_id; ALTER TABLE e DROP CONSTRAINT k;\n",
    );
    assert_eq!(bare(&database), ["e.f_id:3"]);
    let columns: Vec<&str> = database.tables["e"].columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(columns, ["id", "b_id", "c_id", "f_id"]);
}

#[test]
fn columns_named_like_words_of_the_language() {
    let database = read(
        "create table t (key varchar(10), index int not null, \"unique\" text, check_in date, period text, comment text, timestamp timestamptz default now(), primary key (key), unique (index, comment), key k (comment));",
    );
    let names: Vec<&str> = database.tables["t"].columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["key", "index", "unique", "check_in", "period", "comment", "timestamp"]);
    assert_eq!(database.tables["t"].indexes.len(), 3);
}

#[test]
fn hostile_text_ends() {
    for text in [
        "CREATE TABLE",
        "CREATE TABLE a (",
        "CREATE TABLE a (,,)",
        "ALTER TABLE a ADD",
        "ALTER TABLE a RENAME",
        "CREATE INDEX ON",
        "DROP TABLE , ,",
        "ALTER TABLE a ADD ((((",
        "CREATE UNIQUE INDEX x ON t ((",
        "RENAME TABLE a TO",
        "CREATE TABLE a (b REFERENCES)",
        "DROP INDEX",
    ] {
        read(text);
    }
    let deep = format!("CREATE TABLE a (b int DEFAULT {}1{});", "(".repeat(50_000), ")".repeat(50_000));
    read(&deep);
    read(&format!("ALTER TABLE a {}", "ADD (".repeat(5_000)));
}

#[test]
fn an_engine_is_told_by_its_words() {
    assert_eq!(engine_of("CREATE TABLE `a` (id int) ENGINE=InnoDB"), Some(Engine::Mysql));
    assert_eq!(engine_of("CREATE TABLE a (id integer primary key autoincrement)"), Some(Engine::Sqlite));
    assert_eq!(engine_of("CREATE TABLE a (id bigserial, b jsonb)"), Some(Engine::Postgresql));
    assert_eq!(engine_of("CREATE TABLE [dbo].[a] (b nvarchar(9))"), Some(Engine::SqlServer));
    assert_eq!(engine_of("CREATE TABLE a (b int)"), None);
}
