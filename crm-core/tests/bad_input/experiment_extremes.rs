//! Numbers at the ends of what floats hold: an answer or an error, at once.

use crm_core::campaign::{Arm, ArmCost, CampaignMetric, CampaignOutcomes, MeasureOptions};
use crm_core::customer::IdColumn;
use crm_core::experiment::{
    Alternative, BinaryArm, Contrast, ExactProportionPlan, GroupSequential, GroupSequentialOptions, JointArm,
    LiftMethod, MannWhitneyMethod, MeanArm, MeanMethod, MeanPlan, MeanTest, Measures, MixtureBound,
    MixtureKind, PlanOptions, ProportionMethod, SAMPLE_RATIO_THRESHOLD, SequentialSampleRatio, SplitFinding,
    TestOptions, TestStatus, ThetaMethod, compare_adjusted, compare_means, compare_proportions, mann_whitney,
    sample_ratio,
};
use crm_core::{Error, Threads};

fn argument<T>(result: Result<T, Error>, name: &str) {
    assert_eq!(
        result.err().and_then(|error| error.argument_name().map(str::to_owned)).as_deref(),
        Some(name)
    );
}

#[test]
fn effects_of_millions_of_deviations() {
    let plan = MeanPlan::new(1.0, 1.0, MeanMethod::Welch, PlanOptions::default()).unwrap();
    assert_eq!(plan.sample_size(3e6, 0.8).unwrap().power, 1.0);
    assert_eq!(plan.power(1e20, 10.0).unwrap(), 1.0);
    assert_eq!(plan.sample_size(1e308, 0.8).unwrap().power, 1.0);
    let one_sided = PlanOptions::default().alternative(Alternative::Greater);
    for method in [MeanMethod::Student, MeanMethod::Welch] {
        let plan = MeanPlan::new(1.0, 1.0, method, one_sided).unwrap();
        assert_eq!((plan.power(1e15, 10.0).unwrap(), plan.power(-1e15, 10.0).unwrap()), (1.0, 0.0));
    }
    argument(MeanPlan::new(1.0, 1.0, MeanMethod::Score, one_sided), "method");
    argument(plan.power(1.0, 1e-178), "target_count");
}

#[test]
fn statistics_of_any_size() {
    let test = GroupSequential::new(&[0.3, 1.0], &GroupSequentialOptions::default()).unwrap();
    for (statistic, look) in [(1e17, 0), (-1e17, 0), (1e7, 1), (1e15, 1)] {
        let found = test.inference(look, statistic * 0.1, 0.1, 0.0).unwrap();
        // At the first look nothing came before; at the second an effect so large would have ended the test at the first.
        let share = found.median_unbiased / (statistic * 0.1);
        assert!(
            if look == 0 { (share - 1.0).abs() < 1e-9 } else { (0.0..1.0).contains(&share) },
            "{found:?}"
        );
    }
}

#[test]
fn variances_beyond_counting() {
    for kind in MixtureKind::ALL.iter().copied() {
        argument(MixtureBound::new(kind, 1e308, 0.05, 1.0, 1.0), "v_opt");
        let mixture = MixtureBound::new(kind, 100.0, 0.05, 1.0, 1.0).unwrap();
        argument(mixture.bound(1e300, 0.05), "v");
        assert!(mixture.ln_mixture(1.0, 1e308).is_nan());
        // Sums that no variance explains are evidence, and never a number that is none.
        let (p, ln_p) = mixture.p_value(1e308, 1e17);
        assert!((0.0..=1.0).contains(&p) && ln_p <= 0.0, "{kind:?} {p} {ln_p}");
    }
}

#[test]
fn controls_that_no_plan_takes() {
    let options = PlanOptions::default().control_per_target(1e15);
    let plan = ExactProportionPlan::new(0.1, ProportionMethod::Fisher, options).unwrap();
    argument(plan.sample_size(0.5, 0.8), "control_per_target");
}

#[test]
fn weights_of_any_scale() {
    for scale in [1.0, 1e-300, 5e-324, 1e305] {
        let split = sample_ratio(&[9000, 1000], &[scale, scale], SAMPLE_RATIO_THRESHOLD).unwrap();
        assert!((split.statistic / 6400.0 - 1.0).abs() < 1e-12, "{scale}");
        assert_eq!(split.finding, SplitFinding::Mismatch);
        let look = SequentialSampleRatio::new(&[scale, scale], 100.0).unwrap().look(&[9000, 1000]).unwrap();
        assert!((look.ln_bayes_factor - 3628.6).abs() < 0.1, "{scale} {look:?}");
    }
}

