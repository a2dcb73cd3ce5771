//! Uplift curves: does a score put those first whom a campaign moves?
//!
//! References:
//! - Radcliffe, N. J. (2007), "Using control groups to target on predicted lift: building and assessing uplift models", Direct Marketing
//!   Analytics Journal 2007, 14-21.
//! - Radcliffe, N. J. and Surry, P. D. (2011), "Real-world uplift modelling with significance-based uplift trees", Stochastic Solutions
//!   white paper TR-2011-1, section 4.
//! - Devriendt, F., Van Belle, J., Guns, T. and Verbeke, W. (2022), "Learning to rank for uplift modeling", IEEE Transactions on
//!   Knowledge and Data Engineering 34(10), for how the definitions in use differ.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::named::named;

/// What an uplift curve shows of the customers with the highest scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum UpliftCurveKind {
    /// Outcomes of targets above what as many controls had (Radcliffe 2007): `Y_t - Y_c n_t / n_c`.
    #[default]
    Qini = 0,
    /// The difference of the means times all customers: `(Y_t / n_t - Y_c / n_c)(n_t + n_c)`, called cumulative gain or uplift curve.
    Gain = 1,
}

named! { UpliftCurveKind, "curve", { Qini: "qini", Gain: "gain" } }

/// What the area between an uplift curve and chance is divided by. Packages differ here, and their figures cannot be compared.
///
/// An "optimum" is the conventional perfect order of Radcliffe (2007): targets who respond first, controls who respond last. It is not always the
/// best possible: the Qini curve has better ones where controls who respond outnumber all targets, the gain curve in more cases. A score above 1
/// is therefore possible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum UpliftScale {
    /// The area of the conventional perfect order, which puts customers whom contact harms last (Radcliffe's Q; scikit-uplift). Outcomes must be
    /// 0 or 1.
    #[default]
    Optimum = 0,
    /// The area of the perfect order if contact harms nobody (Radcliffe's q0). For the Qini curve and outcomes of 0 or 1.
    OptimumWithoutHarm = 1,
    /// The number of customers times the magnitude of the curve's end (causalml's normalised curves).
    End = 2,
    /// The number of customers: the mean height of the curve above chance over all depths, in outcomes.
    Customers = 3,
    /// Nothing: customers times outcomes.
    Area = 4,
}

named! { UpliftScale, "scale", {
    Optimum: "optimum", OptimumWithoutHarm: "optimum_without_harm", End: "end", Customers: "customers", Area: "area",
} }

/// Whether an uplift score is defined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
#[non_exhaustive]
pub enum UpliftStatus {
    /// It is.
    #[default]
    Ok = 0,
    /// The curve ends at 0, by which it cannot be divided.
    NoOverallUplift = 1,
    /// The conventional perfect order is no better than chance, such as when all outcomes are equal.
    NoOptimum = 2,
}

named! { UpliftStatus, "status", {
    Ok: "ok", NoOverallUplift: "no_overall_uplift", NoOptimum: "no_optimum",
} }

/// A Qini coefficient, or an area under the uplift curve, in a named scale.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct UpliftScore {
    /// (area - `random_area`) / divisor; NaN if the status says so.
    pub value: f64,
    /// The area under the curve by the trapezoidal rule, in customers times outcomes.
    pub area: f64,
    /// The area under the straight line to the curve's end, which is what a random order has on average.
    pub random_area: f64,
    /// What the difference is divided by.
    pub divisor: f64,
    /// Whether the value is defined.
    pub status: UpliftStatus,
}

/// Customers of one score.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct ScoreGroup {
    pub(super) targets: u64,
    pub(super) controls: u64,
    pub(super) target_outcome: f64,
    pub(super) control_outcome: f64,
}

impl ScoreGroup {
    pub(super) fn add(&mut self, other: &Self) {
        self.targets += other.targets;
        self.controls += other.controls;
        self.target_outcome += other.target_outcome;
        self.control_outcome += other.control_outcome;
    }

    /// How large the terms are whose difference is the curve's height.
    fn magnitude(&self) -> f64 {
        self.target_outcome.abs() + self.control_outcome.abs() * (self.targets as f64 / self.controls as f64)
    }

