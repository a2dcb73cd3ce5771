//! What a test of means needs of one arm.

use serde::{Deserialize, Serialize};

use super::moments::{
    BLOCK, Block, Mean, Shares, check_finite, check_scale, check_value, counted, squares_from_sums,
};
use crate::error::{Error, ErrorKind, Result};

/// The version of the saved form.
const VERSION: u32 = 1;
/// The name of the saved form.
const MODEL: &str = "mean_arm";
/// Standard deviations that an engine tells, in units of the mean, up to here are rounding.
const CONSTANT: f64 = 4.0 * f64::EPSILON;

/// Count, mean, sum of squared deviations and skewness of a value in one arm.
///
/// ```text
/// mean = sum x / n,  m2 = sum (x - mean)^2,  variance = m2 / (n - 1),  skewness = (sum (x - mean)^3 / n) / (m2 / n)^(3/2)
/// ```
///
/// Values tell their skewness. Of an arm from moments or sums it is not known, unless [`MeanArm::with_skewness`] tells it; only
/// [`MeanMethod::SkewnessCorrected`](super::MeanMethod::SkewnessCorrected) asks for it.
///
/// Arms are values of a commutative monoid: [`MeanArm::default`] is empty, and [`MeanArm::merge`] puts parts together, however the rows were dealt. The
/// mean carries the digits that rounding took from it, so values with a large offset lose nothing in a difference of two arms.
///
/// ```
/// use crm_core::experiment::MeanArm;
/// let mut monday = MeanArm::from_values(&[1.0, 2.0, 6.0])?;
/// monday.merge(&MeanArm::from_moments(2, 4.0, 8.0)?)?;
/// assert_eq!((monday.count(), monday.mean()), (5, 3.4));
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Chan, Golub and `LeVeque` (1983), The American Statistician 37(3), eq. 1.7 and 2.1; `Pébay` (2008), "Formulas for robust, one-pass parallel
/// computation of covariances and arbitrary-order statistical moments", Sandia report SAND2008-6212, eq. 2.4, for the skewness of two parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct MeanArm {
    count: u64,
    mean: Mean,
    squares: f64,
    /// 0 for constant values and for one or two of them, whoever told of them.
    skewness: Option<f64>,
}

/// The saved form.
#[derive(Serialize, Deserialize)]
struct Fields {
    model: String,
    version: u32,
    count: u64,
    mean: f64,
    mean_tail: f64,
    m2: f64,
    skewness: Option<f64>,
}

impl From<MeanArm> for Fields {
    fn from(arm: MeanArm) -> Self {
        Self {
            model: MODEL.to_owned(),
            version: VERSION,
            count: arm.count,
            mean: arm.mean.high,
            mean_tail: arm.mean.low,
            m2: arm.squares,
            skewness: arm.skewness,
        }
    }
}

impl TryFrom<Fields> for MeanArm {
    type Error = Error;

    fn try_from(saved: Fields) -> Result<Self> {
        Self::from_state(saved.count, saved.mean, saved.mean_tail, saved.m2, saved.skewness)
    }
}

impl MeanArm {
    /// An arm from its values.
    ///
    /// # Errors
    /// `InvalidValue` with the row for a value that is NaN or infinite; `OutOfRange` for values so far apart that their squares overflow.
    pub fn from_values(values: &[f64]) -> Result<Self> {
        let mut arm = Self::default();
        arm.push_slice(values)?;
        Ok(arm)
    }

    /// An arm from what SQL engines give as `count(x)`, `avg(x)` and `var_samp(x)`.
    ///
    /// The variance of one value, and mean and variance of none, are not looked at: engines give NULL there, and NaN is welcome. A standard
    /// deviation below 4 units in the last place of the mean is what engines are left with for constant values, and is taken as 0.
    ///
    /// # Errors
    /// `InvalidArgument` for a mean that is not finite, or a variance that is not finite or negative.
    pub fn from_moments(count: u64, mean: f64, variance: f64) -> Result<Self> {
        if count == 0 {
            return Ok(Self::default());
        }
        if !mean.is_finite() {
            return Err(Error::argument("mean", mean, "finite"));
        }
        if count == 1 {
            return Ok(Self::constant(count, Mean::of(mean)));
        }
        if !(variance.is_finite() && variance >= 0.0) {
            return Err(Error::argument("variance", variance, "finite and not negative"));
        }
        if variance.sqrt() <= CONSTANT * mean.abs() {
            return Ok(Self::constant(count, Mean::of(mean)));
        }
        let squares = variance * (count - 1) as f64;
        check_finite("variance", mean, squares)?;
        Ok(Self::from_parts(count, Mean::of(mean), squares))
    }

