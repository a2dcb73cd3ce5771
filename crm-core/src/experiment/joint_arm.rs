//! What ratio metrics and covariate adjustment need of one arm.

use serde::{Deserialize, Serialize};

use super::mean_arm::MeanArm;
use super::measures::Measures;
use super::moments::{
    BLOCK, Block, Mean, Shares, check_finite, check_scale, check_value, counted, packed, squares_from_sums,
};
use crate::error::{Error, ErrorKind, Result};

/// The version of the saved form.
const VERSION: u32 = 1;
/// The name of the saved form.
const MODEL: &str = "joint_arm";
/// More covariates than this are refused: products of all pairs of columns are kept.
const MOST_COVARIATES: usize = 64;

/// Count, means and products of deviations of a value, if wanted a denominator, and covariates in one arm.
///
/// ```text
/// product(a, b) = sum (a - mean a)(b - mean b),  covariance = product / (n - 1)
/// ```
///
/// Arms of the same columns are a commutative monoid under [`JointArm::merge`], with [`JointArm::new`] as the empty one.
///
/// Chan, Golub and `LeVeque` (1983), The American Statistician 37(3), eq. 1.7 and 2.1, for pairs of columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct JointArm {
    denominator: bool,
    count: u64,
    means: Vec<Mean>,
    /// Packed lower triangle.
    products: Vec<f64>,
}

/// The saved form.
#[derive(Serialize, Deserialize)]
struct Fields {
    model: String,
    version: u32,
    denominator: bool,
    count: u64,
    means: Vec<f64>,
    mean_tails: Vec<f64>,
    products: Vec<f64>,
}

impl From<JointArm> for Fields {
    fn from(arm: JointArm) -> Self {
        Self {
            model: MODEL.to_owned(),
            version: VERSION,
            denominator: arm.denominator,
            count: arm.count,
            means: arm.means.iter().map(|mean| mean.high).collect(),
            mean_tails: arm.means.iter().map(|mean| mean.low).collect(),
            products: arm.products,
        }
    }
}

impl TryFrom<Fields> for JointArm {
    type Error = Error;

    fn try_from(saved: Fields) -> Result<Self> {
        let columns = saved.means.len();
        let fits = columns > usize::from(saved.denominator)
            && columns <= 2 + MOST_COVARIATES
            && saved.mean_tails.len() == columns
            && saved.products.len() == packed(columns, 0)
            && saved
                .means
                .iter()
                .chain(&saved.mean_tails)
                .chain(&saved.products)
                .all(|number| number.is_finite())
            && (0..columns).all(|column| saved.products[packed(column, column)] >= 0.0)
            && (saved.count > 1 || saved.products.iter().all(|&product| product == 0.0));
        if !fits {
            return Err(Error::new(ErrorKind::Corrupt, "count, means and products do not fit together"));
        }
        let means =
            saved.means.iter().zip(&saved.mean_tails).map(|(&high, &low)| Mean { high, low }).collect();
        Ok(Self { denominator: saved.denominator, count: saved.count, means, products: saved.products })
    }
}

impl JointArm {
    /// The empty arm of a value, a denominator or not, and so many covariates.
    ///
    /// # Errors
    /// `InvalidArgument` for more than 64 covariates.
    pub fn new(denominator: bool, covariates: usize) -> Result<Self> {
        if covariates > MOST_COVARIATES {
            return Err(Error::argument("covariates", covariates, "at most 64"));
        }
        let columns = 1 + usize::from(denominator) + covariates;
        Ok(Self {
            denominator,
            count: 0,
            means: vec![Mean::default(); columns],
            products: vec![0.0; packed(columns, 0)],
        })
    }

    /// An arm from its rows.
    ///
    /// # Errors
    /// `LengthMismatch` for columns of different lengths; `InvalidValue` with column and row for a value that is NaN or infinite;
    /// `OutOfRange` for values so far apart that their squares overflow.
    pub fn from_measures(measures: &Measures<'_>) -> Result<Self> {
        let mut arm = measures.empty()?;
        arm.push_measures(measures)?;
        Ok(arm)
    }

