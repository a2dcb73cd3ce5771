//! The points ledger: events that cannot be, columns that make no sense, rules that contradict themselves and bytes that are damaged. Whatever
//! is refused leaves the ledger as it was, to the last bit.

use crm_core::customer::{CustomerId, Money};
use crm_core::loyalty::{
    Breakage, EventColumns, LoyaltyProgram, PointsAccount, PointsAction, PointsEvent, PointsLedger,
    PointsRevenue, PriceAllocation,
};

use super::*;

/// A row: member, id, day, kind, and the number that the kind needs.
type Row<'a> = (&'a str, i64, i32, &'a str, i64);

fn ledger(rules: &str, rows: &[Row<'_>]) -> PointsLedger {
    let mut ledger = PointsLedger::new(LoyaltyProgram::from_json(rules).unwrap());
    apply(&mut ledger, rows).unwrap();
    ledger
}

fn apply(ledger: &mut PointsLedger, rows: &[Row<'_>]) -> crm_core::Result<crm_core::loyalty::PointsEntries> {
    let members: Vec<&str> = rows.iter().map(|row| row.0).collect();
    let ids: Vec<i64> = rows.iter().map(|row| row.1).collect();
    let days: Vec<i32> = rows.iter().map(|row| row.2).collect();
    let kinds: Vec<&str> = rows.iter().map(|row| row.3).collect();
    let numbers: Vec<i64> = rows.iter().map(|row| row.4).collect();
    // Refunds of "first": purchase 2; the number is the amount in cents.
    let references: Vec<i64> =
        rows.iter().map(|row| if row.3.starts_with("refund") { 2 } else { row.4 }).collect();
    let named: Vec<&str> = kinds.iter().map(|kind| kind.split(' ').next().unwrap()).collect();
    let others: Vec<Option<&str>> =
        kinds.iter().map(|kind| kind.split(' ').nth(1)).map(|other| other.or(Some("ann"))).collect();
    let is_order: Vec<bool> = named.iter().map(|&kind| kind != "purchase").collect();
    let batch = EventColumns::new(
        IdColumn::Text(&members),
        IdColumn::Integer((&ids).into()),
        TimeColumn::Day((&days).into()),
        IdColumn::Text(&named),
    )?
    .with_points((&numbers).into())?
    .with_amounts(AmountColumn::Scaled((&numbers).into(), 2))?
    .with_references(IdColumn::Integer(Column {
        values: (&references).into(),
        validity: Validity::Flags(&is_order),
    }))?
    .with_others(IdColumn::OptionalText(others))?;
    ledger.apply(&batch)
}

/// Ann bought for 100, has spent 60 of 150 points; Bob has none.
const START: [Row<'static>; 5] = [
    ("ann", 1, 100, "join", 0),
    ("ann", 2, 100, "purchase", 10_000),
    ("ann", 3, 101, "bonus", 50),
    ("ann", 4, 102, "redeem", 60),
    ("bob", 5, 102, "join", 0),
];

/// An event, and the error that it meets: its kind, its column, and what it says.
type Refused = (Row<'static>, ErrorKind, &'static str, &'static str);

/// Events that cannot be after `START`.
const REFUSED: &[Refused] = &[
    (
        ("ann", 9, 103, "redeem", 91),
        ErrorKind::OutOfRange,
        "points",
        "event 9: 91 points are above the 90 available",
    ),
    (("ann", 9, 103, "redeem", 0), ErrorKind::OutOfRange, "points", "event 9: 0 points are below 1"),
    (("ann", 9, 103, "redeem", -5), ErrorKind::OutOfRange, "points", "event 9: -5 points are below 1"),
    (("ann", 9, 103, "redeem", i64::MIN), ErrorKind::OutOfRange, "points", "points are below 1"),
    (("ann", 9, 103, "bonus", -5), ErrorKind::OutOfRange, "points", "event 9: -5 points are below 1"),
    (("ann", 9, 103, "bonus", i64::MAX), ErrorKind::OutOfRange, "points", "above 9223372036854775807"),
    (("ann", 9, 103, "purchase", -1), ErrorKind::OutOfRange, "amount", "event 9: -0.01 is below 0"),
    (("ann", 9, 103, "purchase", i64::MAX), ErrorKind::OutOfRange, "amount", "within ±9223372036854.775807"),
    (
        ("eve", 9, 103, "purchase", 100),
        ErrorKind::InvalidValue,
        "customer_id",
        "event 9: eve is not a member",
    ),
    (("eve", 9, 103, "redeem", 1), ErrorKind::InvalidValue, "customer_id", "event 9: eve is not a member"),
    (("ann", 9, 103, "join", 0), ErrorKind::InvalidValue, "customer_id", "event 9: is a member already"),
    (
        ("ann", 3, 103, "bonus", 50),
        ErrorKind::InvalidValue,
        "event_id",
        "event 3: an event of this id came before",
    ),
    (
        ("ann", 9, 101, "bonus", 50),
        ErrorKind::InvalidValue,
        "time",
        "event 9: time 8726400000000 is before 8812800000000",
    ),
    (
        ("ann", 9, 103, "refund", 10_001),
        ErrorKind::OutOfRange,
        "amount",
        "100.01 is above the 100.00 that is left",
    ),
    (("ann", 9, 103, "refund", 0), ErrorKind::OutOfRange, "amount", "0.00 is not above 0"),
    (("ann", 9, 103, "refund", -1), ErrorKind::OutOfRange, "amount", "-0.01 is not above 0"),
    (
        ("bob", 9, 103, "refund", 1),
        ErrorKind::InvalidValue,
        "reference",
        "no purchase 2 of the member in the last 90 days",
    ),
    (
        ("ann", 9, 191, "refund", 1),
        ErrorKind::InvalidValue,
        "reference",
        "no purchase 2 of the member in the last 90 days",
    ),
    (("ann", 9, 103, "cancel_redemption", 3), ErrorKind::InvalidValue, "reference", "no redemption 3"),
    (("bob", 9, 103, "cancel_redemption", 4), ErrorKind::InvalidValue, "reference", "no redemption 4"),
    (("ann", 9, 193, "cancel_redemption", 4), ErrorKind::InvalidValue, "reference", "in the last 90 days"),
    (("ann", 9, 103, "cancel_accrual", 4), ErrorKind::InvalidValue, "reference", "no purchase or bonus 4"),
    (("ann", 9, 103, "extend", 0), ErrorKind::InvalidValue, "kind", "the program has no extensions"),
    (("ann", 9, 103, "gift", 0), ErrorKind::InvalidArgument, "kind", "event 9: \"gift\" is not accepted"),
    (
        ("ann", 9, 103, "merge ann", 0),
        ErrorKind::InvalidValue,
        "other_id",
        "event 9: ann cannot be merged into itself",
    ),
    (("ann", 9, 103, "merge eve", 0), ErrorKind::InvalidValue, "other_id", "event 9: eve is not a member"),
    (
        ("ann", 9, 101, "merge bob", 0),
        ErrorKind::InvalidValue,
        "time",
        "event 9: time 8726400000000 is before",
    ),
    (("ann", 9, 103, "unmerge", 3), ErrorKind::InvalidValue, "reference", "event 9: there is no merge 3"),
];

#[test]
fn events_that_cannot_be_leave_the_ledger_as_it_was() {
    let mut ledger = ledger(r#"{"refund": {"days": 90}, "cancel": {"days": 90}}"#, &START);
    let bytes = ledger.to_bytes().unwrap();
    for &(row, kind, column, message) in REFUSED {
        // The rows before it, in the same batch, do not count either.
        let error = apply(&mut ledger, &[("bob", 7, 102, "bonus", 1), ("bob", 8, 102, "bonus", 7), row]);
        let error = error.err().unwrap_or_else(|| panic!("{row:?} was taken"));
        assert_eq!(seen(&error), expected(kind, column, 7), "{error}");
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(ledger.to_bytes().unwrap(), bytes);
        assert_eq!(ledger.rows(), 5);
    }
    // And it goes on.
    apply(&mut ledger, &[("ann", 9, 103, "redeem", 90)]).unwrap();
}

#[test]
fn a_refused_batch_forgets_the_members_that_it_brought() {
    let mut ledger = ledger("{}", &START);
    let bytes = ledger.to_bytes().unwrap();
    let rows = [("eve", 9, 103, "join", 0), ("eve", 10, 103, "bonus", 5), ("eve", 11, 103, "redeem", 6)];
    assert_eq!(seen(&apply(&mut ledger, &rows).unwrap_err()), expected(ErrorKind::OutOfRange, "points", 7));
    assert_eq!((ledger.len(), ledger.to_bytes().unwrap()), (2, bytes));
    apply(&mut ledger, &rows[..2]).unwrap();
    assert_eq!(ledger.balances(103 * 86_400_000_000).unwrap().available, [90, 0, 5]);
}

#[test]
fn a_refused_merge_leaves_both_members_as_they_were() {
    let mut ledger = ledger("{}", &START);
    apply(&mut ledger, &[("ann", 20, 103, "merge bob", 0)]).unwrap();
    let bytes = ledger.to_bytes().unwrap();
    for row in
        [("ann", 21, 104, "merge bob", 0), ("ann", 20, 104, "merge bob", 0), ("bob", 21, 104, "merge ann", 0)]
    {
        let error = apply(&mut ledger, &[row]).unwrap_err();
        assert_eq!((error.kind(), error.row()), (ErrorKind::InvalidValue, Some(6)), "{error}");
        assert_eq!(ledger.to_bytes().unwrap(), bytes);
    }
    let error =
        apply(&mut ledger, &[("ann", 21, 104, "unmerge", 20), ("ann", 22, 104, "unmerge", 20)]).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidValue, "reference", 7));
    assert_eq!(ledger.to_bytes().unwrap(), bytes);
    apply(&mut ledger, &[("ann", 21, 104, "unmerge", 20)]).unwrap();
}

#[test]
fn one_event_of_a_member_is_refused_or_taken_in_whole() {
    let program = LoyaltyProgram::from_json(r#"{"expiry": {"days": 1}}"#).unwrap();
    let mut account = PointsAccount::default();
    let day = 86_400_000_000;
    program.apply(&mut account, &PointsEvent::new(1, 0, PointsAction::Join)).unwrap();
    program.apply(&mut account, &PointsEvent::new(2, 0, PointsAction::Bonus { points: 5 })).unwrap();
    let before = account.clone();
    // What would have lapsed on the way has not.
    let error = program
        .apply(&mut account, &PointsEvent::new(3, 9 * day, PointsAction::Redeem { points: 5 }))
        .unwrap_err();
    assert_eq!(error.to_string(), "points: event 3: 5 points are above the 0 available");
    assert_eq!(account, before);
    let error = program
        .apply(&mut account, &PointsEvent::new(3, 0, PointsAction::SetTier { tier: Some(0) }))
        .unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::OutOfRange, "tier", None));
    let error = program
        .apply(&mut account, &PointsEvent::new(3, i64::MAX, PointsAction::Bonus { points: 1 }))
        .unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::OutOfRange, "time", None));
    assert_eq!(account, before);
}

