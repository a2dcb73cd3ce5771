//! p-values of many tests, adjusted so that one level holds for all of them.
//!
//! - Sidak (1967), "Rectangular confidence regions for the means of multivariate normal distributions", Journal of the American Statistical
//!   Association 62.
//! - Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6.
//! - Hochberg (1988), "A sharper Bonferroni procedure for multiple tests of significance", Biometrika 75.
//! - Hommel (1988), "A stagewise rejective multiple test procedure based on a modified Bonferroni test", Biometrika 75; by hulls, Meijer,
//!   Krebs and Goeman (2019), "Hommel's procedure in linear time", Biometrical Journal 61.
//! - Benjamini and Hochberg (1995), "Controlling the false discovery rate", Journal of the Royal Statistical Society B 57.
//! - Benjamini and Yekutieli (2001), "The control of the false discovery rate in multiple testing under dependency", Annals of Statistics 29.

use serde::{Deserialize, Serialize};

use super::test_result::TestResult;
use crate::error::{Error, ErrorKind, Result};
use crate::math::ln_one_less_exp;
use crate::named::named;

/// How p-values of many tests are adjusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum MultiplicityMethod {
    /// Times the number of tests. Holds the chance of any false rejection under every dependence.
    Bonferroni = 0,
    /// `1 - (1 - p)^m`. Holds it for independent and for two-sided normal tests.
    Sidak = 1,
    /// Bonferroni's, one after the other from the smallest. Holds under every dependence and always rejects what Bonferroni's does.
    #[default]
    Holm = 2,
    /// Sidak's, one after the other from the smallest.
    HolmSidak = 3,
    /// Holm's from the largest. Holds for independent and positively dependent tests.
    Hochberg = 4,
    /// Every subset by Simes' test. Holds as Hochberg's does, and always rejects what that does.
    Hommel = 5,
    /// The share of false ones among the rejections, for independent and positively dependent tests.
    BenjaminiHochberg = 6,
    /// The same share under every dependence.
    BenjaminiYekutieli = 7,
}

named! { MultiplicityMethod, "method", {
    Bonferroni: "bonferroni", Sidak: "sidak", Holm: "holm", HolmSidak: "holm_sidak", Hochberg: "hochberg", Hommel: "hommel",
    BenjaminiHochberg: "benjamini_hochberg", BenjaminiYekutieli: "benjamini_yekutieli",
} }

/// p-values adjusted for their number: one at most alpha is rejected at the level alpha for all.
///
/// ```text
/// with p(1) <= ... <= p(m), each at most 1:
/// bonferroni           m p
/// sidak                1 - (1 - p)^m
/// holm                 max over j <= i of (m - j + 1) p(j)
/// holm_sidak           max over j <= i of 1 - (1 - p(j))^(m - j + 1)
/// hochberg             min over j >= i of (m - j + 1) p(j)
/// hommel               the largest Simes value, min over k of j p(k of the j) / k, of any set that p(i) is in
/// benjamini_hochberg   min over j >= i of m p(j) / j
/// benjamini_yekutieli  min over j >= i of m (1 + 1/2 + ... + 1/m) p(j) / j
/// ```
///
/// The order of the result is that of the input. No p-values give none.
///
/// # Errors
/// `InvalidValue` for a p-value that is NaN or outside [0, 1], naming its row: leave tests without a p-value out.
///
/// ```
/// use crm_core::experiment::{MultiplicityMethod, adjust_p_values};
/// let adjusted = adjust_p_values(&[0.04, 0.01, 0.03], MultiplicityMethod::Holm)?;
/// assert!((adjusted[1] - 0.03).abs() < 1e-15 && (adjusted[0] - 0.06).abs() < 1e-15 && adjusted[2] == adjusted[0]);
/// # Ok::<(), crm_core::Error>(())
/// ```
pub fn adjust_p_values(p_values: &[f64], method: MultiplicityMethod) -> Result<Vec<f64>> {
    let fits = |p: f64| (0.0..=1.0).contains(&p);
    check(p_values, "p_values", fits, "between 0 and 1")?;
    Ok(adjust(&Plain(p_values), method))
}

