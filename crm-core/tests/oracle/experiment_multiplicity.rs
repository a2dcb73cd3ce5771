//! Corrections for many tests: published numbers and exact values, `tests/cases/experiment/multiplicity.json`; Dunnett (1955).

use crm_core::experiment::{
    Alternative, MeanArm, MultiplicityMethod, TestOptions, adjust_ln_p_values, adjust_p_values, dunnett_test,
};
use serde_json::Value;

fn cases(name: &str) -> Vec<Value> {
    let path = format!("{}/../tests/cases/experiment/multiplicity.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let all: Value = serde_json::from_str(&text).unwrap();
    all[name].as_array().unwrap().clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[test]
fn adjusted_p_values() {
    let mut checked = 0;
    for case in cases("adjusted") {
        let p = numbers(&case["p_values"]);
        let tolerance = case["relative_tolerance"].as_f64().unwrap();
        for (name, expected) in case["expected"].as_object().unwrap() {
            let method = MultiplicityMethod::from_name(name).unwrap();
            let adjusted = adjust_p_values(&p, method).unwrap();
            let ln: Vec<f64> = p.iter().map(|p| p.ln()).collect();
            let logs = adjust_ln_p_values(&ln, method).unwrap();
            for (row, (value, known)) in adjusted.iter().zip(numbers(expected)).enumerate() {
                let allowed = tolerance * known;
                assert!((value - known).abs() <= allowed, "{} {name} {row}: {value:e} {known:e}", case["id"]);
                let allowed = tolerance.max(1e-13) * (1.0 + known.ln().abs().min(1e3));
                let same = logs[row] == known.ln() || (logs[row] - known.ln()).abs() <= allowed;
                assert!(same, "{} {name} {row}: {}", case["id"], logs[row]);
                checked += 1;
            }
        }
    }
    assert!(checked > 300, "{checked}");
}

/// Benjamini and Hochberg (1995), section 3.2: theirs rejects four hypotheses, Bonferroni's three.
#[test]
fn rejections_of_benjamini_and_hochberg() {
    let case = &cases("adjusted")[0];
    let p = numbers(&case["p_values"]);
    let rejected = |method| adjust_p_values(&p, method).unwrap().iter().filter(|&&p| p <= 0.05).count();
    assert_eq!(rejected(MultiplicityMethod::BenjaminiHochberg), 4);
    assert_eq!(rejected(MultiplicityMethod::Bonferroni), 3);
}

/// Ten p-values of the tests of statsmodels. By Hommel's definition, the largest Simes value of all sets that hold the p-value, in exact
/// fractions; R's `p.adjust` and statsmodels' `hommel` give the same.
///
/// The column of their table that begins 5.23656777e-04, 2.29039384e-03 is not Hommel's: its second number is `10 (p(2) - p(1))`, an
/// estimate of the local false discovery rate by the slope of the empirical distribution (statsmodels' `lfdr`).
#[test]
fn hommel_is_not_the_local_false_discovery_rate() {
    let p = [
        0.838_541_367_553,
        0.642_193_923_795,
        0.680_845_947_633,
        0.967_833_824_309,
        0.716_269_382_38,
        0.177_096_952_723,
        5.236_567_772_08e-5,
        0.020_273_268_879_8,
        0.000_281_405_061_98,
        0.014_987_731_079_6,
    ];
    let adjusted = adjust_p_values(&p, MultiplicityMethod::Hommel).unwrap();
    let mut known = [0.967_833_824_309; 10];
    (known[6], known[7]) = (0.000_523_656_777_208, 0.141_912_882_158_6);
    (known[8], known[9]) = (0.002_532_645_557_82, 0.104_914_117_557_2);
    for (found, known) in adjusted.iter().zip(known) {
        assert!((found / known - 1.0).abs() < 1e-14, "{found} {known}");
    }
    let local = 10.0 * (p[8] - p[6]);
    assert!((local - 2.290_393_84e-3).abs() < 5e-12 && (adjusted[8] - local).abs() > 2e-4);
}

fn arm(values: &Value) -> MeanArm {
    MeanArm::from_values(&numbers(values)).unwrap()
}

#[test]
fn dunnett() {
    for case in cases("dunnett") {
        let targets: Vec<MeanArm> = case["targets"].as_array().unwrap().iter().map(arm).collect();
        let control = arm(&case["control"]);
        let alternative = Alternative::from_name(case["alternative"].as_str().unwrap()).unwrap();
        let options = TestOptions::default().alternative(alternative).alpha(case["alpha"].as_f64().unwrap());
        let test = dunnett_test(&targets, &control, None, &options).unwrap();
        let near = |name: &str, value: f64, known: f64, tolerance: f64| {
            assert!((value - known).abs() <= tolerance, "{} {name}: {value} {known}", case["id"]);
        };
        let tolerance = case["tolerance"].as_f64().unwrap();
        for (row, result) in test.results.iter().enumerate() {
            near(
                "statistic",
                result.statistic,
                numbers(&case["statistics"])[row],
                case["statistic_tolerance"].as_f64().unwrap(),
            );
            near("p_value", result.p_value, numbers(&case["p_values"])[row], tolerance);
            near("ln p_value", result.ln_p_value, result.p_value.ln(), 1e-13);
            assert_eq!(result.rejects(), result.p_value < options.alpha);
        }
        if let Some(critical) = case["critical_value"].as_f64() {
            near("critical value", test.critical_value, critical, tolerance);
        }
    }
}
