//! What C gives, checked: arrays, texts, places for results, codes.

use std::ffi::{CStr, c_char};
use std::slice;

use crm_core::{Error, ErrorKind};

use crate::status::{Failure, Outcome};

/// An array; null is accepted for an empty one.
///
/// # Safety
/// `values` is null or points to `length` values that live, unchanged, as long as the result.
pub(crate) unsafe fn array<'a, T>(argument: &str, values: *const T, length: usize) -> Outcome<&'a [T]> {
    if length == 0 {
        return Ok(&[]);
    }
    check(argument, values, length)?;
    // SAFETY: not null, aligned, of a possible size, and valid as the caller promises.
    Ok(unsafe { slice::from_raw_parts(values, length) })
}

/// An array that results are copied to: exactly as many places as there are results.
///
/// # Safety
/// `places` is null or points to `capacity` writable places that nobody else uses during the call.
pub(crate) unsafe fn places<'a, T>(
    argument: &str,
    places: *mut T,
    capacity: usize,
    needed: usize,
) -> Outcome<Places<'a, T>> {
    if capacity < needed {
        let message = format!("{capacity} is not enough: must be at least {needed}");
        return Err(Error::new(ErrorKind::LengthMismatch, message).on("capacity").into());
    }
    if needed > 0 {
        check(argument, places, needed)?;
    }
    Ok(Places { first: places, count: needed, lives: std::marker::PhantomData })
}

/// Places for results, which may be uninitialised.
pub(crate) struct Places<'a, T> {
    first: *mut T,
    count: usize,
    lives: std::marker::PhantomData<&'a mut T>,
}

impl<T> Places<'_, T> {
    /// Fills the places; values beyond them are left.
    pub(crate) fn fill(self, values: impl Iterator<Item = T>) {
        for (index, value) in values.take(self.count).enumerate() {
            // SAFETY: `places` has checked the array, and the index is below its count.
            unsafe { self.first.add(index).write(value) };
        }
    }
}

/// A place for one result.
///
/// # Safety
/// `place` is null or valid for writing during the call.
pub(crate) unsafe fn place<'a, T>(argument: &str, place: *mut T) -> Outcome<Places<'a, T>> {
    // SAFETY: one place, as the caller promises.
    unsafe { places(argument, place, 1, 1) }
}

/// An array that results are copied to, `needed` of them, or none for null.
///
/// # Safety
/// `places` is null or points to `needed` writable places that nobody else uses during the call.
pub(crate) unsafe fn optional_places<'a, T>(
    argument: &str,
    places: *mut T,
    needed: usize,
) -> Outcome<Option<Places<'a, T>>> {
    if places.is_null() {
        return Ok(None);
    }
    // SAFETY: as the caller promises.
    unsafe { self::places(argument, places, needed, needed) }.map(Some)
}

fn check<T>(argument: &str, pointer: *const T, length: usize) -> Outcome<()> {
    if pointer.is_null() {
        return Err(Failure::null(argument));
    }
    let fits = length.checked_mul(size_of::<T>()).is_some_and(|bytes| isize::try_from(bytes).is_ok());
    if pointer.is_aligned() && fits {
        return Ok(());
    }
    let message = if fits { "the array is not aligned as its type must be" } else { "no array is this long" };
    Err(Error::new(ErrorKind::InvalidArgument, message).on(argument).into())
}

/// A text.
///
/// # Safety
/// `text` is null or a terminated string that lives, unchanged, as long as the result.
pub(crate) unsafe fn text<'a>(argument: &str, text: *const c_char) -> Outcome<&'a str> {
    // SAFETY: as the caller promises.
    unsafe { optional_text(argument, text) }?.ok_or_else(|| Failure::null(argument))
}

/// A text, or none for null.
///
/// # Safety
/// As [`text`].
pub(crate) unsafe fn optional_text<'a>(argument: &str, text: *const c_char) -> Outcome<Option<&'a str>> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: not null, so a terminated string, as the caller promises.
    let bytes = unsafe { CStr::from_ptr(text) };
    let text = bytes.to_str().map_err(|error| not_utf8(bytes, error).on(argument))?;
    Ok(Some(text))
}

pub(crate) fn not_utf8(bytes: &CStr, error: std::str::Utf8Error) -> Error {
    let shown = bytes.to_bytes();
    let shown = String::from_utf8_lossy(&shown[..shown.len().min(40)]).into_owned();
    Error::new(ErrorKind::NotUtf8, format!("{shown:?} is not UTF-8 at byte {}", error.valid_up_to()))
}

/// The member of an enumeration whose codes are the positions in `all`.
pub(crate) fn choice<T: Copy>(argument: &str, code: i32, all: &[T]) -> Outcome<T> {
    let found = usize::try_from(code).ok().and_then(|place| all.get(place));
    found.copied().ok_or_else(|| {
        Error::argument(argument, code, &format!("a code between 0 and {}", all.len().saturating_sub(1)))
            .into()
    })
}

/// The element at an index.
pub(crate) fn element<T>(values: &[T], index: usize) -> Outcome<&T> {
    values.get(index).ok_or_else(|| {
        Error::new(ErrorKind::OutOfRange, format!("{index} is not below {}", values.len())).on("index").into()
    })
}
