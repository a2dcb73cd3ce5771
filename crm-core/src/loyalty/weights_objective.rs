//! Weights from the data alone: by how dimensions differ between customers, not by what they are worth.
//!
//! References:
//! - Shannon's entropy as weights: Zeleny, M. (1982), *Multiple Criteria Decision Making*, McGraw-Hill, section 7.3.
//! - Diakoulaki, D., Mavrotas, G. and Papayannakis, L. (1995), "Determining objective weights in multiple criteria problems: the CRITIC method",
//!   Computers & Operations Research 22(7), 763-770.
//! - Zavadskas, E. K. and Podvezko, V. (2016), "Integrated determination of objective criteria weights in MCDM", International Journal of Information
//!   Technology & Decision Making 15(2), 267-283: the criterion impact loss.
//! - Nicoletti, G., Scarpetta, S. and Boylaud, O. (2000), "Summary indicators of product market regulation", OECD Economics Department Working Paper
//!   226, and OECD (2008), *Handbook on Constructing Composite Indicators*, section 6.1: squared loadings as weights.

use super::weights::WeightingKind;
use super::weights_codispersion::Codispersion;
use crate::error::{Error, ErrorKind, Result};
use crate::math::principal_axes;
use crate::parallel::Threads;

/// Weights that follow from how columns differ.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectiveWeights {
    /// What they follow from.
    pub kind: WeightingKind,
    /// The weights, which sum to 1, in the order of the columns.
    pub weights: Vec<f64>,
    /// The number of rows without a missing value: the others were not looked at.
    pub rows: usize,
    /// The share of all variance that the first principal component explains, if that is what was asked for.
    pub explained: Option<f64>,
    /// Whether the first principal component has loadings of both signs: it then opposes dimensions and measures no common thing, and its weights
    /// should not be used.
    pub mixed_signs: bool,
}

/// Weights from columns by one of the objective methods.
///
/// With `x` the values of a column, n rows and sums over rows:
/// - entropy: `w ~ 1 - e`, `e = -sum p ln p / ln n`, `p = x / sum x`;
/// - Gini: `w ~ sum |x_i - x_k| / (2 n sum x)`; angular: `w ~ arctan(sd / mean)`, the angle to a column without differences;
/// - standard deviation and variance, after `(x - min) / (max - min)`;
/// - CRITIC: `w_j ~ s_j sum_k (1 - r_jk)`, s the standard deviations after that and r the correlations;
/// - criterion impact loss: the null vector of the matrix of relative losses at the best row of each column (the mean of the rows where several are
///   best);
/// - first principal component of the correlations: its squared loadings.
///
/// All of them reward differences and redundancy, not importance: a dimension does not matter more to retention because customers differ in it. Entropy, Gini
/// and angular weights look at relative differences, so they depend on where the zero of a scale lies.
///
/// ```
/// use crm_core::loyalty::{WeightingKind, objective_weights};
/// let (orders, visits) = ([1.0, 2.0, 9.0], [4.0, 5.0, 6.0]);
/// let entropy = objective_weights(WeightingKind::Entropy, &[&orders, &visits])?;
/// assert!(entropy.weights[0] > 0.9);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a kind that is not objective or no column; `LengthMismatch` for columns of different lengths; `Empty` for fewer than 2 rows without a
/// missing value; `InvalidValue` for infinite values, for negative ones where shares are taken, and if no column differs.
pub fn objective_weights(kind: WeightingKind, columns: &[&[f64]]) -> Result<ObjectiveWeights> {
    Threads::Available.run(|| weigh(kind, columns))?
}

