//! Tiers as the documentation of loyalty platforms prints them.

use crm_core::customer::Day;
use crm_core::loyalty::{
    Tier, TierDowngrade, TierMeasure, TierMeasures, TierOptions, TierPeriod, TierQualification, TierRules,
};

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
