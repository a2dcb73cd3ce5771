//! Standard deviations to plan quantiles and stratified means with.
//!
//! - Kendall and Stuart (1977), "The Advanced Theory of Statistics", volume 1, fourth edition, section 10.10: the variance of a quantile.
//! - Woodruff (1952), "Confidence intervals for medians and other position measures", Journal of the American Statistical Association 47.
//! - Cochran (1977), "Sampling Techniques", third edition, sections 5.3 and 5A.9: proportional allocation, and strata formed afterwards.

use super::super::quantile::{QuantileArm, quantile_interval};
use super::super::test_options::TestOptions;
use super::mean_plan::{MeanPlan, check_deviation};
use crate::error::{Error, ErrorKind, Result};
use crate::math::normal_quantile;

impl MeanPlan {
    /// The standard deviation to plan a quantile with, `sqrt(q (1 - q)) / f`, from the density f of the values at the quantile.
    ///
    /// # Errors
    /// `InvalidArgument` for a probability outside (0, 1) and a density that is not positive.
    ///
    /// ```
    /// use crm_core::experiment::MeanPlan;
    /// // The median of normal values needs pi / 2 times the customers of their mean.
    /// let deviation = MeanPlan::quantile_deviation(0.5, 0.398_942_280_401_432_7)?;
    /// assert!((deviation * deviation - std::f64::consts::FRAC_PI_2).abs() < 1e-14);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    ///
    /// Source: Kendall and Stuart (1977), eq. 10.29.
    pub fn quantile_deviation(probability: f64, density: f64) -> Result<f64> {
        if !(probability > 0.0 && probability < 1.0) {
            return Err(Error::argument("probability", probability, "inside (0, 1)"));
        }
        if !(density > 0.0 && density.is_finite()) {
            return Err(Error::argument("density", density, "above 0 and finite"));
        }
        let deviation = (probability * (1.0 - probability)).sqrt() / density;
        check_deviation("density", deviation).map_err(|_| {
            Error::argument("density", density, "one that leaves a deviation between 1e-150 and 1e150")
        })?;
        Ok(deviation)
    }

    /// The standard deviation to plan a quantile with, from a pilot: `sqrt(n) (upper - lower) / (2 z)` of its 95 % interval.
    ///
    /// # Errors
    /// `InvalidArgument` for a probability outside (0, 1); `Empty` for a summary without rows; `InvalidValue` for one with too few rows for an
    /// interval, or whose interval is a single value because many rows are equal.
    ///
    /// Source: Woodruff (1952).
    pub fn pilot_quantile_deviation(arm: &QuantileArm, probability: f64) -> Result<f64> {
        let options = TestOptions::default();
        let found = quantile_interval(arm, probability, &options)?.interval;
        let width = found.upper - found.lower;
        if !(width > 0.0 && width.is_finite()) {
            let message = format!("{} rows do not tell how the quantile varies", arm.count());
            return Err(Error::new(ErrorKind::InvalidValue, message).on("arm"));
        }
        Ok((arm.count() as f64).sqrt() * width / (-2.0 * normal_quantile(0.5 * options.alpha)))
    }

    /// The standard deviation to plan a stratified mean with, `sqrt(sum(w s^2))`, from the share w of each stratum among all customers and the
    /// standard deviation s within it: what differs between strata no longer counts.
    ///
    /// Shares may be in any unit. For strata that both arms are split within, or that are weighted by their shares afterwards.
    ///
    /// # Errors
    /// `LengthMismatch` for different numbers of shares and deviations; `Empty` without a share; `InvalidValue` for shares and deviations that are
    /// negative or not finite, and if no stratum has any variance.
    ///
    /// ```
    /// use crm_core::experiment::MeanPlan;
    /// let deviation = MeanPlan::stratified_deviation(&[0.75, 0.25], &[2.0, 6.0])?;
    /// assert!((deviation - 12.0_f64.sqrt()).abs() < 1e-14);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    ///
    /// Source: Cochran (1977), eq. 5.8.
    pub fn stratified_deviation(shares: &[f64], deviations: &[f64]) -> Result<f64> {
        if shares.len() != deviations.len() {
            let message = format!("{} shares and {} deviations", shares.len(), deviations.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("deviations"));
        }
        for (name, values) in [("shares", shares), ("deviations", deviations)] {
            if let Some(row) = values.iter().position(|value| !(*value >= 0.0 && *value < 1e150)) {
                let message = format!("{} is not between 0 and 1e150", values[row]);
                return Err(Error::new(ErrorKind::InvalidValue, message).on(name).at_row(row as u64));
            }
        }
        let all: f64 = shares.iter().sum();
        if all <= 0.0 {
            return Err(Error::new(ErrorKind::Empty, "no stratum has a share").on("shares"));
        }
        let largest = deviations.iter().copied().fold(0.0, f64::max);
        let sum: f64 = shares.iter().zip(deviations).map(|(w, s)| w / all * (s / largest).powi(2)).sum();
        let deviation = largest * sum.sqrt();
        if check_deviation("deviations", deviation).is_err() {
            let message = format!("a standard deviation of {deviation} in all leaves nothing to plan");
            return Err(Error::new(ErrorKind::InvalidValue, message).on("deviations"));
        }
        Ok(deviation)
    }
}
