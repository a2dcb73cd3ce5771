//! Arrow in: every type that says what it means gives the same history, every other is refused by name.
#![cfg(feature = "arrow")]
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use crm_core::customer::{
    BaseOptions, BusinessZone, CustomerBase, Day, HistoryBuilder, IngestOptions, PurchaseHistory,
};
use crm_core::interop::arrow_array::types::{
    ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use crm_core::interop::arrow_array::{
    ArrayRef, Date32Array, Date64Array, Decimal32Array, Decimal64Array, Decimal128Array, DictionaryArray,
    Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, LargeStringArray, RecordBatch,
    StringArray, StringViewArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
    new_null_array,
};
use crm_core::interop::arrow_schema::{DataType, Field, IntervalUnit, Schema, TimeUnit};
use crm_core::interop::{ColumnNames, transactions};
use crm_core::{Error, ErrorKind, Result};

const IDS: [Option<i8>; 6] = [Some(3), Some(1), None, Some(2), Some(3), Some(1)];
const NAMES: [Option<&str>; 6] = [Some("王小明"), Some("a"), None, Some("محمد"), Some("王小明"), Some("a")];
const DAYS: [i32; 6] = [19_000, 19_001, 19_002, -5, 19_000, 18_000];
const CENTS: [Option<i32>; 6] = [Some(1999), Some(-250), Some(1), Some(0), Some(330), Some(99_999)];
const DAY_SECONDS: i64 = 86_400;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let field = |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, array)| array).collect()).unwrap()
}

fn ids() -> ArrayRef {
    Arc::new(Int8Array::from(IDS.to_vec()))
}

fn days() -> ArrayRef {
    Arc::new(Date32Array::from(DAYS.to_vec()))
}

fn amounts() -> ArrayRef {
    Arc::new(Int32Array::from(CENTS.to_vec()))
}

fn names() -> ColumnNames {
    ColumnNames { amount_scale: 2, ..ColumnNames::default() }
}

fn read_with(
    columns: Vec<(&str, ArrayRef)>,
    names: &ColumnNames,
    options: &IngestOptions,
) -> Result<PurchaseHistory> {
    let mut builder = HistoryBuilder::new(options.clone())?;
    builder.push_arrow(&batch(columns), names, |_| Ok(()))?;
    builder.finish()
}

fn read(id: ArrayRef, time: ArrayRef, amount: ArrayRef) -> Result<PurchaseHistory> {
    read_with(
        vec![("customer_id", id), ("time", time), ("amount", amount)],
        &names(),
        &IngestOptions::default(),
    )
}

fn assert_all_equal(histories: Vec<Result<PurchaseHistory>>) {
    let histories: Vec<PurchaseHistory> = histories.into_iter().map(Result::unwrap).collect();
    for (place, history) in histories.iter().enumerate() {
        assert_eq!(history, &histories[0], "number {place}");
        assert_eq!(history.account().read(), 6, "number {place}");
    }
}

fn dictionary<K: ArrowDictionaryKeyType>() -> Vec<ArrayRef> {
    let texts: DictionaryArray<K> = NAMES.into_iter().collect();
    let large = Arc::new(LargeStringArray::from_iter_values(["王小明", "a", "محمد"]));
    let view = Arc::new(StringViewArray::from_iter_values(["王小明", "a", "محمد"]));
    let with =
        |values: ArrayRef| Arc::new(DictionaryArray::<K>::new(texts.keys().clone(), values)) as ArrayRef;
    vec![Arc::new(texts.clone()), with(large), with(view)]
}

#[test]
fn integer_ids_of_every_width() {
    macro_rules! arrays {
        ($($array:ident),*) => { vec![$(Arc::new($array::from_iter(IDS.map(|id| id.map(|id| id.try_into().unwrap())))) as ArrayRef),*] };
    }
    let mut columns = arrays![
        Int8Array,
        Int16Array,
        Int32Array,
        Int64Array,
        UInt8Array,
        UInt16Array,
        UInt32Array,
        UInt64Array
    ];
    let keys = Int16Array::from(vec![Some(2), Some(0), None, Some(1), Some(2), Some(0)]);
    columns
        .push(Arc::new(DictionaryArray::<Int16Type>::new(keys, Arc::new(Int32Array::from(vec![1, 2, 3])))));
    // A null may lie in the dictionary as well.
    let keys = UInt8Array::from(vec![2, 0, 3, 1, 2, 0]);
    let values = Arc::new(Int64Array::from(vec![Some(1), Some(2), Some(3), None]));
    columns.push(Arc::new(DictionaryArray::<UInt8Type>::new(keys, values)));
    assert_all_equal(columns.into_iter().map(|column| read(column, days(), amounts())).collect());
}

