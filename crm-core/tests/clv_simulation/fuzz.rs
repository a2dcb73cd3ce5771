//! A million customers of purchase models with parameters from everywhere.
//!
//! All are asked for their likelihood, P(alive) now and later, and expected purchases; half for DECT and DERT, the others for probabilities
//! of purchases; of some, the times to their next purchase.

use crm_core::clv::{DiscountRate, Horizon, Prediction, PurchaseData, PurchaseKind, PurchaseModel};
use crm_core::customer::Period;

use crate::draws::{Draws, UNIT};

/// Customers of each set of parameters.
const CUSTOMERS: usize = 100;
/// Sets of parameters of each model: four models make a million customers.
const SETS: usize = 2500;
/// Two ways to compute the same thing may differ by so much.
const ROUNDING: f64 = 1e-9;

/// A model and its customers, and what is wrong with them.
struct Case {
    kind: PurchaseKind,
    parameters: [f64; 4],
    model: PurchaseModel,
    data: PurchaseData,
    wrong: Vec<String>,
}

impl Case {
    fn new(kind: PurchaseKind, draws: &mut Draws) -> Self {
        let parameters = draws.parameters(kind);
        let model = PurchaseModel::from_parameters(kind, &parameters, UNIT).unwrap();
        let data = draws.customers(kind, CUSTOMERS);
        Self { kind, parameters, model, data, wrong: Vec::new() }
    }

    /// Notes each customer of whom a value is not as it must be.
    fn check(&mut self, data: &PurchaseData, what: &str, values: &[f64], fine: impl Fn(usize, f64) -> bool) {
        assert_eq!(values.len(), data.len());
        let (x, last, age) = (data.repeat_purchases(), data.last_purchase_age(), data.age());
        for (row, &value) in values.iter().enumerate().filter(|(row, value)| !fine(*row, **value)) {
            let customer = (x[row], last[row], age[row]);
            self.wrong.push(format!(
                "{} {:?} {customer:?}: {what} is {value:e}",
                self.kind.name(),
                self.parameters
            ));
        }
    }

    fn predict(&mut self, prediction: Prediction, what: &str, fine: impl Fn(usize, f64) -> bool) -> Vec<f64> {
        let data = self.data.clone();
        let values = self.model.predict(&data, prediction).unwrap();
        self.check(&data, &format!("{what}, {prediction:?}"), &values, fine);
        values
    }

    /// The likelihood, P(alive) and expected purchases of all customers, and one half or the other of what takes longer.
    fn predictions(&mut self, draws: &mut Draws, discounted: bool) {
        let (period, rate, n) = (draws.period(self.kind), draws.rate(), draws.purchases());
        let is_discrete = self.kind.is_discrete();
        let likelihoods = self.model.log_likelihoods(&self.data).unwrap();
        let data = self.data.clone();
        self.check(&data, "log-likelihood", &likelihoods, |_, value| {
            value.is_finite() && !(is_discrete && value > 0.0)
        });
        let probability = |_: usize, value: f64| (0.0..=1.0).contains(&value);
        let expectation = |_: usize, value: f64| (0.0..f64::INFINITY).contains(&value);
        let alive = self.predict(Prediction::Alive, "not a probability", probability);
        self.predict(Prediction::AliveAfter(period), "above P(alive) or no probability", |row, value| {
            probability(row, value) && value <= alive[row] * (1.0 + ROUNDING)
        });
        let expected = self.predict(Prediction::Purchases(period), "not an expectation", expectation);
        if discounted {
            self.discounted(period, rate, &expected);
        } else {
            self.probabilities(period, n, &alive, &expected);
        }
    }

    fn discounted(&mut self, period: Period, rate: DiscountRate, expected: &[f64]) {
        let expectation = |_: usize, value: f64| (0.0..f64::INFINITY).contains(&value);
        let forever = Prediction::DiscountedPurchases(Horizon::Forever, rate);
        let forever = self.predict(forever, "not an expectation", expectation);
        let within = Prediction::DiscountedPurchases(period.into(), rate);
        let above = "no expectation, or above that without discount or end";
        self.predict(within, above, |row, value| {
            expectation(row, value) && value <= expected[row].min(forever[row]) * (1.0 + ROUNDING)
        });
    }

