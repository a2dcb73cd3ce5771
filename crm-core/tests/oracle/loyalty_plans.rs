//! The shared cases in `tests/cases/loyalty/simulation.json` and `rewards.json`, worked out by hand: Rust, Python and C must give these numbers.

use crm_core::customer::{Day, Money};
use crm_core::loyalty::{
    Breakage, Decimal, LoyaltyProgram, ProgramSimulation, RewardCatalogue, RewardGrant, RewardMember,
    RewardObstacle, RewardObstacles, ScoreObservations, SimulatedProgram, SimulatedRules, SimulationOptions,
    TierGap, TierRules, WinnersAndLosers,
};
use serde_json::{Value, json};

use crate::loyalty_events::{column, days, texts, with_events};

const MICROS_PER_DAY: i64 = 86_400_000_000;

fn money(value: &Value) -> Money {
    Money::from_f64(value.as_f64().unwrap_or(0.0)).unwrap()
}

fn simulated(case: &Value) -> ProgramSimulation {
    let program = |name: &str| LoyaltyProgram::from_json(&case[name].to_string()).unwrap();
    let tiers = |name: &str| case[name].as_str().map(|text| TierRules::from_json(text).unwrap());
    let (before, after) = (program("before"), program("after"));
    let (tiers_before, tiers_after) = (tiers("tiers_before"), tiers("tiers_after"));
    let given = &case["options"];
    let options = SimulationOptions {
        as_of: case["as_of"].as_i64().unwrap() * MICROS_PER_DAY,
        cost_per_point: money(&given["cost_per_point"]),
        value_per_point: money(&given["value_per_point"]),
        breakage: Breakage::Given(Decimal::from_micros(
            i64::try_from(money(&given["breakage"]).micros()).unwrap(),
        )),
        close: TierGap {
            qualifying_points: given["close_points"].as_i64(),
            score: given["close_score"].as_f64(),
            ..TierGap::default()
        },
    };
    let before = SimulatedRules { program: &before, tiers: tiers_before.as_ref() };
    let after = SimulatedRules { program: &after, tiers: tiers_after.as_ref() };
    with_events(&case["events"], |batch| {
        let history = std::slice::from_ref(batch);
        if case["scores"].is_null() {
            return ProgramSimulation::run(history, &[], before, after, &options).unwrap();
        }
        let days = days(&case["scores"], "day");
        let scores: Vec<f64> =
            column(&case["scores"], "score").iter().map(|score| score.as_f64().unwrap()).collect();
        let customers = texts(&case["scores"], "customer_id");
        let scores = ScoreObservations::new(customers, (&days).into(), (&scores).into()).unwrap();
        ProgramSimulation::run(history, &[scores], before, after, &options).unwrap()
    })
}

fn as_json(side: &SimulatedProgram) -> Value {
    let whole = |points: i128| i64::try_from(points).unwrap();
    json!({
        "members": side.members, "liability": side.liability.map(Money::to_f64), "cost": side.cost.to_f64(),
        "tier_changes": side.tier_changes, "issued": whole(side.issued), "burned": whole(side.burned),
        "expired": whole(side.expired), "reversed": whole(side.reversed), "outstanding": whole(side.outstanding),
        "unfit_burns": side.unfit_burns, "unfit_points": whole(side.unfit_points), "refused_rows": side.refused_rows,
        "ignored_tier_events": side.ignored_tier_events, "unused_scores": side.unused_scores,
        "close_to_next": side.close_to_next, "close_to_keep": side.close_to_keep,
    })
}

#[test]
fn shared_cases_of_simulation() {
    let file: Value =
        serde_json::from_str(include_str!("../../../tests/cases/loyalty/simulation.json")).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let (found, expected) = (simulated(case), &case["expected"]);
        let name = case["name"].as_str().unwrap();
        assert_eq!(as_json(&found.before), expected["before"], "{name}, before");
        assert_eq!(as_json(&found.after), expected["after"], "{name}, after");
        assert_eq!(json!(found.migration), expected["migration"], "{name}");
        let gains = |of: WinnersAndLosers| json!([of.winners, of.losers, of.unchanged]);
        assert_eq!(gains(found.by_tier), expected["by_tier"], "{name}");
        assert_eq!(gains(found.by_points), expected["by_points"], "{name}");
        let members = &found.members;
        let ids: Vec<String> = members.customer_ids.iter().map(|id| id.to_string()).collect();
        let columns = json!({
            "customer_id": ids,
            "tier_before": members.tier_before, "tier_after": members.tier_after,
            "earned_before": members.earned_before, "earned_after": members.earned_after,
            "available_before": members.available_before, "available_after": members.available_after,
        });
        assert_eq!(columns, expected["members"], "{name}");
    }
}

fn grants(value: &Value) -> Vec<RewardGrant> {
    let grant = |row: &Value| {
        let at = |place: usize| row[place].as_u64().unwrap();
        RewardGrant { member: at(0) as usize, reward: at(1) as usize, quantity: at(2) }
    };
    value.as_array().unwrap().iter().map(grant).collect()
}

fn reasons(obstacles: RewardObstacles) -> Value {
    json!(obstacles.iter().map(RewardObstacle::name).collect::<Vec<_>>())
}

#[test]
fn shared_cases_of_rewards() {
    let file: Value =
        serde_json::from_str(include_str!("../../../tests/cases/loyalty/rewards.json")).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let catalogue = RewardCatalogue::from_json(case["catalogue"].as_str().unwrap()).unwrap();
        let given = |name: &str, row: usize| &case["members"][name][row];
        let members: Vec<RewardMember<'_>> = (0..column(&case["members"], "tier").len())
            .map(|row| RewardMember {
                tier: given("tier", row).as_str(),
                segment: given("segment", row).as_str(),
                orders: given("orders", row).as_i64().unwrap(),
                points_balance: given("points_balance", row).as_i64().unwrap(),
                score: given("score", row).as_f64(),
                ..RewardMember::default()
            })
            .collect();
        let day = Day::parse(case["day"].as_str().unwrap()).unwrap();
        let before = grants(&case["given"]);
        let found = catalogue.eligibility(&members, &before, day).unwrap();
        let obstacles: Vec<Value> = found
            .obstacles
            .chunks(found.rewards)
            .map(|row| json!(row.iter().copied().map(reasons).collect::<Vec<_>>()))
            .collect();
        assert_eq!(json!(obstacles), case["obstacles"], "{name}");
        let plan = catalogue.plan(&members, &before, &grants(&case["wishes"]), day).unwrap();
        let refused: Vec<Value> = plan.refused.iter().copied().map(reasons).collect();
        assert_eq!(json!(refused), case["refused"], "{name}");
        assert_eq!(json!(plan.granted), case["granted"], "{name}");
        assert_eq!(json!(plan.members), case["served"], "{name}");
        assert_eq!(json!(plan.balances), case["balances"], "{name}");
        let points: Vec<i64> = plan.points.iter().map(|&points| i64::try_from(points).unwrap()).collect();
        assert_eq!(json!(points), case["points"], "{name}");
        let amounts = |value: &Value| -> Vec<Money> { value.as_array().unwrap().iter().map(money).collect() };
        assert_eq!(plan.cost, amounts(&case["cost"]), "{name}");
        assert_eq!(plan.perceived_value, amounts(&case["perceived_value"]), "{name}");
        assert_eq!(plan.total_cost(), money(&case["total_cost"]), "{name}");
    }
}
