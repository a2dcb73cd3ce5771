//! The laws of features, their scaling, and segments with their profiles.

use std::collections::BTreeMap;

use crm_core::customer::{BaseOptions, Day, IngestOptions, PurchaseHistory, TimeUnit};
use crm_core::segment::{
    ColumnScaling, Feature, FeatureScaler, FeatureTable, FeatureUnit, KMeansOptions, MissingValues,
    ScaledFeatures, ScalingMethod, ScalingOptions, SegmentModel, SegmentProfiles, Transform,
};
use proptest::prelude::*;

use crate::log::{Id, Orders, Row, Shape, history, row};
use crate::rfm::rows;

const AS_OF: i32 = 200;

fn history_of(rows: &[Row]) -> PurchaseHistory {
    history(&[rows], Shape::new(false, Orders::Integers), &IngestOptions::default()).unwrap()
}

fn as_of(day: i32) -> BaseOptions {
    BaseOptions::as_of(Day::from_number(day).unwrap())
}

fn table_of(rows: &[Row]) -> FeatureTable {
    FeatureTable::from_history(&history_of(rows), as_of(AS_OF), &Feature::ALL).unwrap()
}

fn scalings() -> impl Strategy<Value = ColumnScaling> {
    let transform = prop::sample::select(&Transform::ALL[..]);
    let method = prop::sample::select(&ScalingMethod::ALL[..]);
    let clip = prop::option::of((0.0..0.4, 0.0..0.4));
    (transform, method, clip, 0.0..4.0).prop_map(|(transform, method, winsorise, weight)| ColumnScaling {
        transform,
        method,
        winsorise,
        weight,
    })
}

/// A scaling for each feature; the first one always counts.
fn options() -> impl Strategy<Value = ScalingOptions> {
    prop::collection::vec(scalings(), Feature::ALL.len()).prop_map(|scalings| {
        let mut options = ScalingOptions::default().missing(MissingValues::Median);
        for (place, (feature, scaling)) in Feature::ALL.iter().zip(scalings).enumerate() {
            let weight = if place == 0 { 1.0 } else { scaling.weight };
            options = options.column(feature.name(), scaling.weight(weight));
        }
        options
    })
}

/// Features of a log with a customer who buys often, so that none is missing for everybody.
fn full_rows() -> impl Strategy<Value = Vec<Row>> {
    rows().prop_map(|mut rows| {
        rows.extend([20, 40, 90].map(|day| row(Id::Integer(9), day, 5_000_000 + i128::from(day) * 10_000)));
        rows
    })
}

fn bits(scaled: &ScaledFeatures) -> Vec<Vec<u64>> {
    let column = |place: usize| scaled.column(place).iter().map(|value| value.to_bits()).collect();
    (0..scaled.names().len()).map(column).collect()
}

/// Values with ties, of any sign and many sizes.
fn values() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        4 => (-20..20i32).prop_map(f64::from),
        2 => -1e6..1e6f64,
        1 => (-3.0..12.0f64).prop_map(|exponent| 10f64.powf(exponent)),
    ];
    prop::collection::vec(value, 1..60)
}

fn one_column(unit: FeatureUnit, values: &[f64]) -> FeatureTable {
    FeatureTable::new(values.len()).unwrap().with_column("x", unit, values).unwrap()
}

fn fit_one(values: &[f64], scaling: ColumnScaling) -> (FeatureScaler, ScaledFeatures) {
    let table = one_column(FeatureUnit::Number, values);
    FeatureScaler::fit_apply(&table, &ScalingOptions::new().every(scaling)).unwrap()
}

