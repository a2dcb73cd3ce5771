//! Customers, options and questions that no purchase model can make sense of.

use crm_core::clv::{
    DiscountRate, FitOptions, Horizon, Prediction, PurchaseData, PurchaseKind, PurchaseModel,
};
use crm_core::customer::Period;

use super::*;

pub(crate) const WEEK: TimeUnit = TimeUnit::Week;
const NAN: f64 = f64::NAN;
const INFINITY: f64 = f64::INFINITY;

/// Three customers whom every model accepts.
pub(crate) fn customers() -> PurchaseData {
    PurchaseData::new(&[2.0, 0.0, 1.0], &[5.0, 0.0, 3.0], &[9.0, 9.0, 8.0], WEEK).unwrap()
}

pub(crate) fn given(kind: PurchaseKind) -> PurchaseModel {
    PurchaseModel::from_parameters(kind, &[0.5, 2.0, 0.8, 2.5], WEEK).unwrap()
}

fn weeks(length: f64) -> Period {
    Period::new(length, WEEK).unwrap()
}

/// What was wrong, and that the text says the value.
fn seen_with(error: &Error, value: &str) -> Seen {
    assert!(error.to_string().contains(value), "{error}");
    seen(error)
}

#[test]
fn customers_that_cannot_be() {
    for (x, last, age, argument, value) in [
        (-1.0, 0.0, 9.0, "repeat_purchases", "-1"),
        (-1e-300, 0.0, 9.0, "repeat_purchases", "-0.000"),
        (0.5, 1.0, 9.0, "repeat_purchases", "0.5"),
        (NAN, 1.0, 9.0, "repeat_purchases", "NaN"),
        (INFINITY, 1.0, 9.0, "repeat_purchases", "inf"),
        (1e10, 1.0, 9.0, "repeat_purchases", "10000000000"),
        (1.0, 9.000_000_1, 9.0, "last_purchase_age", "9.0000001"),
        (1.0, INFINITY, 9.0, "last_purchase_age", "inf"),
        (1.0, NAN, 9.0, "last_purchase_age", "NaN"),
        (1.0, 0.0, 9.0, "last_purchase_age", "0"),
        (1.0, -1.0, 9.0, "last_purchase_age", "-1"),
        (0.0, 1.0, 9.0, "last_purchase_age", "1"),
        (0.0, NAN, 9.0, "last_purchase_age", "NaN"),
        (1.0, 0.0, 0.0, "last_purchase_age", "0"),
        (0.0, 0.0, -1.0, "age", "-1"),
        (0.0, 0.0, NAN, "age", "NaN"),
        (0.0, 0.0, INFINITY, "age", "inf"),
        (0.0, 0.0, 1.1e15, "age", "1100000000000000"),
    ] {
        let error = PurchaseData::new(&[0.0, 1.0, x], &[0.0, 2.0, last], &[9.0, 9.0, age], WEEK).unwrap_err();
        assert_eq!(
            seen_with(&error, value),
            expected(ErrorKind::InvalidValue, argument, 2),
            "{x} {last} {age}: {error}"
        );
    }
    for (x, last, age, kind, argument) in [
        (0, 0, 0, ErrorKind::Empty, "repeat_purchases"),
        (2, 1, 2, ErrorKind::LengthMismatch, "last_purchase_age"),
        (2, 2, 3, ErrorKind::LengthMismatch, "age"),
        (0, 1, 0, ErrorKind::LengthMismatch, "last_purchase_age"),
    ] {
        let error = PurchaseData::new(&vec![0.0; x], &vec![0.0; last], &vec![1.0; age], WEEK).unwrap_err();
        assert_eq!(seen(&error), expected(kind, argument, None), "{error}");
    }
    let nobody = PurchaseData::newcomers(0, WEEK).unwrap_err();
    assert_eq!(seen(&nobody), expected(ErrorKind::InvalidArgument, "customers", None));
}

