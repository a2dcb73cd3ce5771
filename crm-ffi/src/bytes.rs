//! Bytes that the library hands out.

use std::ffi::c_char;
use std::ptr;

use crate::guard::{guard_or, guard_release};
use crate::handle::{self, handles};

/// Bytes or text made by the library. Free with `crm_bytes_free`. Immutable: any number of threads may read it.
pub struct crm_bytes {
    _opaque: (),
}

handles! { crm_bytes holds Vec<u8>, tag b"crmBYTES"; }

/// What a handle of bytes holds: the bytes and a zero, which makes text a string of C.
pub(crate) fn with_zero(bytes: impl Into<Vec<u8>>) -> Vec<u8> {
    let mut bytes = bytes.into();
    bytes.push(0);
    bytes
}

/// The first of the bytes; a zero follows the last, so that text can be used as a string. Lives as long as the handle.
/// NULL, with the thread's last error set, if `bytes` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_bytes_data(bytes: *const crm_bytes) -> *const u8 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe { Ok(handle::get("bytes", bytes)?.as_ptr()) })
}

/// The bytes as a terminated string, for those that are text (UTF-8). Lives as long as the handle. NULL, with the
/// thread's last error set, if `bytes` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_bytes_text(bytes: *const crm_bytes) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe { Ok(handle::get("bytes", bytes)?.as_ptr().cast()) })
}

/// How many bytes there are, the closing zero not counted. 0, with the thread's last error set, if `bytes` is NULL or no
/// such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_bytes_length(bytes: *const crm_bytes) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("bytes", bytes)?.len() - 1) })
}

/// Frees bytes; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_bytes_free(bytes: *mut crm_bytes) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("bytes", bytes) });
}
