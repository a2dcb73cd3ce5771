//! Labels that are no clusters, and numbers of clusters that cannot be compared.

use super::*;
use crm_core::segment::{
    ChoiceOptions, ClusterChoice, Dispersion, Gap, GapOptions, Matrix, Silhouette, SilhouetteOptions,
    Stability, StabilityOptions, adjusted_rand_index, silhouette_values,
};

const VALUES: [f64; 4] = [1.0, 2.0, 8.0, 8.0];

#[test]
fn labels_that_are_no_clusters() {
    let matrix = Matrix::from_rows(&VALUES, 1).unwrap();
    let invalid = expected(ErrorKind::InvalidArgument, "labels", None);
    for (labels, error) in [
        (vec![0, 0, 1], expected(ErrorKind::LengthMismatch, "labels", None)),
        (vec![0, 0, 1, 1, 1], expected(ErrorKind::LengthMismatch, "labels", None)),
        (vec![], expected(ErrorKind::LengthMismatch, "labels", None)),
        (vec![3, 3, 3, 3], invalid.clone()),
        (vec![0, 1, 2, 3], invalid),
        (vec![0, 1, 65_536, u32::MAX], expected(ErrorKind::InvalidValue, "labels", 2)),
    ] {
        let silhouette = Silhouette::evaluate(&matrix, &labels, &SilhouetteOptions::default()).unwrap_err();
        assert_eq!(seen(&silhouette), error);
        assert_eq!(seen(&silhouette_values(&matrix, &labels, Threads::Available).unwrap_err()), error);
        assert_eq!(seen(&Dispersion::evaluate(&matrix, &labels, Threads::Available).unwrap_err()), error);
    }
    let none = SilhouetteOptions::default().sample(0);
    let error = Silhouette::evaluate(&matrix, &[0, 0, 1, 1], &none).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "sample", None));
    let one = Matrix::from_rows(&VALUES[..1], 1).unwrap();
    assert!(Silhouette::evaluate(&one, &[0], &SilhouetteOptions::default()).is_err());
}

#[test]
fn numbers_of_clusters_that_cannot_be() {
    let matrix = Matrix::from_rows(&VALUES, 1).unwrap();
    let argument = |name: &str| expected(ErrorKind::InvalidArgument, name, None);
    let choice = |options: ChoiceOptions| seen(&ClusterChoice::evaluate(&matrix, &options).unwrap_err());
    let choose = ChoiceOptions::default;
    assert_eq!(choice(choose().clusters(0, 3)), argument("from"));
    assert_eq!(choice(choose().clusters(1, 3)), argument("from"));
    assert_eq!(choice(choose().clusters(3, 2)), argument("to"));
    assert_eq!(choice(choose().clusters(2, 4)), argument("to"));
    assert_eq!(choice(choose().clusters(2, usize::MAX)), argument("to"));
    assert_eq!(choice(choose().clusters(2, 3).starts(0)), argument("starts"));
    assert_eq!(
        choice(choose().clusters(2, 3).gap(GapOptions::default().references(1))),
        argument("references")
    );
    let few = choose().clusters(2, 3).stability(StabilityOptions::default().pairs(1));
    assert_eq!(choice(few), argument("pairs"));
    let none = choose().clusters(2, 3).silhouette(SilhouetteOptions::default().sample(0));
    assert_eq!(choice(none), argument("sample"));
    // As many distinct rows as rows.
    let distinct = Matrix::from_rows(&[1.0, 2.0, 3.0], 1).unwrap();
    let error = ClusterChoice::evaluate(&distinct, &choose().clusters(2, 3)).unwrap_err();
    assert_eq!(seen(&error), argument("to"));

    for clusters in [0, 1, 4, usize::MAX] {
        let error = Gap::evaluate(&matrix, clusters, &GapOptions::default()).unwrap_err();
        assert_eq!(seen(&error), argument("most_clusters"));
        let error = Stability::evaluate(&matrix, clusters, &StabilityOptions::default()).unwrap_err();
        assert_eq!(seen(&error), argument("clusters"));
    }
    for (options, name) in [
        (GapOptions::default().references(0), "references"),
        (GapOptions::default().sample(1), "sample"),
        (GapOptions::default().starts(0), "starts"),
    ] {
        assert_eq!(seen(&Gap::evaluate(&matrix, 2, &options).unwrap_err()), argument(name));
    }
    for (options, name) in [
        (StabilityOptions::default().pairs(0), "pairs"),
        (StabilityOptions::default().sample(1), "sample"),
        (StabilityOptions::default().starts(0), "starts"),
    ] {
        assert_eq!(seen(&Stability::evaluate(&matrix, 2, &options).unwrap_err()), argument(name));
    }
    assert_eq!(
        seen(&adjusted_rand_index(&[0], &[0, 1]).unwrap_err()),
        expected(ErrorKind::LengthMismatch, "second", None)
    );
    assert_eq!(seen(&adjusted_rand_index(&[], &[]).unwrap_err()), expected(ErrorKind::Empty, "first", None));
}

#[test]
fn extreme_values_give_numbers() {
    let tiny = [5e-324, 0.0, 0.0, 1e-323, 2e-323, -5e-324];
    let tiny = Matrix::from_rows(&tiny, 1).unwrap();
    let error = ClusterChoice::evaluate(&tiny, &ChoiceOptions::default().clusters(2, 3)).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::OutOfRange, "matrix", None));
    for values in [
        vec![-1e140, 1e140, 1e140, 0.0, -1e140, 5.0],
        vec![1e140, -1e-90, 0.0, 0.0, 1e-90, -0.0],
        vec![1e16, 1e16 + 2.0, 1e16 + 4.0, 1e16, 1e16 + 2.0, 1e16 + 4.0],
    ] {
        let matrix = Matrix::from_rows(&values, 1).unwrap();
        let choice = ClusterChoice::evaluate(&matrix, &ChoiceOptions::default().clusters(2, 3)).unwrap();
        for row in choice.rows {
            assert!((-1.0..=1.0).contains(&row.silhouette), "{row:?}");
            assert!(!row.calinski_harabasz.is_nan() && row.davies_bouldin >= 0.0, "{row:?}");
            assert!(row.gap.is_none_or(|gap| !gap.is_nan()), "{row:?}");
        }
    }
}
