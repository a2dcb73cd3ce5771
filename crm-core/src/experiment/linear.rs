//! The value of an arm as a mean of something linear: itself, or a ratio of means expanded around its estimate.

use super::joint_arm::JointArm;
use super::moments::Mean;

/// Adjusted squares below this share of the unadjusted ones are rounding.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// One arm's estimate, the squares of what it is the mean of, and products of that with the covariates.
///
/// ```text
/// mean:   z = y
/// ratio:  R = mean y / mean d,  z = R + (y - R d) / mean d
/// ```
pub(super) struct Linear<'a> {
    pub(super) arm: &'a JointArm,
    pub(super) count: f64,
    pub(super) value: Mean,
    pub(super) squares: f64,
    /// With each covariate.
    pub(super) products: Vec<f64>,
}

impl<'a> Linear<'a> {
    /// `None` for a mean denominator of 0.
    pub(super) fn of(arm: &'a JointArm) -> Option<Self> {
        let first = 1 + usize::from(arm.has_denominator());
        let covariates = first..arm.columns();
        let (count, squares) = (arm.count() as f64, arm.product(0, 0));
        if !arm.has_denominator() {
            let products = covariates.map(|column| arm.product(0, column)).collect();
            return Some(Self { arm, count, value: arm.exact_mean(0), squares, products });
        }
        let below = arm.exact_mean(1).high;
        if below == 0.0 {
            return None;
        }
        let ratio = arm.exact_mean(0).high / below;
        let taken = ratio * arm.product(1, 1);
        let rest = squares - 2.0 * ratio * arm.product(0, 1) + ratio * taken;
        let rest = if rest <= ROUNDING * squares.max(ratio * taken) { 0.0 } else { rest };
        let products = covariates
            .map(|column| (arm.product(0, column) - ratio * arm.product(1, column)) / below)
            .collect();
        Some(Self { arm, count, value: Mean::of(ratio), squares: rest / below / below, products })
    }

    /// The product of two covariates.
    pub(super) fn covariates(&self, first: usize, second: usize) -> f64 {
        let start = self.arm.columns() - self.products.len();
        self.arm.product(start + first, start + second)
    }

    /// How far the mean of a covariate is above that of the other arm.
    pub(super) fn covariate_above(&self, other: &Self, covariate: usize) -> f64 {
        let column = self.arm.columns() - self.products.len() + covariate;
        self.arm.exact_mean(column).less(other.arm.exact_mean(column))
    }

    /// `theta' V theta`, with V the products of the covariates.
    pub(super) fn explained(&self, theta: &[f64]) -> f64 {
        let row = |i: usize| theta.iter().enumerate().map(|(j, of)| of * self.covariates(i, j)).sum::<f64>();
        theta.iter().enumerate().map(|(i, of)| of * row(i)).sum()
    }

    /// `theta' c`, with c the products of value and covariates.
    pub(super) fn shared(&self, theta: &[f64]) -> f64 {
        theta.iter().zip(&self.products).map(|(of, product)| of * product).sum()
    }

    /// The squares that are left after the adjustment in each of two arms. Coefficients come from both arms, and so does what rounding leaves in one.
    pub(super) fn adjusted(arms: [&Self; 2], theta: &[f64]) -> [f64; 2] {
        let explained = arms.map(|arm| arm.explained(theta));
        let most = arms.iter().map(|arm| arm.squares).chain(explained).fold(0.0, f64::max);
        let left = |arm: &Self, explained: f64| arm.squares - 2.0 * arm.shared(theta) + explained;
        [left(arms[0], explained[0]), left(arms[1], explained[1])]
            .map(|rest| if rest <= ROUNDING * most { 0.0 } else { rest })
    }
}
