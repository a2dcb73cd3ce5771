//! Two rates where doubles are hard pressed: huge counts, empty cells, unequal arms and far tails, against mpmath.

use crm_core::experiment::{BinaryArm, Contrast, ProportionMethod, TestOptions, compare_proportions};
use serde_json::Value;

#[test]
fn statistics_and_tails() {
    let text = include_str!("../../../tests/cases/experiment/stress.json");
    let file: Value = serde_json::from_str(text).unwrap();
    let arm = |value: &Value| BinaryArm::new(value[0].as_u64().unwrap(), value[1].as_u64().unwrap()).unwrap();
    let (mut wrong, mut worst) = (Vec::new(), 0f64);
    for case in file["cases"].as_array().unwrap() {
        let number = |key: &str| case[key].as_f64().unwrap();
        let method = ProportionMethod::from_name(case["method"].as_str().unwrap()).unwrap();
        let contrast = Contrast::from_name(case["contrast"].as_str().unwrap()).unwrap();
        let options = TestOptions::default().contrast(contrast).null(number("null"));
        let result =
            compare_proportions(&arm(&case["target"]), &arm(&case["control"]), method, &options).unwrap();
        let (statistic, ln_p) = (number("statistic"), number("ln_p"));
        // Rates and null are floats: at 2^53 trials their last digit is a few 1e-9 standard errors.
        let trials = arm(&case["target"]).trials().max(arm(&case["control"]).trials()) as f64;
        let floor = 4e-16 * trials.sqrt();
        let far = (result.statistic - statistic).abs() / (statistic.abs() + floor / 1e-11);
        let tail = (result.ln_p_value - ln_p).abs() / (ln_p.abs() + statistic.abs() * floor / 1e-11 + 1e-3);
        worst = worst.max(far).max(tail);
        if far.is_nan() || far > 1e-11 || tail.is_nan() || tail > 1e-10 {
            wrong.push(format!("{case} {} {}", result.statistic, result.ln_p_value));
        }
    }
    println!("worst {worst:e}");
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn ends_of_intervals() {
    let text = include_str!("../../../tests/cases/experiment/stress_ends.json");
    let file: Value = serde_json::from_str(text).unwrap();
    let arm = |value: &Value| BinaryArm::new(value[0].as_u64().unwrap(), value[1].as_u64().unwrap()).unwrap();
    let mut wrong = Vec::new();
    let cases = file["cases"].as_array().unwrap();
    for case in cases {
        let method = ProportionMethod::from_name(case["method"].as_str().unwrap()).unwrap();
        let contrast = Contrast::from_name(case["contrast"].as_str().unwrap()).unwrap();
        let options = TestOptions::default().contrast(contrast);
        let found =
            compare_proportions(&arm(&case["target"]), &arm(&case["control"]), method, &options).unwrap();
        let (lower, upper) =
            (case["lower"].as_f64().unwrap(), case["upper"].as_f64().unwrap_or(f64::INFINITY));
        let trials = arm(&case["target"]).trials().max(arm(&case["control"]).trials()) as f64;
        let width = if upper.is_finite() { upper - lower } else { lower };
        for (end, expected) in [(found.interval.lower, lower), (found.interval.upper, upper)] {
            // Doubles around an end may be further apart than 1e-10 of a narrow interval; and rates are doubles, whose last digit is
            // sqrt(trials) 1e-16 standard errors.
            let floor = 1e-10 + 1e-16 * trials.sqrt();
            let allowed = floor * width + 4.0 * f64::EPSILON * expected.abs();
            let right = end == expected || (end - expected).abs() <= allowed;
            if !right {
                wrong.push(format!("{case} {end:e} for {expected:e}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong\n{}", wrong.len(), 2 * cases.len(), wrong.join("\n"));
}
