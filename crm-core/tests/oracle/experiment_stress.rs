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
