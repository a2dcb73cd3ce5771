//! Columns, options and summaries that tests on ranks, resamples and quantiles refuse, and data that they answer with a status.

use crm_core::experiment::{
    Alternative, BootstrapColumn, BootstrapInterval, BootstrapOptions, BootstrapStatistic, Contrast,
    MannWhitneyMethod, PermutationOptions, PermutationStatistic, QuantileArm, QuantileArmOptions,
    TestOptions, TestStatus, bootstrap, bootstrap_one, brunner_munzel, compare_quantiles, mann_whitney,
    permutation_test, quantile_interval,
};
use crm_core::{ErrorKind, Result, Threads};

const GOOD: [f64; 4] = [1.0, 2.0, 3.0, 5.0];
const ALL: Threads = Threads::Available;

fn refused<T>(result: Result<T>, kind: ErrorKind, argument: &str, row: Option<u64>) {
    let error = result.err().expect("accepted");
    assert_eq!((error.kind(), error.argument_name(), error.row()), (kind, Some(argument), row), "{error}");
}

fn summary(values: &[f64]) -> QuantileArm {
    QuantileArm::from_values(values, &QuantileArmOptions::default()).unwrap()
}

#[test]
fn columns_that_cannot_be_used() {
    let options = TestOptions::default();
    for (bad, kind, row) in [
        (vec![], ErrorKind::Empty, None),
        (vec![1.0, f64::NAN], ErrorKind::InvalidValue, Some(1)),
        (vec![f64::INFINITY], ErrorKind::InvalidValue, Some(0)),
        (vec![0.0, 0.0, -1e151], ErrorKind::OutOfRange, Some(2)),
    ] {
        for (target, control, name) in [(&bad[..], &GOOD[..], "target"), (&GOOD[..], &bad[..], "control")] {
            refused(mann_whitney(target, control, MannWhitneyMethod::Auto, &options, ALL), kind, name, row);
            refused(brunner_munzel(target, control, &options, ALL), kind, name, row);
            refused(
                permutation_test(target, control, &PermutationOptions::default(), &options),
                kind,
                name,
                row,
            );
            let columns = (BootstrapColumn::new(target), BootstrapColumn::new(control));
            refused(
                bootstrap(&columns.0, &columns.1, &BootstrapOptions::default(), &options),
                kind,
                name,
                row,
            );
        }
        refused(
            bootstrap_one(&BootstrapColumn::new(&bad), &BootstrapOptions::default(), &options),
            kind,
            "sample",
            row,
        );
        refused(QuantileArm::from_values(&bad, &QuantileArmOptions::default()), kind, "values", row);
    }
}

#[test]
fn options_that_make_no_sense() {
    let bad = ErrorKind::InvalidArgument;
    let good = BootstrapColumn::new(&GOOD);
    let plain = TestOptions::default();
    for (options, name) in [
        (plain.alpha(0.0), "alpha"),
        (plain.alpha(1.0), "alpha"),
        (plain.alpha(f64::NAN), "alpha"),
        (plain.null(f64::NAN), "null"),
        (plain.contrast(Contrast::OddsRatio), "contrast"),
    ] {
        refused(mann_whitney(&GOOD, &GOOD, MannWhitneyMethod::Auto, &options, ALL), bad, name, None);
        refused(brunner_munzel(&GOOD, &GOOD, &options, ALL), bad, name, None);
        refused(permutation_test(&GOOD, &GOOD, &PermutationOptions::default(), &options), bad, name, None);
        refused(bootstrap(&good, &good, &BootstrapOptions::default(), &options), bad, name, None);
        refused(compare_quantiles(&summary(&GOOD), &summary(&GOOD), 0.5, &options), bad, name, None);
        refused(quantile_interval(&summary(&GOOD), 0.5, &options), bad, name, None);
    }
    refused(
        mann_whitney(&GOOD, &GOOD, MannWhitneyMethod::Auto, &plain.contrast(Contrast::Lift), ALL),
        bad,
        "contrast",
        None,
    );
    refused(brunner_munzel(&GOOD, &GOOD, &plain.null(1.0), ALL), bad, "null", None);
    let many: Vec<f64> = (0..101).map(f64::from).collect();
    refused(mann_whitney(&many, &many, MannWhitneyMethod::Exact, &plain, ALL), bad, "method", None);
    let lift = plain.contrast(Contrast::Lift).null(-1.0);
    refused(compare_quantiles(&summary(&GOOD), &summary(&GOOD), 0.5, &lift), bad, "null", None);
    for probability in [0.0, 1.0, f64::NAN, -0.5] {
        refused(
            compare_quantiles(&summary(&GOOD), &summary(&GOOD), probability, &plain),
            bad,
            "probability",
            None,
        );
        refused(quantile_interval(&summary(&GOOD), probability, &plain), bad, "probability", None);
        refused(
            bootstrap_one(&good, &BootstrapOptions::default().quantile(probability), &plain),
            bad,
            "probability",
            None,
        );
        let permutation = PermutationOptions::default().quantiles(probability);
        refused(permutation_test(&GOOD, &GOOD, &permutation, &plain), bad, "probability", None);
    }
    for resamples in [0, 10_000_001] {
        refused(
            bootstrap_one(&good, &BootstrapOptions::default().resamples(resamples), &plain),
            bad,
            "resamples",
            None,
        );
        let permutation = PermutationOptions::default().resamples(resamples);
        refused(permutation_test(&GOOD, &GOOD, &permutation, &plain), bad, "resamples", None);
    }
    let permutation = PermutationOptions::default().exact_up_to(u32::MAX);
    refused(permutation_test(&GOOD, &GOOD, &permutation, &plain), bad, "exact_up_to", None);
    let studentised = BootstrapOptions::default().quantile(0.5).interval(BootstrapInterval::Studentised);
    refused(bootstrap_one(&good, &studentised, &plain), bad, "interval", None);
    let ratio = BootstrapOptions::default().statistic(BootstrapStatistic::RatioOfSums);
    refused(bootstrap_one(&good, &ratio, &plain), bad, "sample", None);
    let pair = BootstrapColumn::ratio(&GOOD, &GOOD[..3]);
    refused(bootstrap_one(&pair, &ratio, &plain), ErrorKind::LengthMismatch, "sample", None);
    refused(
        bootstrap_one(&BootstrapColumn::ratio(&GOOD, &GOOD), &BootstrapOptions::default(), &plain),
        bad,
        "sample",
        None,
    );
    let hole = [1.0, 1.0, f64::NAN, 1.0];
    let pair = BootstrapColumn::ratio(&GOOD, &hole);
    refused(bootstrap_one(&pair, &ratio, &plain), ErrorKind::InvalidValue, "sample denominators", Some(2));
    let permutation = PermutationOptions::default().statistic(PermutationStatistic::RatioOfMeans);
    refused(
        permutation_test(&GOOD, &[1.0, -1.0], &permutation, &plain),
        ErrorKind::InvalidValue,
        "control",
        Some(1),
    );
}

