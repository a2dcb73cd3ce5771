//! Input that cannot be used: the kind of each error, the argument and the row that it names, and what is left after it.
#![allow(clippy::unwrap_used)]

mod log;

use crm_core::customer::{
    AmountColumn, BaseOptions, BusinessZone, Column, Day, HistoryBuilder, IdColumn, IngestOptions, Policy, PurchaseHistory,
    TextOffsets, TimeColumn, TimeResolution, TimeUnit, Transactions, Validity,
};
use crm_core::rfm::{
    Binning, Closed, FrequencyMeasure, LowerBounds, MonetaryMeasure, Nesting, RfmModel, RfmOptions, Rule, SegmentMap, Weights,
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
fn check(bad: &Transactions<'_>, options: &IngestOptions, kind: ErrorKind, argument: &str, row: impl Into<Option<u64>>) {
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

#[test]
fn amounts_that_are_no_money() {
    for (amount, kind) in [
        (f64::NAN, ErrorKind::InvalidValue),
        (f64::INFINITY, ErrorKind::InvalidValue),
        (f64::NEG_INFINITY, ErrorKind::InvalidValue),
        (9_223_372_036_855.0, ErrorKind::OutOfRange),
        (-9_223_372_036_855.0, ErrorKind::OutOfRange),
        (1e300, ErrorKind::OutOfRange),
        (f64::MIN, ErrorKind::OutOfRange),
    ] {
        let amounts = [1.0, 2.0, amount];
        let bad = Transactions::new(ids(), days(), floats(&amounts)).unwrap();
        check(&bad, &default(), kind, "amount", 2);
        let history = PurchaseHistory::from_transactions(
            &bad,
            &IngestOptions { invalid_amount: Policy::Exclude, ..default() },
        );
        assert_eq!(history.unwrap().account().used(), 2);
    }
    for scale in [-38, -20, -13, 0, 1, 5] {
        let amounts = [1i64, 0, i64::MAX];
        // Small enough for all but the last row, whatever the scale.
        let amounts = if scale < -12 { [0, 0, amounts[2]] } else { amounts };
        let column = AmountColumn::Scaled(amounts.as_slice().into(), scale);
        check(&Transactions::new(ids(), days(), Some(column)).unwrap(), &default(), ErrorKind::OutOfRange, "amount", 2);
    }
    for (value, scale) in [(i128::MAX, 0), (i128::MIN, 6), (i128::MAX, 19), (i128::from(i64::MAX) + 1, 6)] {
        let amounts = [0, value, 0];
        let column = AmountColumn::Decimal(amounts.as_slice().into(), scale);
        check(&Transactions::new(ids(), days(), Some(column)).unwrap(), &default(), ErrorKind::OutOfRange, "amount", 1);
    }
}

/// The bound is symmetric, as documented: -9,223,372,036,854.775808 lies outside it.
#[test]
fn the_smallest_integer_is_out_of_range() {
    let amounts = [0, i64::MIN, 0];
    let scaled = AmountColumn::Scaled(amounts.as_slice().into(), 6);
    let amounts = [0, i128::from(i64::MIN), 0];
    let decimal = AmountColumn::Decimal(amounts.as_slice().into(), 6);
    for column in [scaled, decimal] {
        check(&Transactions::new(ids(), days(), Some(column)).unwrap(), &default(), ErrorKind::OutOfRange, "amount", 1);
    }
}

#[test]
fn scales_that_no_decimal_has() {
    for scale in [-128, -39, 39, 127] {
        let cents = [1i64, 2, 3];
        let decimals = [1i128, 2, 3];
        for column in
            [AmountColumn::Scaled(cents.as_slice().into(), scale), AmountColumn::Decimal(decimals.as_slice().into(), scale)]
        {
            let bad = Transactions::new(ids(), days(), Some(column)).unwrap();
            check(&bad, &default(), ErrorKind::InvalidArgument, "scale", None);
        }
    }
}

#[test]
fn times_outside_the_years_1_to_9999() {
    let exclude = IngestOptions { invalid_time: Policy::Exclude, ..default() };
    for day in [i32::MIN, -719_163, 2_932_897, i32::MAX] {
        let days = [day, 20, 30];
        let bad = Transactions::new(ids(), TimeColumn::Day(days.as_slice().into()), floats(&AMOUNTS)).unwrap();
        check(&bad, &default(), ErrorKind::OutOfRange, "time", 0);
        assert_eq!(PurchaseHistory::from_transactions(&bad, &exclude).unwrap().account().used(), 2);
    }
    // First and last value of each resolution within the years 1 to 9999; nanoseconds never leave them.
    let (first, last) = (-719_162i64 * 86_400, 2_932_897i64 * 86_400 - 1);
    for (resolution, factor) in
        [(TimeResolution::Second, 1), (TimeResolution::Millisecond, 1_000), (TimeResolution::Microsecond, 1_000_000)]
    {
        let utc = IngestOptions { time_zone: Some(BusinessZone::UTC), ..default() };
        for (kind, options) in [(TimeColumn::Local as fn(_, _) -> _, &default()), (TimeColumn::Instant as fn(_, _) -> _, &utc)] {
            let column = |values: &'static [i64]| kind(values.into(), resolution);
            let edge: &'static [i64] = vec![first * factor, last * factor + factor - 1, 0].leak();
            let history = PurchaseHistory::from_transactions(
                &Transactions::new(ids(), column(edge), floats(&AMOUNTS)).unwrap(),
                options,
            );
            let history = history.unwrap();
            assert_eq!((history.first_day(), history.last_day()), (Some(Day::MIN), Some(Day::MAX)));
            for value in [first * factor - 1, last * factor + factor, i64::MIN, i64::MAX] {
                let values: &'static [i64] = vec![0, value, 0].leak();
                let bad = Transactions::new(ids(), column(values), floats(&AMOUNTS)).unwrap();
                let error = PurchaseHistory::from_transactions(&bad, options).unwrap_err();
                assert_eq!(seen(&error), expected(ErrorKind::OutOfRange, "time", 1), "{value} {resolution:?}");
                let options = IngestOptions { invalid_time: Policy::Exclude, ..options.clone() };
                assert_eq!(PurchaseHistory::from_transactions(&bad, &options).unwrap().account().used(), 2);
            }
        }
    }
    let extremes = [i64::MIN, -1, i64::MAX];
    let column = TimeColumn::Local(extremes.as_slice().into(), TimeResolution::Nanosecond);
    let history = PurchaseHistory::from_transactions(&Transactions::new(ids(), column, None).unwrap(), &default()).unwrap();
    // 1677-09-21 and 2262-04-11, as the documentation of NumPy's datetime64[ns] has them.
    assert_eq!(history.first_day().unwrap().to_string(), "1677-09-21");
    assert_eq!(history.last_day().unwrap().to_string(), "2262-04-11");
}

#[test]
fn extreme_instants_in_every_kind_of_zone() {
    for name in ["Europe/Berlin", "Pacific/Kiritimati", "Pacific/Niue", "Asia/Kathmandu"] {
        let options = IngestOptions {
            time_zone: Some(BusinessZone::new(name).unwrap()),
            invalid_time: Policy::Exclude,
            ..default()
        };
        let (first, last) = (-719_162i64 * 86_400, 2_932_897i64 * 86_400);
        for edge in [first, last, i64::MIN, i64::MAX, 0, i64::MIN / 1_000_000, i64::MAX / 1_000_000] {
            for step in [-90_000i64, -1, 0, 1, 90_000] {
                let times = [edge.saturating_add(step), 0, 0];
                let column = TimeColumn::Instant(times.as_slice().into(), TimeResolution::Second);
                let log = Transactions::new(ids(), column, floats(&AMOUNTS)).unwrap();
                assert!(PurchaseHistory::from_transactions(&log, &options).is_ok(), "{name} {edge} {step}");
            }
        }
    }
}

#[test]
fn missing_values_under_each_policy() {
    let absent = [true, false, true];
    let null_id = Transactions::new(IdColumn::Integer(flagged(&IDS, &absent)), days(), floats(&AMOUNTS)).unwrap();
    let null_time = Transactions::new(ids(), TimeColumn::Day(flagged(&DAYS, &absent)), floats(&AMOUNTS)).unwrap();
    let null_amount =
        Transactions::new(ids(), days(), Some(AmountColumn::Float(flagged(&AMOUNTS, &absent)))).unwrap();
    let raising = IngestOptions { missing_id: Policy::Raise, ..default() };
    check(&null_id, &raising, ErrorKind::MissingValue, "customer_id", 1);
    check(&null_time, &default(), ErrorKind::MissingValue, "time", 1);
    check(&null_amount, &default(), ErrorKind::MissingValue, "amount", 1);
    let lenient = IngestOptions { missing_time: Policy::Exclude, missing_amount: Policy::Exclude, ..default() };
    for log in [&null_id, &null_time, &null_amount] {
        let history = PurchaseHistory::from_transactions(log, &lenient).unwrap();
        assert_eq!((history.account().used(), history.account().read()), (2, 3));
    }
    let texts = ["a", "", "b"];
    let empty_text = Transactions::new(IdColumn::Text(&texts), days(), floats(&AMOUNTS)).unwrap();
    let error = PurchaseHistory::from_transactions(&empty_text, &raising).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::MissingValue, "customer_id", 1));
    assert_eq!(PurchaseHistory::from_transactions(&empty_text, &default()).unwrap().customers(), 2);
}

