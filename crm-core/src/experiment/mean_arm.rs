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

/// Count, mean and sum of squared deviations of a value in one arm.
///
/// ```text
/// mean = sum x / n,  m2 = sum (x - mean)^2,  variance = m2 / (n - 1)
/// ```
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
/// Chan, Golub and `LeVeque` (1983), The American Statistician 37(3), eq. 1.7 and 2.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct MeanArm {
    count: u64,
    mean: Mean,
    squares: f64,
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
        }
    }
}

impl TryFrom<Fields> for MeanArm {
    type Error = Error;

    fn try_from(saved: Fields) -> Result<Self> {
        Self::from_state(saved.count, saved.mean, saved.mean_tail, saved.m2)
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
            return Ok(Self { count, mean: Mean::of(mean), squares: 0.0 });
        }
        if !(variance.is_finite() && variance >= 0.0) {
            return Err(Error::argument("variance", variance, "finite and not negative"));
        }
        if variance.sqrt() <= CONSTANT * mean.abs() {
            return Ok(Self { count, mean: Mean::of(mean), squares: 0.0 });
        }
        let squares = variance * (count - 1) as f64;
        check_finite("variance", mean, squares)?;
        Ok(Self { count, mean: Mean::of(mean), squares })
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
        Ok(Self { count, mean, squares: if count == 1 { 0.0 } else { squares } })
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
        let rate = conversions as f64 / trials as f64;
        Ok(Self { count: trials, mean: Mean::of(rate), squares: rate * (trials - conversions) as f64 })
    }

    pub(super) fn from_parts(count: u64, mean: Mean, squares: f64) -> Self {
        Self { count, mean, squares }
    }

    /// Takes in one value.
    ///
    /// # Errors
    /// As [`MeanArm::from_values`], the row being the number of values so far; the arm is then as it was.
    pub fn push(&mut self, value: f64) -> Result<()> {
        check_value("value", self.count, value)?;
        self.merge(&Self { count: 1, mean: Mean::of(value), squares: 0.0 })
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

    /// What rounding took from the mean.
    pub fn mean_tail(&self) -> f64 {
        self.mean.low
    }

    /// The arm of these numbers, as [`MeanArm::count`], [`MeanArm::mean`], [`MeanArm::mean_tail`] and [`MeanArm::m2`] gave them.
    ///
    /// # Errors
    /// `InvalidArgument` for numbers that do not fit together.
    pub fn from_state(count: u64, mean: f64, mean_tail: f64, m2: f64) -> Result<Self> {
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
        Ok(Self { count, mean: Mean { high: mean, low: mean_tail }, squares: m2 })
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
    Ok(MeanArm { count, mean, squares })
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
        return Ok(MeanArm { count: values.len() as u64, mean, squares });
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
