//! The logarithm of the gamma function, its derivatives, and their rises from `a` to `a + x`.
//!
//! NIST Digital Library of Mathematical Functions: 5.2.5 (rising factorial), 5.5.1 and 5.5.2 (recurrences), 5.7.3
//! (series at 1 and 2), 5.11.1 and 5.11.2 (Stirling's series), 5.15.8 (trigamma).
//!
//! From [`STIRLING_FROM`] up eight terms of Stirling's series are exact to a double; below, recurrences lead there.

/// From here up the first omitted term of Stirling's series is below 2e-18.
const STIRLING_FROM: f64 = 10.0;

/// `ln(2 pi) / 2`.
pub(super) const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_7;

/// `1 - gamma`, Euler's constant taken from 1: the slope of `ln Gamma` at 2.
const ONE_LESS_EULER: f64 = 0.422_784_335_098_467_1;

/// DLMF 5.11.1: `B[2k] / (2k (2k - 1))`, the coefficients of `x^-(2k-1)`.
const STIRLING: [f64; 8] = [
    1.0 / 12.0,
    -1.0 / 360.0,
    1.0 / 1260.0,
    -1.0 / 1680.0,
    1.0 / 1188.0,
    -691.0 / 360_360.0,
    1.0 / 156.0,
    -3617.0 / 122_400.0,
];

/// DLMF 5.11.2: `B[2k] / (2k)`, the coefficients of `x^-2k`.
const STIRLING_DIGAMMA: [f64; 8] = [
    1.0 / 12.0,
    -1.0 / 120.0,
    1.0 / 252.0,
    -1.0 / 240.0,
    1.0 / 132.0,
    -691.0 / 32_760.0,
    1.0 / 12.0,
    -3617.0 / 8160.0,
];

/// DLMF 5.15.8: `B[2k]`, the coefficients of `x^-(2k+1)`.
const STIRLING_TRIGAMMA: [f64; 8] = [
    1.0 / 6.0,
    -1.0 / 30.0,
    1.0 / 42.0,
    -1.0 / 30.0,
    5.0 / 66.0,
    -691.0 / 2730.0,
    7.0 / 6.0,
    -3617.0 / 510.0,
];

/// DLMF 5.7.3: `(-1)^k (zeta(k) - 1) / k` for k from 2, the coefficients of `s^k` in `ln Gamma(2 + s)`.
const AT_TWO: [f64; 28] = [
    0.322_467_033_424_113_2,
    -0.067_352_301_053_198_1,
    0.020_580_808_427_784_546,
    -0.007_385_551_028_673_986,
    0.002_890_510_330_741_523_4,
    -0.001_192_753_911_703_261,
    0.000_509_669_524_743_042_5,
    -0.000_223_154_758_453_579_39,
    9.945_751_278_180_853e-05,
    -4.492_623_673_813_314e-05,
    2.050_721_277_567_069e-05,
    -9.439_488_275_268_397e-06,
    4.374_866_789_907_488e-06,
    -2.039_215_753_801_366e-06,
    9.551_412_130_407_42e-07,
    -4.492_469_198_764_566e-07,
    2.120_718_480_555_466_5e-07,
    -1.004_322_482_396_809_9e-07,
    4.769_810_169_363_980_4e-08,
    -2.271_109_460_894_316_4e-08,
    1.083_865_921_489_695_5e-08,
    -5.183_475_041_970_047e-09,
    2.483_674_543_802_478_5e-09,
    -1.192_140_140_586_091_2e-09,
    5.731_367_241_678_862e-10,
    -2.759_522_885_124_233_4e-10,
    1.330_476_437_424_449e-10,
    -6.422_964_563_838_1e-11,
];

/// `c[0] + c[1] y + c[2] y^2 + ...`
fn polynomial(coefficients: &[f64], y: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * y + coefficient)
}

/// The value of a polynomial at `y` and its divided difference `(c(z) - c(y)) / (z - y)`, which subtracts nothing.
fn divided_difference(coefficients: &[f64], y: f64, z: f64) -> (f64, f64) {
    coefficients
        .iter()
        .rev()
        .fold((0.0, 0.0), |(value, slope), coefficient| (value * y + coefficient, slope * z + value))
}

/// `ln Gamma(2 + s)` for `|s| <= 1/2`.
fn ln_gamma_at_two(s: f64) -> f64 {
    s * (ONE_LESS_EULER + s * polynomial(&AT_TWO, s))
}

/// `ln Gamma(1 + x)`, small with x, for x from 0 up.
pub(super) fn ln_gamma_1p(x: f64) -> f64 {
    if x <= 0.5 { ln_gamma_at_two(x) - x.ln_1p() } else { ln_gamma(1.0 + x) }
}

