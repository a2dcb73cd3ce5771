//! Features, scaling, segments and profiles that cannot be made.

use crm_core::customer::{BaseOptions, Day, IngestOptions, Policy, PurchaseHistory};
use crm_core::segment::{
    ColumnScaling, Feature, FeatureScaler, FeatureTable, FeatureUnit, KMeansOptions, MissingValues,
    ScalingMethod, ScalingOptions, SegmentModel, SegmentProfiles,
};
use crm_core::{Error, ErrorKind};

use crate::log::{Id, Orders, Row, Shape, history, row};
use crate::{expected, seen};

fn rows() -> Vec<Row> {
    let entry = |id, day, units: i128| row(Id::Integer(id), day, units * 1_000_000);
    vec![entry(1, 10, 5), entry(1, 14, 6), entry(1, 30, 1), entry(2, 12, 9), entry(3, 20, 2), entry(3, 25, 4)]
}

fn history_of(rows: &[Row], currency: Option<&str>, has_amounts: bool) -> PurchaseHistory {
    let options = IngestOptions { currency: currency.map(str::to_owned), ..IngestOptions::default() };
    let shape = Shape { has_amounts, ..Shape::new(false, Orders::Absent) };
    history(&[rows], shape, &options).unwrap()
}

fn log() -> PurchaseHistory {
    history_of(&rows(), None, true)
}

fn as_of(day: i32) -> BaseOptions {
    BaseOptions::as_of(Day::from_number(day).unwrap())
}

fn table() -> FeatureTable {
    FeatureTable::from_history(&log(), as_of(40), &Feature::DEFAULT).unwrap()
}

fn refused(error: &Error, kind: ErrorKind, argument: &str, row: impl Into<Option<u64>>) {
    assert_eq!(seen(error), expected(kind, argument, row), "{error}");
}

