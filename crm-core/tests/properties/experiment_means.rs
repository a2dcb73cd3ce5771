//! Laws of arms of means and of their tests.

use crm_core::Threads;
use crm_core::experiment::{
    Alternative, ArmTable, Contrast, GroupColumn, GroupLabel, JointArm, LiftMethod, MeanArm, MeanMethod,
    MeanTest, Measures, TestOptions, TestResult, TestStatus, ThetaMethod, compare_adjusted, compare_means,
    compare_ratios, compare_stratified,
};
use proptest::prelude::*;

fn options() -> impl Strategy<Value = TestOptions> {
    let contrast = prop::sample::select(vec![Contrast::Difference, Contrast::Lift, Contrast::Ratio]);
    let alternative = prop::sample::select(Alternative::ALL.to_vec());
    let alpha = prop_oneof![Just(0.05), 1e-9..0.5, 0.5..0.99];
    (contrast, alternative, alpha, prop::option::of(-1.5..1.5)).prop_map(
        |(contrast, alternative, alpha, null)| {
            let options = TestOptions::default().contrast(contrast).alternative(alternative).alpha(alpha);
            match null {
                Some(null) if contrast == Contrast::Ratio => options.null(f64::exp(null)),
                Some(null) => options.null(null),
                None => options,
            }
        },
    )
}

/// What other than two means know too.
fn plain_test() -> impl Strategy<Value = MeanTest> {
    mean_test().prop_map(|test| if is_score(test) { MeanMethod::Student.into() } else { test })
}

fn is_score(test: MeanTest) -> bool {
    matches!(test.method, MeanMethod::Score | MeanMethod::SkewnessCorrected)
}

/// The score tests know no lift of -1 or below.
fn asks_for_no_lift(test: MeanTest, options: &TestOptions) -> bool {
    is_score(test) && options.contrast == Contrast::Lift && options.null_value() <= -1.0
}

fn mean_test() -> impl Strategy<Value = MeanTest> {
    (prop::sample::select(MeanMethod::ALL.to_vec()), prop::sample::select(LiftMethod::ALL.to_vec()))
        .prop_map(|(method, lift)| MeanTest::from(method).lift(lift))
}

fn arm() -> impl Strategy<Value = MeanArm> {
    let count = prop_oneof![0..4_u64, 2..100_u64, 100..2_000_000_u64];
    let mean = prop_oneof![-3.0..3.0, Just(0.0), -1e-3..1e-3, 900.0..1100.0];
    let variance = prop_oneof![Just(0.0), 1e-6..4.0, 4.0..1e4];
    // Of what so many values can have.
    let skewness = prop_oneof![Just(0.0), -1.0..1.0, 0.9..1.0];
    (count, mean, variance, skewness).prop_map(|(count, mean, variance, part)| {
        let n = count as f64;
        let most = if count < 3 { 0.0 } else { (n - 2.0) / (n - 1.0).sqrt() };
        MeanArm::from_moments(count, mean, variance).unwrap().with_skewness(part * most).unwrap()
    })
}

/// A test rejects exactly when its interval leaves out the null, and exactly when p is below the level.
fn coherent(result: &TestResult) -> Result<(), TestCaseError> {
    if result.p_value.is_nan() {
        prop_assert!(
            !result.rejects() && result.ln_p_value.is_nan() && result.status != TestStatus::Ok,
            "{:?}",
            result
        );
        return Ok(());
    }
    prop_assert!((0.0..=1.0).contains(&result.p_value) && result.ln_p_value <= 0.0, "{:?}", result);
    if result.ln_p_value > -700.0 {
        let size = 1.0 + result.ln_p_value.abs();
        prop_assert!((result.ln_p_value.exp() / result.p_value - 1.0).abs() < 1e-12 * size, "{:?}", result);
    }
    // At the border itself rounding decides.
    let border = (result.p_value / result.alpha - 1.0).abs() < 1e-7;
    prop_assert!(border || result.rejects() == (result.p_value < result.alpha), "{:?}", result);
    prop_assert!(!result.interval.lower.is_nan() && !result.interval.upper.is_nan(), "{:?}", result);
    Ok(())
}

fn columns(rows: usize) -> impl Strategy<Value = Vec<(f64, f64, f64)>> {
    let value = prop_oneof![-50.0..50.0, Just(0.0), Just(7.0)];
    prop::collection::vec((value, 1.0..6.0, -20.0..20.0), rows)
}

