//! The test of Mann and Whitney.
//!
//! Mann and Whitney (1947), "On a test of whether one of two random variables is stochastically larger than the other", Annals of Mathematical
//! Statistics 18(1). Hodges and Lehmann (1963), "Estimates of location based on rank tests", Annals of Mathematical Statistics 34(2). Cliff
//! (1993), "Dominance statistics: ordinal analyses to answer ordinal questions", Psychological Bulletin 114(3).

use serde::{Deserialize, Serialize};

use super::pairs::Pairs;
use super::rank_sum::{RankSum, Tail};
use crate::error::{Error, Result};
use crate::experiment::sample::{check_contrast, interval, sorted_arms, unanswered};
use crate::experiment::split_check::SplitCheck;
use crate::experiment::test_options::{Alternative, Contrast, TestOptions};
use crate::experiment::test_result::{TestResult, TestStatus};
use crate::math::quantile_type_7;
use crate::named::named;
use crate::parallel::Threads;

/// Where the p-value of the Mann-Whitney test comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum MannWhitneyMethod {
    /// Exact up to 2,500 pairs of a target and a control value, `NormalCorrected` above.
    #[default]
    Auto = 0,
    /// All assignments of the pooled values to the arms, ties as they are; up to 10,000 pairs.
    Exact = 1,
    /// The normal approximation, its variance corrected for ties.
    Normal = 2,
    /// The normal approximation with a continuity correction of 1/2.
    NormalCorrected = 3,
}

named! { MannWhitneyMethod, "method", {
    Auto: "auto", Exact: "exact", Normal: "normal", NormalCorrected: "normal_corrected",
} }

/// Up to how many pairs `Auto` is exact.
const AUTO_PAIRS: u64 = 2_500;
/// Up to how many pairs exact probabilities are offered.
const MOST_PAIRS: u64 = 10_000;

/// What the Mann-Whitney test says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MannWhitney {
    /// The test of the shift: the estimate is that of Hodges and Lehmann, target and control are medians, the effect size is
    /// the probability of superiority.
    pub test: TestResult,
    /// The statistic: pairs in which the target is above the control, a tie counting one half, after the shift of the null.
    pub u: f64,
    /// `P(target > control) + P(target = control) / 2`, of the values as they are.
    pub probability_of_superiority: f64,
    /// `P(target > control) - P(target < control)`, which is also the rank-biserial correlation.
    #[doc(alias = "rank_biserial")]
    pub cliffs_delta: f64,
    /// Whether the p-value is exact.
    pub exact: bool,
}

/// Tests whether the target is shifted against the control, by ranks.
///
/// `U(d) = #(x - y > d) + #(x - y = d) / 2` over all pairs of a target value x and a control value y. Under the null shift d, all assignments of
/// the pooled values (the target less d, and the control) to the arms are equally likely; p is the probability of a `U` as far out, twice the
/// smaller tail if the alternative has two sides. The interval holds the shifts d whose `U(d)` would not be rejected at these critical values,
/// so it excludes the null exactly if the test rejects. The estimate is the median of all differences `x - y`.
///
/// `target` and `control` are the columns, in any order, with values up to 1e150; the contrast is the difference, the null a shift in the unit
/// of the values. Equal constants in both arms have the status `NoVariance` and the whole line as interval: p is exactly 1, and NaN in the
/// normal approximation. Where many values are equal (revenue with mostly zeros) no shift but 0 may be left in the interval: read the
/// probability of superiority.
///
/// # Errors
/// `Empty`, `InvalidValue` and `OutOfRange` for a column that cannot be used; `InvalidArgument` for an option that makes no sense, and for more
/// than 10,000 pairs with `Exact`.
///
/// ```
/// use crm_core::Threads;
/// use crm_core::experiment::{MannWhitneyMethod, TestOptions, mann_whitney};
/// let (target, control) = ([1.0, 4.0, 7.0, 9.0], [2.0, 3.0, 5.0]);
/// let found = mann_whitney(&target, &control, MannWhitneyMethod::Auto, &TestOptions::default(), Threads::Available)?;
/// assert_eq!((found.u, found.exact), (8.0, true));
/// assert!((found.test.p_value - 22.0 / 35.0).abs() < 1e-15);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Mann and Whitney (1947); Hodges and Lehmann (1963).
pub fn mann_whitney(
    target: &[f64],
    control: &[f64],
    method: MannWhitneyMethod,
    options: &TestOptions,
    threads: Threads,
) -> Result<MannWhitney> {
    check_contrast(options, &[Contrast::Difference])?;
    let (target, control) = sorted_arms(target, control, threads)?;
    let pairs = Pairs::new(&target, &control);
    let exact = match method {
        MannWhitneyMethod::Auto => pairs.count() <= AUTO_PAIRS,
        MannWhitneyMethod::Exact if pairs.count() > MOST_PAIRS => {
            let given = format_args!("exact with {} x {} values", target.len(), control.len());
            return Err(Error::argument("method", given, "auto or normal above 10,000 pairs"));
        }
        MannWhitneyMethod::Exact => true,
        MannWhitneyMethod::Normal | MannWhitneyMethod::NormalCorrected => false,
    };
    let null = options.null_value();
    let (twice_u, ties) = threads.run(|| pairs.twice_u_and_ties(null))?;
    let unshifted = if null == 0.0 { twice_u } else { threads.run(|| pairs.twice_u(0.0))? };
    let distribution = if exact {
        RankSum::exact(target.len(), control.len(), &pairs.groups(null))
    } else {
        let correction = if method == MannWhitneyMethod::Normal { 0.0 } else { 0.5 };
        RankSum::normal(target.len(), control.len(), &ties, correction)
    };
    let most = 2 * pairs.count();
    let superiority = unshifted as f64 / most as f64;
    let constant = ties == [(target.len() + control.len()) as u64];
    let status = if constant { TestStatus::NoVariance } else { TestStatus::Ok };
    let median = |sorted: &[f64]| quantile_type_7(sorted, 0.5).unwrap_or(f64::NAN);
    let split = SplitCheck::of_two(target.len() as u64, control.len() as u64, options)?;
    let mut test = unanswered(name(exact, method), options, median(&target), median(&control), status, split);
    test.effect_size = superiority;
    let answers = status == TestStatus::Ok;
    let critical = Critical { distribution: &distribution, options, most };
    let ends = answers.then(|| (critical.lower(), critical.upper()));
    let (estimate, lower, upper) = threads.run(|| shifts(&pairs, ends))?;
    test.estimate = estimate;
    // Where values are equal one shift may be all that is left, whose ends are differences rounded on either side of it.
    let point = lower > upper && lower - upper <= 4.0 * f64::EPSILON * lower.abs().max(f64::MIN_POSITIVE);
    test.interval = if point { interval(upper, lower) } else { interval(lower, upper) };
    if exact || answers {
        test.statistic = distribution.standardised(twice_u);
        (test.p_value, test.ln_p_value) = critical.p_value(twice_u);
    }
    if point {
        test.interval = test.interval.agreeing(null, test.p_value <= test.alpha);
    }
    Ok(MannWhitney {
        test,
        u: 0.5 * twice_u as f64,
        probability_of_superiority: superiority,
        cliffs_delta: (2.0 * unshifted as f64 - most as f64) / most as f64,
        exact,
    })
}

