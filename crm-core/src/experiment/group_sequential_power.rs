//! Power of a group-sequential test, and what its looks cost.

use serde::Serialize;

use super::group_sequential::GroupSequential;
use super::sequential_paths::FARTHEST_Z;
use super::test_options::Alternative;
use crate::error::{Error, Result};
use crate::math::{normal_quantile, root_between};

/// How a group-sequential test ends under an effect.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SequentialPower {
    /// The mean of z at information 1.
    pub drift: f64,
    /// P(rejecting at any look); both sides if two-sided.
    pub power: f64,
    /// P(rejecting at the look) in the direction of the alternative (upward if two-sided).
    pub reject: Vec<f64>,
    /// P(stopping at the look below): rejection downward if two-sided, futility if there is such, else 0.
    pub stop_below: Vec<f64>,
    /// The mean information fraction at which the test ends.
    pub expected_information: f64,
}

impl GroupSequential {
    /// How the test ends if z at information 1 has mean `drift`: the effect in the direction of the alternative, over its standard error
    /// at information 1.
    ///
    /// With futility, paths below that boundary are taken to stop.
    ///
    /// # Errors
    /// `InvalidArgument` for a drift that is not finite or beyond 37.
    ///
    /// Jennison and Turnbull (2000), section 19.2.
    pub fn power(&self, drift: f64) -> Result<SequentialPower> {
        if drift.is_nan() || drift.abs() > FARTHEST_Z {
            return Err(Error::argument("drift", drift, "between -37 and 37"));
        }
        let two_sided = self.options.alternative == Alternative::TwoSided;
        let below = |look: usize| {
            if two_sided { -self.critical_values[look] } else { self.futility_values[look] }
        };
        let ends = self.crossings(drift, |look| self.critical_values[look], below);
        let (reject, stop_below): (Vec<f64>, Vec<f64>) = ends.into_iter().unzip();
        let mut power: f64 = reject.iter().sum();
        if two_sided {
            power += stop_below.iter().sum::<f64>();
        }
        let (mut going_on, mut expected, mut before) = (1.0, 0.0, 0.0);
        for (look, &time) in self.information.iter().enumerate() {
            expected += going_on * (time - before);
            going_on -= reject[look] + stop_below[look];
            before = time;
        }
        Ok(SequentialPower { drift, power, reject, stop_below, expected_information: expected })
    }

    /// The drift at which P(rejecting in its direction) is `power`; rejections on the wrong side do not count.
    ///
    /// # Errors
    /// `InvalidArgument` for a power that is not above alpha and below 1.
    pub fn drift_for_power(&self, power: f64) -> Result<f64> {
        self.check_power(power)?;
        // Bad drifts do not occur between the ends.
        let short =
            |drift: f64| self.power(drift).map_or(f64::NAN, |ends| ends.reject.iter().sum::<f64>() - power);
        Ok(root_between(short, 0.0, FARTHEST_Z))
    }

    /// The information at the last look over the information that a test with a single look needs for the same power.
    ///
    /// A single look at information 1 needs the drift `z(alpha) + z(power)`, with alpha of one side; with looks the drift must be larger, and
    /// information goes as its square. Multiply the sample size of a test without looks by it.
    ///
    /// ```
    /// use crm_core::experiment::{GroupSequential, GroupSequentialOptions, StoppingBoundary};
    /// let options = GroupSequentialOptions { boundary: StoppingBoundary::Pocock, ..Default::default() };
    /// let factor = GroupSequential::equally_spaced(5, &options)?.inflation_factor(0.9)?;
    /// // Jennison and Turnbull (2000), table 2.2.
    /// assert!((factor - 1.207).abs() < 5e-4);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`GroupSequential::drift_for_power`].
    pub fn inflation_factor(&self, power: f64) -> Result<f64> {
        let drift = self.drift_for_power(power)?;
        let single = normal_quantile(power) - normal_quantile(self.options.side_alpha());
        let end = self.information.last().copied().unwrap_or(1.0);
        Ok((drift / single).powi(2) * end)
    }

    fn check_power(&self, power: f64) -> Result<()> {
        let alpha = self.alpha_spent.last().copied().unwrap_or(0.0);
        if power > alpha && power <= 1.0 - 1e-12 {
            return Ok(());
        }
        Err(Error::argument("power", power, "above the alpha spent, and below 1 by at least 1e-12"))
    }
}
