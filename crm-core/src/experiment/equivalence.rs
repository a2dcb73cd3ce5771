//! Equivalence: an effect that is neither too low nor too high.

use super::interval::{Interval, IntervalKind};
use super::split_check::SplitCheck;
use super::test_options::{Alternative, TestOptions};
use super::test_result::TestResult;
use crate::error::{Error, Result};

/// Two one-sided tests, against either margin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Equivalence {
    /// The test that the effect is above the lower margin.
    pub above: TestResult,
    /// The test that the effect is below the upper margin.
    pub below: TestResult,
    /// The larger of both p-values.
    pub p_value: f64,
    /// Its natural logarithm.
    pub ln_p_value: f64,
    /// The values that neither test rejects, from the lowest to the highest: of confidence 1 - 2 alpha.
    pub interval: Interval,
    /// Whether the customers were split as planned, as both tests say.
    pub split: SplitCheck,
}

impl Equivalence {
    /// Two one-sided tests of one comparison, taken together; [`equivalence`] makes them.
    ///
    /// `above` is the test with the alternative `greater` and the lower margin as its null, `below` that with `less` and the upper margin.
    ///
    /// # Errors
    /// `InvalidArgument` for other alternatives, for tests in terms of different contrasts or at different levels, and for margins that are
    /// not in order.
    pub fn of(above: TestResult, below: TestResult) -> Result<Self> {
        let pair = [("above", &above, Alternative::Greater), ("below", &below, Alternative::Less)];
        for (name, test, wanted) in pair {
            if test.alternative != wanted {
                let accepted = format!("a test with the alternative {}", wanted.name());
                return Err(Error::argument(name, test.alternative.name(), &accepted));
            }
        }
        if below.contrast != above.contrast {
            let accepted = format!("in terms of the contrast of the other test, {}", above.contrast.name());
            return Err(Error::argument("below", below.contrast.name(), &accepted));
        }
        if below.alpha != above.alpha {
            let accepted = format!("at the level of the other test, {}", above.alpha);
            return Err(Error::argument("below", below.alpha, &accepted));
        }
        check_margins(above.null, below.null)?;
        let last =
            if below.ln_p_value > above.ln_p_value || below.ln_p_value.is_nan() { &below } else { &above };
        Ok(Self {
            above,
            below,
            p_value: last.p_value,
            ln_p_value: last.ln_p_value,
            interval: common(above.interval, below.interval),
            split: above.split,
        })
    }

    /// Whether both tests reject, which is whether the interval lies between the margins.
    pub fn is_equivalent(&self) -> bool {
        self.above.rejects() && self.below.rejects()
    }
}

/// The hull of what two intervals share.
fn common(one: Interval, other: Interval) -> Interval {
    if one.kind != IntervalKind::Bounded && other.kind != IntervalKind::Bounded {
        return Interval::unbounded();
    }
    // What is on both sides of a gap goes on without end.
    let [one, other] = [one, other].map(|interval| match interval.kind {
        IntervalKind::Bounded => (interval.lower, interval.upper),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    });
    Interval::bounded(one.0.max(other.0), one.1.min(other.1))
}

/// Refuses margins that are not finite or not in order.
///
/// # Errors
/// `InvalidArgument`, on `lower_margin` or `upper_margin`.
pub fn check_margins(lower_margin: f64, upper_margin: f64) -> Result<()> {
    if !lower_margin.is_finite() {
        return Err(Error::argument("lower_margin", lower_margin, "finite"));
    }
    if !(upper_margin.is_finite() && upper_margin > lower_margin) {
        let accepted = format!("finite, and above the lower margin, {lower_margin}");
        return Err(Error::argument("upper_margin", upper_margin, &accepted));
    }
    Ok(())
}