#[test]
fn rows_that_a_policy_refuses() {
    let amounts = [1.0, 0.0, -1.0];
    let log = Transactions::new(ids(), days(), floats(&amounts)).unwrap();
    check(&log, &IngestOptions { returns: Policy::Raise, ..default() }, ErrorKind::InvalidValue, "amount", 2);
    check(&log, &IngestOptions { zero_amounts: Policy::Raise, ..default() }, ErrorKind::InvalidValue, "amount", 1);
    let same = [7i64, 7, 7];
    let day = [5; 3];
    let log = Transactions::new(
        IdColumn::Integer(same.as_slice().into()),
        TimeColumn::Day(day.as_slice().into()),
        floats(&[2.0; 3]),
    );
    let options = IngestOptions { duplicates: Policy::Raise, ..default() };
    let error = PurchaseHistory::from_transactions(&log.unwrap(), &options).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidValue, "duplicates", None));
}

#[test]
fn policies_that_cannot_keep() {
    type Set = fn(&mut IngestOptions);
    let cases: [(&str, Set); 5] = [
        ("missing_id", |options| options.missing_id = Policy::Keep),
        ("missing_time", |options| options.missing_time = Policy::Keep),
        ("invalid_time", |options| options.invalid_time = Policy::Keep),
        ("missing_amount", |options| options.missing_amount = Policy::Keep),
        ("invalid_amount", |options| options.invalid_amount = Policy::Keep),
    ];
    for (name, set) in cases {
        let mut options = default();
        set(&mut options);
        let error = HistoryBuilder::new(options).map(|_| ()).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, name, None));
    }
    let history = PurchaseHistory::from_transactions(&good(), &default()).unwrap();
    let options = BaseOptions { rows_after: Policy::Keep, ..BaseOptions::as_of(Day::MAX) };
    assert_eq!(seen(&history.base(options).unwrap_err()), expected(ErrorKind::InvalidArgument, "rows_after", None));
    for bad in ["Keep", "drop", ""] {
        let error = Policy::from_name("returns", bad).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "returns", None));
    }
    assert_eq!(Policy::from_code("returns", 3).unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn columns_of_different_length() {
    let two = [1.0, 2.0];
    let error = Transactions::new(ids(), days(), floats(&two)).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "amount", None));
    let error = Transactions::new(ids(), TimeColumn::Day([1, 2].as_slice().into()), None).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "time", None));
    let error = good().with_order_ids(IdColumn::Text(&["a"])).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "order_id", None));
    let flags = [true; 2];
    let error = Transactions::new(IdColumn::Integer(flagged(&IDS, &flags)), days(), None).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "customer_id", None));
    let error = Transactions::new(ids(), TimeColumn::Day(flagged(&DAYS, &flags)), None).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "time", None));
    let error = Transactions::new(ids(), days(), Some(AmountColumn::Float(flagged(&AMOUNTS, &flags)))).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "amount", None));
}

