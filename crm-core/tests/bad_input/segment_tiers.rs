//! Agreement, drift and tiers: labels, values, shares and bands that make no sense.

use crm_core::segment::{
    CrossTable, CustomerTier, CustomerTierOptions, CustomerTiers, Matching, Matrix, RiskColumn, SegmentDrift,
    SegmentSnapshot, ShareBand, TierBacktest, TierBands, TierSplit, ValueTierOptions, ValueTiers,
    adjusted_rand_index, normalized_mutual_information,
};

use super::*;

#[test]
fn labels_that_make_no_sense() {
    for measure in [adjusted_rand_index, normalized_mutual_information] {
        let length = measure(&[0, 1], &[0]).unwrap_err();
        assert_eq!(seen(&length), expected(ErrorKind::LengthMismatch, "second", None));
        assert_eq!(seen(&measure(&[], &[]).unwrap_err()), expected(ErrorKind::Empty, "first", None));
        let absurd = measure(&[0, 65_535, 65_536], &[0, 0, 0]).unwrap_err();
        assert_eq!(seen(&absurd), expected(ErrorKind::OutOfRange, "first", 2));
        assert_eq!(absurd.to_string(), "first, row 2: label 65536 is above 65535");
        let absurd = measure(&[0, 0], &[0, u32::MAX]).unwrap_err();
        assert_eq!(seen(&absurd), expected(ErrorKind::OutOfRange, "second", 1));
        assert_eq!(measure(&[65_535, 0], &[0, 65_535]).unwrap(), 1.0);
    }
    // 65,536 x 65,536 cells are not laid out.
    let large = CrossTable::new(&[65_535, 0], &[0, 65_535]).unwrap_err();
    assert_eq!(large.kind(), ErrorKind::OutOfRange);
    for groups in [0, 65_537, usize::MAX] {
        let error = CrossTable::with_groups(&[0], &[0], 1, groups).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "column_groups", None));
    }
    let error = CrossTable::with_groups(&[0, 2], &[0, 0], 2, 1).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::OutOfRange, "rows", 1));
    let table = CrossTable::new(&[1], &[1]).unwrap();
    assert_eq!((table.count(9, 0), table.count(0, 9), table.row_share(0, 0)), (0, 0, None));
    assert_eq!((table.row_share(9, 0), table.column_share(0, usize::MAX)), (None, None));
    assert_eq!(table.count(usize::MAX, 0), 0);
}

#[test]
fn dates_that_do_not_fit_together() {
    let values = [1.0, 2.0, 3.0, 4.0];
    let (two, one) = (Matrix::from_rows(&values, 2).unwrap(), Matrix::from_rows(&values[..2], 1).unwrap());
    let (labels, other) = ([0, 1], [0, 2]);
    let plain = SegmentSnapshot::new(&labels);
    let drift = |segments, before, after, matching| {
        seen(&SegmentDrift::new(segments, before, after, matching).unwrap_err())
    };
    for segments in [0, 4097] {
        let argument = expected(ErrorKind::InvalidArgument, "segments", None);
        assert_eq!(drift(segments, plain, plain, Matching::Unknown), argument);
    }
    let range = expected(ErrorKind::OutOfRange, "after.labels", 1);
    assert_eq!(drift(2, plain, SegmentSnapshot::new(&other), Matching::Unknown), range);
    let empty = expected(ErrorKind::Empty, "before.labels", None);
    assert_eq!(drift(2, SegmentSnapshot::new(&[]), plain, Matching::Unknown), empty);
    let missing = expected(ErrorKind::InvalidArgument, "after.features", None);
    assert_eq!(drift(2, plain.features(&two), plain, Matching::Unknown), missing);
    let columns = expected(ErrorKind::Incompatible, "after.features", None);
    assert_eq!(drift(2, plain.features(&two), plain.features(&one), Matching::Unknown), columns);
    let long = Matrix::from_rows(&values, 1).unwrap();
    let rows = expected(ErrorKind::LengthMismatch, "before.features", None);
    assert_eq!(drift(2, plain.features(&long), plain, Matching::Unknown), rows);
    let length = expected(ErrorKind::LengthMismatch, "after.labels", None);
    assert_eq!(drift(2, plain, SegmentSnapshot::new(&[1]), Matching::ByRow), length);
    let pairs = |before, after| drift(2, plain, plain, Matching::Pairs { before, after });
    assert_eq!(pairs(&[0], &[]), expected(ErrorKind::LengthMismatch, "matching.after", None));
    assert_eq!(pairs(&[], &[]), expected(ErrorKind::Empty, "matching", None));
    assert_eq!(pairs(&[0, 2], &[0, 1]), expected(ErrorKind::OutOfRange, "matching.before", 1));
    assert_eq!(pairs(&[0, 1], &[1, 1]), expected(ErrorKind::InvalidValue, "matching.after", 1));
}

