//! The JSON Schema of the report, made from the types themselves so that it cannot fall behind them.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::{Report, SCHEMA_VERSION};

/// JSON Schema (draft 2020-12) of what `--format json` writes.
///
/// It carries no `$id`: where it is published is not the report's business. Unknown fields are allowed, because fields
/// may be added within a version.
pub fn schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Report>();
    schema.insert("title".to_owned(), json!("audit report, schema version 1"));
    let version = schema.pointer_mut("/properties/schema_version").and_then(Value::as_object_mut);
    if let Some(version) = version {
        version.insert("const".to_owned(), json!(SCHEMA_VERSION));
    }
    schema.to_value()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn it_is_named_and_bound_to_the_version_but_to_no_address() {
        let schema = schema();
        assert_eq!(schema["title"], "audit report, schema version 1");
        assert_eq!(schema["properties"]["schema_version"]["const"], 1);
        assert!(schema.get("$id").is_none());
    }

    #[test]
    fn a_place_lies_flat_in_evidence_and_findings() {
        let schema = schema();
        for (definition, own) in [("Evidence", "excerpt"), ("Finding", "fingerprint")] {
            let shape = &schema["$defs"][definition];
            for field in ["path", "line", "url", "commit", "attestation", own] {
                assert!(shape["properties"].get(field).is_some(), "{definition} lacks {field}");
            }
            assert!(shape["properties"].get("place").is_none());
            assert!(!shape["required"].as_array().unwrap().contains(&json!("path")));
        }
    }
}