#[test]
fn bits_too_few_for_the_rows() {
    for (bytes, offset) in [(&[][..], 0), (&[255][..], 6), (&[255][..], usize::MAX), (&[255][..], usize::MAX - 2)] {
        let column = Column { values: IDS.as_slice().into(), validity: Validity::Bits { bytes, offset } };
        let error = Transactions::new(IdColumn::Integer(column), days(), None).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "customer_id", None), "{offset}");
    }
    // Bits 5, 6 and 7: the second row is null.
    let validity = Validity::Bits { bytes: &[0b1010_0000], offset: 5 };
    let column = Column { values: IDS.as_slice().into(), validity };
    let log = Transactions::new(IdColumn::Integer(column), days(), None).unwrap();
    let history = PurchaseHistory::from_transactions(&log, &default()).unwrap();
    assert_eq!(history.customer_ids().as_integers(), Some(&[1, 3][..]));
}

#[test]
fn codes_outside_their_dictionary() {
    let names = ["a", "b"];
    for code in [-1, 2, i64::MIN, i64::MAX] {
        let codes = [0, code, 1];
        let column = IdColumn::Coded { codes: codes.as_slice().into(), values: Box::new(IdColumn::Text(&names)) };
        let bad = Transactions::new(column.clone(), days(), floats(&AMOUNTS)).unwrap();
        let error = PurchaseHistory::from_transactions(&bad, &default()).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::OutOfRange, "customer_id", 1), "{code}");
        check(&good().with_order_ids(column).unwrap(), &default(), ErrorKind::OutOfRange, "order_id", 1);
    }
    // A null row may hold any code.
    let (codes, flags) = ([0, 99, 1], [true, false, true]);
    let column = IdColumn::Coded { codes: flagged(&codes, &flags), values: Box::new(IdColumn::Text(&names)) };
    let log = Transactions::new(column, days(), floats(&AMOUNTS)).unwrap();
    assert_eq!(PurchaseHistory::from_transactions(&log, &default()).unwrap().customers(), 2);
}