fn close(one: f64, other: f64, scale: f64) -> bool {
    (one - other).abs() <= 1e-9 * scale.max(1.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_unit_of_money_changes_no_bit(
        rows in full_rows(),
        options in options(),
        // The last makes amounts that no double holds.
        (times, divided) in prop::sample::select(&[(100, 1), (1, 100), (3, 1), (7, 1), (13, 10_000), (999_999_937, 1)][..]),
    ) {
        // Amounts are whole cents, so each of these factors gives whole micro-units.
        let scaled: Vec<Row> = rows.iter().cloned().map(|mut row| {
            row.micros = row.micros.map(|micros| micros * times / divided);
            row
        }).collect();
        let (table, other) = (table_of(&rows), table_of(&scaled));
        let (scaler, fitted) = FeatureScaler::fit_apply(&table, &options).unwrap();
        let (other_scaler, other_fitted) = FeatureScaler::fit_apply(&other, &options).unwrap();
        prop_assert_eq!(bits(&fitted), bits(&other_fitted));
        prop_assert_eq!(scaler.warnings(), other_scaler.warnings());
        let later = FeatureTable::from_history(&history_of(&rows), as_of(AS_OF + 40), &Feature::ALL).unwrap();
        let other_later = FeatureTable::from_history(&history_of(&scaled), as_of(AS_OF + 40), &Feature::ALL).unwrap();
        prop_assert_eq!(bits(&scaler.apply(&later).unwrap()), bits(&other_scaler.apply(&other_later).unwrap()));
    }

    #[test]
    fn features_are_those_of_the_base(rows in full_rows(), unit in prop::sample::select(&TimeUnit::ALL[..])) {
        let options = as_of(AS_OF).in_unit(unit);
        let history = history_of(&rows);
        let (base, rhythm) = (history.base(options).unwrap(), history.rhythm(options).unwrap());
        let table = FeatureTable::from_history(&history, options, &Feature::ALL).unwrap();
        let of_base = FeatureTable::from_base(&base, &Feature::ALL[..3]).unwrap();
        prop_assert_eq!(&table.columns()[..3], of_base.columns());
        prop_assert_eq!((table.rows(), table.as_of(), table.time_unit()), (base.len(), Some(base.as_of()), Some(unit)));
        for customer in 0..base.len() {
            let bought = base.purchase_amount(customer).to_f64();
            let returned = -base.return_amount(customer).to_f64();
            let rate = if returned == 0.0 { 0.0 } else if bought <= returned { 1.0 } else { returned / bought };
            for (feature, expected) in [
                (Feature::TimeSinceLastPurchase, base.time_since_last_purchase(customer)),
                (Feature::Orders, f64::from(base.orders()[customer])),
                (Feature::PurchaseDays, f64::from(base.purchase_days()[customer])),
                (Feature::NetAmount, base.net_amount(customer).to_f64()),
                (Feature::PurchaseAmount, bought),
                (Feature::MeanOrderAmount, base.purchase_amount(customer).divided_by(base.orders()[customer])),
                (Feature::Age, base.age(customer)),
                (Feature::Regularity, rhythm.regularity(customer)),
                (Feature::MeanGap, rhythm.mean_gap(customer)),
                (Feature::ReturnRate, rate),
            ] {
                let value = table.column(feature.name()).unwrap().values()[customer];
                prop_assert!(value == expected || close(value, expected, 1e-6) || value.is_nan() && expected.is_nan(), "{feature} {value} {expected}");
            }
        }
    }

    #[test]
    fn rhythms_are_those_of_the_purchase_days(rows in rows(), day in 101..AS_OF, window in prop::option::of(1..250u32)) {
        let history = history_of(&rows);
        let mut options = as_of(day).in_unit(TimeUnit::Week);
        options.window_days = window;
        let first = window.map_or(i32::MIN, |days| day - days as i32 + 1);
        let mut days: BTreeMap<i64, Vec<i32>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.micros >= Some(0)) {
            let (Some(Id::Integer(id)), Some(bought)) = (&row.id, row.day) else { continue };
            if (first..=day).contains(&bought) {
                days.entry(*id).or_default().push(bought);
            }
        }
        match (history.base(options), history.rhythm(options)) {
            (Ok(base), Ok(rhythm)) => {
                prop_assert_eq!(base.len(), rhythm.len());
                prop_assert!(FeatureTable::from_base_and_rhythm(&base, &rhythm, &[Feature::Regularity]).is_ok());
                prop_assert_eq!(rhythm.len(), days.len());
                for (customer, days) in days.values_mut().enumerate() {
                    days.sort_unstable();
                    days.dedup();
                    let mut gaps: Vec<f64> = days.windows(2).map(|pair| f64::from(pair[1] - pair[0])).collect();
                    let count = gaps.len();
                    prop_assert_eq!(rhythm.gaps()[customer] as usize, count);
                    prop_assert_eq!(rhythm.squared_gaps()[customer] as f64, gaps.iter().map(|gap| gap * gap).sum::<f64>());
                    prop_assert_eq!(f64::from(rhythm.days_between()[customer]), gaps.iter().sum::<f64>());
                    prop_assert_eq!(rhythm.mean_gap(customer).is_nan(), count == 0);
                    prop_assert_eq!(rhythm.regularity(customer).is_nan(), count < 2);
                    prop_assert_eq!(rhythm.gap_variation(customer).is_nan(), count < 2);
                    let Some(&last) = gaps.last() else { continue };
                    prop_assert_eq!(rhythm.last_gap(customer), last / 7.0);
                    let mean = gaps.iter().sum::<f64>() / count as f64;
                    prop_assert!(close(rhythm.mean_gap(customer), mean / 7.0, 1.0));
                    let deviation = (gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / count as f64).sqrt();
                    gaps.sort_by(f64::total_cmp);
                    prop_assert_eq!(rhythm.median_gap(customer), f64::midpoint(gaps[(count - 1) / 2], gaps[count / 2]) / 7.0);
                    if count >= 2 {
                        let regularity = rhythm.regularity(customer);
                        prop_assert!((0.0..=1.0).contains(&regularity));
                        // The square root doubles the digits that a variance near 0 loses.
                        prop_assert!((rhythm.gap_variation(customer) - deviation / mean).abs() < 1e-7);
                        prop_assert!((regularity - (1.0 - deviation / mean / (count as f64 - 1.0).sqrt())).abs() < 1e-7);
                        prop_assert_eq!(regularity == 1.0, gaps[0] == gaps[count - 1]);
                    }
                }
            }
            (base, rhythm) => prop_assert_eq!(base.unwrap_err(), rhythm.unwrap_err()),
        }
    }

    #[test]
    fn what_was_fitted_is_what_is_applied_and_what_is_saved(rows in full_rows(), options in options()) {
        let table = table_of(&rows);
        let (scaler, fitted) = FeatureScaler::fit_apply(&table, &options).unwrap();
        prop_assert_eq!(&scaler.apply(&table).unwrap(), &fitted);
        prop_assert_eq!(bits(&scaler.apply(&table).unwrap()), bits(&fitted));
        prop_assert_eq!(FeatureScaler::fit(&table, &options).unwrap(), scaler.clone());
        let text = scaler.to_json().unwrap();
        let back = FeatureScaler::from_json(&text).unwrap();
        prop_assert_eq!(&back, &scaler);
        prop_assert_eq!(back.to_json().unwrap(), text);
        prop_assert_eq!(bits(&back.apply(&table).unwrap()), bits(&fitted));
        for (place, imputed) in fitted.imputed().iter().enumerate() {
            prop_assert_eq!(*imputed, table.columns()[place].missing() as u64);
            prop_assert!(fitted.column(place).iter().all(|value| value.is_finite()));
        }
        fitted.matrix().unwrap();
    }

    #[test]
    fn the_order_of_the_rows_matters_only_to_rounding(
        (values, order) in values().prop_flat_map(|values| {
            let order: Vec<usize> = (0..values.len()).collect();
            (Just(values), Just(order).prop_shuffle())
        }),
        scaling in scalings(),
        unit in prop::sample::select(&[FeatureUnit::Number, FeatureUnit::Money { currency: None }][..]),
    ) {
        let options = ScalingOptions::new().every(scaling.weight(1.0));
        let shuffled: Vec<f64> = order.iter().map(|&place| values[place]).collect();
        let (_, one) = FeatureScaler::fit_apply(&one_column(unit.clone(), &values), &options).unwrap();
        let (_, other) = FeatureScaler::fit_apply(&one_column(unit, &shuffled), &options).unwrap();
        let size = one.column(0).iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        for (place, &from) in order.iter().enumerate() {
            prop_assert!(close(other.column(0)[place], one.column(0)[from], size));
        }
    }

    #[test]
    fn inverted_values_are_the_original_ones(values in values(), scaling in scalings(), weight in 0.5..3.0) {
        let (scaler, scaled) = fit_one(&values, scaling.weight(weight));
        let back = scaler.invert(scaled.column(0)).unwrap();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let size = sorted[0].abs().max(sorted[sorted.len() - 1].abs());
        let quantile = |share: f64| crm_core::math::quantile_type_7(&sorted, share).unwrap();
        let (low, high) = scaling.winsorise.map_or((f64::NEG_INFINITY, f64::INFINITY), |(lower, upper)| (quantile(lower), quantile(1.0 - upper)));
        for (back, value) in back.iter().zip(&values) {
            prop_assert!(close(*back, value.clamp(low, high), size), "{back} {value}");
        }
    }

    #[test]
    fn percentiles_are_mid_ranks(values in values(), later in values()) {
        let (scaler, scaled) = fit_one(&values, ColumnScaling::new(ScalingMethod::Rank));
        if !scaler.warnings().is_empty() {
            prop_assert!(scaled.column(0).iter().all(|value| *value == 0.0));
            return Ok(());
        }
        for (value, rank) in values.iter().zip(scaled.column(0)) {
            let less = values.iter().filter(|other| *other < value).count();
            let equal = values.iter().filter(|other| *other == value).count();
            prop_assert_eq!(*rank, (2 * less + equal) as f64 / (2 * values.len()) as f64);
            prop_assert!(0.0 < *rank && *rank < 1.0);
        }
        let mut all: Vec<f64> = values.iter().chain(&later).copied().collect();
        all.sort_by(f64::total_cmp);
        let ranks = scaler.apply(&one_column(FeatureUnit::Number, &all)).unwrap();
        prop_assert!(ranks.column(0).is_sorted());
        prop_assert!(ranks.column(0).iter().all(|rank| 0.0 < *rank && *rank < 1.0));
    }

    #[test]
    fn segments_come_back_and_assign_what_they_were_fitted_to(rows in full_rows(), clusters in 1..4usize, by in prop::sample::select(&Feature::DEFAULT[..]), descending in any::<bool>()) {
        let table = FeatureTable::from_history(&history_of(&rows), as_of(AS_OF), &Feature::DEFAULT).unwrap();
        let options = KMeansOptions::new(clusters).order(table.order_by(by.name(), descending).unwrap());
        // Too few different customers for so many segments.
        let Ok(fitted) = SegmentModel::fit(&table, &ScalingOptions::default(), &options) else { return Ok(()) };
        let model = fitted.model;
        let assigned = model.assign(&table).unwrap();
        prop_assert_eq!(&assigned.labels, &fitted.labels);
        for customer in 0..table.rows() {
            prop_assert!(assigned.distances[customer] <= assigned.next_distances[customer]);
            prop_assert!((0.0..=1.0).contains(&assigned.border[customer]));
        }
        let text = model.to_json().unwrap();
        let back = SegmentModel::from_json(&text).unwrap();
        prop_assert_eq!(&back, &model);
        prop_assert_eq!(back.to_json().unwrap(), text);
        prop_assert_eq!(back.assign(&table).unwrap(), assigned);
        prop_assert_eq!((model.as_of(), model.segments(), model.names().len()), (table.as_of(), clusters, clusters));
        let place = model.features().iter().position(|name| *name == by.name()).unwrap();
        let centres: Vec<f64> = model.original_centres().unwrap().chunks(3).map(|centre| centre[place]).collect();
        for pair in centres.windows(2) {
            let up = pair[1] - pair[0];
            prop_assert!(if descending { -up } else { up } >= -1e-9 * pair[0].abs().max(1.0), "{centres:?}");
        }
    }

    #[test]
    fn damaged_models_are_refused_and_never_panic(rows in full_rows(), options in options(), cut in any::<prop::sample::Index>(), byte in 32..127u8) {
        let table = table_of(&rows);
        let Ok(fitted) = SegmentModel::fit(&table, &options, &KMeansOptions::new(2)) else { return Ok(()) };
        let text = fitted.model.to_json().unwrap();
        prop_assert!(SegmentModel::from_json(&text[..cut.index(text.len())]).is_err());
        let mut bytes = text.into_bytes();
        let place = cut.index(bytes.len());
        bytes[place] = byte;
        if let Ok(damaged) = SegmentModel::from_json(&String::from_utf8(bytes).unwrap()) {
            let _ = (damaged.assign(&table), damaged.original_centres());
        }
    }

    #[test]
    fn profiles_count_everybody_once(rows in full_rows(), seed in prop::collection::vec(0..4u32, 42)) {
        let table = table_of(&rows);
        let labels: Vec<u32> = (0..table.rows()).map(|customer| seed[customer % seed.len()]).collect();
        let profiles = SegmentProfiles::new(&table, &labels, None).unwrap();
        let segments = profiles.segments();
        prop_assert_eq!(segments.iter().map(|segment| segment.customers).sum::<u64>(), table.rows() as u64);
        let distinct: std::collections::BTreeSet<&str> = segments.iter().map(|segment| segment.name.as_str()).collect();
        prop_assert_eq!(distinct.len(), segments.len());
        for (place, column) in table.columns().iter().enumerate() {
            let present = |segment: usize, inside: bool| -> Vec<f64> {
                let rows = (0..table.rows()).filter(|&row| (labels[row] as usize == segment) == inside);
                let mut values: Vec<f64> = rows.map(|row| column.values()[row]).filter(|value| !value.is_nan()).collect();
                values.sort_by(f64::total_cmp);
                values
            };
            let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
            let squares = |values: &[f64]| values.iter().map(|value| (value - mean(values)).powi(2)).sum::<f64>();
            let mut shares = 0.0;
            for (label, segment) in segments.iter().enumerate() {
                let (own, others, feature) = (present(label, true), present(label, false), &segment.features[place]);
                let same = |one: f64, other: f64| close(one, other, 1e3) || one.is_nan() && other.is_nan();
                prop_assert_eq!(feature.customers as usize, own.len());
                prop_assert!(same(feature.mean, mean(&own)) && same(feature.mean_of_others, mean(&others)));
                prop_assert!(same(feature.standard_deviation, (squares(&own) / own.len() as f64).sqrt()));
                prop_assert!(same(feature.median, crm_core::math::quantile_type_7(&own, 0.5).unwrap_or(f64::NAN)));
                let pooled = ((squares(&own) + squares(&others)) / (own.len() + others.len()) .saturating_sub(2) as f64).sqrt();
                if pooled > 1e-6 && pooled.is_finite() {
                    prop_assert!(same(feature.difference, (mean(&own) - mean(&others)) / pooled), "{feature:?}");
                }
                shares += feature.share_of_total;
            }
            let adds_up = ["orders", "purchase_days", "net_amount", "purchase_amount"].contains(&column.name());
            let total: f64 = column.values().iter().sum();
            let sizes: f64 = column.values().iter().map(|value| value.abs()).sum();
            prop_assert_eq!(shares.is_nan(), !adds_up || total.abs() < 1e-7 * sizes.max(1e-9));
            prop_assert!(shares.is_nan() || (shares - 1.0).abs() < 1e-9 * sizes / total.abs(), "{shares}");
        }
        let start = format!("{} segments of {} customers", segments.len(), table.rows());
        let report = profiles.to_string();
        prop_assert!(report.starts_with(&start), "{}", report);
    }
}
