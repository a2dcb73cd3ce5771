//! Confidence sequences of one rate, and a sequential test of equal quantiles, exact at any sample size.
//!
//! Howard, Ramdas, `McAuliffe` and Sekhon (2021), Annals of Statistics 49(2), proposition 7; Howard and Ramdas (2022), "Sequential estimation of
//! quantiles with applications to A/B testing and best-arm identification", Bernoulli 28(3), section 4.

use super::interval::Interval;
use super::mixture_bound::best_precision;
use super::test_options::check_alpha;
use crate::error::{Error, ErrorKind, Result};
use crate::math::{ln_beta_kernel, root_between};

/// The level at which mixtures are tuned.
const TUNED_AT: f64 = 0.05;
/// A logit beyond which a rate is 0 or 1 to any digit.
const LARGEST_LOGIT: f64 = 700.0;

/// A beta mixture over rates against a rate p: the ratio of a beta-binomial to a binomial likelihood, centred at p.
#[derive(Clone, Copy)]
struct RateMixture {
    /// The prior's count, as that of trials.
    count: f64,
}

impl RateMixture {
    fn new(trials_opt: f64) -> Result<Self> {
        if !(trials_opt > 0.0 && trials_opt.is_finite()) {
            return Err(Error::argument("trials_opt", trials_opt, "above 0 and finite"));
        }
        Ok(Self { count: (best_precision(trials_opt, TUNED_AT) - 1.0).max(1e-3) })
    }

    /// ln m for a rate p (and 1 - p), for `successes` of `trials`, which need not be whole.
    fn ln_evidence(self, successes: f64, trials: f64, p: f64, q: f64) -> f64 {
        let (a, b) = (self.count * p, self.count * q);
        ln_beta_kernel(a, b, p, q) - ln_beta_kernel(a + successes, b + trials - successes, p, q)
    }
}

/// The confidence sequence of one rate: at all sample sizes at once, the interval holds the rate with probability at least 1 - alpha.
///
/// Each rate p is held against the data by a beta-binomial mixture,
/// `m(p) = B(k p + x, k (1-p) + n - x) / (B(k p, k (1-p)) p^x (1-p)^(n-x))`, a martingale under p; the interval is where `m(p) < 1/alpha`. k is such that the
/// interval is nearly tightest at `trials_opt` trials.
///
/// ```
/// use crm_core::experiment::bernoulli_sequence;
/// let interval = bernoulli_sequence(700, 1000, 0.05, 100.0)?;
/// assert!((interval.lower - 0.651629).abs() < 1e-6 && (interval.upper - 0.745949).abs() < 1e-6);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for more conversions than trials, alpha outside (0, 1), and `trials_opt` that is not above 0.
///
/// Howard et al. (2021), proposition 7.
pub fn bernoulli_sequence(conversions: u64, trials: u64, alpha: f64, trials_opt: f64) -> Result<Interval> {
    check_alpha(alpha)?;
    let mixture = RateMixture::new(trials_opt)?;
    if conversions > trials {
        return Err(Error::argument("conversions", conversions, &format!("at most the trials, {trials}")));
    }
    if trials == 0 {
        return Ok(Interval::bounded(0.0, 1.0));
    }
    let (x, n) = (conversions as f64, trials as f64);
    let excess = |logit: f64| {
        let (p, q) = rate(logit);
        mixture.ln_evidence(x, n, p, q) + alpha.ln()
    };
    let centre = (x / (n - x)).ln().clamp(-LARGEST_LOGIT, LARGEST_LOGIT);
    // A single conversion (or failure) excludes no rate however small (or large): the prior is centred at it.
    let lower_excluded = conversions > 0 && excess(-LARGEST_LOGIT) > 0.0;
    let upper_excluded = conversions < trials && excess(LARGEST_LOGIT) > 0.0;
    let lower = if lower_excluded { rate(root_between(excess, -LARGEST_LOGIT, centre)).0 } else { 0.0 };
    let upper = if upper_excluded { rate(root_between(excess, centre, LARGEST_LOGIT)).0 } else { 1.0 };
    Ok(Interval::bounded(lower, upper))
}

