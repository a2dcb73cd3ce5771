//! The shared cases in `tests/cases/rfm`: Rust, Python and C must give these numbers, to the last bit.
#![allow(clippy::unwrap_used)]

mod log;

use std::fs;
use std::path::Path;

use crm_core::customer::{BaseOptions, CustomerBase, Day, IngestOptions, Policy, TimeUnit};
use crm_core::rfm::{
    Binning, Closed, FrequencyMeasure, LowerBounds, MonetaryMeasure, Nesting, RfmModel, RfmOptions,
    RfmScores, SegmentMap, Weights,
};
use crm_core::{Error, Result};
use log::{Id, Orders, Row, Shape};
use serde_json::Value;

fn id(value: &Value) -> Option<Id> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(Id::Text(text.clone())),
        number => Some(Id::Integer(number.as_i64().unwrap())),
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    // The standard library rounds to the nearest double, as Python does.
    value.as_array().unwrap().iter().map(|number| number.to_string().parse().unwrap()).collect()
}

fn rows(transactions: &Value) -> (Vec<Row>, Shape) {
    let column = |name: &str| transactions.get(name).map(|column| column.as_array().unwrap());
    let (ids, days) = (column("customer_id").unwrap(), column("day").unwrap());
    let (amounts, orders) = (column("amount").unwrap(), column("order_id"));
    let has_text = |column: &Vec<Value>| column.iter().any(Value::is_string);
    let rows = (0..ids.len()).map(|place| Row {
        id: id(&ids[place]),
        day: days[place].as_i64().map(|day| i32::try_from(day).unwrap()),
        micros: None,
        order: orders.and_then(|orders| id(&orders[place])),
    });
    let orders = match orders {
        None => Orders::Absent,
        Some(orders) if has_text(orders) => Orders::Texts,
        Some(_) => Orders::Integers,
    };
    assert_eq!(amounts.len(), ids.len());
    (rows.collect(), Shape::new(has_text(ids), orders))
}

fn ingest_options(given: &Value) -> Result<IngestOptions> {
    let mut options = IngestOptions::default();
    for (name, policy) in given.as_object().unwrap() {
        let policy = Policy::from_name(name, policy.as_str().unwrap())?;
        match name.as_str() {
            "missing_id" => options.missing_id = policy,
            "missing_time" => options.missing_time = policy,
            "invalid_time" => options.invalid_time = policy,
            "missing_amount" => options.missing_amount = policy,
            "invalid_amount" => options.invalid_amount = policy,
            "returns" => options.returns = policy,
            "zero_amounts" => options.zero_amounts = policy,
            "duplicates" => options.duplicates = policy,
            other => panic!("no policy {other}"),
        }
    }
    Ok(options)
}

fn rfm_options(given: &Value) -> Result<RfmOptions> {
    let text = |name: &str| given[name].as_str().unwrap();
    let bins = u8::try_from(given["bins"].as_u64().unwrap()).unwrap();
    let bounds = |name: &str| numbers(&given["bounds"][name]);
    let binning = match text("binning") {
        "mid_rank" => Binning::MidRank { bins },
        "quantiles" => Binning::Quantiles {
            bins,
            closed: if text("closed") == "left" { Closed::Left } else { Closed::Right },
        },
        "bounds" => Binning::Bounds(LowerBounds {
            recency_days: bounds("recency_days"),
            frequency: bounds("frequency"),
            monetary: bounds("monetary"),
        }),
        other => panic!("no binning {other}"),
    };
    let weights = numbers(&given["weights"]);
    Ok(RfmOptions {
        binning,
        nesting: if text("nesting") == "nested" { Nesting::Nested } else { Nesting::Independent },
        frequency: FrequencyMeasure::from_name(text("frequency"))?,
        monetary: MonetaryMeasure::from_name(text("monetary"))?,
        weights: Weights { recency: weights[0], frequency: weights[1], monetary: weights[2] },
    })
}