    fn probabilities(&mut self, period: Period, n: u32, alive: &[f64], expected: &[f64]) {
        let probability = |_: usize, value: f64| (0.0..=1.0).contains(&value);
        self.predict(Prediction::PurchaseProbability(n, period), "not a probability", |row, value| {
            // At least n purchases are at least n times as many as their probability.
            probability(row, value) && f64::from(n) * value <= expected[row] * (1.0 + ROUNDING)
        });
        let again = Prediction::BuysWithin(Horizon::Forever);
        let again = self.predict(again, "above P(alive) or no probability", |row, value| {
            probability(row, value) && value <= alive[row] * (1.0 + ROUNDING)
        });
        let soon = "above P(ever) or E[purchases], or no probability";
        self.predict(Prediction::BuysWithin(period.into()), soon, |row, value| {
            probability(row, value) && value <= again[row].min(expected[row]) * (1.0 + ROUNDING)
        });
    }

    /// Times to the next purchase, of some customers.
    fn times(&mut self, draws: &mut Draws, customers: usize) {
        let (kind, [first, _, third, _]) = (self.kind, self.parameters);
        let part = |column: &[f64]| column[..customers].to_vec();
        let data = PurchaseData::new(
            &part(&self.data.repeat_purchases()),
            &part(&self.data.last_purchase_age()),
            &part(&self.data.age()),
            UNIT,
        )
        .unwrap();
        let mean = self.model.predict(&data, Prediction::MeanTimeToNext).unwrap();
        let counts = data.repeat_purchases();
        self.check(&data, "mean time to next", &mean, |row, value| {
            // How fast the distribution of the time to the next purchase falls.
            let tail = match kind {
                PurchaseKind::BgNbd | PurchaseKind::MbgNbd => first + counts[row],
                _ => first + counts[row] + third,
            };
            value > 0.0 && value.is_finite() == (tail > 1.0)
        });
        let share = draws.log_uniform(1e-6, 0.999);
        let quantile = self.model.predict(&data, Prediction::TimeToNext(share)).unwrap();
        let later = self.model.predict(&data, Prediction::TimeToNext(0.999_5)).unwrap();
        self.check(&data, &format!("quantile {share} of the time to next"), &quantile, |row, value| {
            value > 0.0 && value <= later[row]
        });
    }
}

/// Every `times_every`-th set of parameters has `timed` of its customers asked for times too.
fn fuzz(kind: PurchaseKind, seed: u64, times_every: usize, timed: usize) {
    let mut draws = Draws::new(seed);
    let (mut customers, mut asked, mut wrong) = (0, 0, Vec::new());
    for set in 0..SETS {
        let mut case = Case::new(kind, &mut draws);
        case.predictions(&mut draws, set % 2 == 0);
        customers += CUSTOMERS;
        if set % times_every == 1 {
            case.times(&mut draws, timed);
            asked += timed;
        }
        wrong.extend(case.wrong);
    }
    println!("{}: {customers} customers, times to next of {asked}", kind.name());
    let shown: Vec<&String> = wrong.iter().step_by(wrong.len() / 12 + 1).collect();
    assert!(wrong.is_empty(), "{} wrong values, such as\n{shown:#?}", wrong.len());
    assert_eq!(customers, 250_000);
}

#[test]
fn no_bg_nbd_customer_breaks_a_prediction() {
    fuzz(PurchaseKind::BgNbd, 1, 10, 100);
}

#[test]
fn no_mbg_nbd_customer_breaks_a_prediction() {
    fuzz(PurchaseKind::MbgNbd, 2, 10, 100);
}

#[test]
fn no_pareto_nbd_customer_breaks_a_prediction() {
    fuzz(PurchaseKind::ParetoNbd, 3, 10, 10);
}