    /// An arm from means and covariances, as `avg`, `var_samp` and `covar_samp` give them.
    ///
    /// `means` has a number for each column: the value, the denominator if there is one, covariates. `covariances` is the full symmetric matrix of
    /// their sample covariances, row by row. Covariances of a single row, and everything of none, are not looked at.
    ///
    /// # Errors
    /// `LengthMismatch` for sizes that do not fit; `InvalidArgument` for numbers that are not finite, a negative variance, a matrix that is not symmetric
    /// or a covariance above what the variances allow.
    pub fn from_moments(denominator: bool, count: u64, means: &[f64], covariances: &[f64]) -> Result<Self> {
        let mut arm = Self::with_columns(denominator, means.len())?;
        let columns = means.len();
        check_length("covariances", covariances.len(), columns * columns)?;
        if count == 0 {
            return Ok(arm);
        }
        arm.count = count;
        for (place, &mean) in means.iter().enumerate() {
            if !mean.is_finite() {
                return Err(Error::argument(
                    &format!("mean of the {}", arm.column_name(place)),
                    mean,
                    "finite",
                ));
            }
            arm.means[place] = Mean::of(mean);
        }
        if count == 1 {
            return Ok(arm);
        }
        for first in 0..columns {
            for second in 0..=first {
                let (one, other) =
                    (covariances[first * columns + second], covariances[second * columns + first]);
                let alike = (one - other).abs() <= 1e-9 * one.abs().max(other.abs());
                if !(one.is_finite() && other.is_finite() && alike) {
                    return Err(Error::argument(
                        "covariances",
                        format_args!("{one} and {other}"),
                        "finite and symmetric",
                    ));
                }
                arm.products[packed(first, second)] = one * (count - 1) as f64;
            }
        }
        arm.check_products()?;
        Ok(arm)
    }

    /// An arm from sums of the columns less a shift each, and of the products of all pairs.
    ///
    /// `sums` and `shifts` have a number for each column, `products` is the full symmetric matrix of `sum (a - shift a)(b - shift b)`, row by row.
    ///
    /// # Errors
    /// `LengthMismatch` for sizes that do not fit; `OutOfRange` where the squares of a column cancel, as [`MeanArm::from_sums`]; `InvalidArgument` for
    /// numbers that are not finite or that no rows can have.
    pub fn from_sums(
        denominator: bool,
        count: u64,
        sums: &[f64],
        products: &[f64],
        shifts: &[f64],
    ) -> Result<Self> {
        let mut arm = Self::with_columns(denominator, sums.len())?;
        let columns = sums.len();
        check_length("products", products.len(), columns * columns)?;
        check_length("shifts", shifts.len(), columns)?;
        if count == 0 {
            return Ok(arm);
        }
        if let Some(bad) = sums.iter().chain(shifts).chain(products).find(|number| !number.is_finite()) {
            return Err(Error::argument("sums", bad, "finite"));
        }
        arm.count = count;
        let n = count as f64;
        for first in 0..columns {
            arm.means[first] = Mean::sum(shifts[first], sums[first] / n);
            let name = format!("products of the {}", arm.column_name(first));
            let squares = squares_from_sums(&name, count, sums[first], products[first * columns + first])?;
            arm.products[packed(first, first)] = if count == 1 { 0.0 } else { squares };
            for second in 0..first {
                let (one, other) = (products[first * columns + second], products[second * columns + first]);
                if (one - other).abs() > 1e-9 * one.abs().max(other.abs()) {
                    return Err(Error::argument("products", format_args!("{one} and {other}"), "symmetric"));
                }
                let (left, right) = (n * one, sums[first] * sums[second]);
                let lost = n.mul_add(one, -left) - sums[first].mul_add(sums[second], -right);
                let product = ((left - right) + lost) / n;
                arm.products[packed(first, second)] = if count == 1 { 0.0 } else { product };
            }
        }
        arm.check_products()?;
        Ok(arm)
    }

    fn with_columns(denominator: bool, columns: usize) -> Result<Self> {
        let least = 1 + usize::from(denominator);
        if columns < least {
            return Err(Error::new(
                ErrorKind::LengthMismatch,
                format!("{columns} given, at least {least} needed"),
            )
            .on("means"));
        }
        Self::new(denominator, columns - least)
    }

