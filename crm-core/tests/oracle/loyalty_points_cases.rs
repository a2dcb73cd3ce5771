//! The shared cases in `tests/cases/loyalty/points.json`, worked out by hand: Rust, Python and C must give these numbers.

use std::fs;
use std::path::Path;

use crm_core::Result;
use crm_core::customer::Money;
use crm_core::loyalty::{LoyaltyProgram, PointsEntries, PointsLedger, PointsRevenue};
use serde_json::Value;

use crate::loyalty_events::{column, with_events};

const MICROS_PER_DAY: i64 = 86_400_000_000;

fn apply(ledger: &mut PointsLedger, events: &Value) -> Result<PointsEntries> {
    with_events(events, |batch| ledger.apply(batch))
}

fn file() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/loyalty/points.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn histories_come_out_as_worked_out_by_hand() {
    for case in file()["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let mut ledger = PointsLedger::new(LoyaltyProgram::from_json(&case["rules"].to_string()).unwrap());
        let result = apply(&mut ledger, &case["events"]);
        if let Some(expected) = case.get("error") {
            let error = result.unwrap_err();
            assert_eq!(format!("{:?}", error.kind()), expected["kind"].as_str().unwrap(), "{name}");
            assert_eq!(error.argument_name(), expected["argument"].as_str(), "{name}");
            assert_eq!(error.row(), expected["row"].as_u64(), "{name}");
            assert!(ledger.is_empty(), "{name}");
            continue;
        }
        let entries = result.unwrap();
        ledger.verify().unwrap();
        if let Some(postings) = case.get("postings") {
            let made: Vec<_> =
                entries.kinds.iter().map(|kind| kind.name()).zip(entries.points.iter().copied()).collect();
            let expected: Vec<_> = postings
                .as_array()
                .unwrap()
                .iter()
                .map(|posting| (posting["kind"].as_str().unwrap(), posting["points"].as_i64().unwrap()))
                .collect();
            assert_eq!(made, expected, "{name}");
        }
        for expected in case["balances"].as_array().unwrap() {
            let found = ledger.balances(expected["as_of"].as_i64().unwrap() * MICROS_PER_DAY).unwrap();
            let integers = |name: &str| -> Vec<i64> {
                column(expected, name).iter().map(|value| value.as_i64().unwrap()).collect()
            };
            let ids: Vec<String> = found.customer_ids.iter().map(|id| id.to_string()).collect();
            let members: Vec<_> =
                column(expected, "customer_id").iter().map(|id| id.as_str().unwrap()).collect();
            assert_eq!(ids, members, "{name}");
            assert_eq!(found.available, integers("available"), "{name}");
            assert_eq!(found.pending, integers("pending"), "{name}");
            assert_eq!(found.owed, integers("owed"), "{name}");
            assert_eq!(found.next_expiry_points, integers("next_expiry_points"), "{name}");
            let next: Vec<i64> = column(expected, "next_expiry_day")
                .iter()
                .map(|day| day.as_i64().map_or(i64::MAX, |day| day * MICROS_PER_DAY))
                .collect();
            assert_eq!(found.next_expiry_at, next, "{name}");
        }
    }
}

#[test]
fn revenue_is_as_published() {
    for case in file()["revenue"].as_array().unwrap() {
        let integers = |name: &str| -> Vec<i64> {
            column(case, name).iter().map(|value| value.as_i64().unwrap()).collect()
        };
        let allocated = Money::parse(case["allocated"].as_str().unwrap()).unwrap();
        let found =
            PointsRevenue::recognize(allocated, &integers("redeemed"), &integers("expected")).unwrap();
        let whole = |amounts: &[Money]| {
            amounts.iter().map(|amount| amount.to_f64().round() as i64).collect::<Vec<_>>()
        };
        assert_eq!(whole(&found.revenue), integers("revenue"));
        assert_eq!(whole(&found.liability), integers("liability"));
    }
}
