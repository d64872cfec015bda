//! The reader as a whole, on text as people write it.
#![allow(clippy::unwrap_used)]

use serde_json::json;
use serde_json_path::JsonPath;

use super::*;
use crate::evidence::node::Value;

fn path(text: &str) -> JsonPath {
    JsonPath::parse(text).unwrap()
}

fn lines(document: &Document, query: &str) -> Vec<u32> {
    document.query(&path(query)).into_iter().map(|node| node.line).collect()
}

const WORKFLOW: &str = r"on:
  push:
    branches: [main]
  pull_request:
jobs:
  test:
    timeout-minutes: 10
    steps:
      - uses: actions/checkout@v4
      - run: make test
  deploy:
    needs: [test]
    environment: production
    steps:
      - uses: ./deploy
";

#[test]
fn jsonpath_finds_nodes_with_their_lines() {
    let document = read(Format::Yaml, WORKFLOW).unwrap().remove(0);
    assert_eq!(lines(&document, "$.on.push"), [3]);
    assert_eq!(lines(&document, "$.jobs.*.steps[*].uses"), [9, 15]);
    assert_eq!(lines(&document, "$.jobs[?@.environment == 'production']"), [12]);
    assert_eq!(lines(&document, "$..steps[?match(@.uses, 'actions/.*')]"), [9]);
    assert_eq!(lines(&document, "$.jobs['deploy','test']['timeout-minutes']"), [7]);
    assert_eq!(lines(&document, "$.nothing"), [0; 0]);
    assert_eq!(lines(&document, "$"), [1]);
}

#[test]
fn patterns_match_the_whole_and_search_for_a_part() {
    let document = read(Format::Yaml, "a: [abc, xabcx, 7, null, \"a\\nc\", 'a.c']\nb: '[a-c]+'\n").unwrap().remove(0);
    let found = |query: &str| document.query(&path(query)).into_iter().filter_map(Node::scalar).collect::<Vec<_>>();
    assert_eq!(found("$.a[?match(@, 'a.c')]"), ["abc", "a.c"]);
    assert_eq!(found("$.a[?search(@, 'a.c')]"), ["abc", "xabcx", "a.c"]);
    assert_eq!(found("$.a[?match(@, $.b)]"), ["abc"]);
    assert_eq!(found("$.a[?search(@, '(')]"), [""; 0]);
    assert_eq!(found("$.a[?match(@, 'a|xabcx')]"), ["xabcx"]);
    for at in 0..600 {
        assert_eq!(found(&format!("$.a[?match(@, 'abc|{at}')]"))[0], "abc");
    }
}

#[test]
fn an_inner_node_can_be_asked() {
    let document = read(Format::Yaml, WORKFLOW).unwrap().remove(0);
    let deploy = document.query(&path("$.jobs.deploy"))[0];
    let found: Vec<_> = document.query_from(deploy, &path("$.steps[*].uses")).into_iter().map(|node| node.as_str().unwrap()).collect();
    assert_eq!(found, ["./deploy"]);
    assert_eq!(document.query_from(&document.root, &path("$.jobs.*")).len(), 2);
    assert_eq!(query(deploy, &path("$.needs[0]"))[0].line, 12);
}

#[test]
fn odd_keys_and_every_member_of_a_wide_map_are_found() {
    let text: String = (0..20_000).map(|at| format!("k{at}: {at}\n")).chain(["\"a'b/c~\": 1\n".into(), "\"\": 2\n".into()]).collect();
    let document = read(Format::Yaml, &text).unwrap().remove(0);
    let found = document.query(&path("$.*"));
    assert_eq!((found.len(), found[7].line, found[20_001].line), (20_002, 8, 20_002));
    assert_eq!(lines(&document, "$[\"a'b/c~\"]"), [20_001]);
}

