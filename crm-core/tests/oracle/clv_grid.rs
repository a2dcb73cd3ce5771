//! Hard points with truth of 20 to 30 digits, from `tests/oracles/make_clv_grid.py` and from a public sample.

use serde_json::Value;

use crm_core::clv::{DiscountRate, Horizon, Prediction, PurchaseData, PurchaseKind, PurchaseModel};
use crm_core::customer::{Period, TimeUnit};

/// Relative error that a value may have; below 1e-300 the absolute one counts.
const TOLERANCE: f64 = 1e-9;

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn close(value: f64, truth: f64) -> bool {
    let error = (value - truth).abs();
    error <= TOLERANCE * truth.abs() || error < 1e-300
}

/// Checks one point; returns the quantities that are wrong, and how many were compared.
fn check(point: &Value) -> (Vec<String>, usize) {
    let field = |name: &str| number(&point[name]).unwrap();
    let kind = match point["model"].as_str().unwrap() {
        "bgnbd" => PurchaseKind::BgNbd,
        "mbgnbd" => PurchaseKind::MbgNbd,
        "pnbd" => PurchaseKind::ParetoNbd,
        other => panic!("{other}"),
    };
    let parameters: Vec<f64> =
        point["params"].as_array().unwrap().iter().map(|p| number(p).unwrap()).collect();
    let unit = TimeUnit::Week;
    let model = PurchaseModel::from_parameters(kind, &parameters, unit).unwrap();
    let customer = PurchaseData::new(&[field("x")], &[field("t_x")], &[field("T")], unit).unwrap();
    let newcomer = PurchaseData::new(&[0.0], &[0.0], &[0.0], unit).unwrap();
    let period = Period::new(field("t"), unit).unwrap();
    let rate = DiscountRate::continuous_per(field("delta"), unit).unwrap();
    let predict = |data: &PurchaseData, prediction: Prediction| model.predict(data, prediction).unwrap()[0];
    let (mut wrong, mut compared) = (Vec::new(), 0);
    let mut compare = |name: &str, value: &dyn Fn() -> f64| {
        if let Some(truth) = number(&point["truth"][name]) {
            compared += 1;
            let value = value();
            if !close(value, truth) {
                wrong.push(format!(
                    "{} {name}: {value:e}, truth {truth:e}, relative {:.1e}",
                    point["id"],
                    (value / truth - 1.0).abs()
                ));
            }
        }
    };
    let count = |name: &str| number(&point[name]).unwrap_or(0.0) as u32;
    compare("loglik", &|| model.log_likelihood(&customer).unwrap());
    compare("p_alive", &|| predict(&customer, Prediction::Alive));
    compare("p_alive_after", &|| predict(&customer, Prediction::AliveAfter(period)));
    compare("cet", &|| predict(&customer, Prediction::Purchases(period)));
    compare("ex", &|| predict(&newcomer, Prediction::Purchases(period)));
    compare("dert", &|| predict(&customer, Prediction::DiscountedPurchases(Horizon::Forever, rate)));
    compare("dect", &|| predict(&customer, Prediction::DiscountedPurchases(period.into(), rate)));
    compare("pmf", &|| predict(&newcomer, Prediction::PurchaseProbability(count("n_pmf"), period)));
    compare("cpmf", &|| predict(&customer, Prediction::PurchaseProbability(count("k"), period)));
    compare("p_again", &|| predict(&customer, Prediction::BuysWithin(Horizon::Forever)));
    (wrong, compared)
}

fn check_file(text: &str) {
    let points: Value = serde_json::from_str(text).unwrap();
    let points = points.as_array().or_else(|| points["points"].as_array()).unwrap();
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for point in points {
        let (bad, count) = check(point);
        wrong.extend(bad);
        compared += count;
    }
    assert!(compared > 4 * points.len(), "{compared} comparisons of {} points", points.len());
    assert!(wrong.is_empty(), "{} of {compared} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_larger_grid_of_hard_points() {
    check_file(include_str!("../../../tests/cases/clv/grid_continuous.json"));
}

#[test]
fn the_public_sample_of_hard_points() {
    check_file(include_str!("../../../tests/cases/clv/stress_sample.json"));
}
