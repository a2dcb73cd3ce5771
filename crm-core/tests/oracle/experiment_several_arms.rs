//! Several arms against one control: mpmath's p-values, single and adjusted, as Python and C read them too.

use crm_core::experiment::{
    BinaryArm, MeanArm, MeanMethod, MultiplicityMethod, ProportionMethod, TestOptions, TestResult,
    compare_several_means, compare_several_proportions,
};
use serde_json::Value;

fn numbers(values: &Value) -> Vec<f64> {
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap());
    values.as_array().unwrap().iter().map(number).collect()
}

fn near(values: &[f64], expected: &Value, tolerance: f64, what: &str) {
    let expected = numbers(expected);
    assert_eq!(values.len(), expected.len());
    for (value, wanted) in values.iter().zip(expected) {
        let same = *value == wanted || value.is_nan() && wanted.is_nan();
        assert!(same || (value - wanted).abs() <= tolerance * wanted.abs(), "{what}: {value:e} {wanted:e}");
    }
}

#[test]
fn single_and_adjusted_p_values_against_mpmath() {
    let text = include_str!("../../../tests/cases/experiment/several_arms.json");
    let file: Value = serde_json::from_str(text).unwrap();
    let (tolerance, options) = (file["tolerance"].as_f64().unwrap(), TestOptions::default());
    for case in file["cases"].as_array().unwrap() {
        let what = case["id"].as_str().unwrap();
        let arms: Vec<Vec<f64>> = case["arms"].as_array().unwrap().iter().map(numbers).collect();
        let control = case["control"].as_u64().unwrap() as usize;
        for (name, expected) in case["adjusted"].as_object().unwrap() {
            let method = MultiplicityMethod::from_name(name).unwrap();
            let (results, p, ln_p): (Vec<TestResult>, _, _) = if case["kind"] == "rates" {
                let arm = |arm: &Vec<f64>| BinaryArm::new(arm[0] as u64, arm[1] as u64).unwrap();
                let arms: Vec<BinaryArm> = arms.iter().map(arm).collect();
                let pooled = ProportionMethod::Pooled;
                let all =
                    compare_several_proportions(&arms, control, None, pooled, method, &options).unwrap();
                assert_eq!(all.multiplicity, method);
                (all.comparisons, all.adjusted_p_values, all.ln_adjusted_p_values)
            } else {
                let arm = |arm: &Vec<f64>| MeanArm::from_moments(arm[0] as u64, arm[1], arm[2]).unwrap();
                let arms: Vec<MeanArm> = arms.iter().map(arm).collect();
                let all =
                    compare_several_means(&arms, control, None, MeanMethod::Z, method, &options).unwrap();
                assert_eq!(all.multiplicity, method);
                (all.comparisons, all.adjusted_p_values, all.ln_adjusted_p_values)
            };
            let single: Vec<f64> = results.iter().map(|result| result.p_value).collect();
            let ln_single: Vec<f64> = results.iter().map(|result| result.ln_p_value).collect();
            near(&single, &case["p"], tolerance, what);
            near(&ln_single, &case["ln_p"], tolerance, what);
            near(&p, &expected["p"], tolerance, &format!("{what} {name}"));
            near(&ln_p, &expected["ln_p"], tolerance, &format!("{what} {name}"));
            // The interval is that of the single p-value, whatever the adjustment.
            for result in &results {
                assert_eq!(result.rejects(), result.p_value < result.alpha, "{what}");
            }
        }
    }
}
