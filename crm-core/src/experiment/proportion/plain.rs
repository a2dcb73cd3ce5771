//! Tests of two rates in closed form: Wald, Agresti and Caffo, Newcombe, and the logarithms of Katz and Woolf.

use super::super::normal_tail::PValue;
use super::super::test_options::Contrast;
use super::super::test_result::TestStatus;
use super::evidence::{Asked, Evidence};
use super::rates::Rates;
use crate::math::root_between;

/// Each arm with its own variance; relative contrasts by the delta method.
pub(super) fn unpooled(rates: &Rates, asked: &Asked) -> Evidence {
    let options = &asked.options;
    let (p1, p0) = (rates.p1(), rates.p0());
    let variance = p1 * (rates.f1 / rates.n1) / rates.n1 + p0 * (rates.f0 / rates.n0) / rates.n0;
    let null = options.null_value();
    if options.contrast != Contrast::Difference && rates.x0 == 0.0 {
        return Evidence::undefined(if rates.x1 == 0.0 {
            TestStatus::NoConversions
        } else {
            TestStatus::ZeroBaseline
        });
    }
    let lift = rates.lift();
    let (estimate, deviation, variance) = if options.contrast == Contrast::Difference {
        (rates.difference(), rates.difference() - null, variance)
    } else {
        // Var(p1 / p0), with p1 / p0 at its estimate.
        let ratio = p1 / p0;
        let own = p1 * (rates.f1 / rates.n1) / rates.n1;
        let baseline = p0 * (rates.f0 / rates.n0) / rates.n0;
        let variance = (own + ratio * ratio * baseline) / (p0 * p0);
        match options.contrast {
            Contrast::Lift => (lift, lift - null, variance),
            // Near 1 the lift has the digits of the ratio.
            _ if lift.abs() < 0.5 => (ratio, lift - (null - 1.0), variance),
            _ => (ratio, ratio - null, variance),
        }
    };
    if variance == 0.0 {
        return Evidence::undefined(no_variance(rates));
    }
    let error = variance.sqrt();
    Evidence::normal(deviation / error, asked, error, |c| estimate - c * error, |c| estimate + c * error)
}

fn no_variance(rates: &Rates) -> TestStatus {
    if rates.conversions() == 0.0 {
        TestStatus::NoConversions
    } else if rates.f1 + rates.f0 == 0.0 {
        TestStatus::AllConverted
    } else {
        TestStatus::NoVariance
    }
}

/// A conversion and a failure are added to each arm (Agresti and Caffo 2000, The American Statistician 54).
pub(super) fn agresti_caffo(rates: &Rates, asked: &Asked) -> Evidence {
    let options = &asked.options;
    let (n1, n0) = (rates.n1 + 2.0, rates.n0 + 2.0);
    let variance = (rates.x1 + 1.0) * (rates.f1 + 1.0) / (n1 * n1 * n1)
        + (rates.x0 + 1.0) * (rates.f0 + 1.0) / (n0 * n0 * n0);
    // (x1 + 1) / n1 - (x0 + 1) / n0 from the exact difference of the counts' products.
    let difference = (rates.cross() + 2.0 * (rates.x1 - rates.x0) + (rates.n0 - rates.n1)) / n1 / n0;
    let error = variance.sqrt();
    let z = (difference - options.null_value()) / error;
    Evidence::normal(z, asked, error, |c| difference - c * error, |c| difference + c * error)
}