/// [`objective_weights`] on the threads that are there.
pub(super) fn weigh(kind: WeightingKind, columns: &[&[f64]]) -> Result<ObjectiveWeights> {
    if matches!(kind, WeightingKind::Given | WeightingKind::Ahp | WeightingKind::Learned) {
        return Err(Error::argument("weighting", kind.name(), "one that follows from the columns alone"));
    }
    let rows = complete_rows(columns)?;
    let mut result =
        ObjectiveWeights { kind, weights: Vec::new(), rows: rows.len(), explained: None, mixed_signs: false };
    let column =
        |place: usize| -> Vec<f64> { rows.iter().map(|&row| columns[place][row as usize]).collect() };
    let each = |weight: &dyn Fn(&[f64]) -> Result<f64>| -> Result<Vec<f64>> {
        (0..columns.len())
            .map(|place| {
                // In ascending order, sums do not depend on the order of the rows.
                let mut values = column(place);
                values.sort_unstable_by(f64::total_cmp);
                weight(&values).map_err(|error| error.on(format!("column {place}")))
            })
            .collect()
    };
    let raw = match kind {
        WeightingKind::Entropy => each(&|sorted| shares(sorted).map(|total| diversification(sorted, total)))?,
        WeightingKind::Gini => each(&|sorted| shares(sorted).map(|total| gini(sorted, total)))?,
        WeightingKind::Angular => each(&|sorted| shares(sorted).map(|total| angle(sorted, total)))?,
        WeightingKind::Cilos => {
            each(&|sorted| shares(sorted))?;
            impact_loss(&(0..columns.len()).map(column).collect::<Vec<_>>())
        }
        _ => {
            let spread = Codispersion::of((0..columns.len()).map(column).collect());
            match kind {
                WeightingKind::StandardDeviation => spread.deviations(),
                WeightingKind::Variance => spread.variances(),
                WeightingKind::Critic => critic(&spread),
                _ => {
                    let (loadings, explained) = first_component(&spread);
                    result.explained = Some(explained);
                    let sign = |wanted: f64| loadings.iter().any(|loading| loading * wanted > 1e-9);
                    result.mixed_signs = sign(1.0) && sign(-1.0);
                    loadings.iter().map(|loading| loading * loading).collect()
                }
            }
        }
    };
    let sum: f64 = raw.iter().sum();
    if !(sum > 0.0 && sum.is_finite()) {
        let message = "no column differs between the rows: there is nothing to weigh by";
        return Err(Error::new(ErrorKind::InvalidValue, message).on("columns"));
    }
    result.weights = raw.iter().map(|weight| weight / sum).collect();
    Ok(result)
}

/// The rows in which nothing is missing.
fn complete_rows(columns: &[&[f64]]) -> Result<Vec<u32>> {
    let Some(first) = columns.first() else {
        return Err(Error::argument("columns", "an empty list", "one column or more"));
    };
    for (place, values) in columns.iter().enumerate() {
        let name = || format!("column {place}");
        if values.len() != first.len() {
            let message = format!("has {} values, column 0 has {}", values.len(), first.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on(name()));
        }
        if let Some(row) = values.iter().position(|value| value.is_infinite()) {
            let message = format!("{} is not finite", values[row]);
            return Err(Error::new(ErrorKind::InvalidValue, message).on(name()).at_row(row as u64));
        }
    }
    let complete = |row: &u32| columns.iter().all(|values| !values[*row as usize].is_nan());
    let rows: Vec<u32> = (0..u32::try_from(first.len()).unwrap_or(u32::MAX)).filter(complete).collect();
    if rows.len() < 2 {
        let message = format!("{} rows have no missing value: weights need 2 at least", rows.len());
        return Err(Error::new(ErrorKind::Empty, message).on("columns"));
    }
    Ok(rows)
}

/// The sum of ascending values that shares can be taken of.
fn shares(sorted: &[f64]) -> Result<f64> {
    if sorted[0] < 0.0 {
        let message = format!("{} is negative: shares cannot be taken", sorted[0]);
        return Err(Error::new(ErrorKind::InvalidValue, message));
    }
    let total: f64 = sorted.iter().sum();
    if total > 0.0 && total.is_finite() {
        return Ok(total);
    }
    Err(Error::new(ErrorKind::InvalidValue, format!("the sum is {total}: shares cannot be taken")))
}

fn diversification(sorted: &[f64], total: f64) -> f64 {
    if sorted[0] == sorted[sorted.len() - 1] {
        return 0.0;
    }
    let entropy: f64 =
        sorted.iter().map(|value| value / total).filter(|&p| p > 0.0).map(|p| -p * p.ln()).sum();
    (1.0 - entropy / (sorted.len() as f64).ln()).max(0.0)
}

fn gini(sorted: &[f64], total: f64) -> f64 {
    let size = sorted.len() as f64;
    let ranked: f64 = sorted
        .iter()
        .enumerate()
        .map(|(place, value)| (2.0 * place as f64 + 1.0 - size) * (value / total))
        .sum();
    (ranked / size).max(0.0)
}

