//! Strata of counts, and what is estimated from all of them.

use super::super::super::binary_arm::BinaryArm;
use super::super::super::many_proportions::ProportionColumns;
use super::super::super::test_options::Contrast;
use super::super::super::test_result::TestStatus;
use super::super::rates::Rates;
use crate::error::{Error, ErrorKind, Result};

/// A stratum in which both arms have trials.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stratum {
    pub(super) rates: Rates,
    pub(super) weight: f64,
}

impl Stratum {
    /// N / (N - 1).
    pub(super) fn inflation(&self) -> f64 {
        let all = self.rates.trials();
        all / (all - 1.0)
    }

    /// Whether somebody converted and somebody did not.
    pub(super) fn varies(&self) -> bool {
        self.rates.conversions() > 0.0 && self.rates.f1 + self.rates.f0 > 0.0
    }
}

/// The strata in which both arms have trials.
#[derive(Clone, Debug)]
pub(super) struct Strata {
    pub(super) all: Vec<Stratum>,
}

impl Strata {
    /// From a row of counts a stratum; weights are those of Mantel and Haenszel, or the trials.
    pub(super) fn of(columns: &ProportionColumns<'_>, by_trials: bool) -> Result<Self> {
        columns.check_lengths()?;
        if columns.target_trials.is_empty() {
            return Err(Error::new(ErrorKind::Empty, "there are no strata").on("target_trials"));
        }
        let mut all = Vec::with_capacity(columns.target_trials.len());
        for row in 0..columns.target_trials.len() {
            let target = arm(
                "target_conversions",
                "target_trials",
                (columns.target_conversions[row], columns.target_trials[row]),
                row,
            )?;
            let control = arm(
                "control_conversions",
                "control_trials",
                (columns.control_conversions[row], columns.control_trials[row]),
                row,
            )?;
            let (Some(target), Some(control)) = (target, control) else { continue };
            let rates = Rates::new(&target, &control);
            let trials = rates.trials();
            let weight = if by_trials { trials } else { rates.n1 * (rates.n0 / trials) };
            all.push(Stratum { rates, weight });
        }
        Ok(Self { all })
    }

    pub(super) fn sum(&self, of: impl Fn(&Stratum) -> f64) -> f64 {
        self.all.iter().map(of).sum()
    }

    fn weighted(&self, of: impl Fn(&Rates) -> f64) -> f64 {
        self.sum(|stratum| stratum.weight * of(&stratum.rates)) / self.sum(|stratum| stratum.weight)
    }

    /// The target's rate.
    pub(super) fn target(&self) -> f64 {
        self.weighted(Rates::p1)
    }

    /// The control's rate.
    pub(super) fn control(&self) -> f64 {
        self.weighted(Rates::p0)
    }

    pub(super) fn difference(&self) -> f64 {
        self.weighted(Rates::difference)
    }

    pub(super) fn lift(&self) -> f64 {
        self.difference() / self.control()
    }

    /// Cohen's h of the rates over all strata.
    pub(super) fn cohens_h(&self) -> f64 {
        let rest = |of: fn(&Rates) -> f64| self.weighted(of);
        Rates::of_shares(
            [self.target(), rest(|rates| rates.f1 / rates.n1)],
            [self.control(), rest(|rates| rates.f0 / rates.n0)],
            self.difference(),
        )
        .cohens_h()
    }

    /// The estimate of a contrast (Mantel and Haenszel 1959; Greenland and Robins 1985 for differences and ratios).
    pub(super) fn estimate(&self, contrast: Contrast) -> f64 {
        match contrast {
            Contrast::Difference => self.difference(),
            Contrast::Lift => self.lift(),
            Contrast::Ratio => self.target() / self.control(),
            Contrast::OddsRatio => {
                let product = |one: fn(&Rates) -> f64, other: fn(&Rates) -> f64| {
                    self.sum(|stratum| one(&stratum.rates) * (other(&stratum.rates) / stratum.rates.trials()))
                };
                product(|r| r.x1, |r| r.f0) / product(|r| r.x0, |r| r.f1)
            }
        }
    }

    /// Whether the data can answer.
    pub(super) fn status(&self, contrast: Contrast) -> TestStatus {
        let relative = contrast != Contrast::Difference;
        if self.sum(|stratum| stratum.rates.conversions()) == 0.0 {
            TestStatus::NoConversions
        } else if self.sum(|stratum| stratum.rates.f1 + stratum.rates.f0) == 0.0 {
            TestStatus::AllConverted
        } else if !self.all.iter().any(Stratum::varies) {
            TestStatus::NoVariance
        } else if relative && self.sum(|stratum| stratum.rates.x0) == 0.0 {
            TestStatus::ZeroBaseline
        } else {
            TestStatus::Ok
        }
    }
}

/// An arm of a stratum, or `None` for one without trials.
fn arm(
    conversions_name: &str,
    trials_name: &str,
    (conversions, trials): (u64, u64),
    row: usize,
) -> Result<Option<BinaryArm>> {
    if trials == 0 {
        if conversions > 0 {
            let error = Error::argument(conversions_name, conversions, "at most the number of trials, 0");
            return Err(error.at_row(row as u64));
        }
        return Ok(None);
    }
    BinaryArm::new(conversions, trials).map(Some).map_err(|error| {
        let trials = error.argument_name() == Some("trials");
        error.on(if trials { trials_name } else { conversions_name }).at_row(row as u64)
    })
}
