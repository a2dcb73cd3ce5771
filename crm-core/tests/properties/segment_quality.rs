//! Quality of clusters: laws of the indices, and what the choice finds in rows whose clusters are known.

use crm_core::Threads;
use crm_core::segment::{
    ChoiceOptions, ClusterChoice, Dispersion, Gap, GapOptions, Matrix, Silhouette, SilhouetteOptions,
    Stability, StabilityOptions, silhouette_values,
};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};

use crate::any_log::exactly;

#[derive(Clone, Debug)]
struct Labelled {
    features: usize,
    values: Vec<f64>,
    labels: Vec<u32>,
}

impl Labelled {
    fn matrix(&self) -> Matrix<'_> {
        Matrix::from_rows(&self.values, self.features).unwrap()
    }
}

/// From 2 clusters to one fewer than rows; values that often tie.
fn labelled() -> impl Strategy<Value = Labelled> {
    (1..=9_usize, 4..80_usize, 2..6_u32).prop_flat_map(|(features, rows, clusters)| {
        let value = prop_oneof![(-3..4_i32).prop_map(f64::from), -10.0..10.0_f64];
        let values = prop::collection::vec(value, features * rows);
        let labels = prop::collection::vec(0..clusters, rows).prop_map(|mut labels| {
            (labels[0], labels[1], labels[2]) = (0, 1, 0);
            labels
        });
        (Just(features), values, labels).prop_map(|(features, values, labels)| Labelled {
            features,
            values,
            labels,
        })
    })
}

fn near(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-9 * left.abs().max(right.abs()).max(1e-3)
}

proptest! {
    #[test]
    fn silhouettes_are_those_of_the_definition(input in labelled()) {
        let matrix = input.matrix();
        let values = silhouette_values(&matrix, &input.labels, Threads::Available).unwrap();
        let rows: Vec<&[f64]> = input.values.chunks_exact(input.features).collect();
        let distance = |i: usize, j: usize| {
            rows[i].iter().zip(rows[j]).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
        };
        for (i, &value) in values.iter().enumerate() {
            let mean_to = |cluster: u32| {
                let others: Vec<usize> =
                    (0..rows.len()).filter(|&j| j != i && input.labels[j] == cluster).collect();
                others.iter().map(|&j| distance(i, j)).sum::<f64>() / others.len() as f64
            };
            let a = mean_to(input.labels[i]);
            let b = (0..6)
                .filter(|&cluster| cluster != input.labels[i] && input.labels.contains(&cluster))
                .map(mean_to)
                .fold(f64::INFINITY, f64::min);
            let expected = if a.is_nan() || a.max(b) == 0.0 { 0.0 } else { (b - a) / a.max(b) };
            prop_assert!(near(value, expected), "{} {}", value, expected);
            prop_assert!((-1.0..=1.0).contains(&value));
        }
    }

    #[test]
    fn threads_change_no_bit(input in labelled(), threads in 1..6_usize, sample in 1..90_usize, seed in any::<u64>()) {
        let options = SilhouetteOptions::default().sample(sample).seed(seed);
        let matrix = input.matrix();
        let one = Silhouette::evaluate(&matrix, &input.labels, &options.threads(exactly(1))).unwrap();
        let many = Silhouette::evaluate(&matrix, &input.labels, &options.threads(exactly(threads))).unwrap();
        prop_assert_eq!(&one, &many);
        prop_assert!(one.standard_error >= 0.0);
        let dispersion = Dispersion::evaluate(&matrix, &input.labels, exactly(1)).unwrap();
        prop_assert_eq!(dispersion, Dispersion::evaluate(&matrix, &input.labels, exactly(threads)).unwrap());
    }

    #[test]
    fn a_sample_of_all_rows_is_exact(input in labelled(), more in 0..9_usize, seed in any::<u64>()) {
        let matrix = input.matrix();
        let values = silhouette_values(&matrix, &input.labels, Threads::Available).unwrap();
        let options = SilhouetteOptions::default().sample(values.len() + more).seed(seed);
        let found = Silhouette::evaluate(&matrix, &input.labels, &options).unwrap();
        prop_assert_eq!(found.mean, values.iter().sum::<f64>() / values.len() as f64);
        prop_assert_eq!(found.standard_error, 0.0);
        for cluster in &found.clusters {
            let own: Vec<f64> = values.iter().zip(&input.labels)
                .filter(|(_, label)| **label == cluster.cluster).map(|(value, _)| *value).collect();
            prop_assert_eq!(cluster.rows, own.len() as u64);
            prop_assert_eq!(cluster.sampled_rows, cluster.rows);
            prop_assert_eq!(cluster.mean, Some(own.iter().sum::<f64>() / own.len() as f64));
        }
    }

    #[test]
    fn numbers_of_clusters_and_order_of_rows_mean_nothing(input in labelled(), shift in 0..80_usize) {
        let rows = input.labels.len();
        // Other numbers, in the other order.
        let mut other = input.clone();
        other.labels.iter_mut().for_each(|label| *label = 900 - 17 * *label);
        other.labels.rotate_left(shift % rows);
        other.values.rotate_left(shift % rows * input.features);
        let options = SilhouetteOptions::default();
        let left = Silhouette::evaluate(&input.matrix(), &input.labels, &options).unwrap();
        let right = Silhouette::evaluate(&other.matrix(), &other.labels, &options).unwrap();
        prop_assert!(near(left.mean, right.mean));
        let left = Dispersion::evaluate(&input.matrix(), &input.labels, Threads::Available).unwrap();
        let right = Dispersion::evaluate(&other.matrix(), &other.labels, Threads::Available).unwrap();
        prop_assert!(near(left.within, right.within) && near(left.between, right.between));
        prop_assert!(near(left.davies_bouldin, right.davies_bouldin));
        prop_assert!(near(left.calinski_harabasz, right.calinski_harabasz));
        prop_assert!(near(left.total, left.within + left.between));
    }
}