#[test]
fn every_format_is_read() {
    let cases = [
        (Format::Yaml, "a:\n  b: 1\n"),
        (Format::Json, "{\"a\": {\n\"b\": 1}}"),
        (Format::Toml, "[a]\nb = 1\n"),
        (Format::Hcl, "a = {\n  b = 1\n}\n"),
    ];
    for (format, text) in cases {
        for text in [text.to_owned(), format!("\u{feff}{text}"), text.replace('\n', "\r\n")] {
            let document = read(format, &text).unwrap().remove(0);
            assert_eq!(document.json(), &json!({"a": {"b": 1}}), "{format}");
            assert_eq!(lines(&document, "$.a.b"), [2], "{format}");
        }
        assert_eq!(read(format, "").unwrap().len(), 0);
    }
}

#[test]
fn rails_database_yml() {
    let text = r#"default: &default
  adapter: postgresql
  pool: <%= ENV.fetch("RAILS_MAX_THREADS") { 5 } %>

production:
  <<: *default
  <% if ENV["DATABASE_URL"] %>
  url: <%= ENV["DATABASE_URL"] %>
  <% end %>
  database: app_<%= Rails.env %>
  password: "<%= ENV['DB_PASSWORD'] %>"
  <%= key %>: 1
"#;
    let document = read(Format::Yaml, text).unwrap().remove(0);
    let production = document.root.get("production").unwrap();
    let expression = |key: &str| production.get(key).unwrap().value.clone();
    assert_eq!(expression("pool"), Value::Expression("ENV.fetch(\"RAILS_MAX_THREADS\") { 5 }".into()));
    assert_eq!(expression("url"), Value::Expression("ENV[\"DATABASE_URL\"]".into()));
    assert_eq!(expression("database"), Value::Expression("app_<%= Rails.env %>".into()));
    assert_eq!(expression("password"), Value::Expression("ENV['DB_PASSWORD']".into()));
    assert_eq!(production.member("<%= key %>").unwrap().line, 12);
    assert_eq!(production.member("url").unwrap().line, 8);
}

#[test]
fn inline_conditions_are_expressions() {
    let document = read(Format::Yaml, "service: <% if x %>S3<% else %>Disk<% end %>\n").unwrap().remove(0);
    assert_eq!(document.root.get("service").unwrap().value, Value::Expression("<% if x %>S3<% else %>Disk<% end %>".into()));
}

#[test]
fn an_rc_file_may_be_yaml_or_json() {
    for text in ["extends: airbnb\n", "// rules\n{\"extends\": \"airbnb\",}\n", "{\n\t// rules\n\t\"extends\": \"airbnb\"\n}\n"] {
        assert_eq!(read(Format::Yaml, text).unwrap()[0].json(), &json!({"extends": "airbnb"}));
    }
    assert!(read(Format::Yaml, "{ a: [ }").unwrap_err().why.starts_with("not YAML"));
}

#[test]
fn templates_that_cannot_be_read_say_so() {
    let helm = "apiVersion: v1\nmetadata:\n  labels:\n    {{- include \"x\" . | nindent 4 }}\n";
    let erb = "a: 1\n<%= render 'more' %>\nb: 2\n";
    for text in [helm, erb, "{% for x in y %}\na: {{ x }}\n{% endfor %}\n"] {
        let error = read(Format::Yaml, text).unwrap_err();
        assert_eq!(error.why, "contains template markup ({{ }} / <% %>), which cannot be read as YAML", "{text}");
    }
    let plain = read(Format::Yaml, "a: ${{ x }}\nb: [1\nc: 2\n").unwrap_err();
    assert!(plain.why.starts_with("not YAML: "), "{plain:?}");
}

#[test]
fn size_is_bounded() {
    let line = "a".repeat(20 * 1024 * 1024);
    for format in [Format::Yaml, Format::Json, Format::Toml, Format::Hcl] {
        assert_eq!(read(format, &line).unwrap_err(), Unreadable { why: "larger than 5 MB".into(), line: None });
    }
}