    /// An arm from sums of `x - shift` and of its square.
    ///
    /// ```text
    /// m2 = sum_of_squares - sum^2 / n
    /// ```
    ///
    /// # Errors
    /// `OutOfRange` if so much cancels that less than 1e-6 of the sum of squares is left, unless both sums are whole numbers below 2^53: what is left
    /// may be all rounding. A shift close to the mean helps. `InvalidArgument` for sums that are not finite or that no values can have.
    pub fn from_sums(count: u64, sum: f64, sum_of_squares: f64, shift: f64) -> Result<Self> {
        for (name, value) in [("sum", sum), ("shift", shift)] {
            if !value.is_finite() {
                return Err(Error::argument(name, value, "finite"));
            }
        }
        if count == 0 {
            return Ok(Self::default());
        }
        let squares = squares_from_sums("sum_of_squares", count, sum, sum_of_squares)?;
        let mean = Mean::sum(shift, sum / count as f64);
        Ok(Self::from_parts(count, mean, if count == 1 { 0.0 } else { squares }))
    }

    /// An arm of values that are 0 or 1.
    ///
    /// # Errors
    /// `InvalidArgument` for more ones than trials.
    pub fn from_conversions(conversions: u64, trials: u64) -> Result<Self> {
        if conversions > trials {
            return Err(Error::argument("conversions", conversions, &format!("at most the {trials} trials")));
        }
        if trials == 0 {
            return Ok(Self::default());
        }
        let (rate, failures) = (conversions as f64 / trials as f64, (trials - conversions) as f64);
        let squares = rate * failures;
        let mean = Mean::of(rate);
        if squares == 0.0 {
            return Ok(Self::constant(trials, mean));
        }
        // (q - p) / sqrt(p q), from whole numbers.
        let skewness = (failures - conversions as f64) / (conversions as f64).sqrt() / failures.sqrt();
        Ok(Self { count: trials, mean, squares, skewness: Some(within(skewness, trials)) })
    }

    /// An arm whose skewness is not known, unless there can be none.
    pub(super) fn from_parts(count: u64, mean: Mean, squares: f64) -> Self {
        Self { count, mean, squares, skewness: (squares == 0.0 || count < 3).then_some(0.0) }
    }

    fn constant(count: u64, mean: Mean) -> Self {
        Self::from_parts(count, mean, 0.0)
    }

