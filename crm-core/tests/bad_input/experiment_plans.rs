//! Plans of ranks, of exact tests and of one rate: what makes no sense, or has no answer.

use crm_core::experiment::{
    Alternative, Contrast, CountedTails, EffectDirection, ExactProportionPlan, LevelSharing, MeanPlan,
    PlanOptions, ProportionMethod, ProportionPlan, ProportionPlanMethod, QuantileArm, QuantileArmOptions,
    RankPlan, RankPlanMethod, RateMethod, RatePlan,
};
use crm_core::{Error, ErrorKind, Result, Threads};

fn refused<T: std::fmt::Debug>(result: Result<T>, kind: ErrorKind, argument: &str) -> Error {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.argument_name()), (kind, Some(argument)), "{error}");
    error
}

fn argument<T: std::fmt::Debug>(result: Result<T>, name: &str) {
    refused(result, ErrorKind::InvalidArgument, name);
}

const ALL: Threads = Threads::Available;

#[test]
fn ranks_that_make_no_sense() {
    let options = PlanOptions::default();
    let plan = |method, options| RankPlan::normal(1.0, 1.0, method, options);
    for method in RankPlanMethod::ALL.iter().copied() {
        argument(plan(method, options.margins(0.4, 0.6)), "margins");
        argument(plan(method, options.contrast(Contrast::Lift)), "contrast");
        argument(plan(method, options.targets(2).sharing(LevelSharing::Dunnett)), "sharing");
        argument(plan(method, options.null(1.5)), "null");
        argument(plan(method, options.alpha(0.0)), "alpha");
        for deviation in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            argument(RankPlan::normal(deviation, 1.0, method, options), "target_deviation");
            argument(RankPlan::normal(1.0, deviation, method, options), "control_deviation");
        }
    }
    argument(plan(RankPlanMethod::MannWhitney, options.null(0.4)), "null");
    assert!(plan(RankPlanMethod::BrunnerMunzel, options.null(0.4)).is_ok());
    argument(RankPlan::normal_superiority(f64::NAN, 1.0, 1.0), "difference");
    argument(RankPlan::normal_superiority(1.0, 0.0, 1.0), "target_deviation");
    let one = plan(RankPlanMethod::MannWhitney, options).unwrap();
    for effect in [0.0, 1.0, -1.0, f64::NAN] {
        argument(one.power(effect, 10.0), "superiority");
    }
    argument(one.sample_size(0.5, 0.8), "superiority");
    argument(one.sample_size(0.6, 0.01), "power");
    argument(one.power(0.6, 0.0), "target_count");
    refused(one.sample_size(0.5 + 1e-9, 0.8), ErrorKind::OutOfRange, "superiority");
    let few = plan(RankPlanMethod::BrunnerMunzel, options).unwrap();
    assert_eq!(few.power(0.9, 1.0).unwrap(), 0.0);
}

#[test]
fn categories_and_samples_that_cannot_be_used() {
    let (method, options) = (RankPlanMethod::MannWhitney, PlanOptions::default());
    let of = |target: &[f64], control: &[f64]| RankPlan::from_categories(target, control, method, options);
    refused(of(&[1.0], &[1.0, 2.0]), ErrorKind::LengthMismatch, "control");
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        let error = refused(of(&[1.0, bad], &[1.0, 1.0]), ErrorKind::InvalidValue, "target");
        assert_eq!(error.row(), Some(1));
    }
    refused(of(&[0.0, 0.0], &[1.0, 1.0]), ErrorKind::Empty, "target");
    refused(of(&[], &[]), ErrorKind::Empty, "target");
    refused(of(&[1.0, 2.0], &[2.0, 4.0]), ErrorKind::InvalidValue, "target");
    let samples =
        |target: &[f64], control: &[f64]| RankPlan::from_samples(target, control, method, options, ALL);
    refused(samples(&[], &[1.0]), ErrorKind::Empty, "target");
    refused(samples(&[1.0], &[f64::NAN]), ErrorKind::InvalidValue, "control");
    refused(samples(&[1.0, 1.0], &[1.0]), ErrorKind::InvalidValue, "target");
    // Beyond what the categories can be, and in the direction in which they do not go.
    let plan = of(&[0.0, 1.0, 1.0], &[1.0, 1.0, 0.0]).unwrap();
    argument(plan.power(0.99, 10.0), "superiority");
    argument(plan.detectable(50.0, 0.8, EffectDirection::Decrease), "power");
    // Arms that do not overlap: certain, and without an error or NaN.
    let apart = samples(&[5.0, 6.0], &[1.0, 2.0]).unwrap();
    assert_eq!(apart.superiority(), Some(1.0));
    assert!((apart.power(1.0, 20.0).unwrap() - 1.0).abs() < 1e-12);
}

