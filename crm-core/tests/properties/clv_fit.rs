//! Laws of fits, on simulated customers and on CDNOW.

use crm_core::Threads;
use crm_core::clv::{
    DiscountRate, FitOptions, FitReport, Horizon, Prediction, PurchaseData, PurchaseKind, PurchaseModel,
    RetentionData, RetentionModel, SpendData, SpendModel,
};
use crm_core::customer::{
    AmountColumn, BaseOptions, CustomerBase, Day, IdColumn, IngestOptions, Policy, PurchaseHistory,
    TimeColumn, TimeUnit, Transactions,
};

use crate::clv::{UNIT, weeks};

fn truth(kind: PurchaseKind) -> PurchaseModel {
    let parameters = match kind {
        PurchaseKind::BgNbd => [0.5, 5.0, 0.8, 2.4],
        PurchaseKind::MbgNbd => [0.6, 6.2, 0.9, 1.6],
        PurchaseKind::ParetoNbd => [0.6, 10.6, 0.6, 11.7],
        _ => [1.2, 0.75, 0.66, 2.8],
    };
    PurchaseModel::from_parameters(kind, &parameters, UNIT).unwrap()
}

/// Customers of 3 ages, which makes many of them equal.
fn simulated(kind: PurchaseKind, customers: u32, seed: u64) -> PurchaseData {
    let shortest = if kind.is_discrete() { 6 } else { 52 };
    let ages: Vec<f64> = (0..customers).map(|customer| f64::from(shortest + customer % 3)).collect();
    truth(kind).simulate(&ages, weeks(0.0), seed).unwrap().data().unwrap()
}

fn fit(kind: PurchaseKind, data: &PurchaseData) -> PurchaseModel {
    PurchaseModel::fit(kind, data, &FitOptions::default()).unwrap()
}

fn report(model: &PurchaseModel) -> &FitReport {
    model.report().unwrap()
}

/// The same customers in another order: by columns.
fn turned(data: &PurchaseData) -> PurchaseData {
    let turn = |column: &[f64]| column.iter().rev().copied().collect::<Vec<f64>>();
    PurchaseData::new(
        &turn(&data.repeat_purchases()),
        &turn(&data.last_purchase_age()),
        &turn(&data.age()),
        data.unit(),
    )
    .unwrap()
}

#[test]
fn order_and_threads_change_no_bit() {
    for kind in PurchaseKind::ALL {
        let data = simulated(kind, 3000, 1);
        let model = fit(kind, &data);
        for threads in [1, 2, 3] {
            let options = FitOptions::default().on_threads(Threads::from_count(threads).unwrap());
            assert_eq!(PurchaseModel::fit(kind, &data, &options).unwrap(), model);
            assert_eq!(PurchaseModel::fit(kind, &turned(&data), &options).unwrap(), model);
        }
        let read = PurchaseModel::from_json(&model.to_json().unwrap()).unwrap();
        assert_eq!(read, model);
        let asked = Prediction::Purchases(weeks(10.0));
        assert_eq!(read.predict(&data, asked).unwrap(), model.predict(&data, asked).unwrap());
        let intervals = |model: &PurchaseModel| model.confidence_intervals(&data, asked, 0.9).unwrap();
        assert_eq!(intervals(&read), intervals(&model));
    }
}

