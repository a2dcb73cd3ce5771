//! Looks, levels and posteriors that make no sense.

use crm_core::experiment::{
    Alternative, AlwaysValidMethod, AlwaysValidOptions, BayesOptions, BetaPosterior, BetaPrior, Contrast,
    CredibleKind, EffectPosterior, Futility, GroupSequential, GroupSequentialOptions, MeanArm, MixtureBound,
    MixtureKind, NormalPrior, SequentialTest, Stitching, StoppingBoundary, TestStatus, always_valid,
    bernoulli_sequence, best_rate, compare_rates_bayes, empirical_process_bound, quantile_sequence_p_value,
    stitched_bound,
};
use crm_core::{ErrorKind, Result};

const NAN: f64 = f64::NAN;
const INFINITY: f64 = f64::INFINITY;

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T>, argument: &str) {
    let error = result.unwrap_err();
    assert_eq!(
        (error.kind(), error.argument_name()),
        (ErrorKind::InvalidArgument, Some(argument)),
        "{error}"
    );
}

#[test]
fn levels_and_parameters() {
    let default = GroupSequentialOptions::default();
    for alpha in [0.0, 1.0, -0.1, 2.0, NAN, INFINITY, 1e-200] {
        refused(GroupSequential::new(&[1.0], &GroupSequentialOptions { alpha, ..default }), "alpha");
    }
    for (boundary, parameter) in [
        (StoppingBoundary::WangTsiatis, 0.6),
        (StoppingBoundary::WangTsiatis, NAN),
        (StoppingBoundary::SpendPower, 0.0),
        (StoppingBoundary::SpendPower, -1.0),
        (StoppingBoundary::SpendPower, INFINITY),
        (StoppingBoundary::SpendHwangShihDeCani, 1e3),
        (StoppingBoundary::SpendPocock, NAN),
    ] {
        let options = GroupSequentialOptions { boundary, parameter: Some(parameter), ..default };
        refused(GroupSequential::new(&[1.0], &options), "parameter");
    }
    let lax = GroupSequentialOptions {
        boundary: StoppingBoundary::Pocock,
        alternative: Alternative::Greater,
        alpha: 0.6,
        ..default
    };
    refused(GroupSequential::new(&[0.5, 1.0], &lax), "alpha");
}

#[test]
fn looks_that_cannot_be() {
    let default = GroupSequentialOptions::default();
    for (information, row) in [
        (vec![0.0, 1.0], 0),
        (vec![-0.5], 0),
        (vec![0.5, 0.5], 1),
        (vec![0.5, 0.4], 1),
        (vec![0.5, 0.500_000_1], 1),
        (vec![0.5, NAN], 1),
        (vec![0.2, INFINITY], 1),
    ] {
        let error = GroupSequential::new(&information, &default).unwrap_err();
        assert_eq!((error.argument_name(), error.row()), (Some("information"), Some(row)), "{error}");
    }
    assert_eq!(GroupSequential::new(&[], &default).unwrap_err().kind(), ErrorKind::Empty);
    assert_eq!(GroupSequential::equally_spaced(0, &default).unwrap_err().kind(), ErrorKind::Empty);
    refused(GroupSequential::equally_spaced(usize::MAX, &default), "information");
    let planned = GroupSequentialOptions { boundary: StoppingBoundary::Pocock, ..default };
    refused(GroupSequential::new(&[0.5, 0.9], &planned), "information");
    let test = GroupSequential::new(&[0.5, 1.0], &default).unwrap();
    refused(test.look(2, 0.0, 1.0, 0.0), "look");
    refused(test.look(0, NAN, 1.0, 0.0), "estimate");
    refused(test.look(0, 0.0, -1.0, 0.0), "standard_error");
    refused(test.look(0, 0.0, INFINITY, 0.0), "standard_error");
    refused(test.look(0, 0.0, 1.0, NAN), "null");
    refused(test.inference(0, 1.0, 0.0, 0.0), "standard_error");
    let still = test.look(0, 1.0, 0.0, 0.0).unwrap();
    assert_eq!(still.status, TestStatus::NoVariance);
    assert!(still.interval.contains(0.0) && still.p_value.is_nan());
    refused(test.power(NAN), "drift");
    refused(test.power(40.0), "drift");
    for power in [0.0, 0.05, 1.0, NAN] {
        refused(test.drift_for_power(power), "power");
        refused(test.inflation_factor(power), "power");
    }
}

