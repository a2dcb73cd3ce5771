//! Campaigns: tables, lists, plans and scores that make no sense.

use crm_core::campaign::{
    Arm, Comparison, ContactLog, Rule, Selection, Split, TargetTable, UpliftCurve, UpliftCurveKind,
    UpliftScale,
};
use crm_core::customer::IdList;

use super::*;

fn table() -> TargetTable {
    TargetTable::new(&ids()).unwrap().with_numbers("score", vec![0.1, 2.0, f64::NAN]).unwrap()
}

#[test]
fn tables_that_make_no_sense() {
    let twice = TargetTable::new(&IdColumn::Text(&["a", "b", "a"])).unwrap_err();
    assert_eq!(seen(&twice), expected(ErrorKind::InvalidValue, "customer_id", 2));
    let missing = TargetTable::new(&IdColumn::OptionalText(vec![Some("a"), None])).unwrap_err();
    assert_eq!(seen(&missing), expected(ErrorKind::MissingValue, "customer_id", 1));
    let empty = TargetTable::new(&IdColumn::Text(&[])).unwrap_err();
    assert_eq!(seen(&empty), expected(ErrorKind::Empty, "customer_id", None));
    let short = IdColumn::Integer(flagged(&IDS, &[true, false]));
    let error = TargetTable::new(&short).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "customer_id", None));
    let error = table().with_texts("city", &IdColumn::Text(&["a"])).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "city", None));
    let broken = IdColumn::Packed {
        offsets: TextOffsets::Small(&[0, 1, 2, 3]),
        bytes: &[b'a', 0xff, b'b'],
        validity: Validity::All,
    };
    let error = table().with_texts("city", &broken).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::NotUtf8, "city", 1));
    let coded = IdColumn::Coded {
        codes: [0_i64, 1, 5].as_slice().into(),
        values: Box::new(IdColumn::Text(&["a", "b"])),
    };
    let error = table().with_texts("city", &coded).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::OutOfRange, "city", 2));
}

#[test]
fn selections_that_make_no_sense() {
    let error = Selection::new().opted_in("consent", "score").unwrap().select(&table()).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidValue, "score", 0));
    let texts = IdList::new(&IdColumn::Text(&["1"])).unwrap();
    let error = Selection::new().do_not_contact("robinson", texts).unwrap().select(&table()).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::Incompatible, "robinson", None));
    let rule = Rule::compare("city", Comparison::Equal, "Bonn");
    let error = Selection::new().rule("city", rule).unwrap().select(&table()).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::MissingColumn, "city", None));
    let days = [1, 2, 3];
    let log = ContactLog::new(&ids(), &days.as_slice().into()).unwrap();
    for (at_most, within, argument) in [(0, 7, "at_most"), (1, 0, "within_days")] {
        let limited = Selection::new().contacts_at_most(
            "f",
            log.clone(),
            Day::from_number(3).unwrap(),
            at_most,
            within,
        );
        assert_eq!(seen(&limited.unwrap_err()), expected(ErrorKind::InvalidArgument, argument, None));
    }
    let error = ContactLog::new(&ids(), &days[..2].into()).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "day", None));
    let error = ContactLog::new(&ids(), &flagged(&days, &[true, false, true])).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::MissingValue, "day", 1));
}

#[test]
fn splits_that_make_no_sense() {
    let arms = [Arm::target("mail", 1.0), Arm::control("none", 1.0)];
    let error = Split::new("", &arms).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "salt", None));
    let split = Split::new("s", &arms).unwrap();
    for coverage in [-0.1, 1.1, f64::NAN] {
        let error = split.clone().with_coverage(coverage).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "coverage", None));
    }
    for shares in [[0.7, 0.4], [f64::INFINITY, 0.0], [-0.1, 0.5]] {
        assert_eq!(split.clone().with_shares(&shares).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    let error = split.assign_stratified(&table(), &["score"]).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::WrongType, "score", None));
    assert_eq!(Split::from_json("[1").unwrap_err().kind(), ErrorKind::Corrupt);
    // Nobody is a result too.
    assert_eq!(split.assign(&IdList::new(&IdColumn::Text(&[])).unwrap()).unwrap().counts(), [0, 0]);
}

#[test]
fn uplift_that_makes_no_sense() {
    let curve = UpliftCurve::new(&[3.0, 2.0, 1.0], &[true, false, true], &[1.0, 0.5, 0.0]).unwrap();
    let error = curve.score(UpliftCurveKind::Qini, UpliftScale::Optimum).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "scale", None));
    for (alpha, replicates, argument) in
        [(0.0, 200, "alpha"), (f64::NAN, 200, "alpha"), (0.05, 10, "replicates")]
    {
        let (kind, scale) = (UpliftCurveKind::Qini, UpliftScale::Customers);
        let error = curve.score_interval(kind, scale, alpha, replicates, 1, Threads::Available).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, argument, None));
    }
}
