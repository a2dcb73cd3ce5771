//! Special functions against mpmath 1.3.0 at 60 digits and more: `tests/oracles/make_math_cases.py`.

use std::fs;

use crm_core::math::{
    RisingTable, beta_reg, digamma, digamma_rising, discounted_decay, ln_beta, ln_beta_reg, ln_gamma,
    ln_rising, scaled_expint, trigamma,
};

/// Arguments and value of each case.
pub(crate) fn cases<const ARGUMENTS: usize>(name: &str) -> Vec<([f64; ARGUMENTS], f64)> {
    let path = format!("{}/../tests/cases/math/{name}.csv", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let cases: Vec<_> = text
        .lines()
        .skip(1)
        .map(|line| {
            let numbers: Vec<f64> = line.split(',').map(|number| number.parse().unwrap()).collect();
            let (value, arguments) = numbers.split_last().unwrap();
            (arguments.try_into().unwrap(), *value)
        })
        .collect();
    assert!(cases.len() > 100, "{name}: {} cases", cases.len());
    cases
}

/// Checks every case: the error is at most `tolerance(arguments, value)`.
pub(crate) fn check<const ARGUMENTS: usize>(
    name: &str,
    function: impl Fn([f64; ARGUMENTS]) -> f64,
    tolerance: impl Fn([f64; ARGUMENTS], f64) -> f64,
) {
    let mut worst = (0.0, String::new());
    let mut failures = 0;
    for (arguments, expected) in cases::<ARGUMENTS>(name) {
        let (value, allowed) = (function(arguments), tolerance(arguments, expected));
        // Written so that NaN is an error; equality admits infinities.
        let share = if value == expected { 0.0 } else { (value - expected).abs() / allowed };
        let share = if share.is_nan() { f64::INFINITY } else { share };
        failures += u32::from(share > 1.0);
        if share >= worst.0 {
            let relative = (value - expected) / expected;
            worst = (share, format!("{arguments:?}: {value:e}, not {expected:e}, relative {relative:.1e}"));
        }
    }
    println!("{name}: {:.2} of the tolerance at {}", worst.0, worst.1);
    assert_eq!(failures, 0, "{name}: {:.2} of the tolerance at {}", worst.0, worst.1);
}

#[test]
fn gamma_and_its_derivatives() {
    check("ln_gamma", |[x]| ln_gamma(x), |_, value| 1e-15 * value.abs());
    // About its zero digamma is the difference of numbers near 3.
    check("digamma", |[x]| digamma(x), |_, value| 1e-15 * value.abs() + 1e-15);
    check("trigamma", |[x]| trigamma(x), |_, value| 2e-15 * value);
}

/// For a below 10 the rise is taken from one at a + 10: an absolute error, at most, of a few roundings of what is taken.
fn rising_tolerance(a: f64, x: f64, value: f64) -> f64 {
    2e-15 * value.abs() + if a < 10.0 { 8e-15 * x.min(1.0) } else { 0.0 }
}

#[test]
fn rises() {
    check("ln_rising", |[a, x]| ln_rising(a, x), |[a, x], value| rising_tolerance(a, x, value));
    check("digamma_rising", |[a, x]| digamma_rising(a, x), |_, value| 2e-15 * value);
}

#[test]
fn rises_by_table() {
    check(
        "ln_rising",
        |[a, x]| RisingTable::new(a, 5000).ln(x),
        |[a, x], value| rising_tolerance(a, x, value),
    );
    check("digamma_rising", |[a, x]| RisingTable::new(a, 5000).digamma(x), |_, value| 2e-15 * value);
}

#[test]
fn beta() {
    check("ln_beta", |[a, b]| ln_beta(a, b), |_, value| 4e-15 * value.abs() + 4e-15);
}

#[test]
fn incomplete_beta() {
    // The relative error of I is the absolute one of its logarithm.
    let tolerance = |value: f64| 1e-13 + 1e-15 * value.abs();
    check("ln_beta_reg", |[a, b, x, y]| ln_beta_reg(a, b, x, y), |_, value| tolerance(value));
    for ([a, b, x, y], ln) in cases("ln_beta_reg") {
        let (value, expected) = (beta_reg(a, b, x, y), ln.exp());
        assert!(
            (value - expected).abs() <= 2.0 * tolerance(ln) * expected,
            "{a} {b} {x}: {value} {expected}"
        );
    }
}

#[test]
fn decay_integrals() {
    check("discounted_decay", |[m, c, delta, t]| discounted_decay(m, c, delta, t), |_, value| 2e-13 * value);
    for ([m, c, delta, t], value) in cases("discounted_decay") {
        if t.is_infinite() && c == 1.0 && delta > 0.0 {
            assert!((scaled_expint(m, delta) / value - 1.0).abs() < 2e-13, "{m} {delta}");
        }
    }
}