/// A case from its transactions to its scores; amounts go in as the doubles that they are.
fn run(case: &Value) -> Result<(CustomerBase, RfmScores)> {
    use crm_core::customer::{AmountColumn, Column, HistoryBuilder, TimeColumn, Validity};
    let (rows, shape) = rows(&case["transactions"]);
    let amounts = case["transactions"]["amount"].as_array().unwrap();
    let values: Vec<f64> =
        amounts.iter().map(|amount| amount.to_string().parse().unwrap_or(f64::NAN)).collect();
    let present: Vec<bool> = amounts.iter().map(|amount| !amount.is_null()).collect();
    let days: Vec<i32> = rows.iter().map(|row| row.day.unwrap_or(i32::MIN)).collect();
    let has_day: Vec<bool> = rows.iter().map(|row| row.day.is_some()).collect();
    let (ids, orders) = log::id_columns(&rows, shape);
    let mut batch = crm_core::customer::Transactions::new(
        ids.column(),
        TimeColumn::Day(Column { values: days.into(), validity: Validity::Flags(&has_day) }),
        Some(AmountColumn::Float(Column { values: values.into(), validity: Validity::Flags(&present) })),
    )?;
    if shape.orders != Orders::Absent {
        batch = batch.with_order_ids(orders.column())?;
    }
    let mut builder = HistoryBuilder::new(ingest_options(&case["ingest"])?)?;
    builder.push(&batch)?;
    let given = &case["base"];
    let mut options =
        BaseOptions::as_of(Day::from_number(i32::try_from(given["as_of"].as_i64().unwrap()).unwrap())?)
            .in_unit(TimeUnit::from_name(given["time_unit"].as_str().unwrap())?);
    options.window_days = given["window_days"].as_u64().map(|days| u32::try_from(days).unwrap());
    let base = builder.finish()?.base(options)?;
    let model = RfmModel::fit(&base, &rfm_options(&case["rfm"])?)?;
    let scores = model.score(&base)?;
    Ok((base, scores))
}

/// The columns that a case gives and those that it expects, as text that shows every bit of a number.
fn differences(case: &Value, base: &CustomerBase, scores: &RfmScores) -> Vec<String> {
    let expected = &case["expected"];
    let all = || 0..base.len();
    let bits = |values: Vec<f64>| format!("{values:?}");
    let wanted = |name: &str| bits(numbers(&expected[name]));
    let counts = |values: &[u32]| bits(values.iter().map(|&value| f64::from(value)).collect());
    let points = |values: &[u8]| bits(values.iter().map(|&value| f64::from(value)).collect());
    let ids: Vec<Option<Id>> = base.customer_ids().iter().map(|id| Some(Id::of(id))).collect();
    let wanted_ids: Vec<Option<Id>> = expected["customer_id"].as_array().unwrap().iter().map(id).collect();
    let mut columns = vec![
        ("customer_id", format!("{ids:?}"), format!("{wanted_ids:?}")),
        ("orders", counts(base.orders()), wanted("orders")),
        ("purchase_days", counts(base.purchase_days()), wanted("purchase_days")),
        (
            "net_amount",
            bits(all().map(|place| base.net_amount(place).to_f64()).collect()),
            wanted("net_amount"),
        ),
        (
            "time_since_last_purchase",
            bits(all().map(|place| base.time_since_last_purchase(place)).collect()),
            wanted("time_since_last_purchase"),
        ),
        ("recency", points(scores.recency()), wanted("recency")),
        ("frequency", points(scores.frequency()), wanted("frequency")),
        ("monetary", points(scores.monetary()), wanted("monetary")),
        ("composite", bits(all().map(|place| scores.composite(place)).collect()), wanted("composite")),
    ];
    if !expected["segment"].is_null() {
        let segments = SegmentMap::standard().assign(scores).unwrap();
        let names: Vec<&str> = all().map(|place| segments.name(place)).collect();
        let wanted: Vec<&str> =
            expected["segment"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        columns.push(("segment", format!("{names:?}"), format!("{wanted:?}")));
    }
    let differs = columns.into_iter().filter(|(_, given, wanted)| given != wanted);
    differs.map(|(name, given, wanted)| format!("  {name}\n    is {given}\n    should be {wanted}")).collect()
}

fn check(case: &Value) -> Vec<String> {
    let result = run(case);
    let expected = case.get("expected_error").map(|error| {
        (error["kind_code"].as_i64(), error["argument"].as_str().map(str::to_owned), error["row"].as_u64())
    });
    let seen = |error: &Error| {
        (Some(i64::from(error.kind().code())), error.argument_name().map(str::to_owned), error.row())
    };
    match (result, expected) {
        (Ok((base, scores)), None) => differences(case, &base, &scores),
        (Err(error), Some(expected)) if seen(&error) == expected => Vec::new(),
        (Err(error), Some(expected)) => {
            vec![format!("  is {:?}\n    should be {expected:?}: {error}", seen(&error))]
        }
        (Err(error), None) => vec![format!("  failed: {error}")],
        (Ok(_), Some(expected)) => vec![format!("  should fail with {expected:?}")],
    }
}

#[test]
fn every_shared_case_gives_its_expected_numbers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/rfm");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    assert!(paths.len() >= 30, "only {} cases", paths.len());
    let mut failures = Vec::new();
    for path in &paths {
        let case: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(path.file_stem().unwrap().to_str(), case["name"].as_str());
        assert!(!case["source"].as_str().unwrap().is_empty());
        let found = check(&case);
        if !found.is_empty() {
            failures.push(format!("{}\n{}", case["name"], found.join("\n")));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} cases differ\n{}",
        failures.len(),
        paths.len(),
        failures.join("\n")
    );
}
