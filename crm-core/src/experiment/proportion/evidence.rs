//! What a method has to say on two rates.

use super::super::interval::Interval;
use super::super::normal_tail::PValue;
use super::super::test_options::{Alternative, Contrast, TestOptions};
use super::super::test_result::TestStatus;

/// Options with what follows from them for every pair of arms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) options: TestOptions,
    /// How far from 0 a standard normal statistic has to be.
    pub(crate) critical: f64,
}

impl Asked {
    pub(crate) fn new(options: &TestOptions) -> Self {
        Self { options: *options, critical: options.alternative.normal_critical(options.alpha) }
    }
}

/// Statistic, p-value and interval of one method.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence {
    pub(crate) statistic: f64,
    pub(crate) p: PValue,
    pub(crate) interval: Interval,
    pub(crate) standard_error: f64,
    pub(crate) status: TestStatus,
}

impl Evidence {
    /// The data cannot answer: nothing is known and nothing ruled out.
    pub(crate) fn undefined(status: TestStatus) -> Self {
        Self {
            statistic: f64::NAN,
            p: PValue::UNDEFINED,
            interval: Interval::unbounded(),
            standard_error: f64::NAN,
            status,
        }
    }

    /// From a statistic that is near normal, and the ends of the interval where it is `critical` and `-critical`.
    pub(crate) fn normal(
        statistic: f64,
        asked: &Asked,
        standard_error: f64,
        lower: impl FnOnce(f64) -> f64,
        upper: impl FnOnce(f64) -> f64,
    ) -> Self {
        let (options, critical) = (&asked.options, asked.critical);
        Self {
            statistic,
            p: options.alternative.normal_p(statistic),
            interval: ends(options, || lower(critical), || upper(critical)),
            standard_error,
            status: TestStatus::Ok,
        }
    }

    pub(crate) fn status(self, status: TestStatus) -> Self {
        Self { status, ..self }
    }
}

/// The interval with those ends that the alternative leaves.
pub(crate) fn ends(
    options: &TestOptions,
    lower: impl FnOnce() -> f64,
    upper: impl FnOnce() -> f64,
) -> Interval {
    let least = match options.contrast {
        Contrast::Difference | Contrast::Lift => f64::NEG_INFINITY,
        Contrast::Ratio | Contrast::OddsRatio => 0.0,
    };
    match options.alternative {
        Alternative::TwoSided => Interval::bounded(lower(), upper()),
        Alternative::Greater => Interval::bounded(lower(), f64::INFINITY),
        // Where a level near 1 leaves no ratio at all, 0 remains, which no null is.
        Alternative::Less => Interval::bounded(least, upper().max(least)),
    }
}

#[cfg(test)]
mod tests {
    use crate::experiment::{
        Alternative, BinaryArm, Contrast, ProportionMethod, TestOptions, compare_proportions,
    };

    #[test]
    fn where_every_ratio_is_rejected_none_is_left() {
        // 2 ± 2.14 standard errors of 1.41: at this level Wald's test rejects every ratio above 0 from above.
        let (target, control) = (BinaryArm::new(1, 1).unwrap(), BinaryArm::new(1, 2).unwrap());
        let options =
            TestOptions::default().contrast(Contrast::Ratio).alternative(Alternative::Less).alpha(0.984);
        let found = compare_proportions(&target, &control, ProportionMethod::Unpooled, &options).unwrap();
        assert!(found.rejects() && found.interval.lower == 0.0 && found.interval.upper == 0.0, "{found:?}");
    }
}
