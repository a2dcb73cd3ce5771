//! Winsorised columns: `SciPy`'s bounds of both arms together.

use crm_core::experiment::{Measures, Winsor};
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

#[test]
fn bounds_and_columns_are_those_of_scipy() {
    let file: Value =
        serde_json::from_str(include_str!("../../../tests/cases/experiment/winsor.json")).unwrap();
    let cases = file["cases"].as_array().unwrap();
    for case in cases {
        let arms = case["arms"].as_array().unwrap();
        let columns: Vec<Vec<f64>> = arms.iter().map(|arm| numbers(&arm["values"])).collect();
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let winsor =
            Winsor::fit(&slices, number(&case["lower_share"]), number(&case["upper_share"])).unwrap();
        let name = &case["name"];
        assert_eq!(
            (winsor.lower(), winsor.upper()),
            (number(&case["lower"]), number(&case["upper"])),
            "{name}"
        );
        assert_eq!(Winsor::from_json(&winsor.to_json().unwrap()).unwrap(), winsor);
        for (arm, values) in arms.iter().zip(&columns) {
            let found = winsor.apply(values).unwrap();
            assert_eq!(found.values, numbers(&arm["clipped"]), "{name}");
            assert_eq!(Some(found.below), arm["below"].as_u64(), "{name}");
            assert_eq!(Some(found.above), arm["above"].as_u64(), "{name}");
            let mean = winsor.mean_arm(values).unwrap();
            let joint = winsor.joint_arm(&Measures::of(values)).unwrap().value();
            for arm_of in [mean, joint] {
                let (mean, variance) = (number(&arm["mean"]), number(&arm["variance"]));
                assert!((arm_of.mean() - mean).abs() <= 1e-14 * mean.abs(), "{name}");
                assert!((arm_of.variance() - variance).abs() <= 1e-13 * variance, "{name}");
            }
        }
    }
    assert_eq!(cases.len(), 5);
}