#[test]
fn features_that_are_out_of_reach() {
    let base = log().base(as_of(40)).unwrap();
    let error = FeatureTable::from_base(&base, &[Feature::Orders, Feature::Regularity]).unwrap_err();
    refused(&error, ErrorKind::InvalidArgument, "features", None);
    assert!(error.to_string().contains("regularity"), "{error}");
    let error = FeatureTable::from_base(&base, &[Feature::Orders, Feature::Orders]).unwrap_err();
    refused(&error, ErrorKind::InvalidArgument, "features", None);
    let without = history_of(&rows(), None, false).base(as_of(40)).unwrap();
    for feature in Feature::ALL.into_iter().filter(|feature| feature.needs_amounts()) {
        let error = FeatureTable::from_base(&without, &[feature]).unwrap_err();
        refused(&error, ErrorKind::MissingColumn, "amount", None);
    }
    assert!(FeatureTable::from_base(&without, &[Feature::Orders, Feature::Age]).is_ok());
    refused(&FeatureTable::new(0).unwrap_err(), ErrorKind::Empty, "rows", None);
    assert_eq!(Feature::from_name("recency").unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn rhythms_refuse_what_bases_refuse() {
    let keep = BaseOptions { rows_after: Policy::Keep, ..as_of(20) };
    let raise = BaseOptions { rows_after: Policy::Raise, ..as_of(20) };
    for options in [as_of(5), as_of(40).within_days(0), as_of(900).within_days(7), keep, raise] {
        let (base, rhythm) = (log().base(options).unwrap_err(), log().rhythm(options).unwrap_err());
        assert_eq!(base, rhythm);
    }
    assert_eq!(PurchaseHistory::empty().rhythm(as_of(5)).unwrap_err().kind(), ErrorKind::Empty);
}

#[test]
fn rhythms_of_something_else() {
    let base = log().base(as_of(40)).unwrap();
    let mut others = rows();
    others.push(row(Id::Integer(2), 33, 1_000_000));
    for rhythm in [
        log().rhythm(as_of(39)).unwrap(),
        log().rhythm(as_of(40).within_days(30)).unwrap(),
        history_of(&others, None, true).rhythm(as_of(40)).unwrap(),
        history_of(&rows()[..4], None, true).rhythm(as_of(40)).unwrap(),
    ] {
        let error = FeatureTable::from_base_and_rhythm(&base, &rhythm, &[Feature::Regularity]).unwrap_err();
        refused(&error, ErrorKind::Incompatible, "rhythm", None);
    }
}

#[test]
fn columns_that_cannot_be_added() {
    let euros = |text: &str| FeatureUnit::parse(text).unwrap();
    for (name, unit, values, kind, argument, row) in [
        ("", FeatureUnit::Number, vec![0.0; 3], ErrorKind::InvalidArgument, "name", None),
        ("net_amount", FeatureUnit::Number, vec![0.0; 3], ErrorKind::InvalidArgument, "net_amount", None),
        ("x", FeatureUnit::Number, vec![0.0; 2], ErrorKind::LengthMismatch, "x", None),
        ("x", FeatureUnit::Number, vec![0.0, f64::INFINITY, 0.0], ErrorKind::InvalidValue, "x", Some(1)),
        ("x", FeatureUnit::Number, vec![0.0, 0.0, -1e200], ErrorKind::OutOfRange, "x", Some(2)),
        ("x", FeatureUnit::Count, vec![-1.0, 0.0, 0.0], ErrorKind::InvalidValue, "x", Some(0)),
        ("x", FeatureUnit::Share, vec![0.0, 1.01, 0.0], ErrorKind::InvalidValue, "x", Some(1)),
        (
            "x",
            FeatureUnit::Money { currency: Some(String::new()) },
            vec![0.0; 3],
            ErrorKind::InvalidArgument,
            "unit",
            None,
        ),
    ] {
        refused(&table().with_column(name, unit, &values).unwrap_err(), kind, argument, row);
    }
    let table = table().with_column("clv", euros("money:EUR"), &[1.0, f64::NAN, 3.0]).unwrap();
    let error = table.with_column("clv in dollars", euros("money:USD"), &[0.0; 3]).unwrap_err();
    refused(&error, ErrorKind::Incompatible, "clv in dollars", None);
    refused(&self::table().column("clv").unwrap_err(), ErrorKind::MissingColumn, "clv", None);
    refused(&self::table().order_by("clv", true).unwrap_err(), ErrorKind::MissingColumn, "clv", None);
    for text in ["", "money:", "Day", "euro"] {
        assert_eq!(FeatureUnit::parse(text).unwrap_err().kind(), ErrorKind::InvalidArgument, "{text}");
    }
}

#[test]
fn missing_values_are_named() {
    let history = log();
    let table =
        FeatureTable::from_history(&history, as_of(40), &[Feature::Orders, Feature::Regularity]).unwrap();
    let error = FeatureScaler::fit(&table, &ScalingOptions::default()).unwrap_err();
    refused(&error, ErrorKind::MissingValue, "regularity", Some(1));
    assert!(error.to_string().contains("2 of 3") && error.to_string().contains("median"), "{error}");
    let median = ScalingOptions::new().missing(MissingValues::Median);
    let (scaler, scaled) = FeatureScaler::fit_apply(&table, &median).unwrap();
    assert_eq!(scaled.imputed(), [0, 2]);
    assert_eq!(scaler.warnings().len(), 2, "{:?}", scaler.warnings());
    let nothing =
        FeatureTable::new(2).unwrap().with_column("x", FeatureUnit::Number, &[f64::NAN; 2]).unwrap();
    refused(&FeatureScaler::fit(&nothing, &median).unwrap_err(), ErrorKind::MissingValue, "x", Some(0));
    // Fitted without a missing value, the policy still holds later.
    let columns =
        |values: &[f64]| FeatureTable::new(3).unwrap().with_column("x", FeatureUnit::Number, values).unwrap();
    let strict = FeatureScaler::fit(&columns(&[1.0, 2.0, 4.0]), &ScalingOptions::default()).unwrap();
    let later = columns(&[1.0, 2.0, f64::NAN]);
    refused(&strict.apply(&later).unwrap_err(), ErrorKind::MissingValue, "x", Some(2));
}

#[test]
fn scalings_that_make_no_sense() {
    let z = ColumnScaling::new(ScalingMethod::ZScore);
    for scaling in [z.winsorise(-0.1, 0.0), z.winsorise(0.5, 0.5), z.winsorise(f64::NAN, 0.0)] {
        let error = FeatureScaler::fit(&table(), &ScalingOptions::new().every(scaling)).unwrap_err();
        refused(&error, ErrorKind::InvalidArgument, "winsorise of time_since_last_purchase", None);
    }
    for weight in [-1.0, f64::NAN, f64::INFINITY, 1e7] {
        let options = ScalingOptions::new().column("net_amount", z.weight(weight));
        let error = FeatureScaler::fit(&table(), &options).unwrap_err();
        refused(&error, ErrorKind::InvalidArgument, "weight of net_amount", None);
    }
    let error = FeatureScaler::fit(&table(), &ScalingOptions::new().every(z.weight(0.0))).unwrap_err();
    refused(&error, ErrorKind::InvalidArgument, "weight", None);
    let error = FeatureScaler::fit(&table(), &ScalingOptions::new().column("clv", z)).unwrap_err();
    refused(&error, ErrorKind::MissingColumn, "clv", None);
    let empty = FeatureTable::new(3).unwrap();
    refused(
        &FeatureScaler::fit(&empty, &ScalingOptions::new()).unwrap_err(),
        ErrorKind::Empty,
        "table",
        None,
    );
    let scaler = FeatureScaler::fit(&table(), &ScalingOptions::default()).unwrap();
    refused(&scaler.invert(&[0.0; 4]).unwrap_err(), ErrorKind::LengthMismatch, "scaled", None);
    let error = scaler.invert(&[0.0, 0.0, 0.0, 0.0, f64::NAN, 0.0]).unwrap_err();
    refused(&error, ErrorKind::InvalidValue, "purchase_days", Some(1));
    assert!(scaler.invert(&[f64::MAX, f64::MIN, f64::MAX]).is_ok());
}

#[test]
fn tables_that_the_scaling_does_not_fit() {
    let scaler = FeatureScaler::fit(&table(), &ScalingOptions::default()).unwrap();
    let of = |history: &PurchaseHistory, options, features: &[Feature]| {
        FeatureTable::from_history(history, options, features).unwrap()
    };
    let weeks = as_of(40).in_unit(crm_core::customer::TimeUnit::Week);
    for (table, argument) in [
        (of(&log(), as_of(40), &Feature::ALL[..3]), "columns"),
        (of(&log(), as_of(40), &Feature::DEFAULT[..2]), "columns"),
        (of(&log(), weeks, &Feature::DEFAULT), "time_since_last_purchase"),
        (of(&log(), as_of(40).within_days(30), &Feature::DEFAULT), "window_days"),
        (of(&history_of(&rows(), Some("EUR"), true), as_of(40), &Feature::DEFAULT), "net_amount"),
    ] {
        refused(&scaler.apply(&table).unwrap_err(), ErrorKind::Incompatible, argument, None);
    }
    let own = FeatureTable::new(3).unwrap();
    let own = own.with_column("time_since_last_purchase", FeatureUnit::parse("day").unwrap(), &[1.0; 3]);
    let own = own.unwrap().with_column("purchase_days", FeatureUnit::Count, &[1.0; 3]).unwrap();
    let own = own.with_column("net_amount", FeatureUnit::parse("money").unwrap(), &[1.0; 3]).unwrap();
    refused(&scaler.apply(&own).unwrap_err(), ErrorKind::Incompatible, "window_days", None);
    // Another date is what a saved scaling is for.
    assert!(scaler.apply(&of(&log(), as_of(29), &Feature::DEFAULT)).is_ok());
}

#[test]
fn segments_and_profiles() {
    let fit =
        |clusters| SegmentModel::fit(&table(), &ScalingOptions::default(), &KMeansOptions::new(clusters));
    refused(&fit(4).unwrap_err(), ErrorKind::InvalidArgument, "clusters", None);
    let model = fit(2).unwrap().model;
    for (names, kind) in [
        (vec!["one"], ErrorKind::LengthMismatch),
        (vec!["一", "一"], ErrorKind::InvalidArgument),
        (vec!["一", " "], ErrorKind::InvalidArgument),
    ] {
        let row = (kind == ErrorKind::InvalidArgument).then_some(1);
        refused(&model.clone().with_names(&names).unwrap_err(), kind, "names", row);
    }
    assert_eq!(model.clone().with_names(&["常客", "新客"]).unwrap().names(), ["常客", "新客"]);
    let other = FeatureTable::from_history(&log(), as_of(40), &Feature::DEFAULT[..2]).unwrap();
    refused(&model.assign(&other).unwrap_err(), ErrorKind::Incompatible, "columns", None);

    let text = model.to_json().unwrap();
    let json = |text: &str| SegmentModel::from_json(text).unwrap_err();
    refused(&json("{}"), ErrorKind::Corrupt, "json", None);
    refused(&json(&model.scaler().to_json().unwrap()), ErrorKind::Corrupt, "json", None);
    refused(
        &json(&text.replacen("\"version\":1", "\"version\":2", 1)),
        ErrorKind::Incompatible,
        "json",
        None,
    );
    refused(&json(&text.replace("\"spread\":", "\"spread\":-")), ErrorKind::Corrupt, "json", None);

    let profiles =
        |labels: &[u32], names: Option<&[&str]>| SegmentProfiles::new(&table(), labels, names).unwrap_err();
    refused(&profiles(&[0, 1], None), ErrorKind::LengthMismatch, "labels", None);
    refused(&profiles(&[0, u32::MAX, 1], None), ErrorKind::InvalidValue, "labels", Some(1));
    refused(&profiles(&[0, 0, 2], Some(&["a", "b"])), ErrorKind::InvalidValue, "labels", Some(2));
    refused(&profiles(&[0, 0, 1], Some(&["a", "a"])), ErrorKind::InvalidArgument, "names", Some(1));
    let empty = SegmentProfiles::new(&FeatureTable::new(1).unwrap(), &[0], None).unwrap_err();
    refused(&empty, ErrorKind::Empty, "table", None);
}

#[test]
fn extremes_give_finite_numbers() {
    let extremes = [1e140, -1e140, 5e-324, 0.0, 1.0, f64::MIN_POSITIVE];
    for unit in [FeatureUnit::Number, FeatureUnit::Money { currency: None }] {
        for method in ScalingMethod::ALL {
            let table = FeatureTable::new(6).unwrap().with_column("x", unit.clone(), &extremes).unwrap();
            let options = ScalingOptions::new().every(ColumnScaling::new(method));
            let (scaler, scaled) = FeatureScaler::fit_apply(&table, &options).unwrap();
            assert!(scaled.column(0).iter().all(|value| value.is_finite()), "{method:?}");
            assert!(scaled.matrix().is_ok());
            assert_eq!(FeatureScaler::from_json(&scaler.to_json().unwrap()).unwrap(), scaler);
            let profiles = SegmentProfiles::new(&table, &[0, 1, 0, 1, 2, 2], None).unwrap();
            assert!(profiles.to_string().contains("3 segments of 6 customers"));
        }
    }
}
