//! What a definition's example says that a forge recorded.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{FORGE_VERSION, Gap, Recorded};
use crate::definition::written::{Example, ExampleRow};
use crate::evidence::git::{NEWEST, names};

/// The longest row.
const MOST: u32 = 2000;

impl Recorded {
    /// What an example recorded; `None` where the forge was not asked. An answer that is no JSON is not there.
    pub fn of_example(example: &Example) -> Option<Recorded> {
        let written = example.forge.as_ref()?;
        let filled = Filled { ids: example.git.as_ref().map(names).unwrap_or_default() };
        let mut answers: BTreeMap<String, Value> =
            written.answers.iter().filter_map(|(name, text)| Some((name.clone(), filled.json(text, 0.0)?))).collect();
        written.rows.iter().for_each(|row| filled.add(row, &mut answers));
        let refused = |name: &String| {
            let gap = Gap {
                what: format!("the forge's {name}"),
                why: "the forge forbids it".into(),
                next: "give the token that permission".into(),
            };
            (name.clone(), gap)
        };
        Some(Recorded {
            forge_version: FORGE_VERSION,
            host: written.host,
            api: "https://api.example.com".into(),
            repository: "acme/shop".into(),
            default_branch: Some("main".into()),
            collected: Timestamp::from_second(NEWEST).unwrap_or_default(),
            answers,
            gaps: written.refused.iter().map(refused).collect(),
        })
    }
}

struct Filled {
    ids: BTreeMap<String, String>,
}

impl Filled {
    /// A text with its `{at HOURS}` and `{id NAME}` filled in, as JSON.
    fn json(&self, text: &str, hours_before: f64) -> Option<Value> {
        let mut filled = self.ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{id {name}}}"), id));
        while let Some((start, rest)) = filled.split_once("{at ") {
            let (hours, end) = rest.split_once('}')?;
            let hours: f64 = hours.trim().parse().ok()?;
            let at = Timestamp::from_second(NEWEST - ((hours + hours_before) * 3600.0) as i64).ok()?;
            filled = format!("{start}{at}{end}");
        }
        serde_json::from_str(&filled).ok()
    }

    fn add(&self, row: &ExampleRow, answers: &mut BTreeMap<String, Value>) {
        for number in 0..row.repeat.unwrap_or(1).min(MOST) {
            let numbered = |text: &str| text.replace("{n}", &number.to_string());
            let Some(item) = self.json(&numbered(&row.item), f64::from(number) * row.every_hours.unwrap_or(24.0)) else { continue };
            let key = row
                .key
                .as_deref()
                .map(|key| self.ids.iter().fold(numbered(key), |key, (name, id)| key.replace(&format!("{{id {name}}}"), id)));
            let answer = answers.entry(row.answer.clone()).or_insert_with(|| if key.is_some() { json!({}) } else { json!([]) });
            let list = match (key, answer) {
                (Some(key), Value::Object(map)) => map.entry(key).or_insert_with(|| json!([])),
                (_, answer) => answer,
            };
            if let Value::Array(items) = list {
                items.push(item);
            }
        }
    }
}
