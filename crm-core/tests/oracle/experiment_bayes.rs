//! Posteriors of rates and effects against sums and integrals with 30 to 60 digits; where from stands in the JSON files.

use std::path::Path;

use crm_core::experiment::{
    BayesOptions, BetaPosterior, BetaPrior, Contrast, CredibleKind, EffectPosterior, best_effect, best_rate,
    compare_rates_bayes,
};
use serde_json::Value;

/// What `SciPy`'s beta functions are good for; exact sums are met to 2e-12.
const ORACLE: f64 = 1e-11;

fn file(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/experiment").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

/// A number as such, as text, or with its digits.
fn number(value: &Value) -> f64 {
    match value {
        Value::Object(digits) => number(&digits["v"]),
        Value::String(text) => text.parse().unwrap(),
        value => value.as_f64().unwrap(),
    }
}

fn posterior(counts: &Value, prior: &BetaPrior) -> BetaPosterior {
    BetaPosterior::new(counts[0].as_u64().unwrap(), counts[1].as_u64().unwrap(), prior).unwrap()
}

fn parameters(value: &Value) -> BetaPosterior {
    BetaPosterior::from_parameters(number(&value[0]), number(&value[1])).unwrap()
}

/// Relative agreement, or that of an interval with its width.
#[track_caller]
fn assert_close(value: f64, known: f64, tolerance: f64, what: &str) {
    assert!((value - known).abs() <= tolerance * known.abs(), "{what}: {value} is not {known}");
}

#[track_caller]
fn assert_ends(value: (f64, f64), known: &Value, tolerance: f64, what: &str) {
    let (lower, upper) = (number(&known[0]), number(&known[1]));
    let slack = tolerance * (upper - lower);
    assert!(
        (value.0 - lower).abs() <= slack && (value.1 - upper).abs() <= slack,
        "{what}: {value:?} is not {known}"
    );
}

#[test]
fn rates_by_exact_sums() {
    let mut count = 0;
    for case in list(&file("bayes_oracle.json")["cases"]) {
        let input = &case["input"];
        if input["target"].is_null() {
            continue;
        }
        let prior = BetaPrior { alpha: number(&input["prior"][0]), beta: number(&input["prior"][1]) };
        let (target, control) = (posterior(&input["target"], &prior), posterior(&input["control"], &prior));
        let result = compare_rates_bayes(&target, &control, &BayesOptions::default()).unwrap();
        let (known, id) = (&case["expected"], case["id"].as_str().unwrap());
        for (p, ln_p, key) in [
            (result.p_target_better, result.ln_p_target_better, "p_target_gt_control"),
            (result.p_control_better, result.ln_p_control_better, "p_control_gt_target"),
        ] {
            assert_close(p, number(&known[key]["p"]), 2e-12, id);
            assert_close(ln_p, number(&known[key]["ln_p"]), 2e-12, id);
        }
        assert_close(result.loss_target, number(&known["expected_loss_choose_target"]), 2e-12, id);
        assert_close(result.loss_control, number(&known["expected_loss_choose_control"]), 2e-12, id);
        assert_close(result.estimate, number(&known["posterior_mean_diff"]), 1e-14, id);
        count += 1;
    }
    assert_eq!(count, 5);
}

#[test]
fn normal_effects() {
    let case = &file("bayes_oracle.json")["cases"][5];
    assert_eq!(case["id"], "normal_deep");
    let known = &case["expected"];
    let rope = number(&case["input"]["rope"]);
    let effect =
        EffectPosterior::new(number(&case["input"]["effect"]), number(&case["input"]["se"]), f64::INFINITY)
            .unwrap();
    let options = BayesOptions { rope_lower: -rope, rope_upper: rope, ..Default::default() };
    let result = effect.decide(&options).unwrap();
    assert_close(result.ln_p_control_better, number(&known["p_lt_0"]["ln_p"]), 1e-14, "ln_p");
    assert_eq!((result.p_target_better, result.ln_p_target_better), (1.0, 0.0));
    assert_eq!((result.loss_target, result.loss_control), (0.0, 1.0));
    assert_ends((result.interval.lower, result.interval.upper), &known["ci95"], 1e-14, "ci95");
    assert_eq!((result.p_in_rope, result.p_above_rope), (0.0, 1.0));
}

#[test]
fn rates_by_quadrature() {
    let grid = file("bayes_grid.json");
    for case in list(&grid["comparisons"]) {
        let (target, control) = (parameters(&case["target"]), parameters(&case["control"]));
        let what = format!("{target:?} {control:?}");
        let ask = |contrast: Contrast, credible_interval: CredibleKind, rope: f64| {
            let options = BayesOptions {
                contrast,
                credible_interval,
                rope_lower: rope,
                rope_upper: rope,
                ..Default::default()
            };
            compare_rates_bayes(&target, &control, &options).unwrap()
        };
        let result = ask(Contrast::Difference, CredibleKind::EqualTailed, 0.0);
        assert_close(result.p_target_better, number(&case["p_target_better"]), ORACLE, &what);
        assert_close(result.p_control_better, number(&case["p_control_better"]), ORACLE, &what);
        assert_close(result.loss_target, number(&case["loss_target"]), ORACLE, &what);
        assert_close(result.loss_control, number(&case["loss_control"]), ORACLE, &what);
        assert_ends((result.interval.lower, result.interval.upper), &case["difference"], 1e-10, &what);
        let shortest = ask(Contrast::Difference, CredibleKind::HighestDensity, 0.0).interval;
        assert_ends((shortest.lower, shortest.upper), &case["difference_shortest"], 1e-9, &what);
        let lift = ask(Contrast::Lift, CredibleKind::EqualTailed, 0.0).interval;
        assert_ends((lift.lower, lift.upper), &case["lift"], 1e-10, &what);
        for (contrast, key) in [(Contrast::Difference, "difference_below"), (Contrast::Lift, "lift_below")] {
            for known in list(&case[key]) {
                let result = ask(contrast, CredibleKind::EqualTailed, number(&known[0]));
                assert_close(result.p_below_rope, number(&known[1]), 1e-10, &format!("{what} {key} {known}"));
                assert!((result.p_below_rope + result.p_above_rope - 1.0).abs() < 1e-14);
            }
        }
    }
}

#[test]
fn intervals_of_a_rate() {
    for case in list(&file("bayes_grid.json")["rates"]) {
        let rate = BetaPosterior::from_parameters(number(&case["a"]), number(&case["b"])).unwrap();
        for (kind, key) in
            [(CredibleKind::EqualTailed, "equal_tailed"), (CredibleKind::HighestDensity, "shortest")]
        {
            let interval = rate.interval(0.05, kind).unwrap();
            assert_ends((interval.lower, interval.upper), &case[key], 1e-10, &format!("{rate:?} {key}"));
        }
    }
}

#[test]
fn best_arms() {
    let grid = file("bayes_grid.json");
    for case in list(&grid["best"]) {
        let arms: Vec<BetaPosterior> = list(&case["arms"]).iter().map(parameters).collect();
        let best = best_rate(&arms).unwrap();
        for arm in 0..arms.len() {
            assert_close(best.p_best[arm], number(&case["p_best"][arm]), 1e-11, "p_best");
            assert_close(best.expected_loss[arm], number(&case["expected_loss"][arm]), 1e-11, "loss");
        }
    }
    for case in list(&grid["effects"]) {
        let arms: Vec<EffectPosterior> = list(&case["effects"])
            .iter()
            .map(|arm| EffectPosterior::new(number(&arm[0]), number(&arm[1]), f64::INFINITY).unwrap())
            .collect();
        let best = best_effect(&arms).unwrap();
        for (p, known) in best.p_best.iter().zip(list(&case["p_best"])) {
            assert_close(*p, number(known), 1e-11, "p_best");
        }
    }
}