/// The logarithms of adjusted p-values from those of p-values, for tests whose p-values underflow.
///
/// As [`adjust_p_values`].
///
/// # Errors
/// `InvalidValue` for a logarithm that is NaN or above 0, naming its row.
///
/// ```
/// use crm_core::experiment::{MultiplicityMethod, adjust_ln_p_values};
/// let adjusted = adjust_ln_p_values(&[-5000.0, -1.0], MultiplicityMethod::Bonferroni)?;
/// assert_eq!(adjusted, [-5000.0 + 2f64.ln(), -1.0 + 2f64.ln()]);
/// # Ok::<(), crm_core::Error>(())
/// ```
pub fn adjust_ln_p_values(ln_p_values: &[f64], method: MultiplicityMethod) -> Result<Vec<f64>> {
    check(ln_p_values, "ln_p_values", |ln| ln <= 0.0, "at most 0")?;
    Ok(adjust(&Logarithms(ln_p_values), method))
}

fn check(values: &[f64], name: &str, fits: impl Fn(f64) -> bool, accepted: &str) -> Result<()> {
    match values.iter().position(|&value| !fits(value)) {
        Some(row) => {
            let message = format!("{} is not accepted: must be {accepted}", values[row]);
            Err(Error::new(ErrorKind::InvalidValue, message).on(name).at_row(row as u64))
        }
        None => Ok(()),
    }
}

/// p-values in some scale that keeps their order.
trait Scale {
    fn values(&self) -> &[f64];
    fn ln(&self, value: f64) -> f64;
    /// The value that is `factor` times as large, at most 1.
    fn times(&self, value: f64, factor: f64) -> f64;
    /// `1 - (1 - p)^count`.
    fn any_of(&self, value: f64, count: f64) -> f64;
}

struct Plain<'a>(&'a [f64]);
struct Logarithms<'a>(&'a [f64]);

impl Scale for Plain<'_> {
    fn values(&self) -> &[f64] {
        self.0
    }

    fn ln(&self, value: f64) -> f64 {
        value.ln()
    }

    fn times(&self, value: f64, factor: f64) -> f64 {
        (value * factor).min(1.0)
    }

    fn any_of(&self, value: f64, count: f64) -> f64 {
        if count == 1.0 { value } else { -(count * (-value).ln_1p()).exp_m1() }
    }
}

impl Scale for Logarithms<'_> {
    fn values(&self) -> &[f64] {
        self.0
    }

    fn ln(&self, value: f64) -> f64 {
        value
    }

    fn times(&self, value: f64, factor: f64) -> f64 {
        (value + factor.ln()).min(0.0)
    }

    fn any_of(&self, value: f64, count: f64) -> f64 {
        // Far below 1 the probabilities add up.
        if count == 1.0 {
            value
        } else if value < -745.0 {
            value + count.ln()
        } else {
            ln_one_less_exp(count * ln_one_less_exp(value))
        }
    }
}

fn adjust(scale: &impl Scale, method: MultiplicityMethod) -> Vec<f64> {
    let values = scale.values();
    let count = values.len() as f64;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let sorted: Vec<f64> = order.iter().map(|&row| values[row]).collect();
    // Tests that are left when those below are done.
    let left = |place: usize| (sorted.len() - place) as f64;
    let times = |factor: &dyn Fn(usize) -> f64| -> Vec<f64> {
        sorted.iter().enumerate().map(|(place, &value)| scale.times(value, factor(place))).collect()
    };
    let adjusted = match method {
        MultiplicityMethod::Bonferroni => times(&|_| count),
        MultiplicityMethod::Sidak => sorted.iter().map(|&value| scale.any_of(value, count)).collect(),
        MultiplicityMethod::Holm => rising(times(&left)),
        MultiplicityMethod::HolmSidak => rising(
            sorted.iter().enumerate().map(|(place, &value)| scale.any_of(value, left(place))).collect(),
        ),
        MultiplicityMethod::Hochberg => falling(times(&left)),
        MultiplicityMethod::Hommel => hommel(scale, &sorted),
        MultiplicityMethod::BenjaminiHochberg => falling(times(&|place| count / (place + 1) as f64)),
        MultiplicityMethod::BenjaminiYekutieli => {
            // From the smallest, so that little is lost.
            let harmonic: f64 = (1..=sorted.len()).rev().map(|k| 1.0 / k as f64).sum();
            falling(times(&|place| count * harmonic / (place + 1) as f64))
        }
    };
    let mut result = vec![0.0; values.len()];
    for (row, value) in order.into_iter().zip(adjusted) {
        result[row] = value;
    }
    result
}

