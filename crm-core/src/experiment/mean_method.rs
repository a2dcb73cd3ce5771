//! Choices of a test of means.

use serde::{Deserialize, Serialize};

use super::test_options::Contrast;
use crate::error::{Error, Result};
use crate::named::named;

/// How the variance of a difference of means is estimated, and against which distribution it is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum MeanMethod {
    /// A variance for each arm, Student's distribution with the degrees of freedom of Welch (1947).
    #[default]
    Welch = 0,
    /// One variance for both arms, Student's distribution with `n - 2` degrees of freedom. Wrong for unequal variances in arms of unequal size.
    Student = 1,
    /// A variance for each arm, the normal distribution. For large arms.
    Z = 2,
    /// The variance that the null implies, proportional to the mean: for values that are mostly 0, such as revenue for each contact, in arms of
    /// unequal size. At "no effect", and for a mean below 0, it is Student's test.
    Score = 3,
    /// As `Score`, less the skewness that the difference has under the null: for small controls too, in which a few values decide, as in the groups of a
    /// campaign. Both arms must know their skewness. For values without any and for arms of one size it is Student's test at "no effect"; a mean
    /// below 0 is judged as by Student's test less the skewness at "no effect". The adjusted values of a campaign with a covariate have long tails on both
    /// sides, and are corrected for their kurtosis too.
    SkewnessCorrected = 4,
}

named! { MeanMethod, "method", {
    Welch: "welch", Student: "student", Z: "z", Score: "score", SkewnessCorrected: "skewness_corrected"
} }

impl MeanMethod {
    /// Whether both arms have one variance.
    pub(super) fn is_pooled(self) -> bool {
        matches!(self, Self::Student) || self.is_score()
    }

    /// Whether the variance is that which the null implies.
    pub(super) fn is_score(self) -> bool {
        matches!(self, Self::Score | Self::SkewnessCorrected)
    }
}

/// How a ratio or lift of means is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum LiftMethod {
    /// By the linear combination `target - ratio * control` (Fieller 1954): right however small the control is, and at "no effect" the test of the
    /// difference. The interval may have no end, or two.
    #[default]
    Fieller = 0,
    /// By the estimate and its standard error from a linear expansion. Too narrow unless the control is many standard errors from 0.
    Delta = 1,
    /// As `Delta` for the logarithm of the ratio; for means of one sign.
    Log = 2,
}

named! { LiftMethod, "lift_method", { Fieller: "fieller", Delta: "delta", Log: "log" } }

/// A test of means: how the variance is estimated, and how ratios and lifts are judged.
///
/// ```
/// use crm_core::experiment::{LiftMethod, MeanMethod, MeanTest};
/// assert_eq!(MeanTest::from(MeanMethod::Welch), MeanTest::default());
/// assert_eq!(MeanTest::default().lift(LiftMethod::Delta).lift, LiftMethod::Delta);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MeanTest {
    /// How the variance is estimated.
    pub method: MeanMethod,
    /// How ratios and lifts are judged; differences and the score tests do not look at it.
    pub lift: LiftMethod,
}

impl From<MeanMethod> for MeanTest {
    fn from(method: MeanMethod) -> Self {
        Self { method, lift: LiftMethod::default() }
    }
}

impl MeanTest {
    /// Sets how ratios and lifts are judged.
    #[must_use]
    pub fn lift(mut self, lift: LiftMethod) -> Self {
        self.lift = lift;
        self
    }

    /// Refuses the score tests, which know two means only.
    pub(super) fn without_score(self, what: &str) -> Result<Self> {
        if self.method.is_score() {
            let accepted = format!("welch, student or z for {what}");
            return Err(Error::argument("method", self.method.name(), &accepted));
        }
        Ok(self)
    }

    /// What a result calls the method.
    pub(super) fn name(self, contrast: Contrast) -> Result<&'static str> {
        use LiftMethod::{Delta, Fieller, Log};
        use MeanMethod::{Score, SkewnessCorrected, Student, Welch, Z};
        Ok(match (contrast, self.method, self.lift) {
            (Contrast::OddsRatio, ..) => {
                return Err(Error::argument(
                    "contrast",
                    contrast.name(),
                    "difference, lift or ratio for means",
                ));
            }
            (Contrast::Difference, method, _) | (_, method @ (Score | SkewnessCorrected), _) => method.name(),
            (_, Welch, Fieller) => "welch_fieller",
            (_, Welch, Delta) => "welch_delta",
            (_, Welch, Log) => "welch_log",
            (_, Student, Fieller) => "student_fieller",
            (_, Student, Delta) => "student_delta",
            (_, Student, Log) => "student_log",
            (_, Z, Fieller) => "z_fieller",
            (_, Z, Delta) => "z_delta",
            (_, Z, Log) => "z_log",
        })
    }
}