#[test]
fn opportunities_that_cannot_be() {
    for (x, last, age, kind, argument, value) in [
        (1.0, 2.5, 9.0, ErrorKind::InvalidValue, "last_purchase_age", "2.5"),
        (1.0, 2.0, 9.5, ErrorKind::InvalidValue, "age", "9.5"),
        (3.0, 2.0, 9.0, ErrorKind::InvalidValue, "repeat_purchases", "3"),
        (1.0, 2.0, 1e7, ErrorKind::OutOfRange, "age", "10000000"),
    ] {
        let data = PurchaseData::new(&[0.0, x], &[0.0, last], &[9.0, age], WEEK).unwrap();
        let model = given(PurchaseKind::BgBb);
        for error in [
            PurchaseModel::fit(PurchaseKind::BgBb, &data, &FitOptions::default()).unwrap_err(),
            model.p_alive(&data).unwrap_err(),
            model.log_likelihood(&data).unwrap_err(),
            model.bootstrap(&data, &FitOptions::default(), 10, 1).unwrap_err(),
        ] {
            assert_eq!(seen_with(&error, value), expected(kind, argument, 1), "{error}");
        }
    }
    let whole = PurchaseData::new(&[1.0], &[2.0], &[9.0], WEEK).unwrap();
    let days = Period::new(10.0, TimeUnit::Day).unwrap();
    for prediction in [
        Prediction::AliveAfter(weeks(1.5)),
        Prediction::Purchases(days),
        Prediction::PurchaseProbability(1, weeks(0.1)),
        Prediction::BuysWithin(weeks(2.5).into()),
        Prediction::DiscountedPurchases(weeks(2.5).into(), DiscountRate::NONE),
    ] {
        let error = given(PurchaseKind::BgBb).predict(&whole, prediction).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "period", None), "{error}");
    }
    let error = given(PurchaseKind::BgBb).predictive_intervals(&whole, weeks(1.5), 0.9).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "period", None));
    let error = given(PurchaseKind::BgBb).simulate(&[3.0, 3.5], weeks(1.0), 1).unwrap_err();
    assert_eq!(seen_with(&error, "3.5"), expected(ErrorKind::InvalidValue, "age", 1));
    let part = given(PurchaseKind::BgBb).simulate(&[3.0], weeks(1.5), 1);
    assert!(part.is_err() || part.unwrap().purchases(0).iter().all(|time| time.fract() == 0.0));
}