#[test]
fn text_ids_of_every_layout() {
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(NAMES.to_vec())),
        Arc::new(LargeStringArray::from(NAMES.to_vec())),
        Arc::new(StringViewArray::from(NAMES.to_vec())),
        // An empty text is a missing id.
        Arc::new(StringArray::from_iter_values(NAMES.map(Option::unwrap_or_default))),
    ];
    for dictionaries in [
        dictionary::<Int8Type>(),
        dictionary::<Int16Type>(),
        dictionary::<Int32Type>(),
        dictionary::<Int64Type>(),
        dictionary::<UInt8Type>(),
        dictionary::<UInt16Type>(),
        dictionary::<UInt32Type>(),
        dictionary::<UInt64Type>(),
    ] {
        columns.extend(dictionaries);
    }
    let history = read(Arc::clone(&columns[0]), days(), amounts()).unwrap();
    let ids: Vec<String> = history.customer_ids().iter().map(|id| id.to_string()).collect();
    assert_eq!(ids, ["a", "محمد", "王小明"]);
    assert_all_equal(columns.into_iter().map(|column| read(column, days(), amounts())).collect());
}

fn seconds() -> impl Iterator<Item = i64> {
    DAYS.into_iter().map(|day| i64::from(day) * DAY_SECONDS + 3600)
}

fn timestamps(zone: Option<&str>) -> Vec<ArrayRef> {
    let scaled = |factor: i64| seconds().map(move |second| second * factor).collect::<Vec<i64>>();
    vec![
        Arc::new(TimestampSecondArray::from(scaled(1)).with_timezone_opt(zone)),
        Arc::new(TimestampMillisecondArray::from(scaled(1_000)).with_timezone_opt(zone)),
        Arc::new(TimestampMicrosecondArray::from(scaled(1_000_000)).with_timezone_opt(zone)),
        Arc::new(TimestampNanosecondArray::from(scaled(1_000_000_000)).with_timezone_opt(zone)),
    ]
}

#[test]
fn times_of_every_unit() {
    let base = |history: &PurchaseHistory| {
        history.base(BaseOptions::as_of(Day::from_number(20_000).unwrap())).unwrap()
    };
    let dates = base(&read(ids(), days(), amounts()).unwrap());
    let days_of = |base: &CustomerBase| (base.first_purchase().to_vec(), base.last_purchase().to_vec());
    let mut columns = timestamps(None);
    columns
        .push(Arc::new(Date64Array::from_iter_values(DAYS.map(|day| i64::from(day) * DAY_SECONDS * 1000))));
    // Dates and wall-clock times are of one kind.
    columns.push(days());
    let histories: Vec<Result<PurchaseHistory>> =
        columns.into_iter().map(|column| read(ids(), column, amounts())).collect();
    for history in &histories {
        assert_eq!(days_of(&base(history.as_ref().unwrap())), days_of(&dates));
    }
    assert_all_equal(histories);
    // Instants: the business zone decides the day, whatever zone the column is labelled with.
    for (zone, shift) in [("UTC", 0), ("America/New_York", -1), ("Asia/Tokyo", 0)] {
        let options =
            IngestOptions { time_zone: Some(BusinessZone::new(zone).unwrap()), ..IngestOptions::default() };
        let histories: Vec<Result<PurchaseHistory>> = ["UTC", "Europe/Paris", "+05:30"]
            .into_iter()
            .flat_map(|label| timestamps(Some(label)))
            .map(|column| {
                let columns = vec![("customer_id", ids()), ("time", column), ("amount", amounts())];
                read_with(columns, &names(), &options)
            })
            .collect();
        let (first, _) = days_of(&base(histories[0].as_ref().unwrap()));
        assert_eq!(first, days_of(&dates).0.iter().map(|day| day + shift).collect::<Vec<_>>(), "{zone}");
        assert_all_equal(histories);
    }
    let error = read(ids(), timestamps(Some("UTC")).remove(0), amounts()).unwrap_err();
    assert_eq!((error.kind(), error.argument_name()), (ErrorKind::InvalidArgument, Some("time_zone")));
}

