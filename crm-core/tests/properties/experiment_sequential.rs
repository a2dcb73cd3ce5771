//! Laws of tests that look early: error spent and kept, coherence, and coverage under peeking.

use crm_core::experiment::{
    Alternative, AlwaysValidMethod, AlwaysValidOptions, BinaryArm, Futility, GroupSequential,
    GroupSequentialOptions, MixtureBound, MixtureKind, SequentialDecision, SequentialTest, StoppingBoundary,
    always_valid, bernoulli_sequence,
};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

fn alternative() -> impl Strategy<Value = Alternative> {
    prop::sample::select(Alternative::ALL)
}

fn boundary() -> impl Strategy<Value = StoppingBoundary> {
    prop::sample::select(StoppingBoundary::ALL)
}

fn options() -> impl Strategy<Value = GroupSequentialOptions> {
    (boundary(), alternative(), 0.0005..0.3_f64).prop_map(|(boundary, alternative, alpha)| {
        GroupSequentialOptions { boundary, alternative, alpha, ..Default::default() }
    })
}

/// Rising fractions that end at 1.
fn information() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(0.02..1.0_f64, 1..8).prop_map(|steps| {
        let total: f64 = steps.iter().sum();
        let mut sum = 0.0;
        let mut times: Vec<f64> = steps
            .iter()
            .map(|step| {
                sum += step / total;
                sum
            })
            .collect();
        *times.last_mut().unwrap() = 1.0;
        times
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn exactly_alpha_is_spent(options in options(), information in information()) {
        let test = GroupSequential::new(&information, &options).unwrap();
        prop_assert!((test.alpha_spent().last().unwrap() / options.alpha - 1.0).abs() < 1e-12);
        // Boundaries are solved look by look; the chance of crossing them is added up anew.
        let crossed = test.power(0.0).unwrap().power;
        prop_assert!((crossed / options.alpha - 1.0).abs() < 1e-9, "{crossed} {}", options.alpha);
    }

    #[test]
    fn later_looks_change_no_boundary(options in options(), information in information()) {
        prop_assume!(options.boundary.spends());
        let test = GroupSequential::new(&information, &options).unwrap();
        for looks in 1..information.len() {
            let part = GroupSequential::new(&information[..looks], &options).unwrap();
            for (one, other) in part.critical_values().iter().zip(test.critical_values()) {
                prop_assert!((one - other).abs() < 1e-9 || one == other, "{one} {other}");
            }
        }
    }

    #[test]
    fn a_look_is_coherent(
        options in options(), information in information(), z in -6.0..6.0_f64, error in 1e-3..1e3_f64, null in -5.0..5.0_f64, at in 0.0..1.0_f64,
    ) {
        let test = GroupSequential::new(&information, &options).unwrap();
        let place = (at * information.len() as f64) as usize;
        let look = test.look(place, null + z * error, error, null).unwrap();
        let rejects = look.decision == SequentialDecision::Reject;
        prop_assert_eq!(rejects, !look.interval.contains(null));
        let directed = match options.alternative {
            Alternative::TwoSided => z.abs(),
            Alternative::Greater => z,
            Alternative::Less => -z,
        };
        if (directed - look.critical_value).abs() > 1e-9 {
            prop_assert_eq!(rejects, directed > look.critical_value);
            prop_assert_eq!(rejects, look.p_value <= look.alpha_spent, "{:?}", look);
        }
        // The mirror image says the same.
        let mirrored = match options.alternative {
            Alternative::Greater => Alternative::Less,
            Alternative::Less => Alternative::Greater,
            Alternative::TwoSided => Alternative::TwoSided,
        };
        let other = GroupSequential::new(&information, &GroupSequentialOptions { alternative: mirrored, ..options }).unwrap();
        let other = other.look(place, -(null + z * error), error, -null).unwrap();
        prop_assert_eq!(look.decision, other.decision);
        prop_assert_eq!(look.interval.lower, -other.interval.upper);
        prop_assert!((look.ln_p_value - other.ln_p_value).abs() <= 1e-9 * look.ln_p_value.abs());
    }

    #[test]
    fn estimates_after_stopping_are_ordered(options in options(), information in information(), z in -4.0..5.0_f64) {
        let test = GroupSequential::new(&information, &options).unwrap();
        let place = information.len() - 1;
        let inference = test.inference(place, 0.1 + z * 0.02, 0.02, 0.1).unwrap();
        prop_assert!(inference.interval.contains(inference.median_unbiased), "{:?}", inference);
        // The interval from the ordering excludes the null if and only if its p-value is at most alpha.
        if (inference.p_value / options.alpha - 1.0).abs() > 1e-6 {
            prop_assert_eq!(!inference.interval.contains(0.1), inference.p_value <= options.alpha, "{:?}", inference);
        }
        if place == 0 {
            prop_assert!((inference.median_unbiased - (0.1 + z * 0.02)).abs() < 1e-9);
        }
    }

    #[test]
    fn power_rises_with_the_drift(options in options(), information in information(), drift in 0.1..4.0_f64) {
        let test = GroupSequential::new(&information, &options).unwrap();
        let (low, high) = (test.power(drift).unwrap(), test.power(drift + 0.3).unwrap());
        prop_assert!(low.power < high.power || high.power > 1.0 - 1e-9);
        prop_assert!(low.expected_information <= 1.0 + 1e-12 && low.expected_information >= information[0]);
        let asked = 0.5 * (1.0 + options.alpha);
        let needed = test.drift_for_power(asked).unwrap();
        let found: f64 = test.power(needed).unwrap().reject.iter().sum();
        prop_assert!((found - asked).abs() < 1e-9);
        prop_assert!(test.inflation_factor(asked).unwrap() > 1.0 - 1e-9);
    }

    #[test]
    fn futility_spends_beta_and_leaves_alpha(information in information(), beta in 0.02..0.4_f64) {
        let futility = Futility { boundary: StoppingBoundary::SpendOBrienFleming, parameter: None, beta, drift: None };
        let options = GroupSequentialOptions {
            alternative: Alternative::Greater, alpha: 0.025, futility: Some(futility), ..Default::default()
        };
        let test = GroupSequential::new(&information, &options).unwrap();
        let without = GroupSequential::new(&information, &GroupSequentialOptions { futility: None, ..options }).unwrap();
        // It does not bind: critical values are those without.
        prop_assert_eq!(test.critical_values(), without.critical_values());
        let ends = test.power(test.futility_drift()).unwrap();
        prop_assert!((ends.power - (1.0 - beta)).abs() < 1e-8, "{ends:?}");
        prop_assert!((ends.stop_below.iter().sum::<f64>() - beta).abs() < 1e-8, "{ends:?}");
        prop_assert!(test.futility_values().iter().zip(test.critical_values()).all(|(low, high)| low <= high));
    }

    #[test]
    fn bounds_invert_mixtures(
        kind in prop::sample::select(MixtureKind::ALL), v in 0.5..1e5_f64, v_opt in 1.0..1e5_f64, ln_alpha in -15.0..-1.0_f64,
        scale in 0.1..3.0_f64, other in 0.1..3.0_f64, s in 0.0..1e3_f64,
    ) {
        let mixture = MixtureBound::new(kind, v_opt, 0.05, scale, other).unwrap();
        let alpha = ln_alpha.exp();
        let bound = mixture.bound(v, alpha).unwrap();
        if bound.is_finite() {
            prop_assert!((mixture.ln_mixture(bound, v) + ln_alpha).abs() < 1e-7, "{} {}", mixture.ln_mixture(bound, v), ln_alpha);
            // Evidence rises with the sum, so that p <= alpha if and only if the sum is beyond the bound.
            let (p, ln_p) = mixture.p_value(bound * 1.001, v);
            prop_assert!(ln_p <= ln_alpha && p <= alpha, "{} {}", p, alpha);
            prop_assert!(mixture.p_value(bound * 0.999, v).1 >= ln_alpha);
            prop_assert!(mixture.bound(v, 0.5 * alpha).unwrap() > bound);
        }
        let beyond = matches!(kind, MixtureKind::BetaBinomial | MixtureKind::BetaBinomialOneSided) && s > v / scale;
        if !beyond && !matches!(kind, MixtureKind::BetaBinomial) {
            prop_assert!(mixture.ln_mixture(0.9 * s, v) <= mixture.ln_mixture(s, v) + 1e-9);
        }
    }

    #[test]
    fn always_valid_results_are_coherent(
        method in prop::sample::select(AlwaysValidMethod::ALL), alternative in alternative(), alpha in 0.001..0.4_f64, tuning in 0.01..1e4_f64,
        z in -8.0..8.0_f64, error in 1e-3..1e3_f64, null in -5.0..5.0_f64, n in 1.0..1e6_f64,
    ) {
        let options = AlwaysValidOptions { method, tuning, alpha, alternative, null, target_share: None };
        let now = always_valid(null + z * error, error, n, &options).unwrap();
        prop_assert!(now.p_value <= 1.0 && now.ln_p_value <= 0.0);
        if (now.ln_p_value - alpha.ln()).abs() > 1e-6 {
            prop_assert_eq!(!now.interval.contains(null), now.p_value <= alpha, "{:?}", now);
        }
        // Evidence rises with the statistic.
        let direction = if alternative == Alternative::Less { -1.0 } else { 1.0 };
        let stronger = always_valid(null + direction * (z.abs() + 0.5) * error, error, n, &options).unwrap();
        prop_assert!(stronger.ln_evidence > now.ln_evidence);
    }

    #[test]
    fn a_stream_keeps_its_strongest_evidence(looks in prop::collection::vec((-0.1..0.1_f64, 0.005..0.05_f64, 1.0..500.0_f64), 1..20)) {
        let mut test = SequentialTest::new(AlwaysValidOptions::new(AlwaysValidMethod::Msprt, 0.02)).unwrap();
        let (mut n, mut before, mut rejected) = (0.0, 0.0, false);
        for (estimate, error, more) in looks {
            n += more;
            test = SequentialTest::from_json(&test.to_json().unwrap()).unwrap();
            let step = test.look(estimate, error, n).unwrap();
            prop_assert!(step.ln_p_value <= before && step.ln_p_value <= step.now.ln_p_value);
            before = step.ln_p_value;
            rejected |= !step.now.interval.contains(0.0);
            prop_assert_eq!(step.decision == SequentialDecision::Reject, rejected);
            prop_assert_eq!(!step.interval.contains(0.0), rejected);
            prop_assert_eq!(test.rejected_at().is_some(), rejected);
        }
    }
}

/// A normal variate from two uniform ones (Box and Muller).
fn normal(random: &mut Pcg64) -> f64 {
    let (u, v): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// Four standard errors above the level: a share that honest code exceeds in one of 30,000 seeds.
fn most(alpha: f64, runs: u32) -> f64 {
    alpha + 4.0 * (alpha * (1.0 - alpha) / f64::from(runs)).sqrt()
}

#[test]
fn boundaries_keep_alpha_in_simulated_walks() {
    const RUNS: u32 = 40_000;
    let information = [0.1, 0.25, 0.3, 0.7, 1.0];
    for alternative in [Alternative::TwoSided, Alternative::Greater] {
        for &boundary in StoppingBoundary::ALL {
            let options = GroupSequentialOptions { boundary, alternative, ..Default::default() };
            let test = GroupSequential::new(&information, &options).unwrap();
            let mut random = Pcg64::seed_from_u64(11);
            let mut crossed = 0_u32;
            for _ in 0..RUNS {
                let (mut score, mut before) = (0.0, 0.0);
                let mut crosses = false;
                for (time, critical) in information.iter().zip(test.critical_values()) {
                    score += normal(&mut random) * f64::sqrt(time - before);
                    before = *time;
                    let z = score / time.sqrt();
                    crosses |= if alternative == Alternative::TwoSided {
                        z.abs() > *critical
                    } else {
                        z > *critical
                    };
                }
                crossed += u32::from(crosses);
            }
            let share = f64::from(crossed) / f64::from(RUNS);
            // Both ways: alpha is spent in full.
            let slack = most(0.05, RUNS) - 0.05;
            assert!((share - 0.05).abs() < slack, "{} {alternative:?}: {share}", boundary.name());
        }
    }
}

#[test]
fn confidence_sequences_cover_at_all_looks_at_once() {
    const RUNS: u32 = 1000;
    for method in AlwaysValidMethod::ALL {
        for alternative in [Alternative::TwoSided, Alternative::Greater] {
            let tuning = if *method == AlwaysValidMethod::Msprt { 0.1 } else { 500.0 };
            let options = AlwaysValidOptions {
                method: *method,
                tuning,
                alpha: 0.1,
                alternative,
                null: 0.3,
                target_share: None,
            };
            let mut random = Pcg64::seed_from_u64(5);
            let mut rejected = 0_u32;
            for _ in 0..RUNS {
                let mut sum = 0.0;
                let mut rejects = false;
                for n in 1..=1000 {
                    sum += 0.3 + normal(&mut random);
                    let n = f64::from(n);
                    let now = always_valid(sum / n, 1.0 / n.sqrt(), n, &options).unwrap();
                    rejects |= !now.interval.contains(0.3);
                }
                rejected += u32::from(rejects);
            }
            let share = f64::from(rejected) / f64::from(RUNS);
            assert!(share < most(0.1, RUNS), "{method:?} {alternative:?}: {share}");
            // Peeking is used, not just endured: a bound for one look at a time would be far below.
            assert!(share > 0.01, "{method:?} {alternative:?}: {share}");
        }
    }
}

#[test]
fn rates_are_covered_at_all_looks_at_once() {
    const RUNS: u32 = 400;
    for rate in [0.01, 0.4] {
        let mut random = Pcg64::seed_from_u64(7);
        let mut missed = 0_u32;
        for _ in 0..RUNS {
            let (mut conversions, mut misses) = (0, false);
            for trial in 1..=2000_u64 {
                conversions += u64::from(random.random::<f64>() < rate);
                if trial % 20 == 0 {
                    misses |= !bernoulli_sequence(conversions, trial, 0.1, 300.0).unwrap().contains(rate);
                }
            }
            missed += u32::from(misses);
        }
        let share = f64::from(missed) / f64::from(RUNS);
        assert!(share < most(0.1, RUNS), "{rate}: {share}");
    }
}

#[test]
fn rates_may_be_peeked_at() {
    const RUNS: u32 = 1000;
    let mut random = Pcg64::seed_from_u64(3);
    let mut rejected = 0_u32;
    for _ in 0..RUNS {
        let mut test =
            SequentialTest::new(AlwaysValidOptions::new(AlwaysValidMethod::Asymptotic, 20_000.0)).unwrap();
        let (mut target, mut control) = (0, 0);
        for look in 1..=40_u64 {
            target += (0..800).filter(|_| random.random::<f64>() < 0.05).count() as u64;
            control += (0..200).filter(|_| random.random::<f64>() < 0.05).count() as u64;
            let arms =
                (BinaryArm::new(target, 800 * look).unwrap(), BinaryArm::new(control, 200 * look).unwrap());
            test.look_rates(&arms.0, &arms.1).unwrap();
        }
        rejected += u32::from(test.rejected_at().is_some());
    }
    let share = f64::from(rejected) / f64::from(RUNS);
    assert!(share < most(0.05, RUNS), "{share}");
}
