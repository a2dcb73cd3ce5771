//! Options of scores and names that make no sense.
// A range that goes backwards is one of the bad inputs.
#![allow(clippy::reversed_empty_ranges)]

use super::*;

fn rfm(change: impl FnOnce(&mut RfmOptions)) -> Seen {
    let mut options = RfmOptions::default();
    change(&mut options);
    let history = PurchaseHistory::from_transactions(&good(), &default()).unwrap();
    seen(&RfmModel::fit(&history.base(BaseOptions::as_of(Day::MAX)).unwrap(), &options).unwrap_err())
}

#[test]
fn scores_that_make_no_sense() {
    for bins in [0, 1, 11, 255] {
        let invalid = expected(ErrorKind::InvalidArgument, "bins", None);
        assert_eq!(rfm(|options| options.binning = Binning::MidRank { bins }), invalid);
        assert_eq!(
            rfm(|options| options.binning = Binning::Quantiles { bins, closed: Closed::Left }),
            invalid
        );
        assert_eq!(
            seen(&SegmentMap::new(bins, &[Rule::new("all", 1..=bins, 1..=bins)]).unwrap_err()),
            invalid
        );
    }
    let bounds = |recency: &[f64], frequency: &[f64], monetary: &[f64]| {
        let bounds = LowerBounds {
            recency_days: recency.to_vec(),
            frequency: frequency.to_vec(),
            monetary: monetary.to_vec(),
        };
        rfm(|options| options.binning = Binning::Bounds(bounds))
    };
    let invalid =
        |dimension: &str| expected(ErrorKind::InvalidArgument, &format!("bounds.{dimension}"), None);
    assert_eq!(bounds(&[2.0, 1.0], &[1.0, 2.0], &[1.0, 2.0]), invalid("recency_days"));
    assert_eq!(bounds(&[1.0, 1.0], &[1.0, 2.0], &[1.0, 2.0]), invalid("recency_days"));
    assert_eq!(bounds(&[1.0, 2.0], &[1.0], &[1.0, 2.0]), invalid("frequency"));
    assert_eq!(bounds(&[1.0, 2.0], &[1.0, f64::NAN], &[1.0, 2.0]), invalid("frequency"));
    assert_eq!(bounds(&[1.0, 2.0], &[1.0, 2.0], &[1.0, f64::INFINITY]), invalid("monetary"));
    assert_eq!(bounds(&[], &[], &[]), invalid("recency_days"));
    let ten: Vec<f64> = (0..10).map(f64::from).collect();
    assert_eq!(bounds(&ten, &ten, &ten), invalid("recency_days"));
    let nested = rfm(|options| {
        let one = vec![1.0];
        options.binning =
            Binning::Bounds(LowerBounds { recency_days: one.clone(), frequency: one.clone(), monetary: one });
        options.nesting = Nesting::Nested;
    });
    assert_eq!(nested, expected(ErrorKind::InvalidArgument, "nesting", None));
    for weight in [f64::NAN, f64::INFINITY, -1.0, -f64::MIN_POSITIVE] {
        let monetary = rfm(|options| options.weights.monetary = weight);
        assert_eq!(monetary, expected(ErrorKind::InvalidArgument, "weights.monetary", None));
    }
    let none = rfm(|options| options.weights = Weights { recency: 0.0, frequency: 0.0, monetary: 0.0 });
    assert_eq!(none, expected(ErrorKind::InvalidArgument, "weights", None));
}

#[test]
fn scores_of_another_kind_of_base() {
    let no_amounts = Transactions::new(ids(), days(), None).unwrap();
    let history = PurchaseHistory::from_transactions(&no_amounts, &default()).unwrap();
    let base = history.base(BaseOptions::as_of(Day::MAX)).unwrap();
    let error = RfmModel::fit(&base, &RfmOptions::default()).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::MissingColumn, "amount", None));
    let of = |options: &IngestOptions| PurchaseHistory::from_transactions(&good(), options).unwrap();
    let whole = of(&default()).base(BaseOptions::as_of(Day::from_number(40).unwrap())).unwrap();
    let model = RfmModel::fit(&whole, &RfmOptions::default()).unwrap();
    assert_eq!(seen(&model.score(&base).unwrap_err()), expected(ErrorKind::MissingColumn, "amount", None));
    let window =
        of(&default()).base(BaseOptions::as_of(Day::from_number(40).unwrap()).within_days(30)).unwrap();
    assert_eq!(
        seen(&model.score(&window).unwrap_err()),
        expected(ErrorKind::Incompatible, "window_days", None)
    );
    let euros = of(&IngestOptions { currency: Some("EUR".to_owned()), ..default() });
    let euros = euros.base(BaseOptions::as_of(Day::from_number(40).unwrap())).unwrap();
    assert_eq!(seen(&model.score(&euros).unwrap_err()), expected(ErrorKind::Incompatible, "currency", None));
    let three = RfmOptions { binning: Binning::MidRank { bins: 3 }, ..RfmOptions::default() };
    let scores = RfmModel::fit(&whole, &three).unwrap().score(&whole).unwrap();
    let error = SegmentMap::standard().assign(&scores).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::Incompatible, "segment_map", None));
}

#[test]
fn names_that_nothing_has() {
    for (result, argument) in [
        (TimeUnit::from_name("fortnight").map(|_| ()), "time_unit"),
        (FrequencyMeasure::from_name("visits").map(|_| ()), "frequency"),
        (FrequencyMeasure::from_name("orders_per_fortnight").map(|_| ()), "frequency"),
        (MonetaryMeasure::from_name("profit").map(|_| ()), "monetary"),
        (Threads::from_count(1025).map(|_| ()), "threads"),
    ] {
        assert_eq!(seen(&result.unwrap_err()), expected(ErrorKind::InvalidArgument, argument, None));
    }
    for (rules, argument) in [
        (vec![], "rules"),
        (vec![Rule::new("", 1..=5, 1..=5)], "segment"),
        (vec![Rule::new("a", 0..=5, 1..=5)], "a.recency"),
        (vec![Rule::new("a", 1..=5, 1..=6)], "a.frequency"),
        (vec![Rule::new("a", 1..=5, 1..=5).with_monetary(3..=2)], "a.monetary"),
        (vec![Rule::new("a", 1..=4, 1..=5)], "rules"),
        (vec![Rule::new("a", 1..=5, 1..=5), Rule::new("b", 1..=1, 1..=1)], "rules"),
    ] {
        let error = SegmentMap::new(5, &rules).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, argument, None));
    }
}
