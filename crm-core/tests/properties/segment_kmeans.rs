//! The laws of k-means, against iterations that are too plain to be wrong.
//!
//! The reference adds integers, so that its sums are exact as well, and computes each distance: labels and centres must be those of the
//! engine, bit for bit.

use std::num::NonZeroUsize;

use crm_core::Threads;
use crm_core::segment::{Clustering, KMeans, KMeansOptions, LabelOrder, Matrix, MiniBatchKMeans, Starts};
use proptest::prelude::*;

use crate::plain_kmeans::{Question, bits, nearest, plain, square};

fn check_against_plain(question: &Question) -> std::result::Result<(), TestCaseError> {
    let (fitted, plain) = (question.fit(), plain(question));
    prop_assert_eq!(bits(fitted.model.centres()), bits(&plain.centres));
    prop_assert_eq!(fitted.model.iterations(), plain.iterations);
    prop_assert_eq!(&fitted.labels, &plain.labels);
    let sizes = |cluster: u32| plain.labels.iter().filter(|&&label| label == cluster).count() as u64;
    let expected: Vec<u64> = (0..question.clusters() as u32).map(sizes).collect();
    prop_assert_eq!(fitted.model.rows(), expected);
    Ok(())
}

/// Integers below `bound`: 3 makes duplicates and ties, 100,000 neither.
fn integers(bound: i32, count: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-bound..=bound).prop_map(f64::from), count)
}

fn orders(features: usize) -> impl Strategy<Value = LabelOrder> {
    (0..features, any::<bool>()).prop_map(|(feature, descending)| LabelOrder { feature, descending })
}

/// Starts are rows, numbers near them, or numbers so far away that some clusters are empty.
fn starts(clusters: usize, features: usize, bound: i32) -> impl Strategy<Value = Vec<f64>> {
    let count = clusters * features;
    let near = integers(bound, count);
    let half = integers(2 * bound, count)
        .prop_map(|values| values.into_iter().map(|value| value / 2.0).collect::<Vec<f64>>());
    prop_oneof![3 => near, 1 => half, 1 => integers(bound * 20, count)]
}

fn questions(
    rows: std::ops::Range<usize>,
    features: usize,
    clusters: usize,
) -> impl Strategy<Value = Question> {
    let bounds = prop_oneof![Just(1), Just(3), Just(12), Just(1000), Just(100_000)];
    (rows, 1..=features, 1..=clusters, bounds).prop_flat_map(|(rows, features, clusters, bound)| {
        let weights = prop::collection::vec((0..4_i32).prop_map(f64::from), rows);
        let weights = prop::option::weighted(0.4, weights);
        let cap = prop_oneof![1 => 1..6_u32, 2 => Just(500)];
        let numbers = (integers(bound, rows * features), starts(clusters, features, bound));
        (numbers, weights, cap, orders(features)).prop_map(
            move |((values, starts), mut weights, most_iterations, order)| {
                if let Some(weights) = &mut weights {
                    weights[0] = 1.0;
                }
                Question { features, values, weights, starts, most_iterations, order }.possible()
            },
        )
    })
}

fn any_question() -> impl Strategy<Value = Question> {
    questions(1..300, 20, 40)
}

fn small_question() -> impl Strategy<Value = Question> {
    questions(1..120, 6, 16)
}

/// Numbers that follow from a seed.
fn mixed(seed: u64, count: usize, bound: u64) -> Vec<f64> {
    let mut state = seed;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % bound) as f64
    };
    (0..count).map(|_| draw()).collect()
}

/// So many rows that they make several blocks.
fn large_question(seed: u64, features: usize, clusters: usize, bound: u64) -> Question {
    let rows = 4 * 4096 + 77;
    let weights = (seed % 2 == 1).then(|| mixed(seed + 100, rows, 4));
    Question {
        features,
        values: mixed(seed, rows * features, bound),
        weights,
        starts: mixed(seed + 200, clusters * features, bound),
        most_iterations: 12,
        order: LabelOrder::default(),
    }
    .possible()
}

