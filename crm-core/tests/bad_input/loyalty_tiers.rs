//! Tiers, rewards: rules that make no sense, clocks that go backwards, totals beyond their range.

use crm_core::customer::Money;
use crm_core::loyalty::{
    Tier, TierEvent, TierHold, TierHoldKind, TierMeasure, TierMeasures, TierOptions, TierQualification,
    TierRules,
};

use super::*;

fn points(least: f64) -> TierQualification {
    TierQualification::at_least(TierMeasure::QualifyingPoints, least).unwrap()
}

fn rules() -> TierRules {
    let tiers = [Tier::new("Silver", points(100.0)), Tier::new("Gold", points(300.0))];
    TierRules::new(tiers, TierOptions::default()).unwrap()
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

#[test]
fn rules_that_make_no_sense() {
    let refused = |tiers: Vec<Tier>| TierRules::new(tiers, TierOptions::default()).unwrap_err();
    let silver = || Tier::new("Silver", points(100.0));
    for (tiers, message) in [
        (vec![silver(), Tier::new("Gold", points(100.0))], "tiers: Gold: it overlaps Silver"),
        (
            vec![silver(), Tier::new("Gold", points(50.0))],
            "tiers: Gold: its entry can be met without that of Silver",
        ),
        (
            vec![Tier { keep: Some(points(101.0)), ..silver() }],
            "tiers: Silver: its keep condition asks for something that its entry does not",
        ),
        (vec![silver(), silver()], "tiers: the name \"Silver\""),
    ] {
        let error = refused(tiers);
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "tiers", None));
        assert!(error.to_string().starts_with(message), "{error}");
    }
    let error = TierQualification::at_least(TierMeasure::Spend, -1.0).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "spend", None));
    let unknown = rules().to_json().replace("qualifying_points", "karma");
    let error = TierRules::from_json(&unknown).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::Corrupt, "json", None));
    assert!(
        error.to_string().contains("karma") && error.to_string().contains("qualifying_points"),
        "{error}"
    );
}

#[test]
fn events_that_make_no_sense_leave_the_member_as_it_was() {
    let rules = rules();
    let mut state = rules.start(day("2024-01-31"));
    let order = TierMeasures { qualifying_points: 120, orders: 1, ..Default::default() };
    rules.qualify(&mut state, day("2024-03-01"), &order).unwrap();
    let before = state.clone();
    let late = day("2026-01-01");
    let measures = |measures: TierMeasures| TierEvent::Measures(measures);
    let hold = |tier, until| TierEvent::Hold(TierHold { tier, kind: TierHoldKind::AtLeast, until });
    let range = |name| expected(ErrorKind::OutOfRange, name, None);
    for (date, event, error) in [
        (day("2024-02-29"), measures(order), range("day")),
        (day("2024-02-29"), TierEvent::Release, range("day")),
        (late, measures(TierMeasures { qualifying_points: i64::MAX, ..order }), range("qualifying_points")),
        (late, measures(TierMeasures { orders: i64::MIN, ..order }), range("orders")),
        (late, measures(TierMeasures { spend: Money::from_micros(i128::MAX), ..order }), range("spend")),
        (
            late,
            measures(TierMeasures { score: Some(f64::NAN), ..order }),
            expected(ErrorKind::InvalidValue, "score", None),
        ),
        (late, hold(Some(2), None), expected(ErrorKind::InvalidArgument, "hold", None)),
        (late, hold(Some(1), Some(late)), expected(ErrorKind::InvalidArgument, "until", None)),
    ] {
        assert_eq!(seen(&rules.apply(&mut state, date, &event).unwrap_err()), error);
        assert_eq!(state, before);
    }
    assert_eq!(seen(&rules.status(&state, day("2024-02-01")).unwrap_err()), range("day"));
    let one = TierRules::new([Tier::new("Member", points(0.0))], TierOptions::default()).unwrap();
    rules.qualify(&mut state, day("2024-03-02"), &TierMeasures { qualifying_points: 500, ..order }).unwrap();
    let error = one.advance(&mut state, late).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::Incompatible, "state", None));
}

#[test]
fn the_end_of_the_calendar_is_no_panic() {
    let rules = rules();
    let mut state = rules.start(Day::MAX);
    let order = TierMeasures { qualifying_points: 120, ..Default::default() };
    rules.qualify(&mut state, Day::MAX, &order).unwrap();
    assert_eq!(rules.status(&state, Day::MAX).unwrap().expires, None);
    let mut state = rules.start(Day::MIN);
    assert_eq!(rules.advance(&mut state, Day::MAX).unwrap(), []);
}