#[test]
fn weights_are_repetitions() {
    for kind in PurchaseKind::ALL {
        let data = simulated(kind, 600, 2);
        let weights: Vec<f64> = (0..600).map(|row| f64::from(row % 4)).collect();
        let repeat = |column: &[f64]| {
            let rows = column.iter().zip(&weights);
            rows.flat_map(|(&value, &weight)| std::iter::repeat_n(value, weight as usize))
                .collect::<Vec<f64>>()
        };
        let (x, last, age) =
            (repeat(&data.repeat_purchases()), repeat(&data.last_purchase_age()), repeat(&data.age()));
        let repeated = fit(kind, &PurchaseData::new(&x, &last, &age, UNIT).unwrap());
        let weighted = fit(kind, &data.clone().with_weights(&weights).unwrap());
        // Sums of rows that do not count are cut elsewhere: the last digits of the likelihood may differ.
        for (one, other) in report(&repeated).estimates().iter().zip(report(&weighted).estimates()) {
            assert!((one / other - 1.0).abs() < 1e-7, "{one} {other}");
        }
        let (one, other) = (report(&repeated).log_likelihood(), report(&weighted).log_likelihood());
        assert!((one / other - 1.0).abs() < 1e-12, "{one} {other}");
        assert_eq!(report(&weighted).customers(), weights.iter().sum::<f64>());
        let same = data.with_weights(&[1.0; 600]).unwrap();
        assert_eq!(fit(kind, &same), fit(kind, &turned(&same).with_weights(&[1.0; 600]).unwrap()));
    }
}

#[test]
fn the_fit_is_the_top_of_the_likelihood() {
    for kind in PurchaseKind::ALL {
        let data = simulated(kind, 2000, 3);
        let model = fit(kind, &data);
        let top = report(&model).log_likelihood();
        assert!(report(&model).is_sound(), "{:?}", report(&model).warnings());
        assert!((model.log_likelihood(&data).unwrap() / top - 1.0).abs() < 1e-12);
        assert!(truth(kind).log_likelihood(&data).unwrap() < top);
        for parameter in 0..4 {
            let moved = |step: f64| {
                let mut parameters = model.parameters().to_vec();
                parameters[parameter] *= step.exp();
                let moved = PurchaseModel::from_parameters(kind, &parameters, UNIT).unwrap();
                moved.log_likelihood(&data).unwrap()
            };
            let (low, high) = (moved(-1e-3), moved(1e-3));
            assert!(low < top && high < top, "{} {parameter}: {low} {top} {high}", kind.name());
            // The slope vanishes beside the curvature, which is the width of an interval: 1 / s^2 of the other parameters held.
            let (slope, curvature) = ((high - low) / 2e-3, (2.0 * top - high - low) / 1e-6);
            assert!(slope.abs() < 1e-3 * curvature, "{} {parameter}: {slope} {curvature}", kind.name());
            let error = report(&model).standard_errors()[parameter].unwrap() / model.parameters()[parameter];
            assert!(error > curvature.sqrt().recip() * 0.999, "{error} {curvature}");
        }
    }
}

#[test]
fn a_penalty_draws_estimates_in() {
    for kind in PurchaseKind::ALL {
        let data = simulated(kind, 400, 4);
        let size = |l2: f64| {
            let model = PurchaseModel::fit(kind, &data, &FitOptions::default().with_l2(l2)).unwrap();
            let scale = data.age().iter().sum::<f64>() / 400.0;
            let is_time = |at: usize| match kind {
                PurchaseKind::BgBb => false,
                PurchaseKind::ParetoNbd => at % 2 == 1,
                _ => at == 1,
            };
            let logs = model.parameters().iter().enumerate();
            let log =
                |(at, value): (usize, &f64)| (value / if is_time(at) { scale } else { 1.0 }).ln().powi(2);
            (logs.map(log).sum::<f64>(), report(&model).log_likelihood())
        };
        let penalties = [0.0, 1e-3, 1e-2, 0.1, 1.0, 100.0].map(size);
        for pair in penalties.windows(2) {
            assert!(pair[1].0 < pair[0].0 && pair[1].1 < pair[0].1, "{} {penalties:?}", kind.name());
        }
        assert!(penalties[5].0 < 1e-3);
    }
}