/// Rows that are near each other beside one that is so far away that a coarse image of them tells nothing.
fn far_question() -> Question {
    let mut question = large_question(7, 3, 6, 100);
    question.values[3 * 5000] = 1e9;
    question
}

fn large_questions() -> Vec<Question> {
    let mut questions = [
        (1, 3, 5, 10),
        (2, 2, 16, 40),
        (3, 1, 7, 100_000),
        (4, 7, 13, 1_000_000),
        (5, 17, 12, 3),
        (6, 2, 40, 7),
    ]
    .map(|(seed, features, clusters, bound)| large_question(seed, features, clusters, bound))
    .to_vec();
    questions.push(far_question());
    questions
}

fn same(left: &Clustering, right: &Clustering) -> std::result::Result<(), TestCaseError> {
    prop_assert_eq!(&left.labels, &right.labels);
    prop_assert_eq!(bits(left.model.centres()), bits(right.model.centres()));
    prop_assert_eq!(left.model.to_json().unwrap(), right.model.to_json().unwrap());
    Ok(())
}

fn threads(count: usize) -> Threads {
    Threads::Exactly(NonZeroUsize::new(count).unwrap())
}

/// Labels, distances and neighbours of rows, against each centre in turn.
fn check_assignment(matrix: &Matrix<'_>, model: &KMeans) -> std::result::Result<(), TestCaseError> {
    let assigned = model.assign(matrix).unwrap();
    prop_assert_eq!(&assigned.labels, &model.predict(matrix).unwrap());
    let (distances, clusters) = (model.distances(matrix).unwrap(), model.clusters());
    prop_assert_eq!(distances.len(), matrix.rows() * clusters);
    let border = assigned.border();
    for row in 0..matrix.rows() {
        let values: Vec<f64> = (0..matrix.features()).map(|feature| matrix.value(row, feature)).collect();
        let (number, best, next) = nearest(&values, model.centres());
        prop_assert_eq!(assigned.labels[row], number as u32);
        prop_assert_eq!(assigned.distances[row], best.sqrt());
        prop_assert_eq!(assigned.next_distances[row], next.sqrt());
        let all = &distances[row * clusters..][..clusters];
        for (distance, centre) in all.iter().zip(model.centres().chunks_exact(model.features())) {
            prop_assert_eq!(*distance, square(&values, centre).sqrt());
        }
        if clusters == 1 {
            prop_assert_eq!((assigned.next_labels[row], border[row]), (0, 0.0));
            continue;
        }
        // Of the others the first of the nearest.
        let next_label = assigned.next_labels[row] as usize;
        prop_assert!(next_label != number && square(&values, model.centre(next_label)) == next);
        let before = (0..next_label).filter(|&cluster| cluster != number);
        prop_assert!(before.into_iter().all(|cluster| square(&values, model.centre(cluster)) > next));
        prop_assert!((0.0..=1.0).contains(&border[row]));
        prop_assert_eq!(border[row], if next == 0.0 { 1.0 } else { best.sqrt() / next.sqrt() });
    }
    Ok(())
}

#[test]
fn large_questions_are_answered_as_by_plain_iterations_on_any_threads() {
    for question in large_questions() {
        check_against_plain(&question).unwrap();
        let alone = question.fit_to(&question.matrix(), &question.options().threads(threads(1)));
        for count in [2, 3, 7] {
            let fitted = question.fit_to(&question.matrix(), &question.options().threads(threads(count)));
            same(&alone, &fitted).unwrap();
        }
        let columns = question.columns();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let fitted = question.fit_to(&Matrix::from_columns(&columns).unwrap(), &question.options());
        same(&alone, &fitted).unwrap();
        check_assignment(&question.matrix(), &fitted.model).unwrap();
    }
}

#[test]
fn more_clusters_than_the_mutual_distances_are_computed_for() {
    let values = mixed(7, 6000 * 2, 500);
    let question = Question {
        features: 2,
        starts: values[..1100 * 2].to_vec(),
        values,
        weights: None,
        most_iterations: 4,
        order: LabelOrder { feature: 1, descending: true },
    };
    check_against_plain(&question).unwrap();
}

