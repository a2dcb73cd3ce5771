//! Plans and corrections for many tests: what makes no sense, or has no answer.

use crm_core::ErrorKind;
use crm_core::experiment::{
    Alternative, Contrast, EffectDirection, LevelSharing, MeanArm, MeanMethod, MeanPlan, MultiplicityMethod,
    PlanOptions, ProportionPlan, ProportionPlanMethod, TestOptions, TestStatus, Traffic, adjust_ln_p_values,
    adjust_p_values, dunnett_test,
};
use crm_core::{Error, Result};

fn refused<T: std::fmt::Debug>(result: Result<T>, kind: ErrorKind, argument: &str) -> Error {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.argument_name()), (kind, Some(argument)), "{error}");
    error
}

fn argument<T: std::fmt::Debug>(result: Result<T>, name: &str) {
    refused(result, ErrorKind::InvalidArgument, name);
}

#[test]
fn p_values_that_are_none() {
    for method in MultiplicityMethod::ALL.iter().copied() {
        for bad in [f64::NAN, -1e-300, 1.000_001, f64::INFINITY] {
            let error =
                refused(adjust_p_values(&[0.1, bad, 0.2], method), ErrorKind::InvalidValue, "p_values");
            assert_eq!(error.row(), Some(1));
        }
        for bad in [f64::NAN, 1e-300, f64::INFINITY] {
            let error = refused(
                adjust_ln_p_values(&[-1.0, -2.0, bad], method),
                ErrorKind::InvalidValue,
                "ln_p_values",
            );
            assert_eq!(error.row(), Some(2));
        }
        assert!(adjust_p_values(&[], method).unwrap().is_empty());
        assert_eq!(adjust_p_values(&[1.0, 1.0], method).unwrap(), [1.0, 1.0]);
        assert_eq!(adjust_ln_p_values(&[f64::NEG_INFINITY], method).unwrap(), [f64::NEG_INFINITY]);
    }
}

#[test]
fn arms_that_dunnett_cannot_compare() {
    let arm = |count, variance| MeanArm::from_moments(count, 1.0, variance).unwrap();
    let options = TestOptions::default();
    refused(dunnett_test(&[], &arm(3, 1.0), None, &options), ErrorKind::Empty, "targets");
    let lift = options.contrast(Contrast::Lift);
    argument(dunnett_test(&[arm(3, 1.0)], &arm(3, 1.0), None, &lift), "contrast");
    argument(dunnett_test(&[arm(3, 1.0)], &arm(3, 1.0), None, &options.alpha(1.0)), "alpha");
    for (targets, control, status) in [
        (vec![arm(5, 0.0), arm(2, 0.0)], arm(9, 0.0), TestStatus::NoVariance),
        (vec![arm(1, 0.0)], arm(1, 0.0), TestStatus::TooFew),
        (vec![MeanArm::default(), arm(5, 1.0)], arm(5, 1.0), TestStatus::TooFew),
    ] {
        let test = dunnett_test(&targets, &control, None, &options).unwrap();
        assert!(test.critical_value.is_nan() && test.results.len() == targets.len());
        assert!(
            test.results
                .iter()
                .all(|result| result.status == status && result.p_value.is_nan() && !result.rejects())
        );
    }
}