#[test]
fn packed_text_that_is_damaged() {
    fn packed<'a>(offsets: TextOffsets<'a>, bytes: &'a [u8]) -> IdColumn<'a> {
        IdColumn::Packed { offsets, bytes, validity: Validity::All }
    }
    fn history(ids: IdColumn<'_>) -> crm_core::Result<PurchaseHistory> {
        let log = Transactions::new(ids, days(), floats(&AMOUNTS))?;
        PurchaseHistory::from_transactions(&log, &default())
    }
    assert_eq!(history(packed(TextOffsets::Small(&[0, 1, 2, 3]), b"abc")).unwrap().customers(), 3);
    let error = history(packed(TextOffsets::Small(&[0, 1, 2, 3]), b"a\xffc")).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::NotUtf8, "customer_id", 1));
    // A character cut in two.
    let error = history(packed(TextOffsets::Small(&[0, 1, 3, 6]), "a王王".as_bytes())).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::NotUtf8, "customer_id", 1));
    for offsets in [[0, 1, 9, 10], [0, 1, 0, 3], [0, 1, -1, 3], [0, 1, i32::MIN, i32::MAX]] {
        let error = history(packed(TextOffsets::Small(&offsets), b"abc")).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::Corrupt, "customer_id", 1));
    }
    for offsets in [[0, 1, i64::MAX, i64::MAX], [0, 1, i64::MIN, 3]] {
        let error = history(packed(TextOffsets::Large(&offsets), b"abc")).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::Corrupt, "customer_id", 1));
    }
    let none = Transactions::new(packed(TextOffsets::Small(&[]), b""), TimeColumn::Day([].as_slice().into()), None);
    assert_eq!(PurchaseHistory::from_transactions(&none.unwrap(), &default()).unwrap().customers(), 0);
}