/// A row midway between two centres belongs to the lower number, whichever centre came first among the starts.
#[test]
fn rows_midway_between_final_centres() {
    let rows = [-1.0, 0.0, 1.0, 2.0];
    for starts in [[-1.0, 1.0], [1.0, -1.0]] {
        for descending in [false, true] {
            let question = Question {
                features: 1,
                values: rows.to_vec(),
                weights: None,
                starts: starts.to_vec(),
                most_iterations: 500,
                order: LabelOrder { feature: 0, descending },
            };
            check_against_plain(&question).unwrap();
            let fitted = question.fit();
            assert_eq!(fitted.labels, fitted.model.predict(&question.matrix()).unwrap(), "{starts:?}");
        }
    }
}

/// Rows of no weight so far away that the squares of all other distances vanish beside them, and centres whose own squares vanish.
#[test]
fn squares_that_vanish() {
    let rows = [1e100, -1e100, 1e-60, 0.4995e-60, 0.5005e-60, 0.0, 1e-63, 0.7e-60, 0.500_001e-60];
    let weights = [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
    let fit = |rows: &[f64], weights: &[f64], most_iterations| {
        let options = KMeansOptions::new(2)
            .starts(Starts::Given(vec![0.0, 1e-60]))
            .tolerance(0.0)
            .most_iterations(most_iterations);
        KMeans::fit_weighted(&Matrix::from_rows(rows, 1).unwrap(), weights, &options).unwrap()
    };
    for most_iterations in [1, 2, 500] {
        let fitted = fit(&rows, &weights, most_iterations);
        check_assignment(&Matrix::from_rows(&rows, 1).unwrap(), &fitted.model).unwrap();
        let plain = plain(&Question {
            features: 1,
            values: rows.to_vec(),
            weights: Some(weights.to_vec()),
            starts: vec![0.0, 1e-60],
            most_iterations,
            order: LabelOrder::default(),
        });
        assert_eq!(fitted.model.iterations(), plain.iterations);
        assert_eq!(fitted.labels, plain.labels);
    }
    let rows = [1.0, 0.0, 1e-170, 0.3e-170];
    let question = Question {
        features: 1,
        values: rows.to_vec(),
        weights: Some(vec![0.0, 1.0, 1.0, 1.0]),
        starts: vec![0.0, 1e-170],
        most_iterations: 10,
        order: LabelOrder::default(),
    };
    let fitted = question.fit();
    check_assignment(&question.matrix(), &fitted.model).unwrap();
    assert_eq!(fitted.labels, fitted.model.predict(&question.matrix()).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever the caps, weights, duplicates, ties and empty clusters, in either layout.
    #[test]
    fn plain_iterations_answer_the_same(question in any_question()) {
        check_against_plain(&question)?;
        let columns = question.columns();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        same(&question.fit(), &question.fit_to(&Matrix::from_columns(&columns).unwrap(), &question.options()))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn starts_that_are_drawn_do_not_depend_on_threads_or_layout(
        question in small_question(),
        seed in any::<u64>(),
        at_random in any::<bool>(),
    ) {
        let starts = if at_random { Starts::Random { count: 3 } } else { Starts::PlusPlus { count: 3 } };
        let options = question.options().starts(starts).seed(seed).tolerance(1e-4);
        let alone = question.fit_to(&question.matrix(), &options.clone().threads(threads(1)));
        let columns = question.columns();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let columns = Matrix::from_columns(&columns).unwrap();
        for count in [2, 3, 7] {
            same(&alone, &question.fit_to(&columns, &options.clone().threads(threads(count))))?;
        }
    }

    #[test]
    fn the_order_of_rows_changes_nothing(
        (question, places) in small_question().prop_flat_map(|question| {
            let places: Vec<usize> = (0..question.rows()).collect();
            (Just(question), Just(places).prop_shuffle())
        }),
    ) {
        // Of equally far rows an empty cluster takes the first.
        prop_assume!(!plain(&question).relocated);
        let mut other = question.clone();
        other.values = places.iter().flat_map(|&row| question.row(row).to_vec()).collect();
        other.weights = question.weights.as_ref().map(|weights| places.iter().map(|&row| weights[row]).collect());
        let (fitted, other) = (question.fit(), other.fit());
        prop_assert_eq!(bits(fitted.model.centres()), bits(other.model.centres()));
        let labels: Vec<u32> = places.iter().map(|&row| fitted.labels[row]).collect();
        prop_assert_eq!(labels, other.labels);
        prop_assert_eq!(fitted.model.rows(), other.model.rows());
        prop_assert_eq!(fitted.model.weights(), other.model.weights());
        prop_assert_eq!(fitted.model.iterations(), other.model.iterations());
    }

    /// Powers of two change no digit. Other factors and shifts round the centres anew, which only near ties notice.
    #[test]
    fn units_change_no_label(question in small_question(), power in -300..300_i32, shift in -1000..1000_i32) {
        let fitted = question.fit();
        let scaled = question.mapped(|value| value * 2_f64.powi(power)).fit();
        prop_assert_eq!(&fitted.labels, &scaled.labels);
        prop_assert_eq!(fitted.model.iterations(), scaled.model.iterations());
        let back: Vec<f64> = scaled.model.centres().iter().map(|value| value / 2_f64.powi(power)).collect();
        prop_assert_eq!(bits(fitted.model.centres()), bits(&back));
        let plain = plain(&question);
        if plain.margin > 1e-9 && !plain.relocated {
            prop_assert_eq!(&fitted.labels, &question.mapped(|value| value * 100.0).fit().labels);
            prop_assert_eq!(&fitted.labels, &question.mapped(|value| value + f64::from(shift)).fit().labels);
        }
    }

    #[test]
    fn rows_belong_to_their_nearest_centre(question in small_question(), tolerance in 0.0..0.1) {
        let options = question.options().tolerance(tolerance);
        let fitted = question.fit_to(&question.matrix(), &options);
        prop_assert_eq!(&fitted.labels, &fitted.model.predict(&question.matrix()).unwrap());
        check_assignment(&question.matrix(), &fitted.model)?;
        let other = Matrix::from_rows(&question.starts, question.features).unwrap();
        check_assignment(&other, &fitted.model)?;
    }

    #[test]
    fn a_weight_is_a_number_of_rows(
        question in small_question(),
        tolerance in prop::sample::select(&[0.0, 0.013_7, 0.117][..]),
    ) {
        let ones = Question { weights: Some(vec![1.0; question.rows()]), ..question.clone() };
        let none = Question { weights: None, ..question.clone() };
        if none.distinct() >= none.clusters() {
            same(&ones.fit(), &none.fit())?;
        }
        // An empty cluster takes one row, of however many equal ones.
        prop_assume!(!plain(&question).relocated);
        let copies = |row: usize| vec![row; question.weight(row) as usize];
        let places: Vec<usize> = (0..question.rows()).flat_map(copies).collect();
        let values = places.iter().flat_map(|&row| question.row(row).to_vec()).collect();
        let repeated = Question { values, weights: None, ..question.clone() };
        let fit = |question: &Question| {
            question.fit_to(&question.matrix(), &question.options().tolerance(tolerance))
        };
        let (fitted, repeated) = (fit(&question), fit(&repeated));
        prop_assert_eq!(bits(fitted.model.centres()), bits(repeated.model.centres()));
        prop_assert_eq!(fitted.model.iterations(), repeated.model.iterations());
        let labels: Vec<u32> = places.iter().map(|&row| fitted.labels[row]).collect();
        prop_assert_eq!(labels, repeated.labels);
        let counts: Vec<f64> = repeated.model.rows().iter().map(|&rows| rows as f64).collect();
        prop_assert_eq!(fitted.model.weights(), counts);
    }

    #[test]
    fn a_weight_is_a_number_of_rows_of_a_batch(question in small_question(), first in any::<prop::sample::Index>()) {
        prop_assume!(!plain(&question).relocated);
        let copies = |row: usize| vec![row; question.weight(row) as usize];
        let repeated = |rows: std::ops::Range<usize>| -> Vec<f64> {
            rows.flat_map(copies).flat_map(|row| question.row(row).to_vec()).collect()
        };
        let learn = |weighted: bool| {
            let mut learner = MiniBatchKMeans::new(&question.options());
            let half = first.index(question.rows());
            // The first batch gives the same bits; centres after the second differ by rounding, which could decide ties of a third.
            for rows in [0..question.rows(), half..question.rows()] {
                let weights: Vec<f64> = rows.clone().map(|row| question.weight(row)).collect();
                if weights.iter().all(|&weight| weight == 0.0) {
                    continue;
                }
                if weighted {
                    let values = &question.values[rows.start * question.features..];
                    let batch = Matrix::from_rows(values, question.features).unwrap();
                    learner.update_weighted(&batch, &weights).unwrap();
                } else {
                    let values = repeated(rows);
                    learner.update(&Matrix::from_rows(&values, question.features).unwrap()).unwrap();
                }
            }
            learner.finish().unwrap()
        };
        let (weighted, copied) = (learn(true), learn(false));
        let largest = question.values.iter().fold(1.0, |largest: f64, value| largest.max(value.abs()));
        let near = |(left, right): (&f64, &f64)| (left - right).abs() <= 1e-12 * largest;
        // Clusters stand in the order of their centres, which may be equal but for rounding.
        let clusters = |model: &KMeans| -> Vec<(f64, Vec<f64>)> {
            let centres = model.centres().chunks(question.features).map(<[f64]>::to_vec);
            model.weights().iter().copied().zip(centres).collect()
        };
        let mut others = clusters(&copied);
        for (weight, centre) in clusters(&weighted) {
            let same = others.iter().position(|other| other.0 == weight && centre.iter().zip(&other.1).all(near));
            prop_assert!(same.is_some(), "{weight} {centre:?} {others:?}");
            same.map(|place| others.remove(place));
        }
        prop_assert!(others.is_empty());
    }

    #[test]
    fn inertia_falls_until_nothing_changes(question in small_question()) {
        let mut last = f64::INFINITY;
        for most_iterations in (1..12).chain([500]) {
            let fitted = Question { most_iterations, ..question.clone() }.fit();
            let direct: f64 = (0..question.rows())
                .map(|row| question.weight(row) * nearest(question.row(row), fitted.model.centres()).1)
                .sum();
            // Each sum rounds.
            let inertia = fitted.model.inertia();
            prop_assert!((inertia - direct).abs() <= 1e-13 * direct, "{} {}", inertia, direct);
            prop_assert!(inertia <= last * (1.0 + 1e-13), "{} {}", inertia, last);
            last = inertia;
            prop_assert!(fitted.model.iterations() <= most_iterations);
            prop_assert!(fitted.model.converged() || fitted.model.iterations() == most_iterations);
            let at = fitted.model.assign(&question.matrix()).unwrap();
            let ties = at.distances.iter().zip(&at.next_distances).any(|(own, next)| own == next);
            // Where a row lies between two centres, a cluster's number matters.
            if fitted.model.converged() && !ties {
                let starts = fitted.model.centres().to_vec();
                let again = Question { starts, ..question.clone() }.fit();
                prop_assert_eq!(bits(again.model.centres()), bits(fitted.model.centres()));
                prop_assert_eq!(again.labels, fitted.labels);
            }
        }
        let plain = plain(&Question { most_iterations: 500, ..question.clone() });
        prop_assert!(plain.iterations < 500);
    }

    #[test]
    fn more_starts_are_not_worse(question in small_question(), seed in any::<u64>(), at_random in any::<bool>()) {
        let kind = |count| if at_random { Starts::Random { count } } else { Starts::PlusPlus { count } };
        let inertia = |count: u32| {
            let options = question.options().starts(kind(count)).seed(seed);
            question.fit_to(&question.matrix(), &options).model.inertia()
        };
        let all: Vec<f64> = (1..=5).map(inertia).collect();
        prop_assert!(all.is_sorted_by(|fewer, more| fewer >= more), "{:?}", all);
    }

    #[test]
    fn numbers_follow_the_feature_that_orders_them(
        (question, other) in small_question().prop_flat_map(|question| {
            let order = orders(question.features);
            (Just(question), order)
        }),
    ) {
        let (fitted, ordered) = (question.fit(), Question { order: other, ..question.clone() }.fit());
        let values: Vec<f64> =
            (0..question.clusters()).map(|cluster| ordered.model.centre(cluster)[other.feature]).collect();
        let sorted = |left: &f64, right: &f64| if other.descending { left >= right } else { left <= right };
        prop_assert!(values.is_sorted_by(sorted), "{:?}", values);
        let sorted = |model: &KMeans| {
            let mut centres: Vec<Vec<u64>> = model.centres().chunks(question.features).map(bits).collect();
            centres.sort();
            centres
        };
        prop_assert_eq!(sorted(&fitted.model), sorted(&ordered.model));
        let at = fitted.model.assign(&question.matrix()).unwrap();
        for row in (0..question.rows()).filter(|&row| at.distances[row] < at.next_distances[row]) {
            let (one, two) = (fitted.labels[row] as usize, ordered.labels[row] as usize);
            prop_assert_eq!(bits(fitted.model.centre(one)), bits(ordered.model.centre(two)));
        }
    }

    #[test]
    fn a_saved_model_is_the_model(question in small_question(), tolerance in 0.0..0.01) {
        let options = question.options().tolerance(tolerance);
        let model = question.fit_to(&question.matrix(), &options).model;
        let text = model.to_json().unwrap();
        let read = KMeans::from_json(&text).unwrap();
        prop_assert_eq!(&read, &model);
        prop_assert_eq!(read.to_json().unwrap(), text);
        prop_assert_eq!(read.predict(&question.matrix()).unwrap(), model.predict(&question.matrix()).unwrap());
        prop_assert_eq!(model.clone().on_threads(threads(2)).assign(&question.matrix()).unwrap(), model.assign(&question.matrix()).unwrap());
    }

    /// Tails over many powers of ten, offsets that leave few digits, weights of any size.
    #[test]
    fn floats_belong_to_their_nearest_centre(
        tails in prop::collection::vec((-1.0..1.0, -130..130_i32), 2..400),
        features in 1..5_usize,
        clusters in 1..20_usize,
        offset in prop::sample::select(&[0.0, 1.0, 1e6, -1e12, 1e15][..]),
        kind in 0..3,
        seed in any::<u64>(),
    ) {
        let value = |&(mantissa, exponent): &(f64, i32)| match kind {
            0 => mantissa * 2_f64.powi(exponent / 4),
            1 => mantissa * 10_f64.powi(exponent),
            _ => offset + mantissa,
        };
        let values: Vec<f64> = tails.iter().map(value).collect();
        let rows = values.len() / features;
        prop_assume!(rows > 0);
        let weights: Option<Vec<f64>> = (seed % 3 == 0)
            .then(|| tails.iter().take(rows).map(|(mantissa, _)| mantissa.abs() + 1e-3).collect());
        let question = Question {
            features,
            values: values[..rows * features].to_vec(),
            weights,
            starts: vec![0.0; clusters * features],
            most_iterations: 1 + (seed % 40) as u32,
            order: LabelOrder::default(),
        }
        .possible();
        let options = question.options().starts(Starts::PlusPlus { count: 2 }).seed(seed);
        let fitted = question.fit_to(&question.matrix(), &options);
        prop_assert_eq!(&fitted.labels, &fitted.model.predict(&question.matrix()).unwrap());
        check_assignment(&question.matrix(), &fitted.model)?;
        let again = question.fit_to(&question.matrix(), &options.threads(threads(3)));
        same(&fitted, &again)?;
    }
}
