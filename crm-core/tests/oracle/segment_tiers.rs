//! Agreement against scikit-learn 1.9.1, drift and thresholds of tiers against NumPy by the definitions.

use std::io::Read;

use crm_core::segment::{
    CrossTable, CustomerTier, CustomerTierOptions, CustomerTiers, KMeans, KMeansOptions, Matching, Matrix,
    PopulationShift, RiskColumn, SegmentDrift, SegmentSnapshot, TierBacktest, adjusted_rand_index,
    normalized_mutual_information,
};

use crate::reading::data;

fn near(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{value} for {expected}");
}

fn labels(rows: u32, of: impl Fn(u32) -> u32) -> Vec<u32> {
    (0..rows).map(of).collect()
}

/// `adjusted_rand_score` and `normalized_mutual_info_score` of scikit-learn, on labels by the same formulae.
#[test]
fn agreement_of_scikit_learn() {
    let a = labels(500, |i| (i * i + 3 * i) % 7);
    let b = labels(500, |i| ((i * i + 3 * i) % 7 + u32::from(i % 5 == 0)) % 6);
    let c = labels(500, |i| i * 37 % 101 % 4);
    let d = labels(500, |i| i % 250);
    let e = labels(500, |_| 0);
    for (first, second, index, information) in [
        (&a, &b, 0.604_105_739_866_476_1, 0.691_491_639_399_734_6),
        (&a, &c, -0.005_289_816_191_347_727, 0.000_631_426_553_263_953_4),
        (&a, &d, -0.001_811_253_620_396_399_5, 0.220_898_803_210_842_26),
        (&b, &c, -0.005_428_492_423_580_683, 0.001_007_665_447_302_071_7),
        (&a, &e, 0.0, 0.0),
        (&d, &d, 1.0, 1.0),
    ] {
        near(adjusted_rand_index(first, second).unwrap(), index, 1e-15);
        // scikit-learn's mutual information cancels: a few units of the sixteenth digit.
        near(normalized_mutual_information(first, second).unwrap(), information, 5e-15);
    }
    near(adjusted_rand_index(&[0, 0, 1, 2], &[0, 0, 1, 1]).unwrap(), 4.0 / 7.0, 1e-15);
    assert_eq!(adjusted_rand_index(&[0, 0, 1, 1], &[0, 1, 0, 1]).unwrap(), -0.5);
}

/// `cohen_kappa_score` and `confusion_matrix` of scikit-learn.
#[test]
fn kappa_of_scikit_learn() {
    let before = labels(500, |i| i * 7 % 4);
    let after: Vec<u32> =
        (0..500u32).map(|i| if i % 3 > 0 { i * 7 % 4 } else { (i * 7 % 4 + i) % 4 }).collect();
    let table = CrossTable::new(&before, &after).unwrap();
    assert_eq!(table.counts(), [125, 0, 0, 0, 42, 83, 0, 0, 42, 0, 83, 0, 41, 0, 0, 84]);
    near(table.cohens_kappa().unwrap(), 2.0 / 3.0, 1e-15);
    let tiers =
        |codes: &[u32]| codes.iter().map(|&code| CustomerTier::from_code(code).unwrap()).collect::<Vec<_>>();
    let backtest = TierBacktest::new(&tiers(&before), &tiers(&after), 0.75).unwrap();
    assert_eq!((backtest.agreement, backtest.chance_agreement), (0.75, 0.25));
    assert!(backtest.reaches_target);
    assert_eq!(backtest.tiers[3].agreement, Some(84.0 / 125.0));
    let before = labels(500, |i| (i * i + 3 * i) % 4);
    let after: Vec<u32> = (0..500u32)
        .map(|i| if i % 3 > 0 { before[i as usize] } else { (before[i as usize] + i) % 4 })
        .collect();
    let table = CrossTable::with_groups(&before, &after, 4, 4).unwrap();
    near(table.cohens_kappa().unwrap(), 0.571_183_533_447_684_5, 1e-15);
}

