//! The shared cases in `tests/cases/campaign`: Rust, Python and C must give these selections, buckets and splits, to the last bit.

use crm_core::campaign::{
    Arm, BucketHash, ContactLog, Holdout, Namespace, RankOrder, ReasonKind, Rule, Selection, Split,
    TargetTable, TieBreak, UpliftCurve, UpliftCurveKind, UpliftScale,
};
use crm_core::customer::{CustomerId, Day, IdColumn, IdList};
use serde_json::Value;

fn cases(text: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(text).unwrap();
    file["cases"].as_array().unwrap().clone()
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Numbers with null as NaN.
fn numbers(value: &Value) -> Vec<f64> {
    array(value).iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}

/// Calls `with` with a column of ids, which are all integers or all texts.
fn with_ids<T>(values: &Value, with: impl FnOnce(&IdColumn<'_>) -> T) -> T {
    let values = array(values);
    if values.iter().any(Value::is_string) {
        with(&IdColumn::OptionalText(values.iter().map(Value::as_str).collect()))
    } else {
        let integers: Vec<i64> = values.iter().map(|id| id.as_i64().unwrap()).collect();
        with(&IdColumn::Integer((&integers).into()))
    }
}

fn list(values: &Value) -> IdList {
    with_ids(values, |ids| IdList::new(ids).unwrap())
}

fn table(case: &Value) -> TargetTable {
    let mut table = with_ids(&case["ids"], |ids| TargetTable::new(ids).unwrap());
    for (name, values) in case["columns"].as_object().unwrap() {
        table = if array(values).iter().any(Value::is_string) {
            with_ids(values, |texts| table.with_texts(name, texts).unwrap())
        } else {
            table.with_numbers(name, numbers(values)).unwrap()
        };
    }
    table
}

#[test]
fn buckets_are_those_of_the_hash_functions() {
    let cases = cases(include_str!("../../../tests/cases/campaign/buckets.json"));
    assert_eq!(cases.len(), 58);
    for case in cases {
        let hash = BucketHash::from_name(text(&case["hash"])).unwrap();
        let id = match &case["id"] {
            Value::String(id) => CustomerId::Text(id),
            number => CustomerId::Integer(number.as_i64().unwrap()),
        };
        assert_eq!(hash.bucket(text(&case["salt"]), id), case["bucket"].as_f64().unwrap(), "{case}");
    }
}

#[test]
fn splits_are_those_of_the_plain_reading() {
    for case in cases(include_str!("../../../tests/cases/campaign/splits.json")) {
        let arm = |arm: &Value| Arm {
            name: text(&arm[0]).to_owned(),
            weight: arm[1].as_f64().unwrap(),
            control: arm[2].as_bool().unwrap(),
        };
        let arms: Vec<Arm> = array(&case["arms"]).iter().map(arm).collect();
        let coverage = case["coverage"].as_f64().unwrap();
        let mut split = Split::new(text(&case["salt"]), &arms).unwrap().with_coverage(coverage).unwrap();
        for holdout in case.get("holdouts").map_or(&[][..], |holdouts| array(holdouts)) {
            let share = holdout["share"].as_f64().unwrap();
            split = split.without(Holdout::new(text(&holdout["salt"]), share).unwrap());
        }
        if let Some(space) = case.get("namespace") {
            let (from, to) = (space["from"].as_f64().unwrap(), space["to"].as_f64().unwrap());
            split = split.within(Namespace::new(text(&space["salt"]), from, to).unwrap()).unwrap();
        }
        let assignment = match case.get("strata") {
            None => split.assign(&list(&case["ids"])),
            Some(strata) => {
                let table = with_ids(&case["ids"], |ids| TargetTable::new(ids).unwrap());
                let table = with_ids(strata, |strata| table.with_texts("stratum", strata).unwrap());
                split.assign_stratified(&table, &["stratum"])
            }
        };
        let expected: Vec<i32> =
            array(&case["expected"]).iter().map(|arm| arm.as_i64().unwrap() as i32).collect();
        assert_eq!(assignment.unwrap().arms(), expected, "{}", case["name"]);
    }
}

fn step(selection: Selection, step: &Value) -> Selection {
    let (name, count) = (text(&step["name"]), |of: &str| step[of].as_u64().unwrap() as u32);
    let column = || text(&step["column"]);
    match text(&step["step"]) {
        "rule" => selection.rule(name, Rule::from_json(&step["rule"].to_string()).unwrap()),
        "opted_in" => selection.opted_in(name, column()),
        "not_opted_out" => selection.not_opted_out(name, column()),
        "do_not_contact" => selection.do_not_contact(name, list(&step["ids"])),
        "not_in_campaign" => selection.not_in_campaign(name, list(&step["ids"])),
        "contacts_at_most" => {
            let days: Vec<i32> = numbers(&step["days"]).iter().map(|&day| day as i32).collect();
            let log = with_ids(&step["ids"], |ids| ContactLog::new(ids, &(&days).into()).unwrap());
            let as_of = Day::from_number(step["as_of"].as_i64().unwrap() as i32).unwrap();
            selection.contacts_at_most(name, log, as_of, count("at_most"), count("within_days"))
        }
        "without" => {
            let share = step["share"].as_f64().unwrap();
            selection.without(name, Holdout::new(text(&step["salt"]), share).unwrap())
        }
        other => panic!("{other}"),
    }
    .unwrap()
}

fn selection(case: &Value) -> Selection {
    let mut selection = array(&case["steps"]).iter().fold(Selection::new(), step);
    if let Some(salt) = case.get("ties") {
        selection = selection.ties(TieBreak::Hash(text(salt).to_owned())).unwrap();
    }
    if let Some(column) = case.get("rank_by") {
        let order = case
            .get("rank_order")
            .map_or(RankOrder::Descending, |order| RankOrder::from_name(text(order)).unwrap());
        selection = selection.rank_by(text(column), order).unwrap();
    }
    if let Some(quota) = case.get("quota") {
        selection = selection.quota(quota.as_u64().unwrap()).unwrap();
    }
    if let Some(segments) = case.get("segment_quotas") {
        let quotas = segments["quotas"].as_object().unwrap();
        let quotas: Vec<(&str, u64)> =
            quotas.iter().map(|(name, quota)| (name.as_str(), quota.as_u64().unwrap())).collect();
        let others = segments.get("others").map(|others| others.as_u64().unwrap());
        selection = selection.segment_quotas(text(&segments["column"]), &quotas, others).unwrap();
    }
    selection
}

#[test]
fn selections_are_those_of_the_plain_reading() {
    for case in cases(include_str!("../../../tests/cases/campaign/selections.json")) {
        let selected = selection(&case).select(&table(&case)).unwrap();
        let (name, expected) = (&case["name"], &case["expected"]);
        assert_eq!(serde_json::json!(selected.rows()), expected["selected"], "{name}");
        assert_eq!(serde_json::json!(selected.first_reasons()), expected["first"], "{name}");
        let first: Vec<u64> = selected.reasons().iter().map(|reason| reason.first).collect();
        let any: Vec<u64> = selected.reasons().iter().map(|reason| reason.any).collect();
        assert_eq!(serde_json::json!(first), expected["first_counts"], "{name}");
        assert_eq!(serde_json::json!(any), expected["any_counts"], "{name}");
        let steps = array(&case["steps"]);
        let named = selected.reasons().iter().filter(|reason| {
            !matches!(reason.kind, ReasonKind::MissingValue | ReasonKind::SegmentQuota | ReasonKind::Quota)
        });
        assert!(named.map(|reason| reason.name.as_str()).eq(steps.iter().map(|step| text(&step["name"]))));
    }
}

#[test]
fn uplift_curves_are_those_of_scikit_uplift() {
    let near = |value: f64, known: f64| assert!((value - known).abs() < 1e-12, "{value} {known}");
    for case in cases(include_str!("../../../tests/cases/campaign/uplift.json")) {
        let target: Vec<bool> = numbers(&case["target"]).iter().map(|&is| is == 1.0).collect();
        let curve = UpliftCurve::new(&numbers(&case["score"]), &target, &numbers(&case["outcome"])).unwrap();
        assert_eq!(serde_json::json!(curve.customers()), case["customers"]);
        for (height, known) in curve.heights(UpliftCurveKind::Qini).iter().zip(numbers(&case["qini"])) {
            near(*height, known);
        }
        let score = |kind| curve.score(kind, UpliftScale::Optimum).unwrap().value;
        near(score(UpliftCurveKind::Qini), case["qini_optimum"].as_f64().unwrap());
        near(score(UpliftCurveKind::Gain), case["gain_optimum"].as_f64().unwrap());
    }
}
