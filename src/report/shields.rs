//! The score for a badge that shields.io draws: its endpoint format, schema version 1.

use serde_json::json;

use super::badge::{LABEL, Tone, message};
use super::{Report, json};

/// The endpoint's JSON, with a newline at the end.
pub fn render(report: &Report) -> String {
    let color = match Tone::of(report) {
        Tone::Good => "brightgreen",
        Tone::Fair => "yellowgreen",
        Tone::Weak => "orange",
        Tone::Poor => "red",
        Tone::Incomplete => "lightgrey",
    };
    let mut answer = json!({ "schemaVersion": 1, "label": LABEL, "message": message(report), "color": color });
    if !report.complete {
        answer["isError"] = json!(true);
    }
    json::text(&answer)
}
