//! Two rates within strata: mpmath's numbers, which agree with R, SAS, statsmodels and metalite.ae where these have the method.

use crm_core::experiment::{
    Alternative, Contrast, ProportionColumns, StratifiedMethod, StratifiedProportions, TestOptions,
    TestStatus, compare_stratified_proportions,
};
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

fn counts(case: &Value, key: &str) -> Vec<u64> {
    case[key].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).collect()
}

fn near(value: f64, expected: f64, scale: f64, tolerance: f64, what: &str) {
    let same = value == expected || (value - expected).abs() <= tolerance * scale.max(expected.abs());
    assert!(same, "{what}: {value:e} {expected:e}");
}

fn compare(case: &Value, check: &Value) -> StratifiedProportions {
    let names = ["target_conversions", "target_trials", "control_conversions", "control_trials"];
    let columns = names.map(|name| counts(case, name));
    let strata = ProportionColumns {
        target_conversions: &columns[0],
        target_trials: &columns[1],
        control_conversions: &columns[2],
        control_trials: &columns[3],
    };
    let mut options = TestOptions::default()
        .contrast(Contrast::from_name(text(check, "contrast")).unwrap())
        .alternative(Alternative::from_name(text(check, "alternative")).unwrap())
        .alpha(number(&check["alpha"]));
    options.null = check["null"].as_f64();
    let method = StratifiedMethod::from_name(text(check, "method")).unwrap();
    compare_stratified_proportions(&strata, method, &options).unwrap()
}

#[test]
fn every_method_against_mpmath() {
    let file: Value =
        serde_json::from_str(include_str!("../../../tests/cases/experiment/stratified.json")).unwrap();
    let tolerance = number(&file["tolerance"]);
    let mut checked = 0;
    for case in file["cases"].as_array().unwrap() {
        for check in case["checks"].as_array().unwrap() {
            checked += 1;
            let StratifiedProportions { comparison: found, homogeneity } = compare(case, check);
            let what =
                format!("{} {} {}", text(case, "name"), text(check, "method"), text(check, "contrast"));
            for (name, expected) in check["expected"].as_object().unwrap() {
                let what = format!("{what} {name}");
                let value = match name.as_str() {
                    "target" => found.target,
                    "control" => found.control,
                    "estimate" => found.estimate,
                    "statistic" => found.statistic,
                    "p_value" => found.p_value,
                    "ln_p_value" => found.ln_p_value,
                    "lower" => found.interval.lower,
                    "upper" => found.interval.upper,
                    "homogeneity" => {
                        near(homogeneity.statistic, number(&expected[0]), 0.0, tolerance, &what);
                        near(homogeneity.degrees_of_freedom, number(&expected[1]), 0.0, 0.0, &what);
                        near(homogeneity.p_value, number(&expected[2]), 0.0, tolerance, &what);
                        near(homogeneity.ln_p_value, homogeneity.p_value.ln(), 1.0, tolerance, &what);
                        continue;
                    }
                    other => panic!("no field {other}"),
                };
                near(value, number(expected), 1e-6, tolerance, &what);
            }
            assert_eq!(found.status, TestStatus::Ok, "{what}");
            assert_eq!(found.rejects(), found.p_value < found.alpha, "{what}");
        }
    }
    assert_eq!(checked, file["checks"].as_u64().unwrap());
}

fn of(rows: &[[u64; 4]], method: StratifiedMethod, options: &TestOptions) -> StratifiedProportions {
    let columns: [Vec<u64>; 4] = std::array::from_fn(|place| rows.iter().map(|row| row[place]).collect());
    let strata = ProportionColumns {
        target_conversions: &columns[0],
        target_trials: &columns[1],
        control_conversions: &columns[2],
        control_trials: &columns[3],
    };
    compare_stratified_proportions(&strata, method, options).unwrap()
}

