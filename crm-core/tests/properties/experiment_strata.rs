//! Laws of rates within strata: verdict and interval agree, arms, outcomes and the order of the strata are symmetric, one stratum is no stratum.

use crm_core::experiment::{
    Alternative, BinaryArm, Contrast, ProportionColumns, ProportionMethod, StratifiedMethod,
    StratifiedProportions, TestOptions, TestResult, TestStatus, compare_proportions,
    compare_stratified_proportions,
};
use proptest::prelude::*;

/// Conversions and trials of target and control.
type Row = [u64; 4];

fn compare(rows: &[Row], method: StratifiedMethod, options: &TestOptions) -> StratifiedProportions {
    let columns: [Vec<u64>; 4] = std::array::from_fn(|place| rows.iter().map(|row| row[place]).collect());
    let strata = ProportionColumns {
        target_conversions: &columns[0],
        target_trials: &columns[1],
        control_conversions: &columns[2],
        control_trials: &columns[3],
    };
    compare_stratified_proportions(&strata, method, options).unwrap()
}

/// Small, middling and large arms, some without trials, with the edges as likely as what lies between.
fn any_arm(most: u64) -> impl Strategy<Value = [u64; 2]> {
    let trials = prop_oneof![1 => Just(0), 5 => 1..=most.min(12), 5 => 1..=most.min(2000), 5 => 1..=most];
    trials.prop_flat_map(|trials: u64| {
        let conversions = prop_oneof![
            Just(0),
            Just(trials),
            0..=trials.min(5),
            0..=trials,
            0..=trials,
            0..=trials.div_ceil(50)
        ];
        conversions.prop_map(move |conversions| [conversions, trials])
    })
}

fn most(method: StratifiedMethod) -> u64 {
    match method {
        StratifiedMethod::Exact | StratifiedMethod::ExactCentral | StratifiedMethod::ExactMidP => 60,
        // Above, the digits of a null next to 1 do not say where a rate of 1 begins to move.
        _ => 1 << 24,
    }
}

fn any_rows(most: u64) -> impl Strategy<Value = Vec<Row>> {
    let row = (any_arm(most), any_arm(most)).prop_map(|([x1, n1], [x0, n0])| [x1, n1, x0, n0]);
    prop::collection::vec(row, 1..6)
}

fn any_options() -> impl Strategy<Value = (TestOptions, f64)> {
    let alpha = prop_oneof![Just(0.05), Just(0.5), 1e-12..0.999];
    let unit = prop_oneof![Just(0.0), -1.0..1.0f64];
    (prop::sample::select(Alternative::ALL), alpha, unit).prop_map(|(alternative, alpha, unit)| {
        (TestOptions::default().alternative(alternative).alpha(alpha), unit)
    })
}

type Case = (StratifiedMethod, Vec<Row>, (TestOptions, f64));

fn any_case() -> impl Strategy<Value = Case> {
    prop::sample::select(StratifiedMethod::ALL)
        .prop_flat_map(|method| (Just(method), any_rows(most(method)), any_options()))
}

fn null_of(contrast: Contrast, unit: f64) -> f64 {
    match contrast {
        Contrast::Difference | Contrast::Lift => unit,
        Contrast::Ratio | Contrast::OddsRatio => (3.0 * unit).exp(),
    }
}

fn is_exact(method: StratifiedMethod) -> bool {
    most(method) < 1000
}

/// `p < alpha` if and only if the interval excludes the null, and an end of the interval is a null with the p-value alpha.
fn law((method, rows, (options, unit)): Case) -> Result<(), TestCaseError> {
    for &contrast in method.contrasts() {
        let options = options.contrast(contrast).null(null_of(contrast, unit));
        let result = compare(&rows, method, &options).comparison;
        let what = format!("{rows:?} {result:?}");
        prop_assert_eq!(result.p_value < options.alpha, result.rejects(), "{}", what);
        prop_assert!(result.interval.lower <= result.interval.upper, "{}", what);
        if result.p_value.is_nan() {
            prop_assert!(result.status == TestStatus::TooFew && result.ln_p_value.is_nan(), "{}", what);
            continue;
        }
        prop_assert!((0.0..=1.0).contains(&result.p_value) && result.ln_p_value <= 0.0, "{}", what);
        for end in [result.interval.lower, result.interval.upper] {
            let possible = match contrast {
                Contrast::Difference => end.abs() < 1.0 - 1e-6,
                Contrast::Lift => end > -1.0 + 1e-6 && end < 1e12,
                _ => end > 1e-12 && end < 1e12,
            };
            // Strata that contradict each other leave gaps: a null in one cuts the interval.
            let null = options.null_value();
            let cut = end == null || end == null.next_up() || end == null.next_down();
            if !possible || is_exact(method) || cut {
                continue;
            }
            let there = compare(&rows, method, &options.null(end)).comparison;
            let near = (there.p_value / options.alpha - 1.0).abs();
            // Where a rate of 0 or 1 begins to move, a digit of the end is many of the variance.
            let flat = method == StratifiedMethod::ContinuityCorrected && options.alpha >= 0.5;
            prop_assert!(
                flat || near < 1e-6 + sensitivity(&rows, &there),
                "{} at {}: {}",
                what,
                end,
                there.p_value
            );
        }
    }
    Ok(())
}

