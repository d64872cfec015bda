//! The ways a pipeline can start, and sets of them.
//!
//! A [`Trigger`] is too coarse to judge conditions by. While reading, each way a pipeline can start is an [`Event`]: a push
//! to the default branch, a push to the branch `staging`, the second of three schedules. A job keeps the set of events that
//! reach it as a [`Mask`].

use super::Trigger;
use super::condition::Value;

/// Most events of a pipeline; as many as a [`Mask`] has room for.
pub(super) const MAX_EVENTS: usize = 64;

/// One way a pipeline can start.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    /// The vendor's word for it: `push`, `merge_request_event`.
    pub name: String,
    /// What it is to us; empty for events that are nothing of ours, such as a comment on an issue.
    pub triggers: Vec<Trigger>,
    /// The branch it runs on, or asks to merge.
    pub branch: Value,
    /// The tag.
    pub tag: Value,
    /// The greatest gap between two of its occurrences, if it is a schedule.
    pub every_hours: Option<f64>,
    /// Variables of the vendor that this event fixes.
    pub facts: Vec<(&'static str, Value)>,
    /// The place of an event beside which this one counts for nothing: a job for closed pull requests is for merges only
    /// when it is not also for those that are dropped.
    pub only_without: Option<usize>,
    /// Names of the pipelines that ran before, when it is their end that starts this one.
    pub after: Vec<String>,
}

impl Event {
    /// An event of which nothing but name and trigger is known.
    pub fn new(name: &str, triggers: &[Trigger]) -> Self {
        Event {
            name: name.to_owned(),
            triggers: triggers.to_vec(),
            branch: Value::Unknown,
            tag: Value::Unknown,
            every_hours: None,
            facts: Vec::new(),
            only_without: None,
            after: Vec::new(),
        }
    }

    /// A push to a branch.
    pub fn push(name: &str, is_default: bool, branch: Value) -> Self {
        let triggers: &[Trigger] = if is_default { &[Trigger::Push, Trigger::DefaultBranch] } else { &[Trigger::Push] };
        Event::new(name, triggers).on(branch, Value::Null)
    }

    /// A push of a tag.
    pub fn tag(name: &str, tag: Value) -> Self {
        Event::new(name, &[Trigger::Tag]).on(Value::Null, tag)
    }

    /// The clock, on a branch.
    pub fn schedule(name: &str, schedule: &str, branch: Value) -> Self {
        let every_hours = crate::evidence::schedule::greatest_gap_hours(schedule);
        Event { every_hours, ..Event::new(name, &[Trigger::Schedule]).on(branch, Value::Null) }
    }

    /// The same event on a branch or tag.
    pub fn on(self, branch: Value, tag: Value) -> Self {
        Event { branch, tag, ..self }
    }

    /// The same event with one more variable known.
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.facts.push((name, value));
        self
    }

    /// The value this event fixes for a variable.
    pub fn fact(&self, name: &str) -> Option<Value> {
        self.facts.iter().find(|(fact, _)| *fact == name).map(|(_, value)| value.clone())
    }

    /// True when something other than a person causes it.
    pub fn is_automatic(&self) -> bool {
        self.triggers.iter().any(|trigger| *trigger != Trigger::Manual)
    }
}

/// A set of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Mask(u64);

impl Mask {
    /// The first so many events.
    pub fn first(count: usize) -> Self {
        Mask(u64::MAX.checked_shr(64u32.saturating_sub(u32::try_from(count).unwrap_or(64))).unwrap_or(0))
    }

    /// One event, by its place.
    pub fn only(event: usize) -> Self {
        if event < MAX_EVENTS { Mask(1 << event) } else { Mask(0) }
    }

    /// No event.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The events of both sets.
    pub fn and(self, other: Mask) -> Mask {
        Mask(self.0 & other.0)
    }

    /// The events of either set.
    pub fn or(self, other: Mask) -> Mask {
        Mask(self.0 | other.0)
    }

    /// The events of this set that are not in the other.
    pub fn without(self, other: Mask) -> Mask {
        Mask(self.0 & !other.0)
    }

    /// True when an event is in the set.
    pub fn has(self, event: usize) -> bool {
        event < MAX_EVENTS && self.0 >> event & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks() {
        assert!(Mask::first(0).is_empty());
        assert_eq!(Mask::first(2), Mask(3));
        assert_eq!(Mask::first(64), Mask(u64::MAX));
        assert!(Mask::only(64).is_empty() && Mask::only(63).has(63));
    }
}