    /// Tells the skewness of an arm that was made from moments or sums: the third central moment over the cube of the standard deviation, both
    /// with divisor n. Spark's `skewness` is that; `DuckDB`'s is `sqrt(n (n - 1)) / (n - 2)` times it.
    ///
    /// An arm without variance and one of fewer than three values have none: what is told of them is not looked at.
    ///
    /// # Errors
    /// `InvalidArgument` for a skewness that so many values cannot have: beyond `(n - 2) / sqrt(n - 1)` on either side.
    ///
    /// ```
    /// use crm_core::experiment::MeanArm;
    /// let told = MeanArm::from_moments(3, 2.0, 3.0)?.with_skewness(0.5_f64.sqrt())?;
    /// let seen = MeanArm::from_values(&[1.0, 1.0, 4.0])?;
    /// assert!((told.skewness() - seen.skewness()).abs() < 1e-15);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn with_skewness(self, skewness: f64) -> Result<Self> {
        if self.count < 3 || self.squares == 0.0 {
            return Ok(self);
        }
        let most = most_skewness(self.count);
        // Engines round.
        if !(skewness.is_finite() && skewness.abs() <= most * (1.0 + 1e-9) + 1e-9) {
            let accepted = format!("from {} to {most} for {} values", -most, self.count);
            return Err(Error::argument("skewness", skewness, &accepted));
        }
        Ok(Self { skewness: Some(within(skewness, self.count)), ..self })
    }

    /// Takes in one value.
    ///
    /// # Errors
    /// As [`MeanArm::from_values`], the row being the number of values so far; the arm is then as it was.
    pub fn push(&mut self, value: f64) -> Result<()> {
        check_value("value", self.count, value)?;
        self.merge(&Self::constant(1, Mean::of(value)))
    }

    /// Takes in values.
    ///
    /// # Errors
    /// As [`MeanArm::from_values`]; the arm is then as it was.
    pub fn push_slice(&mut self, values: &[f64]) -> Result<()> {
        if values.is_empty() {
            return Ok(());
        }
        let added = match of_run(values, &mut Block::new(1)) {
            Ok(added) => added,
            Err(error) => {
                // A value that is no number shows as a sum that is none.
                for (row, &value) in values.iter().enumerate() {
                    check_value("values", row as u64, value)?;
                }
                return Err(error);
            }
        };
        self.merge(&added)
    }

    /// Takes in another part of the same arm.
    ///
    /// # Errors
    /// `OutOfRange` if counts or squares overflow; the arm is then as it was.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        *self = merged(*self, *other)?;
        Ok(())
    }

    /// The number of values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean; NaN for an empty arm.
    pub fn mean(&self) -> f64 {
        if self.count == 0 { f64::NAN } else { self.mean.high }
    }

    /// The sum of squared deviations from the mean.
    pub fn m2(&self) -> f64 {
        self.squares
    }

    /// The sample variance, `m2 / (n - 1)`; NaN for fewer than two values.
    pub fn variance(&self) -> f64 {
        if self.count < 2 { f64::NAN } else { self.squares / (self.count - 1) as f64 }
    }

    /// The standard error of the mean, `sqrt(variance / n)`; NaN for fewer than two values.
    pub fn standard_error(&self) -> f64 {
        self.variance().sqrt() / (self.count as f64).sqrt()
    }

    /// The skewness, with divisor n; 0 for constant values, NaN where it is not known and for an empty arm.
    pub fn skewness(&self) -> f64 {
        self.skewness.unwrap_or(f64::NAN)
    }

    /// What rounding took from the mean.
    pub fn mean_tail(&self) -> f64 {
        self.mean.low
    }

    /// The arm of these numbers, as [`MeanArm::count`], [`MeanArm::mean`], [`MeanArm::mean_tail`], [`MeanArm::m2`] and [`MeanArm::skewness`] gave
    /// them; no skewness is one that is not known.
    ///
    /// # Errors
    /// `InvalidArgument` for numbers that do not fit together.
    pub fn from_state(count: u64, mean: f64, mean_tail: f64, m2: f64, skewness: Option<f64>) -> Result<Self> {
        if count == 0 {
            return Ok(Self::default());
        }
        let tail = mean.is_finite() && mean_tail.is_finite() && mean + mean_tail == mean;
        if !tail {
            return Err(Error::argument(
                "mean",
                format_args!("{mean} + {mean_tail}"),
                "finite, the second its rounding",
            ));
        }
        if !(m2.is_finite() && m2 >= 0.0 && (count > 1 || m2 == 0.0)) {
            return Err(Error::argument("m2", m2, "finite and not negative, and 0 for one value"));
        }
        let arm = Self::from_parts(count, Mean { high: mean, low: mean_tail }, m2);
        skewness.map_or(Ok(arm), |skewness| arm.with_skewness(skewness))
    }

    pub(super) fn exact_mean(&self) -> Mean {
        self.mean
    }

    /// Refuses an arm whose squares lost digits to underflow.
    pub(super) fn check(&self, name: &str) -> Result<()> {
        check_scale(name, self.squares)
    }

    /// The arm as JSON text.
    ///
    /// # Errors
    /// `Io` if it cannot be written, which does not happen.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::new(ErrorKind::Io, error.to_string()))
    }

    /// An arm from its JSON text.
    ///
    /// # Errors
    /// `Corrupt` if the text is not an arm of means; `Incompatible` if it is one of a later version.
    pub fn from_json(text: &str) -> Result<Self> {
        crate::saved::from_json(text, VERSION, &[MODEL])
    }
}

fn merged(one: MeanArm, other: MeanArm) -> Result<MeanArm> {
    let (larger, smaller) = if one.count >= other.count { (one, other) } else { (other, one) };
    if smaller.count == 0 {
        return Ok(larger);
    }
    let count = counted(one.count, other.count)?;
    let shares = Shares::new(larger.count, smaller.count);
    let step = smaller.mean.less(larger.mean);
    let mean = larger.mean.plus(step * shares.of_smaller);
    let mut between = step * (step * shares.product);
    if between < f64::MIN_POSITIVE && step != 0.0 {
        between = f64::MIN_POSITIVE;
    }
    let squares = larger.squares + smaller.squares + between;
    check_finite("values", mean.high, squares)?;
    let skewness = skewness_together(&larger, &smaller);
    Ok(MeanArm { count, mean, squares, skewness })
}