#[test]
fn futility_that_cannot_be() {
    let futility =
        Futility { boundary: StoppingBoundary::SpendPocock, parameter: None, beta: 0.2, drift: None };
    let options = |alternative, futility| GroupSequentialOptions {
        alternative,
        futility: Some(futility),
        ..GroupSequentialOptions::default()
    };
    let greater = Alternative::Greater;
    refused(GroupSequential::new(&[1.0], &options(Alternative::TwoSided, futility)), "alternative");
    let shape = Futility { boundary: StoppingBoundary::Pocock, ..futility };
    refused(GroupSequential::new(&[1.0], &options(greater, shape)), "futility");
    for beta in [0.0, 0.96, 1.0, NAN] {
        refused(GroupSequential::new(&[1.0], &options(greater, Futility { beta, ..futility })), "beta");
    }
    for drift in [0.0, -1.0, NAN, 1e3] {
        let futility = Futility { drift: Some(drift), ..futility };
        refused(GroupSequential::new(&[1.0], &options(greater, futility)), "drift");
    }
    // Without the looks up to the end the drift cannot be found.
    refused(GroupSequential::new(&[0.2, 0.5], &options(greater, futility)), "drift");
}

#[test]
fn mixtures_and_bounds() {
    for value in [0.0, -1.0, NAN, INFINITY] {
        refused(MixtureBound::new(MixtureKind::Normal, value, 0.05, 1.0, 1.0), "v_opt");
        refused(MixtureBound::new(MixtureKind::GammaPoisson, 1.0, 0.05, value, 1.0), "scale");
        refused(MixtureBound::new(MixtureKind::BetaBinomial, 1.0, 0.05, 1.0, value), "other_scale");
        refused(bernoulli_sequence(1, 2, 0.05, value), "trials_opt");
        refused(empirical_process_bound(value, 0.05, 1.0, 0.85), "t");
        refused(empirical_process_bound(1.0, 0.05, value, 0.85), "t_min");
        refused(stitched_bound(1.0, 0.05, &Stitching::new(value, 0.0)), "v_min");
    }
    refused(MixtureBound::new(MixtureKind::NormalOneSided, 1.0, 0.5, 1.0, 1.0), "alpha_opt");
    refused(MixtureBound::new(MixtureKind::Normal, 1.0, 1.0, 1.0, 1.0), "alpha_opt");
    let mixture = MixtureBound::new(MixtureKind::GammaExponential, 1.0, 0.05, 1.0, 1.0).unwrap();
    refused(mixture.bound(-1.0, 0.05), "v");
    refused(mixture.bound(NAN, 0.05), "v");
    refused(mixture.bound(1.0, 0.0), "alpha");
    assert!(mixture.ln_mixture(NAN, 1.0).is_nan() && mixture.ln_mixture(1.0, -1.0).is_nan());
    assert_eq!(mixture.ln_mixture(-1e9, 1.0), f64::NEG_INFINITY);
    refused(stitched_bound(NAN, 0.05, &Stitching::new(1.0, 0.0)), "v");
    refused(stitched_bound(1.0, 0.05, &Stitching { scale: -1.0, ..Stitching::new(1.0, 0.0) }), "scale");
    refused(stitched_bound(1.0, 0.05, &Stitching { exponent: 1.0, ..Stitching::new(1.0, 0.0) }), "exponent");
    refused(stitched_bound(1.0, 0.05, &Stitching { ratio: 1.0, ..Stitching::new(1.0, 0.0) }), "ratio");
    refused(empirical_process_bound(1.0, 0.05, 1.0, 0.7), "a");
    refused(empirical_process_bound(1.0, 2.0, 1.0, 0.85), "alpha");
    assert_eq!(empirical_process_bound(1.0, 0.05, 10.0, 0.85).unwrap(), INFINITY);
    refused(bernoulli_sequence(3, 2, 0.05, 10.0), "conversions");
    assert!(bernoulli_sequence(0, 0, 0.05, 10.0).unwrap().contains(0.5));
    refused(quantile_sequence_p_value(&[1.0], &[1.0], 0.0, 10.0), "p");
    let error = quantile_sequence_p_value(&[1.0], &[1.0, NAN], 0.5, 10.0).unwrap_err();
    assert_eq!(
        (error.kind(), error.argument_name(), error.row()),
        (ErrorKind::InvalidValue, Some("control"), Some(1))
    );
    assert_eq!(quantile_sequence_p_value(&[], &[1.0], 0.5, 10.0).unwrap_err().kind(), ErrorKind::Empty);
    // Constant data in both arms are no evidence.
    assert_eq!(quantile_sequence_p_value(&[3.0; 50], &[3.0; 70], 0.5, 10.0).unwrap(), (1.0, 0.0));
}

