//! Spend, contracts and values that make no sense.

use crm_core::clv::{
    CustomerValueModel, DiscountRate, FitWarning, Horizon, PurchaseData, PurchaseKind, RetentionData,
    RetentionModel, RetentionRate, SpendData, SpendModel, ValueOptions,
};
use crm_core::customer::Period;

use super::clv::{WEEK, customers, given};
use super::*;

const NAN: f64 = f64::NAN;
const INFINITY: f64 = f64::INFINITY;

#[test]
fn spend_that_cannot_be() {
    let both = [Policy::Exclude, Policy::Raise];
    for (x, mean, argument, value) in [
        (-1.0, 5.0, "repeat_purchases", "-1"),
        (1.5, 5.0, "repeat_purchases", "1.5"),
        (NAN, 5.0, "repeat_purchases", "NaN"),
        (1e10, 5.0, "repeat_purchases", "10000000000"),
        (1.0, NAN, "mean_spend", "NaN"),
        (1.0, INFINITY, "mean_spend", "inf"),
        (1.0, -INFINITY, "mean_spend", "-inf"),
    ] {
        for policy in both {
            let error = SpendData::new(&[1.0, x], &[5.0, mean], policy).unwrap_err();
            assert_eq!(seen(&error), expected(ErrorKind::InvalidValue, argument, 1));
            assert!(error.to_string().contains(value), "{error}");
        }
    }
    for mean in [0.0, -0.0, -3.5] {
        let error = SpendData::new(&[1.0, 2.0], &[5.0, mean], Policy::Raise).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidValue, "mean_spend", 1));
        let data = SpendData::new(&[1.0, 2.0, 0.0], &[5.0, mean, mean], Policy::Exclude).unwrap();
        assert_eq!((data.len(), data.excluded()), (3, 1));
    }
    let keep = SpendData::new(&[1.0], &[5.0], Policy::Keep).unwrap_err();
    assert_eq!(seen(&keep), expected(ErrorKind::InvalidArgument, "without_spend", None));
    for (x, mean, kind, argument) in [
        (vec![], vec![], ErrorKind::Empty, "repeat_purchases"),
        (vec![1.0], vec![], ErrorKind::LengthMismatch, "mean_spend"),
        (vec![1.0], vec![1.0, 2.0], ErrorKind::LengthMismatch, "mean_spend"),
    ] {
        let error = SpendData::new(&x, &mean, Policy::Raise).unwrap_err();
        assert_eq!(seen(&error), expected(kind, argument, None));
    }
    // No spend to estimate from, or none that counts.
    let one = SpendData::new(&[1.0, 0.0], &[5.0, 0.0], Policy::Exclude).unwrap();
    for data in [
        SpendData::new(&[0.0, 0.0], &[0.0, NAN], Policy::Raise).unwrap(),
        SpendData::new(&[1.0, 2.0], &[0.0, -4.0], Policy::Exclude).unwrap(),
        one.clone().with_weights(&[0.0, 1.0]).unwrap(),
    ] {
        let error = SpendModel::fit(&data, 0.0, Threads::Available).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::Empty, "mean_spend", None), "{error}");
    }
    for (weights, kind, row) in [
        (vec![1.0], ErrorKind::LengthMismatch, None),
        (vec![1.0, -1.0], ErrorKind::InvalidValue, Some(1)),
        (vec![NAN, 1.0], ErrorKind::InvalidValue, Some(0)),
        (vec![1.0, INFINITY], ErrorKind::InvalidValue, Some(1)),
    ] {
        let error = one.clone().with_weights(&weights).unwrap_err();
        assert_eq!(seen(&error), expected(kind, "weights", row));
    }
    for l2 in [-1.0, NAN, INFINITY] {
        let error = SpendModel::fit(&one, l2, Threads::Available).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "l2", None));
    }
    for (at, name) in ["p", "q", "v"].into_iter().enumerate() {
        for value in [0.0, -1.0, NAN, INFINITY] {
            let mut all = [2.0; 3];
            all[at] = value;
            let error = SpendModel::from_parameters(all[0], all[1], all[2]).unwrap_err();
            assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, name, None));
        }
    }
}

#[test]
fn spend_without_an_answer_is_flagged() {
    for (x, means) in [
        (vec![2.0], vec![10.0]),
        (vec![2.0; 300], vec![10.0; 300]),
        (vec![1.0, 2.0, 3.0], vec![10.0; 3]),
        (vec![1.0, 1.0], vec![1e-300, 1e300]),
        (vec![1e9, 1.0], vec![5.0, 6.0]),
    ] {
        let data = SpendData::new(&x, &means, Policy::Raise).unwrap();
        let model = SpendModel::fit(&data, 0.0, Threads::Available).unwrap();
        let report = model.report().unwrap();
        assert!(!report.is_sound(), "{x:?} {means:?} {:?}", report.estimates());
        assert!(report.estimates().iter().all(|value| value.is_finite()), "{:?}", report.estimates());
        for spend in model.expected_mean_spend_where_defined(&x, &means).unwrap().into_iter().flatten() {
            assert!((0.0..INFINITY).contains(&spend), "{spend}");
        }
    }
}