#[test]
fn summaries_that_do_not_fit() {
    let bad = ErrorKind::InvalidArgument;
    for relative_error in [0.0, 0.5, f64::NAN, -1.0] {
        let options = QuantileArmOptions { relative_error, ..QuantileArmOptions::default() };
        refused(QuantileArm::new(&options), bad, "relative_error", None);
    }
    let options = QuantileArmOptions { most_distinct: u64::MAX, ..QuantileArmOptions::default() };
    refused(QuantileArm::new(&options), bad, "most_distinct", None);
    let other =
        QuantileArm::new(&QuantileArmOptions { relative_error: 0.1, ..QuantileArmOptions::default() })
            .unwrap();
    refused(summary(&GOOD).merge(&other), ErrorKind::Incompatible, "other", None);
    let empty = QuantileArm::new(&QuantileArmOptions::default()).unwrap();
    refused(empty.quantile(0.5), ErrorKind::Empty, "arm", None);
    refused(
        compare_quantiles(&empty, &summary(&GOOD), 0.5, &TestOptions::default()),
        ErrorKind::Empty,
        "target",
        None,
    );
    refused(summary(&GOOD).quantile(1.5), bad, "probability", None);
    let counted =
        |counts: &[u64]| QuantileArm::from_counts(&[1.0, 2.0], counts, &QuantileArmOptions::default());
    refused(counted(&[1]), ErrorKind::LengthMismatch, "counts", None);
    refused(counted(&[u64::MAX, 1]), ErrorKind::OutOfRange, "counts", None);
    assert_eq!(counted(&[0, 3]).unwrap().count(), 3);
    // A row that cannot be used leaves nothing behind.
    let mut arm = summary(&GOOD);
    assert!(arm.push_slice(&[9.0, f64::NAN]).is_err());
    assert_eq!(arm, summary(&GOOD));
}

#[test]
fn damaged_summaries() {
    let text = summary(&GOOD).to_json().unwrap();
    assert_eq!(QuantileArm::from_json(&text).unwrap(), summary(&GOOD));
    for (part, other) in [
        ("\"counts\":[1,1,1,1]", "\"counts\":[1,1,1]"),
        ("\"counts\":[1,1,1,1]", "\"counts\":[1,0,1,1]"),
        ("\"counts\":[1,1,1,1]", "\"counts\":[18446744073709551615,1,1,1]"),
        ("[1.0,2.0,3.0,5.0]", "[1.0,3.0,2.0,5.0]"),
        ("[1.0,2.0,3.0,5.0]", "[1.0,2.0,2.0,5.0]"),
        ("\"lowest\":1.0", "\"lowest\":0.5"),
        ("\"lowest\":1.0", "\"lowest\":null"),
        ("\"relative_error\":0.005", "\"relative_error\":0.9"),
        ("\"buckets\":null", "\"buckets\":[1]"),
        ("\"version\":1", "\"version\":0"),
        ("quantile_arm", "quantile_leg"),
    ] {
        assert!(text.contains(part), "{text}");
        refused(QuantileArm::from_json(&text.replace(part, other)), ErrorKind::Corrupt, "json", None);
    }
    refused(
        QuantileArm::from_json(&text.replace("\"version\":1", "\"version\":2")),
        ErrorKind::Incompatible,
        "json",
        None,
    );
    refused(QuantileArm::from_json("{"), ErrorKind::Corrupt, "json", None);
}