/// The mean of samples is the mean of all rows, and varies as its standard error says.
#[test]
fn the_sampled_silhouette_is_unbiased() {
    let (values, labels): (Vec<f64>, Vec<u32>) =
        (0..300_u32).map(|i| (f64::from(i * i % 97) + f64::from(i % 3) * 40.0, i % 3)).unzip();
    let matrix = Matrix::from_rows(&values, 1).unwrap();
    let all = Silhouette::evaluate(&matrix, &labels, &SilhouetteOptions::default()).unwrap().mean;
    let (mut sum, mut squares, mut variance) = (0.0, 0.0, 0.0);
    for seed in 0..2_000 {
        let options = SilhouetteOptions::default().sample(150).seed(seed);
        let found = Silhouette::evaluate(&matrix, &labels, &options).unwrap();
        sum += found.mean - all;
        squares += (found.mean - all).powi(2);
        variance += found.standard_error.powi(2);
    }
    // Within four standard errors; the variance of 2,000 draws is known to 3 %.
    assert!((sum / 2_000.0).abs() < 4.0 * (variance / 2_000.0 / 2_000.0).sqrt());
    assert!((squares / variance - 1.0).abs() < 0.13, "{}", squares / variance);
}

struct Draw(TestRng);

impl Draw {
    fn new(seed: u8) -> Self {
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
    }

    fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * 2_f64.powi(-53)
    }

    /// A sum of twelve uniforms is near enough to a normal value.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

fn choose(values: &[f64], features: usize) -> ClusterChoice {
    ClusterChoice::evaluate(&Matrix::from_rows(values, features).unwrap(), &ChoiceOptions::default()).unwrap()
}