#[test]
fn no_population_mean_is_no_number() {
    for q in [1e-3, 0.5, 1.0] {
        let model = SpendModel::from_parameters(0.4, q, 10.0).unwrap();
        let none = expected(ErrorKind::InvalidValue, "q", None);
        assert_eq!(seen(&model.population_mean().unwrap_err()), none);
        let error = model.expected_mean_spend(&[9.0, 0.0], &[5.0, 0.0]).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidValue, "q", 1));
        assert!(error.to_string().contains(&format!("q is {q}")), "{error}");
        let values = CustomerValueModel::new(given(PurchaseKind::BgNbd), model);
        let spend = SpendData::new(&[2.0, 0.0, 1.0], &[9.0, 0.0, 8.0], Policy::Raise).unwrap();
        let options = ValueOptions::new(Horizon::Forever, DiscountRate::annual(0.1).unwrap());
        assert_eq!(values.values(&customers(), &spend, &options).unwrap_err().argument_name(), Some("q"));
    }
    // Amounts whose means are spread out without end.
    let truth = SpendModel::from_parameters(2.0, 0.6, 10.0).unwrap();
    let counts = [1, 2, 3, 5].repeat(300);
    let columns: Vec<f64> = counts.iter().map(|&count| f64::from(count)).collect();
    let data = SpendData::new(&columns, &truth.simulate(&counts, 1), Policy::Raise).unwrap();
    let model = SpendModel::fit(&data, 0.0, Threads::Available).unwrap();
    let warnings = model.report().unwrap().warnings();
    assert!(warnings.iter().any(|warning| matches!(warning, FitWarning::NoPopulationMean { .. })));
    assert!(!model.report().unwrap().is_sound());
}

#[test]
fn contracts_that_cannot_be() {
    let new = |periods: &[u32], churned: &[bool], counts: &[f64]| {
        seen(&RetentionData::new(periods, churned, counts, WEEK).unwrap_err())
    };
    let invalid = |argument: &str, row: u64| expected(ErrorKind::InvalidValue, argument, row);
    assert_eq!(new(&[1, 0], &[true; 2], &[1.0; 2]), invalid("periods", 1));
    assert_eq!(new(&[1, 100_001], &[true; 2], &[1.0; 2]), invalid("periods", 1));
    assert_eq!(new(&[u32::MAX], &[true], &[1.0]), invalid("periods", 0));
    for count in [-1.0, NAN, INFINITY, 1e16] {
        assert_eq!(new(&[1, 2], &[true; 2], &[1.0, count]), invalid("counts", 1));
        let error = RetentionData::from_survivors(&[5.0, count], WEEK).unwrap_err();
        assert_eq!(seen(&error), invalid("survivors", 1));
    }
    assert_eq!(new(&[1], &[], &[1.0]), expected(ErrorKind::LengthMismatch, "churned", None));
    assert_eq!(new(&[1], &[true], &[]), expected(ErrorKind::LengthMismatch, "counts", None));
    assert_eq!(new(&[], &[], &[]), expected(ErrorKind::Empty, "counts", None));
    assert_eq!(new(&[3], &[true], &[0.0]), expected(ErrorKind::Empty, "counts", None));
    let grow = RetentionData::from_survivors(&[9.0, 8.0, 8.5], WEEK).unwrap_err();
    assert_eq!(seen(&grow), invalid("survivors", 2));
    let empty = RetentionData::from_cohorts(&[], WEEK).unwrap_err();
    assert_eq!(seen(&empty), expected(ErrorKind::Empty, "survivors", None));
    for (alpha, beta, name) in
        [(0.0, 1.0, "alpha"), (NAN, 1.0, "alpha"), (1.0, -1.0, "beta"), (1.0, INFINITY, "beta")]
    {
        let error = RetentionModel::from_parameters(alpha, beta, WEEK).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, name, None));
    }
    let data = RetentionData::from_survivors(&[9.0, 8.0, 7.5], WEEK).unwrap();
    for l2 in [-1.0, NAN, INFINITY] {
        let error = RetentionModel::fit(&data, l2).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "l2", None));
    }
    let model = RetentionModel::from_parameters(1.0, 2.0, TimeUnit::Day).unwrap();
    assert_eq!(model.log_likelihood(&data).unwrap_err().kind(), ErrorKind::Incompatible);
    for margin in [NAN, INFINITY] {
        let rate = DiscountRate::annual(0.1).unwrap();
        let error = model.residual_values(&[1], margin, Horizon::Forever, rate).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "margin_per_period", None));
        assert!(model.new_customer_value(margin, Horizon::Forever, rate).is_err());
    }
    for rate in [-0.1, 1.1, NAN] {
        let error = RetentionRate::annual(rate).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "retention_rate", None));
    }
}

