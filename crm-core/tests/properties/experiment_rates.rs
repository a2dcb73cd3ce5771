//! Laws of the tests of rates: verdict and interval agree, arms and outcomes are symmetric, batches are single tests.

use crm_core::Threads;
use crm_core::experiment::{
    Alternative, BinaryArm, Contrast, ProportionColumns, ProportionMethod, RateMethod, TestOptions,
    TestStatus, compare_proportions, test_rate,
};
use proptest::prelude::*;

/// Trials and conversions: small, middling and huge, with the edges as likely as what lies between.
fn any_arm(most: u64) -> impl Strategy<Value = BinaryArm> {
    let trials = prop_oneof![1..=most.min(12), 1..=most.min(2000), 1..=most];
    trials.prop_flat_map(|trials| {
        let conversions = prop_oneof![
            Just(0),
            Just(trials),
            0..=trials.min(5),
            Just(trials - trials.min(2)),
            0..=trials,
            0..=trials.div_ceil(50)
        ];
        conversions.prop_map(move |conversions| BinaryArm::new(conversions, trials).unwrap())
    })
}

/// The most trials that a method takes here: exact ones are slow.
fn most(method: ProportionMethod) -> u64 {
    match method {
        ProportionMethod::Barnard | ProportionMethod::Boschloo => 14,
        method if method.is_exact() => 400,
        _ => 1 << 53,
    }
}

fn any_method() -> impl Strategy<Value = ProportionMethod> {
    prop::sample::select(ProportionMethod::ALL)
}

fn any_options() -> impl Strategy<Value = (TestOptions, f64)> {
    let alpha = prop_oneof![Just(0.05), Just(0.5), 1e-12..0.999];
    let unit = prop_oneof![Just(0.0), -1.0..1.0f64];
    (prop::sample::select(Alternative::ALL), alpha, unit).prop_map(|(alternative, alpha, unit)| {
        (TestOptions::default().alternative(alternative).alpha(alpha), unit)
    })
}

/// A null from a number in (-1, 1), 0 for "no effect".
fn null_of(contrast: Contrast, unit: f64) -> f64 {
    match contrast {
        Contrast::Difference | Contrast::Lift => unit,
        Contrast::Ratio | Contrast::OddsRatio => (3.0 * unit).exp(),
    }
}

type Case = (ProportionMethod, BinaryArm, BinaryArm, (TestOptions, f64));

fn any_case() -> impl Strategy<Value = Case> {
    any_method()
        .prop_flat_map(|method| (Just(method), any_arm(most(method)), any_arm(most(method)), any_options()))
}

/// `p < alpha` if and only if the interval excludes the null; only a typed status goes without a p-value.
fn law((method, target, control, (options, unit)): Case) -> Result<(), TestCaseError> {
    for &contrast in method.contrasts() {
        let options = options.contrast(contrast).null(null_of(contrast, unit));
        let result = compare_proportions(&target, &control, method, &options).unwrap();
        let what = format!("{target:?} {control:?} {result:?}");
        prop_assert_eq!(result.p_value < options.alpha, result.rejects(), "{}", what);
        prop_assert!(result.interval.lower <= result.interval.upper, "{}", what);
        if result.p_value.is_nan() {
            prop_assert!(result.status != TestStatus::Ok && result.ln_p_value.is_nan(), "{}", what);
            continue;
        }
        prop_assert!((0.0..=1.0).contains(&result.p_value) && result.ln_p_value <= 0.0, "{}", what);
        let relative = (result.ln_p_value.exp() - result.p_value).abs() / result.p_value.max(1e-300);
        prop_assert!(relative < 1e-9, "{}", what);
        // The null at an end of the interval has the p-value alpha; exact tests jump there.
        for end in [result.interval.lower, result.interval.upper] {
            let possible = match contrast {
                Contrast::Difference => end.abs() < 1.0 - 1e-6,
                // Next to -1 the floats are too far apart.
                Contrast::Lift => end > -1.0 + 1e-6 && end.is_finite(),
                _ => end > 1e-300 && end.is_finite(),
            };
            // An end a few floats from the estimate says nothing of the statistic.
            let coarse =
                (end - result.estimate).abs() <= 1e-10 * end.abs().max(result.target.max(result.control));
            // A null that is rejected between values that are not is where the interval was cut.
            let null = options.null_value();
            let cut = (end - null).abs() <= (4.0 * f64::EPSILON * null.abs()).max(f64::MIN_POSITIVE);
            if !possible || coarse || method.is_exact() || cut {
                continue;
            }
            let there = compare_proportions(&target, &control, method, &options.null(end)).unwrap();
            let near = (there.p_value / options.alpha - 1.0).abs();
            // A flat part of the corrected statistic ends where its sign changes.
            let flat = method == ProportionMethod::ContinuityCorrected && options.alpha >= 0.5;
            let lost = sensitivity(&there);
            prop_assert!(flat || near < 1e-9 + lost, "{} at {}: {} {}", what, end, there.p_value, lost);
        }
    }
    Ok(())
}

