//! Plans of ranks, of exact tests and of one rate: published numbers, counts and mpmath, `tests/cases/experiment/plans.json`.

use crm_core::Threads;
use crm_core::experiment::{
    Alternative, CountedTails, EffectDirection, ExactProportionPlan, MannWhitneyMethod, MeanPlan,
    PlanOptions, ProportionMethod, QuantileArm, QuantileArmOptions, RankPlan, RankPlanMethod, RateMethod,
    RatePlan, TestOptions, brunner_munzel, mann_whitney,
};
use rand::RngExt as _;
use rand::SeedableRng as _;
use serde_json::Value;

fn cases() -> Value {
    let path = format!("{}/../tests/cases/experiment/plans.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn options(case: &Value) -> PlanOptions {
    PlanOptions {
        alternative: case["alternative"]
            .as_str()
            .map_or(Alternative::TwoSided, |name| Alternative::from_name(name).unwrap()),
        tails: case["tails"]
            .as_str()
            .map_or(CountedTails::Near, |name| CountedTails::from_name(name).unwrap()),
        alpha: case["alpha"].as_f64().unwrap_or(0.05),
        control_per_target: case["control_per_target"].as_f64().unwrap_or(1.0),
        ..PlanOptions::default()
    }
}

fn rank_plan(case: &Value) -> RankPlan {
    let method = RankPlanMethod::from_name(case["method"].as_str().unwrap()).unwrap();
    let options = PlanOptions { null: case["null"].as_f64(), ..options(case) };
    if case["target"].is_array() {
        let (target, control) = (numbers(&case["target"]), numbers(&case["control"]));
        return RankPlan::from_categories(&target, &control, method, options).unwrap();
    }
    let number = |name: &str| case[name].as_f64().unwrap();
    RankPlan::normal(number("target_deviation"), number("control_deviation"), method, options).unwrap()
}

fn check_power(case: &Value, power: impl Fn(f64) -> f64) {
    let tolerance = case["tolerance"].as_f64().unwrap();
    for pair in case["power_at"].as_array().into_iter().flatten() {
        let (count, known) = (pair[0].as_f64().unwrap(), pair[1].as_f64().unwrap());
        let found = power(count);
        assert!((found - known).abs() <= tolerance, "{} {count}: {found} {known}", case["id"]);
    }
}

#[test]
fn ranks() {
    let all = cases();
    for case in all["ranks"].as_array().unwrap() {
        let (plan, effect) = (rank_plan(case), case["effect"].as_f64().unwrap());
        if let Some(superiority) = plan.superiority() {
            assert!((superiority - effect).abs() < 1e-14);
        }
        check_power(case, |count| plan.power(effect, count).unwrap());
        // Sizes and effects are inverses of the power.
        let size = plan.sample_size(effect, 0.7).unwrap();
        assert!((plan.power(effect, size.target).unwrap() - 0.7).abs() < 1e-10, "{}: {size:?}", case["id"]);
        let up = effect > case["null"].as_f64().unwrap_or(0.5);
        let direction = if up { EffectDirection::Increase } else { EffectDirection::Decrease };
        let found = plan.detectable(size.target, 0.7, direction).unwrap();
        assert!((found - effect).abs() < 1e-9, "{}: {found} {effect}", case["id"]);
    }
}

#[test]
fn sizes_of_noether_and_from_a_pilot() {
    let all = cases();
    let (case, number) = (&all["noether"], |value: &Value| value.as_f64().unwrap());
    let options = PlanOptions::default().alternative(Alternative::Greater);
    let plan = RankPlan::normal(1.0, 1.0, RankPlanMethod::Noether, options).unwrap();
    let size = plan.sample_size(number(&case["effect"]), number(&case["power"])).unwrap();
    assert!((size.target + size.control - number(&case["total"])).abs() < 1e-9, "{size:?}");
    let case = &all["pilot"];
    let (target, control) = (numbers(&case["target"]), numbers(&case["control"]));
    let options = PlanOptions::default();
    let plan =
        RankPlan::from_samples(&target, &control, RankPlanMethod::MannWhitney, options, Threads::Available)
            .unwrap();
    let effect = plan.superiority().unwrap();
    assert!((effect - number(&case["effect"])).abs() < 1e-7);
    let size = plan.sample_size(effect, 0.8).unwrap();
    let known = number(&case["total"]);
    assert!((size.target + size.control - known).abs() < number(&case["tolerance"]) * known, "{size:?}");
    // Categories are samples that were counted.
    let counted =
        RankPlan::from_categories(&[1.0, 2.0, 1.0], &[2.0, 1.0, 0.0], RankPlanMethod::BrunnerMunzel, options)
            .unwrap();
    let rows = ([3.0, 1.0, 2.0, 2.0], [2.0, 1.0, 1.0]);
    let sampled =
        RankPlan::from_samples(&rows.0, &rows.1, RankPlanMethod::BrunnerMunzel, options, Threads::Available)
            .unwrap();
    assert_eq!(counted, sampled);
}

/// The share of seeded experiments that the tests reject, against the plan.
#[test]
fn power_of_ranks_is_what_tests_have() {
    let runs = 3000;
    let mut random = rand_pcg::Pcg64::seed_from_u64(20);
    let mut normal = || {
        // The sum of twelve would do; Box and Muller's pair is exact.
        let (u, v): (f64, f64) = (random.random(), random.random());
        (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    };
    for (target_deviation, shift, sizes) in [(1.0, 0.55, (60, 45)), (3.0, 1.2, (80, 40))] {
        let effect = RankPlan::normal_superiority(shift, target_deviation, 1.0).unwrap();
        let ratio = f64::from(sizes.1) / f64::from(sizes.0);
        let options = PlanOptions::default().tails(CountedTails::Both).control_per_target(ratio);
        let planned = [RankPlanMethod::MannWhitney, RankPlanMethod::BrunnerMunzel].map(|method| {
            RankPlan::normal(target_deviation, 1.0, method, options)
                .unwrap()
                .power(effect, f64::from(sizes.0))
                .unwrap()
        });
        let mut rejected = [0_u32; 2];
        for _ in 0..runs {
            let target: Vec<f64> = (0..sizes.0).map(|_| shift + target_deviation * normal()).collect();
            let control: Vec<f64> = (0..sizes.1).map(|_| normal()).collect();
            let asked = TestOptions::default();
            let found =
                mann_whitney(&target, &control, MannWhitneyMethod::Normal, &asked, Threads::Available)
                    .unwrap();
            rejected[0] += u32::from(found.test.rejects());
            let found = brunner_munzel(&target, &control, &asked, Threads::Available).unwrap();
            rejected[1] += u32::from(found.rejects());
        }
        for (planned, rejected) in planned.into_iter().zip(rejected) {
            let seen = f64::from(rejected) / f64::from(runs);
            let error = (planned * (1.0 - planned) / f64::from(runs)).sqrt();
            assert!((seen - planned).abs() < 4.0 * error, "{target_deviation}: {seen} {planned} {error}");
        }
    }
}

#[test]
fn exact_tests_of_two_rates() {
    let all = cases();
    for case in all["exact"].as_array().unwrap() {
        let number = |name: &str| case[name].as_f64().unwrap();
        let method = ProportionMethod::from_name(case["method"].as_str().unwrap()).unwrap();
        let plan = ExactProportionPlan::new(number("control_rate"), method, options(case)).unwrap();
        let effect = number("effect");
        check_power(case, |count| plan.power(effect, count as u64).unwrap());
        if let Some(count) = case["target_count"].as_u64() {
            let size = plan.sample_size(effect, number("power")).unwrap();
            assert_eq!(size.target_count, count, "{}", case["id"]);
            assert!((size.power - number("power_of_size")).abs() < 1e-12);
            let direction = if effect > number("control_rate") {
                EffectDirection::Increase
            } else {
                EffectDirection::Decrease
            };
            let found = plan.detectable(count, number("power"), direction).unwrap();
            assert!((plan.power(found, count).unwrap() - number("power")).abs() < 1e-12);
        }
    }
}

#[test]
fn one_rate() {
    let all = cases();
    for case in all["rates"].as_array().unwrap() {
        let number = |name: &str| case[name].as_f64().unwrap();
        let method = RateMethod::from_name(case["method"].as_str().unwrap()).unwrap();
        let PlanOptions { alternative, alpha, tails, .. } = options(case);
        let plan = RatePlan::new(number("null"), method, alternative, alpha, tails).unwrap();
        let effect = number("effect");
        check_power(case, |count| plan.power(effect, count as u64).unwrap());
        if let Some(count) = case["count"].as_u64() {
            let size = plan.sample_size(effect, number("power")).unwrap();
            assert_eq!(size.count, count, "{}", case["id"]);
            assert!((size.power - number("power_of_size")).abs() < 1e-12);
            let direction =
                if effect > number("null") { EffectDirection::Increase } else { EffectDirection::Decrease };
            let found = plan.detectable(count, number("power"), direction).unwrap();
            assert!((plan.power(found, count).unwrap() - number("power")).abs() < 1e-12);
        }
    }
}

#[test]
fn deviations() {
    // The median of exponential values of mean 1 has density 1/2, and its estimate the variance 1 / n.
    assert!((MeanPlan::quantile_deviation(0.5, 0.5).unwrap() - 1.0).abs() < 1e-15);
    assert!((MeanPlan::quantile_deviation(0.9, 0.1).unwrap() - 3.0).abs() < 1e-14);
    let values: Vec<f64> = (0..40_000).map(|i| -((f64::from(i) + 0.5) / 40_000.0).ln()).collect();
    let arm = QuantileArm::from_values(&values, &QuantileArmOptions::default()).unwrap();
    // One rank more or less is 1 % of the interval.
    for (probability, known) in [(0.5, 1.0), (0.9, 3.0)] {
        let found = MeanPlan::pilot_quantile_deviation(&arm, probability).unwrap();
        assert!((found / known - 1.0).abs() < 0.015, "{probability}: {found}");
    }
    let found = MeanPlan::stratified_deviation(&[3.0, 1.0, 0.0], &[2.0, 6.0, 1e9]).unwrap();
    assert!((found * found - 12.0).abs() < 1e-13);
}