#[test]
fn instants_need_a_business_time_zone() {
    let times = [0i64, 1, 2];
    let column = TimeColumn::Instant(times.as_slice().into(), TimeResolution::Second);
    let bad = Transactions::new(ids(), column, floats(&AMOUNTS)).unwrap();
    let error = PurchaseHistory::from_transactions(&bad, &default()).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "time_zone", None));
    let error = BusinessZone::new("Europe/Atlantis").unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "time_zone", None));
}

#[test]
fn batches_with_other_kinds_of_columns() {
    let texts = ["a", "b", "c"];
    let times = [0i64, 1, 2];
    let local = TimeColumn::Local(times.as_slice().into(), TimeResolution::Second);
    let text_ids = Transactions::new(IdColumn::Text(&texts), days(), floats(&AMOUNTS)).unwrap();
    let other_time = Transactions::new(ids(), local, floats(&AMOUNTS)).unwrap();
    let no_amounts = Transactions::new(ids(), days(), None).unwrap();
    let orders = good().with_order_ids(ids()).unwrap();
    for (bad, argument) in
        [(text_ids, "customer_id"), (other_time, "time"), (no_amounts, "amount"), (orders, "order_id")]
    {
        let mut builder = HistoryBuilder::new(default()).unwrap();
        builder.push(&good()).unwrap();
        let error = builder.push(&bad).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::Incompatible, argument, None));
        let before = builder.finish().unwrap();
        assert_eq!(before, PurchaseHistory::from_transactions(&good(), &default()).unwrap());
        let other = PurchaseHistory::from_transactions(&bad, &default()).unwrap();
        for merged in [before.merge(&other), other.merge(&before)] {
            assert_eq!(seen(&merged.unwrap_err()), expected(ErrorKind::Incompatible, argument, None));
        }
    }
}

#[test]
fn histories_read_in_other_ways_do_not_merge() {
    let of = |options: IngestOptions| PurchaseHistory::from_transactions(&good(), &options).unwrap();
    let before = of(default());
    for (argument, options) in [
        ("currency", IngestOptions { currency: Some("EUR".to_owned()), ..default() }),
        ("time_zone", IngestOptions { time_zone: Some(BusinessZone::UTC), ..default() }),
        ("returns", IngestOptions { returns: Policy::Exclude, ..default() }),
        ("zero_amounts", IngestOptions { zero_amounts: Policy::Exclude, ..default() }),
        ("duplicates", IngestOptions { duplicates: Policy::Exclude, ..default() }),
    ] {
        let error = before.merge(&of(options)).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::Incompatible, argument, None));
    }
    let threads = IngestOptions { threads: Threads::from_count(2).unwrap(), ..default() };
    assert!(before.merge(&of(threads)).is_ok(), "threads are no part of a history");
}

/// With several morsels too, the error is that of the first bad row.
#[test]
fn the_first_bad_row_of_a_big_batch_is_the_one_named() {
    let rows = 200_000usize;
    let ids: Vec<i64> = (0..rows as i64).collect();
    let days = vec![5; rows];
    for (swapped, bad) in [(None, [70_000, 150_000]), (Some(10), [20, 150_000]), (Some(69_000), [70_000, 150_000])] {
        let mut ids = ids.clone();
        // Out of order before the first bad row: a reader that stops there must not report a later one.
        if let Some(place) = swapped {
            ids.swap(place, place + 1);
        }
        let mut amounts = vec![1.0; rows];
        bad.iter().for_each(|&row| amounts[row] = f64::NAN);
        let ids = IdColumn::Integer((&ids).into());
        let log = Transactions::new(ids, TimeColumn::Day((&days).into()), floats(&amounts)).unwrap();
        for threads in 1..=4 {
            let options = IngestOptions { threads: Threads::from_count(threads).unwrap(), ..default() };
            let error = PurchaseHistory::from_transactions(&log, &options).unwrap_err();
            assert_eq!(seen(&error), expected(ErrorKind::InvalidValue, "amount", bad[0] as u64), "{swapped:?}");
        }
    }
}