    /// The curve's height at these totals.
    pub(super) fn height(&self, kind: UpliftCurveKind) -> f64 {
        let (targets, controls) = (self.targets as f64, self.controls as f64);
        let mean = |sum: f64, count: f64| if count > 0.0 { sum / count } else { 0.0 };
        match kind {
            UpliftCurveKind::Qini => self.target_outcome - mean(self.control_outcome, controls) * targets,
            UpliftCurveKind::Gain => {
                let difference = mean(self.target_outcome, targets) - mean(self.control_outcome, controls);
                difference * (targets + controls)
            }
        }
    }
}

/// Customers in the order of a score, highest first, with what became of them.
///
/// Customers with the same score are one group and never split, so the curve does not depend on the order of the rows.
///
/// ```
/// use crm_core::campaign::{UpliftCurve, UpliftCurveKind, UpliftScale};
/// let curve = UpliftCurve::new(
///     &[0.9, 0.8, 0.8, 0.3, 0.2, 0.1],
///     &[true, true, false, false, true, false],
///     &[1.0, 1.0, 0.0, 0.0, 0.0, 1.0],
/// )?;
/// assert_eq!(curve.customers(), [0, 1, 3, 4, 5, 6]);
/// assert_eq!(curve.heights(UpliftCurveKind::Qini), [0.0, 1.0, 2.0, 2.0, 2.0, 1.0]);
/// let qini = curve.score(UpliftCurveKind::Qini, UpliftScale::Optimum)?;
/// assert_eq!((qini.area, qini.random_area), (9.0, 3.0));
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct UpliftCurve {
    /// Rows by score, highest first, then controls before targets, then by outcome: an order that rows of a table cannot change.
    pub(super) order: Vec<u32>,
    /// Where the groups of equal scores end within the order.
    pub(super) ends: Vec<u32>,
    pub(super) scores: Vec<f64>,
    pub(super) groups: Vec<ScoreGroup>,
    pub(super) total: ScoreGroup,
    pub(super) binary: bool,
    pub(super) targets: Vec<bool>,
    pub(super) outcomes: Vec<f64>,
}

impl UpliftCurve {
    /// A curve from a score, whether each customer was a target (otherwise a control), and the outcome: 0 or 1, or an amount.
    ///
    /// # Errors
    /// `LengthMismatch`; `InvalidValue` with the row for a score that is NaN and an outcome that is not finite; `Empty` without targets or
    /// without controls; `OutOfRange` above 4,294,967,295 rows and for outcomes whose sum overflows.
    pub fn new(score: &[f64], target: &[bool], outcome: &[f64]) -> Result<Self> {
        for (name, rows) in [("target", target.len()), ("outcome", outcome.len())] {
            if rows != score.len() {
                let message = format!("has {rows} rows, but score has {}", score.len());
                return Err(Error::new(ErrorKind::LengthMismatch, message).on(name));
            }
        }
        if u32::try_from(score.len()).is_err() {
            let message = format!("{} rows are above 4294967295", score.len());
            return Err(Error::new(ErrorKind::OutOfRange, message).on("score"));
        }
        let bad = |name: &str, row: usize, value: f64, must: &str| {
            let message = format!("{value} is not accepted: must be {must}");
            Err(Error::new(ErrorKind::InvalidValue, message).on(name).at_row(row as u64))
        };
        if let Some(row) = score.iter().position(|value| value.is_nan()) {
            return bad("score", row, score[row], "a number");
        }
        if let Some(row) = outcome.iter().position(|value| !value.is_finite()) {
            return bad("outcome", row, outcome[row], "finite");
        }
        let targets = target.iter().filter(|&&is| is).count();
        for (name, count) in [("targets", targets), ("controls", score.len() - targets)] {
            if count == 0 {
                return Err(Error::new(ErrorKind::Empty, format!("there are no {name}")).on("target"));
            }
        }
        let mut order: Vec<u32> = (0..score.len() as u32).collect();
        order.sort_unstable_by(|&one, &other| {
            let (one, other) = (one as usize, other as usize);
            // Adding 0 turns -0 into 0, which a total order tells apart.
            (score[other] + 0.0)
                .total_cmp(&(score[one] + 0.0))
                .then(target[one].cmp(&target[other]))
                .then(outcome[one].total_cmp(&outcome[other]))
        });
        let mut curve = Self {
            ends: Vec::new(),
            scores: Vec::new(),
            groups: Vec::new(),
            total: ScoreGroup::default(),
            binary: outcome.iter().all(|&value| value == 0.0 || value == 1.0),
            targets: order.iter().map(|&row| target[row as usize]).collect(),
            outcomes: order.iter().map(|&row| outcome[row as usize]).collect(),
            order,
        };
        let rows = score.len();
        let mut start = 0;
        while start < rows {
            let value = score[curve.order[start] as usize];
            let equal = curve.order[start..].partition_point(|&row| score[row as usize] == value);
            let mut group = ScoreGroup::default();
            for place in start..start + equal {
                let outcome = curve.outcomes[place];
                if curve.targets[place] {
                    group.targets += 1;
                    group.target_outcome += outcome;
                } else {
                    group.controls += 1;
                    group.control_outcome += outcome;
                }
            }
            curve.total.add(&group);
            curve.groups.push(group);
            curve.scores.push(value);
            start += equal;
            curve.ends.push(start as u32);
        }
        let ScoreGroup { target_outcome, control_outcome, .. } = curve.total;
        // So that areas, which multiply by customers twice, stay finite.
        if !((target_outcome.abs() + control_outcome.abs()) * (rows as f64).powi(2)).is_finite() {
            let message = "the sum is too large".to_owned();
            return Err(Error::new(ErrorKind::OutOfRange, message).on("outcome"));
        }
        Ok(curve)
    }

