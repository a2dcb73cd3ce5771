//! Two rates compared.

mod conditional;
mod evidence;
mod multiplier;
mod plain;
pub(super) mod rates;
pub(super) mod rejection;
pub(super) mod score;
mod stratified;
mod unconditional;

use serde::{Deserialize, Serialize};

use super::binary_arm::BinaryArm;
use super::exact_tails::Extreme;
use super::split_check::SplitCheck;
use super::test_options::{Contrast, TestOptions};
use super::test_result::TestResult;
use crate::error::{Error, Result};
use crate::named::named;
use evidence::{Asked, Evidence};
use rates::Rates;
use score::Distance;
pub use stratified::{StratifiedMethod, StratifiedProportions, compare_stratified_proportions};
use unconditional::Order;

/// How two rates are compared. Each method has the p-value and the interval of one statistic.
///
/// | method | statistic | contrasts |
/// | --- | --- | --- |
/// | `Score` | score under the null, variance times N / (N - 1) | all |
/// | `Pooled` | score under the null | all |
/// | `Likelihood` | signed root of the likelihood ratio (G) | all |
/// | `ContinuityCorrected` | `Pooled` less half a count (Yates) | difference |
/// | `Unpooled` | Wald; relative contrasts by the delta method | difference, lift, ratio |
/// | `Logarithm` | Wald on the logarithm (Katz; Woolf for odds) | lift, ratio, odds ratio |
/// | `AgrestiCaffo` | Wald with a conversion and a failure more in each arm | difference |
/// | `Newcombe` | Wilson's intervals of both rates (method 10) | difference |
/// | `Fisher`, `FisherCentral`, `FisherMidP` | exact, given all conversions | odds ratio |
/// | `Barnard` | exact, the largest p-value over all rates, by the score | difference |
/// | `Boschloo` | the same by Fisher's one-sided p-value | odds ratio |
/// | `SkewnessCorrected` | `Score`, corrected for skewness | difference, lift, ratio |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
#[non_exhaustive]
pub enum ProportionMethod {
    /// The score test with the variance times N / (N - 1) (Miettinen and Nurminen 1985): holds its level with large targets, small
    /// controls and low rates, where Wald's does not.
    #[default]
    Score = 0,
    /// The score test without that factor (Mee 1984; Koopman 1984 for ratios). At "no effect" it is the pooled z-test, whose square is
    /// Pearson's chi-square.
    Pooled = 1,
    /// The likelihood-ratio test with the profile likelihood interval. At "no effect" its square is the G statistic.
    Likelihood = 2,
    /// The pooled z-test with Yates's correction for continuity (1934), inverted for its interval.
    ContinuityCorrected = 3,
    /// Each arm with its own variance (Wald); relative contrasts by the delta method.
    Unpooled = 4,
    /// The logarithm of the ratio (Katz and others 1978) or of the odds ratio (Woolf 1955).
    Logarithm = 5,
    /// Wald with a conversion and a failure more in each arm (Agresti and Caffo 2000).
    AgrestiCaffo = 6,
    /// Wilson's intervals of both rates put together (Newcombe 1998, method 10); its p-value by inversion.
    Newcombe = 7,
    /// Fisher's exact test; two-sided by minimum likelihood.
    Fisher = 8,
    /// Fisher's exact test; two-sided twice the smaller tail.
    FisherCentral = 9,
    /// Fisher's exact test with what was seen counted half; two-sided twice the smaller tail (Lancaster 1961).
    FisherMidP = 10,
    /// Barnard's exact unconditional test, by the score statistic.
    Barnard = 11,
    /// Boschloo's exact unconditional test, by Fisher's one-sided p-value; two-sided twice the smaller.
    Boschloo = 12,
    /// The score test with a correction for skewness (Gart and Nam 1988; Laud 2017): both tails keep their level with a small control and few
    /// conversions, and far out, where tests of many groups look.
    SkewnessCorrected = 13,
}

