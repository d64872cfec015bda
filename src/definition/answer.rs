//! What a person answers to a measure: the words of its published scale, or a number in its unit.

use super::words::OneOrMany;
use super::written::{Measure, MeasureLevel};

/// A range of values, in the measure's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    /// The smallest value it means; none where it has no end on that side.
    pub low: Option<f64>,
    /// The largest value it means.
    pub high: Option<f64>,
}

impl Measure {
    /// What an answer means; `None` for words that are neither a level nor a number in the measure's unit.
    pub fn answer(&self, words: &str) -> Option<Answer> {
        let words = words.trim();
        if let Some(level) = self.level.iter().find(|level| level.says.eq_ignore_ascii_case(words)) {
            return Some(Answer { low: level.from, high: level.below });
        }
        let number = words.strip_suffix(self.unit.as_str())?.trim().parse::<f64>().ok()?;
        (number.is_finite() && number >= 0.0).then_some(Answer { low: Some(number), high: Some(number) })
    }

    /// The level of the published scale that a value has.
    pub fn level_of(&self, amount: f64) -> Option<&MeasureLevel> {
        self.level.iter().find(|level| level.from.is_none_or(|from| amount >= from) && level.below.is_none_or(|below| amount < below))
    }

    /// All answers that are understood, in words.
    pub fn answers(&self) -> String {
        let mut known: Vec<String> = self.level.iter().map(|level| format!("\"{}\"", level.says)).collect();
        known.push(format!("a number as in \"3 {}\"", self.unit));
        known.join(", ")
    }
}

impl From<&str> for OneOrMany {
    fn from(text: &str) -> Self {
        OneOrMany(vec![text.to_owned()])
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::Scale;
    use super::*;

    #[test]
    fn answers_are_levels_or_numbers() {
        let level = |says: &str, from, below| MeasureLevel { says: says.into(), from, below };
        let measure = Measure {
            value: "batch-size".into(),
            unit: "h".into(),
            full: 1.0,
            none: 9.0,
            scale: Scale::Linear,
            sample: 6,
            beside: Vec::new(),
            published: None,
            level: vec![level("less than one hour", None, Some(1.0)), level("more", Some(1.0), None)],
        };
        assert_eq!(measure.answer("Less than one hour"), Some(Answer { low: None, high: Some(1.0) }));
        assert_eq!(measure.answer(" 3.5 h"), Some(Answer { low: Some(3.5), high: Some(3.5) }));
        assert_eq!([measure.answer("3.5"), measure.answer("-1 h"), measure.answer("NaN h"), measure.answer("soon")], [None; 4]);
        assert_eq!(measure.level_of(1.0).map(|level| level.says.as_str()), Some("more"));
    }
}
