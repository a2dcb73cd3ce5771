//! Spend and contracts with parameters from everywhere.

use crm_core::clv::{DiscountRate, Horizon, RetentionData, RetentionModel, SpendData, SpendModel};
use crm_core::customer::{Period, Policy};

use crate::draws::{Draws, UNIT};

/// 1,000 models of 100 customers each.
const MODELS: usize = 1000;
const CUSTOMERS: usize = 100;
const ROUNDING: f64 = 1e-9;

#[test]
fn no_customer_breaks_the_spend_model() {
    let mut draws = Draws::new(7);
    let mut customers = 0;
    for _ in 0..MODELS {
        let [p, q, v] = match draws.below(8) {
            0 => [draws.log_uniform(1e-4, 1e5), 1.0, draws.log_uniform(1e-4, 1e5)],
            1 => [1.0, 1.0 + draws.log_uniform(1e-15, 1e-3), draws.log_uniform(1e-4, 1e5)],
            _ => std::array::from_fn(|_| draws.log_uniform(1e-4, 1e5)),
        };
        let model = SpendModel::from_parameters(p, q, v).unwrap();
        let counts: Vec<f64> = (0..CUSTOMERS).map(|_| f64::from(draws.purchases())).collect();
        let means: Vec<f64> = (0..CUSTOMERS).map(|_| draws.log_uniform(1e-6, 1e8)).collect();
        let at = |row: usize| format!("{p} {q} {v}: {} purchases of {}", counts[row], means[row]);
        let expected = model.expected_mean_spend_where_defined(&counts, &means).unwrap();
        for (row, expected) in expected.iter().enumerate() {
            // Rounding of q - 1 decides nothing else.
            assert_eq!(expected.is_some(), p * counts[row] + q - 1.0 > 0.0, "{}", at(row));
            let fine = expected.is_none_or(|expected| (0.0..f64::INFINITY).contains(&expected));
            assert!(fine, "{}: {expected:?}", at(row));
            if let (Some(expected), Ok(population)) = (expected, model.population_mean()) {
                // A mean of what the customer and what all customers spent.
                let (low, high) = (population.min(means[row]), population.max(means[row]));
                let between = low * (1.0 - ROUNDING)..=high * (1.0 + ROUNDING);
                assert!(counts[row] == 0.0 || between.contains(expected), "{}: {expected}", at(row));
            }
        }
        for row in (0..CUSTOMERS).filter(|&row| counts[row] > 0.0) {
            let data = SpendData::new(&[counts[row]], &[means[row]], Policy::Raise).unwrap();
            let value = model.log_likelihood(&data).unwrap();
            assert!(value.is_finite(), "{}: {value}", at(row));
        }
        let whole: Vec<u32> = counts.iter().map(|&count| count as u32).collect();
        for (row, drawn) in model.simulate(&whole, 3).into_iter().enumerate() {
            // Below q = 0.05, amounts above the largest double do happen.
            assert!(drawn >= 0.0 && (drawn.is_finite() || q < 0.05), "{}: drew {drawn}", at(row));
        }
        customers += CUSTOMERS;
    }
    assert_eq!(customers, 100_000);
}

#[test]
fn no_contract_breaks_the_retention_model() {
    let mut draws = Draws::new(8);
    let mut customers = 0;
    for _ in 0..MODELS {
        let (mut alpha, beta) = (draws.log_uniform(1e-4, 1e5), draws.log_uniform(1e-4, 1e5));
        if draws.chance(0.2) {
            alpha = [1.0, 2.0, 1.0 + draws.log_uniform(1e-15, 1e-3)][draws.below(3) as usize];
        }
        let model = RetentionModel::from_parameters(alpha, beta, UNIT).unwrap();
        let rate = draws.rate();
        for _ in 0..CUSTOMERS {
            let (renewals, further) = (draws.purchases(), draws.purchases());
            let at = format!("{alpha} {beta}: {renewals} and {further}");
            let stay = model.residual_survival(renewals, further);
            for value in [stay, model.survival(renewals), model.churn_probability(renewals)] {
                assert!((0.0..=1.0).contains(&value), "{at}: {value}");
            }
            let retention = model.retention_rate(renewals);
            assert!((0.0..=1.0).contains(&retention), "{at}: {retention}");
            let both = model.survival(renewals) * stay;
            assert!((model.survival(renewals + further) - both).abs() <= ROUNDING * both, "{at}: {both}");
            let periods = Period::new(f64::from(further), UNIT).unwrap();
            let within = model.discounted_residual_lifetime(renewals, periods, rate);
            let all = model.discounted_residual_lifetime(renewals, periods, DiscountRate::NONE);
            let forever = model.discounted_residual_lifetime(renewals, Horizon::Forever, rate);
            assert!(within >= 0.0 && forever.is_finite(), "{at}: {within} {forever}");
            assert!(within <= forever * (1.0 + ROUNDING), "{at}: {within} of {forever}");
            // The next payment is not discounted, the others are.
            assert!(within <= all * (1.0 + ROUNDING) && all <= f64::from(further), "{at}: {within} {all}");
            let lifetime = model.expected_residual_lifetime(renewals);
            assert!(lifetime > 0.0 && lifetime.is_finite() == (alpha > 1.0), "{at}: {lifetime}");
            customers += 1;
        }
        let left = model.simulate(CUSTOMERS, 50, 1);
        assert!(left.iter().flatten().all(|period| (1..=50).contains(period)));
        let periods: Vec<u32> = left.iter().map(|left| left.unwrap_or(50)).collect();
        let churned: Vec<bool> = left.iter().map(Option::is_some).collect();
        let data = RetentionData::new(&periods, &churned, &[1.0; CUSTOMERS], UNIT).unwrap();
        let value = model.log_likelihood(&data).unwrap();
        assert!(value.is_finite() && value <= 0.0, "{alpha} {beta}: {value}");
    }
    assert_eq!(customers, 100_000);
}