/// Two groups, of which the second buys at twice the rate and leaves at half of it.
#[test]
fn coefficients_are_recovered() {
    for kind in [PurchaseKind::BgNbd, PurchaseKind::MbgNbd, PurchaseKind::ParetoNbd] {
        let (purchase, dropout) = (2f64.ln(), 0.5f64.ln());
        let mut parameters = truth(kind).parameters().to_vec();
        parameters[1] *= (-purchase).exp();
        let mut known = vec![purchase, dropout, dropout];
        if kind == PurchaseKind::ParetoNbd {
            parameters[3] *= (-dropout).exp();
            known.pop();
        } else {
            parameters[2] *= dropout.exp();
            parameters[3] *= dropout.exp();
        }
        let second = PurchaseModel::from_parameters(kind, &parameters, UNIT).unwrap();
        let ages: Vec<f64> = (0..8000).map(|customer| f64::from(60 + customer % 30)).collect();
        let groups = [(truth(kind), 5), (second, 6)]
            .map(|(model, seed)| model.simulate(&ages, weeks(0.0), seed).unwrap().data().unwrap());
        let join = |column: fn(&PurchaseData) -> Vec<f64>| [column(&groups[0]), column(&groups[1])].concat();
        let (x, last, age) = (
            join(PurchaseData::repeat_purchases),
            join(PurchaseData::last_purchase_age),
            join(PurchaseData::age),
        );
        let indicator: Vec<f64> = (0..16_000).map(|row| f64::from(row / 8000)).collect();
        let data =
            PurchaseData::new(&x, &last, &age, UNIT).unwrap().with_covariate("組", &indicator).unwrap();
        let options = FitOptions::default().with_covariates(["組"], ["組"]);
        let model = PurchaseModel::fit(kind, &data, &options).unwrap();
        assert!(report(&model).is_sound(), "{:?}", report(&model).warnings());
        let errors = report(&model).standard_errors();
        let coefficients = model.coefficients();
        assert_eq!(coefficients.len(), known.len());
        for (at, ((name, value), known)) in coefficients.iter().zip(&known).enumerate() {
            let error = errors[4 + at].unwrap();
            assert!((value - known).abs() < 3.0 * error && error < 0.5, "{name}: {value} {known} {error}");
        }
        assert!(report(&model).log_likelihood() > report(&fit(kind, &data)).log_likelihood() + 10.0);
        let read = PurchaseModel::from_json(&model.to_json().unwrap()).unwrap();
        assert_eq!(read, model);
        assert_eq!(read.p_alive(&data).unwrap(), model.p_alive(&data).unwrap());
    }
}

/// Nothing can be learnt about a covariate that is 0 for all: it is flagged, and the rest is the plain fit.
#[test]
fn a_covariate_of_zeros_is_flagged() {
    for kind in [PurchaseKind::BgNbd, PurchaseKind::MbgNbd, PurchaseKind::ParetoNbd] {
        let data = simulated(kind, 1000, 7);
        let plain = fit(kind, &data);
        let data = data.with_covariate("none", &[0.0; 1000]).unwrap();
        for (purchase, dropout) in
            [(vec!["none"], vec![]), (vec![], vec!["none"]), (vec!["none"], vec!["none"])]
        {
            let options = FitOptions::default().with_covariates(purchase, dropout);
            let model = PurchaseModel::fit(kind, &data, &options).unwrap();
            assert!(!report(&model).is_sound());
            let (one, other) = (report(&model).log_likelihood(), report(&plain).log_likelihood());
            assert!((one / other - 1.0).abs() < 1e-9, "{one} {other}");
            // A flat direction leaves the others to the quasi-Newton search alone.
            for (one, other) in model.parameters().iter().zip(plain.parameters()) {
                assert!((one / other - 1.0).abs() < 1e-3, "{one} {other}");
            }
            assert!(model.coefficients().iter().all(|(_, value)| *value == 0.0));
        }
    }
}

