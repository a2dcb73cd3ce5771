//! Strata of rates: counts and options that make no sense, and tables beyond exact methods.

use crm_core::ErrorKind as K;
use crm_core::experiment::{
    Contrast, ProportionColumns, StratifiedMethod, TestOptions, TestStatus, compare_stratified_proportions,
};

type Seen = (K, String, Option<u64>);

fn compare(
    columns: [&[u64]; 4],
    method: StratifiedMethod,
    options: &TestOptions,
) -> Result<TestStatus, Seen> {
    let strata = ProportionColumns {
        target_conversions: columns[0],
        target_trials: columns[1],
        control_conversions: columns[2],
        control_trials: columns[3],
    };
    let found = compare_stratified_proportions(&strata, method, options);
    found
        .map(|found| found.comparison.status)
        .map_err(|error| (error.kind(), error.argument_name().unwrap_or_default().to_owned(), error.row()))
}

fn refused(columns: [&[u64]; 4]) -> Seen {
    compare(columns, StratifiedMethod::MantelHaenszel, &TestOptions::default()).unwrap_err()
}

#[test]
fn counts_that_make_no_sense() {
    let seen = |kind, argument: &str, row: Option<u64>| (kind, argument.to_owned(), row);
    assert_eq!(refused([&[], &[], &[], &[]]), seen(K::Empty, "target_trials", None));
    assert_eq!(refused([&[1], &[2], &[1], &[]]), seen(K::LengthMismatch, "control_trials", None));
    assert_eq!(
        refused([&[1, 3], &[2, 2], &[1, 1], &[2, 2]]),
        seen(K::InvalidArgument, "target_conversions", Some(1))
    );
    assert_eq!(
        refused([&[1, 0], &[2, 0], &[1, 1], &[2, 0]]),
        seen(K::InvalidArgument, "control_conversions", Some(1))
    );
    assert_eq!(refused([&[1], &[u64::MAX], &[1], &[2]]), seen(K::OutOfRange, "target_trials", Some(0)));
}

#[test]
fn options_that_make_no_sense() {
    let columns: [&[u64]; 4] = [&[3, 1], &[9, 4], &[2, 2], &[8, 5]];
    let argument = |method, options: TestOptions| compare(columns, method, &options).unwrap_err().1;
    let default = TestOptions::default();
    for &method in StratifiedMethod::ALL {
        let options = default.contrast(method.contrasts()[0]);
        for alpha in [0.0, 1.0, f64::NAN] {
            assert_eq!(argument(method, options.alpha(alpha)), "alpha");
        }
        for &contrast in Contrast::ALL {
            if !method.contrasts().contains(&contrast) {
                assert_eq!(argument(method, default.contrast(contrast)), "contrast");
                continue;
            }
            let outside = match contrast {
                Contrast::Difference => [-1.0, 1.0, f64::NAN],
                Contrast::Lift => [-1.0, -2.0, f64::NAN],
                Contrast::Ratio | Contrast::OddsRatio => [0.0, -1.0, f64::INFINITY],
            };
            for null in outside {
                assert_eq!(argument(method, default.contrast(contrast).null(null)), "null");
            }
        }
    }
}

#[test]
fn exact_tests_say_where_they_end() {
    let huge = [1u64 << 40; 2];
    let trials = [1u64 << 41; 2];
    for method in [StratifiedMethod::Exact, StratifiedMethod::ExactCentral, StratifiedMethod::ExactMidP] {
        let options = TestOptions::default().contrast(Contrast::OddsRatio);
        let seen = compare([&huge, &trials, &huge, &trials], method, &options).unwrap_err();
        assert_eq!(seen, (K::OutOfRange, "method".to_owned(), None));
    }
}

/// Every valid strata have a result: a p-value with an interval, or a status that says why not.
#[test]
fn edges_are_answers() {
    let edges = [(0, 0), (0, 1), (1, 1), (0, 30), (30, 30), (1, 30), (1 << 52, 1 << 53), (0, 1 << 53)];
    for &method in StratifiedMethod::ALL {
        let exact = !method.contrasts().contains(&Contrast::Difference);
        let all = if exact { &edges[..6] } else { &edges[..] };
        for &(x1, n1) in all {
            for &(x0, n0) in all {
                for &contrast in method.contrasts() {
                    let options = TestOptions::default().contrast(contrast);
                    for other in [[1, 4, 2, 5], [0, 3, 0, 4], [7, 7, 2, 2]] {
                        let columns: [&[u64]; 4] =
                            [&[x1, other[0]], &[n1, other[1]], &[x0, other[2]], &[n0, other[3]]];
                        compare(columns, method, &options).unwrap();
                    }
                }
            }
        }
    }
}
