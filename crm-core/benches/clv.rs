//! Customer lifetime value of 10,000 simulated customers, over every purchase model, and the fits of spend and of contracts.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use crm_core::Threads;
use crm_core::clv::{
    DiscountRate, FitOptions, Horizon, Prediction, PurchaseData, PurchaseKind, PurchaseModel, RetentionData,
    RetentionModel, SpendData, SpendModel,
};
use crm_core::customer::{Period, Policy, TimeUnit};

const CUSTOMERS: usize = 10_000;

/// The published fits: CDNOW in weeks, the donations in years.
fn published(kind: PurchaseKind) -> PurchaseModel {
    let (parameters, unit) = match kind {
        PurchaseKind::MbgNbd => ([0.525, 6.183, 0.891, 1.614], TimeUnit::Week),
        PurchaseKind::ParetoNbd => ([0.553, 10.578, 0.606, 11.669], TimeUnit::Week),
        PurchaseKind::BgBb => ([1.204, 0.750, 0.657, 2.783], TimeUnit::YearMean),
        _ => ([0.243, 4.414, 0.793, 2.426], TimeUnit::Week),
    };
    PurchaseModel::from_parameters(kind, &parameters, unit).unwrap()
}

/// Customers who came over twelve weeks and are seen for half a year or more; for BG/BB over four years.
fn customers(model: &PurchaseModel) -> PurchaseData {
    let age = |customer: usize| {
        if model.kind().is_discrete() {
            (6 + customer % 4) as f64
        } else {
            (189 + customer * 7919 % 84) as f64 / 7.0
        }
    };
    let ages: Vec<f64> = (0..CUSTOMERS).map(age).collect();
    model.simulate(&ages, Period::new(0.0, model.unit()).unwrap(), 1).unwrap().data().unwrap()
}

fn purchase_models(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("purchases of 10,000 customers");
    group.throughput(Throughput::Elements(CUSTOMERS as u64));
    for kind in PurchaseKind::ALL {
        let (name, model) = (kind.name(), published(kind));
        let data = customers(&model);
        group.bench_function(format!("{name}, fit"), |bencher| {
            bencher.iter(|| PurchaseModel::fit(kind, black_box(&data), &FitOptions::default()).unwrap());
        });
        let ahead = Period::new(if kind.is_discrete() { 5.0 } else { 52.0 }, model.unit()).unwrap();
        let rate = DiscountRate::annual(0.1).unwrap();
        let predictions = [
            ("P(alive)", Prediction::Alive),
            ("expected purchases", Prediction::Purchases(ahead)),
            ("discounted within a period", Prediction::DiscountedPurchases(ahead.into(), rate)),
            ("discounted without end", Prediction::DiscountedPurchases(Horizon::Forever, rate)),
            ("P(3 purchases)", Prediction::PurchaseProbability(3, ahead)),
        ];
        for (what, prediction) in predictions {
            group.bench_function(format!("{name}, {what}"), |bencher| {
                bencher.iter(|| model.predict(black_box(&data), prediction).unwrap());
            });
        }
    }
    group.finish();
}

fn other_models(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fits of spend and of contracts");
    let spend = SpendModel::from_parameters(6.25, 3.74, 15.44).unwrap();
    let counts: Vec<u32> = (0..CUSTOMERS).map(|customer| 1 + (customer * customer % 7) as u32).collect();
    let means = spend.simulate(&counts, 1);
    let counts: Vec<f64> = counts.into_iter().map(f64::from).collect();
    let data = SpendData::new(&counts, &means, Policy::Raise).unwrap();
    group.bench_function("gamma_gamma, 10,000 customers", |bencher| {
        bencher.iter(|| SpendModel::fit(black_box(&data), 0.0, Threads::Available).unwrap());
    });
    // Fader and Hardie (2007), table 1, high-end customers.
    let survivors = [1000.0, 869.0, 743.0, 653.0, 593.0, 551.0, 517.0, 491.0];
    let data = RetentionData::from_survivors(&survivors, TimeUnit::YearMean).unwrap();
    group.bench_function("sbg, 7 periods", |bencher| {
        bencher.iter(|| RetentionModel::fit(black_box(&data), 0.0).unwrap());
    });
    group.finish();
}

criterion_group!(benches, purchase_models, other_models);
criterion_main!(benches);