#[test]
fn amounts_of_every_kind() {
    let units = CENTS.map(|cents| cents.map(|cents| f64::from(cents) / 100.0));
    let wide = || CENTS.iter().map(|cents| cents.map(i128::from));
    let columns: Vec<ArrayRef> = vec![
        amounts(),
        Arc::new(Int64Array::from_iter(CENTS.map(|cents| cents.map(i64::from)))),
        Arc::new(Float64Array::from(units.to_vec())),
        Arc::new(Float32Array::from_iter(units.map(|unit| unit.map(|unit| unit as f32)))),
        Arc::new(Decimal32Array::from(CENTS.to_vec()).with_precision_and_scale(9, 2).unwrap()),
        Arc::new(
            Decimal64Array::from_iter(CENTS.map(|cents| cents.map(i64::from)))
                .with_precision_and_scale(18, 2)
                .unwrap(),
        ),
        Arc::new(wide().collect::<Decimal128Array>().with_precision_and_scale(38, 2).unwrap()),
        Arc::new(
            wide()
                .map(|cents| cents.map(|cents| cents * 10i128.pow(18)))
                .collect::<Decimal128Array>()
                .with_precision_and_scale(38, 20)
                .unwrap(),
        ),
    ];
    assert_all_equal(columns.into_iter().map(|column| read(ids(), days(), column)).collect());
}

fn refused(result: Result<PurchaseHistory>, kind: ErrorKind, argument: &str) -> Error {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.argument_name()), (kind, Some(argument)), "{error}");
    error
}

#[test]
fn types_that_do_not_say_what_they_mean() {
    let dictionary = |value: DataType| DataType::Dictionary(Box::new(DataType::Int8), Box::new(value));
    let null = |data_type: &DataType| new_null_array(data_type, 6);
    let odd = [
        DataType::Null,
        DataType::Boolean,
        DataType::Binary,
        DataType::Float16,
        DataType::Time32(TimeUnit::Second),
        DataType::Time64(TimeUnit::Microsecond),
        DataType::Duration(TimeUnit::Second),
        DataType::Interval(IntervalUnit::YearMonth),
        DataType::new_list(DataType::Int32, true),
        dictionary(DataType::Float64),
        dictionary(DataType::Boolean),
    ];
    let ids_only = [
        DataType::Float64,
        DataType::Date32,
        DataType::Decimal128(10, 0),
        dictionary(dictionary(DataType::Utf8)),
    ];
    let times_only = [
        DataType::Utf8,
        DataType::LargeUtf8,
        DataType::Utf8View,
        DataType::Int64,
        DataType::Int32,
        DataType::UInt64,
        DataType::Float64,
        dictionary(DataType::Utf8),
        DataType::Decimal128(10, 0),
    ];
    let amounts_only = [
        DataType::Utf8,
        DataType::Date32,
        DataType::Timestamp(TimeUnit::Second, None),
        dictionary(DataType::Int64),
    ];
    let orders = ColumnNames { order_id: Some("order".to_owned()), ..names() };
    for data_type in odd.iter().chain(&ids_only) {
        let error = refused(read(null(data_type), days(), amounts()), ErrorKind::WrongType, "customer_id");
        // Of a dictionary the message may name the values.
        let shown = match data_type {
            DataType::Dictionary(_, value) => value.to_string(),
            plain => plain.to_string(),
        };
        assert!(error.to_string().contains(&shown), "{error}");
        let columns =
            vec![("customer_id", ids()), ("time", days()), ("amount", amounts()), ("order", null(data_type))];
        refused(read_with(columns, &orders, &IngestOptions::default()), ErrorKind::WrongType, "order_id");
    }
    for data_type in odd.iter().chain(&times_only) {
        refused(read(ids(), null(data_type), amounts()), ErrorKind::WrongType, "time");
    }
    for data_type in odd.iter().chain(&amounts_only) {
        refused(read(ids(), days(), null(data_type)), ErrorKind::WrongType, "amount");
    }
}

