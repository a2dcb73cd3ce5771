//! What a test is asked.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::named::named;

/// Which deviations from the null count against it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum Alternative {
    /// The target differs from the control in either direction.
    #[default]
    TwoSided = 0,
    /// The target is above the control by more than the null says. The interval has no upper end.
    Greater = 1,
    /// The target is below the control by more than the null says. The interval has no lower end.
    Less = 2,
}

named! { Alternative, "alternative", { TwoSided: "two_sided", Greater: "greater", Less: "less" } }

/// In what terms target and control are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum Contrast {
    /// Target minus control.
    #[default]
    Difference = 0,
    /// (Target minus control) / |control|.
    Lift = 1,
    /// Target / control.
    Ratio = 2,
    /// Odds of the target / odds of the control; for rates only.
    OddsRatio = 3,
}

named! { Contrast, "contrast", { Difference: "difference", Lift: "lift", Ratio: "ratio", OddsRatio: "odds_ratio" } }

impl Contrast {
    /// The value that says "no effect": 0 for differences and lifts, 1 for ratios.
    pub fn no_effect(self) -> f64 {
        match self {
            Self::Difference | Self::Lift => 0.0,
            Self::Ratio | Self::OddsRatio => 1.0,
        }
    }
}

/// What a test is asked: the contrast, the null that it is held against, the alternative and the level; and how the customers were to be split.
///
/// A non-inferiority test is the alternative `Greater` with a null below "no effect", by the margin.
///
/// ```
/// use crm_core::experiment::{Alternative, Contrast, TestOptions};
/// let options = TestOptions::default().contrast(Contrast::Lift).alternative(Alternative::Greater).null(-0.02);
/// assert_eq!((options.alpha, options.null_value()), (0.05, -0.02));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TestOptions {
    /// In what terms the arms are compared.
    pub contrast: Contrast,
    /// Which deviations count.
    pub alternative: Alternative,
    /// The level of the test, 1 less the confidence of the interval; inside (0, 1).
    pub alpha: f64,
    /// The value of the contrast under the null; `None` is "no effect".
    pub null: Option<f64>,
    /// The share of the target that was planned, of the customers of target and control together; inside (0, 1). The result then says whether
    /// they were split so (see [`SplitCheck`](super::SplitCheck)); `None` is not checked.
    pub target_share: Option<f64>,
}

impl Default for TestOptions {
    fn default() -> Self {
        Self {
            contrast: Contrast::Difference,
            alternative: Alternative::TwoSided,
            alpha: 0.05,
            null: None,
            target_share: None,
        }
    }
}

impl TestOptions {
    /// Sets the contrast.
    #[must_use]
    pub fn contrast(mut self, contrast: Contrast) -> Self {
        self.contrast = contrast;
        self
    }

    /// Sets the alternative.
    #[must_use]
    pub fn alternative(mut self, alternative: Alternative) -> Self {
        self.alternative = alternative;
        self
    }

    /// Sets the level.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// Sets the value of the contrast under the null.
    #[must_use]
    pub fn null(mut self, null: f64) -> Self {
        self.null = Some(null);
        self
    }

    /// Sets the planned share of the target, of target and control together: the result says whether they were split so.
    #[must_use]
    pub fn target_share(mut self, target_share: f64) -> Self {
        self.target_share = Some(target_share);
        self
    }

    /// The value of the contrast under the null.
    pub fn null_value(&self) -> f64 {
        self.null.unwrap_or_else(|| self.contrast.no_effect())
    }

    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// `InvalidArgument` for a level or a planned share outside (0, 1) and for a null that the contrast cannot take.
    pub fn check(&self) -> Result<()> {
        check_alpha(self.alpha)?;
        check_share(self.target_share)?;
        let null = self.null_value();
        let fits = match self.contrast {
            Contrast::Difference | Contrast::Lift => null.is_finite(),
            Contrast::Ratio | Contrast::OddsRatio => null.is_finite() && null > 0.0,
        };
        if fits { Ok(()) } else { Err(Error::argument("null", null, "finite, and above 0 for ratios")) }
    }
}

/// Refuses a planned share outside (0, 1).
pub(super) fn check_share(target_share: Option<f64>) -> Result<()> {
    match target_share.filter(|share| !(*share > 0.0 && *share < 1.0)) {
        Some(share) => Err(Error::argument("target_share", share, "inside (0, 1)")),
        None => Ok(()),
    }
}

/// Refuses a level outside (0, 1).
pub(crate) fn check_alpha(alpha: f64) -> Result<()> {
    if alpha > 0.0 && alpha < 1.0 { Ok(()) } else { Err(Error::argument("alpha", alpha, "inside (0, 1)")) }
}
