//! Data that hold no estimate: an error, or a fit with a flag that says why; never a silent number.

use crm_core::clv::{FitOptions, FitWarning, PurchaseData, PurchaseKind, PurchaseModel};
use crm_core::customer::Period;

use super::clv::{WEEK, customers, given};
use super::*;

fn fit(kind: PurchaseKind, data: &PurchaseData) -> Result<PurchaseModel, Error> {
    PurchaseModel::fit(kind, data, &FitOptions::default())
}

fn warned(model: &PurchaseModel) -> Vec<&'static str> {
    model.report().unwrap().warnings().iter().map(FitWarning::name).collect()
}

/// Whatever comes out is finite, and says that it is not to be relied on.
fn check_flagged(model: &PurchaseModel, data: &PurchaseData) {
    let report = model.report().unwrap();
    assert!(!report.is_sound(), "{} {:?}", model.kind().name(), model.parameters());
    assert!(report.warnings().iter().all(|warning| warning.to_string().len() > 20));
    assert!(model.parameters().iter().all(|value| *value > 0.0 && value.is_finite()));
    assert!(report.log_likelihood().is_finite());
    for alive in model.p_alive(data).unwrap() {
        assert!((0.0..=1.0).contains(&alive), "{alive}");
    }
    let year = Period::new(52.0, WEEK).unwrap();
    for purchases in model.expected_purchases(data, year).unwrap() {
        assert!((0.0..f64::INFINITY).contains(&purchases), "{purchases}");
    }
    // A saved flag is a flag still.
    let read = PurchaseModel::from_json(&model.to_json().unwrap()).unwrap();
    assert_eq!(warned(&read), warned(model));
}

#[test]
fn nobody_came_back() {
    for data in [
        PurchaseData::new(&[0.0; 50], &[0.0; 50], &[9.0; 50], WEEK).unwrap(),
        PurchaseData::new(&[0.0; 50], &[0.0; 50], &[0.0; 50], WEEK).unwrap(),
        PurchaseData::newcomers(3, WEEK).unwrap(),
        customers().with_weights(&[0.0, 1.0, 0.0]).unwrap(),
    ] {
        for kind in PurchaseKind::ALL {
            let error = fit(kind, &data).unwrap_err();
            assert_eq!(seen(&error), expected(ErrorKind::InvalidValue, "repeat_purchases", None));
            let nothing = "no customer has a repeat purchase: there is nothing to estimate from";
            assert!(error.to_string().contains(nothing), "{error}");
        }
    }
}

#[test]
fn one_customer_or_equal_customers() {
    for kind in PurchaseKind::ALL {
        for rows in [1, 500] {
            for (x, last, age) in [(2.0, 5.0, 9.0), (1.0, 9.0, 9.0), (9.0, 9.0, 9.0), (1.0, 1.0, 1.0)] {
                let data =
                    PurchaseData::new(&vec![x; rows], &vec![last; rows], &vec![age; rows], WEEK).unwrap();
                let model = fit(kind, &data).unwrap();
                check_flagged(&model, &data);
                assert_eq!(warned(&model).contains(&"few_customers"), rows == 1);
            }
        }
    }
}

/// Customers who differ in nothing but chance: simulated with parameters so large that rates hardly vary.
#[test]
fn customers_who_do_not_differ() {
    for (kind, parameters) in [
        (PurchaseKind::BgNbd, [0.5, 5.0, 1e7, 3e7]),
        (PurchaseKind::MbgNbd, [0.5, 5.0, 1e7, 3e7]),
        (PurchaseKind::BgNbd, [1e8, 1e9, 0.8, 2.4]),
        (PurchaseKind::ParetoNbd, [0.5, 5.0, 1e7, 3e8]),
        (PurchaseKind::ParetoNbd, [1e8, 1e9, 0.6, 10.0]),
        (PurchaseKind::BgBb, [1e7, 1e7, 0.6, 2.8]),
        (PurchaseKind::BgBb, [1.2, 0.8, 1e7, 4e7]),
    ] {
        // By chance, many sets look as if customers differed a little.
        let mut flagged = 0;
        for seed in 0..6 {
            let model = PurchaseModel::from_parameters(kind, &parameters, WEEK).unwrap();
            let ages = vec![if kind.is_discrete() { 8.0 } else { 50.0 }; 1000];
            let data = model.simulate(&ages, Period::new(0.0, WEEK).unwrap(), seed).unwrap().data().unwrap();
            let fitted = fit(kind, &data).unwrap();
            if !fitted.report().unwrap().is_sound() {
                check_flagged(&fitted, &data);
                let reasons = ["boundary", "not_identified", "ill_conditioned"];
                let names = warned(&fitted);
                flagged += u32::from(names.iter().any(|name| reasons.contains(name)));
            }
        }
        assert!(flagged >= 1, "{} {parameters:?}: {flagged}", kind.name());
    }
}

