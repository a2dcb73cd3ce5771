//! Quantiles of the beta distribution.

use super::beta::{ln_beta, ln_beta_reg};
use super::monotone_root::root_of_falling;
use super::normal::normal_quantile;

/// The x with `I_x(a, b) = p`, and `1 - x`, each with digits of its own.
///
/// `a` and `b` are positive, p is from 0 to 1; NaN for others. The relative errors of both are below 1e-13, plus what a rounding of p
/// moves; for small upper tails use [`beta_reg_inverse_upper`].
///
/// ```
/// use crm_core::math::beta_reg_inverse;
/// let (x, y) = beta_reg_inverse(2.0, 3.0, 67.0 / 256.0);
/// assert!((x - 0.25).abs() < 1e-15 && (y - 0.75).abs() < 1e-15);
/// ```
pub fn beta_reg_inverse(a: f64, b: f64, p: f64) -> (f64, f64) {
    if p > 0.5 { swap(lower_inverse(b, a, 1.0 - p)) } else { lower_inverse(a, b, p) }
}

/// The x with `1 - I_x(a, b) = q`, and `1 - x`.
///
/// As [`beta_reg_inverse`], for upper tails that 1 - q would lose.
///
/// ```
/// use crm_core::math::beta_reg_inverse_upper;
/// // 1 - x^5 = 1e-30: 1 - x is 2e-31.
/// let (x, y) = beta_reg_inverse_upper(5.0, 1.0, 1e-30);
/// assert!(x == 1.0 && (y / 2e-31 - 1.0).abs() < 1e-13);
/// ```
pub fn beta_reg_inverse_upper(a: f64, b: f64, q: f64) -> (f64, f64) {
    swap(beta_reg_inverse(b, a, q))
}

fn swap((x, y): (f64, f64)) -> (f64, f64) {
    (y, x)
}

/// For p up to 1/2, by the odds `x / (1 - x)`, which keep the digits of both ends.
fn lower_inverse(a: f64, b: f64, p: f64) -> (f64, f64) {
    if !(a > 0.0 && b > 0.0 && a.is_finite() && b.is_finite() && (0.0..=0.5).contains(&p)) {
        return (f64::NAN, f64::NAN);
    }
    if p == 0.0 {
        return (0.0, 1.0);
    }
    let target = p.ln();
    // The leading term x^a / (a B(a, b)), or the normal approximation of the logarithm of the odds.
    let leading = (target + a.ln() + ln_beta(a, b)) / a;
    let start = if a < 1.0 || leading < (0.1 * a / (a + b)).ln() {
        leading.min(0.0).exp()
    } else {
        (a / b) * (normal_quantile(p) * (1.0 / a + 1.0 / b).sqrt()).exp()
    };
    let ends = |odds: f64| (1.0 / (1.0 + 1.0 / odds), 1.0 / (1.0 + odds));
    let odds = root_of_falling(
        |odds| {
            let (x, y) = ends(odds);
            target - ln_beta_reg(a, b, x, y)
        },
        start,
    );
    ends(odds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverses_give_the_tails_back() {
        let parameters = [0.01, 0.5, 1.0, 3.0, 47.5, 3e3, 1e6, 1e9, 1e12];
        for a in parameters {
            for b in parameters {
                for p in [1e-200, 1e-12, 0.025, 0.4, 0.5, 0.7, 0.99] {
                    let (x, y) = beta_reg_inverse(a, b, p);
                    if x < 1e-290 || y < 1e-290 {
                        continue;
                    }
                    let ln = ln_beta_reg(a, b, x, y);
                    // What the rounding of x moves: its distance from the mean in deviations, and the kernel.
                    let rounding = 1e-15 * (a.min(b).sqrt() + p.ln().abs() * (1.0 + a.min(b).sqrt()));
                    assert!(
                        (ln - p.ln()).abs() < 2e-13 + rounding,
                        "{a} {b} {p:e}: {x:e} {y:e} {ln} {}",
                        p.ln()
                    );
                }
            }
        }
    }

    #[test]
    fn ends_of_the_domain() {
        assert_eq!(
            (beta_reg_inverse(2.0, 3.0, 0.0), beta_reg_inverse(2.0, 3.0, 1.0)),
            ((0.0, 1.0), (1.0, 0.0))
        );
        assert_eq!(beta_reg_inverse_upper(2.0, 3.0, 0.0), (1.0, 0.0));
        for (a, b, p) in [
            (0.0, 1.0, 0.5),
            (1.0, -1.0, 0.5),
            (1.0, 1.0, 1.1),
            (1.0, 1.0, f64::NAN),
            (f64::INFINITY, 1.0, 0.5),
        ] {
            assert!(beta_reg_inverse(a, b, p).0.is_nan(), "{a} {b} {p}");
        }
    }
}
