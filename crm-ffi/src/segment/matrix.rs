//! Numbers of customers, a row each, as C holds them.

use crm_core::segment::Matrix;

use crate::pointer::{array, choice};
use crate::status::Outcome;

/// How an array holds numbers of rows and features.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_layout {
    /// Row after row: the features of a row lie together.
    Rows = 0,
    /// Column after column: the rows of a feature lie together.
    Columns = 1,
}

/// The length of an array of `rows` times `columns`; one that no array has where the product is too large for a number.
pub(super) fn product(rows: usize, columns: usize) -> usize {
    rows.saturating_mul(columns)
}

/// Numbers of `rows` customers, checked.
///
/// # Safety
/// `values` is null or points to `rows` times `features` values that live, unchanged, as long as the result.
pub(super) unsafe fn matrix<'a>(
    values: *const f64,
    rows: usize,
    features: usize,
    layout: i32,
) -> Outcome<Matrix<'a>> {
    let layout = choice("layout", layout, &[crm_layout::Rows, crm_layout::Columns])?;
    // SAFETY: as the caller promises; a product that is too large is refused.
    let values = unsafe { array("values", values, product(rows, features)) }?;
    match layout {
        crm_layout::Columns if rows > 0 => {
            Ok(Matrix::from_columns(&values.chunks_exact(rows).collect::<Vec<_>>())?)
        }
        _ => Ok(Matrix::from_rows(values, features)?),
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;
    use crate::status::crm_status;

    #[test]
    fn both_layouts_hold_the_same_numbers() {
        let (by_row, by_column) = ([1.0, 10.0, 2.0, 20.0, 3.0, 30.0], [1.0, 2.0, 3.0, 10.0, 20.0, 30.0]);
        for (values, layout) in [(&by_row, crm_layout::Rows), (&by_column, crm_layout::Columns)] {
            // SAFETY: there are six values.
            let matrix = unsafe { matrix(values.as_ptr(), 3, 2, layout as i32) }.unwrap();
            assert_eq!((matrix.rows(), matrix.features(), matrix.value(2, 1)), (3, 2, 30.0));
        }
    }

    #[test]
    fn impossible_shapes_are_refused() {
        let values = [1.0];
        for layout in 0..2 {
            // SAFETY: shapes without values read none, and one that is too large is refused.
            let of = |rows, features| unsafe { matrix(values.as_ptr(), rows, features, layout) };
            assert_eq!(of(0, 1).unwrap_err().status(), crm_status::Empty);
            assert_eq!(of(0, usize::MAX).unwrap_err().status(), crm_status::Empty);
            assert_eq!(of(1, 0).unwrap_err().status(), crm_status::InvalidArgument);
            assert_eq!(of(0, 0).unwrap_err().status(), crm_status::InvalidArgument);
            assert_eq!(of(usize::MAX, 3).unwrap_err().status(), crm_status::InvalidArgument);
            // SAFETY: null is refused.
            let null = unsafe { matrix(ptr::null(), 1, 1, layout) };
            assert_eq!(null.unwrap_err().status(), crm_status::NullPointer);
        }
        // SAFETY: there is one value.
        let code = unsafe { matrix(values.as_ptr(), 1, 1, 2) };
        assert_eq!(code.unwrap_err().status(), crm_status::InvalidArgument);
    }
}