/// What Stirling's formula leaves: `ln Gamma(x) - (x - 1/2) ln x + x - ln(2 pi) / 2`.
///
/// The relative error is near 1e-16 from 10 up, the absolute error near 1e-15 max(1, |ln x|) below.
pub(crate) fn stirling_remainder(x: f64) -> f64 {
    if x >= STIRLING_FROM {
        let inverse = x.recip();
        inverse * polynomial(&STIRLING, inverse * inverse)
    } else {
        ln_gamma(x) - (x - 0.5) * x.ln() + x - HALF_LN_TWO_PI
    }
}

/// The logarithm of the gamma function, `ln Gamma(x)`.
///
/// `x` is positive; at 0 the result is infinite, below 0 it is NaN. The relative error is below 1e-14, near the zeros
/// at 1 and 2 too.
///
/// ```
/// use crm_core::math::ln_gamma;
/// assert!((ln_gamma(5.0) - 24f64.ln()).abs() < 1e-14);
/// ```
///
/// DLMF 5.7.3 about 2, 5.5.1, 5.11.1.
pub fn ln_gamma(x: f64) -> f64 {
    if x < 0.0 {
        f64::NAN
    } else if x >= STIRLING_FROM {
        (x - 0.5) * (x.ln() - 1.0) + (HALF_LN_TWO_PI - 0.5) + stirling_remainder(x)
    } else if x >= 1.5 {
        // Down to within a half of 2.
        let mut product = 1.0;
        let mut s = x - 2.0;
        while s > 0.5 {
            product *= 1.0 + s;
            s -= 1.0;
        }
        ln_gamma_at_two(s) + product.ln()
    } else if x > 0.5 {
        ln_gamma_at_two(x - 1.0) - (x - 1.0).ln_1p()
    } else {
        ln_gamma_at_two(x) - x.ln_1p() - x.ln()
    }
}

/// The digamma function, `psi(x) = d/dx ln Gamma(x)`.
///
/// `x` is positive; at 0 the result is -infinity, below 0 it is NaN. The relative error is below 1e-14, except that near
/// the zero at 1.4616 the absolute error is below 2e-15.
///
/// ```
/// use crm_core::math::digamma;
/// assert!((digamma(1.0) + 0.577_215_664_901_532_9).abs() < 1e-15);
/// ```
///
/// DLMF 5.5.2, 5.11.2.
pub fn digamma(x: f64) -> f64 {
    if x < 0.0 {
        return f64::NAN;
    }
    let (mut x, mut below) = (x, 0.0);
    while x < STIRLING_FROM {
        below += x.recip();
        x += 1.0;
    }
    let inverse = x.recip();
    let square = inverse * inverse;
    x.ln() - 0.5 * inverse - square * polynomial(&STIRLING_DIGAMMA, square) - below
}

/// The trigamma function, `psi'(x)`: the sum of `1 / (x + k)^2` over k from 0 up.
///
/// `x` is positive; at 0 and where `1 / x^2` overflows the result is infinite, below 0 it is NaN. The relative error is
/// below 1e-14.
///
/// ```
/// use crm_core::math::trigamma;
/// assert!((trigamma(1.0) - std::f64::consts::PI.powi(2) / 6.0).abs() < 1e-14);
/// ```
///
/// DLMF 5.15.5, 5.15.8.
pub fn trigamma(x: f64) -> f64 {
    if x < 0.0 {
        return f64::NAN;
    }
    let (mut x, mut below) = (x, 0.0);
    while x < STIRLING_FROM {
        below += x.recip() * x.recip();
        x += 1.0;
    }
    let inverse = x.recip();
    let square = inverse * inverse;
    below + inverse * (1.0 + inverse * (0.5 + inverse * polynomial(&STIRLING_TRIGAMMA, square)))
}

/// Up to here a whole rise is a product.
const PRODUCT_UP_TO: f64 = 8.0;
/// Products of so many factors below this do not overflow.
const PRODUCT_BELOW: f64 = 1e30;