#[test]
fn tiers_of_value_that_make_no_sense() {
    let fit =
        |values: &[f64], options: ValueTierOptions| seen(&ValueTiers::fit(values, &options).unwrap_err());
    let of = |shares: &[f64]| ValueTierOptions::new(TierSplit::CustomerShares(shares.to_vec()));
    let argument = |name: &str| expected(ErrorKind::InvalidArgument, name, None);
    let many = [0.04; 25];
    for shares in [
        &[][..],
        &[1.0],
        &[0.5, 0.4],
        &[0.5, f64::NAN],
        &[1.5, -0.5],
        &[1.0, 0.0],
        &[20.0, 30.0, 50.0],
        &many,
    ] {
        assert_eq!(fit(&[1.0], of(shares)), argument("shares"), "{shares:?}");
    }
    for names in [&["a"][..], &["a", ""], &["a", "a"], &["a", "b", "c"]] {
        assert_eq!(fit(&[1.0], of(&[0.5, 0.5]).names(names.to_vec())), argument("names"), "{names:?}");
    }
    let default = ValueTierOptions::default;
    assert_eq!(fit(&[], default()), expected(ErrorKind::Empty, "values", None));
    for (value, kind) in [
        (f64::NAN, ErrorKind::InvalidValue),
        (f64::INFINITY, ErrorKind::InvalidValue),
        (-1e141, ErrorKind::OutOfRange),
    ] {
        assert_eq!(fit(&[1.0, value, f64::NAN], default()), expected(kind, "values", 1));
        let tiers = ValueTiers::from_lower_bounds(&[1.0], &[]).unwrap();
        assert_eq!(seen(&tiers.assign(&[value]).unwrap_err()), expected(kind, "values", 0));
        assert_eq!(seen(&tiers.summary(&[value]).unwrap_err()), expected(kind, "values", 0));
    }
    let value_shares = ValueTierOptions::new(TierSplit::ValueShares(vec![0.5, 0.5]));
    assert_eq!(fit(&[0.0, -3.0], value_shares), expected(ErrorKind::InvalidValue, "values", None));
    for bounds in [&[][..], &[1.0, 2.0], &[1.0, 1.0], &[f64::NAN], &[f64::INFINITY], &[0.0; 20]] {
        let error = ValueTiers::from_lower_bounds(bounds, &[]).unwrap_err();
        assert_eq!(seen(&error), argument("lower_bounds"), "{bounds:?}");
    }
    assert_eq!(seen(&ValueTiers::from_lower_bounds(&[1.0], &["a"]).unwrap_err()), argument("names"));
}

#[test]
fn one_customer_and_equal_customers_have_tiers() {
    for values in [&[7.0][..], &[7.0; 5], &[0.0, -0.0], &[1e140, -1e140], &[5e-324, 0.0]] {
        for split in [TierSplit::CustomerShares(vec![0.2, 0.8]), TierSplit::ValueShares(vec![0.2, 0.8])] {
            let Ok(fitted) = ValueTiers::fit(values, &ValueTierOptions::new(split)) else {
                assert!(values.iter().all(|&value| value <= 0.0));
                continue;
            };
            assert_eq!(fitted.tiers.len(), values.len());
            assert_eq!(fitted.summary.customers, values.len() as u64);
        }
        let risk = vec![0.5; values.len()];
        let options = CustomerTierOptions::default();
        let fitted = CustomerTiers::fit(values, values, RiskColumn::Scores(&risk), &options).unwrap();
        assert!(!fitted.report.feasible && !fitted.report.to_string().is_empty());
        let all = vec![true; values.len()];
        let fitted = CustomerTiers::fit(values, values, RiskColumn::Flags(&all), &options).unwrap();
        assert!(fitted.tiers.iter().all(|&tier| tier == CustomerTier::AtRisk));
        assert_eq!((fitted.report.indicator_correlation, fitted.report.required_correlation), (None, None));
    }
}

