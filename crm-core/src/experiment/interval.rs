//! Sets of values that a test does not reject.

use serde::{Deserialize, Serialize};

use crate::named::named;

/// The shape of an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum IntervalKind {
    /// From `lower` to `upper`, both included; either may be infinite.
    #[default]
    Bounded = 0,
    /// Everything but what lies between `lower` and `upper` (Fieller 1954): at most `lower`, or at least `upper`.
    Exclusive = 1,
    /// The whole line: the data rule nothing out.
    Unbounded = 2,
}

named! { IntervalKind, "interval kind", { Bounded: "bounded", Exclusive: "exclusive", Unbounded: "unbounded" } }

/// The values that a test does not reject.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end, or for an exclusive one the end of the lower part.
    pub lower: f64,
    /// The upper end, or for an exclusive one the start of the upper part.
    pub upper: f64,
    /// The shape.
    pub kind: IntervalKind,
}

impl Interval {
    /// From `lower` to `upper`.
    pub fn bounded(lower: f64, upper: f64) -> Self {
        Self { lower, upper, kind: IntervalKind::Bounded }
    }

    /// All but what lies between `lower` and `upper`.
    pub fn exclusive(lower: f64, upper: f64) -> Self {
        Self { lower, upper, kind: IntervalKind::Exclusive }
    }

    /// The whole line.
    pub fn unbounded() -> Self {
        Self { lower: f64::NEG_INFINITY, upper: f64::INFINITY, kind: IntervalKind::Unbounded }
    }

    /// The same values with a number added to each.
    pub(crate) fn shifted(self, by: f64) -> Self {
        Self { lower: self.lower + by, upper: self.upper + by, ..self }
    }

    /// Whether a value belongs to it.
    pub fn contains(&self, value: f64) -> bool {
        match self.kind {
            IntervalKind::Bounded => self.lower <= value && value <= self.upper,
            IntervalKind::Exclusive => value <= self.lower || value >= self.upper,
            IntervalKind::Unbounded => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_belong_to_it() {
        let between = Interval::bounded(-1.0, 2.0);
        assert!(
            between.contains(-1.0)
                && between.contains(2.0)
                && !between.contains(2.1)
                && !between.contains(-1.1)
        );
        let outside = Interval::exclusive(-1.0, 2.0);
        assert!(
            outside.contains(-1.0)
                && outside.contains(2.0)
                && !outside.contains(0.0)
                && outside.contains(9.0)
        );
        assert!(Interval::unbounded().contains(f64::MAX));
    }
}
