//! Campaigns: tables, lists, plans and scores that make no sense.

use crm_core::campaign::{
    Arm, ArmCost, CampaignMetric, CampaignOutcomes, Comparison, ContactLog, MeasureOptions, Namespace,
    RankOrder, Rule, Selection, Split, TargetTable, TopShare, UpliftCurve, UpliftCurveKind, UpliftScale,
};
use crm_core::customer::IdList;
use crm_core::experiment::{MultiplicityMethod, TestOptions};

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
    let once = || Selection::new().quota(1).unwrap().rank_by("score", RankOrder::Ascending).unwrap();
    let error = once().quota(1).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "quota", None));
    let error = once().rank_by("score", RankOrder::Descending).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "rank_by", None));
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
    let part = || Namespace::new("n", 0.0, 0.5).unwrap();
    let error = split.clone().within(part()).unwrap().within(part()).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "namespace", None));
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

#[test]
fn parts_of_uplift_that_make_no_sense() {
    let curve = UpliftCurve::new(&[3.0, 2.0, 1.0], &[true, false, true], &[1.0, 0.0, 0.0]).unwrap();
    let options = TestOptions::default();
    for share in [0.0, -0.1, 1.1, f64::NAN] {
        let error = curve.top(share, TopShare::Everybody, &options).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "share", None));
    }
    for bands in [0, 1001] {
        let error = curve.bands(bands, &options).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "bands", None));
    }
    let error = curve.bands(2, &options.alpha(1.0)).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "alpha", None));
}

fn outcomes() -> CampaignOutcomes {
    let arms = [Arm::target("mail", 1.0), Arm::control("none", 1.0)];
    CampaignOutcomes::new(&IdColumn::Text(&["mail", "none", "mail", "none", ""]), &arms).unwrap()
}

#[test]
fn outcomes_that_make_no_sense() {
    let arms = [Arm::target("mail", 1.0), Arm::control("none", 1.0)];
    let error = CampaignOutcomes::new(&IdColumn::Text(&["mail", "post"]), &arms).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidValue, "arm", 1));
    let error = CampaignOutcomes::new(&IdColumn::Text(&["", ""]), &arms).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::Empty, "arm", None));
    for (metric, values, kind, row) in [
        (CampaignMetric::Response, vec![0.0, 0.5, 1.0, 1.0, 0.0], ErrorKind::InvalidValue, Some(1)),
        (CampaignMetric::Conversion, vec![0.0, 1.0, f64::NAN, 1.0, 0.0], ErrorKind::InvalidValue, Some(2)),
        (CampaignMetric::Orders, vec![0.0, 1.0, 2.0, -1.0, 0.0], ErrorKind::InvalidValue, Some(3)),
        (CampaignMetric::Revenue, vec![f64::INFINITY, 1.0, 2.0, 1.0, 0.0], ErrorKind::InvalidValue, Some(0)),
        (CampaignMetric::Revenue, vec![1.0], ErrorKind::LengthMismatch, None),
    ] {
        let error = outcomes().with_metric(metric, &values).unwrap_err();
        assert_eq!(seen(&error), expected(kind, metric.name(), row));
    }
    // Who is in no arm is not looked at.
    let values = [1.0, 2.0, 3.0, 4.0, f64::NAN];
    let with_revenue = outcomes().with_metric(CampaignMetric::Revenue, &values).unwrap();
    let error = with_revenue.clone().with_metric(CampaignMetric::Revenue, &values).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "metric", None));
    let error = outcomes().with_covariate(&[1.0, f64::NAN, 0.0, 0.0, 0.0]).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidValue, "covariate", 1));
    let error = outcomes().with_before("age", &[1.0, f64::NAN, f64::INFINITY, 0.0, 0.0]).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidValue, "age", 2));
    let error = with_revenue.with_groups("", &IdColumn::Text(&[""; 5])).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "name", None));
}

#[test]
fn measurements_that_make_no_sense() {
    let options = MeasureOptions::default();
    let error = outcomes().measure(&options).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::Empty, "metrics", None));
    let known = outcomes().with_metric(CampaignMetric::Revenue, &[1.0, 2.0, 3.0, 4.0, 0.0]).unwrap();
    let cost = ArmCost { per_contact: 1.0, ..ArmCost::default() };
    for (options, kind, argument) in [
        (MeasureOptions { alpha: 0.0, ..options.clone() }, ErrorKind::InvalidArgument, "alpha"),
        (options.clone().cost_of("post", cost), ErrorKind::InvalidArgument, "costs"),
        (options.clone().cost_of("none", cost), ErrorKind::InvalidArgument, "costs"),
        (
            options.clone().cost(ArmCost { per_contact: -1.0, ..cost }),
            ErrorKind::InvalidArgument,
            "per_contact",
        ),
        (options.clone().cost(ArmCost { margin: 0.0, ..cost }), ErrorKind::InvalidArgument, "margin"),
        (options.clone().cost(ArmCost { margin: 40.0, ..cost }), ErrorKind::InvalidArgument, "margin"),
        (options.clone().cost(ArmCost { margin: f64::NAN, ..cost }), ErrorKind::InvalidArgument, "margin"),
        (
            options.clone().cost_of("mail", ArmCost { margin: 1.01, ..cost }),
            ErrorKind::InvalidArgument,
            "margin",
        ),
        (
            options.clone().cost(ArmCost { per_response: 1.0, ..cost }),
            ErrorKind::InvalidArgument,
            "per_response",
        ),
    ] {
        let error = known.measure(&options).unwrap_err();
        assert_eq!(seen(&error), expected(kind, argument, None));
    }
    let rates = outcomes().with_metric(CampaignMetric::Response, &[1.0, 0.0, 1.0, 0.0, 0.0]).unwrap();
    let error = rates.measure(&options.cost(cost)).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::MissingColumn, "revenue", None));
    let arms = [Arm::target("mail", 1.0), Arm::control("none", 1.0)];
    let alone = CampaignOutcomes::new(&IdColumn::Text(&["mail", "mail"]), &arms).unwrap();
    let alone = alone.with_metric(CampaignMetric::Response, &[1.0, 0.0]).unwrap();
    let error = alone.measure(&MeasureOptions::default()).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::Empty, "none", None));
    let error = alone.balance(0.05, MultiplicityMethod::Holm).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::Empty, "none", None));
    let error = known.balance(1.5, MultiplicityMethod::Holm).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "alpha", None));
}