/// Numbers as others print them.
#[test]
fn published_tests() {
    let odds = TestOptions::default().contrast(Contrast::OddsRatio);
    // R, mantelhaen.test(UCBAdmissions): men are the target.
    let berkeley = [
        [512, 825, 89, 108],
        [353, 560, 17, 25],
        [120, 325, 202, 593],
        [138, 417, 131, 375],
        [53, 191, 94, 393],
        [22, 373, 24, 341],
    ];
    let plain = of(&berkeley, StratifiedMethod::MantelHaenszel, &odds).comparison;
    near(plain.statistic.powi(2), 1.5246, 0.0, 5e-5, "X-squared");
    near(plain.p_value, 0.2169, 0.0, 5e-4, "p");
    near(plain.estimate, 0.904_696_8, 0.0, 5e-8, "common odds ratio");
    let corrected = of(&berkeley, StratifiedMethod::ContinuityCorrected, &odds).comparison;
    near(corrected.statistic.powi(2), 1.4269, 0.0, 5e-5, "X-squared, corrected");
    near(corrected.p_value, 0.2323, 0.0, 5e-4, "p, corrected");
    // SAS PROC FREQ, example "Cochran-Mantel-Haenszel statistics": migraine, active against placebo, women and men.
    let migraine = [[16, 27, 5, 25], [12, 28, 7, 26]];
    let found = of(&migraine, StratifiedMethod::MantelHaenszel, &odds);
    near(found.comparison.statistic.powi(2), 8.3052, 0.0, 5e-5, "CMH");
    near(found.comparison.p_value, 0.0040, 0.0, 2e-2, "CMH p");
    near(found.comparison.estimate, 3.3132, 0.0, 5e-5, "odds ratio");
    // It prints Breslow and Day's 1.4929, p = 0.2218; Tarone's correction takes 0.0024 off.
    near(found.homogeneity.statistic, 1.4929 - 0.0024, 0.0, 1e-4, "Breslow-Day");
    let ratio = TestOptions::default().contrast(Contrast::Ratio);
    let found = of(&migraine, StratifiedMethod::MantelHaenszel, &ratio).comparison;
    near(found.estimate, 2.1636, 0.0, 5e-5, "relative risk");
    // R, mantelhaen.test(Rabbits, exact = TRUE): immediate against delayed penicillin.
    let rabbits = [[0, 6, 0, 5], [3, 6, 0, 6], [6, 6, 2, 6], [5, 6, 6, 6], [2, 2, 5, 5]];
    let exact = of(&rabbits, StratifiedMethod::Exact, &odds).comparison;
    near(exact.p_value, 0.040, 1.0, 5e-4, "exact");
    let greater = odds.alternative(Alternative::Greater);
    near(of(&rabbits, StratifiedMethod::Exact, &greater).comparison.p_value, 0.020, 1.0, 5e-4, "greater");
    let corrected = of(&rabbits, StratifiedMethod::ContinuityCorrected, &odds).comparison;
    near(corrected.p_value, 0.047, 1.0, 5e-4, "classical");
    assert_eq!(corrected.estimate, 7.0);
}

/// metalite.ae, `rate_compare`: stratified Miettinen and Nurminen with weights by size.
#[test]
fn published_interval() {
    let strata = [[15, 25, 5, 26], [15, 25, 5, 24], [15, 25, 5, 26], [15, 25, 5, 24]];
    let found = of(&strata, StratifiedMethod::SampleSize, &TestOptions::default()).comparison;
    near(found.estimate, 0.399_839_7, 0.0, 5e-7, "estimate");
    near(found.statistic, 5.712_797, 0.0, 5e-7, "z");
    near(found.interval.lower, 0.268_438_3, 0.0, 5e-6, "lower");
    near(found.interval.upper, 0.517_277_9, 0.0, 5e-6, "upper");
    near(found.p_value, 2.0 * 5.556_727e-9, 0.0, 5e-6, "p");
}
