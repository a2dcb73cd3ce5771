//! Names that live as long as the library.

use std::collections::HashMap;
use std::ffi::{CStr, c_char};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::status::c_text;

/// A name of the core as a terminated string that is never freed. There are as many as the core has names.
pub(super) fn name(name: &'static str) -> *const c_char {
    static NAMES: OnceLock<Mutex<HashMap<&'static str, &'static CStr>>> = OnceLock::new();
    let names = NAMES.get_or_init(Mutex::default);
    // A panic while the lock was held left the table as it was.
    let mut names = names.lock().unwrap_or_else(PoisonError::into_inner);
    names.entry(name).or_insert_with(|| Box::leak(c_text(name).into_boxed_c_str())).as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_place() {
        let first = name("score");
        assert_eq!((name("score"), name("other") == first), (first, false));
        // SAFETY: the text is never freed.
        assert_eq!(unsafe { CStr::from_ptr(first) }.to_str(), Ok("score"));
    }
}
