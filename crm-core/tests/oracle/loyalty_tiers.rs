//! Tiers as the documentation of loyalty platforms prints them.

use crm_core::ErrorKind;
use crm_core::customer::{Day, Money};
use crm_core::loyalty::{
    Tier, TierDowngrade, TierMeasure, TierMeasures, TierOptions, TierPeriod, TierQualification, TierRules,
};
use serde_json::{Value, json};

fn rules(tiers: &[(&str, f64)], measure: TierMeasure) -> TierRules {
    let options = TierOptions {
        period: TierPeriod::Unbounded,
        downgrade: TierDowngrade::Immediate,
        ..TierOptions::default()
    };
    let tier =
        |&(name, least): &(&str, f64)| Tier::new(name, TierQualification::at_least(measure, least).unwrap());
    TierRules::new(tiers.iter().map(tier), options).unwrap()
}

/// Voucherify, "Tier qualification" (support.voucherify.io/article/587-tier-qualification): tiers by the balance of points, immediate.
#[test]
fn balance_tiers_of_voucherify() {
    let tiers = [("Basic", 0.0), ("Silver", 100.0), ("Gold", 500.0), ("Platinum", 1000.0)];
    let rules = rules(&tiers, TierMeasure::PointsBalance);
    let mut state = rules.start(Day::parse("2023-01-01").unwrap());
    let mut balance = 0;
    let mut seen = Vec::new();
    for (date, points) in [("2023-01-10", 100), ("2023-02-15", -50), ("2023-02-25", 500)] {
        balance += points;
        let measures = TierMeasures { points_balance: Some(balance), ..Default::default() };
        let changes = rules.qualify(&mut state, Day::parse(date).unwrap(), &measures).unwrap();
        seen.push(rules.tiers()[changes[0].to.unwrap()].name.clone());
    }
    assert_eq!(seen, ["Silver", "Basic", "Gold"]);
}

/// Talon.One, "Use loyalty tiers" (docs.talon.one): a tier ends one below the next one's start; below the first there is none.
#[test]
fn threshold_tiers_of_talon_one() {
    let rules =
        rules(&[("Bronze", 100.0), ("Silver", 200.0), ("Gold", 300.0)], TierMeasure::QualifyingPoints);
    let expected = [
        (99, None),
        (100, Some("Bronze")),
        (199, Some("Bronze")),
        (200, Some("Silver")),
        (299, Some("Silver")),
        (300, Some("Gold")),
        (350, Some("Gold")),
    ];
    for (points, tier) in expected {
        let mut state = rules.start(Day::parse("2023-01-01").unwrap());
        let measures = TierMeasures { qualifying_points: points, ..Default::default() };
        rules.qualify(&mut state, Day::parse("2023-01-02").unwrap(), &measures).unwrap();
        assert_eq!(state.tier().map(|tier| rules.tiers()[tier].name.as_str()), tier, "{points}");
    }
}

/// The shared cases in `tests/cases/loyalty/tiers.json`: Rust, Python and C must give these changes and standings.
#[test]
fn shared_cases_of_tiers() {
    let file: Value = serde_json::from_str(include_str!("../../../tests/cases/loyalty/tiers.json")).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert!(cases.len() > 5);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let rules = TierRules::from_json(case["rules"].as_str().unwrap()).unwrap();
        let day = |value: &Value| Day::parse(value.as_str().unwrap()).unwrap();
        let mut state = rules.start(day(&case["joined"]));
        let mut changes = Vec::new();
        for event in case["events"].as_array().unwrap() {
            let measures = TierMeasures {
                qualifying_points: event["qualifying_points"].as_i64().unwrap_or(0),
                spend: Money::from_f64(event["spend"].as_f64().unwrap_or(0.0)).unwrap(),
                orders: event["orders"].as_i64().unwrap_or(0),
                points_balance: event["points_balance"].as_i64(),
                score: event["score"].as_f64(),
            };
            changes.extend(rules.qualify(&mut state, day(&event["day"]), &measures).unwrap());
        }
        let last = day(&case["last"]);
        changes.extend(rules.advance(&mut state, last).unwrap());
        let tier = |tier: Option<usize>| tier.map_or(Value::Null, |tier| json!(rules.tiers()[tier].name));
        let told: Vec<Value> = changes
            .iter()
            .map(|change| {
                json!([change.day.to_string(), tier(change.from), tier(change.to), change.reason.name()])
            })
            .collect();
        assert_eq!(Value::from(told), case["changes"], "{name}");
        let status = rules.status(&state, last).unwrap();
        let next = status.to_next.unwrap_or_default();
        let money = |money: Option<Money>| json!(money.map(Money::to_f64));
        for (key, expected) in case["standing"].as_object().unwrap() {
            let value = match key.as_str() {
                "tier" => tier(status.tier),
                "since" => json!(status.since.to_string()),
                "expires" => json!(status.expires.map(|day| day.to_string())),
                "reason" => json!(status.reason.name()),
                "qualifying_points_to_keep" => json!(status.to_keep.qualifying_points),
                "points_balance_to_keep" => json!(status.to_keep.points_balance),
                "qualifying_points_to_next" => json!(next.qualifying_points),
                "points_balance_to_next" => json!(next.points_balance),
                "orders_to_next" => json!(next.orders),
                "spend_to_next" => money(next.spend),
                "score_to_next" => json!(next.score),
                other => panic!("{other}"),
            };
            let same = value == *expected || value.is_number() && value.as_f64() == expected.as_f64();
            assert!(same, "{name}, {key}: {value} for {expected}");
        }
    }
    for case in file["refused"].as_array().unwrap() {
        let error = TierRules::from_json(case["rules"].as_str().unwrap()).unwrap_err();
        let kind = if case["kind"] == "corrupt" { ErrorKind::Corrupt } else { ErrorKind::InvalidArgument };
        assert_eq!((error.kind(), error.argument_name()), (kind, case["argument"].as_str()), "{error}");
    }
}
