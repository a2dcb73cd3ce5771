//! Beside linfa: its traits for our k-means, its k-means as a cross-check, its Gaussian mixtures.
#![cfg(feature = "linfa")]
#![allow(clippy::unwrap_used)]

use crm_core::ErrorKind;
use crm_core::interop::linfa::linfa::DatasetBase;
use crm_core::interop::linfa::linfa::traits::{Fit, Predict, Transformer};
use crm_core::interop::linfa::ndarray::Array2;
use crm_core::segment::{
    GaussianMixture, KMeans, KMeansOptions, LabelOrder, Matrix, MixtureOptions, Starts, adjusted_rand_index,
};
use linfa_clustering::KMeansInit;

const ROWS: usize = 600;

/// Three clouds about (0, 0), (8, 0) and (0, 8), one after the other, each uniform sums with variance 1/3 in every direction.
fn clouds() -> Vec<f64> {
    let mut state = 7_u64;
    let mut uniform = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut cloud = move |centre: f64| centre + (0..4).map(|_| uniform()).sum::<f64>() - 2.0;
    (0..ROWS)
        .flat_map(|row| {
            let (x, y) = [(0.0, 0.0), (8.0, 0.0), (0.0, 8.0)][row / (ROWS / 3)];
            [cloud(x), cloud(y)]
        })
        .collect()
}

fn dataset(values: &[f64]) -> DatasetBase<Array2<f64>, crm_core::interop::linfa::ndarray::Array1<()>> {
    DatasetBase::from(Array2::from_shape_vec((values.len() / 2, 2), values.to_vec()).unwrap())
}

#[test]
fn k_means_stands_in_for_that_of_linfa() {
    let values = clouds();
    let data = dataset(&values);
    let starts = [values[0], values[1], values[400], values[401], values[1198], values[1199]];
    let ours: KMeans =
        KMeansOptions::new(3).starts(Starts::Given(starts.to_vec())).tolerance(0.0).fit(&data).unwrap();
    let theirs = linfa_clustering::KMeans::params(3)
        .init_method(KMeansInit::Precomputed(Array2::from_shape_vec((3, 2), starts.to_vec()).unwrap()))
        .n_runs(1)
        .fit(&data)
        .unwrap();
    let labels = Predict::predict(&ours, data.records());
    let same: Vec<u32> = theirs.predict(data.records()).iter().map(|&label| label as u32).collect();
    let mine: Vec<u32> = labels.iter().map(|&label| label as u32).collect();
    assert_eq!(adjusted_rand_index(&mine, &same).unwrap(), 1.0);
    // Squared distances to the nearest centre: linfa's centres count the start as one more row of 200, ours are means.
    let (near, far) = (ours.transform(data.records()), theirs.transform(data.records()));
    assert!((near.sum() - ours.inertia()).abs() < 1e-9 * ours.inertia());
    assert!(near.sum() <= far.sum() && far.sum() < 1.01 * near.sum(), "{} {}", near.sum(), far.sum());
}

#[test]
fn weights_of_a_data_set_count() {
    let data = dataset(&[0.0, 0.0, 1.0, 0.0, 9.0, 0.0, 9.0, 0.0]);
    let data =
        data.with_weights(crm_core::interop::linfa::ndarray::Array1::from(vec![3.0_f32, 1.0, 1.0, 1.0]));
    let model: KMeans = KMeansOptions::new(2).fit(&data).unwrap();
    assert_eq!(model.centre(0), [0.25, 0.0]);
    assert_eq!(model.weights(), [4.0, 2.0]);
}

#[test]
fn a_mixture_finds_the_clouds_it_was_drawn_from() {
    let values = clouds();
    let matrix = Matrix::from_rows(&values, 2).unwrap();
    let order = LabelOrder { feature: 1, descending: false };
    let options = MixtureOptions::new(3).starts(3).order(order);
    let mixture = GaussianMixture::fit(&matrix, &options).unwrap();
    assert_eq!(mixture, GaussianMixture::fit(&matrix, &options).unwrap());
    let truth: Vec<u32> = (0..ROWS).map(|row| (row / (ROWS / 3)) as u32).collect();
    assert_eq!(adjusted_rand_index(&mixture.predict(&matrix).unwrap(), &truth).unwrap(), 1.0);
    let mut means: Vec<[f64; 2]> =
        (0..3).map(|component| [mixture.mean(component)[0], mixture.mean(component)[1]]).collect();
    means.sort_by(|left, right| (left[0] + 2.0 * left[1]).total_cmp(&(right[0] + 2.0 * right[1])));
    // Four standard errors of a mean of 200 rows of variance 1/3.
    for (mean, expected) in means.iter().zip([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]]) {
        assert!(
            mean.iter().zip(expected).all(|(mean, expected)| (mean - expected).abs() < 0.17),
            "{means:?}"
        );
    }
    for (component, covariance) in mixture.covariances().chunks(4).enumerate() {
        assert!((mixture.weights()[component] - 1.0 / 3.0).abs() < 1e-6);
        assert!((covariance[0] - 1.0 / 3.0).abs() < 0.12 && covariance[1].abs() < 0.1, "{covariance:?}");
    }
    // Rows far from everything have probabilities too, where densities underflow.
    let far = [1e6, 1e6, -3e5, 4e4];
    let shares = mixture.probabilities(&Matrix::from_rows(&far, 2).unwrap()).unwrap();
    for shares in shares.chunks(3) {
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12 && shares.iter().all(|share| *share >= 0.0));
    }
    assert_eq!(GaussianMixture::from_json(&mixture.to_json().unwrap()).unwrap().means(), mixture.means());
}

#[test]
fn mixtures_of_nothing_are_refused() {
    let constant = [1.0, 5.0, 2.0, 5.0, 3.0, 5.0];
    let matrix = Matrix::from_rows(&constant, 2).unwrap();
    let error = GaussianMixture::fit(&matrix, &MixtureOptions::new(2)).unwrap_err();
    assert_eq!(error.to_string(), "feature 1: does not vary: a normal distribution needs features that do");
    for (options, argument) in [
        (MixtureOptions::new(0), "components"),
        (MixtureOptions::new(4), "components"),
        (MixtureOptions::new(2).starts(0), "starts"),
        (MixtureOptions::new(2).most_iterations(0), "most_iterations"),
        (MixtureOptions::new(2).tolerance(f64::NAN), "tolerance"),
        (MixtureOptions::new(2).ridge(0.0), "ridge"),
        (MixtureOptions::new(2).order(LabelOrder { feature: 2, descending: false }), "order"),
    ] {
        let error = GaussianMixture::fit(&matrix, &options).unwrap_err();
        assert_eq!((error.kind(), error.argument_name()), (ErrorKind::InvalidArgument, Some(argument)));
    }
}
