//! Small symmetric matrices: Hessians and covariances of a few parameters.
//!
//! Matrices are square, row-major slices of `size * size` numbers.

/// The Cholesky factor L (lower triangle, `L L' = matrix`); `None` unless the matrix is positive definite.
pub(crate) fn cholesky(matrix: &[f64], size: usize) -> Option<Vec<f64>> {
    let mut factor = vec![0.0; size * size];
    for i in 0..size {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| factor[i * size + k] * factor[j * size + k]).sum();
            let rest = matrix[i * size + j] - dot;
            if i == j {
                // NaN fails the comparison too.
                if !(rest > 0.0 && rest.is_finite()) {
                    return None;
                }
                factor[i * size + i] = rest.sqrt();
            } else {
                factor[i * size + j] = rest / factor[j * size + j];
            }
        }
    }
    Some(factor)
}

/// Solves `L L' x = right` for a Cholesky factor L.
pub(crate) fn solve(factor: &[f64], right: &[f64]) -> Vec<f64> {
    let size = right.len();
    let mut x = right.to_vec();
    for i in 0..size {
        let dot: f64 = (0..i).map(|k| factor[i * size + k] * x[k]).sum();
        x[i] = (x[i] - dot) / factor[i * size + i];
    }
    for i in (0..size).rev() {
        let dot: f64 = (i + 1..size).map(|k| factor[k * size + i] * x[k]).sum();
        x[i] = (x[i] - dot) / factor[i * size + i];
    }
    x
}

/// The inverse of a positive definite matrix.
pub(crate) fn inverse(matrix: &[f64], size: usize) -> Option<Vec<f64>> {
    let factor = cholesky(matrix, size)?;
    let mut inverse = vec![0.0; size * size];
    for column in 0..size {
        let mut unit = vec![0.0; size];
        unit[column] = 1.0;
        for (row, value) in solve(&factor, &unit).into_iter().enumerate() {
            inverse[row * size + column] = value;
        }
    }
    // Rounding may differ above and below the diagonal.
    for i in 0..size {
        for j in 0..i {
            let mean = f64::midpoint(inverse[i * size + j], inverse[j * size + i]);
            inverse[i * size + j] = mean;
            inverse[j * size + i] = mean;
        }
    }
    Some(inverse)
}

/// The eigenvalues, ascending, by Jacobi's rotations.
pub(crate) fn eigenvalues(matrix: &[f64], size: usize) -> Vec<f64> {
    let mut values = diagonalize(matrix, size).0;
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// The eigenvectors of length 1, a row each, in no particular order.
pub(crate) fn principal_axes(matrix: &[f64], size: usize) -> Vec<f64> {
    diagonalize(matrix, size).1
}

/// Eigenvalues and, a row each, eigenvectors.
fn diagonalize(matrix: &[f64], size: usize) -> (Vec<f64>, Vec<f64>) {
    let mut a = matrix.to_vec();
    let mut axes = vec![0.0; size * size];
    (0..size).for_each(|i| axes[i * size + i] = 1.0);
    for _ in 0..50 {
        let off: f64 =
            (0..size).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i * size + j].powi(2)).sum();
        let on: f64 = (0..size).map(|i| a[i * size + i].powi(2)).sum();
        if off <= 1e-30 * on || !off.is_finite() {
            break;
        }
        for p in 0..size {
            for q in p + 1..size {
                rotate(&mut a, &mut axes, size, p, q);
            }
        }
    }
    ((0..size).map(|i| a[i * size + i]).collect(), axes)
}

fn rotate(a: &mut [f64], axes: &mut [f64], size: usize, p: usize, q: usize) {
    let apq = a[p * size + q];
    if apq == 0.0 {
        return;
    }
    let theta = (a[q * size + q] - a[p * size + p]) / (2.0 * apq);
    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cosine = 1.0 / t.hypot(1.0);
    let sine = t * cosine;
    for k in 0..size {
        let (kp, kq) = (a[k * size + p], a[k * size + q]);
        a[k * size + p] = cosine * kp - sine * kq;
        a[k * size + q] = sine * kp + cosine * kq;
    }
    for k in 0..size {
        let (pk, qk) = (a[p * size + k], a[q * size + k]);
        a[p * size + k] = cosine * pk - sine * qk;
        a[q * size + k] = sine * pk + cosine * qk;
    }
    for k in 0..size {
        let (pk, qk) = (axes[p * size + k], axes[q * size + k]);
        axes[p * size + k] = cosine * pk - sine * qk;
        axes[q * size + k] = sine * pk + cosine * qk;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HILBERT: [f64; 9] = [1.0, 0.5, 1.0 / 3.0, 0.5, 1.0 / 3.0, 0.25, 1.0 / 3.0, 0.25, 0.2];

    #[test]
    fn the_inverse_of_the_hilbert_matrix_is_whole() {
        let known = [9.0, -36.0, 30.0, -36.0, 192.0, -180.0, 30.0, -180.0, 180.0];
        for (value, known) in inverse(&HILBERT, 3).unwrap().into_iter().zip(known) {
            assert!((value - known).abs() < 1e-11 * known.abs(), "{value} {known}");
        }
        assert!(inverse(&[1.0, 2.0, 2.0, 1.0], 2).is_none());
        assert!(inverse(&[f64::NAN], 1).is_none());
    }

    #[test]
    fn eigenvalues_of_the_hilbert_matrix() {
        // 30 digits by mpmath's eigsy.
        let known = [2.687_340_355_773_529_3e-3, 0.122_327_065_853_905_84, 1.408_318_927_123_654];
        for (value, known) in eigenvalues(&HILBERT, 3).into_iter().zip(known) {
            assert!((value - known).abs() < 1e-15, "{value} {known}");
        }
    }

    #[test]
    fn principal_axes_are_stretched_only() {
        let axes = principal_axes(&HILBERT, 3);
        let values = diagonalize(&HILBERT, 3).0;
        for (axis, value) in axes.chunks_exact(3).zip(values) {
            let length: f64 = axis.iter().map(|part| part * part).sum();
            assert!((length - 1.0).abs() < 1e-15);
            for (row, part) in HILBERT.chunks_exact(3).zip(axis) {
                let image: f64 = row.iter().zip(axis).map(|(a, b)| a * b).sum();
                assert!((image - value * part).abs() < 1e-15, "{image} {value} {part}");
            }
        }
    }
}