    pub(super) fn from_parts(denominator: bool, count: u64, block: &Block) -> Self {
        Self { denominator, count, means: block.means.clone(), products: block.products.clone() }
    }

    /// Takes in one row: the value, the denominator if there is one, covariates.
    ///
    /// # Errors
    /// `LengthMismatch` for another number of columns, else as [`JointArm::from_measures`]; the arm is then as it was.
    pub fn push(&mut self, row: &[f64]) -> Result<()> {
        check_length("row", row.len(), self.means.len())?;
        for (place, &value) in row.iter().enumerate() {
            check_value(&self.column_name(place), self.count, value)?;
        }
        let means = row.iter().copied().map(Mean::of).collect();
        self.merge(&Self {
            denominator: self.denominator,
            count: 1,
            means,
            products: vec![0.0; self.products.len()],
        })
    }

    /// Takes in rows of the same columns.
    ///
    /// # Errors
    /// `Incompatible` for other columns, else as [`JointArm::from_measures`]; the arm is then as it was.
    pub fn push_measures(&mut self, measures: &Measures<'_>) -> Result<()> {
        measures.check()?;
        self.check_columns(&measures.empty()?)?;
        if measures.rows() == 0 {
            return Ok(());
        }
        let mut block = Block::new(self.means.len());
        let mut space = vec![0.0; self.means.len() * BLOCK];
        let added = self.of_run(measures.columns(), 0, measures.rows(), &mut block, &mut space);
        let added = added.or_else(|error| measures.check_values().and(Err(error)))?;
        self.merge(&added)
    }

    fn of_run(
        &self,
        columns: &[&[f64]],
        start: usize,
        end: usize,
        block: &mut Block,
        space: &mut [f64],
    ) -> Result<Self> {
        let rows = end - start;
        if rows <= BLOCK {
            let mut parts: Vec<&mut [f64]> =
                space.chunks_exact_mut(BLOCK).map(|part| &mut part[..rows]).collect();
            for (part, column) in parts.iter_mut().zip(columns) {
                part.copy_from_slice(&column[start..end]);
            }
            block.reduce(&mut parts);
            let arm = Self::from_parts(self.denominator, rows as u64, block);
            arm.check_sizes()?;
            return Ok(arm);
        }
        let half = start + rows.div_ceil(2 * BLOCK) * BLOCK;
        let mut left = self.of_run(columns, start, half, block, space)?;
        left.merge(&self.of_run(columns, half, end, block, space)?)?;
        Ok(left)
    }