named! { ProportionMethod, "method", {
    Score: "score", Pooled: "pooled", Likelihood: "likelihood", ContinuityCorrected: "continuity_corrected", Unpooled: "unpooled",
    Logarithm: "logarithm", AgrestiCaffo: "agresti_caffo", Newcombe: "newcombe", Fisher: "fisher", FisherCentral: "fisher_central",
    FisherMidP: "fisher_mid_p", Barnard: "barnard", Boschloo: "boschloo", SkewnessCorrected: "skewness_corrected",
} }

impl ProportionMethod {
    /// The contrasts that the method tests.
    pub fn contrasts(self) -> &'static [Contrast] {
        match self {
            Self::Score | Self::Pooled | Self::Likelihood => Contrast::ALL,
            Self::Unpooled | Self::SkewnessCorrected => {
                &[Contrast::Difference, Contrast::Lift, Contrast::Ratio]
            }
            Self::Logarithm => &[Contrast::Lift, Contrast::Ratio, Contrast::OddsRatio],
            Self::ContinuityCorrected | Self::AgrestiCaffo | Self::Newcombe | Self::Barnard => {
                &[Contrast::Difference]
            }
            Self::Fisher | Self::FisherCentral | Self::FisherMidP | Self::Boschloo => &[Contrast::OddsRatio],
        }
    }

    /// Whether the test is exact: its interval is found by search, and tables beyond a size are refused.
    pub fn is_exact(self) -> bool {
        matches!(self, Self::Fisher | Self::FisherCentral | Self::FisherMidP | Self::Barnard | Self::Boschloo)
    }

    pub(super) fn check(self, options: &TestOptions) -> Result<()> {
        options.check()?;
        check_contrast(self.name(), self.contrasts(), options)?;
        check_null(options)
    }
}

/// Refuses a contrast that a method does not test.
fn check_contrast(method: &str, contrasts: &[Contrast], options: &TestOptions) -> Result<()> {
    if contrasts.contains(&options.contrast) {
        return Ok(());
    }
    let names: Vec<&str> = contrasts.iter().map(|contrast| contrast.name()).collect();
    let accepted = format!("{} for the method {method}", names.join(" or "));
    Err(Error::argument("contrast", options.contrast.name(), &accepted))
}

/// Refuses a null that no rates have.
fn check_null(options: &TestOptions) -> Result<()> {
    let null = options.null_value();
    match options.contrast {
        Contrast::Difference if null.abs() >= 1.0 => {
            Err(Error::argument("null", null, "inside (-1, 1) for a difference of rates"))
        }
        Contrast::Lift if null <= -1.0 => Err(Error::argument("null", null, "above -1 for a lift of rates")),
        _ => Ok(()),
    }
}

/// Compares the rates of target and control.
///
/// With rates `p1 = x1 / n1` of the target and `p0 = x0 / n0` of the control, the contrast is `p1 - p0`, `(p1 - p0) / p0`, `p1 / p0` or
/// `p1 (1 - p0) / (p0 (1 - p1))`. The p-value says how far the data are from the null, and the interval holds the nulls that the same
/// statistic does not reject.
///
/// Arms in which nobody or everybody converted are valid: `status` says so, and score methods still have an interval.
///
/// # Errors
/// `InvalidArgument` for options that make no sense, a contrast that the method does not test (see [`ProportionMethod::contrasts`]) and a
/// null that no rates have; `OutOfRange` for tables too large for an exact method.
///
/// ```
/// use crm_core::experiment::{BinaryArm, Contrast, ProportionMethod, TestOptions, compare_proportions};
/// // Day-7 retention of Cookie Cats: gate at level 30 against gate at level 40.
/// let (target, control) = (BinaryArm::new(8502, 44_700)?, BinaryArm::new(8279, 45_489)?);
/// let result = compare_proportions(&target, &control, ProportionMethod::Pooled, &TestOptions::default())?;
/// assert!((result.statistic - 3.164).abs() < 5e-4 && (result.p_value - 0.0016).abs() < 5e-5);
/// assert!(result.rejects() && result.interval.lower > 0.0);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Source: Miettinen and Nurminen (1985), Statistics in Medicine 4; Newcombe (1998), Statistics in Medicine 17; Fagerland, Lydersen and
/// Laake (2015), Statistical Methods in Medical Research 24.
pub fn compare_proportions(
    target: &BinaryArm,
    control: &BinaryArm,
    method: ProportionMethod,
    options: &TestOptions,
) -> Result<TestResult> {
    Comparison::new(method, options)?.of(target, control)
}