#[test]
fn totals_are_refused_before_they_overflow() {
    let mut ledger = ledger("{}", &[("ann", 1, 100, "join", 0), ("ann", 2, 100, "bonus", i64::MAX)]);
    let error = apply(&mut ledger, &[("ann", 3, 100, "bonus", 1)]).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::OutOfRange, "points", 2));
    apply(&mut ledger, &[("ann", 3, 100, "redeem", i64::MAX)]).unwrap();
    // Coming back they would have come twice.
    let error = apply(&mut ledger, &[("ann", 4, 100, "cancel_redemption", 3)]).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::OutOfRange, "points", 3));
    let error = apply(&mut ledger, &[("ann", 4, 100, "redeem", 1)]).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::OutOfRange, "points", 3));
    ledger.verify().unwrap();
}

#[test]
fn columns_of_events_that_make_no_sense() {
    let (members, ids, days, kinds) = (["ann", "ann"], [1_i64, 2], [100, 100], ["join", "bonus"]);
    let batch = || {
        EventColumns::new(
            IdColumn::Text(&members),
            IdColumn::Integer(ids.as_slice().into()),
            TimeColumn::Day(days.as_slice().into()),
            IdColumn::Text(&kinds),
        )
        .unwrap()
    };
    let short =
        |error: Error, name| assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, name, None));
    short(batch().with_points([1].as_slice().into()).unwrap_err(), "points");
    short(batch().with_amounts(AmountColumn::Float([1.0].as_slice().into())).unwrap_err(), "amount");
    short(batch().with_references(IdColumn::Text(&["a"])).unwrap_err(), "reference");
    short(batch().with_categories(IdColumn::Text(&["a"])).unwrap_err(), "category");
    short(batch().with_tiers(IdColumn::Text(&["a"])).unwrap_err(), "tier");
    short(batch().with_others(IdColumn::Text(&["a"])).unwrap_err(), "other_id");
    let flags = Column { values: vec![1_i64, 2].into(), validity: Validity::Flags(&[true]) };
    short(batch().with_points(flags).unwrap_err(), "points");

    let mut ledger = PointsLedger::new(LoyaltyProgram::from_json(r#"{"enrollment": "first_earn"}"#).unwrap());
    let error = ledger.apply(&batch()).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::MissingValue, "points", 1));
    let one = |member: &'static [&'static str], time: i64, kind: &'static [&'static str], amount: f64| {
        let times = [time];
        let mut ledger =
            PointsLedger::new(LoyaltyProgram::from_json(r#"{"enrollment": "first_earn"}"#).unwrap());
        let amounts = [amount];
        let batch = EventColumns::new(
            IdColumn::Text(member),
            IdColumn::Integer([1].as_slice().into()),
            TimeColumn::Instant(times.as_slice().into(), TimeResolution::Second),
            IdColumn::Text(kind),
        )
        .unwrap()
        .with_amounts(AmountColumn::Float(amounts.as_slice().into()))
        .unwrap();
        ledger.apply(&batch).unwrap_err()
    };
    assert_eq!(seen(&one(&[""], 0, &["join"], 0.0)), expected(ErrorKind::MissingValue, "customer_id", 0));
    assert_eq!(seen(&one(&["a"], i64::MAX, &["join"], 0.0)), expected(ErrorKind::OutOfRange, "time", 0));
    assert_eq!(seen(&one(&["a"], 1 << 50, &["purchase"], 1.0)), expected(ErrorKind::OutOfRange, "time", 0));
    for amount in [f64::NAN, f64::INFINITY, 1e300] {
        assert_eq!(
            seen(&one(&["a"], 0, &["purchase"], amount)),
            expected(ErrorKind::OutOfRange, "amount", 0)
        );
    }
    assert_eq!(seen(&one(&["a"], 0, &["refund"], 1.0)), expected(ErrorKind::MissingValue, "reference", 0));
    assert_eq!(seen(&one(&["a"], 0, &["merge"], 1.0)), expected(ErrorKind::MissingValue, "other_id", 0));
    assert_eq!(seen(&one(&["a"], 0, &[""], 1.0)), expected(ErrorKind::MissingValue, "kind", 0));
}

#[test]
fn ids_of_two_kinds_are_not_mixed() {
    let mut ledger = ledger("{}", &START);
    let columns = |members: IdColumn<'static>, ids: IdColumn<'static>| {
        EventColumns::new(members, ids, TimeColumn::Day([103].as_slice().into()), IdColumn::Text(&["join"]))
            .unwrap()
    };
    let numbers = || IdColumn::Integer([77].as_slice().into());
    let error = ledger.apply(&columns(numbers(), numbers())).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::Incompatible, "customer_id", 5));
    let error = ledger.apply(&columns(IdColumn::Text(&["eve"]), IdColumn::Text(&["x"]))).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::Incompatible, "event_id", 5));
}

