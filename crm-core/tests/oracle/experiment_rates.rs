//! One rate and the split of users: mpmath's numbers and published intervals.

use crm_core::experiment::{
    Alternative, BinaryArm, RateMethod, SequentialSampleRatio, rate_interval, sample_ratio, test_rate,
};
use serde_json::Value;

fn near(value: f64, expected: f64, scale: f64, tolerance: f64, what: &str) {
    let close = value == expected || (value - expected).abs() <= tolerance * scale.max(expected.abs());
    assert!(close, "{what}: {value:e} {expected:e}");
}

#[test]
fn intervals_and_binomial_tests_against_mpmath() {
    let text = include_str!("../../../tests/cases/experiment/one_proportion.json");
    let file: Value = serde_json::from_str(text).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let arm =
            BinaryArm::new(case["conversions"].as_u64().unwrap(), case["trials"].as_u64().unwrap()).unwrap();
        for (name, method) in [
            ("wilson", RateMethod::Wilson),
            ("wald", RateMethod::Wald),
            ("agresti_coull", RateMethod::AgrestiCoull),
            ("clopper_pearson", RateMethod::ClopperPearson),
            ("jeffreys_equal_tailed", RateMethod::Jeffreys),
        ] {
            let what = format!("{arm:?} {name}");
            let [lower, upper] = [0, 1].map(|end| case[name][end].as_f64().unwrap());
            let interval = rate_interval(&arm, method, 0.05).unwrap();
            if lower == upper {
                // Wald's interval of one point says nothing.
                assert!(interval.contains(0.0) && interval.contains(1.0), "{what}");
                continue;
            }
            near(interval.lower, lower, 0.0, 1e-11, &what);
            near(interval.upper, upper, 0.0, 1e-11, &what);
        }
        for null in [0.1, 0.5] {
            let expected = &case[&format!("binom_test_p0_{null}")];
            if expected.is_null() {
                continue;
            }
            let result =
                test_rate(&arm, null, RateMethod::MinimumLikelihood, Alternative::TwoSided, 0.05).unwrap();
            let what = format!("{arm:?} {null}");
            near(result.p_value, expected["p"].as_f64().unwrap(), 0.0, 1e-12, &what);
            near(result.ln_p_value, expected["ln_p"].as_f64().unwrap(), 1.0, 1e-12, &what);
        }
    }
}

#[test]
fn published_intervals() {
    use RateMethod as M;
    // Brown, Cai and DasGupta (2001), table A.1; Wilson and Clopper-Pearson as statsmodels pins them.
    for (method, x, n, lower, upper, tolerance) in [
        (M::Jeffreys, 2, 7, 0.065, 0.648, 1e-3),
        (M::Jeffreys, 3, 7, 0.139, 0.766, 1e-3),
        (M::JeffreysModified, 1, 7, 0.0, 0.501, 1e-3),
        (M::JeffreysModified, 0, 7, 0.0, 0.41, 1e-3),
        (M::Wilson, 8, 10, 0.4902, 0.9433, 5.1e-5),
        (M::Wilson, 19, 38, 0.348_499_283_643_951, 0.651_500_716_356_049, 1e-14),
        (M::ClopperPearson, 0, 10, 0.0, 0.308_497_107_818_760_8, 1e-14),
        (M::ClopperPearson, 5, 5, 0.478_176_249_895_018_5, 1.0, 1e-14),
    ] {
        let interval = rate_interval(&BinaryArm::new(x, n).unwrap(), method, 0.05).unwrap();
        let what = format!("{method:?} {x} {n}");
        near(interval.lower, lower, 1.0, tolerance, &what);
        near(interval.upper, upper, 1.0, tolerance, &what);
    }
}

#[test]
fn splits_against_mpmath() {
    let text = include_str!("../../../tests/cases/experiment/sample_ratio.json");
    let file: Value = serde_json::from_str(text).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let observed: Vec<u64> =
            case["observed"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).collect();
        let weights: Vec<f64> =
            case["weights"].as_array().unwrap().iter().map(|weight| weight.as_f64().unwrap()).collect();
        let expected = |key: &str| case[key].as_f64().unwrap();
        let what = case["name"].as_str().unwrap();
        let split = sample_ratio(&observed, &weights, 0.01).unwrap();
        near(split.statistic, expected("chi2"), 0.0, 1e-12, what);
        near(split.degrees_of_freedom, expected("df"), 0.0, 0.0, what);
        near(split.p_value, case["p"]["p"].as_f64().unwrap(), 0.0, 1e-11, what);
        near(split.ln_p_value, case["p"]["ln_p"].as_f64().unwrap(), 0.0, 1e-12, what);
        let mut check = SequentialSampleRatio::new(&weights, 100.0).unwrap();
        let look = check.look(&observed).unwrap();
        near(look.ln_bayes_factor, expected("seq_dirichlet_multinomial_ln_bf_prior100"), 1.0, 1e-12, what);
        near(look.ln_p_value, expected("seq_ln_p"), 1.0, 1e-12, what);
        near(look.p_value, expected("seq_p"), 0.0, 1e-11, what);
    }
}

#[test]
fn the_worked_example_of_a_public_checker() {
    // srm.osc.garden.
    near(sample_ratio(&[44_000, 45_000], &[1.0, 1.0], 0.01).unwrap().p_value, 0.0008, 1.0, 5.1e-5, "srm");
}