fn angle(sorted: &[f64], total: f64) -> f64 {
    let (size, mean) = (sorted.len() as f64, total / sorted.len() as f64);
    let squares: f64 = sorted.iter().map(|value| (value / mean - 1.0).powi(2)).sum();
    (squares / size).sqrt().atan()
}

fn critic(spread: &Codispersion) -> Vec<f64> {
    let size = spread.size();
    let conflict = |one: usize, other: usize| {
        // A column without differences conflicts with none.
        spread.correlation(one, other).map_or(0.0, |correlation| 1.0 - correlation)
    };
    let deviations = spread.deviations();
    (0..size).map(|one| deviations[one] * (0..size).map(|other| conflict(one, other)).sum::<f64>()).collect()
}

/// Loadings of the first principal component, mostly positive, and the share that it explains.
fn first_component(spread: &Codispersion) -> (Vec<f64>, f64) {
    let live: Vec<usize> = (0..spread.size()).filter(|&one| spread.correlation(one, one).is_some()).collect();
    let count = live.len();
    let matrix: Vec<f64> = live
        .iter()
        .flat_map(|&one| live.iter().map(move |&other| (one, other)))
        .map(|(one, other)| spread.correlation(one, other).unwrap_or(0.0))
        .collect();
    let axes = principal_axes(&matrix, count);
    let stretch = |axis: &[f64]| -> f64 {
        let image =
            matrix.chunks_exact(count).map(|row| row.iter().zip(axis).map(|(a, b)| a * b).sum::<f64>());
        image.zip(axis).map(|(image, part)| image * part).sum()
    };
    let mut loadings = vec![0.0; spread.size()];
    let mut largest = 0.0;
    for axis in axes.chunks_exact(count.max(1)) {
        let value = stretch(axis);
        if value > largest {
            largest = value;
            let sign = if axis.iter().sum::<f64>() < 0.0 { -1.0 } else { 1.0 };
            live.iter().zip(axis).for_each(|(&place, part)| loadings[place] = sign * part);
        }
    }
    (loadings, largest / count.max(1) as f64)
}

/// Zavadskas and Podvezko (2016): `F q = 0`, where `F_ij = (a_jj - a_ij) / a_jj` off the diagonal and each column of F sums to 0; `a_i` is the row in which column
/// i is best.
fn impact_loss(columns: &[Vec<f64>]) -> Vec<f64> {
    let size = columns.len();
    let best: Vec<f64> =
        columns.iter().map(|values| values.iter().copied().fold(f64::NEG_INFINITY, f64::max)).collect();
    let mut losses = vec![0.0; size * size];
    for one in 0..size {
        let rows: Vec<usize> =
            (0..columns[one].len()).filter(|&row| columns[one][row] == best[one]).collect();
        for other in (0..size).filter(|&other| other != one) {
            let mut there: Vec<f64> = rows.iter().map(|&row| columns[other][row]).collect();
            there.sort_unstable_by(f64::total_cmp);
            let mean = there.iter().map(|value| value / there.len() as f64).sum::<f64>();
            losses[one * size + other] = (1.0 - mean / best[other]).max(0.0);
        }
    }
    stationary(&losses, size)
}