#[test]
fn customers_and_bands_that_make_no_sense() {
    let (good, risk) = ([1.0, 2.0, 3.0], [0.1, 0.2, 0.3]);
    let default = CustomerTierOptions::default;
    let fit = |value: &[f64], potential: &[f64], risk: RiskColumn<'_>, options: CustomerTierOptions| {
        seen(&CustomerTiers::fit(value, potential, risk, &options).unwrap_err())
    };
    let scores = RiskColumn::Scores(&risk);
    assert_eq!(fit(&[], &[], RiskColumn::Scores(&[]), default()), expected(ErrorKind::Empty, "value", None));
    assert_eq!(
        fit(&good, &good[1..], scores, default()),
        expected(ErrorKind::LengthMismatch, "potential", None)
    );
    let flags = RiskColumn::Flags(&[true]);
    assert_eq!(fit(&good, &good, flags, default()), expected(ErrorKind::LengthMismatch, "risk", None));
    let bad = [1.0, 2.0, f64::NAN];
    assert_eq!(fit(&bad, &good, scores, default()), expected(ErrorKind::InvalidValue, "value", 2));
    assert_eq!(fit(&good, &bad, scores, default()), expected(ErrorKind::InvalidValue, "potential", 2));
    let bad = RiskColumn::Scores(&bad);
    assert_eq!(fit(&good, &good, bad, default()), expected(ErrorKind::InvalidValue, "risk", 2));
    let threshold = expected(ErrorKind::InvalidArgument, "risk_threshold", None);
    assert_eq!(fit(&good, &good, scores, default().risk_threshold(f64::NAN)), threshold);
    let flags = RiskColumn::Flags(&[true, false, false]);
    assert_eq!(fit(&good, &good, flags, default().risk_threshold(0.5)), threshold);
    let with = |change: fn(&mut TierBands)| {
        let mut bands = TierBands::default();
        change(&mut bands);
        fit(&good, &good, scores, default().bands(bands))
    };
    let argument = |name: &str| expected(ErrorKind::InvalidArgument, name, None);
    assert_eq!(with(|bands| bands.core = ShareBand::new(0.2, 0.1)), argument("bands.core"));
    assert_eq!(with(|bands| bands.core = ShareBand::new(0.1, 0.1)), argument("bands.core"));
    assert_eq!(with(|bands| bands.important = ShareBand::new(f64::NAN, 0.1)), argument("bands.important"));
    assert_eq!(with(|bands| bands.basic = ShareBand::new(0.5, 1.1)), argument("bands.basic"));
    assert_eq!(with(|bands| bands.at_risk = ShareBand::new(-0.1, 0.1)), argument("bands.at_risk"));
    assert_eq!(with(|bands| bands.basic = ShareBand::new(0.1, 0.2)), argument("bands"));
    assert_eq!(with(|bands| bands.basic = ShareBand::new(0.8, 0.9)), argument("bands"));
    let model = CustomerTiers::fit(&good, &good, scores, &default()).unwrap().model;
    let error = model.assign(&good, &good, flags).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::Incompatible, "risk", None));
    let error = model.report(&good, &good[1..], scores).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "potential", None));
}

#[test]
fn back_tests_that_make_no_sense() {
    let core = [CustomerTier::Core; 2];
    let test = |before: &[CustomerTier], after: &[CustomerTier], target: f64| {
        seen(&TierBacktest::new(before, after, target).unwrap_err())
    };
    for target in [0.0, 1.1, f64::NAN, -1.0] {
        assert_eq!(test(&core, &core, target), expected(ErrorKind::InvalidArgument, "target", None));
    }
    assert_eq!(test(&core, &core[1..], 0.9), expected(ErrorKind::LengthMismatch, "after", None));
    assert_eq!(test(&[], &[], 0.9), expected(ErrorKind::Empty, "before", None));
    assert_eq!(TierBacktest::new(&core, &core, 1.0).unwrap().kappa, None);
}

#[test]
fn damaged_models() {
    let value = ValueTiers::fit(&[3.0, 2.0, 2.0, 1.0], &ValueTierOptions::default()).unwrap().model;
    let good = [1.0, 2.0, 3.0];
    let options = CustomerTierOptions::default();
    let tiers = CustomerTiers::fit(&good, &good, RiskColumn::Scores(&good), &options).unwrap().model;
    let (value, tiers) = (value.to_json().unwrap(), tiers.to_json().unwrap());
    assert!(ValueTiers::from_json(&value).is_ok() && CustomerTiers::from_json(&tiers).is_ok());
    for (text, from, to, kind) in [
        (&value, "\"version\":1", "\"version\":2", ErrorKind::Incompatible),
        (&value, "value_tiers", "k_means", ErrorKind::Corrupt),
        (&value, "\"high\",", "", ErrorKind::Corrupt),
        (&value, "\"high\"", "\"low\"", ErrorKind::Corrupt),
        (&value, "\"lower_bounds\":[", "\"lower_bounds\":[-9.0,", ErrorKind::Corrupt),
        (&value, "0.3", "0.4", ErrorKind::Corrupt),
        (&tiers, "\"version\":1", "\"version\":2", ErrorKind::Incompatible),
        (&tiers, "customer_tiers", "value_tiers", ErrorKind::Corrupt),
        (&tiers, "\"lowest\":0.3", "\"lowest\":0.9", ErrorKind::Corrupt),
        (&tiers, "\"value_threshold\":", "\"value_threshold\":\"\"", ErrorKind::Corrupt),
    ] {
        let damaged = text.replacen(from, to, 1);
        assert_ne!(&damaged, text, "{from}");
        let seen = [ValueTiers::from_json(&damaged).err(), CustomerTiers::from_json(&damaged).err()];
        assert!(seen.iter().flatten().any(|error| error.kind() == kind), "{damaged} {seen:?}");
        assert!(seen.iter().all(Option::is_some), "{damaged}");
    }
}
