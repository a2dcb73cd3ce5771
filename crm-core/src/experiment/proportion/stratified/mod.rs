//! Two rates compared within strata.
//!
//! Mantel and Haenszel (1959), "Statistical aspects of the analysis of data from retrospective studies of disease", Journal of the National Cancer
//! Institute 22(4); Miettinen and Nurminen (1985), "Comparative analysis of two rates", Statistics in Medicine 4.

mod exact;
mod heterogeneity;
mod moments;
mod pivot;
mod strata;

use serde::{Deserialize, Serialize};

use super::super::exact_tails::Extreme;
use super::super::many_proportions::{Homogeneity, ProportionColumns};
use super::super::split_check::SplitCheck;
use super::super::test_options::{Contrast, TestOptions};
use super::super::test_result::{TestResult, TestStatus};
use super::evidence::{Asked, Evidence};
use super::{check_contrast, check_null};
use crate::error::Result;
use crate::named::named;
use pivot::Pivot;
use strata::Strata;

/// How two rates are compared within strata. Each method has the p-value and the interval of one statistic.
///
/// | method | statistic | contrasts |
/// | --- | --- | --- |
/// | `MantelHaenszel` | stratified score; at "no effect" that of Cochran, Mantel and Haenszel | all |
/// | `ContinuityCorrected` | the same less half a count | difference, odds ratio |
/// | `SampleSize` | stratified score, strata weigh as their trials | difference, lift, ratio |
/// | `Exact`, `ExactCentral`, `ExactMidP` | exact, given the conversions of each stratum | odds ratio |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
#[non_exhaustive]
pub enum StratifiedMethod {
    /// The score test with the weights of Mantel and Haenszel: for difference, lift and ratio that of Miettinen and Nurminen (1985), for the odds ratio
    /// the conditional one. At "no effect" all of them are the Cochran-Mantel-Haenszel test.
    #[default]
    MantelHaenszel = 0,
    /// The same with the correction for continuity of Mantel and Haenszel (1959), inverted for its interval.
    ContinuityCorrected = 1,
    /// The score test of Miettinen and Nurminen with strata that weigh as many trials as they have.
    SampleSize = 2,
    /// The exact conditional test; two-sided by minimum likelihood.
    Exact = 3,
    /// The exact conditional test; two-sided twice the smaller tail.
    ExactCentral = 4,
    /// The exact conditional test with what was seen counted half; two-sided twice the smaller tail.
    ExactMidP = 5,
}

named! { StratifiedMethod, "method", {
    MantelHaenszel: "mantel_haenszel", ContinuityCorrected: "continuity_corrected", SampleSize: "sample_size", Exact: "exact",
    ExactCentral: "exact_central", ExactMidP: "exact_mid_p",
} }

impl StratifiedMethod {
    /// The contrasts that the method tests.
    pub fn contrasts(self) -> &'static [Contrast] {
        match self {
            Self::MantelHaenszel => Contrast::ALL,
            Self::ContinuityCorrected => &[Contrast::Difference, Contrast::OddsRatio],
            Self::SampleSize => &[Contrast::Difference, Contrast::Lift, Contrast::Ratio],
            Self::Exact | Self::ExactCentral | Self::ExactMidP => &[Contrast::OddsRatio],
        }
    }

    fn extreme(self) -> Option<Extreme> {
        match self {
            Self::MantelHaenszel | Self::ContinuityCorrected | Self::SampleSize => None,
            Self::Exact => Some(Extreme::MinimumLikelihood),
            Self::ExactCentral => Some(Extreme::Central),
            Self::ExactMidP => Some(Extreme::MidP),
        }
    }
}

/// Two rates compared within strata, and whether the strata agree.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StratifiedProportions {
    /// The test of the effect that the strata have in common. Target and control are rates over all strata, weighted alike.
    pub comparison: TestResult,
    /// Whether the effect, in terms of the contrast, is the same in all strata.
    pub homogeneity: Homogeneity,
}

