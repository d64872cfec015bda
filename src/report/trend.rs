//! The score over time as one HTML page that asks for nothing: no script, no font, no request. The chart is an SVG with a title and
//! a description, and a table says the same for those who do not see it.

use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use serde::Serialize;

use super::history::Record;
use super::{plain, points};

/// Size of the drawing, in its own units.
const SIZE: (f64, f64) = (800.0, 300.0);
/// Room for the labels: left, right, top, bottom.
const MARGIN: (f64, f64, f64, f64) = (40.0, 16.0, 12.0, 32.0);

/// A place in the drawing.
#[derive(Serialize)]
struct Dot {
    x: f64,
    proven: f64,
    possible: f64,
    label: String,
}

#[derive(Serialize)]
struct Row {
    at: String,
    revision: String,
    proven: u32,
    possible: u32,
    change: String,
    unknown: u32,
    waived: u32,
    catalogue: String,
    complete: bool,
}

/// The page.
///
/// # Errors
/// The template is broken, which a test excludes.
pub fn html(records: &[Record]) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.add_template("trend.html", include_str!("trend.html"))?;
    let dots = dots(records);
    let line = |of: fn(&Dot) -> f64| dots.iter().map(|dot| format!("{:.1},{:.1}", dot.x, of(dot))).collect::<Vec<_>>();
    let (proven, possible) = (line(|dot| dot.proven), line(|dot| dot.possible));
    let band: Vec<String> = proven.iter().cloned().chain(possible.iter().rev().cloned()).collect();
    let grid: Vec<(u32, f64)> = [0, 25, 50, 75, 100].into_iter().map(|score| (score, height(f64::from(score)))).collect();
    let rows: Vec<Row> =
        records.iter().enumerate().rev().map(|(index, record)| row(record, index.checked_sub(1).map(|i| &records[i]))).collect();
    environment.get_template("trend.html")?.render(context! {
        width => SIZE.0, height => SIZE.1, left => MARGIN.0, right => SIZE.0 - MARGIN.1, bottom => SIZE.1 - 10.0,
        grid => Value::from(Serde(&grid)), dots => Value::from(Serde(&dots)), rows => Value::from(Serde(&rows)),
        proven => proven.join(" "), possible => possible.join(" "), band => band.join(" "),
        first => records.first().map(|record| plain(&record.at).into_owned()),
        last => records.last().map(|record| plain(&record.at).into_owned()),
        from => records.first().map(|record| points(record.score.proven)),
        to => records.last().map(|record| points(record.score.proven)),
        top => records.last().map(|record| points(record.score.possible)),
        count => records.len(),
    })
}

/// Audits stand in their order, at equal distances: a day with five of them stays readable.
fn dots(records: &[Record]) -> Vec<Dot> {
    let room = SIZE.0 - MARGIN.0 - MARGIN.1;
    let steps = records.len().saturating_sub(1).max(1) as f64;
    let place = |index: usize| if records.len() == 1 { MARGIN.0 + room / 2.0 } else { MARGIN.0 + room * index as f64 / steps };
    let dot = |(index, record): (usize, &Record)| Dot {
        x: (place(index) * 10.0).round() / 10.0,
        proven: height(record.score.proven),
        possible: height(record.score.possible),
        label: format!("{}: {} proven, {} possible", plain(&record.at), points(record.score.proven), points(record.score.possible)),
    };
    records.iter().enumerate().map(dot).collect()
}

fn height(score: f64) -> f64 {
    let room = SIZE.1 - MARGIN.2 - MARGIN.3;
    let share = if score.is_finite() { score.clamp(0.0, 100.0) / 100.0 } else { 0.0 };
    ((MARGIN.2 + room * (1.0 - share)) * 10.0).round() / 10.0
}

fn row(record: &Record, before: Option<&Record>) -> Row {
    let change = before.map_or(0.0, |before| record.score.proven - before.score.proven);
    Row {
        at: plain(&record.at).into_owned(),
        revision: plain(&record.revision.as_deref().unwrap_or("no commit").chars().take(10).collect::<String>()).into_owned(),
        proven: points(record.score.proven),
        possible: points(record.score.possible),
        change: if change.abs() < 0.05 { String::new() } else { format!("{change:+.1}") },
        unknown: record.counts.unknown,
        waived: record.counts.waived,
        catalogue: plain(&record.catalogue_version).into_owned(),
        complete: record.complete,
    }
}
