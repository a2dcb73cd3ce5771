//! The laws of loyalty scores: exact parts, no imputation, any order, any number of threads.

use crm_core::Threads;
use crm_core::customer::Day;
use crm_core::loyalty::{
    Combination, Decay, Dimension, DimensionTable, Direction, LearnedOptions, LoyaltyScore, Normalization,
    ScoreOptions, Weighting, WeightingKind, WeightingReport, objective_weights, proportional_weights,
};
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Population {
    dimensions: Vec<Dimension>,
    columns: Vec<Vec<f64>>,
    weights: Vec<f64>,
    options: ScoreOptions,
}

impl Population {
    fn table(&self) -> DimensionTable<'_> {
        let mut table =
            DimensionTable::new(Day::parse("2025-12-31").unwrap(), self.columns[0].len()).unwrap();
        for (dimension, column) in self.dimensions.iter().zip(&self.columns) {
            table.push(dimension.clone(), column.into()).unwrap();
        }
        table
    }

    fn fit(&self) -> LoyaltyScore {
        fit(&self.table(), &self.weights, self.options)
    }

    fn taken(&self, rows: &[usize]) -> Self {
        let take = |column: &Vec<f64>| rows.iter().map(|&row| column[row]).collect();
        Self { columns: self.columns.iter().map(take).collect(), ..self.clone() }
    }
}

fn fit(table: &DimensionTable<'_>, weights: &[f64], options: ScoreOptions) -> LoyaltyScore {
    LoyaltyScore::fit(table, Weighting::Given(weights), options, Threads::from_count(1).unwrap())
        .unwrap()
        .model
}

fn normalization() -> impl Strategy<Value = Normalization> {
    prop_oneof![
        2 => Just(Normalization::default()),
        1 => (2..9u32).prop_map(|resolution| Normalization::MidRank { resolution }),
        1 => (0.0..0.5f64).prop_map(|tail| Normalization::MinMax { tail }),
        1 => Just(Normalization::ZScore),
        1 => Just(Normalization::RobustZ),
        1 => (-5.0..5.0f64, 0.1..20.0f64).prop_map(|(low, width)| Normalization::Anchors { low, high: low + width }),
    ]
}

/// Values with ties, extremes and gaps.
fn value(gaps: bool) -> impl Strategy<Value = f64> {
    let extreme = prop::sample::select(vec![0.0, -0.0, 1e300, -1e300, 5e-324, f64::MAX, -f64::MAX, 1e-12]);
    let gap = if gaps { f64::NAN } else { 3.0 };
    prop_oneof![8 => (-3..9i32).prop_map(f64::from), 4 => -10.0..10.0f64, 1 => extreme, 2 => Just(gap)]
}

fn population(gaps: bool) -> impl Strategy<Value = Population> {
    (1..6usize, 1..40usize).prop_flat_map(move |(size, rows)| {
        let column = prop::collection::vec(value(gaps), rows);
        let dimension = (normalization(), any::<bool>());
        (
            prop::collection::vec(column, size),
            prop::collection::vec(dimension, size),
            prop::collection::vec(0..5u32, size),
            any::<bool>(),
            prop_oneof![2 => Just(0.0), 1 => 0.0..1.0f64],
        )
            .prop_map(|(columns, dimensions, proportions, geometric, minimum_coverage)| {
                let dimensions = dimensions.into_iter().enumerate().map(|(place, (normalization, lower))| {
                    let direction = if lower { Direction::Lower } else { Direction::Higher };
                    let dimension =
                        Dimension::new(&format!("d{place}"), "units").unwrap().direction(direction);
                    dimension.normalization(normalization).unwrap()
                });
                let mut proportions: Vec<f64> = proportions.into_iter().map(f64::from).collect();
                proportions[0] += 1.0;
                let combination = if geometric { Combination::Geometric } else { Combination::Arithmetic };
                Population {
                    dimensions: dimensions.collect(),
                    columns,
                    weights: proportional_weights(&proportions).unwrap(),
                    options: ScoreOptions { combination, minimum_coverage },
                }
            })
    })
}

