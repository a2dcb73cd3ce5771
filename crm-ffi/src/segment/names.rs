//! Lists of names, in and out.

use std::ffi::{CString, c_char};

use crate::pointer::{array, text};
use crate::status::{Outcome, c_text};

/// Names that C gives.
///
/// # Safety
/// `names` is null or points to `count` terminated strings that live, unchanged, as long as the result.
pub(super) unsafe fn given<'a>(
    argument: &str,
    names: *const *const c_char,
    count: usize,
) -> Outcome<Vec<&'a str>> {
    // SAFETY: as the caller promises.
    unsafe { array(argument, names, count)?.iter().map(|&name| text(argument, name)).collect() }
}

/// Names for C, which belong to what keeps them.
pub(super) fn kept(names: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<CString> {
    names.into_iter().map(|name| c_text(name.as_ref())).collect()
}