/// The largest so far, from the front.
fn rising(mut values: Vec<f64>) -> Vec<f64> {
    for place in 1..values.len() {
        values[place] = values[place].max(values[place - 1]);
    }
    values
}

/// The smallest so far, from the back.
fn falling(mut values: Vec<f64>) -> Vec<f64> {
    for place in (1..values.len()).rev() {
        values[place - 1] = values[place - 1].min(values[place]);
    }
    values
}

/// Hommel's adjusted p-values of sorted ones.
///
/// With c(j), the Simes value of the j largest, which falls with j, it is the largest over j of min(j p, c(j)).
fn hommel(scale: &impl Scale, sorted: &[f64]) -> Vec<f64> {
    let simes = simes_of_largest(scale, sorted);
    sorted
        .iter()
        .map(|&value| {
            // j p rises and c(j) falls: the largest of their minima lies where they cross.
            let cross = simes.partition_point(|&(size, c)| scale.times(value, size) <= c);
            let before = if cross > 0 { scale.times(value, simes[cross - 1].0) } else { value };
            let after = simes.get(cross).map_or(f64::NEG_INFINITY, |&(_, c)| c);
            before.max(after)
        })
        .collect()
}

/// For each j from 1 up, j and the Simes value of the j largest: the least `j p(m-j+k) / k`.
///
/// `p(m-j+k) / k` is the slope from (m - j, 0) to a point (place, p) right of it; the least one touches the lower hull of those points, which
/// grows to the left with j. Slopes are compared by their logarithms, which do not underflow.
fn simes_of_largest(scale: &impl Scale, sorted: &[f64]) -> Vec<(f64, f64)> {
    let count = sorted.len();
    let ln: Vec<f64> = sorted.iter().map(|&value| scale.ln(value)).collect();
    // Places counted from 0; the last one of the stack is the leftmost.
    let mut hull: Vec<usize> = Vec::new();
    // Whether the middle of three points, from left to right, lies above the line through the others; in shares of the right one.
    let above = |left: usize, middle: usize, right: usize| {
        let (low, high) = ((ln[left] - ln[right]).exp(), (ln[middle] - ln[right]).exp());
        if ln[right] == f64::NEG_INFINITY {
            return true;
        }
        (high - low) * (right - left) as f64 >= (1.0 - low) * (middle - left) as f64
    };
    let mut result: Vec<(f64, f64)> = Vec::with_capacity(count);
    for size in 1..=count {
        let place = count - size;
        while hull.len() > 1 && above(place, hull[hull.len() - 1], hull[hull.len() - 2]) {
            hull.pop();
        }
        hull.push(place);
        // From the left the slope first falls, then rises.
        let slope = |index: usize| ln[hull[index]] - ((hull[index] + 1 - place) as f64).ln();
        let (mut low, mut high) = (0, hull.len() - 1);
        while low < high {
            let middle = usize::midpoint(low, high);
            if slope(middle) <= slope(middle + 1) { high = middle } else { low = middle + 1 }
        }
        let touched = hull[low];
        let value = scale.times(sorted[touched], size as f64 / (touched + 1 - place) as f64);
        // It falls with the size; rounding shall not let it rise.
        let value = result.last().map_or(value, |&(_, last)| value.min(last));
        result.push((size as f64, value));
    }
    result
}