fn same(one: &[f64], other: &[f64]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| one.to_bits() == other.to_bits() || (one.is_nan() && other.is_nan()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn contributions_sum_exactly_in_any_order(population in population(true), turn in 0..7usize) {
        let (model, table) = (population.fit(), population.table());
        let parts = model.contributions(&table, Threads::Available).unwrap();
        let scores = model.score(&table, Threads::Available).unwrap();
        prop_assert_eq!(&parts.scores, &scores);
        for (row, score) in scores.scores().iter().enumerate() {
            let mut all: Vec<f64> = parts.columns.iter().map(|column| column[row]).collect();
            all.push(parts.baseline[row]);
            let places = all.len();
            all.rotate_left(turn % places);
            if score.is_nan() {
                prop_assert!(all.iter().all(|part| part.is_nan()));
                continue;
            }
            prop_assert!((0.0..=100.0).contains(score));
            prop_assert_eq!(all.iter().sum::<f64>(), score - model.population_mean());
            // What is not known contributes nothing.
            for (place, column) in population.columns.iter().enumerate() {
                prop_assert!(!column[row].is_nan() || parts.columns[place][row] == 0.0);
            }
        }
    }

    #[test]
    fn with_everything_known_the_parts_alone_sum(population in population(false)) {
        let options = ScoreOptions { combination: Combination::Arithmetic, ..population.options };
        let model = fit(&population.table(), &population.weights, options);
        let parts = model.contributions(&population.table(), Threads::Available).unwrap();
        prop_assert!(parts.baseline.iter().all(|part| *part == 0.0));
        // And the mean is the mean.
        let scores = parts.scores.scores();
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        prop_assert!((mean - model.population_mean()).abs() < 1e-12);
    }

    #[test]
    fn a_missing_dimension_is_as_if_it_did_not_exist(population in population(false), row in 0..40usize, gone in 0..6usize) {
        let rows = population.columns[0].len();
        let (row, gone) = (row % rows, gone % population.columns.len());
        let model = population.fit();
        let mut with_gap = population.clone();
        with_gap.columns[gone][row] = f64::NAN;
        let scores = model.score(&with_gap.table(), Threads::Available).unwrap();
        let left: f64 = (0..population.weights.len()).filter(|&d| d != gone).map(|d| population.weights[d]).sum();
        prop_assert!((scores.coverage()[row] - left).abs() < 1e-12);
        if left > 0.0 && left >= population.options.minimum_coverage + 1e-9 {
            let others: Vec<usize> = (0..population.weights.len()).filter(|&d| d != gone).collect();
            let without = Population {
                dimensions: others.iter().map(|&d| population.dimensions[d].clone()).collect(),
                columns: others.iter().map(|&d| population.columns[d].clone()).collect(),
                weights: proportional_weights(&others.iter().map(|&d| population.weights[d]).collect::<Vec<_>>()).unwrap(),
                options: ScoreOptions { minimum_coverage: 0.0, ..population.options },
            };
            let expected = without.fit().score(&without.table(), Threads::Available).unwrap();
            prop_assert!((scores.scores()[row] - expected.scores()[row]).abs() < 6.1e-8);
        } else if left < population.options.minimum_coverage - 1e-9 || left == 0.0 {
            prop_assert!(scores.scores()[row].is_nan());
        }
    }

    #[test]
    fn the_order_of_the_customers_changes_no_bit(population in population(true), step in 1..101usize) {
        let rows = population.columns[0].len();
        let mut order: Vec<usize> = (0..rows).collect();
        order.sort_by_key(|&row| (row * step % 101, row % 7));
        let turned = population.taken(&order);
        let (model, again) = (population.fit(), turned.fit());
        prop_assert_eq!(&model, &again);
        let scores = model.score(&population.table(), Threads::Available).unwrap();
        let others = again.score(&turned.table(), Threads::Available).unwrap();
        let expected: Vec<f64> = order.iter().map(|&row| scores.scores()[row]).collect();
        prop_assert!(same(&expected, others.scores()));
        let (ranks, other_ranks) = (scores.ranks(), others.ranks());
        prop_assert!(order.iter().zip(other_ranks).all(|(&row, rank)| ranks[row] == rank));
    }

    #[test]
    fn better_values_never_score_lower(population in population(true), row in 0..40usize, side in 0..6usize, more in 0.0..50.0f64) {
        let (row, side) = (row % population.columns[0].len(), side % population.columns.len());
        let model = population.fit();
        let mut better = population.clone();
        let sign = if better.dimensions[side].better() == Direction::Higher { 1.0 } else { -1.0 };
        let moved = (better.columns[side][row] + sign * more).clamp(-f64::MAX, f64::MAX);
        better.columns[side][row] = moved;
        let score = |population: &Population| model.score(&population.table(), Threads::Available).unwrap().scores()[row];
        let (before, after) = (score(&population), score(&better));
        // Geometric scores go through logarithms, whose last digit may waver: by a step of rounding then.
        prop_assert!(before.is_nan() || after >= before - 6e-8, "{} {}", before, after);
    }

    #[test]
    fn saved_models_score_to_the_bit(population in population(true)) {
        let model = population.fit();
        let again = LoyaltyScore::from_json(&model.to_json().unwrap()).unwrap();
        prop_assert_eq!(&model, &again);
        let table = population.table();
        prop_assert_eq!(model.score(&table, Threads::Available).unwrap(), again.score(&table, Threads::Available).unwrap());
    }

    #[test]
    fn effects_of_a_change_sum_exactly(first in population(true), seed in 0..1000usize) {
        let rows = first.columns[0].len();
        // The second date: the same customers with each other's values, and other weights.
        let order: Vec<usize> = (0..rows).map(|row| (row * 7 + seed) % rows).collect();
        let mut second = first.taken(&order);
        second.weights.reverse();
        let (before, after) = (first.fit(), second.fit());
        let change = before.change(&first.table(), &after, &second.table(), Threads::Available).unwrap();
        for row in 0..rows {
            let effects = [change.value[row], change.reference[row], change.weight[row]];
            if effects[0].is_nan() {
                prop_assert!(effects.iter().all(|effect| effect.is_nan()));
            } else {
                prop_assert_eq!(effects.iter().sum::<f64>(), change.after[row] - change.before[row]);
            }
        }
        let parts = before.change_by_dimension(&first.table(), &after, &second.table(), Threads::Available).unwrap();
        prop_assert!(same(&parts.change.value, &change.value));
        for (columns, effect) in
            [(&parts.value, &change.value), (&parts.reference, &change.reference), (&parts.weight, &change.weight)]
        {
            for row in 0..rows {
                // In either order, and exactly.
                let up: f64 = columns.iter().map(|column| column[row]).sum();
                let down: f64 = columns.iter().rev().map(|column| column[row]).sum();
                prop_assert!(up.to_bits() == down.to_bits() || up == 0.0 && down == 0.0 || up.is_nan() && down.is_nan());
                prop_assert!(up == effect[row] || up.is_nan() && effect[row].is_nan());
            }
        }
        let same_model = before.change(&first.table(), &before, &second.table(), Threads::Available).unwrap();
        prop_assert!(same_model.reference.iter().chain(&same_model.weight).all(|effect| effect.is_nan() || *effect == 0.0));
        prop_assert!(same(&change.before, before.score(&first.table(), Threads::Available).unwrap().scores()));
        prop_assert!(same(&change.after, after.score(&second.table(), Threads::Available).unwrap().scores()));
    }

    #[test]
    fn objective_weights_are_shares_in_any_order_and_unit(population in population(false), step in 1..101usize, unit in 1..9u32) {
        let usable: Vec<Vec<f64>> =
            population.columns.iter().map(|column| column.iter().map(|x| x.abs().min(1e6)).collect()).collect();
        let rows = usable[0].len();
        let mut order: Vec<usize> = (0..rows).collect();
        order.sort_by_key(|&row| (row * step % 101, row % 7));
        let turned: Vec<Vec<f64>> = usable.iter().map(|column| order.iter().map(|&row| column[row]).collect()).collect();
        // A power of two is another unit without a rounding.
        let scaled: Vec<Vec<f64>> =
            usable.iter().map(|column| column.iter().map(|x| x * f64::from(1u32 << unit)).collect()).collect();
        let slices = |columns: &'_ [Vec<f64>]| columns.iter().map(Vec::clone).collect::<Vec<_>>();
        for kind in WeightingKind::ALL.iter().copied() {
            let weights = |columns: &[Vec<f64>]| {
                let columns = slices(columns);
                objective_weights(kind, &columns.iter().map(Vec::as_slice).collect::<Vec<_>>()).map(|found| found.weights)
            };
            let Ok(found) = weights(&usable) else { continue };
            prop_assert!(found.iter().all(|weight| (0.0..=1.0).contains(weight)), "{:?} {:?}", kind, found);
            prop_assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            prop_assert!(same(&found, &weights(&turned).unwrap()), "{:?}", kind);
            let other = weights(&scaled).unwrap();
            prop_assert!(found.iter().zip(other).all(|(one, other)| (one - other).abs() < 1e-9), "{:?}", kind);
        }
    }

    #[test]
    fn decayed_sums_only_lose_with_age(ages in prop::collection::vec(0.0..500.0f64, 1..30), days in 1.0..300.0f64, more in 0.0..100.0f64) {
        for decay in [Decay::None, Decay::HalfLife { days }, Decay::Linear { days }, Decay::Window { days }] {
            let dimension = Dimension::new("orders", "orders").unwrap().decay(decay).unwrap();
            let (rows, amounts) = (vec![0; ages.len()], vec![1.0; ages.len()]);
            let older: Vec<f64> = ages.iter().map(|age| age + more).collect();
            let sum = |ages: &[f64]| dimension.decayed_sum(1, &rows, ages, &amounts).unwrap()[0];
            prop_assert!(sum(&older) <= sum(&ages) * (1.0 + 1e-12));
            prop_assert!(sum(&ages) <= ages.len() as f64);
        }
    }
}

/// More rows than a block has, so that threads share them.
fn large() -> Population {
    let rows = 70_000;
    let mix =
        |row: usize, by: u64| (row as u64).wrapping_mul(by).wrapping_add(by >> 7).rotate_left(23) % 10_007;
    let column = |by: u64, gaps: bool| -> Vec<f64> {
        (0..rows)
            .map(|row| if gaps && mix(row, by ^ 0x5bd1) < 900 { f64::NAN } else { mix(row, by) as f64 })
            .collect()
    };
    let dimensions = [
        Normalization::default(),
        Normalization::MidRank { resolution: 100 },
        Normalization::RobustZ,
        Normalization::MinMax { tail: 0.01 },
    ];
    let dimensions = dimensions.into_iter().enumerate().map(|(place, normalization)| {
        Dimension::new(&format!("d{place}"), "units").unwrap().normalization(normalization).unwrap()
    });
    Population {
        dimensions: dimensions.collect(),
        columns: vec![
            column(0x9e37_79b9_7f4a_7c15, false),
            column(0xc2b2_ae3d_27d4_eb4f, true),
            column(0x1656_67b1_9e37_79f9, false),
            column(0x27d4_eb2f_1656_67c5, true),
        ],
        weights: vec![0.4, 0.3, 0.2, 0.1],
        options: ScoreOptions::default(),
    }
}

#[test]
fn threads_change_no_bit() {
    let population = large();
    let table = population.table();
    let retained: Vec<bool> = population.columns[0].iter().map(|value| value % 7.0 < 4.0).collect();
    let weightings = [
        Weighting::Given(&population.weights),
        Weighting::Objective(WeightingKind::Critic),
        Weighting::Objective(WeightingKind::Entropy),
        Weighting::Learned { retained: &retained, options: LearnedOptions::default() },
    ];
    for weighting in weightings {
        let fit = |threads| {
            let threads = Threads::from_count(threads).unwrap();
            let fitted = LoyaltyScore::fit(&table, weighting, population.options, threads).unwrap();
            let parts = fitted.model.contributions(&table, threads).unwrap();
            assert_eq!(parts.scores, fitted.scores);
            assert_eq!(fitted.model.score(&table, threads).unwrap(), fitted.scores);
            (fitted.model, fitted.scores, parts.columns[3].clone())
        };
        let (model, scores, part) = fit(1);
        for threads in [2, 3, 7] {
            let (other, other_scores, other_part) = fit(threads);
            assert_eq!(model, other);
            assert_eq!(scores, other_scores);
            assert!(same(&part, &other_part));
        }
    }
}

#[test]
fn learned_scores_are_judged_out_of_time() {
    let population = large();
    let table = population.table();
    let retained: Vec<bool> = population.columns[0].iter().map(|value| value % 7.0 < 4.0).collect();
    let weighting = Weighting::Learned { retained: &retained, options: LearnedOptions::default() };
    let learned = LoyaltyScore::fit(&table, weighting, population.options, Threads::Available).unwrap().model;
    let judge = |table: &DimensionTable<'_>| {
        WeightingReport::judge(&[("learned", &learned)], table, &retained, 0.1, Threads::Available)
    };
    let error = judge(&table).unwrap_err();
    assert!(error.to_string().contains("later date"), "{error}");
    let mut later = DimensionTable::new(Day::parse("2026-12-31").unwrap(), table.rows()).unwrap();
    for (dimension, column) in population.dimensions.iter().zip(&population.columns) {
        later.push(dimension.clone(), column.into()).unwrap();
    }
    assert!(judge(&later).unwrap().rows[0].auc > 0.5);
}
