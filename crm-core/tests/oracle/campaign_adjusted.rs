//! Revenue less what goes along with a covariate, against 50-digit arithmetic: `tests/cases/campaign/adjusted.json`.

use crm_core::campaign::{Arm, CampaignEffect, CampaignMetric, CampaignOutcomes, MeasureOptions};
use crm_core::customer::IdColumn;
use crm_core::experiment::{Alternative, IntervalKind};
use serde_json::Value;

/// A number, or the text of one with more digits than a double has.
fn number(value: &Value) -> f64 {
    value.as_str().map_or_else(|| value.as_f64().unwrap(), |text| text.parse().unwrap())
}

fn near(what: &str, value: f64, expected: &Value, tolerance: f64) {
    let expected = number(expected);
    let close = value == expected || (value - expected).abs() <= tolerance * expected.abs().max(1e-3);
    assert!(close, "{what}: {value:e}, not {expected:e}");
}

fn measured(case: &Value, alternative: Alternative) -> CampaignEffect {
    let (mut arms, mut before, mut revenue) = (Vec::new(), Vec::new(), Vec::new());
    for (side, name) in [("target", "mail"), ("control", "none")] {
        for row in case[side]["rows"].as_array().unwrap() {
            before.push(number(&row[0]));
            revenue.push(number(&row[1]));
        }
        arms.resize(arms.len() + case[side]["count"].as_u64().unwrap() as usize, name);
        before.resize(arms.len(), 0.0);
        revenue.resize(arms.len(), 0.0);
    }
    let planned = [Arm::target("mail", 1.0), Arm::control("none", 1.0)];
    let report = CampaignOutcomes::new(&IdColumn::Text(&arms), &planned)
        .unwrap()
        .with_metric(CampaignMetric::Revenue, &revenue)
        .unwrap()
        .with_covariate(&before)
        .unwrap()
        .measure(&MeasureOptions { alternative, ..MeasureOptions::default() })
        .unwrap();
    report.overall("mail", CampaignMetric::Revenue).unwrap().clone()
}

#[test]
fn adjusted_revenue_by_its_equations() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/cases/campaign/adjusted.json");
    let all: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = all["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 9);
    assert!(cases.iter().filter(|case| number(&case["shape"]["tails"]) > 0.0).count() >= 4);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        for alternative in Alternative::ALL.iter().copied() {
            let found = measured(case, alternative).result;
            near(name, found.ln_p_value, &case["ln_p"][alternative.name()], 1e-11);
        }
        let found = measured(case, Alternative::TwoSided);
        near(name, found.result.difference, &case["difference"], 1e-12);
        near(name, found.result.statistic, &case["statistic"], 1e-12);
        near(name, found.result.interval.lower, &case["interval"][0], 1e-11);
        near(name, found.result.interval.upper, &case["interval"][1], 1e-11);
        if !case["lift"].is_null() {
            assert_eq!(found.lift_interval.kind, IntervalKind::Bounded, "{name}");
            near(name, found.lift_interval.lower, &case["lift"][0], 1e-11);
            near(name, found.lift_interval.upper, &case["lift"][1], 1e-11);
        }
    }
}
