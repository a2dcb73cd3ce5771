//! Closed-form bounds that hold at all times at once, of the order of the law of the iterated logarithm.
//!
//! Howard, Ramdas, `McAuliffe` and Sekhon (2021), "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49(2);
//! Howard and Ramdas (2022), "Sequential estimation of quantiles with applications to A/B testing and best-arm identification", Bernoulli
//! 28(3).

use super::test_options::check_alpha;
use crate::error::{Error, Result};
use crate::math::root_between;

/// Where bounds are stitched: at variances `v_min * ratio^k`, with error proportional to `(k + 1)^-exponent`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stitching {
    /// The variance below which the bound is that at `v_min`; above 0.
    pub v_min: f64,
    /// The sum's scale: 0 for sub-Gaussian, c for sub-gamma sums (Bernstein's condition).
    pub scale: f64,
    /// The power with which the error falls off; above 1.
    pub exponent: f64,
    /// The ratio of neighbouring variances; above 1.
    pub ratio: f64,
}

impl Stitching {
    /// Exponent 1.4 and ratio 2, as the paper recommends.
    pub fn new(v_min: f64, scale: f64) -> Self {
        Self { v_min, scale, exponent: 1.4, ratio: 2.0 }
    }

    fn check(&self) -> Result<()> {
        if !(self.v_min > 0.0 && self.v_min.is_finite()) {
            return Err(Error::argument("v_min", self.v_min, "above 0 and finite"));
        }
        if !(self.scale >= 0.0 && self.scale.is_finite()) {
            return Err(Error::argument("scale", self.scale, "at least 0 and finite"));
        }
        if !(self.exponent > 1.0 && self.exponent <= 100.0) {
            return Err(Error::argument("exponent", self.exponent, "above 1, at most 100"));
        }
        if !(self.ratio > 1.0 && self.ratio <= 1e6) {
            return Err(Error::argument("ratio", self.ratio, "above 1, at most 1e6"));
        }
        Ok(())
    }
}

/// The polynomial stitched bound: what a sub-gamma sum exceeds at any time with probability at most alpha, at variance so far `v`.
///
/// ```text
/// S(v) = sqrt(k1^2 v l + k2^2 c^2 l^2) + k2 c l,   l = exponent ln(1 + log_ratio(v / v_min)) + ln(zeta(exponent) / alpha)
/// k1 = (ratio^(1/4) + ratio^(-1/4)) / sqrt(2),     k2 = (sqrt(ratio) + 1) / 2
/// ```
///
/// ```
/// use crm_core::experiment::{Stitching, stitched_bound};
/// assert!((stitched_bound(100.0, 0.05, &Stitching::new(10.0, 3.0))? - 64.48755).abs() < 1e-5);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for `v` below 0 or infinite, alpha outside (0, 1), and a stitching that makes no sense.
///
/// Howard et al. (2021), theorem 1 and eq. 10.
pub fn stitched_bound(v: f64, alpha: f64, stitching: &Stitching) -> Result<f64> {
    stitching.check()?;
    check_alpha(alpha)?;
    if !(v >= 0.0 && v.is_finite()) {
        return Err(Error::argument("v", v, "at least 0 and finite"));
    }
    let v = v.max(stitching.v_min);
    let root = stitching.ratio.sqrt();
    let k1_squared = 0.5 * (root + 2.0 + 1.0 / root);
    let k2 = 0.5 * (root + 1.0);
    let epoch = (v / stitching.v_min).ln() / stitching.ratio.ln();
    let l = stitching.exponent * epoch.ln_1p() + (zeta(stitching.exponent) / alpha).ln();
    let linear = k2 * stitching.scale * l;
    Ok((k1_squared * v * l + linear * linear).sqrt() + linear)
}

/// Riemann's zeta function above 1, by Euler and Maclaurin (DLMF 25.2.9).
fn zeta(s: f64) -> f64 {
    const FIRST: f64 = 12.0;
    let head: f64 = (1..12).map(|n| f64::from(n).powf(-s)).sum();
    // B(2k) / (2k)!
    let corrections = [1.0 / 12.0, -1.0 / 720.0, 1.0 / 30_240.0, -1.0 / 1_209_600.0, 1.0 / 47_900_160.0];
    let (mut rising, mut tail) = (s, 0.0);
    for (k, correction) in (0_u32..).zip(corrections) {
        let k = f64::from(k);
        tail += correction * rising * FIRST.powf(-s - 2.0 * k - 1.0);
        rising *= (s + 2.0 * k + 1.0) * (s + 2.0 * k + 2.0);
    }
    head + FIRST.powf(1.0 - s) / (s - 1.0) + 0.5 * FIRST.powf(-s) + tail
}