/// Adjusted p-values of a family of tests and their logarithms, in the order given.
pub(crate) struct AdjustedFamily {
    pub(crate) p_values: Vec<f64>,
    pub(crate) ln_p_values: Vec<f64>,
}

impl AdjustedFamily {
    /// Tests without a p-value do not count, and have none.
    pub(crate) fn of(results: &[TestResult], method: MultiplicityMethod) -> Result<Self> {
        let tested: Vec<usize> =
            (0..results.len()).filter(|&place| !results[place].p_value.is_nan()).collect();
        let spread = |values: Vec<f64>| {
            let mut all = vec![f64::NAN; results.len()];
            for (&place, value) in tested.iter().zip(values) {
                all[place] = value;
            }
            all
        };
        let p: Vec<f64> = tested.iter().map(|&place| results[place].p_value).collect();
        let ln_p: Vec<f64> = tested.iter().map(|&place| results[place].ln_p_value).collect();
        Ok(Self {
            p_values: spread(adjust_p_values(&p, method)?),
            ln_p_values: spread(adjust_ln_p_values(&ln_p, method)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p_values(count: usize, seed: u64) -> Vec<f64> {
        use rand::RngExt;
        let mut generator = crate::math::stream(seed, count as u64);
        (0..count).map(|_| generator.random::<f64>().powi(4)).collect()
    }

    /// Hommel's procedure by its definition, for a few tests: the largest Simes value of any set with the test in it.
    fn closed_simes(p: &[f64]) -> Vec<f64> {
        let mut result = vec![0.0f64; p.len()];
        for set in 1u32..1 << p.len() {
            let members: Vec<usize> = (0..p.len()).filter(|&row| set >> row & 1 == 1).collect();
            let mut sorted: Vec<f64> = members.iter().map(|&row| p[row]).collect();
            sorted.sort_by(f64::total_cmp);
            let simes = sorted
                .iter()
                .enumerate()
                .map(|(k, value)| value * members.len() as f64 / (k + 1) as f64)
                .fold(1.0, f64::min);
            for row in members {
                result[row] = result[row].max(simes);
            }
        }
        result
    }

    #[test]
    fn hommel_is_the_closed_test_of_simes() {
        for count in 1..=9 {
            for seed in 0..40 {
                let mut p = p_values(count, seed);
                if seed % 4 == 0 && count > 2 {
                    p[1] = p[0];
                }
                let (fast, closed) =
                    (adjust_p_values(&p, MultiplicityMethod::Hommel).unwrap(), closed_simes(&p));
                for (a, b) in fast.iter().zip(&closed) {
                    assert!((a - b).abs() <= 1e-15 * b, "{p:?}: {fast:?} {closed:?}");
                }
            }
        }
    }

    #[test]
    fn logarithms_agree_with_values() {
        for method in MultiplicityMethod::ALL {
            for count in [1, 2, 17, 300] {
                let p = p_values(count, 7);
                let ln: Vec<f64> = p.iter().map(|p| p.ln()).collect();
                let (plain, logs) =
                    (adjust_p_values(&p, *method).unwrap(), adjust_ln_p_values(&ln, *method).unwrap());
                for (a, b) in plain.iter().zip(&logs) {
                    assert!((a.ln() - b).abs() < 1e-13 * (1.0 + b.abs()), "{method:?} {a} {b}");
                }
            }
        }
    }

    #[test]
    fn nothing_underflows() {
        let ln = [-9000.0, -5000.0, -4000.0, -1.0];
        for method in MultiplicityMethod::ALL {
            let adjusted = adjust_ln_p_values(&ln, *method).unwrap();
            assert!(adjusted.windows(2).all(|pair| pair[0] < pair[1]), "{method:?} {adjusted:?}");
            assert!(
                adjusted.iter().zip(ln).all(|(a, p)| *a >= p && *a <= p + 2.2),
                "{method:?} {adjusted:?}"
            );
        }
        let zeros = adjust_p_values(&[0.0, 0.0, 0.5], MultiplicityMethod::Hommel).unwrap();
        assert_eq!(zeros, [0.0, 0.0, 0.5]);
    }
}
