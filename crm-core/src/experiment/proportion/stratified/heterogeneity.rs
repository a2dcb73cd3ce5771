//! Whether strata have one effect.
//!
//! Breslow and Day (1980), "Statistical methods in cancer research I", section 4.4; Tarone (1985), "On heterogeneity tests based on efficient scores", Biometrika
//! 72(1).

use super::super::super::many_proportions::Homogeneity;
use super::super::super::split_check::SplitCheck;
use super::super::super::test_options::Contrast;
use super::super::super::test_result::TestStatus;
use super::super::rates::Relative;
use super::super::score::{above_odds, above_ratio};
use super::strata::{Strata, Stratum};
use crate::math::{chi_square_upper, ln_chi_square_upper};

/// The test that the contrast is the same in all strata.
///
/// With each stratum's efficient score `sh` at the common estimate and its variance `ih`, `sum sh^2 / ih - (sum sh)^2 / sum ih`: what the estimate leaves
/// of the scores' sum is no heterogeneity (Tarone 1985, eq. 4). Written as `sum ih (sh / ih - m)^2` with `m = sum sh / sum ih` nothing cancels.
pub(super) fn test(strata: &Strata, contrast: Contrast) -> Homogeneity {
    let estimate = strata.estimate(contrast);
    let scores: Vec<(f64, f64)> =
        strata.all.iter().filter_map(|stratum| score(stratum, contrast, estimate)).collect();
    let informative = scores.len();
    let degrees_of_freedom = informative.saturating_sub(1) as f64;
    let answer = |statistic: f64, status: TestStatus| Homogeneity {
        statistic,
        degrees_of_freedom,
        p_value: if statistic.is_nan() { f64::NAN } else { 1.0 },
        ln_p_value: if statistic.is_nan() { f64::NAN } else { 0.0 },
        status,
        split: SplitCheck::UNPLANNED,
    };
    let status = strata.status(contrast);
    match status {
        _ if strata.all.is_empty() => return answer(f64::NAN, TestStatus::TooFew),
        TestStatus::NoConversions | TestStatus::AllConverted | TestStatus::NoVariance => {
            return answer(f64::NAN, status);
        }
        // Without a common estimate there is nothing that strata could differ from.
        _ if !estimate.is_finite() || (contrast == Contrast::OddsRatio && estimate == 0.0) => {
            return answer(f64::NAN, TestStatus::Undefined);
        }
        _ if informative < 2 => return answer(0.0, TestStatus::TooFew),
        _ => {}
    }
    let sum = |of: fn(&(f64, f64)) -> f64| scores.iter().map(of).sum::<f64>();
    let mean = sum(|(score, _)| *score) / sum(|(_, information)| *information);
    let part = |(score, information): &(f64, f64)| information * (score / information - mean).powi(2);
    let statistic: f64 = scores.iter().map(part).sum();
    Homogeneity {
        statistic,
        degrees_of_freedom,
        p_value: chi_square_upper(statistic, degrees_of_freedom),
        ln_p_value: ln_chi_square_upper(statistic, degrees_of_freedom),
        status: TestStatus::Ok,
        split: SplitCheck::UNPLANNED,
    }
}

/// The efficient score of a stratum at a value of the contrast, and its variance; none where nothing varies.
fn score(stratum: &Stratum, contrast: Contrast, value: f64) -> Option<(f64, f64)> {
    let rates = &stratum.rates;
    let (score, information) = match contrast {
        Contrast::OddsRatio => {
            if !stratum.varies() {
                return None;
            }
            above_odds(rates, rates.fit_odds(Relative::of_ratio(value)))
        }
        Contrast::Difference => {
            let fit = rates.fit_difference(value);
            let variance = fit.p1 * fit.q1 / rates.n1 + fit.p0 * fit.q0 / rates.n0;
            let information = (variance * stratum.inflation()).recip();
            ((rates.difference() - value) * information, information)
        }
        Contrast::Lift | Contrast::Ratio => {
            let ratio =
                if contrast == Contrast::Lift { Relative::of_lift(value) } else { Relative::of_ratio(value) };
            let fit = rates.fit_ratio(ratio);
            let variance = fit.p1 * fit.q1 / rates.n1 + ratio.ratio * fit.p1 * fit.q0 / rates.n0;
            // The deviation from the ratio changes with it by the control's rate.
            let weight = fit.p0 / (variance * stratum.inflation());
            (above_ratio(rates, ratio) * weight, fit.p0 * weight)
        }
    };
    (score.is_finite() && information.is_finite() && information > 0.0).then_some((score, information))
}
