//! Logs of every shape, in small: many ties, many equal days, every kind of row that a policy is about.

use std::num::NonZeroUsize;

use crm_core::Threads;
use crm_core::customer::{Day, IngestOptions, Policy};
use proptest::prelude::*;

use crate::log::{Id, Orders, Row, Shape, Times};

/// Scripts, bytes of zero, long common starts, ids that start other ids.
const TEXTS: [&str; 16] = [
    "王小明",
    "王小",
    "محمد",
    "🛒",
    "🛒🛒",
    "a",
    "a\0",
    "a\0b",
    "ab",
    "Zoë",
    "Zoe\u{308}",
    " a",
    "customer-0000000000000000000000000001",
    "customer-0000000000000000000000000002",
    "customer-000000000000000000000000000",
    "\0",
];
const INTEGERS: [i64; 9] = [i64::MIN, -7, -1, 0, 1, 2, 3, 1_000_000_007, i64::MAX];

fn id(text: bool) -> BoxedStrategy<Option<Id>> {
    if text {
        let known = prop::sample::select(&TEXTS[..]).prop_map(|text| Some(Id::Text(text.to_owned())));
        let any = "\\PC{0,3}".prop_map(|text| if text.is_empty() { None } else { Some(Id::Text(text)) });
        prop_oneof![8 => known, 2 => any, 1 => Just(None)].boxed()
    } else {
        let known = prop::sample::select(&INTEGERS[..]).prop_map(|id| Some(Id::Integer(id)));
        prop_oneof![8 => known, 2 => any::<i64>().prop_map(|id| Some(Id::Integer(id))), 1 => Just(None)]
            .boxed()
    }
}

/// Days of a few weeks, and the ends of time.
fn day() -> impl Strategy<Value = Option<i32>> {
    prop_oneof![
        30 => (0..40i32).prop_map(Some),
        1 => prop::sample::select(&[-719_162, 2_932_896, -719_163, 2_932_897, i32::MIN, i32::MAX][..]).prop_map(Some),
        1 => Just(None),
    ]
}

/// Whole cents, micro-units, and amounts whose sums need more than 64 bits.
fn micros() -> impl Strategy<Value = Option<i128>> {
    let largest = i128::from(i64::MAX);
    prop_oneof![
        20 => (-300..1000i128).prop_map(|cents| Some(cents * 10_000)),
        4 => Just(Some(0)),
        2 => (-3..4i128).prop_map(Some),
        3 => (0..5i128, any::<bool>()).prop_map(move |(less, negative)| {
            let micros = largest - less;
            Some(if negative { -micros } else { micros })
        }),
        1 => prop::sample::select(vec![largest + 1, -largest - 2, i128::MAX, i128::MIN]).prop_map(Some),
        1 => Just(None),
    ]
}

fn order(kind: Orders) -> BoxedStrategy<Option<Id>> {
    match kind {
        Orders::Absent => Just(None).boxed(),
        Orders::Integers => {
            prop_oneof![3 => (-1..6i64).prop_map(|id| Some(Id::Integer(id))), 1 => Just(None)].boxed()
        }
        Orders::Texts => {
            let known = prop::sample::select(&["A", "B", "订单", "订单\0", "C"][..]);
            prop_oneof![3 => known.prop_map(|id| Some(Id::Text(id.to_owned()))), 1 => Just(None)].boxed()
        }
    }
}

pub(crate) fn shape() -> impl Strategy<Value = Shape> {
    let orders = prop::sample::select(&[Orders::Absent, Orders::Absent, Orders::Integers, Orders::Texts][..]);
    let times = prop::sample::select(&[Times::Day, Times::Day, Times::Local, Times::Instant][..]);
    (any::<bool>(), any::<bool>(), orders, times, prop::bool::weighted(0.9)).prop_map(
        |(text_ids, packed, orders, times, has_amounts)| Shape {
            text_ids,
            packed,
            orders,
            times,
            has_amounts,
        },
    )
}

fn rows(shape: Shape, most: usize) -> impl Strategy<Value = Vec<Row>> {
    let row = (id(shape.text_ids), day(), micros(), order(shape.orders));
    let rows = prop::collection::vec(
        row.prop_map(|(id, day, micros, order)| Row { id, day, micros, order }),
        0..most,
    );
    // Half of the logs have nothing missing and nothing out of range: they are read in another way.
    (rows, any::<bool>()).prop_map(move |(mut rows, plain)| {
        for row in rows.iter_mut().filter(|_| plain) {
            let id = if shape.text_ids { Id::Text("王".to_owned()) } else { Id::Integer(8) };
            row.id = row.id.take().or(Some(id));
            row.day = row.day.filter(|&day| Day::from_number(day).is_ok()).or(Some(7));
            row.micros =
                row.micros.filter(|micros| micros.unsigned_abs() <= i64::MAX as u128).or(Some(30_000));
        }
        rows
    })
}

/// A log and one of its permutations.
pub(crate) fn log(most: usize) -> impl Strategy<Value = (Shape, Vec<Row>, Vec<Row>)> {
    shape()
        .prop_flat_map(move |shape| (Just(shape), rows(shape, most)))
        .prop_flat_map(|(shape, rows)| (Just(shape), Just(rows.clone()), Just(rows).prop_shuffle()))
}

/// Policies under which any log can be read.
pub(crate) fn lenient_options() -> impl Strategy<Value = IngestOptions> {
    let policy = || prop::sample::select(&[Policy::Keep, Policy::Exclude][..]);
    (policy(), policy(), policy(), 1..=8usize).prop_map(|(returns, zero_amounts, duplicates, threads)| {
        IngestOptions {
            missing_time: Policy::Exclude,
            invalid_time: Policy::Exclude,
            missing_amount: Policy::Exclude,
            invalid_amount: Policy::Exclude,
            returns,
            zero_amounts,
            duplicates,
            threads: exactly(threads),
            ..IngestOptions::default()
        }
    })
}

pub(crate) fn exactly(threads: usize) -> Threads {
    Threads::Exactly(NonZeroUsize::new(threads).unwrap())
}

/// Rows in the order of customers and days, in which a builder needs no buffer.
pub(crate) fn sorted(rows: &[Row]) -> Vec<Row> {
    let mut rows = rows.to_vec();
    rows.sort_by(|a, b| (&a.id, a.day).cmp(&(&b.id, b.day)));
    rows
}

/// Rows cut into batches, empty ones among them.
pub(crate) fn batches<'a>(rows: &'a [Row], cuts: &[prop::sample::Index]) -> Vec<&'a [Row]> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(rows.len() + 1)).collect();
    places.extend([0, rows.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| &rows[pair[0]..pair[1]]).collect()
}