#[test]
fn streams() {
    let options = AlwaysValidOptions::new(AlwaysValidMethod::Asymptotic, 100.0);
    for tuning in [0.0, -1.0, NAN, INFINITY] {
        refused(SequentialTest::new(AlwaysValidOptions { tuning, ..options }), "tuning");
    }
    refused(SequentialTest::new(AlwaysValidOptions { null: NAN, ..options }), "null");
    refused(SequentialTest::new(AlwaysValidOptions { alpha: 1.0, ..options }), "alpha");
    let side = AlwaysValidOptions { alpha: 0.5, alternative: Alternative::Less, ..options };
    refused(SequentialTest::new(side), "alpha");
    refused(always_valid(0.0, 1.0, 0.0, &options), "observations");
    refused(always_valid(NAN, 1.0, 1.0, &options), "estimate");
    let mut test = SequentialTest::new(options).unwrap();
    test.look(0.1, 0.01, 100.0).unwrap();
    let before = test.clone();
    let fewer = test.look(0.1, 0.01, 99.0).unwrap_err();
    assert_eq!((fewer.kind(), fewer.argument_name()), (ErrorKind::Incompatible, Some("observations")));
    refused(test.look(0.1, -0.01, 200.0), "standard_error");
    refused(test.look(0.1, 0.01, NAN), "observations");
    assert_eq!(test, before);
    let mut means = SequentialTest::new(options).unwrap();
    let one = MeanArm::from_values(&[1.0]).unwrap();
    let constant = MeanArm::from_values(&[1.0, 1.0]).unwrap();
    let few = means.look_means(&one, &constant).unwrap();
    assert_eq!((few.now.status, few.p_value), (TestStatus::TooFew, 1.0));
    let still = means.look_means(&constant, &constant).unwrap();
    assert_eq!((still.now.status, still.p_value), (TestStatus::NoVariance, 1.0));
    for text in ["", "{}", "[]", r#"{"model":"sequential_test"}"#, r#"{"model":"k_means","version":1}"#] {
        assert_eq!(SequentialTest::from_json(text).unwrap_err().kind(), ErrorKind::Corrupt, "{text}");
    }
    let text = before.to_json().unwrap();
    assert!(SequentialTest::from_json(&text.replace("\"looks\":1", "\"looks\":0")).is_err());
    assert_eq!(
        SequentialTest::from_json(&text.replace("\"version\":1", "\"version\":9")).unwrap_err().kind(),
        ErrorKind::Incompatible
    );
    assert!(SequentialTest::from_json(&text.replace("0.05", "5.0")).is_err());
}

#[test]
fn posteriors() {
    let prior = BetaPrior::default();
    refused(BetaPosterior::new(3, 2, &prior), "conversions");
    refused(BetaPosterior::new(3, u64::MAX, &prior), "trials");
    for value in [0.0, -1.0, NAN, INFINITY, 1e-9] {
        refused(BetaPosterior::new(0, 0, &BetaPrior { alpha: value, beta: 1.0 }), "alpha");
        refused(BetaPosterior::new(5, 9, &BetaPrior { alpha: value, beta: 1.0 }), "alpha");
        refused(BetaPosterior::from_parameters(1.0, value), "beta");
    }
    let rate = BetaPosterior::new(5, 10, &prior).unwrap();
    for alpha in [0.0, 1.0, NAN] {
        refused(rate.interval(alpha, CredibleKind::default()), "alpha");
        refused(compare_rates_bayes(&rate, &rate, &BayesOptions { alpha, ..Default::default() }), "alpha");
    }
    refused(rate.quantile(1.1), "p");
    let ratio = BayesOptions { contrast: Contrast::Ratio, ..Default::default() };
    refused(compare_rates_bayes(&rate, &rate, &ratio), "contrast");
    let crossed = BayesOptions { rope_lower: 0.1, ..Default::default() };
    refused(compare_rates_bayes(&rate, &rate, &crossed), "rope_upper");
    let endless = BayesOptions { rope_lower: f64::NEG_INFINITY, ..Default::default() };
    refused(compare_rates_bayes(&rate, &rate, &endless), "rope_lower");
    refused(EffectPosterior::new(NAN, 1.0, INFINITY), "estimate");
    refused(EffectPosterior::new(0.0, 0.0, INFINITY), "standard_error");
    refused(EffectPosterior::new(0.0, 1.0, 1.0), "degrees_of_freedom");
    refused(EffectPosterior::with_prior(0.0, 1.0, &NormalPrior { mean: NAN, deviation: 1.0 }), "prior_mean");
    refused(
        EffectPosterior::with_prior(0.0, 1.0, &NormalPrior { mean: 0.0, deviation: 0.0 }),
        "prior_deviation",
    );
    let effect = EffectPosterior::new(0.0, 1.0, INFINITY).unwrap();
    refused(effect.decide(&BayesOptions { contrast: Contrast::Lift, ..Default::default() }), "contrast");
    refused(best_rate(&[rate]), "arms");
    refused(best_rate(&[rate, rate]).unwrap().allocation(0.6), "least");
}