/// How far a p-value may move because null and rates are floats: their last digits, in standard errors, times the slope of ln p.
fn sensitivity(rows: &[Row], result: &TestResult) -> f64 {
    let trials: u64 = rows.iter().map(|row| row[1] + row[3]).sum();
    let error =
        if result.standard_error > 0.0 { result.standard_error } else { (trials as f64).sqrt().recip() };
    let size = result.null.abs().max(result.target).max(result.control).max(1e-300);
    let size = if result.contrast == Contrast::Lift { 1.0 + size } else { size };
    (1e-13 * size / error * (1.0 + result.statistic.abs())).min(0.01)
}

fn mirrored(options: TestOptions) -> TestOptions {
    options.alternative(match options.alternative {
        Alternative::TwoSided => Alternative::TwoSided,
        Alternative::Greater => Alternative::Less,
        Alternative::Less => Alternative::Greater,
    })
}

fn same(one: f64, other: f64, tolerance: f64) -> bool {
    one == other
        || (one.is_nan() && other.is_nan())
        || (one - other).abs() <= tolerance * one.abs().max(other.abs())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn verdict_and_interval_agree(case in any_case()) {
        law(case)?;
    }

    /// Target and control exchanged, a difference changes its sign and a ratio becomes its inverse.
    #[test]
    fn arms_are_symmetric((method, rows, (options, _)) in any_case()) {
        for &contrast in method.contrasts() {
            if contrast == Contrast::Lift {
                continue;
            }
            let options = options.contrast(contrast);
            let exchanged: Vec<Row> = rows.iter().map(|[x1, n1, x0, n0]| [*x0, *n0, *x1, *n1]).collect();
            let one = compare(&rows, method, &options);
            let other = compare(&exchanged, method, &mirrored(options));
            prop_assert!(same(one.comparison.p_value, other.comparison.p_value, 1e-9), "{:?} {:?}", one, other);
            prop_assert_eq!(one.comparison.rejects(), other.comparison.rejects());
            prop_assert!(same(one.comparison.difference, -other.comparison.difference, 1e-9));
            if contrast == Contrast::Difference {
                prop_assert!(same(one.comparison.interval.lower, -other.comparison.interval.upper, 1e-6));
            } else {
                let inverse = other.comparison.interval.upper.recip();
                prop_assert!(same(one.comparison.interval.lower, inverse, 1e-6), "{:?} {:?}", one, other);
            }
            // Of the ratio and its inverse only one is its own efficient score.
            if contrast != Contrast::Ratio {
                prop_assert!(
                    (one.homogeneity.statistic - other.homogeneity.statistic).abs()
                        <= 1e-6 * (1.0 + one.homogeneity.statistic)
                        || one.homogeneity.statistic.is_nan(),
                    "{:?} {:?}", one, other
                );
            }
        }
    }

    /// Failures counted as conversions, a difference changes its sign and an odds ratio becomes its inverse.
    #[test]
    fn outcomes_are_symmetric((method, rows, (options, _)) in any_case()) {
        for &contrast in method.contrasts() {
            if !matches!(contrast, Contrast::Difference | Contrast::OddsRatio) {
                continue;
            }
            let options = options.contrast(contrast).alternative(Alternative::TwoSided);
            let failures: Vec<Row> = rows.iter().map(|[x1, n1, x0, n0]| [n1 - x1, *n1, n0 - x0, *n0]).collect();
            let one = compare(&rows, method, &options).comparison;
            let other = compare(&failures, method, &options).comparison;
            prop_assert!(same(one.p_value, other.p_value, 1e-9), "{:?} {:?}", one, other);
        }
    }

    /// Neither the order of the strata matters nor strata in which an arm has no trials.
    #[test]
    fn order_and_empty_strata_do_not_matter((method, rows, (options, unit)) in any_case(), empty in any_arm(30)) {
        let mut others = rows.clone();
        others.reverse();
        others.insert(others.len() / 2, [0, 0, empty[0], empty[1]]);
        others.push([empty[0], empty[1], 0, 0]);
        for &contrast in method.contrasts() {
            let options = options.contrast(contrast).null(null_of(contrast, unit));
            let one = compare(&rows, method, &options);
            let other = compare(&others, method, &options);
            let near = |one: f64, other: f64, scale: f64| one == other || (one.is_nan() && other.is_nan()) || (one - other).abs() <= 1e-9 * scale.max(one.abs());
            prop_assert!(near(one.comparison.statistic, other.comparison.statistic, 1.0), "{:?} {:?}", one, other);
            prop_assert!(near(one.comparison.interval.lower, other.comparison.interval.lower, one.comparison.interval.upper.abs().min(1.0)), "{:?} {:?}", one, other);
            // Next to a difference of 1 a digit of the common estimate is much of what is left.
            let strata = (one.homogeneity.statistic, other.homogeneity.statistic);
            let both_none = strata.0.is_nan() && strata.1.is_nan();
            prop_assert!(both_none || (strata.0 - strata.1).abs() <= 1e-6 * (1.0 + strata.0), "{:?} {:?}", one, other);
            prop_assert_eq!(one.homogeneity.degrees_of_freedom, other.homogeneity.degrees_of_freedom);
            prop_assert_eq!(one.comparison.status, other.comparison.status);
        }
    }

    /// In one stratum the tests are those without strata.
    #[test]
    fn one_stratum_is_no_stratum((target, control) in (any_arm(1 << 40), any_arm(1 << 40)), (options, unit) in any_options(), small in (any_arm(60), any_arm(60))) {
        let of = |[x, n]: [u64; 2]| BinaryArm::new(x, n);
        let mut pairs = Vec::new();
        for &contrast in &[Contrast::Difference, Contrast::Lift, Contrast::Ratio] {
            for stratified in [StratifiedMethod::MantelHaenszel, StratifiedMethod::SampleSize] {
                pairs.push((target, control, contrast, stratified, ProportionMethod::Score));
            }
        }
        for (stratified, plain) in [
            (StratifiedMethod::Exact, ProportionMethod::Fisher),
            (StratifiedMethod::ExactCentral, ProportionMethod::FisherCentral),
            (StratifiedMethod::ExactMidP, ProportionMethod::FisherMidP),
        ] {
            pairs.push((small.0, small.1, Contrast::OddsRatio, stratified, plain));
        }
        for (target, control, contrast, method, plain) in pairs {
            let (Ok(first), Ok(second)) = (of(target), of(control)) else { continue };
            let options = options.contrast(contrast).null(null_of(contrast, unit));
            let one = compare(&[[target[0], target[1], control[0], control[1]]], method, &options).comparison;
            let other = compare_proportions(&first, &second, plain, &options).unwrap();
            let close = |one: f64, other: f64| same(one, other, 1e-7) || (one - other).abs() < 1e-12;
            prop_assert!(same(one.p_value, other.p_value, 1e-7), "{:?} {:?}", one, other);
            prop_assert!(close(one.interval.lower, other.interval.lower) && close(one.interval.upper, other.interval.upper), "{:?} {:?}", one, other);
            prop_assert!(one.difference == other.difference || (one.difference - other.difference).abs() <= 1e-15 * one.target.max(one.control));
            prop_assert!(close(one.effect_size, other.effect_size));
        }
    }

    /// Equal strata have the estimate of one, and a statistic that grows with the root of their number.
    #[test]
    fn equal_strata_add_up(row in (any_arm(1 << 30), any_arm(1 << 30)), copies in 2usize..7, unit in -0.9..0.9f64) {
        let ([x1, n1], [x0, n0]) = row;
        for &method in &[StratifiedMethod::MantelHaenszel, StratifiedMethod::SampleSize] {
            for &contrast in method.contrasts() {
                let options = TestOptions::default().contrast(contrast).null(null_of(contrast, unit));
                let one = compare(&[[x1, n1, x0, n0]], method, &options);
                let all = compare(&vec![[x1, n1, x0, n0]; copies], method, &options);
                let expected = one.comparison.statistic * (copies as f64).sqrt();
                prop_assert!(same(all.comparison.statistic, expected, 1e-11), "{:?} {:?}", one, all);
                prop_assert!(same(all.comparison.estimate, one.comparison.estimate, 1e-13), "{:?} {:?}", one, all);
                // Strata that are equal do not differ.
                prop_assert!(all.homogeneity.statistic.is_nan() || all.homogeneity.statistic < 1e-9, "{:?}", all);
            }
        }
    }
}