    /// Takes in another part of the same arm.
    ///
    /// # Errors
    /// `Incompatible` for other columns; `OutOfRange` if counts or squares overflow; the arm is then as it was.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        self.check_columns(other)?;
        let count = counted(self.count, other.count)?;
        let (larger, smaller) = if self.count >= other.count { (&*self, other) } else { (other, &*self) };
        if smaller.count == 0 {
            let whole = larger.clone();
            *self = whole;
            return Ok(());
        }
        let shares = Shares::new(larger.count, smaller.count);
        let steps: Vec<f64> = smaller.means.iter().zip(&larger.means).map(|(s, l)| s.less(*l)).collect();
        let means =
            larger.means.iter().zip(&steps).map(|(mean, step)| mean.plus(step * shares.of_smaller)).collect();
        let mut products = Vec::with_capacity(self.products.len());
        for first in 0..steps.len() {
            for second in 0..=first {
                let place = packed(first, second);
                let mut between = steps[first] * (steps[second] * shares.product);
                if first == second && between < f64::MIN_POSITIVE && steps[first] != 0.0 {
                    between = f64::MIN_POSITIVE;
                }
                products.push(larger.products[place] + smaller.products[place] + between);
            }
        }
        let merged = Self { denominator: self.denominator, count, means, products };
        merged.check_sizes()?;
        *self = merged;
        Ok(())
    }

    /// The number of rows.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether there is a denominator.
    pub fn has_denominator(&self) -> bool {
        self.denominator
    }

    /// The number of covariates.
    pub fn covariates(&self) -> usize {
        self.means.len() - 1 - usize::from(self.denominator)
    }

    /// The number of columns: the value, the denominator if there is one, covariates.
    pub fn columns(&self) -> usize {
        self.means.len()
    }

    /// The arm of the value alone.
    pub fn value(&self) -> MeanArm {
        self.column(0)
    }

    /// The arm of one column alone; the empty arm for a column that does not exist.
    pub fn column(&self, column: usize) -> MeanArm {
        let mean = self.means.get(column);
        mean.map_or_else(MeanArm::default, |&mean| {
            MeanArm::from_parts(self.count, mean, self.products[packed(column, column)].max(0.0))
        })
    }

    /// The sum of products of deviations of two columns; NaN for a column that does not exist.
    pub fn product(&self, first: usize, second: usize) -> f64 {
        self.products.get(packed(first.max(second), first.min(second))).copied().unwrap_or(f64::NAN)
    }

    /// The sample covariance of two columns; NaN for fewer than two rows.
    pub fn covariance(&self, first: usize, second: usize) -> f64 {
        if self.count < 2 { f64::NAN } else { self.product(first, second) / (self.count - 1) as f64 }
    }

    pub(super) fn exact_mean(&self, column: usize) -> Mean {
        self.means[column]
    }

    /// What a column is called in messages.
    pub(super) fn column_name(&self, column: usize) -> String {
        match (column, self.denominator) {
            (0, _) => "value".to_owned(),
            (1, true) => "denominator".to_owned(),
            _ if self.covariates() == 1 => "covariate".to_owned(),
            _ => format!("covariate {}", column - 1 - usize::from(self.denominator)),
        }
    }

    /// Refuses an arm of other columns.
    pub(super) fn check_columns(&self, other: &Self) -> Result<()> {
        if (self.denominator, self.columns()) == (other.denominator, other.columns()) {
            return Ok(());
        }
        let of = |arm: &Self| {
            format!("{} covariates, {} denominator", arm.covariates(), u8::from(arm.denominator))
        };
        Err(Error::new(ErrorKind::Incompatible, format!("arms of {} and of {}", of(self), of(other)))
            .on("arm"))
    }

    /// Refuses an arm a column of which lost digits to underflow.
    pub(super) fn check(&self) -> Result<()> {
        (0..self.columns())
            .try_for_each(|column| check_scale(&self.column_name(column), self.product(column, column)))
    }

    pub(super) fn check_sizes(&self) -> Result<()> {
        for (column, mean) in self.means.iter().enumerate() {
            check_finite(&self.column_name(column), mean.high, self.product(column, column))?;
        }
        if self.products.iter().all(|product| product.is_finite()) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::OutOfRange, "products of deviations above 1.8e308").on("value"))
    }

    /// Refuses products that no rows can have.
    fn check_products(&self) -> Result<()> {
        self.check_sizes()?;
        for first in 0..self.columns() {
            let square = self.product(first, first);
            if square < 0.0 {
                let name = format!("variance of the {}", self.column_name(first));
                return Err(Error::argument(&name, square, "not negative"));
            }
            for second in 0..first {
                let most = square.sqrt() * self.product(second, second).sqrt();
                let product = self.product(first, second);
                if product.abs() > most * (1.0 + 1e-9) {
                    let name =
                        format!("covariance of {} and {}", self.column_name(second), self.column_name(first));
                    return Err(Error::argument(
                        &name,
                        product,
                        "at most the root of the product of the variances",
                    ));
                }
            }
        }
        Ok(())
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
    /// `Corrupt` if the text is not a joint arm; `Incompatible` if it is one of a later version.
    pub fn from_json(text: &str) -> Result<Self> {
        crate::saved::from_json(text, VERSION, &[MODEL])
    }
}