/// data/README.md: inertia 78.8514 and adjusted Rand index 0.7302 of the best of 50 starts; the further digits are scikit-learn's.
#[test]
fn iris_clusters_against_species() {
    let Some(mut file) = plain("iris.csv") else { return };
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let records: Vec<Vec<f64>> =
        reader.records().map(|row| row.unwrap().iter().map(|cell| cell.parse().unwrap()).collect()).collect();
    let values: Vec<f64> = records.iter().flat_map(|row| row[..4].to_vec()).collect();
    let species: Vec<u32> = records.iter().map(|row| row[4] as u32).collect();
    let fitted =
        KMeans::fit(&Matrix::from_rows(&values, 4).unwrap(), &KMeansOptions::new(3).tolerance(0.0)).unwrap();
    near(fitted.model.inertia(), 78.851_441_426_146, 1e-9);
    near(adjusted_rand_index(&species, &fitted.labels).unwrap(), 0.730_238_272_283_469_7, 1e-15);
    near(normalized_mutual_information(&species, &fitted.labels).unwrap(), 0.758_175_680_005_778_4, 5e-15);
}

/// A file that is not compressed.
fn plain(name: &str) -> Option<std::fs::File> {
    data(name)?;
    let folder = std::env::var_os("CRM_TEST_DATA")?;
    std::fs::File::open(std::path::Path::new(&folder).join(name)).ok()
}

/// By numpy: `sum((q - p) * log(q / p))` with half a customer for none, and means with the pooled `ddof=1` variance.
#[test]
fn drift_of_numpy() {
    let before = labels(60, |i| i % 3);
    let after = labels(90, |i| i * i % 3);
    let feature = |rows: u32, of: fn(u32) -> u32| (0..rows).map(|i| f64::from(of(i))).collect::<Vec<f64>>();
    let x_before = feature(60, |i| i * 17 % 23 + i % 3 * 5);
    let x_after = feature(90, |i| i * 13 % 29 + i % 3 * 4);
    let (x_before, x_after) =
        (Matrix::from_rows(&x_before, 1).unwrap(), Matrix::from_rows(&x_after, 1).unwrap());
    let drift = SegmentDrift::new(
        3,
        SegmentSnapshot::new(&before).features(&x_before),
        SegmentSnapshot::new(&after).features(&x_after),
        Matching::Unknown,
    )
    .unwrap();
    near(drift.population_stability_index(), 1.573_084_222_248_336_8, 1e-14);
    assert_eq!(drift.population_shift(), PopulationShift::Significant);
    let moves = drift.centre_moves();
    for (place, means, deviation, difference) in [
        (0, (10.7, 13.533_333_333_333_333), 8.123_610_992_382_362, 0.348_777_573_912_659_7),
        (1, (16.6, 20.183_333_333_333_334), 8.321_876_740_173_005, 0.430_591_974_047_772),
    ] {
        near(moves[place].mean_before.unwrap(), means.0, 1e-13);
        near(moves[place].mean_after.unwrap(), means.1, 1e-13);
        near(moves[place].pooled_standard_deviation.unwrap(), deviation, 1e-13);
        near(moves[place].standardized_difference.unwrap(), difference, 1e-13);
    }
    assert_eq!(moves[2].standardized_difference, None);
}

/// All pairs of distinct values, tried by NumPy: the nearest that keeps the bands.
#[test]
fn thresholds_of_numpy() {
    let value: Vec<f64> = (0..200).map(|i| f64::from(i * 73 % 101)).collect();
    let potential: Vec<f64> = (0..200).map(|i| f64::from(i * 73 % 101 / 2 + i * 31 % 67)).collect();
    let flags: Vec<bool> = (0..200).map(|i| i % 13 == 0).collect();
    let fitted =
        CustomerTiers::fit(&value, &potential, RiskColumn::Flags(&flags), &CustomerTierOptions::default())
            .unwrap();
    assert_eq!(fitted.model.value_threshold(), Some(49.0));
    assert_eq!(fitted.model.potential_threshold(), Some(85.0));
    assert_eq!(fitted.report.tiers.each_ref().map(|tier| tier.customers), [28, 68, 88, 16]);
    assert!(fitted.report.feasible);
    near(fitted.report.indicator_correlation.unwrap(), 0.373_011_633_480_977_75, 1e-15);
}