/// A rate and its complement from the logit.
fn rate(logit: f64) -> (f64, f64) {
    let small = 1.0 / (1.0 + logit.abs().exp());
    if logit < 0.0 { (small, 1.0 - small) } else { (1.0 - small, small) }
}

/// The always-valid p-value of equal quantiles in two samples, from all values seen so far.
///
/// If x is the quantile of order p in both, the numbers of values below x are sums of Bernoulli variables, and each arm's beta-binomial mixture is a
/// martingale; so is their product. The p-value is `1 / min over x of m_target(x) m_control(x)`, at most 1: under the null, it is ever at most
/// alpha with probability at most alpha. Values equal to x count on whichever side gives less evidence, so ties and discrete data are safe.
///
/// `observations_opt` is the number of values of one arm at which the test is nearly most sensitive. Returns p and its logarithm.
///
/// ```
/// use crm_core::experiment::quantile_sequence_p_value;
/// let control: Vec<f64> = (1..=1000).map(f64::from).collect();
/// let target: Vec<f64> = (101..=1100).map(f64::from).collect();
/// let (p, _) = quantile_sequence_p_value(&target, &control, 0.5, 100.0)?;
/// assert!((p - 0.0054947).abs() < 1e-7);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// # Errors
/// `Empty` without values in an arm; `InvalidValue` for NaN, with its row; `InvalidArgument` for p outside (0, 1) and `observations_opt` that is not above
/// 0.
///
/// Howard and Ramdas (2022), section 4.
pub fn quantile_sequence_p_value(
    target: &[f64],
    control: &[f64],
    p: f64,
    observations_opt: f64,
) -> Result<(f64, f64)> {
    if !(p > 0.0 && p < 1.0) {
        return Err(Error::argument("p", p, "inside (0, 1)"));
    }
    let mixture = RateMixture::new(observations_opt)?;
    let target = Sample::new(target, "target", p, mixture)?;
    let control = Sample::new(control, "control", p, mixture)?;
    // Outside the two sample quantiles both arms' evidence rises.
    let (low, high) = (target.quantile.min(control.quantile), target.quantile.max(control.quantile));
    let mut least = f64::INFINITY;
    for sample in [&target, &control] {
        let first = sample.values.partition_point(|&value| value < low);
        let last = sample.values.partition_point(|&value| value <= high);
        let mut before = f64::NAN;
        for &value in &sample.values[first..last] {
            if value != before {
                least = least.min(target.ln_evidence(value) + control.ln_evidence(value));
                before = value;
            }
        }
    }
    let ln_p = -least.max(0.0);
    Ok((ln_p.exp(), ln_p))
}

/// One arm's values in order.
struct Sample {
    values: Vec<f64>,
    quantile: f64,
    p: f64,
    mixture: RateMixture,
}

impl Sample {
    fn new(values: &[f64], name: &str, p: f64, mixture: RateMixture) -> Result<Self> {
        if values.is_empty() {
            return Err(Error::new(ErrorKind::Empty, "there are no values").on(name));
        }
        if let Some(row) = values.iter().position(|value| value.is_nan()) {
            return Err(Error::new(ErrorKind::InvalidValue, "NaN is not accepted")
                .on(name)
                .at_row(row as u64));
        }
        let mut values = values.to_vec();
        values.sort_unstable_by(f64::total_cmp);
        let place = ((p * values.len() as f64) as usize).min(values.len() - 1);
        Ok(Self { quantile: values[place], values, p, mixture })
    }

    /// The least evidence against x as the quantile, over the sides on which values equal to x may count.
    fn ln_evidence(&self, x: f64) -> f64 {
        let n = self.values.len() as f64;
        let below = self.values.partition_point(|&value| value < x) as f64;
        let not_above = self.values.partition_point(|&value| value <= x) as f64;
        let at = |successes: f64| self.mixture.ln_evidence(successes, n, self.p, 1.0 - self.p);
        let expected = n * self.p;
        if below > expected {
            return at(below);
        }
        if not_above < expected {
            return at(not_above);
        }
        // Convex in the number below, with its least value near what p expects.
        let (mut low, mut high) = (below, not_above);
        for _ in 0..60 {
            let third = (high - low) / 3.0;
            if at(low + third) < at(high - third) {
                high -= third;
            } else {
                low += third;
            }
        }
        at(f64::midpoint(low, high))
    }
}