#[test]
fn exact_tests_that_make_no_sense() {
    let options = PlanOptions::default();
    let plan = |method, options| ExactProportionPlan::new(0.1, method, options);
    for method in ProportionMethod::ALL.iter().copied().filter(|method| !method.is_exact()) {
        argument(plan(method, options), "method");
    }
    let fisher = ProportionMethod::Fisher;
    argument(plan(fisher, options.alpha(0.4)), "alpha");
    argument(plan(fisher, options.margins(-0.1, 0.1)), "margins");
    argument(plan(fisher, options.targets(2).sharing(LevelSharing::Dunnett)), "sharing");
    argument(plan(fisher, options.null(0.1)), "contrast");
    argument(plan(fisher, options.contrast(Contrast::OddsRatio).null(0.0)), "null");
    argument(plan(ProportionMethod::Barnard, options.null(1.0)), "null");
    for rate in [0.0, 1.0, f64::NAN] {
        argument(ExactProportionPlan::new(rate, fisher, options), "control_rate");
    }
    let one = plan(fisher, options).unwrap();
    for rate in [-0.1, 1.1, f64::NAN] {
        argument(one.power(rate, 10), "target_rate");
        argument(one.sample_size(rate, 0.8), "target_rate");
    }
    argument(one.sample_size(0.1, 0.8), "target_rate");
    argument(one.sample_size(0.2, 1.0), "power");
    argument(one.power(0.2, 0), "target_count");
    refused(one.power(0.2, 100_001), ErrorKind::OutOfRange, "target_count");
    refused(one.power(0.2, u64::MAX), ErrorKind::OutOfRange, "target_count");
    refused(
        plan(ProportionMethod::Barnard, options).unwrap().power(0.2, 501),
        ErrorKind::OutOfRange,
        "target_count",
    );
    argument(one.detectable(3, 0.9, EffectDirection::Decrease), "power");
    let greater = plan(fisher, options.alternative(Alternative::Greater)).unwrap();
    argument(greater.detectable(30, 0.8, EffectDirection::Decrease), "direction");
    argument(greater.sample_size(0.05, 0.8), "target_rate");
    // Certain rates are rates.
    assert!((one.power(1.0, 40).unwrap() - 1.0).abs() < 1e-9 && one.power(0.0, 40).unwrap() < 0.3);
    // Odds ratios belong to exact tests, not to the others.
    let odds = options.contrast(Contrast::OddsRatio);
    argument(ProportionPlan::new(0.1, ProportionPlanMethod::Score, odds), "contrast");
    argument(MeanPlan::new(1.0, 1.0, crm_core::experiment::MeanMethod::Z, odds), "contrast");
}

#[test]
fn one_rate_that_makes_no_sense() {
    let plan = |null, alpha| {
        RatePlan::new(null, RateMethod::Wilson, Alternative::TwoSided, alpha, CountedTails::Near)
    };
    for null in [0.0, 1.0, f64::NAN] {
        argument(plan(null, 0.05), "null");
    }
    for alpha in [0.0, 0.4, 1.0, f64::NAN] {
        argument(plan(0.1, alpha), "alpha");
    }
    let one = plan(0.1, 0.05).unwrap();
    argument(one.power(1.5, 10), "rate");
    argument(one.power(0.2, 0), "count");
    refused(one.power(0.2, u64::MAX), ErrorKind::OutOfRange, "count");
    argument(one.sample_size(0.1, 0.8), "rate");
    argument(one.sample_size(0.2, 0.05), "power");
    refused(one.sample_size(0.1 + 1e-6, 0.8), ErrorKind::OutOfRange, "rate");
    argument(one.detectable(2, 0.9, EffectDirection::Decrease), "power");
    // A billion customers are no trouble.
    assert!((one.power(0.1001, 1_000_000_000).unwrap() - 1.0).abs() < 1e-9);
    assert!(one.power(0.0, 100).unwrap() == 1.0 && one.power(1.0, 100).unwrap() == 1.0);
}

#[test]
fn deviations_that_make_no_sense() {
    for probability in [0.0, 1.0, f64::NAN] {
        argument(MeanPlan::quantile_deviation(probability, 1.0), "probability");
    }
    for density in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-200] {
        argument(MeanPlan::quantile_deviation(0.5, density), "density");
    }
    let arm = |values: &[f64]| QuantileArm::from_values(values, &QuantileArmOptions::default()).unwrap();
    for values in [&[1.0, 2.0][..], &[3.0; 100][..]] {
        refused(MeanPlan::pilot_quantile_deviation(&arm(values), 0.5), ErrorKind::InvalidValue, "arm");
    }
    argument(MeanPlan::pilot_quantile_deviation(&arm(&[1.0; 30]), 1.0), "probability");
    let of = MeanPlan::stratified_deviation;
    refused(of(&[1.0], &[1.0, 2.0]), ErrorKind::LengthMismatch, "deviations");
    refused(of(&[], &[]), ErrorKind::Empty, "shares");
    refused(of(&[0.0], &[1.0]), ErrorKind::Empty, "shares");
    refused(of(&[1.0, -1.0], &[1.0, 2.0]), ErrorKind::InvalidValue, "shares");
    assert_eq!(
        refused(of(&[1.0, 1.0], &[1.0, f64::NAN]), ErrorKind::InvalidValue, "deviations").row(),
        Some(1)
    );
    refused(of(&[1.0, 1.0], &[0.0, 0.0]), ErrorKind::InvalidValue, "deviations");
}
