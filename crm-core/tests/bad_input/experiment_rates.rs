//! Rates: counts, options and splits that make no sense, and data that are extreme but valid.

use crm_core::ErrorKind as K;
use crm_core::Threads;
use crm_core::experiment::{
    Alternative, BinaryArm, Contrast, ProportionColumns, ProportionMethod, RateMethod, TestOptions,
    TestStatus, compare_proportions, homogeneity, rate_interval, test_rate,
};

fn arm(conversions: u64, trials: u64) -> BinaryArm {
    BinaryArm::new(conversions, trials).unwrap()
}

#[test]
fn plans_of_several_arms_that_make_no_sense() {
    let arms = [arm(3, 9), arm(2, 8), arm(1, 7)];
    let refuse = |weights: &[f64], kind: K, row: Option<u64>| {
        let error = homogeneity(&arms, Some(weights)).unwrap_err();
        assert_eq!(
            (error.kind(), error.argument_name(), error.row()),
            (kind, Some("weights"), row),
            "{error}"
        );
    };
    refuse(&[1.0, 1.0], K::LengthMismatch, None);
    refuse(&[], K::LengthMismatch, None);
    refuse(&[1.0, -1.0, 1.0], K::InvalidValue, Some(1));
    refuse(&[1.0, 1.0, f64::NAN], K::InvalidValue, Some(2));
    refuse(&[f64::INFINITY, 1.0, 1.0], K::InvalidValue, Some(0));
    refuse(&[0.0; 3], K::InvalidArgument, None);
    // Nobody was to be in two of three arms: valid, and flagged.
    assert!(homogeneity(&arms, Some(&[0.0, 0.0, 1.0])).unwrap().split.is_flagged());
}

#[test]
fn options_that_make_no_sense() {
    let (target, control) = (arm(3, 9), arm(2, 8));
    let refuse = |method: ProportionMethod, options: TestOptions, argument: &str| {
        let error = compare_proportions(&target, &control, method, &options).unwrap_err();
        assert_eq!((error.kind(), error.argument_name()), (K::InvalidArgument, Some(argument)), "{error}");
    };
    let default = TestOptions::default();
    for &method in ProportionMethod::ALL {
        let options = default.contrast(method.contrasts()[0]);
        for share in [0.0, 1.0, -0.1, 1.1, f64::NAN, f64::INFINITY] {
            refuse(method, options.target_share(share), "target_share");
        }
        for alpha in [0.0, 1.0, -0.1, 1.1, f64::NAN, f64::INFINITY] {
            refuse(method, options.alpha(alpha), "alpha");
        }
        for null in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            refuse(method, options.null(null), "null");
        }
        for &contrast in Contrast::ALL {
            if !method.contrasts().contains(&contrast) {
                refuse(method, default.contrast(contrast), "contrast");
            }
            let outside = match contrast {
                Contrast::Difference => [-1.0, 1.0, 3.0],
                Contrast::Lift => [-1.0, -2.0, f64::NEG_INFINITY],
                Contrast::Ratio | Contrast::OddsRatio => [0.0, -1.0, -0.5],
            };
            if method.contrasts().contains(&contrast) {
                for null in outside {
                    refuse(method, default.contrast(contrast).null(null), "null");
                }
            }
        }
    }
}

#[test]
fn exact_tests_say_where_they_end() {
    let huge = arm(1 << 50, 1 << 53);
    for method in [
        ProportionMethod::Fisher,
        ProportionMethod::FisherMidP,
        ProportionMethod::Barnard,
        ProportionMethod::Boschloo,
    ] {
        let options = TestOptions::default().contrast(method.contrasts()[0]);
        let error = compare_proportions(&huge, &huge, method, &options).unwrap_err();
        assert_eq!((error.kind(), error.argument_name()), (K::OutOfRange, Some("method")), "{error}");
    }
}

#[test]
fn rates_outside_the_interval_of_rates() {
    for null in [0.0, 1.0, -0.1, 2.0, f64::NAN] {
        let error = test_rate(&arm(1, 2), null, RateMethod::Wilson, Alternative::TwoSided, 0.05).unwrap_err();
        assert_eq!(error.argument_name(), Some("null"));
    }
    for alpha in [0.0, 1.0, f64::NAN] {
        assert_eq!(
            rate_interval(&arm(1, 2), RateMethod::Wilson, alpha).unwrap_err().argument_name(),
            Some("alpha")
        );
    }
    assert_eq!(homogeneity(&[], None).unwrap_err().kind(), K::Empty);
}

#[test]
fn columns_that_do_not_fit() {
    let compare = |x1: &[u64], n1: &[u64], x0: &[u64], n0: &[u64]| {
        let columns = ProportionColumns {
            target_conversions: x1,
            target_trials: n1,
            control_conversions: x0,
            control_trials: n0,
        };
        let seen = columns.compare(ProportionMethod::Score, &TestOptions::default(), Threads::Available);
        seen.map(|results| results.len()).map_err(|error| {
            (error.kind(), error.argument_name().unwrap_or_default().to_owned(), error.row())
        })
    };
    assert_eq!(compare(&[], &[], &[], &[]), Ok(0));
    assert_eq!(compare(&[1], &[2], &[1], &[]), Err((K::LengthMismatch, "control_trials".to_owned(), None)));
    assert_eq!(
        compare(&[1, 1], &[2, 0], &[1, 1], &[2, 2]),
        Err((K::InvalidArgument, "target_trials".to_owned(), Some(1)))
    );
    assert_eq!(
        compare(&[1, 1], &[2, u64::MAX], &[1, 1], &[2, 2]),
        Err((K::OutOfRange, "target_trials".to_owned(), Some(1)))
    );
}

/// Every valid pair of arms has a result: a p-value with an interval, or a status that says why not.
#[test]
fn edges_are_answers() {
    let edges = [(0, 1), (1, 1), (0, 2), (1, 2), (2, 2), (0, 30), (30, 30), (1, 30), (29, 30)];
    let huge = [(0, 1 << 53), (1 << 53, 1 << 53), (1, 1 << 53), ((1 << 53) - 1, 1 << 53), (1 << 52, 1 << 53)];
    for &method in ProportionMethod::ALL {
        // Those that go over all tables are slow.
        let slow = matches!(method, ProportionMethod::Barnard | ProportionMethod::Boschloo);
        let all: Vec<(u64, u64)> = match method {
            _ if slow => edges[..5].to_vec(),
            method if method.is_exact() => edges.to_vec(),
            _ => edges.iter().chain(&huge).copied().collect(),
        };
        for &(x1, n1) in &all {
            for &(x0, n0) in &all {
                for &contrast in method.contrasts() {
                    for &alternative in Alternative::ALL {
                        let options = TestOptions::default().contrast(contrast).alternative(alternative);
                        let result =
                            compare_proportions(&arm(x1, n1), &arm(x0, n0), method, &options).unwrap();
                        let known = !result.p_value.is_nan();
                        assert!(known || result.status != TestStatus::Ok, "{result:?}");
                        assert!(
                            !result.interval.lower.is_nan() && !result.interval.upper.is_nan(),
                            "{result:?}"
                        );
                        assert_eq!(result.p_value < options.alpha, result.rejects(), "{result:?}");
                    }
                }
            }
        }
    }
}