#[test]
fn ages_in_no_proportion() {
    let mut x = vec![0.0; 120];
    let mut last = vec![0.0; 120];
    let mut age: Vec<f64> = (0..120).map(|row| 10f64.powi(row % 12 - 4)).collect();
    for row in 0..120 {
        if row % 3 == 0 {
            x[row] = 1.0 + (row % 7) as f64;
            last[row] = age[row] * (1.0 - (row % 5) as f64 / 5.0);
        }
    }
    age[0] = 1e15;
    let data = PurchaseData::new(&x, &last, &age, WEEK).unwrap();
    let tiny = PurchaseData::new(&[1.0, 0.0, 2.0], &[1e-300, 0.0, 2e-300], &[5e-300; 3], WEEK).unwrap();
    let huge = PurchaseData::new(&[1.0, 0.0, 2.0], &[1e14, 0.0, 2e14], &[1e15; 3], WEEK).unwrap();
    let often = PurchaseData::new(&[1e9, 0.0, 2e8], &[3.0, 0.0, 2.0], &[5.0; 3], WEEK).unwrap();
    for kind in [PurchaseKind::BgNbd, PurchaseKind::MbgNbd, PurchaseKind::ParetoNbd] {
        for data in [&data, &tiny, &huge, &often] {
            match fit(kind, data) {
                Ok(model) => {
                    assert!(
                        model.parameters().iter().all(|value| value.is_finite()),
                        "{:?}",
                        model.parameters()
                    );
                    assert!(model.p_alive(data).unwrap().iter().all(|alive| (0.0..=1.0).contains(alive)));
                    if data.len() == 3 {
                        check_flagged(&model, data);
                    }
                }
                // Parameters that a model cannot have are an error that names one.
                Err(error) => assert!(error.argument_name().is_some(), "{error}"),
            }
        }
    }
}

#[test]
fn too_few_evaluations_are_said() {
    let mut options = FitOptions::default();
    options.most_evaluations = 1;
    for kind in PurchaseKind::ALL {
        let ages = vec![if kind.is_discrete() { 8.0 } else { 50.0 }; 300];
        let data = given(kind).simulate(&ages, Period::new(0.0, WEEK).unwrap(), 1).unwrap().data().unwrap();
        let model = PurchaseModel::fit(kind, &data, &options).unwrap();
        assert!(warned(&model).contains(&"not_converged") && !model.report().unwrap().converged());
        check_flagged(&model, &data);
    }
}

#[test]
fn damaged_models() {
    for kind in PurchaseKind::ALL {
        let ages = vec![if kind.is_discrete() { 8.0 } else { 50.0 }; 300];
        let data = given(kind).simulate(&ages, Period::new(0.0, WEEK).unwrap(), 1).unwrap().data().unwrap();
        let text = fit(kind, &data).unwrap().to_json().unwrap();
        assert!(PurchaseModel::from_json(&text).is_ok());
        let check = |text: &str, kind: ErrorKind| {
            let error = PurchaseModel::from_json(text).unwrap_err();
            assert_eq!(seen(&error), expected(kind, "json", None), "{text:.60}: {error}");
        };
        for end in 0..text.len() {
            check(&text[..end], ErrorKind::Corrupt);
        }
        check(&text.replace("\"version\":1", "\"version\":2"), ErrorKind::Incompatible);
        for (from, to) in [
            ("\"version\":1", "\"version\":-1"),
            ("\"version\":1", "\"version\":1.5"),
            ("\"version\":1,", ""),
            ("\"unit\":\"week\"", "\"unit\":\"fortnight\""),
            ("\"parameters\":[", "\"parameters\":[1.0,"),
            ("\"parameters\":[", "\"parameters\":[-"),
            ("\"parameters\":[", "\"parameters\":[1e999,"),
            ("\"customers\":300.0", "\"customers\":\"many\""),
            ("\"estimates\":[", "\"estimates\":[1.0,"),
            ("\"held\":[", "\"held\":[true,"),
            ("\"log_covariance\":[", "\"log_covariance\":[1.0,"),
            ("\"names\":[", "\"names\":[\"r\","),
            ("\"parameters\":4", "\"parameters\":5"),
            (
                "\"effects\":[]",
                "\"effects\":[{\"parameter\":7,\"sign\":1.0,\"label\":\"r\",\"covariate\":\"a\",\"coefficient\":0.0}]",
            ),
            (kind.name(), "sbg"),
        ] {
            assert!(text.contains(from), "{from} is not in {text}");
            check(&text.replacen(from, to, 1), ErrorKind::Corrupt);
        }
        for other in
            ["", "null", "[]", "{}", "1", "\"version\"", "{\"version\":1}", "\u{0}", "{\"version\":1e400}"]
        {
            check(other, ErrorKind::Corrupt);
        }
        check(&"[".repeat(100_000), ErrorKind::Corrupt);
        check(&format!("{{\"version\":1,\"x\":{}", "9".repeat(1_000_000)), ErrorKind::Corrupt);
        // A model with given parameters has no report that would tell.
        let plain = given(kind).to_json().unwrap();
        for wrong in ["-0.5", "0.0", "1e300", "null"] {
            check(&plain.replacen("[0.5,", &format!("[{wrong},"), 1), ErrorKind::Corrupt);
        }
        // Any damaged byte gives an error or a model that answers.
        let mut bytes = text.clone().into_bytes();
        for at in 0..bytes.len() {
            let was = bytes[at];
            for byte in [b'0', b'9', b'-', b'e', b'"', b',', b'x'] {
                bytes[at] = byte;
                if let Ok(model) = PurchaseModel::from_json(std::str::from_utf8(&bytes).unwrap())
                    && model.kind() == kind
                    && let Ok(alive) = model.p_alive(&data)
                {
                    assert!(alive.iter().all(|alive| (0.0..=1.0).contains(alive)), "{at} {byte}");
                }
            }
            bytes[at] = was;
        }
    }
}