#[test]
fn weights_and_covariates_that_cannot_be() {
    for (weights, kind, row) in [
        (vec![1.0, 2.0], ErrorKind::LengthMismatch, None),
        (vec![1.0, -1.0, 1.0], ErrorKind::InvalidValue, Some(1)),
        (vec![1.0, 1.0, NAN], ErrorKind::InvalidValue, Some(2)),
        (vec![INFINITY, 1.0, 1.0], ErrorKind::InvalidValue, Some(0)),
        (vec![0.0, 0.0, 0.0], ErrorKind::InvalidValue, None),
    ] {
        let error = customers().with_weights(&weights).unwrap_err();
        assert_eq!(seen(&error), expected(kind, "weights", row), "{error}");
    }
    for (values, kind, row) in [
        (vec![1.0], ErrorKind::LengthMismatch, None),
        (vec![1.0, NAN, 1.0], ErrorKind::InvalidValue, Some(1)),
        (vec![-INFINITY, 1.0, 1.0], ErrorKind::InvalidValue, Some(0)),
    ] {
        let error = customers().with_covariate("年齢", &values).unwrap_err();
        assert_eq!(seen(&error), expected(kind, "年齢", row), "{error}");
    }
    let with = customers().with_covariate("age", &[1.0, 2.0, 3.0]).unwrap();
    for name in ["", "age"] {
        let error = with.clone().with_covariate(name, &[0.0; 3]).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "covariate", None), "{error}");
    }
    for kind in PurchaseKind::ALL {
        for (purchase, dropout, argument) in [
            (vec!["sex"], vec![], (ErrorKind::MissingColumn, "sex")),
            (vec![], vec!["age", "sex"], (ErrorKind::MissingColumn, "sex")),
            (vec!["age", "age"], vec![], (ErrorKind::InvalidArgument, "covariates")),
            (vec!["age"], vec!["age", "age"], (ErrorKind::InvalidArgument, "covariates")),
        ] {
            let options = FitOptions::default().with_covariates(purchase, dropout);
            let error = PurchaseModel::fit(kind, &with, &options).unwrap_err();
            let discrete = (ErrorKind::InvalidArgument, "covariates");
            let (error_kind, argument) = if kind.is_discrete() { discrete } else { argument };
            assert_eq!(seen(&error), expected(error_kind, argument, None), "{error}");
        }
    }
    let options = FitOptions::default().with_covariates(["age"], []);
    let model = PurchaseModel::fit(PurchaseKind::BgNbd, &with, &options).unwrap();
    let missing = expected(ErrorKind::MissingColumn, "age", None);
    assert_eq!(seen(&model.p_alive(&customers()).unwrap_err()), missing);
    assert_eq!(seen(&model.log_likelihood(&customers()).unwrap_err()), missing);
    assert_eq!(seen(&model.bootstrap(&customers(), &options, 5, 1).unwrap_err()), missing);
    let error = model.simulate(&[1.0], weeks(1.0), 1).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "model", None));
    // Values far from those of the fit may leave the range of a parameter, but no NaN comes of it.
    let far = customers().with_covariate("age", &[1e300, -1e300, 1e10]).unwrap();
    match model.expected_purchases(&far, weeks(10.0)) {
        Ok(values) => assert!(values.iter().all(|value| value.is_finite()), "{values:?}"),
        Err(error) => assert_eq!(seen(&error), expected(ErrorKind::OutOfRange, "covariates", 0), "{error}"),
    }
}

#[test]
fn parameters_that_cannot_be() {
    for kind in PurchaseKind::ALL {
        for (at, name) in kind.info().parameters.iter().enumerate() {
            for value in [0.0, -1.0, NAN, INFINITY, 1e-101, 1e101] {
                let mut parameters = [1.0; 4];
                parameters[at] = value;
                let error = PurchaseModel::from_parameters(kind, &parameters, WEEK).unwrap_err();
                assert_eq!(
                    seen_with(&error, &value.to_string()),
                    expected(ErrorKind::InvalidArgument, name, None)
                );
            }
        }
        for count in [0, 3, 5] {
            let error = PurchaseModel::from_parameters(kind, &vec![1.0; count], WEEK).unwrap_err();
            assert_eq!(
                seen_with(&error, &count.to_string()),
                expected(ErrorKind::InvalidArgument, "parameters", None)
            );
        }
    }
}

#[test]
fn options_that_make_no_sense() {
    for l2 in [-1.0, NAN, INFINITY] {
        let options = FitOptions::default().with_l2(l2);
        for kind in PurchaseKind::ALL {
            let error = PurchaseModel::fit(kind, &customers(), &options).unwrap_err();
            assert_eq!(seen_with(&error, &l2.to_string()), expected(ErrorKind::InvalidArgument, "l2", None));
            let error = given(kind).bootstrap(&customers(), &options, 10, 1).unwrap_err();
            assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "l2", None));
        }
    }
    let mut options = FitOptions::default();
    options.most_evaluations = 0;
    let error = PurchaseModel::fit(PurchaseKind::BgNbd, &customers(), &options).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "most_evaluations", None));
    for replicates in [0, 1] {
        let error = given(PurchaseKind::BgNbd)
            .bootstrap(&customers(), &FitOptions::default(), replicates, 1)
            .unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "replicates", None));
    }
    for (result, argument) in [
        (PurchaseKind::from_name("nbd").map(|_| ()), "model"),
        (PurchaseKind::from_name("").map(|_| ()), "model"),
        (PurchaseKind::from_code(-1).map(|_| ()), "model"),
        (PurchaseKind::from_code(4).map(|_| ()), "model"),
    ] {
        assert_eq!(seen(&result.unwrap_err()), expected(ErrorKind::InvalidArgument, argument, None));
    }
}