#[test]
fn intervals_nest_around_the_estimate() {
    for kind in PurchaseKind::ALL {
        let data = simulated(kind, 800, 8);
        let model = fit(kind, &data);
        for prediction in [
            Prediction::Alive,
            Prediction::Purchases(weeks(20.0)),
            Prediction::PurchaseProbability(1, weeks(9.0)),
        ] {
            let at = |level: f64| model.confidence_intervals(&data, prediction, level).unwrap();
            let (narrow, wide) = (at(0.5), at(0.99));
            assert_eq!(narrow.estimate, model.predict(&data, prediction).unwrap());
            for row in 0..data.len() {
                let ends = [
                    wide.lower[row],
                    narrow.lower[row],
                    narrow.estimate[row],
                    narrow.upper[row],
                    wide.upper[row],
                ];
                let certain = matches!(narrow.estimate[row], 0.0 | 1.0);
                let ascending = ends.windows(2).all(|pair| pair[0] < pair[1]);
                assert!(ascending || certain && ends.iter().all(|end| *end == ends[2]), "{ends:?}");
            }
        }
        let estimates = |level: f64| report(&model).confidence_intervals(level).unwrap();
        for ((narrow, wide), value) in estimates(0.5).into_iter().zip(estimates(0.99)).zip(model.parameters())
        {
            let (narrow, wide) = (narrow.unwrap(), wide.unwrap());
            assert!(wide.0 < narrow.0 && narrow.0 < *value && *value < narrow.1 && narrow.1 < wide.1);
        }
    }
}

fn cdnow() -> CustomerBase {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data/cdnow/transactions.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let (mut ids, mut days, mut amounts) = (Vec::new(), Vec::new(), Vec::new());
    for record in reader.records().map(Result::unwrap) {
        ids.push(record[1].parse::<i64>().unwrap());
        days.push(Day::parse(&record[2]).unwrap().number());
        amounts.push(record[4].parse::<f64>().unwrap());
    }
    let log = Transactions::new(
        IdColumn::Integer(ids.as_slice().into()),
        TimeColumn::Day(days.as_slice().into()),
        Some(AmountColumn::Float(amounts.as_slice().into())),
    );

    let history = PurchaseHistory::from_transactions(&log.unwrap(), &IngestOptions::default()).unwrap();
    history.base(BaseOptions::as_of(Day::parse("1997-09-30").unwrap()).in_unit(UNIT)).unwrap()
}

#[test]
fn bootstrap_and_delta_method_agree() {
    let data = PurchaseData::from_base(&cdnow());
    let asked = PurchaseData::new(&[1.0, 2.0, 6.0, 2.0], &[5.0, 30.0, 32.0, 2.0], &[38.0; 4], UNIT).unwrap();
    for kind in [PurchaseKind::BgNbd, PurchaseKind::MbgNbd, PurchaseKind::ParetoNbd] {
        let model = fit(kind, &data);
        let bootstrap = model.bootstrap(&data, &FitOptions::default(), 200, 1).unwrap();
        assert_eq!((bootstrap.failed(), bootstrap.replicates().len()), (0, 200));
        // Each sample is another one.
        let mut first: Vec<f64> = bootstrap.replicates().iter().map(|estimates| estimates[0]).collect();
        first.sort_by(f64::total_cmp);
        first.dedup();
        assert_eq!(first.len(), 200);
        for prediction in [Prediction::Alive, Prediction::Purchases(weeks(39.0))] {
            let (one, other) = (
                model.confidence_intervals(&asked, prediction, 0.9).unwrap(),
                bootstrap.confidence_intervals(&asked, prediction, 0.9).unwrap(),
            );
            for row in 0..asked.len() {
                // 200 replicates know a standard error to 5 %, half of the 25 % to be generous to.
                let ratio = other.standard_error[row] / one.standard_error[row];
                assert!((0.75..1.33).contains(&ratio), "{} {prediction:?} {row}: {ratio}", kind.name());
            }
        }
        let again = |seed: u64, threads: usize| {
            let options = FitOptions::default().on_threads(Threads::from_count(threads).unwrap());
            model.bootstrap(&data, &options, 6, seed).unwrap().replicates().to_vec()
        };
        assert_eq!(again(1, 1), bootstrap.replicates()[..6]);
        assert_eq!(again(1, 3), again(1, 1));
        assert_ne!(again(2, 1), again(1, 1));
    }
}

