//! Binomial probabilities by Stirling's remainders and deviances, which keep their digits at any size.
//!
//! Loader (2000), "Fast and accurate computation of binomial probabilities".

use std::f64::consts::TAU;

use crate::math::{log_less_linear, stirling_remainder};

/// `x ln(x / m) + m - x`, for x - m = `deviation`; never negative.
pub(crate) fn deviance_part(x: f64, m: f64, deviation: f64) -> f64 {
    if x == 0.0 { m } else { -x * log_less_linear(-deviation / x, m / x) }
}

/// ln of the binomial probability of x successes and y failures with rates p and q = 1 - p.
pub(crate) fn ln_binomial(x: f64, y: f64, p: f64, q: f64) -> f64 {
    let n = x + y;
    if x == 0.0 {
        return if p < 0.5 { n * (-p).ln_1p() } else { n * q.ln() };
    }
    if y == 0.0 {
        return if q < 0.5 { n * (-q).ln_1p() } else { n * p.ln() };
    }
    let remainder = stirling_remainder(n) - stirling_remainder(x) - stirling_remainder(y);
    remainder - deviance_part(x, n * p, x - n * p) - deviance_part(y, n * q, y - n * q)
        + 0.5 * (n / (TAU * x * y)).ln()
}
