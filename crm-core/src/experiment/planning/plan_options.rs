//! What a planned test will be asked.

use serde::{Deserialize, Serialize};

use super::super::dunnett_tail::ManyToOne;
use super::super::test_options::{Alternative, Contrast, check_alpha};
use crate::error::{Error, Result};
use crate::math::student_t_quantile;
use crate::named::named;

/// Which rejections count as power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum CountedTails {
    /// Those in the direction of the effect, as the textbook formulae have it.
    #[default]
    Near = 0,
    /// All of them: a two-sided test also rejects, rarely, in the wrong direction.
    Both = 1,
}

named! { CountedTails, "tails", { Near: "near", Both: "both" } }

/// How several targets against one control share the level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum LevelSharing {
    /// `alpha / targets` for each.
    #[default]
    Bonferroni = 0,
    /// `1 - (1 - alpha)^(1 / targets)` for each.
    Sidak = 1,
    /// Dunnett's critical value, which takes the common control into account.
    Dunnett = 2,
    /// The whole level for each: any false rejection is likelier than alpha.
    None = 3,
}

named! { LevelSharing, "sharing", { Bonferroni: "bonferroni", Sidak: "sidak", Dunnett: "dunnett", None: "none" } }

/// What a planned test will be asked, and how its arms are cut.
///
/// A non-inferiority test is the alternative `Greater` with a null below "no effect", by the margin. With margins the test is that of equivalence,
/// two one-sided tests at the level alpha each, and alternative and null do not count.
///
/// ```
/// use crm_core::experiment::{Alternative, LevelSharing, PlanOptions};
/// // Three targets beside a small control.
/// let options = PlanOptions::default().targets(3).control_per_target(0.25).sharing(LevelSharing::Dunnett);
/// assert_eq!((options.alpha, options.alternative), (0.05, Alternative::TwoSided));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlanOptions {
    /// In what terms the null and the margins are; relative ones for rates only, odds ratios for exact tests only.
    pub contrast: Contrast,
    /// Which deviations count.
    pub alternative: Alternative,
    /// The level of all comparisons together; inside (0, 1).
    pub alpha: f64,
    /// The value of the contrast under the null; `None` is "no effect".
    pub null: Option<f64>,
    /// The margins of equivalence, in terms of the contrast.
    pub margins: Option<(f64, f64)>,
    /// Which rejections count as power.
    pub tails: CountedTails,
    /// Size of the control over that of one target; above 0.
    pub control_per_target: f64,
    /// Targets against the one control, all of one size.
    pub targets: u32,
    /// How several targets share the level.
    pub sharing: LevelSharing,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self {
            contrast: Contrast::Difference,
            alternative: Alternative::TwoSided,
            alpha: 0.05,
            null: None,
            margins: None,
            tails: CountedTails::Near,
            control_per_target: 1.0,
            targets: 1,
            sharing: LevelSharing::Bonferroni,
        }
    }
}

impl PlanOptions {
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

    /// Sets the margins of equivalence.
    #[must_use]
    pub fn margins(mut self, lower: f64, upper: f64) -> Self {
        self.margins = Some((lower, upper));
        self
    }

    /// Sets which rejections count as power.
    #[must_use]
    pub fn tails(mut self, tails: CountedTails) -> Self {
        self.tails = tails;
        self
    }

    /// Sets the size of the control over that of one target.
    #[must_use]
    pub fn control_per_target(mut self, ratio: f64) -> Self {
        self.control_per_target = ratio;
        self
    }

    /// Sets the number of targets.
    #[must_use]
    pub fn targets(mut self, targets: u32) -> Self {
        self.targets = targets;
        self
    }

    /// Sets how several targets share the level.
    #[must_use]
    pub fn sharing(mut self, sharing: LevelSharing) -> Self {
        self.sharing = sharing;
        self
    }

    /// The value of the contrast under the null.
    pub fn null_value(&self) -> f64 {
        self.null.unwrap_or_else(|| self.contrast.no_effect())
    }

    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// `InvalidArgument` for a level outside (0, 1), a null or margins that the contrast cannot take, margins out of order or around nothing,
    /// a ratio of sizes that is not positive, no or more than 1000 targets, and Dunnett's level with margins.
    pub fn check(&self) -> Result<()> {
        check_alpha(self.alpha)?;
        let positive = matches!(self.contrast, Contrast::Ratio | Contrast::OddsRatio);
        let least = if positive { 0.0 } else { f64::NEG_INFINITY };
        let fits = |value: f64| value.is_finite() && value > least;
        if !fits(self.null_value()) {
            return Err(Error::argument("null", self.null_value(), "finite, and above 0 for ratios"));
        }
        if let Some((lower, upper)) = self.margins {
            if !fits(lower) {
                return Err(Error::argument("lower_margin", lower, "finite, and above 0 for ratios"));
            }
            if !(fits(upper) && upper > lower) {
                return Err(Error::argument(
                    "upper_margin",
                    upper,
                    &format!("finite, and above the lower margin, {lower}"),
                ));
            }
            if self.targets > 1 && self.sharing == LevelSharing::Dunnett {
                return Err(Error::argument(
                    "sharing",
                    self.sharing.name(),
                    "another one for tests of equivalence",
                ));
            }
        }
        if !(self.control_per_target > 0.0 && self.control_per_target.is_finite()) {
            return Err(Error::argument("control_per_target", self.control_per_target, "above 0 and finite"));
        }
        if !(1..=1000).contains(&self.targets) {
            return Err(Error::argument("targets", self.targets, "between 1 and 1000"));
        }
        Ok(())
    }

    /// The level of one comparison, where each has one of its own.
    pub(super) fn level_of_one(&self) -> f64 {
        let targets = f64::from(self.targets);
        match self.sharing {
            LevelSharing::Bonferroni => self.alpha / targets,
            LevelSharing::Sidak => -((-self.alpha).ln_1p() / targets).exp_m1(),
            LevelSharing::Dunnett | LevelSharing::None => self.alpha,
        }
    }

    /// Whether the statistic is held against Dunnett's distribution.
    pub(super) fn is_joint(&self) -> bool {
        self.targets > 1 && self.sharing == LevelSharing::Dunnett
    }

    /// Whether either direction counts against the null.
    pub(super) fn is_two_sided(&self) -> bool {
        self.margins.is_none() && self.alternative == Alternative::TwoSided
    }

    /// The direction in which an effect, less the null, counts against it.
    pub(super) fn sign(&self, effect: f64) -> f64 {
        match self.alternative {
            Alternative::TwoSided if effect < 0.0 => -1.0,
            Alternative::Less => -1.0,
            Alternative::TwoSided | Alternative::Greater => 1.0,
        }
    }

    /// The statistic beyond which one comparison rejects.
    pub(super) fn critical(&self, target: f64, control: f64, df: f64) -> f64 {
        let two_sided = self.is_two_sided();
        if self.is_joint() {
            let sizes = vec![target; self.targets as usize];
            let alternative = if two_sided { Alternative::TwoSided } else { Alternative::Greater };
            return ManyToOne::new(&sizes, control, df).critical_value(self.alpha, alternative);
        }
        let level = self.level_of_one();
        -student_t_quantile(if two_sided { 0.5 * level } else { level }, df)
    }
}