/// The logarithm of the rising factorial, `ln Gamma(a + x) - ln Gamma(a)`, without taking large numbers from each other.
///
/// `a` is positive and `x` at least 0, not necessarily whole; otherwise the result is NaN (at `a = 0` the limit,
/// -infinity). The relative error is below 1e-13. Near a result of 0 that `a < 1.47` allows, the error is below
/// 1e-14 min(1, x).
///
/// ```
/// use crm_core::math::ln_rising;
/// // 1e10 (1e10 + 1): both logarithms of gamma are near 2e11.
/// assert!((ln_rising(1e10, 2.0) / (1e10f64 * (1e10 + 1.0)).ln() - 1.0).abs() < 1e-15);
/// ```
///
/// DLMF 5.2.5; the difference of 5.11.1 at `a + x` and `a`, after 5.5.1.
pub fn ln_rising(a: f64, x: f64) -> f64 {
    if !(a >= 0.0 && x >= 0.0) {
        return f64::NAN;
    }
    if x == 0.0 {
        return 0.0;
    }
    if x <= PRODUCT_UP_TO && x == x.trunc() && a < PRODUCT_BELOW {
        return (0..x as u32).map(|k| a + f64::from(k)).product::<f64>().ln();
    }
    let (mut a, mut below) = (a, 0.0);
    while a < STIRLING_FROM {
        below += if x > 1e3 * a { (a + x).ln() - a.ln() } else { (x / a).ln_1p() };
        a += 1.0;
    }
    let step = x / a;
    let ln_step = step.ln_1p();
    let main = if step < 1.0 {
        // (a + x - 1/2) ln(1 + x/a) - x with x taken out: a + x alone would lose x.
        let ratio = if step < 1e-17 { 1.0 } else { ln_step / step };
        x * (a.ln() + (ratio * (1.0 + step) - 1.0)) - 0.5 * ln_step
    } else {
        x * (a.ln() - 1.0) + (a + x - 0.5) * ln_step
    };
    let (p, q) = (a.recip(), (a + x).recip());
    let (value, slope) = divided_difference(&STIRLING, p * p, q * q);
    main - x / (a + x) * p * (value + q * (q + p) * slope) - below
}

/// The rise of the digamma function, `psi(a + x) - psi(a)`: the derivative of [`ln_rising`] with respect to a.
///
/// `a` is positive and `x` at least 0, not necessarily whole; otherwise the result is NaN. The relative error is below
/// 1e-13.
///
/// ```
/// use crm_core::math::digamma_rising;
/// assert!((digamma_rising(1e10, 1.0) / 1e-10 - 1.0).abs() < 1e-15);
/// ```
///
/// DLMF 5.5.2; the difference of 5.11.2 at `a + x` and `a`.
pub fn digamma_rising(a: f64, x: f64) -> f64 {
    if !(a >= 0.0 && x >= 0.0) {
        return f64::NAN;
    }
    if x == 0.0 {
        return 0.0;
    }
    if x <= PRODUCT_UP_TO && x == x.trunc() {
        return (0..x as u32).map(|k| (a + f64::from(k)).recip()).sum();
    }
    let (mut a, mut below) = (a, 0.0);
    while a < STIRLING_FROM {
        below += x / (a + x) / a;
        a += 1.0;
    }
    let (p, q) = (a.recip(), (a + x).recip());
    let (value, slope) = divided_difference(&STIRLING_DIGAMMA, p * p, q * q);
    let drop = x / (a + x) * p;
    below + (x / a).ln_1p() + drop * (0.5 + (p + q) * (value + q * q * slope))
}

/// [`ln_rising`] and [`digamma_rising`] of one `a`, looked up for whole `x`.
///
/// ```
/// use crm_core::math::{RisingTable, ln_rising};
/// let table = RisingTable::new(0.7, 100);
/// assert!((table.ln(42.0) / ln_rising(0.7, 42.0) - 1.0).abs() < 1e-14);
/// assert_eq!(table.ln(1.5), ln_rising(0.7, 1.5));
/// ```
#[derive(Clone, Debug)]
pub struct RisingTable {
    a: f64,
    /// Side by side, since a gradient reads both.
    values: Vec<(f64, f64)>,
}

impl RisingTable {
    /// Longest table; what lies beyond is computed.
    const MOST: usize = 1 << 20;

    /// Tabulates x from 0 to `most`, at most to 1,048,575.
    ///
    /// Sums are compensated: at x = 5000 the relative error is still near 1e-16.
    pub fn new(a: f64, most: usize) -> Self {
        let (mut ln, mut digamma) = (Compensated::default(), Compensated::default());
        let values = (0..=most.min(Self::MOST - 1))
            .map(|k| {
                let values = (ln.value(), digamma.value());
                let term = a + k as f64;
                ln.add(term.ln());
                digamma.add(term.recip());
                values
            })
            .collect();
        Self { a, values }
    }

    /// `ln Gamma(a + x) - ln Gamma(a)`, as [`ln_rising`].
    #[inline]
    pub fn ln(&self, x: f64) -> f64 {
        match self.values.get(x as usize) {
            Some(values) if x as usize as f64 == x => values.0,
            _ => ln_rising(self.a, x),
        }
    }

    /// `psi(a + x) - psi(a)`, as [`digamma_rising`].
    #[inline]
    pub fn digamma(&self, x: f64) -> f64 {
        match self.values.get(x as usize) {
            Some(values) if x as usize as f64 == x => values.1,
            _ => digamma_rising(self.a, x),
        }
    }
}