#[test]
fn options_that_make_no_sense() {
    let plan = |options: PlanOptions| ProportionPlan::new(0.1, ProportionPlanMethod::Score, options);
    let options = PlanOptions::default();
    for alpha in [0.0, 1.0, -0.1, f64::NAN] {
        argument(plan(options.alpha(alpha)), "alpha");
    }
    for ratio in [0.0, -1.0, f64::INFINITY, f64::NAN] {
        argument(plan(options.control_per_target(ratio)), "control_per_target");
    }
    argument(plan(options.targets(0)), "targets");
    argument(plan(options.targets(1001)), "targets");
    for null in [-1.5, 0.95, f64::NAN] {
        let plan = plan(options.null(null));
        // 0.1 + 0.95 is above 1, yet rates with that difference exist.
        if null == 0.95 { assert!(plan.is_ok()) } else { argument(plan, "null") }
    }
    argument(plan(options.contrast(Contrast::Ratio).null(0.0)), "null");
    argument(plan(options.contrast(Contrast::OddsRatio)), "contrast");
    argument(plan(options.margins(0.1, 0.1)), "upper_margin");
    argument(plan(options.margins(f64::NAN, 0.1)), "lower_margin");
    argument(plan(options.margins(-0.1, 0.1).targets(2).sharing(LevelSharing::Dunnett)), "sharing");
    for rate in [0.0, 1.0, -0.1, f64::NAN] {
        argument(ProportionPlan::new(rate, ProportionPlanMethod::Score, options), "control_rate");
    }
    argument(ProportionPlan::new(0.1, ProportionPlanMethod::Pooled, options.null(-0.01)), "method");
    argument(ProportionPlan::new(0.1, ProportionPlanMethod::Arcsine, options.margins(-0.1, 0.1)), "method");
    for deviation in [0.0, -1.0, f64::INFINITY, f64::NAN] {
        argument(MeanPlan::new(deviation, 1.0, MeanMethod::Z, options), "target_deviation");
        argument(MeanPlan::new(1.0, deviation, MeanMethod::Z, options), "control_deviation");
    }
    argument(MeanPlan::new(1.0, 2.0, MeanMethod::Student, options), "control_deviation");
    argument(MeanPlan::new(1.0, 1.0, MeanMethod::Z, options.contrast(Contrast::Lift)), "contrast");
    argument(MeanPlan::covariate_deviation(1.0, 1.0), "correlation");
    argument(MeanPlan::ratio_deviation((1.0, 1.0), (0.0, 1.0), 0.0), "denominator_mean");
    argument(MeanPlan::ratio_deviation((1.0, -1.0), (1.0, 1.0), 0.0), "numerator_deviation");
}

#[test]
fn questions_without_an_answer() {
    let options = PlanOptions::default();
    let plan = ProportionPlan::new(0.1, ProportionPlanMethod::Score, options).unwrap();
    for power in [1.0, 0.05, 0.0, -1.0, 2.0, f64::NAN] {
        argument(plan.sample_size(0.2, power), "power");
        argument(plan.detectable(100.0, power, EffectDirection::Increase), "power");
    }
    for rate in [0.1, -0.1, 1.1, f64::NAN] {
        argument(plan.sample_size(rate, 0.8), "target_rate");
    }
    for count in [0.0, -5.0, f64::NAN, f64::INFINITY] {
        argument(plan.power(0.2, count), "target_count");
        argument(plan.detectable(count, 0.8, EffectDirection::Increase), "target_count");
    }
    // From 10 % nothing lies low enough to be seen with ten.
    argument(plan.detectable(10.0, 0.99, EffectDirection::Decrease), "power");
    refused(plan.sample_size(0.1 + 1e-12, 0.8), ErrorKind::OutOfRange, "target_rate");
    let greater =
        ProportionPlan::new(0.1, ProportionPlanMethod::Score, options.alternative(Alternative::Greater))
            .unwrap();
    argument(greater.sample_size(0.05, 0.8), "target_rate");
    argument(greater.detectable(100.0, 0.8, EffectDirection::Decrease), "direction");
    let equivalence = MeanPlan::new(1.0, 1.0, MeanMethod::Student, options.margins(-0.5, 0.5)).unwrap();
    for difference in [-0.5, 0.5, 3.0, f64::NAN, f64::INFINITY] {
        argument(equivalence.sample_size(difference, 0.8), "difference");
    }
    argument(equivalence.detectable(100.0, 0.8, EffectDirection::Increase), "margins");
    let student = MeanPlan::new(1.0, 1.0, MeanMethod::Student, options).unwrap();
    assert_eq!(student.power(1.0, 1.0).unwrap(), 0.0);
    argument(student.detectable(1.0, 0.8, EffectDirection::Increase), "target_count");
}

#[test]
fn traffic_that_makes_no_sense() {
    argument(Traffic::new(0.0, 0.5, 0.5, 1), "visitors_per_day");
    argument(Traffic::new(1e4, 0.0, 0.5, 1), "target_share");
    argument(Traffic::new(1e4, 0.5, 1.0, 1), "control_share");
    argument(Traffic::new(1e4, 0.4, 0.3, 2), "target_share");
    argument(Traffic::new(1e4, 0.4, 0.3, 0), "targets");
    argument(Traffic::new(1e4, 0.4, 0.3, 1).unwrap().target_count(0.0), "days");
    assert!(Traffic::new(1e4, 1.0 / 3.0, 1.0 / 3.0, 2).is_ok());
}
