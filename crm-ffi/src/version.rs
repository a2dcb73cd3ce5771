//! Which library this is.

use std::ffi::c_char;

/// The version of this header's binary interface: raised when a program compiled against an earlier header could no
/// longer run against the library.
pub const CRM_ABI_VERSION: u32 = 1;

/// The version of the library's binary interface: equal to `CRM_ABI_VERSION` of the header that it fits.
#[unsafe(no_mangle)]
pub extern "C" fn crm_abi_version() -> u32 {
    CRM_ABI_VERSION
}

/// The version of the library, such as "0.1.0": a static string that is never freed.
#[unsafe(no_mangle)]
pub extern "C" fn crm_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}
