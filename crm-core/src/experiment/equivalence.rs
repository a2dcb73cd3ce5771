//! Equivalence: an effect that is neither too low nor too high.

use super::interval::Interval;
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
    /// The values that neither test rejects: of confidence 1 - 2 alpha.
    pub interval: Interval,
    /// Whether the customers were split as planned, as both tests say.
    pub split: SplitCheck,
}

impl Equivalence {
    /// Whether both tests reject, which is whether the interval lies between the margins.
    pub fn is_equivalent(&self) -> bool {
        self.above.rejects() && self.below.rejects()
    }
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
    if !lower_margin.is_finite() {
        return Err(Error::argument("lower_margin", lower_margin, "finite"));
    }
    if !(upper_margin.is_finite() && upper_margin > lower_margin) {
        let accepted = format!("finite, and above the lower margin, {lower_margin}");
        return Err(Error::argument("upper_margin", upper_margin, &accepted));
    }
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
    let last = if below.ln_p_value > above.ln_p_value || below.ln_p_value.is_nan() { &below } else { &above };
    Ok(Equivalence {
        above,
        below,
        p_value: last.p_value,
        ln_p_value: last.ln_p_value,
        interval: Interval::bounded(above.interval.lower, below.interval.upper),
        split: above.split,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{BinaryArm, ProportionMethod, compare_proportions};

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
