//! How features are made comparable.

use std::ffi::c_char;
use std::ptr;

use crm_core::Error;
use crm_core::segment::{
    ColumnScaling, FeatureUnit, MissingValues, ScalingMethod, ScalingOptions, Transform,
};

use crate::guard::guard;
use crate::pointer::{array, choice, place, text};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// What happens to a value before it is centred.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_transform {
    /// Nothing.
    None = 0,
    /// The signed logarithm `sign(x) ln(1 + |x|)`.
    Log1p = 1,
}

/// How a column is centred and spread.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_scaling_method {
    /// Not at all.
    None = 0,
    /// `(x - mean) / sd`, with the standard deviation of all n.
    ZScore = 1,
    /// `(x - median) / (IQR / 1.3489795)`, or the standard deviation where both quartiles are the same.
    Robust = 2,
    /// The mid-rank percentile, between 0 and 1. A weight of 12 gives it as much say as a z-score.
    Rank = 3,
}

/// What becomes of missing values.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_missing_values {
    /// An error that names the column and the row.
    Raise = 0,
    /// They take the median of the column's fitted values, and are counted.
    Median = 1,
}

/// How one column is scaled: `sqrt(weight) * centred(transform(clipped(x / reference)))`, where the reference is 1 for
/// everything but money. Fill with `crm_column_scaling_init` or `crm_column_scaling_for_unit`, then change what differs. A
/// value of fixed layout, so that options can hold an array of them.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_column_scaling {
    /// The column. In options a terminated string of the caller, which is copied; NULL where a scaling is for every column.
    pub name: *const c_char,
    /// A `crm_transform`.
    pub transform: i32,
    /// A `crm_scaling_method`.
    pub method: i32,
    /// Whether the ends are clipped: 0 or 1.
    pub winsorise: i32,
    /// Must be 0.
    pub reserved: i32,
    /// The share of the values at the lower end that are moved to the quantile where it ends; at least 0.
    pub winsorise_lower: f64,
    /// The same at the upper end; together below 1.
    pub winsorise_upper: f64,
    /// How many times the column counts in squared distances: from 0 to 1e6.
    pub weight: f64,
}

fn code<T: PartialEq>(value: &T, all: &[T]) -> i32 {
    // Enumerations of a few members.
    all.iter().position(|other| other == value).map_or(-1, |place| place as i32)
}

impl crm_column_scaling {
    pub(super) fn from_core(scaling: ColumnScaling, name: *const c_char) -> Self {
        let (winsorise_lower, winsorise_upper) = scaling.winsorise.unwrap_or((0.0, 0.0));
        Self {
            name,
            transform: code(&scaling.transform, &Transform::ALL),
            method: code(&scaling.method, &ScalingMethod::ALL),
            winsorise: scaling.winsorise.is_some().into(),
            reserved: 0,
            winsorise_lower,
            winsorise_upper,
            weight: scaling.weight,
        }
    }

    fn take(&self, argument: &str) -> Outcome<ColumnScaling> {
        let field = |name: &str| format!("{argument}.{name}");
        if self.reserved != 0 {
            return Err(Error::argument(&field("reserved"), self.reserved, "0").into());
        }
        let method = choice(&field("method"), self.method, &ScalingMethod::ALL)?;
        let transform = choice(&field("transform"), self.transform, &Transform::ALL)?;
        let scaling = ColumnScaling::new(method).transform(transform).weight(self.weight);
        Ok(if choice(&field("winsorise"), self.winsorise, &[false, true])? {
            scaling.winsorise(self.winsorise_lower, self.winsorise_upper)
        } else {
            scaling
        })
    }
}

/// How the columns of a table are scaled: each by the default for its unit unless it says otherwise. Fill with
/// `crm_scaling_options_init`, then change what differs. What it points to is copied.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_scaling_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The scaling of every column that has none of its own; NULL (default) for the default of its unit: z-scores, of
    /// logarithms for money and counts.
    pub every: *const crm_column_scaling,
    /// Scalings of single columns by their names; of two for one name the last counts.
    pub columns: *const crm_column_scaling,
    /// How many.
    pub column_count: usize,
    /// A `crm_missing_values` (default: raise).
    pub missing: i32,
    /// Must be 0.
    pub reserved: i32,
}

