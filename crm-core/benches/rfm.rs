//! RFM on the base of one million rows, over every binning and nesting.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use crm_core::customer::{
    AmountColumn, BaseOptions, CustomerBase, Day, IdColumn, IngestOptions, PurchaseHistory, TimeColumn,
    Transactions,
};
use crm_core::rfm::{
    Binning, Closed, FrequencyMeasure, LowerBounds, MonetaryMeasure, Nesting, RfmModel, RfmOptions,
    SegmentMap, SegmentSummary,
};

const ROWS: usize = 1_000_000;

fn base() -> CustomerBase {
    let mut state = 1u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let ids: Vec<i64> = (0..ROWS).map(|_| (next(400_000) * next(400_000) / 400_000) as i64).collect();
    let days: Vec<i32> = (0..ROWS).map(|_| 19_000 + next(700) as i32).collect();
    let cents: Vec<i64> = (0..ROWS).map(|_| 1 + next(20_000) as i64).collect();
    let (ids, days) = (IdColumn::Integer((&ids).into()), TimeColumn::Day((&days).into()));
    let log = Transactions::new(ids, days, Some(AmountColumn::Scaled((&cents).into(), 2))).unwrap();
    let history = PurchaseHistory::from_transactions(&log, &IngestOptions::default()).unwrap();
    history.base(BaseOptions::as_of(Day::from_number(19_700).unwrap())).unwrap()
}

fn rfm(criterion: &mut Criterion) {
    let base = base();
    let quantiles = Binning::Quantiles { bins: 5, closed: Closed::Right };
    let bounds = LowerBounds {
        recency_days: vec![30.0, 90.0, 180.0, 360.0],
        frequency: vec![2.0, 3.0, 5.0, 10.0],
        monetary: vec![50.0, 100.0, 300.0, 1000.0],
    };
    let cases = [
        ("mid-rank", RfmOptions::default()),
        ("quantiles", RfmOptions { binning: quantiles, ..RfmOptions::default() }),
        ("own bounds", RfmOptions { binning: Binning::Bounds(bounds), ..RfmOptions::default() }),
        ("nested mid-rank", RfmOptions { nesting: Nesting::Nested, ..RfmOptions::default() }),
        (
            "mid-rank of means",
            RfmOptions {
                frequency: FrequencyMeasure::PurchaseDays,
                monetary: MonetaryMeasure::MeanPerOrder,
                ..RfmOptions::default()
            },
        ),
    ];
    let mut group = criterion.benchmark_group("rfm of 1M rows");
    group.throughput(Throughput::Elements(base.len() as u64));
    for (name, options) in &cases {
        group.bench_function(format!("fit, {name}"), |bencher| {
            bencher.iter(|| RfmModel::fit(black_box(&base), options).unwrap());
        });
        let model = RfmModel::fit(&base, options).unwrap();
        group.bench_function(format!("score, {name}"), |bencher| {
            bencher.iter(|| model.score(black_box(&base)).unwrap());
        });
    }
    let scores = RfmModel::fit(&base, &RfmOptions::default()).unwrap().score(&base).unwrap();
    let map = SegmentMap::standard();
    group.bench_function("segments and their summary", |bencher| {
        bencher.iter(|| SegmentSummary::new(&base, &map.assign(black_box(&scores)).unwrap()).unwrap());
    });
    group.finish();
}

criterion_group!(benches, rfm);
criterion_main!(benches);