#[test]
fn nothing_to_compute_from() {
    let nothing = PurchaseHistory::empty();
    let no_rows = history(&[&[]], SHAPE, &default()).unwrap();
    let guests = history(&[&[log::Row { id: None, ..row(Id::Integer(1), 1, 1) }]], SHAPE, &default()).unwrap();
    let only_returns = history(&[&[row(Id::Integer(1), 1, -1)]], SHAPE, &default()).unwrap();
    for history in [nothing, no_rows, guests, only_returns] {
        let error = history.base(BaseOptions::as_of(Day::MAX)).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::Empty, "as_of", None));
    }
    let history = PurchaseHistory::from_transactions(&good(), &default()).unwrap();
    let before = BaseOptions::as_of(Day::from_number(9).unwrap());
    assert_eq!(seen(&history.base(before).unwrap_err()), expected(ErrorKind::Empty, "as_of", None));
    let quiet = BaseOptions::as_of(Day::from_number(40).unwrap()).within_days(10);
    assert_eq!(seen(&history.base(quiet).unwrap_err()), expected(ErrorKind::Empty, "as_of", None));
    assert!(history.base(BaseOptions { window_days: Some(11), ..quiet }).is_ok());
    let zero = BaseOptions::as_of(Day::MAX).within_days(0);
    assert_eq!(seen(&history.base(zero).unwrap_err()), expected(ErrorKind::InvalidArgument, "window_days", None));
}

fn rfm(change: impl FnOnce(&mut RfmOptions)) -> Seen {
    let mut options = RfmOptions::default();
    change(&mut options);
    let history = PurchaseHistory::from_transactions(&good(), &default()).unwrap();
    seen(&RfmModel::fit(&history.base(BaseOptions::as_of(Day::MAX)).unwrap(), &options).unwrap_err())
}

#[test]
fn scores_that_make_no_sense() {
    for bins in [0, 1, 11, 255] {
        let invalid = expected(ErrorKind::InvalidArgument, "bins", None);
        assert_eq!(rfm(|options| options.binning = Binning::MidRank { bins }), invalid);
        assert_eq!(rfm(|options| options.binning = Binning::Quantiles { bins, closed: Closed::Left }), invalid);
        assert_eq!(seen(&SegmentMap::new(bins, &[Rule::new("all", 1..=bins, 1..=bins)]).unwrap_err()), invalid);
    }
    let bounds = |recency: &[f64], frequency: &[f64], monetary: &[f64]| {
        let bounds = LowerBounds {
            recency_days: recency.to_vec(),
            frequency: frequency.to_vec(),
            monetary: monetary.to_vec(),
        };
        rfm(|options| options.binning = Binning::Bounds(bounds))
    };
    let invalid = |dimension: &str| expected(ErrorKind::InvalidArgument, &format!("bounds.{dimension}"), None);
    assert_eq!(bounds(&[2.0, 1.0], &[1.0, 2.0], &[1.0, 2.0]), invalid("recency_days"));
    assert_eq!(bounds(&[1.0, 1.0], &[1.0, 2.0], &[1.0, 2.0]), invalid("recency_days"));
    assert_eq!(bounds(&[1.0, 2.0], &[1.0], &[1.0, 2.0]), invalid("frequency"));
    assert_eq!(bounds(&[1.0, 2.0], &[1.0, f64::NAN], &[1.0, 2.0]), invalid("frequency"));
    assert_eq!(bounds(&[1.0, 2.0], &[1.0, 2.0], &[1.0, f64::INFINITY]), invalid("monetary"));
    assert_eq!(bounds(&[], &[], &[]), invalid("recency_days"));
    let ten: Vec<f64> = (0..10).map(f64::from).collect();
    assert_eq!(bounds(&ten, &ten, &ten), invalid("recency_days"));
    let nested = rfm(|options| {
        let one = vec![1.0];
        options.binning = Binning::Bounds(LowerBounds { recency_days: one.clone(), frequency: one.clone(), monetary: one });
        options.nesting = Nesting::Nested;
    });
    assert_eq!(nested, expected(ErrorKind::InvalidArgument, "nesting", None));
    for weight in [f64::NAN, f64::INFINITY, -1.0, -f64::MIN_POSITIVE] {
        let monetary = rfm(|options| options.weights.monetary = weight);
        assert_eq!(monetary, expected(ErrorKind::InvalidArgument, "weights.monetary", None));
    }
    let none = rfm(|options| options.weights = Weights { recency: 0.0, frequency: 0.0, monetary: 0.0 });
    assert_eq!(none, expected(ErrorKind::InvalidArgument, "weights", None));
}

