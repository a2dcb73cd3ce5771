//! K-means beside linfa's on the same rows, starts and iterations; the silhouette of a sample.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use crm_core::Threads;
use crm_core::interop::linfa::linfa::DatasetBase;
use crm_core::interop::linfa::linfa::traits::Fit;
use crm_core::interop::linfa::ndarray::Array2;
use crm_core::segment::{KMeans, KMeansOptions, Matrix, Silhouette, SilhouetteOptions, Starts};
use linfa_clustering::KMeansInit;

const ROWS: usize = 200_000;
const FEATURES: usize = 3;
const CLUSTERS: usize = 8;
const ITERATIONS: u32 = 20;

/// Numbers that look random, in three overlapping clouds.
fn values() -> Vec<f64> {
    let mut state = 1_u64;
    let mut uniform = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut values = Vec::with_capacity(ROWS * FEATURES);
    for row in 0..ROWS {
        for _ in 0..FEATURES {
            values.push((row % 3) as f64 + uniform() + uniform() + uniform());
        }
    }
    values
}

fn k_means(criterion: &mut Criterion) {
    let values = values();
    let matrix = Matrix::from_rows(&values, FEATURES).unwrap();
    let starts = values[..CLUSTERS * FEATURES].to_vec();
    let options = |threads: usize| {
        KMeansOptions::new(CLUSTERS)
            .starts(Starts::Given(starts.clone()))
            .tolerance(0.0)
            .most_iterations(ITERATIONS)
            .threads(Threads::from_count(threads).unwrap())
    };
    let mut group = criterion.benchmark_group("k_means");
    group.throughput(Throughput::Elements(ROWS as u64 * u64::from(ITERATIONS))).sample_size(10);
    for threads in [1, 2] {
        let options = options(threads);
        group.bench_function(format!("crm, {threads} threads"), |bencher| {
            bencher.iter(|| black_box(KMeans::fit(&matrix, &options).unwrap()));
        });
    }
    let data = DatasetBase::from(Array2::from_shape_vec((ROWS, FEATURES), values.clone()).unwrap());
    let centres = Array2::from_shape_vec((CLUSTERS, FEATURES), starts.clone()).unwrap();
    let parameters = linfa_clustering::KMeans::params(CLUSTERS)
        .init_method(KMeansInit::Precomputed(centres))
        .n_runs(1)
        .max_n_iterations(u64::from(ITERATIONS))
        .tolerance(1e-300);
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        // It calls it an error that the iterations are used up, and has done the work.
        group.bench_function(format!("linfa, {threads} threads"), |bencher| {
            bencher.iter(|| pool.install(|| black_box(parameters.fit(&data).is_ok())));
        });
    }
    group.finish();
}

fn silhouette(criterion: &mut Criterion) {
    let values = values();
    let matrix = Matrix::from_rows(&values, FEATURES).unwrap();
    let labels = KMeans::fit(&matrix, &KMeansOptions::new(CLUSTERS).starts(Starts::PlusPlus { count: 1 }))
        .unwrap()
        .labels;
    let options = SilhouetteOptions::default();
    criterion.bench_function("silhouette of a sample", |bencher| {
        bencher.iter(|| black_box(Silhouette::evaluate(&matrix, &labels, &options).unwrap()));
    });
}

criterion_group!(benches, k_means, silhouette);
criterion_main!(benches);