    /// Customers up to each point: 0, then up to the end of each group of equal scores.
    pub fn customers(&self) -> Vec<u64> {
        std::iter::once(0).chain(self.ends.iter().map(|&end| u64::from(end))).collect()
    }

    /// The scores of the groups, descending; one fewer than points.
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// The curve's height at each point, the first being 0.
    pub fn heights(&self, kind: UpliftCurveKind) -> Vec<f64> {
        let mut sum = ScoreGroup::default();
        let height = |group| {
            sum.add(group);
            sum.height(kind)
        };
        std::iter::once(0.0).chain(self.groups.iter().map(height)).collect()
    }

    /// Number of targets.
    pub fn targets(&self) -> u64 {
        self.total.targets
    }

    /// Number of controls.
    pub fn controls(&self) -> u64 {
        self.total.controls
    }

    /// Whether all outcomes are 0 or 1.
    pub fn is_binary(&self) -> bool {
        self.binary
    }

    /// The area between the curve and chance in a named scale: the Qini coefficient, or AUUC less that of chance.
    ///
    /// ```text
    /// (area - n h(n) / 2) / divisor,  area = sum (h_i + h_(i-1)) (n_i - n_(i-1)) / 2
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for the scale of an optimum if outcomes are not 0 or 1, and of one without harm with the gain curve.
    pub fn score(&self, kind: UpliftCurveKind, scale: UpliftScale) -> Result<UpliftScore> {
        if matches!(scale, UpliftScale::Optimum | UpliftScale::OptimumWithoutHarm) && !self.binary {
            return Err(Error::argument("scale", scale.name(), "another where outcomes are not 0 or 1"));
        }
        if scale == UpliftScale::OptimumWithoutHarm && kind != UpliftCurveKind::Qini {
            return Err(Error::argument("scale", scale.name(), "another for the gain curve"));
        }
        Ok(score_of(&self.groups, &self.total, kind, scale))
    }
}

