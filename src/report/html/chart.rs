//! The score over time: the band between proven and possible, and the same as a table for those who do not see it.

use jiff::civil::Date;
use minijinja::Value;

use super::{markup, safe};
use crate::report::{Score, points};

/// The score of one day.
#[derive(Debug, Clone, PartialEq)]
pub struct Day {
    /// `YYYY-MM-DD`.
    pub date: String,
    /// In points.
    pub score: Score,
    /// What changed on it, in words; may be empty.
    pub because: String,
}

/// A drawing with its table. With `held`, a score holds until the next day that is named; else it moves there evenly.
pub(super) fn draw(title: &str, days: &[Day], held: bool) -> Option<Value> {
    let known: Vec<(Date, &Day)> = days.iter().filter_map(|day| Some((day.date.parse().ok()?, day))).collect();
    let ((first, _), (last, _)) = (known.first()?, known.last()?);
    let whole = f64::from((*last - *first).get_days().max(1));
    let x = |date: Date| f64::from((date - *first).get_days()) / whole * 1000.0;
    let y = |points: f64| 100.0 - points.clamp(0.0, 100.0);
    let line = |end: fn(&Score) -> f64| {
        let mut points: Vec<(f64, f64)> = Vec::new();
        for (date, day) in &known {
            if let Some((_, before)) = points.last().copied().filter(|_| held) {
                points.push((x(*date), before));
            }
            points.push((x(*date), y(end(&day.score))));
        }
        // One day alone is a line, too.
        if let [(_, only)] = points[..] {
            points.push((1000.0, only));
        }
        points
    };
    let (proven, possible) = (line(|score| score.proven), line(|score| score.possible));
    let path = |points: &[(f64, f64)]| points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ");
    let band: Vec<(f64, f64)> = possible.iter().chain(proven.iter().rev()).copied().collect();
    let grid: String = [0, 25, 50, 75, 100]
        .map(|y| format!("<line class=\"grid\" x2=\"1000\" y1=\"{y}\" y2=\"{y}\" vector-effect=\"non-scaling-stroke\"/>"))
        .concat();
    let polyline = |class: &str, of: &[(f64, f64)]| {
        format!("<polyline class=\"{class}\" points=\"{}\" vector-effect=\"non-scaling-stroke\"/>", path(of))
    };
    let drawn =
        format!("{grid}<polygon class=\"band\" points=\"{}\"/>{}{}", path(&band), polyline("top", &possible), polyline("good", &proven));
    let label = markup::escape(&format!("{title}: {}", in_words(&known)));
    Some(safe(format!(
        "<figure class=\"chart\"><div class=\"plot\"><div class=\"ticks\" aria-hidden=\"true\"><span>100</span><span>75</span><span>50</span><span>25</span><span>0</span></div>\
         <svg viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{label}\">{drawn}</svg>\
         <div class=\"ticks x\" aria-hidden=\"true\"><span>{first}</span><span>{last}</span></div></div>{}</figure>",
        table(&known)
    )))
}

fn in_words(days: &[(Date, &Day)]) -> String {
    let one = |(date, day): &(Date, &Day)| format!("{} to {} on {date}", points(day.score.proven), points(day.score.possible));
    match days {
        [] => String::new(),
        [only] => one(only),
        [first, .., last] => format!("from {}, to {}", one(first), one(last)),
    }
}

fn table(days: &[(Date, &Day)]) -> String {
    let has_reasons = days.iter().any(|(_, day)| !day.because.is_empty());
    let reason = |cell: String| if has_reasons { cell } else { String::new() };
    let row = |(date, day): &(Date, &Day)| {
        let because = reason(format!("<td>{}</td>", markup::prose(&day.because)));
        format!(
            "<tr><td>{date}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>{because}</tr>",
            points(day.score.proven),
            points(day.score.possible)
        )
    };
    let rows: String = days.iter().map(row).collect();
    let head = reason("<th scope=\"col\">Because</th>".to_owned());
    format!(
        "<details><summary>As a table</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"The score by day\"><table><thead><tr><th scope=\"col\">Day</th>\
         <th scope=\"col\" class=\"n\">Proven</th><th scope=\"col\" class=\"n\">Possible</th>{head}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(date: &str, proven: f64, possible: f64) -> Day {
        Day { date: date.into(), score: Score { proven, possible }, because: "a `b` <c>".into() }
    }

    #[test]
    fn days_stand_where_the_calendar_puts_them() {
        let days = [day("2026-01-01", 50.0, 80.0), day("2026-01-02", 60.0, 80.0), day("2026-01-11", 60.0, 90.0)];
        let drawn = draw("Score", &days, false).map(|value| value.to_string()).unwrap_or_default();
        assert!(drawn.contains("points=\"0.0,50.0 100.0,40.0 1000.0,40.0\""), "{drawn}");
        assert!(drawn.contains("Score: from 50 to 80 on 2026-01-01, to 60 to 90 on 2026-01-11"), "{drawn}");
        assert!(drawn.contains("a <code>b</code> &lt;c&gt;"), "{drawn}");
        let held = draw("Score", &days, true).map(|value| value.to_string()).unwrap_or_default();
        assert!(held.contains("points=\"0.0,50.0 100.0,50.0 100.0,40.0 1000.0,40.0 1000.0,40.0\""), "{held}");
    }

    #[test]
    fn nothing_and_nonsense_are_not_drawn() {
        assert!(draw("Score", &[], false).is_none());
        assert!(draw("Score", &[day("soon", 1.0, 2.0)], false).is_none());
        assert!(draw("Score", &[day("2026-01-01", f64::NAN, 2.0)], true).is_some());
    }
}