/// The solution of `sum_j F_ij q_j = 0` for rates F: as that of a Markov chain, by eliminating states without a subtraction (Grassmann, Taksar and Heyman 1985).
fn stationary(losses: &[f64], size: usize) -> Vec<f64> {
    // A chain goes from j to i at the rate losses[i][j]: what leaves j is the sum of its column.
    let mut rate = losses.to_vec();
    let at = |from: usize, to: usize| to * size + from;
    let mut left = vec![0.0; size];
    for last in (1..size).rev() {
        left[last] = (0..last).map(|to| rate[at(last, to)]).sum();
        if left[last] > 0.0 {
            for from in 0..last {
                for to in (0..last).filter(|&to| to != from) {
                    rate[at(from, to)] += rate[at(from, last)] * rate[at(last, to)] / left[last];
                }
            }
        }
    }
    let mut weights = vec![0.0; size];
    weights[0] = 1.0;
    for place in 1..size {
        let inflow: f64 = (0..place).map(|from| weights[from] * rate[at(from, place)]).sum();
        if left[place] > 0.0 {
            weights[place] = inflow / left[place];
        } else {
            // Nothing leaves: a column that loses nothing where others are best takes all.
            weights[..place].fill(0.0);
            weights[place] = 1.0;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [[f64; 5]; 3] =
        [[3.0, 0.0, 7.0, 1.0, 2.0], [2.0, 1.0, 6.0, 1.5, 2.5], [5.0, 5.5, 4.0, 6.0, 5.0]];

    fn weights(kind: WeightingKind, columns: &[&[f64]]) -> ObjectiveWeights {
        objective_weights(kind, columns).unwrap()
    }

    const KINDS: [WeightingKind; 8] = [
        WeightingKind::Entropy,
        WeightingKind::Critic,
        WeightingKind::StandardDeviation,
        WeightingKind::Variance,
        WeightingKind::Gini,
        WeightingKind::Angular,
        WeightingKind::Cilos,
        WeightingKind::PrincipalComponent,
    ];

    #[test]
    fn weights_sum_to_one_whatever_the_order_of_the_rows() {
        let columns: Vec<&[f64]> = COLUMNS.iter().map(|column| &column[..]).collect();
        let turned = COLUMNS.map(|column| [3, 0, 4, 2, 1].map(|row: usize| column[row]));
        let turned: Vec<&[f64]> = turned.iter().map(|column| &column[..]).collect();
        for kind in KINDS {
            let found = weights(kind, &columns);
            assert!((found.weights.iter().sum::<f64>() - 1.0).abs() < 1e-15, "{kind:?}");
            assert!(found.weights.iter().all(|weight| *weight >= 0.0), "{kind:?} {:?}", found.weights);
            assert_eq!(found, weights(kind, &turned), "{kind:?}");
        }
    }

    #[test]
    fn the_first_component_of_two_is_known() {
        // Two standardised columns with a positive correlation r: loadings (1, 1) / sqrt 2, which explain (1 + r) / 2.
        let (one, other) = (&COLUMNS[0][..], &COLUMNS[1][..]);
        let found = weights(WeightingKind::PrincipalComponent, &[one, other]);
        assert!(found.weights.iter().all(|weight| (weight - 0.5).abs() < 1e-15) && !found.mixed_signs);
        // numpy.corrcoef.
        assert!((found.explained.unwrap() - f64::midpoint(1.0, 0.966_783_196_784_858_9)).abs() < 1e-12);
        let opposed = weights(WeightingKind::PrincipalComponent, &[one, &COLUMNS[2]]);
        assert!(opposed.mixed_signs);
    }

    #[test]
    fn a_column_without_differences_has_no_weight() {
        let flat = [4.0; 5];
        for kind in KINDS.into_iter().filter(|kind| *kind != WeightingKind::Cilos) {
            let found = weights(kind, &[&COLUMNS[0], &flat, &COLUMNS[2]]);
            assert_eq!(found.weights[1], 0.0, "{kind:?}");
            assert!(objective_weights(kind, &[&flat, &flat]).is_err(), "{kind:?}");
        }
    }

    #[test]
    fn incomplete_rows_are_left_out_and_counted() {
        let with_gap = [3.0, 0.0, 7.0, 1.0, 2.0, f64::NAN];
        let longer = [2.0, 1.0, 6.0, 1.5, 2.5, 99.0];
        for kind in KINDS {
            let found = weights(kind, &[&with_gap, &longer]);
            assert_eq!(found.rows, 5);
            assert_eq!(found.weights, weights(kind, &[&COLUMNS[0], &COLUMNS[1]]).weights);
        }
    }

    #[test]
    fn columns_that_cannot_be_weighed_are_named() {
        let error = |kind, columns: &[&[f64]]| objective_weights(kind, columns).unwrap_err().to_string();
        assert!(
            error(WeightingKind::Entropy, &[&[1.0, 2.0], &[1.0, -2.0]]).contains("column 1: -2 is negative")
        );
        assert!(error(WeightingKind::Gini, &[&[0.0, 0.0]]).contains("the sum is 0"));
        assert!(error(WeightingKind::Critic, &[&[1.0, f64::INFINITY]]).contains("column 0, row 1"));
        assert!(error(WeightingKind::Critic, &[&[1.0, 2.0], &[1.0]]).contains("has 1 values"));
        assert!(error(WeightingKind::Critic, &[]).contains("empty"));
        assert!(error(WeightingKind::Critic, &[&[1.0, f64::NAN]]).contains("1 rows"));
        assert!(error(WeightingKind::Learned, &[&[1.0, 2.0]]).contains("learned"));
    }
}
