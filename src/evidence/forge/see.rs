//! A `forge` look: JSONPath and patterns on what the forge answered, as a `data` look on a file.

use serde_json::Value;
use serde_json_path::JsonPath;

use super::{Host, Recorded};
use crate::definition::written::ForgeLook;
use crate::evidence::{Gap, Place, Seen, Sighting, one_line, pattern};

/// The lists that are the same for every forge.
const LISTS: [&str; 3] = ["deployments", "runs", "changes"];
/// The answers as they come, by forge.
const ANSWERS: [&str; 8] = [
    "github/repository",
    "github/branch",
    "github/rules",
    "github/protection",
    "github/environments",
    "gitlab/repository",
    "gitlab/branch",
    "gitlab/protected-branches",
];

/// The names of everything that a look can ask for.
pub fn names() -> Vec<&'static str> {
    LISTS.into_iter().chain(ANSWERS).collect()
}

/// What a look sees.
pub fn see(look: &ForgeLook, recorded: &Result<Recorded, Gap>) -> Seen {
    let recorded = match recorded {
        Ok(recorded) => recorded,
        Err(gap) => return Seen::unseen(gap.clone()),
    };
    match answer(&look.answer, recorded) {
        Ok(Some(answer)) => Asked { look, recorded }.see(&answer),
        Ok(None) => Seen::default(),
        Err(gap) => Seen::unseen(gap),
    }
}

fn answer(name: &str, recorded: &Recorded) -> Result<Option<Value>, Gap> {
    let list = |list: Result<Value, serde_json::Error>| Ok(Some(list.unwrap_or_default()));
    match name.split_once('/') {
        Some(("github", _)) if recorded.host != Host::Github => Ok(None),
        Some(("gitlab", _)) if recorded.host != Host::Gitlab => Ok(None),
        Some((_, name)) => recorded.answer(name).map(|answer| Some(answer.clone())),
        None if name == "deployments" => list(serde_json::to_value(recorded.deployments()?)),
        None if name == "runs" => list(serde_json::to_value(recorded.runs()?)),
        None => list(serde_json::to_value(recorded.changes()?)),
    }
}

struct Asked<'a> {
    look: &'a ForgeLook,
    recorded: &'a Recorded,
}

impl Asked<'_> {
    fn see(&self, answer: &Value) -> Seen {
        let items = match &self.look.each {
            Some(path) => find(path, answer),
            None => vec![answer],
        };
        let (mut sightings, mut shown) = (Vec::new(), std::collections::BTreeSet::new());
        for item in items.into_iter().filter(|item| self.is_wanted(item)) {
            if let Some(value) = self.value(item) {
                let sighting = self.sighting(item, value);
                // The newest of a file's runs speaks for all of them.
                if shown.insert((sighting.place.path.clone(), sighting.excerpt.clone().filter(|_| sighting.place.path.is_none()))) {
                    sightings.push(sighting);
                }
            }
        }
        Seen { sightings, ..Seen::default() }
    }

    fn is_wanted(&self, item: &Value) -> bool {
        self.look.having.iter().all(|(path, wanted)| {
            let Ok(wanted) = pattern::compile(wanted) else { return false };
            find(path, item).into_iter().any(|value| wanted.is_match(words(value).as_bytes()))
        })
    }

    /// The value that passes, of those that `at` finds.
    fn value<'v>(&self, item: &'v Value) -> Option<&'v Value> {
        let look = self.look;
        let values = look.at.as_ref().map_or_else(|| vec![item], |path| find(path, item));
        let test = |pattern: &Option<String>| pattern.as_deref().map(pattern::compile).transpose().ok().flatten();
        let (matches, lacks) = (test(&look.matches), test(&look.lacks));
        values.into_iter().find(|value| {
            let (text, number) = (words(value), value.as_f64());
            matches.as_ref().is_none_or(|pattern| pattern.is_match(text.as_bytes()))
                && !lacks.as_ref().is_some_and(|pattern| pattern.is_match(text.as_bytes()))
                && look.at_least.is_none_or(|least| number.is_some_and(|number| number >= least))
                && look.at_most.is_none_or(|most| number.is_some_and(|number| number <= most))
        })
    }

    fn sighting(&self, item: &Value, value: &Value) -> Sighting {
        let part = |key: &str| item.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        // A page that the answer names is only shown; nothing is asked there.
        let url =
            part("page").or_else(|| part("html_url")).map_or_else(|| format!("{}/{}", self.recorded.api, self.look.answer), str::to_owned);
        let path = if self.look.answer == "runs" { part("path").map(str::to_owned) } else { None };
        let days = item.get("days_ago").and_then(Value::as_f64).map(|days| format!(", {days:.0} days before the forge was asked"));
        let name = ["environment", "name", "type"].iter().find_map(|key| part(key));
        let said = match (name, value) {
            (Some(name), Value::Object(_)) => format!("{} {name}", self.look.answer),
            (None, Value::Object(_)) => self.look.answer.clone(),
            (name, value) => format!("{} {} {}", self.look.answer, name.unwrap_or_default(), words(value)),
        };
        let excerpt = Some(one_line(&format!("{said}{}", days.unwrap_or_default())));
        Sighting {
            place: Place { path: path.map(|path| one_line(&path)), url: Some(one_line(&url)), ..Place::default() },
            excerpt,
            ..Sighting::default()
        }
    }
}

fn find<'v>(path: &str, value: &'v Value) -> Vec<&'v Value> {
    JsonPath::parse(path).map(|path| path.query(value).all()).unwrap_or_default()
}

fn words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