fn check_length(name: &str, given: usize, needed: usize) -> Result<()> {
    if given == needed {
        return Ok(());
    }
    Err(Error::new(ErrorKind::LengthMismatch, format!("{given} numbers given, {needed} needed")).on(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(start: usize, end: usize) -> [Vec<f64>; 3] {
        let column = |factor: usize, modulus: usize| {
            (start..end).map(|j| (j * factor % modulus) as f64 + 1e9).collect::<Vec<f64>>()
        };
        [column(7919, 101), column(31, 17), column(5, 23)]
    }

    fn arm(start: usize, end: usize) -> JointArm {
        let [value, denominator, covariate] = rows(start, end);
        let measures = Measures::of(&value).covariate(&covariate).denominator(&denominator);
        JointArm::from_measures(&measures).unwrap()
    }

    #[test]
    fn products_of_integers_are_those_of_integer_arithmetic() {
        let [value, denominator, covariate] = rows(0, 5000);
        let arm = arm(0, 5000);
        let columns = [value, denominator, covariate];
        for first in 0..3 {
            for second in 0..3 {
                let whole = |x: f64| (x - 1e9) as i128;
                let pairs =
                    || columns[first].iter().zip(&columns[second]).map(|(&a, &b)| (whole(a), whole(b)));
                let (a, b): (i128, i128) = pairs().fold((0, 0), |(a, b), (x, y)| (a + x, b + y));
                let product: i128 = pairs().map(|(x, y)| x * y).sum();
                let exact = (5000 * product - a * b) as f64 / 5000.0;
                let own = arm.product(first, second);
                // Against the scale of the two columns, as the product itself may be close to 0.
                let scale = arm.product(first, first).sqrt() * arm.product(second, second).sqrt();
                assert!((own - exact).abs() < 1e-14 * scale, "{first} {second}: {own} {exact}");
            }
        }
    }

    #[test]
    fn rows_one_by_one_and_moments() {
        let whole = arm(0, 600);
        let mut single = JointArm::new(true, 1).unwrap();
        let [value, denominator, covariate] = rows(0, 600);
        for row in 0..600 {
            single.push(&[value[row], denominator[row], covariate[row]]).unwrap();
        }
        let covariances: Vec<f64> = (0..9).map(|place| whole.covariance(place / 3, place % 3)).collect();
        let means: Vec<f64> = (0..3).map(|column| whole.column(column).mean()).collect();
        let told = JointArm::from_moments(true, 600, &means, &covariances).unwrap();
        for place in 0..6 {
            let scale = whole.products[place].abs().max(1.0);
            assert!((single.products[place] - whole.products[place]).abs() < 1e-12 * scale);
            assert!((told.products[place] - whole.products[place]).abs() < 1e-12 * scale);
        }
    }

    #[test]
    fn what_no_rows_can_have_is_refused() {
        let kind = |result: Result<JointArm>| result.unwrap_err().kind();
        let of = |covariances: &[f64]| JointArm::from_moments(false, 5, &[1.0, 2.0], covariances);
        assert_eq!(kind(of(&[1.0, 2.0, 2.0, 1.0])), ErrorKind::InvalidArgument);
        assert_eq!(kind(of(&[1.0, 0.2, 0.3, 1.0])), ErrorKind::InvalidArgument);
        assert_eq!(kind(of(&[-1.0, 0.0, 0.0, 1.0])), ErrorKind::InvalidArgument);
        assert_eq!(kind(of(&[1.0, f64::NAN, f64::NAN, 1.0])), ErrorKind::InvalidArgument);
        assert_eq!(kind(of(&[1.0])), ErrorKind::LengthMismatch);
        assert_eq!(kind(JointArm::from_moments(true, 5, &[1.0], &[1.0])), ErrorKind::LengthMismatch);
        assert_eq!(kind(JointArm::new(false, 65)), ErrorKind::InvalidArgument);
        let mut arm = arm(0, 3);
        assert_eq!(arm.merge(&JointArm::new(false, 1).unwrap()).unwrap_err().kind(), ErrorKind::Incompatible);
    }

    #[test]
    fn the_first_bad_row_is_named() {
        let (value, covariate) = ([1.0, 2.0, f64::NAN], [1.0, f64::INFINITY, 0.0]);
        let error = JointArm::from_measures(&Measures::of(&value).covariate(&covariate)).unwrap_err();
        assert_eq!((error.argument_name(), error.row()), (Some("covariate"), Some(1)));
        let error = JointArm::from_measures(&Measures::of(&value).denominator(&[1.0])).unwrap_err();
        assert_eq!((error.kind(), error.argument_name()), (ErrorKind::LengthMismatch, Some("denominator")));
    }

    #[test]
    fn json_keeps_every_bit() {
        let arm = arm(3, 77);
        assert_eq!(JointArm::from_json(&arm.to_json().unwrap()).unwrap(), arm);
    }
}