/// The score of groups in their order.
pub(super) fn score_of(
    groups: &[ScoreGroup],
    total: &ScoreGroup,
    kind: UpliftCurveKind,
    scale: UpliftScale,
) -> UpliftScore {
    let customers = (total.targets + total.controls) as f64;
    let end = total.height(kind);
    let (area, random_area) = (area(groups, kind), customers * end / 2.0);
    let (optimum, end_magnitude) = (|area: f64| area - random_area, total.magnitude());
    // What is left by rounding alone is nothing.
    let (divisor, least, missing) = match scale {
        UpliftScale::Optimum => {
            (optimum(optimum_area(total, kind)), 1e-12 * customers, UpliftStatus::NoOptimum)
        }
        // The curve rises by one a customer up to its end and stays there.
        UpliftScale::OptimumWithoutHarm => {
            (optimum((customers - end / 2.0) * end), 1e-12 * customers, UpliftStatus::NoOptimum)
        }
        UpliftScale::End => {
            (customers * end.abs(), 1e-12 * customers * end_magnitude, UpliftStatus::NoOverallUplift)
        }
        UpliftScale::Customers => (customers, 0.0, UpliftStatus::Ok),
        UpliftScale::Area => (1.0, 0.0, UpliftStatus::Ok),
    };
    let (value, status) = if divisor > least {
        ((area - random_area) / divisor, UpliftStatus::Ok)
    } else {
        (f64::NAN, missing)
    };
    UpliftScore { value, area, random_area, divisor, status }
}

/// The area under the curve by the trapezoidal rule.
fn area(groups: &[ScoreGroup], kind: UpliftCurveKind) -> f64 {
    let (mut sum, mut before, mut area) = (ScoreGroup::default(), 0.0, 0.0);
    for group in groups {
        sum.add(group);
        let height = sum.height(kind);
        area += f64::midpoint(before, height) * (group.targets + group.controls) as f64;
        before = height;
    }
    area
}

