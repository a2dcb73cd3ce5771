//! The laws of agreement, drift and tiers.

use crm_core::segment::{
    CrossTable, CustomerTier, CustomerTierOptions, CustomerTiers, Matching, Matrix, RiskColumn, SegmentDrift,
    SegmentSnapshot, ShareBand, TierBacktest, TierBands, TierSplit, ValueTierOptions, ValueTiers,
    adjusted_rand_index, normalized_mutual_information,
};
use proptest::prelude::*;

/// Labels of the same customers at two dates.
fn labelings() -> impl Strategy<Value = Vec<(u32, u32)>> {
    (1..6u32, 1..6u32).prop_flat_map(|(rows, columns)| prop::collection::vec((0..rows, 0..columns), 1..60))
}

/// Values with many ties, some negative.
fn values() -> impl Strategy<Value = Vec<f64>> {
    let wide = prop_oneof![1 => Just(2i32), 1 => Just(8), 2 => Just(1000)];
    wide.prop_flat_map(|wide| prop::collection::vec((-wide / 4..wide).prop_map(f64::from), 1..80))
}

fn split() -> impl Strategy<Value = TierSplit> {
    (prop::collection::vec(1..10u32, 2..=6), any::<bool>()).prop_map(|(parts, of_value)| {
        let sum: u32 = parts.iter().sum();
        let shares = parts.iter().map(|&part| f64::from(part) / f64::from(sum)).collect();
        if of_value { TierSplit::ValueShares(shares) } else { TierSplit::CustomerShares(shares) }
    })
}

/// Value, potential and risk of customers, with ties or without.
fn customers(most: usize) -> impl Strategy<Value = Vec<(f64, f64, f64)>> {
    let wide = prop::sample::select(vec![2i32, 5, 1000]);
    (wide, -1..=2i32).prop_flat_map(move |(wide, joint)| {
        let one = (0..wide, 0..wide, 0..wide);
        let one = one.prop_map(move |(value, potential, risk)| {
            (f64::from(value), f64::from(potential + joint * value), f64::from(risk))
        });
        prop::collection::vec(one, 1..most)
    })
}

/// The default bands and wider or narrower ones around shares that sum to 1.
fn bands() -> impl Strategy<Value = TierBands> {
    let own =
        (prop::array::uniform4(1..20u32), prop::array::uniform4(1..100u32)).prop_map(|(parts, halves)| {
            let sum: u32 = parts.iter().sum();
            let band = |place: usize| {
                let centre = f64::from(parts[place]) / f64::from(sum);
                let half = f64::from(halves[place]) / 1000.0;
                ShareBand::new((centre - half).max(0.0), (centre + half).min(1.0))
            };
            let [core, important, basic, at_risk] = [0, 1, 2, 3].map(band);
            TierBands { core, important, basic, at_risk }
        });
    prop_oneof![1 => Just(TierBands::default()), 2 => own]
}

fn permuted<T: Copy>(items: &[T], by: &[usize]) -> Vec<T> {
    by.iter().map(|&place| items[place]).collect()
}

/// Some order of so many rows.
fn shuffle(rows: usize, step: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows).collect();
    order.sort_by_key(|&row| (row * step % 101, row % 7));
    order
}