#[test]
fn contracts_without_an_answer_are_flagged() {
    for survivors in [
        vec![100.0, 100.0, 100.0],
        vec![100.0, 0.0],
        vec![100.0, 0.0, 0.0],
        vec![1.0, 1.0],
        vec![1.0, 0.0],
        vec![100.0, 60.0],
        vec![1000.0, 800.0, 640.0, 512.0],
        vec![1000.0, 800.0, 600.0, 300.0],
        vec![100.0, 40.0, 40.0, 40.0],
    ] {
        let data = RetentionData::from_survivors(&survivors, WEEK).unwrap();
        let model = RetentionModel::fit(&data, 0.0).unwrap();
        assert!(!model.report().unwrap().is_sound(), "{survivors:?} {:?}", model.report());
        assert!(model.alpha().is_finite() && model.beta().is_finite());
        assert!((0.0..=1.0).contains(&model.survival(10)));
    }
}

#[test]
fn values_that_make_no_sense() {
    let model = || {
        CustomerValueModel::new(
            given(PurchaseKind::BgNbd),
            SpendModel::from_parameters(6.0, 4.0, 15.0).unwrap(),
        )
    };
    let spend = SpendData::new(&[2.0, 0.0, 1.0], &[9.0, 0.0, 8.0], Policy::Raise).unwrap();
    let year = Period::new(1.0, TimeUnit::YearMean).unwrap();
    let options = ValueOptions::new(year, DiscountRate::annual(0.1).unwrap());
    for margin in [-0.1, 1.1, NAN, INFINITY] {
        let error = options.with_margin(margin).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "margin", None));
    }
    let endless = ValueOptions::new(Horizon::Forever, DiscountRate::NONE);
    let error = model().values(&customers(), &spend, &endless).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "discount_rate", None));
    let short = SpendData::new(&[2.0], &[9.0], Policy::Raise).unwrap();
    let error = model().values(&customers(), &short, &options).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "spend", None));
    let euros = spend.clone().in_currency("EUR");
    let error = model().values(&customers(), &euros, &options).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::Incompatible, "currency", None));
    let days = PurchaseData::new(&[2.0; 3], &[5.0; 3], &[9.0; 3], TimeUnit::Day).unwrap();
    let error = model().values(&days, &spend, &options).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::Incompatible, "time_unit", None));
    let error = model().confidence_intervals(&customers(), &spend, &options, 0.9).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "model", None));
    for level in [0.0, 1.0, 90.0, NAN] {
        let error = model().predictive_intervals(&customers(), &spend, &options, level, 100, 1).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "confidence_level", None));
    }
    for draws in [0, 1, 99] {
        let error = model().predictive_intervals(&customers(), &spend, &options, 0.9, draws, 1).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "draws", None));
    }
    for (wrong, row) in [(NAN, 1), (-1.0, 1), (INFINITY, 1)] {
        let error = model().spend().expected_mean_spend(&[1.0, wrong], &[9.0, 9.0]).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidValue, "repeat_purchases", row));
    }
    let error = model().spend().expected_mean_spend(&[1.0, 1.0], &[9.0, NAN]).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidValue, "mean_spend", 1));
}

#[test]
fn damaged_models_of_spend_and_contracts() {
    let counts = [1, 2, 3].repeat(100);
    let columns: Vec<f64> = counts.iter().map(|&count| f64::from(count)).collect();
    let means = SpendModel::from_parameters(6.0, 4.0, 15.0).unwrap().simulate(&counts, 1);
    let data = SpendData::new(&columns, &means, Policy::Raise).unwrap();
    let spend = SpendModel::fit(&data, 0.0, Threads::Available).unwrap().to_json().unwrap();
    let survivors = RetentionData::from_survivors(&[100.0, 70.0, 55.0, 50.0], WEEK).unwrap();
    let contracts = RetentionModel::fit(&survivors, 0.0).unwrap().to_json().unwrap();
    let of_spend = |text: &str| SpendModel::from_json(text).map(|_| ());
    let of_contracts = |text: &str| RetentionModel::from_json(text).map(|_| ());
    let readers = [(&spend, &of_spend as &dyn Fn(&str) -> Result<(), Error>), (&contracts, &of_contracts)];
    for (text, read) in readers {
        assert!(read(text).is_ok());
        let check = |text: &str, kind: ErrorKind| {
            let error = read(text).unwrap_err();
            assert_eq!(seen(&error), expected(kind, "json", None), "{text:.60}: {error}");
        };
        for end in 0..text.len() {
            check(&text[..end], ErrorKind::Corrupt);
        }
        check(&text.replace("\"version\":1", "\"version\":2"), ErrorKind::Incompatible);
        for (from, to) in [
            ("\"version\":1", "\"version\":\"1\""),
            ("\"estimates\":[", "\"estimates\":[1.0,"),
            ("\"held\":[", "\"held\":[true,"),
            ("\"log_covariance\":[", "\"log_covariance\":[1.0,"),
            ("\"model\":\"", "\"model\":\"x"),
        ] {
            assert!(text.contains(from), "{from} is not in {text}");
            check(&text.replacen(from, to, 1), ErrorKind::Corrupt);
        }
        for other in ["", "null", "[]", "{}", "{\"version\":1}"] {
            check(other, ErrorKind::Corrupt);
        }
    }
    // One model is not the other.
    assert!(of_spend(&contracts).is_err() && of_contracts(&spend).is_err());
}
