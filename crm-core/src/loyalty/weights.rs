//! Where the weights of a score come from, and what weights are.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::named::named;

/// Where the weights of a score come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
#[non_exhaustive]
pub enum WeightingKind {
    /// They were given.
    #[default]
    Given = 0,
    /// Pairwise comparisons.
    Ahp = 1,
    /// Entropy.
    Entropy = 2,
    /// Contrast and conflict between dimensions.
    Critic = 3,
    /// Standard deviations.
    StandardDeviation = 4,
    /// Variances.
    Variance = 5,
    /// Gini coefficients.
    Gini = 6,
    /// Angles to a dimension without differences.
    Angular = 7,
    /// The criterion impact loss.
    Cilos = 8,
    /// The first principal component.
    PrincipalComponent = 9,
    /// Learned from who was retained.
    Learned = 10,
}

named! { WeightingKind, "weighting", {
    Given: "given", Ahp: "ahp", Entropy: "entropy", Critic: "critic", StandardDeviation: "standard_deviation", Variance: "variance", Gini: "gini",
    Angular: "angular", Cilos: "cilos", PrincipalComponent: "principal_component", Learned: "learned",
} }

/// Weights may miss the sum of 1 by so much: three thirds of 0.333333333.
const SUM_TOLERANCE: f64 = 1e-6;

/// Weights that are not negative and sum to 1 (within a millionth), with their rounding taken out.
pub(super) fn checked(argument: &str, weights: &[f64]) -> Result<Vec<f64>> {
    let sum = not_negative(argument, weights)?;
    if (sum - 1.0).abs() > SUM_TOLERANCE || sum.is_nan() {
        let accepted = "1; proportional weights say that they are to be divided by their sum";
        return Err(Error::argument(argument, format!("a sum of {sum}"), accepted));
    }
    Ok(weights.iter().map(|weight| weight / sum).collect())
}

/// Weights in these proportions, which sum to 1.
///
/// ```
/// use crm_core::loyalty::proportional_weights;
/// assert_eq!(proportional_weights(&[5.0, 3.0, 2.0])?, [0.5, 0.3, 0.2]);
/// assert!(proportional_weights(&[5.0, -3.0]).is_err() && proportional_weights(&[0.0, 0.0]).is_err());
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` if there are none, one is negative or not finite, or all are 0.
pub fn proportional_weights(proportions: &[f64]) -> Result<Vec<f64>> {
    let sum = not_negative("weights", proportions)?;
    if !(sum > 0.0 && sum.is_finite()) {
        return Err(Error::argument("weights", format!("a sum of {sum}"), "positive and finite"));
    }
    Ok(proportions.iter().map(|weight| weight / sum).collect())
}

fn not_negative(argument: &str, weights: &[f64]) -> Result<f64> {
    if weights.is_empty() {
        return Err(Error::argument(argument, "an empty list", "a weight for each dimension"));
    }
    for (place, weight) in weights.iter().enumerate() {
        if !(*weight >= 0.0 && weight.is_finite()) {
            let given = format!("weight {place}, {weight},");
            return Err(Error::argument(argument, given, "0 or more and finite"));
        }
    }
    Ok(weights.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_that_do_not_sum_or_are_negative_are_refused() {
        let error = |weights: &[f64]| checked("weights", weights).unwrap_err().to_string();
        assert!(error(&[0.5, 0.4]).contains("a sum of 0.9"));
        assert!(error(&[50.0, 50.0]).contains("a sum of 100"));
        assert!(error(&[1.5, -0.5]).contains("weight 1, -0.5"));
        assert!(error(&[f64::NAN, 1.0]).contains("weight 0, NaN"));
        assert!(error(&[f64::INFINITY]).contains("inf"));
        assert!(error(&[]).contains("empty"));
        assert!(error(&[f64::MAX, f64::MAX]).contains("sum of inf"));
        let thirds = checked("weights", &[0.333_333_333; 3]).unwrap();
        assert!(thirds.iter().all(|third| *third == 1.0 / 3.0));
    }
}