#[test]
fn a_bigger_sample_draws_the_likelihood_of_spend_and_contracts_up_too() {
    let spend = SpendModel::from_parameters(2.0, 4.0, 10.0).unwrap();
    let counts: Vec<u32> = (0..3000).map(|row| row % 6).collect();
    let columns: Vec<f64> = counts.iter().map(|&count| f64::from(count)).collect();
    let data = SpendData::new(&columns, &spend.simulate(&counts, 1), Policy::Raise).unwrap();
    let fitted = SpendModel::fit(&data, 0.0, Threads::Available).unwrap();
    let top = fitted.log_likelihood(&data).unwrap();
    assert!(spend.log_likelihood(&data).unwrap() < top);
    let contracts = RetentionModel::from_parameters(0.7, 3.0, UNIT).unwrap();
    let left = contracts.simulate(3000, 8, 1);
    let periods: Vec<u32> = left.iter().map(|left| left.unwrap_or(8)).collect();
    let churned: Vec<bool> = left.iter().map(Option::is_some).collect();
    let data_of_contracts = RetentionData::new(&periods, &churned, &vec![1.0; 3000], UNIT).unwrap();
    let fitted_contracts = RetentionModel::fit(&data_of_contracts, 0.0).unwrap();
    let top_of_contracts = fitted_contracts.log_likelihood(&data_of_contracts).unwrap();
    assert!(contracts.log_likelihood(&data_of_contracts).unwrap() < top_of_contracts);
    for step in [0.999, 1.001] {
        for (p, q, v) in [(step, 1.0, 1.0), (1.0, step, 1.0), (1.0, 1.0, step)] {
            let moved = SpendModel::from_parameters(fitted.p() * p, fitted.q() * q, fitted.v() * v).unwrap();
            assert!(moved.log_likelihood(&data).unwrap() < top);
        }
        for (alpha, beta) in [(step, 1.0), (1.0, step)] {
            let (alpha, beta) = (fitted_contracts.alpha() * alpha, fitted_contracts.beta() * beta);
            let moved = RetentionModel::from_parameters(alpha, beta, UNIT).unwrap();
            assert!(moved.log_likelihood(&data_of_contracts).unwrap() < top_of_contracts);
        }
    }
    assert_eq!(SpendModel::from_json(&fitted.to_json().unwrap()).unwrap(), fitted);
    assert_eq!(RetentionModel::from_json(&fitted_contracts.to_json().unwrap()).unwrap(), fitted_contracts);
}

/// A fit in days says of every customer what one in weeks says.
#[test]
fn fits_in_other_units_predict_alike() {
    for kind in [PurchaseKind::BgNbd, PurchaseKind::MbgNbd, PurchaseKind::ParetoNbd] {
        let data = simulated(kind, 1500, 9);
        let times7 = |column: &[f64]| column.iter().map(|value| 7.0 * value).collect::<Vec<f64>>();
        let (last, age) = (times7(&data.last_purchase_age()), times7(&data.age()));
        let in_days = PurchaseData::new(&data.repeat_purchases(), &last, &age, TimeUnit::Day).unwrap();
        let (of_weeks, of_days) = (fit(kind, &data), fit(kind, &in_days));
        let rate = DiscountRate::annual(0.1).unwrap();
        for prediction in [
            Prediction::Alive,
            Prediction::Purchases(weeks(30.0)),
            Prediction::DiscountedPurchases(Horizon::Forever, rate),
        ] {
            let (one, other) = (
                of_weeks.predict(&data, prediction).unwrap(),
                of_days.predict(&in_days, prediction).unwrap(),
            );
            for (one, other) in one.iter().zip(&other) {
                assert!((one / other - 1.0).abs() < 1e-8, "{prediction:?} {one} {other}");
            }
        }
    }
}
