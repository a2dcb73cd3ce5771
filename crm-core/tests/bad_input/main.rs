//! Input that cannot be used: the kind of each error, the argument and the row that it names, and what is left after it.
#![allow(clippy::unwrap_used)]

mod campaign;
mod clv;
mod clv_fits;
mod clv_values;
mod columns;
mod experiment_extremes;
mod experiment_means;
mod experiment_planning;
mod experiment_plans;
mod experiment_rank;
mod experiment_rates;
mod experiment_sequential;
mod experiment_strata;
#[path = "../log/mod.rs"]
mod log;
mod loyalty_points;
mod loyalty_score;
mod loyalty_tiers;
mod policies;
mod scores;
mod segment_features;
mod segment_kmeans;
mod segment_quality;
mod segment_tiers;
mod values;

use crm_core::customer::{
    AmountColumn, BaseOptions, BusinessZone, Column, Day, HistoryBuilder, IdColumn, IngestOptions, Policy,
    PurchaseHistory, TextOffsets, TimeColumn, TimeResolution, TimeUnit, Transactions, Validity,
};
use crm_core::rfm::{
    Binning, Closed, FrequencyMeasure, LowerBounds, MonetaryMeasure, Nesting, RfmModel, RfmOptions, Rule,
    SegmentMap, Weights,
};
use crm_core::{Error, ErrorKind, Threads};
use log::{Id, Orders, Shape, Times, history, push, row};

const IDS: [i64; 3] = [1, 2, 3];
const DAYS: [i32; 3] = [10, 20, 30];
const AMOUNTS: [f64; 3] = [1.0, 2.0, 3.0];
const SHAPE: Shape =
    Shape { text_ids: false, packed: false, orders: Orders::Absent, times: Times::Day, has_amounts: true };

fn ids() -> IdColumn<'static> {
    IdColumn::Integer(IDS.as_slice().into())
}

fn days() -> TimeColumn<'static> {
    TimeColumn::Day(DAYS.as_slice().into())
}

/// As [`Transactions::new`] takes them.
#[allow(clippy::unnecessary_wraps)]
fn floats(values: &[f64]) -> Option<AmountColumn<'_>> {
    Some(AmountColumn::Float(values.into()))
}

fn good() -> Transactions<'static> {
    Transactions::new(ids(), days(), floats(&AMOUNTS)).unwrap()
}

fn flagged<'a, T: Clone>(values: &'a [T], flags: &'a [bool]) -> Column<'a, T> {
    Column { values: values.into(), validity: Validity::Flags(flags) }
}

type Seen = (ErrorKind, Option<String>, Option<u64>);

fn seen(error: &Error) -> Seen {
    (error.kind(), error.argument_name().map(str::to_owned), error.row())
}

fn expected(kind: ErrorKind, argument: &str, row: impl Into<Option<u64>>) -> Seen {
    (kind, Some(argument.to_owned()), row.into())
}

/// Pushes a bad batch between two good ones: it fails as expected, by its rows over all batches, and leaves no trace.
fn check(
    bad: &Transactions<'_>,
    options: &IngestOptions,
    kind: ErrorKind,
    argument: &str,
    row: impl Into<Option<u64>>,
) {
    let row = row.into();
    let alone = PurchaseHistory::from_transactions(bad, options).unwrap_err();
    assert_eq!(seen(&alone), expected(kind, argument, row), "{alone}");
    assert!(!alone.to_string().is_empty());
    for (first, second) in [(good(), good()), (descending(), good())] {
        let mut builder = HistoryBuilder::new(options.clone()).unwrap();
        builder.push(&first).unwrap();
        let error = builder.push(bad).unwrap_err();
        assert_eq!(seen(&error), expected(kind, argument, row.map(|row| row + 3)), "{error}");
        assert_eq!(builder.rows(), 3);
        builder.push(&second).unwrap();
        let mut clean = HistoryBuilder::new(options.clone()).unwrap();
        clean.push(&first).unwrap();
        clean.push(&second).unwrap();
        assert_eq!(builder.finish().unwrap(), clean.finish().unwrap(), "{argument}");
    }
}

/// Rows out of order, for which the builder needs its buffer.
fn descending() -> Transactions<'static> {
    const DESCENDING: [i64; 3] = [3, 2, 1];
    Transactions::new(IdColumn::Integer(DESCENDING.as_slice().into()), days(), floats(&AMOUNTS)).unwrap()
}

fn default() -> IngestOptions {
    IngestOptions::default()
}