fn name(exact: bool, method: MannWhitneyMethod) -> &'static str {
    match method {
        _ if exact => "mann_whitney_exact",
        MannWhitneyMethod::Normal => "mann_whitney_normal",
        _ => "mann_whitney_normal_corrected",
    }
}

/// The estimate, and the ends of the interval from what [`Critical`] says of each; an interval without is the whole line.
fn shifts(pairs: &Pairs<'_>, ends: Option<(End, End)>) -> (f64, f64, f64) {
    let (lower, upper) = ends.unwrap_or((End::At(f64::NEG_INFINITY), End::At(f64::INFINITY)));
    let mut places = vec![pairs.middle()];
    if let End::Statistic(most) = lower {
        places.push(pairs.place_of_lowest(most));
    }
    if let End::Statistic(least) = upper {
        places.push(pairs.place_of_highest(least));
    }
    let found = pairs.differences(&places);
    let lower = match lower {
        End::At(end) => end,
        End::Statistic(most) => pairs.lowest_shift(most, &found[1]),
    };
    let upper = match upper {
        End::At(end) => end,
        End::Statistic(least) => pairs.highest_shift(least, &found[places.len() - 1]),
    };
    (pairs.median(&found[0]), lower, upper)
}

/// An end of the interval.
#[derive(Clone, Copy)]
enum End {
    At(f64),
    /// The farthest shift at which the doubled statistic is still this.
    Statistic(u64),
}

/// Which values of the doubled statistic are rejected: p-value and interval are both read off this.
struct Critical<'a> {
    distribution: &'a RankSum,
    options: &'a TestOptions,
    most: u64,
}

impl Critical<'_> {
    fn p_value(&self, twice_u: u64) -> (f64, f64) {
        let upper = self.distribution.tail(Tail::Upper, twice_u);
        let lower = self.distribution.tail(Tail::Lower, twice_u);
        match self.options.alternative {
            Alternative::Greater => upper,
            Alternative::Less => lower,
            Alternative::TwoSided => {
                let (p, ln_p) = if upper.1 <= lower.1 { upper } else { lower };
                ((2.0 * p).min(1.0), (ln_p + std::f64::consts::LN_2).min(0.0))
            }
        }
    }

    fn rejects(&self, tail: Tail, twice_u: u64) -> bool {
        let sides = if self.options.alternative == Alternative::TwoSided { 2.0 } else { 1.0 };
        sides * self.distribution.tail(tail, twice_u).0 <= self.options.alpha
    }

    /// The first value from 0 for which `holds`, which stays true from there on; one above the largest if none.
    fn first(&self, holds: impl Fn(u64) -> bool) -> u64 {
        let (mut low, mut high) = (0, self.most + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        low
    }

    /// The lowest shift that is not too far below the data.
    fn lower(&self) -> End {
        if self.options.alternative == Alternative::Less {
            return End::At(f64::NEG_INFINITY);
        }
        match self.first(|twice_u| self.rejects(Tail::Upper, twice_u)) {
            0 => End::At(f64::INFINITY),
            rejected if rejected > self.most => End::At(f64::NEG_INFINITY),
            rejected => End::Statistic(rejected - 1),
        }
    }

    /// The highest shift that is not too far above the data.
    fn upper(&self) -> End {
        if self.options.alternative == Alternative::Greater {
            return End::At(f64::INFINITY);
        }
        match self.first(|twice_u| !self.rejects(Tail::Lower, twice_u)) {
            0 => End::At(f64::INFINITY),
            kept if kept > self.most => End::At(f64::NEG_INFINITY),
            kept => End::Statistic(kept),
        }
    }
}