/// The skewness of the values of two arms as one, if both know theirs; neither is empty.
///
/// All is in units of the deviation of both, so that no cube overflows.
pub(super) fn skewness_together(larger: &MeanArm, smaller: &MeanArm) -> Option<f64> {
    let (of_larger, of_smaller) = (larger.skewness?, smaller.skewness?);
    let count = larger.count as f64 + smaller.count as f64;
    let (large, small) = (larger.count as f64 / count, smaller.count as f64 / count);
    let [one, other] = [larger, smaller].map(|arm| arm.squares.sqrt() / (arm.count as f64).sqrt());
    let step = smaller.mean.less(larger.mean);
    let deviation = (large.sqrt() * one).hypot(small.sqrt() * other).hypot((large * small).sqrt() * step);
    if deviation == 0.0 {
        return Some(0.0);
    }
    let [one, other, step] = [one, other, step].map(|part| part / deviation);
    let inside = large * of_larger * one.powi(3) + small * of_smaller * other.powi(3);
    let between = step * (step * step * (large - small) + 3.0 * (other * other - one * one));
    Some(within(inside + large * small * between, larger.count.saturating_add(smaller.count)))
}

/// The largest skewness of so many values: that of all but one alike.
fn most_skewness(count: u64) -> f64 {
    let n = count as f64;
    if count < 3 { 0.0 } else { (n - 2.0) / (n - 1.0).sqrt() }
}

/// A skewness that rounding took no further than values can have.
fn within(skewness: f64, count: u64) -> f64 {
    let most = most_skewness(count);
    skewness.clamp(-most, most)
}

