//! Laws of the predictions of all purchase models.

use crm_core::clv::{DiscountRate, Horizon, Prediction, PurchaseData, PurchaseKind, PurchaseModel};
use crm_core::customer::{Period, TimeUnit};
use proptest::prelude::*;

pub(crate) const UNIT: TimeUnit = TimeUnit::Week;
/// Two ways to the same number, each right to 1e-9 or better.
const ROUNDING: f64 = 1e-9;

pub(crate) fn weeks(length: f64) -> Period {
    Period::new(length, UNIT).unwrap()
}

/// A model of any kind, and a customer of it: purchases, last, age.
fn case() -> impl Strategy<Value = (PurchaseModel, [f64; 3])> {
    case_of(0..PurchaseKind::ALL.len())
}

fn case_of(kinds: std::ops::Range<usize>) -> impl Strategy<Value = (PurchaseModel, [f64; 3])> {
    let parameter = || (-3.0..4.0f64).prop_map(f64::exp);
    (kinds, [parameter(), parameter(), parameter(), parameter()], 0..12u32, 0.0..1.0f64, 1..60u32).prop_map(
        |(kind, parameters, x, share, age)| {
            let kind = PurchaseKind::ALL[kind];
            let model = PurchaseModel::from_parameters(kind, &parameters, UNIT).unwrap();
            let (x, age) = (f64::from(x), f64::from(age));
            if kind.is_discrete() {
                let x = x.min(age);
                let last = if x == 0.0 { 0.0 } else { x + (share * (age - x)).floor() };
                return (model, [x, last, age]);
            }
            (model, [x, if x == 0.0 { 0.0 } else { age * (1.0 - share) }, age])
        },
    )
}

fn data([x, last, age]: [f64; 3]) -> PurchaseData {
    PurchaseData::new(&[x], &[last], &[age], UNIT).unwrap()
}

fn close(value: f64, other: f64, tolerance: f64) -> bool {
    (value - other).abs() <= tolerance * value.abs().max(other.abs()) + 1e-300
}