fn joint(rows: &[(f64, f64, f64)], denominator: bool) -> JointArm {
    let column = |of: fn(&(f64, f64, f64)) -> f64| rows.iter().map(of).collect::<Vec<f64>>();
    let (value, below, covariate) = (column(|row| row.0 + row.2), column(|row| row.1), column(|row| row.2));
    let measures = Measures::of(&value).covariate(&covariate);
    let measures = if denominator { measures.denominator(&below) } else { measures };
    JointArm::from_measures(&measures).unwrap()
}

fn near_arms(one: &JointArm, other: &JointArm, tolerance: f64) -> Result<(), TestCaseError> {
    prop_assert_eq!(one.count(), other.count());
    for first in 0..one.columns() {
        let spread = other.product(first, first).sqrt();
        let (left, right) = (one.column(first).mean(), other.column(first).mean());
        let scale = right.abs().max(spread / (other.count() as f64).sqrt());
        prop_assert!(one.count() == 0 || (left - right).abs() <= tolerance * scale, "{} {}", left, right);
        for second in 0..=first {
            let scale = spread * other.product(second, second).sqrt();
            let (left, right) = (one.product(first, second), other.product(first, second));
            prop_assert!((left - right).abs() <= tolerance * scale, "{} {}", left, right);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn tests_of_means_are_coherent(
        target in arm(), control in arm(), test in mean_test(), options in options(),
    ) {
        match compare_means(&target, &control, test, &options) {
            Ok(result) => coherent(&result)?,
            Err(error) => prop_assert!(asks_for_no_lift(test, &options), "{error}"),
        }
    }

    #[test]
    fn tests_of_adjusted_values_and_ratios_are_coherent(
        target in (2..40_usize).prop_flat_map(columns), control in (2..40_usize).prop_flat_map(columns),
        theta in prop::sample::select(ThetaMethod::ALL.to_vec()), test in plain_test(), options in options(),
    ) {
        for denominator in [false, true] {
            let (target, control) = (joint(&target, denominator), joint(&control, denominator));
            let adjustment = compare_adjusted(&target, &control, theta, test, &options).unwrap();
            coherent(&adjustment.result)?;
            coherent(&adjustment.unadjusted)?;
            if denominator {
                let plain = compare_ratios(&target, &control, test, &options).unwrap();
                prop_assert_eq!(format!("{plain:?}"), format!("{:?}", adjustment.unadjusted));
            }
        }
    }

    #[test]
    fn tests_within_strata_are_coherent(
        arms in prop::collection::vec((arm(), arm()), 1..5), test in plain_test(), options in options(),
    ) {
        let (targets, controls): (Vec<MeanArm>, Vec<MeanArm>) = arms.into_iter().unzip();
        if targets.iter().chain(&controls).any(|arm| arm.count() > 0) {
            coherent(&compare_stratified(&targets, &controls, None, test, &options).unwrap())?;
        }
    }

    #[test]
    fn exchanging_the_arms_turns_the_difference_round(target in arm(), control in arm(), test in mean_test()) {
        let options = TestOptions::default();
        let one = compare_means(&target, &control, test, &options.alternative(Alternative::Greater)).unwrap();
        let other = compare_means(&control, &target, test, &options.alternative(Alternative::Less)).unwrap();
        prop_assert_eq!(one.status, other.status);
        if one.status == TestStatus::Ok {
            prop_assert_eq!(one.p_value, other.p_value);
            prop_assert_eq!(one.interval.lower, -other.interval.upper);
        }
    }

    #[test]
    fn the_unit_of_the_values_changes_nothing(
        target in arm(), control in arm(), test in mean_test(), options in options(), exponent in -300..300_i32,
    ) {
        // A null in units of the value is scaled with it.
        let unit = 2f64.powi(exponent);
        let scaled = |arm: &MeanArm| {
            let skewness = if arm.count() == 0 { 0.0 } else { arm.skewness() };
            MeanArm::from_moments(arm.count(), arm.mean() * unit, arm.variance() * unit * unit)?.with_skewness(skewness)
        };
        let difference = options.contrast == Contrast::Difference;
        let moved = match options.null {
            Some(null) if difference => options.null(null * unit),
            _ => options,
        };
        prop_assume!(!asks_for_no_lift(test, &options));
        let plain = compare_means(&target, &control, test, &options).unwrap();
        let other = compare_means(&scaled(&target).unwrap(), &scaled(&control).unwrap(), test, &moved).unwrap();
        prop_assert_eq!(plain.status, other.status);
        prop_assert_eq!(plain.p_value.to_bits(), other.p_value.to_bits());
        prop_assert_eq!(plain.rejects(), other.rejects());
        let unit = if difference { unit } else { 1.0 };
        // The number next to 0, at which an interval may be cut, has no unit.
        let (expected, found) = (plain.interval.lower * unit, other.interval.lower);
        prop_assert!(expected.to_bits() == found.to_bits() || (expected - found).abs() < f64::MIN_POSITIVE, "{expected} {found}");
    }

    #[test]
    fn any_partition_gives_the_same_arm(
        rows in prop::collection::vec((prop_oneof![-1.0..1.0, Just(2.0), -1e4..1e4], 1.0..2.0, -5.0..5.0), 1..3000),
        offset in prop::sample::select(vec![0.0, 1e6, 1e9, -1e12]), cuts in prop::collection::vec(0..3000_usize, 0..6),
    ) {
        let rows: Vec<(f64, f64, f64)> = rows.into_iter().map(|(a, b, c)| (a + offset, b, c)).collect();
        let whole = joint(&rows, true);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(rows.len())).chain([0, rows.len()]).collect();
        cuts.sort_unstable();
        let mut merged = JointArm::new(true, 1).unwrap();
        for cut in cuts.windows(2).rev() {
            merged.merge(&joint(&rows[cut[0]..cut[1]], true)).unwrap();
        }
        near_arms(&merged, &whole, 1e-12)?;
        let mut single = JointArm::new(true, 1).unwrap();
        for (value, below, covariate) in rows.iter().rev() {
            single.push(&[value + covariate, *below, *covariate]).unwrap();
        }
        near_arms(&single, &whole, 1e-12)?;
        let values: Vec<f64> = rows.iter().map(|row| row.0 + row.2).collect();
        let mut parts = MeanArm::default();
        for cut in cuts.windows(2).rev() {
            parts.merge(&MeanArm::from_values(&values[cut[0]..cut[1]]).unwrap()).unwrap();
        }
        let skewness = MeanArm::from_values(&values).unwrap().skewness();
        prop_assert!((parts.skewness() - skewness).abs() <= 1e-12 * (1.0 + skewness.abs()), "{parts:?} {skewness}");
    }

    #[test]
    fn a_table_is_an_arm_of_each_label(
        rows in prop::collection::vec((-9.0..9.0, 0..5_u8, 0..3_u8), 0..2000), threads in 1..4_usize,
    ) {
        let value: Vec<f64> = rows.iter().map(|row| row.0 + 1e8).collect();
        let (arms, strata): (Vec<u8>, Vec<u8>) = rows.iter().map(|row| (row.1, row.2)).unzip();
        let threads = Threads::from_count(threads).unwrap();
        let table = ArmTable::from_rows(
            &Measures::of(&value), GroupColumn::Bytes(&arms), Some(GroupColumn::Bytes(&strata)), threads,
        ).unwrap();
        for label in 0..5_u8 {
            let own = |stratum: Option<u8>| {
                let kept = rows.iter().filter(|row| row.1 == label && stratum.is_none_or(|stratum| row.2 == stratum));
                MeanArm::from_values(&kept.map(|row| row.0 + 1e8).collect::<Vec<f64>>()).unwrap()
            };
            let near = |one: &MeanArm, other: &MeanArm| {
                one.count() == other.count()
                    && (one.count() == 0 || (one.mean() - other.mean()).abs() <= 1e-15 * other.mean())
                    && (one.m2() - other.m2()).abs() <= 1e-12 * other.m2()
            };
            match table.arm(&GroupLabel::Integer(i64::from(label))) {
                Err(_) => prop_assert_eq!(own(None).count(), 0),
                Ok(arm) => {
                    prop_assert!(near(&arm.value(), &own(None)));
                    for (cell, stratum) in table.values_of(&i64::from(label).into()).unwrap().iter().zip(table.strata()) {
                        let GroupLabel::Integer(stratum) = stratum else { panic!("{stratum}") };
                        prop_assert!(near(cell, &own(Some(u8::try_from(*stratum).unwrap()))));
                    }
                }
            }
        }
    }
}
