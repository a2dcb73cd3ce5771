//! Probabilities of single counts: binomial and hypergeometric.
//!
//! Loader (2000), "Fast and accurate computation of binomial probabilities": Stirling's remainders and deviances, none of which is large
//! where the probability is not small.

use super::beta::{excess, ln_kernel};

/// The logarithm of the binomial probability `C(trials, k) p^k (1-p)^(trials-k)`.
///
/// `p` is from 0 to 1, otherwise the result is NaN; for k above the trials it is -infinity. The relative error of the probability is below
/// 1e-14, or 1e-15 times its logarithm where that is more.
///
/// ```
/// use crm_core::math::ln_binomial;
/// assert!((ln_binomial(3, 10, 0.5) - (120.0f64 / 1024.0).ln()).abs() < 1e-14);
/// ```
pub fn ln_binomial(k: u64, trials: u64, p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    let (successes, all) = (k as f64, trials as f64);
    let never = || if p == 1.0 { f64::NEG_INFINITY } else { all * (-p).ln_1p() };
    match (k, trials) {
        (0, 0) => 0.0,
        (k, trials) if k > trials => f64::NEG_INFINITY,
        (0, _) => never(),
        (k, trials) if k == trials => successes * p.ln(),
        _ if p == 0.0 || p == 1.0 => f64::NEG_INFINITY,
        _ => {
            let (failures, q) = ((trials - k) as f64, 1.0 - p);
            let deviation = excess(successes, failures, p, q);
            ln_kernel(successes, failures, p, q, deviation) + (all / successes / failures).ln()
        }
    }
}

/// The logarithm of the hypergeometric probability `C(marked, k) C(others, draws - k) / C(marked + others, draws)`: of k marked ones among
/// the draws without replacement.
///
/// -infinity for what cannot happen; NaN for more draws than there are. The relative error of the probability is below 1e-13, or 1e-15 times
/// its logarithm where that is more.
///
/// ```
/// use crm_core::math::ln_hypergeometric;
/// // Three of four cups of tea: 16 / 70.
/// assert!((ln_hypergeometric(3, 4, 4, 4) - (16.0f64 / 70.0).ln()).abs() < 1e-14);
/// ```
pub fn ln_hypergeometric(k: u64, draws: u64, marked: u64, others: u64) -> f64 {
    let Some(all) = marked.checked_add(others).filter(|&all| draws <= all) else {
        return f64::NAN;
    };
    if k > marked || k > draws || draws - k > others {
        return f64::NEG_INFINITY;
    }
    if draws == 0 || draws == all {
        return 0.0;
    }
    // With p = draws / all the three deviances are as small as they can be.
    let p = draws as f64 / all as f64;
    ln_binomial(k, marked, p) + ln_binomial(draws - k, others, p) - ln_binomial(draws, all, p)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_add_up() {
        for (trials, p) in [(1, 0.3), (10, 0.999), (500, 0.02), (3000, 0.5)] {
            let sum: f64 = (0..=trials).map(|k| ln_binomial(k, trials, p).exp()).sum();
            assert!((sum - 1.0).abs() < 1e-13, "{trials} {p}: {sum}");
        }
        for (draws, marked, others) in [(1, 3, 4), (20, 15, 30), (300, 1000, 50), (700, 400, 900)] {
            let sum: f64 = (0..=draws).map(|k| ln_hypergeometric(k, draws, marked, others).exp()).sum();
            assert!((sum - 1.0).abs() < 1e-13, "{draws} {marked} {others}: {sum}");
        }
    }

    #[test]
    fn ends_of_the_domain() {
        assert_eq!((ln_binomial(0, 0, 0.3), ln_binomial(3, 2, 0.5)), (0.0, f64::NEG_INFINITY));
        assert_eq!((ln_binomial(0, 5, 0.0), ln_binomial(5, 5, 1.0)), (0.0, 0.0));
        assert_eq!(
            (ln_binomial(1, 5, 0.0), ln_binomial(4, 5, 1.0), ln_binomial(0, 5, 1.0)),
            (f64::NEG_INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY)
        );
        assert!(ln_binomial(1, 2, -0.1).is_nan() && ln_binomial(1, 2, f64::NAN).is_nan());
        assert_eq!((ln_hypergeometric(0, 0, 3, 4), ln_hypergeometric(3, 7, 3, 4)), (0.0, 0.0));
        assert_eq!(
            (ln_hypergeometric(5, 6, 4, 9), ln_hypergeometric(0, 6, 4, 5)),
            (f64::NEG_INFINITY, f64::NEG_INFINITY)
        );
        assert!(ln_hypergeometric(1, 9, 4, 4).is_nan() && ln_hypergeometric(1, 2, u64::MAX, 1).is_nan());
    }
}
