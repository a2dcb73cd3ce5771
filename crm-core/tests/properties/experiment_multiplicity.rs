//! Laws of corrections for many tests and of Dunnett's test.

use crm_core::experiment::{
    Alternative, MeanArm, MultiplicityMethod, TestOptions, adjust_p_values, dunnett_test,
};
use proptest::prelude::*;

proptest! {
    #[test]
    fn adjusting_keeps_the_order_and_never_lowers(p in prop::collection::vec(0.0..=1.0f64, 1..60)) {
        for method in MultiplicityMethod::ALL.iter().copied() {
            let adjusted = adjust_p_values(&p, method).unwrap();
            for (i, &value) in p.iter().enumerate() {
                prop_assert!(adjusted[i] >= value * (1.0 - 1e-15) && adjusted[i] <= 1.0);
                for (j, &other) in p.iter().enumerate() {
                    prop_assert!(value > other || adjusted[i] <= adjusted[j]);
                }
            }
            // The order of the input does not matter.
            let reversed: Vec<f64> = p.iter().rev().copied().collect();
            let mut back = adjust_p_values(&reversed, method).unwrap();
            back.reverse();
            prop_assert_eq!(back, adjusted);
        }
    }

    #[test]
    fn sharper_methods_adjust_less(p in prop::collection::vec(0.0..=1.0f64, 1..40)) {
        use MultiplicityMethod as M;
        let adjusted = |method| adjust_p_values(&p, method).unwrap();
        for (sharp, blunt) in [
            (M::Holm, M::Bonferroni),
            (M::Sidak, M::Bonferroni),
            (M::HolmSidak, M::Holm),
            (M::Hochberg, M::Holm),
            (M::Hommel, M::Hochberg),
            (M::BenjaminiHochberg, M::Hochberg),
            (M::BenjaminiHochberg, M::BenjaminiYekutieli),
        ] {
            for (a, b) in adjusted(sharp).into_iter().zip(adjusted(blunt)) {
                prop_assert!(a <= b * (1.0 + 1e-14), "{sharp:?} {blunt:?} {a} {b}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn dunnett_rejects_if_and_only_if_the_interval_excludes_the_null(
        arms in prop::collection::vec((2u64..500, -2.0..2.0f64, 0.1..4.0f64), 2..5),
        alpha in 0.001..0.3f64,
        null in -0.5..0.5f64,
    ) {
        let arms: Vec<MeanArm> =
            arms.into_iter().map(|(count, mean, variance)| MeanArm::from_moments(count, mean, variance).unwrap()).collect();
        let (control, targets) = arms.split_last().unwrap();
        for alternative in Alternative::ALL.iter().copied() {
            let options = TestOptions::default().alternative(alternative).alpha(alpha).null(null);
            let test = dunnett_test(targets, control, None, &options).unwrap();
            for result in &test.results {
                prop_assert_eq!(result.rejects(), result.p_value < alpha);
                // An end of the interval, taken as null, has the level for its p-value.
                let end = if alternative == Alternative::Less { result.interval.upper } else { result.interval.lower };
                let at_end = dunnett_test(targets, control, None, &options.null(end)).unwrap();
                let place = test.results.iter().position(|other| other == result).unwrap();
                prop_assert!((at_end.results[place].p_value / alpha - 1.0).abs() < 1e-8);
            }
        }
    }
}