/// How far a p-value may move because null and rates are floats: their last digits, in standard errors, times the slope of ln p.
fn sensitivity(result: &crm_core::experiment::TestResult) -> f64 {
    let null = result.null.abs();
    // The logarithm's standard error is that of the logarithm.
    let logarithm = result.method == ProportionMethod::Logarithm.name();
    let (size, unit) = match result.contrast {
        Contrast::Difference => (null.max(result.target).max(result.control), 1.0),
        Contrast::Lift => (1.0 + null, if logarithm { 1.0 + result.null } else { 1.0 }),
        _ => (null, if logarithm { null } else { 1.0 }),
    };
    let error = result.standard_error * unit;
    // Methods without a standard error: that of 10^18 trials; never beyond one per cent.
    let error = if error > 0.0 { error } else { 1e-9 * size };
    (1e-14 * size / error * (1.0 + result.statistic.abs())).min(0.01)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn verdict_and_interval_agree(case in any_case()) {
        law(case)?;
    }

    /// Target and control exchanged, a difference changes its sign and a ratio becomes its inverse.
    #[test]
    fn arms_are_symmetric((method, target, control, (options, _)) in any_case()) {
        for &contrast in method.contrasts() {
            if contrast == Contrast::Lift || method == ProportionMethod::Unpooled {
                continue;
            }
            let options = options.contrast(contrast);
            let mirrored = match options.alternative {
                Alternative::TwoSided => Alternative::TwoSided,
                Alternative::Greater => Alternative::Less,
                Alternative::Less => Alternative::Greater,
            };
            let one = compare_proportions(&target, &control, method, &options).unwrap();
            let other = compare_proportions(&control, &target, method, &options.alternative(mirrored)).unwrap();
            prop_assert!(
                one.p_value.is_nan() && other.p_value.is_nan()
                    || (one.p_value - other.p_value).abs() <= 1e-9 * one.p_value.max(1e-300),
                "{:?} {:?}", one, other
            );
            prop_assert_eq!(one.rejects(), other.rejects(), "{:?} {:?}", one, other);
        }
    }

    /// Failures counted as conversions, a difference changes its sign and an odds ratio becomes its inverse.
    #[test]
    fn outcomes_are_symmetric((method, target, control, (options, _)) in any_case()) {
        let failures = |arm: &BinaryArm| BinaryArm::new(arm.failures(), arm.trials()).unwrap();
        for &contrast in method.contrasts() {
            if !matches!(contrast, Contrast::Difference | Contrast::OddsRatio) || method == ProportionMethod::Unpooled {
                continue;
            }
            let options = options.contrast(contrast).alternative(Alternative::TwoSided);
            let one = compare_proportions(&target, &control, method, &options).unwrap();
            let other = compare_proportions(&failures(&target), &failures(&control), method, &options).unwrap();
            prop_assert!(
                one.p_value.is_nan() && other.p_value.is_nan()
                    || (one.p_value - other.p_value).abs() <= 1e-9 * one.p_value.max(1e-300),
                "{:?} {:?}", one, other
            );
        }
    }

    #[test]
    fn a_batch_is_its_single_tests(pairs in prop::collection::vec((any_arm(1 << 53), any_arm(1 << 53)), 0..40)) {
        let column = |of: fn(&(BinaryArm, BinaryArm)) -> u64| pairs.iter().map(of).collect::<Vec<u64>>();
        let (x1, n1) = (column(|pair| pair.0.conversions()), column(|pair| pair.0.trials()));
        let (x0, n0) = (column(|pair| pair.1.conversions()), column(|pair| pair.1.trials()));
        let counts = ProportionColumns {
            target_conversions: &x1, target_trials: &n1, control_conversions: &x0, control_trials: &n0,
        };
        let options = TestOptions::default().contrast(Contrast::Lift);
        let columns = counts.compare(ProportionMethod::Score, &options, Threads::from_count(3).unwrap()).unwrap();
        prop_assert_eq!(columns.len(), pairs.len());
        for (row, (target, control)) in pairs.iter().enumerate() {
            let one = compare_proportions(target, control, ProportionMethod::Score, &options).unwrap();
            prop_assert_eq!(columns.lower[row].to_bits(), one.interval.lower.to_bits());
            prop_assert_eq!(columns.p_value[row].to_bits(), one.p_value.to_bits());
            prop_assert_eq!((columns.status[row], columns.rejects[row]), (one.status, one.rejects()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn one_rate_agrees_with_its_interval(
        arm in any_arm(1 << 53),
        (options, unit) in any_options(),
        method in prop::sample::select(RateMethod::ALL),
    ) {
        let null = (0.5 + 0.5 * unit).clamp(1e-9, 1.0 - 1e-9);
        let nulls = [null, arm.rate().clamp(1e-18, 0.999_999), (arm.rate() * (1.0 + 0.1 * unit)).clamp(1e-18, 0.999_999)];
        for null in nulls {
            let result = test_rate(&arm, null, method, options.alternative, options.alpha).unwrap();
            prop_assert_eq!(result.p_value < options.alpha, result.rejects(), "{:?} {:?}", arm, result);
            prop_assert!(result.interval.lower <= result.interval.upper, "{:?} {:?}", arm, result);
            let unknown = method == RateMethod::Wald && result.status != TestStatus::Ok;
            prop_assert_eq!(result.p_value.is_nan(), unknown, "{:?} {:?}", arm, result);
        }
    }
}