/// The logarithm of the ratio (Katz and others 1978) or of the odds ratio (Woolf 1955) is near normal.
pub(super) fn logarithm(rates: &Rates, asked: &Asked) -> Evidence {
    let options = &asked.options;
    let odds = options.contrast == Contrast::OddsRatio;
    let [x1, f1, x0, f0] = [rates.x1, rates.f1, rates.x0, rates.f0];
    let empty = x1 == 0.0 || x0 == 0.0 || (odds && (f1 == 0.0 || f0 == 0.0));
    let variance = if odds {
        x1.recip() + f1.recip() + x0.recip() + f0.recip()
    } else {
        f1 / rates.n1 / x1 + f0 / rates.n0 / x0
    };
    if empty || variance == 0.0 {
        return Evidence::undefined(match no_variance(rates) {
            TestStatus::NoVariance if x0 == 0.0 => TestStatus::ZeroBaseline,
            TestStatus::NoVariance => TestStatus::TooFew,
            status => status,
        });
    }
    // Near 1 the logarithm of the ratio is that of 1 + lift; x1 f0 - x0 f1 is x1 n0 - x0 n1.
    let lift = if odds { rates.cross() / x0 / f1 } else { rates.lift() };
    let ratio = if odds { x1 / x0 * (f0 / f1) } else { x1 / x0 * (rates.n0 / rates.n1) };
    let ln = if lift.abs() < 0.5 { lift.ln_1p() } else { ratio.ln() };
    let error = variance.sqrt();
    let null = match options.contrast {
        Contrast::Lift => options.null_value().ln_1p(),
        _ => options.null_value().ln(),
    };
    let back = |ln: f64| if options.contrast == Contrast::Lift { ln.exp_m1() } else { ln.exp() };
    Evidence::normal((ln - null) / error, asked, error, |c| back(ln - c * error), |c| back(ln + c * error))
}

/// Wilson's intervals of both rates, put together as squares (Newcombe 1998, Statistics in Medicine 17, method 10).
///
/// The p-value is that of the z whose interval ends at the null; 0 for a null that no z reaches.
pub(super) fn newcombe(rates: &Rates, asked: &Asked) -> Evidence {
    let options = &asked.options;
    let difference = rates.difference();
    // How far the ends are from the difference, for z from 0 up.
    let below = |z: f64| wilson_reach(rates.x1, rates.f1, z).hypot(wilson_reach(rates.f0, rates.x0, z));
    let above = |z: f64| wilson_reach(rates.f1, rates.x1, z).hypot(wilson_reach(rates.x0, rates.f0, z));
    let deviation = difference - options.null_value();
    let z = if deviation > 0.0 {
        reaching(below, deviation)
    } else if deviation < 0.0 {
        -reaching(above, -deviation)
    } else {
        0.0
    };
    // A one-sided level above a half asks for the other side.
    let lower = |c: f64| if c >= 0.0 { difference - below(c) } else { difference + above(-c) };
    let upper = |c: f64| if c >= 0.0 { difference + above(c) } else { difference - below(-c) };
    let mut found = Evidence::normal(z, asked, f64::NAN, lower, upper);
    if z.is_infinite() {
        let p = options.alternative.normal_p(z);
        found.p = PValue { p: p.p, ln_p: if p.p == 0.0 { f64::NEG_INFINITY } else { p.ln_p } };
    }
    found.status(match no_variance(rates) {
        TestStatus::NoVariance => TestStatus::Ok,
        status => status,
    })
}

/// How far Wilson's lower end is below the rate: `p - l`, at z from 0 up; 0 without conversions.
fn wilson_reach(x: f64, f: f64, z: f64) -> f64 {
    let n = x + f;
    let (p, q) = (x / n, f / n);
    let root = (n * p * q + 0.25 * z * z).sqrt();
    let slant = 0.5 * z * (q - p);
    // root - slant, multiplied out where it cancels: root^2 - slant^2 = p q (n + z^2).
    if slant > 0.0 { z * p * q / (root + slant) } else { z * (root - slant) / (n + z * z) }
}

/// The z at which a growing reach is `distance`; infinite where it never is.
fn reaching(reach: impl Fn(f64) -> f64, distance: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while reach(high) < distance {
        if high > 1e9 {
            return f64::INFINITY;
        }
        (low, high) = (high, 2.0 * high);
    }
    root_between(|z| reach(z) - distance, low, high)
}