/// Tests whether an effect lies between two margins by two one-sided tests (TOST) of any kind.
///
/// `compare` is the test, such as `|options| compare_proportions(&target, &control, method, options)`; alternative and null of `options`
/// are set here. The margins are in terms of the contrast: for a ratio 0.8 and 1.25.
///
/// # Errors
/// `InvalidArgument` for margins that are not finite or not in order, and what `compare` fails with.
///
/// ```
/// use crm_core::experiment::{BinaryArm, ProportionMethod, TestOptions, compare_proportions, equivalence};
/// let (target, control) = (BinaryArm::new(4980, 50_000)?, BinaryArm::new(5000, 50_000)?);
/// let found = equivalence(-0.005, 0.005, &TestOptions::default(), |options| {
///     compare_proportions(&target, &control, ProportionMethod::Score, options)
/// })?;
/// assert!(found.is_equivalent() && found.interval.lower > -0.005 && found.interval.upper < 0.005);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Source: Schuirmann (1987), Journal of Pharmacokinetics and Biopharmaceutics 15.
pub fn equivalence(
    lower_margin: f64,
    upper_margin: f64,
    options: &TestOptions,
    compare: impl Fn(&TestOptions) -> Result<TestResult>,
) -> Result<Equivalence> {
    check_margins(lower_margin, upper_margin)?;
    let on = |margin: &'static str| {
        move |error: Error| match error.argument_name() {
            Some("null") => error.on(margin),
            _ => error,
        }
    };
    let above = compare(&options.alternative(Alternative::Greater).null(lower_margin));
    let above = above.map_err(on("lower_margin"))?;
    let below = compare(&options.alternative(Alternative::Less).null(upper_margin));
    let below = below.map_err(on("upper_margin"))?;
    Equivalence::of(above, below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{
        BinaryArm, Contrast, MeanArm, MeanTest, ProportionMethod, compare_means, compare_proportions,
    };

    #[test]
    fn the_larger_p_value_decides() {
        let (target, control) = (BinaryArm::new(105, 1000).unwrap(), BinaryArm::new(100, 1000).unwrap());
        let compare = |options: &TestOptions| {
            compare_proportions(&target, &control, ProportionMethod::Unpooled, options)
        };
        let found = equivalence(-0.05, 0.02, &TestOptions::default(), compare).unwrap();
        // Wald by hand: (0.02 - 0.005) / sqrt(0.105 * 0.895 / 1000 + 0.1 * 0.9 / 1000).
        assert!((found.below.statistic + 0.015 / (0.000_183_975f64).sqrt()).abs() < 1e-12);
        assert_eq!((found.p_value, found.p_value > found.above.p_value), (found.below.p_value, true));
        assert!(!found.is_equivalent() && found.interval.upper > 0.02);
        let ninety = compare(&TestOptions::default().alpha(0.1)).unwrap().interval;
        assert!((found.interval.lower - ninety.lower).abs() < 1e-15);
    }

    /// A lift whose control can hardly be told from 0, or not at all: the interval goes on where a test accepts what lies beyond a gap.
    #[test]
    fn the_interval_holds_what_neither_test_rejects() {
        let mut kinds = Vec::new();
        for (mean, control) in [(1.0, 0.1), (-1.0, 0.1), (0.05, 0.1), (1.0, 0.2), (1.0, 1.0), (-3.0, 0.3)] {
            let target = MeanArm::from_moments(400, mean, 4.0).unwrap();
            let control = MeanArm::from_moments(400, control, 4.0).unwrap();
            let compare = |options: &TestOptions| {
                compare_means(&target, &control, MeanTest::default(), &options.contrast(Contrast::Lift))
            };
            for margins in [(-0.5, 0.5), (-300.0, -2.0), (1.0, 20.0), (-1e6, 1e6)] {
                let found = equivalence(margins.0, margins.1, &TestOptions::default(), compare).unwrap();
                let within = found.interval.lower > margins.0 && found.interval.upper < margins.1;
                assert_eq!((found.is_equivalent(), found.p_value <= 0.05), (within, within), "{found:?}");
                for step in -2000..2000 {
                    let value = f64::from(step) * 0.037;
                    let accepted =
                        found.above.interval.contains(value) && found.below.interval.contains(value);
                    assert!(!accepted || found.interval.contains(value), "{value} {found:?}");
                }
                kinds.push((found.interval.lower.is_finite(), found.interval.upper.is_finite(), within));
            }
        }
        for expected in [(true, true, true), (true, true, false), (false, false, false)] {
            assert!(kinds.contains(&expected), "{kinds:?}");
        }
    }

    #[test]
    fn two_tests_of_one_comparison() {
        let (target, control) = (BinaryArm::new(105, 1000).unwrap(), BinaryArm::new(100, 1000).unwrap());
        let test = |alternative, null, alpha, contrast| {
            let options =
                TestOptions::default().alternative(alternative).null(null).alpha(alpha).contrast(contrast);
            compare_proportions(&target, &control, ProportionMethod::Score, &options).unwrap()
        };
        let above = test(Alternative::Greater, -0.05, 0.05, Contrast::Difference);
        let below = test(Alternative::Less, 0.05, 0.05, Contrast::Difference);
        let found = Equivalence::of(above, below).unwrap();
        let whole = equivalence(-0.05, 0.05, &TestOptions::default(), |options| {
            compare_proportions(&target, &control, ProportionMethod::Score, options)
        });
        assert_eq!(Ok(found), whole);
        for (above, below, argument) in [
            (below, below, "above"),
            (above, above, "below"),
            (above, test(Alternative::Less, 0.05, 0.05, Contrast::Lift), "below"),
            (above, test(Alternative::Less, 0.05, 0.1, Contrast::Difference), "below"),
            (above, test(Alternative::Less, -0.06, 0.05, Contrast::Difference), "upper_margin"),
        ] {
            let error = Equivalence::of(above, below).unwrap_err();
            assert_eq!(error.argument_name(), Some(argument));
        }
    }

    #[test]
    fn margins_in_order() {
        let arm = BinaryArm::new(1, 2).unwrap();
        let compare =
            |options: &TestOptions| compare_proportions(&arm, &arm, ProportionMethod::Score, options);
        for (low, high, argument) in [
            (f64::NAN, 0.1, "lower_margin"),
            (0.1, 0.1, "upper_margin"),
            (-0.1, f64::INFINITY, "upper_margin"),
            (-1.5, 0.1, "lower_margin"),
            (-0.1, 1.0, "upper_margin"),
        ] {
            let error = equivalence(low, high, &TestOptions::default(), compare).unwrap_err();
            assert_eq!(error.argument_name(), Some(argument), "{low} {high}");
        }
    }
}