/// The radius of a band around the empirical distribution function that holds at all sample sizes from `t_min` on, at size `t`.
///
/// ```text
/// P(for some t >= t_min: sup |F_t - F| > A sqrt((ln(1 + ln(t / t_min)) + C) / t)) <= alpha
/// ```
///
/// C is the least constant for which the theorem gives alpha. `a` is A: above 0.7071; 0.85 is a good choice, smaller ones are tighter
/// late and looser early. Quantiles of any order are covered at all times at once by those of order +- the radius.
///
/// ```
/// use crm_core::experiment::empirical_process_bound;
/// assert!((empirical_process_bound(1000.0, 0.05, 100.0, 0.85)? - 0.08204769).abs() < 1e-6);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for sizes not above 0 or infinite, alpha outside (0, 1), and A outside (0.7072, 100).
///
/// Howard and Ramdas (2022), theorem 2.
pub fn empirical_process_bound(t: f64, alpha: f64, t_min: f64, a: f64) -> Result<f64> {
    check_alpha(alpha)?;
    for (name, value) in [("t", t), ("t_min", t_min)] {
        if !(value > 0.0 && value.is_finite()) {
            return Err(Error::argument(name, value, "above 0 and finite"));
        }
    }
    if !(a > 0.7072 && a < 100.0) {
        return Err(Error::argument("a", a, "above 0.7072 and below 100"));
    }
    if t < t_min {
        return Ok(f64::INFINITY);
    }
    let ln_alpha = alpha.ln();
    let mut high = 1.0;
    while ln_error(a, high) > ln_alpha {
        high *= 2.0;
    }
    let c = root_between(|c| ln_error(a, c) - ln_alpha, 0.0, high);
    Ok(a * (((t / t_min).ln().ln_1p() + c) / t).sqrt())
}

/// ln of the least error over the ratios of epochs, for a constant: `4 e^(-g^2 C) (1 + 1 / ((g^2 - 1) ln ratio))`,
/// `g = sqrt(2 / ratio) (A - sqrt(2 (ratio - 1) / C))`.
fn ln_error(a: f64, c: f64) -> f64 {
    if c <= 0.0 {
        return f64::INFINITY;
    }
    let at = |ln_excess: f64| {
        let excess = ln_excess.exp();
        let g = (2.0 / (1.0 + excess)).sqrt() * (a - (2.0 * excess / c).sqrt());
        let square = g * g;
        if g.is_nan() || g <= 1.0 {
            return f64::INFINITY;
        }
        4f64.ln() - square * c + (1.0 / ((square - 1.0) * excess.ln_1p())).ln_1p()
    };
    // One hollow, in the logarithm of ratio - 1: golden sections after a coarse look.
    let highest = (2.0 * a * a - 1.0).ln();
    let (mut best, mut least) = (highest, f64::INFINITY);
    for step in 0..160 {
        let place = highest - 0.2 * f64::from(step);
        let error = at(place);
        if error < least {
            (best, least) = (place, error);
        }
    }
    let (mut low, mut high) = (best - 0.2, (best + 0.2).min(highest));
    for _ in 0..60 {
        let (left, right) = (low + 0.381_966 * (high - low), high - 0.381_966 * (high - low));
        if at(left) < at(right) {
            high = right;
        } else {
            low = left;
        }
    }
    at(f64::midpoint(low, high)).min(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeta_function() {
        // By mpmath.
        for (s, known) in [
            (1.1, 10.584_448_464_950_81),
            (1.4, 3.105_547_277_977_580_4),
            (2.0, 1.644_934_066_848_226_4),
            (7.5, 1.005_826_727_536_522_8),
            (40.0, 1.000_000_000_000_909_5),
        ] {
            assert!((zeta(s) / known - 1.0).abs() < 2e-14, "{s}: {}", zeta(s));
        }
    }
}
