//! Laws of plans: inverses, symmetry, and power that rises with the effect and, but for a saw tooth, with the size.

use crm_core::experiment::{
    Alternative, CountedTails, EffectDirection, ExactProportionPlan, PlanOptions, ProportionMethod, RankPlan,
    RankPlanMethod, RateMethod, RatePlan,
};
use proptest::prelude::*;
use proptest::sample::select;

fn mirrored(alternative: Alternative) -> Alternative {
    match alternative {
        Alternative::TwoSided => Alternative::TwoSided,
        Alternative::Greater => Alternative::Less,
        Alternative::Less => Alternative::Greater,
    }
}

/// Options at levels that no p-value of whole numbers meets exactly, where rounding would decide.
fn options() -> impl Strategy<Value = PlanOptions> {
    let tails = select(CountedTails::ALL.to_vec());
    (select(Alternative::ALL.to_vec()), select(vec![0.0101, 0.0503, 0.0991, 0.2983]), tails, 0.1..4.0_f64)
        .prop_map(|(alternative, alpha, tails, ratio)| {
            PlanOptions::default()
                .alternative(alternative)
                .alpha(alpha)
                .tails(tails)
                .control_per_target(ratio)
        })
}

/// Shares of two arms in the same categories, of which one tends to be higher.
fn categories() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    (2..7_usize).prop_flat_map(|count| {
        let shares = || prop::collection::vec(prop_oneof![1 => Just(0.0), 4 => 0.05..1.0_f64], count);
        (shares(), shares())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn ranks_are_inverses_and_symmetric(
        deviations in (0.2..5.0_f64, 0.2..5.0_f64),
        method in select(RankPlanMethod::ALL.to_vec()),
        options in options(),
        distance in 0.01..0.4_f64,
        size in 5.0..500.0_f64,
        power in 0.35..0.99_f64,
    ) {
        let up = options.alternative != Alternative::Less;
        let effect = if up { 0.5 + distance } else { 0.5 - distance };
        let plan = RankPlan::normal(deviations.0, deviations.1, method, options).unwrap();
        let here = plan.power(effect, size).unwrap();
        prop_assert!((0.0..=1.0).contains(&here));
        // Arms exchanged: the effect is 1 less it, and so are sizes.
        let ratio = options.control_per_target;
        let exchanged = PlanOptions { control_per_target: 1.0 / ratio, alternative: mirrored(options.alternative), ..options };
        let other = RankPlan::normal(deviations.1, deviations.0, method, exchanged).unwrap();
        let there = other.power(1.0 - effect, size * ratio).unwrap();
        prop_assert!((here - there).abs() < 1e-9, "{here} {there}");
        // Larger effects are found more often, and the size asked for is that of the power.
        let more = if up { effect + 0.02 } else { effect - 0.02 };
        prop_assert!(plan.power(more, size).unwrap() >= here - 1e-12);
        let found = plan.sample_size(effect, power).unwrap();
        prop_assert!(found.power >= power - 1e-12);
        // The test of Brunner and Munzel begins with two customers in each arm.
        let least = found.target.min(found.control);
        let back = plan.power(effect, found.target).unwrap();
        prop_assert!((back - power).abs() < 1e-8 || least < 2.5, "{back} {found:?}");
        // In the least arms no effect may reach the critical value.
        if (back - power).abs() < 1e-8 && options.tails == CountedTails::Near && least > 8.0 {
            let direction = if up { EffectDirection::Increase } else { EffectDirection::Decrease };
            let again = plan.detectable(found.target, power, direction).unwrap();
            prop_assert!((again - effect).abs() < 1e-6, "{again} {effect}");
        }
    }

    #[test]
    fn categories_keep_to_their_range(
        (target, control) in categories(),
        method in select(RankPlanMethod::ALL.to_vec()),
        options in options(),
        size in 5.0..500.0_f64,
    ) {
        let Ok(plan) = RankPlan::from_categories(&target, &control, method, options) else { return Ok(()) };
        let effect = plan.superiority().unwrap();
        let here = plan.power(effect, size).unwrap();
        prop_assert!((0.0..=1.0).contains(&here));
        // The order turned round turns the effect round.
        let turned: Vec<Vec<f64>> = [&target, &control].map(|shares| shares.iter().rev().copied().collect()).into();
        let exchanged = PlanOptions { alternative: mirrored(options.alternative), ..options };
        let other = RankPlan::from_categories(&turned[0], &turned[1], method, exchanged).unwrap();
        prop_assert!((other.superiority().unwrap() + effect - 1.0).abs() < 1e-12);
        prop_assert!((other.power(1.0 - effect, size).unwrap() - here).abs() < 1e-9);
        let beyond = if effect > 0.5 { 1.1 } else { -0.1 };
        prop_assert!(plan.power(beyond, size).is_err());
    }

    #[test]
    fn exact_tests_are_symmetric(
        rates in (0.02..0.98_f64, 0.02..0.98_f64),
        method in select(vec![ProportionMethod::Fisher, ProportionMethod::FisherCentral, ProportionMethod::FisherMidP]),
        options in options(),
        size in 1..60_u64,
        other in 1..60_u64,
    ) {
        let sized = |options: PlanOptions, target: u64, control: u64| PlanOptions {
            control_per_target: control as f64 / target as f64,
            ..options
        };
        let here = ExactProportionPlan::new(rates.1, method, sized(options, size, other)).unwrap();
        let power = here.power(rates.0, size).unwrap();
        prop_assert!((0.0..=1.0 + 1e-12).contains(&power));
        // Arms exchanged, and conversions exchanged with failures.
        let turned = PlanOptions { alternative: mirrored(options.alternative), ..options };
        let exchanged = ExactProportionPlan::new(rates.0, method, sized(turned, other, size)).unwrap();
        prop_assert!((exchanged.power(rates.1, other).unwrap() - power).abs() < 1e-11);
        let failures = ExactProportionPlan::new(1.0 - rates.1, method, sized(turned, size, other)).unwrap();
        prop_assert!((failures.power(1.0 - rates.0, size).unwrap() - power).abs() < 1e-11);
        // Under the null the test keeps its level, but for the mid-p.
        if method != ProportionMethod::FisherMidP {
            let both = PlanOptions { tails: CountedTails::Both, ..sized(options, size, other) };
            let level = ExactProportionPlan::new(rates.1, method, both).unwrap().power(rates.1, size).unwrap();
            prop_assert!(level <= options.alpha * (1.0 + 1e-12), "{level}");
        }
        if options.alternative != Alternative::Less && rates.0 > rates.1 {
            prop_assert!(here.power(0.5 * (1.0 + rates.0), size).unwrap() >= power - 1e-12 || options.tails == CountedTails::Both);
        }
    }

    #[test]
    fn one_rate_is_symmetric(
        null in 0.02..0.98_f64,
        rate in 0.0..=1.0_f64,
        method in select(RateMethod::ALL.to_vec()),
        alternative in select(Alternative::ALL.to_vec()),
        alpha in select(vec![0.0101, 0.0503, 0.2983]),
        tails in select(CountedTails::ALL.to_vec()),
        count in 1..300_u64,
    ) {
        let plan = RatePlan::new(null, method, alternative, alpha, tails).unwrap();
        let power = plan.power(rate, count).unwrap();
        prop_assert!((0.0..=1.0).contains(&power));
        let turned = RatePlan::new(1.0 - null, method, mirrored(alternative), alpha, tails).unwrap();
        prop_assert!((turned.power(1.0 - rate, count).unwrap() - power).abs() < 1e-10);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn exact_sizes_last(
        control in 0.05..0.95_f64,
        distance in 0.2..0.6_f64,
        method in select(vec![ProportionMethod::Fisher, ProportionMethod::FisherMidP]),
        options in options(),
        power in select(vec![0.6, 0.8, 0.9]),
    ) {
        let rate = if options.alternative == Alternative::Less { control - distance } else { control + distance };
        prop_assume!((0.0..=1.0).contains(&rate));
        let plan = ExactProportionPlan::new(control, method, options).unwrap();
        let size = plan.sample_size(rate, power).unwrap();
        prop_assert!(size.power >= power);
        let first = size.target_count;
        prop_assert!(first == 1 || plan.power(rate, first - 1).unwrap() < power);
        for later in first..3 * first + 40 {
            prop_assert!(plan.power(rate, later).unwrap() >= power, "{first} {later}");
        }
    }

    #[test]
    fn sizes_of_one_rate_last(
        null in 0.02..0.98_f64,
        distance in 0.03..0.5_f64,
        method in select(RateMethod::ALL.to_vec()),
        alternative in select(Alternative::ALL.to_vec()),
        alpha in select(vec![0.0101, 0.0503, 0.2983]),
        power in select(vec![0.6, 0.8, 0.95]),
    ) {
        let rate = if alternative == Alternative::Less { null - distance } else { null + distance };
        prop_assume!(rate > 0.005 && rate < 0.995);
        let plan = RatePlan::new(null, method, alternative, alpha, CountedTails::Near).unwrap();
        let size = plan.sample_size(rate, power).unwrap();
        prop_assert!(size.power >= power);
        prop_assert!(size.count == 1 || plan.power(rate, size.count - 1).unwrap() < power);
        for later in size.count..4 * size.count + 200 {
            prop_assert!(plan.power(rate, later).unwrap() >= power, "{} {later}", size.count);
        }
    }
}
