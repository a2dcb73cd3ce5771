//! Hard points of BG/BB, sBG and Gamma-Gamma with truth of 20 digits, from `tests/oracles/make_clv_grid.py`.

use serde_json::Value;

use crm_core::clv::{
    DiscountRate, Horizon, Prediction, PurchaseData, PurchaseKind, PurchaseModel, RetentionModel, SpendData,
    SpendModel,
};
use crm_core::customer::{Period, Policy, TimeUnit};

const UNIT: TimeUnit = TimeUnit::YearMean;
/// Relative error that a value may have; below 1e-300 the absolute one counts.
const TOLERANCE: f64 = 1e-9;

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

/// A point, and what of it is wrong.
struct Point<'a> {
    given: &'a Value,
    wrong: Vec<String>,
    compared: usize,
}

impl Point<'_> {
    fn field(&self, name: &str) -> f64 {
        number(&self.given[name]).unwrap()
    }

    fn count(&self, name: &str) -> u32 {
        self.field(name) as u32
    }

    fn parameters(&self) -> Vec<f64> {
        self.given["params"].as_array().unwrap().iter().map(|value| number(value).unwrap()).collect()
    }

    fn compare(&mut self, name: &str, value: Option<f64>) {
        let truth = number(&self.given["truth"][name]);
        let error = match (value, truth) {
            (Some(value), Some(truth)) => {
                let error = (value - truth).abs();
                error <= TOLERANCE * truth.abs() || error < 1e-300
            }
            (value, truth) => value.is_none() && truth.is_none(),
        };
        self.compared += 1;
        if !error {
            self.wrong.push(format!("{} {name}: {value:?}, truth {truth:?}", self.given["id"]));
        }
    }

    fn bg_bb(&mut self) {
        let model = PurchaseModel::from_parameters(PurchaseKind::BgBb, &self.parameters(), UNIT).unwrap();
        let (x, last, n) = (self.field("x"), self.field("t_x"), self.field("n"));
        let customer = PurchaseData::new(&[x], &[last], &[n], UNIT).unwrap();
        let newcomer = PurchaseData::newcomers(1, UNIT).unwrap();
        let period = |length| Period::new(length, UNIT).unwrap();
        let rate = DiscountRate::per(self.field("d"), UNIT).unwrap();
        let (ahead, later, observed) =
            (period(self.field("n_star")), period(self.field("m")), period(self.field("n")));
        let predict = |data: &PurchaseData, prediction| Some(model.predict(data, prediction).unwrap()[0]);
        self.compare("loglik", model.log_likelihood(&customer).ok());
        self.compare("p_alive", predict(&customer, Prediction::Alive));
        self.compare("p_alive_after", predict(&customer, Prediction::AliveAfter(later)));
        self.compare("cet", predict(&customer, Prediction::Purchases(ahead)));
        let forever = Prediction::DiscountedPurchases(Horizon::Forever, rate);
        self.compare("dert", predict(&customer, forever));
        self.compare("ex", predict(&newcomer, Prediction::Purchases(observed)));
        let bought = Prediction::PurchaseProbability(self.count("x"), observed);
        self.compare("pmf", predict(&newcomer, bought));
        let buys = Prediction::PurchaseProbability(self.count("k"), ahead);
        self.compare("cpmf", predict(&customer, buys));
    }

    fn sbg(&mut self) {
        let parameters = self.parameters();
        let model = RetentionModel::from_parameters(parameters[0], parameters[1], UNIT).unwrap();
        let (t, rate) = (self.count("t"), DiscountRate::per(self.field("d"), UNIT).unwrap());
        self.compare("survival", Some(model.survival(t)));
        self.compare("delt", Some(model.discounted_lifetime(Horizon::Forever, rate)));
        if t > 0 {
            self.compare("churn_pmf", Some(model.churn_probability(t)));
            self.compare("retention", Some(model.retention_rate(t)));
            let residual = model.discounted_residual_lifetime(t - 1, Horizon::Forever, rate);
            self.compare("derl", Some(residual));
        }
    }

    fn gamma_gamma(&mut self) {
        let parameters = self.parameters();
        let model = SpendModel::from_parameters(parameters[0], parameters[1], parameters[2]).unwrap();
        let (x, mean) = (self.field("x"), self.field("mean"));
        if x > 0.0 {
            let data = SpendData::new(&[x], &[mean], Policy::Raise).unwrap();
            self.compare("loglik", model.log_likelihood(&data).ok());
        }
        let expected = model.expected_mean_spend_where_defined(&[x], &[mean]).unwrap()[0];
        self.compare("mean", expected);
        self.compare("population_mean", model.population_mean().ok());
    }
}

#[test]
fn a_grid_of_hard_points_in_discrete_time() {
    let text = include_str!("../../../tests/cases/clv/grid_discrete.json");
    let grid: Value = serde_json::from_str(text).unwrap();
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for given in grid["points"].as_array().unwrap() {
        let mut point = Point { given, wrong: Vec::new(), compared: 0 };
        match point.given["model"].as_str().unwrap() {
            "bgbb" => point.bg_bb(),
            "sbg" => point.sbg(),
            "gg" => point.gamma_gamma(),
            other => panic!("{other}"),
        }
        wrong.extend(point.wrong);
        compared += point.compared;
    }
    assert!(compared > 900, "only {compared} comparisons");
    assert!(wrong.is_empty(), "{} of {compared} wrong\n{}", wrong.len(), wrong.join("\n"));
}