#[test]
fn a_statistic_that_does_not_exist_has_a_status() {
    let arm = |values: &[f64]| MeanArm::from_values(values).unwrap();
    let options = TestOptions::default().contrast(Contrast::Lift);
    for alternative in Alternative::ALL.iter().copied() {
        let options = options.alternative(alternative);
        for (target, control, lift, null) in [
            (arm(&[0.0, 0.0]), arm(&[-1.0, -2.0, -3.0]), LiftMethod::Fieller, 1.0),
            (arm(&[-1e-200; 3]), arm(&[-1.0, -2.0, -3.0]), LiftMethod::Log, 2.0),
        ] {
            for method in [MeanMethod::Z, MeanMethod::Welch] {
                let test = MeanTest::from(method).lift(lift);
                let found = compare_means(&target, &control, test, &options.null(null)).unwrap();
                assert!(found.p_value.is_nan() && !found.rejects(), "{found:?}");
                assert_ne!(found.status, TestStatus::Ok);
            }
        }
    }
}

/// A lift of adjusted means far larger than the deviations, with one variance for both arms.
#[test]
fn adjusted_lifts_keep_their_variance() {
    let joint = |values: &[f64], before: &[f64]| {
        JointArm::from_measures(&Measures::of(values).covariate(before)).unwrap()
    };
    let target = joint(&[11.0, 11.0, 14.0, 11.0], &[4.0, 6.0, 2.0, 5.0]);
    let control = joint(&[1.0, 3.0, 3.0], &[9.0, 0.0, 7.0]);
    let options = TestOptions::default().contrast(Contrast::Lift);
    for theta in ThetaMethod::ALL.iter().copied() {
        for method in [MeanMethod::Welch, MeanMethod::Student, MeanMethod::Z] {
            let found = compare_adjusted(&target, &control, theta, method, &options).unwrap().result;
            assert!(found.standard_error > 0.0, "{theta:?} {found:?}");
            assert_eq!(found.rejects(), found.p_value < found.alpha, "{theta:?} {found:?}");
        }
    }
}

#[test]
fn one_shift_is_an_interval() {
    let options = TestOptions::default().alpha(0.1);
    let (target, control) = ([1.0; 20], [0.067_672_940_163_145_87]);
    let found =
        mann_whitney(&target, &control, MannWhitneyMethod::Auto, &options, Threads::Available).unwrap().test;
    assert!(found.interval.lower <= found.estimate && found.estimate <= found.interval.upper, "{found:?}");
    assert_eq!(found.rejects(), found.p_value <= found.alpha);
}

/// One conversion among the controls: less its skewness no ratio is large enough.
#[test]
fn a_statistic_that_never_gets_there_has_no_end() {
    let (target, control) = (BinaryArm::new(0, 3).unwrap(), BinaryArm::new(1, 1545).unwrap());
    let options = TestOptions::default().contrast(Contrast::Lift).alternative(Alternative::Less);
    for alpha in [0.003, 0.003_337_303_420_513_51, 0.004] {
        let found = compare_proportions(
            &target,
            &control,
            ProportionMethod::SkewnessCorrected,
            &options.alpha(alpha),
        );
        assert_eq!(found.unwrap().interval.upper, f64::INFINITY, "{alpha}");
    }
}

/// A voucher for each purchase of one price: at some return nothing is left that varies.
#[test]
fn returns_of_one_price_are_found_at_once() {
    let arms: Vec<&str> = (0..200).map(|row| if row < 180 { "mail" } else { "none" }).collect();
    for (buyers, per_response) in [(7, 20.0), (7, 5.0), (59, 20.0), (12, 50.0), (180, 1.0)] {
        let revenue: Vec<f64> = (0..200).map(|row| if row < buyers { 50.0 } else { 0.0 }).collect();
        let bought: Vec<f64> = revenue.iter().map(|revenue| revenue / 50.0).collect();
        let outcomes = CampaignOutcomes::new(
            &IdColumn::Text(&arms),
            &[Arm::target("mail", 9.0), Arm::control("none", 1.0)],
        )
        .and_then(|outcomes| outcomes.with_metric(CampaignMetric::Revenue, &revenue))
        .and_then(|outcomes| outcomes.with_metric(CampaignMetric::Conversion, &bought))
        .unwrap();
        for mean_method in [MeanMethod::SkewnessCorrected, MeanMethod::Score, MeanMethod::Welch] {
            for alternative in Alternative::ALL.iter().copied() {
                let cost = ArmCost { per_response, per_contact: 0.1, margin: 0.4, ..ArmCost::default() };
                let options = MeasureOptions { mean_method, alternative, ..MeasureOptions::default() };
                let found = &outcomes.measure(&options.cost(cost)).unwrap().returns[0].returned;
                let inside = found.profit.interval.contains(0.0);
                assert!(!found.profit.interval.lower.is_nan() && !found.roi.interval.upper.is_nan());
                assert_eq!(found.break_even.rejects(), !inside, "{buyers} {per_response} {found:?}");
                assert_eq!(inside, found.roi.interval.contains(0.0), "{buyers} {per_response} {found:?}");
            }
        }
    }
}
