//! The law that a test rejects if and only if its interval excludes the null, kept to the last bit.

use super::interval::{Interval, IntervalKind};

/// Beyond this share of the size of the numbers an end and a p-value disagree in substance, which no rounding explains.
const ROUNDING: f64 = 1e-9;

impl Interval {
    /// The interval with the end next to the null moved across it where rounding put that end on the other side than the p-value says.
    ///
    /// Both are solutions of the same equation, found to the last digits but not to the last bit.
    pub(crate) fn agreeing(self, null: f64, rejected: bool) -> Self {
        if self.kind == IntervalKind::Unbounded || self.contains(null) != rejected {
            return self;
        }
        if self.kind == IntervalKind::Exclusive {
            return self.excluding(null, rejected);
        }
        let scale = ROUNDING * (null.abs() + f64::MIN_POSITIVE).max((self.upper - self.lower).abs().min(1.0));
        if rejected {
            self.cut_within(null, scale)
        } else if (self.lower - null).abs() <= scale && null < self.lower {
            Self { lower: null, ..self }
        } else if (self.upper - null).abs() <= scale && null > self.upper {
            Self { upper: null, ..self }
        } else {
            self
        }
    }

    /// As `agreeing`, of an exclusive interval.
    fn excluding(self, null: f64, rejected: bool) -> Self {
        let near = |end: f64| (end - null).abs() <= ROUNDING * null.abs().max(f64::MIN_POSITIVE);
        if near(self.lower) {
            Self { lower: if rejected { null.next_down() } else { null }, ..self }
        } else if near(self.upper) {
            Self { upper: if rejected { null.next_up() } else { null }, ..self }
        } else {
            self
        }
    }

    fn cut_within(self, null: f64, scale: f64) -> Self {
        let (below, above) = ((null - self.lower).abs(), (self.upper - null).abs());
        if below <= scale && below <= above {
            Self { lower: null.next_up(), upper: self.upper.max(null.next_up()), ..self }
        } else if above <= scale {
            Self { upper: null.next_down(), lower: self.lower.min(null.next_down()), ..self }
        } else {
            self
        }
    }

    /// The part on the estimate's side of a null that is rejected though the interval, the hull of what is not, holds it.
    ///
    /// Exact tests may reject a value between two that they do not.
    pub(crate) fn cut_at_rejected(self, null: f64, estimate: f64) -> Self {
        if self.kind != IntervalKind::Bounded || !self.contains(null) {
            self
        } else if null < estimate || (null == estimate && null <= self.lower) {
            Self { lower: null.next_up(), ..self }
        } else {
            Self { upper: null.next_down(), ..self }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_off_by_rounding_moves_and_no_other() {
        let interval = Interval::bounded(1e-17, 0.5);
        assert!(!Interval::bounded(-1e-17, 0.5).agreeing(0.0, true).contains(0.0));
        assert!(interval.agreeing(0.0, false).contains(0.0));
        assert_eq!(interval.agreeing(0.0, true), interval);
        // A disagreement in substance stays, for the tests of the law to see.
        assert_eq!(interval.agreeing(0.3, true), interval);
        assert_eq!(interval.agreeing(0.6, false), interval);
        assert_eq!(Interval::bounded(0.2, 0.9).agreeing(0.9, true).upper, 0.9f64.next_down());
    }

    #[test]
    fn a_hull_is_cut_on_the_far_side() {
        let hull = Interval::bounded(0.5, 2.0);
        assert_eq!(hull.cut_at_rejected(0.7, 1.0), Interval::bounded(0.7f64.next_up(), 2.0));
        assert_eq!(hull.cut_at_rejected(1.5, 1.0), Interval::bounded(0.5, 1.5f64.next_down()));
        assert_eq!(hull.cut_at_rejected(3.0, 1.0), hull);
    }
}