#[test]
fn scores_of_another_kind_of_base() {
    let no_amounts = Transactions::new(ids(), days(), None).unwrap();
    let history = PurchaseHistory::from_transactions(&no_amounts, &default()).unwrap();
    let base = history.base(BaseOptions::as_of(Day::MAX)).unwrap();
    let error = RfmModel::fit(&base, &RfmOptions::default()).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::MissingColumn, "amount", None));
    let of = |options: &IngestOptions| PurchaseHistory::from_transactions(&good(), options).unwrap();
    let whole = of(&default()).base(BaseOptions::as_of(Day::from_number(40).unwrap())).unwrap();
    let model = RfmModel::fit(&whole, &RfmOptions::default()).unwrap();
    assert_eq!(seen(&model.score(&base).unwrap_err()), expected(ErrorKind::MissingColumn, "amount", None));
    let window = of(&default()).base(BaseOptions::as_of(Day::from_number(40).unwrap()).within_days(30)).unwrap();
    assert_eq!(seen(&model.score(&window).unwrap_err()), expected(ErrorKind::Incompatible, "window_days", None));
    let euros = of(&IngestOptions { currency: Some("EUR".to_owned()), ..default() });
    let euros = euros.base(BaseOptions::as_of(Day::from_number(40).unwrap())).unwrap();
    assert_eq!(seen(&model.score(&euros).unwrap_err()), expected(ErrorKind::Incompatible, "currency", None));
    let three = RfmOptions { binning: Binning::MidRank { bins: 3 }, ..RfmOptions::default() };
    let scores = RfmModel::fit(&whole, &three).unwrap().score(&whole).unwrap();
    let error = SegmentMap::standard().assign(&scores).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::Incompatible, "segment_map", None));
}

#[test]
fn names_that_nothing_has() {
    for (result, argument) in [
        (TimeUnit::from_name("fortnight").map(|_| ()), "time_unit"),
        (FrequencyMeasure::from_name("visits").map(|_| ()), "frequency"),
        (FrequencyMeasure::from_name("orders_per_fortnight").map(|_| ()), "frequency"),
        (MonetaryMeasure::from_name("profit").map(|_| ()), "monetary"),
        (Threads::from_count(1025).map(|_| ()), "threads"),
    ] {
        assert_eq!(seen(&result.unwrap_err()), expected(ErrorKind::InvalidArgument, argument, None));
    }
    for (rules, argument) in [
        (vec![], "rules"),
        (vec![Rule::new("", 1..=5, 1..=5)], "segment"),
        (vec![Rule::new("a", 0..=5, 1..=5)], "a.recency"),
        (vec![Rule::new("a", 1..=5, 1..=6)], "a.frequency"),
        (vec![Rule::new("a", 1..=5, 1..=5).with_monetary(3..=2)], "a.monetary"),
        (vec![Rule::new("a", 1..=4, 1..=5)], "rules"),
        (vec![Rule::new("a", 1..=5, 1..=5), Rule::new("b", 1..=1, 1..=1)], "rules"),
    ] {
        let error = SegmentMap::new(5, &rules).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, argument, None));
    }
}

#[test]
fn a_builder_goes_on_after_an_error_row_by_row() {
    let mut builder = HistoryBuilder::new(default()).unwrap();
    let mut kept = Vec::new();
    for place in 0..60i64 {
        let mut next = row(Id::Integer(place % 7), (place % 11) as i32, i128::from(place) * 1_000_000);
        if place % 3 == 0 {
            next.day = Some(i32::MAX);
            assert!(push(&mut builder, &[kept.first().cloned().unwrap_or(next.clone()), next], SHAPE).is_err());
        } else {
            push(&mut builder, std::slice::from_ref(&next), SHAPE).unwrap();
            kept.push(next);
        }
    }
    assert_eq!(builder.finish().unwrap(), history(&[&kept], SHAPE, &default()).unwrap());
}