#[test]
fn no_bg_bb_customer_breaks_a_prediction() {
    fuzz(PurchaseKind::BgBb, 4, 10, 10);
}

/// Newcomers have the expectations of everybody: those of customers of age 0.
#[test]
fn newcomers_are_customers_of_age_0() {
    let mut draws = Draws::new(5);
    for kind in PurchaseKind::ALL {
        for _ in 0..200 {
            let model = PurchaseModel::from_parameters(kind, &draws.parameters(kind), UNIT).unwrap();
            let period = draws.period(kind);
            let all = model.expected_purchases(&PurchaseData::newcomers(3, UNIT).unwrap(), period).unwrap();
            let one = PurchaseData::new(&[0.0], &[0.0], &[0.0], UNIT).unwrap();
            assert_eq!(all, [model.expected_purchases(&one, period).unwrap()[0]; 3]);
        }
    }
}

/// Without a discount, discounted purchases are purchases, to the bit.
#[test]
fn no_discount_is_a_discount_of_0() {
    let mut draws = Draws::new(6);
    for kind in PurchaseKind::ALL {
        for _ in 0..200 {
            let model = PurchaseModel::from_parameters(kind, &draws.parameters(kind), UNIT).unwrap();
            let (data, period): (_, Period) = (draws.customers(kind, 10), draws.period(kind));
            for none in [DiscountRate::NONE, DiscountRate::annual(0.0).unwrap()] {
                let discounted = model.discounted_purchases(&data, period.into(), none).unwrap();
                assert_eq!(discounted, model.expected_purchases(&data, period).unwrap());
            }
        }
    }
}

/// What the fuzz has found before, and must not find again.
#[test]
fn found_before() {
    let model = |kind, parameters: [f64; 4]| PurchaseModel::from_parameters(kind, &parameters, UNIT).unwrap();
    let days = |length| Period::new(length, UNIT).unwrap();
    // Sums over a million opportunities whose terms grow beyond the largest double, and fall again.
    let rare = model(PurchaseKind::BgBb, [1.85, 94_984.0, 0.164, 26.4]);
    let newcomer = PurchaseData::newcomers(1, UNIT).unwrap();
    let probabilities = [100, 200, 400, 500, 1000]
        .map(|n| rare.predict(&newcomer, Prediction::PurchaseProbability(n, days(1e8))).unwrap()[0]);
    assert!(probabilities.windows(2).all(|pair| pair[1] < pair[0]), "{probabilities:?}");
    // Horizons of 12 to 14 e-foldings of the discount, over nearly no time in units of the customer's own clock.
    let slow = model(PurchaseKind::BgNbd, [0.000_595, 21_783.6, 0.000_715, 524.3]);
    let customer = PurchaseData::new(&[57.0], &[97_582_468.0], &[97_582_468.5], UNIT).unwrap();
    let rate = DiscountRate::continuous_per(1e-3, UNIT).unwrap();
    let forever = slow.discounted_purchases(&customer, Horizon::Forever, rate).unwrap()[0];
    for length in [11_900.0, 12_100.0, 12_500.0, 13_500.0, 14_100.0] {
        let within = slow.discounted_purchases(&customer, days(length).into(), rate).unwrap()[0];
        // The rate of purchases hardly falls: an annuity.
        let known = -(-1e-3 * length).exp_m1();
        assert!((within / forever - known).abs() < 1e-7, "{length}: {} {known}", within / forever);
    }
    // Millions of steps to a number that is clear at once.
    let busy = model(PurchaseKind::ParetoNbd, [67_509.5, 0.003_86, 1.000_025, 0.000_219]);
    let customer = PurchaseData::new(&[3000.0], &[50.0], &[50.0], UNIT).unwrap();
    let again = busy.predict(&customer, Prediction::BuysWithin(Horizon::Forever)).unwrap()[0];
    assert!((0.99..=1.0).contains(&again), "{again}");
}
