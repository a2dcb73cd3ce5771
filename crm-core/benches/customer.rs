//! One million rows to a purchase history, and a history to a customer base.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use crm_core::Threads;
use crm_core::customer::{
    AmountColumn, BaseOptions, Day, IdColumn, IngestOptions, Policy, PurchaseHistory, TextOffsets,
    TimeColumn, Transactions, Validity,
};

const ROWS: usize = 1_000_000;
const CUSTOMERS: u64 = 46_000;
const DAYS: u64 = 700;

/// A log in columns; the same rows in every run.
struct Log {
    ids: Vec<i64>,
    days: Vec<i32>,
    amounts: Vec<f64>,
    offsets: Vec<i64>,
    text: Vec<u8>,
}

impl Log {
    fn new(in_order: bool) -> Self {
        let mut state = 1u64;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        // Few customers buy often: the product of two uniform numbers.
        let mut rows: Vec<(i64, i32, f64)> = (0..ROWS)
            .map(|_| {
                let customer = next(CUSTOMERS) * next(CUSTOMERS) / CUSTOMERS;
                (customer as i64, 19_000 + next(DAYS) as i32, (1 + next(20_000)) as f64 / 100.0)
            })
            .collect();
        if in_order {
            rows.sort_by_key(|row| (row.0, row.1));
        }
        let (mut offsets, mut text) = (vec![0], Vec::new());
        for row in &rows {
            // Zeros in front: text sorts as the numbers do.
            text.extend(format!("customer-{:08}", row.0).bytes());
            offsets.push(text.len() as i64);
        }
        Self {
            ids: rows.iter().map(|row| row.0).collect(),
            days: rows.iter().map(|row| row.1).collect(),
            amounts: rows.iter().map(|row| row.2).collect(),
            offsets,
            text,
        }
    }

    fn transactions(&self, text: bool) -> Transactions<'_> {
        let ids = if text {
            IdColumn::Packed {
                offsets: TextOffsets::Large(&self.offsets),
                bytes: &self.text,
                validity: Validity::All,
            }
        } else {
            IdColumn::Integer((&self.ids).into())
        };
        let amounts = AmountColumn::Float((&self.amounts).into());
        Transactions::new(ids, TimeColumn::Day((&self.days).into()), Some(amounts)).unwrap()
    }
}

fn history(criterion: &mut Criterion) {
    let logs = [("sorted", Log::new(true)), ("shuffled", Log::new(false))];
    let mut group = criterion.benchmark_group("history of 1M rows");
    group.sample_size(10).throughput(Throughput::Elements(ROWS as u64));
    for (order, log) in &logs {
        for (kind, text) in [("integer ids", false), ("text ids", true)] {
            let batch = log.transactions(text);
            for (name, threads) in
                [("one thread", Threads::from_count(1).unwrap()), ("all threads", Threads::Available)]
            {
                let options = IngestOptions { threads, ..IngestOptions::default() };
                group.bench_function(format!("{order} {kind}, {name}"), |bencher| {
                    bencher.iter(|| PurchaseHistory::from_transactions(black_box(&batch), &options).unwrap());
                });
            }
        }
    }
    let batch = logs[1].1.transactions(false);
    let options = IngestOptions { duplicates: Policy::Exclude, ..IngestOptions::default() };
    group.bench_function("shuffled integer ids, duplicates left out", |bencher| {
        bencher.iter(|| PurchaseHistory::from_transactions(black_box(&batch), &options).unwrap());
    });
    group.finish();
}

fn base(criterion: &mut Criterion) {
    let log = Log::new(false);
    let history =
        PurchaseHistory::from_transactions(&log.transactions(false), &IngestOptions::default()).unwrap();
    let end = Day::from_number(19_000 + DAYS as i32).unwrap();
    let mut group = criterion.benchmark_group("base of 1M rows");
    group.throughput(Throughput::Elements(history.customers() as u64));
    for (name, options) in [
        ("as of the end", BaseOptions::as_of(end)),
        ("as of the middle", BaseOptions::as_of(Day::from_number(19_350).unwrap())),
        ("last 90 days", BaseOptions::as_of(end).within_days(90)),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(&history).base(options).unwrap());
        });
    }
    let bytes = history.to_bytes().unwrap();
    group.bench_function("to bytes", |bencher| {
        bencher.iter(|| black_box(&history).to_bytes().unwrap());
    });
    group.bench_function("from bytes", |bencher| {
        bencher.iter(|| PurchaseHistory::from_bytes(black_box(&bytes)).unwrap());
    });
    group.bench_function("merge with itself", |bencher| {
        bencher.iter(|| history.merge(black_box(&history)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, history, base);
criterion_main!(benches);