/// Distance of three shares from their centres, as the model defines it.
fn distance(bands: &TierBands, counts: [usize; 3], customers: usize) -> (bool, f64) {
    let mut keeps = true;
    let mut sum = 0.0;
    for (band, count) in [bands.core, bands.important, bands.basic].into_iter().zip(counts) {
        let share = count as f64 / customers as f64;
        keeps &= band.lowest <= share && share <= band.highest;
        let half = (band.highest - band.lowest) / 2.0;
        sum += ((share - f64::midpoint(band.lowest, band.highest)) / half).powi(2);
    }
    (keeps, sum)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn agreement_counts_pairs(pairs in labelings(), step in 1..50usize) {
        let (first, second): (Vec<u32>, Vec<u32>) = pairs.iter().copied().unzip();
        let index = adjusted_rand_index(&first, &second).unwrap();
        let information = normalized_mutual_information(&first, &second).unwrap();
        // By the definition, pair by pair.
        let n = pairs.len();
        let (mut both, mut one, mut other, mut all) = (0.0, 0.0, 0.0, 0.0);
        for i in 0..n {
            for j in 0..i {
                let (a, b) = (first[i] == first[j], second[i] == second[j]);
                both += f64::from(u8::from(a && b));
                one += f64::from(u8::from(a));
                other += f64::from(u8::from(b));
                all += 1.0;
            }
        }
        let most = f64::midpoint(one, other);
        let chance = one * other / all;
        let expected = if all == 0.0 || (most - chance).abs() < 1e-12 { 1.0 } else { (both - chance) / (most - chance) };
        prop_assert!((index - expected).abs() < 1e-12, "{index} {expected}");
        prop_assert!((-0.5..=1.0).contains(&index) && (0.0..=1.0).contains(&information));
        // Neither the order of rows, nor which comes first, nor the numbers of the groups change a bit.
        let order = shuffle(n, step);
        let (a, b) = (permuted(&first, &order), permuted(&second, &order));
        let renamed: Vec<u32> = b.iter().map(|label| (7 - label) * 3).collect();
        prop_assert_eq!(adjusted_rand_index(&renamed, &a).unwrap(), index);
        prop_assert_eq!(normalized_mutual_information(&renamed, &a).unwrap(), information);
        prop_assert_eq!(adjusted_rand_index(&first, &first).unwrap(), 1.0);
        prop_assert_eq!(normalized_mutual_information(&first, &first).unwrap(), 1.0);
        let table = CrossTable::new(&first, &second).unwrap();
        prop_assert_eq!(table.counts().iter().sum::<u64>(), n as u64);
        prop_assert_eq!(table.row_totals().iter().sum::<u64>(), n as u64);
        prop_assert_eq!(table.column_totals().iter().sum::<u64>(), n as u64);
        let same = first.iter().zip(&second).filter(|(a, b)| a == b).count();
        prop_assert_eq!(table.agreement(), same as f64 / n as f64);
        for (row, &total) in table.row_totals().iter().enumerate() {
            let shares: Option<Vec<f64>> = (0..table.column_groups()).map(|column| table.row_share(row, column)).collect();
            prop_assert_eq!(shares.is_some(), total > 0);
            if let Some(shares) = shares {
                prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn drift_is_a_matter_of_members(before in labelings(), after in labelings(), step in 1..50usize) {
        let split = |pairs: &[(u32, u32)]| -> (Vec<u32>, Vec<f64>) {
            pairs.iter().map(|&(label, value)| (label, f64::from(value) * 1.1 - 2.0)).unzip()
        };
        let drift_of = |before: &[(u32, u32)], after: &[(u32, u32)]| {
            let ((lb, xb), (la, xa)) = (split(before), split(after));
            let (xb, xa) = (Matrix::from_rows(&xb, 1).unwrap(), Matrix::from_rows(&xa, 1).unwrap());
            let (b, a) = (SegmentSnapshot::new(&lb).features(&xb), SegmentSnapshot::new(&la).features(&xa));
            SegmentDrift::new(6, b, a, Matching::Unknown).unwrap()
        };
        let drift = drift_of(&before, &after);
        let shuffled = drift_of(&permuted(&before, &shuffle(before.len(), step)), &permuted(&after, &shuffle(after.len(), step + 1)));
        prop_assert_eq!(&drift, &shuffled);
        prop_assert!(drift.population_stability_index() >= 0.0);
        prop_assert_eq!(drift_of(&before, &before).population_stability_index(), 0.0);
        prop_assert!(drift_of(&before, &before).centre_moves().iter().all(|one| one.standardized_difference.is_none_or(|d| d == 0.0)));
        let backwards = drift_of(&after, &before);
        prop_assert!((backwards.population_stability_index() - drift.population_stability_index()).abs() < 1e-12);
        let sum = |share: fn(&crm_core::segment::SizeShift) -> f64| drift.sizes().iter().map(share).sum::<f64>();
        prop_assert!((sum(|size| size.share_before) - 1.0).abs() < 1e-12 && sum(|size| size.change).abs() < 1e-12);
        for one in drift.centre_moves() {
            let members: Vec<f64> = before.iter().filter(|(label, _)| *label == one.segment).map(|(_, value)| f64::from(*value) * 1.1 - 2.0).collect();
            let mean = members.iter().sum::<f64>() / members.len() as f64;
            prop_assert!(one.mean_before.map_or(members.is_empty(), |found| (found - mean).abs() < 1e-12));
        }
    }

    #[test]
    fn migration_by_rows_and_by_pairs(pairs in labelings(), step in 1..50usize) {
        let (before, after): (Vec<u32>, Vec<u32>) = pairs.iter().copied().unzip();
        let order = shuffle(before.len(), step);
        let shuffled = permuted(&after, &order);
        let drift = |after: &[u32], matching| {
            SegmentDrift::new(6, SegmentSnapshot::new(&before), SegmentSnapshot::new(after), matching).unwrap().migration().unwrap().clone()
        };
        let by_row = drift(&after, Matching::ByRow);
        let rows: Vec<u32> = (0..before.len() as u32).collect();
        let from: Vec<u32> = order.iter().map(|&row| row as u32).collect();
        prop_assert_eq!(&drift(&shuffled, Matching::Pairs { before: &from, after: &rows }), &by_row);
        let some = drift(&shuffled, Matching::Pairs { before: &from[..1], after: &rows[..1] });
        prop_assert_eq!((some.total(), some.count(before[order[0]] as usize, after[order[0]] as usize)), (1, 1));
    }

    #[test]
    fn tiers_of_value_obey_their_laws(values in values(), split in split(), step in 1..50usize, power in -30..30i32) {
        let options = ValueTierOptions::new(split.clone());
        let Ok(fitted) = ValueTiers::fit(&values, &options) else {
            prop_assert!(matches!(split, TierSplit::ValueShares(_)) && values.iter().all(|&value| value <= 0.0));
            return Ok(());
        };
        // Equal values share a tier, and a higher value is in no lower one.
        for (i, &one) in values.iter().enumerate() {
            for (j, &other) in values.iter().enumerate() {
                prop_assert!(one < other || fitted.tiers[i] <= fitted.tiers[j]);
            }
        }
        let order = shuffle(values.len(), step);
        let shuffled = ValueTiers::fit(&permuted(&values, &order), &options).unwrap();
        prop_assert_eq!(&shuffled.model, &fitted.model);
        prop_assert_eq!(&shuffled.tiers, &permuted(&fitted.tiers, &order));
        prop_assert_eq!(&shuffled.summary, &fitted.summary);
        for factor in [2f64.powi(power), 3.0, 0.01] {
            let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
            let scaled = ValueTiers::fit(&scaled, &options).unwrap();
            // Sums of values by 0.01 are rounded: a group just at a share may move.
            if factor != 0.01 || matches!(split, TierSplit::CustomerShares(_)) {
                prop_assert_eq!(&scaled.tiers, &fitted.tiers);
            }
        }
        // The definition, value by value, in integers.
        let (TierSplit::CustomerShares(shares) | TierSplit::ValueShares(shares)) = &split else { unreachable!() };
        let weight = |value: f64| if matches!(split, TierSplit::CustomerShares(_)) { 1.0 } else { value.max(0.0) };
        let total: f64 = values.iter().map(|&value| weight(value)).sum();
        for (&value, &tier) in values.iter().zip(&fitted.tiers) {
            let greater: f64 = values.iter().filter(|&&other| other > value).map(|&other| weight(other)).sum();
            let equal: f64 = values.iter().filter(|&&other| other == value).map(|&other| weight(other)).sum();
            let middle = (2.0 * greater + equal) / (2.0 * total);
            let ends = shares[..shares.len() - 1].iter().scan(0.0, |sum, share| { *sum += share; Some(*sum) });
            let expected = ends.filter(|end| middle > end + 1e-12).count();
            prop_assert_eq!(tier as usize, expected);
        }
        let summary = &fitted.summary;
        prop_assert_eq!(summary.rows.iter().map(|row| row.customers).sum::<u64>(), values.len() as u64);
        prop_assert_eq!(summary.value, values.iter().sum::<f64>());
        prop_assert_eq!(summary.rows.iter().map(|row| row.value).sum::<f64>(), summary.value);
        let got: f64 = summary.rows.iter().filter_map(|row| row.got_share).sum();
        prop_assert!((got - 1.0).abs() < 1e-12);
        for row in &summary.rows {
            let members: Vec<f64> = values.iter().zip(&fitted.tiers).filter(|(_, tier)| **tier == row.tier).map(|(value, _)| *value).collect();
            prop_assert_eq!(row.lowest, members.iter().copied().reduce(f64::min));
            prop_assert_eq!(row.highest, members.iter().copied().reduce(f64::max));
        }
        let model = ValueTiers::from_json(&fitted.model.to_json().unwrap()).unwrap();
        prop_assert_eq!(&model, &fitted.model);
        prop_assert_eq!(model.assign(&values).unwrap(), fitted.tiers);
    }

    #[test]
    fn own_bounds_are_kept(values in values(), bounds in prop::collection::btree_set(-200..900i32, 1..6)) {
        let bounds: Vec<f64> = bounds.into_iter().rev().map(f64::from).collect();
        let tiers = ValueTiers::from_lower_bounds(&bounds, &[]).unwrap();
        for (value, tier) in values.iter().zip(tiers.assign(&values).unwrap()) {
            let tier = tier as usize;
            prop_assert!(tier == bounds.len() || *value >= bounds[tier]);
            prop_assert!(tier == 0 || *value < bounds[tier - 1]);
        }
        prop_assert!(tiers.summary(&values).unwrap().rows.iter().all(|row| row.overshoot().is_none()));
    }

    #[test]
    fn back_tests_count_everybody(codes in prop::collection::vec((0..4u32, 0..4u32), 1..60)) {
        let tiers = |codes: Vec<u32>| codes.into_iter().map(|code| CustomerTier::from_code(code).unwrap()).collect::<Vec<_>>();
        let (before, after): (Vec<u32>, Vec<u32>) = codes.into_iter().unzip();
        let (before, after) = (tiers(before), tiers(after));
        let test = TierBacktest::new(&before, &after, 0.5).unwrap();
        let kept: u64 = test.tiers.iter().map(|tier| tier.kept).sum();
        prop_assert_eq!(test.agreement, kept as f64 / before.len() as f64);
        prop_assert_eq!(test.reaches_target, test.agreement >= 0.5);
        let kappa = test.kappa.unwrap_or(1.0);
        prop_assert!(kappa <= 1.0 && (test.agreement - (test.chance_agreement + kappa * (1.0 - test.chance_agreement))).abs() < 1e-12);
        prop_assert_eq!(TierBacktest::new(&before, &before, 1.0).unwrap().agreement, 1.0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Every pair of thresholds at the share at risk that the flags say.
    #[test]
    fn thresholds_are_the_nearest_of_all(
        customers in customers(40), bands in bands(), riskiest in 0..5u32,
    ) {
        let n = customers.len();
        let (value, potential): (Vec<f64>, Vec<f64>) = customers.iter().map(|one| (one.0, one.1)).unzip();
        let flags: Vec<bool> = customers.iter().map(|one| one.2 < f64::from(riskiest)).collect();
        let options = CustomerTierOptions::default().bands(bands);
        let fitted = CustomerTiers::fit(&value, &potential, RiskColumn::Flags(&flags), &options).unwrap();
        let rest: Vec<usize> = (0..n).filter(|&row| !flags[row]).collect();
        let thresholds = |column: &[f64]| -> Vec<f64> {
            let mut all: Vec<f64> = rest.iter().map(|&row| column[row]).collect();
            all.sort_by(f64::total_cmp);
            all.dedup();
            all.push(f64::INFINITY);
            all
        };
        // Kept bands first, then the distance, the difference of the quantiles, customers of high value.
        let mut best = (false, f64::INFINITY, usize::MAX, usize::MAX, [0; 3]);
        for &tv in &thresholds(&value) {
            for &tp in &thresholds(&potential) {
                let high_value = rest.iter().filter(|&&row| value[row] >= tv).count();
                let high_potential = rest.iter().filter(|&&row| potential[row] >= tp).count();
                let both = rest.iter().filter(|&&row| value[row] >= tv && potential[row] >= tp).count();
                let counts = [both, high_value + high_potential - 2 * both, rest.len() + both - high_value - high_potential];
                let (keeps, distance) = distance(&bands, counts, n);
                let key = (keeps, distance, high_value.abs_diff(high_potential), high_value, counts);
                // Within rounding, distances are equal.
                let better = (keeps && !best.0)
                    || keeps == best.0 && (key.1 < best.1 - 1e-9 || key.1 < best.1 + 1e-9 && (key.2, key.3) < (best.2, best.3));
                if better {
                    best = key;
                }
            }
        }
        let got = fitted.report.tiers.each_ref().map(|tier| tier.customers as usize);
        let (keeps, got_distance) = distance(&bands, [got[0], got[1], got[2]], n);
        prop_assert_eq!(keeps, best.0);
        prop_assert!((got_distance - best.1).abs() < 1e-9, "{:?} {:?}", got, best);
        prop_assert_eq!(fitted.report.optimality_gap, 0.0);
        let high = rest.iter().filter(|&&row| fitted.model.value_threshold().is_some_and(|t| value[row] >= t)).count();
        let high_potential = rest.iter().filter(|&&row| fitted.model.potential_threshold().is_some_and(|t| potential[row] >= t)).count();
        prop_assert_eq!(high.abs_diff(high_potential), best.2);
    }

    #[test]
    fn tiers_of_customers_obey_their_laws(
        customers in customers(60), bands in bands(), step in 1..50usize, kind in 0..3, threshold in 0..6u32,
    ) {
        let column = |of: fn(&(f64, f64, f64)) -> f64| customers.iter().map(of).collect::<Vec<f64>>();
        let (value, potential, risk) = (column(|one| one.0), column(|one| one.1), column(|one| one.2));
        let flags: Vec<bool> = risk.iter().map(|&risk| risk < f64::from(threshold)).collect();
        let mut options = CustomerTierOptions::default().bands(bands);
        if kind == 2 {
            options = options.risk_threshold(f64::from(threshold));
        }
        let risk_of = |scores: &'static [f64], flags: &'static [bool]| if kind == 0 { RiskColumn::Flags(flags) } else { RiskColumn::Scores(scores) };
        let (scores, all_flags): (&'static [f64], &'static [bool]) = (risk.clone().leak(), flags.clone().leak());
        let given = risk_of(scores, all_flags);
        let fitted = CustomerTiers::fit(&value, &potential, given, &options).unwrap();
        // Risk has precedence, equal customers are equal, and more is never worse.
        for row in 0..value.len() {
            let at_risk = fitted.tiers[row] == CustomerTier::AtRisk;
            match kind {
                0 => prop_assert_eq!(at_risk, flags[row]),
                2 => prop_assert_eq!(at_risk, risk[row] >= f64::from(threshold)),
                _ => prop_assert_eq!(at_risk, fitted.model.risk_threshold().is_some_and(|least| risk[row] >= least)),
            }
            for other in 0..value.len() {
                let (one, two) = (fitted.tiers[row], fitted.tiers[other]);
                if one != CustomerTier::AtRisk && two != CustomerTier::AtRisk && value[row] >= value[other] && potential[row] >= potential[other] {
                    prop_assert!(one <= two);
                }
            }
        }
        let shares: f64 = fitted.report.tiers.iter().map(|tier| tier.share).sum();
        prop_assert!((shares - 1.0).abs() < 1e-12);
        prop_assert_eq!(fitted.report.feasible, fitted.report.tiers.iter().all(|tier| tier.band.lowest <= tier.share && tier.share <= tier.band.highest));
        // Any order of the rows.
        let order = shuffle(value.len(), step);
        let (leaked, leaked_flags) = (permuted(&risk, &order).leak(), permuted(&flags, &order).leak());
        let (v, p) = (permuted(&value, &order), permuted(&potential, &order));
        let shuffled = CustomerTiers::fit(&v, &p, risk_of(leaked, leaked_flags), &options).unwrap();
        prop_assert_eq!(&shuffled.model, &fitted.model);
        prop_assert_eq!(&shuffled.report, &fitted.report);
        // Any unit.
        let scaled = |column: &[f64], factor: f64| column.iter().map(|value| value * factor).collect::<Vec<f64>>();
        let other = CustomerTiers::fit(&scaled(&value, 0.37), &scaled(&potential, 1e9), given, &options).unwrap();
        prop_assert_eq!(&other.tiers, &fitted.tiers);
        let model = CustomerTiers::from_json(&fitted.model.to_json().unwrap()).unwrap();
        prop_assert_eq!(&model.assign(&value, &potential, given).unwrap(), &fitted.tiers);
        prop_assert_eq!(model.report(&value, &potential, given).unwrap().tiers, fitted.report.tiers);
    }

    /// No share at risk that is tried, each as flags, comes nearer than the one that is chosen.
    #[test]
    fn the_share_at_risk_is_the_nearest_of_eleven(customers in customers(60), bands in bands(), wide in 2..100usize) {
        let column = |of: fn(&(f64, f64, f64)) -> f64| customers.iter().map(of).collect::<Vec<f64>>();
        let (value, potential, n) = (column(|one| one.0), column(|one| one.1), customers.len());
        let risk: Vec<f64> = (0..n).map(|row| (row * 37 % 1009 % wide) as f64).collect();
        let options = CustomerTierOptions::default().bands(bands);
        let key = |risk: RiskColumn<'_>| {
            let tiers = CustomerTiers::fit(&value, &potential, risk, &options).unwrap().report.tiers;
            let count = |place: usize| tiers[place].customers as usize;
            let (keeps, near) = distance(&bands, [count(0), count(1), count(2)], n);
            let at_risk = &tiers[3];
            let half = (bands.at_risk.highest - bands.at_risk.lowest) / 2.0;
            let own = ((at_risk.share - f64::midpoint(bands.at_risk.lowest, bands.at_risk.highest)) / half).powi(2);
            (usize::from(!keeps) + usize::from(at_risk.missed_by != 0.0), near + own)
        };
        let chosen = key(RiskColumn::Scores(&risk));
        let mut found = false;
        for step in 0..=10 {
            let share = bands.at_risk.lowest + (bands.at_risk.highest - bands.at_risk.lowest) * f64::from(step) / 10.0;
            // The nearest number of customers with at least some score; of two the smaller.
            let cuts = (0..=wide).rev().map(|least| risk.iter().filter(|&&risk| risk >= least as f64).count());
            let off = |count: usize| (count as f64 - share * n as f64).abs();
            let Some(count) = cuts.min_by(|&one, &other| off(one).total_cmp(&off(other)).then(one.cmp(&other))) else { unreachable!() };
            let mut descending = risk.clone();
            descending.sort_by(|one, other| other.total_cmp(one));
            let flags: Vec<bool> = risk.iter().map(|&risk| count > 0 && risk >= descending[count - 1]).collect();
            let tried = key(RiskColumn::Flags(&flags));
            prop_assert!(chosen.0 < tried.0 || chosen.0 == tried.0 && chosen.1 <= tried.1 + 1e-8, "{chosen:?} {tried:?} at {share}");
            found |= chosen.0 == tried.0 && (chosen.1 - tried.1).abs() <= 1e-8;
        }
        prop_assert!(found, "none of the eleven");
    }
}

/// The nearest thresholds of all miss the wide band of basic customers by far less than a half width; others keep all bands.
#[test]
fn bands_come_before_centres() {
    let value: Vec<f64> = (0..1000).map(|row| f64::from(row * 37 % 1009)).collect();
    let flags: Vec<bool> = (0..1000).map(|row| row % 10 == 0).collect();
    let bands = TierBands {
        core: ShareBand::new(0.11, 0.13),
        important: ShareBand::new(0.29, 0.31),
        basic: ShareBand::new(0.405, 0.465),
        at_risk: ShareBand::new(0.05, 0.15),
    };
    let options = CustomerTierOptions::default().bands(bands);
    let fitted = CustomerTiers::fit(&value, &value, RiskColumn::Flags(&flags), &options).unwrap();
    assert!(fitted.report.feasible, "{}", fitted.report);
    // On the upper end of the wide band, and 0.435 left for two bands whose centres are 0.42: 0.1275 and 0.3075.
    assert_eq!(fitted.report.tiers[2].share, 0.465);
    let core = fitted.report.tiers[0].share;
    assert!((core - 0.1275).abs() <= 0.0005 + 1e-12, "{core}");
}

/// Both ends belong to a band: 10, 35, 45 and 10 % are kept, and no other thresholds keep them.
#[test]
fn ends_of_bands_are_inside() {
    let value: Vec<f64> = (0..20).map(|row| f64::from(u8::from(row < 5))).collect();
    let potential: Vec<f64> = (0..20).map(|row| f64::from(u8::from((3..9).contains(&row)))).collect();
    let flags: Vec<bool> = (0..20).map(|row| row >= 18).collect();
    let options = CustomerTierOptions::default();
    let fitted = CustomerTiers::fit(&value, &potential, RiskColumn::Flags(&flags), &options).unwrap();
    assert_eq!(fitted.report.tiers.each_ref().map(|tier| tier.customers), [2, 7, 9, 2]);
    assert!(fitted.report.feasible);
    assert_eq!(fitted.report.to_string(), "all shares lie in their bands");
}