sized_structs!(crm_scaling_options);

impl crm_scaling_options {
    fn new() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            every: ptr::null(),
            columns: ptr::null(),
            column_count: 0,
            missing: crm_missing_values::Raise as i32,
            reserved: 0,
        }
    }

    /// The options that C gives; the defaults for null.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says, whose arrays are as long as it says and
    /// whose names are terminated.
    pub(super) unsafe fn take(options: *const Self) -> Outcome<ScalingOptions> {
        if options.is_null() {
            return Ok(ScalingOptions::default());
        }
        // SAFETY: as the caller promises.
        unsafe {
            let given = sized::read("scaling", options, Self::new())?;
            if given.reserved != 0 {
                return Err(Error::argument("scaling.reserved", given.reserved, "0").into());
            }
            let missing = choice("scaling.missing", given.missing, &MissingValues::ALL)?;
            let mut taken = ScalingOptions::new().missing(missing);
            if !given.every.is_null() {
                taken = taken.every(array("scaling.every", given.every, 1)?[0].take("scaling.every")?);
            }
            for column in array("scaling.columns", given.columns, given.column_count)? {
                let name = text("scaling.columns.name", column.name)?;
                taken = taken.column(name, column.take("scaling.columns")?);
            }
            Ok(taken)
        }
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_scaling_options_init(
    options: *mut crm_scaling_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_scaling_options::new()) })
}

/// Fills a scaling with a method, a `crm_scaling_method`, without transform, clipping or name, and of weight 1.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a code that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_column_scaling_init(
    scaling: *mut crm_column_scaling,
    method: i32,
) -> crm_status {
    // SAFETY: the caller gives a place or null.
    guard(|| unsafe {
        let place = place("scaling", scaling)?;
        let made = ColumnScaling::new(choice("method", method, &ScalingMethod::ALL)?);
        place.fill(std::iter::once(crm_column_scaling::from_core(made, ptr::null())));
        Ok(())
    })
}

/// Fills a scaling with the default for a unit, which is as for `crm_feature_table_with_column`; without a name.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a text that is no unit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_column_scaling_for_unit(
    scaling: *mut crm_column_scaling,
    unit: *const c_char,
) -> crm_status {
    // SAFETY: the caller gives a place and a terminated string, or null.
    guard(|| unsafe {
        let place = place("scaling", scaling)?;
        let made = ColumnScaling::for_unit(&FeatureUnit::parse(text("unit", unit)?)?);
        place.fill(std::iter::once(crm_column_scaling::from_core(made, ptr::null())));
        Ok(())
    })
}

/// The code of a policy.
pub(super) fn missing_code(missing: MissingValues) -> i32 {
    code(&missing, &MissingValues::ALL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_core() {
        let options = crm_scaling_options::new();
        // SAFETY: the struct is as long as it says, and points to nothing.
        let taken = unsafe { crm_scaling_options::take(&raw const options) };
        assert_eq!(taken.unwrap(), ScalingOptions::default());
    }

    #[test]
    fn codes_are_the_places_of_the_core() {
        assert_eq!(Transform::ALL[crm_transform::Log1p as usize], Transform::Log1p);
        let methods = [
            (crm_scaling_method::None, ScalingMethod::None),
            (crm_scaling_method::ZScore, ScalingMethod::ZScore),
            (crm_scaling_method::Robust, ScalingMethod::Robust),
            (crm_scaling_method::Rank, ScalingMethod::Rank),
        ];
        for (code, method) in methods {
            assert_eq!(ScalingMethod::ALL[code as usize], method);
        }
        assert_eq!(MissingValues::ALL[crm_missing_values::Median as usize], MissingValues::Median);
        let clipped = ColumnScaling::new(ScalingMethod::Rank).winsorise(0.0, 0.0).weight(12.0);
        let there = crm_column_scaling::from_core(clipped, ptr::null());
        assert_eq!(there.take("scaling").unwrap(), clipped);
    }
}
