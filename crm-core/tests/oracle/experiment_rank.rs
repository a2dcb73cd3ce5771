//! Rank tests, permutation, bootstrap and quantiles by enumeration and by `SciPy`.

use crm_core::Threads;
use crm_core::experiment::{
    Alternative, BootstrapColumn, BootstrapInterval, BootstrapOptions, BootstrapStatistic, Contrast,
    MannWhitneyMethod, PermutationOptions, PermutationStatistic, QuantileArm, QuantileArmOptions,
    TestOptions, TestResult, bootstrap, bootstrap_one, brunner_munzel, compare_quantiles, mann_whitney,
    permutation_test, quantile_interval,
};
use serde_json::Value;

fn cases(text: &str) -> Vec<Value> {
    let value: Value = serde_json::from_str(text).unwrap();
    value["cases"].as_array().unwrap().clone()
}

fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some("inf") => f64::INFINITY,
        Some("-inf") => f64::NEG_INFINITY,
        Some(other) => panic!("{other}"),
        None => value.as_f64().unwrap(),
    }
}

fn column(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn test_options(given: &Value) -> TestOptions {
    let mut options = TestOptions::default();
    if let Some(name) = given["alternative"].as_str() {
        options.alternative = Alternative::from_name(name).unwrap();
    }
    if let Some(name) = given["contrast"].as_str() {
        options.contrast = Contrast::from_name(name).unwrap();
    }
    options.null = given["null"].as_f64();
    options.alpha = given["alpha"].as_f64().unwrap_or(0.05);
    options
}

fn summary(values: &[f64]) -> QuantileArm {
    QuantileArm::from_values(values, &QuantileArmOptions::default()).unwrap()
}

/// What a case asks for, by the names of its expected values.
fn answer(case: &Value) -> (TestResult, Vec<(&'static str, f64)>) {
    let (given, all) = (&case["options"], Threads::Available);
    let options = test_options(given);
    let target = column(&case["target"]);
    let control = case.get("control").map(column).unwrap_or_default();
    let probability = given["probability"].as_f64().unwrap_or(0.5);
    match case["test"].as_str().unwrap() {
        "mann_whitney" => {
            let method = MannWhitneyMethod::from_name(given["method"].as_str().unwrap()).unwrap();
            let found = mann_whitney(&target, &control, method, &options, all).unwrap();
            let more = [
                ("u", found.u),
                ("probability_of_superiority", found.probability_of_superiority),
                ("cliffs_delta", found.cliffs_delta),
            ];
            (found.test, more.to_vec())
        }
        "brunner_munzel" => (brunner_munzel(&target, &control, &options, all).unwrap(), Vec::new()),
        "permutation" => {
            let statistic = PermutationStatistic::from_name(given["statistic"].as_str().unwrap()).unwrap();
            let permutation = PermutationOptions { statistic, probability, ..PermutationOptions::default() };
            let found = permutation_test(&target, &control, &permutation, &options).unwrap();
            assert_eq!(Some(found.exact), case["expected"]["exact"].as_bool());
            (found.test, Vec::new())
        }
        "bootstrap" => {
            let statistic = BootstrapStatistic::from_name(given["statistic"].as_str().unwrap()).unwrap();
            let interval = BootstrapInterval::from_name(given["interval"].as_str().unwrap()).unwrap();
            let asked = BootstrapOptions { statistic, probability, interval, ..BootstrapOptions::default() };
            let asked = asked.resamples(200_000);
            let denominators = case.get("denominators").map(column);
            let sample = BootstrapColumn { values: &target, denominators: denominators.as_deref() };
            let found = if control.is_empty() {
                bootstrap_one(&sample, &asked, &options).unwrap()
            } else {
                bootstrap(&sample, &BootstrapColumn::new(&control), &asked, &options).unwrap()
            };
            (found.test, Vec::new())
        }
        "quantile_interval" => {
            (quantile_interval(&summary(&target), probability, &options).unwrap(), Vec::new())
        }
        "compare_quantiles" => {
            let found = compare_quantiles(&summary(&target), &summary(&control), probability, &options);
            (found.unwrap(), Vec::new())
        }
        other => panic!("{other}"),
    }
}

#[test]
fn every_case_of_enumeration_and_scipy() {
    let cases = cases(include_str!("../../../tests/cases/experiment/rank.json"));
    assert_eq!(cases.len(), 183);
    for case in &cases {
        let (test, more) = answer(case);
        for (name, expected) in
            case["expected"].as_object().unwrap().iter().filter(|(name, _)| *name != "exact")
        {
            let of_test = match name.as_str() {
                "p_value" => Some(test.p_value),
                "estimate" => Some(test.estimate),
                "statistic" => Some(test.statistic),
                "degrees_of_freedom" => Some(test.degrees_of_freedom),
                "standard_error" => Some(test.standard_error),
                "target" => Some(test.target),
                "control" => Some(test.control),
                "lower" => Some(test.interval.lower),
                "upper" => Some(test.interval.upper),
                _ => None,
            };
            let value = of_test.unwrap_or_else(|| more.iter().find(|(other, _)| other == name).unwrap().1);
            let expected = number(expected);
            let simulated = case["tolerance"].as_f64().filter(|_| name != "estimate");
            // Ends by bisection have six digits; p-values of SciPy's t and normal tails about eleven.
            let bisected = case["test"] == "permutation" && (name == "lower" || name == "upper");
            let tolerance = simulated.unwrap_or(if bisected { 1e-6 } else { 1e-10 * expected.abs() });
            let near = value == expected || (value - expected).abs() <= tolerance;
            assert!(near, "{} {} {name}: {value} {expected}", case["name"], case["options"]);
        }
        // A test rejects if and only if its interval excludes the null.
        assert_eq!(test.rejects(), test.p_value <= test.alpha, "{case} {test:?}");
    }
}

#[test]
fn the_public_cases() {
    let cases = cases(include_str!("../../../tests/cases/experiment/nonparametric.json"));
    for case in &cases {
        let (target, control, expected) =
            (column(&case["target"]), column(&case["control"]), &case["expected"]);
        let options = TestOptions::default();
        let found =
            mann_whitney(&target, &control, MannWhitneyMethod::Auto, &options, Threads::Available).unwrap();
        let near = |value: f64, name: &str| {
            let expected = number(&expected[name]);
            assert!(
                (value - expected).abs() <= 1e-12 * expected.abs(),
                "{} {name}: {value} {expected}",
                case["name"]
            );
        };
        near(found.u, "U");
        if found.exact {
            near(found.test.p_value, "p_exact_permutation_two_sided");
            near(found.probability_of_superiority, "prob_superiority");
            near(found.cliffs_delta, "cliffs_delta");
            let permuted =
                permutation_test(&target, &control, &PermutationOptions::default(), &options).unwrap();
            if case["name"] == "same" {
                // All assignments are equal: no answer, by its name.
                assert_eq!(permuted.test.status.name(), "no_variance");
            } else {
                near(permuted.test.p_value, "perm_mean_diff_p_two_sided_abs");
            }
        } else {
            near(found.test.p_value, "p_asymptotic_cc_ties");
            let found = brunner_munzel(&target, &control, &options, Threads::Available).unwrap();
            near(-found.statistic, "brunner_munzel_stat");
            near(found.p_value, "brunner_munzel_p");
            for (name, probability) in [("median_type7", 0.5), ("q90_type7", 0.9)] {
                for (arm, expected) in [&target, &control].into_iter().zip(column(&expected[name])) {
                    assert!((summary(arm).quantile(probability).unwrap() - expected).abs() < 1e-12);
                }
            }
        }
    }
}

/// Four values and three, as `SciPy` approximates them with the correction.
#[test]
fn the_normal_approximation_of_a_small_sample() {
    let method = MannWhitneyMethod::NormalCorrected;
    let (target, control) = ([1.0, 4.0, 7.0, 9.0], [2.0, 3.0, 5.0]);
    let found = mann_whitney(&target, &control, method, &TestOptions::default(), Threads::Available).unwrap();
    // The tails of the normal distribution hold to 1e-13.
    assert!((found.test.p_value / 0.595_883_090_565_177_7 - 1.0).abs() < 1e-13, "{}", found.test.p_value);
}