/// A method and options that go together, for many pairs of arms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comparison {
    method: ProportionMethod,
    asked: Asked,
}

impl Comparison {
    pub(super) fn new(method: ProportionMethod, options: &TestOptions) -> Result<Self> {
        method.check(options)?;
        Ok(Self { method, asked: Asked::new(options) })
    }

    /// See [`compare_proportions`].
    pub(super) fn of(&self, target: &BinaryArm, control: &BinaryArm) -> Result<TestResult> {
        let (method, options) = (self.method, &self.asked.options);
        let rates = Rates::new(target, control);
        let null = options.null_value();
        let found = evidence(&rates, method, &self.asked)?;
        let estimate = score::estimate(&rates, options.contrast);
        let rejected = found.p.p < options.alpha;
        // The continuity correction leaves the statistic at 0 on a stretch around the estimate, anywhere on which a search may end.
        let flat = method == ProportionMethod::ContinuityCorrected && !rejected;
        // In tiny arms the correction for skewness can take a statistic back that had become critical.
        let gaps = method.is_exact() || method == ProportionMethod::SkewnessCorrected;
        let interval = if gaps || flat {
            found.interval.hull_agreeing(null, rejected, estimate, options.alternative)
        } else {
            found.interval.agreeing(null, rejected)
        };
        Ok(TestResult {
            method: method.name(),
            contrast: options.contrast,
            alternative: options.alternative,
            alpha: options.alpha,
            null,
            target: rates.p1(),
            control: rates.p0(),
            difference: rates.difference(),
            lift: rates.lift(),
            estimate,
            standard_error: found.standard_error,
            interval,
            statistic: found.statistic,
            degrees_of_freedom: f64::INFINITY,
            p_value: found.p.p,
            ln_p_value: found.p.ln_p,
            effect_size: rates.cohens_h(),
            status: found.status,
            split: SplitCheck::of_two(target.trials(), control.trials(), options)?,
        })
    }
}

fn evidence(rates: &Rates, method: ProportionMethod, asked: &Asked) -> Result<Evidence> {
    use ProportionMethod as M;
    let options = &asked.options;
    Ok(match method {
        M::Score => score::evidence(rates, Distance::Corrected, asked),
        M::SkewnessCorrected => score::evidence(rates, Distance::Skewness, asked),
        M::Pooled => score::evidence(rates, Distance::Plain, asked),
        M::Likelihood => score::evidence(rates, Distance::Likelihood, asked),
        M::ContinuityCorrected => score::evidence(rates, Distance::Continuity, asked),
        M::Unpooled => plain::unpooled(rates, asked),
        M::Logarithm => plain::logarithm(rates, asked),
        M::AgrestiCaffo => plain::agresti_caffo(rates, asked),
        M::Newcombe => plain::newcombe(rates, asked),
        M::Fisher => conditional::evidence(rates, Extreme::MinimumLikelihood, options)?,
        M::FisherCentral => conditional::evidence(rates, Extreme::Central, options)?,
        M::FisherMidP => conditional::evidence(rates, Extreme::MidP, options)?,
        M::Barnard => unconditional::evidence(rates, Order::Score, options)?,
        M::Boschloo => unconditional::evidence(rates, Order::Fisher, options)?,
    })
}
