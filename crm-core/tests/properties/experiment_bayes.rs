//! Laws of posteriors: what belongs together adds up, and arms may be exchanged.

use crm_core::experiment::{
    BayesOptions, BetaPosterior, Contrast, CredibleKind, EffectPosterior, NormalPrior, best_effect,
    best_rate, compare_rates_bayes,
};
use proptest::prelude::*;

fn posterior() -> impl Strategy<Value = BetaPosterior> {
    // From a prior alone to millions of trials.
    let parameter = || {
        prop_oneof![
            (-0.7..14.0_f64).prop_map(f64::exp),
            Just(0.5),
            Just(1.0),
            (1..40_u32).prop_map(f64::from)
        ]
    };
    (parameter(), parameter()).prop_map(|(a, b)| BetaPosterior::from_parameters(a, b).unwrap())
}

/// Posteriors that lie near each other, as those of an experiment do.
fn neighbours() -> impl Strategy<Value = (BetaPosterior, BetaPosterior)> {
    (posterior(), 0.1..30.0_f64, -3.0..3.0_f64).prop_map(|(one, size, apart)| {
        let (a, b) = one.parameters();
        let share = (one.mean() + apart * one.variance().sqrt())
            .clamp(0.01 * one.mean(), 1.0 - 0.01 * (1.0 - one.mean()));
        let total = (size * (a + b)).max(2.0);
        let other =
            BetaPosterior::from_parameters((total * share).max(0.1), (total * (1.0 - share)).max(0.1));
        (one, other.unwrap())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn probabilities_and_losses_belong_together(
        (target, control) in prop_oneof![neighbours(), (posterior(), posterior())], width in 0.0..0.05_f64,
    ) {
        let options = BayesOptions { rope_lower: -width, rope_upper: width, ..Default::default() };
        let result = compare_rates_bayes(&target, &control, &options).unwrap();
        prop_assert!((result.p_target_better + result.p_control_better - 1.0).abs() < 1e-14, "{result:?}");
        for p in [result.p_target_better, result.p_control_better, result.p_below_rope, result.p_in_rope, result.p_above_rope] {
            prop_assert!((0.0..=1.0).contains(&p), "{result:?}");
        }
        prop_assert!(result.ln_p_target_better <= 0.0 && result.ln_p_control_better <= 0.0);
        prop_assert!((result.p_below_rope + result.p_in_rope + result.p_above_rope - 1.0).abs() < 1e-11, "{result:?}");
        // What one choice loses more than the other is the difference of the means.
        prop_assert!((result.loss_control - result.loss_target - result.estimate).abs() <= 1e-13);
        prop_assert!(result.loss_target >= 0.0 && result.loss_control >= 0.0);
        let mirrored = compare_rates_bayes(&control, &target, &options).unwrap();
        let close = |one: f64, other: f64| (one - other).abs() <= 1e-10 * one.abs().max(1e-300);
        prop_assert!(close(result.ln_p_target_better, mirrored.ln_p_control_better), "{result:?} {mirrored:?}");
        prop_assert!(close(result.loss_target, mirrored.loss_control), "{result:?} {mirrored:?}");
        prop_assert!((result.interval.lower + mirrored.interval.upper).abs() <= 1e-8 * (result.interval.upper - result.interval.lower), "{result:?} {mirrored:?}");
    }

    #[test]
    fn intervals_hold_what_they_say((target, control) in neighbours(), alpha in 0.01..0.3_f64) {
        for contrast in [Contrast::Difference, Contrast::Lift] {
            let options = BayesOptions { contrast, alpha, ..Default::default() };
            let ends = compare_rates_bayes(&target, &control, &options).unwrap().interval;
            let rope = BayesOptions { rope_lower: ends.lower, rope_upper: ends.upper, ..options };
            let inside = compare_rates_bayes(&target, &control, &rope).unwrap();
            prop_assert!((inside.p_in_rope - (1.0 - alpha)).abs() < 1e-8, "{contrast:?} {inside:?}");
            prop_assert!((inside.p_below_rope / (0.5 * alpha) - 1.0).abs() < 1e-7, "{contrast:?} {inside:?}");
        }
    }

    #[test]
    fn the_shortest_interval_is_no_longer(rate in posterior(), alpha in 0.01..0.3_f64) {
        let equal = rate.interval(alpha, CredibleKind::EqualTailed).unwrap();
        let shortest = rate.interval(alpha, CredibleKind::HighestDensity).unwrap();
        prop_assert!(shortest.upper - shortest.lower <= (equal.upper - equal.lower) * (1.0 + 1e-9), "{equal:?} {shortest:?}");
        let held = rate.probability_below(shortest.upper) - rate.probability_below(shortest.lower);
        prop_assert!((held - (1.0 - alpha)).abs() < 1e-8, "{held}");
    }

    #[test]
    fn the_best_of_two_is_the_better((target, control) in neighbours()) {
        let result = compare_rates_bayes(&target, &control, &BayesOptions::default()).unwrap();
        let best = best_rate(&[target, control]).unwrap();
        prop_assert!((best.ln_p_best[0] - result.ln_p_target_better).abs() <= 1e-9 * (1.0 + result.ln_p_target_better.abs()));
        prop_assert!((best.expected_loss[0] - result.loss_target).abs() <= 1e-9 * result.loss_target + 1e-300, "{best:?} {result:?}");
        prop_assert!((best.expected_loss[1] - result.loss_control).abs() <= 1e-9 * result.loss_control + 1e-300, "{best:?} {result:?}");
    }

    #[test]
    fn some_arm_is_best(arms in prop::collection::vec(posterior(), 2..6), effects in prop::collection::vec((-5.0..5.0_f64, 0.01..3.0_f64), 2..6)) {
        let best = best_rate(&arms).unwrap();
        prop_assert!((best.p_best.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        prop_assert!(best.expected_loss.iter().all(|loss| *loss >= 0.0));
        let allocation = best.allocation(0.05).unwrap();
        prop_assert!((allocation.iter().sum::<f64>() - 1.0).abs() < 1e-12 && allocation.iter().all(|share| *share >= 0.05));
        let effects: Vec<EffectPosterior> =
            effects.iter().map(|&(mean, scale)| EffectPosterior::new(mean, scale, f64::INFINITY).unwrap()).collect();
        let best = best_effect(&effects).unwrap();
        prop_assert!((best.p_best.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn effects_gain_and_lose_what_they_are(mean in -5.0..5.0_f64, error in 1e-3..10.0_f64, df in prop_oneof![Just(f64::INFINITY), 1.5..500.0_f64], scale in -30.0..30.0_f64) {
        let effect = EffectPosterior::new(mean, error, df).unwrap();
        let result = effect.decide(&BayesOptions::default()).unwrap();
        prop_assert!((result.p_target_better + result.p_control_better - 1.0).abs() < 1e-14);
        prop_assert!((result.loss_control - result.loss_target - mean).abs() < 1e-11 * (mean.abs() + error), "{result:?}");
        prop_assert!(result.loss_target >= 0.0 && result.loss_control >= 0.0);
        // The unit of measurement scales losses and leaves probabilities.
        let unit = scale.exp();
        let scaled = EffectPosterior::new(mean * unit, error * unit, df).unwrap().decide(&BayesOptions::default()).unwrap();
        let (ln_scaled, ln_p) = (scaled.ln_p_target_better, result.ln_p_target_better);
        prop_assert!((ln_scaled - ln_p).abs() <= 1e-9 * ln_p.abs(), "{ln_scaled} {ln_p}");
        prop_assert!((scaled.loss_target / unit - result.loss_target).abs() <= 1e-9 * result.loss_target);
        // Data that agree with the prior's mean leave it there, and sharpen it.
        let prior = NormalPrior { mean, deviation: 2.0 * error };
        let kept = EffectPosterior::with_prior(mean, error, &prior).unwrap();
        prop_assert!((kept.mean() - mean).abs() < 1e-12 * (1.0 + mean.abs()) && kept.scale() < error);
    }
}