fn one(model: &PurchaseModel, customer: [f64; 3], prediction: Prediction) -> f64 {
    model.predict(&data(customer), prediction).unwrap()[0]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn expectations_grow_and_survival_falls_with_the_horizon((model, customer) in case(), times in [0..40u32, 0..40u32]) {
        let [short, long] = [times[0].min(times[1]), times[0].max(times[1])].map(|time| weeks(f64::from(time)));
        let rate = DiscountRate::annual(0.2).unwrap();
        let at = |prediction| one(&model, customer, prediction);
        let below = |low: f64, high: f64| low <= high * (1.0 + ROUNDING);
        prop_assert!(below(at(Prediction::Purchases(short)), at(Prediction::Purchases(long))));
        prop_assert!(below(at(Prediction::BuysWithin(short.into())), at(Prediction::BuysWithin(long.into()))));
        prop_assert!(below(at(Prediction::AliveAfter(long)), at(Prediction::AliveAfter(short))));
        let discounted = |horizon| at(Prediction::DiscountedPurchases(horizon, rate));
        prop_assert!(below(discounted(short.into()), discounted(long.into())));
        prop_assert!(below(discounted(long.into()), discounted(Horizon::Forever)));
        // Nothing happens in no time.
        prop_assert!(close(at(Prediction::AliveAfter(weeks(0.0))), at(Prediction::Alive), 1e-13));
        prop_assert_eq!(at(Prediction::Purchases(weeks(0.0))), 0.0);
        prop_assert_eq!(at(Prediction::PurchaseProbability(0, weeks(0.0))), 1.0);
    }

    #[test]
    fn probabilities_sum_to_1_and_their_mean_is_the_expectation((model, customer) in case(), time in 1..30u32) {
        let time = weeks(f64::from(time));
        let expected = one(&model, customer, Prediction::Purchases(time));
        prop_assume!(expected < 30.0);
        let (mut total, mut mean, mut first) = (0.0, 0.0, 0.0);
        let mut n = 0;
        // Heavy tails may be long; what they lack is bounded by what is missing to the expectation.
        while n < 4000 && !(total > 0.999_999_999_9 && mean > expected * (1.0 - 1e-10)) {
            let probability = one(&model, customer, Prediction::PurchaseProbability(n, time));
            if n == 0 {
                first = probability;
            }
            total += probability;
            mean += f64::from(n) * probability;
            n += 1;
        }
        prop_assert!(total <= 1.0 + 1e-9 && mean <= expected * (1.0 + ROUNDING) + 1e-12, "{total} {mean} {expected}");
        if n < 4000 {
            prop_assert!((total - 1.0).abs() < 1e-9 && close(mean, expected, 1e-9), "{total} {mean} {expected}");
        }
        let buys = one(&model, customer, Prediction::BuysWithin(time.into()));
        prop_assert!((first + buys - 1.0).abs() < 1e-9, "{first} {buys}");
    }

    #[test]
    fn silence_makes_leaving_more_likely((model, [x, last, age]) in case(), more in 1..30u32) {
        let alive = one(&model, [x, last, age], Prediction::Alive);
        let later = one(&model, [x, last, age + f64::from(more)], Prediction::Alive);
        let cannot_have_left = model.kind() == PurchaseKind::BgNbd && x == 0.0;
        prop_assert!(if cannot_have_left { later == 1.0 } else { later < alive || alive == 0.0 }, "{later} {alive}");
    }

    /// Who has just bought is there for sure, or has left at once: after x + 1 purchases (BG/NBD: x) of chance a / (a + b + ...).
    #[test]
    fn who_has_just_bought((model, [x, _, age]) in case()) {
        prop_assume!(x > 0.0);
        let alive = one(&model, [x, age, age], Prediction::Alive);
        let [_, _, a, b] = model.parameters() else { unreachable!() };
        let known = match model.kind() {
            PurchaseKind::BgNbd => (b + x - 1.0) / (a + b + x - 1.0),
            PurchaseKind::MbgNbd => (b + x) / (a + b + x),
            _ => 1.0,
        };
        prop_assert!(close(alive, known, 1e-14), "{alive} {known}");
    }

    /// What is expected of a newcomer up to t is what the first part and the customers that it leaves behind add up to.
    #[test]
    fn the_future_of_a_newcomer_is_that_of_who_they_become((model, _) in case_of(3..4), n in 1..4u32, ahead in 1..20u32) {
        prop_assert_eq!(model.kind(), PurchaseKind::BgBb);
        let newcomer = PurchaseData::newcomers(1, UNIT).unwrap();
        let up_to = |length: u32| model.expected_purchases(&newcomer, weeks(f64::from(length))).unwrap()[0];
        // Every history of n opportunities with its probability: sequences of purchases, by bits.
        let (mut later, mut total) = (0.0, 0.0);
        for history in 0..1u32 << n {
            let customer = [history.count_ones(), 32 - history.leading_zeros(), n].map(f64::from);
            let probability = model.log_likelihood(&data(customer)).unwrap().exp();
            total += probability;
            later += probability * one(&model, customer, Prediction::Purchases(weeks(f64::from(ahead))));
        }
        prop_assert!(close(total, 1.0, 1e-12), "{total}");
        prop_assert!(close(up_to(n) + later, up_to(n + ahead), 1e-11), "{later}");
    }

    #[test]
    fn another_unit_of_time_changes_nothing((model, [x, last, age]) in case_of(0..3), time in 0.0..50.0f64) {
        let mut parameters = model.parameters().to_vec();
        parameters[1] *= 7.0;
        if model.kind() == PurchaseKind::ParetoNbd {
            parameters[3] *= 7.0;
        }
        let days = PurchaseModel::from_parameters(model.kind(), &parameters, TimeUnit::Day).unwrap();
        let in_days = PurchaseData::new(&[x], &[7.0 * last], &[7.0 * age], TimeUnit::Day).unwrap();
        let rate = DiscountRate::annual(0.1).unwrap();
        for prediction in [
            Prediction::Alive,
            Prediction::AliveAfter(weeks(time)),
            Prediction::Purchases(weeks(time)),
            Prediction::DiscountedPurchases(weeks(time).into(), rate),
            Prediction::DiscountedPurchases(Horizon::Forever, rate),
            Prediction::PurchaseProbability(2, weeks(time)),
            Prediction::BuysWithin(weeks(time).into()),
        ] {
            let (of_weeks, of_days) = (one(&model, [x, last, age], prediction), days.predict(&in_days, prediction).unwrap()[0]);
            prop_assert!(close(of_weeks, of_days, 1e-11), "{prediction:?} {of_weeks} {of_days}");
        }
        let (of_weeks, of_days) = (one(&model, [x, last, age], Prediction::TimeToNext(0.5)), days.predict(&in_days, Prediction::TimeToNext(0.5)).unwrap()[0]);
        prop_assert!(close(7.0 * of_weeks, of_days, 1e-10), "{of_weeks} {of_days}");
        // The density of x times: each is 7 times as thin.
        let (of_weeks, of_days) = (model.log_likelihood(&data([x, last, age])).unwrap(), days.log_likelihood(&in_days).unwrap());
        prop_assert!((of_weeks - x * 7f64.ln() - of_days).abs() < 1e-11 * (1.0 + of_weeks.abs()), "{of_weeks} {of_days}");
    }

    #[test]
    fn quantiles_of_the_time_to_next_are_inverses((model, customer) in case_of(0..3), share in 0.01..0.99f64) {
        let alive = one(&model, customer, Prediction::Alive);
        let time = one(&model, customer, Prediction::TimeToNext(share));
        prop_assume!(time < 1e12 && alive > 1e-200);
        let ever = one(&model, customer, Prediction::BuysWithin(Horizon::Forever));
        let within = one(&model, customer, Prediction::BuysWithin(weeks(time).into()));
        prop_assert!(close(within / ever, share, 1e-9), "{} {share}", within / ever);
    }

    /// Predictions are of each customer alone: in any order and company, to the bit.
    #[test]
    fn order_and_company_change_no_bit(
        (model, _) in case(),
        ages in prop::collection::vec(1..80u32, 2..40),
        turn in any::<prop::sample::Index>(),
    ) {
        let ages: Vec<f64> = ages.into_iter().map(f64::from).collect();
        let all = model.simulate(&ages, weeks(0.0), 5).unwrap().data().unwrap();
        let turned = |column: &[f64]| {
            let mut column = column.to_vec();
            column.rotate_left(turn.index(ages.len()));
            column
        };
        let (x, last, age) = (turned(&all.repeat_purchases()), turned(&all.last_purchase_age()), turned(&all.age()));
        let other = PurchaseData::new(&x, &last, &age, UNIT).unwrap();
        for prediction in [Prediction::Alive, Prediction::Purchases(weeks(9.0)), Prediction::PurchaseProbability(1, weeks(9.0))] {
            let values = model.predict(&all, prediction).unwrap();
            prop_assert_eq!(turned(&values), model.predict(&other, prediction).unwrap());
            prop_assert_eq!(values[0], one(&model, [all.repeat_purchases()[0], all.last_purchase_age()[0], all.age()[0]], prediction));
        }
        // Saved and read, the model is the same to the bit.
        let read = PurchaseModel::from_json(&model.to_json().unwrap()).unwrap();
        prop_assert_eq!(&read, &model);
    }

    #[test]
    fn simulations_are_prefixes_of_longer_ones((model, _) in case(), seed in any::<u64>(), few in 1..20usize) {
        let simulate = |customers: usize| model.simulate(&vec![30.0; customers], weeks(10.0), seed).unwrap();
        let (short, long) = (simulate(few), simulate(few + 15));
        for customer in 0..few {
            prop_assert_eq!(short.purchases(customer), long.purchases(customer));
            prop_assert_eq!(short.left()[customer], long.left()[customer]);
            let times = long.purchases(customer);
            prop_assert!(times.windows(2).all(|pair| pair[0] < pair[1]) && times.iter().all(|&time| time > 0.0 && time <= 40.0));
            prop_assert!(times.last().is_none_or(|&time| time <= long.left()[customer]));
        }
        prop_assert_eq!(simulate(few), short);
    }
}

/// Each customer draws for themselves: among 1,000 who buy often no two do the same.
#[test]
fn no_two_simulated_customers_are_the_same() {
    for kind in [PurchaseKind::BgNbd, PurchaseKind::MbgNbd, PurchaseKind::ParetoNbd] {
        let model = PurchaseModel::from_parameters(kind, &[5.0, 1.0, 1.0, 100.0], UNIT).unwrap();
        let simulation = model.simulate(&[10.0; 1000], weeks(0.0), 3).unwrap();
        let mut first: Vec<f64> =
            (0..1000).filter_map(|customer| simulation.purchases(customer).first().copied()).collect();
        assert!(first.len() > 900);
        let count = first.len();
        first.sort_by(f64::total_cmp);
        first.dedup();
        assert_eq!(first.len(), count, "{}", kind.name());
    }
}
