//! Tests of means against 50- and 60-digit arithmetic and published numbers: `tests/cases/experiment/means.json`, `mean_stress.json`.

use crm_core::experiment::{
    Alternative, CampaignCost, Contrast, Interval, IntervalKind, JointArm, LiftMethod, MeanArm, MeanMethod,
    MeanTest, Measures, TestOptions, TestResult, TestStatus, ThetaMethod, campaign_return, cohens_d,
    compare_adjusted, compare_means, compare_ratios, compare_stratified, hedges_g, incremental_conversions,
};
use serde_json::Value;

fn cases(name: &str) -> Value {
    let path = format!("{}/../tests/cases/experiment/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn list<'a>(cases: &'a Value, name: &str) -> &'a [Value] {
    cases[name].as_array().unwrap()
}

/// A number, or the text of one with more digits than a double has.
fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap(),
        other => other.as_f64().unwrap(),
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

/// Within a relative tolerance, and for a value close to 0 within that of `scale`.
fn near(what: &str, value: f64, expected: f64, tolerance: f64, scale: f64) {
    let bound = tolerance * expected.abs().max(scale);
    assert!(value == expected || (value - expected).abs() <= bound, "{what}: {value:e}, not {expected:e}");
}

fn near_interval(what: &str, interval: Interval, expected: &Value, tolerance: f64, scale: f64) {
    let ends = numbers(expected);
    near(&format!("{what}, lower end"), interval.lower, ends[0], tolerance, scale);
    near(&format!("{what}, upper end"), interval.upper, ends[1], tolerance, scale);
}

fn near_region(what: &str, interval: Interval, expected: &Value, tolerance: f64, scale: f64) {
    assert_eq!(interval.kind.name(), expected["kind"].as_str().unwrap(), "{what}");
    if interval.kind != IntervalKind::Unbounded {
        let ends = if expected["ends"].is_null() { &expected["roots"] } else { &expected["ends"] };
        near_interval(what, interval, ends, tolerance, scale);
    }
}

fn arm(given: &Value) -> MeanArm {
    MeanArm::from_moments(given["n"].as_u64().unwrap(), number(&given["mean"]), number(&given["var"]))
        .unwrap()
}

/// A logarithm of a p-value carries the relative error of the statistic times its own size.
fn near_ln_p(what: &str, value: f64, expected: &Value, tolerance: f64) {
    let expected = number(expected);
    near(what, value, expected, tolerance, 1e-3);
}

#[test]
fn two_means() {
    let all = cases("means");
    for case in list(&all, "two_means") {
        let (name, expected) = (case["id"].as_str().unwrap(), &case["expected"]);
        let (target, control) = (arm(&case["input"]["target"]), arm(&case["input"]["control"]));
        let test = |method: MeanMethod, options: TestOptions| {
            compare_means(&target, &control, method, &options).unwrap()
        };
        let options = TestOptions::default();
        let result = test(MeanMethod::Welch, options);
        if result.status == TestStatus::NoVariance {
            assert_eq!(expected["t_welch"], "NaN", "{name}");
            assert!(result.statistic.is_nan() && result.p_value.is_nan() && !result.rejects());
            continue;
        }
        // The inputs are decimals: as doubles their difference is off by a few units of the larger mean.
        let given = number(&expected["diff"]).abs() / target.mean().abs().max(control.mean().abs());
        let tolerance = 4e-16 / given.min(0.1) + 2e-14;
        let scale = result.standard_error;
        near(name, result.estimate, number(&expected["diff"]), tolerance, 0.0);
        near(name, result.standard_error, number(&expected["se_welch"]), 1e-14, 0.0);
        near(name, result.statistic, number(&expected["t_welch"]), tolerance, 0.0);
        near(name, result.degrees_of_freedom, number(&expected["df_welch"]), 1e-14, 0.0);
        near_interval(name, result.interval, &expected["ci_welch"], tolerance, scale);
        let check_p = |result: TestResult, expected: &Value| {
            near_ln_p(
                &format!("{name}, {}", result.method),
                result.ln_p_value,
                &expected["ln_p"],
                4.0 * tolerance,
            );
            let p = number(&expected["p"]);
            let size = 1.0 + number(&expected["ln_p"]).abs();
            if p > 1e-290 {
                near(&format!("{name}, p"), result.p_value, p, 4.0 * tolerance * size, 0.0);
            }
        };
        check_p(result, &expected["welch_two_sided"]);
        check_p(
            test(MeanMethod::Welch, options.alternative(Alternative::Greater)),
            &expected["welch_greater"],
        );
        let z = test(MeanMethod::Z, options);
        check_p(z, &expected["z_two_sided"]);
        near_interval(name, z.interval, &expected["ci_z"], tolerance, scale);
        let student = test(MeanMethod::Student, options);
        check_p(student, &expected["student_two_sided"]);
        near(name, student.statistic, number(&expected["t_student"]), tolerance, 0.0);
        near_interval(name, student.interval, &expected["ci_student"], tolerance, scale);
        near(name, cohens_d(&target, &control), number(&expected["cohen_d"]), tolerance, 0.0);
        near(name, result.effect_size, number(&expected["cohen_d"]), tolerance, 0.0);
        if !expected["hedges_g_exactJ"].is_null() {
            near(
                name,
                hedges_g(&target, &control),
                number(&expected["hedges_g_exactJ"]),
                tolerance + 1e-13,
                0.0,
            );
        }
        if expected["lift_se_delta"].is_null() {
            continue;
        }
        near(name, result.lift, number(&expected["lift_over_abs_control"]), tolerance, 0.0);
        let delta = MeanTest::from(MeanMethod::Z).lift(LiftMethod::Delta);
        let lift = compare_means(&target, &control, delta, &options.contrast(Contrast::Lift)).unwrap();
        near(name, lift.standard_error, number(&expected["lift_se_delta"]), 1e-13, 0.0);
        near_interval(name, lift.interval, &expected["lift_ci_delta_z"], tolerance, lift.standard_error);
        let ratio = test(MeanMethod::Z, options.contrast(Contrast::Ratio));
        near_region(name, ratio.interval, &expected["ratio_fieller_z"], 1e-12, 0.0);
        let log = MeanTest::from(MeanMethod::Z).lift(LiftMethod::Log);
        let log = compare_means(&target, &control, log, &options.contrast(Contrast::Ratio)).unwrap();
        // The ends are exponentials of large numbers for a control close to 0.
        near_interval(name, log.interval, &expected["ratio_ci_log_z"], 1e-12, 0.0);
    }
}

#[test]
fn hard_cases_of_two_means() {
    let all = cases("mean_stress");
    assert_eq!(list(&all, "means").len(), 19);
    for case in list(&all, "means") {
        let arm = |side: &str| {
            let given = &case[side];
            MeanArm::from_moments(given[0].as_u64().unwrap(), number(&given[1]), number(&given[2])).unwrap()
        };
        let (target, control) = (arm("target"), arm("control"));
        for (method, expected) in case["methods"].as_object().unwrap() {
            let name = format!("{}, {method}", case["name"].as_str().unwrap());
            let method = MeanMethod::from_name(method).unwrap();
            let test = |options: TestOptions| compare_means(&target, &control, method, &options).unwrap();
            let options = TestOptions::default();
            let result = test(options);
            let scale = result.standard_error;
            near(&name, result.estimate, number(&expected["difference"]), 1e-15, 0.0);
            near(&name, result.standard_error, number(&expected["standard_error"]), 1e-14, 0.0);
            near(&name, result.statistic, number(&expected["statistic"]), 1e-14, 0.0);
            near(&name, result.degrees_of_freedom, number(&expected["df"]), 1e-14, 0.0);
            near_interval(&name, result.interval, &expected["interval"], 1e-12, scale);
            for alternative in Alternative::ALL.iter().copied() {
                let ln_p = test(options.alternative(alternative)).ln_p_value;
                near_ln_p(&name, ln_p, &expected["ln_p"][alternative.name()], 1e-12);
            }
            if expected["lift"].is_null() {
                assert_eq!(test(options.contrast(Contrast::Lift)).status, TestStatus::ZeroBaseline);
                continue;
            }
            let options = options.contrast(Contrast::Lift);
            let lift = test(options);
            near(&name, lift.estimate, number(&expected["lift"]), 1e-15, 0.0);
            near(&name, lift.ln_p_value, result.ln_p_value, 1e-14, 0.0);
            near_region(&name, lift.interval, &expected["lift_fieller"], 1e-12, lift.standard_error);
            let of = |lift: LiftMethod, contrast: Contrast| {
                compare_means(
                    &target,
                    &control,
                    MeanTest::from(method).lift(lift),
                    &options.contrast(contrast),
                )
                .unwrap()
            };
            let delta = of(LiftMethod::Delta, Contrast::Lift);
            near_interval(&name, delta.interval, &expected["lift_delta"], 1e-12, delta.standard_error);
            let log = of(LiftMethod::Log, Contrast::Ratio);
            if expected["ratio_log"].is_null() {
                assert_eq!(log.status, TestStatus::Undefined, "{name}");
            } else {
                near_interval(&name, log.interval, &expected["ratio_log"], 1e-12, 0.0);
            }
            let margin = test(options.null(-0.02).alternative(Alternative::Greater));
            near_ln_p(&name, margin.ln_p_value, &expected["ln_p_lift_above_margin"], 1e-12);
        }
    }
}

#[test]
fn score_tests_by_their_equations() {
    let all = cases("mean_stress");
    assert_eq!(list(&all, "scores").len(), 8);
    for case in list(&all, "scores") {
        let arm = |side: &str| {
            let (paid, count) = (numbers(&case[side]["paid"]), case[side]["count"].as_u64().unwrap());
            let mut arm = MeanArm::from_values(&paid).unwrap();
            arm.merge(&MeanArm::from_conversions(0, count - paid.len() as u64).unwrap()).unwrap();
            arm
        };
        let (target, control) = (arm("target"), arm("control"));
        let mut both = target;
        both.merge(&control).unwrap();
        near("skewness", both.skewness(), number(&case["skewness"]), 1e-13, 0.0);
        for (method, expected) in case["methods"].as_object().unwrap() {
            let name = format!("{}, {method}", case["name"].as_str().unwrap());
            let method = MeanMethod::from_name(method).unwrap();
            let test = |options: TestOptions| compare_means(&target, &control, method, &options).unwrap();
            let options = TestOptions::default();
            let result = test(options);
            near(&name, result.statistic, number(&expected["statistic"]), 1e-12, 1e-2);
            near_interval(&name, result.interval, &expected["interval"], 1e-11, result.standard_error);
            for alternative in Alternative::ALL.iter().copied() {
                let found = test(options.alternative(alternative));
                near_ln_p(&name, found.ln_p_value, &expected["ln_p"][alternative.name()], 1e-11);
            }
            let margin = options.null(number(&case["margin"])).alternative(Alternative::Greater);
            near_ln_p(&name, test(margin).ln_p_value, &expected["ln_p_above_margin"], 1e-11);
            let ratio = test(options.contrast(Contrast::Ratio));
            if expected["ratio"].is_null() {
                assert_eq!(ratio.status, TestStatus::ZeroBaseline, "{name}");
                continue;
            }
            near(&name, ratio.ln_p_value, result.ln_p_value, 1e-12, 1e-3);
            near_interval(&name, ratio.interval, &expected["ratio"], 1e-11, 0.0);
            let lift = test(options.contrast(Contrast::Lift)).interval;
            near(&name, lift.lower, ratio.interval.lower - 1.0, 1e-12, 1.0);
            near(&name, lift.upper, ratio.interval.upper - 1.0, 1e-12, 1.0);
        }
    }
}

fn columns(case: &Value, side: &str) -> Vec<Vec<f64>> {
    case[side].as_array().unwrap().iter().map(numbers).collect()
}

fn joint(columns: &[Vec<f64>], denominator: bool) -> JointArm {
    let first = if denominator {
        Measures::of(&columns[0]).denominator(&columns[1])
    } else {
        Measures::of(&columns[0])
    };
    let covariates = &columns[1 + usize::from(denominator)..];
    JointArm::from_measures(&covariates.iter().fold(first, |measures, column| measures.covariate(column)))
        .unwrap()
}

#[test]
fn adjustment_in_exact_fractions() {
    let all = cases("mean_stress");
    for case in list(&all, "adjusted") {
        let denominator = case["denominator"].as_bool().unwrap();
        let (target, control) = (columns(case, "target"), columns(case, "control"));
        let (target, control) = (joint(&target, denominator), joint(&control, denominator));
        for (theta, expected) in case["thetas"].as_object().unwrap() {
            let name = format!("{}, {theta}", case["name"].as_str().unwrap());
            let theta = ThetaMethod::from_name(theta).unwrap();
            let test = |contrast: Contrast| {
                let options = TestOptions::default().contrast(contrast);
                compare_adjusted(&target, &control, theta, MeanMethod::Welch, &options).unwrap()
            };
            let adjustment = test(Contrast::Difference);
            for (own, expected) in adjustment.theta.iter().zip(numbers(&expected["theta"])) {
                near(&name, *own, expected, 1e-12, 0.0);
            }
            let result = adjustment.result;
            near(&name, result.target, number(&expected["target"]), 1e-14, 0.0);
            near(&name, result.control, number(&expected["control"]), 1e-14, 0.0);
            near(&name, result.estimate, number(&expected["difference"]), 1e-12, result.standard_error);
            near(&name, result.standard_error, number(&expected["standard_error"]), 1e-12, 0.0);
            near(&name, result.degrees_of_freedom, number(&expected["df"]), 1e-12, 0.0);
            near(&name, result.statistic, number(&expected["statistic"]), 1e-12, 1.0);
            near_ln_p(&name, result.ln_p_value, &expected["ln_p"], 1e-11);
            near_interval(&name, result.interval, &expected["interval"], 1e-12, result.standard_error);
            let lift = test(Contrast::Lift).result;
            near_region(&name, lift.interval, &expected["lift_fieller"], 1e-11, lift.standard_error);
        }
    }
}

#[test]
fn strata_in_exact_fractions() {
    let all = cases("mean_stress");
    for case in list(&all, "stratified") {
        let arms = |side: &str| -> Vec<MeanArm> {
            columns(case, side).iter().map(|values| MeanArm::from_values(values).unwrap()).collect()
        };
        let (targets, controls) = (arms("targets"), arms("controls"));
        let result =
            compare_stratified(&targets, &controls, None, MeanMethod::Welch, &TestOptions::default())
                .unwrap();
        near("difference", result.difference, number(&case["difference"]), 1e-13, result.standard_error);
        near("standard error", result.standard_error, number(&case["standard_error"]), 1e-13, 0.0);
        near("df", result.degrees_of_freedom, number(&case["df"]), 1e-13, 0.0);
        near_ln_p("p", result.ln_p_value, &case["ln_p"], 1e-12);
    }
}

#[test]
fn adjustment_and_ratio_of_whole_numbers() {
    let all = cases("means");
    for case in list(&all, "cuped_ratio") {
        let (name, input, expected) = (case["id"].as_str().unwrap(), &case["input"], &case["expected"]);
        let side = |side: &str, second: &str| {
            let (value, other) =
                (numbers(&input[format!("y_{side}")]), numbers(&input[format!("{second}_{side}")]));
            joint(&[value, other], second == "den")
        };
        let options = TestOptions::default();
        if let Some(expected) = expected.get("ratio") {
            let (target, control) = (side("target", "den"), side("control", "den"));
            let z = compare_ratios(&target, &control, MeanMethod::Z, &options).unwrap();
            let t = compare_ratios(&target, &control, MeanMethod::Welch, &options).unwrap();
            near(name, z.target, number(&expected["target"]), 1e-15, 0.0);
            near(name, z.control, number(&expected["control"]), 1e-15, 0.0);
            near(name, z.estimate, number(&expected["diff"]), 1e-14, 0.0);
            near(name, z.standard_error, number(&expected["se"]), 1e-14, 0.0);
            near(name, z.statistic, number(&expected["z"]), 1e-13, 0.0);
            near_ln_p(name, z.ln_p_value, &expected["p_z"]["ln_p"], 1e-13);
            near(name, t.degrees_of_freedom, number(&expected["df_welch"]), 1e-14, 0.0);
            near_ln_p(name, t.ln_p_value, &expected["p_t"]["ln_p"], 1e-13);
            continue;
        }
        let (target, control) = (side("target", "x"), side("control", "x"));
        for (theirs, ours) in [
            ("within", ThetaMethod::Within),
            ("total", ThetaMethod::Total),
            ("opt_deng", ThetaMethod::LeastVariance),
        ] {
            let expected = &expected[theirs];
            let adjustment = compare_adjusted(&target, &control, ours, MeanMethod::Welch, &options).unwrap();
            let result = adjustment.result;
            near(name, adjustment.theta[0], number(&expected["theta"]), 1e-13, 0.0);
            near(name, result.target, number(&expected["adj_mean_target"]), 1e-14, 0.0);
            near(name, result.control, number(&expected["adj_mean_control"]), 1e-14, 0.0);
            if number(&expected["se"]) == 0.0 {
                assert_eq!((result.status, result.rejects()), (TestStatus::NoVariance, false), "{name}");
                continue;
            }
            near(name, result.estimate, number(&expected["diff"]), 1e-12, 0.0);
            near(name, result.standard_error, number(&expected["se"]), 1e-13, 0.0);
            near(name, result.statistic, number(&expected["t_welch"]), 1e-12, 0.0);
            near(name, result.degrees_of_freedom, number(&expected["df"]), 1e-13, 0.0);
            near_ln_p(name, result.ln_p_value, &expected["p"]["ln_p"], 1e-12);
            let reduction = 1.0 - (result.standard_error / adjustment.unadjusted.standard_error).powi(2);
            near(name, adjustment.variance_reduction, reduction, 1e-12, 0.0);
        }
    }
}

#[test]
fn campaign_returns() {
    let all = cases("means");
    for case in list(&all, "campaign_roi") {
        let (name, input, expected) = (case["id"].as_str().unwrap(), &case["input"], &case["expected"]);
        let revenue = |side: &str| {
            let given = &input[side];
            let (mean, variance) = (number(&given["revenue_mean"]), number(&given["revenue_var"]));
            MeanArm::from_moments(given["n"].as_u64().unwrap(), mean, variance).unwrap()
        };
        let (target, control) = (revenue("target"), revenue("control"));
        let cost =
            CampaignCost::new(number(&input["cost_fixed"]), number(&input["cost_per_contact"])).unwrap();
        let cost = cost.margin(number(&input["margin"])).unwrap();
        let result =
            campaign_return(&target, &control, &cost, MeanMethod::Z, &TestOptions::default()).unwrap();
        near(name, result.revenue.estimate, number(&expected["incremental_revenue"]), 1e-14, 0.0);
        near_interval(name, result.revenue.interval, &expected["incremental_revenue_ci_z"], 1e-13, 0.0);
        near(name, result.cost, number(&expected["cost"]), 1e-15, 0.0);
        near(name, result.profit.estimate, number(&expected["incremental_profit"]), 1e-14, 0.0);
        near_interval(name, result.profit.interval, &expected["incremental_profit_ci_z"], 1e-13, 0.0);
        near(name, result.roi.estimate, number(&expected["roi"]), 1e-14, 0.0);
        near_interval(name, result.roi.interval, &expected["roi_ci_z"], 1e-13, 0.0);
        near(name, result.revenue_per_cost.estimate, number(&expected["iroas"]), 1e-14, 0.0);
        near(name, result.break_even_mean, number(&expected["break_even_lift_in_mean"]), 1e-14, 0.0);
        near(name, result.break_even.statistic, number(&expected["z_vs_break_even"]), 1e-13, 0.0);
        near(
            name,
            result.probability_of_profit,
            number(&expected["p_profit_gt_0_flat_prior"]["p"]),
            1e-15,
            0.0,
        );
        // The reference has variances p (1 - p) / n.
        let contacts = target.count();
        let wald = |side: &str| {
            let given = &input[side];
            let (n, conversions) = (given["n"].as_u64().unwrap(), given["conversions"].as_u64().unwrap());
            let rate = conversions as f64 / n as f64;
            MeanArm::from_moments(n, rate, rate * (1.0 - rate)).unwrap()
        };
        let rates =
            compare_means(&wald("target"), &wald("control"), MeanMethod::Z, &TestOptions::default()).unwrap();
        let conversions = incremental_conversions(&rates, contacts, &cost).unwrap();
        near(
            name,
            conversions.conversions.estimate,
            number(&expected["incremental_conversions"]),
            1e-13,
            0.0,
        );
        let each = conversions.cost_per_conversion;
        near(name, each.estimate, number(&expected["cost_per_incremental_conversion"]), 1e-13, 0.0);
        near_region(name, each.interval, &expected["cpic_fieller_z"], 1e-12, 0.0);
    }
}

/// `GrowthBook`'s published tests (`packages/stats/tests/frequentist/test_tests.py`, 8f1db44), from sums as an engine gives them.
#[test]
fn growthbook() {
    let arm = |(n, sum, squares): (u64, f64, f64)| MeanArm::from_sums(n, sum, squares, 0.0).unwrap();
    let control = arm((3407, 1396.87, 52377.9767));
    let target = arm((3461, 2422.7, 134_698.29));
    let options = TestOptions::default();
    let result = compare_means(&target, &control, MeanMethod::Welch, &options).unwrap();
    // Published as 0.02016; more digits by the same formula in mpmath.
    near("p of the difference", result.p_value, 0.020_158_402_643_586_96, 1e-11, 0.0);
    let delta = MeanTest::default().lift(LiftMethod::Delta);
    let lift = compare_means(&target, &control, delta, &options.contrast(Contrast::Lift)).unwrap();
    // Published as 0.70732 with the interval (-0.03526, 1.44989) and p 0.06191.
    near("lift", lift.estimate, 0.707_317_073_170_731_7, 1e-13, 0.0);
    near("lower end", lift.interval.lower, -0.035_260_089_066_117_92, 1e-11, 0.0);
    near("upper end", lift.interval.upper, 1.449_894_235_407_581_4, 1e-12, 0.0);
    near("p of the lift", lift.p_value, 0.061_911_827_456_183_55, 1e-11, 0.0);
}

#[test]
fn moments() {
    let all = cases("means");
    for case in list(&all, "moments") {
        let (name, expected) = (case["id"].as_str().unwrap(), &case["expected"]);
        let values: Vec<f64> = match name {
            "NumAcc1" => vec![10_000_001.0, 10_000_003.0, 10_000_002.0],
            _ if name.starts_with("NumAcc") => {
                let base = [1.2, 1_000_000.2, 10_000_000.2][name[6..].parse::<usize>().unwrap() - 2];
                // The decimals of the file, not sums of doubles.
                let of = |tenths: i32| format!("{}.{tenths}", base as i64).parse::<f64>().unwrap();
                (0..1001)
                    .map(|j| {
                        if j == 0 {
                            of(2)
                        } else if j % 2 == 1 {
                            of(1)
                        } else {
                            of(3)
                        }
                    })
                    .collect()
            }
            _ => {
                let offset: f64 = name["shift_off".len()..].parse().unwrap();
                (0..10_000).map(|j| offset + f64::from(j * 7919 % 101)).collect()
            }
        };
        // In one go, one by one, and in uneven parts put together backwards.
        let mut single = MeanArm::default();
        for &value in &values {
            single.push(value).unwrap();
        }
        let mut parts = MeanArm::default();
        for part in values.chunks(37).rev() {
            parts.merge(&MeanArm::from_values(part).unwrap()).unwrap();
        }
        for arm in [MeanArm::from_values(&values).unwrap(), single, parts] {
            assert_eq!(arm.count(), values.len() as u64, "{name}");
            if let Some(certified) = expected.get("sd_certified") {
                let digits = -((arm.variance().sqrt() / number(certified) - 1.0).abs() + 1e-17).log10();
                assert!(digits >= number(&expected["min_log_relative_error_sd"]), "{name}: {digits}");
                near(name, arm.mean(), number(&expected["mean_certified"]), 1e-15, 0.0);
            } else {
                near(name, arm.mean(), number(&expected["mean"]), 1e-16, 0.0);
                near(name, arm.variance(), number(&expected["var"]), 1e-13, 0.0);
            }
        }
    }
}