#[test]
fn columns_missing_or_twice() {
    let whole = || vec![("customer_id", ids()), ("time", days()), ("amount", amounts())];
    for (place, argument) in ["customer_id", "time", "amount"].into_iter().enumerate() {
        let mut columns = whole();
        columns.remove(place);
        let error = refused(
            read_with(columns, &names(), &IngestOptions::default()),
            ErrorKind::MissingColumn,
            argument,
        );
        assert!(error.to_string().contains(argument));
        let mut columns = whole();
        columns.push(whole().swap_remove(place));
        refused(read_with(columns, &names(), &IngestOptions::default()), ErrorKind::MissingColumn, argument);
    }
    let orders = ColumnNames { order_id: Some("Bestellung".to_owned()), ..names() };
    let error =
        refused(read_with(whole(), &orders, &IngestOptions::default()), ErrorKind::MissingColumn, "order_id");
    assert!(error.to_string().contains("Bestellung"));
    // Names are compared as they are.
    let other = ColumnNames { customer_id: "Customer_ID".to_owned(), ..names() };
    refused(read_with(whole(), &other, &IngestOptions::default()), ErrorKind::MissingColumn, "customer_id");
    let without = ColumnNames { amount: None, ..names() };
    assert!(!read_with(whole(), &without, &IngestOptions::default()).unwrap().has_amounts());
}

#[test]
fn values_that_do_not_fit_name_their_row() {
    let first = batch(vec![("customer_id", ids()), ("time", days()), ("amount", amounts())]);
    let ids = UInt64Array::from(vec![Some(1), None, Some(u64::MAX)]);
    let (days, amounts) = (Date32Array::from(vec![1, 2, 3]), Int32Array::from(vec![1, 2, 3]));
    let second =
        batch(vec![("customer_id", Arc::new(ids)), ("time", Arc::new(days)), ("amount", Arc::new(amounts))]);
    let mut builder = HistoryBuilder::new(IngestOptions::default()).unwrap();
    builder.push_arrow(&first, &names(), |_| Ok(())).unwrap();
    let error = builder.push_arrow(&second, &names(), |_| Ok(())).unwrap_err();
    assert_eq!(
        (error.kind(), error.argument_name(), error.row()),
        (ErrorKind::OutOfRange, Some("customer_id"), Some(8))
    );
    // What a null slot holds does not matter, and nothing of the batch has been added.
    builder.push_arrow(&second.slice(0, 2), &names(), |_| Ok(())).unwrap();
    assert_eq!(builder.rows(), 8);
    assert_eq!(builder.finish().unwrap().customers(), 3);
}

#[test]
fn slices_read_their_own_rows() {
    let columns = |id: ArrayRef| batch(vec![("customer_id", id), ("time", days()), ("amount", amounts())]);
    for id in
        [ids(), Arc::new(StringArray::from(NAMES.to_vec())) as ArrayRef, dictionary::<Int8Type>().remove(0)]
    {
        let whole = columns(id);
        let of = |batches: &[RecordBatch]| {
            let mut builder = HistoryBuilder::new(IngestOptions::default()).unwrap();
            for batch in batches {
                builder.push_arrow(batch, &names(), |_| Ok(())).unwrap();
            }
            builder.finish().unwrap()
        };
        let expected = of(std::slice::from_ref(&whole));
        for cut in 0..=6 {
            assert_eq!(of(&[whole.slice(0, cut), whole.slice(cut, 6 - cut)]), expected, "cut at {cut}");
        }
        assert_eq!(transactions(&whole.slice(2, 3), &names()).unwrap().len(), 3);
    }
}

#[test]
fn the_caller_can_stop_between_slices() {
    let whole = batch(vec![("customer_id", ids()), ("time", days()), ("amount", amounts())]);
    let mut builder = HistoryBuilder::new(IngestOptions::default()).unwrap();
    let mut seen = Vec::new();
    let error = builder
        .push_arrow(&whole, &names(), |rows| {
            seen.push(rows);
            Err(Error::new(ErrorKind::Interrupted, "enough"))
        })
        .unwrap_err();
    assert_eq!((error.kind(), seen), (ErrorKind::Interrupted, vec![6]));
}

#[test]
fn the_storage_of_an_extension_type_is_not_read() {
    let period =
        std::collections::HashMap::from([("ARROW:extension:name".to_owned(), "pandas.period".to_owned())]);
    let plain = |name: &str, array: &ArrayRef| Field::new(name, array.data_type().clone(), true);
    let fields = vec![
        plain("customer_id", &ids()),
        plain("time", &days()).with_metadata(period),
        plain("amount", &amounts()),
    ];
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![ids(), days(), amounts()]).unwrap();
    let error = transactions(&batch, &names()).unwrap_err();
    assert_eq!((error.kind(), error.argument_name()), (ErrorKind::WrongType, Some("time")));
}