/// The area of the conventional perfect order for outcomes of 0 and 1: the curve of a score that knows them.
fn optimum_area(total: &ScoreGroup, kind: UpliftCurveKind) -> f64 {
    // Sums of zeros and ones are whole numbers.
    let (responders, control_responders) = (total.target_outcome as u64, total.control_outcome as u64);
    let (others, control_others) = (total.targets - responders, total.controls - control_responders);
    let group = |targets, controls, target_outcome: u64, control_outcome: u64| ScoreGroup {
        targets,
        controls,
        target_outcome: target_outcome as f64,
        control_outcome: control_outcome as f64,
    };
    let first = group(responders, 0, responders, 0);
    let last = group(0, control_responders, 0, control_responders);
    let groups = match kind {
        UpliftCurveKind::Qini => vec![first, group(others, control_others, 0, 0), last],
        UpliftCurveKind::Gain => {
            let (untouched, wasted) = (group(0, control_others, 0, 0), group(others, 0, 0, 0));
            if control_responders > others {
                vec![first, untouched, last, wasted]
            } else {
                vec![first, untouched, wasted, last]
            }
        }
    };
    area(&groups, kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six customers, two of whom share a score.
    fn small() -> UpliftCurve {
        UpliftCurve::new(
            &[0.1, 0.8, 0.3, 0.9, 0.8, 0.2],
            &[false, true, false, true, false, true],
            &[1.0, 1.0, 0.0, 1.0, 0.0, 0.0],
        )
        .unwrap()
    }

    #[test]
    fn heights_by_hand() {
        // Order: t1 | t1 c0 | c0 | t0 | c1.
        assert_eq!(small().scores(), [0.9, 0.8, 0.3, 0.2, 0.1]);
        assert_eq!(small().heights(UpliftCurveKind::Qini), [0.0, 1.0, 2.0, 2.0, 2.0, 1.0]);
        // (1 - 0) 1, (1 - 0) 3, (1 - 0) 4, (2/3 - 0) 5, (2/3 - 1/3) 6.
        let gain = small().heights(UpliftCurveKind::Gain);
        for (height, known) in gain.iter().zip([0.0, 1.0, 3.0, 4.0, 10.0 / 3.0, 2.0]) {
            assert!((height - known).abs() < 1e-15, "{gain:?}");
        }
    }

    #[test]
    fn scales_by_hand() {
        let value = |scale| small().score(UpliftCurveKind::Qini, scale).unwrap().value;
        // The area is 0.5 + 3 + 2 + 2 + 1.5 = 9, chance has 6 * 1 / 2. The best order: two targets who respond to 2, three others at 2, down to
        // 1: 2 + 6 + 1.5 = 9.5. Without harm: up to 1 after one customer, then 1: 0.5 + 5.
        assert_eq!(value(UpliftScale::Area), 6.0);
        assert_eq!(value(UpliftScale::Customers), 1.0);
        assert_eq!(value(UpliftScale::End), 1.0);
        assert!((value(UpliftScale::Optimum) - 6.0 / 6.5).abs() < 1e-15);
        assert!((value(UpliftScale::OptimumWithoutHarm) - 6.0 / 2.5).abs() < 1e-15);
    }

    #[test]
    fn the_conventional_order_is_not_always_the_best() {
        // A target who responds, a target who does not, a control who does, two who do not; by hand over all orders of these four kinds: 109 / 12 against
        // 101 / 12 for targets who respond, controls who do not, then all others but in the conventional order.
        let (target, outcome) = ([true, true, false, false, false], [1.0, 0.0, 1.0, 0.0, 0.0]);
        let score = |scores: &[f64]| {
            let curve = UpliftCurve::new(scores, &target, &outcome).unwrap();
            curve.score(UpliftCurveKind::Gain, UpliftScale::Optimum).unwrap()
        };
        let conventional = score(&[4.0, 2.0, 1.0, 3.0, 3.0]);
        assert!((conventional.area - 101.0 / 12.0).abs() < 1e-14 && (conventional.value - 1.0).abs() < 1e-14);
        let better = score(&[4.0, 1.0, 2.0, 3.0, 3.0]);
        assert!((better.area - 109.0 / 12.0).abs() < 1e-14 && better.value > 1.1, "{better:?}");
    }

    #[test]
    fn one_score_for_all_is_chance() {
        let curve = UpliftCurve::new(&[1.0; 4], &[true, true, false, false], &[1.0, 0.0, 0.0, 0.0]).unwrap();
        for kind in [UpliftCurveKind::Qini, UpliftCurveKind::Gain] {
            let score = curve.score(kind, UpliftScale::Optimum).unwrap();
            assert_eq!((score.value, score.status), (0.0, UpliftStatus::Ok));
        }
    }

    #[test]
    fn data_without_uplift_say_so() {
        let curve = UpliftCurve::new(&[1.0, 2.0, 3.0, 4.0], &[true, true, false, false], &[0.0; 4]).unwrap();
        let status = |scale| curve.score(UpliftCurveKind::Qini, scale).unwrap().status;
        assert_eq!(status(UpliftScale::Optimum), UpliftStatus::NoOptimum);
        assert_eq!(status(UpliftScale::End), UpliftStatus::NoOverallUplift);
        assert_eq!(status(UpliftScale::Area), UpliftStatus::Ok);
        let amounts = UpliftCurve::new(&[1.0, 2.0], &[true, false], &[2.5, 1.0]).unwrap();
        let refused = amounts.score(UpliftCurveKind::Qini, UpliftScale::Optimum).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
        assert!(amounts.score(UpliftCurveKind::Gain, UpliftScale::Customers).is_ok());
        assert!(small().score(UpliftCurveKind::Gain, UpliftScale::OptimumWithoutHarm).is_err());
    }

    #[test]
    fn bad_rows_are_named() {
        let error = |score: &[f64], target: &[bool], outcome: &[f64]| {
            let error = UpliftCurve::new(score, target, outcome).unwrap_err();
            (error.kind(), error.row())
        };
        let both = [true, false];
        assert_eq!(error(&[1.0, f64::NAN], &both, &[0.0; 2]), (ErrorKind::InvalidValue, Some(1)));
        assert_eq!(error(&[1.0; 2], &both, &[f64::INFINITY, 0.0]), (ErrorKind::InvalidValue, Some(0)));
        assert_eq!(error(&[1.0; 2], &both, &[0.0]), (ErrorKind::LengthMismatch, None));
        assert_eq!(error(&[1.0; 2], &[true; 2], &[0.0; 2]), (ErrorKind::Empty, None));
        assert_eq!(error(&[1.0; 2], &[false; 2], &[0.0; 2]), (ErrorKind::Empty, None));
        assert_eq!(error(&[1.0; 2], &both, &[1e308; 2]), (ErrorKind::OutOfRange, None));
        assert_eq!(error(&[], &[], &[]), (ErrorKind::Empty, None));
    }
}