#[test]
fn data_that_cannot_answer_have_a_status() {
    let plain = TestOptions::default();
    let (constant, one) = ([5.0; 6], [2.0]);
    let same = BootstrapColumn::new(&constant);
    let exact = mann_whitney(&constant, &constant, MannWhitneyMethod::Exact, &plain, ALL).unwrap().test;
    assert_eq!((exact.status, exact.p_value, exact.rejects()), (TestStatus::NoVariance, 1.0, false));
    for &alternative in Alternative::ALL {
        let plain = plain.alternative(alternative);
        let normal = mann_whitney(&constant, &constant, MannWhitneyMethod::Normal, &plain, ALL).unwrap().test;
        let permuted = |statistic| {
            permutation_test(
                &constant,
                &constant,
                &PermutationOptions::default().statistic(statistic),
                &plain,
            )
            .unwrap()
            .test
        };
        let mut all = vec![
            normal,
            brunner_munzel(&constant, &constant, &plain, ALL).unwrap(),
            bootstrap(&same, &same, &BootstrapOptions::default(), &plain).unwrap().test,
            bootstrap_one(&same, &BootstrapOptions::default(), &plain).unwrap().test,
            compare_quantiles(&summary(&constant), &summary(&constant), 0.5, &plain).unwrap(),
        ];
        all.extend(PermutationStatistic::ALL.iter().map(|&statistic| permuted(statistic)));
        for test in all {
            assert_eq!(test.status, TestStatus::NoVariance, "{test:?}");
            assert!(test.p_value.is_nan() && test.ln_p_value.is_nan() && !test.rejects(), "{test:?}");
        }
    }
    // Arms that do not overlap: the placements do not vary, the ranks say it all.
    let found = brunner_munzel(&[7.0, 8.0, 9.0], &[1.0, 2.0, 3.0], &plain, ALL).unwrap();
    assert_eq!((found.status, found.estimate), (TestStatus::NoVariance, 1.0));
    assert_eq!(brunner_munzel(&GOOD, &one, &plain, ALL).unwrap().status, TestStatus::TooFew);
    let studentised = PermutationOptions::default().statistic(PermutationStatistic::StudentisedDifference);
    assert_eq!(permutation_test(&GOOD, &one, &studentised, &plain).unwrap().test.status, TestStatus::TooFew);
    let asked = BootstrapOptions::default().interval(BootstrapInterval::Studentised);
    let columns = (BootstrapColumn::new(&GOOD), BootstrapColumn::new(&one));
    assert_eq!(bootstrap(&columns.0, &columns.1, &asked, &plain).unwrap().test.status, TestStatus::TooFew);
    // A control of nothing has no lift.
    let nothing = [0.0; 5];
    let lift = plain.contrast(Contrast::Lift);
    let columns = (BootstrapColumn::new(&GOOD), BootstrapColumn::new(&nothing));
    let found = bootstrap(&columns.0, &columns.1, &BootstrapOptions::default(), &lift).unwrap().test;
    assert_eq!((found.status, found.rejects()), (TestStatus::ZeroBaseline, false));
    let found = compare_quantiles(&summary(&GOOD), &summary(&nothing), 0.5, &lift).unwrap();
    assert_eq!(found.status, TestStatus::ZeroBaseline);
    // One observation a side says nothing, in any method.
    let two = mann_whitney(&[3.0], &one, MannWhitneyMethod::Auto, &plain, ALL).unwrap().test;
    assert_eq!((two.p_value, two.rejects()), (1.0, false));
    let found = compare_quantiles(&summary(&[3.0]), &summary(&GOOD), 0.5, &plain).unwrap();
    assert_eq!((found.status, found.rejects()), (TestStatus::Unbounded, false));
    // A control that is 0 in some resamples: the lift has no end.
    let rare = [0.0, 0.0, 0.0, 1.0];
    let columns = (BootstrapColumn::new(&GOOD), BootstrapColumn::new(&rare));
    let found = bootstrap(&columns.0, &columns.1, &BootstrapOptions::default(), &lift).unwrap().test;
    assert_eq!((found.status, found.interval.upper), (TestStatus::Unbounded, f64::INFINITY));
}
