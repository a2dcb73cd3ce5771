//! The laws of segments of weighted customers.

use crm_core::segment::{
    FeatureTable, FeatureUnit, KMeans, KMeansOptions, Matrix, ScalingOptions, SegmentModel, Starts,
};
use proptest::prelude::*;

/// Customers of a small, a middle and a large spend, with whole weights.
fn customers() -> impl Strategy<Value = Vec<(f64, f64, u32)>> {
    let near = |centre: f64| (centre..centre + 9.0, 1.0..5.0, 0..4_u32);
    prop::collection::vec(prop_oneof![near(10.0), near(200.0), near(4000.0)], 6..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn a_weight_is_a_number_of_customers_of_the_same_scaled_features(
        mut customers in customers(),
    ) {
        // Of two clusters none gets empty.
        let segments = 2;
        customers[0].2 = 1;
        let column = |of: fn(&(f64, f64, u32)) -> f64| customers.iter().map(of).collect::<Vec<f64>>();
        let table = FeatureTable::new(customers.len())
            .and_then(|table| table.with_column("spend", FeatureUnit::Number, &column(|one| one.0)))
            .and_then(|table| table.with_column("visits", FeatureUnit::Number, &column(|one| one.1)))
            .unwrap();
        let weights = column(|one| f64::from(one.2));
        prop_assume!(weights.iter().filter(|&&weight| weight > 0.0).count() >= segments);
        // The same starts, whatever the number of rows: customers that count.
        let scaling = ScalingOptions::default();
        let plain = SegmentModel::fit(&table, &scaling, &KMeansOptions::new(1)).unwrap();
        let scaled = plain.model.scaler().apply(&table).unwrap();
        let row = |place: usize| [scaled.column(0)[place], scaled.column(1)[place]];
        let counting: Vec<usize> = (0..weights.len()).filter(|&place| weights[place] > 0.0).collect();
        let starts: Vec<f64> = counting.iter().take(segments).flat_map(|&place| row(place)).collect();
        let options = KMeansOptions::new(segments).starts(Starts::Given(starts)).tolerance(0.0);
        let fitted = SegmentModel::fit_weighted(&table, &weights, &scaling, &options).unwrap();
        prop_assert_eq!(fitted.model.scaler(), plain.model.scaler());
        let places: Vec<usize> =
            (0..weights.len()).flat_map(|place| vec![place; weights[place] as usize]).collect();
        let values: Vec<f64> = places.iter().flat_map(|&place| row(place)).collect();
        let copied = KMeans::fit(&Matrix::from_rows(&values, 2).unwrap(), &options).unwrap();
        // Scales of exact sums are those of the largest product, so the last digit may differ.
        for (left, right) in fitted.model.clusters().centres().iter().zip(copied.model.centres()) {
            prop_assert!((left - right).abs() <= 1e-13, "{left} {right}");
        }
        prop_assert_eq!(fitted.model.clusters().weights(), copied.model.weights());
        let labels: Vec<u32> = places.iter().map(|&place| fitted.labels[place]).collect();
        prop_assert_eq!(labels, copied.labels);
        let ones = vec![1.0; weights.len()];
        let once = SegmentModel::fit_weighted(&table, &ones, &scaling, &KMeansOptions::new(1)).unwrap();
        prop_assert_eq!(once, plain);
    }
}