/// Compares the rates of target and control within strata, such as countries or value tiers: one row of counts a stratum.
///
/// With rates `p1h = x1h / n1h` of the target and `p0h` of the control in stratum h of `Nh` trials and `mh` conversions, rates `q1h`, `q0h` that are most likely
/// under the null, and weights `wh = n1h n0h / Nh` (Mantel and Haenszel) or `wh = Nh`,
///
/// ```text
/// difference d:   z = sum wh (p1h - p0h - d) / sqrt(sum wh^2 Vh),    Vh = (q1h (1 - q1h) / n1h + q0h (1 - q0h) / n0h) Nh / (Nh - 1)
/// ratio r:        z = sum wh (p1h - r p0h) / sqrt(sum wh^2 Vh),      Vh = (q1h (1 - q1h) / n1h + r^2 q0h (1 - q0h) / n0h) Nh / (Nh - 1)
/// odds ratio o:   z = sum (x1h - E(x1h; o)) / sqrt(sum Var(x1h; o)), given the margins of each stratum (non-central hypergeometric)
/// ```
///
/// The interval holds the values whose z is not beyond the critical one; its end is that of the hull where strata contradict each other so much that
/// these are several pieces. At "no effect" `z^2` is the statistic of Cochran, Mantel and Haenszel for every contrast, but for `SampleSize`. The estimates are
/// `sum wh p1h / sum wh` less, or over, `sum wh p0h / sum wh`, where z is 0; for the odds ratio that of Mantel and Haenszel, `sum (x1h f0h / Nh) / sum (x0h f1h / Nh)`
/// with f for failures, and for exact methods the one that is most likely given the margins. The continuity correction takes half a count from the
/// numerator's size.
///
/// `homogeneity` is a chi-square with a degree of freedom less than informative strata: for the odds ratio that of Breslow and Day (1980) with Tarone's (1985)
/// correction; for differences and ratios the sum of each stratum's squared score at the common estimate, corrected in the same way.
///
/// A stratum in which an arm has no trials is left out, but counts in the check of the split. Strata in which nobody or everybody converted say nothing of the odds ratio, and without conversions
/// nothing of the ratio, but count in a difference. If that holds for all of them the status says so.
///
/// # Errors
/// `LengthMismatch` for columns that differ in length, `Empty` without rows; `InvalidArgument` with the row for more conversions than trials, for options that make
/// no sense, a contrast that the method does not test and a null that no rates have; `OutOfRange` for tables too large for an exact method.
///
/// ```
/// use crm_core::experiment::{Contrast, ProportionColumns, StratifiedMethod, TestOptions, compare_stratified_proportions};
/// // Graduate admissions at Berkeley in 1973 (Bickel and others 1975): men and women by department.
/// let departments = ProportionColumns {
///     target_conversions: &[512, 353, 120, 138, 53, 22],
///     target_trials: &[825, 560, 325, 417, 191, 373],
///     control_conversions: &[89, 17, 202, 131, 94, 24],
///     control_trials: &[108, 25, 593, 375, 393, 341],
/// };
/// let options = TestOptions::default().contrast(Contrast::OddsRatio);
/// let found = compare_stratified_proportions(&departments, StratifiedMethod::MantelHaenszel, &options)?;
/// assert!((found.comparison.statistic.powi(2) - 1.5246).abs() < 5e-5 && (found.comparison.estimate - 0.9047).abs() < 5e-5);
/// // Men are not favoured, but departments differ.
/// assert!(!found.comparison.rejects() && found.homogeneity.p_value < 0.01);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Source: Miettinen and Nurminen (1985), Statistics in Medicine 4, section 4; Breslow and Day (1980), "Statistical methods in cancer research I", section 4.4;
/// Tarone (1985), Biometrika 72(1); Gart (1970), Biometrika 57(3) for the exact test.
pub fn compare_stratified_proportions(
    strata: &ProportionColumns<'_>,
    method: StratifiedMethod,
    options: &TestOptions,
) -> Result<StratifiedProportions> {
    options.check()?;
    check_contrast(method.name(), method.contrasts(), options)?;
    check_null(options)?;
    let rows = strata;
    let strata = Strata::of(rows, method == StratifiedMethod::SampleSize)?;
    let trials = |column: &[u64]| column.iter().fold(0, |sum: u64, trials| sum.saturating_add(*trials));
    let split = SplitCheck::of_two(trials(rows.target_trials), trials(rows.control_trials), options)?;
    let half = if method == StratifiedMethod::ContinuityCorrected { 0.5 } else { 0.0 };
    let asked = Asked::new(options);
    let (found, estimate) = match method.extreme() {
        _ if strata.all.is_empty() => (Evidence::undefined(TestStatus::TooFew), f64::NAN),
        None => {
            let found = Pivot { strata: &strata, contrast: options.contrast, half }.evidence(&asked);
            (found, strata.estimate(options.contrast))
        }
        Some(extreme) => exact::evidence(&strata, extreme, options)?,
    };
    let null = options.null_value();
    let rejected = found.p.p < options.alpha;
    // With one stratum a score test accepts one piece; with several, or exactly, there may be gaps. The correction leaves a stretch around the estimate.
    let one_piece = method.extreme().is_none() && strata.all.len() == 1;
    let flat = half > 0.0 && !rejected;
    let interval = if one_piece && !flat {
        found.interval.agreeing(null, rejected)
    } else {
        found.interval.hull_agreeing(null, rejected, estimate, options.alternative)
    };
    let status = if found.status == TestStatus::Ok { strata.status(options.contrast) } else { found.status };
    let comparison = TestResult {
        method: method.name(),
        contrast: options.contrast,
        alternative: options.alternative,
        alpha: options.alpha,
        null,
        target: strata.target(),
        control: strata.control(),
        difference: strata.difference(),
        lift: strata.lift(),
        estimate,
        standard_error: found.standard_error,
        interval,
        statistic: found.statistic,
        degrees_of_freedom: f64::INFINITY,
        p_value: found.p.p,
        ln_p_value: found.p.ln_p,
        effect_size: strata.cohens_h(),
        status,
        split,
    };
    let homogeneity = Homogeneity { split, ..heterogeneity::test(&strata, options.contrast) };
    Ok(StratifiedProportions { comparison, homogeneity })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Alternative;

    fn compare(rows: &[[u64; 4]], method: StratifiedMethod, options: &TestOptions) -> StratifiedProportions {
        let column = |place: usize| rows.iter().map(|row| row[place]).collect::<Vec<u64>>();
        let columns = [column(0), column(1), column(2), column(3)];
        let counts = ProportionColumns {
            target_conversions: &columns[0],
            target_trials: &columns[1],
            control_conversions: &columns[2],
            control_trials: &columns[3],
        };
        compare_stratified_proportions(&counts, method, options).unwrap()
    }

    #[test]
    fn at_no_effect_every_contrast_is_one_test() {
        let rows = [[12, 40, 5, 31], [3, 9, 8, 17], [70, 400, 9, 50]];
        let options = TestOptions::default();
        let base = compare(&rows, StratifiedMethod::MantelHaenszel, &options).comparison;
        for &contrast in Contrast::ALL {
            let result =
                compare(&rows, StratifiedMethod::MantelHaenszel, &options.contrast(contrast)).comparison;
            assert!((result.statistic / base.statistic - 1.0).abs() < 1e-14, "{contrast:?}");
            assert_eq!((result.target, result.effect_size), (base.target, base.effect_size));
        }
    }

    #[test]
    fn strata_without_information() {
        let options = TestOptions::default().contrast(Contrast::OddsRatio);
        let rows = [[12, 40, 5, 31], [3, 9, 8, 17]];
        let base = compare(&rows, StratifiedMethod::MantelHaenszel, &options);
        let more = [rows[0], [0, 0, 3, 9], [0, 5, 0, 7], rows[1], [4, 4, 2, 2], [3, 8, 0, 0]];
        let same = compare(&more, StratifiedMethod::MantelHaenszel, &options);
        assert_eq!(same.comparison.p_value, base.comparison.p_value);
        let ends = |found: &StratifiedProportions| {
            [found.comparison.interval.lower, found.comparison.interval.upper]
        };
        for (one, other) in ends(&same).into_iter().zip(ends(&base)) {
            assert!((one / other - 1.0).abs() < 1e-12, "{one} {other}");
        }
        assert_eq!(same.homogeneity, base.homogeneity);
        assert_eq!(same.homogeneity.degrees_of_freedom, 1.0);
    }

    #[test]
    fn data_that_cannot_answer() {
        for &method in StratifiedMethod::ALL {
            let options = TestOptions::default().contrast(method.contrasts()[0]);
            for (rows, status) in [
                (vec![[0, 0, 1, 5], [2, 5, 0, 0]], TestStatus::TooFew),
                (vec![[0, 3, 0, 5], [0, 5, 0, 4]], TestStatus::NoConversions),
                (vec![[3, 3, 5, 5], [2, 2, 9, 9]], TestStatus::AllConverted),
                (vec![[3, 3, 5, 5], [0, 2, 0, 9]], TestStatus::NoVariance),
            ] {
                let found = compare(&rows, method, &options);
                assert_eq!(found.comparison.status, status, "{method:?}");
                assert!(!found.comparison.rejects() && found.homogeneity.status != TestStatus::Ok);
                assert!(found.comparison.interval.contains(found.comparison.null));
            }
        }
    }

    #[test]
    fn a_correction_that_leaves_nothing_rejects_nothing() {
        let options =
            TestOptions::default().contrast(Contrast::OddsRatio).alternative(Alternative::Greater).alpha(0.6);
        let rows = [[12, 40, 9, 31], [3, 9, 6, 17]];
        let found = compare(&rows, StratifiedMethod::ContinuityCorrected, &options).comparison;
        assert_eq!(found.rejects(), found.p_value < 0.6);
    }
}