#[test]
fn questions_that_make_no_sense() {
    for length in [-1.0, NAN, INFINITY] {
        let error = Period::new(length, WEEK).unwrap_err();
        assert_eq!(
            seen_with(&error, &length.to_string()),
            expected(ErrorKind::InvalidArgument, "period", None)
        );
        for error in [
            DiscountRate::annual(length).unwrap_err(),
            DiscountRate::per(length, WEEK).unwrap_err(),
            DiscountRate::continuous_per(length, WEEK).unwrap_err(),
        ] {
            assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "discount_rate", None));
        }
    }
    let fitted = |kind| PurchaseModel::fit(kind, &customers(), &FitOptions::default().with_l2(0.1)).unwrap();
    for kind in PurchaseKind::ALL {
        let model = given(kind);
        let forever = Prediction::DiscountedPurchases(Horizon::Forever, DiscountRate::NONE);
        let error = model.predict(&customers(), forever).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "discount_rate", None));
        for share in [0.0, 1.0, -0.5, 1.5, NAN] {
            let error = model.predict(&customers(), Prediction::TimeToNext(share)).unwrap_err();
            assert_eq!(
                seen_with(&error, &share.to_string()),
                expected(ErrorKind::InvalidArgument, "quantile", None)
            );
        }
        let model = fitted(kind);
        let bootstrap = model.bootstrap(&customers(), &FitOptions::default().with_l2(0.1), 5, 1).unwrap();
        for level in [0.0, 1.0, 95.0, -1.0, NAN] {
            let asked = Prediction::Alive;
            for error in [
                model.confidence_intervals(&customers(), asked, level).unwrap_err(),
                model.report().unwrap().confidence_intervals(level).unwrap_err(),
                bootstrap.confidence_intervals(&customers(), asked, level).unwrap_err(),
                bootstrap.estimate_intervals(level).unwrap_err(),
                model.predictive_intervals(&customers(), weeks(2.0), level).unwrap_err(),
            ] {
                assert_eq!(
                    seen_with(&error, &level.to_string()),
                    expected(ErrorKind::InvalidArgument, "confidence_level", None)
                );
            }
        }
        let error = given(kind).confidence_intervals(&customers(), Prediction::Alive, 0.9).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "model", None));
    }
    let many = PurchaseModel::from_parameters(PurchaseKind::BgNbd, &[1e5, 1e-3, 1e-3, 1e5], WEEK).unwrap();
    let error = many.simulate(&[1e9; 3], weeks(0.0), 1).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::OutOfRange, "age", None));
    for age in [-1.0, NAN, INFINITY] {
        let error = many.simulate(&[1.0, age], weeks(0.0), 1).unwrap_err();
        assert_eq!(seen_with(&error, &age.to_string()), expected(ErrorKind::InvalidValue, "age", 1));
    }
}

#[test]
fn data_in_another_unit() {
    let days = PurchaseData::new(&[2.0], &[5.0], &[9.0], TimeUnit::Day).unwrap();
    for kind in PurchaseKind::ALL {
        let model = given(kind);
        for error in [
            model.p_alive(&days).unwrap_err(),
            model.log_likelihood(&days).unwrap_err(),
            model.expected_purchases(&days, weeks(1.0)).unwrap_err(),
            model.predictive_intervals(&days, weeks(1.0), 0.9).unwrap_err(),
            model.confidence_intervals(&days, Prediction::Alive, 0.9).unwrap_err(),
            model.bootstrap(&days, &FitOptions::default(), 10, 1).unwrap_err(),
        ] {
            assert_eq!(seen_with(&error, "week"), expected(ErrorKind::Incompatible, "time_unit", None));
        }
    }
}