/// The arm of at least one value: blocks, put together by halves.
fn of_run(values: &[f64], block: &mut Block) -> Result<MeanArm> {
    if values.len() <= BLOCK {
        let mut column = [0.0; BLOCK];
        let column = &mut column[..values.len()];
        column.copy_from_slice(values);
        block.reduce(&mut [column]);
        let (mean, squares) = (block.means[0], block.products[0].max(0.0));
        check_finite("values", mean.high, squares)?;
        let count = values.len() as u64;
        let skewness = Some(within(block.skewness(column), count));
        return Ok(MeanArm { count, mean, squares, skewness });
    }
    let half = values.len().div_ceil(2 * BLOCK) * BLOCK;
    let (left, right) = values.split_at(half);
    merged(of_run(left, block)?, of_run(right, block)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_offsets_lose_nothing_in_a_difference() {
        let plain: Vec<f64> = (0..1000).map(|j| f64::from(j * 37 % 101) / 8.0).collect();
        let shifted: Vec<f64> = plain.iter().map(|x| x + 1e12).collect();
        let (plain, shifted) =
            (MeanArm::from_values(&plain).unwrap(), MeanArm::from_values(&shifted).unwrap());
        let difference = shifted.exact_mean().less(plain.exact_mean().plus(1e12));
        assert!(difference.abs() < 1e-13, "{difference:e}");
        assert!((shifted.variance() / plain.variance() - 1.0).abs() < 1e-14);
    }

    #[test]
    fn an_empty_part_changes_nothing() {
        let arm = MeanArm::from_values(&[1.0, 4.0]).unwrap();
        let mut merged = MeanArm::default();
        merged.merge(&arm).unwrap();
        merged.merge(&MeanArm::default()).unwrap();
        merged.push_slice(&[]).unwrap();
        assert_eq!(merged, arm);
        assert!(
            MeanArm::default().mean().is_nan() && MeanArm::from_values(&[1.0]).unwrap().variance().is_nan()
        );
    }

    #[test]
    fn bad_values_are_named_and_change_nothing() {
        let mut arm = MeanArm::from_values(&[1.0]).unwrap();
        let before = arm;
        let mut values = vec![0.0; 2000];
        values[1700] = f64::NAN;
        values[1900] = f64::INFINITY;
        let error = arm.push_slice(&values).unwrap_err();
        assert_eq!((error.kind(), error.row()), (ErrorKind::InvalidValue, Some(1700)));
        assert_eq!(arm.push_slice(&[1e200, -1e200]).unwrap_err().kind(), ErrorKind::OutOfRange);
        assert_eq!(arm, before);
    }

    #[test]
    fn sums_with_a_shift() {
        let arm = MeanArm::from_sums(3, 0.5, 1.25, 1e9).unwrap();
        // Values 1e9 + {0, 1, -0.5}: squares of deviations from 1/6.
        assert!((arm.m2() - (1.25 - 0.25 / 3.0)).abs() < 1e-15);
        assert!(MeanArm::from_sums(1000, 1e12, 1e21, 0.0).is_err());
        assert_eq!(MeanArm::from_sums(0, 0.0, 0.0, 0.0).unwrap(), MeanArm::default());
    }

    /// Against sums of cubes by hand, in one arm and however the values are dealt to parts.
    #[test]
    fn skewness_of_parts_is_that_of_the_whole() {
        let values: Vec<f64> =
            (0..3000).map(|j| if j % 7 == 0 { f64::from(j * 37 % 101).exp2().sqrt() } else { 0.0 }).collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let moment = |power: i32| values.iter().map(|x| (x - mean).powi(power)).sum::<f64>() / n;
        let expected = moment(3) / moment(2).powf(1.5);
        let whole = MeanArm::from_values(&values).unwrap();
        assert!(expected > 5.0 && (whole.skewness() / expected - 1.0).abs() < 1e-12, "{}", whole.skewness());
        for size in [1, 2, 7, 511, 1400] {
            let mut arm = MeanArm::default();
            for part in values.chunks(size) {
                arm.merge(&MeanArm::from_values(part).unwrap()).unwrap();
            }
            assert!((arm.skewness() / expected - 1.0).abs() < 1e-12, "{size}: {}", arm.skewness());
        }
        // Cubes above 1e308, and an offset of a million million deviations.
        let large: Vec<f64> = values.iter().map(|x| x * 1e130).collect();
        assert!((MeanArm::from_values(&large).unwrap().skewness() / expected - 1.0).abs() < 1e-12);
        let shifted: Vec<f64> = (0..900).map(|j| 1e15 + f64::from(u8::from(j % 10 == 0))).collect();
        assert!((MeanArm::from_values(&shifted).unwrap().skewness() - 0.8 / 0.3).abs() < 1e-12);
    }

    #[test]
    fn a_skewness_is_told_or_not_known() {
        let moments = MeanArm::from_moments(100, 0.1, 1.0).unwrap();
        assert!(moments.skewness().is_nan());
        let told = moments.with_skewness(5.0).unwrap();
        assert_eq!((told.skewness(), MeanArm::from_json(&told.to_json().unwrap()).unwrap()), (5.0, told));
        // Who does not know a part does not know the whole.
        let mut both = told;
        both.merge(&moments).unwrap();
        assert!(
            both.skewness().is_nan() && MeanArm::from_sums(9, 3.0, 2.0, 0.0).unwrap().skewness().is_nan()
        );
        // An old text says nothing of it.
        let old = moments.to_json().unwrap().replace(",\"skewness\":null", "");
        assert_eq!(MeanArm::from_json(&old).unwrap(), moments);
        // Of 100 values 98 / sqrt(99) is the most: all but one alike.
        let most = 98.0 / 99_f64.sqrt();
        assert_eq!(moments.with_skewness(most).unwrap().skewness(), most);
        for wrong in [most + 1e-6, -most - 1e-6, f64::NAN, f64::INFINITY] {
            assert_eq!(moments.with_skewness(wrong).unwrap_err().argument_name(), Some("skewness"));
        }
        // What cannot have any needs not be told.
        for arm in [MeanArm::from_moments(2, 1.0, 3.0), MeanArm::from_moments(50, 1.0, 0.0)] {
            assert_eq!(arm.unwrap().with_skewness(f64::NAN).unwrap().skewness(), 0.0);
        }
        let rate = MeanArm::from_conversions(3, 40).unwrap();
        let values: Vec<f64> = (0..40).map(|j| f64::from(u8::from(j < 3))).collect();
        assert!((rate.skewness() / MeanArm::from_values(&values).unwrap().skewness() - 1.0).abs() < 1e-14);
    }

    #[test]
    fn json_keeps_every_bit_and_refuses_nonsense() {
        let arm = MeanArm::from_values(&[0.1, 1e9, 7.3]).unwrap();
        assert_eq!(MeanArm::from_json(&arm.to_json().unwrap()).unwrap(), arm);
        let negative = arm.to_json().unwrap().replace("\"m2\":", "\"m2\":-");
        assert_eq!(MeanArm::from_json(&negative).unwrap_err().kind(), ErrorKind::Corrupt);
        let later = arm.to_json().unwrap().replace("\"version\":1", "\"version\":2");
        assert_eq!(MeanArm::from_json(&later).unwrap_err().kind(), ErrorKind::Incompatible);
    }
}
