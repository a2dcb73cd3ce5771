//! Predictive intervals of single customers against what simulated customers do.

use crm_core::clv::{
    CustomerValueModel, DiscountRate, PurchaseKind, PurchaseModel, SpendData, SpendModel, ValueOptions,
};
use crm_core::customer::{Period, Policy, TimeUnit};

const CUSTOMERS: usize = 20_000;

fn model(kind: PurchaseKind) -> PurchaseModel {
    let parameters = match kind {
        PurchaseKind::BgNbd => [0.8, 4.4, 0.8, 2.4],
        PurchaseKind::MbgNbd => [0.9, 6.2, 0.9, 1.6],
        PurchaseKind::ParetoNbd => [0.9, 10.6, 0.6, 11.7],
        _ => [1.2, 0.75, 0.66, 2.8],
    };
    PurchaseModel::from_parameters(kind, &parameters, TimeUnit::Week).unwrap()
}

/// Counts are whole, so each end leaves out at most what it says; half of that at least where many counts are possible.
#[test]
fn purchases_stay_within_predictive_intervals() {
    for kind in PurchaseKind::ALL {
        let (age, ahead) = if kind.is_discrete() { (8.0, 30.0) } else { (52.0, 104.0) };
        let holdout = Period::new(ahead, TimeUnit::Week).unwrap();
        let simulation = model(kind).simulate(&vec![age; CUSTOMERS], holdout, 1).unwrap();
        let (data, bought) = (simulation.data().unwrap(), simulation.holdout_purchases());
        let intervals = model(kind).predictive_intervals(&data, holdout, 0.9).unwrap();
        let share = |outside: &dyn Fn(usize) -> bool| {
            (0..CUSTOMERS).filter(|&row| outside(row)).count() as f64 / CUSTOMERS as f64
        };
        let below = share(&|row| bought[row] < f64::from(intervals.lower[row]));
        let above = share(&|row| bought[row] > f64::from(intervals.upper[row]));
        println!("{}: {:.2} % below, {:.2} % above", kind.name(), 100.0 * below, 100.0 * above);
        // Three standard errors of 5 % are half a percent.
        assert!(below < 0.055 && (0.02..0.055).contains(&above), "{below} {above}");
        let expected = model(kind).expected_purchases(&data, holdout).unwrap();
        let errors: Vec<f64> =
            bought.iter().zip(&expected).map(|(bought, expected)| bought - expected).collect();
        let squares: f64 = errors.iter().map(|error| error * error).sum();
        // The sum of independent errors of mean 0, in its standard errors.
        let bias = errors.iter().sum::<f64>() / squares.sqrt();
        assert!(bias.abs() < 4.0, "{}: {bias}", kind.name());
        let alive: f64 = model(kind).p_alive(&data).unwrap().iter().sum();
        let stayed = simulation.left().iter().filter(|&&left| left > age).count() as f64;
        assert!((alive / stayed - 1.0).abs() < 0.02, "{alive} {stayed}");
    }
}

/// The mean of a customer's simulated values is their expected value; a predictive interval holds nearly all of them.
#[test]
fn values_of_simulated_futures_are_those_expected() {
    let options =
        ValueOptions::new(Period::new(52.0, TimeUnit::Week).unwrap(), DiscountRate::annual(0.1).unwrap());
    let spend = SpendModel::from_parameters(6.25, 3.74, 15.44).unwrap();
    for kind in PurchaseKind::ALL {
        let values = CustomerValueModel::new(model(kind), spend.clone());
        // Many customers of one kind, whose medians of simulated values vary around one number.
        let (x, last, age) = (3.0, 8.0, 9.0);
        let data =
            crm_core::clv::PurchaseData::new(&[x; 40], &[last; 40], &[age; 40], TimeUnit::Week).unwrap();
        let amounts = SpendData::new(&[x; 40], &[30.0; 40], Policy::Raise).unwrap();
        let expected = values.values(&data, &amounts, &options).unwrap().value[0];
        let intervals = values.predictive_intervals(&data, &amounts, &options, 0.9, 2000, 5).unwrap();
        assert!(intervals.estimate.iter().all(|&value| value == expected));
        let spread = |column: &[f64]| {
            let mean = column.iter().sum::<f64>() / 40.0;
            column.iter().map(|value| (value / mean - 1.0).abs()).fold(0.0, f64::max)
        };
        // 2,000 draws know the 95 % quantile to a few percent, and no two customers share them.
        assert!(spread(&intervals.upper) < 0.2 && spread(&intervals.upper) > 0.0);
        for row in 0..40 {
            assert!(intervals.lower[row] < expected && expected < intervals.upper[row]);
            // Chebyshev, one-sided: 95 % lie below mean + sqrt(19) standard deviations.
            assert!(intervals.upper[row] < expected + 4.6 * intervals.standard_error[row]);
        }
        let again = values.predictive_intervals(&data, &amounts, &options, 0.9, 2000, 5).unwrap();
        assert_eq!(again, intervals);
    }
}
