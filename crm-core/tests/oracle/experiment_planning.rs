//! Sizes, power and detectable effects: published numbers and mpmath, `tests/cases/experiment/planning.json`.

use crm_core::experiment::{
    Alternative, Contrast, CountedTails, EffectDirection, LevelSharing, MeanMethod, MeanPlan, PlanOptions,
    ProportionPlan, ProportionPlanMethod, SampleSize,
};
use serde_json::Value;

fn cases(name: &str) -> Vec<Value> {
    let path = format!("{}/../tests/cases/experiment/planning.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let all: Value = serde_json::from_str(&text).unwrap();
    all[name].as_array().unwrap().clone()
}

fn options(case: &Value) -> PlanOptions {
    let mut options = PlanOptions::default();
    let text = |name: &str| case[name].as_str();
    if let Some(name) = text("contrast") {
        options.contrast = Contrast::from_name(name).unwrap();
    }
    if let Some(name) = text("alternative") {
        options.alternative = Alternative::from_name(name).unwrap();
    }
    if let Some(name) = text("tails") {
        options.tails = CountedTails::from_name(name).unwrap();
    }
    if let Some(name) = text("sharing") {
        options.sharing = LevelSharing::from_name(name).unwrap();
    }
    options.alpha = case["alpha"].as_f64().unwrap_or(0.05);
    options.null = case["null"].as_f64();
    options.margins = case["lower_margin"].as_f64().zip(case["upper_margin"].as_f64());
    options.control_per_target = case["control_per_target"].as_f64().unwrap_or(1.0);
    options.targets = case["targets"].as_u64().unwrap_or(1) as u32;
    options
}

/// Either plan, by its functions.
enum Plan {
    Proportion(ProportionPlan),
    Mean(MeanPlan),
}

impl Plan {
    fn new(case: &Value) -> Self {
        let (method, options) = (case["method"].as_str().unwrap(), options(case));
        let number = |name: &str| case[name].as_f64().unwrap();
        if case["kind"] == "proportion" {
            let method = ProportionPlanMethod::from_name(method).unwrap();
            return Self::Proportion(ProportionPlan::new(number("control_rate"), method, options).unwrap());
        }
        let (target, control) = (number("target_deviation"), number("control_deviation"));
        Self::Mean(MeanPlan::new(target, control, MeanMethod::from_name(method).unwrap(), options).unwrap())
    }

    fn power(&self, effect: f64, count: f64) -> f64 {
        match self {
            Self::Proportion(plan) => plan.power(effect, count).unwrap(),
            Self::Mean(plan) => plan.power(effect, count).unwrap(),
        }
    }

    fn sample_size(&self, effect: f64, power: f64) -> SampleSize {
        match self {
            Self::Proportion(plan) => plan.sample_size(effect, power).unwrap(),
            Self::Mean(plan) => plan.sample_size(effect, power).unwrap(),
        }
    }

    fn detectable(&self, count: f64, power: f64, direction: EffectDirection) -> f64 {
        match self {
            Self::Proportion(plan) => plan.detectable(count, power, direction).unwrap(),
            Self::Mean(plan) => plan.detectable(count, power, direction).unwrap(),
        }
    }
}

#[test]
fn sizes_and_power() {
    let all = cases("plans");
    assert!(all.len() > 25);
    for case in all {
        let (plan, id) = (Plan::new(&case), case["id"].as_str().unwrap());
        let (effect, tolerance) = (case["effect"].as_f64().unwrap(), case["tolerance"].as_f64().unwrap());
        let near = |what: &str, value: f64, known: f64| {
            assert!((value - known).abs() <= tolerance * known, "{id} {what}: {value} {known}");
        };
        if let Some(power) = case["power"].as_f64() {
            let size = plan.sample_size(effect, power);
            let numbers = [
                ("target", size.target),
                ("control", size.control),
                ("target_count", size.target_count as f64),
            ];
            for (name, value) in numbers {
                if let Some(known) = case[name].as_f64() {
                    near(name, value, known);
                }
            }
            // Counts are the least ones with the power.
            assert!(size.power >= power - 1e-12, "{id}: {size:?}");
            assert!(size.target_count as f64 - size.target < 1.0 + 1e-6, "{id}: {size:?}");
            let ratio = case["control_per_target"].as_f64().unwrap_or(1.0);
            assert!((size.control / size.target / ratio - 1.0).abs() < 1e-12);
            let targets = case["targets"].as_u64().unwrap_or(1);
            assert_eq!(size.total_count, targets * size.target_count + size.control_count);
        }
        for pair in case["power_at"].as_array().into_iter().flatten() {
            let (count, known) = (pair[0].as_f64().unwrap(), pair[1].as_f64().unwrap());
            near("power", plan.power(effect, count), known);
        }
    }
}

#[test]
fn each_answer_is_the_inverse_of_the_others() {
    for case in cases("plans") {
        let (plan, id) = (Plan::new(&case), case["id"].as_str().unwrap());
        let (effect, options) = (case["effect"].as_f64().unwrap(), options(&case));
        for power in [0.3, 0.8, 0.99] {
            let size = plan.sample_size(effect, power);
            let back = plan.power(effect, size.target);
            // Where the least arms with a variance have more power than asked for, so be it.
            assert!(
                (back - power).abs() < 1e-11 || (back > power && size.target < 3.0),
                "{id} {power}: {size:?} {back}"
            );
            if options.margins.is_none() && back < power + 1e-11 {
                let null = options.null.unwrap_or(0.0);
                let baseline = case["control_rate"].as_f64().unwrap_or(0.0);
                let at_null =
                    if options.contrast == Contrast::Ratio { baseline * null } else { baseline + null };
                let direction =
                    if effect > at_null { EffectDirection::Increase } else { EffectDirection::Decrease };
                let found = plan.detectable(size.target, power, direction);
                assert!(
                    (found - effect).abs() < 1e-9 * (effect - at_null).abs(),
                    "{id} {power}: {found} {effect}"
                );
            }
        }
    }
}

#[test]
fn detectable_effects() {
    for case in cases("detectable") {
        let plan = Plan::new(&case);
        let (count, power) = (case["target_count"].as_f64().unwrap(), case["power"].as_f64().unwrap());
        let known = case["effect"].as_f64().unwrap();
        for (direction, sign) in [(EffectDirection::Increase, 1.0), (EffectDirection::Decrease, -1.0)] {
            let found = plan.detectable(count, power, direction);
            assert!((found / known - sign).abs() < 1e-12, "{}: {found} {known}", case["id"]);
        }
    }
}

#[test]
fn effect_sizes() {
    for case in cases("effects") {
        let options = PlanOptions::default().tails(CountedTails::Both);
        let control = case["control_rate"].as_f64().unwrap();
        let plan = ProportionPlan::new(control, ProportionPlanMethod::Arcsine, options).unwrap();
        let found = plan.cohens_h(case["target_rate"].as_f64().unwrap());
        assert!((found - case["cohens_h"].as_f64().unwrap()).abs() < 1e-15, "{found}");
    }
    // R's pwr.2p.test for h = 0.01 and 80 in each arm.
    let options = PlanOptions::default().tails(CountedTails::Both);
    let plan = ProportionPlan::new(0.5, ProportionPlanMethod::Arcsine, options).unwrap();
    let target = (std::f64::consts::FRAC_PI_4 + 0.005).sin().powi(2);
    assert!((plan.power(target, 80.0).unwrap() - 0.050_458_329_270_392_34).abs() < 1e-14);
}

/// Farrington and Manning (1990), table 1, as gsDesign's tests have it: 62.88 and 41.92, with two decimals and a relative tolerance of 1e-4;
/// 173.2214 and 259.8322. The formula itself, with the most likely rates under the null by bisection, in mpmath.
#[test]
fn sizes_of_farrington_and_manning() {
    let plan = |control: f64, null: f64, control_per_target: f64| {
        let mut options = PlanOptions::default().alternative(Alternative::Greater);
        (options.null, options.control_per_target) = (Some(null), control_per_target);
        ProportionPlan::new(control, ProportionPlanMethod::Score, options).unwrap()
    };
    for (plan, effect, known, printed, decimals) in [
        (plan(0.1, -0.2, 2.0 / 3.0), 0.1, [62.884_010_605_5, 41.922_673_737], ["62.88", "41.92"], 2),
        (plan(0.05, 0.1, 1.5), 0.25, [173.221_448_806, 259.832_173_209], ["173.2214", "259.8322"], 4),
    ] {
        let size = plan.sample_size(effect, 0.9).unwrap();
        for (found, (known, printed)) in [size.target, size.control].iter().zip(known.iter().zip(printed)) {
            assert!((found / known - 1.0).abs() < 1e-11, "{found} {known}");
            assert_eq!(format!("{found:.decimals$}"), printed);
        }
    }
}

/// Sizes of the unpooled and the arcsine test, and power at the whole number above the pooled size, in mpmath with 60 digits.
#[test]
fn sizes_and_power_of_three_designs() {
    for (control, target, alpha, power, unpooled, arcsine, h, at_count, both_tails) in [
        (
            0.05,
            0.055,
            0.05,
            0.8,
            31_230.692_462_975_025,
            31_217.499_894_412_04,
            0.022_424_345_475_803_79,
            0.800_007_057_455_054_1,
            0.800_008_016_725_632_4,
        ),
        (
            0.01,
            0.012,
            0.05,
            0.9,
            57_149.874_031_175_54,
            57_037.654_675_012_73,
            0.019_194_741_926_809_807,
            0.900_004_724_875_209_7,
            0.900_004_823_619_218_4,
        ),
        (
            0.03,
            0.033,
            0.01,
            0.95,
            120_762.220_466_360_94,
            120_704.036_461_828_29,
            0.017_180_540_752_754_905,
            0.950_000_619_425_765_9,
            0.950_000_619_431_177_1,
        ),
    ] {
        let options = PlanOptions { alpha, ..PlanOptions::default() };
        let plan = |method, tails| ProportionPlan::new(control, method, options.tails(tails)).unwrap();
        let near = |found: f64, known: f64| assert!((found / known - 1.0).abs() < 1e-12, "{found} {known}");
        let size = |method| plan(method, CountedTails::Near).sample_size(target, power).unwrap().target;
        near(size(ProportionPlanMethod::Unpooled), unpooled);
        near(size(ProportionPlanMethod::Arcsine), arcsine);
        near(plan(ProportionPlanMethod::Arcsine, CountedTails::Near).cohens_h(target), h);
        let pooled = |tails| plan(ProportionPlanMethod::Pooled, tails);
        let count = pooled(CountedTails::Near).sample_size(target, power).unwrap().target_count as f64;
        near(pooled(CountedTails::Near).power(target, count).unwrap(), at_count);
        near(pooled(CountedTails::Both).power(target, count).unwrap(), both_tails);
    }
}