#[test]
fn rules_that_make_no_sense_are_named() {
    for (rules, kind, argument) in [
        ("{", ErrorKind::Parse, "program"),
        ("[]", ErrorKind::Parse, "program"),
        (r#"{"burn": 1}"#, ErrorKind::Parse, "program"),
        (r#"{"burn_order": "random"}"#, ErrorKind::Parse, "program"),
        (r#"{"earn": {"factor": 1}}"#, ErrorKind::Parse, "program"),
        (r#"{"earn": {"points": -1}}"#, ErrorKind::Parse, "program"),
        (r#"{"model": "tier_rules"}"#, ErrorKind::Corrupt, "program"),
        (r#"{"version": 2}"#, ErrorKind::Incompatible, "program"),
        (r#"{"time_zone": "Mars"}"#, ErrorKind::InvalidArgument, "time_zone"),
        (r#"{"expiry": {}}"#, ErrorKind::InvalidArgument, "expiry"),
        (r#"{"expiry": {"months": 0}}"#, ErrorKind::InvalidArgument, "expiry.months"),
        (r#"{"refund": {"days": 36526}}"#, ErrorKind::InvalidArgument, "refund.days"),
        (r#"{"cancel": {"days": 36526}}"#, ErrorKind::InvalidArgument, "cancel.days"),
        (r#"{"backdating_days": 36526}"#, ErrorKind::InvalidArgument, "backdating_days"),
        (r#"{"tiers": ["A", "A"]}"#, ErrorKind::InvalidArgument, "tiers"),
        (r#"{"tiers": [""]}"#, ErrorKind::InvalidArgument, "tiers"),
        (r#"{"extensions": [{"months": 0}]}"#, ErrorKind::InvalidArgument, "extensions.months"),
        (r#"{"extensions": [{"months": 1, "tier": "A"}]}"#, ErrorKind::InvalidArgument, "extensions.tier"),
        (r#"{"earn": {"per": "0.0000001"}}"#, ErrorKind::InvalidArgument, "earn.per"),
    ] {
        let error = LoyaltyProgram::from_json(rules).unwrap_err();
        assert_eq!(seen(&error), expected(kind, argument, None), "{rules}: {error}");
    }
}

#[test]
fn questions_that_make_no_sense() {
    let mut ledger = ledger("{}", &START);
    let day = 86_400_000_000;
    let error = ledger.statement(CustomerId::Text("eve"), 103 * day).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidValue, "customer_id", None));
    assert_eq!(
        seen(&ledger.statement(CustomerId::Text("ann"), day).unwrap_err()),
        expected(ErrorKind::InvalidValue, "as_of", None)
    );
    assert_eq!(
        seen(&ledger.balances(101 * day).unwrap_err()),
        expected(ErrorKind::InvalidValue, "as_of", None)
    );
    let before = ledger.to_bytes().unwrap();
    assert_eq!(
        seen(&ledger.advance(101 * day).unwrap_err()),
        expected(ErrorKind::InvalidValue, "time", None)
    );
    assert_eq!(ledger.to_bytes().unwrap(), before);
    let cent = Money::from_micros(10_000);
    let error = ledger.liability(103 * day, cent, Breakage::Matured).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::Empty, "breakage", None));
    let above = crm_core::loyalty::Decimal::from_micros(1_000_001);
    let error = ledger.liability(103 * day, cent, Breakage::Given(above)).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::OutOfRange, "breakage", None));
    let error = ledger.liability(103 * day, Money::from_micros(-1), Breakage::Matured).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::OutOfRange, "value_per_point", None));
    let error = ledger.program().start_of("2024-13-01").unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::OutOfRange, "day", None));
}

#[test]
fn revenue_that_makes_no_sense() {
    let one = Money::from_micros(1_000_000);
    let negative = Money::from_micros(-1);
    assert_eq!(
        seen(&PriceAllocation::new(negative, one, one).unwrap_err()),
        expected(ErrorKind::OutOfRange, "price", None)
    );
    let none = PriceAllocation::new(one, Money::ZERO, Money::ZERO).unwrap_err();
    assert_eq!(seen(&none), expected(ErrorKind::OutOfRange, "products_alone", None));
    let wide = PriceAllocation::new(one, one, Money::from_micros(i128::MAX)).unwrap_err();
    assert_eq!(seen(&wide), expected(ErrorKind::OutOfRange, "points_alone", None));
    for (redeemed, expected_points, kind, name, row) in [
        (vec![1], vec![], ErrorKind::LengthMismatch, "expected", None),
        (vec![5, 4], vec![9, 9], ErrorKind::OutOfRange, "redeemed", Some(1)),
        (vec![-1], vec![9], ErrorKind::OutOfRange, "redeemed", Some(0)),
        (vec![0], vec![0], ErrorKind::OutOfRange, "expected", Some(0)),
        (vec![5, 9], vec![9, 8], ErrorKind::OutOfRange, "expected", Some(1)),
    ] {
        let error = PointsRevenue::recognize(one, &redeemed, &expected_points).unwrap_err();
        assert_eq!((error.kind(), error.argument_name(), error.row()), (kind, Some(name), row));
    }
}

#[test]
fn damaged_bytes_are_corrupt() {
    let mut ledger = ledger(r#"{"expiry": {"days": 30}}"#, &START);
    apply(&mut ledger, &[("ann", 20, 103, "merge bob", 0)]).unwrap();
    let bytes = ledger.to_bytes().unwrap();
    assert_eq!(PointsLedger::from_bytes(&bytes).unwrap(), ledger);
    for place in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x20;
        let kind = PointsLedger::from_bytes(&damaged).unwrap_err().kind();
        assert!(
            kind == ErrorKind::Corrupt || (kind == ErrorKind::Incompatible && (4..6).contains(&place)),
            "{place}"
        );
        let short = PointsLedger::from_bytes(&bytes[..place]).unwrap_err();
        assert_eq!(short.kind(), ErrorKind::Corrupt);
    }
}