/// A sum with the rounding errors beside it (Neumaier 1974).
#[derive(Default)]
struct Compensated {
    sum: f64,
    lost: f64,
}

impl Compensated {
    fn value(&self) -> f64 {
        self.sum + self.lost
    }

    fn add(&mut self, term: f64) {
        let sum = self.sum + term;
        let (large, small) = if self.sum.abs() >= term.abs() { (self.sum, term) } else { (term, self.sum) };
        let lost = (large - sum) + small;
        // An infinite sum has lost nothing.
        self.lost += if lost.is_nan() { 0.0 } else { lost };
        self.sum = sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Positive numbers over many orders of magnitude.
    fn numbers(from: i32, to: i32) -> impl Iterator<Item = f64> {
        (from * 8..to * 8).map(|step| 10f64.powf(f64::from(step) / 8.0 + 0.003))
    }

    #[test]
    fn gamma_obeys_its_recurrence() {
        for x in numbers(-12, 4) {
            let steps = [
                (ln_gamma(x + 1.0) - ln_gamma(x), x.ln()),
                (digamma(x + 1.0) - digamma(x), x.recip()),
                (trigamma(x) - trigamma(x + 1.0), x.powi(-2)),
            ];
            for (place, (step, expected)) in steps.into_iter().enumerate() {
                let scale = [ln_gamma(x + 1.0).abs(), digamma(x + 1.0).abs(), trigamma(x + 1.0)][place];
                let error = (step - expected).abs();
                assert!(error <= 1e-14 * (1.0 + scale + expected.abs()), "{place} {x}: {step} {expected}");
            }
        }
    }

    #[test]
    fn rises_add_up() {
        for a in numbers(-12, 12) {
            for (x, y) in [(1.0, 2.0), (0.25, 7.5), (9.0, 0.5), (300.0, 41.0), (1e5, 3.0)] {
                let both = ln_rising(a, x) + ln_rising(a + x, y);
                let size = ln_rising(a, x).abs() + ln_rising(a + x, y).abs() + a.ln().abs() + 1.0;
                // The rounding of a + x shifts the second rise by up to 1e-16 (a + x) times its slope, at most y.
                let rounding = 2e-16 * y;
                assert!((both - ln_rising(a, x + y)).abs() < 3e-15 * size + rounding, "{a} {x} {y}");
                let both = digamma_rising(a, x) + digamma_rising(a + x, y);
                assert!((both / digamma_rising(a, x + y) - 1.0).abs() < 3e-15, "{a} {x} {y}");
            }
        }
    }

    #[test]
    fn a_table_holds_the_rises() {
        for a in [1e-10, 0.3, 1.0, 17.5, 1e6] {
            let table = RisingTable::new(a, 5000);
            for x in [0.0, 1.0, 2.0, 9.0, 10.0, 500.0, 4999.0, 5000.0] {
                let (ln, digamma) = (ln_rising(a, x), digamma_rising(a, x));
                assert!((table.ln(x) - ln).abs() <= 1e-14 * ln.abs(), "{a} {x}");
                assert!((table.digamma(x) - digamma).abs() <= 1e-14 * digamma.abs(), "{a} {x}");
            }
            for x in [0.5, 4999.5, 5001.0, 1e6] {
                assert_eq!(table.ln(x), ln_rising(a, x));
                assert_eq!(table.digamma(x), digamma_rising(a, x));
            }
            assert!(table.ln(-1.0).is_nan() && table.ln(-0.5).is_nan() && table.digamma(f64::NAN).is_nan());
        }
        assert_eq!(RisingTable::new(1.0, usize::MAX).values.len(), RisingTable::MOST);
    }

    #[test]
    fn ends_of_the_domain() {
        assert_eq!(ln_gamma(0.0), f64::INFINITY);
        assert_eq!(digamma(0.0), f64::NEG_INFINITY);
        assert_eq!(trigamma(0.0), f64::INFINITY);
        assert_eq!((ln_gamma(1.0), ln_gamma(2.0)), (0.0, 0.0));
        assert!(ln_gamma(-1.0).is_nan() && digamma(-1.0).is_nan() && trigamma(-1.0).is_nan());
        assert_eq!((ln_rising(3.0, 0.0), digamma_rising(3.0, 0.0)), (0.0, 0.0));
        assert_eq!((ln_rising(0.0, 2.0), digamma_rising(0.0, 2.0)), (f64::NEG_INFINITY, f64::INFINITY));
        assert!(
            ln_rising(-1.0, 2.0).is_nan()
                && ln_rising(1.0, -2.0).is_nan()
                && ln_rising(1.0, f64::NAN).is_nan()
        );
    }
}