#[test]
fn clusters_that_are_there_are_found() {
    for (seed, features, clusters, unequal) in [
        (0, 1, 3, true),
        (1, 2, 2, false),
        (2, 2, 5, true),
        (3, 3, 4, false),
        (4, 5, 6, true),
        (5, 10, 8, false),
        (6, 2, 9, true),
    ] {
        let mut draw = Draw::new(seed);
        // Corners of a lattice in a random order, eight standard deviations apart.
        let mut values = Vec::new();
        let rows = 60 * clusters;
        for row in 0..rows {
            let even = row as f64 / rows as f64;
            // The first third of the rows is half of the clusters.
            let share = if unequal { even.powf(1.6) } else { even };
            let cluster = (share * clusters as f64) as usize;
            let side: usize = if features == 1 { clusters } else { 3 };
            for feature in 0..features {
                let corner = cluster / side.pow(feature.min(2) as u32) % side;
                values.push(
                    8.0 * (if feature > 2 { corner ^ (cluster & 1) } else { corner }) as f64 + draw.normal(),
                );
            }
        }
        let choice = choose(&values, features);
        assert_eq!(choice.recommended, Some(clusters), "{features} features: {:?}", choice.reasons);
        assert!(choice.row_of(clusters).is_some_and(|row| row.supported && row.smallest_share > 0.02));
    }
}

#[test]
fn rows_without_clusters_have_none() {
    for (seed, features) in [(0, 1), (1, 2), (2, 8)] {
        let mut draw = Draw::new(seed);
        let uniform: Vec<f64> = (0..200 * features).map(|_| draw.uniform()).collect();
        let normal: Vec<f64> = (0..200 * features).map(|_| draw.normal()).collect();
        let together: Vec<f64> = (0..200)
            .flat_map(|_| {
                let shared = 2.0 * draw.normal();
                (0..features).map(|_| shared + draw.normal()).collect::<Vec<_>>()
            })
            .collect();
        for (name, values) in [("uniform", uniform), ("normal", normal), ("together", together)] {
            let choice = choose(&values, features);
            assert_eq!(choice.recommended, None, "{name} {features}: {:?}", choice.reasons);
            assert!(choice.votes.is_empty() && choice.runner_up.is_none() && choice.reasons.len() == 4);
        }
    }
}

#[test]
fn choices_do_not_depend_on_threads() {
    let mut draw = Draw::new(9);
    let values: Vec<f64> = (0..3_000).map(|i| draw.normal() + f64::from(i % 6 / 2 * 9)).collect();
    let matrix = Matrix::from_rows(&values, 2).unwrap();
    let options = ChoiceOptions::default().clusters(2, 5);
    let one = ClusterChoice::evaluate(&matrix, &options.clone().threads(exactly(1))).unwrap();
    assert_eq!(one, ClusterChoice::evaluate(&matrix, &options.threads(exactly(3))).unwrap());
    assert_eq!(one.recommended, Some(3));
    // Samples of the rows tell the same.
    let gap = Gap::evaluate(&matrix, 5, &GapOptions::default().sample(300)).unwrap();
    let best = gap.rows.iter().max_by(|left, right| left.gap.total_cmp(&right.gap)).unwrap();
    assert_eq!((best.clusters, gap.sampled_rows), (3, 300));
    let stability = Stability::evaluate(&matrix, 3, &StabilityOptions::default().sample(200)).unwrap();
    assert!(stability.mean > 0.99 && stability.sampled_rows == 200 && stability.values.len() == 20);
}

/// Of three distinct rows in many copies, three clusters leave nothing.
#[test]
fn clusters_of_equal_rows_are_the_best_there_are() {
    let values: Vec<f64> = (0..90_i32).map(|i| [0.1, 0.7, 9.3][i as usize % 3]).collect();
    let matrix = Matrix::from_rows(&values, 1).unwrap();
    let choice = ClusterChoice::evaluate(&matrix, &ChoiceOptions::default().clusters(2, 3)).unwrap();
    let last = choice.rows.last().unwrap();
    assert_eq!((last.inertia, last.silhouette, last.gap), (0.0, 1.0, Some(f64::INFINITY)));
    assert_eq!((last.calinski_harabasz, last.davies_bouldin, last.stability), (1.0, 0.0, 1.0));
    assert_eq!(choice.recommended, Some(3));
}
